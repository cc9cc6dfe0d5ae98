/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The expansion against libical's, an engine of other hands that walks from the start: random patterns, series in 1990-2050, random
 * windows. The seed of GLib's test random numbers is printed by GTest and replays a run: --seed=R02S...
 *
 * libical 3.0.16 skips or invents weeks when WKST is not Sunday (FREQ=WEEKLY;INTERVAL=6;WKST=MO;BYDAY=SU from Thursday,
 * 2022-02-24 begins on 3 April there; it is 27 February by RFC 5545 and by other engines). So a pattern whose weeks begin on
 * day n is handed over n days earlier, with its weekdays, weeks then beginning on Sunday, and what comes back is moved n days on.
 *
 * libical leaves out months that lack a day where Outlook takes the last day; such patterns are worded for it as "the
 * last of days 28 to n". The rule itself is handed over with the count of the pattern, or with its end date.
 */
#include <libical/ical.h>
#include <string.h>

#include "base/error.h"
#include "mapi/civil.h"
#include "mapi/recurrence.h"

enum {
    SERIES = 3000,
    WINDOWS = 3, /* of each series */
    MOST = 100000,
};

static const char *const day_names[] = { "SU", "MO", "TU", "WE", "TH", "FR", "SA" };

static void
put_days(GString *rule, guint8 days)
{
    const char *comma = ";BYDAY=";

    for (guint i = 0; i < 7; i++) {
        if (!(days >> i & 1))
            continue;
        g_string_append_printf(rule, "%s%s", comma, day_names[i]);
        comma = ",";
    }
}

static void
put_day_of_month(GString *rule, guint day)
{
    if (day <= 28) {
        g_string_append_printf(rule, ";BYMONTHDAY=%u", day);
    } else if (day == 31) {
        g_string_append(rule, ";BYMONTHDAY=-1");
    } else {
        g_string_append(rule, ";BYMONTHDAY=28");
        for (guint i = 29; i <= day; i++)
            g_string_append_printf(rule, ",%u", i);
        g_string_append(rule, ";BYSETPOS=-1");
    }
}

/* Days by which libical gets it earlier. */
static int
shift_for_libical(const TwRecurrencePattern *pattern)
{
    return pattern->type == TW_RECURRENCE_WEEK ? pattern->first_weekday : 0;
}

static guint8
rotated_days(const TwRecurrencePattern *pattern)
{
    guint8 days = 0;

    for (guint i = 0; i < 7; i++) {
        if (pattern->days >> (i + pattern->first_weekday) % 7 & 1)
            days |= (guint8) (1u << i);
    }
    return days;
}

static char *
rule_for_libical(const TwRecurrencePattern *pattern)
{
    GString *rule = g_string_new(NULL);

    if (pattern->type == TW_RECURRENCE_DAY) {
        g_string_printf(rule, "FREQ=DAILY;INTERVAL=%u", pattern->period / TW_CIVIL_DAY_MINUTES);
    } else if (pattern->type == TW_RECURRENCE_WEEK) {
        g_string_printf(rule, "FREQ=WEEKLY;INTERVAL=%u;WKST=SU", pattern->period);
        put_days(rule, rotated_days(pattern));
    } else {
        g_string_printf(rule, "FREQ=MONTHLY;INTERVAL=%u", pattern->period);
        if (pattern->type == TW_RECURRENCE_MONTH_NTH) {
            put_days(rule, pattern->days);
            g_string_append_printf(rule, ";BYSETPOS=%d", pattern->nth == 5 ? -1 : pattern->nth);
        } else {
            put_day_of_month(rule,
                             pattern->type == TW_RECURRENCE_MONTH_END ? 31 : pattern->day_of_month);
        }
    }
    if (pattern->end == TW_RECURRENCE_END_COUNT) {
        g_string_append_printf(rule, ";COUNT=%u", pattern->count);
    } else if (pattern->end == TW_RECURRENCE_END_DATE) {
        TwCivilDate date = tw_civil_date((gint64) pattern->end_date / TW_CIVIL_DAY_MINUTES -
                                         shift_for_libical(pattern));
        g_string_append_printf(rule, ";UNTIL=%04d%02d%02d", (int) date.year, date.month, date.day);
    }
    return g_string_free(rule, FALSE);
}

