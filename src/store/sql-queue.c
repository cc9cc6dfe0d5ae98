/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table outgoing: a row for each message in a queue. */
#include "store/queue-private.h"

enum {
    PUT,
    GET,
    REMOVE,
    LIST,
    LIST_ALL,
    COUNT
};

#define COLUMNS "store, mid, flags, state, tries, due, submitted"

static const TwDbSql rows[] = {
    [PUT] = { .sql = "INSERT OR REPLACE INTO outgoing(" COLUMNS ", master) "
                     "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
              .mariadb = "REPLACE INTO outgoing(" COLUMNS ", master) "
                         "VALUES(?, ?, ?, ?, ?, ?, ?, ?)" },
    [GET] = { .sql = "SELECT " COLUMNS " FROM outgoing WHERE store = ? AND mid = ? "
                     "AND master = ?" },
    [REMOVE] = { .sql = "DELETE FROM outgoing WHERE store = ? AND mid = ? AND master = ?" },
    [LIST] = { .sql = "SELECT " COLUMNS " FROM outgoing WHERE store = ? ORDER BY mid, master" },
    /* not of those that are being deleted, or filled by an import */
    [LIST_ALL] = { .sql = "SELECT " COLUMNS " FROM outgoing WHERE store > ? AND store NOT IN "
                          "(SELECT id FROM store WHERE state = 1 OR state = 2) "
                          "ORDER BY store, mid, master" },
    [COUNT] = { .sql = "SELECT count(*) FROM outgoing WHERE store = ?" },
};

const TwDbSqlSet tw_sql_queue = { "outgoing", rows, G_N_ELEMENTS(rows) };

gboolean
tw_sql_queue_put(TwDbTx *tx, const TwQueueEntry *entry, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_queue, PUT);

    tw_db_bind_i64(st, 0, entry->store);
    tw_db_bind_i64(st, 1, entry->mid);
    tw_db_bind_i64(st, 2, entry->flags);
    tw_db_bind_i64(st, 3, entry->state);
    tw_db_bind_i64(st, 4, entry->tries);
    tw_db_bind_i64(st, 5, entry->due_us);
    tw_db_bind_i64(st, 6, entry->submitted_us);
    tw_db_bind_i64(st, 7, entry->flags & TW_QUEUE_MASTER ? 1 : 0);
    return tw_db_run(st, error);
}

static TwQueueEntry
read_entry(TwDbStatement *st)
{
    return (TwQueueEntry){
        .store = (guint32) tw_db_column_i64(st, 0),
        .mid = (guint32) tw_db_column_i64(st, 1),
        .flags = (guint32) tw_db_column_i64(st, 2),
        .state = tw_db_column_i64(st, 3) == TW_QUEUE_TAKEN ? TW_QUEUE_TAKEN : TW_QUEUE_WAITING,
        .tries = (guint32) tw_db_column_i64(st, 4),
        .due_us = tw_db_column_i64(st, 5),
        .submitted_us = tw_db_column_i64(st, 6),
    };
}

gboolean
tw_sql_queue_get(
    TwDbTx *tx, guint32 store, guint32 mid, gboolean master, TwQueueEntry *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_queue, GET);
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, mid);
    tw_db_bind_i64(st, 2, master ? 1 : 0);
    step = tw_db_step(st, error);
    *ret = step == TW_DB_ROW ? read_entry(st) : (TwQueueEntry){ .mid = 0 };
    return step != TW_DB_FAILED;
}

gboolean
tw_sql_queue_delete(
    TwDbTx *tx, guint32 store, guint32 mid, gboolean master, gboolean *ret_was, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_queue, REMOVE);

    tw_db_bind_i64(st, 0, store);
    tw_db_bind_i64(st, 1, mid);
    tw_db_bind_i64(st, 2, master ? 1 : 0);
    if (!tw_db_run(st, error))
        return FALSE;
    *ret_was = tw_db_changes(st) > 0;
    return TRUE;
}

GArray *
tw_sql_queue_list(TwDbTx *tx, guint32 store, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_queue, store != 0 ? LIST : LIST_ALL);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwQueueEntry));
    TwDbStep step;

    tw_db_bind_i64(st, 0, store);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        TwQueueEntry entry = read_entry(st);
        g_array_append_val(list, entry);
    }
    return step == TW_DB_DONE ? g_steal_pointer(&list) : NULL;
}

gboolean
tw_sql_queue_count(TwDbTx *tx, guint32 store, guint *ret, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_queue, COUNT);

    tw_db_bind_i64(st, 0, store);
    if (tw_db_step(st, error) != TW_DB_ROW)
        return FALSE;
    *ret = (guint) tw_db_column_i64(st, 0);
    return TRUE;
}
