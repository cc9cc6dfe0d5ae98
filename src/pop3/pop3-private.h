/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the files of the POP3 door share.
 *
 *   pop3.c      the connection, and the commands that touch no mail
 *   auth.c      log-on in all its forms, the wait after failures, STLS
 *   maildrop.c  the list of messages as it was at log-on; what is deleted, at the end
 *   mails.c     STAT, LIST, UIDL, RETR, TOP, DELE, RSET
 *   command.c   a line as a command (pure)
 *   text.c      a mail as an answer of lines (pure)
 */
#pragma once

#include "base/secret.h"
#include "groupware/client-sasl.h"
#include "net/conn.h"
#include "pop3/command.h"
#include "pop3/pop3.h"

G_BEGIN_DECLS

/* ---- the list of messages ---- */

enum {
    TW_POP3_MADE_MOST =
        64 << 20, /* bytes of a mail that is made of a message: it is in memory while it is sent */
};

typedef struct {
    guint64 eid;       /* kept when the message is moved, never used again: its unique-id */
    guint32 mid;       /* number of the message */
    guint32 size;      /* bytes of the mail; at G_MAXUINT32: that or more */
    gboolean has_mail; /* it came as one */
    gboolean made;     /* it did not, and is made into one */
    gboolean deleted;
} TwPop3Entry;

/* The maildrop of a session: what stood in the folder that receives mail at log-on. */
typedef struct {
    TwGuid store;
    guint32 folder;
    GArray *
        entries; /* owned: TwPop3Entry, in the order of arrival; a message's number is its place from 1 */
    guint made;    /* messages that were made into mails */
    guint count;   /* that are not deleted */
    guint64 bytes; /* of those */
} TwPop3Drop;

/**
 * tw_pop3_drop_open:
 * @drop: zero
 * @session: whose mailbox
 * @error: as the operations say; TW_ERROR_TOO_BIG: more messages than one operation can delete
 *
 * Returns: FALSE on failure
 */
gboolean tw_pop3_drop_open(TwPop3Drop *drop, TwSession *session, GError **error);

/**
 * tw_pop3_drop_get:
 * @drop: a maildrop
 * @number: of a message, as a client says
 *
 * Returns: (nullable): the message, unless there is none or it is deleted
 */
TwPop3Entry *tw_pop3_drop_get(const TwPop3Drop *drop, guint32 number);

/**
 * tw_pop3_drop_delete:
 * @drop: a maildrop
 * @entry: one of its messages, not deleted
 *
 * Marks it; tw_pop3_drop_update() deletes.
 */
void tw_pop3_drop_delete(TwPop3Drop *drop, TwPop3Entry *entry);

/**
 * tw_pop3_drop_reset:
 * @drop: a maildrop; nothing of it is deleted any more
 */
void tw_pop3_drop_reset(TwPop3Drop *drop);

/**
 * tw_pop3_drop_update:
 * @drop: a maildrop
 * @session: whose mailbox
 * @error: as MESSAGES_DELETE
 *
 * Deletes what is marked, all of it in one operation. What others took away meanwhile is no failure.
 *
 * Returns: FALSE on failure: nothing is deleted then
 */
gboolean tw_pop3_drop_update(TwPop3Drop *drop, TwSession *session, GError **error);

/**
 * tw_pop3_drop_clear:
 * @drop: a maildrop, or zero; what it owns is freed
 */
void tw_pop3_drop_clear(TwPop3Drop *drop);

/* ---- the connection ---- */

/* One connection. */
typedef struct {
    TwPop3 *pop3;
    TwPop3Options *options; /* those in force when it came; a reference; never changed */
    TwConn *conn;
    TwSession *session; /* owned, NULL before log-on */
    TwPop3Drop drop;
    TwClientSasl sasl;          /* while AUTH runs */
    gboolean asking;            /* the next line is of it */
    TwClientLogonAnswer answer; /* what is told when the client has heard its last word */
    guint errors;               /* commands in a row that were not understood */
    TwClientLogon
        logon; /* between USER and PASS, between the answers of LOGIN, and while there is a wait */
} TwPop3Peer;

