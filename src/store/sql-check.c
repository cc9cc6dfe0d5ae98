/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What only the check asks: rows as they lie there, across tables. Nothing here is hot. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/check-private.h"

enum {
    QUICK,
    FULL,
    FOLDERS,
    SET_TYPE,
    NEXT_FOLDER,
    WALK,
    TAILS,
    MAILS,
    REF_BIDS,
    HAS_TAIL,
    VALUES,
    BY_BID,
    TOP_CHG,
    TOP_MSG,
    TOP_FOLDER,
    TOP_TOMB,
    UNDEAD,
    KEY_IDS,
    KEYWORD_FOLDERS,
    STORES,
    MEND_STORE
};

static const TwDbSql rows[] = {
    [QUICK] = { .sql = "PRAGMA quick_check", .mariadb = "SELECT 'ok'" },
    [FULL] = { .sql = "PRAGMA integrity_check", .mariadb = "SELECT 'ok'" },
    [FOLDERS] = { .sql =
                      "SELECT id, parent, state, type, deleted_with, name, uidvalidity, uidnext, "
                      "hicn, hicn_hier, cn, cn_create, total, unread, assoc, deleted, "
                      "deleted_assoc, subfolders, deleted_folders, bytes, deleted_bytes, "
                      "changed, name_key IS NULL, COALESCE(name_key, x'') FROM folder "
                      "WHERE store = ? ORDER BY id" },
    [SET_TYPE] = { .sql = "UPDATE folder SET type = ? WHERE store = ? AND id = ?" },
    [NEXT_FOLDER] = { .sql = "SELECT folder FROM msg WHERE store = ? AND folder > ? "
                             "ORDER BY folder LIMIT 1" },
    [WALK] = { .sql = "SELECT state, mid, COALESCE(uid, 0), recv, size, flags, status, kw, cn, "
                      "cn_create, cn_read, bid, placed FROM msg WHERE store = ? AND folder = ? "
                      "ORDER BY state, mid" },
    [TAILS] = { .sql = "SELECT id FROM tail WHERE id > ? AND id < ? ORDER BY id LIMIT ?" },
    [MAILS] = { .sql = "SELECT id FROM mail WHERE id > ? AND id < ? ORDER BY id LIMIT ?" },
    [REF_BIDS] = { .sql = "SELECT DISTINCT bid FROM blobref WHERE store = ? AND bid > ? "
                          "ORDER BY bid LIMIT ?" },
    [HAS_TAIL] = { .sql = "SELECT 1 FROM tail WHERE id = ?" },
    [VALUES] = { .sql = "SELECT part, kind, hash, len, crc FROM blobref WHERE store = ? "
                        "AND bid = ? ORDER BY part" },
    [BY_BID] = { .sql = "SELECT mid FROM msg WHERE store = ? AND bid = ? LIMIT 1" },
    [TOP_CHG] = { .sql = "SELECT COALESCE(max(cn), 0) FROM chg WHERE store = ?" },
    [TOP_MSG] = { .sql = "SELECT COALESCE(max(cn), 0), COALESCE(max(cn_read), 0) FROM msg "
                         "WHERE store = ?" },
    [TOP_FOLDER] = { .sql = "SELECT COALESCE(max(cn), 0), COALESCE(max(hicn), 0), "
                            "COALESCE(max(hicn_hier), 0) FROM folder WHERE store = ?" },
    [TOP_TOMB] = { .sql = "SELECT COALESCE(max(cn), 0) FROM tomb WHERE store = ?" },
    /* index msg_uid, once for each tomb */
    [UNDEAD] = { .sql = "SELECT t.folder, t.uid, m.mid FROM tomb t JOIN msg m ON "
                        "m.store = t.store AND m.folder = t.folder AND m.uid = t.uid "
                        "WHERE t.store = ? LIMIT ?" },
    [KEY_IDS] = { .sql = "SELECT DISTINCT id FROM oid WHERE store = ? AND id > ? "
                         "ORDER BY id LIMIT ?" },
    [KEYWORD_FOLDERS] = { .sql = "SELECT folder FROM keyword WHERE store = ? ORDER BY folder" },
    [STORES] = { .sql = "SELECT id FROM store ORDER BY id" },
    [MEND_STORE] = { .sql = "UPDATE store SET guid = ?, crc = ? WHERE id = ?" },
};

