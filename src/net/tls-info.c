/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a door may ask about a secured connection: how, under which names, and whose certificate the client showed.
 */
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>

#include "base/error.h"
#include "net/tls-private.h"

char *
tw_conn_get_tls_description(const TwConn *conn)
{
    char *text = conn->tls != NULL ? gnutls_session_get_desc(tw_tls_session_get(conn->tls)) : NULL;
    char *copy = g_strdup(text);

    gnutls_free(text);
    return copy;
}

char *
tw_conn_get_alpn(const TwConn *conn)
{
    gnutls_datum_t name;

    if (conn->tls == NULL ||
        gnutls_alpn_get_selected_protocol(tw_tls_session_get(conn->tls), &name) < 0)
        return NULL;
    return g_strndup((const char *) name.data, name.size);
}

char *
tw_conn_get_server_name(const TwConn *conn)
{
    char name[256];
    size_t len = sizeof name;
    unsigned type;

    if (conn->tls == NULL ||
        gnutls_server_name_get(tw_tls_session_get(conn->tls), name, &len, &type, 0) < 0 ||
        type != GNUTLS_NAME_DNS)
        return NULL;
    return g_strndup(name, len);
}

GBytes *
tw_conn_get_channel_binding(const TwConn *conn, const char *name)
{
    static const struct {
        const char *name;
        gnutls_channel_binding_t type;
    } types[] = {
        { "tls-exporter", GNUTLS_CB_TLS_EXPORTER },
        { "tls-server-end-point", GNUTLS_CB_TLS_SERVER_END_POINT },
    };
    gnutls_datum_t data = { 0 };
    GBytes *bytes = NULL;

    for (guint i = 0; conn->tls != NULL && i < G_N_ELEMENTS(types); i++) {
        if (strcmp(name, types[i].name) != 0 ||
            gnutls_session_channel_binding(tw_tls_session_get(conn->tls), types[i].type, &data) < 0)
            continue;
        bytes = g_bytes_new(data.data, data.size);
        gnutls_free(data.data);
    }
    return bytes;
}

GBytes *
tw_conn_get_peer_certificate(const TwConn *conn, gboolean *ret_trusted)
{
    const gnutls_datum_t *chain;
    unsigned count = 0, status = 0;
    guint8 oid[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = oid };

    *ret_trusted = FALSE;
    if (conn->tls == NULL)
        return NULL;
    chain = gnutls_certificate_get_peers(tw_tls_session_get(conn->tls), &count);
    if (chain == NULL || count == 0)
        return NULL;
    *ret_trusted =
        gnutls_certificate_verify_peers(tw_tls_session_get(conn->tls), &purpose, 1, &status) == 0 &&
        status == 0;
    return g_bytes_new(chain[0].data, chain[0].size);
}

gboolean
tw_conn_get_peer_fingerprint(const TwConn *conn, guint8 ret[TW_SHA256_LEN])
{
    const gnutls_datum_t *chain;
    unsigned count = 0;

    if (conn->tls == NULL)
        return FALSE;
    chain = gnutls_certificate_get_peers(tw_tls_session_get(conn->tls), &count);
    if (chain == NULL || count == 0)
        return FALSE;
    tw_sha256(chain[0].data, chain[0].size, ret);
    return TRUE;
}

static GBytes *
export_key(gnutls_pubkey_t key)
{
    gnutls_datum_t der = { 0 };
    GBytes *bytes;

    if (gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &der) < 0)
        return NULL;
    bytes = g_bytes_new(der.data, der.size);
    gnutls_free(der.data);
    return bytes;
}

static GBytes *
key_of_certificate(const gnutls_datum_t *data, gnutls_x509_crt_fmt_t format)
{
    gnutls_x509_crt_t cert = NULL;
    gnutls_pubkey_t key = NULL;
    GBytes *bytes = NULL;

    if (gnutls_x509_crt_init(&cert) >= 0 && gnutls_pubkey_init(&key) >= 0 &&
        gnutls_x509_crt_import(cert, data, format) >= 0 &&
        gnutls_pubkey_import_x509(key, cert, 0) >= 0)
        bytes = export_key(key);
    if (key != NULL)
        gnutls_pubkey_deinit(key);
    if (cert != NULL)
        gnutls_x509_crt_deinit(cert);
    return bytes;
}

GBytes *
tw_conn_get_peer_public_key(const TwConn *conn)
{
    const gnutls_datum_t *chain;
    unsigned count = 0;

    if (conn->tls == NULL)
        return NULL;
    chain = gnutls_certificate_get_peers(tw_tls_session_get(conn->tls), &count);
    if (chain == NULL || count == 0)
        return NULL;
    return key_of_certificate(&chain[0], GNUTLS_X509_FMT_DER);
}

GBytes *
tw_tls_public_key_from_pem(const void *pem, gsize len, GError **error)
{
    g_autofree guint8 *copy = g_memdup2(pem, len); /* GnuTLS has no const for what it reads */
    gnutls_datum_t data = { copy, (unsigned) len };
    gnutls_pubkey_t key = NULL;
    GBytes *bytes = NULL;

    if (len <= G_MAXINT && gnutls_pubkey_init(&key) >= 0) {
        if (gnutls_pubkey_import(key, &data, GNUTLS_X509_FMT_PEM) >= 0)
            bytes = export_key(key);
        gnutls_pubkey_deinit(key);
        if (bytes == NULL)
            bytes = key_of_certificate(&data, GNUTLS_X509_FMT_PEM);
    }
    if (bytes == NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "neither a public key nor a certificate in PEM");
    return bytes;
}
