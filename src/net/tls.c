/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What handshakes are made with. A TwTlsServer points to a snapshot (credentials, priorities, ticket key) that is never
 * changed, only replaced; each session keeps the one it began with.
 */
#include "net/tls.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "net/tls-private.h"

enum {
    ALPN_MAX = 16
};

/* A certificate, and in its credentials also those for the same host with keys of another kind. */
typedef struct {
    gnutls_certificate_credentials_t cred;
    gnutls_x509_crt_t cert;
} Identity;

/* Immutable once made. */
typedef struct {
    Identity *identities; /* in the order of the options */
    guint count;
    gnutls_priority_t priority;
    TwTlsClientCert client_cert;
    char **alpn; /* (nullable) */
} Snapshot;

/* A key for session tickets, shared by the sessions that may still use it. */
typedef struct {
    gnutls_datum_t key;
    gint64 born_us;
} TicketKey;

/* TwTlsOptions whose pointers lead to copies owned here. */
typedef struct {
    TwTlsOptions o;
    char **cert_files, **key_files, **alpn;
    char *key_password, *ca_file, *ca_path, *min_proto, *ciphers, *curves;
} Options;

struct TwTlsServer {
    gint refs;   /* atomic */
    GMutex lock; /* guards what follows */
    Options options;
    Snapshot *snapshot; /* a reference */
    TicketKey *tickets; /* a reference */
};

struct TwTlsSession {
    gnutls_session_t session;
    Snapshot *snapshot; /* a reference */
    TicketKey *tickets; /* a reference */
    gsize unsent; /* bytes of the record that GnuTLS keeps because the socket took only a part */
};

gboolean
tw_tls_error(GError **error, int code, const char *what)
{
    TwError mine = TW_ERROR_FAILED;

    if (code == GNUTLS_E_FILE_ERROR)
        mine = TW_ERROR_NOT_FOUND;
    else if (code == GNUTLS_E_CERTIFICATE_ERROR || code == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
        mine = TW_ERROR_NO_ACCESS;
    else if (code == GNUTLS_E_TIMEDOUT)
        mine = TW_ERROR_TIMEOUT;
    g_set_error(error, TW_ERROR, (int) mine, "%s: %s", what, gnutls_strerror(code));
    return FALSE;
}

/* --- priorities ------------------------------------------------------------------------------------------------- */

static const char *const versions[] = { "ssl3", "tls1.0", "tls1.1", "tls1.2", "tls1.3" };
static const char *const version_names[] = { "SSL3.0", "TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3" };

static gboolean
add_versions(GString *into, const char *min_proto, GError **error)
{
    gsize first = 0;

    while (first < G_N_ELEMENTS(versions) && g_ascii_strcasecmp(min_proto, versions[first]) != 0)
        first++;
    if (first == G_N_ELEMENTS(versions)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "'%s' is not a TLS version (tls1.2, tls1.3)",
                    min_proto);
        return FALSE;
    }
    g_string_append(into, ":-VERS-ALL");
    for (gsize i = G_N_ELEMENTS(versions); i-- > first;)
        g_string_append_printf(into, ":+VERS-%s", version_names[i]);
    return TRUE;
}

/* Names as OpenSSL and the specification of the key have them, and those of GnuTLS. */
static const char *
group_name(const char *name)
{
    static const char *const names[][2] = {
        { "P-256", "SECP256R1" },      { "P-384", "SECP384R1" },     { "P-521", "SECP521R1" },
        { "prime256v1", "SECP256R1" }, { "secp384r1", "SECP384R1" }, { "secp521r1", "SECP521R1" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(name, names[i][0]) == 0)
            return names[i][1];
    }
    return name;
}

