/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A table: what one client has open. */
#include "base/error.h"
#include "mapi/result.h"
#include "mapi/tags.h"
#include "store/table-private.h"

/* spec/mapi-soap.md 8.4 */
static const guint32 contents_columns[] = {
    PR_ENTRYID,       PR_DISPLAY_NAME,     PR_MESSAGE_FLAGS,      PR_SUBJECT,
    PR_STORE_ENTRYID, PR_STORE_RECORD_KEY, PR_STORE_SUPPORT_MASK, PR_INSTANCE_KEY,
    PR_RECORD_KEY,    PR_ACCESS,           PR_ACCESS_LEVEL,
};
static const guint32 hierarchy_columns[] = {
    PR_ENTRYID,       PR_DISPLAY_NAME,     PR_CONTENT_COUNT,      PR_CONTENT_UNREAD,
    PR_STORE_ENTRYID, PR_STORE_RECORD_KEY, PR_STORE_SUPPORT_MASK, PR_INSTANCE_KEY,
    PR_RECORD_KEY,    PR_ACCESS,           PR_ACCESS_LEVEL,
};
static const guint32 other_columns[] = { PR_ENTRYID, PR_DISPLAY_NAME, PR_INSTANCE_KEY,
                                         PR_RECORD_KEY };

/* Columns that are made for every message, where no property of it says so. */
static const guint32 generated_columns[] = {
    PR_MESSAGE_FLAGS,
    PR_MESSAGE_SIZE,
    PR_PARENT_ENTRYID,
    PR_SUBMIT_FLAGS,
    PR_MSG_STATUS,
    PR_HASATTACH,
    PR_NORMALIZED_SUBJECT,
    PR_READ,
    PR_ACCESS,
    PR_ROW_TYPE,
    PR_INSTANCE_KEY,
    PR_ACCESS_LEVEL,
    PR_MAPPING_SIGNATURE,
    PR_RECORD_KEY,
    PR_STORE_RECORD_KEY,
    PR_STORE_ENTRYID,
    PR_OBJECT_TYPE,
    PR_ENTRYID,
    PR_DEPTH,
    PR_CONVERSATION_ID,
    PR_CONTENT_COUNT,
    PR_CONTENT_UNREAD,
    PR_SOURCE_KEY,
    PR_PARENT_SOURCE_KEY,
    PR_CHANGE_KEY,
    PR_PREDECESSOR_CHANGE_LIST,
    PR_CREATION_TIME,
    PR_LAST_MODIFICATION_TIME,
    PR_SEARCH_KEY,
    PR_LONGTERM_ENTRYID_FROM_TABLE,
    PR_EC_HIERARCHYID,
    PR_EC_PARENT_HIERARCHYID,
    PR_EC_IMAP_ID,
    PR_CHANGE_NUM,
    PR_ASSOCIATED,
    PR_DISPLAY_TO,
    PR_DISPLAY_CC,
    PR_DISPLAY_BCC,
};

enum {
    LIST_ROWS = 2048, /* rows looked at for the list of columns */
    MOST_PAGE = 1024, /* rows of a window that is read without a view */
};

static void
set_columns(TwTable *table, const guint32 *tags, guint count)
{
    g_free(table->columns);
    table->columns = g_memdup2(tags, sizeof *tags * count);
    table->column_count = count;
}

static void
clear_bookmark(gpointer data)
{
    tw_anchor_clear(&((TwTableBookmark *) data)->anchor);
}

