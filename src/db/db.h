/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One database: a partition or server.db on SQLite, or the same schema on MariaDB.
 *
 * All writing goes through closures that may run more than once: tw_db_write() queues one, and one thread at a time takes
 * everything that is queued, runs each closure in its own savepoint, commits them together and then answers. That thread is
 * the caller's own when nobody else writes, else the database's writer thread. "Done" means that the commit is on
 * disk. All reading goes through closures with a short snapshot.
 *
 * A closure computes its outputs from scratch, keeps no state between runs and does nothing to the world besides SQL;
 * what shall happen after the commit is given to tw_db_on_commit().
 */
#pragma once

#include <glib.h>

#include "base/cancel.h"
#include "base/file.h"
#include "base/secret.h"

G_BEGIN_DECLS

typedef struct TwDb TwDb;
typedef struct TwDbTx TwDbTx;               /* one transaction, lent to a closure */
typedef struct TwDbStatement TwDbStatement; /* one prepared statement in use */

/* ---- statements: static const tables ---- */

/* One statement. Parameters are plain "?"; they and the columns are counted from 0. */
typedef struct {
    const char *sql;     /* for SQLite, and for MariaDB too unless it has its own */
    const char *mariadb; /* nullable */
} TwDbSql;

/* The statements of one SQL file, by that file's enum. Prepared once per connection, when first used. */
typedef struct {
    const char *name; /* for messages: the table */
    const TwDbSql *rows;
    guint count;
} TwDbSqlSet;

typedef gboolean (*TwDbFunc)(TwDbTx *tx, gpointer data, GError **error);

/* One step of the schema, run once in a transaction of its own. MariaDB commits at each CREATE and ALTER, so there every
 * statement must bear being run again (IF NOT EXISTS). A row with neither text is passed over. */
typedef struct {
    guint version; /* 1, 2, 3 ... without gaps */
    guint step_count;
    const TwDbSql *steps;
    TwDbFunc func; /* nullable: runs after the steps, with data NULL */
} TwDbMigration;

typedef struct {
    const char
        *id; /* what kind of database this is, such as "partition"; another kind is refused */
    const TwDbMigration *migrations;
    guint migration_count;
    const TwDbSqlSet *const *sets; /* all that closures will use */
    guint set_count;
} TwDbSchema;

/* ---- opening ---- */

typedef enum {
    TW_DB_SQLITE,
    TW_DB_MARIADB,
} TwDbKind;

/* See README.md for the picture. */
typedef enum {
    TW_DB_OPENING,
    TW_DB_OPEN,
    TW_DB_SUSPECT, /* a write or sync failed: reads go on, writes are refused until tw_db_reopen() */
    TW_DB_CLOSING,
} TwDbState;

typedef struct {
    TwDbKind kind;
    const TwDbSchema *schema;

    /* SQLite */
    TwFileSystem *fs;
    const char *path;       /* the database; beside it PATH-wal, PATH-lock, PATH-reserve */
    gsize page_cache_bytes; /* of all connections together */
    guint64
        log_bytes_min; /* the pre-written log begins with this and doubles as the database grows */
    guint64 log_bytes_max;
    guint
        log_factor_max; /* behind readers that do not end the log may grow to so many times log_bytes_max; then writes
                           * wait ... */
    gint64 log_wait_us;        /* ... so long, and are TW_ERROR_BUSY when a reader is still there */
    guint64 reserve_bytes_max; /* the reserve follows the log's size up to this; 0: none */
    gboolean must_exist;       /* TW_ERROR_NOT_FOUND rather than a new, empty database */
    gboolean quick_check;      /* look through the structure when opening (about 1.5 s a GB) */

    /* MariaDB */
    const char *host;     /* (nullable): then socket */
    guint port;           /* 0: the usual one */
    const char *socket;   /* (nullable): the usual one; of host NULL */
    const char *database; /* made when there is none, unless must_exist */
    const char *user;
    TwSecret *password; /* nullable: none */
    const char *
        tls_ca; /* (nullable): a file of certificates: the connection to host is encrypted, and the server's certificate is
                         * of one of these and names host */
    const char *tls_cert, *tls_key; /* (nullable): files: who we are, when the server asks */
    const char *node; /* (nullable): who has the lease, for messages: the host's name */
    gint64
        lease_us; /* one opener at a time has the database, and loses it when it makes no commit for so
                   * long; opening waits as long for one that is gone. 0: several may write */

    guint readers_max; /* connections for reading, made when needed ... */
    gint64
        readers_idle_us; /* ... and closed when so long fewer were in use at once: the others then have more of the page cache */
    gint64
        read_us_max; /* a read without a deadline of its own may last so long, then TW_ERROR_TIMEOUT; 0: for ever */
    guint queue_ops_max; /* more are TW_ERROR_BUSY */
    gsize queue_bytes_max;
    guint group_ops_max; /* most in one commit */
    gsize group_bytes_max;

    /* Step 1 of the write path, called once a group before its closures run, on the thread that writes: makes durable what the
     * rows will name. So a closure can ask whether what it is about to name is durable. A failure fails the whole group.
     * Nullable. */
    gboolean (*sync_blobs)(gpointer data, GError **error);
    /* Called on the thread that found out, with what happened; must not call back. Nullable. */
    void (*state_changed)(gpointer data, TwDbState state, const GError *why);
    gpointer hook_data;
} TwDbConfig;

