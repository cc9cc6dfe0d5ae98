/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Months of other calendars, compared with ICU's, and patterns that follow them. */
#include <unicode/ucal.h>

#include "mapi/civil.h"
#include "mapi/months-private.h"
#include "mapi/recurrence.h"

static void
must(UErrorCode status)
{
    g_assert_cmpstr(u_errorName(status), ==, "U_ZERO_ERROR");
}

static UCalendar *
open_calendar(const char *locale)
{
    static const UChar utc[] = { 'U', 'T', 'C', 0 };
    UErrorCode status = U_ZERO_ERROR;
    UCalendar *calendar = ucal_open(utc, -1, locale, UCAL_DEFAULT, &status);

    g_assert_true(U_SUCCESS(status));
    return calendar;
}

/* Day of the month, and its month counted as ICU does. */
static void
look_up(UCalendar *calendar, gint64 day, int *ret_year, int *ret_month, int *ret_day)
{
    UErrorCode status = U_ZERO_ERROR;

    ucal_setMillis(calendar, (double) (day - TW_CIVIL_UNIX_EPOCH_DAY) * 86400000.0, &status);
    *ret_year = ucal_get(calendar, UCAL_YEAR, &status);
    *ret_month = ucal_get(calendar, UCAL_MONTH, &status);
    *ret_day = ucal_get(calendar, UCAL_DAY_OF_MONTH, &status);
    must(status);
}

/* ICU 72 puts off the new year of 5462, 5560 and 5807 from Monday to Tuesday, as after a leap year whose new moon is late
 * on a Monday; in these the new moon is late on the Sunday before, where the rule does not apply. The years before them are a
 * day too long there. */
static gboolean
icu_errs(TwMonths months, gint64 month)
{
    gint64 year = month / 13;

    return months == TW_MONTHS_HEBREW_YEARS && (year == 5461 || year == 5462 || year == 5559 ||
                                                year == 5560 || year == 5806 || year == 5807);
}

static void
test_late_on_sunday(void)
{
    static const int years[][2] = { { 5461, 384 }, { 5462, 355 }, { 5559, 384 },
                                    { 5560, 355 }, { 5806, 384 }, { 5807, 355 } };

    for (guint i = 0; i < G_N_ELEMENTS(years); i++) {
        gint64 tishri = (gint64) years[i][0] * 13,
               first = tw_months_first(TW_MONTHS_HEBREW_YEARS, tishri);

        g_assert_cmpint(tw_months_first(TW_MONTHS_HEBREW_YEARS, tishri + 13) - first, ==,
                        years[i][1]);
    }
}

