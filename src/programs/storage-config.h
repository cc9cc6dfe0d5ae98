/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The configuration keys of the storage, for every program that opens a data folder. */
#pragma once

#include "base/config.h"
#include "store/engine.h"

G_BEGIN_DECLS

/** tw_storage_config_table: data_path, inline_values, inline_size, softdelete_lifetime. */
extern const TwConfigTable tw_storage_config_table;

/**
 * tw_storage_config_apply:
 * @config: a configuration with the keys of the table
 * @ret: (inout): gets what they say, but for the path
 */
void tw_storage_config_apply(const TwConfig *config, TwEngineConfig *ret);

/**
 * tw_storage_config_deleted_us:
 * @config: (nullable): a configuration with the keys of the table
 *
 * Returns: how long what was deleted softly is kept, in microseconds; 0: always
 */
gint64 tw_storage_config_deleted_us(const TwConfig *config);

G_END_DECLS
