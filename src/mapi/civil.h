/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Dates as day numbers, for recurrence, time zones and the codecs that say them in other words: day 0 is Monday, 1601-01-01,
 * where MAPI's minutes begin. Gregorian months (proleptic), both ways, without loops; those of other calendars are in
 * months-private.h.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_CIVIL_DAY_MINUTES = 1440,
    TW_CIVIL_UNIX_EPOCH_DAY = 134774, /* 1970-01-01 */
};

typedef struct {
    gint64 year;
    int month; /* 1-12 */
    int day;   /* from 1 */
} TwCivilDate;

/**
 * tw_civil_floor_div:
 * @a: a number
 * @b: a number above 0
 *
 * Returns: their quotient, rounded towards minus infinity, unlike '/'
 */
static inline gint64
tw_civil_floor_div(gint64 a, gint64 b)
{
    return a / b - (a % b < 0);
}

/**
 * tw_civil_days:
 * @year: a year
 * @month: 1 to 12
 * @day: of the month; days past its end are those of the next one
 *
 * Returns: the day number
 */
static inline gint64
tw_civil_days(gint64 year, int month, int day)
{
    gint64 y = month <= 2 ? year - 1 : year, era = tw_civil_floor_div(y, 400), yoe = y - era * 400;
    gint64 doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468 + TW_CIVIL_UNIX_EPOCH_DAY;
}

/**
 * tw_civil_date:
 * @days: a day number
 *
 * Returns: its date
 */
static inline TwCivilDate
tw_civil_date(gint64 days)
{
    gint64 z = days - TW_CIVIL_UNIX_EPOCH_DAY + 719468, era = tw_civil_floor_div(z, 146097);
    gint64 doe = z - era * 146097;
    gint64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    gint64 doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int month = (int) (mp < 10 ? mp + 3 : mp - 9);

    return (TwCivilDate){ .year = yoe + era * 400 + (month <= 2),
                          .month = month,
                          .day = (int) (doy - (153 * mp + 2) / 5) + 1 };
}

/**
 * tw_civil_weekday:
 * @days: a day number
 *
 * Returns: 0 Sunday ... 6 Saturday
 */
static inline int
tw_civil_weekday(gint64 days)
{
    return (int) (days + 1 - tw_civil_floor_div(days + 1, 7) * 7);
}

/**
 * tw_civil_month_of:
 * @days: a day number
 *
 * Returns: its month, counted from January of the year 0
 */
static inline gint64
tw_civil_month_of(gint64 days)
{
    TwCivilDate date = tw_civil_date(days);

    return date.year * 12 + date.month - 1;
}

/**
 * tw_civil_month_first:
 * @month: counted from January of the year 0
 *
 * Returns: the number of its first day
 */
static inline gint64
tw_civil_month_first(gint64 month)
{
    gint64 year = tw_civil_floor_div(month, 12);

    return tw_civil_days(year, (int) (month - year * 12) + 1, 1);
}

G_END_DECLS
