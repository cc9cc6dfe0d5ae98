/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * IANA zone files (TZif, RFC 8536; numbers are big-endian).
 *
 *   file = header, block 4 | from version 2 on: header, block 4, header, block 8, LF, footer, LF
 *   header (44) = "TZif", version, 15 unused, 32-bit counts: isut, isstd, leap, time, type, char
 *   block n = time x n-byte seconds since 1970; time x 8-bit type; type x (32-bit offset, 8-bit dst, 8-bit name);
 *             char bytes of names; leap x (n + 4); isstd bytes; isut bytes
 *   footer = POSIX TZ: name offset [name [offset] , date [/ time] , date [/ time]], for the time after the last change
 *   date = Mm.w.d | Jn | n
 *
 * The footer is spelled out for 400 years, after which the calendar comes again.
 */
#include "mapi/timezone.h"

#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/number.h"
#include "mapi/civil.h"
#include "mapi/timezone-private.h"

enum {
    OFFSET_MAX = 24 * 3600, /* seconds; as many as a rule holds (RFC 8536 3.2: 26 h) */
    TYPES_MAX = 256,
    FOOTER_TIME_MAX = 167, /* hours; RFC 8536 3.3.1 */
    CYCLE_YEARS = 400,
};

typedef struct {
    guint32 isut, isstd, leap, time, type, chars;
    guint8 version;
} Header;

/* A date of the footer. */
typedef struct {
    char kind; /* M, J, or 0 for days from zero */
    int month, week, weekday, day;
    gint64 seconds; /* on the wall clock, from its midnight; may be negative or past a day */
} FooterDate;

typedef struct {
    gint64 standard, daylight; /* seconds to add to UTC */
    gboolean has_daylight;
    FooterDate begins, ends;
} Footer;

static gboolean
fail(GError **error, TwError code, const char *what)
{
    g_set_error(error, TW_ERROR, (gint) code, "zone file: %s", what);
    return FALSE;
}

static gboolean
take_header(TwCursor *cur, Header *ret_header, GError **error)
{
    const guint8 *magic;

    if (!tw_cursor_take(cur, 4, &magic) || memcmp(magic, "TZif", 4) != 0 ||
        !tw_cursor_take_u8(cur, &ret_header->version) || !tw_cursor_skip(cur, 15) ||
        !tw_cursor_take_u32be(cur, &ret_header->isut) ||
        !tw_cursor_take_u32be(cur, &ret_header->isstd) ||
        !tw_cursor_take_u32be(cur, &ret_header->leap) ||
        !tw_cursor_take_u32be(cur, &ret_header->time) ||
        !tw_cursor_take_u32be(cur, &ret_header->type) ||
        !tw_cursor_take_u32be(cur, &ret_header->chars))
        return fail(error, TW_ERROR_CORRUPT, "header is cut or foreign");
    if (ret_header->time > TW_TIMEZONE_MAX_CHANGES || ret_header->type > TYPES_MAX ||
        ret_header->leap > TW_TIMEZONE_MAX_CHANGES || ret_header->isut > TYPES_MAX ||
        ret_header->isstd > TYPES_MAX || ret_header->chars > TW_TIMEZONE_MAX_TZIF)
        return fail(error, TW_ERROR_TOO_BIG, "too many changes");
    if (ret_header->type == 0)
        return fail(error, TW_ERROR_CORRUPT, "no types");
    return TRUE;
}

/* All counts are below 2^18, so the sum cannot wrap. */
static gboolean
take_block(TwCursor *cur, const Header *header, gsize size, TwCursor *ret_block)
{
    gsize len = header->time * (size + 1) + (gsize) header->type * 6 + header->chars +
                header->leap * (size + 4) + header->isstd + header->isut;

    return tw_cursor_take_cursor(cur, len, ret_block);
}

static gint64
ticks_from_unix(gint64 seconds)
{
    const gint64 epoch = (gint64) TW_CIVIL_UNIX_EPOCH_DAY * 86400;

    /* far enough to either side of all that is converted, and no product that overflows */
    return CLAMP(seconds, -2 * epoch, TW_TICKS_MAX / TW_TICKS_SECOND) * TW_TICKS_SECOND +
           epoch * TW_TICKS_SECOND;
}

static gboolean
take_time(TwCursor *cur, gsize size, gint64 *ret_seconds)
{
    guint32 u32 = 0;
    guint64 u64 = 0;

    if (size == 4) {
        if (!tw_cursor_take_u32be(cur, &u32))
            return FALSE;
        *ret_seconds = (gint32) u32;
        return TRUE;
    }
    if (!tw_cursor_take_u64be(cur, &u64))
        return FALSE;
    *ret_seconds = (gint64) u64;
    return TRUE;
}

