/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "blob/bucket-private.h"
#include "blob/catalog-private.h"

#include "base/error.h"

#include <string.h>

static const TwDbSql steps[] = {
    { "CREATE TABLE segment(number INTEGER PRIMARY KEY, size INTEGER NOT NULL, scanned INTEGER NOT "
      "NULL,"
      " closed INTEGER NOT NULL)",
      NULL },
    { "CREATE TABLE blob(hash BLOB NOT NULL, scope INTEGER NOT NULL, seg INTEGER NOT NULL, off "
      "INTEGER NOT NULL,"
      " stored INTEGER NOT NULL, len INTEGER NOT NULL, codec INTEGER NOT NULL, state INTEGER NOT "
      "NULL,"
      " born INTEGER NOT NULL, PRIMARY KEY(hash, scope, seg, off)) WITHOUT ROWID",
      NULL },
    { "CREATE INDEX blob_place ON blob(seg, off)", NULL },
    { "CREATE INDEX blob_condemned ON blob(hash) WHERE state = 1", NULL },
    { "CREATE TABLE hint(hash BLOB PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID", NULL },
};

/* What S3 needs: the file of a large value in its row, and the objects. */
static const TwDbSql object_steps[] = {
    { "ALTER TABLE blob ADD COLUMN serial INTEGER NOT NULL DEFAULT 0", NULL },
    { "CREATE INDEX blob_adopt ON blob(hash) WHERE codec = 2 AND serial = 0", NULL },
    { "CREATE INDEX blob_serial ON blob(serial) WHERE serial <> 0", NULL },
    { "CREATE TABLE object(kind INTEGER NOT NULL, number INTEGER NOT NULL, scope INTEGER NOT NULL,"
      " hash BLOB NOT NULL, size INTEGER NOT NULL, state INTEGER NOT NULL, etag TEXT NOT NULL,"
      " PRIMARY KEY(kind, number)) WITHOUT ROWID",
      NULL },
    { "CREATE INDEX object_state ON object(state) WHERE state <> 1", NULL },
    { "CREATE TABLE fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID", NULL },
};

enum {
    FIND,
    PUT,
    DROP,
    SET_STATE,
    IN_SEGMENT,
    AFTER,
    WITHOUT_SERIAL,
    SEGMENT_LIVE,
    SUMS,
    SEGMENTS,
    PUT_SEGMENT,
    DROP_SEGMENT,
    HINT,
    HINT_ALL,
    UNHINT,
    CONDEMNED,
    HINTED,
    STRUCTURE,
};

#define COLUMNS "hash, scope, seg, off, stored, len, codec, state, born, serial"

static const TwDbSql statements[] = {
    [FIND] = { "SELECT " COLUMNS " FROM blob WHERE hash = ?",
               NULL }, /* primary key, one row as a rule */
    [PUT] = { "INSERT OR REPLACE INTO blob(" COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
              NULL },
    [DROP] = { "DELETE FROM blob WHERE hash = ? AND scope = ? AND seg = ? AND off = ?", NULL },
    [SET_STATE] = { "UPDATE blob SET state = ? WHERE hash = ? AND state = ?", NULL },
    [IN_SEGMENT] = { "SELECT " COLUMNS " FROM blob WHERE seg = ? ORDER BY off",
                     NULL }, /* blob_place */
    [AFTER] = { "SELECT " COLUMNS " FROM blob WHERE hash > ? ORDER BY hash LIMIT ?", NULL },
    [WITHOUT_SERIAL] = { "SELECT " COLUMNS " FROM blob WHERE codec = 2 AND serial = 0",
                         NULL }, /* blob_adopt: none as a rule */
    [SEGMENT_LIVE] = { "SELECT coalesce(sum(bytes), 0) FROM (SELECT max(CASE codec WHEN 2 THEN 112 "
                       "ELSE stored END) AS bytes"
                       " FROM blob WHERE seg = ? GROUP BY off)",
                       NULL },
    [SUMS] = { "SELECT count(*), coalesce(sum(len), 0), coalesce(sum(stored), 0) FROM blob", NULL },
    [SEGMENTS] = { "SELECT number, size, scanned, closed FROM segment ORDER BY number", NULL },
    [PUT_SEGMENT] = { "INSERT OR REPLACE INTO segment(number, size, scanned, closed) VALUES(?, ?, "
                      "?, ?)",
                      NULL },
    [DROP_SEGMENT] = { "DELETE FROM segment WHERE number = ?", NULL },
    [HINT] = { "INSERT OR REPLACE INTO hint(hash, since) VALUES(?, ?)", NULL },
    [HINT_ALL] = { "INSERT OR IGNORE INTO hint(hash, since) SELECT DISTINCT hash, ? FROM blob",
                   NULL },
    [UNHINT] = { "DELETE FROM hint WHERE hash = ?", NULL },
    [CONDEMNED] = { "SELECT DISTINCT hash FROM blob WHERE state = 1 LIMIT ?",
                    NULL }, /* blob_condemned */
    [HINTED] = { "SELECT hash FROM hint WHERE since <= ? LIMIT ?", NULL },
    [STRUCTURE] = { "PRAGMA quick_check(1)", NULL },
};

