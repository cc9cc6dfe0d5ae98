/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Streams. zlib and zstd speak of the same thing in other words: each is put behind one step function here. */
#include "base/compress.h"

#define ZLIB_CONST /* it only reads its input */
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

enum {
    STEP = 16384,         /* output asked of a library at once */
    MOST_PIECE = 1 << 30, /* zlib counts in 32 bits */
    ZSTD_MAGIC_LEN = 4,
    ZSTD_HEAD_MAX = 18 /* RFC 8878, 3.1.1 */
};

struct TwCompressor {
    TwCoding coding;
    gboolean ended; /* finished or failed */
    z_stream zlib;
    ZSTD_CCtx *zstd;
};

struct TwDecompressor {
    TwCoding coding;
    gboolean bad;
    gboolean open;    /* within a member or frame */
    gboolean members; /* at least one has ended */
    guint64 taken, given, most;
    guint most_ratio;
    z_stream zlib;
    ZSTD_DCtx *zstd;
    guint8 head[ZSTD_HEAD_MAX]; /* of the frame that is read, as far as it came */
    gsize head_len;
    guint64 frame_given;
};

static int
window_bits(TwCoding coding)
{
    switch (coding) {
    case TW_CODING_DEFLATE:
        return -MAX_WBITS;
    case TW_CODING_GZIP:
        return MAX_WBITS + 16;
    case TW_CODING_ZLIB:
    case TW_CODING_ZSTD:
        break;
    }
    return MAX_WBITS;
}

TwCompressor *
tw_compressor_new(TwCoding coding, int level)
{
    TwCompressor *compressor = g_new0(TwCompressor, 1);

    compressor->coding = coding;
    if (coding == TW_CODING_ZSTD) {
        compressor->zstd = ZSTD_createCCtx();
        if (compressor->zstd == NULL)
            g_error("zstd: out of memory");
        ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_compressionLevel, CLAMP(level, 1, 19));
        return compressor;
    }
    if (deflateInit2(&compressor->zlib, CLAMP(level, 1, 9), Z_DEFLATED, window_bits(coding), 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        g_error("zlib: out of memory");
    return compressor;
}

void
tw_compressor_free(TwCompressor *compressor)
{
    if (compressor == NULL)
        return;
    if (compressor->coding == TW_CODING_ZSTD)
        ZSTD_freeCCtx(compressor->zstd);
    else
        deflateEnd(&compressor->zlib);
    g_free(compressor);
}

/* One call of the library: takes from in, writes at most len bytes; *ret_done when nothing more will come. */
static gboolean
compress_zlib(z_stream *z, TwCursor *in, TwFlush flush, guint8 *at, gsize *len, gboolean *ret_done)
{
    static const int flushes[] = {
        [TW_FLUSH_NONE] = Z_NO_FLUSH,
        [TW_FLUSH_SYNC] = Z_SYNC_FLUSH,
        [TW_FLUSH_FINISH] = Z_FINISH,
    };
    guint piece = (guint) MIN(in->left, (gsize) MOST_PIECE);
    int result;

    z->next_in = in->next;
    z->avail_in = piece;
    z->next_out = at;
    z->avail_out = (guint) *len;
    result = deflate(z, piece == in->left ? flushes[flush] : Z_NO_FLUSH);
    tw_cursor_skip(in, piece - z->avail_in);
    *len -= z->avail_out;
    *ret_done = in->left == 0 && z->avail_out > 0;
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
}

static gboolean
/* NOLINTNEXTLINE(readability-non-const-parameter): written to through output */
compress_zstd(ZSTD_CCtx *z, TwCursor *in, TwFlush flush, guint8 *at, gsize *len, gboolean *ret_done)
{
    static const ZSTD_EndDirective flushes[] = {
        [TW_FLUSH_NONE] = ZSTD_e_continue,
        [TW_FLUSH_SYNC] = ZSTD_e_flush,
        [TW_FLUSH_FINISH] = ZSTD_e_end,
    };
    ZSTD_inBuffer input = { in->next, in->left, 0 };
    ZSTD_outBuffer output = { at, *len, 0 };
    gsize left = ZSTD_compressStream2(z, &output, &input, flushes[flush]);

    if (ZSTD_isError(left))
        return FALSE;
    tw_cursor_skip(in, input.pos);
    *len = output.pos;
    *ret_done = in->left == 0 && (flush == TW_FLUSH_NONE || left == 0);
    return TRUE;
}

gboolean
tw_compressor_put(TwCompressor *compressor,
                  const void *data,
                  gsize len,
                  TwFlush flush,
                  TwBuffer *out,
                  GError **error)
{
    TwCursor in = tw_cursor_init(data, len);
    gboolean done = FALSE;

    g_return_val_if_fail(!compressor->ended, FALSE);
    while (!done) {
        guint8 piece[STEP];
        gsize got = sizeof piece;
        gboolean ok = compressor->coding == TW_CODING_ZSTD
                          ? compress_zstd(compressor->zstd, &in, flush, piece, &got, &done)
                          : compress_zlib(&compressor->zlib, &in, flush, piece, &got, &done);

        if (!ok) {
            compressor->ended = TRUE;
            g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "compression failed");
            return FALSE;
        }
        tw_buffer_put(out, piece, got);
        if (tw_buffer_failed(out)) {
            compressor->ended = TRUE;
            g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG,
                        "compressed to more than %" G_GSIZE_FORMAT, out->limit);
            return FALSE;
        }
    }
    compressor->ended = flush == TW_FLUSH_FINISH;
    return TRUE;
}

