/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/timezone.h"

#include <string.h>

#include "base/error.h"
#include "mapi/civil.h"

#include "assert-bytes.h"
#include "golden.h"

typedef TwTimeZone *(*Parse)(const guint8 *data, gsize len, GError **error);

static gint64
ticks(int year, int month, int day, int hour, int minute)
{
    return tw_civil_days(year, month, day) * TW_TICKS_DAY + (hour * 60 + minute) * TW_TICKS_MINUTE;
}

/* Parses an exact-size heap copy, so that ASan sees one byte too far. */
static TwTimeZone *
parse(Parse function, const guint8 *data, gsize len, GError **error)
{
    g_autofree guint8 *copy = g_memdup2(data, len);

    return function(copy, len, error);
}

static const struct {
    const char *name;
    Parse parse;
} golden[] = {
    { "timezone-struct-eastern", tw_timezone_parse_struct },
    { "timezone-definition-eastern", tw_timezone_parse_definition },
    { "timezone-definition-us-eastern", tw_timezone_parse_definition },
    { "timezone-definition-w-europe", tw_timezone_parse_definition },
    { "timezone-definition-aus-eastern", tw_timezone_parse_definition },
};

static void
test_golden(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(golden); i++) {
        g_autoptr(GBytes) blob = golden_bytes(golden[i].name);
        g_autoptr(GError) error = NULL;
        gsize len;
        const guint8 *data = g_bytes_get_data(blob, &len);
        g_autoptr(TwTimeZone) zone = parse(golden[i].parse, data, len, &error);
        g_autofree char *text = NULL;

        g_test_message("%s", golden[i].name);
        g_assert_no_error(error);
        text = tw_timezone_to_string(zone, 2000, 2030);
        golden_compare(golden[i].name, text);
        for (gsize cut = 0; cut < len; cut++) {
            g_autoptr(TwTimeZone) none = parse(golden[i].parse, data, cut, &error);
            g_assert_null(none);
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
            g_clear_error(&error);
        }
    }
}

/* Outlook's own bytes come back: the struct, and the definition with its marks. */
static void
test_written_as_read(void)
{
    g_autoptr(GBytes) blob = golden_bytes("timezone-struct-eastern");
    g_autoptr(GBytes) definition = golden_bytes("timezone-definition-eastern");
    g_autoptr(TwTimeZone) from_struct = NULL, from_definition = NULL;
    g_autoptr(GBytes) struct_again = NULL, definition_again = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *marked = NULL;
    gsize len;
    const guint8 *data = g_bytes_get_data(blob, &len);

    from_struct = parse(tw_timezone_parse_struct, data, len, &error);
    g_assert_no_error(error);
    struct_again = tw_timezone_write_struct(from_struct, 2026);
    g_assert_cmpuint(g_bytes_get_size(struct_again), ==, TW_TIMEZONE_STRUCT_LEN);
    g_assert_true(g_bytes_equal(blob, struct_again));

    data = g_bytes_get_data(definition, &len);
    from_definition = parse(tw_timezone_parse_definition, data, len, &error);
    g_assert_no_error(error);
    definition_again = tw_timezone_write_definition(from_definition, 0, 0, 2026, TRUE, &error);
    g_assert_no_error(error);
    marked = g_memdup2(data, len);
    marked[8 + 42 + 2 + 66 + 4] = 3; /* flags of the second rule: effective, recurrence */
    assert_bytes_equal(g_bytes_get_data(definition_again, NULL), g_bytes_get_size(definition_again),
                       marked, len);
}

