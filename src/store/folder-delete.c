/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Deleting folders. Soft: the tree's folders change their state in one transaction, its topmost one gives up its name, and the
 * bytes go to the deleted ones of the store; messages are not touched. For good: the tree disappears in one transaction; its
 * messages go in the same one when they are few, else in batches with a task.
 */
#include "base/buffer.h"
#include "base/cursor.h"
#include "base/error.h"
#include "store/folder-private.h"
#include "store/search-private.h"
#include "store/sync-private.h"

GArray *
tw_folder_subtree(TwWork *work, guint32 id, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint most = work->store->engine->config.limits.folders;

    g_array_append_val(ids, id);
    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(GArray) children = tw_sql_folder_children(work->tx, work->row.store,
                                                            g_array_index(ids, guint32, i), error);
        if (children == NULL)
            return NULL;
        g_array_append_vals(ids, children->data, children->len);
        if (ids->len > most) {
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "folder %u: a circle of folders", id);
            return NULL;
        }
    }
    return g_steal_pointer(&ids);
}

typedef struct {
    TwStore *store;
    guint32 id;
    gboolean soft, only_empty;
    gint64 only_before; /* only what was deleted softly before; 0: whatever it is */
    const char *name;   /* restore */

    gint64 task; /* in batches: what is left to do; 0: nothing */
    guint pos;   /* folders that are done */
    guint next;  /* after the batch in hand, once it is committed */
    GArray *ids; /* children first; owned */
} Delete;

/* Takes a tree's bytes over to the deleted ones (@sign 1) or back (-1). */
static void
shift_bytes(TwWork *work, const TwFolderRow *row, int sign)
{
    work->row.bytes -= sign * row->bytes;
    work->row.deleted_bytes += sign * row->bytes;
    work->dirty = TRUE;
}

static gboolean
change_state(TwWork *work,
             TwFolderRow *row,
             TwFolderState state,
             guint32 with,
             TwChangeOp op,
             GError **error)
{
    gboolean was_live = row->state == TW_FOLDER_LIVE;
    TwFolderRow *parent = tw_work_folder(work, row->parent, TRUE, error);

    row->cn = parent != NULL ? tw_work_change(work, op, row->id, row->id, state, error) : 0;
    if (row->cn == 0)
        return FALSE;
    if (state == TW_FOLDER_PURGING && !tw_sql_sync_bury_folder(work->tx, row, error))
        return FALSE;
    parent->hicn_hier = row->cn;
    parent->dirty = TRUE;
    if (was_live && state != TW_FOLDER_LIVE)
        shift_bytes(work, row, 1);
    else if (!was_live && state == TW_FOLDER_LIVE)
        shift_bytes(work, row, -1);
    row->state = (guint8) state;
    row->deleted_with = with;
    row->deleted_us = state == TW_FOLDER_LIVE ? 0 : work->now;
    row->dirty = TRUE;
    return state == TW_FOLDER_PURGING || tw_sql_folder_set_deleted_at(work->tx, row, error);
}

/* The topmost folder of the tree, counted at its parent in another way from now on. */
static TwFolderRow *
detach(TwWork *work, guint32 id, gboolean soft, GError **error)
{
    TwFolderRow *row = tw_work_folder(work, id, TRUE, error);
    TwFolderRow *parent = row != NULL ? tw_work_folder(work, row->parent, TRUE, error) : NULL;
    gboolean wrong;

    if (parent == NULL)
        return NULL;
    wrong = row->state == TW_FOLDER_PURGING || (soft && row->state != TW_FOLDER_LIVE);
    if (wrong || row->type == TW_FOLDER_ROOT) {
        g_set_error(error, TW_ERROR, wrong ? TW_ERROR_NOT_FOUND : TW_ERROR_INVALID,
                    "folder %u cannot be deleted", id);
        return NULL;
    }
    /* deleted_folders counts what can be restored there; what was deleted together with the parent is its subfolder still */
    if (row->state == TW_FOLDER_SOFT && row->deleted_with == id)
        parent->deleted_folders--;
    else
        parent->subfolders--;
    parent->deleted_folders += soft ? 1 : 0;
    parent->dirty = TRUE;
    return tw_sql_folder_rename(work->tx, row, FALSE, error) ? row : NULL;
}

/* ---- messages of folders that go ---- */

