/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* VTODO as a task; VJOURNAL as a journal item, or without a date as a note. */
#include <string.h>

#include "base/number.h"
#include "convert/ical-in-private.h"
#include "convert/ical-rule.h"
#include "mapi/civil.h"
#include "mapi/tags.h"

enum {
    STATUS_OPEN = 0,
    STATUS_STARTED = 1,
    STATUS_DONE = 2,
    STATUS_DEFERRED = 4,
    ANSWER_TENTATIVE = 2, /* PR_RECIPIENT_TRACKSTATUS */
    ANSWER_DECLINED = 4,
    ICON_TASK = 0x500,
    ICON_TASK_SERIES = 0x501,
    ICON_NOTE = 0x303,
    ICON_JOURNAL = 0x601,
    NOTE_YELLOW = 3,
};

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

/* Dates of tasks are midnights of the wall clock, said as UTC; the true time stands beside them (spec 19). */
static void
put_date(TwIcalReader *reader,
         TwObject *object,
         TwKnownName date,
         TwKnownName common,
         const TwIcalMoment *moment)
{
    put_time(reader, object, date, moment->local / TW_TICKS_DAY * TW_TICKS_DAY);
    put_time(reader, object, common, moment->utc);
}

static void
set_status(TwIcalReader *reader, const TwContentNode *node, TwObject *object)
{
    const TwContentLine *status = tw_lines_find(node, "STATUS");
    const TwContentLine *percent = tw_lines_find(node, "PERCENT-COMPLETE");
    guint32 number = STATUS_OPEN, hundredth = 0;
    TwIcalMoment completed;
    gboolean has_time = tw_ical_moment(reader, tw_lines_find(node, "COMPLETED"), &completed);

    if (percent != NULL)
        (void) tw_parse_u32(percent->value, percent->value_len, 100, &hundredth);
    if (status != NULL && g_ascii_strcasecmp(status->value, "CANCELLED") == 0)
        number = STATUS_DEFERRED;
    else if ((status != NULL && g_ascii_strcasecmp(status->value, "COMPLETED") == 0) ||
             (status == NULL && (has_time || hundredth == 100)))
        number = STATUS_DONE;
    else if ((status != NULL && g_ascii_strcasecmp(status->value, "IN-PROCESS") == 0) ||
             hundredth > 0)
        number = STATUS_STARTED;
    if (number == STATUS_DONE)
        hundredth = 100;
    put_long(reader, object, TW_PidLidTaskStatus, number);
    put_bool(reader, object, TW_PidLidTaskComplete, number == STATUS_DONE);
    tw_item_set(
        &reader->names, object,
        tw_value_double(tw_item_tag(&reader->names, TW_PidLidPercentComplete), hundredth / 100.0));
    if (has_time)
        put_time(reader, object, TW_PidLidTaskDateCompleted, completed.utc);
}

/* A series of tasks has no times of day; days of COUNT and UNTIL are as in events. */
static void
set_series(TwIcalReader *reader,
           const TwContentNode *node,
           const TwIcalMoment *start,
           TwObject *object)
{
    const TwContentLine *line = tw_lines_find(node, "RRULE");
    g_autoptr(TwRecurrence) series = tw_recurrence_new();
    g_autoptr(GBytes) blob = NULL;
    TwIcalRule rule;
    gint64 last = G_MAXINT64;

    if (line == NULL || !tw_ical_rule_parse(line->value, line->value_len, &rule))
        return;
    if (rule.has_until)
        last = (rule.until.kind == TW_ICAL_UTC ? tw_timezone_to_local(start->zone, rule.until.ticks)
                                               : rule.until.ticks) /
               TW_TICKS_DAY;
    if (tw_ical_rule_to_series(&rule, start->local, last, series) == TW_ICAL_RULE_NONE ||
        !tw_recurrence_normalize(series, NULL))
        return;
    blob = tw_recurrence_write(series, NULL);
    if (blob == NULL)
        return;
    tw_item_set_bytes(&reader->names, object, tw_item_tag(&reader->names, TW_PidLidTaskRecurrence),
                      blob);
    put_bool(reader, object, TW_PidLidTaskFRecurring, TRUE);
    tw_item_set(&reader->names, object, tw_value_long(PR_ICON_INDEX, ICON_TASK_SERIES));
}

