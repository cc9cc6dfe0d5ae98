/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a window far away costs: a weekly series from 1995, one week of 2040, in a zone with daylight time, beside libical, which
 * walks there from the start; the same with a thousand deleted dates; reading a blob; a conversion to UTC. The goal is 20 us for a
 * window.
 */
#include <libical/ical.h>

#include "mapi/recurrence.h"

#include "bench.h"

enum {
    ROUNDS = 1000
};

typedef struct {
    TwRecurrence *recurrence;
    TwTimeZone *zone;
    GBytes *blob;
    gint64 from, to;
} Fixture;

static const gint64 DAY_1995 = 143906, DAY_2040 = 160349; /* Mondays: 1995-01-02, 2040-01-09 */

static double
expand_window(gpointer data)
{
    Fixture *fix = data;

    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(GArray) instances =
            tw_recurrence_expand(fix->recurrence, fix->zone, fix->from, fix->to, 100, NULL);
        if (instances->len != 2)
            g_error("%u instances", instances->len);
    }
    return ROUNDS;
}

static double
expand_libical(gpointer data)
{
    struct icalrecurrencetype rule = icalrecurrencetype_from_string("FREQ=WEEKLY;BYDAY=TU,TH");
    struct icaltimetype start = icaltime_from_string("19950103T090000"), t;
    icalrecur_iterator *it = icalrecur_iterator_new(rule, start);
    int found = 0;

    (void) data;
    while (found < 2 && !icaltime_is_null_time(t = icalrecur_iterator_next(it)))
        found += t.year > 2040 || (t.year == 2040 && (t.month > 1 || t.day >= 9));
    icalrecur_iterator_free(it);
    return 1;
}

static double
parse_blob(gpointer data)
{
    Fixture *fix = data;

    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(TwRecurrence) recurrence = tw_recurrence_parse(g_bytes_get_data(fix->blob, NULL),
                                                                 g_bytes_get_size(fix->blob), NULL);
        if (recurrence == NULL)
            g_error("not read");
    }
    return ROUNDS;
}

static double
convert(gpointer data)
{
    Fixture *fix = data;
    gint64 sum = 0;

    for (int i = 0; i < ROUNDS; i++)
        sum += tw_timezone_to_utc(fix->zone, fix->from + i * TW_TICKS_DAY);
    return sum != 0 ? ROUNDS : 0;
}

static void
print_us(const char *name, BenchRate ours, BenchRate theirs)
{
    bench_print(name, "windows", ours, "libical", theirs);
    g_print("%-44s %10.3f us each, %.3f of the goal of 20 us\n", "", 1e6 / ours.median,
            1e6 / ours.median / 20);
}

int
main(void)
{
    static const TwTimeZoneRule rule = { .bias = -60,
                                         .daylight_bias = -60,
                                         .standard = { .month = 10, .day = 5, .hour = 3 },
                                         .daylight = { .month = 3, .day = 5, .hour = 2 } };
    Fixture fix = { .recurrence = tw_recurrence_new(),
                    .zone = tw_timezone_new(NULL, &rule, 1, NULL),
                    .from = DAY_2040 * TW_TICKS_DAY,
                    .to = (DAY_2040 + 7) * TW_TICKS_DAY };
    BenchRate peer = bench_rate(expand_libical, NULL, 0.2), plain, deleted;

    fix.recurrence->pattern.frequency = TW_RECURRENCE_WEEKLY;
    fix.recurrence->pattern.type = TW_RECURRENCE_WEEK;
    fix.recurrence->pattern.period = 1;
    fix.recurrence->pattern.days = 0x14;
    fix.recurrence->pattern.start_date = (guint32) (DAY_1995 * 1440);
    fix.recurrence->has_times = TRUE;
    fix.recurrence->start_offset = 540;
    fix.recurrence->end_offset = 600;
    plain = bench_rate(expand_window, &fix, 0.2);
    print_us("weekly series of 1995, a week of 2040", plain, peer);

    for (guint32 i = 0; i < 1000; i++) {
        guint32 date = (guint32) ((DAY_1995 + 1 + 7 * i) * 1440);
        g_array_append_val(fix.recurrence->deleted, date);
    }
    deleted = bench_rate(expand_window, &fix, 0.2);
    print_us("the same with 1,000 deleted dates", deleted, peer);

    fix.blob = tw_recurrence_write(fix.recurrence, NULL);
    bench_print("read its blob", "blobs", bench_rate(parse_blob, &fix, 0.2), "windows", deleted);
    bench_print("wall clock to UTC", "times", bench_rate(convert, &fix, 0.2), "windows", plain);

    g_bytes_unref(fix.blob);
    tw_recurrence_free(fix.recurrence);
    tw_timezone_unref(fix.zone);
    return 0;
}
