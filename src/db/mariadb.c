/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The MariaDB back end, thin: the same closures and statements on a server. A deadlock, a lock that took too long or
 * a failed certification (Galera) rolls the whole group back and runs it again; so does a lost connection, except
 * at COMMIT, where nobody knows what became of it: that is told as an error, never run twice.
 *
 * Results are fetched whole: a statement that can return much carries a LIMIT.
 */
#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <string.h>

#include "base/error.h"
#include "db/db-private.h"

enum {
    CONNECT_SECONDS = 10,
    IO_SECONDS = 60,
    BINARY_CHARSET = 63,
    LARGEST_VALUE = 64 << 20,
    WSREP_NOT_READY = 1047, /* ER_UNKNOWN_COM_ERROR: what a Galera node without quorum says */
    STATEMENT_TIMEOUT = 1969
};

typedef struct {
    TwDb *db;
} Env;

typedef struct {
    TwDbConn conn;
    MYSQL *mysql;
    gboolean in_transaction, must_rerun;
} Conn;

/* What a parameter or column points to. */
typedef struct {
    gint64 i64;
    double real;
    gulong len;
    my_bool is_null, is_cut;
    TwDbType type;
    guint8 *data; /* columns: owned, with room for a NUL */
} Value;

typedef struct {
    MYSQL_STMT *stmt;
    MYSQL_BIND *params, *columns;
    Value *param_values, *column_values;
    guint param_count, column_count;
    gboolean executed, bad_bind;
} Prepared;

static const char *const control_text[TW_DB_CONTROLS] = {
    [TW_DB_BEGIN_READ] = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    [TW_DB_BEGIN_WRITE] = "START TRANSACTION",
    [TW_DB_COMMIT] = "COMMIT",
    [TW_DB_ROLLBACK] = "ROLLBACK",
    [TW_DB_SAVEPOINT] = "SAVEPOINT op",
    [TW_DB_RELEASE] = "RELEASE SAVEPOINT op",
    [TW_DB_ROLLBACK_TO] = "ROLLBACK TO SAVEPOINT op",
};

