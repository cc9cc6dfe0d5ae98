/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Views: changing. Steps of one object's change, in this order: rows that are no more; rows that moved, each taken out and put
 * in again; rows that are new. When all objects are done: headings that have nothing left, headings whose figures changed,
 * headings whose order changed. So a heading that is needed before and after is the same one.
 */
#include "store/view-private.h"

typedef struct {
    TwView *view;
    GPtrArray *listeners;
    TwViewDraft *draft;
    GPtrArray *touched; /* TwViewGroup: figures changed */
    GPtrArray *came;    /* TwViewGroup: new ones, of which all is told already */
    GPtrArray *empty;   /* TwViewGroup: became empty, of the lowest level */
} Apply;

#define TELL(apply, call, ...)                                                                     \
    G_STMT_START                                                                                   \
    {                                                                                              \
        for (guint tell_ = 0; tell_ < (apply)->listeners->len; tell_++) {                          \
            TwViewListener *listener_ = (apply)->listeners->pdata[tell_];                          \
            listener_->class_of->call(listener_, __VA_ARGS__);                                     \
        }                                                                                          \
    }                                                                                              \
    G_STMT_END

static void
touch(Apply *apply, TwViewGroup *group)
{
    if (!g_ptr_array_find(apply->touched, group, NULL))
        g_ptr_array_add(apply->touched, group);
}

static void
count(Apply *apply, TwViewGroup *group, gboolean unread, int sign)
{
    for (TwViewGroup *at = group; at != NULL; at = at->parent) {
        at->rows += (guint32) sign;
        at->unread += unread ? (guint32) sign : 0;
        if (at->parent != NULL)
            touch(apply, at);
    }
}

static void
drop_empty_groups(Apply *apply, TwViewGroup *group)
{
    while (group->rows == 0 && group->parent != NULL &&
           (group->groups == NULL || group->groups->len == 0)) {
        TwViewGroup *parent = group->parent;
        TELL(apply, group_leaving, group);
        g_ptr_array_remove_index(parent->groups, tw_view_group_index(group));
        g_ptr_array_remove(apply->touched, group);
        g_ptr_array_remove(apply->came, group);
        tw_view_group_free(apply->view, group);
        group = parent;
    }
}

static void
take_out(Apply *apply, guint32 slot, gboolean moving)
{
    TwViewEntry *entry = &g_array_index(apply->view->entries, TwViewEntry, slot);
    TwViewGroup *group = entry->group;
    guint32 number = entry->number, order = entry->order;

    TELL(apply, leaf_leaving, slot, moving);
    g_array_remove_index(group->slots, tw_view_slot_index(apply->view, slot));
    count(apply, group, entry->unread, -1);
    if (!moving)
        TELL(apply, leaf_gone, number, order);
    if (group->rows == 0 && group->parent != NULL && !g_ptr_array_find(apply->empty, group, NULL))
        g_ptr_array_add(apply->empty, group);
}

static TwViewGroup *
find_group(Apply *apply, const guint8 *key)
{
    TwViewGroup *group = apply->view->root;

    for (guint level = 0; level < apply->view->levels; level++) {
        guint len;
        const guint8 *part = tw_view_key_part(apply->view, key, level, &len);
        TwViewGroup *child = tw_view_group_child(apply->view, group, part, len);
        if (child == NULL) {
            child = tw_view_group_new(apply->view, group, key);
            g_ptr_array_insert(group->groups, (gint) tw_view_group_index(child), child);
            g_ptr_array_add(apply->came, child);
            TELL(apply, group_came, child);
        }
        group = child;
    }
    return group;
}

static void
put_in(Apply *apply, guint32 slot, gboolean moved)
{
    TwViewEntry *entry = &g_array_index(apply->view->entries, TwViewEntry, slot);
    TwViewGroup *group = find_group(apply, entry->key);

    entry->group = group;
    g_array_insert_val(group->slots, tw_view_slot_index(apply->view, slot), slot);
    count(apply, group, entry->unread, 1);
    TELL(apply, leaf_came, slot, moved);
}

static gboolean
same_key(const TwView *view, const guint8 *a, const guint8 *b)
{
    guint a_len, b_len;
    const guint8 *left, *right;

    if (a == NULL || b == NULL)
        return a == b;
    left = tw_view_key_bytes(view, a, &a_len);
    right = tw_view_key_bytes(view, b, &b_len);
    if (tw_view_compare_bytes(left, a_len, right, b_len) != 0)
        return FALSE;
    for (guint level = 0; level < view->levels; level++) {
        left = tw_view_key_extreme(view, a, level, &a_len);
        right = tw_view_key_extreme(view, b, level, &b_len);
        if (tw_view_compare_bytes(left, a_len, right, b_len) != 0)
            return FALSE;
    }
    return TRUE;
}

static void
change_row(Apply *apply, guint32 slot, TwViewDraftRow *row)
{
    TwViewEntry *entry = &g_array_index(apply->view->entries, TwViewEntry, slot);
    TwViewDraft *draft = apply->draft;

    if (same_key(apply->view, entry->key, row->key)) {
        if (entry->unread != draft->unread) {
            for (TwViewGroup *at = entry->group; at != NULL; at = at->parent) {
                at->unread += draft->unread ? 1 : G_MAXUINT32;
                if (at->parent != NULL)
                    touch(apply, at);
            }
            entry->unread = draft->unread;
        }
        TELL(apply, leaf_changed, slot);
        return;
    }
    take_out(apply, slot, TRUE);
    g_free(entry->key);
    entry->key = g_steal_pointer(&row->key);
    entry->prefix = row->prefix;
    entry->unread = draft->unread;
    put_in(apply, slot, TRUE);
}

/* ---- headings in the order of an extreme ---- */

