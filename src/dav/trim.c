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

typedef struct Limit Limit;
typedef gboolean (*NodeFunc)(const Limit *limit, const TwContentNode *node);

/* @asked: (nullable): a "comp"; NULL: all of it. @fits: (nullable): which of the components in it are written */
static void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
put_component_if(TwBuffer *out,
                 const TwContentNode *node,
                 const TwDavElement *asked,
                 NodeFunc fits,
                 const Limit *limit)
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
        if ((all_nodes || comp != NULL) && (fits == NULL || fits(limit, sub)))
            put_component_if(out, sub, comp, NULL, NULL);
    }
    put_mark(out, "END:", node->name);
}

static void
put_component(TwBuffer *out, const TwContentNode *node, const TwDavElement *asked)
{
    put_component_if(out, node, asked, NULL, NULL);
}

/* ---- instances ---- */

/* A time of an instance: in UTC; its day where the series is of days, its clock where that hangs nowhere. */
static void
put_time(TwBuffer *out, const char *name, gint64 utc, gint64 local, TwIcalTimeKind kind)
{
    TwIcalTime time = { .kind = kind, .ticks = kind == TW_ICAL_UTC ? utc : local };
    char text[TW_ICAL_TIME_SIZE];
    g_autofree char *line = NULL;

    tw_ical_time_print(time, text);
    line = g_strconcat(name, kind == TW_ICAL_DATE ? ";VALUE=DATE:" : ":", text, NULL);
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

/* Which instance a component is about, as a time in UTC; FALSE: it is the series, or what cannot be read. */
static gboolean
slot_of(const TwContentNode *node, const TwTimeZone *zone, gint64 *ret)
{
    const TwContentLine *id = tw_lines_find(node, "RECURRENCE-ID");
    TwIcalTime time;

    if (id == NULL || !tw_ical_time_parse(id->value, id->value_len, &time))
        return FALSE;
    *ret = time.kind == TW_ICAL_UTC || zone == NULL ? time.ticks
                                                    : tw_timezone_to_utc(zone, time.ticks);
    return TRUE;
}

/* The component of an instance: that of its exception, else the series itself. */
static const TwContentNode *
node_of(const TwContentNode *calendar, gint64 original, const TwTimeZone *zone)
{
    const TwContentNode *master = NULL;
    gint64 slot = 0;

    for (const TwContentNode *node = calendar->children; node != NULL; node = node->next) {
        if (strcmp(node->name, "VEVENT") != 0)
            continue;
        if (tw_lines_find(node, "RECURRENCE-ID") == NULL)
            master = master != NULL ? master : node;
        else if (slot_of(node, zone, &slot) && slot == original)
            return node;
    }
    return master;
}

/* How the instances of a component are told (RFC 4791, 9.6.5): what hangs in no zone is told as it is. */
static TwIcalTimeKind
kind_of(const TwContentNode *node)
{
    const TwContentLine *start = tw_lines_find(node, "DTSTART");
    TwIcalTime time;

    if (start == NULL || !tw_ical_time_parse(start->value, start->value_len, &time) ||
        (time.kind == TW_ICAL_FLOATING && tw_lines_param(start, "TZID") != NULL))
        return TW_ICAL_UTC;
    return time.kind;
}

static void
put_instance(TwBuffer *out,
             const TwContentNode *node,
             const TwDavTimes *times,
             const TwRecurrenceInstance *one)
{
    TwIcalTimeKind kind = kind_of(node);
    gint64 local = 0, original = original_of(times, one, &local);

    put_mark(out, "BEGIN:", node->name);
    for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
        if (!is_instance_line(line))
            tw_lines_write_line(out, line->raw, line->raw_len);
    }
    put_time(out, "DTSTART", one->start, one->local_start * TW_TICKS_MINUTE, kind);
    put_time(out, "DTEND", one->end, one->local_end * TW_TICKS_MINUTE, kind);
    put_time(out, "RECURRENCE-ID", original, local, kind);
    for (const TwContentNode *sub = node->children; sub != NULL; sub = sub->next)
        put_component(out, sub, NULL);
    put_mark(out, "END:", node->name);
}

/* Each instance of the span by itself, in UTC, without zones. FALSE: the entry is no series that can be told so. */
static void
put_head(TwBuffer *out, const TwContentNode *calendar)
{
    put_mark(out, "BEGIN:", calendar->name);
    for (const TwContentLine *line = calendar->lines; line != NULL; line = line->next)
        tw_lines_write_line(out, line->raw, line->raw_len);
}

/* One whose clock hangs in no zone, or is a day, keeps its times. */
static gboolean
hangs_in_zone(const TwContentNode *node)
{
    const TwContentLine *start = node != NULL ? tw_lines_find(node, "DTSTART") : NULL;

    return start != NULL && tw_lines_param(start, "TZID") != NULL;
}

