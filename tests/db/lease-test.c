/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The lease of a database on MariaDB, and what it is good for: one opener at a time, no commit of one that lost it, no stale read,
 * and an answer to what became of a COMMIT when the connection was lost there. Passed over when no mariadbd is installed.
 */
#include <string.h>

#include "db/kv.h"
#include "db/wire-cut.h"

enum {
    LEASE_US = 1000000,
    LONG_US = 60 * G_USEC_PER_SEC,
    CUTS = 12,
};

static TwDb *
open_as(const KvPlace *place, const char *node, gint64 lease_us, GError **error)
{
    TwDbConfig config = place->config;

    config.node = node;
    config.lease_us = lease_us;
    return tw_db_open(&config, error);
}

static TwDb *
must_open(const KvPlace *place, const char *node, gint64 lease_us)
{
    g_autoptr(GError) error = NULL;
    TwDb *db = open_as(place, node, lease_us, &error);

    g_assert_no_error(error);
    return db;
}

static gboolean
add_tx(TwDbTx *tx, gpointer data G_GNUC_UNUSED, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, KV_ADD);

    tw_db_bind_i64(st, 0, 1);
    tw_db_bind_text(st, 1, "a", 1);
    return tw_db_run(st, error);
}

static void
must_add(TwDb *db)
{
    g_autoptr(GError) error = NULL;

    tw_db_write(db, add_tx, NULL, &error);
    g_assert_no_error(error);
}

static void
assert_dump(TwDb *db, const char *expected)
{
    g_autofree char *dump = kv_dump(db);

    g_assert_cmpstr(dump, ==, expected);
}

/* It is not asked for anything, and keeps the lease all the same. */
static void
test_one_at_a_time(void)
{
    KvPlace place;
    TwDb *first, *second;
    g_autoptr(GError) error = NULL;

    kv_place_init(&place, TW_DB_MARIADB);
    first = must_open(&place, "first", LEASE_US);
    kv_put(first, "a", "", 0);
    second = open_as(&place, "second", LEASE_US, &error);
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_assert_nonnull(strstr(error->message, "another node has this database: first"));
    g_assert_null(second);
    must_add(first);
    tw_db_close(first);
    /* given back: whoever comes next waits for nothing, however long a lease lasts */
    second = must_open(&place, "second", LONG_US);
    must_add(second);
    assert_dump(second, "a=/2\n");
    tw_db_close(second);
    kv_place_clear(&place);
}

typedef struct {
    TwLock lock;
    GCond cond;
    TwDbState state; /* guarded by lock */
    TwError code;
} Told;

static void
note_state(gpointer data, TwDbState state, const GError *why)
{
    Told *told = data;
    TW_LOCK_SCOPE(&told->lock);

    told->state = state;
    told->code = why != NULL ? (TwError) why->code : TW_ERROR_FAILED;
    g_cond_broadcast(&told->cond);
}

