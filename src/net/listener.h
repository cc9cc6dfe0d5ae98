/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Listeners: sockets that wait for clients.
 *
 * A specifier names where (spec/config-and-cli.md 2.2): "address:port", "[v6]:port", "*:port" for all addresses
 * of both families, each optionally with "%interface" before the colon of the port, or "unix:/path".
 */
#pragma once

#include <glib.h>

#include "net/address.h"
#include "net/conn.h"

G_BEGIN_DECLS

typedef struct TwListener TwListener;
typedef struct TwTlsServer TwTlsServer;

/* How a listener treats its clients. Zero and NULL mean the default named in each comment. */
typedef struct {
    const TwProtocol *protocol; /* must live as long as the loop */
    gpointer data;              /* for accepted() */
    TwTlsServer
        *tls; /* (nullable): every connection starts with a handshake; a reference is taken */
    const GArray *
        proxies; /* (nullable) (element-type TwNetwork): clients from here must send a PROXY header; copied */
    const char *
        busy_text; /* (nullable): sent in the clear before a client is turned away for a limit; copied */
    TwConnTimeouts timeouts;    /* of new connections */
    guint setup_ms;             /* for PROXY header and handshake together; 30,000 */
    int backlog;                /* of listen(); 1,024 */
    guint unix_mode;            /* permission bits of a Unix socket; 0666 */
    guint32 unix_uid, unix_gid; /* owner of a Unix socket; 0 leaves it as it is */
} TwListenOptions;

/**
 * tw_listener_open:
 * @loop: a loop, started or not
 * @specs: specifiers separated by blanks; may be empty
 * @options: how to treat clients; copied
 * @ret: (out) (optional) (element-type TwListener) (transfer container): the listeners, in order; "*" makes two
 *   where both families exist. The loop owns them.
 * @error: on failure TW_ERROR_INVALID (a specifier, with its text), TW_ERROR_EXISTS (in use), TW_ERROR_NO_ACCESS,
 *   TW_ERROR_FAILED
 *
 * Binds and listens. All of them or, on failure, none. Port 0 takes a free one; "*:0" takes the same for both
 * families. A Unix socket that nobody listens on any more is replaced, one in use is not, and nothing that is not
 * a socket is ever removed. It is created under its final mode and unlinked when the listener closes.
 *
 * Returns: FALSE on failure
 */
gboolean tw_listener_open(TwLoop *loop,
                          const char *specs,
                          const TwListenOptions *options,
                          GPtrArray **ret,
                          GError **error);

/**
 * tw_listener_adopt:
 * @loop: a loop, started or not
 * @fd: (transfer full): a listening stream socket, such as one from the service manager; closed also on failure
 * @options: how to treat clients; copied
 * @error: on failure TW_ERROR_INVALID: not a listening stream socket
 *
 * Returns: (transfer none): the listener, owned by the loop, or NULL
 */
TwListener *tw_listener_adopt(TwLoop *loop, int fd, const TwListenOptions *options, GError **error);

/**
 * tw_listener_get_address:
 * @listener: a listener
 *
 * Returns: (transfer none): where it is bound, with the port that was chosen for port 0
 */
const TwAddress *tw_listener_get_address(const TwListener *listener);

/**
 * tw_listener_get_path:
 * @listener: a listener
 *
 * Returns: (transfer none) (nullable): the path of a Unix socket that was opened here
 */
const char *tw_listener_get_path(const TwListener *listener);

G_END_DECLS
