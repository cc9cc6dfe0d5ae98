/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The HTTP server over loopback TCP: what waits, what is large, what is slow, and who is trusted.
 */
#include "http-test.h"

#include "net/http-coding.h"

typedef struct {
    TestApp app;
    TwHttpServer *http;
    TestServer server;
} Fixture;

static void
set_up_with(Fixture *f, TwHttpServerOptions options)
{
    TwListenOptions listen_options;

    app_init(&f->app);
    options.access_func = app_access;
    options.access_data = &f->app;
    f->http = tw_http_server_new(&options);
    app_add_routes(f->http, &f->app);
    tw_http_server_listen_options(f->http, &listen_options);
    f->server = test_server_new(&listen_options, NULL);
}

static void
set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    set_up_with(f, (TwHttpServerOptions){ .server_name = "test" });
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    if (f->server.loop != NULL)
        test_server_free(&f->server);
    tw_http_server_free(f->http);
    app_clear(&f->app);
}

/* The body of an answer that ends with the connection. */
static char *
exchange(Fixture *f, const char *head, const void *body, gsize len)
{
    int fd = test_connect(&f->server);
    g_autoptr(GString) answer = NULL;
    const char *start;

    client_send(fd, head, strlen(head));
    client_send(fd, body, len);
    answer = client_read_all(fd);
    (void) close(fd);
    start = strstr(answer->str, "\r\n\r\n");
    g_assert_nonnull(start);
    return g_strdup(g_str_has_prefix(answer->str, "HTTP/1.1 200 ") ? start + 4 : answer->str);
}

/* Reads up to and with the empty line of a head. */
static char *
read_head(int fd)
{
    GString *head = g_string_new(NULL);
    char c;

    while (!g_str_has_suffix(head->str, "\r\n\r\n") && test_read(fd, &c, 1) == 1)
        g_string_append_c(head, c);
    return g_string_free(head, FALSE);
}

#define END "Host: t\r\nConnection: close\r\n"

/* --- parked requests --- */

static void
test_park_and_answer(Fixture *f, gconstpointer data)
{
    int fd = test_connect(&f->server);
    g_autoptr(TwHttpRequest) request = NULL;
    g_autofree char *head = NULL;

    (void) data;
    /* the second request waits behind the first */
    test_send(fd, "GET /park HTTP/1.1\r\nHost: t\r\n\r\nGET /get HTTP/1.1\r\n" END "\r\n");
    test_gate_wait(&f->app.parked, 1);
    request = app_take_request(&f->app);
    g_assert_false(tw_http_request_is_gone(request));
    g_assert_true(tw_http_request_respond(request, tw_http_response_new_text(200, "late")));
    g_assert_false(tw_http_request_respond(request, tw_http_response_new_text(200, "later")));
    head = read_head(fd);
    g_assert_true(g_str_has_prefix(head, "HTTP/1.1 200 OK\r\n"));
    test_expect(fd, "late\n");
    test_gate_wait(&f->app.gone, 1);
    g_assert_true(tw_http_request_is_gone(request));
    g_free(head);
    head = read_head(fd);
    g_assert_nonnull(strstr(head, "\r\nConnection: close\r\n"));
    test_expect(fd, "hello");
    test_expect_end(fd);
    (void) close(fd);
}

static void
test_park_timeout(Fixture *f, gconstpointer data)
{
    g_autofree char *rude = exchange(f, "GET /park/rude HTTP/1.1\r\n" END "\r\n", NULL, 0);
    g_autofree char *polite = exchange(f, "GET /park/polite HTTP/1.1\r\n" END "\r\n", NULL, 0);

    (void) data;
    g_assert_true(g_str_has_prefix(rude, "HTTP/1.1 503 Service Unavailable\r\n"));
    g_assert_cmpstr(polite, ==, "nothing new");
    test_gate_wait(&f->app.timed_out, 2);
    test_gate_wait(&f->app.gone, 2);
}