static gboolean
is_lost(guint number)
{
    return number == CR_SERVER_GONE_ERROR || number == CR_SERVER_LOST ||
           number == CR_CONNECTION_ERROR || number == CR_CONN_HOST_ERROR;
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
    case WSREP_NOT_READY:
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

static gboolean
fail(Conn *conn, guint number, const char *words, GError **error)
{
    if (is_lost(number))
        conn->in_transaction = FALSE;
    conn->must_rerun = code_of(number) == TW_ERROR_BUSY;
    g_set_error(error, TW_ERROR, (int) code_of(number), "MariaDB %u: %s", number, words);
    return FALSE;
}

static gboolean
query(Conn *conn, const char *sql, GError **error)
{
    if (mysql_real_query(conn->mysql, sql, (gulong) strlen(sql)) == 0)
        return TRUE;
    return fail(conn, mysql_errno(conn->mysql), mysql_error(conn->mysql), error);
}

/* ---- statements ---- */

static void
maria_finalize(gpointer statement)
{
    Prepared *prepared = statement;

    mysql_stmt_close(prepared->stmt);
    for (guint i = 0; i < prepared->column_count; i++)
        g_free(prepared->column_values[i].data);
    g_free(prepared->params);
    g_free(prepared->columns);
    g_free(prepared->param_values);
    g_free(prepared->column_values);
    g_free(prepared);
}

static gpointer
maria_prepare(TwDbConn *base, const char *sql, GError **error)
{
    Conn *conn = (Conn *) base;
    my_bool want_lengths = 1;
    Prepared *prepared;
    MYSQL_STMT *stmt = mysql_stmt_init(conn->mysql);

    if (stmt == NULL || mysql_stmt_prepare(stmt, sql, (gulong) strlen(sql)) != 0) {
        fail(conn, stmt ? mysql_stmt_errno(stmt) : CR_OUT_OF_MEMORY,
             stmt ? mysql_stmt_error(stmt) : "no statement", error);
        if (stmt != NULL)
            mysql_stmt_close(stmt);
        return NULL;
    }
    mysql_stmt_attr_set(stmt, STMT_ATTR_UPDATE_MAX_LENGTH, &want_lengths);
    prepared = g_new0(Prepared, 1);
    prepared->stmt = stmt;
    prepared->param_count = (guint) mysql_stmt_param_count(stmt);
    prepared->column_count = mysql_stmt_field_count(stmt);
    prepared->params = g_new0(MYSQL_BIND, prepared->param_count);
    prepared->param_values = g_new0(Value, prepared->param_count);
    prepared->columns = g_new0(MYSQL_BIND, prepared->column_count);
    prepared->column_values = g_new0(Value, prepared->column_count);
    for (guint i = 0; i < prepared->param_count; i++)
        prepared->params[i].buffer_type = MYSQL_TYPE_NULL;
    return prepared;
}

static MYSQL_BIND *
param(Prepared *prepared, guint index, enum enum_field_types type)
{
    MYSQL_BIND *bind;

    if (index >= prepared->param_count) {
        prepared->bad_bind = TRUE;
        return NULL;
    }
    bind = &prepared->params[index];
    memset(bind, 0, sizeof *bind);
    bind->buffer_type = type;
    return bind;
}

static void
maria_bind_null(gpointer statement, guint index)
{
    param(statement, index, MYSQL_TYPE_NULL);
}

static void
maria_bind_i64(gpointer statement, guint index, gint64 number)
{
    Prepared *prepared = statement;
    MYSQL_BIND *bind = param(prepared, index, MYSQL_TYPE_LONGLONG);

    if (bind == NULL)
        return;
    prepared->param_values[index].i64 = number;
    bind->buffer = &prepared->param_values[index].i64;
}

static void
maria_bind_double(gpointer statement, guint index, double number)
{
    Prepared *prepared = statement;
    MYSQL_BIND *bind = param(prepared, index, MYSQL_TYPE_DOUBLE);

    if (bind == NULL)
        return;
    prepared->param_values[index].real = number;
    bind->buffer = &prepared->param_values[index].real;
}

static void
maria_bind_data(gpointer statement, guint index, TwDbType type, const void *data, gsize len)
{
    Prepared *prepared = statement;
    MYSQL_BIND *bind =
        param(prepared, index, type == TW_DB_TYPE_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB);
    Value *value;

    if (bind == NULL)
        return;
    if (len > LARGEST_VALUE) {
        prepared->bad_bind = TRUE;
        return;
    }
    value = &prepared->param_values[index];
    value->len = (gulong) len;
    /* only read, but the library's type is not const */
    bind->buffer = (gpointer) (gintptr) data; /* NOLINT(performance-no-int-to-ptr): see above */
    bind->buffer_length = (gulong) len;
    bind->length = &value->len;
}

static TwDbType
type_of(const MYSQL_FIELD *field)
{
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
        return TW_DB_TYPE_I64;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
        return TW_DB_TYPE_DOUBLE;
    case MYSQL_TYPE_NULL:
        return TW_DB_TYPE_NULL;
    default:
        return field->charsetnr == BINARY_CHARSET ? TW_DB_TYPE_BYTES : TW_DB_TYPE_TEXT;
    }
}

/* Room for each column, as long as the longest value of this result. */
static void
bind_column(Prepared *prepared, guint index, const MYSQL_FIELD *field)
{
    MYSQL_BIND *bind = &prepared->columns[index];
    Value *value = &prepared->column_values[index];

    memset(bind, 0, sizeof *bind);
    value->type = type_of(field);
    bind->is_null = &value->is_null;
    bind->error = &value->is_cut;
    bind->length = &value->len;
    switch (value->type) {
    case TW_DB_TYPE_I64:
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = &value->i64;
        break;
    case TW_DB_TYPE_DOUBLE:
        bind->buffer_type = MYSQL_TYPE_DOUBLE;
        bind->buffer = &value->real;
        break;
    default:
        value->data = g_realloc(value->data, field->max_length + 1);
        bind->buffer_type = MYSQL_TYPE_BLOB;
        bind->buffer = value->data;
        bind->buffer_length = field->max_length;
    }
}

