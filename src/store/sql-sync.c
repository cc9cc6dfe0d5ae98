/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What synchronisation keeps in a partition: sync_own (changes made by a consumer), gone (ids that clients made for what is
 * no more), sent_key (change keys and lists that clients sent); and the readings of chg, msg and tomb it lives on. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "store/sync-private.h"

enum {
    OWN_ADD,
    OWN_SINCE,
    OWN_TRIM,
    GONE_TAKE,
    GONE_ADD,
    GONE_KEY,
    GONE_FIND,
    GONE_PARENT,
    GONE_TRIM,
    SENT_SET,
    SENT_GET,
    SENT_DELETE,
    KEY_OF,
    KEYS_OF,
    OLDEST,
    DELTA,
    TREE_DELTA,
    LIST,
    TOMB_UID
};

enum {
    GONE_FOLDER = 0 /* gone.kind of the row with a folder's parent; others: TwKeyKind */
};

static const TwDbSql rows[] = {
    /* hot in changes by a consumer: one row at the end */
    [OWN_ADD] = { .sql = "INSERT INTO sync_own(store, sync, cn) VALUES(?, ?, ?)" },
    [OWN_SINCE] = { .sql = "SELECT cn FROM sync_own WHERE store = ? AND sync = ? AND cn > ? "
                           "ORDER BY cn" },
    [OWN_TRIM] = { .sql = "DELETE FROM sync_own WHERE store = ? AND cn < ?" },
    /* hot: index oid_id, usually no row */
    [GONE_TAKE] = { .sql = "DELETE FROM oid WHERE store = ? AND id = ? RETURNING kind, key" },
    [GONE_ADD] = { .sql = "INSERT OR REPLACE INTO gone(store, kind, key, id, cn, parent, crc) "
                          "VALUES(?, ?, ?, ?, ?, ?, ?)",
                   .mariadb = "REPLACE INTO gone(store, kind, key, id, cn, parent, crc) "
                              "VALUES(?, ?, ?, ?, ?, ?, ?)" },
    /* index gone_id */
    [GONE_KEY] = { .sql = "SELECT key, cn, parent, crc FROM gone WHERE store = ? AND id = ? "
                          "AND kind = ?" },
    [GONE_FIND] = { .sql = "SELECT id FROM gone WHERE store = ? AND kind = ? AND key = ? "
                           "ORDER BY cn DESC LIMIT 1" },
    [GONE_PARENT] = { .sql =
                          "SELECT parent, key FROM gone WHERE store = ? AND id = ? AND kind = 0" },
    [GONE_TRIM] = { .sql = "DELETE FROM gone WHERE store = ? AND cn < ?" },
    [SENT_SET] = { .sql = "INSERT OR REPLACE INTO sent_key(store, id, cn, key, list, crc) "
                          "VALUES(?, ?, ?, ?, ?, ?)",
                   .mariadb = "REPLACE INTO sent_key(store, id, cn, key, list, crc) "
                              "VALUES(?, ?, ?, ?, ?, ?)" },
    [SENT_GET] = { .sql = "SELECT cn, key, list, crc FROM sent_key WHERE store = ? AND id = ?" },
    [SENT_DELETE] = { .sql = "DELETE FROM sent_key WHERE store = ? AND id = ?" },
    /* hot: index oid_id alone, usually no row */
    [KEY_OF] = { .sql = "SELECT key FROM oid WHERE store = ? AND id = ? AND kind = 2" },
    [KEYS_OF] = { .sql = "SELECT id, kind, key FROM oid INDEXED BY oid_id WHERE store = ? AND "
                         "id >= ? AND id <= ? LIMIT ?",
                  .mariadb = "SELECT id, kind, key FROM oid FORCE INDEX(oid_id) WHERE store = ? "
                             "AND id >= ? AND id <= ? LIMIT ?" },
    [OLDEST] = { .sql = "SELECT cn FROM chg WHERE store = ? ORDER BY cn LIMIT 1" },
    /* hot: one piece of chg, and for each row that counts a place in the index msg_mid alone */
    [DELTA] = { .sql = "SELECT c.cn, c.id, c.op, COALESCE(m.folder, 0), COALESCE(m.state, 0) "
                       "FROM chg c LEFT JOIN msg m ON m.store = c.store AND m.mid = c.id "
                       "WHERE c.store = ? AND c.cn > ? AND c.folder = ? AND c.op BETWEEN 16 AND 31 "
                       "ORDER BY c.cn LIMIT ?" },
    [TREE_DELTA] = { .sql = "SELECT cn, id, op, aux FROM chg WHERE store = ? AND cn > ? "
                            "AND op < 16 ORDER BY cn" },
    /* hot: as many rows as were asked for, in one piece */
    [LIST] = { .sql = "SELECT mid, flags, cn, cn_create, cn_read FROM msg WHERE store = ? AND "
                      "folder = ? AND state = ? AND mid < ? ORDER BY mid DESC LIMIT ?" },
    [TOMB_UID] = { .sql = "SELECT uid FROM tomb WHERE store = ? AND folder = ? AND cn = ?" },
};

