/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The one API that every door and agent is written against. Start here.
 *
 * A provider is a server as a program sees it: in the same process (local.h) or behind a wire. Who logs on at it gets a
 * session; each operation of ops.h is a function on a session, such as
 *
 *     g_auto(TwFolderListArgs) list = { .store = store, .deep = TRUE };
 *
 *     if (!tw_session_folder_list(session, &list, error))
 *         return FALSE;
 *     for (guint i = 0; i < list.rows->len; i++)
 *         show(&g_array_index(list.rows, TwFolderEntry, i));
 *
 * All functions may be called from any thread, and many threads may use one session. Rights are asked inside: what
 * somebody may not know of answers like what is not there.
 */
#pragma once

#include "base/scram.h"
#include "session/ops.h"

G_BEGIN_DECLS

typedef struct TwServer TwServer;
typedef struct TwSession TwSession;

/* ---- logging on ---- */

/* From where somebody comes, as far as the program that listens knows for sure. */
typedef enum {
    TW_PEER_NETWORK,     /* anybody: a password decides */
    TW_PEER_UNIX,        /* a Unix socket; uid is that of the other side */
    TW_PEER_CERTIFICATE, /* TLS, with a client certificate that was found among the trusted ones */
    TW_PEER_PROCESS,     /* a part of this program that knows by other means who it acts for */
} TwPeerKind;

typedef struct {
    TwPeerKind kind;
    guint uid;           /* of UNIX */
    const char *address; /* for the log and the limiter: without a port */
    /* (nullable): TW_SHA256_LEN bytes of the certificate that was shown, trusted or not: a session that was opened with
     * one is used with the same alone */
    const guint8 *certificate;
} TwPeer;

typedef enum {
    /* Keep it when nobody calls: it goes when the caller lets go of it. For a session that belongs to a connection. */
    TW_LOGON_BOUND = 1u << 0,
    TW_LOGON_WAITED = 1u << 1, /* the advised delay is over */
    TW_LOGON_CHECK = 1u << 2,  /* see whether the password is right, and make no session */
    TW_LOGON_NO_UID = 1u << 3, /* the uid of a Unix socket does not count: ask for the password */
    TW_LOGON_ANONYMOUS = 1u << 4, /* nobody: for delivery. From PROCESS, UNIX and CERTIFICATE */
    /* Nothing vouches for the user: the password decides. For a program that asks in the name of somebody it does not know. */
    TW_LOGON_PASSWORD = 1u << 5,
} TwLogonFlags;

/* A proof instead of a password: SCRAM-SHA-256 (RFC 7677), for who was asked by tw_server_scram_ask(). */
typedef struct {
    const char *messages; /* of both sides, as they are proved */
    guint8 proof[TW_SHA256_LEN];
    guint8 *ret_signature; /* TW_SHA256_LEN bytes: what is answered to who gets in */
} TwLogonScram;

/* What a client is asked for. */
typedef struct {
    guint8 salt[TW_SCRAM_SALT_LEN];
    guint32 rounds;
} TwScramAsk;

/* How one may log on to a server besides with a password. */
typedef enum {
    TW_SERVER_SCRAM = 1u << 0,
    TW_SERVER_TOKEN = 1u << 1,
} TwServerOffers;

typedef struct {
    TwPeer peer;
    guint flags;               /* bits of #TwLogonFlags */
    const char *user;          /* as it was typed; "SYSTEM" for the server itself */
    const TwSecret *password;  /* (nullable) */
    const TwLogonScram *scram; /* (nullable): instead */
    const TwSecret
        *token; /* (nullable): instead; it says who it is of, who is @user when that is given */
    const char *impersonate; /* (nullable): whose session it shall be */
    const char *program;     /* (nullable): what the client calls itself, for logs and figures */
    const char *program_version; /* (nullable) */
    const char *door;     /* (nullable): "imap", "soap" ...: which feature of the user it takes */
    guint32 capabilities; /* kept for the door */
} TwLogon;

/* Who a session is. Texts are borrowed from the session. */
typedef struct {
    guint32 user, company; /* numbers of the directory; 0 for nobody */
    TwDirectoryAdmin admin;
    gboolean system, anonymous;
    const char *name, *full_name, *mail;
    guint32 number; /* of the session, for logs */
    guint64 id;     /* a secret of the session, never 0: who knows it may use it */
    guint32 capabilities;
} TwSessionInfo;

