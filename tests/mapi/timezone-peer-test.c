/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Zones against engines of other hands: the system's zone files as we read them against GLib's reader of the same files (1970 to
 * 2060, every zone that stands for a Windows name), our rules for Windows against the exact zone, and series in random zones.
 * GTest prints the seed of the random numbers and replays it: --seed=R02S...
 *
 * GLib 2.74 adds Dublin's footer ("IST-1GMT0,...", daylight time behind standard time) the wrong way round and shows two hours
 * ahead of UTC there from 2038 on; that is not compared.
 * ICU's own zone data are older than the system's, so it is asked for names only.
 */
#include <string.h>

#include "mapi/civil.h"
#include "mapi/recurrence.h"

enum {
    PROBES = 300, /* moments in each zone */
    SERIES = 400,
    FIRST_YEAR = 1975,
    LAST_YEAR = 2060,
};

/* One zone for each clock of the world: northern, southern, half hours, none, negative daylight time, odd laws. */
static const char *const zones[] = {
    "Africa/Abidjan",   "Africa/Cairo",        "Africa/Johannesburg", "America/Anchorage",
    "America/Bogota",   "America/Chicago",     "America/Denver",      "America/Halifax",
    "America/Havana",   "America/Los_Angeles", "America/Mexico_City", "America/New_York",
    "America/Phoenix",  "America/Santiago",    "America/Sao_Paulo",   "America/St_Johns",
    "Asia/Amman",       "Asia/Baghdad",        "Asia/Calcutta",       "Asia/Jerusalem",
    "Asia/Kathmandu",   "Asia/Shanghai",       "Asia/Singapore",      "Asia/Tehran",
    "Asia/Tokyo",       "Atlantic/Azores",     "Australia/Adelaide",  "Australia/Lord_Howe",
    "Australia/Sydney", "Europe/Berlin",       "Europe/Dublin",       "Europe/Istanbul",
    "Europe/London",    "Europe/Moscow",       "Pacific/Apia",        "Pacific/Auckland",
    "Pacific/Chatham",  "Pacific/Kiritimati",  "Pacific/Norfolk",     "UTC",
};

static GBytes *
load_zone(const char *iana_name, gpointer user_data)
{
    g_autofree char *path = g_build_filename("/usr/share/zoneinfo", iana_name, NULL);
    char *data;
    gsize len;

    (void) user_data;
    if (!g_file_get_contents(path, &data, &len, NULL))
        return NULL;
    return g_bytes_new_take(data, len);
}

static TwTimeZone *
open_zone(const char *name)
{
    g_autoptr(GBytes) file = load_zone(name, NULL);
    g_autoptr(GError) error = NULL;
    TwTimeZone *zone;

    if (file == NULL)
        return NULL;
    zone =
        tw_timezone_parse_tzif(name, g_bytes_get_data(file, NULL), g_bytes_get_size(file), &error);
    g_assert_no_error(error);
    return zone;
}

static gint64
unix_from_ticks(gint64 ticks)
{
    return ticks / TW_TICKS_SECOND - (gint64) TW_CIVIL_UNIX_EPOCH_DAY * 86400;
}

static gint64
random_moment(void)
{
    gint64 day = tw_civil_days(FIRST_YEAR, 1, 1) +
                 g_test_rand_int_range(0, (LAST_YEAR - FIRST_YEAR + 1) * 365);

    return day * TW_TICKS_DAY + g_test_rand_int_range(0, 1440) * TW_TICKS_MINUTE;
}

static gint64
offset_by_glib(GTimeZone *zone, gint64 utc)
{
    gint interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, unix_from_ticks(utc));

    return interval < 0 ? 0 : g_time_zone_get_offset(zone, interval);
}

static gboolean
peer_is_wrong(const char *zone, gint64 utc)
{
    return strcmp(zone, "Europe/Dublin") == 0 && utc >= tw_civil_days(2037, 1, 1) * TW_TICKS_DAY;
}

static gint64
offset_by_us(const TwTimeZone *zone, gint64 utc)
{
    return (tw_timezone_to_local(zone, utc) - utc) / TW_TICKS_SECOND;
}

static void
fail_at(const char *zone, gint64 utc, gint64 ours, gint64 theirs)
{
    TwCivilDate date = tw_civil_date(utc / TW_TICKS_DAY);

    g_error("%s: %04d-%02d-%02d +%d min UTC: %d seconds and not %d", zone, (int) date.year,
            date.month, date.day, (int) (utc % TW_TICKS_DAY / TW_TICKS_MINUTE), (int) ours,
            (int) theirs);
}

