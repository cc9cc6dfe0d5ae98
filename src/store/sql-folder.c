/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table folder. name_key is NULL for the topmost folder of a deleted tree, which so does not block its name. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/store-private.h"

enum {
    INSERT,
    GET,
    UPDATE,
    SET_DELETED_AT,
    RENAME,
    REMOVE,
    FIND,
    CHILDREN,
    ALL,
    COUNT
};

#define COLUMNS                                                                                    \
    "id, parent, state, type, deleted_with, name, uidvalidity, uidnext, hicn, hicn_hier, cn, "     \
    "cn_create, total, unread, assoc, deleted, deleted_assoc, subfolders, deleted_folders, "       \
    "bytes, "                                                                                      \
    "deleted_bytes, changed, deleted_at, crc"

static const TwDbSql rows[] = {
    [INSERT] = { .sql =
                     "INSERT INTO folder(store, name_key, " COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, "
                     "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
    /* hot: one row by primary key, once for each change in the folder */
    [GET] = { .sql = "SELECT " COLUMNS " FROM folder WHERE store = ? AND id = ?" },
    /* hot: one row by primary key, once for each change in the folder; touches no index */
    [UPDATE] = { .sql = "UPDATE folder SET state = ?, deleted_with = ?, uidnext = ?, hicn = ?, "
                        "hicn_hier = ?, cn = ?, total = ?, unread = ?, assoc = ?, deleted = ?, "
                        "deleted_assoc = ?, subfolders = ?, deleted_folders = ?, bytes = ?, "
                        "deleted_bytes = ?, changed = ? WHERE store = ? AND id = ?" },
    [SET_DELETED_AT] = { .sql = "UPDATE folder SET deleted_at = ? WHERE store = ? AND id = ?" },
    [RENAME] = { .sql = "UPDATE folder SET parent = ?, name = ?, name_key = ?, crc = ? "
                        "WHERE store = ? AND id = ?" },
    [REMOVE] = { .sql = "DELETE FROM folder WHERE store = ? AND id = ?" },
    [FIND] = { .sql = "SELECT id FROM folder WHERE store = ? AND parent = ? AND name_key = ?" },
    [CHILDREN] = { .sql = "SELECT id FROM folder WHERE store = ? AND parent = ? AND id <> parent "
                          "ORDER BY id" },
    [ALL] = { .sql = "SELECT " COLUMNS " FROM folder WHERE store = ? ORDER BY id" },
    [COUNT] = { .sql = "SELECT count(*) FROM folder WHERE store = ?" },
};

const TwDbSqlSet tw_sql_folder = { "folder", rows, G_N_ELEMENTS(rows) };

void
tw_folder_row_free(TwFolderRow *row)
{
    if (row == NULL)
        return;
    g_free(row->name);
    g_free(row);
}

static guint32
row_crc(guint32 id, const char *name, gsize len)
{
    guint32 number = GUINT32_TO_LE(id);

    return tw_crc32c(tw_crc32c(0, &number, sizeof number), name, len);
}

gboolean
tw_sql_folder_insert(TwDbTx *tx, const TwFolderRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_folder, INSERT);
    gsize len = strlen(row->name);
    g_autofree char *key = tw_text_name_key(row->name, len, error);
    guint at = 0;

    if (key == NULL)
        return FALSE;
    tw_db_bind_i64(st, at++, row->store);
    tw_db_bind_bytes(st, at++, key, strlen(key));
    tw_db_bind_i64(st, at++, row->id);
    tw_db_bind_i64(st, at++, row->parent);
    tw_db_bind_i64(st, at++, row->state);
    tw_db_bind_i64(st, at++, row->type);
    tw_db_bind_i64(st, at++, row->deleted_with);
    tw_db_bind_bytes(st, at++, row->name, len);
    tw_db_bind_i64(st, at++, row->uidvalidity);
    tw_db_bind_i64(st, at++, row->uidnext);
    tw_db_bind_i64(st, at++, (gint64) row->hicn);
    tw_db_bind_i64(st, at++, (gint64) row->hicn_hier);
    tw_db_bind_i64(st, at++, (gint64) row->cn);
    tw_db_bind_i64(st, at++, (gint64) row->cn_create);
    tw_db_bind_i64(st, at++, row->total);
    tw_db_bind_i64(st, at++, row->unread);
    tw_db_bind_i64(st, at++, row->assoc);
    tw_db_bind_i64(st, at++, row->deleted);
    tw_db_bind_i64(st, at++, row->deleted_assoc);
    tw_db_bind_i64(st, at++, row->subfolders);
    tw_db_bind_i64(st, at++, row->deleted_folders);
    tw_db_bind_i64(st, at++, row->bytes);
    tw_db_bind_i64(st, at++, row->deleted_bytes);
    tw_db_bind_i64(st, at++, row->changed_us);
    tw_db_bind_i64(st, at++, row->deleted_us);
    tw_db_bind_i64(st, at++, row_crc(row->id, row->name, len));
    return tw_db_run(st, error);
}

