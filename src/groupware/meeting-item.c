/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/meeting-item.h"

#include <string.h>

#include "base/error.h"
#include "groupware/compose.h"
#include "groupware/meeting-series.h"
#include "mapi/global-id.h"
#include "mapi/message-class.h"
#include "mapi/tags.h"

enum {
    BUSY_FREE = 0,
    BUSY_TENTATIVE = 1,
    BUSY_BUSY = 2,
    SIDE_EFFECTS = 0x171,
    ICON_MEETING = 0x402, /* + 1: a series */
    ICON_REQUEST = 0x404,
    ICON_CANCEL = 0x408,
    ICON_TASK = 0x500, /* + 1: a series */
    TASK_DEFERRED = 4, /* PidLidTaskStatus */
};

/* ---- what they say ---- */

static gboolean
is_about(const char *name, const char *what)
{
    g_autofree char *meeting = g_strconcat("IPM.Schedule.Meeting", what, NULL);
    g_autofree char *task = g_strconcat(TW_ICAL_TASK_MESSAGE, what, NULL);

    return tw_message_class_is(name, meeting) || tw_message_class_is(name, task);
}

TwMeetingKind
tw_meeting_kind(const TwObject *message)
{
    const char *name = tw_object_get_text(message, PR_MESSAGE_CLASS, "");

    if (is_about(name, ".Request"))
        return TW_MEETING_REQUEST;
    if (is_about(name, ".Canceled"))
        return TW_MEETING_CANCEL;
    return is_about(name, ".Resp") ? TW_MEETING_REPLY : TW_MEETING_NONE;
}

gboolean
tw_meeting_is_task(const TwObject *object)
{
    const char *name = tw_object_get_text(object, PR_MESSAGE_CLASS, "");

    return tw_message_class_is(name, "IPM.Task") || tw_message_class_is(name, TW_ICAL_TASK_MESSAGE);
}

TwResponse
tw_meeting_reply_of(const TwObject *message)
{
    const char *name = tw_object_get_text(message, PR_MESSAGE_CLASS, "");

    if (is_about(name, ".Resp.Pos"))
        return TW_RESPONSE_ACCEPTED;
    return is_about(name, ".Resp.Neg") ? TW_RESPONSE_DECLINED : TW_RESPONSE_TENTATIVE;
}

static GBytes *
global_id(TwItemNames *names, const TwObject *object)
{
    GBytes *id = tw_item_get_bytes(object, tw_item_tag(names, TW_PidLidGlobalObjectId));

    return id != NULL ? id
                      : tw_item_get_bytes(object, tw_item_tag(names, TW_PidLidCleanGlobalObjectId));
}

GBytes *
tw_meeting_id(TwItemNames *names, const TwObject *object)
{
    g_autoptr(GBytes) id = global_id(names, object);
    gsize len = 0;
    const guint8 *data = id != NULL ? g_bytes_get_data(id, &len) : NULL;

    return data != NULL ? tw_global_id_clean(data, len) : NULL;
}

gint64
tw_meeting_day(TwItemNames *names, const TwObject *object)
{
    g_autoptr(GBytes) id = global_id(names, object);
    gsize len = 0;
    const guint8 *data = id != NULL ? g_bytes_get_data(id, &len) : NULL;

    return data != NULL ? tw_global_id_get_day(data, len) : -1;
}

static guint32
get_long(TwItemNames *names, const TwObject *object, TwKnownName which, guint32 fallback)
{
    guint32 tag = tw_item_tag(names, which);

    return tag != 0 ? tw_object_get_long(object, tag, fallback) : fallback;
}

static void
put_long(TwItemNames *names, TwObject *object, TwKnownName which, guint32 number)
{
    tw_item_set(names, object, tw_value_long(tw_item_tag(names, which), number));
}

static void
put_time(TwItemNames *names, TwObject *object, TwKnownName which, gint64 ticks)
{
    tw_item_set(names, object, tw_value_i8(tw_item_tag(names, which), ticks));
}

static gint64
get_time(TwItemNames *names, const TwObject *object, TwKnownName which)
{
    gint64 ticks = 0;

    (void) tw_item_get_time(object, tw_item_tag(names, which), &ticks);
    return ticks;
}

