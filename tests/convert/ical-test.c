/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/error.h"
#include "convert/ical-support.h"
#include "mapi/global-id.h"
#include "mapi/recurrence.h"

typedef struct {
    TwNameMap *names;
    TwTimeZone *zone;
    TwIcalOptions options;
} Fixture;

static void
setup(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const self[] = { "bob@example.org", NULL };

    fx->names = tw_name_map_new();
    fx->zone = load_zone(NULL, "Europe/Berlin");
    fx->options =
        (TwIcalOptions){ .names = fx->names, .zone = fx->zone, .load = load_zone, .self = self };
}

static void
teardown(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    tw_name_map_free(fx->names);
    tw_timezone_unref(fx->zone);
}

static gint64
ticks(int year, int month, int day, int hour, int minute)
{
    g_autoptr(GDateTime) time = g_date_time_new_utc(year, month, day, hour, minute, 0);

    return (g_date_time_to_unix(time) + G_GINT64_CONSTANT(11644473600)) * TW_TICKS_SECOND;
}

static gint64
get_time(Fixture *fx, const TwObject *object, TwKnownName which)
{
    TwPropValue value;

    g_assert_true(tw_object_get(object, named_tag(fx->names, which), &value));
    return value.i8;
}

static guint32
get_long(Fixture *fx, const TwObject *object, TwKnownName which)
{
    TwPropValue value;

    g_assert_true(tw_object_get(object, named_tag(fx->names, which), &value));
    return value.u4;
}

static gboolean
get_bool(Fixture *fx, const TwObject *object, TwKnownName which)
{
    TwPropValue value;

    g_assert_true(tw_object_get(object, named_tag(fx->names, which), &value));
    return value.truth;
}

static TwRecurrence *
get_series(Fixture *fx, const TwObject *object)
{
    TwPropValue value;
    TwRecurrence *series;

    g_assert_true(tw_object_get(object, named_tag(fx->names, TW_PidLidAppointmentRecur), &value));
    series = tw_recurrence_parse(value.data, value.len, NULL);
    g_assert_nonnull(series);
    return series;
}

static void
forget_text(Fixture *fx, TwObject *object)
{
    g_assert_true(tw_object_remove(object, named_tag(fx->names, TW_PidLidInboundICalStream)));
}

#define CALENDAR(lines) "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//A//B//EN\n" lines "END:VCALENDAR\n"
#define EVENT(lines)                                                                               \
    CALENDAR("BEGIN:VEVENT\nUID:one@example.org\nDTSTAMP:20260101T000000Z\n" lines "END:VEVENT\n")

/* ---- times ---- */

typedef struct {
    const char *name, *lines;
    int start[5], end[5]; /* UTC */
    gboolean all_day;
    const char *written; /* of its properties alone */
} TimeCase;

