/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables chg (every change in order), tomb (what left a folder), chg_floor (from where on both are kept) and chg_mark
 * (which change numbers were given by when). */
#include "store/store-private.h"

enum {
    CHG_ADD,
    CHG_LIST,
    CHG_COUNT,
    CHG_NTH,
    CHG_CUT,
    TOMB_ADD,
    TOMB_LIST,
    TOMB_NEXT_FOLDER,
    TOMB_NEWEST,
    TOMB_NTH,
    TOMB_CUT,
    FLOOR_GET,
    FLOOR_SET,
    FLOOR_DELETE,
    MARK_LAST,
    MARK_ADD,
    MARK_AT,
    MARK_CUT
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
    [CHG_COUNT] = { .sql = "SELECT count(*) FROM chg WHERE store = ? AND cn > ?" },
    /* trimming: each walks over one batch, or over what a folder may keep */
    [CHG_NTH] = { .sql = "SELECT cn FROM chg WHERE store = ? ORDER BY cn LIMIT 1 OFFSET ?" },
    [CHG_CUT] = { .sql = "DELETE FROM chg WHERE store = ? AND cn <= ?" },
    [TOMB_NEXT_FOLDER] = { .sql = "SELECT COALESCE(min(folder), 0) FROM tomb WHERE store = ? AND "
                                  "folder > ?" },
    [TOMB_NEWEST] = { .sql = "SELECT cn FROM tomb WHERE store = ? AND folder = ? "
                             "ORDER BY cn DESC LIMIT 1 OFFSET ?" },
    [TOMB_NTH] = { .sql = "SELECT cn FROM tomb WHERE store = ? AND folder = ? "
                          "ORDER BY cn LIMIT 1 OFFSET ?" },
    [TOMB_CUT] = { .sql = "DELETE FROM tomb WHERE store = ? AND folder = ? AND cn <= ?" },
    /* hot: one row of a small table */
    [FLOOR_GET] = { .sql = "SELECT cn FROM chg_floor WHERE store = ? AND folder = ?" },
    [FLOOR_SET] = { .sql = "INSERT OR REPLACE INTO chg_floor(store, folder, cn) VALUES(?, ?, ?)",
                    .mariadb = "REPLACE INTO chg_floor(store, folder, cn) VALUES(?, ?, ?)" },
    [FLOOR_DELETE] = { .sql = "DELETE FROM chg_floor WHERE store = ? AND folder = ?" },
    [MARK_LAST] = { .sql = "SELECT cn, time FROM chg_mark WHERE store = ? ORDER BY cn DESC "
                           "LIMIT 1" },
    [MARK_ADD] = { .sql = "INSERT INTO chg_mark(store, cn, time) VALUES(?, ?, ?)" },
    [MARK_AT] = { .sql = "SELECT COALESCE(max(cn), 0) FROM chg_mark WHERE store = ? AND "
                         "time <= ?" },
    [MARK_CUT] = { .sql = "DELETE FROM chg_mark WHERE store = ? AND cn < ?" },
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
    return tw_db_run_later(st, error);
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

/* ---- trimming ---- */

static TwDbStatement *
begin(TwDbTx *tx, guint which, guint32 store, gint64 second)
{
    TwDbStatement *st = tw_db_statement(tx, &tw_sql_chg, which);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, second);
    return st;
}

/* The number that a statement finds; 0: none. */
static gboolean
find_cn(TwDbStatement *st, guint64 *ret, GError **error)
{
    TwDbStep step = tw_db_step(st, error);

    if (step == TW_DB_FAILED)
        return FALSE;
    *ret = step == TW_DB_ROW ? (guint64) tw_db_column_i64(st, 0) : 0;
    return TRUE;
}

gboolean
tw_sql_floor_get(TwDbTx *tx, guint32 store, guint32 folder, guint64 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = begin(tx, FLOOR_GET, store, folder);

    return find_cn(st, ret, error);
}

