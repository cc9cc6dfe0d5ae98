/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SQLite back end: connections and statements. One writer, short readers, synchronous=FULL. */
#include <sqlite3.h>
#include <string.h>

#include "base/error.h"
#include "db/sqlite-log-scan.h"
#include "db/sqlite-private.h"

enum {
    CHECKPOINT_PAGES = 4000, /* in the background, or a quarter of the log when that is less */
    PROGRESS_STEPS = 1000, /* of SQLite's machine between two looks at deadline and cancellation */
    LARGEST_VALUE = 64 << 20, /* bytes of one row; larger values are blobs */
    LONGEST_SQL = 1 << 20,
    FIRST_WITH_LOG = 2 /* the settings before it must be made while the file is still empty */
};

typedef struct {
    sqlite3_stmt *stmt;
    int bind_code; /* the first failure */
} Prepared;

static const char *const control_text[TW_DB_CONTROLS] = {
    [TW_DB_BEGIN_READ] = "BEGIN",
    [TW_DB_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [TW_DB_COMMIT] = "COMMIT",
    [TW_DB_ROLLBACK] = "ROLLBACK",
    [TW_DB_SAVEPOINT] = "SAVEPOINT op",
    [TW_DB_RELEASE] = "RELEASE op",
    [TW_DB_ROLLBACK_TO] = "ROLLBACK TO op",
};

/* ---- errors ---- */

static TwError
code_of(const TwSqliteConn *conn, int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return TW_ERROR_NO_SPACE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return TW_ERROR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return TW_ERROR_CORRUPT;
    case SQLITE_TOOBIG:
        return TW_ERROR_TOO_BIG;
    case SQLITE_CONSTRAINT:
        return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
                       code == SQLITE_CONSTRAINT_ROWID
                   ? TW_ERROR_EXISTS
                   : TW_ERROR_INVALID;
    case SQLITE_INTERRUPT:
        return conn->conn.cancel != NULL && tw_cancel_fired(conn->conn.cancel) ? TW_ERROR_CANCELLED
                                                                               : TW_ERROR_TIMEOUT;
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return TW_ERROR_NO_ACCESS;
    case SQLITE_IOERR:
        return code == SQLITE_IOERR_DATA || code == SQLITE_IOERR_CORRUPTFS ? TW_ERROR_CORRUPT
                                                                           : TW_ERROR_FAILED;
    default:
        return TW_ERROR_FAILED;
    }
}

static gboolean
fail(const TwSqliteConn *conn, int code, GError **error)
{
    g_set_error(error, TW_ERROR, (int) code_of(conn, code), "SQLite %d: %s", code,
                code == SQLITE_IOERR_DATA ? "a page's checksum is wrong"
                                          : sqlite3_errmsg(conn->handle));
    return FALSE;
}

/* ---- connections ---- */

static gpointer
sqlite_prepare(TwDbConn *base, const char *sql, GError **error)
{
    TwSqliteConn *conn = (TwSqliteConn *) base;
    Prepared *prepared;
    sqlite3_stmt *stmt;
    int code = sqlite3_prepare_v3(conn->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);

    if (code != SQLITE_OK) {
        fail(conn, code, error);
        return NULL;
    }
    prepared = g_new0(Prepared, 1);
    prepared->stmt = stmt;
    return prepared;
}

static void
sqlite_finalize(gpointer statement)
{
    sqlite3_finalize(((Prepared *) statement)->stmt);
    g_free(statement);
}

static sqlite3_stmt *
stmt_of(gpointer statement)
{
    return ((Prepared *) statement)->stmt;
}

static void
bound(gpointer statement, int code)
{
    Prepared *prepared = statement;

    if (code != SQLITE_OK && prepared->bind_code == SQLITE_OK)
        prepared->bind_code = code;
}

static void
sqlite_bind_null(gpointer statement, guint index)
{
    bound(statement, sqlite3_bind_null(stmt_of(statement), (int) index + 1));
}

static void
sqlite_bind_i64(gpointer statement, guint index, gint64 value)
{
    bound(statement, sqlite3_bind_int64(stmt_of(statement), (int) index + 1, value));
}