/* Spec 18: the offsets of the three layouts. */
static void
test_layout(void)
{
    static const TwTimeZoneRule rule = {
        .year = 0x0102,
        .bias = -60,
        .standard_bias = 1,
        .daylight_bias = -62,
        .standard = { 0, 10, 0, 5, 3, 0, 0, 0 },
        .daylight = { 0, 3, 0, 5, 2, 7, 8, 9 },
    };
    static const guint8 dates[] = {
        0, 0, 10, 0, 0, 0, 5, 0, 3, 0, 0, 0, 0, 0, 0, 0,
    };
    static const guint8 daylight[] = {
        0, 0, 3, 0, 0, 0, 5, 0, 2, 0, 7, 0, 8, 0, 9, 0,
    };
    static const guint8 biases[] = { 0xc4, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0xc2, 0xff, 0xff, 0xff };
    static const guint8 header[] = { 2, 1, 8, 0, 2, 0, 1, 0, 'Z', 0, 1, 0 };
    static const guint8 rule_head[] = { 2, 1, 0x3e, 0, 2, 0, 2, 1, 0, 0, 0,
                                        0, 0, 0,    0, 0, 0, 0, 0, 0, 0, 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTimeZone) zone = tw_timezone_new("Z", &rule, 1, &error);
    g_autoptr(GBytes) definition = NULL, plain = NULL;
    const guint8 *p;

    g_assert_no_error(error);
    definition = tw_timezone_write_definition(zone, 0, 0, 0, FALSE, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(definition), ==, sizeof header + 66);
    p = g_bytes_get_data(definition, NULL);
    assert_bytes_equal(p, sizeof header, header, sizeof header);
    assert_bytes_equal(p + 12, sizeof rule_head, rule_head, sizeof rule_head);
    assert_bytes_equal(p + 34, sizeof biases, biases, sizeof biases);
    assert_bytes_equal(p + 46, 16, dates, 16);
    assert_bytes_equal(p + 62, 16, daylight, 16);

    plain = tw_timezone_write_struct(zone, 2000);
    p = g_bytes_get_data(plain, NULL);
    g_assert_cmpuint(g_bytes_get_size(plain), ==, 48);
    assert_bytes_equal(p, sizeof biases, biases, sizeof biases);
    assert_bytes_equal(p + 14, 16, dates, 16);
    assert_bytes_equal(p + 32, 16, daylight, 16);
}

/* Numbers a rule can have. */
static void
test_rule_limits(void)
{
    static const struct {
        const char *name;
        gsize at;
        guint16 low, high;
        gboolean ok;
    } cases[] = {
        { "a day west", 0, 1440, 0, TRUE },
        { "past a day west", 0, 1441, 0, FALSE },
        { "past a day east", 0, (guint16) -1441, 0xffff, FALSE },
        { "bias near 2^31", 0, 0, 0x8000, FALSE },
        { "no month", 16, 0, 0, TRUE },
        { "thirteenth month", 16, 13, 0, FALSE },
        { "Saturday", 18, 6, 1, TRUE },
        { "eighth weekday", 18, 7, 1, FALSE },
        { "week none", 20, 0, 2, FALSE },
        { "sixth week", 20, 6, 2, FALSE },
        { "hour 24", 22, 24, 0, FALSE },
        { "minute 60", 24, 60, 0, FALSE },
    };
    g_autoptr(GBytes) blob = golden_bytes("timezone-struct-eastern");

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len;
        const guint8 *data = g_bytes_get_data(blob, &len);
        g_autofree guint8 *copy = g_memdup2(data, len);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwTimeZone) zone = NULL;
        guint16 both[] = { GUINT16_TO_LE(cases[i].low), GUINT16_TO_LE(cases[i].high) };

        memcpy(copy + cases[i].at, both, cases[i].at == 0 || cases[i].at >= 18 ? 4 : 2);
        if (cases[i].at == 0) /* one bias alone */
            memset(copy + 4, 0, 8);
        g_test_message("%s", cases[i].name);
        zone = parse(tw_timezone_parse_struct, copy, len, &error);
        g_assert_cmpint(zone != NULL, ==, cases[i].ok);
        if (!cases[i].ok)
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