static const TwDbSqlSet set = { "catalog", statements, G_N_ELEMENTS(statements) };
static const TwDbSqlSet *const sets[] = { &set, &tw_bucket_sql };
static const TwDbMigration migrations[] = {
    { .version = 1, .steps = steps, .step_count = G_N_ELEMENTS(steps) },
    { .version = 2, .steps = object_steps, .step_count = G_N_ELEMENTS(object_steps) },
};

const TwDbSchema tw_catalog_schema = { "blob catalog", migrations, G_N_ELEMENTS(migrations), sets,
                                       G_N_ELEMENTS(sets) };

/* Names in rows are bytes from outside like all others: another length is damage. */
static gboolean
read_id(TwDbStatement *st, TwBlobId *ret, GError **error)
{
    gsize len;
    const guint8 *bytes = tw_db_column_bytes(st, 0, &len);

    if (len != TW_BLOB_ID_LEN) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                            "a name in the catalog has the wrong length");
        return FALSE;
    }
    memcpy(ret->bytes, bytes, TW_BLOB_ID_LEN);
    return TRUE;
}

static gboolean
read_entries(TwDbStatement *st, GArray *entries, GError **error)
{
    TwDbStep step;

    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwEntry entry = { 0 };
        if (!read_id(st, &entry.id, error))
            return FALSE;
        entry.scope = (guint32) tw_db_column_i64(st, 1);
        entry.seg = (guint64) tw_db_column_i64(st, 2);
        entry.off = (guint64) tw_db_column_i64(st, 3);
        entry.stored = (guint64) tw_db_column_i64(st, 4);
        entry.len = (guint64) tw_db_column_i64(st, 5);
        entry.codec = (guint8) tw_db_column_i64(st, 6);
        entry.state = (guint8) tw_db_column_i64(st, 7);
        entry.born = tw_db_column_i64(st, 8);
        entry.serial = (guint64) tw_db_column_i64(st, 9);
        g_array_append_val(entries, entry);
    }
    return step == TW_DB_DONE;
}

static void
bind_id(TwDbStatement *st, guint index, const TwBlobId *id)
{
    tw_db_bind_bytes(st, index, id->bytes, TW_BLOB_ID_LEN);
}

gboolean
tw_catalog_find(TwDbTx *tx, const TwBlobId *id, GArray *entries, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, FIND);

    bind_id(st, 0, id);
    return read_entries(st, entries, error);
}

gboolean
tw_catalog_put(TwDbTx *tx, const TwEntry *entry, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, PUT);

    bind_id(st, 0, &entry->id);
    tw_db_bind_i64(st, 1, entry->scope);
    tw_db_bind_i64(st, 2, (gint64) entry->seg);
    tw_db_bind_i64(st, 3, (gint64) entry->off);
    tw_db_bind_i64(st, 4, (gint64) entry->stored);
    tw_db_bind_i64(st, 5, (gint64) entry->len);
    tw_db_bind_i64(st, 6, entry->codec);
    tw_db_bind_i64(st, 7, entry->state);
    tw_db_bind_i64(st, 8, entry->born);
    tw_db_bind_i64(st, 9, (gint64) entry->serial);
    return tw_db_run(st, error);
}

gboolean
tw_catalog_drop(TwDbTx *tx, const TwEntry *entry, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, DROP);

    bind_id(st, 0, &entry->id);
    tw_db_bind_i64(st, 1, entry->scope);
    tw_db_bind_i64(st, 2, (gint64) entry->seg);
    tw_db_bind_i64(st, 3, (gint64) entry->off);
    return tw_db_run(st, error);
}

gboolean
tw_catalog_set_state(
    TwDbTx *tx, const TwBlobId *id, TwEntryState from, TwEntryState to, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, SET_STATE);

    tw_db_bind_i64(st, 0, to);
    bind_id(st, 1, id);
    tw_db_bind_i64(st, 2, from);
    return tw_db_run(st, error);
}

gboolean
tw_catalog_in_segment(TwDbTx *tx, guint64 seg, GArray *entries, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, IN_SEGMENT);

    tw_db_bind_i64(st, 0, (gint64) seg);
    return read_entries(st, entries, error);
}

