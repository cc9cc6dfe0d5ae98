/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * HTTP keep-alive GET of 1 KiB over 64 connections: ours beside libmicrohttpd's epoll pool of two threads, in turns: once
 * answered by those threads themselves, and once handed to workers, as ours are, where a handler may wait. Then the same
 * load on a loop that holds 8,000 parked long polls, beside a loop without them, and what memory each of these takes. The
 * clients are a process of their own, forked before any thread is started. First all share the processors, as on a machine
 * that does other work too; then the clients have the last one and the servers the others, which leaves the clients' speed
 * out of it.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "net/http-server.h"
#include "net/loop.h"

enum {
    CONNECTIONS = 64,
    BODY_LEN = 1024,
    PARKED = 8000,
    ROUND_MS = 1000
};

/* --- the client process --- */

/* What the parent asks for; the answer is a count of replies, as 64 bits. */
typedef struct {
    guint16 port;
    guint16
        park; /* this many more connections ask for /park, and stay until the next order; then nothing is timed */
    guint8 apart; /* the clients keep to the last processor */
} Order;

/* Puts all threads of this process on the last processor of those allowed, or on all but that; nothing to do on one. */
static void
take_processors(gboolean last)
{
    cpu_set_t all, mine;
    int last_number = -1;
    struct dirent *entry;
    DIR *threads;

    if (sched_getaffinity(0, sizeof all, &all) < 0 || CPU_COUNT(&all) < 2)
        return;
    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET((size_t) i, &all))
            last_number = i;
    }
    CPU_ZERO(&mine);
    CPU_SET((size_t) last_number, &mine);
    if (!last)
        CPU_XOR(&mine, &mine, &all);
    threads = opendir("/proc/self/task");
    while (threads != NULL && (entry = readdir(threads)) != NULL) {
        guint64 id = g_ascii_strtoull(entry->d_name, NULL, 10);

        if (id != 0)
            (void) sched_setaffinity((pid_t) id, sizeof mine, &mine);
    }
    if (threads != NULL)
        (void) closedir(threads);
}

static int
connect_to(guint16 port)
{
    struct sockaddr_in addr = { .sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *) &addr, sizeof addr) < 0)
        g_error("client: %s", g_strerror(errno));
    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void
ask(int fd, const char *path)
{
    char text[128];
    int len = g_snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path);

    if (send(fd, text, (gsize) len, MSG_NOSIGNAL) != len)
        g_error("client: send: %s", g_strerror(errno));
}

/* Asks once and returns the length of the whole answer, which is the same each time. */
static gsize
measure_answer(int fd)
{
    char buf[8192];
    gsize len = 0;
    const char *body;

    ask(fd, "/get");
    do {
        gssize got = read(fd, buf + len, sizeof buf - 1 - len);

        if (got <= 0)
            g_error("client: no answer");
        len += (gsize) got;
        buf[len] = '\0';
        body = strstr(buf, "\r\n\r\n");
    } while (body == NULL || len < (gsize) (body - buf) + 4 + BODY_LEN);
    return len;
}

typedef struct {
    int fd;
    gsize left;
} Client;

static guint64
run_load(guint16 port)
{
    static Client clients[CONNECTIONS];
    struct epoll_event events[CONNECTIONS];
    int set = epoll_create1(0);
    gsize answer_len = 0;
    guint64 replies = 0;
    double end;

    for (guint i = 0; i < CONNECTIONS; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &clients[i] };

        clients[i].fd = connect_to(port);
        answer_len = measure_answer(clients[i].fd);
        clients[i].left = answer_len;
        (void) epoll_ctl(set, EPOLL_CTL_ADD, clients[i].fd, &event);
    }
    end = bench_now() + ROUND_MS / 1000.0;
    for (guint i = 0; i < CONNECTIONS; i++)
        ask(clients[i].fd, "/get");
    while (bench_now() < end) {
        int n = epoll_wait(set, events, CONNECTIONS, 100);

        for (int i = 0; i < n; i++) {
            Client *client = events[i].data.ptr;
            char buf[8192];
            gssize got = read(client->fd, buf, client->left);

            if (got <= 0)
                g_error("client: lost a connection");
            client->left -= (gsize) got;
            if (client->left > 0)
                continue;
            replies++;
            client->left = answer_len;
            ask(client->fd, "/get");
        }
    }
    for (guint i = 0; i < CONNECTIONS; i++)
        (void) close(clients[i].fd);
    (void) close(set);
    return replies;
}

