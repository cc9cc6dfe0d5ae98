/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What db/ promises on every back end: one table of cases, run on SQLite and on a MariaDB server of our own. */
#include "db/db.h"

#include <string.h>

#include "db/kv.h"

/* ---- a model ---- */

static int
compare_keys(gconstpointer a, gconstpointer b, gpointer unused G_GNUC_UNUSED)
{
    return strcmp(a, b);
}

static gboolean
append_line(gpointer key, gpointer value, gpointer out)
{
    g_string_append_printf(out, "%s=%s\n", (char *) key, (char *) value);
    return FALSE;
}

static void
test_model(KvPlace *place)
{
    TwDb *db = kv_place_open(place);
    g_autoptr(GTree) model = g_tree_new_full(compare_keys, NULL, g_free, g_free);
    g_autoptr(GString) expected = g_string_new(NULL);
    guint32 seed = (guint32) g_test_rand_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

    g_test_message("seed %u", seed);
    for (int i = 0; i < 400; i++) {
        g_autofree char *key = g_strdup_printf("key %d", g_rand_int_range(rand, 0, 40));
        g_autofree char *value = g_strnfill((gsize) g_rand_int_range(rand, 0, 3000), 'v');
        KvChange change = { key, g_rand_int_range(rand, 0, 3) ? value : NULL, i };
        g_autoptr(GError) error = NULL;
        tw_db_write(db, kv_change, &change, &error);
        g_assert_no_error(error);
        if (change.value != NULL)
            g_tree_replace(model, g_strdup(key), g_strdup_printf("%s/%d", value, i));
        else
            g_tree_remove(model, key);
        if (i % 97 == 0) {
            tw_db_close(db);
            db = kv_place_open(place);
        }
        if (i % 20 == 0) {
            g_autofree char *dump = kv_dump(db);
            g_string_truncate(expected, 0);
            g_tree_foreach(model, append_line, expected);
            g_assert_cmpstr(dump, ==, expected->str);
        }
    }
    tw_db_close(db);
}

/* ---- values ---- */

static gboolean
values_tx(TwDbTx *tx, gpointer data G_GNUC_UNUSED, GError **error)
{
    static const guint8 bytes[] = { 0, 1, 255, 0 };
    g_autoptr(TwDbStatement) set = tw_db_statement(tx, &kv_sql, KV_SET);
    g_autoptr(TwDbStatement) get = tw_db_statement(tx, &kv_sql, KV_GET);
    const guint8 *got;
    gsize len;

    tw_db_bind_text(set, 0, "gi\xc3\xa4 \\ ' \"x", 12);
    tw_db_bind_bytes(set, 1, bytes, sizeof bytes);
    tw_db_bind_i64(set, 2, G_MAXINT64);
    if (!tw_db_run(set, error))
        return FALSE;
    g_assert_cmpint(tw_db_changes(set), ==, 1);
    tw_db_bind_text(set, 0, "empty", 5);
    tw_db_bind_bytes(set, 1, NULL, 0);
    tw_db_bind_i64(set, 2, 0);
    if (!tw_db_run(set, error))
        return FALSE;
    tw_db_bind_text(set, 0, "null", 4);
    tw_db_bind_null(set, 1);
    if (!tw_db_run(set, error))
        return FALSE;

    tw_db_bind_text(get, 0, "gi\xc3\xa4 \\ ' \"x", 12);
    g_assert_cmpint(tw_db_step(get, error), ==, TW_DB_ROW);
    got = tw_db_column_bytes(get, 0, &len);
    g_assert_cmpuint(len, ==, sizeof bytes);
    g_assert_true(memcmp(got, bytes, len) == 0);
    g_assert_cmpint(tw_db_column_i64(get, 1), ==, G_MAXINT64);
    g_assert_cmpint(tw_db_step(get, error), ==, TW_DB_DONE);
    tw_db_rewind(get);
    tw_db_bind_text(get, 0, "empty", 5);
    g_assert_cmpint(tw_db_step(get, error), ==, TW_DB_ROW);
    g_assert_false(tw_db_column_is_null(get, 0));
    g_assert_nonnull(tw_db_column_bytes(get, 0, &len));
    g_assert_cmpuint(len, ==, 0);
    tw_db_rewind(get);
    tw_db_bind_text(get, 0, "null", 4);
    g_assert_cmpint(tw_db_step(get, error), ==, TW_DB_ROW);
    g_assert_true(tw_db_column_is_null(get, 0));
    tw_db_rewind(get);
    tw_db_bind_text(get, 0, "absent", 6);
    g_assert_cmpint(tw_db_step(get, error), ==, TW_DB_DONE);
    return TRUE;
}