const TwDbSqlSet tw_sql_check = { "check", rows, G_N_ELEMENTS(rows) };

static GArray *
read_numbers(TwDbStatement *st, GError **error)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
    TwDbStep step;

    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        guint32 number = (guint32) tw_db_column_i64(st, 0);
        g_array_append_val(numbers, number);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&numbers) : NULL;
}

gboolean
tw_sql_check_structure(TwDbTx *tx, gboolean deep, GString *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, deep ? FULL : QUICK);
    TwDbStep step;

    tw_db_forget_pages(tx);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        const char *line = tw_db_column_text(st, 0, NULL);
        if (strcmp(line, "ok") != 0 && ret->len < 4096)
            g_string_append_printf(ret, "%s%s", ret->len > 0 ? "; " : "", line);
    }
    return step == TW_DB_DONE;
}

/* ---- folders ---- */

static void
free_folder(gpointer data)
{
    tw_folder_row_free(((TwCheckFolder *) data)->row);
    g_free(data);
}

static void
check_name(TwCheckFolder *folder, const char *name, gsize len, const guint8 *key, gsize key_len)
{
    g_autofree char *right = NULL;

    folder->name_bad =
        len == 0 || memchr(name, '\0', len) != NULL || !g_utf8_validate(name, (gssize) len, NULL);
    if (folder->name_bad)
        return;
    right = tw_text_name_key(name, len, NULL);
    folder->name_bad = right == NULL;
    folder->key_wrong = right != NULL && !folder->key_null &&
                        (strlen(right) != key_len || memcmp(right, key, key_len) != 0);
}

static TwCheckFolder *
read_folder(TwDbStatement *st, guint32 store)
{
    TwCheckFolder *folder = g_new0(TwCheckFolder, 1);
    TwFolderRow *row = folder->row = g_new0(TwFolderRow, 1);
    gsize len, key_len;
    const guint8 *key = tw_db_column_bytes(st, 23, &key_len);
    const char *name = (const char *) tw_db_column_bytes(st, 5, &len);

    row->store = store;
    row->id = (guint32) tw_db_column_i64(st, 0);
    row->parent = (guint32) tw_db_column_i64(st, 1);
    row->state = (guint8) CLAMP(tw_db_column_i64(st, 2), 0, G_MAXUINT8);
    row->type = (guint8) CLAMP(tw_db_column_i64(st, 3), 0, G_MAXUINT8);
    row->deleted_with = (guint32) tw_db_column_i64(st, 4);
    row->uidvalidity = (guint32) tw_db_column_i64(st, 6);
    row->uidnext = (guint32) tw_db_column_i64(st, 7);
    row->hicn = (guint64) tw_db_column_i64(st, 8);
    row->hicn_hier = (guint64) tw_db_column_i64(st, 9);
    row->cn = (guint64) tw_db_column_i64(st, 10);
    row->cn_create = (guint64) tw_db_column_i64(st, 11);
    row->total = (guint32) tw_db_column_i64(st, 12);
    row->unread = (guint32) tw_db_column_i64(st, 13);
    row->assoc = (guint32) tw_db_column_i64(st, 14);
    row->deleted = (guint32) tw_db_column_i64(st, 15);
    row->deleted_assoc = (guint32) tw_db_column_i64(st, 16);
    row->subfolders = (guint32) tw_db_column_i64(st, 17);
    row->deleted_folders = (guint32) tw_db_column_i64(st, 18);
    row->bytes = tw_db_column_i64(st, 19);
    row->deleted_bytes = tw_db_column_i64(st, 20);
    row->changed_us = tw_db_column_i64(st, 21);
    folder->key_null = tw_db_column_i64(st, 22) != 0;
    check_name(folder, name, len, key, key_len);
    row->name = folder->name_bad ? g_strdup_printf("Folder %u", row->id) : g_strndup(name, len);
    return folder;
}

