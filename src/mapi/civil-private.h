/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Dates as day numbers, for the recurrence and time zone modules: day 0 is Monday, 1601-01-01, where MAPI's minutes
 * begin. Gregorian months (proleptic), both ways, without loops; those of other calendars are in months-private.h.
 */
#pragma once

#include <glib.h>

enum {
    CIVIL_DAY_MINUTES = 1440,
    CIVIL_UNIX_EPOCH_DAY = 134774, /* 1970-01-01 */
};

typedef struct {
    gint64 year;
    int month; /* 1-12 */
    int day;   /* from 1 */
} CivilDate;

/* Rounds towards minus infinity, unlike '/'. */
static inline gint64
civil_floor_div(gint64 a, gint64 b)
{
    return a / b - (a % b < 0);
}

static inline gint64
civil_days(gint64 year, int month, int day)
{
    gint64 y = month <= 2 ? year - 1 : year, era = civil_floor_div(y, 400), yoe = y - era * 400;
    gint64 doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468 + CIVIL_UNIX_EPOCH_DAY;
}

static inline CivilDate
civil_date(gint64 days)
{
    gint64 z = days - CIVIL_UNIX_EPOCH_DAY + 719468, era = civil_floor_div(z, 146097);
    gint64 doe = z - era * 146097;
    gint64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    gint64 doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int month = (int) (mp < 10 ? mp + 3 : mp - 9);

    return (CivilDate){ .year = yoe + era * 400 + (month <= 2),
                        .month = month,
                        .day = (int) (doy - (153 * mp + 2) / 5) + 1 };
}

/* 0 Sunday ... 6 Saturday */
static inline int
civil_weekday(gint64 days)
{
    return (int) (days + 1 - civil_floor_div(days + 1, 7) * 7);
}

/* Months counted from January of year 0, and the first day of one. */
static inline gint64
civil_month_of(gint64 days)
{
    CivilDate date = civil_date(days);

    return date.year * 12 + date.month - 1;
}

static inline gint64
civil_month_first(gint64 month)
{
    gint64 year = civil_floor_div(month, 12);

    return civil_days(year, (int) (month - year * 12) + 1, 1);
}