const TwDbSqlSet tw_sql_sync = { "sync", rows, G_N_ELEMENTS(rows) };

static void
bind_gbytes(TwDbStatement *st, guint index, GBytes *bytes)
{
    gsize len;
    const void *data = g_bytes_get_data(bytes, &len);

    tw_db_bind_bytes(st, index, data, len);
}

/* ---- own changes ---- */

gboolean
tw_sql_sync_own_add(TwDbTx *tx, guint32 store, guint32 sync, guint64 cn, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, OWN_ADD);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, sync);
    tw_db_bind_i64(st, 2, (gint64) cn);
    return tw_db_run(st, error);
}

GArray *
tw_sql_sync_own_since(TwDbTx *tx, guint32 store, guint32 sync, guint64 since, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, OWN_SINCE);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(guint64));
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, sync);
    tw_db_bind_i64(st, 2, (gint64) since);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        guint64 cn = (guint64) tw_db_column_i64(st, 0);
        g_array_append_val(list, cn);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&list) : NULL;
}

gboolean
tw_sql_sync_trim(TwDbTx *tx, guint32 store, guint64 oldest, GError **error)
{
    static const guint which[] = { OWN_TRIM, GONE_TRIM };

    for (guint i = 0; i < G_N_ELEMENTS(which); i++) {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, which[i]);
        tw_db_bind_i64(st, 0, store);
        tw_db_bind_i64(st, 1, (gint64) oldest);
        if (!tw_db_run(st, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- what is gone ---- */

static guint32
gone_crc(guint32 id, guint32 parent, guint64 cn, const guint8 *key, gsize len)
{
    guint32 numbers[4] = { GUINT32_TO_LE(id), GUINT32_TO_LE(parent), GUINT32_TO_LE((guint32) cn),
                           GUINT32_TO_LE((guint32) (cn >> 32)) };

    return tw_crc32c(tw_crc32c(0, numbers, sizeof numbers), key, len);
}

typedef struct {
    guint32 id, parent;
    gint64 kind;
    guint64 cn;
} Gone;

static gboolean
add_gone(TwDbTx *tx, guint32 store, const Gone *gone, GBytes *key, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, GONE_ADD);
    gsize len;
    const guint8 *data = g_bytes_get_data(key, &len);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, gone->kind);
    tw_db_bind_bytes(st, 2, data, len);
    tw_db_bind_i64(st, 3, gone->id);
    tw_db_bind_i64(st, 4, (gint64) gone->cn);
    tw_db_bind_i64(st, 5, gone->parent);
    tw_db_bind_i64(st, 6, gone_crc(gone->id, gone->parent, gone->cn, data, len));
    return tw_db_run(st, error);
}

gboolean
tw_sql_sync_bury(TwDbTx *tx, guint32 store, guint32 id, guint64 cn, GError **error)
{
    GBytes *keys[TW_KEY_SOURCE_KEY + 1] = { NULL };
    TwDbStep step;
    gboolean ok;

    {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, GONE_TAKE);
        tw_db_bind_i64(st, 0, store);
        tw_db_bind_i64(st, 1, id);
        while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
            gint64 kind = tw_db_column_i64(st, 0);
            gsize len;
            const guint8 *data = tw_db_column_bytes(st, 1, &len);
            if (kind >= TW_KEY_ENTRY_ID && kind <= TW_KEY_SOURCE_KEY && keys[kind] == NULL)
                keys[kind] = g_bytes_new(data, len);
        }
    }
    ok = step == TW_DB_DONE;
    for (guint kind = TW_KEY_ENTRY_ID; kind <= TW_KEY_SOURCE_KEY; kind++) {
        Gone gone = { .id = id, .kind = kind, .cn = cn };
        ok = ok && (keys[kind] == NULL || add_gone(tx, store, &gone, keys[kind], error));
        g_clear_pointer(&keys[kind], g_bytes_unref);
    }
    return ok;
}

