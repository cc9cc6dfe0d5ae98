/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/transfer-world.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/check.h"
#include "store/invariants.h"
#include "store/store-private.h"

void
world_open_stores(World *world)
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

void
world_open(World *world, TwFaultFs *fs, GError **error)
{
    *world = (World){ .bed = { .fs = NULL } };
    bed_open(&world->bed, fs, error);
    bed_close(&world->bed);
    world->bed.config.partitions = 2;
    world->bed.config.limits.batch = BATCH;
    world->bed.engine = tw_engine_open(&world->bed.config, error);
}

void
world_make(World *world)
{
    g_autoptr(GError) error = NULL;

    world_open(world, tw_fault_fs_new(), &error);
    g_assert_no_error(error);
    for (guint i = 0; i < STORES; i++) {
        TwStoreMake make = { .company = i, .partition = (gint) (i % 2) };
        g_autoptr(TwStore) store = tw_store_create(world->bed.engine, &make, &error);
        g_assert_no_error(error);
        g_assert_nonnull(store);
    }
    world_open_stores(world);
}

void
world_close(World *world)
{
    for (guint i = 0; i < STORES; i++)
        g_clear_pointer(&world->stores[i], tw_store_unref);
    bed_close(&world->bed);
}

void
world_check(World *world, const char *label)
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

void
world_free(World *world)
{
    world_check(world, "at the end");
    world_close(world);
    invariants_check_orphans(world->bed.config.fs, 2, "at the end");
    bed_free(&world->bed);
}

guint32
world_add_folder(World *world, guint store, guint32 parent, const char *name)
{
    TwFolderMake make = { .name = name, .type = TW_FOLDER_GENERIC };
    g_autoptr(GError) error = NULL;
    guint32 id = 0;

    tw_folder_create(world->stores[store], parent, &make, &id, &error);
    g_assert_no_error(error);
    return id;
}

/* With a large body of its own, and an attachment that all have. */
guint32
world_add_message(World *world, guint store, guint32 folder, gboolean associated)
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

guint32
world_add_mail(World *world, guint store, guint32 folder)
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

int
world_by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static gboolean
note_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val((GArray *) data, row->mid);
    return TRUE;
}

GArray *
world_mids_of(TwStore *store, guint32 folder, guint state)
{
    GArray *mids = g_array_new(FALSE, FALSE, sizeof(guint32));

    g_assert_true(tw_folder_list(store, folder, (TwMessageState) state, 0, G_MAXINT32, FALSE,
                                 note_mid, mids, NULL));
    return mids;
}

char *
world_path_of(const GPtrArray *folders, guint32 id)
{
    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        g_autofree char *up = NULL;
        if (row->id != id)
            continue;
        if (row->parent == row->id)
            return g_strdup("");
        up = world_path_of(folders,
                           row->parent); /* NOLINT(misc-no-recursion): depth of a test's tree */
        return g_strdup_printf("%s/%s", up, row->name);
    }
    g_assert_not_reached();
}

/* A line for each live folder and each message in it, in order. */
static GPtrArray *
world_tell(TwStore *store)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(store, NULL);
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        g_autofree char *path = NULL;
        if (row->state != TW_FOLDER_LIVE)
            continue;
        path = world_path_of(folders, row->id);
        g_ptr_array_add(lines, g_strdup_printf("%s", path));
        for (guint state = 0; state < 4; state++) {
            g_autoptr(GArray) mids = world_mids_of(store, row->id, state);
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
    g_ptr_array_sort(lines, world_by_text);
    return lines;
}

void
world_assert_holds(World *world, guint store, const char *const *expected, guint count)
{
    g_autoptr(GPtrArray) lines = world_tell(world->stores[store]);

    for (guint i = 0; i < MAX(lines->len, count); i++)
        g_assert_cmpstr(i < lines->len ? lines->pdata[i] : NULL, ==,
                        i < count ? expected[i] : NULL);
}

void
world_mark(World *world, guint store, guint32 folder, guint32 mid, const char *word)
{
    TwMessageSet set = { folder, &mid, 1 };
    TwFlagChange change = { .flags_set = TW_MSGFLAG_READ, .status_set = 8 };
    guint bit;

    g_assert_true(tw_folder_keyword(world->stores[store], folder, word, TRUE, &bit, NULL));
    change.kw_set = (guint64) 1 << bit;
    g_assert_true(tw_messages_set_flags(world->stores[store], &set, &change, NULL, NULL));
}

/* How often each message is there, in all stores. */
static GHashTable *
count_all(World *world)
{
    GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < STORES; i++) {
        g_autoptr(GPtrArray) lines = world_tell(world->stores[i]);
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

void
world_assert_each_once(World *world, guint count, const char *label)
{
    g_autoptr(GHashTable) counts = count_all(world);

    for (guint i = 0; i < count; i++) {
        g_autofree char *subject = g_strdup_printf("message %u", i);
        guint times = GPOINTER_TO_UINT(g_hash_table_lookup(counts, subject));
        if (times != 1)
            g_error("%s: %s is there %u times", label, subject, times);
    }
}

void
world_fail_syncs(World *world)
{
    TwFault fault = {
        .calls = TW_FAULT_SYNC, .nth = 1, .count = G_MAXUINT, .number = EIO, .suffix = "p1.db-wal"
    };

    tw_fault_fs_arm(world->bed.fs, &fault);
}

void
world_restart(World *world)
{
    world_close(world);
    world->bed.engine = tw_engine_open(&world->bed.config, NULL);
    world_open_stores(world);
}

guint32
world_make_tree(World *world)
{
    guint32 top = world_add_folder(world, 0, world->roots[0], "Top");
    guint32 inner = world_add_folder(world, 0, top, "Inner");
    guint32 leaf = world_add_folder(world, 0, inner, "Leaf"), soft;
    TwMessageSet set = { inner, &soft, 1 };

    world_add_message(world, 0, top, FALSE);
    world_add_message(world, 0, top, TRUE);
    soft = world_add_message(world, 0, inner, FALSE);
    world_add_message(world, 0, leaf, FALSE);
    world_mark(world, 0, leaf, world_add_message(world, 0, leaf, FALSE), "Mine");
    g_assert_true(tw_messages_delete(world->stores[0], &set, TRUE, NULL, NULL));
    return top;
}