TwDecompressor *
tw_decompressor_new(TwCoding coding, guint64 most, guint most_ratio)
{
    TwDecompressor *decompressor = g_new0(TwDecompressor, 1);

    decompressor->coding = coding;
    decompressor->most = most;
    decompressor->most_ratio = most_ratio;
    if (coding == TW_CODING_ZSTD) {
        decompressor->zstd = ZSTD_createDCtx();
        if (decompressor->zstd == NULL)
            g_error("zstd: out of memory");
        ZSTD_DCtx_setParameter(decompressor->zstd, ZSTD_d_windowLogMax, TW_ZSTD_MOST_WINDOW_LOG);
    } else if (inflateInit2(&decompressor->zlib, window_bits(coding)) != Z_OK) {
        g_error("zlib: out of memory");
    }
    return decompressor;
}

void
tw_decompressor_free(TwDecompressor *decompressor)
{
    if (decompressor == NULL)
        return;
    if (decompressor->coding == TW_CODING_ZSTD)
        ZSTD_freeDCtx(decompressor->zstd);
    else
        inflateEnd(&decompressor->zlib);
    g_free(decompressor);
}

/*
 * A frame, or one to be skipped (RFC 8878, 3.1). The library also knows the formats before this one, which nobody sends us and
 * whose old readers answer by how the bytes were cut.
 */
static gboolean
zstd_magic_ok(const guint8 *head, gsize len)
{
    static const guint8 frame[ZSTD_MAGIC_LEN] = { 0x28, 0xb5, 0x2f, 0xfd };
    static const guint8 skipped[ZSTD_MAGIC_LEN] = { 0x50, 0x2a, 0x4d, 0x18 };

    len = MIN(len, (gsize) ZSTD_MAGIC_LEN);
    return len == 0 || memcmp(head, frame, len) == 0 ||
           ((head[0] & 0xf0) == skipped[0] && memcmp(head + 1, skipped + 1, len - 1) == 0);
}

/* The library itself passes over a frame that ends too early in an empty block. */
static gboolean
zstd_frame_whole(const TwDecompressor *d)
{
    guint64 wanted = ZSTD_getFrameContentSize(d->head, d->head_len);

    return wanted == ZSTD_CONTENTSIZE_UNKNOWN || wanted == d->frame_given;
}

/*
 * The library never has a frame's beginning and its end in one call: it would go another way then, which finds other faults in
 * frames that are not right.
 */
