/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/client.h"

#include <sys/un.h>

#include "base/error.h"
#include "net/tls.h"
#include "tls-test.h"

typedef struct {
    TestCert ca, host;
    char *folder, *ca_file, *host_file;
    TwTlsServer *tls;
    TestServer server;
} World;

static World world;

static void
door_accepted(TwConn *conn, gpointer data)
{
    (void) data;
    tw_conn_write_str(conn, "hello\r\n");
}

static void
door_ready(TwConn *conn, TwCursor input)
{
    g_autofree char *line = g_strchomp(g_strndup((const char *) input.next, input.left));

    if (g_str_equal(line, "starttls")) {
        tw_conn_write_str(conn, "go\r\n");
        (void) tw_conn_start_tls(conn, world.tls);
    } else if (g_str_equal(line, "inject")) {
        tw_conn_write_str(conn, "go\r\n250 injected\r\n");
    } else if (g_str_equal(line, "silence")) {
        tw_conn_park(conn, 0);
    } else if (g_str_equal(line, "close")) {
        tw_conn_close(conn);
    } else if (g_str_equal(line, "big")) {
        for (int i = 0; i < 1000; i++)
            tw_conn_printf(conn, "%0999d\n", i);
    } else {
        tw_conn_write(conn, input.next, input.left);
    }
}

static const TwProtocol door_protocol = { .name = "test",
                                          .accepted = door_accepted,
                                          .ready = door_ready };

static void
world_make(void)
{
    g_autoptr(GError) error = NULL;
    TwListenOptions options = { .protocol = &door_protocol };
    TwTlsOptions tls = { 0 };
    const char *files[] = { NULL, NULL };

    world.folder = g_dir_make_tmp("twiga-client-XXXXXX", NULL);
    world.ca = test_cert_new("Test CA", NULL, NULL);
    world.host = test_cert_new("mail.example.org", &world.ca, GNUTLS_KP_TLS_WWW_SERVER);
    world.ca_file = test_cert_write(&world.ca, world.folder, "ca.pem", FALSE);
    world.host_file = test_cert_write(&world.host, world.folder, "host.pem", TRUE);
    files[0] = world.host_file;
    tls.cert_files = files;
    world.tls = tw_tls_server_new(&tls, &error);
    g_assert_no_error(error);
    world.server = test_server_new(&options, NULL);
}

static void
world_remove(void)
{
    test_server_free(&world.server);
    tw_tls_server_unref(world.tls);
    (void) g_unlink(world.ca_file);
    (void) g_unlink(world.host_file);
    (void) g_rmdir(world.folder);
    test_cert_clear(&world.ca);
    test_cert_clear(&world.host);
    g_free(world.ca_file);
    g_free(world.host_file);
    g_free(world.folder);
}

static TwClient *
connect_client(guint io_ms)
{
    TwClientOptions options = { .host = loopback_host(),
                                .port = tw_listener_get_address(world.server.listener)->port,
                                .io_ms = io_ms };
    g_autoptr(GError) error = NULL;
    TwClient *client = tw_client_connect(&options, &error);

    g_assert_no_error(error);
    return client;
}

static void
expect_line(TwClient *client, const char *expected)
{
    g_autoptr(GError) error = NULL;
    TwCursor line = { 0 };
    g_autofree char *text = NULL;

    tw_client_read_line(client, 1000, &line, &error);
    g_assert_no_error(error);
    text = g_strndup((const char *) line.next, line.left);
    g_assert_cmpstr(text, ==, expected);
}

static void
say(TwClient *client, const char *text)
{
    g_autoptr(GError) error = NULL;

    tw_client_write(client, text, strlen(text), &error);
    g_assert_no_error(error);
}

