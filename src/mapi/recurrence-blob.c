/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The recurrence blob's bytes, both ways. The tables are those of spec/mailbox-layout.md 17.1-17.4:
 *
 *   pattern, 16-bit: reader version, writer version, frequency, type, calendar; 32-bit: first date/time, period, sliding,
 *     by type: none | weekdays | day of month | weekdays, nth; end type, count, first weekday, n, n deleted dates, m, m
 *     modified dates, start date, end date. A task ends here.
 *   appointment, 32-bit: reader version 2, writer version 2, start offset, end offset; 16-bit: k; k exceptions; a reserved
 *     block; k extended exceptions; a reserved block. A reserved block is a 32-bit size and its bytes.
 *
 * Outlook, Exchange and the Zarafa family agree up to the exceptions. In the extended part the family's older writers
 * stop early or differ, and a client that shortens a blob may leave the tail of the old one behind it; so what is broken
 * there costs the UTF-16 texts only.
 */
#include "mapi/recurrence.h"

#include <string.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/error.h"
#include "mapi/civil.h"
#include "mapi/recurrence-private.h"
#include "mapi/utf16-private.h"

enum {
    VERSION = 0x3004,
    VERSION2_FAMILY =
        0x3000, /* reader version 2 is 0x3006; a later family would be another format */
    VERSION2_HIGHLIGHT =
        0x3009,         /* writers from here on put a change highlight into the extended part */
    END_NEVER_OLD = -1, /* 0xFFFFFFFF */
    SMALLEST_EXCEPTION = 14,
};

/* Exceptions' numbers in the order of their bits, texts apart. */
static const struct {
    guint16 flag;
    gsize offset;
} number_fields[] = {
    { TW_RECURRENCE_MEETING_TYPE, G_STRUCT_OFFSET(TwRecurrenceException, meeting_type) },
    { TW_RECURRENCE_REMINDER_DELTA, G_STRUCT_OFFSET(TwRecurrenceException, reminder_delta) },
    { TW_RECURRENCE_REMINDER_SET, G_STRUCT_OFFSET(TwRecurrenceException, reminder_set) },
    { TW_RECURRENCE_LOCATION, 0 },
    { TW_RECURRENCE_BUSY, G_STRUCT_OFFSET(TwRecurrenceException, busy) },
    { TW_RECURRENCE_ATTACHMENT, G_STRUCT_OFFSET(TwRecurrenceException, attachment) },
    { TW_RECURRENCE_SUB_TYPE, G_STRUCT_OFFSET(TwRecurrenceException, sub_type) },
    { TW_RECURRENCE_COLOUR, G_STRUCT_OFFSET(TwRecurrenceException, colour) },
};

static gboolean
fail(GError **error, TwError code, const char *what)
{
    g_set_error(error, TW_ERROR, (gint) code, "recurrence blob: %s", what);
    return FALSE;
}

static gboolean
take_dates(TwCursor *cur, GArray *dates, GError **error)
{
    guint32 count, date;

    if (!tw_cursor_take_count(cur, 4, &count))
        return fail(error, TW_ERROR_CORRUPT, "list of dates is cut");
    if (count > TW_RECURRENCE_MAX_DATES)
        return fail(error, TW_ERROR_TOO_BIG, "too many dates");
    g_array_set_size(dates, count);
    for (guint32 i = 0; i < count && tw_cursor_take_u32le(cur, &date); i++)
        g_array_index(dates, guint32, i) = date;
    return TRUE;
}

/* A number that has 32 bits in the blob and few values. 255 where it does not fit, which no check lets pass. */
static guint8
narrow(guint32 value)
{
    return (guint8) MIN(value, 255u);
}

static gboolean
take_specific(TwCursor *cur, TwRecurrencePattern *pattern)
{
    guint32 a = 0, b = 0;

    switch (pattern->type) {
    case TW_RECURRENCE_DAY:
        return TRUE;
    case TW_RECURRENCE_WEEK:
        if (!tw_cursor_take_u32le(cur, &a))
            return FALSE;
        pattern->days = narrow(a);
        return TRUE;
    case TW_RECURRENCE_MONTH_NTH:
    case TW_RECURRENCE_HIJRI_MONTH_NTH:
        if (!tw_cursor_take_u32le(cur, &a) || !tw_cursor_take_u32le(cur, &b))
            return FALSE;
        pattern->days = narrow(a);
        pattern->nth = narrow(b);
        return TRUE;
    case TW_RECURRENCE_MONTH:
    case TW_RECURRENCE_MONTH_END:
    case TW_RECURRENCE_HIJRI_MONTH:
    case TW_RECURRENCE_HIJRI_MONTH_END:
        if (!tw_cursor_take_u32le(cur, &a))
            return FALSE;
        pattern->day_of_month = narrow(a);
        return TRUE;
    }
    return FALSE;
}

