/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who listens to tables and to the queue of outgoing mail. Two threads: one brings watched tables up to date after commits,
 * one waits for the queue to change; each puts an event into the queues of those who listen, and wakes them.
 *
 *   commit -> tw_live_wake() -> the pump: tw_tables_pump() -> token -> listener -> its watch
 *   administrator's operation -> tw_live_look() -> the pump: has the directory changed? -> who listens to what is made of it
 *
 * The directory tells nobody of its changes, and some are made elsewhere: by another server, in a source of its own. So while
 * somebody listens to it the pump also asks it now and then.
 *
 * A listener stands here under its token from tw_live_add() to tw_live_remove(). Events are put under the lock, so that
 * after tw_live_remove() nobody touches the queue; wakes are called without it, and a queue waits for its wakes.
 */
#include "base/cancel.h"
#include "session/local-private.h"

enum {
    LOOK_US = G_USEC_PER_SEC, /* between two looks at the directory for what others changed in it */
};

typedef struct {
    gint64 token; /* the key */
    TwLiveWish wish;
    gboolean told; /* of the queue: since it looked */
    guint epoch;   /* of the rights in the wish's store */
} Listener;

struct TwLive {
    TwEngine *engine;
    TwDirectory *directory;
    TwTables *tables;
    GThread *pump, *waiter;
    TwCancel *cancel;
    gint tables_watched, directory_watched; /* atomic */
    TwLock lock;                            /* guards what follows; before the lock of a queue */
    GCond woken;
    gboolean news, queue_news, look, ending;
    GHashTable *listeners; /* token -> Listener */
    gint64 last_token;
};

static void
free_listener(gpointer data)
{
    Listener *listener = data;

    tw_store_unref(listener->wish.store);
    g_free(listener);
}

/* ---- telling ---- */

static void
put(const Listener *listener, GPtrArray *wake)
{
    TwNotifyEvent event = {
        .connection = listener->wish.connection,
        .type = listener->wish.table != 0 ? TW_NOTIFY_TABLE : TW_NOTIFY_QUEUE,
        .id = listener->wish.table,
    };
    TwNotifyQueue *queue = tw_notify_queue_put(listener->wish.queue, &event);

    if (queue != NULL)
        g_ptr_array_add(wake, queue);
}

static void
put_to_tables(TwLive *live, const GArray *tokens, GPtrArray *wake)
{
    TW_LOCK_SCOPE(&live->lock);

    for (guint i = 0; i < tokens->len; i++) {
        const Listener *listener =
            g_hash_table_lookup(live->listeners, &g_array_index(tokens, guint64, i));
        if (listener != NULL)
            put(listener, wake);
    }
}

/* Other rights, or another directory, show other rows: who listens has to ask, and gets them. */
static gboolean
shows_others(Listener *listener, guint64 directory_epoch)
{
    gboolean others = FALSE;

    if (listener->wish.store != NULL) {
        guint epoch = tw_store_permission_epoch(listener->wish.store);
        others = epoch != listener->epoch;
        listener->epoch = epoch;
    }
    if (listener->wish.of_directory && directory_epoch > listener->wish.directory_epoch) {
        others = TRUE;
        listener->wish.directory_epoch = directory_epoch;
    }
    return others;
}

static void
put_to_others(TwLive *live, gboolean queue, guint64 directory_epoch, GPtrArray *wake)
{
    GHashTableIter iter;
    gpointer value;
    TW_LOCK_SCOPE(&live->lock);

    g_hash_table_iter_init(&iter, live->listeners);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Listener *listener = value;
        if (listener->wish.table == 0) {
            if (queue && !listener->told)
                put(listener, wake);
            listener->told = listener->told || queue;
        } else if (shows_others(listener, directory_epoch)) {
            put(listener, wake);
        }
    }
}

/* 0: nobody wants to know, or it does not say now. */
static guint64
look_at_directory(TwLive *live)
{
    g_autoptr(TwDirectorySnapshot) snapshot = NULL;

    if (g_atomic_int_get(&live->directory_watched) > 0)
        snapshot = tw_directory_snapshot(live->directory, NULL);
    return snapshot != NULL ? tw_directory_snapshot_epoch(snapshot) : 0;
}

static void
pump_once(TwLive *live, gboolean tables, gboolean queue)
{
    g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_autoptr(GPtrArray) wake = g_ptr_array_new();

    if (tables)
        tw_tables_pump(live->tables, tokens);
    put_to_tables(live, tokens, wake);
    put_to_others(live, queue, look_at_directory(live), wake);
    for (guint i = 0; i < wake->len; i++)
        tw_notify_queue_wake(wake->pdata[i]);
}

