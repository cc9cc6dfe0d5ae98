/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What comes before the protocol, or between two halves of it: PROXY header, TLS handshake, STARTTLS. All of it within
 * setup_end, however busy the client keeps us.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "net/conn-private.h"
#include "net/proxy.h"
#include "net/tls-private.h"

enum {
    STARTTLS_MS = 30 * 1000,
    DROP_ROUNDS = 64, /* reads of plaintext behind STARTTLS */
};

void
tw_conn_tls_failed(TwConn *conn, const GError *error)
{
    tw_loop_report(conn->loop, TW_LOOP_EVENT_TLS_FAILED, &conn->peer, error);
    conn->broken = TRUE;
    conn->close_reason = TW_CLOSE_TLS;
}

void
tw_conn_begin_setup(TwConn *conn, gboolean via_proxy, TwTlsServer *tls, guint setup_ms)
{
    conn->setup_end = tw_loop_now_ms() + setup_ms;
    if (tls != NULL)
        conn->tls_server = tw_tls_server_ref(tls);
    if (via_proxy)
        tw_conn_set_stage(conn, TW_STAGE_PROXY);
    else if (tls != NULL)
        (void) tw_conn_begin_tls(conn);
}

TwStep
tw_conn_begin_tls(TwConn *conn)
{
    g_autoptr(TwTlsServer) server = g_steal_pointer(&conn->tls_server);
    g_autoptr(GError) error = NULL;

    conn->start_tls = FALSE;
    conn->secured = TRUE;
    conn->tls = tw_tls_session_new(server, conn->fd, &error);
    if (conn->tls == NULL) {
        tw_conn_tls_failed(conn, error);
        return TW_STEP_GONE;
    }
    tw_conn_set_stage(conn, TW_STAGE_HANDSHAKE);
    return TW_STEP_AGAIN;
}

TwStep
tw_conn_step_handshake(TwConn *conn)
{
    g_autoptr(GError) error = NULL;

    switch (tw_tls_session_handshake(conn->tls, &error)) {
    case TW_HANDSHAKE_DONE:
        tw_conn_set_stage(conn, TW_STAGE_OPEN);
        conn->dry = FALSE;
        conn->blocked = FALSE;
        conn->rested = TRUE;
        return TW_STEP_AGAIN;
    case TW_HANDSHAKE_READ:
        return tw_conn_tls_end_unseen(conn) ? TW_STEP_AGAIN : TW_STEP_WAIT;
    case TW_HANDSHAKE_WRITE:
        return TW_STEP_WAIT;
    case TW_HANDSHAKE_FAILED:
        break;
    }
    tw_conn_tls_failed(conn, error);
    return TW_STEP_GONE;
}

static TwStep
proxy_bad(TwConn *conn, const char *what)
{
    g_autoptr(GError) error = g_error_new_literal(TW_ERROR, TW_ERROR_CORRUPT, what);

    tw_loop_report(conn->loop, TW_LOOP_EVENT_PROXY_BAD, &conn->peer, error);
    return TW_STEP_GONE;
}

static TwStep
proxy_done(TwConn *conn, const TwProxyHeader *header)
{
    if (header->source.family != TW_ADDRESS_NONE) {
        conn->peer = header->source;
        conn->local = header->destination;
    }
    if (!tw_loop_count_peer(conn->loop, &conn->peer)) {
        tw_loop_report(conn->loop, TW_LOOP_EVENT_REFUSED_PEER, &conn->peer, NULL);
        return TW_STEP_GONE;
    }
    conn->counted = TRUE;
    if (conn->tls_server != NULL)
        return tw_conn_begin_tls(conn);
    tw_conn_set_stage(conn, TW_STAGE_OPEN);
    return TW_STEP_AGAIN;
}

/* Behind the header TLS may begin, which GnuTLS reads from the socket itself. So the header is looked at first (MSG_PEEK),
 * and exactly its bytes are taken. What is only a beginning is taken as well, else the socket would call at once. */
TwStep
tw_conn_step_proxy(TwConn *conn)
{
    guint8 data[TW_PROXY_HEADER_MAX];
    gsize before = conn->in.len, taken;
    TwProxyHeader header;
    TwProxyResult result;
    gssize got;

    if (before > 0)
        memcpy(data, conn->in.data + conn->in.start, before);
    do
        got = recv(conn->fd, data + before, sizeof data - before, MSG_PEEK | MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? TW_STEP_WAIT : TW_STEP_GONE;
    if (got == 0)
        return proxy_bad(conn, "the connection ended in the PROXY header");
    result = tw_proxy_parse(data, before + (gsize) got, &header);
    if (result == TW_PROXY_BAD || (result == TW_PROXY_MORE && before + (gsize) got == sizeof data))
        return proxy_bad(conn, "no PROXY header");
    taken = result == TW_PROXY_DONE ? header.len - before : (gsize) got;
    if (recv(conn->fd, data + before, taken, MSG_DONTWAIT) != (gssize) taken)
        return TW_STEP_GONE;
    if (result == TW_PROXY_DONE) {
        tw_conn_drop_input(conn);
        return proxy_done(conn, &header);
    }
    g_free(conn->in.data);
    conn->in.data = g_memdup2(data, before + taken);
    conn->in.start = 0;
    conn->in.len = conn->in.cap = before + taken;
    return TW_STEP_AGAIN;
}

/* --- STARTTLS --------------------------------------------------------------------------------------------------- */

/* Takes from the socket what came before the client could have our answer. */
static gsize
drain_socket(TwConn *conn)
{
    guint8 data[4096];
    gsize drained = 0;

    for (guint i = 0; i < DROP_ROUNDS; i++) {
        gssize got = recv(conn->fd, data, sizeof data, MSG_DONTWAIT);
        if (got <= 0)
            break;
        drained += (gsize) got;
    }
    return drained;
}

gsize
tw_conn_start_tls(TwConn *conn, TwTlsServer *server)
{
    gsize dropped;

    g_return_val_if_fail(conn->tls == NULL && !conn->start_tls, 0);
    if (conn->stage != TW_STAGE_OPEN || conn->broken)
        return 0;
    dropped = conn->in.len - MIN(conn->in.len, conn->lent) + drain_socket(conn);
    tw_conn_drop_input(conn);
    if (dropped > 0) {
        g_autoptr(GError) error =
            g_error_new(TW_ERROR, TW_ERROR_INVALID,
                        "%" G_GSIZE_FORMAT " bytes in the clear behind STARTTLS", dropped);
        tw_loop_report(conn->loop, TW_LOOP_EVENT_PLAINTEXT_DROPPED, &conn->peer, error);
    }
    conn->tls_server = tw_tls_server_ref(server);
    conn->setup_end = tw_loop_now_ms() + STARTTLS_MS;
    conn->start_tls = TRUE;
    return dropped;
}
