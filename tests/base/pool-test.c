/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/pool.h"

#include "base/error.h"
#include "base/lock.h"

/* A gate that jobs wait at, and what they saw. */
typedef struct {
    TwLock lock; /* guards all that follows */
    GCond changed;
    gboolean open;
    guint waiting, turns[3];
} Gate;

static void
gate_init(Gate *gate)
{
    *gate = (Gate){ .open = FALSE };
    tw_lock_init(&gate->lock);
    g_cond_init(&gate->changed);
}

static void
gate_clear(Gate *gate)
{
    g_cond_clear(&gate->changed);
    tw_lock_clear(&gate->lock);
}

static void
gate_open(Gate *gate)
{
    TW_LOCK_SCOPE(&gate->lock);
    gate->open = TRUE;
    g_cond_broadcast(&gate->changed);
}

static void
wait_for_waiting(Gate *gate, guint count)
{
    TW_LOCK_SCOPE(&gate->lock);
    while (gate->waiting < count)
        tw_lock_wait(&gate->lock, &gate->changed, G_MAXINT64);
}

static void
pass_gate(const TwJob *job, gpointer data)
{
    Gate *gate = data;

    TW_LOCK_SCOPE(&gate->lock);
    gate->turns[job->turn]++;
    if (job->turn != TW_JOB_RUN)
        return;
    gate->waiting++;
    g_cond_broadcast(&gate->changed);
    while (!gate->open)
        tw_lock_wait(&gate->lock, &gate->changed, G_MAXINT64);
}

static void
test_bounds(void)
{
    static const TwPoolLimits limits = {
        .least_threads = 1, .most_threads = 3, .most_queued = 2, .idle_ms = 60000
    };
    TwPool *pool = tw_pool_new("test", &limits);
    g_autoptr(GError) error = NULL;
    TwPoolStats stats;
    Gate gate;

    gate_init(&gate);
    for (guint i = 0; i < 3; i++) {
        g_assert_true(tw_pool_push(pool, pass_gate, &gate, tw_deadline_never(), NULL, NULL));
        wait_for_waiting(&gate, i + 1);
    }
    for (guint i = 0; i < 2; i++)
        g_assert_true(tw_pool_push(pool, pass_gate, &gate, tw_deadline_never(), NULL, NULL));
    g_assert_false(tw_pool_push(pool, pass_gate, &gate, tw_deadline_never(), NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    tw_pool_get_stats(pool, &stats);
    g_assert_cmpuint(stats.threads, ==, 3);
    g_assert_cmpuint(stats.queued, ==, 2);
    g_assert_cmpuint(stats.refused, ==, 1);
    gate_open(&gate);
    tw_pool_stop(pool, tw_deadline_never());
    g_assert_cmpuint(gate.turns[TW_JOB_RUN], ==, 5);
    g_clear_error(&error);
    g_assert_false(tw_pool_push(pool, pass_gate, &gate, tw_deadline_never(), NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CANCELLED);
    tw_pool_get_stats(pool, &stats);
    g_assert_cmpuint(stats.done, ==, 5);
    g_assert_cmpuint(stats.threads, ==, 0);
    tw_pool_free(pool);
    gate_clear(&gate);
}

static void
test_cancelled_and_expired(void)
{
    static const TwPoolLimits limits = { .most_threads = 1, .most_queued = 10, .idle_ms = 60000 };
    g_autoptr(TwPool) pool = tw_pool_new("test", &limits);
    g_autoptr(TwCancel) cancel = tw_cancel_new();
    Gate gate;

    gate_init(&gate);
    tw_pool_push(pool, pass_gate, &gate, tw_deadline_never(), NULL, NULL);
    wait_for_waiting(&gate, 1);
    tw_pool_push(pool, pass_gate, &gate, tw_deadline_never(), cancel, NULL);
    tw_pool_push(pool, pass_gate, &gate, (TwDeadline){ 0 }, NULL, NULL);
    tw_cancel_fire(cancel);
    gate_open(&gate);
    tw_pool_stop(pool, tw_deadline_never());
    g_assert_cmpuint(gate.turns[TW_JOB_RUN], ==, 1);
    g_assert_cmpuint(gate.turns[TW_JOB_CANCELLED], ==, 1);
    g_assert_cmpuint(gate.turns[TW_JOB_EXPIRED], ==, 1);
    gate_clear(&gate);
}

/* Runs until it is told to stop. */
static void
run_on(const TwJob *job, gpointer data)
{
    Gate *gate = data;
    g_autoptr(GError) error = NULL;

    tw_lock(&gate->lock);
    gate->turns[job->turn]++;
    gate->waiting++;
    g_cond_broadcast(&gate->changed);
    tw_unlock(&gate->lock);
    while (job->turn == TW_JOB_RUN && tw_job_check(job, &error))
        g_thread_yield();
}

static void
test_stop_without_patience(void)
{
    static const TwPoolLimits limits = { .most_threads = 1, .most_queued = 10, .idle_ms = 60000 };
    g_autoptr(TwPool) pool = tw_pool_new("test", &limits);
    Gate gate;

    gate_init(&gate);
    for (int i = 0; i < 4; i++)
        tw_pool_push(pool, run_on, &gate, tw_deadline_never(), NULL, NULL);
    wait_for_waiting(&gate, 1);
    tw_pool_stop(pool, (TwDeadline){ 0 });
    g_assert_cmpuint(gate.turns[TW_JOB_RUN], ==, 1);
    g_assert_cmpuint(gate.turns[TW_JOB_CANCELLED], ==, 3);
    gate_clear(&gate);
}

static void
test_idle_threads_end(void)
{
    static const TwPoolLimits limits = {
        .least_threads = 1, .most_threads = 4, .most_queued = 10, .idle_ms = 0
    };
    g_autoptr(TwPool) pool = tw_pool_new("test", &limits);
    TwPoolStats stats;
    Gate gate;

    gate_init(&gate);
    for (guint i = 0; i < 4; i++) {
        tw_pool_push(pool, pass_gate, &gate, tw_deadline_never(), NULL, NULL);
        wait_for_waiting(&gate, i + 1);
    }
    gate_open(&gate);
    do {
        g_thread_yield();
        tw_pool_get_stats(pool, &stats);
    } while (stats.threads > 1 || stats.done < 4);
    g_assert_true(tw_pool_push(pool, pass_gate, &gate, tw_deadline_never(), NULL, NULL));
    tw_pool_stop(pool, tw_deadline_never());
    g_assert_cmpuint(gate.turns[TW_JOB_RUN], ==, 5);
    gate_clear(&gate);
}

static void
count(const TwJob *job, gpointer data)
{
    (void) job;
    g_atomic_int_inc((int *) data);
}

static void
test_many(void)
{
    static const TwPoolLimits limits = { .most_threads = 4, .most_queued = 5000, .idle_ms = 0 };
    g_autoptr(TwPool) pool = tw_pool_new("test", &limits);
    int done = 0;

    for (int i = 0; i < 5000; i++)
        g_assert_true(tw_pool_push(pool, count, &done, tw_deadline_never(), NULL, NULL));
    tw_pool_stop(pool, tw_deadline_never());
    g_assert_cmpint(done, ==, 5000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/pool/bounds", test_bounds);
    g_test_add_func("/base/pool/cancelled-and-expired", test_cancelled_and_expired);
    g_test_add_func("/base/pool/stop-without-patience", test_stop_without_patience);
    g_test_add_func("/base/pool/idle-threads-end", test_idle_threads_end);
    g_test_add_func("/base/pool/many", test_many);
    return g_test_run();
}
