/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the tests of synchronisation share: a store with two folders, and a client that follows one of them. */
#pragma once

#include "store/bed.h"
#include "store/sync.h"

G_BEGIN_DECLS

enum {
    EVERYTHING = TW_SYNC_NORMAL | TW_SYNC_ASSOCIATED | TW_SYNC_READ_STATE,
};

typedef struct {
    Bed bed;
    guint32 folder, other;
    TwSyncState state;
    TwSyncRequest request;
} Scene;

void scene_new(Scene *scene);
/* "type name" of each change, names by what @ids has; moves the state on. */
char *scene_told(Scene *scene, const guint32 *ids, guint count);
void scene_set_read(Scene *scene, guint32 mid, gboolean read);
void scene_remove_one(Scene *scene, guint32 mid, gboolean soft);
void scene_restore_one(Scene *scene, guint32 mid);
guint32 scene_move_one(Scene *scene, guint32 from, guint32 to, guint32 mid);
void scene_save_one(Scene *scene, guint32 mid, const char *subject);
guint32 scene_associated(Scene *scene);

#define TOLD(expected)                                                                             \
    do {                                                                                           \
        g_autofree char *said = scene_told(&scene, ids, G_N_ELEMENTS(ids));                        \
        g_assert_cmpstr(said, ==, expected);                                                       \
    } while (0)

G_END_DECLS
