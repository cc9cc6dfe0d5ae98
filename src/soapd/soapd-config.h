/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The keys of SOAP, for the programs that have this door. */
#pragma once

#include "base/config.h"
#include "net/tls.h"
#include "soapd/soapd.h"

G_BEGIN_DECLS

/** tw_soapd_config_table: its keys. */
extern const TwConfigTable tw_soapd_config_table;

/**
 * tw_soapd_config_read:
 * @config: with tw_soapd_config_table; what comes out borrows from it
 * @ret: (out): what it says of the door itself
 */
void tw_soapd_config_read(const TwConfig *config, TwSoapdConfig *ret);

/**
 * tw_soapd_tls_read:
 * @config: with tw_soapd_config_table
 * @tls: (nullable): what handshakes are made with now, which is given the new configuration; NULL: a new one
 * @ret: (out) (transfer full) (nullable): what handshakes are made with, or NULL: no listener needs it
 * @error: as tw_tls_server_new()
 *
 * Returns: FALSE on failure; @tls is as it was then
 */
gboolean tw_soapd_tls_read(const TwConfig *config,
                           TwTlsServer *tls,
                           TwTlsServer **ret,
                           GError **error);

/**
 * tw_soapd_keys_read_config:
 * @config: with tw_soapd_config_table
 * @ret_bad: (nullable) (element-type utf8): as tw_soapd_keys_read()
 * @error: as tw_soapd_keys_read(); a folder that is not there has no keys, unless the configuration names it
 *
 * Returns: (transfer full): the keys of trusted services, or NULL
 */
TwSoapdKeys *tw_soapd_keys_read_config(const TwConfig *config, GPtrArray *ret_bad, GError **error);

G_END_DECLS
