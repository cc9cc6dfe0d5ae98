/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/http-uri.h"

#include <string.h>

#include "base/error.h"

static void
test_paths(void)
{
    static const struct {
        const char *input, *expected; /* NULL: refused */
    } cases[] = {
        { "/", "/" },
        { "/a/b", "/a/b" },
        { "/a/b/", "/a/b/" },
        { "//a///b", "/a/b" },
        { "/./a/.", "/a/" },
        { "/a/../b", "/b" },
        { "/a/..", "/" },
        { "/a/b/../..", "/" },
        { "/a/b/%2e%2E/c", "/a/c" },
        { "/a/.%2e/c", "/c" },
        { "/..", NULL },
        { "/%2e%2e/x", NULL },
        { "/a/../../x", NULL },
        { "/a//../x", "/x" },
        { "/...", "/..." },
        { "/.well-known/x", "/.well-known/x" },
        { "/%41%7e", "/A~" },
        { "/a%2fb", "/a%2Fb" },
        { "/a%5cb", "/a%5Cb" },
        { "/a\\b", "/a%5Cb" },
        { "/a{b}", "/a%7Bb%7D" },
        { "/%c3%a4", "/%C3%A4" },
        { "/%252e%252e/", "/%252e%252e/" },
        { "/a%", NULL },
        { "/a%2", NULL },
        { "/a%zz", NULL },
        { "/%00", NULL },
        { "/%0a", NULL },
        { "/%7f", NULL },
        { "/a\x01", NULL },
        { "/a#b", NULL },
        { "/\xff", NULL },
        { "", NULL },
        { "a", NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].input);
        g_autofree char *copy = g_memdup2(cases[i].input, len);
        g_autoptr(GError) error = NULL;
        g_autofree char *path = tw_http_path_canonical(copy, len, &error);
        g_autofree char *label = g_strescape(cases[i].input, NULL);

        g_test_message("%s", label);
        g_assert_cmpstr(path, ==, cases[i].expected);
        if (path == NULL) {
            g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        } else {
            g_autofree char *again = tw_http_path_canonical(path, strlen(path), NULL);
            g_assert_cmpstr(again, ==, path);
        }
    }
}

static void
test_decoding(void)
{
    static const struct {
        const char *input;
        gboolean plus;
        const char *expected;
    } cases[] = {
        { "a%20b+c", FALSE, "a b+c" }, { "a%20b+c", TRUE, "a b c" },
        { "%2B", TRUE, "+" },          { "%2F%5c", FALSE, "/\\" },
        { "%C3%A4", FALSE, "ä" },      { "%E4", FALSE, NULL },
        { "%C0%AF", FALSE, NULL },     { "%00", FALSE, NULL },
        { "%0a", FALSE, "\n" },        { "%1b", FALSE, NULL },
        { "%", FALSE, NULL },          { "%4", FALSE, NULL },
        { "%2541", FALSE, "%41" },     { "", FALSE, "" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].input);
        g_autofree char *copy = g_memdup2(cases[i].input, len);
        g_autoptr(GError) error = NULL;
        g_autofree char *text = tw_http_percent_decode(copy, len, cases[i].plus, &error);

        g_assert_cmpstr(text, ==, cases[i].expected);
        g_assert_cmpint(text == NULL, ==, error != NULL);
        if (text != NULL) {
            g_autofree char *encoded = tw_http_percent_encode(text);
            g_autofree char *back = tw_http_percent_decode(encoded, strlen(encoded), TRUE, NULL);
            g_assert_cmpstr(back, ==, text);
        }
    }
}

static void
test_queries(void)
{
    static const char text[] = "a=1&&b&a=2&c%20d=%26%3D&=x&e=";
    g_autofree char *copy = g_memdup2(text, sizeof text - 1);
    g_autoptr(TwHttpQuery) query = tw_http_query_parse(copy, sizeof text - 1, NULL);
    g_autoptr(TwHttpQuery) none = tw_http_query_parse(NULL, 0, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_nonnull(query);
    g_assert_cmpuint(query->count, ==, 6);
    g_assert_cmpstr(tw_http_query_get(query, "a"), ==, "1");
    g_assert_cmpstr(tw_http_query_get(query, "b"), ==, "");
    g_assert_cmpstr(tw_http_query_get(query, "c d"), ==, "&=");
    g_assert_cmpstr(tw_http_query_get(query, "e"), ==, "");
    g_assert_cmpstr(tw_http_query_get(query, ""), ==, "x");
    g_assert_null(tw_http_query_get(query, "A"));
    g_assert_cmpuint(none->count, ==, 0);
    g_assert_null(tw_http_query_parse("a=%zz&b=1", 9, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
}

static void
test_query_limit(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(TwHttpQuery) query = NULL;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < TW_HTTP_QUERY_MOST; i++)
        g_string_append(text, "x&");
    query = tw_http_query_parse(text->str, text->len, NULL);
    g_assert_nonnull(query);
    g_assert_cmpuint(query->count, ==, TW_HTTP_QUERY_MOST);
    g_string_append(text, "x");
    g_assert_null(tw_http_query_parse(text->str, text->len, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

static void
test_hosts(void)
{
    static const struct {
        const char *input, *host; /* NULL: refused */
        guint16 port;
    } cases[] = {
        { "Example.ORG", "example.org", 0 },
        { "a:80", "a", 80 },
        { "a:", "a", 0 },
        { "127.0.0.1:65535", "127.0.0.1", 65535 },
        { "[::1]", "::1", 0 },
        { "[::1]:8", "::1", 8 },
        { "", "", 0 },
        { "a:65536", NULL, 0 },
        { "a:-1", NULL, 0 },
        { ":80", NULL, 0 },
        { "a:80:80", NULL, 0 },
        { "[::1", NULL, 0 },
        { "[]", NULL, 0 },
        { "[::1]x", NULL, 0 },
        { "[fe80::1%25eth0]", NULL, 0 },
        { "a b", NULL, 0 },
        { "a/b", NULL, 0 },
        { "u@a", NULL, 0 },
        { "a\tb", NULL, 0 },
        { "\xc3\xa4", NULL, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].input);
        g_autofree char *copy = g_memdup2(cases[i].input, len);
        g_autofree char *host = NULL;
        guint16 port = 7;

        g_autofree char *label = g_strescape(cases[i].input, NULL);

        g_test_message("%s", label);
        g_assert_cmpint(tw_http_host_parse(copy, len, &host, &port), ==, cases[i].host != NULL);
        g_assert_cmpstr(host, ==, cases[i].host);
        g_assert_cmpuint(port, ==, cases[i].host != NULL ? cases[i].port : 7);
    }
}

static void
test_long_host(void)
{
    char name[257];
    g_autofree char *host = NULL;
    guint16 port;

    memset(name, 'a', sizeof name);
    g_assert_true(tw_http_host_parse(name, 255, &host, &port));
    g_assert_false(tw_http_host_parse(name, 256, &host, &port));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/http-uri/paths", test_paths);
    g_test_add_func("/net/http-uri/decoding", test_decoding);
    g_test_add_func("/net/http-uri/queries", test_queries);
    g_test_add_func("/net/http-uri/query-limit", test_query_limit);
    g_test_add_func("/net/http-uri/hosts", test_hosts);
    g_test_add_func("/net/http-uri/long-host", test_long_host);
    return g_test_run();
}
