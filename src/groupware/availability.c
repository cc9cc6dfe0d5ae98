/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/availability.h"

#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "convert/content-line.h"
#include "convert/ical-value.h"
#include "convert/ical-zone.h"
#include "groupware/calendar.h"

enum {
    LOWEST = 10, /* a priority of 0, or none, is below 9 */
};

typedef struct {
    const TwContentNode *calendar;
    const TwIcalOptions *options;
    gint64 start, end;
    GArray *paint; /* of TwIcalBusy: all of the window, one after the other; 0: free */
    guint parts;
} Painter;

/* ---- painting ---- */

static void
append(GArray *to, gint64 start, gint64 end, guint busy)
{
    TwIcalBusy span = { start, end, busy };
    TwIcalBusy *last = to->len > 0 ? &g_array_index(to, TwIcalBusy, to->len - 1) : NULL;

    if (start >= end)
        return;
    if (last != NULL && last->busy == busy && last->end == start)
        last->end = end;
    else
        g_array_append_val(to, span);
}

/* What was there goes. */
static void
paint(Painter *painter, gint64 start, gint64 end, guint busy)
{
    GArray *old = painter->paint;
    gint64 from = MAX(start, painter->start), to = MIN(end, painter->end);

    if (from >= to)
        return;
    painter->paint = g_array_sized_new(FALSE, FALSE, sizeof(TwIcalBusy), old->len + 2);
    for (guint i = 0; i < old->len; i++) {
        const TwIcalBusy *span = &g_array_index(old, TwIcalBusy, i);

        append(painter->paint, span->start, MIN(span->end, from), span->busy);
        if (span->start <= from && from < span->end)
            append(painter->paint, from, to, busy);
        append(painter->paint, MAX(span->start, to), span->end, span->busy);
    }
    g_array_unref(old);
}

/* ---- times ---- */

static const TwContentNode *
find_zone(const TwContentNode *calendar, const char *tzid)
{
    for (const TwContentNode *node = calendar->children; node != NULL; node = node->next) {
        const TwContentLine *id =
            strcmp(node->name, "VTIMEZONE") == 0 ? tw_lines_find(node, "TZID") : NULL;
        if (id != NULL && strcmp(id->value, tzid) == 0)
            return node;
    }
    return NULL;
}

static gboolean
read_moment(const Painter *painter, const TwContentLine *line, gint64 *ret)
{
    const char *tzid = line != NULL ? tw_lines_param(line, "TZID") : NULL;
    g_autoptr(TwTimeZone) zone = NULL;
    const TwTimeZone *clock = painter->options->zone;
    TwIcalTime time;

    if (line == NULL || !tw_ical_time_parse(line->value, line->value_len, &time))
        return FALSE;
    if (tzid != NULL) {
        zone = tw_ical_zone_find(tzid, find_zone(painter->calendar, tzid), painter->options);
        clock = zone != NULL ? zone : clock;
    }
    *ret = time.kind == TW_ICAL_UTC || clock == NULL ? time.ticks
                                                     : tw_timezone_to_utc(clock, time.ticks);
    return TRUE;
}

/* From when until when a VAVAILABILITY says something; without an end: for ever. */
static void
read_bounds(const Painter *painter, const TwContentNode *node, gint64 *ret_start, gint64 *ret_end)
{
    const TwContentLine *length = tw_lines_find(node, "DURATION");
    gint64 seconds = 0;

    *ret_start = TW_TICKS_MIN;
    *ret_end = TW_TICKS_MAX;
    if (!read_moment(painter, tw_lines_find(node, "DTSTART"), ret_start))
        *ret_start = TW_TICKS_MIN;
    else if (length != NULL && tw_ical_duration_parse(length->value, length->value_len, &seconds) &&
             seconds > 0 && seconds < (TW_TICKS_MAX - *ret_start) / TW_TICKS_SECOND)
        *ret_end = *ret_start + seconds * TW_TICKS_SECOND;
    if (!read_moment(painter, tw_lines_find(node, "DTEND"), &seconds))
        return;
    *ret_end = seconds;
}

static guint
busy_of(const TwContentNode *node)
{
    const TwContentLine *type = tw_lines_find(node, "BUSYTYPE");

    if (type != NULL && g_ascii_strcasecmp(type->value, "BUSY") == 0)
        return TW_BUSY_BUSY;
    if (type != NULL && g_ascii_strcasecmp(type->value, "BUSY-TENTATIVE") == 0)
        return TW_BUSY_TENTATIVE;
    return TW_BUSY_AWAY;
}

static guint
priority_of(const TwContentNode *node)
{
    const TwContentLine *line = tw_lines_find(node, "PRIORITY");
    guint32 number = 0;

    if (line == NULL || !tw_parse_u32(line->value, line->value_len, LOWEST - 1, &number))
        return LOWEST;
    return number == 0 ? LOWEST : number;
}

/* ---- hours that somebody has ---- */

/* An AVAILABLE has the times and rules of an event: as such the codec reads it. */
static void
put_as_event(TwBuffer *out, const TwContentNode *node)
{
    static const char *const names[] = { "UID",   "DTSTART", "DTEND",         "DURATION", "RRULE",
                                         "RDATE", "EXDATE",  "RECURRENCE-ID", NULL };

    tw_lines_write_line(out, "BEGIN:VEVENT", strlen("BEGIN:VEVENT"));
    for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
        if (g_strv_contains(names, line->name))
            tw_lines_write_line(out, line->raw, line->raw_len);
    }
    tw_lines_write_line(out, "END:VEVENT", strlen("END:VEVENT"));
}

