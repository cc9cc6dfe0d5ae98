/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What was deleted softly goes for good when it is old enough. A message is looked at and deleted in one transaction, so that one
 * that was put back in between stays; a deleted tree goes as a whole, by the time its topmost folder was deleted.
 */
#include "base/error.h"
#include "store/folder-private.h"
#include "store/queue-private.h"

enum {
    BATCH = 1000, /* messages that are looked at in one transaction */
};

typedef struct {
    TwStore *store;
    gint64 before;
    gboolean only_count;
    guint32 folder;
    TwMessageState state;
    guint32 after; /* the last message that was looked at */

    /* what the batch found */
    guint32 next;
    guint seen, gone;
} Purge;

static gboolean
add_row(const TwMessageRow *row, gpointer rows)
{
    g_array_append_vals((GArray *) rows, row, 1);
    return TRUE;
}

/* Whether a message was deleted before that time; @timed: when such times began to be kept. */
static gboolean
is_old(const Purge *purge, const TwMessageRow *row, gint64 timed)
{
    return (row->placed != 0 ? row->placed : timed) < purge->before;
}

static gboolean
purge_row(TwWork *work, Purge *purge, TwFolderRow *folder, const TwMessageRow *row, GError **error)
{
    gboolean may;

    if (!tw_message_may(work, row->mid, TW_TOUCH_DELETE, &may, error))
        return FALSE;
    if (!may)
        return TRUE;
    purge->gone++;
    return tw_bulk_purge(work, row, folder, FALSE, error);
}

static gboolean
batch_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Purge *purge = data;
    g_auto(TwWork) work = { 0 };
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(TwMessageRow)); /* without heads */
    TwFolderRow *folder;
    gint64 timed;

    purge->seen = purge->gone = 0;
    purge->next = purge->after;
    if (!tw_work_begin(&work, tx, purge->store, error) || !tw_sql_meta_timed(tx, &timed, error))
        return FALSE;
    folder = tw_work_folder(&work, purge->folder, FALSE, error);
    if (folder == NULL || !tw_sql_msg_list(tx, work.row.store, folder->id, purge->state,
                                           purge->after, BATCH, FALSE, add_row, rows, error))
        return FALSE;
    for (; purge->seen < rows->len; purge->seen++) {
        const TwMessageRow *row = &g_array_index(rows, TwMessageRow, purge->seen);
        purge->next = row->mid;
        if (is_old(purge, row, timed) && !purge_row(&work, purge, folder, row, error))
            return FALSE;
    }
    return tw_work_finish(&work, error);
}

/* The same, but nothing is deleted. */
static gboolean
count_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Purge *purge = data;
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(TwMessageRow));
    gint64 timed;

    purge->seen = purge->gone = 0;
    purge->next = purge->after;
    if (!tw_sql_meta_timed(tx, &timed, error) ||
        !tw_sql_msg_list(tx, purge->store->number, purge->folder, purge->state, purge->after, BATCH,
                         FALSE, add_row, rows, error))
        return FALSE;
    for (; purge->seen < rows->len; purge->seen++) {
        const TwMessageRow *row = &g_array_index(rows, TwMessageRow, purge->seen);
        purge->next = row->mid;
        purge->gone += is_old(purge, row, timed) ? 1 : 0;
    }
    return TRUE;
}

static gboolean
purge_list(Purge *purge, guint64 *io_count, GError **error)
{
    do {
        if (!(purge->only_count ? tw_store_read(purge->store, count_tx, purge, error)
                                : tw_store_write(purge->store, 0, TRUE, batch_tx, purge, error)))
            return FALSE;
        *io_count += purge->gone;
        purge->after = purge->next;
    } while (purge->seen == BATCH);
    return TRUE;
}

/* All of a store. */
typedef struct {
    TwStore *store;
    gint64 before;
    gboolean only_count;
    gint64 timed;     /* only_count: as above */
    GHashTable *rows; /* only_count: number -> TwFolderRow, borrowed, of folders that would stay */
    guint64 *count;
} Sweep;

