/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One connection.
 *
 *   AUTHORIZATION --log-on--> TRANSACTION --QUIT--> UPDATE --> closed
 *
 * A connection that ends in any other way than by QUIT deletes nothing. Commands that come before they are asked for (PIPELINING) are
 * kept by net/ and run one after the other.
 */
#include "base/error.h"
#include "base/log.h"
#include "pop3/pop3-private.h"

enum {
    ERRORS_MOST = 10,        /* commands in a row that were not understood */
    IDLE_MS_NEW = 60 * 1000, /* before log-on */
};

struct TwPop3 {
    TwServer *server;
    TwTlsServer *tls;
    GMutex lock;            /* guards options */
    TwPop3Options *options; /* never changed, but replaced */
};

/* ---- options: each connection keeps those that were in force when it came ---- */

typedef struct {
    TwPop3Options options;
    char *greeting_name; /* what the options borrow */
} Options;

static TwPop3Options *
copy_options(const TwPop3Options *options)
{
    Options *copy = g_atomic_rc_box_new0(Options);

    copy->options = *options;
    copy->options.greeting_name = copy->greeting_name = g_strdup(options->greeting_name);
    return &copy->options;
}

static void
clear_options(gpointer data)
{
    g_free(((Options *) data)->greeting_name);
}

static void
release_options(TwPop3Options *options)
{
    g_atomic_rc_box_release_full(options, clear_options);
}

static TwPop3Options *
acquire_options(TwPop3 *pop3)
{
    TwPop3Options *options;

    g_mutex_lock(&pop3->lock);
    options = g_atomic_rc_box_acquire(pop3->options);
    g_mutex_unlock(&pop3->lock);
    return options;
}

/* ---- what a door has ---- */

TwServer *
tw_pop3_server(const TwPop3 *pop3)
{
    return pop3->server;
}

TwTlsServer *
tw_pop3_tls(const TwPop3 *pop3)
{
    return pop3->tls;
}

/* ---- answers ---- */

void
tw_pop3_say(TwPop3Peer *peer, const char *answer)
{
    tw_conn_printf(peer->conn, "%s\r\n", answer);
}

void
tw_pop3_say_error(TwPop3Peer *peer, const GError *error)
{
    const char *answer = "-ERR [SYS/TEMP] Not possible now";

    if (error == NULL || error->domain != TW_ERROR) {
        tw_pop3_say(peer, answer);
        return;
    }
    switch ((TwError) error->code) {
    case TW_ERROR_NOT_FOUND:
    case TW_ERROR_NO_ACCESS:
        answer = "-ERR No such message";
        break;
    case TW_ERROR_CORRUPT:
        answer = "-ERR [SYS/PERM] Damaged";
        break;
    case TW_ERROR_INVALID:
    case TW_ERROR_EXISTS:
    case TW_ERROR_TOO_BIG:
    case TW_ERROR_TOO_COMPLEX:
    case TW_ERROR_UNSUPPORTED:
        answer = "-ERR [SYS/PERM] Not possible";
        break;
    case TW_ERROR_SUBMITTED:
    case TW_ERROR_CHANGED:
    case TW_ERROR_BUSY:
        answer = "-ERR [IN-USE] In use";
        break;
    case TW_ERROR_QUOTA:
    case TW_ERROR_NO_SPACE:
    case TW_ERROR_END_OF_SESSION:
    case TW_ERROR_FAILED:
    case TW_ERROR_TIMEOUT:
    case TW_ERROR_AMBIGUOUS:
    case TW_ERROR_CANCELLED:
    case TW_ERROR_NOT_QUEUED:
    case TW_ERROR_OFFLINE:
        break;
    }
    tw_pop3_say(peer, answer);
}

/* ---- what touches no mail ---- */

