/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Options of the door that many connections hold: counted, and never changed. */
#pragma once

#include "imap/imap.h"

G_BEGIN_DECLS

/**
 * tw_imap_options_copy:
 * @options: what an administrator decided
 *
 * Returns: (transfer full): a copy that tw_imap_options_ref() takes, with texts of its own
 */
TwImapOptions *tw_imap_options_copy(const TwImapOptions *options);

/**
 * tw_imap_options_ref:
 * @options: a copy of tw_imap_options_copy()
 *
 * Returns: (transfer full): the same
 */
TwImapOptions *tw_imap_options_ref(TwImapOptions *options);

/**
 * tw_imap_options_release:
 * @options: (transfer full): a copy of tw_imap_options_copy()
 */
void tw_imap_options_release(TwImapOptions *options);

G_END_DECLS
