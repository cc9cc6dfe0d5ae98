/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was made of messages and may be asked for again, up to a number of bytes; what was used longest ago goes first. */
#pragma once

#include <glib.h>

#include "base/guid.h"

G_BEGIN_DECLS

/* A version of a message, or with message 0 of a folder. */
typedef struct {
    TwGuid store;
    guint32 folder; /* 0 with a message whose value does not depend on it: it may be moved */
    guint32 message;
    guint64 cn;
} TwImapCacheKey;

typedef struct TwImapCache TwImapCache;

/**
 * tw_imap_cache_new:
 * @most: bytes that are kept, and the last value put whatever its size
 *
 * Returns: (transfer full): an empty cache that any number of threads may use
 */
TwImapCache *tw_imap_cache_new(gsize most);

/**
 * tw_imap_cache_free:
 * @cache: (nullable) (transfer full): a cache
 */
void tw_imap_cache_free(TwImapCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwImapCache, tw_imap_cache_free)

/**
 * tw_imap_cache_get:
 * @cache: a cache
 * @key: what
 *
 * Returns: (transfer full) (nullable): what was put there last, or NULL
 */
GBytes *tw_imap_cache_get(TwImapCache *cache, const TwImapCacheKey *key);

/**
 * tw_imap_cache_put:
 * @cache: a cache
 * @key: what, copied
 * @bytes: its value, a reference is taken
 *
 * Replaces what is there.
 */
void tw_imap_cache_put(TwImapCache *cache, const TwImapCacheKey *key, GBytes *bytes);

/**
 * tw_imap_cache_put_with:
 * @cache: a cache
 * @key: what, copied
 * @bytes: its value, a reference is taken
 * @more: bytes that hang from it beside its own
 *
 * As tw_imap_cache_put().
 */
void tw_imap_cache_put_with(TwImapCache *cache,
                            const TwImapCacheKey *key,
                            GBytes *bytes,
                            gsize more);

G_END_DECLS
