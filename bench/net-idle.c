/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What does an idle connection cost? 10,000 of them, which have spoken once and wait; resident bytes of the server process
 * each, without and with TLS. The clients are a process of their own. Limits: 4 KiB and 14 KiB.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "net/conn.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls.h"

enum {
    CONNECTIONS = 10000
};

static double
resident_bytes(void)
{
    g_autofree char *text = NULL;
    guint64 pages;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
        g_error("/proc/self/statm");
    pages = g_ascii_strtoull(strchr(text, ' ') + 1, NULL, 10);
    return (double) pages * (double) sysconf(_SC_PAGESIZE);
}

/* --- clients ---------------------------------------------------------------------------------------------------- */

static int
connect_to(guint16 port)
{
    struct sockaddr_in addr = { .sin_family = AF_INET,
                                .sin_port = g_htons(port),
                                .sin_addr.s_addr = g_htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *) &addr, sizeof addr) < 0)
        g_error("connect: %s", g_strerror(errno));
    /* else each handshake waits 40 ms for an acknowledgement */
    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void
talk(int fd)
{
    char data[16];

    if (write(fd, "hello\n", 6) != 6 || read(fd, data, 6) != 6)
        g_error("no echo");
}

static void
talk_tls(int fd, gnutls_certificate_credentials_t cred)
{
    gnutls_session_t session;
    char data[16];
    gssize got;
    int code;

    if (gnutls_init(&session, GNUTLS_CLIENT) < 0 || gnutls_set_default_priority(session) < 0 ||
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, cred) < 0)
        g_error("TLS");
    gnutls_transport_set_int(session, fd);
    do
        code = gnutls_handshake(session);
    while (code < 0 && !gnutls_error_is_fatal(code));
    if (code < 0 || gnutls_record_send(session, "hello\n", 6) != 6)
        g_error("handshake: %s", gnutls_strerror(code));
    do /* tickets come first, and are reported like that */
        got = gnutls_record_recv(session, data, 6);
    while (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED);
    if (got != 6)
        g_error("no echo: %s", gnutls_strerror((int) got));
    gnutls_deinit(session); /* the connection stays open */
}

static void
client_main(guint16 port, gboolean tls, int control)
{
    gnutls_certificate_credentials_t cred;
    char byte;

    gnutls_certificate_allocate_credentials(&cred);
    if (read(control, &byte, 1) != 1)
        _exit(1);
    for (int i = 0; i < CONNECTIONS; i++) {
        int fd = connect_to(port);
        if (tls)
            talk_tls(fd, cred);
        else
            talk(fd);
    }
    if (write(control, &byte, 1) != 1 || read(control, &byte, 1) != 0)
        _exit(1);
    _exit(0);
}

/* --- server ----------------------------------------------------------------------------------------------------- */

static void
echo_ready(TwConn *conn, TwCursor input)
{
    tw_conn_write(conn, input.next, input.left);
}

static const TwProtocol echo_protocol = { .name = "echo", .ready = echo_ready };

static char *
make_certificate(void)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t cert;
    gnutls_datum_t cert_pem, key_pem;
    guint8 serial = 1;
    char *path = NULL;
    g_autofree char *text = NULL;
    int fd = g_file_open_tmp("bench-XXXXXX.pem", &path, NULL);

    gnutls_x509_privkey_init(&key);
    gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    gnutls_x509_crt_init(&cert);
    gnutls_x509_crt_set_version(cert, 3);
    gnutls_x509_crt_set_serial(cert, &serial, 1);
    gnutls_x509_crt_set_activation_time(cert, time(NULL) - 60);
    gnutls_x509_crt_set_expiration_time(cert, time(NULL) + 86400);
    gnutls_x509_crt_set_key(cert, key);
    if (gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0) < 0 ||
        gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &cert_pem) < 0 ||
        gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &key_pem) < 0)
        g_error("certificate");
    text = g_strdup_printf("%s%s", cert_pem.data, key_pem.data);
    if (fd < 0 || write(fd, text, strlen(text)) != (gssize) strlen(text))
        g_error("certificate file");
    close(fd);
    return path;
}

static void
run(gboolean tls)
{
    g_autofree char *path = make_certificate();
    const char *files[] = { path, NULL };
    TwTlsOptions tls_options = { .cert_files = files };
    TwLoopOptions loop_options = { .max_per_peer = CONNECTIONS + 1 };
    TwConnTimeouts timeouts = { .idle_ms = 3600 * 1000 };
    TwListenOptions options = { .protocol = &echo_protocol, .timeouts = timeouts };
    g_autoptr(GPtrArray) listeners = NULL;
    g_autoptr(GError) error = NULL;
    TwLoop *loop = tw_loop_new(&loop_options, &error);
    double before, after, limit = tls ? 14336 : 4096;
    int control[2];
    char byte = 0;
    pid_t client;

    options.tls = tls ? tw_tls_server_new(&tls_options, &error) : NULL;
    if (loop == NULL || error != NULL ||
        !tw_listener_open(loop, "127.0.0.1:0", &options, &listeners, &error) ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, control) < 0)
        g_error("%s", error != NULL ? error->message : "socketpair");
    client = fork();
    if (client == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(control[0]);
        client_main(tw_listener_get_address(g_ptr_array_index(listeners, 0))->port, tls,
                    control[1]);
    }
    close(control[1]);
    if (!tw_loop_start(loop, &error))
        g_error("%s", error->message);
    before = resident_bytes();
    if (write(control[0], &byte, 1) != 1 || read(control[0], &byte, 1) != 1)
        g_error("the client failed");
    after = resident_bytes();
    g_print("%-44s %10.0f B resident each  %.2f of the limit (%.0f B)\n",
            tls ? "10,000 idle connections, TLS 1.3" : "10,000 idle connections",
            (after - before) / CONNECTIONS, (after - before) / CONNECTIONS / limit, limit);
    close(control[0]);
    waitpid(client, NULL, 0);
    (void) tw_loop_stop(loop, 1000);
    tw_loop_free(loop);
    tw_tls_server_unref(options.tls);
    (void) g_unlink(path);
}

int
main(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_max < CONNECTIONS + 100)
        g_error("too few descriptors allowed");
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    run(FALSE);
    run(TRUE);
    return 0;
}
