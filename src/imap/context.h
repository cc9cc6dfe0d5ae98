/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Searches whose client is told what comes and goes (RFC 5267, UPDATE). They belong to the selected mailbox, and are looked at
 * whenever something of it is told.
 */
#pragma once

#include "imap/result.h"

G_BEGIN_DECLS

enum {
    TW_IMAP_CONTEXTS_MAX = 8 /* of a mailbox; each is searched again at every change */
};

/**
 * tw_imap_context_begin:
 * @peer: a connection; the search has the tag of its command
 * @find: how it searches
 * @asked: what for: behind RETURN, to the end of the command
 * @found: what was found now
 *
 * Keeps a search, or says with NOUPDATE that it does not.
 */
void tw_imap_context_begin(TwImapPeer *peer,
                           TwImapFind find,
                           const TwCursor *asked,
                           const TwImapFound *found);

/**
 * tw_imap_context_end:
 * @view: a view
 * @tag: of a search
 *
 * Returns: FALSE: there is none of that tag
 */
gboolean tw_imap_context_end(TwImapView *view, const char *tag);

/**
 * tw_imap_contexts_gone:
 * @peer: a connection with a selected mailbox
 * @out: takes what is to be told
 * @gone: (element-type guint32): uids that are about to be expunged, in their order
 *
 * Tells which of them were found by searches.
 */
void tw_imap_contexts_gone(TwImapPeer *peer, TwBuffer *out, const GArray *gone);

/**
 * tw_imap_contexts_update:
 * @peer: a connection with a selected mailbox, in which something changed
 *
 * Searches again, and tells what came and went.
 */
void tw_imap_contexts_update(TwImapPeer *peer);

G_END_DECLS
