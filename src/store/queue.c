/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Entries of the queues, each in the transaction that changes its message. Invariants:
 *  1. an entry names a normal message that is there;
 *  2. what is in the index is what is committed (queue-index.c);
 *  3. no transaction changes or moves a queued message but through the holder of its lock.
 */
#include "store/queue.h"

#include "base/error.h"
#include "base/time.h"
#include "mapi/tags.h"
#include "store/content.h"
#include "store/queue-private.h"

typedef struct {
    TwStore *store;
    guint32 mid;
    guint flags;
    gint64 due;
    const TwQueueFinish *finish;
    guint32 new_mid; /* finish: for the moved message; then what it is now */
    guint32 ret_mid;
    TwQueueEntry entry;
    GArray *list;
} Op;

static gboolean
not_queued(guint32 mid, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_QUEUED, "message %u is in no queue", mid);
    return FALSE;
}

/* ---- entries ---- */

static gboolean
put_entry(TwWork *work, const TwQueueEntry *entry, GError **error)
{
    if (!tw_sql_queue_put(work->tx, entry, error))
        return FALSE;
    tw_queue_index_note(work->store->engine->queue, work->tx, entry, FALSE);
    tw_work_event(work, TW_CHANGE_QUEUE, 0, entry->mid, 0);
    return TRUE;
}

static gboolean
drop_entry(TwWork *work, guint32 mid, gboolean master, gboolean *ret_was, GError **error)
{
    TwQueueEntry entry = { .store = work->row.store, .mid = mid };

    if (!tw_sql_queue_delete(work->tx, work->row.store, mid, master, ret_was, error))
        return FALSE;
    if (!*ret_was)
        return TRUE;
    entry.flags = master ? TW_QUEUE_MASTER : 0;
    tw_queue_index_note(work->store->engine->queue, work->tx, &entry, TRUE);
    tw_work_event(work, TW_CHANGE_QUEUE, 0, mid, 0);
    return TRUE;
}

static gboolean
may_be_queued(const TwWork *work, guint32 mid)
{
    return tw_queue_index_may_have(work->store->engine->queue, work->row.store, mid);
}

static gboolean
is_queued(TwWork *work, guint32 mid, gboolean *ret, GError **error)
{
    *ret = FALSE;
    for (guint master = 0; may_be_queued(work, mid) && master < 2; master++) {
        TwQueueEntry entry;
        if (!tw_sql_queue_get(work->tx, work->row.store, mid, master != 0, &entry, error))
            return FALSE;
        *ret = *ret || entry.mid != 0;
    }
    return TRUE;
}

gboolean
tw_queue_forget(TwWork *work, guint32 mid, GError **error)
{
    gboolean was;

    return !may_be_queued(work, mid) ||
           (drop_entry(work, mid, FALSE, &was, error) && drop_entry(work, mid, TRUE, &was, error));
}

