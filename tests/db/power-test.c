/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Power cuts and failing calls (robustness A3, A4, B9, B11): whatever was acknowledged is there, whatever was not is there
 * whole or not at all, and the database opens.
 *
 * TW_LONG=1 looks at every event in every mode with more seeds, and at cuts during the recovery of each.
 */
#include <errno.h>
#include <string.h>

#include "db/kv.h"

enum {
    SCRIPT_OPS = 40,
    SHORT_IMAGES = 200,
    LONG_SEEDS = 12,
    VALUE_LEN = 1500,
};

/* Operation i writes two rows that must stand together, "a<i>" and "b<i>", and deletes those of operation i - 5. */
typedef struct {
    int number;
    gboolean tried, acked;
    guint acked_at; /* events in the trace when it was acknowledged */
} Entry;

typedef struct {
    TwFaultFs *disk;
    Entry entries[SCRIPT_OPS];
} Ledger;

static gboolean
set_row(TwDbTx *tx, const char *prefix, int number, gboolean there, GError **error)
{
    g_autofree char *key = g_strdup_printf("%s%02d", prefix, number);
    g_autofree char *value = g_strnfill(VALUE_LEN, (char) ('A' + number % 26));
    KvChange change = { key, there ? value : NULL, number };

    return kv_change(tx, &change, error);
}

static gboolean
script_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Entry *entry = data;

    return set_row(tx, "a", entry->number, TRUE, error) &&
           set_row(tx, "b", entry->number, TRUE, error) &&
           (entry->number < 5 || (set_row(tx, "a", entry->number - 5, FALSE, error) &&
                                  set_row(tx, "b", entry->number - 5, FALSE, error)));
}

/* Runs most of what is left of the script; FALSE when it stopped at a failure. */
static gboolean
run_script(TwDb *db, Ledger *ledger, int most)
{
    for (int i = 0; i < SCRIPT_OPS && most > 0; i++) {
        Entry *entry = &ledger->entries[i];
        if (entry->acked)
            continue;
        entry->number = i;
        most--;
        entry->tried = TRUE;
        if (!tw_db_write(db, script_tx, entry, NULL))
            return FALSE;
        entry->acked = TRUE;
        entry->acked_at = tw_fault_fs_events(ledger->disk);
    }
    return TRUE;
}

typedef struct {
    char seen[SCRIPT_OPS]; /* bit 0: a, bit 1: b */
} Found;

static gboolean
find_tx(TwDbTx *tx, gpointer data, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, KV_ALL);
    Found *found = data;
    TwDbStep step;

    memset(found, 0, sizeof *found);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        const char *key = tw_db_column_text(st, 0, NULL);
        int number = (key[1] - '0') * 10 + key[2] - '0';
        gsize len;
        const guint8 *value = tw_db_column_bytes(st, 1, &len);
        if (key[0] == 'z')
            continue;
        g_assert_cmpint(number, ==, (int) tw_db_column_i64(st, 2));
        g_assert_cmpuint(len, ==, VALUE_LEN);
        for (gsize i = 0; i < len; i++)
            g_assert_cmpint(value[i], ==, 'A' + number % 26);
        found->seen[number] = (char) (found->seen[number] | (key[0] == 'a' ? 1 : 2));
    }
    return step == TW_DB_DONE;
}

/* The state after the first n operations, as a list of numbers that are there. */
static gboolean
is_state(const Found *found, int n)
{
    for (int i = 0; i < SCRIPT_OPS; i++) {
        char expected = i < n && i >= n - 5 ? 3 : 0;
        if (found->seen[i] != expected)
            return FALSE;
    }
    return TRUE;
}

