/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Watches: the engine's stream of changes, cut down to what the session may see when it takes them. So a right that was
 * taken away counts for what was not yet taken, too.
 */
#include "base/error.h"
#include "session/local-private.h"

typedef struct {
    TwWatch base;
    TwLocalSession *session; /* a reference */
    TwSubscription *subscription;
    TwGuid store;
    guint32 number, folder;
} LocalWatch;

gboolean
tw_local_shows_change(const TwRights *rights, const TwChange *change)
{
    if (tw_rights_relation_of(rights) == TW_RELATION_FULL)
        return TRUE;
    switch ((TwChangeOp) change->op) {
    case TW_CHANGE_FOLDER_NEW:
    case TW_CHANGE_FOLDER:
    case TW_CHANGE_FOLDER_MOVED:
    case TW_CHANGE_FOLDER_DELETED:
    case TW_CHANGE_FOLDER_RESTORED:
        return tw_rights_seen(rights, change->id);
    case TW_CHANGE_MESSAGE_NEW:
    case TW_CHANGE_MESSAGE:
    case TW_CHANGE_MESSAGE_READ:
    case TW_CHANGE_MESSAGE_GONE:
    case TW_CHANGE_MESSAGE_SOFT:
    case TW_CHANGE_MESSAGE_BACK:
    case TW_CHANGE_MESSAGE_PURGED:
        return tw_rights_ask(rights, change->folder, TW_NEED_READ) == TW_VERDICT_YES;
    case TW_CHANGE_SEARCH_ADDED:
    case TW_CHANGE_SEARCH_REMOVED:
    case TW_CHANGE_SEARCH_RESTARTED:
    case TW_CHANGE_SEARCH_RESULTS:
    case TW_CHANGE_SEARCH_COMPLETE:
        return tw_rights_ask(rights, change->folder, TW_NEED_READ) == TW_VERDICT_YES;
    case TW_CHANGE_RIGHTS:
        return tw_rights_seen(rights, change->folder);
    case TW_CHANGE_STORE:
    case TW_CHANGE_RECEIVE:
    case TW_CHANGE_QUEUE:
    case TW_CHANGE_STORE_MODE:
        return FALSE;
    }
    return FALSE;
}

static gboolean
may_watch(TwLocalCall *call, const TwWatchSpec *spec, GError **error)
{
    call->access = tw_access_open(call, &spec->store, &call->rights, error);
    if (call->access == NULL)
        return FALSE;
    return spec->folder == 0 ? tw_local_ask(call, call->access->object, TW_NEED_SEEN, error)
                             : tw_local_ask(call, spec->folder, TW_NEED_READ, error);
}

TwWatch *
tw_local_watch(
    TwSession *session, const TwWatchSpec *spec, TwWatchWake wake, gpointer data, GError **error)
{
    TwLocalSession *local_session = (TwLocalSession *) session;
    TwLocalCall call = { 0 };
    LocalWatch *watch = NULL;

    if (!tw_local_begin(&call, local_session, error))
        return NULL;
    if (may_watch(&call, spec, error)) {
        if (g_atomic_int_add(&local_session->watches, 1) >=
            (gint) call.local->config.most_watches) {
            g_atomic_int_add(&local_session->watches, -1);
            g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many watches");
        } else {
            watch = g_new0(LocalWatch, 1);
            watch->base.funcs = session->funcs;
            watch->session = (TwLocalSession *) tw_session_ref(session);
            watch->store = spec->store;
            watch->number = call.access->place.number;
            watch->folder = spec->folder;
            watch->subscription = tw_engine_subscribe(call.local->config.engine, wake, data);
        }
    }
    tw_local_end_call(&call);
    return watch != NULL ? &watch->base : NULL;
}

static gboolean
take(const LocalWatch *watch, TwLocalCall *call, GArray *changes, GArray *out, GError **error)
{
    g_autoptr(GError) why = NULL;

    call->access = tw_access_open(call, &watch->store, &call->rights, &why);
    if (call->access == NULL) {
        if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
            return TRUE; /* gone, or gone for this session: nothing more to tell */
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    for (guint i = 0; i < changes->len; i++) {
        const TwChange *change = &g_array_index(changes, TwChange, i);
        if (change->store == watch->number &&
            (watch->folder == 0 || change->folder == watch->folder) &&
            tw_local_shows_change(call->rights, change))
            g_array_append_vals(out, change, 1);
    }
    return TRUE;
}

gboolean
tw_local_pull(TwWatch *base, GArray *out, gboolean *ret_behind, GError **error)
{
    const LocalWatch *watch = (LocalWatch *) base;
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(TwChange));
    TwLocalCall call = { 0 };
    gboolean ok;

    *ret_behind = FALSE;
    if (!tw_local_begin(&call, watch->session, error))
        return FALSE;
    tw_subscription_pull(watch->subscription, changes, ret_behind);
    ok = changes->len == 0 || take(watch, &call, changes, out, error);
    tw_local_end_call(&call);
    return ok;
}

void
tw_local_watch_end(TwWatch *base)
{
    LocalWatch *watch = (LocalWatch *) base;

    tw_subscription_end(watch->subscription);
    g_atomic_int_add(&watch->session->watches, -1);
    tw_session_unref(&watch->session->base);
    g_free(watch);
}