/** TW_DB_CONFIG_INIT: a #TwDbConfig with everything but the place and the schema. */
#define TW_DB_CONFIG_INIT                                                                          \
    {                                                                                              \
        .kind = TW_DB_SQLITE, .page_cache_bytes = 8u << 20, .log_bytes_min = 1u << 20,             \
        .log_bytes_max = 64u << 20, .log_factor_max = 4,                                           \
        .log_wait_us = (gint64) 30 * G_USEC_PER_SEC, .reserve_bytes_max = 64u << 20,               \
        .readers_max = 8, .readers_idle_us = (gint64) 10 * G_USEC_PER_SEC,                         \
        .read_us_max = (gint64) 60 * G_USEC_PER_SEC, .queue_ops_max = 4096,                        \
        .queue_bytes_max = 64u << 20, .group_ops_max = 256, .group_bytes_max = 8u << 20            \
    }

/**
 * tw_db_open:
 * @config: how; copied, but what it points to (schema, fs, hook_data) must outlive the database
 * @error: TW_ERROR_BUSY: another process, handle or node has it open. TW_ERROR_UNSUPPORTED: its schema is newer than this
 *   program, or of another kind. TW_ERROR_CORRUPT: damaged. Else what the file system says
 *
 * Opens a database, making it when there is none: takes its lock, replays its log, migrates its schema, starts its
 * writer thread.
 *
 * Returns: (transfer full): the database, or NULL
 */
TwDb *tw_db_open(const TwDbConfig *config, GError **error);

/**
 * tw_db_close:
 * @db: (nullable) (transfer full): a database
 *
 * Refuses new work (TW_ERROR_CANCELLED), finishes what is queued, waits for readers, and closes.
 */
void tw_db_close(TwDb *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDb, tw_db_close)

/**
 * tw_db_state:
 * @db: a database
 *
 * Returns: its state now
 */
TwDbState tw_db_state(TwDb *db);

/**
 * tw_db_reopen:
 * @db: a database, usually %TW_DB_SUSPECT
 * @error: why it still does not work
 *
 * Waits for running closures, closes all connections, makes the log certain again (see README.md) and opens
 * anew. Waiting writes stay queued.
 *
 * Returns: FALSE on failure; the database is then suspect and without readers
 */
gboolean tw_db_reopen(TwDb *db, GError **error);

/* ---- running closures ---- */

typedef struct {
    gint64
        deadline_us; /* g_get_monotonic_time() by which it must have begun, or for a read ended; 0: none */
    const TwCancel *cancel; /* (nullable): fired: give up. Must outlive the call */
    gsize cost_bytes;     /* a write: about how much it brings, for the limits of queue and group */
    gboolean frees_space; /* a delete, a purge: may use the reserve when the disk is full */
} TwDbOptions;

/**
 * tw_db_write:
 * @db: a database; never from a closure or a call after the commit of its own
 * @func: the closure; may run more than once, on this thread or another that writes
 * @data: for @func; must be there until this returns
 * @error: what @func failed with; or TW_ERROR_BUSY: too much is queued, or the log is full behind a reader that does not
 *   end; NO_SPACE; CANCELLED: closing;
 *   FAILED: the commit failed, and it is not known whether the change would survive a power cut now
 *
 * Queues @func and waits until its commit is on disk.
 *
 * Returns: FALSE on failure, with nothing changed
 */
gboolean tw_db_write(TwDb *db, TwDbFunc func, gpointer data, GError **error);

/**
 * tw_db_write_with:
 * @db: a database; never from a closure or a call after the commit of its own
 * @options: (nullable): limits
 * @func: as tw_db_write()
 * @data: as tw_db_write()
 * @error: as tw_db_write(); also TW_ERROR_TIMEOUT and CANCELLED by @options, always with nothing changed
 *
 * Returns: FALSE on failure, with nothing changed
 */
gboolean tw_db_write_with(
    TwDb *db, const TwDbOptions *options, TwDbFunc func, gpointer data, GError **error);

/* @error: (nullable): borrowed; NULL when the change is durable. Runs on the thread that writes: be brief. */
typedef void (*TwDbDone)(const GError *error, gpointer data);

