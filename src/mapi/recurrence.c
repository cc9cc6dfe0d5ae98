/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/recurrence.h"

#include "base/error.h"
#include "mapi/civil.h"
#include "mapi/recurrence-private.h"

enum {
    WRITER_VERSION2 = 0x3009,
    READER_VERSION2 = 0x3006,
    COUNT_WHEN_NEVER = 10, /* what clients write there */
};

/* ClipEnd without end: 4500-08-31 23:59 in minutes */
static const gint64 CLIP_NEVER = 1525076639;

void
tw_recurrence_exception_clear(TwRecurrenceException *exception)
{
    g_clear_pointer(&exception->subject_8bit, g_bytes_unref);
    g_clear_pointer(&exception->location_8bit, g_bytes_unref);
    g_clear_pointer(&exception->subject, g_free);
    g_clear_pointer(&exception->location, g_free);
    g_clear_pointer(&exception->change_highlight, g_bytes_unref);
    g_clear_pointer(&exception->reserved1, g_bytes_unref);
    g_clear_pointer(&exception->reserved2, g_bytes_unref);
}

TwRecurrence *
tw_recurrence_new(void)
{
    TwRecurrence *recurrence = g_new0(TwRecurrence, 1);

    recurrence->pattern = (TwRecurrencePattern){
        .frequency = TW_RECURRENCE_DAILY,
        .type = TW_RECURRENCE_DAY,
        .period = TW_CIVIL_DAY_MINUTES,
        .end = TW_RECURRENCE_END_NEVER,
        .count = COUNT_WHEN_NEVER,
        .end_date = TW_RECURRENCE_NEVER,
    };
    recurrence->reader_version2 = READER_VERSION2;
    recurrence->writer_version2 = WRITER_VERSION2;
    recurrence->deleted = g_array_new(FALSE, FALSE, sizeof(guint32));
    recurrence->modified = g_array_new(FALSE, FALSE, sizeof(guint32));
    recurrence->exceptions = g_array_new(FALSE, TRUE, sizeof(TwRecurrenceException));
    g_array_set_clear_func(recurrence->exceptions, (GDestroyNotify) tw_recurrence_exception_clear);
    return recurrence;
}

void
tw_recurrence_free(TwRecurrence *recurrence)
{
    if (recurrence == NULL)
        return;
    g_clear_pointer(&recurrence->deleted, g_array_unref);
    g_clear_pointer(&recurrence->modified, g_array_unref);
    g_clear_pointer(&recurrence->exceptions, g_array_unref);
    g_clear_pointer(&recurrence->reserved1, g_bytes_unref);
    g_clear_pointer(&recurrence->reserved2, g_bytes_unref);
    g_free(recurrence);
}

gboolean
tw_recurrence_check(const TwRecurrence *recurrence, GError **error)
{
    const char *wrong = tw_recurrence_pattern_check(&recurrence->pattern);

    if (wrong == NULL && (recurrence->deleted->len > TW_RECURRENCE_MAX_DATES ||
                          recurrence->modified->len > TW_RECURRENCE_MAX_DATES ||
                          recurrence->exceptions->len > TW_RECURRENCE_MAX_DATES))
        wrong = "number of exceptions";
    if (wrong == NULL && !recurrence->has_times && recurrence->exceptions->len > 0)
        wrong = "exceptions of a task";
    if (wrong == NULL)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "recurrence: bad %s", wrong);
    return FALSE;
}

gboolean
tw_recurrence_get_range(const TwRecurrence *recurrence, guint32 *ret_first, guint32 *ret_last)
{
    TwRecurrencePlan plan;

    if (!tw_recurrence_plan_init(&plan, &recurrence->pattern) || plan.last < 0)
        return FALSE;
    *ret_first = (guint32) tw_recurrence_plan_day(&plan, 0);
    *ret_last = recurrence->pattern.end == TW_RECURRENCE_END_NEVER && !recurrence->pattern.sliding
                    ? G_MAXUINT32
                    : (guint32) tw_recurrence_plan_day(&plan, plan.last);
    return TRUE;
}

gboolean
tw_recurrence_get_clip(const TwRecurrence *recurrence, gint64 *ret_start, gint64 *ret_end)
{
    guint32 first, last;

    if (!tw_recurrence_get_range(recurrence, &first, &last))
        return FALSE;
    *ret_start = (gint64) first * TW_CIVIL_DAY_MINUTES * TW_TICKS_MINUTE;
    *ret_end =
        (last == G_MAXUINT32 ? CLIP_NEVER : (gint64) last * TW_CIVIL_DAY_MINUTES) * TW_TICKS_MINUTE;
    return TRUE;
}