static const TimeCase time_cases[] = {
    { "utc",
      "DTSTART:20260203T040000Z\nDTEND:20260203T050000Z\n",
      { 2026, 2, 3, 4, 0 },
      { 2026, 2, 3, 5, 0 },
      FALSE,
      "DTSTART:20260203T040000Z\nDTEND:20260203T050000Z\n" },
    { "zone by name, no definition",
      "DTSTART;TZID=America/New_York:20260703T090000\nDURATION:PT90M\n",
      { 2026, 7, 3, 13, 0 },
      { 2026, 7, 3, 14, 30 },
      FALSE,
      "DTSTART;TZID=America/New_York:20260703T090000\nDTEND;TZID=America/"
      "New_York:20260703T103000\n" },
    { "name of Windows",
      "DTSTART;TZID=Tokyo Standard Time:20260703T090000\n",
      { 2026, 7, 3, 0, 0 },
      { 2026, 7, 3, 0, 0 },
      FALSE,
      "DTSTART;TZID=Asia/Tokyo:20260703T090000\n" },
    { "path",
      "DTSTART;TZID=/freeassociation.sourceforge.net/Tzfile/Europe/London:20260703T090000\n",
      { 2026, 7, 3, 8, 0 },
      { 2026, 7, 3, 8, 0 },
      FALSE,
      "DTSTART;TZID=Europe/London:20260703T090000\n" },
    { "floating",
      "DTSTART:20260703T090000\nDTEND:20260703T100000\n",
      { 2026, 7, 3, 7, 0 },
      { 2026, 7, 3, 8, 0 },
      FALSE,
      "DTSTART;TZID=Europe/Berlin:20260703T090000\nDTEND;TZID=Europe/Berlin:20260703T100000\n" },
    { "a day",
      "DTSTART;VALUE=DATE:20260703\n",
      { 2026, 7, 2, 22, 0 },
      { 2026, 7, 3, 22, 0 },
      TRUE,
      "DTSTART;VALUE=DATE:20260703\nDTEND;VALUE=DATE:20260704\n" },
    { "days over a change of clocks",
      "DTSTART;VALUE=DATE:20260327\nDURATION:P4D\n",
      { 2026, 3, 26, 23, 0 },
      { 2026, 3, 30, 22, 0 },
      TRUE,
      "DTSTART;VALUE=DATE:20260327\nDTEND;VALUE=DATE:20260331\n" },
    { "ends before it begins",
      "DTSTART:20260203T040000Z\nDTEND:20260202T050000Z\n",
      { 2026, 2, 3, 4, 0 },
      { 2026, 2, 3, 4, 0 },
      FALSE,
      "DTSTART:20260203T040000Z\nDTEND:20260203T040000Z\n" },
    { "ends in another zone",
      "DTSTART;TZID=Europe/London:20260203T100000\nDTEND;TZID=Asia/Tokyo:20260203T220000\n",
      { 2026, 2, 3, 10, 0 },
      { 2026, 2, 3, 13, 0 },
      FALSE,
      "DTSTART;TZID=Europe/London:20260203T100000\nDTEND;TZID=Asia/Tokyo:20260203T220000\n" },
};

static gint64
ticks_of(const int at[5])
{
    return ticks(at[0], at[1], at[2], at[3], at[4]);
}

static void
test_times(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    for (guint i = 0; i < G_N_ELEMENTS(time_cases); i++) {
        const TimeCase *tc = &time_cases[i];
        g_autofree char *text = g_strdup_printf(EVENT("%s"), tc->lines);
        g_autoptr(TwIcal) ical = read_text(text, &fx->options);
        TwObject *object = item_at(ical, 0);
        g_autofree char *kept = NULL, *made = NULL;
        g_test_message("%s", tc->name);
        g_assert_cmpint(get_time(fx, object, TW_PidLidAppointmentStartWhole), ==,
                        ticks_of(tc->start));
        g_assert_cmpint(get_time(fx, object, TW_PidLidAppointmentEndWhole), ==, ticks_of(tc->end));
        g_assert_cmpint(get_time(fx, object, TW_PidLidCommonStart), ==, ticks_of(tc->start));
        g_assert_cmpint(get_bool(fx, object, TW_PidLidAppointmentSubType), ==, tc->all_day);
        kept = write_text(object, TW_ICAL_NO_METHOD, &fx->options);
        assert_has(kept, tc->lines);
        forget_text(fx, object);
        made = write_text(object, TW_ICAL_NO_METHOD, &fx->options);
        assert_has(made, tc->written);
        g_assert_cmpint(strstr(made, "TZID=") != NULL, ==, strstr(made, "BEGIN:VTIMEZONE") != NULL);
    }
}

/* A definition with a name that nobody knows, twice: with rules, and with dates. */
static void
test_zone_definition(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    static const char text[] = CALENDAR(
        "BEGIN:VTIMEZONE\nTZID:Our house\n"
        "BEGIN:STANDARD\nDTSTART:20001029T030000\nTZOFFSETFROM:+0330\nTZOFFSETTO:+0230\n"
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\n"
        "BEGIN:DAYLIGHT\nDTSTART:20000326T020000\nTZOFFSETFROM:+0230\nTZOFFSETTO:+0330\n"
        "RRULE:FREQ=YEARLY;BYMONTHDAY=25,26,27,28,29,30,31;BYDAY=SU;BYMONTH=3\nEND:DAYLIGHT\n"
        "END:VTIMEZONE\n"
        "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Our house:20260115T100000\nEND:VEVENT\n"
        "BEGIN:VEVENT\nUID:b\nDTSTART;TZID=Our house:20260715T100000\nEND:VEVENT\n");
    g_autoptr(TwIcal) ical = read_text(text, &fx->options);
    g_autofree char *made = NULL;
    g_autoptr(TwIcal) again = NULL;

    g_assert_cmpint(get_time(fx, item_at(ical, 0), TW_PidLidAppointmentStartWhole), ==,
                    ticks(2026, 1, 15, 7, 30));
    g_assert_cmpint(get_time(fx, item_at(ical, 1), TW_PidLidAppointmentStartWhole), ==,
                    ticks(2026, 7, 15, 6, 30));
    forget_text(fx, item_at(ical, 1));
    made = write_text(item_at(ical, 1), TW_ICAL_NO_METHOD, &fx->options);
    assert_has(made, "DTSTART;TZID=Our house:20260715T100000\n");
    assert_has(made, "TZID:Our house\n");
    assert_has(made, "TZOFFSETTO:+0330\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\n");
    again = read_text(made, &fx->options);
    g_assert_cmpint(get_time(fx, item_at(again, 0), TW_PidLidAppointmentStartWhole), ==,
                    ticks(2026, 7, 15, 6, 30));
}

