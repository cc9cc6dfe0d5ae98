/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/meeting-house.h"

#include <string.h>

#include "convert/ical-out.h"
#include "groupware/delegates.h"
#include "groupware/mail-import.h"
#include "groupware/mailbox.h"
#include "groupware/meeting-series.h"
#include "groupware/resources.h"
#include "groupware/zone-files.h"
#include "mapi/global-id.h"
#include "mapi/tags.h"

static void
make_person(House *house, const char *name, Person *ret)
{
    TwMailboxSpec spec;

    world_user(&house->world, 0, name, &ret->user);
    spec = tw_mailbox_spec(ret->user.number, TW_STORE_PRIVATE, NULL);
    assert_done(tw_mailbox_fill(house->system, &ret->user.store, &spec, FALSE, NULL, error));
    assert_done(tw_mailbox_folders(house->system, &ret->user.store, TW_LAYOUT_PRIVATE,
                                   &ret->folders, error));
}

static void
set_user(House *house, const Person *person, const TwDirectoryObject *values, guint32 fields)
{
    g_auto(TwObjectChangeArgs)
        args = { .user = person->user.number, .values = values, .fields = fields };

    assert_done(tw_session_object_change(house->system, &args, error));
}

void
set_meeting(House *house, const Person *person, guint flags, guint capacity)
{
    const TwDirectoryObject values = { .kind = TW_DIRECTORY_USER,
                                       .meeting = (TwDirectoryMeetingFlags) flags,
                                       .capacity = capacity };

    set_user(house, person, &values, TW_DIRECTORY_SET_MEETING);
}

void
house_open(House *house)
{
    static const char *const aliases[] = { "bobby@example.org", NULL };
    const TwDirectoryObject bob = { .kind = TW_DIRECTORY_USER, .aliases = aliases };
    const TwDirectoryObject room = { .kind = TW_DIRECTORY_ROOM };
    TwGuid public;

    *house = (House){ .now = NOW };
    world_new(&house->world);
    house->system = world_trusted(&house->world, "SYSTEM");
    make_person(house, "ann", &house->ann);
    make_person(house, "bob", &house->bob);
    make_person(house, "room", &house->room);
    set_user(house, &house->bob, &bob, TW_DIRECTORY_SET_ALIASES);
    set_user(house, &house->room, &room, TW_DIRECTORY_SET_KIND);
    set_meeting(house, &house->bob, TW_DIRECTORY_PROCESS, 0);
    set_meeting(house, &house->room, TW_DIRECTORY_ACCEPT | TW_DIRECTORY_DECLINE_CONFLICT, 0);
    assert_done(tw_mailbox_create(house->system, TW_DIRECTORY_EVERYONE, TW_STORE_PUBLIC, NULL,
                                  &public, error));
}

void
house_close(House *house)
{
    tw_session_unref(house->system);
    world_free(&house->world);
}

/* ---- what happens ---- */

TwMeetings
open_mailbox(House *house, const Person *person)
{
    const TwMeetingsSpec spec = { .session = house->system,
                                  .system = house->system,
                                  .user = person->user.number,
                                  .now = house->now };
    TwMeetings meetings = { .depth = 0 };

    assert_done(tw_meetings_open(&meetings, &spec, error));
    return meetings;
}

/* Somebody gets a mail. */
TwMeetingsResult
get_mail(House *house, const Person *person, const char *mail)
{
    g_auto(TwMeetings) meetings = open_mailbox(house, person);
    const TwMailInOptions options = { .names = meetings.reader.map };
    g_autoptr(GBytes) bytes = g_bytes_new(mail, strlen(mail));
    g_autoptr(TwMailIn) in = tw_mail_import(bytes, &options);
    TwMeetingsResult result;

    g_assert_cmpint(tw_meeting_kind(in->object), !=, TW_MEETING_NONE);
    assert_done(tw_meetings_take(&meetings, in->object, 0, &result, error));
    return result;
}

