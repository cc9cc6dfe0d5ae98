/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Calls on messages, many at a time, and the queue of outgoing mail. Source: spec/mapi-soap.md 6.2, 13.
 *
 * A list of entry ids may be of any folders; session/ works on the messages of one folder at a time, so lists are cut into
 * those.
 */
#include "soapd/soapd-private.h"

/* Messages of one folder. */
typedef struct {
    TwGuid store;
    guint32 folder;
    GArray *numbers; /* guint32 */
} Batch;

static void
clear_batch(gpointer data)
{
    g_array_unref(((Batch *) data)->numbers);
}

static void
add_to_batches(GArray *batches, const TwSoapdPlace *place)
{
    Batch batch = { place->store, place->folder, NULL };

    for (guint i = 0; i < batches->len; i++) {
        Batch *known = &g_array_index(batches, Batch, i);
        if (known->folder == place->folder && tw_guid_equal(&known->store, &place->store)) {
            g_array_append_val(known->numbers, place->message);
            return;
        }
    }
    batch.numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_array_append_val(batch.numbers, place->message);
    g_array_append_val(batches, batch);
    /* cppcheck-suppress memleak; clear_batch() frees it */
}

/* What is not found is passed over, and counted. */
static gboolean
make_batches(TwSoapdCall *call,
             const TwSoapEntryList *list,
             GArray *batches,
             guint *ret_missing,
             GError **error)
{
    *ret_missing = 0;
    for (guint32 i = 0; list != NULL && i < list->count; i++) {
        g_autoptr(GError) why = NULL;
        TwSoapdPlace place;

        if (tw_soapd_find_message(call, list->items[i], &place, &why)) {
            add_to_batches(batches, &place);
        } else if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND)) {
            (*ret_missing)++;
        } else {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
    return TRUE;
}

static GArray *
new_batches(TwSoapdCall *call)
{
    GArray *batches = g_array_new(FALSE, FALSE, sizeof(Batch));

    g_array_set_clear_func(batches, clear_batch);
    tw_soapd_keep(call, batches, (GDestroyNotify) g_array_unref);
    return batches;
}

static TwNumbers
numbers_of(const Batch *batch)
{
    return (TwNumbers){ (const guint32 *) (const void *) batch->numbers->data,
                        batch->numbers->len };
}

/* ---- deleting, copying ---- */

gboolean
tw_soapd_delete_objects(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    enum {
        HARD = 0x10
    };
    const TwSoapDeleteObjectsArgs *args = data;
    GArray *batches = new_batches(call);
    guint missing;

    (void) out;
    if (args->aMessages == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!make_batches(call, args->aMessages, batches, &missing, error))
        return FALSE;
    for (guint i = 0; i < batches->len; i++) {
        const Batch *batch = &g_array_index(batches, Batch, i);
        g_auto(TwMessagesDeleteArgs) delete_them = { .store = batch->store,
                                                     .folder = batch->folder,
                                                     .messages = numbers_of(batch),
                                                     .hard = (args->ulFlags & HARD) != 0,
                                                     .sync = args->ulSyncId };

        if (!tw_session_messages_delete(call->session, &delete_them, error))
            return FALSE;
    }
    return TRUE;
}

/* Soft-deleted ones come back before they are moved. */
static gboolean
restore_deleted(TwSoapdCall *call, const Batch *batch, GError **error)
{
    g_autoptr(GArray) deleted = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_auto(TwMessagesRestoreArgs) restore = { .store = batch->store, .folder = batch->folder };

    for (guint i = 0; i < batch->numbers->len; i++) {
        g_auto(TwMessageGetArgs) get = { .store = batch->store,
                                         .folder = batch->folder,
                                         .message = g_array_index(batch->numbers, guint32, i) };

        if (tw_session_message_get(call->session, &get, NULL) &&
            get.row.state >= TW_MESSAGE_DELETED)
            g_array_append_val(deleted, get.message);
    }
    if (deleted->len == 0)
        return TRUE;
    restore.messages = (TwNumbers){ (const guint32 *) (const void *) deleted->data, deleted->len };
    return tw_session_messages_restore(call->session, &restore, error);
}

