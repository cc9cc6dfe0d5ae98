/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a change of an item means to others. */
#include <string.h>

#include "base/error.h"
#include "groupware/meeting-series.h"
#include "groupware/meetings-private.h"
#include "mapi/civil.h"
#include "mapi/global-id.h"
#include "mapi/tags.h"

enum {
    MOST_DECLINED = 100, /* instances that one change of an item declines */
};

static gboolean
add_message(const TwMeetingChange *change, TwObject *message)
{
    if (message != NULL)
        g_ptr_array_add(change->messages, message);
    return message != NULL;
}

/* ---- people ---- */

gboolean
tw_meeting_change_is_other(const TwMeetingChange *change, const TwObject *row)
{
    g_autofree char *address = tw_item_role_address(row, &tw_item_recipient);

    return address != NULL && !tw_meetings_is_me(change->meetings, address) &&
           (tw_object_get_long(row, PR_RECIPIENT_FLAGS, 0) & TW_RECIPIENT_ORGANISER) == 0;
}

static guint
count_others(const TwMeetingChange *change, const TwObject *item)
{
    guint count = 0;

    for (guint i = 0; item != NULL && i < tw_object_count(item, TW_OBJECT_RECIPIENT); i++)
        count +=
            tw_meeting_change_is_other(change, tw_object_at(item, TW_OBJECT_RECIPIENT, i)) ? 1 : 0;
    return count;
}

static TwObject *
find_same(const TwObject *item, const TwObject *row)
{
    g_autofree char *address = tw_item_role_address(row, &tw_item_recipient);

    return item != NULL ? tw_meeting_find_person(item, address) : NULL;
}

/* How many of @item's people are not in @than. */
static guint
count_more(const TwMeetingChange *change, const TwObject *item, const TwObject *than)
{
    guint count = 0;

    for (guint i = 0; i < tw_object_count(item, TW_OBJECT_RECIPIENT); i++) {
        const TwObject *row = tw_object_at(item, TW_OBJECT_RECIPIENT, i);
        count += tw_meeting_change_is_other(change, row) && find_same(than, row) == NULL ? 1 : 0;
    }
    return count;
}

/* Only those who are not in @than get it. */
static void
address_more(const TwMeetingChange *change, TwObject *message, const TwObject *than)
{
    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_RECIPIENT); i++) {
        TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, i);
        guint32 type = tw_object_get_long(row, PR_RECIPIENT_TYPE, 1);

        if (find_same(than, row) != NULL)
            tw_item_set(change->names, row,
                        tw_value_long(PR_RECIPIENT_TYPE, type | TW_RECIPIENT_PASSED_OVER));
    }
}

TwObject *
tw_meeting_change_instance(const TwMeetingChange *change,
                           const TwObject *whole,
                           const TwObject *own,
                           gint64 day)
{
    TwObject *item = tw_object_copy(own);
    g_autoptr(GBytes) clean = tw_meeting_id(change->names, whole);
    g_autoptr(GBytes) id = NULL;
    g_autofree char *uid = NULL;
    g_autofree char *organiser = tw_item_role_address(whole, &tw_item_representing);

    if (clean != NULL)
        uid = tw_global_id_to_uid(g_bytes_get_data(clean, NULL), g_bytes_get_size(clean));
    if (uid != NULL)
        id = tw_global_id_from_uid(uid, day);
    tw_item_set_bytes(change->names, item, tw_item_tag(change->names, TW_PidLidGlobalObjectId), id);
    tw_item_set_bytes(change->names, item, tw_item_tag(change->names, TW_PidLidCleanGlobalObjectId),
                      clean);
    tw_item_set(change->names, item,
                tw_value_long(tw_item_tag(change->names, TW_PidLidAppointmentSequence),
                              tw_meeting_sequence(change->names, whole)));
    tw_item_set(change->names, item,
                tw_value_bool(tw_item_tag(change->names, TW_PidLidIsException), TRUE));
    if (organiser != NULL)
        tw_item_set_role(change->names, item, &tw_item_representing,
                         tw_object_get_text(whole, PR_SENT_REPRESENTING_NAME, ""), organiser);
    return item;
}

/* ---- the organiser's item ---- */

