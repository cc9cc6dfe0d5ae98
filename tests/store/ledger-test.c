/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Power cuts and failing calls below the whole engine (spec/robustness.md A2 to A5, F36): random operations on a disk that
 * remembers everything, with a ledger of what the store said after each acknowledgement; then the disk as it may be
 * after any of its events. The engine must open, every invariant hold, and each store be what it was after the last
 * acknowledged operation or after the one that ran at that moment: so nothing is lost, half there, or there twice.
 *
 * TW_POWER_IMAGES=20000 looks at as many images; --seed repeats a run.
 */
#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "store/bed.h"
#include "store/dump.h"
#include "store/invariants.h"
#include "store/ops.h"
#include "support/fault-fs.h"

enum {
    STORES = 2,
    SCRIPT_OPS = 110,
    IMAGES = 200,
};

typedef struct {
    char *text[STORES];
    guint acked_at; /* events when it was acknowledged */
    const char *what;
} State;

typedef struct {
    TwFaultFs *disk;
    GArray *states; /* State; the first is that before the script */
    guint32 numbers[STORES];
    guint32 seed;
} Ledger;

static TwEngine *
open_engine(TwFaultFs *disk, GError **error)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;

    config.fs = tw_fault_fs_get(disk);
    config.path = "/data";
    config.partitions = 2;
    config.cache_bytes = 2 << 20;
    config.index_save = 2;
    config.log_bytes_min = config.log_bytes_max = 128 << 10; /* begins anew several times */
    config.reserve_bytes_max = 32 << 10;
    config.segment_bytes_min = 32 << 10;
    config.segment_bytes_max = 64 << 10;
    config.large_bytes = 16 << 10;
    bed_take_inline(&config);
    return tw_engine_open(&config, error);
}

static void
clear_state(gpointer data)
{
    for (guint i = 0; i < STORES; i++)
        g_free(((State *) data)->text[i]);
}

static void
ledger_init(Ledger *ledger, guint32 seed)
{
    *ledger = (Ledger){ .disk = tw_fault_fs_new(), .seed = seed };
    ledger->states = g_array_new(FALSE, FALSE, sizeof(State));
    g_array_set_clear_func(ledger->states, clear_state);
}

static void
ledger_clear(Ledger *ledger)
{
    g_array_unref(ledger->states);
    tw_fault_fs_free(ledger->disk);
}

static void
note_state(Ledger *ledger, TwStore *const stores[STORES], const char *what)
{
    State state = { .acked_at = tw_fault_fs_events(ledger->disk), .what = what };

    for (guint i = 0; i < STORES; i++)
        state.text[i] = dump_store(stores[i]);
    g_array_append_val(ledger->states, state);
}

/* ---- the script ---- */

typedef struct {
    TwEngine *engine;
    TwStore *stores[STORES];
    Ops ops;
} Run;

static gboolean
run_begin(Run *run, Ledger *ledger, GError **error)
{
    *run = (Run){ .engine = open_engine(ledger->disk, error) };
    for (guint i = 0; run->engine != NULL && i < STORES; i++) {
        TwStoreMake make = { .partition = (gint) i };
        make.guid.bytes[0] = (guint8) (i + 1);
        run->stores[i] = tw_store_create(run->engine, &make, error);
        if (run->stores[i] == NULL)
            return FALSE;
        ledger->numbers[i] = tw_store_get_number(run->stores[i]);
    }
    if (run->engine == NULL)
        return FALSE;
    note_state(ledger, run->stores, "begin");
    run->ops = (Ops){ .engine = run->engine,
                      .rand = g_rand_new_with_seed(ledger->seed),
                      .most = 24,
                      .single = TRUE,
                      .trim = TRUE };
    return TRUE;
}

static void
run_end(Run *run)
{
    g_clear_pointer(&run->ops.rand, g_rand_free);
    for (guint i = 0; i < STORES; i++)
        g_clear_pointer(&run->stores[i], tw_store_unref);
    g_clear_pointer(&run->engine, tw_engine_close);
}

