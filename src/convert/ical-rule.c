/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/ical-rule.h"

#include <string.h>

#include "mapi/civil.h"

/* ---- the rule itself ---- */

static gboolean
has_value(const TwIcalRule *rule, TwIcalBy by, int value)
{
    for (guint i = 0; i < rule->by_count[by]; i++) {
        if (rule->by[by][i] == value)
            return TRUE;
    }
    return FALSE;
}

/* Whether @at (from 1) of @count, counted from either end, is among the values. */
static gboolean
has_place(const TwIcalRule *rule, TwIcalBy by, int at, int count)
{
    return has_value(rule, by, at) || has_value(rule, by, at - count - 1);
}

static gint64
week_first(gint64 day, guint week_start)
{
    return day - (tw_civil_weekday(day) - (int) week_start + 7) % 7;
}

/* The first day of week 1 of a year: the first week with four days in it. */
static gint64
first_week(gint64 year, guint week_start)
{
    return week_first(tw_civil_days(year, 1, 4), week_start);
}

static gboolean
in_week_numbers(const TwIcalRule *rule, gint64 day)
{
    gint64 year = tw_civil_date(day).year, first = first_week(year, rule->week_start), next;

    if (day < first)
        first = first_week(--year, rule->week_start);
    next = first_week(year + 1, rule->week_start);
    if (day >= next) {
        first = next;
        next = first_week(year + 2, rule->week_start);
    }
    return has_place(rule, TW_ICAL_BY_WEEK, (int) ((day - first) / 7) + 1,
                     (int) ((next - first) / 7));
}

static gboolean
in_by_day(const TwIcalRule *rule, gint64 day, TwCivilDate date)
{
    int weekday = tw_civil_weekday(day);
    gboolean of_month = rule->frequency == TW_ICAL_MONTHLY || rule->by_count[TW_ICAL_BY_MONTH] > 0;
    gint64 first =
        of_month ? tw_civil_days(date.year, date.month, 1) : tw_civil_days(date.year, 1, 1);
    gint64 end = of_month ? tw_civil_month_first(tw_civil_month_of(day) + 1)
                          : tw_civil_days(date.year + 1, 1, 1);

    for (guint i = 0; i < rule->by_count[TW_ICAL_BY_DAY]; i++) {
        int value = rule->by[TW_ICAL_BY_DAY][i];
        int nth = (int) tw_civil_floor_div(value, 8);
        if (value - nth * 8 != weekday)
            continue;
        if (nth == 0 || rule->frequency < TW_ICAL_MONTHLY ||
            (nth > 0 ? (day - first) / 7 + 1 == nth : (end - 1 - day) / 7 + 1 == -nth))
            return TRUE;
    }
    return FALSE;
}

/* What DTSTART says where the rule is silent. */
static gboolean
as_start(const TwIcalRule *rule, gint64 start, gint64 day, TwCivilDate date)
{
    TwCivilDate first = tw_civil_date(start);
    const guint8 *count = rule->by_count;

    if (count[TW_ICAL_BY_DAY] > 0 || count[TW_ICAL_BY_MONTH_DAY] > 0 ||
        count[TW_ICAL_BY_YEAR_DAY] > 0)
        return TRUE;
    if (rule->frequency == TW_ICAL_WEEKLY || count[TW_ICAL_BY_WEEK] > 0)
        return tw_civil_weekday(day) == tw_civil_weekday(start);
    if (rule->frequency == TW_ICAL_MONTHLY)
        return date.day == first.day;
    if (rule->frequency == TW_ICAL_YEARLY)
        return date.day == first.day && (count[TW_ICAL_BY_MONTH] > 0 || date.month == first.month);
    return TRUE;
}