gboolean
tw_catalog_after(TwDbTx *tx, const TwBlobId *after, guint max, GArray *entries, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, AFTER);

    bind_id(st, 0, after);
    tw_db_bind_i64(st, 1, max);
    return read_entries(st, entries, error);
}

gboolean
tw_catalog_without_serial(TwDbTx *tx, GArray *entries, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, WITHOUT_SERIAL);

    return read_entries(st, entries, error);
}

/* One row of numbers. */
static gboolean
read_numbers(TwDbStatement *st, guint64 *const *ret, guint count, GError **error)
{
    if (tw_db_step(st, error) != TW_DB_ROW)
        return FALSE;
    for (guint i = 0; i < count; i++)
        *ret[i] = (guint64) tw_db_column_i64(st, i);
    return TRUE;
}

gboolean
tw_catalog_segment_live(TwDbTx *tx, guint64 seg, guint64 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, SEGMENT_LIVE);

    tw_db_bind_i64(st, 0, (gint64) seg);
    return read_numbers(st, (guint64 *[]){ ret }, 1, error);
}

gboolean
tw_catalog_sums(
    TwDbTx *tx, guint64 *ret_count, guint64 *ret_len, guint64 *ret_stored, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, SUMS);

    return read_numbers(st, (guint64 *[]){ ret_count, ret_len, ret_stored }, 3, error);
}

gboolean
tw_catalog_segments(TwDbTx *tx, GArray *rows, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, SEGMENTS);
    TwDbStep step;

    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwSegmentRow row = { .number = (guint64) tw_db_column_i64(st, 0),
                             .size = (guint64) tw_db_column_i64(st, 1),
                             .scanned = (guint64) tw_db_column_i64(st, 2),
                             .closed = tw_db_column_i64(st, 3) != 0 };
        g_array_append_val(rows, row);
    }
    return step == TW_DB_DONE;
}

gboolean
tw_catalog_put_segment(TwDbTx *tx, const TwSegmentRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, PUT_SEGMENT);

    tw_db_bind_i64(st, 0, (gint64) row->number);
    tw_db_bind_i64(st, 1, (gint64) row->size);
    tw_db_bind_i64(st, 2, (gint64) row->scanned);
    tw_db_bind_i64(st, 3, row->closed);
    return tw_db_run(st, error);
}

gboolean
tw_catalog_drop_segment(TwDbTx *tx, guint64 number, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, DROP_SEGMENT);

    tw_db_bind_i64(st, 0, (gint64) number);
    return tw_db_run(st, error);
}

gboolean
tw_catalog_hint(TwDbTx *tx, const TwBlobId *id, gint64 since, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, HINT);

    bind_id(st, 0, id);
    tw_db_bind_i64(st, 1, since);
    return tw_db_run(st, error);
}

gboolean
tw_catalog_hint_all(TwDbTx *tx, gint64 since, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, HINT_ALL);

    tw_db_bind_i64(st, 0, since);
    return tw_db_run(st, error);
}

gboolean
tw_catalog_unhint(TwDbTx *tx, const TwBlobId *id, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, UNHINT);

    bind_id(st, 0, id);
    return tw_db_run(st, error);
}

static gboolean
read_ids(TwDbStatement *st, GArray *ids, GError **error)
{
    TwDbStep step;

    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwBlobId id;
        if (!read_id(st, &id, error))
            return FALSE;
        g_array_append_val(ids, id);
    }
    return step == TW_DB_DONE;
}

gboolean
tw_catalog_candidates(TwDbTx *tx, gint64 before, guint max, GArray *ids, GError **error)
{
    g_autoptr(TwDbStatement) condemned = tw_db_statement(tx, &set, CONDEMNED);
    g_autoptr(TwDbStatement) hinted = NULL;

    tw_db_bind_i64(condemned, 0, max);
    if (!read_ids(condemned, ids, error))
        return FALSE;
    if (ids->len >= max)
        return TRUE;
    hinted = tw_db_statement(tx, &set, HINTED);
    tw_db_bind_i64(hinted, 0, before);
    tw_db_bind_i64(hinted, 1, max - ids->len);
    return read_ids(hinted, ids, error);
}

gboolean
tw_catalog_check(TwDbTx *tx, char **ret_wrong, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, STRUCTURE);
    TwDbStep step = tw_db_step(st, error);
    const char *answer = step == TW_DB_ROW ? tw_db_column_text(st, 0, NULL) : NULL;

    *ret_wrong = answer == NULL || strcmp(answer, "ok") == 0 ? NULL : g_strdup(answer);
    return step != TW_DB_FAILED;
}
