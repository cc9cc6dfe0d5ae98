/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a server does now and then by itself: idle sessions end, values that nobody names any more go, and what is kept of the
 * past is trimmed.
 */
#pragma once

#include "programs/node.h"

G_BEGIN_DECLS

typedef struct TwHousekeeping TwHousekeeping;

/**
 * tw_housekeeping_start:
 * @node: an open node, which outlives it
 *
 * Starts a thread of its own. What fails is told in the log and tried again next time.
 *
 * Returns: (transfer full): what is to be stopped
 */
TwHousekeeping *tw_housekeeping_start(TwNode *node);

/**
 * tw_housekeeping_reload:
 * @keeping: from tw_housekeeping_start()
 * @config: as it was read again: softdelete_lifetime holds from now on
 */
void tw_housekeeping_reload(TwHousekeeping *keeping, const TwConfig *config);

/**
 * tw_housekeeping_stop:
 * @keeping: (nullable) (transfer full): from tw_housekeeping_start()
 *
 * Waits for the work that is under way.
 */
void tw_housekeeping_stop(TwHousekeeping *keeping);

G_END_DECLS
