/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Crowds of bad clients: hundreds that dribble the beginning of something and never come to its end, and thousands of TLS
 * handshakes that are given up half way. All of them have to go, at their deadline or at once; who behaves is served all the
 * while; and afterwards descriptors, memory and the counts of peers are back where they were.
 *
 * TW_LONG=1 makes the crowds ten times as large.
 */
#include <malloc.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include "net/http-server.h"
#include "net/tls.h"
#include "tls-test.h"

enum {
    DRIBBLERS = 300,
    HANDSHAKES = 2000,
    AT_ONCE = 25,
    PER_PEER = 40,
    SHORT_MS = 200, /* the deadline that drops those who dribble */
    WORKERS = 2,
    /* A worker that did not yet need its two buffers may take them at any time; a leak of 200 bytes for each of a crowd is
     * more than that. */
    MEMORY_SLACK = WORKERS * (2 * (64 << 10)) + (16 << 10),
};

/* Of the sanitizers; without them malloc() itself is asked. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

typedef struct {
    char *folder, *file;
    TestCert ca, cert;
    TwTlsServer *tls;
    GByteArray *hello; /* what a client says first */
    TwHttpServer *http;
} World;

static World world;

static guint
times(guint count)
{
    return g_getenv("TW_LONG") != NULL ? count * 10 : count;
}

static gsize
used_memory(void)
{
    return __sanitizer_get_current_allocated_bytes != NULL
               ? __sanitizer_get_current_allocated_bytes()
               : mallinfo2().uordblks;
}

static guint
open_files(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint count = 0;

    while (g_dir_read_name(dir) != NULL)
        count++;
    return count;
}

/* Until the server holds so many connections. */
static void
settle(const TestServer *server, guint connections)
{
    gint64 until = g_get_monotonic_time() + (gint64) TEST_WAIT_MS * 1000;
    TwLoopStats stats;

    for (;;) {
        tw_loop_get_stats(server->loop, &stats);
        if (stats.connections == connections)
            return;
        if (g_get_monotonic_time() > until)
            g_error("%u connections, not %u", stats.connections, connections);
        g_thread_yield();
    }
}

/* --- the doors -------------------------------------------------------------------------------------------------- */

static void
line_accepted(TwConn *conn, gpointer data)
{
    (void) data;
    tw_conn_write_str(conn, "220 ready\r\n");
    tw_conn_want_line(conn, 4096);
}

static void
line_ready(TwConn *conn, TwCursor input)
{
    tw_conn_write(conn, input.next, input.left);
}

static void
line_timeout(TwConn *conn, TwConnTimeout which)
{
    (void) which;
    tw_conn_write_str(conn, "421 too slow\r\n");
}

static const TwProtocol line_protocol = {
    .name = "lines", .accepted = line_accepted, .ready = line_ready, .timeout = line_timeout
};

static void
handle_get(TwHttpRequest *request, gpointer data)
{
    TwHttpResponse *response = tw_http_response_new(200);
    g_autoptr(GBytes) body = g_bytes_new_static("served", 6);

    (void) data;
    tw_http_response_set_body(response, "text/plain", body);
    tw_http_request_respond(request, response);
}

typedef enum {
    DOOR_HTTP,
    DOOR_LINES,
    DOOR_TLS
} DoorKind;

/* Another listener of the server's loop, with these time limits; zeros: those of real life. */
static TwListener *
open_door(const TestServer *server, DoorKind kind, guint progress_ms, guint setup_ms)
{
    TwListenOptions options = { .protocol = &line_protocol };
    g_autoptr(GPtrArray) listeners = NULL;
    g_autoptr(GError) error = NULL;

    if (kind == DOOR_HTTP)
        tw_http_server_listen_options(world.http, &options);
    if (kind == DOOR_TLS)
        options.tls = world.tls;
    options.timeouts.progress_ms = progress_ms;
    options.setup_ms = setup_ms;
    tw_listener_open(server->loop, loopback_any_port(), &options, &listeners, &error);
    g_assert_no_error(error);
    return g_ptr_array_index(listeners, 0);
}

