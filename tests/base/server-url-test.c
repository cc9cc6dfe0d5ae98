/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/server-url.h"

#include <string.h>

#include "base/error.h"

static void
test_urls(void)
{
    static const struct {
        const char *text, *shown; /* shown NULL: must fail with code */
        int code;
    } cases[] = {
        { "default:", "default:", 0 },
        { "file:///run/twiga/server.sock", "file:///run/twiga/server.sock", 0 },
        { "unix:/run/s", "file:///run/s", 0 },
        { "http://localhost:236/", "http://localhost:236/", 0 },
        { "http://localhost:236/zarafa", "http://localhost:236/zarafa", 0 },
        { "HTTPS://Mail-1.example.org", "https://Mail-1.example.org:237/", 0 },
        { "http://[::1]/x", "http://[::1]:236/x", 0 },
        { "http://[::1]:80", "http://[::1]:80/", 0 },
        { "pseudo://node-2", "pseudo://node-2", 0 },
        { "pseudo://node-2/", "pseudo://node-2", 0 },
        { "", NULL, TW_ERROR_UNSUPPORTED },
        { "ftp://x/", NULL, TW_ERROR_UNSUPPORTED },
        { "/run/s", NULL, TW_ERROR_UNSUPPORTED },
        { "default:x", NULL, TW_ERROR_INVALID },
        { "file://", NULL, TW_ERROR_INVALID },
        { "file://host/run", NULL, TW_ERROR_INVALID },
        { "file:///", NULL, TW_ERROR_INVALID },
        { "http://", NULL, TW_ERROR_INVALID },
        { "http:///x", NULL, TW_ERROR_INVALID },
        { "http://a:0/", NULL, TW_ERROR_INVALID },
        { "http://a:65536/", NULL, TW_ERROR_INVALID },
        { "http://a:/", NULL, TW_ERROR_INVALID },
        { "http://user@a/", NULL, TW_ERROR_INVALID },
        { "http://a/?q", NULL, TW_ERROR_INVALID },
        { "http://a/b c", NULL, TW_ERROR_INVALID },
        { "http://[::1", NULL, TW_ERROR_INVALID },
        { "http://[::1]x", NULL, TW_ERROR_INVALID },
        { "http://[]/", NULL, TW_ERROR_INVALID },
        { "pseudo://", NULL, TW_ERROR_INVALID },
        { "pseudo://a/b", NULL, TW_ERROR_INVALID },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].text);
        g_autofree char *input = g_memdup2(cases[i].text, len);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwServerUrl) url = tw_server_url_parse(input, len, &error);
        g_autofree char *shown = url == NULL ? NULL : tw_server_url_to_string(url);

        g_test_message("%s", cases[i].text);
        g_assert_cmpstr(shown, ==, cases[i].shown);
        if (url == NULL)
            g_assert_error(error, TW_ERROR, cases[i].code);
        for (gsize cut = 0; cut < len; cut++) {
            g_autofree char *part = g_memdup2(cases[i].text, cut);
            G_GNUC_UNUSED g_autoptr(TwServerUrl) ignored = tw_server_url_parse(part, cut, NULL);
        }
    }
}

static void
test_limits(void)
{
    for (guint over = 0; over <= 1; over++) {
        g_autofree char *host = g_strnfill(TW_SERVER_URL_HOST_MOST + over, 'h');
        g_autofree char *path = g_strnfill(TW_SERVER_URL_PATH_MOST - 1 + over, 'p');
        g_autofree char *long_host = g_strconcat("http://", host, NULL);
        g_autofree char *long_path = g_strconcat("http://a/", path, NULL);
        g_autoptr(TwServerUrl) a = tw_server_url_parse(long_host, strlen(long_host), NULL);
        g_autoptr(TwServerUrl) b = tw_server_url_parse(long_path, strlen(long_path), NULL);

        g_assert_cmpint(a != NULL, ==, over == 0);
        g_assert_cmpint(b != NULL, ==, over == 0);
    }
}

static void
test_resolve(void)
{
    static const char *const both[] = { "KOPANO_SOCKET=http://k:1/", "TWIGA_SOCKET=", NULL };
    static const char *const wrong[] = { "ZARAFA_SOCKET=nonsense", NULL };
    static const char *const circle[] = { "TWIGA_SOCKET=default:", NULL };
    g_autoptr(TwServerUrl) def = tw_server_url_parse("default:", 8, NULL);
    g_autoptr(TwServerUrl) other = tw_server_url_parse("pseudo://n", 10, NULL);
    g_autoptr(TwServerUrl) from_variable = tw_server_url_resolve(def, both, "/run/s", NULL);
    g_autoptr(TwServerUrl) local = tw_server_url_resolve(def, NULL, "/run/s", NULL);
    g_autoptr(TwServerUrl) not_endless = tw_server_url_resolve(def, circle, "/run/s", NULL);
    g_autoptr(TwServerUrl) kept = tw_server_url_resolve(other, both, "/run/s", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_cmpstr(from_variable->host, ==, "k");
    g_assert_cmpint(local->kind, ==, TW_SERVER_URL_UNIX);
    g_assert_cmpstr(local->path, ==, "/run/s");
    g_assert_cmpint(not_endless->kind, ==, TW_SERVER_URL_UNIX);
    g_assert_cmpstr(kept->host, ==, "n");
    g_assert_null(tw_server_url_resolve(def, wrong, "/run/s", &error));
    g_assert_nonnull(strstr(error->message, "ZARAFA_SOCKET"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/server-url/urls", test_urls);
    g_test_add_func("/base/server-url/limits", test_limits);
    g_test_add_func("/base/server-url/resolve", test_resolve);
    return g_test_run();
}
