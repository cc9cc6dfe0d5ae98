/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many durable deliveries a second by LMTP, and what does one cost the server in CPU?
 *
 * A server of its own process gets mails of 3.8 and of 24 KB over 1, 8 and 32 connections that stay open; each mail differs, and
 * a connection waits for the answer before it goes on. CPU is that of the server alone. The peer in the same run is what a
 * maildir costs at least: a file written, synced, renamed, and its folder synced, by as many threads without any server. Any
 * other LMTP server can be measured beside it: its CPU is that of the process named and of its children that ended.
 *
 *     bench-delivery-lmtp TWIGA [SECONDS [PORT RECIPIENT PID]]
 *
 * Or only loads a server that is there, for bench/lmtp-beside-dovecot, and prints mails and seconds; each mail goes to so many
 * of the recipients:
 *
 *     bench-delivery-lmtp --load PORT SECONDS CONNECTIONS BYTES EACH RECIPIENT...
 *
 * BYTES with an "a" behind them is a mail that is all one attachment, of data that do not compress, as large mails mostly are.
 */
#include "mails.h"

#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MAILS = 64,
    MOST_CONNECTIONS = 32,
    LINE_MOST = 1024,
    EACH_MOST = 100, /* recipients of one mail */
    BASE64_LINE = 76,
};

/* A server that takes mail. */
typedef struct {
    guint16 port;
    GPid pid;
    const char *const *recipients; /* NULL-terminated */
    guint each;                    /* how many of them a mail goes to; 0: one */
} Server;

typedef struct {
    const Server *server; /* NULL: the maildir */
    const char *folder;   /* of the maildir */
    GBytes *mails[MAILS];
    gint stop, done, number; /* atomic */
} Bench;

/* ---- a client ---- */

typedef struct {
    int fd;
    char buffer[65536];
    gsize len;
} Client;

static void
send_all(Client *client, const void *data, gsize len)
{
    const char *at = data;

    while (len > 0) {
        gssize n = send(client->fd, at, len, MSG_NOSIGNAL);
        if (n <= 0)
            g_error("the server hung up");
        at += n;
        len -= (gsize) n;
    }
}

/* As an MTA does, whose writes are buffered: the end of the mail is no packet of its own. */
static void
send_with_end(Client *client, const guint8 *data, gsize len)
{
    static char end[] = ".\r\n";
    struct iovec parts[] = { { (gpointer) (guintptr) data, len }, { end, 3 } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = G_N_ELEMENTS(parts) };
    gssize n = sendmsg(client->fd, &message, MSG_NOSIGNAL);

    if (n <= 0)
        g_error("the server hung up");
    if ((gsize) n < len)
        send_all(client, data + n, len - (gsize) n);
    n = MAX(n - (gssize) len, 0);
    send_all(client, end + n, 3 - (gsize) n);
}

/* The last line of one reply. */
static void
read_reply(Client *client, char first)
{
    for (;;) {
        char *lf = memchr(client->buffer, '\n', client->len);
        gssize n;

        if (lf != NULL) {
            gboolean last = client->buffer[3] == ' ';
            gsize used = (gsize) (lf - client->buffer) + 1;

            if (last && client->buffer[0] != first)
                g_error("%.*s", (int) used, client->buffer);
            memmove(client->buffer, lf + 1, client->len - used);
            client->len -= used;
            if (last)
                return;
            continue;
        }
        n = recv(client->fd, client->buffer + client->len, sizeof client->buffer - client->len, 0);
        if (n <= 0)
            g_error("the server hung up");
        client->len += (gsize) n;
    }
}

static void
open_client(Client *client, guint16 port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    int on = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->len = 0;
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client->fd, (struct sockaddr *) &to, sizeof to) != 0)
        g_error("nobody listens on port %u", port);
    (void) setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    read_reply(client, '2');
    send_all(client, "LHLO bench.example\r\n", 20);
    read_reply(client, '2');
}

/* No line of these mails begins with a dot. */
static void
send_mail(Client *client, const Server *server, guint number, GBytes *mail)
{
    guint count = 0;
    guint each = MAX(server->each, 1);
    g_autoptr(GString) commands = g_string_new("MAIL FROM:<jo@example.org>\r\n");

    while (server->recipients[count] != NULL)
        count++;
    for (guint i = 0; i < each; i++)
        g_string_append_printf(commands, "RCPT TO:<%s>\r\n",
                               server->recipients[(number * each + i) % count]);
    g_string_append(commands, "DATA\r\n");
    send_all(client, commands->str, commands->len);
    for (guint i = 0; i <= each; i++)
        read_reply(client, '2');
    read_reply(client, '3');
    send_with_end(client, g_bytes_get_data(mail, NULL), g_bytes_get_size(mail));
    for (guint i = 0; i < each; i++)
        read_reply(client, '2');
}

