/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many durable deliveries of a 3.8 KB mail a second, and what does the engine's way cost beside a plain program?
 *
 * Each waiter delivers to one of 200 mailboxes and waits until its mail is durable. The peer is SQLite used by hand (WAL,
 * synchronous=FULL, prepared statements, one thread) that writes the rows a delivery needs (message, body, change, folder and store
 * counters), as many to a commit as there are waiters: no queue, no scanner, no checksums, no segments. Both take turns on the same
 * disk. CPU is that of the whole process.
 *
 *     bench-store-deliver [FOLDER [SECONDS]]
 */
#include "bench.h"

#include "store/mail.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    MAILBOXES = 200,
    MAIL_LEN = 3800,
    MAILS = 64, /* different ones */
    MOST_WAITERS = 128,
    ROUNDS = 5,
};

static double seconds = 1.0;

/* Words that compress about as mail does. */
static GBytes *
make_mail(GRand *rand)
{
    static const char *const words[] = { "meeting ",  "report ",  "please ", "giraffe ",
                                         "tomorrow ", "the ",     "of ",     "and ",
                                         "invoice ",  "regards ", "to ",     "we ",
                                         "attached ", "is " };
    GString *mail = g_string_new(NULL);
    guint number = g_rand_int(rand);

    g_string_append_printf(
        mail,
        "Return-Path: <sender%u@example.org>\r\nReceived: from mx.example.org by mail.example.net; "
        "Sun, 22 "
        "Nov 2026 02:36:00 +0100\r\nFrom: \"Sender %u\" <sender%u@example.org>\r\nTo: "
        "user@example.net\r\nSubject: Report %u\r\nMessage-ID: <%u.%u@example.org>\r\nDate: Sun, "
        "22 Nov "
        "2026 02:36:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
        number % 100, number % 100, number % 100, number, number, g_rand_int(rand));
    while (mail->len < MAIL_LEN - 2) {
        g_string_append(mail, words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
        if (g_rand_int_range(rand, 0, 4) == 0)
            g_string_append_printf(mail, "%x ", g_rand_int(rand));
        if (g_rand_int_range(rand, 0, 12) == 0)
            g_string_append(mail, "\r\n");
    }
    g_string_truncate(mail, MAIL_LEN - 2);
    g_string_append(mail, "\r\n");
    return g_string_free_to_bytes(mail);
}

typedef struct {
    TwEngine *engine;
    TwStore *stores[MAILBOXES];
    guint32 inboxes[MAILBOXES];
    GBytes *mails[MAILS];
    gint stop; /* atomic */
    gint done; /* atomic */
} Bench;

static gpointer
deliver_on(gpointer data)
{
    Bench *bench = data;
    g_autoptr(GRand) rand = g_rand_new();

    while (!g_atomic_int_get(&bench->stop)) {
        guint box = (guint) g_rand_int_range(rand, 0, MAILBOXES);
        TwMailTarget target = { .store = bench->stores[box], .folder = bench->inboxes[box] };
        TwMailDelivery delivery = { .targets = &target, .target_count = 1 };
        TwMailResult result = { 0 };
        g_autoptr(GError) error = NULL;
        if (!tw_mail_deliver(bench->engine, bench->mails[g_rand_int(rand) % MAILS], &delivery,
                             &result, &error) ||
            result.error != NULL)
            g_error("%s", (error != NULL ? error : result.error)->message);
        tw_mail_result_clear(&result);
        g_atomic_int_inc(&bench->done);
    }
    return NULL;
}

static double
cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static double
run_ours(Bench *bench, guint waiters, double *ret_cpu_us)
{
    GThread *threads[MOST_WAITERS];
    double start = bench_now(), cpu = cpu_seconds(), rate;

    bench->stop = bench->done = 0;
    for (guint i = 0; i < waiters; i++)
        threads[i] = g_thread_new("waiter", deliver_on, bench);
    g_usleep((gulong) (seconds * 1e6));
    g_atomic_int_set(&bench->stop, 1);
    for (guint i = 0; i < waiters; i++)
        g_thread_join(threads[i]);
    rate = bench->done / (bench_now() - start);
    *ret_cpu_us = (cpu_seconds() - cpu) / bench->done * 1e6;
    return rate;
}

/* ---- the peer ---- */

static sqlite3 *
open_peer(const char *folder, sqlite3_stmt **st)
{
    static const char *const sql[] = {
        "INSERT INTO msg VALUES(?1, 1, 0, ?2, ?2, 1, 3800, 0, 0, 0, ?2, ?2, 0, ?2, 0, ?3, 0)",
        "INSERT INTO tail VALUES((?1 << 32) | ?2, ?3, NULL)",
        "INSERT INTO chg VALUES(?1, ?2, 1, ?2, 1, 0)",
        "UPDATE folder SET total = total + 1, unread = unread + 1, bytes = bytes + 3800, uidnext = "
        "uidnext + 1 WHERE store = ?1 "
        "AND id = 1",
        "UPDATE store SET cn = cn + 1, bytes = bytes + 3800 WHERE id = ?1",
    };
    g_autofree char *path = g_build_filename(folder, "peer.db", NULL);
    sqlite3 *db;

    g_assert(sqlite3_open(path, &db) == SQLITE_OK);
    g_assert(
        sqlite3_exec(db,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                     "CREATE TABLE store(id INTEGER PRIMARY KEY, cn, bytes);"
                     "CREATE TABLE folder(store, id, total, unread, bytes, uidnext, PRIMARY "
                     "KEY(store, id)) WITHOUT ROWID;"
                     "CREATE TABLE msg(store, folder, state, mid, uid, recv, size, flags, status, "
                     "kw, cn, cn_create, cn_read,"
                     " bid, conv, head, crc, PRIMARY KEY(store, folder, state, mid)) WITHOUT ROWID;"
                     "CREATE UNIQUE INDEX msg_uid ON msg(store, folder, uid);"
                     "CREATE UNIQUE INDEX msg_mid ON msg(store, mid);"
                     "CREATE TABLE tail(id INTEGER PRIMARY KEY, rec, summary);"
                     "CREATE TABLE chg(store, cn, folder, id, op, aux, PRIMARY KEY(store, cn)) "
                     "WITHOUT ROWID;",
                     NULL, NULL, NULL) == SQLITE_OK);
    for (int i = 0; i < MAILBOXES; i++) {
        g_autofree char *rows = g_strdup_printf(
            "INSERT INTO store VALUES(%d, 0, 0); INSERT INTO folder VALUES(%d, 1, 0, 0, 0, 1);", i,
            i);
        sqlite3_exec(db, rows, NULL, NULL, NULL);
    }
    for (guint i = 0; i < G_N_ELEMENTS(sql); i++)
        g_assert(sqlite3_prepare_v2(db, sql[i], -1, &st[i], NULL) == SQLITE_OK);
    return db;
}

/* The body is 1.7 KB: what zstd makes of such a mail. */
static double
run_peer(sqlite3 *db, sqlite3_stmt **st, guint group, sqlite3_int64 *number)
{
    static const guint8 head[240] = { 0 }, body[1700] = { 1 };
    double start = bench_now(), took;
    guint done = 0;

    do {
        sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        for (guint i = 0; i < group; i++, done++) {
            sqlite3_int64 box = g_random_int() % MAILBOXES;
            ++*number;
            for (guint s = 0; s < 5; s++) {
                sqlite3_bind_int64(st[s], 1, box);
                if (s < 3)
                    sqlite3_bind_int64(st[s], 2, *number);
                if (s == 0)
                    sqlite3_bind_blob(st[s], 3, head, sizeof head, SQLITE_STATIC);
                if (s == 1)
                    sqlite3_bind_blob(st[s], 3, body, sizeof body, SQLITE_STATIC);
                if (sqlite3_step(st[s]) != SQLITE_DONE)
                    g_error("%s", sqlite3_errmsg(db));
                sqlite3_reset(st[s]);
            }
        }
        sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
        took = bench_now() - start;
    } while (took < seconds);
    return done / took;
}

/* ---- the disk ---- */

static double
sync_p50_us(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "sync", NULL);
    int fd = g_open(path, O_CREAT | O_RDWR, 0600);
    static char page[4096];
    double samples[101];

    for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
        double start = bench_now();
        g_assert(pwrite(fd, page, sizeof page, 0) == sizeof page && fdatasync(fd) == 0);
        samples[i] = (bench_now() - start) * 1e6;
    }
    close(fd);
    qsort(samples, G_N_ELEMENTS(samples), sizeof *samples, bench_compare_doubles);
    return samples[50];
}

