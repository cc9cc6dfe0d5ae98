/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/guid.h"

#include "base/hash.h"
#include "base/random.h"

/* Where each byte of the text with hyphens stands in the wire order. */
static const guint8 text_order[TW_GUID_LEN] = {
    3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15
};

enum {
    PLAIN_LEN = 36,
    BRACED_LEN = 38,
    HEX_LEN = 32
};

void
tw_guid_random(TwGuid *ret)
{
    tw_random_bytes(ret->bytes, sizeof ret->bytes);
    ret->bytes[7] =
        (guint8) ((ret->bytes[7] & 0x0f) | 0x40); /* version: high half of the third field */
    ret->bytes[8] = (guint8) ((ret->bytes[8] & 0x3f) | 0x80); /* variant */
}

static inline gboolean
hyphen_before(guint i)
{
    return i == 4 || i == 6 || i == 8 || i == 10;
}

void
tw_guid_print(const TwGuid *guid, TwGuidForm form, char ret[TW_GUID_TEXT_SIZE])
{
    const char *digits = form == TW_GUID_BRACED ? "0123456789ABCDEF" : "0123456789abcdef";
    char *at = ret;

    if (form == TW_GUID_BRACED)
        *at++ = '{';
    for (guint i = 0; i < TW_GUID_LEN; i++) {
        guint8 byte = guid->bytes[form == TW_GUID_HEX ? i : text_order[i]];

        if (form != TW_GUID_HEX && hyphen_before(i))
            *at++ = '-';
        *at++ = digits[byte >> 4];
        *at++ = digits[byte & 15];
    }
    if (form == TW_GUID_BRACED)
        *at++ = '}';
    *at = '\0';
}

gboolean
tw_guid_parse(const char *text, gsize len, TwGuid *ret)
{
    TwGuid guid;
    gboolean hex = len == HEX_LEN;

    if (len == BRACED_LEN) {
        if (text[0] != '{' || text[len - 1] != '}')
            return FALSE;
        text++;
        len -= 2;
    }
    if (len != PLAIN_LEN && !hex)
        return FALSE;
    for (guint i = 0; i < TW_GUID_LEN; i++) {
        int high, low;

        if (!hex && hyphen_before(i) && *text++ != '-')
            return FALSE;
        high = g_ascii_xdigit_value(text[0]);
        low = g_ascii_xdigit_value(text[1]);
        if (high < 0 || low < 0)
            return FALSE;
        guid.bytes[hex ? i : text_order[i]] = (guint8) (high << 4 | low);
        text += 2;
    }
    *ret = guid;
    return TRUE;
}

guint
tw_guid_hash(gconstpointer guid)
{
    return (guint) tw_hash_bytes(guid, sizeof(TwGuid));
}
