/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Months of the calendars that recurrence patterns may follow, as numbers in a row, and the days they begin (civil-private.h).
 *
 * Hijri is the tabular calendar Windows calls so: a 30-year cycle whose years 2, 5, 7, 10, 13, 16, 18, 21, 24, 26 and 29 have
 * 355 days, day one on Thursday, 15 July 622 (Julian); ICU's islamic-tbla. Saka is the Indian national calendar, ICU's
 * indian. Hebrew is the calculated calendar, ICU's hebrew; its months are counted in two ways, as patterns need them.
 */
#pragma once

#include <glib.h>

typedef enum {
    TW_MONTHS_CIVIL,  /* 12 a year from January of year 0 */
    TW_MONTHS_HIJRI,  /* 12 a year from Muharram of year 0 */
    TW_MONTHS_SAKA,   /* 12 a year from Chaitra of year 0 */
    TW_MONTHS_HEBREW, /* one after the other, from Tishri of year 1 */
    TW_MONTHS_HEBREW_YEARS, /* 13 a year from Tishri of year 0; number 5 is Adar I and stands for Adar in years without it,
                             * so that 13 months on is the same month of the next year */
} TwMonths;

/* The number of the month a day is in. */
gint64 tw_months_of(TwMonths months, gint64 day);
/* The first day of a month. */
gint64 tw_months_first(TwMonths months, gint64 month);
/* How many days it has. */
gint64 tw_months_length(TwMonths months, gint64 month);
/* Where first date/times are counted from (spec 17.1): the first month of the first year that begins in 1601. */
gint64 tw_months_origin(TwMonths months);
/* Months from that origin to one, with twelve for each year between, as the first date/time counts them. */
gint64 tw_months_since_origin(TwMonths months, gint64 month);
