/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Small tables by name: oid (ids made by clients), keyword, receive_folder, delivered. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "store/store-private.h"

enum {
    OID_ADD,
    OID_FIND,
    OID_OF,
    OID_DELETE,
    KEYWORD_SET,
    KEYWORD_GET,
    KEYWORD_DELETE,
    RECEIVE_SET,
    RECEIVE_DELETE,
    RECEIVE_DELETE_FOLDER,
    RECEIVE_FIND,
    RECEIVE_LIST,
    DELIVERED_ADD,
    DELIVERED_TRIM,
    OID_PICK,
    OID_RANGE
};

static const TwDbSql rows[] = {
    [OID_ADD] = { .sql = "INSERT INTO oid(store, kind, `key`, id) VALUES(?, ?, ?, ?)" },
    [OID_FIND] = { .sql = "SELECT id FROM oid WHERE store = ? AND kind = ? AND `key` = ?" },
    [OID_OF] = { .sql = "SELECT `key` FROM oid WHERE store = ? AND kind = ? AND id = ?" },
    /* hot: index oid_id, usually no row */
    [OID_DELETE] = { .sql = "DELETE FROM oid WHERE store = ? AND id = ?" },
    [KEYWORD_SET] = { .sql = "INSERT OR REPLACE INTO keyword(store, folder, names, crc) "
                             "VALUES(?, ?, ?, ?)",
                      .mariadb = "REPLACE INTO keyword(store, folder, names, crc) "
                                 "VALUES(?, ?, ?, ?)" },
    [KEYWORD_GET] = { .sql = "SELECT names, crc FROM keyword WHERE store = ? AND folder = ?" },
    [KEYWORD_DELETE] = { .sql = "DELETE FROM keyword WHERE store = ? AND folder = ?" },
    [RECEIVE_SET] = { .sql =
                          "INSERT OR REPLACE INTO receive_folder(store, class_key, class, folder, "
                          "changed) VALUES(?, ?, ?, ?, ?)",
                      .mariadb = "REPLACE INTO receive_folder(store, class_key, class, folder, "
                                 "changed) VALUES(?, ?, ?, ?, ?)" },
    [RECEIVE_DELETE] = { .sql = "DELETE FROM receive_folder WHERE store = ? AND class_key = ?" },
    [RECEIVE_DELETE_FOLDER] = { .sql =
                                    "DELETE FROM receive_folder WHERE store = ? AND folder = ?" },
    [RECEIVE_FIND] = { .sql = "SELECT folder FROM receive_folder WHERE store = ? "
                              "AND class_key = ?" },
    [RECEIVE_LIST] = { .sql = "SELECT class, folder, changed FROM receive_folder WHERE store = ? "
                              "ORDER BY class_key" },
    [DELIVERED_ADD] = { .sql = "INSERT INTO delivered(store, hash, time) VALUES(?, ?, ?)" },
    [DELIVERED_TRIM] = { .sql = "DELETE FROM delivered WHERE store = ? AND time < ?" },
    /* hot: index oid_id alone, which has all columns; usually no row, or one */
    [OID_PICK] = { .sql = "SELECT kind, key FROM oid INDEXED BY oid_id WHERE store = ? AND id = ?",
                   .mariadb = "SELECT kind, `key` FROM oid FORCE INDEX(oid_id) WHERE store = ? "
                              "AND id = ?" },
    /* hot: the same for ids that lie close together */
    [OID_RANGE] = { .sql = "SELECT kind, key, id FROM oid INDEXED BY oid_id WHERE store = ? "
                           "AND id BETWEEN ? AND ?",
                    .mariadb = "SELECT kind, `key`, id FROM oid FORCE INDEX(oid_id) "
                               "WHERE store = ? AND id BETWEEN ? AND ?" },
};

const TwDbSqlSet tw_sql_key = { "oid", rows, G_N_ELEMENTS(rows) };

static void
bind_gbytes(TwDbStatement *st, guint index, GBytes *bytes)
{
    gsize len;
    const void *data = g_bytes_get_data(bytes, &len);

    tw_db_bind_bytes(st, index, data, len);
}