/* Slots of a pattern by libical, up to and including a day; day numbers. */
static GArray *
slots_by_libical(const TwRecurrencePattern *pattern, const char *rule_text, gint64 last_day)
{
    GArray *days = g_array_new(FALSE, FALSE, sizeof(gint64));
    int shift = shift_for_libical(pattern);
    TwCivilDate start = tw_civil_date((gint64) pattern->start_date / TW_CIVIL_DAY_MINUTES - shift);
    struct icalrecurrencetype rule = icalrecurrencetype_from_string(rule_text);
    struct icaltimetype from = { .is_date = 1 }, t;
    icalrecur_iterator *iterator;

    from.year = (int) start.year;
    from.month = start.month;
    from.day = start.day;
    iterator = icalrecur_iterator_new(rule, from);
    g_assert_nonnull(iterator);
    while (!icaltime_is_null_time(t = icalrecur_iterator_next(iterator))) {
        gint64 day = tw_civil_days(t.year, t.month, t.day) + shift;
        if (day > last_day)
            break;
        if (days->len == 0 || g_array_index(days, gint64, days->len - 1) != day)
            g_array_append_val(days, day);
    }
    icalrecur_iterator_free(iterator);
    return days;
}

static guint8
random_days(void)
{
    return (guint8) g_test_rand_int_range(1, 128);
}

static void
random_pattern(TwRecurrencePattern *pattern)
{
    static const TwRecurrencePatternType types[] = { TW_RECURRENCE_DAY, TW_RECURRENCE_WEEK,
                                                     TW_RECURRENCE_MONTH, TW_RECURRENCE_MONTH_NTH,
                                                     TW_RECURRENCE_MONTH_END };
    gint64 start = tw_civil_days(1990, 1, 1) + g_test_rand_int_range(0, 60 * 365);

    *pattern = (TwRecurrencePattern){
        .type = types[g_test_rand_int_range(0, G_N_ELEMENTS(types))],
        .period = (guint32) g_test_rand_int_range(1, 8),
        .days = random_days(),
        .day_of_month = (guint8) g_test_rand_int_range(1, 32),
        .nth = (guint8) g_test_rand_int_range(1, 6),
        .first_weekday = (guint8) g_test_rand_int_range(0, 7),
        .start_date = (guint32) (start * TW_CIVIL_DAY_MINUTES),
        .end = (TwRecurrenceEnd) g_test_rand_int_range(TW_RECURRENCE_END_DATE,
                                                       TW_RECURRENCE_END_NEVER + 1),
        .count = (guint32) g_test_rand_int_range(1, 400),
        .end_date = (guint32) ((start + g_test_rand_int_range(0, 4000)) * TW_CIVIL_DAY_MINUTES),
    };
    switch (pattern->type) {
    case TW_RECURRENCE_DAY:
        pattern->frequency = TW_RECURRENCE_DAILY;
        pattern->period *= TW_CIVIL_DAY_MINUTES;
        break;
    case TW_RECURRENCE_WEEK:
        pattern->frequency = TW_RECURRENCE_WEEKLY;
        break;
    default:
        pattern->frequency = TW_RECURRENCE_MONTHLY;
        if (g_test_rand_bit()) {
            pattern->frequency = TW_RECURRENCE_YEARLY;
            pattern->period = 12 * (guint32) g_test_rand_int_range(1, 4);
        }
        break;
    }
}

static void
compare_window(
    TwRecurrence *recurrence, const char *rule, const GArray *slots, gint64 from, gint64 to)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) ours = tw_recurrence_expand(recurrence, NULL, from * TW_TICKS_DAY,
                                                  to * TW_TICKS_DAY, MOST, &error);
    guint at = 0;

    g_assert_no_error(error);
    for (guint i = 0; i < slots->len; i++) {
        gint64 day = g_array_index(slots, gint64, i);
        if (day < from || day >= to)
            continue;
        if (at >= ours->len || g_array_index(ours, TwRecurrenceInstance, at).day != (guint32) day) {
            TwCivilDate date = tw_civil_date(day);
            g_autofree char *text = tw_recurrence_to_string(recurrence, TW_RECURRENCE_TEXT_PLAIN);
            g_error("%s\n%s: instance %u of %u should be %04d-%02d-%02d, days %d to %d", text, rule,
                    at, ours->len, (int) date.year, date.month, date.day, (int) from, (int) to);
        }
        at++;
    }
    if (at != ours->len) {
        TwCivilDate first = tw_civil_date(recurrence->pattern.start_date / TW_CIVIL_DAY_MINUTES);
        TwCivilDate more = tw_civil_date(g_array_index(ours, TwRecurrenceInstance, at).day);
        g_error("%s from %04d-%02d-%02d: instance %u of %u is not there: %04d-%02d-%02d", rule,
                (int) first.year, first.month, first.day, at, ours->len, (int) more.year,
                more.month, more.day);
    }
}

