/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages to try caches with, in a folder of the store of SYSTEM, which is made for it. */
#pragma once

#include "programs/progress.h"
#include "session/session.h"

G_BEGIN_DECLS

enum {
    TW_CACHE_DATA_MOST_MESSAGES = 1000000,
    TW_CACHE_DATA_MOST_BYTES =
        1 << 20, /* of the text of each: it is one value of a message in hand */
};

/**
 * tw_cache_data_create:
 * @session: of SYSTEM
 * @count: how many messages
 * @bytes: of the text of each
 * @progress: (nullable): told of each
 * @out: gets a line that says what was done
 * @error: what the server says
 *
 * Adds messages.
 *
 * Returns: FALSE on failure; those that were made stay
 */
gboolean tw_cache_data_create(TwSession *session,
                              guint count,
                              guint bytes,
                              TwProgress *progress,
                              GString *out,
                              GError **error);

/**
 * tw_cache_data_read:
 * @session: of SYSTEM
 * @progress: (nullable): told of each
 * @out: gets a line that says how many messages there are, their bytes, and how long it took
 * @error: TW_ERROR_NOT_FOUND, with a sentence: none were made; else what the server says
 *
 * Reads all of them, one after the other.
 *
 * Returns: FALSE on failure
 */
gboolean tw_cache_data_read(TwSession *session, TwProgress *progress, GString *out, GError **error);

G_END_DECLS
