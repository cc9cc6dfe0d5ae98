/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether an item touches a span of time: RFC 4791, 9.9. Told from what the index keeps; no message is read. */
#include "dav/dav-private.h"

#include <string.h>

#include "convert/item-props.h"
#include "mapi/message-class.h"

static gboolean
get_time(TwDavCall *call, const TwObject *object, TwKnownName which, gint64 *ret)
{
    guint32 tag = tw_dav_named_tag(call, which);
    TwPropValue value;

    if (tag == 0 || !tw_object_get(object, tag, &value))
        return FALSE;
    *ret = value.i8;
    return TRUE;
}

/* Also a value that lies in a blob. */
static GBytes *
get_bytes(TwDavCall *call, const TwObject *object, TwKnownName which)
{
    guint32 tag = tw_dav_named_tag(call, which);

    if (tag == 0 || !tw_value_source_len(object, tag, NULL))
        return NULL;
    return tw_value_source_load(call->ical.source, object, tag, TW_RECURRENCE_MAX_BLOB, NULL);
}

static guint32
get_long(TwDavCall *call, const TwObject *object, TwKnownName which, guint32 fallback)
{
    guint32 tag = tw_dav_named_tag(call, which);

    return tag != 0 ? tw_object_get_long(object, tag, fallback) : fallback;
}

/* ---- reading ---- */

static void
read_series(TwDavCall *call, const TwObject *object, TwDavTimes *times)
{
    g_autoptr(GBytes) blob = get_bytes(call, object, TW_PidLidAppointmentRecur);
    g_autoptr(GBytes) recur = NULL;
    g_autoptr(GBytes) structure = NULL;

    if (blob == NULL)
        return;
    times->series = tw_recurrence_parse(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), NULL);
    recur = get_bytes(call, object, TW_PidLidAppointmentTimeZoneDefinitionRecur);
    structure = get_bytes(call, object, TW_PidLidTimeZoneStruct);
    times->zone = tw_timezone_for_series(recur, structure, NULL, call->dav->zone);
}

/* A series of tasks has days alone; tw_dav_series_expand() knows when on them. */
static void
read_task_series(TwDavCall *call, const TwObject *object, TwDavTimes *times)
{
    guint32 recurs = tw_dav_named_tag(call, TW_PidLidTaskFRecurring);
    g_autoptr(GBytes) blob = NULL;

    if (recurs == 0 || !tw_item_get_bool(object, recurs) || (!times->has_start && !times->has_end))
        return;
    blob = get_bytes(call, object, TW_PidLidTaskRecurrence);
    if (blob != NULL)
        times->series =
            tw_recurrence_parse(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), NULL);
}

/* A rule that only the text has goes on for all the door can tell; those of time zones are no rules of the item. */
static gboolean
has_rule_in_text(TwDavCall *call, const TwObject *object)
{
    g_autoptr(GBytes) kept = get_bytes(call, object, TW_PidLidInboundICalStream);
    g_autoptr(TwContentTree) tree = NULL;
    const TwContentNode *calendar;

    if (kept == NULL ||
        g_strstr_len(g_bytes_get_data(kept, NULL), (gssize) g_bytes_get_size(kept), "\nR") == NULL)
        return FALSE;
    tree = tw_lines_parse(g_bytes_get_data(kept, NULL), g_bytes_get_size(kept), NULL);
    calendar = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;
    for (const TwContentNode *node = calendar != NULL ? calendar->children : NULL; node != NULL;
         node = node->next) {
        if (strcmp(node->name, "VTIMEZONE") != 0 &&
            (tw_lines_find(node, "RRULE") != NULL || tw_lines_find(node, "RDATE") != NULL))
            return TRUE;
    }
    return FALSE;
}

