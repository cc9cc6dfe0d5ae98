/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Meetings between an organiser, an attendee and a room: what each calendar says after each message, and what is sent. */
#include "groupware/meetings.h"

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
#include "session/world.h"

#define TICKS(unix_s) (TW_TICKS_SECOND * ((unix_s) + G_GINT64_CONSTANT(11644473600)))
#define NOW TICKS(1767225600)   /* 2026-01-01 00:00 UTC */
#define START TICKS(1770091200) /* Tuesday, 2026-02-03 04:00 UTC */
#define HOUR (60 * TW_TICKS_MINUTE)

typedef struct {
    WorldUser user;
    TwMailboxFolders folders;
} Person;

typedef struct {
    World world;
    TwSession *system;
    Person ann, bob, room;
    gint64 now;
} House;

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

static void
set_meeting(House *house, const Person *person, guint flags, guint capacity)
{
    const TwDirectoryObject values = { .kind = TW_DIRECTORY_USER,
                                       .meeting = (TwDirectoryMeetingFlags) flags,
                                       .capacity = capacity };

    set_user(house, person, &values, TW_DIRECTORY_SET_MEETING);
}

static void
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

static void
house_close(House *house)
{
    tw_session_unref(house->system);
    world_free(&house->world);
}

/* ---- what happens ---- */

static TwMeetings
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

#define MAIL(from, method, lines)                                                                  \
    "From: " from "@example.org\r\nTo: x@example.org\r\nSubject: Lunch\r\nMIME-Version: 1.0\r\n"   \
    "Content-Type: text/calendar; method=" method "\r\n\r\n"                                       \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nMETHOD:" method "\r\n"                    \
    "BEGIN:VEVENT\r\nUID:lunch@x\r\nSUMMARY:Lunch\r\n" lines "END:VEVENT\r\nEND:VCALENDAR\r\n"
#define ANN "ORGANIZER:mailto:ann@example.org\r\n"
#define BOB "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.org\r\n"
#define AT(start, hours)                                                                           \
    "DTSTART:20260203T" start "0000Z\r\nDURATION:PT" hours "H\r\nDTSTAMP:20260101T000000Z\r\n"

/* Somebody gets a mail. */
static TwMeetingsResult
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
static guint
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

#define EVENT(lines)                                                                               \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\n"          \
    "SUMMARY:Lunch\r\n" lines "END:VEVENT\r\nEND:VCALENDAR\r\n"

/* ---- what is there ---- */

static guint
count_items(House *house, const Person *person, TwLayoutFolderKey folder)
{
    g_auto(TwMessageListArgs)
        args = { .store = person->user.store, .folder = person->folders.numbers[folder] };

    assert_done(tw_session_message_list(house->system, &args, error));
    return args.rows->len;
}

/* "start+hours state/response/busy sN subject": the item of the meeting; "-": there is none. */
static char *
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

static void
expect(House *house, const Person *person, const char *wanted)
{
    g_autofree char *text = look(house, person);

    g_assert_cmpstr(text, ==, wanted);
}

/* What the organiser knows of an attendee; of one instance when @day is not -1. */
static guint
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

static guint
count_queued(House *house, const Person *person)
{
    g_auto(TwQueueListArgs) args = { .store = person->user.store };

    assert_done(tw_session_queue_list(house->system, &args, error));
    return args.rows->len;
}

/* ---- mails ---- */

static void
test_attendee(void)
{
    House house;

    house_open(&house);
    g_assert_cmpint(get_mail(&house, &house.bob, MAIL("ann", "REQUEST", AT("04", "1") ANN BOB)), ==,
                    TW_MEETINGS_TAKEN);
    expect(&house, &house.bob, "0+1 3/5/1 s0 Lunch");
    /* the same again */
    g_assert_cmpint(get_mail(&house, &house.bob, MAIL("ann", "REQUEST", AT("04", "1") ANN BOB)), ==,
                    TW_MEETINGS_SEEN);
    /* an update, then what was sent before it */
    g_assert_cmpint(get_mail(&house, &house.bob,
                             MAIL("ann", "REQUEST", "SEQUENCE:2\r\n" AT("05", "2") ANN BOB)),
                    ==, TW_MEETINGS_TAKEN);
    g_assert_cmpint(get_mail(&house, &house.bob,
                             MAIL("ann", "REQUEST", "SEQUENCE:1\r\n" AT("04", "1") ANN BOB)),
                    ==, TW_MEETINGS_OLD);
    expect(&house, &house.bob, "1+2 3/5/1 s2 Lunch");
    /* somebody else has no say in it */
    g_assert_cmpint(
        get_mail(&house, &house.bob,
                 MAIL("eve", "REQUEST",
                      "SEQUENCE:3\r\nORGANIZER:mailto:eve@example.net\r\n" AT("09", "1") BOB)),
        ==, TW_MEETINGS_NOTHING);
    g_assert_cmpint(
        get_mail(&house, &house.bob,
                 MAIL("eve", "CANCEL",
                      "SEQUENCE:3\r\nORGANIZER:mailto:eve@example.net\r\n" AT("09", "1") BOB)),
        ==, TW_MEETINGS_NOTHING);
    /* an old cancellation, and the last word */
    g_assert_cmpint(
        get_mail(&house, &house.bob, MAIL("ann", "CANCEL", "SEQUENCE:1\r\n" AT("05", "2") ANN BOB)),
        ==, TW_MEETINGS_OLD);
    g_assert_cmpint(
        get_mail(&house, &house.bob, MAIL("ann", "CANCEL", "SEQUENCE:3\r\n" AT("05", "2") ANN BOB)),
        ==, TW_MEETINGS_TAKEN);
    expect(&house, &house.bob, "1+2 7/5/0 s3 Canceled: Lunch");
    g_assert_cmpint(
        get_mail(&house, &house.bob, MAIL("ann", "CANCEL", "SEQUENCE:3\r\n" AT("05", "2") ANN BOB)),
        ==, TW_MEETINGS_SEEN);
    g_assert_cmpuint(count_items(&house, &house.bob, TW_LAYOUT_FOLDER_CALENDAR), ==, 1);
    g_assert_cmpuint(count_queued(&house, &house.bob), ==, 0);
    house_close(&house);
}

