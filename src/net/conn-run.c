/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What drives a connection: one step after another until it has to wait.
 *
 * Invariants:
 * 1. Only the owner looks at anything but refs, pending and owner. Owner changes under the slot's lock, so what one
 *    worker did is seen by the next.
 * 2. Who parks a connection looks at pending under the same lock under which it becomes EPOLL; who sets pending then finds
 *    EPOLL and queues it. So no wake-up is lost, and none needs the door to lock.
 * 3. The epoll set tells of a change once (EPOLLET). An event is left in events under the slot's lock; who parks looks there
 *    under the same lock. What it says stays in dry, blocked, peer_shut and peer_dead until it is acted on, so nobody waits
 *    for what was told already. A timer that comes while the owner is not EPOLL is ignored; parking sets it again.
 * 4. closed() is called exactly once if accepted() was, before the slot is given back.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn-private.h"
#include "net/deflate-private.h"
#include "net/tls-private.h"

enum {
    ROUNDS_MAX = 64,        /* steps before others get their turn */
    LINGER_MS = 2000,       /* how long to wait for the peer's end */
    LINGER_BYTES = 1 << 20, /* most bytes of a peer that talks on */
};

void
tw_conn_set_owner(TwConn *conn, TwConnOwner owner)
{
    static const gboolean allowed[4][4] = {
        [TW_OWNER_WORKER] = { [TW_OWNER_EPOLL] = TRUE,   /* park() */
                              [TW_OWNER_QUEUE] = TRUE,   /* requeue() */
                              [TW_OWNER_NONE] = TRUE },  /* finish() */
        [TW_OWNER_EPOLL] = { [TW_OWNER_QUEUE] = TRUE },  /* tw_conn_take_event(), tw_conn_ask(),
                                                            tw_conn_timer_due() */
        [TW_OWNER_QUEUE] = { [TW_OWNER_WORKER] = TRUE }, /* tw_conn_claim_queued() */
    };

    g_assert(allowed[conn->owner][owner]);
    conn->owner = (guint8) owner;
}

void
tw_conn_set_stage(TwConn *conn, TwConnStage stage)
{
    static const gboolean allowed[6][6] = {
        [TW_STAGE_PROXY] = { [TW_STAGE_HANDSHAKE] = TRUE, /* proxy header, then implicit TLS */
                             [TW_STAGE_OPEN] = TRUE,      /* proxy header */
                             [TW_STAGE_CLOSED] = TRUE },
        [TW_STAGE_HANDSHAKE] = { [TW_STAGE_OPEN] = TRUE,    /* handshake done */
                                 [TW_STAGE_CLOSING] = TRUE, /* a late tw_conn_abort() */
                                 [TW_STAGE_CLOSED] = TRUE },
        [TW_STAGE_OPEN] = { [TW_STAGE_PROXY] = TRUE,     /* start_setup() */
                            [TW_STAGE_HANDSHAKE] = TRUE, /* start_setup(), STARTTLS */
                            [TW_STAGE_CLOSING] = TRUE,   /* tw_conn_close(), tw_conn_abort() */
                            [TW_STAGE_CLOSED] = TRUE },
        [TW_STAGE_CLOSING] = { [TW_STAGE_LINGERING] = TRUE, /* output sent */
                               [TW_STAGE_CLOSED] = TRUE },
        [TW_STAGE_LINGERING] = { [TW_STAGE_CLOSED] = TRUE },
    };

    g_assert(allowed[conn->stage][stage]);
    conn->stage = (guint8) stage;
}

/* What may be relied on by the worker that owns a connection. */
static void
check_state(const TwConn *conn)
{
    g_assert(conn->owner == TW_OWNER_WORKER && conn->worker != NULL);
    g_assert(conn->stage == TW_STAGE_CLOSED || (conn->fd >= 0 && conn->slot->conn == conn));
    g_assert(conn->in.start + conn->in.len <= conn->in.cap);
    g_assert(conn->out.start + conn->out.len <= conn->out.cap);
    g_assert(conn->in.data != NULL || conn->in.cap == 0);
    g_assert(conn->scanned <= conn->in.len);
    if (conn->stage == TW_STAGE_LINGERING)
        g_assert(conn->out.len == 0 && conn->produce == NULL);
}

