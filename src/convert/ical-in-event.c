/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* VEVENT: times, state, and what makes it a message about a meeting. */
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "convert/ical-in-private.h"
#include "mapi/civil.h"
#include "mapi/tags.h"

enum {
    STATE_MEETING = 1,
    STATE_CANCELLED = 4,
    SIDE_EFFECTS = 0x171,
    MEETING_REQUEST = 1, /* PidLidMeetingType */
    MEETING_UPDATE = 0x10000,
    LAST_RULE_YEAR = 2037,
};

/* ---- time ---- */

static void
add_duration(TwIcalMoment *moment, gint64 seconds)
{
    gint64 ticks = CLAMP(seconds, -TW_TICKS_MAX / TW_TICKS_SECOND, TW_TICKS_MAX / TW_TICKS_SECOND) *
                   TW_TICKS_SECOND;

    /* days are those of the calendar, hours those of the clock that goes on: RFC 5545, 3.3.6 */
    if (ticks % TW_TICKS_DAY == 0) {
        moment->local = CLAMP(moment->local + ticks, TW_TICKS_MIN, TW_TICKS_MAX);
        moment->utc = tw_timezone_to_utc(moment->zone, moment->local);
    } else {
        moment->utc = CLAMP(moment->utc + ticks, TW_TICKS_MIN, TW_TICKS_MAX);
        moment->local = tw_timezone_to_local(moment->zone, moment->utc);
    }
}

static gboolean
is_midnight(const TwIcalMoment *moment)
{
    return moment->local % TW_TICKS_DAY == 0;
}

gboolean
tw_ical_span_read(TwIcalReader *reader, const TwContentNode *node, TwIcalSpan *ret)
{
    const TwContentLine *duration = tw_lines_find(node, "DURATION");
    const TwContentLine *all_day = tw_lines_find(node, "X-MICROSOFT-CDO-ALLDAYEVENT");
    TwIcalSpan span;
    gint64 seconds;

    if (!tw_ical_moment(reader, tw_lines_find(node, "DTSTART"), &span.start) &&
        !tw_ical_moment(reader, tw_lines_find(node, "RECURRENCE-ID"), &span.start))
        return FALSE;
    if (!tw_ical_moment(reader, tw_lines_find(node, "DTEND"), &span.end)) {
        span.end = span.start;
        if (duration != NULL &&
            tw_ical_duration_parse(duration->value, duration->value_len, &seconds))
            add_duration(&span.end, seconds);
        else if (span.start.kind == TW_ICAL_DATE)
            add_duration(&span.end, 86400);
    }
    if (span.end.utc < span.start.utc)
        span.end = span.start;
    span.all_day = span.start.kind == TW_ICAL_DATE;
    if (span.all_day && span.end.local == span.start.local)
        add_duration(&span.end, 86400);
    if (all_day != NULL && g_ascii_strcasecmp(all_day->value, "TRUE") == 0 &&
        is_midnight(&span.start) && is_midnight(&span.end) && span.end.local > span.start.local)
        span.all_day = TRUE;
    *ret = span;
    return TRUE;
}

static void
put_time(TwIcalReader *reader, TwObject *object, TwKnownName which, gint64 ticks)
{
    tw_item_set(&reader->names, object, tw_value_i8(tw_item_tag(&reader->names, which), ticks));
}

static void
put_long(TwIcalReader *reader, TwObject *object, TwKnownName which, guint32 number)
{
    tw_item_set(&reader->names, object, tw_value_long(tw_item_tag(&reader->names, which), number));
}

static void
put_bool(TwIcalReader *reader, TwObject *object, TwKnownName which, gboolean truth)
{
    tw_item_set(&reader->names, object, tw_value_bool(tw_item_tag(&reader->names, which), truth));
}

static int
year_of(gint64 ticks)
{
    return (int) tw_civil_date(tw_civil_floor_div(ticks, TW_TICKS_DAY)).year;
}

