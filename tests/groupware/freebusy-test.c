/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Free and busy times: what counts, who sees what of it, and what is published. */
#include "groupware/freebusy.h"

#include <string.h>

#include "base/error.h"
#include "groupware/availability.h"
#include "groupware/delegates.h"
#include "groupware/mailbox.h"
#include "groupware/zone-files.h"
#include "mapi/tags.h"
#include "session/world.h"

#define TICKS(unix_s) (TW_TICKS_SECOND * ((unix_s) + G_GINT64_CONSTANT(11644473600)))
#define FEB_1 TICKS(1769904000) /* Sunday, 2026-02-01 00:00 UTC */
#define HOUR (60 * TW_TICKS_MINUTE)

#define EVENT(lines)                                                                               \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VEVENT\r\nDTSTAMP:20260101T000000Z" \
    "\r\n" lines "END:VEVENT\r\nEND:VCALENDAR\r\n"

typedef struct {
    World world;
    WorldUser boss, dora, emil;
    TwSession *system, *as_boss, *as_dora, *as_emil;
    TwMailboxFolders folders, public_folders;
    TwGuid public;
} Office;

static void
fill(Office *office, const WorldUser *user, TwMailboxFolders *ret)
{
    TwMailboxSpec spec = tw_mailbox_spec(user->number, TW_STORE_PRIVATE, NULL);

    assert_done(tw_mailbox_fill(office->system, &user->store, &spec, FALSE, NULL, error));
    assert_done(tw_mailbox_folders(office->system, &user->store, TW_LAYOUT_PRIVATE, ret, error));
}

static void
office_open(Office *office)
{
    TwMailboxFolders others;

    *office = (Office){ 0 };
    world_new(&office->world);
    world_user(&office->world, 0, "boss", &office->boss);
    world_user(&office->world, 0, "dora", &office->dora);
    world_user(&office->world, 0, "emil", &office->emil);
    office->system = world_trusted(&office->world, "SYSTEM");
    office->as_boss = world_logon(&office->world, "boss");
    office->as_dora = world_logon(&office->world, "dora");
    office->as_emil = world_logon(&office->world, "emil");
    fill(office, &office->boss, &office->folders);
    fill(office, &office->dora, &others);
    fill(office, &office->emil, &others);
    assert_done(tw_mailbox_create(office->system, TW_DIRECTORY_EVERYONE, TW_STORE_PUBLIC, NULL,
                                  &office->public, error));
    assert_done(tw_mailbox_folders(office->system, &office->public, TW_LAYOUT_PUBLIC,
                                   &office->public_folders, error));
}

static void
office_close(Office *office)
{
    tw_session_unref(office->as_boss);
    tw_session_unref(office->as_dora);
    tw_session_unref(office->as_emil);
    tw_session_unref(office->system);
    world_free(&office->world);
}

static guint32
add(Office *office, const char *text)
{
    TwCalendarReader reader = { 0 };
    g_autoptr(TwIcal) ical = NULL;
    g_autoptr(GError) why = NULL;
    TwIcalOptions options = { .load = tw_zone_file_read };
    g_auto(TwMessageCreateArgs)
        create = { .store = office->boss.store,
                   .folder = office->folders.numbers[TW_LAYOUT_FOLDER_CALENDAR] };

    tw_calendar_reader_init(&reader, office->system);
    options.names = reader.map;
    ical = tw_ical_read((const guint8 *) text, strlen(text), &options, &why);
    g_assert_no_error(why);
    g_assert_cmpuint(ical->items->len, ==, 1);
    create.object = ((const TwIcalItem *) ical->items->pdata[0])->object;
    assert_done(tw_session_message_create(office->system, &create, error));
    tw_calendar_reader_clear(&reader);
    return create.made.mid;
}

/* By number of TwBusy. */
static const char kinds[] = "ftbae";

/* "b3-4 t5-6": hours since the first of February. */
static char *
to_text(const GArray *spans)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < spans->len; i++) {
        const TwIcalBusy *span = &g_array_index(spans, TwIcalBusy, i);
        g_string_append_printf(out, "%s%c%g-%g", i > 0 ? " " : "", kinds[span->busy],
                               (double) (span->start - FEB_1) / (double) HOUR,
                               (double) (span->end - FEB_1) / (double) HOUR);
    }
    return g_string_free(out, FALSE);
}

