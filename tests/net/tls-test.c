/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/tls.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/error.h"
#include "tls-test.h"

typedef struct {
    TestCert ca, host, other, client, stranger;
    char *folder, *ca_file, *host_file, *other_file;
} Certs;

static Certs certs;

static void
certs_make(void)
{
    g_autoptr(GError) error = NULL;

    certs.folder = g_dir_make_tmp("twiga-tls-XXXXXX", &error);
    g_assert_no_error(error);
    certs.ca = test_cert_new("Test CA", NULL, NULL);
    certs.host = test_cert_new("mail.example.org", &certs.ca, GNUTLS_KP_TLS_WWW_SERVER);
    certs.other = test_cert_new("*.example.net", &certs.ca, GNUTLS_KP_TLS_WWW_SERVER);
    certs.client = test_cert_new("service", &certs.ca, GNUTLS_KP_TLS_WWW_CLIENT);
    certs.stranger = test_cert_new("stranger", NULL, NULL);
    certs.ca_file = test_cert_write(&certs.ca, certs.folder, "ca.pem", FALSE);
    certs.host_file = test_cert_write(&certs.host, certs.folder, "host.pem", TRUE);
    certs.other_file = test_cert_write(&certs.other, certs.folder, "other.pem", TRUE);
}

static void
certs_remove(void)
{
    const char *const files[] = { certs.ca_file, certs.host_file, certs.other_file };
    TestCert *all[] = { &certs.ca, &certs.host, &certs.other, &certs.client, &certs.stranger };

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
        (void) g_unlink(files[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        test_cert_clear(all[i]);
    g_rmdir(certs.folder);
    g_free(certs.ca_file);
    g_free(certs.host_file);
    g_free(certs.other_file);
    g_free(certs.folder);
}

/* A protocol of lines: "starttls" upgrades, "who" tells about the client's certificate, "name" about SNI and ALPN, "big n"
 * answers with n bytes, others are echoed with a prefix that says whether the connection is secured. */
typedef struct {
    TwTlsServer *tls;
    TestGate closed, failed, dropped;
    gsize starttls_dropped;
    guint64 left;
} Door;

static void
door_accepted(TwConn *conn, gpointer data)
{
    tw_conn_set_data(conn, data);
    tw_conn_want_line(conn, 1000);
    tw_conn_write_str(conn, "hello\n");
}

static gboolean
door_produce(TwConn *conn, gpointer data)
{
    guint64 *left = data;
    g_autofree char *piece = g_malloc(TW_CONN_PIECE);
    gsize n = (gsize) MIN(*left, TW_CONN_PIECE);

    memset(piece, 'x', n);
    tw_conn_write(conn, piece, n);
    *left -= n;
    return *left > 0;
}

static void
tell_who(TwConn *conn)
{
    gboolean trusted = TRUE;
    g_autoptr(GBytes) cert = tw_conn_get_peer_certificate(conn, &trusted);
    g_autoptr(GBytes) key = tw_conn_get_peer_public_key(conn);
    g_autoptr(GBytes) expected = NULL;
    gnutls_datum_t pem;

    if (cert == NULL) {
        g_assert_null(key);
        g_assert_false(trusted);
        tw_conn_write_str(conn, "nobody\n");
        return;
    }
    TEST_TLS_OK(gnutls_x509_crt_export2(certs.client.cert, GNUTLS_X509_FMT_PEM, &pem));
    expected = tw_tls_public_key_from_pem(pem.data, pem.size, NULL);
    gnutls_free(pem.data);
    tw_conn_printf(conn, "%s %s\n", g_bytes_equal(key, expected) ? "service" : "somebody",
                   trusted ? "trusted" : "untrusted");
}

static void
tell_binding(TwConn *conn, const char *name)
{
    g_autoptr(GBytes) bytes = tw_conn_get_channel_binding(conn, name);
    g_autofree char *text =
        bytes == NULL ? NULL
                      : g_base64_encode(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));

    tw_conn_printf(conn, "%s\n", text != NULL ? text : "-");
}

static void
door_ready(TwConn *conn, TwCursor input)
{
    Door *door = tw_conn_get_data(conn);
    g_autofree char *line = g_strchomp(g_strndup((const char *) input.next, input.left));

    if (g_str_equal(line, "starttls")) {
        tw_conn_write_str(conn, "go\n");
        door->starttls_dropped = tw_conn_start_tls(conn, door->tls);
    } else if (g_str_equal(line, "who")) {
        tell_who(conn);
    } else if (g_str_equal(line, "name")) {
        g_autofree char *name = tw_conn_get_server_name(conn), *alpn = tw_conn_get_alpn(conn);
        tw_conn_printf(conn, "%s %s\n", name != NULL ? name : "-", alpn != NULL ? alpn : "-");
    } else if (g_str_has_prefix(line, "bind ")) {
        tell_binding(conn, line + 5);
    } else if (g_str_has_prefix(line, "big ")) {
        door->left = g_ascii_strtoull(line + 4, NULL, 10);
        tw_conn_produce(conn, door_produce, &door->left, NULL);
    } else if (g_str_equal(line, "close")) {
        tw_conn_write_str(conn, "bye\n");
        tw_conn_close(conn);
    } else {
        tw_conn_printf(conn, "%s %s\n", tw_conn_is_tls(conn) ? "tls" : "clear", line);
    }
}

static void
door_secured(TwConn *conn)
{
    tw_conn_write_str(conn, "secured\n");
}

static void
door_closed(TwConn *conn, TwCloseReason reason)
{
    Door *door = tw_conn_get_data(conn);

    (void) reason;
    test_gate_open(&door->closed);
}

static const TwProtocol door_protocol = {
    .name = "test",
    .accepted = door_accepted,
    .ready = door_ready,
    .secured = door_secured,
    .closed = door_closed,
};

static void
door_event(TwLoopEvent event, const TwAddress *peer, const GError *error, gpointer data)
{
    Door *door = data;

    g_assert_nonnull(peer);
    g_assert_nonnull(error);
    if (event == TW_LOOP_EVENT_TLS_FAILED)
        test_gate_open(&door->failed);
    else if (event == TW_LOOP_EVENT_PLAINTEXT_DROPPED)
        test_gate_open(&door->dropped);
}

typedef struct {
    TwTlsOptions tls;
    gboolean starttls;
    guint setup_ms;
} Setup;

static TestServer
door_open(Door *door, const Setup *setup)
{
    g_autoptr(GError) error = NULL;
    const char *files[] = { certs.host_file, certs.other_file, NULL };
    TwTlsOptions tls = setup->tls;
    TwListenOptions options = { .protocol = &door_protocol,
                                .data = door,
                                .setup_ms = setup->setup_ms };
    TwLoopOptions loop_options = { .event_func = door_event, .event_data = door };

    tls.cert_files = files;
    tls.ca_file = certs.ca_file;
    door->tls = tw_tls_server_new(&tls, &error);
    g_assert_no_error(error);
    options.tls = setup->starttls ? NULL : door->tls;
    return test_server_new(&options, &loop_options);
}

static void
door_shut(Door *door, TestServer *server)
{
    test_server_free(server);
    g_clear_pointer(&door->tls, tw_tls_server_unref);
}

static TestTls
connect_tls(const TestServer *server, const TestTlsOptions *options)
{
    int code;
    TestTls tls = test_tls_start(test_connect(server), options, &code);

    if (code < 0)
        g_error("handshake: %s", gnutls_strerror(code));
    return tls;
}

static void
test_implicit(void)
{
    static const char *const priorities[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.3",
                                              "NORMAL:-VERS-ALL:+VERS-TLS1.2" };
    Door door = { 0 };
    TestServer server = door_open(&door, &(Setup){ 0 });

    for (gsize i = 0; i < G_N_ELEMENTS(priorities); i++) {
        TestTls tls = connect_tls(&server, &(TestTlsOptions){ .priority = priorities[i] });
        g_autofree char *big = NULL;

        test_tls_expect(&tls, "hello\n");
        test_tls_send(&tls, "one\ntwo\nthr");
        test_tls_expect(&tls, "tls one\ntls two\n");
        test_tls_send(&tls, "ee\nbig 3000000\nclose\n");
        test_tls_expect(&tls, "tls three\n");
        big = test_tls_read(&tls, 3000000);
        g_assert_cmpuint(strlen(big), ==, 3000000);
        g_assert_cmpuint(strspn(big, "x"), ==, 3000000);
        test_tls_expect(&tls, "bye\n");
        g_assert_cmpint(gnutls_record_recv(tls.session, big, 1), ==, 0); /* close_notify */
        test_tls_end(&tls);
    }
    test_gate_wait(&door.closed, 2);
    door_shut(&door, &server);
}

static char *
exported(const TestTls *tls)
{
    gnutls_datum_t data;
    g_autofree char *text = NULL;

    TEST_TLS_OK(gnutls_session_channel_binding(tls->session, GNUTLS_CB_TLS_EXPORTER, &data));
    text = g_base64_encode(data.data, data.size);
    gnutls_free(data.data);
    return g_strconcat("hello\n", text, "\n", NULL);
}

/* What both ends of one connection know alone (RFC 9266), another for each; other bindings as they are named. */
static void
test_channel_binding(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door, &(Setup){ 0 });
    g_autofree char *before = NULL;

    for (guint i = 0; i < 2; i++) {
        TestTls tls = connect_tls(&server, &(TestTlsOptions){ 0 });
        char *same = exported(&tls);

        g_assert_cmpstr(same, !=, before);
        test_tls_send(&tls, "bind tls-exporter\n");
        test_tls_expect(&tls, same);
        test_tls_send(&tls, "bind tls-unique\nbind none\n");
        test_tls_expect(&tls, "-\n-\n");
        test_tls_end(&tls);
        g_free(before);
        before = same;
    }
    door_shut(&door, &server);
}

