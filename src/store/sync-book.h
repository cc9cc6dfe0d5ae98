/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Synchronisation of the address book, out of a snapshot of the directory. Sources: spec/mapi-soap.md 11.3 and 11.5.
 */
#pragma once

#include "directory/snapshot.h"
#include "store/sync.h"

G_BEGIN_DECLS

/* Whether the client may know of an object of this company. */
typedef gboolean (*TwSyncBookSees)(guint32 company, guint32 number, gpointer data);

/**
 * tw_sync_book_changes:
 * @snapshot: the directory as it is now
 * @since: the change number that the client knows; 0: nothing
 * @sees: (nullable): what the client may know of; NULL: all
 * @data: for @sees
 * @ret: (out): what to do, of class %TW_SYNC_BOOK: @id is the object's number, @parent its TwDirectoryKind
 * @error: TW_ERROR_NOT_FOUND: the number is of the future: the client begins again
 *
 * Users, groups and companies, without Everyone and SYSTEM; what is hidden counts as deleted. What was made since is
 * CHANGED like what was changed.
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_book_changes(const TwDirectorySnapshot *snapshot,
                              guint64 since,
                              TwSyncBookSees sees,
                              gpointer data,
                              TwSyncBatch *ret,
                              GError **error);

G_END_DECLS