/* At most @left of them; what is left of @left says whether the folder is empty. */
static gboolean
purge_messages(TwWork *work, TwFolderRow *folder, guint *left, GError **error)
{
    for (TwMessageState state = TW_MESSAGE_NORMAL; state <= TW_MESSAGE_DELETED_ASSOC; state++) {
        g_autoptr(GArray) mids =
            tw_sql_msg_mids(work->tx, work->row.store, folder->id, state, 0, *left, error);
        if (mids == NULL)
            return FALSE;
        for (guint i = 0; i < mids->len; i++) {
            g_auto(TwMessageRow) row = { 0 };
            if (!tw_sql_msg_get(work->tx, work->row.store, g_array_index(mids, guint32, i), FALSE,
                                &row, error) ||
                !tw_bulk_purge(work, &row, folder, TRUE, error))
                return FALSE;
        }
        *left -= mids->len;
        if (*left == 0)
            return TRUE;
    }
    return TRUE;
}

/* The same with results and scope of a search folder; its criteria go at once, so that nobody fills it any more. */
static gboolean
purge_search(TwWork *work, guint32 id, guint *left, GError **error)
{
    guint count;

    if (!tw_sql_search_delete(work->tx, work->row.store, id, error) ||
        !tw_sql_search_clear(work->tx, work->row.store, id, G_MAXUINT32, *left, &count, error))
        return FALSE;
    *left -= MIN(count, *left);
    return TRUE;
}

static gboolean
purge_folder(TwWork *work, guint32 id, guint *left, GError **error)
{
    g_autoptr(GError) failure = NULL;
    TwFolderRow *folder = tw_work_folder(work, id, TRUE, &failure);
    guint32 store = work->row.store;

    if (g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE; /* who deletes a folder above it came first */
    if (folder == NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!purge_messages(work, folder, left, error))
        return FALSE;
    if (*left > 0 && folder->type == TW_FOLDER_SEARCH && !purge_search(work, id, left, error))
        return FALSE;
    if (*left == 0)
        return TRUE;
    g_hash_table_remove(work->folders, GUINT_TO_POINTER(id));
    return tw_content_delete(work, id, error) && tw_work_bury(work, id, error) &&
           tw_sql_sync_sent_delete(work->tx, store, id, error) &&
           tw_sql_keyword_delete(work->tx, store, id, error) &&
           tw_sql_floor_delete(work->tx, store, id, error) &&
           tw_sql_receive_delete_folder(work->tx, store, id, error) &&
           tw_sql_acl_delete_folder(work->tx, store, id, error) &&
           tw_sql_folder_delete(work->tx, store, id, error);
}

/* Goes on from @pos while the batch lasts. */
static gboolean
purge_some(TwWork *work, const GArray *ids, guint *pos, GError **error)
{
    guint left = work->store->engine->config.limits.batch + 1;

    while (*pos < ids->len) {
        if (!purge_folder(work, g_array_index(ids, guint32, *pos), &left, error))
            return FALSE;
        if (left == 0)
            break;
        (*pos)++;
    }
    return TRUE;
}

static GBytes *
ids_to_bytes(const GArray *ids)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);

    for (guint i = 0; i < ids->len; i++)
        tw_buffer_put_u32le(&out, g_array_index(ids, guint32, i));
    return tw_buffer_steal_bytes(&out, NULL);
}

static gboolean
note_task(TwWork *work, Delete *delete, guint pos, const GArray *ids, GError **error)
{
    TwTaskRow row = { 0, work->row.store, TW_TASK_PURGE_TREE, pos, NULL };
    gboolean ok;

    row.arg = ids_to_bytes(ids);
    ok = tw_sql_task_add(work->tx, &row, error);
    g_bytes_unref(row.arg);
    delete->task = row.id;
    return ok;
}

/* ---- delete ---- */

static gboolean
is_empty(TwWork *work, const Delete *delete, const GArray *ids, GError **error)
{
    for (guint i = 0; i < ids->len; i++) {
        const TwFolderRow *row = tw_work_folder(work, g_array_index(ids, guint32, i), TRUE, error);
        if (row == NULL)
            return FALSE;
        if (row->total + row->assoc + row->deleted + row->deleted_assoc == 0 &&
            row->state == TW_FOLDER_LIVE)
            continue;
        g_set_error(error, TW_ERROR, TW_ERROR_BUSY, "folder %u: something is in folder %u",
                    delete->id, row->id);
        return FALSE;
    }
    return TRUE;
}