/* What a door does with an item: @text NULL deletes it. */
guint
put(House *house, const Person *person, const char *text)
{
    const char *self[] = { NULL, NULL };
    g_auto(TwMeetings) meetings = open_mailbox(house, person);
    g_autoptr(GPtrArray) messages =
        g_ptr_array_new_with_free_func((GDestroyNotify) (void (*)(void)) tw_object_free);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint32));
    TwIcalOptions options = { .names = meetings.reader.map,
                              .load = tw_zone_file_read,
                              .self = self };
    g_autoptr(TwIcal) ical = NULL;
    g_autoptr(GBytes) id = tw_global_id_from_uid("lunch@x", -1);
    g_auto(TwMessageReadArgs) read = { .store = person->user.store };
    g_auto(TwMessageCreateArgs)
        create = { .store = person->user.store,
                   .folder = person->folders.numbers[TW_LAYOUT_FOLDER_CALENDAR] };
    g_auto(TwMessageSaveArgs) save = { .store = person->user.store };
    g_auto(TwMessagesDeleteArgs) gone = { .store = create.store, .folder = create.folder };
    TwObject *after = NULL;

    self[0] = meetings.me.address;
    if (text != NULL) {
        g_autoptr(GError) why = NULL;
        ical = tw_ical_read((const guint8 *) text, strlen(text), &options, &why);
        g_assert_no_error(why);
        after = ((const TwIcalItem *) ical->items->pdata[0])->object;
    }
    assert_done(
        tw_calendar_find_items(&meetings.reader, &create.store, create.folder, id, found, error));
    if (found->len > 0) {
        read.message = save.message = g_array_index(found, guint32, 0);
        assert_done(tw_session_message_read(house->system, &read, error));
    }
    assert_done(tw_meetings_prepare(&meetings, read.object, after, messages, error));
    create.object = save.object = after;
    gone.messages = (TwNumbers){ &save.message, 1 };
    if (after == NULL)
        assert_done(tw_session_messages_delete(house->system, &gone, error));
    else if (found->len > 0)
        assert_done(tw_session_message_save(house->system, &save, error));
    else
        assert_done(tw_session_message_create(house->system, &create, error));
    assert_done(tw_meetings_send_all(&meetings, messages, error));
    return messages->len;
}

/* ---- what is there ---- */

guint
count_items(House *house, const Person *person, TwLayoutFolderKey folder)
{
    g_auto(TwMessageListArgs)
        args = { .store = person->user.store, .folder = person->folders.numbers[folder] };

    assert_done(tw_session_message_list(house->system, &args, error));
    return args.rows->len;
}

/* "start+hours state/response/busy sN subject": the item of the meeting; "-": there is none. */
char *
look(House *house, const Person *person)
{
    g_auto(TwMeetings) meetings = open_mailbox(house, person);
    TwItemNames *names = &meetings.reader.names;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GBytes) id = tw_global_id_from_uid("lunch@x", -1);
    g_auto(TwMessageReadArgs) read = { .store = person->user.store };
    gint64 start = 0, end = 0;

    assert_done(tw_calendar_find_items(&meetings.reader, &meetings.store, meetings.calendar, id,
                                       found, error));
    if (found->len == 0)
        return g_strdup("-");
    read.message = g_array_index(found, guint32, 0);
    assert_done(tw_session_message_read(house->system, &read, error));
    g_assert_cmpstr(tw_object_get_text(read.object, PR_MESSAGE_CLASS, ""), ==, "IPM.Appointment");
    (void) tw_item_get_time(read.object, tw_item_tag(names, TW_PidLidAppointmentStartWhole),
                            &start);
    (void) tw_item_get_time(read.object, tw_item_tag(names, TW_PidLidAppointmentEndWhole), &end);
    return g_strdup_printf(
        "%d+%d %u/%u/%u s%u %s", (int) ((start - START) / HOUR), (int) ((end - start) / HOUR),
        tw_object_get_long(read.object, tw_item_tag(names, TW_PidLidAppointmentStateFlags), 99),
        tw_object_get_long(read.object, tw_item_tag(names, TW_PidLidResponseStatus), 99),
        tw_object_get_long(read.object, tw_item_tag(names, TW_PidLidBusyStatus), 99),
        tw_meeting_sequence(names, read.object), tw_object_get_text(read.object, PR_SUBJECT, ""));
}

void
expect(House *house, const Person *person, const char *wanted)
{
    g_autofree char *text = look(house, person);

    g_assert_cmpstr(text, ==, wanted);
}

/* What the organiser knows of an attendee; of one instance when @day is not -1. */
guint
status_of(House *house, const char *address, gint64 day)
{
    g_auto(TwMeetings) meetings = open_mailbox(house, &house->ann);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GBytes) id = tw_global_id_from_uid("lunch@x", -1);
    g_auto(TwMessageReadArgs) read = { .store = house->ann.user.store };
    g_auto(TwMeetingSeries) series = { .names = NULL };
    const TwObject *part, *row;

    assert_done(tw_calendar_find_items(&meetings.reader, &meetings.store, meetings.calendar, id,
                                       found, error));
    read.message = g_array_index(found, guint32, 0);
    assert_done(tw_session_message_read(house->system, &read, error));
    part = read.object;
    if (day >= 0) {
        g_assert_true(tw_meeting_series_open(&series, &meetings.reader.names, read.object));
        part = tw_meeting_series_find(&series, day);
        g_assert_nonnull(part);
    }
    row = tw_meeting_find_person(part, address);
    return row != NULL ? tw_object_get_long(row, PR_RECIPIENT_TRACKSTATUS, 0) : 99;
}

guint
count_queued(House *house, const Person *person)
{
    g_auto(TwQueueListArgs) args = { .store = person->user.store };

    assert_done(tw_session_queue_list(house->system, &args, error));
    return args.rows->len;
}
