/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Notifications: who wants to know is told of each commit, in order.
 *
 * One dispatcher thread an engine takes the stream of changes and puts events into the queues of those who subscribed to the
 * store, folder or message. A queue belongs to one consumer (a session group, an IDLE, a long poll) and has any number of
 * subscriptions, each with a number of the consumer's choice. It is bounded: when it is full it is emptied, and the
 * consumer is told that it missed something.
 *
 * An event says what changed and where, in numbers of the engine. Whether a consumer may know of it is asked by the filter of
 * its queue, when events are taken and on the thread that takes them.
 *
 * Sources: spec/mapi-soap.md 10, spec/mailbox-layout.md 30.
 */
#pragma once

#include "store/store.h"

G_BEGIN_DECLS

/* Types of events, and bits of masks. Numbers are on the wire. */
typedef enum {
    TW_NOTIFY_NEW_MAIL = 0x2,
    TW_NOTIFY_CREATED = 0x4,
    TW_NOTIFY_DELETED = 0x8,
    TW_NOTIFY_MODIFIED = 0x10,
    TW_NOTIFY_MOVED = 0x20,
    TW_NOTIFY_COPIED = 0x40,
    TW_NOTIFY_SEARCH_COMPLETE = 0x80,
    TW_NOTIFY_TABLE = 0x100, /* of a table: told by who keeps it, not by the bus */
    TW_NOTIFY_SYNC = 0x200,  /* the wire says 0x80000001 */
    TW_NOTIFY_QUEUE = 0x400, /* the queue of outgoing mail: likewise; not on the wire */

    /* of masks alone */
    TW_NOTIFY_MESSAGES = 0x10000,    /* messages only; of a folder: those in it */
    TW_NOTIFY_FOLDERS = 0x20000,     /* folders only */
    TW_NOTIFY_NO_COUNTERS = 0x40000, /* no MODIFIED that only says other counters */
} TwNotifyType;

/* Numbers are of MAPI. */
typedef enum {
    TW_NOTIFY_OBJECT_STORE = 1,
    TW_NOTIFY_OBJECT_FOLDER = 3,
    TW_NOTIFY_OBJECT_MESSAGE = 5,
} TwNotifyObject;

typedef struct {
    guint32 connection; /* of the subscription */
    guint32 type;       /* TwNotifyType, one bit */
    guint8 object;      /* TwNotifyObject */
    gboolean counters;  /* MODIFIED: the counters of a folder alone */
    guint32 store;
    guint32 id, parent;         /* the object and its folder; 0: none */
    guint32 old_id, old_parent; /* MOVED, COPIED: what it was made from, and where that was */
    guint64 cn;                 /* of the change; 0: there was none */
    guint32 total, unread;      /* MODIFIED of a folder: as they are now */
    guint32 sync;               /* SYNC: the sync id */
    guint16 sync_type;          /* SYNC: TwSyncClass | TwSyncAction */
    guint32 flags;              /* NEW_MAIL: PR_MESSAGE_FLAGS */
    char *message_class;        /* NEW_MAIL: owned by the queue or array it is in; else NULL */
} TwNotifyEvent;

typedef struct TwNotifyBus TwNotifyBus;
typedef struct TwNotifyQueue TwNotifyQueue;

/**
 * tw_notify_bus_new:
 * @engine: an engine, which outlives the bus
 *
 * Starts the dispatcher.
 *
 * Returns: (transfer full): the bus
 */
TwNotifyBus *tw_notify_bus_new(TwEngine *engine);

/**
 * tw_notify_bus_free:
 * @bus: (nullable) (transfer full): a bus whose queues were all freed
 */
void tw_notify_bus_free(TwNotifyBus *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwNotifyBus, tw_notify_bus_free)

/**
 * tw_notify_bus_flush:
 * @bus: a bus
 *
 * Waits until all that was committed before this call is in the queues.
 */
void tw_notify_bus_flush(TwNotifyBus *bus);

/* ---- queues ---- */

enum {
    TW_NOTIFY_QUEUE_EVENTS =
        1000 /* kept for a consumer by default: without a bound one that is away holds all memory */
};

typedef struct {
    guint max; /* events kept; 0: %TW_NOTIFY_QUEUE_EVENTS */
    /* Called when there is something to take after there was nothing; on any thread: be brief, call nothing of store/.
     * Nullable. */
    void (*wake)(gpointer data);
    /* Whether the consumer may know of this; called by tw_notify_queue_take() on its thread, without locks. Nullable. */
    gboolean (*allow)(const TwNotifyEvent *event, gpointer data);
    gpointer data;
} TwNotifyQueueConfig;

