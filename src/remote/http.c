/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls on connections: a pool of idle ones, requests out, answers in. */
#include <poll.h>
#include <string.h>

#include "net/http-chunked.h"
#include "remote/remote-private.h"

enum {
    REQUEST_MOST = 192 << 20, /* bytes of an envelope: what session/pack.h allows, as base64 */
    PIECE = 32768,
    WHOLE_MOST = 16384, /* bytes of a body that goes out with its head */
    INTERIM_MOST = 8,   /* answers 1xx before the real one */
};

TwSoapDecoder *
tw_remote_decoder_new(void)
{
    static const TwSoapLimits limits = { .body = 192u << 20,
                                         .depth = 128,
                                         .text = 160u << 20,
                                         .items = 1u << 18,
                                         .memory = 320u << 20 };

    return tw_soap_decoder_new(&limits);
}

/* ---- connections ---- */

TwClient *
tw_remote_connect(TwRemote *remote, GError **error)
{
    const TwServerUrl *url = remote->url;
    const TwClientOptions options = {
        .host = url->host,
        .port = url->port,
        .unix_path = url->kind == TW_SERVER_URL_UNIX ? url->path : NULL,
        .connect_ms = remote->connect_ms,
        .io_ms = remote->call_ms,
    };
    g_autoptr(TwClient) client = tw_client_connect(&options, error);

    if (client == NULL)
        return NULL;
    if (remote->tls != NULL && !tw_client_start_tls(client, remote->tls, url->host, error))
        return NULL;
    return g_steal_pointer(&client);
}

/* Something to read on an idle connection is its end. */
static gboolean
is_open(const TwClient *client)
{
    struct pollfd fd = { .fd = tw_client_get_fd(client), .events = POLLIN };

    return !tw_client_has_input(client) && poll(&fd, 1, 0) == 0;
}

TwClient *
tw_remote_take_idle(TwRemote *remote)
{
    TwClient *client;

    do {
        tw_lock(&remote->lock);
        client = g_queue_pop_head(&remote->idle);
        tw_unlock(&remote->lock);
        if (client == NULL || is_open(client))
            return client;
        tw_client_free(client);
    } while (TRUE);
}

void
tw_remote_give_idle(TwRemote *remote, TwClient *client)
{
    TwClient *surplus = NULL;

    tw_lock(&remote->lock);
    g_queue_push_head(&remote->idle, client);
    if (g_queue_get_length(&remote->idle) > remote->most_idle)
        surplus = g_queue_pop_tail(&remote->idle);
    tw_unlock(&remote->lock);
    tw_client_free(surplus);
}

/* ---- out ---- */

/* Of a small call in one piece: a server that is woken by its head would have to wait for the rest. */
static gboolean
write_both(TwClient *client, const char *head, const TwBuffer *body, GError **error)
{
    gsize head_len = strlen(head);
    g_auto(TwBuffer) whole = TW_BUFFER_INIT(WHOLE_MOST + head_len);

    if (body->len > WHOLE_MOST)
        return tw_client_write(client, head, head_len, error) &&
               tw_client_write(client, body->data, body->len, error);
    tw_buffer_put(&whole, head, head_len);
    tw_buffer_put(&whole, body->data, body->len);
    return tw_client_write(client, whole.data, whole.len, error);
}

gboolean
tw_remote_send(
    TwRemote *remote, TwClient *client, TwSoapCall call, gconstpointer args, GError **error)
{
    g_auto(TwBuffer) body = TW_BUFFER_INIT(REQUEST_MOST);
    const TwServerUrl *url = remote->url;
    gboolean local = url->kind == TW_SERVER_URL_UNIX;
    gboolean v6 = !local && strchr(url->host, ':') != NULL;
    g_autofree char *head = NULL;

    if (!tw_soap_write_request(call, args, &body)) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "%s: more than fits into one call",
                    tw_soap_call_info(call)->name);
        return FALSE;
    }
    head =
        g_strdup_printf("POST %s HTTP/1.1\r\nHost: %s%s%s\r\nUser-Agent: twiga/" TW_VERSION "\r\n"
                        "Content-Type: text/xml; charset=utf-8\r\n"
                        "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
                        local ? "/" : url->path, v6 ? "[" : "", local ? "localhost" : url->host,
                        v6 ? "]" : "", body.len);
    return write_both(client, head, &body, error);
}

/* ---- in ---- */

