/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys of server.cfg of older generations. */
#pragma once

#include "base/config.h"

G_BEGIN_DECLS

/** tw_server_old_keys_table: those that have no effect. */
extern const TwConfigTable tw_server_old_keys_table;

G_END_DECLS
