/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Instances of an organiser's series that have people of their own: who is asked to one day alone, and who is left out of one
 * (RFC 6638, 3.2.1; RFC 5546, 3.2.2 and 3.2.5). */
#include "groupware/meeting-series.h"
#include "groupware/meetings-private.h"
#include "mapi/civil.h"
#include "mapi/tags.h"

enum {
    MOST_INSTANCES = 200, /* of one series that are told of at one change */
};

/* Both versions of the series; whichever there is. */
typedef struct {
    const TwMeetingChange *change;
    TwObject *then; /* (owned) (nullable): a copy of the item as it was */
    TwMeetingSeries was, is;
} Instances;

static void
clear_instances(Instances *instances)
{
    tw_meeting_series_clear(&instances->was);
    tw_meeting_series_clear(&instances->is);
    g_clear_pointer(&instances->then, tw_object_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Instances, clear_instances)

static gboolean
has_people(const TwObject *own)
{
    return own != NULL && tw_object_count(own, TW_OBJECT_RECIPIENT) > 0;
}

static gboolean
is_in(const TwObject *item, const char *address)
{
    return item != NULL && tw_meeting_find_person(item, address) != NULL;
}

static gboolean
is_removed(const TwMeetingSeries *series, gint64 day)
{
    for (guint i = 0; i < series->series->deleted->len; i++) {
        if (g_array_index(series->series->deleted, guint32, i) / TW_CIVIL_DAY_MINUTES == day)
            return TRUE;
    }
    return FALSE;
}

/* Who is in a series on that day: those of the instance, or those of the series; NULL: nobody. */
static const TwObject *
roster(const TwMeetingSeries *series, const TwObject *item, gint64 day)
{
    const TwObject *own = series->series != NULL ? tw_meeting_series_find(series, day) : NULL;

    if (has_people(own))
        return own;
    return series->series == NULL || (own == NULL && is_removed(series, day)) ? NULL : item;
}

static gboolean
is_called_off(const Instances *instances, const TwObject *own)
{
    return tw_meeting_is_called_off(instances->change->names, own);
}

/* ---- messages ---- */

/* Only for whom @wants says so. */
typedef gboolean (*WantsFunc)(const Instances *instances, gint64 day, const char *address);

static guint
address_some(const Instances *instances, TwObject *message, gint64 day, WantsFunc wants)
{
    TwItemNames *names = instances->change->names;
    guint left = 0;

    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_RECIPIENT); i++) {
        TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, i);
        guint32 type = tw_object_get_long(row, PR_RECIPIENT_TYPE, 1);
        g_autofree char *address = tw_item_role_address(row, &tw_item_recipient);

        if (tw_meeting_change_is_other(instances->change, row) && wants(instances, day, address))
            left++;
        else
            tw_item_set(names, row,
                        tw_value_long(PR_RECIPIENT_TYPE, type | TW_RECIPIENT_PASSED_OVER));
    }
    return left;
}

static gboolean
add(const Instances *instances, TwObject *message, gint64 day, WantsFunc wants, GError **error)
{
    g_autoptr(TwObject) owned = message;

    if (message == NULL)
        return FALSE;
    if (address_some(instances, message, day, wants) == 0)
        return TRUE;
    if (!tw_object_seal(message, error))
        return FALSE;
    g_ptr_array_add(instances->change->messages, g_steal_pointer(&owned));
    return TRUE;
}

/* What an instance does not say of itself, its series says. */
static TwObject *
whole_instance(const Instances *instances, const TwObject *whole, const TwObject *own, gint64 day)
{
    static const TwKnownName shared[] = {
        TW_PidLidLocation,
        TW_PidLidBusyStatus,
        TW_PidLidAppointmentSubType,
        TW_PidLidOwnerCriticalChange,
        TW_PidLidAppointmentTimeZoneDefinitionStartDisplay,
        TW_PidLidAppointmentTimeZoneDefinitionEndDisplay,
    };
    static const guint32 plain[] = { PR_SUBJECT, PR_BODY, PR_SENSITIVITY, PR_IMPORTANCE };
    TwItemNames *names = instances->change->names;
    TwObject *item = tw_meeting_change_instance(instances->change, whole, own, day);
    TwPropValue value;

    for (guint i = 0; i < G_N_ELEMENTS(shared) + G_N_ELEMENTS(plain); i++) {
        guint32 tag = i < G_N_ELEMENTS(shared) ? tw_item_tag(names, shared[i])
                                               : plain[i - G_N_ELEMENTS(shared)];
        if (tag != 0 && !tw_object_has(item, tag) && tw_object_get(whole, tag, &value))
            tw_item_set(names, item, value);
    }
    /* when it was last changed is a matter of the series */
    if (tw_object_get(whole, tw_item_tag(names, TW_PidLidOwnerCriticalChange), &value))
        tw_item_set(names, item, value);
    return item;
}

