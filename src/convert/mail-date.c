/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mail-date.h"

#include <string.h>

#include "base/date.h"
#include "base/number.h"

typedef struct {
    int day, month, year; /* 0: not found; year -1: not found */
    int hour, minute, second;
    gboolean has_time, has_zone, negative;
    guint zone; /* hhmm */
} Found;

static int
month_of(const char *word, gsize len)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    if (len < 3)
        return 0;
    for (int i = 0; i < 12; i++) {
        if (g_ascii_strncasecmp(word, names + (gsize) i * 3, 3) == 0)
            return i + 1;
    }
    return 0;
}

/* hour ":" minute [":" second ["." digits]] */
static gboolean
take_time(const char *word, gsize len, Found *found)
{
    guint32 fields[3] = { 0 };
    guint count = 0;
    const char *at = word, *end = word + len;

    while (count < 3 && at < end) {
        const char *colon = memchr(at, ':', (gsize) (end - at));
        const char *stop = colon != NULL ? colon : end;
        const char *dot = memchr(at, '.', (gsize) (stop - at));
        if (!tw_parse_u32(at, (gsize) ((dot != NULL ? dot : stop) - at), 60, &fields[count++]))
            return FALSE;
        at = colon != NULL ? colon + 1 : end;
    }
    if (count < 2 || fields[0] > 24 || fields[1] > 59)
        return FALSE;
    found->hour = (int) fields[0] % 24;
    found->minute = (int) fields[1];
    found->second = (int) MIN(fields[2], 59u);
    found->has_time = TRUE;
    return TRUE;
}

/* ("+" / "-") hh [":"] mm */
static gboolean
take_zone(const char *word, gsize len, Found *found)
{
    char digits[4];
    gsize count = 0;
    guint32 zone;

    if (len < 5 || len > 6 || (word[0] != '+' && word[0] != '-'))
        return FALSE;
    for (gsize i = 1; i < len && count < 4; i++) {
        if (g_ascii_isdigit(word[i]))
            digits[count++] = word[i];
        else if (word[i] != ':')
            return FALSE;
    }
    if (count != 4 || !tw_parse_u32(digits, 4, 1459, &zone))
        return FALSE;
    found->zone = zone;
    found->negative = word[0] == '-';
    found->has_zone = TRUE;
    return TRUE;
}

/* "2006-01-02" or "2006/01/02" */
static gboolean
take_figures(const char *word, gsize len, Found *found)
{
    guint32 year, month, day;

    if (len < 10 || (word[4] != '-' && word[4] != '/') || word[7] != word[4] ||
        !tw_parse_u32(word, 4, 9999, &year) || !tw_parse_u32(word + 5, 2, 12, &month) ||
        !tw_parse_u32(word + 8, 2, 31, &day))
        return FALSE;
    found->year = (int) year;
    found->month = (int) month;
    found->day = (int) day;
    return TRUE;
}

static void
take_number(const char *word, gsize len, Found *found)
{
    guint32 number;

    if (len > 4 || !tw_parse_u32(word, len, 9999, &number))
        return;
    if (found->day == 0 && len <= 2 && number >= 1 && number <= 31) {
        found->day = (int) number;
    } else if (found->year < 0 && (len == 2 || len == 4)) {
        found->year = (int) (len == 4 ? number : number < 50 ? number + 2000 : number + 1900);
    }
}

static void
take_word(const char *word, gsize len, Found *found)
{
    int month;

    if (!found->has_time && memchr(word, ':', len) != NULL && take_time(word, len, found))
        return;
    if (found->has_time && !found->has_zone && take_zone(word, len, found))
        return;
    if (found->day == 0 && take_figures(word, len, found)) {
        if (len > 11 && (word[10] == 'T' || word[10] == 't'))
            (void) take_time(word + 11, len - 11 - (word[len - 1] == 'Z'), found);
        return;
    }
    month = month_of(word, len);
    if (month != 0 && found->month == 0) {
        found->month = month;
        return;
    }
    take_number(word, len, found);
}

static gboolean
is_break(char c, const char *at, const char *start, const char *end)
{
    if (c == '-' || c == '/') /* "2-Jan-06", but "-0700" and "2006-01-02" are words */
        return at > start && at + 1 < end && (g_ascii_isalpha(at[-1]) || g_ascii_isalpha(at[1]));
    return (guint8) c <= ' ' || c == ',' || c == '(' || c == ')' || c == '"';
}

gboolean
tw_mail_date_parse(const char *text, gsize len, gint64 *ret_us)
{
    Found found = { .year = -1 };
    TwDate date = { 0 };
    const char *end;

    if (tw_date_parse_rfc5322(text, len, &date) && tw_date_to_us(&date, ret_us))
        return TRUE;
    end = text + MIN(len, (gsize) TW_DATE_MOST_LEN);
    for (const char *at = text; at < end;) {
        const char *start = at;
        while (at < end && !is_break(*at, at, text, end))
            at++;
        if (at > start)
            take_word(start, (gsize) (at - start), &found);
        else
            at++;
    }
    if (found.day == 0 || found.month == 0 || found.year < 0)
        return FALSE;
    date = (TwDate){ .year = found.year,
                     .month = found.month,
                     .day = found.day,
                     .hour = found.hour,
                     .minute = found.minute,
                     .second = found.second };
    if (found.has_zone)
        date.offset_min =
            (int) (found.zone / 100 * 60 + found.zone % 100) * (found.negative ? -1 : 1);
    return tw_date_to_us(&date, ret_us);
}
