/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * TLS for connections that come in: certificates, versions and ciphers, client certificates (GnuTLS).
 *
 * A #TwTlsServer is shared by listeners and doors and can be reloaded while it is used: connections keep what they began
 * with, new ones get the new certificates. Renegotiation and early data are never accepted.
 */
#pragma once

#include <glib.h>

#include "base/hash.h"
#include "net/conn.h"

G_BEGIN_DECLS

typedef struct TwTlsServer TwTlsServer;

typedef enum {
    TW_TLS_CLIENT_CERT_NONE, /* not asked for */
    TW_TLS_CLIENT_CERT_REQUEST, /* asked for; the door judges what came, with tw_conn_get_peer_certificate() */
    TW_TLS_CLIENT_CERT_REQUIRE, /* the handshake fails without one that ca_file or ca_path vouches for */
} TwTlsClientCert;

/* Zero and NULL mean what each comment says. Everything is copied. */
typedef struct {
    const char *const *
        cert_files; /* NULL-terminated, at least one: PEM with the chain and, without a key file, its
                                    * key. A client that names a host (SNI) gets the one made for it, else the first. */
    const char *const *
        key_files; /* (nullable) NULL-terminated: for each certificate its key, "" for the same file */
    const char *key_password; /* (nullable): of encrypted keys */
    const char *ca_file;      /* (nullable): PEM; who signs client certificates */
    const char *ca_path;      /* (nullable): a folder of such files */
    const char *min_proto;    /* "tls1.0", "tls1.1", "tls1.2", "tls1.3"; NULL: "tls1.2" */
    const char
        *ciphers; /* a GnuTLS priority string; NULL or "": our list. Versions in it do not count */
    const char
        *curves; /* key exchange groups, by preference; NULL or "": "X25519:P-521:P-384:P-256" */
    gboolean client_order; /* ssl_prefer_server_ciphers = no */
    TwTlsClientCert client_cert;
    const char *const *
        alpn; /* (nullable) NULL-terminated: protocols by preference; a client that offers none goes on */
    guint ticket_rotate_s; /* a new key for session tickets after so long; 43,200 */
} TwTlsOptions;

/**
 * tw_tls_server_new:
 * @options: what to load
 * @error: on failure TW_ERROR_NOT_FOUND, TW_ERROR_NO_ACCESS (a file), TW_ERROR_INVALID (its content, a password, a
 *   cipher list or version), with the name
 *
 * Returns: (transfer full): what handshakes are made with, or NULL
 */
TwTlsServer *tw_tls_server_new(const TwTlsOptions *options, GError **error);

/**
 * tw_tls_server_ref:
 * @server: from tw_tls_server_new()
 *
 * Returns: (transfer full): @server
 */
TwTlsServer *tw_tls_server_ref(TwTlsServer *server);

/**
 * tw_tls_server_unref:
 * @server: (nullable): from tw_tls_server_new()
 */
void tw_tls_server_unref(TwTlsServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwTlsServer, tw_tls_server_unref)

/**
 * tw_tls_server_reload:
 * @server: from tw_tls_server_new()
 * @options: (nullable): from now on; NULL: as before, files read again
 * @error: as tw_tls_server_new()
 *
 * For new handshakes; from any thread. Session tickets given before stay good.
 *
 * Returns: FALSE, and everything as it was, on failure
 */
gboolean tw_tls_server_reload(TwTlsServer *server, const TwTlsOptions *options, GError **error);

/**
 * tw_conn_start_tls:
 * @conn: a connection in the clear, in ready()
 * @server: a reference is taken
 *
 * For STARTTLS: when the output is sent, a handshake follows, and then secured() is called. What the client sent in the
 * clear behind the command is thrown away here, so that it cannot become part of the secured session (CVE-2011-0411), and
 * reported as %TW_LOOP_EVENT_PLAINTEXT_DROPPED. A client that does that is broken or under attack: the door may close.
 *
 * Returns: how many bytes were thrown away
 */
gsize tw_conn_start_tls(TwConn *conn, TwTlsServer *server);

/**
 * tw_conn_get_tls_description:
 * @conn: a connection
 *
 * Returns: (transfer full) (nullable): protocol and ciphers for the log, such as
 *   "(TLS1.3)-(ECDHE-X25519)-(ECDSA-SECP256R1-SHA256)-(AES-256-GCM)"; NULL in the clear
 */
char *tw_conn_get_tls_description(const TwConn *conn);

/**
 * tw_conn_get_alpn:
 * @conn: a connection
 *
 * Returns: (transfer full) (nullable): the protocol that was agreed on, or NULL
 */
char *tw_conn_get_alpn(const TwConn *conn);

/**
 * tw_conn_get_server_name:
 * @conn: a connection
 *
 * Returns: (transfer full) (nullable): the host that the client asked for (SNI), as it was sent: not checked
 */
char *tw_conn_get_server_name(const TwConn *conn);

/**
 * tw_conn_get_channel_binding:
 * @conn: a connection
 * @name: "tls-exporter" (RFC 9266) or "tls-server-end-point" (RFC 5929)
 *
 * What a client that speaks with us, and with nobody between, has of this connection too.
 *
 * Returns: (transfer full) (nullable): the bytes, or NULL: in the clear, another name, or not to be had of this connection
 */
GBytes *tw_conn_get_channel_binding(const TwConn *conn, const char *name);

/**
 * tw_conn_get_peer_certificate:
 * @conn: a connection
 * @ret_trusted: (out): whether the CA of the listener vouches for it, now and for a TLS client
 *
 * Returns: (transfer full) (nullable): the client's certificate in DER, or NULL: it showed none
 */
GBytes *tw_conn_get_peer_certificate(const TwConn *conn, gboolean *ret_trusted);

/**
 * tw_conn_get_peer_fingerprint:
 * @conn: a connection
 * @ret: (out): the SHA-256 of the client's certificate in DER, trusted or not; the handshake has proved that the client
 *   has its key
 *
 * Quick: nothing is verified. For telling one client from another.
 *
 * Returns: FALSE: it showed none
 */
gboolean tw_conn_get_peer_fingerprint(const TwConn *conn, guint8 ret[TW_SHA256_LEN]);

/**
 * tw_conn_get_peer_public_key:
 * @conn: a connection
 *
 * For services that are known by their key (sslkeys_path); the handshake has proved that the client has it.
 *
 * Returns: (transfer full) (nullable): SubjectPublicKeyInfo of the client's certificate in DER, or NULL: it showed none
 */
GBytes *tw_conn_get_peer_public_key(const TwConn *conn);

/**
 * tw_tls_public_key_from_pem:
 * @pem: (array length=len): a PEM public key or certificate
 * @len: bytes
 * @error: on failure TW_ERROR_INVALID
 *
 * Returns: (transfer full): its SubjectPublicKeyInfo in DER, to compare with tw_conn_get_peer_public_key(), or NULL
 */
GBytes *tw_tls_public_key_from_pem(const void *pem, gsize len, GError **error);

G_END_DECLS
