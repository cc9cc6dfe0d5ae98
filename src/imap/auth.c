/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Logging on: LOGIN, AUTHENTICATE with an initial response (RFC 4959) or without, by the mechanisms of groupware/client-sasl.h; and
 * STARTTLS. Every failure has the same words, whatever its reason; the log says it.
 *
 * After failures the session API advises a wait. The connection is parked for so long, without a thread, and then tried.
 */
#include <string.h>

#include "base/log.h"
#include "imap/imap-private.h"

enum {
    IDLE_MS = 31 * 60 * 1000, /* RFC 3501, 5.4: at least 30 minutes */
};

gboolean
tw_imap_needs_tls(const TwImapPeer *peer)
{
    return tw_client_logon_needs_tls(peer->options->plain_needs_tls, tw_conn_is_tls(peer->conn),
                                     tw_conn_get_peer(peer->conn));
}

guint
tw_imap_sasl_offers(const TwImapPeer *peer)
{
    return tw_client_sasl_offers(tw_imap_server(peer->imap), peer->conn, !tw_imap_needs_tls(peer));
}

/* ---- the outcome ---- */

static void
greet(TwImapPeer *peer)
{
    char address[TW_ADDRESS_TEXT_MAX];
    static const TwConnTimeouts timeouts = { .idle_ms = IDLE_MS };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(8192);

    tw_address_format(tw_conn_get_peer(peer->conn), FALSE, address);
    tw_imap_set_state(peer, TW_IMAP_IN);
    tw_conn_set_timeouts(peer->conn, &timeouts);
    tw_imap_put_text(&out, "[");
    tw_imap_put_capabilities(peer, &out);
    tw_imap_put_text(&out, "] Logged on");
    tw_buffer_put_u8(&out, 0);
    tw_imap_tagged(peer, TW_IMAP_OK, (const char *) out.data);
    tw_log(TW_LOG_NOTICE, "imap-logon", tw_log_str(TW_LOG_USER, peer->logon.user),
           tw_log_str(TW_LOG_PEER, address));
}

static void
refuse(TwImapPeer *peer, TwClientLogonAnswer answer)
{
    tw_imap_tagged(peer, TW_IMAP_NO,
                   answer == TW_CLIENT_LOGON_REFUSED    ? "[AUTHENTICATIONFAILED] Log-on failed"
                   : answer == TW_CLIENT_LOGON_TOO_MANY ? "[LIMIT] Too many sessions"
                                                        : "[UNAVAILABLE] Log-on not possible now");
    if (peer->logon.fails >= TW_CLIENT_LOGON_TRIES) {
        tw_conn_write_str(peer->conn, "* BYE Too many failed log-ons\r\n");
        tw_conn_close(peer->conn);
    }
}

/* Whose mailbox is at another server is told where (RFC 2221). FALSE: nobody knows a place for mail clients. */
static gboolean
refer(TwImapPeer *peer, const char *home)
{
    g_auto(TwNodeFindArgs) node = { .scheme = "imap", .name = home };
    g_autofree char *user = NULL;
    const char *host;

    if (!tw_session_node_find(peer->session, &node, NULL) || node.here)
        return FALSE;
    host = node.url + strlen("imap://");
    if (strchr(host, ']') != NULL) /* would end the response code */
        return FALSE;
    user = g_uri_escape_string(peer->logon.user, NULL, FALSE);
    tw_conn_printf(peer->conn, "%s NO [REFERRAL imap://%s;AUTH=*@%.*s/] Your mailbox is there\r\n",
                   peer->tag, user, (int) strcspn(host, "/"), host);
    return TRUE;
}

static void
tell(TwImapPeer *peer, TwClientLogonAnswer answer)
{
    if (answer == TW_CLIENT_LOGON_IN)
        greet(peer);
    else
        refuse(peer, answer);
    tw_client_sasl_clear(&peer->sasl);
    tw_client_logon_forget(&peer->logon);
}

