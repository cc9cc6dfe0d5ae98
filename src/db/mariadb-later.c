/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rows that go to the server later: changes whose count nobody asks for are collected, and all of a statement go in one call,
 * also those of different operations of a group. A row that is changed by its key again and again goes once. They go before anything is run that names their table, and before the group
 * is committed, so nobody sees that they came late, but for who failed: see failed_late in db-private.h.
 */
#include <string.h>

#include "base/error.h"
#include "db/mariadb-private.h"

enum {
    MOST_ROWS = 256,
    MOST_BYTES = 4 << 20 /* of a statement's values; the server takes at least 16 MiB in a packet */
};

/* A value of a column; texts and bytes are places in the data until they are sent, then pointers. */
typedef union {
    gint64 i64;
    double real;
    gsize at;
    const guint8 *data;
} Cell;

typedef struct {
    enum enum_field_types type; /* NULL: no row has had a value */
    GArray *cells;              /* Cell */
    GArray *lens;               /* gulong */
    GByteArray *indicators;     /* STMT_INDICATOR_... */
} Column;

struct TwMariaRows {
    char *table;
    Column *columns;
    guint width, count;
    GByteArray *data;
    TwMariaShape update; /* table NULL: rows are put */
    GHashTable *by_key;  /* (nullable): of an update: TwMariaKey, owned -> number of the row */
};

/* "INSERT INTO table(...) VALUES(...)" or with REPLACE; NULL: another statement. */
static char *
put_into(const char *sql)
{
    static const char *const heads[] = { "INSERT INTO ", "REPLACE INTO " };

    for (guint i = 0; i < G_N_ELEMENTS(heads); i++) {
        if (g_str_has_prefix(sql, heads[i]) && strstr(sql, "SELECT ") == NULL) {
            const char *name = sql + strlen(heads[i]);
            gsize len = strcspn(name, " (");
            return len > 0 ? g_strndup(name, len) : NULL;
        }
    }
    return NULL;
}

char *
tw_maria_only_table(const char *sql)
{
    char *table = put_into(sql);
    TwMariaShape shape;

    if (table != NULL || !tw_maria_shape_parse(sql, &shape))
        return table;
    table = g_strdup(shape.table);
    tw_maria_shape_clear(&shape);
    return table;
}

TwMariaRows *
tw_maria_rows_new(const char *sql, guint width)
{
    char *table = put_into(sql);
    TwMariaShape update = { 0 };
    TwMariaRows *rows;

    if (table == NULL && g_str_has_prefix(sql, "UPDATE ") && tw_maria_shape_parse(sql, &update))
        table = g_strdup(update.table);
    if (table == NULL || width == 0) {
        g_free(table);
        return NULL;
    }
    rows = g_new0(TwMariaRows, 1);
    rows->table = table;
    rows->update = update;
    if (update.table != NULL)
        rows->by_key = g_hash_table_new_full(tw_maria_key_hash, tw_maria_key_equal, g_free, NULL);
    rows->width = width;
    rows->columns = g_new0(Column, width);
    rows->data = g_byte_array_new();
    for (guint i = 0; i < width; i++)
        rows->columns[i] =
            (Column){ MYSQL_TYPE_NULL, g_array_new(FALSE, FALSE, sizeof(Cell)),
                      g_array_new(FALSE, FALSE, sizeof(gulong)), g_byte_array_new() };
    return rows;
}

void
tw_maria_rows_free(TwMariaRows *rows)
{
    if (rows == NULL)
        return;
    for (guint i = 0; i < rows->width; i++) {
        g_array_unref(rows->columns[i].cells);
        g_array_unref(rows->columns[i].lens);
        g_byte_array_unref(rows->columns[i].indicators);
    }
    g_byte_array_unref(rows->data);
    g_clear_pointer(&rows->by_key, g_hash_table_unref);
    tw_maria_shape_clear(&rows->update);
    g_free(rows->columns);
    g_free(rows->table);
    g_free(rows);
}

void
tw_maria_rows_clear(TwMariaRows *rows)
{
    for (guint i = 0; i < rows->width; i++) {
        Column *column = &rows->columns[i];
        column->type = MYSQL_TYPE_NULL;
        g_array_set_size(column->cells, 0);
        g_array_set_size(column->lens, 0);
        g_byte_array_set_size(column->indicators, 0);
    }
    g_byte_array_set_size(rows->data, 0);
    if (rows->by_key != NULL)
        g_hash_table_remove_all(rows->by_key);
    rows->count = 0;
}

gboolean
tw_maria_rows_fit(const TwMariaRows *rows, const MYSQL_BIND *params)
{
    for (guint i = 0; i < rows->width; i++) {
        enum enum_field_types type = params[i].buffer_type, has = rows->columns[i].type;
        if (type != MYSQL_TYPE_NULL && has != MYSQL_TYPE_NULL && type != has)
            return FALSE;
    }
    return rows->count < MOST_ROWS && rows->data->len < MOST_BYTES;
}

