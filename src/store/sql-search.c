/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of search folders: search_folder and search_def (a row each), search_scope (a row for each folder searched),
 * search_hit (a row for each result). */
#include "base/error.h"
#include "base/hash.h"
#include "store/search-private.h"

enum {
    PUT,
    GET,
    LIST,
    LIST_ALL,
    REMOVE,
    PUT_DEF,
    GET_DEF,
    REMOVE_DEF,
    SCOPE_PUT,
    SCOPE_REMOVE,
    SCOPE_LIST,
    SCOPE_CLEAR,
    HIT_ADD,
    HIT_GET,
    HIT_MARK,
    HIT_REMOVE,
    HIT_LIST,
    HIT_PAGE,
    HIT_COUNT,
    HIT_COUNT_THERE,
    HIT_CLEAR,
    OLD
};

static const TwDbSql rows[] = {
    [PUT] = { .sql = "INSERT OR REPLACE INTO search_folder(store, id, state, gen, hicn) "
                     "VALUES(?, ?, ?, ?, ?)",
              .mariadb = "REPLACE INTO search_folder(store, id, state, gen, hicn) "
                         "VALUES(?, ?, ?, ?, ?)" },
    [GET] = { .sql = "SELECT store, id, state, gen, hicn FROM search_folder WHERE store = ? "
                     "AND id = ?" },
    /* hot: the few rows of a store, in one piece, once a round */
    [LIST] = { .sql = "SELECT store, id, state, gen, hicn FROM search_folder WHERE store = ? "
                      "ORDER BY id" },
    [LIST_ALL] = { .sql = "SELECT store, id, state, gen, hicn FROM search_folder WHERE store > ? "
                          "ORDER BY store, id" },
    [REMOVE] = { .sql = "DELETE FROM search_folder WHERE store = ? AND id = ?" },
    [PUT_DEF] = { .sql = "INSERT OR REPLACE INTO search_def(store, id, def, crc) "
                         "VALUES(?, ?, ?, ?)",
                  .mariadb = "REPLACE INTO search_def(store, id, def, crc) VALUES(?, ?, ?, ?)" },
    [GET_DEF] = { .sql = "SELECT def, crc FROM search_def WHERE store = ? AND id = ?" },
    [REMOVE_DEF] = { .sql = "DELETE FROM search_def WHERE store = ? AND id = ?" },
    [SCOPE_PUT] = { .sql = "INSERT OR REPLACE INTO search_scope(store, search, gen, folder, state, "
                           "after) VALUES(?, ?, ?, ?, ?, ?)",
                    .mariadb = "REPLACE INTO search_scope(store, search, gen, folder, state, "
                               "after) VALUES(?, ?, ?, ?, ?, ?)" },
    [SCOPE_REMOVE] = { .sql = "DELETE FROM search_scope WHERE store = ? AND search = ? "
                              "AND gen = ? AND folder = ?" },
    [SCOPE_LIST] = { .sql = "SELECT folder, state, after FROM search_scope WHERE store = ? "
                            "AND search = ? AND gen = ? ORDER BY folder" },
    [SCOPE_CLEAR] = { .sql = "DELETE FROM search_scope WHERE store = ? AND search = ? AND "
                             "(gen, folder) IN (SELECT gen, folder FROM search_scope WHERE "
                             "store = ? AND search = ? AND gen < ? LIMIT ?)",
                      .mariadb = "DELETE FROM search_scope WHERE store = ? AND search = ? AND "
                                 "store = ? AND search = ? AND gen < ? LIMIT ?" },
    /* hot: one row */
    [HIT_ADD] = { .sql =
                      "INSERT OR IGNORE INTO search_hit(store, search, gen, mid, folder, unread) "
                      "VALUES(?, ?, ?, ?, ?, ?)",
                  .mariadb = "INSERT IGNORE INTO search_hit(store, search, gen, mid, folder, "
                             "unread) VALUES(?, ?, ?, ?, ?, ?)" },
    /* hot: one row by primary key, once for each change in scope */
    [HIT_GET] = { .sql = "SELECT mid, folder, unread FROM search_hit WHERE store = ? "
                         "AND search = ? AND gen = ? AND mid = ?" },
    [HIT_MARK] = { .sql = "UPDATE search_hit SET unread = ? WHERE store = ? AND search = ? "
                          "AND gen = ? AND mid = ?" },
    [HIT_REMOVE] = { .sql = "DELETE FROM search_hit WHERE store = ? AND search = ? AND gen = ? "
                            "AND mid = ?" },
    /* hot: as many rows as were asked for, in one piece */
    [HIT_LIST] = { .sql = "SELECT mid, folder, unread FROM search_hit WHERE store = ? "
                          "AND search = ? AND gen = ? AND mid > ? ORDER BY mid LIMIT ?" },
    /* hot: the same */
    [HIT_PAGE] = { .sql = "SELECT mid, folder, unread FROM search_hit WHERE store = ? "
                          "AND search = ? AND gen = ? AND mid < ? ORDER BY mid DESC LIMIT ?" },
    /* a row of msg by primary key for each result */
    [HIT_COUNT_THERE] = { .sql = "SELECT count(*) FROM search_hit h CROSS JOIN msg m ON "
                                 "m.store = h.store AND m.folder = h.folder AND m.state = 0 AND "
                                 "m.mid = h.mid WHERE h.store = ? AND h.search = ? AND h.gen = ?",
                          .mariadb = "SELECT STRAIGHT_JOIN count(*) FROM search_hit h JOIN msg m "
                                     "ON m.store = h.store AND m.folder = h.folder AND "
                                     "m.state = 0 AND m.mid = h.mid WHERE h.store = ? AND "
                                     "h.search = ? AND h.gen = ?" },
    [HIT_COUNT] = { .sql = "SELECT count(*), COALESCE(sum(unread), 0) FROM search_hit WHERE "
                           "store = ? AND search = ? AND gen = ?" },
    [HIT_CLEAR] = { .sql = "DELETE FROM search_hit WHERE store = ? AND search = ? AND "
                           "(gen, mid) IN (SELECT gen, mid FROM search_hit WHERE store = ? "
                           "AND search = ? AND gen < ? LIMIT ?)",
                    .mariadb = "DELETE FROM search_hit WHERE store = ? AND search = ? AND "
                               "store = ? AND search = ? AND gen < ? LIMIT ?" },
    [OLD] = { .sql = "SELECT EXISTS(SELECT 1 FROM search_hit WHERE store = ? AND search = ? AND "
                     "gen < ?) OR EXISTS(SELECT 1 FROM search_scope WHERE store = ? AND "
                     "search = ? AND gen < ?)" },
};

