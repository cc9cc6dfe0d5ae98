/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Meetings between an organiser, an attendee and a room: what each calendar says after each message, and what is sent. */
#include "groupware/meeting-house.h"

#include <string.h>

#include "convert/ical-out.h"
#include "groupware/delegates.h"
#include "groupware/mail-import.h"
#include "groupware/meeting-series.h"
#include "groupware/resources.h"
#include "groupware/zone-files.h"
#include "mapi/global-id.h"
#include "mapi/tags.h"

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

/* One day of the organiser's series: with its times, and lines of its own. */
#define DAY(start, lines)                                                                          \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\n"          \
    "SUMMARY:Lunch\r\n" SERIES ANN BOB "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\n"             \
    "RECURRENCE-ID:20260210T040000Z\r\nDTSTART:20260210T" start "0000Z\r\nDURATION:PT1H\r\n"       \
    "DTSTAMP:20260102T000000Z\r\n" lines ANN BOB "END:VEVENT\r\nEND:VCALENDAR\r\n"

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

/* The organiser calls it off by STATUS, and keeps it (RFC 5546, 3.2.5). */
static void
test_called_off(void)
{
    House house;

    house_open(&house);
    set_meeting(&house, &house.bob, TW_DIRECTORY_PROCESS, 0);
    g_assert_cmpuint(put(&house, &house.ann, EVENT(AT("04", "1") ANN BOB)), ==, 1);
    expect(&house, &house.bob, "0+1 3/5/1 s0 Lunch");
    g_assert_cmpuint(put(&house, &house.ann, EVENT("STATUS:CANCELLED\r\n" AT("04", "1") ANN BOB)),
                     ==, 1);
    expect(&house, &house.ann, "0+1 5/1/0 s1 Lunch");
    expect(&house, &house.bob, "0+1 7/5/0 s1 Canceled: Lunch");
    /* said once: not when something else of it changes, not when it goes */
    g_assert_cmpuint(put(&house, &house.ann,
                         EVENT("STATUS:CANCELLED\r\nDESCRIPTION:x\r\n" AT("04", "1") ANN BOB)),
                     ==, 0);
    expect(&house, &house.ann, "0+1 5/1/0 s1 Lunch");
    /* it shall be after all */
    g_assert_cmpuint(put(&house, &house.ann, EVENT(AT("04", "1") ANN BOB)), ==, 1);
    expect(&house, &house.ann, "0+1 1/1/2 s2 Lunch");
    expect(&house, &house.bob, "0+1 3/5/1 s2 Lunch");
    g_assert_cmpuint(put(&house, &house.ann, EVENT("STATUS:CANCELLED\r\n" AT("04", "1") ANN BOB)),
                     ==, 1);
    g_assert_cmpuint(put(&house, &house.ann, NULL), ==, 0);
    /* nobody is asked to what is off from the beginning */
    g_assert_cmpuint(put(&house, &house.ann, EVENT("STATUS:CANCELLED\r\n" AT("04", "1") ANN BOB)),
                     ==, 0);
    house_close(&house);
}

/* It was called off and thrown away, and its client wrote it once more: with the same UID, and no memory of the version. */
static void
test_begins_anew(void)
{
    House house;

    house_open(&house);
    set_meeting(&house, &house.bob, TW_DIRECTORY_PROCESS, 0);
    g_assert_cmpuint(put(&house, &house.ann, EVENT(AT("04", "1") ANN BOB)), ==, 1);
    g_assert_cmpuint(put(&house, &house.ann, NULL), ==, 1);
    expect(&house, &house.bob, "0+1 7/5/0 s1 Canceled: Lunch");
    house.now += HOUR;
    g_assert_cmpuint(put(&house, &house.ann, EVENT(AT("05", "1") ANN BOB)), ==, 1);
    expect(&house, &house.bob, "1+1 3/5/1 s0 Lunch");
    house.now += HOUR;
    /* but not by words from before */
    g_assert_cmpuint(put(&house, &house.ann, NULL), ==, 1);
    g_assert_cmpint(get_mail(&house, &house.bob, MAIL("ann", "REQUEST", AT("06", "1") ANN BOB)), ==,
                    TW_MEETINGS_OLD);
    expect(&house, &house.bob, "1+1 7/5/0 s1 Canceled: Lunch");
    house_close(&house);
}

