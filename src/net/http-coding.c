/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/http-coding.h"

#define ZLIB_CONST /* next_in is not written through */
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

enum {
    STEP = 16384,          /* bytes of output made at once */
    GZIP_LEVEL = 4,        /* half the time of 6 for one or two per cent more bytes on XML */
    ZSTD_LEVEL = 3,        /* its own default */
    GZIP_WINDOW = 15 + 16, /* zlib: 32 KiB, gzip wrapper */
    GZIP_MEMORY = 8        /* zlib's default: 256 KiB a writer */
};

/* --- choosing --- */

/* "q=0.5" as thousandths; -1 if it is broken */
static int
read_quality(const char *text, gsize len)
{
    int value, scale = 100;

    if (len < 3 || (text[0] | 0x20) != 'q' || text[1] != '=' || (text[2] != '0' && text[2] != '1'))
        return -1;
    value = (text[2] - '0') * 1000;
    if (len > 3 && text[3] != '.')
        return -1;
    if (len > 7)
        return -1;
    for (gsize i = 4; i < len; i++, scale /= 10) {
        if (!g_ascii_isdigit(text[i]))
            return -1;
        value += (text[i] - '0') * scale;
    }
    return value <= 1000 ? value : -1;
}

typedef struct {
    int gzip, zstd, any, identity; /* thousandths; -1: not named */
} Wishes;

static void
note_wish(Wishes *wishes, const char *name, gsize len, int quality)
{
    if ((len == 4 && g_ascii_strncasecmp(name, "gzip", 4) == 0) ||
        (len == 6 && g_ascii_strncasecmp(name, "x-gzip", 6) == 0))
        wishes->gzip = quality;
    else if (len == 4 && g_ascii_strncasecmp(name, "zstd", 4) == 0)
        wishes->zstd = quality;
    else if (len == 8 && g_ascii_strncasecmp(name, "identity", 8) == 0)
        wishes->identity = quality;
    else if (len == 1 && name[0] == '*')
        wishes->any = quality;
}

/* One comma-separated list of "coding [; q=number]". Stops at the first thing it does not know. */
static void
read_wishes(const char *text, Wishes *wishes)
{
    for (;;) {
        gsize len;
        const char *name;
        int quality = 1000;

        text += strspn(text, ", \t");
        name = text;
        len = strcspn(text, ",; \t");
        if (len == 0)
            return;
        text += len;
        text += strspn(text, " \t");
        if (*text == ';') {
            gsize parameter_len;

            text += 1 + strspn(text + 1, " \t");
            parameter_len = strcspn(text, ", \t");
            quality = read_quality(text, parameter_len);
            if (quality < 0)
                return;
            text += parameter_len + strspn(text + parameter_len, " \t");
        }
        if (*text != ',' && *text != '\0')
            return;
        note_wish(wishes, name, len, quality);
    }
}

TwHttpCoding
tw_http_coding_choose(const TwHttpHead *head)
{
    Wishes wishes = { -1, -1, -1, -1 };
    const char *value;
    guint index = 0;

    while ((value = tw_http_head_get_next(head, "Accept-Encoding", &index)) != NULL)
        read_wishes(value, &wishes);
    /* what is not named is as good as "*"; identity is always acceptable unless refused by name */
    if (wishes.zstd < 0)
        wishes.zstd = wishes.any;
    if (wishes.gzip < 0)
        wishes.gzip = wishes.any;
    if (wishes.zstd > 0 && wishes.zstd >= wishes.gzip && wishes.zstd >= wishes.identity)
        return TW_HTTP_CODING_ZSTD;
    if (wishes.gzip > 0 && wishes.gzip >= wishes.identity)
        return TW_HTTP_CODING_GZIP;
    return TW_HTTP_CODING_IDENTITY;
}

TwHttpCoding
tw_http_coding_of_request(const TwHttpHead *head)
{
    const char *value = tw_http_head_get(head, "Content-Encoding");

    if (value == NULL || value[0] == '\0' || g_ascii_strcasecmp(value, "identity") == 0)
        return TW_HTTP_CODING_IDENTITY;
    if (g_ascii_strcasecmp(value, "gzip") == 0 || g_ascii_strcasecmp(value, "x-gzip") == 0)
        return TW_HTTP_CODING_GZIP;
    if (g_ascii_strcasecmp(value, "zstd") == 0)
        return TW_HTTP_CODING_ZSTD;
    return TW_HTTP_CODING_UNKNOWN;
}