static void
test_server_names(void)
{
    static const struct {
        const char *name, *answer;
        const TestCert *cert;
    } cases[] = {
        { "mail.example.org", "mail.example.org -\n", &certs.host },
        { "www.example.net", "www.example.net -\n", &certs.other },
        { "unknown.example.com", "unknown.example.com -\n", &certs.host },
        { NULL, "- -\n", &certs.host },
    };
    Door door = { 0 };
    TestServer server = door_open(&door, &(Setup){ 0 });

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        TestTls tls = connect_tls(&server, &(TestTlsOptions){ .server_name = cases[i].name });

        g_test_message("%s", cases[i].name != NULL ? cases[i].name : "no name");
        g_assert_true(test_tls_server_has(&tls, cases[i].cert));
        test_tls_send(&tls, "name\n");
        test_tls_expect(&tls, "hello\n");
        test_tls_expect(&tls, cases[i].answer);
        test_tls_end(&tls);
    }
    door_shut(&door, &server);
}

static void
test_alpn(void)
{
    static const char *const offered[] = { "imap", "h9", NULL };
    static const struct {
        const char *alpn, *answer;
    } cases[] = {
        { "imap", "- imap\n" }, { "h9", "- h9\n" }, { "other", "- -\n" }, { NULL, "- -\n" }
    };
    Door door = { 0 };
    TestServer server = door_open(&door, &(Setup){ .tls.alpn = offered });

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        TestTls tls = connect_tls(&server, &(TestTlsOptions){ .alpn = cases[i].alpn });

        test_tls_send(&tls, "name\n");
        test_tls_expect(&tls, "hello\n");
        test_tls_expect(&tls, cases[i].answer);
        test_tls_end(&tls);
    }
    door_shut(&door, &server);
}

