/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Content codings: which one a client wants, which one it sent. The coding itself is in base/compress.h.
 */
#pragma once

#include <glib.h>

#include "base/compress.h"
#include "net/http-head.h"

G_BEGIN_DECLS

typedef enum {
    TW_HTTP_CODING_IDENTITY,
    TW_HTTP_CODING_GZIP,
    TW_HTTP_CODING_ZSTD,
    TW_HTTP_CODING_UNKNOWN, /* something we cannot read: answer 415 */
} TwHttpCoding;

enum {
    /* A compressed request may grow by this factor: a bomb of a megabyte costs a hundred, not a thousand. */
    TW_HTTP_RATIO_MOST = 100
};

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
 * tw_http_coding_compressor:
 * @coding: GZIP or ZSTD
 *
 * Returns: (transfer full): a writer of that coding, at the level used for answers
 */
TwCompressor *tw_http_coding_compressor(TwHttpCoding coding);

/**
 * tw_http_coding_decompressor:
 * @coding: GZIP or ZSTD
 * @most: most bytes to come out
 *
 * Returns: (transfer full): a reader of that coding, which refuses more, and growth by more than %TW_HTTP_RATIO_MOST
 */
TwDecompressor *tw_http_coding_decompressor(TwHttpCoding coding, guint64 most);

/**
 * tw_http_type_compresses:
 * @content_type: the value of Content-Type
 *
 * Returns: TRUE for text, XML, JSON, JavaScript, SVG, calendars and the like; FALSE for what is compressed already,
 *   and for event streams
 */
gboolean tw_http_type_compresses(const char *content_type);

G_END_DECLS
