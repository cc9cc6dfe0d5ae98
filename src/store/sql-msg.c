/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table msg: a message's clustered row, in its folder's list of its state. */
#include "base/error.h"
#include "base/hash.h"
#include "store/store-private.h"

enum {
    INSERT,
    GET,
    GET_HEAD,
    GET_IN,
    UPDATE,
    UPDATE_FLAGS,
    REKEY,
    REMOVE,
    LIST,
    LIST_HEAD,
    LIST_UID,
    INDEX,
    CHANGED,
    MIDS,
    PICK,
    PICK_MANY,
    SCAN,
    SCAN_SOME,
    SCAN_FLAGS,
    PAGE
};

enum {
    MANY = 32, /* messages that are looked for by one statement */
    FEW = 8,   /* fewer are looked for one by one */
    PASSED =
        8, /* neighbours passed over, and two for each that was wanted, before the list is left */
};

/* What tables show: each column of a row costs as much as a comparison. */
#define SHOWN "mid, COALESCE(uid, 0), size, flags, status, kw, cn, bid, head, crc, placed"

#define EIGHT "?, ?, ?, ?, ?, ?, ?, ?"

#define COLUMNS                                                                                    \
    "folder, state, mid, COALESCE(uid, 0), recv, size, flags, status, kw, cn, cn_create, "         \
    "cn_read, bid, conv, placed"

