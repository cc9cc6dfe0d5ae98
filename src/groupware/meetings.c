/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A mailbox with meetings: who is who, the items of its calendar, and what it sends. */
#include "groupware/meetings-private.h"

#include "base/error.h"
#include "base/log.h"
#include "groupware/delegates.h"
#include "groupware/mailbox.h"
#include "groupware/message-place.h"
#include "mapi/tags.h"

enum {
    MOST_DEPTH = 3, /* mailboxes that tell one another: a request, a room's answer, its organiser */
};

/* ---- who is who ---- */

static gboolean
find_user(TwMeetings *meetings, GError **error)
{
    g_auto(TwBookGetArgs) get = { .user = meetings->spec.user };
    g_auto(TwStoreFindArgs) find = { .owner = meetings->spec.user, .kind = TW_STORE_PRIVATE };

    if (!tw_session_book_get(meetings->spec.session, &get, error) ||
        !tw_session_store_find(meetings->spec.session, &find, error))
        return FALSE;
    meetings->user = g_steal_pointer(&get.entry);
    meetings->store = find.store;
    meetings->me = (TwMeetingPerson){
        .name =
            *meetings->user->full_name != '\0' ? meetings->user->full_name : meetings->user->name,
        .address = *meetings->user->mail != '\0' ? meetings->user->mail : meetings->user->name,
    };
    return TRUE;
}

/* What the directory says, and what a client wrote into the mailbox. */
static void
find_settings(TwMeetings *meetings)
{
    g_auto(TwDelegates) settings = { 0 };

    meetings->flags = meetings->user->meeting;
    if (!tw_delegates_load(meetings->spec.session, &meetings->store, &settings, NULL))
        return;
    if (settings.process == TW_DELEGATES_PROCESS)
        meetings->flags |= TW_DIRECTORY_PROCESS;
    if (settings.process == TW_DELEGATES_LEAVE)
        meetings->flags &= ~(guint) TW_DIRECTORY_PROCESS;
    if (settings.accept)
        meetings->flags |= TW_DIRECTORY_ACCEPT;
    if (settings.decline_conflicts)
        meetings->flags |= TW_DIRECTORY_DECLINE_CONFLICT;
    if (settings.decline_recurring)
        meetings->flags |= TW_DIRECTORY_DECLINE_RECURRING;
}

gboolean
tw_meetings_open(TwMeetings *meetings, const TwMeetingsSpec *spec, GError **error)
{
    TwMailboxFolders folders;

    *meetings = (TwMeetings){ .spec = *spec };
    tw_calendar_reader_init(&meetings->reader, spec->session);
    if (!find_user(meetings, error) ||
        !tw_calendar_find(&meetings->reader, &meetings->store, &meetings->calendar, error))
        return FALSE;
    if (tw_mailbox_folders(spec->session, &meetings->store, TW_LAYOUT_PRIVATE, &folders, NULL))
        meetings->tasks = folders.numbers[TW_LAYOUT_FOLDER_TASKS];
    find_settings(meetings);
    return TRUE;
}

void
tw_meetings_clear(TwMeetings *meetings)
{
    tw_calendar_reader_clear(&meetings->reader);
    g_clear_pointer(&meetings->user, tw_directory_object_unref);
}

gboolean
tw_meetings_is_me(const TwMeetings *meetings, const char *address)
{
    const TwDirectoryObject *user = meetings->user;

    if (address == NULL || *address == '\0')
        return FALSE;
    if (g_ascii_strcasecmp(user->mail, address) == 0 ||
        g_ascii_strcasecmp(user->name, address) == 0)
        return TRUE;
    for (guint i = 0; user->aliases != NULL && user->aliases[i] != NULL; i++) {
        if (g_ascii_strcasecmp(user->aliases[i], address) == 0)
            return TRUE;
    }
    return FALSE;
}

