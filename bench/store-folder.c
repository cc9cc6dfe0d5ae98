/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What do the operations on a large folder cost, beside SQLite used by hand for the same statements (plain-store.h)?
 *
 * The folder's index from a cold page cache (of a folder whose index nobody asked for before the start, as saved, and from the rows
 * when the files are lost), and again in the same process; 10,000 messages marked
 * read, moved, deleted; flag changes, each durable, from one thread and from sixteen; the delta of 50 changes. Each line has the median of
 * five runs with the least and the most, the CPU of the whole process, the bar, and the ratio to the peer. With --slow the
 * durable ones again with 2 and 10 ms added to each sync.
 *
 *     bench-store-folder [--slow] [--drop-caches] [--messages=N] [FOLDER]
 *
 * The page cache is emptied of the files of both by posix_fadvise(); with --drop-caches of everything, if that is permitted.
 */
#include "plain-store.h"
#include "raw-disk.h"
#include "store-bed.h"

#include "store/changes.h"
#include "store/folder-index.h"

enum {
    MANY = 10000,
    DELTA = 50,
    RUNS = 5,
    RUNS_OF_MANY = 3, /* each puts the folder back to its size first */
    THREADS = 16,
    FLAG_LOG_BYTES = 4 * 4120, /* that a change of a flag writes */
};

static gboolean slow, drop_caches;
static gint messages = 100000;

typedef struct {
    Bed bed;
    Plain plain;
    guint32 folder, other;
} Bench;

/* "name  12.3 ms [11.9-12.5], 10.1 ms CPU; bar 15 ms; 0.41 of plain SQLite" */
static void
print_time(const char *name, BedRuns *ours, double bar_ms, BedRuns *theirs)
{
    BedTime a = bed_time(ours);

    g_print("%-30s %9.3f ms [%.3f-%.3f], CPU %.3f ms", name, a.wall * 1e3, a.least * 1e3,
            a.most * 1e3, a.cpu * 1e3);
    if (bar_ms > 0)
        g_print("; bar %g ms: %s", bar_ms,
                a.wall * 1e3 <= bar_ms  ? "met"
                : a.cpu * 1e3 <= bar_ms ? "met in CPU"
                                        : "missed");
    if (theirs != NULL) {
        BedTime b = bed_time(theirs);
        g_print("; %.2f of plain SQLite (%.3f ms, CPU %.3f)", a.wall / b.wall, b.wall * 1e3,
                b.cpu * 1e3);
    }
    g_print("\n");
}

static void
print_rate(const char *name, BedRuns *ours, double units, double bar, BedRuns *theirs)
{
    BedTime a = bed_time(ours);

    g_print("%-30s %9.0f/s [%.0f-%.0f], CPU %.1f us", name, units / a.wall, units / a.most,
            units / a.least, a.cpu / units * 1e6);
    if (bar > 0)
        g_print("; bar %.0f/s: %.2f of it", bar, units / a.wall / bar);
    if (theirs != NULL) {
        BedTime b = bed_time(theirs);
        g_print("; %.2f of plain SQLite (%.0f/s, CPU %.1f us)", b.wall / a.wall, units / b.wall,
                b.cpu / units * 1e6);
    }
    g_print("\n");
}

/* ---- the index ---- */

static void
get_index(Bench *bench, guint32 folder)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwFolderIndex) index = tw_folder_get_index(bench->bed.store, folder, &error);

    bed_check(index != NULL, error);
}

static void
remove_indices(Bench *bench)
{
    g_autofree char *path = g_build_filename(bench->bed.path, "indices", NULL);

    bed_close(&bench->bed);
    bed_walk(path, bed_remove);
    bed_open_engine(&bench->bed);
}

static void
plain_cold(Bench *bench, BedRuns *runs)
{
    plain_close(&bench->plain);
    bed_make_cold(&bench->bed); /* its folder has the peer's file too */
    plain_open(&bench->plain);
    bed_start(runs);
    plain_run(&bench->plain, PLAIN_INDEX, 1, 1, 0, 0);
    bed_stop(runs);
}