static TwIcal *
read_hours(Painter *painter, const TwContentNode *node, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4 * TW_AVAILABILITY_MOST_LEN);

    tw_lines_write_line(&out, "BEGIN:VCALENDAR", strlen("BEGIN:VCALENDAR"));
    for (const TwContentNode *zone = painter->calendar->children; zone != NULL; zone = zone->next) {
        if (strcmp(zone->name, "VTIMEZONE") == 0)
            tw_lines_write(zone, &out);
    }
    for (const TwContentNode *sub = node->children; sub != NULL; sub = sub->next) {
        if (strcmp(sub->name, "AVAILABLE") != 0)
            continue;
        if (painter->parts++ >= TW_AVAILABILITY_MOST_PARTS) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "too many AVAILABLE");
            return NULL;
        }
        put_as_event(&out, sub);
    }
    tw_lines_write_line(&out, "END:VCALENDAR", strlen("END:VCALENDAR"));
    return tw_ical_read(out.data, out.len, painter->options, error);
}

static gboolean
paint_one(Painter *painter, const TwContentNode *node, GError **error)
{
    g_autoptr(TwIcal) ical = read_hours(painter, node, error);
    TwCalendarWindow window = { .start = painter->start, .end = painter->end };
    g_autoptr(GArray) entries = tw_calendar_entries_new();
    TwItemNames names;
    gint64 start, end;
    gboolean good = ical != NULL;

    read_bounds(painter, node, &start, &end);
    paint(painter, start, end, busy_of(node));
    tw_item_names_init(&names, painter->options->names, TRUE);
    for (guint i = 0; good && i < ical->items->len; i++) {
        const TwIcalItem *item = ical->items->pdata[i];
        good = tw_calendar_expand(&names, item->object, &window, entries, error);
    }
    if (good && entries->len + painter->paint->len > TW_AVAILABILITY_MOST_SPANS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "too many hours");
        good = FALSE;
    }
    for (guint i = 0; good && i < entries->len; i++) {
        const TwCalendarEntry *entry = &g_array_index(entries, TwCalendarEntry, i);
        paint(painter, MAX(entry->start, start), MIN(entry->end, end), TW_BUSY_FREE);
    }
    tw_item_names_clear(&names);
    return good;
}

/* ---- all of it ---- */

/* The lowest priority first: what comes later is painted over it. */
static gboolean
paint_all(Painter *painter, GError **error)
{
    gboolean any = FALSE;

    for (guint priority = LOWEST; priority > 0; priority--) {
        for (const TwContentNode *node = painter->calendar->children; node != NULL;
             node = node->next) {
            if (strcmp(node->name, "VAVAILABILITY") != 0 || priority_of(node) != priority)
                continue;
            any = TRUE;
            if (painter->parts++ >= TW_AVAILABILITY_MOST_PARTS ||
                !paint_one(painter, node, error)) {
                if (error != NULL && *error == NULL)
                    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX,
                                        "too many VAVAILABILITY");
                return FALSE;
            }
        }
    }
    if (!any)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "no VAVAILABILITY");
    return any;
}

static int
compare_spans(gconstpointer a, gconstpointer b)
{
    const TwIcalBusy *left = a, *right = b;

    return left->start < right->start ? -1 : left->start > right->start;
}

/* Appointments say more than hours: of those only what lies between is taken. */
static void
fill_gaps(const GArray *hours, GArray *spans)
{
    g_autoptr(GArray) more = g_array_new(FALSE, FALSE, sizeof(TwIcalBusy));
    guint next = 0;

    for (guint i = 0; i < hours->len; i++) {
        const TwIcalBusy *hour = &g_array_index(hours, TwIcalBusy, i);
        gint64 from = hour->start;

        if (hour->busy == TW_BUSY_FREE)
            continue;
        while (next < spans->len && g_array_index(spans, TwIcalBusy, next).end <= from)
            next++;
        for (guint k = next; k < spans->len && from < hour->end; k++) {
            const TwIcalBusy *span = &g_array_index(spans, TwIcalBusy, k);
            append(more, from, MIN(span->start, hour->end), hour->busy);
            from = MAX(from, span->end);
        }
        append(more, from, hour->end, hour->busy);
    }
    g_array_append_vals(spans, more->data, more->len);
    g_array_sort(spans, compare_spans);
}

gboolean
tw_availability_add(const char *text,
                    const TwIcalOptions *options,
                    gint64 start,
                    gint64 end,
                    GArray *spans,
                    GError **error)
{
    Painter painter = { .options = options, .start = start, .end = end };
    gsize len = strlen(text);
    g_autoptr(TwContentTree) tree = NULL;
    gboolean good;

    if (len > TW_AVAILABILITY_MOST_LEN) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too long an availability");
        return FALSE;
    }
    tree = tw_lines_parse((const guint8 *) text, len, error);
    if (tree == NULL)
        return FALSE;
    painter.calendar = tw_lines_child(tree->root, "VCALENDAR");
    if (painter.calendar == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "no calendar");
        return FALSE;
    }
    painter.paint = g_array_new(FALSE, FALSE, sizeof(TwIcalBusy));
    append(painter.paint, start, end, TW_BUSY_FREE);
    good = paint_all(&painter, error);
    if (good)
        fill_gaps(painter.paint, spans);
    g_array_unref(painter.paint);
    return good;
}
