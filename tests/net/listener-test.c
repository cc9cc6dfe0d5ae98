/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/listener.h"

#include <glib/gstdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/error.h"
#include "net-test.h"

typedef struct {
    TestGate accept_failed, refused_total, refused_peer;
} Door;

static void
echo_ready(TwConn *conn, TwCursor input)
{
    tw_conn_write(conn, input.next, input.left);
}

static const TwProtocol echo_protocol = { .name = "echo", .ready = echo_ready };

static void
door_event(TwLoopEvent event, const TwAddress *peer, const GError *error, gpointer data)
{
    Door *door = data;

    (void) peer;
    if (event == TW_LOOP_EVENT_ACCEPT_FAILED) {
        g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
        test_gate_open(&door->accept_failed);
    } else if (event == TW_LOOP_EVENT_REFUSED_TOTAL) {
        test_gate_open(&door->refused_total);
    } else if (event == TW_LOOP_EVENT_REFUSED_PEER) {
        test_gate_open(&door->refused_peer);
    }
}

static void
expect_echo(int fd)
{
    test_send(fd, "ping\n");
    test_expect(fd, "ping\n");
}

static GPtrArray *
open_specs(TwLoop *loop, const char *specs, const TwListenOptions *options)
{
    TwListenOptions plain = { .protocol = &echo_protocol };
    g_autoptr(GError) error = NULL;
    GPtrArray *listeners = NULL;

    tw_listener_open(loop, specs, options != NULL ? options : &plain, &listeners, &error);
    g_assert_no_error(error);
    return listeners;
}

static void
test_families(void)
{
    g_autoptr(TwLoop) loop = tw_loop_new(NULL, NULL);
    g_autoptr(GPtrArray) listeners = open_specs(loop, "127.0.0.1:0  [::1]:0 *%lo:0", NULL);
    guint16 port;

    g_assert_cmpuint(listeners->len, ==, 4);
    g_assert_true(tw_loop_start(loop, NULL));
    for (guint i = 0; i < listeners->len; i++) {
        TwAddress address = *tw_listener_get_address(g_ptr_array_index(listeners, i));
        int fd;

        g_assert_cmpuint(address.port, !=, 0);
        if (i == 2) /* "::" */
            g_assert_true(tw_address_parse("::1", 3, &address));
        if (i == 3) /* "0.0.0.0" */
            g_assert_true(tw_address_parse("127.0.0.1", 9, &address));
        address.port = tw_listener_get_address(g_ptr_array_index(listeners, i))->port;
        fd = test_connect_to(&address);
        expect_echo(fd);
        (void) close(fd);
    }
    port = tw_listener_get_address(g_ptr_array_index(listeners, 2))->port;
    g_assert_cmpuint(tw_listener_get_address(g_ptr_array_index(listeners, 3))->port, ==, port);
    g_assert_true(tw_loop_stop(loop, 1000));
}

