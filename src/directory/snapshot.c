/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/snapshot.h"

#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "directory/index-private.h"

enum {
    MOST_KEY = 8192, /* bytes of a key that is looked for */
};

/* ---- making ---- */

static const TwDirectoryObject everyone = {
    .number = TW_DIRECTORY_EVERYONE,
    .kind = TW_DIRECTORY_SECURITY_GROUP,
    .name = "Everyone",
    .full_name = "Everyone",
};

static const TwDirectoryObject system_user = {
    .number = TW_DIRECTORY_SYSTEM,
    .kind = TW_DIRECTORY_USER,
    .name = "SYSTEM",
    .full_name = "SYSTEM",
    .mail = "postmaster@localhost",
    .admin = TW_DIRECTORY_SYSTEM_ADMIN,
    .hidden = TRUE,
};

static void
add_entry(GPtrArray *entries, TwDirectoryObject *object, const TwCollator *collator)
{
    g_ptr_array_add(entries, tw_directory_entry_new(object, collator));
}

static TwDirectorySnapshot *
merge(const TwDirectorySnapshot *old, GHashTable *dropped, const GPtrArray *entries)
{
    TwDirectorySnapshot *snapshot = g_atomic_rc_box_new0(TwDirectorySnapshot);

    snapshot->collator = old->collator;
    for (TwDirectoryIndexName i = 0; i < TW_DIRECTORY_INDEXES; i++)
        snapshot->indexes[i] = tw_directory_index_merge(old->indexes[i], dropped, entries, i);
    return snapshot;
}

static TwDirectorySnapshot *
make_first(const TwCollator *collator)
{
    TwDirectoryIndex empty = { .len = 0 };
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_entry_unref);
    g_autoptr(GHashTable) none = g_hash_table_new(NULL, NULL);
    g_autoptr(TwDirectoryObject) first = tw_directory_object_new(&everyone);
    g_autoptr(TwDirectoryObject) second = tw_directory_object_new(&system_user);
    TwDirectorySnapshot nothing = { .collator = collator };

    for (guint i = 0; i < TW_DIRECTORY_INDEXES; i++)
        nothing.indexes[i] = &empty;
    add_entry(entries, first, collator);
    add_entry(entries, second, collator);
    return merge(&nothing, none, entries);
}

TwDirectorySnapshot *
tw_directory_snapshot_new(const TwCollator *collator)
{
    TwDirectorySnapshot *snapshot = make_first(collator);

    snapshot->gone = g_array_new(FALSE, FALSE, sizeof(TwDirectoryGone));
    return snapshot;
}

static TwDirectoryEntry *
find_entry(const TwDirectorySnapshot *snapshot, guint32 number)
{
    const TwDirectoryIndex *rows = snapshot->indexes[TW_DIRECTORY_BY_NUMBER];
    guint32 key = GUINT32_TO_BE(number);
    guint i = tw_directory_index_find(rows, (const guint8 *) &key, sizeof key);
    const TwDirectoryRow *row = i == rows->len ? NULL : tw_directory_index_row(rows, i);

    return row != NULL && row->entry->object->number == number ? row->entry : NULL;
}

static void
drop_entry(const TwDirectorySnapshot *old, GHashTable *dropped, guint32 number)
{
    TwDirectoryEntry *entry = find_entry(old, number);

    if (entry != NULL)
        g_hash_table_add(dropped, entry);
}

/* What is remembered of what went: the last so many, and shared when nothing was added. */
static GArray *
merge_gone(GArray *old, const GArray *added)
{
    guint left_out = old->len + added->len > TW_DIRECTORY_MOST_GONE
                         ? old->len + added->len - TW_DIRECTORY_MOST_GONE
                         : 0;
    guint skip = MIN(left_out, old->len);
    GArray *gone;

    if (added->len == 0)
        return g_array_ref(old);
    gone = g_array_new(FALSE, FALSE, sizeof(TwDirectoryGone));
    g_array_append_vals(gone, &g_array_index(old, TwDirectoryGone, skip), old->len - skip);
    skip = left_out - skip;
    g_array_append_vals(gone, &g_array_index(added, TwDirectoryGone, skip), added->len - skip);
    return gone;
}

