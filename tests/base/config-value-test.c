/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/config-value.h"

#include <string.h>

#include "base/error.h"

static void
test_bool(void)
{
    static const struct {
        const char *text;
        int value; /* -1: refused */
    } cases[] = {
        { "yes", 1 },   { "Yes", 1 }, { "TRUE", 1 }, { "1", 1 },   { "no", 0 },
        { "false", 0 }, { "0", 0 },   { "", -1 },    { "on", -1 }, { "ja", -1 },
        { "yess", -1 }, { "ye", -1 }, { "2", -1 },   { "01", -1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gboolean value = 77;
        gboolean ok = tw_config_parse_bool(cases[i].text, strlen(cases[i].text), &value);

        g_test_message("%s", cases[i].text);
        g_assert_cmpint(ok, ==, cases[i].value >= 0);
        g_assert_cmpint(value, ==, ok ? cases[i].value : 77);
    }
}

typedef struct {
    const char *text;
    gboolean ok;
    gint64 value;
} NumberCase;

static void
test_int(void)
{
    static const NumberCase cases[] = {
        { "0", TRUE, 0 },
        { "-1", TRUE, -1 },
        { "007", TRUE, 7 },
        { "0x20006", TRUE, 0x20006 },
        { "0X1f", TRUE, 31 },
        { "9223372036854775807", TRUE, G_MAXINT64 },
        { "9223372036854775808", FALSE, 0 },
        { "0xffffffffffffffff", FALSE, 0 },
        { "", FALSE, 0 },
        { "-", FALSE, 0 },
        { "--1", FALSE, 0 },
        { "+1", FALSE, 0 },
        { "0x", FALSE, 0 },
        { "-0x1", FALSE, 0 },
        { "1 ", FALSE, 0 },
        { "1k", FALSE, 0 },
    };
    gint64 value = 0;

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        value = 77;
        g_test_message("%s", cases[i].text);
        g_assert_cmpint(tw_config_parse_int(cases[i].text, strlen(cases[i].text), TRUE, &value), ==,
                        cases[i].ok);
        g_assert_cmpint(value, ==, cases[i].ok ? cases[i].value : 77);
    }
    g_assert_false(tw_config_parse_int("0x1", 3, FALSE, &value));
}

static void
test_size(void)
{
    static const NumberCase cases[] = {
        { "0", TRUE, 0 },
        { "10", TRUE, 10 },
        { "1k", TRUE, 1024 },
        { "1K", TRUE, 1024 },
        { "128M", TRUE, (gint64) 128 << 20 },
        { "2g", TRUE, (gint64) 2 << 30 },
        { "8589934591G", TRUE, (gint64) 8589934591 << 30 },
        { "8589934592G", FALSE, 0 },
        { "", FALSE, 0 },
        { "k", FALSE, 0 },
        { "-1", FALSE, 0 },
        { "1T", FALSE, 0 },
        { "1kb", FALSE, 0 },
        { "1 k", FALSE, 0 },
        { "1.5k", FALSE, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 value = 77;

        g_test_message("%s", cases[i].text);
        g_assert_cmpint(tw_config_parse_size(cases[i].text, strlen(cases[i].text), &value), ==,
                        cases[i].ok);
        g_assert_cmpint(value, ==, cases[i].ok ? cases[i].value : 77);
    }
}

static void
test_time(void)
{
    static const NumberCase cases[] = {
        { "5", TRUE, 5000 },
        { "5s", TRUE, 5000 },
        { "5 min", TRUE, 300000 },
        { "5ms", TRUE, 5 },
        { "1H", TRUE, 3600000 },
        { "30 days", TRUE, (gint64) 30 * 86400000 },
        { "106751991167d", TRUE, (gint64) 106751991167 * 86400000 },
        { "106751991168d", FALSE, 0 },
        { "", FALSE, 0 },
        { "s", FALSE, 0 },
        { "5 x", FALSE, 0 },
        { "-5", FALSE, 0 },
        { "5 s s", FALSE, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 value = 77;

        g_test_message("%s", cases[i].text);
        g_assert_cmpint(tw_config_parse_time(cases[i].text, strlen(cases[i].text), 1000, &value),
                        ==, cases[i].ok);
        g_assert_cmpint(value, ==, cases[i].ok ? cases[i].value : 77);
    }
}

static void
test_list(void)
{
    static const struct {
        const char *text, *joined; /* joined by "|"; NULL: refused */
    } cases[] = {
        { "", "" },
        { "  \t ", "" },
        { "imap pop3", "imap|pop3" },
        { " a\t\tb ", "a|b" },
        { "\"X-Loop: yes\" b", "X-Loop: yes|b" },
        { "\"\" b", "|b" },
        { "a\"b c\"", "a\"b|c\"" },
        { "\"open", NULL },
        { "\"a\"b", NULL },
        { "a \"", NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].text);
        g_autofree char *input = g_memdup2(cases[i].text, len);
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) words = tw_config_parse_list(input, len, &error);
        g_autofree char *joined = words == NULL ? NULL : g_strjoinv("|", words);

        g_test_message("%s", cases[i].text);
        g_assert_cmpstr(joined, ==, cases[i].joined);
        if (joined == NULL)
            g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        for (gsize cut = 0; cut < len; cut++) {
            g_autofree char *part = g_memdup2(cases[i].text, cut);
            G_GNUC_UNUSED g_auto(GStrv) ignored = tw_config_parse_list(part, cut, NULL);
        }
    }
}

static void
test_list_limit(void)
{
    for (gsize count = TW_CONFIG_WORDS_MOST; count <= TW_CONFIG_WORDS_MOST + 1; count++) {
        g_autofree char *text = g_strnfill(count * 2, 'w');
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) words = NULL;

        for (gsize i = 1; i < count * 2; i += 2)
            text[i] = ' ';
        words = tw_config_parse_list(text, count * 2, &error);
        if (count == TW_CONFIG_WORDS_MOST)
            g_assert_cmpuint(g_strv_length(words), ==, count);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
    g_assert_null(tw_config_parse_list("a\0b", 3, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/config-value/bool", test_bool);
    g_test_add_func("/base/config-value/int", test_int);
    g_test_add_func("/base/config-value/size", test_size);
    g_test_add_func("/base/config-value/time", test_time);
    g_test_add_func("/base/config-value/list", test_list);
    g_test_add_func("/base/config-value/list-limit", test_list_limit);
    return g_test_run();
}