static gboolean
plan_has_slot(const TwRecurrencePlan *plan, gint64 day, gint64 *ret_number)
{
    gint64 number = tw_recurrence_plan_at(plan, day);

    if (number > plan->last || tw_recurrence_plan_day(plan, number) != day)
        return FALSE;
    *ret_number = number;
    return TRUE;
}

gboolean
tw_recurrence_is_slot(const TwRecurrence *recurrence, guint32 day)
{
    TwRecurrencePlan plan;
    gint64 number;

    return tw_recurrence_plan_init(&plan, &recurrence->pattern) &&
           plan_has_slot(&plan, day, &number);
}

/* Slot day -> 0 deleted, or index of its exception + 1. */
static GHashTable *
changes_by_day(const TwRecurrence *recurrence)
{
    GHashTable *changes = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < recurrence->deleted->len; i++) {
        guint32 day = g_array_index(recurrence->deleted, guint32, i) / TW_CIVIL_DAY_MINUTES;
        g_hash_table_insert(changes, GUINT_TO_POINTER(day), GUINT_TO_POINTER(0));
    }
    for (guint i = 0; i < recurrence->exceptions->len; i++) {
        const TwRecurrenceException *ex =
            &g_array_index(recurrence->exceptions, TwRecurrenceException, i);
        g_hash_table_insert(changes, GUINT_TO_POINTER(ex->original / TW_CIVIL_DAY_MINUTES),
                            GUINT_TO_POINTER(i + 1));
    }
    return changes;
}

/* The day on which the slot's instance takes place now; FALSE if it is deleted. */
static gboolean
instance_day(const TwRecurrence *recurrence, GHashTable *changes, gint64 slot_day, gint64 *ret_day)
{
    gpointer value;
    guint index;

    *ret_day = slot_day;
    if (!g_hash_table_lookup_extended(changes, GUINT_TO_POINTER((guint) slot_day), NULL, &value))
        return TRUE;
    index = GPOINTER_TO_UINT(value);
    if (index == 0)
        return FALSE;
    *ret_day = g_array_index(recurrence->exceptions, TwRecurrenceException, index - 1).start /
               TW_CIVIL_DAY_MINUTES;
    return TRUE;
}

gboolean
tw_recurrence_check_move(const TwRecurrence *recurrence,
                         guint32 day,
                         gint64 new_start,
                         GError **error)
{
    g_autoptr(GHashTable) changes = changes_by_day(recurrence);
    gint64 number, now, new_day = tw_civil_floor_div(new_start, TW_CIVIL_DAY_MINUTES);
    gint64 before = G_MININT64, after = G_MAXINT64;
    TwRecurrencePlan plan;

    if (!tw_recurrence_plan_init(&plan, &recurrence->pattern) ||
        !plan_has_slot(&plan, day, &number) || !instance_day(recurrence, changes, day, &now)) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "recurrence: no instance on day %u", day);
        return FALSE;
    }
    /* each turn passes one deleted slot, so the loops end with the list of them */
    for (gint64 n = number - 1; n >= 0; n--)
        if (instance_day(recurrence, changes, tw_recurrence_plan_day(&plan, n), &before))
            break;
        else
            before = G_MININT64;
    for (gint64 n = number + 1; n <= plan.last; n++)
        if (instance_day(recurrence, changes, tw_recurrence_plan_day(&plan, n), &after))
            break;
        else
            after = G_MAXINT64;
    if (new_day > before && new_day < after && new_day >= 0 && new_day <= TW_RECURRENCE_LAST_DAY)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                "recurrence: an instance may not share a day with its neighbour or pass it");
    return FALSE;
}

static gint
compare_dates(gconstpointer a, gconstpointer b)
{
    guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

    return (x > y) - (x < y);
}

static gint
compare_exceptions(gconstpointer a, gconstpointer b)
{
    const TwRecurrenceException *x = a, *y = b;
    guint32 x_day = x->original / TW_CIVIL_DAY_MINUTES, y_day = y->original / TW_CIVIL_DAY_MINUTES;

    if (x->start != y->start)
        return (x->start > y->start) - (x->start < y->start);
    return (x_day > y_day) - (x_day < y_day);
}

static void
sort_unique(GArray *dates)
{
    guint kept = 0;

    g_array_sort(dates, compare_dates);
    for (guint i = 0; i < dates->len; i++) {
        guint32 date = g_array_index(dates, guint32, i);
        if (kept == 0 || g_array_index(dates, guint32, kept - 1) != date)
            g_array_index(dates, guint32, kept++) = date;
    }
    g_array_set_size(dates, kept);
}

