/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Messages and folder trees that go to another store: whole, once, with their values shared, over any crash. Each message has
 * a subject of its own, so a store can be told from its subjects. TW_POWER_IMAGES, TW_STEPS ask for more.
 */
#include "store/transfer.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "mapi/actions.h"
#include "mapi/tags.h"
#include "store/bed.h"
#include "store/check.h"
#include "store/dump.h"
#include "store/identity.h"
#include "store/invariants.h"
#include "store/rules.h"
#include "store/store-private.h"

enum {
    STORES = 3, /* the third shares the partition of the first */
    BATCH = 5,
    MANY = 23,
    STEPS = 150,
    IMAGES = 60,
};

typedef struct {
    Bed bed;
    TwStore *stores[STORES];
    guint32 roots[STORES];
    guint serial;
    guint tree_made; /* events when make_tree() had been acknowledged */
} World;

static void
open_stores(World *world)
{
    g_autoptr(GArray) numbers = tw_engine_list_stores(world->bed.engine);

    g_assert_cmpuint(numbers->len, ==, STORES);
    for (guint i = 0; i < STORES; i++) {
        g_autoptr(GError) error = NULL;
        TwStoreInfo info;
        world->stores[i] =
            tw_store_open_number(world->bed.engine, g_array_index(numbers, guint32, i), &error);
        g_assert_no_error(error);
        g_assert_true(tw_store_get_info(world->stores[i], &info, NULL));
        world->roots[i] = info.root;
    }
}

static void
open_world(World *world, TwFaultFs *fs, GError **error)
{
    *world = (World){ .bed = { .fs = NULL } };
    bed_open(&world->bed, fs, error);
    bed_close(&world->bed);
    world->bed.config.partitions = 2;
    world->bed.config.limits.batch = BATCH;
    world->bed.engine = tw_engine_open(&world->bed.config, error);
}

static void
make_world(World *world)
{
    g_autoptr(GError) error = NULL;

    open_world(world, tw_fault_fs_new(), &error);
    g_assert_no_error(error);
    for (guint i = 0; i < STORES; i++) {
        TwStoreMake make = { .company = i, .partition = (gint) (i % 2) };
        g_autoptr(TwStore) store = tw_store_create(world->bed.engine, &make, &error);
        g_assert_no_error(error);
        g_assert_nonnull(store);
    }
    open_stores(world);
}

static void
close_world(World *world)
{
    for (guint i = 0; i < STORES; i++)
        g_clear_pointer(&world->stores[i], tw_store_unref);
    bed_close(&world->bed);
}

static void
check_world(World *world, const char *label)
{
    TwCheckOptions options = { .deep = TRUE };

    for (guint i = 0; i < STORES; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) found = tw_check_store(
            world->bed.engine, tw_store_get_number(world->stores[i]), &options, &error);
        g_assert_no_error(error);
        for (guint j = 0; j < found->len; j++)
            g_error("%s: %s", label, ((const TwCheckFinding *) found->pdata[j])->why);
        invariants_check(world->stores[i], INVARIANTS_ALL, label);
    }
}

static void
free_world(World *world)
{
    check_world(world, "at the end");
    close_world(world);
    invariants_check_orphans(world->bed.config.fs, 2, "at the end");
    bed_free(&world->bed);
}

static guint32
add_folder(World *world, guint store, guint32 parent, const char *name)
{
    TwFolderMake make = { .name = name, .type = TW_FOLDER_GENERIC };
    g_autoptr(GError) error = NULL;
    guint32 id = 0;

    tw_folder_create(world->stores[store], parent, &make, &id, &error);
    g_assert_no_error(error);
    return id;
}

/* With a large body of its own, and an attachment that all have. */
static guint32
add_message(World *world, guint store, guint32 folder, gboolean associated)
{
    g_autofree char *subject = g_strdup_printf("message %u", world->serial++);
    g_autoptr(TwObject) object = bed_object(subject, 3000);
    TwObject *node = tw_object_add(object, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    g_autofree char *data = g_strnfill(5000, 'a');
    TwPropValue value = tw_value_bytes(PR_ATTACH_DATA_BIN, (const guint8 *) data, 5000);
    TwMessageMake make = { .associated = associated, .recv_us = 1000000 };
    g_autoptr(GError) error = NULL;
    TwMessageMade made;

    g_assert_true(tw_object_set(node, &value, NULL));
    tw_message_create(world->stores[store], folder, object, &make, &made, &error);
    g_assert_no_error(error);
    return made.mid;
}

static guint32
add_mail(World *world, guint store, guint32 folder)
{
    g_autofree char *text = g_strdup_printf("Subject: message %u\r\n\r\nbody\r\n", world->serial++);
    g_autoptr(GBytes) mail = g_bytes_new(text, strlen(text));
    TwMailTarget target = { .store = world->stores[store], .folder = folder };
    TwMailDelivery delivery = { .targets = &target, .target_count = 1, .recv_us = 1000000 };
    TwMailResult result = { 0 };

    g_assert_true(tw_mail_deliver(world->bed.engine, mail, &delivery, &result, NULL));
    g_assert_no_error(result.error);
    return result.made.mid;
}

/* ---- what a store holds, by subject ---- */

static int
by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static gboolean
note_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val((GArray *) data, row->mid);
    return TRUE;
}

static GArray *
mids_of(TwStore *store, guint32 folder, guint state)
{
    GArray *mids = g_array_new(FALSE, FALSE, sizeof(guint32));

    g_assert_true(tw_folder_list(store, folder, (TwMessageState) state, 0, G_MAXINT32, FALSE,
                                 note_mid, mids, NULL));
    return mids;
}