const char *
tw_http_coding_name(TwHttpCoding coding)
{
    return coding == TW_HTTP_CODING_GZIP   ? "gzip"
           : coding == TW_HTTP_CODING_ZSTD ? "zstd"
                                           : "identity";
}

gboolean
tw_http_type_compresses(const char *content_type)
{
    static const char *const wholes[] = {
        "application/json", "application/xml",      "application/javascript",
        "application/wasm", "application/x-ndjson", "application/manifest+json",
        "image/svg+xml",    "application/ld+json",  "application/vnd.ms-fontobject",
        "application/rtf",  "message/rfc822",
    };
    gsize len = strcspn(content_type, "; \t");

    if (len == 17 && g_ascii_strncasecmp(content_type, "text/event-stream", len) == 0)
        return FALSE;
    if (len > 5 && g_ascii_strncasecmp(content_type, "text/", 5) == 0)
        return TRUE;
    if (len > 4 && g_ascii_strncasecmp(content_type + len - 4, "+xml", 4) == 0)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(wholes); i++) {
        if (strlen(wholes[i]) == len && g_ascii_strncasecmp(content_type, wholes[i], len) == 0)
            return TRUE;
    }
    return FALSE;
}

/* --- writing --- */

struct TwHttpEncoder {
    TwHttpCoding coding;
    z_stream gzip;
    ZSTD_CCtx *zstd;
};

