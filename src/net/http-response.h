/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a handler answers: a status, header fields and a body that is there, is pulled, or is read at offsets.
 *
 * A response is built by one thread and then given away to tw_http_request_respond(), which frames it: length or
 * chunks, content coding, HEAD, Date and Connection are not the handler's business.
 */
#pragma once

#include <glib.h>

#include "base/buffer.h"
#include "net/http-coding.h"
#include "net/http-head.h"

G_BEGIN_DECLS

typedef struct TwHttpResponse TwHttpResponse;

typedef enum {
    TW_HTTP_PULL_MORE, /* call again as soon as this piece is taken */
    TW_HTTP_PULL_WAIT, /* nothing more now: call again after tw_http_request_wake() or the time set */
    TW_HTTP_PULL_END,   /* that was all */
    TW_HTTP_PULL_FAILED /* break the connection off, so that the client sees the body is not whole */
} TwHttpPull;

/**
 * TwHttpPullFunc:
 * @out: where the next piece goes, about 32 KiB; it has a limit of 1 MiB
 * @data: as given to tw_http_response_set_stream()
 *
 * Makes the next piece of a body. Called by one worker at a time, and only when the client took the piece before.
 *
 * Returns: how to go on
 */
typedef TwHttpPull (*TwHttpPullFunc)(TwBuffer *out, gpointer data);

/**
 * TwHttpReadFunc:
 * @data: as given to tw_http_response_new_content()
 * @offset: where to read
 * @buf: (array length=len): where to put it
 * @len: how many bytes, all inside the size given
 * @error: set on failure
 *
 * Reads @len bytes of a content, neither more nor fewer.
 *
 * Returns: FALSE on failure; the connection is broken off
 */
typedef gboolean (*TwHttpReadFunc)(
    gpointer data, guint64 offset, guint8 *buf, gsize len, GError **error);

/**
 * tw_http_response_new:
 * @status: 200 to 599
 *
 * Returns: (transfer full): a response without body
 */
TwHttpResponse *tw_http_response_new(guint status);

/**
 * tw_http_response_new_text:
 * @status: 200 to 599
 * @text: the body, sent as text/plain in UTF-8
 *
 * Returns: (transfer full): a response
 */
TwHttpResponse *tw_http_response_new_text(guint status, const char *text);

/**
 * tw_http_response_free:
 * @response: (nullable) (transfer full): a response that was not given away
 */
void tw_http_response_free(TwHttpResponse *response);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwHttpResponse, tw_http_response_free)

/**
 * tw_http_response_add_header:
 * @response: a response
 * @name: a token; not Content-Length, Transfer-Encoding, Connection, Date or Content-Encoding, which are made
 * @value: what it says
 *
 * Adds a field; one of that name is kept beside it.
 *
 * Returns: FALSE, and nothing added, if @name or @value cannot stand in a header (a line break, say)
 */
gboolean tw_http_response_add_header(TwHttpResponse *response, const char *name, const char *value);

/**
 * tw_http_response_set_body:
 * @response: a response without a body
 * @content_type: (nullable): its Content-Type
 * @body: the bytes; a reference is taken
 */
void tw_http_response_set_body(TwHttpResponse *response, const char *content_type, GBytes *body);

/**
 * tw_http_response_set_stream:
 * @response: a response without a body
 * @content_type: (nullable): its Content-Type
 * @len: bytes of the body, or -1 if that is not known; a stream of another length breaks the connection off
 * @pull: makes the pieces
 * @data: (transfer full): for @pull
 * @destroy: (nullable): frees @data, on any thread, after the last call
 *
 * Without @len it is sent in chunks, to an HTTP/1.0 client up to the end of the connection.
 */
void tw_http_response_set_stream(TwHttpResponse *response,
                                 const char *content_type,
                                 gint64 len,
                                 TwHttpPullFunc pull,
                                 gpointer data,
                                 GDestroyNotify destroy);

/**
 * tw_http_response_set_wait_ms:
 * @response: a response with a stream
 * @wait_ms: longest pause after %TW_HTTP_PULL_WAIT, then the stream is pulled again (a heartbeat); 30,000
 */
void tw_http_response_set_wait_ms(TwHttpResponse *response, guint wait_ms);

/**
 * tw_http_response_set_coding:
 * @response: a response
 * @coding: IDENTITY to forbid compression; GZIP or ZSTD to demand it, whatever the client said it accepts
 *
 * Without this call the route's flag and Accept-Encoding decide.
 */
void tw_http_response_set_coding(TwHttpResponse *response, TwHttpCoding coding);

/**
 * tw_http_response_close_after:
 * @response: a response
 *
 * Ends the connection behind this response.
 */
void tw_http_response_close_after(TwHttpResponse *response);

/* A content that can be read anywhere: a file, a blob, bytes in memory. */
typedef struct {
    const char *content_type; /* NULL: application/octet-stream */
    const char *etag;         /* (nullable): with its quotes */
    gint64 modified;          /* seconds since 1970, or -1 */
    guint64 size;             /* bytes */
    TwHttpReadFunc read;
    gpointer data;          /* for read */
    GDestroyNotify destroy; /* (nullable): frees data; on any thread */
} TwHttpContent;

/**
 * tw_http_response_new_content:
 * @head: the request's head: its conditions and ranges decide
 * @content: what is there; text is copied, its data consumed in any case
 *
 * Answers a GET or HEAD for a content: 200 with the whole, 206 with one range or with several as
 * multipart/byteranges, 304, 412 or 416; with ETag, Last-Modified and Accept-Ranges.
 *
 * Returns: (transfer full): the response
 */
TwHttpResponse *tw_http_response_new_content(const TwHttpHead *head, const TwHttpContent *content);

/**
 * tw_http_response_new_file:
 * @head: the request's head
 * @fd: (transfer full): a regular file, open for reading
 * @content_type: (nullable): its Content-Type
 * @etag: (nullable): its tag; NULL makes one of size, inode and time
 * @error: on failure what the system said
 *
 * As tw_http_response_new_content(), for a file.
 *
 * Returns: (transfer full): the response, or NULL
 */
TwHttpResponse *tw_http_response_new_file(
    const TwHttpHead *head, int fd, const char *content_type, const char *etag, GError **error);

/**
 * tw_http_status_text:
 * @status: an HTTP status
 *
 * Returns: (transfer none): its usual phrase; "Status" for one we do not know
 */
const char *tw_http_status_text(guint status);

G_END_DECLS
