/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The keys of TLS towards mail clients, by the names of spec/config-and-cli.md 10 and 2.4. */
#pragma once

#include "base/config.h"
#include "net/tls.h"

G_BEGIN_DECLS

/** tw_tls_config_table: its keys. All of them are read again at SIGHUP, and the files they name too. */
extern const TwConfigTable tw_tls_config_table;

/**
 * tw_tls_config_read:
 * @config: with tw_tls_config_table
 * @ret: (out) (nullable) (transfer full): what handshakes are made with, or NULL: no certificate is named
 * @error: as tw_tls_server_new()
 *
 * Returns: FALSE on failure
 */
gboolean tw_tls_config_read(const TwConfig *config, TwTlsServer **ret, GError **error);

/**
 * tw_tls_config_reload:
 * @config: with tw_tls_config_table
 * @tls: (nullable): what is in use; gets what @config says. One that was never made stays unmade until a restart
 * @error: as tw_tls_server_reload()
 *
 * Returns: FALSE on failure: everything is as it was
 */
gboolean tw_tls_config_reload(const TwConfig *config, TwTlsServer *tls, GError **error);

G_END_DECLS
