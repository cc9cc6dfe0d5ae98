/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The SQLite back end: write-ahead log, synchronous=FULL, one writer, short readers.
 *
 * 1. The log is pre-written and recycled. Growing a file drags the file system's journal into each sync; overwriting
 *    does not (measured: 0.05 ms against up to 8 ms while a neighbour creates files).
 * 2. A thread copies the log into the database in the background; the writer itself does so between two transactions once
 *    half of the log is used, since a writer that never pauses never finds the log free to begin anew.
 * 3. The reserve is a pre-written file. When the disk is full it is cut shorter, for deletes and for the copying of the
 *    log; until it is whole again nothing else may write.
 */
#include <sqlite3.h>
#include <string.h>

#include "base/error.h"
#include "db/db-private.h"
#include "db/sqlite-log.h"
#include "db/sqlite-vfs.h"

enum {
    GROW_AT_ONCE =
        256 * 1024, /* bytes pre-written between two transactions: well under a millisecond */
    CHECKPOINT_PAGES = 4000, /* in the background, or a quarter of the log when that is less */
    BUSY_MS = 10 * 1000,     /* for connections that meet during recovery */
    PROGRESS_STEPS = 1000, /* of SQLite's machine between two looks at deadline and cancellation */
    LARGEST_VALUE = 64 << 20, /* bytes of one row; larger values are blobs */
    LONGEST_SQL = 1 << 20,
    RESERVE_STEPS = 8, /* parts in which the reserve is given up */
    FIRST_WITH_LOG = 2 /* the settings before it must be made while the file is still empty */
};

static const char magic[16] = "SQLite format 3"; /* with its NUL */

typedef struct {
    TwDb *db;
    TwFileSystem *fs;
    char *path, *log_path, *lock_path, *reserve_path;
    TwFile *lock_file;
    TwSqliteVfs *vfs;
    gboolean started; /* the log is certain: connections may be made */
    TwFile *log;      /* for pre-writing: the writer thread's alone */
    TwFile *reserve;
    gboolean checked; /* quick_check was done */

    TwLock copying; /* one checkpoint at a time; held across its I/O, taken before lock */
    TwLock lock;    /* guards all below */
    GCond wake;
    GThread *thread;
    gboolean stopping;
    guint frames;      /* in the log after the last commit */
    guint copied;      /* of these, in the database */
    guint64 log_bytes; /* length of the log file */
    guint64 reserve_bytes, reserve_target;
    guint64 checkpoints;
} Env;

typedef struct {
    TwDbConn conn;
    Env *env;
    sqlite3 *handle;
    sqlite3_stmt *controls[TW_DB_CONTROLS];
} Conn;

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
code_of(const Conn *conn, int code)
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
fail(const Conn *conn, int code, GError **error)
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
    Conn *conn = (Conn *) base;
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
    fail((Conn *) base, code, error);
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
    return sqlite3_changes64(((Conn *) base)->handle);
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

static gint64
sqlite_column_i64(gpointer statement, guint index)
{
    return sqlite3_column_int64(stmt_of(statement), (int) index);
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
run_control(Conn *conn, TwDbControl what, GError **error)
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
    Conn *conn = (Conn *) base;

    return run_control(conn, what, error) &&
           (what != TW_DB_ROLLBACK_TO || run_control(conn, TW_DB_RELEASE, error));
}

static gboolean
sqlite_in_transaction(TwDbConn *base)
{
    return sqlite3_get_autocommit(((Conn *) base)->handle) == 0;
}

static gboolean
sqlite_must_rerun(TwDbConn *base G_GNUC_UNUSED)
{
    return FALSE;
}

static void
sqlite_disconnect(TwDbConn *base)
{
    Conn *conn = (Conn *) base;

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
restrict_connection(Conn *conn)
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
    sqlite3_busy_timeout(conn->handle, BUSY_MS);
    sqlite3_progress_handler(conn->handle, PROGRESS_STEPS, on_progress, conn);
}