static void
put_zone(TwIcalReader *reader, TwObject *object, TwKnownName which, const TwIcalMoment *moment)
{
    int year = year_of(moment->local);
    g_autoptr(GBytes) definition = NULL;

    if (moment->zone == NULL)
        return;
    definition = tw_timezone_write_definition(moment->zone, year, MAX(year, LAST_RULE_YEAR), year,
                                              FALSE, NULL);
    tw_item_set_bytes(&reader->names, object, tw_item_tag(&reader->names, which), definition);
}

static void
set_span(TwIcalReader *reader, const TwIcalSpan *span, TwObject *object)
{
    gint64 start = span->start.utc, end = span->end.utc;

    put_time(reader, object, TW_PidLidAppointmentStartWhole, start);
    put_time(reader, object, TW_PidLidAppointmentEndWhole, end);
    put_time(reader, object, TW_PidLidCommonStart, start);
    put_time(reader, object, TW_PidLidCommonEnd, end);
    tw_item_set(&reader->names, object, tw_value_i8(PR_START_DATE, start));
    tw_item_set(&reader->names, object, tw_value_i8(PR_END_DATE, end));
    put_long(reader, object, TW_PidLidAppointmentDuration,
             (guint32) MIN((end - start) / TW_TICKS_MINUTE, G_MAXINT32));
    put_bool(reader, object, TW_PidLidAppointmentSubType, span->all_day);
    put_zone(reader, object, TW_PidLidAppointmentTimeZoneDefinitionStartDisplay, &span->start);
    put_zone(reader, object, TW_PidLidAppointmentTimeZoneDefinitionEndDisplay, &span->end);
}

/* ---- state ---- */

static gboolean
value_is(const TwContentNode *node, const char *name, const char *value)
{
    const TwContentLine *line = tw_lines_find(node, name);

    return line != NULL && g_ascii_strcasecmp(line->value, value) == 0;
}

