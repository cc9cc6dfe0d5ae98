/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Scheduling (RFC 6638): what a PUT or DELETE of a meeting means to others. The engine is groupware/meetings.h; here is what
 * only this door knows: who is told by the client itself (SCHEDULE-AGENT), who is told again (SCHEDULE-FORCE-SEND), what became
 * of it (SCHEDULE-STATUS), and the tag that stays while only answers come in (Schedule-Tag).
 *
 *     tw_dav_schedule_prepare(&schedule, call, before, after, &error) && save(after) && tw_dav_schedule_send(&schedule)
 */
#pragma once

#include "dav/dav-private.h"
#include "groupware/meetings.h"

G_BEGIN_DECLS

/* One change of one item. */
typedef struct {
    TwSession *system; /* (owned) (nullable) */
    TwMeetings meetings;
    GPtrArray *messages; /* (owned) (nullable) (element-type TwObject): what is to be sent */
} TwDavSchedule;

/**
 * tw_dav_system_session:
 * @call: the call
 *
 * Returns: (transfer full) (nullable): a session of the server itself; NULL where there is none to be had
 */
TwSession *tw_dav_system_session(TwDavCall *call);

/**
 * tw_dav_now:
 *
 * Returns: the time in ticks, UTC
 */
gint64 tw_dav_now(void);

/**
 * tw_dav_bare_address:
 * @uri: "mailto:ann@x.example", or anything else
 *
 * Returns: (transfer full) (nullable): the address in small letters; NULL for what is none
 */
char *tw_dav_bare_address(const char *uri);

/**
 * tw_dav_schedule_prepare:
 * @schedule: (out): one change; tw_dav_schedule_clear() is due in any case
 * @call: PUT, POST or DELETE in a calendar
 * @before: (nullable): the item that was just read
 * @after: (nullable): the item as it is about to be saved; its text learns who is told; NULL: it is about to be deleted
 * @error: what an operation failed with
 *
 * Nothing is to be sent of what is no meeting, nor from public folders. A meeting stays its organiser's, and all its components are
 * one organiser's: else the call has a refusal (RFC 6638, 3.2.4), and the error is TW_ERROR_INVALID.
 *
 * Returns: FALSE on failure
 */
gboolean tw_dav_schedule_prepare(TwDavSchedule *schedule,
                                 TwDavCall *call,
                                 const TwObject *before,
                                 TwObject *after,
                                 GError **error);

/**
 * tw_dav_schedule_send:
 * @schedule: a change that was saved
 *
 * Sends what was prepared; what cannot be sent is logged.
 */
void tw_dav_schedule_send(TwDavSchedule *schedule);

/**
 * tw_dav_schedule_clear:
 * @schedule: a change, or zeros
 */
void tw_dav_schedule_clear(TwDavSchedule *schedule);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwDavSchedule, tw_dav_schedule_clear)

/* ---- schedule-text.c: pure ---- */

/* What the text of an item says about sending. */
typedef struct {
    GHashTable *others;          /* (owned): addresses that the server does not tell */
    GHashTable *forced;          /* (owned): addresses that are told again */
    gboolean organiser_is_other; /* the organiser is not told by the server */
    gboolean reply_forced;
} TwDavAgents;

/**
 * tw_dav_agents_read:
 * @text: (nullable): iCalendar
 * @ret: (out): what it says; tw_dav_agents_clear() is due
 */
void tw_dav_agents_read(GBytes *text, TwDavAgents *ret);

/**
 * tw_dav_agents_clear:
 * @agents: agents, or zeros
 */
void tw_dav_agents_clear(TwDavAgents *agents);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwDavAgents, tw_dav_agents_clear)

/**
 * tw_dav_text_with_status:
 * @text: iCalendar
 * @property: "ATTENDEE", or "ORGANIZER" of who was answered
 * @told: (element-type utf8 utf8): address to status, such as "1.2"
 * @otherwise: (element-type utf8 utf8) (nullable): the same, of those whose lines say nothing
 *
 * Returns: (transfer full) (nullable): the text without SCHEDULE-FORCE-SEND and with SCHEDULE-STATUS of those who were told;
 *   NULL: it is the same
 */
GBytes *tw_dav_text_with_status(GBytes *text,
                                const char *property,
                                GHashTable *told,
                                GHashTable *otherwise);

/**
 * tw_dav_text_one_organiser:
 * @text: (nullable): iCalendar
 * @ret: (out) (optional) (nullable) (transfer full): the organiser's address; instances may have one where their series has none
 *
 * Returns: whether all components that have an organiser have the same
 */
gboolean tw_dav_text_one_organiser(GBytes *text, char **ret);

/**
 * tw_dav_text_schedule_tag:
 * @text: iCalendar
 * @self: (nullable): address of the calendar's owner
 *
 * Made of all that is said but for stamps and the answers of others, which therefore leave it as it is.
 *
 * Returns: (transfer full) (nullable): the tag, with quotes; NULL: it is no meeting
 */
char *tw_dav_text_schedule_tag(GBytes *text, const char *self);

G_END_DECLS