TwHttpEncoder *
tw_http_encoder_new(TwHttpCoding coding)
{
    TwHttpEncoder *encoder = g_new0(TwHttpEncoder, 1);

    encoder->coding = coding;
    if (coding == TW_HTTP_CODING_GZIP) {
        /* can fail only for want of memory */
        if (deflateInit2(&encoder->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
                         Z_DEFAULT_STRATEGY) != Z_OK)
            g_error("no memory for gzip");
    } else {
        encoder->zstd = ZSTD_createCCtx();
        if (encoder->zstd == NULL)
            g_error("no memory for zstd");
        ZSTD_CCtx_setParameter(encoder->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
        ZSTD_CCtx_setParameter(encoder->zstd, ZSTD_c_checksumFlag, 1);
    }
    return encoder;
}

void
tw_http_encoder_free(TwHttpEncoder *encoder)
{
    if (encoder == NULL)
        return;
    if (encoder->coding == TW_HTTP_CODING_GZIP)
        deflateEnd(&encoder->gzip);
    ZSTD_freeCCtx(encoder->zstd);
    g_free(encoder);
}

static gboolean
put_gzip(z_stream *z, const void *data, guint len, TwHttpFlush flush, TwBuffer *out)
{
    static const int modes[] = { Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH };
    int result;

    z->next_in = data;
    z->avail_in = len;
    do {
        if (!tw_buffer_reserve(out, STEP))
            return FALSE;
        z->next_out = out->data + out->len;
        z->avail_out = STEP;
        result = deflate(z, modes[flush]);
        out->len += STEP - z->avail_out;
    } while (result == Z_OK &&
             (z->avail_in > 0 || z->avail_out == 0 || flush == TW_HTTP_FLUSH_END));
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
}

static gboolean
put_zstd(ZSTD_CCtx *zstd, const void *data, gsize len, TwHttpFlush flush, TwBuffer *out)
{
    static const ZSTD_EndDirective modes[] = { ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end };
    ZSTD_inBuffer input = { .src = data, .size = len, .pos = 0 };
    gsize rest;

    do {
        ZSTD_outBuffer output;

        if (!tw_buffer_reserve(out, STEP))
            return FALSE;
        output = (ZSTD_outBuffer){ .dst = out->data + out->len, .size = STEP, .pos = 0 };
        rest = ZSTD_compressStream2(zstd, &output, &input, modes[flush]);
        if (ZSTD_isError(rest))
            return FALSE;
        out->len += output.pos;
    } while (input.pos < input.size || (flush != TW_HTTP_FLUSH_NONE && rest > 0));
    return TRUE;
}

gboolean
tw_http_encoder_put(TwHttpEncoder *encoder,
                    const void *data,
                    gsize len,
                    TwHttpFlush flush,
                    TwBuffer *out,
                    GError **error)
{
    const guint8 *next = data;
    gboolean ok = TRUE;

    if (len == 0 && flush == TW_HTTP_FLUSH_NONE)
        return TRUE;
    do { /* zlib counts in 32 bits */
        guint part = (guint) MIN(len, (gsize) 1 << 30);

        TwHttpFlush part_flush = part == len ? flush : TW_HTTP_FLUSH_NONE;

        ok = encoder->coding == TW_HTTP_CODING_GZIP
                 ? put_gzip(&encoder->gzip, next, part, part_flush, out)
                 : put_zstd(encoder->zstd, next, part, part_flush, out);
        next = part > 0 ? next + part : next;
        len -= part;
    } while (ok && len > 0);
    if (!ok)
        g_set_error(error, TW_ERROR, tw_buffer_failed(out) ? TW_ERROR_TOO_BIG : TW_ERROR_FAILED,
                    "compression");
    return ok;
}

/* --- reading --- */

struct TwHttpDecoder {
    TwHttpCoding coding;
    z_stream gzip;
    ZSTD_DCtx *zstd;
    guint64 in_len, out_len;
    gboolean complete;
};

TwHttpDecoder *
tw_http_decoder_new(TwHttpCoding coding)
{
    TwHttpDecoder *decoder = g_new0(TwHttpDecoder, 1);

    decoder->coding = coding;
    if (coding == TW_HTTP_CODING_GZIP) {
        if (inflateInit2(&decoder->gzip, GZIP_WINDOW) != Z_OK)
            g_error("no memory for gzip");
    } else {
        decoder->zstd = ZSTD_createDCtx();
        if (decoder->zstd == NULL)
            g_error("no memory for zstd");
        ZSTD_DCtx_setParameter(decoder->zstd, ZSTD_d_windowLogMax, TW_HTTP_ZSTD_WINDOW_LOG);
    }
    return decoder;
}

void
tw_http_decoder_free(TwHttpDecoder *decoder)
{
    if (decoder == NULL)
        return;
    if (decoder->coding == TW_HTTP_CODING_GZIP)
        inflateEnd(&decoder->gzip);
    ZSTD_freeDCtx(decoder->zstd);
    g_free(decoder);
}

/* One step of output into buf. Returns FALSE if the input is broken; *io_data moves on. */
static gboolean
decode_step(
    TwHttpDecoder *decoder, const guint8 **io_data, gsize *io_len, guint8 *buf, gsize *ret_made)
{
    if (decoder->coding == TW_HTTP_CODING_GZIP) {
        z_stream *z = &decoder->gzip;
        int result;

        z->next_in = *io_data;
        z->avail_in = (guint) MIN(*io_len, (gsize) 1 << 30);
        z->next_out = buf;
        z->avail_out = STEP;
        result = inflate(z, Z_NO_FLUSH);
        *io_len -= (gsize) (z->next_in - *io_data);
        *io_data = z->next_in;
        *ret_made = STEP - z->avail_out;
        decoder->complete = result == Z_STREAM_END;
        return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
    } else {
        ZSTD_inBuffer input = { .src = *io_data, .size = *io_len, .pos = 0 };
        ZSTD_outBuffer output = { .dst = buf, .size = STEP, .pos = 0 };
        gsize hint = ZSTD_decompressStream(decoder->zstd, &output, &input);

        *io_data += input.pos;
        *io_len -= input.pos;
        *ret_made = output.pos;
        decoder->complete = hint == 0;
        return !ZSTD_isError(hint);
    }
}

static gboolean
refuse(GError **error, TwError code, const char *why)
{
    g_set_error(error, TW_ERROR, (int) code, "compressed body: %s", why);
    return FALSE;
}

gboolean
tw_http_decoder_put(TwHttpDecoder *decoder,
                    const guint8 *data,
                    gsize len,
                    TwHttpSinkFunc sink,
                    gpointer user_data,
                    GError **error)
{
    guint8 buf[STEP];
    gsize made = STEP;

    decoder->in_len += len;
    while (len > 0 || (made == STEP && !decoder->complete)) {
        if (decoder->complete)
            return refuse(error, TW_ERROR_INVALID, "bytes behind its end");
        if (!decode_step(decoder, &data, &len, buf, &made))
            return refuse(error, TW_ERROR_INVALID, "broken");
        decoder->out_len += made;
        if (decoder->out_len > TW_HTTP_RATIO_SLACK &&
            decoder->out_len / TW_HTTP_RATIO_MOST > decoder->in_len)
            return refuse(error, TW_ERROR_TOO_BIG, "grows too much");
        if (made > 0 && !sink(buf, made, user_data, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_http_decoder_is_complete(const TwHttpDecoder *decoder)
{
    return decoder->complete;
}