static void
test_lost(void)
{
    KvPlace place;
    Told told = { .state = TW_DB_OPENING };
    TwDb *first, *second;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) out = g_string_new(NULL);

    kv_place_init(&place, TW_DB_MARIADB);
    tw_lock_init(&told.lock);
    place.config.state_changed = note_state;
    place.config.hook_data = &told;
    first = must_open(&place, "first", LONG_US);
    kv_put(first, "a", "", 0);
    /* the row says that it was given back, as it looks after a node was thought to be gone */
    kv_maria_sql(place.config.database, "UPDATE twiga_lease SET node = ''");
    place.config.state_changed = NULL;
    second = must_open(&place, "second", LONG_US);
    must_add(second);
    g_assert_false(tw_db_write(first, add_tx, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_clear_error(&error);
    tw_lock(&told.lock);
    while (told.state != TW_DB_SUSPECT)
        tw_lock_wait(&told.lock, &told.cond, G_MAXINT64);
    g_assert_cmpint(told.code, ==, TW_ERROR_END_OF_SESSION);
    tw_unlock(&told.lock);
    /* what it has in memory may be wrong: it neither reads nor comes back */
    g_assert_false(tw_db_read(first, NULL, kv_dump_tx, out, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_clear_error(&error);
    g_assert_false(tw_db_reopen(first, &error));
    g_assert_nonnull(strstr(error->message, "must be started anew"));
    assert_dump(second, "a=/1\n");
    tw_db_close(first);
    must_add(second);
    tw_db_close(second);
    tw_lock_clear(&told.lock);
    kv_place_clear(&place);
}

typedef struct {
    TwDb *db;
    TwLock lock;
    GCond cond;
    gboolean inside, go; /* guarded by lock */
    GError *error;
} Still;

static gboolean
still_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Still *still = data;

    if (!add_tx(tx, NULL, error))
        return FALSE;
    TW_LOCK_SCOPE(&still->lock);
    still->inside = TRUE;
    g_cond_broadcast(&still->cond);
    while (!still->go)
        tw_lock_wait(&still->lock, &still->cond, G_MAXINT64);
    return TRUE;
}

static gpointer
stand_still(gpointer data)
{
    Still *still = data;

    tw_db_write(still->db, still_tx, still, &still->error);
    return NULL;
}

/* A node that stands still inside a transaction is not waited for longer than its lease, and what it was at never happened. */
static void
test_stands_still(void)
{
    KvPlace place;
    Still still = { .inside = FALSE };
    TwDb *second;
    GThread *thread;

    kv_place_init(&place, TW_DB_MARIADB);
    tw_lock_init(&still.lock);
    still.db = must_open(&place, "first", LEASE_US);
    kv_put(still.db, "a", "", 0);
    thread = g_thread_new("still", stand_still, &still);
    tw_lock(&still.lock);
    while (!still.inside)
        tw_lock_wait(&still.lock, &still.cond, G_MAXINT64);
    tw_unlock(&still.lock);
    second = must_open(&place, "second", LEASE_US);
    must_add(second);
    tw_lock(&still.lock);
    still.go = TRUE;
    g_cond_broadcast(&still.cond);
    tw_unlock(&still.lock);
    g_thread_join(thread);
    g_assert_nonnull(still.error);
    g_assert_nonnull(strstr(still.error->message, "another node took over"));
    must_add(second);
    assert_dump(second, "a=/2\n");
    tw_db_close(still.db);
    tw_db_close(second);
    g_clear_error(&still.error);
    tw_lock_clear(&still.lock);
    kv_place_clear(&place);
}

/* While no commit goes through, another may have taken over: then nothing is read either, and it is as soon as one does. */
static void
test_stale(void)
{
    KvPlace place;
    TwDb *db;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    guint reads = 0;
    gpointer hold;

    kv_place_init(&place, TW_DB_MARIADB);
    db = must_open(&place, "only", LEASE_US);
    kv_put(db, "a", "", 0);
    hold = kv_maria_hold(place.config.database, "SELECT * FROM twiga_lease FOR UPDATE");
    while (tw_db_read(db, NULL, kv_dump_tx, out, &error))
        reads++;
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_assert_nonnull(strstr(error->message, "may be stale"));
    g_assert_cmpuint(reads, >, 0);
    kv_maria_let_go(hold);
    must_add(db);
    assert_dump(db, "a=/1\n");
    tw_db_close(db);
    kv_place_clear(&place);
}

/* Each is told as done, and is done once. */
static void
test_lost_at_commit(void)
{
    KvPlace place;
    g_autofree char *path = g_build_filename(kv_maria_folder(), "wire", NULL);
    WireCut *wire;
    TwDb *db;
    guint cuts = 0;

    kv_place_init(&place, TW_DB_MARIADB);
    wire = wire_cut_new(path, place.config.socket);
    place.config.socket = path;
    db = must_open(&place, "only", LONG_US);
    kv_put(db, "a", "", 0);
    for (guint i = 0; i < CUTS; i++) {
        wire_cut_arm(wire, i % 2 ? WIRE_CUT_BEFORE : WIRE_CUT_AFTER);
        must_add(db);
        g_assert_cmpuint(wire_cut_count(wire), ==, ++cuts);
        must_add(db);
    }
    assert_dump(db, "a=/24\n");
    tw_db_close(db);
    wire_cut_free(wire);
    kv_place_clear(&place);
}

/* A connection that lay in the pool, or the writer's, is made anew when the server has closed it. */
static void
test_reconnects(void)
{
    KvPlace place;
    TwDb *db;

    kv_place_init(&place, TW_DB_MARIADB);
    db = must_open(&place, "only", LONG_US);
    kv_put(db, "a", "", 0);
    for (guint i = 1; i < 6; i++) {
        g_autofree char *expected = g_strdup_printf("a=/%u\n", i);
        kv_maria_cut_all();
        must_add(db);
        kv_maria_cut_all();
        assert_dump(db, expected);
    }
    tw_db_close(db);
    kv_place_clear(&place);
}

/* A server that would lose what it said is done, or lose updates, is refused with the setting's name. */
static void
test_settings(void)
{
    static const struct {
        const char *wrong, *right, *name;
    } cases[] = {
        { "SET GLOBAL innodb_flush_log_at_trx_commit = 2",
          "SET GLOBAL innodb_flush_log_at_trx_commit = 1", "innodb_flush_log_at_trx_commit" },
        { "SET GLOBAL max_allowed_packet = 1048576", "SET GLOBAL max_allowed_packet = 16777216",
          "max_allowed_packet" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        KvPlace place;
        g_autoptr(GError) error = NULL;
        kv_place_init(&place, TW_DB_MARIADB);
        kv_maria_sql(NULL, cases[i].wrong);
        g_assert_null(open_as(&place, "only", LONG_US, &error));
        kv_maria_sql(NULL, cases[i].right);
        g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, cases[i].name));
        kv_place_clear(&place);
    }
}

/* What is not there is made, but not where something was; and nothing that could end a name goes into a statement. */
static void
test_makes_database(void)
{
    KvPlace place;
    TwDb *db;
    g_autoptr(GError) error = NULL;

    kv_place_init(&place, TW_DB_MARIADB);
    place.config.must_exist = TRUE;
    g_assert_null(open_as(&place, "only", LONG_US, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    place.config.must_exist = FALSE;
    kv_maria_sql(NULL, "DROP DATABASE IF EXISTS kv_made");
    {
        KvPlace made = place;
        made.config.database = "kv_made";
        db = must_open(&made, "only", LONG_US);
        tw_db_close(db);
        made.config.database = "kv`; DROP DATABASE kv_made; --";
        g_assert_null(open_as(&made, "only", LONG_US, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    }
    kv_maria_sql(NULL, "DROP DATABASE kv_made");
    kv_place_clear(&place);
}

static void
skip(void)
{
    g_test_skip("no mariadbd installed");
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*func)(void);
    } cases[] = {
        { "/db/lease/one-at-a-time", test_one_at_a_time },
        { "/db/lease/lost", test_lost },
        { "/db/lease/stands-still", test_stands_still },
        { "/db/lease/stale", test_stale },
        { "/db/lease/lost-at-commit", test_lost_at_commit },
        { "/db/lease/reconnects", test_reconnects },
        { "/db/lease/settings", test_settings },
        { "/db/lease/makes-database", test_makes_database },
    };
    gboolean server;
    int result;

    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    server = kv_maria_start();
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_test_add_func(cases[i].path, server ? cases[i].func : skip);
    result = g_test_run();
    kv_maria_stop();
    return result;
}