static void
add_groups(GString *into, const char *curves)
{
    g_auto(GStrv) list = g_strsplit(curves, ":", -1);

    g_string_append(into, ":-GROUP-ALL");
    for (gsize i = 0; list[i] != NULL; i++) {
        g_autofree char *upper = g_ascii_strup(group_name(list[i]), -1);
        if (upper[0] != '\0')
            g_string_append_printf(into, ":+GROUP-%s", upper);
    }
}

static gboolean
is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

char *
tw_tls_priority(const char *min_proto,
                const char *ciphers,
                const char *curves,
                gboolean server_order,
                GError **error)
{
    /* NORMAL has no anonymous, export or PSK suites. Off as well: key exchange without forward secrecy, static and
     * 1990s ciphers, CBC with its padding oracles, SHA-1. */
    g_autoptr(GString) text = g_string_new(
        is_set(ciphers) ? ciphers
                        : "NORMAL:-RSA:-DHE-DSS:-AES-128-CBC:-AES-256-CBC:-CAMELLIA-128-CBC:"
                          "-CAMELLIA-256-CBC:-3DES-CBC:-ARCFOUR-128:-SHA1:-MD5:-SIGN-RSA-SHA1:"
                          "-SIGN-ECDSA-SHA1");

    if (!add_versions(text, is_set(min_proto) ? min_proto : "tls1.2", error))
        return NULL;
    add_groups(text, is_set(curves) ? curves : "X25519:P-521:P-384:P-256");
    if (server_order)
        g_string_append(text, ":%SERVER_PRECEDENCE");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* --- snapshots -------------------------------------------------------------------------------------------------- */

static void
snapshot_clear(gpointer data)
{
    Snapshot *snapshot = data;

    for (guint i = 0; i < snapshot->count; i++) {
        if (snapshot->identities[i].cred != NULL)
            gnutls_certificate_free_credentials(snapshot->identities[i].cred);
        if (snapshot->identities[i].cert != NULL)
            gnutls_x509_crt_deinit(snapshot->identities[i].cert);
    }
    g_free(snapshot->identities);
    if (snapshot->priority != NULL)
        gnutls_priority_deinit(snapshot->priority);
    g_strfreev(snapshot->alpn);
}

static void
snapshot_unref(Snapshot *snapshot)
{
    if (snapshot != NULL)
        g_atomic_rc_box_release_full(snapshot, snapshot_clear);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Snapshot, snapshot_unref)

static void
ticket_key_clear(gpointer data)
{
    TicketKey *tickets = data;

    if (tickets->key.data != NULL) {
        gnutls_memset(tickets->key.data, 0, tickets->key.size);
        gnutls_free(tickets->key.data);
    }
}

static void
ticket_key_unref(TicketKey *tickets)
{
    if (tickets != NULL)
        g_atomic_rc_box_release_full(tickets, ticket_key_clear);
}

static TicketKey *
ticket_key_new(void)
{
    TicketKey *tickets = g_atomic_rc_box_new0(TicketKey);

    tickets->born_us = g_get_monotonic_time();
    if (gnutls_session_ticket_key_generate(&tickets->key) < 0)
        tickets->key = (gnutls_datum_t){ 0 }; /* sessions go without tickets */
    return tickets;
}

/* GnuTLS says "error while reading file" for all that can be wrong with one. */
static gboolean
readable(const char *path, GError **error)
{
    return access(path, R_OK) == 0 || tw_error_from_errno(error, errno, path);
}

static gboolean
load_certificate(gnutls_certificate_credentials_t cred,
                 const Options *options,
                 guint number,
                 GError **error)
{
    const char *cert, *key;
    int code;

    g_return_val_if_fail(options->cert_files != NULL, FALSE);
    cert = key = options->cert_files[number];
    if (options->key_files != NULL && number < g_strv_length(options->key_files) &&
        options->key_files[number][0] != '\0')
        key = options->key_files[number];
    if (!readable(cert, error) || !readable(key, error))
        return FALSE;
    code = gnutls_certificate_set_x509_key_file2(cred, cert, key, GNUTLS_X509_FMT_PEM,
                                                 options->key_password, 0);
    if (code < 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s: %s", cert, gnutls_strerror(code));
        return FALSE;
    }
    return TRUE;
}

static gboolean
load_authorities(gnutls_certificate_credentials_t cred, const Options *options, GError **error)
{
    int code = 0;

    if (is_set(options->ca_file)) {
        if (!readable(options->ca_file, error))
            return FALSE;
        code = gnutls_certificate_set_x509_trust_file(cred, options->ca_file, GNUTLS_X509_FMT_PEM);
        if (code <= 0) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s: %s", options->ca_file,
                        code < 0 ? gnutls_strerror(code) : "no certificate in it");
            return FALSE;
        }
    }
    if (is_set(options->ca_path)) {
        if (!readable(options->ca_path, error))
            return FALSE;
        code = gnutls_certificate_set_x509_trust_dir(cred, options->ca_path, GNUTLS_X509_FMT_PEM);
        if (code < 0)
            return tw_tls_error(error, code, options->ca_path);
    }
    return TRUE;
}