/* The clock before the first change is type 0. */
static gboolean
read_changes(TwCursor times, const Header *header, gsize size, GArray *changes)
{
    TwCursor indexes = times, types = times;
    gint32 offsets[TYPES_MAX];
    gint64 seconds, last = G_MININT64;
    guint32 offset;
    guint8 index;

    if (!tw_cursor_skip(&indexes, header->time * size) ||
        !tw_cursor_skip(&types, header->time * (size + 1)))
        return FALSE;
    for (guint32 i = 0; i < header->type; i++) {
        if (!tw_cursor_take_u32be(&types, &offset) || !tw_cursor_skip(&types, 2))
            return FALSE;
        offsets[i] = (gint32) offset;
        if (offsets[i] < -OFFSET_MAX || offsets[i] > OFFSET_MAX)
            return FALSE;
    }
    g_array_append_vals(changes, &(TwTimeZoneChange){ .at = G_MININT64, .offset = offsets[0] }, 1);
    for (guint32 i = 0; i < header->time; i++) {
        TwTimeZoneChange change;
        if (!take_time(&times, size, &seconds) || !tw_cursor_take_u8(&indexes, &index) ||
            index >= header->type || (i > 0 && seconds <= last))
            return FALSE;
        last = seconds;
        change = (TwTimeZoneChange){ .at = ticks_from_unix(seconds), .offset = offsets[index] };
        if (change.offset != g_array_index(changes, TwTimeZoneChange, changes->len - 1).offset)
            g_array_append_val(changes, change);
    }
    return TRUE;
}

static gboolean
footer_char(TwCursor *cur, char wanted)
{
    if (cur->left == 0 || *cur->next != (guint8) wanted)
        return FALSE;
    return tw_cursor_skip(cur, 1);
}

static gboolean
footer_number(TwCursor *cur, int max, int *ret_number)
{
    gsize digits = 0;
    guint32 value;

    while (digits < cur->left && digits < 4 && g_ascii_isdigit(cur->next[digits]))
        digits++;
    if (!tw_parse_u32((const char *) cur->next, digits, (guint32) max, &value))
        return FALSE;
    *ret_number = (int) value;
    return tw_cursor_skip(cur, digits);
}

/* [+-]hh[:mm[:ss]] */
static gboolean
footer_time(TwCursor *cur, int max_hours, gint64 *ret_seconds)
{
    gint64 sign = footer_char(cur, '-') ? -1 : 1;
    int hours, minutes = 0, seconds = 0;

    if (sign > 0)
        footer_char(cur, '+');
    if (!footer_number(cur, max_hours, &hours))
        return FALSE;
    if (footer_char(cur, ':') && (!footer_number(cur, 59, &minutes) ||
                                  (footer_char(cur, ':') && !footer_number(cur, 59, &seconds))))
        return FALSE;
    *ret_seconds = sign * ((hours * 60 + minutes) * 60 + seconds);
    return TRUE;
}

/* Letters, or anything between < and >. */
static gboolean
footer_name(TwCursor *cur)
{
    gsize len = 0;

    if (footer_char(cur, '<')) {
        while (cur->left > 0 && *cur->next != '>')
            tw_cursor_skip(cur, 1);
        return footer_char(cur, '>');
    }
    while (len < cur->left && g_ascii_isalpha(cur->next[len]))
        len++;
    return len >= 3 && tw_cursor_skip(cur, len);
}

static gboolean
footer_date(TwCursor *cur, FooterDate *ret_date)
{
    *ret_date = (FooterDate){ .seconds = 7200 };
    if (!footer_char(cur, ','))
        return FALSE;
    if (footer_char(cur, 'M')) {
        ret_date->kind = 'M';
        if (!footer_number(cur, 12, &ret_date->month) || !footer_char(cur, '.') ||
            !footer_number(cur, 5, &ret_date->week) || !footer_char(cur, '.') ||
            !footer_number(cur, 6, &ret_date->weekday) || ret_date->month == 0 ||
            ret_date->week == 0)
            return FALSE;
    } else {
        ret_date->kind = footer_char(cur, 'J') ? 'J' : 0;
        if (!footer_number(cur, 365, &ret_date->day) ||
            (ret_date->kind == 'J' && ret_date->day == 0))
            return FALSE;
    }
    return !footer_char(cur, '/') || footer_time(cur, FOOTER_TIME_MAX, &ret_date->seconds);
}

static gboolean
parse_footer(TwCursor cur, Footer *ret_footer)
{
    gint64 west;

    *ret_footer = (Footer){ 0 };
    if (!footer_name(&cur) || !footer_time(&cur, 24, &west))
        return FALSE;
    ret_footer->standard = -west;
    if (cur.left == 0)
        return TRUE;
    ret_footer->has_daylight = TRUE;
    ret_footer->daylight = ret_footer->standard + 3600;
    if (!footer_name(&cur))
        return FALSE;
    if (cur.left > 0 && *cur.next != ',') {
        if (!footer_time(&cur, 24, &west))
            return FALSE;
        ret_footer->daylight = -west;
    }
    return footer_date(&cur, &ret_footer->begins) && footer_date(&cur, &ret_footer->ends) &&
           cur.left == 0;
}

