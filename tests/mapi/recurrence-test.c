/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/recurrence.h"

#include <string.h>

#include "base/error.h"
#include "mapi/civil.h"

#include "assert-bytes.h"
#include "golden.h"

static guint32
minutes(int year, int month, int day, int hour, int minute)
{
    return (guint32) (tw_civil_days(year, month, day) * TW_CIVIL_DAY_MINUTES + hour * 60 + minute);
}

static gint64
ticks(int year, int month, int day, int hour, int minute)
{
    return minutes(year, month, day, hour, minute) * TW_TICKS_MINUTE;
}

/* Parses an exact-size heap copy, so that ASan sees one byte too far. */
static TwRecurrence *
parse(const guint8 *data, gsize len, GError **error)
{
    g_autofree guint8 *copy = g_memdup2(data, len);

    return tw_recurrence_parse(copy, len, error);
}

static void
put_local(GString *out, gint64 when)
{
    TwCivilDate date = tw_civil_date(when / TW_CIVIL_DAY_MINUTES);

    g_string_append_printf(out, "%04d-%02d-%02d %02d:%02d", (int) date.year, date.month, date.day,
                           (int) (when % TW_CIVIL_DAY_MINUTES / 60), (int) (when % 60));
}

/* What a blob says, and its instances in the first twenty years, at most 20. */
static char *
describe(const TwRecurrence *recurrence)
{
    g_autofree char *text = tw_recurrence_to_string(recurrence, TW_RECURRENCE_TEXT_PRIVATE);
    g_autofree char *line = tw_recurrence_to_string(recurrence, TW_RECURRENCE_TEXT_ONE_LINE);
    GString *out = g_string_new(text);
    gint64 from = recurrence->pattern.start_date * TW_TICKS_MINUTE;
    g_autoptr(GArray) instances =
        tw_recurrence_expand(recurrence, NULL, from, from + 7305 * TW_TICKS_DAY, 10000, NULL);

    g_string_append_printf(out, "in a log: %s\n%u instances\n", line, instances->len);
    for (guint i = 0; i < MIN(instances->len, 20); i++) {
        const TwRecurrenceInstance *instance = &g_array_index(instances, TwRecurrenceInstance, i);
        put_local(out, instance->local_start);
        g_string_append(out, " to ");
        put_local(out, instance->local_end);
        if (instance->exception >= 0)
            g_string_append_printf(out, ", exception %d", instance->exception);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

static const struct {
    const char *name;
    gboolean exact; /* what we write is what was there */
} golden[] = {
    { "recurrence-outlook-weekly", TRUE },
    { "recurrence-outlook-weekly-exception", TRUE },
    { "recurrence-outlook-monthly-exceptions", TRUE },
    { "recurrence-outlook-biweekly", TRUE },
    { "recurrence-outlook-shortened", FALSE }, /* the tail of the longer blob goes */
    { "recurrence-writer-3008", TRUE },
    { "recurrence-no-extended", FALSE }, /* gets its extended part */
    { "recurrence-every-weekday", TRUE },
    { "recurrence-day-31", TRUE },
    { "recurrence-yearly-leap-day", TRUE },
    { "recurrence-hijri-month", TRUE },
    { "recurrence-hebrew-yearly", TRUE },
    { "recurrence-task", TRUE },
    { "recurrence-task-sliding", FALSE }, /* end type 0xFFFFFFFF becomes 0x2023 */
};

static void
test_golden(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(golden); i++) {
        g_autoptr(GBytes) blob = golden_bytes(golden[i].name);
        g_autoptr(GError) error = NULL;
        gsize len;
        const guint8 *data = g_bytes_get_data(blob, &len);
        g_autoptr(TwRecurrence) recurrence = parse(data, len, &error);
        g_autoptr(TwRecurrence) again = NULL;
        g_autoptr(GBytes) written = NULL;
        g_autofree char *text = NULL;

        g_test_message("%s", golden[i].name);
        g_assert_no_error(error);
        text = describe(recurrence);
        golden_compare(golden[i].name, text);

        written = tw_recurrence_write(recurrence, &error);
        g_assert_no_error(error);
        if (golden[i].exact)
            g_assert_true(g_bytes_equal(blob, written));
        again = parse(g_bytes_get_data(written, NULL), g_bytes_get_size(written), &error);
        g_assert_no_error(error);
        g_assert_cmpuint(
            again->notes & ~(guint) (TW_RECURRENCE_NOTE_FIRST | TW_RECURRENCE_NOTE_COUNTS), ==, 0);
    }
}

/* Every shorter form either fails as CORRUPT, or is a whole pattern, or says that it lost its extended part. */
static void
test_cut_at_every_position(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(golden); i++) {
        g_autoptr(GBytes) blob = golden_bytes(golden[i].name);
        gsize len;
        const guint8 *data = g_bytes_get_data(blob, &len);

        for (gsize cut = 0; cut < len; cut++) {
            g_autoptr(GError) error = NULL;
            g_autoptr(TwRecurrence) recurrence = parse(data, cut, &error);
            if (recurrence == NULL) {
                g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
            } else if (recurrence->has_times &&
                       recurrence->notes == 0) { /* whole, before its tail */
                g_autoptr(GBytes) written = tw_recurrence_write(recurrence, NULL);
                assert_bytes_equal(g_bytes_get_data(written, NULL), g_bytes_get_size(written), data,
                                   cut);
            }
        }
    }
}

