/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Recurrence blobs: any bytes give an error or a series; what we write of it is read back as the same and written as the
 * same; every way to use a series ends within its budget and keeps its order.
 */
#include "mapi/recurrence.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

enum {
    MOST = 500
};

static void
check_window(const TwRecurrence *recurrence, const TwTimeZone *zone, gint64 from, gint64 to)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) instances = tw_recurrence_expand(recurrence, zone, from, to, MOST, &error);

    g_assert_true((instances == NULL) == (error != NULL));
    for (guint i = 0; instances != NULL && i < instances->len; i++) {
        const TwRecurrenceInstance *it = &g_array_index(instances, TwRecurrenceInstance, i);
        g_assert_true(it->start <= it->end && it->start < to && it->end >= from);
        g_assert_true(i == 0 || it[-1].start <= it->start);
        g_assert_true(it->exception >= 0 || tw_recurrence_is_slot(recurrence, it->day));
    }
}

static void
use(TwRecurrence *recurrence)
{
    static const TwTimeZoneRule rule = { .bias = -60,
                                         .daylight_bias = -60,
                                         .standard = { .month = 10, .day = 5, .hour = 3 },
                                         .daylight = { .month = 3, .day = 5, .hour = 2 } };
    g_autoptr(TwTimeZone) zone = tw_timezone_new(NULL, &rule, 1, NULL);
    g_autofree char *text = tw_recurrence_to_string(recurrence, TW_RECURRENCE_TEXT_PRIVATE);
    gint64 start = recurrence->pattern.start_date * TW_TICKS_MINUTE, clip_start, clip_end;
    guint32 first, last;

    check_window(recurrence, NULL, 0, TW_TICKS_MAX);
    check_window(recurrence, zone, start - 50 * TW_TICKS_DAY, start + 400 * TW_TICKS_DAY);
    check_window(recurrence, zone, start + 40000 * TW_TICKS_DAY, start + 40100 * TW_TICKS_DAY);
    if (tw_recurrence_get_range(recurrence, &first, &last)) {
        g_assert_true(first <= last && tw_recurrence_is_slot(recurrence, first));
        g_assert_true(tw_recurrence_get_clip(recurrence, &clip_start, &clip_end));
        tw_recurrence_check_move(recurrence, first, (gint64) first * 1440 + 700, NULL);
    }
    g_assert_true(g_utf8_validate(text, -1, NULL));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwRecurrence) recurrence = tw_recurrence_parse(data, size, &error);
    g_autoptr(TwRecurrence) again = NULL;
    g_autoptr(GBytes) first = NULL, second = NULL;

    g_assert_true((recurrence == NULL) == (error != NULL));
    if (recurrence == NULL)
        return 0;
    g_assert_true(tw_recurrence_check(recurrence, NULL));
    use(recurrence);
    if ((first = tw_recurrence_write(recurrence, &error)) == NULL)
        return 0; /* the two forms of a text can pass the blob's limit together */
    again = tw_recurrence_parse(g_bytes_get_data(first, NULL), g_bytes_get_size(first), &error);
    g_assert_no_error(error);
    g_assert_cmpuint(again->exceptions->len, ==, recurrence->exceptions->len);
    second = tw_recurrence_write(again, &error);
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(first, second));
    if (recurrence->notes == 0) /* then it is the input itself, but for numbers of two spellings */
        g_assert_cmpuint(g_bytes_get_size(first), ==, size);

    if (tw_recurrence_normalize(again, NULL)) { /* and once is enough */
        g_autoptr(GBytes) normal = tw_recurrence_write(again, NULL), same = NULL;
        g_assert_true(tw_recurrence_normalize(again, NULL));
        same = tw_recurrence_write(again, NULL);
        g_assert_true(normal == NULL || g_bytes_equal(normal, same));
    }
    return 0;
}
