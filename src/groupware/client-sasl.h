/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The mechanisms by which mail clients log on (RFC 4422), the same for each protocol that carries them.
 *
 *   begin -> prompt, if nothing came with the command -> take, take ... TRY -> tw_client_logon_try() -> last_word -> take -> the answer
 *
 * A mechanism is offered when it can work: those that say a password or a token only where these may be said, SCRAM when the server
 * has keys, with channel binding inside TLS alone, tokens when somebody is there to judge them.
 *
 * Source: RFC 4616 (PLAIN); draft-murchison-sasl-login (LOGIN); RFC 5802, 7677, 5929, 9266 (SCRAM); RFC 7628 (OAUTHBEARER) and its
 * forerunner XOAUTH2.
 */
#pragma once

#include "base/buffer.h"
#include "groupware/client-logon.h"
#include "groupware/scram-message.h"
#include "net/conn.h"

G_BEGIN_DECLS

enum {
    TW_SASL_LINE_MAX = 8192, /* bytes of a line of an exchange, in base64 */
};

typedef enum {
    TW_SASL_PLAIN,
    TW_SASL_LOGIN,
    TW_SASL_SCRAM_SHA_256,
    TW_SASL_SCRAM_SHA_256_PLUS,
    TW_SASL_OAUTHBEARER,
    TW_SASL_XOAUTH2,
    TW_SASL_MECHANISMS,
} TwSaslMechanism;

typedef enum {
    TW_SASL_BAD,  /* it makes no sense: the exchange is over */
    TW_SASL_ASK,  /* and wait for what comes */
    TW_SASL_TRY,  /* log on */
    TW_SASL_TELL, /* the client has heard the last word: say how the log-on went */
    TW_SASL_UNAVAILABLE,
} TwSaslStep;

/* An exchange. All zero: none. */
typedef struct {
    TwSaslMechanism mechanism;
    guint step;
    TwServer *server; /* borrowed, as the others */
    const TwConn *conn;
    TwClientLogon *logon;
    TwScramFirst first; /* of SCRAM, from here on */
    char *nonce;        /* of both sides; owned */
    char *asked;        /* our first message; owned */
} TwClientSasl;

/**
 * tw_client_sasl_offers:
 * @server: where one logs on
 * @conn: a connection
 * @plain: passwords may be said on it
 *
 * Returns: a bit, counted from 0, for each #TwSaslMechanism that is offered there
 */
guint tw_client_sasl_offers(TwServer *server, const TwConn *conn, gboolean plain);

/**
 * tw_client_sasl_put_names:
 * @out: gets the names
 * @offers: of tw_client_sasl_offers()
 * @prefix: what stands before each: " ", " AUTH="
 */
void tw_client_sasl_put_names(TwBuffer *out, guint offers, const char *prefix);

/**
 * tw_client_sasl_find:
 * @name: (array length=len): what a client calls a mechanism
 * @len: how many bytes
 * @ret: (out): which it is
 *
 * Returns: FALSE: none that is known
 */
gboolean tw_client_sasl_find(const char *name, gsize len, TwSaslMechanism *ret);

/**
 * tw_client_sasl_begin:
 * @sasl: (out): an exchange; to be cleared
 * @mechanism: one that is offered
 * @server: where one logs on
 * @conn: the connection
 * @logon: of nobody; gets who it is
 *
 * What @server, @conn and @logon are lives as long as the exchange.
 */
void tw_client_sasl_begin(TwClientSasl *sasl,
                          TwSaslMechanism mechanism,
                          TwServer *server,
                          const TwConn *conn,
                          TwClientLogon *logon);

/**
 * tw_client_sasl_prompt:
 * @sasl: an exchange that has just begun
 *
 * Returns: what is said to a client that sent nothing with its command, in base64
 */
const char *tw_client_sasl_prompt(const TwClientSasl *sasl);

/**
 * tw_client_sasl_take:
 * @sasl: an exchange
 * @text: (array length=len): a line of the client without its end, in base64
 * @len: how many bytes
 * @out: empty; gets what to ask, in base64, with ASK
 *
 * Returns: what to do
 */
TwSaslStep tw_client_sasl_take(TwClientSasl *sasl, const char *text, gsize len, TwBuffer *out);

/**
 * tw_client_sasl_last_word:
 * @sasl: an exchange whose log-on was tried
 * @in: it went well
 * @out: empty; gets what to say before the answer, in base64
 *
 * Returns: FALSE: nothing; the answer comes at once
 */
gboolean tw_client_sasl_last_word(TwClientSasl *sasl, gboolean in, TwBuffer *out);

/**
 * tw_client_sasl_clear:
 * @sasl: an exchange, or zero
 */
void tw_client_sasl_clear(TwClientSasl *sasl);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwClientSasl, tw_client_sasl_clear)

G_END_DECLS
