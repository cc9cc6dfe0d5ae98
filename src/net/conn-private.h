/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the files of a connection share. README.md draws the states.
 */
#pragma once

#include <stdbool.h>

#include "net/loop-private.h"

G_BEGIN_DECLS

/* Who may touch the connection. Set only by tw_conn_set_owner(), under the slot's lock. */
typedef enum {
    TW_OWNER_WORKER, /* one worker; everything but pending is his alone */
    TW_OWNER_EPOLL,  /* parked in the epoll set until the socket or the wheel calls */
    TW_OWNER_QUEUE,  /* in the loop's queue, waiting for a worker */
    TW_OWNER_NONE,   /* closed; only references are left */
} TwConnOwner;

/* Where it is in its life. Set only by tw_conn_set_stage(), by the worker that owns it. */
typedef enum {
    TW_STAGE_PROXY,     /* reading the PROXY header */
    TW_STAGE_HANDSHAKE, /* TLS handshake, implicit or after STARTTLS */
    TW_STAGE_OPEN,      /* the protocol is served */
    TW_STAGE_CLOSING,   /* tw_conn_close() was called: output is being sent */
    TW_STAGE_LINGERING, /* our side is shut; the peer's bytes are thrown away until it closes, too */
    TW_STAGE_CLOSED,
} TwConnStage;

typedef enum {
    TW_WANT_NOTHING, /* parked */
    TW_WANT_LINE,
    TW_WANT_HEAD,
    TW_WANT_BYTES,
    TW_WANT_SOME,
    TW_WANT_SKIP,
    TW_WANT_SKIP_LINE,
} TwWant;

typedef enum {
    TW_MATCH_MORE,     /* more input is needed */
    TW_MATCH_FOUND,    /* the first len bytes are the want */
    TW_MATCH_TOO_LONG, /* the first len bytes are longer than allowed */
} TwMatch;

/* What others ask of a connection; bits of pending. */
enum {
    TW_PENDING_WAKE = 1u << 0,
    TW_PENDING_TIMEOUT = 1u << 1,
    TW_PENDING_STOP = 1u << 2,
};

/* Results of tw_conn_read() and tw_conn_send() besides a count of bytes. */
enum {
    TW_IO_WAIT = -1, /* the socket has nothing, or takes nothing, now */
    TW_IO_DEAD = -2, /* it never will again */
};

typedef struct TwTlsSession TwTlsSession;
typedef struct TwTlsServer TwTlsServer;
typedef struct TwDeflate TwDeflate;

struct TwConn {
    gint refs; /* atomic */
    int fd;
    TwLoop *loop; /* a reference */
    TwSlot *slot;
    TwConn *queue_next; /* guarded by the queue's lock */
    guint64 id;
    gint
        pending; /* bits; set under the slot's lock, so that none is missed by one who parks; atomic */
    guint32
        events; /* of the socket, seen and not yet taken by an owner; guarded by the slot's lock */
    guint32 watched; /* what the epoll set reports; 0: it does not know the socket */
    guint8 owner;    /* TwConnOwner; guarded by the slot's lock */

    /* From here on: of the worker that owns it. */
    guint8 stage;           /* TwConnStage */
    guint8 want;            /* TwWant */
    guint8 timeout_kind;    /* TwConnTimeout of the deadline in timer */
    guint8 close_reason;    /* TwCloseReason, when closing */
    bool accepted : 1;      /* accepted() was called, so closed() must be */
    bool counted : 1;       /* peer is in the loop's count */
    bool eof : 1;           /* the peer has sent its last byte */
    bool eof_told : 1;      /* eof() was called */
    bool broken : 1;        /* the socket is dead, or was given up */
    bool dry : 1;           /* the last read took all there was */
    bool want_changed : 1;  /* since the protocol function began */
    bool input_dropped : 1; /* the bytes lent to ready() are gone already */
    bool allow_idle : 1;
    bool stop_told : 1; /* stopping() was called */
    bool blocked : 1;   /* the socket took less than offered; cleared by an event */
    bool rested : 1;    /* the idle time starts anew */
    bool start_tls : 1; /* a handshake follows when the output is sent */
    bool peer_shut : 1; /* the system says that no more than what is in the socket will come */
    bool peer_dead : 1; /* the system says that the connection is over */
    bool secured : 1;   /* secured() is to be called */
    const TwProtocol *protocol;
    gpointer data;
    TwListener *listener; /* (nullable); lives as long as the loop */
    TwWorker *worker;     /* the owner, while a worker owns it */