void
tw_meeting_change_carry(const TwMeetingChange *change,
                        TwObject *now,
                        const TwObject *then,
                        gboolean forget)
{
    for (guint i = 0; i < tw_object_count(now, TW_OBJECT_RECIPIENT); i++) {
        TwObject *row = tw_object_at(now, TW_OBJECT_RECIPIENT, i);
        const TwObject *before = find_same(then, row);
        TwPropValue value;

        if (!tw_meeting_change_is_other(change, row))
            continue;
        if (forget) {
            tw_item_set(change->names, row,
                        tw_value_long(PR_RECIPIENT_TRACKSTATUS, TW_RESPONSE_NONE));
            tw_object_remove(row, PR_RECIPIENT_TRACKSTATUS_TIME);
        } else if (before != NULL) {
            if (tw_object_get(before, PR_RECIPIENT_TRACKSTATUS, &value))
                tw_item_set(change->names, row, value);
            if (tw_object_get(before, PR_RECIPIENT_TRACKSTATUS_TIME, &value))
                tw_item_set(change->names, row, value);
        }
    }
}

static void
put_long(const TwMeetingChange *change, TwKnownName which, guint32 number)
{
    tw_item_set(change->names, change->after,
                tw_value_long(tw_item_tag(change->names, which), number));
}

/* The version of what is sent: never below what others have. */
static void
set_version(const TwMeetingChange *change, gboolean raise)
{
    guint32 then = change->before != NULL ? tw_meeting_sequence(change->names, change->before) : 0;
    guint32 now = tw_meeting_sequence(change->names, change->after);

    if (change->before != NULL)
        now = MAX(now, then + (raise ? 1 : 0));
    put_long(change, TW_PidLidAppointmentSequence, now);
    tw_item_set(change->names, change->after,
                tw_value_i8(tw_item_tag(change->names, TW_PidLidOwnerCriticalChange),
                            change->meetings->spec.now));
}

static gboolean
is_called_off(const TwMeetingChange *change, const TwObject *item)
{
    return tw_meeting_is_called_off(change->names, item);
}

static void
become_organised(const TwMeetingChange *change)
{
    put_long(change, TW_PidLidAppointmentStateFlags,
             TW_MEETING_STATE_MEETING |
                 (is_called_off(change, change->after) ? TW_MEETING_STATE_CANCELLED : 0));
    put_long(change, TW_PidLidResponseStatus, TW_RESPONSE_ORGANISED);
    tw_item_set(change->names, change->after,
                tw_value_bool(tw_item_tag(change->names, TW_PidLidFInvited), TRUE));
}

/* The item as others get it: days that are off are no more, for whatever a client makes of their STATUS. */
static TwObject *
without_called_off(const TwMeetingChange *change, const TwObject *whole)
{
    g_autoptr(TwObject) item = tw_object_copy(whole);
    g_auto(TwMeetingSeries) series = { .names = NULL };
    gboolean removed = FALSE;

    if (!tw_meeting_series_open(&series, change->names, item))
        return g_steal_pointer(&item);
    for (guint i = series.series->exceptions->len; i-- > 0;) {
        gint64 day = g_array_index(series.series->exceptions, TwRecurrenceException, i).original /
                     TW_CIVIL_DAY_MINUTES;

        if (is_called_off(change, tw_meeting_series_find(&series, day)))
            removed |= tw_meeting_series_remove(&series, day);
    }
    if (!removed || tw_meeting_series_save(&series, NULL))
        return g_steal_pointer(&item);
    return tw_object_copy(whole); /* nothing would be left */
}

static gboolean
invite(const TwMeetingChange *change, guint32 type, const TwObject *not_to, GError **error)
{
    g_autoptr(TwObject) item = without_called_off(change, change->after);
    TwObject *message =
        tw_meeting_make_request(change->names, item, &change->meetings->me, type, error);

    if (message != NULL && not_to != NULL)
        address_more(change, message, not_to);
    return add_message(change, message);
}

static gboolean
uninvite(const TwMeetingChange *change, const TwObject *still_in, GError **error)
{
    TwObject *message = tw_meeting_make_cancel(change->names, change->before, &change->meetings->me,
                                               change->meetings->spec.now, error);

    if (message != NULL && still_in != NULL)
        address_more(change, message, still_in);
    return add_message(change, message);
}

static gboolean
same_text(const TwMeetingChange *change, guint32 tag)
{
    return strcmp(tw_object_get_text(change->before, tag, ""),
                  tw_object_get_text(change->after, tag, "")) == 0;
}

/* What single instances have of their own shows in the rule. */
static gboolean
same_rule(const TwMeetingChange *change)
{
    guint32 tag = tw_item_tag(change->names, TW_PidLidAppointmentRecur);
    g_autoptr(GBytes) then = tw_item_get_bytes(change->before, tag);
    g_autoptr(GBytes) now = tw_item_get_bytes(change->after, tag);

    return then == now || (then != NULL && now != NULL && g_bytes_equal(then, now));
}

