/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Passwords that were right a moment ago, for clients that log on at each request: yescrypt costs 25 ms, this 2 us.
 *
 * What is kept is an HMAC of the password under a key that this process drew at random and never writes down; it says
 * nothing to who reads a core file without the key, and with it no more than a fast hash would. An entry holds for one
 * generation of a user's password, so a change of the password drops it by itself.
 */
#pragma once

#include "base/secret.h"

G_BEGIN_DECLS

typedef struct TwCredentialCache TwCredentialCache;

/**
 * tw_credential_cache_new:
 * @most: users it remembers; the one not seen for longest goes first. 0: it remembers nothing
 * @life_us: how long an entry holds after the password was really checked
 *
 * Returns: (transfer full): an empty cache; may be used from several threads
 */
TwCredentialCache *tw_credential_cache_new(guint most, gint64 life_us);

/**
 * tw_credential_cache_free:
 * @cache: (nullable): a cache nobody uses any more
 */
void tw_credential_cache_free(TwCredentialCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwCredentialCache, tw_credential_cache_free)

/**
 * tw_credential_cache_put:
 * @cache: a cache
 * @user: the user's number
 * @generation: changes with the user's password; as it was before the password was checked
 * @password: what was right
 * @now_us: a monotonic clock
 */
void tw_credential_cache_put(TwCredentialCache *cache,
                             guint32 user,
                             guint64 generation,
                             const TwSecret *password,
                             gint64 now_us);

/**
 * tw_credential_cache_check:
 * @cache: a cache
 * @user: the user's number
 * @generation: of the user's password now; an entry of another one is dropped
 * @password: what a client sent
 * @now_us: a monotonic clock
 *
 * Returns: TRUE if it is right; FALSE says nothing, then check the stored hash
 */
gboolean tw_credential_cache_check(TwCredentialCache *cache,
                                   guint32 user,
                                   guint64 generation,
                                   const TwSecret *password,
                                   gint64 now_us);

/**
 * tw_credential_cache_drop:
 * @cache: a cache
 * @user: whose entry to forget
 */
void tw_credential_cache_drop(TwCredentialCache *cache, guint32 user);

/**
 * tw_credential_cache_drop_all:
 * @cache: a cache
 */
void tw_credential_cache_drop_all(TwCredentialCache *cache);

/**
 * tw_credential_cache_count:
 * @cache: a cache
 *
 * Returns: how many users it remembers
 */
guint tw_credential_cache_count(TwCredentialCache *cache);

G_END_DECLS
