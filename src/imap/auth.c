/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Logging on: LOGIN, AUTHENTICATE (PLAIN of RFC 4616, and the older LOGIN), with an initial response (RFC 4959) or without; and
 * STARTTLS. Every failure has the same words, whatever its reason; the log says it.
 *
 * After failures the session API advises a wait. The connection is parked for so long, without a thread, and then tried.
 */
#include <string.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/utf8.h"
#include "imap/imap-private.h"

enum {
    SASL_MOST = 8192,         /* of one line of an exchange */
    TRIES_MOST = 3,           /* log-ons that failed before the connection is closed */
    WAIT_MOST_MS = 60 * 1000, /* however long the advice */
    IDLE_MS = 31 * 60 * 1000, /* RFC 3501, 5.4: at least 30 minutes */
};

typedef enum {
    PLAIN,
    LOGIN_USER,
    LOGIN_PASSWORD,
} Step;

/* Who wants to log on: from the command, or between the answers of an exchange, until it is decided. */
struct TwImapSasl {
    Step step;
    char *user, *impersonate; /* owned, nullable */
    TwSecret *password;       /* owned, nullable */
};

gboolean
tw_imap_needs_tls(const TwImapPeer *peer)
{
    return peer->options->plain_needs_tls && !tw_conn_is_tls(peer->conn) &&
           !tw_address_is_local(tw_conn_get_peer(peer->conn));
}

void
tw_imap_sasl_end(TwImapPeer *peer)
{
    TwImapSasl *sasl = g_steal_pointer(&peer->sasl);

    if (sasl == NULL)
        return;
    g_free(sasl->user);
    g_free(sasl->impersonate);
    tw_secret_unref(sasl->password);
    g_free(sasl);
}

static void
sasl_begin(TwImapPeer *peer, Step step)
{
    tw_imap_sasl_end(peer);
    peer->sasl = g_new0(TwImapSasl, 1);
    peer->sasl->step = step;
}

/* ---- the outcome ---- */

static void
greet(TwImapPeer *peer, const char *address)
{
    static const TwConnTimeouts timeouts = { .idle_ms = IDLE_MS };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(8192);

    tw_imap_set_state(peer, TW_IMAP_IN);
    tw_conn_set_timeouts(peer->conn, &timeouts);
    tw_imap_put_text(&out, "[");
    tw_imap_put_capabilities(peer, &out);
    tw_imap_put_text(&out, "] Logged on");
    tw_buffer_put_u8(&out, 0);
    tw_imap_tagged(peer, TW_IMAP_OK, (const char *) out.data);
    tw_log(TW_LOG_NOTICE, "imap-logon", tw_log_str(TW_LOG_USER, peer->sasl->user),
           tw_log_str(TW_LOG_PEER, address));
}

/* The number of the connection keeps lines of one client apart: repeated ones would be folded, and are to be counted. */
static void
refuse(TwImapPeer *peer, const char *address, const GError *error)
{
    gboolean who = g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS);
    gboolean many = g_error_matches(error, TW_ERROR, TW_ERROR_TOO_BIG);

    peer->fails++;
    if (who)
        tw_log(TW_LOG_WARNING, "imap-logon-failed", tw_log_str(TW_LOG_USER, peer->sasl->user),
               tw_log_error(error), tw_log_str(TW_LOG_PEER, address),
               tw_log_uint(TW_LOG_SESSION, tw_conn_get_id(peer->conn)),
               tw_log_uint(TW_LOG_COUNT, peer->fails));
    else
        tw_log(TW_LOG_WARNING, "imap-logon-impossible", tw_log_str(TW_LOG_USER, peer->sasl->user),
               tw_log_error(error), tw_log_str(TW_LOG_PEER, address));
    tw_imap_tagged(peer, TW_IMAP_NO,
                   who    ? "[AUTHENTICATIONFAILED] Log-on failed"
                   : many ? "[LIMIT] Too many sessions"
                          : "[UNAVAILABLE] Log-on not possible now");
    if (peer->fails >= TRIES_MOST) {
        tw_conn_write_str(peer->conn, "* BYE Too many failed log-ons\r\n");
        tw_conn_close(peer->conn);
    }
}