/* A definition's counts and versions. */
static void
test_definition_limits(void)
{
    static const struct {
        const char *name;
        gsize at;
        guint16 value;
        int code; /* -1: read */
    } cases[] = {
        { "major 3", 0, 0x103, TW_ERROR_CORRUPT },
        { "a later minor", 0, 0x202, -1 },
        { "header length is not asked", 2, 0, -1 },
        { "reserved is not asked", 4, 7, -1 },
        { "name past the end", 6, 200, TW_ERROR_CORRUPT },
        { "name near 2^16", 6, 0xffff, TW_ERROR_CORRUPT },
        { "no rules", 50, 0, TW_ERROR_CORRUPT },
        { "more rules than bytes", 50, 3, TW_ERROR_CORRUPT },
        { "too many rules", 50, TW_TIMEZONE_MAX_RULES + 1, TW_ERROR_TOO_BIG },
        { "rule of major 1", 52, 0x101, TW_ERROR_CORRUPT },
        { "rule too short", 54, 0x3d, TW_ERROR_CORRUPT },
        { "rule that reaches into the next", 54, 0x3f, TW_ERROR_CORRUPT },
    };
    g_autoptr(GBytes) blob = golden_bytes("timezone-definition-eastern");

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len;
        const guint8 *data = g_bytes_get_data(blob, &len);
        g_autofree guint8 *copy = g_memdup2(data, len);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwTimeZone) zone = NULL;

        copy[cases[i].at] = (guint8) cases[i].value;
        copy[cases[i].at + 1] = (guint8) (cases[i].value >> 8);
        g_test_message("%s", cases[i].name);
        zone = parse(tw_timezone_parse_definition, copy, len, &error);
        if (cases[i].code < 0)
            g_assert_no_error(error);
        else
            g_assert_error(error, TW_ERROR, cases[i].code);
    }
}

/* Central Europe by rule: both ways, the gap and the hour that comes twice. */
static void
test_gap_and_overlap(void)
{
    static const struct {
        const char *name;
        int month, day, hour, minute; /* local, 2026 */
        int utc_month, utc_day, utc_hour, utc_minute;
        int back_hour; /* what the clock shows then */
    } cases[] = {
        { "winter", 1, 15, 12, 0, 1, 15, 11, 0, 12 },
        { "summer", 7, 15, 12, 0, 7, 15, 10, 0, 12 },
        { "last minute before the gap", 3, 29, 1, 59, 3, 29, 0, 59, 1 },
        { "in the gap", 3, 29, 2, 30, 3, 29, 1, 30, 3 },
        { "after the gap", 3, 29, 3, 0, 3, 29, 1, 0, 3 },
        { "before the repeated hour", 10, 25, 1, 59, 10, 24, 23, 59, 1 },
        { "the first of two", 10, 25, 2, 30, 10, 25, 0, 30, 2 },
        { "after the repeated hour", 10, 25, 3, 0, 10, 25, 2, 0, 3 },
        { "new year", 1, 1, 0, 0, 0, 0, 0, 0, 0 },
    };
    g_autoptr(GBytes) blob = golden_bytes("timezone-definition-w-europe");
    g_autoptr(TwTimeZone) zone =
        tw_timezone_parse_definition(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), NULL);

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 local = ticks(2026, cases[i].month, cases[i].day, cases[i].hour, cases[i].minute);
        gint64 utc = tw_timezone_to_utc(zone, local), wanted;

        g_test_message("%s", cases[i].name);
        wanted = cases[i].utc_month != 0 ? ticks(2026, cases[i].utc_month, cases[i].utc_day,
                                                 cases[i].utc_hour, cases[i].utc_minute)
                                         : ticks(2025, 12, 31, 23, 0);
        g_assert_cmpint(utc, ==, wanted);
        g_assert_cmpint(tw_timezone_to_local(zone, utc) / (60 * TW_TICKS_MINUTE) % 24, ==,
                        cases[i].back_hour);
    }
    /* the second of the two is reached only from UTC */
    g_assert_cmpint(tw_timezone_to_local(zone, ticks(2026, 10, 25, 1, 30)), ==,
                    ticks(2026, 10, 25, 2, 30));
    g_assert_cmpint(tw_timezone_to_utc(NULL, 77), ==, 77);
    g_assert_cmpint(tw_timezone_to_local(NULL, 77), ==, 77);
}

