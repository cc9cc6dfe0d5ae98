/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What SEARCH and SORT answer: plain lists, or ESEARCH (RFC 4731, 5267, 9394) with what RETURN asks for; and what is told of a
 * search later, when its client wants that (RFC 5267, UPDATE).
 */
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
    TW_IMAP_RETURN_UPDATE = 1u << 6,  /* what comes and goes is told, too */
    TW_IMAP_RETURN_CONTEXT = 1u << 7, /* a hint alone */
    TW_IMAP_RETURN_SHOWN = TW_IMAP_RETURN_MIN | TW_IMAP_RETURN_MAX | TW_IMAP_RETURN_ALL |
                           TW_IMAP_RETURN_COUNT | TW_IMAP_RETURN_PARTIAL,
} TwImapReturn;

typedef struct {
    gboolean given;       /* RETURN was there */
    guint what;           /* TwImapReturn */
    gint64 first, last;   /* of PARTIAL; below zero: from the end */
    const TwImapBox *box; /* (nullable): it was searched, with its row (RFC 7377) */
} TwImapReturns;

/* What a search came to. */
typedef struct {
    GArray *rows;         /* owned, nullable: TwIndexRow, in the order in which they are told */
    gboolean modseq;      /* with the highest change number */
    gboolean numbers;     /* sequence numbers were asked for */
    gboolean bad_charset; /* nothing was looked for */
} TwImapFound;

/**
 * TwImapFind:
 * @peer: a connection with a selected mailbox
 * @args: a cursor behind RETURN, to the end of the command
 * @ret: (out caller-allocates): what was found; its rows are NULL on failure
 * @error: what reading failed with
 *
 * Returns: FALSE if the command is not understood
 */
typedef gboolean (*TwImapFind)(TwImapPeer *peer, TwCursor *args, TwImapFound *ret, GError **error);

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

/**
 * tw_imap_find_by_keys:
 * @peer: as #TwImapFind
 * @args: likewise
 * @ret: likewise
 * @error: likewise
 *
 * Finds what the keys of a SEARCH mean, behind the charset if there is one.
 *
 * Returns: as #TwImapFind
 */
gboolean tw_imap_find_by_keys(TwImapPeer *peer, TwCursor *args, TwImapFound *ret, GError **error);

/**
 * tw_imap_run_search:
 * @peer: a connection with a selected mailbox
 * @args: a cursor behind the name of the command
 * @word: "SEARCH" or "SORT"
 * @find: how it searches
 *
 * Runs a command: RETURN, what is found, the answer and its end.
 *
 * Returns: FALSE if it is not understood
 */
gboolean tw_imap_run_search(TwImapPeer *peer, TwCursor *args, const char *word, TwImapFind find);

G_END_DECLS
