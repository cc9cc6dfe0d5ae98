/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* dir_secret: hashes of passwords, apart from the objects so that no listing ever reads one. */
#include <string.h>

#include "base/error.h"
#include "directory/db-private.h"

enum {
    GET,
    SET,
    UPGRADE,
    REMOVE
};

static const TwDbSql rows[] = {
    [GET] = { .sql = "SELECT hash, generation FROM dir_secret WHERE number = ?" },
    [SET] = { .sql = "INSERT OR REPLACE INTO dir_secret(number, hash, generation) VALUES(?, ?, ?)",
              .mariadb = "REPLACE INTO dir_secret(number, hash, generation) VALUES(?, ?, ?)" },
    [UPGRADE] = { .sql = "UPDATE dir_secret SET hash = ? WHERE number = ? AND generation = ?" },
    [REMOVE] = { .sql = "DELETE FROM dir_secret WHERE number = ?" },
};

const TwDbSqlSet tw_sql_dir_secret = { "dir_secret", rows, G_N_ELEMENTS(rows) };

gboolean
tw_sql_dir_secret_get(
    TwDbTx *tx, guint32 number, char **ret_hash, guint64 *ret_generation, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_secret, GET);
    TwDbStep step;

    *ret_hash = NULL;
    *ret_generation = 0;
    tw_db_bind_i64(st, 0, number);
    step = tw_db_step(st, error);
    if (step != TW_DB_ROW)
        return step == TW_DB_DONE;
    *ret_hash = g_strdup(tw_db_column_text(st, 0, NULL));
    *ret_generation = (guint64) tw_db_column_i64(st, 1);
    return TRUE;
}

gboolean
tw_sql_dir_secret_set(
    TwDbTx *tx, guint32 number, const char *hash, guint64 generation, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_secret, SET);

    tw_db_bind_i64(st, 0, number);
    tw_db_bind_text(st, 1, hash, strlen(hash));
    tw_db_bind_i64(st, 2, (gint64) generation);
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_secret_upgrade(
    TwDbTx *tx, guint32 number, const char *hash, guint64 generation, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_secret, UPGRADE);

    tw_db_bind_text(st, 0, hash, strlen(hash));
    tw_db_bind_i64(st, 1, number);
    tw_db_bind_i64(st, 2, (gint64) generation);
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_secret_delete(TwDbTx *tx, guint32 number, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_secret, REMOVE);

    tw_db_bind_i64(st, 0, number);
    return tw_db_run(st, error);
}