/* The slots that exceptions replace, as midnights; NULL when one has no slot or two share one. */
static GArray *
slots_of_exceptions(const TwRecurrence *recurrence, const TwRecurrencePlan *plan, GError **error)
{
    g_autoptr(GArray) slots = g_array_new(FALSE, FALSE, sizeof(guint32));
    gint64 number;

    for (guint i = 0; i < recurrence->exceptions->len; i++) {
        guint32 day = g_array_index(recurrence->exceptions, TwRecurrenceException, i).original /
                      TW_CIVIL_DAY_MINUTES;
        guint32 midnight = day * TW_CIVIL_DAY_MINUTES;
        if (!plan_has_slot(plan, day, &number)) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "recurrence: exception %u has no slot",
                        i);
            return NULL;
        }
        g_array_append_val(slots, midnight);
    }
    sort_unique(slots);
    if (slots->len != recurrence->exceptions->len) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "recurrence: two exceptions of one slot");
        return NULL;
    }
    return g_steal_pointer(&slots);
}

static void
normalize_pattern(TwRecurrencePattern *pattern, const TwRecurrencePlan *plan)
{
    pattern->start_date = (guint32) tw_recurrence_plan_day(plan, 0) * TW_CIVIL_DAY_MINUTES;
    pattern->first = tw_recurrence_pattern_first(pattern);
    if (pattern->end == TW_RECURRENCE_END_NEVER) {
        pattern->end_date = TW_RECURRENCE_NEVER;
        pattern->count = COUNT_WHEN_NEVER;
    } else if (!pattern->sliding) {
        pattern->end_date =
            (guint32) tw_recurrence_plan_day(plan, plan->last) * TW_CIVIL_DAY_MINUTES;
        pattern->count = (guint32) MIN(plan->last + 1, G_MAXUINT32);
    }
}

gboolean
tw_recurrence_normalize(TwRecurrence *recurrence, GError **error)
{
    TwRecurrencePlan plan;
    g_autoptr(GArray) slots = NULL;
    gint64 number;

    if (!tw_recurrence_check(recurrence, error))
        return FALSE;
    if (!tw_recurrence_plan_init(&plan, &recurrence->pattern) || plan.last < 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "recurrence: no slot, or an unknown calendar");
        return FALSE;
    }
    if ((slots = slots_of_exceptions(recurrence, &plan, error)) == NULL)
        return FALSE;

    for (guint i = 0; i < recurrence->deleted->len; i++) {
        guint32 midnight = g_array_index(recurrence->deleted, guint32, i) / TW_CIVIL_DAY_MINUTES *
                           TW_CIVIL_DAY_MINUTES;
        if (plan_has_slot(&plan, midnight / TW_CIVIL_DAY_MINUTES, &number))
            g_array_append_val(slots, midnight);
    }
    sort_unique(slots);
    if (slots->len > TW_RECURRENCE_MAX_DATES) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "recurrence: bad number of exceptions");
        return FALSE;
    }
    normalize_pattern(&recurrence->pattern, &plan);
    g_array_unref(recurrence->deleted);
    recurrence->deleted = g_steal_pointer(&slots);
    if (!recurrence->has_times) {
        sort_unique(recurrence->modified);
        return TRUE;
    }
    g_array_sort(recurrence->exceptions, compare_exceptions);
    g_array_set_size(recurrence->modified, 0);
    for (guint i = 0; i < recurrence->exceptions->len; i++) {
        guint32 midnight = g_array_index(recurrence->exceptions, TwRecurrenceException, i).start /
                           TW_CIVIL_DAY_MINUTES * TW_CIVIL_DAY_MINUTES;
        g_array_append_val(recurrence->modified, midnight);
    }
    return TRUE;
}

gboolean
tw_recurrence_change_pattern(TwRecurrence *recurrence,
                             const TwRecurrencePattern *pattern,
                             GError **error)
{
    TwRecurrencePlan plan;
    const char *wrong = tw_recurrence_pattern_check(pattern);

    if (wrong == NULL && (!tw_recurrence_plan_init(&plan, pattern) || plan.last < 0))
        wrong = "calendar or end";
    if (wrong != NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "recurrence: bad %s", wrong);
        return FALSE;
    }
    recurrence->pattern = *pattern;
    g_array_set_size(recurrence->deleted, 0);
    g_array_set_size(recurrence->modified, 0);
    g_array_set_size(recurrence->exceptions, 0);
    normalize_pattern(&recurrence->pattern, &plan);
    return TRUE;
}
