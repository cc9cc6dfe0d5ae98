/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The tables of spec/mailbox-layout.md 17.1-17.4 and 17.6, written a second time as numbers and offsets: what the writer
 * makes has each of them in its place, the reader gives it back from there, and one past a limit is refused.
 */
#include "mapi/recurrence.h"

#include <string.h>

#include "base/error.h"

#include "assert-bytes.h"
#include "field-table.h"

enum {
    PATTERN_LEN = 50,                 /* of a daily pattern without dates: 17.1's sizes */
    EXCEPTIONS_AT = PATTERN_LEN + 18, /* 17.2: four numbers of 4, a count of 2 */
    ALL_FLAGS = 0x3ff,
};

/* Parses an exact-size heap copy, so that ASan sees one byte too far. */
static TwRecurrence *
parse(const guint8 *data, gsize len, GError **error)
{
    g_autofree guint8 *copy = g_memdup2(data, len);

    return tw_recurrence_parse(copy, len, error);
}

static TwRecurrence *
parse_bytes(GBytes *blob, GError **error)
{
    return parse(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), error);
}

/* Writes what must be writable. */
static GBytes *
write_blob(const TwRecurrence *recurrence)
{
    g_autoptr(GError) error = NULL;
    GBytes *blob = tw_recurrence_write(recurrence, &error);

    g_assert_no_error(error);
    return blob;
}

/* Minutes since 1601-01-01 by GLib's calendar. */
static gint64
minutes(int year, int month, int day, int hour, int minute)
{
    g_autoptr(GDateTime) then = g_date_time_new_utc(year, month, day, hour, minute, 0);
    g_autoptr(GDateTime) origin = g_date_time_new_utc(1601, 1, 1, 0, 0, 0);

    return g_date_time_difference(then, origin) / G_TIME_SPAN_MINUTE;
}

/* 17.1: the numbers that have names. */
static void
test_names(void)
{
    static const struct {
        const char *name;
        guint32 ours, spec;
    } rows[] = {
        { "day", TW_RECURRENCE_DAILY, 0x200A },
        { "week", TW_RECURRENCE_WEEKLY, 0x200B },
        { "month", TW_RECURRENCE_MONTHLY, 0x200C },
        { "year", TW_RECURRENCE_YEARLY, 0x200D },
        { "type day", TW_RECURRENCE_DAY, 0 },
        { "type week", TW_RECURRENCE_WEEK, 1 },
        { "type month", TW_RECURRENCE_MONTH, 2 },
        { "type month nth", TW_RECURRENCE_MONTH_NTH, 3 },
        { "type month end", TW_RECURRENCE_MONTH_END, 4 },
        { "type Hijri month", TW_RECURRENCE_HIJRI_MONTH, 0xA },
        { "type Hijri nth", TW_RECURRENCE_HIJRI_MONTH_NTH, 0xB },
        { "type Hijri end", TW_RECURRENCE_HIJRI_MONTH_END, 0xC },
        { "default calendar", TW_RECURRENCE_CALENDAR_DEFAULT, 0 },
        { "Gregorian", TW_RECURRENCE_CALENDAR_GREGORIAN, 1 },
        { "Hijri", TW_RECURRENCE_CALENDAR_HIJRI, 6 },
        { "Hebrew", TW_RECURRENCE_CALENDAR_HEBREW, 8 },
        { "lunar", TW_RECURRENCE_CALENDAR_LUNAR, 0xE },
        { "by date", TW_RECURRENCE_END_DATE, 0x2021 },
        { "by count", TW_RECURRENCE_END_COUNT, 0x2022 },
        { "never", TW_RECURRENCE_END_NEVER, 0x2023 },
        { "end date never", TW_RECURRENCE_NEVER, 0x5AE980DF },
        { "subject", TW_RECURRENCE_SUBJECT, 0x0001 },
        { "meeting type", TW_RECURRENCE_MEETING_TYPE, 0x0002 },
        { "reminder delta", TW_RECURRENCE_REMINDER_DELTA, 0x0004 },
        { "reminder set", TW_RECURRENCE_REMINDER_SET, 0x0008 },
        { "location", TW_RECURRENCE_LOCATION, 0x0010 },
        { "busy status", TW_RECURRENCE_BUSY, 0x0020 },
        { "attachment", TW_RECURRENCE_ATTACHMENT, 0x0040 },
        { "sub type", TW_RECURRENCE_SUB_TYPE, 0x0080 },
        { "colour", TW_RECURRENCE_COLOUR, 0x0100 },
        { "exceptional body", TW_RECURRENCE_BODY, 0x0200 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].name);
        g_assert_cmphex(rows[i].ours, ==, rows[i].spec);
    }
}