/* A task, or a message about one of several people. */
static void
set_class(TwIcalReader *reader, const TwContentNode *node, TwObject *object)
{
    guint reply = tw_ical_reply_status(node);
    const char *name = "IPM.Task";

    switch (reader->method) {
    case TW_ICAL_REQUEST:
    case TW_ICAL_ADD:
        name = TW_ICAL_TASK_MESSAGE ".Request";
        break;
    case TW_ICAL_CANCEL:
        name = TW_ICAL_TASK_MESSAGE ".Canceled";
        break;
    case TW_ICAL_REPLY:
    case TW_ICAL_COUNTER:
        name = reply == ANSWER_TENTATIVE  ? TW_ICAL_TASK_MESSAGE ".Resp.Tent"
               : reply == ANSWER_DECLINED ? TW_ICAL_TASK_MESSAGE ".Resp.Neg"
                                          : TW_ICAL_TASK_MESSAGE ".Resp.Pos";
        put_long(reader, object, TW_PidLidResponseStatus, reply);
        break;
    case TW_ICAL_NO_METHOD:
    case TW_ICAL_PUBLISH:
    case TW_ICAL_REFRESH:
    case TW_ICAL_DECLINE_COUNTER:
        tw_item_set(&reader->names, object, tw_value_long(PR_ICON_INDEX, ICON_TASK));
        break;
    }
    tw_item_set_text(&reader->names, object, PR_MESSAGE_CLASS, name);
}

void
tw_ical_task_read(TwIcalReader *reader, const TwIcalGroup *group, TwObject *object)
{
    const TwContentNode *node = group->master != NULL ? group->master : group->overrides->pdata[0];
    const TwContentLine *duration = tw_lines_find(node, "DURATION");
    TwIcalMoment start = { 0 }, due = { 0 };
    gboolean has_start = tw_ical_moment(reader, tw_lines_find(node, "DTSTART"), &start);
    gboolean has_due = tw_ical_moment(reader, tw_lines_find(node, "DUE"), &due);
    gint64 seconds;

    set_class(reader, node, object);
    if (!has_due && has_start && duration != NULL &&
        tw_ical_duration_parse(duration->value, duration->value_len, &seconds)) {
        due = start;
        due.utc = CLAMP(start.utc / TW_TICKS_SECOND + seconds, 0, TW_TICKS_MAX / TW_TICKS_SECOND) *
                  TW_TICKS_SECOND;
        due.local = tw_timezone_to_local(start.zone, due.utc);
        has_due = TRUE;
    }
    if (has_start)
        put_date(reader, object, TW_PidLidTaskStartDate, TW_PidLidCommonStart, &start);
    if (has_due)
        put_date(reader, object, TW_PidLidTaskDueDate, TW_PidLidCommonEnd, &due);
    tw_ical_fields_read(reader, node, object);
    set_status(reader, node, object);
    tw_ical_people_read(reader, node, object);
    if (tw_lines_find(node, "ORGANIZER") != NULL)
        tw_ical_version_read(reader, node, object);
    tw_ical_alarm_read(reader, node, has_start ? start.utc : due.utc, has_due ? due.utc : start.utc,
                       has_start || has_due, object);
    put_bool(reader, object, TW_PidLidTaskFRecurring, FALSE);
    put_long(reader, object, TW_PidLidTaskState, 1);
    if (has_start || has_due)
        set_series(reader, node, has_start ? &start : &due, object);
}

void
tw_ical_journal_read(TwIcalReader *reader, const TwIcalGroup *group, TwObject *object)
{
    const TwContentNode *node = group->master != NULL ? group->master : group->overrides->pdata[0];
    TwIcalMoment start;

    tw_ical_fields_read(reader, node, object);
    if (!tw_ical_moment(reader, tw_lines_find(node, "DTSTART"), &start)) {
        tw_item_set_text(&reader->names, object, PR_MESSAGE_CLASS, "IPM.StickyNote");
        tw_item_set(&reader->names, object, tw_value_long(PR_ICON_INDEX, ICON_NOTE));
        put_long(reader, object, TW_PidLidNoteColor, NOTE_YELLOW);
        return;
    }
    tw_item_set_text(&reader->names, object, PR_MESSAGE_CLASS, "IPM.Activity");
    tw_item_set(&reader->names, object, tw_value_long(PR_ICON_INDEX, ICON_JOURNAL));
    put_time(reader, object, TW_PidLidLogStart, start.utc);
    put_time(reader, object, TW_PidLidLogEnd, start.utc);
    put_time(reader, object, TW_PidLidCommonStart, start.utc);
    put_time(reader, object, TW_PidLidCommonEnd, start.utc);
    put_long(reader, object, TW_PidLidLogDuration, 0);
    tw_item_set_text(&reader->names, object, tw_item_tag(&reader->names, TW_PidLidLogType), "Note");
}
