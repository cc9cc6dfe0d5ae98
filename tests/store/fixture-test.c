/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Every data folder that an earlier schema left, kept as data/schema-N.fixture: it opens, is migrated forward, finishes what was
 * half done, holds every invariant and tells what data/schema-N.dump says.
 *
 * Who adds a migration writes the fixture of the schema before it first, on the tree as it was:
 *
 *     TW_FIXTURE_WRITE=1 tests/store/store-fixture-test     makes data/schema-N.fixture and .dump of the current schema
 *     TW_REGENERATE=1 tests/store/store-fixture-test        writes all dumps anew when dump.c tells more; look at the diff
 */
#include "store/fixture.h"

#include <string.h>

#include "base/error.h"
#include "store/check.h"
#include "store/dump.h"
#include "store/invariants.h"
#include "store/ops.h"
#include "store/store-private.h"

static char *
data_path(guint schema, const char *what)
{
    g_autofree char *name = g_strdup_printf("schema-%u.%s", schema, what);

    return g_build_filename(g_getenv("TW_SOURCE_ROOT"), "tests", "store", "data", name, NULL);
}

static TwFaultFs *
load_fixture(guint schema)
{
    g_autofree char *path = data_path(schema, "fixture");
    g_autofree char *data = NULL;
    g_autoptr(GError) error = NULL;
    gsize len;

    g_file_get_contents(path, &data, &len, &error);
    g_assert_no_error(error);
    return fixture_unpack((const guint8 *) data, len);
}

static void
write_text(guint schema, const char *text)
{
    g_autofree char *path = data_path(schema, "dump");
    g_autoptr(GError) error = NULL;

    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
}

static void
assert_same(const char *label, const char *expected, const char *text)
{
    g_autofree char *diff = dump_diff(expected, text);

    if (diff != NULL)
        g_error("%s: %s", label, diff);
}

static void
compare_dump(guint schema, const char *text)
{
    g_autofree char *path = data_path(schema, "dump");
    g_autofree char *expected = NULL;
    g_autoptr(GError) error = NULL;

    if (g_getenv("TW_REGENERATE") != NULL) {
        write_text(schema, text);
        return;
    }
    g_file_get_contents(path, &expected, NULL, &error);
    g_assert_no_error(error);
    assert_same(path, expected, text);
}

/* ---- what can be done with it afterwards ---- */

static void
work_on(TwEngine *engine, TwStore *store)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    Ops ops = {
        .engine = engine, .store = store, .rand = rand, .serial = 100000, .most = 30, .trim = TRUE
    };

    for (guint i = 0; i < 60; i++) {
        g_autoptr(GError) error = NULL;
        if (!ops_step(&ops, &error) && !ops_is_expected(error))
            g_error("%s: %s", ops.last, error->message);
    }
}

static void
check_clean(TwEngine *engine, TwStore *store)
{
    TwCheckOptions options = { .deep = TRUE };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found =
        tw_check_store(engine, tw_store_get_number(store), &options, &error);

    g_assert_no_error(error);
    for (guint i = 0; i < found->len; i++)
        g_test_message("%s", ((TwCheckFinding *) found->pdata[i])->why);
    g_assert_cmpuint(found->len, ==, 0);
}

static void
use_stores(TwEngine *engine)
{
    g_autoptr(GArray) stores = tw_engine_list_stores(engine);

    g_assert_cmpuint(stores->len, ==, FIXTURE_STORES);
    for (guint i = 0; i < stores->len; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwStore) store =
            tw_store_open_number(engine, g_array_index(stores, guint32, i), &error);
        g_assert_no_error(error);
        check_clean(engine, store);
        fixture_assert_once(engine, store);
        work_on(engine, store);
        check_clean(engine, store);
    }
    invariants_check_engine(engine, INVARIANTS_ALL, "worked on");
}

static void
test_schema(gconstpointer data)
{
    guint schema = GPOINTER_TO_UINT(data);
    g_autofree char *text = NULL;
    g_autofree char *again = NULL;
    g_autoptr(GError) error = NULL;
    Bed bed;

    fixture_open(&bed, load_fixture(schema), &error);
    g_assert_no_error(error);
    text = fixture_dump(bed.engine);
    compare_dump(schema, text);
    invariants_check_engine(bed.engine, INVARIANTS_ALL, "migrated");
    bed_close(&bed);
    fixture_open(&bed, bed.fs, &error);
    g_assert_no_error(error);
    again = fixture_dump(bed.engine);
    assert_same("opened again", text, again);
    use_stores(bed.engine);
    bed_close(&bed);
    invariants_check_orphans(tw_fault_fs_get(bed.fs), FIXTURE_PARTITIONS, "worked on");
    bed_free(&bed);
}

/* ---- the power goes while it is migrated (spec/robustness.md A5, A7) ---- */

/* The store whose operation was half done gets other numbers when that is taken up twice; the others stay as they are. */
static const char *
other_stores(const char *dump)
{
    const char *at = strstr(dump, "\nstore 2 ");

    g_assert_nonnull(at);
    return at;
}

static char *
first_line(const char *text)
{
    return g_strndup(text + 1, strcspn(text + 1, "\n"));
}