/* ---- series ---- */

static const char series_text[] = CALENDAR(
    "BEGIN:VEVENT\nUID:s\nDTSTAMP:20260101T000000Z\n"
    "DTSTART;TZID=Europe/Berlin:20260302T090000\nDTEND;TZID=Europe/Berlin:20260302T100000\n"
    "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=12\nEXDATE;TZID=Europe/Berlin:20260304T090000\n"
    "SUMMARY:Plan\nLOCATION:Room 1\nX-OURS;A=b:kept\n"
    "BEGIN:VALARM\nACTION:EMAIL\nTRIGGER:-P1D\nEND:VALARM\n"
    "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT10M\nDESCRIPTION:x\nEND:VALARM\n"
    "END:VEVENT\n"
    "BEGIN:VEVENT\nUID:s\nDTSTAMP:20260101T000000Z\n"
    "RECURRENCE-ID;TZID=Europe/Berlin:20260330T090000\n"
    "DTSTART;TZID=Europe/Berlin:20260330T140000\nDTEND;TZID=Europe/Berlin:20260330T160000\n"
    "SUMMARY:Plan\\, later\nLOCATION:Room 2\nEND:VEVENT\n");

static void
test_series(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwIcal) ical = read_text(series_text, &fx->options);
    TwObject *object = item_at(ical, 0);
    g_autoptr(TwRecurrence) series = get_series(fx, object);
    const TwRecurrenceException *exception;
    const TwObject *attachment, *own;
    g_autoptr(GArray) list = tw_recurrence_expand(series, fx->zone, 0, TW_TICKS_MAX, 100, NULL);
    g_autofree char *kept = NULL, *made = NULL;

    g_assert_cmpuint(ical->items->len, ==, 1);
    g_assert_cmpuint(list->len, ==, 11);
    g_assert_cmpint(g_array_index(list, TwRecurrenceInstance, 0).start, ==,
                    ticks(2026, 3, 2, 8, 0));
    /* 30 March, at two in the afternoon, in summer time */
    g_assert_cmpint(g_array_index(list, TwRecurrenceInstance, 7).start, ==,
                    ticks(2026, 3, 30, 12, 0));
    g_assert_cmpuint(series->exceptions->len, ==, 1);
    exception = &g_array_index(series->exceptions, TwRecurrenceException, 0);
    g_assert_cmpuint(exception->flags, ==,
                     TW_RECURRENCE_SUBJECT | TW_RECURRENCE_LOCATION | TW_RECURRENCE_REMINDER_SET |
                         TW_RECURRENCE_REMINDER_DELTA);
    g_assert_cmpstr(exception->subject, ==, "Plan, later");
    attachment = tw_object_at(object, TW_OBJECT_ATTACHMENT, 0);
    own = tw_object_get_embedded(attachment);
    g_assert_cmpstr(tw_object_get_text(own, PR_MESSAGE_CLASS, ""), ==,
                    "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}");
    g_assert_cmpint(get_time(fx, own, TW_PidLidExceptionReplaceTime), ==, ticks(2026, 3, 30, 7, 0));
    g_assert_cmpuint(get_long(fx, object, TW_PidLidReminderDelta), ==, 10);
    g_assert_true(get_bool(fx, object, TW_PidLidRecurring));
    g_assert_cmpuint(tw_object_get_long(object, PR_ICON_INDEX, 0), ==, 0x401);
    kept = write_text(object, TW_ICAL_NO_METHOD, &fx->options);
    assert_has(kept, strstr(series_text, "BEGIN:VEVENT"));
    forget_text(fx, object);
    made = write_text(object, TW_ICAL_NO_METHOD, &fx->options);
    assert_has(made, "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=12\n");
    assert_has(made, "EXDATE;TZID=Europe/Berlin:20260304T090000\n");
    assert_has_not(made, "EXDATE;TZID=Europe/Berlin:20260330T090000\n");
    assert_has(made, "RECURRENCE-ID;TZID=Europe/Berlin:20260330T090000\n"
                     "DTSTART;TZID=Europe/Berlin:20260330T140000\n");
}

