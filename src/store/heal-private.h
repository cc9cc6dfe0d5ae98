/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Databases that became suspect (a write or sync failed) are opened anew by a thread of the engine, with waits that double.
 * Before each try a file beside the database is written and synced: as long as the disk takes nothing, the database is left
 * as it is, since opening anew is what could cost its readers.
 */
#pragma once

#include "store/store-private.h"

G_BEGIN_DECLS

typedef struct TwHealer TwHealer;

/**
 * tw_healer_new:
 * @engine: an engine that is being opened
 *
 * Returns: (transfer full): the healer, which does nothing yet
 */
TwHealer *tw_healer_new(TwEngine *engine);

/**
 * tw_healer_start:
 * @healer: a healer; all databases of its engine are open
 */
void tw_healer_start(TwHealer *healer);

/**
 * tw_healer_poke:
 * @healer: (nullable): a healer
 *
 * Tells it that some database became suspect. May be called from anywhere.
 */
void tw_healer_poke(TwHealer *healer);

/**
 * tw_healer_stop:
 * @healer: (nullable): a healer
 *
 * Ends its thread, after a try that is under way. It can still be poked.
 */
void tw_healer_stop(TwHealer *healer);

/**
 * tw_healer_free:
 * @healer: (nullable) (transfer full): a healer that was stopped; all databases are closed
 */
void tw_healer_free(TwHealer *healer);

G_END_DECLS
