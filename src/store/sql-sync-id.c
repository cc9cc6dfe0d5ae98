/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of server.db about consumers: sync (one row an id) and sync_seen (what one with a filter has). */
#include "base/error.h"
#include "base/hash.h"
#include "store/sync-private.h"

enum {
    ADD,
    NEXT,
    GET,
    SET,
    EXPIRE,
    SEEN_EXPIRE,
    SEEN_GET,
    SEEN_SET,
    SEEN_TRIM,
    SEEN_LEAST,
};

static const TwDbSql rows[] = {
    [ADD] = { .sql = "INSERT INTO sync(id, store, folder, kind, owner, cn, used) "
                     "VALUES(?, ?, ?, ?, ?, ?, ?)" },
    [NEXT] = { .sql = "SELECT COALESCE(max(id), 0) FROM sync" },
    [GET] = { .sql = "SELECT store, folder, kind, owner, cn, used FROM sync WHERE id = ?" },
    [SET] = { .sql = "UPDATE sync SET cn = ?, used = ? WHERE id = ?" },
    [EXPIRE] = { .sql = "DELETE FROM sync WHERE used < ? AND id < ?" },
    [SEEN_EXPIRE] = { .sql = "DELETE FROM sync_seen WHERE NOT EXISTS (SELECT 1 FROM sync WHERE "
                             "sync.id = sync_seen.sync)" },
    [SEEN_GET] = { .sql = "SELECT seen, crc FROM sync_seen WHERE sync = ? AND cn = ?" },
    [SEEN_SET] = { .sql = "INSERT OR REPLACE INTO sync_seen(sync, cn, seen, crc) "
                          "VALUES(?, ?, ?, ?)",
                   .mariadb = "REPLACE INTO sync_seen(sync, cn, seen, crc) VALUES(?, ?, ?, ?)" },
    [SEEN_TRIM] = { .sql = "DELETE FROM sync_seen WHERE sync = ? AND cn < ?" },
    [SEEN_LEAST] = { .sql = "SELECT cn FROM sync_seen WHERE sync = ? ORDER BY cn DESC "
                            "LIMIT 1 OFFSET ?" },
};

enum {
    MAX_SEEN = 8 /* sets kept of one consumer: so many states can it fall back by */
};

const TwDbSqlSet tw_sql_sync_id = { "sync", rows, G_N_ELEMENTS(rows) };

static gboolean
last_id(TwDbTx *tx, gint64 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync_id, NEXT);

    if (tw_db_step(st, error) != TW_DB_ROW)
        return FALSE;
    *ret = tw_db_column_i64(st, 0);
    return TRUE;
}

gboolean
tw_sql_sync_id_add(TwDbTx *tx, TwSyncInfo *info, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync_id, ADD);
    gint64 last;

    if (!last_id(tx, &last, error))
        return FALSE;
    if (last < 0 || last >= G_MAXUINT32) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "all sync ids are given out");
        return FALSE;
    }
    info->id = (guint32) last + 1;
    tw_db_bind_i64(st, 0, info->id);
    tw_db_bind_i64(st, 1, info->store);
    tw_db_bind_i64(st, 2, info->folder);
    tw_db_bind_i64(st, 3, info->kind);
    tw_db_bind_i64(st, 4, info->owner);
    tw_db_bind_i64(st, 5, (gint64) info->cn);
    tw_db_bind_i64(st, 6, info->used_us);
    return tw_db_run(st, error);
}

gboolean
tw_sql_sync_id_get(TwDbTx *tx, guint32 id, TwSyncInfo *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync_id, GET);
    TwDbStep step;

    tw_db_bind_i64(st, 0, id);
    step = tw_db_step(st, error);
    if (step == TW_DB_DONE)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no sync id %u", id);
    if (step != TW_DB_ROW)
        return FALSE;
    *ret = (TwSyncInfo){
        .id = id,
        .store = (guint32) tw_db_column_i64(st, 0),
        .folder = (guint32) tw_db_column_i64(st, 1),
        .kind = (TwSyncKind) tw_db_column_i64(st, 2),
        .owner = (guint32) tw_db_column_i64(st, 3),
        .cn = (guint64) tw_db_column_i64(st, 4),
        .used_us = tw_db_column_i64(st, 5),
    };
    return TRUE;
}

