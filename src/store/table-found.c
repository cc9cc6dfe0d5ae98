/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Results of a search folder as rows: messages of many folders, each where it really is. A result whose message has gone is no
 * row, also while the search does not know that yet; a change of a message is seen at once, that it is a result or no longer one
 * when the search has found out.
 *
 * While a search is being filled the stream does not tell of single results: rows are read anew when there are twice as many
 * as were read before, and when it is complete.
 */
#include "base/error.h"
#include "store/search-private.h"
#include "store/table-private.h"

enum {
    SLICE = 4096, /* results read in one snapshot */
};

/* @ret->id 0: nothing was searched yet. */
static gboolean
open_search(
    TwDbTx *tx, const TwTableSource *source, TwSearchRow *ret, guint32 *ret_total, GError **error)
{
    g_autoptr(TwFolderRow) folder =
        tw_sql_folder_get(tx, source->store->number, source->folder, error);

    if (folder == NULL)
        return FALSE;
    if (folder->state == TW_FOLDER_PURGING) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", folder->id);
        return FALSE;
    }
    *ret_total = folder->total;
    return tw_sql_search_get(tx, source->store->number, source->folder, ret, error);
}

/* Where those results are that this user may see. */
static GArray *
places_of(const TwTableSource *source, const GArray *hits)
{
    GArray *places = g_array_sized_new(FALSE, FALSE, sizeof(TwMessagePlace), hits->len);

    for (guint i = 0; i < hits->len; i++) {
        const TwSearchHit *hit = &g_array_index(hits, TwSearchHit, i);
        TwMessagePlace place = { hit->folder, hit->mid };
        TwTableAccess access;
        if (source->see == NULL || source->see(hit->folder, &access, source->see_data))
            g_array_append_val(places, place);
    }
    return places;
}

static gboolean
pick_hits(TwDbTx *tx,
          const TwTableSource *source,
          const GArray *hits,
          TwSqlMsgFunc func,
          gpointer data,
          GError **error)
{
    g_autoptr(GArray) places = places_of(source, hits);

    return tw_sql_msg_pick(tx, source->store->number, TW_MESSAGE_NORMAL,
                           (const TwMessagePlace *) (gpointer) places->data, places->len, func,
                           data, error);
}

/* ---- all rows ---- */

typedef struct {
    TwTableMessageWalk row;
    TwSearchRow search;
    gboolean opened, more;
    guint hits;
} Walk;

/* All slices are of the same beginning of the search. */
static gboolean
begin_walk(Walk *walk, TwDbTx *tx, GError **error)
{
    guint32 total;

    if (walk->opened)
        return TRUE;
    walk->opened = open_search(tx, walk->row.source, &walk->search, &total, error);
    walk->row.cache = walk->opened && tw_table_source_has_room(walk->row.source, total);
    return walk->opened;
}

static gboolean
walk_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;
    g_autoptr(GArray) hits = NULL;

    if (!begin_walk(walk, tx, error))
        return FALSE;
    walk->row.tx = tx;
    hits = tw_sql_hit_list(tx, &walk->search, walk->row.after, SLICE, error);
    if (hits == NULL ||
        !pick_hits(tx, walk->row.source, hits, tw_table_walk_message, &walk->row, error))
        return FALSE;
    walk->more = hits->len == SLICE && walk->row.failure == NULL;
    walk->hits += hits->len;
    if (hits->len > 0)
        walk->row.after = g_array_index(hits, TwSearchHit, hits->len - 1).mid;
    return TRUE;
}

static gboolean
walk_database(Walk *walk, GError **error)
{
    do {
        if (!tw_store_read(walk->row.source->store, walk_tx, walk, error))
            return FALSE;
    } while (walk->more);
    if (walk->row.failure == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&walk->row.failure));
    return FALSE;
}

static gboolean
found_walk(TwTableSource *source,
           G_GNUC_UNUSED gboolean heads,
           G_GNUC_UNUSED const TwFlagsFilter *flags,
           TwTableWalkFunc func,
           gpointer data,
           GError **error)
{
    g_auto(TwMessageProps) props = TW_MESSAGE_PROPS_INIT;
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify) tw_table_row_unref);
    Walk walk = {
        .row = { .source = source, .func = func, .data = data, .props = &props, .rows = rows }
    };
    gboolean ok;

    if (tw_table_source_is_complete(source))
        return tw_table_source_walk_cache(source, &props, func, data, error);
    ok = walk_database(&walk, error);
    tw_folder_facts_clear(&walk.row.facts);
    if (!ok)
        return FALSE;
    tw_lock(&source->lock);
    source->found_rows = walk.hits;
    tw_unlock(&source->lock);
    if (walk.row.cache)
        tw_table_source_keep_all(source, rows);
    return TRUE;
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
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(TwSearchHit));
    TwSearchRow search;
    guint32 total;

    tw_table_load_begin(&load->load);
    if (!open_search(tx, load->source, &search, &total, error))
        return FALSE;
    for (guint i = 0; i < load->load.count; i++) {
        TwSearchHit hit;
        if (!tw_sql_hit_get(tx, &search, load->load.numbers[i], &hit, error))
            return FALSE;
        if (hit.mid != 0)
            g_array_append_val(hits, hit);
    }
    return pick_hits(tx, load->source, hits, tw_table_load_row, &load->load, error);
}

