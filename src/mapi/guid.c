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
