/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations in batches that a power cut interrupts: all of one is done after the next start, or nothing. */
#include <string.h>

#include "store/bed.h"

/* An operation on messages of the root, and the disk's events while it ran. */
typedef struct {
    Bed bed;
    GArray *mids; /* owned, guint32 */
    TwMessageSet set;
    guint first, last;
} Scene;

static void
scene_new(Scene *scene, guint messages)
{
    *scene = (Scene){ 0 };
    bed_new(&scene->bed);
    scene->bed.config.limits.batch = 3;
    bed_reopen(&scene->bed);
    for (guint i = 0; i < messages; i++)
        bed_message(&scene->bed, scene->bed.root, "one of many", 20 + i);
    scene->mids = bed_mids(&scene->bed, scene->bed.root, TW_MESSAGE_NORMAL);
    scene->set = (TwMessageSet){ scene->bed.root, (guint32 *) (gpointer) scene->mids->data,
                                 scene->mids->len };
}

static void
scene_free(Scene *scene)
{
    g_array_unref(scene->mids);
    bed_free(&scene->bed);
}

/* Looks at the store of a disk that was cut off; TRUE: the operation is done. */
typedef gboolean (*LookFunc)(Scene *scene, Bed *after, gconstpointer data);

/* The disk as it was at steps + 1 points of the operation. Some of them must lie in the middle and be finished: more than least. */
static void
cut_everywhere(Scene *scene, guint steps, guint least, LookFunc look, gconstpointer data)
{
    guint resumed = 0;

    for (guint i = 0; i <= steps; i++) {
        guint event = scene->first + (scene->last - scene->first) * i / steps;
        g_autoptr(GError) error = NULL;
        Bed after;

        bed_open(&after, tw_fault_fs_image(scene->bed.fs, event, TW_IMAGE_SYNCED, i), &error);
        g_assert_no_error(error);
        after.store = tw_store_open(after.engine, &scene->bed.store_guid, &error);
        g_assert_no_error(error);
        resumed += look(scene, &after, data) && event < scene->last ? 1 : 0;
        bed_check_store(after.store, "resumed");
        bed_free(&after);
    }
    g_assert_cmpuint(resumed, >, least);
}

static gboolean
look_at_move(Scene *scene, Bed *after, gconstpointer data)
{
    g_autoptr(TwFolderRow) to = bed_row(after, *(const guint32 *) data);
    g_autoptr(TwFolderRow) from = bed_row(after, scene->bed.root);

    g_assert_cmpuint(from->total, ==, to->total == 0 ? 30 : 0);
    g_assert_cmpuint(to->total, ==, 30 - from->total);
    return to->total == 30;
}

static void
test_move(void)
{
    Scene scene;
    guint32 folder;
    g_autoptr(GError) error = NULL;

    scene_new(&scene, 30);
    folder = bed_folder(&scene.bed, scene.bed.root, "to");
    scene.first = tw_fault_fs_events(scene.bed.fs);
    g_assert_true(tw_messages_move(scene.bed.store, &scene.set, folder, NULL, &error));
    scene.last = tw_fault_fs_events(scene.bed.fs);
    cut_everywhere(&scene, 20, 5, look_at_move, &folder);
    scene_free(&scene);
}

static gboolean
look_at_words(Scene *scene, Bed *after, G_GNUC_UNUSED gconstpointer data)
{
    guint have = 0;

    for (guint m = 0; m < scene->mids->len; m++) {
        g_autofree char *words =
            bed_keywords(after, scene->bed.root, g_array_index(scene->mids, guint32, m));
        have += g_str_equal(words, "f5 f80 ");
        g_assert_true(*words == '\0' || g_str_equal(words, "f5 f80 "));
    }
    g_assert_true(have == 0 || have == scene->mids->len);
    return have > 0;
}

/* Keywords past the 64th in what a crash interrupted: all messages have them in the end, or none. */
static void
test_words(void)
{
    Scene scene;
    TwFlagChange change = { 0 };
    g_autoptr(GError) error = NULL;

    scene_new(&scene, 12);
    for (guint i = 0; i < 100; i++)
        bed_keyword(&scene.bed, scene.bed.root, "f", i);
    tw_flag_change_keyword(&change, 5, TRUE);
    tw_flag_change_keyword(&change, 80, TRUE);
    tw_flag_change_keyword(&change, 90, FALSE);
    scene.first = tw_fault_fs_events(scene.bed.fs);
    g_assert_true(tw_messages_set_flags(scene.bed.store, &scene.set, &change, NULL, &error));
    scene.last = tw_fault_fs_events(scene.bed.fs);
    cut_everywhere(&scene, 12, 2, look_at_words, NULL);
    scene_free(&scene);
}

static gboolean
look_at_marked(Scene *scene, Bed *after, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GArray) rest = bed_mids(after, scene->bed.root, TW_MESSAGE_NORMAL);

    g_assert_true(rest->len == 20 || rest->len == 10);
    for (guint m = 0; rest->len == 10 && m < 10; m++)
        g_assert_cmpuint(g_array_index(rest, guint32, m), ==,
                         g_array_index(scene->mids, guint32, 2 * m + 1));
    return rest->len == 10;
}

/* Which messages are marked is part of what a crash interrupted: the others stay. */
static void
test_marked(void)
{
    Scene scene;
    TwFlagChange mark = { .status_set = 8 };
    guint count;
    g_autoptr(GError) error = NULL;

    scene_new(&scene, 20);
    for (guint i = 0; i < 20; i += 2) {
        TwMessageSet one = { scene.bed.root, &g_array_index(scene.mids, guint32, i), 1 };
        g_assert_true(tw_messages_set_flags(scene.bed.store, &one, &mark, NULL, &error));
    }
    g_assert_true(tw_messages_delete_marked(scene.bed.store, &scene.set, 4, TRUE, &count, &error));
    g_assert_cmpuint(count, ==, 0); /* nobody has that bit */
    scene.first = tw_fault_fs_events(scene.bed.fs);
    g_assert_true(
        tw_messages_delete_marked(scene.bed.store, &scene.set, 8 | 4, TRUE, &count, &error));
    g_assert_cmpuint(count, ==, 10);
    scene.last = tw_fault_fs_events(scene.bed.fs);
    cut_everywhere(&scene, 12, 2, look_at_marked, NULL);
    scene_free(&scene);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/resume/move", test_move);
    g_test_add_func("/resume/words", test_words);
    g_test_add_func("/resume/marked", test_marked);
    return g_test_run();
}
