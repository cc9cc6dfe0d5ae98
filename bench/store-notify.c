/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How long from the commit until a waiting subscriber has the event, and what does a subscription cost?
 *
 * A thread waits on a queue; the time is taken when the engine tells its stream of the commit, on the writer's thread, and when
 * the waiter has the event; and before the change is asked for, its commit included: on a busy machine the waiter may have the event
 * before the writer has come to its clock. Beside it 10,000 queues of other folders, a subscription each: bytes by the heap, and CPU time of the
 * dispatcher for a change that concerns one of them. Goals: median 1 ms, 1,024 bytes.
 *
 *     bench-store-notify [FOLDER]
 */
#include "bench.h"

#include "base/time.h"
#include "mapi/tags.h"
#include "store/notify.h"
#include "store/store.h"

#include <glib/gstdio.h>
#include <malloc.h>

enum {
    SUBSCRIBERS = 10000,
    ROUNDS = 300,
    GOAL_US = 1000,
    GOAL_BYTES = 1024,
    BURST = 2000,
};

typedef struct {
    TwEngine *engine;
    TwStore *store;
    TwNotifyBus *bus;
    guint32 root, folder, mid;
    TwNotifyQueue *queues[SUBSCRIBERS];
} Bench;

typedef struct {
    TwNotifyQueue *queue;
    GMutex lock;
    GCond cond;
    gint64 told_us; /* when the stream was told */
    gint64 got_us;  /* 0: not yet */
    gboolean ending;
} Waiter;

static void
check(gboolean ok, const GError *error)
{
    if (!ok)
        g_error("%s", error->message);
}

static TwNotifyQueue *
subscribe(Bench *bench, guint32 mask, guint32 id)
{
    TwNotifyQueue *queue = tw_notify_queue_new(bench->bus, NULL);
    TwNotifyWish wish = {
        .connection = 1, .mask = mask, .store = tw_store_get_number(bench->store), .id = id
    };

    g_assert_true(tw_notify_subscribe(queue, &wish, NULL));
    return queue;
}

static void
note_commit(gpointer data)
{
    Waiter *waiter = data;

    g_mutex_lock(&waiter->lock);
    waiter->told_us = tw_time_mono_us();
    g_mutex_unlock(&waiter->lock);
}

static gpointer
wait_on(gpointer data)
{
    Waiter *waiter = data;
    g_autoptr(GArray) events = tw_notify_events_new();
    gboolean missed, ending = FALSE;

    while (!ending) {
        gboolean got = tw_notify_queue_wait(waiter->queue, tw_time_mono_us() + 100000);
        gint64 now = tw_time_mono_us();
        if (got)
            tw_notify_queue_take(waiter->queue, events, 0, &missed);
        g_mutex_lock(&waiter->lock);
        if (got)
            waiter->got_us = now;
        ending = waiter->ending;
        g_cond_signal(&waiter->cond);
        g_mutex_unlock(&waiter->lock);
        g_array_set_size(events, 0);
    }
    return NULL;
}

static void
touch(Bench *bench, gboolean on)
{
    TwFlagChange flags = { .status_set = on ? 8 : 0, .status_clear = on ? 0 : 8 };
    TwMessageSet set = { bench->folder, &bench->mid, 1 };
    g_autoptr(GError) error = NULL;

    check(tw_messages_set_flags(bench->store, &set, &flags, NULL, &error), error);
}