static void
bench_index(Bench *bench)
{
    BedRuns saved = { 0 }, rows = { 0 }, warm = { 0 }, changed = { 0 }, plain = { 0 };
    BedRuns first = { 0 }, plain_warm = { 0 };
    GRand *rand = g_rand_new_with_seed(3);

    bed_make_cold(&bench->bed); /* after the folder was filled */
    bed_start(&first);
    get_index(bench, bench->folder);
    bed_stop(&first);
    for (guint i = 0; i < RUNS; i++) {
        bed_make_cold(&bench->bed);
        bed_start(&saved);
        get_index(bench, bench->folder);
        bed_stop(&saved);
        for (guint k = 0; k < 3; k++) {
            bed_start(&warm);
            get_index(bench, bench->folder);
            bed_stop(&warm);
        }
        g_autoptr(GBytes) mail = bed_mail(rand);
        bed_deliver_one(bench->bed.engine, bench->bed.store, bench->folder, mail);
        bed_start(&changed);
        get_index(bench, bench->folder);
        bed_stop(&changed);
        plain_cold(bench, &plain);
        bed_start(&plain_warm);
        plain_run(&bench->plain, PLAIN_INDEX, 1, 1, 0, 0);
        bed_stop(&plain_warm);
        remove_indices(bench);
        bed_make_cold(&bench->bed);
        bed_start(&rows);
        get_index(bench, bench->folder);
        bed_stop(&rows);
    }
    g_rand_free(rand);
    g_print("cold: %s\n", bench->bed.drop_all
                              ? "the machine's page cache dropped"
                              : "posix_fadvise(DONTNEED) on the files, opened anew");
    print_rate("index, cold, saved: rows", &saved, messages, 1.2e6, &plain);
    print_rate("index, cold, asked first: rows", &first, messages, 1.2e6, &plain);
    print_rate("index, cold, files lost: rows", &rows, messages, 0, &plain);
    print_time("index, warm", &warm, 1, &plain_warm);
    print_time("index, warm, one new message", &changed, 1, &plain_warm);
}

/* ---- many at a time ---- */

typedef void (*Deed)(Bench *bench, const TwMessageSet *set);

static void
mark_read(Bench *bench, const TwMessageSet *set)
{
    TwFlagChange change = { .flags_set = TW_MSGFLAG_READ };
    g_autoptr(GError) error = NULL;

    bed_check(tw_messages_set_flags(bench->bed.store, set, &change, NULL, &error), error);
}

static void
move(Bench *bench, const TwMessageSet *set)
{
    g_autoptr(GError) error = NULL;

    bed_check(tw_messages_move(bench->bed.store, set, bench->other, NULL, &error), error);
}

static void
delete_soft(Bench *bench, const TwMessageSet *set)
{
    g_autoptr(GError) error = NULL;

    bed_check(tw_messages_delete(bench->bed.store, set, TRUE, NULL, &error), error);
}

static void
delete_hard(Bench *bench, const TwMessageSet *set)
{
    g_autoptr(GError) error = NULL;

    bed_check(tw_messages_delete(bench->bed.store, set, FALSE, NULL, &error), error);
}

static void
bench_many(Bench *bench, guint runs)
{
    static const struct {
        const char *name;
        Deed deed;
        void (*plain)(Plain *plain, guint32 mid);
        double bar_ms;
        gboolean takes; /* the messages are gone from the folder afterwards */
    } deeds[] = {
        { "mark 10,000 read", mark_read, plain_flag_one, 150, FALSE },
        { "move 10,000", move, plain_move_one, 500, TRUE },
        { "delete 10,000 softly", delete_soft, plain_soft_one, 500, TRUE },
        { "delete 10,000 for good", delete_hard, plain_hard_one, 500, TRUE },
    };
    guint32 next = 1;

    for (guint d = 0; d < G_N_ELEMENTS(deeds); d++) {
        BedRuns ours = { 0 }, theirs = { 0 };
        for (guint r = 0; r < runs; r++) {
            g_autoptr(GArray) mids = NULL;
            TwMessageSet set;
            bed_fill(&bench->bed, bench->folder, (guint) messages); /* unread again, too */
            mids = bed_mids(&bench->bed, bench->folder, TW_MESSAGE_NORMAL, (guint) messages);
            g_array_remove_range(mids, 0, mids->len - MIN(mids->len, (r + 1) * MANY));
            g_array_set_size(mids, MIN(mids->len, MANY));
            set = bed_set(bench->folder, mids);
            bed_start(&ours);
            deeds[d].deed(bench, &set);
            bed_stop(&ours);
            if (next + MANY > bench->plain.left)
                continue;
            bed_start(&theirs);
            plain_many(&bench->plain, deeds[d].plain, next, MANY);
            bed_stop(&theirs);
            next += deeds[d].takes ? MANY : 0;
        }
        print_time(deeds[d].name, &ours, deeds[d].bar_ms, theirs.count > 0 ? &theirs : NULL);
    }
}

