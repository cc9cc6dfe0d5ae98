/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many changes a second does a first synchronisation of 10,000 messages tell, and how many differences of 50 changes
 * are told a second?
 *
 * Everything is in the page cache. Rates are by CPU time of this one thread. The limits beside them are walks over the same
 * rows without asking anything: the list of the folder, and the change table. Goals: 100,000 changes/s, 8,000 differences/s.
 *
 *     bench-store-sync [FOLDER]
 */
#include "bench.h"

#include "mapi/tags.h"
#include "store/store.h"
#include "store/sync.h"

#include <glib/gstdio.h>

enum {
    MESSAGES = 10000,
    DIFFERENCE = 50,
    FIRST_GOAL = 100000,
    LATER_GOAL = 8000,
};

typedef struct {
    TwEngine *engine;
    TwStore *store;
    guint32 folder;
    TwSyncState state;
    TwSyncRequest request;
    guint rows;
} Bench;

static void
check(gboolean ok, const GError *error)
{
    if (!ok)
        g_error("%s", error->message);
}

static double
cpu_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double) ts.tv_sec + (double) ts.tv_nsec * 1e-9;
}

static BenchRate
cpu_rate(BenchFunc func, gpointer data, double seconds)
{
    double rates[BENCH_RUNS];

    for (int i = 0; i < BENCH_RUNS; i++) {
        double start = cpu_now(), units = 0, took;
        do {
            units += func(data);
            took = cpu_now() - start;
        } while (took < seconds);
        rates[i] = units / took;
    }
    qsort(rates, BENCH_RUNS, sizeof *rates, bench_compare_doubles);
    return (BenchRate){ rates[BENCH_RUNS / 2], rates[0], rates[BENCH_RUNS - 1] };
}

static double
sync_once(gpointer data)
{
    const Bench *bench = data;
    g_auto(TwSyncBatch) batch = { 0 };
    g_autoptr(GError) error = NULL;

    check(tw_sync_changes(bench->store, &bench->state, &bench->request, &batch, &error), error);
    return batch.changes->len;
}

static double
sync_difference(gpointer data)
{
    double changes = sync_once(data);

    g_assert(changes == DIFFERENCE);
    return 1;
}

static gboolean
count_row(G_GNUC_UNUSED const TwMessageRow *row, gpointer data)
{
    ((Bench *) data)->rows++;
    return TRUE;
}

static double
list_once(gpointer data)
{
    Bench *bench = data;
    guint before = bench->rows;

    tw_folder_list(bench->store, bench->folder, TW_MESSAGE_NORMAL, 0, G_MAXINT32, FALSE, count_row,
                   bench, NULL);
    return bench->rows - before;
}

static double
read_changes(gpointer data)
{
    const Bench *bench = data;
    guint64 cn;
    g_autoptr(GArray) changes =
        tw_store_changes(bench->store, bench->state.cn, DIFFERENCE, &cn, NULL);

    return changes->len / (double) DIFFERENCE;
}

static gboolean
note_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val((GArray *) data, row->mid);
    return TRUE;
}

static GArray *
all_mids(const Bench *bench)
{
    GArray *mids = g_array_new(FALSE, FALSE, sizeof(guint32));

    tw_folder_list(bench->store, bench->folder, TW_MESSAGE_NORMAL, 0, G_MAXINT32, FALSE, note_mid,
                   mids, NULL);
    return mids;
}

static void
fill(Bench *bench)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    TwPropValue subject = tw_value_str(PR_SUBJECT, "Quarterly report of the giraffe house");
    g_autoptr(GError) error = NULL;
    TwMessageMade made;
    guint count = 1;

    tw_object_set(object, &subject, NULL);
    check(tw_message_create(bench->store, bench->folder, object, NULL, &made, &error), error);
    while (count < MESSAGES) {
        g_autoptr(GArray) mids = all_mids(bench);
        TwMessageSet set = { bench->folder, (guint32 *) (gpointer) mids->data,
                             MIN(mids->len, MESSAGES - count) };
        check(tw_messages_copy(bench->store, &set, bench->folder, NULL, &error), error);
        count += set.count;
    }
}

