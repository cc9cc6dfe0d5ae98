/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sixteen threads on one database: every acknowledged change is there once, every snapshot is of one moment. */
#include <string.h>

#include "db/kv.h"

enum {
    THREADS = 16,
    ROUNDS = 60,
};

typedef struct {
    TwDb *db;
    int number;
    gint *acked; /* atomic: changes to "sum" that were acknowledged */
    gint *hooks; /* atomic: after-commit calls */
} Worker;

static void
count_hook(gpointer data)
{
    g_atomic_int_inc((gint *) data);
}

static gboolean
add(TwDbTx *tx, const char *key, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, KV_ADD);

    tw_db_bind_i64(st, 0, 1);
    tw_db_bind_text(st, 1, key, strlen(key));
    return tw_db_run(st, error) && tw_db_changes(st) == 1;
}

/* Both rows move together, or neither. */
static gboolean
add_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Worker *worker = data;

    tw_db_on_commit(tx, count_hook, worker->hooks, NULL);
    return add(tx, "left", error) && add(tx, "right", error);
}

static gboolean
fail_tx(TwDbTx *tx, gpointer data, GError **error)
{
    add_tx(tx, data, NULL);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CHANGED, "by order");
    return FALSE;
}

static gint64
read_number(TwDbTx *tx, const char *key, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, KV_GET);

    tw_db_bind_text(st, 0, key, strlen(key));
    return tw_db_step(st, error) == TW_DB_ROW ? tw_db_column_i64(st, 1) : -1;
}

static gboolean
equal_tx(TwDbTx *tx, gpointer data, GError **error)
{
    gint64 left = read_number(tx, "left", error), right = read_number(tx, "right", error);

    g_assert_cmpint(left, ==, right);
    *(gint64 *) data = left;
    return left >= 0;
}

static void
async_done(const GError *error, gpointer data)
{
    const Worker *worker = data;

    g_assert_no_error(error);
    g_atomic_int_inc(worker->acked);
}

static gpointer
work(gpointer data)
{
    Worker *worker = data;
    gint64 seen, before = 0;

    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(GError) error = NULL;
        switch ((worker->number + i) % 4) {
        case 0:
            g_assert_false(tw_db_write(worker->db, fail_tx, worker, &error));
            g_assert_error(error, TW_ERROR, TW_ERROR_CHANGED);
            break;
        case 1:
            tw_db_read(worker->db, NULL, equal_tx, &seen, &error);
            g_assert_no_error(error);
            g_assert_cmpint(seen, >=, before);
            before = seen;
            break;
        case 2:
            g_assert_true(tw_db_write_async(worker->db, NULL, add_tx, worker, async_done, &error));
            break;
        default:
            tw_db_write(worker->db, add_tx, worker, &error);
            g_assert_no_error(error);
            g_atomic_int_inc(worker->acked);
        }
        if (worker->number == 0 && i % 20 == 10) {
            tw_db_reopen(worker->db, &error); /* under everybody's feet */
            g_assert_no_error(error);
        }
    }
    return NULL;
}

static void
test_threads(void)
{
    Worker workers[THREADS];
    GThread *threads[THREADS];
    gint acked = 0, hooks = 0;
    gint64 sum = 0;
    KvPlace place;
    TwDbStats stats;
    g_autoptr(GError) error = NULL;
    TwDb *db;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.readers_max = 4;
    db = tw_db_open(&place.config, NULL);
    kv_put(db, "left", "", 0);
    kv_put(db, "right", "", 0);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (Worker){ db, i, &acked, &hooks };
        threads[i] = g_thread_new("worker", work, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    tw_db_stats(db, &stats);
    tw_db_close(db); /* finishes what is queued, and answers it */
    g_test_message("%u operations in %u groups", (guint) stats.ops, (guint) stats.groups);
    g_assert_cmpint(acked, ==, hooks);
    db = tw_db_open(&place.config, NULL);
    tw_db_read(db, NULL, equal_tx, &sum, &error);
    g_assert_no_error(error);
    g_assert_cmpint(sum, ==, acked);
    g_assert_cmpint(acked, ==, THREADS * ROUNDS / 2);
    tw_db_close(db);
    kv_place_clear(&place);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    g_test_add_func("/db/threads/mixed", test_threads);
    return g_test_run();
}
