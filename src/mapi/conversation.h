/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * PR_CONVERSATION_INDEX and PR_CONVERSATION_ID: which messages answer which.
 *
 * | offset   | size | meaning                                                                          |
 * |----------|------|----------------------------------------------------------------------------------|
 * | 0        | 6    | the upper six bytes of the time of the first message, big-endian; 0x01 in this era |
 * | 6        | 16   | GUID of the conversation                                                         |
 * | 22 + 5 n | 4    | big-endian: time since the header's; bit 31: 0 = bits 18-48 of it, 1 = bits 23-53 |
 * | 26 + 5 n | 1    | random nibble, level nibble                                                      |
 *
 * Times are 100 ns since 1601. Sources: spec/mailbox-layout.md 3.3, MS-OXOMSG 2.2.1.3.
 */
#pragma once

#include <glib.h>

#include "base/buffer.h"
#include "base/guid.h"

G_BEGIN_DECLS

enum {
    TW_CONVERSATION_HEADER_LEN = 22,
    TW_CONVERSATION_REPLY_LEN = 5,
    TW_CONVERSATION_MAX_REPLIES = 200, /* a reply to a longer one adds nothing, as in clients */
    TW_CONVERSATION_MAX_LEN = 22 + 5 * 1000 /* longer ones from outside are refused */
};

typedef struct {
    guint64 time; /* of the first message, to 6.5 ms */
    TwGuid guid;
    guint reply_count;
} TwConversationIndex;

/**
 * tw_conversation_index_parse:
 * @data: (array length=len): a conversation index
 * @len: how many bytes
 * @ret_index: (out): its header
 * @error: on failure TW_ERROR_INVALID, or TW_ERROR_TOO_BIG for more than %TW_CONVERSATION_MAX_LEN bytes
 *
 * Returns: FALSE, and @ret_index untouched, on failure
 */
gboolean tw_conversation_index_parse(const guint8 *data,
                                     gsize len,
                                     TwConversationIndex *ret_index,
                                     GError **error);

/**
 * tw_conversation_index_reply_time:
 * @data: (array length=len): a conversation index that parses
 * @len: how many bytes
 * @reply: which reply, from 0
 *
 * Returns: when it was made, to 26 ms or, 1.8 years after the first message, to 0.8 s; never earlier than the header
 */
guint64 tw_conversation_index_reply_time(const guint8 *data, gsize len, guint reply);

/**
 * tw_conversation_index_begin:
 * @time: when the first message is made
 * @guid: a fresh GUID
 * @out: gets the 22 bytes
 */
void tw_conversation_index_begin(guint64 time, const TwGuid *guid, TwBuffer *out);

/**
 * tw_conversation_index_reply:
 * @parent: (array length=len): the index of the message that is answered; one that does not parse is an error
 * @len: how many bytes
 * @time: when the answer is made
 * @random: a random number, of which 4 bits are used
 * @out: gets the index of the answer; of a parent with %TW_CONVERSATION_MAX_REPLIES a copy
 * @error: on failure as tw_conversation_index_parse()
 *
 * Returns: FALSE, and nothing written, on failure
 */
gboolean tw_conversation_index_reply(
    const guint8 *parent, gsize len, guint64 time, guint random, TwBuffer *out, GError **error);

/**
 * tw_conversation_index_to_header:
 * @data: (array length=len): a conversation index
 * @len: how many bytes
 *
 * Returns: (transfer full): the value of the mail header Thread-Index
 */
char *tw_conversation_index_to_header(const guint8 *data, gsize len);

/**
 * tw_conversation_index_from_header:
 * @text: (array length=len): the value of a mail header Thread-Index; white space in it is passed over
 * @len: how many bytes
 * @error: on failure TW_ERROR_INVALID or TW_ERROR_TOO_BIG
 *
 * Returns: (transfer full): the index, which parses, or NULL
 */
GBytes *tw_conversation_index_from_header(const char *text, gsize len, GError **error);

/**
 * tw_conversation_id:
 * @tracking: PR_CONVERSATION_INDEX_TRACKING
 * @index: (array length=len) (nullable): PR_CONVERSATION_INDEX
 * @len: how many bytes
 * @topic: (nullable): PR_CONVERSATION_TOPIC, UTF-8
 *
 * The computed PR_CONVERSATION_ID: the GUID of the index where it is tracked and whole, else the MD5 of the topic in
 * capitals as UTF-16LE.
 *
 * Returns: the id
 */
TwGuid tw_conversation_id(gboolean tracking, const guint8 *index, gsize len, const char *topic);

G_END_DECLS