/* PidLid of older clients in the LocalFreebusy message. */
static void
set_in_mailbox(House *house, const Person *person, guint32 wanted)
{
    g_auto(TwDelegates) delegates = { 0 };
    g_auto(TwMeetings) meetings = open_mailbox(house, person);
    TwItemNames *names = &meetings.reader.names;
    g_auto(TwMessageListArgs)
        list = { .store = person->user.store,
                 .folder = person->folders.numbers[TW_LAYOUT_FOLDER_FREEBUSY] };

    assert_done(tw_session_message_list(house->system, &list, error));
    g_assert_cmpuint(list.rows->len, >, 0);
    for (guint i = 0; i < list.rows->len; i++) {
        g_auto(TwMessageReadArgs)
            read = { .store = list.store,
                     .message = g_array_index(list.rows, TwMessageRow, i).mid };
        g_auto(TwMessageSaveArgs) save = { .store = list.store, .message = read.message };

        assert_done(tw_session_message_read(house->system, &read, error));
        tw_item_set(names, read.object,
                    tw_value_long(tw_item_tag(names, TW_NameAutoProcess), wanted));
        g_assert_no_error(names->error);
        g_assert_true(tw_object_seal(read.object, NULL));
        save.object = read.object;
        assert_done(tw_session_message_save(house->system, &save, error));
    }
    assert_done(tw_delegates_load(house->system, &person->user.store, &delegates, error));
    g_assert_cmpint(delegates.process, ==, wanted != 0 ? TW_DELEGATES_PROCESS : TW_DELEGATES_LEAVE);
}

/* Who does not want it has requests as mails only; one's own meeting is nobody's request. */
static void
test_settings(void)
{
    House house;

    house_open(&house);
    set_meeting(&house, &house.bob, 0, 0);
    g_assert_cmpint(get_mail(&house, &house.bob, MAIL("ann", "REQUEST", AT("04", "1") ANN BOB)), ==,
                    TW_MEETINGS_NOTHING);
    expect(&house, &house.bob, "-");
    set_meeting(&house, &house.ann, TW_DIRECTORY_PROCESS, 0);
    g_assert_cmpint(get_mail(&house, &house.ann, MAIL("ann", "REQUEST", AT("04", "1") ANN BOB)), ==,
                    TW_MEETINGS_NOTHING);
    expect(&house, &house.ann, "-");
    /* what a client says in the mailbox counts before what the directory says */
    set_in_mailbox(&house, &house.bob, 1);
    g_assert_cmpint(get_mail(&house, &house.bob, MAIL("ann", "REQUEST", AT("04", "1") ANN BOB)), ==,
                    TW_MEETINGS_TAKEN);
    set_meeting(&house, &house.bob, TW_DIRECTORY_PROCESS, 0);
    set_in_mailbox(&house, &house.bob, 0);
    g_assert_cmpint(get_mail(&house, &house.bob,
                             MAIL("ann", "REQUEST", "SEQUENCE:1\r\n" AT("05", "1") ANN BOB)),
                    ==, TW_MEETINGS_NOTHING);
    expect(&house, &house.bob, "0+1 3/5/1 s0 Lunch");
    house_close(&house);
}

#define SERIES                                                                                     \
    "DTSTART:20260203T040000Z\r\nDURATION:PT1H\r\nDTSTAMP:20260101T000000Z\r\n"                    \
    "RRULE:FREQ=WEEKLY;COUNT=4\r\n"

static guint
count_instances(House *house, const Person *person, gint64 *ret_second)
{
    g_auto(TwMeetings) meetings = open_mailbox(house, person);
    const TwCalendarWindow window = { .store = meetings.store,
                                      .folder = meetings.calendar,
                                      .start = START - 24 * HOUR,
                                      .end = START + 60 * 24 * HOUR };
    g_autoptr(GArray) entries = tw_calendar_entries_new();

    assert_done(tw_calendar_read(&meetings.reader, &window, entries, error));
    if (entries->len > 1)
        *ret_second = (g_array_index(entries, TwCalendarEntry, 1).start - START) / HOUR;
    return entries->len;
}

