/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Meetings on their way to a relay. */
#include <string.h>

#include "convert/item-props.h"
#include "groupware/mail-import.h"
#include "groupware/session-names.h"
#include "mapi/tags.h"
#include "spooler/post.h"

static const char invitation[] =
    "From: anna@example.org\r\nTo: bert@example.org\r\nSubject: Lunch\r\n"
    "Content-Type: text/calendar; method=REQUEST\r\n\r\n"
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\n"
    "DTSTAMP:20260101T000000Z\r\nSEQUENCE:3\r\n"
    "DTSTART;TZID=Europe/Berlin:20260203T050000\r\nDURATION:PT1H\r\n"
    "RRULE:FREQ=WEEKLY;COUNT=4\r\nLOCATION:Kitchen\r\nDESCRIPTION:Come\r\n"
    "ORGANIZER:mailto:anna@example.org\r\nATTENDEE;RSVP=TRUE:mailto:bert@example.org\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n";

static TwObject *
import(const char *text, gsize len, TwNameMap *names)
{
    g_autoptr(GBytes) mail = g_bytes_new(text, len);
    const TwMailInOptions options = { .names = names };
    g_autoptr(TwMailIn) in = tw_mail_import(mail, &options);

    return g_steal_pointer(&in->object);
}

/* As a client makes it: to people of the address book, without the text that it was read from. */
static TwObject *
meeting_new(TwNameMap *names)
{
    static const guint32 senders[] = {
        PR_SENT_REPRESENTING_ENTRYID,
        PR_SENT_REPRESENTING_NAME,
        PR_SENT_REPRESENTING_ADDRTYPE,
        PR_SENT_REPRESENTING_EMAIL_ADDRESS,
        PR_SENT_REPRESENTING_SEARCH_KEY,
        PR_SENT_REPRESENTING_SMTP_ADDRESS,
        PR_SENDER_ENTRYID,
        PR_SENDER_NAME,
        PR_SENDER_ADDRTYPE,
        PR_SENDER_EMAIL_ADDRESS,
        PR_SENDER_SEARCH_KEY,
        PR_SENDER_SMTP_ADDRESS,
        PR_TRANSPORT_MESSAGE_HEADERS,
    };
    TwObject *meeting = import(invitation, strlen(invitation), names);
    TwPropValue unsent = tw_value_long(PR_MESSAGE_FLAGS, TW_MSGFLAG_UNSENT);
    g_auto(TwItemNames) tags = { 0 };

    tw_item_names_init(&tags, names, FALSE);
    g_assert_true(tw_object_remove(meeting, tw_item_tag(&tags, TW_PidLidInboundICalStream)));
    for (guint i = 0; i < G_N_ELEMENTS(senders); i++)
        (void) tw_object_remove(meeting, senders[i]);
    while (tw_object_count(meeting, TW_OBJECT_RECIPIENT) > 0)
        tw_object_remove_child(meeting, TW_OBJECT_RECIPIENT,
                               tw_object_get_number(tw_object_at(meeting, TW_OBJECT_RECIPIENT, 0)));
    g_assert_true(tw_object_set(meeting, &unsent, NULL));
    post_add_recipient(meeting, 1, "ZARAFA", "bert", "Bert");
    return meeting;
}

static void
test_meeting(void)
{
    static const TwKnownName same[] = {
        TW_PidLidAppointmentStartWhole,
        TW_PidLidAppointmentEndWhole,
        TW_PidLidLocation,
        TW_PidLidGlobalObjectId,
        TW_PidLidCleanGlobalObjectId,
        TW_PidLidAppointmentRecur,
        TW_PidLidRecurring,
        TW_PidLidAppointmentSequence,
        TW_PidLidOwnerCriticalChange,
        TW_PidLidIntendedBusyStatus,
    };
    Post post;
    g_autoptr(TwNameMap) names = NULL;
    g_autoptr(TwObject) before = NULL;
    g_autoptr(TwObject) after = NULL;
    g_auto(TwItemNames) tags = { 0 };
    g_autoptr(GString) unfolded = NULL;
    const GString *mail;

    post_open(&post, NULL, NULL);
    names = tw_session_names_new(post.system);
    before = meeting_new(names);
    post_submit(&post, tw_object_copy(before));
    g_assert_cmpint(post_run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    relay_stop(&post.relay);
    g_assert_cmpuint(post.relay.mails->len, ==, 1);
    mail = post.relay.mails->pdata[0];
    assert_contains(mail->str, "multipart/alternative");
    assert_contains(mail->str, "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n");
    g_assert_null(strstr(mail->str, "ms-tnef"));
    g_assert_null(strstr(mail->str, "LAST-MODIFIED"));
    unfolded = g_string_new(mail->str);
    g_string_replace(unfolded, "\r\n ", "", 0);
    assert_contains(unfolded->str, "RSVP=TRUE:mailto:bert@example.org\r\n");
    assert_contains(unfolded->str, "ORGANIZER;CN=anna:mailto:anna@example.org\r\n");
    after = import(mail->str, mail->len, names);
    g_assert_cmpstr(tw_object_get_text(after, PR_MESSAGE_CLASS, ""), ==,
                    "IPM.Schedule.Meeting.Request");
    g_assert_cmpstr(tw_object_get_text(after, PR_SUBJECT, ""), ==, "Lunch");
    g_assert_cmpstr(tw_object_get_text(after, PR_SENT_REPRESENTING_SMTP_ADDRESS, ""), ==,
                    "anna@example.org");
    g_assert_cmpuint(tw_object_count(after, TW_OBJECT_ATTACHMENT), ==, 0);
    tw_item_names_init(&tags, names, FALSE);
    for (guint i = 0; i < G_N_ELEMENTS(same); i++) {
        guint32 tag = tw_item_tag(&tags, same[i]);
        TwPropValue a, b;

        g_test_message("%u", i);
        g_assert_true(tw_object_get(before, tag, &a));
        g_assert_true(tw_object_get(after, tag, &b));
        g_assert_true(tw_value_equal(&a, &b));
    }
    post_close(&post);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spooler/job/meeting", test_meeting);
    return g_test_run();
}
