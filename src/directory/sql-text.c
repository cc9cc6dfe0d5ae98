/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* dir_text: aliases and features, a row a text. */
#include <string.h>

#include "base/error.h"
#include "directory/db-private.h"

enum {
    OF,
    ADD,
    CLEAR,
    REMOVE
};

static const TwDbSql rows[] = {
    [OF] = { .sql = "SELECT kind, value FROM dir_text WHERE number = ? ORDER BY kind, position" },
    [ADD] = { .sql = "INSERT INTO dir_text(number, kind, position, value) VALUES(?, ?, ?, ?)" },
    [CLEAR] = { .sql = "DELETE FROM dir_text WHERE number = ? AND kind = ?" },
    [REMOVE] = { .sql = "DELETE FROM dir_text WHERE number = ?" },
};

const TwDbSqlSet tw_sql_dir_text = { "dir_text", rows, G_N_ELEMENTS(rows) };

gboolean
tw_sql_dir_text_get(TwDbTx *tx,
                    guint32 number,
                    GPtrArray *const lists[TW_DIRECTORY_TEXT_KINDS],
                    GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_text, OF);
    TwDbStep step;

    tw_db_bind_i64(st, 0, number);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        gint64 kind = tw_db_column_i64(st, 0);
        if (kind < 1 || kind >= TW_DIRECTORY_TEXT_KINDS)
            return tw_directory_db_damaged("dir_text", error);
        g_ptr_array_add(lists[kind], g_strdup(tw_db_column_text(st, 1, NULL)));
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_dir_text_set(
    TwDbTx *tx, guint32 number, TwDirectoryText kind, const char *const *list, GError **error)
{
    g_autoptr(TwDbStatement) clear = tw_db_statement(tx, &tw_sql_dir_text, CLEAR);
    g_autoptr(TwDbStatement) add = tw_db_statement(tx, &tw_sql_dir_text, ADD);

    tw_db_bind_i64(clear, 0, number);
    tw_db_bind_i64(clear, 1, kind);
    if (!tw_db_run(clear, error))
        return FALSE;
    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        tw_db_bind_i64(add, 0, number);
        tw_db_bind_i64(add, 1, kind);
        tw_db_bind_i64(add, 2, i);
        tw_db_bind_text(add, 3, list[i], strlen(list[i]));
        if (!tw_db_run(add, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_sql_dir_text_delete(TwDbTx *tx, guint32 number, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_text, REMOVE);

    tw_db_bind_i64(st, 0, number);
    return tw_db_run(st, error);
}
