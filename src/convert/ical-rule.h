/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Recurrence rules between iCalendar and the pattern of a MAPI series.
 *
 * A rule MAPI has a pattern for becomes that pattern. A rule of days that MAPI has none for ("the 31st", "each Friday the 13th")
 * becomes the narrowest pattern that has all its days, less the days that are too many: those are deleted slots, so that each
 * client shows the right ones. Such a series ends after some years, as a pattern has no other way to say them all. Rules of
 * hours and shorter, and of several times a day, MAPI cannot hold.
 */
#pragma once

#include "convert/ical-value.h"
#include "mapi/recurrence.h"

G_BEGIN_DECLS

enum {
    TW_ICAL_RULE_YEARS = 20,      /* how far a series without end goes whose days are counted out */
    TW_ICAL_RULE_DELETIONS = 2000 /* most slots that are deleted for the sake of a rule */
};

typedef enum {
    TW_ICAL_RULE_EXACT, /* the pattern says what the rule says */
    TW_ICAL_RULE_CUT,   /* the same instances, but the series ends where the rule goes on */
    TW_ICAL_RULE_NONE,  /* MAPI cannot hold it */
} TwIcalRuleFit;

/**
 * tw_ical_rule_has_day:
 * @rule: a rule of days: DAILY or longer, without BYHOUR, BYMINUTE, BYSECOND
 * @start: the day number (mapi/civil.h) of DTSTART
 * @day: a day number, not before @start
 *
 * Asks the rule itself, by the table of RFC 5545, 3.3.10, without COUNT and UNTIL: the definition that the patterns are
 * checked by.
 *
 * Returns: whether the day is in the set of the rule
 */
gboolean tw_ical_rule_has_day(const TwIcalRule *rule, gint64 start, gint64 day);

/**
 * tw_ical_rule_is_of_days:
 * @rule: a rule
 *
 * Returns: whether tw_ical_rule_has_day() may be asked
 */
gboolean tw_ical_rule_is_of_days(const TwIcalRule *rule);

/**
 * tw_ical_rule_to_series:
 * @rule: a rule
 * @start: DTSTART, ticks on the series' wall clock; its time of day does not count
 * @last_day: the last day that UNTIL allows on that clock, G_MAXINT64 without
 * @series: gets pattern and deleted slots; to be normalized by the caller when all is in it
 *
 * Returns: how well the series says the rule; after NONE @series is as it was
 */
TwIcalRuleFit tw_ical_rule_to_series(const TwIcalRule *rule,
                                     gint64 start,
                                     gint64 last_day,
                                     TwRecurrence *series);

/**
 * tw_ical_rule_from_pattern:
 * @pattern: a checked pattern
 * @until: (nullable): what UNTIL says, if the pattern ends by date
 *
 * Returns: (transfer full) (nullable): the value of an RRULE; NULL for months of other calendars, which have no rule that
 *   clients know
 */
char *tw_ical_rule_from_pattern(const TwRecurrencePattern *pattern, const TwIcalTime *until);

G_END_DECLS