    guint64 want_n; /* limit, count or bytes left, by want */
    gsize scanned;  /* input bytes already searched for the end of the want */
    TwConnBuf in, out;
    gsize out_limit;
    TwProduceFunc produce;
    gpointer produce_data;
    GDestroyNotify produce_destroy;

    TwConnTimeouts timeouts;
    TwWheelEntry timer;
    gint64 hard_deadline;  /* ms; 0: none */
    gint64 idle_since;     /* ms */
    gint64 in_window_end;  /* ms; 0: no want is under way */
    gint64 out_window_end; /* ms; 0: no output waits */
    gint64 park_end;       /* ms; 0: none */
    gint64 linger_end;     /* ms */
    guint in_window_bytes, out_window_bytes;
    int out_queue;      /* bytes in the system's buffer when the output window began */
    gsize linger_bytes; /* thrown away while lingering */

    TwTlsSession *tls;       /* NULL: in the clear */
    TwDeflate *deflate;      /* NULL: not compressed */
    TwTlsServer *tls_server; /* (nullable) a reference: of the handshake to come */
    gsize lent;              /* input bytes that a protocol function looks at now */
    gint64 setup_end;        /* ms; for PROXY header and handshake */
    TwAddress peer, local;
};

void tw_conn_set_owner(TwConn *conn, TwConnOwner owner);
void tw_conn_set_stage(TwConn *conn, TwConnStage stage);

/* A connection on fd, owned by the caller's worker or, if NULL, by the queue. NULL: max_connections, reported; the fd
 * stays the caller's. peer may be NULL: asked from the socket. */
TwConn *tw_conn_new(TwLoop *loop,
                    int fd,
                    const TwAddress *peer,
                    const TwProtocol *protocol,
                    gpointer data,
                    TwListener *listener,
                    TwWorker *worker);

typedef enum {
    TW_STEP_AGAIN, /* something was done; look again */
    TW_STEP_WAIT,  /* nothing more to do until the socket, a timer or somebody calls */
    TW_STEP_GONE,  /* finish it */
} TwStep;

/* conn-setup.c: what comes before the protocol. */
void tw_conn_begin_setup(TwConn *conn, gboolean via_proxy, TwTlsServer *tls, guint setup_ms);
TwStep tw_conn_step_proxy(TwConn *conn);
TwStep tw_conn_step_handshake(TwConn *conn);
TwStep tw_conn_begin_tls(TwConn *conn);
/* Reports a TLS error and gives the connection up. */
void tw_conn_tls_failed(TwConn *conn, const GError *error);

/* conn-run.c: serves a connection until it has to wait; the worker does not own it afterwards. */
void tw_conn_run(TwConn *conn);
/* Entry for an event: leaves it with the connection. Returns that, as a queue item, if it waited for it, or NULL. */
TwConn *tw_conn_take_event(TwLoop *loop, guint64 key, guint32 events);
/* Entry for a queue item: claims it for the worker and runs it. */
void tw_conn_claim_queued(TwConn *conn, TwWorker *worker);
/* From the ticker: the wheel handed it out. */
void tw_conn_timer_due(TwConn *conn, gint64 now_ms);
/* Sets bits of pending in whatever connection is in the slot and has a worker look; only in @only, if not NULL. */
void tw_conn_ask(TwSlot *slot, const TwConn *only, gint pending);

/* conn-input.c: pure. Looks for the want in the input; advances *scanned. */
TwMatch tw_want_match(
    TwWant want, guint64 n, const guint8 *data, gsize len, gsize *scanned, gsize *ret_len);

/* conn-io.c */
gssize tw_conn_read(TwConn *conn, guint8 *data, gsize n);
gboolean tw_conn_tls_end_unseen(const TwConn *conn);
gssize tw_conn_send(TwConn *conn, const guint8 *data, gsize n);
gboolean tw_conn_fill(TwConn *conn);
void tw_conn_return_buffers(TwConn *conn);
void tw_conn_buf_clear(TwConnBuf *buf);
void tw_conn_drop_input(TwConn *conn);
/* Whether the client took enough of what the system keeps for it, though nothing more fitted in; begins a new window. */
gboolean tw_conn_client_took_some(TwConn *conn);
gint64 tw_conn_compute_deadline(TwConn *conn, gint64 now_ms);

G_END_DECLS