gboolean
tw_sql_sync_id_set(TwDbTx *tx, const TwSyncInfo *info, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync_id, SET);

    tw_db_bind_i64(st, 0, (gint64) info->cn);
    tw_db_bind_i64(st, 1, info->used_us);
    tw_db_bind_i64(st, 2, info->id);
    return tw_db_run(st, error);
}

gboolean
tw_sql_sync_id_expire(TwDbTx *tx, gint64 before, guint *ret_count, GError **error)
{
    g_autoptr(TwDbStatement) expire = tw_db_statement(tx, &tw_sql_sync_id, EXPIRE);
    g_autoptr(TwDbStatement) seen = tw_db_statement(tx, &tw_sql_sync_id, SEEN_EXPIRE);
    gint64 last;

    if (!last_id(tx, &last, error))
        return FALSE;
    tw_db_bind_i64(expire, 0, before);
    tw_db_bind_i64(expire, 1, last);
    if (!tw_db_run(expire, error))
        return FALSE;
    *ret_count = (guint) tw_db_changes(expire);
    return tw_db_run(seen, error);
}

/* ---- what a consumer has ---- */

static guint32
seen_crc(guint32 sync, const guint8 *data, gsize len)
{
    guint32 number = GUINT32_TO_LE(sync);

    return tw_crc32c(tw_crc32c(0, &number, sizeof number), data, len);
}

GBytes *
tw_sql_sync_seen_get(TwDbTx *tx, guint32 sync, guint64 cn, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync_id, SEEN_GET);
    const guint8 *data;
    gsize len;

    tw_db_bind_i64(st, 0, sync);
    tw_db_bind_i64(st, 1, (gint64) cn);
    if (tw_db_step(st, error) != TW_DB_ROW)
        return NULL;
    data = tw_db_column_bytes(st, 0, &len);
    if (tw_db_column_i64(st, 1) != seen_crc(sync, data, len)) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "sync id %u: damaged set of messages", sync);
        return NULL;
    }
    return g_bytes_new(data, len);
}

static gboolean
trim_seen(TwDbTx *tx, guint32 sync, guint64 below, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync_id, SEEN_TRIM);

    tw_db_bind_i64(st, 0, sync);
    tw_db_bind_i64(st, 1, (gint64) below);
    return tw_db_run(st, error);
}

gboolean
tw_sql_sync_seen_set(TwDbTx *tx, guint32 sync, guint64 cn, GBytes *seen, GError **error)
{
    g_autoptr(TwDbStatement) set = tw_db_statement(tx, &tw_sql_sync_id, SEEN_SET);
    g_autoptr(TwDbStatement) least = NULL;
    gsize len;
    const guint8 *data = g_bytes_get_data(seen, &len);
    TwDbStep step;

    tw_db_bind_i64(set, 0, sync);
    tw_db_bind_i64(set, 1, (gint64) cn);
    tw_db_bind_bytes(set, 2, data, len);
    tw_db_bind_i64(set, 3, seen_crc(sync, data, len));
    if (!tw_db_run(set, error))
        return FALSE;
    least = tw_db_statement(tx, &tw_sql_sync_id, SEEN_LEAST);
    tw_db_bind_i64(least, 0, sync);
    tw_db_bind_i64(least, 1, MAX_SEEN - 1);
    step = tw_db_step(least, error);
    if (step != TW_DB_ROW)
        return step == TW_DB_DONE;
    return trim_seen(tx, sync, (guint64) tw_db_column_i64(least, 0), error);
}
