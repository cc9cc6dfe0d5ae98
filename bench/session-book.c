/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What does an address book of 10,000 users cost a client of the session API: a name resolved, a list of all, a table of all?
 *
 * The bars: 1 ms to resolve a name, 20 ms to list. A table is opened anew each time, by name of user, with eight columns; its
 * rows are made the first time and shared from then on. The peer in the same run reads as many user entries by number, one
 * call for each.
 *
 *     bench-session-book [FOLDER [USERS]]
 */
#include "session.h"

#include "mapi/tags.h"

enum {
    ROUNDS = 9,
    WINDOW = 50,
    NAMES = 1000, /* resolved in a round */
};

typedef struct {
    BenchSession local;
    guint32 *users;
    guint count;
} Bench;

static void
fill(Bench *bench)
{
    bench->users = g_new(guint32, bench->count);
    for (guint i = 0; i < bench->count; i++) {
        g_autofree char *name = g_strdup_printf("user%u", i * 7919 % bench->count);
        g_autofree char *full = g_strdup_printf("%c. Person %u", 'A' + (int) (i % 26), i);
        g_autofree char *mail = g_strconcat(name, "@example.org", NULL);
        const TwDirectoryObject values = {
            .kind = TW_DIRECTORY_USER, .name = name, .full_name = full, .mail = mail
        };
        g_auto(TwObjectCreateArgs) create = { .values = &values };
        g_autoptr(GError) error = NULL;
        bench_must(tw_session_object_create(bench->local.session, &create, &error), &error);
        bench->users[i] = create.created;
    }
}

/* ---- the questions ---- */

static guint
resolve(Bench *bench)
{
    for (guint i = 0; i < NAMES; i++) {
        g_autofree char *text = g_strdup_printf("user%u@example.org", i * 31 % bench->count);
        g_auto(TwBookResolveArgs) ask = { .text = text, .exact = i % 2 == 0 };
        g_autoptr(GError) error = NULL;
        bench_must(tw_session_book_resolve(bench->local.session, &ask, &error), &error);
    }
    return NAMES;
}

static guint
list_all(Bench *bench)
{
    g_auto(TwBookListArgs) list = { .sort = TW_DIRECTORY_SORT_SHOWN };
    g_autoptr(GError) error = NULL;

    bench_must(tw_session_book_list(bench->local.session, &list, &error), &error);
    return list.rows->len;
}

static guint
show_table(Bench *bench, gint64 rows)
{
    static const guint32 columns[] = { PR_DISPLAY_NAME, PR_SMTP_ADDRESS, PR_ACCOUNT,
                                       PR_ENTRYID,      PR_OBJECT_TYPE,  PR_DISPLAY_TYPE,
                                       PR_INSTANCE_KEY, PR_TITLE };
    const TwSortOrder order = { .keys = { { PR_DISPLAY_NAME, TW_SORT_ASCENDING } }, .count = 1 };
    TwTableOpenBookArgs open = { .place = TW_BOOK_PLACE_GLOBAL };
    g_autoptr(GError) error = NULL;
    guint count;

    bench_must(tw_session_table_open_book(bench->local.session, &open, &error), &error);
    {
        TwTableSetupArgs setup = { .table = open.table,
                                   .columns = { columns, G_N_ELEMENTS(columns) },
                                   .order = &order };
        g_auto(TwTableRowsArgs) read = { .table = open.table, .count = rows };
        TwTableCloseArgs close = { .table = open.table };
        bench_must(tw_session_table_setup(bench->local.session, &setup, &error), &error);
        bench_must(tw_session_table_rows(bench->local.session, &read, &error), &error);
        count = read.rows->row_count;
        bench_must(tw_session_table_close(bench->local.session, &close, &error), &error);
    }
    return count;
}

static guint
show_window(Bench *bench)
{
    return show_table(bench, WINDOW);
}

static guint
show_all(Bench *bench)
{
    return show_table(bench, bench->count + WINDOW);
}

static guint
get_each(Bench *bench)
{
    for (guint i = 0; i < bench->count; i++) {
        g_auto(TwBookGetArgs) get = { .user = bench->users[i], .compute = TRUE };
        g_autoptr(GError) error = NULL;
        bench_must(tw_session_book_get(bench->local.session, &get, &error), &error);
    }
    return bench->count;
}

static double
measure(Bench *bench, const char *name, guint (*deed)(Bench *bench), double bar_ms, guint parts)
{
    double times[ROUNDS], median;
    guint count = 0;

    for (guint i = 0; i < ROUNDS; i++) {
        double start = bench_now();
        count = deed(bench);
        times[i] = bench_now() - start;
    }
    qsort(times, ROUNDS, sizeof *times, bench_compare_doubles);
    median = times[ROUNDS / 2] * 1e3 / parts;
    g_print("%-44s %9.4f ms [%.4f-%.4f] (%u)", name, median, times[0] * 1e3 / parts,
            times[ROUNDS - 1] * 1e3 / parts, count);
    if (bar_ms > 0)
        g_print("; bar %.0f ms: %.3f of it", bar_ms, median / bar_ms);
    g_print("\n");
    return median;
}

int
main(int argc, char **argv)
{
    g_autofree char *path = argc > 1 && argv[1][0] != '\0'
                                ? g_strdup(argv[1])
                                : g_dir_make_tmp("bench-session-book-XXXXXX", NULL);
    Bench bench = { .count = argc > 2 ? (guint) atoi(argv[2]) : 10000 };
    g_autoptr(GError) error = NULL;
    double start, all, each;

    bench_session_create(path);
    bench_session_open(&bench.local, path);
    fill(&bench);
    measure(&bench, "a name resolved", resolve, 1, NAMES);
    measure(&bench, "all users as a list, by full name", list_all, 20, 1);
    start = bench_now();
    show_window(&bench);
    g_print("%-44s %9.4f ms\n", "a table for the first time", (bench_now() - start) * 1e3);
    measure(&bench, "a table opened, sorted, 50 rows read", show_window, 20, 1);
    all = measure(&bench, "a table opened, sorted, all rows read", show_all, 20, 1);
    each = measure(&bench, "the peer: each entry by a call of its own", get_each, 0, 1);
    g_print("%-44s %9.2f of the peer\n", "the whole table", all / each);
    bench_session_close(&bench.local);
    g_free(bench.users);
    return 0;
}