static gboolean
execute(Prepared *prepared)
{
    MYSQL_STMT *stmt = prepared->stmt;
    MYSQL_RES *meta;

    if (prepared->param_count > 0 && mysql_stmt_bind_param(stmt, prepared->params) != 0)
        return FALSE;
    if (mysql_stmt_execute(stmt) != 0)
        return FALSE;
    prepared->executed = TRUE;
    if (prepared->column_count == 0)
        return TRUE;
    if (mysql_stmt_store_result(stmt) != 0)
        return FALSE;
    meta = mysql_stmt_result_metadata(stmt);
    if (meta == NULL)
        return FALSE;
    for (guint i = 0; i < prepared->column_count; i++)
        bind_column(prepared, i, mysql_fetch_field_direct(meta, i));
    mysql_free_result(meta);
    return mysql_stmt_bind_result(stmt, prepared->columns) == 0;
}

static TwDbStep
maria_step(TwDbConn *base, gpointer statement, GError **error)
{
    Conn *conn = (Conn *) base;
    Prepared *prepared = statement;
    int answer;

    conn->must_rerun = FALSE;
    if (prepared->bad_bind) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "no such parameter, or too long");
        return TW_DB_FAILED;
    }
    if (!prepared->executed && !execute(prepared)) {
        fail(conn, mysql_stmt_errno(prepared->stmt), mysql_stmt_error(prepared->stmt), error);
        return TW_DB_FAILED;
    }
    if (prepared->column_count == 0)
        return TW_DB_DONE;
    answer = mysql_stmt_fetch(prepared->stmt);
    if (answer == MYSQL_NO_DATA)
        return TW_DB_DONE;
    if (answer == 0) {
        for (guint i = 0; i < prepared->column_count; i++) {
            Value *value = &prepared->column_values[i];
            if (value->data != NULL)
                value->data[value->is_null ? 0 : value->len] = 0;
        }
        return TW_DB_ROW;
    }
    fail(conn, mysql_stmt_errno(prepared->stmt),
         answer == MYSQL_DATA_TRUNCATED ? "a value was cut" : mysql_stmt_error(prepared->stmt),
         error);
    return TW_DB_FAILED;
}

static void
maria_rewind(gpointer statement, gboolean forget_values)
{
    Prepared *prepared = statement;

    if (prepared->executed)
        mysql_stmt_free_result(prepared->stmt);
    prepared->executed = FALSE;
    prepared->bad_bind = FALSE;
    for (guint i = 0; forget_values && i < prepared->param_count; i++)
        maria_bind_null(prepared, i);
}

static gint64
maria_changes(TwDbConn *base G_GNUC_UNUSED, gpointer statement)
{
    return (gint64) mysql_stmt_affected_rows(((Prepared *) statement)->stmt);
}

static guint
maria_column_count(gpointer statement)
{
    return ((const Prepared *) statement)->column_count;
}

static const Value *
column(gpointer statement, guint index)
{
    return &((const Prepared *) statement)->column_values[index];
}

static TwDbType
maria_column_type(gpointer statement, guint index)
{
    const Value *value = column(statement, index);

    return value->is_null ? TW_DB_TYPE_NULL : value->type;
}

static gboolean
maria_column_i64(gpointer statement, guint index, gint64 *ret)
{
    const Value *value = column(statement, index);

    if (value->is_null || value->type != TW_DB_TYPE_I64)
        return FALSE;
    *ret = value->i64;
    return TRUE;
}

static double
maria_column_double(gpointer statement, guint index)
{
    return column(statement, index)->real;
}

static const void *
maria_column_data(gpointer statement, guint index, gsize *ret_len)
{
    const Value *value = column(statement, index);

    *ret_len = value->len;
    return value->data;
}

/* ---- connections ---- */

static gboolean
maria_control(TwDbConn *base, TwDbControl what, GError **error)
{
    Conn *conn = (Conn *) base;

    conn->must_rerun = FALSE;
    if (what == TW_DB_ROLLBACK)
        conn->in_transaction = FALSE;
    if (!query(conn, control_text[what], error)) {
        if (what == TW_DB_COMMIT && is_lost(mysql_errno(conn->mysql)))
            conn->must_rerun = FALSE; /* it may have been committed */
        return FALSE;
    }
    if (what == TW_DB_BEGIN_READ || what == TW_DB_BEGIN_WRITE)
        conn->in_transaction = TRUE;
    else if (what == TW_DB_COMMIT)
        conn->in_transaction = FALSE;
    return TRUE;
}

