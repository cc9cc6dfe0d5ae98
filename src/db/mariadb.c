/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The MariaDB back end: the same closures and statements on a server. A deadlock, a lock that took too long or a failed
 * certification (Galera) rolls the whole group back and runs it again; so does a lost connection. When it was lost at COMMIT the
 * row of the lease says what became of it; without a lease nobody knows, and it is told as an error, never run twice.
 */
#include <errmsg.h>
#include <mysqld_error.h>
#include <string.h>

#include "base/error.h"
#include "db/mariadb-private.h"

enum {
    CONNECT_SECONDS = 10,
    IO_SECONDS = 60,
    WSREP_NOT_READY = 1047, /* ER_UNKNOWN_COM_ERROR: what a Galera node without quorum says */
    STATEMENT_TIMEOUT = 1969,
};

static const char *const control_text[TW_DB_CONTROLS] = {
    [TW_DB_BEGIN_READ] = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    [TW_DB_BEGIN_WRITE] = "START TRANSACTION",
    [TW_DB_COMMIT] = "COMMIT",
    [TW_DB_ROLLBACK] = "ROLLBACK",
    [TW_DB_SAVEPOINT] = "SAVEPOINT op",
    [TW_DB_RELEASE] = "RELEASE SAVEPOINT op",
    [TW_DB_ROLLBACK_TO] = "ROLLBACK TO SAVEPOINT op",
};

/* The connection is of no use any more, or the node behind it. */
static gboolean
is_lost(guint number)
{
    switch (number) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case ER_CONNECTION_KILLED:
    case ER_NEW_ABORTING_CONNECTION:
    case ER_SERVER_SHUTDOWN:
    case WSREP_NOT_READY:
        return TRUE;
    default:
        return FALSE;
    }
}

static TwError
code_of(guint number)
{
    switch (number) {
    case ER_DUP_ENTRY:
    case ER_DUP_ENTRY_WITH_KEY_NAME:
        return TW_ERROR_EXISTS;
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_CHECKREAD:
    case ER_NEED_REPREPARE:
        return TW_ERROR_BUSY;
    case ER_RECORD_FILE_FULL:
    case ER_DISK_FULL:
        return TW_ERROR_NO_SPACE;
    case ER_DATA_TOO_LONG:
    case ER_NET_PACKET_TOO_LARGE:
        return TW_ERROR_TOO_BIG;
    case ER_BAD_NULL_ERROR:
    case ER_WARN_DATA_OUT_OF_RANGE:
    case ER_CONSTRAINT_FAILED:
        return TW_ERROR_INVALID;
    case ER_QUERY_INTERRUPTED:
    case STATEMENT_TIMEOUT:
        return TW_ERROR_TIMEOUT;
    case ER_OPTION_PREVENTS_STATEMENT:
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
        return TW_ERROR_NO_ACCESS;
    case ER_NOT_KEYFILE:
    case ER_CRASHED_ON_USAGE:
        return TW_ERROR_CORRUPT;
    default:
        return is_lost(number) ? TW_ERROR_BUSY : TW_ERROR_FAILED;
    }
}

gboolean
tw_maria_fail(TwMariaConn *conn, guint number, const char *words, GError **error)
{
    if (is_lost(number)) {
        conn->in_transaction = FALSE;
        conn->lost = TRUE;
    }
    conn->must_rerun = code_of(number) == TW_ERROR_BUSY;
    g_set_error(error, TW_ERROR, (int) code_of(number), "MariaDB %u: %s", number, words);
    return FALSE;
}

gboolean
tw_maria_query(TwMariaConn *conn, const char *sql, GError **error)
{
    if (mysql_real_query(conn->mysql, sql, (gulong) strlen(sql)) == 0)
        return TRUE;
    return tw_maria_fail(conn, mysql_errno(conn->mysql), mysql_error(conn->mysql), error);
}

/* ---- connections ---- */

static gboolean
maria_control(TwDbConn *base, TwDbControl what, GError **error)
{
    TwMariaConn *conn = (TwMariaConn *) base;

    conn->must_rerun = conn->unknown = FALSE;
    if (what == TW_DB_ROLLBACK || what == TW_DB_ROLLBACK_TO || what == TW_DB_BEGIN_WRITE)
        tw_maria_drop_later(conn);
    else if (!tw_maria_send_later(conn, error))
        return FALSE;
    if (what == TW_DB_BEGIN_WRITE)
        conn->failed_late = FALSE;
    /* who holds the lease wrote all there is since, and its fence says so before anything is believed */
    if (what == TW_DB_ROLLBACK || what == TW_DB_ROLLBACK_TO ||
        (what == TW_DB_BEGIN_WRITE && conn->env->lease.number == 0))
        tw_maria_forget_kept(conn);
    if (what == TW_DB_BEGIN_READ && !tw_maria_may_read(conn->env, error))
        return FALSE;
    if (what == TW_DB_ROLLBACK)
        conn->in_transaction = FALSE;
    if (!tw_maria_query(conn, control_text[what], error)) {
        conn->unknown = what == TW_DB_COMMIT && conn->lost;
        conn->must_rerun = conn->must_rerun && !conn->unknown;
        return FALSE;
    }
    if (what == TW_DB_BEGIN_READ || what == TW_DB_BEGIN_WRITE)
        conn->in_transaction = TRUE;
    else if (what == TW_DB_COMMIT)
        conn->in_transaction = FALSE;
    if (what == TW_DB_BEGIN_WRITE)
        return tw_maria_fence(conn, error);
    if (what == TW_DB_COMMIT && conn->conn.tx.writing)
        tw_maria_committed(conn);
    return TRUE;
}

