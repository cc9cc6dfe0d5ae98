/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Exact bytes in, exact bytes out, and what becomes of the connection: behind every case comes one more request, which
 * is answered or not. Each case is sent cut in two at every position.
 */
#include "http-test.h"

typedef struct {
    const char *name, *input, *output;
    gboolean kept; /* the request behind it is answered */
} Case;

#define H " HTTP/1.1\r\nHost: t\r\n"
#define PROBE "GET /get/end" H "Connection: close\r\n\r\n"
#define PROBE_ANSWER TEXT_CLOSED("4", "/end")
#define TEXT(length, text)                                                                         \
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " length "\r\n\r\n" text
#define TEXT_CLOSED(length, text)                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " length                       \
    "\r\nConnection: close\r\n\r\n" text
#define REFUSED(status, length, text)                                                              \
    "HTTP/1.1 " status "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " length    \
    "\r\nConnection: close\r\n\r\n" text "\n"
#define BAD_REQUEST REFUSED("400 Bad Request", "12", "Bad Request")
#define TOO_LARGE REFUSED("413 Content Too Large", "18", "Content Too Large")

static const Case cases[] = {
    { "GET", "GET /get" H "\r\n", TEXT("5", "hello"), TRUE },
    { "pipelined", "GET /get" H "\r\nPOST /echo" H "Content-Length: 2\r\n\r\nabGET /get/x" H "\r\n",
      TEXT("5", "hello") TEXT("2", "ab") TEXT("2", "/x"), TRUE },
    { "HEAD", "HEAD /get" H "\r\n", TEXT("5", ""), TRUE },
    { "HEAD of a stream", "HEAD /stream" H "\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n", TRUE },
    { "close", "GET /get" H "Connection: close\r\n\r\n", TEXT_CLOSED("5", "hello"), FALSE },
    { "HTTP/1.0", "GET /get HTTP/1.0\r\n\r\n", TEXT_CLOSED("5", "hello"), FALSE },
    { "HTTP/1.0 kept", "GET /get HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
      "Connection: keep-alive\r\n\r\nhello",
      TRUE },
    { "HTTP/1.0 stream", "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\none,two,", FALSE },

    /* routes */
    { "longest prefix", "GET /get/deep/x" H "\r\n", TEXT("6", "nobody"), TRUE },
    { "no segment boundary", "GET /gets" H "\r\n",
      "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Length: 10\r\n\r\nNot Found\n",
      TRUE },
    { "second route of a prefix", "MKCOL /get" H "Content-Length: 1\r\n\r\nx", TEXT("1", "x"),
      TRUE },
    { "method not allowed", "DELETE /get" H "\r\n",
      "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Allow: GET, HEAD, PUT, MKCOL\r\nContent-Length: 19\r\n\r\nMethod Not Allowed\n",
      TRUE },
    { "dots cannot leave a route", "GET /auth/../get/%2e%2e/get" H "\r\n", TEXT("5", "hello"),
      TRUE },
    { "handler without answer", "GET /never" H "\r\n",
      "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Length: 22\r\n\r\nInternal Server Error\n",
      TRUE },

    /* bodies */
    { "length", "POST /echo" H "Content-Length: 5\r\n\r\n12345", TEXT("5", "12345"), TRUE },
    { "length 0", "POST /echo" H "Content-Length: 0\r\n\r\n", TEXT("0", ""), TRUE },
    { "chunked",
      "POST /echo" H "Transfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX: y\r\n\r\n",
      TEXT("5", "abcde"), TRUE },
    { "100-continue", "POST /echo" H "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab",
      "HTTP/1.1 100 Continue\r\n\r\n" TEXT("2", "ab"), TRUE },
    { "pieces",
      "POST /pieces" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nx\r\n0\r\n\r\n",
      TEXT("1", "4"), TRUE },
    { "piece refused", "POST /pieces" H "Content-Length: 3\r\n\r\na!b",
      REFUSED("507 Insufficient Storage", "21", "Insufficient Storage"), FALSE },
    { "at the limit", "POST /small" H "Content-Length: 10\r\n\r\n1234567890",
      TEXT("10", "1234567890"), TRUE },
    { "past the limit: skipped", "POST /small" H "Content-Length: 11\r\n\r\n12345678901",
      "HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Length: 18\r\n\r\nContent Too Large\n",
      TRUE },
    { "far past the limit", "POST /small" H "Content-Length: 65537\r\n\r\n12345", TOO_LARGE,
      FALSE },
    { "past the limit: not asked for",
      "POST /small" H "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n", TOO_LARGE, FALSE },
    { "chunked past the limit",
      "POST /small" H "Transfer-Encoding: chunked\r\n\r\n"
      "6\r\n123456\r\n5\r\n78901\r\n0\r\n\r\n",
      TOO_LARGE, FALSE },
    { "no body wanted", "POST /get/deep" H "Content-Length: 1\r\n\r\nx",
      "HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Length: 18\r\n\r\nContent Too Large\n",
      TRUE },
    { "begin refuses", "POST /echo" H "X-Refuse: 1\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Length: 10\r\n\r\nForbidden\n",
      TRUE },
    { "coding unknown", "POST /echo" H "Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 415 Unsupported Media Type\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Accept-Encoding: gzip, zstd\r\nContent-Length: 23\r\n\r\nUnsupported Media Type\n",
      TRUE },
    { "coding left alone", "POST /raw" H "Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc",
      TEXT("3", "abc"), TRUE },
    { "broken gzip", "POST /echo" H "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
      BAD_REQUEST, FALSE },

    /* streams */
    { "stream", "GET /stream" H "\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4\r\none,\r\n4\r\ntwo,\r\n0\r\n\r\n",
      TRUE },
    { "stream of known length", "GET /stream/8" H "\r\n", TEXT("8", "one,two,"), TRUE },
    { "stream too short", "GET /stream/9" H "\r\n", TEXT("9", "one,two,"), FALSE },
    { "stream too long", "GET /stream/7" H "\r\n", TEXT("7", "one,"), FALSE },

/* contents */
#define CONTENT_HEAD "Accept-Ranges: bytes\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    { "content", "GET /content" H "\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: \"v1\"\r\n" CONTENT_HEAD
      "Content-Length: 10\r\n\r\n0123456789",
      TRUE },
    { "range", "GET /content" H "Range: bytes=2-4\r\n\r\n",
      "HTTP/1.1 206 Partial Content\r\nContent-Type: text/plain\r\nETag: \"v1\"\r\n" CONTENT_HEAD
      "Content-Range: bytes 2-4/10\r\nContent-Length: 3\r\n\r\n234",
      TRUE },
    { "HEAD knows no range", "HEAD /content" H "Range: bytes=2-4\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: \"v1\"\r\n" CONTENT_HEAD
      "Content-Length: 10\r\n\r\n",
      TRUE },
    { "range of something else", "GET /content" H "Range: bytes=2-4\r\nIf-Range: \"v0\"\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: \"v1\"\r\n" CONTENT_HEAD
      "Content-Length: 10\r\n\r\n0123456789",
      TRUE },
    { "not satisfiable", "GET /content" H "Range: bytes=10-\r\n\r\n",
      "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "ETag: \"v1\"\r\n" CONTENT_HEAD "Content-Range: bytes */10\r\nContent-Length: 22\r\n\r\n"
      "Range Not Satisfiable\n",
      TRUE },
    { "not modified", "GET /content" H "If-None-Match: W/\"v1\"\r\n\r\n",
      "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n" CONTENT_HEAD "\r\n", TRUE },
    { "precondition", "GET /content" H "If-Match: \"v2\"\r\n\r\n",
      "HTTP/1.1 412 Precondition Failed\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "ETag: \"v1\"\r\n" CONTENT_HEAD "Content-Length: 20\r\n\r\nPrecondition Failed\n",
      TRUE },

