/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages of a folder as rows. */
#include "base/error.h"
#include "store/table-spill.h"

enum {
    /* Rows read in one snapshot: a long one keeps the log of the database from beginning anew. */
    SLICE = 4096,
};

typedef struct {
    TwTableMessageWalk row; /* count: of this slice */
    gboolean heads;
    const TwFlagsFilter *flags; /* nullable */
    gboolean checked;           /* the folder is there */
} Walk;

static guint
rows_of_state(const TwFolderRow *folder, TwMessageState state)
{
    switch (state) {
    case TW_MESSAGE_NORMAL:
        return folder->total;
    case TW_MESSAGE_ASSOC:
        return folder->assoc;
    case TW_MESSAGE_DELETED:
        return folder->deleted;
    case TW_MESSAGE_DELETED_ASSOC:
        break;
    }
    return folder->deleted_assoc;
}

static gboolean
check_folder(Walk *walk, TwDbTx *tx, GError **error)
{
    const TwTableSource *source = walk->row.source;
    g_autoptr(TwFolderRow) folder =
        tw_sql_folder_get(tx, source->store->number, source->folder, error);
    guint rows;

    if (folder == NULL)
        return FALSE;
    if (folder->state == TW_FOLDER_PURGING) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", folder->id);
        return FALSE;
    }
    rows = rows_of_state(folder, source->state);
    walk->row.cache = walk->heads && tw_table_source_has_room(source, rows);
    if (walk->heads && !walk->row.cache && (walk->flags == NULL || walk->flags->mask == 0))
        walk->row.spill = tw_table_source_begin_spill(walk->row.source, rows);
    walk->checked = TRUE;
    return TRUE;
}

static gboolean
walk_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;
    const TwTableSource *source = walk->row.source;

    if (!walk->checked && !check_folder(walk, tx, error))
        return FALSE;
    walk->row.tx = tx;
    walk->row.count = 0;
    return tw_sql_msg_scan(tx, source->store->number, source->folder, source->state,
                           walk->row.after, SLICE, walk->heads,
                           walk->row.cache ? NULL : walk->flags, tw_table_walk_message, &walk->row,
                           error);
}

static gboolean
walk_database(Walk *walk, GError **error)
{
    do {
        if (!tw_store_read(walk->row.source->store, walk_tx, walk, error))
            return FALSE;
        if (walk->row.failure != NULL) {
            g_propagate_error(error, g_steal_pointer(&walk->row.failure));
            return FALSE;
        }
    } while (walk->row.count == SLICE);
    return TRUE;
}

static gboolean
contents_walk(TwTableSource *source,
              gboolean heads,
              const TwFlagsFilter *flags,
              TwTableWalkFunc func,
              gpointer data,
              GError **error)
{
    g_auto(TwMessageProps) props = TW_MESSAGE_PROPS_INIT;
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify) tw_table_row_unref);
    Walk walk = {
        .row = { .source = source, .func = func, .data = data, .props = &props, .rows = rows },
        .heads = heads,
        .flags = flags,
    };
    gboolean ok;

    if (tw_table_source_is_complete(source))
        return tw_table_source_walk_cache(source, &props, func, data, error);
    ok = walk_database(&walk, error);
    tw_folder_facts_clear(&walk.row.facts);
    if (ok && walk.row.cache)
        tw_table_source_keep_all(source, rows);
    if (ok && walk.row.spill != NULL)
        tw_table_source_end_spill(source, walk.row.spill);
    tw_table_spill_unref(walk.row.spill);
    return ok;
}

/* ---- some rows ---- */

typedef struct {
    TwTableSource *source;
    TwTableLoad load;
} Load;

static gboolean
load_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Load *load = data;
    const TwTableSource *source = load->source;
    guint count = load->load.count;
    g_autofree TwMessagePlace *places = g_new(TwMessagePlace, MAX(count, 1));

    tw_table_load_begin(&load->load);
    for (guint i = 0; i < count; i++)
        places[i] = (TwMessagePlace){ source->folder, load->load.numbers[i] };
    return tw_sql_msg_pick(tx, source->store->number, source->state, places, count,
                           tw_table_load_row, &load->load, error);
}

static gboolean
contents_load(
    TwTableSource *source, const guint32 *numbers, guint count, TwTableRow **ret, GError **error)
{
    Load load = { source, { numbers, count, ret } };

    if (tw_store_read(source->store, load_tx, &load, error))
        return TRUE;
    tw_table_load_begin(&load.load);
    return FALSE;
}

/* ---- in the order of arrival, without a view ---- */

typedef struct {
    TwTableSource *source;
    guint64 before;
    guint max;
    GPtrArray *rows; /* TwTableRow */
    guint count;
} Page;

static gboolean
page_row(const TwMessageRow *row, const guint8 *head, gsize head_len, gpointer data)
{
    g_ptr_array_add(((Page *) data)->rows, tw_table_row_new_message(row, head, head_len));
    return TRUE;
}

static gboolean
page_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Page *page = data;
    const TwTableSource *source = page->source;
    g_autoptr(TwFolderRow) folder =
        tw_sql_folder_get(tx, source->store->number, source->folder, error);

    if (folder == NULL)
        return FALSE;
    page->count = rows_of_state(folder, source->state);
    if (page->rows == NULL)
        return TRUE;
    g_ptr_array_set_size(page->rows, 0);
    return tw_sql_msg_page(tx, source->store->number, source->folder, source->state, page->before,
                           page->max, page_row, page, error);
}