gboolean
tw_sql_sync_bury_folder(TwDbTx *tx, const TwFolderRow *row, GError **error)
{
    gboolean soft = row->state == TW_FOLDER_SOFT;
    g_autoptr(GBytes) before = g_bytes_new_static("s", soft ? 1 : 0);
    Gone gone = { .id = row->id, .parent = row->parent, .kind = GONE_FOLDER, .cn = row->cn };

    return add_gone(tx, row->store, &gone, before, error);
}

GBytes *
tw_sql_sync_gone_key(TwDbTx *tx, guint32 store, TwKeyKind kind, guint32 id, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, GONE_KEY);
    const guint8 *data;
    gsize len;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, id);
    tw_db_bind_i64(st, 2, kind);
    if (tw_db_step(st, error) != TW_DB_ROW)
        return NULL;
    data = tw_db_column_bytes(st, 0, &len);
    if (tw_db_column_i64(st, 3) != gone_crc(id, (guint32) tw_db_column_i64(st, 2),
                                            (guint64) tw_db_column_i64(st, 1), data, len)) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "store %u: damaged key of %u, which is gone",
                    store, id);
        return NULL;
    }
    return g_bytes_new(data, len);
}

gboolean
tw_sql_sync_gone_find(
    TwDbTx *tx, guint32 store, TwKeyKind kind, GBytes *key, guint32 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, GONE_FIND);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, kind);
    bind_gbytes(st, 2, key);
    step = tw_db_step(st, error);
    *ret = step == TW_DB_ROW ? (guint32) tw_db_column_i64(st, 0) : 0;
    return step != TW_DB_FAILED;
}

gboolean
tw_sql_sync_gone_folder(
    TwDbTx *tx, guint32 store, guint32 id, guint32 *ret_parent, gboolean *ret_soft, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, GONE_PARENT);
    TwDbStep step;
    gsize len = 0;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, id);
    step = tw_db_step(st, error);
    *ret_parent = step == TW_DB_ROW ? (guint32) tw_db_column_i64(st, 0) : 0;
    if (step == TW_DB_ROW)
        tw_db_column_bytes(st, 1, &len);
    *ret_soft = len > 0;
    return step != TW_DB_FAILED;
}

/* ---- source keys ---- */

GBytes *
tw_sql_sync_source_key(TwDbTx *tx, guint32 store, guint32 id, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, KEY_OF);
    TwDbStep step;
    const guint8 *data;
    gsize len;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, id);
    step = tw_db_step(st, error);
    if (step == TW_DB_DONE)
        return tw_sql_sync_gone_key(tx, store, TW_KEY_SOURCE_KEY, id, error);
    if (step != TW_DB_ROW)
        return NULL;
    data = tw_db_column_bytes(st, 0, &len);
    return g_bytes_new(data, len);
}

gboolean
tw_sql_sync_source_keys(TwDbTx *tx,
                        guint32 store,
                        guint32 first,
                        guint32 last,
                        guint max,
                        GHashTable *out,
                        gboolean *ret_all,
                        GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, KEYS_OF);
    TwDbStep step;
    guint count = 0;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, first);
    tw_db_bind_i64(st, 2, last);
    tw_db_bind_i64(st, 3, (gint64) max + 1);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        guint32 id = (guint32) tw_db_column_i64(st, 0);
        gsize len;
        const guint8 *data = tw_db_column_bytes(st, 2, &len);
        if (tw_db_column_i64(st, 1) == TW_KEY_SOURCE_KEY)
            g_hash_table_insert(out, GUINT_TO_POINTER(id), g_bytes_new(data, len));
        count++;
    }
    *ret_all = count <= max;
    return step == TW_DB_DONE;
}

/* ---- what clients sent ---- */

static guint32
sent_crc(guint32 bid, const TwSyncSent *sent)
{
    guint32 number = GUINT32_TO_LE(bid);
    gsize len;
    const guint8 *data = g_bytes_get_data(sent->key, &len);
    guint32 crc = tw_crc32c(tw_crc32c(0, &number, sizeof number), data, len);

    data = g_bytes_get_data(sent->list, &len);
    return tw_crc32c(crc, data, len);
}