/* ---- merging ---- */

static const struct {
    const char *name, *entries, *wanted; /* entries: kind, start, end */
} merges[] = {
    { "nothing", "", "" },
    { "one", "b1-2", "b1-2" },
    { "free does not count", "f1-2", "" },
    { "cancelled does not count", "c1-2", "" },
    { "away before busy", "b1-5 a2-3", "b1-2 a2-3 b3-5" },
    { "busy before tentative", "t1-3 b2-4", "t1-2 b2-4" },
    { "tentative before elsewhere", "e1-4 t2-3", "e1-2 t2-3 e3-4" },
    { "touching are one", "b1-2 b2-3", "b1-3" },
    { "of two kinds they are not", "b1-2 t2-3", "b1-2 t2-3" },
    { "three at once", "b1-4 b2-3 b2-6", "b1-6" },
    { "cut at both ends", "b0-1 b9-12 a11-12", "b9-10" },
    { "no length", "b1-1", "" },
    { "a kind that nobody knows is busy", "x1-2", "b1-2" },
};

static void
test_merge(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(merges); i++) {
        g_autoptr(GArray) entries = tw_calendar_entries_new();
        g_auto(GStrv) words = g_strsplit(merges[i].entries, " ", 0);
        g_autoptr(GArray) spans = NULL;
        g_autofree char *text = NULL;

        for (guint j = 0; words[j] != NULL && *words[j] != '\0'; j++) {
            const char *kind = strchr(kinds, words[j][0]);
            TwCalendarEntry entry = { .cancelled = words[j][0] == 'c' };
            char *end;

            entry.busy = kind != NULL ? (guint) (kind - kinds) : 99;
            entry.start = FEB_1 + (gint64) g_ascii_strtoull(words[j] + 1, &end, 10) * HOUR;
            entry.end = FEB_1 + (gint64) g_ascii_strtoull(end + 1, NULL, 10) * HOUR;
            g_array_append_val(entries, entry);
        }
        spans = tw_freebusy_merge(entries, FEB_1 + HOUR, FEB_1 + 10 * HOUR);
        text = to_text(spans);
        g_test_message("%s", merges[i].name);
        g_assert_cmpstr(text, ==, merges[i].wanted);
    }
}

/* ---- calendars ---- */

static const struct {
    const char *name, *event, *wanted; /* of the first two days of February */
} rows[] = {
    { "busy", EVENT("UID:1\r\nDTSTART:20260201T100000Z\r\nDTEND:20260201T110000Z\r\n"), "b10-11" },
    { "before it", EVENT("UID:1\r\nDTSTART:20260131T100000Z\r\nDTEND:20260201T000000Z\r\n"), "" },
    { "after it", EVENT("UID:1\r\nDTSTART:20260203T000000Z\r\nDTEND:20260203T010000Z\r\n"), "" },
    { "into it", EVENT("UID:1\r\nDTSTART:20250101T100000Z\r\nDTEND:20260201T010000Z\r\n"), "b0-1" },
    { "around it", EVENT("UID:1\r\nDTSTART:20250101T000000Z\r\nDTEND:20270101T000000Z\r\n"),
      "b0-48" },
    { "tentative",
      EVENT("UID:1\r\nDTSTART:20260201T100000Z\r\nDTEND:20260201T110000Z\r\nSTATUS:TENTATIVE\r\n"),
      "t10-11" },
    { "free",
      EVENT(
          "UID:1\r\nDTSTART:20260201T100000Z\r\nDTEND:20260201T110000Z\r\nTRANSP:TRANSPARENT\r\n"),
      "" },
    { "away",
      EVENT("UID:1\r\nDTSTART:20260201T100000Z\r\nDTEND:20260201T110000Z\r\n"
            "X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\n"),
      "a10-11" },
    { "elsewhere",
      EVENT("UID:1\r\nDTSTART:20260201T100000Z\r\nDTEND:20260201T110000Z\r\n"
            "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE\r\n"),
      "e10-11" },
    { "all day, on the clock of UTC", EVENT("UID:1\r\nDTSTART;VALUE=DATE:20260202\r\n"), "b24-48" },
    { "in a zone",
      EVENT("UID:1\r\nDTSTART;TZID=Europe/Berlin:20260201T100000\r\nDURATION:PT1H\r\n"), "b9-10" },
    { "a series from years ago",
      EVENT("UID:1\r\nDTSTART;TZID=Europe/Berlin:20160801T100000\r\nDURATION:PT1H\r\n"
            "RRULE:FREQ=DAILY\r\n"),
      "b9-10 b33-34" },
    { "a series without one of them",
      EVENT("UID:1\r\nDTSTART:20260101T100000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n"
            "EXDATE:20260201T100000Z\r\n"),
      "b34-35" },
    { "a series with one moved and busy otherwise",
      EVENT("UID:1\r\nDTSTART:20260101T100000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n"
            "END:VEVENT\r\nBEGIN:VEVENT\r\nDTSTAMP:20260101T000000Z\r\nUID:1\r\n"
            "RECURRENCE-ID:20260201T100000Z\r\nDTSTART:20260201T120000Z\r\nDURATION:PT2H\r\n"
            "X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\n"),
      "a12-14 b34-35" },
    { "a series that ended",
      EVENT("UID:1\r\nDTSTART:20260101T100000Z\r\nDURATION:PT1H\r\n"
            "RRULE:FREQ=DAILY;COUNT=32\r\n"),
      "b10-11" },
};