/* Dates of MAPI clients are days of no zone. */
static gboolean
floats(TwDavCall *call, const TwObject *object)
{
    g_autoptr(GBytes) kept = get_bytes(call, object, TW_PidLidInboundICalStream);
    guint32 all_day = tw_dav_named_tag(call, TW_PidLidAppointmentSubType);

    return kept != NULL ? tw_dav_text_floats(kept)
                        : all_day != 0 && tw_item_get_bool(object, all_day);
}

static void
read_spans(TwDavCall *call, const TwObject *object, TwDavTimes *times)
{
    g_autoptr(GBytes) kept = get_bytes(call, object, TW_PidLidInboundICalStream);
    g_autoptr(TwIcal) ical = kept != NULL ? tw_ical_read(g_bytes_get_data(kept, NULL),
                                                         g_bytes_get_size(kept), &call->ical, NULL)
                                          : NULL;

    if (ical != NULL && ical->busy != NULL)
        times->spans = g_array_ref(ical->busy);
}

void
tw_dav_times_read(TwDavCall *call, const TwObject *object, TwDavTimes *ret)
{
    gboolean task =
        tw_message_class_is(tw_object_get_text(object, PR_MESSAGE_CLASS, ""), "IPM.Task") ||
        tw_message_class_is(tw_object_get_text(object, PR_MESSAGE_CLASS, ""), TW_ICAL_TASK_MESSAGE);

    if (tw_message_class_is(tw_object_get_text(object, PR_MESSAGE_CLASS, ""), TW_DAV_BUSY_CLASS)) {
        read_spans(call, object, ret);
        return;
    }
    ret->busy = get_long(call, object, TW_PidLidBusyStatus, 2);
    ret->floats = floats(call, object);
    if (task) {
        ret->has_start = get_time(call, object, TW_PidLidCommonStart, &ret->start);
        ret->has_end = get_time(call, object, TW_PidLidCommonEnd, &ret->end);
        ret->has_done = get_time(call, object, TW_PidLidTaskDateCompleted, &ret->done);
        read_task_series(call, object, ret);
        ret->open = ret->series == NULL && has_rule_in_text(call, object);
        return;
    }
    read_series(call, object, ret);
    ret->has_start = get_time(call, object, TW_PidLidAppointmentStartWhole, &ret->start) ||
                     get_time(call, object, TW_PidLidCommonStart, &ret->start);
    ret->has_end = get_time(call, object, TW_PidLidAppointmentEndWhole, &ret->end);
    ret->open = ret->series == NULL && has_rule_in_text(call, object);
}

void
tw_dav_times_clear(TwDavTimes *times)
{
    g_clear_pointer(&times->spans, g_array_unref);
    tw_recurrence_free(times->series);
    tw_timezone_unref(times->zone);
}

/* ---- asking ---- */

static gboolean
overlaps(gint64 from, gint64 to, gint64 start, gint64 end)
{
    return from == to ? from >= start && from < end : from < end && to > start;
}

static void
note_busy(GArray *busy, gint64 from, gint64 to, gint64 start, gint64 end, guint32 kind)
{
    TwIcalBusy span = { MAX(from, start), MIN(to, end), kind };

    if (busy != NULL && kind != 0 && kind != 4 && span.start < span.end &&
        busy->len < TW_ICAL_MAX_BUSY)
        g_array_append_val(busy, span);
}

/* Of tasks: each begins as far from its day as the first one, whose clock the item has. */
static GArray *
expand_tasks(const TwDavTimes *times, gint64 from, gint64 to)
{
    gint64 length = times->has_start && times->has_end ? MAX(times->end - times->start, 0) : 0;
    gint64 shift = (times->has_start ? times->start : times->end) -
                   times->series->pattern.start_date * TW_TICKS_MINUTE;
    gint64 first = MAX(from - shift - length - TW_TICKS_DAY, 0);
    GArray *list =
        tw_recurrence_expand(times->series, NULL, first, MAX(to - shift + TW_TICKS_DAY, first),
                             TW_DAV_MAX_INSTANCES, NULL);

    for (guint i = 0; list != NULL && i < list->len; i++) {
        TwRecurrenceInstance *one = &g_array_index(list, TwRecurrenceInstance, i);
        one->start += shift;
        one->end = one->start + length;
    }
    return list;
}