static char *
path_of(const GPtrArray *folders, guint32 id)
{
    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        g_autofree char *up = NULL;
        if (row->id != id)
            continue;
        if (row->parent == row->id)
            return g_strdup("");
        up = path_of(folders, row->parent); /* NOLINT(misc-no-recursion): depth of a test's tree */
        return g_strdup_printf("%s/%s", up, row->name);
    }
    g_assert_not_reached();
}

/* A line for each live folder and each message in it, in order. */
static GPtrArray *
tell(TwStore *store)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(store, NULL);
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        g_autofree char *path = NULL;
        if (row->state != TW_FOLDER_LIVE)
            continue;
        path = path_of(folders, row->id);
        g_ptr_array_add(lines, g_strdup_printf("%s", path));
        for (guint state = 0; state < 4; state++) {
            g_autoptr(GArray) mids = mids_of(store, row->id, state);
            for (guint j = 0; j < mids->len; j++) {
                guint32 mid = g_array_index(mids, guint32, j);
                g_autoptr(GError) error = NULL;
                g_autoptr(TwObject) object = tw_message_read(store, mid, NULL, &error);
                g_assert_no_error(error);
                g_ptr_array_add(lines, g_strdup_printf("%s: %u %s", path, state,
                                                       tw_object_get_text(object, PR_SUBJECT, "")));
            }
        }
    }
    g_ptr_array_sort(lines, by_text);
    return lines;
}

static void
assert_holds(World *world, guint store, const char *const *expected, guint count)
{
    g_autoptr(GPtrArray) lines = tell(world->stores[store]);

    for (guint i = 0; i < MAX(lines->len, count); i++)
        g_assert_cmpstr(i < lines->len ? lines->pdata[i] : NULL, ==,
                        i < count ? expected[i] : NULL);
}

#define ASSERT_HOLDS(world, store, ...)                                                            \
    G_STMT_START                                                                                   \
    {                                                                                              \
        static const char *const lines_[] = { __VA_ARGS__ };                                       \
        assert_holds(world, store, lines_, G_N_ELEMENTS(lines_));                                  \
    }                                                                                              \
    G_STMT_END

/* ---- messages ---- */

typedef struct {
    const char *name;
    guint to; /* from the first store */
    gboolean move;
} Way;

static const Way ways[] = {
    { "copy/other-partition", 1, FALSE }, { "copy/same-partition", 2, FALSE },
    { "copy/same-store", 0, FALSE },      { "move/other-partition", 1, TRUE },
    { "move/same-partition", 2, TRUE },   { "move/same-store", 0, TRUE },
};

static char *
content_of(TwStore *store, guint32 mid, TwMessageRow *ret_row)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = tw_message_read(store, mid, ret_row, &error);

    g_assert_no_error(error);
    return dump_object(store, object);
}

