/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What comes in, brought into the calendar. */
#include <string.h>

#include "base/error.h"
#include "convert/content-line.h"
#include "groupware/freebusy.h"
#include "groupware/meeting-series.h"
#include "groupware/meetings-private.h"
#include "groupware/resources.h"
#include "mapi/tags.h"

enum {
    TRIES = 5,           /* to save an item that others save too */
    MOST_DELEGATED = 20, /* people that one attendee hands a meeting to */
};

/* A message and the item it is about. */
typedef struct {
    TwMeetings *meetings;
    TwItemNames *names;
    const TwObject *message;
    guint flags;
    gint64 day; /* of the one instance it is about; -1: all */
    TwMeetingHeld held;
    gboolean is_series; /* the item is one, with more than that instance */
} Take;

static void
clear_take(Take *take)
{
    tw_meeting_held_clear(&take->held);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Take, clear_take)

/* The series before single instances; of those the one of that day. */
static gboolean
find_item(Take *take, GBytes *id, GError **error)
{
    TwMeetings *meetings = take->meetings;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint32));

    guint32 folder;

    if (!tw_meetings_find(meetings, take->message, id, found, &folder, error))
        return FALSE;
    take->held.folder = folder;
    for (guint i = 0; i < found->len; i++) {
        g_auto(TwMeetingHeld) held = { 0 };
        g_autoptr(GError) why = NULL;
        gint64 day;

        if (!tw_meetings_load(meetings, g_array_index(found, guint32, i), &held, &why)) {
            if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
                continue; /* deleted meanwhile */
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        day = tw_meeting_day(take->names, held.object);
        if (day >= 0 && day != take->day)
            continue;
        tw_meeting_held_clear(&take->held);
        take->held = held;
        take->held.folder = folder;
        held = (TwMeetingHeld){ 0 };
        if (day < 0)
            break;
    }
    take->is_series =
        take->held.object != NULL &&
        tw_item_get_bool(take->held.object, tw_item_tag(take->names, TW_PidLidRecurring));
    return TRUE;
}

static char *
organiser_of(const TwObject *object)
{
    return tw_item_role_address(object, &tw_item_representing);
}

static gboolean
from_same_organiser(const Take *take)
{
    g_autofree char *theirs = organiser_of(take->message);
    g_autofree char *ours = organiser_of(take->held.object);

    return tw_meetings_same_person(take->meetings, theirs, ours);
}

/* What is in the calendar of just that which the message is about; NULL: an instance like all others of its series. */
static TwObject *
part_of(const Take *take, const TwMeetingSeries *series)
{
    return take->day >= 0 && take->is_series ? tw_meeting_series_find(series, take->day)
                                             : take->held.object;
}

/* NOTHING: it goes on. */
static TwMeetingsResult
compare(const Take *take, const TwObject *part)
{
    int order;

    if (part == NULL) /* the first about this instance */
        return tw_meeting_sequence(take->names, take->message) <
                       tw_meeting_sequence(take->names, take->held.object)
                   ? TW_MEETINGS_OLD
                   : TW_MEETINGS_NOTHING;
    order = tw_meeting_compare(take->names, take->message, part);
    return order < 0 ? TW_MEETINGS_OLD : order == 0 ? TW_MEETINGS_SEEN : TW_MEETINGS_NOTHING;
}

/* ---- requests ---- */

static gboolean
is_cancelled(const Take *take)
{
    return tw_meeting_is_called_off(take->names, take->held.object);
}

/* What was called off and is asked for once more begins anew: its organiser may have forgotten how often it changed. */
static gboolean
begins_anew(const Take *take)
{
    guint32 tag = tw_item_tag(take->names, TW_PidLidOwnerCriticalChange);
    gint64 now = 0, then = 0;

    return is_cancelled(take) && take->day < 0 && tw_item_get_time(take->message, tag, &now) &&
           tw_item_get_time(take->held.object, tag, &then) && now > then;
}

static gboolean
answers_itself(const Take *take)
{
    return (take->meetings->flags & TW_DIRECTORY_ACCEPT) != 0 && !tw_meeting_is_task(take->message);
}