/* All parts but INTERVAL and BYSETPOS. */
static gboolean
day_fits(const TwIcalRule *rule, gint64 start, gint64 day)
{
    TwCivilDate date = tw_civil_date(day);
    gint64 year_first = tw_civil_days(date.year, 1, 1);
    const guint8 *count = rule->by_count;

    if (count[TW_ICAL_BY_MONTH] > 0 && !has_value(rule, TW_ICAL_BY_MONTH, date.month))
        return FALSE;
    if (count[TW_ICAL_BY_MONTH_DAY] > 0) {
        gint64 month = tw_civil_month_of(day);
        if (!has_place(rule, TW_ICAL_BY_MONTH_DAY, date.day,
                       (int) (tw_civil_month_first(month + 1) - tw_civil_month_first(month))))
            return FALSE;
    }
    if (count[TW_ICAL_BY_YEAR_DAY] > 0 &&
        !has_place(rule, TW_ICAL_BY_YEAR_DAY, (int) (day - year_first) + 1,
                   (int) (tw_civil_days(date.year + 1, 1, 1) - year_first)))
        return FALSE;
    if (count[TW_ICAL_BY_WEEK] > 0 && !in_week_numbers(rule, day))
        return FALSE;
    if (count[TW_ICAL_BY_DAY] > 0 && !in_by_day(rule, day, date))
        return FALSE;
    return as_start(rule, start, day, date);
}

/* The period that a day is in, counted from the one of DTSTART, and its first day and end. */
static gint64
period_of(const TwIcalRule *rule, gint64 start, gint64 day, gint64 *ret_first, gint64 *ret_end)
{
    gint64 first, year;

    switch (rule->frequency) {
    case TW_ICAL_WEEKLY:
        *ret_first = week_first(day, rule->week_start);
        *ret_end = *ret_first + 7;
        return (*ret_first - week_first(start, rule->week_start)) / 7;
    case TW_ICAL_MONTHLY:
        first = tw_civil_month_of(day);
        *ret_first = tw_civil_month_first(first);
        *ret_end = tw_civil_month_first(first + 1);
        return first - tw_civil_month_of(start);
    case TW_ICAL_YEARLY:
        year = tw_civil_date(day).year;
        *ret_first = tw_civil_days(year, 1, 1);
        *ret_end = tw_civil_days(year + 1, 1, 1);
        return year - tw_civil_date(start).year;
    default:
        *ret_first = day;
        *ret_end = day + 1;
        return day - start;
    }
}

static gboolean
in_positions(const TwIcalRule *rule, gint64 start, gint64 day, gint64 first, gint64 end)
{
    int before = 0, all = 0;

    for (gint64 other = first; other < end; other++) {
        if (!day_fits(rule, start, other))
            continue;
        all++;
        before += other < day;
    }
    return has_place(rule, TW_ICAL_BY_POSITION, before + 1, all);
}

gboolean
tw_ical_rule_has_day(const TwIcalRule *rule, gint64 start, gint64 day)
{
    gint64 first, end, period = period_of(rule, start, day, &first, &end);

    if (period % rule->interval != 0 || !day_fits(rule, start, day))
        return FALSE;
    return rule->by_count[TW_ICAL_BY_POSITION] == 0 || in_positions(rule, start, day, first, end);
}

gboolean
tw_ical_rule_is_of_days(const TwIcalRule *rule)
{
    return rule->frequency >= TW_ICAL_DAILY && rule->by_count[TW_ICAL_BY_HOUR] == 0 &&
           rule->by_count[TW_ICAL_BY_MINUTE] == 0 && rule->by_count[TW_ICAL_BY_SECOND] == 0;
}

/* ---- patterns that say the same ---- */

/* The mask of the weekdays of BYDAY, or of DTSTART; FALSE if some have a number. */
static gboolean
plain_days(const TwIcalRule *rule, gint64 start, guint8 *ret_mask)
{
    guint mask = 0;

    for (guint i = 0; i < rule->by_count[TW_ICAL_BY_DAY]; i++) {
        int value = rule->by[TW_ICAL_BY_DAY][i];
        if (value < 0 || (value >= 8 && rule->frequency >= TW_ICAL_MONTHLY))
            return FALSE;
        mask |= 1u << (value & 7);
    }
    *ret_mask = (guint8) (mask != 0 ? mask : 1u << tw_civil_weekday(start));
    return TRUE;
}