static void
test_offsets_against_glib(void)
{
    guint compared = 0;

    for (guint z = 0; z < G_N_ELEMENTS(zones); z++) {
        g_autoptr(TwTimeZone) zone = open_zone(zones[z]);
        g_autoptr(GTimeZone) peer = g_time_zone_new_identifier(zones[z]);

        if (zone == NULL || peer == NULL)
            continue;
        for (guint i = 0; i < PROBES; i++) {
            gint64 utc = random_moment();
            gint64 ours = offset_by_us(zone, utc), theirs = offset_by_glib(peer, utc);
            if (ours != theirs && !peer_is_wrong(zones[z], utc))
                fail_at(zones[z], utc, ours, theirs);
            compared++;
        }
        /* both sides of every change in some years */
        for (gint64 utc = tw_civil_days(2015, 1, 1) * TW_TICKS_DAY;
             utc < tw_civil_days(2026, 1, 1) * TW_TICKS_DAY; utc += TW_TICKS_DAY / 24) {
            gint64 ours = offset_by_us(zone, utc), theirs = offset_by_glib(peer, utc);
            if (ours != theirs)
                fail_at(zones[z], utc, ours, theirs);
        }
    }
    if (compared == 0)
        g_test_skip("no zone files on this machine");
}

/* To UTC and back, and that the answer is the first of two. */
static void
test_both_ways(void)
{
    for (guint z = 0; z < G_N_ELEMENTS(zones); z++) {
        g_autoptr(TwTimeZone) zone = open_zone(zones[z]);

        for (guint i = 0; zone != NULL && i < PROBES; i++) {
            gint64 utc = random_moment(), local = tw_timezone_to_local(zone, utc);
            gint64 again = tw_timezone_to_utc(zone, local);

            g_assert_cmpint(tw_timezone_to_local(zone, again), ==, local);
            g_assert_cmpint(again, <=, utc);
        }
    }
}

/*
 * Rules made for Windows keep the exact zone's clock hour for hour, through the blob. Years that a rule cannot say are those with
 * more than two changes, or with two of another kind; they are named here, and nowhere else may a difference be.
 */
static void
test_rules_against_exact(void)
{
    static const struct {
        const char *zone;
        int year; /* which a rule cannot say */
    } odd[] = {
        { "Africa/Cairo", 2010 }, /* four changes */
        { "Africa/Cairo", 2014 },
        { "Pacific/Apia", 2011 }, /* across the date line */
    };
    guint compared = 0;

    for (guint z = 0; z < G_N_ELEMENTS(zones); z++) {
        g_autoptr(TwTimeZone) zone = open_zone(zones[z]);
        g_autoptr(TwTimeZone) rules = NULL;
        g_autoptr(GBytes) blob = NULL;
        g_autoptr(GError) error = NULL;

        if (zone == NULL)
            continue;
        blob = tw_timezone_write_definition(zone, 2000, LAST_YEAR, 2026, TRUE, &error);
        g_assert_no_error(error);
        rules = tw_timezone_parse_definition(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob),
                                             &error);
        g_assert_no_error(error);
        for (int year = 2005; year < LAST_YEAR; year++) {
            gboolean is_odd = FALSE;
            for (guint i = 0; i < G_N_ELEMENTS(odd); i++)
                is_odd |= strcmp(odd[i].zone, zones[z]) == 0 && odd[i].year == year;
            for (gint64 hour = 24; !is_odd && hour < 364 * 24; hour += 2) {
                gint64 utc = tw_civil_days(year, 1, 1) * TW_TICKS_DAY + hour * TW_TICKS_DAY / 24;
                gint64 ours = offset_by_us(rules, utc), exact = offset_by_us(zone, utc);
                if (ours != exact)
                    fail_at(zones[z], utc, ours, exact);
            }
        }
        compared++;
    }
    if (compared == 0)
        g_test_skip("no zone files on this machine");
}

/* A rule that has stood since a year is one rule, not one a year. */
static void
test_rules_are_few(void)
{
    static const struct {
        const char *zone;
        int first_year;
        guint count;
    } cases[] = {
        { "Europe/Berlin", 1997, 1 },    { "America/New_York", 2000, 2 },
        { "Australia/Sydney", 2009, 1 }, { "Asia/Tokyo", 1970, 1 },
        { "Pacific/Auckland", 2009, 1 }, { "America/St_Johns", 2012, 1 },
        { "Europe/London", 1997, 1 },    { "Australia/Lord_Howe", 2009, 1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwTimeZone) zone = open_zone(cases[i].zone);
        g_autoptr(GArray) rules = NULL;

        if (zone == NULL)
            continue;
        rules = tw_timezone_get_rules(zone, cases[i].first_year, 2500);
        g_test_message("%s", cases[i].zone);
        g_assert_cmpuint(rules->len, ==, cases[i].count);
    }
}

