/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The epoll set, the slots of its connections, the queue, and starting and stopping. The threads are in loop-pool.c.
 */
#include "net/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "net/conn-private.h"
#include "net/pool-private.h"

enum {
    STOP_EXTRA_MS = 1000 /* for workers to end after the grace time */
};

gint64
tw_loop_now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

TwLoopState
tw_loop_state(const TwLoop *loop)
{
    return (TwLoopState) __atomic_load_n(&loop->state, __ATOMIC_SEQ_CST);
}

/* States only go up; whoever comes with a lower one is late. */
static void
raise_state(TwLoop *loop, TwLoopState state)
{
    gint old = g_atomic_int_get(&loop->state);

    while (old < (gint) state &&
           !g_atomic_int_compare_and_exchange(&loop->state, old, (gint) state))
        old = g_atomic_int_get(&loop->state);
}

static void
set_defaults(TwLoopOptions *options)
{
    if (options->min_workers == 0)
        options->min_workers = 2;
    if (options->max_workers == 0)
        options->max_workers = 64;
    options->max_workers = MAX(options->max_workers, options->min_workers);
    if (options->idle_worker_ms == 0)
        options->idle_worker_ms = 10000;
    if (options->max_connections == 0)
        options->max_connections = 100000;
    options->max_connections =
        MIN(options->max_connections, TW_SLOTS_PER_CHUNK * TW_SLOT_CHUNKS_MAX);
    if (options->max_per_peer == 0)
        options->max_per_peer = 10000;
}

static gint
compare_peers(gconstpointer a, gconstpointer b)
{
    return (GPOINTER_TO_SIZE(a) > GPOINTER_TO_SIZE(b)) -
           (GPOINTER_TO_SIZE(a) < GPOINTER_TO_SIZE(b));
}

TwLoop *
tw_loop_new(const TwLoopOptions *options, GError **error)
{
    TwLoop *loop = g_new0(TwLoop, 1);
    struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = TW_KEY_QUEUE };

    loop->refs = 1;
    if (options != NULL)
        loop->options = *options;
    set_defaults(&loop->options);
    g_mutex_init(&loop->slots_lock);
    g_cond_init(&loop->changed);
    g_mutex_init(&loop->standby_lock);
    g_cond_init(&loop->called);
    loop->processors = g_get_num_processors();
    g_mutex_init(&loop->queue_lock);
    g_mutex_init(&loop->peers_lock);
    g_mutex_init(&loop->listeners_lock);
    loop->free_slots = g_array_new(FALSE, FALSE, sizeof(guint32));
    loop->ended = g_ptr_array_new();
    loop->peers = g_tree_new(compare_peers);
    loop->listeners = g_ptr_array_new();
    loop->stop_at_ms = G_MAXINT64;
    tw_wheel_init(&loop->wheel, tw_loop_now_ms());
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->queue_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->ticker_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll_fd < 0 || loop->queue_fd < 0 || loop->ticker_fd < 0 ||
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->queue_fd, &event) < 0) {
        tw_error_from_errno(error, errno, "making an epoll set");
        tw_loop_free(loop);
        return NULL;
    }
    return loop;
}

TwLoop *
tw_loop_ref(TwLoop *loop)
{
    g_atomic_int_inc(&loop->refs);
    return loop;
}

void
tw_loop_unref(TwLoop *loop)
{
    if (!g_atomic_int_dec_and_test(&loop->refs))
        return;
    for (guint i = 0; i < TW_SLOT_CHUNKS_MAX && loop->chunks[i] != NULL; i++) {
        for (guint k = 0; k < TW_SLOTS_PER_CHUNK; k++)
            g_mutex_clear(&loop->chunks[i][k].lock);
        g_free(loop->chunks[i]);
    }
    tw_wheel_clear(&loop->wheel);
    g_array_unref(loop->free_slots);
    g_ptr_array_unref(loop->ended);
    g_ptr_array_unref(loop->listeners);
    g_tree_unref(loop->peers);
    g_mutex_clear(&loop->slots_lock);
    g_cond_clear(&loop->changed);
    g_mutex_clear(&loop->standby_lock);
    g_cond_clear(&loop->called);
    g_mutex_clear(&loop->queue_lock);
    g_mutex_clear(&loop->peers_lock);
    g_mutex_clear(&loop->listeners_lock);
    g_free(loop);
}

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        (void) close(*fd);
    *fd = -1;
}

