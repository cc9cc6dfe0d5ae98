/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/proxy.h"

#include "net-test.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"

typedef struct {
    const char *name, *input;
    gsize len;
    TwProxyResult result; /* of the whole; MORE: a beginning */
    gsize header_len;
    const char *source, *destination;
} Case;

#define CASE(text) text, sizeof(text) - 1

static const Case cases[] = {
    { "v1 IPv4", CASE("PROXY TCP4 192.0.2.1 198.51.100.2 5000 143\r\nA1 "), TW_PROXY_DONE, 44,
      "192.0.2.1:5000", "198.51.100.2:143" },
    { "v1 IPv6", CASE("PROXY TCP6 2001:db8::1 ::1 65535 0\r\n"), TW_PROXY_DONE, 36,
      "[2001:db8::1]:65535", "[::1]:0" },
    { "v1 unknown", CASE("PROXY UNKNOWN\r\n"), TW_PROXY_DONE, 15, "none", "none" },
    { "v1 unknown with more", CASE("PROXY UNKNOWN ff::1 ::1 1 2\r\n"), TW_PROXY_DONE, 29, "none",
      "none" },
    { "v1 without CR", CASE("PROXY UNKNOWN\n"), TW_PROXY_BAD, 0, NULL, NULL },
    { "v1 wrong family", CASE("PROXY TCP4 ::1 ::1 1 2\r\n"), TW_PROXY_BAD, 0, NULL, NULL },
    { "v1 IPv4 as TCP6", CASE("PROXY TCP6 192.0.2.1 ::1 1 2\r\n"), TW_PROXY_BAD, 0, NULL, NULL },
    { "v1 port too large", CASE("PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n"), TW_PROXY_BAD, 0,
      NULL, NULL },
    { "v1 port missing", CASE("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"), TW_PROXY_BAD, 0, NULL,
      NULL },
    { "v1 one word more", CASE("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"), TW_PROXY_BAD, 0, NULL,
      NULL },
    { "v1 blank at the end", CASE("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n"), TW_PROXY_BAD, 0, NULL,
      NULL },
    { "v1 two blanks", CASE("PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), TW_PROXY_BAD, 0, NULL,
      NULL },
    { "v2 IPv4", CASE(V2 "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\x13\x88\0\x8frest"), TW_PROXY_DONE,
      28, "192.0.2.1:5000", "198.51.100.2:143" },
    { "v2 IPv4 with extension",
      CASE(V2 "\x21\x11\0\x10\xc0\0\2\1\xc6\x33\x64\2\x13\x88\0\x8f\4\0\1x"), TW_PROXY_DONE, 32,
      "192.0.2.1:5000", "198.51.100.2:143" },
    { "v2 IPv6",
      CASE(V2 "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
              "\0\1\0\2"),
      TW_PROXY_DONE, 52, "[2001:db8::1]:1", "[::1]:2" },
    { "v2 local", CASE(V2 "\x20\0\0\0"), TW_PROXY_DONE, 16, "none", "none" },
    { "v2 datagram", CASE(V2 "\x21\x12\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0"), TW_PROXY_DONE, 28, "none",
      "none" },
    { "v2 too short for IPv4", CASE(V2 "\x21\x11\0\x0b\0\0\0\0\0\0\0\0\0\0\0"), TW_PROXY_BAD, 0,
      NULL, NULL },
    { "v2 unknown command", CASE(V2 "\x22\x11\0\0"), TW_PROXY_BAD, 0, NULL, NULL },
    { "v2 version 1", CASE(V2 "\x11\x11\0\0"), TW_PROXY_BAD, 0, NULL, NULL },
    { "v2 unknown family", CASE(V2 "\x21\x41\0\0"), TW_PROXY_BAD, 0, NULL, NULL },
    { "v2 longest", CASE(V2 "\x20\0\x0f\xf0"), TW_PROXY_MORE, 0, NULL, NULL },
    { "v2 one too long", CASE(V2 "\x20\0\x0f\xf1"), TW_PROXY_BAD, 0, NULL, NULL },
    { "nothing", CASE(""), TW_PROXY_MORE, 0, NULL, NULL },
    { "a command", CASE("A1 LOGIN"), TW_PROXY_BAD, 0, NULL, NULL },
    { "TLS", CASE("\x16\3\1"), TW_PROXY_BAD, 0, NULL, NULL },
};

static void
test_cases(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *tc = &cases[i];
        char text[TW_ADDRESS_TEXT_MAX];
        gsize end = tc->result == TW_PROXY_DONE ? tc->header_len : tc->len;

        g_test_message("%s", tc->name);
        for (gsize len = 0; len <= tc->len; len++) {
            g_autofree guint8 *input = g_memdup2(tc->input, len);
            TwProxyHeader header = { 0 };
            TwProxyResult result = tw_proxy_parse(input, len, &header);

            if (len >= end) {
                g_assert_cmpint(result, ==, tc->result);
            } else if (tc->result != TW_PROXY_BAD) {
                g_assert_cmpint(result, ==, TW_PROXY_MORE);
            }
            if (result != TW_PROXY_DONE)
                continue;
            g_assert_cmpuint(header.len, ==, tc->header_len);
            tw_address_format(&header.source, TRUE, text);
            g_assert_cmpstr(text, ==, tc->source);
            tw_address_format(&header.destination, TRUE, text);
            g_assert_cmpstr(text, ==, tc->destination);
        }
    }
}

