/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/base64.h"

#include "base/base64-private.h"
#include "base/cpu.h"
#include "base/error.h"

#define NONE TW_BASE64_NONE
/* clang-format off */
const guint8 tw_base64_characters[2][64] = {
    [TW_BASE64_STANDARD] = {
        'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
        'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f',
        'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
        'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '/',
    },
    [TW_BASE64_URL] = {
        'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
        'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f',
        'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
        'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-', '_',
    },
};

const guint8 tw_base64_sextets[2][256] = {
    [TW_BASE64_STANDARD] = {
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 62, NONE, NONE, NONE, 63,
        52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
        15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NONE, NONE, NONE, NONE, NONE,
        NONE, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
        41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
    },
    [TW_BASE64_URL] = {
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 62, NONE, NONE,
        52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
        15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NONE, NONE, NONE, NONE, 63,
        NONE, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
        41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
    },
};
/* clang-format on */
#undef NONE

/* All whole groups of three, by the best loop there is; writes four characters for each and returns the
 * bytes taken. */
static gsize
encode_groups(const guint8 *src, gsize len, guint8 *dst, TwBase64Alphabet alphabet)
{
    const guint8 *table = tw_base64_characters[alphabet];
    gsize done = 0;

#if defined(__x86_64__)
    switch (tw_cpu_level()) {
    case TW_CPU_VBMI:
        done = tw_base64_encode_vbmi(src, len, dst, alphabet == TW_BASE64_URL);
        break;
    case TW_CPU_AVX2:
        done = tw_base64_encode_avx2(src, len, dst, alphabet == TW_BASE64_URL);
        break;
    case TW_CPU_SSE42:
        done = tw_base64_encode_sse(src, len, dst, alphabet == TW_BASE64_URL);
        break;
    case TW_CPU_PORTABLE:
        break;
    }
    dst += done / 3 * 4;
#endif
    for (; len - done >= 3; done += 3) {
        guint32 v = (guint32) src[done] << 16 | (guint32) src[done + 1] << 8 | src[done + 2];

        *dst++ = table[v >> 18];
        *dst++ = table[v >> 12 & 63];
        *dst++ = table[v >> 6 & 63];
        *dst++ = table[v & 63];
    }
    return done;
}

/* All groups of four up to the first that has a character outside the alphabet; writes three bytes for each
 * and returns the characters taken. */
static gsize
decode_groups(const guint8 *src, gsize len, guint8 *dst, TwBase64Alphabet alphabet)
{
    const guint8 *table = tw_base64_sextets[alphabet];
    gsize done = 0;

#if defined(__x86_64__)
    switch (tw_cpu_level()) {
    case TW_CPU_VBMI:
        done = tw_base64_decode_vbmi(src, len, dst, alphabet == TW_BASE64_URL);
        break;
    case TW_CPU_AVX2:
        done = tw_base64_decode_avx2(src, len, dst, alphabet == TW_BASE64_URL);
        break;
    case TW_CPU_SSE42:
        done = tw_base64_decode_sse(src, len, dst, alphabet == TW_BASE64_URL);
        break;
    case TW_CPU_PORTABLE:
        break;
    }
    dst += done / 4 * 3;
#endif
    for (; len - done >= 4; done += 4) {
        guint8 a = table[src[done]], b = table[src[done + 1]], c = table[src[done + 2]],
               d = table[src[done + 3]];
        guint32 v = (guint32) a << 18 | (guint32) b << 12 | (guint32) c << 6 | d;

        if ((a | b | c | d) & 0x80)
            break;
        *dst++ = (guint8) (v >> 16);
        *dst++ = (guint8) (v >> 8);
        *dst++ = (guint8) v;
    }
    return done;
}

gboolean
tw_base64_encoded_len(gsize len, TwBase64Alphabet alphabet, gsize *ret)
{
    static const gsize rest_chars[2][3] = {
        [TW_BASE64_STANDARD] = { 0, 4, 4 },
        [TW_BASE64_URL] = { 0, 2, 3 },
    };
    gsize chars;

    if (!g_size_checked_mul(&chars, len / 3, 4) ||
        !g_size_checked_add(&chars, chars, rest_chars[alphabet][len % 3]))
        return FALSE;
    *ret = chars;
    return TRUE;
}

/* One or two bytes at the end of a value. Room was reserved. */
static void
put_rest(TwBuffer *out, const guint8 *rest, gsize rest_len, TwBase64Alphabet alphabet)
{
    const guint8 *table = tw_base64_characters[alphabet];
    guint32 v = (guint32) rest[0] << 16 | (rest_len == 2 ? (guint32) rest[1] << 8 : 0);
    guint8 *dst = out->data + out->len;

    dst[0] = table[v >> 18];
    dst[1] = table[v >> 12 & 63];
    out->len += 2;
    if (rest_len == 2) {
        dst[2] = table[v >> 6 & 63];
        out->len++;
    } else if (alphabet == TW_BASE64_STANDARD) {
        dst[2] = '=';
        out->len++;
    }
    if (alphabet == TW_BASE64_STANDARD) {
        dst[3] = '=';
        out->len++;
    }
}