static void
ask(Office *office, TwSession *session, guint flags, TwFreebusy *ret)
{
    const TwCalendarWindow window = { .start = FEB_1, .end = FEB_1 + 48 * HOUR };
    g_autoptr(GArray) list = tw_freebusy_list_new();

    assert_done(tw_freebusy_ask(session, office->system, &office->boss.number, 1, &window, flags,
                                list, error));
    g_assert_cmpuint(list->len, ==, 1);
    *ret = g_array_index(list, TwFreebusy, 0);
    memset(list->data, 0, sizeof(TwFreebusy));
    g_assert_no_error(ret->error);
}

static void
clear(TwFreebusy *one)
{
    g_clear_pointer(&one->spans, g_array_unref);
    g_clear_pointer(&one->entries, g_array_unref);
}

static void
test_calendar(void)
{
    Office office;

    office_open(&office);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint32 message = add(&office, rows[i].event);
        g_auto(TwMessagesDeleteArgs)
            gone = { .store = office.boss.store,
                     .folder = office.folders.numbers[TW_LAYOUT_FOLDER_CALENDAR],
                     .messages = { &message, 1 } };
        g_autofree char *text = NULL;
        TwFreebusy found;

        ask(&office, office.as_emil, 0, &found);
        text = to_text(found.spans);
        g_test_message("%s", rows[i].name);
        g_assert_cmpstr(text, ==, rows[i].wanted);
        g_assert_null(found.entries);
        clear(&found);
        assert_done(tw_session_messages_delete(office.system, &gone, error));
    }
    office_close(&office);
}

/* Many of them, so that the view has something to search in. */
static void
test_many(void)
{
    g_autofree char *text = NULL;
    TwFreebusy found;
    Office office;

    office_open(&office);
    for (guint i = 0; i < 60; i++) {
        g_autofree char *event =
            g_strdup_printf(EVENT("UID:%u\r\nDTSTART:202%u%02u%02uT100000Z\r\nDURATION:PT1H\r\n"),
                            i, i % 7 + 3, i % 12 + 1, i % 28 + 1);
        (void) add(&office, event);
    }
    (void) add(&office, rows[0].event);
    ask(&office, office.as_emil, 0, &found);
    text = to_text(found.spans);
    g_assert_cmpstr(text, ==, "b10-11");
    clear(&found);
    office_close(&office);
}

/* ---- hours ---- */

#define HOURS(lines) "BEGIN:VCALENDAR\r\n" lines "END:VCALENDAR\r\n"
#define AVAILABILITY(lines) "BEGIN:VAVAILABILITY\r\nUID:a\r\n" lines "END:VAVAILABILITY\r\n"
#define DAILY                                                                                      \
    "BEGIN:AVAILABLE\r\nUID:b\r\nDTSTART;TZID=Europe/Berlin:20260101T100000\r\nDURATION:PT8H\r\n"  \
    "RRULE:FREQ=DAILY\r\nEND:AVAILABLE\r\n"