/* --- handing over ----------------------------------------------------------------------------------------------- */

/* What ends the wait of a connection that is parked now; the end of it does so always. */
static guint32
needed_events(const TwConn *conn)
{
    const guint32 ends = EPOLLHUP | EPOLLERR;

    if (conn->stage == TW_STAGE_LINGERING)
        return ends | EPOLLIN | EPOLLRDHUP;
    if (conn->stage == TW_STAGE_HANDSHAKE)
        return ends | (tw_tls_session_wants_write(conn->tls) ? EPOLLOUT : EPOLLIN | EPOLLRDHUP);
    if (conn->out.len > 0)
        return ends | EPOLLOUT;
    if (conn->want == TW_WANT_NOTHING && conn->stage == TW_STAGE_OPEN)
        return conn->eof_told ? ends : ends | EPOLLRDHUP;
    return ends | EPOLLIN | EPOLLRDHUP;
}

/* What concerns a connection that is about to wait. */
static gint
relevant_pending(const TwConn *conn)
{
    gboolean can_talk = conn->stage == TW_STAGE_OPEN && conn->out.len == 0;

    return TW_PENDING_TIMEOUT | TW_PENDING_STOP | (can_talk ? TW_PENDING_WAKE : 0);
}

/* Has the epoll set tell of what the connection needs, from the state it finds on. Seldom asked: input is always told, and
 * room for output from the first time it was short on. */
static gboolean
watch(TwConn *conn, guint32 needed)
{
    guint32 wanted = conn->watched | EPOLLIN | EPOLLRDHUP | EPOLLET | (needed & EPOLLOUT);
    TwSlot *slot = conn->slot;
    struct epoll_event event = { .events = wanted,
                                 .data.u64 = (guint64) slot->generation << 32 | slot->index };

    if (wanted == conn->watched)
        return TRUE;
    if (epoll_ctl(conn->loop->epoll_fd, conn->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
                  conn->fd, &event) < 0)
        return FALSE;
    conn->watched = wanted;
    return TRUE;
}

/* The owner takes notice of what the epoll set told. The slot's lock is held. */
static void
take_events(TwConn *conn)
{
    guint32 events = conn->events;

    conn->events = 0;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        conn->blocked = FALSE;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        conn->dry = FALSE;
    if (events & (EPOLLRDHUP | EPOLLHUP))
        conn->peer_shut = TRUE;
    if (events & (EPOLLHUP | EPOLLERR))
        conn->peer_dead = TRUE;
}

/* Parks the connection. FALSE: it has to be looked at again, and is still the worker's. */
static gboolean
park(TwConn *conn)
{
    TwSlot *slot = conn->slot;
    guint32 needed = needed_events(conn);
    gint relevant = relevant_pending(conn);
    gboolean again;

    conn->worker->now_us = g_get_monotonic_time();
    tw_loop_set_timer(conn->loop, &conn->timer,
                      tw_conn_compute_deadline(conn, conn->worker->now_us / 1000));
    tw_conn_return_buffers(conn);
    g_mutex_lock(&slot->lock);
    again = (g_atomic_int_get(&conn->pending) & relevant) || (conn->events & needed);
    if (!again && !watch(conn, needed)) {
        conn->broken = TRUE;
        again = TRUE;
    }
    if (again) {
        take_events(conn);
    } else {
        conn->worker = NULL;
        tw_conn_set_owner(conn, TW_OWNER_EPOLL);
    }
    g_mutex_unlock(&slot->lock);
    return !again;
}

/* Behind the others that wait for a worker. */
static void
requeue(TwConn *conn)
{
    TwSlot *slot = conn->slot;

    tw_conn_return_buffers(conn);
    conn->worker->now_us = g_get_monotonic_time();
    g_mutex_lock(&slot->lock);
    conn->worker = NULL;
    tw_conn_set_owner(conn, TW_OWNER_QUEUE);
    g_mutex_unlock(&slot->lock);
    tw_loop_push(conn->loop, conn);
}