/* Rules by year: the same date, before and after the law of 2007, and before the first rule. */
static void
test_rules_by_year(void)
{
    g_autoptr(GBytes) blob = golden_bytes("timezone-definition-eastern");
    g_autoptr(TwTimeZone) zone =
        tw_timezone_parse_definition(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), NULL);

    g_assert_cmpint(tw_timezone_to_utc(zone, ticks(2006, 3, 20, 12, 0)), ==,
                    ticks(2006, 3, 20, 17, 0));
    g_assert_cmpint(tw_timezone_to_utc(zone, ticks(2007, 3, 20, 12, 0)), ==,
                    ticks(2007, 3, 20, 16, 0));
    g_assert_cmpint(tw_timezone_to_utc(zone, ticks(1998, 3, 20, 12, 0)), ==,
                    ticks(1998, 3, 20, 17, 0));
    g_assert_cmpint(tw_timezone_to_utc(zone, ticks(2040, 3, 20, 12, 0)), ==,
                    ticks(2040, 3, 20, 16, 0));
    g_assert_cmpstr(tw_timezone_get_iana_name(zone), ==, "America/New_York");
}

/* Windows says 24:00 as 23:59:59.999, and one date only with its year. */
static void
test_odd_dates(void)
{
    static const TwTimeZoneRule rules[] = {
        { .year = 2020,
          .daylight_bias = -60,
          .daylight = { 0, 3, 6, 5, 23, 59, 59, 999 },
          .standard = { 0, 10, 6, 5, 23, 59, 59, 999 } },
        { .year = 2021,
          .daylight_bias = -60,
          .daylight = { 2021, 4, 0, 10, 2, 0, 0, 0 },
          .standard = { 2021, 9, 0, 30, 2, 0, 0, 0 } },
    };
    g_autoptr(TwTimeZone) zone = tw_timezone_new(NULL, rules, 2, NULL);

    g_assert_cmpint(tw_timezone_to_local(zone, ticks(2020, 3, 28, 23, 59)), ==,
                    ticks(2020, 3, 28, 23, 59));
    g_assert_cmpint(tw_timezone_to_local(zone, ticks(2020, 3, 29, 0, 0)), ==,
                    ticks(2020, 3, 29, 1, 0));
    g_assert_cmpint(tw_timezone_to_local(zone, ticks(2021, 4, 10, 2, 0)), ==,
                    ticks(2021, 4, 10, 3, 0));
    g_assert_cmpint(tw_timezone_to_local(zone, ticks(2021, 9, 30, 0, 59)), ==,
                    ticks(2021, 9, 30, 1, 59));
    g_assert_cmpint(tw_timezone_to_local(zone, ticks(2021, 9, 30, 1, 0)), ==,
                    ticks(2021, 9, 30, 1, 0));
    /* the date was of 2021 only */
    g_assert_cmpint(tw_timezone_to_local(zone, ticks(2022, 6, 1, 0, 0)), ==,
                    ticks(2022, 6, 1, 0, 0));
}

