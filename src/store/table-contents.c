/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages of a folder as rows. */
#include "base/error.h"
#include "store/table-private.h"

enum {
    /* Rows read in one snapshot: a long one keeps the log of the database from beginning anew. */
    SLICE = 4096,
    ROW_ESTIMATE = 420, /* bytes of a row in the cache */
};

typedef struct {
    TwTableSource *source;
    gboolean heads, cache;
    TwTableWalkFunc func;
    gpointer data;
    TwMessageProps *props;
    TwDbTx *tx;
    guint32 after;
    guint count;      /* rows of this slice */
    gboolean checked; /* the folder is there */
    GPtrArray *rows;  /* TwTableRow, for the cache */
    GError *failure;  /* of @func */
} Walk;

static gboolean
walk_row(const TwMessageRow *row, const guint8 *head, gsize head_len, gpointer data)
{
    Walk *walk = data;
    TwTableWalkRow item = { .number = row->mid, .unread = (row->flags & TW_MSGFLAG_READ) == 0 };

    walk->after = row->mid;
    walk->count++;
    if (walk->cache)
        g_ptr_array_add(walk->rows, tw_table_row_new_message(row, head, head_len));
    tw_message_props_open(walk->props, walk->source->store, walk->tx, row, head, head_len);
    walk->props->names = walk->source->has_names ? &walk->source->names : NULL;
    item.source = tw_message_props_source(walk->props);
    item.props = walk->props;
    return walk->func(&item, walk->data, &walk->failure);
}

static gboolean
check_folder(Walk *walk, TwDbTx *tx, GError **error)
{
    const TwTableSource *source = walk->source;
    g_autoptr(TwFolderRow) folder =
        tw_sql_folder_get(tx, source->store->number, source->folder, error);
    gsize most = source->tables->config.head_bytes / 2;
    guint64 rows;

    if (folder == NULL)
        return FALSE;
    if (folder->state == TW_FOLDER_PURGING) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", folder->id);
        return FALSE;
    }
    rows = source->state == TW_MESSAGE_NORMAL    ? folder->total
           : source->state == TW_MESSAGE_ASSOC   ? folder->assoc
           : source->state == TW_MESSAGE_DELETED ? folder->deleted
                                                 : folder->deleted_assoc;
    walk->cache = walk->heads && most > 0 && rows * ROW_ESTIMATE <= most;
    walk->checked = TRUE;
    return TRUE;
}

static gboolean
walk_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;
    const TwTableSource *source = walk->source;

    if (!walk->checked && !check_folder(walk, tx, error))
        return FALSE;
    walk->tx = tx;
    walk->count = 0;
    return tw_sql_msg_scan(tx, source->store->number, source->folder, source->state, walk->after,
                           SLICE, walk->heads, walk_row, walk, error);
}

static gboolean
walk_database(Walk *walk, GError **error)
{
    do {
        if (!tw_store_read(walk->source->store, walk_tx, walk, error))
            return FALSE;
        if (walk->failure != NULL) {
            g_propagate_error(error, g_steal_pointer(&walk->failure));
            return FALSE;
        }
    } while (walk->count == SLICE);
    return TRUE;
}

/* The source is busy, so the cache stands still. */
static gboolean
walk_cache(TwTableSource *source,
           TwMessageProps *props,
           TwTableWalkFunc func,
           gpointer data,
           GError **error)
{
    GHashTableIter iter;
    gpointer value;
    g_autoptr(GPtrArray) rows = g_ptr_array_new();

    tw_lock(&source->lock);
    g_hash_table_iter_init(&iter, source->cache);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(rows, tw_table_row_ref(value));
    tw_unlock(&source->lock);
    g_ptr_array_set_free_func(rows, (GDestroyNotify) tw_table_row_unref);
    for (guint i = 0; i < rows->len; i++) {
        TwTableRow *row = rows->pdata[i];
        TwTableWalkRow item = { .number = row->number, .unread = tw_table_row_is_unread(row) };
        TwProps bag;
        item.source = tw_table_row_open(source, row, props, &bag);
        item.props = props;
        if (!func(&item, data, error))
            return FALSE;
    }
    return TRUE;
}

