/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Headings: opening and closing them, and remembering which are open. */
#include "base/error.h"
#include "mapi/keys.h"
#include "store/collapse.h"
#include "store/table-private.h"

enum {
    MOST_TEXT = 4 * (TW_SORT_MAX_TEXT + 2), /* bytes of a text that can decide an order */
    MOST_BYTES = TW_VIEW_MAX_KEY,           /* of a binary value that can */
};

/* What a client has not taken yet does not know of this: it has to read again. */
static void
headings_changed(TwTable *table)
{
    table->total_known = FALSE;
    if (table->events->len > 0)
        tw_table_changed(table);
}

/* A heading that can be seen; under the lock. */
static gboolean
find_heading(TwTable *table, const guint8 *key, gsize len, TwViewPlace *ret, GError **error)
{
    if (tw_table_place_of_key(table, key, len, ret) && ret->slot == TW_VIEW_HEADING &&
        tw_table_place_visible(table, *ret))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "table: no such heading");
    return FALSE;
}

/* Opens a heading and notes the first rows below it; under the lock. */
static guint
open_heading(TwTable *table, TwViewPlace heading, guint count, GArray *refs)
{
    TwViewPlace place;
    guint rows;

    if (tw_table_is_expanded(table, heading.group))
        return 0;
    tw_table_toggle(table, heading.group);
    headings_changed(table);
    rows = tw_table_group_rows(table, heading.group);
    place = tw_table_place_next(table, heading);
    for (; refs->len < MIN(count, rows); place = tw_table_place_next(table, place)) {
        TwTableRef ref = tw_table_ref_of(table, place);
        g_array_append_val(refs, ref);
    }
    tw_table_set_cursor(table, place);
    return rows - refs->len;
}

TwTableRows *
tw_table_expand_row(
    TwTable *table, const guint8 *key, gsize len, guint count, guint *ret_more, GError **error)
{
    g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(TwTableRef));
    guint most = MAX(table->tables->config.cells_max / MAX(table->column_count, 1), 1), more = 0;
    TwTableRows *rows;
    TwViewPlace heading;
    gboolean ok;

    if (!tw_table_sync(table, error))
        return NULL;
    tw_lock(&table->source->lock);
    ok = find_heading(table, key, len, &heading, error);
    if (ok)
        more = open_heading(table, heading, MIN(count, most), refs);
    tw_unlock(&table->source->lock);
    if (!ok)
        return NULL;
    rows = tw_table_read_rows(table, (const TwTableRef *) (gpointer) refs->data, refs->len, TRUE,
                              error);
    if (rows != NULL)
        *ret_more = more;
    return rows;
}

gboolean
tw_table_collapse_row(TwTable *table, const guint8 *key, gsize len, guint *ret_rows, GError **error)
{
    TwViewPlace heading;
    gboolean ok;

    if (!tw_table_sync(table, error))
        return FALSE;
    tw_lock(&table->source->lock);
    ok = find_heading(table, key, len, &heading, error);
    if (ok) {
        *ret_rows = tw_table_group_rows(table, heading.group);
        if (tw_table_is_expanded(table, heading.group)) {
            tw_table_toggle(table, heading.group);
            headings_changed(table);
        }
        if (table->cursor == TW_CURSOR_ROW)
            tw_table_set_cursor(table, tw_table_place_seen(table, table->at));
    }
    tw_unlock(&table->source->lock);
    return ok;
}

/* ---- states ---- */

/* The headings that are not as they begin; under the lock. */
static void
collect_toggled(TwTable *table, GArray *refs, GArray *depths)
{
    for (guint32 i = 1; i < table->toggled_count; i++) {
        TwViewGroup *group =
            table->toggled[i] != 0 ? tw_view_find_group(table->shared->view, i) : NULL;
        TwTableRef ref;
        if (group == NULL)
            continue;
        ref = tw_table_ref_of(table, (TwViewPlace){ group, TW_VIEW_HEADING, 0 });
        g_array_append_val(refs, ref);
        g_array_append_val(depths, group->depth);
    }
}