static const TwDbSql rows[] = {
    /* hot: one row at the end of its list; two index entries */
    [INSERT] = { .sql =
                     "INSERT INTO msg(store, folder, state, mid, uid, recv, size, flags, status, "
                     "kw, cn, cn_create, cn_read, bid, conv, head, crc, placed) "
                     "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
    /* hot: index msg_mid, then one row */
    [GET] = { .sql = "SELECT " COLUMNS " FROM msg WHERE store = ? AND mid = ?" },
    [GET_HEAD] = { .sql = "SELECT " COLUMNS ", head, crc FROM msg WHERE store = ? AND mid = ?" },
    /* hot: one row by primary key, no index */
    [GET_IN] = { .sql = "SELECT " COLUMNS " FROM msg WHERE store = ? AND folder = ? AND state = 0 "
                        "AND mid = ?" },
    [UPDATE] = { .sql = "UPDATE msg SET recv = ?, size = ?, flags = ?, status = ?, kw = ?, cn = ?, "
                        "cn_read = ?, bid = ?, conv = ?, head = ?, crc = ?, uid = ? "
                        "WHERE store = ? AND folder = ? AND state = ? AND mid = ?" },
    /* hot: one row by primary key, no index */
    [UPDATE_FLAGS] = { .sql = "UPDATE msg SET flags = ?, status = ?, kw = ?, cn = ?, cn_read = ? "
                              "WHERE store = ? AND folder = ? AND state = ? AND mid = ?" },
    /* hot: one row and two index entries move */
    [REKEY] = { .sql = "UPDATE msg SET folder = ?, state = ?, mid = ?, uid = ?, kw = ?, cn = ?, "
                       "cn_create = ?, placed = ? WHERE store = ? AND folder = ? AND state = ? "
                       "AND mid = ?" },
    [REMOVE] = { .sql = "DELETE FROM msg WHERE store = ? AND folder = ? AND state = ? "
                        "AND mid = ?" },
    /* hot: as many rows as were asked for, in one piece */
    [LIST] = { .sql = "SELECT " COLUMNS " FROM msg WHERE store = ? AND folder = ? AND state = ? "
                      "AND mid > ? ORDER BY mid LIMIT ?" },
    [LIST_HEAD] = { .sql = "SELECT " COLUMNS ", head, crc FROM msg WHERE store = ? AND folder = ? "
                           "AND state = ? AND mid > ? ORDER BY mid LIMIT ?" },
    /* index msg_uid, a row for each */
    [LIST_UID] = { .sql = "SELECT " COLUMNS " FROM msg INDEXED BY msg_uid WHERE store = ? "
                          "AND folder = ? AND uid > ? ORDER BY uid LIMIT ?",
                   .mariadb = "SELECT " COLUMNS " FROM msg FORCE INDEX(msg_uid) WHERE store = ? "
                              "AND folder = ? AND uid > ? ORDER BY uid LIMIT ?" },
    /* hot: every row of the list, without what follows the number of its last change */
    [INDEX] = { .sql = "SELECT mid, COALESCE(uid, 0), flags, status, kw, cn, cn_read FROM msg "
                       "WHERE store = ? AND folder = ? AND state = 0 ORDER BY mid" },
    /* hot: as many changes as were asked for, in one piece; index msg_mid and a row for each of a message */
    [CHANGED] = { .sql =
                      "SELECT m.folder, m.state, m.mid, COALESCE(m.uid, 0), m.recv, m.size, "
                      "m.flags, m.status, m.kw, m.cn, m.cn_create, m.cn_read, m.bid, m.conv, "
                      "m.placed, c.cn, c.folder, c.id, c.op, c.aux FROM chg c LEFT JOIN msg m ON "
                      "m.store = c.store AND m.mid = c.id AND c.op BETWEEN 16 AND 31 "
                      "WHERE c.store = ? AND c.cn > ? ORDER BY c.cn LIMIT ?" },
    [MIDS] = { .sql = "SELECT mid FROM msg WHERE store = ? AND folder = ? AND state = ? "
                      "AND mid > ? ORDER BY mid LIMIT ?" },
    /* hot: one row by primary key, no index */
    [PICK] = { .sql = "SELECT " SHOWN " FROM msg WHERE store = ? AND folder = ? AND state = ? "
                      "AND mid = ?" },
    /* hot: one row by primary key for each, from where the last one was found */
    [PICK_MANY] = { .sql = "SELECT " SHOWN " FROM msg WHERE store = ? AND folder = ? AND state = ? "
                           "AND mid IN (" EIGHT ", " EIGHT ", " EIGHT ", " EIGHT ")" },
    /* hot: a folder's list, in one piece */
    [SCAN] = { .sql = "SELECT " SHOWN " FROM msg WHERE store = ? AND folder = ? AND state = ? "
                      "AND mid > ? ORDER BY mid LIMIT ?" },
    /* hot: likewise, and a row that is passed over costs a look at one column */
    [SCAN_SOME] = { .sql = "SELECT " SHOWN " FROM msg WHERE store = ? AND folder = ? AND state = ? "
                           "AND mid > ? AND (flags & ?) = ? ORDER BY mid LIMIT ?" },
    /* hot: as many rows as were asked for, in one piece */
    [PAGE] = { .sql = "SELECT " SHOWN " FROM msg WHERE store = ? AND folder = ? AND state = ? "
                      "AND mid < ? ORDER BY mid DESC LIMIT ?" },
    [SCAN_FLAGS] = { .sql = "SELECT mid, flags FROM msg WHERE store = ? AND folder = ? "
                            "AND state = ? AND mid > ? ORDER BY mid LIMIT ?" },
};

const TwDbSqlSet tw_sql_msg = { "msg", rows, G_N_ELEMENTS(rows) };

void
tw_message_row_clear(TwMessageRow *row)
{
    g_clear_pointer(&row->head, g_bytes_unref);
}

/* The body id in it tells a head that stands in another message's row. */
static guint32
head_crc(guint32 store, guint32 bid, const guint8 *head, gsize len)
{
    guint32 key[2] = { GUINT32_TO_LE(store), GUINT32_TO_LE(bid) };

    return tw_crc32c(tw_crc32c(0, key, sizeof key), head, len);
}

static void
bind_uid(TwDbStatement *st, guint index, guint32 uid)
{
    if (uid == 0)
        tw_db_bind_null(st, index);
    else
        tw_db_bind_i64(st, index, uid);
}

gboolean
tw_sql_msg_insert(TwDbTx *tx, const TwMessageRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, INSERT);
    gsize len;
    const guint8 *head = g_bytes_get_data(row->head, &len);

    tw_db_bind_i64(st, 0, row->store);
    tw_db_bind_i64(st, 1, row->folder);
    tw_db_bind_i64(st, 2, row->state);
    tw_db_bind_i64(st, 3, row->mid);
    bind_uid(st, 4, row->uid);
    tw_db_bind_i64(st, 5, row->recv);
    tw_db_bind_i64(st, 6, row->size);
    tw_db_bind_i64(st, 7, row->flags);
    tw_db_bind_i64(st, 8, row->status);
    tw_db_bind_i64(st, 9, (gint64) row->kw);
    tw_db_bind_i64(st, 10, (gint64) row->cn);
    tw_db_bind_i64(st, 11, (gint64) row->cn_create);
    tw_db_bind_i64(st, 12, (gint64) row->cn_read);
    tw_db_bind_i64(st, 13, row->bid);
    tw_db_bind_i64(st, 14, (gint64) row->conv);
    tw_db_bind_bytes(st, 15, head, len);
    tw_db_bind_i64(st, 16, head_crc(row->store, row->bid, head, len));
    tw_db_bind_i64(st, 17, row->placed);
    return tw_db_run_later(st, error);
}

