/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many mails each client may bring in a minute. Each has a bucket that a mail takes one out of and time fills again, so
 * that a burst of a minute's worth is fine after a quiet minute. Pure but for its lock: the caller has the clock.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_LMTP_RATE_CLIENTS =
        10000, /* clients that are remembered; without it each new address takes memory for ever */
};

typedef struct TwLmtpRate TwLmtpRate;

/**
 * tw_lmtp_rate_new:
 * @per_minute: mails of one client; 0: any number
 * @clients: how many to remember, at least 1; usually %TW_LMTP_RATE_CLIENTS
 *
 * Returns: (transfer full): what counts; any number of threads may use it
 */
TwLmtpRate *tw_lmtp_rate_new(guint per_minute, guint clients);

/**
 * tw_lmtp_rate_free:
 * @rate: (nullable) (transfer full): what counts
 */
void tw_lmtp_rate_free(TwLmtpRate *rate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwLmtpRate, tw_lmtp_rate_free)

/**
 * tw_lmtp_rate_take:
 * @rate: what counts
 * @client: an address
 * @now_us: a clock that never goes back
 *
 * When there is no room for another client, the one that was silent longest is forgotten.
 *
 * Returns: whether the client may bring a mail now
 */
gboolean tw_lmtp_rate_take(TwLmtpRate *rate, const char *client, gint64 now_us);

G_END_DECLS
