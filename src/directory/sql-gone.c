/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* dir_gone: what was deleted, for those who keep a copy (caches, offline address books). */
#include "base/error.h"
#include "directory/db-private.h"

enum {
    ADD,
    FORGET,
    SINCE
};

static const TwDbSql rows[] = {
    [ADD] = { .sql = "INSERT INTO dir_gone(number, kind, company, cn) VALUES(?, ?, ?, ?)" },
    /* dir_gone_cn: entries that are kept, once for each object that goes */
    [FORGET] = { .sql = "DELETE FROM dir_gone WHERE cn < (SELECT cn FROM (SELECT cn FROM dir_gone "
                        "ORDER BY cn DESC LIMIT 1 OFFSET ?) AS last)" },
    /* dir_gone_cn */
    [SINCE] = { .sql = "SELECT number, kind, company, cn FROM dir_gone WHERE cn > ? ORDER BY cn" },
};

const TwDbSqlSet tw_sql_dir_gone = { "dir_gone", rows, G_N_ELEMENTS(rows) };

gboolean
tw_sql_dir_gone_add(TwDbTx *tx, const TwDirectoryGone *gone, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_gone, ADD);

    tw_db_bind_i64(st, 0, gone->number);
    tw_db_bind_i64(st, 1, gone->kind);
    tw_db_bind_i64(st, 2, gone->company);
    tw_db_bind_i64(st, 3, (gint64) gone->cn);
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_gone_forget(TwDbTx *tx, guint keep, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_gone, FORGET);

    tw_db_bind_i64(st, 0, (gint64) keep - 1);
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_gone_since(TwDbTx *tx, guint64 cn, GArray *gone, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_gone, SINCE);
    TwDbStep step;

    tw_db_bind_i64(st, 0, (gint64) cn);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwDirectoryGone row = { 0 };
        if (!tw_directory_db_number(tw_db_column_i64(st, 0), "dir_gone", &row.number, error))
            return FALSE;
        row.kind = (TwDirectoryKind) tw_db_column_i64(st, 1);
        row.company = (guint32) tw_db_column_i64(st, 2);
        row.cn = (guint64) tw_db_column_i64(st, 3);
        g_array_append_val(gone, row);
    }
    return step == TW_DB_DONE;
}
