/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/utf16-private.h"

enum {
    REPLACEMENT = 0xfffd
};

static gunichar
unit_at(const guint8 *data, gsize index)
{
    return (gunichar) data[2 * index] | (gunichar) data[2 * index + 1] << 8;
}

char *
tw_utf16_to_utf8(const guint8 *data, gsize units)
{
    GString *text = g_string_sized_new(units + 1);

    for (gsize i = 0; i < units; i++) {
        gunichar c = unit_at(data, i), low = i + 1 < units ? unit_at(data, i + 1) : 0;

        if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            i++;
        } else if (c == 0 || (c >= 0xd800 && c < 0xe000)) {
            c = REPLACEMENT;
        }
        g_string_append_unichar(text, c);
    }
    return g_string_free(text, FALSE);
}

gsize
tw_utf16_units(const char *text)
{
    gsize units = 0;

    for (const char *p = text; *p != '\0'; p += g_utf8_skip[(guchar) *p])
        units += g_utf8_get_char(p) >= 0x10000 ? 2 : 1;
    return units;
}

void
tw_utf16_put(TwBuffer *buf, const char *text)
{
    for (const char *p = text; *p != '\0'; p += g_utf8_skip[(guchar) *p]) {
        gunichar c = g_utf8_get_char(p);

        if (c >= 0x10000) {
            tw_buffer_put_u16le(buf, (guint16) (0xd800 + ((c - 0x10000) >> 10)));
            c = 0xdc00 + (c & 0x3ff);
        }
        tw_buffer_put_u16le(buf, (guint16) c);
    }
}
