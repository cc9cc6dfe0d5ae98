/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Places: a view has all rows, a table shows those under headings that are open in it. Ordinals are counted when they are asked for, over
 * headings rather than rows.
 */
#include "mapi/keys.h"
#include "store/table-private.h"

static const TwViewPlace nowhere = { NULL, 0, 0 };

gboolean
tw_table_is_expanded(const TwTable *table, const TwViewGroup *group)
{
    gboolean expanded, toggled;

    if (group->depth == 0)
        return TRUE;
    expanded = group->depth <= table->order.expanded;
    toggled = group->number < table->toggled_count && table->toggled[group->number] != 0;
    return expanded != toggled;
}

void
tw_table_toggle(TwTable *table, const TwViewGroup *group)
{
    if (group->number >= table->toggled_count) {
        guint32 count = MAX(group->number + 1, 2 * table->toggled_count);
        table->toggled = g_realloc(table->toggled, count);
        memset(table->toggled + table->toggled_count, 0, count - table->toggled_count);
        table->toggled_count = count;
    }
    table->toggled[group->number] ^= 1;
    table->total_known = FALSE;
}

/* The topmost heading above (and not including) a place that is closed, or NULL. */
static TwViewGroup *
closed_above(const TwTable *table, TwViewPlace place)
{
    TwViewGroup *at = place.slot == TW_VIEW_HEADING ? place.group->parent : place.group;
    TwViewGroup *closed = NULL;

    for (; at != NULL; at = at->parent) {
        if (!tw_table_is_expanded(table, at))
            closed = at;
    }
    return closed;
}

gboolean
tw_table_place_visible(const TwTable *table, TwViewPlace place)
{
    return closed_above(table, place) == NULL;
}

static TwViewPlace
heading_of(TwViewGroup *group)
{
    return (TwViewPlace){ group, TW_VIEW_HEADING, 0 };
}

static TwViewPlace
leaf_of(TwViewGroup *group, guint index)
{
    return (TwViewPlace){ group, g_array_index(group->slots, guint32, index), index };
}

/* Where in its group a row is: mostly where it was when its place was found, which saves the search for it. */
static guint
index_of(const TwTable *table, TwViewPlace place)
{
    const GArray *slots = place.group->slots;

    if (place.index < slots->len && g_array_index(slots, guint32, place.index) == place.slot)
        return place.index;
    return tw_view_slot_index(table->shared->view, place.slot);
}

static gboolean
is_empty(const TwViewGroup *group)
{
    return group->groups != NULL ? group->groups->len == 0 : group->slots->len == 0;
}

/* The first row below a group that is open. */
static TwViewPlace
first_in(TwViewGroup *group)
{
    return group->groups != NULL ? heading_of(group->groups->pdata[0]) : leaf_of(group, 0);
}

static TwViewPlace
next_behind(TwViewGroup *group)
{
    for (; group->parent != NULL; group = group->parent) {
        guint next = tw_view_group_index(group) + 1;
        if (next < group->parent->groups->len)
            return heading_of(group->parent->groups->pdata[next]);
    }
    return nowhere;
}

TwViewPlace
tw_table_place_first(const TwTable *table)
{
    TwViewGroup *root = tw_view_get_root(table->shared->view);

    return is_empty(root) ? nowhere : first_in(root);
}

/* The last row that can be seen of a group: maybe its heading. */
static TwViewPlace
last_in(const TwTable *table, TwViewGroup *group)
{
    while (tw_table_is_expanded(table, group) && !is_empty(group)) {
        if (group->slots != NULL)
            return leaf_of(group, group->slots->len - 1);
        group = group->groups->pdata[group->groups->len - 1];
    }
    return group->parent != NULL ? heading_of(group) : nowhere;
}

TwViewPlace
tw_table_place_last(const TwTable *table)
{
    return last_in(table, tw_view_get_root(table->shared->view));
}

TwViewPlace
tw_table_place_next(const TwTable *table, TwViewPlace place)
{
    guint next;

    if (place.group == NULL)
        return nowhere;
    if (place.slot == TW_VIEW_HEADING)
        return tw_table_is_expanded(table, place.group) && !is_empty(place.group)
                   ? first_in(place.group)
                   : next_behind(place.group);
    next = index_of(table, place) + 1;
    return next < place.group->slots->len ? leaf_of(place.group, next) : next_behind(place.group);
}

