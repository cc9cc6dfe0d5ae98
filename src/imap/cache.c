/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/cache.h"

#include <string.h>

#include "base/lock.h"

enum {
    ENTRY_COST = 160 /* bytes of an entry besides its value */
};

typedef struct {
    TwImapCacheKey key;
    GBytes *bytes;
    gsize more; /* bytes that hang from it */
    GList link; /* in the order of use */
} Entry;

struct TwImapCache {
    TwLock lock;     /* guards what follows; a leaf */
    GHashTable *all; /* Entry by its key */
    GQueue order;    /* the one used last first */
    gsize len, most;
};

static guint
key_hash(gconstpointer data)
{
    const TwImapCacheKey *key = data;
    guint first;

    memcpy(&first, &key->store, sizeof first);
    return first ^ (key->message + key->folder) * 2654435761u ^ (guint) key->cn * 40503u;
}

static gboolean
key_equal(gconstpointer left, gconstpointer right)
{
    const TwImapCacheKey *a = left, *b = right;

    return a->message == b->message && a->folder == b->folder && a->cn == b->cn &&
           memcmp(&a->store, &b->store, sizeof a->store) == 0;
}

static gsize
cost_of(const Entry *entry)
{
    return g_bytes_get_size(entry->bytes) + entry->more + ENTRY_COST;
}

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    g_bytes_unref(entry->bytes);
    g_free(entry);
}

TwImapCache *
tw_imap_cache_new(gsize most)
{
    TwImapCache *cache = g_new0(TwImapCache, 1);

    tw_lock_init(&cache->lock);
    cache->all = g_hash_table_new_full(key_hash, key_equal, NULL, entry_free);
    g_queue_init(&cache->order);
    cache->most = most;
    return cache;
}

void
tw_imap_cache_free(TwImapCache *cache)
{
    if (cache == NULL)
        return;
    g_hash_table_unref(cache->all);
    tw_lock_clear(&cache->lock);
    g_free(cache);
}

GBytes *
tw_imap_cache_get(TwImapCache *cache, const TwImapCacheKey *key)
{
    Entry *entry;
    GBytes *bytes = NULL;

    tw_lock(&cache->lock);
    entry = g_hash_table_lookup(cache->all, key);
    if (entry != NULL) {
        g_queue_unlink(&cache->order, &entry->link);
        g_queue_push_head_link(&cache->order, &entry->link);
        bytes = g_bytes_ref(entry->bytes);
    }
    tw_unlock(&cache->lock);
    return bytes;
}

static void
drop(TwImapCache *cache, Entry *entry)
{
    cache->len -= cost_of(entry);
    g_queue_unlink(&cache->order, &entry->link);
    g_hash_table_remove(cache->all, &entry->key);
}

void
tw_imap_cache_put(TwImapCache *cache, const TwImapCacheKey *key, GBytes *bytes)
{
    tw_imap_cache_put_with(cache, key, bytes, 0);
}

void
tw_imap_cache_put_with(TwImapCache *cache, const TwImapCacheKey *key, GBytes *bytes, gsize more)
{
    Entry *entry = g_new0(Entry, 1), *old;

    entry->key = *key;
    entry->bytes = g_bytes_ref(bytes);
    entry->more = more;
    entry->link.data = entry;
    tw_lock(&cache->lock);
    old = g_hash_table_lookup(cache->all, key);
    if (old != NULL)
        drop(cache, old);
    g_hash_table_add(cache->all, entry);
    g_queue_push_head_link(&cache->order, &entry->link);
    cache->len += cost_of(entry);
    while (cache->len > cache->most && cache->order.tail != &entry->link)
        drop(cache, cache->order.tail->data);
    tw_unlock(&cache->lock);
}
