/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/date.h"

#include <string.h>

#include "base/cursor.h"
#include "base/number.h"
#include "base/time.h"

static const char weekdays[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const long_weekdays[7] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                              "Thursday", "Friday", "Saturday" };
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

enum {
    MINUTES_PER_DAY = 24 * 60
};

static gboolean
is_leap_year(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
month_days(int year, int month)
{
    static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap_year(year));
}

/* Days from 0001-01-01 to the first of January of a year. */
static int
days_before_year(int year)
{
    int y = year - 1;

    return y * 365 + y / 4 - y / 100 + y / 400;
}

/* Days from 0001-01-01, a Monday. */
static int
day_number(int year, int month, int day)
{
    int days = days_before_year(year) + day - 1;

    for (int m = 1; m < month; m++)
        days += month_days(year, m);
    return days;
}

static int
weekday_of(int days)
{
    return (days + 1) % 7;
}

gboolean
tw_date_from_us(gint64 us, int offset_min, TwDate *ret)
{
    gint64 local, of_day;
    TwDate date = { .month = 1, .offset_min = offset_min };
    int days;

    if (offset_min <= -MINUTES_PER_DAY || offset_min >= MINUTES_PER_DAY || us < TW_TIME_LEAST_US ||
        us > TW_TIME_MOST_US)
        return FALSE;
    local = us + (gint64) offset_min * 60 * TW_US_PER_S;
    if (local < TW_TIME_LEAST_US || local > TW_TIME_MOST_US)
        return FALSE;
    local -= TW_TIME_LEAST_US;
    days = (int) (local / (86400 * TW_US_PER_S));
    of_day = local % (86400 * TW_US_PER_S);
    date.weekday = weekday_of(days);
    /* 400 years have 146097 days: a first guess that is at most one too low */
    date.year = (int) ((gint64) days * 400 / 146097) + 1;
    if (days >= days_before_year(date.year + 1))
        date.year++;
    if (days < days_before_year(date.year))
        date.year--;
    days -= days_before_year(date.year);
    while (days >= month_days(date.year, date.month))
        days -= month_days(date.year, date.month++);
    date.day = days + 1;
    date.us = (int) (of_day % TW_US_PER_S);
    of_day /= TW_US_PER_S;
    date.second = (int) (of_day % 60);
    date.minute = (int) (of_day / 60 % 60);
    date.hour = (int) (of_day / 3600);
    *ret = date;
    return TRUE;
}

gboolean
tw_date_to_us(const TwDate *date, gint64 *ret)
{
    gint64 seconds, us;

    if (date->year < 1 || date->year > 9999 || date->month < 1 || date->month > 12 ||
        date->day < 1 || date->day > month_days(date->year, date->month))
        return FALSE;
    if (date->hour < 0 || date->hour > 23 || date->minute < 0 || date->minute > 59 ||
        date->second < 0 || date->second > 60 || date->us < 0 || date->us > 999999 ||
        date->offset_min <= -MINUTES_PER_DAY || date->offset_min >= MINUTES_PER_DAY)
        return FALSE;
    seconds = (gint64) day_number(date->year, date->month, date->day) * 86400 +
              (gint64) date->hour * 3600 + (gint64) date->minute * 60 + MIN(date->second, 59) -
              (gint64) date->offset_min * 60;
    us = seconds * TW_US_PER_S + date->us + TW_TIME_LEAST_US;
    if (us < TW_TIME_LEAST_US || us > TW_TIME_MOST_US)
        return FALSE;
    *ret = us;
    return TRUE;
}

gboolean
tw_date_print_rfc3339(gint64 us, int offset_min, int digits, char ret[TW_DATE_TEXT_SIZE])
{
    TwDate d;
    int n, fraction, east = ABS(offset_min);

    ret[0] = '\0';
    if (!tw_date_from_us(us, offset_min, &d))
        return FALSE;
    n = g_snprintf(ret, TW_DATE_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", d.year, d.month, d.day,
                   d.hour, d.minute, d.second);
    if (digits > 0) {
        fraction = d.us;
        for (int i = digits; i < 6; i++)
            fraction /= 10;
        n += g_snprintf(ret + n, (gulong) (TW_DATE_TEXT_SIZE - n), ".%0*d", MIN(digits, 6),
                        fraction);
    }
    if (offset_min == 0)
        g_strlcpy(ret + n, "Z", (gsize) (TW_DATE_TEXT_SIZE - n));
    else
        g_snprintf(ret + n, (gulong) (TW_DATE_TEXT_SIZE - n), "%c%02d:%02d",
                   offset_min < 0 ? '-' : '+', east / 60, east % 60);
    return TRUE;
}

