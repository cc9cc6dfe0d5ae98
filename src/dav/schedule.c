/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "dav/schedule.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "groupware/freebusy.h"

/* RFC 6638, 3.2.9: what became of a message. */
#define SENT "1.1"      /* it is on its way as mail */
#define DELIVERED "1.2" /* it is with somebody of this server */
#define ANSWERED "2.0"  /* and an answer came */

gint64
tw_dav_now(void)
{
    guint64 ticks = 0;

    (void) tw_time_to_filetime(tw_time_now_us(), &ticks);
    return (gint64) ticks;
}

TwSession *
tw_dav_system_session(TwDavCall *call)
{
    const TwLogon logon = { .peer = { .kind = TW_PEER_PROCESS },
                            .flags = TW_LOGON_BOUND,
                            .user = "SYSTEM",
                            .program = "ical" };
    TwSession *session = NULL;

    return tw_server_logon(call->dav->server, &logon, &session, NULL, NULL) ? session : NULL;
}

/* ---- whom a message is for ---- */

static gboolean
is_addressed(const TwObject *row)
{
    return (tw_object_get_long(row, PR_RECIPIENT_TYPE, 1) & TW_RECIPIENT_PASSED_OVER) == 0;
}

static char *
address_of(const TwObject *row)
{
    g_autofree char *address = tw_item_role_address(row, &tw_item_recipient);

    return address != NULL ? g_ascii_strdown(address, -1) : NULL;
}

static void
pass_over(TwItemNames *names, TwObject *row)
{
    guint32 type = tw_object_get_long(row, PR_RECIPIENT_TYPE, 1);

    tw_item_set(names, row, tw_value_long(PR_RECIPIENT_TYPE, type | TW_RECIPIENT_PASSED_OVER));
}

/* Takes those out whom the client tells; FALSE: nobody is left. */
static gboolean
leave_served(TwItemNames *names, TwObject *message, const TwDavAgents *agents)
{
    guint left = 0;

    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_RECIPIENT); i++) {
        TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, i);
        g_autofree char *address = address_of(row);

        if (address != NULL && g_hash_table_contains(agents->others, address))
            pass_over(names, row);
        left += is_addressed(row) ? 1 : 0;
    }
    return left > 0 && tw_object_seal(message, NULL);
}

static void
drop_unserved(TwDavSchedule *schedule, const TwDavAgents *agents)
{
    GPtrArray *messages = schedule->messages;

    for (guint i = messages->len; i-- > 0;) {
        TwObject *message = messages->pdata[i];
        gboolean reply = tw_meeting_kind(message) == TW_MEETING_REPLY;

        if (reply ? agents->organiser_is_other
                  : !leave_served(&schedule->meetings.reader.names, message, agents))
            g_ptr_array_remove_index(messages, i);
    }
}

/* ---- who is told again ---- */

static gboolean
gets_something(const GPtrArray *messages, const char *address)
{
    for (guint i = 0; i < messages->len; i++) {
        const TwObject *message = messages->pdata[i];
        for (guint k = 0; k < tw_object_count(message, TW_OBJECT_RECIPIENT); k++) {
            const TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, k);
            g_autofree char *there = address_of(row);
            if (is_addressed(row) && g_strcmp0(there, address) == 0)
                return TRUE;
        }
    }
    return FALSE;
}

/* A request to those alone who have nothing of the change and shall have one. */
static gboolean
force_requests(TwDavSchedule *schedule,
               const TwObject *after,
               const TwDavAgents *agents,
               GError **error)
{
    TwItemNames *names = &schedule->meetings.reader.names;
    g_autoptr(TwObject) message =
        tw_meeting_make_request(names, after, &schedule->meetings.me, TW_MEETING_TYPE_FULL, error);
    guint left = 0;

    if (message == NULL)
        return FALSE;
    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_RECIPIENT); i++) {
        TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, i);
        g_autofree char *address = address_of(row);

        if (address == NULL || !g_hash_table_contains(agents->forced, address) ||
            gets_something(schedule->messages, address))
            pass_over(names, row);
        left += is_addressed(row) ? 1 : 0;
    }
    if (left > 0 && tw_object_seal(message, error))
        g_ptr_array_add(schedule->messages, g_steal_pointer(&message));
    return TRUE;
}

