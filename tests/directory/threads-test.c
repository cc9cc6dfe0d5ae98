/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Eight threads on one directory: each sees its own changes at once, and no snapshot shows half of one. */
#include <string.h>

#include "directory/place.h"

enum {
    THREADS = 8,
    ROUNDS = 40,
};

typedef struct {
    Place *place;
    guint number;
    guint32 group;
} Worker;

/* Each user is made with mail and full name of one text; a renaming changes both. */
static void
check_whole(const TwDirectorySnapshot *snapshot)
{
    static const TwDirectoryViewer root = { .everything = TRUE };
    TwDirectoryListing listing = { .most = G_MAXUINT };
    g_autoptr(GPtrArray) found = tw_directory_list(snapshot, &root, &listing, NULL, NULL);

    for (guint i = 0; i < found->len; i++) {
        const TwDirectoryObject *object = g_ptr_array_index(found, i);
        if (object->kind == TW_DIRECTORY_USER && object->number != TW_DIRECTORY_SYSTEM)
            g_assert_cmpstr(object->full_name, ==, object->mail);
    }
}

static void
change_one(Worker *worker, guint round)
{
    g_autofree char *name = g_strdup_printf("user %u %u", worker->number, round);
    g_autofree char *text = g_strdup_printf("%u.%u@example.org", worker->number, round);
    g_autofree char *next = g_strdup_printf("next.%u.%u@example.org", worker->number, round);
    TwDirectoryObject values = {
        .kind = TW_DIRECTORY_USER, .name = name, .full_name = text, .mail = text
    };
    TwDirectory *directory = worker->place->directory;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDirectorySnapshot) snapshot = NULL;
    const TwDirectoryObject *object;
    TwDirectoryLink link = { TW_DIRECTORY_MEMBER, 0 };

    tw_directory_create(directory, &values, NULL, &values.number, &error);
    g_assert_no_error(error);
    link.number = values.number;
    values.mail = values.full_name = next;
    tw_directory_modify(directory, &values, TW_DIRECTORY_SET_MAIL | TW_DIRECTORY_SET_FULL_NAME,
                        NULL, &error);
    g_assert_no_error(error);
    tw_directory_relate(directory, worker->group, link, &error);
    g_assert_no_error(error);
    snapshot = place_snapshot(worker->place);
    object = tw_directory_snapshot_get(snapshot, values.number);
    g_assert_nonnull(object);
    g_assert_cmpstr(object->mail, ==, next);
    if (round % 4 != 0)
        return;
    tw_directory_remove(directory, values.number, &error);
    g_assert_no_error(error);
    tw_directory_snapshot_unref(snapshot);
    snapshot = place_snapshot(worker->place);
    g_assert_null(tw_directory_snapshot_get(snapshot, values.number));
}

static gpointer
work(gpointer data)
{
    Worker *worker = data;
    guint64 seen = 0;

    for (guint round = 0; round < ROUNDS; round++) {
        g_autoptr(TwDirectorySnapshot) snapshot = place_snapshot(worker->place);
        g_assert_cmpuint(tw_directory_snapshot_epoch(snapshot), >=, seen);
        seen = tw_directory_snapshot_epoch(snapshot);
        check_whole(snapshot);
        if (worker->number % 2 == 0)
            change_one(worker, round);
    }
    return NULL;
}

static void
test_threads(void)
{
    Worker workers[THREADS];
    GThread *threads[THREADS];
    g_autoptr(TwDirectorySnapshot) snapshot = NULL;
    g_autoptr(GArray) members = NULL;
    guint32 group;
    Place place;

    place_init(&place, TW_DB_SQLITE);
    group = place_add(&place, TW_DIRECTORY_GROUP, 0, "all");
    for (guint i = 0; i < THREADS; i++) {
        workers[i] = (Worker){ &place, i, group };
        threads[i] = g_thread_new("worker", work, &workers[i]);
    }
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    snapshot = place_snapshot(&place);
    members = tw_directory_snapshot_members(snapshot, group);
    g_assert_cmpuint(members->len, ==, THREADS / 2 * ROUNDS * 3 / 4);
    g_clear_pointer(&snapshot, tw_directory_snapshot_unref);
    place_clear(&place);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    g_test_add_func("/directory/threads", test_threads);
    return g_test_run();
}
