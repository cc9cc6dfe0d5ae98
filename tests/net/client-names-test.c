/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What tw_client_connect() makes of name servers and addresses that are good for nothing: a name server of ours on a free
 * loopback port is silent, late or full of nonsense, and an address neither answers nor refuses. Each case has to end by the
 * deadline that was asked for, long before c-ares itself gives up, which it does after 22 seconds.
 */
#include "net/client.h"

#include <arpa/inet.h>

#include "base/error.h"
#include "net-test.h"

enum {
    DEADLINE_MS = 200,
    TYPE_A = 1,
    TYPE_AAAA = 28,
    RCODE_SERVFAIL = 2,
    RCODE_NXDOMAIN = 3,
    RCODE_REFUSED = 5,
    HEADER = 12,
};

typedef enum {
    SILENT,
    LATE,       /* kept until the test says so */
    NOISE,      /* bytes that are no message */
    EMPTY,      /* a datagram without bytes */
    OTHER_ID,   /* to a question that was not asked, in two ways: */
    OTHER_NAME, /* what a blind attacker would send */
    CUT_SHORT,  /* an answer that promises a record and has half of one */
    LOOP,       /* a name that points to itself */
    NO_HOST,
    NO_ADDRESS, /* the name is there, and has nothing */
    FAILURE,
    REFUSED,
    GOOD,       /* addresses of both families */
    GOOD_IPV4,  /* IPv4 only, and no word about IPv6 */
    SECOND_TRY, /* as GOOD, when asked for the second time */
    CROWD,      /* as GOOD, the good address behind more of them than are tried */
} Mode;

typedef struct {
    int fd;
    guint16 port;
    GThread *thread;
    gint mode; /* Mode, atomic */
    gint ends; /* atomic */
    gint questions;
    TestGate may_answer, answered_late;
    const char *ipv4[2]; /* what GOOD answers; atomic, the last may be NULL */
} NameServer;

static NameServer names;

static void
put_record(GByteArray *out, guint16 type, const char *text)
{
    guint8 head[] = { 0xc0, HEADER, 0, (guint8) type, 0, 1, 0, 0, 0, 60, 0, 0 };
    guint8 data[16];
    guint8 len = type == TYPE_A ? 4 : 16;

    head[sizeof head - 1] = len;
    g_assert_cmpint(inet_pton(type == TYPE_A ? AF_INET : AF_INET6, text, data), ==, 1);
    g_byte_array_append(out, head, sizeof head);
    g_byte_array_append(out, data, len);
    out->data[7]++;
}

static void
put_good(GByteArray *out, guint16 type, Mode mode)
{
    if (type == TYPE_AAAA) {
        put_record(out, type,
                   "::1"); /* nobody listens there, and machines without IPv6 have no way to it */
        return;
    }
    for (int i = 0; mode == CROWD && i < 40; i++)
        put_record(out, type, "127.0.0.4");
    for (guint i = 0; i < G_N_ELEMENTS(names.ipv4); i++) {
        const char *address = g_atomic_pointer_get(&names.ipv4[i]);
        if (address != NULL)
            put_record(out, type, address);
    }
}

/* NULL: says nothing. */
static GByteArray *
make_answer(const guint8 *question, gsize len, Mode mode)
{
    guint16 type = (guint16) (question[len - 4] << 8 | question[len - 3]);
    GByteArray *out = g_byte_array_new();

    g_byte_array_append(out, question, (guint) len);
    out->data[2] = 0x81; /* an answer */
    out->data[3] = 0x80;
    out->data[8] = out->data[9] = out->data[10] = out->data[11] = 0;
    switch (mode) {
    case SILENT:
        g_byte_array_unref(out);
        return NULL;
    case NOISE:
        memset(out->data, 0xff, out->len);
        break;
    case EMPTY:
        g_byte_array_set_size(out, 0);
        break;
    case OTHER_ID:
        out->data[0] ^= 0xff;
        put_good(out, type, mode);
        break;
    case OTHER_NAME:
        out->data[HEADER + 1] ^= 1;
        put_good(out, type, mode);
        break;
    case CUT_SHORT:
        put_good(out, type, mode);
        g_byte_array_set_size(out, out->len - 3);
        break;
    case LOOP:
        out->data[7] = 1;
        g_byte_array_append(out, (const guint8[]){ 0xc0, (guint8) len }, 2);
        break;
    case NO_HOST:
        out->data[3] |= RCODE_NXDOMAIN;
        break;
    case NO_ADDRESS:
        break;
    case FAILURE:
        out->data[3] |= RCODE_SERVFAIL;
        break;
    case REFUSED:
        out->data[3] |= RCODE_REFUSED;
        break;
    case GOOD_IPV4:
        if (type == TYPE_AAAA) {
            g_byte_array_unref(out);
            return NULL;
        }
        put_good(out, type, mode);
        break;
    case LATE:
    case GOOD:
    case SECOND_TRY:
    case CROWD:
        put_good(out, type, mode);
        break;
    }
    return out;
}

