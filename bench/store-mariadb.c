/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many durable deliveries of a 3.8 KB mail a second with the databases on MariaDB, beside SQLite, and beside what the server
 * itself can do?
 *
 * Each waiter delivers to one of 50 mailboxes and waits until its mail is durable; mails lie in their rows. In turns: the engine on
 * SQLite, the engine on MariaDB, and one connection by hand that inserts single rows of 1.4 KB into a table with two indices, as many
 * to a commit as the engine had mails in one just before: no reading, no other tables, no fence. Give it a server that
 * syncs each commit: a node of a Galera cluster, or that of ./run --mariadb. Databases bench_bare and bench_mail* are made there and taken away.
 *
 *     bench-store-mariadb SOCKET [FOLDER [SECONDS [WAITERS]]]
 */
#include "mails.h"

#include <glib/gstdio.h>
#include <mysql.h>
#include <string.h>

#include "disk.h"
#include "store/mail.h"
#include "store/store.h"

enum {
    MAILBOXES = 50,
    MAILS = 64, /* to make the others of */
    MOST_WAITERS = 128,
    ROUNDS = 3,
    ROW_LEN = 1400,
};

typedef struct {
    TwEngine *engine;
    TwStore *stores[MAILBOXES];
    guint32 inboxes[MAILBOXES];
    GBytes *mails[MAILS];
    gint stop, done, number; /* atomic */
} Side;

/* ---- the engine ---- */

static void
open_side(Side *side, const char *path, const char *socket)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    g_autoptr(GError) error = NULL;

    config.fs = tw_file_system_real();
    config.path = path;
    config.inline_mode = TW_INLINE_ALWAYS;
    if (socket != NULL)
        config.maria = (TwEngineMaria){ .socket = socket,
                                        .user = g_get_user_name(),
                                        .database = "bench_mail",
                                        .lease_us = (gint64) 5 * G_USEC_PER_SEC };
    side->engine = tw_engine_open(&config, &error);
    if (side->engine == NULL)
        g_error("%s", error->message);
    for (guint i = 0; i < MAILBOXES; i++) {
        TwStoreMake make = { .partition = -1 };
        TwStoreInfo info;
        side->stores[i] = tw_store_create(side->engine, &make, &error);
        if (side->stores[i] == NULL || !tw_store_get_info(side->stores[i], &info, &error))
            g_error("%s", error->message);
        side->inboxes[i] = info.root;
    }
    for (guint i = 0; i < MAILS; i++)
        side->mails[i] = bench_mail_new(rand);
}

static void
close_side(Side *side)
{
    for (guint i = 0; i < MAILBOXES; i++)
        tw_store_unref(side->stores[i]);
    for (guint i = 0; i < MAILS; i++)
        g_bytes_unref(side->mails[i]);
    tw_engine_close(side->engine);
}

static gpointer
deliver_on(gpointer data)
{
    Side *side = data;

    while (!g_atomic_int_get(&side->stop)) {
        guint number = (guint) g_atomic_int_add(&side->number, 1), box = number % MAILBOXES;
        g_autoptr(GBytes) mail = bench_mail_again(side->mails[number % MAILS], number);
        TwMailTarget target = { .store = side->stores[box], .folder = side->inboxes[box] };
        TwMailDelivery delivery = { .targets = &target, .target_count = 1 };
        TwMailResult result = { 0 };
        g_autoptr(GError) error = NULL;
        if (!tw_mail_deliver(side->engine, mail, &delivery, &result, &error) ||
            result.error != NULL)
            g_error("%s", (error != NULL ? error : result.error)->message);
        tw_mail_result_clear(&result);
        g_atomic_int_inc(&side->done);
    }
    return NULL;
}

/* *ret_count: mails */
static double
run_side(Side *side, guint waiters, double seconds, guint *ret_count)
{
    GThread *threads[MOST_WAITERS];
    double start = bench_now();

    side->stop = side->done = 0;
    for (guint i = 0; i < waiters; i++)
        threads[i] = g_thread_new("waiter", deliver_on, side);
    g_usleep((gulong) (seconds * 1e6));
    g_atomic_int_set(&side->stop, 1);
    for (guint i = 0; i < waiters; i++)
        g_thread_join(threads[i]);
    *ret_count = (guint) side->done;
    return side->done / (bench_now() - start);
}

/* ---- by hand ---- */

static void
say(MYSQL *mysql, const char *sql)
{
    if (mysql_query(mysql, sql) != 0)
        g_error("%s: %s", sql, mysql_error(mysql));
}

static guint64
counter(MYSQL *mysql, const char *name)
{
    g_autofree char *sql = g_strdup_printf("SHOW GLOBAL STATUS LIKE '%s'", name);
    MYSQL_RES *rows;
    MYSQL_ROW row;
    guint64 value;

    say(mysql, sql);
    rows = mysql_store_result(mysql);
    row = mysql_fetch_row(rows);
    value = row != NULL ? g_ascii_strtoull(row[1], NULL, 10) : 0;
    mysql_free_result(rows);
    return value;
}