gboolean
tw_sql_floor_set(TwDbTx *tx, guint32 store, guint32 folder, guint64 cn, GError **error)
{
    g_autoptr(TwDbStatement) st = begin(tx, FLOOR_SET, store, folder);

    tw_db_bind_i64(st, 2, (gint64) cn);
    return tw_db_run(st, error);
}

gboolean
tw_sql_floor_delete(TwDbTx *tx, guint32 store, guint32 folder, GError **error)
{
    g_autoptr(TwDbStatement) st = begin(tx, FLOOR_DELETE, store, folder);

    return tw_db_run(st, error);
}

gboolean
tw_sql_chg_count(TwDbTx *tx, guint32 store, guint64 after, guint64 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = begin(tx, CHG_COUNT, store, (gint64) after);

    return find_cn(st, ret, error);
}

gboolean
tw_sql_chg_nth(TwDbTx *tx, guint32 store, guint index, guint64 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = begin(tx, CHG_NTH, store, index);

    return find_cn(st, ret, error);
}

gboolean
tw_sql_chg_cut(TwDbTx *tx, guint32 store, guint64 cn, gint64 *ret_count, GError **error)
{
    g_autoptr(TwDbStatement) st = begin(tx, CHG_CUT, store, (gint64) cn);

    if (!tw_db_run(st, error))
        return FALSE;
    *ret_count = tw_db_changes(st);
    return TRUE;
}

gboolean
tw_sql_tomb_next_folder(TwDbTx *tx, guint32 store, guint32 after, guint32 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = begin(tx, TOMB_NEXT_FOLDER, store, after);
    guint64 folder;

    if (!find_cn(st, &folder, error))
        return FALSE;
    *ret = (guint32) folder;
    return TRUE;
}

gboolean
tw_sql_tomb_nth(TwDbTx *tx,
                guint32 store,
                guint32 folder,
                gboolean newest,
                guint index,
                guint64 *ret,
                GError **error)
{
    g_autoptr(TwDbStatement) st = begin(tx, newest ? TOMB_NEWEST : TOMB_NTH, store, folder);

    tw_db_bind_i64(st, 2, index);
    return find_cn(st, ret, error);
}

gboolean
tw_sql_tomb_cut(
    TwDbTx *tx, guint32 store, guint32 folder, guint64 cn, gint64 *ret_count, GError **error)
{
    g_autoptr(TwDbStatement) st = begin(tx, TOMB_CUT, store, folder);

    tw_db_bind_i64(st, 2, (gint64) cn);
    if (!tw_db_run(st, error))
        return FALSE;
    *ret_count = tw_db_changes(st);
    return TRUE;
}

gboolean
tw_sql_mark_last(TwDbTx *tx, guint32 store, guint64 *ret_cn, gint64 *ret_time, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_chg, MARK_LAST);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    step = tw_db_step(st, error);
    *ret_cn = step == TW_DB_ROW ? (guint64) tw_db_column_i64(st, 0) : 0;
    *ret_time = step == TW_DB_ROW ? tw_db_column_i64(st, 1) : 0;
    return step != TW_DB_FAILED;
}

gboolean
tw_sql_mark_add(TwDbTx *tx, guint32 store, guint64 cn, gint64 time, GError **error)
{
    g_autoptr(TwDbStatement) st = begin(tx, MARK_ADD, store, (gint64) cn);

    tw_db_bind_i64(st, 2, time);
    return tw_db_run(st, error);
}

gboolean
tw_sql_mark_at(TwDbTx *tx, guint32 store, gint64 time, guint64 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = begin(tx, MARK_AT, store, time);

    return find_cn(st, ret, error);
}

gboolean
tw_sql_mark_cut(TwDbTx *tx, guint32 store, guint64 cn, GError **error)
{
    g_autoptr(TwDbStatement) st = begin(tx, MARK_CUT, store, (gint64) cn);

    return tw_db_run(st, error);
}