void
tw_loop_report(TwLoop *loop, TwLoopEvent event, const TwAddress *peer, const GError *error)
{
    if (event == TW_LOOP_EVENT_REFUSED_TOTAL || event == TW_LOOP_EVENT_REFUSED_PEER)
        __atomic_add_fetch(&loop->refused, 1, __ATOMIC_RELAXED);
    if (loop->options.event_func != NULL)
        loop->options.event_func(event, peer, error, loop->options.event_data);
}

/* --- slots ------------------------------------------------------------------------------------------------------ */

static gboolean
add_chunk(TwLoop *loop)
{
    TwSlot *chunk;

    if (loop->slot_count == TW_SLOTS_PER_CHUNK * TW_SLOT_CHUNKS_MAX)
        return FALSE;
    chunk = g_new0(TwSlot, TW_SLOTS_PER_CHUNK);
    for (guint i = 0; i < TW_SLOTS_PER_CHUNK; i++) {
        guint32 index = loop->slot_count + TW_SLOTS_PER_CHUNK - 1 - i;

        g_mutex_init(&chunk[i].lock);
        chunk[i].index = loop->slot_count + i;
        g_array_append_val(loop->free_slots, index);
    }
    g_atomic_pointer_set(&loop->chunks[loop->slot_count / TW_SLOTS_PER_CHUNK], chunk);
    loop->slot_count += TW_SLOTS_PER_CHUNK;
    return TRUE;
}

static TwSlot *
slot_at(TwLoop *loop, guint32 index)
{
    TwSlot *chunk = g_atomic_pointer_get(&loop->chunks[index / TW_SLOTS_PER_CHUNK]);

    return &chunk[index % TW_SLOTS_PER_CHUNK];
}

TwSlot *
tw_loop_take_slot(TwLoop *loop, TwConn *conn)
{
    TwSlot *slot = NULL;

    g_mutex_lock(&loop->slots_lock);
    if (loop->connections < loop->options.max_connections &&
        (loop->free_slots->len > 0 || add_chunk(loop))) {
        slot = slot_at(loop, g_array_index(loop->free_slots, guint32, loop->free_slots->len - 1));
        g_array_set_size(loop->free_slots, loop->free_slots->len - 1);
        loop->connections++;
    }
    g_mutex_unlock(&loop->slots_lock);
    if (slot == NULL)
        return NULL;
    conn->slot = slot;
    g_mutex_lock(&slot->lock);
    slot->conn = conn;
    /* generation 0 is for the loop's own descriptors */
    slot->generation = slot->generation == G_MAXUINT32 ? 1 : slot->generation + 1;
    g_mutex_unlock(&slot->lock);
    return slot;
}

void
tw_loop_give_slot(TwLoop *loop, TwSlot *slot)
{
    g_mutex_lock(&loop->slots_lock);
    g_array_append_val(loop->free_slots, slot->index);
    loop->connections--;
    if (loop->connections == 0)
        g_cond_broadcast(&loop->changed);
    g_mutex_unlock(&loop->slots_lock);
}

/* --- peers ------------------------------------------------------------------------------------------------------ */

/* One key for an IPv4 address, or for the /64 that one IPv6 customer usually has. FALSE: not counted. */
static gboolean
peer_key(const TwAddress *peer, gpointer *ret)
{
    guint64 bits = 0;

    if (peer->family == TW_ADDRESS_INET)
        bits = (guint64) 1 << 32;
    else if (peer->family != TW_ADDRESS_INET6)
        return FALSE;
    for (guint i = 0; i < (peer->family == TW_ADDRESS_INET ? 4u : 8u); i++)
        bits ^= (guint64) peer->bytes[i]
                << (peer->family == TW_ADDRESS_INET ? 24 - 8 * i : 56 - 8 * i);
    *ret = GSIZE_TO_POINTER(bits);
    return TRUE;
}

gboolean
tw_loop_count_peer(TwLoop *loop, const TwAddress *peer)
{
    gpointer key;
    guint count;
    gboolean fits;

    if (!peer_key(peer, &key))
        return TRUE;
    g_mutex_lock(&loop->peers_lock);
    count = GPOINTER_TO_UINT(g_tree_lookup(loop->peers, key));
    fits = count < loop->options.max_per_peer;
    if (fits)
        g_tree_replace(loop->peers, key, GUINT_TO_POINTER(count + 1));
    g_mutex_unlock(&loop->peers_lock);
    return fits;
}