/* The row that @st stands on. */
static TwFolderRow *
read_row(TwDbStatement *st, guint32 store, GError **error)
{
    gsize len;
    const guint8 *name = tw_db_column_bytes(st, 5, &len);
    guint32 id = (guint32) tw_db_column_i64(st, 0);
    TwFolderRow *row;

    if (tw_db_column_i64(st, 23) != row_crc(id, (const char *) name, len)) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "store %u, folder %u: damaged row", store,
                    id);
        return NULL;
    }
    row = g_new(TwFolderRow, 1);
    *row = (TwFolderRow){
        .store = store,
        .id = id,
        .parent = (guint32) tw_db_column_i64(st, 1),
        .state = (guint8) tw_db_column_i64(st, 2),
        .type = (guint8) tw_db_column_i64(st, 3),
        .deleted_with = (guint32) tw_db_column_i64(st, 4),
        .name = g_strndup((const char *) name, len),
        .uidvalidity = (guint32) tw_db_column_i64(st, 6),
        .uidnext = (guint32) tw_db_column_i64(st, 7),
        .hicn = (guint64) tw_db_column_i64(st, 8),
        .hicn_hier = (guint64) tw_db_column_i64(st, 9),
        .cn = (guint64) tw_db_column_i64(st, 10),
        .cn_create = (guint64) tw_db_column_i64(st, 11),
        .total = (guint32) tw_db_column_i64(st, 12),
        .unread = (guint32) tw_db_column_i64(st, 13),
        .assoc = (guint32) tw_db_column_i64(st, 14),
        .deleted = (guint32) tw_db_column_i64(st, 15),
        .deleted_assoc = (guint32) tw_db_column_i64(st, 16),
        .subfolders = (guint32) tw_db_column_i64(st, 17),
        .deleted_folders = (guint32) tw_db_column_i64(st, 18),
        .bytes = tw_db_column_i64(st, 19),
        .deleted_bytes = tw_db_column_i64(st, 20),
        .changed_us = tw_db_column_i64(st, 21),
        .deleted_us = tw_db_column_i64(st, 22),
    };
    return row;
}

TwFolderRow *
tw_sql_folder_get(TwDbTx *tx, guint32 store, guint32 id, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_folder, GET);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, id);
    step = tw_db_step_kept(st, error);
    if (step == TW_DB_DONE)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "store %u has no folder %u", store, id);
    return step == TW_DB_ROW ? read_row(st, store, error) : NULL;
}

