/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Names of items. A message keeps the name that a client gave it; one that came by other ways is called by its UID. The door
 * holds the names of the folders it was asked about, and asks only for what changed since: the folder's window and its
 * tombstones, which hold numbers and no names.
 */
#include "dav/dav-private.h"

#include <string.h>

#include "base/hash.h"
#include "mapi/message-class.h"

static void
entry_clear(gpointer data)
{
    TwDavEntry *entry = data;

    g_free(entry->name);
    g_free(entry->uid);
}

static void
entry_unref(gpointer entry)
{
    g_atomic_rc_box_release_full(entry, entry_clear);
}

static void
index_clear(gpointer data)
{
    TwDavIndex *index = data;

    g_hash_table_unref(index->by_name);
    g_hash_table_unref(index->by_mid);
    g_hash_table_unref(index->gone);
}

void
tw_dav_index_unref(TwDavIndex *index)
{
    if (index != NULL)
        g_atomic_rc_box_release_full(index, index_clear);
}

/* A new index that begins as the old one is; NULL: empty. */
static TwDavIndex *
index_new(const TwDavIndex *old)
{
    TwDavIndex *index = g_atomic_rc_box_new0(TwDavIndex);
    GHashTableIter iter;
    gpointer key, value;

    index->by_name = g_hash_table_new(tw_hash_str, g_str_equal);
    index->by_mid = g_hash_table_new_full(NULL, NULL, NULL, entry_unref);
    index->gone = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    if (old == NULL)
        return index;
    index->uidvalidity = old->uidvalidity;
    index->cn = old->cn;
    g_hash_table_iter_init(&iter, old->by_mid);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        TwDavEntry *entry = g_atomic_rc_box_acquire(value);
        g_hash_table_insert(index->by_mid, key, entry);
        g_hash_table_insert(index->by_name, entry->name, entry);
    }
    g_hash_table_iter_init(&iter, old->gone);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_insert(index->gone, key, g_strdup(value));
    return index;
}

static void
drop(TwDavIndex *index, guint32 mid)
{
    gpointer key = GUINT_TO_POINTER(mid);
    const TwDavEntry *entry = g_hash_table_lookup(index->by_mid, key);

    if (entry == NULL)
        return;
    g_hash_table_insert(index->gone, key, g_strdup(entry->name));
    if (g_hash_table_lookup(index->by_name, entry->name) == entry)
        g_hash_table_remove(index->by_name, entry->name);
    g_hash_table_remove(index->by_mid, key);
}

static gboolean
kind_of(const TwObject *object, TwIcalKind *ret)
{
    const char *message_class = tw_object_get_text(object, PR_MESSAGE_CLASS, "");

    if (tw_message_class_is(message_class, "IPM.Appointment"))
        *ret = TW_ICAL_EVENT;
    else if (tw_message_class_is(message_class, "IPM.Task"))
        *ret = TW_ICAL_TODO;
    else if (tw_message_class_is(message_class, "IPM.Activity") ||
             tw_message_class_is(message_class, "IPM.StickyNote"))
        *ret = TW_ICAL_JOURNAL;
    else
        return FALSE;
    return TRUE;
}

/* A message that is no item is not listed; one that cannot be read neither. */
static void
take(TwDavCall *call, TwDavIndex *index, guint32 folder, guint32 mid)
{
    g_auto(TwMessageReadArgs) read = { .store = call->store, .folder = folder, .message = mid };
    guint32 tag = tw_dav_named_tag(call, TW_NameCaldavResourceName);
    const char *name;
    TwDavEntry *entry;
    TwIcalKind kind;

    drop(index, mid);
    if (!tw_session_message_read(call->session, &read, NULL) || !kind_of(read.object, &kind))
        return;
    entry = g_atomic_rc_box_new0(TwDavEntry);
    entry->uid = tw_ical_uid(read.object, call->names);
    name = tag != 0 ? tw_object_get_text(read.object, tag, NULL) : NULL;
    entry->name = name != NULL ? g_strdup(name) : g_strconcat(entry->uid, ".ics", NULL);
    /* two of one name, or a UID no path can have: by their number */
    if (strlen(entry->name) > TW_DAV_MAX_NAME || strchr(entry->name, '/') != NULL ||
        g_hash_table_contains(index->by_name, entry->name)) {
        g_free(entry->name);
        entry->name = g_strdup_printf("id_%u.ics", mid);
    }
    entry->mid = mid;
    entry->cn = read.row.cn;
    entry->kind = kind;
    g_hash_table_remove(index->gone, GUINT_TO_POINTER(mid));
    g_hash_table_insert(index->by_mid, GUINT_TO_POINTER(mid), entry);
    g_hash_table_insert(index->by_name, entry->name, entry);
}