static void
test_park_client_leaves(Fixture *f, gconstpointer data)
{
    int fd = test_connect(&f->server);
    g_autoptr(TwHttpRequest) request = NULL;

    (void) data;
    test_send(fd, "GET /park HTTP/1.1\r\nHost: t\r\n\r\n");
    test_gate_wait(&f->app.parked, 1);
    request = app_take_request(&f->app);
    (void) close(fd);
    test_gate_wait(&f->app.gone, 1);
    g_assert_true(tw_http_request_is_gone(request));
    g_assert_false(tw_http_request_respond(request, tw_http_response_new(200)));
    test_gate_wait(&f->app.logged, 1);
    g_assert_cmpstr(f->app.log->str, ==, "GET /park 0 - 0/0\n");
}

static void
test_park_and_stop(Fixture *f, gconstpointer data)
{
    int fd = test_connect(&f->server);
    g_autofree char *head = NULL;

    (void) data;
    test_send(fd, "GET /park HTTP/1.1\r\nHost: t\r\n\r\n");
    test_gate_wait(&f->app.parked, 1);
    test_server_free(&f->server);
    head = read_head(fd);
    g_assert_true(g_str_has_prefix(head, "HTTP/1.1 503 "));
    (void) close(fd);
}

/* Answers from other threads, as fast as requests come, on connections that live on. */
typedef struct {
    Fixture *f;
    TestGate done;
} Answerer;

static gpointer
answer_all(gpointer data)
{
    Answerer *answerer = data;

    while (test_gate_count(&answerer->done) == 0) {
        g_autoptr(TwHttpRequest) request = app_take_request(&answerer->f->app);

        if (request != NULL)
            tw_http_request_respond(request, tw_http_response_new_text(200, "x"));
        else
            sched_yield();
    }
    return NULL;
}

static void
test_park_storm(Fixture *f, gconstpointer data)
{
    Answerer answerer = { .f = f };
    GThread *thread = g_thread_new("answers", answer_all, &answerer);
    int fd = test_connect(&f->server);

    (void) data;
    for (guint i = 0; i < 500; i++) {
        g_autofree char *head = NULL;

        test_send(fd, "GET /park HTTP/1.1\r\nHost: t\r\n\r\n");
        head = read_head(fd);
        g_assert_true(g_str_has_prefix(head, "HTTP/1.1 200 "));
        test_expect(fd, "x\n");
    }
    test_gate_open(&answerer.done);
    g_thread_join(thread);
    (void) close(fd);
}

/* --- event streams --- */

static void
say(Fixture *f, TwHttpRequest *request, const char *text)
{
    g_mutex_lock(&f->app.lock);
    g_string_append(f->app.events, text);
    g_mutex_unlock(&f->app.lock);
    if (request != NULL)
        tw_http_request_wake(request);
}

static void
test_event_stream(Fixture *f, gconstpointer data)
{
    int fd = test_connect(&f->server);
    g_autoptr(TwHttpRequest) request = NULL;
    g_autofree char *head = NULL;

    (void) data;
    test_send(fd, "GET /events HTTP/1.1\r\nHost: t\r\n\r\n");
    head = read_head(fd);
    g_assert_nonnull(strstr(head, "\r\nContent-Type: text/event-stream\r\n"));
    g_assert_nonnull(strstr(head, "\r\nTransfer-Encoding: chunked\r\n"));
    test_gate_wait(&f->app.parked, 1);
    request = app_take_request(&f->app);
    say(f, request, "data: 1\n\n");
    test_expect(fd, "9\r\ndata: 1\n\n\r\n");
    say(f, request, "data: 22\n\n");
    test_expect(fd, "A\r\ndata: 22\n\n\r\n");
    say(f, request, ".");
    test_expect(fd, "1\r\n.\r\n0\r\n\r\n");
    test_send(fd, "GET /get HTTP/1.1\r\n" END "\r\n");
    g_free(head);
    head = read_head(fd);
    g_assert_nonnull(strstr(head, "\r\nConnection: close\r\n"));
    test_expect(fd, "hello");
    test_expect_end(fd);
    (void) close(fd);
}

