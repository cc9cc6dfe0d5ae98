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

G_END_DECLS