static TwPropValue
cut_value(TwPropValue value)
{
    guint type = tw_prop_tag_type(value.tag);

    if (type == TW_PT_BINARY) {
        value.len = MIN(value.len, MOST_BYTES);
    } else if (type == TW_PT_UNICODE || type == TW_PT_STRING8) {
        guint32 len = MIN(value.len, MOST_TEXT);
        while (len > 0 && len < value.len && ((guint8) value.text[len] & 0xc0) == 0x80)
            len--;
        value.len = len;
    }
    return value;
}

/* The sort columns of a row, or of a heading those that make it. */
static GBytes *
values_of(TwTable *table, const TwTableRef *ref, GError **error)
{
    TwTableRef sample = *ref; /* a heading's own figures are none of the values that make it */
    g_auto(TwPropsBuilder) builder;
    g_auto(TwMessageProps) props = TW_MESSAGE_PROPS_INIT;
    TwTableRow *row = NULL;
    TwTableMatchRow match = { .table = table, .ref = &sample };
    TwPropSource source;
    TwProps bag;
    GBytes *bytes;

    tw_props_builder_init(&builder);
    if (!tw_table_source_get_rows(table->source, &ref->sample, 1, &row, error))
        return NULL;
    if (row != NULL) {
        tw_table_row_open(table->source, row, &props, &bag);
        match.props = row->bag == NULL ? &props : NULL;
        match.bag = row->bag != NULL ? &bag : NULL;
    }
    sample.heading = FALSE;
    source = tw_table_match_source(&match);
    for (guint i = 0; i < table->order.count; i++) {
        TwPropValue value;
        if (ref->heading && (table->key_level[i] < 0 || table->key_level[i] > (int) ref->depth))
            continue;
        if (source.get(source.data, table->order.keys[i].tag, &value) &&
            tw_prop_tag_type(value.tag) != TW_PT_ERROR && !tw_prop_tag_is_multi(value.tag))
            tw_props_builder_set(&builder, cut_value(value));
    }
    bytes = tw_props_builder_finish_bytes(&builder, error);
    tw_message_props_clear(&props); /* before the row it reads */
    tw_table_row_unref(row);
    return bytes;
}

static gboolean
find_target(TwTable *table,
            const guint8 *key,
            gsize len,
            TwTableRef *ret,
            TwCollapseState *state,
            GError **error)
{
    TwViewPlace place;

    if (len == 0)
        return TRUE;
    if (!tw_table_place_of_key(table, key, len, &place)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "table: no such row");
        return FALSE;
    }
    *ret = tw_table_ref_of(table, place);
    if (place.slot == TW_VIEW_HEADING) {
        state->target = TW_COLLAPSE_HEADING;
        state->depth = place.group->depth;
    } else {
        state->target = TW_COLLAPSE_ROW;
        state->number = ret->number;
        state->order = ret->order;
    }
    return TRUE;
}

GBytes *
tw_table_get_collapse_state(TwTable *table, const guint8 *key, gsize len, GError **error)
{
    g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(TwTableRef));
    g_autoptr(GArray) depths = g_array_new(FALSE, FALSE, sizeof(guint));
    g_auto(TwCollapseState) state;
    TwTableRef target;
    gboolean ok;

    tw_collapse_state_init(&state);
    if (!tw_table_sync(table, error))
        return NULL;
    tw_lock(&table->source->lock);
    collect_toggled(table, refs, depths);
    ok = find_target(table, key, len, &target, &state, error);
    tw_unlock(&table->source->lock);
    if (!ok)
        return NULL;
    if (refs->len > TW_TABLE_MAX_TOGGLED) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "table: %u headings", refs->len);
        return NULL;
    }
    if (state.target != TW_COLLAPSE_NONE) {
        state.values = values_of(table, &target, error);
        if (state.values == NULL)
            return NULL;
    }
    for (guint i = 0; i < refs->len; i++) {
        const TwTableRef *ref = &g_array_index(refs, TwTableRef, i);
        guint depth = g_array_index(depths, guint, i);
        TwCollapseHeading heading = { .depth = depth, .expanded = depth > table->order.expanded };
        heading.values = values_of(table, ref, error);
        if (heading.values == NULL)
            return NULL;
        g_array_append_val(state.headings, heading);
    }
    return tw_collapse_state_write(&state, error);
}

