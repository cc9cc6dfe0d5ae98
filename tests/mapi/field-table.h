/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tables of a specification as rows of name, size and number, walked over bytes: little-endian, one after the other. */
#pragma once

#include <glib.h>

typedef struct {
    const char *name;
    gsize size; /* bytes, 1 to 4 */
    guint32 value;
} Field;

static inline guint32
number_in(const guint8 *data, gsize at, gsize size)
{
    guint32 value = 0;

    for (gsize i = size; i > 0; i--)
        value = value << 8 | data[at + i - 1];
    return value;
}

static inline void
set_number(guint8 *data, gsize at, gsize size, guint32 value)
{
    for (gsize i = 0; i < size; i++)
        data[at + i] = (guint8) (value >> 8 * i);
}

/* Asserts one row after the other from @at on; returns where they end. */
static inline gsize
assert_fields(const guint8 *data, gsize len, gsize at, const Field *fields, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        g_test_message("%s at %" G_GSIZE_FORMAT, fields[i].name, at);
        g_assert_cmpuint(at + fields[i].size, <=, len);
        g_assert_cmphex(number_in(data, at, fields[i].size), ==, fields[i].value);
        at += fields[i].size;
    }
    return at;
}