static gboolean
contents_page(TwTableSource *source,
              guint64 before,
              guint max,
              GPtrArray *rows,
              guint *ret_count,
              GError **error)
{
    Page page = { source, before, max, rows, 0 };

    if (!tw_store_read(source->store, page_tx, &page, error))
        return FALSE;
    *ret_count = page.count;
    return TRUE;
}

/* ---- changes ---- */

static void
contents_notice(TwTableSource *source, const TwChange *change)
{
    if (change->folder != source->folder)
        return;
    switch ((TwChangeOp) change->op) {
    case TW_CHANGE_MESSAGE_NEW:
    case TW_CHANGE_MESSAGE:
    case TW_CHANGE_MESSAGE_READ:
    case TW_CHANGE_MESSAGE_GONE:
    case TW_CHANGE_MESSAGE_SOFT:
    case TW_CHANGE_MESSAGE_BACK:
    case TW_CHANGE_MESSAGE_PURGED:
    case TW_CHANGE_SEARCH_ADDED:
    case TW_CHANGE_SEARCH_REMOVED:
        tw_table_source_note(source, change->id);
        return;
    case TW_CHANGE_FOLDER_DELETED:
    case TW_CHANGE_FOLDER_RESTORED:
    case TW_CHANGE_SEARCH_RESTARTED:
        source->stale = TRUE;
        return;
    case TW_CHANGE_FOLDER_NEW:
    case TW_CHANGE_FOLDER:
    case TW_CHANGE_FOLDER_MOVED:
    case TW_CHANGE_STORE:
    case TW_CHANGE_RECEIVE:
    case TW_CHANGE_RIGHTS:
    case TW_CHANGE_SEARCH_RESULTS:
    case TW_CHANGE_SEARCH_COMPLETE:
    case TW_CHANGE_QUEUE:
    case TW_CHANGE_STORE_MODE:
        return;
    }
}

static const TwTableSourceClass contents_class = {
    .walk = contents_walk,
    .load = contents_load,
    .page = contents_page,
    .notice = contents_notice,
};

/* ---- opening ---- */

typedef struct {
    TwTableSource *source;
    gboolean search;
} Open;

static gboolean
open_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Open *open = data;
    TwTableSource *source = open->source;
    g_autoptr(TwFolderRow) folder =
        tw_sql_folder_get(tx, source->store->number, source->folder, error);

    if (folder == NULL)
        return FALSE;
    if (folder->state == TW_FOLDER_PURGING) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", folder->id);
        return FALSE;
    }
    open->search = folder->type == TW_FOLDER_SEARCH && source->state == TW_MESSAGE_NORMAL;
    tw_folder_names_clear(&source->names);
    source->has_names = FALSE;
    if (open->search)
        return TRUE; /* its rows are of many folders */
    source->has_names =
        tw_folder_names_load(tx, source->store, source->folder, &source->names, error);
    return source->has_names;
}

static TwTableSource *
new_source(TwTables *tables,
           TwStore *store,
           guint32 folder,
           TwMessageState state,
           const TwTableCaller *caller,
           GError **error)
{
    TwTableSource *source = tw_table_source_new(&contents_class, tables);
    Open open = { .source = source };

    source->users = 1;
    source->store = tw_store_ref(store);
    source->folder = folder;
    source->state = state;
    source->newest_first = TRUE;
    source->shared = TRUE;
    source->type = TW_OBJECT_ID_MESSAGE;
    if (!tw_store_read(store, open_tx, &open, error)) {
        tw_table_source_unref(source);
        return NULL;
    }
    if (open.search) {
        source->class_of = &tw_table_found_class;
        source->see = caller != NULL ? caller->see : NULL;
    }
    if (source->see != NULL) { /* what one user sees is not for others */
        source->class_of = &tw_table_found_seen_class;
        source->see_data = caller->data;
        source->shared = FALSE;
    }
    tw_tables_add_source(tables, source); /* two at once: each with its own, which is no harm */
    return source;
}

TwTable *
tw_table_open_contents(TwTables *tables,
                       TwStore *store,
                       guint32 folder,
                       guint flags,
                       const TwTableCaller *caller,
                       GError **error)
{
    TwMessageState state =
        (TwMessageState) (((flags & TW_TABLE_ASSOCIATED) != 0 ? TW_MESSAGE_ASSOC : 0) |
                          ((flags & TW_TABLE_SOFT_DELETED) != 0 ? TW_MESSAGE_DELETED : 0));
    TwTableSource *source = tw_tables_find_source(tables, store, folder, state);
    TwTable *table;

    if (source != NULL && source->class_of == &tw_table_found_class && caller != NULL &&
        caller->see != NULL) {
        tw_table_source_leave(source);
        source = NULL;
    }
    if (source == NULL)
        source = new_source(tables, store, folder, state, caller, error);
    if (source == NULL)
        return NULL;
    table = tw_table_new(source, flags, caller);
    tw_table_source_leave(source);
    return table;
}

G_STATIC_ASSERT(TW_MESSAGE_DELETED_ASSOC == (TW_MESSAGE_ASSOC | TW_MESSAGE_DELETED));
