/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/recurrence.h"

#include "mapi/civil.h"
#include "mapi/recurrence-private.h"

static const char *const weekday_names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

static void
put_date(GString *out, guint32 minutes)
{
    TwCivilDate date = tw_civil_date(minutes / TW_CIVIL_DAY_MINUTES);

    g_string_append_printf(out, "%04" G_GINT64_FORMAT "-%02d-%02d", date.year, date.month,
                           date.day);
}

static void
put_time(GString *out, guint32 minutes)
{
    guint32 in_day = minutes % TW_CIVIL_DAY_MINUTES;

    put_date(out, minutes);
    g_string_append_printf(out, " %02u:%02u", in_day / 60, in_day % 60);
}

static void
put_weekdays(GString *out, guint8 days)
{
    const char *comma = " ";

    for (guint i = 0; i < G_N_ELEMENTS(weekday_names); i++) {
        if (!(days >> i & 1))
            continue;
        g_string_append_printf(out, "%s%s", comma, weekday_names[i]);
        comma = ",";
    }
}

static void
put_what(GString *out, const TwRecurrencePattern *pattern)
{
    static const char *const nths[] = { "0th", "1st", "2nd", "3rd", "4th", "last" };

    switch (pattern->type) {
    case TW_RECURRENCE_DAY:
        g_string_append_printf(out, "every %u days", pattern->period / TW_CIVIL_DAY_MINUTES);
        return;
    case TW_RECURRENCE_WEEK:
        g_string_append_printf(out, "every %u weeks on", pattern->period);
        put_weekdays(out, pattern->days);
        return;
    case TW_RECURRENCE_MONTH_NTH:
    case TW_RECURRENCE_HIJRI_MONTH_NTH:
        g_string_append_printf(out, "every %u months on the %s of", pattern->period,
                               nths[MIN(pattern->nth, 5)]);
        put_weekdays(out, pattern->days);
        return;
    case TW_RECURRENCE_MONTH:
    case TW_RECURRENCE_HIJRI_MONTH:
        g_string_append_printf(out, "every %u months on day %u", pattern->period,
                               pattern->day_of_month);
        return;
    case TW_RECURRENCE_MONTH_END:
    case TW_RECURRENCE_HIJRI_MONTH_END:
        g_string_append_printf(out, "every %u months on the last day", pattern->period);
        return;
    }
}

static void
put_pattern(GString *out, const TwRecurrencePattern *pattern)
{
    static const char *const frequencies[] = { "daily", "weekly", "monthly", "yearly" };
    guint frequency = MIN((guint) pattern->frequency - TW_RECURRENCE_DAILY, 3);

    g_string_append_printf(out, "%s: ", frequencies[frequency]);
    put_what(out, pattern);
    if (pattern->type >= TW_RECURRENCE_HIJRI_MONTH ||
        pattern->calendar == TW_RECURRENCE_CALENDAR_HIJRI)
        g_string_append(out, ", Hijri");
    if (pattern->calendar != 0)
        g_string_append_printf(out, ", calendar %u", pattern->calendar);
    if (pattern->sliding)
        g_string_append(out, ", after completion");
    g_string_append(out, ", from ");
    put_date(out, pattern->start_date);
    if (pattern->end == TW_RECURRENCE_END_DATE) {
        g_string_append(out, " to ");
        put_date(out, pattern->end_date);
    } else if (pattern->end == TW_RECURRENCE_END_COUNT) {
        g_string_append_printf(out, ", %u times", pattern->count);
    }
}

static void
put_dates(GString *out, const char *name, const GArray *dates)
{
    if (dates->len == 0)
        return;
    g_string_append_printf(out, "%s:", name);
    for (guint i = 0; i < dates->len; i++) {
        g_string_append_c(out, ' ');
        put_date(out, g_array_index(dates, guint32, i));
    }
    g_string_append_c(out, '\n');
}