static void
ask(TwImapPeer *peer, const char *text, gsize len)
{
    tw_conn_printf(peer->conn, "+ %.*s\r\n", (int) len, len > 0 ? text : "");
    peer->input = TW_IMAP_INPUT_SASL;
    tw_conn_want_line(peer->conn, TW_SASL_LINE_MAX);
}

/* The last word of an exchange, which the client answers before it is told. */
static gboolean
say_last_word(TwImapPeer *peer, TwClientLogonAnswer answer)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_SASL_LINE_MAX);

    if (peer->sasl.server == NULL ||
        (answer != TW_CLIENT_LOGON_IN && answer != TW_CLIENT_LOGON_REFUSED) ||
        !tw_client_sasl_last_word(&peer->sasl, answer == TW_CLIENT_LOGON_IN, &out))
        return FALSE;
    peer->answer = answer;
    ask(peer, (const char *) out.data, out.len);
    return TRUE;
}

/* Where the user's mailboxes are. FALSE without error: at another server, which the client was told. */
static gboolean
open_home(TwImapPeer *peer, GError **error)
{
    g_auto(TwHomeOpenArgs) home = { 0 };

    if (!tw_session_home_open(peer->session, &home, error))
        return FALSE;
    if (home.home != NULL) {
        if (!refer(peer, home.home))
            g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "the mailbox is elsewhere");
        return FALSE;
    }
    peer->store = home.store;
    peer->inbox = home.inbox;
    peer->root = home.above;
    return TRUE;
}

void
tw_imap_log_on(TwImapPeer *peer, gboolean waited)
{
    const TwAddress *address = tw_conn_get_peer(peer->conn);
    TwClientLogonHow how = { .server = tw_imap_server(peer->imap),
                             .door = "imap",
                             .failed = "imap-logon-failed",
                             .impossible = "imap-logon-impossible",
                             .peer = address,
                             .connection = tw_conn_get_id(peer->conn),
                             .trusted =
                                 peer->options->bypass_auth && tw_address_is_local(address) };
    g_autoptr(GError) error = NULL;
    guint wait_ms;
    TwClientLogonAnswer answer =
        tw_client_logon_try(&peer->logon, &how, waited, &peer->session, &wait_ms);

    if (answer == TW_CLIENT_LOGON_WAIT) {
        peer->input = TW_IMAP_INPUT_PARKED;
        tw_conn_park(peer->conn, wait_ms);
        return;
    }
    if (answer == TW_CLIENT_LOGON_IN && !open_home(peer, &error)) {
        g_clear_pointer(&peer->session, tw_session_unref);
        if (error == NULL) { /* it was told where to go */
            tw_client_sasl_clear(&peer->sasl);
            tw_client_logon_forget(&peer->logon);
            return;
        }
        answer = tw_client_logon_failed(&peer->logon, &how, error);
    }
    if (!say_last_word(peer, answer))
        tell(peer, answer);
}

static gboolean
refuse_plain(TwImapPeer *peer)
{
    if (!tw_imap_needs_tls(peer))
        return FALSE;
    tw_imap_tagged(peer, TW_IMAP_NO, "[PRIVACYREQUIRED] Secure the connection first");
    return TRUE;
}

gboolean
tw_imap_cmd_login(TwImapPeer *peer, TwCursor *args)
{
    g_autofree char *user = NULL;
    char *password = NULL;
    gboolean understood = tw_imap_take_char(args, ' ') && tw_imap_take_astring(args, &user) &&
                          tw_imap_take_char(args, ' ') && tw_imap_take_astring(args, &password) &&
                          tw_imap_take_end(args);

    if (understood && !refuse_plain(peer)) {
        tw_client_sasl_clear(&peer->sasl);
        tw_client_logon_forget(&peer->logon);
        peer->logon.user = g_steal_pointer(&user);
        peer->logon.password = tw_secret_new(password, strlen(password));
        tw_imap_log_on(peer, FALSE);
    }
    if (password != NULL)
        tw_secret_wipe(password, strlen(password));
    g_free(password);
    return understood;
}

/* ---- SASL ---- */

