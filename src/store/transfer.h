/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Messages and folder trees from one store to another, in the same partition or not.
 *
 * Large values are not copied: the new rows name them too. A message is durable in its new store before it is taken away in
 * the old one, and what says so is committed together with it: after a crash at any moment the next start finishes what
 * was begun, and no message is lost or there twice. One that was changed in between stays where it was as well.
 */
#pragma once

#include "store/messages.h"
#include "store/store.h"

G_BEGIN_DECLS

/**
 * tw_transfer_messages:
 * @from: a store
 * @set: messages of it; those that are not there are passed over
 * @to: a store, also the same
 * @folder: a folder of @to
 * @move: take them away in @from
 * @done: (nullable) (element-type TwMessageDone): takes what became of each
 * @error: TW_ERROR_NOT_FOUND: no such folder; QUOTA; BUSY: a partition is not open; what the databases say
 *
 * They get new numbers, uids and change numbers, and lose ids made by clients; keywords go by name. What does not fit into
 * one transaction (limits.batch, or 32 MiB of records) goes in batches. When a batch fails, what was done stays done.
 *
 * Returns: FALSE on failure
 */
gboolean tw_transfer_messages(TwStore *from,
                              const TwMessageSet *set,
                              TwStore *to,
                              guint32 folder,
                              gboolean move,
                              GArray *done,
                              GError **error);

/**
 * tw_transfer_folder:
 * @from: a store
 * @id: a folder of it, not the root
 * @to: a store, also the same
 * @parent: a folder of @to
 * @name: (nullable): its name there
 * @move: take it away in @from, with all below it
 * @subfolders: copy all below it too
 * @ret_id: (out): the new folder
 * @error: as tw_folder_copy()
 *
 * A copy leaves soft-deleted messages out, a move takes them along. Where something is left in the old tree at the end (a
 * subfolder deleted before), that is deleted softly rather than for good.
 *
 * Returns: FALSE on failure: what was done until then stays done, and what was not moved is where it was
 */
gboolean tw_transfer_folder(TwStore *from,
                            guint32 id,
                            TwStore *to,
                            guint32 parent,
                            const char *name,
                            gboolean move,
                            gboolean subfolders,
                            guint32 *ret_id,
                            GError **error);

G_END_DECLS
