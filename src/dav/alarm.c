/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "dav/alarm.h"

#include "base/number.h"
#include "convert/ical-value.h"
#include "dav/dav.h"

enum {
    MOST_REPEATS = 1000, /* of one alarm: each is looked at for each instance */
    MOST_DAYS = 36600,   /* between an alarm and what it is for, and between repetitions */
};

/* What a VALARM says. */
typedef struct {
    gboolean absolute, at_end;
    gint64 at;   /* absolute: UTC; else from the start or end of an instance */
    gint64 step; /* between repetitions */
    guint32 repeats;
} Alarm;

static gboolean
read_duration(const TwContentLine *line, gint64 *ret)
{
    const gint64 most = (gint64) MOST_DAYS * TW_TICKS_DAY / TW_TICKS_SECOND;
    gint64 seconds;

    if (!tw_ical_duration_parse(line->value, line->value_len, &seconds) || seconds > most ||
        seconds < -most)
        return FALSE;
    *ret = seconds * TW_TICKS_SECOND;
    return TRUE;
}

static gboolean
read_alarm(const TwContentNode *node, Alarm *ret)
{
    const TwContentLine *trigger = tw_lines_find(node, "TRIGGER");
    const TwContentLine *step = tw_lines_find(node, "DURATION");
    const TwContentLine *repeat = tw_lines_find(node, "REPEAT");
    TwIcalTime time;

    *ret = (Alarm){ .at = 0 };
    if (trigger == NULL)
        return FALSE;
    if (read_duration(trigger, &ret->at)) {
        ret->at_end = tw_lines_param_is(trigger, "RELATED", "END");
    } else if (tw_ical_time_parse(trigger->value, trigger->value_len, &time)) {
        ret->absolute = TRUE;
        ret->at = time.ticks;
    } else {
        return FALSE;
    }
    if (step != NULL && repeat != NULL &&
        tw_parse_u32(repeat->value, repeat->value_len, MOST_REPEATS, &ret->repeats) &&
        !read_duration(step, &ret->step))
        ret->repeats = 0;
    return TRUE;
}

static gboolean
rings(const Alarm *alarm, gint64 first, gint64 start, gint64 end)
{
    for (guint i = 0; i <= alarm->repeats; i++) {
        gint64 at = first + i * alarm->step;
        if (at >= start && at < end)
            return TRUE;
    }
    return FALSE;
}

/* The slot of an instance in UTC, before anybody moved it. */
static gint64
slot_of(const TwDavTimes *times, const TwRecurrenceInstance *one)
{
    gint64 local = ((gint64) one->day * 1440 + times->series->start_offset) * TW_TICKS_MINUTE;

    if (!times->series->has_times)
        return one->start; /* tasks have no exceptions */
    return times->zone != NULL ? tw_timezone_to_utc(times->zone, local) : local;
}

/* Whether @node is about that instance: the series about those alone that nobody changed. */
static gboolean
is_about(const TwDavTimes *times, const TwContentNode *node, const TwRecurrenceInstance *one)
{
    const TwContentLine *id = tw_lines_find(node, "RECURRENCE-ID");
    TwIcalTime time;
    gint64 ticks;

    if (id == NULL || !tw_ical_time_parse(id->value, id->value_len, &time))
        return one->exception < 0;
    ticks = time.kind == TW_ICAL_UTC || times->zone == NULL
                ? time.ticks
                : tw_timezone_to_utc(times->zone, time.ticks);
    return ticks == slot_of(times, one);
}

static gboolean
series_rings(const TwDavTimes *times,
             const TwContentNode *node,
             const Alarm *alarm,
             gint64 start,
             gint64 end)
{
    gint64 ahead = alarm->at + alarm->repeats * alarm->step;
    gint64 length =
        ((gint64) times->series->end_offset - times->series->start_offset) * TW_TICKS_MINUTE;
    gint64 from = start - MAX(MAX(alarm->at, ahead), 0) - length;
    gint64 to = end - MIN(MIN(alarm->at, ahead), 0);
    g_autoptr(GArray) list = NULL;

    list = tw_dav_series_expand(times, from, to);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const TwRecurrenceInstance *one = &g_array_index(list, TwRecurrenceInstance, i);
        if (is_about(times, node, one) &&
            rings(alarm, (alarm->at_end ? one->end : one->start) + alarm->at, start, end))
            return TRUE;
    }
    return list == NULL;
}

gboolean
tw_dav_alarm_touches(const TwDavTimes *times,
                     const TwContentNode *node,
                     const TwContentNode *alarm,
                     gint64 start,
                     gint64 end)
{
    gboolean at_end;
    Alarm said;

    if (!read_alarm(alarm, &said))
        return FALSE;
    if (said.absolute)
        return rings(&said, said.at, start, end);
    if (times->series != NULL)
        return series_rings(times, node, &said, start, end);
    at_end = said.at_end || !times->has_start;
    if (at_end ? !times->has_end : !times->has_start)
        return FALSE;
    return rings(&said, (at_end ? times->end : times->start) + said.at, start, end);
}
