/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What meetings.c, meetings-take.c, meetings-change.c and meetings-instances.c share. */
#pragma once

#include "groupware/meetings.h"

G_BEGIN_DECLS

/* An item of the calendar in hand. */
typedef struct {
    guint32 message; /* 0: there is none */
    guint32 folder;  /* where it is, or goes; 0: the calendar */
    guint64 cn;
    TwObject *object; /* owned (nullable) */
} TwMeetingHeld;

/**
 * tw_meeting_held_clear:
 * @held: an item, or zeros
 */
void tw_meeting_held_clear(TwMeetingHeld *held);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwMeetingHeld, tw_meeting_held_clear)

/**
 * tw_meetings_load:
 * @meetings: a mailbox
 * @message: of its calendar
 * @ret: (out): the item; a long rule is in it
 * @error: what an operation failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_meetings_load(TwMeetings *meetings,
                          guint32 message,
                          TwMeetingHeld *ret,
                          GError **error);

/**
 * tw_meetings_save:
 * @meetings: a mailbox
 * @held: what was there; gets the number of a new one, and its change number
 * @object: what shall be there
 * @error: TW_ERROR_CHANGED: somebody else was quicker; else what the operation failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_meetings_save(TwMeetings *meetings,
                          TwMeetingHeld *held,
                          TwObject *object,
                          GError **error);

/**
 * tw_meetings_find:
 * @meetings: a mailbox
 * @message: what is looked for: the items of its global object id
 * @id: that id
 * @found: (element-type guint32): takes their numbers
 * @ret_folder: (out): where they are; where none is found, where one belongs
 * @error: what an operation failed with
 *
 * Tasks are looked for among the tasks first, for clients have them in calendars, too.
 *
 * Returns: FALSE on failure
 */
gboolean tw_meetings_find(TwMeetings *meetings,
                          const TwObject *message,
                          GBytes *id,
                          GArray *found,
                          guint32 *ret_folder,
                          GError **error);

/**
 * tw_meetings_remove:
 * @meetings: a mailbox
 * @folder: where it is; 0: the calendar
 * @message: of that folder
 * @error: what the operation failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_meetings_remove(TwMeetings *meetings, guint32 folder, guint32 message, GError **error);

/**
 * tw_meetings_reply:
 * @meetings: a mailbox
 * @item: what is answered
 * @response: how
 * @comment: (nullable): text
 * @error: as tw_meetings_send()
 *
 * Returns: FALSE on failure
 */
gboolean tw_meetings_reply(TwMeetings *meetings,
                           const TwObject *item,
                           TwResponse response,
                           const char *comment,
                           GError **error);

/* ---- meetings-change.c ---- */

/* An item on its way into the calendar. */
typedef struct {
    TwMeetings *meetings;
    TwItemNames *names;
    const TwObject *before; /* (nullable) */
    TwObject *after;        /* (nullable) */
    GPtrArray *messages;
} TwMeetingChange;

/**
 * tw_meeting_change_is_other:
 * @change: a change
 * @row: a recipient
 *
 * Returns: whether it is somebody else than the owner and the organiser
 */
gboolean tw_meeting_change_is_other(const TwMeetingChange *change, const TwObject *row);

/**
 * tw_meeting_change_carry:
 * @change: a change
 * @now: the item or an instance, as it is about to be saved
 * @then: (nullable): as it was
 * @forget: everybody is asked anew
 *
 * Who writes an item need not know the answers that came since: they stay, or are forgotten.
 */
void tw_meeting_change_carry(const TwMeetingChange *change,
                             TwObject *now,
                             const TwObject *then,
                             gboolean forget);

/**
 * tw_meeting_change_instance:
 * @change: a change
 * @whole: the series
 * @own: one of its instances
 * @day: of its slot
 *
 * Returns: (transfer full): the instance with what it has from its series: whose it is, which meeting, which day, which version
 */
TwObject *tw_meeting_change_instance(const TwMeetingChange *change,
                                     const TwObject *whole,
                                     const TwObject *own,
                                     gint64 day);

/* ---- meetings-instances.c ---- */

/**
 * tw_meetings_prepare_instances:
 * @change: a change of an organiser's item, whose messages about the whole are there already
 * @error: what an object says
 *
 * Adds what is to be said about instances that have people of their own.
 *
 * Returns: FALSE on failure
 */
gboolean tw_meetings_prepare_instances(const TwMeetingChange *change, GError **error);

/**
 * tw_meetings_has_guests:
 * @names: named properties
 * @item: (nullable): an item
 *
 * Returns: whether instances of it have people of their own
 */
gboolean tw_meetings_has_guests(TwItemNames *names, const TwObject *item);

G_END_DECLS
