/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/ical-value.h"

#include <string.h>

#include "base/number.h"
#include "mapi/civil.h"

static const gint64 most_seconds = G_GINT64_CONSTANT(10000) * 366 * 86400;

/* ---- times ---- */

static gboolean
take_number(const char *text, gsize digits, guint32 max, int *ret)
{
    guint32 number;

    if (!tw_parse_u32(text, digits, max, &number))
        return FALSE;
    *ret = (int) number;
    return TRUE;
}

static gboolean
parse_day(const char *text, gint64 *ret_day)
{
    int year, month, day;
    TwCivilDate back;

    if (!take_number(text, 4, 9999, &year) || !take_number(text + 4, 2, 12, &month) ||
        !take_number(text + 6, 2, 31, &day) || year < 1601 || month < 1 || day < 1)
        return FALSE;
    *ret_day = tw_civil_days(year, month, day);
    back = tw_civil_date(*ret_day);
    return back.month == month && back.day == day;
}

gboolean
tw_ical_time_parse(const char *text, gsize len, TwIcalTime *ret)
{
    TwIcalTime time = { .kind = TW_ICAL_DATE, .ticks = 0 };
    int hour, minute, second;
    gint64 day;

    if ((len != 8 && len != 15 && len != 16) || !parse_day(text, &day))
        return FALSE;
    time.ticks = day * TW_TICKS_DAY;
    if (len > 8) {
        if ((text[8] != 'T' && text[8] != 't') || !take_number(text + 9, 2, 23, &hour) ||
            !take_number(text + 11, 2, 59, &minute) || !take_number(text + 13, 2, 60, &second) ||
            (len == 16 && text[15] != 'Z' && text[15] != 'z'))
            return FALSE;
        time.kind = len == 16 ? TW_ICAL_UTC : TW_ICAL_FLOATING;
        time.ticks += (hour * 3600 + minute * 60 + MIN(second, 59)) * TW_TICKS_SECOND;
    }
    *ret = time;
    return TRUE;
}

void
tw_ical_time_print(TwIcalTime time, char ret[TW_ICAL_TIME_SIZE])
{
    gint64 ticks = CLAMP(time.ticks, TW_TICKS_MIN, TW_TICKS_MAX - TW_TICKS_SECOND);
    TwCivilDate date = tw_civil_date(ticks / TW_TICKS_DAY);
    int second = (int) (ticks % TW_TICKS_DAY / TW_TICKS_SECOND);

    /* the numbers are in range by the line above; the masks tell the compiler */
    if (time.kind == TW_ICAL_DATE)
        g_snprintf(ret, TW_ICAL_TIME_SIZE, "%04u%02u%02u", (guint) date.year % 10000u,
                   (guint) date.month % 100u, (guint) date.day % 100u);
    else
        g_snprintf(ret, TW_ICAL_TIME_SIZE, "%04u%02u%02uT%02u%02u%02u%s",
                   (guint) date.year % 10000u, (guint) date.month % 100u, (guint) date.day % 100u,
                   (guint) second / 3600u % 100u, (guint) second / 60u % 60u, (guint) second % 60u,
                   time.kind == TW_ICAL_UTC ? "Z" : "");
}

/* ---- durations and offsets ---- */

gboolean
tw_ical_duration_parse(const char *text, gsize len, gint64 *ret_seconds)
{
    static const struct {
        char unit;
        gboolean of_time;
        int seconds;
    } units[] = { { 'W', FALSE, 604800 },
                  { 'D', FALSE, 86400 },
                  { 'H', TRUE, 3600 },
                  { 'M', TRUE, 60 },
                  { 'S', TRUE, 1 } };
    gboolean negative = len > 0 && text[0] == '-', of_time = FALSE, any = FALSE;
    gsize i = len > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    gint64 seconds = 0;

    if (i >= len || g_ascii_toupper(text[i++]) != 'P')
        return FALSE;
    while (i < len) {
        gsize digits = 0, unit = 0;
        guint32 number;
        if (g_ascii_toupper(text[i]) == 'T') {
            of_time = TRUE;
            i++;
            continue;
        }
        while (i + digits < len && g_ascii_isdigit(text[i + digits]))
            digits++;
        if (i + digits >= len || !tw_parse_u32(text + i, digits, G_MAXUINT32, &number))
            return FALSE;
        i += digits;
        while (unit < G_N_ELEMENTS(units) &&
               (units[unit].unit != g_ascii_toupper(text[i]) || units[unit].of_time != of_time))
            unit++;
        if (unit == G_N_ELEMENTS(units))
            return FALSE;
        seconds += (gint64) number * units[unit].seconds;
        if (seconds > most_seconds)
            return FALSE;
        i++;
        any = TRUE;
    }
    if (any)
        *ret_seconds = negative ? -seconds : seconds;
    return any;
}