void
tw_imap_log_on(TwImapPeer *peer, gboolean waited)
{
    TwImapSasl *sasl = peer->sasl;
    char address[TW_ADDRESS_TEXT_MAX];
    g_autoptr(GError) error = NULL;
    gboolean trusted =
        peer->options->bypass_auth && tw_address_is_local(tw_conn_get_peer(peer->conn));
    TwLogon logon = { .peer = { .kind = trusted ? TW_PEER_PROCESS : TW_PEER_NETWORK,
                                .address = address },
                      .flags = TW_LOGON_BOUND | (waited ? TW_LOGON_WAITED : 0),
                      .user = sasl->user,
                      .password = sasl->password,
                      .impersonate = sasl->impersonate,
                      .door = "imap" };
    g_auto(TwStoreFindArgs) find = { 0 };
    gint64 wait_us = 0;

    tw_address_format(tw_conn_get_peer(peer->conn), FALSE, address);
    if (tw_server_logon(tw_imap_server(peer->imap), &logon, &peer->session, &wait_us, &error) &&
        tw_session_store_find(peer->session, &find, &error)) {
        peer->store = find.store;
        greet(peer, address);
    } else if (wait_us > 0 && !waited) {
        peer->input = TW_IMAP_INPUT_PARKED;
        tw_conn_park(peer->conn, (guint) CLAMP(wait_us / 1000, 1, WAIT_MOST_MS));
        return;
    } else {
        g_clear_pointer(&peer->session, tw_session_unref);
        refuse(peer, address, error);
    }
    tw_imap_sasl_end(peer);
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
        sasl_begin(peer, PLAIN);
        peer->sasl->user = g_steal_pointer(&user);
        peer->sasl->password = tw_secret_new(password, strlen(password));
        tw_imap_log_on(peer, FALSE);
    }
    if (password != NULL)
        tw_secret_wipe(password, strlen(password));
    g_free(password);
    return understood;
}

/* ---- SASL ---- */

static gboolean
is_name(const char *bytes, gsize len)
{
    return memchr(bytes, '\0', len) == NULL && tw_utf8_valid(bytes, len, NULL);
}

/* authorization identity NUL user NUL password. */
static gboolean
take_plain(TwImapSasl *sasl, const char *bytes, gsize len)
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
    sasl->user = g_strndup(user, user_len);
    if (bytes[0] != '\0' && strcmp(bytes, user) != 0)
        sasl->impersonate = g_strdup(bytes);
    sasl->password = tw_secret_new(password, password_len);
    return TRUE;
}

static void
ask(TwImapPeer *peer, const char *prompt)
{
    tw_conn_printf(peer->conn, "+ %s\r\n", prompt);
    peer->input = TW_IMAP_INPUT_SASL;
    tw_conn_want_line(peer->conn, SASL_MOST);
}

/* One answer of the client, decoded, ended by NUL. FALSE: it makes no sense. */
static gboolean
take_answer(TwImapPeer *peer, const char *bytes, gsize len)
{
    TwImapSasl *sasl = peer->sasl;

    switch (sasl->step) {
    case PLAIN:
        if (!take_plain(sasl, bytes, len))
            return FALSE;
        break;
    case LOGIN_USER:
        if (len == 0 || !is_name(bytes, len))
            return FALSE;
        sasl->user = g_strndup(bytes, len);
        sasl->step = LOGIN_PASSWORD;
        ask(peer, "UGFzc3dvcmQ6"); /* Password: */
        return TRUE;
    case LOGIN_PASSWORD:
        if (memchr(bytes, '\0', len) != NULL)
            return FALSE;
        sasl->password = tw_secret_new(bytes, len);
        break;
    }
    tw_imap_log_on(peer, FALSE);
    return TRUE;
}

static gboolean
take_base64(TwImapPeer *peer, const guint8 *text, gsize len)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(SASL_MOST);
    gboolean understood =
        tw_base64_decode(&bytes, (const char *) text, len, TW_BASE64_STANDARD, NULL);

    tw_buffer_put_u8(&bytes, 0);
    understood = understood && take_answer(peer, (const char *) bytes.data, bytes.len - 1);
    if (bytes.data != NULL)
        tw_secret_wipe(bytes.data, bytes.len);
    return understood;
}

void
tw_imap_sasl_line(TwImapPeer *peer, TwCursor line)
{
    gsize len = line.left;

    while (len > 0 && (line.next[len - 1] == '\n' || line.next[len - 1] == '\r'))
        len--;
    peer->input = TW_IMAP_INPUT_LINE;
    if ((len == 1 && line.next[0] == '*') || !take_base64(peer, line.next, len)) {
        tw_imap_sasl_end(peer);
        tw_imap_tagged(peer, TW_IMAP_BAD, "Cancelled");
    }
    if (peer->input == TW_IMAP_INPUT_LINE)
        tw_imap_want_command(peer);
}

gboolean
tw_imap_cmd_authenticate(TwImapPeer *peer, TwCursor *args)
{
    Step step;
    TwCursor first;

    if (!tw_imap_take_char(args, ' '))
        return FALSE;
    if (tw_imap_take_word(args, "PLAIN")) {
        step = PLAIN;
    } else if (tw_imap_take_word(args, "LOGIN")) {
        step = LOGIN_USER;
    } else {
        tw_imap_tagged(peer, TW_IMAP_NO, "[CANNOT] Not offered");
        return TRUE;
    }
    if (refuse_plain(peer))
        return TRUE;
    sasl_begin(peer, step);
    if (tw_imap_take_end(args)) {
        ask(peer, step == PLAIN ? "" : "VXNlciBOYW1lAA=="); /* User Name */
        return TRUE;
    }
    if (tw_imap_take_char(args, ' ') && tw_imap_take_atom(args, &first) && tw_imap_take_end(args)) {
        if (first.left == 1 && first.next[0] == '=') /* RFC 4959: an empty one */
            first.left = 0;
        if (take_base64(peer, first.next, first.left))
            return TRUE;
    }
    tw_imap_sasl_end(peer);
    return FALSE;
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