static gboolean
read_head(TwClient *client, TwRemoteAnswer *ret, gboolean *ret_begun, GError **error)
{
    gboolean done = FALSE;
    TwCursor line;

    *ret = (TwRemoteAnswer){ 0 };
    while (!done) {
        if (!tw_client_read_line(client, TW_REMOTE_LINE_MOST, &line, error))
            return FALSE;
        *ret_begun = TRUE;
        line.left--; /* LF */
        if (line.left > 0 && line.next[line.left - 1] == '\r')
            line.left--;
        if (!tw_remote_answer_line(ret, line.next, line.left, &done, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
cut_short(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "answer: it is cut short");
    return FALSE;
}

static gboolean
read_length(TwClient *client, guint64 left, TwSoapDecoder *decoder, GError **error)
{
    guint8 piece[PIECE];

    while (left > 0) {
        gssize got = tw_client_read(client, piece, (gsize) MIN(left, sizeof piece), error);
        if (got < 0)
            return FALSE;
        if (got == 0)
            return cut_short(error);
        if (!tw_soap_decoder_feed(decoder, piece, (gsize) got, error))
            return FALSE;
        left -= (guint64) got;
    }
    return TRUE;
}

static gboolean
feed_chunks(TwHttpChunked *chunked,
            const guint8 *data,
            gsize len,
            TwSoapDecoder *decoder,
            gboolean *ret_done,
            GError **error)
{
    while (len > 0 && !*ret_done) {
        gsize consumed = 0, piece_len = 0;
        const guint8 *piece = NULL;
        TwHttpStep step = tw_http_chunked_step(chunked, data, len, &consumed, &piece, &piece_len);
        if (step == TW_HTTP_BAD) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "answer: broken chunks");
            return FALSE;
        }
        if (piece_len > 0 && !tw_soap_decoder_feed(decoder, piece, piece_len, error))
            return FALSE;
        *ret_done = step == TW_HTTP_DONE;
        data += consumed;
        len -= consumed;
    }
    return TRUE;
}

static gboolean
read_chunks(TwClient *client, TwSoapDecoder *decoder, GError **error)
{
    g_autofree TwHttpChunked *chunked = g_new0(TwHttpChunked, 1);
    guint8 piece[PIECE];
    gboolean done = FALSE;

    tw_http_chunked_init(chunked);
    while (!done) {
        gssize got = tw_client_read(client, piece, sizeof piece, error);
        if (got < 0)
            return FALSE;
        if (got == 0)
            return cut_short(error);
        if (!feed_chunks(chunked, piece, (gsize) got, decoder, &done, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_rest(TwClient *client, TwSoapDecoder *decoder, GError **error)
{
    guint8 piece[PIECE];
    gssize got;

    while ((got = tw_client_read(client, piece, sizeof piece, error)) > 0) {
        if (!tw_soap_decoder_feed(decoder, piece, (gsize) got, error))
            return FALSE;
    }
    return got == 0;
}

static gboolean
read_body(TwClient *client, const TwRemoteAnswer *answer, TwSoapDecoder *decoder, GError **error)
{
    switch (answer->body) {
    case TW_REMOTE_BODY_NONE:
        return TRUE;
    case TW_REMOTE_BODY_LENGTH:
        return read_length(client, answer->len, decoder, error);
    case TW_REMOTE_BODY_CHUNKED:
        return read_chunks(client, decoder, error);
    case TW_REMOTE_BODY_UNTIL_CLOSE:
        return read_rest(client, decoder, error);
    }
    return FALSE;
}

/* A fault comes with 500. */
static gboolean
check_status(guint status, GError **error)
{
    if (status == 200 || status == 500)
        return TRUE;
    g_set_error(error, TW_ERROR, status == 503 ? TW_ERROR_BUSY : TW_ERROR_FAILED,
                "the server answered with HTTP status %u", status);
    return FALSE;
}

gpointer
tw_remote_receive(TwClient *client,
                  TwSoapCall call,
                  TwSoapDecoder *decoder,
                  gboolean *ret_keep,
                  gboolean *ret_begun,
                  GError **error)
{
    const TwSoapMessage *message;
    TwRemoteAnswer answer;
    guint interim = 0;

    *ret_keep = FALSE;
    *ret_begun = FALSE;
    tw_soap_decoder_expect_response(decoder, call);
    do {
        if (!read_head(client, &answer, ret_begun, error))
            return NULL;
    } while (answer.status < 200 && ++interim <= INTERIM_MOST);
    if (!check_status(answer.status, error) || !read_body(client, &answer, decoder, error))
        return NULL;
    message = tw_soap_decoder_finish(decoder, error);
    if (message == NULL)
        return NULL;
    *ret_keep = tw_remote_answer_keeps(&answer) && !tw_client_has_input(client);
    if (message->fault != NULL) {
        if (error != NULL)
            *error = tw_soap_fault_error(message->fault);
        return NULL;
    }
    return message->body;
}

/* ---- both ---- */

/* @ret_stale: nothing came of an idle connection, so that the server may have closed it before the call came. */
static gpointer
exchange_on(TwRemote *remote,
            TwClient *client,
            TwSoapCall call,
            gconstpointer args,
            TwSoapDecoder *decoder,
            gboolean *ret_stale,
            GError **error)
{
    gboolean keep = FALSE, begun = FALSE;
    gpointer body = NULL;

    if (tw_remote_send(remote, client, call, args, error))
        body = tw_remote_receive(client, call, decoder, &keep, &begun, error);
    *ret_stale = body == NULL && !begun;
    if (keep)
        tw_remote_give_idle(remote, client);
    else
        tw_client_free(client);
    return body;
}

gpointer
tw_remote_exchange(TwRemote *remote,
                   TwSoapCall call,
                   gconstpointer args,
                   TwRemoteRepeat repeat,
                   TwSoapDecoder *decoder,
                   GError **error)
{
    TwClient *client = tw_remote_take_idle(remote);
    gboolean stale = FALSE;
    gpointer body;

    if (client != NULL) {
        g_autoptr(GError) why = NULL;
        body = exchange_on(remote, client, call, args, decoder, &stale, &why);
        if (body != NULL)
            return body;
        if (!stale || repeat == TW_REMOTE_ONCE) {
            g_propagate_prefixed_error(error, g_steal_pointer(&why),
                                       "%s: ", tw_soap_call_info(call)->name);
            return NULL;
        }
    }
    client = tw_remote_connect(remote, error);
    if (client == NULL)
        return NULL;
    body = exchange_on(remote, client, call, args, decoder, &stale, error);
    if (body == NULL)
        g_prefix_error(error, "%s: ", tw_soap_call_info(call)->name);
    return body;
}