/* The whole calendar item with the one instance as the request wants it. */
static TwObject *
with_instance(const Take *take, TwObject *own, GError **error)
{
    g_autoptr(TwObject) owned = own;
    g_autoptr(TwObject) whole = tw_object_copy(take->held.object);
    g_auto(TwMeetingSeries) series = { .names = NULL };

    if (!tw_meeting_series_open(&series, take->names, whole)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "a series without a rule");
        return NULL;
    }
    if (tw_meeting_series_put(&series, take->day, g_steal_pointer(&owned), error) == NULL ||
        !tw_meeting_series_save(&series, error))
        return NULL;
    return g_steal_pointer(&whole);
}

/* Nothing of what did not fit is left. */
static gboolean
drop(Take *take, GError **error)
{
    g_auto(TwMeetingSeries) series = { .names = NULL };

    if (take->held.message == 0)
        return TRUE;
    if (take->day < 0 || !take->is_series ||
        !tw_meeting_series_open(&series, take->names, take->held.object) ||
        !tw_meeting_series_remove(&series, take->day) || !tw_meeting_series_save(&series, NULL))
        return tw_meetings_remove(take->meetings, take->held.folder, take->held.message, error);
    return tw_meetings_save(take->meetings, &take->held, take->held.object, error);
}

static gboolean
save_request(Take *take, TwObject *item, GError **error)
{
    g_autoptr(TwObject) whole = NULL;

    if (take->day < 0 || !take->is_series)
        return tw_meetings_save(take->meetings, &take->held, item, error);
    whole = with_instance(take, tw_object_copy(item), error);
    return whole != NULL && tw_meetings_save(take->meetings, &take->held, whole, error);
}

static gboolean
refuse(Take *take, const TwObject *item, const TwResourceVerdict *verdict, GError **error)
{
    return drop(take, error) &&
           tw_meetings_reply(take->meetings, item, TW_RESPONSE_DECLINED, verdict->reason, error);
}

/* As it was saved. */
static gboolean
reload(Take *take, GError **error)
{
    guint32 message = take->held.message, folder = take->held.folder;

    tw_meeting_held_clear(&take->held);
    if (!tw_meetings_load(take->meetings, message, &take->held, error))
        return FALSE;
    take->held.folder = folder;
    return TRUE;
}

/* Two who ask at the same moment both find room; at the second look, when both are in, each counts who was saved before it: one has
 * it, the other sees that. */
static gboolean
accept_request(Take *take, TwObject *item, GError **error)
{
    TwMeetings *meetings = take->meetings;
    g_auto(TwResourceVerdict) first = { 0 };
    g_auto(TwResourceVerdict) second = { 0 };

    if (!tw_resources_judge(meetings, item, take->held.message, 0, &first, error))
        return FALSE;
    if (first.declined)
        return refuse(take, item, &first, error);
    tw_meeting_set_response(take->names, item, &meetings->me, TW_RESPONSE_ACCEPTED,
                            meetings->spec.now);
    if (!save_request(take, item, error) ||
        !tw_resources_judge(meetings, item, take->held.message, take->held.cn, &second, error))
        return FALSE;
    if (second.declined)
        return reload(take, error) && refuse(take, item, &second, error);
    return tw_meetings_reply(meetings, item, TW_RESPONSE_ACCEPTED, NULL, error);
}

static gboolean
take_request(Take *take, TwMeetingsResult *ret, GError **error)
{
    TwMeetings *meetings = take->meetings;
    g_autofree char *organiser = organiser_of(take->message);
    g_auto(TwMeetingSeries) series = { .names = NULL };
    g_autoptr(TwObject) item = NULL;
    TwObject *part = NULL;

    if (organiser == NULL || tw_meetings_is_me(meetings, organiser) ||
        ((meetings->flags & (TW_DIRECTORY_ACCEPT | TW_DIRECTORY_PROCESS)) == 0 &&
         (take->flags & TW_MEETINGS_REQUESTS) == 0))
        return TRUE;
    if (take->held.object != NULL) {
        if (!tw_meeting_is_received(take->names, take->held.object) || !from_same_organiser(take))
            return TRUE;
        (void) tw_meeting_series_open(&series, take->names, take->held.object);
        part = part_of(take, &series);
        *ret = begins_anew(take) ? TW_MEETINGS_NOTHING : compare(take, part);
        if (*ret != TW_MEETINGS_NOTHING)
            return TRUE;
    }
    item = tw_meeting_to_item(take->names, take->message, part, error);
    if (item == NULL)
        return FALSE;
    *ret = answers_itself(take) ? TW_MEETINGS_ANSWERED : TW_MEETINGS_TAKEN;
    return answers_itself(take) ? accept_request(take, item, error)
                                : save_request(take, item, error);
}