static void
test_clear(void)
{
    g_autoptr(TwClient) client = connect_client(0);
    g_autoptr(GError) error = NULL;
    TwCursor line;
    char data[3];

    expect_line(client, "hello\r\n");
    say(client, "one\ntwo\nbig\n");
    expect_line(client, "one\n");
    g_assert_cmpint(tw_client_read(client, data, 1, &error), ==, 1);
    g_assert_cmpint(data[0], ==, 't');
    expect_line(client, "wo\n");
    for (int i = 0; i < 1000; i++) {
        g_assert_true(tw_client_read_line(client, 1000, &line, &error));
        g_assert_cmpuint(line.left, ==, 1000);
    }
    say(client, "big\n");
    g_assert_false(tw_client_read_line(client, 999, &line, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

static void
test_end(void)
{
    g_autoptr(TwClient) client = connect_client(0);
    g_autoptr(GError) error = NULL;
    TwCursor line;

    say(client, "close\n");
    expect_line(client, "hello\r\n");
    g_assert_false(tw_client_read_line(client, 1000, &line, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_END_OF_SESSION);
}

static void
test_silence(void)
{
    g_autoptr(TwClient) client = connect_client(50), other = connect_client(0);
    g_autoptr(GError) error = NULL;
    TwCursor line;

    say(client, "silence\n");
    expect_line(client, "hello\r\n");
    g_assert_false(tw_client_read_line(client, 1000, &line, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TIMEOUT);
    g_clear_error(&error);
    expect_line(other, "hello\r\n");
    tw_client_set_deadline(other, 50);
    g_assert_false(tw_client_read_line(other, 1000, &line, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TIMEOUT);
}

static void
test_nobody_there(void)
{
    g_autofree char *missing = g_build_filename(world.folder, "no-socket", NULL);
    TwClientOptions options = { .host = "127.0.0.1" };
    g_autoptr(GError) error = NULL;
    struct sockaddr_storage sa;
    TwAddress address;
    socklen_t len = sizeof sa;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    /* bound and not listening: nobody else gets the port meanwhile */
    g_assert_true(tw_address_parse("127.0.0.1", 9, &address));
    g_assert_cmpint(bind(fd, (struct sockaddr *) &sa, tw_address_to_sockaddr(&address, &sa)), ==,
                    0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *) &sa, &len), ==, 0);
    options.port = tw_address_from_sockaddr((struct sockaddr *) &sa, len).port;
    g_assert_null(tw_client_connect(&options, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    (void) close(fd);
    g_clear_error(&error);
    options.unix_path = missing;
    g_assert_null(tw_client_connect(&options, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_clear_error(&error);
    options = (TwClientOptions){ .host = "not a name" };
    g_assert_null(tw_client_connect(&options, &error));
    g_assert_nonnull(error);
}

static void
test_starttls(void)
{
    const struct {
        const char *name, *ca_file, *server_name;
        gboolean insecure;
        int code; /* -1: works */
    } cases[] = {
        { "trusted", world.ca_file, "mail.example.org", FALSE, -1 },
        { "another host", world.ca_file, "www.example.org", FALSE, TW_ERROR_NO_ACCESS },
        { "unknown CA", NULL, "mail.example.org", FALSE, TW_ERROR_NO_ACCESS },
        { "anybody", NULL, "www.example.org", TRUE, -1 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwTlsClientOptions options = { .ca_file = cases[i].ca_file, .insecure = cases[i].insecure };
        g_autoptr(GError) error = NULL;
        g_autoptr(TwTlsClient) tls = tw_tls_client_new(&options, &error);
        g_autoptr(TwClient) client = connect_client(0);

        g_test_message("%s", cases[i].name);
        g_assert_no_error(error);
        expect_line(client, "hello\r\n");
        say(client, "starttls\n");
        expect_line(client, "go\r\n");
        if (cases[i].code < 0) {
            tw_client_start_tls(client, tls, cases[i].server_name, &error);
            g_assert_no_error(error);
            g_assert_true(tw_client_is_tls(client));
            say(client, "within\n");
            expect_line(client, "within\n");
        } else {
            g_assert_false(tw_client_start_tls(client, tls, cases[i].server_name, &error));
            g_assert_error(error, TW_ERROR, cases[i].code);
            g_assert_nonnull(strstr(error->message, cases[i].server_name));
        }
    }
}

/* What a man in the middle puts behind the answer must not be read as part of the secured session. */
static void
test_response_injection(void)
{
    TwTlsClientOptions options = { .ca_file = world.ca_file };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTlsClient) tls = tw_tls_client_new(&options, &error);
    g_autoptr(TwClient) client = connect_client(0);

    expect_line(client, "hello\r\n");
    say(client, "inject\n");
    expect_line(client, "go\r\n");
    g_assert_false(tw_client_start_tls(client, tls, "mail.example.org", &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
}

int
main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    world_make();
    g_test_add_func("/net/client/clear", test_clear);
    g_test_add_func("/net/client/end", test_end);
    g_test_add_func("/net/client/silence", test_silence);
    g_test_add_func("/net/client/nobody-there", test_nobody_there);
    g_test_add_func("/net/client/starttls", test_starttls);
    g_test_add_func("/net/client/response-injection", test_response_injection);
    result = g_test_run();
    world_remove();
    return result;
}
