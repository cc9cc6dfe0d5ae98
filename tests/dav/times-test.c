/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When an item touches a span: RFC 4791, 9.9. */
#include "dav/index.h"

#include <string.h>

#include "mapi/timezone.h"

#define HOUR (60 * TW_TICKS_MINUTE)

enum {
    A = 100,
    B = 200,
};

typedef struct {
    const char *name;
    TwDavItemKind kind;
    TwDavTimes times;
    gboolean touches; /* [100, 200) */
} Case;

static const Case cases[] = {
    { "before",
      TW_DAV_EVENT,
      { .has_start = TRUE, .has_end = TRUE, .start = 50, .end = A },
      FALSE },
    { "into",
      TW_DAV_EVENT,
      { .has_start = TRUE, .has_end = TRUE, .start = 50, .end = A + 1 },
      TRUE },
    { "out of",
      TW_DAV_EVENT,
      { .has_start = TRUE, .has_end = TRUE, .start = B - 1, .end = 300 },
      TRUE },
    { "after",
      TW_DAV_EVENT,
      { .has_start = TRUE, .has_end = TRUE, .start = B, .end = 300 },
      FALSE },
    { "no length at the start", TW_DAV_EVENT, { .has_start = TRUE, .start = A }, TRUE },
    { "no length at the end", TW_DAV_EVENT, { .has_start = TRUE, .start = B }, FALSE },
    { "a rule that is not known",
      TW_DAV_EVENT,
      { .has_start = TRUE, .has_end = TRUE, .start = 10, .end = 20, .open = TRUE },
      TRUE },
    { "such a rule, later",
      TW_DAV_EVENT,
      { .has_start = TRUE, .has_end = TRUE, .start = B, .end = 300, .open = TRUE },
      FALSE },
    { "no time", TW_DAV_EVENT, { .start = 0 }, TRUE },
    { "a task without a time", TW_DAV_TODO, { .start = 0 }, TRUE },
    { "a task done before", TW_DAV_TODO, { .has_done = TRUE, .done = 50 }, FALSE },
    { "a task done then", TW_DAV_TODO, { .has_done = TRUE, .done = 150 }, TRUE },
    { "a task due then", TW_DAV_TODO, { .has_end = TRUE, .end = B }, TRUE },
    { "a task due later", TW_DAV_TODO, { .has_end = TRUE, .end = B + 1 }, FALSE },
    { "a task due before", TW_DAV_TODO, { .has_end = TRUE, .end = A }, FALSE },
    { "a task of a span",
      TW_DAV_TODO,
      { .has_start = TRUE, .has_end = TRUE, .start = 10, .end = 150 },
      TRUE },
    { "a task that comes again", TW_DAV_TODO, { .has_end = TRUE, .end = 10, .open = TRUE }, TRUE },
    { "such a task, later", TW_DAV_TODO, { .has_end = TRUE, .end = B, .open = TRUE }, FALSE },
    { "a journal entry", TW_DAV_JOURNAL, { .has_start = TRUE, .start = 150 }, TRUE },
    { "a journal entry, later", TW_DAV_JOURNAL, { .has_start = TRUE, .start = B }, FALSE },
    { "a journal entry without a time", TW_DAV_JOURNAL, { .start = 0 }, FALSE },
    { "a card", TW_DAV_CARD, { .start = 0 }, FALSE },
};

static void
test_cases(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwDavEntry entry = { .kind = cases[i].kind, .times = cases[i].times };
        g_test_message("%s", cases[i].name);
        g_assert_cmpint(tw_dav_entry_touches(&entry, A, B, NULL), ==, cases[i].touches);
    }
}

/* What is busy is cut to the span; what is free is not busy. */
static void
test_busy(void)
{
    TwDavEntry entry = {
        .kind = TW_DAV_EVENT,
        .times = { .has_start = TRUE, .has_end = TRUE, .start = 50, .end = 150, .busy = 2 }
    };
    g_autoptr(GArray) busy = g_array_new(FALSE, FALSE, sizeof(TwIcalBusy));
    const TwIcalBusy *span;

    g_assert_true(tw_dav_entry_touches(&entry, A, B, busy));
    g_assert_cmpuint(busy->len, ==, 1);
    span = &g_array_index(busy, TwIcalBusy, 0);
    g_assert_cmpint(span->start, ==, A);
    g_assert_cmpint(span->end, ==, 150);
    g_assert_cmpuint(span->busy, ==, 2);
    entry.times.busy = 0;
    g_assert_true(tw_dav_entry_touches(&entry, A, B, busy));
    g_assert_cmpuint(busy->len, ==, 1);
}

/* Every day at noon for five days, from the day 150000 on. */
static void
test_series(void)
{
    gint64 noon = (G_GINT64_CONSTANT(150000) * 1440 + 720) * TW_TICKS_MINUTE;
    TwDavEntry entry = { .kind = TW_DAV_EVENT, .times = { .busy = 2 } };
    TwRecurrence *series = tw_recurrence_new();

    series->has_times = TRUE;
    series->pattern.end = TW_RECURRENCE_END_COUNT;
    series->pattern.count = 5;
    series->pattern.period = 1440;
    series->pattern.start_date = 150000u * 1440;
    series->start_offset = 720;
    series->end_offset = 780;
    g_assert_true(tw_recurrence_normalize(series, NULL));
    entry.times.series = series;
    g_assert_false(tw_dav_entry_touches(&entry, noon - TW_TICKS_DAY, noon, NULL));
    g_assert_true(tw_dav_entry_touches(&entry, noon, noon + 1, NULL));
    g_assert_true(
        tw_dav_entry_touches(&entry, noon + 4 * TW_TICKS_DAY, noon + 4 * TW_TICKS_DAY + 1, NULL));
    g_assert_false(tw_dav_entry_touches(&entry, noon + 5 * TW_TICKS_DAY, TW_TICKS_MAX, NULL));
    g_assert_false(tw_dav_entry_touches(&entry, noon + TW_TICKS_DAY / 2,
                                        noon + TW_TICKS_DAY / 2 + TW_TICKS_MINUTE, NULL));
    tw_dav_times_clear(&entry.times);
}

