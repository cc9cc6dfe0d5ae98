/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Prepared statements of the MariaDB back end. Results are fetched whole: a statement that can return much carries a LIMIT.
 */
#include <errmsg.h>
#include <string.h>

#include "base/error.h"
#include "db/mariadb-private.h"

enum {
    BINARY_CHARSET = 63,
    LARGEST_VALUE = 64 << 20,
};

typedef struct {
    MYSQL_STMT *stmt;
    MYSQL_BIND *params, *columns;
    TwMariaValue *param_values, *column_values;
    guint param_count, column_count;
    const char *sql;   /* borrowed: of the set of statements */
    char *table;       /* (nullable): owned: it names no other */
    TwMariaRows *rows; /* (nullable): to be sent later */
    TwMariaKept *kept; /* (nullable): borrowed from the connection: what it found before */
    gboolean executed, bad_bind;
    gboolean served;    /* its row was kept */
    gboolean returning; /* a change that returns rows: its columns are known when it has run */
} Prepared;

static void
free_columns(Prepared *prepared)
{
    for (guint i = 0; i < prepared->column_count; i++)
        g_free(prepared->column_values[i].data);
    g_clear_pointer(&prepared->columns, g_free);
    g_clear_pointer(&prepared->column_values, g_free);
}

static void
make_columns(Prepared *prepared, guint count)
{
    prepared->column_count = count;
    prepared->columns = g_new0(MYSQL_BIND, count);
    prepared->column_values = g_new0(TwMariaValue, count);
}

void
tw_maria_finalize(gpointer statement)
{
    Prepared *prepared = statement;

    mysql_stmt_close(prepared->stmt);
    tw_maria_rows_free(prepared->rows);
    free_columns(prepared);
    g_free(prepared->table);
    g_free(prepared->params);
    g_free(prepared->param_values);
    g_free(prepared);
}

