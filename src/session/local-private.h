/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the local provider share. */
#pragma once

#include "base/lock.h"
#include "db/db.h"
#include "mapi/collation.h"
#include "session/identity.h"
#include "session/local.h"
#include "session/rights.h"

G_BEGIN_DECLS

enum {
    TW_MOST_ACCESSES =
        256 /* stores a session keeps open; the least of an attacker's ways to use memory */
};

typedef struct TwLocalSession TwLocalSession;

typedef struct TwLocalTable TwLocalTable;
typedef struct TwLive TwLive;
typedef struct TwBookSets TwBookSets;

/* How often something was changed in stores other than that mail came, went and was marked. Stores share counters by their
 * GUID: then one moves for another's sake. */
typedef struct {
    guint64 base;      /* of this server's run: what was read in another one is old */
    gint counts[1024]; /* atomic */
} TwStamps;

/* What a server owns that opened its data folder itself; else all NULL. */
typedef struct {
    TwEngine *engine;
    TwDb *directory_db;
    TwDirectory *directory;
} TwLocalParts;

typedef struct {
    TwServer base;
    TwLocalConfig config;    /* without its policy */
    TwLocalPolicy *policy;   /* atomic pointer: tw_local_policy(); owned by all_policies */
    GPtrArray *all_policies; /* those that held once, too: somebody may read them; under the lock */
    TwRightsConfig rights;
    TwLoginLimiter *limiter;
    TwNotifyBus *bus;
    TwTables *tables;
    TwCollations *collations;
    TwLive *live;
    TwBookSets *book_sets;
    TwLocalParts parts;
    TwStamps stamps;
    gint64 started_us;                  /* since 1970 */
    gint made, ended, expired, refused; /* sessions, and logons that failed; atomic */
    gint last_number;
    TwLock lock;          /* guards the two tables; a leaf */
    GHashTable *sessions; /* id -> TwLocalSession, a reference each */
    GHashTable *per_user; /* number of a user -> how many sessions */
    GHashTable *seen;     /* number of a user -> TwLocalSeen, owned */
} TwLocal;

/* The policy that holds now. It stays readable as long as the server. */
static inline const TwLocalPolicy *
tw_local_policy(TwLocal *local)
{
    return g_atomic_pointer_get(&local->policy);
}

/* When somebody was here last, since the server started: microseconds since 1970, or 0. */
typedef struct {
    gint64 logon_us, logoff_us;
} TwLocalSeen;

/* A session's way into one store: what does not change while the store is there, and the answers of a moment. */
typedef struct {
    gint refs;
    TwStore *store;
    TwStoreOwned place;
    guint32 root, object, company;
    TwStoreKind kind;
    TwLock lock; /* guards what follows; a leaf */
    TwRights *rights;
    guint64 directory_epoch;
    guint acl_epoch;
} TwAccess;

struct TwLocalSession {
    TwSession base;
    gint refs; /* the table has one, but of a bound session */
    TwLocal *local;
    guint64 id;
    guint32 number, user;
    guint flags; /* TwLogonFlags */
    TwPeerKind peer;
    guint8 *certificate; /* owned, nullable: TW_SHA256_LEN bytes */
    char *address, *program, *program_version, *door;
    guint32 capabilities;
    gboolean by_password;
    char *impersonator; /* (nullable): for the log */
    TwIdentity *first;  /* as it was at logon: texts of tw_session_get_info() */
    gint watches;
    gint has_locked; /* a message, at any time */
    TwLock lock;     /* guards what follows; a leaf */
    gboolean ended;
    gint64 used_us;
    guint calls;     /* under way */
    TwOp last_op;    /* that began */
    guint32 all;     /* calls that began */
    gint64 spent_us; /* in calls that ended, by the clock */
    TwIdentity *identity;
    GHashTable *accesses; /* TwGuid -> TwAccess, a reference each */
    GHashTable *tables;   /* number -> TwLocalTable, a reference each */
    guint32 last_table;
    GHashTable *values; /* number -> TwLocalValue, a reference each */
    guint32 last_value;
};

