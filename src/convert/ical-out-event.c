/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Appointments, series and meeting messages as VEVENT. */
#include <string.h>

#include "base/error.h"
#include "convert/ical-out-private.h"
#include "convert/ical-rule.h"
#include "mapi/civil.h"
#include "mapi/global-id.h"
#include "mapi/message-class.h"
#include "mapi/tags.h"

enum {
    STATE_CANCELLED = 4,
    BY_EMBEDDED = 5, /* PR_ATTACH_METHOD */
};

typedef struct {
    TwIcalWriter *writer;
    const TwObject *object;
    TwTimeZone *zone; /* (nullable): of the series, or of the start */
    gboolean all_day;
    TwRecurrence *series; /* (nullable) */
    TwIcalPlace calendar;
    GArray *made;
} Event;

static guint32
tag(Event *event, TwKnownName which)
{
    return tw_item_tag(&event->writer->names, which);
}

static gint64
slot_utc(const Event *event, gint64 local_minutes)
{
    return tw_timezone_to_utc(event->zone, local_minutes * TW_TICKS_MINUTE);
}

/* ---- the rule ---- */

/* The start of the last slot, as UNTIL wants it. */
static TwIcalTime
until_of(const Event *event)
{
    gint64 midnight = event->series->pattern.end_date;
    TwIcalTime until = { TW_ICAL_DATE, midnight * TW_TICKS_MINUTE };

    if (!event->all_day) {
        until.kind = TW_ICAL_UTC;
        until.ticks = slot_utc(event, midnight + event->series->start_offset);
    }
    return until;
}

static gboolean
is_exception_day(const TwRecurrence *series, guint32 day)
{
    for (guint i = 0; i < series->exceptions->len; i++) {
        if (g_array_index(series->exceptions, TwRecurrenceException, i).original /
                TW_CIVIL_DAY_MINUTES ==
            day)
            return TRUE;
    }
    return FALSE;
}

static void
put_local(Event *event, const TwIcalPlace *place, const char *name, gint64 local_minutes)
{
    tw_ical_put_moment(event->writer, place, name, slot_utc(event, local_minutes), event->zone,
                       event->all_day);
}

/* Months of a calendar that RRULE does not know: the dates themselves. */
static void
put_dates(Event *event, const TwIcalPlace *place)
{
    g_autoptr(TwRecurrence) plain = tw_recurrence_new();
    g_autoptr(GArray) list = NULL;

    plain->pattern = event->series->pattern;
    plain->has_times = TRUE;
    plain->start_offset = event->series->start_offset;
    plain->end_offset = event->series->end_offset;
    list = tw_recurrence_expand(plain, event->zone, 0,
                                slot_utc(event, plain->pattern.start_date) +
                                    (gint64) 20 * 366 * TW_TICKS_DAY,
                                TW_ICAL_OUT_MAX_DATES, NULL);
    for (guint i = 1; list != NULL && i < list->len; i++)
        put_local(event, place, "RDATE", g_array_index(list, TwRecurrenceInstance, i).local_start);
}

static void
put_series(Event *event, const TwIcalPlace *place)
{
    const TwRecurrence *series = event->series;
    TwIcalTime until = until_of(event);
    g_autofree char *rule = tw_ical_rule_from_pattern(&series->pattern, &until);

    if (rule != NULL)
        tw_ical_put(place, "RRULE", rule);
    else
        put_dates(event, place);
    for (guint i = 0; i < series->deleted->len; i++) {
        guint32 midnight = g_array_index(series->deleted, guint32, i);
        if (!is_exception_day(series, midnight / TW_CIVIL_DAY_MINUTES))
            put_local(event, place, "EXDATE", (gint64) midnight + series->start_offset);
    }
}

/* ---- one component ---- */