TwTable *
tw_table_new(TwTableSource *source, guint flags, const TwTableCaller *caller)
{
    TwTable *table = g_new0(TwTable, 1);

    table->listener.class_of = &tw_table_listener;
    table->tables = source->tables;
    table->source = tw_table_source_use(source);
    table->flags = flags;
    if (caller != NULL)
        table->caller = *caller;
    if (table->caller.always != NULL)
        tw_restriction_ref(table->caller.always);
    table->bookmarks = g_array_new(FALSE, FALSE, sizeof(TwTableBookmark));
    g_array_set_clear_func(table->bookmarks, clear_bookmark);
    table->next_bookmark = TW_BOOKMARK_END + 1;
    table->events = g_array_new(FALSE, FALSE, sizeof(TwTableEvent));
    if (source->type == TW_OBJECT_ID_MESSAGE)
        set_columns(table, contents_columns, G_N_ELEMENTS(contents_columns));
    else if (source->type == TW_OBJECT_ID_FOLDER)
        set_columns(table, hierarchy_columns, G_N_ELEMENTS(hierarchy_columns));
    else
        set_columns(table, other_columns, G_N_ELEMENTS(other_columns));
    return table;
}

static void
clear_saved(TwTable *table)
{
    if (!table->saved)
        return;
    table->saved = FALSE;
    tw_anchor_clear(&table->saved_cursor);
    g_clear_pointer(&table->saved_toggled, g_ptr_array_unref);
}

void
tw_table_free(TwTable *table)
{
    if (table == NULL)
        return;
    tw_table_source_detach(table->source, table);
    tw_table_source_leave(table->source);
    clear_saved(table);
    tw_restriction_unref(table->restriction);
    tw_restriction_unref(table->caller.always);
    g_array_unref(table->bookmarks);
    g_array_unref(table->events);
    g_free(table->toggled);
    g_free(table->columns);
    g_free(table);
}

/* Pages that were read without a view: the cursor is behind them in the view too. */
static void
save_page(TwTable *table)
{
    TW_LOCK_SCOPE(&table->source->lock);

    table->saved = TRUE;
    table->saved_cursor = (TwAnchor){ .kind = TW_ANCHOR_ROW,
                                      .number = (guint32) table->page_before,
                                      .order = 1, /* behind the row itself */
                                      .key = g_bytes_new(NULL, 0) };
    table->saved_toggled = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    table->page_before = 0;
}

gboolean
tw_table_sync(TwTable *table, GError **error)
{
    tw_tables_dispatch(table->tables);
    if (!tw_table_source_update(table->source, error))
        return FALSE;
    if (table->shared != NULL)
        return TRUE;
    if (table->page_before != 0)
        save_page(table);
    return tw_table_source_attach(table->source, table, error);
}

/* Whether the next rows can be read as they lie in the database: nothing is looked at that is not shown. */
static gboolean
can_page(TwTable *table)
{
    if (table->shared != NULL || table->source->class_of->page == NULL || table->saved ||
        table->order.count > 0 || table->instance_tag != 0 || table->restriction != NULL ||
        table->caller.always != NULL || table->token != 0)
        return FALSE;
    return table->page_before != 0 || !tw_table_source_join(table->source, table);
}

void
tw_table_reset_view(TwTable *table)
{
    tw_table_source_detach(table->source, table);
    tw_lock(&table->source->lock);
    clear_saved(table);
    table->cursor = TW_CURSOR_BEGIN;
    table->page_before = 0;
    g_clear_pointer(&table->toggled, g_free);
    table->toggled_count = 0;
    tw_table_changed(table);
    tw_unlock(&table->source->lock);
    g_array_set_size(table->bookmarks, 0);
}

void
tw_table_refresh(TwTable *table)
{
    tw_lock(&table->source->lock);
    if (table->source->class_of->compare != NULL)
        table->source->structure = TRUE;
    else if (table->source->class_of->notice != NULL)
        table->source->stale = TRUE;
    tw_table_source_drop_page(table->source);
    tw_table_changed(table);
    tw_unlock(&table->source->lock);
}

/* ---- columns, order, restriction ---- */