TwViewPlace
tw_table_place_prev(const TwTable *table, TwViewPlace place)
{
    guint index;

    if (place.group == NULL)
        return tw_table_place_last(table);
    if (place.slot != TW_VIEW_HEADING) {
        index = index_of(table, place);
        if (index > 0)
            return leaf_of(place.group, index - 1);
        return place.group->parent != NULL ? heading_of(place.group) : nowhere;
    }
    index = tw_view_group_index(place.group);
    if (index > 0)
        return last_in(table, place.group->parent->groups->pdata[index - 1]);
    return place.group->parent->parent != NULL ? heading_of(place.group->parent) : nowhere;
}

TwViewPlace
tw_table_place_seen(const TwTable *table, TwViewPlace place)
{
    TwViewGroup *closed;

    if (place.group == NULL)
        return place;
    closed = closed_above(table, place);
    return closed != NULL ? next_behind(closed) : place;
}

TwViewPlace
tw_table_place_cursor(const TwTable *table)
{
    switch (table->cursor) {
    case TW_CURSOR_BEGIN:
        return tw_table_place_first(table);
    case TW_CURSOR_ROW:
        return table->at;
    case TW_CURSOR_END:
        break;
    }
    return nowhere;
}

void
tw_table_set_cursor(TwTable *table, TwViewPlace place)
{
    table->cursor = place.group != NULL ? TW_CURSOR_ROW : TW_CURSOR_END;
    table->at = place;
}

/* ---- counting ---- */

/* Rows that can be seen below a group, its own heading not counted. */
guint /* NOLINTNEXTLINE(misc-no-recursion): levels */
tw_table_group_rows(const TwTable *table, const TwViewGroup *group)
{
    guint rows = 0;

    if (!tw_table_is_expanded(table, group))
        return 0;
    if (group->slots != NULL)
        return group->slots->len;
    for (guint i = 0; i < group->groups->len; i++)
        rows += 1 + tw_table_group_rows(table, group->groups->pdata[i]);
    return rows;
}

guint
tw_table_total(TwTable *table)
{
    if (!table->total_known) {
        table->total = tw_table_group_rows(table, tw_view_get_root(table->shared->view));
        table->total_known = TRUE;
    }
    return table->total;
}

guint
tw_table_ordinal(TwTable *table, TwViewPlace place)
{
    guint ordinal = 0;

    if (place.group == NULL)
        return tw_table_total(table);
    if (place.slot != TW_VIEW_HEADING)
        ordinal = index_of(table, place) + (place.group->parent != NULL ? 1 : 0);
    for (TwViewGroup *at = place.group; at->parent != NULL; at = at->parent) {
        guint index = tw_view_group_index(at);
        for (guint i = 0; i < index; i++)
            ordinal += 1 + tw_table_group_rows(table, at->parent->groups->pdata[i]);
        ordinal += at->parent->parent != NULL ? 1 : 0; /* its heading */
    }
    return ordinal;
}

TwViewPlace
tw_table_place_at(TwTable *table, guint ordinal)
{
    TwViewGroup *group = tw_view_get_root(table->shared->view);

    if (ordinal >= tw_table_total(table))
        return nowhere;
    while (group->slots == NULL) {
        for (guint i = 0;; i++) {
            TwViewGroup *child = group->groups->pdata[i];
            guint rows = tw_table_group_rows(table, child);
            if (ordinal == 0)
                return heading_of(child);
            if (ordinal <= rows) {
                ordinal--;
                group = child;
                break;
            }
            ordinal -= 1 + rows;
        }
    }
    return leaf_of(group, ordinal);
}

/* ---- names of places ---- */

void
tw_table_place_key(const TwTable *table, TwViewPlace place, guint8 out[8])
{
    const TwViewEntry *entry;

    if (place.slot == TW_VIEW_HEADING) {
        tw_instance_key_write(0, place.group->number, out);
        return;
    }
    entry = tw_view_entry(table->shared->view, place.slot);
    tw_instance_key_write(entry->number, entry->order, out);
}

gboolean
tw_table_place_of_key(const TwTable *table, const guint8 *key, gsize len, TwViewPlace *ret)
{
    guint32 number, order, slot;

    if (!tw_instance_key_parse(key, len, &number, &order))
        return FALSE;
    if (number == 0) {
        TwViewGroup *group = tw_view_find_group(table->shared->view, order);
        if (group != NULL)
            *ret = heading_of(group);
        return group != NULL;
    }
    if (!tw_view_find(table->shared->view, number, order, &slot))
        return FALSE;
    *ret = (TwViewPlace){ tw_view_entry(table->shared->view, slot)->group, slot, 0 };
    return TRUE;
}

static GBytes *
take_bytes(TwBuffer *buf)
{
    GBytes *bytes = tw_buffer_steal_bytes(buf, NULL);

    return bytes != NULL ? bytes : g_bytes_new(NULL, 0);
}

