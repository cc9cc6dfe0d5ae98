/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Meetings in a mailbox: what comes in is brought into the calendar, what is changed in the calendar is sent. One engine for
 * delivery and for the doors; start here.
 *
 * What came:   tw_meetings_take(), with the message: requests, updates, cancellations and answers are matched by global object id;
 *              old ones, seen ones, and those of others than the organiser or the people of the meeting change nothing.
 * A door that saves an item:
 *
 *     tw_meetings_prepare(&meetings, before, after, messages, error) && save(after) &&
 *     tw_meetings_send_all(&meetings, messages, error)
 *
 * What is sent goes by mail. People of this server have it in their calendars before the mail arrives, which is then seen already:
 * so rooms answer at once, and delegates, rules and clients get the mails that they wait for.
 */
#pragma once

#include "groupware/calendar.h"
#include "groupware/meeting-item.h"

G_BEGIN_DECLS

/* Whose calendar, and by whom. */
typedef struct {
    TwSession *session; /* may do everything in the mailbox */
    TwSession *
        system; /* (nullable): of the server itself: tells others of this server at once; NULL: they wait for the mail */
    guint32 user; /* whose mailbox: a number of the directory */
    gint64 now;   /* ticks, UTC */
    /* who acts for the owner: a delegate; address NULL: the owner. @session is that of the server itself then, for nobody else
     * puts mail into the owner's queue */
    TwMeetingPerson sender;
} TwMeetingsSpec;

/* One mailbox; for one thread. */
typedef struct {
    TwMeetingsSpec spec;
    TwCalendarReader reader;
    TwDirectoryObject *user; /* owned */
    TwMeetingPerson me;      /* borrowed from @user */
    TwGuid store;
    guint32 calendar;
    guint32 tasks; /* 0: there are none */
    guint flags;   /* bits of #TwDirectoryMeetingFlags: what is done with requests */
    guint depth;   /* how many mailboxes told one another */
} TwMeetings;

typedef enum {
    TW_MEETINGS_NOTHING,  /* it does not concern this calendar */
    TW_MEETINGS_OLD,      /* something newer was there */
    TW_MEETINGS_SEEN,     /* it was taken before */
    TW_MEETINGS_TAKEN,    /* the calendar has it now */
    TW_MEETINGS_ANSWERED, /* and it was answered: a resource, or somebody who wants that */
} TwMeetingsResult;

typedef enum {
    TW_MEETINGS_REQUESTS = 1u << 0, /* requests go into the calendar, whatever is set */
} TwMeetingsFlags;

/**
 * tw_meetings_open:
 * @meetings: (out): a mailbox
 * @spec: whose, by whom; copied
 * @error: TW_ERROR_NOT_FOUND: no such user, mailbox or calendar; else what an operation failed with
 *
 * Returns: FALSE on failure; tw_meetings_clear() is due in any case
 */
gboolean tw_meetings_open(TwMeetings *meetings, const TwMeetingsSpec *spec, GError **error);

/**
 * tw_meetings_clear:
 * @meetings: a mailbox, or zeros
 */
void tw_meetings_clear(TwMeetings *meetings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwMeetings, tw_meetings_clear)

/**
 * tw_meetings_is_me:
 * @meetings: a mailbox
 * @address: (nullable): a mail address
 *
 * Returns: whether it is the owner's, or an alias of theirs
 */
gboolean tw_meetings_is_me(const TwMeetings *meetings, const char *address);

/**
 * tw_meetings_same_person:
 * @meetings: a mailbox
 * @one: (nullable): a mail address
 * @other: (nullable): another
 *
 * Returns: whether they are one, or of one user of this server
 */
gboolean tw_meetings_same_person(const TwMeetings *meetings, const char *one, const char *other);

/**
 * tw_meetings_take:
 * @meetings: a mailbox
 * @message: a message; of other classes than those of tw_meeting_kind(), or a delegate's copy, it is NOTHING
 * @flags: bits of #TwMeetingsFlags
 * @ret: (out): what became of it
 * @error: what an operation failed with
 *
 * Requests are put into the calendar when the owner's settings say so: tentative, or, where requests are accepted by themselves,
 * judged by resources.h and answered. Cancellations mark the item; where requests are accepted by themselves they remove it. Answers are
 * noted beside the people of the organiser's item. Free and busy times are published anew.
 *
 * Returns: FALSE on failure
 */
gboolean tw_meetings_take(TwMeetings *meetings,
                          const TwObject *message,
                          guint flags,
                          TwMeetingsResult *ret,
                          GError **error);

/**
 * tw_meetings_prepare:
 * @meetings: the mailbox of the calendar
 * @before: (nullable): the item as it was
 * @after: (nullable): the item as it is about to be saved; NULL: it is about to be deleted
 * @messages: (inout) (element-type TwObject): takes what is to be sent when it is saved
 * @error: what an object says
 *
 * The organiser's item: requests to new people, updates when something changed, cancellations to those who are no longer in it. In
 * @after the version is raised when time or place changed, and answers are kept or, with another time, forgotten. An attendee's item:
 * an answer when the owner's response changed, of the whole or of one instance; its deletion declines.
 *
 * Returns: FALSE on failure
 */
gboolean tw_meetings_prepare(TwMeetings *meetings,
                             const TwObject *before,
                             TwObject *after,
                             GPtrArray *messages,
                             GError **error);

/**
 * tw_meetings_send_all:
 * @meetings: the mailbox that sends
 * @messages: (element-type TwObject): of tw_meetings_prepare()
 * @error: TW_ERROR_NOT_FOUND: no Outbox; else what an operation failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_meetings_send_all(TwMeetings *meetings, const GPtrArray *messages, GError **error);

/**
 * tw_meetings_send:
 * @meetings: the mailbox that sends
 * @message: unsent; its large values are moved to blobs by this
 * @error: as tw_meetings_send_all()
 *
 * Returns: FALSE on failure
 */
gboolean tw_meetings_send(TwMeetings *meetings, TwObject *message, GError **error);

/**
 * tw_meetings_answer:
 * @meetings: a mailbox
 * @item: a message in its calendar that somebody else organises
 * @response: TENTATIVE, ACCEPTED or DECLINED
 * @comment: (nullable): text of the answer
 * @error: TW_ERROR_INVALID: nobody to answer; else what an operation failed with
 *
 * Says so in the item, and sends the answer; what is declined leaves the calendar.
 *
 * Returns: FALSE on failure
 */
gboolean tw_meetings_answer(
    TwMeetings *meetings, guint32 item, TwResponse response, const char *comment, GError **error);

G_END_DECLS