/* Spec 17.1-17.2: fields at their offsets, in a blob written from numbers. */
static void
test_layout(void)
{
    static const guint8 wanted[] = {
        0x04, 0x30, 0x04, 0x30,                      /* versions */
        0x0c, 0x20, 0x03, 0x00, 0x00, 0x00,          /* monthly, nth, default calendar */
        0x60, 0xae, 0x00, 0x00,                      /* first: 1601-02-01 */
        0x03, 0,    0,    0,    0,    0,    0,    0, /* period, sliding */
        0x41, 0,    0,    0,    0x05, 0,    0,    0, /* weekend days, last */
        0x22, 0x20, 0,    0,    0x0a, 0,    0,    0, /* end by count, ten */
        0x01, 0,    0,    0,    0,    0,    0,    0,    0, 0,
        0,    0,                                        /* Monday, none deleted, none modified */
        0xe0, 0x7c, 0xc3, 0x0c, 0x20, 0xa3, 0xd5, 0x0c, /* 2008-02-24, 2010-05-30 */
        0x06, 0x30, 0,    0,    0x09, 0x30, 0,    0,    /* versions 2 */
        0x48, 0x03, 0,    0,    0xfc, 0x03, 0,    0,    /* 14:00, 17:00 */
        0,    0,    0,    0,    0,    0,    0,    0,    0, 0, /* no exceptions, two empty blocks */
    };
    g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) blob = NULL;

    recurrence->pattern = (TwRecurrencePattern){
        .frequency = TW_RECURRENCE_MONTHLY,
        .type = TW_RECURRENCE_MONTH_NTH,
        .period = 3,
        .days = 0x41,
        .nth = 5,
        .end = TW_RECURRENCE_END_COUNT,
        .count = 10,
        .first_weekday = 1,
        .start_date = minutes(2008, 2, 9, 0, 0),
    };
    recurrence->has_times = TRUE;
    recurrence->start_offset = 14 * 60;
    recurrence->end_offset = 17 * 60;
    tw_recurrence_normalize(recurrence, &error);
    g_assert_no_error(error);
    blob = tw_recurrence_write(recurrence, &error);
    g_assert_no_error(error);
    assert_bytes_equal(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), wanted, sizeof wanted);
}