static void
test_series(void)
{
    gint64 second = 0;
    House house;

    house_open(&house);
    (void) get_mail(&house, &house.bob, MAIL("ann", "REQUEST", SERIES ANN BOB));
    g_assert_cmpuint(count_instances(&house, &house.bob, &second), ==, 4);
    g_assert_cmpint(second, ==, 168);
    /* one of them is later */
    g_assert_cmpint(
        get_mail(&house, &house.bob,
                 MAIL("ann", "REQUEST",
                      "RECURRENCE-ID:20260210T040000Z\r\nDTSTART:20260210T090000Z\r\n"
                      "DURATION:PT1H\r\nSEQUENCE:1\r\nDTSTAMP:20260102T000000Z\r\n" ANN BOB)),
        ==, TW_MEETINGS_TAKEN);
    g_assert_cmpuint(count_instances(&house, &house.bob, &second), ==, 4);
    g_assert_cmpint(second, ==, 173);
    /* and older words about it are passed over */
    g_assert_cmpint(get_mail(&house, &house.bob,
                             MAIL("ann", "REQUEST",
                                  "RECURRENCE-ID:20260210T040000Z\r\nDTSTART:20260210T110000Z\r\n"
                                  "DURATION:PT1H\r\nDTSTAMP:20260102T000000Z\r\n" ANN BOB)),
                    ==, TW_MEETINGS_OLD);
    /* one is cancelled, then another, which nobody moved */
    g_assert_cmpint(get_mail(&house, &house.bob,
                             MAIL("ann", "CANCEL",
                                  "RECURRENCE-ID:20260210T040000Z\r\nDTSTART:20260210T090000Z\r\n"
                                  "SEQUENCE:2\r\nDTSTAMP:20260103T000000Z\r\n" ANN BOB)),
                    ==, TW_MEETINGS_TAKEN);
    g_assert_cmpuint(count_instances(&house, &house.bob, &second), ==, 3);
    g_assert_cmpint(second, ==, 336);
    g_assert_cmpint(get_mail(&house, &house.bob,
                             MAIL("ann", "CANCEL",
                                  "RECURRENCE-ID:20260217T040000Z\r\nDTSTART:20260217T040000Z\r\n"
                                  "SEQUENCE:1\r\nDTSTAMP:20260103T000000Z\r\n" ANN BOB)),
                    ==, TW_MEETINGS_TAKEN);
    g_assert_cmpuint(count_instances(&house, &house.bob, &second), ==, 2);
    g_assert_cmpint(second, ==, 504);
    house_close(&house);
}

/* An instance of a series that the attendee is not of. */
static void
test_single_instance(void)
{
    gint64 second = 0;
    House house;

    house_open(&house);
    for (guint i = 0; i < 2; i++)
        (void) get_mail(&house, &house.bob,
                        i == 0 ? MAIL("ann", "REQUEST",
                                      "RECURRENCE-ID:20260210T040000Z\r\n" AT("04", "1") ANN BOB)
                               : MAIL("ann", "REQUEST",
                                      "RECURRENCE-ID:20260217T040000Z\r\n" AT("06", "1") ANN BOB));
    g_assert_cmpuint(count_instances(&house, &house.bob, &second), ==, 2);
    g_assert_cmpint(second, ==, 2);
    (void) get_mail(&house, &house.bob,
                    MAIL("ann", "CANCEL",
                         "SEQUENCE:1\r\nRECURRENCE-ID:20260217T040000Z\r\n" AT("06", "1") ANN BOB));
    g_assert_cmpuint(count_items(&house, &house.bob, TW_LAYOUT_FOLDER_CALENDAR), ==, 2);
    expect(&house, &house.bob, "0+1 3/5/1 s0 Lunch");
    house_close(&house);
}

/* ---- answers ---- */

#define REPLY(from, answer, lines)                                                                 \
    MAIL(from, "REPLY", lines ANN "ATTENDEE;PARTSTAT=" answer ":mailto:" from "@example.org\r\n")

static void
test_organiser(void)
{
    House house;

    house_open(&house);
    set_meeting(&house, &house.bob, 0, 0);
    g_assert_cmpuint(put(&house, &house.ann, EVENT(AT("04", "1") ANN BOB)), ==, 1);
    expect(&house, &house.ann, "0+1 1/1/2 s0 Lunch");
    g_assert_cmpuint(count_queued(&house, &house.ann), ==, 1);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_NONE);
    g_assert_cmpint(get_mail(&house, &house.ann, REPLY("bob", "TENTATIVE", AT("04", "1"))), ==,
                    TW_MEETINGS_TAKEN);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_TENTATIVE);
    /* by an alias, later */
    g_assert_cmpint(get_mail(&house, &house.ann,
                             REPLY("bobby", "ACCEPTED",
                                   "DTSTAMP:20260102T000000Z\r\nDTSTART:20260203T040000Z\r\n")),
                    ==, TW_MEETINGS_TAKEN);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_ACCEPTED);
    /* what was said before that */
    g_assert_cmpint(get_mail(&house, &house.ann, REPLY("bob", "DECLINED", AT("04", "1"))), ==,
                    TW_MEETINGS_SEEN);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_ACCEPTED);
    /* who was not asked */
    g_assert_cmpint(get_mail(&house, &house.ann, REPLY("eve", "ACCEPTED", AT("04", "1"))), ==,
                    TW_MEETINGS_NOTHING);
    g_assert_cmpuint(status_of(&house, "eve@example.org", -1), ==, 99);
    /* another text asks nobody anew, another time does */
    g_assert_cmpuint(
        put(&house, &house.ann, EVENT("LOCATION:\r\nDESCRIPTION:x\r\n" AT("04", "1") ANN BOB)), ==,
        1);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_ACCEPTED);
    expect(&house, &house.ann, "0+1 1/1/2 s0 Lunch");
    g_assert_cmpuint(put(&house, &house.ann, EVENT("DESCRIPTION:x\r\n" AT("05", "1") ANN BOB)), ==,
                     1);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_NONE);
    expect(&house, &house.ann, "1+1 1/1/2 s1 Lunch");
    /* an answer to what is no more */
    g_assert_cmpint(get_mail(&house, &house.ann,
                             REPLY("bob", "ACCEPTED",
                                   "DTSTAMP:20260105T000000Z\r\nDTSTART:20260203T040000Z\r\n")),
                    ==, TW_MEETINGS_OLD);
    /* nothing changed: nothing is sent */
    g_assert_cmpuint(put(&house, &house.ann, EVENT("DESCRIPTION:x\r\n" AT("05", "1") ANN BOB)), ==,
                     0);
    house_close(&house);
}

