/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tasks as VTODO, journal items and notes as VJOURNAL. */
#include <string.h>

#include "convert/ical-out-private.h"
#include "convert/ical-rule.h"
#include "mapi/tags.h"

enum {
    STATUS_DEFERRED = 4, /* PidLidTaskStatus */
};

static TwIcalPlace
add_component(const TwIcalPlace *calendar, const char *name, GArray *made)
{
    TwIcalPlace place = { calendar->tree, tw_lines_add_node(calendar->tree, calendar->node, name) };
    TwIcalMade one = { -1, place.node };

    if (place.node != NULL)
        g_array_append_val(made, one);
    return place;
}

/* The true time where it has one; the date alone for what was set as a date. */
static void
put_when(TwIcalWriter *writer,
         const TwObject *object,
         TwKnownName date,
         TwKnownName common,
         const TwTimeZone *zone,
         const char *name,
         const TwIcalPlace *place)
{
    gint64 day, utc;
    gboolean has_day = tw_item_get_time(object, tw_item_tag(&writer->names, date), &day);
    gboolean has_utc = tw_item_get_time(object, tw_item_tag(&writer->names, common), &utc);

    if (!has_day)
        return;
    if (has_utc && tw_timezone_to_local(zone, utc) % TW_TICKS_DAY != 0 &&
        tw_timezone_to_local(zone, utc) / TW_TICKS_DAY == day / TW_TICKS_DAY) {
        tw_ical_put_moment(writer, place, name, utc, zone, FALSE);
    } else {
        g_autofree char *head = g_strconcat(name, ";VALUE=DATE", NULL);
        TwIcalTime time = { TW_ICAL_DATE, day };
        char text[TW_ICAL_TIME_SIZE];
        tw_ical_time_print(time, text);
        tw_ical_put(place, head, text);
    }
}

static void
put_status(TwIcalWriter *writer, const TwObject *object, const TwIcalPlace *place)
{
    static const char *const words[] = { "NEEDS-ACTION", "IN-PROCESS", "COMPLETED", "NEEDS-ACTION",
                                         "CANCELLED" };
    guint32 status =
        tw_object_get_long(object, tw_item_tag(&writer->names, TW_PidLidTaskStatus), G_MAXUINT32);
    guint32 percent_tag = tw_item_tag(&writer->names, TW_PidLidPercentComplete);
    TwPropValue percent;
    char number[8];
    gint64 completed;

    if (tw_item_get_bool(object, tw_item_tag(&writer->names, TW_PidLidTaskComplete)))
        status = 2;
    if (writer->method == TW_ICAL_CANCEL)
        status = STATUS_DEFERRED;
    if (status < G_N_ELEMENTS(words))
        tw_ical_put(place, "STATUS", words[status]);
    if (percent_tag != 0 && tw_object_get(object, percent_tag, &percent) && percent.r8 > 0 &&
        percent.r8 <= 1) {
        g_snprintf(number, sizeof number, "%d", (int) (percent.r8 * 100 + 0.5));
        tw_ical_put(place, "PERCENT-COMPLETE", number);
    }
    if (tw_item_get_time(object, tw_item_tag(&writer->names, TW_PidLidTaskDateCompleted),
                         &completed))
        tw_ical_put_utc(place, "COMPLETED", completed);
}

/* Of tasks that were sent, or came. */
static void
put_sequence(TwIcalWriter *writer, const TwObject *object, const TwIcalPlace *place)
{
    guint32 tag = tw_item_tag(&writer->names, TW_PidLidAppointmentSequence);
    char number[16];

    if (tag == 0 || !tw_object_has(object, tag))
        return;
    g_snprintf(number, sizeof number, "%u", tw_object_get_long(object, tag, 0));
    tw_ical_put(place, "SEQUENCE", number);
}

static void
put_series(TwIcalWriter *writer, const TwObject *object, const TwIcalPlace *place)
{
    g_autoptr(GBytes) blob =
        tw_item_get_bytes(object, tw_item_tag(&writer->names, TW_PidLidTaskRecurrence));
    g_autoptr(TwRecurrence) series = NULL;
    g_autofree char *rule = NULL;
    TwIcalTime until = { TW_ICAL_DATE, 0 };

    if (blob == NULL ||
        !tw_item_get_bool(object, tw_item_tag(&writer->names, TW_PidLidTaskFRecurring)))
        return;
    series = tw_recurrence_parse(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), NULL);
    if (series == NULL)
        return;
    until.ticks = series->pattern.end_date * TW_TICKS_MINUTE;
    rule = tw_ical_rule_from_pattern(&series->pattern, &until);
    tw_ical_put(place, "RRULE", rule);
}

void
tw_ical_task_write(TwIcalWriter *writer,
                   const TwObject *object,
                   const TwIcalPlace *calendar,
                   GArray *made)
{
    TwIcalPlace place = add_component(calendar, "VTODO", made);
    TwIcalView view = { object, NULL };

    if (place.node == NULL)
        return;
    tw_ical_stamps_write(writer, object, &place);
    put_when(writer, object, TW_PidLidTaskStartDate, TW_PidLidCommonStart, writer->options->zone,
             "DTSTART", &place);
    put_when(writer, object, TW_PidLidTaskDueDate, TW_PidLidCommonEnd, writer->options->zone, "DUE",
             &place);
    put_series(writer, object, &place);
    put_status(writer, object, &place);
    put_sequence(writer, object, &place);
    tw_ical_fields_write(writer, &view, &place);
    tw_ical_people_write(writer, &view, &place);
    tw_ical_attachments_write(writer, &view, &place);
    tw_ical_alarm_write(writer, &view, TRUE, &place);
}

void
tw_ical_journal_write(TwIcalWriter *writer,
                      const TwObject *object,
                      const TwIcalPlace *calendar,
                      GArray *made)
{
    TwIcalPlace place = add_component(calendar, "VJOURNAL", made);
    TwIcalView view = { object, NULL };
    gint64 start;

    if (place.node == NULL)
        return;
    tw_ical_stamps_write(writer, object, &place);
    if (tw_item_get_time(object, tw_item_tag(&writer->names, TW_PidLidLogStart), &start))
        tw_ical_put_moment(writer, &place, "DTSTART", start, writer->options->zone, FALSE);
    tw_ical_fields_write(writer, &view, &place);
    tw_ical_attachments_write(writer, &view, &place);
}
