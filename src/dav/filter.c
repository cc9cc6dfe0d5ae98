/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "dav/filter.h"

#include <string.h>

#include "convert/ical-value.h"
#include "dav/alarm.h"
#include "mapi/timezone.h"

static const char *
attribute(const TwDavElement *element, const char *name)
{
    return g_hash_table_lookup(element->attributes, name);
}

/* ---- text ---- */

static char *
fold(const char *collation, const char *text)
{
    if (g_strcmp0(collation, "i;octet") == 0)
        return g_strdup(text);
    return g_utf8_casefold(text, -1);
}

gboolean
tw_dav_text_matches(const TwDavElement *match, const char *text)
{
    const char *collation = attribute(match, "collation"), *type = attribute(match, "match-type");
    g_autofree char *have = fold(collation, text), *want = fold(collation, match->text);
    gboolean found;

    if (g_strcmp0(type, "equals") == 0)
        found = strcmp(have, want) == 0;
    else if (g_strcmp0(type, "starts-with") == 0)
        found = g_str_has_prefix(have, want);
    else if (g_strcmp0(type, "ends-with") == 0)
        found = g_str_has_suffix(have, want);
    else
        found = strstr(have, want) != NULL;
    return g_strcmp0(attribute(match, "negate-condition"), "yes") == 0 ? !found : found;
}

/* ---- checking ---- */

static gboolean
is_known_collation(const char *collation)
{
    static const char *const known[] = { "i;ascii-casemap", "i;octet", "i;unicode-casemap",
                                         "default", NULL };

    return collation == NULL || g_strv_contains(known, collation);
}

/* RFC 5545, 3.6: what can be in what, and which of them are at some time. */
static const struct {
    const char *outer, *inner;
    gboolean timed;
} nested[] = {
    { "VCALENDAR", "VEVENT", TRUE },        { "VCALENDAR", "VTODO", TRUE },
    { "VCALENDAR", "VJOURNAL", TRUE },      { "VCALENDAR", "VFREEBUSY", TRUE },
    { "VCALENDAR", "VTIMEZONE", FALSE },    { "VCALENDAR", "VAVAILABILITY", TRUE },
    { "VEVENT", "VALARM", TRUE },           { "VTODO", "VALARM", TRUE },
    { "VTIMEZONE", "STANDARD", FALSE },     { "VTIMEZONE", "DAYLIGHT", FALSE },
    { "VAVAILABILITY", "AVAILABLE", TRUE },
};

/* Components of extensions may be anywhere, and have no times. */
static gboolean
may_nest(const char *outer, const TwDavElement *filter)
{
    const char *inner = attribute(filter, "name");
    gboolean timed = tw_dav_element_child(filter, filter->ns, "time-range") != NULL;

    if (outer == NULL)
        return !timed;
    for (guint i = 0; i < G_N_ELEMENTS(nested); i++) {
        if (strcmp(nested[i].outer, outer) == 0 && strcmp(nested[i].inner, inner) == 0)
            return nested[i].timed || !timed;
    }
    return !timed && g_str_has_prefix(inner, "X-");
}

static TwDavFilterState
/* NOLINTNEXTLINE(misc-no-recursion): depth */
check(const TwDavElement *element, const char *component)
{
    for (const TwDavElement *child = element->children; child != NULL; child = child->next) {
        gboolean comp = strcmp(child->name, "comp-filter") == 0;
        TwDavFilterState state;
        gint64 start = 0, end = 0;
        if (strcmp(child->name, "text-match") == 0 &&
            !is_known_collation(attribute(child, "collation")))
            return TW_DAV_FILTER_COLLATION;
        if ((strcmp(child->name, "time-range") == 0 && !tw_dav_range_read(child, &start, &end)) ||
            (g_str_has_suffix(child->name, "-filter") && attribute(child, "name") == NULL) ||
            (comp && !may_nest(component, child)))
            return TW_DAV_FILTER_INVALID;
        state = check(child, comp ? attribute(child, "name") : component);
        if (state != TW_DAV_FILTER_GOOD)
            return state;
    }
    return TW_DAV_FILTER_GOOD;
}

TwDavFilterState
tw_dav_filter_check(const TwDavElement *filter, const char *ns)
{
    const TwDavElement *calendar;

    if (filter == NULL)
        return TW_DAV_FILTER_INVALID;
    calendar = tw_dav_element_child(filter, ns, "comp-filter");
    if (strcmp(ns, TW_DAV_NS_CALDAV) == 0 &&
        (calendar == NULL || g_strcmp0(attribute(calendar, "name"), "VCALENDAR") != 0))
        return TW_DAV_FILTER_INVALID;
    return check(filter, NULL);
}

/* ---- lines ---- */

static gboolean
param_matches(const TwDavElement *filter, const TwContentLine *line)
{
    const char *name = attribute(filter, "name");
    const TwDavElement *match = tw_dav_element_child(filter, filter->ns, "text-match");
    gboolean absent = tw_dav_element_child(filter, filter->ns, "is-not-defined") != NULL;

    for (guint i = 0; i < line->param_count; i++) {
        const TwContentParam *param = &line->params[i];
        if (g_ascii_strcasecmp(param->name, name) != 0)
            continue;
        if (absent)
            return FALSE;
        for (guint k = 0; k < param->count; k++) {
            if (match == NULL || tw_dav_text_matches(match, param->values[k]))
                return TRUE;
        }
        if (match == NULL)
            return TRUE;
    }
    return absent;
}

