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
    const char *sql;   /* borrowed: of the set of statements */
    TwMariaRows *rows; /* (nullable): to be sent later */
    gboolean executed, bad_bind;
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
    prepared->column_values = g_new0(Value, count);
}

void
tw_maria_finalize(gpointer statement)
{
    Prepared *prepared = statement;

    mysql_stmt_close(prepared->stmt);
    tw_maria_rows_free(prepared->rows);
    free_columns(prepared);
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
    prepared->param_count = (guint) mysql_stmt_param_count(stmt);
    make_columns(prepared, mysql_stmt_field_count(stmt));
    prepared->params = g_new0(MYSQL_BIND, prepared->param_count);
    prepared->param_values = g_new0(Value, prepared->param_count);
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

TwDbStep
tw_maria_step(TwDbConn *base, gpointer statement, GError **error)
{
    TwMariaConn *conn = (TwMariaConn *) base;
    Prepared *prepared = statement;
    int answer;

    conn->must_rerun = FALSE;
    if (prepared->bad_bind) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "no such parameter, or too long");
        return TW_DB_FAILED;
    }
    if (!prepared->executed && !tw_maria_send_later(conn, prepared->sql, error))
        return TW_DB_FAILED;
    if (!prepared->executed && !execute(prepared)) {
        tw_maria_fail(conn, mysql_stmt_errno(prepared->stmt), mysql_stmt_error(prepared->stmt),
                      error);
        return TW_DB_FAILED;
    }
    if (prepared->column_count == 0) {
        conn->changes += mysql_stmt_affected_rows(prepared->stmt);
        return TW_DB_DONE;
    }
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
    tw_maria_fail(conn, mysql_stmt_errno(prepared->stmt),
                  answer == MYSQL_DATA_TRUNCATED ? "a value was cut"
                                                 : mysql_stmt_error(prepared->stmt),
                  error);
    return TW_DB_FAILED;
}

/* ---- later ---- */

gboolean
tw_maria_send_later(TwMariaConn *conn, const char *sql, GError **error)
{
    for (guint i = 0; i < conn->later->len;) {
        const Prepared *prepared = conn->later->pdata[i];
        if (sql != NULL && !tw_maria_rows_named(prepared->rows, sql)) {
            i++;
            continue;
        }
        g_ptr_array_remove_index(conn->later, i);
        conn->must_rerun = FALSE;
        if (!tw_maria_rows_send(prepared->rows, prepared->stmt)) {
            conn->failed_late = TRUE;
            return tw_maria_fail(conn, mysql_stmt_errno(prepared->stmt),
                                 mysql_stmt_error(prepared->stmt), error);
        }
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
        if (other != prepared && tw_maria_rows_named(other->rows, prepared->sql))
            return tw_maria_send_later(conn, prepared->sql, error);
    }
    return !waits || tw_maria_rows_fit(prepared->rows, prepared->params) ||
           tw_maria_send_later(conn, prepared->sql, error);
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
    conn->changes++;
    return TRUE;
}

void
tw_maria_rewind(gpointer statement, gboolean forget_values)
{
    Prepared *prepared = statement;

    if (prepared->executed)
        mysql_stmt_free_result(prepared->stmt);
    prepared->executed = FALSE;
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

static const Value *
column(gpointer statement, guint index)
{
    return &((const Prepared *) statement)->column_values[index];
}

TwDbType
tw_maria_column_type(gpointer statement, guint index)
{
    const Value *value = column(statement, index);

    return value->is_null ? TW_DB_TYPE_NULL : value->type;
}

gboolean
tw_maria_column_i64(gpointer statement, guint index, gint64 *ret)
{
    const Value *value = column(statement, index);

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
    const Value *value = column(statement, index);

    *ret_len = value->len;
    return value->data;
}
