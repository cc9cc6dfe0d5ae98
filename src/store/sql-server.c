/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of server.db: server (one row), store_map, named_prop. */
#include "store/sql-server.h"

#include <string.h>

#include "base/error.h"
#include "store/store-private.h"

enum {
    SERVER_GET,
    SERVER_ADD,
    SERVER_SET,
    BLOCK_GET,
    BLOCK_SET,
    PLACE_ADD,
    PLACE_DELETE,
    PLACE_LIST,
    PLACE_OWNER,
    NAMED_ADD,
    NAMED_LIST,
    NAMED_LAST
};

static const TwDbSql rows[] = {
    [SERVER_GET] = { .sql = "SELECT guid, next_store, partitions FROM server WHERE id = 1" },
    [SERVER_ADD] = { .sql = "INSERT INTO server(id, guid, next_store, next_block, partitions) "
                            "VALUES(1, ?, ?, 1, ?)" },
    [SERVER_SET] = { .sql = "UPDATE server SET next_store = ?, partitions = ? WHERE id = 1" },
    [BLOCK_GET] = { .sql = "SELECT next_block FROM server WHERE id = 1" },
    [BLOCK_SET] = { .sql = "UPDATE server SET next_block = ? WHERE id = 1" },
    [PLACE_ADD] = { .sql = "INSERT INTO store_map(store, guid, part) VALUES(?, ?, ?)" },
    [PLACE_DELETE] = { .sql = "DELETE FROM store_map WHERE store = ?" },
    [PLACE_LIST] = { .sql = "SELECT store, guid, part, COALESCE(owner, 0), kind FROM "
                            "store_map ORDER BY store" },
    [PLACE_OWNER] = { .sql = "UPDATE store_map SET owner = ?, kind = ? WHERE store = ?" },
    [NAMED_ADD] = { .sql = "INSERT INTO named_prop(id, name_set, kind, lid, name) "
                           "VALUES(?, ?, ?, ?, ?)" },
    [NAMED_LIST] = { .sql = "SELECT id, name_set, kind, lid, name FROM named_prop WHERE id > ? "
                            "ORDER BY id" },
    [NAMED_LAST] = { .sql = "SELECT COALESCE(max(id), 0) FROM named_prop" },
};

const TwDbSqlSet tw_sql_server = { "server", rows, G_N_ELEMENTS(rows) };

static gboolean
read_guid(TwDbStatement *st, guint column, TwGuid *ret, GError **error)
{
    gsize len;
    const guint8 *bytes = tw_db_column_bytes(st, column, &len);

    if (len != TW_GUID_LEN) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "server.db: no GUID in a row");
        return FALSE;
    }
    *ret = tw_guid_from_bytes(bytes);
    return TRUE;
}

gboolean
tw_sql_server_get(TwDbTx *tx, TwServerRow *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_server, SERVER_GET);
    TwDbStep step = tw_db_step(st, error);

    *ret = (TwServerRow){ 0 };
    if (step != TW_DB_ROW)
        return step == TW_DB_DONE;
    ret->next_store = (guint32) tw_db_column_i64(st, 1);
    ret->partitions = (guint32) tw_db_column_i64(st, 2);
    return read_guid(st, 0, &ret->guid, error);
}

gboolean
tw_sql_server_set(TwDbTx *tx, const TwServerRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_server, SERVER_SET);
    g_autoptr(TwDbStatement) add = tw_db_statement(tx, &tw_sql_server, SERVER_ADD);

    tw_db_bind_i64(st, 0, row->next_store);
    tw_db_bind_i64(st, 1, row->partitions);
    if (!tw_db_run(st, error))
        return FALSE;
    if (tw_db_changes(st) > 0)
        return TRUE;
    tw_db_bind_bytes(add, 0, row->guid.bytes, TW_GUID_LEN);
    tw_db_bind_i64(add, 1, row->next_store);
    tw_db_bind_i64(add, 2, row->partitions);
    return tw_db_run(add, error);
}

gboolean
tw_sql_server_take_block(TwDbTx *tx, guint32 *ret_first, GError **error)
{
    g_autoptr(TwDbStatement) get = tw_db_statement(tx, &tw_sql_server, BLOCK_GET);
    g_autoptr(TwDbStatement) set = tw_db_statement(tx, &tw_sql_server, BLOCK_SET);
    gint64 block;

    if (tw_db_step(get, error) != TW_DB_ROW)
        return FALSE;
    block = tw_db_column_i64(get, 0);
    if (block < 1 || block >= G_MAXUINT32 / TW_ID_BLOCK) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "all object numbers are given out");
        return FALSE;
    }
    *ret_first = (guint32) block * TW_ID_BLOCK;
    tw_db_bind_i64(set, 0, block + 1);
    return tw_db_run(set, error);
}

