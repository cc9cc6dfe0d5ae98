/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Logging on: USER and PASS, AUTH (PLAIN of RFC 4616, and the older LOGIN) with an initial response or without; and STLS. Every
 * failure has the same words, whatever its reason.
 *
 * After failures the session API advises a wait. The connection is parked for so long, without a thread, and then tried.
 */
#include <string.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/utf8.h"
#include "pop3/pop3-private.h"

enum {
    TRIES_MOST = 3,           /* log-ons that failed before the connection is closed */
    WAIT_MOST_MS = 60 * 1000, /* however long the advice */
    IDLE_MS = 11 * 60 * 1000, /* RFC 1939, section 3: at least 10 minutes */
};

void
tw_pop3_forget(TwPop3Peer *peer)
{
    g_clear_pointer(&peer->user, g_free);
    g_clear_pointer(&peer->impersonate, g_free);
    g_clear_pointer(&peer->password, tw_secret_unref);
    peer->sasl = TW_POP3_SASL_NONE;
}

gboolean
tw_pop3_needs_tls(const TwPop3Peer *peer)
{
    return peer->options->plain_needs_tls && !tw_conn_is_tls(peer->conn) &&
           !tw_address_is_local(tw_conn_get_peer(peer->conn));
}

static gboolean
refuse_plain(TwPop3Peer *peer)
{
    if (!tw_pop3_needs_tls(peer))
        return FALSE;
    tw_pop3_say(peer, "-ERR Secure the connection first");
    return TRUE;
}

/* ---- the outcome ---- */

static void
greet(TwPop3Peer *peer, const char *address)
{
    static const TwConnTimeouts timeouts = { .idle_ms = IDLE_MS };

    tw_conn_set_timeouts(peer->conn, &timeouts);
    tw_conn_want_line(peer->conn, TW_POP3_LINE_MAX); /* with those times */
    tw_conn_printf(peer->conn, "+OK %u messages\r\n", peer->drop.count);
    tw_log(TW_LOG_NOTICE, "pop3-logon", tw_log_str(TW_LOG_USER, peer->user),
           tw_log_str(TW_LOG_PEER, address), tw_log_uint(TW_LOG_COUNT, peer->drop.count));
}

/* The number of the connection keeps lines of one client apart: repeated ones would be folded, and are to be counted. */
static void
refuse(TwPop3Peer *peer, const char *address, const GError *error)
{
    gboolean who = g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS);

    peer->fails++;
    if (who)
        tw_log(TW_LOG_WARNING, "pop3-logon-failed", tw_log_str(TW_LOG_USER, peer->user),
               tw_log_error(error), tw_log_str(TW_LOG_PEER, address),
               tw_log_uint(TW_LOG_SESSION, tw_conn_get_id(peer->conn)),
               tw_log_uint(TW_LOG_COUNT, peer->fails));
    else
        tw_log(TW_LOG_WARNING, "pop3-logon-impossible", tw_log_str(TW_LOG_USER, peer->user),
               tw_log_str(TW_LOG_PEER, address), tw_log_error(error));
    tw_pop3_say(peer, who ? "-ERR [AUTH] Log-on failed" : "-ERR [SYS/TEMP] Not possible now");
    tw_conn_want_line(peer->conn, TW_POP3_LINE_MAX);
    if (peer->fails >= TRIES_MOST)
        tw_conn_close(peer->conn);
}

void
tw_pop3_log_on(TwPop3Peer *peer, gboolean waited)
{
    char address[TW_ADDRESS_TEXT_MAX];
    g_autoptr(GError) error = NULL;
    TwLogon logon = { .peer = { .kind = TW_PEER_NETWORK, .address = address },
                      .flags = TW_LOGON_BOUND | (waited ? TW_LOGON_WAITED : 0),
                      .user = peer->user,
                      .password = peer->password,
                      .impersonate = peer->impersonate,
                      .door = "pop3" };
    gint64 wait_us = 0;

    tw_address_format(tw_conn_get_peer(peer->conn), FALSE, address);
    if (tw_server_logon(tw_pop3_server(peer->pop3), &logon, &peer->session, &wait_us, &error) &&
        tw_pop3_drop_open(&peer->drop, peer->session, &error)) {
        greet(peer, address);
    } else if (wait_us > 0 && !waited) {
        tw_conn_park(peer->conn, (guint) CLAMP(wait_us / 1000, 1, WAIT_MOST_MS));
        return;
    } else {
        tw_pop3_drop_clear(&peer->drop);
        g_clear_pointer(&peer->session, tw_session_unref);
        refuse(peer, address, error);
    }
    tw_pop3_forget(peer);
}

/* ---- USER and PASS ---- */

void
tw_pop3_user(TwPop3Peer *peer, const TwPop3Command *command)
{
    if (refuse_plain(peer))
        return;
    tw_pop3_forget(peer);
    peer->user = g_strndup(command->text, command->text_len);
    tw_pop3_say(peer, "+OK And the password?");
}

