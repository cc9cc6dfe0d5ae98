/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables store (a row a mailbox) and meta (the object numbers this partition may give). */
#include "base/error.h"
#include "base/hash.h"
#include "store/store-private.h"

enum {
    INSERT,
    GET,
    UPDATE,
    REMOVE,
    META_GET,
    META_SET,
    META_TIMED,
    LIST_MODES
};

static const TwDbSql rows[] = {
    [INSERT] = { .sql =
                     "INSERT INTO store(id, kind, state, company, guid, object, root, cn, bytes, "
                     "deleted_bytes, quota_warn, quota_soft, quota_hard, uidvalidity, created, "
                     "crc) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
    /* hot: one row by primary key, once for each change */
    [GET] = { .sql = "SELECT kind, state, company, guid, object, root, cn, bytes, deleted_bytes, "
                     "quota_warn, quota_soft, quota_hard, uidvalidity, created, crc FROM store "
                     "WHERE id = ?" },
    /* hot: one row by primary key, once for each change */
    [UPDATE] = { .sql = "UPDATE store SET state = ?, root = ?, cn = ?, bytes = ?, "
                        "deleted_bytes = ?, quota_warn = ?, quota_soft = ?, quota_hard = ?, "
                        "uidvalidity = ? WHERE id = ?" },
    [REMOVE] = { .sql = "DELETE FROM store WHERE id = ?" },
    [META_GET] = { .sql = "SELECT id_next, id_end FROM meta WHERE id = 1" },
    [LIST_MODES] = { .sql = "SELECT id, state FROM store WHERE state = 3 OR state = 4" },
    [META_TIMED] = { .sql = "SELECT timed FROM meta WHERE id = 1" },
    [META_SET] = { .sql = "UPDATE meta SET id_next = ?, id_end = ? WHERE id = 1" },
};

const TwDbSqlSet tw_sql_store = { "store", rows, G_N_ELEMENTS(rows) };

gboolean
tw_row_check_u32(gint64 value, guint32 *ret)
{
    *ret = (guint32) value;
    return value >= 0 && value <= G_MAXUINT32;
}

static guint32
row_crc(guint32 store, const guint8 *guid)
{
    guint32 number = GUINT32_TO_LE(store);

    return tw_crc32c(tw_crc32c(0, &number, sizeof number), guid, TW_GUID_LEN);
}

gboolean
tw_sql_store_insert(TwDbTx *tx, const TwStoreRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_store, INSERT);

    tw_db_bind_i64(st, 0, row->store);
    tw_db_bind_i64(st, 1, row->kind);
    tw_db_bind_i64(st, 2, row->state);
    tw_db_bind_i64(st, 3, row->company);
    tw_db_bind_bytes(st, 4, row->guid.bytes, TW_GUID_LEN);
    tw_db_bind_i64(st, 5, row->object);
    tw_db_bind_i64(st, 6, row->root);
    tw_db_bind_i64(st, 7, (gint64) row->cn);
    tw_db_bind_i64(st, 8, row->bytes);
    tw_db_bind_i64(st, 9, row->deleted_bytes);
    tw_db_bind_i64(st, 10, row->quota_warn);
    tw_db_bind_i64(st, 11, row->quota_soft);
    tw_db_bind_i64(st, 12, row->quota_hard);
    tw_db_bind_i64(st, 13, row->uidvalidity);
    tw_db_bind_i64(st, 14, row->created);
    tw_db_bind_i64(st, 15, row_crc(row->store, row->guid.bytes));
    return tw_db_run(st, error);
}

gboolean
tw_sql_store_get(TwDbTx *tx, guint32 store, TwStoreRow *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_store, GET);
    TwDbStep step;
    const guint8 *guid;
    gsize len;

    tw_db_bind_i64(st, 0, store);
    step = tw_db_step_kept(st, error);
    if (step == TW_DB_DONE)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "store %u is not here", store);
    if (step != TW_DB_ROW)
        return FALSE;
    guid = tw_db_column_bytes(st, 3, &len);
    if (len != TW_GUID_LEN || tw_db_column_i64(st, 14) != row_crc(store, guid)) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "store %u: damaged row", store);
        return FALSE;
    }
    *ret = (TwStoreRow){
        .store = store,
        .kind = (guint8) tw_db_column_i64(st, 0),
        .state = (guint8) tw_db_column_i64(st, 1),
        .company = (guint32) tw_db_column_i64(st, 2),
        .guid = tw_guid_from_bytes(guid),
        .object = (guint32) tw_db_column_i64(st, 4),
        .root = (guint32) tw_db_column_i64(st, 5),
        .cn = (guint64) tw_db_column_i64(st, 6),
        .bytes = tw_db_column_i64(st, 7),
        .deleted_bytes = tw_db_column_i64(st, 8),
        .quota_warn = tw_db_column_i64(st, 9),
        .quota_soft = tw_db_column_i64(st, 10),
        .quota_hard = tw_db_column_i64(st, 11),
        .uidvalidity = (guint32) tw_db_column_i64(st, 12),
        .created = tw_db_column_i64(st, 13),
    };
    return TRUE;
}

gboolean
tw_sql_store_update(TwDbTx *tx, const TwStoreRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_store, UPDATE);

    tw_db_bind_i64(st, 0, row->state);
    tw_db_bind_i64(st, 1, row->root);
    tw_db_bind_i64(st, 2, (gint64) row->cn);
    tw_db_bind_i64(st, 3, row->bytes);
    tw_db_bind_i64(st, 4, row->deleted_bytes);
    tw_db_bind_i64(st, 5, row->quota_warn);
    tw_db_bind_i64(st, 6, row->quota_soft);
    tw_db_bind_i64(st, 7, row->quota_hard);
    tw_db_bind_i64(st, 8, row->uidvalidity);
    tw_db_bind_i64(st, 9, row->store);
    return tw_db_run_later(st, error);
}

gboolean
tw_sql_store_delete(TwDbTx *tx, guint32 store, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_store, REMOVE);

    tw_db_bind_i64(st, 0, store);
    return tw_db_run(st, error);
}

GArray *
tw_sql_store_list_modes(TwDbTx *tx, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_store, LIST_MODES);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwStoreRow));
    TwDbStep step;

    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwStoreRow row = { .store = (guint32) tw_db_column_i64(st, 0),
                           .state = (guint8) tw_db_column_i64(st, 1) };
        g_array_append_val(list, row);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&list) : NULL;
}

gboolean
tw_sql_meta_get(TwDbTx *tx, guint32 *ret_next, guint32 *ret_end, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_store, META_GET);
    TwDbStep step = tw_db_step(st, error);

    if (step == TW_DB_DONE)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "meta: its row is not there");
    if (step != TW_DB_ROW)
        return FALSE;
    if (tw_row_check_u32(tw_db_column_i64(st, 0), ret_next) &&
        tw_row_check_u32(tw_db_column_i64(st, 1), ret_end) && *ret_next <= *ret_end)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "meta: impossible object numbers");
    return FALSE;
}

gboolean
tw_sql_meta_set(TwDbTx *tx, guint32 next, guint32 end, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_store, META_SET);

    tw_db_bind_i64(st, 0, next);
    tw_db_bind_i64(st, 1, end);
    return tw_db_run(st, error);
}

gboolean
tw_sql_meta_timed(TwDbTx *tx, gint64 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_store, META_TIMED);
    TwDbStep step = tw_db_step(st, error);

    if (step == TW_DB_DONE)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "meta: its row is not there");
    if (step != TW_DB_ROW)
        return FALSE;
    *ret = tw_db_column_i64(st, 0);
    return TRUE;
}
