/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Notifications: who is told what; a copy of a store that is kept by events alone; queues that overflow; many threads.
 */
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "mapi/tags.h"
#include "store/bed.h"
#include "store/notify.h"
#include "store/ops.h"
#include "store/sync.h"

enum {
    ALL = TW_NOTIFY_NEW_MAIL | TW_NOTIFY_CREATED | TW_NOTIFY_DELETED | TW_NOTIFY_MODIFIED |
          TW_NOTIFY_MOVED | TW_NOTIFY_COPIED | TW_NOTIFY_SEARCH_COMPLETE,
    STEPS = 1200,
};

static gint64
soon(void)
{
    return tw_time_mono_us() + 60 * G_USEC_PER_SEC;
}

static void
subscribe(TwNotifyQueue *queue, guint32 connection, guint32 mask, const Bed *bed, guint32 id)
{
    TwNotifyWish wish = {
        .connection = connection, .mask = mask, .store = tw_store_get_number(bed->store), .id = id
    };
    g_autoptr(GError) error = NULL;

    tw_notify_subscribe(queue, &wish, &error);
    g_assert_no_error(error);
}

/* All that was told so far, as text: "connection:type object(parent)<old(old parent)", counters as "*". */
static char *
told(TwNotifyBus *bus, TwNotifyQueue *queue, const guint32 *names, guint count)
{
    g_autoptr(GArray) events = tw_notify_events_new();
    GString *text = g_string_new(NULL);
    gboolean missed;

    tw_notify_bus_flush(bus);
    tw_notify_queue_take(queue, events, 0, &missed);
    if (missed)
        g_string_append(text, "missed ");
    for (guint i = 0; i < events->len; i++) {
        const TwNotifyEvent *event = &g_array_index(events, TwNotifyEvent, i);
        guint32 ids[] = { event->id, event->parent, event->old_id, event->old_parent };
        char letters[] = "....";
        for (guint j = 0; j < 4; j++) {
            letters[j] = ids[j] == 0 ? '-' : '?';
            for (guint k = 0; k < count; k++)
                letters[j] = ids[j] != 0 && names[k] == ids[j] ? (char) ('a' + k) : letters[j];
        }
        g_string_append_printf(text, "%u:%x%s %s ", event->connection, event->type,
                               event->counters ? "*" : "", letters);
        if (event->message_class != NULL)
            g_string_append_printf(text, "(%s %x) ", event->message_class, event->flags);
    }
    return g_string_free(text, FALSE);
}

static void
move_one(Bed *bed, guint32 from, guint32 to, guint32 mid, gboolean copy, guint32 *ret)
{
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    TwMessageSet set = { from, &mid, 1 };

    g_assert_true(copy ? tw_messages_copy(bed->store, &set, to, done, NULL)
                       : tw_messages_move(bed->store, &set, to, done, NULL));
    *ret = g_array_index(done, TwMessageDone, 0).new_mid;
}

