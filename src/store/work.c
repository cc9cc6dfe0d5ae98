/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One change to one store inside a transaction. Invariants that every change keeps through here:
 *  1. each change has a number of its own, one higher than the last, and a row in chg;
 *  2. a folder's counters, and the store's bytes, say what its lists hold;
 *  3. a uid, and an object number, is given once;
 *  4. events reach the stream after the commit, in the order of their numbers.
 */
#include "base/error.h"
#include "base/time.h"
#include "store/search-private.h"
#include "store/sync-private.h"

gboolean
tw_work_begin(TwWork *work, TwDbTx *tx, TwStore *store, GError **error)
{
    *work = (TwWork){ .tx = tx, .store = store };
    if (!tw_sql_store_get(tx, store->number, &work->row, error))
        return FALSE;
    if (work->row.state != 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "store %u is being deleted",
                    store->number);
        return FALSE;
    }
    work->now = tw_time_now_us();
    work->folders = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) tw_folder_row_free);
    work->changes = g_array_new(FALSE, FALSE, sizeof(TwChange));
    work->hints = g_array_new(FALSE, FALSE, sizeof(TwBlobId));
    return TRUE;
}

void
tw_work_clear(TwWork *work)
{
    g_clear_pointer(&work->folders, g_hash_table_unref);
    g_clear_pointer(&work->changes, g_array_unref);
    g_clear_pointer(&work->hints, g_array_unref);
}

TwFolderRow *
tw_work_folder(TwWork *work, guint32 id, gboolean deleted, GError **error)
{
    TwFolderRow *row = g_hash_table_lookup(work->folders, GUINT_TO_POINTER(id));

    if (row == NULL) {
        row = tw_sql_folder_get(work->tx, work->row.store, id, error);
        if (row == NULL)
            return NULL;
        g_hash_table_insert(work->folders, GUINT_TO_POINTER(id), row);
    }
    if (row->state != TW_FOLDER_LIVE && !deleted) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", id);
        return NULL;
    }
    return row;
}

guint64
tw_work_change(TwWork *work, TwChangeOp op, guint32 folder, guint32 id, guint32 aux, GError **error)
{
    TwChange change = {
        .cn = work->row.cn + 1,
        .store = work->row.store,
        .folder = folder,
        .id = id,
        .aux = aux,
        .source = work->store->source,
        .op = (guint8) op,
    };

    if (!tw_sql_chg_add(work->tx, &change, error) ||
        (change.source != 0 &&
         !tw_sql_sync_own_add(work->tx, change.store, change.source, change.cn, error)))
        return 0;
    work->row.cn = change.cn;
    work->dirty = TRUE;
    g_array_append_val(work->changes, change);
    return change.cn;
}

void
tw_work_note_origin(TwWork *work, guint32 id, guint32 folder, gboolean moved)
{
    TwChange *last = &g_array_index(work->changes, TwChange, work->changes->len - 1);

    last->from = id;
    last->from_folder = folder;
    last->moved = moved;
}

gboolean
tw_work_bury(TwWork *work, guint32 id, GError **error)
{
    return tw_sql_sync_bury(work->tx, work->row.store, id, work->row.cn, error);
}

void
tw_work_event(TwWork *work, TwChangeOp op, guint32 folder, guint32 id, guint32 aux)
{
    TwChange change = {
        .cn = work->row.cn,
        .store = work->row.store,
        .folder = folder,
        .id = id,
        .aux = aux,
        .op = (guint8) op,
    };

    g_array_append_val(work->changes, change);
}

void
tw_work_hint(TwWork *work, const TwBlobId *id)
{
    g_array_append_vals(work->hints, id, 1);
}

void
tw_work_count(TwWork *work, TwFolderRow *folder, const TwMessageRow *row, int sign)
{
    guint32 one = (guint32) sign; /* counts down by wrapping */
    gint64 bytes = sign * row->size;

    switch ((TwMessageState) row->state) {
    case TW_MESSAGE_NORMAL:
        folder->total += one;
        if (!(row->flags & TW_MSGFLAG_READ))
            folder->unread += one;
        break;
    case TW_MESSAGE_ASSOC:
        folder->assoc += one;
        break;
    case TW_MESSAGE_DELETED:
        folder->deleted += one;
        break;
    case TW_MESSAGE_DELETED_ASSOC:
        folder->deleted_assoc += one;
        break;
    }
    if (row->state >= TW_MESSAGE_DELETED || folder->state != TW_FOLDER_LIVE)
        work->row.deleted_bytes += bytes;
    else
        work->row.bytes += bytes;
    if (row->state >= TW_MESSAGE_DELETED)
        folder->deleted_bytes += bytes;
    else
        folder->bytes += bytes;
    folder->changed_us = work->now;
    folder->dirty = work->dirty = TRUE;
}

/* The store may pass its limit by one message, never take another after that (spec/robustness.md 40). */
gboolean
tw_work_quota(TwWork *work, gint64 more, GError **error)
{
    if (work->row.quota_hard == 0 || work->row.bytes < work->row.quota_hard || more <= 0)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_QUOTA, "store %u is over its hard quota",
                work->row.store);
    return FALSE;
}

/* ---- after the commit ---- */

typedef struct {
    TwEngine *engine;
    GArray *changes, *hints;
    gint64 now;
} Committed;

static void
free_committed(gpointer data)
{
    Committed *committed = data;

    g_array_unref(committed->changes);
    g_array_unref(committed->hints);
    g_free(committed);
}

/* Hints that cannot be kept cost space only; the collector's full round finds it. */
static void
tell(gpointer data)
{
    Committed *committed = data;

    const TwChange *changes = (const TwChange *) (gpointer) committed->changes->data;

    tw_changes_publish(committed->engine, changes, committed->changes->len);
    tw_search_worker_poke(committed->engine->searches, changes, committed->changes->len);
    if (committed->hints->len > 0)
        tw_blob_hint(committed->engine->blobs, (const TwBlobId *) (gpointer) committed->hints->data,
                     committed->hints->len, committed->now, NULL);
}

gboolean
tw_work_finish(TwWork *work, GError **error)
{
    GHashTableIter iter;
    gpointer value;
    Committed *committed;

    g_hash_table_iter_init(&iter, work->folders);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        TwFolderRow *row = value;
        if (row->dirty && !tw_sql_folder_update(work->tx, row, error))
            return FALSE;
        row->dirty = FALSE;
    }
    if (work->dirty && !tw_sql_store_update(work->tx, &work->row, error))
        return FALSE;
    if (work->changes->len == 0 && work->hints->len == 0)
        return TRUE;
    committed = g_new(Committed, 1);
    *committed = (Committed){ work->store->engine, g_array_ref(work->changes),
                              g_array_ref(work->hints), work->now };
    tw_db_on_commit(work->tx, tell, committed, free_committed);
    return TRUE;
}
