/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Logging on: LOGIN, AUTHENTICATE (PLAIN of RFC 4616, and the older LOGIN), with an initial response (RFC 4959) or without; and
 * STARTTLS. Every failure has the same words, whatever its reason.
 */
#include <string.h>

#include "base/secret.h"
#include "imap/imap-private.h"

enum {
    SASL_MOST = 8192,         /* of one line of an exchange */
    TRIES_MOST = 3,           /* log-ons that failed before the connection is closed */
    IDLE_MS = 31 * 60 * 1000, /* RFC 3501, 5.4: at least 30 minutes */
};

typedef enum {
    PLAIN,
    LOGIN_USER,
    LOGIN_PASSWORD,
} Step;

struct TwImapSasl {
    Step step;
    char *user; /* owned: of LOGIN */
};

gboolean
tw_imap_needs_tls(const TwImapPeer *peer)
{
    return tw_imap_options(peer->imap)->plain_needs_tls && !tw_conn_is_tls(peer->conn) &&
           !tw_address_is_local(tw_conn_get_peer(peer->conn));
}

void
tw_imap_sasl_end(TwImapPeer *peer)
{
    if (peer->sasl == NULL)
        return;
    g_free(peer->sasl->user);
    g_clear_pointer(&peer->sasl, g_free);
}

static void
greet(TwImapPeer *peer)
{
    static const TwConnTimeouts timeouts = { .idle_ms = IDLE_MS };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(8192);

    peer->state = TW_IMAP_IN;
    tw_conn_set_timeouts(peer->conn, &timeouts);
    tw_imap_put_text(&out, "[");
    tw_imap_put_capabilities(peer, &out);
    tw_imap_put_text(&out, "] Logged on");
    tw_buffer_put_u8(&out, 0);
    tw_imap_tagged(peer, TW_IMAP_OK, (const char *) out.data);
}

static void
log_on(TwImapPeer *peer, const char *user, const char *password, const char *impersonate)
{
    g_autoptr(TwSecret) secret = tw_secret_new(password, strlen(password));
    char address[TW_ADDRESS_TEXT_MAX];
    g_autoptr(GError) error = NULL;
    TwLogon logon = { .peer = { .kind = TW_PEER_NETWORK, .address = address },
                      .flags = TW_LOGON_BOUND,
                      .user = user,
                      .password = secret,
                      .impersonate = impersonate,
                      .door = "imap" };
    g_auto(TwStoreFindArgs) find = { 0 };

    tw_address_format(tw_conn_get_peer(peer->conn), FALSE, address);
    if (tw_server_logon(tw_imap_server(peer->imap), &logon, &peer->session, NULL, &error) &&
        tw_session_store_find(peer->session, &find, &error)) {
        peer->store = find.store;
        greet(peer);
        return;
    }
    g_clear_pointer(&peer->session, tw_session_unref);
    if (g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS))
        tw_imap_tagged(peer, TW_IMAP_NO, "[AUTHENTICATIONFAILED] Log-on failed");
    else
        tw_imap_tagged(peer, TW_IMAP_NO, "[UNAVAILABLE] Log-on not possible now");
    if (++peer->fails >= TRIES_MOST) {
        tw_conn_write_str(peer->conn, "* BYE Too many failed log-ons\r\n");
        tw_conn_close(peer->conn);
    }
}

static void
clear_password(char *password)
{
    if (password != NULL)
        explicit_bzero(password, strlen(password));
    g_free(password);
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

    if (understood && !refuse_plain(peer))
        log_on(peer, user, password, NULL);
    clear_password(password);
    return understood;
}

/* ---- SASL ---- */

/* authorization identity NUL user NUL password. */
static void
log_on_plain(TwImapPeer *peer, const char *bytes, gsize len)
{
    const char *user = len > 0 ? memchr(bytes, '\0', len) : NULL;
    const char *password =
        user != NULL ? memchr(user + 1, '\0', len - (gsize) (user + 1 - bytes)) : NULL;
    char *copy;

    if (password == NULL) {
        tw_imap_tagged(peer, TW_IMAP_NO, "[AUTHENTICATIONFAILED] Log-on failed");
        return;
    }
    user++;
    password++;
    copy = g_strndup(password, len - (gsize) (password - bytes));
    log_on(peer, user, copy, bytes[0] != '\0' && strcmp(bytes, user) != 0 ? bytes : NULL);
    clear_password(copy);
}

static void
ask(TwImapPeer *peer, const char *prompt)
{
    tw_conn_printf(peer->conn, "+ %s\r\n", prompt);
    peer->input = TW_IMAP_INPUT_SASL;
    tw_conn_want_line(peer->conn, SASL_MOST);
}

/* One answer of the client, decoded. */
static void
take_answer(TwImapPeer *peer, const char *bytes, gsize len)
{
    TwImapSasl *sasl = peer->sasl;
    char *password;

    switch (sasl->step) {
    case PLAIN:
        log_on_plain(peer, bytes, len);
        break;
    case LOGIN_USER:
        sasl->user = g_strndup(bytes, len);
        sasl->step = LOGIN_PASSWORD;
        ask(peer, "UGFzc3dvcmQ6"); /* Password: */
        return;
    case LOGIN_PASSWORD:
        password = g_strndup(bytes, len);
        log_on(peer, sasl->user, password, NULL);
        clear_password(password);
        break;
    }
    tw_imap_sasl_end(peer);
}

static gboolean
take_base64(TwImapPeer *peer, const guint8 *text, gsize text_len)
{
    g_autofree char *copy = g_strndup((const char *) text, text_len);
    gboolean good = text_len % 4 == 0;
    gsize len = 0;
    guchar *bytes;

    for (gsize i = 0; i < text_len; i++)
        good &= g_ascii_isalnum(text[i]) || strchr("+/=", text[i]) != NULL;
    if (!good)
        return FALSE;
    bytes = g_base64_decode(copy, &len);
    take_answer(peer, bytes != NULL ? (const char *) bytes : "", len);
    explicit_bzero(copy, text_len);
    if (bytes != NULL)
        explicit_bzero(bytes, len);
    g_free(bytes);
    return TRUE;
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
    peer->sasl = g_new0(TwImapSasl, 1);
    peer->sasl->step = step;
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
