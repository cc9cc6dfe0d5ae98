/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the tests of the HTTP server share: an application that shows every service, and a client that says exactly
 * which bytes arrive together.
 */
#pragma once

#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "base/error.h"
#include "net/http-server.h"

#include "net-test.h"

/* --- the application --- */

typedef struct {
    TestGate parked, gone, timed_out, logged;
    GMutex lock;
    TwHttpRequest *request; /* a reference to the last parked one */
    GString *log;           /* lines of the access log */
    GString *events;        /* what /events is to say; "." ends it */
    guint64 pieces_len;
} TestApp;

static inline void
app_text(TwHttpRequest *request, const char *text)
{
    TwHttpResponse *response = tw_http_response_new(200);
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));

    tw_http_response_set_body(response, "text/plain", body);
    tw_http_request_respond(request, response);
}

static inline void
app_get(TwHttpRequest *request, gpointer data)
{
    (void) data;
    app_text(request, tw_http_request_get_rest(request)[0] != '\0'
                          ? tw_http_request_get_rest(request)
                          : "hello");
}

static inline void
app_echo(TwHttpRequest *request, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = tw_http_request_get_body(request, 1 << 20, &error);
    TwHttpResponse *response = tw_http_response_new(200);

    (void) data;
    g_assert_no_error(error);
    tw_http_response_set_body(response, "text/plain", body);
    tw_http_request_respond(request, response);
}

/* Answers with length and sum of the body, read in pieces. */
static inline void
app_sum(TwHttpRequest *request, gpointer data)
{
    guint8 buf[1000];
    guint64 sum = 0, offset = 0;
    gsize got;
    g_autofree char *text = NULL;

    (void) data;
    do {
        g_assert_true(tw_http_request_read_body(request, offset, buf, sizeof buf, &got, NULL));
        for (gsize i = 0; i < got; i++)
            sum += buf[i];
        offset += got;
    } while (got > 0);
    g_assert_cmpuint(offset, ==, tw_http_request_get_body_len(request));
    text = g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, offset, sum);
    app_text(request, text);
}

static inline gboolean
app_piece(TwHttpRequest *request, const guint8 *piece, gsize len, gpointer data, GError **error)
{
    guint64 *count = tw_http_request_get_data(request);

    (void) data;
    if (count == NULL) {
        count = g_new0(guint64, 1);
        tw_http_request_set_data(request, count, g_free);
    }
    *count += len;
    if (memchr(piece, '!', len) != NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_NO_SPACE, "as asked");
        return FALSE;
    }
    return TRUE;
}

static inline void
app_pieces(TwHttpRequest *request, gpointer data)
{
    const guint64 *count = tw_http_request_get_data(request);
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, count != NULL ? *count : 0);

    (void) data;
    g_assert_cmpuint(tw_http_request_get_body_len(request), ==, count != NULL ? *count : 0);
    app_text(request, text);
}

static inline TwHttpPull
app_pull_three(TwBuffer *out, gpointer data)
{
    static const char *const pieces[] = { "one,", "two,", "" };
    guint *at = data;

    tw_buffer_put(out, pieces[*at], strlen(pieces[*at]));
    return ++*at < 3 ? TW_HTTP_PULL_MORE : TW_HTTP_PULL_END;
}

/* /stream: length not known; /stream/8: known; /stream/9 and /stream/7: lied about */
static inline void
app_stream(TwHttpRequest *request, gpointer data)
{
    TwHttpResponse *response = tw_http_response_new(200);
    const char *rest = tw_http_request_get_rest(request);

    (void) data;
    tw_http_response_set_stream(response, "text/plain", rest[0] == '/' ? rest[1] - '0' : -1,
                                app_pull_three, g_new0(guint, 1), g_free);
    tw_http_request_respond(request, response);
}

static inline gboolean
app_read(gpointer data, guint64 offset, guint8 *buf, gsize len, GError **error)
{
    (void) error;
    memcpy(buf, (const char *) data + offset, len);
    return TRUE;
}

static inline void
app_content(TwHttpRequest *request, gpointer data)
{
    static char digits[] = "0123456789";
    TwHttpContent content = { .content_type = "text/plain",
                              .etag = "\"v1\"",
                              .modified = 784111777,
                              .size = 10,
                              .read = app_read,
                              .data = digits };

    (void) data;
    tw_http_request_respond(
        request, tw_http_response_new_content(tw_http_request_get_head(request), &content));
}