static void /* NOLINTNEXTLINE(misc-no-recursion): levels */
find_extreme(
    const TwView *view, const TwViewGroup *group, guint level, const guint8 **best, guint *best_len)
{
    for (guint i = 0; group->groups != NULL && i < group->groups->len; i++)
        find_extreme(view, group->groups->pdata[i], level, best, best_len);
    for (guint i = 0; group->slots != NULL && i < group->slots->len; i++) {
        guint len;
        const guint8 *key = tw_view_entry(view, g_array_index(group->slots, guint32, i))->key;
        const guint8 *extreme = tw_view_key_extreme(view, key, level, &len);
        if (extreme != NULL &&
            (*best == NULL || tw_view_compare_bytes(extreme, len, *best, *best_len) < 0)) {
            *best = extreme;
            *best_len = len;
        }
    }
}

/* Returns whether it changed its place among its siblings. */
static gboolean
settle_extreme(TwView *view, TwViewGroup *group)
{
    const guint8 *best = NULL;
    guint best_len = 0, before, after;

    if (view->extreme[group->depth - 1].count == 0)
        return FALSE;
    find_extreme(view, group, group->depth - 1, &best, &best_len);
    if (tw_view_compare_bytes(best, best_len, group->extreme, group->extreme_len) == 0)
        return FALSE;
    before = tw_view_group_index(group);
    g_ptr_array_remove_index(group->parent->groups, before);
    g_free(group->extreme);
    group->extreme = best != NULL ? g_memdup2(best, best_len) : NULL;
    group->extreme_len = (guint16) best_len;
    after = tw_view_group_index(group);
    g_ptr_array_insert(group->parent->groups, (gint) after, group);
    return before != after;
}

static void
tell_groups(Apply *apply)
{
    gboolean reordered = FALSE;

    for (guint i = 0; i < apply->touched->len; i++) {
        TwViewGroup *group = apply->touched->pdata[i];
        reordered = settle_extreme(apply->view, group) || reordered;
    }
    for (guint i = 0; i < apply->touched->len; i++) {
        TwViewGroup *group = apply->touched->pdata[i];
        if (!g_ptr_array_find(apply->came, group, NULL))
            TELL(apply, group_changed, group);
    }
    for (guint i = 0; reordered && i < apply->listeners->len; i++) {
        TwViewListener *listener = apply->listeners->pdata[i];
        listener->class_of->reordered(listener);
    }
}

static void
apply_draft(Apply *apply, TwViewDraft *draft)
{
    TwView *view = apply->view;
    g_autoptr(GArray) old = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 slot;

    apply->draft = draft;
    for (guint order = 0; tw_view_find(view, draft->number, order, &slot); order++)
        g_array_append_val(old, slot);
    for (guint i = old->len; i > draft->rows->len; i--) {
        slot = g_array_index(old, guint32, i - 1);
        take_out(apply, slot, FALSE);
        tw_view_drop_slot(view, slot);
    }
    for (guint i = 0; i < draft->rows->len; i++) {
        TwViewDraftRow *row = &g_array_index(draft->rows, TwViewDraftRow, i);
        if (i < old->len)
            change_row(apply, g_array_index(old, guint32, i), row);
        else
            put_in(apply, tw_view_take_slot(view, draft, row), FALSE);
    }
}

void
tw_view_apply(TwView *view, TwViewDraft *drafts, guint count, GPtrArray *listeners)
{
    g_autoptr(GPtrArray) touched = g_ptr_array_new();
    g_autoptr(GPtrArray) came = g_ptr_array_new();
    g_autoptr(GPtrArray) empty = g_ptr_array_new();
    Apply apply = { view, listeners, NULL, touched, came, empty };

    g_return_if_fail(view->finished);
    for (guint i = 0; i < count; i++)
        apply_draft(&apply, &drafts[i]);
    for (guint i = 0; i < empty->len; i++)
        drop_empty_groups(&apply, empty->pdata[i]);
    tell_groups(&apply);
}

/* ---- for tests ---- */

static void /* NOLINTNEXTLINE(misc-no-recursion): levels */
check_group(TwView *view, TwViewGroup *group, guint32 *rows, guint32 *unread)
{
    guint32 sum = 0, sum_unread = 0;

    for (guint i = 0; group->groups != NULL && i < group->groups->len; i++) {
        TwViewGroup *child = group->groups->pdata[i];
        g_assert_true(child->parent == group && child->rows > 0);
        g_assert_cmpuint(tw_view_group_index(child), ==, i);
        g_assert_true(i == 0 || tw_view_compare_groups(group->groups->pdata[i - 1], child) < 0);
        g_assert_true(tw_view_find_group(view, child->number) == child);
        check_group(view, child, &sum, &sum_unread);
    }
    for (guint i = 0; group->slots != NULL && i < group->slots->len; i++) {
        guint32 slot = g_array_index(group->slots, guint32, i), found;
        const TwViewEntry *entry = tw_view_entry(view, slot);
        g_assert_true(entry->group == group);
        g_assert_cmpuint(tw_view_slot_index(view, slot), ==, i);
        g_assert_true(tw_view_find(view, entry->number, entry->order, &found) && found == slot);
        sum++;
        sum_unread += entry->unread ? 1 : 0;
    }
    g_assert_cmpuint(group->rows, ==, sum);
    g_assert_cmpuint(group->unread, ==, sum_unread);
    *rows += sum;
    *unread += sum_unread;
}

void
tw_view_check(TwView *view)
{
    guint32 rows = 0, unread = 0, used = 0;

    check_group(view, view->root, &rows, &unread);
    for (guint i = 0; i < view->entries->len; i++)
        used += tw_view_entry(view, i)->group != NULL ? 1 : 0;
    g_assert_cmpuint(used, ==, rows);
}
