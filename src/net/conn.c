/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A connection as its door sees it: life, questions, wants, output. What drives it is in conn-run.c.
 */
#include "net/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "net/conn-private.h"
#include "net/deflate-private.h"

TwConn *
tw_conn_ref(TwConn *conn)
{
    g_atomic_int_inc(&conn->refs);
    return conn;
}

void
tw_conn_unref(TwConn *conn)
{
    if (conn == NULL || !g_atomic_int_dec_and_test(&conn->refs))
        return;
    tw_loop_unref(conn->loop);
    g_free(conn);
}

static void
set_default_timeouts(TwConnTimeouts *timeouts)
{
    if (timeouts->idle_ms == 0)
        timeouts->idle_ms = 60 * 1000;
    if (timeouts->progress_ms == 0)
        timeouts->progress_ms = 30 * 1000;
    if (timeouts->progress_bytes == 0)
        timeouts->progress_bytes = 1024;
}

static TwAddress
ask_address(int fd, int (*ask)(int, struct sockaddr *, socklen_t *))
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    if (ask(fd, (struct sockaddr *) &addr, &len) < 0)
        return (TwAddress){ .family = TW_ADDRESS_NONE };
    return tw_address_from_sockaddr((const struct sockaddr *) &addr, len);
}

TwConn *
tw_conn_new(TwLoop *loop,
            int fd,
            const TwAddress *peer,
            const TwProtocol *protocol,
            gpointer data,
            TwListener *listener,
            TwWorker *worker)
{
    TwConn *conn = g_new0(TwConn, 1);
    int one = 1;

    conn->refs = 1;
    conn->fd = fd;
    conn->loop = tw_loop_ref(loop);
    conn->id = __atomic_add_fetch(&loop->next_id, 1, __ATOMIC_RELAXED);
    conn->owner = worker != NULL ? TW_OWNER_WORKER : TW_OWNER_QUEUE;
    conn->stage = TW_STAGE_OPEN;
    conn->want = TW_WANT_LINE;
    conn->want_n = TW_CONN_LINE_DEFAULT;
    conn->out_limit = TW_CONN_OUTPUT_DEFAULT;
    conn->close_reason = TW_CLOSE_PEER;
    conn->rested = TRUE;
    conn->protocol = protocol;
    conn->data = data;
    conn->listener = listener;
    conn->worker = worker;
    set_default_timeouts(&conn->timeouts);
    tw_wheel_entry_init(&conn->timer);
    conn->peer = peer != NULL ? *peer : ask_address(fd, getpeername);
    conn->local = ask_address(fd, getsockname);
    if (conn->peer.family == TW_ADDRESS_INET || conn->peer.family == TW_ADDRESS_INET6)
        (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    conn->slot = tw_loop_take_slot(loop, conn);
    if (conn->slot == NULL) {
        tw_loop_report(loop, TW_LOOP_EVENT_REFUSED_TOTAL, &conn->peer, NULL);
        tw_conn_unref(conn);
        return NULL;
    }
    return conn;
}

gboolean
tw_conn_add(
    TwLoop *loop, int fd, const TwProtocol *protocol, gpointer listener_data, GError **error)
{
    int flags = fcntl(fd, F_GETFL);
    TwConn *conn;

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        tw_error_from_errno(error, errno, "taking a socket");
        goto fail;
    }
    conn = tw_conn_new(loop, fd, NULL, protocol, listener_data, NULL, NULL);
    if (conn == NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_BUSY, "too many connections");
        goto fail;
    }
    tw_loop_push(loop, conn);
    return TRUE;
fail:
    (void) close(fd);
    return FALSE;
}

guint64
tw_conn_get_id(const TwConn *conn)
{
    return conn->id;
}

gboolean
tw_conn_is_cancelled(const TwConn *conn)
{
    return tw_loop_state(conn->loop) >= TW_LOOP_CUTTING;
}

TwLoop *
tw_conn_get_loop(const TwConn *conn)
{
    return conn->loop;
}

gpointer
tw_conn_get_data(const TwConn *conn)
{
    return conn->data;
}

void
tw_conn_set_data(TwConn *conn, gpointer data)
{
    conn->data = data;
}

void
tw_conn_set_protocol(TwConn *conn, const TwProtocol *protocol, gpointer data)
{
    conn->protocol = protocol;
    conn->data = data;
}

const TwAddress *
tw_conn_get_peer(const TwConn *conn)
{
    return &conn->peer;
}

const TwAddress *
tw_conn_get_local(const TwConn *conn)
{
    return &conn->local;
}