/* A client of MAPI changes the place of the series and one instance: all else stays as it came. */
static void
test_merge(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwIcal) ical = read_text(series_text, &fx->options);
    TwObject *object = item_at(ical, 0);
    g_autoptr(TwRecurrence) series = get_series(fx, object);
    g_autoptr(GBytes) blob = NULL;
    TwPropValue value = tw_value_str(named_tag(fx->names, TW_PidLidLocation), "Room 3");
    g_autofree char *text = NULL;
    guint32 gone = (guint32) (ticks(2026, 4, 6, 0, 0) / TW_TICKS_MINUTE);

    g_assert_true(tw_object_set(object, &value, NULL));
    g_array_append_val(series->deleted, gone);
    g_assert_true(tw_recurrence_normalize(series, NULL));
    blob = tw_recurrence_write(series, NULL);
    value = tw_value_bytes(named_tag(fx->names, TW_PidLidAppointmentRecur),
                           g_bytes_get_data(blob, NULL), g_bytes_get_size(blob));
    g_assert_true(tw_object_set(object, &value, NULL));
    text = write_text(object, TW_ICAL_NO_METHOD, &fx->options);
    assert_has(text, "LOCATION:Room 3\n");
    assert_has_not(text, "LOCATION:Room 1\n");
    assert_has(text, "LOCATION:Room 2\n");
    assert_has(text, "X-OURS;A=b:kept\n");
    assert_has(text, "ACTION:EMAIL\n");
    assert_has(text, "SUMMARY:Plan\n");
    assert_has(text, "EXDATE;TZID=Europe/Berlin:20260406T090000\n");
    assert_has(text, "EXDATE;TZID=Europe/Berlin:20260304T090000\n");
    assert_has(text, "SUMMARY:Plan\\, later\n");
}

typedef struct {
    const char *rule, *start;
    guint instances; /* that MAPI shows; 0: it is a single appointment */
    const char *written;
} RuleCase;