static gboolean
load_identity(Identity *identity, const Options *options, guint number, GError **error)
{
    gnutls_x509_crt_t *chain = NULL;
    unsigned chain_len = 0;
    int code = gnutls_certificate_allocate_credentials(&identity->cred);

    if (code < 0)
        return tw_tls_error(error, code, "allocating credentials");
    if (!load_certificate(identity->cred, options, number, error) ||
        !load_authorities(identity->cred, options, error))
        return FALSE;
    code = gnutls_certificate_get_x509_crt(identity->cred, 0, &chain, &chain_len);
    if (code < 0 || chain_len == 0)
        return tw_tls_error(error, code < 0 ? code : GNUTLS_E_NO_CERTIFICATE_FOUND,
                            options->cert_files[number]);
    identity->cert = chain[0];
    for (unsigned i = 1; i < chain_len; i++)
        gnutls_x509_crt_deinit(chain[i]);
    gnutls_free(chain);
    return TRUE;
}

/* Whether a client that asks for the first name of one certificate could as well be shown the other. */
static gboolean
are_twins(gnutls_x509_crt_t cert, gnutls_x509_crt_t other)
{
    char name[256];
    size_t len = sizeof name - 1;

    if (gnutls_x509_crt_get_subject_alt_name(cert, 0, name, &len, NULL) != GNUTLS_SAN_DNSNAME)
        return FALSE;
    name[len] = '\0';
    if (name[0] == '*')
        name[0] = 'x';
    return gnutls_x509_crt_check_hostname(other, name) != 0;
}

static gboolean
load_identities(Snapshot *snapshot, const Options *options, GError **error)
{
    guint count = g_strv_length(options->cert_files);

    g_return_val_if_fail(count > 0, FALSE);
    snapshot->identities = g_new0(Identity, count);
    snapshot->count = count;
    for (guint i = 0; i < count; i++) {
        if (!load_identity(&snapshot->identities[i], options, i, error))
            return FALSE;
    }
    for (guint i = 0; i < count; i++) {
        for (guint k = 0; k < count; k++) {
            if (k != i && are_twins(snapshot->identities[i].cert, snapshot->identities[k].cert) &&
                !load_certificate(snapshot->identities[i].cred, options, k, error))
                return FALSE;
        }
    }
    return TRUE;
}

static Snapshot *
snapshot_new(const Options *options, GError **error)
{
    g_autoptr(Snapshot) snapshot = g_atomic_rc_box_new0(Snapshot);
    g_autofree char *priority = NULL;
    const char *bad = NULL;
    int code;

    snapshot->client_cert = options->o.client_cert;
    snapshot->alpn = g_strdupv(options->alpn);
    if (!load_identities(snapshot, options, error))
        return NULL;
    priority = tw_tls_priority(options->min_proto, options->ciphers, options->curves,
                               !options->o.client_order, error);
    if (priority == NULL)
        return NULL;
    code = gnutls_priority_init2(&snapshot->priority, priority, &bad, 0);
    if (code < 0) {
        snapshot->priority = NULL;
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "cipher list '%s': %s at '%.40s'", priority,
                    gnutls_strerror(code), bad != NULL ? bad : "");
        return NULL;
    }
    return g_steal_pointer(&snapshot);
}

