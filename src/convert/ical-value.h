/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Values of iCalendar: dates, date-times, durations, offsets and recurrence rules, read and written. RFC 5545, 3.3.
 *
 * Times are ticks of mapi/timezone.h on the clock they are written by; the years are 1601 to 9999.
 */
#pragma once

#include "mapi/timezone.h"

G_BEGIN_DECLS

enum {
    TW_ICAL_MAX_BY = 128, /* values of one BY... of a rule; real ones have below 60 */
    TW_ICAL_MAX_INTERVAL =
        1000000,                 /* periods; the longest that has a second one by 9999 is below */
    TW_ICAL_MAX_COUNT = 1000000, /* instances of a rule */
    TW_ICAL_TIME_SIZE = 17,      /* "20260203T040506Z" and its NUL */
};

typedef enum {
    TW_ICAL_DATE,     /* a day; ticks are its midnight */
    TW_ICAL_FLOATING, /* on the clock of whoever looks */
    TW_ICAL_UTC,
} TwIcalTimeKind;

typedef struct {
    TwIcalTimeKind kind; /* of a time with a TZID: FLOATING */
    gint64 ticks;
} TwIcalTime;

typedef enum {
    TW_ICAL_SECONDLY,
    TW_ICAL_MINUTELY,
    TW_ICAL_HOURLY,
    TW_ICAL_DAILY,
    TW_ICAL_WEEKLY,
    TW_ICAL_MONTHLY,
    TW_ICAL_YEARLY,
} TwIcalFrequency;

typedef enum {
    TW_ICAL_BY_SECOND,
    TW_ICAL_BY_MINUTE,
    TW_ICAL_BY_HOUR,
    TW_ICAL_BY_MONTH_DAY,
    TW_ICAL_BY_YEAR_DAY,
    TW_ICAL_BY_WEEK,
    TW_ICAL_BY_MONTH,
    TW_ICAL_BY_POSITION,
    TW_ICAL_BY_DAY, /* nth * 8 + weekday, 0 Sunday ... 6; nth 0: each */
    TW_ICAL_BY_COUNT
} TwIcalBy;

typedef struct {
    TwIcalFrequency frequency;
    guint32 interval; /* 1 to TW_ICAL_MAX_INTERVAL */
    guint32 count;    /* 0: none */
    gboolean has_until;
    TwIcalTime until;
    guint8 week_start; /* 0 Sunday ... 6 */
    guint8 by_count[TW_ICAL_BY_COUNT];
    gint16 by[TW_ICAL_BY_COUNT][TW_ICAL_MAX_BY];
} TwIcalRule;

/**
 * tw_ical_time_parse:
 * @text: (array length=len): "20260203", "20260203T040506" or "20260203T040506Z"
 * @len: how many bytes
 * @ret: (out): the time; second 60 counts as 59
 *
 * Returns: FALSE, and @ret untouched, for anything else
 */
gboolean tw_ical_time_parse(const char *text, gsize len, TwIcalTime *ret);

/**
 * tw_ical_time_print:
 * @time: a time; ticks out of range are moved to the nearer end
 * @ret: (out): its text
 */
void tw_ical_time_print(TwIcalTime time, char ret[TW_ICAL_TIME_SIZE]);

/**
 * tw_ical_duration_parse:
 * @text: (array length=len): such as "-P1DT2H" or "P2W"
 * @len: how many bytes
 * @ret_seconds: (out): its length; a day is 24 hours
 *
 * Returns: FALSE, and @ret_seconds untouched, for anything else, and for more than 10,000 years
 */
gboolean tw_ical_duration_parse(const char *text, gsize len, gint64 *ret_seconds);

/**
 * tw_ical_duration_print:
 * @seconds: a length
 *
 * Returns: (transfer full): its text
 */
char *tw_ical_duration_print(gint64 seconds);

/**
 * tw_ical_offset_parse:
 * @text: (array length=len): "+0100", "-0330", "+001730"
 * @len: how many bytes
 * @ret_seconds: (out): seconds east of Greenwich
 *
 * Returns: FALSE, and @ret_seconds untouched, for anything else
 */
gboolean tw_ical_offset_parse(const char *text, gsize len, gint32 *ret_seconds);

/**
 * tw_ical_rule_parse:
 * @text: (array length=len): the value of an RRULE
 * @len: how many bytes
 * @ret: (out): the rule
 *
 * Reads a rule. Numbers out of the range of their part, a part twice, and parts that are not known (RSCALE) are refused, since
 * a rule half understood is a wrong one.
 *
 * Returns: FALSE, and @ret untouched, for what is no rule
 */
gboolean tw_ical_rule_parse(const char *text, gsize len, TwIcalRule *ret);

G_END_DECLS