/* Anything that others see of it. */
static gboolean
says_the_same(const TwMeetingChange *change)
{
    guint32 busy = tw_item_tag(change->names, TW_PidLidBusyStatus);
    guint32 status = tw_item_tag(change->names, TW_PidLidTaskStatus);

    return same_text(change, PR_SUBJECT) && same_text(change, PR_BODY) && same_rule(change) &&
           tw_object_get_long(change->before, busy, 2) ==
               tw_object_get_long(change->after, busy, 2) &&
           tw_object_get_long(change->before, status, 0) ==
               tw_object_get_long(change->after, status, 0) &&
           tw_object_get_long(change->before, PR_SENSITIVITY, 0) ==
               tw_object_get_long(change->after, PR_SENSITIVITY, 0);
}

/* As others have it. */
static gboolean
same_time(const TwMeetingChange *change)
{
    g_autoptr(TwObject) then = without_called_off(change, change->before);
    g_autoptr(TwObject) now = without_called_off(change, change->after);

    return tw_meeting_same_time(change->names, then, now);
}

static gboolean
update(const TwMeetingChange *change, GError **error)
{
    gboolean moved =
        !same_time(change) || is_called_off(change, change->before); /* and shall be after all */

    tw_meeting_change_carry(change, change->after, change->before, moved);
    set_version(change, moved);
    if (count_more(change, change->before, change->after) > 0 &&
        !uninvite(change, change->after, error))
        return FALSE;
    if (count_others(change, change->after) == 0)
        return TRUE;
    if (moved)
        return invite(change, TW_MEETING_TYPE_FULL, NULL, error);
    if (!says_the_same(change))
        return invite(change, TW_MEETING_TYPE_INFORMATION, NULL, error);
    return count_more(change, change->after, change->before) == 0 ||
           invite(change, TW_MEETING_TYPE_FIRST, change->before, error);
}

/* It stays in the organiser's calendar, cancelled: for others that is as if it were deleted (RFC 5546, 3.2.5). */
static gboolean
call_off(const TwMeetingChange *change, gboolean was, GError **error)
{
    if (!was || is_called_off(change, change->before)) {
        set_version(change, FALSE);
        return TRUE;
    }
    tw_meeting_change_carry(change, change->after, change->before, FALSE);
    set_version(change, TRUE);
    return uninvite(change, NULL, error);
}

static gboolean
prepare_whole(const TwMeetingChange *change, GError **error)
{
    gboolean was = count_others(change, change->before) > 0;
    gboolean is = count_others(change, change->after) > 0;

    if (change->after == NULL)
        return !was || is_called_off(change, change->before) || uninvite(change, NULL, error);
    if (is_called_off(change, change->after))
        return call_off(change, was, error);
    if (change->before != NULL && was)
        return update(change, error);
    set_version(change, change->before != NULL &&
                            !tw_meeting_same_time(change->names, change->before, change->after));
    return !is || invite(change, TW_MEETING_TYPE_FIRST, NULL, error);
}

static gboolean
is_meeting(const TwMeetingChange *change, const TwObject *item)
{
    return count_others(change, item) > 0 || tw_meetings_has_guests(change->names, item);
}

static gboolean
prepare_organised(const TwMeetingChange *change, GError **error)
{
    gboolean is = is_meeting(change, change->after);

    if (!is && !is_meeting(change, change->before))
        return TRUE;
    if (is)
        become_organised(change);
    return prepare_whole(change, error) && tw_meetings_prepare_instances(change, error);
}

/* ---- the attendee's item ---- */

static TwResponse
response_of(const TwMeetingChange *change, const TwObject *item)
{
    return tw_meeting_response(change->names, item);
}

static gboolean
reply(const TwMeetingChange *change, const TwObject *item, TwResponse response, GError **error)
{
    const TwMeetingAnswer answer = { .me = change->meetings->me,
                                     .response = response,
                                     .now = change->meetings->spec.now };

    return add_message(change, tw_meeting_make_reply(change->names, item, &answer, error));
}