static gboolean
take_pattern_head(TwCursor *cur, TwRecurrencePattern *pattern)
{
    guint16 reader, writer, frequency, type;
    guint32 sliding, end, weekday;

    if (!tw_cursor_take_u16le(cur, &reader) || !tw_cursor_take_u16le(cur, &writer) ||
        !tw_cursor_take_u16le(cur, &frequency) || !tw_cursor_take_u16le(cur, &type) ||
        !tw_cursor_take_u16le(cur, &pattern->calendar) ||
        !tw_cursor_take_u32le(cur, &pattern->first) ||
        !tw_cursor_take_u32le(cur, &pattern->period) || !tw_cursor_take_u32le(cur, &sliding) ||
        reader != VERSION)
        return FALSE;
    pattern->frequency = (TwRecurrenceFrequency) frequency;
    pattern->type = (TwRecurrencePatternType) type;
    pattern->sliding = sliding != 0;
    if (!take_specific(cur, pattern) || !tw_cursor_take_u32le(cur, &end) ||
        !tw_cursor_take_u32le(cur, &pattern->count) || !tw_cursor_take_u32le(cur, &weekday))
        return FALSE;
    pattern->end = end == (guint32) END_NEVER_OLD ? TW_RECURRENCE_END_NEVER : (TwRecurrenceEnd) end;
    pattern->first_weekday = narrow(weekday);
    return TRUE;
}

static gboolean
take_pattern(TwCursor *cur, TwRecurrence *recurrence, GError **error)
{
    TwRecurrencePattern *pattern = &recurrence->pattern;
    const char *wrong;

    *pattern = (TwRecurrencePattern){ 0 };
    if (!take_pattern_head(cur, pattern))
        return fail(error, TW_ERROR_CORRUPT, "pattern is cut or of another version");
    if (!take_dates(cur, recurrence->deleted, error) ||
        !take_dates(cur, recurrence->modified, error))
        return FALSE;
    if (!tw_cursor_take_u32le(cur, &pattern->start_date) ||
        !tw_cursor_take_u32le(cur, &pattern->end_date))
        return fail(error, TW_ERROR_CORRUPT, "dates are cut");
    if ((wrong = tw_recurrence_pattern_check(pattern)) != NULL)
        return fail(error, TW_ERROR_CORRUPT, wrong);
    if (tw_recurrence_pattern_first(pattern) != pattern->first)
        recurrence->notes |= TW_RECURRENCE_NOTE_FIRST;
    return TRUE;
}

/* Length + 1, length, 8-bit text. The first number is redundant, and wrong in blobs of some writers. */
static gboolean
take_text_8bit(TwCursor *cur, GBytes **ret_text, GError **error)
{
    guint16 plus_one, len;
    const guint8 *text;

    if (!tw_cursor_take_u16le(cur, &plus_one) || !tw_cursor_take_u16le(cur, &len) ||
        len > cur->left)
        return fail(error, TW_ERROR_CORRUPT, "text of an exception is cut");
    if (len > TW_RECURRENCE_MAX_TEXT)
        return fail(error, TW_ERROR_TOO_BIG, "text of an exception is too long");
    if (!tw_cursor_take(cur, len, &text))
        return fail(error, TW_ERROR_CORRUPT, "text of an exception is cut");
    *ret_text = g_bytes_new(text, len);
    return TRUE;
}