static gboolean
only(const TwIcalRule *rule, guint parts)
{
    for (guint by = 0; by < TW_ICAL_BY_COUNT; by++) {
        if (rule->by_count[by] > 0 && !(parts >> by & 1))
            return FALSE;
    }
    return TRUE;
}

#define PART(by) (1u << (by))

/* nth of the weekdays: one BYDAY with a number, or some without and a BYSETPOS. */
static gboolean
nth_days(const TwIcalRule *rule, guint8 *ret_mask, int *ret_nth)
{
    guint days = rule->by_count[TW_ICAL_BY_DAY], positions = rule->by_count[TW_ICAL_BY_POSITION];
    int value = rule->by[TW_ICAL_BY_DAY][0], nth = (int) tw_civil_floor_div(value, 8);

    if (days == 1 && nth != 0 && positions == 0) {
        *ret_mask = (guint8) (1u << (value - nth * 8));
        *ret_nth = nth;
        return TRUE;
    }
    *ret_nth = rule->by[TW_ICAL_BY_POSITION][0];
    return days > 0 && positions == 1 && plain_days(rule, 0, ret_mask);
}

/* BYMONTHDAY=28,29,30;BYSETPOS=-1: the 30th, or the last day of a shorter month. */
static int
clamped_day(const TwIcalRule *rule)
{
    guint count = rule->by_count[TW_ICAL_BY_MONTH_DAY];

    if (count < 2 || count > 4 || rule->by_count[TW_ICAL_BY_POSITION] != 1 ||
        rule->by[TW_ICAL_BY_POSITION][0] != -1)
        return 0;
    for (guint i = 0; i < count; i++) {
        if (rule->by[TW_ICAL_BY_MONTH_DAY][i] != 28 + (int) i)
            return 0;
    }
    return 27 + (int) count;
}

/* Patterns of months: the day of DTSTART or BYMONTHDAY, or the nth weekday. */
static gboolean
month_pattern(const TwIcalRule *rule, gint64 start, TwRecurrencePattern *pattern, gboolean *exact)
{
    int day = tw_civil_date(start).day, nth = 0, clamped = clamped_day(rule);
    guint month_days = rule->by_count[TW_ICAL_BY_MONTH_DAY];

    if (rule->by_count[TW_ICAL_BY_YEAR_DAY] > 0 || rule->by_count[TW_ICAL_BY_WEEK] > 0)
        return FALSE;
    if (rule->by_count[TW_ICAL_BY_DAY] > 0) {
        if (month_days > 0 || !nth_days(rule, &pattern->days, &nth) || nth < -1 || nth > 5 ||
            nth == 0)
            return FALSE;
        pattern->type = TW_RECURRENCE_MONTH_NTH;
        pattern->nth = nth == -1 ? 5 : (guint8) nth;
        *exact &= nth != 5;
        return TRUE;
    }
    if (month_days > 1 && clamped == 0)
        return FALSE;
    if (clamped == 0 && rule->by_count[TW_ICAL_BY_POSITION] > 0)
        return FALSE;
    if (month_days == 1)
        day = rule->by[TW_ICAL_BY_MONTH_DAY][0];
    if (day < -1)
        return FALSE;
    pattern->type = TW_RECURRENCE_MONTH;
    pattern->day_of_month = (guint8) (clamped > 0 ? clamped : day == -1 ? 31 : day);
    /* a 29th, 30th or 31st is the last day of a shorter month in MAPI, and none in iCalendar */
    *exact &= clamped > 0 || day == -1 || day <= 28;
    return TRUE;
}

