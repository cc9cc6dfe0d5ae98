/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Telling clients what changes: subscriptions, and the call that waits for news. Source: spec/mapi-soap.md 3.7, 10.
 *
 * Sessions of one group share what they are told: each has a watch of its own, and whichever of them calls notifyGetItems
 * takes what is in all of them. The call that waits is an answer that has begun and whose body is not there yet (a stream of
 * net/): it costs no thread. A watch that has something wakes it; a worker then takes the events and ends the answer.
 *
 * Lock order: the door's, then a group's, then a client's. A watch is pulled and ended without any of them.
 */
#include <string.h>

#include "soapd/soapd-private.h"

enum {
    MASK_SYNC = 0x80000000,
    MASK_OBJECTS = 0x700FE, /* events of objects, and filters */
    KEY_TABLE_LEN = 4,
    CONNECTION_QUEUE = 0xFFFFFFFF, /* the door's own, which brings tables of queues in step */
    EVENTS_MEMORY = 32 << 20,
};

typedef struct Poll Poll;

struct TwSoapdGroup {
    gint refs;
    guint64 id;         /* 0: of one session alone */
    guint32 user;       /* whose: a group of that number of somebody else is another one */
    TwLock lock;        /* guards: */
    GPtrArray *members; /* TwSoapdClient, a reference each */
    Poll *waiting;      /* borrowed, nullable: it takes itself away before it goes */
};

/* A call of notifyGetItems. */
struct Poll {
    TwSoapd *door;
    TwSoapVersion version;
    TwSoapdGroup *group;   /* owned reference */
    TwSoapdClient *client; /* owned reference: whose call it is */
    TwHttpRequest *http;   /* owned reference */
    gint64 until_us;
    guint32 result;  /* not 0: what to answer, under the group's lock */
    TwBuffer answer; /* what is to be sent */
    gsize sent;
    gboolean done; /* the answer is whole */
};

/* ---- groups ---- */

static void
unref_client(gpointer client)
{
    tw_soapd_client_unref(client);
}

static TwSoapdGroup *
group_ref(TwSoapdGroup *group)
{
    g_atomic_int_inc(&group->refs);
    return group;
}

void
tw_soapd_group_unref(TwSoapdGroup *group)
{
    if (!g_atomic_int_dec_and_test(&group->refs))
        return;
    g_ptr_array_unref(group->members);
    tw_lock_clear(&group->lock);
    g_free(group);
}

TwSoapdGroup *
tw_soapd_group_get(TwSoapd *door, guint64 id, guint32 user)
{
    GHashTableIter iter;
    gpointer item;
    TwSoapdGroup *group;

    g_hash_table_iter_init(&iter, door->groups);
    while (id != 0 && g_hash_table_iter_next(&iter, &item, NULL)) {
        group = item;
        if (group->id == id && group->user == user)
            return group_ref(group);
    }
    group = g_new0(TwSoapdGroup, 1);
    group->refs = 1;
    group->id = id;
    group->user = user;
    tw_lock_init(&group->lock);
    group->members = g_ptr_array_new_with_free_func(unref_client);
    if (id != 0)
        g_hash_table_add(door->groups, group);
    return group;
}

void
tw_soapd_group_join(TwSoapdGroup *group, TwSoapdClient *client)
{
    TW_LOCK_SCOPE(&group->lock);

    g_ptr_array_add(group->members, tw_soapd_client_ref(client));
}

/* What ends is told to whoever waits. */
static void
wake_waiting(TwSoapdGroup *group, const TwSoapdClient *only, guint32 result)
{
    g_autoptr(TwHttpRequest) http = NULL;

    tw_lock(&group->lock);
    if (group->waiting != NULL && (only == NULL || group->waiting->client == only)) {
        if (result != 0)
            group->waiting->result = result;
        http = tw_http_request_ref(group->waiting->http);
    }
    tw_unlock(&group->lock);
    if (http != NULL)
        tw_http_request_wake(http);
}