static void
end_producer(TwConn *conn)
{
    GDestroyNotify destroy = conn->produce_destroy;
    gpointer data = conn->produce_data;

    conn->produce = NULL;
    conn->produce_data = NULL;
    conn->produce_destroy = NULL;
    if (destroy != NULL)
        destroy(data);
}

static void
finish(TwConn *conn)
{
    TwLoop *loop = conn->loop;
    TwSlot *slot = conn->slot;

    tw_conn_set_stage(conn, TW_STAGE_CLOSED);
    conn->broken = TRUE;
    g_mutex_lock(&slot->lock);
    slot->conn = NULL;
    tw_conn_set_owner(conn, TW_OWNER_NONE);
    g_mutex_unlock(&slot->lock);
    tw_wheel_remove(&loop->wheel, &conn->timer);
    (void) close(conn->fd);
    conn->fd = -1;
    end_producer(conn);
    if (conn->accepted && conn->protocol->closed != NULL)
        conn->protocol->closed(conn, (TwCloseReason) conn->close_reason);
    g_clear_pointer(&conn->deflate, tw_deflate_free);
    g_clear_pointer(&conn->tls, tw_tls_session_free);
    g_clear_pointer(&conn->tls_server, tw_tls_server_unref);
    conn->in.len = conn->out.len = 0;
    tw_conn_return_buffers(conn);
    conn->worker->now_us = g_get_monotonic_time();
    conn->worker = NULL;
    if (conn->counted)
        tw_loop_uncount_peer(loop, &conn->peer);
    tw_loop_give_slot(loop, slot);
    tw_conn_unref(conn);
}

/* --- steps ------------------------------------------------------------------------------------------------------ */

static void
close_for(TwConn *conn, TwCloseReason reason)
{
    tw_conn_close(conn);
    conn->close_reason = (guint8) reason;
}

static TwStep
step_timeout(TwConn *conn)
{
    TwConnTimeout kind = (TwConnTimeout) conn->timeout_kind;
    gboolean goes_on;

    if (kind == TW_TIMEOUT_SLOW_OUTPUT && conn->stage <= TW_STAGE_CLOSING &&
        tw_conn_client_took_some(conn))
        return TW_STEP_AGAIN;
    if (conn->stage != TW_STAGE_OPEN) {
        if (conn->stage != TW_STAGE_LINGERING)
            conn->close_reason = TW_CLOSE_TIMEOUT;
        return TW_STEP_GONE;
    }
    conn->want_changed = FALSE;
    if (!conn->accepted)
        return TW_STEP_GONE;
    conn->rested = TRUE;
    if (kind == TW_TIMEOUT_DEADLINE)
        conn->hard_deadline = 0;
    if (conn->protocol->timeout != NULL)
        conn->protocol->timeout(conn, kind);
    goes_on = conn->want_changed && (kind == TW_TIMEOUT_IDLE || kind == TW_TIMEOUT_PARK);
    if (kind == TW_TIMEOUT_SLOW_OUTPUT) {
        conn->close_reason = TW_CLOSE_TIMEOUT;
        return TW_STEP_GONE;
    }
    if (!goes_on) {
        if (conn->produce != NULL)
            end_producer(conn);
        close_for(conn, TW_CLOSE_TIMEOUT);
    }
    return TW_STEP_AGAIN;
}

static TwStep
step_produce(TwConn *conn)
{
    if (!conn->produce(conn, conn->produce_data) || conn->stage != TW_STAGE_OPEN || conn->broken)
        end_producer(conn);
    return TW_STEP_AGAIN;
}

static TwStep
step_stopping(TwConn *conn)
{
    conn->stop_told = TRUE;
    if (conn->protocol->stopping != NULL)
        conn->protocol->stopping(conn);
    close_for(conn, TW_CLOSE_STOPPED);
    return TW_STEP_AGAIN;
}

