/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one place where delivery makes a message of a mail. */
#pragma once

#include "mapi/object.h"

G_BEGIN_DECLS

/**
 * tw_mail_object:
 * @mail: a mail as it came
 * @received_us: when
 *
 * Returns: (transfer full): the message, sealed: what rules, hooks and answers look at
 */
TwObject *tw_mail_object(GBytes *mail, gint64 received_us);

G_END_DECLS
