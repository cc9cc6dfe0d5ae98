/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Changes, and what is known of messages that left, go by age and by count; whoever asks for more is told so. */
#include <string.h>

#include "base/error.h"
#include "store/bed.h"
#include "store/check.h"
#include "store/invariants.h"
#include "store/store-private.h"

enum {
    KEPT = 20,     /* changes of the store */
    KEPT_GONE = 5, /* messages that left a folder */
    BATCH = 7,
    MESSAGES = 60,
    IMAGES = 60,
};

#define DAY (G_GINT64_CONSTANT(24) * 3600 * G_USEC_PER_SEC)
#define START (G_GINT64_CONSTANT(20000) * DAY)

static void
reopen_with(Bed *bed, guint changes, guint vanished, gint64 age)
{
    bed->config.limits.changes = changes;
    bed->config.limits.vanished = vanished;
    bed->config.limits.change_age_us = age;
    bed->config.limits.trim_batch = BATCH;
    bed_reopen(bed);
}

static guint64
oldest(Bed *bed, guint32 folder)
{
    guint64 cn = G_MAXUINT64;

    g_assert_true(tw_store_oldest(bed->store, folder, &cn, NULL));
    return cn;
}

static guint64
last_cn(Bed *bed)
{
    TwStoreInfo info;

    g_assert_true(tw_store_get_info(bed->store, &info, NULL));
    return info.cn;
}

static TwTrimmed
trim(Bed *bed, gint64 now)
{
    TwTrimmed done;
    g_autoptr(GError) error = NULL;

    tw_store_trim(bed->store, now, &done, &error);
    g_assert_no_error(error);
    return done;
}

/* Messages that come and go, one change and one tomb each. */
static void
come_and_go(Bed *bed, guint32 folder, guint count)
{
    for (guint i = 0; i < count; i++) {
        guint32 mid = bed_message(bed, folder, "here and gone", 10);
        TwMessageSet set = { folder, &mid, 1 };
        g_assert_true(tw_messages_delete(bed->store, &set, FALSE, NULL, NULL));
    }
}

static void
assert_refused(Bed *bed, guint32 folder, guint64 since)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) none = NULL;
    guint64 cn;

    none = folder == 0 ? tw_store_changes(bed->store, since, 10, &cn, &error)
                       : tw_folder_vanished(bed->store, folder, since, 10, &error);
    g_assert_null(none);
    g_assert_error(error, TW_ERROR, TW_ERROR_CHANGED);
}

static guint
count_from(Bed *bed, guint32 folder, guint64 since)
{
    g_autoptr(GArray) some = NULL;
    g_autoptr(GError) error = NULL;
    guint64 cn;

    some = folder == 0 ? tw_store_changes(bed->store, since, 1000, &cn, &error)
                       : tw_folder_vanished(bed->store, folder, since, 1000, &error);
    g_assert_no_error(error);
    return some->len;
}

static void
test_count(void)
{
    guint32 box, other;
    TwTrimmed done;
    Bed bed;

    bed_new(&bed);
    box = bed_folder(&bed, bed.root, "Box");
    other = bed_folder(&bed, bed.root, "Other");
    come_and_go(&bed, box, MESSAGES);
    come_and_go(&bed, other, KEPT_GONE);
    reopen_with(&bed, G_MAXUINT32, G_MAXUINT32, 0);
    done = trim(&bed, START);
    g_assert_cmpuint(done.changes + done.vanished, ==, 0);
    g_assert_cmpuint(oldest(&bed, 0), ==, 0);

    reopen_with(&bed, KEPT, KEPT_GONE, 0);
    done = trim(&bed, START);
    g_assert_cmpuint(done.changes, ==, last_cn(&bed) - KEPT);
    g_assert_cmpuint(done.vanished, ==, MESSAGES - KEPT_GONE);
    g_assert_cmpuint(oldest(&bed, 0), ==, last_cn(&bed) - KEPT);
    g_assert_cmpuint(count_from(&bed, 0, oldest(&bed, 0)), ==, KEPT);
    g_assert_cmpuint(count_from(&bed, box, oldest(&bed, box)), ==, KEPT_GONE);
    g_assert_cmpuint(oldest(&bed, other), ==, 0); /* it had no more than that */
    g_assert_cmpuint(count_from(&bed, other, 0), ==, KEPT_GONE);
    assert_refused(&bed, 0, oldest(&bed, 0) - 1);
    assert_refused(&bed, 0, 0);
    assert_refused(&bed, box, oldest(&bed, box) - 1);
    done = trim(&bed, START);
    g_assert_cmpuint(done.changes + done.vanished, ==, 0);
    bed_check_store(bed.store, "trimmed");
    bed_free(&bed);
}