static void
put_span(Event *event,
         const TwIcalPlace *place,
         gint64 start,
         gint64 end,
         const TwObject *end_zone_of,
         gboolean all_day)
{
    g_autoptr(GBytes) definition = NULL;
    g_autoptr(TwTimeZone) end_zone = NULL;

    tw_ical_put_moment(event->writer, place, "DTSTART", start, event->zone, all_day);
    if (event->series == NULL && end_zone_of != NULL) {
        definition = tw_item_get_bytes(
            end_zone_of, tag(event, TW_PidLidAppointmentTimeZoneDefinitionEndDisplay));
        if (definition != NULL)
            end_zone = tw_timezone_parse_definition(g_bytes_get_data(definition, NULL),
                                                    g_bytes_get_size(definition), NULL);
    }
    if (end_zone != NULL && event->zone != NULL) {
        g_autofree char *a = tw_timezone_to_string(end_zone, 2000, 2000);
        g_autofree char *b = tw_timezone_to_string(event->zone, 2000, 2000);
        const char *key = tw_timezone_get_key_name(end_zone);
        const char *own = tw_timezone_get_key_name(event->zone);
        if (strcmp(a, b) == 0 || g_strcmp0(key, own) == 0)
            g_clear_pointer(&end_zone, tw_timezone_unref);
    }
    tw_ical_put_moment(event->writer, place, "DTEND", MAX(end, start),
                       end_zone != NULL ? end_zone : event->zone, all_day);
}

static const char *
busy_word(guint32 busy)
{
    static const char *const words[] = { "FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE" };

    return busy < G_N_ELEMENTS(words) ? words[busy] : words[2];
}

static guint32
view_long(Event *event, const TwIcalView *view, TwKnownName which, guint32 fallback)
{
    guint32 of = tag(event, which);

    return of != 0 ? tw_object_get_long(tw_ical_view_node(view, of), of, fallback) : fallback;
}

static void
put_state(Event *event, const TwIcalView *view, const TwIcalPlace *place)
{
    TwIcalMethod method = event->writer->method;
    guint32 busy = view_long(event, view, TW_PidLidBusyStatus, 2);
    guint32 intended = view_long(event, view, TW_PidLidIntendedBusyStatus, busy);
    guint32 state = view_long(event, view, TW_PidLidAppointmentStateFlags, 0);
    guint32 sequence = tag(event, TW_PidLidAppointmentSequence);
    guint32 disallow = tag(event, TW_PidLidAppointmentNotAllowPropose);
    char number[16];

    if (method != TW_ICAL_NO_METHOD && method != TW_ICAL_PUBLISH)
        busy = intended;
    if (state & STATE_CANCELLED || method == TW_ICAL_CANCEL)
        tw_ical_put(place, "STATUS", "CANCELLED");
    else if (busy == 1)
        tw_ical_put(place, "STATUS", "TENTATIVE");
    tw_ical_put(place, "TRANSP", busy == 0 || busy == 4 ? "TRANSPARENT" : "OPAQUE");
    tw_ical_put(place, "X-MICROSOFT-CDO-BUSYSTATUS", busy_word(busy));
    if (intended != busy)
        tw_ical_put(place, "X-MICROSOFT-CDO-INTENDEDSTATUS", busy_word(intended));
    if (sequence != 0 && tw_object_has(tw_ical_view_node(view, sequence), sequence)) {
        g_snprintf(number, sizeof number, "%u",
                   view_long(event, view, TW_PidLidAppointmentSequence, 0));
        tw_ical_put(place, "SEQUENCE", number);
    } else if (method != TW_ICAL_NO_METHOD) {
        tw_ical_put(place, "SEQUENCE", "0");
    }
    if (disallow != 0 && tw_item_get_bool(tw_ical_view_node(view, disallow), disallow))
        tw_ical_put(place, "X-MICROSOFT-DISALLOW-COUNTER", "TRUE");
}

static void
put_client_marks(Event *event, const TwIcalView *view, const TwIcalPlace *place)
{
    gint64 ticks;

    if (tw_item_get_time(view->own, tag(event, TW_NameMozillaLastAck), &ticks))
        tw_ical_put_utc(place, "X-MOZ-LASTACK", ticks);
    if (tw_item_get_time(view->own, tag(event, TW_NameMozillaSnoozeTime), &ticks))
        tw_ical_put_utc(place, "X-MOZ-SNOOZE-TIME", ticks);
}

static void
put_common(Event *event, const TwIcalView *view, const TwIcalPlace *place)
{
    guint32 location = tag(event, TW_PidLidLocation), where = tag(event, TW_PidLidWhere);
    const char *text = NULL;

    tw_ical_fields_write(event->writer, view, place);
    if (location != 0)
        text = tw_object_get_text(tw_ical_view_node(view, location), location, NULL);
    if (text == NULL && where != 0)
        text = tw_object_get_text(view->own, where, NULL);
    tw_ical_put_text(place, "LOCATION", text);
    put_state(event, view, place);
    put_client_marks(event, view, place);
    tw_ical_people_write(event->writer, view, place);
    tw_ical_attachments_write(event->writer, view, place);
    tw_ical_alarm_write(event->writer, view, FALSE, place);
}

