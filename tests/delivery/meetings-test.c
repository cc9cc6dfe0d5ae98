/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A meeting from its first mail to its last: an organiser, an attendee and a room, all by mails that are delivered. What is kept as
 * mail, what is in the calendars, what is sent.
 */
#include <string.h>

#include "convert/ical-in.h"
#include "delivery/house.h"
#include "groupware/delegates.h"
#include "groupware/meetings.h"
#include "mapi/tags.h"

#define NOW_US (G_GINT64_CONSTANT(1767225600) * G_USEC_PER_SEC) /* 2026-01-01 */

typedef struct {
    House house;
    Person room;
} Town;

static void
change(Town *town, const Person *person, const TwDirectoryObject *values, guint32 fields)
{
    g_auto(TwObjectChangeArgs)
        args = { .user = person->user.number, .values = values, .fields = fields };

    assert_done(tw_session_object_change(town->house.system, &args, error));
}

static void
town_open(Town *town)
{
    const TwDirectoryObject process = { .kind = TW_DIRECTORY_USER,
                                        .meeting = TW_DIRECTORY_PROCESS };
    const TwDirectoryObject accept = { .kind = TW_DIRECTORY_ROOM,
                                       .meeting =
                                           TW_DIRECTORY_ACCEPT | TW_DIRECTORY_DECLINE_CONFLICT };
    TwMailboxSpec spec;

    house_new(&town->house);
    world_user(&town->house.world, 0, "room", &town->room.user);
    spec = tw_mailbox_spec(town->room.user.number, TW_STORE_PRIVATE, NULL);
    assert_done(
        tw_mailbox_fill(town->house.system, &town->room.user.store, &spec, FALSE, NULL, error));
    assert_done(tw_mailbox_folders(town->house.system, &town->room.user.store, TW_LAYOUT_PRIVATE,
                                   &town->room.folders, error));
    change(town, &town->house.bob, &process, TW_DIRECTORY_SET_MEETING);
    change(town, &town->room, &accept, TW_DIRECTORY_SET_KIND | TW_DIRECTORY_SET_MEETING);
}

#define CALENDAR(from, to, method, uid, lines)                                                     \
    "From: " from "@example.org\r\nTo: " to "@example.org\r\nSubject: Lunch\r\n"                   \
    "MIME-Version: 1.0\r\nContent-Type: text/calendar; method=" method "\r\n\r\n"                  \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nMETHOD:" method "\r\n"                    \
    "BEGIN:VEVENT\r\nUID:" uid "\r\nSUMMARY:Lunch\r\nORGANIZER:mailto:ann@example.org\r\n"         \
    "DURATION:PT1H\r\n" lines "END:VEVENT\r\nEND:VCALENDAR\r\n"
#define AT(hour, stamp) "DTSTART:20260203T" hour "0000Z\r\nDTSTAMP:202601" stamp "T000000Z\r\n"
#define BOTH                                                                                       \
    "ATTENDEE;RSVP=TRUE:mailto:bob@example.org\r\n"                                                \
    "ATTENDEE;CUTYPE=ROOM;RSVP=TRUE:mailto:room@example.org\r\n"

static void
deliver(Town *town, const char *address, const char *mail)
{
    g_autoptr(GBytes) bytes = g_bytes_new(mail, strlen(mail));
    const TwDeliveryMail what = { .mail = bytes, .sender = "x@example.net", .recv_us = NOW_US };
    g_autoptr(GError) why = NULL;
    g_autoptr(TwDeliveryRecipient) recipient =
        tw_delivery_find(town->house.delivery, address, NULL, &why);

    g_assert_no_error(why);
    tw_delivery_run(town->house.delivery, &what, &recipient, 1);
    g_assert_no_error(recipient->error);
}

static guint
count(Town *town, const Person *person, TwLayoutFolderKey key)
{
    return house_count(&town->house, person, person->folders.numbers[key]);
}

/* The last item of a calendar, by a property of it; 99: there is none. */
static guint
look(Town *town, const Person *person, TwKnownName which)
{
    g_auto(TwCalendarReader) reader = { 0 };
    g_autoptr(TwObject) item =
        house_last(&town->house, person, person->folders.numbers[TW_LAYOUT_FOLDER_CALENDAR], NULL);

    tw_calendar_reader_init(&reader, town->house.system);
    return item != NULL ? tw_object_get_long(item, tw_item_tag(&reader.names, which), 98) : 99;
}