static gboolean
read_row(TwDbStatement *st, guint32 store, gboolean with_head, TwMessageRow *ret, GError **error)
{
    *ret = (TwMessageRow){
        .store = store,
        .folder = (guint32) tw_db_column_i64(st, 0),
        .state = (guint8) tw_db_column_i64(st, 1),
        .mid = (guint32) tw_db_column_i64(st, 2),
        .uid = (guint32) tw_db_column_i64(st, 3),
        .recv = tw_db_column_i64(st, 4),
        .size = tw_db_column_i64(st, 5),
        .flags = (guint32) tw_db_column_i64(st, 6),
        .status = (guint32) tw_db_column_i64(st, 7),
        .kw = (guint64) tw_db_column_i64(st, 8),
        .cn = (guint64) tw_db_column_i64(st, 9),
        .cn_create = (guint64) tw_db_column_i64(st, 10),
        .cn_read = (guint64) tw_db_column_i64(st, 11),
        .bid = (guint32) tw_db_column_i64(st, 12),
        .conv = (guint64) tw_db_column_i64(st, 13),
        .placed = tw_db_column_i64(st, 14),
    };
    if (with_head) {
        gsize len;
        const guint8 *head = tw_db_column_bytes(st, 15, &len);
        if (tw_db_column_i64(st, 16) != head_crc(store, ret->bid, head, len)) {
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "store %u, message %u: damaged head",
                        store, ret->mid);
            return FALSE;
        }
        ret->head = g_bytes_new(head, len);
    }
    return TRUE;
}

gboolean
tw_sql_msg_get(
    TwDbTx *tx, guint32 store, guint32 mid, gboolean head, TwMessageRow *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, head ? GET_HEAD : GET);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, mid);
    step = tw_db_step(st, error);
    if (step == TW_DB_DONE)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "store %u has no message %u", store, mid);
    return step == TW_DB_ROW && read_row(st, store, head, ret, error);
}

gboolean
tw_sql_msg_get_in(TwDbTx *tx,
                  guint32 store,
                  guint32 folder,
                  guint32 mid,
                  TwMessageRow *ret,
                  gboolean *ret_found,
                  GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, GET_IN);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    tw_db_bind_i64(st, 2, mid);
    step = tw_db_step(st, error);
    *ret_found = step == TW_DB_ROW;
    return step == TW_DB_DONE || (step == TW_DB_ROW && read_row(st, store, FALSE, ret, error));
}

gboolean
tw_sql_msg_update(TwDbTx *tx, const TwMessageRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, UPDATE);
    gsize len;
    const guint8 *head = g_bytes_get_data(row->head, &len);

    tw_db_bind_i64(st, 0, row->recv);
    tw_db_bind_i64(st, 1, row->size);
    tw_db_bind_i64(st, 2, row->flags);
    tw_db_bind_i64(st, 3, row->status);
    tw_db_bind_i64(st, 4, (gint64) row->kw);
    tw_db_bind_i64(st, 5, (gint64) row->cn);
    tw_db_bind_i64(st, 6, (gint64) row->cn_read);
    tw_db_bind_i64(st, 7, row->bid);
    tw_db_bind_i64(st, 8, (gint64) row->conv);
    tw_db_bind_bytes(st, 9, head, len);
    tw_db_bind_i64(st, 10, head_crc(row->store, row->bid, head, len));
    bind_uid(st, 11, row->uid);
    tw_db_bind_i64(st, 12, row->store);
    tw_db_bind_i64(st, 13, row->folder);
    tw_db_bind_i64(st, 14, row->state);
    tw_db_bind_i64(st, 15, row->mid);
    return tw_db_run(st, error);
}

