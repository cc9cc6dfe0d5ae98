/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What do the workers, wants and timers of net/ cost? A line of 64 bytes is echoed over 64 connections, by us and by a bare
 * epoll loop that reads and writes and knows nothing else; the clients are a process of their own.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "net/conn.h"
#include "net/listener.h"
#include "net/loop.h"

enum {
    CONNECTIONS = 64,
    LINE = 64
};

typedef struct {
    int control[2]; /* the client writes one count for each second it was asked to run */
    pid_t client;
} Run;

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
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* Each connection has one line under way. For each byte on the control socket: echoes counted for half a second. */
static void
client_main(guint16 port, int control)
{
    char line[LINE], data[4096];
    int epoll_fd = epoll_create1(0);
    double asked;

    memset(line, 'x', sizeof line);
    line[LINE - 1] = '\n';
    for (int i = 0; i < CONNECTIONS; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.fd = connect_to(port) };
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event.data.fd, &event);
        if (write(event.data.fd, line, LINE) != LINE)
            g_error("write");
    }
    while (read(control, &asked, sizeof asked) == sizeof asked) {
        double start = bench_now(), echoes = 0, rate;

        while (bench_now() - start < asked) {
            struct epoll_event events[CONNECTIONS];
            int n = epoll_wait(epoll_fd, events, CONNECTIONS, 1000);
            for (int i = 0; i < n; i++) {
                if (read(events[i].data.fd, data, sizeof data) != LINE ||
                    write(events[i].data.fd, line, LINE) != LINE)
                    g_error("the echo is wrong");
                echoes++;
            }
        }
        rate = echoes / (bench_now() - start);
        if (write(control, &rate, sizeof rate) != sizeof rate)
            break;
    }
    _exit(0);
}

static Run
client_start(guint16 port)
{
    Run run;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, run.control) < 0)
        g_error("socketpair");
    run.client = fork();
    if (run.client == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(run.control[0]);
        client_main(port, run.control[1]);
    }
    close(run.control[1]);
    return run;
}

static void
client_end(Run *run)
{
    /* not only closed: a client forked later holds a copy */
    shutdown(run->control[0], SHUT_RDWR);
    close(run->control[0]);
    waitpid(run->client, NULL, 0);
}

static double
measure(Run *run, double seconds)
{
    double rate;

    if (write(run->control[0], &seconds, sizeof seconds) != sizeof seconds ||
        read(run->control[0], &rate, sizeof rate) != sizeof rate)
        g_error("the client is gone");
    return rate;
}

/* --- the bare loop ---------------------------------------------------------------------------------------------- */

static guint16
bare_listen(int *ret_fd)
{
    struct sockaddr_in addr = { .sin_family = AF_INET,
                                .sin_addr.s_addr = g_htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof addr;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *) &addr, sizeof addr) < 0 || listen(fd, 1024) < 0 ||
        getsockname(fd, (struct sockaddr *) &addr, &len) < 0)
        g_error("listen: %s", g_strerror(errno));
    *ret_fd = fd;
    return g_ntohs(addr.sin_port);
}

static gpointer
bare_main(gpointer data)
{
    int listen_fd = GPOINTER_TO_INT(data), epoll_fd = epoll_create1(0);
    struct epoll_event listen_event = { .events = EPOLLIN, .data.fd = listen_fd };
    static char bytes[65536];

    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &listen_event);
    for (;;) {
        struct epoll_event events[CONNECTIONS];
        int n = epoll_wait(epoll_fd, events, CONNECTIONS, -1);

        for (int i = 0; i < n; i++) {
            gssize got;
            if (events[i].data.fd == listen_fd) {
                int one = 1;
                struct epoll_event event = { .events = EPOLLIN,
                                             .data.fd =
                                                 accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK) };
                setsockopt(event.data.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event.data.fd, &event);
                continue;
            }
            got = read(events[i].data.fd, bytes, sizeof bytes);
            if (got <= 0 || write(events[i].data.fd, bytes, (gsize) got) != got)
                close(events[i].data.fd);
        }
    }
    return NULL;
}

/* --- ours ------------------------------------------------------------------------------------------------------- */

static void
echo_ready(TwConn *conn, TwCursor input)
{
    tw_conn_write(conn, input.next, input.left);
}

static const TwProtocol echo_protocol = { .name = "echo", .ready = echo_ready };

static BenchRate
rate_of(double rates[BENCH_RUNS])
{
    qsort(rates, BENCH_RUNS, sizeof *rates, bench_compare_doubles);
    return (BenchRate){ rates[BENCH_RUNS / 2], rates[0], rates[BENCH_RUNS - 1] };
}

int
main(void)
{
    TwListenOptions options = { .protocol = &echo_protocol };
    g_autoptr(GPtrArray) listeners = NULL;
    g_autoptr(GError) error = NULL;
    double ours[BENCH_RUNS], bare[BENCH_RUNS];
    int bare_fd;
    guint16 bare_port = bare_listen(&bare_fd);
    TwLoop *loop = tw_loop_new(NULL, &error);
    Run our_run, bare_run;

    if (loop == NULL || !tw_listener_open(loop, "127.0.0.1:0", &options, &listeners, &error))
        g_error("%s", error->message);
    /* the clients are forked before there are threads; connecting needs only the backlog */
    our_run = client_start(tw_listener_get_address(g_ptr_array_index(listeners, 0))->port);
    bare_run = client_start(bare_port);
    if (!tw_loop_start(loop, &error))
        g_error("%s", error->message);
    g_thread_unref(g_thread_new("bare", bare_main, GINT_TO_POINTER(bare_fd)));
    measure(&our_run, 0.1);
    measure(&bare_run, 0.1);
    for (int i = 0; i < BENCH_RUNS; i++) {
        ours[i] = measure(&our_run, 0.5);
        bare[i] = measure(&bare_run, 0.5);
    }
    bench_print("line echo, 64 connections", "lines", rate_of(ours), "a bare epoll loop",
                rate_of(bare));
    client_end(&our_run);
    client_end(&bare_run);
    (void) tw_loop_stop(loop, 1000);
    return 0;
}