void
tw_loop_uncount_peer(TwLoop *loop, const TwAddress *peer)
{
    gpointer key;
    guint count;

    if (!peer_key(peer, &key))
        return;
    g_mutex_lock(&loop->peers_lock);
    count = GPOINTER_TO_UINT(g_tree_lookup(loop->peers, key));
    if (count <= 1)
        g_tree_remove(loop->peers, key);
    else
        g_tree_replace(loop->peers, key, GUINT_TO_POINTER(count - 1));
    g_mutex_unlock(&loop->peers_lock);
}

/* --- queue ------------------------------------------------------------------------------------------------------ */

static void
signal_fd(int fd)
{
    guint64 one = 1;

    /* it fails only when the counter is full, and then it is signalled anyway */
    if (write(fd, &one, sizeof one) < 0)
        return;
}

void
tw_loop_push(TwLoop *loop, TwConn *conn)
{
    tw_loop_push_list(loop, conn, conn);
}

/* The poller says so before it looks at the queue for the last time, so either it sees what was queued, or it is seen here.
 * Without a poller somebody runs, and looks at the queue before he polls. */
static void
call_poller(TwLoop *loop)
{
    if (g_atomic_int_get(&loop->polling) && g_atomic_int_compare_and_exchange(&loop->calling, 0, 1))
        signal_fd(loop->queue_fd);
}

void
tw_loop_push_list(TwLoop *loop, TwConn *first, TwConn *last)
{
    g_mutex_lock(&loop->queue_lock);
    last->queue_next = NULL;
    if (loop->queue_head == NULL)
        __atomic_store_n(&loop->queue_head, first, __ATOMIC_SEQ_CST);
    else
        loop->queue_tail->queue_next = first;
    loop->queue_tail = last;
    g_mutex_unlock(&loop->queue_lock);
    call_poller(loop);
}

gboolean
tw_loop_has_queued(TwLoop *loop)
{
    return __atomic_load_n(&loop->queue_head, __ATOMIC_SEQ_CST) != NULL;
}

TwConn *
tw_loop_pop(TwLoop *loop)
{
    TwConn *conn;
    gboolean more;

    if (!tw_loop_has_queued(loop))
        return NULL;
    g_mutex_lock(&loop->queue_lock);
    conn = loop->queue_head;
    if (conn != NULL)
        __atomic_store_n(&loop->queue_head, conn->queue_next, __ATOMIC_SEQ_CST);
    more = loop->queue_head != NULL;
    g_mutex_unlock(&loop->queue_lock);
    if (more)
        call_poller(loop);
    return conn;
}

void
tw_loop_wake_poller(TwLoop *loop)
{
    signal_fd(loop->queue_fd);
}

void
tw_loop_poke_ticker(TwLoop *loop)
{
    signal_fd(loop->ticker_fd);
}

void
tw_loop_set_timer(TwLoop *loop, TwWheelEntry *entry, gint64 deadline_ms)
{
    if (tw_wheel_set(&loop->wheel, entry, deadline_ms))
        tw_loop_poke_ticker(loop);
}

guint64
tw_loop_take_listener(TwLoop *loop, TwListener *listener)
{
    guint64 key;

    g_mutex_lock(&loop->listeners_lock);
    g_ptr_array_add(loop->listeners, listener);
    key = TW_KEY_LISTENERS + loop->listeners->len - 1;
    g_mutex_unlock(&loop->listeners_lock);
    return key;
}

/* --- life ------------------------------------------------------------------------------------------------------- */

gboolean
tw_loop_start(TwLoop *loop, GError **error)
{
    g_return_val_if_fail(tw_loop_state(loop) == TW_LOOP_NEW, FALSE);
    raise_state(loop, TW_LOOP_RUNNING);
    if (!tw_pool_start(loop)) {
        (void) tw_loop_stop(loop, 0);
        g_set_error(error, TW_ERROR, TW_ERROR_BUSY, "the worker threads could not be started");
        return FALSE;
    }
    return TRUE;
}

static void
ask_all(TwLoop *loop)
{
    guint count;

    g_mutex_lock(&loop->slots_lock);
    count = loop->slot_count;
    g_mutex_unlock(&loop->slots_lock);
    for (guint i = 0; i < count; i++)
        tw_conn_ask(slot_at(loop, i), NULL, TW_PENDING_STOP);
}