gboolean
tw_sql_place_add(TwDbTx *tx, TwStorePlace *place, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_server, PLACE_ADD);
    TwServerRow row;

    if (!tw_sql_server_get(tx, &row, error))
        return FALSE;
    if (row.next_store >= G_MAXINT32) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "all store numbers are given out");
        return FALSE;
    }
    place->number = row.next_store++;
    tw_db_bind_i64(st, 0, place->number);
    tw_db_bind_bytes(st, 1, place->guid.bytes, TW_GUID_LEN);
    tw_db_bind_i64(st, 2, place->partition);
    return tw_db_run(st, error) && tw_sql_server_set(tx, &row, error);
}

gboolean
tw_sql_place_delete(TwDbTx *tx, guint32 number, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_server, PLACE_DELETE);

    tw_db_bind_i64(st, 0, number);
    return tw_db_run(st, error);
}

gboolean
tw_sql_place_set_owner(TwDbTx *tx, guint32 number, guint32 owner, guint8 kind, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_server, PLACE_OWNER);

    if (owner == 0)
        tw_db_bind_null(st, 0);
    else
        tw_db_bind_i64(st, 0, owner);
    tw_db_bind_i64(st, 1, kind);
    tw_db_bind_i64(st, 2, number);
    if (!tw_db_run(st, error))
        return FALSE;
    if (tw_db_changes(st) > 0)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no store %u", number);
    return FALSE;
}

GArray *
tw_sql_place_list(TwDbTx *tx, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_server, PLACE_LIST);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwStorePlace));
    TwDbStep step;

    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwStorePlace place = { .number = (guint32) tw_db_column_i64(st, 0),
                               .partition = (guint) tw_db_column_i64(st, 2),
                               .owner = (guint32) tw_db_column_i64(st, 3),
                               .kind = (guint8) tw_db_column_i64(st, 4) };
        place.owner_key = TW_OWNER_KEY(place.owner, place.kind);
        if (!read_guid(st, 1, &place.guid, error))
            return NULL;
        g_array_append_val(list, place);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&list) : NULL;
}

gboolean
tw_sql_named_add(TwDbTx *tx, const TwNamedProp *name, guint most, guint16 *ret_id, GError **error)
{
    g_autoptr(TwDbStatement) last = tw_db_statement(tx, &tw_sql_server, NAMED_LAST);
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_server, NAMED_ADD);
    const char *text = name->name != NULL ? name->name : "";
    gint64 id;

    if (tw_db_step(last, error) != TW_DB_ROW)
        return FALSE;
    id = MAX(tw_db_column_i64(last, 0), TW_NAMED_FIRST_ID) + 1;
    if (id - TW_NAMED_FIRST_ID > (gint64) most) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "all property names are given out");
        return FALSE;
    }
    tw_db_bind_i64(st, 0, id);
    tw_db_bind_bytes(st, 1, name->set.bytes, TW_GUID_LEN);
    tw_db_bind_i64(st, 2, name->name != NULL);
    tw_db_bind_i64(st, 3, name->lid);
    tw_db_bind_text(st, 4, text, strlen(text));
    *ret_id = (guint16) id;
    return tw_db_run(st, error);
}

GArray *
tw_sql_named_list(TwDbTx *tx, guint16 after, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_server, NAMED_LIST);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwNamedRow));
    TwDbStep step;

    tw_db_bind_i64(st, 0, after);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwNamedProp name = { .lid = (guint32) tw_db_column_i64(st, 3) };
        TwNamedRow row = { .id = (guint16) tw_db_column_i64(st, 0) };
        if (!read_guid(st, 1, &name.set, error))
            break;
        if (tw_db_column_i64(st, 2) != 0)
            name.name = tw_db_column_text(st, 4, NULL);
        row.name = tw_named_prop_copy(&name);
        g_array_append_val(list, row);
    }
    if (step == TW_DB_DONE)
        return g_steal_pointer(&list);
    for (guint i = 0; i < list->len; i++)
        g_free(g_array_index(list, TwNamedRow, i).name);
    return NULL;
}
