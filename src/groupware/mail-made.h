/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Messages that did not come as mails, made into such for clients that know nothing else. The same version of a message
 * gives the same bytes each time: what flags and keywords change is left out of them, and a save that changes the rest gives
 * the message a new uid. So bytes that were forgotten are made anew, and a client does not see it.
 */
#pragma once

#include "convert/mail-out.h"
#include "groupware/message-place.h"

G_BEGIN_DECLS

/**
 * tw_mail_made_write:
 * @place: (not nullable): which message
 * @ret_cn: (out) (optional): change number of the version that is written
 * @sink: takes the mail
 * @data: for @sink
 * @error: on failure what reading the message and writing it say
 *
 * Also a message that came as a mail may be asked for: then it is what MAPI knows of it, not the bytes that came.
 *
 * Returns: FALSE, when @sink may have got a part, on failure
 */
gboolean tw_mail_made_write(
    TwMessagePlace *place, guint64 *ret_cn, TwMailSinkFunc sink, gpointer data, GError **error);

/**
 * tw_mail_made_bytes:
 * @place: (not nullable): which message
 * @most: bytes of the mail; past it TW_ERROR_TOO_BIG
 * @ret_cn: (out) (optional): change number of the version that they are of
 * @error: on failure as tw_mail_made_write()
 *
 * Returns: (transfer full): the mail, or NULL
 */
GBytes *tw_mail_made_bytes(TwMessagePlace *place, gsize most, guint64 *ret_cn, GError **error);

/**
 * tw_mail_made_size:
 * @place: (not nullable): which message
 * @ret: (out): bytes of the mail, however many
 * @error: on failure as tw_mail_made_write()
 *
 * Writes it for that, and keeps nothing.
 *
 * Returns: FALSE on failure
 */
gboolean tw_mail_made_size(TwMessagePlace *place, guint64 *ret, GError **error);

G_END_DECLS