/**
 * tw_notify_queue_new:
 * @bus: a bus
 * @config: (nullable): how; copied
 *
 * Returns: (transfer full): a queue without subscriptions
 */
TwNotifyQueue *tw_notify_queue_new(TwNotifyBus *bus, const TwNotifyQueueConfig *config);

/**
 * tw_notify_queue_free:
 * @queue: (nullable) (transfer full): a queue; its subscriptions end
 *
 * When this returns its wake is not running and will not run. Not to be called from it.
 */
void tw_notify_queue_free(TwNotifyQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwNotifyQueue, tw_notify_queue_free)

/* What to be told of. */
typedef struct {
    guint32 connection; /* the consumer's number: one that is in use is replaced */
    guint32 mask;       /* TwNotifyType */
    guint32 store;
    guint32 id;   /* folder or message; 0: the store and all in it */
    guint32 sync; /* SYNC: changes by this sync id are not told */
    guint64 cn; /* SYNC: what the consumer knows; when there is more already, it is told at once */
    gboolean hierarchy; /* SYNC: of the folders below @id, else of the messages in it */
} TwNotifyWish;

/**
 * tw_notify_subscribe:
 * @queue: a queue
 * @wish: what to be told of: all that commits after this returns, and maybe what commits meanwhile
 * @error: TW_ERROR_NOT_FOUND: SYNC: no such store or folder
 *
 * Returns: FALSE on failure
 */
gboolean tw_notify_subscribe(TwNotifyQueue *queue, const TwNotifyWish *wish, GError **error);

/**
 * tw_notify_unsubscribe:
 * @queue: a queue
 * @connection: of a subscription, or of none
 *
 * Events under that number that are in the queue already go too.
 */
void tw_notify_unsubscribe(TwNotifyQueue *queue, guint32 connection);

/**
 * tw_notify_queue_take:
 * @queue: a queue
 * @out: (inout) (element-type TwNotifyEvent): takes events, with a clear function of tw_notify_event_clear()
 * @max: most events; 0: all
 * @ret_missed: (out): TRUE, once, when events before those in @out were not kept
 *
 * Takes what is there and allowed, without waiting.
 */
void tw_notify_queue_take(TwNotifyQueue *queue, GArray *out, guint max, gboolean *ret_missed);

/**
 * tw_notify_queue_wait:
 * @queue: a queue
 * @until_us: monotonic time to give up at
 *
 * Returns: whether there is something to take
 */
gboolean tw_notify_queue_wait(TwNotifyQueue *queue, gint64 until_us);

/**
 * tw_notify_events_new:
 *
 * Returns: (transfer full) (element-type TwNotifyEvent): an empty array for tw_notify_queue_take()
 */
GArray *tw_notify_events_new(void);

/**
 * tw_notify_event_clear:
 * @event: an event; what it owns is freed
 */
void tw_notify_event_clear(TwNotifyEvent *event);

/* ---- told by others ---- */

/**
 * tw_notify_queue_put:
 * @queue: a queue
 * @event: what happened; copied
 *
 * Returns: (transfer full) (nullable): the queue, when it has to be woken with tw_notify_queue_wake()
 */
TwNotifyQueue *tw_notify_queue_put(TwNotifyQueue *queue, const TwNotifyEvent *event);

/**
 * tw_notify_queue_wake:
 * @queue: (transfer full): what tw_notify_queue_put() gave; with no lock held
 */
void tw_notify_queue_wake(TwNotifyQueue *queue);

/**
 * tw_notify_new_mail:
 * @bus: a bus
 * @store: a store
 * @folder: where the mail is
 * @mid: the message, after rules
 * @message_class: its class
 * @flags: its PR_MESSAGE_FLAGS
 *
 * Told by whoever delivers; nothing else makes NEW_MAIL. To the subscribers of the folder and its store.
 */
void tw_notify_new_mail(TwNotifyBus *bus,
                        guint32 store,
                        guint32 folder,
                        guint32 mid,
                        const char *message_class,
                        guint32 flags);

/**
 * tw_notify_search_complete:
 * @bus: a bus
 * @store: a store
 * @folder: a search folder that has been filled
 */
void tw_notify_search_complete(TwNotifyBus *bus, guint32 store, guint32 folder);

G_END_DECLS
