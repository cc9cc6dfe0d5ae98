/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Watches: a queue of the notification bus, whose events are cut down to what the session may know when it takes them. So
 * a right that was taken away counts for what was not yet taken, too.
 *
 * What moves out of sight is told as deleted, what comes into sight as created, and a copy says where it came from only to
 * who may see that.
 */
#include "base/error.h"
#include "session/local-private.h"

typedef struct {
    TwWatch base;
    TwLocalSession *session; /* a reference */
    TwNotifyQueue *queue;
    TwLock lock;        /* guards the table; a leaf */
    GHashTable *stores; /* number -> TwGuid, owned: of all wishes so far */
    GHashTable *tokens; /* connection -> guint64, owned: of tables and the queue */
    guint64 queue_token;
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

/* ---- making ---- */

TwWatch *
tw_local_watch(TwSession *session, TwWatchWake wake, gpointer data, GError **error)
{
    TwLocalSession *local_session = (TwLocalSession *) session;
    TwNotifyQueueConfig config = { .wake = wake, .data = data };
    TwLocalCall call = { 0 };
    LocalWatch *watch = NULL;

    if (!tw_local_begin(&call, local_session, error))
        return NULL;
    if (call.who->anonymous) {
        tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
    } else if (g_atomic_int_add(&local_session->watches, 1) >=
               (gint) call.local->config.most_watches) {
        g_atomic_int_add(&local_session->watches, -1);
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many watches");
    } else {
        watch = g_new0(LocalWatch, 1);
        watch->base.funcs = session->funcs;
        watch->session = (TwLocalSession *) tw_session_ref(session);
        watch->stores = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        watch->tokens = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        tw_lock_init(&watch->lock);
        watch->queue = tw_notify_queue_new(call.local->bus, &config);
    }
    tw_local_end_call(&call);
    return watch != NULL ? &watch->base : NULL;
}

/* A message is asked for by who may read it; the store and folders by who may know of them. */
static gboolean
may_watch(TwLocalCall *call, guint32 id, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_auto(TwMessageRow) row = { 0 };
    TwNumbers one = { &id, 1 };

    if (id == 0 || tw_rights_relation_of(call->rights) == TW_RELATION_FULL ||
        tw_rights_seen(call->rights, id))
        return TRUE;
    if (tw_message_get(call->access->store, id, &row, &why)) {
        call->store = call->access->store;
        call->folder = row.folder;
        if (tw_local_ask_messages(call, &one, TW_NEED_READ, NULL))
            return TRUE;
    }
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such object");
    return FALSE;
}

/* ---- tables, and the queue of outgoing mail ---- */

static void
drop_token(LocalWatch *watch, guint64 token)
{
    guint32 table = tw_live_remove(watch->session->local->live, token);

    if (table != 0)
        tw_local_table_mute(watch->session, table, token);
}

/* What listened under the connection so far does no more. */
static void
drop_connection(LocalWatch *watch, guint32 connection)
{
    gpointer token = NULL;

    tw_lock(&watch->lock);
    g_hash_table_steal_extended(watch->tokens, GUINT_TO_POINTER(connection), NULL, &token);
    if (token != NULL && watch->queue_token == *(guint64 *) token)
        watch->queue_token = 0;
    tw_unlock(&watch->lock);
    if (token != NULL)
        drop_token(watch, *(guint64 *) token);
    g_free(token);
}

static void
drop_all(LocalWatch *watch)
{
    GHashTableIter iter;
    gpointer token;

    g_hash_table_iter_init(&iter, watch->tokens);
    while (g_hash_table_iter_next(&iter, NULL, &token))
        drop_token(watch, *(guint64 *) token);
}

static void
keep_token(LocalWatch *watch, const TwWatchWish *wish, guint64 token)
{
    TW_LOCK_SCOPE(&watch->lock);

    g_hash_table_insert(watch->tokens, GUINT_TO_POINTER(wish->connection),
                        g_memdup2(&token, sizeof token));
    if (wish->mask == TW_NOTIFY_QUEUE)
        watch->queue_token = token;
}

static gboolean
add_table(TwLocalCall *call, LocalWatch *watch, const TwWatchWish *wish, GError **error)
{
    guint64 token;

    if (!tw_local_table_listen(call, wish->table, watch->queue, wish->connection, &token, error))
        return FALSE;
    keep_token(watch, wish, token);
    return TRUE;
}

static gboolean
add_queue(TwLocalCall *call, LocalWatch *watch, const TwWatchWish *wish, GError **error)
{
    TwLiveWish live = { .queue = watch->queue, .connection = wish->connection };
    gboolean again;

    if (call->who->admin != TW_DIRECTORY_SYSTEM_ADMIN)
        return tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
    tw_lock(&watch->lock);
    again = watch->queue_token != 0;
    tw_unlock(&watch->lock);
    if (again) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_EXISTS, "the watch has the queue already");
        return FALSE;
    }
    keep_token(watch, wish, tw_live_add(call->local->live, &live));
    return TRUE;
}