/* --- one who behaves -------------------------------------------------------------------------------------------- */

typedef struct {
    DoorKind kind;
    int fd;
    TestTls tls;
} Guest;

static Guest
guest_come(DoorKind kind, TwListener *listener)
{
    Guest guest = { .kind = kind, .fd = test_connect_to(tw_listener_get_address(listener)) };
    TestTlsOptions options = { .server_name = "mail.example.org" };
    int code;

    if (kind == DOOR_TLS) {
        guest.tls = test_tls_start(guest.fd, &options, &code);
        g_assert_cmpint(code, ==, 0);
        test_tls_expect(&guest.tls, "220 ready\r\n");
    } else if (kind == DOOR_LINES) {
        test_expect(guest.fd, "220 ready\r\n");
    }
    return guest;
}

static void
guest_is_served(Guest *guest)
{
    char head[1024];
    gsize len = 0;

    switch (guest->kind) {
    case DOOR_LINES:
        test_send(guest->fd, "NOOP\r\n");
        test_expect(guest->fd, "NOOP\r\n");
        break;
    case DOOR_TLS:
        test_tls_send(&guest->tls, "NOOP\r\n");
        test_tls_expect(&guest->tls, "NOOP\r\n");
        break;
    case DOOR_HTTP:
        test_send(guest->fd, "GET /get HTTP/1.1\r\nHost: mail.example.org\r\n\r\n");
        do {
            gsize got = test_read(guest->fd, head + len, sizeof head - 1 - len);

            g_assert_cmpuint(got, >, 0);
            len += got;
            head[len] = '\0';
        } while (!g_str_has_suffix(head, "\r\n\r\nserved"));
        g_assert_true(g_str_has_prefix(head, "HTTP/1.1 200 OK\r\n"));
        break;
    }
}

static void
guest_go(Guest *guest)
{
    if (guest->kind == DOOR_TLS)
        test_tls_end(&guest->tls);
    else
        (void) close(guest->fd);
}

/* --- those who dribble ------------------------------------------------------------------------------------------ */

typedef struct {
    guint count, open;
    struct pollfd *fds;
    GString **heard;
    const guint8 *script; /* what they begin; its last byte is repeated, or, of TLS, never said */
    gsize script_len, said;
    gboolean repeats;
} Crowd;

static Crowd
crowd_come(DoorKind kind, TwListener *listener)
{
    static const char http[] = "GET /get HTTP/1.1\r\nHost: mail.example.org\r\nX-Slow: a";
    static const char line[] = "EHLO a";
    Crowd crowd = { .count = times(DRIBBLERS), .repeats = kind != DOOR_TLS };

    crowd.script = kind == DOOR_HTTP  ? (const guint8 *) http
                   : kind == DOOR_TLS ? world.hello->data
                                      : (const guint8 *) line;
    crowd.script_len = kind == DOOR_HTTP  ? sizeof http - 1
                       : kind == DOOR_TLS ? world.hello->len
                                          : sizeof line - 1;
    crowd.open = crowd.count;
    crowd.fds = g_new0(struct pollfd, crowd.count);
    crowd.heard = g_new0(GString *, crowd.count);
    for (guint i = 0; i < crowd.count; i++) {
        crowd.fds[i].fd = test_connect_to(tw_listener_get_address(listener));
        crowd.fds[i].events = POLLIN;
        crowd.heard[i] = g_string_new(NULL);
    }
    return crowd;
}

/* What one of them hears; at the end it goes. */
static void
listen_to(Crowd *crowd, guint i)
{
    struct pollfd *p = &crowd->fds[i];
    char data[512];
    gssize got;

    if (p->fd < 0 || p->revents == 0)
        return;
    got = recv(p->fd, data, sizeof data, MSG_DONTWAIT);
    if (got > 0) {
        g_string_append_len(crowd->heard[i], data, got);
        return;
    }
    (void) close(p->fd);
    p->fd = -1;
    crowd->open--;
}

