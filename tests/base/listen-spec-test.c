/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/listen-spec.h"

#include <string.h>

#include "base/error.h"

#define A15 "aaaaaaaaaaaaaaa"

static void
test_specs(void)
{
    static const struct {
        const char *text, *shown; /* shown NULL: must fail with code */
        int code;
    } cases[] = {
        { "*:236", "*:236", 0 },
        { ":236", "*:236", 0 },
        { "*%lo:236", "*%lo:236", 0 },
        { "127.0.0.1:0", "127.0.0.1:0", 0 },
        { "[::1]:65535", "[::1]:65535", 0 },
        { "[fe80::1]%eth0:143", "[fe80::1]%eth0:143", 0 },
        { "[0:0::1]:1", "[::1]:1", 0 },
        { "unix:/run/twiga/server.sock", "unix:/run/twiga/server.sock", 0 },
        { "*%" A15 ":1", "*%" A15 ":1", 0 },
        { "*%" A15 "a:1", NULL, TW_ERROR_TOO_BIG },
        { "", NULL, TW_ERROR_INVALID },
        { "*", NULL, TW_ERROR_INVALID },
        { "143", NULL, TW_ERROR_INVALID },
        { "*:", NULL, TW_ERROR_INVALID },
        { "*:65536", NULL, TW_ERROR_INVALID },
        { "*:+1", NULL, TW_ERROR_INVALID },
        { "localhost:143", NULL, TW_ERROR_INVALID },
        { "::1:143", NULL, TW_ERROR_INVALID },
        { "[127.0.0.1]:1", NULL, TW_ERROR_INVALID },
        { "[::1:1", NULL, TW_ERROR_INVALID },
        { "127.0.0.1.:1", NULL, TW_ERROR_INVALID },
        { "127.0.0.01:1", NULL, TW_ERROR_INVALID },
        { "*%:1", NULL, TW_ERROR_INVALID },
        { "*%a/b:1", NULL, TW_ERROR_INVALID },
        { "unix:", NULL, TW_ERROR_INVALID },
        { "unix:/", NULL, TW_ERROR_INVALID },
        { "unix:relative", NULL, TW_ERROR_INVALID },
        { "unix:/a\nb", NULL, TW_ERROR_INVALID },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].text);
        g_autofree char *input = g_memdup2(cases[i].text, len);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwListenSpec) spec = tw_listen_spec_parse(input, len, &error);
        g_autofree char *shown = spec == NULL ? NULL : tw_listen_spec_to_string(spec);

        g_test_message("%s", cases[i].text);
        g_assert_cmpstr(shown, ==, cases[i].shown);
        if (spec == NULL)
            g_assert_error(error, TW_ERROR, cases[i].code);
        for (gsize cut = 0; cut < len; cut++) { /* must not read past the cut */
            g_autofree char *part = g_memdup2(cases[i].text, cut);
            G_GNUC_UNUSED g_autoptr(TwListenSpec) ignored = tw_listen_spec_parse(part, cut, NULL);
        }
    }
}

static void
test_fields(void)
{
    g_autoptr(TwListenSpec) v4 = tw_listen_spec_parse("10.0.0.7%eth1:25", 16, NULL);
    g_autoptr(TwListenSpec) any = tw_listen_spec_parse("*:0", 3, NULL);

    g_assert_cmpint(v4->family, ==, TW_LISTEN_IPV4);
    g_assert_true(memcmp(v4->address, "\x0a\0\0\x07", 4) == 0);
    g_assert_cmpuint(v4->port, ==, 25);
    g_assert_cmpstr(v4->interface, ==, "eth1");
    g_assert_null(v4->path);
    g_assert_cmpint(any->family, ==, TW_LISTEN_ANY);
}

static void
test_path_limit(void)
{
    for (gsize len = TW_LISTEN_PATH_MOST - 1; len <= TW_LISTEN_PATH_MOST + 1; len++) {
        g_autofree char *name = g_strnfill(len - 1, 'x');
        g_autofree char *text = g_strconcat("unix:/", name, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwListenSpec) spec = tw_listen_spec_parse(text, strlen(text), &error);

        if (len <= TW_LISTEN_PATH_MOST)
            g_assert_nonnull(spec);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
}

static void
test_lists(void)
{
    g_autoptr(GPtrArray) none = tw_listen_list_parse(" \t", 2, NULL);
    const char *text = "*:1  [::]:2\t\"unix:/run/a b\"";
    g_autoptr(GPtrArray) three = tw_listen_list_parse(text, strlen(text), NULL);
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(none->len, ==, 0);
    g_assert_cmpuint(three->len, ==, 3);
    g_assert_cmpstr(((const TwListenSpec *) three->pdata[2])->path, ==, "/run/a b");
    g_assert_null(tw_listen_list_parse("*:1 mail:2", 10, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "\"mail:2\""));
}

static void
test_list_limit(void)
{
    for (guint count = TW_LISTEN_MOST; count <= TW_LISTEN_MOST + 1; count++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GPtrArray) list = NULL;
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < count; i++)
            g_string_append(text, "*:0 ");
        list = tw_listen_list_parse(text->str, text->len, &error);
        if (count == TW_LISTEN_MOST)
            g_assert_cmpuint(list->len, ==, count);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/listen-spec/specs", test_specs);
    g_test_add_func("/base/listen-spec/fields", test_fields);
    g_test_add_func("/base/listen-spec/path-limit", test_path_limit);
    g_test_add_func("/base/listen-spec/lists", test_lists);
    g_test_add_func("/base/listen-spec/list-limit", test_list_limit);
    return g_test_run();
}