static void
test_age(void)
{
    guint64 first, second;
    guint32 box;
    Bed bed;

    bed_new(&bed);
    box = bed_folder(&bed, bed.root, "Box");
    reopen_with(&bed, G_MAXUINT32, G_MAXUINT32, 16 * DAY);
    come_and_go(&bed, box, 10);
    first = last_cn(&bed);
    trim(&bed, START);
    come_and_go(&bed, box, 10);
    second = last_cn(&bed);
    trim(&bed, START + DAY);
    come_and_go(&bed, box, 10);
    trim(&bed, START + 15 * DAY);
    g_assert_cmpuint(oldest(&bed, 0), ==, 0);
    trim(&bed, START + 16 * DAY);
    g_assert_cmpuint(oldest(&bed, 0), ==, first);
    g_assert_cmpuint(oldest(&bed, box), ==, first);
    trim(&bed, START + 17 * DAY);
    g_assert_cmpuint(oldest(&bed, 0), ==, second);
    g_assert_cmpuint(count_from(&bed, box, second), ==, 10);
    bed_check_store(bed.store, "aged");
    /* all of it, at last; and nothing more when nothing happens */
    trim(&bed, START + 100 * DAY);
    trim(&bed, START + 200 * DAY);
    g_assert_cmpuint(oldest(&bed, 0), ==, last_cn(&bed));
    g_assert_cmpuint(count_from(&bed, 0, last_cn(&bed)), ==, 0);
    trim(&bed, START + 300 * DAY);
    bed_check_store(bed.store, "all gone");
    bed_free(&bed);
}

/* What left a folder that is not there any more is of no use to anybody. */
static void
test_folder_gone(void)
{
    guint32 box;
    TwTrimmed done;
    Bed bed;

    bed_new(&bed);
    reopen_with(&bed, G_MAXUINT32, KEPT_GONE, 0);
    box = bed_folder(&bed, bed.root, "Box");
    come_and_go(&bed, box, MESSAGES);
    trim(&bed, START);
    g_assert_cmpuint(oldest(&bed, box), >, 0);
    g_assert_true(tw_folder_delete(bed.store, box, FALSE, NULL));
    done = trim(&bed, START);
    g_assert_cmpuint(done.vanished, ==, KEPT_GONE);
    bed_close(&bed);
    invariants_check_orphans(bed.config.fs, 1, "no folder");
    bed_free(&bed);
}

static void
test_engine(void)
{
    TwStoreMake make = { .partition = -1 };
    g_autoptr(TwStore) second = NULL;
    g_autoptr(GError) error = NULL;
    TwTrimmed done;
    Bed bed;

    bed_new(&bed);
    reopen_with(&bed, 1, 1, 0);
    second = tw_store_create(bed.engine, &make, &error);
    g_assert_no_error(error);
    come_and_go(&bed, bed.root, 3);
    g_assert_true(tw_engine_trim(bed.engine, START, &done, &error));
    g_assert_cmpuint(done.changes, ==, last_cn(&bed) - 1);
    g_assert_cmpuint(done.vanished, ==, 2);
    g_clear_pointer(&second, tw_store_unref);
    bed_free(&bed);
}

/* ---- a gap is found, and closed by saying so ---- */

static const TwDbSql lose_rows[] = { { .sql = "DELETE FROM chg WHERE cn = 4" } };
static const TwDbSqlSet lose_set = { "loss", lose_rows, G_N_ELEMENTS(lose_rows) };

static gboolean
lose_tx(TwDbTx *tx, gpointer data, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &lose_set, 0);

    (void) data;
    return tw_db_run(st, error);
}