/* --- server ----------------------------------------------------------------------------------------------------- */

static void
options_clear(Options *options)
{
    g_strfreev(options->cert_files);
    g_strfreev(options->key_files);
    g_strfreev(options->alpn);
    if (options->key_password != NULL)
        gnutls_memset(options->key_password, 0, strlen(options->key_password));
    g_free(options->key_password);
    g_free(options->ca_file);
    g_free(options->ca_path);
    g_free(options->min_proto);
    g_free(options->ciphers);
    g_free(options->curves);
    *options = (Options){ 0 };
}

static char **
copy_strings(const char *const *from)
{
    g_autoptr(GPtrArray) copy = g_ptr_array_new();

    if (from == NULL)
        return NULL;
    for (; *from != NULL; from++)
        g_ptr_array_add(copy, g_strdup(*from));
    g_ptr_array_add(copy, NULL);
    return (char **) g_ptr_array_steal(copy, NULL);
}

static Options
options_copy(const TwTlsOptions *o)
{
    Options copy = {
        .o = *o,
        .cert_files = copy_strings(o->cert_files),
        .key_files = copy_strings(o->key_files),
        .alpn = copy_strings(o->alpn),
        .key_password = g_strdup(o->key_password),
        .ca_file = g_strdup(o->ca_file),
        .ca_path = g_strdup(o->ca_path),
        .min_proto = g_strdup(o->min_proto),
        .ciphers = g_strdup(o->ciphers),
        .curves = g_strdup(o->curves),
    };

    copy.o.cert_files = (const char *const *) copy.cert_files;
    copy.o.key_files = (const char *const *) copy.key_files;
    copy.o.alpn = (const char *const *) copy.alpn;
    copy.o.key_password = copy.key_password;
    copy.o.ca_file = copy.ca_file;
    copy.o.ca_path = copy.ca_path;
    copy.o.min_proto = copy.min_proto;
    copy.o.ciphers = copy.ciphers;
    copy.o.curves = copy.curves;
    return copy;
}

TwTlsServer *
tw_tls_server_new(const TwTlsOptions *options, GError **error)
{
    Options copy;
    Snapshot *snapshot;
    TwTlsServer *server;

    g_return_val_if_fail(options->cert_files != NULL && options->cert_files[0] != NULL, NULL);
    copy = options_copy(options);
    snapshot = snapshot_new(&copy, error);
    if (snapshot == NULL) {
        options_clear(&copy);
        return NULL;
    }
    server = g_new0(TwTlsServer, 1);
    server->refs = 1;
    g_mutex_init(&server->lock);
    server->options = copy;
    server->snapshot = snapshot;
    server->tickets = ticket_key_new();
    return server;
}

TwTlsServer *
tw_tls_server_ref(TwTlsServer *server)
{
    g_atomic_int_inc(&server->refs);
    return server;
}

void
tw_tls_server_unref(TwTlsServer *server)
{
    if (server == NULL || !g_atomic_int_dec_and_test(&server->refs))
        return;
    snapshot_unref(server->snapshot);
    ticket_key_unref(server->tickets);
    options_clear(&server->options);
    g_mutex_clear(&server->lock);
    g_free(server);
}

