/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the tests of net/ share: a loop with one listener on a free loopback port, and a blocking client.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/listener.h"
#include "net/loop.h"
#include "support/loopback.h"

enum {
    TEST_WAIT_MS = 20000 /* after this a test has failed: nothing is expected to take so long */
};

typedef struct {
    TwLoop *loop;
    TwListener *listener;
} TestServer;

static inline TestServer
test_server_new(const TwListenOptions *options, const TwLoopOptions *loop_options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) listeners = NULL;
    TestServer server = { .loop = tw_loop_new(loop_options, &error) };

    g_assert_no_error(error);
    tw_listener_open(server.loop, loopback_any_port(), options, &listeners, &error);
    g_assert_no_error(error);
    server.listener = g_ptr_array_index(listeners, 0);
    tw_loop_start(server.loop, &error);
    g_assert_no_error(error);
    return server;
}

static inline void
test_server_free(TestServer *server)
{
    g_assert_true(tw_loop_stop(server->loop, 2000));
    g_clear_pointer(&server->loop, tw_loop_free);
}

static inline int
test_connect_to(const TwAddress *address)
{
    struct sockaddr_storage addr;
    socklen_t len = tw_address_to_sockaddr(address, &addr);
    int fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(fd, >=, 0);
    if (connect(fd, (struct sockaddr *) &addr, len) < 0)
        g_error("connect: %s", g_strerror(errno));
    return fd;
}

static inline int
test_connect(const TestServer *server)
{
    return test_connect_to(tw_listener_get_address(server->listener));
}

static inline void
test_send_bytes(int fd, const void *data, gsize n)
{
    const guint8 *bytes = data;

    while (n > 0) {
        gssize sent = send(fd, bytes, n, MSG_NOSIGNAL);
        g_assert_cmpint(sent, >, 0);
        bytes += sent;
        n -= (gsize) sent;
    }
}

static inline void
test_send(int fd, const char *text)
{
    test_send_bytes(fd, text, strlen(text));
}

/* One read; 0 at the end or after a reset. */
static inline gsize
test_read(int fd, void *data, gsize n)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    gssize got;

    if (poll(&p, 1, TEST_WAIT_MS) != 1)
        g_error("nothing came within %d ms", TEST_WAIT_MS);
    got = read(fd, data, n);
    return got > 0 ? (gsize) got : 0;
}

static inline void
test_expect_bytes(int fd, const void *expected, gsize n)
{
    g_autofree guint8 *data = g_malloc(n + 1);
    gsize have = 0;

    while (have < n) {
        gsize got = test_read(fd, data + have, n - have);
        if (got == 0)
            g_error("end after \"%.*s\"", (int) have, (const char *) data);
        have += got;
    }
    if (memcmp(data, expected, n) != 0)
        g_error("\"%.*s\" instead of \"%.*s\"", (int) MIN(n, 1000), (const char *) data,
                (int) MIN(n, 1000), (const char *) expected);
}

static inline void
test_expect(int fd, const char *text)
{
    test_expect_bytes(fd, text, strlen(text));
}

static inline void
test_expect_end(int fd)
{
    guint8 byte;

    if (test_read(fd, &byte, 1) != 0)
        g_error("'%c' instead of the end", byte);
}

/* Something that one thread waits for and another one does. */
typedef struct {
    GMutex lock;
    GCond cond;
    int count;
} TestGate;

static inline void
test_gate_open(TestGate *gate)
{
    g_mutex_lock(&gate->lock);
    gate->count++;
    g_cond_broadcast(&gate->cond);
    g_mutex_unlock(&gate->lock);
}

/* Waits until it was opened so often altogether. */
static inline void
test_gate_wait(TestGate *gate, int count)
{
    gint64 until = g_get_monotonic_time() + TEST_WAIT_MS * 1000;

    g_mutex_lock(&gate->lock);
    while (gate->count < count) {
        if (!g_cond_wait_until(&gate->cond, &gate->lock, until))
            g_error("the gate was opened %d times, not %d", gate->count, count);
    }
    g_mutex_unlock(&gate->lock);
}

static inline int
test_gate_count(TestGate *gate)
{
    int count;

    g_mutex_lock(&gate->lock);
    count = gate->count;
    g_mutex_unlock(&gate->lock);
    return count;
}
