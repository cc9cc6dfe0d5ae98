/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* RRULE, EXDATE and components with RECURRENCE-ID as a series with exceptions. */
#include <string.h>

#include "convert/ical-in-private.h"
#include "convert/ical-rule.h"
#include "mapi/civil.h"
#include "mapi/tags.h"

enum {
    LAST_RULE_YEAR = 2037,
    MAX_DATES = 20000,        /* EXDATE of a series */
    EXCEPTION_ATTACHMENT = 2, /* PR_ATTACHMENT_FLAGS */
    BY_EMBEDDED = 5,          /* PR_ATTACH_METHOD */
};

typedef struct {
    TwIcalReader *reader;
    TwObject *object;
    const TwIcalSpan *span;
    TwRecurrence *series;
    GHashTable *seen; /* (owned) days of slots that are deleted or modified */
} Series;

static guint32
to_minutes(gint64 local)
{
    return (guint32) CLAMP(local / TW_TICKS_MINUTE, 0, (gint64) G_MAXUINT32);
}

/* On the wall clock of the series. */
static gint64
to_local(const Series *series, const TwIcalMoment *moment)
{
    return moment->kind == TW_ICAL_DATE
               ? moment->local
               : tw_timezone_to_local(series->span->start.zone, moment->utc);
}

/* The last day on which an instance may begin. */
static gint64
last_day(const TwIcalRule *rule, const TwIcalSpan *span)
{
    gint64 local = rule->until.ticks, start = span->start.local % TW_TICKS_DAY;

    if (!rule->has_until)
        return G_MAXINT64;
    if (rule->until.kind == TW_ICAL_DATE)
        return local / TW_TICKS_DAY;
    if (rule->until.kind == TW_ICAL_UTC)
        local = tw_timezone_to_local(span->start.zone, local);
    return tw_civil_floor_div(local, TW_TICKS_DAY) - (local % TW_TICKS_DAY < start);
}

/* ---- deleted ---- */

static void
delete_slot(Series *series, gint64 local)
{
    gint64 day = local / TW_TICKS_DAY;
    guint32 minutes = (guint32) day * TW_CIVIL_DAY_MINUTES;

    if (day < 0 || day >= TW_RECURRENCE_NEVER / TW_CIVIL_DAY_MINUTES ||
        !tw_recurrence_is_slot(series->series, (guint32) day) ||
        !g_hash_table_add(series->seen, GUINT_TO_POINTER((guint) day)))
        return;
    g_array_append_val(series->series->deleted, minutes);
}

static void
read_exdates(Series *series, const TwContentNode *master)
{
    guint left = MAX_DATES;

    for (const TwContentLine *line = tw_lines_find(master, "EXDATE"); line != NULL;
         line = tw_lines_next(line)) {
        g_autoptr(GPtrArray) parts = tw_lines_split(line->value, line->value_len, ',', MAX_DATES);
        for (guint i = 0; i < parts->len && left > 0; i++, left--) {
            const char *text = parts->pdata[i];
            TwIcalMoment moment;
            if (tw_ical_moment_of(series->reader, line, text, strlen(text), &moment))
                delete_slot(series, to_local(series, &moment));
        }
    }
}

/* ---- modified ---- */

static gboolean
same_text(const TwObject *a, const TwObject *b, guint32 tag)
{
    return strcmp(tw_object_get_text(a, tag, ""), tw_object_get_text(b, tag, "")) == 0;
}

