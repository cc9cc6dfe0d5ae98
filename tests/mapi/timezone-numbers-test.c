/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The table of spec/mailbox-layout.md 18, written a second time as numbers and offsets: what the writers make has each of
 * them in its place, the readers give it back from there, and one past a limit is refused.
 */
#include "mapi/timezone.h"

#include <string.h>

#include "base/error.h"

#include "field-table.h"

/* Each number its own, so that no two fields can be taken for one another. */
static const TwTimeZoneRule odd_rule = {
    .year = 2011,
    .bias = -301,
    .standard_bias = 17,
    .daylight_bias = -43,
    .standard = { 2012, 11, 6, 30, 23, 59, 58, 999 },
    .daylight = { 2013, 4, 2, 29, 1, 3, 5, 7 },
};

#define DATE_FIELDS(of, year, month, weekday, day, hour, minute, second, ms)                       \
    { of " year", 2, year }, { of " month", 2, month }, { of " day of week", 2, weekday },         \
        { of " day", 2, day }, { of " hour", 2, hour }, { of " minute", 2, minute },               \
        { of " second", 2, second },                                                               \
    {                                                                                              \
        of " ms", 2, ms                                                                            \
    }

static const Field struct_fields[] = {
    { "bias", 4, (guint32) -301 },
    { "standard bias", 4, 17 },
    { "daylight bias", 4, (guint32) -43 },
    { "standard year", 2, 2012 },
    DATE_FIELDS("standard", 2012, 11, 6, 30, 23, 59, 58, 999),
    { "daylight year", 2, 2013 },
    DATE_FIELDS("daylight", 2013, 4, 2, 29, 1, 3, 5, 7),
};

static const Field header_fields[] = {
    { "major", 1, 2 },          { "minor", 1, 1 },           { "header size", 2, 6 + 2 * 3 },
    { "reserved flags", 2, 2 }, { "key name length", 2, 3 }, { "key name", 2, 'Z' },
    { "key name", 2, 0xfc },    { "key name", 2, '!' },      { "rule count", 2, 1 },
};

static const Field rule_fields[] = {
    { "major", 1, 2 },
    { "minor", 1, 1 },
    { "size", 2, 0x3E },
    { "flags", 2, 2 },
    { "year", 2, 2011 },
    { "zero 1", 4, 0 },
    { "zero 2", 4, 0 },
    { "zero 3", 4, 0 },
    { "zero 4", 2, 0 },
    { "bias", 4, (guint32) -301 },
    { "standard bias", 4, 17 },
    { "daylight bias", 4, (guint32) -43 },
    DATE_FIELDS("standard", 2012, 11, 6, 30, 23, 59, 58, 999),
    DATE_FIELDS("daylight", 2013, 4, 2, 29, 1, 3, 5, 7),
};

typedef TwTimeZone *(*Parse)(const guint8 *data, gsize len, GError **error);

/* Parses an exact-size heap copy, so that ASan sees one byte too far. */
static TwTimeZone *
parse(Parse how, const guint8 *data, gsize len, GError **error)
{
    g_autofree guint8 *copy = g_memdup2(data, len);

    return how(copy, len, error);
}

static TwTimeZone *
new_zone(const char *name, const TwTimeZoneRule *rules, guint count)
{
    g_autoptr(GError) error = NULL;
    TwTimeZone *zone = tw_timezone_new(name, rules, count, &error);

    g_assert_no_error(error);
    return zone;
}

static GBytes *
write_definition(const TwTimeZone *zone, int effective_year, gboolean recurring)
{
    g_autoptr(GError) error = NULL;
    GBytes *blob =
        tw_timezone_write_definition(zone, 1601, 9999, effective_year, recurring, &error);

    g_assert_no_error(error);
    return blob;
}

static void
assert_date(const TwSystemTime *a, const TwSystemTime *b)
{
    g_assert_cmpuint(a->year, ==, b->year);
    g_assert_cmpuint(a->month, ==, b->month);
    g_assert_cmpuint(a->weekday, ==, b->weekday);
    g_assert_cmpuint(a->day, ==, b->day);
    g_assert_cmpuint(a->hour, ==, b->hour);
    g_assert_cmpuint(a->minute, ==, b->minute);
    g_assert_cmpuint(a->second, ==, b->second);
    g_assert_cmpuint(a->millisecond, ==, b->millisecond);
}

