/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Sixteen threads of mixed work on the same folders of two stores, while one follows the stream, one collects and one
 * reads. Afterwards every invariant holds, as many messages are there as were acknowledged, and the stream has told
 * each change once and in order.
 */
#include "base/error.h"

#include <string.h>

#include "store/dump.h"
#include "store/folder-index.h"
#include "store/invariants.h"
#include "store/ops.h"
#include "support/fault-fs.h"

enum {
    STORES = 2,
    THREADS = 16,
    STEPS = 25,
    LONG_STEPS = 1000,
};

typedef struct {
    TwEngine *engine;
    Ops ops;
    guint steps;
} Worker;

static void
config_init(TwEngineConfig *config, TwFaultFs *disk)
{
    *config = (TwEngineConfig) TW_ENGINE_CONFIG_INIT;
    config->fs = tw_fault_fs_get(disk);
    config->path = "/data";
    config->partitions = 2;
    config->cache_bytes = 4 << 20;
    config->log_bytes_min = config->log_bytes_max = 256 << 10;
    config->reserve_bytes_max = 32 << 10;
    config->segment_bytes_min = config->segment_bytes_max = 128 << 10;
    config->large_bytes = 32 << 10;
    config->index_save = 2;
    config->index_bytes = 32 << 10; /* they push each other out */
    config->limits.batch = 4;       /* operations of several transactions meet each other */
}

/* The index of some folder, while others change it: in itself it is always right. */
static void
look_at_index(Worker *worker)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(worker->ops.store, NULL);
    const TwFolderRow *folder = NULL;
    g_autoptr(TwFolderIndex) index = NULL;
    g_autoptr(GError) error = NULL;
    guint unread = 0;

    if (folders == NULL || folders->len == 0)
        return;
    folder = folders->pdata[g_rand_int_range(worker->ops.rand, 0, (gint32) folders->len)];
    index = tw_folder_get_index(worker->ops.store, folder->id, &error);
    if (index == NULL) {
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
        return;
    }
    g_assert_cmpuint(index->hicn, >=, folder->hicn); /* what was read before is in it */
    for (guint i = 0; i < index->count; i++) {
        g_assert_true(i == 0 || index->rows[i].uid > index->rows[i - 1].uid);
        g_assert_cmpuint(index->rows[i].uid, <, index->uidnext);
        g_assert_cmpuint(index->rows[i].modseq, <=, index->hicn);
        unread += (index->rows[i].flags & TW_MSGFLAG_READ) == 0;
    }
    g_assert_cmpuint(index->unread, ==, unread);
}

static gpointer
work(gpointer data)
{
    Worker *worker = data;

    for (guint i = 0; i < worker->steps; i++) {
        g_autoptr(GError) error = NULL;
        look_at_index(worker);
        if (!ops_step(&worker->ops, &error) && !ops_is_expected(error))
            g_error("%s: %s", worker->ops.last, error->message);
    }
    return NULL;
}

/* ---- the stream ---- */

typedef struct {
    TwSubscription *subscription;
    guint64 seen[STORES + 1]; /* by number of the store */
    gint stop;
} Follower;

static void
pull(Follower *follower)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(TwChange));
    gboolean behind = FALSE;

    tw_subscription_pull(follower->subscription, changes, &behind);
    g_assert_false(behind);
    for (guint i = 0; i < changes->len; i++) {
        const TwChange *change = &g_array_index(changes, TwChange, i);
        g_assert_cmpuint(change->store, <=, STORES);
        g_assert_cmpuint(change->cn, ==, follower->seen[change->store] + 1);
        follower->seen[change->store] = change->cn;
    }
}

static gpointer
follow(gpointer data)
{
    Follower *follower = data;

    while (!g_atomic_int_get(&follower->stop)) {
        pull(follower);
        g_thread_yield();
    }
    pull(follower);
    return NULL;
}

