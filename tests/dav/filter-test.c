/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Filters of queries: RFC 4791, 9.7; RFC 6352, 10.5. */
#include "dav/filter.h"

#include <string.h>

#include "mapi/timezone.h"

static const char calendar_text[] =
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTART:20260302T090000Z\r\n"
    "SUMMARY;LANGUAGE=de:Caf\xc3\xa9\\, early\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a@x\r\n"
    "ATTENDEE;PARTSTAT=DECLINED:mailto:b@x\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n";
static const char card_text[] =
    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:one\r\nFN:Anna Smith\r\nNICKNAME:Annie\r\n"
    "item1.TEL;TYPE=HOME:123\r\nTEL;TYPE=WORK:456\r\nEND:VCARD\r\n";

static TwDavElement *
element(const char *ns, const char *inside)
{
    g_autofree char *text = g_strdup_printf("<f xmlns='%s'>%s</f>", ns, inside);
    TwDavElement *root = tw_dav_xml_parse((const guint8 *) text, strlen(text), NULL);

    g_assert_nonnull(root);
    return root;
}

/* ---- checks ---- */

#define IN_CALENDAR(inside) "<comp-filter name='VCALENDAR'>" inside "</comp-filter>"
#define IN_EVENT(inside) IN_CALENDAR("<comp-filter name='VEVENT'>" inside "</comp-filter>")
#define RANGE(start, end) "<time-range start='" start "' end='" end "'/>"
#define GOOD_RANGE RANGE("20260101T000000Z", "20260102T000000Z")

static void
test_check(void)
{
    static const struct {
        const char *name, *text;
        TwDavFilterState state;
    } cases[] = {
        { "all", IN_CALENDAR(""), TW_DAV_FILTER_GOOD },
        { "a range", IN_EVENT(GOOD_RANGE), TW_DAV_FILTER_GOOD },
        { "an alarm's", IN_EVENT("<comp-filter name='VALARM'>" GOOD_RANGE "</comp-filter>"),
          TW_DAV_FILTER_GOOD },
        { "an extension", IN_EVENT("<comp-filter name='X-A'/>"), TW_DAV_FILTER_GOOD },
        { "nothing", "", TW_DAV_FILTER_INVALID },
        { "not of calendars", "<comp-filter name='VCARD'/>", TW_DAV_FILTER_INVALID },
        { "no name", IN_CALENDAR("<comp-filter/>"), TW_DAV_FILTER_INVALID },
        { "a calendar's range", IN_CALENDAR(GOOD_RANGE), TW_DAV_FILTER_INVALID },
        { "a zone's range",
          IN_CALENDAR("<comp-filter name='VTIMEZONE'>" GOOD_RANGE "</comp-filter>"),
          TW_DAV_FILTER_INVALID },
        { "an event in an event", IN_EVENT("<comp-filter name='VEVENT'/>"), TW_DAV_FILTER_INVALID },
        { "an alarm in nothing", IN_CALENDAR("<comp-filter name='VALARM'/>"),
          TW_DAV_FILTER_INVALID },
        { "a range that ends before", IN_EVENT(RANGE("20260102T000000Z", "20260101T000000Z")),
          TW_DAV_FILTER_INVALID },
        { "a range of no length", IN_EVENT(RANGE("20260101T000000Z", "20260101T000000Z")),
          TW_DAV_FILTER_INVALID },
        { "a floating range", IN_EVENT(RANGE("20260101T000000", "20260102T000000")),
          TW_DAV_FILTER_INVALID },
        { "no time", IN_EVENT(RANGE("x", "y")), TW_DAV_FILTER_INVALID },
        { "a collation",
          IN_EVENT("<prop-filter name='SUMMARY'><text-match collation='i;basic'>a</text-match>"
                   "</prop-filter>"),
          TW_DAV_FILTER_COLLATION },
    };

    g_assert_cmpint(tw_dav_filter_check(NULL, TW_DAV_NS_CALDAV), ==, TW_DAV_FILTER_INVALID);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwDavElement) filter = element(TW_DAV_NS_CALDAV, cases[i].text);
        g_test_message("%s", cases[i].name);
        g_assert_cmpint(tw_dav_filter_check(filter, TW_DAV_NS_CALDAV), ==, cases[i].state);
    }
}

/* ---- calendars ---- */

#define PROP(name, inside) "<prop-filter name='" name "'>" inside "</prop-filter>"