/* Waits until the figure is 0, or until stop_at plus extra_ms. */
static gboolean
wait_for_none(TwLoop *loop, const guint *figure, gint64 extra_ms)
{
    gboolean none;

    g_mutex_lock(&loop->slots_lock);
    for (;;) {
        gint64 until = __atomic_load_n(&loop->stop_at_ms, __ATOMIC_SEQ_CST) + extra_ms;

        none = *figure == 0;
        if (none || tw_loop_now_ms() >= until)
            break;
        (void) g_cond_wait_until(&loop->changed, &loop->slots_lock, until * 1000);
    }
    g_mutex_unlock(&loop->slots_lock);
    return none;
}

static void
close_listeners(TwLoop *loop)
{
    g_mutex_lock(&loop->listeners_lock);
    for (guint i = 0; i < loop->listeners->len; i++)
        tw_listener_close(g_ptr_array_index(loop->listeners, i));
    g_mutex_unlock(&loop->listeners_lock);
}

gboolean
tw_loop_stop(TwLoop *loop, guint grace_ms)
{
    gint64 stop_at = tw_loop_now_ms() + grace_ms;
    gboolean ended;

    g_mutex_lock(&loop->slots_lock);
    if (stop_at < __atomic_load_n(&loop->stop_at_ms, __ATOMIC_SEQ_CST))
        __atomic_store_n(&loop->stop_at_ms, stop_at, __ATOMIC_SEQ_CST);
    g_cond_broadcast(&loop->changed);
    g_mutex_unlock(&loop->slots_lock);

    if (tw_loop_state(loop) == TW_LOOP_NEW) {
        raise_state(loop, TW_LOOP_HALTED);
        close_listeners(loop);
        return TRUE;
    }
    raise_state(loop, TW_LOOP_STOPPING);
    close_listeners(loop);
    ask_all(loop);
    if (!wait_for_none(loop, &loop->connections, 0)) {
        raise_state(loop, TW_LOOP_CUTTING);
        ask_all(loop);
        (void) wait_for_none(loop, &loop->connections, STOP_EXTRA_MS / 2);
    }
    raise_state(loop, TW_LOOP_HALTED);
    tw_pool_wake_all(loop);
    ended = wait_for_none(loop, &loop->workers, STOP_EXTRA_MS);
    if (ended)
        tw_pool_join(loop);
    return ended;
}

/* Without threads nobody else runs them: connections that were added to a loop that never started. */
static void
cut_queue(TwLoop *loop)
{
    TwWorker worker = { .loop = loop };
    TwConn *conn;

    while ((conn = tw_loop_pop(loop)) != NULL)
        tw_conn_claim_queued(conn, &worker);
    tw_conn_buf_clear(&worker.spare_in);
    tw_conn_buf_clear(&worker.spare_out);
}

void
tw_loop_free(TwLoop *loop)
{
    if (loop == NULL)
        return;
    raise_state(loop, TW_LOOP_HALTED);
    ask_all(loop);
    cut_queue(loop);
    g_assert(loop->workers == 0 && loop->connections == 0);
    for (guint i = 0; i < loop->listeners->len; i++)
        tw_listener_free(g_ptr_array_index(loop->listeners, i));
    g_ptr_array_set_size(loop->listeners, 0);
    close_fd(&loop->epoll_fd);
    close_fd(&loop->queue_fd);
    close_fd(&loop->ticker_fd);
    tw_loop_unref(loop);
}

void
tw_loop_get_stats(TwLoop *loop, TwLoopStats *ret)
{
    gint idle = g_atomic_int_get(&loop->standing_by) + g_atomic_int_get(&loop->polling);

    *ret = (TwLoopStats){ 0 };
    g_mutex_lock(&loop->slots_lock);
    ret->connections = loop->connections;
    ret->workers = loop->workers;
    g_mutex_unlock(&loop->slots_lock);
    ret->busy_workers = ret->workers - MIN(ret->workers, (guint) MAX(idle, 0));
    ret->accepted = __atomic_load_n(&loop->accepted, __ATOMIC_RELAXED);
    ret->refused = __atomic_load_n(&loop->refused, __ATOMIC_RELAXED);
}
