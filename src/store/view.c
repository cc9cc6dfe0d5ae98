/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Views: making and finding. */
#include "store/view-private.h"

enum {
    NONE = G_MAXUINT32
};

/* ---- keys ---- */

static guint16
key_number(const guint8 *key, guint index)
{
    guint16 number;

    memcpy(&number, key + sizeof number * index, sizeof number);
    return number;
}

const guint8 *
tw_view_key_part(const TwView *view, const guint8 *key, guint level, guint *ret_len)
{
    guint len, start = level > 0 ? key_number(key, level) : 0;
    const guint8 *bytes = tw_view_key_bytes(view, key, &len);

    *ret_len = key_number(key, 1 + level) - start;
    return bytes + start;
}

const guint8 *
tw_view_key_extreme(const TwView *view, const guint8 *key, guint level, guint *ret_len)
{
    guint len;
    const guint8 *at = tw_view_key_bytes(view, key, &len) + len;

    for (guint i = 0; i < level; i++)
        at += key_number(key, 1 + view->levels + i);
    *ret_len = key_number(key, 1 + view->levels + level);
    return *ret_len > 0 ? at : NULL;
}

int
tw_view_compare_bytes(const guint8 *a, guint a_len, const guint8 *b, guint b_len)
{
    guint len = MIN(a_len, b_len);
    int order = len > 0 ? memcmp(a, b, len) : 0;

    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

int
tw_view_compare_entries(const TwView *view, const TwViewEntry *a, const TwViewEntry *b)
{
    int order;

    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    if (a->key != NULL || b->key != NULL) {
        guint a_len, b_len;
        const guint8 *left = tw_view_key_bytes(view, a->key, &a_len);
        const guint8 *right = tw_view_key_bytes(view, b->key, &b_len);
        order = tw_view_compare_bytes(left, a_len, right, b_len);
        if (order != 0)
            return order;
    }
    if (a->number != b->number) {
        order = a->number < b->number ? -1 : 1;
        return view->spec.order.count == 0 && view->spec.newest_first ? -order : order;
    }
    return (a->order > b->order) - (a->order < b->order);
}

int
tw_view_compare_groups(const TwViewGroup *a, const TwViewGroup *b)
{
    int order = 0;

    if (a->extreme != NULL && b->extreme != NULL)
        order = tw_view_compare_bytes(a->extreme, a->extreme_len, b->extreme, b->extreme_len);
    else if (a->extreme != NULL || b->extreme != NULL)
        order = a->extreme != NULL ? -1 : 1;
    return order != 0 ? order : tw_view_compare_bytes(a->key, a->key_len, b->key, b->key_len);
}

static guint64
prefix_of(const TwView *view, const guint8 *key)
{
    guint8 first[8] = { 0 };
    guint64 raw;
    guint len;
    const guint8 *bytes = tw_view_key_bytes(view, key, &len);

    if (len > 0)
        memcpy(first, bytes, MIN(len, sizeof first));
    memcpy(&raw, first, sizeof raw);
    return GUINT64_FROM_BE(raw);
}

/* ---- drafts ---- */

void
tw_view_draft_init(TwViewDraft *draft)
{
    *draft = (TwViewDraft){ .rows = g_array_new(FALSE, FALSE, sizeof(TwViewDraftRow)) };
}

void
tw_view_draft_empty(TwViewDraft *draft, guint32 number)
{
    for (guint i = 0; i < draft->rows->len; i++)
        g_free(g_array_index(draft->rows, TwViewDraftRow, i).key);
    g_array_set_size(draft->rows, 0);
    draft->number = number;
    draft->unread = FALSE;
}

void
tw_view_draft_clear(TwViewDraft *draft)
{
    if (draft->rows == NULL)
        return;
    tw_view_draft_empty(draft, 0);
    g_clear_pointer(&draft->rows, g_array_unref);
}

static guint
count_instances(const TwView *view, const TwPropSource *source)
{
    TwPropValue value;
    guint32 tag = view->spec.instance_tag;

    if (tag == 0 || !source->get(source->data, tag, &value) || !tw_prop_tag_is_multi(value.tag))
        return 1;
    return CLAMP(tw_value_count(&value), 1, TW_VIEW_MAX_INSTANCES);
}

/* The value by which a level's headings are ordered: nothing when there is none, so that it does not count. */
static void
put_extreme(const TwView *view, guint level, const TwSortRow *row, TwBuffer *out)
{
    const TwSortOrder *order = &view->extreme[level];
    TwPropValue value;

    if (order->count > 0 && tw_sort_get_value(order, 0, row->source, row->instance, &value))
        tw_sort_make_key(order, row, view->spec.collated ? &view->spec.collation : NULL, out);
}

static guint8 *
make_key(const TwView *view, const TwSortRow *row, gsize *ret_len)
{
    const TwCollation *collation = view->spec.collated ? &view->spec.collation : NULL;
    guint16 numbers[1 + 2 * TW_SORT_MAX_KEYS];
    gsize numbers_len = sizeof *numbers * (1 + 2 * (gsize) view->levels);
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(1 << 20);
    g_auto(TwBuffer) extremes = TW_BUFFER_INIT(1 << 20);
    guint8 *key;

    for (guint level = 0; level <= view->levels; level++) {
        tw_sort_make_key(&view->part[level], row, collation, &bytes);
        bytes.len = MIN(bytes.len, TW_VIEW_MAX_KEY);
        numbers[level < view->levels ? 1 + level : 0] = (guint16) bytes.len;
    }
    for (guint level = 0; level < view->levels; level++) {
        gsize before = extremes.len;
        put_extreme(view, level, row, &extremes);
        extremes.len = MIN(extremes.len, before + TW_VIEW_MAX_KEY);
        numbers[1 + view->levels + level] = (guint16) (extremes.len - before);
    }
    *ret_len = numbers_len + bytes.len + extremes.len;
    key = g_malloc(*ret_len);
    memcpy(key, numbers, numbers_len);
    if (bytes.len > 0)
        memcpy(key + numbers_len, bytes.data, bytes.len);
    if (extremes.len > 0)
        memcpy(key + numbers_len + bytes.len, extremes.data, extremes.len);
    return key;
}

void
tw_view_draft_make(const TwView *view,
                   TwViewDraft *draft,
                   guint32 number,
                   gboolean unread,
                   const TwPropSource *source)
{
    guint count = count_instances(view, source);

    tw_view_draft_empty(draft, number);
    draft->unread = unread;
    for (guint i = 0; i < count; i++) {
        TwViewDraftRow row = { .order = i };
        if (view->spec.order.count > 0) {
            TwSortRow sorted = { source, i };
            gsize len;
            row.key = make_key(view, &sorted, &len);
            row.prefix = prefix_of(view, row.key);
        }
        g_array_append_val(draft->rows, row);
    }
}

/* ---- entries and groups ---- */

static gsize
key_memory(const TwView *view, const guint8 *key)
{
    guint len;

    if (key == NULL)
        return 0;
    tw_view_key_bytes(view, key, &len);
    return len + 32;
}

guint32
tw_view_take_slot(TwView *view, const TwViewDraft *draft, TwViewDraftRow *row)
{
    gpointer chain = g_hash_table_lookup(view->by_number, GUINT_TO_POINTER(draft->number));
    TwViewEntry entry = {
        .prefix = row->prefix,
        .key = g_steal_pointer(&row->key),
        .number = draft->number,
        .order = row->order,
        .next = chain != NULL ? GPOINTER_TO_UINT(chain) - 1 : NONE,
        .unread = draft->unread,
    };
    guint32 slot = view->free_slot;

    view->bytes += key_memory(view, entry.key);
    if (slot != NONE) {
        TwViewEntry *old = &g_array_index(view->entries, TwViewEntry, slot);
        view->free_slot = old->next;
        *old = entry;
    } else {
        slot = view->entries->len;
        g_array_append_val(view->entries, entry);
        view->bytes += sizeof entry + 3 * sizeof(gpointer);
    }
    g_hash_table_insert(view->by_number, GUINT_TO_POINTER(draft->number),
                        GUINT_TO_POINTER(slot + 1));
    return slot;
}

void
tw_view_drop_slot(TwView *view, guint32 slot)
{
    TwViewEntry *entry = &g_array_index(view->entries, TwViewEntry, slot);
    gpointer name = GUINT_TO_POINTER(entry->number);
    guint32 first = GPOINTER_TO_UINT(g_hash_table_lookup(view->by_number, name)) - 1;

    if (first != slot) {
        guint32 at = first;
        while (g_array_index(view->entries, TwViewEntry, at).next != slot)
            at = g_array_index(view->entries, TwViewEntry, at).next;
        g_array_index(view->entries, TwViewEntry, at).next = entry->next;
    } else if (entry->next == NONE) {
        g_hash_table_remove(view->by_number, name);
    } else {
        g_hash_table_insert(view->by_number, name, GUINT_TO_POINTER(entry->next + 1));
    }
    view->bytes -= key_memory(view, entry->key);
    g_free(entry->key);
    *entry = (TwViewEntry){ .next = view->free_slot };
    view->free_slot = slot;
}

static void
set_extreme(const TwView *view, TwViewGroup *group, const guint8 *key)
{
    guint len;
    const guint8 *extreme = tw_view_key_extreme(view, key, group->depth - 1, &len);

    if (extreme == NULL)
        return;
    group->extreme = g_memdup2(extreme, len);
    group->extreme_len = (guint16) len;
}

TwViewGroup *
tw_view_group_new(TwView *view, TwViewGroup *parent, const guint8 *key)
{
    TwViewGroup *group = g_new0(TwViewGroup, 1);

    group->parent = parent;
    group->depth = parent != NULL ? parent->depth + 1 : 0;
    if (parent != NULL) {
        guint len;
        const guint8 *part = tw_view_key_part(view, key, parent->depth, &len);
        group->key = g_memdup2(part, len);
        group->key_len = (guint16) len;
        group->number = view->next_group++;
        set_extreme(view, group, key);
        g_hash_table_insert(view->groups, GUINT_TO_POINTER(group->number), group);
        view->bytes += sizeof *group + len + 128;
    }
    if (group->depth < view->levels)
        group->groups = g_ptr_array_new();
    else
        group->slots = g_array_new(FALSE, FALSE, sizeof(guint32));
    return group;
}

void /* NOLINTNEXTLINE(misc-no-recursion): levels */
tw_view_group_free(TwView *view, TwViewGroup *group)
{
    for (guint i = 0; group->groups != NULL && i < group->groups->len; i++)
        tw_view_group_free(view, group->groups->pdata[i]);
    if (group->number != 0) {
        g_hash_table_remove(view->groups, GUINT_TO_POINTER(group->number));
        view->bytes -= sizeof *group + group->key_len + 128;
    }
    g_clear_pointer(&group->groups, g_ptr_array_unref);
    g_clear_pointer(&group->slots, g_array_unref);
    g_free(group->key);
    g_free(group->extreme);
    g_free(group);
}

TwViewGroup *
tw_view_group_child(TwView *view, TwViewGroup *parent, const guint8 *part, guint len)
{
    guint low = 0, high = parent->groups->len;

    if (view->extreme[parent->depth].count > 0) { /* not in the order of keys */
        for (guint i = 0; i < high; i++) {
            TwViewGroup *child = parent->groups->pdata[i];
            if (tw_view_compare_bytes(child->key, child->key_len, part, len) == 0)
                return child;
        }
        return NULL;
    }
    while (low < high) {
        guint middle = low + (high - low) / 2;
        TwViewGroup *child = parent->groups->pdata[middle];
        int order = tw_view_compare_bytes(child->key, child->key_len, part, len);
        if (order == 0)
            return child;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- making ---- */

static void
add_part(TwView *view, guint part, const TwSortKey *key)
{
    TwSortOrder *order = &view->part[part];

    order->keys[order->count++] = *key;
}

static void
split_order(TwView *view)
{
    const TwSortOrder *order = &view->spec.order;

    for (guint i = 0; i < order->count; i++)
        view->levels = (guint) MAX((int) view->levels, tw_sort_category_level(order, i) + 1);
    for (guint i = 0; i < order->count; i++) {
        const TwSortKey *key = &order->keys[i];
        int level = tw_sort_category_level(order, i);
        if (key->direction == TW_SORT_CATEGORY_MAX || key->direction == TW_SORT_CATEGORY_MIN) {
            if (level >= 0) {
                view->extreme[level].keys[0] =
                    (TwSortKey){ key->tag, key->direction == TW_SORT_CATEGORY_MAX
                                               ? TW_SORT_DESCENDING
                                               : TW_SORT_ASCENDING };
                view->extreme[level].count = 1;
            }
            continue;
        }
        add_part(view, level >= 0 ? (guint) level : view->levels, key);
    }
}

TwView *
tw_view_new(const TwViewSpec *spec)
{
    TwView *view = g_new0(TwView, 1);

    view->spec = *spec;
    view->free_slot = NONE;
    view->next_group = 1;
    view->entries = g_array_new(FALSE, FALSE, sizeof(TwViewEntry));
    view->by_number = g_hash_table_new(NULL, NULL);
    view->groups = g_hash_table_new(NULL, NULL);
    split_order(view);
    view->root = tw_view_group_new(view, NULL, NULL);
    view->bytes = sizeof *view + 512;
    return view;
}

void
tw_view_free(TwView *view)
{
    if (view == NULL)
        return;
    tw_view_group_free(view, view->root);
    for (guint i = 0; i < view->entries->len; i++)
        g_free(g_array_index(view->entries, TwViewEntry, i).key);
    g_array_unref(view->entries);
    g_hash_table_unref(view->by_number);
    g_hash_table_unref(view->groups);
    g_free(view);
}

void
tw_view_fill(TwView *view, TwViewDraft *draft)
{
    g_return_if_fail(!view->finished);
    for (guint i = draft->rows->len; i > 0; i--)
        tw_view_take_slot(view, draft, &g_array_index(draft->rows, TwViewDraftRow, i - 1));
}

/* For sorting: the prefix decides most, without a look at the entry. */
typedef struct {
    guint64 prefix;
    guint32 slot;
} Sorted;

static int
compare_sorted(gconstpointer a, gconstpointer b, gpointer data)
{
    const Sorted *left = a, *right = b;
    const TwView *view = data;

    if (left->prefix != right->prefix)
        return left->prefix < right->prefix ? -1 : 1;
    return tw_view_compare_entries(view, tw_view_entry(view, left->slot),
                                   tw_view_entry(view, right->slot));
}

static int
compare_siblings(gconstpointer a, gconstpointer b)
{
    return tw_view_compare_groups(*(TwViewGroup *const *) a, *(TwViewGroup *const *) b);
}

/* Entries come in the order of keys, so each is in the group of the one before it or in a new one. */
static TwViewGroup *
group_of_next(TwView *view, TwViewGroup *last, const guint8 *key)
{
    TwViewGroup *path[TW_SORT_MAX_KEYS + 1] = { NULL };
    TwViewGroup *group = view->root;

    for (TwViewGroup *at = last; at != NULL; at = at->parent)
        path[at->depth] = at;
    for (guint level = 0; level < view->levels; level++) {
        guint len;
        const guint8 *part = tw_view_key_part(view, key, level, &len);
        TwViewGroup *old = last != NULL ? path[level + 1] : NULL;
        if (old != NULL && old->parent == group &&
            tw_view_compare_bytes(old->key, old->key_len, part, len) == 0) {
            group = old;
            continue;
        }
        group = tw_view_group_new(view, group, key);
        g_ptr_array_add(group->parent->groups, group);
        last = NULL;
    }
    return group;
}

static void
take_extreme(const TwView *view, TwViewGroup *group, const guint8 *key)
{
    guint len;
    const guint8 *extreme;

    if (view->extreme[group->depth - 1].count == 0)
        return;
    extreme = tw_view_key_extreme(view, key, group->depth - 1, &len);
    if (extreme == NULL ||
        (group->extreme != NULL &&
         tw_view_compare_bytes(group->extreme, group->extreme_len, extreme, len) <= 0))
        return;
    g_free(group->extreme);
    group->extreme = g_memdup2(extreme, len);
    group->extreme_len = (guint16) len;
}

void
tw_view_finish(TwView *view)
{
    guint count = view->entries->len;
    g_autofree Sorted *sorted = g_new(Sorted, MAX(count, 1));
    TwViewGroup *last = NULL;

    for (guint i = 0; i < count; i++)
        sorted[i] = (Sorted){ tw_view_entry(view, i)->prefix, i };
    g_qsort_with_data(sorted, (gint) count, sizeof *sorted, compare_sorted, view);
    for (guint i = 0; i < count; i++) {
        TwViewEntry *entry = &g_array_index(view->entries, TwViewEntry, sorted[i].slot);
        last = entry->group = group_of_next(view, last, entry->key);
        g_array_append_val(last->slots, sorted[i].slot);
        for (TwViewGroup *at = last; at != NULL; at = at->parent) {
            at->rows++;
            at->unread += entry->unread ? 1 : 0;
            if (at->depth > 0)
                take_extreme(view, at, entry->key);
        }
    }
    if (view->levels > 0) {
        GHashTableIter iter;
        gpointer group;
        g_hash_table_iter_init(&iter, view->groups);
        while (g_hash_table_iter_next(&iter, NULL, &group)) {
            TwViewGroup *at = group;
            if (at->groups != NULL)
                g_ptr_array_sort(at->groups, compare_siblings);
        }
        g_ptr_array_sort(view->root->groups, compare_siblings);
    }
    view->bytes += (gsize) count * sizeof(guint32);
    view->finished = TRUE;
}

/* ---- finding ---- */

const TwViewSpec *
tw_view_get_spec(const TwView *view)
{
    return &view->spec;
}

TwViewGroup *
tw_view_get_root(TwView *view)
{
    return view->root;
}

guint
tw_view_get_levels(const TwView *view)
{
    return view->levels;
}

gsize
tw_view_get_bytes(const TwView *view)
{
    return view->bytes;
}

guint32
tw_view_get_numbers(const TwView *view)
{
    return view->next_group;
}

const TwViewEntry *
tw_view_entry(const TwView *view, guint32 slot)
{
    return &g_array_index(view->entries, TwViewEntry, slot);
}

gboolean
tw_view_find(const TwView *view, guint32 number, guint32 order, guint32 *ret_slot)
{
    guint32 slot =
        GPOINTER_TO_UINT(g_hash_table_lookup(view->by_number, GUINT_TO_POINTER(number))) - 1;

    while (slot != NONE && tw_view_entry(view, slot)->order != order)
        slot = tw_view_entry(view, slot)->next;
    if (slot == NONE)
        return FALSE;
    *ret_slot = slot;
    return TRUE;
}

TwViewGroup *
tw_view_find_group(const TwView *view, guint32 number)
{
    return number == 0 ? NULL : g_hash_table_lookup(view->groups, GUINT_TO_POINTER(number));
}

void /* NOLINTNEXTLINE(misc-no-recursion): levels */
tw_view_group_path(const TwViewGroup *group, TwBuffer *out)
{
    if (group->parent == NULL)
        return;
    tw_view_group_path(group->parent, out);
    tw_buffer_put_u16le(out, group->key_len);
    tw_buffer_put(out, group->key, group->key_len);
}

TwViewGroup *
tw_view_find_group_by_keys(TwView *view, const guint8 *path, gsize len)
{
    TwViewGroup *group = view->root;

    while (len > 0) {
        gsize part_len;
        if (len < 2 || group->groups == NULL)
            return NULL;
        part_len = (gsize) path[0] | (gsize) path[1] << 8;
        if (part_len > len - 2)
            return NULL;
        group = tw_view_group_child(view, group, path + 2, (guint) part_len);
        if (group == NULL)
            return NULL;
        path += 2 + part_len;
        len -= 2 + part_len;
    }
    return group == view->root ? NULL : group;
}

guint
tw_view_group_index(const TwViewGroup *group)
{
    const GPtrArray *siblings = group->parent->groups;
    guint low = 0, high = siblings->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (tw_view_compare_groups(siblings->pdata[middle], group) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static guint
lower_index(const TwView *view, const GArray *slots, const TwViewEntry *entry)
{
    guint low = 0, high = slots->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const TwViewEntry *at = tw_view_entry(view, g_array_index(slots, guint32, middle));
        if (tw_view_compare_entries(view, at, entry) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

guint
tw_view_slot_index(const TwView *view, guint32 slot)
{
    const TwViewEntry *entry = tw_view_entry(view, slot);

    return lower_index(view, entry->group->slots, entry);
}

void
tw_view_put_key(const TwView *view, guint32 slot, TwBuffer *out)
{
    const TwViewEntry *entry = tw_view_entry(view, slot);
    guint len;
    const guint8 *extremes;

    if (entry->key == NULL)
        return;
    extremes = tw_view_key_bytes(view, entry->key, &len) + len;
    for (guint i = 0; i < view->levels; i++)
        extremes += key_number(entry->key, 1 + view->levels + i);
    tw_buffer_put(out, entry->key, (gsize) (extremes - entry->key));
}

static const TwViewPlace nowhere = { NULL, 0, 0 };

static TwViewPlace
first_of(TwViewGroup *group)
{
    while (group->groups != NULL && group->groups->len > 0)
        group = group->groups->pdata[0];
    if (group->slots == NULL || group->slots->len == 0)
        return nowhere;
    return (TwViewPlace){ group, g_array_index(group->slots, guint32, 0), 0 };
}

/* The first entry behind all of a group. */
static TwViewPlace
behind(const TwViewGroup *group)
{
    for (const TwViewGroup *at = group; at->parent != NULL; at = at->parent) {
        guint next = tw_view_group_index(at) + 1;
        if (next < at->parent->groups->len)
            return first_of(at->parent->groups->pdata[next]);
    }
    return nowhere;
}

TwViewPlace
tw_view_lower_bound(TwView *view, const guint8 *key, gsize len, guint32 number, guint32 order)
{
    TwViewEntry entry = { .number = number, .order = order };
    TwViewGroup *group = view->root;
    guint index;

    if (len == 0 && view->levels > 0)
        return first_of(view->root); /* a key of no view like this */
    if (len > 0) {
        memcpy(&entry.key, &key, sizeof key); /* read only */
        entry.prefix = prefix_of(view, key);
    }
    for (guint level = 0; level < view->levels; level++) {
        guint part_len;
        const guint8 *part = tw_view_key_part(view, key, level, &part_len);
        TwViewGroup *child = tw_view_group_child(view, group, part, part_len);
        if (child == NULL) {
            for (guint i = 0; i < group->groups->len; i++) {
                TwViewGroup *at = group->groups->pdata[i];
                if (tw_view_compare_bytes(at->key, at->key_len, part, part_len) > 0)
                    return first_of(at);
            }
            return group->parent == NULL ? nowhere : behind(group);
        }
        group = child;
    }
    index = lower_index(view, group->slots, &entry);
    if (index < group->slots->len)
        return (TwViewPlace){ group, g_array_index(group->slots, guint32, index), index };
    return group->parent == NULL ? nowhere : behind(group);
}

void
tw_view_put_path(const TwView *view, guint depth, const TwPropSource *source, TwBuffer *out)
{
    TwSortRow row = { source, 0 };
    g_autofree guint8 *key = NULL;
    gsize key_len;

    g_return_if_fail(depth <= view->levels);
    key = make_key(view, &row, &key_len);
    for (guint level = 0; level < depth; level++) {
        guint len;
        const guint8 *part = tw_view_key_part(view, key, level, &len);
        tw_buffer_put_u16le(out, (guint16) len);
        tw_buffer_put(out, part, len);
    }
}

TwViewPlace
tw_view_bound_of(TwView *view, const TwPropSource *source, guint32 number, guint32 order)
{
    TwSortRow row = { source, 0 };
    g_autofree guint8 *key = NULL;
    gsize len = 0;

    if (view->spec.order.count > 0)
        key = make_key(view, &row, &len);
    return tw_view_lower_bound(view, key, len, number, order);
}
