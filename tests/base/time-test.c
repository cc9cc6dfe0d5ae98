/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/time.h"

static void
test_filetime(void)
{
    gint64 us = 0;
    guint64 filetime = 7;

    tw_time_from_filetime(G_GUINT64_CONSTANT(116444736000000000), &us);
    g_assert_cmpint(us, ==, 0);
    tw_time_from_filetime(0, &us);
    g_assert_cmpint(us, ==, G_GINT64_CONSTANT(-11644473600000000));
    g_assert_true(tw_time_to_filetime(us, &filetime) && filetime == 0);
    filetime = 7;
    g_assert_false(tw_time_to_filetime(us - 1, &filetime));
    g_assert_false(tw_time_to_filetime(G_MAXINT64, &filetime));
    g_assert_false(tw_time_to_filetime(G_MININT64, &filetime));
    g_assert_cmpuint(filetime, ==, 7);
    tw_time_from_filetime(G_MAXUINT64, &us);
    g_assert_true(tw_time_to_filetime(us, &filetime));
    g_assert_cmpuint(filetime, ==, G_MAXUINT64 / 10 * 10);
    g_assert_false(tw_time_to_filetime(us + 1, &filetime));
}

static void
test_deadline(void)
{
    static const struct {
        gint64 now_us, after_us, asked_us, remaining_us;
        int poll_ms;
        gboolean passed;
    } cases[] = {
        { 1000, 500, 1000, 500, 1, FALSE },
        { 1000, 1500, 1000, 1500, 2, FALSE },
        { 1000, 500, 1499, 1, 1, FALSE },
        { 1000, 500, 1500, 0, 0, TRUE },
        { 1000, 500, 99999, 0, 0, TRUE },
        { 1000, -1, 1000, 0, 0, TRUE },
        { 1000, G_MAXINT64, G_MAXINT64, G_MAXINT64, -1, FALSE },
        { 1000, G_MAXINT64 - 1001, 1000, G_MAXINT64 - 1001, G_MAXINT, FALSE },
        { 1000, G_MININT64, 1000, 0, 0, TRUE },
        { 0, G_MAXINT64 - 1, G_MININT64, G_MAXINT64, -1, FALSE },
    };
    TwDeadline soon = { 5 };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwDeadline deadline = tw_deadline_after_us(cases[i].now_us, cases[i].after_us);

        g_assert_cmpint(tw_deadline_passed(deadline, cases[i].asked_us), ==, cases[i].passed);
        g_assert_cmpint(tw_deadline_remaining_us(deadline, cases[i].asked_us), ==,
                        cases[i].remaining_us);
        g_assert_cmpint(tw_deadline_poll_ms(deadline, cases[i].asked_us), ==, cases[i].poll_ms);
    }
    g_assert_true(tw_deadline_is_never(tw_deadline_in_ms(G_MAXUINT64)));
    g_assert_true(tw_deadline_is_never(tw_deadline_in_ms(G_MAXINT64 / 1000)));
    g_assert_false(tw_deadline_is_never(tw_deadline_in_ms(60000)));
    g_assert_cmpint(tw_deadline_earlier(soon, tw_deadline_never()).at_us, ==, 5);
    g_assert_cmpint(tw_deadline_earlier(tw_deadline_never(), soon).at_us, ==, 5);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/time/dtyp/2.3.3/filetime", test_filetime);
    g_test_add_func("/base/time/deadline", test_deadline);
    return g_test_run();
}
