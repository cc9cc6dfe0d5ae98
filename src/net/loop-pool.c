/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The threads of a loop: workers, which wait on the epoll set themselves, and one ticker.
 *
 * One worker at a time, the poller, waits in epoll_wait(). It takes what events there are in one call and puts their
 * connections where every worker takes from: the loop's queue. Then it runs them one by one, and is no longer the poller. The
 * others stand by. While commands are quick that is all: one thread, busy, takes a whole batch with one system call, and no
 * other thread is woken to find the work done. Two rules keep work from waiting behind a slow command:
 * 1. A worker whose connections lately took QUICK_US on average (ALONE_US, when one connection follows itself) calls one that
 *    stands by before it runs the next, whenever nobody polls; that one serves the queue, or polls. So does a worker in the moment in which its protocol says that it will
 *    wait (tw_conn_will_wait()); what such a call takes is not in the average.
 * 2. Else the ticker, which looks every WATCH_MS (seldomer while all goes well), calls one when nobody polls, work waits and none was taken since its last
 *    look; or when it has found work waiting at CROWDED looks in a row.
 * A poller whose one client asks again as soon as it is answered lingers: it looks for the next question without sleeping, as to
 * be woken takes longer than that (50 us where the processor of a virtual machine is halted by then). It does so only where the
 * last question came within LINGER_US, and where nobody else wants the processor meanwhile.
 * The ticker also turns the wheel of deadlines, lets listeners accept again after a rest, and starts workers: when all are
 * busy and work waits, unless the processors are what is short; then more threads would only take turns.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "net/conn-private.h"
#include "net/pool-private.h"

