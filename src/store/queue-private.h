/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files about the queue of outgoing messages and about locks share. Private to store/. */
#pragma once

#include "store/message-lock.h"
#include "store/message-private.h"
#include "store/queue.h"

G_BEGIN_DECLS

/* ---- rows: sql-queue.c ---- */

gboolean tw_sql_queue_put(TwDbTx *tx, const TwQueueEntry *entry, GError **error);
/* @ret->mid 0: there is none. */
gboolean tw_sql_queue_get(
    TwDbTx *tx, guint32 store, guint32 mid, gboolean master, TwQueueEntry *ret, GError **error);
gboolean tw_sql_queue_delete(
    TwDbTx *tx, guint32 store, guint32 mid, gboolean master, gboolean *ret_was, GError **error);
/* Of a store, or of the whole partition when @store is 0; (element-type TwQueueEntry). */
GArray *tw_sql_queue_list(TwDbTx *tx, guint32 store, GError **error);
gboolean tw_sql_queue_count(TwDbTx *tx, guint32 store, guint *ret, GError **error);

/* ---- in a change: queue.c ---- */

/* What is to be done with a message that may be queued or locked. */
typedef enum {
    TW_TOUCH_MARK,   /* read, status, keywords: as long as nobody else holds it */
    TW_TOUCH_DELETE, /* the same; its entries go along */
    TW_TOUCH_CHANGE, /* content, place, submitted: not while it is queued, but by the holder */
} TwTouch;

/**
 * tw_message_may:
 * @work: the change
 * @mid: a message
 * @touch: what is to be done
 * @ret: (out): whether it may
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_may(TwWork *work, guint32 mid, TwTouch touch, gboolean *ret, GError **error);

/**
 * tw_queue_forget:
 * @work: the change
 * @mid: a message that goes
 * @error: what the database says
 *
 * Takes it out of all queues.
 *
 * Returns: FALSE on failure
 */
gboolean tw_queue_forget(TwWork *work, guint32 mid, GError **error);

/**
 * tw_queue_follow_move:
 * @work: the change
 * @from: a message's number
 * @to: its new one
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_queue_follow_move(TwWork *work, guint32 from, guint32 to, GError **error);

/**
 * tw_queue_follow_flags:
 * @work: the change
 * @mid: a message saved by synchronisation
 * @before: its flags before; 0 for a new one
 * @after: its flags now
 * @error: what the database says
 *
 * A client that synchronises queues a message by its submitted mark (spec/mapi-soap.md 7.3): in the store's own queue.
 *
 * Returns: FALSE on failure
 */
gboolean tw_queue_follow_flags(
    TwWork *work, guint32 mid, guint32 before, guint32 after, GError **error);

/* ---- the index and the locks: queue-index.c, message-lock.c ---- */

typedef struct TwQueueIndex TwQueueIndex;
typedef struct TwLocks TwLocks;

/**
 * tw_queue_index_new:
 * @engine: an engine whose partitions are open
 * @error: what a partition says
 *
 * Returns: (transfer full): the index of all entries, or NULL
 */
TwQueueIndex *tw_queue_index_new(TwEngine *engine, GError **error);

/**
 * tw_queue_index_free:
 * @self: (nullable) (transfer full): an index that no commit finds any more
 */
void tw_queue_index_free(TwQueueIndex *self);

/**
 * tw_queue_index_may_have:
 * @self: an index
 * @store: number of a store
 * @mid: a message
 *
 * Asked inside of transactions, before the rows are: most messages are in no queue.
 *
 * Returns: FALSE if neither a committed nor a running transaction has an entry of it
 */
gboolean tw_queue_index_may_have(TwQueueIndex *self, guint32 store, guint32 mid);

/**
 * tw_queue_index_note:
 * @self: an index
 * @tx: a transaction that has just written or deleted a row
 * @entry: the row
 * @gone: it was deleted
 *
 * Takes it over when @tx has committed.
 */
void tw_queue_index_note(TwQueueIndex *self, TwDbTx *tx, const TwQueueEntry *entry, gboolean gone);

/**
 * tw_queue_index_drop_store:
 * @self: an index
 * @store: number of a store that is deleted
 */
void tw_queue_index_drop_store(TwQueueIndex *self, guint32 store);

/**
 * tw_locks_new:
 *
 * Returns: (transfer full): no locks
 */
TwLocks *tw_locks_new(void);

/**
 * tw_locks_free:
 * @self: (nullable) (transfer full): locks
 */
void tw_locks_free(TwLocks *self);

/**
 * tw_locks_move:
 * @store: a store
 * @from: a message's number
 * @to: its new one, 0: it is gone
 *
 * Takes a lock along, after the commit.
 */
void tw_locks_move(TwStore *store, guint32 from, guint32 to);

/**
 * tw_bulk_move_one:
 * @work: the change
 * @row: (inout): a normal or associated message
 * @to: a folder of the store
 * @new_mid: its new number
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_bulk_move_one(
    TwWork *work, TwMessageRow *row, TwFolderRow *to, guint32 new_mid, GError **error);

G_END_DECLS
