/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/ical-zone.h"

#include <string.h>

#include "convert/ical-rule.h"
#include "mapi/civil.h"

enum {
    LAST_YEAR = 2100, /* for which a rule that no pattern says is counted out */
};

/* ---- names ---- */

static TwTimeZone *
load(const char *name, const TwIcalOptions *options)
{
    return options->load != NULL && tw_timezone_name_is_valid(name)
               ? options->load(options->load_data, name)
               : NULL;
}

TwTimeZone *
tw_ical_zone_by_name(const char *name, const TwIcalOptions *options)
{
    g_autofree char *iana = tw_timezone_name_from_windows(name);
    TwTimeZone *zone = load(name, options);

    if (zone == NULL && iana != NULL)
        zone = load(iana, options);
    /* the last three, two, one parts of a path */
    for (guint parts = 3; parts > 0 && zone == NULL && strchr(name, '/') != NULL; parts--) {
        const char *at = name + strlen(name);
        guint left = parts;
        while (at > name && (at[-1] != '/' || --left > 0))
            at--;
        if (at > name)
            zone = load(at, options);
    }
    return zone;
}

/* ---- a definition ---- */

typedef struct {
    gboolean daylight;
    gint64 start; /* ticks on the clock before it */
    gint32 from, to;
    gboolean has_rule;
    TwIcalRule rule;
    GArray *dates; /* of gint64: ticks likewise */
} Observance;

static void
observance_free(gpointer data)
{
    Observance *o = data;

    g_array_unref(o->dates);
    g_free(o);
}

static gboolean
read_offset(const TwContentNode *node, const char *name, gint32 *ret)
{
    const TwContentLine *line = tw_lines_find(node, name);

    return line != NULL && tw_ical_offset_parse(line->value, line->value_len, ret);
}

static Observance *
read_observance(const TwContentNode *node)
{
    const TwContentLine *start = tw_lines_find(node, "DTSTART");
    const TwContentLine *rule = tw_lines_find(node, "RRULE");
    Observance *o;
    TwIcalTime time;
    gint32 from, to;

    if (start == NULL || !tw_ical_time_parse(start->value, start->value_len, &time) ||
        !read_offset(node, "TZOFFSETTO", &to))
        return NULL;
    if (!read_offset(node, "TZOFFSETFROM", &from))
        from = to;
    o = g_new0(Observance, 1);
    o->daylight = strcmp(node->name, "DAYLIGHT") == 0;
    o->start = time.ticks;
    o->from = from;
    o->to = to;
    o->dates = g_array_new(FALSE, FALSE, sizeof(gint64));
    o->has_rule = rule != NULL && tw_ical_rule_parse(rule->value, rule->value_len, &o->rule) &&
                  o->rule.frequency == TW_ICAL_YEARLY && tw_ical_rule_is_of_days(&o->rule);
    for (const TwContentLine *line = tw_lines_find(node, "RDATE"); line != NULL;
         line = tw_lines_next(line)) {
        g_autoptr(GPtrArray) parts = tw_lines_split(line->value, line->value_len, ',', 1000);
        for (guint i = 0; i < parts->len; i++) {
            const char *text = parts->pdata[i];
            if (tw_ical_time_parse(text, strlen(text), &time) && o->dates->len < 1000)
                g_array_append_val(o->dates, time.ticks);
        }
    }
    return o;
}

static int
year_of(gint64 ticks)
{
    return (int) tw_civil_date(tw_civil_floor_div(ticks, TW_TICKS_DAY)).year;
}

static TwSystemTime
system_time(gint64 ticks, int year)
{
    gint64 day = tw_civil_floor_div(ticks, TW_TICKS_DAY);
    int second = (int) ((ticks - day * TW_TICKS_DAY) / TW_TICKS_SECOND);
    TwCivilDate date = tw_civil_date(day);

    return (TwSystemTime){
        .year = (guint16) year,
        .month = (guint16) date.month,
        .weekday = (guint16) tw_civil_weekday(day),
        .day = (guint16) date.day,
        .hour = (guint16) (second / 3600),
        .minute = (guint16) (second / 60 % 60),
        .second = (guint16) (second % 60),
    };
}

