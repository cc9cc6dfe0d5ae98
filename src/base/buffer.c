/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/buffer.h"

#include "base/error.h"

enum {
    SMALLEST_ALLOCATION = 64
};

void
tw_buffer_clear(TwBuffer *buf)
{
    g_free(buf->data);
    buf->data = NULL;
    buf->len = 0;
    buf->capacity = 0;
    buf->failed = FALSE;
}

gboolean
tw_buffer_reserve(TwBuffer *buf, gsize n)
{
    gsize capacity;

    if (buf->failed)
        return FALSE;
    if (n <= buf->capacity - buf->len)
        return TRUE;
    if (buf->len > buf->limit || n > buf->limit - buf->len) {
        buf->failed = TRUE;
        return FALSE;
    }
    capacity = buf->capacity <= buf->limit / 2 ? buf->capacity * 2 : buf->limit;
    capacity = MAX(capacity, MIN((gsize) SMALLEST_ALLOCATION, buf->limit));
    capacity = MAX(capacity, buf->len + n);
    buf->data = g_realloc(buf->data, capacity);
    buf->capacity = capacity;
    return TRUE;
}

GBytes *
tw_buffer_steal_bytes(TwBuffer *buf, GError **error)
{
    GBytes *bytes;

    if (buf->failed) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "more than %" G_GSIZE_FORMAT " bytes",
                    buf->limit);
        tw_buffer_clear(buf);
        return NULL;
    }
    bytes = g_bytes_new_take(g_steal_pointer(&buf->data), buf->len);
    tw_buffer_clear(buf);
    return bytes;
}