gboolean
tw_sql_msg_update_flags(TwDbTx *tx, const TwMessageRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, UPDATE_FLAGS);

    tw_db_bind_i64(st, 0, row->flags);
    tw_db_bind_i64(st, 1, row->status);
    tw_db_bind_i64(st, 2, (gint64) row->kw);
    tw_db_bind_i64(st, 3, (gint64) row->cn);
    tw_db_bind_i64(st, 4, (gint64) row->cn_read);
    tw_db_bind_i64(st, 5, row->store);
    tw_db_bind_i64(st, 6, row->folder);
    tw_db_bind_i64(st, 7, row->state);
    tw_db_bind_i64(st, 8, row->mid);
    return tw_db_run(st, error);
}

gboolean
tw_sql_msg_rekey(TwDbTx *tx, const TwMessageRow *old, const TwMessageRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, REKEY);

    tw_db_bind_i64(st, 0, row->folder);
    tw_db_bind_i64(st, 1, row->state);
    tw_db_bind_i64(st, 2, row->mid);
    bind_uid(st, 3, row->uid);
    tw_db_bind_i64(st, 4, (gint64) row->kw);
    tw_db_bind_i64(st, 5, (gint64) row->cn);
    tw_db_bind_i64(st, 6, (gint64) row->cn_create);
    tw_db_bind_i64(st, 7, row->placed);
    tw_db_bind_i64(st, 8, old->store);
    tw_db_bind_i64(st, 9, old->folder);
    tw_db_bind_i64(st, 10, old->state);
    tw_db_bind_i64(st, 11, old->mid);
    return tw_db_run(st, error);
}

gboolean
tw_sql_msg_delete(TwDbTx *tx, const TwMessageRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, REMOVE);

    tw_db_bind_i64(st, 0, row->store);
    tw_db_bind_i64(st, 1, row->folder);
    tw_db_bind_i64(st, 2, row->state);
    tw_db_bind_i64(st, 3, row->mid);
    return tw_db_run(st, error);
}

static gboolean
walk(TwDbStatement *st,
     guint32 store,
     gboolean head,
     TwMessageFunc func,
     gpointer data,
     GError **error)
{
    TwDbStep step;

    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        g_auto(TwMessageRow) row = { 0 };
        g_autoptr(GError) damage = NULL;
        if (!read_row(st, store, head, &row, &damage))
            row.head = NULL; /* told by its absence: the list goes on without it */
        if (!func(&row, data))
            return TRUE;
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_msg_list(TwDbTx *tx,
                guint32 store,
                guint32 folder,
                TwMessageState state,
                guint32 after,
                guint max,
                gboolean head,
                TwMessageFunc func,
                gpointer data,
                GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, head ? LIST_HEAD : LIST);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    tw_db_bind_i64(st, 2, state);
    tw_db_bind_i64(st, 3, after);
    tw_db_bind_i64(st, 4, max);
    return walk(st, store, head, func, data, error);
}

gboolean
tw_sql_msg_list_uid(TwDbTx *tx,
                    guint32 store,
                    guint32 folder,
                    guint32 after,
                    guint max,
                    TwMessageFunc func,
                    gpointer data,
                    GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, LIST_UID);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    tw_db_bind_i64(st, 2, after);
    tw_db_bind_i64(st, 3, max);
    return walk(st, store, FALSE, func, data, error);
}

gboolean
tw_sql_msg_index(
    TwDbTx *tx, guint32 store, guint32 folder, TwIndexFunc func, gpointer data, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, INDEX);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        guint64 cn = (guint64) tw_db_column_i64(st, 5);
        guint64 cn_read = (guint64) tw_db_column_i64(st, 6);
        TwFolderIndexRow row = {
            .mid = (guint32) tw_db_column_i64(st, 0),
            .uid = (guint32) tw_db_column_i64(st, 1),
            .flags = (guint32) tw_db_column_i64(st, 2),
            .status = (guint32) tw_db_column_i64(st, 3),
            .kw = (guint64) tw_db_column_i64(st, 4),
            .modseq = MAX(cn, cn_read),
        };
        if (!func(&row, data))
            return TRUE;
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_msg_changed(TwDbTx *tx, guint32 store, guint64 since, guint max, GArray *out, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, CHANGED);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, (gint64) since);
    tw_db_bind_i64(st, 2, max);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwChangedMessage row = {
            .change = {
                .cn = (guint64) tw_db_column_i64(st, 15),
                .store = store,
                .folder = (guint32) tw_db_column_i64(st, 16),
                .id = (guint32) tw_db_column_i64(st, 17),
                .op = (guint8) tw_db_column_i64(st, 18),
                .aux = (guint32) tw_db_column_i64(st, 19),
            },
        };
        if (!tw_db_column_is_null(st, 2) && !read_row(st, store, FALSE, &row.message, error))
            return FALSE;
        g_array_append_val(out, row);
    }
    return step == TW_DB_DONE;
}

