/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Bytes between the socket and the buffers of a connection, and the time limits on them.
 *
 * Buffers are lent by the worker while it runs the connection. What remains in one when the connection is parked is copied
 * into one of its own, just large enough; an idle connection has none.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn-private.h"
#include "net/deflate-private.h"
#include "net/tls-private.h"

enum {
    SEND_AT = 32 << 10, /* output is sent when so much has been collected */
    LEAST_ROOM = 4096   /* that is read into */
};

void
tw_conn_buf_clear(TwConnBuf *buf)
{
    g_free(buf->data);
    *buf = (TwConnBuf){ 0 };
}

/* Room for n more bytes behind those in use. Moves or grows; the caller has checked its limit. */
static void
reserve(TwConnBuf *buf, gsize n)
{
    gsize need = buf->len + n;

    if (buf->cap - buf->start - buf->len >= n)
        return;
    if (buf->len == 0) {
        buf->start = 0;
    } else if (buf->start >= buf->len || buf->cap >= need) {
        memmove(buf->data, buf->data + buf->start, buf->len);
        buf->start = 0;
    }
    if (buf->cap - buf->start < need) {
        buf->cap = MAX(buf->start + need, buf->cap * 2);
        buf->data = g_realloc(buf->data, buf->cap);
    }
}

static void
lend(TwConnBuf *buf, TwConnBuf *spare)
{
    if (buf->data != NULL)
        return;
    if (spare->data == NULL) {
        spare->cap = TW_WORKER_BUF;
        spare->data = g_malloc(spare->cap);
    }
    *buf = *spare;
    buf->start = buf->len = 0;
    *spare = (TwConnBuf){ 0 };
}

static void
give_back(TwConnBuf *buf, TwConnBuf *spare)
{
    TwConnBuf own = { 0 };

    if (buf->data == NULL)
        return;
    if (buf->len > 0) {
        if (buf->cap <= buf->len * 2 && buf->cap != TW_WORKER_BUF)
            return;
        own.data = g_memdup2(buf->data + buf->start, buf->len);
        own.len = own.cap = buf->len;
    }
    if (spare->data == NULL && buf->cap == TW_WORKER_BUF)
        *spare = *buf;
    else
        g_free(buf->data);
    *buf = own;
}

void
tw_conn_return_buffers(TwConn *conn)
{
    give_back(&conn->in, &conn->worker->spare_in);
    give_back(&conn->out, &conn->worker->spare_out);
}

void
tw_conn_drop_input(TwConn *conn)
{
    conn->in.start = conn->in.len = 0;
    conn->scanned = 0;
    conn->input_dropped = TRUE;
}

gssize
tw_conn_read_raw(TwConn *conn, guint8 *data, gsize n)
{
    g_autoptr(GError) error = NULL;
    gssize got;

    /* while lingering nobody asks what the bytes are */
    if (conn->tls != NULL && conn->stage != TW_STAGE_LINGERING) {
        got = tw_tls_session_read(conn->tls, data, n, &error);
        if (got == TW_IO_DEAD)
            tw_conn_tls_failed(conn, error);
        return got;
    }
    do
        got = recv(conn->fd, data, n, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got >= 0)
        return got;
    return errno == EAGAIN || errno == EWOULDBLOCK ? TW_IO_WAIT : TW_IO_DEAD;
}

gssize
tw_conn_read(TwConn *conn, guint8 *data, gsize n)
{
    return conn->deflate != NULL && conn->stage != TW_STAGE_LINGERING
               ? tw_deflate_read(conn->deflate, conn, data, n)
               : tw_conn_read_raw(conn, data, n);
}

gssize
tw_conn_send(TwConn *conn, const guint8 *data, gsize n)
{
    return conn->deflate != NULL ? tw_deflate_send(conn->deflate, conn, data, n)
                                 : tw_conn_send_raw(conn, data, n);
}

/* GnuTLS wants more when it meets the end of the stream inside a record, and says so only when asked again; the end was told
 * of already and is not told twice. */
gboolean
tw_conn_tls_end_unseen(const TwConn *conn)
{
    return conn->tls != NULL && (conn->peer_shut || conn->peer_dead) &&
           !tw_tls_session_wants_write(conn->tls);
}

