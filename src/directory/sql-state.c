/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* dir_state: one row with the change number and the next object number. Writes run one after another, so reading
 * and then writing it in one transaction gives each number once. */
#include "base/error.h"
#include "directory/db-private.h"

enum {
    BEGIN,
    GET,
    SET_CN,
    SET_NUMBER
};

static const TwDbSql rows[] = {
    [BEGIN] = { .sql = "INSERT OR IGNORE INTO dir_state(id, cn, next_number) VALUES(1, 0, ?)",
                .mariadb = "INSERT IGNORE INTO dir_state(id, cn, next_number) VALUES(1, 0, ?)" },
    /* hot: one row, once before each use of a snapshot on MariaDB */
    [GET] = { .sql = "SELECT cn, next_number FROM dir_state WHERE id = 1" },
    [SET_CN] = { .sql = "UPDATE dir_state SET cn = cn + 1 WHERE id = 1" },
    [SET_NUMBER] = { .sql = "UPDATE dir_state SET next_number = next_number + 1 WHERE id = 1" },
};

const TwDbSqlSet tw_sql_dir_state = { "dir_state", rows, G_N_ELEMENTS(rows) };

gboolean
tw_sql_dir_state_begin(TwDbTx *tx, gpointer data G_GNUC_UNUSED, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_state, BEGIN);

    tw_db_bind_i64(st, 0, TW_DIRECTORY_FIRST_NUMBER);
    return tw_db_run(st, error);
}

static gboolean
get(TwDbTx *tx, gint64 *ret_cn, gint64 *ret_next, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_state, GET);
    TwDbStep step = tw_db_step(st, error);

    if (step == TW_DB_DONE)
        return tw_directory_db_damaged("dir_state", error);
    if (step == TW_DB_FAILED)
        return FALSE;
    *ret_cn = tw_db_column_i64(st, 0);
    *ret_next = tw_db_column_i64(st, 1);
    return *ret_cn >= 0 || tw_directory_db_damaged("dir_state", error);
}

static gboolean
raise_counter(TwDbTx *tx, guint which, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_state, which);

    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_state_get(TwDbTx *tx, guint64 *ret_cn, GError **error)
{
    gint64 cn = 0, next = 0;

    if (!get(tx, &cn, &next, error))
        return FALSE;
    *ret_cn = (guint64) cn;
    return TRUE;
}

gboolean
tw_sql_dir_state_next_cn(TwDbTx *tx, guint64 *ret_cn, GError **error)
{
    return raise_counter(tx, SET_CN, error) && tw_sql_dir_state_get(tx, ret_cn, error);
}

gboolean
tw_sql_dir_state_next_number(TwDbTx *tx, guint32 *ret_number, GError **error)
{
    gint64 cn = 0, next = 0;

    return raise_counter(tx, SET_NUMBER, error) && get(tx, &cn, &next, error) &&
           tw_directory_db_number(next - 1, "dir_state", ret_number, error);
}