static guint32
state_of(TwItemNames *names, const TwObject *item)
{
    return get_long(names, item, TW_PidLidAppointmentStateFlags, 0);
}

gboolean
tw_meeting_is_received(TwItemNames *names, const TwObject *item)
{
    return (state_of(names, item) & TW_MEETING_STATE_RECEIVED) != 0;
}

gboolean
tw_meeting_is_called_off(TwItemNames *names, const TwObject *item)
{
    return item != NULL && (state_of(names, item) & TW_MEETING_STATE_CANCELLED) != 0;
}

gboolean
tw_meeting_is_organised(TwItemNames *names, const TwObject *item)
{
    return (state_of(names, item) & (TW_MEETING_STATE_MEETING | TW_MEETING_STATE_RECEIVED)) ==
           TW_MEETING_STATE_MEETING;
}

guint32
tw_meeting_sequence(TwItemNames *names, const TwObject *object)
{
    return get_long(names, object, TW_PidLidAppointmentSequence, 0);
}

int
tw_meeting_compare(TwItemNames *names, const TwObject *message, const TwObject *item)
{
    guint32 theirs = tw_meeting_sequence(names, message), ours = tw_meeting_sequence(names, item);
    gint64 now = get_time(names, message, TW_PidLidOwnerCriticalChange);
    gint64 then = get_time(names, item, TW_PidLidOwnerCriticalChange);

    if (theirs != ours)
        return theirs < ours ? -1 : 1;
    return now < then ? -1 : now > then;
}

static gboolean
same_bytes(TwItemNames *names, const TwObject *one, const TwObject *other, TwKnownName which)
{
    g_autoptr(GBytes) a = tw_item_get_bytes(one, tw_item_tag(names, which));
    g_autoptr(GBytes) b = tw_item_get_bytes(other, tw_item_tag(names, which));

    return a == b || (a != NULL && b != NULL && g_bytes_equal(a, b));
}

static gboolean
is_answer(guint32 response)
{
    return (response >= TW_RESPONSE_TENTATIVE && response <= TW_RESPONSE_DECLINED) ||
           response == TW_RESPONSE_COMPLETED || response == TW_RESPONSE_IN_PROCESS;
}

TwResponse
tw_meeting_response(TwItemNames *names, const TwObject *item)
{
    guint32 response = item != NULL ? get_long(names, item, TW_PidLidResponseStatus, 0) : 0;

    if (item != NULL && response != TW_RESPONSE_DECLINED && tw_meeting_is_task(item) &&
        tw_item_get_bool(item, tw_item_tag(names, TW_PidLidTaskComplete)))
        return TW_RESPONSE_COMPLETED;
    return is_answer(response) ? (TwResponse) response : TW_RESPONSE_NOT_YET;
}

static gboolean
same_dates(TwItemNames *names, const TwObject *one, const TwObject *other)
{
    static const TwKnownName times[] = { TW_PidLidTaskStartDate, TW_PidLidTaskDueDate,
                                         TW_PidLidCommonStart, TW_PidLidCommonEnd };

    for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
        if (get_time(names, one, times[i]) != get_time(names, other, times[i]))
            return FALSE;
    }
    return same_bytes(names, one, other, TW_PidLidTaskRecurrence);
}

gboolean
tw_meeting_same_time(TwItemNames *names, const TwObject *one, const TwObject *other)
{
    static const TwKnownName times[] = { TW_PidLidAppointmentStartWhole,
                                         TW_PidLidAppointmentEndWhole };
    guint32 location = tw_item_tag(names, TW_PidLidLocation);

    if (tw_meeting_is_task(one))
        return same_dates(names, one, other);
    for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
        if (get_time(names, one, times[i]) != get_time(names, other, times[i]))
            return FALSE;
    }
    return tw_meeting_same_days(names, one, other) &&
           strcmp(tw_object_get_text(one, location, ""), tw_object_get_text(other, location, "")) ==
               0;
}