static void
keep_all(TwTableSource *source, GPtrArray *rows)
{
    TW_LOCK_SCOPE(&source->lock);

    tw_table_source_forget_all(source);
    for (guint i = 0; i < rows->len; i++)
        tw_table_source_keep(source, rows->pdata[i]);
    source->complete = TRUE;
}

static gboolean
contents_walk(
    TwTableSource *source, gboolean heads, TwTableWalkFunc func, gpointer data, GError **error)
{
    g_auto(TwMessageProps) props = TW_MESSAGE_PROPS_INIT;
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify) tw_table_row_unref);
    Walk walk = {
        .source = source, .heads = heads, .func = func, .data = data, .props = &props, .rows = rows
    };
    gboolean complete;

    tw_lock(&source->lock);
    complete = source->complete;
    tw_unlock(&source->lock);
    if (complete)
        return walk_cache(source, &props, func, data, error);
    if (!walk_database(&walk, error))
        return FALSE;
    if (walk.cache)
        keep_all(source, rows);
    return TRUE;
}

/* ---- some rows ---- */

typedef struct {
    TwTableSource *source;
    const guint32 *numbers;
    guint count, next;
    TwTableRow **ret;
} Load;

/* They come in the order in which they were asked for. */
static gboolean
load_row(const TwMessageRow *row, const guint8 *head, gsize head_len, gpointer data)
{
    Load *load = data;

    while (load->next < load->count && load->numbers[load->next] != row->mid)
        load->next++;
    if (load->next < load->count) {
        tw_table_row_unref(load->ret[load->next]); /* of a run before */
        load->ret[load->next++] = tw_table_row_new_message(row, head, head_len);
    }
    return TRUE;
}

static gboolean
load_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Load *load = data;
    const TwTableSource *source = load->source;

    load->next = 0;
    return tw_sql_msg_pick(tx, source->store->number, source->folder, source->state, load->numbers,
                           load->count, load_row, load, error);
}

static gboolean
contents_load(
    TwTableSource *source, const guint32 *numbers, guint count, TwTableRow **ret, GError **error)
{
    Load load = { source, numbers, count, 0, ret };

    if (tw_store_read(source->store, load_tx, &load, error))
        return TRUE;
    for (guint i = 0; i < count; i++)
        g_clear_pointer(&ret[i], tw_table_row_unref);
    return FALSE;
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
    .notice = contents_notice,
};

static gboolean
names_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwTableSource *source = data;
    g_autoptr(TwFolderRow) folder =
        tw_sql_folder_get(tx, source->store->number, source->folder, error);

    if (folder == NULL)
        return FALSE;
    if (folder->state == TW_FOLDER_PURGING) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", folder->id);
        return FALSE;
    }
    tw_folder_names_clear(&source->names);
    source->has_names =
        tw_folder_names_load(tx, source->store, source->folder, &source->names, error);
    return source->has_names;
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

    if (source == NULL) {
        source = tw_table_source_new(&contents_class, tables);
        source->users = 1;
        source->store = tw_store_ref(store);
        source->folder = folder;
        source->state = state;
        source->newest_first = TRUE;
        source->shared = TRUE;
        source->type = TW_OBJECT_ID_MESSAGE;
        if (!tw_store_read(store, names_tx, source, error)) {
            tw_table_source_unref(source);
            return NULL;
        }
        tw_tables_add_source(tables, source); /* two at once: each with its own, which is no harm */
    }
    table = tw_table_new(source, flags, caller);
    tw_table_source_leave(source);
    return table;
}

G_STATIC_ASSERT(TW_MESSAGE_DELETED_ASSOC == (TW_MESSAGE_ASSOC | TW_MESSAGE_DELETED));