/* No wake-up is called: the pause ends by itself, and the stream is pulled again. */
static void
test_event_stream_heartbeat(Fixture *f, gconstpointer data)
{
    int fd = test_connect(&f->server);
    g_autofree char *head = NULL;

    (void) data;
    test_send(fd, "GET /events/beat HTTP/1.1\r\nHost: t\r\n\r\n");
    head = read_head(fd);
    g_assert_true(g_str_has_prefix(head, "HTTP/1.1 200 OK\r\n"));
    test_gate_wait(&f->app.parked, 3);
    say(f, NULL, ".");
    test_expect(fd, "1\r\n.\r\n0\r\n\r\n");
    (void) close(fd);
}

static void
test_event_stream_client_leaves(Fixture *f, gconstpointer data)
{
    int fd = test_connect(&f->server);

    (void) data;
    test_send(fd, "GET /events HTTP/1.1\r\nHost: t\r\n\r\n");
    test_gate_wait(&f->app.parked, 1);
    (void) close(fd);
    test_gate_wait(&f->app.logged, 1);
    g_assert_cmpstr(f->app.log->str, ==, "GET /events 0 - 0/0\n");
}

/* --- large bodies --- */

static void
test_body_on_disk(Fixture *f, gconstpointer data)
{
    gsize len = 3 << 20;
    g_autofree guint8 *body = g_malloc(len);
    guint64 sum = 0;
    g_autofree char *expected = NULL, *by_length = NULL, *by_chunks = NULL, *head = NULL;
    g_autoptr(GString) chunks = g_string_new(NULL);

    (void) data;
    for (gsize i = 0; i < len; i++) {
        body[i] = (guint8) (i * 31 >> 3);
        sum += body[i];
    }
    expected = g_strdup_printf("%" G_GSIZE_FORMAT " %" G_GUINT64_FORMAT, len, sum);
    head = g_strdup_printf(
        "POST /sum HTTP/1.1\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n" END "\r\n", len);
    by_length = exchange(f, head, body, len);
    g_assert_cmpstr(by_length, ==, expected);
    for (gsize at = 0, n; at < len; at += n) {
        n = MIN(len - at, 1 + at % 70001);
        g_string_append_printf(chunks, "%" G_GSIZE_MODIFIER "x\r\n", n);
        g_string_append_len(chunks, (char *) body + at, (gssize) n);
        g_string_append(chunks, "\r\n");
    }
    g_string_append(chunks, "0\r\n\r\n");
    by_chunks = exchange(f, "POST /sum HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END "\r\n",
                         chunks->str, chunks->len);
    g_assert_cmpstr(by_chunks, ==, expected);
}

static void
test_compressed_requests(Fixture *f, gconstpointer data)
{
    static const TwHttpCoding codings[] = { TW_HTTP_CODING_GZIP, TW_HTTP_CODING_ZSTD };
    gsize len = 200000, bomb_len = 32 << 20;
    g_autofree char *text = g_strnfill(len, 'a');
    g_autofree guint8 *zeros = g_malloc0(bomb_len);

    (void) data;
    for (gsize at = 0; at < len; at += 2)
        text[at] = (char) ('a' + (at * 2654435761u >> 20) % 16);
    for (guint i = 0; i < 2; i++) {
        for (guint bomb = 0; bomb < 2; bomb++) {
            g_autoptr(TwCompressor) encoder = tw_http_coding_compressor(codings[i]);
            g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);
            g_autofree char *head = NULL, *answer = NULL;

            g_assert_true(tw_compressor_put(encoder, bomb ? (void *) zeros : text,
                                            bomb ? bomb_len : len, TW_FLUSH_FINISH, &out, NULL));
            head = g_strdup_printf("POST %s HTTP/1.1\r\nContent-Encoding: %s\r\n"
                                   "Content-Length: %" G_GSIZE_FORMAT "\r\n" END "\r\n",
                                   bomb ? "/pieces" : "/echo", tw_http_coding_name(codings[i]),
                                   out.len);
            answer = exchange(f, head, out.data, out.len);
            if (bomb)
                g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 413 "));
            else
                g_assert_true(g_str_equal(answer, text));
        }
    }
}

