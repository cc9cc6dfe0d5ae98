/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What loop.c, conn*.c and listener.c share about the loop.
 */
#pragma once

#include "net/conn.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/wheel-private.h"

G_BEGIN_DECLS

typedef struct TwConnBuf {
    guint8 *data; /* owned */
    gsize start;  /* first byte in use */
    gsize len;    /* bytes in use, counted from start */
    gsize cap;    /* bytes allocated */
} TwConnBuf;

enum {
    TW_WORKER_BUF = 64 << 10, /* what a worker lends to the connection it runs, each way */
    TW_SLOTS_PER_CHUNK = 1024,
    TW_SLOT_CHUNKS_MAX = 1024, /* so at most a million connections */
};

/* A thread of the pool and what it lends to the connection that it runs. */
typedef struct {
    TwLoop *loop;
    TwConnBuf spare_in, spare_out; /* empty buffers, or nothing while lent */
    gint64 now_us;                 /* when it last parked a connection or got events */
    gint64 average_us;             /* that a connection kept it lately */
    const TwConn *last;            /* that it ran: to be compared alone, it may be gone */
    gboolean
        follows; /* that one ran before, too, and nobody else waits: it seems to be the only busy one */
    gboolean waits;         /* the connection it runs said that it will wait */
    gboolean lingers;       /* it looks for the next event for a while before it sleeps */
    gint64 linger_after_us; /* when it may do so again */
} TwWorker;

/* A place for a connection. Slots are never freed before the loop, so a late epoll event can look at one safely. */
typedef struct {
    GMutex
        lock; /* guards conn, generation, and owner and pending of that connection; also held for epoll_ctl */
    guint32
        generation; /* counts the connections that had this slot; an event of an earlier one is ignored */
    guint32 index;
    TwConn *conn; /* NULL: free */
} TwSlot;

typedef enum {
    TW_LOOP_NEW,      /* sockets may be bound; no threads */
    TW_LOOP_RUNNING,  /* tw_loop_start() */
    TW_LOOP_STOPPING, /* tw_loop_stop(): no accepts, connections say goodbye */
    TW_LOOP_CUTTING,  /* the grace time is over: connections are cut */
    TW_LOOP_HALTED,   /* workers end after what they do */
} TwLoopState;

struct TwLoop {
    gint refs;  /* atomic; one of the program, one of each connection object */
    gint state; /* TwLoopState, atomic; only grows */
    TwLoopOptions options;
    int epoll_fd;
    int queue_fd;  /* eventfd, edge-triggered in the set: a connection was queued */
    int ticker_fd; /* eventfd: the ticker should look again */
    guint64 next_id, accepted, refused; /* atomic */

    GMutex
        slots_lock; /* guards growing of chunks, slot_count, free_slots, connections, workers, ended */
    GCond changed;                      /* with slots_lock: connections or workers went down */
    TwSlot *chunks[TW_SLOT_CHUNKS_MAX]; /* atomic pointers; set once */
    guint slot_count;
    GArray *free_slots; /* guint32 */
    guint connections;
    guint workers;
    GPtrArray *ended; /* (element-type GThread): threads of workers that ended, to be joined */

    GMutex queue_lock;               /* guards the list */
    TwConn *queue_head, *queue_tail; /* the head is also looked at without the lock */

    GMutex standby_lock; /* guards calls, and changes of standing_by */
    GCond called;        /* with standby_lock: calls went up */
    guint calls;         /* workers called that have not yet come; at most standing_by */
    gint standing_by;    /* workers that have nothing to do, besides the poller, atomic */

    GMutex peers_lock; /* guards peers */
    GTree *peers;      /* peer key -> open connections */

    GMutex listeners_lock; /* guards listeners */
    GPtrArray *listeners;

    TwWheel wheel;
    gint64 stop_at_ms; /* atomic; when the grace time ends */

    GThread *ticker;
    gint polling;    /* a worker waits in epoll_wait, or is about to, atomic */
    gint calling;    /* queue_fd was written and the poller has not yet come, atomic */
    gint dispatched; /* connections and listeners taken, atomic, wraps */
    guint processors;
    gint watching; /* the ticker looks at the pool often, atomic */
};

gint64 tw_loop_now_ms(void);
TwLoopState tw_loop_state(const TwLoop *loop);
TwLoop *tw_loop_ref(TwLoop *loop);
void tw_loop_unref(TwLoop *loop);
void tw_loop_report(TwLoop *loop, TwLoopEvent event, const TwAddress *peer, const GError *error);

/* A free slot for @conn, or NULL at max_connections. Counts the connection. */
TwSlot *tw_loop_take_slot(TwLoop *loop, TwConn *conn);
void tw_loop_give_slot(TwLoop *loop, TwSlot *slot);

/* Counts a connection of @peer. FALSE: it has max_per_peer already. */
gboolean tw_loop_count_peer(TwLoop *loop, const TwAddress *peer);
void tw_loop_uncount_peer(TwLoop *loop, const TwAddress *peer);

/* Gives a connection whose owner was set to QUEUED to the workers. */
void tw_loop_push(TwLoop *loop, TwConn *conn);
/* The same for a list of them, linked by queue_next. */
void tw_loop_push_list(TwLoop *loop, TwConn *first, TwConn *last);

void tw_loop_set_timer(TwLoop *loop, TwWheelEntry *entry, gint64 deadline_ms);
void tw_loop_poke_ticker(TwLoop *loop);

/* listener.c */
void tw_listener_ready(TwListener *listener, TwWorker *worker);
/* Gives the event back to the epoll set, for another worker. */
void tw_listener_put_back(TwListener *listener);
/* Re-arms a listener that rests, when its time has come; returns the time in ms it wants, or TW_WHEEL_NEVER. */
gint64 tw_listener_tick(TwListener *listener, gint64 now_ms);
void tw_listener_close(TwListener *listener);
void tw_listener_free(TwListener *listener);
/* The loop owns it from now on; returns the key of its epoll events. */
guint64 tw_loop_take_listener(TwLoop *loop, TwListener *listener);

G_END_DECLS
