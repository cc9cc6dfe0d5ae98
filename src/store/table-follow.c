/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How the views of a source are made, and how they follow what is committed (see table-source.c).
 */
#include "base/error.h"
#include "mapi/tags.h"
#include "store/table-spill.h"

enum {
    /* Changed rows that are applied one by one; of more, views are made anew. */
    MOST_STEPS = 2000,
};

/* ---- making views ---- */

typedef struct {
    TwSharedView *shared;
    TwMatchContext context;
    TwMatchBudget budget;
    guint64 cost; /* of one row */
    gsize bytes_max;
    TwViewDraft draft;
} Build;

static void
build_init(Build *build, TwTableSource *source, TwSharedView *shared)
{
    const TwTablesConfig *config = &source->tables->config;
    const TwViewSpec *spec = tw_view_get_spec(shared->view);

    *build = (Build){ .shared = shared, .bytes_max = config->view_bytes_max };
    build->context.collation = spec->collated ? &spec->collation : NULL;
    build->budget.left = config->search_cost;
    build->budget.deadline_us = g_get_monotonic_time() + config->search_us;
    if (shared->restriction != NULL)
        build->cost += tw_match_cost(shared->restriction);
    if (shared->always != NULL)
        build->cost += tw_match_cost(shared->always);
    tw_view_draft_init(&build->draft);
}

static gboolean
build_matches(Build *build, const TwTableWalkRow *row, gboolean *ret, GError **error)
{
    guint64 before = row->props != NULL ? row->props->cost : 0;
    const TwSharedView *shared = build->shared;

    *ret = (shared->always == NULL ||
            tw_restriction_match(shared->always, &row->source, &build->context)) &&
           (shared->restriction == NULL ||
            tw_restriction_match(shared->restriction, &row->source, &build->context));
    if (build->cost == 0)
        return TRUE;
    if (row->props != NULL && row->props->error != NULL) {
        g_propagate_error(error, g_error_copy(row->props->error));
        return FALSE;
    }
    return tw_match_budget_take(
        &build->budget, build->cost + (row->props != NULL ? row->props->cost - before : 0), error);
}

/* What the row is in the view, in build->draft. */
static gboolean
build_draft(Build *build, const TwTableWalkRow *row, GError **error)
{
    gboolean matches;

    if (!build_matches(build, row, &matches, error))
        return FALSE;
    if (!matches) {
        tw_view_draft_empty(&build->draft, row->number);
        return TRUE;
    }
    tw_view_draft_make(build->shared->view, &build->draft, row->number, row->unread, &row->source);
    if (row->props != NULL && row->props->error != NULL) {
        g_propagate_error(error, g_error_copy(row->props->error));
        return FALSE;
    }
    return TRUE;
}

static gboolean
build_row(const TwTableWalkRow *row, gpointer data, GError **error)
{
    Build *build = data;

    if (!build_draft(build, row, error))
        return FALSE;
    tw_view_fill(build->shared->view, &build->draft);
    if (tw_view_get_bytes(build->shared->view) <= build->bytes_max)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "view: too large");
    return FALSE;
}

/* Fills an empty view. The source is busy. */
gboolean
tw_table_source_fill(TwTableSource *source, TwSharedView *shared, GError **error)
{
    const TwViewSpec *spec = tw_view_get_spec(shared->view);
    gboolean heads = spec->order.count > 0 || spec->instance_tag != 0 ||
                     shared->restriction != NULL || shared->always != NULL;
    g_autoptr(GError) failure = NULL;
    TwFlagsFilter flags = { 0, 0 };
    Build build;
    gboolean ok;

    tw_match_flags(shared->always, &flags);
    tw_match_flags(shared->restriction, &flags);
    build_init(&build, source, shared);
    ok = source->class_of->walk(source, heads, &flags, build_row, &build, &failure);
    tw_view_draft_clear(&build.draft);
    if (!ok) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    tw_view_finish(shared->view);
    return TRUE;
}

/* ---- following changes ---- */

/* What one update is about: rows, and what each is in each view. */
typedef struct {
    guint count;
    guint32 *numbers;
    TwTableRow **rows;
    TwViewDraft *drafts; /* view after view */
    guint view_count;
} Steps;

static void
steps_clear(Steps *steps)
{
    for (guint i = 0; steps->rows != NULL && i < steps->count; i++)
        tw_table_row_unref(steps->rows[i]);
    for (guint i = 0; steps->drafts != NULL && i < steps->count * steps->view_count; i++)
        tw_view_draft_clear(&steps->drafts[i]);
    g_free(steps->numbers);
    g_free(steps->rows);
    g_free(steps->drafts);
}

