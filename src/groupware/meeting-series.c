/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/meeting-series.h"

#include <string.h>

#include "base/error.h"
#include "groupware/calendar.h"
#include "mapi/civil.h"
#include "mapi/tags.h"

#define EXCEPTION_CLASS "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}"

enum {
    BY_EMBEDDED = 5,          /* PR_ATTACH_METHOD */
    EXCEPTION_ATTACHMENT = 2, /* PR_ATTACHMENT_FLAGS */
};

gboolean
tw_meeting_series_open(TwMeetingSeries *series, TwItemNames *names, TwObject *item)
{
    g_autoptr(GBytes) blob = tw_item_get_bytes(item, tw_item_tag(names, TW_PidLidAppointmentRecur));

    series->names = names;
    series->item = item;
    if (blob == NULL)
        return FALSE;
    series->series =
        tw_recurrence_parse(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), NULL);
    series->zone = tw_calendar_zone(names, item, NULL);
    return series->series != NULL && series->series->has_times;
}

void
tw_meeting_series_clear(TwMeetingSeries *series)
{
    g_clear_pointer(&series->series, tw_recurrence_free);
    g_clear_pointer(&series->zone, tw_timezone_unref);
}

static guint32
to_minutes(const TwMeetingSeries *series, gint64 utc)
{
    return (guint32) CLAMP(tw_timezone_to_local(series->zone, utc) / TW_TICKS_MINUTE, 0,
                           (gint64) TW_RECURRENCE_NEVER);
}

static gint64
slot_start(const TwMeetingSeries *series, gint64 day)
{
    gint64 minutes = day * TW_CIVIL_DAY_MINUTES + series->series->start_offset;

    return tw_timezone_to_utc(series->zone, minutes * TW_TICKS_MINUTE);
}

static gint64
slot_end(const TwMeetingSeries *series, gint64 day)
{
    gint64 minutes = day * TW_CIVIL_DAY_MINUTES + series->series->end_offset;

    return tw_timezone_to_utc(series->zone, minutes * TW_TICKS_MINUTE);
}

/* ---- attachments ---- */

static TwObject *
find_attachment(const TwMeetingSeries *series, gint64 day)
{
    for (guint i = 0; i < tw_object_count(series->item, TW_OBJECT_ATTACHMENT); i++) {
        TwObject *attachment = tw_object_at(series->item, TW_OBJECT_ATTACHMENT, i);
        gint64 original;

        if (tw_object_get_embedded(attachment) != NULL &&
            tw_item_get_time(attachment, PR_EXCEPTION_REPLACETIME, &original) &&
            to_minutes(series, original) / TW_CIVIL_DAY_MINUTES == day)
            return attachment;
    }
    return NULL;
}

TwObject *
tw_meeting_series_find(const TwMeetingSeries *series, gint64 day)
{
    TwObject *attachment = find_attachment(series, day);

    return attachment != NULL ? tw_object_get_embedded(attachment) : NULL;
}

static void
forget(TwMeetingSeries *series, gint64 day)
{
    const TwObject *attachment = find_attachment(series, day);
    GArray *exceptions = series->series->exceptions;

    if (attachment != NULL)
        tw_object_remove_child(series->item, TW_OBJECT_ATTACHMENT,
                               tw_object_get_number(attachment));
    for (guint i = exceptions->len; i-- > 0;) {
        const TwRecurrenceException *one = &g_array_index(exceptions, TwRecurrenceException, i);
        if (one->original / TW_CIVIL_DAY_MINUTES == day)
            g_array_remove_index(exceptions, i);
    }
}

static gboolean
has_slot(const TwMeetingSeries *series, gint64 day)
{
    return day >= 0 && day < TW_RECURRENCE_NEVER / TW_CIVIL_DAY_MINUTES &&
           tw_recurrence_is_slot(series->series, (guint32) day);
}

gboolean
tw_meeting_series_remove(TwMeetingSeries *series, gint64 day)
{
    guint32 minutes = (guint32) (day * TW_CIVIL_DAY_MINUTES);

    if (!has_slot(series, day))
        return FALSE;
    forget(series, day);
    g_array_append_val(series->series->deleted, minutes);
    return TRUE;
}

/* ---- exceptions ---- */

static gboolean
differs(const TwMeetingSeries *series, const TwObject *own, guint32 tag)
{
    return tag != 0 && tw_object_has(own, tag) &&
           strcmp(tw_object_get_text(own, tag, ""), tw_object_get_text(series->item, tag, "")) != 0;
}

