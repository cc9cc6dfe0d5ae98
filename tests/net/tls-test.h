/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Certificates for tests, made when they are needed (ECDSA P-256, valid for a day), and a blocking TLS client.
 */
#pragma once

#include <glib/gstdio.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

#include "net-test.h"

typedef struct {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t cert;
} TestCert;

#define TEST_TLS_OK(call)                                                                          \
    G_STMT_START                                                                                   \
    {                                                                                              \
        gssize test_tls_code_ = (call);                                                            \
        if (test_tls_code_ < 0)                                                                    \
            g_error("%s: %s", #call, gnutls_strerror((int) test_tls_code_));                       \
    }                                                                                              \
    G_STMT_END

/* Signed by @ca, or by itself and a CA then. */
static inline TestCert
test_cert_new(const char *dns_name, const TestCert *ca, const char *purpose)
{
    TestCert c;
    static guint32 serial = 1;
    guint32 number = GUINT32_TO_BE(serial++);
    time_t now = time(NULL);

    TEST_TLS_OK(gnutls_x509_privkey_init(&c.key));
    TEST_TLS_OK(gnutls_x509_privkey_generate(c.key, GNUTLS_PK_ECDSA,
                                             GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    TEST_TLS_OK(gnutls_x509_crt_init(&c.cert));
    TEST_TLS_OK(gnutls_x509_crt_set_version(c.cert, 3));
    TEST_TLS_OK(gnutls_x509_crt_set_serial(c.cert, &number, sizeof number));
    TEST_TLS_OK(gnutls_x509_crt_set_activation_time(c.cert, now - 3600));
    TEST_TLS_OK(gnutls_x509_crt_set_expiration_time(c.cert, now + 86400));
    TEST_TLS_OK(gnutls_x509_crt_set_dn_by_oid(c.cert, GNUTLS_OID_X520_COMMON_NAME, 0, dns_name,
                                              (unsigned) strlen(dns_name)));
    TEST_TLS_OK(gnutls_x509_crt_set_subject_alt_name(c.cert, GNUTLS_SAN_DNSNAME, dns_name,
                                                     (unsigned) strlen(dns_name), GNUTLS_FSAN_SET));
    TEST_TLS_OK(gnutls_x509_crt_set_key(c.cert, c.key));
    TEST_TLS_OK(gnutls_x509_crt_set_basic_constraints(c.cert, ca == NULL, -1));
    TEST_TLS_OK(gnutls_x509_crt_set_key_usage(c.cert, ca == NULL ? GNUTLS_KEY_KEY_CERT_SIGN
                                                                 : GNUTLS_KEY_DIGITAL_SIGNATURE));
    if (purpose != NULL)
        TEST_TLS_OK(gnutls_x509_crt_set_key_purpose_oid(c.cert, purpose, 0));
    TEST_TLS_OK(gnutls_x509_crt_sign2(c.cert, ca != NULL ? ca->cert : c.cert,
                                      ca != NULL ? ca->key : c.key, GNUTLS_DIG_SHA256, 0));
    return c;
}

static inline void
test_cert_clear(TestCert *c)
{
    gnutls_x509_crt_deinit(c->cert);
    gnutls_x509_privkey_deinit(c->key);
}

/* Certificate and key (unless it is only for verifying) in one file. Returns its name. */
static inline char *
test_cert_write(const TestCert *c, const char *folder, const char *name, gboolean with_key)
{
    gnutls_datum_t cert, key = { 0 };
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    char *path = g_build_filename(folder, name, NULL);

    TEST_TLS_OK(gnutls_x509_crt_export2(c->cert, GNUTLS_X509_FMT_PEM, &cert));
    g_string_append_len(text, (const char *) cert.data, cert.size);
    gnutls_free(cert.data);
    if (with_key) {
        TEST_TLS_OK(gnutls_x509_privkey_export2(c->key, GNUTLS_X509_FMT_PEM, &key));
        g_string_append_len(text, (const char *) key.data, key.size);
        gnutls_free(key.data);
    }
    g_file_set_contents(path, text->str, (gssize) text->len, &error);
    g_assert_no_error(error);
    return path;
}

typedef struct {
    int fd;
    gnutls_session_t session;
    gnutls_certificate_credentials_t cred;
} TestTls;

typedef struct {
    const char *server_name, *priority, *alpn;
    const TestCert *cert; /* (nullable): ours */
} TestTlsOptions;

/* Shakes hands on fd; @ret_code is 0 or the GnuTLS error. Nothing is verified here: tests look at the certificate. */
static inline TestTls
test_tls_start(int fd, const TestTlsOptions *options, int *ret_code)
{
    TestTls tls = { .fd = fd };

    TEST_TLS_OK(gnutls_certificate_allocate_credentials(&tls.cred));
    if (options->cert != NULL)
        TEST_TLS_OK(gnutls_certificate_set_x509_key(
            tls.cred, (gnutls_x509_crt_t[]){ options->cert->cert }, 1, options->cert->key));
    TEST_TLS_OK(gnutls_init(&tls.session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL));
    TEST_TLS_OK(gnutls_priority_set_direct(
        tls.session, options->priority != NULL ? options->priority : "NORMAL", NULL));
    TEST_TLS_OK(gnutls_credentials_set(tls.session, GNUTLS_CRD_CERTIFICATE, tls.cred));
    if (options->server_name != NULL)
        TEST_TLS_OK(gnutls_server_name_set(tls.session, GNUTLS_NAME_DNS, options->server_name,
                                           strlen(options->server_name)));
    if (options->alpn != NULL) {
        gnutls_datum_t name = { (guint8 *) g_strdup(options->alpn),
                                (unsigned) strlen(options->alpn) };
        TEST_TLS_OK(gnutls_alpn_set_protocols(tls.session, &name, 1, 0));
        g_free(name.data);
    }
    gnutls_transport_set_int(tls.session, fd);
    gnutls_handshake_set_timeout(tls.session, TEST_WAIT_MS);
    do
        *ret_code = gnutls_handshake(tls.session);
    while (*ret_code < 0 && !gnutls_error_is_fatal(*ret_code));
    return tls;
}

static inline void
test_tls_end(TestTls *tls)
{
    gnutls_deinit(tls->session);
    gnutls_certificate_free_credentials(tls->cred);
    (void) close(tls->fd);
}

static inline void
test_tls_send(TestTls *tls, const char *text)
{
    g_assert_cmpint(gnutls_record_send(tls->session, text, strlen(text)), ==, (int) strlen(text));
}

/* Reads so many bytes; fewer at the end or after an error. */
static inline char *
test_tls_read(TestTls *tls, gsize n)
{
    g_autoptr(GString) text = g_string_new(NULL);

    gnutls_record_set_timeout(tls->session, TEST_WAIT_MS);
    while (text->len < n) {
        char data[4096];
        gssize got = gnutls_record_recv(tls->session, data, MIN(sizeof data, n - text->len));

        if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED)
            continue;
        if (got <= 0)
            break;
        g_string_append_len(text, data, got);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static inline void
test_tls_expect(TestTls *tls, const char *expected)
{
    g_autofree char *text = test_tls_read(tls, strlen(expected));

    g_assert_cmpstr(text, ==, expected);
}

static inline gboolean
test_tls_server_has(TestTls *tls, const TestCert *cert)
{
    unsigned count;
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(tls->session, &count);

    return peers != NULL && gnutls_x509_crt_equals2(cert->cert, &peers[0]);
}