/**
 * tw_db_write_async:
 * @db: a database
 * @options: (nullable): limits; copied
 * @func: as tw_db_write()
 * @data: for @func and @done; must be there until @done was called
 * @done: called exactly once, unless this returns FALSE
 * @error: TW_ERROR_BUSY, CANCELLED or FAILED: not queued, @done will not be called
 *
 * Queues @func and returns at once. May be called from anywhere, also from @done.
 *
 * Returns: FALSE when it was not queued
 */
gboolean tw_db_write_async(TwDb *db,
                           const TwDbOptions *options,
                           TwDbFunc func,
                           gpointer data,
                           TwDbDone done,
                           GError **error);

/**
 * tw_db_read:
 * @db: a database
 * @options: (nullable): deadline and cancellation, looked at while SQL runs and when a statement begins. Without a
 *   deadline it is read_us_max from the beginning of the snapshot: a long one keeps the log from beginning anew
 * @func: runs on this thread, on one snapshot of the committed state; must not wait for anything
 * @data: for @func
 * @error: what @func failed with; TW_ERROR_TIMEOUT or CANCELLED by @options, also while waiting for a connection
 *
 * Returns: FALSE on failure
 */
gboolean tw_db_read(
    TwDb *db, const TwDbOptions *options, TwDbFunc func, gpointer data, GError **error);

/**
 * tw_db_on_commit:
 * @tx: the transaction of a write
 * @func: called on the thread that writes, whichever it is, after the commit, before the write is answered; must be brief
 * @data: for @func
 * @destroy: (nullable): frees @data, after @func or when the closure failed or runs again
 *
 * Calls of all closures come in the order of their commits: a change stream hangs here.
 */
void tw_db_on_commit(TwDbTx *tx,
                     void (*func)(gpointer data),
                     gpointer data,
                     GDestroyNotify destroy);

/**
 * tw_db_expect_scan:
 * @tx: the transaction of a read
 *
 * Says that the closure is about to read many rows in the order of the key of a table WITHOUT ROWID. Until it returns, pages
 * below each inner page are asked for together: cold, a scan waits for the disk once in a dozen pages rather than for each.
 */
void tw_db_expect_scan(TwDbTx *tx);

/**
 * tw_db_forget_pages:
 * @tx: the transaction of a read
 *
 * What the closure reads next comes from the file again, not from this connection's page cache: a check wants to see the disk.
 */
void tw_db_forget_pages(TwDbTx *tx);

/**
 * tw_db_tx_kind:
 * @tx: a transaction
 *
 * Returns: the back end, for the rare place that must know
 */
TwDbKind tw_db_tx_kind(TwDbTx *tx);

/* ---- statements in a closure ---- */

typedef enum {
    TW_DB_ROW,
    TW_DB_DONE,
    TW_DB_FAILED,
} TwDbStep;

/**
 * tw_db_statement:
 * @tx: the transaction
 * @set: a set named in the schema
 * @which: row of @set
 *
 * Takes a statement into use. Each must be ended (g_autoptr does it) before its closure returns. A failure to
 * prepare it is kept and told by the first step.
 *
 * Returns: (transfer full): the statement, never NULL; end with tw_db_end()
 */
TwDbStatement *tw_db_statement(TwDbTx *tx, const TwDbSqlSet *set, guint which);

/**
 * tw_db_end:
 * @st: (nullable) (transfer full): a statement
 *
 * Gives it back; values and columns are forgotten.
 */
void tw_db_end(TwDbStatement *st);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDbStatement, tw_db_end)

/**
 * tw_db_bind_i64:
 * @st: a statement that was not stepped yet or was rewound
 * @index: which "?", from 0
 * @value: its value
 */
void tw_db_bind_i64(TwDbStatement *st, guint index, gint64 value);

/**
 * tw_db_bind_double:
 * @st: a statement that was not stepped yet or was rewound
 * @index: which "?", from 0
 * @value: its value; NaN is stored as NULL
 */
void tw_db_bind_double(TwDbStatement *st, guint index, double value);

/**
 * tw_db_bind_text:
 * @st: a statement that was not stepped yet or was rewound
 * @index: which "?", from 0
 * @text: (nullable) (array length=len): UTF-8, borrowed until the statement ends or is rewound; NULL binds NULL
 * @len: its bytes
 */
void tw_db_bind_text(TwDbStatement *st, guint index, const char *text, gsize len);

/**
 * tw_db_bind_bytes:
 * @st: a statement that was not stepped yet or was rewound
 * @index: which "?", from 0
 * @data: (nullable) (array length=len): borrowed until the statement ends or is rewound; NULL with @len 0 is empty
 * @len: how many
 */
void tw_db_bind_bytes(TwDbStatement *st, guint index, const void *data, gsize len);