static void
fill_exception(const TwMeetingSeries *series, const TwObject *own, TwRecurrenceException *ret)
{
    guint32 location = tw_item_tag(series->names, TW_PidLidLocation);
    guint32 busy = tw_item_tag(series->names, TW_PidLidBusyStatus);
    guint32 state = tw_item_tag(series->names, TW_PidLidAppointmentStateFlags);
    guint32 number = tw_object_get_long(own, busy, TW_BUSY_BUSY);

    if (differs(series, own, PR_SUBJECT)) {
        ret->flags |= TW_RECURRENCE_SUBJECT;
        ret->subject = g_strdup(tw_object_get_text(own, PR_SUBJECT, ""));
    }
    if (differs(series, own, location)) {
        ret->flags |= TW_RECURRENCE_LOCATION;
        ret->location = g_strdup(tw_object_get_text(own, location, ""));
    }
    if (tw_object_has(own, busy) &&
        number != tw_object_get_long(series->item, busy, TW_BUSY_BUSY)) {
        ret->flags |= TW_RECURRENCE_BUSY;
        ret->busy = number;
    }
    if (tw_object_has(own, state) &&
        tw_object_get_long(own, state, 0) != tw_object_get_long(series->item, state, 0)) {
        ret->flags |= TW_RECURRENCE_MEETING_TYPE;
        ret->meeting_type = tw_object_get_long(own, state, 0);
    }
}

static TwObject *
attach(TwMeetingSeries *series, gint64 day, TwObject *own, gint64 start, gint64 end, GError **error)
{
    TwObject *attachment =
        tw_object_add(series->item, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, error);
    const TwPropValue values[] = {
        tw_value_long(PR_ATTACH_METHOD, BY_EMBEDDED),
        tw_value_bool(PR_ATTACHMENT_HIDDEN, TRUE),
        tw_value_long(PR_ATTACHMENT_FLAGS, EXCEPTION_ATTACHMENT),
        tw_value_long(PR_ATTACHMENT_LINKID, 0),
        tw_value_i8(PR_EXCEPTION_STARTTIME, tw_timezone_to_local(series->zone, start)),
        tw_value_i8(PR_EXCEPTION_ENDTIME, tw_timezone_to_local(series->zone, end)),
        tw_value_i8(PR_EXCEPTION_REPLACETIME, slot_start(series, day)),
        tw_value_str(PR_DISPLAY_NAME, "Untitled"),
    };

    for (guint i = 0; attachment != NULL && i < G_N_ELEMENTS(values); i++) {
        if (!tw_object_set(attachment, &values[i], error))
            return NULL;
    }
    return attachment != NULL && tw_object_set_embedded(attachment, own, error) ? own : NULL;
}

TwObject *
tw_meeting_series_put(TwMeetingSeries *series, gint64 day, TwObject *own, GError **error)
{
    g_autoptr(TwObject) owned = own;
    TwItemNames *names = series->names;
    TwRecurrenceException exception = { .flags = 0 };
    gint64 start, end;

    if (!has_slot(series, day)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "the series has no such instance");
        return NULL;
    }
    start = slot_start(series, day);
    end = slot_end(series, day);
    if (tw_item_get_time(own, tw_item_tag(names, TW_PidLidAppointmentStartWhole), &start) &&
        !tw_item_get_time(own, tw_item_tag(names, TW_PidLidAppointmentEndWhole), &end))
        end = start + slot_end(series, day) - slot_start(series, day);
    forget(series, day);
    tw_item_set_text(names, own, PR_MESSAGE_CLASS, EXCEPTION_CLASS);
    tw_item_set(
        names, own,
        tw_value_i8(tw_item_tag(names, TW_PidLidExceptionReplaceTime), slot_start(series, day)));
    exception.start = to_minutes(series, start);
    exception.end = MAX(to_minutes(series, end), exception.start);
    exception.original = (guint32) day * TW_CIVIL_DAY_MINUTES + series->series->start_offset;
    fill_exception(series, own, &exception);
    g_array_append_val(series->series->exceptions, exception);
    if (attach(series, day, own, start, end, error) == NULL)
        return NULL;
    return g_steal_pointer(&owned);
}

static gboolean
copy_people(const TwObject *from, TwObject *to, GError **error)
{
    for (guint i = 0; i < tw_object_count(from, TW_OBJECT_RECIPIENT); i++) {
        const TwObject *row = tw_object_at(from, TW_OBJECT_RECIPIENT, i);
        g_autoptr(GArray) tags = tw_object_list_tags(row);
        TwObject *copy = tw_object_add(to, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, error);

        for (guint j = 0; copy != NULL && j < tags->len; j++) {
            TwPropValue value;
            guint32 tag = g_array_index(tags, guint32, j);
            if (tag != PR_ROWID && tw_object_get(row, tag, &value) &&
                !tw_object_set(copy, &value, error))
                return FALSE;
        }
        if (copy == NULL)
            return FALSE;
    }
    return TRUE;
}