TwDirectorySnapshot *
tw_directory_snapshot_apply(TwDirectorySnapshot *old, const TwDirectoryDelta *delta)
{
    g_autoptr(TwDirectorySnapshot) base =
        delta->whole ? tw_directory_snapshot_new(old->collator) : tw_directory_snapshot_ref(old);
    g_autoptr(GHashTable) dropped = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_entry_unref);
    TwDirectorySnapshot *snapshot;

    for (guint i = 0; i < delta->gone->len; i++)
        drop_entry(base, dropped, g_array_index(delta->gone, TwDirectoryGone, i).number);
    for (guint i = 0; i < delta->objects->len; i++) {
        TwDirectoryObject *object = g_ptr_array_index(delta->objects, i);
        if (object->number < TW_DIRECTORY_FIRST_NUMBER)
            continue;
        drop_entry(base, dropped, object->number);
        add_entry(entries, object, old->collator);
    }
    snapshot = merge(base, dropped, entries);
    snapshot->epoch = delta->epoch;
    snapshot->gone = merge_gone(base->gone, delta->gone);
    return snapshot;
}

TwDirectorySnapshot *
tw_directory_snapshot_ref(TwDirectorySnapshot *snapshot)
{
    return g_atomic_rc_box_acquire(snapshot);
}

static void
clear_snapshot(gpointer data)
{
    TwDirectorySnapshot *snapshot = data;

    for (guint i = 0; i < TW_DIRECTORY_INDEXES; i++)
        tw_directory_index_free(snapshot->indexes[i]);
    g_array_unref(snapshot->gone);
}

void
tw_directory_snapshot_unref(TwDirectorySnapshot *snapshot)
{
    if (snapshot != NULL)
        g_atomic_rc_box_release_full(snapshot, clear_snapshot);
}

/* ---- looking up ---- */

guint64
tw_directory_snapshot_epoch(const TwDirectorySnapshot *snapshot)
{
    return snapshot->epoch;
}

guint
tw_directory_snapshot_count(const TwDirectorySnapshot *snapshot)
{
    return snapshot->indexes[TW_DIRECTORY_BY_NUMBER]->len;
}

TwDirectoryObject *
tw_directory_snapshot_get(const TwDirectorySnapshot *snapshot, guint32 number)
{
    const TwDirectoryEntry *entry = find_entry(snapshot, number);

    return entry == NULL ? NULL : entry->object;
}

/* The one object with exactly this key. */
static TwDirectoryObject *
look_up(const TwDirectorySnapshot *snapshot, TwDirectoryIndexName name, const void *key, gsize len)
{
    const TwDirectoryIndex *rows = snapshot->indexes[name];
    guint i = tw_directory_index_find(rows, key, len);
    const TwDirectoryRow *row = i == rows->len ? NULL : tw_directory_index_row(rows, i);

    return row != NULL && row->len == len && memcmp(row->key, key, len) == 0 ? row->entry->object
                                                                             : NULL;
}

TwDirectoryObject *
tw_directory_snapshot_get_by_id(const TwDirectorySnapshot *snapshot, const void *id, gsize len)
{
    return len == 0 ? NULL : look_up(snapshot, TW_DIRECTORY_BY_ID, id, len);
}

static TwDirectoryObject *
find_in(const TwDirectorySnapshot *snapshot, TwDirectoryType type, guint32 company, const char *key)
{
    g_auto(TwBuffer) buf = TW_BUFFER_INIT(MOST_KEY);

    tw_buffer_put_u8(&buf, (guint8) type);
    tw_buffer_put_u32be(&buf, company);
    tw_buffer_put(&buf, key, strlen(key));
    return tw_buffer_failed(&buf) ? NULL
                                  : look_up(snapshot, TW_DIRECTORY_BY_NAME, buf.data, buf.len);
}

