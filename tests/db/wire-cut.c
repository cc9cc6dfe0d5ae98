/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/wire-cut.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct WireCut {
    char *target;
    int listener;
    GThread *acceptor;
    GPtrArray *lines; /* of the acceptor until it ended */
    gint mode, cuts;  /* atomic */
};

typedef struct {
    WireCut *wire;
    int client, server;
    GThread *thread;
} Line;

static struct sockaddr_un
address_of(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    g_assert_cmpuint(strlen(path), <, sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    return address;
}

/* FALSE at the end of either. */
static gboolean
pass(int from, int to, guint8 *buffer, gsize room, gssize *ret_len)
{
    gssize done = 0;

    *ret_len = read(from, buffer, room);
    if (*ret_len <= 0)
        return FALSE;
    while (to >= 0 && done < *ret_len) {
        gssize sent = send(to, buffer + done, (gsize) (*ret_len - done), MSG_NOSIGNAL);
        if (sent <= 0)
            return FALSE;
        done += sent;
    }
    return TRUE;
}

/* FALSE: the line is cut. A command is one packet, and small ones come in one piece. */
static gboolean
to_server(Line *line, guint8 *buffer, gsize room)
{
    static const char commit[] = "\3COMMIT";
    gssize len, done;
    gint mode;

    if (!pass(line->client, -1, buffer, room, &len))
        return FALSE;
    if (len == 4 + 7 && memcmp(buffer + 4, commit, 7) == 0) {
        mode = g_atomic_int_get(&line->wire->mode);
        if (mode != WIRE_WHOLE &&
            g_atomic_int_compare_and_exchange(&line->wire->mode, mode, WIRE_WHOLE)) {
            if (mode == WIRE_CUT_AFTER) {
                g_assert_cmpint(send(line->server, buffer, (gsize) len, MSG_NOSIGNAL), ==, len);
                pass(line->server, -1, buffer, room, &len);
            }
            g_atomic_int_inc(&line->wire->cuts);
            return FALSE;
        }
    }
    for (done = 0; done < len;) {
        gssize sent = send(line->server, buffer + done, (gsize) (len - done), MSG_NOSIGNAL);
        if (sent <= 0)
            return FALSE;
        done += sent;
    }
    return TRUE;
}

static gpointer
run_line(gpointer data)
{
    Line *line = data;
    struct pollfd both[2] = { { .fd = line->client, .events = POLLIN },
                              { .fd = line->server, .events = POLLIN } };
    guint8 buffer[16384];
    gboolean whole = TRUE;
    gssize len;

    while (whole && poll(both, 2, -1) > 0) {
        if (both[0].revents != 0)
            whole = to_server(line, buffer, sizeof buffer);
        if (whole && both[1].revents != 0)
            whole = pass(line->server, line->client, buffer, sizeof buffer, &len);
    }
    shutdown(line->client, SHUT_RDWR);
    close(line->client);
    close(line->server);
    return NULL;
}

static gpointer
accept_all(gpointer data)
{
    WireCut *wire = data;
    struct sockaddr_un target = address_of(wire->target);
    int client;

    while ((client = accept(wire->listener, NULL, NULL)) >= 0) {
        Line *line = g_new0(Line, 1);
        line->wire = wire;
        line->client = client;
        line->server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(connect(line->server, (const struct sockaddr *) &target, sizeof target), ==,
                        0);
        line->thread = g_thread_new("wire", run_line, line);
        g_ptr_array_add(wire->lines, line);
    }
    return NULL;
}

WireCut *
wire_cut_new(const char *path, const char *target)
{
    WireCut *wire = g_new0(WireCut, 1);
    struct sockaddr_un address = address_of(path);

    wire->target = g_strdup(target);
    wire->lines = g_ptr_array_new_with_free_func(g_free);
    wire->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(wire->listener, (const struct sockaddr *) &address, sizeof address), ==,
                    0);
    g_assert_cmpint(listen(wire->listener, 16), ==, 0);
    wire->acceptor = g_thread_new("wires", accept_all, wire);
    return wire;
}

void
wire_cut_free(WireCut *wire)
{
    shutdown(wire->listener, SHUT_RDWR);
    g_thread_join(wire->acceptor);
    close(wire->listener);
    for (guint i = 0; i < wire->lines->len; i++)
        g_thread_join(((Line *) wire->lines->pdata[i])->thread);
    g_ptr_array_unref(wire->lines);
    g_free(wire->target);
    g_free(wire);
}

void
wire_cut_arm(WireCut *wire, WireMode mode)
{
    g_atomic_int_set(&wire->mode, (gint) mode);
}

guint
wire_cut_count(WireCut *wire)
{
    return (guint) g_atomic_int_get(&wire->cuts);
}
