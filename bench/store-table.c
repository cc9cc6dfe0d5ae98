/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many windows of 50 rows x 10 columns a second does a contents table over a folder of 100,000 messages give, and what does it cost to
 * make its views?
 *
 * The bars (STORAGE.md 10): a window of a new table by date 20,000/s with heads in memory, 6,000 without; by subject: the view in 400 ms,
 * then the same rates; categorised within 2 times; a restriction on sender, unread and date in 60 ms. The machine may be busy: figures are
 * by the CPU time of this process. Messages come nearly in the order of their dates, as they do in a mailbox: rows of a window by date
 * lie near each other, those of one by subject anywhere; without heads in memory they come from a file. What they cost stands beside a program by hand on
 * plain SQLite, with all pages in memory, which looks up as many rows of the same database and makes no cells of them.
 *
 *     bench-store-table [FOLDER [MESSAGES]]
 */
#include "bench.h"

#include "base/collate.h"
#include "base/error.h"
#include "mapi/collation.h"
#include "mapi/tags.h"
#include "store/table.h"

#include <sqlite3.h>
#include <unistd.h>

enum {
    WINDOW = 50,
    COLUMNS = 10,
    SENDERS = 500,
};

static const guint32 columns[COLUMNS] = {
    PR_SUBJECT,      PR_SENT_REPRESENTING_NAME, PR_MESSAGE_DELIVERY_TIME,
    PR_MESSAGE_SIZE, PR_MESSAGE_FLAGS,          PR_IMPORTANCE,
    PR_HASATTACH,    PR_MESSAGE_CLASS,          PR_INSTANCE_KEY,
    PR_ENTRYID,
};

typedef struct {
    TwEngine *engine;
    TwStore *store;
    guint32 folder;
    guint messages;
    TwCollations *collations;
    TwTables *tables;
    TwSortOrder order;
    TwRestriction *restriction;
    GRand *rand;
    gint *next;      /* how many messages there are; they come nearly in the order of their dates */
    gboolean paging; /* at random places rather than at the start */
    double anywhere; /* windows/s of rows that lie anywhere, without heads */
} Bench;

static void
set_text(TwObject *object, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_str(tag, text);

    bench_must(tw_object_set(object, &value, NULL), NULL);
}

static void
set_value(TwObject *object, TwPropValue value)
{
    bench_must(tw_object_set(object, &value, NULL), NULL);
}

static void
add_message(Bench *bench)
{
    enum {
        JITTER = 20 /* messages that overtake others on their way */
    };
    static const char *const topics[] = { "Quarterly figures", "Lunch",
                                          "Invoice",           "Re: Minutes",
                                          "Fwd: Travel plans", "Giraffes of the savanna" };
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GError) error = NULL;
    char text[128];
    guint sender = g_rand_int(bench->rand) % SENDERS;
    TwMessageMade made;
    gint64 date;

    g_snprintf(text, sizeof text, "%s %u", topics[g_rand_int(bench->rand) % G_N_ELEMENTS(topics)],
               g_rand_int(bench->rand) % 100000);
    set_text(object, PR_SUBJECT, text);
    set_text(object, PR_MESSAGE_CLASS, "IPM.Note");
    g_snprintf(text, sizeof text, "Sender number %u", sender);
    set_text(object, PR_SENT_REPRESENTING_NAME, text);
    g_snprintf(text, sizeof text, "sender%u@example.org", sender);
    set_text(object, PR_SENT_REPRESENTING_EMAIL_ADDRESS, text);
    set_text(object, PR_SENT_REPRESENTING_ADDRTYPE, "SMTP");
    set_text(object, PR_BODY, "A few words that stand for the body of the mail.");
    set_value(object, tw_value_long(PR_IMPORTANCE, 1));
    date = g_atomic_int_add(bench->next, 1) + g_rand_int_range(bench->rand, 0, JITTER);
    set_value(object, tw_value_i8(PR_MESSAGE_DELIVERY_TIME, 0x01d9000000000000 + date * 600000000 +
                                                                g_rand_int(bench->rand) % 6000000));
    if (g_rand_int(bench->rand) % 10 > 0)
        set_value(object, tw_value_long(PR_MESSAGE_FLAGS, TW_MSGFLAG_READ));
    bench_must(tw_message_create(bench->store, bench->folder, object, NULL, &made, &error), &error);
}