static gboolean
delete_for_good(TwWork *work, Delete *delete, GError **error)
{
    g_autoptr(GArray) ids = tw_folder_subtree(work, delete->id, error);
    guint pos = 0;

    if (ids == NULL)
        return FALSE;
    for (guint i = 0; i < ids->len / 2; i++) { /* children first */
        guint32 *a = &g_array_index(ids, guint32, i);
        guint32 *b = &g_array_index(ids, guint32, ids->len - 1 - i), swap = *a;
        *a = *b;
        *b = swap;
    }
    if (delete->only_empty && !is_empty(work, delete, ids, error))
        return FALSE;
    for (guint i = 0; i < ids->len; i++) {
        TwFolderRow *row = tw_work_folder(work, g_array_index(ids, guint32, i), TRUE, error);
        /* one that is going already has told so */
        if (row == NULL || (row->state != TW_FOLDER_PURGING &&
                            !change_state(work, row, TW_FOLDER_PURGING, delete->id,
                                          TW_CHANGE_FOLDER_DELETED, error)))
            return FALSE;
    }
    if (!purge_some(work, ids, &pos, error))
        return FALSE;
    if (pos < ids->len && !note_task(work, delete, pos, ids, error))
        return FALSE;
    delete->pos = pos;
    g_clear_pointer(&delete->ids, g_array_unref);
    delete->ids = g_steal_pointer(&ids);
    return TRUE;
}

static gboolean
delete_softly(TwWork *work, const Delete *delete, GError **error)
{
    g_autoptr(GArray) ids = tw_folder_subtree(work, delete->id, error);

    for (guint i = 0; ids != NULL && i < ids->len; i++) {
        TwFolderRow *row = tw_work_folder(work, g_array_index(ids, guint32, i), TRUE, error);
        if (row == NULL)
            return FALSE;
        /* one that was deleted before stays a tree of its own */
        if (row->state == TW_FOLDER_LIVE &&
            !change_state(work, row, TW_FOLDER_SOFT, delete->id, TW_CHANGE_FOLDER_DELETED, error))
            return FALSE;
    }
    return ids != NULL;
}

/* When nobody kept the time, it counts as deleted when that began. */
static gboolean
is_old(TwDbTx *tx, const Delete *delete, const TwFolderRow *row, GError **error)
{
    gint64 timed;

    if (delete->only_before == 0)
        return TRUE;
    if (!tw_sql_meta_timed(tx, &timed, error))
        return FALSE;
    if (row->state == TW_FOLDER_SOFT && row->deleted_with == row->id &&
        (row->deleted_us != 0 ? row->deleted_us : timed) < delete->only_before)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u was not deleted before", row->id);
    return FALSE;
}

static gboolean
delete_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Delete *delete = data;
    g_auto(TwWork) work = { 0 };
    TwFolderRow *row, *parent;
    guint32 parent_id;

    delete->task = 0;
    if (!tw_work_begin(&work, tx, delete->store, error))
        return FALSE;
    /* a search folder is never kept for restoring: spec/mapi-soap.md 6, deleteFolder */
    row = tw_work_folder(&work, delete->id, TRUE, error);
    delete->soft = delete->soft && row != NULL && row->type != TW_FOLDER_SEARCH;
    if (row != NULL && !is_old(tx, delete, row, error))
        return FALSE;
    row = row != NULL ? detach(&work, delete->id, delete->soft, error) : NULL;
    if (row == NULL)
        return FALSE;
    parent_id = row->parent;
    if (!(delete->soft ? delete_softly(&work, delete, error)
                       : delete_for_good(&work, delete, error)))
        return FALSE;
    parent = tw_work_folder(&work, parent_id, TRUE, error);
    if (parent == NULL)
        return FALSE;
    parent->hicn_hier = work.row.cn;
    parent->dirty = TRUE;
    return tw_work_finish(&work, error);
}

