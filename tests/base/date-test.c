/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/date.h"

#include <string.h>

#include "base/time.h"

#define S(seconds) (G_GINT64_CONSTANT(seconds) * TW_US_PER_S)

/* Every day from 1 to 9999, against GDate; both ways. */
static void
test_calendar(void)
{
    GDate judge;

    g_date_clear(&judge, 1);
    g_date_set_dmy(&judge, 1, G_DATE_JANUARY, 1);
    for (gint64 us = TW_TIME_LEAST_US; us <= TW_TIME_MOST_US; us += S(86400)) {
        TwDate date;
        gint64 back = 0;

        g_assert_true(tw_date_from_us(us + 1, 0, &date));
        if (date.year != g_date_get_year(&judge) || date.month != (int) g_date_get_month(&judge) ||
            date.day != g_date_get_day(&judge) || date.us != 1 ||
            date.weekday != (int) g_date_get_weekday(&judge) % 7)
            g_error("%d-%d-%d", date.year, date.month, date.day);
        g_assert_true(tw_date_to_us(&date, &back) && back == us + 1);
        if (us <= TW_TIME_MOST_US - S(86400))
            g_date_add_days(&judge, 1);
    }
}

static void
test_print(void)
{
    char text[TW_DATE_TEXT_SIZE];

    g_assert_true(tw_date_print_rfc3339(S(784111777) + 123456, 0, 0, text));
    g_assert_cmpstr(text, ==, "1994-11-06T08:49:37Z");
    g_assert_true(tw_date_print_rfc3339(S(784111777) + 123456, 90, 3, text));
    g_assert_cmpstr(text, ==, "1994-11-06T10:19:37.123+01:30");
    g_assert_true(tw_date_print_rfc3339(-1, -90, 6, text));
    g_assert_cmpstr(text, ==, "1969-12-31T22:29:59.999999-01:30");
    g_assert_true(tw_date_print_rfc5322(S(784111777), -330, text));
    g_assert_cmpstr(text, ==, "Sun, 6 Nov 1994 03:19:37 -0530");
    g_assert_true(tw_date_print_http(S(784111777), text));
    g_assert_cmpstr(text, ==, "Sun, 06 Nov 1994 08:49:37 GMT");
    g_assert_true(tw_date_print_http(TW_TIME_MOST_US, text));
    g_assert_cmpstr(text, ==, "Fri, 31 Dec 9999 23:59:59 GMT");
    g_assert_false(tw_date_print_http(TW_TIME_MOST_US + 1, text));
    g_assert_cmpstr(text, ==, "");
    g_assert_false(tw_date_print_rfc3339(TW_TIME_LEAST_US, -1, 0, text));
    g_assert_false(tw_date_print_rfc5322(G_MININT64, 0, text));
    g_assert_false(tw_date_print_rfc5322(0, 24 * 60, text));
}

typedef struct {
    const char *text;
    gint64 us; /* BAD: refused */
} Case;

#define BAD G_MAXINT64

static void
check(const Case *cases, guint count, gboolean (*parse)(const char *, gsize, TwDate *))
{
    for (guint i = 0; i < count; i++) {
        gsize len = strlen(cases[i].text);
        g_autofree char *input = g_memdup2(cases[i].text, len);
        TwDate date = { 0 };
        gint64 us = BAD;

        g_test_message("%s", cases[i].text);
        if (parse(input, len, &date))
            g_assert_true(tw_date_to_us(&date, &us));
        g_assert_cmpint(us, ==, cases[i].us);
    }
}

static void
test_rfc3339(void)
{
    static const Case cases[] = {
        { "1985-04-12T23:20:50.52Z", S(482196050) + 520000 },
        { "1996-12-19T16:39:57-08:00", S(851042397) },
        { "1990-12-31T23:59:60Z", S(662687999) },
        { "1937-01-01T12:00:27.87+00:20", S(-1041337173) + 870000 },
        { "1970-01-01t00:00:00z", 0 },
        { "1970-01-01 00:00:00.1234567Z", 123456 },
        { "2000-02-29T00:00:00Z", S(951782400) },
        { "1900-02-29T00:00:00Z", BAD },
        { "1970-01-01T24:00:00Z", BAD },
        { "1970-01-01T00:60:00Z", BAD },
        { "1970-01-01T00:00:61Z", BAD },
        { "1970-13-01T00:00:00Z", BAD },
        { "1970-00-01T00:00:00Z", BAD },
        { "1970-01-00T00:00:00Z", BAD },
        { "0000-01-01T00:00:00Z", BAD },
        { "0001-01-01T00:00:00+00:01", BAD },
        { "9999-12-31T23:59:59-00:01", BAD },
        { "1970-01-01T00:00:00", BAD },
        { "1970-01-01T00:00:00.Z", BAD },
        { "1970-01-01T00:00:00+0100", BAD },
        { "1970-01-01T00:00:00+24:00", BAD },
        { "1970-01-01T00:00:00Z ", BAD },
        { "1970-1-01T00:00:00Z", BAD },
        { "+1970-01-01T00:00:00Z", BAD },
        { "", BAD },
    };

    check(cases, G_N_ELEMENTS(cases), tw_date_parse_rfc3339);
}

