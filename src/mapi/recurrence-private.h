/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Slots by number: the arithmetic that check, normalization and expansion share. Slot 0 is the first one on or after the start
 * date; day and number follow from each other without loops, for every kind of pattern.
 */
#pragma once

#include "mapi/months-private.h"
#include "mapi/recurrence.h"

G_BEGIN_DECLS

typedef struct {
    TwRecurrencePatternType type; /* HIJRI_... folded into the plain three */
    TwMonths months;              /* of which calendar */
    gint64
        anchor; /* DAY: day of slot 0; WEEK: first day of slot 0's week; MONTH...: month of slot 0, before skip */
    gint64 step; /* days, weeks or months between */
    guint8 offsets
        [7]; /* WEEK: days of the week that carry slots, counted from the week's first day, ascending */
    guint8 offset_count;
    guint8 days; /* MONTH_NTH */
    guint8 nth;  /* MONTH_NTH; MONTH, MONTH_END: day of month */
    gint64 skip; /* slots of the anchor week or month that lie before the start date */
    gint64 last; /* number of the last slot; G_MAXINT64 without end; -1: no slot */
} TwRecurrencePlan;

/* Latest day a 32-bit number of minutes can name. Slots end there whatever the blob says. */
#define TW_RECURRENCE_LAST_DAY (G_MAXUINT32 / 1440)

/**
 * tw_recurrence_plan_init:
 * @plan: (out): the plan
 * @pattern: a checked pattern
 *
 * Returns: FALSE if its calendar's months are not known
 */
gboolean tw_recurrence_plan_init(TwRecurrencePlan *plan, const TwRecurrencePattern *pattern);

/**
 * tw_recurrence_plan_day:
 * @plan: a plan
 * @number: of a slot, from 0
 *
 * Returns: its day
 */
gint64 tw_recurrence_plan_day(const TwRecurrencePlan *plan, gint64 number);

/**
 * tw_recurrence_plan_at:
 * @plan: a plan
 * @day: a day
 *
 * Returns: the number of the first slot on or after the day; perhaps past the last
 */
gint64 tw_recurrence_plan_at(const TwRecurrencePlan *plan, gint64 day);

/**
 * tw_recurrence_pattern_first:
 * @pattern: a checked pattern
 *
 * Returns: the first date/time that belongs to its start date (spec 17.1)
 */
guint32 tw_recurrence_pattern_first(const TwRecurrencePattern *pattern);

/**
 * tw_recurrence_pattern_check:
 * @pattern: a pattern
 *
 * Returns: (nullable): what is wrong with it, NULL if nothing
 */
const char *tw_recurrence_pattern_check(const TwRecurrencePattern *pattern);

/**
 * tw_recurrence_exception_clear:
 * @exception: an exception, whose texts and blocks are freed
 */
void tw_recurrence_exception_clear(TwRecurrenceException *exception);

G_END_DECLS
