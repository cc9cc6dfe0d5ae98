/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Numbers from text, strictly: digits only, whole input, bounds, overflow is a failure. (strtoull saturates, skips
 * blanks and takes signs; two different lies then look equal.)
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * tw_parse_u64:
 * @text: (array length=len): the digits, not NUL-terminated
 * @len: how many; none is a failure
 * @max: largest value to accept
 * @ret: (out): the number
 *
 * Reads an unsigned decimal number. Leading zeros are accepted (IMAP and HTTP both allow them).
 *
 * Returns: FALSE, and @ret untouched, for anything that is not digits or is larger than @max
 */
static inline gboolean
tw_parse_u64(const char *text, gsize len, guint64 max, guint64 *ret)
{
    guint64 value = 0;

    if (len == 0)
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isdigit(text[i]) || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (guint64) (text[i] - '0'), &value))
            return FALSE;
    }
    if (value > max)
        return FALSE;
    *ret = value;
    return TRUE;
}

/**
 * tw_parse_u32:
 * @text: (array length=len): the digits, not NUL-terminated
 * @len: how many; none is a failure
 * @max: largest value to accept
 * @ret: (out): the number
 *
 * As tw_parse_u64(), for 32 bits.
 *
 * Returns: FALSE, and @ret untouched, for anything that is not digits or is larger than @max
 */
static inline gboolean
tw_parse_u32(const char *text, gsize len, guint32 max, guint32 *ret)
{
    guint64 value;

    if (!tw_parse_u64(text, len, max, &value))
        return FALSE;
    *ret = (guint32) value;
    return TRUE;
}

/**
 * tw_parse_hex_u64:
 * @text: (array length=len): hexadecimal digits of either case, no prefix
 * @len: 1 to 16
 * @ret: (out): the number
 *
 * Returns: FALSE, and @ret untouched, for anything else
 */
static inline gboolean
tw_parse_hex_u64(const char *text, gsize len, guint64 *ret)
{
    guint64 value = 0;

    if (len == 0 || len > 16)
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        int digit = g_ascii_xdigit_value(text[i]);
        if (digit < 0)
            return FALSE;
        value = value << 4 | (guint64) digit;
    }
    *ret = value;
    return TRUE;
}

G_END_DECLS
