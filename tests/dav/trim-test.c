/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Parts of items: RFC 4791, 9.6; RFC 6352, 10.4. */
#include "dav/dav-private.h"

#include <string.h>

static const char calendar[] =
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTIMEZONE\r\nTZID:Z\r\nEND:VTIMEZONE\r\n"
    "BEGIN:VEVENT\r\nUID:one\r\nSUMMARY:Long\r\nDTSTART:20110909T120000Z\r\nRRULE:FREQ=DAILY\r\n"
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
static const char card[] =
    "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:one\r\nFN:A\r\nitem1.TEL:1\r\nEND:VCARD\r\n";

static char *
trim(const char *text, const TwDavEntry *entry, const char *xml)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
    g_autofree char *whole = g_strdup_printf(
        "<d xmlns='%s'>%s</d>", entry != NULL ? TW_DAV_NS_CALDAV : TW_DAV_NS_CARDDAV, xml);
    g_autoptr(TwDavElement) data = tw_dav_xml_parse((const guint8 *) whole, strlen(whole), NULL);
    g_autoptr(GBytes) out = NULL;

    g_assert_nonnull(data);
    out = entry != NULL ? tw_dav_trim_calendar(entry, bytes, data) : tw_dav_trim_card(bytes, data);
    return g_strndup(g_bytes_get_data(out, NULL), g_bytes_get_size(out));
}

static void
test_components(void)
{
    static const struct {
        const char *name, *xml, *text;
    } cases[] = {
        { "all", "", calendar },
        { "no lines", "<comp name='VCALENDAR'/>", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" },
        { "some",
          "<comp name='VCALENDAR'><prop name='version'/><comp name='VEVENT'><prop name='UID'/>"
          "<prop name='SUMMARY' novalue='yes'/></comp></comp>",
          "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:one\r\nSUMMARY:\r\nEND:VEVENT\r\n"
          "END:VCALENDAR\r\n" },
        { "all of an event, none of its alarms",
          "<comp name='VCALENDAR'><comp name='VEVENT'><allprop/></comp></comp>",
          "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:one\r\nSUMMARY:Long\r\n"
          "DTSTART:20110909T120000Z\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n" },
        { "all", "<comp name='VCALENDAR'><allprop/><allcomp/></comp>", calendar },
    };
    TwDavEntry entry = { .kind = TW_DAV_EVENT };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = trim(calendar, &entry, cases[i].xml);
        g_test_message("%s", cases[i].name);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

/* Each instance by itself, in UTC, with the slot it comes from. */
static void
test_expand(void)
{
    static const char wanted[] =
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:one\r\nSUMMARY:Long\r\n"
        "DTSTART:20110910T120000Z\r\nDTEND:20110910T130000Z\r\nRECURRENCE-ID:20110910T120000Z\r\n"
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    TwDavEntry entry = { .kind = TW_DAV_EVENT };
    TwRecurrence *series = tw_recurrence_new();
    g_autofree char *text = NULL;

    series->has_times = TRUE;
    series->pattern.period = 1440;
    series->pattern.end = TW_RECURRENCE_END_NEVER;
    series->pattern.start_date = 150000u * 1440; /* 2011-09-09 */
    series->start_offset = 720;
    series->end_offset = 780;
    g_assert_true(tw_recurrence_normalize(series, NULL));
    entry.times.series = series;
    text = trim(calendar, &entry, "<expand start='20110910T000000Z' end='20110911T000000Z'/>");
    g_assert_cmpstr(text, ==, wanted);
    tw_dav_times_clear(&entry.times);
}

/* An event that comes once: its zone goes. */
static void
test_expand_single(void)
{
    static const char zoned[] =
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:Z\r\nEND:VTIMEZONE\r\n"
        "BEGIN:VEVENT\r\nUID:one\r\nDTSTART;TZID=Z:20110909T130000\r\nDURATION:PT1H\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n";
    static const char wanted[] =
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTART:20110909T120000Z\r\n"
        "DTEND:20110909T130000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    static const char range[] = "<expand start='20110901T000000Z' end='20111001T000000Z'/>";
    gint64 start = G_GINT64_CONSTANT(150000) * TW_TICKS_DAY + 720 * TW_TICKS_MINUTE;
    TwDavEntry entry = { .kind = TW_DAV_EVENT,
                         .times = { .has_start = TRUE,
                                    .has_end = TRUE,
                                    .start = start,
                                    .end = start + 60 * TW_TICKS_MINUTE } };
    g_autofree char *text = trim(zoned, &entry, range);
    g_autofree char *same = trim(calendar, &entry, range);

    g_assert_cmpstr(text, ==, wanted);
    g_assert_cmpstr(same, ==, calendar); /* it was in UTC */
}

/* RFC 4791, 9.6.6: of the instances that somebody changed those that are in the range, or were before they were moved. */
static void
test_limit(void)
{
    static const char changed[] =
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTART:20110909T120000Z\r\n"
        "RRULE:FREQ=DAILY\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:one\r\n"
        "RECURRENCE-ID:20110912T120000Z\r\nDTSTART:20111101T120000Z\r\nEND:VEVENT\r\n"
        "END:VCALENDAR\r\n";
    static const struct {
        const char *name, *start, *end;
        gboolean shown;
    } cases[] = {
        { "where it was", "20110912T000000Z", "20110913T000000Z", TRUE },
        { "where it is", "20111101T123000Z", "20111102T000000Z", TRUE },
        { "elsewhere", "20110914T000000Z", "20110915T000000Z", FALSE },
        { "up to where it was", "20110911T000000Z", "20110912T120000Z", FALSE },
        { "no range", "x", "y", TRUE },
    };
    TwDavEntry entry = { .kind = TW_DAV_EVENT };
    TwRecurrence *series = tw_recurrence_new();
    TwRecurrenceException moved = { .original = (150003u * 1440) + 720,
                                    .start = (150053u * 1440) + 720,
                                    .end = (150053u * 1440) + 780 };

    series->has_times = TRUE;
    series->pattern.period = 1440;
    series->pattern.end = TW_RECURRENCE_END_NEVER;
    series->pattern.start_date = 150000u * 1440;
    series->start_offset = 720;
    series->end_offset = 780;
    g_array_append_val(series->exceptions, moved);
    g_assert_true(tw_recurrence_normalize(series, NULL));
    entry.times.series = series;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *xml = g_strdup_printf("<limit-recurrence-set start='%s' end='%s'/>",
                                               cases[i].start, cases[i].end);
        g_autofree char *text = trim(changed, &entry, xml);
        g_test_message("%s", cases[i].name);
        g_assert_nonnull(strstr(text, "RRULE"));
        g_assert_cmpint(strstr(text, "RECURRENCE-ID") != NULL, ==, cases[i].shown);
    }
    tw_dav_times_clear(&entry.times);
}

static void
test_card(void)
{
    g_autofree char *all = trim(card, NULL, "");
    g_autofree char *some = trim(card, NULL, "<prop name='TEL'/><prop name='fn'/>");

    g_assert_cmpstr(all, ==, card);
    g_assert_cmpstr(some, ==, "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:A\r\nitem1.TEL:1\r\nEND:VCARD\r\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rfc4791/9.6/components", test_components);
    g_test_add_func("/rfc4791/9.6.5", test_expand);
    g_test_add_func("/rfc4791/9.6.5/single", test_expand_single);
    g_test_add_func("/rfc4791/9.6.6", test_limit);
    g_test_add_func("/rfc6352/10.4", test_card);
    return g_test_run();
}
