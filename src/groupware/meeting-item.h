/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Meetings as items in calendars and as messages, one made of the other (spec/mailbox-layout.md 16.2 to 16.5). Pure: objects
 * in, objects out; the clock is an argument.
 */
#pragma once

#include "convert/ical.h"
#include "convert/item-props.h"

G_BEGIN_DECLS

/* PidLidResponseStatus, PR_RECIPIENT_TRACKSTATUS. */
typedef enum {
    TW_RESPONSE_NONE = 0,
    TW_RESPONSE_ORGANISED = 1,
    TW_RESPONSE_TENTATIVE = 2,
    TW_RESPONSE_ACCEPTED = 3,
    TW_RESPONSE_DECLINED = 4,
    TW_RESPONSE_NOT_YET = 5,
    TW_RESPONSE_COMPLETED = TW_ICAL_ANSWER_COMPLETED,   /* of tasks alone */
    TW_RESPONSE_IN_PROCESS = TW_ICAL_ANSWER_IN_PROCESS, /* of tasks alone */
} TwResponse;

/* What a message is about. */
typedef enum {
    TW_MEETING_NONE,
    TW_MEETING_REQUEST,
    TW_MEETING_CANCEL,
    TW_MEETING_REPLY,
} TwMeetingKind;

/* PidLidAppointmentStateFlags. */
enum {
    TW_MEETING_STATE_MEETING = 1,
    TW_MEETING_STATE_RECEIVED = 2,
    TW_MEETING_STATE_CANCELLED = 4,
};

/* PidLidMeetingType. */
enum {
    TW_MEETING_TYPE_FIRST = 1,
    TW_MEETING_TYPE_FULL = 0x10000,        /* an update that wants a new answer */
    TW_MEETING_TYPE_INFORMATION = 0x20000, /* an update that does not */
    TW_MEETING_TYPE_OUT_OF_DATE = 0x80000,
};

/* PR_RECIPIENT_FLAGS and bits of PR_RECIPIENT_TYPE. */
enum {
    TW_RECIPIENT_SENDABLE = 1,
    TW_RECIPIENT_ORGANISER = 2,
    TW_RECIPIENT_RESOURCE = 3, /* a type */
    TW_RECIPIENT_TYPES = 0xf,
    TW_RECIPIENT_PASSED_OVER = 0x10000000, /* in the type: listed, and not mailed */
};

/* Somebody. */
typedef struct {
    const char *name, *address;
} TwMeetingPerson;

/**
 * tw_meeting_kind:
 * @message: a message
 *
 * Returns: what it is about, by its class
 */
TwMeetingKind tw_meeting_kind(const TwObject *message);

/**
 * tw_meeting_is_task:
 * @object: an item or message
 *
 * Tasks of several people (RFC 5546, 3.4) are meetings that nobody has to be at.
 *
 * Returns: whether it is about a task, by its class
 */
gboolean tw_meeting_is_task(const TwObject *object);

/**
 * tw_meeting_response:
 * @names: named properties
 * @item: (nullable): an attendee's item
 *
 * Whose task is done says so, whatever was answered before.
 *
 * Returns: what its owner answered; NOT_YET
 */
TwResponse tw_meeting_response(TwItemNames *names, const TwObject *item);

/**
 * tw_meeting_reply_of:
 * @message: a reply
 *
 * Returns: TENTATIVE, ACCEPTED or DECLINED, by its class
 */
TwResponse tw_meeting_reply_of(const TwObject *message);

/**
 * tw_meeting_id:
 * @names: named properties
 * @object: an item or message
 *
 * Returns: (transfer full) (nullable): the global object id without a date, by which they are matched
 */
GBytes *tw_meeting_id(TwItemNames *names, const TwObject *object);

/**
 * tw_meeting_day:
 * @names: named properties
 * @object: an item or message
 *
 * Returns: the day of the one instance it is about; -1: the whole series, or no series
 */
gint64 tw_meeting_day(TwItemNames *names, const TwObject *object);

/**
 * tw_meeting_is_organised:
 * @names: named properties
 * @item: an item
 *
 * Returns: whether its owner organises it, and it has more people
 */
gboolean tw_meeting_is_organised(TwItemNames *names, const TwObject *item);

/**
 * tw_meeting_is_received:
 * @names: named properties
 * @item: an item
 *
 * Returns: whether somebody else organises it
 */
gboolean tw_meeting_is_received(TwItemNames *names, const TwObject *item);

/**
 * tw_meeting_is_called_off:
 * @names: named properties
 * @item: (nullable): an item, or an instance of its own
 *
 * Returns: whether its organiser said that it does not take place
 */
