/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From slot number to day and back.
 *
 * The start date is the anchor, not the blob's first date/time: Outlook writes both so that they agree, and writers that get
 * the second wrong obey the first. Days of a month that it does not have move to its last day, as Outlook does (iCalendar
 * would leave the month out).
 */
#include "mapi/recurrence-private.h"

#include "mapi/civil.h"

/* The nth day of a month whose weekday is in the mask, or the last one for 5. Each weekday comes four times in 29 days,
 * so the answer always exists. */
static gint64
nth_day(const TwRecurrencePlan *plan, gint64 first, gint64 next)
{
    int found = 0;

    if (plan->nth == 5) {
        gint64 day = next - 1;
        while (!(plan->days >> tw_civil_weekday(day) & 1))
            day--;
        return day;
    }
    for (gint64 day = first;; day++) {
        if ((plan->days >> tw_civil_weekday(day) & 1) && ++found == plan->nth)
            return day;
    }
}

static gint64
slot_in_month(const TwRecurrencePlan *plan, gint64 month)
{
    gint64 first = tw_months_first(plan->months, month);
    gint64 next = first + tw_months_length(plan->months, month);

    if (plan->type == TW_RECURRENCE_MONTH_NTH)
        return nth_day(plan, first, next);
    return MIN(first + plan->nth, next) - 1;
}

/* Spec 17.1: types 2 and 0xA, 3 and 0xB, 4 and 0xC say the same in two calendars; [MS-OXCICAL] writes Hijri also as
 * calendar 6 with the plain types. */
static gboolean
plan_calendar(TwRecurrencePlan *plan, const TwRecurrencePattern *pattern)
{
    plan->type = pattern->type;
    plan->months = TW_MONTHS_CIVIL;
    if (pattern->type >= TW_RECURRENCE_HIJRI_MONTH) {
        plan->months = TW_MONTHS_HIJRI;
        plan->type = (TwRecurrencePatternType) (pattern->type - TW_RECURRENCE_HIJRI_MONTH +
                                                TW_RECURRENCE_MONTH);
        return TRUE;
    }
    if (plan->type == TW_RECURRENCE_DAY || plan->type == TW_RECURRENCE_WEEK)
        return TRUE;
    switch (pattern->calendar) {
    case TW_RECURRENCE_CALENDAR_HIJRI:
        plan->months = TW_MONTHS_HIJRI;
        return TRUE;
    case TW_RECURRENCE_CALENDAR_SAKA:
        plan->months = TW_MONTHS_SAKA;
        return TRUE;
    case TW_RECURRENCE_CALENDAR_HEBREW: /* twelve months are written for a year, whatever it has */
        plan->months = pattern->frequency == TW_RECURRENCE_YEARLY && pattern->period % 12 == 0
                           ? TW_MONTHS_HEBREW_YEARS
                           : TW_MONTHS_HEBREW;
        return TRUE;
    default:
        return pattern->calendar < TW_RECURRENCE_CALENDAR_LUNAR;
    }
}

/* "Every weekday" is daily with a week pattern and period 1; a period in minutes there means the same. */
static gint64
weeks_between(const TwRecurrencePattern *pattern)
{
    if (pattern->frequency == TW_RECURRENCE_DAILY && pattern->period % TW_CIVIL_DAY_MINUTES == 0)
        return 1;
    return pattern->period;
}

static void
plan_week(TwRecurrencePlan *plan, const TwRecurrencePattern *pattern, gint64 start)
{
    int into = (tw_civil_weekday(start) - pattern->first_weekday + 7) % 7;

    plan->anchor = start - into;
    plan->step = weeks_between(pattern);
    for (int offset = 0; offset < 7; offset++) {
        if (!(pattern->days >> (offset + pattern->first_weekday) % 7 & 1))
            continue;
        plan->offsets[plan->offset_count++] = (guint8) offset;
        plan->skip += offset < into;
    }
}

gboolean
tw_recurrence_plan_init(TwRecurrencePlan *plan, const TwRecurrencePattern *pattern)
{
    gint64 start = pattern->start_date / TW_CIVIL_DAY_MINUTES;
    gint64 end = pattern->end == TW_RECURRENCE_END_DATE ? pattern->end_date / TW_CIVIL_DAY_MINUTES
                                                        : TW_RECURRENCE_LAST_DAY;

    *plan = (TwRecurrencePlan){ .days = pattern->days, .last = G_MAXINT64 };
    if (!plan_calendar(plan, pattern))
        return FALSE;
    if (plan->type == TW_RECURRENCE_DAY) {
        plan->anchor = start;
        plan->step = pattern->period / TW_CIVIL_DAY_MINUTES;
    } else if (plan->type == TW_RECURRENCE_WEEK) {
        plan_week(plan, pattern, start);
    } else {
        plan->nth = plan->type == TW_RECURRENCE_MONTH_NTH   ? pattern->nth
                    : plan->type == TW_RECURRENCE_MONTH_END ? 31
                                                            : pattern->day_of_month;
        plan->anchor = tw_months_of(plan->months, start);
        plan->step = plan->months == TW_MONTHS_HEBREW_YEARS ? (gint64) pattern->period / 12 * 13
                                                            : pattern->period;
        plan->skip = slot_in_month(plan, plan->anchor) < start;
    }
    plan->last = tw_recurrence_plan_at(plan, MIN(end, TW_RECURRENCE_LAST_DAY) + 1) - 1;
    if (pattern->end == TW_RECURRENCE_END_COUNT)
        plan->last = MIN(plan->last, (gint64) pattern->count - 1);
    if (pattern->sliding)
        plan->last = MIN(plan->last, 0);
    return TRUE;
}

