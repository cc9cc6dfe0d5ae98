/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ldap.cfg: the keys of the user plugin ldap, spec/config-and-cli.md 4.5. */
#pragma once

#include "base/config.h"
#include "directory/ldap-source.h"

G_BEGIN_DECLS

/** tw_ldap_config_table: all of the file. */
extern const TwConfigTable tw_ldap_config_table;

/**
 * tw_ldap_config_open:
 * @config: a configuration with the keys of %tw_ldap_config_table; kept by the source
 * @home_server: (nullable): where mailboxes of those are of whom the directory does not say it; borrowed for ever
 * @hosted: whether there are companies
 * @error: as tw_ldap_source_new()
 *
 * Returns: (transfer full): the source it describes, or NULL
 */
TwDirectorySource *tw_ldap_config_open(const TwConfig *config,
                                       const char *home_server,
                                       gboolean hosted,
                                       GError **error);

G_END_DECLS