/**
 * tw_pop3_server:
 * @pop3: a door
 *
 * Returns: (transfer none): where the mailboxes are
 */
TwServer *tw_pop3_server(const TwPop3 *pop3);

/**
 * tw_pop3_tls:
 * @pop3: a door
 *
 * Returns: (transfer none) (nullable): what handshakes are made with
 */
TwTlsServer *tw_pop3_tls(const TwPop3 *pop3);

/**
 * tw_pop3_say:
 * @peer: a connection
 * @answer: a line without its end
 */
void tw_pop3_say(TwPop3Peer *peer, const char *answer);

/**
 * tw_pop3_say_error:
 * @peer: a connection
 * @error: why something failed
 *
 * Answers with the words and the response code (RFC 3206) of the reason.
 */
void tw_pop3_say_error(TwPop3Peer *peer, const GError *error);

/* ---- logging on: auth.c ---- */

/**
 * tw_pop3_needs_tls:
 * @peer: a connection
 *
 * Returns: TRUE when no password may be said on it as it is
 */
gboolean tw_pop3_needs_tls(const TwPop3Peer *peer);

/**
 * tw_pop3_sasl_offers:
 * @peer: a connection
 *
 * Returns: a bit for each mechanism that is offered on it
 */
guint tw_pop3_sasl_offers(const TwPop3Peer *peer);

/**
 * tw_pop3_forget:
 * @peer: a connection; whoever wanted to log on is forgotten
 */
void tw_pop3_forget(TwPop3Peer *peer);

/**
 * tw_pop3_log_on:
 * @peer: a connection before log-on, with user and password
 * @waited: the wait that was advised is over
 *
 * Logs on and answers, or waits for as long as the session API says after failures, without a thread.
 */
void tw_pop3_log_on(TwPop3Peer *peer, gboolean waited);

/**
 * tw_pop3_user:
 * @peer: a connection before log-on
 * @command: USER
 */
void tw_pop3_user(TwPop3Peer *peer, const TwPop3Command *command);

/**
 * tw_pop3_pass:
 * @peer: a connection before log-on
 * @command: PASS
 */
void tw_pop3_pass(TwPop3Peer *peer, const TwPop3Command *command);

/**
 * tw_pop3_auth:
 * @peer: a connection before log-on
 * @command: AUTH
 */
void tw_pop3_auth(TwPop3Peer *peer, const TwPop3Command *command);

/**
 * tw_pop3_sasl_line:
 * @peer: a connection in an exchange of SASL
 * @line: the client's answer, with its line end
 */
void tw_pop3_sasl_line(TwPop3Peer *peer, TwCursor line);

/**
 * tw_pop3_stls:
 * @peer: a connection before log-on
 * @command: STLS
 */
void tw_pop3_stls(TwPop3Peer *peer, const TwPop3Command *command);

/* ---- mails: mails.c ---- */

/**
 * tw_pop3_stat:
 * @peer: a connection after log-on
 * @command: STAT
 */
void tw_pop3_stat(TwPop3Peer *peer, const TwPop3Command *command);

/**
 * tw_pop3_list:
 * @peer: a connection after log-on
 * @command: LIST or UIDL
 */
void tw_pop3_list(TwPop3Peer *peer, const TwPop3Command *command);

/**
 * tw_pop3_retr:
 * @peer: a connection after log-on
 * @command: RETR or TOP
 */
void tw_pop3_retr(TwPop3Peer *peer, const TwPop3Command *command);

/**
 * tw_pop3_dele:
 * @peer: a connection after log-on
 * @command: DELE
 */
void tw_pop3_dele(TwPop3Peer *peer, const TwPop3Command *command);

/**
 * tw_pop3_rset:
 * @peer: a connection after log-on
 * @command: RSET
 */
void tw_pop3_rset(TwPop3Peer *peer, const TwPop3Command *command);

G_END_DECLS