static void
open_ours(Bench *bench, const char *folder)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    g_autofree char *path = g_build_filename(folder, "ours", NULL);
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    g_autoptr(GError) error = NULL;

    config.fs = tw_file_system_real();
    config.path = path;
    bench->engine = tw_engine_open(&config, &error);
    if (bench->engine == NULL)
        g_error("%s", error->message);
    for (guint i = 0; i < MAILBOXES; i++) {
        TwStoreMake make = { .partition = -1 };
        TwStoreInfo info;
        bench->stores[i] = tw_store_create(bench->engine, &make, &error);
        if (bench->stores[i] == NULL || !tw_store_get_info(bench->stores[i], &info, &error))
            g_error("%s", error->message);
        bench->inboxes[i] = info.root;
    }
    for (guint i = 0; i < MAILS; i++)
        bench->mails[i] = make_mail(rand);
}

int
main(int argc, char **argv)
{
    static const guint waiters[] = { 1, 8, 32, 128 };
    g_autofree char *folder =
        g_build_filename(argc > 1 ? argv[1] : ".", "bench-store-XXXXXX", NULL);
    static Bench bench;
    sqlite3_stmt *st[5];
    sqlite3_int64 number = 0;
    sqlite3 *peer;

    seconds = argc > 2 ? g_ascii_strtod(argv[2], NULL) : seconds;
    if (g_mkdtemp(folder) == NULL)
        g_error("%s: cannot be made", folder);
    open_ours(&bench, folder);
    peer = open_peer(folder, st);
    g_print("fdatasync p50 %.0f us\n", sync_p50_us(folder));
    for (guint w = 0; w < G_N_ELEMENTS(waiters); w++) {
        double ours[ROUNDS], theirs[ROUNDS], cpu[ROUNDS];
        for (guint r = 0; r < ROUNDS; r++) {
            ours[r] = run_ours(&bench, waiters[w], &cpu[r]);
            theirs[r] = run_peer(peer, st, waiters[w], &number);
        }
        qsort(ours, ROUNDS, sizeof *ours, bench_compare_doubles);
        qsort(theirs, ROUNDS, sizeof *theirs, bench_compare_doubles);
        qsort(cpu, ROUNDS, sizeof *cpu, bench_compare_doubles);
        g_print("%3u waiters: %6.0f deliveries/s [%.0f-%.0f], %4.0f us CPU each; %.2f of plain "
                "SQLite (%.0f/s [%.0f-%.0f])\n",
                waiters[w], ours[ROUNDS / 2], ours[0], ours[ROUNDS - 1], cpu[ROUNDS / 2],
                ours[ROUNDS / 2] / theirs[ROUNDS / 2], theirs[ROUNDS / 2], theirs[0],
                theirs[ROUNDS - 1]);
    }
    g_print("data in %s\n", folder);
    return 0;
}
