/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The room that a SQLite database has: its log and its reserve.
 *
 * 1. The log is pre-written and recycled. Growing a file drags the file system's journal into each sync; overwriting
 *    does not (measured: 0.05 ms against up to 8 ms while a neighbour creates files).
 * 2. A thread copies the log into the database in the background, from half of a log on; the writer itself does so between two
 *    transactions once three quarters of the log are used, since a writer that never pauses never finds the log free to begin
 *    anew. The longer they wait, the more changes of a page are copied at once: a delivery dirties ten (measured: 60 us of CPU
 *    a delivery with a log of 1 MB, 5 us with one of 8).
 * 3. The reserve is a pre-written file. When the disk is full it is cut shorter, for deletes and for the copying of the
 *    log; until it is whole again nothing else may write.
 */
#include <sqlite3.h>

#include "base/error.h"
#include "db/sqlite-log-scan.h"
#include "db/sqlite-private.h"

enum {
    GROW_AT_ONCE =
        256 * 1024,   /* bytes pre-written between two transactions: well under a millisecond */
    RESERVE_STEPS = 8 /* parts in which the reserve is given up */
};

/* ---- the reserve ---- */

static guint64
log_target(TwSqliteEnv *env)
{
    const TwDbConfig *config = &env->db->config;
    guint64 target = config->log_bytes_min;
    TwFileStat st = { .size = 0 };

    tw_file_stat_path(env->fs, env->path, &st, NULL);
    while (target < config->log_bytes_max && target < st.size / 4)
        target *= 2;
    return MIN(target, config->log_bytes_max);
}

/* The same without asking the file system before each transaction. */
static guint64
known_log_target(TwSqliteEnv *env)
{
    guint64 checkpoints, target;

    tw_lock(&env->lock);
    checkpoints = env->checkpoints;
    target = env->measured_at == checkpoints ? env->log_target : 0;
    tw_unlock(&env->lock);
    if (target != 0)
        return target;
    target = log_target(env);
    tw_lock(&env->lock);
    env->log_target = target;
    env->measured_at = checkpoints;
    tw_unlock(&env->lock);
    return target;
}

/* Pre-writes some of what the reserve lacks; FALSE when the disk is full. */
static gboolean
fill_reserve(TwSqliteEnv *env, guint64 at_once)
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
open_reserve(TwSqliteEnv *env, GError **error)
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
reserve_is_whole(TwSqliteEnv *env)
{
    TW_LOCK_SCOPE(&env->lock);

    return env->reserve_bytes >= env->reserve_target;
}

gboolean
tw_sqlite_has_reserve(gpointer data)
{
    TwSqliteEnv *env = data;

    return reserve_is_whole(env) || (fill_reserve(env, G_MAXUINT64) && reserve_is_whole(env));
}

gboolean
tw_sqlite_use_reserve(gpointer data)
{
    TwSqliteEnv *env = data;
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
checkpoint(TwSqliteEnv *env, TwSqliteConn *conn)
{
    TW_LOCK_SCOPE(&env->copying);
    int frames = 0, copied = 0, code;

    do
        code = sqlite3_wal_checkpoint_v2(conn->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames,
                                         &copied);
    while ((code & 0xff) == SQLITE_FULL && tw_sqlite_use_reserve(env));
    tw_lock(&env->lock);
    if (code == SQLITE_OK && frames >= 0) {
        env->copied = MIN((guint) copied, env->frames);
        env->checkpoints++;
    }
    tw_unlock(&env->lock);
}

gpointer
tw_sqlite_copying_thread(gpointer data)
{
    TwSqliteConn *conn = data;
    TwSqliteEnv *env = conn->env;

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
    tw_db_sqlite.disconnect(&conn->conn);
    return NULL;
}

/* Makes the log file longer by zeros. Only between two transactions: nobody else writes to the log then. The next commit
 * syncs them. */
static void
grow_log(TwSqliteEnv *env, guint64 target, guint64 at_once)
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

void
tw_sqlite_before_group(gpointer data, TwDbConn *writer)
{
    TwSqliteEnv *env = data;
    guint64 target = known_log_target(env), used, waiting;
    gboolean short_log;

    tw_lock(&env->lock);
    short_log = env->log_bytes < target;
    used = (guint64) env->frames * TW_SQLITE_FRAME;
    waiting = (guint64) (env->frames - env->copied) * TW_SQLITE_FRAME;
    tw_unlock(&env->lock);
    /* behind long readers the log cannot begin anew; then every eighth of it is enough */
    if (used >= target / 4 * 3 && waiting >= target / 8)
        checkpoint(env, (TwSqliteConn *) writer);
    if (short_log)
        grow_log(env, target, GROW_AT_ONCE);
    tw_lock(&env->lock);
    if (env->reserve != NULL)
        env->reserve_target = MIN(env->db->config.reserve_bytes_max, target);
    tw_unlock(&env->lock);
    if (!reserve_is_whole(env))
        fill_reserve(env, GROW_AT_ONCE);
}

/* At its longest the log must begin anew, which readers keep it from. Once all of it is copied no new reader uses it, so
 * those that are there are the last ones. */
gboolean
tw_sqlite_has_log_room(gpointer data, TwDbConn *writer)
{
    TwSqliteEnv *env = data;
    const TwDbConfig *config = &env->db->config;
    sqlite3 *handle = ((TwSqliteConn *) writer)->handle;
    guint64 most, used;
    int code;

    if (!g_uint64_checked_mul(&most, config->log_bytes_max, MAX(config->log_factor_max, 1)))
        return TRUE;
    tw_lock(&env->lock);
    used = (guint64) env->frames * TW_SQLITE_FRAME;
    tw_unlock(&env->lock);
    if (used < most)
        return TRUE;
    tw_lock(&env->copying);
    sqlite3_busy_timeout(handle, (int) (config->log_wait_us / 1000));
    code = sqlite3_wal_checkpoint_v2(handle, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    sqlite3_busy_timeout(handle, TW_SQLITE_BUSY_MS);
    tw_unlock(&env->copying);
    return (code & 0xff) != SQLITE_BUSY; /* another failure is the next write's to tell */
}

/* Before the writer's first transaction: both files at their length and on disk. */
gboolean
tw_sqlite_open_space(TwSqliteEnv *env, GError **error)
{
    env->log =
        tw_file_open(env->fs, env->log_path, TW_FILE_READ | TW_FILE_WRITE | TW_FILE_CREATE, error);
    if (env->log == NULL)
        return FALSE;
    grow_log(env, log_target(env), G_MAXUINT64);
    return tw_file_sync(env->log, error) && tw_file_sync_parent(env->fs, env->log_path, error) &&
           open_reserve(env, error);
}
