/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sections of one message of the selected mailbox: where they are, and their bytes. */
#pragma once

#include "imap/fetch-items.h"
#include "imap/imap-private.h"
#include "imap/structure.h"

G_BEGIN_DECLS

/* A message that is looked at. */
typedef struct {
    TwImapPeer *peer;      /* borrowed: the mailbox is the one of its view */
    const TwIndexRow *row; /* borrowed (nullable): none is looked at */
    const TwMailRow *mail; /* borrowed (nullable) */
    GBytes *bytes;         /* owned, nullable: of the summary, once it was needed */
    TwMailSummary summary; /* lies in these */
} TwImapMessage;

/**
 * tw_imap_message_clear:
 * @message: a message; none is looked at any more
 */
void tw_imap_message_clear(TwImapMessage *message);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwImapMessage, tw_imap_message_clear)

/**
 * tw_imap_message_head:
 * @message: a message with its mail
 * @ret: (out): its head
 *
 * Returns: FALSE: it has none
 */
gboolean tw_imap_message_head(const TwImapMessage *message, TwHead *ret);

/**
 * tw_imap_message_summary:
 * @message: a message with its mail; its summary is opened
 *
 * Returns: FALSE: there is none
 */
gboolean tw_imap_message_summary(TwImapMessage *message);

/**
 * tw_imap_message_read:
 * @message: a message
 * @at: from this byte of it
 * @len: how many
 *
 * Returns: (transfer full): all of them, or NULL
 */
GBytes *tw_imap_message_read(TwImapMessage *message, guint64 at, guint64 len);

/**
 * tw_imap_message_find:
 * @message: a message with its mail
 * @item: a section
 * @ret: (out): where it is
 *
 * Returns: FALSE: there is none
 */
gboolean tw_imap_message_find(TwImapMessage *message, const TwImapItem *item, TwImapPlace *ret);

/**
 * tw_imap_message_fields:
 * @message: a message with its mail
 * @item: a section that names fields
 * @place: of the header they are in
 * @into: takes those that are asked for
 *
 * Returns: FALSE: the header cannot be read
 */
gboolean tw_imap_message_fields(TwImapMessage *message,
                                const TwImapItem *item,
                                const TwImapPlace *place,
                                GByteArray *into);

/**
 * tw_imap_message_section:
 * @message: a message with its mail
 * @item: a section; what it says of a part of it is not looked at
 * @most: bytes
 * @error: TW_ERROR_NOT_FOUND, TOO_BIG
 *
 * Returns: (transfer full): its bytes, or NULL
 */
GBytes *tw_imap_message_section(TwImapMessage *message,
                                const TwImapItem *item,
                                guint64 most,
                                GError **error);

G_END_DECLS
