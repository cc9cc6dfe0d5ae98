/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/address.h"

#include <netinet/in.h>
#include <string.h>

#include "base/error.h"

static void
test_text(void)
{
    static const struct {
        const char *in, *out; /* out NULL: refused */
    } cases[] = {
        { "192.0.2.1", "192.0.2.1:7" },
        { "2001:DB8::1", "[2001:db8::1]:7" },
        { "::ffff:192.0.2.1", "192.0.2.1:7" },
        { "::", "[::]:7" },
        { "192.0.2.256", NULL },
        { "192.0.2", NULL },
        { "192.0.2.1 ", NULL },
        { "localhost", NULL },
        { "fe80::1%lo", NULL },
        { "[::1]", NULL },
        { "", NULL },
        { "1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwAddress addr = { 0 }, back;
        struct sockaddr_storage sa;
        socklen_t len;
        char text[TW_ADDRESS_TEXT_MAX];

        g_assert_cmpint(tw_address_parse(cases[i].in, strlen(cases[i].in), &addr), ==,
                        cases[i].out != NULL);
        if (cases[i].out == NULL)
            continue;
        addr.port = 7;
        tw_address_format(&addr, TRUE, text);
        g_assert_cmpstr(text, ==, cases[i].out);
        len = tw_address_to_sockaddr(&addr, &sa);
        back = tw_address_from_sockaddr((struct sockaddr *) &sa, len);
        g_assert_true(tw_address_equal(&addr, &back));
        g_assert_cmpuint(back.port, ==, 7);
        g_assert_cmpint(tw_address_from_sockaddr((struct sockaddr *) &sa, 3).family, ==,
                        TW_ADDRESS_NONE);
    }
}

static void
test_networks(void)
{
    static const struct {
        const char *net, *addr;
        gboolean in;
    } cases[] = {
        { "192.0.2.0/24", "192.0.2.255", TRUE },
        { "192.0.2.0/24", "192.0.3.0", FALSE },
        { "192.0.2.77/31", "192.0.2.76", TRUE },
        { "192.0.2.77/31", "192.0.2.78", FALSE },
        { "192.0.2.1", "192.0.2.1", TRUE },
        { "192.0.2.1", "192.0.2.2", FALSE },
        { "0.0.0.0/0", "203.0.113.9", TRUE },
        { "0.0.0.0/0", "::1", FALSE },
        { "2001:db8::/33", "2001:db8:7fff::", TRUE },
        { "2001:db8::/33", "2001:db8:8000::", FALSE },
        { "::/0", "2001:db8::", TRUE },
        { "::ffff:192.0.2.0/120", "192.0.2.9", TRUE },
        { "::1/128", "::1", TRUE },
        { "::1/128", "::2", FALSE },
    };
    static const char *const bad[] = {
        "192.0.2.0/33", "::/129", "192.0.2.0/",      "192.0.2.0/-1", "/8",
        "x/8",          "",       "192.0.2.0/24/24", "192.0.2.0/ 8", "::ffff:192.0.2.0/95"
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwNetwork net;
        TwAddress addr;

        g_assert_true(tw_network_parse(cases[i].net, strlen(cases[i].net), &net, NULL));
        g_assert_true(tw_address_parse(cases[i].addr, strlen(cases[i].addr), &addr));
        g_assert_cmpint(tw_network_contains(&net, &addr), ==, cases[i].in);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        TwNetwork net;

        g_assert_false(tw_network_parse(bad[i], strlen(bad[i]), &net, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    }
}

static void
test_network_list(void)
{
    g_autoptr(GArray) list = NULL, bad = NULL;
    g_autoptr(GError) error = NULL;
    TwAddress addr;

    g_assert_true(tw_network_list_parse(" 192.0.2.0/24,::1  10.0.0.0/8,", &list, &error));
    g_assert_cmpuint(list->len, ==, 3);
    g_assert_true(tw_address_parse("10.9.9.9", 8, &addr));
    g_assert_true(tw_network_list_contains(list, &addr));
    g_assert_true(tw_address_parse("11.9.9.9", 8, &addr));
    g_assert_false(tw_network_list_contains(list, &addr));
    g_assert_false(tw_network_list_contains(NULL, &addr));
    g_assert_false(tw_network_list_parse("10.0.0.0/8 example.org", &bad, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_assert_null(bad);
}

static void
test_local(void)
{
    static const struct {
        const char *text;
        gboolean local;
    } rows[] = {
        { "127.0.0.1", TRUE },        { "127.255.0.9", TRUE }, { "128.0.0.1", FALSE },
        { "0.0.0.0", FALSE },         { "::1", TRUE },         { "::", FALSE },
        { "::ffff:127.0.0.1", TRUE }, { "::2", FALSE },        { "100::1", FALSE },
    };
    TwAddress addr = { .family = TW_ADDRESS_UNIX };

    g_assert_true(tw_address_is_local(&addr));
    addr.family = TW_ADDRESS_NONE;
    g_assert_false(tw_address_is_local(&addr));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_true(tw_address_parse(rows[i].text, strlen(rows[i].text), &addr));
        g_assert_cmpint(tw_address_is_local(&addr), ==, rows[i].local);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/address/text", test_text);
    g_test_add_func("/net/address/networks", test_networks);
    g_test_add_func("/net/address/network-list", test_network_list);
    g_test_add_func("/net/address/local", test_local);
    return g_test_run();
}