static gboolean
append_bytes(const guint8 *data, gsize len, gpointer user_data, GError **error G_GNUC_UNUSED)
{
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

static guint64
count_values(World *world)
{
    TwBlobStats stats;

    g_assert_true(tw_blob_stats(world->bed.engine->blobs, &stats, NULL));
    return stats.values;
}

static void
mark(World *world, guint store, guint32 folder, guint32 mid, const char *word)
{
    TwMessageSet set = { folder, &mid, 1 };
    TwFlagChange change = { .flags_set = TW_MSGFLAG_READ, .status_set = 8 };
    guint bit;

    g_assert_true(tw_folder_keyword(world->stores[store], folder, word, TRUE, &bit, NULL));
    change.kw_set = (guint64) 1 << bit;
    g_assert_true(tw_messages_set_flags(world->stores[store], &set, &change, NULL, NULL));
}

static void
assert_word(World *world, guint store, guint32 folder, guint64 kw, const char *word)
{
    guint bit;

    g_assert_true(tw_folder_keyword(world->stores[store], folder, word, FALSE, &bit, NULL));
    g_assert_cmpuint(kw, ==, (guint64) 1 << bit);
}

static void
test_messages(gconstpointer data)
{
    const Way *way = data;
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    g_autoptr(GByteArray) mail = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    guint32 mids[5], from, to, other;
    char *contents[4];
    g_auto(TwMessageRow) before = { 0 };
    TwMessageSet set;
    guint64 values;
    World world;

    make_world(&world);
    from = add_folder(&world, 0, world.roots[0], "From");
    to = add_folder(&world, way->to, world.roots[way->to], "To");
    other = add_message(&world, way->to, to, FALSE);
    mark(&world, way->to, to, other, "Another");
    for (guint i = 0; i < 3; i++)
        mids[i] = add_message(&world, 0, from, i == 2);
    mids[3] = add_mail(&world, 0, from);
    mids[4] = 4711; /* nobody */
    mark(&world, 0, from, mids[0], "Mine");
    for (guint i = 0; i < 4; i++) {
        tw_message_row_clear(&before);
        contents[i] = content_of(world.stores[0], mids[i], &before);
    }
    values = count_values(&world);
    set = (TwMessageSet){ from, mids, 5 };
    tw_transfer_messages(world.stores[0], &set, world.stores[way->to], to, way->move, done, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_values(&world), ==, values); /* shared */
    for (guint i = 0, n = 0; i < done->len; i++) {
        const TwMessageDone *one = &g_array_index(done, TwMessageDone, i);
        g_auto(TwMessageRow) row = { 0 };
        g_autofree char *now = NULL;
        if (one->cn == 0)
            continue; /* nobody, in the same store */
        now = content_of(world.stores[way->to], one->new_mid, &row);
        g_assert_cmpuint(one->mid, ==, mids[n]);
        g_assert_cmpstr(now, ==, contents[n]);
        g_assert_cmpuint(row.state, ==, n == 2 ? TW_MESSAGE_ASSOC : TW_MESSAGE_NORMAL);
        g_assert_cmpuint(row.uid, ==, one->uid);
        if (n == 0) {
            assert_word(&world, way->to, to, row.kw, "Mine");
            g_assert_cmpuint(row.flags & TW_MSGFLAG_READ, !=, 0);
            g_assert_cmpuint(row.status, ==, 8);
        }
        if (n == 3)
            g_assert_true(tw_message_read_mail(world.stores[way->to], one->new_mid, 0, G_MAXUINT64,
                                               append_bytes, mail, NULL));
        n++;
        g_assert_cmpuint(n, <=, 4);
    }
    g_assert_cmpuint(mail->len, >, 10);
    {
        g_autoptr(GArray) left = mids_of(world.stores[0], from, 0);
        g_autoptr(GArray) there = mids_of(world.stores[way->to], to, 0);
        g_assert_cmpuint(left->len, ==, way->move ? 0 : 3);
        g_assert_cmpuint(there->len, ==, 4);
    }
    for (guint i = 0; i < 4; i++)
        g_free(contents[i]);
    free_world(&world);
}

/* The keywords past the 64th of a folder go along, there and back, as many as the other folder has room for. */
static void
test_keywords(gconstpointer data)
{
    const Way *way = data;
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    g_autoptr(GError) error = NULL;
    g_auto(TwMessageRow) row = { 0 };
    TwFlagChange change = { .flags_set = 0 };
    g_autofree char *content = NULL;
    guint32 mid, from, to;
    guint count[2], number;
    TwKeywordSet words;
    TwMessageSet set;
    World world;

    make_world(&world);
    from = add_folder(&world, 0, world.roots[0], "From");
    to = add_folder(&world, way->to, world.roots[way->to], "To");
    mid = add_message(&world, 0, from, FALSE);
    for (guint i = 0; i < 70; i++) {
        g_autofree char *mine = g_strdup_printf("mine-%u", i);
        g_autofree char *theirs = g_strdup_printf("theirs-%u", i);
        g_assert_true(tw_folder_keyword(world.stores[way->to], to, theirs, TRUE, &number, NULL));
        g_assert_true(tw_folder_keyword(world.stores[0], from, mine, TRUE, &number, NULL));
        if (i == 3 || i >= 65)
            g_assert_true(tw_flag_change_keyword(&change, number, TRUE));
    }
    set = (TwMessageSet){ from, &mid, 1 };
    g_assert_true(tw_messages_set_flags(world.stores[0], &set, &change, NULL, NULL));
    tw_transfer_messages(world.stores[0], &set, world.stores[way->to], to, way->move, done, &error);
    g_assert_no_error(error);
    content =
        content_of(world.stores[way->to], g_array_index(done, TwMessageDone, 0).new_mid, &row);
    tw_message_row_keywords(&row, &words);
    for (guint i = 0; i < 70; i++) {
        g_autofree char *mine = g_strdup_printf("mine-%u", i);
        gboolean has = tw_folder_keyword(world.stores[way->to], to, mine, FALSE, &number, NULL) &&
                       tw_keyword_set_has(&words, number);
        g_assert_cmpint(has, ==, i == 3 || i >= 65);
    }
    count[0] = (guint) __builtin_popcountll(words.map);
    count[1] = words.overflow_count;
    g_assert_cmpuint(count[0], ==, 0);
    g_assert_cmpuint(count[1], ==, 6);
    free_world(&world);
}

/* More than a batch, again and again, and the collector in between. */
static void
test_batches(void)
{
    guint32 mids[MANY], from, to;
    World world;

    make_world(&world);
    from = add_folder(&world, 0, world.roots[0], "Box");
    to = add_folder(&world, 1, world.roots[1], "Box");
    for (guint i = 0; i < MANY; i++)
        mids[i] = add_message(&world, 0, from, FALSE);
    for (guint round = 0; round < 4; round++) {
        guint a = round % 2, b = 1 - a;
        guint32 source = a == 0 ? from : to, target = a == 0 ? to : from;
        g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
        g_autoptr(GArray) left = NULL;
        g_autoptr(GError) error = NULL;
        TwMessageSet set = { source, mids, MANY };
        TwEngineCollected collected;
        tw_transfer_messages(world.stores[a], &set, world.stores[b], target, TRUE, done, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(done->len, ==, MANY);
        for (guint i = 0; i < MANY; i++)
            mids[i] = g_array_index(done, TwMessageDone, i).new_mid;
        left = mids_of(world.stores[a], source, 0);
        g_assert_cmpuint(left->len, ==, 0);
        g_assert_true(tw_engine_collect(world.bed.engine, 0, TRUE, &collected, NULL));
        check_world(&world, "round");
    }
    free_world(&world);
}

static void
test_quota(void)
{
    TwQuota quota = { .hard = 5000 };
    guint32 mids[MANY], from;
    g_autoptr(GArray) left = NULL;
    g_autoptr(GArray) there = NULL;
    g_autoptr(GError) error = NULL;
    TwMessageSet set;
    World world;

    make_world(&world);
    from = add_folder(&world, 0, world.roots[0], "Box");
    for (guint i = 0; i < MANY; i++)
        mids[i] = add_message(&world, 0, from, FALSE);
    g_assert_true(tw_store_set_quota(world.stores[1], &quota, NULL));
    set = (TwMessageSet){ from, mids, MANY };
    g_assert_false(tw_transfer_messages(world.stores[0], &set, world.stores[1], world.roots[1],
                                        TRUE, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_QUOTA);
    left = mids_of(world.stores[0], from, 0);
    there = mids_of(world.stores[1], world.roots[1], 0);
    g_assert_cmpuint(left->len + there->len, ==, MANY);
    free_world(&world);
}

/* How often each message is there, in all stores. */
static GHashTable *
count_all(World *world)
{
    GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < STORES; i++) {
        g_autoptr(GPtrArray) lines = tell(world->stores[i]);
        for (guint j = 0; j < lines->len; j++) {
            const char *subject = strstr(lines->pdata[j], "message ");
            if (subject != NULL)
                g_hash_table_insert(
                    counts, g_strdup(subject),
                    GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(counts, subject)) + 1));
        }
    }
    return counts;
}

