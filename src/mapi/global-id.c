/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/global-id.h"

#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "mapi/civil.h"

static const guint8 id_class[16] = { 0x04, 0x00, 0x00, 0x00, 0x82, 0x00, 0xe0, 0x00,
                                     0x74, 0xc5, 0xb7, 0x10, 0x1a, 0x82, 0xe0, 0x08 };
static const guint8 uid_mark[12] = { 'v', 'C', 'a', 'l', '-', 'U', 'i', 'd', 1, 0, 0, 0 };

static gboolean
is_global_id(const guint8 *data, gsize len)
{
    return len >= TW_GLOBAL_ID_HEADER && memcmp(data, id_class, sizeof id_class) == 0;
}

/* Bytes of an id written in hexadecimal; NULL for any other UID. */
static GByteArray *
from_hex(const char *uid)
{
    gsize len = strlen(uid);
    g_autoptr(GByteArray) bytes = NULL;

    if (len % 2 != 0 || len < (gsize) 2 * TW_GLOBAL_ID_HEADER)
        return NULL;
    bytes = g_byte_array_sized_new((guint) (len / 2));
    for (gsize i = 0; i < len; i += 2) {
        guint8 byte;
        if (!g_ascii_isxdigit(uid[i]) || !g_ascii_isxdigit(uid[i + 1]))
            return NULL;
        byte = (guint8) (g_ascii_xdigit_value(uid[i]) << 4 | g_ascii_xdigit_value(uid[i + 1]));
        g_byte_array_append(bytes, &byte, 1);
    }
    return is_global_id(bytes->data, bytes->len) ? g_steal_pointer(&bytes) : NULL;
}

static void
set_day(guint8 *id, gint64 day)
{
    TwCivilDate date = tw_civil_date(MAX(day, 0));

    memset(id + 16, 0, 4);
    if (day < 0 || date.year > 9999)
        return;
    id[16] = (guint8) (date.year >> 8);
    id[17] = (guint8) (date.year & 0xff);
    id[18] = (guint8) date.month;
    id[19] = (guint8) date.day;
}

GBytes *
tw_global_id_from_uid(const char *uid, gint64 day)
{
    g_autoptr(GByteArray) own = from_hex(uid);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_GLOBAL_ID_MAX_UID + 128);
    gsize len = tw_utf8_truncated_len(uid, strlen(uid), TW_GLOBAL_ID_MAX_UID);

    if (own != NULL) {
        set_day(own->data, day);
        return g_byte_array_free_to_bytes(g_steal_pointer(&own));
    }
    tw_buffer_put(&out, id_class, sizeof id_class);
    tw_buffer_put_zeros(&out, 20);
    tw_buffer_put_u32le(&out, (guint32) (sizeof uid_mark + len + 1));
    tw_buffer_put(&out, uid_mark, sizeof uid_mark);
    tw_buffer_put(&out, uid, len);
    tw_buffer_put_u8(&out, 0);
    set_day(out.data, day);
    return tw_buffer_steal_bytes(&out, NULL);
}

char *
tw_global_id_to_uid(const guint8 *data, gsize len)
{
    static const char hex[] = "0123456789ABCDEF";
    gsize uid_len = len - MIN(len, TW_GLOBAL_ID_HEADER + sizeof uid_mark);
    char *uid;

    if (!is_global_id(data, len))
        return NULL;
    if (uid_len > 0 && memcmp(data + TW_GLOBAL_ID_HEADER, uid_mark, sizeof uid_mark) == 0) {
        const char *text = (const char *) data + TW_GLOBAL_ID_HEADER + sizeof uid_mark;
        const char *end = memchr(text, '\0', uid_len);
        uid_len = end != NULL ? (gsize) (end - text) : uid_len;
        if (uid_len > 0)
            return tw_utf8_sanitise(text, uid_len, NULL);
    }
    uid = g_malloc(2 * len + 1);
    for (gsize i = 0; i < len; i++) {
        guint8 byte = i >= 16 && i < 20 ? 0 : data[i];
        uid[2 * i] = hex[byte >> 4];
        uid[2 * i + 1] = hex[byte & 15];
    }
    uid[2 * len] = '\0';
    return uid;
}

gint64
tw_global_id_get_day(const guint8 *data, gsize len)
{
    int year;

    if (!is_global_id(data, len))
        return -1;
    year = data[16] << 8 | data[17];
    if (year < 1601 || year > 9999 || data[18] < 1 || data[18] > 12 || data[19] < 1 ||
        data[19] > 31)
        return -1;
    return tw_civil_days(year, data[18], data[19]);
}

GBytes *
tw_global_id_clean(const guint8 *data, gsize len)
{
    guint8 *copy;

    if (!is_global_id(data, len))
        return NULL;
    copy = g_memdup2(data, len);
    memset(copy + 16, 0, 4);
    return g_bytes_new_take(copy, len);
}