/* ---- who is told what ---- */

/* In it now, and nobody of the series. */
static gboolean
is_guest(const Instances *instances, gint64 day, const char *address)
{
    (void) day;
    return !is_in(instances->change->after, address);
}

/* And was not told of it yet. */
static gboolean
is_new_guest(const Instances *instances, gint64 day, const char *address)
{
    return is_guest(instances, day, address) &&
           !is_in(roster(&instances->was, instances->then, day), address);
}

/* Whether all of the series is on its way to somebody. */
static gboolean
was_sent(const TwMeetingChange *change, const char *address)
{
    for (guint i = 0; i < change->messages->len; i++) {
        const TwObject *message = change->messages->pdata[i];
        const TwObject *row = tw_meeting_find_person(message, address);

        if (row != NULL && tw_meeting_kind(message) == TW_MEETING_REQUEST &&
            tw_meeting_day(change->names, message) < 0 &&
            (tw_object_get_long(row, PR_RECIPIENT_TYPE, 1) & TW_RECIPIENT_PASSED_OVER) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Of the series, but not in it on that day, which they do not know. */
static gboolean
is_left_out(const Instances *instances, gint64 day, const char *address)
{
    const TwMeetingChange *change = instances->change;

    return is_in(change->after, address) &&
           !is_in(roster(&instances->is, change->after, day), address) &&
           (was_sent(change, address) ||
            is_in(roster(&instances->was, instances->then, day), address));
}

/* Was in it alone, and is not. */
static gboolean
is_gone_guest(const Instances *instances, gint64 day, const char *address)
{
    const TwMeetingChange *change = instances->change;

    return !is_in(change->after, address) && !is_in(instances->then, address) &&
           !is_in(roster(&instances->is, change->after, day), address);
}

/* Was in it that day, whatever is now. */
static gboolean
knew_of_it(const Instances *instances, gint64 day, const char *address)
{
    return is_in(roster(&instances->was, instances->then, day), address);
}

static gboolean
ask(const Instances *instances, TwObject *own, gint64 day, GError **error)
{
    const TwMeetingChange *change = instances->change;
    const TwObject *then =
        instances->was.series != NULL ? tw_meeting_series_find(&instances->was, day) : NULL;
    gboolean moved = then != NULL && !tw_meeting_same_time(change->names, then, own);
    gboolean same =
        then != NULL && !moved &&
        g_strcmp0(tw_object_get_text(then, PR_SUBJECT, ""),
                  tw_object_get_text(own, PR_SUBJECT, "")) == 0 &&
        g_strcmp0(tw_object_get_text(then, PR_BODY, ""), tw_object_get_text(own, PR_BODY, "")) == 0;
    guint32 type = then == NULL ? TW_MEETING_TYPE_FIRST
                   : moved      ? TW_MEETING_TYPE_FULL
                                : TW_MEETING_TYPE_INFORMATION;
    g_autoptr(TwObject) item = NULL;

    if (then != NULL)
        tw_meeting_change_carry(change, own, then, moved);
    item = whole_instance(instances, change->after, own, day);
    return add(instances,
               tw_meeting_make_request(change->names, item, &change->meetings->me, type, error),
               day, same ? is_new_guest : is_guest, error);
}

static gboolean
cancel(const Instances *instances,
       const TwObject *whole,
       const TwObject *own,
       gint64 day,
       WantsFunc wants,
       GError **error)
{
    const TwMeetingChange *change = instances->change;
    g_autoptr(TwObject) item = whole_instance(instances, whole, own, day);

    return add(instances,
               tw_meeting_make_cancel(change->names, item, &change->meetings->me,
                                      change->meetings->spec.now, error),
               day, wants, error);
}

/* The instance as it is for the people of the series: as if it were like all others. */
static gboolean
leave_out(const Instances *instances, gint64 day, WantsFunc wants, GError **error)
{
    const TwMeetingChange *change = instances->change;
    g_autoptr(TwObject) plain = tw_object_copy(change->after);
    g_auto(TwMeetingSeries) series = { .names = NULL };
    const TwObject *own;

    while (tw_object_count(plain, TW_OBJECT_ATTACHMENT) > 0)
        tw_object_remove_child(plain, TW_OBJECT_ATTACHMENT,
                               tw_object_get_number(tw_object_at(plain, TW_OBJECT_ATTACHMENT, 0)));
    own = tw_meeting_series_open(&series, change->names, plain)
              ? tw_meeting_series_own(&series, day, NULL)
              : NULL;
    return own == NULL || cancel(instances, change->after, own, day, wants, error);
}

/* The day is off, by itself or with all of the series: those of the series are told once, and who is asked to that day alone. */
static gboolean
call_off(
    const Instances *instances, TwObject *own, const TwObject *then, gint64 day, GError **error)
{
    const TwObject *after = instances->change->after;

    if (is_called_off(instances, after))
        return is_called_off(instances, instances->then) || !has_people(own) ||
               cancel(instances, after, own, day, is_guest, error);
    if (is_called_off(instances, then))
        return TRUE;
    return has_people(own) ? cancel(instances, after, own, day, knew_of_it, error)
                           : leave_out(instances, day, knew_of_it, error);
}

static gboolean
tell_day(const Instances *instances, gint64 day, GError **error)
{
    TwObject *own =
        instances->is.series != NULL ? tw_meeting_series_find(&instances->is, day) : NULL;
    const TwObject *then =
        instances->was.series != NULL ? tw_meeting_series_find(&instances->was, day) : NULL;

    if (is_called_off(instances, own) || is_called_off(instances, instances->change->after))
        return call_off(instances, own, then, day, error);
    if (has_people(own) &&
        (!ask(instances, own, day, error) || !leave_out(instances, day, is_left_out, error)))
        return FALSE;
    return !has_people(then) || cancel(instances, instances->then, then, day, is_gone_guest, error);
}

/* ---- all days ---- */

/* With people of their own, or off. */
static void
note_days(const TwMeetingSeries *series, GHashTable *days)
{
    for (guint i = 0; series->series != NULL && i < series->series->exceptions->len; i++) {
        gint64 day = g_array_index(series->series->exceptions, TwRecurrenceException, i).original /
                     TW_CIVIL_DAY_MINUTES;

        const TwObject *own = tw_meeting_series_find(series, day);

        if (g_hash_table_size(days) < MOST_INSTANCES &&
            (has_people(own) || tw_meeting_is_called_off(series->names, own)))
            g_hash_table_add(days, GUINT_TO_POINTER((guint) day));
    }
}

gboolean
tw_meetings_has_guests(TwItemNames *names, const TwObject *item)
{
    g_autoptr(TwObject) copy = item != NULL ? tw_object_copy(item) : NULL;
    g_autoptr(GHashTable) days = g_hash_table_new(NULL, NULL);
    g_auto(TwMeetingSeries) series = { .names = NULL };

    if (copy == NULL || !tw_meeting_series_open(&series, names, copy))
        return FALSE;
    note_days(&series, days);
    return g_hash_table_size(days) > 0;
}

gboolean
tw_meetings_prepare_instances(const TwMeetingChange *change, GError **error)
{
    g_auto(Instances) instances = { .change = change };
    g_autoptr(GHashTable) days = g_hash_table_new(NULL, NULL);
    GHashTableIter iter;
    gpointer day;

    if (change->before != NULL) {
        instances.then = tw_object_copy(change->before);
        (void) tw_meeting_series_open(&instances.was, change->names, instances.then);
    }
    if (change->after != NULL)
        (void) tw_meeting_series_open(&instances.is, change->names, change->after);
    note_days(&instances.was, days);
    note_days(&instances.is, days);
    g_hash_table_iter_init(&iter, days);
    while (g_hash_table_iter_next(&iter, &day, NULL)) {
        if (!tell_day(&instances, GPOINTER_TO_UINT(day), error))
            return FALSE;
    }
    return TRUE;
}
