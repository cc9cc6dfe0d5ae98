/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables chg (every change in order) and tomb (what left a folder). */
#include "store/store-private.h"

enum {
    CHG_ADD,
    CHG_LIST,
    TOMB_ADD,
    TOMB_LIST
};

static const TwDbSql rows[] = {
    /* hot: one row at the end */
    [CHG_ADD] = { .sql = "INSERT INTO chg(store, cn, folder, id, op, aux) "
                         "VALUES(?, ?, ?, ?, ?, ?)" },
    /* hot: as many rows as were asked for, in one piece */
    [CHG_LIST] = { .sql = "SELECT cn, folder, id, op, aux FROM chg WHERE store = ? AND cn > ? "
                          "ORDER BY cn LIMIT ?" },
    [TOMB_ADD] = { .sql = "INSERT INTO tomb(store, folder, cn, uid, mid) VALUES(?, ?, ?, ?, ?)" },
    [TOMB_LIST] = { .sql = "SELECT cn, uid, mid FROM tomb WHERE store = ? AND folder = ? "
                           "AND cn > ? ORDER BY cn LIMIT ?" },
};

const TwDbSqlSet tw_sql_chg = { "chg", rows, G_N_ELEMENTS(rows) };

gboolean
tw_sql_chg_add(TwDbTx *tx, const TwChange *change, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_chg, CHG_ADD);

    tw_db_bind_i64(st, 0, change->store);
    tw_db_bind_i64(st, 1, (gint64) change->cn);
    tw_db_bind_i64(st, 2, change->folder);
    tw_db_bind_i64(st, 3, change->id);
    tw_db_bind_i64(st, 4, change->op);
    tw_db_bind_i64(st, 5, change->aux);
    return tw_db_run(st, error);
}

gboolean
tw_sql_chg_list(TwDbTx *tx, guint32 store, guint64 since, guint max, GArray *out, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_chg, CHG_LIST);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, (gint64) since);
    tw_db_bind_i64(st, 2, max);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwChange change = {
            .store = store,
            .cn = (guint64) tw_db_column_i64(st, 0),
            .folder = (guint32) tw_db_column_i64(st, 1),
            .id = (guint32) tw_db_column_i64(st, 2),
            .op = (guint8) tw_db_column_i64(st, 3),
            .aux = (guint32) tw_db_column_i64(st, 4),
        };
        g_array_append_val(out, change);
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_tomb_add(
    TwDbTx *tx, guint32 store, guint32 folder, guint64 cn, guint32 uid, guint32 mid, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_chg, TOMB_ADD);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    tw_db_bind_i64(st, 2, (gint64) cn);
    tw_db_bind_i64(st, 3, uid);
    tw_db_bind_i64(st, 4, mid);
    return tw_db_run(st, error);
}

gboolean
tw_sql_tomb_list(TwDbTx *tx,
                 guint32 store,
                 guint32 folder,
                 guint64 since,
                 guint max,
                 GArray *out,
                 GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_chg, TOMB_LIST);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    tw_db_bind_i64(st, 2, (gint64) since);
    tw_db_bind_i64(st, 3, max);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwTomb tomb = {
            .cn = (guint64) tw_db_column_i64(st, 0),
            .uid = (guint32) tw_db_column_i64(st, 1),
            .mid = (guint32) tw_db_column_i64(st, 2),
        };
        g_array_append_val(out, tomb);
    }
    return step == TW_DB_DONE;
}
