/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Databases that failed are opened anew by the engine itself: what was refused is refused, what was there is there, reads go on
 * meanwhile, and a disk that takes nothing costs nobody the readers. What is damaged while the engine runs is told.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "store/bed.h"
#include "store/check.h"
#include "store/store-private.h"

enum {
    PATIENCE_US = 120 * G_USEC_PER_SEC, /* of a test that goes wrong */
    FIRST_WAIT_US = 1000,
    BODY = 3000, /* a value of the blobs */
};

static TwMetrics *metrics;

static gint64
counted(const char *name)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);
    g_autofree char *begin = g_strdup_printf("\n%s ", name);
    const char *line;

    g_assert_true(tw_metrics_print(metrics, &out));
    tw_buffer_put(&out, "", 1);
    line = strstr((const char *) out.data, begin);
    return line != NULL ? g_ascii_strtoll(line + strlen(begin), NULL, 10) : 0;
}

static gint64
suspects(void)
{
    return counted("twiga_store_databases_suspect_total");
}

static gint64
reopened(void)
{
    return counted("twiga_store_databases_reopened_total");
}

static void
begin(Bed *bed)
{
    g_autoptr(GError) error = NULL;

    bed_new(bed);
    bed_close(bed);
    metrics = tw_metrics_new();
    bed->config.metrics = metrics;
    bed->config.reopen_us = FIRST_WAIT_US;
    bed->config.reopen_us_max = (gint64) 8 * FIRST_WAIT_US;
    bed->engine = tw_engine_open(&bed->config, &error);
    g_assert_no_error(error);
    bed->store = tw_store_open(bed->engine, &bed->store_guid, &error);
    g_assert_no_error(error);
}

static void
end(Bed *bed)
{
    bed_check_store(bed->store, "at the end");
    bed_free(bed);
    tw_metrics_free(metrics);
}

static gboolean
try_folder(Bed *bed, const char *name, GError **error)
{
    TwFolderMake make = { .name = name, .type = TW_FOLDER_GENERIC };
    guint32 id;

    return tw_folder_create(bed->store, bed->root, &make, &id, error);
}

/* Until it is well again. */
static void
wait_for(gint64 (*count)(void), gint64 value)
{
    gint64 until = g_get_monotonic_time() + PATIENCE_US;

    while (count() < value) {
        g_assert_cmpint(g_get_monotonic_time(), <, until);
        g_thread_yield();
    }
}