/* Spec 18 and [MS-OXOCAL] 2.2.1.41: which of the properties is the zone. */
static void
test_precedence(void)
{
    g_autoptr(GBytes) definition = golden_bytes("timezone-definition-w-europe");
    g_autoptr(GBytes) eastern = golden_bytes("timezone-struct-eastern");
    g_autoptr(GBytes) display = golden_bytes("timezone-definition-aus-eastern");
    g_autoptr(GBytes) junk = g_bytes_new_static("junk", 4);
    g_autoptr(TwTimeZone) fallback =
        tw_timezone_parse_struct(g_bytes_get_data(eastern, NULL), 48, NULL);
    g_autoptr(TwTimeZone) europe = tw_timezone_parse_definition(g_bytes_get_data(definition, NULL),
                                                                g_bytes_get_size(definition), NULL);
    g_autoptr(GBytes) europe_struct = tw_timezone_write_struct(europe, 2026);
    struct {
        const char *name;
        GBytes *definition, *plain, *display;
        TwTimeZone *fallback;
        int hour; /* UTC of noon, 1 January 2026; -1: no zone */
        const char *key;
    } cases[] = {
        { "definition", definition, NULL, display, fallback, 11, "W. Europe Standard Time" },
        { "both agree", definition, europe_struct, NULL, NULL, 11, "W. Europe Standard Time" },
        { "struct was changed since", definition, eastern, display, NULL, 17, NULL },
        { "definition is broken", junk, eastern, display, NULL, 17, NULL },
        { "struct alone", NULL, eastern, NULL, NULL, 17, NULL },
        { "display", junk, junk, display, fallback, 1, "AUS Eastern Standard Time" },
        { "fallback", NULL, NULL, junk, fallback, 17, NULL },
        { "nothing", NULL, NULL, NULL, NULL, -1, NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwTimeZone) zone = tw_timezone_for_series(cases[i].definition, cases[i].plain,
                                                            cases[i].display, cases[i].fallback);
        g_test_message("%s", cases[i].name);
        g_assert_cmpint(zone != NULL, ==, cases[i].hour >= 0);
        if (zone == NULL)
            continue;
        g_assert_cmpint(tw_timezone_to_utc(zone, ticks(2026, 1, 1, 12, 0)), ==,
                        ticks(2026, 1, 1, cases[i].hour, 0));
        g_assert_cmpstr(tw_timezone_get_key_name(zone), ==, cases[i].key);
    }
}

/* Names both ways; what is unknown is kept by the caller. */
static void
test_names(void)
{
    static const struct {
        const char *windows, *iana;
    } pairs[] = {
        { "W. Europe Standard Time", "Europe/Berlin" },
        { "Eastern Standard Time", "America/New_York" },
        { "Pacific Standard Time", "America/Los_Angeles" },
        { "GMT Standard Time", "Europe/London" },
        { "Tokyo Standard Time", "Asia/Tokyo" },
        { "AUS Eastern Standard Time", "Australia/Sydney" },
        { "E. South America Standard Time", "America/Sao_Paulo" },
        { "Russian Standard Time", "Europe/Moscow" },
        { "China Standard Time", "Asia/Shanghai" },
        { "UTC", "Etc/UTC" },
    };
    static const struct {
        const char *name;
        gboolean ok;
    } forms[] = {
        { "Europe/Berlin", TRUE },
        { "America/Argentina/Buenos_Aires", TRUE },
        { "Etc/GMT+12", TRUE },
        { "UTC", TRUE },
        { "", FALSE },
        { "/etc/passwd", FALSE },
        { "../etc/passwd", FALSE },
        { "Europe/../Berlin", FALSE },
        { "Europe//Berlin", FALSE },
        { "Europe/", FALSE },
        { "Europe/Berlin\n", FALSE },
        { "Europe/B\xc3\xa9rlin", FALSE },
        { ".hidden", FALSE },
        { "Europe/.x", FALSE },
        { "W. Europe Standard Time", FALSE },
        { "A123456789012345678901234567890123456789012345678901234567890123", TRUE },
        { "A1234567890123456789012345678901234567890123456789012345678901234", FALSE },
    };
    g_autofree char *direct = tw_timezone_name_from_windows("Europe/Vienna");
    g_autofree char *sibling = tw_timezone_name_to_windows("Europe/Vienna");

    for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *iana = tw_timezone_name_from_windows(pairs[i].windows);
        g_autofree char *windows = tw_timezone_name_to_windows(pairs[i].iana);
        g_assert_cmpstr(iana, ==, pairs[i].iana);
        g_assert_cmpstr(windows, ==, pairs[i].windows);
    }
    g_assert_cmpstr(direct, ==, "Europe/Vienna");
    g_assert_cmpstr(sibling, ==, "W. Europe Standard Time");
    g_assert_null(tw_timezone_name_from_windows("Customized Time Zone"));
    g_assert_null(tw_timezone_name_from_windows("Nowhere/Land"));
    g_assert_null(tw_timezone_name_from_windows(""));
    g_assert_null(tw_timezone_name_to_windows("Nowhere/Land"));
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_test_message("%s", forms[i].name);
        g_assert_cmpint(tw_timezone_name_is_valid(forms[i].name), ==, forms[i].ok);
    }
}

