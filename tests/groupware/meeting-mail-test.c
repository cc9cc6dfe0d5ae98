/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails with calendar parts: which become meetings, what they have then, and which stay mails. */
#include "groupware/meeting-mail.h"

#include <string.h>

#include "convert/item-props.h"
#include "groupware/mail-import.h"
#include "mapi/global-id.h"
#include "mapi/tags.h"
#include "support/assert-bytes.h"

#define TICKS(unix_s) (G_GINT64_CONSTANT(10000000) * ((unix_s) + G_GINT64_CONSTANT(11644473600)))
#define START TICKS(1770091200) /* 2026-02-03 04:00 UTC */

#define HEAD "From: Ada <ada@example.org>\r\nTo: bob@example.org\r\nSubject: Lunch\r\n"
#define CALENDAR(method, lines)                                                                    \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n" method                                  \
    "BEGIN:VEVENT\r\nUID:lunch@x\r\n"                                                              \
    "DTSTAMP:20260101T000000Z\r\nLOCATION:Kitchen\r\n" lines "END:VEVENT\r\nEND:VCALENDAR\r\n"
#define SPAN "DTSTART:20260203T040000Z\r\nDTEND:20260203T050000Z\r\n"
#define ADA "ORGANIZER;CN=Ada:mailto:ada@example.org\r\n"
#define BOB(answer) "ATTENDEE;PARTSTAT=" answer ";RSVP=TRUE:mailto:bob@example.org\r\n"
#define PART(params, calendar)                                                                     \
    "--b\r\nContent-Type: text/calendar" params "\r\n\r\n" calendar "\r\n"
#define ICS(calendar)                                                                              \
    "--b\r\nContent-Type: application/ics; name=invite.ics\r\n"                                    \
    "Content-Disposition: attachment; filename=invite.ics\r\n\r\n" calendar "\r\n"
#define MAIL(parts)                                                                                \
    HEAD "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"            \
         "--b\r\nContent-Type: text/plain\r\n\r\nCome.\r\n" parts "--b--\r\n"

/* ---- which ---- */

