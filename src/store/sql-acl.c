/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table acl: what a folder gives to whom. */
#include "base/error.h"
#include "base/hash.h"
#include "store/permissions.h"
#include "store/store-private.h"

enum {
    SET,
    LIST,
    STORES,
    COUNT,
    DELETE_ONE,
    DELETE_WILD,
    DELETE_FOLDER
};

static const TwDbSql rows[] = {
    [SET] = { .sql = "INSERT OR REPLACE INTO acl(store, folder, principal, rights, crc) "
                     "VALUES(?, ?, ?, ?, ?)",
              .mariadb = "REPLACE INTO acl(store, folder, principal, rights, crc) "
                         "VALUES(?, ?, ?, ?, ?)" },
    /* all rows of a store in one piece: as often as its epoch moves, once for each session that uses it */
    [LIST] = { .sql = "SELECT folder, principal, rights, crc FROM acl WHERE store = ? "
                      "ORDER BY folder, principal" },
    /* all rows of the partition, some 16 bytes each: when a client lists what others share with it */
    [STORES] = { .sql =
                     "SELECT DISTINCT store FROM acl WHERE principal = ? AND (rights & 1) <> 0" },
    [COUNT] = { .sql = "SELECT COUNT(*) FROM acl WHERE store = ? AND folder = ?" },
    [DELETE_ONE] = { .sql = "DELETE FROM acl WHERE store = ? AND folder = ? AND principal = ?" },
    [DELETE_WILD] = { .sql = "DELETE FROM acl WHERE store = ? AND (folder NOT BETWEEN 0 AND "
                             "4294967295 OR principal NOT BETWEEN 0 AND 4294967295)" },
    [DELETE_FOLDER] = { .sql = "DELETE FROM acl WHERE store = ? AND folder = ?" },
};

const TwDbSqlSet tw_sql_acl = { "acl", rows, G_N_ELEMENTS(rows) };

static guint32
row_crc(guint32 store, const TwPermission *row)
{
    guint32 words[4] = { GUINT32_TO_LE(store), GUINT32_TO_LE(row->folder),
                         GUINT32_TO_LE(row->principal), GUINT32_TO_LE(row->rights) };

    return tw_crc32c(0, words, sizeof words);
}

gboolean
tw_sql_acl_set(TwDbTx *tx, guint32 store, const TwPermission *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_acl, SET);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, row->folder);
    tw_db_bind_i64(st, 2, row->principal);
    tw_db_bind_i64(st, 3, row->rights);
    tw_db_bind_i64(st, 4, row_crc(store, row));
    return tw_db_run(st, error);
}

GArray *
tw_sql_acl_list(TwDbTx *tx, guint32 store, gboolean damaged, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_acl, LIST);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwPermission));
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwPermission row;
        gboolean fits = tw_row_check_u32(tw_db_column_i64(st, 0), &row.folder);
        fits = tw_row_check_u32(tw_db_column_i64(st, 1), &row.principal) && fits;
        fits = tw_row_check_u32(tw_db_column_i64(st, 2), &row.rights) && fits &&
               tw_db_column_i64(st, 3) == row_crc(store, &row);
        if (damaged && !fits)
            row.rights = G_MAXUINT32;
        if (!damaged && !fits) {
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                        "store %u, folder %u: damaged row of rights", store, row.folder);
            return NULL;
        }
        g_array_append_val(list, row);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&list) : NULL;
}

gboolean
tw_sql_acl_stores(TwDbTx *tx, guint32 principal, GHashTable *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_acl, STORES);
    TwDbStep step;

    tw_db_bind_i64(st, 0, principal);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        guint32 store;

        if (tw_row_check_u32(tw_db_column_i64(st, 0), &store))
            g_hash_table_add(ret, GUINT_TO_POINTER(store));
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_acl_count(TwDbTx *tx, guint32 store, guint32 folder, guint *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_acl, COUNT);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    if (tw_db_step(st, error) != TW_DB_ROW)
        return FALSE;
    *ret = (guint) tw_db_column_i64(st, 0);
    return TRUE;
}

gboolean
tw_sql_acl_delete(TwDbTx *tx, guint32 store, const TwPermission *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_acl, DELETE_ONE);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, row->folder);
    tw_db_bind_i64(st, 2, row->principal);
    return tw_db_run(st, error);
}

gboolean
tw_sql_acl_delete_wild(TwDbTx *tx, guint32 store, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_acl, DELETE_WILD);

    tw_db_bind_i64(st, 0, store);
    return tw_db_run(st, error);
}

gboolean
tw_sql_acl_delete_folder(TwDbTx *tx, guint32 store, guint32 folder, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_acl, DELETE_FOLDER);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    return tw_db_run(st, error);
}