/* One call on its way: what was found out before the operation runs. */
typedef struct {
    TwLocal *local;
    TwLocalSession *session;
    TwOp op;
    TwIdentity *who;               /* owned */
    TwDirectorySnapshot *snapshot; /* owned */
    TwAccess *access;              /* owned; of operations on a store */
    TwStore *store;                /* the same, borrowed */
    TwStore *own_store;            /* owned, nullable: a handle for this call alone */
    TwRights *rights;              /* owned; as it was when the call came */
    guint32 folder;                /* 0 was made the root */
    TwLocalTable *table;           /* owned, nullable: let go of when the call ends */
    TwDirectoryObject *object;     /* of operations on a user; borrowed from the snapshot */
    gint64 began_us;
} TwLocalCall;

typedef gboolean (*TwLocalFunc)(TwLocalCall *call, gpointer args, GError **error);

/* The operations: ops-*.c. */
#define TW_LOCAL_PROTOTYPE(upper, lower, camel, ...)                                               \
    gboolean tw_local_##lower(TwLocalCall *call, Tw##camel##Args *args, GError **error);
TW_OP_LIST(TW_LOCAL_PROTOTYPE)
#undef TW_LOCAL_PROTOTYPE

/* ---- local.c ---- */
gint64 tw_local_now(const TwLocal *local);
/* Takes a reference; NULL when the limit is reached. */
gboolean tw_local_add_session(TwLocal *local, TwLocalSession *session, GError **error);

/* (element-type TwLocalSession): references */
GPtrArray *tw_local_all_sessions(TwLocal *local);
/* (element-type TwSessionEntry) */
GArray *tw_local_list_sessions(TwLocal *local);
gboolean tw_local_end_number(TwLocal *local, guint32 number);
/* When somebody was here last. */
TwLocalSeen tw_local_get_seen(TwLocal *local, guint32 user);

/* ---- local-open.c ---- */
void tw_local_parts_close(TwLocalParts *parts);

/* ---- local-logon.c ---- */
/* A typed name, of @company where it says none. */
TwDirectoryObject *tw_local_find_name(const TwLocal *local,
                                      const TwDirectorySnapshot *snapshot,
                                      TwDirectoryType type,
                                      guint32 company,
                                      const char *name);
/* What a user of a company (nullable) logs on with. Transfer full. */
char *tw_local_join_login(const TwLocal *local, const char *user, const char *company);
/* A typed name without its company; @io_company stays where it names none. FALSE: no such company. */
gboolean tw_local_split_name(const TwLocal *local,
                             const TwDirectorySnapshot *snapshot,
                             const char *typed,
                             char **ret_plain,
                             guint32 *io_company);
guint tw_local_offers(TwServer *server);
gboolean tw_local_scram_ask(TwServer *server, const char *user, TwScramAsk *ret, GError **error);
gboolean tw_local_logon(
    TwServer *server, const TwLogon *logon, TwSession **ret, gint64 *ret_wait_us, GError **error);
TwDirectoryObject *tw_local_find_user(const TwLocal *local,
                                      const TwDirectorySnapshot *snapshot,
                                      const char *name);

/* ---- local-stamp.c ---- */
void tw_local_stamps_init(TwStamps *stamps);
guint64 tw_local_stamp(TwLocal *local, const TwGuid *store);
/* After an operation, whether it succeeded or not: some of it may have been done. */
void tw_local_stamp_move(TwLocal *local, TwOp op, gconstpointer args);

/* ---- local-call.c ---- */
gboolean tw_local_call(TwSession *session, TwOp op, gpointer args, GError **error);
/* Begins and ends something done for a session that is no operation; FALSE: END_OF_SESSION. */
gboolean tw_local_begin(TwLocalCall *call, TwLocalSession *session, GError **error);
void tw_local_end_call(TwLocalCall *call);
/* Turns a verdict into an error; @own tells whether the message is the asker's. */
gboolean tw_local_verdict(TwVerdict verdict, gboolean own, GError **error);
gboolean tw_local_ask(const TwLocalCall *call, guint32 folder, TwOpNeed need, GError **error);
/* What is no store's: ADMIN: an administrator of any company. */
gboolean tw_local_ask_server(const TwLocalCall *call, TwOpNeed need, GError **error);