static void
assert_each_once(World *world, guint count, const char *label)
{
    g_autoptr(GHashTable) counts = count_all(world);

    for (guint i = 0; i < count; i++) {
        g_autofree char *subject = g_strdup_printf("message %u", i);
        guint times = GPOINTER_TO_UINT(g_hash_table_lookup(counts, subject));
        if (times != 1)
            g_error("%s: %s is there %u times", label, subject, times);
    }
}

static void
fail_syncs(World *world)
{
    TwFault fault = {
        .calls = TW_FAULT_SYNC, .nth = 1, .count = G_MAXUINT, .number = EIO, .suffix = "p1.db-wal"
    };

    tw_fault_fs_arm(world->bed.fs, &fault);
}

static void
restart(World *world)
{
    close_world(world);
    world->bed.engine = tw_engine_open(&world->bed.config, NULL);
    open_stores(world);
}

/* The old store refuses the write, as it is suspect: the new one has nothing in the end. */
static void
test_taken_back(void)
{
    TwQuota quota = { .warn = 1 };
    guint32 mids[3], from;
    g_autoptr(GArray) there = NULL;
    g_autoptr(GArray) left = NULL;
    g_autoptr(GError) error = NULL;
    TwMessageSet set;
    World world;

    make_world(&world);
    from = add_folder(&world, 0, world.roots[0], "Box");
    for (guint i = 0; i < 3; i++)
        mids[i] = add_message(&world, 0, from, FALSE);
    fail_syncs(&world);
    g_assert_false(tw_store_set_quota(world.stores[0], &quota, NULL));
    g_assert_cmpuint(tw_fault_fs_disarm(world.bed.fs), >, 0);
    set = (TwMessageSet){ from, mids, 3 };
    g_assert_false(tw_transfer_messages(world.stores[0], &set, world.stores[1], world.roots[1],
                                        TRUE, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    there = mids_of(world.stores[1], world.roots[1], 0);
    g_assert_cmpuint(there->len, ==, 0);
    restart(&world);
    left = mids_of(world.stores[0], from, 0);
    g_assert_cmpuint(left->len, ==, 3);
    free_world(&world);
}

/* Whether the old store's commit is durable is not known: only the next start can say, and then each message is there once. */
static void
test_not_known(void)
{
    guint32 mids[3], from;
    TwMessageSet set;
    World world;

    make_world(&world);
    from = add_folder(&world, 0, world.roots[0], "Box");
    for (guint i = 0; i < 3; i++)
        mids[i] = add_message(&world, 0, from, FALSE);
    set = (TwMessageSet){ from, mids, 3 };
    fail_syncs(&world);
    g_assert_false(tw_transfer_messages(world.stores[0], &set, world.stores[1], world.roots[1],
                                        TRUE, NULL, NULL));
    g_assert_cmpuint(tw_fault_fs_disarm(world.bed.fs), >, 0);
    restart(&world);
    assert_each_once(&world, world.serial, "not known");
    free_world(&world);
}

/* ---- folder trees ---- */

static guint32
make_tree(World *world)
{
    guint32 top = add_folder(world, 0, world->roots[0], "Top");
    guint32 inner = add_folder(world, 0, top, "Inner");
    guint32 leaf = add_folder(world, 0, inner, "Leaf"), soft;
    TwMessageSet set = { inner, &soft, 1 };

    add_message(world, 0, top, FALSE);
    add_message(world, 0, top, TRUE);
    soft = add_message(world, 0, inner, FALSE);
    add_message(world, 0, leaf, FALSE);
    mark(world, 0, leaf, add_message(world, 0, leaf, FALSE), "Mine");
    g_assert_true(tw_messages_delete(world->stores[0], &set, TRUE, NULL, NULL));
    return top;
}

static void
test_copy_tree(void)
{
    g_autoptr(GError) error = NULL;
    guint32 top, copy;
    World world;

    make_world(&world);
    top = make_tree(&world);
    for (guint to = 1; to < STORES; to++) {
        g_assert_true(tw_transfer_folder(world.stores[0], top, world.stores[to], world.roots[to],
                                         "Copy", FALSE, to == 1, &copy, &error));
        g_assert_no_error(error);
    }
    ASSERT_HOLDS(&world, 1, "", "/Copy", "/Copy/Inner", "/Copy/Inner/Leaf",
                 "/Copy/Inner/Leaf: 0 message 3", "/Copy/Inner/Leaf: 0 message 4",
                 "/Copy: 0 message 0", "/Copy: 1 message 1");
    ASSERT_HOLDS(&world, 2, "", "/Copy", "/Copy: 0 message 0", "/Copy: 1 message 1");
    ASSERT_HOLDS(&world, 0, "", "/Top", "/Top/Inner", "/Top/Inner/Leaf",
                 "/Top/Inner/Leaf: 0 message 3", "/Top/Inner/Leaf: 0 message 4",
                 "/Top/Inner: 2 message 2", "/Top: 0 message 0", "/Top: 1 message 1");
    free_world(&world);
}

static void
test_move_tree(gconstpointer data)
{
    guint to = GPOINTER_TO_UINT(data);
    g_autoptr(GError) error = NULL;
    guint32 top, moved;
    World world;

    make_world(&world);
    top = make_tree(&world);
    g_assert_true(tw_transfer_folder(world.stores[0], top, world.stores[to], world.roots[to], NULL,
                                     TRUE, FALSE, &moved, &error));
    g_assert_no_error(error);
    ASSERT_HOLDS(&world, 0, "");
    {
        g_autoptr(GPtrArray) all = tw_store_folders(world.stores[0], NULL);
        g_assert_cmpuint(all->len, ==, 1); /* for good */
    }
    assert_holds(&world, to,
                 (const char *const[]){ "", "/Top", "/Top/Inner", "/Top/Inner/Leaf",
                                        "/Top/Inner/Leaf: 0 message 3",
                                        "/Top/Inner/Leaf: 0 message 4", "/Top/Inner: 2 message 2",
                                        "/Top: 0 message 0", "/Top: 1 message 1" },
                 9);
    free_world(&world);
}

/* ---- what leads from one place of a tree to another ---- */

/* A rule with two actions: one into the tree, one out of it; each names its store as well. */
static void
add_rule(World *world, guint32 folder, guint32 inside, guint32 outside, guint32 template)
{
    guint8 store[TW_OBJECT_ID_LEN], in[TW_OBJECT_ID_LEN], out[TW_OBJECT_ID_LEN];
    guint8 message[TW_OBJECT_ID_LEN];
    TwAction actions[] = {
        { .type = TW_ACTION_MOVE,
          .store = store,
          .store_len = sizeof store,
          .folder = in,
          .folder_len = sizeof in },
        { .type = TW_ACTION_COPY,
          .store = store,
          .store_len = sizeof store,
          .folder = out,
          .folder_len = sizeof out },
        { .type = TW_ACTION_REPLY, .message = message, .message_len = sizeof message },
    };
    g_autoptr(TwActions) list = NULL;
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(1 << 16);
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    g_autoptr(GError) error = NULL;
    TwRulesChange change = { .op = TW_RULES_ADD };
    TwProps props;

    tw_identity_entry_id(&world->stores[0]->guid, TW_OBJECT_ID_STORE, 0, store);
    tw_identity_entry_id(&world->stores[0]->guid, TW_OBJECT_ID_FOLDER, inside, in);
    tw_identity_entry_id(&world->stores[0]->guid, TW_OBJECT_ID_FOLDER, outside, out);
    tw_identity_entry_id(&world->stores[0]->guid, TW_OBJECT_ID_MESSAGE, template, message);
    list = tw_actions_new(actions, G_N_ELEMENTS(actions), &error);
    g_assert_no_error(error);
    tw_actions_print(list, TW_WIRE_32, &bytes);
    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_SEQUENCE, 1));
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_STATE, 1));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_NAME, "both"));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_PROVIDER, "RuleOrganizer"));
    tw_props_builder_set(&builder, tw_value_bytes(PR_RULE_ACTIONS, bytes.data, bytes.len));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_true(tw_props_open_bytes(bag, &props, NULL));
    change.props = &props;
    tw_folder_change_rules(world->stores[0], folder, FALSE, &change, 1, &error);
    g_assert_no_error(error);
}