static void
sqlite_bind_double(gpointer statement, guint index, double value)
{
    bound(statement, sqlite3_bind_double(stmt_of(statement), (int) index + 1, value));
}

static void
sqlite_bind_data(gpointer statement, guint index, TwDbType type, const void *data, gsize len)
{
    sqlite3_stmt *stmt = stmt_of(statement);
    int at = (int) index + 1;

    if (type == TW_DB_TYPE_TEXT)
        bound(statement, sqlite3_bind_text64(stmt, at, data, len, SQLITE_STATIC, SQLITE_UTF8));
    else
        bound(statement, sqlite3_bind_blob64(stmt, at, data, len, SQLITE_STATIC));
}

static TwDbStep
sqlite_step(TwDbConn *base, gpointer statement, GError **error)
{
    Prepared *prepared = statement;
    int code = prepared->bind_code;

    if (code == SQLITE_OK)
        code = sqlite3_step(prepared->stmt);
    if (code == SQLITE_ROW)
        return TW_DB_ROW;
    if (code == SQLITE_DONE)
        return TW_DB_DONE;
    fail((TwSqliteConn *) base, code, error);
    return TW_DB_FAILED;
}

static void
sqlite_rewind(gpointer statement, gboolean forget_values)
{
    Prepared *prepared = statement;

    sqlite3_reset(prepared->stmt); /* its answer is that of the last step */
    prepared->bind_code = SQLITE_OK;
    if (forget_values)
        sqlite3_clear_bindings(prepared->stmt);
}

static gint64
sqlite_changes(TwDbConn *base, gpointer statement G_GNUC_UNUSED)
{
    return sqlite3_changes64(((TwSqliteConn *) base)->handle);
}

static guint64
sqlite_total_changes(TwDbConn *base)
{
    return (guint64) sqlite3_total_changes64(((TwSqliteConn *) base)->handle);
}

static guint
sqlite_column_count(gpointer statement)
{
    return (guint) sqlite3_column_count(stmt_of(statement));
}

static TwDbType
sqlite_column_type(gpointer statement, guint index)
{
    switch (sqlite3_column_type(stmt_of(statement), (int) index)) {
    case SQLITE_INTEGER:
        return TW_DB_TYPE_I64;
    case SQLITE_FLOAT:
        return TW_DB_TYPE_DOUBLE;
    case SQLITE_TEXT:
        return TW_DB_TYPE_TEXT;
    case SQLITE_BLOB:
        return TW_DB_TYPE_BYTES;
    default:
        return TW_DB_TYPE_NULL;
    }
}

/* By the value: type and number of a column asked for one after the other look for it twice. Nobody else uses the connection
 * meanwhile, which is what an unprotected value needs. */
static gboolean
sqlite_column_i64(gpointer statement, guint index, gint64 *ret)
{
    sqlite3_value *value = sqlite3_column_value(stmt_of(statement), (int) index);

    if (sqlite3_value_type(value) != SQLITE_INTEGER)
        return FALSE;
    *ret = sqlite3_value_int64(value);
    return TRUE;
}

static double
sqlite_column_double(gpointer statement, guint index)
{
    return sqlite3_column_double(stmt_of(statement), (int) index);
}

static const void *
sqlite_column_data(gpointer statement, guint index, gsize *ret_len)
{
    sqlite3_stmt *stmt = stmt_of(statement);
    const void *data = sqlite3_column_type(stmt, (int) index) == SQLITE_TEXT
                           ? (const void *) sqlite3_column_text(stmt, (int) index)
                           : sqlite3_column_blob(stmt, (int) index);

    *ret_len = (gsize) sqlite3_column_bytes(stmt, (int) index);
    return data != NULL ? data : "";
}

static gboolean
run_control(TwSqliteConn *conn, TwDbControl what, GError **error)
{
    sqlite3_stmt **stmt = &conn->controls[what];
    int code = SQLITE_OK;

    if (*stmt == NULL)
        code = sqlite3_prepare_v3(conn->handle, control_text[what], -1, SQLITE_PREPARE_PERSISTENT,
                                  stmt, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(*stmt);
        sqlite3_reset(*stmt);
    }
    return code == SQLITE_DONE || fail(conn, code, error);
}