/* Made by many threads, so that they share commits. */
typedef struct {
    Bench bench;
    guint first, count;
} Maker;

static gpointer
make_messages(gpointer data)
{
    Maker *maker = data;

    maker->bench.rand = g_rand_new_with_seed(maker->first);
    for (guint i = 0; i < maker->count; i++)
        add_message(&maker->bench);
    g_rand_free(maker->bench.rand);
    return NULL;
}

static void
fill(Bench *bench)
{
    enum {
        THREADS = 64
    };
    Maker makers[THREADS];
    GThread *threads[THREADS];

    for (guint i = 0; i < THREADS; i++) {
        makers[i] = (Maker){ *bench, i * (bench->messages / THREADS), bench->messages / THREADS };
        threads[i] = g_thread_new("maker", make_messages, &makers[i]);
    }
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    bench->messages = bench->messages / THREADS * THREADS;
}

static TwTable *
open_table(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    TwTableCaller caller = { .collation = tw_collation_for_locale(bench->collations, "en") };
    TwTable *table =
        tw_table_open_contents(bench->tables, bench->store, bench->folder, 0, &caller, &error);

    bench_must(table != NULL, &error);
    bench_must(tw_table_set_columns(table, columns, COLUMNS, &error), &error);
    bench_must(tw_table_sort(table, &bench->order, &error), &error);
    if (bench->restriction != NULL)
        tw_table_restrict(table, bench->restriction);
    return table;
}

/* One table, opened, asked for its first window, and closed. */
static double
window(gpointer data)
{
    Bench *bench = data;
    g_autoptr(TwTable) table = open_table(bench);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTableRows) rows = NULL;

    if (bench->paging)
        bench_must(tw_table_seek(table, TW_BOOKMARK_BEGIN,
                                 g_rand_int(bench->rand) % bench->messages, NULL, NULL, &error),
                   &error);
    rows = tw_table_query_rows(table, WINDOW, TRUE, &error);
    bench_must(rows != NULL, &error);
    return 1;
}

/* Windows a second of CPU: the median of some runs. */
static double
windows_per_second(Bench *bench)
{
    double rates[BENCH_RUNS];

    window(bench);
    for (int i = 0; i < BENCH_RUNS; i++) {
        double start = bench_cpu_seconds(), took, count = 0;
        do {
            for (int k = 0; k < 100; k++)
                count += window(bench);
            took = bench_cpu_seconds() - start;
        } while (took < 0.25);
        rates[i] = count / took;
    }
    qsort(rates, BENCH_RUNS, sizeof *rates, bench_compare_doubles);
    return rates[BENCH_RUNS / 2];
}

static void
say_rate(const char *name, double rate, double bar)
{
    g_print("%-52s %9.0f windows/s  %5.2f of the bar (%.0f)\n", name, rate, rate / bar, bar);
}

static void
say_time(const char *name, double seconds, double bar)
{
    g_print("%-52s %9.1f ms         %5.2f of the bar (%.0f ms)\n", name, seconds * 1e3,
            seconds / bar, bar * 1e3);
}

static void
set_order(Bench *bench, guint categories, guint count, const TwSortKey *keys)
{
    bench_must(tw_sort_order_set(keys, count, categories, categories, &bench->order, NULL), NULL);
}

/* New registries, so that nothing is kept: what the first window costs. */
static double
first_window(Bench *bench, const TwTablesConfig *config)
{
    double times[BENCH_RUNS];

    for (int i = 0; i < BENCH_RUNS; i++) {
        double start;
        tw_tables_free(bench->tables);
        bench->tables = tw_tables_new(bench->engine, config, NULL, NULL);
        start = bench_cpu_seconds();
        window(bench);
        times[i] = bench_cpu_seconds() - start;
    }
    qsort(times, BENCH_RUNS, sizeof *times, bench_compare_doubles);
    return times[BENCH_RUNS / 2];
}