static gboolean
take_exception(TwCursor *cur, TwRecurrenceException *ex, GError **error)
{
    if (!tw_cursor_take_u32le(cur, &ex->start) || !tw_cursor_take_u32le(cur, &ex->end) ||
        !tw_cursor_take_u32le(cur, &ex->original) || !tw_cursor_take_u16le(cur, &ex->flags))
        return fail(error, TW_ERROR_CORRUPT, "exception is cut");
    if ((ex->flags & TW_RECURRENCE_SUBJECT) && !take_text_8bit(cur, &ex->subject_8bit, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(number_fields); i++) {
        if (!(ex->flags & number_fields[i].flag))
            continue;
        if (number_fields[i].flag == TW_RECURRENCE_LOCATION) {
            if (!take_text_8bit(cur, &ex->location_8bit, error))
                return FALSE;
        } else if (!tw_cursor_take_u32le(cur, G_STRUCT_MEMBER_P(ex, number_fields[i].offset))) {
            return fail(error, TW_ERROR_CORRUPT, "exception is cut");
        }
    }
    return TRUE;
}

/* A 32-bit size and its bytes; NULL for none. */
static gboolean
take_block(TwCursor *cur, GBytes **ret_block)
{
    TwCursor copy = *cur;
    const guint8 *data;
    guint32 size;

    if (!tw_cursor_take_u32le(&copy, &size) || size > TW_RECURRENCE_MAX_RESERVED ||
        !tw_cursor_take(&copy, size, &data))
        return FALSE;
    *ret_block = size > 0 ? g_bytes_new(data, size) : NULL;
    *cur = copy;
    return TRUE;
}

static gboolean
take_text_utf16(TwCursor *cur, char **ret_text)
{
    guint16 units;
    const guint8 *data;

    if (!tw_cursor_take_u16le(cur, &units) || units > TW_RECURRENCE_MAX_TEXT ||
        !tw_cursor_take(cur, (gsize) units * 2, &data))
        return FALSE;
    *ret_text = tw_utf16_to_utf8(data, units);
    return TRUE;
}

static gboolean
take_extended_exception(TwCursor *cur, gboolean highlight, TwRecurrenceException *ex)
{
    if (highlight && !take_block(cur, &ex->change_highlight))
        return FALSE;
    if (highlight && ex->change_highlight == NULL)
        ex->change_highlight = g_bytes_new(NULL, 0); /* an empty one stays as it is */
    if (!take_block(cur, &ex->reserved1))
        return FALSE;
    if (!(ex->flags & (TW_RECURRENCE_SUBJECT | TW_RECURRENCE_LOCATION)))
        return TRUE;
    if (!tw_cursor_skip(cur, 12)) /* start, end, original again */
        return FALSE;
    if ((ex->flags & TW_RECURRENCE_SUBJECT) && !take_text_utf16(cur, &ex->subject))
        return FALSE;
    if ((ex->flags & TW_RECURRENCE_LOCATION) && !take_text_utf16(cur, &ex->location))
        return FALSE;
    return take_block(cur, &ex->reserved2);
}

static gboolean
take_extended(TwCursor *cur, TwRecurrence *recurrence)
{
    gboolean highlight = recurrence->writer_version2 >= VERSION2_HIGHLIGHT;

    if (!take_block(cur, &recurrence->reserved1))
        return FALSE;
    for (guint i = 0; i < recurrence->exceptions->len; i++) {
        if (!take_extended_exception(
                cur, highlight, &g_array_index(recurrence->exceptions, TwRecurrenceException, i)))
            return FALSE;
    }
    return take_block(cur, &recurrence->reserved2);
}

/* After a broken extended part nothing in it is believed: what fits by chance may belong elsewhere. */
static void
drop_extended(TwRecurrence *recurrence)
{
    g_clear_pointer(&recurrence->reserved1, g_bytes_unref);
    for (guint i = 0; i < recurrence->exceptions->len; i++) {
        TwRecurrenceException *ex =
            &g_array_index(recurrence->exceptions, TwRecurrenceException, i);
        g_clear_pointer(&ex->subject, g_free);
        g_clear_pointer(&ex->location, g_free);
        g_clear_pointer(&ex->change_highlight, g_bytes_unref);
        g_clear_pointer(&ex->reserved1, g_bytes_unref);
        g_clear_pointer(&ex->reserved2, g_bytes_unref);
    }
    recurrence->notes |= TW_RECURRENCE_NOTE_NO_EXTENDED;
}

static gboolean
take_appointment(TwCursor *cur, TwRecurrence *recurrence, GError **error)
{
    guint16 count;

    if (!tw_cursor_take_u32le(cur, &recurrence->reader_version2) ||
        !tw_cursor_take_u32le(cur, &recurrence->writer_version2) ||
        !tw_cursor_take_u32le(cur, &recurrence->start_offset) ||
        !tw_cursor_take_u32le(cur, &recurrence->end_offset) || !tw_cursor_take_u16le(cur, &count) ||
        (recurrence->reader_version2 & ~0xffu) != VERSION2_FAMILY)
        return fail(error, TW_ERROR_CORRUPT, "appointment part is cut or of another version");
    if (count > cur->left / SMALLEST_EXCEPTION)
        return fail(error, TW_ERROR_CORRUPT, "more exceptions than bytes");
    recurrence->has_times = TRUE;
    for (guint i = 0; i < count; i++) {
        g_array_set_size(recurrence->exceptions, i + 1);
        if (!take_exception(cur, &g_array_index(recurrence->exceptions, TwRecurrenceException, i),
                            error))
            return FALSE;
    }
    if (count != recurrence->modified->len)
        recurrence->notes |= TW_RECURRENCE_NOTE_COUNTS;
    if (!take_extended(cur, recurrence)) {
        drop_extended(recurrence);
        return TRUE;
    }
    if (cur->left > 0)
        recurrence->notes |= TW_RECURRENCE_NOTE_TRAILING;
    return TRUE;
}

TwRecurrence *
tw_recurrence_parse(const guint8 *data, gsize len, GError **error)
{
    g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
    TwCursor cur = tw_cursor_init(data, len);

    if (len > TW_RECURRENCE_MAX_BLOB) {
        fail(error, TW_ERROR_TOO_BIG, "too long");
        return NULL;
    }
    if (!take_pattern(&cur, recurrence, error))
        return NULL;
    if (cur.left > 0 && !take_appointment(&cur, recurrence, error))
        return NULL;
    return g_steal_pointer(&recurrence);
}

static void
put_dates(TwBuffer *buf, const GArray *dates)
{
    tw_buffer_put_u32le(buf, dates->len);
    for (guint i = 0; i < dates->len; i++)
        tw_buffer_put_u32le(buf, g_array_index(dates, guint32, i));
}

static void
put_pattern(TwBuffer *buf, const TwRecurrence *recurrence)
{
    const TwRecurrencePattern *pattern = &recurrence->pattern;

    tw_buffer_put_u16le(buf, VERSION);
    tw_buffer_put_u16le(buf, VERSION);
    tw_buffer_put_u16le(buf, (guint16) pattern->frequency);
    tw_buffer_put_u16le(buf, (guint16) pattern->type);
    tw_buffer_put_u16le(buf, pattern->calendar);
    tw_buffer_put_u32le(buf, pattern->first);
    tw_buffer_put_u32le(buf, pattern->period);
    tw_buffer_put_u32le(buf, pattern->sliding ? 1 : 0);
    switch (pattern->type) {
    case TW_RECURRENCE_DAY:
        break;
    case TW_RECURRENCE_WEEK:
        tw_buffer_put_u32le(buf, pattern->days);
        break;
    case TW_RECURRENCE_MONTH_NTH:
    case TW_RECURRENCE_HIJRI_MONTH_NTH:
        tw_buffer_put_u32le(buf, pattern->days);
        tw_buffer_put_u32le(buf, pattern->nth);
        break;
    case TW_RECURRENCE_MONTH:
    case TW_RECURRENCE_MONTH_END:
    case TW_RECURRENCE_HIJRI_MONTH:
    case TW_RECURRENCE_HIJRI_MONTH_END:
        tw_buffer_put_u32le(buf, pattern->day_of_month);
        break;
    }
    tw_buffer_put_u32le(buf, (guint32) pattern->end);
    tw_buffer_put_u32le(buf, pattern->count);
    tw_buffer_put_u32le(buf, pattern->first_weekday);
    put_dates(buf, recurrence->deleted);
    put_dates(buf, recurrence->modified);
    tw_buffer_put_u32le(buf, pattern->start_date);
    tw_buffer_put_u32le(buf, pattern->end_date);
}

/* The 8-bit form: as it was read, else ASCII of the other. */
static void
put_text_8bit(TwBuffer *buf, GBytes *bytes, const char *text)
{
    g_autofree char *ascii = NULL;
    gsize len = 0;
    const void *data = NULL;

    if (bytes != NULL) {
        data = g_bytes_get_data(bytes, &len);
    } else if (text != NULL) {
        len = (gsize) g_utf8_strlen(text, -1);
        ascii = g_malloc(len + 1);
        for (gsize i = 0; i < len; i++, text += g_utf8_skip[(guchar) *text])
            ascii[i] = (char) ((guint8) *text < 0x80 ? *text : '?');
        data = ascii;
    }
    if (len > TW_RECURRENCE_MAX_TEXT) {
        buf->failed = TRUE;
        return;
    }
    tw_buffer_put_u16le(buf, (guint16) (len + 1));
    tw_buffer_put_u16le(buf, (guint16) len);
    tw_buffer_put(buf, data, len);
}

/* The UTF-16 form: as it was read, else the bytes of the other as Latin-1. */
static void
put_text_utf16(TwBuffer *buf, const char *text, GBytes *bytes)
{
    gsize len = 0;
    const guint8 *data = bytes != NULL ? g_bytes_get_data(bytes, &len) : NULL;

    if (text != NULL) {
        gsize units = tw_utf16_units(text);
        if (units > TW_RECURRENCE_MAX_TEXT)
            buf->failed = TRUE;
        tw_buffer_put_u16le(buf, (guint16) units);
        tw_utf16_put(buf, text);
        return;
    }
    tw_buffer_put_u16le(buf, (guint16) len);
    for (gsize i = 0; i < len; i++)
        tw_buffer_put_u16le(buf, data[i] != 0 ? data[i] : 0xfffd);
}

static guint32
number_at(const TwRecurrenceException *ex, gsize offset)
{
    guint32 number;

    memcpy(&number, (const guint8 *) ex + offset, sizeof number);
    return number;
}

static void
put_exception(TwBuffer *buf, const TwRecurrenceException *ex)
{
    tw_buffer_put_u32le(buf, ex->start);
    tw_buffer_put_u32le(buf, ex->end);
    tw_buffer_put_u32le(buf, ex->original);
    tw_buffer_put_u16le(buf, ex->flags);
    if (ex->flags & TW_RECURRENCE_SUBJECT)
        put_text_8bit(buf, ex->subject_8bit, ex->subject);
    for (guint i = 0; i < G_N_ELEMENTS(number_fields); i++) {
        if (!(ex->flags & number_fields[i].flag))
            continue;
        if (number_fields[i].flag == TW_RECURRENCE_LOCATION)
            put_text_8bit(buf, ex->location_8bit, ex->location);
        else
            tw_buffer_put_u32le(buf, number_at(ex, number_fields[i].offset));
    }
}

static void
put_block(TwBuffer *buf, GBytes *block)
{
    gsize len = 0;
    const void *data = block != NULL ? g_bytes_get_data(block, &len) : NULL;

    if (len > TW_RECURRENCE_MAX_RESERVED)
        buf->failed = TRUE;
    tw_buffer_put_u32le(buf, (guint32) len);
    tw_buffer_put(buf, data, len);
}

static void
put_extended_exception(TwBuffer *buf, gboolean highlight, const TwRecurrenceException *ex)
{
    if (highlight && ex->change_highlight != NULL) {
        put_block(buf, ex->change_highlight);
    } else if (highlight) { /* Outlook always has the four bytes */
        tw_buffer_put_u32le(buf, 4);
        tw_buffer_put_u32le(buf, 0);
    }
    put_block(buf, ex->reserved1);
    if (!(ex->flags & (TW_RECURRENCE_SUBJECT | TW_RECURRENCE_LOCATION)))
        return;
    tw_buffer_put_u32le(buf, ex->start);
    tw_buffer_put_u32le(buf, ex->end);
    tw_buffer_put_u32le(buf, ex->original);
    if (ex->flags & TW_RECURRENCE_SUBJECT)
        put_text_utf16(buf, ex->subject, ex->subject_8bit);
    if (ex->flags & TW_RECURRENCE_LOCATION)
        put_text_utf16(buf, ex->location, ex->location_8bit);
    put_block(buf, ex->reserved2);
}

GBytes *
tw_recurrence_write(const TwRecurrence *recurrence, GError **error)
{
    g_auto(TwBuffer) buf = TW_BUFFER_INIT(TW_RECURRENCE_MAX_BLOB);
    gboolean highlight = recurrence->writer_version2 >= VERSION2_HIGHLIGHT;

    if (!tw_recurrence_check(recurrence, error))
        return NULL;
    put_pattern(&buf, recurrence);
    if (!recurrence->has_times)
        return tw_buffer_steal_bytes(&buf, error);

    tw_buffer_put_u32le(&buf, recurrence->reader_version2);
    tw_buffer_put_u32le(&buf, recurrence->writer_version2);
    tw_buffer_put_u32le(&buf, recurrence->start_offset);
    tw_buffer_put_u32le(&buf, recurrence->end_offset);
    tw_buffer_put_u16le(&buf, (guint16) recurrence->exceptions->len);
    for (guint i = 0; i < recurrence->exceptions->len; i++)
        put_exception(&buf, &g_array_index(recurrence->exceptions, TwRecurrenceException, i));
    put_block(&buf, recurrence->reserved1);
    for (guint i = 0; i < recurrence->exceptions->len; i++)
        put_extended_exception(&buf, highlight,
                               &g_array_index(recurrence->exceptions, TwRecurrenceException, i));
    put_block(&buf, recurrence->reserved2);
    return tw_buffer_steal_bytes(&buf, error);
}