static TwStep
step_close(TwConn *conn)
{
    if (conn->tls != NULL)
        tw_tls_session_bye(conn->tls);
    if (conn->eof || shutdown(conn->fd, SHUT_WR) < 0)
        return TW_STEP_GONE;
    tw_conn_drop_input(conn);
    conn->linger_end = tw_loop_now_ms() + LINGER_MS;
    conn->dry = FALSE;
    tw_conn_set_stage(conn, TW_STAGE_LINGERING);
    return TW_STEP_AGAIN;
}

/* Closing a socket with unread input resets the connection, and the peer may lose the answer. */
static TwStep
step_linger(TwConn *conn)
{
    if (!tw_conn_fill(conn))
        return TW_STEP_WAIT;
    conn->linger_bytes += conn->in.len;
    tw_conn_drop_input(conn);
    return conn->eof || conn->linger_bytes > LINGER_BYTES ? TW_STEP_GONE : TW_STEP_AGAIN;
}

static void
consume(TwConn *conn, gsize n)
{
    conn->in.start += n;
    conn->in.len -= n;
    conn->scanned = conn->scanned > n ? conn->scanned - n : 0;
    if (conn->in.len == 0)
        conn->in.start = 0;
}

/* Takes what a skipping want throws away; TRUE when it is done. */
static gboolean
skip_input(TwConn *conn)
{
    const guint8 *data = conn->in.data + conn->in.start;
    const guint8 *lf;

    if (conn->want == TW_WANT_SKIP) {
        gsize n = (gsize) MIN(conn->want_n, conn->in.len);
        consume(conn, n);
        conn->want_n -= n;
        return conn->want_n == 0;
    }
    lf = conn->in.len > 0 ? memchr(data, '\n', conn->in.len) : NULL;
    consume(conn, lf != NULL ? (gsize) (lf - data) + 1 : conn->in.len);
    return lf != NULL;
}

static TwMatch
match_input(TwConn *conn, gsize *ret_len)
{
    if (conn->want == TW_WANT_SKIP || conn->want == TW_WANT_SKIP_LINE) {
        *ret_len = 0;
        return skip_input(conn) ? TW_MATCH_FOUND : TW_MATCH_MORE;
    }
    return tw_want_match((TwWant) conn->want, conn->want_n,
                         conn->in.data != NULL ? conn->in.data + conn->in.start : NULL,
                         conn->in.len, &conn->scanned, ret_len);
}

/* Lends the first len bytes to a protocol function and takes them out of the input. */
static void
lend_input(TwConn *conn, void (*func)(TwConn *conn, TwCursor input), gsize len)
{
    conn->want_changed = FALSE;
    conn->input_dropped = FALSE;
    conn->lent = len;
    func(conn, tw_cursor_init(len > 0 ? conn->in.data + conn->in.start : (const guint8 *) "", len));
    conn->lent = 0;
    if (!conn->input_dropped)
        consume(conn, len);
    if (!conn->want_changed) {
        conn->scanned = 0;
        conn->in_window_end = 0;
    }
    conn->rested = TRUE;
}

static void
call_ready(TwConn *conn, gsize len)
{
    gboolean repeats =
        conn->want != TW_WANT_SKIP && (conn->want != TW_WANT_BYTES || conn->want_n > 0);

    lend_input(conn, conn->protocol->ready, len);
    /* Without a new want these would be there again at once, for ever. */
    if (!conn->want_changed && !repeats && conn->stage == TW_STAGE_OPEN)
        close_for(conn, TW_CLOSE_ABORTED);
}

static void
call_too_long(TwConn *conn, gsize len)
{
    conn->want_changed = FALSE;
    if (conn->protocol->too_long != NULL)
        lend_input(conn, conn->protocol->too_long, len);
    if (!conn->want_changed && conn->stage == TW_STAGE_OPEN)
        close_for(conn, TW_CLOSE_DONE);
}