/* 17.1: each field in its place, and nothing after the last one of a task. */
static void
test_pattern_fields(void)
{
    static const Field fields[] = {
        { "reader version", 2, 0x3004 },
        { "writer version", 2, 0x3004 },
        { "frequency", 2, 0x200B },
        { "pattern type", 2, 1 },
        { "calendar type", 2, 9 },
        { "first date/time", 4, 0x01020304 },
        { "period", 4, 0x11121314 },
        { "sliding flag", 4, 1 },
        { "day mask", 4, 0x3E },
        { "end type", 4, 0x2022 },
        { "occurrence count", 4, 0x21222324 },
        { "first day of week", 4, 6 },
        { "deleted instance count", 4, 2 },
        { "deleted 1", 4, 0x31323334 },
        { "deleted 2", 4, 0x41424344 },
        { "modified instance count", 4, 1 },
        { "modified", 4, 0x51525354 },
        { "start date", 4, 0x61626364 },
        { "end date", 4, 0x71727374 },
    };
    static const guint32 deleted[] = { 0x31323334, 0x41424344 }, modified = 0x51525354;
    g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
    g_autoptr(TwRecurrence) again = NULL;
    g_autoptr(GBytes) blob = NULL;
    g_autoptr(GError) error = NULL;
    const TwRecurrencePattern *read;
    gsize end;

    recurrence->pattern = (TwRecurrencePattern){
        .frequency = TW_RECURRENCE_WEEKLY,
        .type = TW_RECURRENCE_WEEK,
        .calendar = 9,
        .first = 0x01020304,
        .period = 0x11121314,
        .sliding = TRUE,
        .days = 0x3E,
        .end = TW_RECURRENCE_END_COUNT,
        .count = 0x21222324,
        .first_weekday = 6,
        .start_date = 0x61626364,
        .end_date = 0x71727374,
    };
    g_array_append_vals(recurrence->deleted, deleted, G_N_ELEMENTS(deleted));
    g_array_append_val(recurrence->modified, modified);
    blob = write_blob(recurrence);
    end = assert_fields(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), 0, fields,
                        G_N_ELEMENTS(fields));
    g_assert_cmpuint(end, ==, g_bytes_get_size(blob));

    again = parse_bytes(blob, &error);
    g_assert_no_error(error);
    read = &again->pattern;
    g_assert_false(again->has_times);
    g_assert_cmphex(read->calendar, ==, 9);
    g_assert_cmphex(read->first, ==, 0x01020304);
    g_assert_cmphex(read->period, ==, 0x11121314);
    g_assert_true(read->sliding);
    g_assert_cmphex(read->days, ==, 0x3E);
    g_assert_cmphex(read->count, ==, 0x21222324);
    g_assert_cmphex(read->first_weekday, ==, 6);
    g_assert_cmphex(read->start_date, ==, 0x61626364);
    g_assert_cmphex(read->end_date, ==, 0x71727374);
    assert_bytes_equal(again->deleted->data, 8, deleted, 8);
    assert_bytes_equal(again->modified->data, 4, &modified, 4);
}

