/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether an item touches a span of time: RFC 4791, 9.9. */
#include "dav/dav-private.h"

#include "mapi/message-class.h"
#include "mapi/recurrence.h"

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

static GBytes *
get_bytes(TwDavCall *call, const TwObject *object, TwKnownName which)
{
    guint32 tag = tw_dav_named_tag(call, which);
    TwPropValue value;

    return tag != 0 && tw_object_get(object, tag, &value) ? g_bytes_new(value.data, value.len)
                                                          : NULL;
}

static guint32
get_long(TwDavCall *call, const TwObject *object, TwKnownName which, guint32 fallback)
{
    guint32 tag = tw_dav_named_tag(call, which);

    return tag != 0 ? tw_object_get_long(object, tag, fallback) : fallback;
}

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

/* A rule that only the text has goes on for all the door can tell. */
static gboolean
has_rule_in_text(TwDavCall *call, const TwObject *object)
{
    g_autoptr(GBytes) kept = get_bytes(call, object, TW_PidLidInboundICalStream);
    gsize len;
    const char *text = kept != NULL ? g_bytes_get_data(kept, &len) : NULL;

    return text != NULL && (g_strstr_len(text, (gssize) len, "\nRRULE") != NULL ||
                            g_strstr_len(text, (gssize) len, "\nRDATE") != NULL);
}

static gboolean
series_touches(TwDavCall *call,
               const TwObject *object,
               TwRecurrence *series,
               gint64 start,
               gint64 end,
               GArray *busy)
{
    g_autoptr(GBytes) recur = get_bytes(call, object, TW_PidLidAppointmentTimeZoneDefinitionRecur);
    g_autoptr(GBytes) structure = get_bytes(call, object, TW_PidLidTimeZoneStruct);
    g_autoptr(TwTimeZone) zone = tw_timezone_for_series(recur, structure, NULL, call->dav->zone);
    g_autoptr(GArray) list =
        tw_recurrence_expand(series, zone, start, end, TW_DAV_MAX_INSTANCES, NULL);
    guint32 kind = get_long(call, object, TW_PidLidBusyStatus, 2);

    if (list == NULL)
        return TRUE;
    for (guint i = 0; i < list->len; i++) {
        const TwRecurrenceInstance *one = &g_array_index(list, TwRecurrenceInstance, i);
        const TwRecurrenceException *exception =
            one->exception >= 0
                ? &g_array_index(series->exceptions, TwRecurrenceException, one->exception)
                : NULL;
        note_busy(busy, one->start, one->end, start, end,
                  exception != NULL && exception->flags & TW_RECURRENCE_BUSY ? exception->busy
                                                                             : kind);
    }
    return list->len > 0;
}

static gboolean
task_touches(TwDavCall *call, const TwObject *object, gint64 start, gint64 end)
{
    gint64 from = 0, to = 0, done = 0;
    gboolean has_from = get_time(call, object, TW_PidLidCommonStart, &from);
    gboolean has_to = get_time(call, object, TW_PidLidCommonEnd, &to);

    if (get_long(call, object, TW_PidLidTaskFRecurring, 0) != 0)
        return TRUE;
    if (has_from && has_to)
        return from < end && (to > start || (from == to && from >= start));
    if (has_from)
        return from >= start && from < end;
    if (has_to)
        return to > start && to <= end;
    return !get_time(call, object, TW_PidLidTaskDateCompleted, &done) ||
           (done >= start && done <= end);
}

gboolean
tw_dav_touches(TwDavCall *call, const TwObject *object, gint64 start, gint64 end, GArray *busy)
{
    g_autoptr(GBytes) blob = NULL;
    g_autoptr(TwRecurrence) series = NULL;
    gint64 from = 0, to = 0;

    if (tw_message_class_is(tw_object_get_text(object, PR_MESSAGE_CLASS, ""), "IPM.Task"))
        return task_touches(call, object, start, end);
    blob = get_bytes(call, object, TW_PidLidAppointmentRecur);
    if (blob != NULL)
        series = tw_recurrence_parse(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), NULL);
    if (series != NULL)
        return series_touches(call, object, series, start, end, busy);
    if (!get_time(call, object, TW_PidLidAppointmentStartWhole, &from) &&
        !get_time(call, object, TW_PidLidCommonStart, &from))
        return TRUE;
    if (!get_time(call, object, TW_PidLidAppointmentEndWhole, &to))
        to = from;
    note_busy(busy, from, to, start, end, get_long(call, object, TW_PidLidBusyStatus, 2));
    return overlaps(from, to, start, end) || (from < end && has_rule_in_text(call, object));
}