/* Spec 17.1: which numbers a pattern can have. */
static void
test_pattern_limits(void)
{
    static const struct {
        const char *name;
        gsize at;
        guint32 value;
        gboolean is_u16, ok;
    } cases[] = {
        { "reader version", 0, 0x3005, TRUE, FALSE },
        { "writer version is not asked", 2, 0x3005, TRUE, TRUE },
        { "daily", 4, 0x200a, TRUE, TRUE },
        { "frequency below", 4, 0x2009, TRUE, FALSE },
        { "yearly", 4, 0x200d, TRUE, TRUE },
        { "frequency above", 4, 0x200e, TRUE, FALSE },
        { "day of month has as many bytes", 6, 2, TRUE, FALSE }, /* mask 0x32 is day 50 */
        { "no type 5", 6, 5, TRUE, FALSE },
        { "no type 9", 6, 9, TRUE, FALSE },
        { "no type 13", 6, 13, TRUE, FALSE },
        { "any calendar", 8, 0x17, TRUE, TRUE },
        { "period none", 14, 0, FALSE, FALSE },
        { "period longest", 14, G_MAXUINT32, FALSE, TRUE },
        { "sliding", 18, 1, FALSE, TRUE },
        { "no weekday", 22, 0, FALSE, FALSE },
        { "all weekdays", 22, 0x7f, FALSE, TRUE },
        { "an eighth", 22, 0x80, FALSE, FALSE },
        { "weekdays past a byte", 22, 0x102, FALSE, FALSE },
        { "end below", 26, 0x2020, FALSE, FALSE },
        { "end by date", 26, 0x2021, FALSE, TRUE },
        { "never", 26, 0x2023, FALSE, TRUE },
        { "end above", 26, 0x2024, FALSE, FALSE },
        { "never, old", 26, 0xffffffffu, FALSE, TRUE },
        { "Saturday", 34, 6, FALSE, TRUE },
        { "eighth day", 34, 7, FALSE, FALSE },
        { "week begins past a byte", 34, 0x100, FALSE, FALSE },
        { "more deleted than bytes", 38, 0x3fffffff, FALSE, FALSE },
        { "start date at the end of time", 46, G_MAXUINT32, FALSE, TRUE },
        { "reader version 2", 54, 0x3106, FALSE, FALSE },
        { "more exceptions than bytes", 70, 1, TRUE, FALSE },
    };
    g_autoptr(GBytes) blob = golden_bytes("recurrence-outlook-weekly");

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len;
        const guint8 *data = g_bytes_get_data(blob, &len);
        g_autofree guint8 *copy = g_memdup2(data, len);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwRecurrence) recurrence = NULL;

        for (guint byte = 0; byte < (cases[i].is_u16 ? 2u : 4u); byte++)
            copy[cases[i].at + byte] = (guint8) (cases[i].value >> 8 * byte);
        g_test_message("%s", cases[i].name);
        recurrence = parse(copy, len, &error);
        if (cases[i].ok) {
            g_autoptr(GArray) instances = NULL;
            g_assert_no_error(error);
            instances = tw_recurrence_expand(recurrence, NULL, 0, TW_TICKS_MAX, 100, NULL);
            (void) instances; /* whatever it is, it ends */
        } else {
            g_assert_null(recurrence);
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        }
    }
}

/* Counts at the limit and one past it. */
static void
test_size_limits(void)
{
    for (guint past = 0; past <= 1; past++) {
        g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
        g_autoptr(TwRecurrence) again = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) blob = NULL;
        g_autofree guint8 *data = NULL;
        gsize len;

        for (guint i = 0; i < TW_RECURRENCE_MAX_DATES; i++) {
            guint32 date = i * TW_CIVIL_DAY_MINUTES;
            g_array_append_val(recurrence->deleted, date);
        }
        blob = tw_recurrence_write(recurrence, &error);
        g_assert_no_error(error);
        len = g_bytes_get_size(blob) + 4;
        data = g_malloc0(len); /* room for one more date, after the count at 34 */
        memcpy(data, g_bytes_get_data(blob, NULL), len - 4);
        if (past) {
            memcpy(data + 34, "\0\0\1", 4);
            g_assert_null(parse(data, len, &error));
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
        } else {
            again = parse(data, len - 4, &error);
            g_assert_no_error(error);
            g_assert_cmpuint(again->deleted->len, ==, TW_RECURRENCE_MAX_DATES);
        }
    }
    for (gsize len = TW_RECURRENCE_MAX_BLOB; len <= TW_RECURRENCE_MAX_BLOB + 1; len++) {
        g_autoptr(GBytes) blob = golden_bytes("recurrence-outlook-weekly");
        g_autofree guint8 *data = g_malloc0(len);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwRecurrence) recurrence = NULL;

        memcpy(data, g_bytes_get_data(blob, NULL), g_bytes_get_size(blob));
        recurrence = tw_recurrence_parse(data, len, &error);
        if (len > TW_RECURRENCE_MAX_BLOB)
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
        else
            g_assert_no_error(error);
    }
}