static void
put_text(GString *out, const char *name, const char *text, GBytes *bytes, gboolean private)
{
    g_autofree char *escaped = NULL;
    gsize len = 0;
    const guint8 *data = bytes != NULL ? g_bytes_get_data(bytes, &len) : NULL;

    if (!private) {
        g_string_append_printf(out, " %s", name);
        return;
    }
    if (text != NULL) {
        escaped = g_strescape(text, NULL);
    } else { /* escaped byte for byte: the code page is the message's */
        g_autofree char *copy = g_strndup(len > 0 ? (const char *) data : "", len);
        escaped = g_strescape(copy, NULL);
    }
    g_string_append_printf(out, " %s%s\"%s\"", name, text != NULL ? "=" : "=8bit:", escaped);
}

static void
put_exception(GString *out, const TwRecurrenceException *ex, gboolean private)
{
    const struct {
        const char *name;
        guint32 value;
        guint16 flag;
    } numbers[] = {
        { "meeting", ex->meeting_type, TW_RECURRENCE_MEETING_TYPE },
        { "reminder-minutes", ex->reminder_delta, TW_RECURRENCE_REMINDER_DELTA },
        { "reminder", ex->reminder_set, TW_RECURRENCE_REMINDER_SET },
        { "busy", ex->busy, TW_RECURRENCE_BUSY },
        { "attachments", ex->attachment, TW_RECURRENCE_ATTACHMENT },
        { "all-day", ex->sub_type, TW_RECURRENCE_SUB_TYPE },
        { "colour", ex->colour, TW_RECURRENCE_COLOUR },
    };

    g_string_append(out, "exception: ");
    put_time(out, ex->original);
    g_string_append(out, " becomes ");
    put_time(out, ex->start);
    g_string_append(out, " to ");
    put_time(out, ex->end);
    if (ex->flags & TW_RECURRENCE_SUBJECT)
        put_text(out, "subject", ex->subject, ex->subject_8bit, private);
    if (ex->flags & TW_RECURRENCE_LOCATION)
        put_text(out, "location", ex->location, ex->location_8bit, private);
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (ex->flags & numbers[i].flag)
            g_string_append_printf(out, " %s=%u", numbers[i].name, numbers[i].value);
    }
    if (ex->flags & TW_RECURRENCE_BODY)
        g_string_append(out, " body");
    g_string_append_c(out, '\n');
}

static void
put_notes(GString *out, guint notes)
{
    static const char *const names[] = { "first-date", "counts", "no-extended", "trailing" };

    if (notes == 0)
        return;
    g_string_append(out, "notes:");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (notes >> i & 1)
            g_string_append_printf(out, " %s", names[i]);
    }
    g_string_append_c(out, '\n');
}

static void
put_details(GString *out, const TwRecurrence *recurrence, gboolean private)
{
    const TwRecurrencePattern *pattern = &recurrence->pattern;

    g_string_append_printf(out, "\nfirst %u, week begins %s, count %u, ends ", pattern->first,
                           weekday_names[MIN(pattern->first_weekday, 6)], pattern->count);
    put_time(out, pattern->end_date);
    g_string_append_c(out, '\n');
    if (recurrence->has_times)
        g_string_append_printf(out, "times: %02u:%02u to %02u:%02u, writer %#x\n",
                               recurrence->start_offset / 60, recurrence->start_offset % 60,
                               recurrence->end_offset / 60, recurrence->end_offset % 60,
                               recurrence->writer_version2);
    put_dates(out, "deleted", recurrence->deleted);
    put_dates(out, "modified", recurrence->modified);
    for (guint i = 0; i < recurrence->exceptions->len; i++)
        put_exception(out, &g_array_index(recurrence->exceptions, TwRecurrenceException, i),
                      private);
    put_notes(out, recurrence->notes);
}

char *
tw_recurrence_to_string(const TwRecurrence *recurrence, TwRecurrenceTextFlags flags)
{
    GString *out = g_string_new(NULL);

    put_pattern(out, &recurrence->pattern);
    if (flags & TW_RECURRENCE_TEXT_ONE_LINE)
        g_string_append_printf(out, "; %u deleted, %u modified", recurrence->deleted->len,
                               recurrence->exceptions->len);
    else
        put_details(out, recurrence, (flags & TW_RECURRENCE_TEXT_PRIVATE) != 0);
    return g_string_free(out, FALSE);
}
