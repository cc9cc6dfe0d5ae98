/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Dates as text: RFC 3339, RFC 5322 and HTTP, printed and read strictly. The calendar is the proleptic Gregorian
 * one, years 1 to 9999.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_DATE_TEXT_SIZE = 40, /* room for any text form and its NUL */
    TW_DATE_MOST_LEN =
        512, /* longest text to read: RFC 5322 allows comments, which could go on for ever */
    TW_DATE_MOST_COMMENTS = 8, /* nesting of those comments */
};

/* A point in time as a clock on a wall shows it. */
typedef struct {
    int year;       /* 1 to 9999 */
    int month, day; /* from 1 */
    int hour, minute, second;
    int us;         /* 0 to 999999 */
    int weekday;    /* 0: Sunday; not read by tw_date_to_us() */
    int offset_min; /* minutes east of Greenwich, within a day either way */
} TwDate;

/**
 * tw_date_from_us:
 * @us: a point in time
 * @offset_min: minutes east of Greenwich, within a day either way
 * @ret: (out): the same as a date
 *
 * Returns: FALSE, and @ret untouched, when the year is not 1 to 9999
 */
gboolean tw_date_from_us(gint64 us, int offset_min, TwDate *ret);

/**
 * tw_date_to_us:
 * @date: a date
 * @ret: (out): the point in time; second 60 counts as 59
 *
 * Returns: FALSE, and @ret untouched, when there is no such day or time, or it lies outside the years 1 to 9999
 */
gboolean tw_date_to_us(const TwDate *date, gint64 *ret);

/**
 * tw_date_print_rfc3339:
 * @us: a point in time
 * @offset_min: minutes east of Greenwich; 0 is printed as "Z"
 * @digits: of a fraction of a second: 0 to 6
 * @ret: (out): such as "2026-02-03T04:05:06.789Z"
 *
 * Returns: FALSE, and an empty text, when the year is not 1 to 9999
 */
gboolean tw_date_print_rfc3339(gint64 us, int offset_min, int digits, char ret[TW_DATE_TEXT_SIZE]);

/**
 * tw_date_print_rfc5322:
 * @us: a point in time
 * @offset_min: minutes east of Greenwich
 * @ret: (out): such as "Tue, 3 Feb 2026 04:05:06 +0000"
 *
 * Returns: FALSE, and an empty text, when the year is not 1 to 9999
 */
gboolean tw_date_print_rfc5322(gint64 us, int offset_min, char ret[TW_DATE_TEXT_SIZE]);

/**
 * tw_date_print_http:
 * @us: a point in time
 * @ret: (out): IMF-fixdate, such as "Tue, 03 Feb 2026 04:05:06 GMT"
 *
 * Returns: FALSE, and an empty text, when the year is not 1 to 9999
 */
gboolean tw_date_print_http(gint64 us, char ret[TW_DATE_TEXT_SIZE]);

/**
 * tw_date_parse_rfc3339:
 * @text: (array length=len): the text
 * @len: how many bytes
 * @ret: (out): the date; tw_date_to_us() of it is sure to work
 *
 * Reads "date-time" of RFC 3339 section 5.6: "T" and "Z" of either case, or a blank for the "T"; any number of
 * digits of a fraction, cut to microseconds; an offset up to 23:59.
 *
 * Returns: FALSE, and @ret untouched, for anything else
 */
gboolean tw_date_parse_rfc3339(const char *text, gsize len, TwDate *ret);

/**
 * tw_date_parse_rfc5322:
 * @text: (array length=len): the text of a Date field, unfolded or not
 * @len: how many bytes
 * @ret: (out): the date; tw_date_to_us() of it is sure to work
 *
 * Reads "date-time" of RFC 5322 section 3.3 with the obsolete years, zones and comments of section 4.3; names of
 * either case; a weekday must be the right one. Zones that say nothing ("-0000", military letters, unknown
 * names) count as +0000.
 *
 * Returns: FALSE, and @ret untouched, for anything else
 */
gboolean tw_date_parse_rfc5322(const char *text, gsize len, TwDate *ret);

/**
 * tw_date_parse_http:
 * @text: (array length=len): the text
 * @len: how many bytes
 * @now_us: the wall clock, for years of two digits
 * @ret_us: (out): the point in time
 *
 * Reads "HTTP-date" of RFC 9110 section 5.6.7: IMF-fixdate, the RFC 850 form and the asctime() form, all of
 * them byte for byte. A year of two digits that would lie more than 50 years ahead is of the century before.
 * The weekday must be a name, but need not fit.
 *
 * Returns: FALSE, and @ret_us untouched, for anything else
 */
gboolean tw_date_parse_http(const char *text, gsize len, gint64 now_us, gint64 *ret_us);

G_END_DECLS
