/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many durable commits a second reach waiting clients, and what does the engine's way cost against a plain program?
 *
 * Each waiter inserts one row of 1.4 KB with two secondary indices and waits until it is durable. The peer is SQLite
 * used by hand: default VFS and checkpoints, WAL, synchronous=FULL, one writer thread that commits all that is queued,
 * without savepoints. Both run in turns, on the same disk, with 0, 2 and 10 ms added to each sync, one sync at a time.
 *
 *     db-commit [FOLDER [SECONDS]]
 */
#include "bench.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/db.h"

enum {
    ROW_LEN = 1400,
    MOST_WAITERS = 128,
    SYNC_SAMPLES = 200
};

/* ---- a slower disk: both programs reach these through the dynamic linker ---- */

static struct {
    gulong delay_us; /* set while nothing runs */
    GMutex flush;    /* one at a time, as a disk does */
} disk;

static int
slow_sync(long call, int fd)
{
    int answer;

    if (disk.delay_us == 0)
        return (int) syscall(call, fd);
    g_mutex_lock(&disk.flush);
    g_usleep(disk.delay_us);
    answer = (int) syscall(call, fd);
    g_mutex_unlock(&disk.flush);
    return answer;
}

int
fdatasync(int fd) /* NOLINT(readability-inconsistent-declaration-parameter-name): reserved */
{
    return slow_sync(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
    return slow_sync(SYS_fsync, fd);
}

/* ---- one row ---- */

#define TABLE "CREATE TABLE t(id INTEGER PRIMARY KEY, folder INTEGER, recv INTEGER, rec BLOB)"
#define INDEX_1 "CREATE INDEX t1 ON t(folder, id)"
#define INDEX_2 "CREATE INDEX t2 ON t(folder, recv)"
#define INSERT "INSERT INTO t(folder, recv, rec) VALUES(?, ?, ?)"

typedef struct Side Side;

typedef struct {
    Side *side;
    GThread *thread;
    guint8 row[ROW_LEN];
    gint64 folder, recv;
    guint count;
    /* for the plain program */
    gboolean done;
    GCond cond;
} Waiter;

struct Side {
    gboolean (*insert)(Side *side, Waiter *waiter);
    gint stop; /* atomic */
    TwDb *db;
    /* the plain program */
    sqlite3 *handle;
    sqlite3_stmt *begin, *commit, *row;
    GMutex lock; /* guards queue, closing and done of each waiter */
    GCond work;
    GQueue queue;
    gboolean closing;
    GThread *writer;
};

/* ---- through db/ ---- */

static const TwDbSql rows[] = { { .sql = INSERT } };
static const TwDbSqlSet set = { "t", rows, 1 };
static const TwDbSqlSet *const sets[] = { &set };
static const TwDbSql steps[] = { { .sql = TABLE }, { .sql = INDEX_1 }, { .sql = INDEX_2 } };
static const TwDbMigration migrations[] = { { .version = 1, .steps = steps, .step_count = 3 } };
static const TwDbSchema schema = { "bench", migrations, 1, sets, 1 };

static gboolean
insert_tx(TwDbTx *tx, gpointer data, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, 0);
    const Waiter *waiter = data;

    tw_db_bind_i64(st, 0, waiter->folder);
    tw_db_bind_i64(st, 1, waiter->recv);
    tw_db_bind_bytes(st, 2, waiter->row, ROW_LEN);
    return tw_db_run(st, error);
}

static gboolean
insert_ours(Side *side, Waiter *waiter)
{
    return tw_db_write(side->db, insert_tx, waiter, NULL);
}

/* ---- by hand ---- */