static const struct {
    const char *mail, *message_class;
    gboolean is_series;
} rows[] = {
    { MAIL(PART("; method=REQUEST", CALENDAR("METHOD:REQUEST\r\n", SPAN ADA BOB("NEEDS-ACTION")))),
      "IPM.Schedule.Meeting.Request", FALSE },
    { MAIL(PART("; method=request", CALENDAR("", SPAN ADA BOB("NEEDS-ACTION")))),
      "IPM.Schedule.Meeting.Request", FALSE },
    { MAIL(PART("",
                CALENDAR("METHOD:REQUEST\r\n",
                         "DTSTART;TZID=Europe/Berlin:20260203T050000\r\nDURATION:PT1H\r\n"
                         "RRULE:FREQ=WEEKLY;COUNT=4\r\n" ADA BOB("NEEDS-ACTION")))),
      "IPM.Schedule.Meeting.Request", TRUE },
    /* a file */
    { MAIL(ICS(CALENDAR("METHOD:REQUEST\r\n", SPAN ADA BOB("NEEDS-ACTION")))),
      "IPM.Schedule.Meeting.Request", FALSE },
    { MAIL(ICS(CALENDAR("METHOD:REQUEST\r\n", SPAN ADA "LOCATION:Cellar\r\n"))
               PART("", CALENDAR("METHOD:REQUEST\r\n", SPAN ADA BOB("NEEDS-ACTION")))),
      "IPM.Schedule.Meeting.Request", FALSE },
    { MAIL(PART("", CALENDAR("METHOD:CANCEL\r\n", SPAN ADA BOB("NEEDS-ACTION")))),
      "IPM.Schedule.Meeting.Canceled", FALSE },
    { MAIL(PART("", CALENDAR("METHOD:REPLY\r\n", SPAN ADA BOB("ACCEPTED")))),
      "IPM.Schedule.Meeting.Resp.Pos", FALSE },
    { MAIL(PART("", CALENDAR("METHOD:REPLY\r\n", SPAN ADA BOB("DECLINED")))),
      "IPM.Schedule.Meeting.Resp.Neg", FALSE },
    { MAIL(PART("", CALENDAR("METHOD:COUNTER\r\n", SPAN ADA BOB("TENTATIVE")))),
      "IPM.Schedule.Meeting.Resp.Tent", FALSE },
    /* the first that can be read */
    { MAIL(PART("; method=REQUEST", "BEGIN:VCALENDAR\r\nEND:VEVENT\r\n")
               PART("; method=REQUEST", CALENDAR("", SPAN ADA BOB("NEEDS-ACTION")))),
      "IPM.Schedule.Meeting.Request", FALSE },
    /* no meetings */
    { MAIL(PART("", CALENDAR("METHOD:PUBLISH\r\n", SPAN))), "IPM.Note", FALSE },
    { MAIL(PART("", CALENDAR("METHOD:DECLINECOUNTER\r\n", SPAN ADA))), "IPM.Note", FALSE },
    { MAIL(PART("", CALENDAR("METHOD:REFRESH\r\n", BOB("NEEDS-ACTION")))), "IPM.Note", FALSE },
    { MAIL(ICS(CALENDAR("", SPAN ADA))), "IPM.Note", FALSE },
    { MAIL(PART("", CALENDAR("", SPAN ADA))), "IPM.Note", FALSE },
    { MAIL(PART("; method=REQUEST", CALENDAR("", ADA))), "IPM.Note", FALSE }, /* no time */
    { MAIL(PART("; method=REQUEST", "")), "IPM.Note", FALSE },
    { MAIL(PART("; method=REQUEST", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:2026")), "IPM.Note",
      FALSE },
    { MAIL(PART("; method=REQUEST",
                "\xff\xfe\x01"
                "BEGIN:VTODO\r\n")),
      "IPM.Note", FALSE },
};

static TwMailIn *
import(TwNameMap *names, const char *mail, gsize len)
{
    g_autoptr(GBytes) bytes = g_bytes_new(mail, len);
    const TwMailInOptions options = { .names = names };

    return tw_mail_import(bytes, &options);
}

static gint64
get_time(const TwObject *object, TwItemNames *tags, TwKnownName which)
{
    gint64 ticks = 0;

    g_assert_true(tw_item_get_time(object, tw_item_tag(tags, which), &ticks));
    return ticks;
}

static void
assert_lunch(const TwObject *object, TwItemNames *tags, const char *location)
{
    g_autoptr(GBytes) id = tw_global_id_from_uid("lunch@x", -1);
    TwPropValue value;

    g_assert_cmpint(get_time(object, tags, TW_PidLidAppointmentStartWhole), ==, START);
    g_assert_cmpint(get_time(object, tags, TW_PidLidAppointmentEndWhole), ==, START + 36000000000);
    g_assert_cmpstr(tw_object_get_text(object, tw_item_tag(tags, TW_PidLidLocation), ""), ==,
                    location);
    g_assert_true(tw_object_get(object, tw_item_tag(tags, TW_PidLidGlobalObjectId), &value));
    assert_bytes(value.data, value.len, g_bytes_get_data(id, NULL), g_bytes_get_size(id));
    g_assert_cmpstr(tw_object_get_text(object, PR_SUBJECT, ""), ==, "Lunch");
}

static void
test_which(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        g_autoptr(TwMailIn) in = import(names, rows[i].mail, strlen(rows[i].mail));
        g_autoptr(TwMailIn) nameless = import(NULL, rows[i].mail, strlen(rows[i].mail));
        gboolean is_meeting = g_str_has_prefix(rows[i].message_class, "IPM.Schedule.");
        g_auto(TwItemNames) tags = { 0 };

        g_test_message("%u", i);
        tw_item_names_init(&tags, names, FALSE);
        g_assert_cmpstr(tw_object_get_text(in->object, PR_MESSAGE_CLASS, ""), ==,
                        rows[i].message_class);
        g_assert_cmpstr(tw_object_get_text(in->object, PR_BODY, ""), ==, "Come.");
        g_assert_cmpstr(tw_object_get_text(nameless->object, PR_MESSAGE_CLASS, ""), ==, "IPM.Note");
        /* what is left is attached, as it was */
        g_assert_cmpuint(in->calendars->len, ==, nameless->calendars->len - (is_meeting ? 1 : 0));
        g_assert_cmpuint(tw_object_count(in->object, TW_OBJECT_ATTACHMENT), ==, in->calendars->len);
        for (guint j = 0; j < in->calendars->len; j++)
            g_assert_nonnull(
                tw_object_find(in->object, TW_OBJECT_ATTACHMENT,
                               g_array_index(in->calendars, TwMailCalendar, j).attachment));
        if (is_meeting) {
            assert_lunch(in->object, &tags, "Kitchen");
            g_assert_true(tw_item_get_bool(in->object, tw_item_tag(&tags, TW_PidLidRecurring)) ==
                          rows[i].is_series);
            g_assert_true(
                tw_object_has(in->object, tw_item_tag(&tags, TW_PidLidAppointmentRecur)) ==
                rows[i].is_series);
        }
    }
}

/* ---- forms ---- */

/* Nothing but a calendar, in another charset, in base64: its description is the body. */
static void
test_alone(void)
{
    static const char calendar[] =
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\n"
        "LOCATION:K\xfc"
        "che\r\nDESCRIPTION:Come\\, all\r\n" SPAN ADA "END:VEVENT\r\nEND:VCALENDAR\r\n";
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autofree char *base64 = g_base64_encode((const guint8 *) calendar, strlen(calendar));
    g_autofree char *mail =
        g_strconcat(HEAD "Content-Type: text/calendar; charset=iso-8859-1; method=REQUEST\r\n"
                         "Content-Transfer-Encoding: base64\r\n\r\n",
                    base64, "\r\n", NULL);
    g_autoptr(TwMailIn) in = import(names, mail, strlen(mail));
    g_auto(TwItemNames) tags = { 0 };

    tw_item_names_init(&tags, names, FALSE);
    g_assert_cmpstr(tw_object_get_text(in->object, PR_MESSAGE_CLASS, ""), ==,
                    "IPM.Schedule.Meeting.Request");
    assert_lunch(in->object, &tags,
                 "K\xc3\xbc"
                 "che");
    g_assert_cmpstr(tw_object_get_text(in->object, PR_BODY, ""), ==, "Come, all");
    g_assert_cmpuint(tw_object_count(in->object, TW_OBJECT_ATTACHMENT), ==, 0);
}

static TwMailIn *
import_alone(TwNameMap *names, const char *calendar)
{
    g_autofree char *mail = g_strconcat("From: ada@example.org\r\nTo: bob@example.org\r\n"
                                        "Content-Type: text/calendar; charset=utf-8\r\n\r\n",
                                        calendar, NULL);

    return import(names, mail, strlen(mail));
}

/* Nothing but one event that is published is that appointment; of two it is a mail. */
static void
test_published(void)
{
    static const struct {
        const char *more, *message_class;
    } cases[] = {
        { "", "IPM.Appointment" },
        { "BEGIN:VEVENT\r\nUID:other\r\n" SPAN "END:VEVENT\r\n", "IPM.Note" },
        { "BEGIN:VTODO\r\nUID:other\r\nEND:VTODO\r\n", "IPM.Note" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        g_autofree char *calendar = g_strconcat(
            "BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\nSUMMARY:Lunch\r\n"
            "DESCRIPTION:Come\\, all\r\nLOCATION:Kitchen\r\n" SPAN "END:VEVENT\r\n",
            cases[i].more, "END:VCALENDAR\r\n", NULL);
        g_autoptr(TwMailIn) in = import_alone(names, calendar);
        gboolean is_item = i == 0;
        g_auto(TwItemNames) tags = { 0 };

        tw_item_names_init(&tags, names, FALSE);
        g_assert_cmpstr(tw_object_get_text(in->object, PR_MESSAGE_CLASS, ""), ==,
                        cases[i].message_class);
        g_assert_cmpstr(tw_object_get_text(in->object, PR_SUBJECT, ""), ==, "Lunch");
        g_assert_cmpstr(tw_object_get_text(in->object, PR_BODY, ""), ==, "Come, all");
        g_assert_cmpstr(tw_object_get_text(in->object, PR_SENT_REPRESENTING_SMTP_ADDRESS, ""), ==,
                        "ada@example.org");
        g_assert_cmpuint(tw_object_count(in->object, TW_OBJECT_ATTACHMENT), ==, is_item ? 0 : 1);
        if (is_item)
            assert_lunch(in->object, &tags, "Kitchen");
    }
}

/* What has no class is shown, where the mail itself says nothing. */
static void
test_described(void)
{
    static const char *const methods[] = { "DECLINECOUNTER", "REFRESH" };

    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        g_autofree char *calendar = g_strdup_printf(
            "BEGIN:VCALENDAR\r\nMETHOD:%s\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\nSUMMARY:Lunch\r\n"
            "COMMENT:Noon it is\r\nDESCRIPTION:Soup\r\n" SPAN ADA "END:VEVENT\r\nEND:VCALENDAR\r\n",
            methods[i]);
        g_autoptr(TwMailIn) in = import_alone(names, calendar);

        g_assert_cmpstr(tw_object_get_text(in->object, PR_MESSAGE_CLASS, ""), ==, "IPM.Note");
        g_assert_cmpstr(tw_object_get_text(in->object, PR_SUBJECT, ""), ==, "Lunch");
        g_assert_cmpstr(tw_object_get_text(in->object, PR_BODY, ""), ==, "Noon it is\r\n\r\nSoup");
        g_assert_cmpuint(tw_object_count(in->object, TW_OBJECT_ATTACHMENT), ==, 1);
        g_assert_cmpuint(in->calendars->len, ==, 1);
    }
}

/* An instance that is added to a series is one of it, and not the series. */
static void
test_added(void)
{
    static const char mail[] =
        MAIL(PART("", CALENDAR("METHOD:ADD\r\n", SPAN ADA BOB("NEEDS-ACTION"))));
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autoptr(TwMailIn) in = import(names, mail, strlen(mail));
    g_autoptr(GBytes) clean = tw_global_id_from_uid("lunch@x", -1);
    g_autoptr(GBytes) id =
        tw_global_id_from_uid("lunch@x", START / G_GINT64_CONSTANT(864000000000));
    g_auto(TwItemNames) tags = { 0 };
    TwPropValue value;

    tw_item_names_init(&tags, names, FALSE);
    g_assert_cmpstr(tw_object_get_text(in->object, PR_MESSAGE_CLASS, ""), ==,
                    "IPM.Schedule.Meeting.Request");
    g_assert_true(
        tw_object_get(in->object, tw_item_tag(&tags, TW_PidLidCleanGlobalObjectId), &value));
    assert_bytes(value.data, value.len, g_bytes_get_data(clean, NULL), g_bytes_get_size(clean));
    g_assert_true(tw_object_get(in->object, tw_item_tag(&tags, TW_PidLidGlobalObjectId), &value));
    assert_bytes(value.data, value.len, g_bytes_get_data(id, NULL), g_bytes_get_size(id));
    g_assert_cmpint(get_time(in->object, &tags, TW_PidLidExceptionReplaceTime), ==, START);
    g_assert_true(tw_item_get_bool(in->object, tw_item_tag(&tags, TW_PidLidIsException)));
    g_assert_true(tw_item_get_bool(in->object, tw_item_tag(&tags, TW_PidLidIsRecurring)));
    g_assert_false(tw_item_get_bool(in->object, tw_item_tag(&tags, TW_PidLidRecurring)));
}

/* The file beside a calendar goes when it says the same, and stays when it does not. */
static void
test_copies(void)
{
    for (guint same = 0; same <= 1; same++) {
        const char *mail = same ? MAIL(PART("", CALENDAR("METHOD:REQUEST\r\n", SPAN ADA))
                                           ICS(CALENDAR("METHOD:REQUEST\r\n", SPAN ADA)))
                                : MAIL(PART("", CALENDAR("METHOD:REQUEST\r\n", SPAN ADA)) ICS(
                                      CALENDAR("METHOD:REQUEST\r\n", "COMMENT:x\r\n" SPAN ADA)));
        g_autoptr(TwNameMap) names = tw_name_map_new();
        g_autoptr(TwMailIn) in = import(names, mail, strlen(mail));

        g_assert_cmpstr(tw_object_get_text(in->object, PR_MESSAGE_CLASS, ""), ==,
                        "IPM.Schedule.Meeting.Request");
        g_assert_cmpuint(tw_object_count(in->object, TW_OBJECT_ATTACHMENT), ==, 1 - same);
        g_assert_cmpuint(in->calendars->len, ==, 1 - same);
    }
}

/* A calendar whose data were left in the mail: no source leads to it any more, and that of a file beside it stays. */
static void
test_sources(void)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autofree char *pad = g_strnfill((gsize) 3 * TW_MAIL_INLINE_MOST, 'x');
    g_autofree char *mail = g_strdup_printf(
        HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
             "--b\r\nContent-Type: application/pdf\r\n\r\n%s\r\n" PART(
                 "; method=REQUEST", CALENDAR("", "COMMENT:%s\r\n" SPAN ADA)) "--b--\r\n",
        pad, pad);
    g_autoptr(TwMailIn) plain = import(NULL, mail, strlen(mail));
    g_autoptr(TwMailIn) in = import(names, mail, strlen(mail));
    const TwMailSource *source;
    guint id;

    g_assert_cmpuint(plain->sources->len, ==, 2);
    g_assert_cmpuint(in->sources->len, ==, 1);
    g_assert_cmpuint(tw_object_count(in->object, TW_OBJECT_ATTACHMENT), ==, 1);
    source = &g_array_index(in->sources, TwMailSource, 0);
    g_assert_true(tw_object_locate(in->object, source->path.bytes, source->path.len, &id) ==
                  tw_object_at(in->object, TW_OBJECT_ATTACHMENT, 0));
}

