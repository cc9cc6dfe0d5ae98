/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How does the cost of the engine's operations grow with the messages of a folder, and with the stores of an installation?
 *
 * For each size: CPU of the whole process (the least of seven runs) and wall time (the median) of one operation. "growth" is
 * CPU divided by what n log n allows (log n for one of n operations, n log n for one that goes through all), over the
 * same at the smallest size: 1 or less is n log n or better.
 *
 *     bench-store-curve [--full] [FOLDER]
 *
 * Up to 100,000 messages and 1,000 stores, with --full to 1,000,000 and 5,000.
 */
#include "store-bed.h"

#include "store/folder-index.h"

#include <math.h>

enum {
    RUNS = 7,
    WINDOW = 50,
    FEW = 100, /* moved, deleted at once */
    MOST_SIZES = 4,
};

typedef enum {
    ONE, /* one of n operations */
    ALL, /* goes through all n */
} Kind;

typedef struct {
    Bed *bed;
    guint32 folder, other;
    GArray *mids; /* of the folder, as they were when the size was reached */
    guint taken;  /* of them, from the end: moved or deleted since */
    GRand *rand;
    GPtrArray *stores; /* TwStore */
    GArray *roots;     /* guint32 */
    GArray *guids;     /* TwGuid */
} Curve;

typedef struct {
    const char *name;
    Kind kind;
    guint count; /* operations of one run */
    void (*func)(Curve *curve);
    void (*before)(Curve *curve); /* nullable: not measured */
} Deed;

/* ---- messages ---- */

static guint32
random_mid(Curve *curve)
{
    guint left = curve->mids->len - curve->taken;

    return g_array_index(curve->mids, guint32,
                         (guint) g_rand_int_range(curve->rand, 0, (gint32) left));
}

static TwMessageSet
take_few(Curve *curve)
{
    curve->taken += FEW;
    return (TwMessageSet){ curve->folder,
                           &g_array_index(curve->mids, guint32, curve->mids->len - curve->taken),
                           FEW };
}

static void
deliver(Curve *curve)
{
    g_autoptr(GBytes) mail = bed_mail(curve->rand);

    bed_deliver_one(curve->bed->engine, curve->bed->store, curve->folder, mail);
}

static gboolean
look_at_row(const TwMessageRow *row, gpointer data)
{
    *(guint *) data += row->head != NULL;
    return TRUE;
}

static void
window(Curve *curve)
{
    g_autoptr(GError) error = NULL;
    guint rows = 0;

    bed_check(tw_folder_list(curve->bed->store, curve->folder, TW_MESSAGE_NORMAL, random_mid(curve),
                             WINDOW, TRUE, look_at_row, &rows, &error),
              error);
}

static void
forget_index(Curve *curve)
{
    bed_close(curve->bed);
    bed_open_engine(curve->bed);
}

static void
get_index(Curve *curve)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwFolderIndex) index = tw_folder_get_index(curve->bed->store, curve->folder, &error);

    bed_check(index != NULL, error);
}

static void
flag(Curve *curve)
{
    guint32 mid = random_mid(curve);
    TwMessageSet set = { curve->folder, &mid, 1 };
    guint32 bits = g_rand_int(curve->rand);
    TwFlagChange change = { .status_set = bits, .status_clear = ~bits };
    g_autoptr(GError) error = NULL;

    bed_check(tw_messages_set_flags(curve->bed->store, &set, &change, NULL, &error), error);
}

static void
move_few(Curve *curve)
{
    TwMessageSet set = take_few(curve);
    g_autoptr(GError) error = NULL;

    bed_check(tw_messages_move(curve->bed->store, &set, curve->other, NULL, &error), error);
}

static void
delete_few(Curve *curve)
{
    TwMessageSet set = take_few(curve);
    g_autoptr(GError) error = NULL;

    bed_check(tw_messages_delete(curve->bed->store, &set, FALSE, NULL, &error), error);
}

static void
delete_few_softly(Curve *curve)
{
    TwMessageSet set = take_few(curve);
    g_autoptr(GError) error = NULL;

    bed_check(tw_messages_delete(curve->bed->store, &set, TRUE, NULL, &error), error);
}

static const Deed message_deeds[] = {
    { "deliver one", ONE, 20, deliver, NULL },
    { "window of 50 with heads", ONE, 200, window, NULL },
    { "flag change", ONE, 20, flag, NULL },
    { "move 100", ONE, 1, move_few, NULL },
    { "delete 100 softly", ONE, 1, delete_few_softly, NULL },
    { "delete 100 for good", ONE, 1, delete_few, NULL },
    { "index, from the rows", ALL, 1, get_index, forget_index },
    { "index, after a delivery", ALL, 1, get_index, deliver },
};

/* ---- stores ---- */

static void
make_store(Curve *curve)
{
    guint32 root;
    TwStore *store = bed_new_store(curve->bed, &root);
    TwStoreInfo info;

    bed_check(tw_store_get_info(store, &info, NULL), NULL);
    g_ptr_array_add(curve->stores, store);
    g_array_append_val(curve->roots, root);
    g_array_append_val(curve->guids, info.guid);
}

static void
deliver_anywhere(Curve *curve)
{
    guint at = (guint) g_rand_int_range(curve->rand, 0, (gint32) curve->stores->len);
    g_autoptr(GBytes) mail = bed_mail(curve->rand);

    bed_deliver_one(curve->bed->engine, curve->stores->pdata[at],
                    g_array_index(curve->roots, guint32, at), mail);
}