static void
test_v1_limit(void)
{
    char line[TW_PROXY_V1_MAX + 1];
    TwProxyHeader header;

    memset(line, 'x', sizeof line);
    memcpy(line, "PROXY UNKNOWN ", 14);
    g_assert_cmpint(tw_proxy_parse((guint8 *) line, TW_PROXY_V1_MAX - 1, &header), ==,
                    TW_PROXY_MORE);
    g_assert_cmpint(tw_proxy_parse((guint8 *) line, TW_PROXY_V1_MAX, &header), ==, TW_PROXY_BAD);
    memcpy(line + TW_PROXY_V1_MAX - 2, "\r\n", 2);
    g_assert_cmpint(tw_proxy_parse((guint8 *) line, TW_PROXY_V1_MAX, &header), ==, TW_PROXY_DONE);
}

/* --- on connections --------------------------------------------------------------------------------------------- */

typedef struct {
    TestGate bad, accepted;
} Door;

static void
door_accepted(TwConn *conn, gpointer data)
{
    Door *door = data;
    char peer[TW_ADDRESS_TEXT_MAX];

    tw_address_format(tw_conn_get_peer(conn), TRUE, peer);
    if (g_str_has_prefix(peer, "127.0.0.1:") || g_str_has_prefix(peer, "[::1]:"))
        g_strlcpy(peer, "itself", sizeof peer);
    tw_conn_printf(conn, "%s\n", peer);
    test_gate_open(&door->accepted);
}

static void
door_ready(TwConn *conn, TwCursor input)
{
    tw_conn_write(conn, input.next, input.left);
}

static void
door_event(TwLoopEvent event, const TwAddress *peer, const GError *error, gpointer data)
{
    Door *door = data;

    (void) peer;
    (void) error;
    g_assert_cmpint(event, ==, TW_LOOP_EVENT_PROXY_BAD);
    test_gate_open(&door->bad);
}

static const TwProtocol door_protocol = { .name = "test",
                                          .accepted = door_accepted,
                                          .ready = door_ready };

static TestServer
door_open(Door *door, const char *proxies)
{
    g_autoptr(GArray) list = NULL;
    TwListenOptions options = { .protocol = &door_protocol, .data = door };
    TwLoopOptions loop_options = { .event_func = door_event, .event_data = door };

    g_assert_true(tw_network_list_parse(proxies, &list, NULL));
    options.proxies = list;
    return test_server_new(&options, &loop_options);
}

/* However the header is cut, what follows is the protocol's and nothing else. */
static void
test_trusted(void)
{
    const char *input = "PROXY TCP4 192.0.2.1 198.51.100.2 5000 143\r\none\n";
    Door door = { 0 };
    TestServer server = door_open(&door, "192.0.2.0/24, 127.0.0.0/8, ::1");

    for (gsize cut = 1; cut < strlen(input); cut++) {
        int fd = test_connect(&server);

        test_send_bytes(fd, input, cut);
        if (cut >= 44)
            test_expect(fd, "192.0.2.1:5000\n");
        test_send(fd, input + cut);
        test_expect(fd, cut >= 44 ? "one\n" : "192.0.2.1:5000\none\n");
        (void) close(fd);
    }
    g_assert_cmpint(test_gate_count(&door.bad), ==, 0);
    test_server_free(&server);
}

static void
test_local(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door, loopback_host());
    int fd = test_connect(&server);

    test_send_bytes(fd, V2 "\x20\0\0\0one\n", 20);
    test_expect(fd, "itself\none\n");
    (void) close(fd);
    test_server_free(&server);
}

static void
test_trusted_without_header(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door, loopback_host());
    int fd = test_connect(&server);
    guint8 byte;

    test_send(fd, "hello\n");
    test_gate_wait(&door.bad, 1);
    g_assert_cmpuint(test_read(fd, &byte, 1), ==, 0);
    g_assert_cmpint(test_gate_count(&door.accepted), ==, 0);
    (void) close(fd);
    test_server_free(&server);
}

/* From anywhere else the header is what any client could have sent: input of the protocol. */
static void
test_untrusted(void)
{
    Door door = { 0 };
    TestServer server = door_open(&door, "192.0.2.0/24 2001:db8::/32");
    int fd = test_connect(&server);

    test_send(fd, "PROXY TCP4 192.0.2.1 198.51.100.2 5000 143\r\n");
    test_expect(fd, "itself\nPROXY TCP4 192.0.2.1 198.51.100.2 5000 143\r\n");
    (void) close(fd);
    test_server_free(&server);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/proxy/cases", test_cases);
    g_test_add_func("/net/proxy/v1-limit", test_v1_limit);
    g_test_add_func("/net/proxy/trusted", test_trusted);
    g_test_add_func("/net/proxy/local", test_local);
    g_test_add_func("/net/proxy/trusted-without-header", test_trusted_without_header);
    g_test_add_func("/net/proxy/untrusted", test_untrusted);
    return g_test_run();
}