static gboolean
force_reply(TwDavSchedule *schedule, const TwObject *after, GError **error)
{
    TwItemNames *names = &schedule->meetings.reader.names;
    TwResponse response = tw_meeting_response(names, after);
    const TwMeetingAnswer answer = { .me = schedule->meetings.me,
                                     .response = response,
                                     .now = schedule->meetings.spec.now };
    TwObject *message;

    if (schedule->messages->len > 0 || response == TW_RESPONSE_NOT_YET)
        return TRUE;
    message = tw_meeting_make_reply(names, after, &answer, error);
    if (message != NULL)
        g_ptr_array_add(schedule->messages, message);
    return message != NULL;
}

static gboolean
is_organised(const TwDavSchedule *schedule, const TwObject *item)
{
    g_autofree char *organiser = tw_item_role_address(item, &tw_item_representing);

    return organiser == NULL || tw_meetings_is_me(&schedule->meetings, organiser);
}

static gboolean
force(TwDavSchedule *schedule, const TwObject *after, const TwDavAgents *agents, GError **error)
{
    if (is_organised(schedule, after))
        return g_hash_table_size(agents->forced) == 0 ||
               force_requests(schedule, after, agents, error);
    return !agents->reply_forced || force_reply(schedule, after, error);
}

/* ---- what the text learns ---- */

static const char *
status_of(TwSession *system, const char *address)
{
    g_auto(TwRecipientFindArgs) find = { .address = address };

    return system != NULL && tw_session_recipient_find(system, &find, NULL) && find.user != 0
               ? DELIVERED
               : SENT;
}

static GHashTable *
status_table(void)
{
    return g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, g_free);
}

/* Of one's own meeting: who answered since then, and before; an answer that came as mail knows its second only. */
static void
list_answers(const TwObject *object, gint64 since, GHashTable *told, GHashTable *before)
{
    for (guint i = 0; i < tw_object_count(object, TW_OBJECT_RECIPIENT); i++) {
        const TwObject *row = tw_object_at(object, TW_OBJECT_RECIPIENT, i);
        gint64 when = 0;
        gboolean answered = tw_item_get_time(row, PR_RECIPIENT_TRACKSTATUS_TIME, &when);
        char *address = answered ? address_of(row) : NULL;
        gint64 than = when % TW_TICKS_SECOND == 0 ? since - since % TW_TICKS_SECOND : since;

        if (address != NULL)
            g_hash_table_insert(when < than ? before : told, address, g_strdup(ANSWERED));
    }
}

/* Who gets something, and, where that is to be said too, who answered what they had: @item's people (nullable). */
static GHashTable *
list_told(const TwDavSchedule *schedule, const TwObject *item)
{
    GHashTable *told = status_table();

    if (item != NULL)
        list_answers(item, 0, told, told);
    for (guint i = 0; i < schedule->messages->len; i++) {
        const TwObject *message = schedule->messages->pdata[i];
        for (guint k = 0; k < tw_object_count(message, TW_OBJECT_RECIPIENT); k++) {
            const TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, k);
            g_autofree char *address = address_of(row);
            const char *status =
                address != NULL && is_addressed(row) ? status_of(schedule->system, address) : NULL;
            if (status != NULL)
                g_hash_table_insert(told, g_steal_pointer(&address), g_strdup(status));
        }
    }
    return told;
}

static gboolean
note_status(TwDavSchedule *schedule, GBytes *text, TwObject *after, GError **error)
{
    TwItemNames *names = &schedule->meetings.reader.names;
    gboolean organised = is_organised(schedule, after);
    g_autoptr(GHashTable) told = list_told(schedule, organised ? after : NULL);
    g_autoptr(GBytes) noted =
        text != NULL
            ? tw_dav_text_with_status(text, organised ? "ATTENDEE" : "ORGANIZER", told, NULL)
            : NULL;

    if (noted == NULL)
        return TRUE;
    tw_item_set_bytes(names, after, tw_item_tag(names, TW_PidLidInboundICalStream), noted);
    if (names->error == NULL)
        return tw_object_seal(after, error);
    g_propagate_error(error, g_steal_pointer(&names->error));
    return FALSE;
}

/* ---- what came back ---- */

/* Of somebody else's: the organiser, who was answered, by whatever client or by the server itself. */
static void
list_organiser(TwDavCall *call, TwItemNames *names, const TwObject *object, GHashTable *told)
{
    g_autofree char *organiser = tw_item_role_address(object, &tw_item_representing);
    guint32 time_tag = tw_item_tag(names, TW_PidLidAppointmentReplyTime);
    g_autoptr(TwSession) system = NULL;

    if (organiser == NULL || time_tag == 0 || !tw_object_has(object, time_tag))
        return;
    system = tw_dav_system_session(call);
    if (system != NULL)
        g_hash_table_insert(told, g_ascii_strdown(organiser, -1),
                            g_strdup(status_of(system, organiser)));
}