static gboolean
found_load(
    TwTableSource *source, const guint32 *numbers, guint count, TwTableRow **ret, GError **error)
{
    Load load = { source, { numbers, count, ret } };
    g_autoptr(GError) failure = NULL;

    if (tw_store_read(source->store, load_tx, &load, &failure))
        return TRUE;
    tw_table_load_begin(&load.load);
    if (g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE; /* the search folder is gone, and with it all rows */
    g_propagate_error(error, g_steal_pointer(&failure));
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

/* Results of a search that is not kept current may be gone: they are not counted. */
static gboolean
count_rows(TwDbTx *tx, Page *page, const TwSearchRow *search, guint32 total, GError **error)
{
    page->count = total;
    return (search->state != TW_SEARCH_STOPPED && search->state != TW_SEARCH_DONE) ||
           tw_sql_hit_count_there(tx, search, &page->count, error);
}

static gboolean
page_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Page *page = data;
    guint64 before = page->before;
    TwSearchRow search;
    guint32 total;
    guint wanted;

    if (!open_search(tx, page->source, &search, &total, error))
        return FALSE;
    if (page->rows == NULL)
        return count_rows(tx, page, &search, total, error);
    g_ptr_array_set_size(page->rows, 0);
    while ((wanted = page->max - page->rows->len) > 0) {
        g_autoptr(GArray) hits = tw_sql_hit_page(tx, &search, before, wanted, error);
        if (hits == NULL || !pick_hits(tx, page->source, hits, page_row, page, error))
            return FALSE;
        if (hits->len < wanted)
            return TRUE;
        before = g_array_index(hits, TwSearchHit, hits->len - 1).mid;
    }
    return TRUE;
}

static gboolean
found_page(TwTableSource *source,
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

/* Under the lock: a message somewhere changed. It is a row, or may be one by the time it is read. */
static void
note_message(TwTableSource *source, guint32 number)
{
    if (!source->complete || g_hash_table_contains(source->cache, GUINT_TO_POINTER(number)))
        tw_table_source_note(source, number);
}

static void
found_notice(TwTableSource *source, const TwChange *change)
{
    gboolean own = change->folder == source->folder;

    switch ((TwChangeOp) change->op) {
    case TW_CHANGE_MESSAGE_NEW: /* the search tells of it */
        return;
    case TW_CHANGE_MESSAGE:
    case TW_CHANGE_MESSAGE_READ:
    case TW_CHANGE_MESSAGE_GONE:
    case TW_CHANGE_MESSAGE_SOFT:
    case TW_CHANGE_MESSAGE_BACK:
    case TW_CHANGE_MESSAGE_PURGED:
        note_message(source, change->id);
        return;
    case TW_CHANGE_SEARCH_ADDED:
    case TW_CHANGE_SEARCH_REMOVED:
        if (own)
            tw_table_source_note(source, change->id);
        return;
    case TW_CHANGE_SEARCH_RESULTS:
        source->stale = source->stale || (own && change->aux >= 2 * (guint64) source->found_rows);
        return;
    case TW_CHANGE_SEARCH_RESTARTED:
    case TW_CHANGE_SEARCH_COMPLETE:
    case TW_CHANGE_FOLDER_DELETED:
    case TW_CHANGE_FOLDER_RESTORED:
        source->stale = source->stale || own;
        return;
    case TW_CHANGE_FOLDER_NEW:
    case TW_CHANGE_FOLDER:
    case TW_CHANGE_FOLDER_MOVED:
    case TW_CHANGE_STORE:
    case TW_CHANGE_RECEIVE:
    case TW_CHANGE_RIGHTS:
    case TW_CHANGE_QUEUE:
    case TW_CHANGE_STORE_MODE:
        return;
    }
}

const TwTableSourceClass tw_table_found_class = {
    .walk = found_walk,
    .load = found_load,
    .page = found_page,
    .notice = found_notice,
};

/* How many rows there are is known only when all were looked at. */
const TwTableSourceClass tw_table_found_seen_class = {
    .walk = found_walk,
    .load = found_load,
    .notice = found_notice,
};