const TwDbSqlSet tw_sql_search = { "search_folder", rows, G_N_ELEMENTS(rows) };

/* ---- search_folder, search_def ---- */

gboolean
tw_sql_search_put(TwDbTx *tx, const TwSearchRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, PUT);

    tw_db_bind_i64(st, 0, row->store);
    tw_db_bind_i64(st, 1, row->id);
    tw_db_bind_i64(st, 2, row->state);
    tw_db_bind_i64(st, 3, row->gen);
    tw_db_bind_i64(st, 4, (gint64) row->hicn);
    return tw_db_run(st, error);
}

static TwSearchRow
read_search(TwDbStatement *st)
{
    return (TwSearchRow){
        .store = (guint32) tw_db_column_i64(st, 0),
        .id = (guint32) tw_db_column_i64(st, 1),
        .state = (guint8) tw_db_column_i64(st, 2),
        .gen = (guint32) tw_db_column_i64(st, 3),
        .hicn = (guint64) tw_db_column_i64(st, 4),
    };
}

gboolean
tw_sql_search_get(TwDbTx *tx, guint32 store, guint32 id, TwSearchRow *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, GET);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, id);
    step = tw_db_step(st, error);
    *ret = step == TW_DB_ROW ? read_search(st) : (TwSearchRow){ .store = store };
    return step != TW_DB_FAILED;
}

GArray *
tw_sql_search_list(TwDbTx *tx, guint32 store, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, store != 0 ? LIST : LIST_ALL);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwSearchRow));
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwSearchRow row = read_search(st);
        g_array_append_val(list, row);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&list) : NULL;
}

