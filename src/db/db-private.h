/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the files of db/ share: the back end's table of functions, connections, operations. Lock order and states are in
 * README.md.
 */
#pragma once

#include "base/lock.h"
#include "db/db.h"

G_BEGIN_DECLS

typedef struct TwDbConn TwDbConn;
typedef struct TwDbOp TwDbOp;

typedef enum {
    TW_DB_BEGIN_READ,
    TW_DB_BEGIN_WRITE,
    TW_DB_COMMIT,
    TW_DB_ROLLBACK,
    TW_DB_SAVEPOINT,
    TW_DB_RELEASE,
    TW_DB_ROLLBACK_TO, /* and release */
    TW_DB_CONTROLS,
} TwDbControl;

typedef enum {
    TW_DB_TYPE_NULL,
    TW_DB_TYPE_I64,
    TW_DB_TYPE_DOUBLE,
    TW_DB_TYPE_TEXT,
    TW_DB_TYPE_BYTES,
} TwDbType;

typedef enum {
    TW_DB_ROLE_WRITER,
    TW_DB_ROLE_READER,
} TwDbRole;

/* What became of a commit whose answer was lost. */
typedef enum {
    TW_DB_FATE_UNKNOWN, /* ask again, of another connection */
    TW_DB_FATE_DONE,
    TW_DB_FATE_UNDONE,
    TW_DB_FATE_LOST, /* it will never be known */
} TwDbFate;

/* A back end. Members may be NULL where the comment says so. Failures are TwErrors. */
typedef struct {
    TwDbKind kind;
    const char *name;

    /* The database as a whole. */
    gpointer (*env_new)(TwDb *db, GError **error); /* takes the lock, touches nothing else */
    void (*env_free)(gpointer env);
    gboolean (*start)(gpointer env, GError **error); /* before any connection: recovery */
    gboolean (*claim)(gpointer env,
                      TwDbConn *writer,
                      GError **error); /* nullable: it is ours, before
                                                                        * anything is written */
    gboolean (*ready)(gpointer env, TwDbConn *writer, GError **error); /* schema is there */
    void (*stop)(gpointer env, TwDbConn *writer); /* readers are closed; writer nullable */

    /* Connections; each used by one thread at a time. */
    TwDbConn *(*connect)(gpointer env, TwDbRole role, GError **error);
    /* nullable: a writer that works in place of one that may not; NULL: not now, and the old one stays */
    TwDbConn *(*reconnect)(gpointer env, TwDbConn *old, GError **error);
    void (*disconnect)(TwDbConn *conn);
    gboolean (*control)(TwDbConn *conn, TwDbControl what, GError **error);
    gboolean (*in_transaction)(TwDbConn *conn); /* FALSE: all was rolled back behind our back */
    gboolean (*must_rerun)(TwDbConn *conn);     /* the last failure was a deadlock or the like */
    /* Nullable: a row that an operation left to be sent later was refused, maybe while another one ran: who runs alone
     * learns of his own, so the group is run again with care. */
    gboolean (*failed_late)(TwDbConn *conn);
    gboolean (*is_unknown)(
        TwDbConn *conn); /* nullable: the last failure was a commit that may be done */
    TwDbFate (*find_fate)(gpointer env, TwDbConn *fresh, GError **error); /* with is_unknown */
    void (*end)(gpointer env, const char *why); /* with is_unknown: suspect, never to be reopened */

    gpointer (*prepare)(TwDbConn *conn, const char *sql, GError **error);
    void (*finalize)(gpointer statement);
    void (*bind_null)(gpointer statement, guint index);
    void (*bind_i64)(gpointer statement, guint index, gint64 value);
    void (*bind_double)(gpointer statement, guint index, double value);
    void (*bind_data)(gpointer statement, guint index, TwDbType type, const void *data, gsize len);
    TwDbStep (*step)(TwDbConn *conn, gpointer statement, GError **error);
    /* Nullable: a change whose count nobody asks for; its values are copied. */
    gboolean (*run_later)(TwDbConn *conn, gpointer statement, GError **error);
    void (*keep)(TwDbConn *conn, gpointer statement); /* nullable: tw_db_step_kept() */
    void (*rewind)(gpointer statement, gboolean forget_values);
    gint64 (*changes)(TwDbConn *conn, gpointer statement);
    guint64 (*total_changes)(TwDbConn *conn); /* nullable: grows by each row that is changed */
    guint (*column_count)(gpointer statement);
    TwDbType (*column_type)(gpointer statement, guint index);
    gboolean (*column_i64)(gpointer statement, guint index, gint64 *ret); /* FALSE: another type */
    double (*column_double)(gpointer statement, guint index);
    const void *(*column_data)(gpointer statement, guint index, gsize *ret_len);

    void (*expect_scan)(TwDbConn *conn, gboolean scan); /* nullable */
    void (*forget_pages)(TwDbConn *conn);               /* nullable */
    /* Nullable: a reader's part of the page cache, when so many are open; called after each of its uses. */
    void (*share_cache)(TwDbConn *conn, guint readers);

    /* The writer's life. */
    void (*before_group)(gpointer env, TwDbConn *writer); /* nullable: between two transactions */
    gint64 (*beat_due)(gpointer env); /* nullable: a commit shall be made then, be it empty */
    gboolean (*has_log_room)(gpointer env, TwDbConn *writer); /* nullable: FALSE behind readers */
    gboolean (*is_suspect)(gpointer env);                     /* nullable: a write or sync failed */
    void (*why_suspect)(gpointer env, GError **error);        /* nullable */
    gboolean (*has_reserve)(gpointer env);       /* nullable: reserve whole; may try to fill it */
    gboolean (*use_reserve)(gpointer env);       /* nullable: frees some; FALSE when none is left */
    void (*stats)(gpointer env, TwDbStats *ret); /* nullable */
} TwDbBackend;