gboolean
tw_sql_folder_update(TwDbTx *tx, const TwFolderRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_folder, UPDATE);
    guint at = 0;

    tw_db_bind_i64(st, at++, row->state);
    tw_db_bind_i64(st, at++, row->deleted_with);
    tw_db_bind_i64(st, at++, row->uidnext);
    tw_db_bind_i64(st, at++, (gint64) row->hicn);
    tw_db_bind_i64(st, at++, (gint64) row->hicn_hier);
    tw_db_bind_i64(st, at++, (gint64) row->cn);
    tw_db_bind_i64(st, at++, row->total);
    tw_db_bind_i64(st, at++, row->unread);
    tw_db_bind_i64(st, at++, row->assoc);
    tw_db_bind_i64(st, at++, row->deleted);
    tw_db_bind_i64(st, at++, row->deleted_assoc);
    tw_db_bind_i64(st, at++, row->subfolders);
    tw_db_bind_i64(st, at++, row->deleted_folders);
    tw_db_bind_i64(st, at++, row->bytes);
    tw_db_bind_i64(st, at++, row->deleted_bytes);
    tw_db_bind_i64(st, at++, row->changed_us);
    tw_db_bind_i64(st, at++, row->store);
    tw_db_bind_i64(st, at++, row->id);
    return tw_db_run_later(st, error);
}

gboolean
tw_sql_folder_set_deleted_at(TwDbTx *tx, const TwFolderRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_folder, SET_DELETED_AT);

    tw_db_bind_i64(st, 0, row->deleted_us);
    tw_db_bind_i64(st, 1, row->store);
    tw_db_bind_i64(st, 2, row->id);
    return tw_db_run(st, error);
}

gboolean
tw_sql_folder_rename(TwDbTx *tx, const TwFolderRow *row, gboolean keyed, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_folder, RENAME);
    gsize len = strlen(row->name);
    g_autofree char *key = tw_text_name_key(row->name, len, error);

    if (key == NULL)
        return FALSE;
    tw_db_bind_i64(st, 0, row->parent);
    tw_db_bind_bytes(st, 1, row->name, len);
    if (keyed)
        tw_db_bind_bytes(st, 2, key, strlen(key));
    else
        tw_db_bind_null(st, 2);
    tw_db_bind_i64(st, 3, row_crc(row->id, row->name, len));
    tw_db_bind_i64(st, 4, row->store);
    tw_db_bind_i64(st, 5, row->id);
    return tw_db_run(st, error);
}

gboolean
tw_sql_folder_delete(TwDbTx *tx, guint32 store, guint32 id, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_folder, REMOVE);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, id);
    return tw_db_run(st, error);
}

gboolean
tw_sql_folder_find(
    TwDbTx *tx, guint32 store, guint32 parent, const char *name, guint32 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_folder, FIND);
    g_autofree char *key = tw_text_name_key(name, strlen(name), error);
    TwDbStep step;

    if (key == NULL)
        return FALSE;
    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, parent);
    tw_db_bind_bytes(st, 2, key, strlen(key));
    step = tw_db_step(st, error);
    *ret = step == TW_DB_ROW ? (guint32) tw_db_column_i64(st, 0) : 0;
    return step != TW_DB_FAILED;
}

GArray *
tw_sql_folder_children(TwDbTx *tx, guint32 store, guint32 parent, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_folder, CHILDREN);
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, parent);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        guint32 id = (guint32) tw_db_column_i64(st, 0);
        g_array_append_val(ids, id);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&ids) : NULL;
}

GPtrArray *
tw_sql_folder_all(TwDbTx *tx, guint32 store, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_folder, ALL);
    g_autoptr(GPtrArray) all =
        g_ptr_array_new_with_free_func((GDestroyNotify) (void (*)(void)) tw_folder_row_free);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwFolderRow *row = read_row(st, store, error);
        if (row == NULL)
            return NULL;
        g_ptr_array_add(all, row);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&all) : NULL;
}

gboolean
tw_sql_folder_count(TwDbTx *tx, guint32 store, guint *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_folder, COUNT);

    tw_db_bind_i64(st, 0, store);
    if (tw_db_step(st, error) != TW_DB_ROW)
        return FALSE;
    *ret = (guint) tw_db_column_i64(st, 0);
    return TRUE;
}
