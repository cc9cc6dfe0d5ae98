/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One queue under one lock. A thread that finds no job waits on the condition; a push wakes one, and starts a
 * thread when none is idle. Threads are detached in effect: each one that ends says so in the count, and
 * tw_pool_stop() joins them all.
 */
#include "base/pool.h"

#include "base/error.h"
#include "base/lock.h"

typedef struct {
    TwJobFunc func;
    gpointer data;
    TwDeadline deadline;
    TwCancel *cancel; /* owned, or NULL */
} Entry;

struct TwPool {
    char *name;
    TwPoolLimits limits;
    TwCancel *stop;

    TwLock lock;     /* guards all that follows */
    GCond work;      /* a job came, or the pool is stopping */
    GCond ended;     /* a thread ended */
    GQueue queue;    /* Entry */
    GPtrArray *dead; /* GThread that have ended, to be joined */
    gboolean stopping;
    TwPoolStats stats;
};

TwPool *
tw_pool_new(const char *name, const TwPoolLimits *limits)
{
    TwPool *pool = g_new0(TwPool, 1);

    g_return_val_if_fail(limits->most_threads >= 1, NULL);
    pool->name = g_strdup(name);
    pool->limits = *limits;
    pool->stop = tw_cancel_new();
    tw_lock_init(&pool->lock);
    g_cond_init(&pool->work);
    g_cond_init(&pool->ended);
    g_queue_init(&pool->queue);
    pool->dead = g_ptr_array_new();
    return pool;
}

static void
call(const TwPool *pool, Entry *entry)
{
    TwJob job = { TW_JOB_RUN, entry->deadline, entry->cancel, pool->stop };

    if (tw_cancel_fired(pool->stop) || tw_cancel_fired(entry->cancel))
        job.turn = TW_JOB_CANCELLED;
    else if (tw_deadline_passed(entry->deadline, tw_time_mono_us()))
        job.turn = TW_JOB_EXPIRED;
    entry->func(&job, entry->data);
    tw_cancel_unref(entry->cancel);
    g_free(entry);
}

/* The next job, or NULL when the thread should end. */
static Entry *
take_entry(TwPool *pool)
{
    gint64 until = tw_deadline_in_ms(pool->limits.idle_ms).at_us;
    gboolean in_time = TRUE;

    TW_ASSERT_HELD(&pool->lock);
    pool->stats.idle++;
    while (g_queue_is_empty(&pool->queue) && !pool->stopping &&
           (in_time || pool->stats.threads <= pool->limits.least_threads))
        in_time =
            tw_lock_wait(&pool->lock, &pool->work,
                         pool->stats.threads <= pool->limits.least_threads ? G_MAXINT64 : until);
    pool->stats.idle--;
    pool->stats.queued = g_queue_get_length(&pool->queue);
    if (pool->stats.queued > 0)
        pool->stats.queued--;
    return g_queue_pop_head(&pool->queue);
}

static gpointer
work(gpointer data)
{
    TwPool *pool = data;
    Entry *entry;

    TW_LOCK_SCOPE(&pool->lock);
    while ((entry = take_entry(pool)) != NULL) {
        tw_unlock(&pool->lock);
        call(pool, entry);
        tw_lock(&pool->lock);
        pool->stats.done++;
    }
    pool->stats.threads--;
    g_ptr_array_add(pool->dead, g_thread_self());
    g_cond_broadcast(&pool->ended);
    return NULL;
}

/* Threads that have ended under this lock; they are about to return, so joining them takes no time. */
static GPtrArray *
steal_dead(TwPool *pool)
{
    GPtrArray *dead = pool->dead;

    TW_ASSERT_HELD(&pool->lock);
    pool->dead = g_ptr_array_new();
    return dead;
}

static void
join_all(GPtrArray *dead)
{
    for (guint i = 0; i < dead->len; i++)
        g_thread_join(dead->pdata[i]);
    g_ptr_array_unref(dead);
}