/* An unknown key name survives reading and writing, whatever letters it has. */
static void
test_unknown_name_is_kept(void)
{
    static const char name[] = "Nirgendwo \xc3\x9c \xf0\x9f\xa6\x92";
    static const TwTimeZoneRule rule = { .year = 1601, .bias = -97 };
    g_autoptr(TwTimeZone) zone = tw_timezone_new(name, &rule, 1, NULL), again = NULL;
    g_autoptr(GBytes) blob = tw_timezone_write_definition(zone, 0, 0, 2026, FALSE, NULL);
    g_autofree char *text = NULL;

    again =
        tw_timezone_parse_definition(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), NULL);
    g_assert_cmpstr(tw_timezone_get_key_name(again), ==, name);
    g_assert_null(tw_timezone_get_iana_name(again));
    text = tw_timezone_describe(again, 2026);
    g_assert_cmpstr(text, ==, "(UTC+01:37) Nirgendwo \xc3\x9c \xf0\x9f\xa6\x92");
}

/* A zone file made here: version 2, one change, and a footer. */
static GByteArray *
make_tzif(const char *footer)
{
    static const guint8 header[] = { 'T', 'Z', 'i', 'f', '2', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                     0,   0,   0,   0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                     0,   0,   0,   0,   0,   0, 0, 0, 0, 1, 0, 0, 0, 4 };
    static const guint8 block[] = { 0, 0, 0, 0, 0, 0, 'T', 'S', 'T', 0 };
    GByteArray *file = g_byte_array_new();

    for (guint i = 0; i < 2; i++) {
        g_byte_array_append(file, header, sizeof header);
        g_byte_array_append(file, block, sizeof block);
    }
    g_byte_array_append(file, (const guint8 *) "\n", 1);
    g_byte_array_append(file, (const guint8 *) footer, (guint) strlen(footer));
    g_byte_array_append(file, (const guint8 *) "\n", 1);
    return file;
}

/* Footers of RFC 8536 3.3, and what the clock shows at noon UTC on two days of 2026 and of 2999. */
static void
test_footers(void)
{
    static const struct {
        const char *footer;
        gboolean ok;
        int january, july; /* minutes ahead of UTC */
    } cases[] = {
        { "", TRUE, 0, 0 },
        { "UTC0", TRUE, 0, 0 },
        { "CET-1CEST,M3.5.0,M10.5.0/3", TRUE, 60, 120 },
        { "EST5EDT,M3.2.0,M11.1.0", TRUE, -300, -240 },
        { "<+0330>-3:30", TRUE, 210, 210 },
        { "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", TRUE, -120, -60 },
        { "AEST-10AEDT,M10.1.0,M4.1.0/3", TRUE, 660, 600 },
        { "IST-1GMT0,M10.5.0,M3.5.0/1", TRUE, 0, 60 },
        { "EET-2EEST,M3.4.4/50,M10.4.4/50", TRUE, 120, 180 },
        { "<-03>3<-02>,J1/0,J365/25", TRUE, -120, -120 },
        { "XXX3YYY,59,299", TRUE, -180, -120 },
        { "XX3", FALSE, 0, 0 },
        { "XXX", FALSE, 0, 0 },
        { "XXX25", FALSE, 0, 0 },
        { "XXX3YYY", FALSE, 0, 0 },
        { "XXX3YYY,M13.1.0,M4.1.0", FALSE, 0, 0 },
        { "XXX3YYY,M0.1.0,M4.1.0", FALSE, 0, 0 },
        { "XXX3YYY,M1.6.0,M4.1.0", FALSE, 0, 0 },
        { "XXX3YYY,M1.1.7,M4.1.0", FALSE, 0, 0 },
        { "XXX3YYY,J0,J365", FALSE, 0, 0 },
        { "XXX3YYY,J1/168,J365", FALSE, 0, 0 },
        { "XXX3YYY,M3.2.0,M11.1.0x", FALSE, 0, 0 },
        { "<XXX3", FALSE, 0, 0 },
    };
    static const int years[] = { 2026, 2399, 2999 };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GByteArray) file = make_tzif(cases[i].footer);
        g_autofree guint8 *exact = g_memdup2(file->data, file->len);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwTimeZone) zone = NULL;

        g_test_message("%s", cases[i].footer);
        zone = tw_timezone_parse_tzif("Test/Zone", exact, file->len, &error);
        if (!cases[i].ok) {
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
            continue;
        }
        g_assert_no_error(error);
        for (guint y = 0; y < G_N_ELEMENTS(years); y++) {
            gint64 january = ticks(years[y], 1, 15, 12, 0), july = ticks(years[y], 7, 15, 12, 0);
            g_assert_cmpint((tw_timezone_to_local(zone, january) - january) / TW_TICKS_MINUTE, ==,
                            cases[i].january);
            g_assert_cmpint((tw_timezone_to_local(zone, july) - july) / TW_TICKS_MINUTE, ==,
                            cases[i].july);
        }
    }
}

