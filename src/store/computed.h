/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the server makes for an object that is loaded, beside what is stored of it: keys, sizes, counters, texts derived from others
 * (spec/mapi-soap.md 7.2, 8.4; spec/mailbox-layout.md 3, 4.2, 9.1, 22). Rights and names of users are for sessions to add.
 */
#pragma once

#include "store/messages.h"

G_BEGIN_DECLS

/**
 * tw_message_computed:
 * @store: a store
 * @row: a message, with its head
 * @object: it, as tw_message_read() gave it
 * @error: what the database says
 *
 * Returns: (transfer full): a packed property bag (mapi/props.h), or NULL
 */
GBytes *tw_message_computed(TwStore *store,
                            const TwMessageRow *row,
                            TwObject *object,
                            GError **error);

/**
 * tw_folder_computed:
 * @store: a store
 * @folder: a folder
 * @error: TW_ERROR_NOT_FOUND
 *
 * Returns: (transfer full): a packed property bag, or NULL
 */
GBytes *tw_folder_computed(TwStore *store, guint32 folder, GError **error);

/**
 * tw_store_computed:
 * @store: a store
 * @error: TW_ERROR_NOT_FOUND
 *
 * Returns: (transfer full): a packed property bag, or NULL
 */
GBytes *tw_store_computed(TwStore *store, GError **error);

/**
 * tw_child_computed:
 * @child: a recipient or an attachment of a message
 * @error: TW_ERROR_TOO_BIG
 *
 * Its number in the message (PR_ROWID, PR_ATTACH_NUM), PR_OBJECT_TYPE, and the size of an attachment.
 *
 * Returns: (transfer full): a packed property bag, or NULL
 */
GBytes *tw_child_computed(const TwObject *child, GError **error);

G_END_DECLS