/* ---- events ---- */

/* Called when there is something to pull after there was nothing; on another thread: be brief, call nothing of
 * session/. Nullable. */
typedef void (*TwWatchWake)(gpointer data);

typedef struct TwWatch TwWatch;

/* What to be told of. */
typedef struct {
    guint32 connection; /* the caller's number for it: one that is in use is replaced */
    guint32 mask;       /* TwNotifyType; TABLE and QUEUE each by itself */
    TwGuid store;       /* not of TABLE and QUEUE */
    guint32 id;   /* a folder or message; 0: the store and all in it that the session may know of */
    guint32 sync; /* SYNC: changes by this sync id are not told */
    guint64 cn;   /* SYNC: what the caller knows; when there is more already, it is told at once */
    gboolean hierarchy; /* SYNC: of the folders below @id, else of the messages in it */
    guint32 table;      /* TABLE: one of the session's; it tells one watch, the last that asked */
} TwWatchWish;

/* Two kinds of events carry nothing but their type and connection (TABLE: id is the table), and are told once until somebody
 * looks: TABLE until TABLE_EVENTS took what there is, QUEUE until the watch was pulled. Who missed events looks at all
 * tables, too. QUEUE is for system administrators, once a watch: something entered, left or changed in the queues. */

/* ---- what a provider implements ---- */

typedef struct {
    const char *name;
    gboolean (*logon)(TwServer *server,
                      const TwLogon *logon,
                      TwSession **ret,
                      gint64 *ret_wait_us,
                      GError **error);
    TwSession *(*find)(TwServer *server, guint64 id, const TwPeer *peer, GError **error);
    void (*close)(TwServer *server);
    gboolean (*call)(TwSession *session, TwOp op, gpointer args, GError **error);
    void (*get_info)(TwSession *session, TwSessionInfo *ret);
    TwWatch *(*watch)(TwSession *session, TwWatchWake wake, gpointer data, GError **error);
    gboolean (*watch_add)(TwWatch *watch, const TwWatchWish *wish, GError **error);
    void (*watch_remove)(TwWatch *watch, guint32 connection);
    gboolean (*pull)(TwWatch *watch, GArray *out, guint max, gboolean *ret_missed, GError **error);
    void (*watch_end)(TwWatch *watch);
    void (*end)(TwSession *session);
    TwSession *(*ref)(TwSession *session);
    void (*unref)(TwSession *session);
    guint (*offers)(TwServer *server); /* TwServerOffers; NULL: none */
    gboolean (*scram_ask)(TwServer *server, const char *user, TwScramAsk *ret, GError **error);
} TwServerFuncs;

/* What each provider's own structs begin with. */
struct TwServer {
    const TwServerFuncs *funcs;
};
struct TwSession {
    const TwServerFuncs *funcs;
};
struct TwWatch {
    const TwServerFuncs *funcs;
};

/**
 * tw_server_close:
 * @server: (nullable) (transfer full): a server none of whose sessions is in anybody's hands any more
 */
void tw_server_close(TwServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwServer, tw_server_close)

/**
 * tw_server_logon:
 * @server: a server
 * @logon: who, how, from where
 * @ret: (out) (transfer full): the session; NULL with %TW_LOGON_CHECK
 * @ret_wait_us: (out) (optional): with BUSY: how long to wait before the next try, which says %TW_LOGON_WAITED
 * @error: TW_ERROR_NO_ACCESS: one answer for every reason that has to do with who it is; BUSY: too many failures just
 *   now, wait; TOO_BIG: too many sessions of this user or at all
 *
 * Decides in this order: certificate, Unix socket, password (spec/mapi-soap.md 3.3), then impersonation.
 *
 * Returns: FALSE on failure
 */
gboolean tw_server_logon(
    TwServer *server, const TwLogon *logon, TwSession **ret, gint64 *ret_wait_us, GError **error);

/**
 * tw_server_offers:
 * @server: a server
 *
 * Returns: #TwServerOffers
 */
guint tw_server_offers(TwServer *server);

/**
 * tw_server_scram_ask:
 * @server: a server
 * @user: who wants to log on, as it was typed
 * @ret: (out): what is asked for; for a name that nobody has as for one of a user
 * @error: TW_ERROR_UNSUPPORTED: it does not offer that; or why it cannot be said now
 *
 * Returns: FALSE on failure
 */
