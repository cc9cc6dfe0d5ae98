/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The keys of POP3, for the programs that have this door. */
#pragma once

#include "base/config.h"
#include "pop3/pop3.h"

G_BEGIN_DECLS

/** tw_pop3_config_table: its keys. */
extern const TwConfigTable tw_pop3_config_table;

/**
 * tw_pop3_options_read:
 * @config: with the keys of all doors for mail clients; the options borrow from it
 * @ret: (out): what it says
 */
void tw_pop3_options_read(const TwConfig *config, TwPop3Options *ret);

/**
 * tw_pop3_tls_read:
 * @config: with tw_pop3_config_table
 * @ret: (out) (nullable): what handshakes are made with, or NULL: no certificate is named
 * @error: as tw_tls_server_new()
 *
 * Returns: FALSE on failure
 */
gboolean tw_pop3_tls_read(const TwConfig *config, TwTlsServer **ret, GError **error);

/**
 * tw_pop3_listen_read:
 * @config: with tw_pop3_config_table
 * @tls: those inside TLS
 *
 * Returns: (transfer full): specifiers for tw_listener_open(): those of pop3_listen or pop3s_listen; if there are none, what the
 *   older keys for a switch and a port say
 */
char *tw_pop3_listen_read(const TwConfig *config, gboolean tls);

G_END_DECLS