/* A day of a series is off by its STATUS: for others it is no more. */
static void
test_day_called_off(void)
{
    static const char off[] = DAY("04", "SUMMARY:Lunch\r\nSTATUS:CANCELLED\r\n");
    gint64 second = 0;
    House house;

    house_open(&house);
    set_meeting(&house, &house.bob, TW_DIRECTORY_PROCESS, 0);
    g_assert_cmpuint(put(&house, &house.ann, EVENT(SERIES ANN BOB)), ==, 1);
    g_assert_cmpuint(count_instances(&house, &house.bob, &second), ==, 4);
    g_assert_cmpint(second, ==, 168);
    /* the series without that day, and that it is off, for those who keep days by themselves */
    g_assert_cmpuint(put(&house, &house.ann, off), ==, 2);
    g_assert_cmpuint(count_instances(&house, &house.bob, &second), ==, 3);
    g_assert_cmpint(second, ==, 336);
    /* said once */
    g_assert_cmpuint(put(&house, &house.ann, off), ==, 0);
    house_close(&house);
}

/* Another word about one day asks nobody anew whether they come at all; another time of it does. */
static void
test_day_changed(void)
{
    House house;

    house_open(&house);
    set_meeting(&house, &house.bob, 0, 0);
    g_assert_cmpuint(put(&house, &house.ann, EVENT(SERIES ANN BOB)), ==, 1);
    g_assert_cmpint(get_mail(&house, &house.ann, REPLY("bob", "ACCEPTED", AT("04", "1"))), ==,
                    TW_MEETINGS_TAKEN);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_ACCEPTED);
    g_assert_cmpuint(put(&house, &house.ann, DAY("04", "SUMMARY:Soup\r\n")), >, 0);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_ACCEPTED);
    g_assert_cmpuint(put(&house, &house.ann, DAY("05", "SUMMARY:Soup\r\n")), >, 0);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_NONE);
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
    guint queued;

    house_open(&house);
    (void) put(&house, &house.ann, EVENT(AT("04", "1") ANN BOB));
    g_assert_cmpuint(put(&house, &house.bob, NULL), ==, 1);
    g_assert_cmpuint(status_of(&house, "bob@example.org", -1), ==, TW_RESPONSE_DECLINED);
    /* and is not told that it is off */
    queued = count_queued(&house, &house.ann);
    (void) put(&house, &house.ann, NULL);
    g_assert_cmpuint(count_queued(&house, &house.ann), ==, queued);
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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/meetings/attendee", test_attendee);
    g_test_add_func("/meetings/settings", test_settings);
    g_test_add_func("/meetings/series", test_series);
    g_test_add_func("/meetings/single-instance", test_single_instance);
    g_test_add_func("/meetings/organiser", test_organiser);
    g_test_add_func("/meetings/called-off", test_called_off);
    g_test_add_func("/meetings/begins-anew", test_begins_anew);
    g_test_add_func("/meetings/day-called-off", test_day_called_off);
    g_test_add_func("/meetings/day-changed", test_day_changed);
    g_test_add_func("/meetings/counter", test_counter);
    g_test_add_func("/meetings/delegation", test_delegation);
    g_test_add_func("/meetings/answer-to-instance", test_answer_to_instance);
    g_test_add_func("/meetings/two-doors", test_two_doors);
    g_test_add_func("/meetings/deleted-by-attendee", test_deleted_by_attendee);
    g_test_add_func("/meetings/answered-by-number", test_answered_by_number);
    g_test_add_func("/meetings/delegate-acts", test_delegate_acts);
    return g_test_run();
}