static gboolean
maria_in_transaction(TwDbConn *base)
{
    return ((Conn *) base)->in_transaction;
}

static gboolean
maria_must_rerun(TwDbConn *base)
{
    return ((Conn *) base)->must_rerun;
}

static void
maria_disconnect(TwDbConn *base)
{
    Conn *conn = (Conn *) base;

    tw_db_conn_clear(base);
    mysql_close(conn->mysql);
    g_free(conn);
}

static gboolean
configure(Conn *conn, GError **error)
{
    static const char *const settings[] = {
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES'",
        "SET SESSION innodb_snapshot_isolation = ON", /* or a read then write loses updates */
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    };

    for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
        if (!query(conn, settings[i], error))
            return FALSE;
    }
    return TRUE;
}

static TwDbConn *
maria_connect(gpointer data, TwDbRole role G_GNUC_UNUSED, GError **error)
{
    Env *env = data;
    const TwDbConfig *config = &env->db->config;
    Conn *conn = g_new0(Conn, 1);
    guint connect_seconds = CONNECT_SECONDS, io_seconds = IO_SECONDS;
    const char *password = NULL;

    tw_db_conn_init(&conn->conn, &tw_db_mariadb, env->db);
    conn->mysql = mysql_init(NULL);
    mysql_options(conn->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(conn->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
    mysql_options(conn->mysql, MYSQL_OPT_READ_TIMEOUT, &io_seconds);
    mysql_options(conn->mysql, MYSQL_OPT_WRITE_TIMEOUT, &io_seconds);
    if (config->password != NULL)
        password = tw_secret_reveal(config->password, NULL);
    if (mysql_real_connect(conn->mysql, NULL, config->user, password, config->database, 0,
                           config->socket, CLIENT_FOUND_ROWS) == NULL)
        fail(conn, mysql_errno(conn->mysql), mysql_error(conn->mysql), error);
    else if (configure(conn, error))
        return &conn->conn;
    maria_disconnect(&conn->conn);
    return NULL;
}

/* ---- the database as a whole ---- */

static gpointer
maria_env_new(TwDb *db, GError **error)
{
    static gsize once;
    Env *env;

    if (g_once_init_enter(&once)) /* the library wants this before there are threads */
        g_once_init_leave(&once, mysql_library_init(0, NULL, NULL) == 0 ? 1 : 2);
    if (once != 1) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "the MariaDB library does not start");
        return NULL;
    }
    env = g_new0(Env, 1);
    env->db = db;
    return env;
}

static gboolean
maria_start(gpointer data G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return TRUE; /* the server recovers by itself */
}

/* A server that says "done" before it is on disk would break our word. */
static gboolean
maria_ready(gpointer data G_GNUC_UNUSED, TwDbConn *writer, GError **error)
{
    gint64 flush;

    if (!tw_db_exec_i64(writer, "SELECT CAST(@@innodb_flush_log_at_trx_commit AS SIGNED)", &flush,
                        error))
        return FALSE;
    if (flush == 1)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED,
                        "the server must have innodb_flush_log_at_trx_commit = 1");
    return FALSE;
}

static void
maria_stop(gpointer data G_GNUC_UNUSED, TwDbConn *writer)
{
    if (writer != NULL)
        maria_disconnect(writer);
}

const TwDbBackend tw_db_mariadb = {
    .kind = TW_DB_MARIADB,
    .name = "mariadb",
    .env_new = maria_env_new,
    .env_free = g_free,
    .start = maria_start,
    .ready = maria_ready,
    .stop = maria_stop,
    .connect = maria_connect,
    .disconnect = maria_disconnect,
    .control = maria_control,
    .in_transaction = maria_in_transaction,
    .must_rerun = maria_must_rerun,
    .prepare = maria_prepare,
    .finalize = maria_finalize,
    .bind_null = maria_bind_null,
    .bind_i64 = maria_bind_i64,
    .bind_double = maria_bind_double,
    .bind_data = maria_bind_data,
    .step = maria_step,
    .rewind = maria_rewind,
    .changes = maria_changes,
    .column_count = maria_column_count,
    .column_type = maria_column_type,
    .column_i64 = maria_column_i64,
    .column_double = maria_column_double,
    .column_data = maria_column_data,
};
