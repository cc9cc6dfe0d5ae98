/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The loop: one epoll set and the elastic pool of workers that wait on it themselves.
 *
 * Programs make one loop, open listeners on it (net/listener.h), start it and later stop it. What happens on a
 * connection is written in net/conn.h.
 */
#pragma once

#include <glib.h>

#include "net/address.h"

G_BEGIN_DECLS

typedef struct TwLoop TwLoop;

/* What a program may want to log or count and no door sees. */
typedef enum {
    TW_LOOP_EVENT_ACCEPT_FAILED, /* accept() failed; the listener rests for a moment when out of descriptors */
    TW_LOOP_EVENT_REFUSED_TOTAL,     /* a connection was closed at once: max_connections */
    TW_LOOP_EVENT_REFUSED_PEER,      /* a connection was closed at once: max_per_peer */
    TW_LOOP_EVENT_TLS_FAILED,        /* a handshake failed; the error says how */
    TW_LOOP_EVENT_PROXY_BAD,         /* a trusted proxy sent no valid PROXY header; closed */
    TW_LOOP_EVENT_PLAINTEXT_DROPPED, /* bytes sent in the clear behind STARTTLS were thrown away */
    TW_LOOP_EVENT_WORKERS_BUSY, /* all max_workers are busy and events wait; at most once a second */
    TW_LOOP_EVENT_WORKER_FAILED, /* a thread could not be started */
} TwLoopEvent;

/**
 * TwLoopEventFunc:
 * @event: what happened
 * @peer: (nullable): who was involved
 * @error: (nullable): details for the log
 * @data: event_data of the options
 *
 * Called on any thread, also on several at once; must not block and must not call into the loop.
 */
typedef void (*TwLoopEventFunc)(TwLoopEvent event,
                                const TwAddress *peer,
                                const GError *error,
                                gpointer data);

/* Zero means the default named in each comment, never endless. */
typedef struct {
    guint min_workers;     /* threads kept when idle; 2 */
    guint max_workers;     /* most threads; 64 */
    guint idle_worker_ms;  /* a thread above min_workers ends after waiting so long; 10,000 */
    guint max_connections; /* open connections of all listeners; 100,000 */
    guint max_per_peer; /* of one IPv4 address or IPv6 /64; Unix sockets are not counted; 10,000 */
    TwLoopEventFunc event_func; /* (nullable) */
    gpointer event_data;
} TwLoopOptions;

/**
 * tw_loop_new:
 * @options: (nullable): sizes and limits; NULL for the defaults
 * @error: on failure TW_ERROR_BUSY (no descriptors) or TW_ERROR_FAILED
 *
 * Makes a loop without threads, so that sockets can be bound before privileges are dropped.
 *
 * Returns: (transfer full): the loop, or NULL
 */
TwLoop *tw_loop_new(const TwLoopOptions *options, GError **error);

/**
 * tw_loop_start:
 * @loop: a loop that was not started before
 * @error: on failure TW_ERROR_BUSY: no threads
 *
 * Starts the workers; from here on connections are accepted.
 *
 * Returns: FALSE when not even min_workers could be started
 */
gboolean tw_loop_start(TwLoop *loop, GError **error);

/**
 * tw_loop_stop:
 * @loop: a loop
 * @grace_ms: how long running commands and unsent answers may take
 *
 * Stops accepting at once. A connection that waits for input gets its protocol's stopping() call (without one it
 * is closed); one that runs a command gets it when the command is done. What is still open after @grace_ms is cut,
 * and tw_conn_is_cancelled() tells a command that still runs. Waits for the workers to end, at most one second
 * longer than @grace_ms. A second call, also from another thread, shortens the wait to its own @grace_ms.
 * Must not be called from a worker.
 *
 * Returns: TRUE when all workers have ended; FALSE when one is stuck in door code (the loop must not be freed then)
 */
gboolean tw_loop_stop(TwLoop *loop, guint grace_ms);

/**
 * tw_loop_free:
 * @loop: (nullable): a loop that was never started, or whose tw_loop_stop() returned TRUE
 *
 * Closes what is left, listeners included. Connections still referenced elsewhere stay valid as closed ones.
 */
void tw_loop_free(TwLoop *loop);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwLoop, tw_loop_free)

/* A look at the loop for metrics; each figure is true for some moment of the call. */
typedef struct {
    guint connections;  /* open now */
    guint workers;      /* threads now */
    guint busy_workers; /* of these, running door code or handshakes */
    guint64 accepted;   /* since the start */
    guint64 refused;    /* for a limit, since the start */
} TwLoopStats;

/**
 * tw_loop_get_stats:
 * @loop: a loop
 * @ret: (out): the figures
 */
void tw_loop_get_stats(TwLoop *loop, TwLoopStats *ret);

G_END_DECLS
