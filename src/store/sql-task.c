/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table task: work that goes on in batches, and how far it is. */
#include "base/error.h"
#include "base/hash.h"
#include "store/store-private.h"

enum {
    ADD,
    MOVE,
    REMOVE,
    LIST,
    LAST
};

static const TwDbSql rows[] = {
    [ADD] = { .sql = "INSERT INTO task(id, kind, store, pos, arg, crc) VALUES(?, ?, ?, ?, ?, ?)" },
    [MOVE] = { .sql = "UPDATE task SET pos = ? WHERE id = ?" },
    [REMOVE] = { .sql = "DELETE FROM task WHERE id = ?" },
    [LIST] = { .sql = "SELECT id, kind, store, pos, arg, crc FROM task ORDER BY id" },
    [LAST] = { .sql = "SELECT COALESCE(max(id), 0) FROM task" },
};

const TwDbSqlSet tw_sql_task = { "task", rows, G_N_ELEMENTS(rows) };

static guint32
arg_crc(gint64 id, const guint8 *data, gsize len)
{
    gint64 number = GINT64_TO_LE(id);

    return tw_crc32c(tw_crc32c(0, &number, sizeof number), data, len);
}

gboolean
tw_sql_task_add(TwDbTx *tx, TwTaskRow *row, GError **error)
{
    g_autoptr(TwDbStatement) last = tw_db_statement(tx, &tw_sql_task, LAST);
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_task, ADD);
    gsize len;
    const guint8 *data = g_bytes_get_data(row->arg, &len);

    if (tw_db_step(last, error) != TW_DB_ROW)
        return FALSE;
    row->id = tw_db_column_i64(last, 0) + 1;
    tw_db_bind_i64(st, 0, row->id);
    tw_db_bind_i64(st, 1, row->kind);
    tw_db_bind_i64(st, 2, row->store);
    tw_db_bind_i64(st, 3, row->pos);
    tw_db_bind_bytes(st, 4, data, len);
    tw_db_bind_i64(st, 5, arg_crc(row->id, data, len));
    return tw_db_run(st, error);
}

gboolean
tw_sql_task_move(TwDbTx *tx, gint64 id, guint32 pos, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_task, MOVE);

    tw_db_bind_i64(st, 0, pos);
    tw_db_bind_i64(st, 1, id);
    return tw_db_run(st, error);
}

gboolean
tw_sql_task_delete(TwDbTx *tx, gint64 id, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_task, REMOVE);

    tw_db_bind_i64(st, 0, id);
    return tw_db_run(st, error);
}

static void
clear_task(gpointer data)
{
    g_bytes_unref(((TwTaskRow *) data)->arg);
}

GArray *
tw_sql_task_list(TwDbTx *tx, guint *ret_damaged, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &tw_sql_task, LIST);
    g_autoptr(GArray) tasks = g_array_new(FALSE, FALSE, sizeof(TwTaskRow));
    guint damaged = 0;
    TwDbStep step;

    g_array_set_clear_func(tasks, clear_task);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        gsize len;
        const guint8 *data = tw_db_column_bytes(st, 4, &len);
        TwTaskRow row = {
            .id = tw_db_column_i64(st, 0),
            .kind = (guint32) tw_db_column_i64(st, 1),
            .store = (guint32) tw_db_column_i64(st, 2),
            .pos = (guint32) tw_db_column_i64(st, 3),
        };
        if (tw_db_column_i64(st, 5) != arg_crc(row.id, data, len)) {
            damaged++;
            continue;
        }
        row.arg = g_bytes_new(data, len);
        g_array_append_val(tasks, row);
        /* cppcheck-suppress memleak ; the array owns row.arg */
    }
    if (step != TW_DB_DONE)
        return NULL;
    *ret_damaged = damaged;
    return g_steal_pointer(&tasks);
}