/* What an exception says of its own, in the blob. */
static void
fill_overrides(Series *series, const TwObject *own, TwRecurrenceException *exception)
{
    TwItemNames *names = &series->reader->names;
    guint32 location = tw_item_tag(names, TW_PidLidLocation);
    guint32 busy = tw_item_tag(names, TW_PidLidBusyStatus);
    guint32 set = tw_item_tag(names, TW_PidLidReminderSet);
    guint32 delta = tw_item_tag(names, TW_PidLidReminderDelta);
    guint32 all_day = tw_item_tag(names, TW_PidLidAppointmentSubType);
    guint32 state = tw_item_tag(names, TW_PidLidAppointmentStateFlags);

    if (!same_text(own, series->object, PR_SUBJECT)) {
        exception->flags |= TW_RECURRENCE_SUBJECT;
        exception->subject = g_strdup(tw_object_get_text(own, PR_SUBJECT, ""));
    }
    if (!same_text(own, series->object, location)) {
        exception->flags |= TW_RECURRENCE_LOCATION;
        exception->location = g_strdup(tw_object_get_text(own, location, ""));
    }
    exception->busy = tw_object_get_long(own, busy, 0);
    if (exception->busy != tw_object_get_long(series->object, busy, 0))
        exception->flags |= TW_RECURRENCE_BUSY;
    exception->reminder_set = tw_item_get_bool(own, set) ? 1 : 0;
    if (exception->reminder_set != (tw_item_get_bool(series->object, set) ? 1u : 0u))
        exception->flags |= TW_RECURRENCE_REMINDER_SET;
    exception->reminder_delta = tw_object_get_long(own, delta, 0);
    if (exception->reminder_delta != tw_object_get_long(series->object, delta, 0))
        exception->flags |= TW_RECURRENCE_REMINDER_DELTA;
    exception->sub_type = tw_item_get_bool(own, all_day) ? 1 : 0;
    if (exception->sub_type != (tw_item_get_bool(series->object, all_day) ? 1u : 0u))
        exception->flags |= TW_RECURRENCE_SUB_TYPE;
    exception->meeting_type = tw_object_get_long(own, state, 0);
    if (exception->meeting_type != tw_object_get_long(series->object, state, 0))
        exception->flags |= TW_RECURRENCE_MEETING_TYPE;
    exception->attachment = tw_object_count(own, TW_OBJECT_ATTACHMENT) > 0 ? 1 : 0;
    if (exception->attachment > 0)
        exception->flags |= TW_RECURRENCE_ATTACHMENT;
    if (!same_text(own, series->object, PR_BODY))
        exception->flags |= TW_RECURRENCE_BODY;
    /* numbers without their flag are 0 (recurrence.h) */
    if (!(exception->flags & TW_RECURRENCE_BUSY))
        exception->busy = 0;
    if (!(exception->flags & TW_RECURRENCE_REMINDER_SET))
        exception->reminder_set = 0;
    if (!(exception->flags & TW_RECURRENCE_REMINDER_DELTA))
        exception->reminder_delta = 0;
    if (!(exception->flags & TW_RECURRENCE_SUB_TYPE))
        exception->sub_type = 0;
    if (!(exception->flags & TW_RECURRENCE_MEETING_TYPE))
        exception->meeting_type = 0;
}

static void
attach_exception(Series *series,
                 TwObject *own,
                 const TwIcalMoment *original,
                 const TwIcalSpan *span)
{
    TwItemNames *names = &series->reader->names;
    GError **error = names->error == NULL ? &names->error : NULL;
    g_autoptr(TwObject) message = own;
    TwObject *attachment =
        tw_object_add(series->object, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, error);
    TwIcalMoment start = span->start, end = span->end;

    if (attachment == NULL)
        return;
    tw_item_set(names, attachment, tw_value_long(PR_ATTACH_METHOD, BY_EMBEDDED));
    tw_item_set(names, attachment, tw_value_bool(PR_ATTACHMENT_HIDDEN, TRUE));
    tw_item_set(names, attachment, tw_value_long(PR_ATTACHMENT_FLAGS, EXCEPTION_ATTACHMENT));
    tw_item_set(names, attachment, tw_value_long(PR_ATTACHMENT_LINKID, 0));
    tw_item_set(names, attachment, tw_value_i8(PR_EXCEPTION_STARTTIME, to_local(series, &start)));
    tw_item_set(names, attachment, tw_value_i8(PR_EXCEPTION_ENDTIME, to_local(series, &end)));
    tw_item_set(names, attachment, tw_value_i8(PR_EXCEPTION_REPLACETIME, original->utc));
    tw_item_set_text(names, attachment, PR_DISPLAY_NAME, "Untitled");
    if (tw_object_set_embedded(attachment, message, names->error == NULL ? &names->error : NULL))
        message = NULL;
}

static void
read_exception(Series *series, const TwContentNode *node)
{
    TwItemNames *names = &series->reader->names;
    g_autoptr(TwObject) own = NULL;
    TwRecurrenceException exception = { .start = 0 };
    TwIcalMoment original;
    TwIcalSpan span;
    gint64 local, day;

    if (series->series->exceptions->len >= TW_ICAL_MAX_EXCEPTIONS ||
        !tw_ical_moment(series->reader, tw_lines_find(node, "RECURRENCE-ID"), &original) ||
        !tw_ical_span_read(series->reader, node, &span))
        return;
    local = to_local(series, &original);
    day = local / TW_TICKS_DAY;
    if (day >= TW_RECURRENCE_NEVER / TW_CIVIL_DAY_MINUTES ||
        to_local(series, &span.end) / TW_TICKS_MINUTE >= TW_RECURRENCE_NEVER ||
        !tw_recurrence_is_slot(series->series, (guint32) day) ||
        !g_hash_table_add(series->seen, GUINT_TO_POINTER((guint) day)))
        return;
    own = tw_object_new(TW_OBJECT_MESSAGE);
    tw_ical_event_fill(series->reader, node, &span, own);
    tw_item_set_text(names, own, PR_MESSAGE_CLASS,
                     "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}");
    tw_item_set(names, own,
                tw_value_i8(tw_item_tag(names, TW_PidLidExceptionReplaceTime), original.utc));
    exception.start = to_minutes(to_local(series, &span.start));
    exception.end = to_minutes(to_local(series, &span.end));
    exception.original = (guint32) day * TW_CIVIL_DAY_MINUTES + series->series->start_offset;
    fill_overrides(series, own, &exception);
    if (exception.flags & TW_RECURRENCE_BODY)
        tw_item_set(names, own, tw_value_bool(tw_item_tag(names, TW_PidLidFExceptionalBody), TRUE));
    if (tw_object_count(own, TW_OBJECT_RECIPIENT) > 0)
        tw_item_set(names, own,
                    tw_value_bool(tw_item_tag(names, TW_PidLidFExceptionalAttendees), TRUE));
    g_array_append_val(series->series->exceptions, exception);
    attach_exception(series, g_steal_pointer(&own), &original, &span);
}