/* FALSE with @error when one failed in a way that the script did not bring about. */
static gboolean
run_some(Run *run, Ledger *ledger, guint count, GError **error)
{
    for (guint i = 0; i < count; i++) {
        g_autoptr(GError) failure = NULL;
        run->ops.store = run->stores[ledger->states->len % STORES];
        if (!ops_step(&run->ops, &failure) && !ops_is_expected(failure)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        note_state(ledger, run->stores, run->ops.last);
    }
    return TRUE;
}

/* ---- the oracle ---- */

/* Each store must be as after operation @acked or the next. Returns events of the recovery alone. */
static guint
check_image(const Ledger *ledger, TwFaultFs *image, guint acked, const char *label)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwEngine) engine = open_engine(image, &error);
    guint events = tw_fault_fs_events(image);

    if (engine == NULL)
        g_error("%s: %s", label, error->message);
    for (guint i = 0; i < STORES; i++) {
        g_autoptr(TwStore) store = tw_store_open_number(engine, ledger->numbers[i], &error);
        g_autofree char *text = NULL;
        gboolean found = FALSE;
        if (store == NULL)
            g_error("%s: store %u: %s", label, i, error->message);
        invariants_check(store, INVARIANTS_ALL, label);
        text = dump_store(store);
        for (guint n = acked; n <= acked + 1 && n < ledger->states->len && !found; n++)
            found = g_str_equal(text, g_array_index(ledger->states, State, n).text[i]);
        if (!found) {
            const State *state = &g_array_index(ledger->states, State, acked);
            const State *next =
                &g_array_index(ledger->states, State, MIN(acked + 1, ledger->states->len - 1));
            g_autofree char *diff = dump_diff(state->text[i], text);
            g_autofree char *diff_next = dump_diff(next->text[i], text);
            g_error("%s: store %u after '%s', in '%s': %s\nor %s", label, i, state->what,
                    next->what, diff, diff_next);
        }
    }
    return events;
}

/* It can be written, and what nobody owns is nowhere. */
static void
check_use(const Ledger *ledger, TwFaultFs *image, const char *label)
{
    g_autoptr(GError) error = NULL;
    TwEngine *engine = open_engine(image, &error);
    TwStore *store;
    Ops ops = {
        .engine = engine, .rand = g_rand_new_with_seed(ledger->seed), .single = TRUE, .trim = TRUE
    };

    g_assert_no_error(error);
    ops.store = store = tw_store_open_number(engine, ledger->numbers[0], &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 4; i++) {
        if (!ops_step(&ops, &error) && !ops_is_expected(error))
            g_error("%s: %s: %s", label, ops.last, error->message);
        g_clear_error(&error);
    }
    invariants_check(store, INVARIANTS_ALL, label);
    tw_store_unref(store);
    tw_engine_close(engine);
    g_rand_free(ops.rand);
    invariants_check_orphans(tw_fault_fs_get(image), 2, label);
}

static guint
acked_by(const Ledger *ledger, guint events)
{
    guint n = 0;

    while (n + 1 < ledger->states->len &&
           g_array_index(ledger->states, State, n + 1).acked_at <= events)
        n++;
    return n;
}

static void
one_image(const Ledger *ledger, guint events, TwImageMode mode, guint32 seed, guint depth)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    TwFaultFs *image = tw_fault_fs_image(ledger->disk, events, mode, seed);
    guint acked = acked_by(ledger, events);
    g_autoptr(GString) label = g_string_new(NULL);

    g_string_printf(label, "script %u, events %u, mode %d, seed %u", ledger->seed, events,
                    (int) mode, seed);
    for (guint level = 0;; level++) {
        guint last = check_image(ledger, image, acked, label->str);
        TwFaultFs *again;
        guint cut;
        if (level == depth)
            break;
        /* the power goes again while it recovers */
        cut = (guint) g_rand_int_range(rand, 0, (gint32) last + 1);
        mode = (TwImageMode) g_rand_int_range(rand, 0, TW_IMAGE_MODES);
        again = tw_fault_fs_image(image, cut, mode, seed);
        tw_fault_fs_free(image);
        image = again;
        g_string_append_printf(label, ", then %u, mode %d", cut, (int) mode);
    }
    if (seed % 5 == 0)
        check_use(ledger, image, label->str);
    tw_fault_fs_free(image);
}