static gpointer
serve_names(gpointer data)
{
    (void) data;
    for (;;) {
        guint8 question[512];
        struct sockaddr_in from;
        socklen_t from_len = sizeof from;
        gssize len =
            recvfrom(names.fd, question, sizeof question, 0, (struct sockaddr *) &from, &from_len);
        Mode mode = (Mode) g_atomic_int_get(&names.mode);
        GByteArray *answer;

        if (g_atomic_int_get(&names.ends))
            return NULL;
        if (len < HEADER + 5)
            continue;
        /* one question for each family, then the same again */
        if (g_atomic_int_add(&names.questions, 1) < 2 && mode == SECOND_TRY)
            continue;
        if (mode == LATE)
            test_gate_wait(&names.may_answer, 1);
        answer = make_answer(question, (gsize) len, mode);
        if (answer == NULL)
            continue;
        (void) sendto(names.fd, answer->data, answer->len, 0, (struct sockaddr *) &from, from_len);
        g_byte_array_unref(answer);
        if (mode == LATE)
            test_gate_open(&names.answered_late);
    }
}

static guint16
bind_socket(int fd, const char *host, guint16 port)
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port) };
    socklen_t len = sizeof addr;

    g_assert_cmpint(inet_pton(AF_INET, host, &addr.sin_addr), ==, 1);
    g_assert_cmpint(bind(fd, (struct sockaddr *) &addr, sizeof addr), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *) &addr, &len), ==, 0);
    return ntohs(addr.sin_port);
}

static void
names_start(void)
{
    names.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    names.port = bind_socket(names.fd, "127.0.0.1", 0);
    names.thread = g_thread_new("names", serve_names, NULL);
}

