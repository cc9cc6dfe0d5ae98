/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The body of a request: out of its framing, out of its coding, and into the route's hands, memory or a file that
 * has no name. Each of the three has its own limit: chunked syntax, growth, and body_most of the route.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "net/http-private.h"

enum {
    DECODE_AT_ONCE = 32768 /* bytes that come out of a coded body before they are handed on */
};

void
tw_http_body_begin(TwHttpBody *body, TwHttpRequest *request, TwHttpCoding coding)
{
    body->request = request;
    body->left = request->head->content_length;
    body->fd = -1;
    if (request->head->framing == TW_HTTP_FRAMING_CHUNKED) {
        body->chunked = g_new(TwHttpChunked, 1);
        tw_http_chunked_init(body->chunked);
    }
    if (coding != TW_HTTP_CODING_IDENTITY && request->head->framing != TW_HTTP_FRAMING_NONE)
        body->decoder = tw_http_coding_decompressor(coding, request->route->as_given.body_most);
}

void
tw_http_body_clear(TwHttpBody *body)
{
    g_clear_pointer(&body->chunked, g_free);
    g_clear_pointer(&body->decoder, tw_decompressor_free);
    g_clear_pointer(&body->memory, g_byte_array_unref);
    if (body->fd >= 0)
        close(body->fd);
    body->fd = -1;
}

/* --- keeping --- */

static int
open_nameless(const char *dir, GError **error)
{
    g_autofree char *path = NULL;
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    /* a file system without O_TMPFILE */
    path = g_build_filename(dir, "twiga-body-XXXXXX", NULL);
    fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        tw_error_from_errno(error, errno, dir);
    else
        g_unlink(path);
    return fd;
}

static gboolean
write_all(int fd, const guint8 *data, gsize len, GError **error)
{
    while (len > 0) {
        gssize n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tw_error_from_errno(error, errno, "temporary file");
        data += n;
        len -= (gsize) n;
    }
    return TRUE;
}

static gboolean
move_to_disk(TwHttpBody *body, GError **error)
{
    body->fd = open_nameless(body->request->server->options.tmp_dir, error);
    if (body->fd < 0)
        return FALSE;
    if (body->memory != NULL && !write_all(body->fd, body->memory->data, body->memory->len, error))
        return FALSE;
    g_clear_pointer(&body->memory, g_byte_array_unref);
    return TRUE;
}

/* Takes decoded bytes. */
static gboolean
keep_piece(TwHttpBody *body, const guint8 *data, gsize len, GError **error)
{
    const TwHttpRoute *route = &body->request->route->as_given;

    if (len > route->body_most - body->len) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "body of more than %" G_GUINT64_FORMAT,
                    route->body_most);
        return FALSE;
    }
    body->len += len;
    if (route->piece != NULL)
        return route->piece(body->request, data, len, route->data, error);
    if (body->fd < 0 && body->len > route->memory_most && !move_to_disk(body, error))
        return FALSE;
    if (body->fd >= 0)
        return write_all(body->fd, data, len, error);
    if (body->memory == NULL)
        body->memory = g_byte_array_new();
    g_byte_array_append(body->memory, data, (guint) len);
    return TRUE;
}

static gboolean
decode_piece(TwHttpBody *body, const guint8 *data, gsize len, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(DECODE_AT_ONCE);
    TwCursor in = tw_cursor_init(data, len);
    TwDecompressed result;

    do {
        out.len = 0;
        result = tw_decompressor_put(body->decoder, &in, DECODE_AT_ONCE, &out, error);
        if (result == TW_DECOMPRESS_BAD ||
            (out.len > 0 && !keep_piece(body, out.data, out.len, error)))
            return FALSE;
    } while (result == TW_DECOMPRESS_FULL);
    body->coded_whole = result == TW_DECOMPRESS_END;
    return TRUE;
}

static gboolean
take_piece(TwHttpBody *body, const guint8 *data, gsize len, GError **error)
{
    if (len == 0)
        return TRUE;
    return body->decoder != NULL ? decode_piece(body, data, len, error)
                                 : keep_piece(body, data, len, error);
}