/* 17.1: what stands at 22 by pattern type, its greatest number and the first one refused. */
static void
test_pattern_specific(void)
{
    static const struct {
        guint32 type;
        gsize size;
        guint32 most[2]; /* by 4 bytes */
    } rows[] = {
        { 0, 0, { 0, 0 } },  { 1, 4, { 0x7F, 0 } }, { 2, 4, { 31, 0 } },     { 3, 8, { 0x7F, 5 } },
        { 4, 4, { 31, 0 } }, { 0xA, 4, { 31, 0 } }, { 0xB, 8, { 0x7F, 5 } }, { 0xC, 4, { 31, 0 } },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
        g_autoptr(GBytes) blob = NULL;
        const guint8 *data;
        gsize len;

        g_test_message("type %u", rows[i].type);
        recurrence->pattern.frequency = TW_RECURRENCE_MONTHLY;
        recurrence->pattern.type = (TwRecurrencePatternType) rows[i].type;
        recurrence->pattern.days = 0x7F;
        recurrence->pattern.day_of_month = 31;
        recurrence->pattern.nth = 5;
        blob = write_blob(recurrence);
        data = g_bytes_get_data(blob, &len);
        g_assert_cmpuint(len, ==, PATTERN_LEN + rows[i].size);
        g_assert_cmphex(number_in(data, 6, 2), ==, rows[i].type);
        g_assert_cmphex(number_in(data, 22 + rows[i].size, 4), ==, 0x2023);
        for (gsize at = 0; at < rows[i].size; at += 4) {
            g_assert_cmpuint(number_in(data, 22 + at, 4), ==, rows[i].most[at / 4]);
            for (guint32 value = 0; value <= 0x100; value++) {
                g_autofree guint8 *copy = g_memdup2(data, len);
                g_autoptr(GError) error = NULL;
                g_autoptr(TwRecurrence) again = NULL;

                set_number(copy, 22 + at, 4, value);
                again = parse(copy, len, &error);
                if (value >= 1 && value <= rows[i].most[at / 4])
                    g_assert_no_error(error);
                else
                    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
            }
        }
    }
}

/* 17.1: bit n of the mask is day n of the week, 1 Sunday to 0x40 Saturday. */
static void
test_day_mask(void)
{
    static const struct {
        guint8 mask;
        int day; /* of January 2026 */
    } rows[] = {
        { 0x01, 4 }, { 0x02, 5 }, { 0x04, 6 }, { 0x08, 7 }, { 0x10, 8 }, { 0x20, 9 }, { 0x40, 10 },
    };
    /* 2026-01-04, a Sunday */
    const guint32 sunday = (guint32) (minutes(2026, 1, 4, 0, 0) / 1440);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();

        recurrence->pattern.frequency = TW_RECURRENCE_WEEKLY;
        recurrence->pattern.type = TW_RECURRENCE_WEEK;
        recurrence->pattern.period = 1;
        recurrence->pattern.days = rows[i].mask;
        recurrence->pattern.start_date = sunday * 1440;
        for (int day = 4; day <= 10; day++)
            g_assert_cmpint(tw_recurrence_is_slot(recurrence, sunday + (guint32) (day - 4)), ==,
                            day == rows[i].day);
    }
}

static const char *const highlight_names[] = { "writer 0x3008", "writer 0x3009" };

/* 17.2: the appointment part of a series without exceptions. */
static void
test_appointment_fields(void)
{
    for (guint32 writer = 0x3008; writer <= 0x3009; writer++) {
        const Field fields[] = {
            { "reader version 2", 4, 0x3006 }, { "writer version 2", 4, writer },
            { "start time offset", 4, 1439 },  { "end time offset", 4, 1500 },
            { "exception count", 2, 0 },       { "reserved block 1 size", 4, 3 },
            { "its data", 3, 0x656e6f },       { "reserved block 2 size", 4, 2 },
            { "its data", 2, 0x3232 },
        };
        g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
        g_autoptr(TwRecurrence) again = NULL;
        g_autoptr(GBytes) blob = NULL;
        g_autoptr(GError) error = NULL;

        g_test_message("%s", highlight_names[writer - 0x3008]);
        g_assert_cmphex(recurrence->reader_version2, ==, 0x3006);
        g_assert_cmphex(recurrence->writer_version2, ==, 0x3009);
        recurrence->has_times = TRUE;
        recurrence->writer_version2 = writer;
        recurrence->start_offset = 1439;
        recurrence->end_offset = 1500;
        recurrence->reserved1 = g_bytes_new_static("one", 3);
        recurrence->reserved2 = g_bytes_new_static("22", 2);
        blob = write_blob(recurrence);
        g_assert_cmpuint(assert_fields(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob),
                                       PATTERN_LEN, fields, G_N_ELEMENTS(fields)),
                         ==, g_bytes_get_size(blob));
        again = parse_bytes(blob, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(again->notes, ==, 0);
        g_assert_true(again->has_times);
        g_assert_cmphex(again->reader_version2, ==, 0x3006);
        g_assert_cmphex(again->writer_version2, ==, writer);
        g_assert_cmpuint(again->start_offset, ==, 1439);
        g_assert_cmpuint(again->end_offset, ==, 1500);
        g_assert_true(g_bytes_equal(again->reserved1, recurrence->reserved1));
        g_assert_true(g_bytes_equal(again->reserved2, recurrence->reserved2));
    }
}

