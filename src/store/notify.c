/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bus: its dispatcher thread, its index of subscriptions, and what others have it tell. */
#include "store/notify.h"

#include "base/error.h"
#include "store/notify-private.h"
#include "store/sync-private.h"

/* ---- the dispatcher ---- */

/* Whom nobody watches gets no mail that would wake the dispatcher. */
static gboolean
is_watched(guint32 store, gpointer data)
{
    return tw_notify_is_watched(data, store);
}

/* Gives the lock back. Who is woken does not find it taken, and who is awake is not woken. */
static void
unlock_and_wake(TwNotifyBus *bus)
{
    gboolean waits = bus->waits;

    bus->waits = FALSE;
    tw_unlock(&bus->lock);
    if (waits)
        g_cond_signal(&bus->woken);
}

/* On a writer thread. */
static void
stream_has_news(gpointer data)
{
    TwNotifyBus *bus = data;

    tw_lock(&bus->lock);
    bus->news = TRUE;
    unlock_and_wake(bus);
}

/* FALSE at the end. What was posted is taken before the stream is read, so that its changes come first. */
static gboolean
next_round(TwNotifyBus *bus, GArray **ret_posted, guint64 *ret_asked)
{
    TW_LOCK_SCOPE(&bus->lock);

    while (!bus->news && !bus->ending && bus->asked == bus->done && bus->posted->len == 0) {
        bus->waits = TRUE;
        tw_lock_wait(&bus->lock, &bus->woken, G_MAXINT64);
    }
    bus->waits = FALSE;
    bus->news = FALSE;
    *ret_asked = bus->asked;
    *ret_posted = bus->posted;
    bus->posted = tw_notify_events_new();
    return !bus->ending;
}

static void
miss_all(TwNotifyBus *bus)
{
    g_autoptr(GPtrArray) wake = g_ptr_array_new();

    tw_lock(&bus->index_lock);
    for (TwNotifyQueue *queue = bus->queues; queue != NULL; queue = queue->all_next) {
        TwNotifyQueue *woken = tw_notify_queue_miss(queue);
        if (woken != NULL)
            g_ptr_array_add(wake, woken);
    }
    tw_unlock(&bus->index_lock);
    for (guint i = 0; i < wake->len; i++)
        tw_notify_queue_wake(wake->pdata[i]);
}

static gpointer
run_dispatcher(gpointer data)
{
    TwNotifyBus *bus = data;
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(TwChange));
    gboolean goes_on = TRUE, behind;

    while (goes_on) {
        GArray *posted;
        guint64 asked;
        goes_on = next_round(bus, &posted, &asked);
        g_array_set_size(changes, 0);
        tw_subscription_pull(bus->stream, changes, &behind);
        tw_notify_dispatch(bus, changes);
        if (behind)
            miss_all(bus);
        for (guint i = 0; i < posted->len; i++)
            tw_notify_tell(bus, &g_array_index(posted, TwNotifyEvent, i));
        g_array_unref(posted);
        tw_lock(&bus->lock);
        if (bus->done != asked)
            g_cond_broadcast(&bus->finished);
        bus->done = asked;
        tw_unlock(&bus->lock);
    }
    return NULL;
}

TwNotifyBus *
tw_notify_bus_new(TwEngine *engine)
{
    TwNotifyBus *bus = g_new0(TwNotifyBus, 1);

    bus->engine = engine;
    tw_lock_init(&bus->lock);
    tw_lock_init(&bus->index_lock);
    g_cond_init(&bus->woken);
    g_cond_init(&bus->finished);
    bus->posted = tw_notify_events_new();
    bus->index = g_hash_table_new(g_int64_hash, g_int64_equal);
    bus->stores = g_hash_table_new(NULL, NULL);
    bus->stream = tw_engine_subscribe(engine, is_watched, stream_has_news, bus);
    bus->thread = g_thread_new("notify", run_dispatcher, bus);
    return bus;
}

void
tw_notify_bus_free(TwNotifyBus *bus)
{
    if (bus == NULL)
        return;
    g_assert(bus->queues == NULL);
    tw_lock(&bus->lock);
    bus->ending = TRUE;
    unlock_and_wake(bus);
    g_thread_join(bus->thread);
    tw_subscription_end(bus->stream);
    g_array_unref(bus->posted);
    g_hash_table_unref(bus->index);
    g_hash_table_unref(bus->stores);
    g_cond_clear(&bus->woken);
    g_cond_clear(&bus->finished);
    tw_lock_clear(&bus->lock);
    tw_lock_clear(&bus->index_lock);
    g_free(bus);
}

void
tw_notify_bus_flush(TwNotifyBus *bus)
{
    TW_LOCK_SCOPE(&bus->lock);
    guint64 round = ++bus->asked;

    g_cond_signal(&bus->woken);
    while (bus->done < round)
        tw_lock_wait(&bus->lock, &bus->finished, G_MAXINT64);
}

/* ---- the index ---- */

static gint64
key_of_wish(const TwNotifyWish *wish)
{
    guint32 id =
        wish->hierarchy && (wish->mask & TW_NOTIFY_SYNC) ? (guint32) TW_NOTIFY_TREE : wish->id;

    return (gint64) ((guint64) wish->store << 32 | id);
}

static void
count_store(TwNotifyBus *bus, guint32 store, int by)
{
    gpointer key = GUINT_TO_POINTER(store);
    gint count = GPOINTER_TO_INT(g_hash_table_lookup(bus->stores, key)) + by;

    if (count > 0)
        g_hash_table_insert(bus->stores, key, GINT_TO_POINTER(count));
    else
        g_hash_table_remove(bus->stores, key);
}