/* Zone files cut at every position, and counts that lie. */
static void
test_tzif_bad(void)
{
    g_autoptr(GByteArray) file = make_tzif("UTC0");
    static const struct {
        gsize at;
        guint8 value;
        int code;
    } cases[] = {
        { 0, 't', TW_ERROR_CORRUPT },   { 39, 0, TW_ERROR_CORRUPT },
        { 38, 0x7f, TW_ERROR_TOO_BIG }, { 32, 0xff, TW_ERROR_TOO_BIG },
        { 34, 0x10, TW_ERROR_CORRUPT }, { 40, 0x7f, TW_ERROR_TOO_BIG },
        { 98, 0x7f, TW_ERROR_CORRUPT },
    };

    for (gsize cut = 0; cut < file->len; cut++) {
        g_autofree guint8 *exact = g_memdup2(file->data, cut);
        g_autoptr(GError) error = NULL;
        g_assert_null(tw_timezone_parse_tzif("Test/Zone", exact, cut, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *copy = g_memdup2(file->data, file->len);
        g_autoptr(GError) error = NULL;
        copy[cases[i].at] = cases[i].value;
        g_test_message("byte %u", (guint) cases[i].at);
        g_assert_null(tw_timezone_parse_tzif("Test/Zone", copy, file->len, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
    }
    {
        g_autoptr(GError) error = NULL;
        g_assert_null(tw_timezone_parse_tzif("../x", file->data, file->len, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oxocal/timezone/golden", test_golden);
    g_test_add_func("/oxocal/timezone/written-as-read", test_written_as_read);
    g_test_add_func("/oxocal/timezone/layout", test_layout);
    g_test_add_func("/oxocal/timezone/rule-limits", test_rule_limits);
    g_test_add_func("/oxocal/timezone/definition-limits", test_definition_limits);
    g_test_add_func("/oxocal/timezone/gap-and-overlap", test_gap_and_overlap);
    g_test_add_func("/oxocal/timezone/rules-by-year", test_rules_by_year);
    g_test_add_func("/oxocal/timezone/odd-dates", test_odd_dates);
    g_test_add_func("/oxocal/timezone/precedence", test_precedence);
    g_test_add_func("/oxocal/timezone/names", test_names);
    g_test_add_func("/oxocal/timezone/unknown-name", test_unknown_name_is_kept);
    g_test_add_func("/rfc8536/footers", test_footers);
    g_test_add_func("/rfc8536/bad", test_tzif_bad);
    return g_test_run();
}
