/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What pipe mode of the delivery agent reads: mails as other programs print them. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * tw_pipe_mail:
 * @text: what came
 *
 * Takes off an mbox line ("From ...") at the start. Where lines end with LF alone, each gets its CR: such a mail came from a
 * program, not over the wire, and mail has CR LF.
 *
 * Returns: (transfer full): the mail
 */
GBytes *tw_pipe_mail(GBytes *text);

/**
 * tw_pipe_sender:
 * @mail: a mail
 *
 * Returns: (transfer full): the address in its Return-Path, else in From; "" for none
 */
char *tw_pipe_sender(GBytes *mail);

/**
 * tw_pipe_received:
 * @mail: a mail
 *
 * Returns: when its first Received says it came, in microseconds since 1970; 0: it does not say
 */
gint64 tw_pipe_received(GBytes *mail);

G_END_DECLS