/* ---- cancellations ---- */

static gboolean
cancel_instance(Take *take, TwMeetingSeries *series, TwMeetingsResult *ret, GError **error)
{
    if (!tw_meeting_series_remove(series, take->day))
        return TRUE;
    *ret = TW_MEETINGS_TAKEN;
    if (!tw_meeting_series_save(series, NULL)) /* that was the last one */
        return tw_meetings_remove(take->meetings, take->held.folder, take->held.message, error);
    return tw_meetings_save(take->meetings, &take->held, take->held.object, error);
}

static gboolean
take_cancel(Take *take, TwMeetingsResult *ret, GError **error)
{
    g_auto(TwMeetingSeries) series = { .names = NULL };
    TwObject *part;

    if (take->held.object == NULL || !tw_meeting_is_received(take->names, take->held.object) ||
        !from_same_organiser(take))
        return TRUE;
    (void) tw_meeting_series_open(&series, take->names, take->held.object);
    part = part_of(take, &series);
    *ret = compare(take, part);
    if (*ret == TW_MEETINGS_OLD)
        return TRUE;
    *ret = TW_MEETINGS_SEEN;
    if (take->day >= 0 && take->is_series)
        return cancel_instance(take, &series, ret, error);
    if (is_cancelled(take))
        return TRUE;
    *ret = TW_MEETINGS_TAKEN;
    if (answers_itself(take))
        return tw_meetings_remove(take->meetings, take->held.folder, take->held.message, error);
    tw_meeting_set_cancelled(take->names, take->held.object, take->message);
    return tw_meetings_save(take->meetings, &take->held, take->held.object, error);
}

/* ---- answers ---- */

static TwObject *
find_row(const Take *take, const TwObject *part, const char *address)
{
    TwObject *row = tw_meeting_find_person(part, address);

    for (guint i = 0; row == NULL && i < tw_object_count(part, TW_OBJECT_RECIPIENT); i++) {
        TwObject *one = tw_object_at(part, TW_OBJECT_RECIPIENT, i);
        g_autofree char *own = tw_item_role_address(one, &tw_item_recipient);

        if (tw_meetings_same_person(take->meetings, own, address))
            row = one;
    }
    return row;
}

static char *
strip_scheme(const char *uri)
{
    return g_ascii_strncasecmp(uri, "mailto:", 7) == 0 ? g_uri_unescape_string(uri + 7, "") : NULL;
}

static void
add_delegate(const Take *take, TwObject *part, const TwContentLine *line)
{
    g_autofree char *address = strip_scheme(line->value);
    const char *name = tw_lines_param(line, "CN");
    TwItemNames *names = take->names;
    TwObject *row;

    if (address == NULL || *address == '\0' || find_row(take, part, address) != NULL)
        return;
    row = tw_object_add(part, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER,
                        names->error == NULL ? &names->error : NULL);
    if (row == NULL)
        return;
    tw_item_set(names, row, tw_value_long(PR_RECIPIENT_TYPE, 1));
    tw_item_set(names, row, tw_value_long(PR_RECIPIENT_FLAGS, TW_RECIPIENT_SENDABLE));
    tw_item_set_role(names, row, &tw_item_recipient, name != NULL ? name : "", address);
}

