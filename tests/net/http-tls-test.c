/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * HTTP over TLS: the same server beneath a record layer that keeps bytes of its own, so that what waits in it must not be
 * forgotten.
 */
#include "http-test.h"

#include "net/tls.h"
#include "tls-test.h"

typedef struct {
    TestApp app;
    TestCert ca, host;
    char *folder, *file;
    TwTlsServer *tls;
    TwHttpServer *http;
    TestServer server;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const TwHttpServerOptions options = { .server_name = "test" };
    TwListenOptions listen_options;

    (void) data;
    app_init(&f->app);
    f->folder = g_dir_make_tmp("twiga-https-XXXXXX", &error);
    g_assert_no_error(error);
    f->ca = test_cert_new("Test CA", NULL, NULL);
    f->host = test_cert_new("mail.example.org", &f->ca, GNUTLS_KP_TLS_WWW_SERVER);
    f->file = test_cert_write(&f->host, f->folder, "host.pem", TRUE);
    f->tls = tw_tls_server_new(
        &(TwTlsOptions){ .cert_files = (const char *const[]){ f->file, NULL } }, &error);
    g_assert_no_error(error);
    f->http = tw_http_server_new(&options);
    app_add_routes(f->http, &f->app);
    tw_http_server_listen_options(f->http, &listen_options);
    listen_options.tls = f->tls;
    f->server = test_server_new(&listen_options, NULL);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    test_server_free(&f->server);
    tw_http_server_free(f->http);
    tw_tls_server_unref(f->tls);
    app_clear(&f->app);
    (void) g_unlink(f->file);
    g_rmdir(f->folder);
    test_cert_clear(&f->ca);
    test_cert_clear(&f->host);
    g_free(f->file);
    g_free(f->folder);
}

static TestTls
start(Fixture *f)
{
    int code;
    TestTls tls = test_tls_start(test_connect(&f->server),
                                 &(TestTlsOptions){ .server_name = "mail.example.org" }, &code);

    g_assert_cmpint(code, ==, 0);
    return tls;
}

/* An answer with 200 and this body. */
static void
expect_answer(TestTls *tls, const char *body)
{
    g_autoptr(GString) head = g_string_new(NULL);

    while (!g_str_has_suffix(head->str, "\r\n\r\n")) {
        g_autofree char *c = test_tls_read(tls, 1);

        if (c[0] == '\0')
            g_error("end after \"%s\"", head->str);
        g_string_append(head, c);
    }
    if (!g_str_has_prefix(head->str, "HTTP/1.1 200 OK\r\n"))
        g_error("%s", head->str);
    test_tls_expect(tls, body);
}

/* Two requests in one record, and one in many. */
static void
test_keep_alive(Fixture *f, gconstpointer data)
{
    const char *one = "GET /client HTTP/1.1\r\nHost: t\r\n\r\n";
    TestTls tls = start(f);

    (void) data;
    test_tls_send(&tls,
                  "GET /get/a HTTP/1.1\r\nHost: t\r\n\r\nGET /get/b HTTP/1.1\r\nHost: t\r\n\r\n");
    expect_answer(&tls, "/a");
    expect_answer(&tls, "/b");
    for (; *one != '\0'; one++)
        test_tls_send(&tls, (const char[]){ *one, '\0' });
    expect_answer(&tls, loopback_is_6() ? "::1 - secure" : "127.0.0.1 - secure");
    test_tls_end(&tls);
}

static void
test_expect_continue(Fixture *f, gconstpointer data)
{
    TestTls tls = start(f);

    (void) data;
    test_tls_send(&tls, "POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n"
                        "Content-Length: 5\r\n\r\n");
    test_tls_expect(&tls, "HTTP/1.1 100 Continue\r\n\r\n");
    test_tls_send(&tls, "he");
    test_tls_send(&tls, "llo");
    expect_answer(&tls, "hello");
    test_tls_end(&tls);
}

/* A body of many records, larger than any buffer, and an answer as large. */
static void
test_large(Fixture *f, gconstpointer data)
{
    const gsize len = 700 * 1000;
    g_autofree char *body = g_strnfill(len, 'b');
    g_autofree char *head = g_strdup_printf(
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n", len);
    TestTls tls = start(f);

    (void) data;
    test_tls_send(&tls, head);
    for (gsize at = 0; at < len; at += 14000) {
        g_autofree char *piece = g_strndup(body + at, 14000);
        test_tls_send(&tls, piece);
    }
    expect_answer(&tls, body);
    test_tls_end(&tls);
}

/* The next request is there, in GnuTLS's buffer, before the parked one is answered: no event tells of it any more. */
static void
test_parked(Fixture *f, gconstpointer data)
{
    TestTls tls = start(f);
    g_autoptr(TwHttpRequest) request = NULL;

    (void) data;
    test_tls_send(&tls,
                  "GET /park HTTP/1.1\r\nHost: t\r\n\r\nGET /get/n HTTP/1.1\r\nHost: t\r\n\r\n");
    test_gate_wait(&f->app.parked, 1);
    test_tls_send(&tls, "GET /get/m HTTP/1.1\r\nHost: t\r\n\r\n");
    request = app_take_request(&f->app);
    g_assert_true(tw_http_request_respond(request, tw_http_response_new_text(200, "late")));
    expect_answer(&tls, "late\n");
    expect_answer(&tls, "/n");
    expect_answer(&tls, "/m");
    test_tls_end(&tls);
}

static void
test_parked_client_leaves(Fixture *f, gconstpointer data)
{
    TestTls tls = start(f);
    g_autoptr(TwHttpRequest) request = NULL;

    (void) data;
    test_tls_send(&tls, "GET /park HTTP/1.1\r\nHost: t\r\n\r\n");
    test_gate_wait(&f->app.parked, 1);
    request = app_take_request(&f->app);
    test_tls_end(&tls);
    test_gate_wait(&f->app.gone, 1);
    g_assert_true(tw_http_request_is_gone(request));
}

#define ADD(path, func) g_test_add("/net/http-tls/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("keep-alive", test_keep_alive);
    ADD("expect-continue", test_expect_continue);
    ADD("large", test_large);
    ADD("park/answer", test_parked);
    ADD("park/client-leaves", test_parked_client_leaves);
    return g_test_run();
}