static inline void
app_auth(TwHttpRequest *request, const TwHttpAuth *claims, gpointer data, TwHttpVerdict *ret)
{
    (void) request;
    (void) data;
    if (claims->scheme == TW_HTTP_AUTH_BASIC && claims->secret_len == 6 &&
        memcmp(claims->secret, "secret", 6) == 0) {
        ret->allowed = TRUE;
        ret->user = g_strdup(claims->user);
        ret->log_name = g_strdup(claims->user);
    } else if (claims->scheme == TW_HTTP_AUTH_NEGOTIATE) {
        ret->allowed = claims->secret[0] == 'A';
        ret->user = g_strdup("kerberos");
        ret->token = g_bytes_new("xyz", 3);
    }
    ret->destroy = g_free;
}

static inline void
app_whoami(TwHttpRequest *request, gpointer data)
{
    const char *user = tw_http_request_get_user(request);

    (void) data;
    app_text(request, user != NULL ? user : "nobody");
}

static inline void
app_forget(TwHttpRequest *request, gpointer data)
{
    (void) request;
    (void) data;
}

static inline void
app_parked(TwHttpRequest *request, TwHttpParkedEvent event, gpointer data)
{
    TestApp *app = data;

    if (event == TW_HTTP_PARKED_TIMEOUT) {
        test_gate_open(&app->timed_out);
        if (g_str_equal(tw_http_request_get_rest(request), "/polite"))
            app_text(request, "nothing new");
    } else {
        test_gate_open(&app->gone);
    }
}

static inline void
app_park(TwHttpRequest *request, gpointer data)
{
    TestApp *app = data;
    const char *rest = tw_http_request_get_rest(request);

    tw_http_request_park(request, rest[0] == '\0' ? 60000 : 1, app_parked, app);
    g_mutex_lock(&app->lock);
    g_clear_pointer(&app->request, tw_http_request_unref);
    app->request = tw_http_request_ref(request);
    g_mutex_unlock(&app->lock);
    test_gate_open(&app->parked);
}

static inline TwHttpPull
app_pull_events(TwBuffer *out, gpointer data)
{
    TestApp *app = data;
    gboolean end;

    g_mutex_lock(&app->lock);
    tw_buffer_put(out, app->events->str, app->events->len);
    end = app->events->len > 0 && app->events->str[app->events->len - 1] == '.';
    g_string_truncate(app->events, 0);
    g_mutex_unlock(&app->lock);
    test_gate_open(&app->parked);
    return end ? TW_HTTP_PULL_END : TW_HTTP_PULL_WAIT;
}

static inline void
app_events(TwHttpRequest *request, gpointer data)
{
    TestApp *app = data;
    TwHttpResponse *response = tw_http_response_new(200);

    g_mutex_lock(&app->lock);
    g_clear_pointer(&app->request, tw_http_request_unref);
    app->request = tw_http_request_ref(request);
    g_mutex_unlock(&app->lock);
    if (tw_http_request_get_rest(request)[0] != '\0')
        tw_http_response_set_wait_ms(response, 1);
    tw_http_response_set_stream(response, "text/event-stream", -1, app_pull_events, app, NULL);
    tw_http_request_respond(request, response);
}

static inline void
app_client(TwHttpRequest *request, gpointer data)
{
    char client[TW_ADDRESS_TEXT_MAX];
    const char *user = tw_http_request_get_proxy_user(request);
    g_autofree char *text = NULL;

    (void) data;
    tw_address_format(tw_http_request_get_client(request), FALSE, client);
    text = g_strdup_printf("%s %s %s", client, user != NULL ? user : "-",
                           tw_http_request_is_secure(request) ? "secure" : "plain");
    app_text(request, text);
}

/* 3,000 bytes that shrink */
static inline void
app_zip(TwHttpRequest *request, gpointer data)
{
    TwHttpResponse *response = tw_http_response_new(200);
    gboolean small = g_str_equal(tw_http_request_get_rest(request), "/small");
    g_autofree char *text = g_strnfill(small ? 1023 : 3000, 'z');
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));

    (void) data;
    tw_http_response_add_header(response, "ETag", "\"z\"");
    tw_http_response_set_body(response, "text/plain", body);
    tw_http_request_respond(request, response);
}

static inline void
app_begin(TwHttpRequest *request, gpointer data)
{
    (void) data;
    if (tw_http_head_get(tw_http_request_get_head(request), "X-Refuse") != NULL)
        tw_http_request_respond_error(request, 403);
}