/* ---- limits ---- */

/* The class of a mail whose calendar parts but for the last are broken; the last has @len bytes. */
static char *
class_with(guint broken, gsize len)
{
    static const char calendar[] = CALENDAR("METHOD:REQUEST\r\n", SPAN ADA BOB("NEEDS-ACTION"));
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autoptr(GString) mail =
        g_string_new(HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nCome.\r\n");
    g_autoptr(TwMailIn) in = NULL;

    for (guint i = 0; i < broken; i++)
        g_string_append(mail, PART("", "\r\n"));
    g_string_append(mail, "--b\r\nContent-Type: text/calendar\r\n\r\n");
    g_string_append(mail, calendar);
    for (gsize left = len - strlen(calendar); left > 0; left--)
        g_string_append_c(mail, left % 64 == 1 ? '\n' : ' ');
    g_string_append(mail, "\r\n--b--\r\n");
    in = import(names, mail->str, mail->len);
    return g_strdup(tw_object_get_text(in->object, PR_MESSAGE_CLASS, ""));
}

static void
test_limits(void)
{
    const struct {
        guint broken;
        gsize len;
        const char *message_class;
    } cases[] = {
        { TW_MEETING_MAX_PARTS - 1, 1000, "IPM.Schedule.Meeting.Request" },
        { TW_MEETING_MAX_PARTS, 1000, "IPM.Note" },
        { 0, TW_MEETING_MAX_TEXT, "IPM.Schedule.Meeting.Request" },
        { 0, TW_MEETING_MAX_TEXT + 1, "IPM.Note" },
        { 1, TW_MEETING_MAX_TEXT - 1, "IPM.Note" }, /* together */
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *class = class_with(cases[i].broken, cases[i].len);
        g_test_message("%u", i);
        g_assert_cmpstr(class, ==, cases[i].message_class);
    }
}

/* Cut anywhere, it is a message. */
static void
test_cut(void)
{
    const char *mail = rows[2].mail;
    guint meetings = 0;

    for (gsize len = 0; len <= strlen(mail); len++) {
        g_autoptr(TwNameMap) names = tw_name_map_new();
        g_autofree char *copy = g_memdup2(mail, len);
        g_autoptr(TwMailIn) in = import(names, copy, len);
        const char *message_class = tw_object_get_text(in->object, PR_MESSAGE_CLASS, "");

        if (strcmp(message_class, "IPM.Note") != 0) {
            g_assert_cmpstr(message_class, ==, "IPM.Schedule.Meeting.Request");
            meetings++;
        }
    }
    g_assert_cmpuint(meetings, >, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/groupware/meeting-mail/which", test_which);
    g_test_add_func("/groupware/meeting-mail/alone", test_alone);
    g_test_add_func("/groupware/meeting-mail/published", test_published);
    g_test_add_func("/groupware/meeting-mail/described", test_described);
    g_test_add_func("/groupware/meeting-mail/added", test_added);
    g_test_add_func("/groupware/meeting-mail/copies", test_copies);
    g_test_add_func("/groupware/meeting-mail/sources", test_sources);
    g_test_add_func("/groupware/meeting-mail/limits", test_limits);
    g_test_add_func("/groupware/meeting-mail/cut", test_cut);
    return g_test_run();
}