/* In the file itself, behind the back of the engine. */
static void
lose_change(Bed *bed)
{
    static const TwDbSqlSet *const sets[] = { &lose_set };
    TwDbSchema schema = tw_partition_schema;
    g_autoptr(GError) error = NULL;
    guint32 number = tw_store_get_number(bed->store);
    TwDb *db;

    bed_close(bed);
    schema.sets = sets;
    schema.set_count = 1;
    db = bed_open_partition(bed->config.fs, 1, &schema);
    tw_db_write(db, lose_tx, NULL, &error);
    g_assert_no_error(error);
    tw_db_close(db);
    bed->engine = tw_engine_open(&bed->config, &error);
    g_assert_no_error(error);
    bed->store = tw_store_open_number(bed->engine, number, &error);
    g_assert_no_error(error);
}

static void
test_gap(void)
{
    TwCheckOptions options = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = NULL;
    g_autoptr(GPtrArray) repaired = NULL;
    g_autoptr(GPtrArray) after = NULL;
    const TwCheckFinding *finding;
    Bed bed;

    bed_new(&bed);
    come_and_go(&bed, bed.root, 5);
    lose_change(&bed);
    found = tw_check_store(bed.engine, tw_store_get_number(bed.store), &options, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(found->len, ==, 1);
    finding = found->pdata[0];
    g_assert_cmpint(finding->what, ==, TW_CHECK_CHANGE);
    options.repair = TRUE;
    repaired = tw_check_store(bed.engine, tw_store_get_number(bed.store), &options, &error);
    g_assert_true(((const TwCheckFinding *) repaired->pdata[0])->repaired);
    g_assert_cmpuint(oldest(&bed, 0), ==, last_cn(&bed));
    options.repair = FALSE;
    after = tw_check_store(bed.engine, tw_store_get_number(bed.store), &options, &error);
    g_assert_cmpuint(after->len, ==, 0);
    bed_check_store(bed.store, "mended");
    bed_free(&bed);
}

/* ---- cut off ---- */

static void
check_image(Bed *bed, guint event, TwImageMode mode, guint32 seed, guint64 acked)
{
    g_autofree char *label = g_strdup_printf("event %u, mode %d, seed %u", event, (int) mode, seed);
    g_autoptr(GError) error = NULL;
    Bed after;

    bed_open(&after, tw_fault_fs_image(bed->fs, event, mode, seed), &error);
    if (after.engine == NULL)
        g_error("%s: %s", label, error->message);
    after.store = tw_store_open(after.engine, &bed->store_guid, &error);
    g_assert_no_error(error);
    reopen_with(&after, KEPT, KEPT_GONE, 0);
    g_assert_cmpuint(oldest(&after, 0), >=, acked);
    g_assert_cmpuint(oldest(&after, 0), <=, last_cn(bed) - KEPT);
    bed_check_store(after.store, label);
    trim(&after, START);
    g_assert_cmpuint(oldest(&after, 0), ==, last_cn(bed) - KEPT);
    bed_check_store(after.store, label);
    bed_free(&after);
}

static void
test_power(void)
{
    guint32 seed = (guint32) g_test_rand_int(), box;
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    guint before, after;
    Bed bed;

    g_test_message("seed %u", seed);
    bed_new(&bed);
    box = bed_folder(&bed, bed.root, "Box");
    come_and_go(&bed, box, MESSAGES);
    reopen_with(&bed, KEPT, KEPT_GONE, 0);
    before = tw_fault_fs_events(bed.fs);
    trim(&bed, START);
    after = tw_fault_fs_events(bed.fs);
    for (guint i = 0; i < IMAGES; i++)
        check_image(&bed, (guint) g_rand_int_range(rand, (gint32) before, (gint32) after + 1),
                    (TwImageMode) (i % TW_IMAGE_MODES), g_rand_int(rand), 0);
    check_image(&bed, after, TW_IMAGE_SYNCED, 0, last_cn(&bed) - KEPT);
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/trim/count", test_count);
    g_test_add_func("/store/trim/age", test_age);
    g_test_add_func("/store/trim/folder-gone", test_folder_gone);
    g_test_add_func("/store/trim/engine", test_engine);
    g_test_add_func("/store/trim/gap", test_gap);
    if (!bed_on_maria()) /* on a server there is no image of a disk */
        g_test_add_func("/store/trim/power", test_power);
    return g_test_run();
}
