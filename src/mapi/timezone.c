/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The zone, its rules, and wall clock <-> UTC.
 *
 * A rule's year begins at 1 January 00:00 of its standard time. Windows says a single change in a year by letting the other clock
 * begin at that moment, so no hour falls between two rules.
 */
#include "mapi/timezone.h"

#include "base/error.h"
#include "mapi/civil.h"
#include "mapi/timezone-private.h"

enum {
    BIAS_MAX = 1440, /* minutes; real ones end at 14 hours */
    LAST_WEEK = 5,
    CYCLE_DAYS = 146097, /* 400 years, after which dates and weekdays come again */
};

TwTimeZone *
tw_timezone_alloc(void)
{
    TwTimeZone *zone = g_atomic_rc_box_new0(TwTimeZone);

    zone->cycle_from = G_MAXINT64;
    return zone;
}

static void
zone_clear(gpointer data)
{
    TwTimeZone *zone = data;

    g_free(zone->key_name);
    g_free(zone->iana_name);
    g_free(zone->rules);
    g_free(zone->changes);
}

TwTimeZone *
tw_timezone_ref(TwTimeZone *zone)
{
    return g_atomic_rc_box_acquire(zone);
}

void
tw_timezone_unref(TwTimeZone *zone)
{
    if (zone != NULL)
        g_atomic_rc_box_release_full(zone, zone_clear);
}

TwTimeZone *
tw_timezone_new(const char *key_name, const TwTimeZoneRule *rules, guint count, GError **error)
{
    g_autoptr(TwTimeZone) zone = tw_timezone_alloc();
    gboolean ok = count > 0 && count <= TW_TIMEZONE_MAX_RULES &&
                  (key_name == NULL || g_utf8_validate(key_name, -1, NULL));

    for (guint i = 0; ok && i < count; i++)
        ok = tw_timezone_rule_check(&rules[i]) && (i == 0 || rules[i - 1].year < rules[i].year);
    if (!ok) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "time zone: bad rules");
        return NULL;
    }
    zone->rules = g_memdup2(rules, count * sizeof *rules);
    zone->rule_count = count;
    if (key_name != NULL && *key_name != '\0') {
        zone->key_name = g_strdup(key_name);
        zone->iana_name = tw_timezone_name_from_windows(key_name);
    }
    return g_steal_pointer(&zone);
}

const char *
tw_timezone_get_key_name(const TwTimeZone *zone)
{
    return zone->key_name;
}

const char *
tw_timezone_get_iana_name(const TwTimeZone *zone)
{
    return zone->iana_name;
}

static gboolean
date_check(const TwSystemTime *date)
{
    if (date->month == 0)
        return TRUE;
    return date->month <= 12 && date->weekday <= 6 && date->day >= 1 &&
           date->day <= (date->year == 0 ? LAST_WEEK : 31) && date->hour <= 23 &&
           date->minute <= 59 && date->second <= 59 && date->millisecond <= 999;
}

gboolean
tw_timezone_rule_check(const TwTimeZoneRule *rule)
{
    const gint32 biases[] = { rule->bias, rule->standard_bias, rule->daylight_bias };

    for (guint i = 0; i < G_N_ELEMENTS(biases); i++) {
        if (biases[i] < -BIAS_MAX || biases[i] > BIAS_MAX)
            return FALSE;
    }
    return ABS(rule->bias + rule->standard_bias) <= BIAS_MAX &&
           ABS(rule->bias + rule->daylight_bias) <= BIAS_MAX && date_check(&rule->standard) &&
           date_check(&rule->daylight);
}

static gboolean
has_daylight(const TwTimeZoneRule *rule)
{
    return rule->standard.month != 0 && rule->daylight.month != 0;
}

static gboolean
date_equal(const TwSystemTime *a, const TwSystemTime *b)
{
    return a->year == b->year && a->month == b->month && a->weekday == b->weekday &&
           a->day == b->day && a->hour == b->hour && a->minute == b->minute &&
           a->second == b->second && a->millisecond == b->millisecond;
}

gboolean
tw_timezone_rule_equal(const TwTimeZoneRule *a, const TwTimeZoneRule *b)
{
    if (a->bias + a->standard_bias != b->bias + b->standard_bias ||
        has_daylight(a) != has_daylight(b))
        return FALSE;
    return !has_daylight(a) ||
           (a->bias + a->daylight_bias == b->bias + b->daylight_bias &&
            date_equal(&a->standard, &b->standard) && date_equal(&a->daylight, &b->daylight));
}

gint64
tw_timezone_rule_offset(const TwTimeZoneRule *rule, gboolean is_daylight)
{
    return -60 * ((gint64) rule->bias + (is_daylight ? rule->daylight_bias : rule->standard_bias));
}