static const struct {
    const char *name, *text, *wanted; /* of the first day, a meeting from 10 to 11 in it */
} hours[] = {
    { "never", HOURS(AVAILABILITY("")), "a0-10 b10-11 a11-24" },
    { "each day from nine on", HOURS(AVAILABILITY(DAILY)), "a0-9 b10-11 a17-24" },
    { "busy outside", HOURS(AVAILABILITY("BUSYTYPE:BUSY\r\n" DAILY)), "b0-9 b10-11 b17-24" },
    { "tentative from noon on",
      HOURS(AVAILABILITY("BUSYTYPE:BUSY-TENTATIVE\r\nDTSTART:20260201T120000Z\r\n")),
      "b10-11 t12-24" },
    { "for two hours", HOURS(AVAILABILITY("DTSTART:20260201T120000Z\r\nDURATION:PT2H\r\n")),
      "b10-11 a12-14" },
    { "until a time", HOURS(AVAILABILITY("DTEND:20260201T020000Z\r\n")), "a0-2 b10-11" },
    { "a holiday comes first",
      HOURS(AVAILABILITY("PRIORITY:1\r\nDTSTART:20260201T130000Z\r\nDTEND:20260201T140000Z\r\n")
                AVAILABILITY(DAILY)),
      "a0-9 b10-11 a13-14 a17-24" },
    { "what is over says nothing", HOURS(AVAILABILITY("DTEND:20250201T020000Z\r\n")), "b10-11" },
    { "no hours", HOURS(""), NULL },
    { "no calendar", "nonsense", NULL },
};

static void
test_hours(void)
{
    Office office;
    TwCalendarReader reader = { 0 };
    TwIcalOptions options = { .load = tw_zone_file_read };

    office_open(&office);
    tw_calendar_reader_init(&reader, office.system);
    options.names = reader.map;
    for (guint i = 0; i < G_N_ELEMENTS(hours); i++) {
        TwIcalBusy meeting = { FEB_1 + 10 * HOUR, FEB_1 + 11 * HOUR, TW_BUSY_BUSY };
        g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof meeting);
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        gboolean good;

        g_array_append_val(spans, meeting);
        good =
            tw_availability_add(hours[i].text, &options, FEB_1, FEB_1 + 24 * HOUR, spans, &error);
        text = to_text(spans);
        g_test_message("%s", hours[i].name);
        g_assert_cmpint(good, ==, hours[i].wanted != NULL);
        g_assert_cmpint(good, ==, error == NULL);
        g_assert_cmpstr(text, ==, hours[i].wanted != NULL ? hours[i].wanted : "b10-11");
    }
    tw_calendar_reader_clear(&reader);
    office_close(&office);
}

