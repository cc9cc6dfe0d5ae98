/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* \Recent: which messages no session of this process was told of. Kept in memory. */
#pragma once

#include <glib.h>

#include "base/guid.h"

G_BEGIN_DECLS

typedef struct TwImapRecent TwImapRecent;

/**
 * tw_imap_recent_new:
 *
 * Returns: (transfer full): a memory without mailboxes, that any number of threads may use
 */
TwImapRecent *tw_imap_recent_new(void);

/**
 * tw_imap_recent_free:
 * @recent: (nullable) (transfer full): a memory
 */
void tw_imap_recent_free(TwImapRecent *recent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwImapRecent, tw_imap_recent_free)

/**
 * tw_imap_recent_first:
 * @recent: a memory
 * @store: where the folder is
 * @folder: a mailbox
 * @uidnext: of the mailbox
 * @take: whether the caller's session is told of all before @uidnext
 *
 * When it would have to keep too many mailboxes it forgets all, and their messages are recent again.
 *
 * Returns: the first uid that no session was told of, at least 1
 */
guint32 tw_imap_recent_first(
    TwImapRecent *recent, const TwGuid *store, guint32 folder, guint32 uidnext, gboolean take);

G_END_DECLS