gboolean tw_server_scram_ask(TwServer *server, const char *user, TwScramAsk *ret, GError **error);

/**
 * tw_server_find:
 * @server: a server
 * @id: of a session, as a client sent it
 * @peer: from where it came
 * @error: TW_ERROR_END_OF_SESSION: there is none, it ended, or it belongs to another peer
 *
 * Returns: (transfer full): the session, or NULL
 */
TwSession *tw_server_find(TwServer *server, guint64 id, const TwPeer *peer, GError **error);

/**
 * tw_session_ref:
 * @session: a session
 *
 * Returns: (transfer full): the same
 */
TwSession *tw_session_ref(TwSession *session);

/**
 * tw_session_unref:
 * @session: (nullable) (transfer full): a session; one that is bound ends with the last reference
 */
void tw_session_unref(TwSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSession, tw_session_unref)

/**
 * tw_session_end:
 * @session: a session
 *
 * Logs off: every later call is END_OF_SESSION, calls under way come to their end. More than once does nothing.
 */
void tw_session_end(TwSession *session);

/**
 * tw_session_get_info:
 * @session: a session
 * @ret: (out): who it is; texts live as long as the session
 */
void tw_session_get_info(TwSession *session, TwSessionInfo *ret);

/**
 * tw_session_call:
 * @session: a session
 * @op: an operation
 * @args: its argument struct
 * @error: TW_ERROR_END_OF_SESSION; NOT_FOUND, also for what the session may not know of; NO_ACCESS; what the operation
 *   says
 *
 * Doors call the functions that are made of it, one for each operation.
 *
 * Returns: FALSE on failure; what would come out is zero then
 */
gboolean tw_session_call(TwSession *session, TwOp op, gpointer args, GError **error);

/**
 * tw_session_watch:
 * @session: a session
 * @wake: (nullable): see there
 * @data: for @wake
 * @error: TW_ERROR_TOO_BIG: too many of this session
 *
 * Returns: (transfer full): a watch that is told of nothing yet; end it with tw_watch_end()
 */
TwWatch *tw_session_watch(TwSession *session, TwWatchWake wake, gpointer data, GError **error);

/**
 * tw_watch_add:
 * @watch: a watch
 * @wish: what to be told of: all that commits after this returns
 * @error: TW_ERROR_NOT_FOUND, also for what the session may not know of
 *
 * Returns: FALSE on failure
 */
gboolean tw_watch_add(TwWatch *watch, const TwWatchWish *wish, GError **error);

/**
 * tw_watch_remove:
 * @watch: a watch
 * @connection: of a wish, or of none
 */
void tw_watch_remove(TwWatch *watch, guint32 connection);

/**
 * tw_watch_pull:
 * @watch: a watch
 * @out: (inout) (element-type TwNotifyEvent): takes the events the session may know of now; made by
 *   tw_notify_events_new()
 * @max: most events; 0: all
 * @ret_missed: (out): TRUE, once, when events before those in @out were not kept: look at everything anew
 * @error: TW_ERROR_END_OF_SESSION
 *
 * Takes what is there, without waiting.
 *
 * Returns: FALSE on failure
 */
gboolean tw_watch_pull(
    TwWatch *watch, GArray *out, guint max, gboolean *ret_missed, GError **error);

/**
 * tw_watch_end:
 * @watch: (nullable) (transfer full): a watch
 *
 * When this returns its wake is not running and will not run. Not to be called from it.
 */
void tw_watch_end(TwWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwWatch, tw_watch_end)

/* ---- the operations as functions: tw_session_folder_list(session, &args, error) and so on ---- */

#define TW_OP_FUNCTION(upper, lower, camel, ...)                                                   \
    static inline gboolean tw_session_##lower(TwSession *session, Tw##camel##Args *args,           \
                                              GError **error)                                      \
    {                                                                                              \
        return tw_session_call(session, TW_OP_##upper, args, error);                               \
    }                                                                                              \
    static inline void tw_##lower##_args_clear(Tw##camel##Args *args)                              \
    {                                                                                              \
        tw_op_clear(TW_OP_##upper, args);                                                          \
    }                                                                                              \
    G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tw##camel##Args, tw_##lower##_args_clear)
TW_OP_LIST(TW_OP_FUNCTION)
#undef TW_OP_FUNCTION

G_END_DECLS
