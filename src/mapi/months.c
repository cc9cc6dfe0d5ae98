/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/months-private.h"

#include "mapi/civil.h"

enum {
    HIJRI_EPOCH_DAY = -357375,   /* 1 Muharram 1 */
    HEBREW_EPOCH_DAY = -1957816, /* the day from which the mean new moons are counted: 1 Tishri 1 */
    HEBREW_MONTHS = 13,
    HEBREW_ADAR_I = 5, /* of the thirteen, counted from Tishri */
    SAKA_YEARS = 78    /* behind the Gregorian year in which one begins */
};

static gint64
hijri_first(gint64 month)
{
    gint64 year = tw_civil_floor_div(month, 12), m = month - year * 12;

    return HIJRI_EPOCH_DAY + (year - 1) * 354 + tw_civil_floor_div(3 + 11 * year, 30) +
           (59 * m + 1) / 2;
}

static gint64
hijri_of(gint64 day)
{
    /* 360 months of the cycle have 10631 days, so the guess is off by one at most */
    gint64 month = tw_civil_floor_div((day - HIJRI_EPOCH_DAY) * 360, 10631) + 12;

    if (hijri_first(month) > day)
        return month - 1;
    if (hijri_first(month + 1) <= day)
        return month + 1;
    return month;
}

/* Chaitra begins on 22 March, on the 21st of leap years, and has 30 days, in leap years 31; five months of 31 days follow and
 * six of 30. */
static gint64
saka_first(gint64 month)
{
    gint64 year = tw_civil_floor_div(month, 12), m = month - year * 12, civil = year + SAKA_YEARS;

    if (m == 0)
        return tw_civil_days(civil, 1, 1) + 80;
    return tw_civil_days(civil, 4, 21) + (m <= 6 ? 31 * (m - 1) : 155 + 30 * (m - 6));
}

static gint64
saka_of(gint64 day)
{
    gint64 month = (tw_civil_date(day).year - SAKA_YEARS) * 12 + (tw_civil_date(day).month - 4);

    while (saka_first(month + 1) <= day)
        month++;
    while (saka_first(month) > day)
        month--;
    return month;
}

/* Months before a year: seven of nineteen years have thirteen. */
static gint64
hebrew_months_before(gint64 year)
{
    return tw_civil_floor_div(235 * year - 234, 19);
}

static gboolean
hebrew_is_leap(gint64 year)
{
    return hebrew_months_before(year + 1) - hebrew_months_before(year) == HEBREW_MONTHS;
}

/* The day of the mean new moon of Tishri, in parts of an hour of which a day has 25920, put off from noon to the next day and
 * from Sunday, Wednesday and Friday. */
static gint64
hebrew_new_moon(gint64 year)
{
    gint64 months = hebrew_months_before(year), parts = 12084 + 13753 * months;
    gint64 day = 29 * months + tw_civil_floor_div(parts, 25920), weekday = 3 * (day + 1);

    return weekday - tw_civil_floor_div(weekday, 7) * 7 < 3 ? day + 1 : day;
}

/* Put off further where years would get 356 or 382 days. */
static gint64
hebrew_year_first(gint64 year)
{
    gint64 before = hebrew_new_moon(year - 1), day = hebrew_new_moon(year),
           after = hebrew_new_moon(year + 1);

    if (after - day == 356)
        return HEBREW_EPOCH_DAY + day + 2;
    return HEBREW_EPOCH_DAY + day + (day - before == 382);
}

/* Days of the year's months, 0 for Adar I where there is none. */
static void
hebrew_lengths(gint64 year, int lengths[HEBREW_MONTHS])
{
    static const int usual[HEBREW_MONTHS] = { 30, 29, 30, 29, 30, 30, 29, 30, 29, 30, 29, 30, 29 };
    gint64 days = hebrew_year_first(year + 1) - hebrew_year_first(year);

    for (int i = 0; i < HEBREW_MONTHS; i++)
        lengths[i] = usual[i];
    if (days % 10 == 5) /* Heshvan of a full year */
        lengths[1]++;
    if (days % 10 == 3) /* Kislev of a short one */
        lengths[2]--;
    if (!hebrew_is_leap(year))
        lengths[HEBREW_ADAR_I] = 0;
}

static gint64
hebrew_year_of(gint64 day)
{
    /* the mean year has 35975351 / 98496 days */
    gint64 year = tw_civil_floor_div((day - HEBREW_EPOCH_DAY) * 98496, 35975351) + 1;

    while (hebrew_year_first(year) > day)
        year--;
    while (hebrew_year_first(year + 1) <= day)
        year++;
    return year;
}