static void
put_organisers_item(Town *town)
{
    static const char text[] =
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VEVENT\r\nUID:a\r\n"
        "SUMMARY:Lunch\r\nORGANIZER:mailto:ann@example.org\r\nDURATION:PT1H\r\n" AT("04", "01") BOTH
        "END:VEVENT\r\nEND:VCALENDAR\r\n";
    static const char *const self[] = { "ann@example.org", NULL };
    g_auto(TwCalendarReader) reader = { 0 };
    TwIcalOptions options = { .self = self };
    g_autoptr(TwIcal) ical = NULL;
    g_autoptr(GError) why = NULL;
    g_auto(TwMessageCreateArgs)
        create = { .store = town->house.ann.user.store,
                   .folder = town->house.ann.folders.numbers[TW_LAYOUT_FOLDER_CALENDAR] };

    tw_calendar_reader_init(&reader, town->house.system);
    options.names = reader.map;
    ical = tw_ical_read((const guint8 *) text, strlen(text), &options, &why);
    g_assert_no_error(why);
    create.object = ((const TwIcalItem *) ical->items->pdata[0])->object;
    assert_done(tw_session_message_create(town->house.system, &create, error));
}

static guint
answer_of(Town *town, const char *address)
{
    g_autoptr(TwObject) item =
        house_last(&town->house, &town->house.ann,
                   town->house.ann.folders.numbers[TW_LAYOUT_FOLDER_CALENDAR], NULL);
    const TwObject *row = tw_meeting_find_person(item, address);

    return row != NULL ? tw_object_get_long(row, PR_RECIPIENT_TRACKSTATUS, 0) : 99;
}

static void
test_whole_life(void)
{
    const Person *ann, *bob, *room;
    Town town;

    town_open(&town);
    ann = &town.house.ann;
    bob = &town.house.bob;
    room = &town.room;
    put_organisers_item(&town);
    /* the invitation: bob has a mail and a tentative item, the room an item and no mail */
    deliver(&town, "bob", CALENDAR("ann", "bob", "REQUEST", "a", AT("04", "01") BOTH));
    g_assert_cmpuint(look(&town, bob, TW_PidLidBusyStatus), ==, TW_BUSY_TENTATIVE);
    g_assert_cmpuint(look(&town, bob, TW_PidLidResponseStatus), ==, TW_RESPONSE_NOT_YET);
    g_assert_cmpuint(count(&town, bob, TW_LAYOUT_FOLDER_INBOX), ==, 1);
    deliver(&town, "room", CALENDAR("ann", "room", "REQUEST", "a", AT("04", "01") BOTH));
    g_assert_cmpuint(look(&town, room, TW_PidLidResponseStatus), ==, TW_RESPONSE_ACCEPTED);
    g_assert_cmpuint(count(&town, room, TW_LAYOUT_FOLDER_INBOX), ==, 0);
    g_assert_cmpuint(house_queued(&town.house, room), ==, 1);
    /* the room's answer is known before its mail arrives; bob's comes by mail */
    g_assert_cmpuint(answer_of(&town, "room@example.org"), ==, TW_RESPONSE_ACCEPTED);
    deliver(&town, "ann",
            CALENDAR("bob", "ann", "REPLY", "a",
                     AT("04", "02") "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\n"));
    g_assert_cmpuint(answer_of(&town, "bob@example.org"), ==, TW_RESPONSE_ACCEPTED);
    g_assert_cmpuint(count(&town, ann, TW_LAYOUT_FOLDER_INBOX), ==, 1);
    /* another meeting at the same time: no room */
    deliver(&town, "room", CALENDAR("bob", "room", "REQUEST", "b", AT("04", "03") BOTH));
    g_assert_cmpuint(count(&town, room, TW_LAYOUT_FOLDER_CALENDAR), ==, 1);
    g_assert_cmpuint(count(&town, room, TW_LAYOUT_FOLDER_INBOX), ==, 0);
    g_assert_cmpuint(house_queued(&town.house, room), ==, 2);
    /* another time, and the end of it */
    deliver(&town, "bob",
            CALENDAR("ann", "bob", "REQUEST", "a", "SEQUENCE:1\r\n" AT("06", "04") BOTH));
    g_assert_cmpuint(count(&town, bob, TW_LAYOUT_FOLDER_CALENDAR), ==, 1);
    g_assert_cmpuint(look(&town, bob, TW_PidLidAppointmentSequence), ==, 1);
    deliver(&town, "bob",
            CALENDAR("ann", "bob", "CANCEL", "a", "SEQUENCE:2\r\n" AT("06", "05") BOTH));
    g_assert_cmpuint(look(&town, bob, TW_PidLidAppointmentStateFlags), ==, 7);
    deliver(&town, "room",
            CALENDAR("ann", "room", "CANCEL", "a", "SEQUENCE:2\r\n" AT("06", "05") BOTH));
    g_assert_cmpuint(count(&town, room, TW_LAYOUT_FOLDER_CALENDAR), ==, 0);
    house_free(&town.house);
}