/* Half of the budget is the writer's; the readers and the copying thread share the rest. */
static gboolean
set_cache(Conn *conn, TwDbRole role, GError **error)
{
    const TwDbConfig *config = &conn->env->db->config;
    gsize bytes = config->page_cache_bytes / 2;
    char sql[64];

    if (role == TW_DB_ROLE_READER)
        bytes /= config->readers_max + 1;
    /* a PRAGMA takes no parameters; this is our own number */
    g_snprintf(sql, sizeof sql, "PRAGMA cache_size = -%" G_GSIZE_FORMAT, MAX(bytes >> 10, 16));
    return tw_db_exec(&conn->conn, sql, error);
}

/* SQLite answers with the mode that it is in, and does not call it an error when that is another. */
static gboolean
use_log(Conn *conn, GError **error)
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
configure(Conn *conn, TwDbRole role, GError **error)
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
    return set_cache(conn, role, error) &&
           (role == TW_DB_ROLE_WRITER || tw_db_exec(&conn->conn, "PRAGMA query_only = ON", error));
}

/* After each commit on the writer's connection. */
static int
on_commit(void *data, sqlite3 *handle G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, int frames)
{
    Env *env = data;
    guint64 quarter;

    tw_lock(&env->lock);
    if ((guint) frames < env->frames)
        env->copied = 0; /* the log began anew */
    env->frames = (guint) frames;
    quarter = env->log_bytes / TW_SQLITE_FRAME / 4;
    if (env->frames - env->copied >= MIN(CHECKPOINT_PAGES, MAX(quarter, 1)))
        g_cond_signal(&env->wake);
    tw_unlock(&env->lock);
    return SQLITE_OK;
}

static TwDbConn *
sqlite_connect(gpointer data, TwDbRole role, GError **error)
{
    Env *env = data;
    Conn *conn;
    int code;

    if (!env->started) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_BUSY, "the database could not be reopened");
        return NULL;
    }
    conn = g_new0(Conn, 1);
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

/* ---- the reserve ---- */

static guint64
log_target(Env *env)
{
    const TwDbConfig *config = &env->db->config;
    guint64 target = config->log_bytes_min;
    TwFileStat st = { .size = 0 };

    tw_file_stat_path(env->fs, env->path, &st, NULL);
    while (target < config->log_bytes_max && target < st.size / 4)
        target *= 2;
    return MIN(target, config->log_bytes_max);
}

/* Pre-writes some of what the reserve lacks; FALSE when the disk is full. */
static gboolean
fill_reserve(Env *env, guint64 at_once)
{
    guint64 had, have, want;
    g_autoptr(GError) error = NULL;

    tw_lock(&env->lock);
    had = have = env->reserve_bytes;
    want = env->reserve_target;
    tw_unlock(&env->lock);
    while (have < want && at_once > 0) {
        guint64 part = MIN(MIN(want - have, at_once), GROW_AT_ONCE);
        if (!tw_file_write_zeros(env->reserve, have, part, &error))
            break;
        have += part;
        at_once -= part;
    }
    if (have > had && !tw_file_sync(env->reserve, error == NULL ? &error : NULL))
        have = had; /* how much more of it is on disk is unknown */
    tw_lock(&env->lock);
    env->reserve_bytes = have;
    tw_unlock(&env->lock);
    return error == NULL;
}

static gboolean
open_reserve(Env *env, GError **error)
{
    TwFileStat st;

    if (env->db->config.reserve_bytes_max == 0)
        return TRUE;
    env->reserve = tw_file_open(env->fs, env->reserve_path,
                                TW_FILE_READ | TW_FILE_WRITE | TW_FILE_CREATE, error);
    if (env->reserve == NULL || !tw_file_stat(env->reserve, &st, error) ||
        !tw_file_sync_parent(env->fs, env->reserve_path, error))
        return FALSE;
    tw_lock(&env->lock);
    env->reserve_bytes = st.size;
    env->reserve_target = MIN(env->db->config.reserve_bytes_max, log_target(env));
    tw_unlock(&env->lock);
    fill_reserve(env, G_MAXUINT64); /* a full disk shows when someone writes */
    return TRUE;
}