static void
test_cut_migration(void)
{
    g_autoptr(TwFaultFs) before = load_fixture(1);
    g_autofree char *path = data_path(1, "dump");
    g_autofree char *expected = NULL;
    g_autofree char *first_store = NULL;
    g_autoptr(GError) error = NULL;
    guint first = tw_fault_fs_events(before), last;
    guint32 seed = (guint32) g_test_rand_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    Bed bed;

    g_test_message("seed %u", seed);
    g_file_get_contents(path, &expected, NULL, &error);
    g_assert_no_error(error);
    first_store = first_line(strstr(expected, "\nstore 1 "));
    fixture_open(&bed, before, &error);
    g_assert_no_error(error);
    bed_close(&bed);
    last = tw_fault_fs_events(before);
    for (guint i = 0; i < 20; i++) {
        guint event = (guint) g_rand_int_range(rand, (gint32) first, (gint32) last + 1);
        TwImageMode mode = (TwImageMode) (i % TW_IMAGE_MODES);
        g_autofree char *text = NULL;
        Bed after;
        fixture_open(&after, tw_fault_fs_image(before, event, mode, g_rand_int(rand)), &error);
        if (after.engine == NULL)
            g_error("event %u of %u, mode %d: %s", event, last, (int) mode, error->message);
        text = fixture_dump(after.engine);
        assert_same("cut", other_stores(expected), other_stores(text));
        g_assert_nonnull(strstr(text, first_store)); /* of the first */
        invariants_check_engine(after.engine, INVARIANTS_ALL, "cut");
        bed_free(&after);
    }
}

/* ---- newer than this program ---- */

static void
raise_schema(TwFaultFs *fs, const char *path, const TwDbSchema *known)
{
    static const TwDbSql nothing[] = { { .sql = "CREATE TABLE of_tomorrow(id INTEGER)" } };
    guint count = known->migration_count;
    g_autofree TwDbMigration *migrations = g_new0(TwDbMigration, count + 1);
    TwDbConfig config = TW_DB_CONFIG_INIT;
    TwDbSchema newer = *known;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDb) db = NULL;

    memcpy(migrations, known->migrations, count * sizeof *migrations);
    migrations[count] = (TwDbMigration){ .version = count + 1, .steps = nothing, .step_count = 1 };
    newer.migrations = migrations;
    newer.migration_count = count + 1;
    config.schema = &newer;
    config.fs = tw_fault_fs_get(fs);
    config.path = path;
    config.log_bytes_min = config.log_bytes_max = 256 << 10;
    config.reserve_bytes_max = 32 << 10;
    db = tw_db_open(&config, &error);
    g_assert_no_error(error);
}

static void
test_newer(void)
{
    static const struct {
        const char *path, *name;
        const TwDbSchema *schema;
    } files[] = {
        { "/data/server.db", "server", &tw_server_schema },
        { "/data/partitions/p1.db", "partition", &tw_partition_schema },
    };

    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GError) error = NULL;
        Bed bed;
        bed_new(&bed);
        bed_close(&bed);
        raise_schema(bed.fs, files[i].path, files[i].schema);
        bed.engine = tw_engine_open(&bed.config, &error);
        g_assert_null(bed.engine);
        g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, files[i].path));
        g_assert_nonnull(strstr(error->message, "newer than this program"));
        bed_free(&bed);
    }
}

/* ---- writing one ---- */

static void
write_fixture(void)
{
    guint schema = tw_partition_schema.migration_count;
    g_autofree char *path = data_path(schema, "fixture");
    g_autoptr(TwFaultFs) fs = fixture_make();
    g_autoptr(GBytes) packed = fixture_pack(fs);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    Bed bed;

    if (g_file_test(path, G_FILE_TEST_EXISTS))
        g_error("%s is there: a fixture is written once", path);
    g_file_set_contents(path, g_bytes_get_data(packed, NULL), (gssize) g_bytes_get_size(packed),
                        &error);
    g_assert_no_error(error);
    fixture_open(&bed, load_fixture(schema), &error);
    g_assert_no_error(error);
    text = fixture_dump(bed.engine);
    write_text(schema, text);
    bed_free(&bed);
}

/* What is written comes back, so that the next fixture can be made whenever it is wanted. */
static void
test_write(void)
{
    g_autoptr(TwFaultFs) fs = fixture_make();
    g_autoptr(GBytes) packed = fixture_pack(fs);
    g_autoptr(GBytes) again = NULL;
    g_autofree guint8 *exact = g_memdup2(g_bytes_get_data(packed, NULL), g_bytes_get_size(packed));
    g_autoptr(GError) error = NULL;
    TwFaultFs *unpacked = fixture_unpack(exact, g_bytes_get_size(packed));
    Bed bed;

    again = fixture_pack(unpacked);
    g_assert_true(g_bytes_equal(packed, again));
    fixture_open(&bed, unpacked, &error);
    g_assert_no_error(error);
    invariants_check_engine(bed.engine, INVARIANTS_ALL, "made anew");
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    if (g_getenv("TW_FIXTURE_WRITE") != NULL) {
        write_fixture();
        return 0;
    }
    for (guint schema = 1; schema <= tw_partition_schema.migration_count; schema++) {
        g_autofree char *path = data_path(schema, "fixture");
        g_autofree char *name = g_strdup_printf("/store/fixture/schema-%u", schema);
        if (schema == 1 || g_file_test(path, G_FILE_TEST_EXISTS))
            g_test_add_data_func(name, GUINT_TO_POINTER(schema), test_schema);
    }
    g_test_add_func("/store/fixture/cut-migration", test_cut_migration);
    g_test_add_func("/store/fixture/newer", test_newer);
    g_test_add_func("/store/fixture/write", test_write);
    return g_test_run();
}