static const RuleCase rule_cases[] = {
    { "FREQ=DAILY;INTERVAL=3;COUNT=4", "20260105", 4, "FREQ=DAILY;INTERVAL=3;COUNT=4" },
    { "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=7", "20260105", 7,
      "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=7" },
    { "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO;UNTIL=20260301T235959Z", "20260105", 8, NULL },
    { "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "20260130", 3, "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3" },
    { "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3", "20260130", 3,
      "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3" },
    { "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=5", "20260131", 5, "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=5" },
    /* seven months of a year have a 31st */
    { "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=7", "20260131", 7, NULL },
    { "FREQ=YEARLY;COUNT=3", "20240229", 3, NULL },
    { "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3", "20261126", 3,
      "FREQ=YEARLY;BYDAY=4TH;BYMONTH=11;COUNT=3" },
    { "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3", "20260213", 3, NULL },
    { "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3", "20260511", 3, NULL },
    { "FREQ=HOURLY;COUNT=3", "20260105", 0, NULL },
    { "FREQ=DAILY;BYHOUR=9,15;COUNT=3", "20260105", 0, NULL },
    { "FREQ=DAILY;COUNT=0", "20260105", 0, NULL },
    { "RSCALE=HEBREW;FREQ=YEARLY", "20260105", 0, NULL },
};

static void
test_rules(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    for (guint i = 0; i < G_N_ELEMENTS(rule_cases); i++) {
        const RuleCase *tc = &rule_cases[i];
        g_autofree char *lines = g_strdup_printf("DTSTART;TZID=Europe/Berlin:%sT200000\nRRULE:%s\n",
                                                 tc->start, tc->rule);
        g_autofree char *text = g_strdup_printf(EVENT("%s"), lines);
        g_autoptr(TwIcal) ical = read_text(text, &fx->options);
        TwObject *object = item_at(ical, 0);
        g_autofree char *kept = write_text(object, TW_ICAL_NO_METHOD, &fx->options), *made = NULL;
        g_test_message("%s", tc->rule);
        assert_has(kept, lines);
        g_assert_cmpint(get_bool(fx, object, TW_PidLidRecurring), ==, tc->instances > 0);
        if (tc->instances > 0) {
            g_autoptr(TwRecurrence) series = get_series(fx, object);
            g_autoptr(GArray) list =
                tw_recurrence_expand(series, fx->zone, 0, TW_TICKS_MAX, 10000, NULL);
            g_assert_cmpuint(list->len, ==, tc->instances);
        }
        forget_text(fx, object);
        made = write_text(object, TW_ICAL_NO_METHOD, &fx->options);
        if (tc->written != NULL)
            assert_has(made, tc->written);
    }
}

/* ---- people and messages ---- */

#define PEOPLE                                                                                     \
    "DTSTART:20260203T040000Z\nDTEND:20260203T050000Z\nSEQUENCE:2\nSUMMARY:Meet\n"                 \
    "ORGANIZER;CN=Ada;SENT-BY=\"mailto:secretary@example.org\":mailto:ada@example.org\n"           \
    "ATTENDEE;CN=\"Bob, B\";PARTSTAT=ACCEPTED;RSVP=TRUE;X-K=1:mailto:bob@example.org\n"            \
    "ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=DECLINED;X-L=2,3:MAILTO:eve@example.org\n"             \
    "ATTENDEE;CUTYPE=ROOM:mailto:room@example.org\nATTENDEE;CUTYPE=GROUP:urn:uuid:1\n"

static void
test_people(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *address;
        guint type, flags, status;
    } rows[] = { { "ada@example.org", 1, 3, 0 },
                 { "bob@example.org", 1, 1, 3 },
                 { "eve@example.org", 2, 1, 4 },
                 { "room@example.org", 3, 1, 0 } };
    g_autoptr(TwIcal) ical = read_text(EVENT(PEOPLE), &fx->options);
    TwObject *object = item_at(ical, 0);
    g_autofree char *kept = write_text(object, TW_ICAL_NO_METHOD, &fx->options), *made = NULL;

    g_assert_cmpstr(tw_object_get_text(object, PR_MESSAGE_CLASS, ""), ==, "IPM.Appointment");
    g_assert_cmpstr(tw_object_get_text(object, PR_SENT_REPRESENTING_SMTP_ADDRESS, ""), ==,
                    "ada@example.org");
    g_assert_cmpstr(tw_object_get_text(object, PR_SENDER_SMTP_ADDRESS, ""), ==,
                    "secretary@example.org");
    g_assert_cmpuint(tw_object_count(object, TW_OBJECT_RECIPIENT), ==, G_N_ELEMENTS(rows));
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const TwObject *row = tw_object_at(object, TW_OBJECT_RECIPIENT, i);
        g_assert_cmpstr(tw_object_get_text(row, PR_SMTP_ADDRESS, ""), ==, rows[i].address);
        g_assert_cmpuint(tw_object_get_long(row, PR_RECIPIENT_TYPE, 9), ==, rows[i].type);
        g_assert_cmpuint(tw_object_get_long(row, PR_RECIPIENT_FLAGS, 9), ==, rows[i].flags);
        g_assert_cmpuint(tw_object_get_long(row, PR_RECIPIENT_TRACKSTATUS, 0), ==, rows[i].status);
    }
    /* bob's calendar: he was asked, and said yes */
    g_assert_cmpuint(get_long(fx, object, TW_PidLidAppointmentStateFlags), ==, 3);
    g_assert_cmpuint(get_long(fx, object, TW_PidLidResponseStatus), ==, 3);
    assert_has(kept, PEOPLE);
    forget_text(fx, object);
    made = write_text(object, TW_ICAL_NO_METHOD, &fx->options);
    assert_has(
        made, "ORGANIZER;CN=Ada;SENT-BY=\"mailto:secretary@example.org\":mailto:ada@example.org\n");
    assert_has(made, "ATTENDEE;CN=\"Bob, B\";ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE:"
                     "mailto:bob@example.org\n");
}