static gboolean
reserve_is_whole(Env *env)
{
    TW_LOCK_SCOPE(&env->lock);

    return env->reserve_bytes >= env->reserve_target;
}

static gboolean
sqlite_has_reserve(gpointer data)
{
    Env *env = data;

    return reserve_is_whole(env) || (fill_reserve(env, G_MAXUINT64) && reserve_is_whole(env));
}

static gboolean
sqlite_use_reserve(gpointer data)
{
    Env *env = data;
    guint64 have, step;

    tw_lock(&env->lock);
    have = env->reserve_bytes;
    step = MAX(env->reserve_target / RESERVE_STEPS, GROW_AT_ONCE);
    have -= MIN(have, step);
    if (env->reserve_bytes == 0)
        step = 0;
    env->reserve_bytes = have;
    tw_unlock(&env->lock);
    return step > 0 && tw_file_truncate(env->reserve, have, NULL) &&
           tw_file_sync(env->reserve, NULL);
}

/* ---- the log ---- */

/* Copies what no reader still needs from the log into the database, and syncs it. */
static void
checkpoint(Env *env, Conn *conn)
{
    TW_LOCK_SCOPE(&env->copying);
    int frames = 0, copied = 0, code;

    do
        code = sqlite3_wal_checkpoint_v2(conn->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames,
                                         &copied);
    while ((code & 0xff) == SQLITE_FULL && sqlite_use_reserve(env));
    tw_lock(&env->lock);
    if (code == SQLITE_OK && frames >= 0) {
        env->copied = MIN((guint) copied, env->frames);
        env->checkpoints++;
    }
    tw_unlock(&env->lock);
}

static gpointer
copying_thread(gpointer data)
{
    Conn *conn = data;
    Env *env = conn->env;

    tw_lock(&env->lock);
    while (!env->stopping) {
        if (env->frames == env->copied)
            tw_lock_wait(&env->lock, &env->wake, G_MAXINT64);
        else
            tw_lock_wait(&env->lock, &env->wake, g_get_monotonic_time() + G_USEC_PER_SEC);
        if (env->stopping || env->frames == env->copied)
            continue;
        tw_unlock(&env->lock);
        checkpoint(env, conn);
        tw_lock(&env->lock);
    }
    tw_unlock(&env->lock);
    sqlite_disconnect(&conn->conn);
    return NULL;
}

/* Makes the log file longer by zeros. Only between two transactions: nobody else writes to the log then. The next commit
 * syncs them. */
static void
grow_log(Env *env, guint64 target, guint64 at_once)
{
    TwFileStat st;

    if (!tw_file_stat(env->log, &st, NULL))
        return;
    while (st.size < target && at_once > 0) {
        guint64 part = MIN(MIN(target - st.size, GROW_AT_ONCE), at_once);
        if (!tw_file_write_zeros(env->log, st.size, part, NULL))
            break; /* a full disk: the log stays as it is */
        st.size += part;
        at_once -= part;
    }
    tw_lock(&env->lock);
    env->log_bytes = st.size;
    tw_unlock(&env->lock);
}

static void
sqlite_before_group(gpointer data, TwDbConn *writer)
{
    Env *env = data;
    guint64 target = log_target(env), used, waiting;

    tw_lock(&env->lock);
    used = (guint64) env->frames * TW_SQLITE_FRAME;
    waiting = (guint64) (env->frames - env->copied) * TW_SQLITE_FRAME;
    tw_unlock(&env->lock);
    /* behind long readers the log cannot begin anew; then every eighth of it is enough */
    if (used >= target / 2 && waiting >= target / 8)
        checkpoint(env, (Conn *) writer);
    grow_log(env, target, GROW_AT_ONCE);
    tw_lock(&env->lock);
    if (env->reserve != NULL)
        env->reserve_target = MIN(env->db->config.reserve_bytes_max, target);
    tw_unlock(&env->lock);
    fill_reserve(env, GROW_AT_ONCE);
}

/* ---- the database as a whole ---- */