/* The column of one row a value, of columns and order. */
static gboolean
instance_of(
    const guint32 *tags, guint count, const TwSortOrder *order, guint32 *ret, GError **error)
{
    int key = tw_sort_order_instance_key(order);
    guint32 tag = key >= 0 ? order->keys[key].tag : 0;

    for (guint i = 0; i < count; i++) {
        if (!tw_prop_tag_is_instance(tags[i]))
            continue;
        if (tag != 0 && tw_prop_tag_id(tag) != tw_prop_tag_id(tags[i])) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                                "table: two columns of one row per value");
            return FALSE;
        }
        tag = tag == 0 ? tags[i] : tag;
    }
    *ret = tag;
    return TRUE;
}

gboolean
tw_table_set_columns(TwTable *table, const guint32 *tags, guint count, GError **error)
{
    guint32 instance;

    if (count > TW_TABLE_MAX_COLUMNS) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "table: %u columns", count);
        return FALSE;
    }
    if (!instance_of(tags, count, &table->order, &instance, error))
        return FALSE;
    set_columns(table, tags, count);
    if (instance != table->instance_tag) {
        table->instance_tag = instance;
        tw_table_reset_view(table);
    }
    return TRUE;
}

const guint32 *
tw_table_get_columns(const TwTable *table, guint *ret_count)
{
    *ret_count = table->column_count;
    return table->columns;
}

gboolean
tw_table_sort(TwTable *table, const TwSortOrder *order, GError **error)
{
    guint32 instance;

    for (guint i = 0; i < order->count; i++) {
        if (tw_prop_tag_is_multi(order->keys[i].tag)) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX,
                                "table: a list does not sort");
            return FALSE;
        }
    }
    if (!instance_of(table->columns, table->column_count, order, &instance, error))
        return FALSE;
    tw_table_source_detach(table->source, table);
    tw_lock(&table->source->lock);
    table->order = *order;
    table->instance_tag = instance;
    for (guint i = 0; i < order->count; i++)
        table->key_level[i] = tw_sort_category_level(order, i);
    tw_unlock(&table->source->lock);
    tw_table_reset_view(table);
    return TRUE;
}

const TwSortOrder *
tw_table_get_order(const TwTable *table)
{
    return &table->order;
}

void
tw_table_restrict(TwTable *table, TwRestriction *restriction)
{
    if (restriction != NULL)
        tw_restriction_ref(restriction);
    tw_restriction_unref(table->restriction);
    table->restriction = restriction;
    tw_table_reset_view(table);
}

/* ---- the list of columns ---- */

static void
add_tags_of_object(GHashTable *tags, TwMessageProps *props)
{
    g_autoptr(GArray) list = NULL;
    TwPropValue value;

    (void) tw_message_props_get(props, PR_BODY, &value); /* reads the tail */
    if (props->object == NULL)
        return;
    list = tw_object_list_tags(props->object);
    for (guint i = 0; i < list->len; i++) {
        guint32 tag = g_array_index(list, guint32, i);
        if (tw_prop_tag_type(tag) != TW_PT_OBJECT)
            g_hash_table_add(tags, GUINT_TO_POINTER(tag));
    }
}

typedef struct {
    GHashTable *tags;
    guint rows;
} ListColumns;

static gboolean
list_row(const TwTableWalkRow *row, gpointer data, GError **error)
{
    ListColumns *list = data;

    if (row->props != NULL) {
        add_tags_of_object(list->tags, row->props);
    } else {
        TwPropValue value;
        const TwProps *bag = row->source.data;
        for (guint i = 0; tw_props_at(bag, i, &value); i++) {
            if (tw_prop_tag_type(value.tag) != TW_PT_ERROR)
                g_hash_table_add(list->tags, GUINT_TO_POINTER(value.tag));
        }
    }
    if (++list->rows < LIST_ROWS)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "enough");
    return FALSE;
}

static int
compare_tags(gconstpointer a, gconstpointer b)
{
    guint32 left = *(const guint32 *) a, right = *(const guint32 *) b;

    return (left > right) - (left < right);
}