gint64
tw_recurrence_plan_day(const TwRecurrencePlan *plan, gint64 number)
{
    gint64 n = number + plan->skip;

    if (plan->type == TW_RECURRENCE_DAY)
        return plan->anchor + n * plan->step;
    if (plan->type == TW_RECURRENCE_WEEK)
        return plan->anchor + n / plan->offset_count * plan->step * 7 +
               plan->offsets[n % plan->offset_count];
    return slot_in_month(plan, plan->anchor + n * plan->step);
}

/* Counted from the anchor, skipped slots included. */
static gint64
number_in_weeks(const TwRecurrencePlan *plan, gint64 day)
{
    gint64 weeks = tw_civil_floor_div(day - plan->anchor, 7),
           turn = tw_civil_floor_div(weeks, plan->step);
    gint64 into = day - plan->anchor - turn * plan->step * 7, n = turn * plan->offset_count;

    for (int i = 0; i < plan->offset_count; i++)
        n += plan->offsets[i] < into;
    return n;
}

static gint64
number_in_months(const TwRecurrencePlan *plan, gint64 day)
{
    gint64 month = tw_months_of(plan->months, day);
    gint64 n = -tw_civil_floor_div(plan->anchor - month, plan->step);

    /* a slot of Adar I is in Adar, one later, where the year has no Adar I */
    if (plan->months == TW_MONTHS_HEBREW_YEARS &&
        slot_in_month(plan, plan->anchor + (n - 1) * plan->step) >= day)
        return n - 1;
    return plan->anchor + n * plan->step == month && slot_in_month(plan, month) < day ? n + 1 : n;
}

gint64
tw_recurrence_plan_at(const TwRecurrencePlan *plan, gint64 day)
{
    gint64 n;

    if (plan->type == TW_RECURRENCE_DAY)
        n = -tw_civil_floor_div(plan->anchor - day, plan->step);
    else if (plan->type == TW_RECURRENCE_WEEK)
        n = number_in_weeks(plan, day);
    else
        n = number_in_months(plan, day);
    return MAX(n - plan->skip, 0);
}

guint32
tw_recurrence_pattern_first(const TwRecurrencePattern *pattern)
{
    TwRecurrencePlan plan;
    gint64 start = pattern->start_date / TW_CIVIL_DAY_MINUTES, months;
    TwMonths in_a_row;

    if (!tw_recurrence_plan_init(&plan, pattern))
        return pattern->first;
    if (plan.type == TW_RECURRENCE_DAY)
        return (guint32) (start % plan.step * TW_CIVIL_DAY_MINUTES);
    if (plan.type == TW_RECURRENCE_WEEK)
        return (guint32) (MAX(plan.anchor, 0) % (plan.step * 7) * TW_CIVIL_DAY_MINUTES);
    in_a_row = plan.months == TW_MONTHS_HEBREW_YEARS ? TW_MONTHS_HEBREW : plan.months;
    months = tw_months_since_origin(plan.months, plan.anchor);
    months -= tw_civil_floor_div(months, pattern->period) * pattern->period;
    start = tw_months_first(in_a_row, tw_months_origin(in_a_row) + months);
    return (guint32) (MIN(start, TW_RECURRENCE_LAST_DAY) * TW_CIVIL_DAY_MINUTES);
}

const char *
tw_recurrence_pattern_check(const TwRecurrencePattern *pattern)
{
    if (pattern->frequency < TW_RECURRENCE_DAILY || pattern->frequency > TW_RECURRENCE_YEARLY)
        return "frequency";
    if (pattern->type > TW_RECURRENCE_MONTH_END && (pattern->type < TW_RECURRENCE_HIJRI_MONTH ||
                                                    pattern->type > TW_RECURRENCE_HIJRI_MONTH_END))
        return "pattern type";
    if (pattern->period == 0)
        return "period";
    if (pattern->end < TW_RECURRENCE_END_DATE || pattern->end > TW_RECURRENCE_END_NEVER)
        return "end type";
    if (pattern->first_weekday > 6)
        return "first day of week";
    switch (pattern->type) {
    case TW_RECURRENCE_DAY:
        return pattern->period % TW_CIVIL_DAY_MINUTES != 0 ? "period" : NULL;
    case TW_RECURRENCE_WEEK:
        return pattern->days == 0 || pattern->days > 0x7f ? "weekdays" : NULL;
    case TW_RECURRENCE_MONTH_NTH:
    case TW_RECURRENCE_HIJRI_MONTH_NTH:
        if (pattern->nth == 0 || pattern->nth > 5)
            return "week number";
        return pattern->days == 0 || pattern->days > 0x7f ? "weekdays" : NULL;
    case TW_RECURRENCE_MONTH:
    case TW_RECURRENCE_MONTH_END:
    case TW_RECURRENCE_HIJRI_MONTH:
    case TW_RECURRENCE_HIJRI_MONTH_END:
        return pattern->day_of_month == 0 || pattern->day_of_month > 31 ? "day of month" : NULL;
    }
    return "pattern type";
}
