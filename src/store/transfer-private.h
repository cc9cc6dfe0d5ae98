/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What transfer.c and transfer-tree.c share. Private to store/. */
#pragma once

#include "store/folder-private.h"
#include "store/transfer.h"

G_BEGIN_DECLS

enum {
    TW_TRANSFER_MOVE = 1u << 0, /* on disk */
};

/* Messages on their way from one folder to another. */
typedef struct {
    TwStore *from, *to;
    guint32 from_folder, to_folder;
    guint32 flags;
    const guint32 *mids;
    guint count;
    guint first; /* the next one */
    gint64 task; /* in @to: that of kind TRANSFER; 0: there is none */
    GArray *all; /* (nullable) (element-type TwMessageDone): takes what became of each */
} TwTransfer;

/**
 * tw_transfer_run:
 * @transfer: (inout): what is to do
 * @resumed: it is taken up again: when a store is BUSY, the task stays
 * @error: as tw_transfer_messages()
 *
 * Returns: FALSE on failure; the task is given up
 */
gboolean tw_transfer_run(TwTransfer *transfer, gboolean resumed, GError **error);

/**
 * tw_transfer_add_task:
 * @tx: a transaction in transfer->to
 * @transfer: what is to do
 * @pos: how much of it is done
 * @ret_task: (out): the task that says so
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_transfer_add_task(
    TwDbTx *tx, const TwTransfer *transfer, guint pos, gint64 *ret_task, GError **error);

/**
 * tw_transfer_translate:
 * @from: where a tree was
 * @to: where it is
 * @folders: numbers of its folders there -> here
 * @messages: of messages likewise, as far as they are known
 * @error: what the database says
 *
 * Translates the entry ids inside of its folders and their associated messages: transfer-ids.c.
 *
 * Returns: FALSE on failure
 */
gboolean tw_transfer_translate(
    TwStore *from, TwStore *to, GHashTable *folders, GHashTable *messages, GError **error);

/**
 * tw_transfer_forget:
 * @to: the store that has the task
 * @task: its number; 0: none
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_transfer_forget(TwStore *to, gint64 task, GError **error);

/**
 * tw_transfer_keep_values:
 * @use: a use
 * @to: the store that will name them too
 * @values: (element-type TwValueRow): values of one object
 * @ret_lost: (out): whether some are not there any more
 * @error: what the volume says
 *
 * Returns: FALSE on failure
 */
gboolean tw_transfer_keep_values(
    TwBlobUse *use, TwStore *to, const GArray *values, gboolean *ret_lost, GError **error);

/**
 * tw_transfer_resume_tree:
 * @engine: an engine
 * @to: the store it goes to
 * @task: of kind TRANSFER_TREE
 * @error: as tw_transfer_resume()
 *
 * Returns: FALSE on failure
 */
gboolean tw_transfer_resume_tree(TwEngine *engine,
                                 TwStore *to,
                                 const TwTaskRow *task,
                                 GError **error);

/**
 * tw_transfer_tree_is_known:
 * @task: of kind TRANSFER_TREE
 *
 * Returns: whether it can be read
 */
gboolean tw_transfer_tree_is_known(const TwTaskRow *task);

G_END_DECLS