static void
client_process(int orders)
{
    static int parked[PARKED];
    guint parked_count = 0;
    gboolean apart = FALSE;
    Order order;

    while (read(orders, &order, sizeof order) == sizeof order) {
        guint64 count = 0;

        if (order.apart && !apart)
            take_processors(TRUE);
        apart = order.apart;
        if (order.park > 0) {
            while (parked_count < order.park) {
                parked[parked_count] = connect_to(order.port);
                ask(parked[parked_count++], "/park");
            }
        } else {
            count = run_load(order.port);
        }
        if (write(orders, &count, sizeof count) != sizeof count)
            break;
    }
    while (parked_count > 0)
        (void) close(parked[--parked_count]);
}

/* Processor seconds of this process, which is the servers only. */
static double
used_cpu(void)
{
    struct rusage usage;

    (void) getrusage(RUSAGE_SELF, &usage);
    return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/* Resident memory of this process, in bytes. */
static double
used_memory(void)
{
    g_autofree char *text = NULL;
    const char *space;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL) ||
        (space = strchr(text, ' ')) == NULL)
        return 0;
    return (double) g_ascii_strtoull(space, NULL, 10) * (double) sysconf(_SC_PAGESIZE);
}

static gboolean apart; /* clients and servers have processors of their own */

/* Requests a second; the server's requests a processor second go to *ret_cpu_rate, which a busy machine moves less. */
static double
give_order(int orders, guint16 port, guint16 park, double *ret_cpu_rate)
{
    Order order = { .port = port, .park = park, .apart = apart != FALSE };
    guint64 count;
    double cpu = used_cpu();

    if (write(orders, &order, sizeof order) != sizeof order ||
        read(orders, &count, sizeof count) != sizeof count)
        g_error("the client process is gone");
    *ret_cpu_rate = (double) count / (used_cpu() - cpu);
    return (double) count * 1000 / ROUND_MS;
}

static void
sort_rates(double *rates)
{
    qsort(rates, BENCH_RUNS, sizeof *rates, bench_compare_doubles);
}

static BenchRate
to_rate(double *rates)
{
    sort_rates(rates);
    return (BenchRate){ rates[BENCH_RUNS / 2], rates[0], rates[BENCH_RUNS - 1] };
}

/* --- the servers --- */

static char page[BODY_LEN];
static GBytes *body;    /* the same */
static gint parked_now; /* atomic */

static void
handle_get(TwHttpRequest *request, gpointer data)
{
    TwHttpResponse *response = tw_http_response_new(200);

    (void) data;
    tw_http_response_set_body(response, "text/plain", body);
    tw_http_request_respond(request, response);
}

static void
handle_park(TwHttpRequest *request, gpointer data)
{
    (void) data;
    tw_http_request_park(request, 600000, NULL, NULL);
    g_atomic_int_inc(&parked_now);
}

static guint16
start_ours(TwHttpServer *server, TwLoop *loop)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) listeners = NULL;
    TwListenOptions options;

    tw_http_server_listen_options(server, &options);
    if (!tw_listener_open(loop, "127.0.0.1:0", &options, &listeners, &error) ||
        !tw_loop_start(loop, &error))
        g_error("%s", error->message);
    return tw_listener_get_address(listeners->pdata[0])->port;
}

