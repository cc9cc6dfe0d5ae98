/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Seeking, bookmarks, finding. */
#include "base/error.h"
#include "mapi/result.h"
#include "mapi/tags.h"
#include "store/table-private.h"

enum {
    FIRST_CHUNK = 64, /* rows read at once while finding; then twice as many each time */
    MOST_CHUNK = 4096,
};

gboolean
tw_table_bookmark_error(GError **error)
{
    g_set_error_literal(error, TW_MAPI_ERROR, (int) MAPI_E_INVALID_BOOKMARK,
                        "table: no such bookmark");
    return FALSE;
}

static TwTableBookmark *
find_bookmark(TwTable *table, guint id)
{
    for (guint i = 0; i < table->bookmarks->len; i++) {
        TwTableBookmark *bookmark = &g_array_index(table->bookmarks, TwTableBookmark, i);
        if (bookmark->id == id)
            return bookmark;
    }
    return NULL;
}

TwTableBookmark *
tw_table_add_bookmark(TwTable *table, GError **error)
{
    TwTableBookmark bookmark = { .id = table->next_bookmark };

    if (table->bookmarks->len >= TW_TABLE_MAX_BOOKMARKS) {
        g_set_error_literal(error, TW_MAPI_ERROR, (int) MAPI_E_UNABLE_TO_COMPLETE,
                            "table: too many bookmarks");
        return NULL;
    }
    table->next_bookmark =
        table->next_bookmark == G_MAXINT32 ? TW_BOOKMARK_END + 1 : table->next_bookmark + 1;
    g_array_append_val(table->bookmarks, bookmark);
    return &g_array_index(table->bookmarks, TwTableBookmark, table->bookmarks->len - 1);
}

/* Where a bookmark is; under the lock. */
static gboolean
resolve(TwTable *table, guint bookmark, TwViewPlace *ret, gboolean *ret_moved, GError **error)
{
    const TwTableBookmark *own;

    *ret_moved = FALSE;
    switch (bookmark) {
    case TW_BOOKMARK_BEGIN:
        *ret = tw_table_place_first(table);
        return TRUE;
    case TW_BOOKMARK_CURRENT:
        *ret = tw_table_place_cursor(table);
        return TRUE;
    case TW_BOOKMARK_END:
        *ret = (TwViewPlace){ NULL, 0, 0 };
        return TRUE;
    default:
        break;
    }
    own = find_bookmark(table, bookmark);
    if (own == NULL || !tw_table_anchor_resolve(table, &own->anchor, ret, ret_moved))
        return tw_table_bookmark_error(error);
    *ret = tw_table_place_seen(table, *ret);
    return TRUE;
}

static void
go_to(TwTable *table, guint ordinal)
{
    if (ordinal == 0)
        table->cursor = TW_CURSOR_BEGIN;
    else
        tw_table_set_cursor(table, tw_table_place_at(table, ordinal));
}

gboolean
tw_table_seek(TwTable *table,
              guint bookmark,
              gint64 count,
              gint64 *ret_sought,
              gboolean *ret_moved,
              GError **error)
{
    TwViewPlace origin;
    gboolean moved, ok;

    if (!tw_table_sync(table, error))
        return FALSE;
    tw_lock(&table->source->lock);
    ok = resolve(table, bookmark, &origin, &moved, error);
    if (ok && bookmark == TW_BOOKMARK_BEGIN && count <= 0) { /* no need to count */
        table->cursor = TW_CURSOR_BEGIN;
        count = 0;
    } else if (ok && count == 0) {
        if (bookmark != TW_BOOKMARK_CURRENT)
            tw_table_set_cursor(table, origin);
    } else if (ok) {
        gint64 from = tw_table_ordinal(table, origin), total = tw_table_total(table);
        gint64 to = count > total - from ? total : count < -from ? 0 : from + count;
        go_to(table, (guint) to);
        count = to - from;
    }
    tw_unlock(&table->source->lock);
    if (!ok)
        return FALSE;
    if (ret_sought != NULL)
        *ret_sought = count;
    if (ret_moved != NULL)
        *ret_moved = moved;
    return TRUE;
}