static void
test_counter(void)
{
    House house;
    g_auto(TwMeetings) meetings = { .depth = 0 };
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GBytes) id = tw_global_id_from_uid("lunch@x", -1);
    g_auto(TwMessageReadArgs) read = { 0 };
    const TwObject *row;
    gint64 start = 0;

    house_open(&house);
    (void) put(&house, &house.ann, EVENT(AT("04", "1") ANN BOB));
    g_assert_cmpint(
        get_mail(&house, &house.ann,
                 MAIL("bob", "COUNTER",
                      AT("07", "2") ANN "ATTENDEE;PARTSTAT=TENTATIVE:mailto:bob@example.org\r\n")),
        ==, TW_MEETINGS_TAKEN);
    expect(&house, &house.ann, "0+1 1/1/2 s0 Lunch"); /* it is only proposed */
    meetings = open_mailbox(&house, &house.ann);
    assert_done(tw_calendar_find_items(&meetings.reader, &meetings.store, meetings.calendar, id,
                                       found, error));
    read.store = meetings.store;
    read.message = g_array_index(found, guint32, 0);
    assert_done(tw_session_message_read(house.system, &read, error));
    row = tw_meeting_find_person(read.object, "bob@example.org");
    g_assert_true(tw_item_get_bool(row, PR_RECIPIENT_PROPOSED));
    g_assert_true(tw_item_get_time(row, PR_RECIPIENT_PROPOSEDSTARTTIME, &start));
    g_assert_cmpint(start, ==, START + 3 * HOUR);
    house_close(&house);
}

static void
test_delegation(void)
{
    House house;

    house_open(&house);
    (void) put(&house, &house.ann, EVENT(AT("04", "1") ANN BOB));
    g_assert_cmpint(
        get_mail(&house, &house.ann,
                 MAIL("bob", "REPLY",
                      AT("04", "1") ANN
                      "ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:cy@example.net\":"
                      "mailto:bob@example.org\r\n"
                      "ATTENDEE;PARTSTAT=NEEDS-ACTION;DELEGATED-FROM=\"mailto:bob@example.org\":"
                      "mailto:cy@example.net\r\n")),
        ==, TW_MEETINGS_TAKEN);
    g_assert_cmpuint(status_of(&house, "cy@example.net", -1), ==, TW_RESPONSE_NONE);
    g_assert_cmpint(get_mail(&house, &house.ann,
                             MAIL("cy", "REPLY",
                                  "DTSTART:20260203T040000Z\r\nDTSTAMP:20260102T000000Z\r\n" ANN
                                  "ATTENDEE;PARTSTAT=ACCEPTED:mailto:cy@example.net\r\n")),
                    ==, TW_MEETINGS_TAKEN);
    g_assert_cmpuint(status_of(&house, "cy@example.net", -1), ==, TW_RESPONSE_ACCEPTED);
    house_close(&house);
}

static void
test_answer_to_instance(void)
{
    gint64 day = START / TW_TICKS_DAY + 7;
    House house;

    house_open(&house);
    (void) put(&house, &house.ann, EVENT(SERIES ANN BOB));
    g_assert_cmpint(get_mail(&house, &house.ann,
                             REPLY("bob", "DECLINED",
                                   "RECURRENCE-ID:20260210T040000Z\r\nDTSTART:20260210T040000Z\r\n"
                                   "DTSTAMP:20260102T000000Z\r\n")),
                    ==, TW_MEETINGS_TAKEN);
    g_assert_cmpuint(status_of(&house, "bob@example.org", day), ==, TW_RESPONSE_DECLINED);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_NONE);
    g_assert_cmpint(get_mail(&house, &house.ann,
                             REPLY("bob", "DECLINED",
                                   "RECURRENCE-ID:20260211T040000Z\r\nDTSTART:20260211T040000Z\r\n"
                                   "DTSTAMP:20260102T000000Z\r\n")),
                    ==, TW_MEETINGS_NOTHING); /* a day on which it is not */
    house_close(&house);
}

