/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The chunked transfer coding, read strictly. A pure function of its bytes; the same pieces of body come out
 * and the same end or error is met however the bytes are cut.
 */
#pragma once

#include <glib.h>

#include "net/http-head.h"

G_BEGIN_DECLS

enum {
    /* Bytes of chunk extensions in one body: without it a byte of body may cost any number of bytes to read. */
    TW_HTTP_CHUNK_EXTENSIONS_MOST = 1024,
    /* Bytes of one trailer line, and of all trailer lines of a body; they are checked and dropped. */
    TW_HTTP_TRAILER_LINE_MOST = 1024,
    TW_HTTP_TRAILERS_MOST = 8192
};

typedef struct {
    int state;                              /* private */
    guint64 left;                           /* private: bytes left in this chunk */
    guint digits;                           /* private: of the size read so far */
    gsize extension_len;                    /* private: over the whole body */
    gsize trailer_len;                      /* private: over the whole body */
    gsize line_len;                         /* private: of the trailer line so far */
    guint8 line[TW_HTTP_TRAILER_LINE_MOST]; /* private: the trailer line so far */
} TwHttpChunked;

/**
 * tw_http_chunked_init:
 * @chunked: the caller's memory; nothing in it needs to be freed
 *
 * Begins a body.
 */
void tw_http_chunked_init(TwHttpChunked *chunked);

/**
 * tw_http_chunked_step:
 * @chunked: the reader
 * @data: (array length=len): bytes that follow those consumed before
 * @len: how many
 * @ret_consumed: (out): how many of them were taken; after MORE without a piece, all
 * @ret_piece: (out): body bytes, borrowed from @data
 * @ret_piece_len: (out): how many; may be 0
 *
 * Reads up to the end of one piece of the body. MORE: take the piece, then step again with what was not
 * consumed. DONE: the body ended, trailers and all; what was not consumed belongs to the next request. BAD: the
 * framing is lost; answer 400 and close.
 *
 * Refused: a size that is empty, longer than 15 hexadecimal digits, signed or padded; a bare CR or LF;
 * control characters in extensions; trailer lines that are no field lines; and what passes a limit above.
 * Source: RFC 9112, section 7.1.
 *
 * Returns: whether the body is finished, broken, or goes on
 */
TwHttpStep tw_http_chunked_step(TwHttpChunked *chunked,
                                const guint8 *data,
                                gsize len,
                                gsize *ret_consumed,
                                const guint8 **ret_piece,
                                gsize *ret_piece_len);

/**
 * tw_http_chunked_want:
 * @chunked: a reader that said MORE, or that was just begun
 *
 * For reading a connection without taking bytes of the next request.
 *
 * Returns: how many bytes surely belong to this body still; 0 for those up to the next LF
 */
guint64 tw_http_chunked_want(const TwHttpChunked *chunked);

G_END_DECLS
