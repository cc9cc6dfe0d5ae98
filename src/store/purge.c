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
        if ((row->placed != 0 ? row->placed : timed) < purge->before &&
            !purge_row(&work, purge, folder, row, error))
            return FALSE;
    }
    return tw_work_finish(&work, error);
}

static gboolean
purge_list(Purge *purge, guint64 *io_count, GError **error)
{
    do {
        if (!tw_store_write(purge->store, 0, TRUE, batch_tx, purge, error))
            return FALSE;
        *io_count += purge->gone;
        purge->after = purge->next;
    } while (purge->seen == BATCH);
    return TRUE;
}

static gboolean
purge_folder(
    TwStore *store, const TwFolderRow *row, gint64 before, guint64 *io_count, GError **error)
{
    if (row->state == TW_FOLDER_SOFT && row->deleted_with == row->id) {
        if (!tw_folder_delete_old(store, row->id, before, error))
            return FALSE;
        (*io_count)++;
        return TRUE;
    }
    if (row->state != TW_FOLDER_LIVE)
        return TRUE; /* goes with the topmost */
    for (TwMessageState state = TW_MESSAGE_DELETED; state <= TW_MESSAGE_DELETED_ASSOC; state++) {
        Purge purge = { .store = store, .before = before, .folder = row->id, .state = state };
        if ((state == TW_MESSAGE_DELETED ? row->deleted : row->deleted_assoc) > 0 &&
            !purge_list(&purge, io_count, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_store_purge_deleted(TwStore *store, gint64 before_us, guint64 *io_count, GError **error)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(store, error);

    for (guint i = 0; folders != NULL && i < folders->len; i++) {
        g_autoptr(GError) failure = NULL;
        if (!purge_folder(store, g_ptr_array_index(folders, i), before_us, io_count, &failure) &&
            !g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
    return folders != NULL;
}

gboolean
tw_engine_purge_deleted(TwEngine *engine, gint64 before_us, guint64 *ret_count, GError **error)
{
    g_autoptr(GArray) stores = tw_engine_list_stores(engine);
    g_autoptr(GError) first = NULL;
    guint64 count = 0;

    for (guint i = 0; i < stores->len; i++) {
        g_autoptr(GError) failure = NULL;
        g_autoptr(TwStore) store =
            tw_store_open_number(engine, g_array_index(stores, guint32, i), NULL);
        if (store != NULL && !tw_store_purge_deleted(store, before_us, &count, &failure) &&
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