/**
 * tw_db_bind_null:
 * @st: a statement that was not stepped yet or was rewound
 * @index: which "?", from 0
 */
void tw_db_bind_null(TwDbStatement *st, guint index);

/**
 * tw_db_step:
 * @st: a statement
 * @error: TW_ERROR_EXISTS: a key is taken; INVALID: another constraint; NO_SPACE, CORRUPT, TOO_BIG, TIMEOUT, ...
 *
 * Runs to the next row or to the end.
 *
 * Returns: what it came to
 */
TwDbStep tw_db_step(TwDbStatement *st, GError **error);

/**
 * tw_db_step_kept:
 * @st: a statement "SELECT a, b, ... FROM table WHERE key = ? [AND ...]" by the whole primary key, of whole numbers
 * @error: as tw_db_step()
 *
 * As tw_db_step(), but in a writing transaction a row that it found before need not be asked for again: the back end may keep it, with
 * what tw_db_run_later() changes of it, until another statement changes its table. For the few rows that each write begins with.
 *
 * Returns: as tw_db_step()
 */
TwDbStep tw_db_step_kept(TwDbStatement *st, GError **error);

/**
 * tw_db_run:
 * @st: a statement that returns no rows
 * @error: as tw_db_step()
 *
 * Runs to the end and rewinds, so that it can be bound and run again.
 *
 * Returns: FALSE on failure
 */
gboolean tw_db_run(TwDbStatement *st, GError **error);

/**
 * tw_db_run_later:
 * @st: a statement "INSERT INTO ..." or "REPLACE INTO ..." of one row, or "UPDATE table SET a = ?, ... WHERE key = ? [AND ...]" by
 *   the whole primary key, in a writing transaction
 * @error: as tw_db_step()
 *
 * As tw_db_run(), but the row may be sent together with others, at the latest before a statement that names its table, and before
 * the commit. tw_db_changes() is not known then. A row that is refused fails the operation that has put it, as ever.
 *
 * Returns: FALSE on failure
 */
gboolean tw_db_run_later(TwDbStatement *st, GError **error);

/**
 * tw_db_rewind:
 * @st: a statement
 *
 * Makes it ready to be bound and stepped again; values stay bound.
 */
void tw_db_rewind(TwDbStatement *st);

/**
 * tw_db_changes:
 * @st: a statement that ran to its end
 *
 * Returns: rows inserted, changed (MariaDB: or found) or deleted by it
 */
gint64 tw_db_changes(TwDbStatement *st);

/**
 * tw_db_column_is_null:
 * @st: a statement on a row
 * @index: which column, from 0
 *
 * Returns: TRUE if it is NULL
 */
gboolean tw_db_column_is_null(TwDbStatement *st, guint index);

/**
 * tw_db_column_i64:
 * @st: a statement on a row
 * @index: which column, from 0
 *
 * A column of another type (NULL included) is damage: the whole closure then fails with TW_ERROR_CORRUPT,
 * whatever it returns. So a reader need not check each column.
 *
 * Returns: its value; 0 for another type
 */
gint64 tw_db_column_i64(TwDbStatement *st, guint index);

/**
 * tw_db_column_double:
 * @st: a statement on a row
 * @index: which column, from 0
 *
 * Returns: as tw_db_column_i64()
 */
double tw_db_column_double(TwDbStatement *st, guint index);

/**
 * tw_db_column_text:
 * @st: a statement on a row
 * @index: which column, from 0
 * @ret_len: (out) (optional): its bytes
 *
 * Returns: (transfer none): as tw_db_column_i64(), until the next step: UTF-8 as far as the writer was honest, and
 *   followed by a NUL; "" for another type
 */
const char *tw_db_column_text(TwDbStatement *st, guint index, gsize *ret_len);

/**
 * tw_db_column_bytes:
 * @st: a statement on a row
 * @index: which column, from 0
 * @ret_len: (out): how many
 *
 * Returns: (transfer none): as tw_db_column_i64(), until the next step; never NULL
 */
const guint8 *tw_db_column_bytes(TwDbStatement *st, guint index, gsize *ret_len);

/* ---- figures ---- */

typedef struct {
    guint64 ops, groups, failed_ops; /* since opening; groups that committed */
    guint64 reruns;                  /* groups that had to run again */
    guint queued_ops;
    guint readers;         /* connections now open for reading */
    guint64 log_bytes;     /* length of the log file (SQLite) */
    guint64 reserve_bytes; /* what is left of the reserve (SQLite) */
    guint64 checkpoints;
} TwDbStats;

/**
 * tw_db_stats:
 * @db: a database
 * @ret: (out): figures of now
 */
void tw_db_stats(TwDb *db, TwDbStats *ret);

G_END_DECLS