static void
test_cuts(void)
{
    const char *wish = g_getenv("TW_POWER_IMAGES");
    guint images = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : IMAGES;
    guint32 seed = (guint32) g_test_rand_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(GError) error = NULL;
    guint done = 0, first, last;

    /* a script for some hundred images */
    for (guint script = 0; done < images; script++) {
        Ledger ledger;
        Run run;
        ledger_init(&ledger, seed + script);
        g_assert_true(run_begin(&run, &ledger, &error));
        run_some(&run, &ledger, SCRIPT_OPS, &error);
        g_assert_no_error(error);
        run_end(&run);
        first = g_array_index(ledger.states, State, 0).acked_at;
        last = tw_fault_fs_events(ledger.disk);
        g_test_message("script %u: %u events, %u operations", ledger.seed, last,
                       ledger.states->len - 1);
        for (guint i = 0; i < 2 * IMAGES && done < images; i++, done++)
            one_image(&ledger, (guint) g_rand_int_range(rand, (gint32) first, (gint32) last + 1),
                      (TwImageMode) (done % TW_IMAGE_MODES), g_rand_int(rand) >> 1,
                      done % 4 == 0 ? 2 : 0);
        ledger_clear(&ledger);
    }
}

/* Before there is a store: the engine opens, and making it all anew works. */
static void
test_cuts_at_birth(void)
{
    guint32 seed = (guint32) g_test_rand_int();
    g_autoptr(GError) error = NULL;
    Ledger ledger;
    Run run;
    guint first;

    ledger_init(&ledger, seed);
    g_assert_true(run_begin(&run, &ledger, &error));
    run_end(&run);
    first = g_array_index(ledger.states, State, 0).acked_at;
    for (guint i = 0; i < 60; i++) {
        guint events = i * first / 59;
        TwFaultFs *image =
            tw_fault_fs_image(ledger.disk, events, (TwImageMode) (i % TW_IMAGE_MODES), seed + i);
        Ledger after = { .disk = image, .seed = seed };
        after.states = g_array_new(FALSE, FALSE, sizeof(State));
        g_array_set_clear_func(after.states, clear_state);
        memset(&run, 0, sizeof run);
        run.engine = open_engine(image, &error);
        if (run.engine == NULL)
            g_error("events %u, mode %u, seed %u: %s", events, i % TW_IMAGE_MODES, seed + i,
                    error->message);
        for (guint n = 0; n < STORES; n++) {
            TwStoreMake make = { .partition = (gint) n };
            make.guid.bytes[0] = (guint8) (n + 1);
            run.stores[n] = tw_store_create(run.engine, &make, &error);
            if (g_error_matches(error, TW_ERROR, TW_ERROR_EXISTS)) {
                g_clear_error(&error);
                run.stores[n] = tw_store_open(run.engine, &make.guid, &error);
            }
            if (error != NULL)
                g_error("events %u, mode %u, seed %u: store %u: %s", events, i % TW_IMAGE_MODES,
                        seed + i, n, error->message);
            invariants_check(run.stores[n], INVARIANTS_ALL, "birth");
        }
        run_end(&run);
        ledger_clear(&after);
    }
    ledger_clear(&ledger);
}

/* ---- the k-th call fails ---- */

typedef struct {
    const char *name;
    TwFaultCalls calls;
    guint count;
    int number;
    gsize part;
} Sweep;