static void
test_failed_sync(void)
{
    TwFault fault = { TW_FAULT_SYNC, 1, 1, EIO, 0, "p1.db-wal" };
    g_autoptr(GError) error = NULL;
    Bed bed;

    begin(&bed);
    for (int round = 1; round <= 3; round++) {
        g_autofree char *lost = g_strdup_printf("lost %d", round);
        g_autofree char *kept = g_strdup_printf("kept %d", round);
        g_autoptr(TwFolderRow) row = NULL;
        tw_fault_fs_arm(bed.fs, &fault);
        g_assert_false(try_folder(&bed, lost, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_FAILED);
        g_clear_error(&error);
        g_assert_cmpuint(tw_fault_fs_disarm(bed.fs), ==, 1);
        wait_for(reopened, round);
        g_assert_cmpint(suspects(), ==, round);
        g_assert_true(try_folder(&bed, kept, &error));
        g_assert_no_error(error);
        row = tw_folder_get(bed.store, bed.root, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(row->subfolders, ==, (guint) round); /* refused is refused */
    }
    end(&bed);
}

/* The disk takes nothing for a while: reads go on all that time. */
static void
test_failing_disk(void)
{
    TwFault fault = { TW_FAULT_SYNC | TW_FAULT_WRITE, 1, G_MAXUINT, EIO, 0, NULL };
    g_autoptr(GError) error = NULL;
    guint64 before;
    Bed bed;

    begin(&bed);
    g_assert_true(try_folder(&bed, "before", &error));
    tw_fault_fs_arm(bed.fs, &fault);
    g_assert_false(try_folder(&bed, "refused", NULL));
    wait_for(suspects, 1);
    before = tw_fault_fs_count(bed.fs, TW_FAULT_WRITE);
    while (tw_fault_fs_count(bed.fs, TW_FAULT_WRITE) < before + 3) { /* so many probes failed */
        g_autoptr(TwFolderRow) row = tw_folder_get(bed.store, bed.root, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(row->subfolders, ==, 1);
        g_assert_false(try_folder(&bed, "refused", &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
        g_clear_error(&error);
        g_thread_yield();
    }
    g_assert_cmpint(reopened(), ==, 0);
    tw_fault_fs_disarm(bed.fs);
    wait_for(reopened, 1);
    g_assert_true(try_folder(&bed, "after", &error));
    g_assert_no_error(error);
    end(&bed);
}

/* server.db and the blobs' catalog are healed too. */
static void
test_others(void)
{
    static const char *const logs[] = { "server.db-wal", "catalog.db-wal" };
    TwBlobStats stats;
    Bed bed;

    for (guint i = 0; i < G_N_ELEMENTS(logs); i++) {
        TwFault fault = { TW_FAULT_SYNC, 1, 1, EIO, 0, logs[i] };
        TwStoreMake make = { .partition = -1 };
        g_autoptr(TwStore) other = NULL;
        g_autoptr(GError) error = NULL;
        guint32 folder;
        begin(&bed);
        folder = bed_folder(&bed, bed.root, "one");
        tw_fault_fs_arm(bed.fs, &fault);
        if (i == 0) {
            g_assert_null(tw_store_create(bed.engine, &make, NULL));
        } else {
            bed_message(&bed, folder, "its value is not in the catalog", BODY);
            g_assert_false(tw_blob_stats(bed.engine->blobs, &stats, NULL));
        }
        g_assert_cmpuint(tw_fault_fs_disarm(bed.fs), ==, 1);
        wait_for(reopened, 1);
        other = tw_store_create(bed.engine, &make, &error);
        g_assert_no_error(error);
        g_assert_true(tw_blob_stats(bed.engine->blobs, &stats, &error));
        g_clear_pointer(&other, tw_store_unref);
        end(&bed);
    }
}

/* ---- damage while it runs ---- */

static guint
count_findings(TwEngine *engine, TwCheckWhat what, const char *word)
{
    TwCheckOptions options = { .repair = FALSE };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = tw_check_server(engine, &options, &error);
    guint count = 0;

    g_assert_no_error(error);
    for (guint i = 0; i < found->len; i++) {
        const TwCheckFinding *finding = g_ptr_array_index(found, i);
        if (finding->what == what && strstr(finding->why, word) != NULL)
            count++;
    }
    return count;
}

/* A damaged catalog: mails come in, the check says so, and the next start makes it anew. */
static void
test_damaged_catalog(void)
{
    static const char catalog[] = "/data/blobs/catalog.db";
    g_autoptr(GError) error = NULL;
    guint32 folder;
    guint64 size;
    Bed bed;

    begin(&bed);
    folder = bed_folder(&bed, bed.root, "one");
    for (int i = 0; i < 20; i++) {
        g_autofree char *subject = g_strdup_printf("before %d", i);
        bed_message(&bed, folder, subject, BODY);
    }
    bed_reopen(&bed); /* all of it is in the catalog, and the log is empty */
    g_assert_cmpuint(count_findings(bed.engine, TW_CHECK_BLOB, "catalog.db"), ==, 0);
    size = tw_fault_fs_size(bed.fs, catalog);
    for (guint64 page = 1; page < size / 4096; page++)
        tw_fault_fs_flip(bed.fs, catalog, (page * 4096 + 2000) * 8);
    for (int i = 0; i < 20; i++) {
        g_autofree char *subject = g_strdup_printf("after %d", i);
        bed_message(&bed, folder, subject, BODY);
    }
    g_assert_cmpuint(count_findings(bed.engine, TW_CHECK_BLOB, "catalog.db"), ==, 1);
    bed_reopen(&bed);
    g_assert_cmpuint(count_findings(bed.engine, TW_CHECK_BLOB, "catalog.db"), ==, 0);
    end(&bed);
}

static void
test_damaged_segment(void)
{
    static const char segment[] = "/data/blobs/segments/0000000000000001";
    guint32 folder;
    Bed bed;

    begin(&bed);
    folder = bed_folder(&bed, bed.root, "one");
    bed_message(&bed, folder, "a value", BODY);
    g_assert_cmpuint(count_findings(bed.engine, TW_CHECK_BLOB, "segments"), ==, 0);
    tw_fault_fs_flip(bed.fs, segment, 160);
    g_assert_cmpuint(count_findings(bed.engine, TW_CHECK_BLOB, "segments"), ==, 1);
    bed_reopen(&bed);
    g_assert_cmpuint(count_findings(bed.engine, TW_CHECK_BLOB, "segments"), ==, 1);
    end(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/heal/failed-sync", test_failed_sync);
    g_test_add_func("/store/heal/failing-disk", test_failing_disk);
    g_test_add_func("/store/heal/others", test_others);
    g_test_add_func("/store/heal/damaged-catalog", test_damaged_catalog);
    g_test_add_func("/store/heal/damaged-segment", test_damaged_segment);
    return g_test_run();
}