/* names: a inbox, b other, c the root, d a message, e its copy, f its moved self, g a folder, h its copy */
static void
test_events(void)
{
    Bed bed;
    TwNotifyBus *bus;
    TwNotifyQueue *queue;
    guint32 names[8] = { 0 }, id;
    TwMessageSet set = { 0 };
    TwFlagChange read = { .flags_set = TW_MSGFLAG_READ };
    char *text;

#define TOLD(expected)                                                                             \
    text = told(bus, queue, names, G_N_ELEMENTS(names));                                           \
    g_assert_cmpstr(text, ==, expected);                                                           \
    g_free(text)

    bed_new(&bed);
    names[0] = bed_folder(&bed, bed.root, "Inbox");
    names[1] = bed_folder(&bed, bed.root, "Other");
    names[2] = bed.root;
    bus = tw_notify_bus_new(bed.engine);
    queue = tw_notify_queue_new(bus, NULL);
    TOLD("");
    subscribe(queue, 1, ALL | TW_NOTIFY_MESSAGES, &bed, names[0]);
    subscribe(queue, 2, ALL, &bed, names[0]);
    names[3] = bed_message(&bed, names[0], "one", 10);
    TOLD("1:4 da-- 2:10* ac-- ");
    subscribe(queue, 1, ALL | TW_NOTIFY_MESSAGES | TW_NOTIFY_NO_COUNTERS, &bed, 0);
    subscribe(queue, 2, TW_NOTIFY_COPIED | TW_NOTIFY_MOVED, &bed, names[3]);
    move_one(&bed, names[0], names[1], names[3], TRUE, &names[4]);
    TOLD("1:40 ebda ");
    move_one(&bed, names[0], names[1], names[3], FALSE, &names[5]);
    TOLD("1:20 fbda 2:20 fbda ");
    set = (TwMessageSet){ names[1], &names[5], 1 };
    g_assert_true(tw_messages_set_flags(bed.store, &set, &read, NULL, NULL));
    TOLD("1:10 fb-- ");
    g_assert_true(tw_messages_delete(bed.store, &set, TRUE, NULL, NULL));
    TOLD("1:8 fb-- ");
    g_assert_true(tw_messages_restore(bed.store, &set, NULL, NULL));
    TOLD("1:4 fb-- ");
    g_assert_true(tw_messages_delete(bed.store, &set, FALSE, NULL, NULL));
    TOLD("1:8 fb-- ");
    /* folders: the store's subscriber that asks for folders alone, without counters */
    subscribe(queue, 1, ALL | TW_NOTIFY_FOLDERS | TW_NOTIFY_NO_COUNTERS, &bed, 0);
    subscribe(queue, 2, ALL, &bed, names[1]);
    names[6] = bed_folder(&bed, names[1], "Inner");
    TOLD("1:4 gb-- 2:10* bc-- ");
    g_assert_true(tw_folder_rename(bed.store, names[6], "Deeper", NULL));
    TOLD("1:10 gb-- 2:10* bc-- ");
    g_assert_true(tw_folder_move(bed.store, names[6], names[0], NULL, NULL));
    TOLD("1:20 gagb 2:10* bc-- ");
    g_assert_true(tw_folder_copy(bed.store, names[6], names[1], "Twin", FALSE, &id, NULL));
    names[7] = id;
    TOLD("1:40 hbga 2:10* bc-- ");
    g_assert_true(tw_folder_delete(bed.store, names[6], FALSE, NULL));
    TOLD("1:8 ga-- ");
    tw_notify_new_mail(bus, tw_store_get_number(bed.store), names[0], names[3], "IPM.Note", 1);
    tw_notify_search_complete(bus, tw_store_get_number(bed.store), names[1]);
    TOLD("1:2 da-- (IPM.Note 1) 1:80 b--- 2:80 b--- "); /* folders alone: a mail all the same */
    tw_notify_unsubscribe(queue, 1);
    tw_notify_unsubscribe(queue, 77);
    bed_message(&bed, names[0], "two", 10);
    TOLD("");
    tw_notify_queue_free(queue);
    tw_notify_bus_free(bus);
    bed_free(&bed);
#undef TOLD
}

/* ---- synchronisation ---- */