TwObject *
tw_meeting_find_person(const TwObject *object, const char *address)
{
    for (guint i = 0; address != NULL && i < tw_object_count(object, TW_OBJECT_RECIPIENT); i++) {
        TwObject *row = tw_object_at(object, TW_OBJECT_RECIPIENT, i);
        g_autofree char *own = tw_item_role_address(row, &tw_item_recipient);

        if (own != NULL && g_ascii_strcasecmp(own, address) == 0)
            return row;
    }
    return NULL;
}

/* ---- items ---- */

/* Of the message and its way, not of the meeting. */
static const guint32 passing_tags[] = {
    PR_MESSAGE_FLAGS,       PR_MESSAGE_DELIVERY_TIME,
    PR_CLIENT_SUBMIT_TIME,  PR_TRANSPORT_MESSAGE_HEADERS,
    PR_DELETE_AFTER_SUBMIT, PR_INTERNET_MESSAGE_ID,
    PR_INTERNET_CPID,       PR_PROCESSED,
    PR_DELEGATED_BY_RULE,   PR_SUBJECT_PREFIX,
    PR_NORMALIZED_SUBJECT,  PR_CONVERSATION_INDEX,
    PR_CONVERSATION_TOPIC,  PR_READ_RECEIPT_REQUESTED,
    PR_MSG_STATUS,
};

static void
remove_tags(TwObject *object, const guint32 *tags, gsize count)
{
    for (gsize i = 0; i < count; i++)
        tw_object_remove(object, tags[i]);
}

/* The text that came has a METHOD, which is no matter of a calendar. */
static void
forget_method(TwItemNames *names, TwObject *item)
{
    static const char mark[] = "\r\nMETHOD:";
    guint32 tag = tw_item_tag(names, TW_PidLidInboundICalStream);
    g_autoptr(GBytes) kept = tw_item_get_bytes(item, tag);
    gsize len = 0;
    const char *text = kept != NULL ? g_bytes_get_data(kept, &len) : NULL;
    const char *at = text != NULL ? g_strstr_len(text, (gssize) len, mark) : NULL;
    const char *body = text != NULL ? g_strstr_len(text, (gssize) len, "\r\nBEGIN:") : NULL;
    const char *end;

    if (at == NULL || body == NULL || at > body)
        return;
    end = g_strstr_len(at + 2, (gssize) len - (at + 2 - text), "\r\n");
    if (end != NULL) {
        g_autofree guint8 *rest = g_malloc(len);
        gsize before = (gsize) (at - text), after = len - (gsize) (end - text);

        memcpy(rest, text, before);
        memcpy(rest + before, end, after);
        tw_item_set(names, item, tw_value_bytes(tag, rest, before + after));
    }
}

/* What is the attendee's own business. */
static void
keep_own(TwItemNames *names, const TwObject *before, TwObject *item)
{
    static const TwKnownName own[] = {
        TW_PidLidReminderSet,      TW_PidLidReminderDelta,
        TW_PidLidReminderTime,     TW_PidLidReminderSignalTime,
        TW_PidLidAppointmentColor, TW_PidNameKeywords,
        TW_PidLidPrivate,          TW_NameMozillaLastAck,
    };
    TwPropValue value;

    for (guint i = 0; i < G_N_ELEMENTS(own); i++) {
        guint32 tag = tw_item_tag(names, own[i]);
        if (tag == 0)
            continue;
        if (tw_object_get(before, tag, &value))
            tw_item_set(names, item, value);
        else
            tw_object_remove(item, tag);
    }
    if (tw_object_get(before, PR_SENSITIVITY, &value) &&
        tw_object_get_long(item, PR_SENSITIVITY, 0) == 0)
        tw_item_set(names, item, value);
}

static void
copy_known(
    TwItemNames *names, const TwObject *from, TwObject *to, const TwKnownName *list, gsize count)
{
    TwPropValue value;

    for (gsize i = 0; i < count; i++) {
        guint32 tag = tw_item_tag(names, list[i]);
        if (tag != 0 && tw_object_get(from, tag, &value))
            tw_item_set(names, to, value);
    }
}

/* How far a task is. */
static const TwKnownName progress[] = { TW_PidLidTaskStatus, TW_PidLidPercentComplete,
                                        TW_PidLidTaskComplete, TW_PidLidTaskDateCompleted };

