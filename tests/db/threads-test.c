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

/* ---- who runs a closure ---- */

typedef struct {
    TwDb *db;
    const GThread *ran_on;
    gboolean second;  /* the one that is queued while the first runs */
    GThread *started; /* by the first */
    gint running;     /* atomic: closures now */
} Where;

static gpointer write_second(gpointer data);

static gboolean
where_tx(TwDbTx *tx, gpointer data, G_GNUC_UNUSED GError **error)
{
    Where *where = data;
    TwDbStats stats = { 0 };

    g_assert_cmpint(g_atomic_int_add(&where->running, 1), ==, 0);
    where->ran_on = g_thread_self();
    if (!where->second) {
        where->started = g_thread_new("second", write_second, where->db);
        while (stats.queued_ops == 0)
            tw_db_stats(where->db, &stats);
    }
    g_atomic_int_add(&where->running, -1);
    return add(tx, "left", NULL);
}

static gpointer
write_second(gpointer data)
{
    Where where = { .db = data, .second = TRUE };
    g_autoptr(GError) error = NULL;

    tw_db_write(where.db, where_tx, &where, &error);
    g_assert_no_error(error);
    g_assert_true(where.ran_on != NULL && where.ran_on != g_thread_self());
    return NULL;
}

static void
where_done(const GError *error, gpointer data)
{
    g_assert_no_error(error);
    g_assert_true(((Where *) data)->ran_on == g_thread_self());
}

/* Alone: on the caller's own thread. While that one is at it, and without anyone who waits: on the writer's. */
static void
test_own_thread(void)
{
    KvPlace place;
    Where where = { 0 };
    g_autoptr(GError) error = NULL;

    kv_place_init(&place, TW_DB_SQLITE);
    where.db = tw_db_open(&place.config, NULL);
    kv_put(where.db, "left", "", 0);
    tw_db_write(where.db, where_tx, &where, &error);
    g_assert_no_error(error);
    g_assert_true(where.ran_on == g_thread_self());
    g_thread_join(where.started);
    where.second = TRUE;
    tw_db_write_async(where.db, NULL, where_tx, &where, where_done, &error);
    g_assert_no_error(error);
    tw_db_close(where.db); /* answers it */
    g_assert_true(where.ran_on != g_thread_self());
    kv_place_clear(&place);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    g_test_add_func("/db/threads/mixed", test_threads);
    g_test_add_func("/db/threads/own-thread", test_own_thread);
    return g_test_run();
}
