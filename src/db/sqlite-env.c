/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A SQLite database as a whole: its files found, checked and locked; started and stopped. */
#include <sqlite3.h>
#include <string.h>

#include "base/error.h"
#include "db/sqlite-log-scan.h"
#include "db/sqlite-log.h"
#include "db/sqlite-private.h"

static const char magic[16] = "SQLite format 3"; /* with its NUL */

/* SQLite counts what it allocates, under one lock for the whole process: two hundred times a delivery. Nobody asks. Too late, when
 * a library has used SQLite before, it goes on as it was. */
static gpointer
configure_process(G_GNUC_UNUSED gpointer unused)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    tw_sqlite_cache_configure();
    return NULL;
}

gpointer
tw_sqlite_env_new(TwDb *db, GError **error)
{
    static GOnce configured = G_ONCE_INIT;
    TwSqliteEnv *env = g_new0(TwSqliteEnv, 1);

    g_once(&configured, configure_process, NULL);
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
    tw_sqlite_env_free(env);
    return NULL;
}

void
tw_sqlite_env_free(gpointer data)
{
    TwSqliteEnv *env = data;

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
check_header(TwSqliteEnv *env, GError **error)
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

gboolean
tw_sqlite_start(gpointer data, GError **error)
{
    TwSqliteEnv *env = data;
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
quick_check(TwSqliteEnv *env, TwDbConn *writer, GError **error)
{
    gpointer statement;
    TwDbStep step;
    gboolean ok = FALSE;

    if (!env->db->config.quick_check || env->checked)
        return TRUE;
    statement = tw_db_sqlite.prepare(writer, "PRAGMA quick_check(1)", error);
    if (statement == NULL)
        return FALSE;
    step = tw_db_sqlite.step(writer, statement, error);
    if (step == TW_DB_ROW) {
        gsize len;
        const char *answer = tw_db_sqlite.column_data(statement, 0, &len);
        ok = strcmp(answer, "ok") == 0;
        if (!ok)
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "quick_check: %s", answer);
    }
    tw_db_sqlite.finalize(statement);
    env->checked = ok;
    return ok;
}

gboolean
tw_sqlite_ready(gpointer data, TwDbConn *writer, GError **error)
{
    TwSqliteEnv *env = data;
    TwDbConn *conn;

    if (!quick_check(env, writer, error) || !tw_sqlite_open_space(env, error))
        return FALSE;
    conn = tw_db_sqlite.connect(env, TW_DB_ROLE_READER, error);
    if (conn == NULL)
        return FALSE;
    if (!tw_db_exec(conn, "PRAGMA query_only = OFF", error)) {
        tw_db_sqlite.disconnect(conn);
        return FALSE;
    }
    env->stopping = FALSE;
    env->thread = g_thread_new("db-copy", tw_sqlite_copying_thread, conn);
    return TRUE;
}

/* TRUE when every frame is in the database. */
static gboolean
copy_all(TwSqliteEnv *env, TwDbConn *writer)
{
    if (tw_sqlite_vfs_is_suspect(env->vfs))
        return FALSE;
    for (guint i = 0; i < 2; i++) {
        int total = 0, copied = 0;
        int code = sqlite3_wal_checkpoint_v2(((TwSqliteConn *) writer)->handle, NULL,
                                             SQLITE_CHECKPOINT_PASSIVE, &total, &copied);
        if (code == SQLITE_OK && total == copied)
            return TRUE;
        if ((code & 0xff) != SQLITE_FULL || !tw_sqlite_use_reserve(env))
            return FALSE;
    }
    return FALSE;
}

void
tw_sqlite_stop(gpointer data, TwDbConn *writer)
{
    TwSqliteEnv *env = data;
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
        tw_db_sqlite.disconnect(writer);
    if (clean && !tw_sqlite_vfs_is_suspect(env->vfs))
        tw_sqlite_log_clear(env->fs, env->log_path, NULL); /* else the next opening reads it */
    g_clear_pointer(&env->log, tw_file_close);
    g_clear_pointer(&env->reserve, tw_file_close);
    env->frames = env->copied = 0;
    env->started = FALSE;
}

gboolean
tw_sqlite_is_suspect(gpointer data)
{
    TwSqliteEnv *env = data;

    return env->vfs != NULL && tw_sqlite_vfs_is_suspect(env->vfs);
}

void
tw_sqlite_stats(gpointer data, TwDbStats *ret)
{
    TwSqliteEnv *env = data;

    tw_lock(&env->lock);
    ret->log_bytes = MAX(env->log_bytes, (guint64) env->frames * TW_SQLITE_FRAME);
    ret->reserve_bytes = env->reserve_bytes;
    ret->checkpoints = env->checkpoints;
    tw_unlock(&env->lock);
}