static TwIcalPlace
add_component(Event *event, gint64 day)
{
    TwIcalPlace place = { event->calendar.tree,
                          tw_lines_add_node(event->calendar.tree, event->calendar.node, "VEVENT") };
    TwIcalMade made = { day, place.node };

    if (place.node != NULL)
        g_array_append_val(event->made, made);
    return place;
}

/* ---- exceptions ---- */

static void
set_text(TwObject *object, guint32 of, const char *text)
{
    TwPropValue value = tw_value_str(of, text != NULL ? text : "");

    if (of != 0)
        tw_object_set(object, &value, NULL);
}

static void
set_value(TwObject *object, TwPropValue value)
{
    if (value.tag != 0)
        tw_object_set(object, &value, NULL);
}

/* The embedded message of an exception: by the slot, or by its new start. */
static const TwObject *
find_embedded(Event *event, const TwRecurrenceException *exception)
{
    guint32 replace = tag(event, TW_PidLidExceptionReplaceTime);
    const TwObject *by_start = NULL;

    for (guint i = 0; i < tw_object_count(event->object, TW_OBJECT_ATTACHMENT); i++) {
        const TwObject *attachment = tw_object_at(event->object, TW_OBJECT_ATTACHMENT, i);
        const TwObject *message = tw_object_get_embedded(attachment);
        gint64 ticks;
        if (message == NULL)
            continue;
        if (tw_item_get_time(attachment, PR_EXCEPTION_REPLACETIME, &ticks) ||
            tw_item_get_time(message, replace, &ticks)) {
            if (tw_timezone_to_local(event->zone, ticks) / TW_TICKS_DAY ==
                exception->original / TW_CIVIL_DAY_MINUTES)
                return message;
        } else if (tw_item_get_time(attachment, PR_EXCEPTION_STARTTIME, &ticks) &&
                   ticks / TW_TICKS_MINUTE == exception->start) {
            by_start = message;
        }
    }
    return by_start;
}

/* The exception as an object: its own message, with what the blob says, which counts (spec 17.5). */
static TwObject *
own_object(Event *event, const TwRecurrenceException *exception)
{
    const TwObject *embedded = find_embedded(event, exception);
    TwObject *own = embedded != NULL ? tw_object_copy(embedded) : tw_object_new(TW_OBJECT_MESSAGE);

    if (exception->flags & TW_RECURRENCE_SUBJECT)
        set_text(own, PR_SUBJECT, exception->subject);
    if (exception->flags & TW_RECURRENCE_LOCATION)
        set_text(own, tag(event, TW_PidLidLocation), exception->location);
    if (exception->flags & TW_RECURRENCE_BUSY)
        set_value(own, tw_value_long(tag(event, TW_PidLidBusyStatus), exception->busy));
    if (exception->flags & TW_RECURRENCE_REMINDER_SET)
        set_value(own,
                  tw_value_bool(tag(event, TW_PidLidReminderSet), exception->reminder_set != 0));
    if (exception->flags & TW_RECURRENCE_REMINDER_DELTA)
        set_value(own,
                  tw_value_long(tag(event, TW_PidLidReminderDelta), exception->reminder_delta));
    return own;
}

static void
put_exception(Event *event, const TwRecurrenceException *exception)
{
    gint64 day = exception->original / TW_CIVIL_DAY_MINUTES;
    TwIcalPlace place = add_component(event, day);
    g_autoptr(TwObject) own = own_object(event, exception);
    TwIcalView view = { own, event->object };
    gboolean all_day =
        exception->flags & TW_RECURRENCE_SUB_TYPE ? exception->sub_type != 0 : event->all_day;

    if (place.node == NULL)
        return;
    tw_ical_stamps_write(event->writer, event->object, &place);
    put_local(event, &place, "RECURRENCE-ID",
              day * TW_CIVIL_DAY_MINUTES + event->series->start_offset);
    put_span(event, &place, slot_utc(event, exception->start), slot_utc(event, exception->end),
             NULL, all_day);
    put_common(event, &view, &place);
}