static gboolean
year_pattern(const TwIcalRule *rule, gint64 start, TwRecurrencePattern *pattern, gboolean *exact)
{
    gboolean own_month = rule->by_count[TW_ICAL_BY_MONTH] == 0;
    guint months = own_month ? 1 : rule->by_count[TW_ICAL_BY_MONTH];
    int month = own_month ? tw_civil_date(start).month : rule->by[TW_ICAL_BY_MONTH][0];

    /* without BYMONTH days count in the whole year */
    if ((own_month &&
         (rule->by_count[TW_ICAL_BY_DAY] > 0 || rule->by_count[TW_ICAL_BY_MONTH_DAY] > 0)) ||
        !month_pattern(rule, start, pattern, exact))
        return FALSE;
    if (months > 1) {
        /* BYSETPOS would count in the year */
        if (rule->by_count[TW_ICAL_BY_POSITION] > 0 || rule->interval > 1)
            return FALSE;
        pattern->period = 1;
        pattern->frequency = TW_RECURRENCE_MONTHLY;
        *exact = FALSE;
        return TRUE;
    }
    pattern->period = 12 * rule->interval;
    pattern->frequency = TW_RECURRENCE_YEARLY;
    *exact &= month == tw_civil_date(start).month;
    return month == tw_civil_date(start).month;
}

/* The narrowest pattern that has all days of the rule. */
static void
choose_pattern(const TwIcalRule *rule, gint64 start, TwRecurrencePattern *pattern, gboolean *exact)
{
    guint8 mask = 0x7f;
    guint parts = PART(TW_ICAL_BY_DAY);

    *exact = rule->interval <= 999;
    if (rule->interval <= 999) {
        pattern->period = rule->interval;
        pattern->frequency = TW_RECURRENCE_MONTHLY;
        if (rule->frequency == TW_ICAL_MONTHLY && month_pattern(rule, start, pattern, exact)) {
            *exact &= rule->by_count[TW_ICAL_BY_MONTH] == 0;
            return;
        }
        if (rule->frequency == TW_ICAL_YEARLY && year_pattern(rule, start, pattern, exact))
            return;
    }
    *exact = rule->interval <= 999 && only(rule, parts);
    pattern->type = TW_RECURRENCE_WEEK;
    pattern->frequency = TW_RECURRENCE_WEEKLY;
    pattern->period = 1;
    if (rule->frequency == TW_ICAL_WEEKLY && plain_days(rule, start, &mask)) {
        pattern->days = mask;
        pattern->period = rule->interval <= 999 ? rule->interval : 1;
        return;
    }
    if (rule->by_count[TW_ICAL_BY_DAY] > 0 &&
        (rule->interval == 1 || rule->frequency > TW_ICAL_DAILY)) {
        pattern->days = 0;
        for (guint i = 0; i < rule->by_count[TW_ICAL_BY_DAY]; i++)
            pattern->days = (guint8) (pattern->days | 1u << (rule->by[TW_ICAL_BY_DAY][i] & 7));
        *exact &= rule->frequency == TW_ICAL_DAILY;
        if (*exact)
            pattern->frequency = TW_RECURRENCE_DAILY;
        return;
    }
    pattern->type = TW_RECURRENCE_DAY;
    pattern->frequency = TW_RECURRENCE_DAILY;
    pattern->period = 1440;
    if (rule->frequency == TW_ICAL_DAILY && rule->interval <= 999)
        pattern->period = 1440 * rule->interval;
    *exact &= rule->frequency == TW_ICAL_DAILY && rule->by_count[TW_ICAL_BY_DAY] == 0;
}

/* ---- counting days out ---- */

/* Walks over the days; the slots that are too many are deleted. FALSE: not all days of the rule are slots, or too many are none
 * of it. */