/* ---- the series ---- */

static void
set_zone(Series *series)
{
    TwItemNames *names = &series->reader->names;
    const TwTimeZone *zone = series->span->start.zone;
    int year = (int) tw_civil_date(series->span->start.local / TW_TICKS_DAY).year;
    static const TwTimeZoneRule utc_rule = { .year = 1601 };
    g_autoptr(TwTimeZone) utc = NULL;
    g_autoptr(GBytes) definition = NULL;
    g_autoptr(GBytes) structure = NULL;
    g_autofree char *description = NULL;

    if (zone == NULL) {
        utc = tw_timezone_new("UTC", &utc_rule, 1, NULL);
        zone = utc;
    }
    definition =
        tw_timezone_write_definition(zone, year, MAX(year, LAST_RULE_YEAR), year, TRUE, NULL);
    structure = tw_timezone_write_struct(zone, year);
    description = tw_timezone_describe(zone, year);
    tw_item_set_bytes(names, series->object,
                      tw_item_tag(names, TW_PidLidAppointmentTimeZoneDefinitionRecur), definition);
    tw_item_set_bytes(names, series->object, tw_item_tag(names, TW_PidLidTimeZoneStruct),
                      structure);
    tw_item_set_text(names, series->object, tw_item_tag(names, TW_PidLidTimeZoneDescription),
                     description);
}

static guint32
recurrence_type(const TwRecurrencePattern *pattern)
{
    return pattern->type == TW_RECURRENCE_WEEK ? 2 : pattern->frequency - TW_RECURRENCE_DAILY + 1;
}

static void
set_series(Series *series)
{
    TwItemNames *names = &series->reader->names;
    g_autoptr(GBytes) blob = tw_recurrence_write(series->series, NULL);
    gint64 start, end;

    if (blob == NULL)
        return;
    tw_item_set_bytes(names, series->object, tw_item_tag(names, TW_PidLidAppointmentRecur), blob);
    tw_item_set(names, series->object, tw_value_bool(tw_item_tag(names, TW_PidLidRecurring), TRUE));
    tw_item_set(names, series->object,
                tw_value_long(tw_item_tag(names, TW_PidLidRecurrenceType),
                              recurrence_type(&series->series->pattern)));
    if (tw_recurrence_get_clip(series->series, &start, &end)) {
        tw_item_set(names, series->object,
                    tw_value_i8(tw_item_tag(names, TW_PidLidClipStart), start));
        tw_item_set(names, series->object, tw_value_i8(tw_item_tag(names, TW_PidLidClipEnd), end));
    }
    set_zone(series);
}

static gboolean
make_pattern(Series *series, const TwContentNode *master)
{
    const TwContentLine *line = tw_lines_find(master, "RRULE");
    const TwIcalSpan *span = series->span;
    gint64 length = (span->end.local - span->start.local) / TW_TICKS_MINUTE;
    gint64 offset = span->start.local % TW_TICKS_DAY / TW_TICKS_MINUTE;
    guint32 first, last;
    TwIcalRule rule;

    /* two rules, or a rule of what is left out: only the text has them */
    if (tw_lines_next(line) != NULL || tw_lines_find(master, "EXRULE") != NULL ||
        !tw_ical_rule_parse(line->value, line->value_len, &rule))
        return FALSE;
    if (tw_ical_rule_to_series(&rule, span->start.local, last_day(&rule, span), series->series) ==
        TW_ICAL_RULE_NONE)
        return FALSE;
    series->series->has_times = TRUE;
    series->series->start_offset = (guint32) offset;
    series->series->end_offset = (guint32) (offset + MAX(length, 0));
    for (guint i = 0; i < series->series->deleted->len; i++)
        g_hash_table_add(series->seen,
                         GUINT_TO_POINTER(g_array_index(series->series->deleted, guint32, i) /
                                          TW_CIVIL_DAY_MINUTES));
    return tw_recurrence_get_range(series->series, &first, &last);
}

void
tw_ical_series_read(TwIcalReader *reader,
                    const TwIcalGroup *group,
                    const TwIcalSpan *span,
                    TwObject *object)
{
    g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    Series series = { reader, object, span, recurrence, seen };

    if (!make_pattern(&series, group->master))
        return;
    read_exdates(&series, group->master);
    for (guint i = 0; i < group->overrides->len; i++)
        read_exception(&series, group->overrides->pdata[i]);
    if (!tw_recurrence_normalize(recurrence, NULL))
        return;
    set_series(&series);
}