static void
measure_latency(Bench *bench)
{
    Waiter waiter = { .queue = subscribe(bench, TW_NOTIFY_MODIFIED | TW_NOTIFY_MESSAGES,
                                         bench->folder) };
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(TwChange));
    TwSubscription *stream;
    GThread *thread;
    double late[ROUNDS], whole[ROUNDS];
    gboolean behind;

    g_mutex_init(&waiter.lock);
    g_cond_init(&waiter.cond);
    stream = tw_engine_subscribe(bench->engine, NULL, note_commit, &waiter);
    thread = g_thread_new("waiter", wait_on, &waiter);
    for (guint i = 0; i < ROUNDS; i++) {
        gint64 start;
        tw_subscription_pull(stream, changes, &behind);
        start = tw_time_mono_us();
        touch(bench, i % 2 == 0);
        g_mutex_lock(&waiter.lock);
        while (waiter.got_us == 0)
            g_cond_wait(&waiter.cond, &waiter.lock);
        late[i] = (double) MAX(waiter.got_us - waiter.told_us, 0);
        whole[i] = (double) (waiter.got_us - start);
        waiter.got_us = 0;
        g_mutex_unlock(&waiter.lock);
    }
    g_mutex_lock(&waiter.lock);
    waiter.ending = TRUE;
    g_mutex_unlock(&waiter.lock);
    g_thread_join(thread);
    tw_subscription_end(stream);
    qsort(late, ROUNDS, sizeof *late, bench_compare_doubles);
    qsort(whole, ROUNDS, sizeof *whole, bench_compare_doubles);
    g_print("commit to subscriber: median %.0f us, p99 %.0f us; %.3f of the goal\n",
            late[ROUNDS / 2], late[ROUNDS * 99 / 100], late[ROUNDS / 2] / GOAL_US);
    g_print("change, its commit and the way to the subscriber: median %.0f us, p99 %.0f us\n",
            whole[ROUNDS / 2], whole[ROUNDS * 99 / 100]);
    tw_notify_queue_free(waiter.queue);
    g_mutex_clear(&waiter.lock);
    g_cond_clear(&waiter.cond);
}

static gsize
heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static double
burst(Bench *bench)
{
    double before = bench_cpu_seconds();

    for (guint i = 0; i < BURST; i++)
        touch(bench, i % 2 == 0);
    tw_notify_bus_flush(bench->bus);
    return (bench_cpu_seconds() - before) / BURST * 1e6;
}

/* They wait on folders where nothing happens. */
static void
measure_many(Bench *bench)
{
    gsize before = heap_bytes();
    double alone = burst(bench), among;

    for (guint i = 0; i < SUBSCRIBERS; i++)
        bench->queues[i] = subscribe(bench, TW_NOTIFY_CREATED | TW_NOTIFY_MESSAGES, 1000000 + i);
    g_print("10,000 subscriptions, each with a queue: %.0f bytes each; %.2f of the goal\n",
            (double) (heap_bytes() - before) / SUBSCRIBERS,
            (double) (heap_bytes() - before) / SUBSCRIBERS / GOAL_BYTES);
    among = burst(bench);
    g_print("a change with its commit: %.1f us of CPU without them, %.1f with them\n", alone,
            among);
    for (guint i = 0; i < SUBSCRIBERS; i++)
        tw_notify_queue_free(bench->queues[i]);
}

int
main(int argc, char **argv)
{
    g_autofree char *made = argc > 1 ? NULL : g_dir_make_tmp("bench-notify-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(argc > 1 ? argv[1] : made, "data", NULL);
    g_autofree Bench *bench = g_new0(Bench, 1);
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    TwStoreMake make = { .partition = -1 };
    TwFolderMake folder = { .name = "Inbox", .type = TW_FOLDER_GENERIC };
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GError) error = NULL;
    TwMessageMade message;
    TwStoreInfo info;

    config.fs = tw_file_system_real();
    config.path = path;
    bench->engine = tw_engine_open(&config, &error);
    check(bench->engine != NULL, error);
    bench->store = tw_store_create(bench->engine, &make, &error);
    check(bench->store != NULL && tw_store_get_info(bench->store, &info, &error), error);
    check(tw_folder_create(bench->store, info.root, &folder, &bench->folder, &error), error);
    check(tw_message_create(bench->store, bench->folder, object, NULL, &message, &error), error);
    bench->mid = message.mid;
    bench->bus = tw_notify_bus_new(bench->engine);
    measure_latency(bench);
    measure_many(bench);
    tw_notify_bus_free(bench->bus);
    tw_store_unref(bench->store);
    tw_engine_close(bench->engine);
    g_print("left in %s\n", path);
    return 0;
}