/* identity: robustness.md, attack 9 */
#define UNAUTHORIZED(connection)                                                                   \
    "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain; charset=utf-8\r\n"                     \
    "WWW-Authenticate: Negotiate\r\n"                                                              \
    "WWW-Authenticate: Basic realm=\"r\", charset=\"UTF-8\"\r\nContent-Length: 13\r\n" connection  \
    "\r\nUnauthorized\n"
    { "no identity is carried over",
      "GET /auth" H "Authorization: Basic YW5uOnNlY3JldA==\r\n\r\n"
      "GET /auth" H "\r\n"
      "GET /auth" H "Authorization: Basic Ym9iOnNlY3JldA==\r\n\r\n"
      "GET /auth" H "Authorization: Basic YW5uOndyb25n\r\n\r\n"
      "GET /get/deep" H "\r\n"
      "GET /auth" H "Authorization: Negotiate QUFB\r\n\r\n"
      "GET /auth" H "Authorization: Digest x\r\n\r\n",
      TEXT("3", "ann") UNAUTHORIZED("") TEXT("3", "bob") UNAUTHORIZED("")
          TEXT("6", "nobody") "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nWWW-Authenticate: "
                              "Negotiate eHl6\r\n"
                              "Content-Length: 8\r\n\r\nkerberos" UNAUTHORIZED(""),
      TRUE },
    { "refused with its body", "POST /auth" H "Content-Length: 4\r\n\r\nGET ", UNAUTHORIZED(""),
      TRUE },
    { "refused before its body", "POST /auth" H "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n",
      UNAUTHORIZED("Connection: close\r\n"), FALSE },
    { "refused with chunks", "POST /auth" H "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
      UNAUTHORIZED("Connection: close\r\n"), FALSE },

    /* framing: what comes behind is never read as a request. robustness.md, attack 14 */
    { "CL and TE",
      "POST /echo" H "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      BAD_REQUEST, FALSE },
    { "two CL", "POST /echo" H "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", BAD_REQUEST,
      FALSE },
    { "TE obfuscated", "POST /echo" H "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", BAD_REQUEST,
      FALSE },
    { "TE unknown", "POST /echo" H "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      REFUSED("501 Not Implemented", "16", "Not Implemented"), FALSE },
    { "bare LF", "GET /get HTTP/1.1\nHost: t\n\n", BAD_REQUEST, FALSE },
    { "bare LF as empty line", "GET /get" H "\n", BAD_REQUEST, FALSE },
    { "obs-fold", "GET /get" H "X: a\r\n b\r\n\r\n", BAD_REQUEST, FALSE },
    { "blank before colon", "POST /echo" H "Content-Length : 3\r\n\r\nabc", BAD_REQUEST, FALSE },
    { "two Hosts", "GET /get" H "Host: t\r\n\r\n", BAD_REQUEST, FALSE },
    { "other host in target", "GET http://u/get" H "\r\n", BAD_REQUEST, FALSE },
    { "h2c", "GET /get" H "Upgrade: h2c\r\n\r\n", BAD_REQUEST, FALSE },
    { "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      REFUSED("505 HTTP Version Not Supported", "27", "HTTP Version Not Supported"), FALSE },
    { "chunk size broken", "POST /echo" H "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
      BAD_REQUEST, FALSE },
    { "chunk with bare LF", "POST /echo" H "Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n",
      BAD_REQUEST, FALSE },
    { "chunk longer than told",
      "POST /echo" H "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", BAD_REQUEST, FALSE },
    { "expectation", "GET /get" H "Expect: more\r\n\r\n",
      REFUSED("417 Expectation Failed", "19", "Expectation Failed"), FALSE },
};

static void
run_case(TwLoop *loop, TwHttpServer *server, const Case *tc, gsize cut)
{
    g_autofree char *input = g_strconcat(tc->input, PROBE, NULL);
    g_autofree char *expected = g_strconcat(tc->output, tc->kept ? PROBE_ANSWER : NULL, NULL);
    g_autoptr(GString) answer = NULL;
    int fd = client_connect(loop, server);

    client_send(fd, input, cut);
    client_drain(fd);
    client_send(fd, input + cut, strlen(input) - cut);
    answer = client_read_all(fd);
    client_forget_dates(answer);
    if (strcmp(answer->str, expected) != 0)
        g_error("%s, cut at %u:\n%s\ninstead of\n%s", tc->name, (guint) cut, answer->str, expected);
    (void) close(fd);
}

static void
test_table(void)
{
    TestApp app;
    g_autoptr(TwHttpServer) server = tw_http_server_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwLoop) loop = tw_loop_new(NULL, &error);

    app_init(&app);
    app_add_routes(server, &app);
    g_assert_true(tw_loop_start(loop, &error));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        for (gsize cut = 0; cut <= strlen(cases[i].input); cut++)
            run_case(loop, server, &cases[i], cut);
    }
    g_assert_true(tw_loop_stop(loop, 2000));
    app_clear(&app);
}