/* An event that comes once: in UTC, without its zone. */
static gboolean
put_single(TwBuffer *out, const TwDavTimes *times, const TwContentNode *calendar)
{
    const TwContentNode *event = tw_lines_child(calendar, "VEVENT");

    if (times->open || !times->has_start || !times->has_end || !hangs_in_zone(event))
        return FALSE;
    put_head(out, calendar);
    put_mark(out, "BEGIN:", event->name);
    for (const TwContentLine *line = event->lines; line != NULL; line = line->next) {
        if (!is_instance_line(line))
            tw_lines_write_line(out, line->raw, line->raw_len);
    }
    put_time(out, "DTSTART", times->start, 0, TW_ICAL_UTC);
    put_time(out, "DTEND", times->end, 0, TW_ICAL_UTC);
    for (const TwContentNode *sub = event->children; sub != NULL; sub = sub->next)
        put_component(out, sub, NULL);
    put_mark(out, "END:", event->name);
    put_mark(out, "END:", calendar->name);
    return TRUE;
}

static gboolean
put_instances(TwBuffer *out,
              const TwDavEntry *entry,
              const TwContentNode *calendar,
              const TwDavElement *expand)
{
    const TwDavTimes *times = &entry->times;
    g_autoptr(GArray) list = NULL;
    gint64 start = 0, end = 0;

    if (entry->kind != TW_DAV_EVENT || !tw_dav_range_read(expand, &start, &end))
        return FALSE;
    if (times->series == NULL)
        return put_single(out, times, calendar);
    list = tw_recurrence_expand(times->series, times->zone, start, end, TW_DAV_MAX_INSTANCES, NULL);
    if (list == NULL)
        return FALSE;
    put_head(out, calendar);
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

/* ---- limits ---- */

struct Limit {
    const TwDavTimes *times;
    GArray *instances; /* of the series in the range */
    gint64 start, end;
};

/* RFC 4791, 9.6.6: an instance that was changed and is in the range, or would be if nobody had moved it. */
static gboolean
is_in_limit(const Limit *limit, const TwContentNode *node)
{
    const TwDavTimes *times = limit->times;
    gint64 length =
        ((gint64) times->series->end_offset - times->series->start_offset) * TW_TICKS_MINUTE;
    gint64 slot = 0, local = 0;

    if (!slot_of(node, times->zone, &slot))
        return TRUE;
    if (slot < limit->end && slot + MAX(length, 1) > limit->start)
        return TRUE;
    for (guint i = 0; i < limit->instances->len; i++) {
        const TwRecurrenceInstance *one = &g_array_index(limit->instances, TwRecurrenceInstance, i);
        if (one->exception >= 0 && original_of(times, one, &local) == slot)
            return TRUE;
    }
    return FALSE;
}

/* @comp: (nullable): as for put_component() */
static gboolean
put_limited(TwBuffer *out,
            const TwDavEntry *entry,
            const TwContentNode *calendar,
            const TwDavElement *range,
            const TwDavElement *comp)
{
    Limit limit = { .times = &entry->times };
    g_autoptr(GArray) list = NULL;

    if (entry->kind != TW_DAV_EVENT || entry->times.series == NULL ||
        !tw_dav_range_read(range, &limit.start, &limit.end))
        return FALSE;
    list = tw_recurrence_expand(entry->times.series, entry->times.zone, limit.start, limit.end,
                                TW_DAV_MAX_INSTANCES, NULL);
    if (list == NULL)
        return FALSE;
    limit.instances = list;
    put_component_if(out, calendar, comp, is_in_limit, &limit);
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
    const TwDavElement *comp = NULL, *expand = NULL, *limit = NULL;
    g_autoptr(TwContentTree) tree = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ICAL_OUT_MAX);
    const TwContentNode *calendar;

    if (data != NULL) {
        comp = tw_dav_element_child(data, TW_DAV_NS_CALDAV, "comp");
        expand = tw_dav_element_child(data, TW_DAV_NS_CALDAV, "expand");
        limit = tw_dav_element_child(data, TW_DAV_NS_CALDAV, "limit-recurrence-set");
    }
    if (comp == NULL && expand == NULL && limit == NULL)
        return g_bytes_ref(text);
    tree = tw_lines_parse(g_bytes_get_data(text, NULL), g_bytes_get_size(text), NULL);
    calendar = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;
    if (calendar == NULL)
        return g_bytes_ref(text);
    if (expand != NULL && put_instances(&out, entry, calendar, expand))
        return finish(&out, text);
    if (limit != NULL && put_limited(&out, entry, calendar, limit, comp))
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
