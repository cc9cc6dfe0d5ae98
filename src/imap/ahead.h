/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole mails of messages that are looked at one after the other: some more are read with each, the more the longer that goes on. */
#pragma once

#include "imap/imap-private.h"

G_BEGIN_DECLS

/* All zero is none; clear with tw_imap_ahead_clear(). Private. */
typedef struct {
    GBytes *bytes;     /* nullable: of some mails, one behind the other */
    GArray *ends;      /* gsize: where each ends in them */
    guint first, next; /* of those rows the first, and the one behind the last */
    guint most;        /* that are asked for at once */
} TwImapAhead;

/**
 * tw_imap_ahead_get:
 * @ahead: what was read ahead of the same rows
 * @peer: whose view they are of
 * @rows: (array length=count): messages, ascending by mid
 * @count: how many
 * @at: which of them
 *
 * Returns: (transfer full) (nullable): its mail; NULL: it is to be read by itself, with tw_imap_mail_read()
 */
GBytes *tw_imap_ahead_get(
    TwImapAhead *ahead, TwImapPeer *peer, const TwIndexRow *rows, guint count, guint at);

/**
 * tw_imap_ahead_clear:
 * @ahead: what was read; nothing afterwards, as it must be before other rows, which may go on from these
 */
void tw_imap_ahead_clear(TwImapAhead *ahead);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwImapAhead, tw_imap_ahead_clear)

G_END_DECLS
