/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* dir_relation: from one object to another, spec/config-and-cli.md 4.1. */
#include "base/error.h"
#include "directory/db-private.h"

enum {
    OF,
    TO,
    COUNT,
    ADD,
    REMOVE,
    REMOVE_FROM,
    REMOVE_TO
};

static const TwDbSql rows[] = {
    [OF] = { .sql = "SELECT relation, to_number FROM dir_relation WHERE from_number = ? "
                    "ORDER BY relation, to_number" },
    /* dir_relation_to */
    [TO] = { .sql = "SELECT DISTINCT from_number FROM dir_relation WHERE to_number = ?" },
    [COUNT] = { .sql = "SELECT count(*) FROM dir_relation WHERE from_number = ?" },
    [ADD] = { .sql = "INSERT INTO dir_relation(from_number, relation, to_number) VALUES(?, ?, ?)" },
    [REMOVE] = { .sql = "DELETE FROM dir_relation WHERE from_number = ? AND relation = ? AND "
                        "to_number = ?" },
    [REMOVE_FROM] = { .sql = "DELETE FROM dir_relation WHERE from_number = ?" },
    [REMOVE_TO] = { .sql = "DELETE FROM dir_relation WHERE to_number = ?" },
};

const TwDbSqlSet tw_sql_dir_relation = { "dir_relation", rows, G_N_ELEMENTS(rows) };

gboolean
tw_sql_dir_relation_of(TwDbTx *tx, guint32 from, GArray *links, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_relation, OF);
    TwDbStep step;

    tw_db_bind_i64(st, 0, from);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        gint64 relation = tw_db_column_i64(st, 0);
        TwDirectoryLink link = { 0 };
        if (relation < TW_DIRECTORY_MEMBER || relation > TW_DIRECTORY_LISTED ||
            !tw_directory_db_number(tw_db_column_i64(st, 1), "dir_relation", &link.number, NULL))
            return tw_directory_db_damaged("dir_relation", error);
        link.relation = (TwDirectoryRelation) relation;
        g_array_append_val(links, link);
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_dir_relation_to(TwDbTx *tx, guint32 to, GArray *numbers, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_relation, TO);
    TwDbStep step;

    tw_db_bind_i64(st, 0, to);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        guint32 number;
        if (!tw_directory_db_number(tw_db_column_i64(st, 0), "dir_relation", &number, error))
            return FALSE;
        g_array_append_val(numbers, number);
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_dir_relation_count(TwDbTx *tx, guint32 from, guint64 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_relation, COUNT);

    tw_db_bind_i64(st, 0, from);
    if (tw_db_step(st, error) != TW_DB_ROW)
        return FALSE;
    *ret = (guint64) tw_db_column_i64(st, 0);
    return TRUE;
}

static void
bind_link(TwDbStatement *st, guint32 from, TwDirectoryLink link)
{
    tw_db_bind_i64(st, 0, from);
    tw_db_bind_i64(st, 1, link.relation);
    tw_db_bind_i64(st, 2, link.number);
}

gboolean
tw_sql_dir_relation_add(TwDbTx *tx, guint32 from, TwDirectoryLink link, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_relation, ADD);

    bind_link(st, from, link);
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_relation_delete(TwDbTx *tx, guint32 from, TwDirectoryLink link, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_relation, REMOVE);

    bind_link(st, from, link);
    if (!tw_db_run(st, error))
        return FALSE;
    if (tw_db_changes(st) != 0)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "it does not stand in that list");
    return FALSE;
}

static gboolean
run_with(TwDbTx *tx, guint which, guint32 number, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_relation, which);

    tw_db_bind_i64(st, 0, number);
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_relation_delete_all(TwDbTx *tx, guint32 number, GError **error)
{
    return run_with(tx, REMOVE_FROM, number, error) && run_with(tx, REMOVE_TO, number, error);
}