gboolean
tw_date_print_rfc5322(gint64 us, int offset_min, char ret[TW_DATE_TEXT_SIZE])
{
    TwDate d;
    int east = ABS(offset_min);

    ret[0] = '\0';
    if (!tw_date_from_us(us, offset_min, &d))
        return FALSE;
    g_snprintf(ret, TW_DATE_TEXT_SIZE, "%s, %d %s %04d %02d:%02d:%02d %c%02d%02d",
               weekdays[d.weekday], d.day, months[d.month - 1], d.year, d.hour, d.minute, d.second,
               offset_min < 0 ? '-' : '+', east / 60, east % 60);
    return TRUE;
}

gboolean
tw_date_print_http(gint64 us, char ret[TW_DATE_TEXT_SIZE])
{
    TwDate d;

    ret[0] = '\0';
    if (!tw_date_from_us(us, 0, &d))
        return FALSE;
    g_snprintf(ret, TW_DATE_TEXT_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT", weekdays[d.weekday],
               d.day, months[d.month - 1], d.year, d.hour, d.minute, d.second);
    return TRUE;
}

/* The pieces that all grammars are made of. Each consumes on success only. */

static gboolean
take_char(TwCursor *cur, char c)
{
    return cur->left > 0 && *cur->next == (guint8) c && tw_cursor_skip(cur, 1);
}

static gboolean
take_text(TwCursor *cur, const char *text)
{
    gsize len = strlen(text);

    return cur->left >= len && memcmp(cur->next, text, len) == 0 && tw_cursor_skip(cur, len);
}

/* Between least and most digits. */
static gboolean
take_number(TwCursor *cur, gsize least, gsize most, int *ret)
{
    gsize n = 0;
    guint32 value;

    while (n < most && n < cur->left && g_ascii_isdigit(cur->next[n]))
        n++;
    if (n < least || !tw_parse_u32((const char *) cur->next, n, G_MAXINT, &value))
        return FALSE;
    *ret = (int) value;
    return tw_cursor_skip(cur, n);
}

/* One of count names of three letters. */
static gboolean
take_name(TwCursor *cur, const char (*names)[4], int count, gboolean any_case, int *ret)
{
    for (int i = 0; i < count && cur->left >= 3; i++) {
        if (any_case ? g_ascii_strncasecmp((const char *) cur->next, names[i], 3) == 0
                     : memcmp(cur->next, names[i], 3) == 0) {
            *ret = i;
            return tw_cursor_skip(cur, 3);
        }
    }
    return FALSE;
}

static gboolean
take_month(TwCursor *cur, gboolean any_case, TwDate *date)
{
    if (!take_name(cur, months, 12, any_case, &date->month))
        return FALSE;
    date->month++;
    return TRUE;
}

/* "hh:mm:ss" */
static gboolean
take_clock(TwCursor *cur, TwDate *date)
{
    return take_number(cur, 2, 2, &date->hour) && take_char(cur, ':') &&
           take_number(cur, 2, 2, &date->minute) && take_char(cur, ':') &&
           take_number(cur, 2, 2, &date->second);
}

/* Whether there is such a day; sets its weekday. */
static gboolean
complete(TwDate *date)
{
    gint64 us;

    if (!tw_date_to_us(date, &us))
        return FALSE;
    date->weekday = weekday_of(day_number(date->year, date->month, date->day));
    return TRUE;
}

/* "." and digits, cut to six. */
static gboolean
take_fraction(TwCursor *cur, int *ret_us)
{
    int us = 0, digits = 0;

    if (!take_char(cur, '.'))
        return TRUE;
    for (; cur->left > 0 && g_ascii_isdigit(*cur->next); digits++) {
        if (digits < 6)
            us = us * 10 + (*cur->next - '0');
        tw_cursor_skip(cur, 1);
    }
    if (digits == 0)
        return FALSE;
    for (; digits < 6; digits++)
        us *= 10;
    *ret_us = us;
    return TRUE;
}

