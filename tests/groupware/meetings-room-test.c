/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who accepts by themselves: rooms and equipment. */
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
    g_test_add_func("/meetings/room", test_room);
    g_test_add_func("/meetings/room-at-once", test_room_at_once);
    g_test_add_func("/meetings/room-twice", test_room_twice);
    return g_test_run();
}
