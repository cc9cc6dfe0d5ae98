/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The registry: sources by what they show, the stream of changes, budgets. */
#include "base/error.h"
#include "store/table-private.h"

static void
on_wake(gpointer data)
{
    TwTables *tables = data;

    g_atomic_int_set(&tables->waiting, 1);
    if (tables->wake != NULL)
        tables->wake(tables->wake_data);
}

static void
unref_source(gpointer data)
{
    tw_table_source_unref(data);
}

TwTables *
tw_tables_new(TwEngine *engine,
              const TwTablesConfig *config,
              TwSubscriptionWake wake,
              gpointer data)
{
    static const TwTablesConfig defaults = TW_TABLES_CONFIG_INIT;
    TwTables *tables = g_new0(TwTables, 1);

    tables->engine = engine;
    tables->config = config != NULL ? *config : defaults;
    tables->wake = wake;
    tables->wake_data = data;
    g_mutex_init(&tables->dispatch);
    tw_lock_init(&tables->lock);
    tables->sources = g_ptr_array_new_with_free_func(unref_source);
    tables->subscription = tw_engine_subscribe(engine, NULL, on_wake, tables);
    return tables;
}

void
tw_tables_free(TwTables *tables)
{
    if (tables == NULL)
        return;
    tw_subscription_end(tables->subscription);
    g_ptr_array_unref(tables->sources);
    tw_lock_clear(&tables->lock);
    g_mutex_clear(&tables->dispatch);
    g_free(tables);
}

gint64
tw_tables_tick(TwTables *tables)
{
    return __atomic_add_fetch(&tables->ticks, 1, __ATOMIC_RELAXED);
}

static GPtrArray *
list_sources(TwTables *tables)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(unref_source);
    TW_LOCK_SCOPE(&tables->lock);

    for (guint i = 0; i < tables->sources->len; i++)
        g_ptr_array_add(list, tw_table_source_ref(tables->sources->pdata[i]));
    return list;
}

/* ---- changes ---- */

static void
tell_source(TwTableSource *source, const GArray *changes, gboolean behind)
{
    TW_LOCK_SCOPE(&source->lock);

    if (source->class_of->notice == NULL)
        return;
    if (behind) {
        g_hash_table_remove_all(source->pending);
        source->stale = TRUE;
        tw_table_source_drop_page(source);
        return;
    }
    for (guint i = 0; i < changes->len; i++) {
        const TwChange *change = &g_array_index(changes, TwChange, i);
        if (change->store != source->store->number)
            continue;
        source->class_of->notice(source, change);
        tw_table_source_drop_page(source);
    }
}

void
tw_tables_dispatch(TwTables *tables)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&tables->dispatch);
    g_autoptr(GArray) changes = NULL;
    g_autoptr(GPtrArray) sources = NULL;
    gboolean behind = FALSE;

    if (!g_atomic_int_compare_and_exchange(&tables->waiting, 1, 0))
        return;
    changes = g_array_new(FALSE, FALSE, sizeof(TwChange));
    tw_subscription_pull(tables->subscription, changes, &behind);
    if (changes->len == 0 && !behind)
        return;
    sources = list_sources(tables);
    for (guint i = 0; i < sources->len; i++)
        tell_source(sources->pdata[i], changes, behind);
}

/* ---- sources ---- */

void
tw_tables_add_source(TwTables *tables, TwTableSource *source)
{
    TW_LOCK_SCOPE(&tables->lock);

    g_ptr_array_add(tables->sources, tw_table_source_ref(source));
}

void
tw_tables_remove_source(TwTables *tables, TwTableSource *source)
{
    TW_LOCK_SCOPE(&tables->lock);

    g_ptr_array_remove_fast(tables->sources, source);
}