/* Instances that were answered otherwise than their series. */
static gboolean
reply_for_instances(const TwMeetingChange *change, GError **error)
{
    g_autoptr(TwObject) then = change->before != NULL ? tw_object_copy(change->before) : NULL;
    g_auto(TwMeetingSeries) was = { .names = NULL };
    g_auto(TwMeetingSeries) is = { .names = NULL };
    TwResponse whole = response_of(change, change->after);

    if (!tw_meeting_series_open(&is, change->names, change->after))
        return TRUE;
    if (then != NULL)
        (void) tw_meeting_series_open(&was, change->names, then);
    for (guint i = 0; i < is.series->exceptions->len; i++) {
        gint64 day = g_array_index(is.series->exceptions, TwRecurrenceException, i).original / 1440;
        const TwObject *own = tw_meeting_series_find(&is, day);
        const TwObject *own_then = was.series != NULL ? tw_meeting_series_find(&was, day) : NULL;
        TwResponse now = response_of(change, own);
        TwResponse before =
            own_then != NULL ? response_of(change, own_then) : response_of(change, then);
        g_autoptr(TwObject) instance = NULL;

        if (own == NULL || now == TW_RESPONSE_NOT_YET || now == before ||
            (own_then == NULL && now == whole))
            continue;
        instance = tw_meeting_change_instance(change, change->after, own, day);
        if (!reply(change, instance, now, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
has_date(const GArray *dates, guint32 midnight)
{
    for (guint i = 0; i < dates->len; i++) {
        if (g_array_index(dates, guint32, i) == midnight)
            return TRUE;
    }
    return FALSE;
}

/* Instances that were taken out of the series: declined (RFC 6638, 3.2.2.1). */
static gboolean
decline_removed(const TwMeetingChange *change, GError **error)
{
    g_autoptr(TwObject) then = change->before != NULL ? tw_object_copy(change->before) : NULL;
    g_auto(TwMeetingSeries) was = { .names = NULL };
    g_auto(TwMeetingSeries) is = { .names = NULL };
    guint left = MOST_DECLINED;

    if (then == NULL || !tw_meeting_series_open(&was, change->names, then) ||
        !tw_meeting_series_open(&is, change->names, change->after))
        return TRUE;
    for (guint i = 0; i < is.series->deleted->len && left > 0; i++) {
        guint32 midnight = g_array_index(is.series->deleted, guint32, i);
        gint64 day = midnight / TW_CIVIL_DAY_MINUTES;
        g_autoptr(TwObject) instance = NULL;
        const TwObject *own;

        if (tw_meeting_series_find(&is, day) != NULL || has_date(was.series->deleted, midnight))
            continue;
        left--;
        own = tw_meeting_series_own(&was, day, NULL);
        if (own == NULL)
            continue; /* not of the series as it was */
        instance = tw_meeting_change_instance(change, change->after, own, day);
        if (!reply(change, instance, TW_RESPONSE_DECLINED, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
prepare_received(const TwMeetingChange *change, GError **error)
{
    TwResponse then = response_of(change, change->before);
    TwResponse now = response_of(change, change->after);
    const TwObject *any = change->after != NULL ? change->after : change->before;
    guint32 tag = tw_item_tag(change->names, TW_PidLidAppointmentStateFlags);
    g_autofree char *organiser = tw_item_role_address(any, &tw_item_representing);

    if (organiser == NULL || (tw_object_get_long(any, tag, 0) & TW_MEETING_STATE_CANCELLED) != 0)
        return TRUE;
    if (change->after == NULL)
        return then == TW_RESPONSE_DECLINED ||
               reply(change, change->before, TW_RESPONSE_DECLINED, error);
    if (now != then && now != TW_RESPONSE_NOT_YET) {
        tw_meeting_set_response(change->names, change->after, &change->meetings->me, now,
                                change->meetings->spec.now);
        if (!reply(change, change->after, now, error))
            return FALSE;
    }
    return reply_for_instances(change, error) && decline_removed(change, error);
}

/* ---- both ---- */

/* Nobody becomes the organiser of somebody else's meeting by writing so. */
static gboolean
is_mine(const TwMeetingChange *change)
{
    const TwObject *item = change->before != NULL ? change->before : change->after;
    g_autofree char *organiser = tw_item_role_address(item, &tw_item_representing);

    return organiser == NULL || tw_meetings_is_me(change->meetings, organiser);
}

gboolean
tw_meetings_prepare(TwMeetings *meetings,
                    const TwObject *before,
                    TwObject *after,
                    GPtrArray *messages,
                    GError **error)
{
    const TwMeetingChange change = { .meetings = meetings,
                                     .names = &meetings->reader.names,
                                     .before = before,
                                     .after = after,
                                     .messages = messages };
    gboolean ok;

    if (before == NULL && after == NULL)
        return TRUE;
    ok = is_mine(&change) ? prepare_organised(&change, error) : prepare_received(&change, error);
    if (ok && change.names->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&change.names->error));
        return FALSE;
    }
    return ok && (after == NULL || tw_object_seal(after, error));
}