/* 17.2: numbers refused, and reserved blocks that are empty when there is nothing in them. */
static void
test_appointment_refused(void)
{
    static const struct {
        const char *name;
        gsize at, size;
        guint32 value;
        gboolean ok;
    } rows[] = {
        { "reader version 2", 50, 4, 0x3006, TRUE }, { "family below", 50, 4, 0x2fff, FALSE },
        { "family above", 50, 4, 0x3100, FALSE },    { "past two bytes", 50, 4, 0x13006, FALSE },
        { "no exception", 66, 2, 0, TRUE },          { "one without bytes", 66, 2, 1, FALSE },
    };
    g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
    g_autoptr(GBytes) blob = NULL;
    const guint8 *data;
    gsize len;

    recurrence->has_times = TRUE;
    blob = write_blob(recurrence);
    data = g_bytes_get_data(blob, &len);
    g_assert_cmpuint(len, ==, EXCEPTIONS_AT + 8);
    g_assert_cmpuint(number_in(data, EXCEPTIONS_AT, 4), ==, 0);
    g_assert_cmpuint(number_in(data, EXCEPTIONS_AT + 4, 4), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree guint8 *copy = g_memdup2(data, len);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwRecurrence) again = NULL;

        g_test_message("%s", rows[i].name);
        set_number(copy, rows[i].at, rows[i].size, rows[i].value);
        again = parse(copy, len, &error);
        if (rows[i].ok)
            g_assert_no_error(error);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

/* 17.3, row by row. A text stands with length + 1, length; the body has no field. */
static const struct {
    guint16 flag;
    const char *text;
    guint32 value;
    gsize member; /* of the number */
} overrides[] = {
    { 0x0001, "T\xfcr", 0, 0 },
    { 0x0002, NULL, 0x01020304, G_STRUCT_OFFSET(TwRecurrenceException, meeting_type) },
    { 0x0004, NULL, 0x11121314, G_STRUCT_OFFSET(TwRecurrenceException, reminder_delta) },
    { 0x0008, NULL, 0x21222324, G_STRUCT_OFFSET(TwRecurrenceException, reminder_set) },
    { 0x0010, "Caf\xe9", 0, 0 },
    { 0x0020, NULL, 0x31323334, G_STRUCT_OFFSET(TwRecurrenceException, busy) },
    { 0x0040, NULL, 0x41424344, G_STRUCT_OFFSET(TwRecurrenceException, attachment) },
    { 0x0080, NULL, 0x51525354, G_STRUCT_OFFSET(TwRecurrenceException, sub_type) },
    { 0x0100, NULL, 0x61626364, G_STRUCT_OFFSET(TwRecurrenceException, colour) },
};

enum {
    EX_START = 0x71727374,
    EX_END = 0x75767778,
    EX_ORIGINAL = 0x797a7b7c,
};

static void
append_number(GByteArray *out, gsize size, guint32 value)
{
    guint8 bytes[4];

    set_number(bytes, 0, size, value);
    g_byte_array_append(out, bytes, (guint) size);
}

/* The exception part as 17.2-17.4 say it, of one exception with the flags. */
static void
append_wanted(GByteArray *out, guint16 flags, gboolean highlight)
{
    append_number(out, 4, EX_START);
    append_number(out, 4, EX_END);
    append_number(out, 4, EX_ORIGINAL);
    append_number(out, 2, flags);
    for (guint i = 0; i < G_N_ELEMENTS(overrides); i++) {
        if (!(flags & overrides[i].flag))
            continue;
        if (overrides[i].text != NULL) {
            guint len = (guint) strlen(overrides[i].text);
            append_number(out, 2, len + 1);
            append_number(out, 2, len);
            g_byte_array_append(out, (const guint8 *) overrides[i].text, len);
        } else {
            append_number(out, 4, overrides[i].value);
        }
    }
    append_number(out, 4, 0); /* reserved block 1 */
    if (highlight) {
        append_number(out, 4, 4);
        append_number(out, 4, 0x180);
    }
    append_number(out, 4, 0);
    if (flags & 0x0011) {
        append_number(out, 4, EX_START);
        append_number(out, 4, EX_END);
        append_number(out, 4, EX_ORIGINAL);
        for (guint i = 0; i < G_N_ELEMENTS(overrides); i++) {
            if (overrides[i].text == NULL || !(flags & overrides[i].flag))
                continue;
            append_number(out, 2, (guint32) strlen(overrides[i].text));
            for (const char *p = overrides[i].text; *p != '\0'; p++) /* Latin-1 */
                append_number(out, 2, (guint8) *p);
        }
        append_number(out, 4, 0);
    }
    append_number(out, 4, 0); /* reserved block 2 */
}

/* A series with one exception that has every value, and the flags. */
static TwRecurrence *
one_exception(guint16 flags, guint32 writer)
{
    TwRecurrence *recurrence = tw_recurrence_new();
    TwRecurrenceException exception = {
        .start = EX_START,
        .end = EX_END,
        .original = EX_ORIGINAL,
        .flags = flags,
        .subject_8bit = g_bytes_new_static(overrides[0].text, 3),
        .location_8bit = g_bytes_new_static(overrides[4].text, 4),
        .subject = g_strdup("T\xc3\xbcr"),
        .location = g_strdup("Caf\xc3\xa9"),
        .change_highlight = g_bytes_new_static("\x80\x01\0", 4),
    };

    for (guint i = 0; i < G_N_ELEMENTS(overrides); i++) {
        if (overrides[i].text == NULL)
            memcpy((guint8 *) &exception + overrides[i].member, &overrides[i].value, 4);
    }
    recurrence->has_times = TRUE;
    recurrence->writer_version2 = writer;
    g_array_append_val(recurrence->exceptions, exception);
    return recurrence;
}

static void
assert_exception(const TwRecurrenceException *read, guint16 flags, gboolean highlight)
{
    gboolean subject = (flags & 0x0001) != 0, location = (flags & 0x0010) != 0;

    g_assert_cmphex(read->start, ==, EX_START);
    g_assert_cmphex(read->end, ==, EX_END);
    g_assert_cmphex(read->original, ==, EX_ORIGINAL);
    g_assert_cmphex(read->flags, ==, flags);
    g_assert_cmpstr(read->subject, ==, subject ? "T\xc3\xbcr" : NULL);
    g_assert_cmpstr(read->location, ==, location ? "Caf\xc3\xa9" : NULL);
    g_assert_cmpint(read->subject_8bit != NULL, ==, subject);
    g_assert_cmpint(read->location_8bit != NULL, ==, location);
    if (highlight)
        assert_bytes_equal(g_bytes_get_data(read->change_highlight, NULL),
                           g_bytes_get_size(read->change_highlight), "\x80\x01\0", 4);
    else
        g_assert_null(read->change_highlight);
    for (guint i = 0; i < G_N_ELEMENTS(overrides); i++) {
        guint32 value;
        if (overrides[i].text != NULL)
            continue;
        memcpy(&value, (const guint8 *) read + overrides[i].member, 4);
        g_assert_cmphex(value, ==, flags & overrides[i].flag ? overrides[i].value : 0);
    }
}

/* 17.3-17.4: every set of flags with either writer version; then each bit the table does not have, which brings no field. */
static void
test_exception_fields(void)
{
    for (guint32 writer = 0x3008; writer <= 0x3009; writer++) {
        for (guint n = 0; n <= ALL_FLAGS + 6; n++) {
            guint16 flags = (guint16) (n <= ALL_FLAGS ? n : 0x200u << (n - ALL_FLAGS));
            g_autoptr(TwRecurrence) recurrence = one_exception(flags, writer);
            g_autoptr(GByteArray) wanted = g_byte_array_new();
            g_autoptr(GBytes) blob = write_blob(recurrence);
            g_autoptr(GError) error = NULL;
            g_autoptr(TwRecurrence) again = parse_bytes(blob, &error);
            gsize len;
            const guint8 *data = g_bytes_get_data(blob, &len);

            g_assert_no_error(error);
            append_wanted(wanted, flags, writer == 0x3009);
            g_assert_cmpuint(number_in(data, EXCEPTIONS_AT - 2, 2), ==, 1);
            assert_bytes_equal(data + EXCEPTIONS_AT, len - EXCEPTIONS_AT, wanted->data,
                               wanted->len);
            /* 17.2: the exceptions are as many as the modified dates, of which this blob has none */
            g_assert_cmphex(again->notes & ~(guint) TW_RECURRENCE_NOTE_FIRST, ==,
                            TW_RECURRENCE_NOTE_COUNTS);
            g_assert_cmpuint(again->exceptions->len, ==, 1);
            assert_exception(&g_array_index(again->exceptions, TwRecurrenceException, 0), flags,
                             writer == 0x3009);
        }
    }
}

/* 17.4: a highlight is four zero bytes when nobody set one. */
static void
test_highlight(void)
{
    g_autoptr(TwRecurrence) recurrence = one_exception(0, 0x3009);
    g_autoptr(GBytes) blob = NULL;
    static const Field fields[] = {
        { "reserved block 1", 4, 0 }, { "change highlight size", 4, 4 },
        { "change highlight", 4, 0 }, { "reserved size", 4, 0 },
        { "reserved block 2", 4, 0 },
    };

    g_clear_pointer(
        &g_array_index(recurrence->exceptions, TwRecurrenceException, 0).change_highlight,
        g_bytes_unref);
    blob = write_blob(recurrence);
    g_assert_cmpuint(assert_fields(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob),
                                   EXCEPTIONS_AT + 14, fields, G_N_ELEMENTS(fields)),
                     ==, g_bytes_get_size(blob));
}

