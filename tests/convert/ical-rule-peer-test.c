/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rules against libical's expansion: random rules of days, 1990 to 2050. tw_ical_rule_has_day() must say the same days, and so
 * must the series made of the rule. The seed of GLib's test random numbers is printed by GTest and replays a run.
 *
 * libical 3.0.16 goes astray with weeks that do not begin on Sunday (tests/mapi/recurrence-peer-test.c), and does not know
 * BYWEEKNO together with other parts; such rules are left to the table in ical-test.c.
 */
#include <libical/ical.h>
#include <string.h>

#include "convert/ical-rule.h"
#include "mapi/civil.h"

enum {
    RULES = 1000,
    DAYS_AHEAD = 1500,
};

static const char *const day_names[] = { "SU", "MO", "TU", "WE", "TH", "FR", "SA" };

static gboolean
one_in(int n)
{
    return g_test_rand_int_range(0, n) == 0;
}

static void
put_list(GString *out, const char *name, int least, int most)
{
    int count = g_test_rand_int_range(1, 4);
    gboolean used[512] = { FALSE };

    g_string_append_printf(out, ";%s=", name);
    for (int i = 0; i < count; i++) {
        int value = g_test_rand_int_range(least, most + 1);
        if (value == 0 || used[value - least])
            value = most;
        if (used[value - least])
            continue;
        used[value - least] = TRUE;
        g_string_append_printf(out, "%s%d", i > 0 ? "," : "", value);
    }
    if (g_str_has_suffix(out->str, ","))
        g_string_truncate(out, out->len - 1);
}

static void
put_days(GString *out, gboolean numbered, int most)
{
    guint mask = (guint) g_test_rand_int_range(1, 128);
    const char *comma = ";BYDAY=";

    for (int i = 0; i < 7; i++) {
        if (!(mask >> i & 1) || (numbered && !one_in(3)))
            continue;
        g_string_append(out, comma);
        if (numbered)
            g_string_append_printf(out, "%d",
                                   one_in(3) ? -g_test_rand_int_range(1, most)
                                             : g_test_rand_int_range(1, most));
        g_string_append(out, day_names[i]);
        comma = ",";
    }
}

static char *
random_rule(void)
{
    static const char *const names[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };
    int frequency = g_test_rand_int_range(0, 4);
    GString *out = g_string_new("FREQ=");

    g_string_append(out, names[frequency]);
    if (one_in(2))
        g_string_append_printf(out, ";INTERVAL=%d", g_test_rand_int_range(1, 5));
    g_string_append(out, ";WKST=SU");
    if (frequency == 3 ? one_in(2) : frequency == 2 && one_in(5))
        put_list(out, "BYMONTH", 1, 12);
    if (frequency == 0)
        return g_string_free(out, FALSE);
    if (frequency == 1) {
        if (!one_in(3))
            put_days(out, FALSE, 0);
    } else if (one_in(2)) {
        put_days(out, one_in(2), frequency == 2 || strstr(out->str, "BYMONTH") ? 6 : 53);
    } else if (!one_in(4) && (frequency == 2 || strstr(out->str, "BYMONTH") != NULL)) {
        put_list(out, "BYMONTHDAY", one_in(2) ? -31 : 1, 31);
    }
    if (frequency == 2 && strstr(out->str, "BYDAY") != NULL && one_in(3))
        g_string_append_printf(out, ";BYSETPOS=%d", one_in(2) ? -1 : g_test_rand_int_range(1, 5));
    return g_string_free(out, FALSE);
}

/* Days libical gives, from @start to @end. */
static GHashTable *
peer_days(const char *text, gint64 start, gint64 end)
{
    TwCivilDate date = tw_civil_date(start);
    struct icalrecurrencetype rule = icalrecurrencetype_from_string(text);
    struct icaltimetype from = {
        .year = (int) date.year, .month = date.month, .day = date.day, .is_date = 1
    };
    icalrecur_iterator *iterator = icalrecur_iterator_new(rule, from);
    GHashTable *days = g_hash_table_new(NULL, NULL);

    /* it refuses a rule that never comes: "the third of the second Mondays" */
    while (iterator != NULL) {
        struct icaltimetype next = icalrecur_iterator_next(iterator);
        gint64 day;
        if (icaltime_is_null_time(next))
            break;
        day = tw_civil_days(next.year, next.month, next.day);
        if (day >= end)
            break;
        g_hash_table_add(days, GINT_TO_POINTER((int) day));
    }
    if (iterator != NULL)
        icalrecur_iterator_free(iterator);
    return days;
}

static void
check_series(const char *text, const TwIcalRule *rule, gint64 start, GHashTable *days)
{
    g_autoptr(TwRecurrence) series = tw_recurrence_new();
    TwIcalRuleFit fit = tw_ical_rule_to_series(rule, start * TW_TICKS_DAY, G_MAXINT64, series);
    gint64 end = start + DAYS_AHEAD;

    if (fit == TW_ICAL_RULE_NONE)
        return;
    g_assert_true(tw_recurrence_normalize(series, NULL));
    if (fit == TW_ICAL_RULE_CUT)
        end = MIN(end, series->pattern.end_date / TW_CIVIL_DAY_MINUTES + 1);
    for (gint64 day = start; day < end; day++) {
        guint32 minutes = (guint32) day * TW_CIVIL_DAY_MINUTES;
        gboolean has = tw_recurrence_is_slot(series, (guint32) day);
        for (guint i = 0; has && i < series->deleted->len; i++)
            has = g_array_index(series->deleted, guint32, i) != minutes;
        if (has != g_hash_table_contains(days, GINT_TO_POINTER((int) day))) {
            TwCivilDate date = tw_civil_date(day);
            g_error("series of %s from %d: %d-%02d-%02d", text, (int) start, (int) date.year,
                    date.month, date.day);
        }
    }
}

static void
test_rules(void)
{
    guint none = 0, exact = 0;

    for (guint i = 0; i < RULES; i++) {
        g_autofree char *text = random_rule();
        gint64 start = tw_civil_days(1990, 1, 1) + g_test_rand_int_range(0, 50 * 365);
        g_autoptr(GHashTable) days = peer_days(text, start, start + DAYS_AHEAD);
        TwIcalRule rule;
        g_assert_true(tw_ical_rule_parse(text, strlen(text), &rule));
        g_assert_true(tw_ical_rule_is_of_days(&rule));
        for (gint64 day = start; day < start + DAYS_AHEAD; day++) {
            if (tw_ical_rule_has_day(&rule, start, day) !=
                g_hash_table_contains(days, GINT_TO_POINTER((int) day))) {
                TwCivilDate a = tw_civil_date(start), b = tw_civil_date(day);
                g_error("%s from %d-%02d-%02d: %d-%02d-%02d", text, (int) a.year, a.month, a.day,
                        (int) b.year, b.month, b.day);
            }
        }
        check_series(text, &rule, start, days);
        {
            g_autoptr(TwRecurrence) series = tw_recurrence_new();
            TwIcalRuleFit fit =
                tw_ical_rule_to_series(&rule, start * TW_TICKS_DAY, G_MAXINT64, series);
            none += fit == TW_ICAL_RULE_NONE;
            exact += fit == TW_ICAL_RULE_EXACT;
        }
    }
    g_test_message("%d rules: %u as a pattern, %u not at all", RULES, exact, none);
    g_assert_cmpuint(exact, >, RULES / 4);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rfc5545/3.3.10/peer", test_rules);
    return g_test_run();
}
