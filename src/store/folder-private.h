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

/**
 * tw_folder_check_name:
 * @store: a store
 * @name: of a folder
 * @error: TW_ERROR_INVALID; TOO_BIG
 *
 * Returns: whether a folder may have it
 */
gboolean tw_folder_check_name(TwStore *store, const char *name, GError **error);

/**
 * tw_folder_tree:
 * @store: a store
 * @id: a folder
 * @error: what the database says
 *
 * Returns: (transfer full) (element-type TwFolderRow): the live folders below it, parents first, or NULL
 */
GPtrArray *tw_folder_tree(TwStore *store, guint32 id, GError **error);

/**
 * tw_folder_delete_empty:
 * @store: a store
 * @id: a folder, not the root
 * @error: TW_ERROR_BUSY: there is a message of whatever state in it or below it, or a deleted folder
 *
 * Deletes a tree of empty folders for good.
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_delete_empty(TwStore *store, guint32 id, GError **error);

/**
 * tw_folder_delete_old:
 * @store: a store
 * @id: the topmost folder of a tree that was deleted softly
 * @before_us: real time
 * @error: TW_ERROR_NOT_FOUND: it is not deleted, or was not before that time
 *
 * Deletes the tree for good.
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_delete_old(TwStore *store, guint32 id, gint64 before_us, GError **error);

G_END_DECLS
