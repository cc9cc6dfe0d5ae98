/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/http-condition.h"

#include <string.h>

static TwHttpHead *
head_of(const char *method, const char *fields)
{
    g_autofree char *text = g_strdup_printf("%s / HTTP/1.0\r\n%s\r\n", method, fields);
    TwHttpHead *head = tw_http_head_new(NULL);

    g_assert_cmpint(tw_http_head_step(head, (guint8 *) text, strlen(text)), ==, TW_HTTP_DONE);
    return head;
}

static void
test_dates(void)
{
    static const struct {
        const char *text;
        gint64 seconds; /* G_MININT64: refused */
    } cases[] = {
        { "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
        { "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
        { "Sun Nov  6 08:49:37 1994", 784111777 },
        { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
        { "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
        { "Fri, 31 Dec 9999 23:59:59 GMT", G_GINT64_CONSTANT(253402300799) },
        { "Thu, 29 Feb 2024 00:00:00 GMT", 1709164800 },
        { "Wed, 29 Feb 2023 00:00:00 GMT", G_MININT64 },
        { "Thu, 30 Jun 2016 23:59:60 GMT", 1467331199 },
        { "Sun, 06 Nov 1994 08:49:37 UTC", G_MININT64 },
        { "Sun, 06 Nov 1994 08:49:37", G_MININT64 },
        { "Sun, 6 Nov 1994 08:49:37 GMT", G_MININT64 },
        { "Sun, 06 Foo 1994 08:49:37 GMT", G_MININT64 },
        { "Sun, 06 Nov 1994 24:49:37 GMT", G_MININT64 },
        { "Sun, 06 Nov 1994 08:49:37 GMT ", G_MININT64 },
        { "Sun, 06 Nov 0000 08:49:37 GMT", G_MININT64 },
        { "", G_MININT64 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *copy = g_strdup(cases[i].text);
        gint64 seconds = G_MININT64;

        g_test_message("%s", copy);
        g_assert_cmpint(tw_http_date_parse(copy, &seconds), ==, cases[i].seconds != G_MININT64);
        g_assert_cmpint(seconds, ==, cases[i].seconds);
        if (seconds != G_MININT64) {
            char again[TW_HTTP_DATE_LEN + 1];
            gint64 back;

            tw_http_date_format(seconds, again);
            g_assert_true(tw_http_date_parse(again, &back));
            g_assert_cmpint(back, ==, seconds);
            if (i == 0 || i == 3 || i == 4)
                g_assert_cmpstr(again, ==, cases[i].text);
        }
    }
}

static void
test_extreme_dates(void)
{
    char text[TW_HTTP_DATE_LEN + 1];

    tw_http_date_format(G_MAXINT64, text);
    g_assert_cmpstr(text, ==, "Fri, 31 Dec 9999 23:59:59 GMT");
    tw_http_date_format(G_MININT64, text);
    g_assert_cmpstr(text, ==, "Mon, 01 Jan 0001 00:00:00 GMT");
}

static void
test_etags(void)
{
    static const struct {
        const char *list, *etag;
        gboolean strong, weak;
    } cases[] = {
        { "\"a\"", "\"a\"", TRUE, TRUE },
        { "W/\"a\"", "\"a\"", FALSE, TRUE },
        { "\"a\"", "W/\"a\"", FALSE, TRUE },
        { "W/\"a\"", "W/\"a\"", FALSE, TRUE },
        { "\"b\", \"a\"", "\"a\"", TRUE, TRUE },
        { " , \"b\" ,W/\"a\"", "\"a\"", FALSE, TRUE },
        { "\"a,b\"", "\"a,b\"", TRUE, TRUE },
        { "*", "\"a\"", TRUE, TRUE },
        { "*", NULL, FALSE, FALSE },
        { "\"a\"", NULL, FALSE, FALSE },
        { "a", "a", FALSE, FALSE },
        { "\"a", "\"a\"", FALSE, FALSE },
        { "bad, \"a\"", "\"a\"", FALSE, FALSE },
        { "w/\"a\"", "\"a\"", FALSE, FALSE },
        { "\"A\"", "\"a\"", FALSE, FALSE },
        { "", "\"a\"", FALSE, FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *list = g_strdup(cases[i].list);

        g_test_message("%s for %s", list, cases[i].etag != NULL ? cases[i].etag : "nothing");
        g_assert_cmpint(tw_http_etag_listed(list, cases[i].etag, FALSE), ==, cases[i].strong);
        g_assert_cmpint(tw_http_etag_listed(list, cases[i].etag, TRUE), ==, cases[i].weak);
    }
    g_assert_true(tw_http_etag_ok("\"\""));
    g_assert_true(tw_http_etag_ok("W/\"x\""));
    g_assert_false(tw_http_etag_ok("\"x\" "));
    g_assert_false(tw_http_etag_ok("x"));
}

#define OLD "Sun, 06 Nov 1994 08:49:36 GMT"
#define SAME "Sun, 06 Nov 1994 08:49:37 GMT"

static void
test_conditions(void)
{
    static const struct {
        const char *method, *fields;
        gboolean exists;
        TwHttpCondition result;
    } cases[] = {
        { "GET", "", TRUE, TW_HTTP_CONDITION_PASS },
        { "GET", "If-Match: \"a\"\r\n", TRUE, TW_HTTP_CONDITION_PASS },
        { "PUT", "If-Match: \"b\"\r\n", TRUE, TW_HTTP_CONDITION_FAILED },
        { "PUT", "If-Match: \"b\"\r\nIf-Match: \"a\"\r\n", TRUE, TW_HTTP_CONDITION_PASS },
        { "PUT", "If-Match: *\r\n", TRUE, TW_HTTP_CONDITION_PASS },
        { "PUT", "If-Match: *\r\n", FALSE, TW_HTTP_CONDITION_FAILED },
        { "PUT", "If-None-Match: *\r\n", TRUE, TW_HTTP_CONDITION_FAILED },
        { "PUT", "If-None-Match: *\r\n", FALSE, TW_HTTP_CONDITION_PASS },
        { "GET", "If-None-Match: \"a\"\r\n", TRUE, TW_HTTP_CONDITION_NOT_MODIFIED },
        { "HEAD", "If-None-Match: W/\"a\"\r\n", TRUE, TW_HTTP_CONDITION_NOT_MODIFIED },
        { "PUT", "If-None-Match: \"a\"\r\n", TRUE, TW_HTTP_CONDITION_FAILED },
        { "GET", "If-None-Match: \"b\"\r\nIf-Modified-Since: " SAME "\r\n", TRUE,
          TW_HTTP_CONDITION_PASS },
        { "GET", "If-Modified-Since: " SAME "\r\n", TRUE, TW_HTTP_CONDITION_NOT_MODIFIED },
        { "GET", "If-Modified-Since: " OLD "\r\n", TRUE, TW_HTTP_CONDITION_PASS },
        { "GET", "If-Modified-Since: nonsense\r\n", TRUE, TW_HTTP_CONDITION_PASS },
        { "PUT", "If-Modified-Since: " SAME "\r\n", TRUE, TW_HTTP_CONDITION_PASS },
        { "PUT", "If-Unmodified-Since: " OLD "\r\n", TRUE, TW_HTTP_CONDITION_FAILED },
        { "PUT", "If-Unmodified-Since: " SAME "\r\n", TRUE, TW_HTTP_CONDITION_PASS },
        { "PUT", "If-Match: \"a\"\r\nIf-Unmodified-Since: " OLD "\r\n", TRUE,
          TW_HTTP_CONDITION_PASS },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwHttpHead) head = head_of(cases[i].method, cases[i].fields);

        g_test_message("%s %s", cases[i].method, cases[i].fields);
        g_assert_cmpint(tw_http_condition_check(head, cases[i].exists ? "\"a\"" : NULL,
                                                cases[i].exists, cases[i].exists ? 784111777 : -1),
                        ==, cases[i].result);
    }
}

static void
test_if_range(void)
{
    static const struct {
        const char *fields;
        gboolean holds;
    } cases[] = {
        { "", TRUE },
        { "If-Range: \"a\"\r\n", TRUE },
        { "If-Range: W/\"a\"\r\n", FALSE },
        { "If-Range: \"b\"\r\n", FALSE },
        { "If-Range: " SAME "\r\n", TRUE },
        { "If-Range: " OLD "\r\n", FALSE },
        { "If-Range: nonsense\r\n", FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwHttpHead) head = head_of("GET", cases[i].fields);

        g_assert_cmpint(tw_http_if_range_holds(head, "\"a\"", 784111777), ==, cases[i].holds);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/http-condition/dates", test_dates);
    g_test_add_func("/net/http-condition/extreme-dates", test_extreme_dates);
    g_test_add_func("/net/http-condition/etags", test_etags);
    g_test_add_func("/rfc9110/13.2.2/precedence", test_conditions);
    g_test_add_func("/rfc9110/13.1.5/if-range", test_if_range);
    return g_test_run();
}