static void
open_any(Curve *curve)
{
    guint at = (guint) g_rand_int_range(curve->rand, 0, (gint32) curve->stores->len);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) store =
        tw_store_open(curve->bed->engine, &g_array_index(curve->guids, TwGuid, at), &error);

    bed_check(store != NULL, error);
}

static const Deed store_deeds[] = {
    { "create a store", ONE, 1, make_store, NULL },
    { "deliver to any", ONE, 20, deliver_anywhere, NULL },
    { "open any", ONE, 500, open_any, NULL },
};

/* ---- the curve ---- */

typedef struct {
    double wall, cpu; /* seconds of one operation */
} Cost;

static Cost
measure(Curve *curve, const Deed *deed)
{
    BedRuns runs = { 0 };
    BedTime time;

    for (guint r = 0; r < RUNS; r++) {
        if (deed->before != NULL)
            deed->before(curve);
        bed_start(&runs);
        for (guint i = 0; i < deed->count; i++)
            deed->func(curve);
        bed_stop(&runs);
    }
    time =
        bed_time(&runs); /* sorts them; the least CPU is what others on the machine disturb least */
    return (Cost){ time.wall / deed->count, runs.cpu[0] / deed->count };
}

static double
allowed(Kind kind, double n)
{
    return kind == ALL ? n * log2(n) : log2(n);
}

static void
print_curves(const Deed *deeds,
             guint deed_count,
             const guint *sizes,
             guint size_count,
             Cost (*costs)[MOST_SIZES])
{
    for (guint d = 0; d < deed_count; d++) {
        double most = 0;
        g_print("%s\n", deeds[d].name);
        for (guint s = 0; s < size_count; s++) {
            Cost first = costs[d][0], cost = costs[d][s];
            double growth = cost.cpu / allowed(deeds[d].kind, sizes[s]) /
                            (first.cpu / allowed(deeds[d].kind, sizes[0]));
            most = MAX(most, growth);
            g_print("  %8u: CPU %10.1f us, wall %10.1f us, growth %.2f\n", sizes[s], cost.cpu * 1e6,
                    cost.wall * 1e6, growth);
        }
        g_print("  %s\n", most <= 1.25 /* the rest is noise */ ? "no faster than n log n"
                                                               : "FASTER THAN n log n");
    }
}

static void
curve_messages(const char *parent, gboolean full)
{
    static const guint sizes[MOST_SIZES] = { 1000, 10000, 100000, 1000000 };
    Cost costs[G_N_ELEMENTS(message_deeds)][MOST_SIZES];
    guint count = full ? 4 : 3;
    Bed bed;
    Curve curve = { .bed = &bed, .rand = g_rand_new_with_seed(5) };

    bed_new(&bed, parent);
    bed.config.index_save = 0; /* so that the rows are read */
    forget_index(&curve);
    curve.folder = bed_folder(&bed, "large");
    curve.other = bed_folder(&bed, "other");
    for (guint s = 0; s < count; s++) {
        bed_fill(&bed, curve.folder, sizes[s] + 3 * RUNS * FEW);
        curve.mids = bed_mids(&bed, curve.folder, TW_MESSAGE_NORMAL, G_MAXINT32);
        curve.taken = 0;
        for (guint d = 0; d < G_N_ELEMENTS(message_deeds); d++)
            costs[d][s] = measure(&curve, &message_deeds[d]);
        g_array_unref(curve.mids);
    }
    g_print("messages in a folder; sync p50 %.0f us\n", bed_sync_us(&bed));
    print_curves(message_deeds, G_N_ELEMENTS(message_deeds), sizes, count, costs);
    g_rand_free(curve.rand);
    bed_free(&bed);
}

static void
curve_stores(const char *parent, gboolean full)
{
    static const guint sizes[MOST_SIZES] = { 10, 100, 1000, 5000 };
    Cost costs[G_N_ELEMENTS(store_deeds)][MOST_SIZES];
    guint count = full ? 4 : 3;
    Bed bed;
    Curve curve = { .bed = &bed, .rand = g_rand_new_with_seed(6) };

    bed_new(&bed, parent);
    curve.stores = g_ptr_array_new_with_free_func((GDestroyNotify) (void (*)(void)) tw_store_unref);
    curve.roots = g_array_new(FALSE, FALSE, sizeof(guint32));
    curve.guids = g_array_new(FALSE, FALSE, sizeof(TwGuid));
    for (guint s = 0; s < count; s++) {
        while (curve.stores->len + RUNS < sizes[s])
            make_store(&curve);
        for (guint d = 0; d < G_N_ELEMENTS(store_deeds); d++)
            costs[d][s] = measure(&curve, &store_deeds[d]);
    }
    g_print("stores; sync p50 %.0f us\n", bed_sync_us(&bed));
    print_curves(store_deeds, G_N_ELEMENTS(store_deeds), sizes, count, costs);
    g_ptr_array_unref(curve.stores);
    g_array_unref(curve.roots);
    g_array_unref(curve.guids);
    g_rand_free(curve.rand);
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    gboolean full = FALSE;
    const GOptionEntry entries[] = {
        { "full", 0, 0, G_OPTION_ARG_NONE, &full, "to a million messages and 5,000 stores", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("[FOLDER]");
    const char *parent;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, NULL))
        g_error("see the head of the source");
    parent = argc > 1 ? argv[1] : ".";
    curve_messages(parent, full);
    curve_stores(parent, full);
    return 0;
}