/* As it was answered, for the request changes nothing that matters. */
static void
keep_answer(TwItemNames *names, const TwObject *before, TwObject *item)
{
    static const TwKnownName kept[] = { TW_PidLidResponseStatus, TW_PidLidBusyStatus,
                                        TW_PidLidAppointmentReplyTime,
                                        TW_PidLidAppointmentReplyName };

    copy_known(names, before, item, kept, G_N_ELEMENTS(kept));
    if (tw_meeting_is_task(item))
        copy_known(names, before, item, progress, G_N_ELEMENTS(progress));
}

static gboolean
has_organiser(const TwObject *item, const char *address)
{
    for (guint i = 0; i < tw_object_count(item, TW_OBJECT_RECIPIENT); i++) {
        const TwObject *row = tw_object_at(item, TW_OBJECT_RECIPIENT, i);
        if (tw_object_get_long(row, PR_RECIPIENT_FLAGS, 0) & TW_RECIPIENT_ORGANISER)
            return TRUE;
    }
    return tw_meeting_find_person(item, address) != NULL;
}

/* MAPI clients send without a row for themselves. */
static void
add_organiser(TwItemNames *names, TwObject *item)
{
    g_autofree char *address = tw_item_role_address(item, &tw_item_representing);
    TwObject *row;

    if (address == NULL || has_organiser(item, address))
        return;
    row = tw_object_add(item, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER,
                        names->error == NULL ? &names->error : NULL);
    if (row == NULL)
        return;
    tw_item_set(names, row, tw_value_long(PR_RECIPIENT_TYPE, 1));
    tw_item_set(names, row,
                tw_value_long(PR_RECIPIENT_FLAGS, TW_RECIPIENT_SENDABLE | TW_RECIPIENT_ORGANISER));
    tw_item_set_role(names, row, &tw_item_recipient,
                     tw_object_get_text(item, PR_SENT_REPRESENTING_NAME, ""), address);
}

static gboolean
finish(TwItemNames *names, TwObject *object, GError **error)
{
    if (names->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&names->error));
        return FALSE;
    }
    return tw_object_seal(object, error);
}

static void
become_appointment(TwItemNames *names, const TwObject *message, TwObject *item)
{
    guint32 intended = get_long(names, message, TW_PidLidIntendedBusyStatus, BUSY_BUSY);
    gboolean series = tw_item_get_bool(message, tw_item_tag(names, TW_PidLidRecurring));

    tw_item_set_text(names, item, PR_MESSAGE_CLASS, "IPM.Appointment");
    tw_item_set(names, item, tw_value_long(PR_ICON_INDEX, ICON_MEETING + (series ? 1 : 0)));
    put_long(names, item, TW_PidLidSideEffects, SIDE_EFFECTS);
    put_long(names, item, TW_PidLidIntendedBusyStatus, intended);
    put_long(names, item, TW_PidLidBusyStatus, intended == BUSY_FREE ? BUSY_FREE : BUSY_TENTATIVE);
}

static void
become_task(TwItemNames *names, TwObject *item)
{
    gboolean series = tw_item_get_bool(item, tw_item_tag(names, TW_PidLidTaskFRecurring));

    tw_item_set_text(names, item, PR_MESSAGE_CLASS, "IPM.Task");
    tw_item_set(names, item, tw_value_long(PR_ICON_INDEX, ICON_TASK + (series ? 1 : 0)));
}

TwObject *
tw_meeting_to_item(TwItemNames *names,
                   const TwObject *message,
                   const TwObject *before,
                   GError **error)
{
    g_autoptr(TwObject) item = tw_object_copy(message);

    remove_tags(item, passing_tags, G_N_ELEMENTS(passing_tags));
    if (tw_meeting_is_task(message))
        become_task(names, item);
    else
        become_appointment(names, message, item);
    tw_item_set(names, item, tw_value_long(PR_MESSAGE_FLAGS, 1));
    put_long(names, item, TW_PidLidAppointmentStateFlags,
             TW_MEETING_STATE_MEETING | TW_MEETING_STATE_RECEIVED);
    put_long(names, item, TW_PidLidResponseStatus, TW_RESPONSE_NOT_YET);
    add_organiser(names, item);
    forget_method(names, item);
    if (before != NULL) {
        keep_own(names, before, item);
        if ((state_of(names, before) & TW_MEETING_STATE_CANCELLED) == 0 &&
            tw_meeting_same_time(names, before, item))
            keep_answer(names, before, item);
    }
    return finish(names, item, error) ? g_steal_pointer(&item) : NULL;
}