static void
names_stop(void)
{
    struct sockaddr_in addr = { .sin_family = AF_INET,
                                .sin_port = htons(names.port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    g_atomic_int_set(&names.ends, 1);
    (void) sendto(names.fd, "", 1, 0, (struct sockaddr *) &addr, sizeof addr);
    g_thread_join(names.thread);
    (void) close(names.fd);
}

static void
names_become(Mode mode, const char *ipv4, const char *second)
{
    g_atomic_pointer_set(&names.ipv4[0], ipv4);
    g_atomic_pointer_set(&names.ipv4[1], second);
    g_atomic_int_set(&names.questions, 0);
    g_atomic_int_set(&names.mode, (gint) mode);
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

/* Connects to a name, through our name server. A failure is checked against the deadline. */
static TwClient *
connect_name(const char *host, guint16 port, guint connect_ms, GError **error)
{
    g_autofree char *servers = g_strdup_printf("127.0.0.1:%u", names.port);
    TwClientOptions options = {
        .host = host, .port = port, .name_servers = servers, .connect_ms = connect_ms
    };
    guint files = open_files();
    gint64 start = g_get_monotonic_time();
    TwClient *client = tw_client_connect(&options, error);
    gint64 took_ms = (g_get_monotonic_time() - start) / 1000;

    g_assert_cmpint(took_ms, <, TEST_WAIT_MS);
    if (client == NULL)
        g_assert_cmpuint(open_files(), ==, files);
    return client;
}

/* A listening socket; without a queue it neither takes nor refuses, and *ret_fill gets those that fill what there is of one. */
static int
listen_on(const char *host, guint16 *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *port = bind_socket(fd, host, *port);
    g_assert_cmpint(listen(fd, 16), ==, 0);
    return fd;
}

typedef struct {
    int fd, fill[8];
} Hole;

static Hole
dig_hole(const char *host, guint16 *port)
{
    Hole hole = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    struct sockaddr_in addr = { .sin_family = AF_INET };
    gboolean full = FALSE;

    *port = bind_socket(hole.fd, host, *port);
    g_assert_cmpint(listen(hole.fd, 0), ==, 0);
    g_assert_cmpint(inet_pton(AF_INET, host, &addr.sin_addr), ==, 1);
    addr.sin_port = htons(*port);
    for (guint i = 0; i < G_N_ELEMENTS(hole.fill); i++) {
        struct pollfd p = { .events = POLLOUT };

        p.fd = hole.fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void) connect(p.fd, (struct sockaddr *) &addr, sizeof addr);
        full = poll(&p, 1, 0) == 0;
    }
    g_assert_true(full);
    return hole;
}

static void
fill_in(const Hole *hole)
{
    for (guint i = 0; i < G_N_ELEMENTS(hole->fill); i++)
        (void) close(hole->fill[i]);
    (void) close(hole->fd);
}

/* --- name servers that are of no use ---------------------------------------------------------------------------- */

static void
test_bad_servers(void)
{
    static const struct {
        const char *name;
        Mode mode;
        int code;
        const char *says;
    } cases[] = {
        { "silent", SILENT, TW_ERROR_TIMEOUT, "no name server answered in time" },
        { "noise", NOISE, TW_ERROR_TIMEOUT, "no name server answered in time" },
        { "empty", EMPTY, TW_ERROR_TIMEOUT, "no name server answered in time" },
        { "another id", OTHER_ID, TW_ERROR_TIMEOUT, "no name server answered in time" },
        { "another name", OTHER_NAME, TW_ERROR_TIMEOUT, "no name server answered in time" },
        { "cut short", CUT_SHORT, TW_ERROR_BUSY, "looking up mail.example.test" },
        { "a loop", LOOP, TW_ERROR_BUSY, "looking up mail.example.test" },
        { "no such host", NO_HOST, TW_ERROR_NOT_FOUND, "there is no such host" },
        { "no address", NO_ADDRESS, TW_ERROR_NOT_FOUND, "there is no such host" },
        { "failure", FAILURE, TW_ERROR_BUSY, "looking up mail.example.test" },
        { "refused", REFUSED, TW_ERROR_BUSY, "looking up mail.example.test" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint connect_ms = cases[i].code == TW_ERROR_TIMEOUT ? (guint) DEADLINE_MS : TEST_WAIT_MS;
        g_autoptr(GError) error = NULL;
        gint64 start = g_get_monotonic_time();

        g_test_message("%s", cases[i].name);
        names_become(cases[i].mode, "127.0.0.1", NULL);
        g_assert_null(connect_name("mail.example.test.", 25, connect_ms, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
        if (strstr(error->message, cases[i].says) == NULL)
            g_error("'%s' does not say '%s'", error->message, cases[i].says);
        /* it is the deadline that ended it, not less patience than was asked for; both are in whole milliseconds */
        if (cases[i].code == TW_ERROR_TIMEOUT)
            g_assert_cmpint((g_get_monotonic_time() - start) / 1000, >=, DEADLINE_MS - 2);
        g_assert_cmpint(g_atomic_int_get(&names.questions), >=, 1);
    }
}

/* What comes when nobody waits any more goes nowhere, and the next lookup is not confused by it. */
static void
test_late(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwClient) client = NULL;
    guint16 port = 0;
    int listening = listen_on("127.0.0.1", &port);

    names_become(LATE, "127.0.0.1", NULL);
    g_assert_null(connect_name("mail.example.test.", port, DEADLINE_MS, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TIMEOUT);
    test_gate_open(&names.may_answer);
    test_gate_wait(&names.answered_late, 2);
    g_clear_error(&error);
    names_become(GOOD, "127.0.0.1", NULL);
    client = connect_name("mail.example.test.", port, TEST_WAIT_MS, &error);
    g_assert_no_error(error);
    g_assert_nonnull(client);
    (void) close(listening);
}

static void
test_nobody_serves_names(void)
{
    g_autofree char *servers = NULL;
    TwClientOptions options = { .host = "mail.example.test.", .port = 25 };
    g_autoptr(GError) error = NULL;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    /* a port of TCP that is taken says nothing of UDP; what counts is that no name server is there */
    servers = g_strdup_printf("127.0.0.5:%u", bind_socket(fd, "127.0.0.5", 0));
    options.name_servers = servers;
    options.connect_ms = TEST_WAIT_MS;
    g_assert_null(tw_client_connect(&options, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_clear_error(&error);
    options.name_servers = "no address";
    g_assert_null(tw_client_connect(&options, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    (void) close(fd);
}

static void
test_bad_names(void)
{
    g_autofree char *longest = g_strnfill(253, 'a'), *longer = g_strnfill(254, 'a');
    const struct {
        const char *host;
        int code;
    } cases[] = {
        { "", TW_ERROR_INVALID },        { longer, TW_ERROR_INVALID },
        { longest, TW_ERROR_NOT_FOUND }, /* a label of it is too long */
        { "a..b", TW_ERROR_NOT_FOUND },  { "fe80::1%no-such-card", TW_ERROR_NOT_FOUND },
    };

    names_become(NO_HOST, NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", cases[i].host);
        g_assert_null(connect_name(cases[i].host, 25, TEST_WAIT_MS, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
    }
}

/* --- names that need no server ---------------------------------------------------------------------------------- */

static void
test_no_question(void)
{
    static const char *const hosts[] = { "127.0.0.1", "localhost", "Mail.LOCALHOST." };
    guint16 port = 0;
    int listening = listen_on("127.0.0.1", &port);

    names_become(SILENT, NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwClient) client = connect_name(hosts[i], port, TEST_WAIT_MS, &error);

        g_assert_no_error(error);
        g_assert_cmpint(tw_client_get_peer(client)->port, ==, port);
    }
    g_assert_cmpint(g_atomic_int_get(&names.questions), ==, 0);
    (void) close(listening);
}

static void
test_ipv6(void)
{
    struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    socklen_t len = sizeof addr;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    static const char *const hosts[] = { "::1", "mail.example.test." };

    if (fd < 0 || bind(fd, (struct sockaddr *) &addr, len) < 0) {
        g_test_skip("no IPv6 here");
        return;
    }
    g_assert_cmpint(listen(fd, 16), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *) &addr, &len), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwClient) client = NULL;
        char text[TW_ADDRESS_TEXT_MAX];

        names_become(GOOD, "127.0.0.4", NULL);
        client = connect_name(hosts[i], ntohs(addr.sin6_port), TEST_WAIT_MS, &error);
        g_assert_no_error(error);
        tw_address_format(tw_client_get_peer(client), FALSE, text);
        g_assert_cmpstr(text, ==, "::1");
    }
    (void) close(fd);
}

/* --- addresses that are of no use ------------------------------------------------------------------------------- */

static void
test_addresses(void)
{
    static const struct {
        const char *name;
        Mode mode;
        const char *first, *second;
    } cases[] = {
        { "one", GOOD, "127.0.0.1", NULL },
        { "nobody says a word about IPv6", GOOD_IPV4, "127.0.0.1", NULL },
        { "the first refuses", GOOD, "127.0.0.4", "127.0.0.1" },
        { "the first is a hole", GOOD, "127.0.0.3", "127.0.0.1" },
        { "the question was lost", SECOND_TRY, "127.0.0.1", NULL },
    };
    guint16 port = 0;
    int listening = listen_on("127.0.0.1", &port);
    Hole hole = dig_hole("127.0.0.3", &port);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwClient) client = NULL;
        char text[TW_ADDRESS_TEXT_MAX];

        g_test_message("%s", cases[i].name);
        names_become(cases[i].mode, cases[i].first, cases[i].second);
        client = connect_name("mail.example.test.", port, TEST_WAIT_MS, &error);
        g_assert_no_error(error);
        tw_address_format(tw_client_get_peer(client), FALSE, text);
        g_assert_cmpstr(text, ==, "127.0.0.1");
    }
    fill_in(&hole);
    (void) close(listening);
}

static void
test_no_address_works(void)
{
    static const struct {
        const char *name;
        Mode mode;
        const char *address;
        guint connect_ms;
        int code;
    } cases[] = {
        { "a hole", GOOD, "127.0.0.3", DEADLINE_MS, TW_ERROR_TIMEOUT },
        { "all refuse", GOOD, "127.0.0.4", TEST_WAIT_MS, TW_ERROR_BUSY },
        { "too many", CROWD, "127.0.0.1", TEST_WAIT_MS, TW_ERROR_BUSY },
    };
    guint16 port = 0;
    int listening = listen_on("127.0.0.1", &port);
    Hole hole = dig_hole("127.0.0.3", &port);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", cases[i].name);
        names_become(cases[i].mode, cases[i].address, NULL);
        g_assert_null(connect_name("mail.example.test.", port, cases[i].connect_ms, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
        g_assert_nonnull(strstr(error->message, "connecting to mail.example.test"));
    }
    fill_in(&hole);
    (void) close(listening);
}

int
main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    names_start();
    g_test_add_func("/net/client/names/bad-servers", test_bad_servers);
    g_test_add_func("/net/client/names/late", test_late);
    g_test_add_func("/net/client/names/nobody-serves", test_nobody_serves_names);
    g_test_add_func("/net/client/names/bad-names", test_bad_names);
    g_test_add_func("/net/client/names/no-question", test_no_question);
    g_test_add_func("/net/client/names/ipv6", test_ipv6);
    g_test_add_func("/net/client/names/addresses", test_addresses);
    g_test_add_func("/net/client/names/no-address-works", test_no_address_works);
    result = g_test_run();
    names_stop();
    return result;
}