/* The same mail twice, as after a crash: one item, one answer. */
static void
test_repeated(void)
{
    Town town;

    town_open(&town);
    for (guint i = 0; i < 2; i++)
        deliver(&town, "room", CALENDAR("ann", "room", "REQUEST", "a", AT("04", "01") BOTH));
    g_assert_cmpuint(count(&town, &town.room, TW_LAYOUT_FOLDER_CALENDAR), ==, 1);
    g_assert_cmpuint(count(&town, &town.room, TW_LAYOUT_FOLDER_INBOX), ==, 0);
    g_assert_cmpuint(house_queued(&town.house, &town.room), ==, 1);
    house_free(&town.house);
}

/* Delegates of a room have their copies though the room keeps none; of what is private not all of them. */
static void
test_delegates(void)
{
    g_auto(TwDelegates) delegates = { .meetings = TRUE, .boss_copy = TRUE };
    Town town;

    town_open(&town);
    tw_delegates_add(&delegates, town.house.bob.user.number, FALSE);
    delegates.accept = TRUE;
    assert_done(tw_delegates_save(town.house.system, &town.room.user.store, &delegates, error));
    deliver(&town, "room", CALENDAR("ann", "room", "REQUEST", "a", AT("04", "01") BOTH));
    g_assert_cmpuint(count(&town, &town.room, TW_LAYOUT_FOLDER_CALENDAR), ==, 1);
    g_assert_cmpuint(count(&town, &town.room, TW_LAYOUT_FOLDER_INBOX), ==, 0);
    g_assert_cmpuint(house_queued(&town.house, &town.room), ==, 2); /* the answer, a copy */
    deliver(&town, "room",
            CALENDAR("ann", "room", "REQUEST", "c", "CLASS:PRIVATE\r\n" AT("09", "01") BOTH));
    g_assert_cmpuint(count(&town, &town.room, TW_LAYOUT_FOLDER_CALENDAR), ==, 2);
    g_assert_cmpuint(house_queued(&town.house, &town.room), ==, 3); /* the answer alone */
    house_free(&town.house);
}

/* Junk is no meeting, and what nobody can read stays a mail. */
static void
test_mails(void)
{
    Town town;

    town_open(&town);
    deliver(
        &town, "bob",
        "X-Spam-Status: Yes, 9\r\n" CALENDAR("ann", "bob", "REQUEST", "a", AT("04", "01") BOTH));
    deliver(&town, "bob", CALENDAR("ann", "bob", "REQUEST", "b", BOTH));
    /* a delegate's copy */
    deliver(&town, "bob",
            "X-Twiga-Loop: room@example.org\r\n" CALENDAR("ann", "room", "REQUEST", "c",
                                                          AT("04", "01") BOTH));
    g_assert_cmpuint(count(&town, &town.house.bob, TW_LAYOUT_FOLDER_CALENDAR), ==, 0);
    g_assert_cmpuint(count(&town, &town.house.bob, TW_LAYOUT_FOLDER_JUNK), ==, 1);
    g_assert_cmpuint(count(&town, &town.house.bob, TW_LAYOUT_FOLDER_INBOX), ==, 2);
    house_free(&town.house);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delivery/meetings/whole-life", test_whole_life);
    g_test_add_func("/delivery/meetings/repeated", test_repeated);
    g_test_add_func("/delivery/meetings/delegates", test_delegates);
    g_test_add_func("/delivery/meetings/mails", test_mails);
    return g_test_run();
}