static gboolean
add_wish(TwLocalCall *call, LocalWatch *watch, const TwWatchWish *wish, GError **error)
{
    TwNotifyWish plain = {
        .connection = wish->connection,
        .mask = wish->mask,
        .id = wish->id,
        .sync = wish->sync,
        .cn = wish->cn,
        .hierarchy = wish->hierarchy,
    };

    drop_connection(watch, wish->connection);
    if (wish->mask == TW_NOTIFY_TABLE || wish->mask == TW_NOTIFY_QUEUE) {
        tw_notify_unsubscribe(watch->queue, wish->connection);
        return wish->mask == TW_NOTIFY_TABLE ? add_table(call, watch, wish, error)
                                             : add_queue(call, watch, wish, error);
    }
    call->access = tw_access_open(call, &wish->store, &call->rights, error);
    if (call->access == NULL || !may_watch(call, wish->id, error))
        return FALSE;
    plain.store = call->access->place.number;
    tw_lock(&watch->lock);
    g_hash_table_insert(watch->stores, GUINT_TO_POINTER(plain.store),
                        g_memdup2(&wish->store, sizeof wish->store));
    tw_unlock(&watch->lock);
    return tw_notify_subscribe(watch->queue, &plain, error);
}

gboolean
tw_local_watch_add(TwWatch *base, const TwWatchWish *wish, GError **error)
{
    LocalWatch *watch = (LocalWatch *) base;
    TwLocalCall call = { 0 };
    gboolean ok;

    if (!tw_local_begin(&call, watch->session, error))
        return FALSE;
    ok = add_wish(&call, watch, wish, error);
    tw_local_end_call(&call);
    return ok;
}

void
tw_local_watch_remove(TwWatch *base, guint32 connection)
{
    drop_connection((LocalWatch *) base, connection);
    tw_notify_unsubscribe(((LocalWatch *) base)->queue, connection);
}

/* ---- what may be told ---- */

static gboolean
reads(const TwRights *rights, guint32 folder)
{
    return folder != 0 && tw_rights_ask(rights, folder, TW_NEED_READ) == TW_VERDICT_YES;
}

/* Where the new place is out of sight and the old one is not, it is gone. */
static gboolean
shorten(TwNotifyEvent *event, gboolean sees_new, gboolean sees_old)
{
    gboolean moved = event->type == TW_NOTIFY_MOVED;

    if (!sees_new && !(moved && sees_old))
        return FALSE;
    if (!sees_new) {
        event->type = TW_NOTIFY_DELETED;
        event->id = event->old_id;
        event->parent = event->old_parent;
    } else if (!sees_old && (moved || event->type == TW_NOTIFY_COPIED)) {
        event->type = TW_NOTIFY_CREATED;
    } else {
        return TRUE;
    }
    event->old_id = event->old_parent = 0;
    return TRUE;
}

