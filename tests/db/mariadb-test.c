/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What only a server does to us: two writers in each other's way. Passed over when no mariadbd is installed. */
#include <string.h>

#include "db/kv.h"

/* Two closures on two handles of one database, who wait for each other once. */
typedef struct {
    TwLock lock;
    GCond cond;
    guint runs[2]; /* guarded by lock */
} Meeting;

typedef struct {
    Meeting *meeting;
    TwDb *db;
    guint number;
    const char *first, *second; /* rows, in the order in which it takes them; second NULL: none */
    guint other_runs;           /* how often the other must have run before it takes the second */
    GError *error;
} Writer;

static gboolean
add(TwDbTx *tx, const char *key, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, KV_ADD);

    tw_db_bind_i64(st, 0, 1);
    tw_db_bind_text(st, 1, key, strlen(key));
    return tw_db_run(st, error);
}

static void
announce(Meeting *meeting, guint number)
{
    TW_LOCK_SCOPE(&meeting->lock);

    meeting->runs[number]++;
    g_cond_broadcast(&meeting->cond);
}

static void
await(Meeting *meeting, guint number, guint runs)
{
    TW_LOCK_SCOPE(&meeting->lock);

    while (meeting->runs[number] < runs)
        tw_lock_wait(&meeting->lock, &meeting->cond, G_MAXINT64);
}

static gboolean
writer_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Writer *writer = data;
    Meeting *meeting = writer->meeting;

    if (writer->number == 1 && writer->second == NULL) /* its row is taken: says so before */
        announce(meeting, 1);
    if (!add(tx, writer->first, error))
        return FALSE;
    if (writer->number == 0 || writer->second != NULL)
        announce(meeting, writer->number);
    await(meeting, 1 - writer->number, writer->other_runs);
    return writer->second == NULL || add(tx, writer->second, error);
}

static gpointer
write_thread(gpointer data)
{
    Writer *writer = data;

    tw_db_write(writer->db, writer_tx, writer, &writer->error);
    return NULL;
}

static void
run_both(Writer writers[2], const char *expected, guint least_reruns)
{
    KvPlace place;
    Meeting meeting = { .runs = { 0, 0 } };
    g_autoptr(TwSecret) password = tw_secret_new("not asked for", 13);
    GThread *threads[2];
    g_autofree char *dump = NULL;
    guint64 reruns = 0;

    kv_place_init(&place, TW_DB_MARIADB);
    place.config.password = password;
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        writers[i].meeting = &meeting;
        writers[i].number = i;
        writers[i].db = tw_db_open(&place.config, &error);
        g_assert_no_error(error);
    }
    kv_put(writers[0].db, "a", "", 0);
    kv_put(writers[0].db, "b", "", 0);
    threads[0] = g_thread_new("first", write_thread, &writers[0]);
    if (writers[1].second == NULL) /* the first holds its row before the second wants it */
        await(&meeting, 0, 1);
    threads[1] = g_thread_new("second", write_thread, &writers[1]);
    for (guint i = 0; i < 2; i++)
        g_thread_join(threads[i]);
    dump = kv_dump(writers[0].db);
    for (guint i = 0; i < 2; i++) {
        TwDbStats stats;
        tw_db_stats(writers[i].db, &stats);
        reruns += stats.reruns;
        tw_db_close(writers[i].db);
        g_assert_no_error(writers[i].error);
    }
    g_assert_cmpstr(dump, ==, expected);
    g_assert_cmpuint(reruns, >=, least_reruns);
    kv_place_clear(&place);
}

/* Error 1213: each holds what the other wants. The server ends one of them, which runs again. */
static void
test_deadlock(void)
{
    Writer writers[2] = {
        { .first = "a", .second = "b", .other_runs = 1 },
        { .first = "b", .second = "a", .other_runs = 1 },
    };

    run_both(writers, "a=/2\nb=/2\n", 1);
}

/* Error 1205: the first keeps its row until the second has given up waiting for it once. */
static void
test_lock_wait_timeout(void)
{
    Writer writers[2] = {
        { .first = "a", .second = "b", .other_runs = 2 },
        { .first = "a", .second = NULL, .other_runs = 1 },
    };

    run_both(writers, "a=/2\nb=/1\n", 1);
}

static void
skip(void)
{
    g_test_skip("no mariadbd installed");
}

int
main(int argc, char **argv)
{
    gboolean server;
    int result;

    g_test_init(&argc, &argv, NULL);
    server = kv_maria_start();
    g_test_add_func("/db/mariadb/deadlock", server ? test_deadlock : skip);
    g_test_add_func("/db/mariadb/lock-wait-timeout", server ? test_lock_wait_timeout : skip);
    result = g_test_run();
    kv_maria_stop();
    return result;
}
