/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rows that the writer keeps in memory: what tw_db_step_kept() found (one row by its primary key) is found again without
 * asking the server. An UPDATE of such a row by run_later() changes it here as well. Any other change that names the table, and
 * whatever takes changes back, empties it. Without a lease others write too: then a row is kept for one transaction.
 */
#include <string.h>

#include "db/mariadb-private.h"

enum {
    MOST_KEPT = 1024, /* rows of a statement; then it begins anew */
};

struct TwMariaKept {
    const char *sql; /* borrowed: of the set of statements */
    TwMariaShape shape;
    guint width;
    GHashTable *rows; /* TwMariaKey -> TwMariaValue[width], both owned */
};

/* ---- shapes ---- */

static gboolean
is_name(const char *text)
{
    gsize len = strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789");

    return len > 0 && text[len] == 0;
}

/* Names with "separator" between them, each with "tail" behind it; NULL: something else. */
static char **
parse_names(const char *text, const char *separator, const char *tail)
{
    char **names = g_strsplit(text, separator, -1);

    for (guint i = 0; names[i] != NULL; i++) {
        gboolean whole = g_str_has_suffix(names[i], tail);
        if (whole)
            names[i][strlen(names[i]) - strlen(tail)] = 0;
        if (!whole || !is_name(names[i])) {
            g_strfreev(names);
            return NULL;
        }
    }
    return names;
}

/* "head MIDDLE body WHERE keys" in three texts; NULL: another statement. */
static char **
cut(const char *sql, const char *head, const char *middle)
{
    const char *first = sql + strlen(head), *mid, *where;
    char **parts;

    if (!g_str_has_prefix(sql, head))
        return NULL;
    mid = strstr(first, middle);
    where = mid != NULL ? strstr(mid, " WHERE ") : NULL;
    if (where == NULL)
        return NULL;
    parts = g_new0(char *, 4);
    parts[0] = g_strndup(first, (gsize) (mid - first));
    mid += strlen(middle);
    parts[1] = g_strndup(mid, (gsize) (where - mid));
    parts[2] = g_strdup(where + strlen(" WHERE "));
    return parts;
}

gboolean
tw_maria_shape_parse(const char *sql, TwMariaShape *ret)
{
    g_auto(GStrv) select = cut(sql, "SELECT ", " FROM "), update = NULL;

    *ret = (TwMariaShape){ 0 };
    if (select == NULL)
        update = cut(sql, "UPDATE ", " SET ");
    if (select == NULL && update == NULL)
        return FALSE;
    ret->table = g_strdup(select != NULL ? select[1] : update[0]);
    ret->columns =
        select != NULL ? parse_names(select[0], ", ", "") : parse_names(update[1], ", ", " = ?");
    ret->keys = parse_names(select != NULL ? select[2] : update[2], " AND ", " = ?");
    if (is_name(ret->table) && ret->columns != NULL && ret->keys != NULL &&
        g_strv_length(ret->keys) <= TW_MARIA_MOST_KEYS) {
        ret->key_count = g_strv_length(ret->keys);
        ret->column_count = g_strv_length(ret->columns);
        return TRUE;
    }
    tw_maria_shape_clear(ret);
    return FALSE;
}

void
tw_maria_shape_clear(TwMariaShape *shape)
{
    g_clear_pointer(&shape->table, g_free);
    g_clear_pointer(&shape->columns, g_strfreev);
    g_clear_pointer(&shape->keys, g_strfreev);
}

gboolean
tw_maria_shape_same_keys(const TwMariaShape *a, const TwMariaShape *b)
{
    return g_strv_equal((const char *const *) a->keys, (const char *const *) b->keys);
}

/* ---- keys ---- */

gboolean
tw_maria_key_read(const MYSQL_BIND *params, guint count, TwMariaKey *ret)
{
    *ret = (TwMariaKey){ 0 };
    for (guint i = 0; i < count; i++) {
        if (params[i].buffer_type != MYSQL_TYPE_LONGLONG)
            return FALSE;
        ret->parts[i] = *(const gint64 *) params[i].buffer;
    }
    return TRUE;
}

guint
tw_maria_key_hash(gconstpointer data)
{
    const TwMariaKey *key = data;
    guint64 sum = 0;

    for (guint i = 0; i < TW_MARIA_MOST_KEYS; i++)
        sum = (sum ^ (guint64) key->parts[i]) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    return (guint) (sum >> 32);
}

