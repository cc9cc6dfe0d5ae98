/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A connection to a server. What came and was not yet asked for is kept in one buffer; when TLS starts it must be empty.
 */
#include "net/client.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "net/connect-private.h"
#include "net/tls-private.h"

struct TwTlsClient {
    gint refs; /* atomic */
    gboolean insecure;
    gnutls_certificate_credentials_t cred;
    gnutls_priority_t priority;
};

struct TwClient {
    int fd;
    TwAddress peer;
    guint io_ms;
    gint64 deadline;          /* ms; 0: none */
    gnutls_session_t session; /* NULL: in the clear */
    TwTlsClient *tls;
    guint8 in[TW_CLIENT_LINE_MAX];
    gsize start, len; /* of what is in it */
};

/* --- TLS settings ----------------------------------------------------------------------------------------------- */

static int
load_trust(gnutls_certificate_credentials_t cred, const TwTlsClientOptions *options)
{
    int code = 0;

    if (options->ca_file == NULL && options->ca_path == NULL)
        return options->insecure ? 0 : gnutls_certificate_set_x509_system_trust(cred);
    if (options->ca_file != NULL)
        code = gnutls_certificate_set_x509_trust_file(cred, options->ca_file, GNUTLS_X509_FMT_PEM);
    if (code >= 0 && options->ca_path != NULL)
        code = gnutls_certificate_set_x509_trust_dir(cred, options->ca_path, GNUTLS_X509_FMT_PEM);
    return code;
}

static gboolean
load_client(TwTlsClient *tls, const TwTlsClientOptions *options, GError **error)
{
    g_autofree char *priority = NULL;
    int code = gnutls_certificate_allocate_credentials(&tls->cred);

    if (code >= 0)
        code = load_trust(tls->cred, options);
    if (code < 0)
        return tw_tls_error(error, code,
                            options->ca_file != NULL ? options->ca_file : "trusted CAs");
    if (options->cert_file != NULL) {
        const char *key = options->key_file != NULL ? options->key_file : options->cert_file;
        code = gnutls_certificate_set_x509_key_file2(tls->cred, options->cert_file, key,
                                                     GNUTLS_X509_FMT_PEM, options->key_password, 0);
        if (code < 0)
            return tw_tls_error(error, code, options->cert_file);
    }
    priority = tw_tls_priority(options->min_proto, options->ciphers, NULL, FALSE, error);
    if (priority == NULL)
        return FALSE;
    code = gnutls_priority_init2(&tls->priority, priority, NULL, 0);
    if (code < 0) {
        tls->priority = NULL;
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "cipher list '%s': %s", priority,
                    gnutls_strerror(code));
        return FALSE;
    }
    return TRUE;
}

TwTlsClient *
tw_tls_client_new(const TwTlsClientOptions *options, GError **error)
{
    TwTlsClient *tls = g_new0(TwTlsClient, 1);

    tls->refs = 1;
    tls->insecure = options->insecure;
    if (!load_client(tls, options, error)) {
        tw_tls_client_unref(tls);
        return NULL;
    }
    return tls;
}

TwTlsClient *
tw_tls_client_ref(TwTlsClient *tls)
{
    g_atomic_int_inc(&tls->refs);
    return tls;
}

void
tw_tls_client_unref(TwTlsClient *tls)
{
    if (tls == NULL || !g_atomic_int_dec_and_test(&tls->refs))
        return;
    if (tls->cred != NULL)
        gnutls_certificate_free_credentials(tls->cred);
    if (tls->priority != NULL)
        gnutls_priority_deinit(tls->priority);
    g_free(tls);
}

/* --- connecting ------------------------------------------------------------------------------------------------- */