gboolean
tw_tls_server_reload(TwTlsServer *server, const TwTlsOptions *options, GError **error)
{
    Options copy;
    Snapshot *snapshot;

    /* Files are read outside the lock; of two reloads at once the one that ends later counts. */
    g_mutex_lock(&server->lock);
    copy = options_copy(options != NULL ? options : &server->options.o);
    g_mutex_unlock(&server->lock);
    snapshot = snapshot_new(&copy, error);
    if (snapshot == NULL) {
        options_clear(&copy);
        return FALSE;
    }
    g_mutex_lock(&server->lock);
    {
        Options old_options = server->options;
        Snapshot *old = server->snapshot;

        server->options = copy;
        server->snapshot = snapshot;
        copy = old_options;
        snapshot = old;
    }
    g_mutex_unlock(&server->lock);
    options_clear(&copy);
    snapshot_unref(snapshot);
    return TRUE;
}

/* --- sessions --------------------------------------------------------------------------------------------------- */

static gint64
ticket_lifetime_us(const TwTlsServer *server)
{
    guint seconds = server->options.o.ticket_rotate_s;

    return (gint64) (seconds != 0 ? seconds : 43200) * G_USEC_PER_SEC;
}

static void
take_snapshot(TwTlsServer *server, TwTlsSession *tls)
{
    g_mutex_lock(&server->lock);
    if (g_get_monotonic_time() - server->tickets->born_us > ticket_lifetime_us(server)) {
        ticket_key_unref(server->tickets);
        server->tickets = ticket_key_new();
    }
    tls->snapshot = g_atomic_rc_box_acquire(server->snapshot);
    tls->tickets = g_atomic_rc_box_acquire(server->tickets);
    g_mutex_unlock(&server->lock);
}

static int
set_alpn(gnutls_session_t session, char **alpn)
{
    gnutls_datum_t names[ALPN_MAX];
    guint count = 0;

    for (; alpn != NULL && alpn[count] != NULL && count < ALPN_MAX; count++)
        names[count] = (gnutls_datum_t){ (guint8 *) alpn[count], (unsigned) strlen(alpn[count]) };
    return count > 0
               ? gnutls_alpn_set_protocols(session, names, count, GNUTLS_ALPN_SERVER_PRECEDENCE)
               : 0;
}

/* GnuTLS itself compares names letter by letter and knows no wildcards. */
static int
choose_identity(gnutls_session_t session)
{
    const Snapshot *snapshot = gnutls_session_get_ptr(session);
    char name[256];
    size_t len = sizeof name - 1;
    unsigned type;

    if (gnutls_server_name_get(session, name, &len, &type, 0) < 0 || type != GNUTLS_NAME_DNS)
        return 0;
    name[len] = '\0';
    for (guint i = 0; i < snapshot->count; i++) {
        if (gnutls_x509_crt_check_hostname(snapshot->identities[i].cert, name))
            return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                                          snapshot->identities[i].cred);
    }
    return 0;
}

static int
set_up_session(TwTlsSession *tls)
{
    const Snapshot *snapshot = tls->snapshot;
    int code = gnutls_priority_set(tls->session, snapshot->priority);

    if (code >= 0)
        code = gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE,
                                      snapshot->identities[0].cred);
    gnutls_session_set_ptr(tls->session, tls->snapshot);
    if (snapshot->count > 1)
        gnutls_handshake_set_post_client_hello_function(tls->session, choose_identity);
    if (code >= 0 && tls->tickets->key.data != NULL)
        code = gnutls_session_ticket_enable_server(tls->session, &tls->tickets->key);
    if (code >= 0)
        code = set_alpn(tls->session, snapshot->alpn);
    if (code < 0)
        return code;
    switch (snapshot->client_cert) {
    case TW_TLS_CLIENT_CERT_NONE:
        break;
    case TW_TLS_CLIENT_CERT_REQUEST:
        gnutls_certificate_server_set_request(tls->session, GNUTLS_CERT_REQUEST);
        break;
    case TW_TLS_CLIENT_CERT_REQUIRE:
        gnutls_certificate_server_set_request(tls->session, GNUTLS_CERT_REQUIRE);
        gnutls_session_set_verify_cert(tls->session, NULL, 0);
        break;
    }
    return 0;
}

