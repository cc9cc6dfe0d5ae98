/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Settings are right as long as the stamp of their store is the one that was read before they were. Whoever changes them moves
 * the stamp after the change is durable and before it is told of: so a mail that is sent after that meets the new ones.
 */
#include "delivery/known.h"

#include <string.h>

#include "base/time.h"
#include "delivery/delivery-private.h"

#define EXTENDED_CLASS "IPM.ExtendedRule.Message"

enum {
    MOST_HIDDEN = 1000, /* hidden messages of an Inbox that are looked at */
    MUCH_ROOM = 64 << 20,
};

/* Settings are for one folder, or for mail of one class. */
typedef struct {
    TwGuid store;
    guint32 folder;
    char *message_class; /* owned by the entry */
} Key;

typedef struct {
    Key key; /* first: it is the key of the table */
    guint64 stamp;
    gint64 read_us;          /* on the clock that only goes forward */
    TwBoxSettings *settings; /* a reference */
    GList link;              /* in the order of use */
} Entry;

typedef struct {
    gint64 read_us;
    gint64 left; /* bytes */
} Room;

struct TwKnown {
    TwDelivery *delivery;
    TwLock lock;         /* guards what follows; a leaf */
    GHashTable *entries; /* Key -> Entry, owned */
    GQueue order;        /* used longest ago first */
    GHashTable *rooms;   /* number of a user -> Room, owned */
};

/* ---- settings ---- */

TwBoxSettings *
tw_box_settings_ref(TwBoxSettings *settings)
{
    return g_atomic_rc_box_acquire(settings);
}

static void
clear_settings(gpointer data)
{
    TwBoxSettings *settings = data;

    tw_rule_set_unref(settings->rules);
    tw_oof_clear(&settings->oof);
}

void
tw_box_settings_unref(TwBoxSettings *settings)
{
    if (settings != NULL)
        g_atomic_rc_box_release_full(settings, clear_settings);
}

/* ---- the table ---- */

static guint
hash_key(gconstpointer data)
{
    const Key *key = data;

    return tw_guid_hash(&key->store) ^ (key->folder * 2654435761u) ^ g_str_hash(key->message_class);
}

static gboolean
same_key(gconstpointer a, gconstpointer b)
{
    const Key *left = a, *right = b;

    return left->folder == right->folder && tw_guid_equal(&left->store, &right->store) &&
           strcmp(left->message_class, right->message_class) == 0;
}

static void
free_entry(gpointer data)
{
    Entry *entry = data;

    g_free(entry->key.message_class);
    tw_box_settings_unref(entry->settings);
    g_free(entry);
}

TwKnown *
tw_known_new(TwDelivery *delivery)
{
    TwKnown *known = g_new0(TwKnown, 1);

    known->delivery = delivery;
    tw_lock_init(&known->lock);
    known->entries = g_hash_table_new_full(hash_key, same_key, NULL, free_entry);
    known->rooms = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return known;
}

void
tw_known_free(TwKnown *known)
{
    if (known == NULL)
        return;
    g_hash_table_unref(known->entries); /* the links are in the entries */
    g_hash_table_unref(known->rooms);
    tw_lock_clear(&known->lock);
    g_free(known);
}

static TwBoxSettings *
look_up(TwKnown *known, const Key *key, guint64 stamp)
{
    gint64 oldest = tw_time_mono_us() - (gint64) TW_KNOWN_SECONDS * G_USEC_PER_SEC;
    TwBoxSettings *found = NULL;
    Entry *entry;

    tw_lock(&known->lock);
    entry = g_hash_table_lookup(known->entries, key);
    if (entry != NULL && entry->stamp == stamp && entry->read_us >= oldest) {
        found = tw_box_settings_ref(entry->settings);
        g_queue_unlink(&known->order, &entry->link);
        g_queue_push_tail_link(&known->order, &entry->link);
    }
    tw_unlock(&known->lock);
    return found;
}

