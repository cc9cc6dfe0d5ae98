/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where users are kept: the key user_plugin, and what goes with it. */
#pragma once

#include "base/config.h"
#include "db/db.h"
#include "directory/directory.h"

G_BEGIN_DECLS

/** tw_user_source_config_table: spec/config-and-cli.md 3.5, what of it is about plugins. */
extern const TwConfigTable tw_user_source_config_table;

/**
 * tw_user_source_add_tables:
 * @schema: gets the keys of a plugin's own file
 * @plugin: "unix" or "ldap"
 * @error: as tw_config_schema_add()
 *
 * Returns: FALSE on failure
 */
gboolean tw_user_source_add_tables(TwConfigSchema *schema, const char *plugin, GError **error);

/**
 * tw_user_source_open:
 * @config: a configuration with the keys of %tw_user_source_config_table and users-config.h
 * @db: the directory's database; must outlive the plugin
 * @directory: (inout): gets how passwords are checked and remembered, borrowed of @config
 * @error: TW_ERROR_INVALID: the plugin's own file is wrong, or the users that are there are of another plugin; else what the
 *   plugin says
 *
 * Returns: (transfer full): the plugin it names, or NULL
 */
TwDirectoryPlugin *tw_user_source_open(const TwConfig *config,
                                       TwDb *db,
                                       TwDirectoryConfig *directory,
                                       GError **error);

/**
 * tw_user_source_reload:
 * @config: as for tw_user_source_open(), read again
 * @plugin: what that gave
 * @error: TW_ERROR_INVALID: the plugin's own file is wrong; what opening the source fails with
 *
 * Reads the plugin's own file again. When that fails all stays as it is.
 *
 * Returns: FALSE on failure
 */
gboolean tw_user_source_reload(const TwConfig *config, TwDirectoryPlugin *plugin, GError **error);

G_END_DECLS