/* @blob with @more bytes put in before @at, and the number at @count_at raised by one. */
static TwRecurrence *
parse_grown(GBytes *blob, gsize at, gsize more, gsize count_at, gsize count_size, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(blob, &len);
    g_autofree guint8 *grown = g_malloc0(len + more);

    memcpy(grown, data, at);
    memcpy(grown + at + more, data + at, len - at);
    set_number(grown, count_at, count_size, number_in(data, count_at, count_size) + 1);
    return parse(grown, len + more, error);
}

/* 17.2, 17.4: blocks at their limit, and one byte past it, which writers refuse and readers do without. */
static void
test_block_limits(void)
{
    /* one exception with a subject of three: 14 + 4 + 3, then the blocks with their sizes at */
    static const struct {
        const char *name;
        gsize at;
    } rows[] = {
        { "reserved block 1", 89 },      { "change highlight", 93 },  { "reserved", 101 },
        { "reserved after texts", 125 }, { "reserved block 2", 129 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (gsize past = 0; past <= 1; past++) {
            g_autoptr(TwRecurrence) recurrence = one_exception(0x0001, 0x3009);
            g_autoptr(GError) error = NULL;
            g_autoptr(GBytes) blob = NULL;
            g_autoptr(TwRecurrence) again = NULL, grown = NULL;
            TwRecurrenceException *ex =
                &g_array_index(recurrence->exceptions, TwRecurrenceException, 0);
            GBytes **blocks[] = { &recurrence->reserved1, &ex->change_highlight, &ex->reserved1,
                                  &ex->reserved2, &recurrence->reserved2 };

            g_test_message("%s", rows[i].name);
            g_clear_pointer(blocks[i], g_bytes_unref);
            *blocks[i] = g_bytes_new_take(g_malloc0(65536 + past), 65536 + past);
            blob = tw_recurrence_write(recurrence, &error);
            if (past) {
                g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
                continue;
            }
            g_assert_no_error(error);
            g_assert_cmphex(number_in(g_bytes_get_data(blob, NULL), rows[i].at, 4), ==, 65536);
            again = parse_bytes(blob, &error);
            g_assert_no_error(error);
            g_assert_cmphex(again->notes & TW_RECURRENCE_NOTE_NO_EXTENDED, ==, 0);
            grown = parse_grown(blob, rows[i].at + 4, 1, rows[i].at, 4, &error);
            g_assert_no_error(error);
            g_assert_cmphex(grown->notes & TW_RECURRENCE_NOTE_NO_EXTENDED, !=, 0);
            g_assert_null(grown->reserved1);
            g_assert_null(
                g_array_index(grown->exceptions, TwRecurrenceException, 0).change_highlight);
        }
    }
}

/* 17.3, 17.4: texts of 16384 bytes or units are read, of one more not. */
static void
test_text_limits(void)
{
    static const struct {
        guint16 flag;
        const char *name;
    } rows[] = { { 0x0001, "subject" }, { 0x0010, "location" } };
    const gsize text_at = EXCEPTIONS_AT + 14, units_at = text_at + 4 + 16384 + 4 + 8 + 4 + 12;

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TwRecurrence) recurrence = one_exception(rows[i].flag, 0x3009);
        g_autoptr(TwRecurrence) again = NULL, bytes_past = NULL, units_past = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) blob = NULL;
        TwRecurrenceException *ex =
            &g_array_index(recurrence->exceptions, TwRecurrenceException, 0);
        char **text = i == 0 ? &ex->subject : &ex->location;
        GBytes **text_8bit = i == 0 ? &ex->subject_8bit : &ex->location_8bit;
        const guint8 *data;

        g_test_message("%s", rows[i].name);
        g_free(*text);
        *text = g_strnfill(16384, 'x');
        g_clear_pointer(text_8bit, g_bytes_unref);
        blob = write_blob(recurrence);
        data = g_bytes_get_data(blob, NULL);
        g_assert_cmpuint(number_in(data, text_at, 2), ==, 16385);
        g_assert_cmpuint(number_in(data, text_at + 2, 2), ==, 16384);
        g_assert_cmpuint(number_in(data, units_at, 2), ==, 16384);
        again = parse_bytes(blob, &error);
        g_assert_no_error(error);
        g_assert_cmphex(again->notes & TW_RECURRENCE_NOTE_NO_EXTENDED, ==, 0);

        units_past = parse_grown(blob, units_at + 2, 2, units_at, 2, &error);
        g_assert_no_error(error);
        g_assert_cmphex(units_past->notes & TW_RECURRENCE_NOTE_NO_EXTENDED, !=, 0);
        bytes_past = parse_grown(blob, text_at + 4, 1, text_at + 2, 2, &error);
        g_assert_null(bytes_past);
        g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
}

