/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/http-range.h"

#include <string.h>

typedef struct {
    const char *value;
    guint64 size;
    TwHttpRangeResult result;
    guint count;
    TwHttpRange ranges[4];
} Case;

static const Case cases[] = {
    { NULL, 10, TW_HTTP_RANGE_NONE, 0, { { 0, 0 } } },
    { "bytes=0-4", 10, TW_HTTP_RANGE_SOME, 1, { { 0, 5 } } },
    { "BYTES=0-0", 10, TW_HTTP_RANGE_SOME, 1, { { 0, 1 } } },
    { "bytes=5-", 10, TW_HTTP_RANGE_SOME, 1, { { 5, 5 } } },
    { "bytes=9-99", 10, TW_HTTP_RANGE_SOME, 1, { { 9, 1 } } },
    { "bytes=0-18446744073709551615", 10, TW_HTTP_RANGE_SOME, 1, { { 0, 10 } } },
    { "bytes=0-18446744073709551616", 10, TW_HTTP_RANGE_NONE, 0, { { 0, 0 } } },
    { "bytes=10-", 10, TW_HTTP_RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
    { "bytes=0-", 0, TW_HTTP_RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
    { "bytes=-3", 10, TW_HTTP_RANGE_SOME, 1, { { 7, 3 } } },
    { "bytes=-30", 10, TW_HTTP_RANGE_SOME, 1, { { 0, 10 } } },
    { "bytes=-0", 10, TW_HTTP_RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
    { "bytes=-3", 0, TW_HTTP_RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
    { "bytes=-", 10, TW_HTTP_RANGE_NONE, 0, { { 0, 0 } } },
    { "bytes=4-3", 10, TW_HTTP_RANGE_NONE, 0, { { 0, 0 } } },
    { "bytes=", 10, TW_HTTP_RANGE_NONE, 0, { { 0, 0 } } },
    { "bytes", 10, TW_HTTP_RANGE_NONE, 0, { { 0, 0 } } },
    { "items=0-1", 10, TW_HTTP_RANGE_NONE, 0, { { 0, 0 } } },
    { "bytes=a-b", 10, TW_HTTP_RANGE_NONE, 0, { { 0, 0 } } },
    { "bytes=+1-2", 10, TW_HTTP_RANGE_NONE, 0, { { 0, 0 } } },
    { "bytes=1-2 3-4", 10, TW_HTTP_RANGE_NONE, 0, { { 0, 0 } } },
    { "bytes=1-2;3-4", 10, TW_HTTP_RANGE_NONE, 0, { { 0, 0 } } },
    { "bytes=7-8, 0-1", 10, TW_HTTP_RANGE_SOME, 2, { { 7, 2 }, { 0, 2 } } },
    { "bytes=0-1,,\t, 3-3", 10, TW_HTTP_RANGE_SOME, 2, { { 0, 2 }, { 3, 1 } } },
    { "bytes=0-1,20-30", 10, TW_HTTP_RANGE_SOME, 1, { { 0, 2 } } },
    { "bytes=20-21,30-", 10, TW_HTTP_RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
    { "bytes=5-8,0-5", 10, TW_HTTP_RANGE_SOME, 1, { { 0, 9 } } },
    { "bytes=0-,0-,0-", 10, TW_HTTP_RANGE_SOME, 1, { { 0, 10 } } },
    { "bytes=0-9,2-3,8-8", 10, TW_HTTP_RANGE_SOME, 1, { { 0, 10 } } },
};

static void
test_table(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *tc = &cases[i];
        TwHttpRange ranges[TW_HTTP_RANGES_MOST];
        guint count = 99;

        g_test_message("%s of %" G_GUINT64_FORMAT, tc->value != NULL ? tc->value : "(none)",
                       tc->size);
        g_assert_cmpint(tw_http_range_parse(tc->value, tc->size, ranges, &count), ==, tc->result);
        g_assert_cmpuint(count, ==, tc->count);
        for (guint r = 0; r < count; r++) {
            g_assert_cmpuint(ranges[r].first, ==, tc->ranges[r].first);
            g_assert_cmpuint(ranges[r].len, ==, tc->ranges[r].len);
        }
    }
}

static void
test_number_of_ranges(void)
{
    g_autoptr(GString) value = g_string_new("bytes=");
    TwHttpRange ranges[TW_HTTP_RANGES_MOST];
    guint count;

    for (guint i = 0; i < TW_HTTP_RANGES_MOST; i++)
        g_string_append_printf(value, "%u-%u,", i * 3, i * 3);
    g_assert_cmpint(tw_http_range_parse(value->str, 1000, ranges, &count), ==, TW_HTTP_RANGE_SOME);
    g_assert_cmpuint(count, ==, TW_HTTP_RANGES_MOST);
    g_string_append(value, "900-901");
    g_assert_cmpint(tw_http_range_parse(value->str, 1000, ranges, &count), ==, TW_HTTP_RANGE_NONE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/http-range/table", test_table);
    g_test_add_func("/net/http-range/number", test_number_of_ranges);
    return g_test_run();
}