static void
test_client_certificates(void)
{
    static const struct {
        const char *name;
        TwTlsClientCert mode;
        const TestCert *cert;
        const char *answer; /* NULL: no session comes about */
    } cases[] = {
        { "not asked for", TW_TLS_CLIENT_CERT_NONE, &certs.client, "nobody\n" },
        { "asked, none", TW_TLS_CLIENT_CERT_REQUEST, NULL, "nobody\n" },
        { "asked, known", TW_TLS_CLIENT_CERT_REQUEST, &certs.client, "service trusted\n" },
        { "asked, for servers", TW_TLS_CLIENT_CERT_REQUEST, &certs.host, "somebody untrusted\n" },
        { "required, known", TW_TLS_CLIENT_CERT_REQUIRE, &certs.client, "service trusted\n" },
        { "required, none", TW_TLS_CLIENT_CERT_REQUIRE, NULL, NULL },
        { "required, unknown", TW_TLS_CLIENT_CERT_REQUIRE, &certs.stranger, NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Door door = { 0 };
        TestServer server = door_open(&door, &(Setup){ .tls.client_cert = cases[i].mode });
        int code;
        /* GNUTLS_FORCE_CLIENT_CERT is not needed: the client shows the one it has only to a fitting CA, so it is
         * offered here by name of the CA; a stranger therefore sends none or is refused. */
        TestTls tls = test_tls_start(test_connect(&server),
                                     &(TestTlsOptions){ .cert = cases[i].cert }, &code);

        g_test_message("%s", cases[i].name);
        if (cases[i].answer != NULL) {
            g_assert_cmpint(code, ==, 0);
            test_tls_send(&tls, "who\n");
            test_tls_expect(&tls, "hello\n");
            test_tls_expect(&tls, cases[i].answer);
        } else {
            /* in TLS 1.3 the client learns of it with its first read */
            g_autofree char *text = code == 0 ? test_tls_read(&tls, 1) : g_strdup("");
            g_assert_cmpstr(text, ==, "");
            test_gate_wait(&door.failed, 1);
            g_assert_cmpint(test_gate_count(&door.closed), ==, 0);
        }
        test_tls_end(&tls);
        door_shut(&door, &server);
    }
}

static void
test_starttls(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door, &(Setup){ .starttls = TRUE });
    int fd = test_connect(&server), code;
    TestTls tls;

    test_send(fd, "one\n");
    test_expect(fd, "hello\nclear one\n");
    test_send(fd, "starttls\n");
    test_expect(fd, "go\n");
    tls = test_tls_start(fd, &(TestTlsOptions){ 0 }, &code);
    g_assert_cmpint(code, ==, 0);
    g_assert_cmpuint(door.starttls_dropped, ==, 0);
    test_tls_expect(&tls, "secured\n");
    test_tls_send(&tls, "two\nclose\n");
    test_tls_expect(&tls, "tls two\nbye\n");
    test_tls_end(&tls);
    test_gate_wait(&door.closed, 1);
    g_assert_cmpint(test_gate_count(&door.dropped), ==, 0);
    door_shut(&door, &server);
}

