/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What SEARCH and SORT answer: plain lists, or ESEARCH (RFC 4731, 5267, 9394) with what RETURN asks for. */
#pragma once

#include "imap/imap-private.h"

G_BEGIN_DECLS

typedef enum {
    TW_IMAP_RETURN_MIN = 1u << 0,
    TW_IMAP_RETURN_MAX = 1u << 1,
    TW_IMAP_RETURN_ALL = 1u << 2,
    TW_IMAP_RETURN_COUNT = 1u << 3,
    TW_IMAP_RETURN_SAVE = 1u << 4,
    TW_IMAP_RETURN_PARTIAL = 1u << 5,
} TwImapReturn;

typedef struct {
    gboolean given;     /* RETURN was there */
    guint what;         /* TwImapReturn */
    gint64 first, last; /* of PARTIAL; below zero: from the end */
} TwImapReturns;

/**
 * tw_imap_take_returns:
 * @args: a cursor at RETURN, or what comes instead
 * @ret: (out): what is asked for
 *
 * Takes it with the blank behind it, if it is there.
 *
 * Returns: FALSE if it is not understood
 */
gboolean tw_imap_take_returns(TwCursor *args, TwImapReturns *ret);

/**
 * tw_imap_take_charset:
 * @args: a cursor at the name of a charset
 *
 * Returns: 1: it is known; 0: it is not; -1: there is no name
 */
gint tw_imap_take_charset(TwCursor *args);

/**
 * tw_imap_put_result:
 * @peer: a connection with a selected mailbox
 * @word: "SEARCH" or "SORT"
 * @returns: what was asked for
 * @rows: (element-type TwIndexRow): what was found, in the order in which it is told
 * @modseq: with the highest change number
 *
 * Writes the answer, and keeps what SAVE wants.
 */
void tw_imap_put_result(TwImapPeer *peer,
                        const char *word,
                        const TwImapReturns *returns,
                        const GArray *rows,
                        gboolean modseq);

G_END_DECLS
