/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Connections that go out: to mail servers, other nodes, web services. Blocking, every call with a deadline; for worker
 * threads of agents, not for doors' connections.
 */
#pragma once

#include <glib.h>

#include "base/cursor.h"
#include "net/address.h"

G_BEGIN_DECLS

typedef struct TwTlsClient TwTlsClient;

/* Zero and NULL mean what each comment says. */
typedef struct {
    const char *
        ca_file; /* (nullable): PEM; who is trusted. Without ca_file and ca_path: whom the system trusts */
    const char *ca_path;      /* (nullable): a folder of such files */
    const char *cert_file;    /* (nullable): PEM; our own certificate */
    const char *key_file;     /* (nullable): its key; NULL: in cert_file */
    const char *key_password; /* (nullable) */
    const char *min_proto;    /* as #TwTlsOptions */
    const char *ciphers;      /* as #TwTlsOptions */
    gboolean
        insecure; /* take any certificate: only where the other way would be the clear (opportunistic TLS) */
} TwTlsClientOptions;

/**
 * tw_tls_client_new:
 * @options: what to load
 * @error: on failure as tw_tls_server_new()
 *
 * Reads certificates once, for many connections; may be used by several threads.
 *
 * Returns: (transfer full): what handshakes are made with, or NULL
 */
TwTlsClient *tw_tls_client_new(const TwTlsClientOptions *options, GError **error);

/**
 * tw_tls_client_ref:
 * @tls: from tw_tls_client_new()
 *
 * Returns: (transfer full): @tls
 */
TwTlsClient *tw_tls_client_ref(TwTlsClient *tls);

/**
 * tw_tls_client_unref:
 * @tls: (nullable): from tw_tls_client_new()
 */
void tw_tls_client_unref(TwTlsClient *tls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwTlsClient, tw_tls_client_unref)

typedef struct TwClient TwClient;

enum {
    TW_CLIENT_LINE_MAX = 64 << 10, /* longest line that can be asked for */
};

/* Where to, and how long each step may take. Zero means the default named in each comment. */
typedef struct {
    const char *host; /* a name or an address */
    guint16 port;
    const char *unix_path; /* (nullable): a Unix socket instead */
    const char
        *name_servers; /* (nullable): "address:port,..." to ask about the host, not the system's */
    guint connect_ms;  /* to be connected, the lookup and all addresses together; 30,000 */
    guint io_ms;       /* each write or read, and a handshake; 60,000 */
} TwClientOptions;

/**
 * tw_client_connect:
 * @options: where to
 * @error: on failure TW_ERROR_NOT_FOUND (no such host), TW_ERROR_BUSY (nobody answers there), TW_ERROR_TIMEOUT
 *
 * Tries the addresses of the host, IPv6 and IPv4 in turns, each 250 ms after the one before it or when that has failed; the
 * first that answers is taken (RFC 8305). A host is an address, a name of the hosts file, or else asked of the name servers;
 * whether these answer or not, the whole ends after connect_ms. A name server that fails is TW_ERROR_BUSY, one that says
 * nothing TW_ERROR_TIMEOUT: only an answer makes a host TW_ERROR_NOT_FOUND.
 *
 * Returns: (transfer full): a connection in the clear, or NULL
 */
TwClient *tw_client_connect(const TwClientOptions *options, GError **error);

/**
 * tw_client_free:
 * @client: (nullable): a connection
 *
 * Says goodbye within TLS, if that can be done at once, and closes.
 */
void tw_client_free(TwClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwClient, tw_client_free)

/**
 * tw_client_start_tls:
 * @client: a connection in the clear, at its beginning or after the answer to STARTTLS
 * @tls: a reference is kept
 * @server_name: whom the certificate must be for, also sent as SNI: a name or an address
 * @error: on failure TW_ERROR_CORRUPT (bytes stood behind the answer in the clear: an attack), TW_ERROR_NO_ACCESS (the
 *   certificate does not convince; the message says why), TW_ERROR_TIMEOUT, TW_ERROR_FAILED
 *
 * After a failure the connection is good for nothing but tw_client_free().
 *
 * Returns: FALSE on failure
 */
gboolean tw_client_start_tls(TwClient *client,
                             TwTlsClient *tls,
                             const char *server_name,
                             GError **error);

/**
 * tw_client_is_tls:
 * @client: a connection
 *
 * Returns: TRUE after tw_client_start_tls()
 */
gboolean tw_client_is_tls(const TwClient *client);

/**
 * tw_client_set_deadline:
 * @client: a connection
 * @ms: from now, for all that follows together, beside io_ms; 0 takes it off
 */
void tw_client_set_deadline(TwClient *client, guint ms);

/**
 * tw_client_write:
 * @client: a connection
 * @data: (array length=n): bytes
 * @n: how many
 * @error: on failure TW_ERROR_TIMEOUT or TW_ERROR_FAILED
 *
 * Returns: FALSE when not all of it could be sent
 */
gboolean tw_client_write(TwClient *client, gconstpointer data, gsize n, GError **error);

/**
 * tw_client_read:
 * @client: a connection
 * @data: (out caller-allocates) (array length=n): where to
 * @n: at most
 * @error: on failure TW_ERROR_TIMEOUT or TW_ERROR_FAILED
 *
 * Waits until something is there.
 *
 * Returns: how many bytes; 0 at the end; -1 on failure
 */
gssize tw_client_read(TwClient *client, void *data, gsize n, GError **error);

/**
 * tw_client_read_line:
 * @client: a connection
 * @max: longest line with its line end; at most %TW_CLIENT_LINE_MAX
 * @ret: (out): the line with its LF; borrowed until the next call
 * @error: on failure TW_ERROR_TOO_BIG, TW_ERROR_END_OF_SESSION (the server closed), TW_ERROR_TIMEOUT, TW_ERROR_FAILED
 *
 * Returns: FALSE on failure
 */
gboolean tw_client_read_line(TwClient *client, gsize max, TwCursor *ret, GError **error);

/**
 * tw_client_get_fd:
 * @client: a connection
 *
 * Returns: its socket, to wait for input with others: where tw_client_has_input() is FALSE, readable means that there is some,
 *   or that the server has closed
 */
int tw_client_get_fd(const TwClient *client);

/**
 * tw_client_has_input:
 * @client: a connection
 *
 * Returns: whether bytes have come already, so that the socket need not be readable
 */
gboolean tw_client_has_input(const TwClient *client);

/**
 * tw_client_get_peer:
 * @client: a connection
 *
 * Returns: (transfer none): the address that answered
 */
const TwAddress *tw_client_get_peer(const TwClient *client);

G_END_DECLS