gboolean
tw_queue_follow_move(TwWork *work, guint32 from, guint32 to, GError **error)
{
    for (guint master = 0; may_be_queued(work, from) && master < 2; master++) {
        TwQueueEntry entry;
        gboolean was;
        if (!tw_sql_queue_get(work->tx, work->row.store, from, master != 0, &entry, error) ||
            !drop_entry(work, from, master != 0, &was, error))
            return FALSE;
        entry.mid = to;
        if (was && !put_entry(work, &entry, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_queue_follow_flags(TwWork *work, guint32 mid, guint32 before, guint32 after, GError **error)
{
    TwQueueEntry entry = {
        .store = work->row.store, .mid = mid, .due_us = work->now, .submitted_us = work->now
    };
    gboolean was;

    if (!((before ^ after) & TW_MSGFLAG_SUBMITTED))
        return TRUE;
    return after & TW_MSGFLAG_SUBMITTED ? put_entry(work, &entry, error)
                                        : drop_entry(work, mid, FALSE, &was, error);
}

gboolean
tw_message_may(TwWork *work, guint32 mid, TwTouch touch, gboolean *ret, GError **error)
{
    guint64 holder = tw_message_lock_owner(work->store, mid);
    gboolean queued = FALSE;

    if (touch == TW_TOUCH_CHANGE && holder == 0 && !is_queued(work, mid, &queued, error))
        return FALSE;
    *ret = holder != 0 ? holder == work->store->owner : !queued;
    return TRUE;
}

/* Nobody else holds the message. */
static gboolean
check_holder(const TwWork *work, guint32 mid, GError **error)
{
    guint64 holder = tw_message_lock_owner(work->store, mid);

    if (holder == 0 || holder == work->store->owner)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_SUBMITTED, "message %u is held by who sends it", mid);
    return FALSE;
}

/* ---- messages ---- */

static gboolean
set_flags(TwWork *work, TwMessageRow *row, guint32 flags, GError **error)
{
    TwFolderRow *folder = tw_work_folder(work, row->folder, FALSE, error);
    TwMessageRow old = *row;

    if (folder == NULL || flags == row->flags)
        return folder != NULL;
    row->flags = flags;
    row->cn = tw_work_change(work, TW_CHANGE_MESSAGE, row->folder, row->mid, 0, error);
    if (row->cn == 0)
        return FALSE;
    if ((flags ^ old.flags) & TW_MSGFLAG_READ)
        row->cn_read = row->cn;
    folder->hicn = row->cn;
    tw_work_count(work, folder, &old, -1);
    tw_work_count(work, folder, row, 1);
    return tw_sql_msg_update_flags(work->tx, row, error);
}

static gboolean
get_normal(TwWork *work, guint32 mid, TwMessageRow *ret, GError **error)
{
    if (!tw_sql_msg_get(work->tx, work->row.store, mid, FALSE, ret, error) ||
        tw_work_folder(work, ret->folder, FALSE, error) == NULL)
        return FALSE;
    if (ret->state == TW_MESSAGE_NORMAL)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "message %u cannot be sent", mid);
    return FALSE;
}

/* ---- submit ---- */

/* PR_DEFERRED_SEND_NUMBER counts minutes, hours, days or weeks: spec/mailbox-layout.md 22.2. */
static gint64
deferred_for(const TwObject *object)
{
    static const gint64 minutes[] = { 1, 60, 1440, 10080 };
    guint32 number = tw_object_get_long(object, PR_DEFERRED_SEND_NUMBER, 0);
    guint32 unit = tw_object_get_long(object, PR_DEFERRED_SEND_UNITS, 0);

    if (number > 999 || unit >= G_N_ELEMENTS(minutes)) /* what MS-OXOMSG allows */
        return 0;
    return number * minutes[unit] * 60 * G_USEC_PER_SEC;
}

static gboolean
find_due(TwWork *work, const Op *op, guint32 bid, gint64 *ret, GError **error)
{
    g_autoptr(TwObject) object = NULL;
    TwPropValue value;

    *ret = op->due;
    if (op->due != 0)
        return TRUE;
    object = tw_content_read(work->tx, work->row.store, bid, NULL, error);
    if (object == NULL)
        return FALSE;
    if (tw_object_get(object, PR_DEFERRED_SEND_TIME, &value))
        tw_time_from_filetime((guint64) value.i8, ret);
    else
        *ret = work->now + deferred_for(object);
    return TRUE;
}

static gboolean
check_room(TwWork *work, GError **error)
{
    const TwStoreRow *row = &work->row;
    guint count;

    if ((row->quota_soft != 0 && row->bytes >= row->quota_soft) ||
        (row->quota_hard != 0 && row->bytes >= row->quota_hard)) {
        g_set_error(error, TW_ERROR, TW_ERROR_QUOTA, "store %u is over its quota", row->store);
        return FALSE;
    }
    if (!tw_sql_queue_count(work->tx, row->store, &count, error))
        return FALSE;
    if (count < TW_QUEUE_MAX_STORE)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "store %u has %u queued messages", row->store,
                count);
    return FALSE;
}

static gboolean
submit_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Op *op = data;
    g_auto(TwWork) work = { 0 };
    gboolean master = (op->flags & TW_QUEUE_MASTER) != 0;
    TwQueueEntry entry;
    TwMessageRow row;

    if (!tw_work_begin(&work, tx, op->store, error) || !get_normal(&work, op->mid, &row, error) ||
        !check_holder(&work, op->mid, error) ||
        !tw_sql_queue_get(tx, row.store, op->mid, master, &entry, error))
        return FALSE;
    if (entry.mid != 0)
        return TRUE;
    entry = (TwQueueEntry){ .store = row.store,
                            .mid = row.mid,
                            .flags = op->flags & (TW_QUEUE_MASTER | TW_QUEUE_SENTMAIL),
                            .submitted_us = work.now };
    if (!check_room(&work, error) || !find_due(&work, op, row.bid, &entry.due_us, error))
        return FALSE;
    if (!master &&
        !set_flags(&work, &row, row.flags | TW_MSGFLAG_SUBMITTED | TW_MSGFLAG_UNSENT, error))
        return FALSE;
    return put_entry(&work, &entry, error) && tw_work_finish(&work, error);
}

gboolean
tw_queue_submit(TwStore *store, guint32 mid, guint flags, gint64 due_us, GError **error)
{
    Op op = { .store = store, .mid = mid, .flags = flags, .due = due_us };

    return tw_store_write(store, 0, FALSE, submit_tx, &op, error);
}

/* ---- abort ---- */

static gboolean
abort_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Op *op = data;
    g_auto(TwWork) work = { 0 };
    gboolean local, master;
    TwMessageRow row;

    if (!tw_work_begin(&work, tx, op->store, error) || !check_holder(&work, op->mid, error) ||
        !drop_entry(&work, op->mid, FALSE, &local, error) ||
        !drop_entry(&work, op->mid, TRUE, &master, error))
        return FALSE;
    if (!local && !master)
        return not_queued(op->mid, error);
    return get_normal(&work, op->mid, &row, error) &&
           set_flags(&work, &row, row.flags & ~(guint32) TW_MSGFLAG_SUBMITTED, error) &&
           tw_work_finish(&work, error);
}