static gboolean
may_be_told(const TwRights *rights, TwNotifyEvent *event)
{
    if (tw_rights_relation_of(rights) == TW_RELATION_FULL)
        return TRUE;
    switch ((TwNotifyObject) event->object) {
    case TW_NOTIFY_OBJECT_STORE:
        return FALSE;
    case TW_NOTIFY_OBJECT_FOLDER:
        if (event->type == TW_NOTIFY_DELETED)
            return tw_rights_seen(rights, event->parent);
        if (tw_rights_of(rights, event->id) == 0)
            event->total = event->unread = 0;
        return shorten(event, tw_rights_seen(rights, event->id),
                       tw_rights_seen(rights, event->old_parent));
    case TW_NOTIFY_OBJECT_MESSAGE:
        return shorten(event, reads(rights, event->parent), reads(rights, event->old_parent));
    }
    return FALSE;
}

/* ---- taking ---- */

/* The rights in the store of an event; NULL when it is not there for the session any more. */
static TwRights *
rights_in(LocalWatch *watch, TwLocalCall *call, guint32 store)
{
    TwAccess *access;
    TwRights *rights = NULL;
    const TwGuid *known;
    TwGuid guid = { { 0 } };

    tw_lock(&watch->lock);
    known = g_hash_table_lookup(watch->stores, GUINT_TO_POINTER(store));
    if (known != NULL)
        guid = *known;
    tw_unlock(&watch->lock);
    access = tw_access_open(call, &guid, &rights, NULL);
    tw_access_unref(access);
    return rights;
}

static void
keep_allowed(LocalWatch *watch, TwLocalCall *call, GArray *events, GArray *out)
{
    g_autoptr(TwRights) rights = NULL;
    guint32 store = 0;

    for (guint i = 0; i < events->len; i++) {
        TwNotifyEvent *event = &g_array_index(events, TwNotifyEvent, i);
        if (event->type == TW_NOTIFY_TABLE || event->type == TW_NOTIFY_QUEUE) {
            if (event->type == TW_NOTIFY_TABLE ? tw_local_table_may(call, event->id)
                                               : call->who->admin == TW_DIRECTORY_SYSTEM_ADMIN)
                g_array_append_vals(out, event, 1);
            continue;
        }
        if (event->store != store) {
            tw_rights_unref(rights);
            rights = rights_in(watch, call, event->store);
            store = event->store;
        }
        if (rights == NULL || !may_be_told(rights, event))
            continue;
        g_array_append_vals(out, event, 1);
        event->message_class = NULL; /* it went over */
    }
}

gboolean
tw_local_pull(TwWatch *base, GArray *out, guint max, gboolean *ret_missed, GError **error)
{
    LocalWatch *watch = (LocalWatch *) base;
    g_autoptr(GArray) events = tw_notify_events_new();
    TwLocalCall call = { 0 };
    guint64 queue_token;

    *ret_missed = FALSE;
    if (!tw_local_begin(&call, watch->session, error))
        return FALSE;
    tw_lock(&watch->lock);
    queue_token = watch->queue_token;
    tw_unlock(&watch->lock);
    if (queue_token != 0)
        tw_live_looked(call.local->live, queue_token);
    tw_notify_queue_take(watch->queue, events, max, ret_missed);
    keep_allowed(watch, &call, events, out);
    tw_local_end_call(&call);
    return TRUE;
}

void
tw_local_watch_end(TwWatch *base)
{
    LocalWatch *watch = (LocalWatch *) base;

    drop_all(watch);
    tw_notify_queue_free(watch->queue);
    g_atomic_int_add(&watch->session->watches, -1);
    tw_session_unref(&watch->session->base);
    g_hash_table_unref(watch->stores);
    g_hash_table_unref(watch->tokens);
    tw_lock_clear(&watch->lock);
    g_free(watch);
}