static void
test_calendar(void)
{
    static const struct {
        const char *name, *text;
        gboolean fits;
    } cases[] = {
        { "there", PROP("SUMMARY", ""), TRUE },
        { "not there", PROP("LOCATION", ""), FALSE },
        { "asked not to be", PROP("LOCATION", "<is-not-defined/>"), TRUE },
        { "asked not to be, and is", PROP("SUMMARY", "<is-not-defined/>"), FALSE },
        { "in any case", PROP("SUMMARY", "<text-match>CAF\xc3\x89, E</text-match>"), TRUE },
        { "in its case",
          PROP("SUMMARY", "<text-match collation='i;octet'>CAF\xc3\x89</text-match>"), FALSE },
        { "negated", PROP("SUMMARY", "<text-match negate-condition='yes'>late</text-match>"),
          TRUE },
        { "of one line both",
          PROP("ATTENDEE", "<text-match>b@x</text-match><param-filter name='PARTSTAT'>"
                           "<text-match>DECLINED</text-match></param-filter>"),
          TRUE },
        { "of two lines",
          PROP("ATTENDEE", "<text-match>a@x</text-match><param-filter name='PARTSTAT'>"
                           "<text-match>DECLINED</text-match></param-filter>"),
          FALSE },
        { "a parameter", PROP("SUMMARY", "<param-filter name='language'/>"), TRUE },
        { "no parameter",
          PROP("SUMMARY", "<param-filter name='LANGUAGE'><is-not-defined/></param-filter>"),
          FALSE },
        { "a time", PROP("DTSTART", RANGE("20260302T000000Z", "20260303T000000Z")), TRUE },
        { "another time", PROP("DTSTART", RANGE("20260303T000000Z", "20260304T000000Z")), FALSE },
        { "an alarm", "<comp-filter name='VALARM'/>", TRUE },
        { "no alarm", "<comp-filter name='VALARM'><is-not-defined/></comp-filter>", FALSE },
        { "of an alarm", "<comp-filter name='VALARM'>" PROP("ACTION", "") "</comp-filter>", TRUE },
    };
    g_autoptr(TwContentTree) tree =
        tw_lines_parse((const guint8 *) calendar_text, strlen(calendar_text), NULL);
    const TwContentNode *calendar = tw_lines_child(tree->root, "VCALENDAR");

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strdup_printf("<comp-filter name='VEVENT'>%s</comp-filter>", cases[i].text);
        g_autoptr(TwDavElement) filter = element(TW_DAV_NS_CALDAV, text);
        g_test_message("%s", cases[i].name);
        g_assert_cmpint(tw_dav_filter_calendar(filter, calendar, NULL), ==, cases[i].fits);
    }
}

/* ---- alarms ---- */