gssize
tw_conn_send_raw(TwConn *conn, const guint8 *data, gsize n)
{
    g_autoptr(GError) error = NULL;
    gssize sent;

    if (conn->tls != NULL) {
        sent = tw_tls_session_send(conn->tls, data, n, &error);
        if (sent == TW_IO_DEAD)
            tw_conn_tls_failed(conn, error);
        return sent;
    }
    do
        sent = send(conn->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == EWOULDBLOCK ? TW_IO_WAIT : TW_IO_DEAD;
}

/* Room for input, and how much. What a worker left in a buffer just so large is served: then the next one's buffer is used, for
 * to read into the few bytes of the old one would take a system call for each few bytes. A want larger than the buffer grows it
 * by doubling, as bytes come: never on a client's word alone. */
static gsize
make_room(TwConn *conn)
{
    TwConnBuf *in = &conn->in;

    if (in->len == 0)
        give_back(in, &conn->worker->spare_in);
    lend(in, &conn->worker->spare_in);
    if (in->cap - in->start - in->len < LEAST_ROOM)
        reserve(in, MAX(in->len, (gsize) LEAST_ROOM));
    return in->cap - in->start - in->len;
}

/* Reads once. FALSE: nothing to read now; the connection should wait. Sets eof or broken. */
gboolean
tw_conn_fill(TwConn *conn)
{
    gsize room;
    gssize got;

    if (conn->dry)
        return FALSE;
    room = make_room(conn);
    got = tw_conn_read(conn, conn->in.data + conn->in.start + conn->in.len, room);
    if (got == TW_IO_WAIT) {
        if (tw_conn_tls_end_unseen(conn))
            return TRUE;
        conn->dry = TRUE;
        return FALSE;
    }
    if (got == TW_IO_DEAD) {
        conn->broken = TRUE;
        return TRUE;
    }
    if (got == 0) {
        conn->eof = TRUE;
        return TRUE;
    }
    conn->in.len += (gsize) got;
    /* In the clear a short read means that the socket is empty; asking again would only cost a system call. But the end
     * behind these bytes is told only once. */
    conn->dry = conn->tls == NULL && conn->deflate == NULL && (gsize) got < room &&
                !conn->peer_shut && !conn->peer_dead;
    conn->in_window_bytes += (guint) got;
    conn->rested = TRUE;
    return TRUE;
}

static gboolean
send_some(TwConn *conn, const guint8 *data, gsize n, gsize *ret_sent)
{
    *ret_sent = 0;
    while (*ret_sent < n && !conn->blocked) {
        gssize sent = tw_conn_send(conn, data + *ret_sent, n - *ret_sent);

        if (sent == TW_IO_DEAD) {
            conn->broken = TRUE;
            return FALSE;
        }
        if (sent == TW_IO_WAIT) {
            conn->blocked = TRUE;
            break;
        }
        *ret_sent += (gsize) sent;
        conn->out_window_bytes += (guint) sent;
    }
    return TRUE;
}

/* What was collected has gone out up to @sent bytes. */
static void
note_flushed(TwConn *conn, gsize sent)
{
    conn->out.start += sent;
    conn->out.len -= sent;
    if (conn->out.len == 0) {
        conn->out.start = 0;
        conn->out_window_end = 0;
    }
}

gboolean
tw_conn_flush(TwConn *conn)
{
    gsize sent;

    if (conn->broken)
        return FALSE;
    if (conn->out.len == 0)
        return TRUE;
    if (!send_some(conn, conn->out.data + conn->out.start, conn->out.len, &sent))
        return FALSE;
    note_flushed(conn, sent);
    return TRUE;
}

/* struct iovec has no const, though sending changes nothing. */
static struct iovec
lend_iovec(const guint8 *data, gsize len)
{
    union {
        const guint8 *in;
        void *out;
    } bytes = { .in = data };

    return (struct iovec){ bytes.out, len };
}

/* What was collected and @data behind it by one call, in the clear: so the reader of a head is not woken before its body is there. What
 * the socket does not take of @data is the caller's still. */
static gboolean
send_joined(TwConn *conn, const guint8 *data, gsize n, gsize *ret_sent)
{
    struct iovec parts[] = { lend_iovec(conn->out.data + conn->out.start, conn->out.len),
                             lend_iovec(data, n) };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = G_N_ELEMENTS(parts) };
    gsize collected = conn->out.len;
    gssize sent;

    *ret_sent = 0;
    if (conn->blocked)
        return TRUE;
    do
        sent = sendmsg(conn->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        conn->blocked = errno == EAGAIN || errno == EWOULDBLOCK;
        conn->broken = !conn->blocked;
        return conn->blocked;
    }
    note_flushed(conn, MIN((gsize) sent, collected));
    *ret_sent = (gsize) sent - MIN((gsize) sent, collected);
    conn->out_window_bytes += (guint) sent;
    return TRUE;
}

gboolean
tw_conn_write(TwConn *conn, gconstpointer data, gsize n)
{
    const guint8 *bytes = data;
    gboolean plain = conn->tls == NULL && conn->deflate == NULL;
    gsize joined = 0, sent = 0;

    if (conn->broken)
        return FALSE;
    if (n == 0)
        return TRUE;
    /* A large piece goes out from where it is; what the socket does not take is copied. (TLS and compression
     * want the same bytes again after what was not taken, so they always send from the buffer.) */
    if (n > SEND_AT && conn->out.len > 0 && plain && !send_joined(conn, bytes, n, &joined))
        return FALSE;
    if (conn->out.len + n > SEND_AT && !tw_conn_flush(conn))
        return FALSE;
    if (n > SEND_AT && conn->out.len == 0 && plain &&
        !send_some(conn, bytes + joined, n - joined, &sent))
        return FALSE;
    sent += joined;
    if (n - sent > conn->out_limit - MIN(conn->out_limit, conn->out.len)) {
        tw_conn_abort(conn);
        return FALSE;
    }
    if (sent == n)
        return TRUE;
    lend(&conn->out, &conn->worker->spare_out);
    reserve(&conn->out, n - sent);
    memcpy(conn->out.data + conn->out.start + conn->out.len, bytes + sent, n - sent);
    conn->out.len += n - sent;
    return conn->out.len < SEND_AT || tw_conn_flush(conn);
}

