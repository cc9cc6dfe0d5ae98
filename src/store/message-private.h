/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files about messages share. Private to store/. */
#pragma once

#include "store/content.h"

G_BEGIN_DECLS

/**
 * tw_message_row_from:
 * @object: a message
 * @options: for its head
 * @recv: its time of arrival, 0: from @object
 * @ret: (inout): gets arrival, size, status, conversation and head
 * @error: as tw_head_build()
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_row_from(const TwObject *object,
                             const TwHeadOptions *options,
                             gint64 recv,
                             TwMessageRow *ret,
                             GError **error);

/**
 * tw_message_eid:
 * @store: number of the store
 * @bid: of the message
 *
 * Returns: its id for EMAILID and JMAP: kept on move, new on copy
 */
guint64 tw_message_eid(guint32 store, guint32 bid);

/**
 * tw_message_head_with_eid:
 * @head: a head
 * @eid: another id for it
 *
 * Returns: (transfer full): the same head with that id
 */
GBytes *tw_message_head_with_eid(GBytes *head, guint64 eid);

/**
 * tw_head_with_keywords:
 * @bytes: a head
 * @words: keywords; those past the 64th go into it
 *
 * Returns: (transfer full) (nullable): the same head with them instead of those it had, or NULL if it is damaged
 */
GBytes *tw_head_with_keywords(GBytes *bytes, const TwKeywordSet *words);

/**
 * tw_message_row_set_keywords:
 * @row: (inout): a row; those past the 64th are passed over if it has no head
 * @words: its keywords
 *
 * Returns: whether its head is another now
 */
gboolean tw_message_row_set_keywords(TwMessageRow *row, const TwKeywordSet *words);

/**
 * tw_words_load:
 * @work: a change
 * @folder: a folder
 * @error: TW_ERROR_CORRUPT; what the database says
 *
 * Returns: (transfer full): the dictionary of its keywords, or NULL
 */
TwKeywords *tw_words_load(TwWork *work, guint32 folder, GError **error);

/**
 * tw_words_translate:
 * @from: the dictionary that @words is of
 * @to: (inout): another one; gets names it has not
 * @most: names that it may have
 * @words: (inout): keywords of a message; one that does not fit is left out
 */
void tw_words_translate(const TwKeywords *from, TwKeywords *to, guint most, TwKeywordSet *words);

/**
 * tw_words_take:
 * @store: a store
 * @object: (inout): a message that is to be saved; its categories are taken out when they can be keywords
 * @ret: (out) (transfer full) (nullable): a dictionary of just them, or NULL: nothing is said of them
 *
 * Categories of a message (PidNameKeywords) are its keywords, which stand in its row and are stored once.
 */
void tw_words_take(TwStore *store, TwObject *object, TwKeywords **ret);

/**
 * tw_words_return:
 * @store: a store
 * @object: (inout): the message that tw_words_take() was asked of
 * @words: (nullable) (transfer full): what it gave; goes back into @object
 *
 * A save leaves the caller's object as it was; a save that is tried again finds all of it.
 */
void tw_words_return(TwStore *store, TwObject *object, TwKeywords *words);

/**
 * tw_words_put:
 * @work: the change
 * @folder: the folder of the message
 * @words: from tw_words_take()
 * @row: (inout): the message; owns its head
 * @error: TW_ERROR_TOO_BIG: more names than a folder may have, or a message past the 64th; CORRUPT; what the database says
 *
 * Makes them the message's keywords instead of those it has.
 *
 * Returns: FALSE on failure
 */
gboolean tw_words_put(
    TwWork *work, TwFolderRow *folder, const TwKeywords *words, TwMessageRow *row, GError **error);

/**
 * tw_words_give:
 * @tx: a transaction
 * @store: a store
 * @row: a message with its head
 * @object: (inout): its content; gets its keywords as categories, beside those that its record has
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_words_give(
    TwDbTx *tx, TwStore *store, const TwMessageRow *row, TwObject *object, GError **error);

/**
 * tw_words_keep:
 * @work: a change
 * @folder: a folder
 * @words: the dictionary of its keywords, which has grown
 * @error: what the database says
 *
 * Writes it, as a change of the folder: who follows changes learns of the new names.
 *
 * Returns: FALSE on failure
 */
gboolean tw_words_keep(TwWork *work, TwFolderRow *folder, const TwKeywords *words, GError **error);