/* Every month of six centuries begins where ICU has it begin, and every day is in the month it is in. */
static void
test_icu(void)
{
    static const struct {
        TwMonths months;
        const char *locale;
        int per_year;
    } cases[] = {
        { TW_MONTHS_HIJRI, "ar@calendar=islamic-tbla", 12 },
        { TW_MONTHS_SAKA, "hi@calendar=indian", 12 },
        { TW_MONTHS_HEBREW_YEARS, "he@calendar=hebrew", 13 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        UCalendar *calendar = open_calendar(cases[i].locale);

        g_test_message("%s", cases[i].locale);
        for (gint64 day = 0; day < tw_civil_days(2250, 1, 1); day++) {
            gint64 month = tw_months_of(cases[i].months, day);
            int icu_year, icu_month, icu_day;

            look_up(calendar, day, &icu_year, &icu_month, &icu_day);
            if (icu_errs(cases[i].months, month))
                continue;
            if (month != (gint64) icu_year * cases[i].per_year + icu_month ||
                tw_months_first(cases[i].months, month) + icu_day - 1 != day ||
                icu_day > tw_months_length(cases[i].months, month))
                g_error("day %d: %d-%d-%d", (int) day, icu_year, icu_month, icu_day);
        }
        ucal_close(calendar);
    }
}

/* What the format's calendars have in common: months follow one another without a gap, at any distance. */
static void
test_rows(void)
{
    for (TwMonths months = TW_MONTHS_CIVIL; months <= TW_MONTHS_HEBREW; months++) {
        for (gint64 day = -400000; day < 3100000; day += 13) {
            gint64 month = tw_months_of(months, day), first = tw_months_first(months, month);

            if (first > day || first + tw_months_length(months, month) <= day ||
                first + tw_months_length(months, month) != tw_months_first(months, month + 1))
                g_error("calendar %d, day %d", (int) months, (int) day);
        }
    }
    /* 5362 to 6399 */
    for (gint64 month = 69706; month < 83200; month++) {
        gint64 first = tw_months_first(TW_MONTHS_HEBREW_YEARS, month);
        gint64 length = tw_months_length(TW_MONTHS_HEBREW_YEARS, month);

        g_assert_cmpint(length, >=, 29);
        g_assert_cmpint(length, <=, 30);
        g_assert_cmpint(tw_months_first(TW_MONTHS_HEBREW_YEARS, month + 13) - first, >=, 353);
        g_assert_cmpint(tw_months_first(TW_MONTHS_HEBREW_YEARS, month + 13) - first, <=, 385);
    }
}

/* Where first date/times begin. */
static void
test_origins(void)
{
    static const struct {
        TwMonths months;
        int year, month, day;
    } cases[] = {
        { TW_MONTHS_CIVIL, 1601, 1, 1 },         { TW_MONTHS_HIJRI, 1601, 7, 1 },
        { TW_MONTHS_SAKA, 1601, 3, 22 },         { TW_MONTHS_HEBREW, 1601, 9, 27 },
        { TW_MONTHS_HEBREW_YEARS, 1601, 9, 27 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 origin = tw_months_origin(cases[i].months);

        g_assert_cmpint(tw_months_first(cases[i].months, origin), ==,
                        tw_civil_days(cases[i].year, cases[i].month, cases[i].day));
        g_assert_cmpint(tw_months_since_origin(cases[i].months, origin), ==, 0);
    }
}

/* Months of the tabular Hijri calendar against dates Outlook showed, and the cycle's sum. */
static void
test_hijri(void)
{
    static const guint8 starts_1429[12][2] = { { 1, 9 }, { 2, 8 },  { 3, 8 },   { 4, 7 },
                                               { 5, 6 }, { 6, 5 },  { 7, 4 },   { 8, 3 },
                                               { 9, 1 }, { 10, 1 }, { 10, 30 }, { 11, 29 } };

    for (guint i = 0; i < 12; i++)
        g_assert_cmpint(tw_months_first(TW_MONTHS_HIJRI, 1429 * 12 + i), ==,
                        tw_civil_days(2008, starts_1429[i][0], starts_1429[i][1]));
    /* 2001-01-01 is 6 Shawwal 1421 */
    g_assert_cmpint(tw_months_first(TW_MONTHS_HIJRI, 1421 * 12 + 9) + 5, ==,
                    tw_civil_days(2001, 1, 1));
    g_assert_cmpint(tw_months_first(TW_MONTHS_HIJRI, 372) - tw_months_first(TW_MONTHS_HIJRI, 12),
                    ==, 10631);
    for (gint64 day = -400000; day < 3000000; day += 7) {
        TwCivilDate date = tw_civil_date(day);
        g_assert_cmpint(tw_civil_days(date.year, date.month, date.day), ==, day);
    }
}

typedef struct {
    const char *name;
    guint16 calendar;
    TwRecurrenceFrequency frequency;
    guint period, day;
    int start[3];
    int days[5][3];
} Case;

/* The first five days of some series; dates by ICU's calendars. */
static const Case cases[] = {
    { "3 Nisan each year",
      TW_RECURRENCE_CALENDAR_HEBREW,
      TW_RECURRENCE_YEARLY,
      12,
      3,
      { 2008, 4, 8 },
      { { 2008, 4, 8 }, { 2009, 3, 28 }, { 2010, 3, 18 }, { 2011, 4, 7 }, { 2012, 3, 26 } } },
    { "1 Tishri every second year",
      TW_RECURRENCE_CALENDAR_HEBREW,
      TW_RECURRENCE_YEARLY,
      24,
      1,
      { 2023, 9, 16 },
      { { 2023, 9, 16 }, { 2025, 9, 23 }, { 2027, 10, 2 }, { 2029, 9, 10 }, { 2031, 9, 18 } } },
    { "day 1 of each Hebrew month",
      TW_RECURRENCE_CALENDAR_HEBREW,
      TW_RECURRENCE_MONTHLY,
      1,
      1,
      { 2024, 1, 11 },
      { { 2024, 1, 11 }, { 2024, 2, 10 }, { 2024, 3, 11 }, { 2024, 4, 9 }, { 2024, 5, 9 } } },
    { "14 Adar I, Adar where there is none",
      TW_RECURRENCE_CALENDAR_HEBREW,
      TW_RECURRENCE_YEARLY,
      12,
      14,
      { 2024, 2, 23 },
      { { 2024, 2, 23 }, { 2025, 3, 14 }, { 2026, 3, 3 }, { 2027, 2, 21 }, { 2028, 3, 12 } } },
    { "day 30 of each Hebrew month, or 29",
      TW_RECURRENCE_CALENDAR_HEBREW,
      TW_RECURRENCE_MONTHLY,
      1,
      30,
      { 2024, 1, 1 },
      { { 2024, 1, 10 }, { 2024, 2, 9 }, { 2024, 3, 10 }, { 2024, 4, 8 }, { 2024, 5, 8 } } },
    { "1 Chaitra",
      TW_RECURRENCE_CALENDAR_SAKA,
      TW_RECURRENCE_YEARLY,
      12,
      1,
      { 2023, 3, 22 },
      { { 2023, 3, 22 }, { 2024, 3, 21 }, { 2025, 3, 22 }, { 2026, 3, 22 }, { 2027, 3, 22 } } },
};

static void
test_patterns(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *tc = &cases[i];
        g_autoptr(TwRecurrence) series = tw_recurrence_new();
        g_autoptr(GArray) instances = NULL;
        gint64 from = tw_civil_days(tc->start[0], tc->start[1], tc->start[2]);

        g_test_message("%s", tc->name);
        series->pattern.type = TW_RECURRENCE_MONTH;
        series->pattern.calendar = tc->calendar;
        series->pattern.frequency = tc->frequency;
        series->pattern.period = tc->period;
        series->pattern.day_of_month = (guint8) tc->day;
        series->pattern.start_date = (guint32) (from * TW_CIVIL_DAY_MINUTES);
        series->pattern.end = TW_RECURRENCE_END_NEVER;
        instances = tw_recurrence_expand(series, NULL, from * TW_TICKS_DAY,
                                         (from + 4000) * TW_TICKS_DAY, 1000, NULL);
        g_assert_nonnull(instances);
        g_assert_cmpuint(instances->len, >=, G_N_ELEMENTS(tc->days));
        for (guint k = 0; k < G_N_ELEMENTS(tc->days); k++) {
            gint64 day = tw_civil_days(tc->days[k][0], tc->days[k][1], tc->days[k][2]);

            g_assert_cmpint(g_array_index(instances, TwRecurrenceInstance, k).day, ==, day);
            g_assert_true(tw_recurrence_is_slot(series, (guint32) day));
            g_assert_false(tw_recurrence_is_slot(series, (guint32) day + 1));
            g_assert_false(tw_recurrence_is_slot(series, (guint32) day - 1));
        }
    }
}

/* A window far away has what a window over everything has there. */
static void
test_windows(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *tc = &cases[i];
        g_autoptr(TwRecurrence) series = tw_recurrence_new();
        g_autoptr(GArray) all = NULL;
        gint64 from = tw_civil_days(tc->start[0], tc->start[1], tc->start[2]);
        guint at = 0;

        series->pattern.type = TW_RECURRENCE_MONTH;
        series->pattern.calendar = tc->calendar;
        series->pattern.frequency = tc->frequency;
        series->pattern.period = tc->period;
        series->pattern.day_of_month = (guint8) tc->day;
        series->pattern.start_date = (guint32) (from * TW_CIVIL_DAY_MINUTES);
        series->pattern.end = TW_RECURRENCE_END_NEVER;
        all = tw_recurrence_expand(series, NULL, 0, (from + 36500) * TW_TICKS_DAY, 10000, NULL);
        for (gint64 day = from; day < from + 36500; day += 100) {
            g_autoptr(GArray) some = tw_recurrence_expand(series, NULL, day * TW_TICKS_DAY,
                                                          (day + 100) * TW_TICKS_DAY, 100, NULL);

            for (guint k = 0; k < some->len; k++)
                g_assert_cmpint(g_array_index(some, TwRecurrenceInstance, k).day, ==,
                                g_array_index(all, TwRecurrenceInstance, at + k).day);
            at += some->len;
        }
        g_assert_cmpuint(at, ==, all->len);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi/months/icu", test_icu);
    g_test_add_func("/mapi/months/late-on-sunday", test_late_on_sunday);
    g_test_add_func("/mapi/months/rows", test_rows);
    g_test_add_func("/mailbox-layout/17.1/origins", test_origins);
    g_test_add_func("/mapi/months/hijri", test_hijri);
    g_test_add_func("/mailbox-layout/17.1/calendars", test_patterns);
    g_test_add_func("/mapi/months/windows", test_windows);
    return g_test_run();
}