static gboolean
sqlite_control(TwDbConn *base, TwDbControl what, GError **error)
{
    TwSqliteConn *conn = (TwSqliteConn *) base;

    return run_control(conn, what, error) &&
           (what != TW_DB_ROLLBACK_TO || run_control(conn, TW_DB_RELEASE, error));
}

static void
sqlite_expect_scan(TwDbConn *base, gboolean scan)
{
    sqlite3_file_control(((TwSqliteConn *) base)->handle, "main", TW_SQLITE_EXPECT_SCAN, &scan);
}

static gboolean
sqlite_in_transaction(TwDbConn *base)
{
    return sqlite3_get_autocommit(((TwSqliteConn *) base)->handle) == 0;
}

static gboolean
sqlite_must_rerun(TwDbConn *base G_GNUC_UNUSED)
{
    return FALSE;
}

static void
sqlite_disconnect(TwDbConn *base)
{
    TwSqliteConn *conn = (TwSqliteConn *) base;

    tw_db_conn_clear(base);
    for (guint i = 0; i < TW_DB_CONTROLS; i++)
        sqlite3_finalize(conn->controls[i]);
    if (sqlite3_close(conn->handle) != SQLITE_OK)
        g_critical("a connection was closed with statements left");
    g_free(conn);
}

/* Nonzero interrupts what runs. */
static int
on_progress(void *data)
{
    const TwDbConn *conn = data;

    if (conn->cancel != NULL && tw_cancel_fired(conn->cancel))
        return 1;
    return conn->deadline_us != 0 && conn->deadline_us <= g_get_monotonic_time();
}