/* ---- one at a time, durable ---- */

typedef struct {
    Bench *bench;
    const GArray *mids;
    guint first, count;
    guint32 bit;
} Flags;

static gpointer
flag_on(gpointer data)
{
    const Flags *flags = data;
    TwFlagChange set = { .status_set = flags->bit }, clear = { .status_clear = flags->bit };

    for (guint i = 0; i < flags->count; i++) {
        guint at = (flags->first + i * 7919) % flags->mids->len;
        TwMessageSet one = { flags->bench->folder, &g_array_index(flags->mids, guint32, at), 1 };
        g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
        g_autoptr(GError) error = NULL;
        bed_check(tw_messages_set_flags(flags->bench->bed.store, &one, &set, done, &error), error);
        /* had it already: take it away, so that each call writes */
        if (g_array_index(done, TwMessageDone, 0).cn == 0)
            bed_check(tw_messages_set_flags(flags->bench->bed.store, &one, &clear, NULL, &error),
                      error);
    }
    return NULL;
}

static void
flag_from(Bench *bench, const GArray *mids, guint threads, guint count, BedRuns *runs)
{
    static guint32 bit = 1;
    static guint seed;
    GThread *all[THREADS];
    Flags flags[THREADS];

    bit = bit < 1u << 30 ? bit << 1 : 2;
    bed_start(runs);
    for (guint i = 0; i < threads; i++) {
        flags[i] = (Flags){ bench, mids, ++seed * 1009, count / threads, bit };
        all[i] = g_thread_new("flags", flag_on, &flags[i]);
    }
    for (guint i = 0; i < threads; i++)
        g_thread_join(all[i]);
    bed_stop(runs);
}

/* @group changes to a commit, as if so many had waited for it. */
static void
plain_flags(Bench *bench, guint group, guint count, BedRuns *runs)
{
    Plain *plain = &bench->plain;
    guint least = plain->left / 2;

    bed_start(runs);
    for (guint i = 0; i < count; i += group) {
        plain_run(plain, PLAIN_BEGIN, 0, 0, 0, 0);
        for (guint k = 0; k < group; k++) {
            plain_run(plain, PLAIN_STORE_GET, 1, 0, 0, 0);
            plain_run(plain, PLAIN_FOLDER_GET, 1, 1, 0, 0);
            plain_flag_one(plain, least + (i + k) * 7919 % least);
            plain_run(plain, PLAIN_FOLDER_SET, 1, 1, plain->cn, 0);
            plain_run(plain, PLAIN_STORE_SET, 1, plain->cn, 0, 0);
        }
        plain_run(plain, PLAIN_COMMIT, 0, 0, 0, 0);
    }
    bed_stop(runs);
}

