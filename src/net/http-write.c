/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Answers: what a handler builds, and how it is framed and sent.
 *
 * A body in memory goes out with its length, a small one in one write with its head; a stream goes out in
 * chunks unless its length is known, piece by piece as the client takes it.
 */
#include <string.h>

#include "net/http-private.h"

enum {
    WRITE_AT_ONCE =
        128 << 10, /* a larger body is fed to the connection in pieces, to keep its buffer small */
    CODE_AT_ONCE = 1 << 20, /* a larger body is coded as it is sent, in chunks */
    WRITE_WITH_HEAD = 4096, /* a smaller body is copied behind its head */
    FIXED_ROOM = 512,       /* for all of a head that has a fixed length or a short one */
    WAIT_MS = 30000
};

const char *
tw_http_status_text(guint status)
{
    static const struct {
        guint status;
        const char *text;
    } rows[] = {
        { 200, "OK" },
        { 201, "Created" },
        { 202, "Accepted" },
        { 204, "No Content" },
        { 206, "Partial Content" },
        { 207, "Multi-Status" },
        { 301, "Moved Permanently" },
        { 302, "Found" },
        { 303, "See Other" },
        { 304, "Not Modified" },
        { 307, "Temporary Redirect" },
        { 308, "Permanent Redirect" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 410, "Gone" },
        { 411, "Length Required" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 414, "URI Too Long" },
        { 415, "Unsupported Media Type" },
        { 416, "Range Not Satisfiable" },
        { 417, "Expectation Failed" },
        { 422, "Unprocessable Content" },
        { 423, "Locked" },
        { 424, "Failed Dependency" },
        { 428, "Precondition Required" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 449, "Retry With" },
        { 451, "Redirect" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
        { 505, "HTTP Version Not Supported" },
        { 507, "Insufficient Storage" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].status == status)
            return rows[i].text;
    }
    return "Status";
}

/* --- building --- */

TwHttpResponse *
tw_http_response_new(guint status)
{
    TwHttpResponse *response = g_new(TwHttpResponse, 1);

    *response = (TwHttpResponse){ 0 };
    g_assert(status >= 200 && status <= 599);
    response->status = status;
    response->coding = TW_HTTP_CODING_NEGOTIATE;
    response->wait_ms = WAIT_MS;
    return response;
}

TwHttpResponse *
tw_http_response_new_text(guint status, const char *text)
{
    TwHttpResponse *response = tw_http_response_new(status);
    g_autofree char *line = g_strconcat(text, "\n", NULL);
    g_autoptr(GBytes) body = g_bytes_new(line, strlen(line));

    tw_http_response_set_body(response, "text/plain; charset=utf-8", body);
    return response;
}

void
tw_http_response_free(TwHttpResponse *response)
{
    if (response == NULL)
        return;
    if (response->pull_destroy != NULL)
        response->pull_destroy(response->pull_data);
    if (response->headers != NULL)
        g_string_free(response->headers, TRUE);
    g_clear_pointer(&response->body, g_bytes_unref);
    g_free(response->content_type);
    g_free(response->etag);
    g_free(response);
}