static gboolean
maria_in_transaction(TwDbConn *base)
{
    return ((const TwMariaConn *) base)->in_transaction;
}

static gboolean
maria_must_rerun(TwDbConn *base)
{
    return ((const TwMariaConn *) base)->must_rerun;
}

static gboolean
maria_failed_late(TwDbConn *base)
{
    return ((const TwMariaConn *) base)->failed_late;
}

static gboolean
maria_is_unknown(TwDbConn *base)
{
    return ((const TwMariaConn *) base)->unknown;
}

static guint64
maria_total_changes(TwDbConn *base)
{
    return ((const TwMariaConn *) base)->changes;
}

static void
maria_disconnect(TwDbConn *base)
{
    TwMariaConn *conn = (TwMariaConn *) base;

    tw_db_conn_clear(base);
    g_ptr_array_unref(conn->later);
    g_ptr_array_unref(conn->kept);
    if (conn->fence != NULL)
        tw_maria_finalize(conn->fence);
    mysql_close(conn->mysql);
    g_free(conn);
}

static gboolean
configure(TwMariaConn *conn, TwDbRole role, GError **error)
{
    static const char *const settings[] = {
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES'",
        "SET SESSION innodb_snapshot_isolation = ON", /* or a read then write loses updates */
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SET SESSION innodb_lock_wait_timeout = LEAST(@@GLOBAL.innodb_lock_wait_timeout, 10)",
        /* Galera: what another node has committed is seen; without a cluster it does nothing */
        "SET SESSION wsrep_sync_wait = 1",
    };
    gint64 most_us = conn->env->db->config.read_us_max;

    for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
        if (!tw_maria_query(conn, settings[i], error))
            return FALSE;
    }
    if (role == TW_DB_ROLE_READER && most_us > 0) {
        g_autofree char *sql = g_strdup_printf("SET SESSION max_statement_time = %" G_GINT64_FORMAT,
                                               MAX(most_us / G_USEC_PER_SEC, 1));
        return tw_maria_query(conn, sql, error);
    }
    return TRUE;
}

/* Only for a server that is reached by a network. The library checks the certificate against host. */
static void
ask_for_tls(MYSQL *mysql, const TwDbConfig *config)
{
    my_bool yes = 1;

    mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
    mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    mysql_options(mysql, MYSQL_OPT_SSL_CA, config->tls_ca);
    mysql_options(mysql, MYSQL_OPT_SSL_CERT, config->tls_cert);
    mysql_options(mysql, MYSQL_OPT_SSL_KEY, config->tls_key);
}