static gpointer
run_pump(gpointer data)
{
    TwLive *live = data;
    gint64 looked = 0; /* monotonic */

    tw_lock(&live->lock);
    while (!live->ending) {
        gboolean news = live->news, queue = live->queue_news, look = live->look;
        gint64 due = g_atomic_int_get(&live->directory_watched) > 0 ? looked + LOOK_US : G_MAXINT64;
        if (!news && !queue && !look && g_get_monotonic_time() < due) {
            tw_lock_wait(&live->lock, &live->woken, due);
            continue;
        }
        live->news = live->queue_news = live->look = FALSE;
        tw_unlock(&live->lock);
        pump_once(live, news, queue);
        looked = g_get_monotonic_time();
        tw_lock(&live->lock);
    }
    tw_unlock(&live->lock);
    return NULL;
}

static gpointer
run_waiter(gpointer data)
{
    TwLive *live = data;
    guint64 serial = 0;

    while (!tw_cancel_fired(live->cancel)) {
        if (!tw_queue_wait(live->engine, &serial, G_MAXINT64, live->cancel))
            continue;
        tw_lock(&live->lock);
        live->queue_news = TRUE;
        g_cond_signal(&live->woken);
        tw_unlock(&live->lock);
    }
    return NULL;
}

void
tw_live_wake(gpointer data)
{
    TwLive *live = data;

    if (g_atomic_int_get(&live->tables_watched) == 0)
        return;
    tw_lock(&live->lock);
    live->news = TRUE;
    g_cond_signal(&live->woken);
    tw_unlock(&live->lock);
}

void
tw_live_look(TwLive *live)
{
    if (g_atomic_int_get(&live->directory_watched) == 0)
        return;
    tw_lock(&live->lock);
    live->look = TRUE;
    g_cond_signal(&live->woken);
    tw_unlock(&live->lock);
}

/* ---- listening ---- */

guint64
tw_live_add(TwLive *live, const TwLiveWish *wish)
{
    Listener *listener = g_new0(Listener, 1);

    listener->wish = *wish;
    if (wish->store != NULL) {
        tw_store_ref(wish->store);
        listener->epoch = tw_store_permission_epoch(wish->store);
    }
    if (wish->table != 0)
        g_atomic_int_inc(&live->tables_watched);
    TW_LOCK_SCOPE(&live->lock);
    listener->token = ++live->last_token;
    g_hash_table_insert(live->listeners, &listener->token, listener);
    if (wish->of_directory) { /* the pump has to begin to look */
        g_atomic_int_inc(&live->directory_watched);
        g_cond_signal(&live->woken);
    }
    return (guint64) listener->token;
}

guint32
tw_live_remove(TwLive *live, guint64 token)
{
    gpointer found = NULL;
    guint32 table;

    tw_lock(&live->lock);
    g_hash_table_steal_extended(live->listeners, &token, NULL, &found);
    tw_unlock(&live->lock);
    if (found == NULL)
        return 0;
    table = ((Listener *) found)->wish.table;
    if (table != 0)
        g_atomic_int_add(&live->tables_watched, -1);
    if (((Listener *) found)->wish.of_directory)
        g_atomic_int_add(&live->directory_watched, -1);
    free_listener(found);
    return table;
}

void
tw_live_looked(TwLive *live, guint64 token)
{
    Listener *listener;
    TW_LOCK_SCOPE(&live->lock);

    listener = g_hash_table_lookup(live->listeners, &token);
    if (listener != NULL)
        listener->told = FALSE;
}

/* ---- life ---- */

TwLive *
tw_live_new(TwEngine *engine, TwDirectory *directory)
{
    TwLive *live = g_new0(TwLive, 1);

    live->engine = engine;
    live->directory = directory;
    live->cancel = tw_cancel_new();
    tw_lock_init(&live->lock);
    g_cond_init(&live->woken);
    live->listeners = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_listener);
    return live;
}

void
tw_live_start(TwLive *live, TwTables *tables)
{
    live->tables = tables;
    live->pump = g_thread_new("tables", run_pump, live);
    live->waiter = g_thread_new("queue", run_waiter, live);
}

void
tw_live_stop(TwLive *live)
{
    tw_cancel_fire(live->cancel);
    tw_lock(&live->lock);
    live->ending = TRUE;
    g_cond_signal(&live->woken);
    tw_unlock(&live->lock);
    g_thread_join(live->pump);
    g_thread_join(live->waiter);
}

void
tw_live_free(TwLive *live)
{
    tw_cancel_unref(live->cancel);
    g_hash_table_unref(live->listeners);
    g_cond_clear(&live->woken);
    tw_lock_clear(&live->lock);
    g_free(live);
}