char *
tw_ical_duration_print(gint64 seconds)
{
    GString *out = g_string_new(seconds < 0 ? "-P" : "P");
    gint64 left = ABS(seconds), day = 86400;

    if (left > 0 && left % (7 * day) == 0) {
        g_string_append_printf(out, "%" G_GINT64_FORMAT "W", left / (7 * day));
        return g_string_free(out, FALSE);
    }
    if (left >= day)
        g_string_append_printf(out, "%" G_GINT64_FORMAT "D", left / day);
    left %= day;
    if (left > 0 || seconds == 0) {
        g_string_append_c(out, 'T');
        if (left >= 3600)
            g_string_append_printf(out, "%dH", (int) (left / 3600));
        if (left % 3600 >= 60)
            g_string_append_printf(out, "%dM", (int) (left % 3600 / 60));
        if (left % 60 > 0 || seconds == 0)
            g_string_append_printf(out, "%dS", (int) (left % 60));
    }
    return g_string_free(out, FALSE);
}

gboolean
tw_ical_offset_parse(const char *text, gsize len, gint32 *ret_seconds)
{
    int hour, minute, second = 0, sum;

    if ((len != 5 && len != 7) || (text[0] != '+' && text[0] != '-') ||
        !take_number(text + 1, 2, 23, &hour) || !take_number(text + 3, 2, 59, &minute) ||
        (len == 7 && !take_number(text + 5, 2, 59, &second)))
        return FALSE;
    sum = hour * 3600 + minute * 60 + second;
    *ret_seconds = text[0] == '-' ? -sum : sum;
    return TRUE;
}

/* ---- rules ---- */

static const char *const weekdays[] = { "SU", "MO", "TU", "WE", "TH", "FR", "SA" };

static gboolean
find_weekday(const char *text, gsize len, int *ret)
{
    for (int i = 0; i < 7 && len == 2; i++) {
        if (g_ascii_strncasecmp(text, weekdays[i], 2) == 0) {
            *ret = i;
            return TRUE;
        }
    }
    return FALSE;
}

/* "+2", "-1", "15" within @most either way; 0 only where @zero. */
static gboolean
parse_signed(const char *text, gsize len, int least, int most, int *ret)
{
    gboolean negative = len > 0 && text[0] == '-';
    gsize sign = len > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    guint32 number;
    int value;

    if (!tw_parse_u32(text + sign, len - sign, 100000, &number))
        return FALSE;
    value = negative ? -(int) number : (int) number;
    if (value > most || value < least || (value == 0 && least < 0))
        return FALSE;
    *ret = value;
    return TRUE;
}

static gboolean
parse_by_day(const char *text, gsize len, gint16 *ret)
{
    int day, nth = 0;

    if (len < 2 || !find_weekday(text + len - 2, 2, &day) ||
        (len > 2 && !parse_signed(text, len - 2, -53, 53, &nth)))
        return FALSE;
    *ret = (gint16) (nth * 8 + day);
    return TRUE;
}

typedef struct {
    const char *name;
    int least, most;
} ByRow;

static const ByRow by_rows[TW_ICAL_BY_COUNT] = {
    [TW_ICAL_BY_SECOND] = { "BYSECOND", 0, 60 },
    [TW_ICAL_BY_MINUTE] = { "BYMINUTE", 0, 59 },
    [TW_ICAL_BY_HOUR] = { "BYHOUR", 0, 23 },
    [TW_ICAL_BY_MONTH_DAY] = { "BYMONTHDAY", -31, 31 },
    [TW_ICAL_BY_YEAR_DAY] = { "BYYEARDAY", -366, 366 },
    [TW_ICAL_BY_WEEK] = { "BYWEEKNO", -53, 53 },
    [TW_ICAL_BY_MONTH] = { "BYMONTH", 1, 12 },
    [TW_ICAL_BY_POSITION] = { "BYSETPOS", -366, 366 },
    [TW_ICAL_BY_DAY] = { "BYDAY", 0, 0 },
};

