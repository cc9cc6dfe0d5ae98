/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Logging on: USER and PASS, AUTH with an initial response or without, by the mechanisms of groupware/client-sasl.h; and STLS. Every
 * failure has the same words, whatever its reason.
 *
 * After failures the session API advises a wait. The connection is parked for so long, without a thread, and then tried.
 */
#include <string.h>

#include "base/log.h"
#include "pop3/pop3-private.h"

enum {
    IDLE_MS = 11 * 60 * 1000, /* RFC 1939, section 3: at least 10 minutes */
};

void
tw_pop3_forget(TwPop3Peer *peer)
{
    tw_client_logon_forget(&peer->logon);
    tw_client_sasl_clear(&peer->sasl);
    peer->asking = FALSE;
}

gboolean
tw_pop3_needs_tls(const TwPop3Peer *peer)
{
    return tw_client_logon_needs_tls(peer->options->plain_needs_tls, tw_conn_is_tls(peer->conn),
                                     tw_conn_get_peer(peer->conn));
}

static gboolean
refuse_plain(TwPop3Peer *peer)
{
    if (!tw_pop3_needs_tls(peer))
        return FALSE;
    tw_pop3_say(peer, "-ERR Secure the connection first");
    return TRUE;
}

guint
tw_pop3_sasl_offers(const TwPop3Peer *peer)
{
    return tw_client_sasl_offers(tw_pop3_server(peer->pop3), peer->conn, !tw_pop3_needs_tls(peer));
}

/* ---- the outcome ---- */

static void
greet(TwPop3Peer *peer)
{
    static const TwConnTimeouts timeouts = { .idle_ms = IDLE_MS };
    char address[TW_ADDRESS_TEXT_MAX];

    tw_address_format(tw_conn_get_peer(peer->conn), FALSE, address);
    tw_conn_set_timeouts(peer->conn, &timeouts);
    tw_conn_want_line(peer->conn, TW_POP3_LINE_MAX); /* with those times */
    tw_conn_printf(peer->conn, "+OK %u messages\r\n", peer->drop.count);
    tw_log(TW_LOG_NOTICE, "pop3-logon", tw_log_str(TW_LOG_USER, peer->logon.user),
           tw_log_str(TW_LOG_PEER, address), tw_log_uint(TW_LOG_COUNT, peer->drop.count));
}

static void
refuse(TwPop3Peer *peer, TwClientLogonAnswer answer)
{
    tw_pop3_say(peer, answer == TW_CLIENT_LOGON_REFUSED ? "-ERR [AUTH] Log-on failed"
                                                        : "-ERR [SYS/TEMP] Not possible now");
    tw_conn_want_line(peer->conn, TW_POP3_LINE_MAX);
    if (peer->logon.fails >= TW_CLIENT_LOGON_TRIES)
        tw_conn_close(peer->conn);
}

static void
tell(TwPop3Peer *peer, TwClientLogonAnswer answer)
{
    if (answer == TW_CLIENT_LOGON_IN)
        greet(peer);
    else
        refuse(peer, answer);
    tw_pop3_forget(peer);
}

static void
ask(TwPop3Peer *peer, const char *text, gsize len)
{
    peer->asking = TRUE;
    tw_conn_printf(peer->conn, "+ %.*s\r\n", (int) len, len > 0 ? text : "");
    tw_conn_want_line(peer->conn, TW_POP3_LINE_MAX);
}

/* The last word of an exchange, which the client answers before it is told. */
static gboolean
say_last_word(TwPop3Peer *peer, TwClientLogonAnswer answer)
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

void
tw_pop3_log_on(TwPop3Peer *peer, gboolean waited)
{
    TwClientLogonHow how = { .server = tw_pop3_server(peer->pop3),
                             .door = "pop3",
                             .failed = "pop3-logon-failed",
                             .impossible = "pop3-logon-impossible",
                             .peer = tw_conn_get_peer(peer->conn),
                             .connection = tw_conn_get_id(peer->conn) };
    g_autoptr(GError) error = NULL;
    guint wait_ms;
    TwClientLogonAnswer answer =
        tw_client_logon_try(&peer->logon, &how, waited, &peer->session, &wait_ms);

    if (answer == TW_CLIENT_LOGON_WAIT) {
        tw_conn_park(peer->conn, wait_ms);
        return;
    }
    if (answer == TW_CLIENT_LOGON_IN && !tw_pop3_drop_open(&peer->drop, peer->session, &error)) {
        tw_pop3_drop_clear(&peer->drop);
        g_clear_pointer(&peer->session, tw_session_unref);
        answer = tw_client_logon_failed(&peer->logon, &how, error);
    }
    if (!say_last_word(peer, answer))
        tell(peer, answer);
}