gboolean
tw_timezone_rule_date(const TwSystemTime *date, gint64 year, gint64 *ret_local)
{
    gint64 first, day, ms;

    if (date->month == 0 || (date->year != 0 && date->year != year))
        return FALSE;
    first = tw_civil_days(year, date->month, 1);
    if (date->year != 0) {
        day = first + date->day - 1;
    } else {
        gint64 next = tw_civil_month_first(tw_civil_month_of(first) + 1);
        day = first + (date->weekday - tw_civil_weekday(first) + 7) % 7 +
              7 * ((gint64) date->day - 1);
        if (day >= next) /* the fifth of four */
            day -= 7;
    }
    ms = ((date->hour * 60 + date->minute) * 60 + date->second) * (gint64) 1000 + date->millisecond;
    if (ms == 86399999) /* Windows' way to say 24:00 */
        ms++;
    *ret_local = day * TW_TICKS_DAY + ms * (TW_TICKS_SECOND / 1000);
    return TRUE;
}

gboolean
tw_timezone_rule_changes(const TwTimeZoneRule *rule,
                         gint64 year,
                         gint64 *ret_daylight,
                         gint64 *ret_standard)
{
    gint64 to_daylight, standard;

    if (!tw_timezone_rule_date(&rule->daylight, year, &to_daylight) ||
        !tw_timezone_rule_date(&rule->standard, year, &standard))
        return FALSE;
    *ret_daylight = to_daylight - tw_timezone_rule_offset(rule, FALSE) * TW_TICKS_SECOND;
    *ret_standard = standard - tw_timezone_rule_offset(rule, TRUE) * TW_TICKS_SECOND;
    return TRUE;
}

/* The last rule of that year or before; the first for the time before all of them. */
static const TwTimeZoneRule *
rule_for_year(const TwTimeZone *zone, gint64 year)
{
    guint low = 0, high = zone->rule_count;

    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (zone->rules[middle].year <= year)
            low = middle;
        else
            high = middle;
    }
    return &zone->rules[low];
}

static gint64
year_begins(const TwTimeZone *zone, gint64 year)
{
    return tw_civil_days(year, 1, 1) * TW_TICKS_DAY -
           tw_timezone_rule_offset(rule_for_year(zone, year), FALSE) * TW_TICKS_SECOND;
}

static gint64
offset_by_rules(const TwTimeZone *zone, gint64 utc)
{
    gint64 year = tw_civil_date(tw_civil_floor_div(utc, TW_TICKS_DAY)).year, to_daylight, standard;
    const TwTimeZoneRule *rule;
    gboolean is_daylight;

    if (utc < year_begins(zone, year))
        year--;
    else if (utc >= year_begins(zone, year + 1))
        year++;
    rule = rule_for_year(zone, year);
    if (!tw_timezone_rule_changes(rule, year, &to_daylight, &standard))
        return tw_timezone_rule_offset(rule, FALSE);
    if (to_daylight < standard)
        is_daylight = utc >= to_daylight && utc < standard;
    else
        is_daylight = to_daylight != standard && (utc >= to_daylight || utc < standard);
    return tw_timezone_rule_offset(rule, is_daylight);
}

static gint64
offset_by_changes(const TwTimeZone *zone, gint64 utc)
{
    const gint64 cycle = CYCLE_DAYS * TW_TICKS_DAY;
    guint low = 0, high = zone->change_count;

    if (utc >= zone->cycle_from)
        utc = zone->cycle_from + (utc - zone->cycle_from) % cycle;
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (zone->changes[middle].at <= utc)
            low = middle;
        else
            high = middle;
    }
    return zone->changes[low].offset;
}

/* Ticks to add to UTC. */
static gint64
offset_at(const TwTimeZone *zone, gint64 utc)
{
    return TW_TICKS_SECOND *
           (zone->changes != NULL ? offset_by_changes(zone, utc) : offset_by_rules(zone, utc));
}

gint64
tw_timezone_to_local(const TwTimeZone *zone, gint64 utc)
{
    utc = CLAMP(utc, TW_TICKS_MIN, TW_TICKS_MAX);
    return zone != NULL ? utc + offset_at(zone, utc) : utc;
}

gint64
tw_timezone_to_utc(const TwTimeZone *zone, gint64 local)
{
    gint64 before, after;

    local = CLAMP(local, TW_TICKS_MIN, TW_TICKS_MAX);
    if (zone == NULL)
        return local;
    /* clocks differ from UTC by a day at most, so these two lie on either side of any change near by */
    before = local - offset_at(zone, local - TW_TICKS_DAY);
    after = local - offset_at(zone, local + TW_TICKS_DAY);
    if (before == after || before + offset_at(zone, before) == local)
        return before;
    return after + offset_at(zone, after) == local ? after : before;
}