static gboolean
value_ok(const char *value)
{
    for (; *value != '\0'; value++) {
        guint8 c = (guint8) *value;

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_http_response_add_header(TwHttpResponse *response, const char *name, const char *value)
{
    if (!tw_http_is_token((const guint8 *) name, strlen(name)) || !value_ok(value))
        return FALSE;
    if (g_ascii_strcasecmp(name, "Content-Type") == 0) {
        g_free(response->content_type);
        response->content_type = g_strdup(value);
        return TRUE;
    }
    if (g_ascii_strcasecmp(name, "ETag") == 0) {
        g_free(response->etag);
        response->etag = g_strdup(value);
        return TRUE;
    }
    if (response->headers == NULL)
        response->headers = g_string_new(NULL);
    g_string_append_printf(response->headers, "%s: %s\r\n", name, value);
    return TRUE;
}

static void
set_type(TwHttpResponse *response, const char *content_type)
{
    g_assert(response->body == NULL && response->pull == NULL);
    if (content_type == NULL || !value_ok(content_type))
        return;
    g_free(response->content_type);
    response->content_type = g_strdup(content_type);
}

void
tw_http_response_set_body(TwHttpResponse *response, const char *content_type, GBytes *body)
{
    set_type(response, content_type);
    response->body = g_bytes_ref(body);
}

void
tw_http_response_set_stream(TwHttpResponse *response,
                            const char *content_type,
                            gint64 len,
                            TwHttpPullFunc pull,
                            gpointer data,
                            GDestroyNotify destroy)
{
    set_type(response, content_type);
    response->pull = pull;
    response->pull_data = data;
    response->pull_destroy = destroy;
    response->len = len;
}

void
tw_http_response_set_wait_ms(TwHttpResponse *response, guint wait_ms)
{
    response->wait_ms = wait_ms;
}

void
tw_http_response_set_coding(TwHttpResponse *response, TwHttpCoding coding)
{
    g_assert(coding != TW_HTTP_CODING_UNKNOWN);
    response->coding = (int) coding;
}

void
tw_http_response_close_after(TwHttpResponse *response)
{
    response->close_after = TRUE;
}

/* --- the coding --- */

static TwHttpCoding
choose_coding(const TwHttpConn *http, const TwHttpResponse *response, gboolean *ret_varies)
{
    const TwHttpRequest *request = http->request;

    *ret_varies = FALSE;
    if (response->status == 204 || response->status == 304 || response->status == 206)
        return TW_HTTP_CODING_IDENTITY;
    if (response->coding != TW_HTTP_CODING_NEGOTIATE)
        return (TwHttpCoding) response->coding;
    if (request == NULL || request->route == NULL ||
        (request->route->as_given.flags & TW_HTTP_COMPRESS) == 0 ||
        response->content_type == NULL || !tw_http_type_compresses(response->content_type) ||
        (response->body != NULL &&
         g_bytes_get_size(response->body) < http->server->options.compress_least) ||
        (response->body == NULL && response->pull == NULL))
        return TW_HTTP_CODING_IDENTITY;
    *ret_varies = TRUE;
    return tw_http_coding_choose(request->head);
}

/* Codes a body that is small enough to be coded before its head is written. Returns FALSE if that gains nothing. */
static gboolean
code_body(TwHttpResponse *response, TwHttpCoding coding)
{
    g_autoptr(TwCompressor) encoder = tw_http_coding_compressor(coding);
    gsize len;
    const void *data = g_bytes_get_data(response->body, &len);
    /* a forced coding may make it longer */
    g_auto(TwBuffer) out = TW_BUFFER_INIT(
        response->coding == TW_HTTP_CODING_NEGOTIATE ? len + 16384 : (gsize) CODE_AT_ONCE * 2);

    if (!tw_compressor_put(encoder, data, len, TW_FLUSH_FINISH, &out, NULL) ||
        (response->coding == TW_HTTP_CODING_NEGOTIATE && out.len >= len))
        return FALSE;
    g_bytes_unref(response->body);
    response->body = tw_buffer_steal_bytes(&out, NULL);
    return TRUE;
}

/* Decides the coding and carries it out as far as that is done before sending. */
static TwHttpCoding
apply_coding(TwHttpConn *http, TwHttpResponse *response, gboolean *ret_varies)
{
    TwHttpCoding coding = choose_coding(http, response, ret_varies);

    if (coding == TW_HTTP_CODING_IDENTITY)
        return coding;
    if (response->body != NULL && g_bytes_get_size(response->body) <= CODE_AT_ONCE)
        return code_body(response, coding) ? coding : TW_HTTP_CODING_IDENTITY;
    if (response->body == NULL && response->pull == NULL)
        return TW_HTTP_CODING_IDENTITY;
    http->encoder = tw_http_coding_compressor(coding);
    return coding;
}

/* --- the head --- */

static void
put_str(TwBuffer *out, const char *text)
{
    tw_buffer_put(out, text, strlen(text));
}

/* A constant: its length is known. */
#define put_text(out, text) tw_buffer_put(out, text, sizeof(text) - 1)

static void
put_number(TwBuffer *out, guint64 number)
{
    char digits[20];
    gsize at = sizeof digits;

    do {
        digits[--at] = (char) ('0' + number % 10);
        number /= 10;
    } while (number != 0);
    tw_buffer_put(out, digits + at, sizeof digits - at);
}

#define put_field(out, name, value)                                                                \
    (put_text(out, name ": "), put_str(out, value), put_text(out, "\r\n"))

static void
put_status_line(TwBuffer *out, guint status)
{
    char text[] = "HTTP/1.1 000 ";

    text[9] = (char) ('0' + status / 100);
    text[10] = (char) ('0' + status / 10 % 10);
    text[11] = (char) ('0' + status % 10);
    put_str(out, text);
    put_str(out, tw_http_status_text(status));
    put_text(out, "\r\n");
}

static void
put_negotiate_token(TwBuffer *out, GBytes *token)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(token, &len);
    g_autofree char *text = g_base64_encode(data, len);

    put_text(out, "WWW-Authenticate: Negotiate ");
    put_str(out, text);
    put_text(out, "\r\n");
}

/* len: of the body on the wire; -1: chunks, or up to the end; -2: a status without a body */
static void
put_framing(const TwHttpConn *http, TwBuffer *out, gint64 len)
{
    const TwHttpHead *head = http->request != NULL ? http->request->head : NULL;

    if (len >= 0) {
        put_text(out, "Content-Length: ");
        put_number(out, (guint64) len);
        put_text(out, "\r\n");
    } else if (http->chunked) {
        put_text(out, "Transfer-Encoding: chunked\r\n");
    }
    if (!http->keep)
        put_text(out, "Connection: close\r\n");
    else if (head->minor_version == 0 || head->asks_keep_alive)
        put_text(out, "Connection: keep-alive\r\n");
    put_text(out, "\r\n");
}

/* What put_head() and put_framing() may write at most. */
static gsize
head_room(const TwHttpConn *http)
{
    const TwHttpResponse *response = http->response;
    const char *name = http->server->options.server_name;
    GBytes *token = http->request != NULL ? http->request->token : NULL;
    gsize room = FIXED_ROOM;

    room += name != NULL ? strlen(name) : 0;
    room += response->content_type != NULL ? strlen(response->content_type) : 0;
    room += response->etag != NULL ? strlen(response->etag) : 0;
    room += response->headers != NULL ? response->headers->len : 0;
    room += token != NULL ? g_bytes_get_size(token) * 4 / 3 + 4 : 0;
    return room;
}

static void
put_head(TwHttpConn *http, TwBuffer *out, TwHttpCoding coding, gboolean varies)
{
    const TwHttpResponse *response = http->response;
    const TwHttpServerOptions *options = &http->server->options;
    char date[32];

    tw_http_server_get_date(http->server, date);
    put_status_line(out, response->status);
    put_field(out, "Date", date);
    if (options->server_name != NULL)
        put_field(out, "Server", options->server_name);
    if (response->content_type != NULL)
        put_field(out, "Content-Type", response->content_type);
    if (coding != TW_HTTP_CODING_IDENTITY)
        put_field(out, "Content-Encoding", tw_http_coding_name(coding));
    if (varies)
        put_text(out, "Vary: Accept-Encoding\r\n");
    if (response->etag != NULL) {
        put_text(out, "ETag: ");
        /* other bytes under the same tag: it can hold only weakly */
        put_str(out, coding != TW_HTTP_CODING_IDENTITY && response->etag[0] == '"' ? "W/" : "");
        put_str(out, response->etag);
        put_text(out, "\r\n");
    }
    if (http->request != NULL && http->request->token != NULL)
        put_negotiate_token(out, http->request->token);
    if (response->headers != NULL)
        tw_buffer_put(out, response->headers->str, response->headers->len);
}

/* --- the body --- */

static void
note_sent(TwHttpConn *http, gsize len)
{
    if (http->request != NULL)
        http->request->body_out += len;
}

static void
write_chunk(TwHttpConn *http, const guint8 *data, gsize len)
{
    char size[24];

    if (len == 0) /* would be the end */
        return;
    note_sent(http, len);
    if (!http->chunked) {
        tw_conn_write(http->conn, data, len);
        return;
    }
    g_snprintf(size, sizeof size, "%" G_GSIZE_MODIFIER "X\r\n", len);
    tw_conn_write_str(http->conn, size);
    tw_conn_write(http->conn, data, len);
    tw_conn_write(http->conn, "\r\n", 2);
}

/* Puts one piece through the coding, if there is one, and into a chunk. */
static gboolean
write_piece(TwHttpConn *http, const guint8 *data, gsize len, TwFlush flush)
{
    g_auto(TwBuffer) coded = TW_BUFFER_INIT((gsize) TW_HTTP_STREAM_LIMIT * 2);

    if (http->encoder == NULL) {
        write_chunk(http, data, len);
    } else {
        if (!tw_compressor_put(http->encoder, data, len, flush, &coded, NULL))
            return FALSE;
        write_chunk(http, coded.data, coded.len);
    }
    if (flush == TW_FLUSH_FINISH && http->chunked)
        tw_conn_write_str(http->conn, "0\r\n\r\n");
    return TRUE;
}

/* Breaks off, so that the client sees that the body is not whole. */
static gboolean
break_off(TwHttpConn *http)
{
    tw_conn_abort(http->conn);
    return FALSE;
}

/* TwProduceFunc: a body in memory that is too large for one write */
static gboolean
produce_body(TwConn *conn, gpointer data)
{
    TwHttpConn *http = data;
    gsize len, n;
    const guint8 *bytes = g_bytes_get_data(http->response->body, &len);
    gboolean last;

    (void) conn;
    n = MIN(len - (gsize) http->sent, (gsize) TW_CONN_PIECE);
    last = http->sent + n == len;
    if (!write_piece(http, bytes + http->sent, n, last ? TW_FLUSH_FINISH : TW_FLUSH_NONE))
        return break_off(http);
    http->sent += n;
    if (last)
        tw_http_conn_next(http);
    return !last;
}

/* TwProduceFunc: a stream */
static gboolean
produce_stream(TwConn *conn, gpointer data)
{
    TwHttpConn *http = data;
    TwHttpResponse *response = http->response;
    g_auto(TwBuffer) piece = TW_BUFFER_INIT(TW_HTTP_STREAM_LIMIT);
    TwHttpPull pull = response->pull(&piece, response->pull_data);
    TwFlush flush = pull == TW_HTTP_PULL_END    ? TW_FLUSH_FINISH
                    : pull == TW_HTTP_PULL_WAIT ? TW_FLUSH_SYNC
                                                : TW_FLUSH_NONE;

    if (pull == TW_HTTP_PULL_FAILED || tw_buffer_failed(&piece))
        return break_off(http);
    http->sent += piece.len;
    if (response->len >= 0 && (http->sent > (guint64) response->len ||
                               (pull == TW_HTTP_PULL_END && http->sent < (guint64) response->len)))
        return break_off(http);
    if (!write_piece(http, piece.data, piece.len, flush))
        return break_off(http);
    if (pull == TW_HTTP_PULL_END) {
        tw_http_conn_next(http);
    } else if (pull == TW_HTTP_PULL_WAIT) {
        tw_http_conn_set_state(http, TW_HTTP_STATE_WAITING);
        tw_conn_park(conn, response->wait_ms);
    }
    return pull == TW_HTTP_PULL_MORE;
}

void
tw_http_send_on(TwHttpConn *http)
{
    tw_http_conn_set_state(http, TW_HTTP_STATE_SENDING);
    tw_conn_produce(http->conn, produce_stream, http, NULL);
}

/* Length of the body on the wire, as put_framing() takes it. */
static gint64
wire_len(const TwHttpConn *http)
{
    const TwHttpResponse *response = http->response;

    if (response->status == 204 || response->status == 304)
        return -2;
    if (http->encoder != NULL)
        return TW_HTTP_LEN_UNKNOWN;
    if (response->body != NULL)
        return (gint64) g_bytes_get_size(response->body);
    return response->pull != NULL ? response->len : 0;
}

void
tw_http_send(TwHttpConn *http, TwHttpResponse *response)
{
    const TwHttpHead *head = http->request != NULL ? http->request->head : NULL;
    gboolean bodiless, varies, whole, with_head;
    gsize body_len = 0;
    const guint8 *body;
    TwHttpCoding coding;
    TwBuffer out;
    gint64 len;

    http->response = response;
    tw_http_conn_set_state(http, TW_HTTP_STATE_SENDING);
    http->sent = 0;
    http->chunked = FALSE;
    coding = apply_coding(http, response, &varies);
    len = wire_len(http);
    if (len == TW_HTTP_LEN_UNKNOWN) {
        http->chunked = head != NULL && head->minor_version > 0;
        http->keep = http->keep && http->chunked;
    }
    bodiless = len == -2 || len == 0 || (head != NULL && strcmp(head->method, "HEAD") == 0);
    body = response->body != NULL ? g_bytes_get_data(response->body, &body_len) : NULL;
    whole = !bodiless && response->pull == NULL && http->encoder == NULL && len <= WRITE_AT_ONCE;
    with_head = whole && body_len < WRITE_WITH_HEAD; /* one copy more, one write less */
    if (tw_conn_begin_output(http->conn, head_room(http) + (with_head ? body_len : 0), &out)) {
        put_head(http, &out, coding, varies);
        put_framing(http, &out, len);
        if (with_head)
            tw_buffer_put(&out, body, body_len);
        tw_conn_end_output(http->conn, &out);
    }
    if (whole && !with_head)
        tw_conn_write(http->conn, body, body_len);
    if (whole)
        note_sent(http, body_len);
    if (whole || bodiless)
        tw_http_conn_next(http);
    else
        tw_conn_produce(http->conn, response->pull != NULL ? produce_stream : produce_body, http,
                        NULL);
}