/* ---- doors ---- */

/* Both have it at once: the mail is for clients. */
static void
test_two_doors(void)
{
    House house;

    house_open(&house);
    g_assert_cmpuint(put(&house, &house.ann, EVENT(AT("04", "1") ANN BOB)), ==, 1);
    expect(&house, &house.bob, "0+1 3/5/1 s0 Lunch");
    g_assert_cmpuint(
        put(&house, &house.bob,
            EVENT(AT("04", "1") ANN "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\n")),
        ==, 1);
    expect(&house, &house.bob, "0+1 3/3/2 s0 Lunch");
    g_assert_cmpuint(count_queued(&house, &house.bob), ==, 1);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_ACCEPTED);
    /* a change of the text leaves the answer, one of the time does not */
    house.now += HOUR;
    (void) put(&house, &house.ann, EVENT("DESCRIPTION:x\r\n" AT("04", "1") ANN BOB));
    expect(&house, &house.bob, "0+1 3/3/2 s0 Lunch");
    house.now += HOUR;
    (void) put(&house, &house.ann, EVENT("DESCRIPTION:x\r\n" AT("06", "1") ANN BOB));
    expect(&house, &house.bob, "2+1 3/5/1 s1 Lunch");
    /* out of it, in again, and over */
    house.now += HOUR;
    g_assert_cmpuint(put(&house, &house.ann, EVENT("DESCRIPTION:x\r\n" AT("06", "1") ANN)), ==, 1);
    expect(&house, &house.bob, "2+1 7/5/0 s2 Canceled: Lunch");
    house.now += HOUR;
    g_assert_cmpuint(
        put(&house, &house.ann, EVENT("SEQUENCE:3\r\nDESCRIPTION:x\r\n" AT("06", "1") ANN BOB)), ==,
        1);
    expect(&house, &house.bob, "2+1 3/5/1 s3 Lunch");
    house.now += HOUR;
    g_assert_cmpuint(put(&house, &house.ann, NULL), ==, 1);
    expect(&house, &house.bob, "2+1 7/5/0 s4 Canceled: Lunch");
    expect(&house, &house.ann, "-");
    /* what was cancelled is deleted without a word */
    g_assert_cmpuint(put(&house, &house.bob, NULL), ==, 0);
    house_close(&house);
}

static void
test_deleted_by_attendee(void)
{
    House house;

    house_open(&house);
    (void) put(&house, &house.ann, EVENT(AT("04", "1") ANN BOB));
    g_assert_cmpuint(put(&house, &house.bob, NULL), ==, 1);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_DECLINED);
    house_close(&house);
}

static void
test_answered_by_number(void)
{
    House house;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GBytes) id = tw_global_id_from_uid("lunch@x", -1);

    house_open(&house);
    (void) put(&house, &house.ann, EVENT(AT("04", "1") ANN BOB));
    {
        g_auto(TwMeetings) meetings = open_mailbox(&house, &house.bob);
        assert_done(tw_calendar_find_items(&meetings.reader, &meetings.store, meetings.calendar, id,
                                           found, error));
        assert_done(tw_meetings_answer(&meetings, g_array_index(found, guint32, 0),
                                       TW_RESPONSE_TENTATIVE, "Perhaps.", error));
        expect(&house, &house.bob, "0+1 3/2/1 s0 Lunch");
        g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_TENTATIVE);
        meetings.spec.now += HOUR;
        assert_done(tw_meetings_answer(&meetings, g_array_index(found, guint32, 0),
                                       TW_RESPONSE_DECLINED, NULL, error));
    }
    expect(&house, &house.bob, "-");
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_DECLINED);
    house_close(&house);
}

/* ---- by mail alone ---- */

static TwObject *
read_item(const char *text, const TwIcalOptions *options, TwIcal **ret)
{
    *ret = text != NULL ? tw_ical_read((const guint8 *) text, strlen(text), options, NULL) : NULL;
    g_assert_true((*ret != NULL) == (text != NULL));
    return *ret != NULL ? ((const TwIcalItem *) (*ret)->items->pdata[0])->object : NULL;
}

/* What a change of an item makes, as the text that leaves; NULL: nothing. */
static char *
text_of_change(House *house, const Person *person, const char *before, const char *after)
{
    const char *self[] = { NULL, NULL };
    g_auto(TwMeetings) meetings = open_mailbox(house, person);
    g_autoptr(GPtrArray) messages =
        g_ptr_array_new_with_free_func((GDestroyNotify) (void (*)(void)) tw_object_free);
    TwIcalOptions options = { .names = meetings.reader.map,
                              .load = tw_zone_file_read,
                              .self = self };
    g_autoptr(TwIcal) then = NULL;
    g_autoptr(TwIcal) now = NULL;
    TwObject *item_then, *item_now;
    TwMailOutPart part = { 0 };
    char *text;

    self[0] = meetings.me.address;
    item_then = read_item(before, &options, &then);
    item_now = read_item(after, &options, &now);
    assert_done(tw_meetings_prepare(&meetings, item_then, item_now, messages, error));
    if (messages->len == 0)
        return NULL;
    g_assert_cmpuint(messages->len, ==, 1);
    self[0] = NULL;
    assert_done(tw_ical_write_part(&options, messages->pdata[0], &part, error));
    text = g_strdup_printf("From: %s\r\nTo: x@example.org\r\nSubject: Lunch\r\n"
                           "MIME-Version: 1.0\r\nContent-Type: text/calendar; method=%s\r\n\r\n"
                           "%.*s",
                           meetings.me.address, part.method, (int) g_bytes_get_size(part.text),
                           (const char *) g_bytes_get_data(part.text, NULL));
    g_bytes_unref(part.text);
    g_free(part.method);
    return text;
}

