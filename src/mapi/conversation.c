/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/conversation.h"

#include <string.h>

#include "base/cursor.h"
#include "base/error.h"

enum {
    HEADER_TIME_SHIFT = 16, /* six of eight bytes are kept */
    NEAR_SHIFT = 18,
    FAR_SHIFT = 23,
    NEAR_BITS = 49, /* a difference below 2^49 (1.8 years) is written in the fine form */
    TOPIC_STEP = 256,
    LONGEST_UNITS = 4 /* bytes of one character in UTF-16 */
};

#define REPLY_MASK 0x7fffffffu
#define REPLY_FAR 0x80000000u

gboolean
tw_conversation_index_parse(const guint8 *data,
                            gsize len,
                            TwConversationIndex *ret_index,
                            GError **error)
{
    TwConversationIndex index;

    if (len > TW_CONVERSATION_MAX_LEN) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG,
                    "conversation index of %" G_GSIZE_FORMAT " bytes", len);
        return FALSE;
    }
    if (len < TW_CONVERSATION_HEADER_LEN ||
        (len - TW_CONVERSATION_HEADER_LEN) % TW_CONVERSATION_REPLY_LEN != 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "conversation index of %" G_GSIZE_FORMAT " bytes", len);
        return FALSE;
    }
    index.time = 0;
    for (guint i = 0; i < 6; i++)
        index.time = index.time << 8 | data[i];
    index.time <<= HEADER_TIME_SHIFT;
    index.guid = tw_guid_from_bytes(data + 6);
    index.reply_count = (guint) ((len - TW_CONVERSATION_HEADER_LEN) / TW_CONVERSATION_REPLY_LEN);
    *ret_index = index;
    return TRUE;
}

guint64
tw_conversation_index_reply_time(const guint8 *data, gsize len, guint reply)
{
    TwConversationIndex index;
    TwCursor cur = tw_cursor_init(data, len);
    guint64 difference, time;
    guint32 word;

    g_return_val_if_fail(tw_conversation_index_parse(data, len, &index, NULL), 0);
    g_return_val_if_fail(reply < index.reply_count, index.time);
    if (!tw_cursor_skip(&cur, TW_CONVERSATION_HEADER_LEN + reply * TW_CONVERSATION_REPLY_LEN) ||
        !tw_cursor_take_u32be(&cur, &word))
        return index.time;
    difference = (guint64) (word & REPLY_MASK)
                 << ((word & REPLY_FAR) != 0 ? FAR_SHIFT : NEAR_SHIFT);
    return __builtin_add_overflow(index.time, difference, &time) ? G_MAXUINT64 : time;
}

void
tw_conversation_index_begin(guint64 time, const TwGuid *guid, TwBuffer *out)
{
    for (int shift = 56; shift >= HEADER_TIME_SHIFT; shift -= 8)
        tw_buffer_put_u8(out, (guint8) (time >> shift));
    tw_buffer_put(out, guid->bytes, TW_GUID_LEN);
}

gboolean
tw_conversation_index_reply(
    const guint8 *parent, gsize len, guint64 time, guint random, TwBuffer *out, GError **error)
{
    TwConversationIndex index;
    guint64 difference;
    guint32 word;

    if (!tw_conversation_index_parse(parent, len, &index, error))
        return FALSE;
    tw_buffer_put(out, parent, len);
    if (index.reply_count >= TW_CONVERSATION_MAX_REPLIES)
        return TRUE;
    difference = time > index.time ? time - index.time : 0;
    if (difference >> NEAR_BITS == 0)
        word = (guint32) (difference >> NEAR_SHIFT) & REPLY_MASK;
    else
        word = ((guint32) (difference >> FAR_SHIFT) & REPLY_MASK) | REPLY_FAR;
    tw_buffer_put_u32be(out, word);
    tw_buffer_put_u8(out, (guint8) ((random & 0xfu) << 4 | ((index.reply_count + 1) & 0xfu)));
    return TRUE;
}

char *
tw_conversation_index_to_header(const guint8 *data, gsize len)
{
    return g_base64_encode(data, len);
}

GBytes *
tw_conversation_index_from_header(const char *text, gsize len, GError **error)
{
    g_autofree guchar *data = NULL;
    TwConversationIndex index;
    gint state = 0;
    guint save = 0;
    gsize data_len;

    if (len > (gsize) TW_CONVERSATION_MAX_LEN * 2) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "Thread-Index of %" G_GSIZE_FORMAT " bytes",
                    len);
        return NULL;
    }
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isalnum(text[i]) && !g_ascii_isspace(text[i]) && text[i] != '+' &&
            text[i] != '/' && text[i] != '=') {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "Thread-Index is not base64");
            return NULL;
        }
    }
    data = g_malloc(len / 4 * 3 + 3);
    data_len = g_base64_decode_step(text, len, data, &state, &save);
    if (!tw_conversation_index_parse(data, data_len, &index, error))
        return NULL;
    return g_bytes_new(data, data_len);
}

static void
put_unit(guint8 *units, gsize *used, guint32 unit)
{
    units[(*used)++] = (guint8) unit;
    units[(*used)++] = (guint8) (unit >> 8);
}

/* Some hundred bytes at a time: a call for each character takes five times as long. */
static TwGuid
topic_hash(const char *topic)
{
    g_autoptr(GChecksum) md5 = g_checksum_new(G_CHECKSUM_MD5);
    guint8 units[TOPIC_STEP];
    gsize id_len = sizeof(TwGuid), used = 0;
    TwGuid id;

    while (*topic != '\0') {
        gunichar c = g_utf8_get_char_validated(topic, -1);

        if (c >= 0x110000u) {
            topic++;
            continue;
        }
        topic += g_unichar_to_utf8(c, NULL);
        c = g_unichar_toupper(c);
        if (used + LONGEST_UNITS > sizeof units) {
            g_checksum_update(md5, units, (gssize) used);
            used = 0;
        }
        if (c >= 0x10000u) {
            put_unit(units, &used, 0xd800u | ((c - 0x10000u) >> 10));
            c = 0xdc00u | (c & 0x3ffu);
        }
        put_unit(units, &used, c);
    }
    g_checksum_update(md5, units, (gssize) used);
    g_checksum_get_digest(md5, id.bytes, &id_len);
    return id;
}

TwGuid
tw_conversation_id(gboolean tracking, const guint8 *index, gsize len, const char *topic)
{
    TwConversationIndex parsed;

    if (tracking && index != NULL && tw_conversation_index_parse(index, len, &parsed, NULL))
        return parsed.guid;
    return topic_hash(topic != NULL ? topic : "");
}