static void
on_capa(TwPop3Peer *peer, const TwPop3Command *command)
{
    guint offers = tw_pop3_sasl_offers(peer);
    g_auto(TwBuffer) names = TW_BUFFER_INIT(TW_POP3_LINE_MAX);

    (void) command;
    tw_conn_write_str(peer->conn, "+OK\r\nTOP\r\nUIDL\r\n");
    if (!tw_pop3_needs_tls(peer))
        tw_conn_write_str(peer->conn, "USER\r\n");
    tw_client_sasl_put_names(&names, offers, " ");
    if (offers != 0)
        tw_conn_printf(peer->conn, "SASL%.*s\r\n", (int) names.len, (const char *) names.data);
    if (peer->session == NULL && peer->pop3->tls != NULL && !tw_conn_is_tls(peer->conn))
        tw_conn_write_str(peer->conn, "STLS\r\n");
    tw_conn_write_str(peer->conn, "RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nUTF8 USER\r\n"
                                  "EXPIRE NEVER\r\nIMPLEMENTATION Twiga\r\n.\r\n");
}

static void
on_noop(TwPop3Peer *peer, const TwPop3Command *command)
{
    (void) command;
    tw_pop3_say(peer, "+OK");
}

/* Headers are sent as they came with it and without it; see the README. */
static void
on_utf8(TwPop3Peer *peer, const TwPop3Command *command)
{
    (void) command;
    tw_pop3_say(peer, "+OK UTF-8");
}

static void
on_quit(TwPop3Peer *peer, const TwPop3Command *command)
{
    g_autoptr(GError) error = NULL;

    (void) command;
    if (peer->session == NULL || tw_pop3_drop_update(&peer->drop, peer->session, &error)) {
        tw_pop3_say(peer, "+OK Bye");
    } else {
        tw_log(TW_LOG_WARNING, "pop3-update-failed", tw_log_error(error));
        tw_pop3_say(peer, "-ERR [SYS/TEMP] Nothing was deleted");
    }
    tw_conn_close(peer->conn);
}

/* ---- commands ---- */

enum {
    BEFORE = 1u << 0, /* log-on */
    AFTER = 1u << 1,
};

static const struct {
    guint when;
    void (*run)(TwPop3Peer *peer, const TwPop3Command *command);
} commands[] = {
    [TW_POP3_USER] = { BEFORE, tw_pop3_user }, [TW_POP3_PASS] = { BEFORE, tw_pop3_pass },
    [TW_POP3_AUTH] = { BEFORE, tw_pop3_auth }, [TW_POP3_STLS] = { BEFORE, tw_pop3_stls },
    [TW_POP3_UTF8] = { BEFORE, on_utf8 },      [TW_POP3_CAPA] = { BEFORE | AFTER, on_capa },
    [TW_POP3_NOOP] = { AFTER, on_noop },       [TW_POP3_QUIT] = { BEFORE | AFTER, on_quit },
    [TW_POP3_STAT] = { AFTER, tw_pop3_stat },  [TW_POP3_LIST] = { AFTER, tw_pop3_list },
    [TW_POP3_UIDL] = { AFTER, tw_pop3_list },  [TW_POP3_RETR] = { AFTER, tw_pop3_retr },
    [TW_POP3_TOP] = { AFTER, tw_pop3_retr },   [TW_POP3_DELE] = { AFTER, tw_pop3_dele },
    [TW_POP3_RSET] = { AFTER, tw_pop3_rset },
};

static void
complain(TwPop3Peer *peer, const char *answer)
{
    tw_pop3_say(peer, answer);
    if (++peer->errors >= ERRORS_MOST)
        tw_conn_close(peer->conn);
}

static void
run(TwPop3Peer *peer, TwCursor line)
{
    TwPop3Command command;
    const char *answer = tw_pop3_command_parse(line.next, line.left, &command);
    guint state = peer->session != NULL ? AFTER : BEFORE;

    if (answer == NULL && (commands[command.verb].when & state) == 0)
        answer = peer->session != NULL ? "-ERR You are logged on" : "-ERR Log on first";
    if (answer != NULL) {
        complain(peer, answer);
        return;
    }
    peer->errors = 0;
    commands[command.verb].run(peer, &command);
}

/* ---- the protocol ---- */

static void
on_accepted(TwConn *conn, gpointer listener_data)
{
    static const TwConnTimeouts timeouts = { .idle_ms = IDLE_MS_NEW };
    TwPop3Peer *peer = g_new0(TwPop3Peer, 1);
    const char *name;

    peer->pop3 = listener_data;
    peer->options = acquire_options(peer->pop3);
    peer->conn = conn;
    tw_conn_set_data(conn, peer);
    tw_conn_set_timeouts(conn, &timeouts);
    name = peer->options->greeting_name;
    tw_conn_printf(conn, "+OK Twiga%s%s\r\n", name != NULL ? " on " : "", name != NULL ? name : "");
    tw_conn_want_line(conn, TW_POP3_LINE_MAX);
}