static void
restrict_connection(TwSqliteConn *conn)
{
    static const struct {
        int option, value;
    } options[] = {
        { SQLITE_DBCONFIG_DEFENSIVE, 1 },
        { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
        { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
        { SQLITE_DBCONFIG_DQS_DML, 0 },
        { SQLITE_DBCONFIG_DQS_DDL, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(options); i++)
        sqlite3_db_config(conn->handle, options[i].option, options[i].value, NULL);
    sqlite3_limit(conn->handle, SQLITE_LIMIT_LENGTH, LARGEST_VALUE);
    sqlite3_limit(conn->handle, SQLITE_LIMIT_SQL_LENGTH, LONGEST_SQL);
    sqlite3_limit(conn->handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_busy_timeout(conn->handle, TW_SQLITE_BUSY_MS);
    sqlite3_progress_handler(conn->handle, PROGRESS_STEPS, on_progress, conn);
}

/* Half of the budget is the writer's; the readers, so many, and the copying thread share the rest. */
static gboolean
set_cache(TwSqliteConn *conn, guint readers, GError **error)
{
    gsize bytes = conn->env->db->config.page_cache_bytes / 2;
    char sql[64];

    if (readers > 0)
        bytes /= readers + 1;
    conn->readers = readers;
    /* a PRAGMA takes no parameters; this is our own number */
    g_snprintf(sql, sizeof sql, "PRAGMA cache_size = -%" G_GSIZE_FORMAT, MAX(bytes >> 10, 16));
    return tw_db_exec(&conn->conn, sql, error);
}

/* A reader whose part could not be changed keeps the one it has. */
static void
sqlite_share_cache(TwDbConn *base, guint readers)
{
    TwSqliteConn *conn = (TwSqliteConn *) base;

    if (conn->readers != readers)
        set_cache(conn, readers, NULL);
}

/* SQLite answers with the mode that it is in, and does not call it an error when that is another. */
static gboolean
use_log(TwSqliteConn *conn, GError **error)
{
    gpointer statement = sqlite_prepare(&conn->conn, "PRAGMA journal_mode = WAL", error);
    TwDbStep step;
    gsize len;

    if (statement == NULL)
        return FALSE;
    step = sqlite_step(&conn->conn, statement, error);
    if (step == TW_DB_ROW && strcmp(sqlite_column_data(statement, 0, &len), "wal") != 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "the log cannot be used");
        step = TW_DB_FAILED;
    }
    sqlite_finalize(statement);
    return step == TW_DB_ROW;
}

static gboolean
configure(TwSqliteConn *conn, TwDbRole role, GError **error)
{
    static const char *const pragmas[] = {
        "PRAGMA page_size = 4096",        "PRAGMA auto_vacuum = NONE",
        "PRAGMA synchronous = FULL",      "PRAGMA wal_autocheckpoint = 0",
        "PRAGMA journal_size_limit = -1", "PRAGMA temp_store = MEMORY",
        "PRAGMA mmap_size = 0",           "PRAGMA cell_size_check = ON",
        "PRAGMA secure_delete = FAST",    "PRAGMA foreign_keys = OFF",
    };
    int tail = TW_SQLITE_PAGE_TAIL;

    restrict_connection(conn);
    sqlite3_file_control(conn->handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &tail);
    for (guint i = 0; i < G_N_ELEMENTS(pragmas); i++) {
        if (i == FIRST_WITH_LOG && !use_log(conn, error))
            return FALSE;
        if (!tw_db_exec(&conn->conn, pragmas[i], error))
            return FALSE;
    }
    return set_cache(conn, role == TW_DB_ROLE_READER ? conn->env->db->config.readers_max : 0,
                     error) &&
           (role == TW_DB_ROLE_WRITER || tw_db_exec(&conn->conn, "PRAGMA query_only = ON", error));
}

/* After each commit on the writer's connection. */
static int
on_commit(void *data, sqlite3 *handle G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, int frames)
{
    TwSqliteEnv *env = data;
    guint64 half;

    tw_lock(&env->lock);
    if ((guint) frames < env->frames)
        env->copied = 0; /* the log began anew */
    env->frames = (guint) frames;
    half = env->log_bytes / TW_SQLITE_FRAME / 2;
    if (env->frames - env->copied >= MIN(CHECKPOINT_PAGES, MAX(half, 1)))
        g_cond_signal(&env->wake);
    tw_unlock(&env->lock);
    return SQLITE_OK;
}

static TwDbConn *
sqlite_connect(gpointer data, TwDbRole role, GError **error)
{
    TwSqliteEnv *env = data;
    TwSqliteConn *conn;
    int code;

    if (!env->started) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_BUSY, "the database could not be reopened");
        return NULL;
    }
    conn = g_new0(TwSqliteConn, 1);
    conn->env = env;
    tw_db_conn_init(&conn->conn, &tw_db_sqlite, env->db);
    code = sqlite3_open_v2(env->path, &conn->handle,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                           tw_sqlite_vfs_name(env->vfs));
    if (code != SQLITE_OK || !configure(conn, role, error)) {
        if (code != SQLITE_OK)
            fail(conn, code, error);
        sqlite_disconnect(&conn->conn);
        return NULL;
    }
    if (role == TW_DB_ROLE_WRITER)
        sqlite3_wal_hook(conn->handle, on_commit, env);
    return &conn->conn;
}

const TwDbBackend tw_db_sqlite = {
    .kind = TW_DB_SQLITE,
    .name = "sqlite",
    .env_new = tw_sqlite_env_new,
    .env_free = tw_sqlite_env_free,
    .start = tw_sqlite_start,
    .ready = tw_sqlite_ready,
    .stop = tw_sqlite_stop,
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .control = sqlite_control,
    .in_transaction = sqlite_in_transaction,
    .must_rerun = sqlite_must_rerun,
    .prepare = sqlite_prepare,
    .finalize = sqlite_finalize,
    .bind_null = sqlite_bind_null,
    .bind_i64 = sqlite_bind_i64,
    .bind_double = sqlite_bind_double,
    .bind_data = sqlite_bind_data,
    .step = sqlite_step,
    .rewind = sqlite_rewind,
    .changes = sqlite_changes,
    .total_changes = sqlite_total_changes,
    .column_count = sqlite_column_count,
    .column_type = sqlite_column_type,
    .column_i64 = sqlite_column_i64,
    .column_double = sqlite_column_double,
    .column_data = sqlite_column_data,
    .before_group = tw_sqlite_before_group,
    .expect_scan = sqlite_expect_scan,
    .share_cache = sqlite_share_cache,
    .has_log_room = tw_sqlite_has_log_room,
    .is_suspect = tw_sqlite_is_suspect,
    .has_reserve = tw_sqlite_has_reserve,
    .use_reserve = tw_sqlite_use_reserve,
    .stats = tw_sqlite_stats,
};