/* "The last Sunday of March", if the rule is of that form. */
static gboolean
yearly_form(const Observance *o, TwSystemTime *time)
{
    const TwIcalRule *rule = &o->rule;
    const guint8 *count = rule->by_count;
    int value = rule->by[TW_ICAL_BY_DAY][0], nth = (int) tw_civil_floor_div(value, 8);

    if (rule->interval != 1 || count[TW_ICAL_BY_DAY] != 1 || count[TW_ICAL_BY_MONTH] != 1 ||
        count[TW_ICAL_BY_YEAR_DAY] + count[TW_ICAL_BY_WEEK] + count[TW_ICAL_BY_POSITION] > 0)
        return FALSE;
    if (nth == 0 && count[TW_ICAL_BY_MONTH_DAY] == 7) {
        /* BYMONTHDAY=8,...,14 is the second; the last seven days have the last */
        int first = rule->by[TW_ICAL_BY_MONTH_DAY][0];
        gint64 month = tw_civil_month_of(tw_civil_days(2001, rule->by[TW_ICAL_BY_MONTH][0], 1));
        int days = (int) (tw_civil_month_first(month + 1) - tw_civil_month_first(month));
        for (int i = 0; i < 7; i++) {
            if (rule->by[TW_ICAL_BY_MONTH_DAY][i] != first + i)
                return FALSE;
        }
        nth = first == days - 6 ? -1 : first % 7 == 1 ? (first + 6) / 7 : 0;
    } else if (count[TW_ICAL_BY_MONTH_DAY] > 0) {
        return FALSE;
    }
    if (nth == 0 || nth < -1 || nth > 4)
        return FALSE;
    time->year = 0;
    time->month = (guint16) rule->by[TW_ICAL_BY_MONTH][0];
    time->weekday = (guint16) (value & 7);
    time->day = (guint16) (nth == -1 ? 5 : nth);
    return TRUE;
}

/* When it begins in a year; FALSE: not in this one. */
static gboolean
onset(const Observance *o, int year, TwSystemTime *ret)
{
    gint64 first = tw_civil_days(year, 1, 1), start_day = o->start / TW_TICKS_DAY;

    *ret = system_time(o->start, year);
    if (year_of(o->start) > year)
        return FALSE;
    if (o->has_rule) {
        gint64 until = o->rule.has_until ? o->rule.until.ticks : TW_TICKS_MAX;
        if (year > year_of(until) ||
            (o->rule.count > 0 && year >= year_of(o->start) + (int) o->rule.count))
            return FALSE;
        if (yearly_form(o, ret))
            return TRUE;
        for (gint64 day = MAX(first, start_day); day < first + 366; day++) {
            if (tw_ical_rule_has_day(&o->rule, start_day, day)) {
                *ret = system_time(day * TW_TICKS_DAY + o->start % TW_TICKS_DAY, year);
                return year_of(day * TW_TICKS_DAY) == year;
            }
        }
        return FALSE;
    }
    for (guint i = 0; i < o->dates->len; i++) {
        gint64 date = g_array_index(o->dates, gint64, i);
        if (year_of(date) == year) {
            *ret = system_time(date, year);
            return TRUE;
        }
    }
    return year_of(o->start) == year;
}

/* The last one of its kind that has begun by a year; of two that begin in it, the later. */
static const Observance *
in_force(GPtrArray *list, gboolean summer, int year, gboolean *ret_begins, TwSystemTime *ret)
{
    const Observance *best = NULL;
    TwSystemTime time;

    *ret_begins = FALSE;
    for (guint i = 0; i < list->len; i++) {
        const Observance *o = list->pdata[i];
        gboolean begins;
        if (o->daylight != summer || year_of(o->start) > year)
            continue;
        begins = onset(o, year, &time);
        if (best != NULL &&
            (*ret_begins > begins || (*ret_begins == begins && best->start > o->start)))
            continue;
        best = o;
        *ret_begins = begins;
        *ret = time;
    }
    return best;
}

static void
fill_rule(GPtrArray *list, int year, TwTimeZoneRule *rule)
{
    gboolean begins_standard = FALSE, begins_daylight = FALSE;
    TwSystemTime standard_time, daylight_time;
    const Observance *standard = in_force(list, FALSE, year, &begins_standard, &standard_time);
    const Observance *summer = in_force(list, TRUE, year, &begins_daylight, &daylight_time);
    const Observance *first = list->pdata[0];
    gint32 offset = standard != NULL ? standard->to : summer != NULL ? summer->from : first->from;

    *rule = (TwTimeZoneRule){ .year = (guint16) year };
    rule->bias = -(offset / 60);
    if (standard != NULL && summer != NULL && begins_standard && begins_daylight) {
        rule->standard = standard_time;
        rule->daylight = daylight_time;
        rule->daylight_bias = -((summer->to - offset) / 60);
    }
}