static void
assert_odd_rule(const TwTimeZone *zone)
{
    TwTimeZoneRule rule;

    tw_timezone_get_rule(zone, 2011, &rule);
    g_assert_cmpint(rule.bias, ==, -301);
    g_assert_cmpint(rule.standard_bias, ==, 17);
    g_assert_cmpint(rule.daylight_bias, ==, -43);
    assert_date(&rule.standard, &odd_rule.standard);
    assert_date(&rule.daylight, &odd_rule.daylight);
}

static void
test_struct(void)
{
    g_autoptr(TwTimeZone) zone = new_zone(NULL, &odd_rule, 1);
    g_autoptr(GBytes) blob = tw_timezone_write_struct(zone, 2011);
    g_autoptr(TwTimeZone) again = NULL;
    g_autoptr(GError) error = NULL;
    gsize len;
    const guint8 *data = g_bytes_get_data(blob, &len);

    g_assert_cmpuint(len, ==, 48);
    g_assert_cmpuint(TW_TIMEZONE_STRUCT_LEN, ==, 48);
    g_assert_cmpuint(assert_fields(data, len, 0, struct_fields, G_N_ELEMENTS(struct_fields)), ==,
                     48);
    again = parse(tw_timezone_parse_struct, data, len, &error);
    g_assert_no_error(error);
    assert_odd_rule(again);
    for (gsize cut = 0; cut < 48; cut++) {
        g_autoptr(GError) cut_error = NULL;
        g_assert_null(parse(tw_timezone_parse_struct, data, cut, &cut_error));
        g_assert_error(cut_error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

static void
test_definition(void)
{
    g_autoptr(TwTimeZone) zone = new_zone("Z\xc3\xbc!", &odd_rule, 1);
    g_autoptr(GBytes) blob = write_definition(zone, 2011, FALSE);
    g_autoptr(TwTimeZone) again = NULL;
    g_autoptr(GError) error = NULL;
    gsize len, at;
    const guint8 *data = g_bytes_get_data(blob, &len);
    TwTimeZoneRule rule;

    at = assert_fields(data, len, 0, header_fields, G_N_ELEMENTS(header_fields));
    g_assert_cmpuint(assert_fields(data, len, at, rule_fields, G_N_ELEMENTS(rule_fields)), ==,
                     at + 66);
    g_assert_cmpuint(len, ==, at + 66);
    again = parse(tw_timezone_parse_definition, data, len, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(tw_timezone_get_key_name(again), ==, "Z\xc3\xbc!");
    assert_odd_rule(again);
    tw_timezone_get_rule(again, 2011, &rule);
    g_assert_cmpuint(rule.year, ==, 2011);
    g_assert_cmpuint(rule.flags, ==, 2);
    for (gsize cut = 0; cut < len; cut++) {
        g_autoptr(GError) cut_error = NULL;
        g_assert_null(parse(tw_timezone_parse_definition, data, cut, &cut_error));
        g_assert_error(cut_error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

/* 1 recurrence rule, 2 effective: both on one rule, that of the year, and none on the others. */
static void
test_flags(void)
{
    static const struct {
        int year;
        gboolean recurring;
        guint16 flags[3];
    } rows[] = {
        { 1999, FALSE, { 2, 0, 0 } }, { 2000, TRUE, { 3, 0, 0 } }, { 2006, FALSE, { 2, 0, 0 } },
        { 2007, FALSE, { 0, 2, 0 } }, { 2007, TRUE, { 0, 3, 0 } }, { 2029, TRUE, { 0, 3, 0 } },
        { 2030, FALSE, { 0, 0, 2 } }, { 2031, TRUE, { 0, 0, 3 } },
    };
    static const TwTimeZoneRule rules[] = { { .year = 2000, .bias = 1 },
                                            { .year = 2007, .bias = 2 },
                                            { .year = 2030, .bias = 3 } };
    g_autoptr(TwTimeZone) zone = new_zone("Z", rules, G_N_ELEMENTS(rules));

    g_assert_cmphex(TW_TIMEZONE_RULE_RECURRENCE, ==, 1);
    g_assert_cmphex(TW_TIMEZONE_RULE_EFFECTIVE, ==, 2);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) blob = write_definition(zone, rows[i].year, rows[i].recurring);
        gsize len;
        const guint8 *data = g_bytes_get_data(blob, &len);
        g_autoptr(TwTimeZone) again = parse(tw_timezone_parse_definition, data, len, NULL);

        g_assert_cmpuint(len, ==, 12 + 3 * 66);
        g_assert_cmpuint(number_in(data, 10, 2), ==, 3);
        for (gsize n = 0; n < 3; n++) {
            TwTimeZoneRule rule;
            g_assert_cmphex(number_in(data, 12 + n * 66 + 4, 2), ==, rows[i].flags[n]);
            g_assert_cmpuint(number_in(data, 12 + n * 66 + 6, 2), ==, rules[n].year);
            tw_timezone_get_rule(again, rules[n].year, &rule);
            g_assert_cmphex(rule.flags, ==, rows[i].flags[n]);
            g_assert_cmpint(rule.bias, ==, rules[n].bias);
        }
    }
}

/* Greatest numbers of a date, at each place a blob has one, and the first ones refused. */
static void
test_date_limits(void)
{
    static const struct {
        const char *name;
        gsize at; /* in the date */
        guint16 least, most;
        gboolean dated; /* a year of its own */
    } rows[] = {
        { "month", 2, 0, 12, FALSE },      { "day of week", 4, 0, 6, FALSE },
        { "nth, 5 last", 6, 1, 5, FALSE }, { "day of a month", 6, 1, 31, TRUE },
        { "hour", 8, 0, 23, FALSE },       { "minute", 10, 0, 59, FALSE },
        { "second", 12, 0, 59, FALSE },    { "ms", 14, 0, 999, FALSE },
    };
    static const TwTimeZoneRule rule = { .year = 2000,
                                         .daylight_bias = -60,
                                         .standard = { 0, 10, 0, 5, 3, 0, 0, 0 },
                                         .daylight = { 0, 3, 0, 5, 2, 0, 0, 0 } };
    static const struct {
        const char *name;
        gsize at;
        gboolean is_struct;
    } places[] = {
        { "struct's standard", 14, TRUE },
        { "struct's daylight", 32, TRUE },
        { "rule's standard", 12 + 34, FALSE },
        { "rule's daylight", 12 + 50, FALSE },
    };
    g_autoptr(TwTimeZone) zone = new_zone("Z", &rule, 1);

    for (guint p = 0; p < G_N_ELEMENTS(places); p++) {
        g_autoptr(GBytes) blob = places[p].is_struct ? tw_timezone_write_struct(zone, 2000)
                                                     : write_definition(zone, 2000, FALSE);
        Parse how = places[p].is_struct ? tw_timezone_parse_struct : tw_timezone_parse_definition;

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
            g_autofree guint8 *copy =
                g_memdup2(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob));

            g_test_message("%s, %s", places[p].name, rows[i].name);
            if (rows[i].dated)
                set_number(copy, places[p].at, 2, 2000);
            for (guint32 value = 0; value <= rows[i].most + 1u; value++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(TwTimeZone) again = NULL;

                set_number(copy, places[p].at + rows[i].at, 2, value);
                again = parse(how, copy, g_bytes_get_size(blob), &error);
                if (value >= rows[i].least && value <= rows[i].most)
                    g_assert_no_error(error);
                else
                    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
            }
        }
    }
}

/* Each of the three biases: a day either way, no minute more. */
static void
test_bias_limits(void)
{
    static const struct {
        gint32 value;
        gboolean ok;
    } rows[] = { { 1440, TRUE },   { 1441, FALSE },       { -1440, TRUE },
                 { -1441, FALSE }, { G_MAXINT32, FALSE }, { G_MININT32, FALSE } };
    static const TwTimeZoneRule rule = { .year = 2000 };
    g_autoptr(TwTimeZone) zone = new_zone("Z", &rule, 1);
    g_autoptr(GBytes) plain = tw_timezone_write_struct(zone, 2000);
    g_autoptr(GBytes) definition = write_definition(zone, 2000, FALSE);

    for (guint is_struct = 0; is_struct <= 1; is_struct++) {
        GBytes *blob = is_struct ? plain : definition;
        for (gsize which = 0; which < 3; which++) {
            for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree guint8 *copy =
                    g_memdup2(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob));
                g_autoptr(GError) error = NULL;
                g_autoptr(TwTimeZone) again = NULL;

                set_number(copy, (is_struct ? 0 : 12 + 22) + 4 * which, 4, (guint32) rows[i].value);
                again = parse(is_struct ? tw_timezone_parse_struct : tw_timezone_parse_definition,
                              copy, g_bytes_get_size(blob), &error);
                if (rows[i].ok)
                    g_assert_no_error(error);
                else
                    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
            }
        }
    }
}

/* Versions and sizes a reader takes, the others refused. */
static void
test_versions(void)
{
    static const struct {
        const char *name;
        gsize at, size;
        guint32 value;
        gboolean ok;
    } rows[] = {
        { "major", 0, 1, 2, TRUE },
        { "major below", 0, 1, 1, FALSE },
        { "major above", 0, 1, 3, FALSE },
        { "a later minor", 1, 1, 2, TRUE },
        { "one rule", 10, 2, 1, TRUE },
        { "no rule", 10, 2, 0, FALSE },
        { "two rules", 10, 2, 2, FALSE },
        { "rule major below", 12, 1, 1, FALSE },
        { "rule major above", 12, 1, 3, FALSE },
        { "rule's later minor", 13, 1, 2, TRUE },
        { "rule size", 14, 2, 0x3E, TRUE },
        { "rule size below", 14, 2, 0x3D, FALSE },
        { "rule size above", 14, 2, 0x3F, FALSE }, /* the blob ends before */
    };
    static const TwTimeZoneRule rule = { .year = 2000 };
    g_autoptr(TwTimeZone) zone = new_zone("Z", &rule, 1);
    g_autoptr(GBytes) blob = write_definition(zone, 2000, FALSE);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob));
        g_autoptr(GError) error = NULL;
        g_autoptr(TwTimeZone) again = NULL;

        g_test_message("%s", rows[i].name);
        set_number(copy, rows[i].at, rows[i].size, rows[i].value);
        again = parse(tw_timezone_parse_definition, copy, g_bytes_get_size(blob), &error);
        if (rows[i].ok)
            g_assert_no_error(error);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