static gpointer
sqlite_env_new(TwDb *db, GError **error)
{
    Env *env = g_new0(Env, 1);

    env->db = db;
    env->fs = db->config.fs;
    env->path = g_strdup(db->config.path);
    env->log_path = g_strconcat(env->path, "-wal", NULL);
    env->lock_path = g_strconcat(env->path, "-lock", NULL);
    env->reserve_path = g_strconcat(env->path, "-reserve", NULL);
    tw_lock_init(&env->copying);
    tw_lock_init(&env->lock);
    g_cond_init(&env->wake);
    env->lock_file =
        tw_file_open(env->fs, env->lock_path, TW_FILE_READ | TW_FILE_WRITE | TW_FILE_CREATE, error);
    if (env->lock_file != NULL && tw_file_lock(env->lock_file, error))
        return env;
    if (error != NULL && *error != NULL && (*error)->code == TW_ERROR_BUSY)
        g_prefix_error(error, "another process has it open: ");
    tw_db_sqlite.env_free(env);
    return NULL;
}

static void
sqlite_env_free(gpointer data)
{
    Env *env = data;

    tw_sqlite_vfs_free(env->vfs);
    tw_file_close(env->lock_file);
    tw_lock_clear(&env->copying);
    tw_lock_clear(&env->lock);
    g_cond_clear(&env->wake);
    g_free(env->path);
    g_free(env->log_path);
    g_free(env->lock_path);
    g_free(env->reserve_path);
    g_free(env);
}

/* Refuses what is no database, or one without room for checksums. An empty file is a database that was never begun. */
static gboolean
check_header(Env *env, GError **error)
{
    TwFileOpenFlags create = env->db->config.must_exist ? 0 : TW_FILE_CREATE;
    g_autoptr(TwFile) file =
        tw_file_open(env->fs, env->path, TW_FILE_READ | TW_FILE_WRITE | create, error);
    g_autofree char *journal = g_strconcat(env->path, "-journal", NULL);
    guint8 header[100];
    TwFileStat st;
    gsize got;

    if (file != NULL && tw_file_stat_path(env->fs, journal, &st, NULL) && st.size > 0)
        return TRUE; /* the power went while it was made: SQLite takes that back first */
    if (file == NULL || !tw_file_read(file, 0, header, sizeof header, &got, error))
        return FALSE;
    if (got == 0 && env->db->config.must_exist) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                            "the database is missing or empty");
        return FALSE;
    }
    if (got == 0)
        return tw_file_sync(file, error) && tw_file_sync_parent(env->fs, env->path, error);
    if (got < sizeof header || memcmp(header, magic, sizeof magic) != 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "not a database file");
        return FALSE;
    }
    if (header[16] != TW_SQLITE_PAGE >> 8 || header[17] != 0 || header[20] != TW_SQLITE_PAGE_TAIL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                            "its pages are not of the shape that Twiga makes");
        return FALSE;
    }
    return TRUE;
}

static gboolean
sqlite_start(gpointer data, GError **error)
{
    Env *env = data;
    guint64 from = 0, to = 0;

    if (env->vfs != NULL && !tw_sqlite_vfs_unsynced_log(env->vfs, &from, &to))
        from = to = 0;
    if (!check_header(env, error) ||
        !tw_sqlite_log_certify(env->fs, env->log_path, from, to, error))
        return FALSE;
    tw_sqlite_vfs_free(env->vfs);
    env->vfs = tw_sqlite_vfs_new(env->fs, env->path);
    env->started = TRUE;
    return TRUE;
}

static gboolean
quick_check(Env *env, TwDbConn *writer, GError **error)
{
    gpointer statement;
    TwDbStep step;
    gboolean ok = FALSE;

    if (!env->db->config.quick_check || env->checked)
        return TRUE;
    statement = sqlite_prepare(writer, "PRAGMA quick_check(1)", error);
    if (statement == NULL)
        return FALSE;
    step = sqlite_step(writer, statement, error);
    if (step == TW_DB_ROW) {
        gsize len;
        const char *answer = sqlite_column_data(statement, 0, &len);
        ok = strcmp(answer, "ok") == 0;
        if (!ok)
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "quick_check: %s", answer);
    }
    sqlite_finalize(statement);
    env->checked = ok;
    return ok;
}

