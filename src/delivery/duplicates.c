/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/duplicates.h"

#include <string.h>

#include "base/lock.h"

typedef struct {
    TwMailDigest digest; /* first: it is the key */
    guint count;
    GList link; /* in the order */
} Entry;

struct TwSeen {
    guint most;
    TwLock lock;       /* guards what follows; a leaf */
    GHashTable *table; /* digest -> Entry, owned */
    GQueue order;      /* the oldest first */
};

static guint
hash_digest(gconstpointer key)
{
    guint hash;

    memcpy(&hash, key, sizeof hash);
    return hash;
}

static gboolean
same_digest(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(TwMailDigest)) == 0;
}

TwSeen *
tw_seen_new(guint most)
{
    TwSeen *seen = g_new0(TwSeen, 1);

    seen->most = most;
    tw_lock_init(&seen->lock);
    seen->table = g_hash_table_new_full(hash_digest, same_digest, NULL, g_free);
    return seen;
}

void
tw_seen_free(TwSeen *seen)
{
    if (seen == NULL)
        return;
    g_hash_table_unref(seen->table); /* the links are in the entries */
    tw_lock_clear(&seen->lock);
    g_free(seen);
}

static void
forget_oldest(TwSeen *seen)
{
    GList *link = g_queue_pop_head_link(&seen->order);

    g_hash_table_remove(seen->table, link->data);
}

void
tw_seen_confirm(TwSeen *seen, const TwMailDigest *digest)
{
    Entry *entry;

    tw_lock(&seen->lock);
    entry = g_hash_table_lookup(seen->table, digest);
    if (entry == NULL) {
        if (g_hash_table_size(seen->table) >= seen->most)
            forget_oldest(seen);
        entry = g_new0(Entry, 1);
        entry->digest = *digest;
        entry->link.data = entry;
        g_hash_table_insert(seen->table, &entry->digest, entry);
    } else {
        g_queue_unlink(&seen->order, &entry->link);
    }
    entry->count++;
    g_queue_push_tail_link(&seen->order, &entry->link);
    tw_unlock(&seen->lock);
}

guint
tw_seen_count(TwSeen *seen, const TwMailDigest *digest)
{
    const Entry *entry;
    guint count;

    tw_lock(&seen->lock);
    entry = g_hash_table_lookup(seen->table, digest);
    count = entry != NULL ? entry->count : 0;
    tw_unlock(&seen->lock);
    return count;
}

/* ---- digests ---- */

void
tw_mail_digest(const guint8 *mail, gsize len, const char *sender, TwMailDigest *ret)
{
    TwSha256 hash;

    tw_sha256_init(&hash);
    tw_sha256_update(&hash, sender, strlen(sender) + 1);
    tw_sha256_update(&hash, mail, len);
    tw_sha256_finish(&hash, ret->bytes);
}

static void
name_of(const char *kind,
        const void *data,
        gsize len,
        guint32 count,
        guint32 folder,
        guint8 ret[TW_SHA256_LEN])
{
    guint32 numbers[] = { GUINT32_TO_LE(count), GUINT32_TO_LE(folder) };
    TwSha256 hash;

    tw_sha256_init(&hash);
    tw_sha256_update(&hash, kind, strlen(kind) + 1);
    tw_sha256_update(&hash, numbers, sizeof numbers);
    tw_sha256_update(&hash, data, len);
    tw_sha256_finish(&hash, ret);
}

void
tw_delivery_name(const TwMailDigest *digest, guint count, guint32 folder, guint8 ret[TW_SHA256_LEN])
{
    name_of("mail", digest->bytes, sizeof digest->bytes, count, folder, ret);
}

void
tw_delivery_name_by_id(const char *id, gsize len, guint32 folder, guint8 ret[TW_SHA256_LEN])
{
    name_of("id", id, len, 0, folder, ret);
}