/* An event from 09:00 to 10:00 UTC on the 2nd of March, once or every day; when its alarm rings. */
static void
test_alarms(void)
{
    static const struct {
        const char *name, *lines, *start, *end;
        gboolean daily, fits;
    } cases[] = {
        { "before", "TRIGGER:-PT15M", "20260302T084500Z", "20260302T084501Z", FALSE, TRUE },
        { "one second later", "TRIGGER:-PT15M", "20260302T084501Z", "20260303T000000Z", FALSE,
          FALSE },
        { "until the end of the range", "TRIGGER:-PT15M", "20260302T000000Z", "20260302T084500Z",
          FALSE, FALSE },
        { "after its end", "TRIGGER;RELATED=END:PT5M", "20260302T100500Z", "20260302T100600Z",
          FALSE, TRUE },
        { "at a time", "TRIGGER;VALUE=DATE-TIME:20260101T000000Z", "20260101T000000Z",
          "20260102T000000Z", FALSE, TRUE },
        { "again", "TRIGGER:-PT15M\r\nREPEAT:2\r\nDURATION:PT5M", "20260302T085500Z",
          "20260302T085600Z", FALSE, TRUE },
        { "no more", "TRIGGER:-PT15M\r\nREPEAT:2\r\nDURATION:PT5M", "20260302T090000Z",
          "20260302T090100Z", FALSE, FALSE },
        { "of a later day", "TRIGGER:-P1D", "20270601T090000Z", "20270601T090100Z", TRUE, TRUE },
        { "between two days", "TRIGGER:-P1D", "20270601T090100Z", "20270602T085900Z", TRUE, FALSE },
        { "the day before the first", "TRIGGER:-P1D", "20260301T090000Z", "20260301T090100Z", TRUE,
          TRUE },
        { "no trigger", "ACTION:AUDIO", "20260101T000000Z", "20270101T000000Z", FALSE, FALSE },
        { "a trigger of centuries", "TRIGGER:-P99999999999D", "20260101T000000Z",
          "20270101T000000Z", TRUE, FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTART:20260302T090000Z\r\n"
            "BEGIN:VALARM\r\n%s\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            cases[i].lines);
        g_autofree char *xml =
            g_strdup_printf("<comp-filter name='VEVENT'><comp-filter name='VALARM'>"
                            "<time-range start='%s' end='%s'/></comp-filter></comp-filter>",
                            cases[i].start, cases[i].end);
        g_autoptr(TwDavElement) filter = element(TW_DAV_NS_CALDAV, xml);
        g_autoptr(TwContentTree) tree = tw_lines_parse((const guint8 *) text, strlen(text), NULL);
        TwDavEntry entry = { .kind = TW_DAV_EVENT };
        gint64 day = G_GINT64_CONSTANT(155288) * TW_TICKS_DAY; /* 2026-03-02 */

        entry.times = (TwDavTimes){ .has_start = TRUE,
                                    .has_end = TRUE,
                                    .start = day + 540 * TW_TICKS_MINUTE,
                                    .end = day + 600 * TW_TICKS_MINUTE };
        if (cases[i].daily) {
            TwRecurrence *series = tw_recurrence_new();
            series->has_times = TRUE;
            series->pattern.period = 1440;
            series->pattern.end = TW_RECURRENCE_END_NEVER;
            series->pattern.start_date = 155288u * 1440;
            series->start_offset = 540;
            series->end_offset = 600;
            g_assert_true(tw_recurrence_normalize(series, NULL));
            entry.times.series = series;
        }
        g_test_message("%s", cases[i].name);
        g_assert_cmpint(
            tw_dav_filter_calendar(filter, tw_lines_child(tree->root, "VCALENDAR"), &entry), ==,
            cases[i].fits);
        tw_dav_times_clear(&entry.times);
    }
}

/* ---- cards ---- */

#define MATCH(type, text) "<text-match match-type='" type "'>" text "</text-match>"

static void
test_card(void)
{
    static const struct {
        const char *name, *text;
        gboolean fits;
    } cases[] = {
        { "no filter", "", TRUE },
        { "contains", PROP("FN", MATCH("contains", "smi")), TRUE },
        { "begins", PROP("FN", MATCH("starts-with", "anna")), TRUE },
        { "begins otherwise", PROP("FN", MATCH("starts-with", "smith")), FALSE },
        { "ends", PROP("FN", MATCH("ends-with", "SMITH")), TRUE },
        { "is", PROP("FN", MATCH("equals", "anna smith")), TRUE },
        { "is a part", PROP("FN", MATCH("equals", "anna")), FALSE },
        { "one of two", PROP("FN", MATCH("equals", "no")) PROP("NICKNAME", ""), TRUE },
        { "one of two in a line", PROP("FN", MATCH("equals", "no") MATCH("contains", "a")), TRUE },
        { "a group's", PROP("item1.TEL", MATCH("equals", "123")), TRUE },
        { "another group's", PROP("item2.TEL", ""), FALSE },
        { "a group's other", PROP("item1.TEL", MATCH("equals", "456")), FALSE },
        { "of any group", PROP("TEL", MATCH("equals", "123")), TRUE },
    };
    g_autoptr(TwContentTree) tree =
        tw_lines_parse((const guint8 *) card_text, strlen(card_text), NULL);
    const TwContentNode *card = tw_lines_child(tree->root, "VCARD");
    g_autoptr(TwDavElement) all =
        element(TW_DAV_NS_CARDDAV, PROP("FN", MATCH("equals", "no")) PROP("NICKNAME", ""));

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwDavElement) filter = element(TW_DAV_NS_CARDDAV, cases[i].text);
        g_test_message("%s", cases[i].name);
        g_assert_cmpint(tw_dav_filter_check(filter, TW_DAV_NS_CARDDAV), ==, TW_DAV_FILTER_GOOD);
        g_assert_cmpint(tw_dav_filter_card(filter, card), ==, cases[i].fits);
    }
    g_assert_true(tw_dav_filter_card(all, card));
    g_hash_table_insert(all->attributes, g_strdup("test"), g_strdup("allof"));
    g_assert_false(tw_dav_filter_card(all, card));
}

static void
test_range(void)
{
    g_autoptr(TwDavElement) open =
        element(TW_DAV_NS_CALDAV, "<time-range start='20260101T000000Z'/>");
    gint64 start = 0, end = 0;

    g_assert_true(tw_dav_range_read(open->children, &start, &end));
    g_assert_cmpint(end, ==, TW_TICKS_MAX);
    g_assert_cmpint(start, >, TW_TICKS_MIN);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dav/filter/check", test_check);
    g_test_add_func("/dav/filter/calendar", test_calendar);
    g_test_add_func("/rfc4791/9.9/alarms", test_alarms);
    g_test_add_func("/dav/filter/card", test_card);
    g_test_add_func("/dav/filter/range", test_range);
    return g_test_run();
}
