/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One connection. A command is collected whole, with its literals, and then read.
 *
 *   line without a literal at its end  -> run
 *   line with one                      -> "+", its bytes, the next line
 *   line or literal too large          -> BAD; when its bytes come all the same the connection is closed, for they must
 *                                         never be taken for commands
 */
#include <string.h>

#include "imap/imap-private.h"

enum {
    LINE_MOST_NEW = 8192, /* before log-on */
    LINE_MOST = 65536,
    COMMAND_MOST_NEW = 16384,
    COMMAND_MOST = 1 << 20,
    ERRORS_MOST = 20,
    IDLE_MS_NEW = 60 * 1000,
    IDLE_MS = 31 * 60 * 1000, /* RFC 3501, 5.4: at least 30 minutes */
};

struct TwImap {
    TwServer *server;
};

static const char capabilities[] =
    "IMAP4rev1 LITERAL+ IDLE NAMESPACE UNSELECT ID CHILDREN AUTH=PLAIN SASL-IR";

/* ---- answers ---- */

void
tw_imap_tagged(TwImapPeer *peer, TwImapResult result, const char *text)
{
    static const char *const words[] = { "OK", "NO", "BAD" };

    tw_conn_printf(peer->conn, "%s %s %s\r\n", peer->tag, words[result], text);
}

void
tw_imap_tagged_error(TwImapPeer *peer, const GError *error)
{
    if (g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND))
        tw_imap_tagged(peer, TW_IMAP_NO, "[NONEXISTENT] No such mailbox");
    else if (g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS))
        tw_imap_tagged(peer, TW_IMAP_NO, "[NOPERM] Not allowed");
    else
        tw_imap_tagged(peer, TW_IMAP_NO, "[UNAVAILABLE] Not possible now");
}

/* ---- logging on ---- */

static void
log_on(TwImapPeer *peer, const char *user, const char *password)
{
    g_autoptr(TwSecret) secret = tw_secret_new(password, strlen(password));
    char address[TW_ADDRESS_TEXT_MAX];
    g_autoptr(GError) error = NULL;
    TwLogon logon = { .peer = { .kind = TW_PEER_NETWORK, .address = address },
                      .flags = TW_LOGON_BOUND,
                      .user = user,
                      .password = secret,
                      .door = "imap" };
    g_auto(TwStoreFindArgs) find = { 0 };

    tw_address_format(tw_conn_get_peer(peer->conn), FALSE, address);
    if (tw_server_logon(peer->imap->server, &logon, &peer->session, NULL, &error) &&
        tw_session_store_find(peer->session, &find, &error)) {
        static const TwConnTimeouts timeouts = { .idle_ms = IDLE_MS };

        peer->store = find.store;
        peer->state = TW_IMAP_IN;
        tw_conn_set_timeouts(peer->conn, &timeouts);
        tw_imap_tagged(peer, TW_IMAP_OK, "Logged on");
        return;
    }
    g_clear_pointer(&peer->session, tw_session_unref);
    if (g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS))
        tw_imap_tagged(peer, TW_IMAP_NO, "[AUTHENTICATIONFAILED] Log-on failed");
    else
        tw_imap_tagged(peer, TW_IMAP_NO, "[UNAVAILABLE] Log-on not possible now");
}

static gboolean
on_login(TwImapPeer *peer, TwCursor *args)
{
    g_autofree char *user = NULL, *password = NULL;
    gboolean understood = tw_imap_take_char(args, ' ') && tw_imap_take_astring(args, &user) &&
                          tw_imap_take_char(args, ' ') && tw_imap_take_astring(args, &password) &&
                          tw_imap_take_end(args);

    if (understood)
        log_on(peer, user, password);
    if (password != NULL)
        explicit_bzero(password, strlen(password));
    return understood;
}

/* RFC 4616: authorization identity NUL user NUL password. */
static void
log_on_plain(TwImapPeer *peer, const char *base64)
{
    gsize len = 0;
    g_autofree guchar *bytes = g_base64_decode(base64, &len);
    const char *user = len > 0 ? memchr(bytes, '\0', len) : NULL;
    const char *password =
        user != NULL ? memchr(user + 1, '\0', len - (gsize) (user + 1 - (char *) bytes)) : NULL;

    if (password == NULL || user != (char *) bytes) {
        tw_imap_tagged(peer, TW_IMAP_NO, "[AUTHENTICATIONFAILED] Log-on failed");
    } else {
        g_autofree char *copy =
            g_strndup(password + 1, len - (gsize) (password + 1 - (char *) bytes));

        log_on(peer, user + 1, copy);
        explicit_bzero(copy, strlen(copy));
    }
    explicit_bzero(bytes, len);
}

static gboolean
on_authenticate(TwImapPeer *peer, TwCursor *args)
{
    TwCursor answer;
    g_autofree char *text = NULL;

    if (!tw_imap_take_char(args, ' '))
        return FALSE;
    if (!tw_imap_take_word(args, "PLAIN")) {
        tw_imap_tagged(peer, TW_IMAP_NO, "[CANNOT] Not offered");
        return TRUE;
    }
    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_atom(args, &answer) ||
        !tw_imap_take_end(args))
        return FALSE; /* the answer comes with the command: SASL-IR */
    text = g_strndup((const char *) answer.next, answer.left);
    log_on_plain(peer, text);
    return TRUE;
}

