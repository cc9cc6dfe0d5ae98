/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Content codings: which one a client wants, writing it piece by piece, and reading it with bounds.
 */
#pragma once

#include <glib.h>

#include "base/buffer.h"
#include "net/http-head.h"

G_BEGIN_DECLS

typedef enum {
    TW_HTTP_CODING_IDENTITY,
    TW_HTTP_CODING_GZIP,
    TW_HTTP_CODING_ZSTD,
    TW_HTTP_CODING_UNKNOWN, /* something we cannot read: answer 415 */
} TwHttpCoding;

enum {
    /* A compressed request may grow by this factor, and may always grow to the slack: a bomb of a megabyte costs a
     * hundred, not a thousand. */
    TW_HTTP_RATIO_MOST = 100,
    TW_HTTP_RATIO_SLACK = 1 << 20,
    /* zstd needs memory of the size of its window; the sender chooses it. log2 of the bytes. */
    TW_HTTP_ZSTD_WINDOW_LOG = 23
};

/* What becomes of bytes that a writer would rather hold back. */
typedef enum {
    TW_HTTP_FLUSH_NONE, /* they may stay inside */
    TW_HTTP_FLUSH_SYNC, /* all go out now: a pause follows */
    TW_HTTP_FLUSH_END   /* the body ends */
} TwHttpFlush;

typedef struct TwHttpEncoder TwHttpEncoder;
typedef struct TwHttpDecoder TwHttpDecoder;

/**
 * tw_http_coding_choose:
 * @head: a finished head
 *
 * Chooses from Accept-Encoding: what has the highest quality, and of equals zstd before gzip before identity.
 * Identity if the field is absent or broken. Source: RFC 9110, section 12.5.3.
 *
 * Returns: the coding to answer with; never UNKNOWN
 */
TwHttpCoding tw_http_coding_choose(const TwHttpHead *head);

/**
 * tw_http_coding_of_request:
 * @head: a finished head
 *
 * Returns: the coding of the request's body as Content-Encoding tells; UNKNOWN for one we lack, and for two
 */
TwHttpCoding tw_http_coding_of_request(const TwHttpHead *head);

/**
 * tw_http_coding_name:
 * @coding: a coding
 *
 * Returns: (transfer none): its name on the wire: "gzip", "zstd"; "identity" for the rest
 */
const char *tw_http_coding_name(TwHttpCoding coding);

/**
 * tw_http_type_compresses:
 * @content_type: the value of Content-Type
 *
 * Returns: TRUE for text, XML, JSON, JavaScript, SVG, calendars and the like; FALSE for what is compressed already,
 *   and for event streams
 */
gboolean tw_http_type_compresses(const char *content_type);

/**
 * tw_http_encoder_new:
 * @coding: GZIP or ZSTD
 *
 * Returns: (transfer full): a writer for one body
 */
TwHttpEncoder *tw_http_encoder_new(TwHttpCoding coding);

/**
 * tw_http_encoder_free:
 * @encoder: (nullable) (transfer full): a writer
 */
void tw_http_encoder_free(TwHttpEncoder *encoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwHttpEncoder, tw_http_encoder_free)

/**
 * tw_http_encoder_put:
 * @encoder: a writer
 * @data: (array length=len): the next bytes of the body
 * @len: how many; may be 0
 * @flush: whether bytes may be held back
 * @out: where the coded bytes go
 * @error: on failure TW_ERROR_TOO_BIG when @out passed its limit, or TW_ERROR_FAILED
 *
 * Codes the next bytes.
 *
 * Returns: FALSE on failure; the writer is of no further use then
 */
gboolean tw_http_encoder_put(TwHttpEncoder *encoder,
                             const void *data,
                             gsize len,
                             TwHttpFlush flush,
                             TwBuffer *out,
                             GError **error);

/**
 * TwHttpSinkFunc:
 * @data: (array length=len): the next decoded bytes, borrowed
 * @len: how many, at least 1
 * @user_data: as given to tw_http_decoder_put()
 * @error: set on failure
 *
 * Takes a piece of a body.
 *
 * Returns: FALSE to stop
 */
typedef gboolean (*TwHttpSinkFunc)(const guint8 *data,
                                   gsize len,
                                   gpointer user_data,
                                   GError **error);

/**
 * tw_http_decoder_new:
 * @coding: GZIP or ZSTD
 *
 * Returns: (transfer full): a reader for one body
 */
TwHttpDecoder *tw_http_decoder_new(TwHttpCoding coding);

/**
 * tw_http_decoder_free:
 * @decoder: (nullable) (transfer full): a reader
 */
void tw_http_decoder_free(TwHttpDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwHttpDecoder, tw_http_decoder_free)

/**
 * tw_http_decoder_put:
 * @decoder: a reader
 * @data: (array length=len): the next coded bytes
 * @len: how many
 * @sink: gets what they decode to, at most 16 KiB a call
 * @user_data: for @sink
 * @error: on failure TW_ERROR_INVALID (broken, or bytes behind the end), TW_ERROR_TOO_BIG (past
 *   %TW_HTTP_RATIO_MOST), or what @sink set
 *
 * Returns: FALSE on failure; the reader is of no further use then
 */
gboolean tw_http_decoder_put(TwHttpDecoder *decoder,
                             const guint8 *data,
                             gsize len,
                             TwHttpSinkFunc sink,
                             gpointer user_data,
                             GError **error);

/**
 * tw_http_decoder_is_complete:
 * @decoder: a reader
 *
 * Returns: TRUE if the coded body ended where its own format says so
 */
gboolean tw_http_decoder_is_complete(const TwHttpDecoder *decoder);

G_END_DECLS
