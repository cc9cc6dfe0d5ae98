/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The threads of a loop: workers, which wait on the epoll set themselves, and one ticker.
 *
 * Each worker takes one event at a time, so that nothing waits behind a slow command while another worker is idle. The
 * ticker turns the wheel of deadlines, lets listeners accept again after a rest, and starts workers: when all are busy and
 * events wait, unless the processors are what is short; then more threads would only take turns.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "net/conn-private.h"
#include "net/pool-private.h"

enum {
    WATCH_MS = 5,        /* how often the ticker looks at a busy pool */
    WATCH_CALM_MS = 500, /* it stops looking when the pool was not all busy for so long */
    BUSY_REPORT_MS = 1000,
};

/* --- workers ---------------------------------------------------------------------------------------------------- */

static TwListener *
listener_at(TwLoop *loop, guint64 number)
{
    TwListener *listener;

    g_mutex_lock(&loop->listeners_lock);
    listener = g_ptr_array_index(loop->listeners, number);
    g_mutex_unlock(&loop->listeners_lock);
    return listener;
}

static void
dispatch(TwWorker *worker, const struct epoll_event *event)
{
    TwLoop *loop = worker->loop;
    guint64 key = event->data.u64;

    g_atomic_int_inc(&loop->dispatched);
    if (key >> 32 != 0) {
        tw_conn_claim(loop, worker, key, event->events);
    } else if (key == TW_KEY_QUEUE) {
        TwConn *conn = tw_loop_pop(loop);
        if (conn != NULL)
            tw_conn_claim_queued(conn, worker);
    } else {
        tw_listener_ready(listener_at(loop, key - TW_KEY_LISTENERS), worker);
    }
}

/* Whether a worker that found nothing to do for a while may go. If so it is no longer counted. */
static gboolean
may_leave(TwLoop *loop)
{
    gboolean leave;

    g_mutex_lock(&loop->slots_lock);
    leave = loop->workers > loop->options.min_workers;
    if (leave) {
        loop->workers--;
        g_ptr_array_add(loop->ended, g_thread_self());
        g_cond_broadcast(&loop->changed);
    }
    g_mutex_unlock(&loop->slots_lock);
    return leave;
}

static void
leave_halted(TwLoop *loop)
{
    g_mutex_lock(&loop->slots_lock);
    loop->workers--;
    g_ptr_array_add(loop->ended, g_thread_self());
    g_cond_broadcast(&loop->changed);
    g_mutex_unlock(&loop->slots_lock);
    tw_loop_call_worker(loop);
}

/* The last idle worker that gets to work has the ticker watch the pool. */
static void
leave_idle(TwLoop *loop)
{
    if (g_atomic_int_dec_and_test(&loop->idle) && !g_atomic_int_get(&loop->watching)) {
        g_atomic_int_set(&loop->watching, 1);
        tw_loop_poke_ticker(loop);
    }
}

static gpointer
worker_main(gpointer data)
{
    TwWorker worker = { .loop = data };
    TwLoop *loop = worker.loop;

    for (;;) {
        struct epoll_event event;
        int n;

        if (tw_loop_state(loop) == TW_LOOP_HALTED) {
            leave_halted(loop);
            break;
        }
        g_atomic_int_inc(&loop->idle);
        n = epoll_wait(loop->epoll_fd, &event, 1, (int) loop->options.idle_worker_ms);
        leave_idle(loop);
        if (n > 0)
            dispatch(&worker, &event);
        else if (n == 0 && may_leave(loop))
            break;
    }
    tw_conn_buf_clear(&worker.spare_in);
    tw_conn_buf_clear(&worker.spare_out);
    return NULL;
}

/* FALSE: no thread could be had. */
static gboolean
start_worker(TwLoop *loop)
{
    g_autoptr(GError) error = NULL;
    GThread *thread;

    g_mutex_lock(&loop->slots_lock);
    loop->workers++;
    g_mutex_unlock(&loop->slots_lock);
    thread = g_thread_try_new("net-worker", worker_main, loop, &error);
    if (thread != NULL)
        // cppcheck-suppress memleak
        return TRUE; /* it puts itself into the list of those to be joined */
    g_mutex_lock(&loop->slots_lock);
    loop->workers--;
    g_mutex_unlock(&loop->slots_lock);
    tw_loop_report(loop, TW_LOOP_EVENT_WORKER_FAILED, NULL, error);
    return FALSE;
}

static void
join_ended(TwLoop *loop)
{
    for (;;) {
        GThread *thread = NULL;

        g_mutex_lock(&loop->slots_lock);
        if (loop->ended->len > 0)
            thread = g_ptr_array_steal_index_fast(loop->ended, loop->ended->len - 1);
        g_mutex_unlock(&loop->slots_lock);
        if (thread == NULL)
            return;
        g_thread_join(thread);
    }
}

/* --- ticker ----------------------------------------------------------------------------------------------------- */

typedef struct {
    TwLoop *loop;
    GPtrArray *due;  /* (element-type TwConn): references to connections whose deadline passed */
    gint dispatched; /* at the last look */
    gint64 cpu_us, looked_ms;
    gint64 all_busy_ms; /* when all workers were last seen busy */
    gint64 reported_ms;
} Ticker;

static void
collect_due(TwWheelEntry *entry, gpointer data)
{
    Ticker *ticker = data;

    g_ptr_array_add(
        ticker->due,
        tw_conn_ref((TwConn *) (gpointer) ((guint8 *) entry - G_STRUCT_OFFSET(TwConn, timer))));
}