static void
test_in_use(void)
{
    g_autoptr(TwLoop) loop = tw_loop_new(NULL, NULL);
    g_autoptr(GPtrArray) first = open_specs(loop, "127.0.0.1:0", NULL), second = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *specs = NULL;
    char text[TW_ADDRESS_TEXT_MAX];
    TwListenOptions options = { .protocol = &echo_protocol };

    tw_address_format(tw_listener_get_address(g_ptr_array_index(first, 0)), TRUE, text);
    specs = g_strdup_printf("127.0.0.1:0 %s", text);
    g_assert_false(tw_listener_open(loop, specs, &options, &second, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_assert_nonnull(strstr(error->message, text));
    g_assert_null(second);
}

static void
test_bad_specs(void)
{
    /* the grammar itself is tested in base/ */
    static const char *const bad[] = { "localhost:143", "143", "unix:relative" };
    g_autoptr(TwLoop) loop = tw_loop_new(NULL, NULL);
    TwListenOptions options = { .protocol = &echo_protocol };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", bad[i]);
        g_assert_false(tw_listener_open(loop, bad[i], &options, NULL, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    }
    g_assert_true(tw_listener_open(loop, "", &options, NULL, NULL));
}

static int
connect_unix(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_strlcpy(addr.sun_path, path, sizeof addr.sun_path);
    if (connect(fd, (struct sockaddr *) &addr, sizeof addr) == 0)
        return fd;
    (void) close(fd);
    return -1;
}

static void
test_unix(void)
{
    g_autofree char *folder = g_dir_make_tmp("twiga-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "socket", NULL);
    g_autofree char *spec = g_strconcat("unix:", path, NULL);
    TwListenOptions options = { .protocol = &echo_protocol, .unix_mode = 0600 };
    TwLoop *loop = tw_loop_new(NULL, NULL), *other = tw_loop_new(NULL, NULL);
    g_autoptr(GPtrArray) listeners = NULL;
    g_autoptr(GError) error = NULL;
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    struct stat st;
    int fd;

    /* what a killed server leaves behind is replaced */
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    g_strlcpy(addr.sun_path, path, sizeof addr.sun_path);
    g_assert_cmpint(bind(fd, (struct sockaddr *) &addr, sizeof addr), ==, 0);
    (void) close(fd);

    listeners = open_specs(loop, spec, &options);
    g_assert_cmpstr(tw_listener_get_path(g_ptr_array_index(listeners, 0)), ==, path);
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_true(S_ISSOCK(st.st_mode));
    g_assert_cmpint(st.st_mode & 0777, ==, 0600);
    g_assert_true(tw_loop_start(loop, NULL));
    fd = connect_unix(path);
    expect_echo(fd);
    (void) close(fd);

    /* one in use is not */
    g_assert_false(tw_listener_open(other, spec, &options, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    fd = connect_unix(path);
    expect_echo(fd);
    (void) close(fd);

    g_assert_true(tw_loop_stop(loop, 1000));
    tw_loop_free(loop);
    g_assert_cmpint(stat(path, &st), <, 0);

    /* and a file is never taken away */
    g_clear_error(&error);
    g_assert_true(g_file_set_contents(path, "precious", -1, NULL));
    g_assert_false(tw_listener_open(other, spec, &options, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_assert_cmpint(stat(path, &st), ==, 0);
    tw_loop_free(other);
    (void) g_unlink(path);
    (void) g_rmdir(folder);
}

static void
test_adopt(void)
{
    g_autoptr(TwLoop) loop = tw_loop_new(NULL, NULL);
    TwListenOptions options = { .protocol = &echo_protocol };
    g_autoptr(GError) error = NULL;
    struct sockaddr_storage sa;
    TwAddress any;
    TwListener *listener;
    int fd = socket(AF_INET, SOCK_STREAM, 0), not_listening = socket(AF_INET, SOCK_STREAM, 0);

    g_assert_true(tw_address_parse("127.0.0.1", 9, &any));
    g_assert_cmpint(bind(fd, (struct sockaddr *) &sa, tw_address_to_sockaddr(&any, &sa)), ==, 0);
    g_assert_cmpint(listen(fd, 5), ==, 0);
    listener = tw_listener_adopt(loop, fd, &options, &error);
    g_assert_no_error(error);
    g_assert_true(tw_loop_start(loop, NULL));
    fd = test_connect_to(tw_listener_get_address(listener));
    expect_echo(fd);
    (void) close(fd);
    g_assert_null(tw_listener_adopt(loop, not_listening, &options, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_assert_true(tw_loop_stop(loop, 1000));
}

static void
test_limits(void)
{
    const struct {
        TwLoopOptions options;
        gboolean total;
    } cases[] = { { { .max_connections = 3 }, TRUE }, { { .max_per_peer = 3 }, FALSE } };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Door door = { 0 };
        TwListenOptions options = { .protocol = &echo_protocol, .busy_text = "busy\n" };
        TwLoopOptions loop_options = cases[i].options;
        TestServer server;
        TwLoopStats stats;
        int fds[3], fd;

        loop_options.event_func = door_event;
        loop_options.event_data = &door;
        server = test_server_new(&options, &loop_options);
        for (gsize k = 0; k < 3; k++) {
            fds[k] = test_connect(&server);
            expect_echo(fds[k]);
        }
        fd = test_connect(&server);
        test_expect(fd, "busy\n");
        test_expect_end(fd);
        (void) close(fd);
        test_gate_wait(cases[i].total ? &door.refused_total : &door.refused_peer, 1);
        tw_loop_get_stats(server.loop, &stats);
        g_assert_cmpuint(stats.connections, ==, 3);
        g_assert_cmpuint(stats.refused, ==, 1);
        /* one that goes makes room */
        (void) close(fds[0]);
        do {
            g_thread_yield();
            tw_loop_get_stats(server.loop, &stats);
        } while (stats.connections == 3);
        fds[0] = test_connect(&server);
        expect_echo(fds[0]);
        for (gsize k = 0; k < 3; k++)
            (void) close(fds[k]);
        test_server_free(&server);
    }
}

/* Without descriptors the listener rests instead of spinning, those who are served stay served, and those who wait
 * are accepted when there are descriptors again. */
static void
test_out_of_descriptors(void)
{
    Door door = { 0 };
    TwListenOptions options = { .protocol = &echo_protocol };
    TwLoopOptions loop_options = { .event_func = door_event, .event_data = &door };
    TestServer server = test_server_new(&options, &loop_options);
    struct rlimit saved, none;
    int served = test_connect(&server), waiting;
    int highest = 0;

    expect_echo(served);
    waiting = socket(loopback_is_6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* the limit at what is open now: the next descriptor, which accept() would take, is the first one too many */
    highest = fcntl(waiting, F_DUPFD_CLOEXEC, 0);
    (void) close(highest);
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &saved), ==, 0);
    none = saved;
    none.rlim_cur = (rlim_t) highest;
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
    {
        struct sockaddr_storage sa;
        socklen_t len = tw_address_to_sockaddr(tw_listener_get_address(server.listener), &sa);
        g_assert_cmpint(connect(waiting, (struct sockaddr *) &sa, len), ==, 0);
    }
    test_gate_wait(&door.accept_failed, 2); /* tried, rested, tried again */
    expect_echo(served);
    g_assert_cmpint(test_gate_count(&door.accept_failed), <, 1000);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &saved), ==, 0);
    expect_echo(waiting);
    (void) close(served);
    (void) close(waiting);
    test_server_free(&server);
}

static void
test_thousands(void)
{
    TwListenOptions options = { .protocol = &echo_protocol };
    TwLoopOptions loop_options = { .max_workers = 4 };
    TestServer server = test_server_new(&options, &loop_options);
    enum {
        N = 3000
    };
    struct rlimit files;
    g_autofree int *fds = g_new(int, N);
    TwLoopStats stats;

    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &files), ==, 0);
    files.rlim_cur = files.rlim_max;
    if (files.rlim_max < 2 * N + 100 || setrlimit(RLIMIT_NOFILE, &files) < 0) {
        g_test_skip("too few descriptors allowed");
        test_server_free(&server);
        return;
    }
    for (int i = 0; i < N; i++)
        fds[i] = test_connect(&server);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < N; i++)
            test_send(fds[i], "ping\n");
        for (int i = 0; i < N; i++)
            test_expect(fds[i], "ping\n");
    }
    tw_loop_get_stats(server.loop, &stats);
    g_assert_cmpuint(stats.connections, ==, N);
    for (int i = 0; i < N; i += 2)
        (void) close(fds[i]);
    for (int i = 1; i < N; i += 2)
        expect_echo(fds[i]);
    for (int i = 1; i < N; i += 2)
        (void) close(fds[i]);
    test_server_free(&server);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/listener/families", test_families);
    g_test_add_func("/net/listener/in-use", test_in_use);
    g_test_add_func("/net/listener/bad-specs", test_bad_specs);
    g_test_add_func("/net/listener/unix", test_unix);
    g_test_add_func("/net/listener/adopt", test_adopt);
    g_test_add_func("/net/listener/limits", test_limits);
    g_test_add_func("/net/listener/out-of-descriptors", test_out_of_descriptors);
    g_test_add_func("/net/listener/thousands", test_thousands);
    return g_test_run();
}
