/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Power cuts (robustness A3): of a script of changes, whatever was acknowledged is there whole, and of the one that ran
 * nothing or all. TW_LONG=1: every event in every mode.
 */
#include <string.h>

#include "directory/place.h"

enum {
    STEPS = 12,
    SHORT_IMAGES = 120,
};

typedef struct {
    Place place;
    guint32 users[STEPS], group;
    guint acked_at[STEPS];
} Script;

/* Step i: makes a user with two aliases; the step after puts it into the group; each fourth is removed two steps later. */
static void
run_step(Script *script, guint i)
{
    static const char *const aliases[] = { "one@example.org", "two@example.org", NULL };
    g_autofree char *name = g_strdup_printf("user%u", i);
    TwDirectoryObject values = { .kind = TW_DIRECTORY_USER, .name = name, .aliases = aliases };
    TwDirectory *directory = script->place.directory;
    g_autoptr(GError) error = NULL;

    if (i % 3 == 0)
        tw_directory_create(directory, &values, NULL, &script->users[i], &error);
    else if (i % 3 == 1)
        tw_directory_relate(directory, script->group,
                            (TwDirectoryLink){ TW_DIRECTORY_MEMBER, script->users[i - 1] }, &error);
    else
        tw_directory_remove(directory, script->users[i - 2], &error);
    g_assert_no_error(error);
    script->acked_at[i] = tw_fault_fs_events(script->place.kv.disk);
}

/* How many steps a snapshot shows; it must be some number of them exactly. */
static guint
count_steps(const Script *script, const TwDirectorySnapshot *snapshot)
{
    g_autoptr(GArray) gone = tw_directory_snapshot_gone(snapshot, 0);
    g_autoptr(GArray) members = tw_directory_snapshot_members(snapshot, script->group);
    guint done = gone->len * 3, left = tw_directory_snapshot_count(snapshot) - 3;
    const TwDirectoryObject *user;

    g_assert_cmpuint(left, <=, 1);
    if (left == 0) {
        g_assert_cmpuint(members->len, ==, 0);
        return done;
    }
    user = tw_directory_snapshot_get(snapshot, script->users[done]);
    g_assert_nonnull(user);
    g_assert_cmpstr(user->aliases[0], ==, "one@example.org");
    g_assert_cmpstr(user->aliases[1], ==, "two@example.org");
    g_assert_null(user->aliases[2]);
    return done + 1 + (members->len == 1 ? 1 : 0);
}

static void
check_image(const Script *script, guint events, TwImageMode mode)
{
    g_autoptr(TwFaultFs) disk = tw_fault_fs_image(script->place.kv.disk, events, mode, events);
    TwDbConfig config = script->place.kv.config;
    g_autoptr(GError) error = NULL;
    TwDirectorySnapshot *snapshot;
    TwDirectory *directory;
    guint acked = 0, steps;
    TwDb *db;

    while (acked < STEPS && script->acked_at[acked] <= events)
        acked++;
    config.fs = tw_fault_fs_get(disk);
    config.quick_check = TRUE;
    db = tw_db_open(&config, &error);
    g_assert_no_error(error);
    directory = place_open_directory(db);
    snapshot = tw_directory_snapshot(directory, &error);
    g_assert_no_error(error);
    steps = count_steps(script, snapshot);
    if (steps != acked && steps != acked + 1)
        g_error("event %u, mode %d: %u steps acknowledged, %u there", events, mode, acked, steps);
    tw_directory_snapshot_unref(snapshot);
    tw_directory_free(directory);
    tw_db_close(db);
}

static void
test_power(void)
{
    guint first, last, stride;
    Script script = { 0 };

    place_init(&script.place, TW_DB_SQLITE);
    script.group = place_add(&script.place, TW_DIRECTORY_GROUP, 0, "group");
    first = tw_fault_fs_events(script.place.kv.disk);
    for (guint i = 0; i < STEPS; i++)
        run_step(&script, i);
    last = tw_fault_fs_events(script.place.kv.disk);
    stride = MAX((last - first) * TW_IMAGE_MODES / SHORT_IMAGES, 1);
    if (g_getenv("TW_LONG") != NULL)
        stride = 1;
    g_test_message("%u events", last - first);
    for (guint i = 0; i <= (last - first) * TW_IMAGE_MODES; i += stride)
        check_image(&script, first + i / TW_IMAGE_MODES, (TwImageMode) (i % TW_IMAGE_MODES));
    for (TwImageMode mode = 0; mode < TW_IMAGE_MODES; mode++)
        check_image(&script, last, mode);
    place_clear(&script.place);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    g_test_add_func("/directory/power", test_power);
    return g_test_run();
}