/* NULL also when several companies have one. */
static TwDirectoryObject *
find_only(const TwDirectorySnapshot *snapshot, TwDirectoryType type, const char *key)
{
    const TwDirectoryIndex *rows = snapshot->indexes[TW_DIRECTORY_BY_TERM];
    gsize len = strlen(key);
    TwDirectoryObject *only = NULL;

    for (guint i = tw_directory_index_find(rows, (const guint8 *) key, len); i < rows->len; i++) {
        const TwDirectoryRow *row = tw_directory_index_row(rows, i);
        if (row->len != len || !tw_directory_row_begins(row, (const guint8 *) key, len))
            break;
        if ((row->term & TW_DIRECTORY_TERM_ACCOUNT) == 0 ||
            tw_directory_type(row->entry->object->kind) != type)
            continue;
        if (only != NULL)
            return NULL;
        only = row->entry->object;
    }
    return only;
}

TwDirectoryObject *
tw_directory_snapshot_find(const TwDirectorySnapshot *snapshot,
                           TwDirectoryType type,
                           guint32 company,
                           const char *name)
{
    gsize len = strlen(name);
    g_autofree char *key = len > TW_DIRECTORY_MOST_NAME ? NULL : tw_text_name_key(name, len, NULL);
    TwDirectoryObject *object;

    if (key == NULL)
        return NULL;
    if (company == TW_DIRECTORY_ANY_COMPANY)
        return find_only(snapshot, type, key);
    object = find_in(snapshot, type, company, key);
    if (object != NULL || company == TW_DIRECTORY_NO_COMPANY)
        return object;
    object = find_in(snapshot, type, TW_DIRECTORY_NO_COMPANY, key);
    return object != NULL && object->number < TW_DIRECTORY_FIRST_NUMBER ? object : NULL;
}

/* ---- relations ---- */

GArray *
tw_directory_snapshot_holders(const TwDirectorySnapshot *snapshot,
                              TwDirectoryRelation relation,
                              guint32 number)
{
    const TwDirectoryIndex *rows = snapshot->indexes[TW_DIRECTORY_BY_HELD];
    GArray *holders = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint8 key[5] = { (guint8) relation };
    guint32 be = GUINT32_TO_BE(number);

    memcpy(key + 1, &be, sizeof be);
    for (guint i = tw_directory_index_find(rows, key, sizeof key); i < rows->len; i++) {
        const TwDirectoryRow *row = tw_directory_index_row(rows, i);
        if (!tw_directory_row_begins(row, key, sizeof key))
            break;
        g_array_append_val(holders, row->entry->object->number);
    }
    return holders;
}

GArray *
tw_directory_snapshot_groups_of(const TwDirectorySnapshot *snapshot, guint32 number)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    GArray *groups = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 next = number;
    guint i = 0;

    g_hash_table_add(seen, GUINT_TO_POINTER(number));
    for (;;) {
        g_autoptr(GArray) holders =
            tw_directory_snapshot_holders(snapshot, TW_DIRECTORY_MEMBER, next);
        for (guint k = 0; k < holders->len; k++) {
            guint32 group = g_array_index(holders, guint32, k);
            if (g_hash_table_add(seen, GUINT_TO_POINTER(group)))
                g_array_append_val(groups, group);
        }
        if (i == groups->len)
            break;
        next = g_array_index(groups, guint32, i++);
    }
    if (number != TW_DIRECTORY_EVERYONE) {
        guint32 all = TW_DIRECTORY_EVERYONE;
        g_array_prepend_val(groups, all);
    }
    return groups;
}