/* One byte of each; then a moment for what comes back, which also keeps them slower than a client may be. */
static void
crowd_dribble(Crowd *crowd)
{
    gsize at = MIN(crowd->said, crowd->script_len - 1);

    for (guint i = 0; i < crowd->count && (at + 1 < crowd->script_len || crowd->repeats); i++) {
        /* one whom the server has left already fails here, and hears it below */
        if (crowd->fds[i].fd >= 0)
            (void) send(crowd->fds[i].fd, crowd->script + at, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    crowd->said++;
    (void) poll(crowd->fds, crowd->count, 1);
    for (guint i = 0; i < crowd->count; i++)
        listen_to(crowd, i);
}

static void
crowd_go(Crowd *crowd)
{
    for (guint i = 0; i < crowd->count; i++) {
        if (crowd->fds[i].fd >= 0)
            (void) close(crowd->fds[i].fd);
        g_string_free(crowd->heard[i], TRUE);
    }
    g_free(crowd->fds);
    g_free(crowd->heard);
}

/* While their time is not over, they cost others nothing. */
static void
dribble_in_time(const TestServer *server, DoorKind kind)
{
    TwListener *listener = open_door(server, kind, 0, 0);
    Crowd crowd = crowd_come(kind, listener);
    Guest guest = guest_come(kind, listener);
    TwLoopStats stats;

    for (int round = 0; round < 20; round++) {
        crowd_dribble(&crowd);
        guest_is_served(&guest);
    }
    tw_loop_get_stats(server->loop, &stats);
    g_assert_cmpuint(stats.connections, ==, crowd.count + 1);
    g_assert_cmpuint(crowd.open, ==, crowd.count);
    guest_go(&guest);
    crowd_go(&crowd);
    settle(server, 0);
}

/* When it is over they are dropped, however busily they dribble on, and each is told why if the protocol has words for it. */
static void
dribble_for_ever(const TestServer *server, DoorKind kind)
{
    static const char *const last_words[] = { [DOOR_HTTP] = "HTTP/1.1 408 Request Timeout\r\n",
                                              [DOOR_LINES] = "220 ready\r\n421 too slow\r\n",
                                              [DOOR_TLS] = "" };
    TwListener *calm = open_door(server, kind, 0, 0);
    Guest guest = guest_come(kind, calm);
    Crowd crowd = crowd_come(kind, open_door(server, kind, SHORT_MS, SHORT_MS));
    gint64 until = g_get_monotonic_time() + (gint64) TEST_WAIT_MS * 3000;

    while (crowd.open > 0) {
        crowd_dribble(&crowd);
        guest_is_served(&guest);
        if (g_get_monotonic_time() > until)
            g_error("%u of them are still there", crowd.open);
    }
    for (guint i = 0; i < crowd.count; i++) {
        if (kind == DOOR_TLS)
            g_assert_cmpuint(crowd.heard[i]->len, ==, 0);
        else
            g_assert_true(g_str_has_prefix(crowd.heard[i]->str, last_words[kind]));
    }
    settle(server, 1);
    guest_is_served(&guest);
    guest_go(&guest);
    crowd_go(&crowd);
    settle(server, 0);
}

static void
test_dribblers(gconstpointer data)
{
    DoorKind kind = (DoorKind) GPOINTER_TO_INT(data);
    TwListenOptions options = { .protocol = &line_protocol };
    TwLoopOptions loop_options = { .max_workers = WORKERS };
    TwHttpServerOptions http_options = { .timeouts = { .progress_ms = SHORT_MS } };
    const TwHttpRoute route = { .prefix = "/get", .methods = "GET", .handler = handle_get };
    TestServer server = test_server_new(&options, &loop_options);
    gsize memory = 0;
    guint files = 0;

    for (int round = 0; round < 3; round++) {
        /* two servers, as HTTP sets the limits of its connections itself */
        world.http = tw_http_server_new(NULL);
        tw_http_server_add_route(world.http, &route);
        dribble_in_time(&server, kind);
        tw_http_server_free(world.http);
        world.http = tw_http_server_new(&http_options);
        tw_http_server_add_route(world.http, &route);
        dribble_for_ever(&server, kind);
        tw_http_server_free(world.http);
        if (round == 0) {
            /* slots, workers' buffers and the like are there now; listeners opened later are counted */
            files = open_files();
            memory = used_memory();
        }
    }
    g_assert_cmpuint(open_files(), ==, files + 2 * 3);
    g_assert_cmpuint(used_memory(), <, memory + MEMORY_SLACK);
    test_server_free(&server);
}

/* --- handshakes ------------------------------------------------------------------------------------------------- */

static gssize
keep_bytes(gnutls_transport_ptr_t to, const void *data, size_t len)
{
    g_byte_array_append(to, data, (guint) len);
    return (gssize) len;
}

static gssize
nothing_comes(gnutls_transport_ptr_t from, void *data, size_t len)
{
    (void) from;
    (void) data;
    (void) len;
    errno = EAGAIN;
    return -1;
}

static GByteArray *
make_hello(void)
{
    GByteArray *hello = g_byte_array_new();
    gnutls_certificate_credentials_t cred;
    gnutls_session_t session;

    TEST_TLS_OK(gnutls_certificate_allocate_credentials(&cred));
    TEST_TLS_OK(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK));
    TEST_TLS_OK(gnutls_set_default_priority(session));
    TEST_TLS_OK(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, cred));
    gnutls_transport_set_ptr(session, hello);
    gnutls_transport_set_push_function(session, keep_bytes);
    gnutls_transport_set_pull_function(session, nothing_comes);
    gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
    g_assert_cmpint(gnutls_handshake(session), ==, GNUTLS_E_AGAIN);
    g_assert_cmpuint(hello->len, >, 64);
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(cred);
    return hello;
}