void
tw_meeting_set_response(
    TwItemNames *names, TwObject *item, const TwMeetingPerson *me, TwResponse response, gint64 now)
{
    TwObject *row = tw_meeting_find_person(item, me->address);
    guint32 intended = get_long(names, item, TW_PidLidIntendedBusyStatus, BUSY_BUSY);

    put_long(names, item, TW_PidLidResponseStatus, response);
    if (!tw_meeting_is_task(item))
        put_long(names, item, TW_PidLidBusyStatus,
                 response == TW_RESPONSE_DECLINED                             ? BUSY_FREE
                 : response == TW_RESPONSE_TENTATIVE && intended != BUSY_FREE ? BUSY_TENTATIVE
                                                                              : intended);
    put_time(names, item, TW_PidLidAppointmentReplyTime, now);
    tw_item_set_text(names, item, tw_item_tag(names, TW_PidLidAppointmentReplyName), me->name);
    if (row != NULL)
        tw_item_set(names, row, tw_value_long(PR_RECIPIENT_TRACKSTATUS, response));
}

static void
set_subject(TwItemNames *names, TwObject *object, const char *prefix, const char *rest)
{
    g_autofree char *subject = g_strconcat(prefix, rest, NULL);

    tw_object_remove(object, PR_SUBJECT_PREFIX);
    tw_object_remove(object, PR_NORMALIZED_SUBJECT);
    tw_item_set_text(names, object, PR_SUBJECT, subject);
}

void
tw_meeting_set_cancelled(TwItemNames *names, TwObject *item, const TwObject *message)
{
    const char *subject = tw_object_get_text(item, PR_SUBJECT, "");
    g_autofree char *copy = g_strdup(subject);
    guint32 state = state_of(names, item);

    if (tw_meeting_is_task(item)) {
        put_long(names, item, TW_PidLidTaskStatus, TASK_DEFERRED);
        tw_item_set(names, item, tw_value_bool(tw_item_tag(names, TW_PidLidTaskComplete), FALSE));
    } else {
        put_long(names, item, TW_PidLidBusyStatus, BUSY_FREE);
    }
    tw_item_set(names, item, tw_value_bool(tw_item_tag(names, TW_PidLidReminderSet), FALSE));
    if (message != NULL) {
        put_long(names, item, TW_PidLidAppointmentSequence, tw_meeting_sequence(names, message));
        put_time(names, item, TW_PidLidOwnerCriticalChange,
                 get_time(names, message, TW_PidLidOwnerCriticalChange));
    }
    if ((state & TW_MEETING_STATE_CANCELLED) == 0)
        set_subject(names, item, "Canceled: ", copy);
    put_long(names, item, TW_PidLidAppointmentStateFlags, state | TW_MEETING_STATE_CANCELLED);
}

/* A counter proposal stands beside the person until they say otherwise. */
static void
take_proposal(TwItemNames *names, TwObject *item, TwObject *row, const TwObject *reply)
{
    gboolean counter =
        tw_item_get_bool(reply, tw_item_tag(names, TW_PidLidAppointmentCounterProposal));

    if (!counter) {
        tw_object_remove(row, PR_RECIPIENT_PROPOSED);
        tw_object_remove(row, PR_RECIPIENT_PROPOSEDSTARTTIME);
        tw_object_remove(row, PR_RECIPIENT_PROPOSEDENDTIME);
        return;
    }
    tw_item_set(names, row, tw_value_bool(PR_RECIPIENT_PROPOSED, TRUE));
    tw_item_set(names, row,
                tw_value_i8(PR_RECIPIENT_PROPOSEDSTARTTIME,
                            get_time(names, reply, TW_PidLidAppointmentProposedStartWhole)));
    tw_item_set(names, row,
                tw_value_i8(PR_RECIPIENT_PROPOSEDENDTIME,
                            get_time(names, reply, TW_PidLidAppointmentProposedEndWhole)));
    tw_item_set(names, item,
                tw_value_bool(tw_item_tag(names, TW_PidLidAppointmentCounterProposal), TRUE));
    put_long(names, item, TW_PidLidAppointmentProposalNumber,
             get_long(names, item, TW_PidLidAppointmentProposalNumber, 0) + 1);
}