GArray *
tw_dav_series_expand(const TwDavTimes *times, gint64 from, gint64 to)
{
    return times->series->has_times ? tw_recurrence_expand(times->series, times->zone, from, to,
                                                           TW_DAV_MAX_INSTANCES, NULL)
                                    : expand_tasks(times, from, to);
}

static gboolean
series_touches(const TwDavTimes *times, gint64 start, gint64 end, GArray *busy)
{
    g_autoptr(GArray) list = tw_dav_series_expand(times, start, end);

    if (list == NULL)
        return TRUE;
    for (guint i = 0; i < list->len; i++) {
        const TwRecurrenceInstance *one = &g_array_index(list, TwRecurrenceInstance, i);
        const TwRecurrenceException *exception =
            one->exception >= 0
                ? &g_array_index(times->series->exceptions, TwRecurrenceException, one->exception)
                : NULL;
        note_busy(busy, one->start, one->end, start, end,
                  exception != NULL && exception->flags & TW_RECURRENCE_BUSY ? exception->busy
                                                                             : times->busy);
    }
    return list->len > 0;
}

static gboolean
task_touches(const TwDavTimes *times, gint64 start, gint64 end)
{
    if (times->has_start && times->has_end)
        return times->start < end &&
               (times->end > start || (times->start == times->end && times->start >= start));
    if (times->has_start)
        return times->start >= start && times->start < end;
    if (times->has_end)
        return times->end > start && times->end <= end;
    return !times->has_done || (times->done >= start && times->done <= end);
}

static gboolean
task_series_touches(const TwDavTimes *times, gint64 start, gint64 end)
{
    g_autoptr(GArray) list = tw_dav_series_expand(times, start, end);

    for (guint i = 0; list != NULL && i < list->len; i++) {
        const TwRecurrenceInstance *instance = &g_array_index(list, TwRecurrenceInstance, i);
        TwDavTimes one = { .has_start = times->has_start,
                           .has_end = times->has_end,
                           .start = instance->start,
                           .end = instance->end };
        if (task_touches(&one, start, end))
            return TRUE;
    }
    return list == NULL;
}

static gboolean
any_task_touches(const TwDavTimes *times, gint64 start, gint64 end)
{
    if (times->series != NULL)
        return task_series_touches(times, start, end);
    if (times->open && (times->has_start || times->has_end))
        return (times->has_start ? times->start : times->end) < end;
    return task_touches(times, start, end);
}

static gboolean
spans_touch(const TwDavTimes *times, gint64 start, gint64 end, GArray *busy)
{
    gboolean found = FALSE;

    for (guint i = 0; times->spans != NULL && i < times->spans->len; i++) {
        const TwIcalBusy *span = &g_array_index(times->spans, TwIcalBusy, i);
        note_busy(busy, span->start, span->end, start, end, span->busy);
        found |= overlaps(span->start, span->end, start, end);
    }
    return found;
}

gboolean
tw_dav_entry_touches(const TwDavEntry *entry, gint64 start, gint64 end, GArray *busy)
{
    const TwDavTimes *times = &entry->times;
    gint64 to = times->has_end ? times->end : times->start;

    switch (entry->kind) {
    case TW_DAV_TODO:
        return any_task_touches(times, start, end);
    case TW_DAV_JOURNAL:
        return times->has_start && times->start >= start && times->start < end;
    case TW_DAV_BUSY:
        return spans_touch(times, start, end, busy);
    case TW_DAV_CARD:
        return FALSE;
    case TW_DAV_EVENT:
        break;
    }
    if (times->series != NULL)
        return series_touches(times, start, end, busy);
    if (!times->has_start)
        return TRUE;
    note_busy(busy, times->start, to, start, end, times->busy);
    return overlaps(times->start, to, start, end) || (times->start < end && times->open);
}