void
tw_soapd_group_leave(TwSoapd *door, TwSoapdClient *client)
{
    TwSoapdGroup *group = client->group;

    wake_waiting(group, client, TW_SOAP_RESULT_END_OF_SESSION);
    tw_lock(&door->lock);
    tw_lock(&group->lock);
    for (guint i = 0; i < group->members->len; i++) {
        if (g_ptr_array_index(group->members, i) == client) {
            g_ptr_array_remove_index_fast(group->members, i);
            break;
        }
    }
    if (group->members->len == 0)
        g_hash_table_remove(door->groups, group);
    tw_unlock(&group->lock);
    tw_unlock(&door->lock);
}

/* Each a reference. */
static GPtrArray *
list_members(TwSoapdGroup *group)
{
    GPtrArray *members = g_ptr_array_new_with_free_func(unref_client);
    TW_LOCK_SCOPE(&group->lock);

    for (guint i = 0; i < group->members->len; i++)
        g_ptr_array_add(members, tw_soapd_client_ref(g_ptr_array_index(group->members, i)));
    return members;
}

/* ---- subscriptions ---- */

/* TwWatchWake */
static void
on_wake(gpointer group)
{
    wake_waiting(group, NULL, 0);
}

/* The watch of the call's session; it lives as long as the client. */
static TwWatch *
ensure_watch(TwSoapdCall *call, GError **error)
{
    TwSoapdClient *client = call->client;
    TwWatch *made, *watch;

    tw_lock(&client->lock);
    watch = client->watch;
    tw_unlock(&client->lock);
    if (watch != NULL)
        return watch;
    made = tw_session_watch(call->session, on_wake, client->group, error);
    if (made == NULL)
        return NULL;
    tw_lock(&client->lock);
    if (client->watch == NULL)
        client->watch = g_steal_pointer(&made);
    watch = client->watch;
    tw_unlock(&client->lock);
    tw_watch_end(made);
    return watch;
}

/* Changes in the folder of a sync id, but those made by it: spec/mapi-soap.md 10.5. */
static gboolean
sync_wish(TwSoapdCall *call,
          const TwSoapNotifySubscribe *from,
          TwWatchWish *ret,
          TwSoapdWish *kept,
          GError **error)
{
    g_auto(TwSyncGetArgs) of = { .id = from->sSyncState.ulSyncId };

    if (!tw_session_sync_get(call->session, &of, error))
        return FALSE;
    if (of.folder == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_NO_SUPPORT, error);
    ret->mask = TW_NOTIFY_SYNC;
    ret->store = of.store;
    ret->id = of.folder;
    ret->sync = of.id;
    ret->cn = from->sSyncState.ulChangeId;
    ret->hierarchy = of.kind == TW_SYNC_HIERARCHY;
    kept->sync = of.id;
    return TRUE;
}

static gboolean
wish_of(TwSoapdCall *call,
        const TwSoapNotifySubscribe *from,
        TwWatchWish *ret,
        TwSoapdWish *kept,
        GError **error)
{
    TwSoapdPlace place;

    *ret = (TwWatchWish){ .connection = from->ulConnection };
    *kept = (TwSoapdWish){ .mask = from->ulEventMask };
    if ((from->ulEventMask & MASK_SYNC) != 0)
        return sync_wish(call, from, ret, kept, error);
    if (from->sKey.len == KEY_TABLE_LEN) {
        memcpy(&ret->table, from->sKey.data, KEY_TABLE_LEN);
        ret->table = GUINT32_FROM_LE(ret->table);
        ret->mask = TW_NOTIFY_TABLE;
        kept->table = ret->table;
        return TRUE;
    }
    if (!tw_soapd_find(call, from->sKey, &place, error))
        return FALSE;
    ret->mask = from->ulEventMask & MASK_OBJECTS;
    ret->store = place.store;
    ret->id = place.message != 0                 ? place.message
              : place.type == TW_OBJECT_ID_STORE ? 0
                                                 : place.folder;
    kept->store = place.store;
    return TRUE;
}

gboolean
tw_soapd_subscribe(TwSoapdCall *call, const TwSoapNotifySubscribe *wish, GError **error)
{
    static const TwWatchWish queue_wish = { .connection = CONNECTION_QUEUE,
                                            .mask = TW_NOTIFY_QUEUE };
    TwWatch *watch = ensure_watch(call, error);
    TwWatchWish how;
    TwSoapdWish kept;
    gboolean is_queue;

    if (watch == NULL || !wish_of(call, wish, &how, &kept, error))
        return FALSE;
    tw_lock(&call->client->lock);
    g_hash_table_replace(call->client->wishes, GUINT_TO_POINTER(how.connection),
                         g_memdup2(&kept, sizeof kept));
    is_queue = kept.table != 0 &&
               g_hash_table_contains(call->client->queues, GUINT_TO_POINTER(kept.table));
    tw_unlock(&call->client->lock);
    /* who may not be told of all queues finds what came when it looks */
    if (is_queue)
        (void) tw_watch_add(watch, &queue_wish, NULL);
    return tw_watch_add(watch, &how, error);
}

