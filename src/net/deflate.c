/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Compression of a connection. A piece of output is compressed and flushed as a whole, so that the client has all of it; a
 * read expands no more than there is room for, so that a few bytes cannot become many in memory.
 */
#include <string.h>
#include <zlib.h>

#include "net/deflate-private.h"

enum {
    PIECE = 32 << 10, /* in the clear, compressed at once */
    IN_MOST = 4096,   /* compressed bytes read at once */
    OUT_WINDOW =
        -13, /* 8 KiB, without a header: with OUT_MEMORY some 64 KiB a connection, not 256 */
    OUT_MEMORY = 6,
    IN_WINDOW = -15,                     /* what clients may use */
    OUT_MOST = PIECE + PIECE / 8 + 1024, /* of a piece that does not get smaller */
};

struct TwDeflate {
    z_stream expand, compress;
    gsize plain_left; /* output from before the compression, still to be sent as it is */
    gsize taken;      /* bytes in the clear that out stands for; 0: out is empty */
    gsize out_at, out_len;
    gsize in_at, in_len;
    guint8 in[IN_MOST];
    guint8 out[OUT_MOST];
};

TwDeflate *
tw_deflate_new(gsize plain_left)
{
    TwDeflate *self = g_new0(TwDeflate, 1);

    self->plain_left = plain_left;
    if (inflateInit2(&self->expand, IN_WINDOW) != Z_OK ||
        deflateInit2(&self->compress, Z_DEFAULT_COMPRESSION, Z_DEFLATED, OUT_WINDOW, OUT_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        tw_deflate_free(self);
        return NULL;
    }
    return self;
}

void
tw_deflate_free(TwDeflate *self)
{
    if (self == NULL)
        return;
    (void) inflateEnd(&self->expand);
    (void) deflateEnd(&self->compress);
    g_free(self);
}

/* ---- input ---- */

/* How many bytes it gave; TW_IO_DEAD: they are not what was agreed on. */
static gssize
expand(TwDeflate *self, guint8 *data, gsize n)
{
    z_stream *z = &self->expand;
    int code;

    z->next_in = self->in + self->in_at;
    z->avail_in = (uInt) (self->in_len - self->in_at);
    z->next_out = data;
    z->avail_out = (uInt) MIN(n, G_MAXUINT32);
    code = inflate(z, Z_SYNC_FLUSH);
    self->in_at = self->in_len - z->avail_in;
    if (code != Z_OK && code != Z_BUF_ERROR)
        return TW_IO_DEAD;
    return (gssize) (MIN(n, G_MAXUINT32) - z->avail_out);
}

gssize
tw_deflate_read(TwDeflate *self, TwConn *conn, guint8 *data, gsize n)
{
    for (;;) {
        /* also without input: what did not fit the last time is in there */
        gssize got = expand(self, data, n);

        if (got != 0)
            return got;
        if (self->in_at < self->in_len)
            continue;
        got = tw_conn_read_raw(conn, self->in, IN_MOST);
        if (got <= 0)
            return got;
        self->in_at = 0;
        self->in_len = (gsize) got;
    }
}

/* ---- output ---- */

static gboolean
compress_piece(TwDeflate *self, const guint8 *data, gsize n)
{
    guint8 piece[1024]; /* zlib takes no const bytes */
    z_stream *z = &self->compress;

    z->next_out = self->out;
    z->avail_out = OUT_MOST;
    for (gsize at = 0; at < n;) {
        gsize len = MIN(n - at, sizeof piece);

        memcpy(piece, data + at, len);
        at += len;
        z->next_in = piece;
        z->avail_in = (uInt) len;
        if (deflate(z, at == n ? Z_SYNC_FLUSH : Z_NO_FLUSH) != Z_OK || z->avail_in > 0)
            return FALSE;
    }
    self->out_at = 0;
    self->out_len = OUT_MOST - z->avail_out;
    self->taken = n;
    return z->avail_out > 0; /* else more of it is kept back */
}

gssize
tw_deflate_send(TwDeflate *self, TwConn *conn, const guint8 *data, gsize n)
{
    gssize sent;

    if (self->plain_left > 0) {
        sent = tw_conn_send_raw(conn, data, MIN(n, self->plain_left));
        if (sent > 0)
            self->plain_left -= (gsize) sent;
        return sent;
    }
    if (self->taken == 0 && !compress_piece(self, data, MIN(n, PIECE)))
        return TW_IO_DEAD;
    while (self->out_at < self->out_len) {
        sent = tw_conn_send_raw(conn, self->out + self->out_at, self->out_len - self->out_at);
        if (sent < 0)
            return sent;
        self->out_at += (gsize) sent;
    }
    sent = (gssize) self->taken;
    self->taken = 0;
    return sent;
}