static void
end_exchange(TwImapPeer *peer)
{
    tw_client_sasl_clear(&peer->sasl);
    tw_client_logon_forget(&peer->logon);
    peer->input = TW_IMAP_INPUT_LINE;
}

static void
take(TwImapPeer *peer, const char *text, gsize len)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_SASL_LINE_MAX);

    switch (tw_client_sasl_take(&peer->sasl, text, len, &out)) {
    case TW_SASL_ASK:
        ask(peer, (const char *) out.data, out.len);
        return;
    case TW_SASL_TRY:
        tw_imap_log_on(peer, FALSE);
        return;
    case TW_SASL_TELL:
        tell(peer, peer->answer);
        return;
    case TW_SASL_UNAVAILABLE:
        refuse(peer, TW_CLIENT_LOGON_UNAVAILABLE);
        break;
    case TW_SASL_BAD:
        tw_imap_tagged(peer, TW_IMAP_BAD, "Cancelled");
        break;
    }
    end_exchange(peer);
}

void
tw_imap_sasl_line(TwImapPeer *peer, TwCursor line)
{
    gsize len = line.left;

    while (len > 0 && (line.next[len - 1] == '\n' || line.next[len - 1] == '\r'))
        len--;
    peer->input = TW_IMAP_INPUT_LINE;
    if (len == 1 && line.next[0] == '*') {
        g_clear_pointer(&peer->session, tw_session_unref);
        tw_imap_tagged(peer, TW_IMAP_BAD, "Cancelled");
        end_exchange(peer);
    } else {
        take(peer, (const char *) line.next, len);
    }
    if (peer->input == TW_IMAP_INPUT_LINE)
        tw_imap_want_command(peer);
}

static void
begin(TwImapPeer *peer, TwSaslMechanism mechanism)
{
    tw_client_sasl_clear(&peer->sasl);
    tw_client_logon_forget(&peer->logon);
    tw_client_sasl_begin(&peer->sasl, mechanism, tw_imap_server(peer->imap), peer->conn,
                         &peer->logon);
}

gboolean
tw_imap_cmd_authenticate(TwImapPeer *peer, TwCursor *args)
{
    TwSaslMechanism mechanism;
    TwCursor name, first = { 0 };
    const char *prompt;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_atom(args, &name))
        return FALSE;
    if (!tw_imap_take_end(args) && !(tw_imap_take_char(args, ' ') &&
                                     tw_imap_take_atom(args, &first) && tw_imap_take_end(args)))
        return FALSE;
    if (!tw_client_sasl_find((const char *) name.next, name.left, &mechanism)) {
        tw_imap_tagged(peer, TW_IMAP_NO, "[CANNOT] Not offered");
        return TRUE;
    }
    if ((tw_imap_sasl_offers(peer) & 1u << mechanism) == 0) {
        if (!refuse_plain(peer))
            tw_imap_tagged(peer, TW_IMAP_NO, "[CANNOT] Not offered");
        return TRUE;
    }
    begin(peer, mechanism);
    if (first.next == NULL) {
        prompt = tw_client_sasl_prompt(&peer->sasl);
        ask(peer, prompt, strlen(prompt));
    } else if (first.left == 1 && first.next[0] == '=') { /* RFC 4959: an empty one */
        take(peer, "", 0);
    } else {
        take(peer, (const char *) first.next, first.left);
    }
    return TRUE;
}

gboolean
tw_imap_cmd_starttls(TwImapPeer *peer, TwCursor *args)
{
    TwTlsServer *tls = tw_imap_tls(peer->imap);

    if (!tw_imap_take_end(args))
        return FALSE;
    if (tls == NULL || tw_conn_is_tls(peer->conn)) {
        tw_imap_tagged(peer, TW_IMAP_BAD, "Not offered");
        return TRUE;
    }
    tw_imap_tagged(peer, TW_IMAP_OK, "Go on with TLS");
    if (tw_conn_start_tls(peer->conn, tls) > 0)
        tw_conn_close(peer->conn); /* commands in the clear behind it: an attack */
    return TRUE;
}