static void
assert_leads(const guint8 *data, gsize len, const TwStore *store, TwObjectType type, guint32 number)
{
    guint8 wanted[TW_OBJECT_ID_LEN];

    tw_identity_entry_id(&store->guid, type, number, wanted);
    g_assert_cmpuint(len, ==, sizeof wanted);
    g_assert_true(memcmp(data, wanted, sizeof wanted) == 0);
}

static guint32
child_named(World *world, guint to, guint32 parent, const char *name)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(world->stores[to], NULL);

    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        if (row->parent == parent && g_str_equal(row->name, name))
            return row->id;
    }
    g_assert_not_reached();
}

static gboolean
take_mid(const TwMessageRow *row, gpointer mid)
{
    *(guint32 *) mid = row->mid;
    return FALSE;
}

static guint32
first_associated(World *world, guint to, guint32 folder)
{
    guint32 mid = 0;

    g_assert_true(tw_folder_list(world->stores[to], folder, TW_MESSAGE_ASSOC, 0, 1, FALSE, take_mid,
                                 &mid, NULL));
    g_assert_cmpuint(mid, !=, 0);
    return mid;
}

static void
point_message(World *world, guint32 mid, guint32 tag, guint32 folder)
{
    g_autoptr(TwObject) object = tw_message_read(world->stores[0], mid, NULL, NULL);
    guint8 id[TW_OBJECT_ID_LEN];
    TwPropValue value = tw_value_bytes(tag, id, sizeof id);
    guint64 cn;

    tw_identity_entry_id(&world->stores[0]->guid, TW_OBJECT_ID_FOLDER, folder, id);
    g_assert_true(tw_object_set(object, &value, NULL));
    g_assert_true(tw_message_save(world->stores[0], mid, 0, object, 0, &cn, NULL));
}

static void
assert_message_leads(World *world, guint to, guint32 mid, guint32 tag, guint store, guint32 folder)
{
    g_autoptr(TwObject) object = tw_message_read(world->stores[to], mid, NULL, NULL);
    TwPropValue value;

    g_assert_true(tw_object_get(object, tag, &value));
    assert_leads(value.data, value.len, world->stores[store], TW_OBJECT_ID_FOLDER, folder);
}