static guint
count_asked(const TwObject *item)
{
    guint count = 0;

    for (guint i = 0; i < tw_object_count(item, TW_OBJECT_RECIPIENT); i++) {
        const TwObject *row = tw_object_at(item, TW_OBJECT_RECIPIENT, i);
        count +=
            (tw_object_get_long(row, PR_RECIPIENT_FLAGS, 0) & TW_RECIPIENT_ORGANISER) == 0 ? 1 : 0;
    }
    return count;
}

/* Beside the class of a reply stands what MAPI has no class for. */
static TwResponse
answer_in(TwItemNames *names, const TwObject *reply)
{
    guint32 response = get_long(names, reply, TW_PidLidResponseStatus, 0);

    return tw_meeting_is_task(reply) && is_answer(response) ? (TwResponse) response
                                                            : tw_meeting_reply_of(reply);
}

gboolean
tw_meeting_take_answer(TwItemNames *names, TwObject *item, TwObject *row, const TwObject *reply)
{
    gint64 then = 0, now = get_time(names, reply, TW_PidLidAttendeeCriticalChange);

    if (tw_item_get_time(row, PR_RECIPIENT_TRACKSTATUS_TIME, &then) && now <= then)
        return FALSE;
    tw_item_set(names, row, tw_value_long(PR_RECIPIENT_TRACKSTATUS, answer_in(names, reply)));
    tw_item_set(names, row, tw_value_i8(PR_RECIPIENT_TRACKSTATUS_TIME, now));
    if (!tw_meeting_is_task(reply))
        take_proposal(names, item, row, reply);
    else if (count_asked(item) == 1 && answer_in(names, reply) != TW_RESPONSE_DECLINED)
        copy_known(names, reply, item, progress, G_N_ELEMENTS(progress));
    return TRUE;
}

/* ---- messages ---- */

/* What is the sender's own business, and what the message gets anew. */
static void
strip_own(TwItemNames *names, TwObject *message)
{
    static const TwKnownName own[] = {
        TW_PidLidReminderSet,
        TW_PidLidReminderDelta,
        TW_PidLidReminderTime,
        TW_PidLidReminderSignalTime,
        TW_PidLidAppointmentColor,
        TW_PidNameKeywords,
        TW_PidLidSideEffects,
        TW_PidLidAppointmentReplyTime,
        TW_PidLidAppointmentReplyName,
        TW_PidLidAppointmentCounterProposal,
        TW_PidLidAppointmentProposalNumber,
    };

    remove_tags(message, passing_tags, G_N_ELEMENTS(passing_tags));
    for (guint i = 0; i < G_N_ELEMENTS(own); i++) {
        guint32 tag = tw_item_tag(names, own[i]);
        if (tag != 0)
            tw_object_remove(message, tag);
    }
    tw_compose_renew(message);
}

static void
set_sender(TwItemNames *names, TwObject *message, const TwMeetingPerson *who)
{
    tw_item_set_role(names, message, &tw_item_representing, who->name, who->address);
    tw_item_set_role(names, message, &tw_item_sender, who->name, who->address);
}

/* The organiser is listed, and does not get it; answers of others are nobody's business. */
static void
address_all(TwItemNames *names, TwObject *message, const TwMeetingPerson *organiser)
{
    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_RECIPIENT); i++) {
        TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, i);
        g_autofree char *address = tw_item_role_address(row, &tw_item_recipient);
        guint32 type = tw_object_get_long(row, PR_RECIPIENT_TYPE, 1) & TW_RECIPIENT_TYPES;

        if ((tw_object_get_long(row, PR_RECIPIENT_FLAGS, 0) & TW_RECIPIENT_ORGANISER) != 0 ||
            address == NULL || g_ascii_strcasecmp(address, organiser->address) == 0)
            type |= TW_RECIPIENT_PASSED_OVER;
        tw_item_set(names, row, tw_value_long(PR_RECIPIENT_TYPE, type));
    }
}

