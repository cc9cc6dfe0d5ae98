/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Sixteen threads of mixed work on the same folders of two stores, while one follows the stream, one collects and one
 * reads. Afterwards every invariant holds, as many messages are there as were acknowledged, and the stream has told
 * each change once and in order.
 */
#include "base/error.h"

#include <string.h>

#include "store/bed.h"
#include "store/check.h"
#include "store/dump.h"
#include "store/folder-index.h"
#include "store/invariants.h"
#include "store/ops.h"
#include "store/store-private.h"
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
    bed_take_inline(config);
    bed_take_database(config);
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

/* ---- a check beside the writers: what only a change in between made look wrong is not told ---- */

typedef struct {
    TwEngine *engine;
    TwStore *stores[STORES]; /* borrowed */
    guint32 numbers[STORES];
    gboolean repairing;
    guint repaired;
    gint stop;
} Checking;

/* Counters that say what no list holds. */
static gboolean
miscount_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwStore *store = data;
    g_autoptr(TwFolderRow) folder = NULL;
    TwStoreRow row;

    if (!tw_sql_store_get(tx, store->number, &row, error))
        return FALSE;
    folder = tw_sql_folder_get(tx, store->number, row.root, error);
    if (folder == NULL)
        return FALSE;
    folder->total += 3;
    folder->unread += 2;
    folder->bytes += 100;
    row.bytes += 1000;
    return tw_sql_folder_update(tx, folder, error) && tw_sql_store_update(tx, &row, error);
}

/* A repairing check mends what was wrong before it, and nothing else, while the writers go on. */
static void
repair_once(Checking *checking, guint store)
{
    TwCheckOptions options = { .deep = TRUE, .repair = TRUE };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = NULL;

    g_assert_true(tw_store_write(checking->stores[store], 0, FALSE, miscount_tx,
                                 checking->stores[store], &error));
    found = tw_check_store(checking->engine, checking->numbers[store], &options, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < found->len; i++) {
        const TwCheckFinding *finding = found->pdata[i];
        if ((finding->what != TW_CHECK_FOLDER_COUNTERS && finding->what != TW_CHECK_STORE_BYTES) ||
            !finding->repaired)
            g_error("a repair beside writers: %s", finding->why);
        checking->repaired++;
    }
}

static gpointer
check_on(gpointer data)
{
    Checking *checking = data;
    TwCheckOptions options = { .deep = TRUE };

    do {
        for (guint i = 0; checking->repairing && i < STORES; i++)
            repair_once(checking, i);
        for (guint i = 0; i < STORES; i++) {
            g_autoptr(GError) error = NULL;
            g_autoptr(GPtrArray) found =
                tw_check_store(checking->engine, checking->numbers[i], &options, &error);
            g_assert_no_error(error);
            for (guint j = 0; j < found->len; j++)
                g_error("a check beside writers: %s",
                        ((const TwCheckFinding *) found->pdata[j])->why);
        }
    } while (!g_atomic_int_get(&checking->stop));
    return NULL;
}

/* @gentle: folders stay, so that all messages can be accounted for. */
static void
run(gboolean gentle, gboolean repairing, guint32 seed)
{
    guint steps = g_getenv("TW_LONG") != NULL ? LONG_STEPS : STEPS;
    g_autoptr(TwFaultFs) disk = tw_fault_fs_new();
    g_autoptr(GError) error = NULL;
    TwEngineConfig config;
    TwEngine *engine;
    TwStore *stores[STORES];
    Worker workers[THREADS];
    GThread *threads[THREADS], *follower_thread, *check_thread;
    Follower follower = { 0 };
    Checking checking = { 0 };
    gint made = 0, gone = 0;
    guint there = 0;

    g_test_message("seed %u", seed);
    config_init(&config, disk);
    engine = tw_engine_open(&config, &error);
    g_assert_no_error(error);
    follower.subscription = tw_engine_subscribe(engine, NULL, NULL, NULL);
    for (guint i = 0; i < STORES; i++) {
        TwStoreMake make = { .partition = (gint) i };
        stores[i] = tw_store_create(engine, &make, &error);
        g_assert_no_error(error);
        follower.seen[tw_store_get_number(stores[i])] = 1; /* its making is before its stream */
        make_folders(stores[i]);
        checking.stores[i] = stores[i];
        checking.numbers[i] = tw_store_get_number(stores[i]);
    }
    checking.engine = engine;
    checking.repairing = repairing;
    check_thread = g_thread_new("check", check_on, &checking);
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
    g_atomic_int_set(&checking.stop, 1);
    g_thread_join(check_thread);
    g_assert_cmpuint(checking.repaired, >=, repairing ? 2 * STORES : 0);
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
    invariants_check_orphans(tw_fault_fs_get(disk), 2, "after the threads");
}

static void
test_shared_folders(void)
{
    run(TRUE, FALSE, (guint32) g_test_rand_int());
}

static void
test_repair(void)
{
    run(TRUE, TRUE, (guint32) g_test_rand_int());
}

static void
test_moving_folders(void)
{
    run(FALSE, FALSE, (guint32) g_test_rand_int());
}

/* ---- thirty-two writers where room for one is left (spec/robustness.md 40) ---- */

enum {
    WRITERS = 32,
    EACH = 5,
    MESSAGE_BYTES = 400,
    QUOTA_BYTES = 20000,
};

static gpointer
fill(gpointer data)
{
    Bed *bed = data;

    for (guint i = 0; i < EACH; i++) {
        g_autoptr(TwObject) object = bed_object("fills it", MESSAGE_BYTES);
        g_autoptr(GError) error = NULL;
        TwMessageMade made;
        if (!tw_message_create(bed->store, bed->root, object, NULL, &made, &error))
            g_assert_error(error, TW_ERROR, TW_ERROR_QUOTA);
    }
    return NULL;
}

static gboolean
note_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val((GArray *) data, row->mid);
    return TRUE;
}

static void
test_quota_race(void)
{
    TwQuota quota = { .hard = QUOTA_BYTES };
    GThread *threads[WRITERS];
    g_autoptr(TwFolderRow) row = NULL;
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    TwMessageSet set;
    TwStoreInfo info;
    Bed bed;

    bed_new(&bed);
    g_assert_true(tw_store_set_quota(bed.store, &quota, NULL));
    for (guint i = 0; i < WRITERS; i++)
        threads[i] = g_thread_new("fill", fill, &bed);
    for (guint i = 0; i < WRITERS; i++)
        g_thread_join(threads[i]);
    g_assert_true(tw_store_get_info(bed.store, &info, NULL));
    row = bed_row(&bed, bed.root);
    g_assert_cmpint(info.bytes, >=, quota.hard);
    g_assert_cmpint(info.bytes - info.bytes / (gint64) row->total, <, quota.hard);
    bed_check_store(bed.store, "quota race");
    /* and it is never stuck above */
    g_assert_true(
        tw_folder_list(bed.store, bed.root, TW_MESSAGE_NORMAL, 0, 5, FALSE, note_mid, mids, NULL));
    set = (TwMessageSet){ bed.root, (const guint32 *) (gpointer) mids->data, mids->len };
    g_assert_true(tw_messages_delete(bed.store, &set, FALSE, NULL, NULL));
    bed_message(&bed, bed.root, "fits again", 10);
    bed_free(&bed);
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
    g_test_add_func("/store/mixed/repair-beside-writers", test_repair);
    g_test_add_func("/store/mixed/quota", test_quota_race);
    g_test_add_func("/store/mixed/moving-folders", test_moving_folders);
    return g_test_run();
}