static gboolean
get_by_id(gpointer data, guint32 tag, TwPropValue *ret)
{
    return tw_props_get_id(data, tag >> 16, ret);
}

static TwViewGroup *
group_of_values(TwTable *table, guint depth, GBytes *values)
{
    TwView *view = table->shared->view;
    g_auto(TwBuffer) path = TW_BUFFER_INIT(G_MAXSIZE);
    TwPropSource source = { .get = get_by_id };
    TwProps bag;

    if (depth > tw_view_get_levels(view) || !tw_props_open_bytes(values, &bag, NULL))
        return NULL;
    source.data = &bag;
    tw_view_put_path(view, depth, &source, &path);
    return tw_view_find_group_by_keys(view, path.data, path.len);
}

/* Under the lock. */
static void
apply_headings(TwTable *table, const TwCollapseState *state)
{
    if (table->toggled_count > 0)
        memset(table->toggled, 0, table->toggled_count);
    for (guint i = 0; i < state->headings->len; i++) {
        const TwCollapseHeading *heading = &g_array_index(state->headings, TwCollapseHeading, i);
        const TwViewGroup *group = group_of_values(table, heading->depth, heading->values);
        if (group != NULL && tw_table_is_expanded(table, group) != heading->expanded)
            tw_table_toggle(table, group);
    }
    headings_changed(table);
    if (table->cursor == TW_CURSOR_ROW)
        tw_table_set_cursor(table, tw_table_place_seen(table, table->at));
}

/* Where the row of a state is, or would be; under the lock. */
static TwViewPlace
place_of_state(TwTable *table, const TwCollapseState *state)
{
    TwPropSource source = { .get = get_by_id };
    TwProps bag;

    if (state->target == TW_COLLAPSE_HEADING) {
        TwViewGroup *group = group_of_values(table, state->depth, state->values);
        if (group != NULL)
            return tw_table_place_seen(table, (TwViewPlace){ group, TW_VIEW_HEADING, 0 });
    } else {
        guint8 key[TW_INSTANCE_KEY_LEN];
        TwViewPlace place;
        tw_instance_key_write(state->number, state->order, key);
        if (state->number != 0 && tw_table_place_of_key(table, key, sizeof key, &place))
            return tw_table_place_seen(table, place);
    }
    if (!tw_props_open_bytes(state->values, &bag, NULL))
        return (TwViewPlace){ NULL, 0, 0 };
    source.data = &bag;
    return tw_table_place_seen(
        table, tw_view_bound_of(table->shared->view, &source, state->number, state->order));
}

gboolean
tw_table_set_collapse_state(
    TwTable *table, const guint8 *data, gsize len, guint *ret_bookmark, GError **error)
{
    g_auto(TwCollapseState) state;
    TwTableBookmark *bookmark = NULL;

    tw_collapse_state_init(&state);
    if (!tw_collapse_state_parse(data, len, &state, error) || !tw_table_sync(table, error))
        return FALSE;
    if (state.target != TW_COLLAPSE_NONE) {
        bookmark = tw_table_add_bookmark(table, error);
        if (bookmark == NULL)
            return FALSE;
    }
    tw_lock(&table->source->lock);
    apply_headings(table, &state);
    if (bookmark != NULL)
        bookmark->anchor = tw_table_anchor(table, place_of_state(table, &state));
    tw_unlock(&table->source->lock);
    *ret_bookmark = bookmark != NULL ? bookmark->id : TW_BOOKMARK_BEGIN;
    return TRUE;
}