gboolean
tw_conn_begin_output(TwConn *conn, gsize room, TwBuffer *ret)
{
    TwConnBuf *out = &conn->out;

    if (conn->broken)
        return FALSE;
    if (room > conn->out_limit - MIN(conn->out_limit, out->len)) {
        tw_conn_abort(conn);
        return FALSE;
    }
    lend(out, &conn->worker->spare_out);
    reserve(out, room);
    *ret = (TwBuffer){ .data = out->data + out->start + out->len, .capacity = room, .limit = room };
    return TRUE;
}

gboolean
tw_conn_end_output(TwConn *conn, const TwBuffer *buf)
{
    if (tw_buffer_failed(buf)) {
        tw_conn_abort(conn);
        return FALSE;
    }
    conn->out.len += buf->len;
    return conn->out.len < SEND_AT || tw_conn_flush(conn);
}

/* A window in which too little came is over at *end; one in which enough came is followed by the next. */
static gint64
window(gint64 *end, guint *bytes, const TwConnTimeouts *timeouts, gint64 now_ms)
{
    if (*end == 0 || *bytes >= timeouts->progress_bytes) {
        *end = now_ms + timeouts->progress_ms;
        *bytes = 0;
    }
    return *end;
}

/* Whether the client is in the middle of something and must get on with it. */
static gboolean
input_under_way(const TwConn *conn)
{
    switch ((TwWant) conn->want) {
    case TW_WANT_NOTHING:
        return FALSE;
    case TW_WANT_LINE:
    case TW_WANT_HEAD:
        return conn->in.len > 0;
    case TW_WANT_BYTES:
    case TW_WANT_SOME:
        return conn->in.len > 0 || !conn->allow_idle;
    case TW_WANT_SKIP:
    case TW_WANT_SKIP_LINE:
        return TRUE;
    }
    return FALSE;
}

static int
queued_in_system(const TwConn *conn)
{
    int queued = 0;

    return ioctl(conn->fd, SIOCOUTQ, &queued) == 0 ? queued : 0;
}

/* The system reports room only when a third of its buffer is free. That can be megabytes, and take a slow but honest
 * client longer than a window, so what left that buffer counts as well. */
gboolean
tw_conn_client_took_some(TwConn *conn)
{
    int taken = conn->out_queue - queued_in_system(conn);

    if (conn->out.len == 0 || taken < 0 || (guint) taken < conn->timeouts.progress_bytes)
        return FALSE;
    conn->out_window_end = 0;
    return TRUE;
}

gint64
tw_conn_compute_deadline(TwConn *conn, gint64 now_ms)
{
    gint64 deadline;
    TwConnTimeout kind;

    if (conn->rested) {
        conn->idle_since = now_ms;
        conn->rested = FALSE;
    }
    if (conn->stage == TW_STAGE_LINGERING) {
        deadline = conn->linger_end;
        kind = TW_TIMEOUT_SLOW_OUTPUT;
    } else if (conn->stage == TW_STAGE_PROXY || conn->stage == TW_STAGE_HANDSHAKE) {
        deadline = conn->setup_end;
        kind = TW_TIMEOUT_DEADLINE;
    } else if (conn->out.len > 0) {
        gint64 before = conn->out_window_end;
        deadline = window(&conn->out_window_end, &conn->out_window_bytes, &conn->timeouts, now_ms);
        if (deadline != before)
            conn->out_queue = queued_in_system(conn);
        kind = TW_TIMEOUT_SLOW_OUTPUT;
    } else if (conn->want == TW_WANT_NOTHING) {
        deadline = conn->park_end != 0 ? conn->park_end : TW_WHEEL_NEVER;
        kind = TW_TIMEOUT_PARK;
    } else if (input_under_way(conn)) {
        deadline = window(&conn->in_window_end, &conn->in_window_bytes, &conn->timeouts, now_ms);
        kind = TW_TIMEOUT_SLOW_INPUT;
    } else {
        deadline = conn->idle_since + conn->timeouts.idle_ms;
        kind = TW_TIMEOUT_IDLE;
    }
    if (conn->hard_deadline != 0 && conn->hard_deadline < deadline) {
        deadline = conn->hard_deadline;
        kind = TW_TIMEOUT_DEADLINE;
    }
    conn->timeout_kind = (guint8) kind;
    return deadline;
}
