/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* dir_external: the numbers of objects that a source elsewhere has, and what was not told of them yet. */
#include <string.h>

#include "base/error.h"
#include "directory/db-private.h"

enum {
    LIST,
    NEWS,
    GET,
    PUT,
    REMOVE,
    HAS,
    PLUGIN,
    OTHER
};

#define VALUES "number, plugin, class, id, digest, news, kind, company, name"

static const TwDbSql rows[] = {
    /* once for each reading of the source: all rows */
    [LIST] = { .sql = "SELECT " VALUES " FROM dir_external ORDER BY number" },
    [NEWS] = { .sql = "SELECT " VALUES " FROM dir_external WHERE news <> 0 ORDER BY number" },
    [GET] = { .sql = "SELECT " VALUES " FROM dir_external WHERE number = ?" },
    [PUT] = { .sql = "INSERT OR REPLACE INTO dir_external(" VALUES
                     ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
              .mariadb =
                  "REPLACE INTO dir_external(" VALUES ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)" },
    [REMOVE] = { .sql = "DELETE FROM dir_external WHERE number = ?" },
    [HAS] = { .sql = "SELECT 1 FROM dir_external WHERE number = ?" },
    [PLUGIN] = { .sql = "SELECT plugin FROM dir_external WHERE id IS NOT NULL LIMIT 1" },
    [OTHER] = { .sql = "SELECT 1 FROM dir_object WHERE number NOT IN (SELECT number FROM "
                       "dir_external) LIMIT 1" },
};

const TwDbSqlSet tw_sql_dir_external = { "dir_external", rows, G_N_ELEMENTS(rows) };

void
tw_directory_known_free(TwDirectoryKnown *known)
{
    if (known == NULL)
        return;
    g_free(known->plugin);
    g_clear_pointer(&known->id, g_bytes_unref);
    g_free(known->name);
    g_free(known);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDirectoryKnown, tw_directory_known_free)

static TwDirectoryKnown *
read_known(TwDbStatement *st, GError **error)
{
    g_autoptr(TwDirectoryKnown) known = g_new0(TwDirectoryKnown, 1);
    const guint8 *bytes;
    gsize len;

    if (!tw_directory_db_number(tw_db_column_i64(st, 0), "dir_external", &known->number, error))
        return NULL;
    known->plugin = g_strdup(tw_db_column_text(st, 1, NULL));
    known->class = (guint32) tw_db_column_i64(st, 2);
    if (!tw_db_column_is_null(st, 3)) {
        bytes = tw_db_column_bytes(st, 3, &len);
        known->id = g_bytes_new(bytes, len);
    }
    bytes = tw_db_column_bytes(st, 4, &len);
    if (len != sizeof known->digest) {
        tw_directory_db_damaged("dir_external", error);
        return NULL;
    }
    memcpy(known->digest, bytes, len);
    known->news = (guint32) tw_db_column_i64(st, 5);
    known->kind = (guint32) tw_db_column_i64(st, 6);
    known->company = (guint32) tw_db_column_i64(st, 7);
    known->name = g_strdup(tw_db_column_text(st, 8, NULL));
    return g_steal_pointer(&known);
}

gboolean
tw_sql_dir_external_list(TwDbTx *tx, gboolean only_news, GPtrArray *ret, GError **error)
{
    g_autoptr(TwDbStatement) st =
        tw_db_statement(tx, &tw_sql_dir_external, only_news ? NEWS : LIST);
    TwDbStep step;

    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwDirectoryKnown *known = read_known(st, error);
        if (known == NULL)
            return FALSE;
        g_ptr_array_add(ret, known);
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_dir_external_get(TwDbTx *tx, guint32 number, GPtrArray *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_external, GET);
    TwDirectoryKnown *known;
    TwDbStep step;

    tw_db_bind_i64(st, 0, number);
    step = tw_db_step(st, error);
    if (step != TW_DB_ROW)
        return step == TW_DB_DONE;
    known = read_known(st, error);
    if (known != NULL)
        g_ptr_array_add(ret, known);
    return known != NULL;
}

gboolean
tw_sql_dir_external_put(TwDbTx *tx, const TwDirectoryKnown *known, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_external, PUT);
    gsize len;
    const void *bytes;

    tw_db_bind_i64(st, 0, known->number);
    tw_db_bind_text(st, 1, known->plugin, strlen(known->plugin));
    tw_db_bind_i64(st, 2, known->class);
    if (known->id == NULL) {
        tw_db_bind_null(st, 3);
    } else {
        bytes = g_bytes_get_data(known->id, &len);
        tw_db_bind_bytes(st, 3, bytes, len);
    }
    tw_db_bind_bytes(st, 4, known->digest, sizeof known->digest);
    tw_db_bind_i64(st, 5, known->news);
    tw_db_bind_i64(st, 6, known->kind);
    tw_db_bind_i64(st, 7, known->company);
    tw_db_bind_text(st, 8, known->name, strlen(known->name));
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_external_delete(TwDbTx *tx, guint32 number, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_external, REMOVE);

    tw_db_bind_i64(st, 0, number);
    return tw_db_run(st, error);
}

gboolean
tw_sql_dir_external_has(TwDbTx *tx, guint32 number, gboolean *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_external, HAS);
    TwDbStep step;

    tw_db_bind_i64(st, 0, number);
    step = tw_db_step(st, error);
    *ret = step == TW_DB_ROW;
    return step != TW_DB_FAILED;
}

gboolean
tw_sql_dir_external_plugin(TwDbTx *tx, char **ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_external, PLUGIN);
    TwDbStep step = tw_db_step(st, error);

    *ret = step == TW_DB_ROW ? g_strdup(tw_db_column_text(st, 0, NULL)) : NULL;
    return step != TW_DB_FAILED;
}

gboolean
tw_sql_dir_external_any_other(TwDbTx *tx, gboolean *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_dir_external, OTHER);
    TwDbStep step = tw_db_step(st, error);

    *ret = step == TW_DB_ROW;
    return step != TW_DB_FAILED;
}
