/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The remote provider: a server on another host, or behind a Unix socket, as a #TwServer. Start here.
 *
 *     g_autoptr(TwServer) server = tw_remote_new(&config, &error);
 *     tw_server_logon(server, &logon, &session, NULL, &error);
 *     ... everything of session/session.h
 */
#pragma once

#include "base/server-url.h"
#include "session/session.h"

G_BEGIN_DECLS

/* Zero and NULL mean what each comment says. Everything is copied. */
typedef struct {
    const TwServerUrl *url;   /* not "default:": see tw_server_url_resolve() */
    const char *key_file;     /* (nullable): PEM; our certificate with its key, for HTTPS */
    const char *key_password; /* (nullable) */
    const char *ca_file;      /* (nullable): PEM; who is trusted. NULL: whom the system trusts */
    const char *program;      /* (nullable): what to call ourselves where a logon does not say */
    guint connect_ms;         /* to be connected; 10,000 */
    guint call_ms;            /* a server of which nothing comes for so long is given up; 300,000 */
    guint most_idle;          /* connections that are kept for the next call; 8 */
} TwRemoteConfig;

/**
 * tw_remote_new:
 * @config: where, and how
 * @error: TW_ERROR_INVALID: a URL that names no server; as tw_tls_client_new()
 *
 * Connects to nothing yet.
 *
 * A logon is tried with what vouches for this process: its user over a Unix socket, its certificate over HTTPS. Where the peer
 * in #TwLogon is not PROCESS, somebody else is meant, for whom nothing vouches: the server asks for the password then.
 *
 * A session that the server does not know any more, as after a restart, is opened again without a word; tables, values on their
 * way in and what else is the old session's own are gone then and answer END_OF_SESSION, and watches miss what was. A call
 * whose connection broke is repeated where that changes nothing; else it is FAILED, and may have been done.
 *
 * Beside what session.h says, each call may fail with TW_ERROR_BUSY (nobody answers there), TIMEOUT, and UNSUPPORTED (a server
 * that does not have our own calls, or not this operation).
 *
 * Returns: (transfer full): the server, or NULL
 */
TwServer *tw_remote_new(const TwRemoteConfig *config, GError **error);

/**
 * tw_remote_reach:
 * @server: from tw_remote_new()
 * @error: TW_ERROR_NOT_FOUND: no such socket or host; BUSY: nobody answers there; NO_ACCESS: its certificate does not
 *   convince; TIMEOUT
 *
 * Connects, to tell a server that cannot be reached from one that refuses. The connection is kept for the next call.
 *
 * Returns: FALSE on failure
 */
gboolean tw_remote_reach(TwServer *server, GError **error);

G_END_DECLS