/* Sign, hours, a separator ('\0': none), minutes. */
static gboolean
take_offset(TwCursor *cur, char separator, int *ret_min)
{
    gboolean west = cur->left > 0 && *cur->next == '-';
    int hours, minutes;

    if (!take_char(cur, west ? '-' : '+') || !take_number(cur, 2, 2, &hours) ||
        (separator != '\0' && !take_char(cur, separator)) || !take_number(cur, 2, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return FALSE;
    *ret_min = (hours * 60 + minutes) * (west ? -1 : 1);
    return TRUE;
}

gboolean
tw_date_parse_rfc3339(const char *text, gsize len, TwDate *ret)
{
    TwCursor cur = tw_cursor_init(text, len);
    TwDate date = { 0 };

    if (len > TW_DATE_MOST_LEN || !take_number(&cur, 4, 4, &date.year) || !take_char(&cur, '-') ||
        !take_number(&cur, 2, 2, &date.month) || !take_char(&cur, '-') ||
        !take_number(&cur, 2, 2, &date.day))
        return FALSE;
    if (!take_char(&cur, 'T') && !take_char(&cur, 't') && !take_char(&cur, ' '))
        return FALSE;
    if (!take_clock(&cur, &date) || !take_fraction(&cur, &date.us))
        return FALSE;
    if (!take_char(&cur, 'Z') && !take_char(&cur, 'z') && !take_offset(&cur, ':', &date.offset_min))
        return FALSE;
    if (cur.left != 0 || !complete(&date))
        return FALSE;
    *ret = date;
    return TRUE;
}

/* CFWS of RFC 5322 section 3.2.2: white space, line folds and nested comments. FALSE for a comment that does
 * not end or nests too deep; nothing at all is fine. */
static gboolean
skip_cfws(TwCursor *cur)
{
    int depth = 0;

    while (cur->left > 0) {
        guint8 c = *cur->next;

        if (c == '(') {
            if (++depth > TW_DATE_MOST_COMMENTS)
                return FALSE;
        } else if (c == ')' && depth > 0) {
            depth--;
        } else if (c == '\\' && depth > 0) {
            if (!tw_cursor_skip(cur, 1) || cur->left == 0)
                return FALSE;
        } else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            return TRUE;
        }
        tw_cursor_skip(cur, 1);
    }
    return depth == 0;
}

/* FWS is demanded between words. */
static gboolean
take_gap(TwCursor *cur)
{
    gsize before = cur->left;

    return skip_cfws(cur) && cur->left < before;
}

/* zone = "+hhmm" / obs-zone */
static gboolean
take_zone(TwCursor *cur, int *ret_min)
{
    static const struct {
        char name[4];
        int hours;
    } zones[] = {
        { "EDT", -4 }, { "EST", -5 }, { "CDT", -5 }, { "CST", -6 },
        { "MDT", -6 }, { "MST", -7 }, { "PDT", -7 }, { "PST", -8 },
    };
    gsize n = 0;

    if (cur->left > 0 && (*cur->next == '+' || *cur->next == '-'))
        return take_offset(cur, '\0', ret_min);
    while (n < cur->left && g_ascii_isalpha(cur->next[n]))
        n++;
    if (n == 0)
        return FALSE;
    *ret_min = 0;
    for (guint i = 0; i < G_N_ELEMENTS(zones); i++) {
        if (n == 3 && g_ascii_strncasecmp((const char *) cur->next, zones[i].name, 3) == 0)
            *ret_min = zones[i].hours * 60;
    }
    return tw_cursor_skip(cur, n);
}

/* year = 4*DIGIT; obs-year: two digits are 1950 to 2049, three count from 1900 (RFC 5322 section 4.3). */
static gboolean
take_year(TwCursor *cur, int *ret)
{
    gsize before = cur->left;

    if (!take_number(cur, 2, 4, ret))
        return FALSE;
    if (before - cur->left == 2)
        *ret += *ret < 50 ? 2000 : 1900;
    else if (before - cur->left == 3)
        *ret += 1900;
    return TRUE;
}

/* time-of-day = hour ":" minute [":" second], with CFWS about the colons (obs-hour and so on). */
static gboolean
take_time_of_day(TwCursor *cur, TwDate *date)
{
    TwCursor after;

    if (!take_number(cur, 2, 2, &date->hour) || !skip_cfws(cur) || !take_char(cur, ':') ||
        !skip_cfws(cur) || !take_number(cur, 2, 2, &date->minute))
        return FALSE;
    after = *cur;
    if (!skip_cfws(&after) || !take_char(&after, ':'))
        return TRUE;
    if (!skip_cfws(&after) || !take_number(&after, 2, 2, &date->second))
        return FALSE;
    *cur = after;
    return TRUE;
}

/* date-time = [ day-of-week "," ] day month year time-of-day zone [CFWS] */
gboolean
tw_date_parse_rfc5322(const char *text, gsize len, TwDate *ret)
{
    TwCursor cur = tw_cursor_init(text, len);
    TwDate date = { 0 };
    int weekday = -1;

    if (len > TW_DATE_MOST_LEN || !skip_cfws(&cur))
        return FALSE;
    if (take_name(&cur, weekdays, 7, TRUE, &weekday) &&
        (!skip_cfws(&cur) || !take_char(&cur, ',') || !skip_cfws(&cur)))
        return FALSE;
    if (!take_number(&cur, 1, 2, &date.day) || !take_gap(&cur) || !take_month(&cur, TRUE, &date) ||
        !take_gap(&cur) || !take_year(&cur, &date.year) || !take_gap(&cur) ||
        !take_time_of_day(&cur, &date) || !take_gap(&cur) || !take_zone(&cur, &date.offset_min) ||
        !skip_cfws(&cur) || cur.left != 0)
        return FALSE;
    if (!complete(&date) || (weekday >= 0 && weekday != date.weekday))
        return FALSE;
    *ret = date;
    return TRUE;
}

/* IMF-fixdate = day-name "," SP 2DIGIT SP month SP 4DIGIT SP time-of-day SP "GMT" */
static gboolean
take_fixdate(TwCursor cur, TwDate *date)
{
    return take_name(&cur, weekdays, 7, FALSE, &date->weekday) && take_text(&cur, ", ") &&
           take_number(&cur, 2, 2, &date->day) && take_char(&cur, ' ') &&
           take_month(&cur, FALSE, date) && take_char(&cur, ' ') &&
           take_number(&cur, 4, 4, &date->year) && take_char(&cur, ' ') && take_clock(&cur, date) &&
           take_text(&cur, " GMT") && cur.left == 0;
}

/* rfc850-date = long-day-name "," SP 2DIGIT "-" month "-" 2DIGIT SP time-of-day SP "GMT" */
static gboolean
take_rfc850(TwCursor cur, gint64 now_us, TwDate *date)
{
    TwDate now;
    int i = 0;

    while (i < 7 && !take_text(&cur, long_weekdays[i]))
        i++;
    if (i == 7 || !take_text(&cur, ", ") || !take_number(&cur, 2, 2, &date->day) ||
        !take_char(&cur, '-') || !take_month(&cur, FALSE, date) || !take_char(&cur, '-') ||
        !take_number(&cur, 2, 2, &date->year) || !take_char(&cur, ' ') || !take_clock(&cur, date) ||
        !take_text(&cur, " GMT") || cur.left != 0 || !tw_date_from_us(now_us, 0, &now))
        return FALSE;
    date->year += now.year / 100 * 100;
    if (date->year > now.year + 50)
        date->year -= 100;
    return TRUE;
}

/* asctime-date = day-name SP month SP ( 2DIGIT / SP DIGIT ) SP time-of-day SP 4DIGIT */
static gboolean
take_asctime(TwCursor cur, TwDate *date)
{
    return take_name(&cur, weekdays, 7, FALSE, &date->weekday) && take_char(&cur, ' ') &&
           take_month(&cur, FALSE, date) && take_char(&cur, ' ') &&
           (take_char(&cur, ' ') ? take_number(&cur, 1, 1, &date->day)
                                 : take_number(&cur, 2, 2, &date->day)) &&
           take_char(&cur, ' ') && take_clock(&cur, date) && take_char(&cur, ' ') &&
           take_number(&cur, 4, 4, &date->year) && cur.left == 0;
}

gboolean
tw_date_parse_http(const char *text, gsize len, gint64 now_us, gint64 *ret_us)
{
    TwCursor cur = tw_cursor_init(text, len);
    TwDate fixdate = { 0 }, rfc850 = { 0 }, asctime_date = { 0 };

    if (take_fixdate(cur, &fixdate))
        return tw_date_to_us(&fixdate, ret_us);
    if (take_rfc850(cur, now_us, &rfc850))
        return tw_date_to_us(&rfc850, ret_us);
    return take_asctime(cur, &asctime_date) && tw_date_to_us(&asctime_date, ret_us);
}