/* The next close() resets the connection. */
static void
make_rude(int fd)
{
    const struct linger none = { .l_onoff = 1, .l_linger = 0 };

    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none), ==, 0);
}

/* One that will not come to its end: it says less than its hello, all of it, something else behind it, or is gone as soon as
 * it has the certificate. */
static int
begin_handshake(const TestServer *server, guint number)
{
    int fd = test_connect(server);
    gsize cut = number * 7 % (world.hello->len + 1);
    char data[64];

    switch (number % 8) {
    case 0:
        test_send_bytes(fd, world.hello->data, world.hello->len);
        g_assert_cmpuint(test_read(fd, data, sizeof data), >, 0);
        break;
    case 1:
        test_send_bytes(fd, world.hello->data, world.hello->len);
        break;
    case 2:
        test_send_bytes(fd, world.hello->data, cut);
        (void) send(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, MSG_NOSIGNAL);
        break;
    default:
        test_send_bytes(fd, world.hello->data, cut);
    }
    if (number / 8 % 2 == 0)
        make_rude(fd);
    return fd;
}

static void
churn(const TestServer *server, guint count)
{
    TestTlsOptions options = { .server_name = "mail.example.org" };
    int fds[AT_ONCE];

    for (guint done = 0; done < count; done += AT_ONCE) {
        TestTls whole;
        int code;

        for (guint i = 0; i < AT_ONCE; i++)
            fds[i] = begin_handshake(server, done + i);
        /* among them, one that means it, and then is lost as well */
        whole = test_tls_start(test_connect(server), &options, &code);
        g_assert_cmpint(code, ==, 0);
        test_tls_send(&whole, "NOOP\r\n");
        test_tls_expect(&whole, "220 ready\r\nNOOP\r\n");
        make_rude(whole.fd);
        test_tls_end(&whole);
        for (guint i = 0; i < AT_ONCE; i++)
            (void) close(fds[i]);
        settle(server, 0);
    }
}

static void
count_refused(TwLoopEvent event, const TwAddress *peer, const GError *error, gpointer data)
{
    (void) peer;
    (void) error;
    if (event == TW_LOOP_EVENT_REFUSED_PEER)
        test_gate_open(data);
}