static gboolean
same_rule(const TwTimeZoneRule *a, const TwTimeZoneRule *b)
{
    return a->bias == b->bias && a->daylight_bias == b->daylight_bias && a->standard.year == 0 &&
           a->daylight.year == 0 && memcmp(&a->standard, &b->standard, sizeof a->standard) == 0 &&
           memcmp(&a->daylight, &b->daylight, sizeof a->daylight) == 0;
}

static TwTimeZone *
read_definition(const TwContentNode *vtimezone, const char *tzid)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(observance_free);
    g_autoptr(GArray) rules = g_array_new(FALSE, TRUE, sizeof(TwTimeZoneRule));
    g_autofree char *key = NULL;
    int first = 9999, last = 1601;
    Observance *o;

    for (const TwContentNode *node = vtimezone->children;
         node != NULL && list->len < TW_ICAL_ZONE_OBSERVANCES; node = node->next) {
        if ((strcmp(node->name, "STANDARD") != 0 && strcmp(node->name, "DAYLIGHT") != 0) ||
            (o = read_observance(node)) == NULL)
            continue;
        g_ptr_array_add(list, o);
        first = MIN(first, year_of(o->start));
        last = MAX(last, year_of(o->start) + 1);
        if (o->has_rule && o->rule.has_until)
            last = MAX(last, year_of(o->rule.until.ticks) + 1);
        else if (o->has_rule)
            last = MAX(last, MIN(year_of(o->start) + TW_ICAL_ZONE_YEARS / 2, LAST_YEAR));
        for (guint i = 0; i < o->dates->len; i++)
            last = MAX(last, year_of(g_array_index(o->dates, gint64, i)) + 1);
    }
    if (list->len == 0)
        return NULL;
    /* years before 1900 have nothing that calendars need; and what is long ago is left out first */
    last = MIN(last, 9999);
    first = MAX(first, MIN(1900, last));
    first = MAX(first, last - TW_ICAL_ZONE_YEARS);
    for (int year = first; year <= last; year++) {
        TwTimeZoneRule rule;
        fill_rule(list, year, &rule);
        if (rules->len == 0 ||
            !same_rule(&rule, &g_array_index(rules, TwTimeZoneRule, rules->len - 1)))
            g_array_append_val(rules, rule);
    }
    key = g_utf8_substring(tzid, 0, MIN(g_utf8_strlen(tzid, -1), 120));
    return tw_timezone_new(key, (const TwTimeZoneRule *) (gconstpointer) rules->data, rules->len,
                           NULL);
}

TwTimeZone *
tw_ical_zone_find(const char *tzid, const TwContentNode *vtimezone, const TwIcalOptions *options)
{
    TwTimeZone *zone = tw_ical_zone_by_name(tzid, options);
    const TwContentLine *location =
        vtimezone != NULL ? tw_lines_find(vtimezone, "X-LIC-LOCATION") : NULL;

    if (zone == NULL && location != NULL)
        zone = tw_ical_zone_by_name(location->value, options);
    if (zone == NULL && vtimezone != NULL)
        zone = read_definition(vtimezone, tzid);
    return zone;
}

/* ---- writing ---- */

static void
put_offset(GString *out, int minutes)
{
    int size = ABS(minutes);

    g_string_append_printf(out, "%c%02d%02d", minutes < 0 ? '-' : '+', size / 60, size % 60);
}

char *
tw_ical_zone_id(const TwTimeZone *zone)
{
    const char *name = tw_timezone_get_iana_name(zone);
    g_autoptr(GString) made = NULL;
    TwTimeZoneRule rule;

    if (name == NULL)
        name = tw_timezone_get_key_name(zone);
    if (name != NULL && name[0] != '\0')
        return g_strdup(name);
    tw_timezone_get_rule(zone, 2000, &rule);
    made = g_string_new("UTC");
    put_offset(made, -(rule.bias + rule.standard_bias));
    return g_strdup_printf("%s%s", made->str, rule.daylight.month != 0 ? " with daylight" : "");
}