/* Organiser and attendee on different servers: each has of the other what stands in mails. */
static void
test_over_the_wire(void)
{
    const char *first = EVENT(AT("04", "1") ANN BOB);
    const char *later = EVENT("SEQUENCE:1\r\n" AT("06", "1") ANN BOB);
    const char *answered =
        EVENT(AT("04", "1") ANN "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\n");
    g_autofree char *request = NULL, *reply = NULL, *update = NULL, *cancel = NULL;
    House house;

    house_open(&house);
    request = text_of_change(&house, &house.ann, NULL, first);
    g_assert_nonnull(strstr(request, "METHOD:REQUEST"));
    g_assert_cmpint(get_mail(&house, &house.bob, request), ==, TW_MEETINGS_TAKEN);
    expect(&house, &house.bob, "0+1 3/5/1 s0 Lunch");
    set_meeting(&house, &house.bob, 0, 0);
    (void) put(&house, &house.ann, first);
    house.now += HOUR;
    reply = text_of_change(&house, &house.bob, first, answered);
    g_assert_nonnull(strstr(reply, "METHOD:REPLY"));
    g_assert_cmpint(get_mail(&house, &house.ann, reply), ==, TW_MEETINGS_TAKEN);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_ACCEPTED);
    set_meeting(&house, &house.bob, TW_DIRECTORY_PROCESS, 0);
    update = text_of_change(&house, &house.ann, first, later);
    g_assert_cmpint(get_mail(&house, &house.bob, update), ==, TW_MEETINGS_TAKEN);
    expect(&house, &house.bob, "2+1 3/5/1 s1 Lunch");
    cancel = text_of_change(&house, &house.ann, later, NULL);
    g_assert_nonnull(strstr(cancel, "METHOD:CANCEL"));
    g_assert_cmpint(get_mail(&house, &house.bob, cancel), ==, TW_MEETINGS_TAKEN);
    expect(&house, &house.bob, "2+1 7/5/0 s2 Canceled: Lunch");
    g_assert_null(text_of_change(&house, &house.ann, later, later));
    house_close(&house);
}

/* One instance is answered otherwise than its series. */
static void
test_instance_over_the_wire(void)
{
    const char *series = EVENT(SERIES ANN BOB);
    const char *answered =
        EVENT(SERIES ANN BOB "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\nSUMMARY:Lunch\r\n"
                             "RECURRENCE-ID:20260210T040000Z\r\nDTSTART:20260210T040000Z\r\n"
                             "DURATION:PT1H\r\nDTSTAMP:20260101T000000Z\r\n" ANN
                             "ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.org\r\n");
    g_autofree char *reply = NULL;
    House house;

    house_open(&house);
    set_meeting(&house, &house.bob, 0, 0);
    (void) put(&house, &house.ann, series);
    house.now += HOUR;
    reply = text_of_change(&house, &house.bob, series, answered);
    g_assert_nonnull(strstr(reply, "RECURRENCE-ID"));
    g_assert_cmpint(get_mail(&house, &house.ann, reply), ==, TW_MEETINGS_TAKEN);
    g_assert_cmpuint(status_of(&house, "bob@example.org", START / TW_TICKS_DAY + 7), ==,
                     TW_RESPONSE_DECLINED);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_NONE);
    house_close(&house);
}

/* One instance is taken out of the attendee's calendar. */
static void
test_removed_instance(void)
{
    const char *series = EVENT(SERIES ANN BOB);
    const char *without = EVENT(SERIES "EXDATE:20260217T040000Z\r\n" ANN BOB);
    g_autofree char *reply = NULL;
    House house;

    house_open(&house);
    set_meeting(&house, &house.bob, 0, 0);
    (void) put(&house, &house.ann, series);
    house.now += HOUR;
    reply = text_of_change(&house, &house.bob, series, without);
    g_assert_cmpint(get_mail(&house, &house.ann, reply), ==, TW_MEETINGS_TAKEN);
    g_assert_cmpuint(status_of(&house, "bob@example.org", START / TW_TICKS_DAY + 14), ==,
                     TW_RESPONSE_DECLINED);
    g_assert_null(text_of_change(&house, &house.bob, without, without));
    house_close(&house);
}