static void
ask_for_presence(TwItemNames *names, TwObject *message, guint32 type)
{
    guint32 busy = get_long(names, message, TW_PidLidBusyStatus, BUSY_BUSY);

    tw_item_set_text(names, message, PR_MESSAGE_CLASS, "IPM.Schedule.Meeting.Request");
    tw_item_set_text(names, message, tw_item_tag(names, TW_PidLidAppointmentMessageClass),
                     "IPM.Appointment");
    tw_item_set(names, message, tw_value_long(PR_ICON_INDEX, ICON_REQUEST));
    put_long(names, message, TW_PidLidMeetingType, type);
    put_long(names, message, TW_PidLidIntendedBusyStatus, busy);
    put_long(names, message, TW_PidLidBusyStatus, busy == BUSY_FREE ? BUSY_FREE : BUSY_TENTATIVE);
}

TwObject *
tw_meeting_make_request(TwItemNames *names,
                        const TwObject *item,
                        const TwMeetingPerson *organiser,
                        guint32 type,
                        GError **error)
{
    g_autoptr(TwObject) message = tw_object_copy(item);

    strip_own(names, message);
    if (tw_meeting_is_task(item)) {
        tw_object_remove(message, PR_ICON_INDEX);
        tw_item_set_text(names, message, PR_MESSAGE_CLASS, TW_ICAL_TASK_MESSAGE ".Request");
    } else {
        ask_for_presence(names, message, type);
    }
    put_long(names, message, TW_PidLidAppointmentStateFlags,
             TW_MEETING_STATE_MEETING | TW_MEETING_STATE_RECEIVED);
    put_long(names, message, TW_PidLidResponseStatus, TW_RESPONSE_NOT_YET);
    tw_item_set(names, message, tw_value_bool(PR_RESPONSE_REQUESTED, TRUE));
    set_sender(names, message, organiser);
    address_all(names, message, organiser);
    return finish(names, message, error) ? g_steal_pointer(&message) : NULL;
}

TwObject *
tw_meeting_make_cancel(TwItemNames *names,
                       const TwObject *item,
                       const TwMeetingPerson *organiser,
                       gint64 now,
                       GError **error)
{
    g_autoptr(TwObject) message = tw_object_copy(item);
    g_autofree char *subject = g_strdup(tw_object_get_text(item, PR_SUBJECT, ""));

    strip_own(names, message);
    if (tw_meeting_is_task(item)) {
        tw_object_remove(message, PR_ICON_INDEX);
        tw_item_set_text(names, message, PR_MESSAGE_CLASS, TW_ICAL_TASK_MESSAGE ".Canceled");
    } else {
        tw_item_set_text(names, message, PR_MESSAGE_CLASS, "IPM.Schedule.Meeting.Canceled");
        tw_item_set(names, message, tw_value_long(PR_ICON_INDEX, ICON_CANCEL));
        put_long(names, message, TW_PidLidBusyStatus, BUSY_FREE);
    }
    set_subject(names, message, "Canceled: ", subject);
    put_long(names, message, TW_PidLidAppointmentStateFlags,
             TW_MEETING_STATE_MEETING | TW_MEETING_STATE_RECEIVED | TW_MEETING_STATE_CANCELLED);
    put_long(names, message, TW_PidLidAppointmentSequence, tw_meeting_sequence(names, item) + 1);
    put_time(names, message, TW_PidLidOwnerCriticalChange, now);
    tw_item_set(names, message, tw_value_bool(PR_RESPONSE_REQUESTED, FALSE));
    set_sender(names, message, organiser);
    address_all(names, message, organiser);
    return finish(names, message, error) ? g_steal_pointer(&message) : NULL;
}

/* ---- answers ---- */