static void
drop(TwKnown *known, Entry *entry)
{
    g_queue_unlink(&known->order, &entry->link);
    g_hash_table_remove(known->entries, &entry->key);
}

static void
keep(TwKnown *known, const Key *key, guint64 stamp, TwBoxSettings *settings)
{
    Entry *entry = g_new0(Entry, 1), *old;

    *entry = (Entry){ .key = *key,
                      .stamp = stamp,
                      .read_us = tw_time_mono_us(),
                      .settings = tw_box_settings_ref(settings) };
    entry->key.message_class = g_strdup(key->message_class);
    entry->link.data = entry;
    tw_lock(&known->lock);
    old = g_hash_table_lookup(known->entries, key);
    if (old != NULL)
        drop(known, old);
    else if (g_hash_table_size(known->entries) >= TW_KNOWN_MOST)
        drop(known, g_queue_peek_head(&known->order));
    g_hash_table_insert(known->entries, &entry->key, entry);
    g_queue_push_tail_link(&known->order, &entry->link);
    tw_unlock(&known->lock);
}

/* ---- reading ---- */

static gboolean
find_inbox(TwKnown *known, const Key *key, TwBoxSettings *settings, GError **error)
{
    g_auto(TwReceiveFolderArgs) args = { .store = key->store, .message_class = key->message_class };

    settings->inbox = key->folder;
    if (key->folder != 0)
        return TRUE;
    if (!tw_delivery_call(known->delivery, TW_AS_SYSTEM, TW_OP_RECEIVE_FOLDER, &args, error))
        return FALSE;
    settings->inbox = args.folder;
    return TRUE;
}

static gboolean
read_oof(TwKnown *known, const Key *key, TwBoxSettings *settings, GError **error)
{
    g_auto(TwStorePropsArgs) args = { .store = key->store };

    if (!tw_delivery_call(known->delivery, TW_AS_SYSTEM, TW_OP_STORE_PROPS, &args, error))
        return FALSE;
    tw_oof_read(args.object, &settings->oof);
    return TRUE;
}

static gboolean
is_extended(const TwMessageRow *row)
{
    gsize len;
    const guint8 *data = row->head != NULL ? g_bytes_get_data(row->head, &len) : NULL;
    TwPropValue value;
    TwHead head;

    return data != NULL && tw_head_open(data, len, &head, NULL) &&
           tw_head_get(&head, PR_MESSAGE_CLASS, &value) == TW_HEAD_FOUND &&
           g_ascii_strcasecmp(value.text, EXTENDED_CLASS) == 0;
}

static gboolean
add_hidden(TwKnown *known, const Key *key, guint32 message, TwBoxSettings *settings, GError **error)
{
    g_auto(TwMessageReadArgs) args = { .store = key->store, .message = message };
    TwProps props;

    if (!tw_delivery_call(known->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_READ, &args, error) ||
        !tw_object_seal(args.object, error))
        return FALSE;
    props = tw_object_get_props(args.object);
    tw_rule_set_add_extended(settings->rules, &props, message, known->delivery->names);
    return TRUE;
}

