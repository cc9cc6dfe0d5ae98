/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables tail (an object's record), mail (the mail of a small one) and blobref (the large values it names), all by the
 * object's body id; and emptying all tables of a store. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "store/dictionary.h"
#include "store/inline.h"
#include "store/mail-summary.h"
#include "store/store-private.h"

enum {
    TAIL_SET,
    TAIL_GET,
    TAIL_SUMMARY,
    TAIL_COPY,
    TAIL_DELETE,
    MAIL_SET,
    MAIL_GET,
    MAIL_COPY,
    MAIL_DELETE,
    REF_ADD,
    REF_LIST,
    REF_DELETE,
    REF_USED,
    DROP_TAIL,
    DROP_MAIL,
    DROP_REF,
    DROP_MSG,
    DROP_CHG,
    DROP_TOMB,
    DROP_FLOOR,
    DROP_MARK,
    DROP_OID,
    DROP_OWN,
    DROP_GONE,
    DROP_SENT,
    DROP_KEYWORD,
    DROP_RECEIVE,
    DROP_DELIVERED,
    DROP_ACL,
    DROP_SEARCH,
    DROP_DEF,
    DROP_SCOPE,
    DROP_HIT,
    DROP_OUTGOING,
    DROP_FOLDER,
    DROP_TASK
};

static const TwDbSql rows[] = {
    /* hot: one row, by rowid */
    [TAIL_SET] = { .sql = "INSERT OR REPLACE INTO tail(id, rec, summary, mail) VALUES(?, ?, ?, ?)",
                   .mariadb = "REPLACE INTO tail(id, rec, summary, mail) VALUES(?, ?, ?, ?)" },
    [TAIL_GET] = { .sql = "SELECT rec, mail FROM tail WHERE id = ?" },
    [TAIL_SUMMARY] = { .sql = "SELECT summary FROM tail WHERE id = ?" },
    [TAIL_COPY] = { .sql = "INSERT OR REPLACE INTO tail(id, rec, summary, mail) "
                           "SELECT ?, rec, summary, mail FROM tail WHERE id = ?",
                    .mariadb = "REPLACE INTO tail(id, rec, summary, mail) "
                               "SELECT ?, rec, summary, mail FROM tail WHERE id = ?" },
    [TAIL_DELETE] = { .sql = "DELETE FROM tail WHERE id = ?" },
    [MAIL_SET] = { .sql = "INSERT OR REPLACE INTO mail(id, row) VALUES(?, ?)",
                   .mariadb = "REPLACE INTO mail(id, row) VALUES(?, ?)" },
    [MAIL_GET] = { .sql = "SELECT (SELECT row FROM mail WHERE id = ?), (SELECT mail FROM tail "
                          "WHERE id = ?)" },
    [MAIL_COPY] = { .sql = "INSERT OR REPLACE INTO mail(id, row) SELECT ?, row FROM mail "
                           "WHERE id = ?",
                    .mariadb = "REPLACE INTO mail(id, row) SELECT ?, row FROM mail WHERE id = ?" },
    [MAIL_DELETE] = { .sql = "DELETE FROM mail WHERE id = ?" },
    /* hot: one row and one index entry for each large value */
    [REF_ADD] = { .sql = "INSERT INTO blobref(store, bid, part, kind, hash, len, crc) "
                         "VALUES(?, ?, ?, ?, ?, ?, ?)" },
    [REF_LIST] = { .sql = "SELECT part, kind, hash, len, crc FROM blobref WHERE store = ? "
                          "AND bid = ? ORDER BY part" },
    [REF_DELETE] = { .sql = "DELETE FROM blobref WHERE store = ? AND bid = ?" },
    /* index blobref_hash alone */
    [REF_USED] = { .sql = "SELECT 1 FROM blobref WHERE hash = ? LIMIT 1" },
    [DROP_TAIL] = { .sql = "DELETE FROM tail WHERE id IN (SELECT id FROM tail WHERE id >= ? AND "
                           "id < ? LIMIT ?)",
                    .mariadb = "DELETE FROM tail WHERE id >= ? AND id < ? LIMIT ?" },
    [DROP_MAIL] = { .sql = "DELETE FROM mail WHERE id IN (SELECT id FROM mail WHERE id >= ? AND "
                           "id < ? LIMIT ?)",
                    .mariadb = "DELETE FROM mail WHERE id >= ? AND id < ? LIMIT ?" },
    [DROP_REF] = { .sql = "DELETE FROM blobref WHERE store = ? AND bid IN (SELECT bid FROM blobref "
                          "WHERE store = ? LIMIT ?)",
                   .mariadb = "DELETE FROM blobref WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_MSG] = { .sql = "DELETE FROM msg WHERE store = ? AND mid IN (SELECT mid FROM msg WHERE "
                          "store = ? LIMIT ?)",
                   .mariadb = "DELETE FROM msg WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_CHG] = { .sql = "DELETE FROM chg WHERE store = ? AND cn IN (SELECT cn FROM chg WHERE "
                          "store = ? LIMIT ?)",
                   .mariadb = "DELETE FROM chg WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_TOMB] = { .sql = "DELETE FROM tomb WHERE store = ? AND folder IN (SELECT folder FROM "
                           "tomb WHERE store = ? LIMIT ?)",
                    .mariadb = "DELETE FROM tomb WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_FLOOR] = { .sql = "DELETE FROM chg_floor WHERE store = ? AND folder IN (SELECT folder "
                            "FROM chg_floor WHERE store = ? LIMIT ?)",
                     .mariadb = "DELETE FROM chg_floor WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_MARK] = { .sql = "DELETE FROM chg_mark WHERE store = ? AND cn IN (SELECT cn FROM "
                           "chg_mark WHERE store = ? LIMIT ?)",
                    .mariadb = "DELETE FROM chg_mark WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_OID] = { .sql = "DELETE FROM oid WHERE store = ? AND id IN (SELECT id FROM oid WHERE "
                          "store = ? LIMIT ?)",
                   .mariadb = "DELETE FROM oid WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_OWN] = { .sql = "DELETE FROM sync_own WHERE store = ? AND cn IN (SELECT cn FROM sync_own "
                          "WHERE store = ? LIMIT ?)",
                   .mariadb = "DELETE FROM sync_own WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_GONE] = { .sql = "DELETE FROM gone WHERE store = ? AND id IN (SELECT id FROM gone WHERE "
                           "store = ? LIMIT ?)",
                    .mariadb = "DELETE FROM gone WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_SENT] = { .sql = "DELETE FROM sent_key WHERE store = ? AND id IN (SELECT id FROM "
                           "sent_key WHERE store = ? LIMIT ?)",
                    .mariadb = "DELETE FROM sent_key WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_KEYWORD] = { .sql = "DELETE FROM keyword WHERE store = ? AND folder IN (SELECT folder "
                              "FROM keyword WHERE store = ? LIMIT ?)",
                       .mariadb = "DELETE FROM keyword WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_RECEIVE] = { .sql = "DELETE FROM receive_folder WHERE store = ? AND class_key IN (SELECT "
                              "class_key FROM receive_folder WHERE store = ? LIMIT ?)",
                       .mariadb =
                           "DELETE FROM receive_folder WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_DELIVERED] = { .sql = "DELETE FROM delivered WHERE store = ? AND hash IN (SELECT hash "
                                "FROM delivered WHERE store = ? LIMIT ?)",
                         .mariadb = "DELETE FROM delivered WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_ACL] = { .sql = "DELETE FROM acl WHERE store = ? AND folder IN (SELECT folder FROM acl "
                          "WHERE store = ? LIMIT ?)",
                   .mariadb = "DELETE FROM acl WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_SEARCH] = { .sql = "DELETE FROM search_folder WHERE store = ? AND id IN (SELECT id FROM "
                             "search_folder WHERE store = ? LIMIT ?)",
                      .mariadb =
                          "DELETE FROM search_folder WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_DEF] = { .sql = "DELETE FROM search_def WHERE store = ? AND id IN (SELECT id FROM "
                          "search_def WHERE store = ? LIMIT ?)",
                   .mariadb = "DELETE FROM search_def WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_SCOPE] = { .sql = "DELETE FROM search_scope WHERE store = ? AND (search, gen, folder) IN "
                            "(SELECT search, gen, folder FROM search_scope WHERE store = ? "
                            "LIMIT ?)",
                     .mariadb = "DELETE FROM search_scope WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_HIT] = { .sql = "DELETE FROM search_hit WHERE store = ? AND (search, gen, mid) IN "
                          "(SELECT search, gen, mid FROM search_hit WHERE store = ? LIMIT ?)",
                   .mariadb = "DELETE FROM search_hit WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_OUTGOING] = { .sql = "DELETE FROM outgoing WHERE store = ? AND mid IN (SELECT mid FROM "
                               "outgoing WHERE store = ? LIMIT ?)",
                        .mariadb = "DELETE FROM outgoing WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_FOLDER] = { .sql = "DELETE FROM folder WHERE store = ? AND id IN (SELECT id FROM folder "
                             "WHERE store = ? LIMIT ?)",
                      .mariadb = "DELETE FROM folder WHERE store = ? AND store = ? LIMIT ?" },
    [DROP_TASK] = { .sql = "DELETE FROM task WHERE store = ? AND id IN (SELECT id FROM task WHERE "
                           "store = ? LIMIT ?)",
                    .mariadb = "DELETE FROM task WHERE store = ? AND store = ? LIMIT ?" },
};

const TwDbSqlSet tw_sql_content = { "content", rows, G_N_ELEMENTS(rows) };

static gint64
tail_id(guint32 store, guint32 id)
{
    return (gint64) ((guint64) store << 32 | id);
}

static void
bind_nullable(TwDbStatement *st, guint index, GBytes *bytes)
{
    gsize len = 0;
    const void *data = bytes != NULL ? g_bytes_get_data(bytes, &len) : NULL;

    if (bytes == NULL)
        tw_db_bind_null(st, index);
    else
        tw_db_bind_bytes(st, index, data, len);
}

static gboolean
set_mail(TwDbTx *tx, guint32 store, guint32 id, GBytes *mail, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, MAIL_SET);
    gsize len;
    const void *data = g_bytes_get_data(mail, &len);

    tw_db_bind_i64(st, 0, tail_id(store, id));
    tw_db_bind_bytes(st, 1, data, len);
    return tw_db_run_later(st, error);
}

gboolean
tw_sql_tail_set(TwDbTx *tx,
                guint32 store,
                guint32 id,
                GBytes *record,
                GBytes *summary,
                GBytes *mail,
                GBytes *texts,
                GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, TAIL_SET);
    g_autoptr(GBytes) packed = summary != NULL ? tw_dictionary_pack(summary) : NULL;
    g_autoptr(GBytes) none = mail != NULL ? tw_inline_texts_pack(NULL, 0) : NULL;

    tw_db_bind_i64(st, 0, tail_id(store, id));
    bind_nullable(st, 1, record);
    bind_nullable(st, 2, packed);
    bind_nullable(st, 3, mail != NULL && texts != NULL ? texts : none);
    return tw_db_run_later(st, error) && (mail == NULL || set_mail(tx, store, id, mail, error));
}

static GBytes *
column_bytes(TwDbStatement *st, guint column)
{
    gsize len;
    const guint8 *data = tw_db_column_bytes(st, column, &len);

    return g_bytes_new(data, len);
}

static gboolean
column_is_texts(TwDbStatement *st, guint column)
{
    gsize len = 0;
    const guint8 *data =
        tw_db_column_is_null(st, column) ? NULL : tw_db_column_bytes(st, column, &len);

    return tw_inline_is_texts(data, len);
}

GBytes *
tw_sql_tail_get(TwDbTx *tx, guint32 store, guint32 id, GBytes **ret_texts, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, TAIL_GET);
    TwDbStep step;

    if (ret_texts != NULL)
        *ret_texts = NULL;
    tw_db_bind_i64(st, 0, tail_id(store, id));
    step = tw_db_step(st, error);
    if (step == TW_DB_DONE)
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "store %u, object %u: no record", store, id);
    if (step != TW_DB_ROW)
        return NULL;
    if (ret_texts != NULL && column_is_texts(st, 1))
        *ret_texts = column_bytes(st, 1);
    return column_bytes(st, 0);
}

gboolean
tw_sql_tail_summary(TwDbTx *tx, guint32 store, guint32 id, GBytes **ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, TAIL_SUMMARY);
    TwDbStep step;

    *ret = NULL;
    tw_db_bind_i64(st, 0, tail_id(store, id));
    step = tw_db_step(st, error);
    if (step == TW_DB_ROW && !tw_db_column_is_null(st, 0)) {
        gsize len;
        const guint8 *data = tw_db_column_bytes(st, 0, &len);
        *ret = tw_dictionary_unpack(data, len, TW_MAIL_SUMMARY_MAX_LEN, NULL);
        if (*ret == NULL)
            *ret = g_bytes_new(data, len); /* who reads it says what is wrong; a copy keeps it */
    }
    return step != TW_DB_FAILED;
}

gboolean
tw_sql_tail_mail(TwDbTx *tx, guint32 store, guint32 id, GBytes **ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, MAIL_GET);
    TwDbStep step;

    *ret = NULL;
    tw_db_bind_i64(st, 0, tail_id(store, id));
    tw_db_bind_i64(st, 1, tail_id(store, id));
    step = tw_db_step(st, error);
    if (step == TW_DB_ROW && !tw_db_column_is_null(st, 0))
        *ret = column_bytes(st, 0);
    else if (step == TW_DB_ROW && !tw_db_column_is_null(st, 1))
        *ret = column_is_texts(st, 1) ? g_bytes_new(NULL, 0) : column_bytes(st, 1);
    return step != TW_DB_FAILED;
}

static gboolean
copy_mail(TwDbTx *tx, guint32 store, guint32 from, guint32 to, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, MAIL_COPY);

    tw_db_bind_i64(st, 0, tail_id(store, to));
    tw_db_bind_i64(st, 1, tail_id(store, from));
    return tw_db_run(st, error);
}

gboolean
tw_sql_tail_copy(TwDbTx *tx, guint32 store, guint32 from, guint32 to, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, TAIL_COPY);

    tw_db_bind_i64(st, 0, tail_id(store, to));
    tw_db_bind_i64(st, 1, tail_id(store, from));
    if (!tw_db_run(st, error))
        return FALSE;
    if (tw_db_changes(st) > 0)
        return copy_mail(tx, store, from, to, error);
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "store %u, object %u: no record", store, from);
    return FALSE;
}

gboolean
tw_sql_tail_delete(TwDbTx *tx, guint32 store, guint32 id, GError **error)
{
    static const guint both[] = { TAIL_DELETE, MAIL_DELETE };

    for (guint i = 0; i < G_N_ELEMENTS(both); i++) {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, both[i]);
        tw_db_bind_i64(st, 0, tail_id(store, id));
        if (!tw_db_run(st, error))
            return FALSE;
    }
    return TRUE;
}

guint32
tw_sql_blobref_crc(guint32 store, const TwValueRow *ref)
{
    guint64 key[4] = { GUINT64_TO_LE(store), GUINT64_TO_LE(ref->bid), GUINT64_TO_LE(ref->kind),
                       GUINT64_TO_LE(ref->len) };
    guint32 crc = tw_crc32c(tw_crc32c(0, key, sizeof key), ref->part.bytes, ref->part.len);

    return tw_crc32c(crc, ref->id.bytes, TW_BLOB_ID_LEN);
}

gboolean
tw_sql_blobref_add(TwDbTx *tx, guint32 store, const TwValueRow *ref, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, REF_ADD);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, ref->bid);
    tw_db_bind_bytes(st, 2, ref->part.bytes, ref->part.len);
    tw_db_bind_i64(st, 3, ref->kind);
    tw_db_bind_bytes(st, 4, ref->id.bytes, TW_BLOB_ID_LEN);
    tw_db_bind_i64(st, 5, (gint64) ref->len);
    tw_db_bind_i64(st, 6, tw_sql_blobref_crc(store, ref));
    return tw_db_run_later(st, error);
}

GArray *
tw_sql_blobref_list(TwDbTx *tx, guint32 store, guint32 bid, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, REF_LIST);
    g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(TwValueRow));
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, bid);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        gsize part_len, len;
        const guint8 *part = tw_db_column_bytes(st, 0, &part_len);
        const guint8 *hash = tw_db_column_bytes(st, 2, &len);
        TwValueRow ref = {
            .bid = bid,
            .kind = (guint8) tw_db_column_i64(st, 1),
            .len = (guint64) tw_db_column_i64(st, 3),
        };
        gboolean fits = len == TW_BLOB_ID_LEN && part_len <= TW_PART_MAX_LEN;
        if (fits) {
            memcpy(ref.id.bytes, hash, TW_BLOB_ID_LEN);
            memcpy(ref.part.bytes, part, part_len);
            ref.part.len = (guint8) part_len;
        }
        if (!fits || tw_db_column_i64(st, 4) != tw_sql_blobref_crc(store, &ref)) {
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                        "store %u, object %u: damaged reference to a value", store, bid);
            return NULL;
        }
        g_array_append_val(refs, ref);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&refs) : NULL;
}

gboolean
tw_sql_blobref_delete(TwDbTx *tx, guint32 store, guint32 bid, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, REF_DELETE);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, bid);
    return tw_db_run(st, error);
}

gboolean
tw_sql_blobref_used(TwDbTx *tx, const TwBlobId *id, gboolean *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, REF_USED);
    TwDbStep step;

    tw_db_bind_bytes(st, 0, id->bytes, TW_BLOB_ID_LEN);
    step = tw_db_step(st, error);
    *ret = step == TW_DB_ROW;
    return step != TW_DB_FAILED;
}

gboolean
tw_sql_drop_some(TwDbTx *tx, guint32 store, guint max, gboolean *ret_more, GError **error)
{
    *ret_more = FALSE;
    for (guint which = DROP_TAIL; which <= DROP_TASK; which++) {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_content, which);
        gboolean range = which <= DROP_MAIL;
        tw_db_bind_i64(st, 0, range ? tail_id(store, 0) : (gint64) store);
        tw_db_bind_i64(st, 1, range ? tail_id(store + 1, 0) : (gint64) store);
        tw_db_bind_i64(st, 2, max);
        if (!tw_db_run(st, error))
            return FALSE;
        if (tw_db_changes(st) >= (gint64) max)
            *ret_more = TRUE;
    }
    return TRUE;
}
