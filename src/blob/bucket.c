/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "blob/bucket-private.h"

#include <string.h>

#include "base/number.h"

enum {
    PUT,
    ADD,
    GET,
    DROP,
    IN_STATE,
    ALL,
    WAITING_BYTES,
    ALL_BACKLOG,
    DOOM,
    FORGET,
    FILE_USED,
    FACT_GET,
    FACT_PUT,
};

#define COLUMNS "kind, number, scope, hash, size, state, etag"

static const TwDbSql statements[] = {
    [PUT] = { "INSERT OR REPLACE INTO object(" COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?)", NULL },
    [ADD] = { "INSERT OR IGNORE INTO object(" COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?)", NULL },
    [GET] = { "SELECT " COLUMNS " FROM object WHERE kind = ? AND number = ?", NULL },
    [DROP] = { "DELETE FROM object WHERE kind = ? AND number = ?", NULL },
    [IN_STATE] = { "SELECT " COLUMNS " FROM object WHERE state = ? AND state <> 1 LIMIT ?",
                   NULL }, /* object_state */
    [ALL] = { "SELECT " COLUMNS " FROM object ORDER BY kind, number", NULL },
    [WAITING_BYTES] = { "SELECT coalesce(sum(size), 0) FROM object WHERE state = 0 AND state <> 1",
                        NULL }, /* object_state */
    [ALL_BACKLOG] = { "UPDATE object SET state = 3 WHERE state = 0 AND state <> 1",
                      NULL }, /* object_state */
    [DOOM] = { "UPDATE object SET state = 2 WHERE kind = ? AND number = ? AND state = 1", NULL },
    [FORGET] = { "DELETE FROM object WHERE kind = ? AND number = ? AND state IN (0, 3)", NULL },
    [FILE_USED] = { "SELECT count(*) FROM blob WHERE serial = ? AND serial <> 0",
                    NULL }, /* blob_serial */
    [FACT_GET] = { "SELECT value FROM fact WHERE name = ?", NULL },
    [FACT_PUT] = { "INSERT OR REPLACE INTO fact(name, value) VALUES(?, ?)", NULL },
};

const TwDbSqlSet tw_bucket_sql = { "objects", statements, G_N_ELEMENTS(statements) };

static TwDbStatement *
begin_with_place(TwDbTx *tx, guint statement, guint8 kind, guint64 number)
{
    TwDbStatement *st = tw_db_statement(tx, &tw_bucket_sql, statement);

    tw_db_bind_i64(st, 0, kind);
    tw_db_bind_i64(st, 1, (gint64) number);
    return st;
}

static gboolean
write_object(TwDbTx *tx, guint statement, const TwBucketRow *object, GError **error)
{
    g_autoptr(TwDbStatement) st = begin_with_place(tx, statement, object->kind, object->number);

    tw_db_bind_i64(st, 2, object->scope);
    tw_db_bind_bytes(st, 3, object->id.bytes, TW_BLOB_ID_LEN);
    tw_db_bind_i64(st, 4, (gint64) object->size);
    tw_db_bind_i64(st, 5, object->state);
    tw_db_bind_text(st, 6, object->etag, strlen(object->etag));
    return tw_db_run(st, error);
}

gboolean
tw_bucket_put(TwDbTx *tx, const TwBucketRow *object, GError **error)
{
    return write_object(tx, PUT, object, error);
}

gboolean
tw_bucket_add(TwDbTx *tx, const TwBucketRow *object, GError **error)
{
    return write_object(tx, ADD, object, error);
}

static void
read_object(TwDbStatement *st, TwBucketRow *ret)
{
    gsize id_len, etag_len;
    const guint8 *id = tw_db_column_bytes(st, 3, &id_len);
    const char *etag = tw_db_column_text(st, 6, &etag_len);

    *ret = (TwBucketRow){ .kind = (guint8) tw_db_column_i64(st, 0),
                          .number = (guint64) tw_db_column_i64(st, 1),
                          .scope = (guint32) tw_db_column_i64(st, 2),
                          .size = (guint64) tw_db_column_i64(st, 4),
                          .state = (guint8) tw_db_column_i64(st, 5) };
    /* a row that was damaged names an object that is not there, and is told so */
    if (id_len == TW_BLOB_ID_LEN)
        memcpy(ret->id.bytes, id, TW_BLOB_ID_LEN);
    if (etag_len < sizeof ret->etag && etag_len > 0)
        memcpy(ret->etag, etag, etag_len);
}

static gboolean
read_objects(TwDbStatement *st, GArray *objects, GError **error)
{
    TwDbStep step;

    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwBucketRow object;
        read_object(st, &object);
        g_array_append_val(objects, object);
    }
    return step == TW_DB_DONE;
}

