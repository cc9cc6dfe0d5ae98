/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Operations on the queue of outgoing mail, and on locks of messages. A lock's owner is the session: each session's handles
 * of stores carry its id (access.c), and the session gives back what it holds when it ends (local.c).
 */
#include "base/error.h"
#include "session/ops-private.h"
#include "store/message-lock.h"

enum {
    LIST_MOST = 1000
};

/* ---- locks ---- */

/* A session that ends meanwhile has given its locks back already, and must not keep this one. */
static gboolean
lock_message(const TwLocalCall *call, guint32 message, GError **error)
{
    TwLocalSession *session = call->session;
    gboolean ended;

    g_atomic_int_set(&session->has_locked, 1);
    if (!tw_message_lock(call->store, message, error))
        return FALSE;
    tw_lock(&session->lock);
    ended = session->ended;
    tw_unlock(&session->lock);
    if (!ended)
        return TRUE;
    tw_engine_end_owner(call->local->config.engine, session->id);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_END_OF_SESSION, "the session has ended");
    return FALSE;
}

gboolean
tw_local_message_lock(TwLocalCall *call, TwMessageLockArgs *args, GError **error)
{
    if (!tw_local_in_folder(call, args->message, error))
        return FALSE;
    return args->unlock ? tw_message_unlock(call->store, args->message, error)
                        : lock_message(call, args->message, error);
}

/* ---- entries ---- */

static void
make_row(const TwStoreOwned *place, const TwQueueEntry *entry, TwQueueRow *ret)
{
    *ret = (TwQueueRow){
        .store = place->guid,
        .owner = place->owner,
        .message = entry->mid,
        .flags = entry->flags,
        .tries = entry->tries,
        .state = entry->state,
        .due_us = entry->due_us,
        .submitted_us = entry->submitted_us,
    };
}

/* A store that was deleted since takes its entries along. */
static GArray *
make_rows(const TwLocal *local, const GArray *entries)
{
    GArray *rows = g_array_sized_new(FALSE, FALSE, sizeof(TwQueueRow), entries->len);

    for (guint i = 0; i < entries->len; i++) {
        const TwQueueEntry *entry = &g_array_index(entries, TwQueueEntry, i);
        TwStoreOwned place;
        TwQueueRow row;
        if (!tw_engine_find_number(local->config.engine, entry->store, &place))
            continue;
        make_row(&place, entry, &row);
        g_array_append_val(rows, row);
    }
    return rows;
}

gboolean
tw_local_queue_list(TwLocalCall *call, TwQueueListArgs *args, GError **error)
{
    g_autoptr(GArray) entries = tw_queue_list_store(call->store, error);

    if (entries == NULL)
        return FALSE;
    args->rows = make_rows(call->local, entries);
    return TRUE;
}

gboolean
tw_local_queue_list_all(TwLocalCall *call, TwQueueListAllArgs *args, G_GNUC_UNUSED GError **error)
{
    TwEngine *engine = call->local->config.engine;
    guint most = args->most != 0 ? MIN(args->most, TW_SESSION_MOST_ROWS) : LIST_MOST;
    g_autoptr(GArray) entries =
        tw_queue_list(engine, args->due_us != 0 ? args->due_us : G_MAXINT64, most);

    args->rows = make_rows(call->local, entries);
    args->total = tw_queue_count(engine, &args->oldest_us);
    return TRUE;
}

/* ---- from the user's side ---- */

gboolean
tw_local_queue_submit(TwLocalCall *call, TwQueueSubmitArgs *args, GError **error)
{
    if (call->access->kind != TW_STORE_PRIVATE || call->access->place.owner == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED,
                            "mail is sent from mailboxes of users");
        return FALSE;
    }
    return tw_local_in_folder(call, args->message, error) &&
           tw_queue_submit(call->store, args->message, args->flags, args->due_us, error);
}

gboolean
tw_local_queue_abort(TwLocalCall *call, TwQueueAbortArgs *args, GError **error)
{
    return tw_local_in_folder(call, args->message, error) &&
           tw_queue_abort(call->store, args->message, error);
}

/* ---- from the side of who sends ---- */

gboolean
tw_local_queue_take(TwLocalCall *call, TwQueueTakeArgs *args, GError **error)
{
    gboolean had = tw_message_lock_owner(call->store, args->message) == call->session->id;
    TwQueueEntry entry;

    if (!tw_local_in_folder(call, args->message, error) ||
        !lock_message(call, args->message, error))
        return FALSE;
    if (!tw_queue_take(call->store, args->message, &entry, error)) {
        if (!had)
            tw_message_unlock(call->store, args->message, NULL);
        return FALSE;
    }
    make_row(&call->access->place, &entry, &args->row);
    return TRUE;
}

gboolean
tw_local_queue_retry(TwLocalCall *call, TwQueueRetryArgs *args, GError **error)
{
    return tw_local_in_folder(call, args->message, error) &&
           tw_queue_retry(call->store, args->message, args->due_us, error) &&
           tw_message_unlock(call->store, args->message, error);
}

gboolean
tw_local_queue_finish(TwLocalCall *call, TwQueueFinishArgs *args, GError **error)
{
    TwQueueFinish finish = { .flags = args->flags, .move_to = args->to, .remove = args->remove };
    g_autoptr(GError) why = NULL;
    guint32 now;

    /* one that is gone leaves its entry */
    if (!tw_local_in_folder(call, args->message, &why) && call->folder != 0) {
        g_auto(TwMessageRow) row = { 0 };
        if (tw_message_get(call->store, args->message, &row, NULL)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
    if (!tw_queue_finish(call->store, args->message, &finish, &now, error))
        return FALSE;
    args->now = now;
    return now == 0 || args->keep_lock || tw_message_unlock(call->store, now, error);
}
