/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Expansion to instances over a window.
 *
 * The window becomes a range of slot numbers by arithmetic, a day wider on each side than the zone could need; the exact
 * test is made in UTC on each instance. Exceptions are walked as a list, since a modified instance may lie anywhere.
 */
#include "mapi/recurrence.h"

#include "base/error.h"
#include "mapi/civil.h"
#include "mapi/recurrence-private.h"

typedef struct {
    const TwRecurrence *recurrence;
    const TwTimeZone *zone;
    gint64 window_start, window_end;
    guint max;
    GArray *instances;
    GArray *gone; /* days in the range whose slots are deleted or modified, sorted */
} Expansion;

static gint
compare_days(gconstpointer a, gconstpointer b)
{
    guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

    return (x > y) - (x < y);
}

static gint
compare_instances(gconstpointer a, gconstpointer b)
{
    const TwRecurrenceInstance *x = a, *y = b;

    if (x->start != y->start)
        return (x->start > y->start) - (x->start < y->start);
    return (x->day > y->day) - (x->day < y->day);
}

static gboolean
is_gone(const Expansion *ex, guint32 day)
{
    return ex->gone->len > 0 && g_array_binary_search(ex->gone, &day, compare_days, NULL);
}

static void
note_gone(Expansion *ex, guint32 minutes, gint64 from, gint64 to)
{
    guint32 day = minutes / TW_CIVIL_DAY_MINUTES;

    if (day >= from && day <= to)
        g_array_append_val(ex->gone, day);
}

static gboolean
emit(Expansion *ex, TwRecurrenceInstance instance, GError **error)
{
    instance.local_end = MAX(instance.local_end, instance.local_start);
    instance.start = tw_timezone_to_utc(ex->zone, instance.local_start * TW_TICKS_MINUTE);
    instance.end = tw_timezone_to_utc(ex->zone, instance.local_end * TW_TICKS_MINUTE);
    if (instance.end < instance.start)
        instance.end =
            instance.start + (instance.local_end - instance.local_start) * TW_TICKS_MINUTE;

    if (instance.start >= ex->window_end || instance.end < ex->window_start ||
        (instance.end == ex->window_start && instance.start < instance.end))
        return TRUE;
    if (ex->instances->len == ex->max) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "recurrence: more than %u instances",
                    ex->max);
        return FALSE;
    }
    g_array_append_val(ex->instances, instance);
    return TRUE;
}

static gboolean
emit_slots(Expansion *ex, const TwRecurrencePlan *plan, gint64 from, gint64 to, GError **error)
{
    const TwRecurrence *recurrence = ex->recurrence;
    gint64 start_offset = recurrence->has_times ? recurrence->start_offset : 0;
    gint64 end_offset = recurrence->has_times ? recurrence->end_offset : 0;

    for (gint64 n = tw_recurrence_plan_at(plan, from); n <= plan->last; n++) {
        gint64 day = tw_recurrence_plan_day(plan, n);

        if (day > to)
            break;
        if (is_gone(ex, (guint32) day))
            continue;
        if (!emit(ex,
                  (TwRecurrenceInstance){
                      .local_start = day * TW_CIVIL_DAY_MINUTES + start_offset,
                      .local_end = day * TW_CIVIL_DAY_MINUTES + end_offset,
                      .day = (guint32) day,
                      .exception = -1,
                  },
                  error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
emit_exceptions(Expansion *ex, gint64 local_from, gint64 local_to, GError **error)
{
    const GArray *exceptions = ex->recurrence->exceptions;

    for (guint i = 0; i < exceptions->len; i++) {
        const TwRecurrenceException *exception =
            &g_array_index(exceptions, TwRecurrenceException, i);

        if (MAX(exception->end, exception->start) < local_from || exception->start > local_to)
            continue;
        if (!emit(ex,
                  (TwRecurrenceInstance){
                      .local_start = exception->start,
                      .local_end = exception->end,
                      .day = exception->original / TW_CIVIL_DAY_MINUTES,
                      .exception = (gint32) i,
                  },
                  error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
expand_range(Expansion *ex, const TwRecurrencePlan *plan, GError **error)
{
    const TwRecurrence *recurrence = ex->recurrence;
    gint64 local_from =
        tw_civil_floor_div(tw_timezone_to_local(ex->zone, ex->window_start), TW_TICKS_MINUTE) -
        TW_CIVIL_DAY_MINUTES;
    gint64 local_to =
        tw_civil_floor_div(tw_timezone_to_local(ex->zone, ex->window_end), TW_TICKS_MINUTE) +
        TW_CIVIL_DAY_MINUTES;
    gint64 longest =
        recurrence->has_times ? MAX(recurrence->start_offset, recurrence->end_offset) : 0;
    gint64 shift = recurrence->has_times ? recurrence->start_offset : 0;
    gint64 from = CLAMP(tw_civil_floor_div(local_from - longest, TW_CIVIL_DAY_MINUTES), 0,
                        TW_RECURRENCE_LAST_DAY + 1);
    gint64 to = CLAMP(tw_civil_floor_div(local_to - shift, TW_CIVIL_DAY_MINUTES), -1,
                      TW_RECURRENCE_LAST_DAY);

    for (guint i = 0; i < recurrence->deleted->len; i++)
        note_gone(ex, g_array_index(recurrence->deleted, guint32, i), from, to);
    for (guint i = 0; i < recurrence->exceptions->len; i++)
        note_gone(ex, g_array_index(recurrence->exceptions, TwRecurrenceException, i).original,
                  from, to);
    g_array_sort(ex->gone, compare_days);

    if (!emit_slots(ex, plan, from, to, error) || !emit_exceptions(ex, local_from, local_to, error))
        return FALSE;
    g_array_sort(ex->instances, compare_instances);
    return TRUE;
}

GArray *
tw_recurrence_expand(const TwRecurrence *recurrence,
                     const TwTimeZone *zone,
                     gint64 window_start,
                     gint64 window_end,
                     guint max,
                     GError **error)
{
    g_autoptr(GArray) instances = g_array_new(FALSE, FALSE, sizeof(TwRecurrenceInstance));
    g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(guint32));
    Expansion ex = {
        .recurrence = recurrence,
        .zone = zone,
        .window_start = CLAMP(window_start, TW_TICKS_MIN, TW_TICKS_MAX),
        .window_end = CLAMP(window_end, TW_TICKS_MIN, TW_TICKS_MAX),
        .max = max,
        .instances = instances,
        .gone = gone,
    };
    TwRecurrencePlan plan;

    if (!tw_recurrence_plan_init(&plan, &recurrence->pattern)) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "recurrence: months of calendar %u",
                    recurrence->pattern.calendar);
        return NULL;
    }
    if (window_start < window_end && !expand_range(&ex, &plan, error))
        return NULL;
    return g_steal_pointer(&instances);
}