/* One past each limit of the head, without the end that would make it whole. */
static void
test_head_limits(void)
{
    static const struct {
        const char *start;
        gsize len;
        const char *status;
    } rows[] = {
        { "GET /", 200, "HTTP/1.1 414 " },
        { "GET / HTTP/1.1\r\nX: ", 600, "HTTP/1.1 431 " },
        { "GET / HTTP/1.1\r\nX: ", 2000, "HTTP/1.1 431 " },
    };
    TwHttpServerOptions options = {
        .head = { .line_len = 100, .field_len = 500, .head_len = 1000, .field_count = 10 }
    };
    g_autoptr(TwHttpServer) server = tw_http_server_new(&options);
    g_autoptr(TwLoop) loop = tw_loop_new(NULL, NULL);

    g_assert_true(tw_loop_start(loop, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *filler = g_strnfill(MAX(rows[i].len, 1000), 'x');
        int fd = client_connect(loop, server);
        g_autoptr(GString) answer = NULL;

        client_send(fd, rows[i].start, strlen(rows[i].start));
        client_send(fd, filler, strlen(filler));
        answer = client_read_all(fd);
        g_assert_true(g_str_has_prefix(answer->str, rows[i].status));
        g_assert_nonnull(strstr(answer->str, "\r\nConnection: close\r\n"));
        (void) close(fd);
    }
    g_assert_true(tw_loop_stop(loop, 2000));
}

static void
test_access_line(void)
{
    static const TwAddress client = { .family = TW_ADDRESS_INET, .bytes = { 192, 0, 2, 1 } };
    TwHttpAccess access = { .client = &client,
                            .method = "GET",
                            .path = "/x\"y",
                            .status = 200,
                            .total_us = 1500000,
                            .work_us = 1000,
                            .auth_handler_us = 20,
                            .handler_us = 3 };
    g_autoptr(GString) line = g_string_new(NULL);

    tw_http_access_format(&access, line);
    g_assert_cmpstr(line->str, ==,
                    "192.0.2.1 - - \"GET /x\\\"y\" rc=200 Tsk=1.500000 Tenq=1.500000 Twi=0.001000 "
                    "Trh1=0.000020 Trh2=0.000003");
    g_string_truncate(line, 0);
    access.user = "a\nb";
    access.impersonated = "";
    access.command = "logon";
    access.result = "0x80000009";
    tw_http_access_format(&access, line);
    g_assert_true(g_str_has_prefix(line->str, "192.0.2.1 a\\x0ab \"\" logon rc=0x80000009 Tsk="));
}

static void
test_headers_from_outside(void)
{
    g_autoptr(TwHttpResponse) response = tw_http_response_new(200);

    g_assert_true(tw_http_response_add_header(response, "X-A", "b\tc \xc3\xa4"));
    g_assert_false(tw_http_response_add_header(response, "X-A", "b\r\nSet-Cookie: x"));
    g_assert_false(tw_http_response_add_header(response, "X-A", "b\nc"));
    g_assert_false(tw_http_response_add_header(response, "X A", "b"));
    g_assert_false(tw_http_response_add_header(response, "", "b"));
    g_assert_false(tw_http_response_add_header(response, "ETag", "\"\x7f\""));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/http-server/table", test_table);
    g_test_add_func("/net/http-server/head-limits", test_head_limits);
    g_test_add_func("/net/http-server/access-line", test_access_line);
    g_test_add_func("/net/http-server/headers-from-outside", test_headers_from_outside);
    return g_test_run();
}