static gpointer
plain_writer(gpointer data)
{
    Side *side = data;
    Waiter *group[MOST_WAITERS];

    g_mutex_lock(&side->lock);
    while (!side->closing || !g_queue_is_empty(&side->queue)) {
        guint count = 0;
        while (count < MOST_WAITERS && !g_queue_is_empty(&side->queue))
            group[count++] = g_queue_pop_head(&side->queue);
        if (count == 0) {
            g_cond_wait(&side->work, &side->lock);
            continue;
        }
        g_mutex_unlock(&side->lock);
        sqlite3_step(side->begin);
        sqlite3_reset(side->begin);
        for (guint i = 0; i < count; i++) {
            sqlite3_bind_int64(side->row, 1, group[i]->folder);
            sqlite3_bind_int64(side->row, 2, group[i]->recv);
            sqlite3_bind_blob(side->row, 3, group[i]->row, ROW_LEN, SQLITE_STATIC);
            if (sqlite3_step(side->row) != SQLITE_DONE)
                g_error("%s", sqlite3_errmsg(side->handle));
            sqlite3_reset(side->row);
        }
        if (sqlite3_step(side->commit) != SQLITE_DONE)
            g_error("%s", sqlite3_errmsg(side->handle));
        sqlite3_reset(side->commit);
        g_mutex_lock(&side->lock);
        for (guint i = 0; i < count; i++) {
            group[i]->done = TRUE;
            g_cond_signal(&group[i]->cond);
        }
    }
    g_mutex_unlock(&side->lock);
    return NULL;
}

static gboolean
insert_plain(Side *side, Waiter *waiter)
{
    g_mutex_lock(&side->lock);
    waiter->done = FALSE;
    g_queue_push_tail(&side->queue, waiter);
    g_cond_signal(&side->work);
    while (!waiter->done)
        g_cond_wait(&waiter->cond, &side->lock);
    g_mutex_unlock(&side->lock);
    return TRUE;
}

/* ---- the runs ---- */

static gpointer
wait_and_insert(gpointer data)
{
    Waiter *waiter = data;

    while (g_atomic_int_get(&waiter->side->stop) == 0) {
        waiter->recv++;
        if (!waiter->side->insert(waiter->side, waiter))
            g_error("an insert failed");
        waiter->count++;
    }
    return NULL;
}

static double
run(Side *side, guint waiter_count, double seconds)
{
    g_autofree Waiter *waiters = g_new0(Waiter, waiter_count);
    double start = bench_now(), took;
    guint64 sum = 0;

    g_atomic_int_set(&side->stop, 0);
    for (guint i = 0; i < waiter_count; i++) {
        waiters[i].side = side;
        waiters[i].folder = i;
        memset(waiters[i].row, (int) i, ROW_LEN);
        g_cond_init(&waiters[i].cond);
        waiters[i].thread = g_thread_new("waiter", wait_and_insert, &waiters[i]);
    }
    g_usleep((gulong) (seconds * 1e6));
    g_atomic_int_set(&side->stop, 1);
    for (guint i = 0; i < waiter_count; i++) {
        g_thread_join(waiters[i].thread);
        sum += waiters[i].count;
        g_cond_clear(&waiters[i].cond);
    }
    took = bench_now() - start;
    return (double) sum / took;
}

static BenchRate
rate_of(double *rates)
{
    qsort(rates, BENCH_RUNS, sizeof *rates, bench_compare_doubles);
    return (BenchRate){ rates[BENCH_RUNS / 2], rates[0], rates[BENCH_RUNS - 1] };
}

static void
compare(Side *ours, Side *plain, guint waiters, double seconds)
{
    double our_rates[BENCH_RUNS], plain_rates[BENCH_RUNS];
    BenchRate a, b;

    for (int i = 0; i < BENCH_RUNS; i++) {
        our_rates[i] = run(ours, waiters, seconds);
        plain_rates[i] = run(plain, waiters, seconds);
    }
    a = rate_of(our_rates);
    b = rate_of(plain_rates);
    g_print("  %3u waiters: %7.0f commits/s [%.0f-%.0f]  %.2f of plain SQLite (%.0f [%.0f-%.0f])\n",
            waiters, a.median, a.least, a.most, a.median / b.median, b.median, b.least, b.most);
}