/* mysql_socket counts for this machine alone. */
static gboolean
log_on(TwMariaConn *conn, GError **error)
{
    const TwDbConfig *config = &conn->env->db->config;
    const char *password = NULL;
    guint connect_seconds = CONNECT_SECONDS, io_seconds = IO_SECONDS;

    conn->mysql = mysql_init(NULL);
    mysql_options(conn->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(conn->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
    mysql_options(conn->mysql, MYSQL_OPT_READ_TIMEOUT, &io_seconds);
    mysql_options(conn->mysql, MYSQL_OPT_WRITE_TIMEOUT, &io_seconds);
    if (config->host != NULL && config->tls_ca != NULL)
        ask_for_tls(conn->mysql, config);
    if (config->password != NULL)
        password = tw_secret_reveal(config->password, NULL);
    if (mysql_real_connect(conn->mysql, config->host, config->user, password, NULL, config->port,
                           config->host == NULL ? config->socket : NULL, CLIENT_FOUND_ROWS) == NULL)
        return tw_maria_fail(conn, mysql_errno(conn->mysql), mysql_error(conn->mysql), error);
    if (config->host == NULL || config->tls_ca == NULL || mysql_get_ssl_cipher(conn->mysql) != NULL)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "the connection is not encrypted");
    return FALSE;
}

static gboolean
choose_database(TwMariaConn *conn, GError **error)
{
    const TwDbConfig *config = &conn->env->db->config;

    if (mysql_select_db(conn->mysql, config->database) == 0)
        return TRUE;
    if (mysql_errno(conn->mysql) != ER_BAD_DB_ERROR || config->must_exist)
        return tw_maria_fail(conn, mysql_errno(conn->mysql), mysql_error(conn->mysql), error);
    if (!tw_maria_make_database(conn, config->database, error))
        return FALSE;
    if (mysql_select_db(conn->mysql, config->database) == 0)
        return TRUE;
    return tw_maria_fail(conn, mysql_errno(conn->mysql), mysql_error(conn->mysql), error);
}

static TwDbConn *
maria_connect(gpointer data, TwDbRole role, GError **error)
{
    TwMariaEnv *env = data;
    TwMariaConn *conn = g_new0(TwMariaConn, 1);

    tw_db_conn_init(&conn->conn, &tw_db_mariadb, env->db);
    conn->env = env;
    conn->later = g_ptr_array_new();
    conn->kept = g_ptr_array_new_with_free_func(tw_maria_kept_free);
    if (log_on(conn, error) && choose_database(conn, error) && configure(conn, role, error))
        return &conn->conn;
    maria_disconnect(&conn->conn);
    return NULL;
}

/* A transaction of a connection that was lost may live on at the server, with its locks: it is ended first. */
static TwDbConn *
maria_reconnect(gpointer data, TwDbConn *base, GError **error)
{
    TwMariaConn *old = (TwMariaConn *) base;
    g_autofree char *sql = NULL;
    TwDbConn *fresh;

    if (!old->lost)
        return base;
    fresh = maria_connect(data, TW_DB_ROLE_WRITER, error);
    if (fresh == NULL)
        return NULL;
    sql = g_strdup_printf("KILL CONNECTION %lu", mysql_thread_id(old->mysql));
    mysql_real_query(((TwMariaConn *) fresh)->mysql, sql,
                     (gulong) strlen(sql)); /* if it is there */
    maria_disconnect(base);
    return fresh;
}

/* ---- the database as a whole ---- */

static gpointer
maria_env_new(TwDb *db, GError **error)
{
    static gsize once;
    TwMariaEnv *env;

    if (g_once_init_enter(&once)) /* the library wants this before there are threads */
        g_once_init_leave(&once, mysql_library_init(0, NULL, NULL) == 0 ? 1 : 2);
    if (once != 1) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "the MariaDB library does not start");
        return NULL;
    }
    env = g_new0(TwMariaEnv, 1);
    env->db = db;
    tw_lock_init(&env->lease.lock);
    return env;
}

static void
maria_env_free(gpointer data)
{
    TwMariaEnv *env = data;

    tw_lock_clear(&env->lease.lock);
    g_free(env->lease.ended);
    g_free(env);
}

/* The server recovers by itself; but what this process has in memory may be wrong for good. */
static gboolean
maria_start(gpointer data, GError **error)
{
    TwMariaEnv *env = data;

    return !tw_maria_has_ended(env) || tw_maria_may_read(env, error);
}

static gboolean
maria_ready(gpointer data G_GNUC_UNUSED, TwDbConn *writer, GError **error)
{
    return tw_maria_check_settings((TwMariaConn *) writer, error);
}

static void
maria_stop(gpointer data G_GNUC_UNUSED, TwDbConn *writer)
{
    if (writer == NULL)
        return;
    tw_maria_release((TwMariaConn *) writer);
    maria_disconnect(writer);
}

const TwDbBackend tw_db_mariadb = {
    .kind = TW_DB_MARIADB,
    .name = "mariadb",
    .env_new = maria_env_new,
    .env_free = maria_env_free,
    .start = maria_start,
    .claim = tw_maria_claim,
    .ready = maria_ready,
    .stop = maria_stop,
    .connect = maria_connect,
    .reconnect = maria_reconnect,
    .disconnect = maria_disconnect,
    .control = maria_control,
    .in_transaction = maria_in_transaction,
    .must_rerun = maria_must_rerun,
    .failed_late = maria_failed_late,
    .is_unknown = maria_is_unknown,
    .find_fate = tw_maria_find_fate,
    .end = tw_maria_end,
    .prepare = tw_maria_prepare,
    .finalize = tw_maria_finalize,
    .bind_null = tw_maria_bind_null,
    .bind_i64 = tw_maria_bind_i64,
    .bind_double = tw_maria_bind_double,
    .bind_data = tw_maria_bind_data,
    .step = tw_maria_step,
    .run_later = tw_maria_run_later,
    .keep = tw_maria_keep,
    .rewind = tw_maria_rewind,
    .changes = tw_maria_changes,
    .total_changes = maria_total_changes,
    .column_count = tw_maria_column_count,
    .column_type = tw_maria_column_type,
    .column_i64 = tw_maria_column_i64,
    .column_double = tw_maria_column_double,
    .column_data = tw_maria_column_data,
    .beat_due = tw_maria_beat_due,
    .is_suspect = tw_maria_has_ended,
    .why_suspect = tw_maria_why_ended,
};