/* The day a change is on in a year. */
static gint64
day_in_year(const TwSystemTime *time, int year)
{
    gint64 first = tw_civil_days(year, time->month, 1), day, next;

    if (time->year != 0)
        return first + time->day - 1;
    next = tw_civil_month_first(tw_civil_month_of(first) + 1);
    day = first + (time->weekday - tw_civil_weekday(first) + 7) % 7 +
          (gint64) 7 * (MAX(time->day, 1) - 1);
    while (day >= next)
        day -= 7;
    return day;
}

/* "23:59:59.999" is how Windows says midnight at the end of the day. */
static gint64
ticks_in_year(const TwSystemTime *time, int year)
{
    int second = time->hour * 3600 + time->minute * 60 + time->second;

    return day_in_year(time, year) * TW_TICKS_DAY + second * TW_TICKS_SECOND;
}

typedef struct {
    TwContentTree *tree;
    TwContentNode *zone;
} ZoneWriter;

static void
add_observance(ZoneWriter *writer,
               const char *kind,
               const TwSystemTime *time,
               int first_year,
               int last_year,
               int from,
               int to)
{
    static const char *const days[] = { "SU", "MO", "TU", "WE", "TH", "FR", "SA" };
    TwContentNode *node = tw_lines_add_node(writer->tree, writer->zone, kind);
    TwIcalTime start = { TW_ICAL_FLOATING, 0 };
    g_autoptr(GString) value = g_string_new(NULL);
    char text[TW_ICAL_TIME_SIZE];

    if (node == NULL)
        return;
    start.ticks = time != NULL ? ticks_in_year(time, first_year)
                               : tw_civil_days(first_year, 1, 1) * TW_TICKS_DAY;
    tw_ical_time_print(start, text);
    tw_lines_add(writer->tree, node, "DTSTART", text);
    put_offset(value, from);
    tw_lines_add(writer->tree, node, "TZOFFSETFROM", value->str);
    g_string_truncate(value, 0);
    put_offset(value, to);
    tw_lines_add(writer->tree, node, "TZOFFSETTO", value->str);
    if (time == NULL || time->year != 0 || first_year == last_year)
        return;
    g_string_printf(value, "FREQ=YEARLY;BYMONTH=%u;BYDAY=%d%s", time->month,
                    time->day >= 5 ? -1 : MAX(time->day, 1), days[time->weekday % 7]);
    if (last_year < 9999) {
        TwIcalTime until = { TW_ICAL_UTC, ticks_in_year(time, last_year) - from * TW_TICKS_MINUTE };
        tw_ical_time_print(until, text);
        g_string_append_printf(value, ";UNTIL=%s", text);
    }
    tw_lines_add(writer->tree, node, "RRULE", value->str);
}

void
tw_ical_zone_write(const TwTimeZone *zone,
                   const char *tzid,
                   int first_year,
                   int last_year,
                   TwContentTree *tree,
                   TwContentNode *parent)
{
    int first = CLAMP(first_year - 1, 1601, 9990);
    int last = CLAMP(last_year, first, MIN(first + TW_ICAL_ZONE_YEARS, 9999));
    g_autoptr(GArray) rules = tw_timezone_get_rules(zone, first, last);
    ZoneWriter writer = { tree, tw_lines_add_node(tree, parent, "VTIMEZONE") };
    int before = 0;

    if (writer.zone == NULL || rules->len == 0)
        return;
    tw_lines_add(tree, writer.zone, "TZID", tzid);
    for (guint i = 0; i < rules->len; i++) {
        const TwTimeZoneRule *rule = &g_array_index(rules, TwTimeZoneRule, i);
        int from = MAX((int) rule->year, first);
        int to = i + 1 < rules->len ? (rule + 1)->year - 1 : 9999;
        int standard = -(rule->bias + rule->standard_bias);
        int summer = -(rule->bias + rule->daylight_bias);
        if (to < from)
            continue;
        if (rule->daylight.month == 0 || rule->standard.month == 0) {
            if (i == 0 || before != standard)
                add_observance(&writer, "STANDARD", NULL, from, from, i == 0 ? standard : before,
                               standard);
        } else {
            add_observance(&writer, "DAYLIGHT", &rule->daylight, from, to, standard, summer);
            add_observance(&writer, "STANDARD", &rule->standard, from, to, summer, standard);
        }
        before = standard;
    }
}
