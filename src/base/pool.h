/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Worker threads for jobs: between a least and a most number of threads, a bounded queue that refuses when it is
 * full, and an orderly end. Every job that was taken in is called exactly once.
 */
#pragma once

#include "base/cancel.h"
#include "base/time.h"

G_BEGIN_DECLS

typedef struct TwPool TwPool;

typedef enum {
    TW_JOB_RUN,       /* do it */
    TW_JOB_CANCELLED, /* its TwCancel fired, or the pool stopped, before its turn came: only clean up */
    TW_JOB_EXPIRED, /* its deadline passed before its turn came: only clean up */
} TwJobTurn;

/* What a job is called with; valid until it returns. */
typedef struct {
    TwJobTurn turn;
    TwDeadline deadline;
    const TwCancel *cancel; /* (nullable): its own */
    const TwCancel *stop;   /* fires when the pool's patience at the end is over */
} TwJob;

typedef void (*TwJobFunc)(const TwJob *job, gpointer data);

typedef struct {
    guint least_threads; /* kept when idle; may be 0 */
    guint most_threads;  /* at least 1 */
    guint most_queued;   /* jobs waiting; the next is refused */
    guint idle_ms;       /* how long a thread past the least waits for work before it ends */
} TwPoolLimits;

typedef struct {
    guint threads, idle, queued;
    guint64 done, refused;
} TwPoolStats;

/**
 * tw_pool_new:
 * @name: for the threads; at most 15 bytes show
 * @limits: copied
 *
 * Returns: (transfer full): a pool; threads start with the first jobs
 */
TwPool *tw_pool_new(const char *name, const TwPoolLimits *limits);

/**
 * tw_pool_push:
 * @pool: a pool
 * @func: the job
 * @data: for @func, which cleans it up on every turn
 * @deadline: after which it need not start; tw_deadline_never() for none
 * @cancel: (nullable): to take it back; the pool holds a reference
 * @error: TW_ERROR_BUSY when the queue is full, TW_ERROR_CANCELLED when the pool is stopping
 *
 * Puts a job at the end of the queue. On failure it will not be called.
 *
 * Returns: FALSE when it was refused
 */
gboolean tw_pool_push(TwPool *pool,
                      TwJobFunc func,
                      gpointer data,
                      TwDeadline deadline,
                      TwCancel *cancel,
                      GError **error);

/**
 * tw_job_check:
 * @job: the running job
 * @error: TW_ERROR_CANCELLED or TW_ERROR_TIMEOUT
 *
 * What a long job calls now and then.
 *
 * Returns: FALSE when it should end
 */
gboolean tw_job_check(const TwJob *job, GError **error);

/**
 * tw_pool_get_stats:
 * @pool: a pool
 * @ret: (out): how it stands
 */
void tw_pool_get_stats(TwPool *pool, TwPoolStats *ret);

/**
 * tw_pool_stop:
 * @pool: a pool
 * @patience: until when queued and running jobs may go on as usual
 *
 * Refuses new jobs and lets the others end. When the patience is over, queued jobs are called as cancelled and
 * running ones see it in tw_job_check(). Returns when every job has returned and every thread has ended. Not
 * from within a job; from one thread only.
 */
void tw_pool_stop(TwPool *pool, TwDeadline patience);

/**
 * tw_pool_free:
 * @pool: (nullable): a pool; stopped with no patience if it was not
 */
void tw_pool_free(TwPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwPool, tw_pool_free)

G_END_DECLS
