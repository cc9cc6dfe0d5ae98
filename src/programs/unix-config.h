/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* unix.cfg: the keys of the user plugin unix, spec/config-and-cli.md 4.4. */
#pragma once

#include "base/config.h"
#include "directory/unix-source.h"

G_BEGIN_DECLS

/** tw_unix_config_table: all of the file. */
extern const TwConfigTable tw_unix_config_table;

/**
 * tw_unix_config_open:
 * @config: a configuration with the keys of %tw_unix_config_table
 * @home_server: (nullable): where new users' mailboxes are
 * @error: as tw_unix_source_new()
 *
 * Returns: (transfer full): the source it describes, or NULL
 */
TwDirectorySource *tw_unix_config_open(const TwConfig *config,
                                       const char *home_server,
                                       GError **error);

G_END_DECLS