TwClient *
tw_client_connect(const TwClientOptions *options, GError **error)
{
    gint64 until_ms = tw_loop_now_ms() + (options->connect_ms != 0 ? options->connect_ms : 30000);
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    TwClient *client;
    int one = 1;
    int fd = options->unix_path != NULL ? tw_connect_unix(options->unix_path, error)
                                        : tw_connect_host(options->host, options->port,
                                                          options->name_servers, until_ms, error);

    if (fd < 0)
        return NULL;
    client = g_new0(TwClient, 1);
    client->fd = fd;
    client->io_ms = options->io_ms != 0 ? options->io_ms : 60000;
    if (getpeername(fd, (struct sockaddr *) &addr, &len) == 0)
        client->peer = tw_address_from_sockaddr((struct sockaddr *) &addr, len);
    if (options->unix_path == NULL)
        (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return client;
}

void
tw_client_free(TwClient *client)
{
    if (client == NULL)
        return;
    if (client->session != NULL) {
        (void) gnutls_bye(client->session, GNUTLS_SHUT_WR);
        gnutls_deinit(client->session);
    }
    tw_tls_client_unref(client->tls);
    (void) close(client->fd);
    g_free(client);
}

/* --- waiting ---------------------------------------------------------------------------------------------------- */

void
tw_client_set_deadline(TwClient *client, guint ms)
{
    client->deadline = ms != 0 ? tw_loop_now_ms() + ms : 0;
}

static gint64
operation_end(const TwClient *client)
{
    gint64 end = tw_loop_now_ms() + client->io_ms;

    return client->deadline != 0 ? MIN(end, client->deadline) : end;
}

static gboolean
wait_for(TwClient *client, short events, gint64 until_ms, GError **error)
{
    for (;;) {
        struct pollfd p = { .fd = client->fd, .events = events };
        gint64 left = until_ms - tw_loop_now_ms();

        if (left <= 0) {
            g_set_error(error, TW_ERROR, TW_ERROR_TIMEOUT, "the server took too long");
            return FALSE;
        }
        if (poll(&p, 1, (int) left) > 0)
            return TRUE;
    }
}

/* For GnuTLS: the direction it was stopped in. */
static gboolean
wait_tls(TwClient *client, gint64 until_ms, GError **error)
{
    return wait_for(client, gnutls_record_get_direction(client->session) == 1 ? POLLOUT : POLLIN,
                    until_ms, error);
}

static gboolean
is_passing(gssize code)
{
    return code < 0 && code >= G_MININT && !gnutls_error_is_fatal((int) code);
}

/* --- TLS -------------------------------------------------------------------------------------------------------- */

static gboolean
explain_certificate(TwClient *client, const char *server_name, GError **error)
{
    gnutls_datum_t text = { 0 };
    unsigned status = gnutls_session_get_verify_cert_status(client->session);

    if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) < 0)
        text.data = NULL;
    g_set_error(error, TW_ERROR, TW_ERROR_NO_ACCESS, "the certificate of %s: %s", server_name,
                text.data != NULL ? (const char *) text.data : "not trusted");
    gnutls_free(text.data);
    return FALSE;
}

static int
set_up_session(TwClient *client, const char *server_name)
{
    TwAddress address;
    int code = gnutls_init(&client->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);

    if (code < 0) {
        client->session = NULL;
        return code;
    }
    code = gnutls_priority_set(client->session, client->tls->priority);
    if (code >= 0)
        code = gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, client->tls->cred);
    /* SNI is for names only (RFC 6066 3) */
    if (code >= 0 && !tw_address_parse(server_name, strlen(server_name), &address))
        code = gnutls_server_name_set(client->session, GNUTLS_NAME_DNS, server_name,
                                      strlen(server_name));
    if (!client->tls->insecure)
        gnutls_session_set_verify_cert(client->session, server_name, 0);
    gnutls_transport_set_int(client->session, client->fd);
    gnutls_handshake_set_timeout(client->session, 0);
    return code;
}

