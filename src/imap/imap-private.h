/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the files of the door share.
 *
 *   parse.c         the words of a command (pure)
 *   mailbox-name.c  names as they are written (pure)
 *   imap.c          one connection: from bytes to whole commands, and which may be said when
 *   tree.c          mailboxes by name: LIST, STATUS
 *   view.c          the selected mailbox: sequence numbers, and what changed
 *   fetch.c         FETCH
 *   idle.c          IDLE
 */
#pragma once

#include "imap/imap.h"
#include "imap/parse.h"

/* ---- the selected mailbox ---- */

typedef struct {
    TwGuid store;
    guint32 folder;
    GArray *
        rows; /* of TwIndexRow: by uid; row i has the sequence number i + 1, as the client knows it */
    gboolean read_only;
} TwImapView;

/* ---- a connection ---- */

typedef enum {
    TW_IMAP_NEW, /* not logged on */
    TW_IMAP_IN,
    TW_IMAP_SELECTED,
} TwImapState;

typedef struct TwImapPeer TwImapPeer;

struct TwImapPeer {
    TwImap *imap;
    TwConn *conn; /* borrowed: it owns this */
    TwImapState state;
    TwSession *session; /* while IN and SELECTED */
    TwGuid store;       /* the user's own */
    TwImapView view;    /* while SELECTED */

    TwBuffer command;    /* what came of it */
    gboolean in_literal; /* its bytes come next */
    char tag[TW_IMAP_TAG_MAX + 1];
    guint errors;
    TwWatch *idle; /* while IDLE runs */
};

/* How a command ended; the words behind the tag. */
typedef enum {
    TW_IMAP_OK,
    TW_IMAP_NO,
    TW_IMAP_BAD,
} TwImapResult;

void tw_imap_tagged(TwImapPeer *peer, TwImapResult result, const char *text);
/* Says in the words of RFC 5530 why an operation failed. */
void tw_imap_tagged_error(TwImapPeer *peer, const GError *error);
/* To be called at the end of a command, when what others changed may be told: before its tagged answer. */
void tw_imap_tell_news(TwImapPeer *peer);
/* The next command. */
void tw_imap_want_command(TwImapPeer *peer);

/* Commands. args: behind the name; a blank first, if there is more. FALSE: syntax. */
gboolean tw_imap_list(TwImapPeer *peer, TwCursor *args);
gboolean tw_imap_status(TwImapPeer *peer, TwCursor *args);
gboolean tw_imap_select(TwImapPeer *peer, TwCursor *args);
gboolean tw_imap_examine(TwImapPeer *peer, TwCursor *args);
gboolean tw_imap_close(TwImapPeer *peer, TwCursor *args);
gboolean tw_imap_fetch(TwImapPeer *peer, TwCursor *args);
gboolean tw_imap_uid(TwImapPeer *peer, TwCursor *args);
gboolean tw_imap_idle(TwImapPeer *peer, TwCursor *args);
/* A line while IDLE runs: its end, whatever it is. */
void tw_imap_idle_line(TwImapPeer *peer, TwCursor line);
void tw_imap_idle_end(TwImapPeer *peer);

/* Finds a mailbox by its name as sent. */
gboolean tw_imap_find_mailbox(TwImapPeer *peer,
                              const char *name,
                              TwFolderEntry *ret,
                              GError **error);

void tw_imap_view_clear(TwImapView *view);
/* Reads it anew; writes what changed since to the client, if tell. */
gboolean tw_imap_view_refresh(TwImapPeer *peer, gboolean tell, GError **error);
/* (FLAGS (...)) without the parentheses around it. flagged: from the head of the message. */
void tw_imap_put_flags(TwBuffer *out, guint32 flags, guint32 status, gboolean flagged);