/* --- framing --- */

static guint
status_of(const GError *error)
{
    if (error->domain != TW_ERROR)
        return 500;
    return error->code == TW_ERROR_TOO_BIG    ? 413
           : error->code == TW_ERROR_INVALID  ? 400
           : error->code == TW_ERROR_CORRUPT  ? 400
           : error->code == TW_ERROR_NO_SPACE ? 507
                                              : 500;
}

static TwHttpStep
take_length(TwHttpBody *body, const guint8 *data, gsize len, GError **error)
{
    g_assert(len <= body->left);
    body->left -= len;
    if (!take_piece(body, data, len, error))
        return TW_HTTP_BAD;
    return body->left == 0 ? TW_HTTP_DONE : TW_HTTP_MORE;
}

static TwHttpStep
take_chunked(TwHttpBody *body, const guint8 *data, gsize len, GError **error)
{
    TwHttpStep step = TW_HTTP_MORE;

    while (len > 0 && step == TW_HTTP_MORE) {
        gsize consumed, piece_len;
        const guint8 *piece;

        step = tw_http_chunked_step(body->chunked, data, len, &consumed, &piece, &piece_len);
        if (step == TW_HTTP_BAD) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "chunked framing");
            return TW_HTTP_BAD;
        }
        if (!take_piece(body, piece, piece_len, error))
            return TW_HTTP_BAD;
        data += consumed;
        len -= consumed;
    }
    g_assert(len == 0); /* tw_http_body_want() asks for no more than belongs to us */
    return step;
}

TwHttpStep
tw_http_body_take(TwHttpBody *body, const guint8 *data, gsize len, guint *ret_status)
{
    g_autoptr(GError) error = NULL;
    TwHttpStep step = body->chunked != NULL ? take_chunked(body, data, len, &error)
                                            : take_length(body, data, len, &error);

    if (step == TW_HTTP_BAD) {
        *ret_status = status_of(error);
    } else if (step == TW_HTTP_DONE && body->decoder != NULL && !body->coded_whole) {
        *ret_status = 400;
        return TW_HTTP_BAD;
    }
    return step;
}

void
tw_http_body_want(const TwHttpBody *body, TwConn *conn)
{
    guint64 n = body->chunked != NULL ? tw_http_chunked_want(body->chunked) : body->left;

    if (n > 0)
        tw_conn_want_some(conn, n);
    else
        tw_conn_want_line(conn, TW_HTTP_CHUNK_EXTENSIONS_MOST + 64);
}

/* --- what a handler asks --- */

guint64
tw_http_request_get_body_len(const TwHttpRequest *request)
{
    return request->body.len;
}

gboolean
tw_http_request_read_body(const TwHttpRequest *request,
                          guint64 offset,
                          guint8 *buf,
                          gsize len,
                          gsize *ret_read,
                          GError **error)
{
    const TwHttpBody *body = &request->body;
    gsize done = 0;

    if (offset >= body->len)
        len = 0;
    len = (gsize) MIN((guint64) len, body->len - offset);
    if (body->fd < 0) {
        if (body->memory == NULL) /* nothing came, or a piece function had it */
            len = 0;
        if (len > 0)
            memcpy(buf, body->memory->data + offset, len);
        *ret_read = len;
        return TRUE;
    }
    while (done < len) {
        gssize n = pread(body->fd, buf + done, len - done, (off_t) (offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return tw_error_from_errno(error, n < 0 ? errno : EIO, "temporary file");
        done += (gsize) n;
    }
    *ret_read = len;
    return TRUE;
}

GBytes *
tw_http_request_get_body(TwHttpRequest *request, gsize most, GError **error)
{
    g_autofree guint8 *data = NULL;
    gsize len = 0;

    if (request->body.len > most) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "body of more than %" G_GSIZE_FORMAT, most);
        return NULL;
    }
    data = g_malloc((gsize) request->body.len + 1);
    if (!tw_http_request_read_body(request, 0, data, (gsize) request->body.len, &len, error))
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&data), len);
}