static gpointer
deliver_to_server(gpointer data)
{
    Bench *bench = data;
    g_autofree Client *client = g_new0(Client, 1);

    open_client(client, bench->server->port);
    while (!g_atomic_int_get(&bench->stop)) {
        guint number = (guint) g_atomic_int_add(&bench->number, 1);
        g_autoptr(GBytes) mail = bench_mail_again(bench->mails[number % MAILS], number);

        send_mail(client, bench->server, number, mail);
        g_atomic_int_inc(&bench->done);
    }
    send_all(client, "QUIT\r\n", 6);
    (void) close(client->fd);
    return NULL;
}

/* ---- the peer ---- */

static void
sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY);

    if (fsync(fd) != 0)
        g_error("cannot sync");
    (void) close(fd);
}

static gpointer
deliver_to_maildir(gpointer data)
{
    Bench *bench = data;

    while (!g_atomic_int_get(&bench->stop)) {
        guint number = (guint) g_atomic_int_add(&bench->number, 1);
        g_autoptr(GBytes) mail = bench_mail_again(bench->mails[number % MAILS], number);
        g_autofree char *from = g_strdup_printf("%s/tmp-%u", bench->folder, number);
        g_autofree char *to = g_strdup_printf("%s/new-%u", bench->folder, number);
        int fd = open(from, O_WRONLY | O_CREAT | O_EXCL, 0600);
        gsize len = g_bytes_get_size(mail);

        if (write(fd, g_bytes_get_data(mail, NULL), len) != (gssize) len || fdatasync(fd) != 0)
            g_error("cannot write");
        (void) close(fd);
        (void) g_rename(from, to);
        sync_folder(bench->folder);
        g_atomic_int_inc(&bench->done);
    }
    return NULL;
}

/* ---- figures ---- */

static double
cpu_of(GPid pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int) pid);
    g_autofree char *text = NULL;
    g_auto(GStrv) words = NULL;
    const char *behind;
    double ticks = 0;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    behind = strrchr(text, ')'); /* the third field follows */
    words = g_strsplit(behind + 2, " ", 0);
    for (guint i = 11; i <= 14; i++) /* utime, stime, and those of children that ended */
        ticks += g_ascii_strtod(words[i], NULL);
    return ticks / (double) sysconf(_SC_CLK_TCK);
}

static double
own_cpu(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Deliveries a second; CPU of each in microseconds. */
static double
run(Bench *bench, guint connections, double seconds, double *ret_cpu_us)
{
    GThread *threads[MOST_CONNECTIONS];
    double start = bench_now(), rate;
    double cpu = bench->server != NULL ? cpu_of(bench->server->pid) : own_cpu();

    bench->stop = bench->done = 0;
    for (guint i = 0; i < connections; i++)
        threads[i] = g_thread_new(
            "client", bench->server != NULL ? deliver_to_server : deliver_to_maildir, bench);
    g_usleep((gulong) (seconds * 1e6));
    g_atomic_int_set(&bench->stop, 1);
    for (guint i = 0; i < connections; i++)
        g_thread_join(threads[i]);
    rate = bench->done / (bench_now() - start);
    cpu = (bench->server != NULL ? cpu_of(bench->server->pid) : own_cpu()) - cpu;
    *ret_cpu_us = cpu / MAX(bench->done, 1) * 1e6;
    return rate;
}

static GBytes *
make_mail(GRand *rand, gsize len)
{
    GString *mail = g_string_new(NULL);

    bench_mail_header(mail, rand);
    g_string_append(mail, "Content-Type: text/plain; charset=utf-8\r\n\r\n");
    bench_mail_words(mail, rand, len);
    return g_string_free_to_bytes(mail);
}

/* Full lines of base64, of random bytes. */
static GBytes *
make_attachment(GRand *rand, gsize len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    GString *mail = g_string_new(NULL);

    bench_mail_header(mail, rand);
    g_string_append(mail, "Content-Type: application/pdf; name=report.pdf\r\n"
                          "Content-Disposition: attachment; filename=report.pdf\r\n"
                          "Content-Transfer-Encoding: base64\r\n\r\n");
    while (mail->len < len) {
        for (guint i = 0; i < BASE64_LINE; i++)
            g_string_append_c(mail, digits[g_rand_int_range(rand, 0, 64)]);
        g_string_append(mail, "\r\n");
    }
    return g_string_free_to_bytes(mail);
}

static void
make_mails(Bench *bench, gsize len, gboolean attached)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32) len);

    for (guint i = 0; i < MAILS; i++)
        bench->mails[i] = attached ? make_attachment(rand, len) : make_mail(rand, len);
}

