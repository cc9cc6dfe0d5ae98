/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files about folders share. Private to store/. */
#pragma once

#include "store/message-private.h"

G_BEGIN_DECLS

/**
 * tw_folder_insert:
 * @work: the change
 * @parent: where
 * @row: (inout): number, type and name; the rest is set by this
 * @error: TW_ERROR_EXISTS; TOO_BIG
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_insert(TwWork *work, TwFolderRow *parent, TwFolderRow *row, GError **error);

/**
 * tw_folder_read_object_at:
 * @store: a store
 * @id: a folder
 * @ret_cn: (out): its change number in the same snapshot
 * @error: as tw_folder_read_object()
 *
 * Returns: (transfer full): its stored properties, or NULL
 */
TwObject *tw_folder_read_object_at(TwStore *store, guint32 id, guint64 *ret_cn, GError **error);

/**
 * tw_folder_save_object_at:
 * @store: a store
 * @id: a folder
 * @cn: its change number when it was read; 0 overwrites whatever is there
 * @object: its properties, all of them
 * @error: as tw_folder_save_object(); TW_ERROR_CHANGED
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_save_object_at(
    TwStore *store, guint32 id, guint64 cn, TwObject *object, GError **error);

/**
 * tw_folder_subtree:
 * @work: the change
 * @id: a folder
 * @error: what the database says
 *
 * Returns: (transfer full) (element-type guint32): it and all below it, parents first, or NULL
 */
GArray *tw_folder_subtree(TwWork *work, guint32 id, GError **error);

G_END_DECLS