static void
test_against_libical(void)
{
    guint compared = 0;

    for (guint i = 0; i < SERIES; i++) {
        g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
        g_autoptr(GArray) slots = NULL;
        g_autofree char *rule = NULL;
        gint64 start, horizon = tw_civil_days(2051, 1, 1);

        random_pattern(&recurrence->pattern);
        recurrence->has_times = TRUE;
        recurrence->start_offset = 9 * 60;
        recurrence->end_offset = 10 * 60;
        rule = rule_for_libical(&recurrence->pattern);
        start = recurrence->pattern.start_date / TW_CIVIL_DAY_MINUTES;
        if (i % 10 != 0) /* libical walks: a tenth of the series is followed to 2050 */
            horizon = MIN(horizon, start + 3000);
        slots = slots_by_libical(&recurrence->pattern, rule, horizon);
        compared += slots->len;
        for (guint w = 0; w < WINDOWS; w++) {
            gint64 from = start - 40 + g_test_rand_int_range(0, (gint32) (horizon - start + 41));
            gint64 to = from + g_test_rand_int_range(1, 800);
            compare_window(recurrence, rule, slots, from, MIN(to, horizon));
        }
        compare_window(recurrence, rule, slots, start - 1, horizon);
    }
    g_test_message("%u series, %u slots compared", SERIES, compared);
    g_assert_cmpuint(compared, >, 10u * SERIES);
}

/* What normalization says of the ends is what libical counts. */
static void
test_ends_against_libical(void)
{
    for (guint i = 0; i < SERIES; i++) {
        g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) slots = NULL;
        g_autofree char *rule = NULL;
        TwRecurrencePattern before;
        gboolean ok;

        random_pattern(&recurrence->pattern);
        if (recurrence->pattern.end == TW_RECURRENCE_END_NEVER)
            recurrence->pattern.end = TW_RECURRENCE_END_COUNT;
        recurrence->pattern.count = recurrence->pattern.count % 60 + 1;
        before = recurrence->pattern;
        rule = rule_for_libical(&before);
        slots = slots_by_libical(&before, rule, G_MAXINT64);
        g_test_message("%s", rule);
        ok = tw_recurrence_normalize(recurrence, &error);
        g_assert_true(ok == (slots->len > 0));
        if (!ok) {
            g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
            g_assert_true(memcmp(&before, &recurrence->pattern, sizeof before) == 0);
            continue;
        }
        g_assert_cmpuint(recurrence->pattern.count, ==, slots->len);
        g_assert_cmpint(recurrence->pattern.start_date, ==,
                        g_array_index(slots, gint64, 0) * TW_CIVIL_DAY_MINUTES);
        g_assert_cmpint(recurrence->pattern.end_date, ==,
                        g_array_index(slots, gint64, slots->len - 1) * TW_CIVIL_DAY_MINUTES);
    }
}

/* ---- exceptions, in zones ---- */

typedef struct {
    gint64 utc, local; /* ticks, minutes */
    gint32 moved;      /* 1: an exception */
} Wanted;

static int
compare_wanted(gconstpointer a, gconstpointer b)
{
    const Wanted *x = a, *y = b;

    if (x->utc != y->utc)
        return x->utc < y->utc ? -1 : 1;
    return x->local < y->local ? -1 : x->local > y->local;
}

static gint64
offset_by_glib(GTimeZone *zone, gint64 ticks)
{
    gint64 seconds = ticks / TW_TICKS_SECOND - (gint64) TW_CIVIL_UNIX_EPOCH_DAY * 86400;

    return g_time_zone_get_offset(zone,
                                  g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, seconds)) *
           TW_TICKS_SECOND;
}

/* The first of two; what never comes, by the clock before. */
static gint64
utc_by_glib(GTimeZone *zone, gint64 minutes)
{
    gint64 local = minutes * TW_TICKS_MINUTE;
    gint64 before = local - offset_by_glib(zone, local - TW_TICKS_DAY);
    gint64 after = local - offset_by_glib(zone, local + TW_TICKS_DAY);

    if (before + offset_by_glib(zone, before) != local &&
        after + offset_by_glib(zone, after) == local)
        return after;
    return before;
}