/* One answer changes: all attendees keep parameters that MAPI does not know. */
static void
test_one_answer(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwIcal) ical = read_text(EVENT(PEOPLE), &fx->options);
    TwObject *object = item_at(ical, 0);
    TwPropValue value = tw_value_long(PR_RECIPIENT_TRACKSTATUS, 3);
    g_autofree char *text = NULL;

    g_assert_true(tw_object_set(tw_object_at(object, TW_OBJECT_RECIPIENT, 2), &value, NULL));
    text = write_text(object, TW_ICAL_NO_METHOD, &fx->options);
    assert_has(text,
               "ATTENDEE;CN=\"Bob, B\";PARTSTAT=ACCEPTED;RSVP=TRUE;X-K=1:mailto:bob@example.org\n");
    assert_has(text,
               "ATTENDEE;ROLE=OPT-PARTICIPANT;X-L=2,3;PARTSTAT=ACCEPTED:mailto:eve@example.org\n");
    assert_has_not(text, "DECLINED");
    assert_has(text, "ATTENDEE;CUTYPE=GROUP:urn:uuid:1\n");
}

typedef struct {
    const char *method, *partstat, *message_class;
    guint32 state;
    const char *out; /* METHOD */
} MethodCase;

static const MethodCase method_cases[] = {
    { "REQUEST", "NEEDS-ACTION", "IPM.Schedule.Meeting.Request", 3, "REQUEST" },
    { "CANCEL", "NEEDS-ACTION", "IPM.Schedule.Meeting.Canceled", 7, "CANCEL" },
    { "REPLY", "ACCEPTED", "IPM.Schedule.Meeting.Resp.Pos", 1, "REPLY" },
    { "REPLY", "DECLINED", "IPM.Schedule.Meeting.Resp.Neg", 1, "REPLY" },
    { "reply", "TENTATIVE", "IPM.Schedule.Meeting.Resp.Tent", 1, "REPLY" },
    { "COUNTER", "TENTATIVE", "IPM.Schedule.Meeting.Resp.Tent", 1, "COUNTER" },
};

static void
test_methods(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    for (guint i = 0; i < G_N_ELEMENTS(method_cases); i++) {
        const MethodCase *tc = &method_cases[i];
        g_autofree char *text = g_strdup_printf(
            CALENDAR("METHOD:%s\nBEGIN:VEVENT\nUID:m\nDTSTAMP:20260101T000000Z\n"
                     "DTSTART:20260203T040000Z\nDTEND:20260203T050000Z\nSUMMARY:Meet\n"
                     "ORGANIZER:mailto:ada@example.org\n"
                     "ATTENDEE;PARTSTAT=%s:mailto:bob@example.org\nEND:VEVENT\n"),
            tc->method, tc->partstat);
        g_autoptr(GBytes) bytes = crlf(text);
        g_autoptr(TwObject) mail = tw_object_new(TW_OBJECT_MESSAGE);
        TwPropValue subject = tw_value_str(PR_SUBJECT, "of the mail");
        g_autoptr(GError) error = NULL;
        TwIcalMethod method = TW_ICAL_NO_METHOD;
        TwMailOutPart part;
        g_autofree char *line = NULL;
        g_test_message("%s %s", tc->method, tc->partstat);
        g_assert_true(tw_object_set(mail, &subject, NULL));
        g_assert_true(tw_ical_read_meeting(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes),
                                           NULL, &fx->options, mail, &method, &error));
        g_assert_cmpstr(tw_object_get_text(mail, PR_MESSAGE_CLASS, ""), ==, tc->message_class);
        g_assert_cmpstr(tw_object_get_text(mail, PR_SUBJECT, ""), ==, "of the mail");
        g_assert_cmpuint(get_long(fx, mail, TW_PidLidAppointmentStateFlags), ==, tc->state);
        forget_text(fx, mail);
        g_assert_true(tw_ical_write_part(&fx->options, mail, &part, &error));
        g_assert_cmpstr(part.method, ==, tc->out);
        line = g_strndup(g_bytes_get_data(part.text, NULL), g_bytes_get_size(part.text));
        assert_has(line, "UID:m\r\n");
        assert_has(line, "ORGANIZER:mailto:ada@example.org\r\n");
        assert_has(line, "mailto:bob@example.org\r\n");
        g_bytes_unref(part.text);
        g_free(part.method);
    }
}