/* What an attacker puts behind STARTTLS, before the client's handshake, is never taken for something said within. */
static void
test_starttls_injection(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door, &(Setup){ .starttls = TRUE });
    int fd = test_connect(&server), code;
    TestTls tls;

    test_expect(fd, "hello\n");
    test_send(fd, "starttls\ninjected\ninj");
    test_expect(fd, "go\n");
    test_gate_wait(&door.dropped, 1);
    tls = test_tls_start(fd, &(TestTlsOptions){ 0 }, &code);
    g_assert_cmpint(code, ==, 0);
    g_assert_cmpuint(door.starttls_dropped, ==, 12);
    test_tls_expect(&tls, "secured\n");
    test_tls_send(&tls, "real\nclose\n");
    test_tls_expect(&tls, "tls real\nbye\n");
    test_tls_end(&tls);
    door_shut(&door, &server);
}

static const struct {
    const char *name, *bytes;
    gsize len;
} bad_bytes[] = {
    { "plain text", "GET / HTTP/1.0\r\n\r\n", 18 },
    { "SSL 2", "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10", 11 },
    { "record too long", "\x16\x03\x01\xff\xff\x01", 6 },
    { "bad hello", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10 },
    { "alert", "\x15\x03\x01\x00\x02\x02\x28", 7 },
};

static void
test_bad_bytes(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door, &(Setup){ 0 });

    for (gsize i = 0; i < G_N_ELEMENTS(bad_bytes); i++) {
        int fd = test_connect(&server);
        guint8 data[256];

        g_test_message("%s", bad_bytes[i].name);
        test_send_bytes(fd, bad_bytes[i].bytes, bad_bytes[i].len);
        (void) shutdown(fd, SHUT_WR); /* or it is reset already */
        test_gate_wait(&door.failed, (int) i + 1);
        while (test_read(fd, data, sizeof data) > 0)
            continue;
        (void) close(fd);
    }
    g_assert_cmpint(test_gate_count(&door.closed), ==, 0); /* the protocol never heard of them */
    door_shut(&door, &server);
}

/* Half a record, with the end in the same segment as its last bytes: the end is told of once only. */
static void
send_half_record(int fd, const char *bytes, gsize len)
{
    int on = 1;

    test_send_bytes(fd, bytes, 1);
    g_assert_cmpint(setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on), ==, 0);
    test_send_bytes(fd, bytes + 1, len - 1);
    g_assert_cmpint(shutdown(fd, SHUT_WR), ==, 0);
}

