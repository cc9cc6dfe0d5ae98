/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The engine's schema and statements on the MariaDB back end: one random script on it and on SQLite leaves stores that tell
 * the same and hold every invariant. Skipped where no server is installed.
 */
#include <string.h>

#include "base/error.h"
#include "db/kv.h"
#include "store/check.h"
#include "store/dump.h"
#include "store/fixture.h"
#include "store/invariants.h"
#include "store/ops.h"
#include "store/store-private.h"
#include "store/transfer.h"

enum {
    STEPS = 250,
};

typedef struct {
    Bed bed;
    KvPlace place;
    gboolean maria;
} World;

static void
open_world(World *world)
{
    g_autoptr(GError) error = NULL;
    TwFaultFs *fs = world->bed.fs;

    world->bed = (Bed){ .fs = fs, .config = TW_ENGINE_CONFIG_INIT };
    world->bed.config.fs = tw_fault_fs_get(fs);
    world->bed.config.path = "/data";
    world->bed.config.partitions = FIXTURE_PARTITIONS;
    world->bed.config.cache_bytes = 4 << 20;
    world->bed.config.log_bytes_min = world->bed.config.log_bytes_max = 256 << 10;
    world->bed.config.reserve_bytes_max = 32 << 10;
    world->bed.config.segment_bytes_min = 64 << 10;
    world->bed.config.segment_bytes_max = 256 << 10;
    world->bed.config.large_bytes = 64 << 10;
    world->bed.config.limits.batch = 4;
    if (world->maria) {
        world->bed.config.maria.socket = world->place.config.socket;
        world->bed.config.maria.user = world->place.config.user;
        world->bed.config.maria.database = world->place.config.database;
    }
    world->bed.engine = tw_engine_open(&world->bed.config, &error);
    g_assert_no_error(error);
}

static void
init_world(World *world, gboolean maria)
{
    *world = (World){ .maria = maria };
    if (maria)
        kv_place_init(&world->place, TW_DB_MARIADB);
    world->bed.fs = tw_fault_fs_new();
    open_world(world);
}

static void
clear_world(World *world)
{
    bed_free(&world->bed);
    if (world->maria)
        kv_place_clear(&world->place);
}

static void
run_script(TwEngine *engine, TwStore *store, guint32 seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    Ops ops = { .engine = engine, .store = store, .rand = rand, .most = 25, .trim = TRUE };

    for (guint i = 0; i < STEPS; i++) {
        g_autoptr(GError) error = NULL;
        if (!ops_step(&ops, &error) && !ops_is_expected(error))
            g_error("step %u, %s: %s", i, ops.last, error->message);
    }
    invariants_check(store, INVARIANTS_ALL, "script");
}

/* A folder that both scripts end with, so that one can go to the other store. */
static guint32
end_with(TwStore *store)
{
    TwFolderMake make = { .name = "Last", .type = TW_FOLDER_GENERIC };
    g_autoptr(TwObject) object = bed_object("last", 3000);
    g_autoptr(GBytes) key = g_bytes_new_static("a client's key", 14);
    TwMessageMake with_key = { .entry_id = key, .recv_us = 1000000 };
    g_autoptr(GError) error = NULL;
    TwMessageMade made;
    TwStoreInfo info;
    guint32 id = 0, found = 0;

    g_assert_true(tw_store_get_info(store, &info, NULL));
    tw_folder_create(store, info.root, &make, &id, &error);
    g_assert_no_error(error);
    tw_message_create(store, id, object, &with_key, &made, &error);
    g_assert_no_error(error);
    g_assert_true(tw_store_find_key(store, TW_KEY_ENTRY_ID, key, &found, NULL));
    g_assert_cmpuint(found, ==, made.mid);
    return id;
}

static void
check_clean(TwEngine *engine, guint32 number)
{
    TwCheckOptions options = { .deep = TRUE };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = tw_check_store(engine, number, &options, &error);
    g_autoptr(GPtrArray) server = NULL;

    g_assert_no_error(error);
    for (guint i = 0; i < found->len; i++)
        g_error("check: %s", ((const TwCheckFinding *) found->pdata[i])->why);
    server = tw_check_server(engine, &options, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < server->len; i++)
        g_error("check: %s", ((const TwCheckFinding *) server->pdata[i])->why);
}

/* What both stores tell after the same script, transfers and a restart included. */
static char *
tell(gboolean maria, guint32 seed)
{
    World world;
    g_autoptr(GError) error = NULL;
    TwStore *stores[2] = { NULL, NULL };
    char *dumps[2] = { NULL, NULL };
    guint32 numbers[2], last, moved;
    char *all;

    init_world(&world, maria);
    for (guint i = 0; i < 2; i++) {
        TwStoreMake make = { .partition = (gint) i };
        stores[i] = tw_store_create(world.bed.engine, &make, &error);
        g_assert_no_error(error);
        numbers[i] = tw_store_get_number(stores[i]);
        run_script(world.bed.engine, stores[i], seed + i);
    }
    last = end_with(stores[0]);
    {
        TwStoreInfo info;
        g_assert_true(tw_store_get_info(stores[1], &info, NULL));
        tw_transfer_folder(stores[0], last, stores[1], info.root, NULL, TRUE, TRUE, &moved, &error);
        g_assert_no_error(error);
    }
    for (guint i = 0; i < 2; i++)
        g_clear_pointer(&stores[i], tw_store_unref);
    bed_close(&world.bed);
    open_world(&world); /* the schema is as it shall be already */
    for (guint i = 0; i < 2; i++) {
        stores[i] = tw_store_open_number(world.bed.engine, numbers[i], &error);
        g_assert_no_error(error);
        invariants_check(stores[i], INVARIANTS_ALL, "opened again");
        check_clean(world.bed.engine, numbers[i]);
        dumps[i] = dump_store(stores[i]);
    }
    all = g_strconcat(dumps[0], dumps[1], NULL);
    g_free(dumps[0]);
    g_free(dumps[1]);
    tw_store_delete(stores[0], &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 2; i++)
        g_clear_pointer(&stores[i], tw_store_unref);
    clear_world(&world);
    return all;
}

static void
test_same(void)
{
    guint32 seed = (guint32) g_test_rand_int();
    g_autofree char *sqlite = NULL;
    g_autofree char *maria = NULL;
    g_autofree char *diff = NULL;

    g_test_message("seed %u", seed);
    sqlite = tell(FALSE, seed);
    maria = tell(TRUE, seed);
    diff = dump_diff(sqlite, maria);
    if (diff != NULL)
        g_error("SQLite and MariaDB: %s", diff);
}

static void
skip(void)
{
    g_test_skip("no MariaDB server is installed");
}

int
main(int argc, char **argv)
{
    gboolean there;
    int result;

    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    there = kv_maria_start();
    g_test_add_func("/store/mariadb/same", there ? test_same : skip);
    result = g_test_run();
    if (there)
        kv_maria_stop();
    return result;
}
