/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What LMTP says to each outcome: codes of RFC 5321, 4.2, and RFC 3463, as in spec/config-and-cli.md 6.4. Pure. */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/**
 * tw_lmtp_answer_recipient:
 * @error: why a recipient is not taken, as tw_delivery_find() says
 *
 * Returns: (transfer none): the reply to RCPT, a constant without its line end
 */
const char *tw_lmtp_answer_recipient(const GError *error);

/**
 * tw_lmtp_answer_delivery:
 * @error: (nullable): how it went, as tw_delivery_run() says; NULL: well
 *
 * Returns: (transfer none): the reply for one recipient, a constant without its line end
 */
const char *tw_lmtp_answer_delivery(const GError *error);

G_END_DECLS
