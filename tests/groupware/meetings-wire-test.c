/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Meetings between two servers that only mails connect: what one sends is read by the other. */
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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/meetings/over-the-wire", test_over_the_wire);
    g_test_add_func("/meetings/instance-over-the-wire", test_instance_over_the_wire);
    g_test_add_func("/meetings/removed-instance", test_removed_instance);
    return g_test_run();
}
