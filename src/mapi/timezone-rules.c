/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An exact zone told in Windows rules: at most two changes a year, each on the nth or last weekday of a month.
 *
 * A date can be worded in up to four ways (28 October 2040: fourth or last Sunday; midnight, or the last millisecond of the
 * day before). The wording that holds for the most years after is taken, so that a rule lasts.
 */
#include "mapi/timezone.h"

#include "mapi/civil.h"
#include "mapi/timezone-private.h"

enum {
    FIRST_YEAR = 1601,
    LAST_YEAR = 9999,
    YEARS_MAX = 1024,
    WORDINGS = 4,
    LOOK_AHEAD = 12,         /* years; the last Sunday is the fourth for three at most */
    DAYLIGHT_MAX = 4 * 3600, /* seconds; more is a move across the date line */
    CYCLE_YEARS = 400,
    CYCLE_DAYS = 146097,
};

/* What happens in a year, as far as a rule can tell it. */
typedef struct {
    gint64 standard, daylight; /* seconds to add to UTC */
    gboolean has_daylight;
    gint64 to_standard, to_daylight; /* ticks on the wall clock before the change */
} YearClock;

static gint64
offset_seconds(const TwTimeZone *zone, gint64 utc)
{
    return (tw_timezone_to_local(zone, utc) - utc) / TW_TICKS_SECOND;
}