static gboolean
sqlite_ready(gpointer data, TwDbConn *writer, GError **error)
{
    Env *env = data;
    TwDbConn *conn;

    if (!quick_check(env, writer, error))
        return FALSE;
    env->log =
        tw_file_open(env->fs, env->log_path, TW_FILE_READ | TW_FILE_WRITE | TW_FILE_CREATE, error);
    if (env->log == NULL)
        return FALSE;
    grow_log(env, log_target(env), G_MAXUINT64);
    if (!tw_file_sync(env->log, error) || !tw_file_sync_parent(env->fs, env->log_path, error) ||
        !open_reserve(env, error))
        return FALSE;
    conn = sqlite_connect(env, TW_DB_ROLE_READER, error);
    if (conn == NULL)
        return FALSE;
    if (!tw_db_exec(conn, "PRAGMA query_only = OFF", error)) {
        sqlite_disconnect(conn);
        return FALSE;
    }
    env->stopping = FALSE;
    env->thread = g_thread_new("db-copy", copying_thread, conn);
    return TRUE;
}

/* TRUE when every frame is in the database. */
static gboolean
copy_all(Env *env, TwDbConn *writer)
{
    if (tw_sqlite_vfs_is_suspect(env->vfs))
        return FALSE;
    for (guint i = 0; i < 2; i++) {
        int total = 0, copied = 0;
        int code = sqlite3_wal_checkpoint_v2(((Conn *) writer)->handle, NULL,
                                             SQLITE_CHECKPOINT_PASSIVE, &total, &copied);
        if (code == SQLITE_OK && total == copied)
            return TRUE;
        if ((code & 0xff) != SQLITE_FULL || !sqlite_use_reserve(env))
            return FALSE;
    }
    return FALSE;
}

static void
sqlite_stop(gpointer data, TwDbConn *writer)
{
    Env *env = data;
    gboolean clean;

    if (env->thread != NULL) {
        tw_lock(&env->lock);
        env->stopping = TRUE;
        g_cond_signal(&env->wake);
        tw_unlock(&env->lock);
        g_thread_join(g_steal_pointer(&env->thread));
    }
    clean = writer != NULL && copy_all(env, writer);
    if (writer != NULL)
        sqlite_disconnect(writer);
    if (clean && !tw_sqlite_vfs_is_suspect(env->vfs))
        tw_sqlite_log_clear(env->fs, env->log_path, NULL); /* else the next opening reads it */
    g_clear_pointer(&env->log, tw_file_close);
    g_clear_pointer(&env->reserve, tw_file_close);
    env->frames = env->copied = 0;
    env->started = FALSE;
}

static gboolean
sqlite_is_suspect(gpointer data)
{
    Env *env = data;

    return env->vfs != NULL && tw_sqlite_vfs_is_suspect(env->vfs);
}

static void
sqlite_stats(gpointer data, TwDbStats *ret)
{
    Env *env = data;

    tw_lock(&env->lock);
    ret->log_bytes = MAX(env->log_bytes, (guint64) env->frames * TW_SQLITE_FRAME);
    ret->reserve_bytes = env->reserve_bytes;
    ret->checkpoints = env->checkpoints;
    tw_unlock(&env->lock);
}

const TwDbBackend tw_db_sqlite = {
    .kind = TW_DB_SQLITE,
    .name = "sqlite",
    .env_new = sqlite_env_new,
    .env_free = sqlite_env_free,
    .start = sqlite_start,
    .ready = sqlite_ready,
    .stop = sqlite_stop,
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
    .column_count = sqlite_column_count,
    .column_type = sqlite_column_type,
    .column_i64 = sqlite_column_i64,
    .column_double = sqlite_column_double,
    .column_data = sqlite_column_data,
    .before_group = sqlite_before_group,
    .is_suspect = sqlite_is_suspect,
    .has_reserve = sqlite_has_reserve,
    .use_reserve = sqlite_use_reserve,
    .stats = sqlite_stats,
};