/* ---- the event ---- */

static TwRecurrence *
series_of(Event *event)
{
    g_autoptr(GBytes) blob =
        tw_item_get_bytes(event->object, tag(event, TW_PidLidAppointmentRecur));
    g_autoptr(TwRecurrence) series = NULL;
    guint32 first, last;

    if (blob == NULL)
        return NULL;
    series = tw_recurrence_parse(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), NULL);
    if (series == NULL || !series->has_times || !tw_recurrence_get_range(series, &first, &last))
        return NULL;
    return g_steal_pointer(&series);
}

static gboolean
times_of(Event *event, gint64 *ret_start, gint64 *ret_end)
{
    const TwKnownName starts[] = { TW_PidLidAppointmentStartWhole, TW_PidLidCommonStart };
    const TwKnownName ends[] = { TW_PidLidAppointmentEndWhole, TW_PidLidCommonEnd };

    for (guint i = 0; i < G_N_ELEMENTS(starts); i++) {
        if (!tw_item_get_time(event->object, tag(event, starts[i]), ret_start))
            continue;
        if (!tw_item_get_time(event->object, tag(event, ends[i]), ret_end))
            *ret_end = *ret_start;
        return TRUE;
    }
    if (!tw_item_get_time(event->object, PR_START_DATE, ret_start))
        return FALSE;
    if (!tw_item_get_time(event->object, PR_END_DATE, ret_end))
        *ret_end = *ret_start;
    return TRUE;
}

/* What is proposed instead of the times of the meeting. */
static void
propose(Event *event, const TwIcalPlace *place, gint64 *start, gint64 *end)
{
    gint64 was_start = *start, was_end = *end;

    if (event->writer->method != TW_ICAL_COUNTER ||
        !tw_item_get_time(event->object, tag(event, TW_PidLidAppointmentProposedStartWhole),
                          start) ||
        !tw_item_get_time(event->object, tag(event, TW_PidLidAppointmentProposedEndWhole), end))
        return;
    tw_ical_put_utc(place, "X-MS-OLK-ORIGINALSTART", was_start);
    tw_ical_put_utc(place, "X-MS-OLK-ORIGINALEND", was_end);
}

static void
write_main(Event *event, gint64 start, gint64 end)
{
    TwIcalView view = { event->object, NULL };
    TwIcalPlace place = add_component(event, -1);
    gint64 original;

    if (place.node == NULL)
        return;
    tw_ical_stamps_write(event->writer, event->object, &place);
    if (event->series == NULL &&
        tw_item_get_time(event->object, tag(event, TW_PidLidExceptionReplaceTime), &original))
        tw_ical_put_moment(event->writer, &place, "RECURRENCE-ID", original, event->zone,
                           event->all_day);
    propose(event, &place, &start, &end);
    put_span(event, &place, start, end, event->object, event->all_day);
    if (event->series != NULL)
        put_series(event, &place);
    put_common(event, &view, &place);
}

void
tw_ical_event_write(TwIcalWriter *writer,
                    const TwObject *object,
                    const TwIcalPlace *place,
                    GArray *made)
{
    Event event = { .writer = writer, .object = object, .calendar = *place, .made = made };
    g_autoptr(TwRecurrence) series = NULL;
    g_autoptr(TwTimeZone) zone = NULL;
    gint64 start, end;

    if (!times_of(&event, &start, &end))
        return;
    event.all_day = tw_item_get_bool(object, tag(&event, TW_PidLidAppointmentSubType));
    event.series = series = series_of(&event);
    zone = tw_ical_zone_of(writer, object, series != NULL);
    event.zone = zone;
    if (series != NULL) {
        gint64 day = series->pattern.start_date;
        guint32 first, last;
        if (tw_recurrence_get_range(series, &first, &last))
            day = (gint64) first * TW_CIVIL_DAY_MINUTES;
        start = slot_utc(&event, day + series->start_offset);
        end = slot_utc(&event, day + series->end_offset);
    }
    write_main(&event, start, end);
    for (guint i = 0; series != NULL && i < series->exceptions->len; i++)
        put_exception(&event, &g_array_index(series->exceptions, TwRecurrenceException, i));
}