static inline void
app_access(const TwHttpAccess *access, gpointer data)
{
    TestApp *app = data;

    g_mutex_lock(&app->lock);
    g_string_append_printf(app->log, "%s %s %u %s %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "\n",
                           access->method, access->path, access->status,
                           access->user != NULL ? access->user : "-", access->body_in,
                           access->body_out);
    g_mutex_unlock(&app->lock);
    test_gate_open(&app->logged);
}

static inline void
app_add_routes(TwHttpServer *server, TestApp *app)
{
    const TwHttpRoute routes[] = {
        { .prefix = "/get", .methods = "GET", .handler = app_get },
        { .prefix = "/get", .methods = "PUT, MKCOL", .handler = app_echo, .body_most = 100 },
        { .prefix = "/get/deep", .handler = app_whoami },
        { .prefix = "/echo", .handler = app_echo, .begin = app_begin, .body_most = 1 << 20 },
        { .prefix = "/sum", .handler = app_sum, .body_most = 64 << 20, .memory_most = 1000 },
        { .prefix = "/small", .handler = app_echo, .body_most = 10 },
        { .prefix = "/raw", .handler = app_echo, .body_most = 1000, .flags = TW_HTTP_RAW_BODY },
        { .prefix = "/pieces", .handler = app_pieces, .piece = app_piece, .body_most = G_MAXINT64 },
        { .prefix = "/stream", .handler = app_stream },
        { .prefix = "/content", .handler = app_content },
        { .prefix = "/auth",
          .handler = app_whoami,
          .auth = app_auth,
          .realm = "r",
          .body_most = 100,
          .flags = TW_HTTP_OFFER_BASIC | TW_HTTP_OFFER_NEGOTIATE },
        { .prefix = "/never", .handler = app_forget },
        { .prefix = "/park", .handler = app_park },
        { .prefix = "/events", .handler = app_events },
        { .prefix = "/client", .handler = app_client },
        { .prefix = "/zip", .handler = app_zip, .flags = TW_HTTP_COMPRESS },
    };

    for (guint i = 0; i < G_N_ELEMENTS(routes); i++) {
        TwHttpRoute route = routes[i];

        route.data = app;
        tw_http_server_add_route(server, &route);
    }
}

static inline void
app_init(TestApp *app)
{
    memset(app, 0, sizeof *app);
    app->log = g_string_new(NULL);
    app->events = g_string_new(NULL);
}

static inline void
app_clear(TestApp *app)
{
    g_clear_pointer(&app->request, tw_http_request_unref);
    g_string_free(app->log, TRUE);
    g_string_free(app->events, TRUE);
}

/* The last parked request, with a reference. */
static inline TwHttpRequest *
app_take_request(TestApp *app)
{
    TwHttpRequest *request;

    g_mutex_lock(&app->lock);
    request = g_steal_pointer(&app->request);
    g_mutex_unlock(&app->lock);
    return request;
}

/* --- the client --- */

/* A connection over a socket pair: unlike TCP it tells when the server has read everything. What is sent first is there
 * before the server looks. */
static inline int
client_connect_and_send(TwLoop *loop, TwHttpServer *server, const char *first)
{
    g_autoptr(GError) error = NULL;
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    g_assert_cmpint(fcntl(pair[1], F_SETFL, O_NONBLOCK), ==, 0);
    test_send(pair[0], first);
    tw_conn_add(loop, pair[1], tw_http_server_get_protocol(), server, &error);
    g_assert_no_error(error);
    return pair[0];
}

static inline int
client_connect(TwLoop *loop, TwHttpServer *server)
{
    return client_connect_and_send(loop, server, "");
}

/* Sends; a server that has closed already is no error. */
static inline void
client_send(int fd, const void *data, gsize n)
{
    const guint8 *bytes = data;

    while (n > 0) {
        gssize sent = send(fd, bytes, n, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        bytes += sent;
        n -= (gsize) sent;
    }
}

/* Waits until the server has taken all that was sent. */
static inline void
client_drain(int fd)
{
    int unread = 0;

    while (ioctl(fd, SIOCOUTQ, &unread) == 0 && unread > 0)
        sched_yield();
}

static inline GString *
client_read_all(int fd)
{
    GString *all = g_string_new(NULL);
    char buf[65536];
    gsize got;

    while ((got = test_read(fd, buf, sizeof buf)) > 0)
        g_string_append_len(all, buf, (gssize) got);
    return all;
}

/* Takes the lines that change from run to run out of every head. */
static inline void
client_forget_dates(GString *answer)
{
    const char *found;

    while ((found = strstr(answer->str, "\r\nDate: ")) != NULL)
        g_string_erase(answer, found - answer->str,
                       (gssize) strlen("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT"));
}