static TwStep
step_eof(TwConn *conn)
{
    gboolean parked = conn->want == TW_WANT_NOTHING;

    if (!conn->eof_told) {
        conn->eof_told = TRUE;
        if (conn->protocol->eof != NULL) {
            lend_input(conn, conn->protocol->eof, parked ? 0 : conn->in.len);
            if (conn->want == TW_WANT_NOTHING || conn->produce != NULL)
                return TW_STEP_AGAIN;
        }
    }
    if (conn->stage == TW_STAGE_OPEN)
        close_for(conn, TW_CLOSE_PEER);
    return TW_STEP_AGAIN;
}

/* The socket's side, when there is nothing left to serve. */
static TwStep
step_socket(TwConn *conn)
{
    if (!tw_conn_flush(conn))
        return TW_STEP_GONE;
    if (conn->out.len > 0)
        return TW_STEP_WAIT;
    if (conn->want == TW_WANT_NOTHING) {
        /* it does not read, so it learns of the end in this way only */
        if (conn->peer_dead)
            return TW_STEP_GONE;
        return conn->peer_shut && !conn->eof_told ? step_eof(conn) : TW_STEP_WAIT;
    }
    if (conn->eof)
        return step_eof(conn);
    return tw_conn_fill(conn) ? TW_STEP_AGAIN : TW_STEP_WAIT;
}

static TwStep
step_input(TwConn *conn)
{
    gsize len = 0;

    switch (match_input(conn, &len)) {
    case TW_MATCH_FOUND:
        call_ready(conn, len);
        return TW_STEP_AGAIN;
    case TW_MATCH_TOO_LONG:
        call_too_long(conn, len);
        return TW_STEP_AGAIN;
    case TW_MATCH_MORE:
        break;
    }
    return step_socket(conn);
}

/* Output goes before new work when there is much of it, when it must be out for what follows, or when the client
 * does not take it. */
static gboolean
output_goes_first(const TwConn *conn)
{
    return conn->out.len > 0 &&
           (conn->out.len >= TW_CONN_PIECE || conn->blocked || conn->start_tls ||
            conn->produce != NULL || conn->stage == TW_STAGE_CLOSING);
}

static TwStep
step_open(TwConn *conn, gint pending)
{
    if (output_goes_first(conn)) {
        if (!tw_conn_flush(conn))
            return TW_STEP_GONE;
        if (conn->out.len > 0)
            return TW_STEP_WAIT;
    }
    if (conn->produce != NULL)
        return step_produce(conn);
    if (conn->stage == TW_STAGE_CLOSING)
        return step_close(conn);
    if (conn->start_tls)
        return tw_conn_begin_tls(conn);
    if (tw_loop_state(conn->loop) >= TW_LOOP_STOPPING && !conn->stop_told)
        return step_stopping(conn);
    if (pending & TW_PENDING_WAKE) {
        (void) g_atomic_int_and((guint *) &conn->pending, ~(guint) TW_PENDING_WAKE);
        if (conn->protocol->woken != NULL)
            conn->protocol->woken(conn);
        return TW_STEP_AGAIN;
    }
    return step_input(conn);
}

static TwStep
step(TwConn *conn)
{
    gint pending = g_atomic_int_get(&conn->pending);

    check_state(conn);
    if (conn->broken)
        return TW_STEP_GONE;
    if (pending & TW_PENDING_STOP)
        (void) g_atomic_int_and((guint *) &conn->pending, ~(guint) TW_PENDING_STOP);
    /* who is not yet known is not said goodbye to */
    if (tw_loop_state(conn->loop) >= (conn->accepted ? TW_LOOP_CUTTING : TW_LOOP_STOPPING)) {
        conn->close_reason = TW_CLOSE_STOPPED;
        return TW_STEP_GONE;
    }
    if (pending & TW_PENDING_TIMEOUT) {
        (void) g_atomic_int_and((guint *) &conn->pending, ~(guint) TW_PENDING_TIMEOUT);
        return step_timeout(conn);
    }
    switch ((TwConnStage) conn->stage) {
    case TW_STAGE_PROXY:
        return tw_conn_step_proxy(conn);
    case TW_STAGE_HANDSHAKE:
        return tw_conn_step_handshake(conn);
    case TW_STAGE_LINGERING:
        return step_linger(conn);
    case TW_STAGE_OPEN:
    case TW_STAGE_CLOSING:
    case TW_STAGE_CLOSED:
        break;
    }
    if (!conn->accepted) {
        conn->accepted = TRUE;
        conn->secured = FALSE;
        if (conn->protocol->accepted != NULL)
            conn->protocol->accepted(conn, conn->data);
        return TW_STEP_AGAIN;
    }
    if (conn->secured) {
        conn->secured = FALSE;
        if (conn->protocol->secured != NULL)
            conn->protocol->secured(conn);
        return TW_STEP_AGAIN;
    }
    return step_open(conn, pending);
}

