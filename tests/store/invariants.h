/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Everything that must hold in a store, recomputed from what the public functions list, and nothing of what the engine
 * keeps: counters and bytes from the lists, the lists from the change table, the tree from its rows, sizes and flags
 * from the content, and each large value read whole.
 */
#pragma once

#include "store/store.h"

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    INVARIANTS_ALL = 0,
    INVARIANTS_NO_CONTENT = 1u << 0, /* rows only: content and values are not read */
} InvariantFlags;

/* Appends a sentence for each thing that is wrong (element-type char *). */
void invariants_find(TwStore *store, InvariantFlags flags, GPtrArray *problems);

/* Ends the test with all of these when there are any; @label says where in the test. */
void invariants_check(TwStore *store, InvariantFlags flags, const char *label);

/* The same for all stores of an engine; and no row of a closed data folder without an owner. */
void invariants_check_engine(TwEngine *engine, InvariantFlags flags, const char *label);
void invariants_check_orphans(TwFileSystem *fs, guint partitions, const char *label);

G_END_DECLS