/* Opens and compares: the state must be that after at least acked and at most tried operations. */
static void
check(TwFaultFs *disk, int acked, int tried, const char *what)
{
    KvPlace place;
    TwDb *db;
    Found found;
    g_autoptr(GError) error = NULL;
    gboolean matches = FALSE;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.fs = tw_fault_fs_get(disk);
    place.config.quick_check = TRUE;
    db = tw_db_open(&place.config, &error);
    if (db == NULL)
        g_error("%s: %s", what, error->message);
    tw_db_read(db, NULL, find_tx, &found, &error);
    if (error != NULL)
        g_error("%s: %s", what, error->message);
    for (int n = acked; n <= tried; n++)
        matches = matches || is_state(&found, n);
    if (!matches)
        g_error("%s: acknowledged %d, tried %d, and neither is there", what, acked, tried);
    kv_put(db, "zz", "it can be written", 99);
    tw_db_close(db);
    kv_place_clear(&place);
}

static void
count_at(const Ledger *ledger, guint events, int *ret_acked, int *ret_tried)
{
    *ret_acked = *ret_tried = 0;
    for (int i = 0; i < SCRIPT_OPS; i++) {
        const Entry *entry = &ledger->entries[i];
        if (entry->acked && entry->acked_at <= events)
            *ret_acked = i + 1;
        if (entry->tried)
            *ret_tried = i + 1;
    }
    /* what was acknowledged later may be there already, but nothing after the one that ran at that moment */
    *ret_tried = MIN(*ret_tried, *ret_acked + 1);
}

static gboolean
is_long(void)
{
    return g_getenv("TW_LONG") != NULL;
}

static void
one_image(Ledger *ledger, guint events, TwImageMode mode, guint32 seed, gboolean twice)
{
    g_autoptr(TwFaultFs) image = tw_fault_fs_image(ledger->disk, events, mode, seed);
    g_autofree char *what =
        g_strdup_printf("events %u, mode %d, seed %u", events, (int) mode, seed);
    int acked, tried;

    count_at(ledger, events, &acked, &tried);
    check(image, acked, tried, what);
    if (twice) { /* robustness A4: the power goes again during recovery */
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        guint last = tw_fault_fs_events(image);
        guint cut = (guint) g_rand_int_range(rand, 0, (gint32) last + 1);
        g_autoptr(TwFaultFs) again = tw_fault_fs_image(
            image, cut, (TwImageMode) g_rand_int_range(rand, 0, TW_IMAGE_MODES), seed);
        g_autofree char *where = g_strdup_printf("%s, and again at %u", what, cut);
        check(again, acked, tried, where);
    }
}

static void
test_power_cuts(void)
{
    Ledger ledger = { .disk = tw_fault_fs_new() };
    guint32 seed = (guint32) g_test_rand_int();
    guint events, images = 0;
    KvPlace place;
    TwDb *db;

    g_test_message("seed %u", seed);
    kv_place_init(&place, TW_DB_SQLITE);
    place.config.fs = tw_fault_fs_get(ledger.disk);
    place.config.log_bytes_max = 64 << 10; /* small, so that it begins anew several times */
    place.config.reserve_bytes_max = 32 << 10;
    db = tw_db_open(&place.config, NULL);
    g_assert_true(run_script(db, &ledger, SCRIPT_OPS));
    tw_db_close(db);
    events = tw_fault_fs_events(ledger.disk);
    if (is_long()) {
        for (guint at = 0; at <= events; at++) {
            for (guint i = 0; i < LONG_SEEDS; i++, images++)
                one_image(&ledger, at, (TwImageMode) (i % TW_IMAGE_MODES), seed + i, TRUE);
        }
    } else {
        for (guint i = 0; i < SHORT_IMAGES; i++, images++)
            one_image(&ledger, i * events / (SHORT_IMAGES - 1), (TwImageMode) (i % TW_IMAGE_MODES),
                      seed + i, i % 4 == 0);
    }
    g_test_message("%u images of %u events", images, events);
    kv_place_clear(&place);
    tw_fault_fs_free(ledger.disk);
}

/* ---- the log begins anew, and its header is cut short ---- */

