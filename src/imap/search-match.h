/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Searching the selected mailbox. */
#pragma once

#include "imap/imap-private.h"
#include "imap/search.h"

G_BEGIN_DECLS

/**
 * tw_imap_search:
 * @peer: a connection with a selected mailbox
 * @key: what to look for; its numbers become uids
 * @error: what reading failed with
 *
 * Returns: (transfer full) (element-type TwIndexRow): the messages that match, of those the client knows, by uid, or NULL
 */
GArray *tw_imap_search(TwImapPeer *peer, TwImapKey *key, GError **error);

G_END_DECLS