static guint
count_messages(TwStore *store)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(store, NULL);
    guint count = 0;

    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        count += row->total + row->assoc + row->deleted + row->deleted_assoc;
    }
    return count;
}

static void
make_folders(TwStore *store)
{
    TwStoreInfo info;

    g_assert_true(tw_store_get_info(store, &info, NULL));
    for (guint i = 0; i < 4; i++) {
        g_autofree char *name = g_strdup_printf("Shared %u", i);
        TwFolderMake make = { .name = name, .type = TW_FOLDER_GENERIC };
        guint32 id;
        g_assert_true(tw_folder_create(store, info.root, &make, &id, NULL));
    }
}

/* @gentle: folders stay, so that all messages can be accounted for. */
static void
run(gboolean gentle, guint32 seed)
{
    guint steps = g_getenv("TW_LONG") != NULL ? LONG_STEPS : STEPS;
    g_autoptr(TwFaultFs) disk = tw_fault_fs_new();
    g_autoptr(GError) error = NULL;
    TwEngineConfig config;
    TwEngine *engine;
    TwStore *stores[STORES];
    Worker workers[THREADS];
    GThread *threads[THREADS], *follower_thread;
    Follower follower = { 0 };
    gint made = 0, gone = 0;
    guint there = 0;

    g_test_message("seed %u", seed);
    config_init(&config, disk);
    engine = tw_engine_open(&config, &error);
    g_assert_no_error(error);
    follower.subscription = tw_engine_subscribe(engine, NULL, NULL);
    for (guint i = 0; i < STORES; i++) {
        TwStoreMake make = { .partition = (gint) i };
        stores[i] = tw_store_create(engine, &make, &error);
        g_assert_no_error(error);
        follower.seen[tw_store_get_number(stores[i])] = 1; /* its making is before its stream */
        make_folders(stores[i]);
    }
    follower_thread = g_thread_new("follower", follow, &follower);
    for (guint i = 0; i < THREADS; i++) {
        workers[i] = (Worker){ .engine = engine, .steps = steps };
        workers[i].ops = (Ops){ .engine = engine,
                                .trim = TRUE,
                                .store = stores[i % STORES],
                                .rand = g_rand_new_with_seed(seed + i),
                                .serial = i * 1000000,
                                .most = 60,
                                .gentle = gentle };
        threads[i] = g_thread_new("worker", work, &workers[i]);
    }
    for (guint i = 0; i < THREADS; i++) {
        g_thread_join(threads[i]);
        g_rand_free(workers[i].ops.rand);
        made += workers[i].ops.made;
        gone += workers[i].ops.gone;
    }
    g_atomic_int_set(&follower.stop, 1);
    g_thread_join(follower_thread);
    for (guint i = 0; i < STORES; i++) {
        TwStoreInfo info;
        g_assert_true(tw_store_get_info(stores[i], &info, NULL));
        g_assert_cmpuint(follower.seen[info.number], ==, info.cn);
        there += count_messages(stores[i]);
    }
    g_test_message("%d made, %d deleted, %u there", made, gone, there);
    if (gentle)
        g_assert_cmpint(made - gone, ==, (gint) there);
    invariants_check_engine(engine, INVARIANTS_ALL, "after the threads");
    tw_subscription_end(follower.subscription);
    for (guint i = 0; i < STORES; i++)
        tw_store_unref(stores[i]);
    tw_engine_close(engine);
    invariants_check_orphans(tw_fault_fs_get(disk), "/data", 2, "after the threads");
}

static void
test_shared_folders(void)
{
    run(TRUE, (guint32) g_test_rand_int());
}

static void
test_moving_folders(void)
{
    run(FALSE, (guint32) g_test_rand_int());
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
    g_log_set_handler("twiga", G_LOG_LEVEL_DEBUG, drop_message, NULL);
    g_test_add_func("/store/mixed/shared-folders", test_shared_folders);
    g_test_add_func("/store/mixed/moving-folders", test_moving_folders);
    return g_test_run();
}