static void
on_ready(TwConn *conn, TwCursor input)
{
    TwPop3Peer *peer = tw_conn_get_data(conn);

    if (peer->asking)
        tw_pop3_sasl_line(peer, input);
    else
        run(peer, input);
}

static void
on_too_long(TwConn *conn, TwCursor input)
{
    (void) input;
    tw_conn_write_str(conn, "-ERR Line is too long\r\n");
    tw_conn_close(conn);
}

/* RFC 1939, section 3: an idle session ends without an answer, and deletes nothing. */
static void
on_timeout(TwConn *conn, TwConnTimeout which)
{
    if (which == TW_TIMEOUT_PARK)
        tw_pop3_log_on(tw_conn_get_data(conn), TRUE);
}

static void
on_secured(TwConn *conn)
{
    tw_pop3_forget(tw_conn_get_data(conn));
    tw_conn_want_line(conn, TW_POP3_LINE_MAX);
}

/* Whoever has a log-on waiting may have said all he wants to say: he still gets his answer, and a failure is still counted. */
static void
on_eof(TwConn *conn, TwCursor rest)
{
    const TwPop3Peer *peer = tw_conn_get_data(conn);

    (void) rest;
    if (peer->asking || !tw_client_logon_is_whole(&peer->logon))
        tw_conn_close(conn);
}

static void
on_stopping(TwConn *conn)
{
    tw_conn_write_str(conn, "-ERR [SYS/TEMP] Shutting down\r\n");
}

static void
on_closed(TwConn *conn, TwCloseReason reason)
{
    TwPop3Peer *peer = tw_conn_get_data(conn);

    (void) reason;
    tw_pop3_forget(peer);
    tw_pop3_drop_clear(&peer->drop);
    tw_session_unref(peer->session);
    release_options(peer->options);
    g_free(peer);
}

static const TwProtocol protocol = {
    .name = "pop3",
    .accepted = on_accepted,
    .ready = on_ready,
    .too_long = on_too_long,
    .eof = on_eof,
    .secured = on_secured,
    .timeout = on_timeout,
    .stopping = on_stopping,
    .closed = on_closed,
};

TwPop3 *
tw_pop3_new(void)
{
    static const TwPop3Options none = { 0 };
    TwPop3 *pop3 = g_new0(TwPop3, 1);

    pop3->options = copy_options(&none);
    g_mutex_init(&pop3->lock);
    return pop3;
}

void
tw_pop3_set_server(TwPop3 *pop3, TwServer *server)
{
    pop3->server = server;
}

void
tw_pop3_set_options(TwPop3 *pop3, const TwPop3Options *options)
{
    TwPop3Options *fresh = copy_options(options), *old;

    g_mutex_lock(&pop3->lock);
    old = pop3->options;
    pop3->options = fresh;
    g_mutex_unlock(&pop3->lock);
    release_options(old);
}

void
tw_pop3_set_tls(TwPop3 *pop3, TwTlsServer *tls)
{
    tw_tls_server_unref(pop3->tls);
    pop3->tls = tls != NULL ? tw_tls_server_ref(tls) : NULL;
}

void
tw_pop3_free(TwPop3 *pop3)
{
    if (pop3 == NULL)
        return;
    tw_tls_server_unref(pop3->tls);
    release_options(pop3->options);
    g_mutex_clear(&pop3->lock);
    g_free(pop3);
}

void
tw_pop3_listen_options(TwPop3 *pop3, TwListenOptions *ret)
{
    *ret = (TwListenOptions){ .protocol = &protocol,
                              .data = pop3,
                              .busy_text = "-ERR [SYS/TEMP] Too many connections\r\n" };
}

gboolean
tw_pop3_listen_tls_options(TwPop3 *pop3, TwListenOptions *ret)
{
    tw_pop3_listen_options(pop3, ret);
    ret->tls = pop3->tls;
    return pop3->tls != NULL;
}
