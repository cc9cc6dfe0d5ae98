/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * dir_scram: keys for SCRAM-SHA-256, beside the hashes and as far from listings. A row counts while its generation is that of the
 * password's hash, so that a new password drops it. Row 0 is the house's own: its server_key is a secret of which salts are made.
 */
#include <string.h>

#include "base/random.h"
#include "directory/db-private.h"

enum {
    BEGIN,
    GET,
    SET,
    REMOVE,
    REMOVE_ALL,
    ANY
};

static const TwDbSql rows[] = {
    [BEGIN] = { .sql = "INSERT OR IGNORE INTO dir_scram(number, rounds, salt, stored_key, "
                       "server_key, generation) VALUES(0, 0, ?, ?, ?, 0)",
                .mariadb = "INSERT IGNORE INTO dir_scram(number, rounds, salt, stored_key, "
                           "server_key, generation) VALUES(0, 0, ?, ?, ?, 0)" },
    [GET] = { .sql = "SELECT rounds, salt, stored_key, server_key, generation FROM dir_scram "
                     "WHERE number = ?" },
    [SET] = { .sql = "INSERT OR REPLACE INTO dir_scram(rounds, salt, stored_key, server_key, "
                     "number, generation) SELECT ?, ?, ?, ?, number, generation FROM dir_secret "
                     "WHERE number = ? AND generation = ?",
              .mariadb = "REPLACE INTO dir_scram(rounds, salt, stored_key, server_key, number, "
                         "generation) SELECT ?, ?, ?, ?, number, generation FROM dir_secret "
                         "WHERE number = ? AND generation = ?" },
    [REMOVE] = { .sql = "DELETE FROM dir_scram WHERE number = ? AND number <> 0" },
    [REMOVE_ALL] = { .sql = "DELETE FROM dir_scram WHERE number <> 0" },
    [ANY] = { .sql = "SELECT 1 FROM dir_scram WHERE number <> 0 LIMIT 1" },
};

const TwDbSqlSet tw_sql_dir_scram = { "dir_scram", rows, G_N_ELEMENTS(rows) };

static void
bind_keys(TwDbStatement *st, guint first, const TwScramKeys *keys)
{
    tw_db_bind_bytes(st, first, keys->salt, sizeof keys->salt);
    tw_db_bind_bytes(st, first + 1, keys->stored, sizeof keys->stored);
    tw_db_bind_bytes(st, first + 2, keys->server, sizeof keys->server);
}

gboolean
tw_sql_dir_scram_begin(TwDbTx *tx, gpointer data G_GNUC_UNUSED, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_scram, BEGIN);
    TwScramKeys keys;
    gboolean ok;

    tw_random_bytes(&keys, sizeof keys);
    bind_keys(st, 0, &keys);
    ok = tw_db_run(st, error);
    tw_secret_wipe(&keys, sizeof keys);
    return ok;
}

static gboolean
read_bytes(TwDbStatement *st, guint column, guint8 *ret, gsize len)
{
    gsize have;
    const guint8 *bytes = tw_db_column_bytes(st, column, &have);

    if (have != len)
        return FALSE;
    memcpy(ret, bytes, len);
    return TRUE;
}

gboolean
tw_sql_dir_scram_get(TwDbTx *tx,
                     guint32 number,
                     TwScramKeys *ret,
                     gboolean *ret_found,
                     guint64 *ret_generation,
                     GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_scram, GET);
    TwDbStep step;
    gint64 rounds;

    *ret_found = FALSE;
    *ret_generation = 0;
    tw_db_bind_i64(st, 0, number);
    step = tw_db_step(st, error);
    if (step != TW_DB_ROW)
        return step == TW_DB_DONE;
    rounds = tw_db_column_i64(st, 0);
    if (rounds < 0 || rounds > G_MAXUINT32 || !read_bytes(st, 1, ret->salt, sizeof ret->salt) ||
        !read_bytes(st, 2, ret->stored, sizeof ret->stored) ||
        !read_bytes(st, 3, ret->server, sizeof ret->server))
        return tw_directory_db_damaged("dir_scram", error);
    ret->rounds = (guint32) rounds;
    *ret_generation = (guint64) tw_db_column_i64(st, 4);
    *ret_found = TRUE;
    return TRUE;
}

gboolean
tw_sql_dir_scram_set(
    TwDbTx *tx, guint32 number, const TwScramKeys *keys, guint64 generation, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_scram, SET);

    tw_db_bind_i64(st, 0, keys->rounds);
    bind_keys(st, 1, keys);
    tw_db_bind_i64(st, 4, number);
    tw_db_bind_i64(st, 5, (gint64) generation);
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_scram_delete(TwDbTx *tx, guint32 number, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_scram, REMOVE);

    tw_db_bind_i64(st, 0, number);
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_scram_any(TwDbTx *tx, gboolean *ret_any, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_scram, ANY);
    TwDbStep step = tw_db_step(st, error);

    *ret_any = step == TW_DB_ROW;
    return step != TW_DB_FAILED;
}

gboolean
tw_sql_dir_scram_delete_all(TwDbTx *tx, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_scram, REMOVE_ALL);

    return tw_db_run(st, error);
}