/* Ticks, UTC, of a footer's change in a year, the clock before it being @offset. */
static gint64
footer_change(const FooterDate *date, gint64 year, gint64 offset)
{
    gint64 first = tw_civil_days(year, 1, 1), day;

    if (date->kind == 'M') {
        gint64 month = tw_civil_days(year, date->month, 1);
        gint64 next = tw_civil_month_first(tw_civil_month_of(month) + 1);
        day = month + (date->weekday - tw_civil_weekday(month) + 7) % 7 +
              7 * ((gint64) date->week - 1);
        if (day >= next)
            day -= 7;
    } else if (date->kind == 'J') { /* 1-365, 29 February never counted */
        gboolean leap = tw_civil_days(year, 3, 1) - first == 60;
        day = first + date->day - 1 + (leap && date->day > 59);
    } else {
        day = first + date->day;
    }
    return day * TW_TICKS_DAY + (date->seconds - offset) * TW_TICKS_SECOND;
}

/* A change at the moment of another takes its place. */
static void
append_change(GArray *changes, gint64 at, gint64 offset)
{
    TwTimeZoneChange change = { .at = at, .offset = (gint32) offset };
    guint count = changes->len;

    if (at < g_array_index(changes, TwTimeZoneChange, count - 1).at)
        return;
    if (at == g_array_index(changes, TwTimeZoneChange, count - 1).at && count > 1)
        g_array_set_size(changes, --count);
    if (change.offset != g_array_index(changes, TwTimeZoneChange, count - 1).offset)
        g_array_append_val(changes, change);
}

/* Zones that are in daylight time all year say so with dates that meet, and get no change. */
static gint64
append_footer(GArray *changes, const Footer *footer)
{
    gint64 last = MAX(g_array_index(changes, TwTimeZoneChange, changes->len - 1).at, 0);
    gint64 from = tw_civil_date(tw_civil_floor_div(last, TW_TICKS_DAY)).year;

    if (!footer->has_daylight) {
        append_change(changes, last + 1, footer->standard);
        return G_MAXINT64;
    }
    for (gint64 year = from; year <= from + CYCLE_YEARS + 1; year++) {
        gint64 begins = footer_change(&footer->begins, year, footer->standard);
        gint64 ends = footer_change(&footer->ends, year, footer->daylight);
        if (begins < ends) {
            append_change(changes, begins, footer->daylight);
            append_change(changes, ends, footer->standard);
        } else {
            append_change(changes, ends, footer->standard);
            append_change(changes, begins, footer->daylight);
        }
    }
    return tw_civil_days(from + 1, 1, 1) * TW_TICKS_DAY + 7 * TW_TICKS_DAY;
}

static gboolean
read_footer(TwCursor cur, GArray *changes, gint64 *ret_cycle_from)
{
    TwCursor text;
    Footer footer;
    const guint8 *end;

    *ret_cycle_from = G_MAXINT64;
    if (!footer_char(&cur, '\n'))
        return FALSE;
    if ((end = memchr(cur.next, '\n', cur.left)) == NULL)
        return FALSE;
    text = tw_cursor_init(cur.next, (gsize) (end - cur.next));
    if (text.left == 0) /* nothing is known after the last change */
        return TRUE;
    if (!parse_footer(text, &footer))
        return FALSE;
    *ret_cycle_from = append_footer(changes, &footer);
    return TRUE;
}

static gboolean
read_file(TwCursor cur, GArray *changes, gint64 *ret_cycle_from, GError **error)
{
    Header header;
    TwCursor block;
    gsize size = 4;

    *ret_cycle_from = G_MAXINT64;
    if (!take_header(&cur, &header, error))
        return FALSE;
    if (!take_block(&cur, &header, 4, &block))
        return fail(error, TW_ERROR_CORRUPT, "data is cut");
    if (header.version != 0) {
        size = 8;
        if (!take_header(&cur, &header, error))
            return FALSE;
        if (!take_block(&cur, &header, 8, &block))
            return fail(error, TW_ERROR_CORRUPT, "data is cut");
    }
    if (!read_changes(block, &header, size, changes))
        return fail(error, TW_ERROR_CORRUPT, "changes are broken");
    if (header.version != 0 && !read_footer(cur, changes, ret_cycle_from))
        return fail(error, TW_ERROR_CORRUPT, "footer is broken");
    return TRUE;
}

TwTimeZone *
tw_timezone_parse_tzif(const char *iana_name, const guint8 *data, gsize len, GError **error)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(TwTimeZoneChange));
    g_autoptr(TwTimeZone) zone = tw_timezone_alloc();

    if (!tw_timezone_name_is_valid(iana_name)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "zone file: bad name");
        return NULL;
    }
    if (len > TW_TIMEZONE_MAX_TZIF) {
        fail(error, TW_ERROR_TOO_BIG, "too long");
        return NULL;
    }
    if (!read_file(tw_cursor_init(data, len), changes, &zone->cycle_from, error))
        return NULL;
    zone->change_count = changes->len;
    zone->changes = g_memdup2(changes->data, changes->len * sizeof(TwTimeZoneChange));
    zone->iana_name = g_strdup(iana_name);
    zone->key_name = tw_timezone_name_to_windows(iana_name);
    return g_steal_pointer(&zone);
}