static void
compare(Bench *bench, const Server *ours, const Server *other, gsize len, double seconds)
{
    static const guint connections[] = { 1, 8, 32 };

    make_mails(bench, len, FALSE);
    for (guint i = 0; i < G_N_ELEMENTS(connections); i++) {
        double our_cpu, peer_cpu, other_cpu, our_rate, peer_rate, other_rate;

        bench->server = ours;
        our_rate = run(bench, connections[i], seconds, &our_cpu);
        bench->server = NULL;
        peer_rate = run(bench, connections[i], seconds, &peer_cpu);
        g_print("%5.1f KB, %2u connections: %7.0f/s, %5.0f us CPU each; %.2f of a bare maildir "
                "(%.0f/s)",
                (double) len / 1000, connections[i], our_rate, our_cpu, our_rate / peer_rate,
                peer_rate);
        if (other != NULL) {
            bench->server = other;
            other_rate = run(bench, connections[i], seconds, &other_cpu);
            g_print("; %.2f of the other server (%.0f/s, %.0f us)", our_rate / other_rate,
                    other_rate, other_cpu);
        }
        g_print("\n");
    }
    for (guint i = 0; i < MAILS; i++)
        g_bytes_unref(bench->mails[i]);
}

/* ---- our server ---- */

static guint16
read_port(const char *endpoints)
{
    g_autofree char *text = NULL;
    const char *line;

    while (!g_file_get_contents(endpoints, &text, NULL, NULL))
        g_usleep(10000);
    line = strstr(text, "LMTP_PORT=");
    return (guint16) g_ascii_strtoull(line + strlen("LMTP_PORT="), NULL, 10);
}

static Server
start_server(const char *program, const char *folder)
{
    static const char *const recipients[] = { "alice", "bob", "carla", NULL };
    g_autofree char *data = g_build_filename(folder, "data", NULL);
    g_autofree char *endpoints = g_build_filename(folder, "endpoints", NULL);
    const char *argv[] = { program,
                           "--data-path",
                           data,
                           "--demo",
                           "--endpoints",
                           endpoints,
                           "--log-level=2",
                           "--lmtp-listen=127.0.0.1:0",
                           NULL };
    Server server = { .recipients = recipients };
    g_autoptr(GError) error = NULL;

    if (!g_spawn_async(NULL, (char **) (gpointer) argv, NULL,
                       G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                       &server.pid, &error))
        g_error("%s", error->message);
    server.port = read_port(endpoints);
    return server;
}

static void
remove_all(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        if (g_file_test(inner, G_FILE_TEST_IS_DIR))
            remove_all(inner);
        else
            (void) g_unlink(inner);
    }
    (void) g_rmdir(path);
}

static int
only_load(char **words)
{
    Server server = { .recipients = (const char *const *) (gpointer) (words + 5) };
    Bench *bench = g_new0(Bench, 1);
    double seconds = g_ascii_strtod(words[1], NULL), cpu, start;
    guint connections = (guint) g_ascii_strtoull(words[2], NULL, 10);

    server.port = (guint16) g_ascii_strtoull(words[0], NULL, 10);
    server.each = (guint) g_ascii_strtoull(words[4], NULL, 10);
    if (server.each > EACH_MOST || connections > MOST_CONNECTIONS)
        g_error("too many");
    make_mails(bench, (gsize) g_ascii_strtoull(words[3], NULL, 10),
               g_str_has_suffix(words[3], "a"));
    bench->server = &server;
    /* no mail like one of an earlier run on the same server */
    bench->number = (gint) (g_get_real_time() / 1000 & 0x3fffffff);
    start = bench_now();
    (void) run(bench, connections, seconds, &cpu);
    g_print("%d %.3f\n", bench->done, bench_now() - start);
    for (guint i = 0; i < MAILS; i++)
        g_bytes_unref(bench->mails[i]);
    g_free(bench);
    return 0;
}

static int
compare_all(int argc, char **argv)
{
    double seconds = argc > 2 ? g_ascii_strtod(argv[2], NULL) : 1;
    g_autofree char *folder = g_dir_make_tmp("twiga-bench-XXXXXX", NULL);
    g_autofree char *maildir = g_build_filename(folder, "maildir", NULL);
    const char *others[] = { argc > 4 ? argv[4] : NULL, NULL };
    Server other = { .recipients = others };
    Bench *bench = g_new0(Bench, 1);
    Server ours;

    if (argc < 2)
        g_error("usage: bench-delivery-lmtp TWIGA [SECONDS [PORT RECIPIENT PID]]");
    if (argc > 5) {
        other.port = (guint16) g_ascii_strtoull(argv[3], NULL, 10);
        other.pid = (GPid) g_ascii_strtoll(argv[5], NULL, 10);
    }
    (void) g_mkdir(maildir, 0700);
    bench->folder = maildir;
    ours = start_server(argv[1], folder);
    compare(bench, &ours, argc > 5 ? &other : NULL, 3800, seconds);
    compare(bench, &ours, argc > 5 ? &other : NULL, 24000, seconds);
    (void) kill(ours.pid, SIGTERM);
    (void) waitpid(ours.pid, NULL, 0);
    remove_all(folder);
    g_free(bench);
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc > 7 && strcmp(argv[1], "--load") == 0)
        return only_load(argv + 2);
    return compare_all(argc, argv);
}