static void
test_compressed_answers(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *path, *accept, *coding; /* NULL: as it is */
    } rows[] = {
        { "/zip", "gzip, deflate", "gzip" },
        { "/zip", "gzip, zstd", "zstd" },
        { "/zip", "identity", NULL },
        { "/zip/small", "gzip", NULL },
        { "/get", "gzip", NULL },
    };

    (void) data;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        int fd = test_connect(&f->server);
        g_autofree char *head = NULL;
        g_autoptr(GString) body = NULL;

        head = g_strdup_printf("GET %s HTTP/1.1\r\nAccept-Encoding: %s\r\n" END "\r\n",
                               rows[i].path, rows[i].accept);
        test_send(fd, head);
        g_free(head);
        head = read_head(fd);
        body = client_read_all(fd);
        (void) close(fd);
        g_assert_cmpint(strstr(head, "\r\nContent-Encoding: ") != NULL, ==, rows[i].coding != NULL);
        g_assert_cmpint(strstr(head, "\r\nVary: Accept-Encoding\r\n") != NULL, ==, i < 3);
        if (rows[i].coding != NULL) {
            g_autofree char *field =
                g_strdup_printf("\r\nContent-Encoding: %s\r\n", rows[i].coding);
            g_autoptr(TwDecompressor) decoder = tw_http_coding_decompressor(
                i == 0 ? TW_HTTP_CODING_GZIP : TW_HTTP_CODING_ZSTD, 3000);
            g_auto(TwBuffer) plain = TW_BUFFER_INIT(4000);
            TwCursor in = tw_cursor_init(body->str, body->len);

            g_assert_nonnull(strstr(head, field));
            g_assert_nonnull(strstr(head, "\r\nETag: W/\"z\"\r\n"));
            g_assert_cmpint(tw_decompressor_put(decoder, &in, 4000, &plain, NULL), ==,
                            TW_DECOMPRESS_END);
            g_assert_cmpuint(plain.len, ==, 3000);
            g_assert_cmpint(plain.data[0], ==, 'z');
            g_assert_cmpint(plain.data[2999], ==, 'z');
        }
    }
}

static void
test_many_ranges(Fixture *f, gconstpointer data)
{
    int fd = test_connect(&f->server);
    g_autofree char *head = NULL, *expected = NULL, *length = NULL;
    char boundary[25] = "";
    const char *found;

    (void) data;
    test_send(fd, "GET /content HTTP/1.1\r\nRange: bytes=7-8,0-1\r\n" END "\r\n");
    head = read_head(fd);
    g_assert_true(g_str_has_prefix(head, "HTTP/1.1 206 "));
    found = strstr(head, "multipart/byteranges; boundary=");
    g_assert_nonnull(found);
    memcpy(boundary, found + strlen("multipart/byteranges; boundary="), 24);
    expected = g_strdup_printf("--%s\r\nContent-Type: text/plain\r\n"
                               "Content-Range: bytes 7-8/10\r\n\r\n78"
                               "\r\n--%s\r\nContent-Type: text/plain\r\n"
                               "Content-Range: bytes 0-1/10\r\n\r\n01\r\n--%s--\r\n",
                               boundary, boundary, boundary);
    length = g_strdup_printf("\r\nContent-Length: %u\r\n", (guint) strlen(expected));
    g_assert_nonnull(strstr(head, length));
    test_expect(fd, expected);
    test_expect_end(fd);
    (void) close(fd);
}

/* --- slow clients --- */