/* Index of the last change at or before a time. */
static guint
change_before(const TwTimeZone *zone, gint64 utc)
{
    guint low = 0, high = zone->change_count;

    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (zone->changes[middle].at <= utc)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The year as the exact zone has it; years past its table are those of 400 years before. */
static YearClock
exact_year(const TwTimeZone *zone, gint64 year)
{
    gint64 shift = 0, shift_ticks, from, to, begins_with;
    YearClock clock;
    gint64 first_up = G_MAXINT64, last_down = G_MININT64;

    if (zone->cycle_from != G_MAXINT64) {
        gint64 covered = tw_civil_date(zone->cycle_from / TW_TICKS_DAY).year + CYCLE_YEARS - 1;
        while (year - shift > covered)
            shift += CYCLE_YEARS;
    }
    from = tw_civil_days(year - shift, 1, 1) * TW_TICKS_DAY;
    to = tw_civil_days(year - shift + 1, 1, 1) * TW_TICKS_DAY;
    begins_with = offset_seconds(zone, tw_timezone_to_utc(zone, from));
    clock = (YearClock){ .standard = begins_with, .daylight = begins_with };

    for (guint i = change_before(zone, from - TW_TICKS_DAY) + 1; i < zone->change_count; i++) {
        gint64 before = zone->changes[i - 1].offset, after = zone->changes[i].offset;
        gint64 local = zone->changes[i].at + before * TW_TICKS_SECOND;
        if (local >= to)
            break;
        if (local < from || (local == from && after == begins_with))
            continue;
        clock.standard = MIN(clock.standard, after);
        clock.daylight = MAX(clock.daylight, after);
        if (after > before)
            first_up = MIN(first_up, local);
        else
            last_down = MAX(last_down, local);
    }
    if (clock.daylight - clock.standard > DAYLIGHT_MAX)
        clock.standard = clock.daylight = begins_with;
    clock.has_daylight = clock.standard != clock.daylight;
    /* a single change: the other clock begins with the year */
    shift_ticks = shift / CYCLE_YEARS * CYCLE_DAYS * TW_TICKS_DAY;
    clock.to_daylight = (first_up == G_MAXINT64 ? from : first_up) + shift_ticks;
    clock.to_standard = (last_down == G_MININT64 ? from : last_down) + shift_ticks;
    return clock;
}

/* The wording with number 0 to 3 of a date; FALSE if it has not so many. */
static gboolean
word_date(gint64 local, guint wording, TwSystemTime *ret_date)
{
    gint64 day = tw_civil_floor_div(local, TW_TICKS_DAY), ms = (local - day * TW_TICKS_DAY) / 10000;
    gboolean day_before = (wording & 2) != 0;
    TwCivilDate date;
    gint64 next;

    if (day_before) {
        if (ms != 0)
            return FALSE;
        day--;
        ms = 86399999;
    }
    date = tw_civil_date(day);
    next = tw_civil_month_first(tw_civil_month_of(day) + 1);
    *ret_date = (TwSystemTime){
        .month = (guint16) date.month,
        .weekday = (guint16) tw_civil_weekday(day),
        .day = (guint16) ((date.day - 1) / 7 + 1),
        .hour = (guint16) (ms / 3600000),
        .minute = (guint16) (ms / 60000 % 60),
        .second = (guint16) (ms / 1000 % 60),
        .millisecond = (guint16) (ms % 1000),
    };
    if (wording & 1) /* the other way: 4th and last are one */
        return ret_date->day == 4 && next - day <= 7 && (ret_date->day = 5);
    return TRUE;
}

static gboolean
date_holds(const TwSystemTime *date, gint64 year, gint64 local)
{
    gint64 there;

    return tw_timezone_rule_date(date, year, &there) && there == local;
}

/* Takes the wording that holds for the most of the years that follow; of equal ones the last weekday. */
static TwSystemTime
best_wording(const YearClock *clocks, gint64 year, gboolean is_daylight)
{
    gint64 local = is_daylight ? clocks[0].to_daylight : clocks[0].to_standard;
    TwSystemTime date, best = { 0 };
    int best_years = -1;

    for (guint i = 0; i < WORDINGS; i++) {
        int years = 1;
        if (!word_date(local, i ^ 1, &date))
            continue;
        while (years < LOOK_AHEAD &&
               date_holds(&date, year + years,
                          is_daylight ? clocks[years].to_daylight : clocks[years].to_standard))
            years++;
        if (years > best_years) {
            best_years = years;
            best = date;
        }
    }
    return best;
}

static TwTimeZoneRule
exact_rule(const TwTimeZone *zone, int year)
{
    YearClock clocks[LOOK_AHEAD];
    TwTimeZoneRule rule = { .year = (guint16) year };

    clocks[0] = exact_year(zone, year);
    /* old local mean times: to the nearest minute */
    rule.bias = (gint32) tw_civil_floor_div(30 - clocks[0].standard, 60);
    if (!clocks[0].has_daylight)
        return rule;
    for (int i = 1; i < LOOK_AHEAD; i++)
        clocks[i] = exact_year(zone, (gint64) year + i);
    rule.daylight_bias = (gint32) tw_civil_floor_div(30 - clocks[0].daylight, 60) - rule.bias;
    rule.standard = best_wording(clocks, year, FALSE);
    rule.daylight = best_wording(clocks, year, TRUE);
    return rule;
}

/* Whether a rule made for another year keeps this year's clock. */
static gboolean
rule_holds(const TwTimeZone *zone, const TwTimeZoneRule *rule, int year)
{
    YearClock clock = exact_year(zone, year);

    if (rule->bias != tw_civil_floor_div(30 - clock.standard, 60) ||
        clock.has_daylight != (rule->standard.month != 0))
        return FALSE;
    return !clock.has_daylight ||
           (rule->bias + rule->daylight_bias == tw_civil_floor_div(30 - clock.daylight, 60) &&
            date_holds(&rule->standard, year, clock.to_standard) &&
            date_holds(&rule->daylight, year, clock.to_daylight));
}

static const TwTimeZoneRule *
blob_rule(const TwTimeZone *zone, int year)
{
    const TwTimeZoneRule *found = &zone->rules[0];

    for (guint i = 1; i < zone->rule_count && zone->rules[i].year <= year; i++)
        found = &zone->rules[i];
    return found;
}

void
tw_timezone_get_rule(const TwTimeZone *zone, int year, TwTimeZoneRule *ret_rule)
{
    year = CLAMP(year, FIRST_YEAR, LAST_YEAR);
    *ret_rule = zone->changes != NULL ? exact_rule(zone, year) : *blob_rule(zone, year);
}

GArray *
tw_timezone_get_rules(const TwTimeZone *zone, int first_year, int last_year)
{
    GArray *rules = g_array_new(FALSE, FALSE, sizeof(TwTimeZoneRule));
    int first = CLAMP(first_year, FIRST_YEAR, LAST_YEAR);
    int last = CLAMP(last_year, first, MIN(LAST_YEAR, first + YEARS_MAX - 1));

    if (zone->changes == NULL) {
        g_array_append_vals(rules, zone->rules, zone->rule_count);
        return rules;
    }
    for (int year = first; year <= last; year++) {
        TwTimeZoneRule rule;
        if (rules->len > 0 &&
            rule_holds(zone, &g_array_index(rules, TwTimeZoneRule, rules->len - 1), year))
            continue;
        rule = exact_rule(zone, year);
        g_array_append_val(rules, rule);
    }
    return rules;
}

static void
put_offset(GString *out, gint64 seconds)
{
    gint64 minutes = ABS(seconds) / 60;

    g_string_append_printf(out, "%c%02d:%02d", seconds < 0 ? '-' : '+', (int) (minutes / 60),
                           (int) (minutes % 60));
}

char *
tw_timezone_describe(const TwTimeZone *zone, int year)
{
    GString *out = g_string_new("(UTC");
    TwTimeZoneRule rule;
    gint64 offset;

    tw_timezone_get_rule(zone, year, &rule);
    offset = tw_timezone_rule_offset(&rule, FALSE);
    if (offset != 0)
        put_offset(out, offset);
    g_string_append(out, ")");
    if (zone->key_name != NULL || zone->iana_name != NULL)
        g_string_append_printf(out, " %s", zone->key_name ? zone->key_name : zone->iana_name);
    return g_string_free(out, FALSE);
}

static void
put_date(GString *out, const char *name, const TwSystemTime *date)
{
    static const char *const weekdays[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const nths[] = { "1st", "2nd", "3rd", "4th", "last" };

    g_string_append_printf(out, ", %s ", name);
    if (date->year != 0)
        g_string_append_printf(out, "%04u-%02u-%02u", date->year, date->month, date->day);
    else
        g_string_append_printf(out, "%s %s of month %u", nths[(date->day - 1) % 5],
                               weekdays[date->weekday % 7], date->month);
    g_string_append_printf(out, " %02u:%02u", date->hour, date->minute);
    if (date->second != 0 || date->millisecond != 0)
        g_string_append_printf(out, ":%02u.%03u", date->second, date->millisecond);
}

char *
tw_timezone_to_string(const TwTimeZone *zone, int first_year, int last_year)
{
    g_autoptr(GArray) rules = tw_timezone_get_rules(zone, first_year, last_year);
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "zone: %s, IANA %s\n", zone->key_name ? zone->key_name : "-",
                           zone->iana_name ? zone->iana_name : "-");
    for (guint i = 0; i < rules->len; i++) {
        const TwTimeZoneRule *rule = &g_array_index(rules, TwTimeZoneRule, i);
        g_string_append_printf(out, "%u: ", rule->year);
        put_offset(out, tw_timezone_rule_offset(rule, FALSE));
        if (rule->standard.month != 0 && rule->daylight.month != 0) {
            g_string_append(out, " and ");
            put_offset(out, tw_timezone_rule_offset(rule, TRUE));
            put_date(out, "daylight", &rule->daylight);
            put_date(out, "standard", &rule->standard);
        }
        if (rule->flags & TW_TIMEZONE_RULE_EFFECTIVE)
            g_string_append(out, ", effective");
        if (rule->flags & TW_TIMEZONE_RULE_RECURRENCE)
            g_string_append(out, ", recurrence");
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}