static gboolean
make_drafts(
    TwTableSource *source, TwSharedView *shared, Steps *steps, TwViewDraft *drafts, GError **error)
{
    g_auto(TwMessageProps) props = TW_MESSAGE_PROPS_INIT;
    g_auto(TwFolderFacts) facts = { 0 };
    gboolean ok = TRUE;
    Build build;

    build_init(&build, source, shared);
    for (guint i = 0; ok && i < steps->count; i++) {
        TwProps bag;
        TwTableWalkRow row = { .number = steps->numbers[i] };
        if (steps->rows[i] == NULL) {
            tw_view_draft_empty(&build.draft, steps->numbers[i]);
        } else {
            row.source = tw_table_row_open(source, steps->rows[i], &props, &bag);
            props.facts = &facts;
            row.props = steps->rows[i]->bag == NULL ? &props : NULL;
            row.unread = tw_table_row_is_unread(steps->rows[i]);
            ok = build_draft(&build, &row, error);
        }
        drafts[i] = build.draft;
        tw_view_draft_init(&build.draft);
    }
    tw_view_draft_clear(&build.draft);
    return ok;
}

static int
compare_numbers(gconstpointer a, gconstpointer b)
{
    guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

    return (x > y) - (x < y);
}

static gboolean
prepare_steps(TwTableSource *source, GHashTable *pending, Steps *steps, GError **error)
{
    GHashTableIter iter;
    gpointer number;
    guint i = 0;

    *steps = (Steps){ .count = g_hash_table_size(pending), .view_count = source->views->len };
    steps->numbers = g_new(guint32, MAX(steps->count, 1));
    steps->rows = g_new0(TwTableRow *, MAX(steps->count, 1));
    steps->drafts = g_new0(TwViewDraft, MAX(steps->count * steps->view_count, 1));
    g_hash_table_iter_init(&iter, pending);
    while (g_hash_table_iter_next(&iter, &number, NULL))
        steps->numbers[i++] = GPOINTER_TO_UINT(number);
    qsort(steps->numbers, steps->count, sizeof *steps->numbers, compare_numbers);
    if (!source->class_of->load(source, steps->numbers, steps->count, steps->rows, error))
        return FALSE;
    for (i = 0; i < steps->view_count; i++) {
        if (!make_drafts(source, source->views->pdata[i], steps,
                         steps->drafts + (gsize) i * steps->count, error))
            return FALSE;
    }
    return TRUE;
}

/* Under the lock. */
static void
apply_steps(TwTableSource *source, Steps *steps)
{
    gboolean merge = steps->count >= source->tables->config.events_merge;

    for (guint i = 0; !source->given && i < steps->count; i++) {
        if (steps->rows[i] == NULL)
            tw_table_source_forget(source, steps->numbers[i]);
        else if (source->always_cached || source->tables->config.head_bytes > 0)
            tw_table_source_keep(source, steps->rows[i]);
        else
            source->complete = FALSE;
        if (source->spill != NULL)
            tw_table_spill_forget(source->spill, steps->numbers[i]);
    }
    source->version++;
    for (guint v = 0; v < steps->view_count; v++) {
        TwSharedView *shared = source->views->pdata[v];
        for (guint i = 0; merge && i < shared->listeners->len; i++) {
            TwTable *table = shared->listeners->pdata[i];
            tw_table_changed(table);
            table->quiet = TRUE;
        }
        tw_view_apply(shared->view, steps->drafts + (gsize) v * steps->count, steps->count,
                      shared->listeners);
        for (guint i = 0; merge && i < shared->listeners->len; i++)
            ((TwTable *) shared->listeners->pdata[i])->quiet = FALSE;
    }
}

static TwSharedView *
shared_like(const TwSharedView *old)
{
    TwSharedView *shared = g_new0(TwSharedView, 1);

    shared->view = tw_view_new(tw_view_get_spec(old->view));
    shared->restriction = old->restriction != NULL ? tw_restriction_ref(old->restriction) : NULL;
    shared->always = old->always != NULL ? tw_restriction_ref(old->always) : NULL;
    shared->restriction_key =
        old->restriction_key != NULL ? g_bytes_ref(old->restriction_key) : NULL;
    shared->listeners = g_ptr_array_new();
    shared->used = old->used;
    return shared;
}