/**
 * tw_message_take_uid:
 * @folder: its folder
 * @ret: (out): the next uid
 * @error: TW_ERROR_TOO_BIG
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_take_uid(TwFolderRow *folder, guint32 *ret, GError **error);

/**
 * tw_folder_takes_messages:
 * @folder: a folder
 * @error: TW_ERROR_UNSUPPORTED: a search folder, which has links only
 *
 * Returns: FALSE if nothing can be put there
 */
gboolean tw_folder_takes_messages(const TwFolderRow *folder, GError **error);

/**
 * tw_message_insert:
 * @work: the change
 * @row: (inout): all but uid and change numbers, which are set by this
 * @folder: its folder
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_insert(TwWork *work, TwMessageRow *row, TwFolderRow *folder, GError **error);

/**
 * tw_message_check_keys:
 * @store: a store
 * @entry_id: (nullable): made by a client
 * @source_key: (nullable): made by a client
 * @error: TW_ERROR_TOO_BIG
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_check_keys(TwStore *store,
                               GBytes *entry_id,
                               GBytes *source_key,
                               GError **error);

/**
 * tw_message_add_keys:
 * @work: the change
 * @entry_id: (nullable): made by a client
 * @source_key: (nullable): made by a client
 * @id: of the message or folder
 * @error: TW_ERROR_EXISTS: the entry id is taken
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_add_keys(
    TwWork *work, GBytes *entry_id, GBytes *source_key, guint32 id, GError **error);

/**
 * tw_message_read_summary:
 * @store: a store
 * @bid: of a message
 * @ret: (out) (nullable): the summary of its mail
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_read_summary(TwStore *store, guint32 bid, GBytes **ret, GError **error);

/**
 * tw_content_cost:
 * @content: what was prepared
 *
 * Returns: about how much it brings to a transaction
 */
gsize tw_content_cost(const TwContent *content);

/**
 * tw_bulk_purge:
 * @work: the change
 * @row: a message in whatever state
 * @folder: its folder
 * @quiet: its folder goes too: no change of its own
 * @error: what the database says
 *
 * Deletes a message for good.
 *
 * Returns: FALSE on failure
 */
gboolean tw_bulk_purge(
    TwWork *work, const TwMessageRow *row, TwFolderRow *folder, gboolean quiet, GError **error);

/**
 * tw_bulk_resume:
 * @store: a store
 * @task: its task
 * @error: TW_ERROR_CORRUPT: it says nothing that can be done; what stopped it now, and it was given up
 *
 * Goes on with an operation on many messages.
 *
 * Returns: FALSE on failure
 */
gboolean tw_bulk_resume(TwStore *store, const TwTaskRow *task, GError **error);

/**
 * tw_bulk_can_resume:
 * @task: a task
 *
 * Returns: whether tw_bulk_resume() could read it
 */
gboolean tw_bulk_can_resume(const TwTaskRow *task);

/**
 * tw_folder_purge_resume:
 * @store: a store
 * @task: its task
 * @error: what the database says
 *
 * Goes on with a folder that is deleted in batches.
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_purge_resume(TwStore *store, const TwTaskRow *task, GError **error);

/* task.kind, on disk; below 100: the operations of bulk.c */
enum {
    TW_TASK_PURGE_TREE = 100,
    TW_TASK_TRANSFER = 101,        /* messages to another store, in batches; transfer.c */
    TW_TASK_TRANSFER_REMOVE = 102, /* those of one batch are there: take them away here */
    TW_TASK_TRANSFER_TREE = 103,   /* folders to another store; transfer-tree.c */
};

/**
 * tw_transfer_resume:
 * @engine: an engine
 * @store: the store it goes to
 * @task: a task of kind TRANSFER, TRANSFER_REMOVE or TRANSFER_TREE
 * @error: TW_ERROR_BUSY: the other store cannot be opened now, the task stays; what stopped it else, and it was given up
 *
 * Goes on with a transfer.
 *
 * Returns: FALSE on failure
 */
gboolean tw_transfer_resume(TwEngine *engine,
                            TwStore *store,
                            const TwTaskRow *task,
                            GError **error);

/**
 * tw_transfer_is_known:
 * @task: a task of kind TRANSFER, TRANSFER_REMOVE or TRANSFER_TREE
 *
 * Returns: whether it can be read
 */
gboolean tw_transfer_is_known(const TwTaskRow *task);

/**
 * tw_task_is_known:
 * @task: a task whose bytes are whole
 *
 * Returns: whether this version can do what it says
 */
gboolean tw_task_is_known(const TwTaskRow *task);

G_END_DECLS