GPtrArray *
tw_sql_check_folders(TwDbTx *tx, guint32 store, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, FOLDERS);
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(free_folder);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW)
        g_ptr_array_add(all, read_folder(st, store));
    if (step != TW_DB_DONE)
        return NULL;
    for (guint i = 0; i < all->len; i++) {
        TwCheckFolder *folder = all->pdata[i];
        g_autoptr(GError) damage = NULL;
        g_autoptr(TwFolderRow) row = tw_sql_folder_get(tx, store, folder->row->id, &damage);
        folder->crc_bad = row == NULL;
    }
    return g_steal_pointer(&all);
}

gboolean
tw_sql_check_set_type(TwDbTx *tx, guint32 store, guint32 id, guint type, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, SET_TYPE);

    tw_db_bind_i64(st, 0, type);
    tw_db_bind_i64(st, 1, store);
    tw_db_bind_i64(st, 2, id);
    return tw_db_run(st, error);
}

/* ---- messages ---- */

gboolean
tw_sql_check_next_folder(TwDbTx *tx, guint32 store, guint32 after, guint32 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, NEXT_FOLDER);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, after);
    step = tw_db_step(st, error);
    *ret = step == TW_DB_ROW ? (guint32) tw_db_column_i64(st, 0) : 0;
    return step != TW_DB_FAILED;
}

gboolean
tw_sql_check_walk(
    TwDbTx *tx, guint32 store, guint32 folder, TwMessageFunc func, gpointer data, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, WALK);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwMessageRow row = {
            .store = store,
            .folder = folder,
            .state = (guint8) CLAMP(tw_db_column_i64(st, 0), 0, G_MAXUINT8),
            .mid = (guint32) tw_db_column_i64(st, 1),
            .uid = (guint32) tw_db_column_i64(st, 2),
            .recv = tw_db_column_i64(st, 3),
            .size = tw_db_column_i64(st, 4),
            .flags = (guint32) tw_db_column_i64(st, 5),
            .status = (guint32) tw_db_column_i64(st, 6),
            .kw = (guint64) tw_db_column_i64(st, 7),
            .cn = (guint64) tw_db_column_i64(st, 8),
            .cn_create = (guint64) tw_db_column_i64(st, 9),
            .cn_read = (guint64) tw_db_column_i64(st, 10),
            .bid = (guint32) tw_db_column_i64(st, 11),
            .placed = tw_db_column_i64(st, 12),
        };
        if (!func(&row, data))
            return TRUE;
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_check_by_bid(TwDbTx *tx, guint32 store, guint32 bid, guint32 *ret_mid, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, BY_BID);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, bid);
    step = tw_db_step(st, error);
    *ret_mid = step == TW_DB_ROW ? (guint32) tw_db_column_i64(st, 0) : 0;
    return step != TW_DB_FAILED;
}

GArray *
tw_sql_check_undead(TwDbTx *tx, guint32 store, guint max, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, UNDEAD);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwCheckUndead));
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, max);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwCheckUndead one = { (guint32) tw_db_column_i64(st, 0), (guint32) tw_db_column_i64(st, 1),
                              (guint32) tw_db_column_i64(st, 2) };
        g_array_append_val(list, one);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&list) : NULL;
}

/* ---- contents ---- */

static GArray *
bodies_after(TwDbTx *tx, guint which, guint32 store, guint32 after, guint max, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, which);
    guint64 base = (guint64) store << 32;

    /* the low half of the id is the body: the cast of read_numbers() leaves it */
    tw_db_bind_i64(st, 0, (gint64) (base | after));
    tw_db_bind_i64(st, 1, (gint64) (base + (G_GUINT64_CONSTANT(1) << 32)));
    tw_db_bind_i64(st, 2, max);
    return read_numbers(st, error);
}

GArray *
tw_sql_check_tails(TwDbTx *tx, guint32 store, guint32 after, guint max, GError **error)
{
    return bodies_after(tx, TAILS, store, after, max, error);
}