/* A task of two days that comes each week, three times; its clock is an hour before midnight of the series' days. */
static void
test_task_series(void)
{
    gint64 first = (G_GINT64_CONSTANT(150000) * 1440 - 60) * TW_TICKS_MINUTE;
    gint64 week = 7 * TW_TICKS_DAY;
    TwDavEntry entry = { .kind = TW_DAV_TODO,
                         .times = { .has_start = TRUE,
                                    .has_end = TRUE,
                                    .start = first,
                                    .end = first + 2 * TW_TICKS_DAY } };
    TwRecurrence *series = tw_recurrence_new();

    series->pattern.end = TW_RECURRENCE_END_COUNT;
    series->pattern.count = 3;
    series->pattern.period = 7 * 1440;
    series->pattern.start_date = 150000u * 1440;
    g_assert_true(tw_recurrence_normalize(series, NULL));
    entry.times.series = series;
    g_assert_false(tw_dav_entry_touches(&entry, first - TW_TICKS_DAY, first, NULL));
    for (guint i = 0; i < 3; i++) {
        gint64 at = first + i * week, end = at + 2 * TW_TICKS_DAY;
        g_assert_true(tw_dav_entry_touches(&entry, at, at + 1, NULL));
        g_assert_true(tw_dav_entry_touches(&entry, end - 1, end, NULL));
        g_assert_false(tw_dav_entry_touches(&entry, end, at + week, NULL));
    }
    g_assert_false(tw_dav_entry_touches(&entry, first + 3 * week, TW_TICKS_MAX, NULL));
    entry.times.has_start = FALSE; /* each is due then */
    entry.times.end = first;
    g_assert_true(tw_dav_entry_touches(&entry, first + week - TW_TICKS_MINUTE, first + week, NULL));
    g_assert_false(tw_dav_entry_touches(&entry, first + week, first + week + HOUR, NULL));
    tw_dav_times_clear(&entry.times);
}

static void
test_floats(void)
{
    static const struct {
        const char *name, *text;
        gboolean floats;
    } rows[] = {
        { "a clock", "BEGIN:VEVENT\r\nDTSTART:20260101T100000\r\nEND:VEVENT\r\n", TRUE },
        { "UTC", "BEGIN:VEVENT\r\nDTSTART:20260101T100000Z\r\nEND:VEVENT\r\n", FALSE },
        { "a day", "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nEND:VEVENT\n", TRUE },
        { "a zone", "BEGIN:VEVENT\r\nDTSTART;TZID=Europe/Berlin:20260101T100000\r\nEND:VEVENT\r\n",
          FALSE },
        { "a zone, not of the event",
          "BEGIN:VTIMEZONE\r\nDTSTART:19700101T000000\r\nEND:VTIMEZONE\r\n"
          "BEGIN:VEVENT\r\nDTSTART:20260101T100000Z\r\nEND:VEVENT\r\n",
          FALSE },
        { "a task", "BEGIN:VTODO\r\nDUE:20260101T100000\r\nEND:VTODO\r\n", TRUE },
        { "no time", "BEGIN:VTODO\r\nEND:VTODO\r\n", FALSE },
        { "cut", "BEGIN:VEVENT\r\nDTSTART", FALSE },
        { "folded", "BEGIN:VEVENT\r\nDTSTART;X=1\r\n ;TZID=Europe/Berlin:20260101T100000\r\n",
          FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        gsize len = strlen(rows[i].text);
        g_autoptr(GBytes) text = g_bytes_new_take(g_memdup2(rows[i].text, len), len);

        g_test_message("%s", rows[i].name);
        g_assert_true(tw_dav_text_floats(text) == rows[i].floats);
        for (gsize cut = 1; cut < len; cut++) {
            g_autoptr(GBytes) part = g_bytes_new_take(g_memdup2(rows[i].text, cut), cut);
            (void) tw_dav_text_floats(part);
        }
    }
}

/* Ten o'clock is another time for who is elsewhere; what has a zone stays. */
static void
test_elsewhere(void)
{
    static const TwTimeZoneRule hour_east = { .year = 1601, .bias = -60 };
    g_autoptr(TwTimeZone) zone = tw_timezone_new("east", &hour_east, 1, NULL);
    TwDavTimes times = { .has_start = TRUE, .has_end = TRUE, .start = 10 * HOUR };
    TwDavTimes moved;

    times.end = times.start + HOUR;
    moved = tw_dav_times_at(&times, NULL, zone);
    g_assert_cmpint(moved.start, ==, 10 * HOUR);
    times.floats = TRUE;
    moved = tw_dav_times_at(&times, NULL, zone);
    g_assert_cmpint(moved.start, ==, 9 * HOUR);
    g_assert_cmpint(moved.end, ==, 10 * HOUR);
    g_assert_true(moved.zone == zone);
    moved = tw_dav_times_at(&times, zone, NULL);
    g_assert_cmpint(moved.start, ==, 11 * HOUR);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rfc4791/9.9/cases", test_cases);
    g_test_add_func("/dav/times/task-series", test_task_series);
    g_test_add_func("/dav/times/floats", test_floats);
    g_test_add_func("/dav/times/elsewhere", test_elsewhere);
    g_test_add_func("/rfc4791/9.9/busy", test_busy);
    g_test_add_func("/rfc4791/9.9/series", test_series);
    return g_test_run();
}