/* A delegate answers: for the owner, and sent by himself. */
static void
test_delegate_acts(void)
{
    g_auto(TwMessageListArgs) list = { 0 };
    g_auto(TwMessageReadArgs) read = { 0 };
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GBytes) id = tw_global_id_from_uid("lunch@x", -1);
    g_autofree char *by = NULL, *of = NULL;
    House house;

    house_open(&house);
    (void) put(&house, &house.ann, EVENT(AT("04", "1") ANN BOB));
    {
        g_auto(TwMeetings) meetings = open_mailbox(&house, &house.bob);
        meetings.spec.sender = (TwMeetingPerson){ "Dora", "dora@example.org" };
        assert_done(tw_calendar_find_items(&meetings.reader, &meetings.store, meetings.calendar, id,
                                           found, error));
        assert_done(tw_meetings_answer(&meetings, g_array_index(found, guint32, 0),
                                       TW_RESPONSE_ACCEPTED, NULL, error));
    }
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_ACCEPTED);
    list.store = read.store = house.bob.user.store;
    list.folder = house.bob.folders.numbers[TW_LAYOUT_FOLDER_OUTBOX];
    assert_done(tw_session_message_list(house.system, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 1);
    read.message = g_array_index(list.rows, TwMessageRow, 0).mid;
    assert_done(tw_session_message_read(house.system, &read, error));
    by = tw_item_role_address(read.object, &tw_item_sender);
    of = tw_item_role_address(read.object, &tw_item_representing);
    g_assert_cmpstr(by, ==, "dora@example.org");
    g_assert_cmpstr(of, ==, "bob@example.org");
    house_close(&house);
}

/* ---- rooms ---- */

#define ROOM "ATTENDEE;CUTYPE=ROOM;ROLE=NON-PARTICIPANT;RSVP=TRUE:mailto:room@example.org\r\n"

static const char *
room_mail(char *buffer, gsize size, const char *uid, const char *lines)
{
    g_snprintf(
        buffer, size,
        "From: ann@example.org\r\nTo: room@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n"
        "VERSION:2.0\r\nPRODID:-//x//y\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:%s\r\n"
        "DTSTAMP:20260101T000000Z\r\n%s" ANN ROOM "END:VEVENT\r\nEND:VCALENDAR\r\n",
        uid, lines);
    return buffer;
}

static const struct {
    const char *name, *lines;
    guint flags, capacity;
    gboolean taken;
} asked[] = {
    { "another time", "DTSTART:20260203T080000Z\r\nDURATION:PT1H\r\n", 0, 0, TRUE },
    { "right behind it", "DTSTART:20260203T050000Z\r\nDURATION:PT1H\r\n", 0, 0, TRUE },
    { "the same time", "DTSTART:20260203T040000Z\r\nDURATION:PT1H\r\n", 0, 0, FALSE },
    { "a part of it", "DTSTART:20260203T033000Z\r\nDURATION:PT1H\r\n", 0, 0, FALSE },
    { "room for two", "DTSTART:20260203T040000Z\r\nDURATION:PT1H\r\n", 0, 2, TRUE },
    { "conflicts are allowed", "DTSTART:20260203T040000Z\r\nDURATION:PT1H\r\n", TW_DIRECTORY_ACCEPT,
      0, TRUE },
    { "free does not count",
      "DTSTART:20260203T040000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;INTERVAL=2;COUNT=2\r\n"
      "EXDATE:20260203T040000Z\r\n",
      0, 0, TRUE },
    { "a series that meets it",
      "DTSTART:20260120T043000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\n", 0, 0, FALSE },
    { "a series that does not",
      "DTSTART:20260120T053000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\n", 0, 0, TRUE },
    { "no series at all", "DTSTART:20260120T053000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\n",
      TW_DIRECTORY_ACCEPT | TW_DIRECTORY_DECLINE_RECURRING, 0, FALSE },
    { "over", "DTSTART:20251231T040000Z\r\nDURATION:PT1H\r\n", 0, 0, FALSE },
    { "too far ahead", "DTSTART:20290203T040000Z\r\nDURATION:PT1H\r\n", 0, 0, FALSE },
};

static void
test_room(void)
{
    const guint usual = TW_DIRECTORY_ACCEPT | TW_DIRECTORY_DECLINE_CONFLICT;

    for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
        char buffer[2048];
        House house;

        g_test_message("%s", asked[i].name);
        house_open(&house);
        g_assert_cmpint(get_mail(&house, &house.room,
                                 room_mail(buffer, sizeof buffer, "first",
                                           "DTSTART:20260203T040000Z\r\nDURATION:PT1H\r\n")),
                        ==, TW_MEETINGS_ANSWERED);
        set_meeting(&house, &house.room, asked[i].flags != 0 ? asked[i].flags : usual,
                    asked[i].capacity);
        g_assert_cmpint(get_mail(&house, &house.room,
                                 room_mail(buffer, sizeof buffer, "second", asked[i].lines)),
                        ==, TW_MEETINGS_ANSWERED);
        g_assert_cmpuint(count_items(&house, &house.room, TW_LAYOUT_FOLDER_CALENDAR), ==,
                         asked[i].taken ? 2 : 1);
        g_assert_cmpuint(count_queued(&house, &house.room), ==, 2); /* each was answered */
        house_close(&house);
    }
}

