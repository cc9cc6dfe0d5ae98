/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whatever one of the forms accepts is a real date, and prints to text that reads the same. */
#include <string.h>

#include "base/date.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const char *text = (const char *) data;
    char printed[TW_DATE_TEXT_SIZE];
    TwDate date, back;
    gint64 us, again;

    if (tw_date_parse_rfc3339(text, size, &date)) {
        g_assert_true(tw_date_to_us(&date, &us));
        g_assert_true(tw_date_print_rfc3339(us, date.offset_min, 6, printed));
        g_assert_true(tw_date_parse_rfc3339(printed, strlen(printed), &back));
        g_assert_true(tw_date_to_us(&back, &again) && again == us);
    }
    if (tw_date_parse_rfc5322(text, size, &date)) {
        g_assert_true(tw_date_to_us(&date, &us));
        g_assert_true(tw_date_print_rfc5322(us, date.offset_min, printed));
        g_assert_true(tw_date_parse_rfc5322(printed, strlen(printed), &back));
        g_assert_true(tw_date_to_us(&back, &again) && again == us);
    }
    if (tw_date_parse_http(text, size, 0, &us)) {
        g_assert_true(tw_date_print_http(us, printed));
        g_assert_true(tw_date_parse_http(printed, strlen(printed), 0, &again) && again == us);
    }
    return 0;
}