/* Returns when the wheel wants to be turned again. */
static gint64
turn_wheel(Ticker *ticker)
{
    for (;;) {
        gint64 now = tw_loop_now_ms();
        gint64 next = tw_wheel_turn(&ticker->loop->wheel, now, collect_due, ticker);

        if (ticker->due->len == 0)
            return next;
        for (guint i = 0; i < ticker->due->len; i++) {
            TwConn *conn = g_ptr_array_index(ticker->due, i);
            tw_conn_timer_due(conn, now);
            tw_conn_unref(conn);
        }
        g_ptr_array_set_size(ticker->due, 0);
    }
}

static gint64
tick_listeners(TwLoop *loop, gint64 now_ms)
{
    gint64 next = TW_WHEEL_NEVER;

    g_mutex_lock(&loop->listeners_lock);
    for (guint i = 0; i < loop->listeners->len; i++) {
        gint64 wants = tw_listener_tick(g_ptr_array_index(loop->listeners, i), now_ms);
        next = MIN(next, wants);
    }
    g_mutex_unlock(&loop->listeners_lock);
    return next;
}

static gint64
process_cpu_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (gint64) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static gboolean
events_wait(TwLoop *loop)
{
    struct pollfd p = { .fd = loop->epoll_fd, .events = POLLIN };

    return poll(&p, 1, 0) > 0;
}

static void
grow(Ticker *ticker, gint64 now_ms)
{
    TwLoop *loop = ticker->loop;
    guint workers, wanted;

    g_mutex_lock(&loop->slots_lock);
    workers = loop->workers;
    g_mutex_unlock(&loop->slots_lock);
    if (workers >= loop->options.max_workers) {
        if (now_ms - ticker->reported_ms >= BUSY_REPORT_MS) {
            ticker->reported_ms = now_ms;
            tw_loop_report(loop, TW_LOOP_EVENT_WORKERS_BUSY, NULL, NULL);
        }
        return;
    }
    wanted = MIN(loop->options.max_workers - workers, MAX(workers / 2, 1));
    while (wanted-- > 0 && start_worker(loop))
        continue;
}

static void
watch_pool(Ticker *ticker, gint64 now_ms)
{
    TwLoop *loop = ticker->loop;
    gint dispatched = g_atomic_int_get(&loop->dispatched);
    gint64 cpu_us = process_cpu_us();
    gint64 wall_us = (now_ms - ticker->looked_ms) * 1000;
    gboolean all_busy = g_atomic_int_get(&loop->idle) == 0;
    gboolean progress = dispatched != ticker->dispatched;
    gboolean cpu_short =
        (cpu_us - ticker->cpu_us) * 10 >= wall_us * 8 * (gint64) g_get_num_processors();

    if (all_busy)
        ticker->all_busy_ms = now_ms;
    if (all_busy && !(progress && cpu_short) && events_wait(loop))
        grow(ticker, now_ms);
    if (now_ms - ticker->all_busy_ms > WATCH_CALM_MS)
        g_atomic_int_set(&loop->watching, 0);
    ticker->dispatched = dispatched;
    ticker->cpu_us = cpu_us;
    ticker->looked_ms = now_ms;
}

static void
sleep_until(TwLoop *loop, gint64 until_ms)
{
    struct pollfd p = { .fd = loop->ticker_fd, .events = POLLIN };
    gint64 wait_ms = until_ms == TW_WHEEL_NEVER ? -1 : MAX(until_ms - tw_loop_now_ms(), 0);
    guint64 count;

    if (poll(&p, 1, (int) MIN(wait_ms, G_MAXINT)) > 0 &&
        read(loop->ticker_fd, &count, sizeof count) < 0)
        return;
}

static gpointer
ticker_main(gpointer data)
{
    Ticker ticker = { .loop = data, .due = g_ptr_array_new() };
    TwLoop *loop = ticker.loop;

    ticker.dispatched = g_atomic_int_get(&loop->dispatched);
    while (tw_loop_state(loop) != TW_LOOP_HALTED) {
        gint64 next = turn_wheel(&ticker);
        gint64 now = tw_loop_now_ms();
        gint64 listeners = tick_listeners(loop, now);

        join_ended(loop);
        next = MIN(next, listeners);
        if (g_atomic_int_get(&loop->watching)) {
            if (now - ticker.looked_ms >= WATCH_MS)
                watch_pool(&ticker, now);
            next = MIN(next, now + WATCH_MS);
        }
        sleep_until(loop, next);
    }
    g_ptr_array_unref(ticker.due);
    return NULL;
}

gboolean
tw_pool_start(TwLoop *loop)
{
    loop->ticker = g_thread_try_new("net-ticker", ticker_main, loop, NULL);
    if (loop->ticker == NULL)
        return FALSE;
    for (guint i = 0; i < loop->options.min_workers; i++) {
        if (!start_worker(loop))
            return FALSE;
    }
    return TRUE;
}

void
tw_pool_join(TwLoop *loop)
{
    GThread *ticker;

    g_mutex_lock(&loop->slots_lock);
    ticker = g_steal_pointer(&loop->ticker);
    g_mutex_unlock(&loop->slots_lock);
    if (ticker != NULL)
        g_thread_join(ticker);
    join_ended(loop);
}