static void
write_log(TwFaultFs *disk, const guint8 *data, gsize len)
{
    g_autoptr(TwFile) file =
        tw_file_open(tw_fault_fs_get(disk), "/kv.db-wal", TW_FILE_READ | TW_FILE_WRITE, NULL);

    g_assert_true(tw_file_write(file, 0, data, len, NULL) && tw_file_sync(file, NULL));
}

/* All is copied, and the next round's header is written over the last one's, up to a byte. SQLite takes round and salt of
 * a header that does not hold: what it wrote next had the salt of the frames that still lay there, and a power cut then
 * left what looked like damage. */
static void
test_cut_log_header(void)
{
    enum {
        HEADER = 32,
        ROUND = 15, /* lowest byte of the round */
    };
    Ledger ledger = { .disk = tw_fault_fs_new() };
    g_autoptr(TwFaultFs) open_image = NULL;
    g_autoptr(TwFile) file = NULL;
    guint8 old[HEADER];
    KvPlace place;
    TwDb *db;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.fs = tw_fault_fs_get(ledger.disk);
    place.config.log_bytes_min = place.config.log_bytes_max = 1 << 20; /* all of it one round */
    db = tw_db_open(&place.config, NULL);
    g_assert_true(run_script(db, &ledger, SCRIPT_OPS));
    open_image =
        tw_fault_fs_image(ledger.disk, tw_fault_fs_events(ledger.disk), TW_IMAGE_SYNCED, 1);
    file = tw_file_open(tw_fault_fs_get(open_image), "/kv.db-wal", TW_FILE_READ, NULL);
    g_assert_true(tw_file_read_exact(file, 0, old, sizeof old, NULL));
    tw_db_close(db);
    for (guint cut = ROUND + 1; cut < HEADER; cut++) {
        g_autoptr(TwFaultFs) first =
            tw_fault_fs_image(ledger.disk, tw_fault_fs_events(ledger.disk), TW_IMAGE_SYNCED, 1);
        g_autoptr(TwFaultFs) second = NULL;
        g_autofree char *what = g_strdup_printf("header cut at %u", cut);
        guint8 header[HEADER];
        memcpy(header, old, sizeof header);
        header[ROUND]++;
        for (guint i = ROUND + 1; i < cut; i++)
            header[i] = (guint8) ~old[i];
        write_log(first, header, sizeof header);
        place.config.fs = tw_fault_fs_get(first);
        db = tw_db_open(&place.config, NULL);
        g_assert_nonnull(db);
        kv_put(db, "zz", "it can be written", 99);
        second = tw_fault_fs_image(first, tw_fault_fs_events(first), TW_IMAGE_SYNCED, cut);
        tw_db_close(db);
        check(second, SCRIPT_OPS, SCRIPT_OPS, what);
    }
    kv_place_clear(&place);
    tw_fault_fs_free(ledger.disk);
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
    { "no space once", TW_FAULT_WRITE | TW_FAULT_TRUNCATE | TW_FAULT_OPEN, 1, ENOSPC, 700 },
    { "no space for good", TW_FAULT_WRITE | TW_FAULT_TRUNCATE, G_MAXUINT, ENOSPC, 0 },
    { "a write fails", TW_FAULT_WRITE, 1, EIO, 512 },
    { "a sync fails", TW_FAULT_SYNC, 1, EIO, 0 },
    { "a sync fails for space", TW_FAULT_SYNC, 1, ENOSPC, 0 },
    { "a folder's sync fails", TW_FAULT_SYNC_DIR, 1, EIO, 0 },
    { "a read fails", TW_FAULT_READ, 1, EIO, 0 },
    { "any call fails", TW_FAULT_ANY, 1, EIO, 0 },
    { "calls come short", TW_FAULT_READ | TW_FAULT_WRITE, G_MAXUINT, 0, 100 },
};

static int
acked_of(const Ledger *ledger)
{
    int acked = 0;

    while (acked < SCRIPT_OPS && ledger->entries[acked].acked)
        acked++;
    return acked;
}

