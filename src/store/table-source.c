/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A source: the rows of one folder or set and the views over them; table-follow.c has how both follow what is committed.
 *
 * Who changes a source makes it busy; there is one at a time, and it reads the database without holding the lock. Changes come as
 * numbers of rows; each row is read as it is now, so changes may be told late, twice or in any order, and a view that is made
 * while changes come is right after the next update.
 */
#include "base/error.h"
#include "mapi/tags.h"
#include "store/table-spill.h"

enum {
    /* Numbers kept for a source that nobody asks. */
    MOST_PENDING = 8192,
    ROW_ESTIMATE = 420, /* bytes of a message's row in the cache */
    CACHE_LINE = 64,    /* bytes that come from memory at once */
    ROW_LINES = 6,      /* of a row that windows look at */
};

/* ---- making and freeing ---- */

void
tw_table_shared_free(gpointer data)
{
    TwSharedView *shared = data;

    tw_view_free(shared->view);
    tw_restriction_unref(shared->restriction);
    tw_restriction_unref(shared->always);
    g_clear_pointer(&shared->restriction_key, g_bytes_unref);
    g_ptr_array_unref(shared->listeners);
    g_free(shared);
}

static void
unref_row(gpointer data)
{
    tw_table_row_unref(data);
}

TwTableSource *
tw_table_source_new(const TwTableSourceClass *class_of, TwTables *tables)
{
    TwTableSource *source = g_new0(TwTableSource, 1);

    source->class_of = class_of;
    source->refs = 1;
    source->tables = tables;
    tw_lock_init(&source->lock);
    g_cond_init(&source->idle);
    source->pending = g_hash_table_new(NULL, NULL);
    source->views = g_ptr_array_new_with_free_func(tw_table_shared_free);
    source->cache = g_hash_table_new_full(NULL, NULL, NULL, unref_row);
    return source;
}

TwTableSource *
tw_table_source_ref(TwTableSource *source)
{
    g_atomic_int_inc(&source->refs);
    return source;
}

void
tw_table_source_unref(TwTableSource *source)
{
    if (source == NULL || !g_atomic_int_dec_and_test(&source->refs))
        return;
    if (source->class_of->clear != NULL)
        source->class_of->clear(source);
    tw_table_source_forget_all(source);
    tw_table_source_drop_spill(source);
    g_ptr_array_unref(source->views);
    g_hash_table_unref(source->cache);
    g_hash_table_unref(source->pending);
    tw_folder_names_clear(&source->names);
    tw_store_unref(source->store);
    g_cond_clear(&source->idle);
    tw_lock_clear(&source->lock);
    g_free(source);
}

TwTableSource *
tw_table_source_use(TwTableSource *source)
{
    g_atomic_int_inc(&source->users);
    return tw_table_source_ref(source);
}

void
tw_table_source_leave(TwTableSource *source)
{
    if (g_atomic_int_dec_and_test(&source->users) && !source->shared)
        tw_tables_remove_source(source->tables, source);
    tw_table_source_unref(source);
}

/* ---- the cache ---- */

void
tw_table_source_count(TwTableSource *source, gssize bytes)
{
    source->cache_bytes += (gsize) bytes;
    if (!source->always_cached)
        __atomic_add_fetch(&source->tables->head_bytes, bytes, __ATOMIC_RELAXED);
}

void
tw_table_source_keep(TwTableSource *source, TwTableRow *row)
{
    gpointer name = GUINT_TO_POINTER(row->number);
    const TwTableRow *old = g_hash_table_lookup(source->cache, name);

    if (old != NULL)
        tw_table_source_count(source, -(gssize) old->bytes);
    tw_table_source_count(source, (gssize) row->bytes);
    g_hash_table_insert(source->cache, name, tw_table_row_ref(row));
}