/* The room's answer is beside the organiser's item as soon as that is saved; an update that does not fit loses the room. */
static void
test_room_at_once(void)
{
    char buffer[2048];
    House house;

    house_open(&house);
    g_assert_cmpuint(put(&house, &house.ann, EVENT(AT("04", "1") ANN ROOM)), ==, 1);
    g_assert_cmpuint(status_of(&house, "room@example.org", -1), ==, TW_RESPONSE_ACCEPTED);
    expect(&house, &house.room, "0+1 3/3/2 s0 Lunch");
    (void) get_mail(
        &house, &house.room,
        room_mail(buffer, sizeof buffer, "other", "DTSTART:20260203T080000Z\r\nDURATION:PT1H\r\n"));
    house.now += HOUR;
    (void) put(&house, &house.ann, EVENT(AT("06", "1") ANN ROOM));
    g_assert_cmpuint(status_of(&house, "room@example.org", -1), ==, TW_RESPONSE_ACCEPTED);
    house.now += HOUR;
    (void) put(&house, &house.ann, EVENT(AT("08", "1") ANN ROOM));
    g_assert_cmpuint(status_of(&house, "room@example.org", -1), ==, TW_RESPONSE_DECLINED);
    expect(&house, &house.room, "-");
    house.now += HOUR;
    (void) put(&house, &house.ann, EVENT(AT("10", "1") ANN ROOM));
    g_assert_cmpuint(status_of(&house, "room@example.org", -1), ==, TW_RESPONSE_ACCEPTED);
    house.now += HOUR;
    (void) put(&house, &house.ann, NULL);
    expect(&house, &house.room, "-");
    house_close(&house);
}

/* Who was saved first has the room, however old the item: two updates to one time at the same moment, each saved before the other
 * one looks a second time. */
static void
test_room_twice(void)
{
    TwResourceVerdict verdicts[2] = { { .declined = FALSE } };
    guint64 cns[2];
    guint32 items[2];
    TwCalendarWindow window;
    TwMeetings room;
    House house;
    g_autoptr(GArray) entries = tw_calendar_entries_new();

    house_open(&house);
    set_meeting(&house, &house.room, TW_DIRECTORY_ACCEPT, 0);
    for (guint i = 0; i < 2; i++) {
        char buffer[2048];
        g_autofree char *name = g_strdup_printf("m%u", i);
        (void) get_mail(&house, &house.room,
                        room_mail(buffer, sizeof buffer, name,
                                  "DTSTART:20260203T040000Z\r\nDURATION:PT1H\r\n"));
    }
    set_meeting(&house, &house.room, TW_DIRECTORY_ACCEPT | TW_DIRECTORY_DECLINE_CONFLICT, 0);
    room = open_mailbox(&house, &house.room);
    window = (TwCalendarWindow){ .store = room.store,
                                 .folder = room.calendar,
                                 .start = house.now - 100 * TW_TICKS_DAY,
                                 .end = house.now + 100 * TW_TICKS_DAY };
    g_assert_true(tw_calendar_read(&room.reader, &window, entries, NULL));
    g_assert_cmpuint(entries->len, ==, 2);
    for (guint i = 2; i-- > 0;) { /* the younger item first */
        g_auto(TwMessageReadArgs) read = { .store = room.store };
        g_auto(TwMessageSaveArgs) save = { .store = room.store };
        items[i] = g_array_index(entries, TwCalendarEntry, i).message;
        read.message = save.message = items[i];
        g_assert_true(tw_session_message_read(room.spec.session, &read, NULL));
        save.object = read.object;
        g_assert_true(tw_session_message_save(room.spec.session, &save, NULL));
        cns[i] = save.new_cn;
    }
    for (guint i = 0; i < 2; i++) {
        g_auto(TwMessageReadArgs) read = { .store = room.store, .message = items[i] };
        g_assert_true(tw_session_message_read(room.spec.session, &read, NULL));
        g_assert_true(tw_resources_judge(&room, read.object, items[i], cns[i], &verdicts[i], NULL));
        g_clear_pointer(&verdicts[i].reason, g_free);
    }
    g_assert_true(items[0] < items[1] && cns[1] < cns[0]);
    g_assert_true(verdicts[0].declined);
    g_assert_false(verdicts[1].declined);
    tw_meetings_clear(&room);
    house_close(&house);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/meetings/attendee", test_attendee);
    g_test_add_func("/meetings/settings", test_settings);
    g_test_add_func("/meetings/series", test_series);
    g_test_add_func("/meetings/single-instance", test_single_instance);
    g_test_add_func("/meetings/organiser", test_organiser);
    g_test_add_func("/meetings/counter", test_counter);
    g_test_add_func("/meetings/delegation", test_delegation);
    g_test_add_func("/meetings/answer-to-instance", test_answer_to_instance);
    g_test_add_func("/meetings/two-doors", test_two_doors);
    g_test_add_func("/meetings/deleted-by-attendee", test_deleted_by_attendee);
    g_test_add_func("/meetings/answered-by-number", test_answered_by_number);
    g_test_add_func("/meetings/over-the-wire", test_over_the_wire);
    g_test_add_func("/meetings/instance-over-the-wire", test_instance_over_the_wire);
    g_test_add_func("/meetings/removed-instance", test_removed_instance);
    g_test_add_func("/meetings/delegate-acts", test_delegate_acts);
    g_test_add_func("/meetings/room", test_room);
    g_test_add_func("/meetings/room-at-once", test_room_at_once);
    g_test_add_func("/meetings/room-twice", test_room_twice);
    return g_test_run();
}