gboolean
tw_conn_get_peer_credentials(const TwConn *conn, TwPeerCredentials *ret, GError **error)
{
    struct ucred cred;
    socklen_t len = sizeof cred;

    if (conn->peer.family != TW_ADDRESS_UNIX || conn->fd < 0 ||
        getsockopt(conn->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 || len != sizeof cred) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "no Unix socket, no peer credentials");
        return FALSE;
    }
    *ret = (TwPeerCredentials){ .pid = (guint32) cred.pid, .uid = cred.uid, .gid = cred.gid };
    return TRUE;
}

static void
set_want(TwConn *conn, TwWant want, guint64 n)
{
    conn->want = (guint8) want;
    conn->want_n = n;
    conn->want_changed = TRUE;
    conn->allow_idle = FALSE;
    conn->scanned = 0;
    conn->in_window_end = 0;
    conn->in_window_bytes = 0;
    conn->park_end = 0;
    conn->rested = TRUE;
}

void
tw_conn_want_line(TwConn *conn, gsize max)
{
    g_return_if_fail(max >= 1 && max <= TW_CONN_WANT_MAX);
    set_want(conn, TW_WANT_LINE, max);
}

void
tw_conn_want_head(TwConn *conn, gsize max)
{
    g_return_if_fail(max >= 1 && max <= TW_CONN_WANT_MAX);
    set_want(conn, TW_WANT_HEAD, max);
}

void
tw_conn_want_bytes(TwConn *conn, gsize n)
{
    g_return_if_fail(n <= TW_CONN_WANT_MAX);
    set_want(conn, TW_WANT_BYTES, n);
}

void
tw_conn_want_some(TwConn *conn, guint64 max)
{
    g_return_if_fail(max >= 1);
    set_want(conn, TW_WANT_SOME, MIN(max, TW_WORKER_BUF));
}

void
tw_conn_want_skip(TwConn *conn, guint64 n)
{
    set_want(conn, TW_WANT_SKIP, n);
}

void
tw_conn_want_skip_line(TwConn *conn)
{
    set_want(conn, TW_WANT_SKIP_LINE, 0);
}

void
tw_conn_allow_idle(TwConn *conn)
{
    conn->allow_idle = TRUE;
}

void
tw_conn_park(TwConn *conn, guint max_ms)
{
    set_want(conn, TW_WANT_NOTHING, 0);
    if (max_ms != 0)
        conn->park_end = tw_loop_now_ms() + max_ms;
}

gboolean
tw_conn_write_str(TwConn *conn, const char *text)
{
    return tw_conn_write(conn, text, strlen(text));
}

gboolean
tw_conn_printf(TwConn *conn, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    return tw_conn_write_str(conn, text);
}

gsize
tw_conn_get_unsent(const TwConn *conn)
{
    return conn->out.len;
}

void
tw_conn_set_output_limit(TwConn *conn, gsize max)
{
    conn->out_limit = max;
}

void
tw_conn_produce(TwConn *conn, TwProduceFunc func, gpointer data, GDestroyNotify destroy)
{
    g_return_if_fail(conn->produce == NULL);
    conn->produce = func;
    conn->produce_data = data;
    conn->produce_destroy = destroy;
}

gboolean
tw_conn_is_producing(const TwConn *conn)
{
    return conn->produce != NULL;
}

void
tw_conn_set_timeouts(TwConn *conn, const TwConnTimeouts *timeouts)
{
    conn->timeouts = *timeouts;
    set_default_timeouts(&conn->timeouts);
}

void
tw_conn_set_deadline(TwConn *conn, guint ms)
{
    conn->hard_deadline = ms != 0 ? tw_loop_now_ms() + ms : 0;
}

void
tw_conn_close(TwConn *conn)
{
    if (conn->stage < TW_STAGE_CLOSING) {
        conn->close_reason = TW_CLOSE_DONE;
        tw_conn_set_stage(conn, TW_STAGE_CLOSING);
    }
}

void
tw_conn_abort(TwConn *conn)
{
    if (!conn->broken) {
        conn->broken = TRUE;
        conn->close_reason = TW_CLOSE_ABORTED;
    }
    if (conn->stage < TW_STAGE_CLOSING)
        tw_conn_set_stage(conn, TW_STAGE_CLOSING);
}

gboolean
tw_conn_start_deflate(TwConn *conn, gsize *ret_behind)
{
    *ret_behind = conn->in.len - MIN(conn->in.len, conn->lent);
    if (conn->deflate != NULL || conn->stage != TW_STAGE_OPEN || conn->broken)
        return FALSE;
    conn->deflate = tw_deflate_new(conn->out.len);
    conn->dry = FALSE;
    return conn->deflate != NULL;
}

gboolean
tw_conn_is_deflated(const TwConn *conn)
{
    return conn->deflate != NULL;
}

gboolean
tw_conn_is_tls(const TwConn *conn)
{
    return conn->tls != NULL;
}