/* The junk rule, and those of clients that keep each in a message of its own. */
static gboolean
read_hidden_rules(TwKnown *known, const Key *key, TwBoxSettings *settings, GError **error)
{
    g_auto(TwFolderGetArgs) folder = { .store = key->store, .folder = settings->inbox };
    g_auto(TwMessageListArgs) list = { .store = key->store,
                                       .folder = settings->inbox,
                                       .state = TW_MESSAGE_ASSOC,
                                       .most = MOST_HIDDEN,
                                       .heads = TRUE };

    if (!tw_delivery_call(known->delivery, TW_AS_SYSTEM, TW_OP_FOLDER_GET, &folder, error))
        return FALSE;
    if (folder.row.row->assoc == 0)
        return TRUE;
    if (!tw_delivery_call(known->delivery, TW_AS_SYSTEM, TW_OP_MESSAGE_LIST, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        const TwMessageRow *row = &g_array_index(list.rows, TwMessageRow, i);

        if (is_extended(row) && !add_hidden(known, key, row->mid, settings, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_rules(TwKnown *known, const Key *key, TwBoxSettings *settings, GError **error)
{
    g_auto(TwRulesArgs) args = { .store = key->store, .folder = settings->inbox };
    TwProps row;

    if (!tw_delivery_call(known->delivery, TW_AS_SYSTEM, TW_OP_RULES, &args, error))
        return FALSE;
    settings->rules = tw_rule_set_new();
    for (guint i = 0; tw_rules_get(args.rules, i, &row) != 0; i++)
        tw_rule_set_add(settings->rules, &row);
    return read_hidden_rules(known, key, settings, error);
}

static TwBoxSettings *
read_settings(TwKnown *known, const Key *key, GError **error)
{
    g_autoptr(TwBoxSettings) settings = g_atomic_rc_box_new0(TwBoxSettings);

    if (!find_inbox(known, key, settings, error) || !read_oof(known, key, settings, error) ||
        !read_rules(known, key, settings, error))
        return NULL;
    return g_steal_pointer(&settings);
}

TwBoxSettings *
tw_known_settings(
    TwKnown *known, const TwGuid *store, guint32 folder, const char *message_class, GError **error)
{
    g_autofree char *class_copy = g_strdup(folder == 0 ? message_class : "");
    Key key = { .store = *store, .folder = folder, .message_class = class_copy };
    g_auto(TwStoreStampArgs) stamp = { .store = *store };
    TwBoxSettings *settings;

    if (!tw_delivery_call(known->delivery, TW_AS_SYSTEM, TW_OP_STORE_STAMP, &stamp, error))
        return NULL;
    settings = look_up(known, &key, stamp.stamp);
    if (settings != NULL)
        return settings;
    settings = read_settings(known, &key, error);
    if (settings != NULL)
        keep(known, &key, stamp.stamp, settings);
    return settings;
}

/* ---- room ---- */

static gboolean
had_room(TwKnown *known, guint32 user, guint64 size)
{
    gint64 oldest = tw_time_mono_us() - (gint64) TW_KNOWN_ROOM_SECONDS * G_USEC_PER_SEC;
    const Room *room;
    gboolean had;

    tw_lock(&known->lock);
    room = g_hash_table_lookup(known->rooms, GUINT_TO_POINTER(user));
    had = room != NULL && room->read_us >= oldest && room->left >= MUCH_ROOM &&
          size <= (guint64) room->left - MUCH_ROOM;
    tw_unlock(&known->lock);
    return had;
}

static void
keep_room(TwKnown *known, guint32 user, gint64 left)
{
    const Room room = { .read_us = tw_time_mono_us(), .left = left };

    tw_lock(&known->lock);
    if (g_hash_table_size(known->rooms) >= TW_KNOWN_MOST)
        g_hash_table_remove_all(known->rooms);
    g_hash_table_insert(known->rooms, GUINT_TO_POINTER(user), g_memdup2(&room, sizeof room));
    tw_unlock(&known->lock);
}

gboolean
tw_known_has_room(TwKnown *known, guint32 user, guint64 size)
{
    g_auto(TwQuotaGetArgs) quota = { .user = user };
    gint64 left;

    if (had_room(known, user, size) ||
        !tw_delivery_call(known->delivery, TW_AS_SYSTEM, TW_OP_QUOTA_GET, &quota, NULL))
        return TRUE;
    left = quota.quota.hard > 0 ? MAX(quota.quota.hard - quota.bytes, 0) : G_MAXINT64;
    if (quota.state == TW_QUOTA_HARD || size > (guint64) left)
        return FALSE;
    keep_room(known, user, left);
    return TRUE;
}
