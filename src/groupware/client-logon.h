/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Log-ons of mail clients with user and password, the same for each protocol: what SASL mechanisms say, who may log on without
 * TLS, how long one waits after failures, how often one may fail, and what the log says.
 *
 * The words towards the client are the door's own. Source: RFC 4616 (PLAIN); draft-murchison-sasl-login (LOGIN).
 */
#pragma once

#include "net/address.h"
#include "session/session.h"

G_BEGIN_DECLS

enum {
    TW_CLIENT_LOGON_TRIES =
        3, /* that failed before a connection is closed: guessing costs connections */
    TW_CLIENT_LOGON_WAIT_MS = 60 * 1000, /* the longest wait, however long the advice */
};

/* A proof instead of a password. */
typedef struct {
    char *messages; /* owned: what is proved */
    guint8 proof[TW_SHA256_LEN];
    guint8 signature[TW_SHA256_LEN]; /* when the log-on went well: what the server proves */
} TwClientScram;

/* Who wants to log on, from a command or between the answers of an exchange; and how often it went wrong. */
typedef struct {
    char *user, *impersonate; /* owned, nullable */
    TwSecret *password;       /* owned, nullable */
    TwSecret *token;      /* owned, nullable: instead; then user may be NULL until it is known */
    TwClientScram *scram; /* owned, nullable: instead */
    guint fails;          /* of this connection */
} TwClientLogon;

/* What does not change between the log-ons of a connection. */
typedef struct {
    TwServer *server;
    const char *door;                /* "imap": the feature of the user it takes */
    const char *failed, *impossible; /* events: "imap-logon-failed", "imap-logon-impossible" */
    const TwAddress *peer;
    guint64 connection; /* its number: it keeps lines of the log apart, which are to be counted */
    gboolean trusted;   /* any password is right */
} TwClientLogonHow;

typedef enum {
    TW_CLIENT_LOGON_IN,
    TW_CLIENT_LOGON_WAIT,        /* and try again then */
    TW_CLIENT_LOGON_REFUSED,     /* user or password */
    TW_CLIENT_LOGON_TOO_MANY,    /* sessions of this user */
    TW_CLIENT_LOGON_UNAVAILABLE, /* not now */
} TwClientLogonAnswer;

/**
 * tw_client_logon_forget:
 * @logon: a log-on; who wanted it is forgotten, not how often it failed
 */
void tw_client_logon_forget(TwClientLogon *logon);

/**
 * tw_client_logon_take_plain:
 * @logon: a log-on of nobody
 * @bytes: (array length=len): what the client said by PLAIN, decoded; a NUL stands behind it
 * @len: how many bytes
 *
 * Returns: FALSE if it makes no sense; nothing was taken then
 */
gboolean tw_client_logon_take_plain(TwClientLogon *logon, const char *bytes, gsize len);

/**
 * tw_client_logon_take_user:
 * @logon: a log-on of nobody
 * @bytes: (array length=len): a name, as LOGIN says it
 * @len: how many bytes
 *
 * Returns: FALSE if it is no name
 */
gboolean tw_client_logon_take_user(TwClientLogon *logon, const char *bytes, gsize len);

/**
 * tw_client_logon_take_password:
 * @logon: a log-on of a user
 * @bytes: (array length=len): a password, as LOGIN says it
 * @len: how many bytes
 *
 * Returns: FALSE if it is none
 */
gboolean tw_client_logon_take_password(TwClientLogon *logon, const char *bytes, gsize len);

/**
 * tw_client_logon_try:
 * @logon: a log-on of a user
 * @how: the connection
 * @waited: the advised wait is over
 * @ret: (out) (transfer full): the session, when it is IN
 * @ret_wait_ms: (out): how long, when it is WAIT: the connection needs no thread meanwhile
 *
 * A refusal counts and is logged, as fail2ban reads it; WAIT is neither.
 *
 * Returns: how it went
 */
TwClientLogonAnswer tw_client_logon_try(TwClientLogon *logon,
                                        const TwClientLogonHow *how,
                                        gboolean waited,
                                        TwSession **ret,
                                        guint *ret_wait_ms);

/**
 * tw_client_logon_is_whole:
 * @logon: a log-on
 *
 * Returns: TRUE: somebody has said all that it takes, and waits for the answer
 */
gboolean tw_client_logon_is_whole(const TwClientLogon *logon);

/**
 * tw_client_logon_failed:
 * @logon: a log-on
 * @how: the connection
 * @error: why the session is of no use to the door
 *
 * As a refusal by tw_client_logon_try(), for a door that could not open its mailbox.
 *
 * Returns: how it went
 */
TwClientLogonAnswer tw_client_logon_failed(TwClientLogon *logon,
                                           const TwClientLogonHow *how,
                                           const GError *error);

/**
 * tw_client_logon_needs_tls:
 * @plain_needs_tls: passwords are refused on connections without TLS
 * @is_tls: the connection has it
 * @peer: who is there
 *
 * Returns: TRUE when no password may be said on it: it could be heard on its way
 */
gboolean tw_client_logon_needs_tls(gboolean plain_needs_tls,
                                   gboolean is_tls,
                                   const TwAddress *peer);

G_END_DECLS