/* 0: nobody of this server, or nobody that may be known of. */
static guint32
user_of(const TwMeetings *meetings, const char *address)
{
    TwSession *session =
        meetings->spec.system != NULL ? meetings->spec.system : meetings->spec.session;
    g_auto(TwRecipientFindArgs) find = { .address = address };
    g_auto(TwBookResolveArgs) resolve = { .text = address, .exact = TRUE };

    if (tw_session_recipient_find(session, &find, NULL))
        return find.user;
    return tw_session_book_resolve(session, &resolve, NULL) ? resolve.entry->number : 0;
}

gboolean
tw_meetings_same_person(const TwMeetings *meetings, const char *one, const char *other)
{
    guint32 user;

    if (one == NULL || other == NULL || *one == '\0' || *other == '\0')
        return FALSE;
    if (g_ascii_strcasecmp(one, other) == 0 ||
        (tw_meetings_is_me(meetings, one) && tw_meetings_is_me(meetings, other)))
        return TRUE;
    user = user_of(meetings, one);
    return user != 0 && user == user_of(meetings, other);
}

/* ---- items ---- */

void
tw_meeting_held_clear(TwMeetingHeld *held)
{
    g_clear_pointer(&held->object, tw_object_free);
}

gboolean
tw_meetings_load(TwMeetings *meetings, guint32 message, TwMeetingHeld *ret, GError **error)
{
    TwItemNames *names = &meetings->reader.names;
    guint32 tag = tw_item_tag(names, TW_PidLidAppointmentRecur);
    g_auto(TwMessageReadArgs) read = { .store = meetings->store, .message = message };
    TwMessagePlace place = { .session = meetings->spec.session,
                             .store = meetings->store,
                             .message = message };
    const TwValueSource source = tw_message_place_values(&place);
    TwBlobRef ref;

    if (!tw_session_message_read(meetings->spec.session, &read, error))
        return FALSE;
    if (tw_object_get_blob(read.object, tag, &ref, NULL)) {
        g_autoptr(GBytes) blob =
            tw_value_source_load(&source, read.object, tag, TW_RECURRENCE_MAX_BLOB, error);
        if (blob == NULL)
            return FALSE;
        tw_item_set_bytes(names, read.object, tag, blob);
    }
    *ret = (TwMeetingHeld){ .message = message,
                            .cn = read.row.cn,
                            .object = g_steal_pointer(&read.object) };
    return TRUE;
}

gboolean
tw_meetings_save(TwMeetings *meetings, TwMeetingHeld *held, TwObject *object, GError **error)
{
    TwItemNames *names = &meetings->reader.names;
    g_auto(TwMessageCreateArgs)
        create = { .store = meetings->store,
                   .folder = held->folder != 0 ? held->folder : meetings->calendar,
                   .object = object };
    g_auto(TwMessageSaveArgs) save = {
        .store = meetings->store, .message = held->message, .object = object, .cn = held->cn
    };

    if (names->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&names->error));
        return FALSE;
    }
    if (held->message != 0) {
        if (!tw_session_message_save(meetings->spec.session, &save, error))
            return FALSE;
        held->cn = save.new_cn;
        return TRUE;
    }
    if (!tw_session_message_create(meetings->spec.session, &create, error))
        return FALSE;
    held->message = create.made.mid;
    held->cn = create.made.cn;
    return TRUE;
}

gboolean
tw_meetings_find(TwMeetings *meetings,
                 const TwObject *message,
                 GBytes *id,
                 GArray *found,
                 guint32 *ret_folder,
                 GError **error)
{
    TwCalendarReader *reader = &meetings->reader;

    *ret_folder = meetings->calendar;
    if (meetings->tasks == 0 || !tw_meeting_is_task(message))
        return tw_calendar_find_items(reader, &meetings->store, *ret_folder, id, found, error);
    *ret_folder = meetings->tasks;
    if (!tw_calendar_find_items(reader, &meetings->store, meetings->tasks, id, found, error))
        return FALSE;
    if (found->len > 0)
        return TRUE;
    if (!tw_calendar_find_items(reader, &meetings->store, meetings->calendar, id, found, error))
        return FALSE;
    if (found->len > 0)
        *ret_folder = meetings->calendar;
    return TRUE;
}

