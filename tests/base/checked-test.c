/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/checked.h"

static void
test_sizes(void)
{
    gsize size = 7;

    g_assert_true(tw_checked_round_up(0, 16, &size) && size == 0);
    g_assert_true(tw_checked_round_up(17, 16, &size) && size == 32);
    g_assert_true(tw_checked_round_up(G_MAXSIZE - 15, 16, &size) && size == G_MAXSIZE - 15);
    size = 7;
    g_assert_false(tw_checked_round_up(G_MAXSIZE - 14, 16, &size));
    g_assert_false(tw_checked_size(1, G_MAXSIZE, 1, G_MAXSIZE, &size));
    g_assert_false(tw_checked_size(0, G_MAXSIZE / 2, 3, G_MAXSIZE, &size));
    g_assert_false(tw_checked_size(4, 4, 4, 19, &size));
    g_assert_cmpuint(size, ==, 7);
    g_assert_true(tw_checked_size(4, 4, 4, 20, &size) && size == 20);
}

static void
test_mul_div(void)
{
    static const struct {
        gint64 n, mul, div, result;
        gboolean ok;
    } cases[] = {
        { 7, 3, 2, 10, TRUE },
        { -7, 3, 2, -11, TRUE },
        { 7, 3, -2, -11, TRUE },
        { -6, 1, 3, -2, TRUE },
        { G_MAXINT64, 1000, 1000, G_MAXINT64, TRUE },
        { G_MININT64, G_MAXINT64, G_MAXINT64, G_MININT64, TRUE },
        { G_MAXINT64, 2, 1, 0, FALSE },
        { G_MININT64, -1, 1, 0, FALSE },
        { G_MAXINT64 / 10 + 1, 10, 1, 0, FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 result = 0;

        g_assert_cmpint(tw_checked_mul_div(cases[i].n, cases[i].mul, cases[i].div, &result), ==,
                        cases[i].ok);
        g_assert_cmpint(result, ==, cases[i].result);
    }
}

static void
test_narrow(void)
{
    guint16 u16 = 1;
    guint32 u32 = 1;
    gint64 i64 = 1;
    int i = 1;

    g_assert_false(tw_checked_to_u16(65536, &u16));
    g_assert_false(tw_checked_to_u32(G_GUINT64_CONSTANT(1) << 32, &u32));
    g_assert_false(tw_checked_to_int((guint64) G_MAXINT + 1, &i));
    g_assert_false(tw_checked_to_i64((guint64) G_MAXINT64 + 1, &i64));
    g_assert_true(u16 == 1 && u32 == 1 && i == 1 && i64 == 1);
    g_assert_true(tw_checked_to_u16(65535, &u16) && u16 == 65535);
    g_assert_true(tw_checked_to_u32(G_MAXUINT32, &u32) && u32 == G_MAXUINT32);
    g_assert_true(tw_checked_to_int(G_MAXINT, &i) && i == G_MAXINT);
    g_assert_true(tw_checked_to_i64(G_MAXINT64, &i64) && i64 == G_MAXINT64);
}

static void
test_saturate(void)
{
    g_assert_cmpint(tw_saturating_add_i64(G_MAXINT64, 1), ==, G_MAXINT64);
    g_assert_cmpint(tw_saturating_add_i64(G_MININT64, -1), ==, G_MININT64);
    g_assert_cmpint(tw_saturating_add_i64(G_MININT64, G_MAXINT64), ==, -1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/checked/sizes", test_sizes);
    g_test_add_func("/base/checked/mul-div", test_mul_div);
    g_test_add_func("/base/checked/narrow", test_narrow);
    g_test_add_func("/base/checked/saturate", test_saturate);
    return g_test_run();
}
