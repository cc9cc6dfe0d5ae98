/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Parts of items: "calendar-data" with components, properties, "expand" and "limit-recurrence-set" (RFC 4791, 9.6),
 * "address-data" with properties (RFC 6352, 10.4).
 */
#include "dav/dav-private.h"

#include <string.h>

#include "convert/ical-value.h"
#include "dav/filter.h"

/* ---- choosing ---- */

/* @element: (nullable) */
static const TwDavElement *
named_child(const TwDavElement *element, const char *kind, const char *name)
{
    const TwDavElement *first = element != NULL ? element->children : NULL;

    for (const TwDavElement *child = first; child != NULL; child = child->next) {
        const char *asked = g_hash_table_lookup(child->attributes, "name");
        if (strcmp(child->name, kind) == 0 && asked != NULL && g_ascii_strcasecmp(asked, name) == 0)
            return child;
    }
    return NULL;
}

static void
put_line(TwBuffer *out, const TwContentLine *line, const TwDavElement *asked)
{
    const char *novalue = asked != NULL ? g_hash_table_lookup(asked->attributes, "novalue") : NULL;

    if (g_strcmp0(novalue, "yes") == 0)
        tw_lines_write_line(out, line->raw, line->raw_len - line->value_len);
    else
        tw_lines_write_line(out, line->raw, line->raw_len);
}

static void
put_mark(TwBuffer *out, const char *mark, const char *name)
{
    g_autofree char *line = g_strconcat(mark, name, NULL);

    tw_lines_write_line(out, line, strlen(line));
}

/* @asked: (nullable): a "comp"; NULL: all of it. */
static void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
put_component(TwBuffer *out, const TwContentNode *node, const TwDavElement *asked)
{
    gboolean all_lines = asked == NULL || tw_dav_element_child(asked, asked->ns, "allprop") != NULL;
    gboolean all_nodes = asked == NULL || tw_dav_element_child(asked, asked->ns, "allcomp") != NULL;

    put_mark(out, "BEGIN:", node->name);
    for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
        const TwDavElement *prop = all_lines ? NULL : named_child(asked, "prop", line->name);
        if (all_lines || prop != NULL)
            put_line(out, line, prop);
    }
    for (const TwContentNode *sub = node->children; sub != NULL; sub = sub->next) {
        const TwDavElement *comp = all_nodes ? NULL : named_child(asked, "comp", sub->name);
        if (all_nodes || comp != NULL)
            put_component(out, sub, comp);
    }
    put_mark(out, "END:", node->name);
}

/* ---- instances ---- */

/* A time of an instance: in UTC, or its day where the series is of days. */
static void
put_time(TwBuffer *out, const char *name, gint64 utc, gint64 local, gboolean days)
{
    TwIcalTime time = { .kind = days ? TW_ICAL_DATE : TW_ICAL_UTC, .ticks = days ? local : utc };
    char text[TW_ICAL_TIME_SIZE];
    g_autofree char *line = NULL;

    tw_ical_time_print(time, text);
    line = g_strconcat(name, days ? ";VALUE=DATE:" : ":", text, NULL);
    tw_lines_write_line(out, line, strlen(line));
}

/* Where the slot of an instance was before somebody moved it. */
static gint64
original_of(const TwDavTimes *times, const TwRecurrenceInstance *one, gint64 *ret_local)
{
    *ret_local = ((gint64) one->day * 1440 + times->series->start_offset) * TW_TICKS_MINUTE;
    return times->zone != NULL ? tw_timezone_to_utc(times->zone, *ret_local) : *ret_local;
}

static gboolean
is_instance_line(const TwContentLine *line)
{
    static const char *const names[] = { "DTSTART", "DTEND",  "DURATION",      "RRULE", "RDATE",
                                         "EXRULE",  "EXDATE", "RECURRENCE-ID", NULL };

    return g_strv_contains(names, line->name);
}

/* The component of an instance: that of its exception, else the series itself. */
static const TwContentNode *
node_of(const TwContentNode *calendar, gint64 original, const TwTimeZone *zone)
{
    const TwContentNode *master = NULL;

    for (const TwContentNode *node = calendar->children; node != NULL; node = node->next) {
        const TwContentLine *id = tw_lines_find(node, "RECURRENCE-ID");
        TwIcalTime time;
        if (strcmp(node->name, "VEVENT") != 0)
            continue;
        if (id == NULL) {
            master = master != NULL ? master : node;
        } else if (tw_ical_time_parse(id->value, id->value_len, &time)) {
            gint64 ticks = time.kind == TW_ICAL_UTC || zone == NULL
                               ? time.ticks
                               : tw_timezone_to_utc(zone, time.ticks);
            if (ticks == original)
                return node;
        }
    }
    return master;
}

