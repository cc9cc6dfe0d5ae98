/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reading bytes from outside: a cursor that cannot leave its buffer.
 *
 * Every take either succeeds and moves on, or fails and leaves the cursor where it was. Lengths are compared
 * with what is left, never added to a position. All of it is inline: a property bag reads twenty million
 * values a second through these functions.
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

typedef struct {
    const guint8 *next; /* first unread byte */
    gsize left;         /* unread bytes, counted from next */
} TwCursor;

/**
 * tw_cursor_init:
 * @data: (array length=len): bytes, borrowed for as long as the cursor is used; may be NULL when @len is 0
 * @len: how many
 *
 * Returns: a cursor at the first byte
 */
static inline TwCursor
tw_cursor_init(const void *data, gsize len)
{
    return (TwCursor){ .next = (const guint8 *) data, .left = len };
}

/**
 * tw_cursor_take:
 * @cur: the cursor
 * @n: bytes wanted
 * @ret: (out): the first of them, borrowed from the buffer
 *
 * Returns: FALSE, and nothing moved, when fewer than @n bytes are left
 */
static inline gboolean
tw_cursor_take(TwCursor *cur, gsize n, const guint8 **ret)
{
    if (n > cur->left)
        return FALSE;
    *ret = cur->next;
    cur->next += n;
    cur->left -= n;
    return TRUE;
}

/**
 * tw_cursor_skip:
 * @cur: the cursor
 * @n: bytes to pass over
 *
 * Returns: FALSE, and nothing moved, when fewer than @n bytes are left
 */
static inline gboolean
tw_cursor_skip(TwCursor *cur, gsize n)
{
    const guint8 *ignored;
    return tw_cursor_take(cur, n, &ignored);
}

/**
 * tw_cursor_take_cursor:
 * @cur: the cursor
 * @n: length of the part
 * @ret: (out): a cursor over the next @n bytes only
 *
 * For a structure that carries its own length: what parses the part cannot read past it.
 *
 * Returns: FALSE, and nothing moved, when fewer than @n bytes are left
 */
static inline gboolean
tw_cursor_take_cursor(TwCursor *cur, gsize n, TwCursor *ret)
{
    const guint8 *start;
    if (!tw_cursor_take(cur, n, &start))
        return FALSE;
    *ret = tw_cursor_init(start, n);
    return TRUE;
}

/**
 * tw_cursor_take_u8:
 * @cur: the cursor
 * @ret: (out): the byte
 *
 * Returns: FALSE, and nothing moved, at the end
 */
static inline gboolean
tw_cursor_take_u8(TwCursor *cur, guint8 *ret)
{
    const guint8 *p;
    if (!tw_cursor_take(cur, 1, &p))
        return FALSE;
    *ret = *p;
    return TRUE;
}

/* tw_cursor_take_u16le(cur, &ret) and so on for 16, 32 and 64 bits, little (le) and big endian (be): a number
 * at any alignment; FALSE, and nothing moved, when too few bytes are left. */
#define TW_CURSOR_DEFINE_TAKE(bits, order, swap)                                                   \
    static inline gboolean tw_cursor_take_u##bits##order(TwCursor *cur, guint##bits *ret)          \
    {                                                                                              \
        const guint8 *p;                                                                           \
        guint##bits value;                                                                         \
        if (!tw_cursor_take(cur, sizeof value, &p))                                                \
            return FALSE;                                                                          \
        memcpy(&value, p, sizeof value);                                                           \
        *ret = swap(value);                                                                        \
        return TRUE;                                                                               \
    }
TW_CURSOR_DEFINE_TAKE(16, le, GUINT16_FROM_LE)
TW_CURSOR_DEFINE_TAKE(32, le, GUINT32_FROM_LE)
TW_CURSOR_DEFINE_TAKE(64, le, GUINT64_FROM_LE)
TW_CURSOR_DEFINE_TAKE(16, be, GUINT16_FROM_BE)
TW_CURSOR_DEFINE_TAKE(32, be, GUINT32_FROM_BE)
TW_CURSOR_DEFINE_TAKE(64, be, GUINT64_FROM_BE)
#undef TW_CURSOR_DEFINE_TAKE

/**
 * tw_cursor_take_count:
 * @cur: the cursor
 * @smallest: size in bytes of the smallest possible element, at least 1
 * @ret: (out): a count of elements, little-endian 32 bits
 *
 * Reads an element count and refuses one that the bytes left cannot hold, so that nothing is reserved for a
 * lie.
 *
 * Returns: FALSE, and nothing moved, when the count is cut short or impossible
 */
static inline gboolean
tw_cursor_take_count(TwCursor *cur, gsize smallest, guint32 *ret)
{
    TwCursor copy = *cur;
    guint32 count;
    if (!tw_cursor_take_u32le(&copy, &count) || count > copy.left / smallest)
        return FALSE;
    *cur = copy;
    *ret = count;
    return TRUE;
}

G_END_DECLS
