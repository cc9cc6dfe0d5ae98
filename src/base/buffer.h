/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Writing bytes: a buffer that grows up to a limit and remembers that it failed.
 *
 * Writers put one thing after another and ask once at the end whether all of it fitted
 * (tw_buffer_steal_bytes() or tw_buffer_failed()); after a failure every put does nothing.
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

typedef struct {
    guint8 *data;    /* owned; NULL until the first put */
    gsize len;       /* bytes written */
    gsize capacity;  /* bytes allocated */
    gsize limit;     /* most bytes it may hold */
    gboolean failed; /* a put would have passed the limit; sticky */
} TwBuffer;

/**
 * TW_BUFFER_INIT:
 * @max: most bytes the buffer may ever hold
 *
 * Initialiser for a #TwBuffer on the stack (use with g_auto). Allocates nothing.
 */
#define TW_BUFFER_INIT(max)                                                                        \
    {                                                                                              \
        .data = NULL, .len = 0, .capacity = 0, .limit = (max), .failed = FALSE                     \
    }

/**
 * tw_buffer_clear:
 * @buf: a buffer
 *
 * Frees the bytes and the failure; the limit stays, and the buffer can be used again.
 */
void tw_buffer_clear(TwBuffer *buf);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwBuffer, tw_buffer_clear)

/**
 * tw_buffer_reserve:
 * @buf: a buffer
 * @n: bytes that are about to be written
 *
 * Makes room for @n more bytes, so that the caller may write them at @data + @len and then add to @len.
 * Grows by doubling, never past the limit.
 *
 * Returns: FALSE, and the buffer failed, when they would pass the limit
 */
gboolean tw_buffer_reserve(TwBuffer *buf, gsize n);

/**
 * tw_buffer_failed:
 * @buf: a buffer
 *
 * Returns: TRUE if some put did not fit
 */
static inline gboolean
tw_buffer_failed(const TwBuffer *buf)
{
    return buf->failed;
}

/**
 * tw_buffer_put:
 * @buf: a buffer
 * @data: (array length=n): bytes to copy; may be NULL when @n is 0
 * @n: how many
 */
static inline void
tw_buffer_put(TwBuffer *buf, const void *data, gsize n)
{
    /* most often there is room, and a call would cost more than the copy */
    if (n == 0 || ((buf->failed || n > buf->capacity - buf->len) && !tw_buffer_reserve(buf, n)))
        return;
    memcpy(buf->data + buf->len, data, n); /* cppcheck-suppress uninitvar */
    buf->len += n;
}

/**
 * tw_buffer_put_zeros:
 * @buf: a buffer
 * @n: how many zero bytes to write, for padding and reserved fields
 */
static inline void
tw_buffer_put_zeros(TwBuffer *buf, gsize n)
{
    if (n == 0 || !tw_buffer_reserve(buf, n))
        return;
    memset(buf->data + buf->len, 0, n);
    buf->len += n;
}

/**
 * tw_buffer_put_u8:
 * @buf: a buffer
 * @value: a byte
 */
static inline void
tw_buffer_put_u8(TwBuffer *buf, guint8 value)
{
    tw_buffer_put(buf, &value, 1);
}

/* tw_buffer_put_u16le(buf, value) and so on for 16, 32 and 64 bits, little (le) and big endian (be).
 * tw_buffer_set_u16le(buf, at, value) and so on overwrite a number written before, at an offset from the start:
 * for lengths known only afterwards. @at must lie wholly within what was written; a buffer that failed ignores it. */
#define TW_BUFFER_DEFINE_PUT(bits, order, swap)                                                    \
    static inline void tw_buffer_put_u##bits##order(TwBuffer *buf, guint##bits value)              \
    {                                                                                              \
        guint##bits raw = swap(value);                                                             \
        tw_buffer_put(buf, &raw, sizeof raw);                                                      \
    }                                                                                              \
    static inline void tw_buffer_set_u##bits##order(TwBuffer *buf, gsize at, guint##bits value)    \
    {                                                                                              \
        guint##bits raw = swap(value);                                                             \
        if (buf->failed)                                                                           \
            return;                                                                                \
        g_return_if_fail(at <= buf->len && sizeof raw <= buf->len - at);                           \
        memcpy(buf->data + at, &raw, sizeof raw);                                                  \
    }
TW_BUFFER_DEFINE_PUT(16, le, GUINT16_TO_LE)
TW_BUFFER_DEFINE_PUT(32, le, GUINT32_TO_LE)
TW_BUFFER_DEFINE_PUT(64, le, GUINT64_TO_LE)
TW_BUFFER_DEFINE_PUT(16, be, GUINT16_TO_BE)
TW_BUFFER_DEFINE_PUT(32, be, GUINT32_TO_BE)
TW_BUFFER_DEFINE_PUT(64, be, GUINT64_TO_BE)
#undef TW_BUFFER_DEFINE_PUT

/**
 * tw_buffer_steal_bytes:
 * @buf: a buffer; empty afterwards either way
 * @error: on failure TW_ERROR_TOO_BIG
 *
 * Ends the writing and hands over what was written.
 *
 * Returns: (transfer full): the bytes, or NULL if some put did not fit
 */
GBytes *tw_buffer_steal_bytes(TwBuffer *buf, GError **error);

G_END_DECLS