static gboolean
busy_of(const TwContentNode *node, const char *name, guint32 *ret)
{
    static const char *const words[] = { "FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE" };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (value_is(node, name, words[i])) {
            *ret = i;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
number_of(const TwContentNode *node, const char *name, guint32 *ret)
{
    const TwContentLine *line = tw_lines_find(node, name);

    return line != NULL && tw_parse_u32(line->value, line->value_len, G_MAXINT32, ret);
}

static void
set_busy(TwIcalReader *reader, const TwContentNode *node, TwObject *object)
{
    guint32 busy = value_is(node, "STATUS", "TENTATIVE") ? 1 : 2, intended;

    if (value_is(node, "TRANSP", "TRANSPARENT"))
        busy = 0;
    busy_of(node, "X-MICROSOFT-CDO-BUSYSTATUS", &busy);
    intended = busy;
    busy_of(node, "X-MICROSOFT-CDO-INTENDEDSTATUS", &intended);
    if (reader->method == TW_ICAL_REQUEST || reader->method == TW_ICAL_ADD)
        busy = intended == 0 ? 0 : 1;
    if (reader->method == TW_ICAL_CANCEL || value_is(node, "STATUS", "CANCELLED"))
        busy = 0;
    put_long(reader, object, TW_PidLidBusyStatus, busy);
    put_long(reader, object, TW_PidLidIntendedBusyStatus, intended);
}

void
tw_ical_version_read(TwIcalReader *reader, const TwContentNode *node, TwObject *object)
{
    guint32 sequence = 0, number = 0;
    TwIcalMoment stamp;

    if (number_of(node, "SEQUENCE", &sequence) |
        number_of(node, "X-MICROSOFT-CDO-APPT-SEQUENCE", &sequence))
        put_long(reader, object, TW_PidLidAppointmentSequence, sequence);
    if (number_of(node, "X-MICROSOFT-CDO-OWNERAPPTID", &number))
        tw_item_set(&reader->names, object, tw_value_long(PR_OWNER_APPT_ID, number));
    if (!tw_ical_moment(reader, tw_lines_find(node, "DTSTAMP"), &stamp))
        return;
    if (reader->method == TW_ICAL_REPLY || reader->method == TW_ICAL_COUNTER) {
        put_time(reader, object, TW_PidLidAttendeeCriticalChange, stamp.utc);
        put_time(reader, object, TW_PidLidAppointmentReplyTime, stamp.utc);
    } else {
        put_time(reader, object, TW_PidLidOwnerCriticalChange, stamp.utc);
    }
}

static void
set_client_marks(TwIcalReader *reader, const TwContentNode *node, TwObject *object)
{
    TwIcalMoment moment;
    guint32 number;

    if (tw_ical_moment(reader, tw_lines_find(node, "X-MOZ-LASTACK"), &moment))
        put_time(reader, object, TW_NameMozillaLastAck, moment.utc);
    if (tw_ical_moment(reader, tw_lines_find(node, "X-MOZ-SNOOZE-TIME"), &moment))
        put_time(reader, object, TW_NameMozillaSnoozeTime, moment.utc);
    if (number_of(node, "X-MOZ-GENERATION", &number))
        put_long(reader, object, TW_NameMozillaGeneration, number);
    if (value_is(node, "X-MOZ-SEND-INVITATIONS", "TRUE"))
        put_bool(reader, object, TW_NameMozillaSendInvitation, TRUE);
    if (tw_lines_find(node, "X-MICROSOFT-DISALLOW-COUNTER") != NULL)
        put_bool(reader, object, TW_PidLidAppointmentNotAllowPropose,
                 value_is(node, "X-MICROSOFT-DISALLOW-COUNTER", "TRUE"));
}

void
tw_ical_event_fill(TwIcalReader *reader,
                   const TwContentNode *node,
                   const TwIcalSpan *span,
                   TwObject *object)
{
    const TwContentLine *location = tw_lines_find(node, "LOCATION");

    if (span != NULL)
        set_span(reader, span, object);
    tw_ical_fields_read(reader, node, object);
    if (location != NULL) {
        g_autofree char *text = tw_lines_unescape(location->value, location->value_len);
        tw_item_set_text(&reader->names, object, tw_item_tag(&reader->names, TW_PidLidLocation),
                         text);
        if (reader->method != TW_ICAL_NO_METHOD)
            tw_item_set_text(&reader->names, object, tw_item_tag(&reader->names, TW_PidLidWhere),
                             text);
    }
    set_busy(reader, node, object);
    tw_ical_version_read(reader, node, object);
    set_client_marks(reader, node, object);
    tw_ical_people_read(reader, node, object);
    if (span != NULL)
        tw_ical_alarm_read(reader, node, span->start.utc, span->end.utc, TRUE, object);
    if (value_is(node, "STATUS", "CANCELLED") && reader->method != TW_ICAL_CANCEL) {
        guint32 tag = tw_item_tag(&reader->names, TW_PidLidAppointmentStateFlags);
        put_long(reader, object, TW_PidLidAppointmentStateFlags,
                 tw_object_get_long(object, tag, 0) | STATE_CANCELLED);
    }
}

/* ---- messages ---- */

typedef struct {
    const char *message_class;
    guint32 icon;
} ClassRow;

static ClassRow
class_of(TwIcalMethod method, guint reply)
{
    static const ClassRow replies[] = {
        { "IPM.Schedule.Meeting.Resp.Tent", 0x407 }, /* from 2 on */
        { "IPM.Schedule.Meeting.Resp.Pos", 0x405 },
        { "IPM.Schedule.Meeting.Resp.Neg", 0x406 },
    };

    switch (method) {
    case TW_ICAL_REQUEST:
    case TW_ICAL_ADD:
        return (ClassRow){ "IPM.Schedule.Meeting.Request", 0x404 };
    case TW_ICAL_CANCEL:
        return (ClassRow){ "IPM.Schedule.Meeting.Canceled", 0x408 };
    case TW_ICAL_REPLY:
        return replies[reply >= 2 && reply <= 4 ? reply - 2 : 0];
    case TW_ICAL_COUNTER:
        return replies[reply == 4 ? 2 : 0];
    default:
        return (ClassRow){ "IPM.Appointment", 0x400 };
    }
}

/* A counter proposal: DTSTART is what is proposed, and what it was may stand beside it. */
static void
set_proposal(TwIcalReader *reader,
             const TwContentNode *node,
             const TwIcalSpan *span,
             TwObject *object)
{
    TwIcalMoment start, end;

    put_bool(reader, object, TW_PidLidAppointmentCounterProposal, TRUE);
    put_time(reader, object, TW_PidLidAppointmentProposedStartWhole, span->start.utc);
    put_time(reader, object, TW_PidLidAppointmentProposedEndWhole, span->end.utc);
    put_long(reader, object, TW_PidLidAppointmentProposedDuration,
             (guint32) MIN((span->end.utc - span->start.utc) / TW_TICKS_MINUTE, G_MAXINT32));
    if (tw_ical_moment(reader, tw_lines_find(node, "X-MS-OLK-ORIGINALSTART"), &start))
        put_time(reader, object, TW_PidLidAppointmentStartWhole, start.utc);
    if (tw_ical_moment(reader, tw_lines_find(node, "X-MS-OLK-ORIGINALEND"), &end))
        put_time(reader, object, TW_PidLidAppointmentEndWhole, end.utc);
}

static void
set_message(TwIcalReader *reader,
            const TwContentNode *node,
            const TwIcalSpan *span,
            TwObject *object)
{
    guint reply = tw_ical_reply_status(node);
    ClassRow row = class_of(reader->method, reply);
    guint32 icon = row.icon, state;
    gboolean is_message = strcmp(row.message_class, "IPM.Appointment") != 0;
    guint32 state_tag = tw_item_tag(&reader->names, TW_PidLidAppointmentStateFlags);

    tw_item_set_text(&reader->names, object, PR_MESSAGE_CLASS, row.message_class);
    state = tw_object_get_long(object, state_tag, 0);
    if (!is_message) {
        if (tw_item_get_bool(object, tw_item_tag(&reader->names, TW_PidLidRecurring)))
            icon |= 1;
        if (state & STATE_MEETING)
            icon |= 2;
        put_long(reader, object, TW_PidLidSideEffects, SIDE_EFFECTS);
    }
    tw_item_set(&reader->names, object, tw_value_long(PR_ICON_INDEX, icon));
    if (!is_message)
        return;
    tw_item_set_text(&reader->names, object,
                     tw_item_tag(&reader->names, TW_PidLidAppointmentMessageClass),
                     "IPM.Appointment");
    if (reader->method == TW_ICAL_REQUEST || reader->method == TW_ICAL_ADD)
        put_long(reader, object, TW_PidLidMeetingType,
                 tw_object_get_long(
                     object, tw_item_tag(&reader->names, TW_PidLidAppointmentSequence), 0) > 0
                     ? MEETING_UPDATE
                     : MEETING_REQUEST);
    if (reader->method == TW_ICAL_CANCEL)
        put_long(reader, object, TW_PidLidAppointmentStateFlags, state | STATE_CANCELLED);
    if (reader->method == TW_ICAL_COUNTER && span != NULL)
        set_proposal(reader, node, span, object);
    put_bool(reader, object, TW_PidLidIsRecurring,
             tw_item_get_bool(object, tw_item_tag(&reader->names, TW_PidLidRecurring)) ||
                 tw_ical_original(reader, node) != NULL);
}

gboolean
tw_ical_event_read(TwIcalReader *reader, const TwIcalGroup *group, TwObject *object, GError **error)
{
    const TwContentNode *node = group->master != NULL ? group->master : group->overrides->pdata[0];
    TwIcalSpan span;
    gboolean has_span = tw_ical_span_read(reader, node, &span);

    /* RFC 5545, 3.6.1: only what has a METHOD may go without */
    if (!has_span && reader->method == TW_ICAL_NO_METHOD) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "an event without DTSTART");
        return FALSE;
    }
    tw_ical_event_fill(reader, node, has_span ? &span : NULL, object);
    put_bool(reader, object, TW_PidLidRecurring, FALSE);
    if (has_span && group->master != NULL && tw_lines_find(node, "RRULE") != NULL)
        tw_ical_series_read(reader, group, &span, object);
    set_message(reader, node, has_span ? &span : NULL, object);
    return TRUE;
}