void
tw_conn_run(TwConn *conn)
{
    for (guint rounds = 0;; rounds++) {
        switch (step(conn)) {
        case TW_STEP_AGAIN:
            if (rounds < ROUNDS_MAX)
                break;
            requeue(conn);
            return;
        case TW_STEP_WAIT:
            if (park(conn))
                return;
            break;
        case TW_STEP_GONE:
            finish(conn);
            return;
        }
    }
}

/* --- calls from outside ----------------------------------------------------------------------------------------- */

TwConn *
tw_conn_take_event(TwLoop *loop, guint64 key, guint32 events)
{
    guint32 index = (guint32) key;
    TwSlot *chunk = g_atomic_pointer_get(&loop->chunks[index / TW_SLOTS_PER_CHUNK]);
    TwSlot *slot = &chunk[index % TW_SLOTS_PER_CHUNK];
    TwConn *queue = NULL;

    g_mutex_lock(&slot->lock);
    if (slot->conn != NULL && slot->generation == (guint32) (key >> 32)) {
        slot->conn->events |= events;
        if (slot->conn->owner == TW_OWNER_EPOLL && (events & needed_events(slot->conn))) {
            queue = slot->conn;
            tw_conn_set_owner(queue, TW_OWNER_QUEUE);
        }
    }
    g_mutex_unlock(&slot->lock);
    return queue;
}

void
tw_conn_claim_queued(TwConn *conn, TwWorker *worker)
{
    TwSlot *slot = conn->slot;

    g_mutex_lock(&slot->lock);
    tw_conn_set_owner(conn, TW_OWNER_WORKER);
    take_events(conn);
    g_mutex_unlock(&slot->lock);
    conn->worker = worker;
    tw_conn_run(conn);
}

void
tw_conn_ask(TwSlot *slot, const TwConn *only, gint pending)
{
    TwConn *queue = NULL;

    g_mutex_lock(&slot->lock);
    if (slot->conn != NULL && (only == NULL || slot->conn == only)) {
        (void) g_atomic_int_or((guint *) &slot->conn->pending, (guint) pending);
        if (slot->conn->owner == TW_OWNER_EPOLL) {
            queue = slot->conn;
            tw_conn_set_owner(queue, TW_OWNER_QUEUE);
        }
    }
    g_mutex_unlock(&slot->lock);
    /* In the queue it can only be taken by a worker, so it is not gone here. */
    if (queue != NULL)
        tw_loop_push(queue->loop, queue);
}

void
tw_conn_wake(TwConn *conn)
{
    tw_conn_ask(conn->slot, conn, TW_PENDING_WAKE);
}

void
tw_conn_timer_due(TwConn *conn, gint64 now_ms)
{
    TwSlot *slot = conn->slot;
    gboolean queue = FALSE;

    g_mutex_lock(&slot->lock);
    if (slot->conn == conn) {
        if (conn->owner == TW_OWNER_EPOLL &&
            __atomic_load_n(&conn->timer.deadline, __ATOMIC_SEQ_CST) <= now_ms) {
            (void) g_atomic_int_or((guint *) &conn->pending, TW_PENDING_TIMEOUT);
            tw_conn_set_owner(conn, TW_OWNER_QUEUE);
            queue = TRUE;
        } else {
            tw_wheel_relink(&conn->loop->wheel, &conn->timer);
        }
    }
    g_mutex_unlock(&slot->lock);
    if (queue)
        tw_loop_push(conn->loop, conn);
}