static gboolean
in_range(const TwDavElement *range, const TwContentLine *line)
{
    gint64 start = 0, end = 0;
    TwIcalTime time;

    return tw_dav_range_read(range, &start, &end) &&
           tw_ical_time_parse(line->value, line->value_len, &time) && time.ticks >= start &&
           time.ticks < end;
}

/* What a prop-filter asks of one line: all of it, or with @any one thing of it. */
static gboolean
line_matches(const TwDavElement *filter, const TwContentLine *line, gboolean any)
{
    g_autofree char *text = tw_lines_unescape(line->value, line->value_len);
    gboolean asked = FALSE;

    for (const TwDavElement *child = filter->children; child != NULL; child = child->next) {
        gboolean found;
        if (strcmp(child->name, "text-match") == 0)
            found = tw_dav_text_matches(child, text);
        else if (strcmp(child->name, "param-filter") == 0)
            found = param_matches(child, line);
        else if (strcmp(child->name, "time-range") == 0)
            found = in_range(child, line);
        else
            continue;
        asked = TRUE;
        if (found == any)
            return any;
    }
    return !(asked && any);
}

/* "item1.TEL" is of that group alone. */
static gboolean
is_line(const TwContentLine *line, const char *name)
{
    const char *dot = strchr(name, '.');

    if (dot == NULL)
        return g_ascii_strcasecmp(line->name, name) == 0;
    return g_ascii_strcasecmp(line->name, dot + 1) == 0 && line->group != NULL &&
           strlen(line->group) == (gsize) (dot - name) &&
           g_ascii_strncasecmp(line->group, name, (gsize) (dot - name)) == 0;
}

static gboolean
prop_matches(const TwDavElement *filter, const TwContentNode *node)
{
    const char *name = attribute(filter, "name");
    gboolean absent = tw_dav_element_child(filter, filter->ns, "is-not-defined") != NULL;
    /* RFC 6352 has "anyof" by default, RFC 4791 knows no choice */
    gboolean any = strcmp(filter->ns, TW_DAV_NS_CARDDAV) == 0 &&
                   g_strcmp0(attribute(filter, "test"), "allof") != 0;

    for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
        if (!is_line(line, name))
            continue;
        if (absent)
            return FALSE;
        if (line_matches(filter, line, any))
            return TRUE;
    }
    return absent;
}

/* ---- calendars ---- */

static gboolean node_matches(const TwDavElement *filter,
                             const TwContentNode *node,
                             const TwDavEntry *entry);

/* Of alarms alone: when the others are was looked at before. */
static gboolean
alarm_in_range(const TwDavElement *filter,
               const TwContentNode *node,
               const TwContentNode *alarm,
               const TwDavEntry *entry)
{
    const TwDavElement *range = tw_dav_element_child(filter, filter->ns, "time-range");
    gint64 start = 0, end = 0;

    return range == NULL || entry == NULL || strcmp(alarm->name, "VALARM") != 0 ||
           (tw_dav_range_read(range, &start, &end) &&
            tw_dav_alarm_touches(&entry->times, node, alarm, start, end));
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
comp_matches(const TwDavElement *filter, const TwContentNode *node, const TwDavEntry *entry)
{
    const char *name = attribute(filter, "name");
    gboolean absent = tw_dav_element_child(filter, filter->ns, "is-not-defined") != NULL;

    for (const TwContentNode *sub = node->children; sub != NULL; sub = sub->next) {
        if (strcmp(sub->name, name) != 0)
            continue;
        if (absent)
            return FALSE;
        if (alarm_in_range(filter, node, sub, entry) && node_matches(filter, sub, entry))
            return TRUE;
    }
    return absent;
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
node_matches(const TwDavElement *filter, const TwContentNode *node, const TwDavEntry *entry)
{
    for (const TwDavElement *child = filter->children; child != NULL; child = child->next) {
        if ((strcmp(child->name, "prop-filter") == 0 && !prop_matches(child, node)) ||
            (strcmp(child->name, "comp-filter") == 0 && !comp_matches(child, node, entry)))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_dav_filter_calendar(const TwDavElement *filter,
                       const TwContentNode *calendar,
                       const TwDavEntry *entry)
{
    return node_matches(filter, calendar, entry);
}

/* ---- cards ---- */

gboolean
tw_dav_filter_card(const TwDavElement *filter, const TwContentNode *card)
{
    gboolean all = g_strcmp0(attribute(filter, "test"), "allof") == 0, asked = FALSE;

    for (const TwDavElement *child = filter->children; child != NULL; child = child->next) {
        if (strcmp(child->name, "prop-filter") != 0)
            continue;
        asked = TRUE;
        if (prop_matches(child, card) != all)
            return !all;
    }
    return all || !asked;
}

/* ---- ranges ---- */

gboolean
tw_dav_range_read(const TwDavElement *range, gint64 *ret_start, gint64 *ret_end)
{
    const char *names[] = { "start", "end" };
    gint64 *to[] = { ret_start, ret_end };

    *ret_start = TW_TICKS_MIN;
    *ret_end = TW_TICKS_MAX;
    for (guint i = 0; i < 2; i++) {
        const char *text = attribute(range, names[i]);
        TwIcalTime time;
        if (text == NULL)
            continue;
        if (!tw_ical_time_parse(text, strlen(text), &time) || time.kind != TW_ICAL_UTC)
            return FALSE;
        *to[i] = time.ticks;
    }
    return *ret_start < *ret_end;
}