static void
test_sync_events(void)
{
    Bed bed;
    TwNotifyBus *bus;
    g_autoptr(GArray) events = tw_notify_events_new();
    TwNotifyQueue *queue;
    TwStore *own;
    TwObject *object;
    TwMessageMade made;
    TwNotifyWish wish = { .connection = 5, .mask = TW_NOTIFY_SYNC, .sync = 9 };
    g_autoptr(GError) error = NULL;
    TwStoreInfo info;
    gboolean missed;

    bed_new(&bed);
    bus = tw_notify_bus_new(bed.engine);
    queue = tw_notify_queue_new(bus, NULL);
    wish.store = tw_store_get_number(bed.store);
    wish.id = bed_folder(&bed, bed.root, "Inbox");
    g_assert_true(tw_store_get_info(bed.store, &info, NULL));
    wish.cn = info.cn;
    g_assert_true(tw_notify_subscribe(queue, &wish, &error));
    g_assert_false(tw_notify_queue_wait(queue, tw_time_mono_us()));
    bed_message(&bed, wish.id, "one", 10);
    bed_message(&bed, bed.root, "elsewhere", 10);
    own = tw_store_for_sync(bed.store, 9);
    object = bed_object("own", 10);
    g_assert_true(tw_message_create(own, wish.id, object, NULL, &made, &error));
    tw_notify_bus_flush(bus);
    tw_notify_queue_take(queue, events, 0, &missed);
    g_assert_cmpuint(events->len, ==, 1);
    g_assert_cmpuint(g_array_index(events, TwNotifyEvent, 0).sync, ==, 9);
    g_assert_cmpuint(g_array_index(events, TwNotifyEvent, 0).sync_type, ==,
                     TW_SYNC_MESSAGE | TW_SYNC_NEW);
    /* whoever comes with an old number is told at once */
    wish.connection = 6;
    g_assert_true(tw_notify_subscribe(queue, &wish, &error));
    wish.connection = 7;
    wish.hierarchy = TRUE;
    wish.id = bed.root;
    g_assert_true(tw_notify_subscribe(queue, &wish, &error));
    g_array_set_size(events, 0);
    tw_notify_queue_take(queue, events, 0, &missed);
    g_assert_cmpuint(events->len, ==, 1);
    g_assert_cmpuint(g_array_index(events, TwNotifyEvent, 0).connection, ==, 6);
    bed_folder(&bed, bed.root, "New");
    g_array_set_size(events, 0);
    tw_notify_bus_flush(bus);
    tw_notify_queue_take(queue, events, 0, &missed);
    g_assert_cmpuint(events->len, ==, 1);
    g_assert_cmpuint(g_array_index(events, TwNotifyEvent, 0).connection, ==, 7);
    wish.id = 12345;
    g_assert_false(tw_notify_subscribe(queue, &wish, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    tw_object_free(object);
    tw_store_unref(own);
    tw_notify_queue_free(queue);
    tw_notify_bus_free(bus);
    bed_free(&bed);
}

/* ---- a copy kept by events ---- */

typedef struct {
    guint32 parent, total, unread;
    GHashTable *mids; /* mid -> cn * 2 + read */
} MirrorFolder;

typedef struct {
    Bed *bed;
    GHashTable *folders;
} Mirror;

static void
free_mirror_folder(gpointer data)
{
    g_hash_table_unref(((MirrorFolder *) data)->mids);
    g_free(data);
}

static gpointer
word_of(const TwMessageRow *row)
{
    return GUINT_TO_POINTER((guint) row->cn * 2 + (row->flags & TW_MSGFLAG_READ ? 1 : 0));
}

static gboolean
add_mid(const TwMessageRow *row, gpointer data)
{
    g_hash_table_insert(data, GUINT_TO_POINTER(row->mid), word_of(row));
    return TRUE;
}

/* A folder that appears: all of it is read. */
static void
read_folder(Mirror *mirror, guint32 id)
{
    g_autoptr(TwFolderRow) row = tw_folder_get(mirror->bed->store, id, NULL);
    MirrorFolder *folder;

    if (row == NULL || row->state != TW_FOLDER_LIVE)
        return;
    folder = g_new0(MirrorFolder, 1);
    *folder = (MirrorFolder){ row->parent != id ? row->parent : 0, row->total, row->unread,
                              g_hash_table_new(NULL, NULL) };
    g_hash_table_insert(mirror->folders, GUINT_TO_POINTER(id), folder);
    for (guint state = 0; state < 2; state++)
        tw_folder_list(mirror->bed->store, id, (TwMessageState) state, 0, G_MAXINT32, FALSE,
                       add_mid, folder->mids, NULL);
}

static void
read_all(Mirror *mirror)
{
    g_autoptr(GPtrArray) rows = tw_store_folders(mirror->bed->store, NULL);

    g_hash_table_remove_all(mirror->folders);
    for (guint i = 0; i < rows->len; i++)
        read_folder(mirror, ((TwFolderRow *) rows->pdata[i])->id);
}

static MirrorFolder *
mirror_folder(Mirror *mirror, guint32 id)
{
    return g_hash_table_lookup(mirror->folders, GUINT_TO_POINTER(id));
}

static void
drop_message(Mirror *mirror, guint32 folder, guint32 mid)
{
    MirrorFolder *in = mirror_folder(mirror, folder);

    if (in != NULL)
        g_hash_table_remove(in->mids, GUINT_TO_POINTER(mid));
}

static void
apply_message(Mirror *mirror, const TwNotifyEvent *event)
{
    MirrorFolder *in = mirror_folder(mirror, event->parent);
    g_auto(TwMessageRow) row = { 0 };

    if (event->type == TW_NOTIFY_MOVED)
        drop_message(mirror, event->old_parent, event->old_id);
    if (event->type == TW_NOTIFY_DELETED)
        drop_message(mirror, event->parent, event->id);
    else if (in != NULL && tw_message_get(mirror->bed->store, event->id, &row, NULL) &&
             row.folder == event->parent && row.state < TW_MESSAGE_DELETED)
        g_hash_table_insert(in->mids, GUINT_TO_POINTER(event->id), word_of(&row));
}

static void
apply(Mirror *mirror, const TwNotifyEvent *event)
{
    MirrorFolder *folder = mirror_folder(mirror, event->id);

    if (event->object == TW_NOTIFY_OBJECT_MESSAGE)
        apply_message(mirror, event);
    else if (event->object != TW_NOTIFY_OBJECT_FOLDER)
        return;
    else if (event->type == TW_NOTIFY_DELETED)
        g_hash_table_remove(mirror->folders, GUINT_TO_POINTER(event->id));
    else if (event->type == TW_NOTIFY_CREATED || event->type == TW_NOTIFY_COPIED)
        read_folder(mirror, event->id);
    else if (folder != NULL) {
        folder->parent = event->parent;
        folder->total = event->total;
        folder->unread = event->unread;
    }
}

static void
compare(Mirror *mirror)
{
    Mirror truth = { mirror->bed, g_hash_table_new_full(NULL, NULL, NULL, free_mirror_folder) };
    GHashTableIter iter, inner;
    gpointer key, value, mid, word;

    read_all(&truth);
    g_assert_cmpuint(g_hash_table_size(truth.folders), ==, g_hash_table_size(mirror->folders));
    g_hash_table_iter_init(&iter, truth.folders);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const MirrorFolder *there = value;
        const MirrorFolder *here = mirror_folder(mirror, GPOINTER_TO_UINT(key));
        g_assert_nonnull(here);
        g_assert_cmpuint(here->parent, ==, there->parent);
        g_assert_cmpuint(here->total, ==, there->total);
        g_assert_cmpuint(here->unread, ==, there->unread);
        g_assert_cmpuint(g_hash_table_size(here->mids), ==, g_hash_table_size(there->mids));
        g_hash_table_iter_init(&inner, there->mids);
        while (g_hash_table_iter_next(&inner, &mid, &word))
            g_assert_true(g_hash_table_lookup(here->mids, mid) == word);
    }
    g_hash_table_unref(truth.folders);
}

static void
run_mirror(guint max, guint take, gboolean may_miss)
{
    Bed bed;
    guint32 seed = (guint32) g_test_rand_int();
    Ops ops = { .most = 120 };
    TwNotifyQueueConfig config = { .max = max };
    Mirror mirror = { &bed, g_hash_table_new_full(NULL, NULL, NULL, free_mirror_folder) };
    TwNotifyBus *bus;
    TwNotifyQueue *queue;
    guint misses = 0;

    g_test_message("seed %u", seed);
    bed_new(&bed);
    ops.engine = bed.engine;
    ops.store = bed.store;
    ops.rand = g_rand_new_with_seed(seed);
    bus = tw_notify_bus_new(bed.engine);
    queue = tw_notify_queue_new(bus, &config);
    subscribe(queue, 1, ALL, &bed, 0);
    read_all(&mirror);
    for (guint i = 0; i < STEPS; i++) {
        g_autoptr(GArray) events = tw_notify_events_new();
        g_autoptr(GError) error = NULL;
        gboolean missed, last = i == STEPS - 1;
        if (!ops_step(&ops, &error))
            g_assert_true(ops_is_expected(error));
        if (g_rand_int_range(ops.rand, 0, 6) != 0 && !last)
            continue;
        tw_notify_bus_flush(bus);
        tw_notify_queue_take(queue, events, last ? 0 : take, &missed);
        if (missed) {
            misses++;
            read_all(&mirror);
        }
        for (guint j = 0; j < events->len; j++)
            apply(&mirror, &g_array_index(events, TwNotifyEvent, j));
        if (take == 0 || last)
            compare(&mirror);
    }
    g_assert_true((misses > 0) == may_miss);
    tw_notify_queue_free(queue);
    tw_notify_bus_free(bus);
    g_hash_table_unref(mirror.folders);
    g_rand_free(ops.rand);
    bed_free(&bed);
}

static void
test_mirror(void)
{
    run_mirror(100000, 0, FALSE);
    run_mirror(100000, 7, FALSE);
}

static void
test_mirror_overflow(void)
{
    run_mirror(8, 0, TRUE);
}

/* ---- what an owner may know ---- */

static gboolean
allow_even(const TwNotifyEvent *event, gpointer data)
{
    (*(guint *) data)++;
    return event->id % 2 == 0;
}

static void
count_wakes(gpointer data)
{
    g_atomic_int_inc((gint *) data);
}

static void
test_hooks(void)
{
    Bed bed;
    guint asked = 0;
    gint wakes = 0;
    TwNotifyQueueConfig filter = { .allow = allow_even, .data = &asked };
    TwNotifyQueueConfig waker = { .wake = count_wakes, .data = &wakes };
    g_autoptr(GArray) events = tw_notify_events_new();
    TwNotifyBus *bus;
    TwNotifyQueue *queue, *other;
    gboolean missed;

    bed_new(&bed);
    bus = tw_notify_bus_new(bed.engine);
    queue = tw_notify_queue_new(bus, &filter);
    other = tw_notify_queue_new(bus, &waker);
    subscribe(queue, 1, TW_NOTIFY_CREATED, &bed, 0);
    subscribe(other, 1, TW_NOTIFY_CREATED, &bed, 0);
    for (guint i = 0; i < 10; i++)
        bed_message(&bed, bed.root, "x", 10);
    tw_notify_bus_flush(bus);
    tw_notify_queue_take(queue, events, 4, &missed);
    tw_notify_queue_take(queue, events, 0, &missed);
    g_assert_cmpuint(asked, ==, 10);
    g_assert_cmpuint(events->len, ==, 5);
    g_assert_cmpint(g_atomic_int_get(&wakes), ==, 1); /* it has not come for them */
    tw_notify_queue_take(other, events, 0, &missed);
    bed_message(&bed, bed.root, "x", 10);
    g_assert_true(tw_notify_queue_wait(other, soon()));
    tw_notify_bus_flush(bus);
    g_assert_cmpint(g_atomic_int_get(&wakes), ==, 2);
    tw_notify_queue_free(queue);
    tw_notify_queue_free(other);
    tw_notify_bus_free(bus);
    bed_free(&bed);
}

/* The dispatcher itself falls behind: everyone is told. */
static void
test_behind(void)
{
    Bed bed;
    TwNotifyBus *bus;
    TwNotifyQueue *queue;
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) events = tw_notify_events_new();
    TwFlagChange read = { .flags_set = TW_MSGFLAG_READ };
    TwMessageSet set;
    gboolean missed = FALSE;
    guint32 number;

    bed_new(&bed);
    number = tw_store_get_number(bed.store);
    for (guint i = 0; i < 20; i++) {
        guint32 mid = bed_message(&bed, bed.root, "x", 10);
        g_array_append_val(mids, mid);
    }
    bed_close(&bed);
    bed.config.limits.stream_events = 10;
    bed.engine = tw_engine_open(&bed.config, NULL);
    bed.store = tw_store_open_number(bed.engine, number, NULL);
    bus = tw_notify_bus_new(bed.engine);
    queue = tw_notify_queue_new(bus, NULL);
    subscribe(queue, 1, ALL, &bed, 0);
    set = (TwMessageSet){ bed.root, (guint32 *) (gpointer) mids->data, mids->len };
    g_assert_true(tw_messages_set_flags(bed.store, &set, &read, NULL, NULL));
    tw_notify_bus_flush(bus);
    tw_notify_queue_take(queue, events, 0, &missed);
    g_assert_true(missed);
    g_assert_cmpuint(events->len, ==, 0);
    bed_message(&bed, bed.root, "after", 10);
    tw_notify_bus_flush(bus);
    tw_notify_queue_take(queue, events, 0, &missed);
    g_assert_false(missed);
    g_assert_cmpuint(events->len, ==, 2);
    tw_notify_queue_free(queue);
    tw_notify_bus_free(bus);
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/notify/events", test_events);
    g_test_add_func("/store/notify/sync", test_sync_events);
    g_test_add_func("/store/notify/mirror", test_mirror);
    g_test_add_func("/store/notify/mirror/overflow", test_mirror_overflow);
    g_test_add_func("/store/notify/hooks", test_hooks);
    g_test_add_func("/store/notify/behind", test_behind);
    return g_test_run();
}