/* At each limit, and one past it. */
static void
test_hours_limits(void)
{
    g_autoptr(GString) many = g_string_new(NULL);
    g_autofree char *text = NULL;
    g_autofree char *longer = g_strnfill(TW_AVAILABILITY_MOST_LEN + 1, 'x');
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(TwIcalBusy));
    g_autoptr(GError) error = NULL;
    TwCalendarReader reader = { 0 };
    TwIcalOptions options = { .load = tw_zone_file_read };
    Office office;

    office_open(&office);
    tw_calendar_reader_init(&reader, office.system);
    options.names = reader.map;
    for (guint i = 0; i < TW_AVAILABILITY_MOST_PARTS; i++)
        g_string_append(many, AVAILABILITY(""));
    text = g_strconcat("BEGIN:VCALENDAR\r\n", many->str, "END:VCALENDAR\r\n", NULL);
    g_assert_true(tw_availability_add(text, &options, FEB_1, FEB_1 + HOUR, spans, &error));
    g_clear_pointer(&text, g_free);
    text =
        g_strconcat("BEGIN:VCALENDAR\r\n", many->str, AVAILABILITY(""), "END:VCALENDAR\r\n", NULL);
    g_assert_false(tw_availability_add(text, &options, FEB_1, FEB_1 + HOUR, spans, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
    g_clear_error(&error);
    g_assert_false(tw_availability_add(longer, &options, FEB_1, FEB_1 + HOUR, spans, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    tw_calendar_reader_clear(&reader);
    office_close(&office);
}

/* ---- who sees what ---- */

#define MEETING                                                                                    \
    EVENT("UID:1\r\nDTSTART:20260201T100000Z\r\nDTEND:20260201T110000Z\r\nSUMMARY:Plan\r\n"        \
          "LOCATION:Room\r\n")
#define SECRET                                                                                     \
    EVENT("UID:2\r\nDTSTART:20260201T120000Z\r\nDTEND:20260201T130000Z\r\nSUMMARY:Doctor\r\n"      \
          "CLASS:PRIVATE\r\n")

static void
expect_texts(Office *office, TwSession *session, const char *first, const char *second)
{
    TwFreebusy found;

    ask(office, session, TW_FREEBUSY_DETAILS, &found);
    g_assert_cmpuint(found.entries->len, ==, 2);
    g_assert_cmpstr(g_array_index(found.entries, TwCalendarEntry, 0).subject, ==, first);
    g_assert_cmpstr(g_array_index(found.entries, TwCalendarEntry, 0).location, ==,
                    *first != '\0' ? "Room" : "");
    g_assert_cmpstr(g_array_index(found.entries, TwCalendarEntry, 1).subject, ==, second);
    g_assert_true(g_array_index(found.entries, TwCalendarEntry, 1).private);
    g_assert_cmpint(found.details, ==, *first != '\0');
    g_assert_cmpuint(found.spans->len, ==, 2);
    clear(&found);
}

static void
test_rights(void)
{
    g_auto(TwDelegates) delegates = { 0 };
    guint32 calendar, nobody = 9999;
    g_autoptr(GArray) list = tw_freebusy_list_new();
    const TwCalendarWindow window = { .start = FEB_1, .end = FEB_1 + 48 * HOUR };
    Office office;

    office_open(&office);
    calendar = office.folders.numbers[TW_LAYOUT_FOLDER_CALENDAR];
    (void) add(&office, MEETING);
    (void) add(&office, SECRET);
    expect_texts(&office, office.as_boss, "Plan", "Doctor");
    expect_texts(&office, office.as_dora, "", "");
    world_grant(&office.world, &office.boss, calendar, office.emil.number,
                TW_RIGHT_FREEBUSY_DETAIL | TW_RIGHT_VISIBLE);
    expect_texts(&office, office.as_emil, "Plan", "");
    world_grant(&office.world, &office.boss, calendar, office.dora.number,
                TW_RIGHT_READ | TW_RIGHT_VISIBLE);
    expect_texts(&office, office.as_dora, "Plan", "");
    tw_delegates_add(&delegates, office.dora.number, TRUE);
    assert_done(tw_delegates_save(office.as_boss, &office.boss.store, &delegates, error));
    expect_texts(&office, office.as_dora, "Plan", "Doctor");
    expect_texts(&office, office.as_emil, "Plan", "");
    /* somebody who is not there is his own error */
    assert_done(
        tw_freebusy_ask(office.as_emil, office.system, &nobody, 1, &window, 0, list, error));
    g_assert_error(g_array_index(list, TwFreebusy, 0).error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_assert_null(g_array_index(list, TwFreebusy, 0).spans);
    assert_refused(tw_freebusy_ask(office.as_emil, office.system, &nobody,
                                   TW_FREEBUSY_MOST_USERS + 1, &window, 0, list, error),
                   TW_ERROR_TOO_BIG);
    office_close(&office);
}

/* ---- published ---- */

static guint16
u16_at(const TwPropValue *value, guint index)
{
    return (guint16) (value->data[2 * index] | value->data[2 * index + 1] << 8);
}

static void
test_lists(void)
{
    const TwIcalBusy blocks[] = {
        { FEB_1 + 10 * HOUR, FEB_1 + 11 * HOUR, TW_BUSY_BUSY },
        { FEB_1 + 11 * HOUR, FEB_1 + 12 * HOUR, TW_BUSY_AWAY },
        { FEB_1 + 12 * HOUR, FEB_1 + 13 * HOUR, TW_BUSY_ELSEWHERE },
        { FEB_1 + 27 * 24 * HOUR, FEB_1 + 29 * 24 * HOUR, TW_BUSY_BUSY }, /* into March */
    };
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(TwIcalBusy));
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    TwPropValue months, list, item;

    g_array_append_vals(spans, blocks, G_N_ELEMENTS(blocks));
    assert_done(tw_freebusy_write(spans, FEB_1, FEB_1 + 59 * 24 * HOUR, FEB_1, message, error));
    g_assert_true(tw_object_get(message, PR_SCHDINFO_MONTHS_MERGED, &months));
    g_assert_true(tw_object_get(message, PR_SCHDINFO_FREEBUSY_MERGED, &list));
    g_assert_true(tw_value_item(&months, 0, &item));
    g_assert_cmpuint(item.u4, ==, 2026 * 16 + 2);
    g_assert_true(tw_value_item(&months, 1, &item));
    g_assert_cmpuint(item.u4, ==, 2026 * 16 + 3);
    g_assert_false(tw_value_item(&months, 2, &item));
    g_assert_true(tw_value_item(&list, 0, &item));
    g_assert_cmpuint(item.len, ==, 8);
    g_assert_cmpuint(u16_at(&item, 0), ==, 600);
    g_assert_cmpuint(u16_at(&item, 1), ==, 720); /* busy and away, as one */
    g_assert_cmpuint(u16_at(&item, 2), ==, 27 * 1440);
    g_assert_cmpuint(u16_at(&item, 3), ==, 28 * 1440);
    g_assert_true(tw_value_item(&list, 1, &item));
    g_assert_cmpuint(item.len, ==, 4);
    g_assert_cmpuint(u16_at(&item, 0), ==, 0);
    g_assert_cmpuint(u16_at(&item, 1), ==, 1440);
    g_assert_true(tw_object_get(message, PR_SCHDINFO_FREEBUSY_OOF, &list));
    g_assert_true(tw_value_item(&list, 0, &item));
    g_assert_cmpuint(u16_at(&item, 0), ==, 660);
    g_assert_false(tw_object_has(message, PR_SCHDINFO_MONTHS_TENTATIVE));
    g_assert_cmpuint(tw_object_get_long(message, PR_FREEBUSY_PUBLISH_START, 0), ==,
                     FEB_1 / TW_TICKS_MINUTE);
    g_assert_cmpuint(tw_object_get_long(message, PR_FREEBUSY_COUNT_MONTHS, 0), ==, 2);
}

static void
test_publish(void)
{
    Office office;
    g_auto(TwMessageListArgs) list = { .state = TW_MESSAGE_NORMAL };
    g_auto(TwMessageReadArgs) read = { 0 };
    TwPropValue value, item;

    office_open(&office);
    (void) add(&office, MEETING);
    (void) add(&office, SECRET);
    for (guint i = 0; i < 2; i++) /* a second time changes the same one */
        assert_done(
            tw_freebusy_publish(office.system, office.boss.number, FEB_1 + i * HOUR, error));
    assert_done(tw_freebusy_publish(office.system, office.dora.number, FEB_1, error));
    list.store = office.public;
    list.folder = office.public_folders.numbers[TW_LAYOUT_FOLDER_SITE_FREEBUSY];
    assert_done(tw_session_message_list(office.system, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 2);
    read.store = office.public;
    read.message = g_array_index(list.rows, TwMessageRow, 0).mid;
    assert_done(tw_session_message_read(office.as_emil, &read, error));
    g_assert_cmpstr(tw_object_get_text(read.object, PR_SUBJECT, ""), ==,
                    "USER-/CN=RECIPIENTS/CN=BOSS");
    g_assert_true(tw_object_get(read.object, PR_FREEBUSY_RANGE_TIMESTAMP, &value));
    g_assert_cmpint(value.i8, ==, FEB_1 + HOUR);
    g_assert_true(tw_object_get(read.object, PR_SCHDINFO_FREEBUSY_BUSY, &value));
    g_assert_true(tw_value_item(&value, 0, &item));
    g_assert_cmpuint(item.len, ==, 8);
    g_assert_cmpuint(u16_at(&item, 2), ==, 720);
    /* from January, for a week ago is in it, to the end of July, the month 180 days ahead */
    g_assert_cmpuint(tw_object_get_long(read.object, PR_FREEBUSY_COUNT_MONTHS, 0), ==, 7);
    office_close(&office);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rfc7953/hours", test_hours);
    g_test_add_func("/rfc7953/limits", test_hours_limits);
    g_test_add_func("/freebusy/merge", test_merge);
    g_test_add_func("/freebusy/calendar", test_calendar);
    g_test_add_func("/freebusy/many", test_many);
    g_test_add_func("/freebusy/rights", test_rights);
    g_test_add_func("/freebusy/lists", test_lists);
    g_test_add_func("/freebusy/publish", test_publish);
    return g_test_run();
}