static void
bench_flags(Bench *bench, guint count, guint count_many, gboolean peer)
{
    g_autoptr(GArray) mids =
        bed_mids(&bench->bed, bench->folder, TW_MESSAGE_NORMAL, (guint) messages);
    BedRuns alone = { 0 }, many = { 0 }, plain = { 0 }, grouped = { 0 };
    const gsize raw[] = { FLAG_LOG_BYTES };
    double limit[RUNS], cpu[RUNS];

    for (guint i = 0; i < RUNS; i++) {
        flag_from(bench, mids, 1, count, &alone);
        flag_from(bench, mids, THREADS, count_many, &many);
        if (!peer)
            continue;
        limit[i] = raw_disk_rate(bench->bed.path, raw, 1, 0.2, &cpu[i]);
        plain_flags(bench, 1, count, &plain);
        plain_flags(bench, THREADS, count_many, &grouped);
    }
    if (peer) {
        qsort(limit, RUNS, sizeof *limit, bench_compare_doubles);
        qsort(cpu, RUNS, sizeof *cpu, bench_compare_doubles);
        g_print("the disk alone, the same bytes: %.0f/s [%.0f-%.0f], %.0f us CPU\n",
                limit[RUNS / 2], limit[0], limit[RUNS - 1], cpu[RUNS / 2]);
    }
    print_rate("flag change, alone", &alone, count, peer ? 5000 : 0, peer ? &plain : NULL);
    print_rate("flag change, 16 threads", &many, count_many, peer ? 12000 : 0,
               peer ? &grouped : NULL);
}

/* ---- the delta ---- */

static void
bench_delta(Bench *bench)
{
    BedRuns ours = { 0 }, theirs = { 0 };
    TwStoreInfo info;
    const guint count = 2000;

    for (guint i = 0; i < RUNS; i++) {
        bed_check(tw_store_get_info(bench->bed.store, &info, NULL), NULL);
        bed_start(&ours);
        for (guint k = 0; k < count; k++) {
            g_autoptr(GError) error = NULL;
            guint64 now;
            g_autoptr(GArray) delta =
                tw_store_delta(bench->bed.store, info.cn - DELTA, DELTA, &now, &error);
            bed_check(delta != NULL && delta->len == DELTA, error);
        }
        bed_stop(&ours);
        bed_start(&theirs);
        for (guint k = 0; k < count; k++) {
            plain_run(&bench->plain, PLAIN_BEGIN, 0, 0, 0, 0);
            plain_run(&bench->plain, PLAIN_STORE_GET, 1, 0, 0, 0);
            if (plain_run(&bench->plain, PLAIN_DELTA, 1, bench->plain.cn - DELTA, DELTA, 0) !=
                DELTA)
                g_error("the peer has no delta");
            plain_run(&bench->plain, PLAIN_COMMIT, 0, 0, 0, 0);
        }
        bed_stop(&theirs);
    }
    print_rate("delta of 50 changes with rows", &ours, count, 8000, &theirs);
}

int
main(int argc, char **argv)
{
    const GOptionEntry entries[] = {
        { "slow", 0, 0, G_OPTION_ARG_NONE, &slow, "also with 2 and 10 ms added to syncs", NULL },
        { "drop-caches", 0, 0, G_OPTION_ARG_NONE, &drop_caches, "empty the whole page cache",
          NULL },
        { "messages", 0, 0, G_OPTION_ARG_INT, &messages, "in the folder", "N" },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("[FOLDER]");
    static const gulong delays_ms[] = { 2, 10 };
    static Bench bench;
    g_autofree char *peer = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, NULL) || messages < 2 * MANY)
        g_error("see the head of the source");
    bed_new(&bench.bed, argc > 1 ? argv[1] : ".");
    bench.bed.drop_all = drop_caches;
    bench.folder = bed_folder(&bench.bed, "large");
    bench.other = bed_folder(&bench.bed, "other");
    bed_fill(&bench.bed, bench.folder, (guint) messages);
    peer = g_build_filename(bench.bed.path, "peer.db", NULL);
    plain_new(&bench.plain, peer, (guint) messages + 1);
    g_print("%d messages; sync p50 %.0f us\n", messages, bed_sync_us(&bench.bed));
    bench_index(&bench);
    bench_flags(&bench, 2000, 8000, TRUE);
    bench_delta(&bench);
    bench_many(&bench, RUNS_OF_MANY);
    for (guint i = 0; slow && i < G_N_ELEMENTS(delays_ms); i++) {
        bench.bed.disk->delay_us = delays_ms[i] * 1000;
        g_print("with %lu ms added to each sync: p50 %.0f us\n", delays_ms[i],
                bed_sync_us(&bench.bed));
        bench_flags(&bench, 100, 1600, FALSE);
        bench_many(&bench, 1);
    }
    plain_close(&bench.plain);
    bed_free(&bench.bed);
    return 0;
}
