/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* dir_node: the servers that share the directory, and where clients reach each. Each writes its own row. */
#include <string.h>

#include "base/error.h"
#include "directory/db-private.h"

enum {
    GET,
    SET
};

static const TwDbSql rows[] = {
    [GET] = { .sql = "SELECT urls FROM dir_node WHERE name = ?" },
    [SET] = { .sql = "INSERT OR REPLACE INTO dir_node(name, urls) VALUES(?, ?)",
              .mariadb = "REPLACE INTO dir_node(name, urls) VALUES(?, ?)" },
};

const TwDbSqlSet tw_sql_dir_node = { "dir_node", rows, G_N_ELEMENTS(rows) };

gboolean
tw_sql_dir_node_get(TwDbTx *tx, const char *name, char **ret_urls, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_node, GET);
    TwDbStep step;

    tw_db_bind_text(st, 0, name, strlen(name));
    step = tw_db_step(st, error);
    if (step == TW_DB_DONE)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no server %s is known", name);
    if (step != TW_DB_ROW)
        return FALSE;
    *ret_urls = g_strdup(tw_db_column_text(st, 0, NULL));
    return TRUE;
}

gboolean
tw_sql_dir_node_set(TwDbTx *tx, const char *name, const char *urls, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_node, SET);

    tw_db_bind_text(st, 0, name, strlen(name));
    tw_db_bind_text(st, 1, urls, strlen(urls));
    return tw_db_run(st, error);
}