static enum MHD_Result
peer_answer(struct MHD_Connection *connection)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(BODY_LEN, page, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result;

    MHD_add_response_header(response, "Content-Type", "text/plain");
    result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

/* A worker: where a handler may take its time without holding up the other connections of an epoll thread. */
static void
peer_work(gpointer data, gpointer user_data)
{
    (void) user_data;
    MHD_resume_connection(data);
}

/* data: NULL, or the pool of workers. The first call must not answer, or the connection is closed; the second hands the
 * request to a worker; the third comes when it is resumed. */
static enum MHD_Result
peer_handle(void *data,
            struct MHD_Connection *connection,
            const char *url,
            const char *method,
            const char *version,
            const char *upload,
            size_t *upload_len, /* NOLINT(readability-non-const-parameter): the type is given */
            void **state)
{
    static char begun, handed_on;

    (void) url;
    (void) method;
    (void) version;
    (void) upload;
    (void) upload_len;
    if (*state == NULL) {
        *state = &begun;
        return MHD_YES;
    }
    if (data == NULL || *state == &handed_on)
        return peer_answer(connection);
    *state = &handed_on;
    MHD_suspend_connection(connection);
    g_thread_pool_push(data, connection, NULL);
    return MHD_YES;
}

static struct MHD_Daemon *
start_peer(GThreadPool *workers, guint16 *ret_port)
{
    guint flags = MHD_USE_EPOLL_INTERNAL_THREAD | (workers != NULL ? MHD_ALLOW_SUSPEND_RESUME : 0);
    struct MHD_Daemon *peer = MHD_start_daemon(flags, 0, NULL, NULL, peer_handle, workers,
                                               MHD_OPTION_THREAD_POOL_SIZE, 2u, MHD_OPTION_END);

    if (peer == NULL)
        g_error("libmicrohttpd does not start");
    *ret_port = MHD_get_daemon_info(peer, MHD_DAEMON_INFO_BIND_PORT)->port;
    return peer;
}

/* Ours and the peer in turns. */
static void
compare(int orders, const char *name, guint16 port, guint16 peer_port, const char *peer_name)
{
    double ours[BENCH_RUNS], theirs[BENCH_RUNS], ours_cpu[BENCH_RUNS], theirs_cpu[BENCH_RUNS];

    for (guint i = 0; i < BENCH_RUNS; i++) {
        ours[i] = give_order(orders, port, 0, &ours_cpu[i]);
        theirs[i] = give_order(orders, peer_port, 0, &theirs_cpu[i]);
    }
    bench_print(name, "requests", to_rate(ours), peer_name, to_rate(theirs));
    bench_print("  per second of the server's processor time", "requests", to_rate(ours_cpu),
                peer_name, to_rate(theirs_cpu));
}

static void
run_wrk(guint16 port)
{
    g_autofree char *wrk = g_find_program_in_path("wrk");
    g_autofree char *command = g_strdup_printf("wrk -t1 -c64 -d2s http://127.0.0.1:%u/get", port);
    g_autofree char *out = NULL;
    const char *line;

    if (wrk == NULL || !g_spawn_command_line_sync(command, &out, NULL, NULL, NULL) ||
        (line = strstr(out, "Requests/sec:")) == NULL)
        return;
    g_print("wrk on ours: %.*s\n", (int) strcspn(line, "\n"), line);
}

int
main(void)
{
    const TwHttpRoute get = { .prefix = "/get", .methods = "GET", .handler = handle_get };
    const TwHttpRoute park = { .prefix = "/park", .methods = "GET", .handler = handle_park };
    double ignored, memory;
    struct rlimit files;
    int orders[2];
    g_autoptr(TwHttpServer) server = NULL;
    g_autoptr(TwLoop) loop = NULL, calm_loop = NULL;
    struct MHD_Daemon *peers[2];
    guint16 port, calm_port, peer_ports[2];
    GThreadPool *workers;

    (void) getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = MIN(files.rlim_max, (rlim_t) 20000);
    (void) setrlimit(RLIMIT_NOFILE, &files);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, orders) < 0)
        return 1;
    if (fork() == 0) {
        (void) close(orders[0]);
        client_process(orders[1]);
        _exit(0);
    }
    (void) close(orders[1]);

    memset(page, 'x', sizeof page);
    body = g_bytes_new_static(page, sizeof page);
    workers = g_thread_pool_new(peer_work, NULL, 2, TRUE, NULL);
    server = tw_http_server_new(NULL);
    tw_http_server_add_route(server, &get);
    tw_http_server_add_route(server, &park);
    loop = tw_loop_new(NULL, NULL);
    calm_loop = tw_loop_new(NULL, NULL);
    port = start_ours(server, loop);
    calm_port = start_ours(server, calm_loop);
    peers[0] = start_peer(NULL, &peer_ports[0]);
    peers[1] = start_peer(workers, &peer_ports[1]);
    g_print("clients and servers share the processors\n");
    compare(orders[0], "HTTP GET 1 KiB, 64 connections", port, peer_ports[0],
            "libmicrohttpd, answered by its epoll threads");
    run_wrk(port);
    apart = TRUE;
    take_processors(FALSE);
    g_print("clients and servers on processors of their own\n");
    compare(orders[0], "HTTP GET 1 KiB, 64 connections", port, peer_ports[0],
            "libmicrohttpd, answered by its epoll threads");
    compare(orders[0], "HTTP GET 1 KiB, 64 connections", port, peer_ports[1],
            "libmicrohttpd, handed to workers");

    memory = used_memory();
    give_order(orders[0], port, PARKED, &ignored);
    while (g_atomic_int_get(&parked_now) < PARKED)
        g_usleep(1000);
    g_print("a parked poll, its connection included: %.0f bytes resident\n",
            (used_memory() - memory) / PARKED);
    compare(orders[0], "the same beside 8,000 parked polls", port, calm_port, "without them");

    MHD_stop_daemon(peers[0]);
    MHD_stop_daemon(peers[1]);
    g_thread_pool_free(workers, TRUE, TRUE);
    (void) close(orders[0]);
    return tw_loop_stop(loop, 1000) && tw_loop_stop(calm_loop, 1000) ? 0 : 1;
}