static void
put_instance(TwBuffer *out,
             const TwContentNode *node,
             const TwDavTimes *times,
             const TwRecurrenceInstance *one)
{
    const TwContentLine *start = tw_lines_find(node, "DTSTART");
    gboolean days = start != NULL && start->value_len == strlen("20260101");
    gint64 local = 0, original = original_of(times, one, &local);

    put_mark(out, "BEGIN:", node->name);
    for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
        if (!is_instance_line(line))
            tw_lines_write_line(out, line->raw, line->raw_len);
    }
    put_time(out, "DTSTART", one->start, one->local_start * TW_TICKS_MINUTE, days);
    put_time(out, "DTEND", one->end, one->local_end * TW_TICKS_MINUTE, days);
    put_time(out, "RECURRENCE-ID", original, local, days);
    for (const TwContentNode *sub = node->children; sub != NULL; sub = sub->next)
        put_component(out, sub, NULL);
    put_mark(out, "END:", node->name);
}

/* Each instance of the span by itself, in UTC, without zones. FALSE: the entry is no series that can be told so. */
static gboolean
put_instances(TwBuffer *out,
              const TwDavEntry *entry,
              const TwContentNode *calendar,
              const TwDavElement *expand)
{
    const TwDavTimes *times = &entry->times;
    g_autoptr(GArray) list = NULL;
    gint64 start = 0, end = 0;

    if (entry->kind != TW_DAV_EVENT || times->series == NULL ||
        !tw_dav_range_read(expand, &start, &end))
        return FALSE;
    list = tw_recurrence_expand(times->series, times->zone, start, end, TW_DAV_MAX_INSTANCES, NULL);
    if (list == NULL)
        return FALSE;
    put_mark(out, "BEGIN:", calendar->name);
    for (const TwContentLine *line = calendar->lines; line != NULL; line = line->next)
        tw_lines_write_line(out, line->raw, line->raw_len);
    for (guint i = 0; i < list->len; i++) {
        const TwRecurrenceInstance *one = &g_array_index(list, TwRecurrenceInstance, i);
        gint64 local = 0;
        const TwContentNode *node = node_of(calendar, original_of(times, one, &local), times->zone);
        if (node != NULL)
            put_instance(out, node, times, one);
    }
    put_mark(out, "END:", calendar->name);
    return TRUE;
}

/* ---- calendars ---- */

static GBytes *
finish(TwBuffer *out, GBytes *whole)
{
    return out->len > 0 ? g_bytes_new(out->data, out->len) : g_bytes_ref(whole);
}

GBytes *
tw_dav_trim_calendar(const TwDavEntry *entry, GBytes *text, const TwDavElement *data)
{
    const TwDavElement *comp = NULL, *expand = NULL;
    g_autoptr(TwContentTree) tree = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ICAL_OUT_MAX);
    const TwContentNode *calendar;

    if (data != NULL) {
        comp = tw_dav_element_child(data, TW_DAV_NS_CALDAV, "comp");
        expand = tw_dav_element_child(data, TW_DAV_NS_CALDAV, "expand");
    }
    if (comp == NULL && expand == NULL)
        return g_bytes_ref(text);
    tree = tw_lines_parse(g_bytes_get_data(text, NULL), g_bytes_get_size(text), NULL);
    calendar = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;
    if (calendar == NULL)
        return g_bytes_ref(text);
    if (expand != NULL && put_instances(&out, entry, calendar, expand))
        return finish(&out, text);
    if (comp != NULL)
        put_component(&out, calendar, comp);
    return finish(&out, text);
}

/* ---- cards ---- */

GBytes *
tw_dav_trim_card(GBytes *text, const TwDavElement *data)
{
    g_autoptr(TwContentTree) tree = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_VCARD_OUT_MAX);
    const TwContentNode *card;

    if (data == NULL || tw_dav_element_child(data, TW_DAV_NS_CARDDAV, "prop") == NULL)
        return g_bytes_ref(text);
    tree = tw_lines_parse(g_bytes_get_data(text, NULL), g_bytes_get_size(text), NULL);
    card = tree != NULL ? tw_lines_child(tree->root, "VCARD") : NULL;
    if (card == NULL)
        return g_bytes_ref(text);
    put_mark(&out, "BEGIN:", "VCARD");
    for (const TwContentLine *line = card->lines; line != NULL; line = line->next) {
        const TwDavElement *prop = named_child(data, "prop", line->name);
        if (prop != NULL || strcmp(line->name, "VERSION") == 0)
            put_line(&out, line, prop);
    }
    put_mark(&out, "END:", "VCARD");
    return finish(&out, text);
}