static gboolean
count_out(const TwIcalRule *rule,
          gint64 start,
          gint64 last_day,
          TwRecurrence *series,
          TwIcalRuleFit *ret_fit)
{
    TwCivilDate first = tw_civil_date(start);
    gint64 horizon = tw_civil_days(first.year + TW_ICAL_RULE_YEARS, first.month, first.day);
    gint64 last = G_MININT64;
    guint32 found = 0;

    *ret_fit = last_day > horizon ? TW_ICAL_RULE_CUT : TW_ICAL_RULE_EXACT;
    for (gint64 day = start; day <= MIN(last_day, horizon); day++) {
        gboolean is_slot = tw_recurrence_is_slot(series, (guint32) day);
        gboolean has = (!is_slot && series->pattern.type == TW_RECURRENCE_DAY)
                           ? FALSE
                           : tw_ical_rule_has_day(rule, start, day);
        guint32 minutes = (guint32) day * TW_CIVIL_DAY_MINUTES;
        if (has && !is_slot)
            return FALSE;
        if (has) {
            last = day;
            if (++found == rule->count) {
                *ret_fit = TW_ICAL_RULE_EXACT;
                break;
            }
        } else if (is_slot) {
            if (series->deleted->len >= TW_ICAL_RULE_DELETIONS)
                break;
            g_array_append_val(series->deleted, minutes);
        }
    }
    if (found == 0)
        return FALSE;
    if (rule->count > 0 && found < rule->count)
        *ret_fit = TW_ICAL_RULE_CUT;
    if (series->deleted->len >= TW_ICAL_RULE_DELETIONS)
        *ret_fit = TW_ICAL_RULE_CUT;
    series->pattern.end = TW_RECURRENCE_END_DATE;
    series->pattern.end_date = (guint32) last * TW_CIVIL_DAY_MINUTES;
    return TRUE;
}

static void
drop_after_end(TwRecurrence *series)
{
    while (series->deleted->len > 0 &&
           g_array_index(series->deleted, guint32, series->deleted->len - 1) >
               series->pattern.end_date)
        g_array_set_size(series->deleted, series->deleted->len - 1);
}

TwIcalRuleFit
tw_ical_rule_to_series(const TwIcalRule *rule, gint64 start, gint64 last_day, TwRecurrence *series)
{
    TwRecurrencePattern before = series->pattern;
    gint64 first = tw_civil_floor_div(start, TW_TICKS_DAY);
    TwRecurrencePattern pattern = {
        .calendar = TW_RECURRENCE_CALENDAR_DEFAULT,
        .end = TW_RECURRENCE_END_NEVER,
        .first_weekday = rule->week_start,
        .start_date = (guint32) (first * TW_CIVIL_DAY_MINUTES),
        .end_date = TW_RECURRENCE_NEVER,
    };
    TwIcalRuleFit fit = TW_ICAL_RULE_EXACT;
    guint deleted = series->deleted->len;
    gboolean exact;

    /* the blob's minutes end in the year 9766; a rule must be of days */
    if (!tw_ical_rule_is_of_days(rule) || first < 0 || last_day < first ||
        first >= TW_RECURRENCE_NEVER / TW_CIVIL_DAY_MINUTES)
        return TW_ICAL_RULE_NONE;
    choose_pattern(rule, first, &pattern, &exact);
    series->pattern = pattern;
    if (!tw_recurrence_check(series, NULL)) {
        series->pattern = before;
        return TW_ICAL_RULE_NONE;
    }
    if (exact && tw_ical_rule_has_day(rule, first, first)) {
        series->pattern.count = rule->count;
        if (rule->count > 0) {
            series->pattern.end = TW_RECURRENCE_END_COUNT;
        } else if (last_day < TW_RECURRENCE_NEVER / TW_CIVIL_DAY_MINUTES) {
            series->pattern.end = TW_RECURRENCE_END_DATE;
            series->pattern.end_date = (guint32) (last_day * TW_CIVIL_DAY_MINUTES);
        }
        return TW_ICAL_RULE_EXACT;
    }
    if (!count_out(rule, first, last_day, series, &fit)) {
        g_array_set_size(series->deleted, deleted);
        series->pattern = before;
        return TW_ICAL_RULE_NONE;
    }
    drop_after_end(series);
    return fit;
}

/* ---- the way back ---- */

static void
put_days(GString *out, guint8 mask)
{
    static const char *const names[] = { "SU", "MO", "TU", "WE", "TH", "FR", "SA" };
    const char *comma = ";BYDAY=";

    for (guint i = 0; i < 7; i++) {
        if (mask >> i & 1) {
            g_string_append_printf(out, "%s%s", comma, names[i]);
            comma = ",";
        }
    }
}

