/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once

#include "mapi/timezone.h"

G_BEGIN_DECLS

/* From @at (ticks, UTC) on, the wall clock is UTC + @offset seconds. */
typedef struct {
    gint64 at;
    gint32 offset;
} TwTimeZoneChange;

struct TwTimeZone {
    char *key_name;        /* (nullable) */
    char *iana_name;       /* (nullable) */
    TwTimeZoneRule *rules; /* of a blob's zone, years strictly ascending */
    guint rule_count;
    TwTimeZoneChange
        *changes; /* of an exact zone, ascending; the first holds for all time before, too */
    guint change_count;
    gint64
        cycle_from; /* ticks: from here on the clock repeats every 400 years; G_MAXINT64: it stands still */
};

/**
 * tw_timezone_alloc:
 *
 * Returns: (transfer full): an empty zone to be filled
 */
TwTimeZone *tw_timezone_alloc(void);

/**
 * tw_timezone_rule_check:
 * @rule: a rule
 *
 * Returns: FALSE if a number is out of range
 */
gboolean tw_timezone_rule_check(const TwTimeZoneRule *rule);

/**
 * tw_timezone_rule_equal:
 * @a: a rule
 * @b: another
 *
 * Returns: TRUE if they keep the same clock and say it in the same words; years and flags do not count
 */
gboolean tw_timezone_rule_equal(const TwTimeZoneRule *a, const TwTimeZoneRule *b);

/**
 * tw_timezone_rule_offset:
 * @rule: a rule
 * @is_daylight: which of the two
 *
 * Returns: seconds to add to UTC
 */
gint64 tw_timezone_rule_offset(const TwTimeZoneRule *rule, gboolean is_daylight);

/**
 * tw_timezone_rule_date:
 * @date: when one of the two clocks begins
 * @year: a year
 * @ret_local: (out): ticks on the wall clock before the change
 *
 * Returns: FALSE if there is no change in that year
 */
gboolean tw_timezone_rule_date(const TwSystemTime *date, gint64 year, gint64 *ret_local);

/**
 * tw_timezone_rule_changes:
 * @rule: a rule
 * @year: a year
 * @ret_daylight: (out): ticks, UTC, when daylight time begins
 * @ret_standard: (out): ticks, UTC, when standard time begins
 *
 * Returns: FALSE if there is no daylight time in that year
 */
gboolean tw_timezone_rule_changes(const TwTimeZoneRule *rule,
                                  gint64 year,
                                  gint64 *ret_daylight,
                                  gint64 *ret_standard);

G_END_DECLS