gboolean
tw_table_seek_fraction(TwTable *table, guint32 numerator, guint32 denominator, GError **error)
{
    if (denominator == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "table: a fraction of 0");
        return FALSE;
    }
    if (!tw_table_sync(table, error))
        return FALSE;
    tw_lock(&table->source->lock);
    go_to(table,
          (guint) ((guint64) tw_table_total(table) * MIN(numerator, denominator) / denominator));
    tw_unlock(&table->source->lock);
    return TRUE;
}

gboolean
tw_table_create_bookmark(TwTable *table, guint *ret_bookmark, GError **error)
{
    TwTableBookmark *bookmark;

    if (!tw_table_sync(table, error))
        return FALSE;
    bookmark = tw_table_add_bookmark(table, error);
    if (bookmark == NULL)
        return FALSE;
    tw_lock(&table->source->lock);
    bookmark->anchor = (TwAnchor){ .kind = TW_ANCHOR_BEGIN };
    if (table->cursor != TW_CURSOR_BEGIN)
        bookmark->anchor = tw_table_anchor(table, tw_table_place_cursor(table));
    tw_unlock(&table->source->lock);
    *ret_bookmark = bookmark->id;
    return TRUE;
}

gboolean
tw_table_free_bookmark(TwTable *table, guint bookmark, GError **error)
{
    for (guint i = 0; i < table->bookmarks->len; i++) {
        if (g_array_index(table->bookmarks, TwTableBookmark, i).id != bookmark)
            continue;
        g_array_remove_index(table->bookmarks, i);
        return TRUE;
    }
    return tw_table_bookmark_error(error);
}

/* ---- finding ---- */

typedef struct {
    TwTable *table;
    const TwRestriction *restriction;
    TwMatchContext context;
    TwMatchBudget budget;
    gboolean backward;
} Find;

/* The index of the first row of @refs that matches, or their count. */
static gboolean
find_among(Find *find, const GArray *refs, guint *ret, GError **error)
{
    TwTable *table = find->table;
    guint64 cost = tw_match_cost(find->restriction);
    g_autofree guint32 *numbers = g_new(guint32, MAX(refs->len, 1));
    g_autofree TwTableRow **rows = g_new0(TwTableRow *, MAX(refs->len, 1));
    g_auto(TwMessageProps) props = TW_MESSAGE_PROPS_INIT;
    gboolean ok = TRUE, found = FALSE;
    guint i;

    for (i = 0; i < refs->len; i++)
        numbers[i] = g_array_index(refs, TwTableRef, i).sample;
    if (!tw_table_source_get_rows(table->source, numbers, refs->len, rows, error))
        return FALSE;
    for (i = 0; ok && i < refs->len; i++) {
        TwProps bag;
        TwTableMatchRow row = { .table = table, .ref = &g_array_index(refs, TwTableRef, i) };
        TwPropSource source;
        if (rows[i] == NULL)
            continue;
        tw_table_row_open(table->source, rows[i], &props, &bag);
        row.props = rows[i]->bag == NULL ? &props : NULL;
        row.bag = rows[i]->bag != NULL ? &bag : NULL;
        source = tw_table_match_source(&row);
        found = tw_restriction_match(find->restriction, &source, &find->context);
        if (row.props != NULL && props.error != NULL) {
            g_propagate_error(error, g_steal_pointer(&props.error));
            ok = FALSE;
        } else {
            ok = tw_match_budget_take(&find->budget, cost + (row.props != NULL ? props.cost : 0),
                                      error);
        }
        if (found)
            break;
    }
    *ret = ok ? i : refs->len;
    tw_message_props_clear(&props); /* before the rows it reads */
    for (i = 0; i < refs->len; i++)
        tw_table_row_unref(rows[i]);
    return ok;
}

