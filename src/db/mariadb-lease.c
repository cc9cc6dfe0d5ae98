/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The lease of a database: one node at a time writes it, and reads it, since what it keeps in memory is true only as long as nobody
 * else writes. One row of twiga_lease says who has it (node), how often it changed hands (lease_no) and counts commits (beat).
 *
 * 1. Each commit raises beat where lease_no is ours: so no commit of a node that lost the lease goes through, and the row
 *    says whether a COMMIT whose answer was lost has happened.
 * 2. Without other work a commit is made each fifth of the time of a lease: the heartbeat goes the way of every commit.
 * 3. Who has not begun a commit that succeeded for three fifths of it refuses to read: another may have taken over.
 * 4. Another takes over when the row has not moved for the whole time by its own clock; clocks are never compared. A node that
 *    stops gives the lease back, and is not waited for.
 * 5. Who lost it, or cannot find out what became of a commit, is at an end: what it has in memory may be wrong. It must be
 *    started anew.
 */
#include <errmsg.h>
#include <string.h>

#include "base/error.h"
#include "db/mariadb-private.h"

enum {
    BEATS = 5, /* in the time of a lease */
    STALE_BEATS = 3,
    LOOKS = 4, /* in the time of a beat */
};

static const char make_sql[] =
    "CREATE TABLE IF NOT EXISTS twiga_lease(id BIGINT PRIMARY KEY, node VARCHAR(255) NOT NULL, "
    "lease_no BIGINT NOT NULL, beat BIGINT NOT NULL, connection BIGINT NOT NULL) ENGINE=InnoDB";
static const char first_sql[] =
    "INSERT IGNORE INTO twiga_lease(id, node, lease_no, beat, connection) VALUES(1, '', 0, 0, 0)";
static const char look_sql[] =
    "SELECT lease_no, beat, node, connection FROM twiga_lease WHERE id = 1";
static const char take_sql[] = "UPDATE twiga_lease SET node = ?, lease_no = ?, beat = ?, "
                               "connection = CONNECTION_ID() WHERE id = 1 AND lease_no = ? AND "
                               "beat = ?";
static const char fence_sql[] =
    "UPDATE twiga_lease SET beat = ?, connection = CONNECTION_ID() WHERE id = 1 AND lease_no = ?";
/* Waits until whoever has the row in a transaction has ended it. */
static const char fate_sql[] =
    "SELECT beat FROM twiga_lease WHERE id = 1 AND lease_no = ? FOR UPDATE";
static const char release_sql[] =
    "UPDATE twiga_lease SET node = '' WHERE id = 1 AND lease_no = ? AND beat = ?";

typedef struct {
    gint64 number, beat, connection;
    char *node; /* owned */
} Seen;

static gint64
lease_us(const TwMariaEnv *env)
{
    return env->db->config.lease_us;
}

/* Binds the numbers after node (nullable), and runs it. *ret_changes, nullable: rows found. */
static gboolean
run_bound(TwMariaConn *conn,
          const char *sql,
          const char *node,
          const gint64 *numbers,
          guint count,
          gint64 *ret_changes,
          GError **error)
{
    gpointer statement = tw_maria_prepare(&conn->conn, sql, error);
    guint first = node != NULL ? 1 : 0;
    gboolean ok;

    if (statement == NULL)
        return FALSE;
    if (node != NULL)
        tw_maria_bind_data(statement, 0, TW_DB_TYPE_TEXT, node, strlen(node));
    for (guint i = 0; i < count; i++)
        tw_maria_bind_i64(statement, first + i, numbers[i]);
    ok = tw_maria_step(&conn->conn, statement, error) != TW_DB_FAILED;
    if (ok && ret_changes != NULL)
        *ret_changes = tw_maria_changes(&conn->conn, statement);
    tw_maria_finalize(statement);
    return ok;
}

/* The row is made once; it is not touched otherwise, as somebody may have it locked. */
static gboolean
make_row(TwMariaConn *conn, GError **error)
{
    gint64 count;

    if (!tw_maria_query(conn, make_sql, error) ||
        !tw_db_exec_i64(&conn->conn, "SELECT count(*) FROM twiga_lease", &count, error))
        return FALSE;
    return count > 0 || tw_maria_query(conn, first_sql, error);
}