static void
test_slow_clients(void)
{
    static const struct {
        const char *sent, *answer; /* "": closed without a word */
    } rows[] = {
        { "", "" },
        { "GET /get HTTP/1.1\r\nHo", "HTTP/1.1 408 Request Timeout\r\n" },
        { "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc",
          "HTTP/1.1 408 Request Timeout\r\n" },
        { "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\n",
          "HTTP/1.1 408 Request Timeout\r\n" },
        { "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na",
          "HTTP/1.1 408 Request Timeout\r\n" },
    };
    Fixture f;

    set_up_with(&f, (TwHttpServerOptions){ .timeouts = { .idle_ms = 20, .progress_ms = 20 } });
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        int fd = client_connect_and_send(f.server.loop, f.http, rows[i].sent);
        g_autoptr(GString) answer = client_read_all(fd);

        g_test_message("%s", rows[i].sent);
        g_assert_true(g_str_has_prefix(answer->str, rows[i].answer));
        g_assert_cmpint(answer->len > 0, ==, rows[i].answer[0] != '\0');
        (void) close(fd);
    }
    tear_down(&f, NULL);
}

static void
test_cut_body(Fixture *f, gconstpointer data)
{
    int fd = test_connect(&f->server);
    g_autoptr(GString) answer = NULL;

    (void) data;
    test_send(fd, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc");
    g_assert_cmpint(shutdown(fd, SHUT_WR), ==, 0);
    answer = client_read_all(fd);
    g_assert_true(g_str_has_prefix(answer->str, "HTTP/1.1 400 "));
    (void) close(fd);
}

static void
test_half_closed_client_is_answered(Fixture *f, gconstpointer data)
{
    int fd = test_connect(&f->server);
    g_autoptr(GString) answer = NULL;

    (void) data;
    test_send(fd, "GET /get HTTP/1.1\r\nHost: t\r\n\r\nGET /stream HTTP/1.1\r\nHost: t\r\n\r\n");
    g_assert_cmpint(shutdown(fd, SHUT_WR), ==, 0);
    answer = client_read_all(fd);
    g_assert_nonnull(strstr(answer->str, "hello"));
    g_assert_true(g_str_has_suffix(answer->str, "4\r\ntwo,\r\n0\r\n\r\n"));
    (void) close(fd);
}

/* --- trust --- */

static void
test_proxies(void)
{
    static const struct {
        gboolean trusted;
        const char *fields, *answer;
    } rows[] = {
        { FALSE, "X-Forwarded-For: 192.0.2.9\r\nX-User: root\r\nX-Forwarded-Proto: https\r\n",
          "loopback - plain" },
        { TRUE, "", "loopback - plain" },
        { TRUE, "X-Forwarded-For: 192.0.2.9\r\nX-User: ann\r\nX-Forwarded-Proto: https\r\n",
          "192.0.2.9 ann secure" },
        { TRUE, "X-Forwarded-For: 203.0.113.1, 192.0.2.9:99, 10.0.0.2\r\n", "192.0.2.9 - plain" },
        { TRUE, "X-Forwarded-For: 203.0.113.1\r\nX-Forwarded-For: 192.0.2.9\r\n",
          "192.0.2.9 - plain" },
        { TRUE, "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-For: 10.0.0.2\r\n",
          "192.0.2.9 - plain" },
        { TRUE, "X-Forwarded-For: [2001:db8::1]:5\r\n", "2001:db8::1 - plain" },
        { TRUE, "X-Forwarded-For: 192.0.2.9, garbage\r\n", "loopback - plain" },
        { TRUE, "X-Forwarded-For: 192.0.2.9, garbage, 10.0.0.2\r\n", "10.0.0.2 - plain" },
        { TRUE, "X-User: ann\r\nX-User: root\r\n", "loopback - plain" },
        { TRUE, "X-User:\r\n", "loopback - plain" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GArray) trusted = NULL;
        g_autofree char *head =
            g_strdup_printf("GET /client HTTP/1.1\r\n%s" END "\r\n", rows[i].fields);
        g_autofree char *answer = NULL;
        Fixture f;

        g_assert_true(tw_network_list_parse(
            rows[i].trusted ? "127.0.0.0/8, ::1, 10.0.0.0/8" : "10.0.0.0/8", &trusted, NULL));
        set_up_with(
            &f, (TwHttpServerOptions){ .trusted_proxies = trusted, .proxy_user_header = "X-User" });
        answer = exchange(&f, head, NULL, 0);
        if (g_str_has_prefix(rows[i].answer, "loopback ")) {
            g_assert_true(g_str_has_prefix(answer, loopback_host()));
            g_assert_cmpstr(answer + strlen(loopback_host()), ==, " - plain");
        } else {
            g_assert_cmpstr(answer, ==, rows[i].answer);
        }
        tear_down(&f, NULL);
    }
}

static void
test_access_log(Fixture *f, gconstpointer data)
{
    int fd = test_connect(&f->server);
    g_autoptr(GString) answer = NULL;

    (void) data;
    test_send(fd, "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n0\r\n\r\n"
                  "GET /auth HTTP/1.1\r\nHost: t\r\nAuthorization: Basic YW5uOnNlY3JldA==\r\n\r\n"
                  "GET /stream HTTP/1.1\r\nHost: t\r\n\r\nnonsense\r\n\r\n");
    answer = client_read_all(fd);
    g_assert_true(g_str_has_suffix(answer->str, "\r\n\r\nBad Request\n"));
    test_gate_wait(&f->app.logged, 4);
    g_assert_cmpstr(f->app.log->str, ==,
                    "POST /echo 200 - 3/3\nGET /auth 200 ann 0/3\nGET /stream 200 - 0/8\n"
                    "- - 400 - 0/0\n");
    (void) close(fd);
}

static gboolean
check_health(gpointer data, GString *detail)
{
    const gboolean *well = data;

    if (!*well)
        g_string_append(detail, "store: away");
    return *well;
}

static void
write_metrics(gpointer data, GString *text)
{
    (void) data;
    g_string_append(text, "twiga_up 1\n");
}

static void
test_built_in(void)
{
    g_autoptr(TwHttpServer) http = tw_http_server_new(NULL);
    gboolean well = FALSE;
    TwListenOptions listen_options;
    Fixture f = { .http = http };
    g_autofree char *live = NULL, *ready = NULL, *metrics = NULL;

    tw_http_server_add_health(http, "/health/live", NULL, NULL);
    tw_http_server_add_health(http, "/health/ready", check_health, &well);
    tw_http_server_add_metrics(http, "/metrics", write_metrics, NULL);
    tw_http_server_listen_options(http, &listen_options);
    f.server = test_server_new(&listen_options, NULL);
    live = exchange(&f, "GET /health/live HTTP/1.1\r\n" END "\r\n", NULL, 0);
    ready = exchange(&f, "GET /health/ready HTTP/1.1\r\n" END "\r\n", NULL, 0);
    metrics = exchange(&f, "GET /metrics HTTP/1.1\r\n" END "\r\n", NULL, 0);
    g_assert_cmpstr(live, ==, "ok\n");
    g_assert_true(g_str_has_prefix(ready, "HTTP/1.1 503 "));
    g_assert_true(g_str_has_suffix(ready, "\r\n\r\nstore: away\n"));
    g_assert_cmpstr(metrics, ==, "twiga_up 1\n");
    test_server_free(&f.server);
}

#define ADD(path, func) g_test_add("/net/http-live/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("park/answer", test_park_and_answer);
    ADD("park/timeout", test_park_timeout);
    ADD("park/client-leaves", test_park_client_leaves);
    ADD("park/stop", test_park_and_stop);
    ADD("park/storm", test_park_storm);
    ADD("events/stream", test_event_stream);
    ADD("events/heartbeat", test_event_stream_heartbeat);
    ADD("events/client-leaves", test_event_stream_client_leaves);
    ADD("body/on-disk", test_body_on_disk);
    ADD("body/compressed", test_compressed_requests);
    ADD("answer/compressed", test_compressed_answers);
    ADD("answer/many-ranges", test_many_ranges);
    g_test_add_func("/net/http-live/slow-clients", test_slow_clients);
    ADD("cut-body", test_cut_body);
    ADD("half-closed", test_half_closed_client_is_answered);
    g_test_add_func("/net/http-live/proxies", test_proxies);
    ADD("access-log", test_access_log);
    g_test_add_func("/net/http-live/built-in", test_built_in);
    return g_test_run();
}