extern const TwDbBackend tw_db_sqlite;
extern const TwDbBackend tw_db_mariadb;

struct TwDbStatement {
    TwDbConn *conn;
    const TwDbSqlSet *set;
    guint which;
    gpointer prepared; /* the back end's; NULL when preparing failed */
    guint columns;
    GError *prepare_error;
    gboolean in_use;
    gboolean extra; /* a second copy, not in the cache */
    gboolean on_row;
};

/* A hook waiting for its commit. */
typedef struct {
    void (*func)(gpointer data);
    gpointer data;
    GDestroyNotify destroy;
} TwDbHook;

struct TwDbTx {
    TwDbConn *conn;
    gboolean writing;
    guint open_statements;
    char *damage;  /* a column had a type it cannot have; NULL: none */
    GArray *hooks; /* TwDbHook */
};

/* The head of each back end's connection. */
struct TwDbConn {
    const TwDbBackend *backend;
    TwDb *db;
    TwDbTx tx;
    TwDbStatement ***cache; /* by set, by row; NULL until used */
    gint64 deadline_us;     /* of what runs now */
    const TwCancel *cancel;
    gboolean scans; /* tw_db_expect_scan() */
};

struct TwDbOp {
    gint refs; /* atomic: the queue or group, and whoever waits */
    TwDbOptions options;
    TwDbFunc func;
    gpointer data;
    TwDbDone done;     /* NULL: someone waits on cond */
    GError *error;     /* the answer */
    gboolean failed;   /* will not run again */
    gboolean answered; /* guarded by lock, as is the next */
    gboolean awaited;  /* someone sleeps on cond */
    TwLock lock;
    GCond cond;
};

struct TwDb {
    TwDbConfig config; /* its strings are in strings */
    GPtrArray *strings;
    const TwDbBackend *backend;
    gpointer env;
    TwDbConn *writer; /* once the thread runs: of whoever is in serving */
    GThread *thread;

    TwLock lock;        /* guards all below; never held while SQL, files or callbacks run */
    GCond work;         /* the writer waits: queue, serving, reopen_wanted or state changed */
    GCond idle;         /* others wait: a reader came back, a reopening ended */
    guint idle_waiting; /* how many: waking nobody is a call of the kernel all the same */
    TwDbState state;
    GQueue queue; /* TwDbOp */
    gsize queue_bytes;
    guint
        expected; /* operations that were there when the last group ended: its own, and those queued */
    gint64 last_us;  /* how long that group took */
    guint gathering; /* whoever serves waits on gathered for so many; 0: it does not */
    GCond gathered;
    const GThread *
        serving; /* who runs a group now: the writer thread, or who found nobody at it; NULL: nobody */
    gboolean reopen_wanted, reopening;
    GError *reopen_error;
    guint reopen_count; /* how many reopenings have ended */
    GPtrArray *readers; /* idle TwDbConn */
    guint readers_open; /* idle or lent */
    guint readers_lent;
    guint readers_most;   /* lent at once since ... */
    gint64 readers_since; /* ... then */
    TwDbStats stats;
};

/* db.c */
void tw_db_set_state(TwDb *db, TwDbState state, const GError *why);
gboolean tw_db_connect_writer(TwDb *db, GError **error);
void tw_db_disconnect_all(TwDb *db);
TwDbOp *tw_db_op_new(const TwDbOptions *options, TwDbFunc func, gpointer data, TwDbDone done);
void tw_db_op_unref(TwDbOp *op);

/* db-writer.c: all closures of tw_db_write() run here */
gpointer tw_db_writer_thread(gpointer data);
void tw_db_serve_one_group(TwDb *db);
/* With db->lock held. */
void tw_db_wait_idle(TwDb *db, gint64 until_us);

/* db-statement.c */
TwDbConn *tw_db_conn_init(TwDbConn *conn, const TwDbBackend *backend, TwDb *db);
void tw_db_conn_clear(TwDbConn *conn);
void tw_db_tx_begin(TwDbTx *tx, gboolean writing);
gboolean tw_db_tx_settle(TwDbTx *tx, GError **error);
void tw_db_tx_drop_hooks(TwDbTx *tx, guint keep);
gboolean tw_db_exec(TwDbConn *conn, const char *sql, GError **error);
gboolean tw_db_exec_i64(TwDbConn *conn, const char *sql, gint64 *ret, GError **error);

/* db-migrate.c */
gboolean tw_db_migrate(TwDb *db, GError **error);

G_END_DECLS