static gboolean
/* NOLINTNEXTLINE(readability-non-const-parameter): the library writes there */
decompress_zstd(TwDecompressor *d, TwCursor *in, guint8 *at, gsize *len, gboolean *ret_end)
{
    gsize most = d->head_len == 0 ? ZSTD_MAGIC_LEN : in->left;
    ZSTD_inBuffer input = { in->next, MIN(in->left, most), 0 };
    ZSTD_outBuffer output = { at, *len, 0 };
    gsize more = MIN(in->left, sizeof d->head - d->head_len), left;

    if (more > 0)
        memcpy(d->head + d->head_len, in->next, more);
    if (!zstd_magic_ok(d->head, d->head_len + more))
        return FALSE;
    left = ZSTD_decompressStream(d->zstd, &output, &input);
    if (ZSTD_isError(left))
        return FALSE;
    tw_cursor_skip(in, input.pos);
    d->taken += input.pos;
    *len = output.pos;
    *ret_end = left == 0;
    d->head_len = MIN(d->head_len + input.pos, sizeof d->head);
    d->frame_given += output.pos;
    if (!*ret_end)
        return TRUE;
    if (!zstd_frame_whole(d))
        return FALSE;
    d->head_len = 0;
    d->frame_given = 0;
    return TRUE;
}

/* One call of the library; FALSE for bad input. *ret_end when a member or frame ended. */
static gboolean
decompress_step(TwDecompressor *d, TwCursor *in, guint8 *at, gsize *len, gboolean *ret_end)
{
    guint piece = (guint) MIN(in->left, (gsize) MOST_PIECE);
    int result;

    if (d->coding == TW_CODING_ZSTD)
        return decompress_zstd(d, in, at, len, ret_end);
    d->zlib.next_in = in->next;
    d->zlib.avail_in = piece;
    d->zlib.next_out = at;
    d->zlib.avail_out = (guint) *len;
    result = inflate(&d->zlib, Z_SYNC_FLUSH);
    tw_cursor_skip(in, piece - d->zlib.avail_in);
    d->taken += piece - d->zlib.avail_in;
    *len -= d->zlib.avail_out;
    *ret_end = result == Z_STREAM_END;
    if (*ret_end && d->coding == TW_CODING_GZIP)
        inflateReset(&d->zlib);
    return result == Z_OK || result == Z_BUF_ERROR || *ret_end;
}

static TwDecompressed
refuse(TwDecompressor *d, TwError code, const char *why, GError **error)
{
    d->bad = TRUE;
    g_set_error_literal(error, TW_ERROR, (int) code, why);
    return TW_DECOMPRESS_BAD;
}

static gboolean
too_much(const TwDecompressor *d)
{
    guint64 allowed;

    if (d->given > d->most)
        return TRUE;
    if (d->given <= TW_COMPRESS_RATIO_FREE)
        return FALSE;
    return !__builtin_mul_overflow(d->taken, (guint64) d->most_ratio, &allowed) &&
           d->given > allowed;
}

TwDecompressed
tw_decompressor_put(TwDecompressor *d, TwCursor *in, gsize most_now, TwBuffer *out, GError **error)
{
    gsize written = 0;

    if (d->bad)
        return refuse(d, TW_ERROR_CORRUPT, "went on after bad compressed data", error);
    while (written < most_now) {
        guint8 piece[STEP];
        /* one byte past the limit tells an exact fit from an excess */
        gsize room = MIN(MIN((gsize) STEP, most_now - written), d->most - d->given + 1);
        gsize got = room, before = in->left;
        gboolean end;

        if (in->left == 0 && !d->open)
            break;
        if (!d->open && d->members && d->coding != TW_CODING_GZIP && d->coding != TW_CODING_ZSTD)
            return refuse(d, TW_ERROR_CORRUPT, "bytes after the end of compressed data", error);
        d->open = TRUE;
        if (!decompress_step(d, in, piece, &got, &end))
            return refuse(d, TW_ERROR_CORRUPT, "bad compressed data", error);
        d->given += got;
        written += got;
        if (too_much(d))
            return refuse(d, TW_ERROR_TOO_BIG, "compressed data expands too far", error);
        tw_buffer_put(out, piece, got);
        if (tw_buffer_failed(out))
            return refuse(d, TW_ERROR_TOO_BIG, "no room for decompressed data", error);
        if (end) {
            d->open = FALSE;
            d->members = TRUE;
        } else if (got < room && in->left == 0) {
            return TW_DECOMPRESS_MORE;
        } else if (got == 0 && in->left == before) {
            return refuse(d, TW_ERROR_CORRUPT, "compressed data makes no progress", error);
        }
    }
    if (written == most_now && (d->open || in->left > 0))
        return TW_DECOMPRESS_FULL;
    return d->members ? TW_DECOMPRESS_END : TW_DECOMPRESS_MORE;
}