/* Of 50 messages all over the folder. */
static void
change(Bench *bench)
{
    g_autoptr(GArray) mids = all_mids(bench);
    g_autoptr(GArray) some = g_array_new(FALSE, FALSE, sizeof(guint32));
    TwFlagChange flags = { .status_set = 8 };
    g_autoptr(GError) error = NULL;
    TwMessageSet set;

    for (guint i = 0; i < DIFFERENCE; i++)
        g_array_append_val(some, g_array_index(mids, guint32, i * (MESSAGES / DIFFERENCE)));
    set = (TwMessageSet){ bench->folder, (guint32 *) (gpointer) some->data, some->len };
    check(tw_messages_set_flags(bench->store, &set, &flags, NULL, &error), error);
}

static void
print_goal(const char *name, BenchRate ours, guint goal, const char *limit, BenchRate theirs)
{
    g_print("%-46s %10.0f/s [%.0f-%.0f], %.2f of the goal, %.2f of %s (%.0f)\n", name, ours.median,
            ours.least, ours.most, ours.median / goal, ours.median / theirs.median, limit,
            theirs.median);
}

static void
run(Bench *bench)
{
    TwSyncInfo info = { .store = tw_store_get_number(bench->store),
                        .folder = bench->folder,
                        .kind = TW_SYNC_CONTENTS };
    BenchRate list, table;
    g_autoptr(GError) error = NULL;
    TwStoreInfo store;

    bench->request =
        (TwSyncRequest){ .kind = TW_SYNC_CONTENTS,
                         .folder = bench->folder,
                         .flags = TW_SYNC_NORMAL | TW_SYNC_ASSOCIATED | TW_SYNC_READ_STATE };
    check(tw_sync_register(bench->engine, &info, 1, &error), error);
    list = cpu_rate(list_once, bench, 0.3);
    print_goal("first, 10,000 messages: changes", cpu_rate(sync_once, bench, 0.3), FIRST_GOAL,
               "walking the list", list);
    bench->state.sync = info.id;
    print_goal("the same with a sync id", cpu_rate(sync_once, bench, 0.3), FIRST_GOAL,
               "walking the list", list);
    check(tw_store_get_info(bench->store, &store, &error), error);
    bench->state = (TwSyncState){ .cn = store.cn };
    change(bench);
    table = cpu_rate(read_changes, bench, 0.3);
    print_goal("later, differences of 50 changes", cpu_rate(sync_difference, bench, 0.3),
               LATER_GOAL, "reading the table", table);
    bench->state.sync = info.id;
    print_goal("the same with a sync id", cpu_rate(sync_difference, bench, 0.3), LATER_GOAL,
               "reading the table", table);
}

int
main(int argc, char **argv)
{
    g_autofree char *made = argc > 1 ? NULL : g_dir_make_tmp("bench-sync-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(argc > 1 ? argv[1] : made, "data", NULL);
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    TwStoreMake make = { .partition = -1 };
    TwFolderMake folder = { .name = "Inbox", .type = TW_FOLDER_GENERIC };
    g_autoptr(GError) error = NULL;
    TwStoreInfo info;
    Bench bench = { 0 };

    config.fs = tw_file_system_real();
    config.path = path;
    bench.engine = tw_engine_open(&config, &error);
    check(bench.engine != NULL, error);
    bench.store = tw_store_create(bench.engine, &make, &error);
    check(bench.store != NULL && tw_store_get_info(bench.store, &info, &error), error);
    check(tw_folder_create(bench.store, info.root, &folder, &bench.folder, &error), error);
    fill(&bench);
    run(&bench);
    tw_store_unref(bench.store);
    tw_engine_close(bench.engine);
    g_print("left in %s\n", path);
    return 0;
}