/* Where the row has its place: that of an earlier change of the same, or behind all others. */
static guint
place_of(TwMariaRows *rows, const MYSQL_BIND *params)
{
    TwMariaKey key;
    gpointer number;

    if (rows->by_key == NULL ||
        !tw_maria_key_read(params + rows->update.column_count, rows->update.key_count, &key))
        return rows->count;
    if (g_hash_table_lookup_extended(rows->by_key, &key, NULL, &number))
        return GPOINTER_TO_UINT(number);
    g_hash_table_insert(rows->by_key, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(rows->count));
    return rows->count;
}

static void
set_cell(TwMariaRows *rows, Column *column, guint row, const MYSQL_BIND *param)
{
    char indicator = STMT_INDICATOR_NONE;
    Cell cell = { .i64 = 0 };
    gulong len = 0;

    switch (param->buffer_type) {
    case MYSQL_TYPE_NULL:
        indicator = STMT_INDICATOR_NULL;
        break;
    case MYSQL_TYPE_LONGLONG:
        cell.i64 = *(const gint64 *) param->buffer;
        break;
    case MYSQL_TYPE_DOUBLE:
        cell.real = *(const double *) param->buffer;
        break;
    default:
        cell.at = rows->data->len;
        len = param->buffer_length;
        g_byte_array_append(rows->data, param->buffer, (guint) len);
    }
    if (param->buffer_type != MYSQL_TYPE_NULL)
        column->type = param->buffer_type;
    if (row == column->cells->len) {
        g_array_set_size(column->cells, row + 1);
        g_array_set_size(column->lens, row + 1);
        g_byte_array_set_size(column->indicators, row + 1);
    }
    g_array_index(column->cells, Cell, row) = cell;
    g_array_index(column->lens, gulong, row) = len;
    column->indicators->data[row] = (guint8) indicator;
}

void
tw_maria_rows_add(TwMariaRows *rows, const MYSQL_BIND *params)
{
    guint row = place_of(rows, params);

    for (guint i = 0; i < rows->width; i++)
        set_cell(rows, &rows->columns[i], row, &params[i]);
    rows->count = MAX(rows->count, row + 1);
}

const TwMariaShape *
tw_maria_rows_update(const TwMariaRows *rows)
{
    return rows->update.table != NULL ? &rows->update : NULL;
}

gboolean
tw_maria_rows_touch(const TwMariaRows *rows, const TwMariaShape *shape, const MYSQL_BIND *params)
{
    TwMariaKey key;

    return rows->by_key == NULL || !tw_maria_shape_same_keys(&rows->update, shape) ||
           g_hash_table_size(rows->by_key) != rows->count ||
           !tw_maria_key_read(params, shape->key_count, &key) ||
           g_hash_table_contains(rows->by_key, &key);
}

static void
bind_rows(TwMariaRows *rows, MYSQL_BIND *binds)
{
    for (guint i = 0; i < rows->width; i++) {
        Column *column = &rows->columns[i];
        gboolean is_data = column->type == MYSQL_TYPE_STRING || column->type == MYSQL_TYPE_BLOB;

        for (guint r = 0; is_data && r < rows->count; r++) {
            Cell *cell = &g_array_index(column->cells, Cell, r);
            gsize at = cell->at;
            *cell = (Cell){ .data = rows->data->data + at };
        }
        binds[i].buffer_type = column->type != MYSQL_TYPE_NULL ? column->type : MYSQL_TYPE_LONGLONG;
        binds[i].buffer = column->cells->data;
        binds[i].length = (gulong *) (gpointer) column->lens->data;
        binds[i].u.indicator = (char *) column->indicators->data;
    }
}

gboolean
tw_maria_rows_send(TwMariaRows *rows, MYSQL_STMT *stmt)
{
    g_autofree MYSQL_BIND *binds = g_new0(MYSQL_BIND, rows->width);
    guint count = rows->count, one = 0;
    gboolean ok;

    bind_rows(rows, binds);
    mysql_stmt_attr_set(stmt, STMT_ATTR_ARRAY_SIZE, &count);
    ok = mysql_stmt_bind_param(stmt, binds) == 0 && mysql_stmt_execute(stmt) == 0;
    mysql_stmt_attr_set(stmt, STMT_ATTR_ARRAY_SIZE, &one);
    tw_maria_rows_clear(rows);
    return ok;
}

guint
tw_maria_rows_count(const TwMariaRows *rows)
{
    return rows->count;
}

const char *
tw_maria_rows_table(const TwMariaRows *rows)
{
    return rows->table;
}
