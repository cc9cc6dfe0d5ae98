/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files about notifications share. Private to store/. */
#pragma once

#include "base/lock.h"
#include "store/notify.h"

G_BEGIN_DECLS

typedef struct TwNotifySub TwNotifySub;

/* One subscription: in the index of the bus, in the chain of its key, and in the list of its queue. */
struct TwNotifySub {
    gint64 key; /* store << 32 | object: what the index finds it by */
    TwNotifySub *chain_next, *chain_prev;
    TwNotifySub *queue_next;
    TwNotifyQueue *queue;
    TwNotifyWish wish;
};

struct TwNotifyQueue {
    TwNotifyBus *bus;
    gint refs; /* the owner's, and of those who wake it */
    TwNotifyQueueConfig config;
    TwNotifySub *subs;                  /* guarded by the lock of the bus' index */
    TwNotifyQueue *all_next, *all_prev; /* guarded by the same */
    TwLock lock;                        /* guards all below */
    GCond changed;
    GArray *events; /* TwNotifyEvent; NULL when there are none */
    gboolean missed, ended;
    guint waking; /* calls of wake under way */
};

struct TwNotifyBus {
    TwEngine *engine;
    TwSubscription *stream;
    GThread *thread;

    TwLock lock; /* guards the six below */
    GCond woken, finished;
    guint64 asked, done; /* rounds: asked for by flush, and done */
    gboolean news, ending;
    gboolean waits; /* the dispatcher does, and nobody has woken it */
    GArray *
        posted; /* TwNotifyEvent, told by others; behind the changes that are in the stream already */

    TwLock index_lock;  /* guards the three below, and the lists of queues; before a queue's lock */
    GHashTable *index;  /* key -> TwNotifySub, the first of its chain */
    GHashTable *stores; /* number -> how many subscriptions are in it */
    TwNotifyQueue *queues;
};

enum {
    TW_NOTIFY_TREE = -1 /* object of the index for SYNC of hierarchies: all folders of the store */
};

/**
 * tw_notify_queue_miss:
 * @queue: a queue that is not told of something
 *
 * Returns: as tw_notify_queue_put()
 */
TwNotifyQueue *tw_notify_queue_miss(TwNotifyQueue *queue);

/**
 * tw_notify_queue_forget:
 * @queue: a queue
 * @connection: whose events go
 */
void tw_notify_queue_forget(TwNotifyQueue *queue, guint32 connection);

/**
 * tw_notify_dispatch:
 * @bus: a bus
 * @changes: (element-type TwChange): what was committed, in order
 *
 * Puts events into queues, and wakes them.
 */
void tw_notify_dispatch(TwNotifyBus *bus, const GArray *changes);

/**
 * tw_notify_is_watched:
 * @bus: a bus
 * @store: number of a store
 *
 * Returns: whether anybody has subscribed to anything in it
 */
gboolean tw_notify_is_watched(TwNotifyBus *bus, guint32 store);

/**
 * tw_notify_tell:
 * @bus: a bus
 * @event: what happened; its connection does not count
 *
 * To all whom it concerns.
 */
void tw_notify_tell(TwNotifyBus *bus, const TwNotifyEvent *event);

G_END_DECLS