static void
link_sub(TwNotifyBus *bus, TwNotifySub *sub)
{
    TW_ASSERT_HELD(&bus->index_lock);
    sub->chain_next = g_hash_table_lookup(bus->index, &sub->key);
    if (sub->chain_next != NULL)
        sub->chain_next->chain_prev = sub;
    g_hash_table_replace(bus->index, &sub->key, sub); /* the key is the first one's own */
    sub->queue_next = sub->queue->subs;
    sub->queue->subs = sub;
    count_store(bus, sub->wish.store, 1);
}

static void
unlink_sub(TwNotifyBus *bus, TwNotifySub *sub)
{
    TwNotifySub **at = &sub->queue->subs;

    TW_ASSERT_HELD(&bus->index_lock);
    while (*at != sub)
        at = &(*at)->queue_next;
    *at = sub->queue_next;
    if (sub->chain_next != NULL)
        sub->chain_next->chain_prev = sub->chain_prev;
    if (sub->chain_prev != NULL)
        sub->chain_prev->chain_next = sub->chain_next;
    else if (sub->chain_next != NULL)
        g_hash_table_replace(bus->index, &sub->chain_next->key, sub->chain_next);
    else
        g_hash_table_remove(bus->index, &sub->key);
    count_store(bus, sub->wish.store, -1);
}

void
tw_notify_unsubscribe(TwNotifyQueue *queue, guint32 connection)
{
    TwNotifyBus *bus = queue->bus;
    TwNotifySub *sub;

    tw_lock(&bus->index_lock);
    for (sub = queue->subs; sub != NULL && sub->wish.connection != connection;)
        sub = sub->queue_next;
    if (sub != NULL)
        unlink_sub(bus, sub);
    tw_unlock(&bus->index_lock);
    g_free(sub);
    tw_notify_queue_forget(queue, connection);
}

/* ---- subscribing ---- */

static gboolean
has_newer(const TwFolderRow *row, const TwNotifyWish *wish)
{
    return wish->hierarchy ? MAX(row->cn, row->hicn_hier) > wish->cn : row->hicn > wish->cn;
}

/* Whether there is something already that the consumer does not know. */
static gboolean
look_back(TwNotifyQueue *queue, const TwNotifyWish *wish, gboolean *ret_newer, GError **error)
{
    g_autoptr(TwStore) store = tw_store_open_number(queue->bus->engine, wish->store, error);
    g_autoptr(TwFolderRow) row = store != NULL ? tw_folder_get(store, wish->id, error) : NULL;
    g_autoptr(GPtrArray) all = NULL;

    if (row == NULL)
        return FALSE;
    *ret_newer = has_newer(row, wish);
    if (*ret_newer || !wish->hierarchy)
        return TRUE;
    all = tw_store_folders(store, error);
    for (guint i = 0; all != NULL && i < all->len; i++)
        *ret_newer = *ret_newer || has_newer(all->pdata[i], wish);
    return all != NULL;
}

gboolean
tw_notify_subscribe(TwNotifyQueue *queue, const TwNotifyWish *wish, GError **error)
{
    TwNotifySub *sub = g_new0(TwNotifySub, 1);
    TwNotifyEvent event = {
        .connection = wish->connection,
        .type = TW_NOTIFY_SYNC,
        .object = wish->hierarchy ? TW_NOTIFY_OBJECT_FOLDER : TW_NOTIFY_OBJECT_MESSAGE,
        .store = wish->store,
        .parent = wish->id,
        .cn = wish->cn,
        .sync = wish->sync,
        .sync_type =
            (guint16) ((wish->hierarchy ? TW_SYNC_FOLDER : TW_SYNC_MESSAGE) | TW_SYNC_CHANGED),
    };
    TwNotifyQueue *wake;
    gboolean newer = FALSE;

    tw_notify_unsubscribe(queue, wish->connection);
    sub->wish = *wish;
    sub->queue = queue;
    sub->key = key_of_wish(wish);
    tw_lock(&queue->bus->index_lock);
    link_sub(queue->bus, sub);
    tw_unlock(&queue->bus->index_lock);
    if (!(wish->mask & TW_NOTIFY_SYNC))
        return TRUE;
    if (!look_back(queue, wish, &newer, error)) {
        tw_notify_unsubscribe(queue, wish->connection);
        return FALSE;
    }
    wake = newer ? tw_notify_queue_put(queue, &event) : NULL;
    if (wake != NULL)
        tw_notify_queue_wake(wake);
    return TRUE;
}

/* ---- told by others ---- */

static void
post(TwNotifyBus *bus, TwNotifyEvent event)
{
    tw_lock(&bus->lock);
    g_array_append_val(bus->posted, event);
    unlock_and_wake(bus);
}

void
tw_notify_new_mail(TwNotifyBus *bus,
                   guint32 store,
                   guint32 folder,
                   guint32 mid,
                   const char *message_class,
                   guint32 flags)
{
    TwNotifyEvent event = {
        .type = TW_NOTIFY_NEW_MAIL,
        .object = TW_NOTIFY_OBJECT_MESSAGE,
        .store = store,
        .id = mid,
        .parent = folder,
        .flags = flags,
    };

    if (!tw_notify_is_watched(bus, store))
        return;
    event.message_class = g_strdup(message_class);
    post(bus, event);
}

void
tw_notify_search_complete(TwNotifyBus *bus, guint32 store, guint32 folder)
{
    TwNotifyEvent event = {
        .type = TW_NOTIFY_SEARCH_COMPLETE,
        .object = TW_NOTIFY_OBJECT_FOLDER,
        .store = store,
        .id = folder,
    };

    post(bus, event);
}