static gboolean
copy_batch(TwSoapdCall *call,
           const Batch *batch,
           const TwSoapdPlace *to,
           gboolean move_them,
           guint32 sync,
           GError **error)
{
    TwNumbers numbers = numbers_of(batch);

    if (!tw_guid_equal(&batch->store, &to->store)) {
        g_auto(TwMessagesTransferArgs) transfer = { .store = batch->store,
                                                    .folder = batch->folder,
                                                    .messages = numbers,
                                                    .to_store = to->store,
                                                    .to_folder = to->folder };

        return tw_session_messages_transfer(call->session, &transfer, error);
    }
    if (move_them) {
        g_auto(TwMessagesMoveArgs) move = { .store = batch->store,
                                            .folder = batch->folder,
                                            .messages = numbers,
                                            .to = to->folder,
                                            .sync = sync };

        return restore_deleted(call, batch, error) &&
               (batch->folder == to->folder ||
                tw_session_messages_move(call->session, &move, error));
    } else {
        g_auto(TwMessagesCopyArgs) copy = {
            .store = batch->store, .folder = batch->folder, .messages = numbers, .to = to->folder
        };

        return tw_session_messages_copy(call->session, &copy, error);
    }
}

gboolean
tw_soapd_copy_objects(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    enum {
        MOVE = 1
    };
    const TwSoapCopyObjectsArgs *args = data;
    TwSoapResult *ret = out;
    gboolean move_them = (args->ulFlags & MOVE) != 0;
    GArray *batches = new_batches(call);
    TwSoapdPlace to;
    guint missing;

    if (args->aMessages == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_find_folder(call, args->sDestFolderId, &to, error) ||
        !make_batches(call, args->aMessages, batches, &missing, error))
        return FALSE;
    for (guint i = 0; i < batches->len; i++) {
        const Batch *batch = &g_array_index(batches, Batch, i);

        if (move_them && !tw_guid_equal(&batch->store, &to.store))
            missing++;
        else if (!copy_batch(call, batch, &to, move_them, args->ulSyncId, error))
            return FALSE;
    }
    if (missing > 0)
        ret->result = TW_SOAP_RESULT_PARTIAL_COMPLETION;
    return TRUE;
}

/* ---- marks ---- */

enum {
    READ_CLEAR = 4,
    READ_RECEIPT_ONLY = 0x10,
    READ_CLEAR_RN = 0x20,
    READ_CLEAR_NRN = 0x40,
    MESSAGE_READ = 1,
    MESSAGE_RN = 0x100,
    MESSAGE_NRN = 0x200,
    PAGE = 1000,
};

static TwFlagChange
read_change(guint32 flags)
{
    TwFlagChange change = { 0 };

    if ((flags & (READ_CLEAR_RN | READ_CLEAR_NRN)) != 0) {
        change.flags_clear = (flags & READ_CLEAR_RN ? (guint32) MESSAGE_RN : 0) |
                             (flags & READ_CLEAR_NRN ? (guint32) MESSAGE_NRN : 0);
    } else if ((flags & READ_CLEAR) != 0) {
        change.flags_clear = MESSAGE_READ;
    } else {
        change.flags_set = MESSAGE_READ;
        if ((flags & 1) != 0)
            change.flags_clear = MESSAGE_RN | MESSAGE_NRN;
    }
    return change;
}

static gboolean
mark(TwSoapdCall *call, const Batch *batch, guint32 flags, guint32 sync, GError **error)
{
    g_auto(TwMessagesMarkArgs) set = { .store = batch->store,
                                       .folder = batch->folder,
                                       .messages = numbers_of(batch),
                                       .change = read_change(flags),
                                       .sync = sync };

    return tw_session_messages_mark(call->session, &set, error);
}

static gboolean
mark_all(TwSoapdCall *call, const TwSoapdPlace *place, guint32 flags, guint32 sync, GError **error)
{
    for (guint32 after = 0;;) {
        g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
        g_auto(TwMessageListArgs)
            list = { .store = place->store, .folder = place->folder, .after = after, .most = PAGE };
        Batch batch = { place->store, place->folder, numbers };

        if (!tw_session_message_list(call->session, &list, error))
            return FALSE;
        if (list.rows->len == 0)
            return TRUE;
        for (guint i = 0; i < list.rows->len; i++) {
            after = g_array_index(list.rows, TwMessageRow, i).mid;
            g_array_append_val(numbers, after);
        }
        if (!mark(call, &batch, flags, sync, error))
            return FALSE;
    }
}

