/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A reader that does not end: what it may cost. */
#include "db/kv.h"

enum {
    LOG_MAX = 128 << 10,
    FACTOR = 3,
    LOG_CAP = LOG_MAX * FACTOR,
    VALUE = 20000,
    WAIT_US = 50 * 1000, /* for the reader to end */
    MOST_WRITES = 1000
};

typedef struct {
    TwDb *db;
    int writes; /* until one was refused */
    GError *refused;
} Hold;

static gboolean
put(TwDb *db, int i, GError **error)
{
    g_autofree char *key = g_strdup_printf("%d", i % 5);
    g_autofree char *value = g_strnfill(VALUE, 'v');
    KvChange change = { key, value, i };

    return tw_db_write(db, kv_change, &change, error);
}

/* Keeps its snapshot while others write. */
static gboolean
hold_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Hold *hold = data;
    g_autoptr(GString) out = g_string_new(NULL);

    if (!kv_dump_tx(tx, out, error))
        return FALSE;
    while (hold->writes < MOST_WRITES && put(hold->db, hold->writes, &hold->refused))
        hold->writes++;
    return TRUE;
}

static void
test_log_is_capped(void)
{
    KvPlace place;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDb) db = NULL;
    Hold hold = { .writes = 0 };
    guint64 longest;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.log_bytes_max = LOG_MAX;
    place.config.log_factor_max = FACTOR;
    place.config.log_wait_us = WAIT_US;
    db = hold.db = tw_db_open(&place.config, &error);
    g_assert_no_error(error);
    kv_put(db, "0", "old", 1);
    for (int round = 0; round < 3; round++) {
        hold.writes = 0;
        tw_db_read(db, NULL, hold_tx, &hold, &error);
        g_assert_no_error(error);
        g_assert_error(hold.refused, TW_ERROR, TW_ERROR_BUSY);
        g_clear_error(&hold.refused);
        g_assert_cmpint(hold.writes, >=, round == 0 ? LOG_CAP / (VALUE * 2) : 1);
        g_assert_cmpint(tw_db_state(db), ==, TW_DB_OPEN);
        longest = tw_fault_fs_size(place.disk, "/kv.db-wal");
        g_assert_cmpuint(longest, >=, LOG_CAP);
        g_assert_cmpuint(longest, <=, LOG_CAP + VALUE * 2 + (256 << 10));
        for (int i = 0; i < 100; i++) { /* it has ended: all goes on, in the log that is there */
            put(db, i, &error);
            g_assert_no_error(error);
        }
        g_assert_cmpuint(tw_fault_fs_size(place.disk, "/kv.db-wal"), ==, longest);
    }
    g_clear_pointer(&db, tw_db_close);
    kv_place_clear(&place);
}

typedef struct {
    gint64 most; /* statements */
    gint64 ran;
} Many;

/* Many short statements: none of them runs long enough to be interrupted. */
static gboolean
many_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Many *many = data;

    for (many->ran = 0; many->ran < many->most; many->ran++) {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, KV_COUNT);
        if (tw_db_step(st, error) != TW_DB_ROW)
            return FALSE;
    }
    return TRUE;
}

static gboolean
fire_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Many many = { .most = 1 };
    gboolean ok = many_tx(tx, &many, error);

    g_assert_true(ok);
    tw_cancel_fire(data);
    return many_tx(tx, &many, error);
}

static void
test_reader_is_ended(void)
{
    KvPlace place;
    TwDbOptions far = { .deadline_us = G_MAXINT64 };
    g_autoptr(TwCancel) cancel = tw_cancel_new();
    TwDbOptions cancelled = { .cancel = cancel, .deadline_us = G_MAXINT64 };
    g_autoptr(GError) error = NULL;
    Many many = { .most = G_MAXINT64 };
    TwDb *db;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.read_us_max = 1;
    db = tw_db_open(&place.config, &error);
    g_assert_no_error(error);
    g_assert_false(tw_db_read(db, NULL, many_tx, &many, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TIMEOUT);
    g_clear_error(&error);
    many.most = 1000; /* a deadline of its own counts instead */
    tw_db_read(db, &far, many_tx, &many, &error);
    g_assert_no_error(error);
    g_assert_cmpint(many.ran, ==, 1000);
    g_assert_false(tw_db_read(db, &cancelled, fire_tx, cancel, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CANCELLED);
    g_clear_error(&error);
    tw_db_close(db);
    place.config.read_us_max = 0;
    db = tw_db_open(&place.config, &error);
    tw_db_read(db, NULL, many_tx, &many, &error);
    g_assert_no_error(error);
    tw_db_close(db);
    kv_place_clear(&place);
}

/* ---- how many there are, and what each has of the page cache ---- */

static const TwDbSql cache_rows[] = { { .sql = "PRAGMA cache_size" } };
static const TwDbSqlSet cache_sql = { "pragma", cache_rows, G_N_ELEMENTS(cache_rows) };

typedef struct {
    TwDb *db;
    guint depth;   /* reads at once */
    gint64 kbytes; /* of the innermost reader's page cache */
} Nest;

/* NOLINTNEXTLINE(misc-no-recursion): depth */
static gboolean
nest_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Nest *nest = data;
    Nest inner = { nest->db, nest->depth - 1, 0 };

    if (nest->depth == 1) {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &cache_sql, 0);
        if (tw_db_step(st, error) != TW_DB_ROW)
            return FALSE;
        nest->kbytes = -tw_db_column_i64(st, 0);
        return TRUE;
    }
    return tw_db_read(nest->db, NULL, nest_tx, &inner, error);
}

static gint64
read_at_once(TwDb *db, guint depth)
{
    Nest nest = { db, depth, 0 };
    g_autoptr(GError) error = NULL;

    tw_db_read(db, NULL, nest_tx, &nest, &error);
    g_assert_no_error(error);
    return nest.kbytes;
}

static guint
count_readers(TwDb *db)
{
    TwDbStats stats;

    tw_db_stats(db, &stats);
    return stats.readers;
}

static void
test_cache_is_shared(void)
{
    enum {
        HALF = 4096 /* KiB */
    };
    KvPlace place;
    g_autoptr(GError) error = NULL;
    TwDb *db;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.page_cache_bytes = (gsize) 2 * HALF << 10;
    place.config.readers_idle_us = G_MAXINT64;
    db = tw_db_open(&place.config, &error);
    g_assert_no_error(error);
    read_at_once(db, 1);
    g_assert_cmpint(read_at_once(db, 1), ==, HALF / 2); /* one reader, and who copies the log */
    read_at_once(db, 3);
    g_assert_cmpuint(count_readers(db), ==, 3);
    for (int i = 0; i < 3; i++)
        g_assert_cmpint(read_at_once(db, 1), ==, HALF / 4);
    g_assert_cmpuint(count_readers(db), ==, 3);
    tw_db_close(db);

    place.config.readers_idle_us = 0;
    db = tw_db_open(&place.config, &error);
    g_assert_no_error(error);
    read_at_once(db, 7);
    for (int i = 0; i < 3; i++)
        read_at_once(db, 1);
    g_assert_cmpuint(count_readers(db), ==, 1);
    g_assert_cmpint(read_at_once(db, 1), ==, HALF / 2);
    tw_db_close(db);
    kv_place_clear(&place);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    g_test_add_func("/db/readers/log-is-capped", test_log_is_capped);
    g_test_add_func("/db/readers/reader-is-ended", test_reader_is_ended);
    g_test_add_func("/db/readers/cache-is-shared", test_cache_is_shared);
    return g_test_run();
}
