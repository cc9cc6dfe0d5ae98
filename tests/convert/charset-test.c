/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an administrator can say of charsets; how texts are read otherwise is in mail-in-test.c. */
#include "convert/charset.h"

#include <string.h>

static void
test_substitutes(void)
{
    static const char *const pairs[] = { "x-user-defined", "windows-1251", "x-odd",  "koi8-r",
                                         "utf-8",          "koi8-r",       "x-half", NULL };
    static const struct {
        const char *charset, *input, *expected;
    } cases[] = {
        { "x-user-defined", "\xcf\xf0\xe8", "При" },
        { "X-User-Defined", "\xcf\xf0\xe8", "При" },
        { "x-odd", "\xf0\xd2\xc9", "При" },
        { "utf-8", "При", "При" }, /* known names mean what they say */
        { "windows-1252", "\xe4", "ä" },
        { "x-half", "abc", "abc" },
        { "x-user-defined-2", "abc", "abc" },
    };
    g_autoptr(TwCharsetReader) reader = tw_charset_reader_new(NULL, pairs);

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(1000);
        const char *charset = cases[i].charset, *input = cases[i].input;

        tw_charset_read(reader, charset, strlen(charset), (const guint8 *) input, strlen(input),
                        &out);
        tw_buffer_put_u8(&out, 0);
        g_assert_cmpstr((const char *) out.data, ==, cases[i].expected);
    }
}

static void
test_plain(void)
{
    static const char *const plain[] = { "us-ascii",     "utf-8",  "iso-8859-15",
                                         "windows-1251", "koi8-r", "gb18030" };
    static const char *const others[] = { "utf-16", "utf-7", "x-never-heard-of", "",
                                          "iso-2022-kr" };

    for (guint i = 0; i < G_N_ELEMENTS(plain); i++)
        g_assert_true(tw_charset_is_plain(plain[i]));
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_false(tw_charset_is_plain(others[i]));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/charset/substitutes", test_substitutes);
    g_test_add_func("/convert/charset/plain", test_plain);
    return g_test_run();
}