/* 17.1, 17.6: the two ends of time are different dates; a count without end is 10. */
static void
test_never(void)
{
    g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
    g_autoptr(GError) error = NULL;
    gint64 start, end;

    recurrence->pattern.start_date = (guint32) minutes(2026, 1, 4, 0, 0);
    recurrence->pattern.count = 77;
    recurrence->pattern.end_date = 0;
    tw_recurrence_normalize(recurrence, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(recurrence->pattern.count, ==, 10);
    g_assert_cmphex(recurrence->pattern.end_date, ==, 0x5AE980DF);
    g_assert_cmpint(minutes(4500, 12, 31, 23, 59), ==, 0x5AE980DF);
    g_assert_true(tw_recurrence_get_clip(recurrence, &start, &end));
    g_assert_cmpint(start, ==, minutes(2026, 1, 4, 0, 0) * 600000000);
    g_assert_cmpint(end, ==, minutes(4500, 8, 31, 23, 59) * 600000000);
}

/* 17.6: an instance may go as far as the day beside its neighbours', not onto it and not past it. */
static void
test_moves(void)
{
    static const struct {
        int day; /* of January 2026 for the slot of the 11th, the others being on the 4th and 18th */
        gboolean ok;
    } rows[] = {
        { 3, FALSE }, { 4, FALSE },  { 5, TRUE },   { 11, TRUE },
        { 17, TRUE }, { 18, FALSE }, { 19, FALSE },
    };
    g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();

    recurrence->has_times = TRUE;
    recurrence->pattern.period = 7 * 1440;
    recurrence->pattern.start_date = (guint32) minutes(2026, 1, 4, 0, 0);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        guint32 slot = (guint32) (minutes(2026, 1, 11, 0, 0) / 1440);

        g_assert_cmpint(
            tw_recurrence_check_move(recurrence, slot, minutes(2026, 1, rows[i].day, 9, 0), &error),
            ==, rows[i].ok);
        if (!rows[i].ok)
            g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mailbox-layout/17/names", test_names);
    g_test_add_func("/mailbox-layout/17.1/fields", test_pattern_fields);
    g_test_add_func("/mailbox-layout/17.1/specific", test_pattern_specific);
    g_test_add_func("/mailbox-layout/17.1/day-mask", test_day_mask);
    g_test_add_func("/mailbox-layout/17.2/fields", test_appointment_fields);
    g_test_add_func("/mailbox-layout/17.2/refused", test_appointment_refused);
    g_test_add_func("/mailbox-layout/17.3/every-set-of-flags", test_exception_fields);
    g_test_add_func("/mailbox-layout/17.3/text-limits", test_text_limits);
    g_test_add_func("/mailbox-layout/17.4/highlight", test_highlight);
    g_test_add_func("/mailbox-layout/17.4/block-limits", test_block_limits);
    g_test_add_func("/mailbox-layout/17.6/never", test_never);
    g_test_add_func("/mailbox-layout/17.6/moves", test_moves);
    return g_test_run();
}