gboolean
tw_client_start_tls(TwClient *client, TwTlsClient *tls, const char *server_name, GError **error)
{
    gint64 until_ms = operation_end(client);
    int code;

    g_return_val_if_fail(client->session == NULL, FALSE);
    if (client->len > 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                    "%" G_GSIZE_FORMAT " bytes in the clear before TLS", client->len);
        return FALSE;
    }
    client->tls = tw_tls_client_ref(tls);
    code = set_up_session(client, server_name);
    if (code < 0)
        return tw_tls_error(error, code, "setting up TLS");
    while ((code = gnutls_handshake(client->session)) != GNUTLS_E_SUCCESS) {
        if (code == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
            return explain_certificate(client, server_name, error);
        if (!is_passing(code))
            return tw_tls_error(error, code, "TLS handshake");
        if (code == GNUTLS_E_AGAIN && !wait_tls(client, until_ms, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_client_is_tls(const TwClient *client)
{
    return client->session != NULL;
}

/* --- bytes ------------------------------------------------------------------------------------------------------ */

static gboolean
write_clear(TwClient *client, const guint8 *data, gsize n, gint64 until_ms, GError **error)
{
    while (n > 0) {
        gssize sent = send(client->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent >= 0) {
            data += sent;
            n -= (gsize) sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!wait_for(client, POLLOUT, until_ms, error))
                return FALSE;
        } else if (errno != EINTR) {
            return tw_error_from_errno(error, errno, "sending");
        }
    }
    return TRUE;
}

static gboolean
write_tls(TwClient *client, const guint8 *data, gsize n, gint64 until_ms, GError **error)
{
    while (n > 0) {
        gssize sent = gnutls_record_send(client->session, data, n);

        /* a record that was not taken whole is continued without data */
        while (is_passing(sent)) {
            if (sent == GNUTLS_E_AGAIN && !wait_tls(client, until_ms, error))
                return FALSE;
            sent = gnutls_record_send(client->session, NULL, 0);
        }
        if (sent < 0)
            return tw_tls_error(error, (int) sent, "sending TLS");
        data += sent;
        n -= (gsize) sent;
    }
    return TRUE;
}

gboolean
tw_client_write(TwClient *client, gconstpointer data, gsize n, GError **error)
{
    gint64 until_ms = operation_end(client);

    return client->session != NULL ? write_tls(client, data, n, until_ms, error)
                                   : write_clear(client, data, n, until_ms, error);
}

static gssize
read_once(TwClient *client, guint8 *data, gsize n, gint64 until_ms, GError **error)
{
    for (;;) {
        gssize got;

        if (client->session != NULL) {
            got = gnutls_record_recv(client->session, data, n);
            if (got >= 0 || got == GNUTLS_E_PREMATURE_TERMINATION)
                return MAX(got, 0);
            if (!is_passing(got)) {
                tw_tls_error(error, (int) got, "reading TLS");
                return -1;
            }
            if (got == GNUTLS_E_AGAIN && !wait_tls(client, until_ms, error))
                return -1;
            continue;
        }
        got = recv(client->fd, data, n, MSG_DONTWAIT);
        if (got >= 0)
            return got;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!wait_for(client, POLLIN, until_ms, error))
                return -1;
        } else if (errno != EINTR) {
            tw_error_from_errno(error, errno, "reading");
            return -1;
        }
    }
}

gssize
tw_client_read(TwClient *client, void *data, gsize n, GError **error)
{
    gsize have = MIN(n, client->len);

    if (have == 0)
        return read_once(client, data, n, operation_end(client), error);
    memcpy(data, client->in + client->start, have);
    client->start += have;
    client->len -= have;
    return (gssize) have;
}

gboolean
tw_client_read_line(TwClient *client, gsize max, TwCursor *ret, GError **error)
{
    gint64 until_ms = operation_end(client);
    gsize scanned = 0;

    g_return_val_if_fail(max >= 1 && max <= TW_CLIENT_LINE_MAX, FALSE);
    memmove(client->in, client->in + client->start, client->len);
    client->start = 0;
    for (;;) {
        gsize usable = MIN(client->len, max);
        const guint8 *lf = memchr(client->in + scanned, '\n', usable - scanned);
        gssize got;

        if (lf != NULL) {
            gsize line_len = (gsize) (lf - client->in) + 1;
            *ret = tw_cursor_init(client->in, line_len);
            client->start = line_len;
            client->len -= line_len;
            return TRUE;
        }
        if (usable == max) {
            g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "a line is longer than %" G_GSIZE_FORMAT,
                        max);
            return FALSE;
        }
        scanned = usable;
        got = read_once(client, client->in + client->len, sizeof client->in - client->len, until_ms,
                        error);
        if (got < 0)
            return FALSE;
        if (got == 0) {
            g_set_error(error, TW_ERROR, TW_ERROR_END_OF_SESSION,
                        "the server closed the connection");
            return FALSE;
        }
        client->len += (gsize) got;
    }
}

const TwAddress *
tw_client_get_peer(const TwClient *client)
{
    return &client->peer;
}

int
tw_client_get_fd(const TwClient *client)
{
    return client->fd;
}

gboolean
tw_client_has_input(const TwClient *client)
{
    return client->len > 0 ||
           (client->session != NULL && gnutls_record_check_pending(client->session) > 0);
}