static double
run_by_hand(MYSQL *mysql, guint group, double seconds)
{
    static guint8 row[ROW_LEN];
    static gint64 number;
    gint64 folder = 1;
    gulong len = sizeof row;
    MYSQL_STMT *st = mysql_stmt_init(mysql);
    MYSQL_BIND values[] = {
        { .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &folder },
        { .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &number },
        { .buffer_type = MYSQL_TYPE_BLOB, .buffer = row, .buffer_length = len, .length = &len },
    };
    static const char insert[] = "INSERT INTO bench_bare.bare(folder, recv, rec) VALUES(?, ?, ?)";
    double start = bench_now(), took;
    guint done = 0;

    if (mysql_stmt_prepare(st, insert, sizeof insert - 1) != 0 ||
        mysql_stmt_bind_param(st, values) != 0)
        g_error("%s", mysql_stmt_error(st));
    do {
        say(mysql, "START TRANSACTION");
        for (guint i = 0; i < group; i++) {
            number++;
            for (guint at = 0; at < sizeof row; at += 8)
                memcpy(row + at, &number, MIN(8, sizeof row - at));
            if (mysql_stmt_execute(st) != 0)
                g_error("%s", mysql_stmt_error(st));
        }
        say(mysql, "COMMIT");
        done += group;
        took = bench_now() - start;
    } while (took < seconds);
    mysql_stmt_close(st);
    return done / took;
}

static MYSQL *
connect_by_hand(const char *socket)
{
    static const char *const first[] = { "DROP DATABASE IF EXISTS bench_mail",
                                         "DROP DATABASE IF EXISTS bench_mail_1",
                                         "DROP DATABASE IF EXISTS bench_bare",
                                         "CREATE DATABASE bench_bare",
                                         "CREATE TABLE bench_bare.bare(id BIGINT AUTO_INCREMENT "
                                         "PRIMARY KEY, folder BIGINT, recv BIGINT, rec BLOB, "
                                         "KEY(folder, id), KEY(folder, recv)) ENGINE=InnoDB" };
    MYSQL *mysql = mysql_init(NULL);

    if (mysql_real_connect(mysql, NULL, g_get_user_name(), "", NULL, 0, socket, 0) == NULL)
        g_error("%s: %s", socket, mysql_error(mysql));
    for (guint i = 0; i < G_N_ELEMENTS(first); i++)
        say(mysql, first[i]);
    return mysql;
}

/* ---- turns ---- */

static void
compare(Side *sqlite, Side *maria, MYSQL *mysql, guint waiters, double seconds)
{
    double files[ROUNDS], server[ROUNDS], bare[ROUNDS], groups[ROUNDS], statements[ROUNDS];
    guint mid = ROUNDS / 2;

    for (guint r = 0; r < ROUNDS; r++) {
        guint64 commits, executed;
        guint count;

        files[r] = run_side(sqlite, waiters, seconds, &count);
        commits = counter(mysql, "Com_commit");
        executed = counter(mysql, "Questions");
        server[r] = run_side(maria, waiters, seconds, &count);
        commits = counter(mysql, "Com_commit") - commits;
        executed = counter(mysql, "Questions") - executed;
        groups[r] = (double) count / (double) MAX(commits, 1);
        statements[r] = (double) executed / count;
        bare[r] = run_by_hand(mysql, (guint) (groups[r] + 0.5), seconds);
    }
    qsort(files, ROUNDS, sizeof *files, bench_compare_doubles);
    qsort(server, ROUNDS, sizeof *server, bench_compare_doubles);
    qsort(bare, ROUNDS, sizeof *bare, bench_compare_doubles);
    g_print("%3u waiters: MariaDB %6.0f mails/s, %.1f in a commit, %.1f statements each; SQLite "
            "%6.0f/s, ratio %.2f; single rows by hand %6.0f/s, ratio %.2f\n",
            waiters, server[mid], groups[mid], statements[mid], files[mid],
            server[mid] / files[mid], bare[mid], server[mid] / bare[mid]);
}

int
main(int argc, char **argv)
{
    static const guint waiters[] = { 1, 8, 32, 128 };
    g_autofree char *folder =
        g_build_filename(argc > 2 ? argv[2] : ".", "bench-maria-XXXXXX", NULL);
    double seconds = argc > 3 ? g_ascii_strtod(argv[3], NULL) : 0.5;
    guint only = argc > 4 ? (guint) g_ascii_strtoull(argv[4], NULL, 10) : 0;
    Side sqlite = { 0 }, maria = { 0 };
    g_autofree char *first = NULL, *second = NULL;
    MYSQL *mysql;

    if (argc < 2) {
        g_printerr("usage: bench-store-mariadb SOCKET [FOLDER [SECONDS [WAITERS]]]\n");
        return 64;
    }
    if (g_mkdtemp(folder) == NULL)
        g_error("%s: cannot be made", folder);
    first = g_build_filename(folder, "sqlite", NULL);
    second = g_build_filename(folder, "maria", NULL);
    mysql = connect_by_hand(argv[1]);
    open_side(&sqlite, first, NULL);
    open_side(&maria, second, argv[1]);
    g_print("fdatasync p50 %.0f us\n", bench_sync_p50_us(folder));
    for (guint i = 0; i < G_N_ELEMENTS(waiters); i++) {
        if (only == 0 || only == waiters[i])
            compare(&sqlite, &maria, mysql, waiters[i], seconds);
    }
    close_side(&sqlite);
    close_side(&maria);
    say(mysql, "DROP DATABASE bench_bare");
    say(mysql, "DROP DATABASE bench_mail");
    say(mysql, "DROP DATABASE bench_mail_1");
    mysql_close(mysql);
    bench_remove(folder);
    return 0;
}