gboolean
tw_sql_key_add(TwDbTx *tx, guint32 store, TwKeyKind kind, GBytes *key, guint32 id, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, OID_ADD);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, kind);
    bind_gbytes(st, 2, key);
    tw_db_bind_i64(st, 3, id);
    return tw_db_run(st, error);
}

gboolean
tw_sql_key_find(
    TwDbTx *tx, guint32 store, TwKeyKind kind, GBytes *key, guint32 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, OID_FIND);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, kind);
    bind_gbytes(st, 2, key);
    step = tw_db_step(st, error);
    if (step == TW_DB_ROW)
        *ret = (guint32) tw_db_column_i64(st, 0);
    if (step == TW_DB_DONE)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "store %u: no object of that key", store);
    return step == TW_DB_ROW;
}

GBytes *
tw_sql_key_of(TwDbTx *tx, guint32 store, TwKeyKind kind, guint32 id, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, OID_OF);
    TwDbStep step;
    const guint8 *data;
    gsize len;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, kind);
    tw_db_bind_i64(st, 2, id);
    step = tw_db_step(st, error);
    if (step == TW_DB_DONE)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "store %u: %u has no key", store, id);
    if (step != TW_DB_ROW)
        return NULL;
    data = tw_db_column_bytes(st, 0, &len);
    return g_bytes_new(data, len);
}

gboolean
tw_sql_key_delete(TwDbTx *tx, guint32 store, guint32 id, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, OID_DELETE);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, id);
    return tw_db_run(st, error);
}

static guint32
names_crc(guint32 folder, const guint8 *names, gsize len)
{
    guint32 number = GUINT32_TO_LE(folder);

    return tw_crc32c(tw_crc32c(0, &number, sizeof number), names, len);
}

gboolean
tw_sql_keyword_set(TwDbTx *tx, guint32 store, guint32 folder, GBytes *dictionary, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, KEYWORD_SET);
    gsize len;
    const guint8 *names = g_bytes_get_data(dictionary, &len);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    tw_db_bind_bytes(st, 2, names, len);
    tw_db_bind_i64(st, 3, names_crc(folder, names, len));
    return tw_db_run(st, error);
}

/* Empty where the folder has none. */
GBytes *
tw_sql_keyword_get(TwDbTx *tx, guint32 store, guint32 folder, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, KEYWORD_GET);
    const guint8 *names;
    gsize len;
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    step = tw_db_step(st, error);
    if (step == TW_DB_DONE)
        return g_bytes_new_static("", 0);
    if (step != TW_DB_ROW)
        return NULL;
    names = tw_db_column_bytes(st, 0, &len);
    if (tw_db_column_i64(st, 1) != names_crc(folder, names, len)) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "store %u, folder %u: damaged keywords",
                    store, folder);
        return NULL;
    }
    return g_bytes_new(names, len);
}

gboolean
tw_sql_keyword_delete(TwDbTx *tx, guint32 store, guint32 folder, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, KEYWORD_DELETE);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    return tw_db_run(st, error);
}

gboolean
tw_sql_receive_set(TwDbTx *tx,
                   guint32 store,
                   const char *class_key,
                   const char *message_class,
                   guint32 folder,
                   gint64 changed,
                   GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, RECEIVE_SET);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_text(st, 1, class_key, strlen(class_key));
    tw_db_bind_text(st, 2, message_class, strlen(message_class));
    tw_db_bind_i64(st, 3, folder);
    tw_db_bind_i64(st, 4, changed);
    return tw_db_run(st, error);
}

gboolean
tw_sql_receive_delete(TwDbTx *tx, guint32 store, const char *class_key, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, RECEIVE_DELETE);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_text(st, 1, class_key, strlen(class_key));
    return tw_db_run(st, error);
}

gboolean
tw_sql_receive_delete_folder(TwDbTx *tx, guint32 store, guint32 folder, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, RECEIVE_DELETE_FOLDER);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    return tw_db_run(st, error);
}

gboolean
tw_sql_receive_find(TwDbTx *tx, guint32 store, const char *class_key, guint32 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, RECEIVE_FIND);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_text(st, 1, class_key, strlen(class_key));
    step = tw_db_step(st, error);
    *ret = step == TW_DB_ROW ? (guint32) tw_db_column_i64(st, 0) : 0;
    return step != TW_DB_FAILED;
}

