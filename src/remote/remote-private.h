/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of remote/ share. */
#pragma once

#include "base/lock.h"
#include "net/client.h"
#include "remote/http-answer.h"
#include "remote/remote.h"
#include "soap/soap.h"

G_BEGIN_DECLS

enum {
    /* spec/mapi-soap.md 3.5; and soapd/own.c: Twiga's own calls */
    TW_REMOTE_CAPABILITIES = 59218,
    TW_REMOTE_CAPABILITY_OWN = 0x40000000,
};

typedef struct TwRemote TwRemote;
typedef struct TwRemoteSession TwRemoteSession;
typedef struct TwRemoteWatch TwRemoteWatch;
typedef struct TwRemoteListener TwRemoteListener;

struct TwRemote {
    TwServer base;
    TwServerUrl *url; /* owned */
    char *program;    /* owned, nullable */
    TwTlsClient *tls; /* owned, nullable: of HTTPS */
    guint connect_ms, call_ms, most_idle;
    TwLock lock;                /* guards what is below; a leaf */
    GQueue idle;                /* TwClient: connections for the next call, the last used first */
    GPtrArray *sessions;        /* TwRemoteSession, a reference each, until they end */
    TwRemoteListener *listener; /* owned, nullable: from the first session on */
};

/*
 * A session. Who uses it holds it (holders); with the last of them it ends. Its memory lives as long as its watches and the
 * listener's round need it, too (refs). Order of locks: a session's, then the server's.
 */
struct TwRemoteSession {
    TwSession base;
    gint refs, holders; /* atomic */
    TwRemote *remote;
    /* how it logged on, for the next time */
    guint flags;
    char *user, *impersonate, *program, *program_version, *door; /* owned, nullable */
    TwSecret *password;                                          /* owned, nullable */
    TwLock lock;                                                 /* guards what is below */
    guint64 id;
    TwSessionInfo info; /* texts are owned, and stay */
    gboolean ended;
    TwGuid boot;        /* which life of the server it is of */
    guint timeout_s;    /* after which the server forgets it */
    gint64 used_us;     /* when the server last heard of it */
    gboolean wake_all;  /* it was opened again: the listener is to wake all watches */
    GPtrArray *watches; /* TwRemoteWatch, borrowed: each takes itself out */
    /* of the listener's thread alone: */
    TwClient *parked; /* owned, nullable: where the call that waits went */
    gint64 retry_us;  /* after a failure: not before this time */
};

struct TwRemoteWatch {
    TwWatch base;
    TwRemoteSession *session; /* owned reference */
    TwWatchWake wake;
    gpointer data;
    /* under the session's lock: */
    guint32 number;     /* the server's */
    guint64 session_id; /* of which session that number is */
    GHashTable *wishes; /* connection -> TwWatchWish */
    gboolean missed;    /* what was told of was lost with the session before */
    gboolean waking;    /* the listener is in its wake */
    gboolean gone;
    GCond idle; /* nobody is in its wake */
};

/* ---- http.c: a call on a connection ---- */

/* How a call may be repeated when its connection turns out to be dead. */
typedef enum {
    TW_REMOTE_ONCE,
    TW_REMOTE_AGAIN, /* it changes nothing */
} TwRemoteRepeat;

/* A connection to the server. */
TwClient *tw_remote_connect(TwRemote *remote, GError **error);
/* An idle connection that is not closed, or NULL. */
TwClient *tw_remote_take_idle(TwRemote *remote);
void tw_remote_give_idle(TwRemote *remote, TwClient *client);
gboolean tw_remote_send(
    TwRemote *remote, TwClient *client, TwSoapCall call, gconstpointer args, GError **error);
/* Reads an answer; its body lies in @decoder. @ret_keep: the connection can be used again. @ret_begun: something came. */
gpointer tw_remote_receive(TwClient *client,
                           TwSoapCall call,
                           TwSoapDecoder *decoder,
                           gboolean *ret_keep,
                           gboolean *ret_begun,
                           GError **error);
/* Both, on a connection of the pool. */
gpointer tw_remote_exchange(TwRemote *remote,
                            TwSoapCall call,
                            gconstpointer args,
                            TwRemoteRepeat repeat,
                            TwSoapDecoder *decoder,
                            GError **error);
TwSoapDecoder *tw_remote_decoder_new(void);

/* ---- session.c ---- */

gboolean tw_remote_logon(
    TwServer *server, const TwLogon *logon, TwSession **ret, gint64 *ret_wait_us, GError **error);
gboolean tw_remote_call(TwSession *base, TwOp op, gpointer args, GError **error);
void tw_remote_get_info(TwSession *base, TwSessionInfo *ret);
void tw_remote_end(TwSession *base);
TwSession *tw_remote_ref(TwSession *base);
void tw_remote_unref(TwSession *base);
TwRemoteSession *tw_remote_session_ref(TwRemoteSession *session);
void tw_remote_session_unref(TwRemoteSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwRemoteSession, tw_remote_session_unref)
/* The session's number at the server, and END_OF_SESSION where it has ended. */
gboolean tw_remote_session_id(TwRemoteSession *session, guint64 *ret, GError **error);
/* Opens the session again that was @old; FALSE with END_OF_SESSION. */
gboolean tw_remote_log_on_again(TwRemoteSession *session, guint64 old, GError **error);
/* Says that the server heard of the session. */
void tw_remote_session_used(TwRemoteSession *session);
/* Lets the server hear of it when it is time. */
void tw_remote_keep_alive(TwRemoteSession *session);

/* ---- watch.c ---- */

TwWatch *tw_remote_watch(TwSession *base, TwWatchWake wake, gpointer data, GError **error);
gboolean tw_remote_watch_add(TwWatch *base, const TwWatchWish *wish, GError **error);
void tw_remote_watch_remove(TwWatch *base, guint32 connection);
gboolean tw_remote_watch_pull(
    TwWatch *base, GArray *out, guint max, gboolean *ret_missed, GError **error);
void tw_remote_watch_end(TwWatch *base);
/* Makes the watches of a session that was opened again; they missed what was. */
void tw_remote_restore_watches(TwRemoteSession *session);
/* Wakes those of these numbers; NULL: all. */
void tw_remote_wake_watches(TwRemoteSession *session, const guint32 *numbers, guint count);

/* ---- listener.c: one thread for all that waits ---- */

TwRemoteListener *tw_remote_listener_new(TwRemote *remote, GError **error);
/* Waits for its thread. */
void tw_remote_listener_free(TwRemoteListener *listener);
/* Something about sessions or watches is new. */
void tw_remote_listener_poke(TwRemoteListener *listener);

G_END_DECLS