/* Names of 255 units and 1024 rules are written and read, of one more neither. */
static void
test_counts(void)
{
    g_autofree TwTimeZoneRule *rules = g_new0(TwTimeZoneRule, 1025);
    g_autofree char *name = g_strnfill(255, 'n'), *long_name = g_strnfill(256, 'n');
    g_autoptr(TwTimeZone) zone = NULL, long_zone = NULL, again = NULL;
    g_autoptr(GBytes) blob = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *grown = NULL;
    const guint8 *data;
    gsize len;

    for (guint i = 0; i < 1025; i++) {
        rules[i].year = (guint16) (1700 + i);
        rules[i].bias = (gint32) (i % 2);
    }
    g_assert_null(tw_timezone_new(name, rules, 1025, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    long_zone = new_zone(long_name, rules, 1);
    g_assert_null(tw_timezone_write_definition(long_zone, 1601, 9999, 2000, FALSE, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);

    zone = new_zone(name, rules, 1024);
    blob = write_definition(zone, 2000, FALSE);
    data = g_bytes_get_data(blob, &len);
    g_assert_cmpuint(len, ==, 8 + 2 * 255 + 2 + 1024 * 66);
    g_assert_cmpuint(number_in(data, 2, 2), ==, 6 + 2 * 255);
    g_assert_cmpuint(number_in(data, 6, 2), ==, 255);
    g_assert_cmpuint(number_in(data, 518, 2), ==, 1024);
    again = parse(tw_timezone_parse_definition, data, len, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(tw_timezone_get_key_name(again), ==, name);

    grown = g_malloc0(len + 66); /* with a copy of the last rule behind it */
    memcpy(grown, data, len);
    memcpy(grown + len, data + len - 66, 66);
    set_number(grown, 518, 2, 1025);
    g_assert_null(parse(tw_timezone_parse_definition, grown, len + 66, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    memcpy(grown, data, 8);
    memcpy(grown + 8, data + 8, 2); /* one more unit of the name */
    memcpy(grown + 10, data + 8, len - 8);
    set_number(grown, 6, 2, 256);
    g_assert_null(parse(tw_timezone_parse_definition, grown, len + 2, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

/* Ticks of a date by GLib's calendar. */
static gint64
ticks(int year, int month, int day, int hour, int minute)
{
    g_autoptr(GDateTime) then = g_date_time_new_utc(year, month, day, hour, minute, 0);
    g_autoptr(GDateTime) origin = g_date_time_new_utc(1601, 1, 1, 0, 0, 0);

    return g_date_time_difference(then, origin) * 10;
}

/* UTC = local + bias: Central Europe's -60 and -60. With both dates zero there is no daylight time. */
static void
test_bias_sign(void)
{
    static const struct {
        const char *name;
        gsize zeros_at;      /* two places of 18 bytes, year and date, that are cleared; 0: none */
        int month, utc_hour; /* of local noon, on the 15th, 2026 */
    } rows[] = {
        { "winter", 0, 1, 11 },
        { "summer", 0, 7, 10 },
        { "no daylight, winter", 12, 1, 11 },
        { "no daylight, summer", 12, 7, 11 },
    };
    static const guint8 europe[48] = {
        0xc4, 0xff, 0xff, 0xff, 0,  0, 0, 0, 0xc4, 0xff, 0xff, 0xff, /* -60, 0, -60 */
        0,    0,    0,    0,    10, 0, 0, 0, 5,    0,    3,    0,
        0,    0,    0,    0,    0,  0, /* last Sunday, 3:00 */
        0,    0,    0,    0,    3,  0, 0, 0, 5,    0,    2,    0,
        0,    0,    0,    0,    0,  0, /* last Sunday, 2:00 */
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint8 copy[48];
        g_autoptr(GError) error = NULL;
        g_autoptr(TwTimeZone) zone = NULL;

        g_test_message("%s", rows[i].name);
        memcpy(copy, europe, sizeof copy);
        if (rows[i].zeros_at != 0)
            memset(copy + rows[i].zeros_at, 0, 36);
        zone = parse(tw_timezone_parse_struct, copy, sizeof copy, &error);
        g_assert_no_error(error);
        g_assert_cmpint(tw_timezone_to_utc(zone, ticks(2026, rows[i].month, 15, 12, 0)), ==,
                        ticks(2026, rows[i].month, 15, rows[i].utc_hour, 0));
    }
}

/* 1-4 the nth, 5 the last Sunday of March 2026, which has five: when the clock is set forward. */
static void
test_nth(void)
{
    static const int sundays[] = { 1, 8, 15, 22, 29 };

    for (guint nth = 1; nth <= 5; nth++) {
        TwTimeZoneRule rule = { .year = 2000,
                                .daylight_bias = -60,
                                .standard = { 0, 10, 0, 5, 3, 0, 0, 0 },
                                .daylight = { 0, 3, 0, (guint16) nth, 2, 0, 0, 0 } };
        g_autoptr(TwTimeZone) zone = new_zone("Z", &rule, 1);
        gint64 change = ticks(2026, 3, sundays[nth - 1], 2, 0);

        g_assert_cmpint(tw_timezone_to_local(zone, change - 1), ==, change - 1);
        g_assert_cmpint(tw_timezone_to_local(zone, change), ==, change + 60 * TW_TICKS_MINUTE);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mailbox-layout/18/struct", test_struct);
    g_test_add_func("/mailbox-layout/18/definition", test_definition);
    g_test_add_func("/mailbox-layout/18/flags", test_flags);
    g_test_add_func("/mailbox-layout/18/date-limits", test_date_limits);
    g_test_add_func("/mailbox-layout/18/bias-limits", test_bias_limits);
    g_test_add_func("/mailbox-layout/18/versions", test_versions);
    g_test_add_func("/mailbox-layout/18/counts", test_counts);
    g_test_add_func("/mailbox-layout/18/bias-sign", test_bias_sign);
    g_test_add_func("/mailbox-layout/18/nth", test_nth);
    return g_test_run();
}
