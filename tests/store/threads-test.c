/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Sixteen threads of mixed work on shared folders (spec/robustness.md 37-41): then every counter is recomputed. A
 * subscriber sees the changes of the store in order, without a gap.
 */
#include <string.h>

#include "base/error.h"
#include "store/bed.h"

enum {
    THREADS = 16,
    FOLDERS = 4,
};

typedef struct {
    Bed bed;
    guint32 folders[FOLDERS];
    guint rounds;
    gint next_seed, failed;
} Shared;

static gboolean
collect_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val((GArray *) data, row->mid);
    return TRUE;
}

/* What may be lost to another thread is no failure. */
static void
judge(Shared *shared, gboolean ok, GError **error)
{
    if (!ok && !g_error_matches(*error, TW_ERROR, TW_ERROR_NOT_FOUND) &&
        !g_error_matches(*error, TW_ERROR, TW_ERROR_CHANGED) &&
        !g_error_matches(*error, TW_ERROR, TW_ERROR_EXISTS)) {
        g_test_message("%s", (*error)->message);
        g_atomic_int_inc(&shared->failed);
    }
    g_clear_error(error);
}

static void
work_once(Shared *shared, GRand *rand)
{
    Bed *bed = &shared->bed;
    guint32 from = shared->folders[g_rand_int_range(rand, 0, FOLDERS)];
    guint32 to = shared->folders[g_rand_int_range(rand, 0, FOLDERS)];
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(TwObject) object =
        bed_object("of a thread", g_rand_int_range(rand, 0, 3) == 0 ? 3000 : 50);
    g_autoptr(GError) error = NULL;
    TwFlagChange flags = { .flags_set = TW_MSGFLAG_READ, .status_set = 8 };
    TwFolderMake make = { .name = "short-lived", .type = TW_FOLDER_GENERIC };
    TwMessageMade made;
    TwMessageSet set;
    guint32 id;
    guint64 cn;

    judge(
        shared,
        tw_folder_list(bed->store, from, TW_MESSAGE_NORMAL, 0, 3, FALSE, collect_mid, mids, &error),
        &error);
    set = (TwMessageSet){ from, (guint32 *) (gpointer) mids->data, mids->len };
    switch (g_rand_int_range(rand, 0, 9)) {
    case 0:
        judge(shared, tw_messages_delete(bed->store, &set, g_rand_boolean(rand), NULL, &error),
              &error);
        break;
    case 1:
        if (from != to)
            judge(shared, tw_messages_move(bed->store, &set, to, NULL, &error), &error);
        break;
    case 2:
        judge(shared, tw_messages_copy(bed->store, &set, to, NULL, &error), &error);
        break;
    case 3:
        judge(shared, tw_messages_set_flags(bed->store, &set, &flags, NULL, &error), &error);
        break;
    case 4:
        if (mids->len > 0)
            judge(shared, tw_message_save(bed->store, set.mids[0], 0, object, 0, &cn, &error),
                  &error);
        break;
    case 5:
        if (tw_folder_create(bed->store, bed->root, &make, &id, &error)) {
            judge(shared, tw_folder_move(bed->store, id, from, NULL, &error), &error);
            judge(shared, tw_folder_delete(bed->store, id, FALSE, &error), &error);
        } else {
            judge(shared, FALSE, &error);
        }
        break;
    default:
        judge(shared, tw_message_create(bed->store, to, object, NULL, &made, &error), &error);
    }
}

static gpointer
work(gpointer data)
{
    Shared *shared = data;
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32) g_atomic_int_add(&shared->next_seed, 1));

    for (guint i = 0; i < shared->rounds; i++)
        work_once(shared, rand);
    return NULL;
}

static void
test_mixed(void)
{
    Shared shared = { .rounds = 40, .next_seed = (gint) g_test_rand_int() };
    GThread *threads[THREADS];
    TwSubscription *subscription;
    g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(TwChange));
    TwStoreInfo before, after;
    gboolean behind;

    g_test_message("seed %d", shared.next_seed);
    bed_new(&shared.bed);
    for (guint i = 0; i < FOLDERS; i++) {
        char name[8];
        g_snprintf(name, sizeof name, "f%u", i);
        shared.folders[i] = bed_folder(&shared.bed, shared.bed.root, name);
    }
    subscription = tw_engine_subscribe(shared.bed.engine, NULL, NULL);
    g_assert_true(tw_store_get_info(shared.bed.store, &before, NULL));
    for (guint i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("work", work, &shared);
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    g_assert_cmpint(shared.failed, ==, 0);
    g_assert_true(tw_store_get_info(shared.bed.store, &after, NULL));
    tw_subscription_pull(subscription, seen, &behind);
    g_assert_false(behind);
    g_assert_cmpuint(seen->len, ==, after.cn - before.cn);
    for (guint i = 0; i < seen->len; i++)
        g_assert_cmpuint(g_array_index(seen, TwChange, i).cn, ==, before.cn + 1 + i);
    tw_subscription_end(subscription);
    bed_check_store(shared.bed.store, "threads");
    bed_reopen(&shared.bed);
    bed_check_store(shared.bed.store, "threads, reopened");
    bed_free(&shared.bed);
}

/* ---- quota ---- */

static gpointer
fill(gpointer data)
{
    Shared *shared = data;

    for (guint i = 0; i < shared->rounds; i++) {
        g_autoptr(TwObject) object = bed_object("fills it", 400);
        g_autoptr(GError) error = NULL;
        TwMessageMade made;
        if (!tw_message_create(shared->bed.store, shared->bed.root, object, NULL, &made, &error) &&
            !g_error_matches(error, TW_ERROR, TW_ERROR_QUOTA))
            g_atomic_int_inc(&shared->failed);
    }
    return NULL;
}

static void
test_quota_race(void)
{
    Shared shared = { .rounds = 10 };
    TwQuota quota = { 0, 0, 20000 };
    GThread *threads[THREADS];
    g_autoptr(TwFolderRow) row = NULL;
    TwStoreInfo info;

    bed_new(&shared.bed);
    g_assert_true(tw_store_set_quota(shared.bed.store, &quota, NULL));
    for (guint i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("fill", fill, &shared);
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    g_assert_cmpint(shared.failed, ==, 0);
    g_assert_true(tw_store_get_info(shared.bed.store, &info, NULL));
    row = bed_row(&shared.bed, shared.bed.root);
    g_assert_cmpint(info.bytes, >=, quota.hard);
    g_assert_cmpint(info.bytes - info.bytes / (gint64) row->total, <, quota.hard);
    bed_check_store(shared.bed.store, "quota race");
    bed_free(&shared.bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/threads/mixed", test_mixed);
    g_test_add_func("/store/threads/quota", test_quota_race);
    return g_test_run();
}