static void
clear_receive(gpointer data)
{
    g_free(((TwReceiveFolder *) data)->message_class);
}

GArray *
tw_sql_receive_list(TwDbTx *tx, guint32 store, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, RECEIVE_LIST);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwReceiveFolder));
    TwDbStep step;

    g_array_set_clear_func(list, clear_receive);
    tw_db_bind_i64(st, 0, store);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwReceiveFolder one = {
            .message_class = g_strdup(tw_db_column_text(st, 0, NULL)),
            .folder = (guint32) tw_db_column_i64(st, 1),
            .changed_us = tw_db_column_i64(st, 2),
        };
        g_array_append_val(list, one);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&list) : NULL;
}

gboolean
tw_sql_delivered_add(TwDbTx *tx, guint32 store, const guint8 hash[32], gint64 now, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, DELIVERED_ADD);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_bytes(st, 1, hash, 32);
    tw_db_bind_i64(st, 2, now);
    return tw_db_run(st, error);
}

gboolean
tw_sql_delivered_trim(TwDbTx *tx, guint32 store, gint64 before, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, DELIVERED_TRIM);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, before);
    return tw_db_run(st, error);
}

/* Ids that were given out one after the other, as those of a page of messages mostly are. */
typedef struct {
    guint32 least, most;
    guint32
        *place; /* owned: of each id from the least on, one more than its index; 0: not asked for */
} IdRange;

/* FALSE: they lie far apart, or one is there twice. */
static gboolean
find_range(const guint32 *ids, guint count, IdRange *ret)
{
    enum {
        LEAST_IDS = 8, /* fewer are asked for one by one */
        SPREAD = 4,    /* rows that may be passed over for each that is wanted */
    };

    if (count < LEAST_IDS)
        return FALSE;
    ret->least = ret->most = ids[0];
    for (guint i = 1; i < count; i++) {
        ret->least = MIN(ret->least, ids[i]);
        ret->most = MAX(ret->most, ids[i]);
    }
    if ((ret->most - ret->least) / SPREAD >= count)
        return FALSE;
    ret->place = g_new0(guint32, (gsize) (ret->most - ret->least) + 1);
    for (guint i = 0; i < count; i++) {
        guint32 *place = &ret->place[ids[i] - ret->least];
        if (*place != 0) {
            g_clear_pointer(&ret->place, g_free);
            return FALSE;
        }
        *place = i + 1;
    }
    return TRUE;
}

static gboolean
pick_range(TwDbTx *tx,
           guint32 store,
           const IdRange *range,
           TwSqlKeyFunc func,
           gpointer data,
           GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_key, OID_RANGE);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, range->least);
    tw_db_bind_i64(st, 2, range->most);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        gint64 id = tw_db_column_i64(st, 2);
        guint32 place =
            id >= range->least && id <= range->most ? range->place[id - range->least] : 0;
        const guint8 *key;
        gsize len;
        if (place == 0)
            continue;
        key = tw_db_column_bytes(st, 1, &len);
        func(place - 1, (TwKeyKind) tw_db_column_i64(st, 0), key, len, data);
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_key_pick(TwDbTx *tx,
                guint32 store,
                const guint32 *ids,
                guint count,
                TwSqlKeyFunc func,
                gpointer data,
                GError **error)
{
    g_autoptr(TwDbStatement) st = NULL;
    IdRange range;

    if (find_range(ids, count, &range)) {
        gboolean ok = pick_range(tx, store, &range, func, data, error);
        g_free(range.place);
        return ok;
    }
    st = tw_db_statement(tx, &tw_sql_key, OID_PICK);
    tw_db_bind_i64(st, 0, store);
    for (guint i = 0; i < count; i++) {
        TwDbStep step;
        if (i > 0)
            tw_db_rewind(st);
        tw_db_bind_i64(st, 1, ids[i]);
        while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
            gsize len;
            const guint8 *key = tw_db_column_bytes(st, 1, &len);
            func(i, (TwKeyKind) tw_db_column_i64(st, 0), key, len, data);
        }
        if (step == TW_DB_FAILED)
            return FALSE;
    }
    return TRUE;
}