/* The next rows from @at, which is moved on behind them; under the lock. */
static void
collect_chunk(const Find *find, TwAnchor *at, guint most, GArray *refs)
{
    TwTable *table = find->table;
    TwViewPlace place;

    g_array_set_size(refs, 0);
    tw_table_anchor_resolve(table, at, &place, NULL);
    place = tw_table_place_seen(table, place);
    while (refs->len < most) {
        TwTableRef ref;
        TwViewPlace row = find->backward ? tw_table_place_prev(table, place) : place;
        if (row.group == NULL)
            break;
        ref = tw_table_ref_of(table, row);
        g_array_append_val(refs, ref);
        place = find->backward ? row : tw_table_place_next(table, row);
    }
    tw_anchor_clear(at);
    *at = tw_table_anchor(table, place);
}

/* FALSE: it went meanwhile. */
static gboolean
put_cursor(TwTable *table, const TwTableRef *ref)
{
    guint8 key[TW_INSTANCE_KEY_LEN];
    TwViewPlace place;
    gboolean there;
    TW_LOCK_SCOPE(&table->source->lock);

    tw_instance_key_write(ref->heading ? 0 : ref->number, ref->order, key);
    there = tw_table_place_of_key(table, key, sizeof key, &place) &&
            tw_table_place_visible(table, place);
    if (there)
        tw_table_set_cursor(table, place);
    return there;
}

static gboolean
not_found(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "table: no row matches");
    return FALSE;
}

static gboolean
find_row(Find *find, TwAnchor *at, GError **error)
{
    g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(TwTableRef));

    for (guint most = FIRST_CHUNK;; most = MIN(2 * most, MOST_CHUNK)) {
        guint index;
        tw_lock(&find->table->source->lock);
        collect_chunk(find, at, most, refs);
        tw_unlock(&find->table->source->lock);
        if (refs->len == 0)
            return not_found(error);
        if (!find_among(find, refs, &index, error))
            return FALSE;
        if (index < refs->len && put_cursor(find->table, &g_array_index(refs, TwTableRef, index)))
            return TRUE;
    }
}

/* A restriction that names a row: its PR_INSTANCE_KEY is. */
static const TwPropValue *
instance_key_of(const TwRestriction *restriction)
{
    guint32 count;
    const TwRestrictionNode *nodes = tw_restriction_get_nodes(restriction, &count);

    if (count != 1 || nodes->kind != TW_RES_PROPERTY || nodes->relop != TW_RELOP_EQ ||
        nodes->tag != PR_INSTANCE_KEY || nodes->value_count != 1 ||
        nodes->values->tag != PR_INSTANCE_KEY)
        return NULL;
    return nodes->values;
}

static gboolean
go_to_key(TwTable *table, const TwPropValue *key)
{
    TwViewPlace place;
    TW_LOCK_SCOPE(&table->source->lock);

    if (!tw_table_place_of_key(table, key->data, key->len, &place) ||
        !tw_table_place_visible(table, place))
        return FALSE;
    tw_table_set_cursor(table, place);
    return TRUE;
}

gboolean
tw_table_find_row(
    TwTable *table, guint bookmark, gboolean backward, TwRestriction *restriction, GError **error)
{
    Find find = { .table = table, .restriction = restriction, .backward = backward };
    const TwPropValue *key = instance_key_of(restriction);
    TwViewPlace origin;
    gboolean moved, ok;
    TwAnchor at = { 0 };

    if (!tw_table_sync(table, error))
        return FALSE;
    if (key != NULL && bookmark == TW_BOOKMARK_BEGIN && !backward)
        return go_to_key(table, key) || not_found(error);
    find.context.collation =
        table->caller.collation.compare != NULL ? &table->caller.collation : NULL;
    find.budget.left = table->tables->config.search_cost;
    find.budget.deadline_us = g_get_monotonic_time() + table->tables->config.search_us;
    tw_lock(&table->source->lock);
    ok = resolve(table, bookmark, &origin, &moved, error);
    if (ok)
        at = tw_table_anchor(table, origin);
    tw_unlock(&table->source->lock);
    ok = ok && find_row(&find, &at, error);
    tw_anchor_clear(&at);
    return ok;
}