static void
test_no_meeting(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GBytes) bytes = crlf(EVENT("DTSTART:20260203T040000Z\n"));
    g_autoptr(TwObject) mail = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GError) error = NULL;
    TwIcalMethod method;
    g_autoptr(GArray) tags = NULL;

    g_assert_false(tw_ical_read_meeting(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes),
                                        NULL, &fx->options, mail, &method, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
    tags = tw_object_list_tags(mail);
    g_assert_cmpuint(tags->len, ==, 0);
    g_assert_true(tw_ical_read_meeting(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes),
                                       "request", &fx->options, mail, &method, NULL));
}

/* ---- other items ---- */

static void
test_others(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    static const char text[] = CALENDAR(
        "X-WR-CALNAME:My\\, own\n"
        "BEGIN:VTODO\nUID:t\nDTSTAMP:20260101T000000Z\nDUE;VALUE=DATE:20260210\nPRIORITY:1\n"
        "PERCENT-COMPLETE:40\nSTATUS:IN-PROCESS\nSUMMARY:Do\nCATEGORIES:A,B\\,C\nEND:VTODO\n"
        "BEGIN:VJOURNAL\nUID:j\nDTSTAMP:20260101T000000Z\nDTSTART:20260203T040000Z\n"
        "SUMMARY:Said\nEND:VJOURNAL\n"
        "BEGIN:VJOURNAL\nUID:n\nDTSTAMP:20260101T000000Z\nDESCRIPTION:a\\nb\nEND:VJOURNAL\n"
        "BEGIN:VFREEBUSY\nUID:f\nFREEBUSY;FBTYPE=BUSY-TENTATIVE:20260203T040000Z/PT1H,"
        "20260204T040000Z/20260204T060000Z\nFREEBUSY:bad\nEND:VFREEBUSY\n");
    static const char *const classes[] = { "IPM.Task", "IPM.Activity", "IPM.StickyNote" };
    g_autoptr(TwIcal) ical = read_text(text, &fx->options);
    g_autofree char *task = NULL;

    g_assert_cmpstr(ical->name, ==, "My, own");
    g_assert_cmpuint(ical->items->len, ==, 3);
    for (guint i = 0; i < 3; i++)
        g_assert_cmpstr(tw_object_get_text(item_at(ical, i), PR_MESSAGE_CLASS, ""), ==, classes[i]);
    g_assert_true(ical->has_busy);
    g_assert_cmpuint(ical->busy->len, ==, 2);
    g_assert_cmpuint(g_array_index(ical->busy, TwIcalBusy, 0).busy, ==, 1);
    g_assert_cmpint(g_array_index(ical->busy, TwIcalBusy, 1).end, ==, ticks(2026, 2, 4, 6, 0));
    g_assert_cmpint(get_time(fx, item_at(ical, 0), TW_PidLidTaskDueDate), ==,
                    ticks(2026, 2, 10, 0, 0));
    g_assert_cmpstr(tw_object_get_text(item_at(ical, 2), PR_BODY, ""), ==, "a\r\nb");
    forget_text(fx, item_at(ical, 0));
    task = write_text(item_at(ical, 0), TW_ICAL_NO_METHOD, &fx->options);
    assert_has(task, "DUE;VALUE=DATE:20260210\n");
    assert_has(task, "PERCENT-COMPLETE:40\n");
    assert_has(task, "PRIORITY:1\n");
    assert_has(task, "CATEGORIES:A,B\\,C\n");
}

static void
test_attachments(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwIcal) ical = read_text(
        EVENT("DTSTART:20260203T040000Z\n"
              "ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.txt:aGVsbG8=\n"
              "ATTACH;FMTTYPE=text/html;SIZE=9:https://example.org/b.html\n"),
        &fx->options);
    TwObject *object = item_at(ical, 0);
    TwObject *file = tw_object_at(object, TW_OBJECT_ATTACHMENT, 0);
    g_autofree char *text = write_text(object, TW_ICAL_NO_METHOD, &fx->options);
    TwPropValue value;

    g_assert_cmpuint(tw_object_count(object, TW_OBJECT_ATTACHMENT), ==, 2);
    g_assert_cmpstr(tw_object_get_text(file, PR_ATTACH_LONG_FILENAME, ""), ==, "a.txt");
    g_assert_true(tw_object_get(file, PR_ATTACH_DATA_BIN, &value));
    g_assert_true(value.len == 5 && memcmp(value.data, "hello", 5) == 0);
    /* the data are not kept twice */
    g_assert_true(tw_object_get(object, named_tag(fx->names, TW_PidLidInboundICalStream), &value));
    g_assert_null(g_strstr_len((const char *) value.data, value.len, "aGVsbG8"));
    assert_has(text, ";ENCODING=BASE64;X-FILENAME=a.txt:aGVsbG8=\n");
    assert_has(text, "ATTACH;FMTTYPE=text/html;SIZE=9:https://example.org/b.html\n");
}