static gboolean
is_one_day(guint8 mask)
{
    return (mask & (mask - 1)) == 0;
}

static void
put_nth(GString *out, const TwRecurrencePattern *pattern)
{
    int nth = pattern->nth == 5 ? -1 : pattern->nth;

    if (is_one_day(pattern->days)) {
        g_autoptr(GString) day = g_string_new(NULL);
        put_days(day, pattern->days);
        g_string_append_printf(out, ";BYDAY=%d%s", nth, day->str + strlen(";BYDAY="));
        return;
    }
    put_days(out, pattern->days);
    g_string_append_printf(out, ";BYSETPOS=%d", nth);
}

static void
put_month_day(GString *out, int day)
{
    if (day <= 28) {
        g_string_append_printf(out, ";BYMONTHDAY=%d", day);
        return;
    }
    if (day == 31) {
        g_string_append(out, ";BYMONTHDAY=-1");
        return;
    }
    g_string_append(out, ";BYMONTHDAY=28");
    for (int i = 29; i <= day; i++)
        g_string_append_printf(out, ",%d", i);
    g_string_append(out, ";BYSETPOS=-1");
}

static void
put_months(GString *out, const TwRecurrencePattern *pattern)
{
    gboolean yearly = pattern->period % 12 == 0;

    g_string_append_printf(out, "FREQ=%s", yearly ? "YEARLY" : "MONTHLY");
    if (pattern->period / (yearly ? 12 : 1) != 1)
        g_string_append_printf(out, ";INTERVAL=%u", pattern->period / (yearly ? 12 : 1));
    if (pattern->type == TW_RECURRENCE_MONTH_NTH)
        put_nth(out, pattern);
    else
        put_month_day(out, pattern->type == TW_RECURRENCE_MONTH_END ? 31 : pattern->day_of_month);
    if (yearly)
        g_string_append_printf(out, ";BYMONTH=%d",
                               tw_civil_date(pattern->start_date / TW_CIVIL_DAY_MINUTES).month);
}

char *
tw_ical_rule_from_pattern(const TwRecurrencePattern *pattern, const TwIcalTime *until)
{
    static const char *const names[] = { "SU", "MO", "TU", "WE", "TH", "FR", "SA" };
    g_autoptr(GString) out = g_string_new(NULL);
    guint32 period = pattern->type == TW_RECURRENCE_DAY ? pattern->period / TW_CIVIL_DAY_MINUTES
                                                        : pattern->period;
    char text[TW_ICAL_TIME_SIZE];

    switch (pattern->type) {
    case TW_RECURRENCE_DAY:
    case TW_RECURRENCE_WEEK:
        g_string_append_printf(out, "FREQ=%s",
                               pattern->type == TW_RECURRENCE_DAY ? "DAILY" : "WEEKLY");
        if (period != 1)
            g_string_append_printf(out, ";INTERVAL=%u", period);
        if (pattern->type == TW_RECURRENCE_WEEK)
            put_days(out, pattern->days);
        break;
    case TW_RECURRENCE_MONTH:
    case TW_RECURRENCE_MONTH_END:
    case TW_RECURRENCE_MONTH_NTH:
        if (pattern->calendar == TW_RECURRENCE_CALENDAR_HIJRI ||
            pattern->calendar == TW_RECURRENCE_CALENDAR_HEBREW ||
            pattern->calendar >= TW_RECURRENCE_CALENDAR_LUNAR)
            return NULL;
        put_months(out, pattern);
        break;
    default:
        return NULL;
    }
    if (pattern->end == TW_RECURRENCE_END_COUNT) {
        g_string_append_printf(out, ";COUNT=%u", pattern->count);
    } else if (pattern->end == TW_RECURRENCE_END_DATE && until != NULL) {
        tw_ical_time_print(*until, text);
        g_string_append_printf(out, ";UNTIL=%s", text);
    }
    if (pattern->type == TW_RECURRENCE_WEEK && pattern->period > 1 && pattern->first_weekday < 7)
        g_string_append_printf(out, ";WKST=%s", names[pattern->first_weekday]);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