/* Thirteen a year. */
static gint64
hebrew_place_of(gint64 day)
{
    gint64 year = hebrew_year_of(day), into = day - hebrew_year_first(year);
    int lengths[HEBREW_MONTHS], i = 0;

    hebrew_lengths(year, lengths);
    while (into >= lengths[i])
        into -= lengths[i++];
    return year * HEBREW_MONTHS + i;
}

/* From a number in a row to one of thirteen a year, and back. */
static gint64
hebrew_place(gint64 month)
{
    gint64 year = tw_civil_floor_div(19 * month + 252, 235), i = month - hebrew_months_before(year);

    return year * HEBREW_MONTHS + i + (i >= HEBREW_ADAR_I && !hebrew_is_leap(year));
}

static gint64
hebrew_number(gint64 place)
{
    gint64 year = tw_civil_floor_div(place, HEBREW_MONTHS), i = place - year * HEBREW_MONTHS;

    return hebrew_months_before(year) + i - (i > HEBREW_ADAR_I && !hebrew_is_leap(year));
}

static gint64
hebrew_first(gint64 place)
{
    gint64 year = tw_civil_floor_div(place, HEBREW_MONTHS), day = hebrew_year_first(year);
    int lengths[HEBREW_MONTHS];

    hebrew_lengths(year, lengths);
    for (gint64 i = 0; i < place - year * HEBREW_MONTHS; i++)
        day += lengths[i];
    return day;
}

static gint64
hebrew_length(gint64 place)
{
    gint64 year = tw_civil_floor_div(place, HEBREW_MONTHS), i = place - year * HEBREW_MONTHS;
    int lengths[HEBREW_MONTHS];

    hebrew_lengths(year, lengths);
    return lengths[i] != 0 ? lengths[i] : lengths[i + 1];
}

gint64
tw_months_of(TwMonths months, gint64 day)
{
    switch (months) {
    case TW_MONTHS_CIVIL:
        return tw_civil_month_of(day);
    case TW_MONTHS_HIJRI:
        return hijri_of(day);
    case TW_MONTHS_SAKA:
        return saka_of(day);
    case TW_MONTHS_HEBREW:
        return hebrew_number(hebrew_place_of(day));
    case TW_MONTHS_HEBREW_YEARS:
        return hebrew_place_of(day);
    }
    g_return_val_if_reached(0);
}

gint64
tw_months_first(TwMonths months, gint64 month)
{
    switch (months) {
    case TW_MONTHS_CIVIL:
        return tw_civil_month_first(month);
    case TW_MONTHS_HIJRI:
        return hijri_first(month);
    case TW_MONTHS_SAKA:
        return saka_first(month);
    case TW_MONTHS_HEBREW:
        return hebrew_first(hebrew_place(month));
    case TW_MONTHS_HEBREW_YEARS:
        return hebrew_first(month);
    }
    g_return_val_if_reached(0);
}

gint64
tw_months_length(TwMonths months, gint64 month)
{
    if (months == TW_MONTHS_HEBREW_YEARS)
        return hebrew_length(month);
    return tw_months_first(months, month + 1) - tw_months_first(months, month);
}

gint64
tw_months_origin(TwMonths months)
{
    switch (months) {
    case TW_MONTHS_CIVIL:
        return (gint64) 1601 * 12;
    case TW_MONTHS_HIJRI:
        return (gint64) 1010 * 12;
    case TW_MONTHS_SAKA:
        return (gint64) (1601 - SAKA_YEARS) * 12;
    case TW_MONTHS_HEBREW:
        return hebrew_months_before(5362);
    case TW_MONTHS_HEBREW_YEARS:
        return (gint64) 5362 * HEBREW_MONTHS;
    }
    g_return_val_if_reached(0);
}

gint64
tw_months_since_origin(TwMonths months, gint64 month)
{
    gint64 place, year;

    if (months != TW_MONTHS_HEBREW && months != TW_MONTHS_HEBREW_YEARS)
        return month - tw_months_origin(months);
    place = months == TW_MONTHS_HEBREW ? hebrew_place(month) : month;
    year = tw_civil_floor_div(place, HEBREW_MONTHS);
    return (year - 5362) * 12 + hebrew_number(place) - hebrew_months_before(year);
}
