/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/guid.h"

/* Which byte each pair of digits in the printed form is. */
static const guint8 print_order[TW_GUID_LEN] = { 3, 2, 1,  0,  5,  4,  7,  6,
                                                 8, 9, 10, 11, 12, 13, 14, 15 };

static gboolean
dash_before(guint pair)
{
    return pair == 4 || pair == 6 || pair == 8 || pair == 10;
}

guint
tw_guid_hash(const TwGuid *guid)
{
    guint64 a, b;

    memcpy(&a, guid->bytes, sizeof a);
    memcpy(&b, guid->bytes + sizeof a, sizeof b);
    a = (a ^ (b << 31 | b >> 33)) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    return (guint) (a >> 32);
}

char *
tw_guid_to_string(const TwGuid *guid)
{
    static const char digits[] = "0123456789ABCDEF";
    char *text = g_malloc(TW_GUID_STRING_LEN + 1), *out = text;

    for (guint i = 0; i < TW_GUID_LEN; i++) {
        guint8 byte = guid->bytes[print_order[i]];
        if (dash_before(i))
            *out++ = '-';
        *out++ = digits[byte >> 4];
        *out++ = digits[byte & 0xf];
    }
    *out = '\0';
    return text;
}

gboolean
tw_guid_parse(const char *text, gsize len, TwGuid *ret_guid)
{
    TwGuid guid;

    if (len == TW_GUID_STRING_LEN + 2 && text[0] == '{' && text[len - 1] == '}') {
        text++;
        len -= 2;
    }
    if (len != TW_GUID_STRING_LEN)
        return FALSE;
    for (guint i = 0; i < TW_GUID_LEN; i++) {
        int high, low;
        if (dash_before(i) && *text++ != '-')
            return FALSE;
        high = g_ascii_xdigit_value(text[0]);
        low = g_ascii_xdigit_value(text[1]);
        if (high < 0 || low < 0)
            return FALSE;
        guid.bytes[print_order[i]] = (guint8) ((guint) high << 4 | (guint) low);
        text += 2;
    }
    *ret_guid = guid;
    return TRUE;
}