GBytes *
tw_dav_schedule_answers(TwDavCall *call, const TwObject *object, GBytes *text)
{
    g_autoptr(GHashTable) told = NULL;
    g_autoptr(GHashTable) before = NULL;
    GBytes *noted = NULL;
    gint64 changed = 0;
    gboolean organised;
    TwItemNames names;

    if (text == NULL || tw_object_count(object, TW_OBJECT_RECIPIENT) == 0)
        return text;
    told = status_table();
    before = status_table();
    tw_item_names_init(&names, call->names, FALSE);
    organised = tw_meeting_is_organised(&names, object);
    (void) tw_item_get_time(object, tw_item_tag(&names, TW_PidLidOwnerCriticalChange), &changed);
    if (organised)
        list_answers(object, changed, told, before);
    else
        list_organiser(call, &names, object, told);
    if (g_hash_table_size(told) + g_hash_table_size(before) > 0)
        noted = tw_dav_text_with_status(text, organised ? "ATTENDEE" : "ORGANIZER", told, before);
    tw_item_names_clear(&names);
    if (noted == NULL)
        return text;
    g_bytes_unref(text);
    return noted;
}

/* ---- all of it ---- */

/* @before with its rule and its text, which may be large values of their own. */
static TwObject *
with_values(TwDavCall *call, const TwObject *before, GError **error)
{
    static const TwKnownName large[] = { TW_PidLidAppointmentRecur, TW_PidLidInboundICalStream };
    g_autoptr(TwObject) copy = tw_object_copy(before);

    for (guint i = 0; i < G_N_ELEMENTS(large); i++) {
        guint32 tag = tw_dav_named_tag(call, large[i]);
        g_autoptr(GBytes) bytes = NULL;
        TwPropValue value;
        TwBlobRef ref;

        if (!tw_object_get_blob(copy, tag, &ref, NULL))
            continue;
        bytes = tw_value_source_load(&call->source, copy, tag, TW_DAV_MAX_ITEM, error);
        if (bytes == NULL)
            return NULL;
        value = tw_value_bytes(tag, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        if (!tw_object_set(copy, &value, error))
            return NULL;
    }
    return tw_object_seal(copy, error) ? g_steal_pointer(&copy) : NULL;
}

static gboolean
open_mailbox(TwDavSchedule *schedule, TwDavCall *call, GError **error)
{
    const TwDavOwner *owner = &call->target.owner;
    TwMeetingsSpec spec = { .session = owner->own ? call->session : schedule->system,
                            .system = schedule->system,
                            .user = owner->user,
                            .now = tw_dav_now() };

    if (!owner->own)
        spec.sender = (TwMeetingPerson){ .name = call->who.full_name, .address = call->who.mail };
    if (spec.session == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_OFFLINE,
                            "only the server itself writes to others for somebody else");
        return FALSE;
    }
    return tw_meetings_open(&schedule->meetings, &spec, error);
}

static void
free_message(gpointer message)
{
    tw_object_free(message);
}

static void
force_all(const TwObject *after, TwDavAgents *agents)
{
    for (guint i = 0; i < tw_object_count(after, TW_OBJECT_RECIPIENT); i++) {
        char *address = address_of(tw_object_at(after, TW_OBJECT_RECIPIENT, i));

        if (address != NULL)
            g_hash_table_add(agents->forced, address);
    }
}

/* Whom the client told before, and leaves to the server now, knows nothing of the server's (RFC 6638, 3.2.1.2). */
static void
force_taken_over(GBytes *text, TwDavAgents *agents)
{
    g_autoptr(GBytes) before = text;
    g_auto(TwDavAgents) then = { 0 };
    GHashTableIter iter;
    gpointer address;

    tw_dav_agents_read(before, &then);
    g_hash_table_iter_init(&iter, then.others);
    while (g_hash_table_iter_next(&iter, &address, NULL)) {
        if (!g_hash_table_contains(agents->others, address))
            g_hash_table_add(agents->forced, g_strdup(address));
    }
}

/* Also of an instance alone. */
static gboolean
has_people(const TwObject *item)
{
    gboolean any = item != NULL && tw_object_count(item, TW_OBJECT_RECIPIENT) > 0;

    for (guint i = 0; item != NULL && !any && i < tw_object_count(item, TW_OBJECT_ATTACHMENT);
         i++) {
        const TwObject *own = tw_object_get_embedded(tw_object_at(item, TW_OBJECT_ATTACHMENT, i));
        any = own != NULL && tw_object_count(own, TW_OBJECT_RECIPIENT) > 0;
    }
    return any;
}