/* Starts a thread when no idle one is left for the jobs that wait. */
static gboolean
start_thread(TwPool *pool, GError **error)
{
    g_autoptr(GError) cause = NULL;
    GThread *thread;

    TW_ASSERT_HELD(&pool->lock);
    if (pool->stats.idle > pool->stats.queued || pool->stats.threads >= pool->limits.most_threads)
        return TRUE;
    thread = g_thread_try_new(pool->name, work, pool, &cause);
    if (thread == NULL) {
        if (pool->stats.threads > 0)
            return TRUE; /* those that are there will do it */
        g_set_error(error, TW_ERROR, TW_ERROR_BUSY, "no thread: %s", cause->message);
        return FALSE;
    }
    pool->stats.threads++;
    return TRUE; /* cppcheck-suppress memleak ; it joins itself to the dead when it ends */
}

static gboolean
push_locked(TwPool *pool, const Entry *entry, GError **error)
{
    TW_ASSERT_HELD(&pool->lock);
    if (pool->stopping) {
        g_set_error(error, TW_ERROR, TW_ERROR_CANCELLED, "pool %s is stopping", pool->name);
        return FALSE;
    }
    if (pool->stats.queued >= pool->limits.most_queued) {
        pool->stats.refused++;
        g_set_error(error, TW_ERROR, TW_ERROR_BUSY, "pool %s: %u jobs are waiting", pool->name,
                    pool->stats.queued);
        return FALSE;
    }
    if (!start_thread(pool, error))
        return FALSE;
    g_queue_push_tail(&pool->queue, g_memdup2(entry, sizeof *entry));
    pool->stats.queued++;
    g_cond_signal(&pool->work);
    return TRUE;
}

gboolean
tw_pool_push(TwPool *pool,
             TwJobFunc func,
             gpointer data,
             TwDeadline deadline,
             TwCancel *cancel,
             GError **error)
{
    Entry entry = { func, data, deadline, cancel != NULL ? tw_cancel_ref(cancel) : NULL };
    GPtrArray *dead;
    gboolean ok;

    tw_lock(&pool->lock);
    ok = push_locked(pool, &entry, error);
    dead = steal_dead(pool);
    tw_unlock(&pool->lock);
    join_all(dead);
    if (!ok)
        tw_cancel_unref(entry.cancel);
    return ok;
}

gboolean
tw_job_check(const TwJob *job, GError **error)
{
    return tw_cancel_check(job->stop, tw_deadline_never(), error) &&
           tw_cancel_check(job->cancel, job->deadline, error);
}

void
tw_pool_get_stats(TwPool *pool, TwPoolStats *ret)
{
    TW_LOCK_SCOPE(&pool->lock);
    *ret = pool->stats;
}

void
tw_pool_stop(TwPool *pool, TwDeadline patience)
{
    GPtrArray *dead;

    tw_lock(&pool->lock);
    pool->stopping = TRUE;
    g_cond_broadcast(&pool->work);
    while (pool->stats.threads > 0) {
        if (!tw_cancel_fired(pool->stop) && tw_deadline_passed(patience, tw_time_mono_us())) {
            tw_unlock(&pool->lock);
            tw_cancel_fire(pool->stop);
            tw_lock(&pool->lock);
            continue;
        }
        tw_lock_wait(&pool->lock, &pool->ended,
                     tw_cancel_fired(pool->stop) ? G_MAXINT64 : patience.at_us);
    }
    dead = steal_dead(pool);
    tw_unlock(&pool->lock);
    join_all(dead);
}

void
tw_pool_free(TwPool *pool)
{
    if (pool == NULL)
        return;
    tw_pool_stop(pool, (TwDeadline){ 0 });
    g_ptr_array_unref(pool->dead);
    g_cond_clear(&pool->ended);
    g_cond_clear(&pool->work);
    tw_lock_clear(&pool->lock);
    tw_cancel_unref(pool->stop);
    g_free(pool->name);
    g_free(pool);
}
