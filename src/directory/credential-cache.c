/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/credential-cache.h"

#include <nettle/memops.h>

#include "base/hash.h"
#include "base/lock.h"
#include "base/random.h"
#include "base/time.h"

typedef struct {
    guint32 user;
    guint64 generation;
    gint64 until_us;
    guint8 code[TW_SHA256_LEN];
    GList link; /* in recent */
} Entry;

struct TwCredentialCache {
    guint most;
    gint64 life_us;
    guint8 key[TW_SHA256_LEN];
    TwLock lock;         /* guards what follows */
    GHashTable *entries; /* owned: user number -> Entry */
    GQueue recent;       /* of Entry, the one used last first */
};

static void
free_entry(gpointer data)
{
    Entry *entry = data;

    tw_secret_wipe(entry->code, sizeof entry->code);
    g_free(entry);
}

TwCredentialCache *
tw_credential_cache_new(guint most, gint64 life_us)
{
    TwCredentialCache *cache = g_new0(TwCredentialCache, 1);

    cache->most = most;
    cache->life_us = life_us;
    tw_random_bytes(cache->key, sizeof cache->key);
    tw_lock_init(&cache->lock);
    cache->entries = g_hash_table_new_full(NULL, NULL, NULL, free_entry);
    g_queue_init(&cache->recent);
    return cache;
}

void
tw_credential_cache_free(TwCredentialCache *cache)
{
    if (cache == NULL)
        return;
    g_hash_table_destroy(cache->entries);
    tw_lock_clear(&cache->lock);
    tw_secret_wipe(cache->key, sizeof cache->key);
    g_free(cache);
}

/* The password is hashed with its user and generation, so equal passwords have different codes. */
static void
make_code(const TwCredentialCache *cache,
          guint32 user,
          guint64 generation,
          const TwSecret *password,
          guint8 ret[TW_SHA256_LEN])
{
    g_auto(TwHmacSha256) hmac;
    guint64 whose[] = { user, generation };
    gsize len;
    const char *text = tw_secret_reveal(password, &len);

    tw_hmac_sha256_init(&hmac, cache->key, sizeof cache->key);
    tw_hmac_sha256_update(&hmac, whose, sizeof whose);
    tw_hmac_sha256_update(&hmac, text, len);
    tw_hmac_sha256_finish(&hmac, ret);
}

static Entry *
find(TwCredentialCache *cache, guint32 user)
{
    TW_ASSERT_HELD(&cache->lock);
    return g_hash_table_lookup(cache->entries, GUINT_TO_POINTER(user));
}

static void
drop(TwCredentialCache *cache, Entry *entry)
{
    TW_ASSERT_HELD(&cache->lock);
    g_queue_unlink(&cache->recent, &entry->link);
    g_hash_table_remove(cache->entries, GUINT_TO_POINTER(entry->user));
}

void
tw_credential_cache_put(TwCredentialCache *cache,
                        guint32 user,
                        guint64 generation,
                        const TwSecret *password,
                        gint64 now_us)
{
    Entry *entry = g_new0(Entry, 1);
    Entry *old;

    if (cache->most == 0) {
        g_free(entry);
        return;
    }
    *entry = (Entry){ .user = user,
                      .generation = generation,
                      .until_us = tw_saturating_add_i64(now_us, cache->life_us),
                      .link = { .data = entry } };
    make_code(cache, user, generation, password, entry->code);
    tw_lock(&cache->lock);
    old = find(cache, user);
    if (old != NULL)
        drop(cache, old);
    if (g_queue_get_length(&cache->recent) >= cache->most)
        drop(cache, g_queue_peek_tail(&cache->recent));
    g_hash_table_insert(cache->entries, GUINT_TO_POINTER(user), entry);
    g_queue_push_head_link(&cache->recent, &entry->link);
    tw_unlock(&cache->lock);
}

gboolean
tw_credential_cache_check(TwCredentialCache *cache,
                          guint32 user,
                          guint64 generation,
                          const TwSecret *password,
                          gint64 now_us)
{
    guint8 code[TW_SHA256_LEN];
    gboolean right = FALSE;
    Entry *entry;

    make_code(cache, user, generation, password, code);
    tw_lock(&cache->lock);
    entry = find(cache, user);
    if (entry != NULL && (entry->generation != generation || now_us >= entry->until_us)) {
        drop(cache, entry);
    } else if (entry != NULL && memeql_sec(entry->code, code, sizeof code)) {
        g_queue_unlink(&cache->recent, &entry->link);
        g_queue_push_head_link(&cache->recent, &entry->link);
        right = TRUE;
    }
    tw_unlock(&cache->lock);
    tw_secret_wipe(code, sizeof code);
    return right;
}

void
tw_credential_cache_drop(TwCredentialCache *cache, guint32 user)
{
    Entry *entry;

    tw_lock(&cache->lock);
    entry = find(cache, user);
    if (entry != NULL)
        drop(cache, entry);
    tw_unlock(&cache->lock);
}

void
tw_credential_cache_drop_all(TwCredentialCache *cache)
{
    tw_lock(&cache->lock);
    g_queue_init(&cache->recent); /* its links live in the entries */
    g_hash_table_remove_all(cache->entries);
    tw_unlock(&cache->lock);
}

guint
tw_credential_cache_count(TwCredentialCache *cache)
{
    guint count;

    tw_lock(&cache->lock);
    count = g_queue_get_length(&cache->recent);
    tw_unlock(&cache->lock);
    return count;
}