gpointer
tw_maria_prepare(TwDbConn *base, const char *sql, GError **error)
{
    TwMariaConn *conn = (TwMariaConn *) base;
    my_bool want_lengths = 1;
    Prepared *prepared;
    MYSQL_STMT *stmt = mysql_stmt_init(conn->mysql);

    if (stmt == NULL || mysql_stmt_prepare(stmt, sql, (gulong) strlen(sql)) != 0) {
        tw_maria_fail(conn, stmt ? mysql_stmt_errno(stmt) : CR_OUT_OF_MEMORY,
                      stmt ? mysql_stmt_error(stmt) : "no statement", error);
        if (stmt != NULL)
            mysql_stmt_close(stmt);
        return NULL;
    }
    mysql_stmt_attr_set(stmt, STMT_ATTR_UPDATE_MAX_LENGTH, &want_lengths);
    prepared = g_new0(Prepared, 1);
    prepared->stmt = stmt;
    prepared->sql = sql;
    prepared->table = tw_maria_only_table(sql);
    prepared->param_count = (guint) mysql_stmt_param_count(stmt);
    make_columns(prepared, mysql_stmt_field_count(stmt));
    prepared->params = g_new0(MYSQL_BIND, prepared->param_count);
    prepared->param_values = g_new0(TwMariaValue, prepared->param_count);
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

void
tw_maria_bind_null(gpointer statement, guint index)
{
    param(statement, index, MYSQL_TYPE_NULL);
}

void
tw_maria_bind_i64(gpointer statement, guint index, gint64 number)
{
    Prepared *prepared = statement;
    MYSQL_BIND *bind = param(prepared, index, MYSQL_TYPE_LONGLONG);

    if (bind == NULL)
        return;
    prepared->param_values[index].i64 = number;
    bind->buffer = &prepared->param_values[index].i64;
}

void
tw_maria_bind_double(gpointer statement, guint index, double number)
{
    Prepared *prepared = statement;
    MYSQL_BIND *bind = param(prepared, index, MYSQL_TYPE_DOUBLE);

    if (bind == NULL)
        return;
    prepared->param_values[index].real = number;
    bind->buffer = &prepared->param_values[index].real;
}

void
tw_maria_bind_data(gpointer statement, guint index, TwDbType type, const void *data, gsize len)
{
    Prepared *prepared = statement;
    MYSQL_BIND *bind =
        param(prepared, index, type == TW_DB_TYPE_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB);
    TwMariaValue *value;

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
    case MYSQL_TYPE_NEWDECIMAL: /* what sum() of whole numbers is; one that does not fit is an error */
        return field->decimals == 0 ? TW_DB_TYPE_I64 : TW_DB_TYPE_DOUBLE;
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
    TwMariaValue *value = &prepared->column_values[index];

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
    if (prepared->column_count != mysql_stmt_field_count(stmt)) {
        prepared->returning = TRUE;
        free_columns(prepared);
        make_columns(prepared, mysql_stmt_field_count(stmt));
    }
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

/* ---- rows that go later ---- */

static gboolean
fail_statement(TwMariaConn *conn, const Prepared *prepared, const char *words, GError **error)
{
    return tw_maria_fail(conn, mysql_stmt_errno(prepared->stmt),
                         words != NULL ? words : mysql_stmt_error(prepared->stmt), error);
}

static gboolean
send_rows(TwMariaConn *conn, guint index, GError **error)
{
    const Prepared *prepared = g_ptr_array_remove_index(conn->later, index);

    conn->must_rerun = FALSE;
    if (tw_maria_rows_send(prepared->rows, prepared->stmt))
        return TRUE;
    conn->failed_late = TRUE;
    return fail_statement(conn, prepared, NULL, error);
}

gboolean
tw_maria_send_later(TwMariaConn *conn, GError **error)
{
    while (conn->later->len > 0) {
        if (!send_rows(conn, 0, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* Of a statement that is not known so well any word may be a table. */
static gboolean
names(const Prepared *prepared, const char *table)
{
    const char *sql = prepared->sql;
    gsize len = strlen(table);

    if (prepared->table != NULL)
        return strcmp(prepared->table, table) == 0;
    for (const char *at = strstr(sql, table); at != NULL; at = strstr(at + len, table)) {
        if ((at == sql || !is_word(at[-1])) && !is_word(at[len]))
            return TRUE;
    }
    return FALSE;
}

/* What the statement could see or change: who asks for one row by its key need not wait for changes of others. */
static gboolean
send_before(TwMariaConn *conn, const Prepared *prepared, GError **error)
{
    for (guint i = 0; i < conn->later->len;) {
        const Prepared *waiting = conn->later->pdata[i];
        if (!names(prepared, tw_maria_rows_table(waiting->rows)) ||
            (prepared->kept != NULL &&
             !tw_maria_rows_touch(waiting->rows, tw_maria_kept_shape(prepared->kept),
                                  prepared->params)))
            i++;
        else if (!send_rows(conn, i, error))
            return FALSE;
    }
    return TRUE;
}

void
tw_maria_drop_later(TwMariaConn *conn)
{
    for (guint i = 0; i < conn->later->len; i++)
        tw_maria_rows_clear(((const Prepared *) conn->later->pdata[i])->rows);
    g_ptr_array_set_size(conn->later, 0);
}

/* Rows of another statement for the same table go first. */
static gboolean
make_way(TwMariaConn *conn, const Prepared *prepared, GError **error)
{
    gboolean waits = tw_maria_rows_count(prepared->rows) > 0;

    for (guint i = 0; i < conn->later->len; i++) {
        const Prepared *other = conn->later->pdata[i];
        if (other != prepared && names(prepared, tw_maria_rows_table(other->rows)))
            return send_before(conn, prepared, error);
    }
    return !waits || tw_maria_rows_fit(prepared->rows, prepared->params) ||
           send_before(conn, prepared, error);
}

/* ---- rows that are kept ---- */

void
tw_maria_keep(TwDbConn *base, gpointer statement)
{
    TwMariaConn *conn = (TwMariaConn *) base;
    Prepared *prepared = statement;

    if (prepared->kept != NULL)
        return;
    for (guint i = 0; i < conn->kept->len && prepared->kept == NULL; i++) {
        if (strcmp(tw_maria_kept_sql(conn->kept->pdata[i]), prepared->sql) == 0)
            prepared->kept = conn->kept->pdata[i];
    }
    if (prepared->kept == NULL && (prepared->kept = tw_maria_kept_new(prepared->sql)) != NULL)
        g_ptr_array_add(conn->kept, prepared->kept);
}

void
tw_maria_forget_kept(TwMariaConn *conn)
{
    for (guint i = 0; i < conn->kept->len; i++)
        tw_maria_kept_clear(conn->kept->pdata[i]);
}

/* A change that is not known row by row. */
static void
forget_named(TwMariaConn *conn, const Prepared *prepared)
{
    for (guint i = 0; i < conn->kept->len && !g_str_has_prefix(prepared->sql, "SELECT "); i++) {
        if (names(prepared, tw_maria_kept_shape(conn->kept->pdata[i])->table))
            tw_maria_kept_clear(conn->kept->pdata[i]);
    }
}

static gboolean
keeps(const Prepared *prepared, const TwMariaConn *conn)
{
    return prepared->kept != NULL && conn->conn.tx.writing && conn->in_transaction;
}

/* ---- running ---- */

static gboolean
begin_statement(TwMariaConn *conn, Prepared *prepared, GError **error)
{
    if (!send_before(conn, prepared, error))
        return FALSE;
    forget_named(conn, prepared);
    return execute(prepared) || fail_statement(conn, prepared, NULL, error);
}

static TwDbStep
fetch(TwMariaConn *conn, Prepared *prepared, GError **error)
{
    int answer = mysql_stmt_fetch(prepared->stmt);

    if (answer == MYSQL_NO_DATA)
        return TW_DB_DONE;
    if (answer != 0) {
        fail_statement(conn, prepared, answer == MYSQL_DATA_TRUNCATED ? "a value was cut" : NULL,
                       error);
        return TW_DB_FAILED;
    }
    for (guint i = 0; i < prepared->column_count; i++) {
        TwMariaValue *value = &prepared->column_values[i];
        if (value->data != NULL)
            value->data[value->is_null ? 0 : value->len] = 0;
    }
    if (keeps(prepared, conn))
        tw_maria_kept_put(prepared->kept, prepared->params, prepared->column_values,
                          prepared->column_count);
    return TW_DB_ROW;
}

TwDbStep
tw_maria_step(TwDbConn *base, gpointer statement, GError **error)
{
    TwMariaConn *conn = (TwMariaConn *) base;
    Prepared *prepared = statement;

    conn->must_rerun = FALSE;
    if (prepared->bad_bind) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "no such parameter, or too long");
        return TW_DB_FAILED;
    }
    if (prepared->served)
        return TW_DB_DONE;
    if (!prepared->executed && keeps(prepared, conn) &&
        tw_maria_kept_get(prepared->kept, prepared->params, prepared->column_values,
                          prepared->column_count)) {
        prepared->served = TRUE;
        return TW_DB_ROW;
    }
    if (!prepared->executed && !begin_statement(conn, prepared, error))
        return TW_DB_FAILED;
    if (prepared->column_count == 0) {
        conn->changes += mysql_stmt_affected_rows(prepared->stmt);
        return TW_DB_DONE;
    }
    return fetch(conn, prepared, error);
}

static void
change_kept(TwMariaConn *conn, const Prepared *prepared)
{
    const TwMariaShape *update = tw_maria_rows_update(prepared->rows);

    for (guint i = 0; update != NULL && i < conn->kept->len; i++) {
        TwMariaKept *kept = conn->kept->pdata[i];
        if (strcmp(tw_maria_kept_shape(kept)->table, update->table) == 0)
            tw_maria_kept_change(kept, update, prepared->params);
    }
    if (update == NULL)
        forget_named(conn, prepared);
}

gboolean
tw_maria_run_later(TwDbConn *base, gpointer statement, GError **error)
{
    TwMariaConn *conn = (TwMariaConn *) base;
    Prepared *prepared = statement;

    if (prepared->rows == NULL)
        prepared->rows = tw_maria_rows_new(prepared->sql, prepared->param_count);
    if (prepared->rows == NULL || prepared->bad_bind || !conn->in_transaction)
        return tw_maria_step(base, statement, error) == TW_DB_DONE;
    if (!make_way(conn, prepared, error))
        return FALSE;
    if (tw_maria_rows_count(prepared->rows) == 0)
        g_ptr_array_add(conn->later, prepared);
    tw_maria_rows_add(prepared->rows, prepared->params);
    change_kept(conn, prepared);
    conn->changes++;
    return TRUE;
}

void
tw_maria_rewind(gpointer statement, gboolean forget_values)
{
    Prepared *prepared = statement;

    if (prepared->executed)
        mysql_stmt_free_result(prepared->stmt);
    prepared->executed = prepared->served = FALSE;
    prepared->bad_bind = FALSE;
    for (guint i = 0; forget_values && i < prepared->param_count; i++)
        tw_maria_bind_null(prepared, i);
}

gint64
tw_maria_changes(TwDbConn *base G_GNUC_UNUSED, gpointer statement)
{
    return (gint64) mysql_stmt_affected_rows(((Prepared *) statement)->stmt);
}

guint
tw_maria_column_count(gpointer statement)
{
    return ((const Prepared *) statement)->column_count;
}

static const TwMariaValue *
column(gpointer statement, guint index)
{
    return &((const Prepared *) statement)->column_values[index];
}

TwDbType
tw_maria_column_type(gpointer statement, guint index)
{
    const TwMariaValue *value = column(statement, index);

    return value->is_null ? TW_DB_TYPE_NULL : value->type;
}

gboolean
tw_maria_column_i64(gpointer statement, guint index, gint64 *ret)
{
    const TwMariaValue *value = column(statement, index);

    if (value->is_null || value->type != TW_DB_TYPE_I64)
        return FALSE;
    *ret = value->i64;
    return TRUE;
}

double
tw_maria_column_double(gpointer statement, guint index)
{
    return column(statement, index)->real;
}

const void *
tw_maria_column_data(gpointer statement, guint index, gsize *ret_len)
{
    const TwMariaValue *value = column(statement, index);

    *ret_len = value->len;
    return value->data;
}