gboolean
tw_base64_encode(TwBuffer *out, const void *data, gsize len, TwBase64Alphabet alphabet)
{
    const guint8 *src = data;
    gsize chars, done;

    if (!tw_base64_encoded_len(len, alphabet, &chars)) {
        out->failed = TRUE;
        return FALSE;
    }
    if (chars == 0)
        return !tw_buffer_failed(out);
    if (!tw_buffer_reserve(out, chars))
        return FALSE;
    done = encode_groups(src, len, out->data + out->len, alphabet);
    out->len += done / 3 * 4;
    if (done < len)
        put_rest(out, src + done, len - done, alphabet);
    return TRUE;
}

/* The two or three characters of a last group, without padding: one or two bytes. FALSE when one of them is
 * foreign or has bits that the cut takes off. */
static gboolean
decode_last(const guint8 *src, gsize len, guint8 *dst, TwBase64Alphabet alphabet)
{
    const guint8 *table = tw_base64_sextets[alphabet];
    guint8 a = table[src[0]], b = table[src[1]], c = len == 3 ? table[src[2]] : 0;
    guint32 v;

    if ((a | b | c) & 0x80)
        return FALSE;
    v = (guint32) a << 18 | (guint32) b << 12 | (guint32) c << 6;
    if (v & (len == 3 ? 0xffu : 0xffffu))
        return FALSE;
    dst[0] = (guint8) (v >> 16);
    if (len == 3)
        dst[1] = (guint8) (v >> 8);
    return TRUE;
}

gboolean
tw_base64_decode(
    TwBuffer *out, const char *text, gsize len, TwBase64Alphabet alphabet, GError **error)
{
    const guint8 *src = (const guint8 *) text;
    gsize body = len, last, bytes;

    if (alphabet == TW_BASE64_STANDARD) {
        if (len % 4 != 0)
            goto invalid;
        if (len > 0 && src[len - 1] == '=')
            body -= src[len - 2] == '=' ? 2 : 1;
    }
    last = body % 4;
    if (last == 1)
        goto invalid;
    bytes = body / 4 * 3 + (last == 0 ? 0 : last - 1);
    if (bytes == 0)
        return TRUE;
    if (!tw_buffer_reserve(out, bytes)) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG,
                    "base64: more than %" G_GSIZE_FORMAT " bytes", out->limit);
        return FALSE;
    }
    if (decode_groups(src, body - last, out->data + out->len, alphabet) != body - last)
        goto invalid;
    if (last != 0 &&
        !decode_last(src + body - last, last, out->data + out->len + body / 4 * 3, alphabet))
        goto invalid;
    out->len += bytes;
    return TRUE;

invalid:
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "not base64");
    return FALSE;
}

void
tw_base64_encoder_init(TwBase64Encoder *encoder, guint columns, gboolean bare_lf)
{
    g_return_if_fail(columns >= 4 && columns <= TW_BASE64_MOST_COLUMNS && columns % 4 == 0);
    *encoder = (TwBase64Encoder){ .columns = columns, .bare_lf = bare_lf };
}

/* Called before a group of four: breaks the line when it is full. Room was reserved. */
static inline void
break_full_line(TwBase64Encoder *encoder, TwBuffer *out)
{
    if (encoder->column < encoder->columns)
        return;
    if (!encoder->bare_lf)
        out->data[out->len++] = '\r';
    out->data[out->len++] = '\n';
    encoder->column = 0;
}

/* Encodes whole groups of three, line by line. Room was reserved. */
static void
encode_lines(TwBase64Encoder *encoder, const guint8 *src, gsize len, TwBuffer *out)
{
    while (len > 0) {
        gsize take;

        break_full_line(encoder, out);
        take = MIN(len, (gsize) (encoder->columns - encoder->column) / 4 * 3);
        encode_groups(src, take, out->data + out->len, TW_BASE64_STANDARD);
        out->len += take / 3 * 4;
        encoder->column += (guint) (take / 3 * 4);
        src += take;
        len -= take;
    }
}

/* Reserves exactly what groups of four characters and the line breaks among them take. */
static gboolean
reserve_groups(const TwBase64Encoder *encoder, gsize groups, TwBuffer *out)
{
    gsize chars, end, breaks;

    if (groups == 0)
        return !tw_buffer_failed(out);
    if (!g_size_checked_mul(&chars, groups, 4) ||
        !g_size_checked_add(&end, chars, encoder->column)) {
        out->failed = TRUE;
        return FALSE;
    }
    breaks = (end - 1) / encoder->columns;
    if (!g_size_checked_add(&chars, chars, encoder->bare_lf ? breaks : breaks * 2)) {
        out->failed = TRUE;
        return FALSE;
    }
    return tw_buffer_reserve(out, chars);
}