TwTableSource *
tw_tables_find_source(TwTables *tables, TwStore *store, guint32 folder, TwMessageState state)
{
    TW_LOCK_SCOPE(&tables->lock);

    for (guint i = 0; i < tables->sources->len; i++) {
        TwTableSource *source = tables->sources->pdata[i];
        if (source->shared && source->folder == folder && source->state == state &&
            source->store->number == store->number)
            return tw_table_source_use(source); /* under the lock: so it does not leave now */
    }
    return NULL;
}

/* A source as it was a moment ago. */
typedef struct {
    TwTableSource *source; /* borrowed */
    TwSourceFigures figures;
} Candidate;

static int
compare_used(gconstpointer a, gconstpointer b)
{
    const Candidate *left = a, *right = b;

    return (left->figures.used > right->figures.used) - (left->figures.used < right->figures.used);
}

static gsize
head_bytes(TwTables *tables)
{
    gssize bytes = __atomic_load_n(&tables->head_bytes, __ATOMIC_RELAXED);

    return bytes > 0 ? (gsize) bytes : 0;
}

static gboolean
is_idle(TwTableSource *source)
{
    return source->shared && g_atomic_int_get(&source->users) == 0;
}

static void
remove_idle(TwTables *tables, TwTableSource *source)
{
    TW_LOCK_SCOPE(&tables->lock);

    if (is_idle(source))
        g_ptr_array_remove_fast(tables->sources, source);
}

void
tw_tables_trim(TwTables *tables, TwTableSource *but)
{
    g_autoptr(GPtrArray) sources = list_sources(tables);
    g_autofree Candidate *list = g_new(Candidate, MAX(sources->len, 1));
    gsize views = 0;
    guint idle = 0;

    for (guint i = 0; i < sources->len; i++) {
        list[i].source = sources->pdata[i];
        tw_table_source_get_figures(list[i].source, &list[i].figures);
        views += list[i].figures.view_bytes;
        idle += is_idle(list[i].source) ? 1 : 0;
    }
    qsort(list, sources->len, sizeof *list, compare_used);
    for (guint i = 0; i < sources->len && head_bytes(tables) > tables->config.head_bytes; i++) {
        if (list[i].source != but || list[i].figures.cache_bytes > tables->config.head_bytes / 2)
            tw_table_source_trim(list[i].source, FALSE);
    }
    for (guint i = 0; i < sources->len && views > tables->config.view_bytes; i++)
        views -= MIN(views, tw_table_source_trim(list[i].source, TRUE));
    for (guint i = 0; i < sources->len && idle > tables->config.idle_sources; i++) {
        if (list[i].source == but || !is_idle(list[i].source))
            continue;
        remove_idle(tables, list[i].source);
        idle--;
    }
}

/* ---- pumping ---- */

/* Whether somebody waits for events, and of whom there are some. */
static gboolean
take_tokens(TwTableSource *source, GArray *tokens)
{
    gboolean watched = FALSE;
    TW_LOCK_SCOPE(&source->lock);

    for (guint i = 0; i < source->views->len; i++) {
        const TwSharedView *shared = source->views->pdata[i];
        for (guint k = 0; k < shared->listeners->len; k++) {
            TwTable *table = shared->listeners->pdata[k];
            watched = watched || table->token != 0;
            if (tokens == NULL || table->token == 0 || table->told || table->events->len == 0)
                continue;
            table->told = TRUE;
            g_array_append_val(tokens, table->token);
        }
    }
    return watched;
}

void
tw_tables_pump(TwTables *tables, GArray *ret_tokens)
{
    g_autoptr(GPtrArray) sources = NULL;

    tw_tables_dispatch(tables);
    sources = list_sources(tables);
    for (guint i = 0; i < sources->len; i++) {
        if (!take_tokens(sources->pdata[i], NULL))
            continue;
        /* a failure stays pending, and is told to who reads the table next */
        (void) tw_table_source_update(sources->pdata[i], NULL);
        take_tokens(sources->pdata[i], ret_tokens);
    }
}