/* ---- bad texts ---- */

static void
test_bad(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = { { "", TW_ERROR_CORRUPT },
                  { "BEGIN:VCARD\nEND:VCARD\n", TW_ERROR_CORRUPT },
                  { "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", TW_ERROR_CORRUPT } };
    g_autoptr(TwIcal) ical = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GBytes) bytes = crlf(cases[i].text);
        g_autoptr(GError) error = NULL;
        g_assert_null(tw_ical_read(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes),
                                   &fx->options, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
    }
    ical = read_text(EVENT("SUMMARY:no time\n"), &fx->options);
    g_assert_cmpuint(ical->items->len, ==, 0);
    g_assert_cmpuint(ical->bad_items, ==, 1);
}

static void
test_cut(Fixture *fx, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GBytes) bytes = crlf(series_text);
    gsize size = g_bytes_get_size(bytes);

    for (gsize len = 0; len < size; len += len % 7 == 0 ? 1 : 3) {
        g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(bytes, NULL), MAX(len, 1));
        g_autoptr(GError) error = NULL;
        g_autoptr(TwIcal) ical = tw_ical_read(copy, len, &fx->options, &error);
        g_assert_true((ical == NULL) == (error != NULL));
    }
}

static void
test_ids(void)
{
    static const char own[] =
        "040000008200E00074C5B7101A82E00800000000000000000000000000000000000000"
        "001000000000112233445566778899AABBCCDDEEFF";
    g_autoptr(GBytes) foreign = tw_global_id_from_uid("a b@c", -1);
    g_autoptr(GBytes) dated = tw_global_id_from_uid("a b@c", 155210);
    g_autoptr(GBytes) known = tw_global_id_from_uid(own, -1);
    g_autoptr(GBytes) clean =
        tw_global_id_clean(g_bytes_get_data(dated, NULL), g_bytes_get_size(dated));
    g_autofree char *uid =
        tw_global_id_to_uid(g_bytes_get_data(dated, NULL), g_bytes_get_size(dated));
    g_autofree char *again =
        tw_global_id_to_uid(g_bytes_get_data(known, NULL), g_bytes_get_size(known));

    g_assert_true(g_bytes_equal(foreign, clean));
    g_assert_false(g_bytes_equal(foreign, dated));
    g_assert_cmpint(tw_global_id_get_day(g_bytes_get_data(dated, NULL), g_bytes_get_size(dated)),
                    ==, 155210);
    g_assert_cmpint(
        tw_global_id_get_day(g_bytes_get_data(foreign, NULL), g_bytes_get_size(foreign)), ==, -1);
    g_assert_cmpstr(uid, ==, "a b@c");
    g_assert_cmpuint(g_bytes_get_size(known), ==, strlen(own) / 2);
    g_assert_cmpstr(again, ==, own);
    g_assert_null(tw_global_id_to_uid((const guint8 *) "x", 1));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, func) g_test_add(path, Fixture, NULL, setup, func, teardown)
    ADD("/rfc5545/3.6.1/times", test_times);
    ADD("/rfc5545/3.6.5/definition", test_zone_definition);
    ADD("/rfc5545/3.8.5/series", test_series);
    ADD("/rfc5545/3.8.5/rules", test_rules);
    ADD("/ical/merge", test_merge);
    ADD("/rfc5545/3.8.4/people", test_people);
    ADD("/ical/one-answer", test_one_answer);
    ADD("/rfc5546/methods", test_methods);
    ADD("/rfc5546/no-meeting", test_no_meeting);
    ADD("/rfc5545/3.6/others", test_others);
    ADD("/rfc5545/3.8.1/attachments", test_attachments);
    ADD("/ical/bad", test_bad);
    ADD("/ical/cut", test_cut);
    g_test_add_func("/oxocal/2.2.1.27/ids", test_ids);
    return g_test_run();
}