gboolean
tw_soapd_set_read_flags(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapSetReadFlagsArgs *args = data;
    GArray *batches = new_batches(call);
    TwSoapdPlace place;
    guint missing;

    (void) out;
    if (args->lpMessages == NULL && args->lpsEntryId.len == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if ((args->ulFlags & READ_RECEIPT_ONLY) != 0)
        return TRUE;
    if (args->lpMessages == NULL)
        return tw_soapd_find_folder(call, args->lpsEntryId, &place, error) &&
               mark_all(call, &place, args->ulFlags, args->ulSyncId, error);
    if (!make_batches(call, args->lpMessages, batches, &missing, error))
        return FALSE;
    for (guint i = 0; i < batches->len; i++) {
        if (!mark(call, &g_array_index(batches, Batch, i), args->ulFlags, args->ulSyncId, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_status(TwSoapdCall *call, TwSoapBytes id, TwSoapdPlace *place, guint32 *ret, GError **error)
{
    g_auto(TwMessageGetArgs) get = { 0 };

    if (!tw_soapd_find_message(call, id, place, error))
        return FALSE;
    get.store = place->store;
    get.message = place->message;
    if (!tw_session_message_get(call->session, &get, error))
        return FALSE;
    *ret = get.row.status;
    return TRUE;
}

gboolean
tw_soapd_get_message_status(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetMessageStatusArgs *args = data;
    TwSoapMessageStatus *ret = out;
    TwSoapdPlace place;

    return read_status(call, args->sEntryId, &place, &ret->ulMessageStatus, error);
}

gboolean
tw_soapd_set_message_status(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapSetMessageStatusArgs *args = data;
    TwSoapMessageStatus *ret = out;
    g_auto(TwMessagesMarkArgs) set = { .sync = args->ulSyncId };
    TwSoapdPlace place;

    if (!read_status(call, args->sEntryId, &place, &ret->ulMessageStatus, error))
        return FALSE;
    set.store = place.store;
    set.folder = place.folder;
    set.messages = (TwNumbers){ &place.message, 1 };
    set.change.status_set = args->ulNewStatus & args->ulNewStatusMask;
    set.change.status_clear = ~args->ulNewStatus & args->ulNewStatusMask;
    return tw_session_messages_mark(call->session, &set, error);
}

/* ---- sending ---- */

gboolean
tw_soapd_submit_message(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapSubmitMessageArgs *args = data;
    g_auto(TwQueueSubmitArgs)
        submit = { .flags = args->ulFlags & (TW_QUEUE_MASTER | TW_QUEUE_SENTMAIL) };
    TwSoapdPlace place;

    (void) out;
    if (!tw_soapd_find_message(call, args->sEntryId, &place, error))
        return FALSE;
    submit.store = place.store;
    submit.message = place.message;
    return tw_session_queue_submit(call->session, &submit, error);
}

gboolean
tw_soapd_finished_message(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapFinishedMessageArgs *args = data;
    g_auto(TwQueueFinishArgs)
        finish = { .flags = args->ulFlags & (TW_QUEUE_MASTER | TW_QUEUE_SENTMAIL),
                   .keep_lock = TRUE };
    TwSoapdPlace place;

    (void) out;
    if (!tw_soapd_find_message(call, args->sEntryId, &place, error))
        return FALSE;
    finish.store = place.store;
    finish.message = place.message;
    return tw_session_queue_finish(call->session, &finish, error);
}

gboolean
tw_soapd_abort_submit(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapAbortSubmitArgs *args = data;
    g_auto(TwQueueAbortArgs) abort_it = { 0 };
    TwSoapdPlace place;

    (void) out;
    if (!tw_soapd_find_message(call, args->sEntryId, &place, error))
        return FALSE;
    abort_it.store = place.store;
    abort_it.message = place.message;
    return tw_session_queue_abort(call->session, &abort_it, error);
}

gboolean
tw_soapd_set_lock_state(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapSetLockStateArgs *args = data;
    g_auto(TwMessageLockArgs) lock = { .unlock = !args->bLocked };
    TwSoapdPlace place;

    (void) out;
    if (!tw_soapd_find(call, args->sEntryId, &place, error))
        return FALSE;
    if (place.type != TW_OBJECT_ID_MESSAGE)
        return tw_soapd_fail(TW_SOAP_RESULT_NO_SUPPORT, error);
    lock.store = place.store;
    lock.message = place.message;
    return tw_session_message_lock(call->session, &lock, error);
}