TwAnchor
tw_table_anchor(const TwTable *table, TwViewPlace place)
{
    g_auto(TwBuffer) key = TW_BUFFER_INIT(G_MAXSIZE);
    const TwViewEntry *entry;

    if (place.group == NULL)
        return (TwAnchor){ .kind = TW_ANCHOR_END };
    if (place.slot == TW_VIEW_HEADING) {
        tw_view_group_path(place.group, &key);
        return (TwAnchor){ TW_ANCHOR_HEADING, place.group->number, 0, take_bytes(&key) };
    }
    entry = tw_view_entry(table->shared->view, place.slot);
    tw_view_put_key(table->shared->view, place.slot, &key);
    return (TwAnchor){ TW_ANCHOR_ROW, entry->number, entry->order, take_bytes(&key) };
}

void
tw_anchor_clear(TwAnchor *anchor)
{
    g_clear_pointer(&anchor->key, g_bytes_unref);
}

static gboolean
resolve_row(const TwTable *table, const TwAnchor *anchor, TwViewPlace *ret, gboolean *ret_moved)
{
    TwView *view = table->shared->view;
    guint32 slot;
    gsize len;
    const guint8 *key = g_bytes_get_data(anchor->key, &len);

    if (!tw_view_find(view, anchor->number, anchor->order, &slot)) {
        *ret = tw_view_lower_bound(view, key, len, anchor->number, anchor->order);
        return FALSE;
    }
    *ret = (TwViewPlace){ tw_view_entry(view, slot)->group, slot, 0 };
    if (ret_moved != NULL) {
        g_auto(TwBuffer) now = TW_BUFFER_INIT(G_MAXSIZE);
        tw_view_put_key(view, slot, &now);
        *ret_moved = now.len != len || (len > 0 && memcmp(now.data, key, len) != 0);
    }
    return TRUE;
}

gboolean
tw_table_anchor_resolve(const TwTable *table,
                        const TwAnchor *anchor,
                        TwViewPlace *ret,
                        gboolean *ret_moved)
{
    TwViewGroup *group;
    gsize len;
    const guint8 *path;

    if (ret_moved != NULL)
        *ret_moved = FALSE;
    switch (anchor->kind) {
    case TW_ANCHOR_BEGIN:
        *ret = tw_table_place_first(table);
        return TRUE;
    case TW_ANCHOR_END:
        *ret = nowhere;
        return TRUE;
    case TW_ANCHOR_ROW:
        return resolve_row(table, anchor, ret, ret_moved);
    case TW_ANCHOR_HEADING:
        break;
    }
    path = g_bytes_get_data(anchor->key, &len);
    group = tw_view_find_group_by_keys(table->shared->view, path, len);
    *ret = group != NULL ? heading_of(group) : nowhere;
    return group != NULL;
}

/* ---- across views ---- */

void
tw_table_save(TwTable *table)
{
    if (table->saved || table->shared == NULL)
        return;
    table->saved = TRUE;
    table->saved_cursor = (TwAnchor){ .kind = TW_ANCHOR_BEGIN };
    if (table->cursor != TW_CURSOR_BEGIN)
        table->saved_cursor = tw_table_anchor(table, tw_table_place_cursor(table));
    table->saved_toggled = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    for (guint32 i = 1; i < table->toggled_count; i++) {
        g_auto(TwBuffer) path = TW_BUFFER_INIT(G_MAXSIZE);
        const TwViewGroup *group =
            table->toggled[i] != 0 ? tw_view_find_group(table->shared->view, i) : NULL;
        if (group == NULL)
            continue;
        tw_view_group_path(group, &path);
        g_ptr_array_add(table->saved_toggled, take_bytes(&path));
    }
    g_clear_pointer(&table->toggled, g_free);
    table->toggled_count = 0;
}

void
tw_table_restore(TwTable *table)
{
    TwViewPlace place;

    table->total_known = FALSE;
    if (!table->saved)
        return;
    table->saved = FALSE;
    for (guint i = 0; i < table->saved_toggled->len; i++) {
        gsize len;
        const guint8 *path = g_bytes_get_data(table->saved_toggled->pdata[i], &len);
        const TwViewGroup *group = tw_view_find_group_by_keys(table->shared->view, path, len);
        if (group != NULL)
            tw_table_toggle(table, group);
    }
    g_clear_pointer(&table->saved_toggled, g_ptr_array_unref);
    if (table->saved_cursor.kind == TW_ANCHOR_BEGIN) {
        table->cursor = TW_CURSOR_BEGIN;
    } else {
        tw_table_anchor_resolve(table, &table->saved_cursor, &place, NULL);
        tw_table_set_cursor(table, tw_table_place_seen(table, place));
    }
    tw_anchor_clear(&table->saved_cursor);
}