/* Nothing is declined by who says so, or who was told by the organiser's own means. */
static gboolean
is_silent(TwDavCall *call, const TwObject *after)
{
    const char *wish = tw_http_head_get(call->head, "Schedule-Reply");

    return after == NULL && wish != NULL && g_ascii_strcasecmp(wish, "F") == 0;
}

static void
drop_replies(GPtrArray *messages)
{
    for (guint i = messages->len; i-- > 0;) {
        if (tw_meeting_kind(messages->pdata[i]) == TW_MEETING_REPLY)
            g_ptr_array_remove_index(messages, i);
    }
}

/* RFC 6638, 3.2.4: which precondition a change fails; NULL: none. */
static const char *
find_refusal(TwDavSchedule *schedule, const TwObject *then, const TwObject *after, GBytes *text)
{
    TwItemNames *names = &schedule->meetings.reader.names;
    g_autofree char *was = NULL;
    g_autofree char *is = NULL;
    gboolean received;

    if (after != NULL && !tw_dav_text_one_organiser(text, &is))
        return "same-organizer-in-all-components";
    if (then == NULL || after == NULL)
        return NULL;
    received = tw_meeting_is_received(names, then);
    was = tw_item_role_address(then, &tw_item_representing);
    if (is == NULL)
        is = tw_item_role_address(after, &tw_item_representing);
    if (was == NULL || (!received && !tw_meeting_is_organised(names, then)) ||
        tw_meetings_same_person(&schedule->meetings, was, is))
        return NULL;
    if (received)
        return "allowed-attendee-scheduling-object-change";
    /* one's own meeting may become nobody's, which calls it off, but not somebody else's */
    return is != NULL ? "allowed-organizer-scheduling-object-change" : NULL;
}

static gboolean
refuse(TwDavSchedule *schedule,
       TwDavCall *call,
       const TwObject *then,
       const TwObject *after,
       GBytes *text,
       GError **error)
{
    call->refusal = find_refusal(schedule, then, after, text);
    if (call->refusal != NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s", call->refusal);
    return call->refusal != NULL;
}

gboolean
tw_dav_schedule_prepare(TwDavSchedule *schedule,
                        TwDavCall *call,
                        const TwObject *before,
                        TwObject *after,
                        GError **error)
{
    g_autoptr(TwObject) then = NULL;
    g_autoptr(GBytes) text = NULL;
    g_auto(TwDavAgents) agents = { 0 };
    guint32 tag = tw_dav_named_tag(call, TW_PidLidInboundICalStream);

    *schedule = (TwDavSchedule){ .messages = NULL };
    if (call->target.owner.is_public || (!has_people(before) && !has_people(after)))
        return TRUE;
    schedule->messages = g_ptr_array_new_with_free_func(free_message);
    schedule->system = tw_dav_system_session(call);
    if (!open_mailbox(schedule, call, error))
        return FALSE;
    if (before != NULL) {
        then = with_values(call, before, error);
        if (then == NULL)
            return FALSE;
    }
    text = tw_item_get_bytes(after != NULL ? after : then, tag);
    if (refuse(schedule, call, then, after, text, error) ||
        !tw_meetings_prepare(&schedule->meetings, then, after, schedule->messages, error))
        return FALSE;
    tw_dav_agents_read(text, &agents);
    if (call->tells_all && after != NULL)
        force_all(after, &agents);
    if (then != NULL && after != NULL)
        force_taken_over(tw_item_get_bytes(then, tag), &agents);
    if (is_silent(call, after))
        drop_replies(schedule->messages);
    drop_unserved(schedule, &agents);
    return after == NULL ||
           (force(schedule, after, &agents, error) && note_status(schedule, text, after, error));
}

void
tw_dav_schedule_send(TwDavSchedule *schedule)
{
    g_autoptr(GError) error = NULL;

    if (schedule->messages == NULL || schedule->messages->len == 0)
        return;
    if (!tw_meetings_send_all(&schedule->meetings, schedule->messages, &error))
        tw_log(TW_LOG_WARNING, "meeting-failed",
               tw_log_uint(TW_LOG_USER, schedule->meetings.spec.user), tw_log_error(error));
    if (schedule->system != NULL)
        (void) tw_freebusy_publish(schedule->system, schedule->meetings.spec.user,
                                   schedule->meetings.spec.now, NULL);
}

void
tw_dav_schedule_clear(TwDavSchedule *schedule)
{
    tw_meetings_clear(&schedule->meetings);
    g_clear_pointer(&schedule->messages, g_ptr_array_unref);
    g_clear_pointer(&schedule->system, tw_session_unref);
}