gboolean
tw_meetings_remove(TwMeetings *meetings, guint32 folder, guint32 message, GError **error)
{
    g_auto(TwMessagesDeleteArgs) args = { .store = meetings->store,
                                          .folder = folder != 0 ? folder : meetings->calendar,
                                          .messages = { &message, 1 } };

    return tw_session_messages_delete(meetings->spec.session, &args, error);
}

/* ---- sending ---- */

/* Somebody of this server has it at once. What cannot be done now is done when the mail arrives. */
static void
tell(TwMeetings *meetings, const TwObject *message, const char *address)
{
    TwMeetingsSpec spec = { .session = meetings->spec.system,
                            .system = meetings->spec.system,
                            .user = user_of(meetings, address),
                            .now = meetings->spec.now };
    g_auto(TwMeetings) other = { .depth = 0 };
    g_autoptr(GError) error = NULL;
    TwMeetingsResult result;

    if (spec.user == 0 || spec.user == meetings->spec.user)
        return;
    if (tw_meetings_open(&other, &spec, &error)) {
        other.depth = meetings->depth + 1;
        (void) tw_meetings_take(&other, message, 0, &result, &error);
    }
    if (error != NULL && !g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND))
        tw_log(TW_LOG_WARNING, "meeting-failed", tw_log_uint(TW_LOG_USER, spec.user),
               tw_log_error(error));
}

static void
tell_all(TwMeetings *meetings, const TwObject *message)
{
    if (meetings->spec.system == NULL || meetings->depth >= MOST_DEPTH)
        return;
    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_RECIPIENT); i++) {
        const TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, i);
        g_autofree char *address = tw_item_role_address(row, &tw_item_recipient);

        if (address != NULL &&
            (tw_object_get_long(row, PR_RECIPIENT_TYPE, 1) & TW_RECIPIENT_PASSED_OVER) == 0)
            tell(meetings, message, address);
    }
}

static gboolean
submit(TwMeetings *meetings, TwObject *message, GError **error)
{
    TwSession *session = meetings->spec.session;
    g_auto(TwMessageCreateArgs) create = { .store = meetings->store, .object = message };
    g_auto(TwQueueSubmitArgs) args = { .store = meetings->store, .flags = TW_QUEUE_MASTER };
    TwMailboxFolders folders;

    if (!tw_mailbox_folders(session, &meetings->store, TW_LAYOUT_PRIVATE, &folders, error))
        return FALSE;
    create.folder = folders.numbers[TW_LAYOUT_FOLDER_OUTBOX];
    if (create.folder == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "the mailbox has no Outbox");
        return FALSE;
    }
    if (!tw_session_message_create(session, &create, error))
        return FALSE;
    args.message = create.made.mid;
    if (tw_session_queue_submit(session, &args, error))
        return TRUE;
    {
        g_auto(TwMessagesDeleteArgs) gone = { .store = meetings->store,
                                              .folder = create.folder,
                                              .messages = { &args.message, 1 },
                                              .hard = TRUE };
        (void) tw_session_messages_delete(session, &gone, NULL);
    }
    return FALSE;
}

/* Of this server, and nothing of that meeting is in the calendar. */
static gboolean
has_nothing_of(const TwMeetings *meetings, const TwObject *row, const TwObject *message, GBytes *id)
{
    g_autofree char *address = tw_item_role_address(row, &tw_item_recipient);
    TwMeetingsSpec spec = { .session = meetings->spec.system, .now = meetings->spec.now };
    guint32 folder;
    g_auto(TwMeetings) other = { .depth = 0 };
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint32));

    spec.user = address != NULL ? user_of(meetings, address) : 0;
    return spec.user != 0 && tw_meetings_open(&other, &spec, NULL) &&
           tw_meetings_find(&other, message, id, found, &folder, NULL) && found->len == 0;
}