static gboolean
purge_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Delete *delete = data;
    g_auto(TwWork) work = { 0 };
    guint pos = delete->pos;

    if (!tw_work_begin(&work, tx, delete->store, error) ||
        !purge_some(&work, delete->ids, &pos, error))
        return FALSE;
    if (!(pos < delete->ids->len ? tw_sql_task_move(tx, delete->task, pos, error)
                                 : tw_sql_task_delete(tx, delete->task, error)))
        return FALSE;
    delete->next = pos;
    return tw_work_finish(&work, error);
}

static gboolean
purge_rest(Delete *delete, GError **error)
{
    while (delete->pos < delete->ids->len) {
        if (!tw_store_write(delete->store, 0, TRUE, purge_tx, delete, error))
            return FALSE;
        delete->pos = delete->next;
    }
    return TRUE;
}

static gboolean
run_delete(Delete *delete, GError **error)
{
    gboolean ok = tw_store_write(delete->store, 0, TRUE, delete_tx, delete, error);

    ok = ok && (delete->task == 0 || purge_rest(delete, error));
    g_clear_pointer(&delete->ids, g_array_unref);
    return ok;
}

gboolean
tw_folder_delete(TwStore *store, guint32 id, gboolean soft, GError **error)
{
    Delete delete = { .store = store, .id = id, .soft = soft };

    return run_delete(&delete, error);
}

gboolean
tw_folder_delete_empty(TwStore *store, guint32 id, GError **error)
{
    Delete delete = { .store = store, .id = id, .only_empty = TRUE };

    return run_delete(&delete, error);
}

gboolean
tw_folder_delete_old(TwStore *store, guint32 id, gint64 before_us, GError **error)
{
    Delete delete = { .store = store, .id = id, .only_before = MAX(before_us, 1) };

    return run_delete(&delete, error);
}

gboolean
tw_folder_purge_resume(TwStore *store, const TwTaskRow *task, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    Delete delete = { .store = store, .task = task->id, .pos = task->pos, .ids = ids };
    gsize len;
    const guint8 *data = g_bytes_get_data(task->arg, &len);
    TwCursor cur = tw_cursor_init(data, len);
    guint32 id;

    while (tw_cursor_take_u32le(&cur, &id))
        g_array_append_val(ids, id);
    return purge_rest(&delete, error);
}

/* ---- restore ---- */

static gboolean
restore_tree(TwWork *work, const Delete *restore, GError **error)
{
    g_autoptr(GArray) ids = tw_folder_subtree(work, restore->id, error);

    for (guint i = 0; ids != NULL && i < ids->len; i++) {
        TwFolderRow *row = tw_work_folder(work, g_array_index(ids, guint32, i), TRUE, error);
        if (row == NULL)
            return FALSE;
        if (row->state == TW_FOLDER_SOFT && row->deleted_with == restore->id &&
            !change_state(work, row, TW_FOLDER_LIVE, 0, TW_CHANGE_FOLDER_RESTORED, error))
            return FALSE;
    }
    return ids != NULL;
}

static gboolean
restore_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Delete *restore = data;
    g_auto(TwWork) work = { 0 };
    TwFolderRow *row, *parent;
    guint32 other;

    if (!tw_work_begin(&work, tx, restore->store, error))
        return FALSE;
    row = tw_work_folder(&work, restore->id, TRUE, error);
    if (row == NULL)
        return FALSE;
    if (row->state != TW_FOLDER_SOFT || row->deleted_with != row->id) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is not deleted", row->id);
        return FALSE;
    }
    parent = tw_work_folder(&work, row->parent, FALSE, error);
    if (parent == NULL)
        return FALSE;
    if (restore->name != NULL) {
        g_free(row->name);
        row->name = g_strdup(restore->name);
    }
    if (!tw_sql_folder_find(tx, row->store, row->parent, row->name, &other, error))
        return FALSE;
    if (other != 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_EXISTS, "a sibling has that name");
        return FALSE;
    }
    if (!restore_tree(&work, restore, error))
        return FALSE;
    parent->deleted_folders--;
    parent->subfolders++;
    parent->hicn_hier = work.row.cn;
    parent->dirty = TRUE;
    return tw_sql_folder_rename(tx, row, TRUE, error) && tw_work_finish(&work, error);
}

gboolean
tw_folder_restore(TwStore *store, guint32 id, const char *name, GError **error)
{
    Delete restore = { .store = store, .id = id, .name = name };

    return tw_store_write(store, 0, FALSE, restore_tx, &restore, error);
}