static void
test_values(KvPlace *place)
{
    g_autoptr(TwDb) db = kv_place_open(place);
    g_autoptr(GError) error = NULL;

    tw_db_write(db, values_tx, NULL, &error);
    g_assert_no_error(error);
}

/* Reads a number where there are bytes, and says that all went well. */
static gboolean
wrong_type_tx(TwDbTx *tx, gpointer data G_GNUC_UNUSED, GError **error)
{
    g_autoptr(TwDbStatement) get = tw_db_statement(tx, &kv_sql, KV_GET);

    tw_db_bind_text(get, 0, "a", 1);
    g_assert_cmpint(tw_db_step(get, error), ==, TW_DB_ROW);
    g_assert_cmpint(tw_db_column_i64(get, 0), ==, 0);
    return TRUE;
}

static gboolean
wrong_sql_tx(TwDbTx *tx, gpointer data G_GNUC_UNUSED, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, KV_WRONG);

    tw_db_bind_i64(st, 0, 1);
    return tw_db_run(st, error);
}

static void
test_errors(KvPlace *place)
{
    g_autoptr(TwDb) db = kv_place_open(place);
    KvChange same = { "a", "other", 2 }, negative = { "b", "x", -1 };
    g_autofree char *dump = NULL;
    static const struct {
        TwDbFunc func;
        int code;
    } cases[] = {
        { wrong_type_tx, TW_ERROR_CORRUPT },
        { wrong_sql_tx, TW_ERROR_FAILED },
    };
    g_autoptr(GError) error = NULL;

    kv_put(db, "a", "1", 1);
    g_assert_false(tw_db_write(db, kv_insert, &same, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_clear_error(&error);
    g_assert_false(tw_db_write(db, kv_insert, &negative, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (int reading = 0; reading < 2; reading++) {
            g_clear_error(&error);
            g_assert_false(reading ? tw_db_read(db, NULL, cases[i].func, NULL, &error)
                                   : tw_db_write(db, cases[i].func, NULL, &error));
            g_assert_error(error, TW_ERROR, cases[i].code);
        }
    }
    dump = kv_dump(db);
    g_assert_cmpstr(dump, ==, "a=1/1\n");
}

static gboolean
write_in_read(TwDbTx *tx, gpointer data, GError **error)
{
    return kv_change(tx, data, error);
}

static void
test_reader_cannot_write(KvPlace *place)
{
    g_autoptr(TwDb) db = kv_place_open(place);
    KvChange change = { "a", "1", 1 };
    g_autoptr(GError) error = NULL;
    g_autofree char *dump = NULL;

    g_assert_false(tw_db_read(db, NULL, write_in_read, &change, &error));
    g_assert_nonnull(error);
    dump = kv_dump(db);
    g_assert_cmpstr(dump, ==, "");
}

/* ---- group commit ---- */

typedef struct {
    TwLock lock;
    GString *events; /* guarded by lock */
    guint syncs;
    gboolean sync_fails;
} Journal;

typedef struct {
    Journal *journal;
    KvChange change;
    gboolean fails;
    guint runs;
    int code; /* of the answer; -1: none yet; 0 done */
} GroupOp;

static void
note(Journal *journal, const char *what, const char *key)
{
    tw_lock(&journal->lock);
    g_string_append_printf(journal->events, "%s %s,", what, key);
    tw_unlock(&journal->lock);
}

static void
on_commit(gpointer data)
{
    const GroupOp *op = data;

    note(op->journal, "commit", op->change.key);
}

static gboolean
group_tx(TwDbTx *tx, gpointer data, GError **error)
{
    GroupOp *op = data;

    op->runs++;
    note(op->journal, "run", op->change.key);
    tw_db_on_commit(tx, on_commit, op, NULL);
    if (!kv_insert(tx, &op->change, error))
        return FALSE;
    if (op->fails)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_QUOTA, "by order");
    return !op->fails;
}

static void
group_done(const GError *error, gpointer data)
{
    GroupOp *op = data;

    op->code = error != NULL ? error->code : 0;
    note(op->journal, error != NULL ? "refused" : "done", op->change.key);
}

static gboolean
sync_blobs(gpointer data, GError **error)
{
    Journal *journal = data;

    journal->syncs++;
    note(journal, "sync", "");
    if (journal->sync_fails)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_SPACE, "no room for blobs");
    return !journal->sync_fails;
}

/* Three operations in one group; the second fails by itself, and twice the same key is a failure of the third. */
static void
test_group(KvPlace *place)
{
    Journal journal = { .events = g_string_new(NULL) };
    GroupOp ops[] = {
        { &journal, { "a", "1", 1 }, FALSE, 0, -1 },
        { &journal, { "b", "1", 1 }, TRUE, 0, -1 },
        { &journal, { "a", "2", 1 }, FALSE, 0, -1 },
        { &journal, { "c", "1", 1 }, FALSE, 0, -1 },
    };
    KvGate gate;
    TwDb *db;
    g_autofree char *dump = NULL;

    place->config.sync_blobs = sync_blobs;
    place->config.hook_data = &journal;
    db = kv_place_open(place);
    kv_gate_init(&gate);
    kv_gate_close(&gate, db);
    for (guint i = 0; i < G_N_ELEMENTS(ops); i++) {
        g_autoptr(GError) error = NULL;
        tw_db_write_async(db, NULL, group_tx, &ops[i], group_done, &error);
        g_assert_no_error(error);
    }
    kv_gate_open(&gate);
    tw_db_close(db);
    /* one sync for the gate's own commit; one for all of these, before the first of them runs: a closure may ask whether
     * what it names is durable */
    g_assert_cmpstr(journal.events->str, ==,
                    "sync ,sync ,run a,run b,sync ,run a,run a,run c,commit a,commit c,"
                    "done a,refused b,refused a,done c,");
    db = kv_place_open(place);
    dump = kv_dump(db);
    tw_db_close(db);
    g_assert_cmpstr(dump, ==, "a=1/1\nc=1/1\n");
    g_assert_cmpint(ops[1].code, ==, TW_ERROR_QUOTA);
    g_assert_cmpint(ops[2].code, ==, TW_ERROR_EXISTS);
    /* where savepoints cost much, b's row took that of a along, and a ran again */
    for (guint i = 0; i < G_N_ELEMENTS(ops); i++)
        g_assert_cmpuint(ops[i].runs, ==, i == 0 ? 2 : 1);
    g_string_free(journal.events, TRUE);
    kv_gate_clear(&gate);
}

/* Who fails before it has changed a row costs the others of its group nothing. */
static void
test_group_spared(KvPlace *place)
{
    Journal journal = { .events = g_string_new(NULL) };
    GroupOp ops[] = {
        { &journal, { "a", "1", 1 }, FALSE, 0, -1 },
        { &journal, { "a", "2", 1 }, FALSE, 0, -1 },
        { &journal, { "c", "1", 1 }, FALSE, 0, -1 },
    };
    KvGate gate;
    TwDb *db = kv_place_open(place);
    g_autofree char *dump = NULL;

    kv_gate_init(&gate);
    kv_gate_close(&gate, db);
    for (guint i = 0; i < G_N_ELEMENTS(ops); i++)
        g_assert_true(tw_db_write_async(db, NULL, group_tx, &ops[i], group_done, NULL));
    kv_gate_open(&gate);
    tw_db_close(db);
    g_assert_cmpstr(journal.events->str, ==,
                    "run a,run a,run c,commit a,commit c,done a,refused a,done c,");
    db = kv_place_open(place);
    dump = kv_dump(db);
    tw_db_close(db);
    g_assert_cmpstr(dump, ==, "a=1/1\nc=1/1\n");
    g_string_free(journal.events, TRUE);
    kv_gate_clear(&gate);
}

static void
test_blobs_not_synced(KvPlace *place)
{
    Journal journal = { .events = g_string_new(NULL), .sync_fails = TRUE };
    GroupOp op = { &journal, { "a", "1", 1 }, FALSE, 0, -1 };
    g_autoptr(GError) error = NULL;
    g_autofree char *dump = NULL;
    TwDb *db;

    place->config.sync_blobs = sync_blobs;
    place->config.hook_data = &journal;
    db = kv_place_open(place);
    g_assert_false(tw_db_write(db, group_tx, &op, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NO_SPACE);
    dump = kv_dump(db);
    g_assert_cmpstr(dump, ==, "");
    g_assert_cmpstr(journal.events->str, ==, "sync ,");
    g_assert_cmpuint(op.runs, ==, 0);
    journal.sync_fails = FALSE;
    kv_put(db, "a", "1", 1);
    tw_db_close(db);
    g_string_free(journal.events, TRUE);
}

/* ---- limits ---- */

typedef struct {
    gint runs, answers; /* atomic */
    gint code;          /* of the last answer; -1: done */
} Count;

static gboolean
count_runs(TwDbTx *tx G_GNUC_UNUSED, gpointer data, GError **error G_GNUC_UNUSED)
{
    g_atomic_int_inc(&((Count *) data)->runs);
    return TRUE;
}

static void
count_answer(const GError *error, gpointer data)
{
    Count *count = data;

    g_atomic_int_inc(&count->answers);
    count->code = error != NULL ? error->code : -1;
}

static void
test_queue_is_bounded(KvPlace *place)
{
    KvGate gate;
    Count count = { 0, 0, 0 };
    TwDbOptions large = { .cost_bytes = 600 };
    g_autoptr(GError) error = NULL;
    TwDbStats stats;
    TwDb *db;

    place->config.queue_ops_max = 3;
    place->config.queue_bytes_max = 1000;
    db = kv_place_open(place);
    kv_gate_init(&gate);
    kv_gate_close(&gate, db);
    g_assert_true(tw_db_write_async(db, &large, count_runs, &count, count_answer, &error));
    g_assert_false(tw_db_write_async(db, &large, count_runs, &count, count_answer, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_clear_error(&error);
    g_assert_true(tw_db_write_async(db, NULL, count_runs, &count, count_answer, &error));
    g_assert_true(tw_db_write_async(db, NULL, count_runs, &count, count_answer, &error));
    g_assert_false(tw_db_write(db, count_runs, &count, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    tw_db_stats(db, &stats);
    g_assert_cmpuint(stats.queued_ops, ==, 3);
    kv_gate_open(&gate);
    tw_db_close(db); /* finishes what is queued */
    g_assert_cmpint(count.runs, ==, 3);
    g_assert_cmpint(count.answers, ==, 3);
    kv_gate_clear(&gate);
}

static void
test_deadline_and_cancel(KvPlace *place)
{
    TwDb *db = kv_place_open(place);
    Count count = { 0, 0, 0 };
    g_autoptr(TwCancel) cancel = tw_cancel_new();
    TwDbOptions late = { .deadline_us = 1 };
    TwDbOptions stopped = { .cancel = cancel };
    g_autoptr(GError) error = NULL;
    KvGate gate;

    tw_cancel_fire(cancel);
    g_assert_false(tw_db_read(db, &late, count_runs, &count, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TIMEOUT);
    g_clear_error(&error);
    g_assert_false(tw_db_read(db, &stopped, count_runs, &count, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CANCELLED);
    g_clear_error(&error);
    g_assert_false(tw_db_write_with(db, &stopped, count_runs, &count, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CANCELLED);
    g_clear_error(&error);
    kv_gate_init(&gate);
    kv_gate_close(&gate, db);
    g_assert_false(tw_db_write_with(db, &late, count_runs, &count, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TIMEOUT);
    g_assert_true(tw_db_write_async(db, &late, count_runs, &count, count_answer, NULL));
    kv_gate_open(&gate);
    tw_db_close(db);
    g_assert_cmpint(count.runs, ==, 0);
    g_assert_cmpint(count.answers, ==, 1);
    g_assert_cmpint(count.code, ==, TW_ERROR_TIMEOUT);
    kv_gate_clear(&gate);
}

/* ---- migrations ---- */

static const TwDbSql second_steps[] = {
    { .sql = "CREATE TABLE extra(id INTEGER PRIMARY KEY)",
      .mariadb = "CREATE TABLE IF NOT EXISTS extra(id BIGINT PRIMARY KEY) ENGINE=InnoDB" },
    { .sql = "INSERT INTO extra(id) VALUES(7)" },
};

static const TwDbSql broken_steps[] = {
    { .sql = "INSERT INTO extra(id) VALUES(8)" },
    { .sql = "INSERT INTO extra(id) VALUES(8)" },
};

static gboolean
fill_extra(TwDbTx *tx, gpointer data G_GNUC_UNUSED, GError **error)
{
    KvChange change = { "migrated", "yes", 3 };

    return kv_change(tx, &change, error);
}

static void
test_migrations(KvPlace *place)
{
    TwDbMigration list[] = {
        kv_schema.migrations[0],
        { .version = 2, .steps = second_steps, .step_count = 2, .func = fill_extra },
        { .version = 3, .steps = broken_steps, .step_count = 2 },
    };
    TwDbSchema schema = kv_schema;
    g_autoptr(GError) error = NULL;
    g_autofree char *dump = NULL;
    TwDb *db = kv_place_open(place);

    kv_put(db, "old", "row", 1);
    tw_db_close(db);

    schema.migrations = list;
    schema.migration_count = 3; /* the third fails: the second stays */
    place->config.schema = &schema;
    g_assert_null(tw_db_open(&place->config, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_assert_nonnull(strstr(error->message, "migration 3, step 2"));
    g_clear_error(&error);

    schema.migration_count = 2;
    db = kv_place_open(place);
    dump = kv_dump(db);
    g_assert_cmpstr(dump, ==, "migrated=yes/3\nold=row/1\n");
    tw_db_close(db);

    place->config.schema = &kv_schema; /* the older program */
    g_assert_null(tw_db_open(&place->config, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "newer"));
    g_clear_error(&error);

    schema.id = "server";
    place->config.schema = &schema;
    g_assert_null(tw_db_open(&place->config, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "\"kv\""));
    place->config.schema = &kv_schema;
}

/* ---- a closure that leaves a statement open is our own mistake, and is told ---- */

static gboolean
leaky_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwDbStatement **left = data;

    *left = tw_db_statement(tx, &kv_sql, KV_COUNT);
    return tw_db_step(*left, error) == TW_DB_ROW;
}

static void
test_statement_left_open(KvPlace *place)
{
    TwDb *db = kv_place_open(place);
    TwDbStatement *left = NULL;
    g_autoptr(GError) error = NULL;

    g_test_expect_message("twiga", G_LOG_LEVEL_CRITICAL, "*left 1 statements open*");
    g_assert_false(tw_db_read(db, NULL, leaky_tx, &left, &error));
    g_test_assert_expected_messages();
    g_assert_error(error, TW_ERROR, TW_ERROR_FAILED);
    tw_db_end(left);
    tw_db_close(db);
}

static const KvCase cases[] = {
    { "model", test_model },
    { "values", test_values },
    { "errors", test_errors },
    { "reader-cannot-write", test_reader_cannot_write },
    { "group", test_group },
    { "group-spared", test_group_spared },
    { "blobs-not-synced", test_blobs_not_synced },
    { "queue-is-bounded", test_queue_is_bounded },
    { "deadline-and-cancel", test_deadline_and_cancel },
    { "migrations", test_migrations },
    { "statement-left-open", test_statement_left_open },
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    return kv_run_cases("/db", cases, G_N_ELEMENTS(cases));
}
