/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one way in for mails: what LMTP delivers and what IMAP appends become the same message. */
#pragma once

#include "convert/mail-in.h"
#include "session/session.h"

G_BEGIN_DECLS

/**
 * tw_mail_import:
 * @mail: a whole mail
 * @options: (nullable): as for tw_mail_to_object()
 *
 * Never fails, as tw_mail_to_object(). New names in it get ids by tw_name_budget_new() alone. A mail with a meeting in it is a
 * meeting message (meeting-mail.h); one whose calendar cannot be read stays a mail, with the calendar attached.
 *
 * Returns: (transfer full): the message and what belongs to it
 */
TwMailIn *tw_mail_import(GBytes *mail, const TwMailInOptions *options);

/**
 * tw_mail_import_append:
 * @session: who appends
 * @args: (inout): as for tw_session_mail_append(); messages of the mails are not set
 * @error: on failure as tw_session_mail_append()
 *
 * Appends mails to a folder, each with the message that it is: the same that its delivery makes.
 *
 * Returns: FALSE on failure, and none is kept
 */
gboolean tw_mail_import_append(TwSession *session, TwMailAppendArgs *args, GError **error);

G_END_DECLS