static gboolean
timed_tx(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_sql_meta_timed(tx, data, error);
}

/* Whether a deleted tree would go: it is old enough, and not in one that goes as a whole. */
static gboolean
tree_would_go(const Sweep *sweep, const TwFolderRow *row)
{
    const TwFolderRow *above = row;

    if ((row->deleted_us != 0 ? row->deleted_us : sweep->timed) >= sweep->before)
        return FALSE;
    while (above != NULL && above->parent != 0 && above->parent != above->id)
        above = g_hash_table_lookup(sweep->rows, GUINT_TO_POINTER(above->parent));
    if (above == NULL)
        return FALSE;
    g_hash_table_remove(sweep->rows, GUINT_TO_POINTER(row->id));
    return TRUE;
}

static gboolean
purge_folder(const Sweep *sweep, const TwFolderRow *row, GError **error)
{
    if (row->state == TW_FOLDER_SOFT && row->deleted_with == row->id) {
        if (sweep->only_count ? !tree_would_go(sweep, row)
                              : !tw_folder_delete_old(sweep->store, row->id, sweep->before, error))
            return sweep->only_count;
        (*sweep->count)++;
        return TRUE;
    }
    if (row->state != TW_FOLDER_LIVE)
        return TRUE; /* goes with the topmost */
    for (TwMessageState state = TW_MESSAGE_DELETED; state <= TW_MESSAGE_DELETED_ASSOC; state++) {
        Purge purge = { .store = sweep->store,
                        .before = sweep->before,
                        .only_count = sweep->only_count,
                        .folder = row->id,
                        .state = state };
        if ((state == TW_MESSAGE_DELETED ? row->deleted : row->deleted_assoc) > 0 &&
            !purge_list(&purge, sweep->count, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
sweep_store(
    TwStore *store, gint64 before_us, gboolean only_count, guint64 *io_count, GError **error)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(store, error);
    g_autoptr(GHashTable) rows = g_hash_table_new(NULL, NULL);
    Sweep sweep = { .store = store, .before = before_us, .only_count = only_count, .rows = rows };

    sweep.count = io_count;
    if (folders == NULL || (only_count && !tw_store_read(store, timed_tx, &sweep.timed, error)))
        return FALSE;
    for (guint i = 0; only_count && i < folders->len; i++) {
        TwFolderRow *row = g_ptr_array_index(folders, i);
        g_hash_table_insert(rows, GUINT_TO_POINTER(row->id), row);
    }
    for (guint i = 0; i < folders->len; i++) {
        g_autoptr(GError) failure = NULL;
        if (!purge_folder(&sweep, g_ptr_array_index(folders, i), &failure) &&
            !g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
tw_store_purge_deleted(TwStore *store, gint64 before_us, guint64 *io_count, GError **error)
{
    return sweep_store(store, before_us, FALSE, io_count, error);
}

gboolean
tw_store_count_deleted(TwStore *store, gint64 before_us, guint64 *io_count, GError **error)
{
    return sweep_store(store, before_us, TRUE, io_count, error);
}

gboolean
tw_engine_purge_deleted(
    TwEngine *engine, gint64 before_us, gboolean only_count, guint64 *ret_count, GError **error)
{
    g_autoptr(GArray) stores = tw_engine_list_stores(engine);
    g_autoptr(GError) first = NULL;
    guint64 count = 0;

    for (guint i = 0; i < stores->len; i++) {
        g_autoptr(GError) failure = NULL;
        g_autoptr(TwStore) store =
            tw_store_open_number(engine, g_array_index(stores, guint32, i), NULL);
        if (store != NULL && !sweep_store(store, before_us, only_count, &count, &failure) &&
            !g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND) &&
            !g_error_matches(failure, TW_ERROR, TW_ERROR_OFFLINE) && first == NULL)
            first = g_steal_pointer(&failure);
    }
    if (ret_count != NULL)
        *ret_count = count;
    if (first == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&first));
    return FALSE;
}