static const struct {
    const char *meeting, *task, *prefix; /* classes; a meeting has no such answer: NULL */
    guint32 icon;                        /* of answers to meetings */
} replies[] = {
    [TW_RESPONSE_TENTATIVE] = { "IPM.Schedule.Meeting.Resp.Tent", TW_ICAL_TASK_MESSAGE ".Resp.Tent",
                                "Tentative: ", 0x407 },
    [TW_RESPONSE_ACCEPTED] = { "IPM.Schedule.Meeting.Resp.Pos", TW_ICAL_TASK_MESSAGE ".Resp.Pos",
                               "Accepted: ", 0x405 },
    [TW_RESPONSE_DECLINED] = { "IPM.Schedule.Meeting.Resp.Neg", TW_ICAL_TASK_MESSAGE ".Resp.Neg",
                               "Declined: ", 0x406 },
    [TW_RESPONSE_COMPLETED] = { NULL, TW_ICAL_TASK_MESSAGE ".Resp.Pos", "Completed: ", 0 },
    [TW_RESPONSE_IN_PROCESS] = { NULL, TW_ICAL_TASK_MESSAGE ".Resp.Pos", "In process: ", 0 },
};

/* What of the meeting an answer repeats. */
static void
copy_meeting(TwItemNames *names, const TwObject *item, TwObject *message)
{
    static const TwKnownName repeated[] = {
        TW_PidLidGlobalObjectId,
        TW_PidLidCleanGlobalObjectId,
        TW_PidLidAppointmentStartWhole,
        TW_PidLidAppointmentEndWhole,
        TW_PidLidAppointmentSequence,
        TW_PidLidOwnerCriticalChange,
        TW_PidLidAppointmentSubType,
        TW_PidLidAppointmentTimeZoneDefinitionStartDisplay,
        TW_PidLidAppointmentTimeZoneDefinitionEndDisplay,
        TW_PidLidExceptionReplaceTime,
        TW_PidLidIsException,
        TW_PidLidLocation,
    };
    static const TwKnownName of_task[] = { TW_PidLidTaskStartDate, TW_PidLidTaskDueDate,
                                           TW_PidLidCommonStart, TW_PidLidCommonEnd };
    TwPropValue value;

    copy_known(names, item, message, repeated, G_N_ELEMENTS(repeated));
    if (tw_meeting_is_task(item)) {
        copy_known(names, item, message, of_task, G_N_ELEMENTS(of_task));
        copy_known(names, item, message, progress, G_N_ELEMENTS(progress));
    }
    if (tw_object_get(item, PR_OWNER_APPT_ID, &value))
        tw_item_set(names, message, value);
}

TwObject *
tw_meeting_make_reply(TwItemNames *names,
                      const TwObject *item,
                      const TwMeetingAnswer *answer,
                      GError **error)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    g_autofree char *organiser = tw_item_role_address(item, &tw_item_representing);
    guint at = answer->response;
    gboolean task = tw_meeting_is_task(item);
    const char *name = at >= G_N_ELEMENTS(replies) ? NULL
                       : task                      ? replies[at].task
                                                   : replies[at].meeting;

    if (organiser == NULL || name == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "nobody to answer");
        return NULL;
    }
    copy_meeting(names, item, message);
    tw_item_set_text(names, message, PR_MESSAGE_CLASS, name);
    if (!task)
        tw_item_set(names, message, tw_value_long(PR_ICON_INDEX, replies[at].icon));
    set_subject(names, message, replies[at].prefix, tw_object_get_text(item, PR_SUBJECT, ""));
    if (answer->comment != NULL)
        tw_item_set_text(names, message, PR_BODY, answer->comment);
    put_long(names, message, TW_PidLidResponseStatus, answer->response);
    put_time(names, message, TW_PidLidAttendeeCriticalChange, answer->now);
    put_time(names, message, TW_PidLidAppointmentReplyTime, answer->now);
    tw_item_set_text(names, message, tw_item_tag(names, TW_PidLidAppointmentReplyName),
                     answer->me.name);
    set_sender(names, message, &answer->me);
    tw_compose_renew(message);
    tw_compose_add(message, tw_object_get_text(item, PR_SENT_REPRESENTING_NAME, organiser),
                   organiser);
    return finish(names, message, error) ? g_steal_pointer(&message) : NULL;
}
