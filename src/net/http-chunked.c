/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *   chunked-body = *( size [ ";" extension ] CRLF data CRLF ) 1*"0" [ ";" extension ] CRLF *( field-line CRLF ) CRLF
 */
#include "net/http-chunked.h"

#include <string.h>

enum {
    STATE_SIZE,
    STATE_EXTENSION,
    STATE_SIZE_LF,
    STATE_DATA,
    STATE_DATA_CR,
    STATE_DATA_LF,
    STATE_TRAILER, /* in a trailer line, or at the start of one */
    STATE_TRAILER_LF,
    STATE_DONE,
    STATE_BAD
};

enum {
    SIZE_DIGITS_MOST = 15 /* below 2^60, so that sums of sizes and limits cannot wrap */
};

void
tw_http_chunked_init(TwHttpChunked *chunked)
{
    memset(chunked, 0, G_STRUCT_OFFSET(TwHttpChunked, line));
    chunked->state = STATE_SIZE;
}

static int
after_size_char(TwHttpChunked *c, guint8 byte)
{
    int digit = g_ascii_xdigit_value((char) byte);

    if (digit >= 0) {
        if (c->digits == SIZE_DIGITS_MOST)
            return STATE_BAD;
        c->digits++;
        c->left = c->left << 4 | (guint64) digit;
        return STATE_SIZE;
    }
    if (c->digits == 0)
        return STATE_BAD;
    return byte == '\r' ? STATE_SIZE_LF : byte == ';' ? STATE_EXTENSION : STATE_BAD;
}

static int
after_extension_char(TwHttpChunked *c, guint8 byte)
{
    if (byte == '\r')
        return STATE_SIZE_LF;
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f ||
        c->extension_len == TW_HTTP_CHUNK_EXTENSIONS_MOST)
        return STATE_BAD;
    c->extension_len++;
    return STATE_EXTENSION;
}

static int
after_trailer_char(TwHttpChunked *c, guint8 byte)
{
    if (byte == '\r')
        return STATE_TRAILER_LF;
    if (byte == '\n' || c->line_len == TW_HTTP_TRAILER_LINE_MOST ||
        c->trailer_len == TW_HTTP_TRAILERS_MOST)
        return STATE_BAD;
    c->line[c->line_len++] = byte;
    c->trailer_len++;
    return STATE_TRAILER;
}

static int
after_trailer_line(TwHttpChunked *c)
{
    if (c->line_len == 0)
        return STATE_DONE;
    if (!tw_http_field_line_ok(c->line, c->line_len, NULL))
        return STATE_BAD;
    c->line_len = 0;
    return STATE_TRAILER;
}

/* The state after one byte that is not chunk data. */
static int
next_state(TwHttpChunked *c, guint8 byte)
{
    switch (c->state) {
    case STATE_SIZE:
        return after_size_char(c, byte);
    case STATE_EXTENSION:
        return after_extension_char(c, byte);
    case STATE_SIZE_LF:
        if (byte != '\n')
            return STATE_BAD;
        c->digits = 0;
        return c->left > 0 ? STATE_DATA : STATE_TRAILER;
    case STATE_DATA_CR:
        return byte == '\r' ? STATE_DATA_LF : STATE_BAD;
    case STATE_DATA_LF:
        return byte == '\n' ? STATE_SIZE : STATE_BAD;
    case STATE_TRAILER:
        return after_trailer_char(c, byte);
    case STATE_TRAILER_LF:
        return byte == '\n' ? after_trailer_line(c) : STATE_BAD;
    default:
        return c->state;
    }
}

TwHttpStep
tw_http_chunked_step(TwHttpChunked *chunked,
                     const guint8 *data,
                     gsize len,
                     gsize *ret_consumed,
                     const guint8 **ret_piece,
                     gsize *ret_piece_len)
{
    gsize at = 0;

    *ret_piece = data;
    *ret_piece_len = 0;
    while (at < len && chunked->state != STATE_DONE && chunked->state != STATE_BAD) {
        if (chunked->state == STATE_DATA) {
            gsize n = (gsize) MIN(chunked->left, (guint64) (len - at));

            *ret_piece = data + at;
            *ret_piece_len = n;
            at += n;
            chunked->left -= n;
            if (chunked->left == 0)
                chunked->state = STATE_DATA_CR;
            break;
        }
        chunked->state = next_state(chunked, data[at]);
        at++;
    }
    *ret_consumed = at;
    return chunked->state == STATE_DONE  ? TW_HTTP_DONE
           : chunked->state == STATE_BAD ? TW_HTTP_BAD
                                         : TW_HTTP_MORE;
}

guint64
tw_http_chunked_want(const TwHttpChunked *chunked)
{
    switch (chunked->state) {
    case STATE_DATA:
        return chunked->left + 2;
    case STATE_DATA_CR:
        return 2;
    case STATE_DATA_LF:
    case STATE_SIZE_LF:
    case STATE_TRAILER_LF:
        return 1;
    default:
        return 0;
    }
}
