/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Arithmetic with numbers from outside, where g_size_checked_add() and __builtin_*_overflow() do not say it in
 * one step. Each gives FALSE, and leaves the result alone, when the true result does not fit.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * tw_checked_round_up:
 * @n: a size
 * @to: a power of two
 * @ret: (out): the smallest multiple of @to that is not less than @n
 *
 * Returns: FALSE when it does not fit
 */
static inline gboolean
tw_checked_round_up(gsize n, gsize to, gsize *ret)
{
    gsize sum;

    if (!g_size_checked_add(&sum, n, to - 1))
        return FALSE;
    *ret = sum & ~(to - 1);
    return TRUE;
}

/**
 * tw_checked_size:
 * @head: bytes before the elements
 * @count: elements
 * @each: bytes of one element
 * @limit: largest result to accept
 * @ret: (out): @head + @count * @each
 *
 * Returns: FALSE when it does not fit or is over @limit
 */
static inline gboolean
tw_checked_size(gsize head, gsize count, gsize each, gsize limit, gsize *ret)
{
    gsize size;

    if (!g_size_checked_mul(&size, count, each) || !g_size_checked_add(&size, size, head) ||
        size > limit)
        return FALSE;
    *ret = size;
    return TRUE;
}

/**
 * tw_checked_mul_div:
 * @n: a number
 * @mul: what to multiply it by
 * @div: what to divide the product by, not 0
 * @ret: (out): the quotient, rounded towards minus infinity
 *
 * The product may be larger than 64 bits; only the quotient must fit. For scaling units of time and of size.
 *
 * Returns: FALSE when the quotient does not fit
 */
static inline gboolean
tw_checked_mul_div(gint64 n, gint64 mul, gint64 div, gint64 *ret)
{
    __int128 product = (__int128) n * mul, quotient = product / div;

    if (product % div != 0 && (product < 0) != (div < 0))
        quotient--;
    if (quotient < G_MININT64 || quotient > G_MAXINT64)
        return FALSE;
    *ret = (gint64) quotient;
    return TRUE;
}

/* tw_checked_to_u32(n, &ret) and so on: an unsigned size as a narrower number. */
#define TW_CHECKED_DEFINE_TO(name, type, max)                                                      \
    static inline gboolean tw_checked_to_##name(guint64 n, type *ret)                              \
    {                                                                                              \
        if (n > (guint64) (max))                                                                   \
            return FALSE;                                                                          \
        *ret = (type) n;                                                                           \
        return TRUE;                                                                               \
    }
TW_CHECKED_DEFINE_TO(u16, guint16, G_MAXUINT16)
TW_CHECKED_DEFINE_TO(u32, guint32, G_MAXUINT32)
TW_CHECKED_DEFINE_TO(int, int, G_MAXINT)
TW_CHECKED_DEFINE_TO(i64, gint64, G_MAXINT64)
#undef TW_CHECKED_DEFINE_TO

/**
 * tw_saturating_add_i64:
 * @a: a number
 * @b: another
 *
 * For deadlines, where "later than can be said" is an answer.
 *
 * Returns: the sum, or the nearest number there is
 */
static inline gint64
tw_saturating_add_i64(gint64 a, gint64 b)
{
    gint64 sum;

    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    return b < 0 ? G_MININT64 : G_MAXINT64;
}

G_END_DECLS