gboolean
tw_queue_abort(TwStore *store, guint32 mid, GError **error)
{
    Op op = { .store = store, .mid = mid };

    return tw_store_write(store, 0, FALSE, abort_tx, &op, error);
}

/* ---- take, retry ---- */

static gboolean
take_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Op *op = data;
    g_auto(TwWork) work = { 0 };
    TwQueueEntry entry;

    if (!tw_work_begin(&work, tx, op->store, error) || !check_holder(&work, op->mid, error) ||
        !tw_sql_queue_get(tx, op->store->number, op->mid, TRUE, &entry, error))
        return FALSE;
    if (entry.mid == 0)
        return not_queued(op->mid, error);
    if (op->due == 0) {
        entry.state = TW_QUEUE_TAKEN;
        entry.tries += entry.tries < G_MAXUINT32 ? 1 : 0;
    } else {
        entry.state = TW_QUEUE_WAITING;
        entry.due_us = op->due;
    }
    op->entry = entry;
    return put_entry(&work, &entry, error) && tw_work_finish(&work, error);
}

gboolean
tw_queue_take(TwStore *store, guint32 mid, TwQueueEntry *ret, GError **error)
{
    Op op = { .store = store, .mid = mid };

    if (!tw_store_write(store, 0, FALSE, take_tx, &op, error))
        return FALSE;
    *ret = op.entry;
    return TRUE;
}

gboolean
tw_queue_retry(TwStore *store, guint32 mid, gint64 due_us, GError **error)
{
    Op op = { .store = store, .mid = mid, .due = MAX(due_us, 1) };

    return tw_store_write(store, 0, FALSE, take_tx, &op, error);
}

/* ---- finish ---- */

/* The folder to move to, if it is one. */
static TwFolderRow *
sent_folder(TwWork *work, const Op *op, const TwMessageRow *row)
{
    TwFolderRow *to = NULL;

    if (op->finish->move_to != 0 && op->finish->move_to != row->folder)
        to = tw_work_folder(work, op->finish->move_to, FALSE, NULL);
    return to != NULL && to->type != TW_FOLDER_SEARCH ? to : NULL;
}

static gboolean
finish_message(TwWork *work, Op *op, GError **error)
{
    guint both = TW_QUEUE_MASTER | TW_QUEUE_SENTMAIL;
    guint32 clear = TW_MSGFLAG_UNSENT;
    g_auto(TwMessageRow) row = { 0 };
    TwFolderRow *to, *folder;

    if (!get_normal(work, op->mid, &row, error))
        return FALSE;
    folder = tw_work_folder(work, row.folder, FALSE, error);
    if (op->finish->remove)
        return tw_bulk_purge(work, &row, folder, FALSE, error);
    if ((op->finish->flags & both) != TW_QUEUE_MASTER) /* else its own client does the rest */
        clear |= TW_MSGFLAG_SUBMITTED;
    if (!set_flags(work, &row, tw_derive_read_flag(row.flags, TRUE) & ~clear, error))
        return FALSE;
    to = sent_folder(work, op, &row);
    op->ret_mid = to != NULL ? op->new_mid : op->mid;
    return to == NULL || tw_bulk_move_one(work, &row, to, op->new_mid, error);
}

static gboolean
finish_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Op *op = data;
    g_auto(TwWork) work = { 0 };
    g_autoptr(GError) failure = NULL;
    gboolean was, master = (op->finish->flags & TW_QUEUE_MASTER) != 0;

    op->ret_mid = 0;
    if (!tw_work_begin(&work, tx, op->store, error) || !check_holder(&work, op->mid, error) ||
        !drop_entry(&work, op->mid, master, &was, error))
        return FALSE;
    if (!finish_message(&work, op, &failure) &&
        !g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return tw_work_finish(&work, error);
}

gboolean
tw_queue_finish(
    TwStore *store, guint32 mid, const TwQueueFinish *finish, guint32 *ret_mid, GError **error)
{
    Op op = { .store = store, .mid = mid, .finish = finish };

    if (finish->move_to != 0 && !tw_ids_take(store->partition, 1, &op.new_mid, error))
        return FALSE;
    if (!tw_store_write(store, 0, finish->remove, finish_tx, &op, error))
        return FALSE;
    if (op.ret_mid != mid)
        tw_locks_move(store, mid, op.ret_mid);
    if (ret_mid != NULL)
        *ret_mid = op.ret_mid;
    return TRUE;
}

/* ---- list ---- */

static gboolean
list_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Op *op = data;

    g_clear_pointer(&op->list, g_array_unref);
    op->list = tw_sql_queue_list(tx, op->store->number, error);
    return op->list != NULL;
}

GArray *
tw_queue_list_store(TwStore *store, GError **error)
{
    Op op = { .store = store };

    return tw_store_read(store, list_tx, &op, error) ? op.list : NULL;
}
