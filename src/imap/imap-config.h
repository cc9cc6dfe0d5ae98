/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The keys of IMAP, for the programs that have this door. */
#pragma once

#include "base/config.h"
#include "imap/imap.h"

G_BEGIN_DECLS

/** tw_imap_config_table: its keys. */
extern const TwConfigTable tw_imap_config_table;

/**
 * tw_imap_options_read:
 * @config: with the keys of all doors for mail clients; the options borrow from it
 * @ret: (out): what it says
 */
void tw_imap_options_read(const TwConfig *config, TwImapOptions *ret);

G_END_DECLS