/* Spec 17.1: first date/time. */
static void
test_first_date(void)
{
    static const struct {
        const char *name;
        TwRecurrencePatternType type;
        guint16 calendar;
        guint32 period;
        int year, month, day;
        guint8 first_weekday;
        guint32 first;
    } cases[] = {
        { "daily: start modulo period", TW_RECURRENCE_DAY, 0, 3 * 1440, 1601, 1, 5, 0, 1440 },
        { "daily: on the period", TW_RECURRENCE_DAY, 0, 3 * 1440, 1601, 1, 4, 0, 0 },
        /* 1601-01-01 is a Monday */
        { "weekly from Sunday: Outlook's 8640", TW_RECURRENCE_WEEK, 0, 1, 2007, 3, 26, 0, 8640 },
        { "weekly from Monday", TW_RECURRENCE_WEEK, 0, 1, 2007, 3, 26, 1, 0 },
        { "two weeks: Outlook's 8640", TW_RECURRENCE_WEEK, 0, 2, 2010, 10, 28, 0, 8640 },
        { "two weeks: Outlook's 18720", TW_RECURRENCE_WEEK, 0, 2, 2010, 8, 23, 0, 18720 },
        { "monthly: always January", TW_RECURRENCE_MONTH, 0, 1, 2008, 2, 9, 0, 0 },
        { "three months: Outlook's 44640", TW_RECURRENCE_MONTH_NTH, 0, 3, 2008, 2, 9, 0, 44640 },
        { "yearly in May", TW_RECURRENCE_MONTH, 0, 12, 2026, 5, 20, 0, 120 * 1440 },
        { "Hijri: Muharram 1010 began on 1601-07-01", TW_RECURRENCE_HIJRI_MONTH, 0, 12, 2008, 1, 9,
          0, 181 * 1440 },
        { "Hijri by calendar", TW_RECURRENCE_MONTH, 6, 12, 2008, 1, 9, 0, 181 * 1440 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
        g_autoptr(GError) error = NULL;

        recurrence->pattern.type = cases[i].type;
        recurrence->pattern.frequency = TW_RECURRENCE_MONTHLY;
        recurrence->pattern.calendar = cases[i].calendar;
        recurrence->pattern.period = cases[i].period;
        recurrence->pattern.days = 0x7f;
        recurrence->pattern.nth = 2;
        recurrence->pattern.day_of_month = 31;
        recurrence->pattern.first_weekday = cases[i].first_weekday;
        recurrence->pattern.start_date = minutes(cases[i].year, cases[i].month, cases[i].day, 0, 0);
        g_test_message("%s", cases[i].name);
        tw_recurrence_normalize(recurrence, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(recurrence->pattern.first, ==, cases[i].first);
    }
}

/* Unknown months are told apart from no instances; days and weeks are the same in every calendar. */
static void
test_unknown_calendar(void)
{
    g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
    g_autoptr(GArray) instances = NULL;
    g_autoptr(GError) error = NULL;

    recurrence->pattern.calendar = TW_RECURRENCE_CALENDAR_UMALQURA;
    instances = tw_recurrence_expand(recurrence, NULL, 0, 10 * TW_TICKS_DAY, 100, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(instances->len, ==, 10);
    recurrence->pattern.type = TW_RECURRENCE_MONTH;
    recurrence->pattern.period = 12;
    recurrence->pattern.day_of_month = 1;
    g_assert_null(tw_recurrence_expand(recurrence, NULL, 0, 10 * TW_TICKS_DAY, 100, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
}

/* Spec 17.6: ClipStart and ClipEnd. */
static void
test_clip(void)
{
    g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
    gint64 start, end;
    guint32 first, last;

    recurrence->pattern.start_date = minutes(2026, 1, 5, 0, 0);
    recurrence->has_times = TRUE;
    recurrence->start_offset = 540;
    g_assert_true(tw_recurrence_get_clip(recurrence, &start, &end));
    g_assert_cmpint(start, ==, ticks(2026, 1, 5, 0, 0));
    g_assert_cmpint(end, ==, ticks(4500, 8, 31, 23, 59));
    g_assert_cmpint(TW_RECURRENCE_NEVER, ==, minutes(4500, 12, 31, 23, 59));
    recurrence->pattern.end = TW_RECURRENCE_END_COUNT;
    recurrence->pattern.count = 3;
    g_assert_true(tw_recurrence_get_clip(recurrence, &start, &end));
    g_assert_cmpint(end, ==, ticks(2026, 1, 7, 0, 0));
    recurrence->pattern.end = TW_RECURRENCE_END_DATE;
    recurrence->pattern.end_date = minutes(2026, 1, 4, 0, 0);
    g_assert_false(tw_recurrence_get_clip(recurrence, &start, &end));
    g_assert_false(tw_recurrence_get_range(recurrence, &first, &last));
}

static void
add_exception(TwRecurrence *recurrence, guint32 original, guint32 start, guint32 end)
{
    TwRecurrenceException exception = { .original = original, .start = start, .end = end };

    g_array_append_val(recurrence->exceptions, exception);
}

/* Monday 5, 12, 19, 26 January and 2 February 2026, 10:00 to 11:00. */
static TwRecurrence *
mondays(void)
{
    TwRecurrence *recurrence = tw_recurrence_new();

    recurrence->pattern = (TwRecurrencePattern){
        .frequency = TW_RECURRENCE_WEEKLY,
        .type = TW_RECURRENCE_WEEK,
        .period = 1,
        .days = 2,
        .end = TW_RECURRENCE_END_COUNT,
        .count = 5,
        .start_date = minutes(2026, 1, 5, 0, 0),
    };
    recurrence->has_times = TRUE;
    recurrence->start_offset = 600;
    recurrence->end_offset = 660;
    return recurrence;
}

/* Spec 17.6: no two instances on one day, no jump over a neighbour. */
static void
test_moves(void)
{
    static const struct {
        const char *name;
        int from_month, from_day, to_month, to_day, to_hour;
        int code; /* -1: allowed */
    } cases[] = {
        { "same day, other hour", 1, 19, 1, 19, 23, -1 },
        { "day after", 1, 19, 1, 20, 10, -1 },
        { "up to the neighbour", 1, 26, 2, 1, 23, -1 },
        { "onto the neighbour's day", 1, 26, 2, 2, 12, TW_ERROR_INVALID },
        { "past the neighbour", 1, 26, 2, 3, 10, TW_ERROR_INVALID },
        { "a deleted neighbour is none", 1, 5, 1, 13, 10, -1 },
        { "but the next one is", 1, 5, 1, 21, 10, TW_ERROR_INVALID },
        { "a moved neighbour stands where it is now", 1, 26, 1, 21, 10, TW_ERROR_INVALID },
        { "its slot is free", 1, 26, 1, 22, 10, -1 },
        { "the first may go anywhere before", 1, 5, 1, 1, 0, -1 },
        { "the last may go anywhere after", 2, 2, 12, 31, 0, -1 },
        { "deleted", 1, 12, 1, 13, 10, TW_ERROR_NOT_FOUND },
        { "no slot", 1, 6, 1, 6, 10, TW_ERROR_NOT_FOUND },
        { "after the end", 2, 9, 2, 9, 10, TW_ERROR_NOT_FOUND },
    };
    g_autoptr(TwRecurrence) recurrence = mondays();
    guint32 deleted = minutes(2026, 1, 12, 0, 0);

    g_array_append_val(recurrence->deleted, deleted);
    add_exception(recurrence, minutes(2026, 1, 19, 10, 0), minutes(2026, 1, 21, 10, 0),
                  minutes(2026, 1, 21, 11, 0));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        gboolean ok;

        g_test_message("%s", cases[i].name);
        ok = tw_recurrence_check_move(
            recurrence, minutes(2026, cases[i].from_month, cases[i].from_day, 0, 0) / 1440,
            minutes(2026, cases[i].to_month, cases[i].to_day, cases[i].to_hour, 0), &error);
        g_assert_cmpint(ok, ==, cases[i].code < 0);
        if (!ok)
            g_assert_error(error, TW_ERROR, cases[i].code);
    }
}

/* What normalization makes of deleted dates and exceptions, and what it refuses. */
static void
test_normalize_exceptions(void)
{
    g_autoptr(TwRecurrence) recurrence = mondays();
    g_autoptr(GError) error = NULL;
    guint32 deleted[] = { minutes(2026, 1, 26, 0, 0), minutes(2026, 1, 14, 0, 0),
                          minutes(2026, 1, 26, 0, 0) };

    g_array_append_vals(recurrence->deleted, deleted, G_N_ELEMENTS(deleted));
    add_exception(recurrence, minutes(2026, 1, 19, 10, 0), minutes(2026, 1, 21, 10, 0),
                  minutes(2026, 1, 21, 11, 0));
    add_exception(recurrence, minutes(2026, 1, 5, 10, 0), minutes(2026, 1, 4, 10, 0),
                  minutes(2026, 1, 4, 11, 0));
    g_assert_true(tw_recurrence_normalize(recurrence, &error));
    g_assert_cmpuint(recurrence->deleted->len, ==, 3);
    g_assert_cmpuint(g_array_index(recurrence->deleted, guint32, 0), ==, minutes(2026, 1, 5, 0, 0));
    g_assert_cmpuint(g_array_index(recurrence->deleted, guint32, 1), ==,
                     minutes(2026, 1, 19, 0, 0));
    g_assert_cmpuint(g_array_index(recurrence->deleted, guint32, 2), ==,
                     minutes(2026, 1, 26, 0, 0));
    g_assert_cmpuint(recurrence->modified->len, ==, 2);
    g_assert_cmpuint(g_array_index(recurrence->modified, guint32, 0), ==,
                     minutes(2026, 1, 4, 0, 0));
    g_assert_cmpuint(g_array_index(recurrence->modified, guint32, 1), ==,
                     minutes(2026, 1, 21, 0, 0));

    add_exception(recurrence, minutes(2026, 1, 5, 9, 0), minutes(2026, 1, 6, 10, 0),
                  minutes(2026, 1, 6, 11, 0));
    g_assert_false(tw_recurrence_normalize(recurrence, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_array_index(recurrence->exceptions, TwRecurrenceException, 2).original =
        minutes(2026, 1, 6, 10, 0);
    g_assert_false(tw_recurrence_normalize(recurrence, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_assert_cmpuint(recurrence->deleted->len, ==, 3);
}

/* Spec 17.6: changing the pattern removes all exceptions. */
static void
test_change_pattern(void)
{
    g_autoptr(TwRecurrence) recurrence = mondays();
    TwRecurrencePattern pattern = recurrence->pattern;
    g_autoptr(GError) error = NULL;

    add_exception(recurrence, minutes(2026, 1, 5, 10, 0), minutes(2026, 1, 4, 10, 0),
                  minutes(2026, 1, 4, 11, 0));
    g_assert_true(tw_recurrence_normalize(recurrence, &error));
    pattern.days = 0;
    g_assert_false(tw_recurrence_change_pattern(recurrence, &pattern, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_assert_cmpuint(recurrence->exceptions->len, ==, 1);
    g_clear_error(&error);
    pattern.days = 4;
    g_assert_true(tw_recurrence_change_pattern(recurrence, &pattern, &error));
    g_assert_cmpuint(
        recurrence->exceptions->len + recurrence->deleted->len + recurrence->modified->len, ==, 0);
    g_assert_cmpuint(recurrence->pattern.start_date, ==, minutes(2026, 1, 6, 0, 0));
    g_assert_cmpuint(recurrence->pattern.end_date, ==, minutes(2026, 2, 3, 0, 0));
}

/* Which instances touch a window; local time is UTC here. */
static void
test_windows(void)
{
    static const struct {
        const char *name;
        int from_day, from_hour, to_day, to_hour; /* January 2026 */
        guint count;
    } cases[] = {
        { "all of it", 1, 0, 31, 0, 3 },
        { "ends at the start", 5, 11, 5, 12, 0 },
        { "touches the last minute", 5, 10, 5, 11, 1 },
        { "begins at the end", 5, 9, 5, 10, 0 },
        { "empty", 5, 10, 5, 10, 0 },
        { "backwards", 7, 0, 5, 0, 0 },
        { "deleted", 12, 0, 13, 0, 0 },
        { "moved away", 19, 0, 20, 0, 0 },
        { "moved here", 21, 0, 22, 0, 1 },
    };
    g_autoptr(TwRecurrence) recurrence = mondays();
    guint32 deleted = minutes(2026, 1, 12, 0, 0);

    g_array_append_val(recurrence->deleted, deleted);
    add_exception(recurrence, minutes(2026, 1, 19, 0, 0), minutes(2026, 1, 21, 10, 0),
                  minutes(2026, 1, 21, 11, 0));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GArray) instances = tw_recurrence_expand(
            recurrence, NULL, ticks(2026, 1, cases[i].from_day, cases[i].from_hour, 0),
            ticks(2026, 1, cases[i].to_day, cases[i].to_hour, 0), 10, NULL);
        g_test_message("%s", cases[i].name);
        g_assert_cmpuint(instances->len, ==, cases[i].count);
    }
}

/* A long instance reaches into a window that begins days after its slot; one of no length counts at its moment. */
static void
test_long_and_short(void)
{
    g_autoptr(TwRecurrence) recurrence = mondays();
    g_autoptr(GArray) reach = NULL, at = NULL, before = NULL;

    recurrence->end_offset = 10 * 1440;
    reach = tw_recurrence_expand(recurrence, NULL, ticks(2026, 1, 14, 23, 0),
                                 ticks(2026, 1, 14, 23, 30), 10, NULL);
    g_assert_cmpuint(reach->len, ==, 2);
    recurrence->end_offset = recurrence->start_offset;
    at = tw_recurrence_expand(recurrence, NULL, ticks(2026, 1, 5, 10, 0), ticks(2026, 1, 5, 10, 1),
                              10, NULL);
    g_assert_cmpuint(at->len, ==, 1);
    before = tw_recurrence_expand(recurrence, NULL, ticks(2026, 1, 5, 9, 0),
                                  ticks(2026, 1, 5, 10, 0), 10, NULL);
    g_assert_cmpuint(before->len, ==, 0);
}

/* A bomb: each day for ever, and each instance as long as time itself. */
static void
test_budget(void)
{
    g_autoptr(TwRecurrence) recurrence = tw_recurrence_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) instances = NULL;

    recurrence->has_times = TRUE;
    recurrence->end_offset = G_MAXUINT32;
    g_assert_null(tw_recurrence_expand(recurrence, NULL, ticks(9000, 1, 1, 0, 0),
                                       ticks(9000, 1, 2, 0, 0), 1000, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
    g_clear_error(&error);
    recurrence->end_offset = 60;
    instances = tw_recurrence_expand(recurrence, NULL, 0, 1000 * TW_TICKS_DAY, 1000, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(instances->len, ==, 1000);
    g_assert_null(tw_recurrence_expand(recurrence, NULL, 0, 1001 * TW_TICKS_DAY, 1000, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
}

/* Spec 17.3: each flag brings its field, in the order of the bits; both forms of a text are written. */
static void
test_every_override(void)
{
    g_autoptr(TwRecurrence) recurrence = mondays();
    g_autoptr(TwRecurrence) again = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) blob = NULL;
    const TwRecurrenceException *read;
    TwRecurrenceException exception = {
        .original = minutes(2026, 1, 5, 10, 0),
        .start = minutes(2026, 1, 6, 10, 0),
        .end = minutes(2026, 1, 6, 12, 0),
        .flags = 0x3ff,
        .meeting_type = 1,
        .reminder_delta = 2,
        .reminder_set = 3,
        .busy = 4,
        .attachment = 5,
        .sub_type = 6,
        .colour = 7,
        .subject = g_strdup("Zürich \xf0\x9f\xa6\x92"), /* a giraffe takes two units */
        .location_8bit = g_bytes_new_static("Z\xfcrich", 6),
        .change_highlight = g_bytes_new_static("\x80\x01\0\0more", 8),
        .reserved1 = g_bytes_new_static("one", 3),
        .reserved2 = g_bytes_new_static("two", 3),
    };
    static const guint8 fields[] = {
        0xff, 0x03, 0x09, 0x00, 0x08, 0x00, 'Z', '?', 'r', 'i', 'c', 'h', ' ', '?', /* flags, subject */
        1,    0,    0,    0,    2,    0,    0,   0,   3,   0,   0,   0, /* meeting type, reminder */
        7,    0,    6,    0,    'Z',  0xfc, 'r', 'i', 'c', 'h',         /* location */
        4,    0,    0,    0,    5,    0,    0,   0,   6,   0,   0,   0,   7,   0,   0,
        0, /* busy, attachment, sub type, colour */
    };

    g_array_append_val(recurrence->exceptions, exception);
    g_assert_true(tw_recurrence_normalize(recurrence, &error));
    blob = tw_recurrence_write(recurrence, &error);
    g_assert_no_error(error);
    g_assert_nonnull(
        memmem(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), fields, sizeof fields));
    again = parse(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), &error);
    g_assert_no_error(error);
    g_assert_cmpuint(again->notes, ==, 0);
    read = &g_array_index(again->exceptions, TwRecurrenceException, 0);
    g_assert_cmpuint(read->colour, ==, 7);
    g_assert_cmpuint(read->reminder_delta, ==, 2);
    g_assert_cmpstr(read->subject, ==, "Zürich \xf0\x9f\xa6\x92");
    g_assert_cmpstr(read->location, ==, "Zürich");
    assert_bytes_equal(g_bytes_get_data(read->subject_8bit, NULL), 8, "Z?rich ?", 8);
    g_assert_true(g_bytes_equal(read->change_highlight, exception.change_highlight));
    g_assert_true(g_bytes_equal(read->reserved1, exception.reserved1));
    g_assert_true(g_bytes_equal(read->reserved2, exception.reserved2));
}

/* Texts at their limit and one past it, in either form. */
static void
test_text_limits(void)
{
    for (guint past = 0; past <= 1; past++) {
        g_autoptr(TwRecurrence) recurrence = mondays();
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) blob = NULL;
        TwRecurrenceException exception = {
            .original = minutes(2026, 1, 5, 10, 0),
            .flags = TW_RECURRENCE_SUBJECT,
            .subject = g_strnfill(TW_RECURRENCE_MAX_TEXT + past, 'x'),
        };

        g_array_append_val(recurrence->exceptions, exception);
        blob = tw_recurrence_write(recurrence, &error);
        if (past)
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
        else
            g_assert_no_error(error);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oxocal/recurrence/golden", test_golden);
    g_test_add_func("/oxocal/recurrence/cut", test_cut_at_every_position);
    g_test_add_func("/oxocal/recurrence/layout", test_layout);
    g_test_add_func("/oxocal/recurrence/pattern-limits", test_pattern_limits);
    g_test_add_func("/oxocal/recurrence/size-limits", test_size_limits);
    g_test_add_func("/oxocal/recurrence/first-date", test_first_date);
    g_test_add_func("/oxocal/recurrence/unknown-calendar", test_unknown_calendar);
    g_test_add_func("/oxocal/recurrence/clip", test_clip);
    g_test_add_func("/oxocal/recurrence/moves", test_moves);
    g_test_add_func("/oxocal/recurrence/normalize", test_normalize_exceptions);
    g_test_add_func("/oxocal/recurrence/change-pattern", test_change_pattern);
    g_test_add_func("/oxocal/recurrence/windows", test_windows);
    g_test_add_func("/oxocal/recurrence/long-and-short", test_long_and_short);
    g_test_add_func("/oxocal/recurrence/budget", test_budget);
    g_test_add_func("/oxocal/recurrence/overrides", test_every_override);
    g_test_add_func("/oxocal/recurrence/text-limits", test_text_limits);
    return g_test_run();
}