enum {
    WATCH_MS = 1,      /* how often the ticker looks whether work waits */
    WATCH_MOST_MS = 4, /* how often it does so while each look finds that all goes well */
    CROWDED = 5,       /* so many looks in a row at which work waited are too many for one worker */
    GROW_MS = 5,       /* how often it looks whether there are too few workers */
    WATCH_CALM_MS = 20, /* it stops looking when somebody polled at each look for so long */
    BUSY_REPORT_MS = 1000,
    BATCH = 64,      /* events of one call */
    TURNS_MOST = 64, /* connections taken from the queue before a worker looks for events again */
    QUICK_US = 50,   /* calling another worker costs about a tenth of it */
    ALONE_US =
        150, /* so long a worker may take for a connection that it has just run: it seems to be the only busy one */
    LONG_US =
        200, /* what took longer counts as so long. One alone does not raise the average over QUICK_US: most
                      likely another program had the processor. Two in a row do. */
    LINGER_US =
        500, /* how long to look for the next question: twice what a wake-up at each end and a client in between take on a slow day */
    YIELDED_US =
        100, /* who gives the processor away and is so long without it was not the only one to want it */
    LINGER_REST_US = 100000, /* then nobody lingers for so long */
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

/* Puts the connections that the events are for behind those queued, and accepts from one listener. */
static void
take_batch(TwWorker *worker, const struct epoll_event *events, int count)
{
    TwLoop *loop = worker->loop;
    TwConn *first = NULL, *last = NULL;
    TwListener *listener = NULL;

    for (int i = 0; i < count; i++) {
        guint64 key = events[i].data.u64;
        TwConn *conn;

        if (key == TW_KEY_QUEUE) {
            g_atomic_int_set(&loop->calling, 0);
        } else if (key >> 32 == 0) {
            /* who connects may wait behind a greeting no more than others behind a command */
            if (listener != NULL)
                tw_listener_put_back(listener);
            listener = listener_at(loop, key - TW_KEY_LISTENERS);
        } else if ((conn = tw_conn_take_event(loop, key, events[i].events)) != NULL) {
            if (first == NULL)
                first = conn;
            else
                last->queue_next = conn;
            last = conn;
        }
    }
    if (first != NULL)
        tw_loop_push_list(loop, first, last);
    if (listener != NULL) {
        g_atomic_int_inc(&loop->dispatched);
        tw_listener_ready(listener, worker);
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
    tw_loop_wake_poller(loop); /* the call may have come to this worker instead */
}

void
tw_pool_wake_all(TwLoop *loop)
{
    g_mutex_lock(&loop->standby_lock);
    g_cond_broadcast(&loop->called);
    g_mutex_unlock(&loop->standby_lock);
    tw_loop_wake_poller(loop);
    tw_loop_poke_ticker(loop);
}

/* One that stands by gets to work, or polls. It is woken when the lock is open, or it would wait for that at once. */
static void
call_standby(TwLoop *loop)
{
    gboolean call;

    if (g_atomic_int_get(&loop->standing_by) == 0)
        return;
    g_mutex_lock(&loop->standby_lock);
    call = loop->calls < (guint) loop->standing_by;
    loop->calls += call ? 1 : 0;
    g_mutex_unlock(&loop->standby_lock);
    if (call)
        g_cond_signal(&loop->called);
}

void
tw_conn_will_wait(TwConn *conn)
{
    TwLoop *loop = conn->loop;

    conn->worker->waits = TRUE;
    if (!g_atomic_int_get(&loop->polling))
        call_standby(loop);
}

/* Waits to be called. FALSE: nobody called for so long that the worker may go. */
static gboolean
stand_by(TwLoop *loop)
{
    gint64 until = g_get_monotonic_time() + (gint64) loop->options.idle_worker_ms * 1000;
    gboolean called;

    g_mutex_lock(&loop->standby_lock);
    g_atomic_int_inc(&loop->standing_by);
    while (loop->calls == 0 && tw_loop_state(loop) != TW_LOOP_HALTED) {
        if (!g_cond_wait_until(&loop->called, &loop->standby_lock, until))
            break;
    }
    called = loop->calls > 0;
    if (called)
        loop->calls--;
    g_atomic_int_add(&loop->standing_by, -1);
    g_mutex_unlock(&loop->standby_lock);
    return called;
}

/* Nobody polls until this worker or another has the time. The ticker shall watch that. */
static void
stop_polling(TwLoop *loop)
{
    g_atomic_int_set(&loop->polling, 0);
    if (!g_atomic_int_get(&loop->watching)) {
        g_atomic_int_set(&loop->watching, 1);
        tw_loop_poke_ticker(loop);
    }
}

/* Looks for events for a short time. Returns their count; 0: there are none, and it is time to sleep. */
static int
linger(TwWorker *worker, struct epoll_event *events)
{
    gint64 before, now = g_get_monotonic_time(), end = now + LINGER_US;

    do {
        int n = epoll_wait(worker->loop->epoll_fd, events, BATCH, 0);

        if (n != 0)
            return n;
        before = now;
        (void) sched_yield();
        now = g_get_monotonic_time();
    } while (now < end && now - before < YIELDED_US);
    if (now - before >= YIELDED_US)
        worker->linger_after_us = now + LINGER_REST_US;
    return 0;
}

/* Waits for events as the only one. Whoever was asked by one client alone, and soon again, expects that to go on. */
static int
wait_for_events(TwWorker *worker, struct epoll_event *events)
{
    gint64 since_us = worker->now_us, now_us;
    int n = worker->lingers ? linger(worker, events) : 0;

    if (n == 0)
        n = epoll_wait(worker->loop->epoll_fd, events, BATCH, -1);
    now_us = g_get_monotonic_time();
    worker->lingers = worker->follows && now_us - since_us < LINGER_US &&
                      now_us >= worker->linger_after_us && worker->loop->processors > 1;
    return n;
}

/* Takes what events there are; the poller waits for one if he has nothing else to do. */
static void
take_events(TwWorker *worker, gboolean poller)
{
    TwLoop *loop = worker->loop;
    gboolean wait = poller && !tw_loop_has_queued(loop) && tw_loop_state(loop) != TW_LOOP_HALTED;
    struct epoll_event events[BATCH];
    int n = wait ? wait_for_events(worker, events) : epoll_wait(loop->epoll_fd, events, BATCH, 0);

    if (poller)
        stop_polling(loop);
    worker->now_us = g_get_monotonic_time();
    take_batch(worker, events, n);
}

/* Whether others should not have to wait for @worker while it runs what it has taken. */
static gboolean
is_slow(const TwWorker *worker)
{
    return worker->average_us >= (worker->follows ? ALONE_US : QUICK_US);
}

/* Runs one connection of the queue. FALSE: there is none. */
static gboolean
run_queued(TwWorker *worker)
{
    TwLoop *loop = worker->loop;
    TwConn *conn = tw_loop_pop(loop);
    gint64 start_us = worker->now_us;

    if (conn == NULL)
        return FALSE;
    worker->follows = conn == worker->last && !tw_loop_has_queued(loop);
    worker->last = conn;
    if (!g_atomic_int_get(&loop->polling) && is_slow(worker))
        call_standby(loop);
    g_atomic_int_inc(&loop->dispatched);
    worker->waits = FALSE;
    tw_conn_claim_queued(conn, worker);
    if (!worker->waits)
        worker->average_us += (MIN(worker->now_us - start_us, LONG_US) - worker->average_us) / 8;
    return TRUE;
}

static gpointer
worker_main(gpointer data)
{
    TwWorker worker = { .loop = data };
    TwLoop *loop = worker.loop;
    guint turns = 0;

    while (tw_loop_state(loop) != TW_LOOP_HALTED) {
        if (turns < TURNS_MOST && run_queued(&worker)) {
            turns++;
            continue;
        }
        if (turns >= TURNS_MOST)
            take_events(&worker, FALSE);
        else if (g_atomic_int_compare_and_exchange(&loop->polling, 0, 1))
            take_events(&worker, TRUE);
        else if (!stand_by(loop) && may_leave(loop))
            goto left;
        turns = 0;
    }
    leave_halted(loop);
left:
    tw_conn_buf_clear(&worker.spare_in);
    tw_conn_buf_clear(&worker.spare_out);
    return NULL;
}

/* FALSE: no thread could be had, or none is wanted any more: who stops the loop counts the workers under this lock. */
static gboolean
start_worker(TwLoop *loop)
{
    g_autoptr(GError) error = NULL;
    gboolean wanted;
    GThread *thread;

    g_mutex_lock(&loop->slots_lock);
    wanted = tw_loop_state(loop) != TW_LOOP_HALTED;
    loop->workers += wanted ? 1 : 0;
    g_mutex_unlock(&loop->slots_lock);
    if (!wanted)
        return FALSE;
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
    gint seen;       /* dispatched, at the last look */
    guint waits;     /* looks in a row at which work waited */
    gint64 watch_ms; /* until the next look */
    gint dispatched; /* when the size was last looked at */
    gint64 cpu_us, grew_ms;
    gint64 unpolled_ms; /* when nobody was last seen to poll */
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
work_waits(TwLoop *loop)
{
    struct pollfd p = { .fd = loop->epoll_fd, .events = POLLIN };

    return tw_loop_has_queued(loop) || poll(&p, 1, 0) > 0;
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

/* Whether another worker would be of use: all that there are do something, and it is not the processors that are short. */
static void
look_at_size(Ticker *ticker, gint64 now_ms)
{
    TwLoop *loop = ticker->loop;
    gint dispatched = g_atomic_int_get(&loop->dispatched);
    gint64 cpu_us = process_cpu_us();
    gint64 wall_us = (now_ms - ticker->grew_ms) * 1000;
    gboolean progress = dispatched != ticker->dispatched;
    gboolean cpu_short = (cpu_us - ticker->cpu_us) * 10 >= wall_us * 8 * (gint64) loop->processors;

    if (!(progress && cpu_short) && g_atomic_int_get(&loop->standing_by) == 0 &&
        !g_atomic_int_get(&loop->polling) && work_waits(loop))
        grow(ticker, now_ms);
    ticker->dispatched = dispatched;
    ticker->cpu_us = cpu_us;
    ticker->grew_ms = now_ms;
}

static void
watch_pool(Ticker *ticker, gint64 now_ms)
{
    TwLoop *loop = ticker->loop;
    gint dispatched = g_atomic_int_get(&loop->dispatched);
    guint waits = 0;

    if (!g_atomic_int_get(&loop->polling)) {
        ticker->unpolled_ms = now_ms;
        if (g_atomic_int_get(&loop->standing_by) > 0 && work_waits(loop))
            waits = ticker->waits + 1;
    }
    /* Who is quick catches up alone; one more thread would take half of each batch, and processor caches with it. */
    if (waits > 0 && (dispatched == ticker->seen || waits >= CROWDED)) {
        call_standby(loop);
        waits = 0;
    }
    ticker->watch_ms =
        waits == 0 ? MIN(ticker->watch_ms + WATCH_MS, (gint64) WATCH_MOST_MS) : (gint64) WATCH_MS;
    ticker->waits = waits;
    ticker->seen = dispatched;
    if (now_ms - ticker->grew_ms >= GROW_MS)
        look_at_size(ticker, now_ms);
    if (now_ms - ticker->unpolled_ms > WATCH_CALM_MS) {
        g_atomic_int_set(&loop->watching, 0);
        ticker->watch_ms = WATCH_MS;
        /* who stopped polling in this moment may have seen the old value */
        if (!g_atomic_int_get(&loop->polling))
            g_atomic_int_set(&loop->watching, 1);
    }
}

/* TRUE: somebody wants something. */
static gboolean
sleep_until(TwLoop *loop, gint64 until_ms)
{
    struct pollfd p = { .fd = loop->ticker_fd, .events = POLLIN };
    gint64 wait_ms = until_ms == TW_WHEEL_NEVER ? -1 : MAX(until_ms - tw_loop_now_ms(), 0);
    guint64 count;

    return poll(&p, 1, (int) MIN(wait_ms, G_MAXINT)) > 0 &&
           read(loop->ticker_fd, &count, sizeof count) > 0;
}

static gpointer
ticker_main(gpointer data)
{
    Ticker ticker = { .loop = data, .due = g_ptr_array_new(), .watch_ms = WATCH_MS };
    TwLoop *loop = ticker.loop;

    gint64 next = 0;

    ticker.dispatched = g_atomic_int_get(&loop->dispatched);
    while (tw_loop_state(loop) != TW_LOOP_HALTED) {
        gint64 now = tw_loop_now_ms();
        gboolean watching = g_atomic_int_get(&loop->watching);

        if (watching)
            watch_pool(&ticker, now);
        if (!sleep_until(loop, watching ? MIN(next, now + ticker.watch_ms) : next) &&
            tw_loop_now_ms() < next)
            continue;
        next = turn_wheel(&ticker);
        next = MIN(next, tick_listeners(loop, tw_loop_now_ms()));
        join_ended(loop);
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