/* From another address than all others. */
static int
connect_as_other(const TestServer *server)
{
    struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002) };
    struct sockaddr_storage to;
    socklen_t len = tw_address_to_sockaddr(tw_listener_get_address(server->listener), &to);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *) &from, sizeof from), ==, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *) &to, len), ==, 0);
    return fd;
}

/* One peer gets PER_PEER handshakes and no more, which keeps nobody else out. */
static void
fill_peer(const TestServer *server, TestGate *refused)
{
    TestTlsOptions options = { .server_name = "mail.example.org" };
    int before = test_gate_count(refused), fds[PER_PEER + 10], code;
    TestTls other;

    for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = test_connect(server);
        if (i >= PER_PEER)
            test_expect_end(fds[i]);
        else
            test_send_bytes(fds[i], world.hello->data, 1 + i);
    }
    g_assert_cmpint(test_gate_count(refused), ==, before + 10);
    if (!loopback_is_6()) { /* which has one address only */
        other = test_tls_start(connect_as_other(server), &options, &code);
        g_assert_cmpint(code, ==, 0);
        test_tls_expect(&other, "220 ready\r\n");
        test_tls_end(&other);
    }
    for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
        (void) close(fds[i]);
    settle(server, 0);
}

static void
test_handshakes(void)
{
    TestGate refused = { .count = 0 };
    TwListenOptions options = { .protocol = &line_protocol, .tls = world.tls };
    TwLoopOptions loop_options = { .max_workers = WORKERS,
                                   .max_per_peer = PER_PEER,
                                   .event_func = count_refused,
                                   .event_data = &refused };
    TestServer server = test_server_new(&options, &loop_options);
    TwLoopStats stats;
    gsize memory;
    guint files;

    churn(&server, 8 * AT_ONCE);
    files = open_files();
    memory = used_memory();
    churn(&server, times(HANDSHAKES));
    g_assert_cmpuint(open_files(), ==, files);
    g_assert_cmpuint(used_memory(), <, memory + MEMORY_SLACK);
    tw_loop_get_stats(server.loop, &stats);
    g_assert_cmpuint(stats.refused, ==, 0);
    for (int round = 0; round < 3; round++)
        fill_peer(&server, &refused);
    test_server_free(&server);
}

/* --- the world -------------------------------------------------------------------------------------------------- */

static void
world_make(void)
{
    const char *files[] = { NULL, NULL };
    TwTlsOptions options = { .cert_files = files };
    g_autoptr(GError) error = NULL;
    struct rlimit limit;

    (void) getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    (void) setrlimit(RLIMIT_NOFILE, &limit);
    world.folder = g_dir_make_tmp("twiga-load-XXXXXX", &error);
    g_assert_no_error(error);
    world.ca = test_cert_new("Test CA", NULL, NULL);
    world.cert = test_cert_new("mail.example.org", &world.ca, GNUTLS_KP_TLS_WWW_SERVER);
    files[0] = world.file = test_cert_write(&world.cert, world.folder, "host.pem", TRUE);
    world.tls = tw_tls_server_new(&options, &error);
    g_assert_no_error(error);
    world.hello = make_hello();
}

static void
world_remove(void)
{
    tw_tls_server_unref(world.tls);
    (void) g_unlink(world.file);
    (void) g_rmdir(world.folder);
    test_cert_clear(&world.cert);
    test_cert_clear(&world.ca);
    g_byte_array_unref(world.hello);
    g_free(world.file);
    g_free(world.folder);
}

int
main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    world_make();
    g_test_add_data_func("/net/load/dribble/http-head", GINT_TO_POINTER(DOOR_HTTP), test_dribblers);
    g_test_add_data_func("/net/load/dribble/line", GINT_TO_POINTER(DOOR_LINES), test_dribblers);
    g_test_add_data_func("/net/load/dribble/handshake", GINT_TO_POINTER(DOOR_TLS), test_dribblers);
    g_test_add_func("/net/load/handshakes", test_handshakes);
    result = g_test_run();
    world_remove();
    return result;
}
