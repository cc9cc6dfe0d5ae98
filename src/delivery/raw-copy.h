/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Copies of mails as they came, for support: log_raw_message. */
#pragma once

#include "delivery/run-private.h"

G_BEGIN_DECLS

/**
 * tw_raw_copy:
 * @run: a mail
 * @box: a mailbox it is for
 * @failed: whether something failed on it there
 *
 * Writes the mail into a file of its own when the configuration wants it for this mailbox. A failure is logged and harms
 * nothing.
 */
void tw_raw_copy(const TwRun *run, const TwBox *box, gboolean failed);

G_END_DECLS