gboolean
tw_base64_encoder_put(TwBase64Encoder *encoder, const void *data, gsize len, TwBuffer *out)
{
    const guint8 *src = data;
    gsize whole;

    if (!reserve_groups(encoder, len / 3 + (len % 3 + encoder->rest_len) / 3, out))
        return FALSE;
    if (encoder->rest_len > 0) {
        while (encoder->rest_len < 3 && len > 0) {
            encoder->rest[encoder->rest_len++] = *src++;
            len--;
        }
        if (encoder->rest_len < 3)
            return TRUE;
        encode_lines(encoder, encoder->rest, 3, out);
        encoder->rest_len = 0;
    }
    whole = len / 3 * 3;
    encode_lines(encoder, src, whole, out);
    for (; whole < len; whole++)
        encoder->rest[encoder->rest_len++] = src[whole];
    return TRUE;
}

gboolean
tw_base64_encoder_finish(TwBase64Encoder *encoder, TwBuffer *out)
{
    if (encoder->rest_len > 0) {
        if (!reserve_groups(encoder, 1, out))
            return FALSE;
        break_full_line(encoder, out);
        put_rest(out, encoder->rest, encoder->rest_len, TW_BASE64_STANDARD);
    }
    tw_base64_encoder_init(encoder, encoder->columns, encoder->bare_lf);
    return !tw_buffer_failed(out);
}

void
tw_base64_decoder_init(TwBase64Decoder *decoder)
{
    *decoder = (TwBase64Decoder){ .bits = 0 };
}

/* Writes what an open group holds: nothing, one or two bytes. Room was reserved. */
static void
close_group(TwBase64Decoder *decoder, TwBuffer *out)
{
    if (decoder->count >= 2)
        out->data[out->len++] =
            (guint8) (decoder->count == 2 ? decoder->bits >> 4 : decoder->bits >> 10);
    if (decoder->count == 3)
        out->data[out->len++] = (guint8) (decoder->bits >> 2);
    decoder->bits = 0;
    decoder->count = 0;
}

/* One character of any kind. Room was reserved. */
static inline void
decode_character(TwBase64Decoder *decoder, guint8 c, TwBuffer *out)
{
    guint8 sextet = tw_base64_sextets[TW_BASE64_STANDARD][c];

    if (sextet != TW_BASE64_NONE) {
        decoder->damaged = decoder->damaged || decoder->padded;
        decoder->padded = FALSE;
        decoder->bits = decoder->bits << 6 | sextet;
        if (++decoder->count < 4)
            return;
        out->data[out->len++] = (guint8) (decoder->bits >> 16);
        out->data[out->len++] = (guint8) (decoder->bits >> 8);
        out->data[out->len++] = (guint8) decoder->bits;
        decoder->bits = 0;
        decoder->count = 0;
    } else if (c == '=') {
        decoder->damaged = decoder->damaged || decoder->count == 1;
        decoder->damaged = decoder->damaged || (decoder->count == 0 && !decoder->padded);
        decoder->padded = TRUE;
        close_group(decoder, out);
    } else if (c != '\r' && c != '\n' && c != ' ' && c != '\t') {
        decoder->damaged = TRUE;
    }
}

/* At most this many bytes come from len characters, the open group included. */
static inline gsize
most_decoded(gsize len)
{
    return len / 4 * 3 + 6;
}

/* Any characters; room for most_decoded() was reserved. */
static void
decode_piece(TwBase64Decoder *decoder, const guint8 *src, gsize len, TwBuffer *out)
{
    gsize at = 0;

    while (at < len) {
        if (decoder->count == 0 && !decoder->padded) {
            gsize taken =
                decode_groups(src + at, len - at, out->data + out->len, TW_BASE64_STANDARD);

            out->len += taken / 4 * 3;
            at += taken;
        }
        /* to the end of a group: through a line break, or whatever stopped the fast loop */
        do {
            if (at == len)
                break;
            decode_character(decoder, src[at++], out);
        } while (decoder->count != 0 || (at < len && src[at] == '\n'));
    }
}

gboolean
tw_base64_decoder_put(TwBase64Decoder *decoder, const void *text, gsize len, TwBuffer *out)
{
    enum {
        PIECE = 3072
    };
    const guint8 *src = text;

    if (len == 0 || tw_buffer_failed(out))
        return !tw_buffer_failed(out);
    if (most_decoded(len) <= out->limit - out->len && tw_buffer_reserve(out, most_decoded(len))) {
        decode_piece(decoder, src, len, out);
        return TRUE;
    }
    /* near the limit only what really comes out may count */
    for (gsize at = 0; at < len && !tw_buffer_failed(out);) {
        guint8 room[PIECE];
        gsize take = MIN(len - at, (gsize) PIECE);
        TwBuffer piece = { .data = room, .capacity = sizeof room, .limit = sizeof room };

        decode_piece(decoder, src + at, take, &piece);
        tw_buffer_put(out, room, piece.len);
        at += take;
    }
    return !tw_buffer_failed(out);
}

gboolean
tw_base64_decoder_finish(TwBase64Decoder *decoder, TwBuffer *out, gboolean *ret_damaged)
{
    if (decoder->count != 0) {
        if (!tw_buffer_reserve(out, decoder->count - 1))
            return FALSE;
        decoder->damaged = TRUE;
        close_group(decoder, out);
    }
    if (ret_damaged != NULL)
        *ret_damaged = decoder->damaged;
    tw_base64_decoder_init(decoder);
    return !tw_buffer_failed(out);
}