/* FALSE when call k never came. */
static gboolean
one_fault(const Sweep *sweep, guint k, guint32 seed)
{
    Ledger ledger = { .disk = tw_fault_fs_new() };
    TwFault fault = { sweep->calls, k, sweep->count, sweep->number, sweep->part, NULL };
    g_autofree char *what = g_strdup_printf("%s, call %u", sweep->name, k);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwFaultFs) image = NULL;
    KvPlace place;
    int acked;
    guint hits;
    TwDb *db;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.fs = tw_fault_fs_get(ledger.disk);
    place.config.log_bytes_min = place.config.log_bytes_max = 512
                                                              << 10; /* nothing heals by copying */
    tw_fault_fs_arm(ledger.disk, &fault);
    db = tw_db_open(&place.config, NULL);
    if (db != NULL)
        run_script(db, &ledger, SCRIPT_OPS);
    hits = tw_fault_fs_disarm(ledger.disk);
    /* at this moment the power may go too */
    acked = acked_of(&ledger);
    image = tw_fault_fs_image(ledger.disk, tw_fault_fs_events(ledger.disk),
                              (TwImageMode) (seed % TW_IMAGE_MODES), seed);
    check(image, acked, MIN(acked + 1, SCRIPT_OPS), what);
    /* or the disk is well again */
    if (db == NULL)
        db = tw_db_open(&place.config, &error);
    else if (tw_db_state(db) == TW_DB_SUSPECT)
        tw_db_reopen(db, &error);
    if (error != NULL)
        g_error("%s: %s", what, error->message);
    if (acked < SCRIPT_OPS && run_script(db, &ledger, 1)) {
        /* one more, and the power goes: it must not stand behind bytes that a failed sync has lost */
        g_clear_pointer(&image, tw_fault_fs_free);
        image =
            tw_fault_fs_image(ledger.disk, tw_fault_fs_events(ledger.disk), TW_IMAGE_SYNCED, seed);
        check(image, acked + 1, acked + 1, what);
    }
    if (!run_script(db, &ledger, SCRIPT_OPS) && tw_db_state(db) == TW_DB_SUSPECT) {
        /* found out only now, by the copying thread's call */
        tw_db_reopen(db, &error);
        g_assert_no_error(error);
        g_assert_true(run_script(db, &ledger, SCRIPT_OPS));
    }
    g_assert_cmpint(acked_of(&ledger), ==, SCRIPT_OPS);
    g_clear_pointer(&image, tw_fault_fs_free);
    image = tw_fault_fs_image(ledger.disk, tw_fault_fs_events(ledger.disk), TW_IMAGE_SYNCED, seed);
    check(image, SCRIPT_OPS, SCRIPT_OPS, what);
    tw_db_close(db);
    check(ledger.disk, SCRIPT_OPS, SCRIPT_OPS, what);
    kv_place_clear(&place);
    tw_fault_fs_free(ledger.disk);
    return hits > 0;
}

static void
test_sweep(gconstpointer data)
{
    const Sweep *sweep = data;
    guint32 seed = (guint32) g_test_rand_int();
    guint k = 1, tries = 0;

    g_test_message("seed %u", seed);
    /* short: every call at first, where the database is made; then ever wider steps */
    for (; one_fault(sweep, k, seed + k); tries++)
        k += is_long() || k < 6 ? 1 : k / 5;
    g_test_message("%u of %u calls failed in turn", tries, k);
    g_assert_cmpuint(tries, >=, 3);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    g_test_add_func("/db/power/cuts", test_power_cuts);
    g_test_add_func("/db/power/cut-log-header", test_cut_log_header);
    for (guint i = 0; i < G_N_ELEMENTS(sweeps); i++) {
        g_autofree char *path = g_strdelimit(g_strdup(sweeps[i].name), " '", '-');
        g_autofree char *name = g_strconcat("/db/power/", path, NULL);
        g_test_add_data_func(name, &sweeps[i], test_sweep);
    }
    return g_test_run();
}