void
tw_pop3_pass(TwPop3Peer *peer, const TwPop3Command *command)
{
    if (refuse_plain(peer))
        return;
    if (peer->user == NULL) {
        tw_pop3_say(peer, "-ERR USER comes first");
        return;
    }
    peer->password = tw_secret_new(command->text, command->text_len);
    tw_pop3_log_on(peer, FALSE);
}

/* ---- SASL ---- */

static void
ask(TwPop3Peer *peer, TwPop3Sasl step, const char *prompt)
{
    peer->sasl = step;
    tw_conn_printf(peer->conn, "+ %s\r\n", prompt);
}

static void
cancel(TwPop3Peer *peer)
{
    tw_pop3_forget(peer);
    tw_pop3_say(peer, "-ERR Cancelled");
}

static gboolean
is_name(const char *bytes, gsize len)
{
    return memchr(bytes, '\0', len) == NULL && tw_utf8_valid(bytes, len, NULL);
}

/* authorization identity NUL user NUL password. */
static gboolean
take_plain(TwPop3Peer *peer, const char *bytes, gsize len)
{
    const char *user = memchr(bytes, '\0', len), *password;
    gsize user_len, password_len;

    if (user == NULL)
        return FALSE;
    user++;
    password = memchr(user, '\0', len - (gsize) (user - bytes));
    if (password == NULL)
        return FALSE;
    user_len = (gsize) (password - user);
    password++;
    password_len = len - (gsize) (password - bytes);
    if (user_len == 0 || !tw_utf8_valid(bytes, (gsize) (password - bytes), NULL) ||
        memchr(password, '\0', password_len) != NULL)
        return FALSE;
    peer->user = g_strndup(user, user_len);
    if (bytes[0] != '\0' && strcmp(bytes, user) != 0)
        peer->impersonate = g_strdup(bytes);
    peer->password = tw_secret_new(password, password_len);
    return TRUE;
}

/* One answer of the client, decoded, ended by NUL. */
static void
take_answer(TwPop3Peer *peer, const char *bytes, gsize len)
{
    TwPop3Sasl step = peer->sasl;

    peer->sasl = TW_POP3_SASL_NONE;
    switch (step) {
    case TW_POP3_SASL_LOGIN_USER:
        if (len == 0 || !is_name(bytes, len))
            break;
        peer->user = g_strndup(bytes, len);
        ask(peer, TW_POP3_SASL_LOGIN_PASSWORD, "UGFzc3dvcmQ6"); /* Password: */
        return;
    case TW_POP3_SASL_LOGIN_PASSWORD:
        if (memchr(bytes, '\0', len) != NULL)
            break;
        peer->password = tw_secret_new(bytes, len);
        tw_pop3_log_on(peer, FALSE);
        return;
    case TW_POP3_SASL_PLAIN:
        if (!take_plain(peer, bytes, len))
            break;
        tw_pop3_log_on(peer, FALSE);
        return;
    case TW_POP3_SASL_NONE:
        break;
    }
    cancel(peer);
}

static void
take_base64(TwPop3Peer *peer, const char *text, gsize len)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(TW_POP3_LINE_MAX);

    if (!tw_base64_decode(&bytes, text, len, TW_BASE64_STANDARD, NULL)) {
        cancel(peer);
        return;
    }
    tw_buffer_put_u8(&bytes, 0);
    take_answer(peer, (const char *) bytes.data, bytes.len - 1);
    tw_secret_wipe(bytes.data, bytes.len);
}

void
tw_pop3_sasl_line(TwPop3Peer *peer, TwCursor line)
{
    const char *text = (const char *) line.next;
    gsize len = line.left;

    if (len > 0 && text[len - 1] == '\n')
        len--;
    if (len > 0 && text[len - 1] == '\r')
        len--;
    if (len == 1 && text[0] == '*')
        cancel(peer);
    else
        take_base64(peer, text, len);
}

static gboolean
is_mechanism(const TwPop3Command *command, const char *name)
{
    return command->text_len == strlen(name) &&
           g_ascii_strncasecmp(command->text, name, command->text_len) == 0;
}

void
tw_pop3_auth(TwPop3Peer *peer, const TwPop3Command *command)
{
    gboolean plain = is_mechanism(command, "PLAIN");

    tw_pop3_forget(peer);
    if (!plain && !is_mechanism(command, "LOGIN")) {
        tw_pop3_say(peer, "-ERR Mechanism is not offered");
        return;
    }
    if (refuse_plain(peer))
        return;
    peer->sasl = plain ? TW_POP3_SASL_PLAIN : TW_POP3_SASL_LOGIN_USER;
    if (command->initial == NULL)
        ask(peer, peer->sasl, plain ? "" : "VXNlcm5hbWU6"); /* Username: */
    else if (command->initial_len == 1 && command->initial[0] == '=')
        take_answer(peer, "", 0);
    else
        take_base64(peer, command->initial, command->initial_len);
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