/* Changes of single messages, each followed by a window. */
static void
measure_changes(Bench *bench)
{
    enum {
        CHANGES = 200
    };
    g_autoptr(TwTable) table = open_table(bench);
    double spent = 0;

    for (guint i = 0; i < CHANGES; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwTableRows) rows = NULL;
        double start;
        add_message(bench);
        start = bench_cpu_seconds();
        bench_must(tw_table_seek(table, TW_BOOKMARK_BEGIN, 0, NULL, NULL, &error), &error);
        rows = tw_table_query_rows(table, WINDOW, FALSE, &error);
        bench_must(rows != NULL, &error);
        spent += bench_cpu_seconds() - start;
    }
    g_print("%-52s %9.1f us\n", "  a window after each of 200 new messages", spent / CHANGES * 1e6);
}

static TwRestriction *
make_restriction(const Bench *bench)
{
    g_auto(TwRestrictionBuilder) builder;
    g_autoptr(GError) error = NULL;
    TwPropValue sender = tw_value_str(PR_SENT_REPRESENTING_NAME, "number 4");
    TwPropValue date = tw_value_i8(PR_MESSAGE_DELIVERY_TIME,
                                   0x01d9000000000000 + (gint64) bench->messages / 4 * 600000000);
    TwRestriction *restriction;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    tw_restriction_builder_content(&builder, TW_FUZZY_SUBSTRING | TW_FUZZY_IGNORE_CASE,
                                   PR_SENT_REPRESENTING_NAME, &sender);
    tw_restriction_builder_bitmask(&builder, FALSE, PR_MESSAGE_FLAGS, TW_MSGFLAG_READ);
    tw_restriction_builder_property(&builder, TW_RELOP_GE, PR_MESSAGE_DELIVERY_TIME, &date);
    tw_restriction_builder_end(&builder);
    restriction = tw_restriction_builder_finish(&builder, &error);
    bench_must(restriction != NULL, &error);
    return restriction;
}

static double
restricted(Bench *bench)
{
    double times[BENCH_RUNS];

    for (int i = 0; i < BENCH_RUNS; i++) {
        double start;
        /* another one each time, so that its view is made each time */
        TwPropValue value = tw_value_long(PR_IMPORTANCE, (guint32) (1000 + i));
        g_auto(TwRestrictionBuilder) builder;
        g_autoptr(TwRestriction) base = make_restriction(bench);
        guint32 count;
        const TwRestrictionNode *nodes = tw_restriction_get_nodes(base, &count);
        tw_restriction_builder_init(&builder);
        tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
        for (guint32 n = 1; n < count; n++) {
            if (nodes[n].kind == TW_RES_CONTENT)
                tw_restriction_builder_content(&builder, nodes[n].number, nodes[n].tag,
                                               nodes[n].values);
            else if (nodes[n].kind == TW_RES_BITMASK)
                tw_restriction_builder_bitmask(&builder, nodes[n].relop == 1, nodes[n].tag,
                                               nodes[n].number);
            else
                tw_restriction_builder_property(&builder, nodes[n].relop, nodes[n].tag,
                                                nodes[n].values);
        }
        tw_restriction_builder_property(&builder, TW_RELOP_LT, PR_IMPORTANCE, &value);
        tw_restriction_builder_end(&builder);
        bench->restriction = tw_restriction_builder_finish(&builder, NULL);
        start = bench_cpu_seconds();
        window(bench);
        times[i] = bench_cpu_seconds() - start;
        g_clear_pointer(&bench->restriction, tw_restriction_unref);
    }
    qsort(times, BENCH_RUNS, sizeof *times, bench_compare_doubles);
    return times[BENCH_RUNS / 2];
}