void
tw_table_source_forget(TwTableSource *source, guint32 number)
{
    const TwTableRow *old = g_hash_table_lookup(source->cache, GUINT_TO_POINTER(number));

    if (old == NULL)
        return;
    tw_table_source_count(source, -(gssize) old->bytes);
    g_hash_table_remove(source->cache, GUINT_TO_POINTER(number));
}

void
tw_table_source_forget_all(TwTableSource *source)
{
    tw_table_source_drop_page(source);
    tw_table_source_count(source, -(gssize) source->cache_bytes);
    g_hash_table_remove_all(source->cache);
    source->complete = FALSE;
    source->version++;
}

gboolean
tw_table_source_is_complete(TwTableSource *source)
{
    TW_LOCK_SCOPE(&source->lock);

    return source->complete;
}

gboolean
tw_table_source_has_room(const TwTableSource *source, guint64 rows)
{
    gsize most = source->tables->config.head_bytes / 4 * 3;

    return most > 0 && rows * ROW_ESTIMATE <= most;
}

void
tw_table_source_keep_all(TwTableSource *source, GPtrArray *rows)
{
    TW_LOCK_SCOPE(&source->lock);

    tw_table_source_forget_all(source);
    for (guint i = 0; i < rows->len; i++)
        tw_table_source_keep(source, rows->pdata[i]);
    source->complete = TRUE;
}

