/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The configuration keys of users, companies, rights, quotas and sessions: what the local provider is told. */
#pragma once

#include "base/config.h"
#include "session/local.h"

G_BEGIN_DECLS

/** tw_users_config_table: spec/config-and-cli.md 3.5, and what of 3.1 and 3.6 belongs to it. */
extern const TwConfigTable tw_users_config_table;

/**
 * tw_users_config_apply:
 * @config: a configuration with the keys of %tw_users_config_table; must outlive what is made with @local
 * @local: (inout): gets what they say
 */
void tw_users_config_apply(const TwConfig *config, TwLocalConfig *local);

/**
 * tw_users_config_node:
 * @config: a configuration with the keys of %tw_users_config_table
 *
 * Returns: (nullable): the name of this server among several; NULL: it is the only one
 */
const char *tw_users_config_node(const TwConfig *config);

/**
 * tw_users_config_session_timeout_us:
 * @config: with tw_users_config_table
 *
 * Returns: how long a session of which nothing is heard lasts
 */
gint64 tw_users_config_session_timeout_us(const TwConfig *config);

G_END_DECLS