/* ---- USER and PASS ---- */

void
tw_pop3_user(TwPop3Peer *peer, const TwPop3Command *command)
{
    if (refuse_plain(peer))
        return;
    tw_pop3_forget(peer);
    peer->logon.user = g_strndup(command->text, command->text_len);
    tw_pop3_say(peer, "+OK And the password?");
}

void
tw_pop3_pass(TwPop3Peer *peer, const TwPop3Command *command)
{
    if (refuse_plain(peer))
        return;
    if (peer->logon.user == NULL) {
        tw_pop3_say(peer, "-ERR USER comes first");
        return;
    }
    peer->logon.password = tw_secret_new(command->text, command->text_len);
    tw_pop3_log_on(peer, FALSE);
}

/* ---- SASL ---- */

static void
take(TwPop3Peer *peer, const char *text, gsize len)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_SASL_LINE_MAX);

    switch (tw_client_sasl_take(&peer->sasl, text, len, &out)) {
    case TW_SASL_ASK:
        ask(peer, (const char *) out.data, out.len);
        return;
    case TW_SASL_TRY:
        tw_pop3_log_on(peer, FALSE);
        return;
    case TW_SASL_TELL:
        tell(peer, peer->answer);
        return;
    case TW_SASL_UNAVAILABLE:
        refuse(peer, TW_CLIENT_LOGON_UNAVAILABLE);
        break;
    case TW_SASL_BAD:
        tw_pop3_say(peer, "-ERR Cancelled");
        break;
    }
    tw_pop3_forget(peer);
}

void
tw_pop3_sasl_line(TwPop3Peer *peer, TwCursor line)
{
    const char *text = (const char *) line.next;
    gsize len = line.left;

    peer->asking = FALSE;
    if (len > 0 && text[len - 1] == '\n')
        len--;
    if (len > 0 && text[len - 1] == '\r')
        len--;
    if (len == 1 && text[0] == '*') {
        tw_pop3_drop_clear(&peer->drop);
        g_clear_pointer(&peer->session, tw_session_unref);
        tw_pop3_forget(peer);
        tw_pop3_say(peer, "-ERR Cancelled");
    } else {
        take(peer, text, len);
    }
}

void
tw_pop3_auth(TwPop3Peer *peer, const TwPop3Command *command)
{
    TwSaslMechanism mechanism;
    const char *prompt;

    tw_pop3_forget(peer);
    if (!tw_client_sasl_find(command->text, command->text_len, &mechanism)) {
        tw_pop3_say(peer, "-ERR Mechanism is not offered");
        return;
    }
    if ((tw_pop3_sasl_offers(peer) & 1u << mechanism) == 0) {
        if (!refuse_plain(peer))
            tw_pop3_say(peer, "-ERR Mechanism is not offered");
        return;
    }
    tw_client_sasl_begin(&peer->sasl, mechanism, tw_pop3_server(peer->pop3), peer->conn,
                         &peer->logon);
    if (command->initial == NULL) {
        prompt = tw_client_sasl_prompt(&peer->sasl);
        ask(peer, prompt, strlen(prompt));
    } else if (command->initial_len == 1 && command->initial[0] == '=') {
        take(peer, "", 0);
    } else {
        take(peer, command->initial, command->initial_len);
    }
}

/* ---- TLS ---- */

void
tw_pop3_stls(TwPop3Peer *peer, const TwPop3Command *command)
{
    TwTlsServer *tls = tw_pop3_tls(peer->pop3);

    (void) command;
    if (tls == NULL || tw_conn_is_tls(peer->conn)) {
        tw_pop3_say(peer, "-ERR Not offered");
        return;
    }
    tw_pop3_say(peer, "+OK Go on with TLS");
    if (tw_conn_start_tls(peer->conn, tls) > 0)
        tw_conn_close(peer->conn); /* commands in the clear behind it: an attack */
}