static void
test_end_in_record(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door, &(Setup){ 0 });

    for (int i = 1; i <= 20; i++) {
        int fd = test_connect(&server);
        TestTls tls = connect_tls(&server, &(TestTlsOptions){ 0 });

        send_half_record(fd, "\x16\x03\x01\x00\x50\x01\x00\x00", 8);
        test_gate_wait(&door.failed, i);
        (void) close(fd);
        test_tls_expect(&tls, "hello\n");
        send_half_record(tls.fd, "\x17\x03\x03\x00\x20half", 9);
        test_gate_wait(&door.closed, i);
        test_tls_end(&tls);
    }
    door_shut(&door, &server);
}

static void
test_bad_bytes_later(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door, &(Setup){ 0 });
    TestTls tls = connect_tls(&server, &(TestTlsOptions){ 0 });

    test_tls_expect(&tls, "hello\n");
    test_send_bytes(tls.fd, "\x17\x03\x03\x00\x20not sealed with the session key.", 37);
    test_gate_wait(&door.failed, 1);
    test_gate_wait(&door.closed, 1);
    test_tls_end(&tls);
    door_shut(&door, &server);
}

/* Who does not shake hands is closed after setup_ms and never gets to the protocol. */
static void
test_silent_client(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door, &(Setup){ .setup_ms = 50 });
    int silent = test_connect(&server), half = test_connect(&server);

    test_send_bytes(half, "\x16\x03\x01\x02\x00\x01", 6);
    test_expect_end(silent);
    test_expect_end(half);
    (void) close(silent);
    (void) close(half);
    g_assert_cmpint(test_gate_count(&door.closed), ==, 0);
    door_shut(&door, &server);
}

