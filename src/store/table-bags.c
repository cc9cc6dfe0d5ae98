/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows that others fill; recipients and attachments of a message. */
#include "base/error.h"
#include "mapi/result.h"
#include "mapi/tags.h"
#include "store/computed.h"
#include "store/table-private.h"

/* ---- rows in the cache alone ---- */

gboolean
tw_table_bags_walk(TwTableSource *source,
                   G_GNUC_UNUSED gboolean heads,
                   G_GNUC_UNUSED const TwFlagsFilter *flags,
                   TwTableWalkFunc func,
                   gpointer data,
                   GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify) tw_table_row_unref);
    GHashTableIter iter;
    gpointer value;

    tw_lock(&source->lock);
    g_hash_table_iter_init(&iter, source->cache);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(rows, tw_table_row_ref(value));
    tw_unlock(&source->lock);
    for (guint i = 0; i < rows->len; i++) {
        TwTableRow *row = rows->pdata[i];
        TwTableWalkRow item = { .number = row->number };
        TwProps bag;
        item.source = tw_table_row_open(source, row, NULL, &bag);
        if (!func(&item, data, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_table_bags_load(TwTableSource *source,
                   const guint32 *numbers,
                   guint count,
                   TwTableRow **ret,
                   G_GNUC_UNUSED GError **error)
{
    TW_LOCK_SCOPE(&source->lock);

    for (guint i = 0; i < count; i++) {
        TwTableRow *row = g_hash_table_lookup(source->cache, GUINT_TO_POINTER(numbers[i]));
        ret[i] = row != NULL ? tw_table_row_ref(row) : NULL;
    }
    return TRUE;
}

static const TwTableSourceClass bags_class = {
    .walk = tw_table_bags_walk,
    .load = tw_table_bags_load,
};

static TwTableSource *
new_bags(TwTables *tables, gboolean newest_first)
{
    TwTableSource *source = tw_table_source_new(&bags_class, tables);

    source->always_cached = source->given = source->complete = TRUE;
    source->newest_first = newest_first;
    source->users = 1;
    tw_tables_add_source(tables, source); /* for the pump */
    return source;
}

TwTableBags *
tw_table_bags_new(TwTables *tables, gboolean newest_first)
{
    return (TwTableBags *) new_bags(tables, newest_first);
}

void
tw_table_bags_unref(TwTableBags *bags)
{
    if (bags != NULL)
        tw_table_source_leave((TwTableSource *) bags);
}

gboolean
tw_table_bags_set(TwTableBags *bags, guint32 number, GBytes *bag, GError **error)
{
    TwTableSource *source = (TwTableSource *) bags;
    TwProps props;

    if (bag != NULL && !tw_props_open_bytes(bag, &props, error))
        return FALSE;
    tw_lock(&source->lock);
    if (bag != NULL) {
        g_autoptr(TwTableRow) row = tw_table_row_new_bag(number, bag);
        tw_table_source_keep(source, row);
    } else {
        tw_table_source_forget(source, number);
    }
    tw_table_source_note(source, number);
    tw_unlock(&source->lock);
    if (source->tables->wake != NULL)
        source->tables->wake(source->tables->wake_data);
    return TRUE;
}

void
tw_table_bags_clear(TwTableBags *bags)
{
    TwTableSource *source = (TwTableSource *) bags;

    tw_lock(&source->lock);
    tw_table_source_forget_all(source);
    g_hash_table_remove_all(source->pending);
    source->stale = source->complete = TRUE;
    tw_unlock(&source->lock);
    if (source->tables->wake != NULL)
        source->tables->wake(source->tables->wake_data);
}

TwTable *
tw_table_open_bags(TwTableBags *bags, guint flags, const TwTableCaller *caller)
{
    return tw_table_new((TwTableSource *) bags, flags, caller);
}

/* ---- recipients and attachments ---- */

static gboolean
add_large(TwObject *node, TwPropsBuilder *builder)
{
    g_autoptr(GArray) tags = tw_object_list_tags(node);

    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        TwPropValue value;
        if (tw_prop_tag_type(tag) == TW_PT_OBJECT)
            continue;
        if (!tw_object_get(node, tag, &value))
            value =
                tw_value_long(tw_prop_tag_with_type(tag, TW_PT_ERROR), MAPI_E_NOT_ENOUGH_MEMORY);
        tw_props_builder_set(builder, value);
    }
    return TRUE;
}

static GBytes *
bag_of_child(TwObject *node, GError **error)
{
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) computed = tw_child_computed(node, error);
    TwProps props;

    tw_props_builder_init(&builder);
    if (computed == NULL || !tw_props_open_bytes(computed, &props, error))
        return NULL;
    add_large(node, &builder);
    tw_props_builder_merge(&builder, &props);
    return tw_props_builder_finish_bytes(&builder, error);
}

TwTable *
tw_table_open_children(TwTables *tables,
                       TwObject *message,
                       TwObjectKind kind,
                       guint flags,
                       const TwTableCaller *caller,
                       GError **error)
{
    g_autoptr(TwTableBags) bags = tw_table_bags_new(tables, FALSE);

    for (guint i = 0; i < tw_object_count(message, kind); i++) {
        TwObject *node = tw_object_at(message, kind, i);
        g_autoptr(GBytes) bag = bag_of_child(node, error);
        if (bag == NULL || !tw_table_bags_set(bags, tw_object_get_number(node), bag, error))
            return NULL;
    }
    return tw_table_open_bags(bags, flags, caller);
}
