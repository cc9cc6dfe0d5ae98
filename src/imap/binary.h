/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails with zero bytes in them (RFC 3516): no client that did not ask for such may ever get one. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * tw_imap_binary_encode:
 * @mail: a mail
 *
 * Writes parts with zero bytes in base64, and says so in their headers; all else stays as it is.
 *
 * Returns: (transfer full): the mail, which may be the same; NULL: zero bytes stand where no encoding helps, or it would be too long
 */
GBytes *tw_imap_binary_encode(GBytes *mail);

G_END_DECLS