static gboolean
parse_by(const char *text, TwIcalBy by, TwIcalRule *rule)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", TW_ICAL_MAX_BY + 1);

    if (rule->by_count[by] > 0 || g_strv_length(parts) > TW_ICAL_MAX_BY || parts[0] == NULL)
        return FALSE;
    for (guint i = 0; parts[i] != NULL; i++) {
        gsize len = strlen(parts[i]);
        int number = 0;
        if (by == TW_ICAL_BY_DAY) {
            if (!parse_by_day(parts[i], len, &rule->by[by][i]))
                return FALSE;
        } else {
            if (!parse_signed(parts[i], len, by_rows[by].least, by_rows[by].most, &number))
                return FALSE;
            rule->by[by][i] = (gint16) number;
        }
        rule->by_count[by]++;
    }
    return TRUE;
}

static gboolean
parse_frequency(const char *value, TwIcalRule *rule)
{
    static const char *const names[] = { "SECONDLY", "MINUTELY", "HOURLY", "DAILY",
                                         "WEEKLY",   "MONTHLY",  "YEARLY" };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(value, names[i]) == 0) {
            rule->frequency = (TwIcalFrequency) i;
            return TRUE;
        }
    }
    return FALSE;
}

enum {
    SEEN_FREQ = 1u << 0,
    SEEN_INTERVAL = 1u << 1,
    SEEN_COUNT = 1u << 2,
    SEEN_UNTIL = 1u << 3,
    SEEN_WKST = 1u << 4,
};

static gboolean
parse_part(const char *name, const char *value, guint *seen, TwIcalRule *rule)
{
    gsize len = strlen(value);
    guint bit = 0;
    int day = 0;
    gboolean good;

    for (guint i = 0; i < TW_ICAL_BY_COUNT; i++) {
        if (g_ascii_strcasecmp(name, by_rows[i].name) == 0)
            return parse_by(value, (TwIcalBy) i, rule);
    }
    if (g_ascii_strcasecmp(name, "FREQ") == 0) {
        bit = SEEN_FREQ;
        good = parse_frequency(value, rule);
    } else if (g_ascii_strcasecmp(name, "INTERVAL") == 0) {
        bit = SEEN_INTERVAL;
        good =
            tw_parse_u32(value, len, TW_ICAL_MAX_INTERVAL, &rule->interval) && rule->interval > 0;
    } else if (g_ascii_strcasecmp(name, "COUNT") == 0) {
        bit = SEEN_COUNT;
        good = tw_parse_u32(value, len, TW_ICAL_MAX_COUNT, &rule->count) && rule->count > 0;
    } else if (g_ascii_strcasecmp(name, "UNTIL") == 0) {
        bit = SEEN_UNTIL;
        good = rule->has_until = tw_ical_time_parse(value, len, &rule->until);
    } else if (g_ascii_strcasecmp(name, "WKST") == 0) {
        bit = SEEN_WKST;
        good = find_weekday(value, len, &day);
        rule->week_start = (guint8) day;
    } else {
        good = FALSE;
    }
    if (!good || *seen & bit)
        return FALSE;
    *seen |= bit;
    return TRUE;
}

gboolean
tw_ical_rule_parse(const char *text, gsize len, TwIcalRule *ret)
{
    g_autofree char *copy = NULL;
    g_auto(GStrv) parts = NULL;
    TwIcalRule rule = { .interval = 1, .week_start = 1 };
    guint seen = 0;

    if (len > 4096)
        return FALSE;
    copy = g_strndup(text, len);
    parts = g_strsplit(copy, ";", 32);
    for (guint i = 0; parts[i] != NULL; i++) {
        char *mark = strchr(parts[i], '=');
        if (parts[i][0] == '\0')
            continue; /* a ";" too many, as some programs write it */
        if (mark == NULL)
            return FALSE;
        *mark = '\0';
        if (!parse_part(g_strstrip(parts[i]), g_strstrip(mark + 1), &seen, &rule))
            return FALSE;
    }
    if (!(seen & SEEN_FREQ) || (rule.count > 0 && rule.has_until))
        return FALSE;
    *ret = rule;
    return TRUE;
}
