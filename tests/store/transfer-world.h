/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the tests of transfers share: three stores, two of them in one partition, and messages whose subjects tell them apart. */
#pragma once

#include "store/bed.h"
#include "store/transfer.h"

G_BEGIN_DECLS

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
    guint tree_made; /* events when world_make_tree() had been acknowledged */
} World;

void world_open_stores(World *world);
void world_open(World *world, TwFaultFs *fs, GError **error);
void world_make(World *world);
void world_close(World *world);
void world_check(World *world, const char *label);
void world_free(World *world);
guint32 world_add_folder(World *world, guint store, guint32 parent, const char *name);
guint32 world_add_message(World *world, guint store, guint32 folder, gboolean associated);
guint32 world_add_mail(World *world, guint store, guint32 folder);
GArray *world_mids_of(TwStore *store, guint32 folder, guint state);
void world_assert_holds(World *world, guint store, const char *const *expected, guint count);
void world_mark(World *world, guint store, guint32 folder, guint32 mid, const char *word);
void world_assert_each_once(World *world, guint count, const char *label);
void world_fail_syncs(World *world);
void world_restart(World *world);
guint32 world_make_tree(World *world);

int world_by_text(gconstpointer a, gconstpointer b);
char *world_path_of(const GPtrArray *folders, guint32 id);

#define ASSERT_HOLDS(world, store, ...)                                                            \
    G_STMT_START                                                                                   \
    {                                                                                              \
        static const char *const lines_[] = { __VA_ARGS__ };                                       \
        world_assert_holds(world, store, lines_, G_N_ELEMENTS(lines_));                            \
    }                                                                                              \
    G_STMT_END

G_END_DECLS