static void
test_versions(void)
{
    static const struct {
        const char *min, *client;
        gboolean works;
    } cases[] = {
        { NULL, "NORMAL:-VERS-ALL:+VERS-TLS1.2", TRUE },
        { NULL, "NORMAL:-VERS-ALL:+VERS-TLS1.1", FALSE },
        { "tls1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2", FALSE },
        { "TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3", TRUE },
        { NULL, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-CBC", FALSE },
        { NULL, "NORMAL:-GROUP-ALL:+GROUP-SECP384R1", TRUE },
        { NULL, "NORMAL:-GROUP-ALL:+GROUP-X448", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Door door = { 0 };
        TestServer server = door_open(&door, &(Setup){ .tls.min_proto = cases[i].min });
        int code;
        TestTls tls = test_tls_start(test_connect(&server),
                                     &(TestTlsOptions){ .priority = cases[i].client }, &code);

        g_test_message("%s", cases[i].client);
        g_assert_cmpint(code == 0, ==, cases[i].works);
        if (cases[i].works)
            test_tls_expect(&tls, "hello\n");
        test_tls_end(&tls);
        door_shut(&door, &server);
    }
}

static void
test_reload(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door, &(Setup){ 0 });
    TestTls old = connect_tls(&server, &(TestTlsOptions){ 0 }), fresh;
    g_autofree char *saved = NULL;
    g_autoptr(GError) error = NULL;
    TestCert renewed = test_cert_new("mail.example.org", &certs.ca, GNUTLS_KP_TLS_WWW_SERVER);

    g_assert_true(test_tls_server_has(&old, &certs.host));
    g_assert_true(g_file_get_contents(certs.host_file, &saved, NULL, NULL));

    /* a broken file changes nothing */
    g_assert_true(g_file_set_contents(certs.host_file, "nonsense", -1, NULL));
    g_assert_false(tw_tls_server_reload(door.tls, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, certs.host_file));
    fresh = connect_tls(&server, &(TestTlsOptions){ 0 });
    g_assert_true(test_tls_server_has(&fresh, &certs.host));
    test_tls_end(&fresh);

    g_free(test_cert_write(&renewed, certs.folder, "host.pem", TRUE));
    g_clear_error(&error);
    g_assert_true(tw_tls_server_reload(door.tls, NULL, &error));
    g_assert_no_error(error);
    fresh = connect_tls(&server, &(TestTlsOptions){ 0 });
    g_assert_true(test_tls_server_has(&fresh, &renewed));
    test_tls_expect(&fresh, "hello\n");
    test_tls_end(&fresh);

    /* the session from before goes on */
    test_tls_send(&old, "still\n");
    test_tls_expect(&old, "hello\ntls still\n");
    test_tls_end(&old);
    g_assert_true(g_file_set_contents(certs.host_file, saved, -1, NULL));
    test_cert_clear(&renewed);
    door_shut(&door, &server);
}

static void
test_bad_options(void)
{
    const char *missing[] = { "/nonexistent/host.pem", NULL };
    const char *no_key[] = { certs.ca_file, NULL };
    const char *good[] = { certs.host_file, NULL };
    const char *wrong_key[] = { certs.other_file, NULL };
    const struct {
        const char *name;
        TwTlsOptions options;
        TwError code;
    } cases[] = {
        { "no file", { .cert_files = missing }, TW_ERROR_NOT_FOUND },
        { "no key in it", { .cert_files = no_key }, TW_ERROR_INVALID },
        { "key of another", { .cert_files = good, .key_files = wrong_key }, TW_ERROR_INVALID },
        { "no such version", { .cert_files = good, .min_proto = "tls9" }, TW_ERROR_INVALID },
        { "no such cipher", { .cert_files = good, .ciphers = "NORMAL:+ROT13" }, TW_ERROR_INVALID },
        { "no such curve", { .cert_files = good, .curves = "X25519:P-1" }, TW_ERROR_INVALID },
        { "no CA", { .cert_files = good, .ca_file = "/nonexistent/ca.pem" }, TW_ERROR_NOT_FOUND },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", cases[i].name);
        g_assert_null(tw_tls_server_new(&cases[i].options, &error));
        g_assert_error(error, TW_ERROR, (int) cases[i].code);
    }
}

/* One session with a ticket, a second that resumes it. */
static gboolean
resumes(const TestServer *server, Door *door, gboolean reload)
{
    TestTls tls = connect_tls(server, &(TestTlsOptions){ 0 });
    gnutls_datum_t ticket;
    gnutls_session_t session;
    gnutls_certificate_credentials_t cred;
    gboolean resumed;
    int fd, code;

    test_tls_expect(&tls, "hello\n"); /* the ticket comes before it */
    TEST_TLS_OK(gnutls_session_get_data2(tls.session, &ticket));
    test_tls_end(&tls);
    if (reload)
        g_assert_true(tw_tls_server_reload(door->tls, NULL, NULL));
    fd = test_connect(server);
    TEST_TLS_OK(gnutls_certificate_allocate_credentials(&cred));
    TEST_TLS_OK(gnutls_init(&session, GNUTLS_CLIENT));
    TEST_TLS_OK(gnutls_set_default_priority(session));
    TEST_TLS_OK(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, cred));
    TEST_TLS_OK(gnutls_session_set_data(session, ticket.data, ticket.size));
    gnutls_transport_set_int(session, fd);
    do
        code = gnutls_handshake(session);
    while (code < 0 && !gnutls_error_is_fatal(code));
    g_assert_cmpint(code, ==, 0);
    resumed = gnutls_session_is_resumed(session) != 0;
    gnutls_free(ticket.data);
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(cred);
    (void) close(fd);
    return resumed;
}

static void
test_tickets(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door, &(Setup){ 0 });

    g_assert_true(resumes(&server, &door, FALSE));
    g_assert_true(resumes(&server, &door, TRUE));
    door_shut(&door, &server);
}

int
main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    certs_make();
    g_test_add_func("/net/tls/implicit", test_implicit);
    g_test_add_func("/net/tls/channel-binding", test_channel_binding);
    g_test_add_func("/net/tls/server-names", test_server_names);
    g_test_add_func("/net/tls/alpn", test_alpn);
    g_test_add_func("/net/tls/client-certificates", test_client_certificates);
    g_test_add_func("/net/tls/starttls", test_starttls);
    g_test_add_func("/net/tls/starttls-injection", test_starttls_injection);
    g_test_add_func("/net/tls/bad-bytes", test_bad_bytes);
    g_test_add_func("/net/tls/end-in-record", test_end_in_record);
    g_test_add_func("/net/tls/bad-bytes-later", test_bad_bytes_later);
    g_test_add_func("/net/tls/silent-client", test_silent_client);
    g_test_add_func("/net/tls/versions", test_versions);
    g_test_add_func("/net/tls/reload", test_reload);
    g_test_add_func("/net/tls/bad-options", test_bad_options);
    g_test_add_func("/net/tls/tickets", test_tickets);
    result = g_test_run();
    certs_remove();
    return result;
}