/* RFC 5546, 3.2.2.3: who answers DELEGATED says to whom; who answers for somebody says for whom. Both are of the meeting then. */
static TwObject *
take_delegation(const Take *take, TwObject *part, TwObject *row, const char *sender)
{
    g_autoptr(GBytes) kept =
        tw_item_get_bytes(take->message, tw_item_tag(take->names, TW_PidLidInboundICalStream));
    gsize len = 0;
    const guint8 *text = kept != NULL ? g_bytes_get_data(kept, &len) : NULL;
    g_autoptr(TwContentTree) tree = text != NULL ? tw_lines_parse(text, len, NULL) : NULL;
    const TwContentNode *calendar = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;
    const char *name = tw_meeting_is_task(take->message) ? "VTODO" : "VEVENT";
    const TwContentNode *event = calendar != NULL ? tw_lines_child(calendar, name) : NULL;
    const TwContentLine *line = event != NULL ? tw_lines_find(event, "ATTENDEE") : NULL;
    guint left = MOST_DELEGATED;

    for (; line != NULL && left > 0; line = tw_lines_next(line), left--) {
        const char *from = tw_lines_param(line, "DELEGATED-FROM");
        g_autofree char *who = from != NULL ? strip_scheme(from) : NULL;

        if (who != NULL && find_row(take, part, who) != NULL)
            add_delegate(take, part, line);
    }
    return row != NULL ? row : find_row(take, part, sender);
}

static gboolean
take_reply(Take *take, TwMeetingsResult *ret, GError **error)
{
    g_autofree char *sender = tw_item_role_address(take->message, &tw_item_representing);
    g_auto(TwMeetingSeries) series = { .names = NULL };
    TwObject *part = take->held.object, *row;

    if (part == NULL || sender == NULL || !tw_meeting_is_organised(take->names, part))
        return TRUE;
    *ret = TW_MEETINGS_OLD;
    if (tw_meeting_sequence(take->names, take->message) < tw_meeting_sequence(take->names, part))
        return TRUE;
    *ret = TW_MEETINGS_NOTHING;
    if (take->day >= 0 && take->is_series) {
        if (!tw_meeting_series_open(&series, take->names, part))
            return TRUE;
        part = tw_meeting_series_own(&series, take->day, NULL);
        if (part == NULL)
            return TRUE; /* an instance that is none */
    }
    row = take_delegation(take, part, find_row(take, part, sender), sender);
    if (row == NULL)
        return TRUE;
    *ret = TW_MEETINGS_SEEN;
    if (!tw_meeting_take_answer(take->names, part, row, take->message))
        return TRUE;
    *ret = TW_MEETINGS_TAKEN;
    return (series.series == NULL || tw_meeting_series_save(&series, error)) &&
           tw_meetings_save(take->meetings, &take->held, take->held.object, error);
}

/* ---- all of it ---- */

static gboolean
take_once(TwMeetings *meetings,
          const TwObject *message,
          guint flags,
          TwMeetingsResult *ret,
          GError **error)
{
    g_auto(Take) take = {
        .meetings = meetings, .names = &meetings->reader.names, .message = message, .flags = flags
    };
    g_autoptr(GBytes) id = tw_meeting_id(take.names, message);

    *ret = TW_MEETINGS_NOTHING;
    if (id == NULL)
        return TRUE;
    take.day = tw_meeting_day(take.names, message);
    if (take.day >= 0 && tw_meeting_is_task(message))
        return TRUE; /* series of tasks have no instances of their own here */
    if (!find_item(&take, id, error))
        return FALSE;
    switch (tw_meeting_kind(message)) {
    case TW_MEETING_REQUEST:
        return take_request(&take, ret, error);
    case TW_MEETING_CANCEL:
        return take_cancel(&take, ret, error);
    case TW_MEETING_REPLY:
        return take_reply(&take, ret, error);
    case TW_MEETING_NONE:
        break;
    }
    return TRUE;
}

gboolean
tw_meetings_take(TwMeetings *meetings,
                 const TwObject *message,
                 guint flags,
                 TwMeetingsResult *ret,
                 GError **error)
{
    *ret = TW_MEETINGS_NOTHING;
    if (tw_meeting_kind(message) == TW_MEETING_NONE ||
        tw_item_get_bool(message, PR_DELEGATED_BY_RULE))
        return TRUE;
    for (guint try = 1;; try++) {
        g_autoptr(GError) why = NULL;

        if (take_once(meetings, message, flags, ret, &why))
            break;
        if (!g_error_matches(why, TW_ERROR, TW_ERROR_CHANGED) || try >= TRIES) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
    /* who has no public store publishes nothing */
    if (*ret >= TW_MEETINGS_TAKEN && meetings->spec.system != NULL && !tw_meeting_is_task(message))
        (void) tw_freebusy_publish(meetings->spec.system, meetings->spec.user, meetings->spec.now,
                                   NULL);
    return TRUE;
}
