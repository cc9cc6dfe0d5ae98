/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/sync-scene.h"

#include "mapi/tags.h"

void
scene_new(Scene *scene)
{
    *scene = (Scene){ 0 };
    bed_new(&scene->bed);
    scene->folder = bed_folder(&scene->bed, scene->bed.root, "Inbox");
    scene->other = bed_folder(&scene->bed, scene->bed.root, "Other");
    scene->request =
        (TwSyncRequest){ .kind = TW_SYNC_CONTENTS, .folder = scene->folder, .flags = EVERYTHING };
}

char *
scene_told(Scene *scene, const guint32 *ids, guint count)
{
    g_auto(TwSyncBatch) batch = { 0 };
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);

    tw_sync_changes(scene->bed.store, &scene->state, &scene->request, &batch, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < batch.changes->len; i++) {
        const TwSyncChange *change = &g_array_index(batch.changes, TwSyncChange, i);
        char name = '?';
        for (guint j = 0; j < count; j++)
            name = ids[j] == change->id ? (char) ('a' + j) : name;
        g_string_append_printf(text, "%x%s %c ", change->type, change->read ? "r" : "", name);
        g_assert_cmpuint(change->cn, !=, 0);
    }
    if (batch.more)
        g_string_append(text, "more ");
    scene->state = batch.state;
    return g_string_free(text, FALSE);
}

void
scene_set_read(Scene *scene, guint32 mid, gboolean read)
{
    TwMessageSet set = { scene->folder, &mid, 1 };
    TwFlagChange flags = { 0 };

    *(read ? &flags.flags_set : &flags.flags_clear) = TW_MSGFLAG_READ;
    g_assert_true(tw_messages_set_flags(scene->bed.store, &set, &flags, NULL, NULL));
}

void
scene_remove_one(Scene *scene, guint32 mid, gboolean soft)
{
    TwMessageSet set = { scene->folder, &mid, 1 };

    g_assert_true(tw_messages_delete(scene->bed.store, &set, soft, NULL, NULL));
}

void
scene_restore_one(Scene *scene, guint32 mid)
{
    TwMessageSet set = { scene->folder, &mid, 1 };

    g_assert_true(tw_messages_restore(scene->bed.store, &set, NULL, NULL));
}

guint32
scene_move_one(Scene *scene, guint32 from, guint32 to, guint32 mid)
{
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    TwMessageSet set = { from, &mid, 1 };

    g_assert_true(tw_messages_move(scene->bed.store, &set, to, done, NULL));
    return g_array_index(done, TwMessageDone, 0).new_mid;
}

void
scene_save_one(Scene *scene, guint32 mid, const char *subject)
{
    g_autoptr(TwObject) object = tw_message_read(scene->bed.store, mid, NULL, NULL);
    TwPropValue value = tw_value_str(PR_SUBJECT, subject);
    g_autoptr(GError) error = NULL;
    guint64 cn;

    g_assert_true(tw_object_set(object, &value, NULL));
    tw_message_save(scene->bed.store, mid, 0, object, 0, &cn, &error);
    g_assert_no_error(error);
}

guint32
scene_associated(Scene *scene)
{
    g_autoptr(TwObject) object = bed_object("hidden", 10);
    TwMessageMake make = { .associated = TRUE };
    TwMessageMade made;

    g_assert_true(tw_message_create(scene->bed.store, scene->folder, object, &make, &made, NULL));
    return made.mid;
}