static void
test_rfc5322(void)
{
    static const Case cases[] = {
        { "Fri, 21 Nov 1997 09:55:06 -0600", S(880127706) },
        { "21 Nov 97 09:55:06 GMT", S(880106106) },
        { "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", S(880127706) },
        { "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n"
          "               -0330 (Newfoundland Time)",
          S(-27723480) },
        { "fri, 21 nov 1997 09:55:06 est", S(880124106) },
        { "Fri,21 Nov 1997 09:55:06 -0000", S(880106106) },
        { "21 Nov 1997 09:55 A", S(880106100) },
        { "21 Nov 097 09:55 +0000", S(880106100) },
        { "1 Jan 49 00:00 +0000", S(2493072000) },
        { "1 Jan 50 00:00 +0000", S(-631152000) },
        { "21 Nov 1997 09:55 +0000 (a (b (c) \\) \\( d))", S(880106100) },
        { "21 Nov 1997 09:55 +0000 (((((((())))))))", S(880106100) },
        { "21 Nov 1997 09:55 +0000 ((((((((()))))))))", BAD },
        { "21 Nov 1997 09:55 +0000 (open", BAD },
        { "21 Nov 1997 09:55 +0000 (open\\", BAD },
        { "Sat, 21 Nov 1997 09:55:06 -0600", BAD },
        { "Fri 21 Nov 1997 09:55:06 -0600", BAD },
        { "21 Nov 1997 09:55:06", BAD },
        { "21 Nov 1997 9:55:06 +0000", BAD },
        { "21 Nov 1997 09:55: +0000", BAD },
        { "31 Nov 1997 09:55 +0000", BAD },
        { "21Nov 1997 09:55 +0000", BAD },
        { "21 Nov 1997 09:55 +0060", BAD },
        { "21 Nov 1997 09:55 +00000", BAD },
        { "21 Nov 19970 09:55 +0000", BAD },
        { "", BAD },
    };
    g_autofree char *padded = g_strdup_printf("21 Nov 1997 09:55 +0000%*s", TW_DATE_MOST_LEN, "");
    TwDate date;

    check(cases, G_N_ELEMENTS(cases), tw_date_parse_rfc5322);
    g_assert_true(tw_date_parse_rfc5322(padded, TW_DATE_MOST_LEN, &date));
    g_assert_false(tw_date_parse_rfc5322(padded, TW_DATE_MOST_LEN + 1, &date));
}

static void
test_http(void)
{
    static const Case cases[] = {
        { "Sun, 06 Nov 1994 08:49:37 GMT", S(784111777) },
        { "Sunday, 06-Nov-94 08:49:37 GMT", S(784111777) },
        { "Sun Nov  6 08:49:37 1994", S(784111777) },
        { "Sun Nov 16 08:49:37 1994", S(784975777) },
        { "Tuesday, 01-Jan-75 00:00:00 GMT", S(3313526400) }, /* 49 years ahead */
        { "Tuesday, 01-Jan-77 00:00:00 GMT", S(220924800) },  /* 51 ahead: a century back */
        { "sun, 06 Nov 1994 08:49:37 GMT", BAD },
        { "Sun, 6 Nov 1994 08:49:37 GMT", BAD },
        { "Sun, 06 Nov 1994 08:49:37 UTC", BAD },
        { "Sun, 06 Nov 1994 08:49:37 GMT ", BAD },
        { "Sun, 06 Nov 94 08:49:37 GMT", BAD },
        { "Sun, 06-Nov-94 08:49:37 GMT", BAD },
        { "Sun Nov 6 08:49:37 1994", BAD },
        { "Sun Nov 06 08:49:37 1994 GMT", BAD },
        { "", BAD },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].text);
        g_autofree char *input = g_memdup2(cases[i].text, len);
        gint64 us = BAD;

        g_test_message("%s", cases[i].text);
        tw_date_parse_http(input, len, S(1767225600) /* 2026-01-01 */, &us);
        g_assert_cmpint(us, ==, cases[i].us);
        for (gsize cut = 0; cut < len; cut++) {
            g_autofree char *head = g_memdup2(input, cut);

            /* an asctime year cut short is no year */
            g_assert_false(tw_date_parse_http(head, cut, 0, &us) && cases[i].us != BAD);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/date/calendar", test_calendar);
    g_test_add_func("/base/date/print", test_print);
    g_test_add_func("/base/date/rfc3339/5.6", test_rfc3339);
    g_test_add_func("/base/date/rfc5322/3.3", test_rfc5322);
    g_test_add_func("/base/date/rfc9110/5.6.7", test_http);
    return g_test_run();
}