static gboolean
look(TwMariaConn *conn, Seen *ret, GError **error)
{
    gpointer statement = tw_maria_prepare(&conn->conn, look_sql, error);
    TwDbStep step;
    gboolean ok = FALSE;

    if (statement == NULL)
        return FALSE;
    step = tw_maria_step(&conn->conn, statement, error);
    if (step == TW_DB_ROW) {
        gsize len;
        const char *node = tw_maria_column_data(statement, 2, &len);
        g_free(ret->node);
        ret->node = g_strndup(node, len);
        ok = tw_maria_column_i64(statement, 0, &ret->number) &&
             tw_maria_column_i64(statement, 1, &ret->beat) &&
             tw_maria_column_i64(statement, 3, &ret->connection);
    }
    if (!ok && step != TW_DB_FAILED)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "twiga_lease: its row is damaged");
    tw_maria_finalize(statement);
    return ok;
}

/* Looks until the row has not moved for as long as a lease lasts. */
static gboolean
wait_until_free(TwMariaConn *conn, Seen *seen, GError **error)
{
    gint64 whole = lease_us(conn->env), began = g_get_monotonic_time();
    gint64 number, beat;

    if (!look(conn, seen, error))
        return FALSE;
    number = seen->number;
    beat = seen->beat;
    while (*seen->node != '\0' && g_get_monotonic_time() - began < whole) {
        g_usleep((gulong) (whole / BEATS / LOOKS));
        if (!look(conn, seen, error))
            return FALSE;
        if (*seen->node != '\0' && (seen->number != number || seen->beat != beat)) {
            g_set_error(error, TW_ERROR, TW_ERROR_BUSY, "another node has this database: %s",
                        seen->node);
            return FALSE;
        }
    }
    return TRUE;
}

/* A node that stands still may be in a transaction, and so have the row locked: its connection is ended, if it is at this
 * server. */
static void
end_other(TwMariaConn *conn, const Seen *seen)
{
    g_autofree char *sql = NULL;

    if (*seen->node == '\0')
        return;
    sql = g_strdup_printf("KILL CONNECTION %" G_GINT64_FORMAT, seen->connection);
    mysql_real_query(conn->mysql, sql, (gulong) strlen(sql));
}

static gboolean
take(TwMariaConn *conn, const Seen *seen, GError **error)
{
    TwMariaLease *lease = &conn->env->lease;
    const char *node = conn->env->db->config.node;
    const gint64 numbers[] = { seen->number + 1, seen->beat + 1, seen->number, seen->beat };
    gint64 now = g_get_monotonic_time(), changes = 0;

    end_other(conn, seen);
    if (!run_bound(conn, take_sql, node != NULL && *node != '\0' ? node : g_get_host_name(),
                   numbers, G_N_ELEMENTS(numbers), &changes, error))
        return FALSE;
    if (changes != 1) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_BUSY,
                            "another node took this database at the same time");
        return FALSE;
    }
    lease->number = seen->number + 1;
    lease->beat = seen->beat + 1;
    tw_lock(&lease->lock);
    lease->proven_us = now;
    lease->next_beat_us = now + lease_us(conn->env) / BEATS;
    tw_unlock(&lease->lock);
    return TRUE;
}

gboolean
tw_maria_claim(gpointer env, TwDbConn *writer, GError **error)
{
    TwMariaConn *conn = (TwMariaConn *) writer;
    const TwMariaLease *lease = &((const TwMariaEnv *) env)->lease;
    Seen seen = { 0 };
    gboolean ok;

    if (lease_us(env) == 0 || lease->number != 0)
        return TRUE; /* the next fence finds whether it is still ours */
    ok = make_row(conn, error) && wait_until_free(conn, &seen, error) && take(conn, &seen, error);
    g_free(seen.node);
    return ok;
}

void
tw_maria_end(gpointer env, const char *why)
{
    TwMariaLease *lease = &((TwMariaEnv *) env)->lease;
    TW_LOCK_SCOPE(&lease->lock);

    if (lease->ended == NULL)
        lease->ended = g_strdup(why);
}

gboolean
tw_maria_has_ended(gpointer env)
{
    TwMariaLease *lease = &((TwMariaEnv *) env)->lease;
    TW_LOCK_SCOPE(&lease->lock);

    return lease->ended != NULL;
}

static void
set_ended(const TwMariaLease *lease, TwError code, GError **error)
{
    g_set_error(error, TW_ERROR, (int) code, "%s: this server must be started anew", lease->ended);
}

void
tw_maria_why_ended(gpointer env, GError **error)
{
    TwMariaLease *lease = &((TwMariaEnv *) env)->lease;
    TW_LOCK_SCOPE(&lease->lock);

    set_ended(lease, TW_ERROR_END_OF_SESSION, error);
}