gboolean
tw_sql_sync_sent_set(TwDbTx *tx, guint32 store, guint32 bid, const TwSyncSent *sent, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, SENT_SET);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, bid);
    tw_db_bind_i64(st, 2, (gint64) sent->cn);
    bind_gbytes(st, 3, sent->key);
    bind_gbytes(st, 4, sent->list);
    tw_db_bind_i64(st, 5, sent_crc(bid, sent));
    return tw_db_run(st, error);
}

gboolean
tw_sql_sync_sent_get(TwDbTx *tx, guint32 store, guint32 bid, TwSyncSent *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, SENT_GET);
    TwDbStep step;
    const guint8 *data;
    gsize len;

    *ret = (TwSyncSent){ 0 };
    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, bid);
    step = tw_db_step(st, error);
    if (step != TW_DB_ROW)
        return step == TW_DB_DONE;
    ret->cn = (guint64) tw_db_column_i64(st, 0);
    data = tw_db_column_bytes(st, 1, &len);
    ret->key = g_bytes_new(data, len);
    data = tw_db_column_bytes(st, 2, &len);
    ret->list = g_bytes_new(data, len);
    if (tw_db_column_i64(st, 3) == sent_crc(bid, ret))
        return TRUE;
    tw_sync_sent_clear(ret);
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "store %u, object %u: damaged change key", store,
                bid);
    return FALSE;
}

gboolean
tw_sql_sync_sent_delete(TwDbTx *tx, guint32 store, guint32 bid, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, SENT_DELETE);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, bid);
    return tw_db_run(st, error);
}

/* ---- readings ---- */

gboolean
tw_sql_sync_oldest(TwDbTx *tx, guint32 store, guint64 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, OLDEST);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    step = tw_db_step(st, error);
    *ret = step == TW_DB_ROW ? (guint64) tw_db_column_i64(st, 0) : 0;
    return step != TW_DB_FAILED;
}

gboolean
tw_sql_sync_delta(TwDbTx *tx,
                  guint32 store,
                  guint32 folder,
                  guint64 since,
                  guint max,
                  GArray *out,
                  GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, DELTA);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, (gint64) since);
    tw_db_bind_i64(st, 2, folder);
    tw_db_bind_i64(st, 3, max);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwSyncRow row = {
            .cn = (guint64) tw_db_column_i64(st, 0),
            .id = (guint32) tw_db_column_i64(st, 1),
            .op = (guint8) tw_db_column_i64(st, 2),
            .now_folder = (guint32) tw_db_column_i64(st, 3),
            .now_state = (guint8) tw_db_column_i64(st, 4),
        };
        g_array_append_val(out, row);
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_sync_tree_delta(TwDbTx *tx, guint32 store, guint64 since, GArray *out, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, TREE_DELTA);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, (gint64) since);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwChange change = {
            .store = store,
            .cn = (guint64) tw_db_column_i64(st, 0),
            .id = (guint32) tw_db_column_i64(st, 1),
            .op = (guint8) tw_db_column_i64(st, 2),
            .aux = (guint32) tw_db_column_i64(st, 3),
        };
        change.folder = change.id;
        g_array_append_val(out, change);
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_sync_list(TwDbTx *tx,
                 guint32 store,
                 guint32 folder,
                 TwMessageState state,
                 guint32 below,
                 guint max,
                 GArray *out,
                 GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, LIST);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    tw_db_bind_i64(st, 2, state);
    tw_db_bind_i64(st, 3, below);
    tw_db_bind_i64(st, 4, max);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwSyncListed one = {
            .mid = (guint32) tw_db_column_i64(st, 0),
            .flags = (guint32) tw_db_column_i64(st, 1),
            .cn = (guint64) tw_db_column_i64(st, 2),
            .cn_create = (guint64) tw_db_column_i64(st, 3),
            .cn_read = (guint64) tw_db_column_i64(st, 4),
        };
        g_array_append_val(out, one);
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_sync_tomb_uid(
    TwDbTx *tx, guint32 store, guint32 folder, guint64 cn, gint64 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_sync, TOMB_UID);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    tw_db_bind_i64(st, 2, (gint64) cn);
    step = tw_db_step(st, error);
    *ret = step == TW_DB_ROW ? tw_db_column_i64(st, 0) : -1;
    return step != TW_DB_FAILED;
}