/* ---- what may be said at any time ---- */

static gboolean
on_capability(TwImapPeer *peer, TwCursor *args)
{
    if (!tw_imap_take_end(args))
        return FALSE;
    tw_conn_printf(peer->conn, "* CAPABILITY %s\r\n", capabilities);
    tw_imap_tagged(peer, TW_IMAP_OK, "CAPABILITY done");
    return TRUE;
}

static gboolean
on_noop(TwImapPeer *peer, TwCursor *args)
{
    if (!tw_imap_take_end(args))
        return FALSE;
    tw_imap_tell_news(peer);
    tw_imap_tagged(peer, TW_IMAP_OK, "Done");
    return TRUE;
}

static gboolean
on_id(TwImapPeer *peer, TwCursor *args)
{
    (void) args; /* whatever it calls itself */
    tw_conn_write_str(peer->conn, "* ID (\"name\" \"Twiga\")\r\n");
    tw_imap_tagged(peer, TW_IMAP_OK, "ID done");
    return TRUE;
}

static gboolean
on_namespace(TwImapPeer *peer, TwCursor *args)
{
    if (!tw_imap_take_end(args))
        return FALSE;
    tw_conn_write_str(peer->conn, "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
    tw_imap_tagged(peer, TW_IMAP_OK, "NAMESPACE done");
    return TRUE;
}

static gboolean
on_logout(TwImapPeer *peer, TwCursor *args)
{
    if (!tw_imap_take_end(args))
        return FALSE;
    tw_conn_write_str(peer->conn, "* BYE Bye\r\n");
    tw_imap_tagged(peer, TW_IMAP_OK, "LOGOUT done");
    tw_conn_close(peer->conn);
    return TRUE;
}

/* ---- commands ---- */

enum {
    WHEN_NEW = 1u << TW_IMAP_NEW,
    WHEN_IN = 1u << TW_IMAP_IN | 1u << TW_IMAP_SELECTED,
    WHEN_SELECTED = 1u << TW_IMAP_SELECTED,
    ALWAYS = WHEN_NEW | WHEN_IN,
};

static const struct {
    const char *name;
    guint when;
    gboolean (*run)(TwImapPeer *peer, TwCursor *args);
} commands[] = {
    { "CAPABILITY", ALWAYS, on_capability },   { "NOOP", ALWAYS, on_noop },
    { "LOGOUT", ALWAYS, on_logout },           { "ID", ALWAYS, on_id },
    { "LOGIN", WHEN_NEW, on_login },           { "AUTHENTICATE", WHEN_NEW, on_authenticate },
    { "NAMESPACE", WHEN_IN, on_namespace },    { "LIST", WHEN_IN, tw_imap_list },
    { "STATUS", WHEN_IN, tw_imap_status },     { "SELECT", WHEN_IN, tw_imap_select },
    { "EXAMINE", WHEN_IN, tw_imap_examine },   { "CHECK", WHEN_SELECTED, on_noop },
    { "CLOSE", WHEN_SELECTED, tw_imap_close }, { "UNSELECT", WHEN_SELECTED, tw_imap_close },
    { "FETCH", WHEN_SELECTED, tw_imap_fetch }, { "UID", WHEN_SELECTED, tw_imap_uid },
    { "IDLE", WHEN_SELECTED, tw_imap_idle },
};

void
tw_imap_want_command(TwImapPeer *peer)
{
    peer->in_literal = FALSE;
    tw_buffer_clear(&peer->command);
    peer->command.limit = peer->state == TW_IMAP_NEW ? COMMAND_MOST_NEW : COMMAND_MOST;
    tw_conn_want_line(peer->conn, peer->state == TW_IMAP_NEW ? LINE_MOST_NEW : LINE_MOST);
}

static void
complain(TwImapPeer *peer, const char *text)
{
    if (peer->tag[0] == '\0')
        tw_conn_printf(peer->conn, "* BAD %s\r\n", text);
    else
        tw_imap_tagged(peer, TW_IMAP_BAD, text);
    if (++peer->errors > ERRORS_MOST) {
        tw_conn_write_str(peer->conn, "* BYE Too many errors\r\n");
        tw_conn_close(peer->conn);
    }
}

static void
run_command(TwImapPeer *peer)
{
    TwCursor cur = tw_cursor_init(peer->command.data, peer->command.len);

    peer->tag[0] = '\0';
    if (!tw_imap_take_tag(&cur, peer->tag) || !tw_imap_take_char(&cur, ' ')) {
        peer->tag[0] = '\0';
        complain(peer, "A tag and a command are expected");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (!tw_imap_take_word(&cur, commands[i].name))
            continue;
        if ((commands[i].when & 1u << peer->state) == 0)
            complain(peer, "Not in this state");
        else if (!commands[i].run(peer, &cur))
            complain(peer, "Arguments are not understood");
        return;
    }
    complain(peer, "Unknown command");
}

static void
complain_too_long(TwImapPeer *peer)
{
    TwCursor cur = tw_cursor_init(peer->command.data, peer->command.len);

    peer->tag[0] = '\0';
    (void) tw_imap_take_tag(&cur, peer->tag);
    complain(peer, "[TOOBIG] Command is too long");
}

/* Bytes follow that belong to the command and could be taken for others: nothing of them may be read. */
static void
refuse_and_close(TwImapPeer *peer)
{
    complain_too_long(peer);
    tw_conn_write_str(peer->conn, "* BYE Command is too long\r\n");
    tw_conn_close(peer->conn);
}

static void
take_line(TwImapPeer *peer, TwCursor line)
{
    TwImapLiteral literal = { 0 };
    gboolean more = tw_imap_find_literal(line.next, line.left, &literal);
    gsize room = peer->command.limit - peer->command.len;
    gboolean fits = line.left <= room && literal.len <= room - line.left;

    tw_buffer_put(&peer->command, line.next, MIN(line.left, room));
    if (!fits && more && !literal.waits) {
        refuse_and_close(peer);
    } else if (!fits) {
        complain_too_long(peer);
        tw_imap_want_command(peer);
    } else if (!more) {
        run_command(peer);
        if (!tw_conn_is_producing(peer->conn))
            tw_imap_want_command(peer);
    } else {
        if (literal.waits)
            tw_conn_write_str(peer->conn, "+ Go on\r\n");
        peer->in_literal = TRUE;
        tw_conn_want_bytes(peer->conn, (gsize) literal.len);
    }
}

/* ---- the protocol ---- */

static void
on_accepted(TwConn *conn, gpointer listener_data)
{
    static const TwConnTimeouts timeouts = { .idle_ms = IDLE_MS_NEW };
    TwImapPeer *peer = g_new0(TwImapPeer, 1);

    peer->imap = listener_data;
    peer->conn = conn;
    tw_conn_set_data(conn, peer);
    tw_conn_set_timeouts(conn, &timeouts);
    tw_conn_printf(conn, "* OK [CAPABILITY %s] Twiga\r\n", capabilities);
    tw_imap_want_command(peer);
}

static void
on_ready(TwConn *conn, TwCursor input)
{
    TwImapPeer *peer = tw_conn_get_data(conn);

    if (peer->in_literal) {
        tw_buffer_put(&peer->command, input.next, input.left);
        peer->in_literal = FALSE;
        tw_conn_want_line(conn, LINE_MOST);
    } else if (peer->idle != NULL) {
        tw_imap_idle_line(peer, input);
        tw_imap_want_command(peer);
    } else {
        take_line(peer, input);
    }
}

static void
on_too_long(TwConn *conn, TwCursor input)
{
    TwImapPeer *peer = tw_conn_get_data(conn);

    tw_buffer_put(&peer->command, input.next, MIN(input.left, (gsize) TW_IMAP_TAG_MAX + 1));
    refuse_and_close(peer);
}

static void
on_woken(TwConn *conn)
{
    TwImapPeer *peer = tw_conn_get_data(conn);
    g_autoptr(GArray) events = tw_notify_events_new();
    gboolean missed = FALSE;

    if (peer->idle == NULL)
        return;
    if (tw_watch_pull(peer->idle, events, 0, &missed, NULL)) {
        if (events->len > 0 || missed)
            tw_imap_tell_news(peer);
    } else {
        tw_conn_write_str(conn, "* BYE Session ended\r\n");
        tw_conn_close(conn);
    }
}

static void
on_timeout(TwConn *conn, TwConnTimeout which)
{
    if (which != TW_TIMEOUT_SLOW_OUTPUT)
        tw_conn_write_str(conn, "* BYE Idle for too long\r\n");
}

static void
on_stopping(TwConn *conn)
{
    tw_conn_write_str(conn, "* BYE Shutting down\r\n");
}

static void
on_closed(TwConn *conn, TwCloseReason reason)
{
    TwImapPeer *peer = tw_conn_get_data(conn);

    (void) reason;
    tw_imap_idle_end(peer);
    tw_imap_view_clear(&peer->view);
    tw_session_unref(peer->session);
    tw_buffer_clear(&peer->command);
    g_free(peer);
}

static const TwProtocol protocol = {
    .name = "imap",
    .accepted = on_accepted,
    .ready = on_ready,
    .too_long = on_too_long,
    .woken = on_woken,
    .timeout = on_timeout,
    .stopping = on_stopping,
    .closed = on_closed,
};

TwImap *
tw_imap_new(void)
{
    return g_new0(TwImap, 1);
}

void
tw_imap_set_server(TwImap *imap, TwServer *server)
{
    imap->server = server;
}

void
tw_imap_free(TwImap *imap)
{
    g_free(imap);
}

void
tw_imap_listen_options(TwImap *imap, TwListenOptions *ret)
{
    *ret = (TwListenOptions){ .protocol = &protocol,
                              .data = imap,
                              .busy_text = "* BYE Too many connections\r\n" };
}