gboolean
tw_maria_fence(TwMariaConn *conn, GError **error)
{
    TwMariaLease *lease = &conn->env->lease;
    gint64 now = g_get_monotonic_time(), changes;
    gboolean ok;

    if (lease->number == 0)
        return TRUE;
    tw_lock(&lease->lock);
    lease->next_beat_us = now + lease_us(conn->env) / BEATS;
    tw_unlock(&lease->lock);
    if (conn->fence == NULL)
        conn->fence = tw_maria_prepare(&conn->conn, fence_sql, error);
    if (conn->fence == NULL)
        return FALSE;
    tw_maria_bind_i64(conn->fence, 0, lease->beat + 1);
    tw_maria_bind_i64(conn->fence, 1, lease->number);
    ok = tw_maria_step(&conn->conn, conn->fence, error) == TW_DB_DONE;
    changes = ok ? tw_maria_changes(&conn->conn, conn->fence) : 0;
    tw_maria_rewind(conn->fence, TRUE);
    if (!ok || changes == 1) {
        conn->began_us = now;
        return ok;
    }
    tw_maria_end(conn->env, "another node took over this database");
    set_ended(lease, TW_ERROR_BUSY, error);
    return FALSE;
}

void
tw_maria_committed(TwMariaConn *conn)
{
    TwMariaLease *lease = &conn->env->lease;

    if (lease->number == 0)
        return;
    lease->beat++;
    tw_lock(&lease->lock);
    lease->proven_us = MAX(lease->proven_us, conn->began_us);
    tw_unlock(&lease->lock);
}

TwDbFate
tw_maria_find_fate(gpointer env, TwDbConn *fresh, GError **error)
{
    TwMariaConn *conn = (TwMariaConn *) fresh;
    TwMariaLease *lease = &((TwMariaEnv *) env)->lease;
    TwDbFate fate = TW_DB_FATE_UNKNOWN;
    gpointer statement;
    TwDbStep step;
    gint64 beat;

    if (lease->number == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "a commit without a lease");
        return TW_DB_FATE_LOST;
    }
    statement = tw_maria_prepare(fresh, fate_sql, error);
    if (statement == NULL)
        return TW_DB_FATE_UNKNOWN;
    tw_maria_bind_i64(statement, 0, lease->number);
    step = tw_maria_step(fresh, statement, error);
    if (step == TW_DB_DONE) {
        tw_maria_end(env, "another node took over this database at a commit");
        set_ended(lease, TW_ERROR_FAILED, error); /* it may have been done before */
        fate = TW_DB_FATE_LOST;
    } else if (step == TW_DB_ROW && tw_maria_column_i64(statement, 0, &beat)) {
        fate = beat == lease->beat ? TW_DB_FATE_UNDONE : TW_DB_FATE_DONE;
    }
    tw_maria_finalize(statement);
    if (fate == TW_DB_FATE_DONE)
        tw_maria_committed(conn);
    return fate;
}

gboolean
tw_maria_may_read(TwMariaEnv *env, GError **error)
{
    TwMariaLease *lease = &env->lease;
    gint64 age;
    TW_LOCK_SCOPE(&lease->lock);

    if (lease->ended != NULL) {
        set_ended(lease, TW_ERROR_BUSY, error);
        return FALSE;
    }
    if (lease->proven_us == 0)
        return TRUE;
    age = g_get_monotonic_time() - lease->proven_us;
    if (age <= lease_us(env) / BEATS * STALE_BEATS)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_BUSY,
                "no commit went through for %" G_GINT64_FORMAT " ms: what is here may be stale",
                age / 1000);
    return FALSE;
}

gint64
tw_maria_beat_due(gpointer env)
{
    TwMariaLease *lease = &((TwMariaEnv *) env)->lease;
    TW_LOCK_SCOPE(&lease->lock);

    return lease->proven_us == 0 || lease->ended != NULL ? G_MAXINT64 : lease->next_beat_us;
}

void
tw_maria_release(TwMariaConn *conn)
{
    TwMariaLease *lease = &conn->env->lease;
    const gint64 numbers[] = { lease->number, lease->beat };

    if (lease->number != 0 && !tw_maria_has_ended(conn->env))
        run_bound(conn, release_sql, NULL, numbers, G_N_ELEMENTS(numbers), NULL, NULL);
    lease->number = 0;
}
