/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/number.h"

#include <string.h>

static void
test_decimal(void)
{
    static const struct {
        const char *text;
        guint64 max;
        gboolean ok;
        guint64 value;
    } cases[] = {
        { "0", 10, TRUE, 0 },
        { "10", 10, TRUE, 10 },
        { "11", 10, FALSE, 0 },
        { "007", 10, TRUE, 7 },
        { "", 10, FALSE, 0 },
        { "+1", 10, FALSE, 0 },
        { "-1", 10, FALSE, 0 },
        { " 1", 10, FALSE, 0 },
        { "1 ", 10, FALSE, 0 },
        { "0x1", 10, FALSE, 0 },
        { "18446744073709551615", G_MAXUINT64, TRUE, G_MAXUINT64 },
        { "18446744073709551616", G_MAXUINT64, FALSE, 0 },
        { "99999999999999999999999", G_MAXUINT64, FALSE, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].text);
        g_autofree char *input = g_memdup2(cases[i].text, len);
        guint64 value = 77;

        g_test_message("%s", cases[i].text);
        g_assert_cmpint(tw_parse_u64(input, len, cases[i].max, &value), ==, cases[i].ok);
        g_assert_cmpuint(value, ==, cases[i].ok ? cases[i].value : 77);
    }
}

static void
test_bounds_of_32_bits(void)
{
    guint32 value = 0;

    g_assert_true(tw_parse_u32("4294967295", 10, G_MAXUINT32, &value));
    g_assert_cmpuint(value, ==, G_MAXUINT32);
    g_assert_false(tw_parse_u32("4294967296", 10, G_MAXUINT32, &value));
}

static void
test_hexadecimal(void)
{
    guint64 value = 0;

    g_assert_true(tw_parse_hex_u64("fFfFfFfFfFfFfFfF", 16, &value));
    g_assert_cmphex(value, ==, G_MAXUINT64);
    g_assert_false(tw_parse_hex_u64("0ffffffffffffffff", 17, &value));
    g_assert_false(tw_parse_hex_u64("0x1", 3, &value));
    g_assert_false(tw_parse_hex_u64("", 0, &value));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/number/decimal", test_decimal);
    g_test_add_func("/base/number/32-bits", test_bounds_of_32_bits);
    g_test_add_func("/base/number/hexadecimal", test_hexadecimal);
    return g_test_run();
}