gboolean
tw_table_source_walk_cache(TwTableSource *source,
                           TwMessageProps *props,
                           TwTableWalkFunc func,
                           gpointer data,
                           GError **error)
{
    GHashTableIter iter;
    gpointer value;
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_auto(TwFolderFacts) facts = { 0 };

    tw_lock(&source->lock);
    g_hash_table_iter_init(&iter, source->cache);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(rows, tw_table_row_ref(value));
    tw_unlock(&source->lock);
    g_ptr_array_set_free_func(rows, (GDestroyNotify) tw_table_row_unref);
    for (guint i = 0; i < rows->len; i++) {
        TwTableRow *row = rows->pdata[i];
        TwTableWalkRow item = { .number = row->number, .unread = tw_table_row_is_unread(row) };
        TwProps bag;
        item.source = tw_table_row_open(source, row, props, &bag);
        item.props = props;
        props->facts = &facts;
        if (!func(&item, data, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- rows by number ---- */

void
tw_table_load_begin(TwTableLoad *load)
{
    for (guint i = 0; i < load->count; i++)
        g_clear_pointer(&load->ret[i], tw_table_row_unref);
}

gboolean
tw_table_load_row(const TwMessageRow *row, const guint8 *head, gsize head_len, gpointer data)
{
    TwTableLoad *load = data;
    guint low = 0, high = load->count;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (load->numbers[middle] < row->mid)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < load->count && load->numbers[low] == row->mid && load->ret[low] == NULL)
        load->ret[low] = tw_table_row_new_message(row, head, head_len);
    return TRUE;
}

gboolean
tw_table_walk_message(const TwMessageRow *row, const guint8 *head, gsize head_len, gpointer data)
{
    TwTableMessageWalk *walk = data;
    const TwTableSource *source = walk->source;
    TwTableWalkRow item = { .number = row->mid, .unread = (row->flags & TW_MSGFLAG_READ) == 0 };

    walk->after = row->mid;
    walk->count++;
    if (walk->cache)
        g_ptr_array_add(walk->rows, tw_table_row_new_message(row, head, head_len));
    else if (walk->spill != NULL)
        tw_table_spill_add(walk->spill, row, head, head_len);
    tw_message_props_open(walk->props, source->store, walk->tx, row, head, head_len);
    walk->props->facts = &walk->facts;
    walk->props->names = source->has_names ? &source->names : NULL;
    item.source = tw_message_props_source(walk->props);
    item.props = walk->props;
    return walk->func(&item, walk->data, &walk->failure);
}

void
tw_table_source_note(TwTableSource *source, guint32 number)
{
    if (source->stale)
        return;
    if (g_hash_table_size(source->pending) >= MOST_PENDING) {
        g_hash_table_remove_all(source->pending);
        source->stale = TRUE;
        return;
    }
    g_hash_table_add(source->pending, GUINT_TO_POINTER(number));
}

void
tw_table_source_get_figures(TwTableSource *source, TwSourceFigures *ret)
{
    TW_LOCK_SCOPE(&source->lock);

    *ret = (TwSourceFigures){ .used = source->used, .cache_bytes = source->cache_bytes };
    for (guint i = 0; i < source->views->len; i++)
        ret->view_bytes +=
            tw_view_get_bytes(((const TwSharedView *) source->views->pdata[i])->view);
    if (source->spill != NULL)
        ret->view_bytes += tw_table_spill_get_bytes(source->spill, NULL);
}

gsize
tw_table_source_trim(TwTableSource *source, gboolean views)
{
    gsize bytes = 0;
    TW_LOCK_SCOPE(&source->lock);

    if (source->busy)
        return 0;
    for (guint i = source->views->len; views && i > 0; i--) {
        const TwSharedView *shared = source->views->pdata[i - 1];
        if (shared->listeners->len > 0)
            continue;
        bytes += tw_view_get_bytes(shared->view);
        g_ptr_array_remove_index_fast(source->views, i - 1);
    }
    if (views && source->spill != NULL) {
        bytes += tw_table_spill_get_bytes(source->spill, NULL);
        tw_table_source_drop_spill(source);
    }
    if (!views && !source->always_cached)
        tw_table_source_forget_all(source);
    return bytes;
}

static gboolean
room_in_cache(TwTableSource *source)
{
    gssize now = __atomic_load_n(&source->tables->head_bytes, __ATOMIC_RELAXED);

    return now < 0 || (gsize) now < source->tables->config.head_bytes;
}

/* A row that is wanted and not in the cache. */
typedef struct {
    guint32 number;
    guint at;
    TwSpillPlace place;
} Missing;

static int
compare_missing(gconstpointer a, gconstpointer b)
{
    const Missing *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

/* Under the lock. Rows lie all over the memory: all are asked for before the first is touched. */
static GArray *
look_up_rows(TwTableSource *source, const guint32 *numbers, guint count, TwTableRow **ret)
{
    GArray *missing = NULL;

    for (guint i = 0; i < count; i++) {
        ret[i] = g_hash_table_lookup(source->cache, GUINT_TO_POINTER(numbers[i]));
        __builtin_prefetch(ret[i], 1);
        for (guint line = 1; line < ROW_LINES && ret[i] != NULL; line++)
            __builtin_prefetch((const guint8 *) ret[i] + (gsize) line * CACHE_LINE);
    }
    for (guint i = 0; i < count; i++) {
        Missing one = { numbers[i], i, { 0, 0 } };
        if (ret[i] != NULL) {
            tw_table_row_ref(ret[i]);
            continue;
        }
        if (source->spill != NULL)
            one.place = tw_table_spill_find(source->spill, numbers[i]);
        if (missing == NULL)
            missing = g_array_new(FALSE, FALSE, sizeof one);
        g_array_append_val(missing, one);
    }
    return missing;
}

/* What is in the file is taken out of @missing. */
static void
read_spilled(TwTableSpill *spill, GArray *missing, TwTableRow **ret)
{
    guint left = 0;

    for (guint i = 0; i < missing->len; i++) {
        Missing one = g_array_index(missing, Missing, i);
        if (one.place.len > 0)
            ret[one.at] = tw_table_spill_read(spill, one.number, one.place);
        if (ret[one.at] == NULL)
            g_array_index(missing, Missing, left++) = one;
    }
    g_array_set_size(missing, left);
}

static gboolean
load_missing(TwTableSource *source,
             GArray *missing,
             guint64 version,
             TwTableRow **ret,
             gboolean *ret_kept,
             GError **error)
{
    g_autofree guint32 *numbers = g_new(guint32, missing->len);
    g_autofree TwTableRow **loaded = g_new0(TwTableRow *, missing->len);

    g_array_sort(missing, compare_missing);
    for (guint i = 0; i < missing->len; i++)
        numbers[i] = g_array_index(missing, Missing, i).number;
    if (!source->class_of->load(source, numbers, missing->len, loaded, error))
        return FALSE;
    tw_lock(&source->lock);
    for (guint i = 0; i < missing->len; i++) {
        guint at = g_array_index(missing, Missing, i).at;
        /* a message that is several rows is loaded once */
        if (loaded[i] == NULL && i > 0 && numbers[i] == numbers[i - 1] && loaded[i - 1] != NULL)
            loaded[i] = tw_table_row_ref(loaded[i - 1]);
        ret[at] = loaded[i];
        if (loaded[i] == NULL || version != source->version ||
            source->tables->config.head_bytes == 0)
            continue;
        tw_table_source_keep(source, loaded[i]);
        *ret_kept = TRUE;
    }
    tw_unlock(&source->lock);
    return TRUE;
}

gboolean
tw_table_source_get_rows(
    TwTableSource *source, const guint32 *numbers, guint count, TwTableRow **ret, GError **error)
{
    g_autoptr(GArray) missing = NULL;
    g_autoptr(TwTableSpill) spill = NULL;
    guint64 version;
    gboolean complete, kept = FALSE;

    tw_lock(&source->lock);
    missing = look_up_rows(source, numbers, count, ret);
    if (missing != NULL && source->spill != NULL)
        spill = tw_table_spill_ref(source->spill);
    version = source->version;
    complete = source->always_cached;
    tw_unlock(&source->lock);
    if (missing == NULL || complete)
        return TRUE;
    if (spill != NULL)
        read_spilled(spill, missing, ret);
    if (missing->len == 0)
        return TRUE;
    if (!load_missing(source, missing, version, ret, &kept, error)) {
        for (guint i = 0; i < count; i++)
            g_clear_pointer(&ret[i], tw_table_row_unref);
        return FALSE;
    }
    if (kept && !room_in_cache(source))
        tw_tables_trim(source->tables, source);
    return TRUE;
}

/* ---- giving views to tables ---- */

static GBytes *
print_restrictions(const TwTable *table)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT(G_MAXSIZE);

    if (table->restriction == NULL && table->caller.always == NULL)
        return NULL;
    tw_buffer_put_u8(&text, table->caller.always != NULL ? 1 : 0);
    if (table->caller.always != NULL)
        tw_restriction_print(table->caller.always, TW_WIRE_32, &text);
    tw_buffer_put_u8(&text, table->restriction != NULL ? 1 : 0);
    if (table->restriction != NULL)
        tw_restriction_print(table->restriction, TW_WIRE_32, &text);
    return tw_buffer_steal_bytes(&text, NULL); /* NULL: it cannot be printed, and is not shared */
}

static gboolean
same_bytes(GBytes *a, GBytes *b)
{
    return a == b || (a != NULL && b != NULL && g_bytes_equal(a, b));
}

static gboolean
is_view_for(const TwSharedView *shared, const TwViewSpec *spec, const TwTable *table, GBytes *key)
{
    const TwViewSpec *other = tw_view_get_spec(shared->view);
    gboolean restricted = table->restriction != NULL || table->caller.always != NULL;
    TwSortOrder a = spec->order, b = other->order;

    a.expanded = b.expanded = 0; /* a matter of each table */
    if (restricted != (shared->restriction != NULL || shared->always != NULL) ||
        (restricted && key == NULL))
        return FALSE;
    return tw_sort_order_equal(&a, &b) && spec->instance_tag == other->instance_tag &&
           spec->collated == other->collated &&
           (!spec->collated || (spec->collation.compare == other->collation.compare &&
                                spec->collation.data == other->collation.data)) &&
           same_bytes(shared->restriction_key, key);
}

static TwSharedView *
find_view(TwTableSource *source, const TwViewSpec *spec, const TwTable *table, GBytes *key)
{
    for (guint i = 0; i < source->views->len; i++) {
        if (is_view_for(source->views->pdata[i], spec, table, key))
            return source->views->pdata[i];
    }
    return NULL;
}

static void
join(TwTableSource *source, TwSharedView *shared, TwTable *table)
{
    g_ptr_array_add(shared->listeners, table);
    shared->used = tw_tables_tick(source->tables);
    table->shared = shared;
    table->total_known = FALSE;
    tw_table_restore(table);
}

static TwSharedView *
new_shared(const TwViewSpec *spec, const TwTable *table, GBytes *key)
{
    TwSharedView *shared = g_new0(TwSharedView, 1);

    shared->view = tw_view_new(spec);
    shared->restriction =
        table->restriction != NULL ? tw_restriction_ref(table->restriction) : NULL;
    shared->always = table->caller.always != NULL ? tw_restriction_ref(table->caller.always) : NULL;
    shared->restriction_key = key != NULL ? g_bytes_ref(key) : NULL;
    shared->listeners = g_ptr_array_new();
    return shared;
}

static TwViewSpec
spec_of(const TwTableSource *source, const TwTable *table)
{
    return (TwViewSpec){ .order = table->order,
                         .instance_tag = table->instance_tag,
                         .collation = table->caller.collation,
                         .collated = table->caller.collation.compare != NULL,
                         .newest_first = source->newest_first };
}

gboolean
tw_table_source_join(TwTableSource *source, TwTable *table)
{
    TwViewSpec spec = spec_of(source, table);
    g_autoptr(GBytes) key = print_restrictions(table);
    TwSharedView *shared;
    TW_LOCK_SCOPE(&source->lock);

    shared = find_view(source, &spec, table, key);
    if (shared != NULL)
        join(source, shared, table);
    return shared != NULL;
}

gboolean
tw_table_source_attach(TwTableSource *source, TwTable *table, GError **error)
{
    TwViewSpec spec = spec_of(source, table);
    g_autoptr(GBytes) key = print_restrictions(table);
    TwSharedView *shared;
    gboolean ok;

    tw_lock(&source->lock);
    shared = find_view(source, &spec, table, key);
    if (shared == NULL) { /* somebody may be making it */
        tw_table_source_become_busy(source);
        shared = find_view(source, &spec, table, key);
        if (shared != NULL)
            tw_table_source_become_idle(source);
    }
    if (shared != NULL) {
        join(source, shared, table);
        tw_unlock(&source->lock);
        return TRUE;
    }
    tw_unlock(&source->lock);

    shared = new_shared(&spec, table, key);
    ok = tw_table_source_fill(source, shared, error);
    tw_lock(&source->lock);
    if (ok) {
        g_ptr_array_add(source->views, shared);
        join(source, shared, table);
    }
    tw_table_source_become_idle(source);
    tw_unlock(&source->lock);
    if (!ok) {
        tw_table_shared_free(shared);
        return FALSE;
    }
    tw_tables_trim(source->tables, source);
    return TRUE;
}

void
tw_table_source_detach(TwTableSource *source, TwTable *table)
{
    TW_LOCK_SCOPE(&source->lock);

    if (table->shared == NULL)
        return;
    g_ptr_array_remove_fast(table->shared->listeners, table);
    table->shared->used = tw_tables_tick(source->tables);
    table->shared = NULL;
}

gboolean
tw_table_source_walk(TwTableSource *source, TwTableWalkFunc func, gpointer data, GError **error)
{
    gboolean ok;

    tw_lock(&source->lock);
    tw_table_source_become_busy(source);
    tw_unlock(&source->lock);
    ok = source->class_of->walk(source, TRUE, NULL, func, data, error);
    tw_lock(&source->lock);
    tw_table_source_become_idle(source);
    tw_unlock(&source->lock);
    return ok;
}