TwTlsSession *
tw_tls_session_new(TwTlsServer *server, int fd, GError **error)
{
    TwTlsSession *tls = g_new0(TwTlsSession, 1);
    int code;

    take_snapshot(server, tls);
    code = gnutls_init(&tls->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
    if (code < 0)
        tls->session = NULL;
    else
        code = set_up_session(tls);
    if (code < 0) {
        tw_tls_error(error, code, "setting up TLS");
        tw_tls_session_free(tls);
        return NULL;
    }
    gnutls_transport_set_int(tls->session, fd);
    /* our own timers count */
    gnutls_handshake_set_timeout(tls->session, 0);
    return tls;
}

void
tw_tls_session_free(TwTlsSession *tls)
{
    if (tls == NULL)
        return;
    if (tls->session != NULL)
        gnutls_deinit(tls->session);
    snapshot_unref(tls->snapshot);
    ticket_key_unref(tls->tickets);
    g_free(tls);
}

TwHandshake
tw_tls_session_handshake(TwTlsSession *tls, GError **error)
{
    for (guint i = 0; i < 16; i++) {
        int code = gnutls_handshake(tls->session);

        if (code == GNUTLS_E_SUCCESS)
            return TW_HANDSHAKE_DONE;
        if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED)
            return tw_tls_session_wants_write(tls) ? TW_HANDSHAKE_WRITE : TW_HANDSHAKE_READ;
        if (gnutls_error_is_fatal(code)) {
            (void) gnutls_alert_send_appropriate(tls->session, code);
            tw_tls_error(error, code, "TLS handshake");
            return TW_HANDSHAKE_FAILED;
        }
    }
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "TLS handshake: too many warnings");
    return TW_HANDSHAKE_FAILED;
}

gboolean
tw_tls_session_wants_write(const TwTlsSession *tls)
{
    return gnutls_record_get_direction(tls->session) == 1;
}

gssize
tw_tls_session_read(TwTlsSession *tls, guint8 *data, gsize n, GError **error)
{
    for (guint i = 0; i < 16; i++) {
        gssize got = gnutls_record_recv(tls->session, data, n);

        if (got >= 0)
            return got;
        if (got == GNUTLS_E_AGAIN)
            return TW_IO_WAIT;
        /* Half of all clients close without saying so; a door knows from its own grammar whether something is missing. */
        if (got == GNUTLS_E_PREMATURE_TERMINATION)
            return 0;
        if (got != GNUTLS_E_INTERRUPTED && got != GNUTLS_E_WARNING_ALERT_RECEIVED) {
            tw_tls_error(error, (int) got, "reading TLS");
            return TW_IO_DEAD;
        }
    }
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "reading TLS: too many warnings");
    return TW_IO_DEAD;
}

gssize
tw_tls_session_send(TwTlsSession *tls, const guint8 *data, gsize n, GError **error)
{
    gssize sent;

    n = tls->unsent > 0 ? tls->unsent : MIN(n, 16384);
    do
        sent = tls->unsent > 0 ? gnutls_record_send(tls->session, NULL, 0)
                               : gnutls_record_send(tls->session, data, n);
    while (sent == GNUTLS_E_INTERRUPTED);
    if (sent == GNUTLS_E_AGAIN) {
        tls->unsent = n;
        return TW_IO_WAIT;
    }
    tls->unsent = 0;
    if (sent > 0)
        return sent;
    tw_tls_error(error, (int) sent, "sending TLS");
    return TW_IO_DEAD;
}

void
tw_tls_session_bye(TwTlsSession *tls)
{
    if (tls->unsent == 0)
        (void) gnutls_bye(tls->session, GNUTLS_SHUT_WR);
}

gnutls_session_t
tw_tls_session_get(const TwTlsSession *tls)
{
    return tls->session;
}