GArray *
tw_sql_check_mails(TwDbTx *tx, guint32 store, guint32 after, guint max, GError **error)
{
    return bodies_after(tx, MAILS, store, after, max, error);
}

static GArray *
numbers_after(TwDbTx *tx, guint which, guint32 store, guint32 after, guint max, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, which);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, after);
    tw_db_bind_i64(st, 2, max);
    return read_numbers(st, error);
}

GArray *
tw_sql_check_ref_bids(TwDbTx *tx, guint32 store, guint32 after, guint max, GError **error)
{
    return numbers_after(tx, REF_BIDS, store, after, max, error);
}

gboolean
tw_sql_check_has_tail(TwDbTx *tx, guint32 store, guint32 bid, gboolean *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, HAS_TAIL);
    TwDbStep step;

    tw_db_bind_i64(st, 0, (gint64) ((guint64) store << 32 | bid));
    step = tw_db_step(st, error);
    *ret = step == TW_DB_ROW;
    return step != TW_DB_FAILED;
}

GArray *
tw_sql_check_values(TwDbTx *tx, guint32 store, guint32 bid, guint *ret_bad, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, VALUES);
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(TwValueRow));
    TwDbStep step;

    *ret_bad = 0;
    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, bid);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        gsize part_len, len;
        const guint8 *part = tw_db_column_bytes(st, 0, &part_len);
        const guint8 *hash = tw_db_column_bytes(st, 2, &len);
        TwValueRow row = { .bid = bid,
                           .kind = (guint8) tw_db_column_i64(st, 1),
                           .len = (guint64) tw_db_column_i64(st, 3) };
        if (len == TW_BLOB_ID_LEN && tw_part_check(part, part_len, NULL)) {
            memcpy(row.id.bytes, hash, len);
            memcpy(row.part.bytes, part, part_len);
            row.part.len = (guint8) part_len;
            if (tw_db_column_i64(st, 4) == tw_sql_blobref_crc(store, &row)) {
                g_array_append_val(values, row);
                continue;
            }
        }
        (*ret_bad)++;
    }
    return step == TW_DB_DONE ? g_steal_pointer(&values) : NULL;
}

/* ---- the rest ---- */

gboolean
tw_sql_check_top_cn(TwDbTx *tx, guint32 store, guint64 *ret, GError **error)
{
    static const struct {
        guint which, columns;
    } tables[] = { { TOP_CHG, 1 }, { TOP_MSG, 2 }, { TOP_FOLDER, 3 }, { TOP_TOMB, 1 } };

    *ret = 0;
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, tables[i].which);
        tw_db_bind_i64(st, 0, store);
        if (tw_db_step(st, error) != TW_DB_ROW)
            return FALSE;
        for (guint column = 0; column < tables[i].columns; column++)
            *ret = MAX(*ret, (guint64) MAX(tw_db_column_i64(st, column), 0));
    }
    return TRUE;
}

GArray *
tw_sql_check_key_ids(TwDbTx *tx, guint32 store, guint32 after, guint max, GError **error)
{
    return numbers_after(tx, KEY_IDS, store, after, max, error);
}

GArray *
tw_sql_check_keyword_folders(TwDbTx *tx, guint32 store, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, KEYWORD_FOLDERS);

    tw_db_bind_i64(st, 0, store);
    return read_numbers(st, error);
}

GArray *
tw_sql_check_stores(TwDbTx *tx, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, STORES);

    return read_numbers(st, error);
}

gboolean
tw_sql_check_mend_store(TwDbTx *tx, guint32 store, const TwGuid *guid, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_check, MEND_STORE);
    guint32 number = GUINT32_TO_LE(store);

    tw_db_bind_bytes(st, 0, guid->bytes, TW_GUID_LEN);
    tw_db_bind_i64(st, 1,
                   tw_crc32c(tw_crc32c(0, &number, sizeof number), guid->bytes, TW_GUID_LEN));
    tw_db_bind_i64(st, 2, store);
    return tw_db_run(st, error);
}