static const Sweep sweeps[] = {
    { "write", TW_FAULT_WRITE, 1, EIO, 512 },
    { "sync", TW_FAULT_SYNC | TW_FAULT_SYNC_DIR, 1, EIO, 0 },
    { "full", TW_FAULT_WRITE | TW_FAULT_TRUNCATE, G_MAXUINT, ENOSPC, 0 },
    { "any", TW_FAULT_WRITE | TW_FAULT_SYNC | TW_FAULT_RENAME | TW_FAULT_UNLINK, 1, EIO, 0 },
};

/* The script until an operation fails; then the disk, as it is and as a cut may leave it, against the ledger of a run of
 * the same seed without a fault. FALSE when the fault never came. */
static gboolean
one_fault(const Ledger *whole, const Sweep *sweep, guint k, guint32 seed)
{
    TwFault fault = { sweep->calls, k, sweep->count, sweep->number, sweep->part, NULL };
    g_autofree char *label =
        g_strdup_printf("script %u, %s %u, seed %u", whole->seed, sweep->name, k, seed);
    g_autoptr(GError) error = NULL;
    Ledger ledger;
    Run run;
    guint hits, acked;
    gboolean ok;

    ledger_init(&ledger, whole->seed);
    ok = run_begin(&run, &ledger, &error);
    g_assert_no_error(error);
    tw_fault_fs_arm(ledger.disk, &fault);
    ok = run_some(&run, &ledger, SCRIPT_OPS / 2, &error);
    hits = tw_fault_fs_disarm(ledger.disk);
    acked = ledger.states->len - 1;
    for (guint i = 0; i <= acked; i++) {
        for (guint n = 0; n < STORES; n++) {
            g_autofree char *diff = dump_diff(g_array_index(whole->states, State, i).text[n],
                                              g_array_index(ledger.states, State, i).text[n]);
            if (diff != NULL)
                g_error("%s: '%s' made something else: %s", label,
                        g_array_index(ledger.states, State, i).what, diff);
        }
    }
    if (hits > 0) {
        for (TwImageMode mode = TW_IMAGE_SYNCED; mode < TW_IMAGE_MODES; mode += 2) {
            g_autoptr(TwFaultFs) image =
                tw_fault_fs_image(ledger.disk, tw_fault_fs_events(ledger.disk), mode, seed);
            check_image(whole, image, acked, label);
        }
    }
    run_end(&run);
    if (!ok) { /* the disk is well again */
        check_image(whole, ledger.disk, acked, label);
        check_use(whole, ledger.disk, label);
    }
    ledger_clear(&ledger);
    return hits > 0;
}

static void
test_faults(gconstpointer data)
{
    const Sweep *sweep = data;
    guint32 seed = (guint32) g_test_rand_int();
    gboolean is_long = g_getenv("TW_LONG") != NULL;
    g_autoptr(GError) error = NULL;
    Ledger whole;
    Run run;
    guint tries = 0, k;

    ledger_init(&whole, seed);
    g_assert_true(run_begin(&run, &whole, &error));
    run_some(&run, &whole, SCRIPT_OPS / 2 + 1, &error);
    g_assert_no_error(error);
    run_end(&run);
    for (k = 1; one_fault(&whole, sweep, k, seed + k); tries++)
        k += is_long ? 1 : 1 + k;
    g_test_message("%u of %u calls failed in turn", tries, k);
    g_assert_cmpuint(tries, >=, 3);
    ledger_clear(&whole);
}

static void
drop_message(G_GNUC_UNUSED const char *domain,
             G_GNUC_UNUSED GLogLevelFlags level,
             G_GNUC_UNUSED const char *message,
             G_GNUC_UNUSED gpointer data)
{
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_log_set_handler("twiga", G_LOG_LEVEL_DEBUG, drop_message, NULL); /* thousands of openings */
    g_test_add_func("/store/ledger/birth", test_cuts_at_birth);
    g_test_add_func("/store/ledger/cuts", test_cuts);
    for (guint i = 0; i < G_N_ELEMENTS(sweeps); i++) {
        g_autofree char *path = g_strconcat("/store/ledger/", sweeps[i].name, NULL);
        g_test_add_data_func(path, &sweeps[i], test_faults);
    }
    return g_test_run();
}