gboolean
tw_bucket_put_entry(TwDbTx *tx, const TwEntry *entry, GError **error)
{
    const TwBucketRow row = { .kind = TW_BUCKET_FILE,
                              .number = entry->serial,
                              .scope = entry->scope,
                              .id = entry->id,
                              .size = entry->stored,
                              .state = TW_BUCKET_WAITING };

    return tw_catalog_put(tx, entry, error) &&
           (entry->serial == 0 || tw_bucket_add(tx, &row, error));
}

gboolean
tw_bucket_get(TwDbTx *tx,
              TwBucketKind kind,
              guint64 number,
              TwBucketRow *ret,
              gboolean *ret_found,
              GError **error)
{
    g_autoptr(TwDbStatement) st = begin_with_place(tx, GET, (guint8) kind, number);
    TwDbStep step = tw_db_step(st, error);

    *ret_found = step == TW_DB_ROW;
    if (step == TW_DB_ROW)
        read_object(st, ret);
    return step != TW_DB_FAILED;
}

gboolean
tw_bucket_drop(TwDbTx *tx, TwBucketKind kind, guint64 number, GError **error)
{
    g_autoptr(TwDbStatement) st = begin_with_place(tx, DROP, (guint8) kind, number);

    return tw_db_run(st, error);
}

gboolean
tw_bucket_in_state(TwDbTx *tx, TwBucketState state, guint max, GArray *objects, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_bucket_sql, IN_STATE);

    tw_db_bind_i64(st, 0, state);
    tw_db_bind_i64(st, 1, max);
    return read_objects(st, objects, error);
}

gboolean
tw_bucket_all(TwDbTx *tx, GArray *objects, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_bucket_sql, ALL);

    return read_objects(st, objects, error);
}

static gboolean
read_number(TwDbStatement *st, guint64 *ret, GError **error)
{
    if (tw_db_step(st, error) != TW_DB_ROW)
        return FALSE;
    *ret = (guint64) tw_db_column_i64(st, 0);
    return TRUE;
}

gboolean
tw_bucket_waiting_bytes(TwDbTx *tx, guint64 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_bucket_sql, WAITING_BYTES);

    return read_number(st, ret, error);
}

gboolean
tw_bucket_all_backlog(TwDbTx *tx, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_bucket_sql, ALL_BACKLOG);

    return tw_db_run(st, error);
}

gboolean
tw_bucket_doom(TwDbTx *tx, TwBucketKind kind, guint64 number, GError **error)
{
    g_autoptr(TwDbStatement) doom = begin_with_place(tx, DOOM, (guint8) kind, number);
    g_autoptr(TwDbStatement) forget = NULL;

    if (!tw_db_run(doom, error))
        return FALSE;
    forget = begin_with_place(tx, FORGET, (guint8) kind, number);
    return tw_db_run(forget, error);
}

gboolean
tw_bucket_file_used(TwDbTx *tx, guint64 serial, gboolean *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_bucket_sql, FILE_USED);
    guint64 count = 0;

    tw_db_bind_i64(st, 0, (gint64) serial);
    if (!read_number(st, &count, error))
        return FALSE;
    *ret = count > 0;
    return TRUE;
}

gboolean
tw_fact_get(TwDbTx *tx, const char *name, char **ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_bucket_sql, FACT_GET);
    TwDbStep step;

    tw_db_bind_text(st, 0, name, strlen(name));
    step = tw_db_step(st, error);
    g_clear_pointer(ret, g_free);
    if (step == TW_DB_ROW)
        *ret = g_strdup(tw_db_column_text(st, 0, NULL));
    return step != TW_DB_FAILED;
}

gboolean
tw_fact_put(TwDbTx *tx, const char *name, const char *value, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_bucket_sql, FACT_PUT);

    tw_db_bind_text(st, 0, name, strlen(name));
    tw_db_bind_text(st, 1, value, strlen(value));
    return tw_db_run(st, error);
}

gboolean
tw_bucket_floor(TwDbTx *tx, guint64 *ret, GError **error)
{
    g_autofree char *text = NULL;

    *ret = 0;
    if (!tw_fact_get(tx, "floor", &text, error))
        return FALSE;
    if (text != NULL)
        (void) tw_parse_u64(text, strlen(text), G_MAXINT64, ret);
    return TRUE;
}

gboolean
tw_bucket_raise_floor(TwDbTx *tx, guint64 number, GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, number);
    guint64 floor;

    return tw_bucket_floor(tx, &floor, error) &&
           (floor >= number || tw_fact_put(tx, "floor", text, error));
}