static guint32
def_crc(guint32 store, guint32 id, const guint8 *data, gsize len)
{
    guint32 key[2] = { GUINT32_TO_LE(store), GUINT32_TO_LE(id) };

    return tw_crc32c(tw_crc32c(0, key, sizeof key), data, len);
}

gboolean
tw_sql_search_put_def(TwDbTx *tx, guint32 store, guint32 id, GBytes *definition, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, PUT_DEF);
    gsize len;
    const guint8 *data = g_bytes_get_data(definition, &len);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, id);
    tw_db_bind_bytes(st, 2, data, len);
    tw_db_bind_i64(st, 3, def_crc(store, id, data, len));
    return tw_db_run(st, error);
}

GBytes *
tw_sql_search_get_def(TwDbTx *tx, guint32 store, guint32 id, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, GET_DEF);
    const guint8 *data;
    gsize len;
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, id);
    step = tw_db_step(st, error);
    if (step == TW_DB_FAILED)
        return NULL;
    data = step == TW_DB_ROW ? tw_db_column_bytes(st, 0, &len) : NULL;
    if (data != NULL && tw_db_column_i64(st, 1) == def_crc(store, id, data, len))
        return g_bytes_new(data, len);
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                "store %u, search folder %u: its criteria are %s", store, id,
                data != NULL ? "damaged" : "not there");
    return NULL;
}

gboolean
tw_sql_search_delete(TwDbTx *tx, guint32 store, guint32 id, GError **error)
{
    static const guint which[] = { REMOVE, REMOVE_DEF };

    for (guint i = 0; i < G_N_ELEMENTS(which); i++) {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, which[i]);
        tw_db_bind_i64(st, 0, store);
        tw_db_bind_i64(st, 1, id);
        if (!tw_db_run(st, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- search_scope ---- */

static void
bind_search(TwDbStatement *st, guint at, const TwSearchRow *search)
{
    tw_db_bind_i64(st, at, search->store);
    tw_db_bind_i64(st, at + 1, search->id);
    tw_db_bind_i64(st, at + 2, search->gen);
}

gboolean
tw_sql_scope_put(TwDbTx *tx, const TwSearchRow *search, const TwScopeRow *row, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, SCOPE_PUT);

    bind_search(st, 0, search);
    tw_db_bind_i64(st, 3, row->folder);
    tw_db_bind_i64(st, 4, row->state);
    tw_db_bind_i64(st, 5, row->after);
    return tw_db_run(st, error);
}

gboolean
tw_sql_scope_delete(TwDbTx *tx, const TwSearchRow *search, guint32 folder, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, SCOPE_REMOVE);

    bind_search(st, 0, search);
    tw_db_bind_i64(st, 3, folder);
    return tw_db_run(st, error);
}

GArray *
tw_sql_scope_list(TwDbTx *tx, const TwSearchRow *search, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, SCOPE_LIST);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwScopeRow));
    TwDbStep step;

    bind_search(st, 0, search);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwScopeRow row = {
            .folder = (guint32) tw_db_column_i64(st, 0),
            .state = (guint8) tw_db_column_i64(st, 1),
            .after = (guint32) tw_db_column_i64(st, 2),
        };
        g_array_append_val(list, row);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&list) : NULL;
}

/* ---- search_hit ---- */

gboolean
tw_sql_hit_add(TwDbTx *tx,
               const TwSearchRow *search,
               const TwSearchHit *hit,
               gboolean *ret_new,
               GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, HIT_ADD);

    bind_search(st, 0, search);
    tw_db_bind_i64(st, 3, hit->mid);
    tw_db_bind_i64(st, 4, hit->folder);
    tw_db_bind_i64(st, 5, hit->unread ? 1 : 0);
    if (!tw_db_run(st, error))
        return FALSE;
    *ret_new = tw_db_changes(st) > 0;
    return TRUE;
}

static TwSearchHit
read_hit(TwDbStatement *st)
{
    return (TwSearchHit){
        .mid = (guint32) tw_db_column_i64(st, 0),
        .folder = (guint32) tw_db_column_i64(st, 1),
        .unread = tw_db_column_i64(st, 2) != 0,
    };
}