static void
test_tree_ids(gconstpointer data)
{
    gboolean move = GPOINTER_TO_INT(data);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwRules) rules = NULL;
    g_autoptr(TwActions) actions = NULL;
    guint32 top, inner, outside, template, new_top, new_inner;
    const TwAction *action;
    TwPropValue value;
    TwProps props;
    World world;

    make_world(&world);
    top = make_tree(&world);
    inner = child_named(&world, 0, top, "Inner");
    outside = add_folder(&world, 0, world.roots[0], "Outside");
    template = first_associated(&world, 0, top);
    add_rule(&world, top, inner, outside, template);
    point_message(&world, template, PR_WLINK_ENTRYID, inner);
    g_assert_true(tw_transfer_folder(world.stores[0], top, world.stores[1], world.roots[1], NULL,
                                     move, TRUE, &new_top, &error));
    g_assert_no_error(error);
    new_inner = child_named(&world, 1, new_top, "Inner");
    rules = tw_folder_read_rules(world.stores[1], new_top, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(tw_rules_count(rules), ==, 1);
    tw_rules_get(rules, 0, &props);
    g_assert_true(tw_props_get(&props, PR_RULE_ACTIONS, &value));
    actions = tw_actions_parse(value.data, value.len, TW_WIRE_32, NULL);
    action = tw_actions_get(actions, 0);
    assert_leads(action->store, action->store_len, world.stores[1], TW_OBJECT_ID_STORE, 0);
    assert_leads(action->folder, action->folder_len, world.stores[1], TW_OBJECT_ID_FOLDER,
                 new_inner);
    action = tw_actions_get(actions, 1); /* outside: it stays where it was, store and folder */
    assert_leads(action->store, action->store_len, world.stores[0], TW_OBJECT_ID_STORE, 0);
    assert_leads(action->folder, action->folder_len, world.stores[0], TW_OBJECT_ID_FOLDER, outside);
    action = tw_actions_get(actions, 2);
    template = first_associated(&world, 1, new_top);
    assert_leads(action->message, action->message_len, world.stores[1], TW_OBJECT_ID_MESSAGE,
                 template);
    assert_message_leads(&world, 1, template, PR_WLINK_ENTRYID, 1, new_inner);
    free_world(&world);
}

/* What cannot go along stays restorable. */
static void
test_move_tree_with_deleted(void)
{
    guint32 top, gone, moved;
    g_autoptr(TwFolderRow) row = NULL;
    World world;

    make_world(&world);
    top = make_tree(&world);
    gone = add_folder(&world, 0, top, "Gone");
    add_message(&world, 0, gone, FALSE);
    g_assert_true(tw_folder_delete(world.stores[0], gone, TRUE, NULL));
    g_assert_true(tw_transfer_folder(world.stores[0], top, world.stores[1], world.roots[1], NULL,
                                     TRUE, FALSE, &moved, NULL));
    ASSERT_HOLDS(&world, 0, "");
    row = tw_folder_get(world.stores[0], top, NULL);
    g_assert_cmpuint(row->state, ==, TW_FOLDER_SOFT);
    g_assert_true(tw_folder_restore(world.stores[0], top, NULL, NULL));
    g_assert_true(tw_folder_restore(world.stores[0], gone, NULL, NULL));
    free_world(&world);
}

