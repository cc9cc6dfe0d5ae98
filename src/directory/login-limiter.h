/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How long a login should wait, by how often one failed for the same user or from the same peer. It only counts and
 * advises: the caller waits (or answers at once and drops the connection) before it looks at the password.
 *
 *   failures in a row     1 .. free    free + 1    free + 2   ...
 *   advice                0            first       2 first    ... doubling up to most
 *
 * A count halves with each half-life that passes without a failure, and is forgotten at 0. Since anyone can fail for
 * a user, that user's delay stays small, so that nobody can lock another out; a peer's may become long. Memory is
 * bounded: when a table is full, the one that failed longest ago is forgotten.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct TwLoginLimiter TwLoginLimiter;

typedef struct {
    guint free_failures; /* cost nothing: people mistype */
    gint64 first_us;     /* advice after the first that counts */
    gint64 most_us;      /* and never more than this */
} TwLoginLimits;

typedef struct {
    TwLoginLimits user, peer;
    gint64 half_life_us; /* above 0 */
    guint most_entries;  /* users, and as many peers; about 100 bytes each; above 0 */
} TwLoginLimiterConfig;

/** TW_LOGIN_LIMITER_CONFIG_INIT: a #TwLoginLimiterConfig fit for a server on the internet. */
#define TW_LOGIN_LIMITER_CONFIG_INIT                                                               \
    {                                                                                              \
        .user = { 5, G_USEC_PER_SEC / 4, (gint64) 2 * G_USEC_PER_SEC },                            \
        .peer = { 10, G_USEC_PER_SEC / 4, (gint64) 60 * G_USEC_PER_SEC },                          \
        .half_life_us = (gint64) 300 * G_USEC_PER_SEC, .most_entries = 16384                       \
    }

/**
 * tw_login_limiter_new:
 * @config: limits; copied
 *
 * Returns: (transfer full): a limiter that has seen nothing; may be used from several threads
 */
TwLoginLimiter *tw_login_limiter_new(const TwLoginLimiterConfig *config);

/**
 * tw_login_limiter_free:
 * @limiter: (nullable): a limiter nobody uses any more
 */
void tw_login_limiter_free(TwLoginLimiter *limiter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwLoginLimiter, tw_login_limiter_free)

/**
 * tw_login_limiter_advise:
 * @limiter: a limiter
 * @user: the name as it was given, whether or not there is such a user
 * @peer: the address it came from, without its port (IPv6: the /64)
 * @now_us: a monotonic clock
 *
 * Returns: microseconds to wait; 0 for most
 */
gint64 tw_login_limiter_advise(TwLoginLimiter *limiter,
                               const char *user,
                               const char *peer,
                               gint64 now_us);

/**
 * tw_login_limiter_failed:
 * @limiter: a limiter
 * @user: as tw_login_limiter_advise()
 * @peer: as tw_login_limiter_advise()
 * @now_us: a monotonic clock
 *
 * Counts a failure.
 */
void tw_login_limiter_failed(TwLoginLimiter *limiter,
                             const char *user,
                             const char *peer,
                             gint64 now_us);

/**
 * tw_login_limiter_succeeded:
 * @limiter: a limiter
 * @user: as tw_login_limiter_advise()
 *
 * Forgets the user's failures. The peer's stay: one known password must not pay for guessing others.
 */
void tw_login_limiter_succeeded(TwLoginLimiter *limiter, const char *user);

/**
 * tw_login_limiter_count:
 * @limiter: a limiter
 *
 * Returns: users and peers it remembers
 */
guint tw_login_limiter_count(TwLoginLimiter *limiter);

G_END_DECLS