static gboolean
refresh(TwDavCall *call, guint32 folder, TwDavIndex **index, GError **error)
{
    g_auto(TwFolderWindowArgs) window = { .store = call->store, .folder = folder };
    g_auto(TwFolderVanishedArgs) vanished = { .store = call->store, .folder = folder };
    TwDavIndex *old = *index, *next;

    window.since = old != NULL ? old->cn : 0;
    if (!tw_session_folder_window(call->session, &window, error))
        return FALSE;
    vanished.since = window.since;
    if (old != NULL && old->uidvalidity == window.uidvalidity) {
        if (!tw_session_folder_vanished(call->session, &vanished, error))
            return FALSE;
        if (window.rows->len == 0 && vanished.rows->len == 0 && old->cn == window.cn)
            return TRUE;
    }
    next = index_new(old != NULL && old->uidvalidity == window.uidvalidity ? old : NULL);
    for (guint i = 0; vanished.rows != NULL && i < vanished.rows->len; i++)
        drop(next, g_array_index(vanished.rows, TwTomb, i).mid);
    for (guint i = 0; i < window.rows->len; i++)
        take(call, next, folder, g_array_index(window.rows, TwIndexRow, i).mid);
    next->uidvalidity = window.uidvalidity;
    next->cn = window.cn;
    tw_dav_index_unref(old);
    *index = next;
    return TRUE;
}

TwDavIndex *
tw_dav_index_get(TwDavCall *call, guint32 folder, GError **error)
{
    TwDav *dav = call->dav;
    g_autoptr(TwDavIndex) index = NULL;
    char guid[TW_GUID_TEXT_SIZE];
    g_autofree char *key = NULL;
    TwDavIndex *known;

    tw_guid_print(&call->store, TW_GUID_BRACED, guid);
    key = g_strdup_printf("%s/%u", guid, folder);
    tw_lock(&dav->lock);
    known = g_hash_table_lookup(dav->indexes, key);
    if (known != NULL)
        index = g_atomic_rc_box_acquire(known);
    tw_unlock(&dav->lock);
    if (!refresh(call, folder, &index, error))
        return NULL;
    tw_lock(&dav->lock);
    known = g_hash_table_lookup(dav->indexes, key);
    if (known == NULL && g_hash_table_size(dav->indexes) >= TW_DAV_MAX_INDEXES)
        g_hash_table_remove_all(dav->indexes);
    /* another may have been there first, and further */
    if (known == NULL || known->uidvalidity != index->uidvalidity || known->cn < index->cn)
        g_hash_table_insert(dav->indexes, g_steal_pointer(&key), g_atomic_rc_box_acquire(index));
    tw_unlock(&dav->lock);
    return g_steal_pointer(&index);
}

GPtrArray *
tw_dav_index_gone(
    TwDavCall *call, const TwDavIndex *index, guint32 folder, guint64 since, GError **error)
{
    g_auto(TwFolderVanishedArgs) args = { .store = call->store, .folder = folder, .since = since };
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    if (!tw_session_folder_vanished(call->session, &args, error))
        return NULL;
    for (guint i = 0; i < args.rows->len; i++) {
        const TwTomb *tomb = &g_array_index(args.rows, TwTomb, i);
        const char *name = g_hash_table_lookup(index->gone, GUINT_TO_POINTER(tomb->mid));
        if (tomb->uid == 0)
            continue;
        if (name == NULL) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_CHANGED, "names are no longer known");
            return NULL;
        }
        if (!g_hash_table_contains(index->by_name, name))
            g_ptr_array_add(names, g_strdup(name));
    }
    return g_steal_pointer(&names);
}

const TwDavEntry *
tw_dav_index_by_uid(const TwDavIndex *index, const char *uid)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, index->by_mid);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (strcmp(((TwDavEntry *) value)->uid, uid) == 0)
            return value;
    }
    return NULL;
}

char *
tw_dav_etag(const TwDavEntry *entry)
{
    return g_strdup_printf("\"%u-%" G_GUINT64_FORMAT "\"", entry->mid, entry->cn);
}