/* Who declined, and threw it away, need not be told that it is off. FALSE: nobody is left who is. */
static gboolean
leave_out_decliners(TwMeetings *meetings, TwObject *message)
{
    TwItemNames *names = &meetings->reader.names;
    g_autoptr(GBytes) id = tw_meeting_id(names, message);
    guint left = 0;

    if (meetings->spec.system == NULL || id == NULL ||
        tw_meeting_kind(message) != TW_MEETING_CANCEL || tw_meeting_day(names, message) >= 0)
        return TRUE;
    for (guint i = 0; i < tw_object_count(message, TW_OBJECT_RECIPIENT); i++) {
        TwObject *row = tw_object_at(message, TW_OBJECT_RECIPIENT, i);
        guint32 type = tw_object_get_long(row, PR_RECIPIENT_TYPE, 1);

        if (tw_object_get_long(row, PR_RECIPIENT_TRACKSTATUS, 0) == TW_RESPONSE_DECLINED &&
            has_nothing_of(meetings, row, message, id))
            tw_item_set(names, row,
                        tw_value_long(PR_RECIPIENT_TYPE, type | TW_RECIPIENT_PASSED_OVER));
        else if ((type & TW_RECIPIENT_PASSED_OVER) == 0 &&
                 (tw_object_get_long(row, PR_RECIPIENT_FLAGS, 0) & TW_RECIPIENT_ORGANISER) == 0)
            left++;
    }
    return left > 0;
}

gboolean
tw_meetings_send(TwMeetings *meetings, TwObject *message, GError **error)
{
    const TwMeetingPerson *sender = &meetings->spec.sender;
    g_autoptr(TwObject) told = NULL;

    if (!leave_out_decliners(meetings, message))
        return TRUE;
    if (sender->address != NULL)
        tw_item_set_role(&meetings->reader.names, message, &tw_item_sender,
                         sender->name != NULL ? sender->name : "", sender->address);
    told = tw_object_copy(message); /* with its values, which go to blobs */
    if (!tw_object_seal(told, error) || !submit(meetings, message, error))
        return FALSE;
    tell_all(meetings, told);
    return TRUE;
}

gboolean
tw_meetings_send_all(TwMeetings *meetings, const GPtrArray *messages, GError **error)
{
    for (guint i = 0; i < messages->len; i++) {
        if (!tw_meetings_send(meetings, messages->pdata[i], error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_meetings_reply(TwMeetings *meetings,
                  const TwObject *item,
                  TwResponse response,
                  const char *comment,
                  GError **error)
{
    const TwMeetingAnswer answer = {
        .me = meetings->me, .response = response, .comment = comment, .now = meetings->spec.now
    };
    g_autoptr(TwObject) reply =
        tw_meeting_make_reply(&meetings->reader.names, item, &answer, error);

    return reply != NULL && tw_meetings_send(meetings, reply, error);
}

gboolean
tw_meetings_answer(
    TwMeetings *meetings, guint32 item, TwResponse response, const char *comment, GError **error)
{
    TwItemNames *names = &meetings->reader.names;
    g_auto(TwMeetingHeld) held = { 0 };

    if (!tw_meetings_load(meetings, item, &held, error))
        return FALSE;
    if (!tw_meeting_is_received(names, held.object)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "nobody else organises it");
        return FALSE;
    }
    tw_meeting_set_response(names, held.object, &meetings->me, response, meetings->spec.now);
    if (response == TW_RESPONSE_DECLINED ? !tw_meetings_remove(meetings, 0, item, error)
                                         : !tw_meetings_save(meetings, &held, held.object, error))
        return FALSE;
    return tw_meetings_reply(meetings, held.object, response, comment, error);
}