gboolean
tw_maria_key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(TwMariaKey)) == 0;
}

/* ---- rows ---- */

static void
copy_value(TwMariaValue *to, const TwMariaValue *from)
{
    guint8 *data = to->data;

    *to = *from;
    to->data = data;
    if (from->data == NULL)
        return;
    to->data = g_realloc(data, from->len + 1);
    memcpy(to->data, from->data, from->len);
    to->data[from->len] = 0;
}

typedef struct {
    guint width;
    TwMariaValue values[];
} Row;

static void
free_row(gpointer data)
{
    Row *row = data;

    for (guint i = 0; i < row->width; i++)
        g_free(row->values[i].data);
    g_free(row);
}

TwMariaKept *
tw_maria_kept_new(const char *sql)
{
    TwMariaShape shape;
    TwMariaKept *kept;

    if (!g_str_has_prefix(sql, "SELECT ") || !tw_maria_shape_parse(sql, &shape))
        return NULL;
    kept = g_new0(TwMariaKept, 1);
    kept->sql = sql;
    kept->shape = shape;
    kept->rows = g_hash_table_new_full(tw_maria_key_hash, tw_maria_key_equal, g_free, free_row);
    return kept;
}

void
tw_maria_kept_free(gpointer data)
{
    TwMariaKept *kept = data;

    tw_maria_shape_clear(&kept->shape);
    g_hash_table_unref(kept->rows);
    g_free(kept);
}

const char *
tw_maria_kept_sql(const TwMariaKept *kept)
{
    return kept->sql;
}

const TwMariaShape *
tw_maria_kept_shape(const TwMariaKept *kept)
{
    return &kept->shape;
}

void
tw_maria_kept_clear(TwMariaKept *kept)
{
    g_hash_table_remove_all(kept->rows);
}

gboolean
tw_maria_kept_get(TwMariaKept *kept, const MYSQL_BIND *params, TwMariaValue *values, guint width)
{
    TwMariaKey key;
    const Row *row;

    if (!tw_maria_key_read(params, kept->shape.key_count, &key))
        return FALSE;
    row = g_hash_table_lookup(kept->rows, &key);
    if (row == NULL || row->width != width)
        return FALSE;
    for (guint i = 0; i < width; i++)
        copy_value(&values[i], &row->values[i]);
    return TRUE;
}

void
tw_maria_kept_put(TwMariaKept *kept,
                  const MYSQL_BIND *params,
                  const TwMariaValue *values,
                  guint width)
{
    TwMariaKey key;
    Row *row;

    if (width != kept->shape.column_count ||
        !tw_maria_key_read(params, kept->shape.key_count, &key))
        return;
    if (g_hash_table_size(kept->rows) >= MOST_KEPT)
        g_hash_table_remove_all(kept->rows);
    row = g_malloc0(sizeof *row + width * sizeof(TwMariaValue));
    row->width = width;
    for (guint i = 0; i < width; i++)
        copy_value(&row->values[i], &values[i]);
    g_hash_table_replace(kept->rows, g_memdup2(&key, sizeof key), row);
}

/* The columns of a row that stays the same but for them; FALSE: they cannot be told from here. */
static gboolean
change_row(const TwMariaKept *kept, Row *row, const TwMariaShape *update, const MYSQL_BIND *params)
{
    for (guint i = 0; i < update->column_count; i++) {
        guint at = 0;
        while (at < kept->shape.column_count &&
               strcmp(kept->shape.columns[at], update->columns[i]) != 0)
            at++;
        if (at == kept->shape.column_count)
            continue;
        if (params[i].buffer_type != MYSQL_TYPE_LONGLONG || row->values[at].data != NULL ||
            row->values[at].type != TW_DB_TYPE_I64)
            return FALSE;
        row->values[at].i64 = *(const gint64 *) params[i].buffer;
        row->values[at].is_null = 0;
    }
    return TRUE;
}

void
tw_maria_kept_change(TwMariaKept *kept, const TwMariaShape *update, const MYSQL_BIND *params)
{
    TwMariaKey key;
    Row *row;

    if (!tw_maria_shape_same_keys(update, &kept->shape) ||
        !tw_maria_key_read(params + update->column_count, update->key_count, &key)) {
        tw_maria_kept_clear(kept);
        return;
    }
    row = g_hash_table_lookup(kept->rows, &key);
    if (row != NULL && !change_row(kept, row, update, params))
        g_hash_table_remove(kept->rows, &key);
}
