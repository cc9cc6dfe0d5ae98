/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What makes indexes: folders (index.c) and the global address book (directory.c). */
#pragma once

#include "dav/dav-private.h"

G_BEGIN_DECLS

struct TwDavIndex {
    TwLock lock; /* guards what follows; a leaf */
    guint32 uidvalidity;
    guint64 cn;          /* of the store, or of the directory: all up to it is in here */
    GHashTable *by_name; /* (owned): name to TwDavEntry, borrowed */
    GHashTable *by_uid;  /* (owned): UID to TwDavEntry, borrowed */
    GHashTable *by_mid;  /* (owned): message to TwDavEntry, owned */
    GHashTable *gone;    /* (owned): message to the name it had, owned */
};

/**
 * tw_dav_index_new:
 *
 * Returns: (transfer full): an empty index
 */
TwDavIndex *tw_dav_index_new(void);

/**
 * tw_dav_index_drop:
 * @index: an index, locked
 * @mid: of an entry, or of none
 */
void tw_dav_index_drop(TwDavIndex *index, guint32 mid);

/**
 * tw_dav_index_add:
 * @index: an index, locked, without an entry of that number
 * @entry: (transfer full): an entry in nobody else's hands, which may get another name
 */
void tw_dav_index_add(TwDavIndex *index, TwDavEntry *entry);

G_END_DECLS