/* The same for each of some messages of the call's folder. */
gboolean tw_local_ask_messages(const TwLocalCall *call,
                               const TwNumbers *messages,
                               TwOpNeed need,
                               GError **error);

/* ---- access.c ---- */
/* (transfer full): NOT_FOUND also when it is hidden. */
TwAccess *tw_access_open(TwLocalCall *call,
                         const TwGuid *guid,
                         TwRights **ret_rights,
                         GError **error);
/* GUID -> TwAccess, a reference each. */
GHashTable *tw_access_table_new(void);
void tw_access_unref(TwAccess *access);
/* Lets all sessions find stores and rights anew; says how many they had. */
guint tw_access_drop_all(TwLocal *local);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwAccess, tw_access_unref)
/* Whether a message was made by who asks; FALSE on failure too. */
gboolean tw_access_is_own(const TwLocalCall *call, const TwObject *object);
/* Writes down who made it. */
gboolean tw_access_sign(const TwLocalCall *call, TwObject *object, GError **error);

/* ---- ops-value.c ---- */
GHashTable *tw_local_value_list_new(void);
/* Drops values that nobody wrote to or used since. */
void tw_local_values_expire(TwLocalSession *session, gint64 before_us);

/* ---- local-table.c ---- */
void tw_local_table_unref(TwLocalTable *self);
GHashTable *tw_local_table_list_new(void);
/* Lets a table tell whoever listens under @token; FALSE with NOT_FOUND: no such table, or it may not be read any more. */
gboolean tw_local_table_listen(TwLocalCall *call,
                               guint32 number,
                               TwNotifyQueue *queue,
                               guint32 connection,
                               guint64 *ret_token,
                               GError **error);
/* Ends that, if the table still tells @token. */
void tw_local_table_mute(TwLocalSession *session, guint32 number, guint64 token);
/* Whether events of a table may be told. */
gboolean tw_local_table_may(TwLocalCall *call, guint32 number);

/* ---- local-book.c ---- */
TwBookSets *tw_book_sets_new(void);
/* When no table is open any more. */
void tw_book_sets_free(TwBookSets *sets);

/* ---- local-live.c ---- */
TwLive *tw_live_new(TwEngine *engine, TwDirectory *directory);
/* Begins; the tables outlive tw_live_stop(). */
void tw_live_start(TwLive *live, TwTables *tables);
void tw_live_stop(TwLive *live);
void tw_live_free(TwLive *live);
/* For tw_tables_new(): on a writer thread. */
void tw_live_wake(gpointer data);
/* After what may have changed the directory: finds out, when anybody listens. */
void tw_live_look(TwLive *live);
/* Who listens, and to what. */
typedef struct {
    TwNotifyQueue *queue;    /* that the events go to ... */
    guint32 connection;      /* ... under this number */
    guint32 table;           /* 0: the queues of outgoing mail */
    TwStore *store;          /* (nullable): the table's rows depend on rights there */
    gboolean of_directory;   /* they depend on the directory ... */
    guint64 directory_epoch; /* ... and show that of then */
} TwLiveWish;
/* Gives a token. */
guint64 tw_live_add(TwLive *live, const TwLiveWish *wish);
/* Gives the table back, or 0. When this returns the queue is not used any more. */
guint32 tw_live_remove(TwLive *live, guint64 token);
/* Who listens to the queues looks now. */
void tw_live_looked(TwLive *live, guint64 token);

/* ---- local-watch.c ---- */
TwWatch *tw_local_watch(TwSession *session, TwWatchWake wake, gpointer data, GError **error);
gboolean tw_local_watch_add(TwWatch *base, const TwWatchWish *wish, GError **error);
void tw_local_watch_remove(TwWatch *base, guint32 connection);
gboolean tw_local_pull(TwWatch *base, GArray *out, guint max, gboolean *ret_missed, GError **error);
void tw_local_watch_end(TwWatch *base);
/* Whether a change may be shown. */
gboolean tw_local_shows_change(const TwRights *rights, const TwChange *change);

G_END_DECLS