GArray *
tw_table_list_columns(TwTable *table, GError **error)
{
    g_autoptr(GHashTable) tags = g_hash_table_new(NULL, NULL);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GError) failure = NULL;
    ListColumns columns = { tags, 0 };
    GHashTableIter iter;
    gpointer tag;

    if (!tw_table_sync(table, error))
        return NULL;
    if (table->source->type == TW_OBJECT_ID_MESSAGE) {
        for (guint i = 0; i < G_N_ELEMENTS(generated_columns); i++)
            g_hash_table_add(tags, GUINT_TO_POINTER(generated_columns[i]));
    }
    g_hash_table_add(tags, GUINT_TO_POINTER((guint32) PR_INSTANCE_KEY));
    g_hash_table_add(tags, GUINT_TO_POINTER((guint32) PR_ROW_TYPE));
    if (!tw_table_source_walk(table->source, list_row, &columns, &failure) &&
        !g_error_matches(failure, TW_ERROR, TW_ERROR_CANCELLED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    g_hash_table_iter_init(&iter, tags);
    while (g_hash_table_iter_next(&iter, &tag, NULL)) {
        guint32 one = GPOINTER_TO_UINT(tag);
        g_array_append_val(list, one);
    }
    g_array_sort(list, compare_tags);
    return g_steal_pointer(&list);
}

/* ---- rows ---- */

/* The next rows in either way; the place behind the last one of them. */
static TwViewPlace
collect(TwTable *table, gint64 count, GArray *refs)
{
    TwViewPlace place = tw_table_place_cursor(table);
    guint64 most = MIN((guint64) (count < 0 ? -(count + 1) : count) + (count < 0 ? 1 : 0),
                       MAX(table->tables->config.cells_max / MAX(table->column_count, 1), 1));

    if (count >= 0) {
        for (; refs->len < most && place.group != NULL; place = tw_table_place_next(table, place)) {
            TwTableRef ref = tw_table_ref_of(table, place);
            g_array_append_val(refs, ref);
        }
        return place;
    }
    while (refs->len < most) {
        TwViewPlace prior = tw_table_place_prev(table, place);
        TwTableRef ref;
        if (prior.group == NULL)
            break;
        ref = tw_table_ref_of(table, prior);
        g_array_append_val(refs, ref);
        place = prior;
    }
    for (guint i = 0; i < refs->len / 2; i++) {
        TwTableRef *low = &g_array_index(refs, TwTableRef, i);
        TwTableRef *high = &g_array_index(refs, TwTableRef, refs->len - 1 - i);
        TwTableRef swap = *low;
        *low = *high;
        *high = swap;
    }
    return place;
}

TwTableRows *
tw_table_query_rows(TwTable *table, gint64 count, gboolean move, GError **error)
{
    g_autoptr(GArray) refs = NULL;
    TwTableRows *rows;
    TwViewPlace end;

    if (count >= 0 && count <= MOST_PAGE && can_page(table))
        return tw_table_query_page(table, (guint) count, move, error);
    if (!tw_table_sync(table, error))
        return NULL;
    refs = g_array_sized_new(FALSE, FALSE, sizeof(TwTableRef), (guint) CLAMP(count, 1, 256));
    tw_lock(&table->source->lock);
    end = collect(table, count, refs);
    if (move && refs->len > 0)
        tw_table_set_cursor(table, end);
    tw_unlock(&table->source->lock);
    rows = tw_table_read_rows(table, (const TwTableRef *) (gpointer) refs->data, refs->len, FALSE,
                              error);
    return rows;
}

gboolean
tw_table_count(TwTable *table, guint *ret_rows, guint *ret_position, GError **error)
{
    if (table->page_before == 0 && can_page(table)) {
        if (ret_position != NULL)
            *ret_position = 0;
        return table->source->class_of->page(table->source, 0, 0, NULL, ret_rows, error);
    }
    if (!tw_table_sync(table, error))
        return FALSE;
    tw_lock(&table->source->lock);
    *ret_rows = tw_table_total(table);
    if (ret_position != NULL)
        *ret_position = tw_table_ordinal(table, tw_table_place_cursor(table));
    tw_unlock(&table->source->lock);
    return TRUE;
}