gboolean
tw_sql_hit_get(TwDbTx *tx, const TwSearchRow *search, guint32 mid, TwSearchHit *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, HIT_GET);
    TwDbStep step;

    bind_search(st, 0, search);
    tw_db_bind_i64(st, 3, mid);
    step = tw_db_step(st, error);
    *ret = step == TW_DB_ROW ? read_hit(st) : (TwSearchHit){ .mid = 0 };
    return step != TW_DB_FAILED;
}

gboolean
tw_sql_hit_mark(TwDbTx *tx, const TwSearchRow *search, const TwSearchHit *hit, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, HIT_MARK);

    tw_db_bind_i64(st, 0, hit->unread ? 1 : 0);
    bind_search(st, 1, search);
    tw_db_bind_i64(st, 4, hit->mid);
    return tw_db_run(st, error);
}

gboolean
tw_sql_hit_delete(TwDbTx *tx, const TwSearchRow *search, guint32 mid, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, HIT_REMOVE);

    bind_search(st, 0, search);
    tw_db_bind_i64(st, 3, mid);
    return tw_db_run(st, error);
}

static GArray *
list_hits(TwDbStatement *st, const TwSearchRow *search, guint64 from, guint max, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwSearchHit));
    TwDbStep step;

    bind_search(st, 0, search);
    tw_db_bind_i64(st, 3, (gint64) from);
    tw_db_bind_i64(st, 4, max);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwSearchHit hit = read_hit(st);
        g_array_append_val(list, hit);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&list) : NULL;
}

GArray *
tw_sql_hit_list(TwDbTx *tx, const TwSearchRow *search, guint32 after, guint max, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, HIT_LIST);

    return list_hits(st, search, after, max, error);
}

GArray *
tw_sql_hit_page(TwDbTx *tx, const TwSearchRow *search, guint64 before, guint max, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, HIT_PAGE);

    return list_hits(st, search, before, max, error);
}

gboolean
tw_sql_hit_count_there(TwDbTx *tx, const TwSearchRow *search, guint32 *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, HIT_COUNT_THERE);

    bind_search(st, 0, search);
    if (tw_db_step(st, error) != TW_DB_ROW)
        return FALSE;
    *ret = (guint32) tw_db_column_i64(st, 0);
    return TRUE;
}

gboolean
tw_sql_hit_count(
    TwDbTx *tx, const TwSearchRow *search, guint32 *ret_total, guint32 *ret_unread, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, HIT_COUNT);

    bind_search(st, 0, search);
    if (tw_db_step(st, error) != TW_DB_ROW)
        return FALSE;
    *ret_total = (guint32) tw_db_column_i64(st, 0);
    *ret_unread = (guint32) tw_db_column_i64(st, 1);
    return TRUE;
}

gboolean
tw_sql_search_clear(
    TwDbTx *tx, guint32 store, guint32 id, guint32 gen, guint max, guint *ret_count, GError **error)
{
    static const guint which[] = { HIT_CLEAR, SCOPE_CLEAR };

    *ret_count = 0;
    for (guint i = 0; i < G_N_ELEMENTS(which); i++) {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, which[i]);
        tw_db_bind_i64(st, 0, store);
        tw_db_bind_i64(st, 1, id);
        tw_db_bind_i64(st, 2, store);
        tw_db_bind_i64(st, 3, id);
        tw_db_bind_i64(st, 4, gen);
        tw_db_bind_i64(st, 5, max);
        if (!tw_db_run(st, error))
            return FALSE;
        *ret_count += (guint) tw_db_changes(st);
    }
    return TRUE;
}

gboolean
tw_sql_search_has_old(TwDbTx *tx, const TwSearchRow *search, gboolean *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_search, OLD);

    bind_search(st, 0, search);
    bind_search(st, 3, search);
    if (tw_db_step(st, error) != TW_DB_ROW)
        return FALSE;
    *ret = tw_db_column_i64(st, 0) != 0;
    return TRUE;
}
