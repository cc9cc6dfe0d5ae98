/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/login-limiter.h"

#include <string.h>

#include "base/hash.h"
#include "base/lock.h"

/* Names are kept as their hash under a key of this process: a name of any length costs the same, and names that a
 * stranger made to collide would have to guess the key. Two that collide by chance share a count. */
typedef struct {
    guint64 key;
    guint failures;
    gint64 last_us;
    GList link;
} Entry;

typedef struct {
    TwLoginLimits limits;
    GHashTable *entries; /* owned: Entry, keyed by its first member */
    GQueue recent;       /* of Entry, the one that failed last first */
} Table;

struct TwLoginLimiter {
    gint64 half_life_us;
    guint most_entries;
    TwLock lock; /* guards what follows */
    Table users, peers;
};

static void
init_table(Table *table, const TwLoginLimits *limits)
{
    table->limits = *limits;
    table->entries = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    g_queue_init(&table->recent);
}

TwLoginLimiter *
tw_login_limiter_new(const TwLoginLimiterConfig *config)
{
    TwLoginLimiter *limiter = g_new0(TwLoginLimiter, 1);

    g_assert(config->half_life_us > 0 && config->most_entries > 0);
    limiter->half_life_us = config->half_life_us;
    limiter->most_entries = config->most_entries;
    tw_lock_init(&limiter->lock);
    init_table(&limiter->users, &config->user);
    init_table(&limiter->peers, &config->peer);
    return limiter;
}

void
tw_login_limiter_free(TwLoginLimiter *limiter)
{
    if (limiter == NULL)
        return;
    g_hash_table_destroy(limiter->users.entries);
    g_hash_table_destroy(limiter->peers.entries);
    tw_lock_clear(&limiter->lock);
    g_free(limiter);
}

static Entry *
find(Table *table, const char *name)
{
    guint64 key = tw_hash_bytes(name, strlen(name));

    return g_hash_table_lookup(table->entries, &key);
}

static void
forget(Table *table, Entry *entry)
{
    g_queue_unlink(&table->recent, &entry->link);
    g_hash_table_remove(table->entries, entry);
}

static guint
failures_now(const TwLoginLimiter *limiter, const Entry *entry, gint64 now_us)
{
    gint64 halvings =
        now_us <= entry->last_us ? 0 : (now_us - entry->last_us) / limiter->half_life_us;

    return halvings >= 32 ? 0 : entry->failures >> halvings;
}

static gint64
advise(const TwLoginLimiter *limiter, Table *table, const char *name, gint64 now_us)
{
    const TwLoginLimits *limits = &table->limits;
    const Entry *entry = find(table, name);
    guint failures = entry == NULL ? 0 : failures_now(limiter, entry, now_us);
    gint64 wait_us = limits->first_us;

    if (failures <= limits->free_failures)
        return 0;
    for (guint i = limits->free_failures + 1; i < failures && wait_us < limits->most_us; i++)
        wait_us *= 2;
    return MIN(wait_us, limits->most_us);
}

gint64
tw_login_limiter_advise(TwLoginLimiter *limiter, const char *user, const char *peer, gint64 now_us)
{
    gint64 for_user, for_peer;

    tw_lock(&limiter->lock);
    for_user = advise(limiter, &limiter->users, user, now_us);
    for_peer = advise(limiter, &limiter->peers, peer, now_us);
    tw_unlock(&limiter->lock);
    return MAX(for_user, for_peer);
}

static void
count_failure(TwLoginLimiter *limiter, Table *table, const char *name, gint64 now_us)
{
    Entry *entry = find(table, name);

    TW_ASSERT_HELD(&limiter->lock);
    if (entry == NULL) {
        if (g_queue_get_length(&table->recent) >= limiter->most_entries)
            forget(table, g_queue_peek_tail(&table->recent));
        entry = g_new0(Entry, 1);
        entry->key = tw_hash_bytes(name, strlen(name));
        entry->link.data = entry;
        g_hash_table_add(table->entries, entry);
    } else {
        entry->failures = failures_now(limiter, entry, now_us);
        g_queue_unlink(&table->recent, &entry->link);
    }
    g_queue_push_head_link(&table->recent, &entry->link);
    if (entry->failures < G_MAXUINT)
        entry->failures++;
    entry->last_us = now_us;
}

void
tw_login_limiter_failed(TwLoginLimiter *limiter, const char *user, const char *peer, gint64 now_us)
{
    tw_lock(&limiter->lock);
    count_failure(limiter, &limiter->users, user, now_us);
    count_failure(limiter, &limiter->peers, peer, now_us);
    tw_unlock(&limiter->lock);
}

void
tw_login_limiter_succeeded(TwLoginLimiter *limiter, const char *user)
{
    Entry *entry;

    tw_lock(&limiter->lock);
    entry = find(&limiter->users, user);
    if (entry != NULL)
        forget(&limiter->users, entry);
    tw_unlock(&limiter->lock);
}

guint
tw_login_limiter_count(TwLoginLimiter *limiter)
{
    guint count;

    tw_lock(&limiter->lock);
    count = g_queue_get_length(&limiter->users.recent) + g_queue_get_length(&limiter->peers.recent);
    tw_unlock(&limiter->lock);
    return count;
}
