/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The queue of outgoing messages. An entry stands in the partition of its store and is written in the transaction that
 * changes the message, so that neither is ever without the other. The master queue of the server is an index in memory over the
 * entries of all partitions, read when the engine opens and kept by their commits: it has no disk state of its own that a
 * crash could leave behind.
 *
 * Life of an entry:
 *
 *   tw_queue_submit() -> WAITING -> due -> tw_queue_take() -> TAKEN -> tw_queue_finish()
 *                           ^                                  |
 *                           +------- tw_queue_retry() ---------+      tw_queue_abort() from WAITING
 *
 * A message has one entry for the server's queue (flag MASTER) and one for the queue of its own client at most. While it has
 * one it cannot be saved or moved but by the owner of its lock (message-lock.h); deleting it takes the entries along.
 * An entry that is TAKEN after a restart may have been sent: tries says that it was begun.
 *
 * Source: spec/mapi-soap.md 13, spec/mailbox-layout.md 31.
 */
#pragma once

#include "base/cancel.h"
#include "store/store.h"

G_BEGIN_DECLS

enum {
    TW_QUEUE_MAX_STORE = 10000, /* entries of one store */
};

/* Numbers are of the wire and on disk. */
typedef enum {
    TW_QUEUE_MASTER = 0x1,   /* the server's queue; else that of the store's own client */
    TW_QUEUE_SENTMAIL = 0x2, /* who sends it moves or deletes it afterwards */
} TwQueueFlags;

/* Numbers are on disk. */
typedef enum {
    TW_QUEUE_WAITING = 0,
    TW_QUEUE_TAKEN = 1,
} TwQueueState;

typedef struct {
    guint32 store, mid;
    guint32 flags; /* bits of #TwQueueFlags */
    guint32 tries; /* how often it was taken */
    TwQueueState state;
    gint64 due_us;       /* not before; microseconds since 1970 */
    gint64 submitted_us; /* when it was put there */
} TwQueueEntry;

/**
 * tw_queue_submit:
 * @store: a store
 * @mid: a normal message
 * @flags: bits of #TwQueueFlags
 * @due_us: not before; 0: PR_DEFERRED_SEND_TIME of the message, or from now on PR_DEFERRED_SEND_NUMBER of its units, or now
 * @error: TW_ERROR_NOT_FOUND; QUOTA: the store is over its soft or hard quota; SUBMITTED: another owner has its lock; TOO_BIG
 *
 * Puts the message into a queue; nothing happens when it is there already. Without MASTER the message is marked as submitted
 * and unsent; with it the flags stay as the client saved them.
 *
 * Returns: FALSE on failure, with nothing changed
 */
gboolean tw_queue_submit(TwStore *store, guint32 mid, guint flags, gint64 due_us, GError **error);

/**
 * tw_queue_abort:
 * @store: a store
 * @mid: a message
 * @error: TW_ERROR_NOT_QUEUED; SUBMITTED: it was taken, or another owner has its lock: it is too late
 *
 * Takes a message out of its queues and clears its submitted mark.
 *
 * Returns: FALSE on failure, with nothing changed
 */
gboolean tw_queue_abort(TwStore *store, guint32 mid, GError **error);

/**
 * tw_queue_take:
 * @store: a store
 * @mid: a message
 * @ret: (out): its entry as it is now
 * @error: TW_ERROR_NOT_QUEUED; SUBMITTED: another owner has its lock
 *
 * Notes in the server's queue that sending begins, before it does. One that is taken already can be taken again: who took
 * it may be gone; the lock tells.
 *
 * Returns: FALSE on failure
 */
gboolean tw_queue_take(TwStore *store, guint32 mid, TwQueueEntry *ret, GError **error);

/**
 * tw_queue_retry:
 * @store: a store
 * @mid: a message
 * @due_us: when to try again
 * @error: TW_ERROR_NOT_QUEUED
 *
 * Puts an entry of the server's queue back to wait.
 *
 * Returns: FALSE on failure
 */
gboolean tw_queue_retry(TwStore *store, guint32 mid, gint64 due_us, GError **error);

/* What becomes of a message that was sent. */
typedef struct {
    guint flags;     /* as tw_queue_submit(): which queue, and which of its marks go */
    guint32 move_to; /* a folder of the store, 0: it stays. Not there: it stays too */
    gboolean remove; /* delete it for good */
} TwQueueFinish;

/**
 * tw_queue_finish:
 * @store: a store
 * @mid: a message, also one that is gone
 * @finish: what becomes of it
 * @ret_mid: (out) (optional): its number now; 0 when it is gone
 * @error: TW_ERROR_SUBMITTED: another owner has its lock; what the database says
 *
 * Takes the entry out and does the rest in the same transaction: the message is marked read; with MASTER alone it loses
 * unsent, else submitted and unsent; then it is moved or deleted.
 *
 * Returns: FALSE on failure, with nothing changed
 */
gboolean tw_queue_finish(
    TwStore *store, guint32 mid, const TwQueueFinish *finish, guint32 *ret_mid, GError **error);

/**
 * tw_queue_list_store:
 * @store: a store
 * @error: what the database says
 *
 * Returns: (transfer full) (element-type TwQueueEntry): all entries of both queues, by number, or NULL
 */
GArray *tw_queue_list_store(TwStore *store, GError **error);

/**
 * tw_queue_list:
 * @engine: an engine
 * @due_us: entries due at this time or before; G_MAXINT64: all
 * @max: most entries
 *
 * The server's queue, those of MASTER, from memory: in the order of due times, then of submission.
 *
 * Returns: (transfer full) (element-type TwQueueEntry): entries
 */
GArray *tw_queue_list(TwEngine *engine, gint64 due_us, guint max);

/**
 * tw_queue_count:
 * @engine: an engine
 * @ret_oldest_us: (out) (optional): when the one waiting longest was submitted; 0: there is none
 *
 * Returns: entries of the server's queue
 */
guint tw_queue_count(TwEngine *engine, gint64 *ret_oldest_us);

/**
 * tw_queue_wait:
 * @engine: an engine
 * @serial: (inout): 0 at first; then what the last call left
 * @until_us: g_get_monotonic_time() when to give up
 * @cancel: (nullable): ends the wait
 *
 * Waits until the server's queue has changed since @serial, by the commit of an entry or by tw_queue_wake(). Who sends lists
 * what is due, and waits until the next due time at most.
 *
 * Returns: FALSE when the time was up, or it was cancelled
 */
gboolean tw_queue_wait(TwEngine *engine, guint64 *serial, gint64 until_us, const TwCancel *cancel);

/**
 * tw_queue_wake:
 * @engine: an engine
 *
 * Ends all waits: something that has to do with sending changed, or @cancel of a wait fired.
 */
void tw_queue_wake(TwEngine *engine);

G_END_DECLS