GArray *
tw_sql_msg_mids(TwDbTx *tx,
                guint32 store,
                guint32 folder,
                TwMessageState state,
                guint32 after,
                guint max,
                GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, MIDS);
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    tw_db_bind_i64(st, 2, state);
    tw_db_bind_i64(st, 3, after);
    tw_db_bind_i64(st, 4, max);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        guint32 mid = (guint32) tw_db_column_i64(st, 0);
        g_array_append_val(mids, mid);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&mids) : NULL;
}

/* ---- for tables: heads are lent, not copied ---- */

typedef struct {
    guint32 store, folder;
    TwMessageState state;
    gboolean head;
    TwSqlMsgFunc func;
    gpointer data;
} Lend;

static gboolean
lend_row(TwDbStatement *st, const Lend *lend)
{
    TwMessageRow row = {
        .store = lend->store,
        .folder = lend->folder,
        .state = (guint8) lend->state,
        .mid = (guint32) tw_db_column_i64(st, 0),
    };
    const guint8 *head;
    gsize len;

    if (!lend->head) {
        row.flags = (guint32) tw_db_column_i64(st, 1);
        return lend->func(&row, NULL, 0, lend->data);
    }
    row.uid = (guint32) tw_db_column_i64(st, 1);
    row.size = tw_db_column_i64(st, 2);
    row.flags = (guint32) tw_db_column_i64(st, 3);
    row.status = (guint32) tw_db_column_i64(st, 4);
    row.kw = (guint64) tw_db_column_i64(st, 5);
    row.cn = (guint64) tw_db_column_i64(st, 6);
    row.bid = (guint32) tw_db_column_i64(st, 7);
    row.placed = tw_db_column_i64(st, 10);
    head = tw_db_column_bytes(st, 8, &len);
    if (tw_db_column_i64(st, 9) != head_crc(lend->store, row.bid, head, len))
        head = NULL; /* told by its absence, as in lists */
    return lend->func(&row, head, head != NULL ? len : 0, lend->data);
}

gboolean
tw_sql_msg_scan(TwDbTx *tx,
                guint32 store,
                guint32 folder,
                TwMessageState state,
                guint32 after,
                guint max,
                gboolean head,
                const TwFlagsFilter *flags,
                TwSqlMsgFunc func,
                gpointer data,
                GError **error)
{
    gboolean some = head && flags != NULL && flags->mask != 0;
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg,
                                                  some   ? SCAN_SOME
                                                  : head ? SCAN
                                                         : SCAN_FLAGS);
    Lend lend = { store, folder, state, head, func, data };
    TwDbStep step;
    guint at = 4;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    tw_db_bind_i64(st, 2, state);
    tw_db_bind_i64(st, 3, after);
    if (some) {
        tw_db_bind_i64(st, at++, flags->mask);
        tw_db_bind_i64(st, at++, flags->value);
    }
    tw_db_bind_i64(st, at, max);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        if (!lend_row(st, &lend))
            return TRUE;
    }
    return step == TW_DB_DONE;
}

gboolean
tw_sql_msg_page(TwDbTx *tx,
                guint32 store,
                guint32 folder,
                TwMessageState state,
                guint64 before,
                guint max,
                TwSqlMsgFunc func,
                gpointer data,
                GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, PAGE);
    Lend lend = { store, folder, state, TRUE, func, data };
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, folder);
    tw_db_bind_i64(st, 2, state);
    tw_db_bind_i64(st, 3, (gint64) before);
    tw_db_bind_i64(st, 4, max);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        if (!lend_row(st, &lend))
            return TRUE;
    }
    return step == TW_DB_DONE;
}

/* One message; FALSE in @ret_go: no more are wanted. */
static gboolean
pick_one(TwDbTx *tx, Lend *lend, guint32 mid, gboolean *ret_go, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, PICK);
    TwDbStep step;

    tw_db_bind_i64(st, 0, lend->store);
    tw_db_bind_i64(st, 1, lend->folder);
    tw_db_bind_i64(st, 2, lend->state);
    tw_db_bind_i64(st, 3, mid);
    step = tw_db_step(st, error);
    *ret_go = step != TW_DB_ROW || lend_row(st, lend);
    return step != TW_DB_FAILED;
}