static int
compare_numbers(gconstpointer a, gconstpointer b)
{
    const guint32 *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static GArray *
all_users(const TwDirectorySnapshot *snapshot)
{
    const TwDirectoryIndex *rows = snapshot->indexes[TW_DIRECTORY_BY_NUMBER];
    GArray *users = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; i < rows->len; i++) {
        const TwDirectoryObject *object = tw_directory_index_row(rows, i)->entry->object;
        if (tw_directory_has_store(object))
            g_array_append_val(users, object->number);
    }
    return users;
}

/* Members of one group: users go to one list, groups to the other. */
static void
sort_out(const TwDirectorySnapshot *snapshot,
         guint32 group,
         GHashTable *seen,
         GArray *users,
         GArray *groups)
{
    const TwDirectoryObject *object = tw_directory_snapshot_get(snapshot, group);
    gsize count = 0;
    const TwDirectoryLink *links =
        object == NULL ? NULL : tw_directory_links(object, TW_DIRECTORY_MEMBER, &count);

    for (gsize i = 0; i < count; i++) {
        const TwDirectoryObject *member = tw_directory_snapshot_get(snapshot, links[i].number);
        if (member == NULL || !g_hash_table_add(seen, GUINT_TO_POINTER(member->number)))
            continue;
        g_array_append_val(tw_directory_type(member->kind) == TW_DIRECTORY_GROUPS ? groups : users,
                           member->number);
    }
}

GArray *
tw_directory_snapshot_members(const TwDirectorySnapshot *snapshot, guint32 group)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(guint32));
    GArray *users;

    if (group == TW_DIRECTORY_EVERYONE)
        return all_users(snapshot);
    users = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_hash_table_add(seen, GUINT_TO_POINTER(group));
    g_array_append_val(groups, group);
    for (guint i = 0; i < groups->len; i++)
        sort_out(snapshot, g_array_index(groups, guint32, i), seen, users, groups);
    g_array_sort(users, compare_numbers);
    return users;
}

gboolean
tw_directory_snapshot_company_sees(const TwDirectorySnapshot *snapshot,
                                   guint32 viewer,
                                   guint32 company)
{
    const TwDirectoryObject *object;
    const TwDirectoryLink *links;
    gsize count;

    if (viewer == company)
        return TRUE;
    object = tw_directory_snapshot_get(snapshot, company);
    if (object == NULL)
        return FALSE;
    links = tw_directory_links(object, TW_DIRECTORY_VIEW, &count);
    for (gsize i = 0; i < count; i++) {
        if (links[i].number == viewer)
            return TRUE;
    }
    return FALSE;
}

/* ---- changes ---- */

GPtrArray *
tw_directory_snapshot_changed(const TwDirectorySnapshot *snapshot, guint64 since)
{
    GPtrArray *changed = g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_object_unref);
    const TwDirectoryIndex *rows = snapshot->indexes[TW_DIRECTORY_BY_CN];
    guint64 key = GUINT64_TO_BE(since + 1);

    if (since == G_MAXUINT64)
        return changed;
    for (guint i = tw_directory_index_find(rows, (const guint8 *) &key, sizeof key); i < rows->len;
         i++)
        g_ptr_array_add(changed,
                        tw_directory_object_ref(tw_directory_index_row(rows, i)->entry->object));
    return changed;
}

GArray *
tw_directory_snapshot_gone(const TwDirectorySnapshot *snapshot, guint64 since)
{
    GArray *gone = g_array_new(FALSE, FALSE, sizeof(TwDirectoryGone));

    for (guint i = 0; i < snapshot->gone->len; i++) {
        const TwDirectoryGone *row = &g_array_index(snapshot->gone, TwDirectoryGone, i);
        if (row->cn > since)
            g_array_append_vals(gone, row, 1);
    }
    return gone;
}

guint64
tw_directory_snapshot_gone_since(const TwDirectorySnapshot *snapshot)
{
    const GArray *gone = snapshot->gone;

    return gone->len < TW_DIRECTORY_MOST_GONE ? 0 : g_array_index(gone, TwDirectoryGone, 0).cn - 1;
}