TwObject *
tw_meeting_series_own(TwMeetingSeries *series, gint64 day, GError **error)
{
    TwItemNames *names = series->names;
    TwObject *found = tw_meeting_series_find(series, day), *own;

    if (found != NULL)
        return found;
    own = tw_object_new(TW_OBJECT_MESSAGE);
    tw_item_set(
        names, own,
        tw_value_i8(tw_item_tag(names, TW_PidLidAppointmentStartWhole), slot_start(series, day)));
    tw_item_set(
        names, own,
        tw_value_i8(tw_item_tag(names, TW_PidLidAppointmentEndWhole), slot_end(series, day)));
    tw_item_set(names, own,
                tw_value_bool(tw_item_tag(names, TW_PidLidFExceptionalAttendees), TRUE));
    tw_item_set_text(names, own, PR_SUBJECT, tw_object_get_text(series->item, PR_SUBJECT, ""));
    if (!copy_people(series->item, own, error)) {
        tw_object_free(own);
        return NULL;
    }
    return tw_meeting_series_put(series, day, own, error);
}

gboolean
tw_meeting_series_save(TwMeetingSeries *series, GError **error)
{
    TwItemNames *names = series->names;
    g_autoptr(GBytes) blob = NULL;

    if (!tw_recurrence_normalize(series->series, error))
        return FALSE;
    blob = tw_recurrence_write(series->series, error);
    if (blob == NULL)
        return FALSE;
    tw_item_set_bytes(names, series->item, tw_item_tag(names, TW_PidLidAppointmentRecur), blob);
    return TRUE;
}

/* ---- two series ---- */

#define GONE G_MAXUINT64

static guint64
span_of(guint32 start, guint32 end)
{
    return (guint64) start << 32 | end;
}

static void
note_span(GHashTable *days, guint32 minutes, guint64 span)
{
    guint64 *value = g_memdup2(&span, sizeof span);

    g_hash_table_insert(days, GUINT_TO_POINTER(minutes / TW_CIVIL_DAY_MINUTES), value);
}

/* Day to when it is instead, or GONE. */
static GHashTable *
list_changes(const TwRecurrence *series)
{
    GHashTable *days = g_hash_table_new_full(NULL, NULL, NULL, g_free);

    for (guint i = 0; i < series->deleted->len; i++)
        note_span(days, g_array_index(series->deleted, guint32, i), GONE);
    for (guint i = 0; i < series->exceptions->len; i++) {
        const TwRecurrenceException *one =
            &g_array_index(series->exceptions, TwRecurrenceException, i);
        note_span(days, one->original, span_of(one->start, one->end));
    }
    return days;
}

/* Each of @changes is so in @other, too, where it may be what the pattern says anyway. */
static gboolean
changes_are_in(GHashTable *changes, GHashTable *other, const TwRecurrence *series)
{
    GHashTableIter iter;
    gpointer day, value;

    g_hash_table_iter_init(&iter, changes);
    while (g_hash_table_iter_next(&iter, &day, &value)) {
        guint32 midnight = GPOINTER_TO_UINT(day) * TW_CIVIL_DAY_MINUTES;
        guint64 plain = span_of(midnight + series->start_offset, midnight + series->end_offset);
        const guint64 *theirs = g_hash_table_lookup(other, day);

        if (*(const guint64 *) value != (theirs != NULL ? *theirs : plain))
            return FALSE;
    }
    return TRUE;
}

static gboolean
same_pattern(const TwRecurrence *one, const TwRecurrence *other)
{
    const TwRecurrencePattern *a = &one->pattern, *b = &other->pattern;

    return a->frequency == b->frequency && a->type == b->type && a->calendar == b->calendar &&
           a->period == b->period && a->days == b->days && a->day_of_month == b->day_of_month &&
           a->nth == b->nth && a->end == b->end && a->first_weekday == b->first_weekday &&
           a->start_date == b->start_date &&
           (a->end != TW_RECURRENCE_END_COUNT || a->count == b->count) &&
           (a->end != TW_RECURRENCE_END_DATE || a->end_date == b->end_date) &&
           one->start_offset == other->start_offset && one->end_offset == other->end_offset;
}

static TwRecurrence *
read_rule(GBytes *blob)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(blob, &len);

    return tw_recurrence_parse(data, len, NULL);
}

gboolean
tw_meeting_same_days(TwItemNames *names, const TwObject *one, const TwObject *other)
{
    guint32 tag = tw_item_tag(names, TW_PidLidAppointmentRecur);
    g_autoptr(GBytes) a = tw_item_get_bytes(one, tag);
    g_autoptr(GBytes) b = tw_item_get_bytes(other, tag);
    g_autoptr(TwRecurrence) ours = NULL;
    g_autoptr(TwRecurrence) theirs = NULL;
    g_autoptr(GHashTable) our_days = NULL;
    g_autoptr(GHashTable) their_days = NULL;

    if (a == NULL || b == NULL || g_bytes_equal(a, b))
        return a == b || (a != NULL && b != NULL);
    ours = read_rule(a);
    theirs = read_rule(b);
    if (ours == NULL || theirs == NULL || !same_pattern(ours, theirs))
        return FALSE;
    our_days = list_changes(ours);
    their_days = list_changes(theirs);
    return changes_are_in(our_days, their_days, theirs) &&
           changes_are_in(their_days, our_days, ours);
}