static void
measure(Bench *bench)
{
    static const TwSortKey by_date[] = { { PR_MESSAGE_DELIVERY_TIME, TW_SORT_DESCENDING } };
    static const TwSortKey by_subject[] = { { PR_NORMALIZED_SUBJECT, TW_SORT_ASCENDING } };
    static const TwSortKey by_sender[] = { { PR_SENT_REPRESENTING_NAME, TW_SORT_ASCENDING },
                                           { PR_MESSAGE_DELIVERY_TIME, TW_SORT_DESCENDING } };
    TwTablesConfig cold = TW_TABLES_CONFIG_INIT;
    double warm, warm_anywhere;

    cold.head_bytes = 0;
    g_print("folder of %u, window of %d rows x %d columns; CPU time\n", bench->messages, WINDOW,
            COLUMNS);
    bench->order = (TwSortOrder){ .count = 0 };
    g_print("%-52s %9.1f ms\n", "first window, order of arrival", first_window(bench, &cold) * 1e3);
    set_order(bench, 0, 1, by_date);
    g_print("%-52s %9.1f ms\n", "first window by date", first_window(bench, &cold) * 1e3);
    say_rate("by date, without heads in memory", windows_per_second(bench), 6000);
    bench->paging = TRUE;
    say_rate("  at random places", windows_per_second(bench), 6000);
    bench->paging = FALSE;
    g_print("%-52s %9.1f ms\n", "first window by date, heads kept",
            first_window(bench, NULL) * 1e3);
    warm = windows_per_second(bench);
    say_rate("by date, heads in memory", warm, 20000);
    bench->paging = TRUE;
    warm_anywhere = windows_per_second(bench);
    say_rate("  at random places", warm_anywhere, 20000);
    bench->paging = FALSE;

    set_order(bench, 0, 1, by_subject);
    say_time("view by subject made, nothing in memory", first_window(bench, &cold), 0.4);
    bench->paging = TRUE; /* rows of a window lie anywhere */
    bench->anywhere = windows_per_second(bench);
    say_rate("by subject, without heads, at random places", bench->anywhere, 6000);
    bench->paging = FALSE;
    say_time("view by subject made, heads kept", first_window(bench, NULL), 0.4);
    say_rate("by subject, heads in memory", windows_per_second(bench), 20000);
    bench->paging = TRUE;
    say_rate("  at random places", windows_per_second(bench), 20000);
    bench->paging = FALSE;
    measure_changes(bench);
    say_rate("by subject, after changes", windows_per_second(bench), 20000);

    set_order(bench, 1, 2, by_sender);
    say_time("view by sender (categories) made", first_window(bench, NULL), 0.4);
    say_rate("by sender (categories), heads in memory", windows_per_second(bench), warm / 2);
    bench->paging = TRUE;
    say_rate("  at random places", windows_per_second(bench), warm_anywhere / 2);
    bench->paging = FALSE;
    measure_changes(bench);

    set_order(bench, 0, 1, by_date);
    say_time("restriction on sender, unread, date; heads kept", restricted(bench), 0.06);
    bench->restriction = make_restriction(bench);
    say_time("  the same with nothing in memory", first_window(bench, &cold), 0.06);
    g_clear_pointer(&bench->restriction, tw_restriction_unref);
}

/* ---- the peer ---- */

static int
compare_numbers(const void *a, const void *b)
{
    gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

    return (x > y) - (x < y);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;

    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        g_error("%s", sqlite3_errmsg(db));
    return st;
}

/* One window: as many rows, by primary key, in the order in which they lie. */
static void
look_up(sqlite3_stmt *pick, const gint64 *mids, guint count, GRand *rand, GString *sink)
{
    enum {
        COLUMN_HEAD = 8,
        PICKED = 10
    };
    gint64 wanted[WINDOW];

    for (guint i = 0; i < WINDOW; i++)
        wanted[i] = mids[g_rand_int(rand) % count];
    qsort(wanted, WINDOW, sizeof *wanted, compare_numbers);
    for (guint i = 0; i < WINDOW; i++) {
        sqlite3_bind_int64(pick, 3, wanted[i]);
        if (sqlite3_step(pick) != SQLITE_ROW)
            g_error("message %" G_GINT64_FORMAT " is not there", wanted[i]);
        g_string_truncate(sink, 0);
        for (int c = 0; c < PICKED; c++) {
            gint64 number = c != COLUMN_HEAD ? sqlite3_column_int64(pick, c) : 0;
            g_string_append_len(sink, (const char *) &number, sizeof number);
        }
        g_string_append_len(sink, sqlite3_column_blob(pick, COLUMN_HEAD),
                            sqlite3_column_bytes(pick, COLUMN_HEAD));
        sqlite3_reset(pick);
    }
}