/* At most MANY of one folder. */
static gboolean
pick_many(TwDbTx *tx,
          Lend *lend,
          const TwMessagePlace *places,
          guint count,
          gboolean *ret_go,
          GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, PICK_MANY);
    TwDbStep step = TW_DB_DONE;

    *ret_go = TRUE;
    tw_db_bind_i64(st, 0, lend->store);
    tw_db_bind_i64(st, 1, lend->folder);
    tw_db_bind_i64(st, 2, lend->state);
    for (guint i = 0; i < MANY; i++)
        tw_db_bind_i64(st, 3 + i, places[MIN(i, count - 1)].mid);
    while (*ret_go && (step = tw_db_step(st, error)) == TW_DB_ROW)
        *ret_go = lend_row(st, lend);
    return step != TW_DB_FAILED;
}

/* Messages of one folder that may lie side by side: goes along the list as long as many of its rows are wanted. In *ret_done
 * how many places were passed. */
static gboolean
pick_near(TwDbTx *tx,
          Lend *lend,
          const TwMessagePlace *places,
          guint count,
          guint *ret_done,
          gboolean *ret_go,
          GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_msg, SCAN);
    guint done = 0, others = 0, found = 0;
    TwDbStep step = TW_DB_DONE;

    *ret_go = TRUE;
    tw_db_bind_i64(st, 0, lend->store);
    tw_db_bind_i64(st, 1, lend->folder);
    tw_db_bind_i64(st, 2, lend->state);
    tw_db_bind_i64(st, 3, (gint64) places[0].mid - 1);
    tw_db_bind_i64(st, 4, 3 * (gint64) count + PASSED);
    while (*ret_go && done < count && others <= PASSED + 2 * found &&
           (step = tw_db_step(st, error)) == TW_DB_ROW) {
        guint32 mid = (guint32) tw_db_column_i64(st, 0);
        while (done < count && places[done].mid < mid)
            done++; /* it is not there any more */
        if (done == count || places[done].mid != mid) {
            others++;
            continue;
        }
        *ret_go = lend_row(st, lend);
        done++;
        found++;
    }
    *ret_done = done;
    return step != TW_DB_FAILED;
}

/* At most MANY of one folder, wherever they lie. */
static gboolean
pick_some(TwDbTx *tx,
          Lend *lend,
          const TwMessagePlace *places,
          guint count,
          gboolean *ret_go,
          GError **error)
{
    if (count >= FEW)
        return pick_many(tx, lend, places, count, ret_go, error);
    *ret_go = TRUE;
    for (guint i = 0; *ret_go && i < count; i++) {
        if (!pick_one(tx, lend, places[i].mid, ret_go, error))
            return FALSE;
    }
    return TRUE;
}

/* How many from the first on are in its folder. */
static guint
run_of_folder(const TwMessagePlace *places, guint count)
{
    guint run = 1;

    while (run < count && places[run].folder == places[0].folder)
        run++;
    return run;
}

/* All of one folder. */
static gboolean
pick_run(TwDbTx *tx,
         Lend *lend,
         const TwMessagePlace *places,
         guint count,
         gboolean *ret_go,
         GError **error)
{
    guint done = 0;

    *ret_go = TRUE;
    if (count >= FEW && !pick_near(tx, lend, places, count, &done, ret_go, error))
        return FALSE;
    for (guint some; *ret_go && done < count; done += some) {
        some = MIN(count - done, MANY);
        if (!pick_some(tx, lend, places + done, some, ret_go, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_sql_msg_pick(TwDbTx *tx,
                guint32 store,
                TwMessageState state,
                const TwMessagePlace *places,
                guint count,
                TwSqlMsgFunc func,
                gpointer data,
                GError **error)
{
    Lend lend = { store, 0, state, TRUE, func, data };
    gboolean go = TRUE;

    for (guint i = 0, run; go && i < count; i += run) {
        run = run_of_folder(places + i, count - i);
        lend.folder = places[i].folder;
        if (!pick_run(tx, &lend, places + i, run, &go, error))
            return FALSE;
    }
    return TRUE;
}