/* Median time of writing 4 KB over themselves and waiting for the disk. */
static double
sync_p50(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "probe", NULL);
    g_autoptr(TwFile) file =
        tw_file_open(tw_file_system_real(), path, TW_FILE_WRITE | TW_FILE_CREATE, NULL);
    guint8 block[4096] = { 1 };
    double times[SYNC_SAMPLES];

    for (int i = 0; i < SYNC_SAMPLES; i++) {
        double start;
        tw_file_write(file, 0, block, sizeof block, NULL);
        start = bench_now();
        tw_file_sync(file, NULL);
        times[i] = bench_now() - start;
    }
    g_unlink(path);
    qsort(times, SYNC_SAMPLES, sizeof *times, bench_compare_doubles);
    return times[SYNC_SAMPLES / 2] * 1e6;
}

static void
plain_sql(sqlite3 *handle, const char *sql)
{
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        g_error("%s: %s", sql, sqlite3_errmsg(handle));
}

static void
open_plain(Side *side, const char *path)
{
    sqlite3_open(path, &side->handle);
    plain_sql(side->handle, "PRAGMA journal_mode = WAL");
    plain_sql(side->handle, "PRAGMA synchronous = FULL");
    plain_sql(side->handle, "PRAGMA cache_size = -4096");
    plain_sql(side->handle, TABLE ";" INDEX_1 ";" INDEX_2);
    sqlite3_prepare_v2(side->handle, "BEGIN IMMEDIATE", -1, &side->begin, NULL);
    sqlite3_prepare_v2(side->handle, "COMMIT", -1, &side->commit, NULL);
    sqlite3_prepare_v2(side->handle, INSERT, -1, &side->row, NULL);
    g_mutex_init(&side->lock);
    g_cond_init(&side->work);
    g_queue_init(&side->queue);
    side->insert = insert_plain;
    side->writer = g_thread_new("plain", plain_writer, side);
}

static void
close_plain(Side *side)
{
    g_mutex_lock(&side->lock);
    side->closing = TRUE;
    g_cond_signal(&side->work);
    g_mutex_unlock(&side->lock);
    g_thread_join(side->writer);
    sqlite3_finalize(side->begin);
    sqlite3_finalize(side->commit);
    sqlite3_finalize(side->row);
    sqlite3_close(side->handle);
}

static void
run_with_delay(const char *parent, gulong delay_us, double seconds)
{
    static const guint waiters[] = { 1, 8, 32, 128 };
    g_autofree char *pattern = g_build_filename(parent, "db-commit-XXXXXX", NULL);
    g_autofree char *folder = g_mkdtemp(g_steal_pointer(&pattern));
    g_autofree char *ours_path = g_build_filename(folder, "ours", NULL);
    g_autofree char *plain_path = g_build_filename(folder, "plain", NULL);
    TwDbConfig config = TW_DB_CONFIG_INIT;
    Side ours = { .insert = insert_ours }, plain = { .insert = insert_plain };
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = NULL;
    const char *name;

    disk.delay_us = delay_us;
    config.fs = tw_file_system_real();
    config.path = ours_path;
    config.schema = &schema;
    ours.db = tw_db_open(&config, &error);
    if (ours.db == NULL)
        g_error("%s", error->message);
    open_plain(&plain, plain_path);
    g_print("sync p50 %.0f us, of which %lu us added\n", sync_p50(folder), delay_us);
    for (guint i = 0; i < G_N_ELEMENTS(waiters); i++)
        compare(&ours, &plain, waiters[i], seconds);
    tw_db_close(ours.db);
    close_plain(&plain);
    dir = g_dir_open(folder, 0, NULL);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

int
main(int argc, char **argv)
{
    static const gulong delays[] = { 0, 2000, 10000 };
    const char *folder = argc > 1 ? argv[1] : ".";
    double seconds = argc > 2 ? g_ascii_strtod(argv[2], NULL) : 0.5;

    for (guint i = 0; i < G_N_ELEMENTS(delays); i++)
        run_with_delay(folder, delays[i], seconds);
    return 0;
}