static void
test_refused(void)
{
    g_autoptr(GError) error = NULL;
    guint32 top, id;
    World world;

    make_world(&world);
    top = make_tree(&world);
    add_folder(&world, 1, world.roots[1], "TOP");
    g_assert_false(tw_transfer_folder(world.stores[0], top, world.stores[1], world.roots[1], NULL,
                                      TRUE, FALSE, &id, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_clear_error(&error);
    g_assert_false(tw_transfer_folder(world.stores[0], world.roots[0], world.stores[1],
                                      world.roots[1], "All", TRUE, FALSE, &id, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(tw_transfer_folder(world.stores[0], top, world.stores[1], 4711, NULL, TRUE,
                                      FALSE, &id, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(tw_transfer_folder(world.stores[0], top, world.stores[1], world.roots[1], "",
                                      TRUE, FALSE, &id, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    ASSERT_HOLDS(&world, 0, "", "/Top", "/Top/Inner", "/Top/Inner/Leaf",
                 "/Top/Inner/Leaf: 0 message 3", "/Top/Inner/Leaf: 0 message 4",
                 "/Top/Inner: 2 message 2", "/Top: 0 message 0", "/Top: 1 message 1");
    free_world(&world);
}

/* ---- random transfers beside a model: for each store, the lines that it shall tell ---- */

typedef struct {
    World world;
    GRand *rand;
    GPtrArray *lines[STORES]; /* owned strings */
} Model;

static guint
pick(Model *m, guint n)
{
    return (guint) g_rand_int_range(m->rand, 0, (gint32) n);
}

/* A live folder of a store, with its path. */
static guint32
some_folder(Model *m, guint store, gboolean root_too, char **ret_path)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(m->world.stores[store], NULL);
    g_autoptr(GArray) fitting = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 id;

    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        if (row->state == TW_FOLDER_LIVE && (root_too || row->type != TW_FOLDER_ROOT))
            g_array_append_val(fitting, row->id);
    }
    if (fitting->len == 0)
        return 0;
    id = g_array_index(fitting, guint32, pick(m, fitting->len));
    *ret_path = path_of(folders, id);
    return id;
}

static gboolean
model_has(const GPtrArray *lines, const char *line)
{
    for (guint i = 0; i < lines->len; i++) {
        if (strcmp(lines->pdata[i], line) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
model_remove(GPtrArray *lines, const char *line)
{
    for (guint i = 0; i < lines->len; i++) {
        if (strcmp(lines->pdata[i], line) == 0) {
            g_ptr_array_remove_index(lines, i);
            return;
        }
    }
    g_error("the model has no '%s'", line);
}

static void
step_add(Model *m)
{
    guint store = pick(m, STORES);
    g_autofree char *path = NULL;
    guint32 folder = some_folder(m, store, TRUE, &path);
    g_autofree char *name = g_strdup_printf("f%u", m->world.serial);

    if (pick(m, 3) == 0 && m->lines[store]->len < 60) {
        m->world.serial++;
        add_folder(&m->world, store, folder, name);
        g_ptr_array_add(m->lines[store], g_strdup_printf("%s/%s", path, name));
        return;
    }
    g_ptr_array_add(m->lines[store], g_strdup_printf("%s: 0 message %u", path, m->world.serial));
    if (pick(m, 2))
        add_message(&m->world, store, folder, FALSE);
    else
        add_mail(&m->world, store, folder);
}

static void
step_messages(Model *m)
{
    guint a = pick(m, STORES), b = (a + 1 + pick(m, STORES - 1)) % STORES;
    gboolean move = pick(m, 3) != 0;
    g_autofree char *from_path = NULL;
    g_autofree char *to_path = NULL;
    guint32 from = some_folder(m, a, TRUE, &from_path), to = some_folder(m, b, TRUE, &to_path);
    g_autoptr(GArray) mids = mids_of(m->world.stores[a], from, 0);
    g_autoptr(GError) error = NULL;
    TwMessageSet set;

    if (mids->len > 8)
        g_array_set_size(mids, 1 + pick(m, 8));
    if (!move && m->lines[b]->len > 60)
        return;
    for (guint i = 0; i < mids->len; i++) {
        g_autoptr(TwObject) object =
            tw_message_read(m->world.stores[a], g_array_index(mids, guint32, i), NULL, NULL);
        const char *subject = tw_object_get_text(object, PR_SUBJECT, "");
        g_autofree char *line = g_strdup_printf("%s: 0 %s", from_path, subject);
        if (move)
            model_remove(m->lines[a], line);
        g_ptr_array_add(m->lines[b], g_strdup_printf("%s: 0 %s", to_path, subject));
    }
    set = (TwMessageSet){ from, (const guint32 *) (gpointer) mids->data, mids->len };
    tw_transfer_messages(m->world.stores[a], &set, m->world.stores[b], to, move, NULL, &error);
    g_assert_no_error(error);
}

static void
step_folder(Model *m)
{
    guint a = pick(m, STORES), b = (a + 1 + pick(m, STORES - 1)) % STORES;
    gboolean move = pick(m, 3) != 0;
    g_autofree char *from_path = NULL;
    g_autofree char *to_path = NULL;
    g_autofree char *name = g_strdup_printf("t%u", m->world.serial++);
    guint32 from = some_folder(m, a, FALSE, &from_path), to = some_folder(m, b, TRUE, &to_path);
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    guint32 id;

    if (from == 0 || (!move && m->lines[b]->len > 60))
        return;
    tw_transfer_folder(m->world.stores[a], from, m->world.stores[b], to, name, move, TRUE, &id,
                       &error);
    g_assert_no_error(error);
    for (guint i = 0; i < m->lines[a]->len; i++) {
        const char *line = m->lines[a]->pdata[i];
        gsize len = strlen(from_path);
        gboolean inside = strncmp(line, from_path, len) == 0 &&
                          (line[len] == '\0' || line[len] == '/' || line[len] == ':');
        if (inside)
            g_ptr_array_add(m->lines[b], g_strdup_printf("%s/%s%s", to_path, name, line + len));
        if (!inside || !move)
            g_ptr_array_add(kept, g_strdup(line));
    }
    g_ptr_array_unref(m->lines[a]);
    m->lines[a] = g_steal_pointer(&kept);
}

static void
compare(Model *m)
{
    for (guint i = 0; i < STORES; i++) {
        g_ptr_array_sort(m->lines[i], by_text);
        assert_holds(&m->world, i, (const char *const *) m->lines[i]->pdata, m->lines[i]->len);
        g_assert_true(model_has(m->lines[i], ""));
    }
}

static void
test_model(void)
{
    const char *wish = g_getenv("TW_STEPS");
    guint steps = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : STEPS;
    guint32 seed = (guint32) g_test_rand_int();
    Model m = { .rand = g_rand_new_with_seed(seed) };

    g_test_message("seed %u", seed);
    make_world(&m.world);
    for (guint i = 0; i < STORES; i++) {
        m.lines[i] = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(m.lines[i], g_strdup(""));
    }
    for (guint i = 0; i < steps; i++) {
        TwEngineCollected collected;
        switch (pick(&m, 7)) {
        case 0:
        case 1:
        case 2:
            step_add(&m);
            break;
        case 3:
        case 4:
            step_messages(&m);
            break;
        case 5:
            step_folder(&m);
            break;
        default:
            g_assert_true(tw_engine_collect(m.world.bed.engine, 0, TRUE, &collected, NULL));
        }
        compare(&m);
    }
    for (guint i = 0; i < STORES; i++)
        g_ptr_array_unref(m.lines[i]);
    g_rand_free(m.rand);
    free_world(&m.world);
}

/* ---- the power goes ---- */

static void
check_image(const World *before, guint event, TwImageMode mode, guint32 seed)
{
    g_autofree char *label = g_strdup_printf("event %u, mode %d, seed %u", event, (int) mode, seed);
    g_autoptr(GError) error = NULL;
    World world;

    open_world(&world, tw_fault_fs_image(before->bed.fs, event, mode, seed), &error);
    if (world.bed.engine == NULL)
        g_error("%s: %s", label, error->message);
    open_stores(&world);
    assert_each_once(&world, before->serial, label);
    check_world(&world, label);
    close_world(&world);
    invariants_check_orphans(world.bed.config.fs, 2, label);
    bed_free(&world.bed);
}

static void
move_all(World *world, guint32 box)
{
    g_autoptr(GArray) mids = mids_of(world->stores[0], box, 0);
    TwMessageSet set = { box, (const guint32 *) (gpointer) mids->data, mids->len };
    g_autoptr(GError) error = NULL;
    TwEngineCollected collected;
    guint32 id;

    tw_transfer_messages(world->stores[0], &set, world->stores[1], world->roots[1], TRUE, NULL,
                         &error);
    g_assert_no_error(error);
    id = make_tree(world);
    world->tree_made = tw_fault_fs_events(world->bed.fs);
    tw_transfer_folder(world->stores[0], id, world->stores[1], world->roots[1], "One", TRUE, TRUE,
                       &id, &error);
    g_assert_no_error(error);
    g_assert_true(tw_engine_collect(world->bed.engine, 0, TRUE, &collected, NULL));
    tw_transfer_folder(world->stores[1], id, world->stores[2], world->roots[2], "Two", TRUE, TRUE,
                       &id, &error);
    g_assert_no_error(error);
    tw_transfer_folder(world->stores[2], id, world->stores[1], world->roots[1], "Three", TRUE, TRUE,
                       &id, &error);
    g_assert_no_error(error);
}

static void
test_power(void)
{
    const char *wish = g_getenv("TW_POWER_IMAGES");
    guint images = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : IMAGES;
    guint32 seed = (guint32) g_test_rand_int(), box;
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    guint before, after;
    World world;

    g_test_message("seed %u", seed);
    make_world(&world);
    box = add_folder(&world, 0, world.roots[0], "Box");
    for (guint i = 0; i < MANY; i++)
        add_message(&world, 0, box, FALSE);
    before = tw_fault_fs_events(world.bed.fs);
    move_all(&world, box);
    after = tw_fault_fs_events(world.bed.fs);
    for (guint i = 0; i < images; i++) {
        /* the messages of the tree are made on the way: until then they need not be there */
        guint event = (guint) g_rand_int_range(rand, (gint32) before, (gint32) after + 1);
        guint all = world.serial;
        if (event < world.tree_made)
            world.serial = MANY;
        check_image(&world, event, (TwImageMode) (i % TW_IMAGE_MODES), g_rand_int(rand));
        world.serial = all;
    }
    free_world(&world);
}

/* ---- while the collector runs ---- */

typedef struct {
    World *world;
    guint32 boxes[2];
    gint stop;
} Race;

static gpointer
collect_on(gpointer data)
{
    Race *race = data;

    while (!g_atomic_int_get(&race->stop)) {
        TwEngineCollected collected;
        g_assert_true(tw_engine_collect(race->world->bed.engine, 0, TRUE, &collected, NULL));
    }
    return NULL;
}

static void
test_race(void)
{
    Race race = { 0 };
    GThread *thread;
    World world;

    make_world(&world);
    race.world = &world;
    race.boxes[0] = add_folder(&world, 0, world.roots[0], "Box");
    race.boxes[1] = add_folder(&world, 1, world.roots[1], "Box");
    for (guint i = 0; i < MANY; i++)
        add_message(&world, 0, race.boxes[0], FALSE);
    thread = g_thread_new("collector", collect_on, &race);
    for (guint round = 0; round < 12; round++) {
        guint a = round % 2;
        g_autoptr(GArray) mids = mids_of(world.stores[a], race.boxes[a], 0);
        TwMessageSet set = { race.boxes[a], (const guint32 *) (gpointer) mids->data, mids->len };
        g_autoptr(GError) error = NULL;
        g_assert_cmpuint(mids->len, ==, MANY);
        tw_transfer_messages(world.stores[a], &set, world.stores[1 - a], race.boxes[1 - a], TRUE,
                             NULL, &error);
        g_assert_no_error(error);
        assert_each_once(&world, MANY, "race");
    }
    g_atomic_int_set(&race.stop, 1);
    g_thread_join(thread);
    free_world(&world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autofree char *name = g_strdup_printf("/store/transfer/%s", ways[i].name);
        g_autofree char *words = g_strconcat(name, "/keywords", NULL);
        g_test_add_data_func(name, &ways[i], test_messages);
        g_test_add_data_func(words, &ways[i], test_keywords);
    }
    g_test_add_func("/store/transfer/batches", test_batches);
    g_test_add_func("/store/transfer/quota", test_quota);
    if (!bed_on_maria()) /* on a server there is no image of a disk */
        g_test_add_func("/store/transfer/taken-back", test_taken_back);
    if (!bed_on_maria()) /* on a server there is no image of a disk */
        g_test_add_func("/store/transfer/not-known", test_not_known);
    g_test_add_func("/store/transfer/tree/copy", test_copy_tree);
    g_test_add_data_func("/store/transfer/tree/move/other-partition", GUINT_TO_POINTER(1),
                         test_move_tree);
    g_test_add_data_func("/store/transfer/tree/move/same-partition", GUINT_TO_POINTER(2),
                         test_move_tree);
    g_test_add_data_func("/store/transfer/tree/ids/copy", GINT_TO_POINTER(FALSE), test_tree_ids);
    g_test_add_data_func("/store/transfer/tree/ids/move", GINT_TO_POINTER(TRUE), test_tree_ids);
    g_test_add_func("/store/transfer/tree/with-deleted", test_move_tree_with_deleted);
    g_test_add_func("/store/transfer/tree/refused", test_refused);
    g_test_add_func("/store/transfer/model", test_model);
    if (!bed_on_maria()) /* on a server there is no image of a disk */
        g_test_add_func("/store/transfer/power", test_power);
    g_test_add_func("/store/transfer/race", test_race);
    return g_test_run();
}