/* Everything may have changed: who shows something takes a new view at its next call. The source is busy. */
static gboolean
rebuild(TwTableSource *source, GError **error)
{
    g_autoptr(GPtrArray) fresh = g_ptr_array_new_with_free_func(tw_table_shared_free);
    gboolean ok = TRUE;

    tw_lock(&source->lock);
    if (!source->always_cached)
        tw_table_source_forget_all(source);
    tw_table_source_drop_spill(source);
    for (guint i = source->views->len; i > 0; i--) {
        const TwSharedView *shared = source->views->pdata[i - 1];
        if (shared->listeners->len == 0)
            g_ptr_array_remove_index(source->views, i - 1);
    }
    tw_unlock(&source->lock);
    for (guint i = 0; ok && i < source->views->len; i++) {
        TwSharedView *shared = shared_like(source->views->pdata[i]);
        g_autoptr(GError) failure = NULL;
        ok = tw_table_source_fill(source, shared, &failure);
        if (!ok && g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) { /* nothing is there */
            tw_view_free(shared->view);
            shared->view = tw_view_new(
                tw_view_get_spec(((const TwSharedView *) source->views->pdata[i])->view));
            tw_view_finish(shared->view);
            ok = TRUE;
        } else if (!ok) {
            g_propagate_error(error, g_steal_pointer(&failure));
        }
        g_ptr_array_add(fresh, shared);
    }
    if (!ok)
        return FALSE;
    tw_lock(&source->lock);
    for (guint i = 0; i < source->views->len; i++) {
        TwSharedView *shared = source->views->pdata[i], *other = fresh->pdata[i];
        TwView *old = shared->view;
        for (guint k = 0; k < shared->listeners->len; k++)
            tw_table_save(shared->listeners->pdata[k]);
        shared->view = other->view;
        other->view = old;
        for (guint k = 0; k < shared->listeners->len; k++) {
            tw_table_restore(shared->listeners->pdata[k]);
            tw_table_changed(shared->listeners->pdata[k]);
        }
    }
    tw_unlock(&source->lock);
    return TRUE;
}

static gboolean
follow(TwTableSource *source, GHashTable *pending, GError **error)
{
    Steps steps;
    gboolean ok = prepare_steps(source, pending, &steps, error);

    if (ok) {
        tw_lock(&source->lock);
        apply_steps(source, &steps);
        tw_unlock(&source->lock);
    }
    steps_clear(&steps);
    return ok;
}

/* Under the lock, which is let go while it waits. */
void
tw_table_source_become_busy(TwTableSource *source)
{
    while (source->busy)
        tw_lock_wait(&source->lock, &source->idle, G_MAXINT64);
    source->busy = TRUE;
}

void
tw_table_source_become_idle(TwTableSource *source)
{
    source->busy = FALSE;
    g_cond_broadcast(&source->idle);
}

static void
give_back(TwTableSource *source, GHashTable *pending, gboolean stale, gboolean structure)
{
    GHashTableIter iter;
    gpointer number;

    source->stale = source->stale || stale;
    source->structure = source->structure || structure;
    g_hash_table_iter_init(&iter, pending);
    while (g_hash_table_iter_next(&iter, &number, NULL))
        tw_table_source_note(source, GPOINTER_TO_UINT(number));
}

gboolean
tw_table_source_update(TwTableSource *source, GError **error)
{
    g_autoptr(GHashTable) pending = NULL;
    gboolean stale, structure, ok = TRUE;

    tw_lock(&source->lock);
    source->used = tw_tables_tick(source->tables);
    if (!source->busy && !source->stale && !source->structure &&
        g_hash_table_size(source->pending) == 0) {
        tw_unlock(&source->lock);
        return TRUE;
    }
    tw_table_source_become_busy(source);
    pending = g_steal_pointer(&source->pending);
    source->pending = g_hash_table_new(NULL, NULL);
    stale = source->stale;
    structure = source->structure;
    source->stale = source->structure = FALSE;
    tw_unlock(&source->lock);

    if ((stale || structure) && source->class_of->compare != NULL)
        ok = source->class_of->compare(source, pending, error);
    if (ok &&
        (g_hash_table_size(pending) > MOST_STEPS || (stale && source->class_of->compare == NULL)))
        ok = rebuild(source, error);
    else if (ok && g_hash_table_size(pending) > 0)
        ok = follow(source, pending, error);

    tw_lock(&source->lock);
    if (!ok)
        give_back(source, pending, stale, structure);
    tw_table_source_become_idle(source);
    tw_unlock(&source->lock);
    return ok;
}