/* Takes some slots away, moves some, and leaves the others. */
static GArray *
change_some(TwRecurrence *recurrence, const GArray *slots, GTimeZone *zone)
{
    GArray *wanted = g_array_new(FALSE, FALSE, sizeof(Wanted));

    for (guint i = 0; i < slots->len; i++) {
        gint64 day = g_array_index(slots, gint64, i);
        guint32 midnight = (guint32) day * TW_CIVIL_DAY_MINUTES;
        Wanted one = { .local = midnight + recurrence->start_offset };
        int fate = g_test_rand_int_range(0, 8);

        if (fate == 0) {
            g_array_append_val(recurrence->deleted, midnight);
            continue;
        }
        if (fate == 1) {
            TwRecurrenceException exception = { .original = (guint32) one.local };
            one.local += g_test_rand_int_range(-5000, 5000);
            one.moved = 1;
            exception.start = (guint32) one.local;
            exception.end = exception.start + 30;
            g_array_append_val(recurrence->exceptions, exception);
        }
        one.utc = utc_by_glib(zone, one.local);
        g_array_append_val(wanted, one);
    }
    g_array_sort(wanted, compare_wanted);
    return wanted;
}

/* Series of 1990 to 2050 with exceptions, in zones of the system: slots by libical, clocks by GLib. */
static void
test_exceptions_in_zones(void)
{
    static const char *const names[] = {
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Sao_Paulo",
        "America/St_Johns",
        "Australia/Sydney",
        "Pacific/Auckland",
        "Asia/Kolkata",
        "Europe/London",
        "America/Santiago",
    };
    guint compared = 0;

    for (guint i = 0; i < SERIES; i++) {
        const char *name = names[g_test_rand_int_range(0, G_N_ELEMENTS(names))];
        g_autofree char *path = g_build_filename("/usr/share/zoneinfo", name, NULL);
        g_autoptr(GTimeZone) peer = g_time_zone_new_identifier(name);
        g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
        g_autofree char *file = NULL, *rule = NULL;
        g_autoptr(GArray) slots = NULL, wanted = NULL, ours = NULL;
        g_autoptr(TwTimeZone) zone = NULL;
        g_autoptr(GError) error = NULL;
        gint64 from, to;
        gsize len;

        if (peer == NULL || !g_file_get_contents(path, &file, &len, NULL))
            continue;
        zone = tw_timezone_parse_tzif(name, (const guint8 *) file, len, &error);
        g_assert_no_error(error);
        random_pattern(&recurrence->pattern);
        recurrence->pattern.end = TW_RECURRENCE_END_COUNT;
        recurrence->pattern.count = recurrence->pattern.count % 60 + 1;
        recurrence->has_times = TRUE;
        recurrence->start_offset = (guint32) g_test_rand_int_range(0, 1440);
        recurrence->end_offset = recurrence->start_offset + 30;
        rule = rule_for_libical(&recurrence->pattern);
        slots = slots_by_libical(&recurrence->pattern, rule, tw_civil_days(2051, 1, 1));
        if (slots->len < recurrence->pattern.count) /* it goes on after 2050 */
            continue;
        wanted = change_some(recurrence, slots, peer);
        g_assert_true(tw_recurrence_normalize(recurrence, &error));
        from = (g_array_index(slots, gint64, 0) - 10) * TW_TICKS_DAY;
        to = (g_array_index(slots, gint64, slots->len - 1) + 10) * TW_TICKS_DAY;
        ours = tw_recurrence_expand(recurrence, zone, from, to, MOST, &error);
        g_assert_no_error(error);
        g_test_message("%s in %s", rule, name);
        g_assert_cmpuint(ours->len, ==, wanted->len);
        for (guint n = 0; n < wanted->len; n++) {
            const TwRecurrenceInstance *one = &g_array_index(ours, TwRecurrenceInstance, n);
            const Wanted *it = &g_array_index(wanted, Wanted, n);
            g_assert_cmpint(one->start, ==, it->utc);
            g_assert_cmpint(one->exception >= 0, ==, it->moved);
        }
        compared += wanted->len;
    }
    g_test_message("%u instances compared", compared);
    g_assert_cmpuint(compared, >, 5u * SERIES);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oxocal/recurrence/peer/windows", test_against_libical);
    g_test_add_func("/oxocal/recurrence/peer/ends", test_ends_against_libical);
    g_test_add_func("/oxocal/recurrence/peer/exceptions-in-zones", test_exceptions_in_zones);
    return g_test_run();
}
