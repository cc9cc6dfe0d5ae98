/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The TLS side of a connection, for conn-*.c, and what server and client side share.
 */
#pragma once

#include <gnutls/gnutls.h>

#include "net/conn-private.h"
#include "net/tls.h"

G_BEGIN_DECLS

typedef enum {
    TW_HANDSHAKE_DONE,
    TW_HANDSHAKE_READ,  /* go on when the socket is readable */
    TW_HANDSHAKE_WRITE, /* go on when it is writable */
    TW_HANDSHAKE_FAILED,
} TwHandshake;

/* A server session on the socket. */
TwTlsSession *tw_tls_session_new(TwTlsServer *server, int fd, GError **error);
void tw_tls_session_free(TwTlsSession *tls);
TwHandshake tw_tls_session_handshake(TwTlsSession *tls, GError **error);

/* As tw_conn_read() and tw_conn_send(); the error is set for TW_IO_DEAD only. After TW_IO_WAIT the next send must begin with
 * the same bytes. */
gssize tw_tls_session_read(TwTlsSession *tls, guint8 *data, gsize n, GError **error);
gssize tw_tls_session_send(TwTlsSession *tls, const guint8 *data, gsize n, GError **error);
/* Says that no more will be sent, if that can be done at once. */
void tw_tls_session_bye(TwTlsSession *tls);
gnutls_session_t tw_tls_session_get(const TwTlsSession *tls);
gboolean tw_tls_session_wants_write(const TwTlsSession *tls);

/* Sets TW_ERROR from a GnuTLS code; always FALSE. */
gboolean tw_tls_error(GError **error, int code, const char *what);

/* A priority string from our options. NULL: unknown version. */
char *tw_tls_priority(const char *min_proto,
                      const char *ciphers,
                      const char *curves,
                      gboolean server_order,
                      GError **error);

G_END_DECLS
