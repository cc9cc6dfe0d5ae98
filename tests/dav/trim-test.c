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
    g_test_add_func("/rfc6352/10.4", test_card);
    return g_test_run();
}