/* The struct alone finds a zone of the same clock again. */
static void
test_guess(void)
{
    for (guint z = 0; z < G_N_ELEMENTS(zones); z += 3) {
        g_autoptr(TwTimeZone) zone = open_zone(zones[z]), plain = NULL, found = NULL;
        g_autoptr(GBytes) blob = NULL;
        g_autofree char *name = NULL;

        if (zone == NULL)
            continue;
        blob = tw_timezone_write_struct(zone, 2021);
        plain = tw_timezone_parse_struct(g_bytes_get_data(blob, NULL), 48, NULL);
        name = tw_timezone_guess_iana(plain, 2021, load_zone, NULL);
        g_test_message("%s: %s", zones[z], name);
        if (name == NULL) /* ICU's table of offsets is older than the zone file */
            continue;
        found = open_zone(name);
        for (gint64 hour = 24; hour < 364 * 24; hour++) {
            gint64 utc = tw_civil_days(2021, 1, 1) * TW_TICKS_DAY + hour * TW_TICKS_DAY / 24;
            g_assert_cmpint(offset_by_us(found, utc), ==, offset_by_us(zone, utc));
        }
    }
    {
        g_autoptr(TwTimeZone) berlin = open_zone("Europe/Berlin"), tokyo = open_zone("Asia/Tokyo");
        g_autofree char *a = NULL, *b = NULL;
        if (berlin == NULL || tokyo == NULL)
            return;
        a = tw_timezone_guess_iana(tokyo, 2026, load_zone, NULL);
        b = tw_timezone_guess_iana(berlin, 2026, load_zone, NULL);
        g_assert_nonnull(a);
        g_assert_nonnull(b);
    }
}

/* Series in a zone: each instance is where GLib puts its wall clock, or in a gap or a repeated hour. */
static void
test_series_in_zones(void)
{
    for (guint i = 0; i < SERIES; i++) {
        const char *name = zones[g_test_rand_int_range(0, G_N_ELEMENTS(zones))];
        g_autoptr(TwTimeZone) zone = open_zone(name);
        g_autoptr(GTimeZone) peer = g_time_zone_new_identifier(name);
        g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
        g_autoptr(GArray) instances = NULL;
        gint64 from = random_moment(), to = from + g_test_rand_int_range(1, 500) * TW_TICKS_DAY;

        if (zone == NULL || peer == NULL || peer_is_wrong(name, to))
            continue;
        recurrence->pattern.start_date =
            (guint32) (tw_civil_days(1990, 1, 1) + g_test_rand_int_range(0, 365)) *
            TW_CIVIL_DAY_MINUTES;
        recurrence->pattern.period = (guint32) g_test_rand_int_range(1, 9) * TW_CIVIL_DAY_MINUTES;
        recurrence->has_times = TRUE;
        recurrence->start_offset = (guint32) g_test_rand_int_range(0, 1440);
        recurrence->end_offset = recurrence->start_offset + 45;
        instances = tw_recurrence_expand(recurrence, zone, from, to, 1000, NULL);
        for (guint n = 0; n < instances->len; n++) {
            const TwRecurrenceInstance *instance =
                &g_array_index(instances, TwRecurrenceInstance, n);
            gint64 theirs = instance->local_start * TW_TICKS_MINUTE -
                            offset_by_glib(peer, instance->start) * TW_TICKS_SECOND;
            gint64 before = offset_by_glib(peer, instance->start - TW_TICKS_DAY);
            g_assert_cmpint(instance->start, <, to);
            g_assert_cmpint(instance->end, >, from);
            if (instance->start != theirs) /* never shown: by the clock before */
                g_assert_cmpint(instance->start, ==,
                                instance->local_start * TW_TICKS_MINUTE - before * TW_TICKS_SECOND);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oxocal/timezone/peer/offsets", test_offsets_against_glib);
    g_test_add_func("/oxocal/timezone/peer/both-ways", test_both_ways);
    g_test_add_func("/oxocal/timezone/peer/rules", test_rules_against_exact);
    g_test_add_func("/oxocal/timezone/peer/few-rules", test_rules_are_few);
    g_test_add_func("/oxocal/timezone/peer/guess", test_guess);
    g_test_add_func("/oxocal/timezone/peer/series", test_series_in_zones);
    return g_test_run();
}