static double
peer_windows_per_second(sqlite3_stmt *pick, GArray *mids)
{
    g_autoptr(GString) sink = g_string_new(NULL);
    GRand *rand = g_rand_new_with_seed(2);
    double rates[BENCH_RUNS];

    for (int i = 0; i <= BENCH_RUNS; i++) {
        double start = bench_cpu_seconds(), took, count = 0;
        do {
            for (int k = 0; k < 100; k++, count++)
                look_up(pick, (const gint64 *) (gpointer) mids->data, mids->len, rand, sink);
            took = bench_cpu_seconds() - start;
        } while (took < 0.25);
        rates[MAX(i - 1, 0)] = count / took; /* the first one fills the page cache */
    }
    g_rand_free(rand);
    qsort(rates, BENCH_RUNS, sizeof *rates, bench_compare_doubles);
    return rates[BENCH_RUNS / 2];
}

/* The engine is closed. */
static void
measure_peer(const Bench *bench, const char *path, guint32 store)
{
    g_autofree char *file = g_build_filename(path, "partitions", "p1.db", NULL);
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(gint64));
    sqlite3_stmt *list, *pick;
    sqlite3 *db;
    double rate;

    if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        g_error("%s: %s", file, sqlite3_errmsg(db));
    sqlite3_exec(db, "PRAGMA cache_size = -262144", NULL, NULL, NULL);
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    list = prepare(db, "SELECT mid FROM msg WHERE store = ? AND folder = ? AND state = 0");
    pick = prepare(db, "SELECT mid, uid, size, flags, status, kw, cn, bid, head, crc FROM msg "
                       "WHERE store = ? AND folder = ? AND state = 0 AND mid = ?");
    sqlite3_bind_int64(list, 1, store);
    sqlite3_bind_int64(list, 2, bench->folder);
    sqlite3_bind_int64(pick, 1, store);
    sqlite3_bind_int64(pick, 2, bench->folder);
    while (sqlite3_step(list) == SQLITE_ROW) {
        gint64 mid = sqlite3_column_int64(list, 0);
        g_array_append_val(mids, mid);
    }
    rate = peer_windows_per_second(pick, mids);
    g_print("%-52s %9.0f windows/s  ours %.2f of it\n",
            "50 rows anywhere, by hand, pages in memory", rate, bench->anywhere / rate);
    sqlite3_finalize(list);
    sqlite3_finalize(pick);
    sqlite3_close(db);
}

int
main(int argc, char **argv)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    TwStoreMake make = { .partition = -1 };
    TwFolderMake folder = { .name = "Inbox", .type = TW_FOLDER_GENERIC };
    g_autofree char *path = argc > 1 && argv[1][0] != '\0'
                                ? g_strdup(argv[1])
                                : g_dir_make_tmp("bench-store-table-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    gint next = 0;
    Bench bench = { .messages = argc > 2 ? (guint) atoi(argv[2]) : 100000, .next = &next };
    TwStoreInfo info;
    guint32 number;

    config.fs = tw_file_system_real();
    config.path = path;
    config.cache_bytes = 256u << 20;
    bench.engine = tw_engine_open(&config, &error);
    bench_must(bench.engine != NULL, &error);
    bench.store = tw_store_create(bench.engine, &make, &error);
    bench_must(bench.store != NULL, &error);
    bench_must(tw_store_get_info(bench.store, &info, &error), &error);
    bench_must(tw_folder_create(bench.store, info.root, &folder, &bench.folder, &error), &error);
    bench.collations = tw_collations_new();
    bench.rand = g_rand_new_with_seed(1);
    fill(&bench);
    bench.tables = tw_tables_new(bench.engine, NULL, NULL, NULL);
    measure(&bench);
    tw_tables_free(bench.tables);
    tw_collations_free(bench.collations);
    g_rand_free(bench.rand);
    number = tw_store_get_number(bench.store);
    tw_store_unref(bench.store);
    tw_engine_close(bench.engine);
    measure_peer(&bench, path, number);
    return 0;
}
