/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * POP3: the folder that receives mail, for clients that fetch it. Source: RFC 1939; the folder's README.md lists the extensions.
 */
#pragma once

#include "net/listener.h"
#include "net/tls.h"
#include "session/session.h"

G_BEGIN_DECLS

typedef struct TwPop3 TwPop3;

/* What an administrator decides. */
typedef struct {
    gboolean plain_needs_tls;  /* no passwords in the clear but from this host */
    const char *greeting_name; /* (nullable): host name of the greeting; copied */
} TwPop3Options;

/**
 * tw_pop3_new:
 *
 * Returns: (transfer full): the door; it can be listened for, and takes connections once it has a server
 */
TwPop3 *tw_pop3_new(void);

/**
 * tw_pop3_set_server:
 * @pop3: a door without connections
 * @server: where the mailboxes are; outlives it
 */
void tw_pop3_set_server(TwPop3 *pop3, TwServer *server);

/**
 * tw_pop3_set_options:
 * @pop3: a door
 * @options: copied; for connections that come from now on, from any thread
 */
void tw_pop3_set_options(TwPop3 *pop3, const TwPop3Options *options);

/**
 * tw_pop3_set_tls:
 * @pop3: a door without connections
 * @tls: (nullable): for STLS; a reference is taken
 */
void tw_pop3_set_tls(TwPop3 *pop3, TwTlsServer *tls);

/**
 * tw_pop3_free:
 * @pop3: (nullable) (transfer full): a door without connections
 */
void tw_pop3_free(TwPop3 *pop3);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwPop3, tw_pop3_free)

/**
 * tw_pop3_listen_options:
 * @pop3: a door, which outlives the listeners
 * @ret: (out caller-allocates): for tw_listener_open()
 */
void tw_pop3_listen_options(TwPop3 *pop3, TwListenOptions *ret);

/**
 * tw_pop3_listen_tls_options:
 * @pop3: a door, which outlives the listeners
 * @ret: (out caller-allocates): as tw_pop3_listen_options(), for connections that begin with a handshake
 *
 * Returns: FALSE: it has no TLS
 */
gboolean tw_pop3_listen_tls_options(TwPop3 *pop3, TwListenOptions *ret);

G_END_DECLS