gboolean
tw_soapd_notify_subscribe(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapNotifySubscribeArgs *args = data;

    (void) out;
    if (args->notifySubscribe == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    return tw_soapd_subscribe(call, args->notifySubscribe, error);
}

gboolean
tw_soapd_notify_subscribe_multi(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapNotifySubscribeMultiArgs *args = data;

    (void) out;
    if (args->notifySubscribeArray == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    for (guint32 i = 0; i < args->notifySubscribeArray->count; i++) {
        if (!tw_soapd_subscribe(call, &args->notifySubscribeArray->items[i], error))
            return FALSE;
    }
    return TRUE;
}

/* Whichever session of the group has it. */
static void
unsubscribe(TwSoapdCall *call, guint32 connection)
{
    g_autoptr(GPtrArray) members = list_members(call->client->group);

    for (guint i = 0; i < members->len; i++) {
        TwSoapdClient *member = g_ptr_array_index(members, i);
        TwWatch *watch;
        gboolean known;

        tw_lock(&member->lock);
        known = g_hash_table_remove(member->wishes, GUINT_TO_POINTER(connection));
        watch = member->watch;
        tw_unlock(&member->lock);
        if (known && watch != NULL)
            tw_watch_remove(watch, connection);
    }
}

gboolean
tw_soapd_notify_unsubscribe(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    (void) out;
    (void) error;
    unsubscribe(call, ((const TwSoapNotifyUnSubscribeArgs *) data)->ulConnection);
    return TRUE;
}

gboolean
tw_soapd_notify_unsubscribe_multi(TwSoapdCall *call,
                                  gconstpointer data,
                                  gpointer out,
                                  GError **error)
{
    const TwSoapNotifyUnSubscribeMultiArgs *args = data;

    (void) out;
    (void) error;
    for (guint32 i = 0; args->ulConnectionArray != NULL && i < args->ulConnectionArray->count; i++)
        unsubscribe(call, args->ulConnectionArray->items[i]);
    return TRUE;
}

/* A delivery agent says that a mail came. */
gboolean
tw_soapd_notify(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapNotification *what = &((const TwSoapNotifyArgs *) data)->sNotification;
    g_auto(TwMailAnnounceArgs) announce = { 0 };
    TwSoapdPlace place;

    (void) out;
    if (what->ulEventType != TW_NOTIFY_NEW_MAIL)
        return tw_soapd_fail(TW_SOAP_RESULT_NO_ACCESS, error);
    if (what->newmail == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_find_message(call, what->newmail->pEntryId, &place, error))
        return FALSE;
    announce.store = place.store;
    announce.message = place.message;
    return tw_session_mail_announce(call->session, &announce, error);
}

/* ---- events ---- */

/* An answer in the making: notifications, and in whose name things are looked up. */
typedef struct {
    TwSoapdCall call; /* session and client are of the member at hand */
    GArray *items;    /* TwSoapNotification */
} Report;

static TwSoapdWish
wish_at(const Report *report, guint32 connection)
{
    TwSoapdWish none = { 0 };
    const TwSoapdWish *wish;
    TW_LOCK_SCOPE(&report->call.client->lock);

    wish = g_hash_table_lookup(report->call.client->wishes, GUINT_TO_POINTER(connection));
    return wish != NULL ? *wish : none;
}

/* An id for an event; what is gone for good has none any more. */
static TwSoapBytes
id_of(Report *report, const TwGuid *store, guint8 object, guint32 number)
{
    TwSoapBytes ret = { NULL, 0 };

    if (object == TW_NOTIFY_OBJECT_STORE)
        (void) tw_soapd_store_id(&report->call, store, 0, &ret, NULL);
    else if (number == 0)
        return ret;
    else if (object == TW_NOTIFY_OBJECT_FOLDER)
        (void) tw_soapd_folder_id(&report->call, store, number, &ret, NULL);
    else
        (void) tw_soapd_message_id(&report->call, store, 0, number, &ret, NULL);
    return ret;
}

static void
add_item(Report *report, const TwNotifyEvent *event, TwSoapNotification item)
{
    item.ulConnection = event->connection;
    item.ulEventType = event->type;
    g_array_append_val(report->items, item);
}

static void
report_object(Report *report, const TwNotifyEvent *event, const TwGuid *store)
{
    TwSoapNotificationObject *object;
    TwSoapNotification item = { 0 };

    if (!tw_soapd_alloc(&report->call, 1, sizeof *object, &object, NULL))
        return;
    object->ulObjType = event->object;
    object->pEntryId = id_of(report, store, event->object, event->id);
    object->pParentId = id_of(report, store, TW_NOTIFY_OBJECT_FOLDER, event->parent);
    if (event->type == TW_NOTIFY_MOVED || event->type == TW_NOTIFY_COPIED) {
        object->pOldId = id_of(report, store, event->object, event->old_id);
        object->pOldParentId = id_of(report, store, TW_NOTIFY_OBJECT_FOLDER, event->old_parent);
    }
    item.obj = object;
    add_item(report, event, item);
}

static void
report_mail(Report *report, const TwNotifyEvent *event, const TwGuid *store)
{
    TwSoapNotificationNewMail *mail;
    TwSoapNotification item = { 0 };

    if (!tw_soapd_alloc(&report->call, 1, sizeof *mail, &mail, NULL))
        return;
    mail->pEntryId = id_of(report, store, TW_NOTIFY_OBJECT_MESSAGE, event->id);
    mail->pParentId = id_of(report, store, TW_NOTIFY_OBJECT_FOLDER, event->parent);
    mail->lpszMessageClass = tw_soapd_text(&report->call, event->message_class);
    mail->ulMessageFlags = event->flags;
    item.newmail = mail;
    add_item(report, event, item);
}

static guint32
rows_type(const Report *report, guint32 table)
{
    TW_LOCK_SCOPE(&report->call.client->lock);

    return GPOINTER_TO_UINT(
        g_hash_table_lookup(report->call.client->tables, GUINT_TO_POINTER(table)));
}

static TwPropValue
key_value(Report *report, const guint8 key[8])
{
    guint8 *copy;

    if (!tw_soapd_alloc(&report->call, 8, 1, &copy, NULL))
        return tw_value_null(TW_PT_NULL);
    memcpy(copy, key, 8);
    return tw_value_bytes(PR_INSTANCE_KEY, copy, 8);
}

static void
report_row(Report *report,
           const TwNotifyEvent *event,
           guint32 type,
           const TwTableEvent *change,
           const TwSoapRowSet *rows)
{
    TwSoapNotificationTable *table;
    TwSoapNotification item = { 0 };
    gboolean has_row = change->kind == TW_TABLE_ROW_ADDED || change->kind == TW_TABLE_ROW_MODIFIED;

    if (has_row && (rows == NULL || change->row < 0 || (guint) change->row >= rows->count))
        return;
    if (!tw_soapd_alloc(&report->call, 1, sizeof *table, &table, NULL))
        return;
    table->ulTableEvent = (guint32) change->kind;
    table->ulObjType = type;
    table->propIndex = tw_value_null(TW_PT_NULL);
    table->propPrior = tw_value_null(TW_PT_NULL);
    if (change->kind != TW_TABLE_CHANGED)
        table->propIndex = key_value(report, change->key);
    if (has_row && change->has_prior)
        table->propPrior = key_value(report, change->prior);
    if (has_row)
        table->pRow = &rows->items[change->row];
    item.tab = table;
    add_item(report, event, item);
}

static void
report_table(Report *report, const TwNotifyEvent *event)
{
    g_auto(TwTableEventsArgs) take = { .table = event->id };
    guint32 type = rows_type(report, event->id);
    TwSoapRowSet rows = { 0 };

    if (!tw_session_table_events(report->call.session, &take, NULL))
        return;
    if (take.rows != NULL &&
        !tw_soapd_give_rows(&report->call, g_steal_pointer(&take.rows), &rows, NULL))
        return;
    for (guint i = 0; i < take.events->len; i++)
        report_row(report, event, type, &g_array_index(take.events, TwTableEvent, i), &rows);
}

/* What changed in the folder of a sync id; the state is what the client would get by asking. */
static void
report_sync(Report *report, const TwNotifyEvent *event)
{
    TwSoapNotificationICS *ics;
    TwSoapNotification item = { .ulConnection = event->connection, .ulEventType = MASK_SYNC | 1 };
    guint32 *state;

    if (!tw_soapd_alloc(&report->call, 1, sizeof *ics, &ics, NULL) ||
        !tw_soapd_alloc(&report->call, 2, sizeof *state, &state, NULL))
        return;
    state[0] = GUINT32_TO_LE(event->sync);
    state[1] = GUINT32_TO_LE((guint32) MIN(event->cn, (guint64) G_MAXUINT32));
    ics->pSyncState = (TwSoapBytes){ (const guint8 *) state, 2 * sizeof *state };
    ics->ulChangeType = event->sync_type;
    item.ics = ics;
    g_array_append_val(report->items, item);
}

/* Events were lost: each table is to be read again. */
static void
report_missed(Report *report)
{
    static const TwTableEvent changed = { .kind = TW_TABLE_CHANGED };
    g_autoptr(GArray) events = g_array_new(FALSE, TRUE, sizeof(TwNotifyEvent));
    GHashTableIter iter;
    gpointer key, value;

    tw_lock(&report->call.client->lock);
    g_hash_table_iter_init(&iter, report->call.client->wishes);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        TwNotifyEvent event = { .connection = GPOINTER_TO_UINT(key),
                                .type = TW_NOTIFY_TABLE,
                                .id = ((const TwSoapdWish *) value)->table };
        if (event.id != 0)
            g_array_append_val(events, event);
    }
    tw_unlock(&report->call.client->lock);
    for (guint i = 0; i < events->len; i++) {
        const TwNotifyEvent *event = &g_array_index(events, TwNotifyEvent, i);
        report_row(report, event, rows_type(report, event->id), &changed, NULL);
    }
}

/* What came to one session of the group. */
static void
report_member(Report *report, TwSoapdClient *member)
{
    g_autoptr(GArray) events = tw_notify_events_new();
    gboolean missed = FALSE;
    TwWatch *watch;

    tw_lock(&member->lock);
    watch = member->watch;
    tw_unlock(&member->lock);
    if (watch == NULL || !tw_watch_pull(watch, events, 0, &missed, NULL))
        return;
    report->call.session = member->session;
    report->call.client = member;
    if (missed)
        report_missed(report);
    for (guint i = 0; i < events->len; i++) {
        const TwNotifyEvent *event = &g_array_index(events, TwNotifyEvent, i);
        TwSoapdWish wish = wish_at(report, event->connection);

        if (event->type == TW_NOTIFY_QUEUE)
            tw_soapd_queues_refresh(&report->call);
        if (wish.mask == 0 || event->type == TW_NOTIFY_QUEUE)
            continue;
        if (event->type == TW_NOTIFY_SYNC)
            report_sync(report, event);
        else if (event->type == TW_NOTIFY_TABLE)
            report_table(report, event);
        else if (event->type == TW_NOTIFY_NEW_MAIL)
            report_mail(report, event, &wish.store);
        else if ((event->type & MASK_OBJECTS) != 0)
            report_object(report, event, &wish.store);
    }
}

/* ---- the call that waits ---- */

static void
write_answer(Poll *poll, guint32 result, const GArray *items)
{
    TwSoapNotificationArray list = { .items = NULL, .count = 0 };
    TwSoapNotifyResponse response = { .pNotificationArray = &list, .er = result };

    if (items != NULL) {
        list.items = (TwSoapNotification *) (void *) items->data;
        list.count = items->len;
    }
    tw_soapd_write(poll->version, TW_SOAP_CALL_NOTIFY_GET_ITEMS, &response, &poll->answer);
    poll->done = TRUE;
}

/* Takes what there is; an answer is made of it, or of its absence at the end. */
static void
look(Poll *poll)
{
    g_autoptr(GPtrArray) members = list_members(poll->group);
    g_autoptr(TwArena) arena = tw_arena_new(EVENTS_MEMORY);
    g_autoptr(GArray) items = g_array_new(FALSE, TRUE, sizeof(TwSoapNotification));
    Report report = { .call = { .door = poll->door, .arena = arena }, .items = items };
    guint32 result;

    tw_lock(&poll->group->lock);
    result = poll->result;
    tw_unlock(&poll->group->lock);
    if (result != 0) {
        write_answer(poll, result, NULL);
        return;
    }
    report.call.kept = tw_soapd_kept_new();
    for (guint i = 0; i < members->len; i++)
        report_member(&report, g_ptr_array_index(members, i));
    if (items->len > 0 || g_get_monotonic_time() >= poll->until_us)
        write_answer(poll, 0, items);
    g_array_unref(report.call.kept);
}

/* TwHttpPullFunc */
static TwHttpPull
on_pull(TwBuffer *out, gpointer data)
{
    enum {
        PIECE = 32768
    };
    Poll *poll = data;
    gsize len;

    if (!poll->done)
        look(poll);
    if (!poll->done)
        return TW_HTTP_PULL_WAIT;
    if (tw_buffer_failed(&poll->answer))
        return TW_HTTP_PULL_FAILED;
    len = MIN(poll->answer.len - poll->sent, (gsize) PIECE);
    tw_buffer_put(out, poll->answer.data + poll->sent, len);
    poll->sent += len;
    return poll->sent < poll->answer.len ? TW_HTTP_PULL_MORE : TW_HTTP_PULL_END;
}

static void
free_poll(gpointer data)
{
    Poll *poll = data;

    tw_lock(&poll->group->lock);
    if (poll->group->waiting == poll)
        poll->group->waiting = NULL;
    tw_unlock(&poll->group->lock);
    tw_soapd_group_unref(poll->group);
    tw_soapd_client_unref(poll->client);
    tw_http_request_unref(poll->http);
    tw_buffer_clear(&poll->answer);
    g_free(poll);
}

/* Whoever waits keeps all sessions of the group alive. */
static void
touch_members(TwSoapd *door, TwSoapdGroup *group)
{
    g_autoptr(GPtrArray) members = list_members(group);

    for (guint i = 0; i < members->len; i++) {
        TwSoapdClient *member = g_ptr_array_index(members, i);
        g_auto(TwServerInfoArgs) info = { 0 };

        (void) tw_session_server_info(member->session, &info, NULL);
        tw_lock(&door->lock);
        member->used_us = g_get_monotonic_time();
        tw_unlock(&door->lock);
    }
}

static Poll *
begin_poll(TwSoapdCall *call)
{
    TwSoapdGroup *group = call->client->group;
    g_autoptr(TwHttpRequest) older = NULL;
    Poll *poll = g_new0(Poll, 1);

    poll->door = call->door;
    poll->version = call->version;
    poll->group = group_ref(group);
    poll->client = tw_soapd_client_ref(call->client);
    poll->http = tw_http_request_ref(call->http);
    poll->until_us = g_get_monotonic_time() + (gint64) call->door->config.poll_ms * 1000;
    poll->answer = (TwBuffer) TW_BUFFER_INIT(EVENTS_MEMORY);
    tw_lock(&group->lock);
    if (group->waiting != NULL) {
        group->waiting->result = TW_SOAP_RESULT_NOT_FOUND;
        older = tw_http_request_ref(group->waiting->http);
    }
    group->waiting = poll;
    tw_unlock(&group->lock);
    if (older != NULL)
        tw_http_request_wake(older);
    return poll;
}

gboolean
tw_soapd_notify_get_items(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    TwHttpResponse *response = tw_http_response_new(200);

    (void) data;
    (void) out;
    (void) error;
    touch_members(call->door, call->client->group);
    tw_http_response_set_stream(response, "text/xml; charset=utf-8", -1, on_pull, begin_poll(call),
                                free_poll);
    tw_http_response_set_wait_ms(response, call->door->config.poll_ms);
    tw_http_response_set_coding(response, TW_HTTP_CODING_IDENTITY);
    tw_http_request_set_log(call->http, NULL, NULL, "notifyGetItems", NULL);
    call->answered = TRUE;
    tw_soapd_forget_request(call);
    tw_http_request_respond(call->http, response);
    return TRUE;
}