gboolean tw_meeting_is_called_off(TwItemNames *names, const TwObject *item);

/**
 * tw_meeting_compare:
 * @names: named properties
 * @message: a request or cancellation
 * @item: what is in the calendar
 *
 * By sequence, then by the organiser's last change.
 *
 * Returns: <0: the message is older, 0: it was seen already, >0: it is newer
 */
int tw_meeting_compare(TwItemNames *names, const TwObject *message, const TwObject *item);

/**
 * tw_meeting_sequence:
 * @names: named properties
 * @object: an item or message
 *
 * Returns: its version
 */
guint32 tw_meeting_sequence(TwItemNames *names, const TwObject *object);

/**
 * tw_meeting_same_time:
 * @names: named properties
 * @one: an item or message
 * @other: another
 *
 * Returns: whether both are at the same times and places, so that nobody has to answer anew
 */
gboolean tw_meeting_same_time(TwItemNames *names, const TwObject *one, const TwObject *other);

/**
 * tw_meeting_find_person:
 * @object: an item or message
 * @address: a mail address
 *
 * Returns: (transfer none) (nullable): the recipient of exactly that address
 */
TwObject *tw_meeting_find_person(const TwObject *object, const char *address);

/* ---- items ---- */

/**
 * tw_meeting_to_item:
 * @names: named properties
 * @message: a request
 * @before: (nullable): the item as it is in the calendar
 * @error: what the object says
 *
 * The attendee's item: tentative and not answered; when the request changes neither time nor place, it is as it was answered. What
 * the attendee said of their own (reminder, categories, colour, privacy) stays.
 *
 * Returns: (transfer full): the item, or NULL
 */
TwObject *tw_meeting_to_item(TwItemNames *names,
                             const TwObject *message,
                             const TwObject *before,
                             GError **error);

/**
 * tw_meeting_set_response:
 * @names: named properties
 * @item: an attendee's item, or an exception of it
 * @me: who answers
 * @response: TENTATIVE, ACCEPTED or DECLINED
 * @now: ticks, UTC
 *
 * Says in the item how its owner answered.
 */
void tw_meeting_set_response(
    TwItemNames *names, TwObject *item, const TwMeetingPerson *me, TwResponse response, gint64 now);

/**
 * tw_meeting_set_cancelled:
 * @names: named properties
 * @item: an attendee's item
 * @message: (nullable): the cancellation
 */
void tw_meeting_set_cancelled(TwItemNames *names, TwObject *item, const TwObject *message);

/**
 * tw_meeting_take_answer:
 * @names: named properties
 * @item: an organiser's item, or an exception of it
 * @row: the attendee in it
 * @reply: what came from the attendee
 *
 * Where a task is one person's to do, how far it is is taken over, too.
 *
 * Returns: FALSE when an answer as new as this one was there already
 */
gboolean tw_meeting_take_answer(TwItemNames *names,
                                TwObject *item,
                                TwObject *row,
                                const TwObject *reply);

/* ---- messages ---- */

/**
 * tw_meeting_make_request:
 * @names: named properties
 * @item: an organiser's item
 * @organiser: whose it is
 * @type: PidLidMeetingType
 * @error: what the object says
 *
 * To all people of the item.
 *
 * Returns: (transfer full): a message, unsent, or NULL
 */
TwObject *tw_meeting_make_request(TwItemNames *names,
                                  const TwObject *item,
                                  const TwMeetingPerson *organiser,
                                  guint32 type,
                                  GError **error);

/**
 * tw_meeting_make_cancel:
 * @names: named properties
 * @item: an organiser's item
 * @organiser: whose it is
 * @now: ticks, UTC
 * @error: what the object says
 *
 * Returns: (transfer full): a message to all people of the item, unsent, or NULL
 */
TwObject *tw_meeting_make_cancel(TwItemNames *names,
                                 const TwObject *item,
                                 const TwMeetingPerson *organiser,
                                 gint64 now,
                                 GError **error);

/* How somebody answers. */
typedef struct {
    TwMeetingPerson me;
    TwResponse response;
    const char *comment; /* (nullable): text of the answer */
    gint64 now;          /* ticks, UTC */
} TwMeetingAnswer;

/**
 * tw_meeting_make_reply:
 * @names: named properties
 * @item: an attendee's item, or the request
 * @answer: how
 * @error: TW_ERROR_INVALID: nobody organises it; else what the object says
 *
 * Returns: (transfer full): a message to the organiser, unsent, or NULL
 */
TwObject *tw_meeting_make_reply(TwItemNames *names,
                                const TwObject *item,
                                const TwMeetingAnswer *answer,
                                GError **error);

G_END_DECLS
