/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The configuration keys of the storage, for every program that opens a data folder. */
#pragma once

#include "base/config.h"
#include "db/db.h"
#include "store/engine.h"

G_BEGIN_DECLS

/** tw_storage_config_table: data_path, inline_values, inline_size, database_engine and mysql_*, attachment_storage and
 * attachment_s3_*, softdelete_lifetime. */
extern const TwConfigTable tw_storage_config_table;

/**
 * tw_storage_config_apply:
 * @config: a configuration with the keys of the table
 * @ret: (inout): gets what they say, but for the path; strings are lent by @config
 */
void tw_storage_config_apply(const TwConfig *config, TwEngineConfig *ret);

/**
 * tw_storage_config_apply_users:
 * @config: (nullable): a configuration with the keys of the table
 * @ret: (inout): of the database of users: made one on MariaDB when @config says so, else left as it is
 * @ret_name: (inout): (transfer full): gets the database's name, which @ret lends
 */
void tw_storage_config_apply_users(const TwConfig *config, TwDbConfig *ret, char **ret_name);

/**
 * tw_storage_config_is_maria:
 * @config: (nullable): a configuration with the keys of the table
 *
 * Returns: TRUE if the databases are on MariaDB
 */
gboolean tw_storage_config_is_maria(const TwConfig *config);

/**
 * tw_storage_config_is_there:
 * @config: (nullable): a configuration with the keys of the table
 * @fs: where
 * @path: a data folder
 * @error: NOT_FOUND
 *
 * Returns: TRUE if the folder has been used with what the configuration says
 */
gboolean tw_storage_config_is_there(const TwConfig *config,
                                    TwFileSystem *fs,
                                    const char *path,
                                    GError **error);

/**
 * tw_storage_config_deleted_us:
 * @config: (nullable): a configuration with the keys of the table
 *
 * Returns: how long what was deleted softly is kept, in microseconds; 0: always
 */
gint64 tw_storage_config_deleted_us(const TwConfig *config);

G_END_DECLS
