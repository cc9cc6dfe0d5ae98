/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/client-logon.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/utf8.h"

void
tw_client_logon_forget(TwClientLogon *logon)
{
    g_clear_pointer(&logon->user, g_free);
    g_clear_pointer(&logon->impersonate, g_free);
    g_clear_pointer(&logon->password, tw_secret_unref);
    g_clear_pointer(&logon->token, tw_secret_unref);
    if (logon->scram != NULL)
        g_free(logon->scram->messages);
    g_clear_pointer(&logon->scram, g_free);
}

gboolean
tw_client_logon_is_whole(const TwClientLogon *logon)
{
    return logon->password != NULL || logon->token != NULL || logon->scram != NULL;
}

gboolean
tw_client_logon_needs_tls(gboolean plain_needs_tls, gboolean is_tls, const TwAddress *peer)
{
    return plain_needs_tls && !is_tls && !tw_address_is_local(peer);
}

/* ---- what clients say ---- */

static gboolean
is_name(const char *bytes, gsize len)
{
    return memchr(bytes, '\0', len) == NULL && tw_utf8_valid(bytes, len, NULL);
}

/* authorization identity NUL user NUL password. */
gboolean
tw_client_logon_take_plain(TwClientLogon *logon, const char *bytes, gsize len)
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
    logon->user = g_strndup(user, user_len);
    if (bytes[0] != '\0' && strcmp(bytes, user) != 0)
        logon->impersonate = g_strdup(bytes);
    logon->password = tw_secret_new(password, password_len);
    return TRUE;
}

gboolean
tw_client_logon_take_user(TwClientLogon *logon, const char *bytes, gsize len)
{
    if (len == 0 || !is_name(bytes, len))
        return FALSE;
    logon->user = g_strndup(bytes, len);
    return TRUE;
}

gboolean
tw_client_logon_take_password(TwClientLogon *logon, const char *bytes, gsize len)
{
    if (memchr(bytes, '\0', len) != NULL)
        return FALSE;
    logon->password = tw_secret_new(bytes, len);
    return TRUE;
}

/* ---- the outcome ---- */

/* Repeated lines would be folded, and are to be counted: the number of the connection keeps those of one client apart. */
static void
log_failure(const TwClientLogon *logon,
            const TwClientLogonHow *how,
            const char *address,
            gboolean who,
            const GError *error)
{
    const TwLogValue values[] = {
        tw_log_str(TW_LOG_USER, logon->user != NULL ? logon->user : ""),
        tw_log_error(error),
        tw_log_str(TW_LOG_PEER, address),
        who ? tw_log_uint(TW_LOG_SESSION, how->connection)
            : (TwLogValue){ .field = TW_LOG_FIELD_END },
        tw_log_uint(TW_LOG_COUNT, logon->fails),
        { .field = TW_LOG_FIELD_END },
    };

    if (tw_log_wants(NULL, TW_LOG_WARNING))
        tw_log_event(NULL, TW_LOG_WARNING, who ? how->failed : how->impossible, values);
}

TwClientLogonAnswer
tw_client_logon_failed(TwClientLogon *logon, const TwClientLogonHow *how, const GError *error)
{
    gboolean who = g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS);
    char address[TW_ADDRESS_TEXT_MAX];

    tw_address_format(how->peer, FALSE, address);
    logon->fails++;
    log_failure(logon, how, address, who, error);
    if (who)
        return TW_CLIENT_LOGON_REFUSED;
    return g_error_matches(error, TW_ERROR, TW_ERROR_TOO_BIG) ? TW_CLIENT_LOGON_TOO_MANY
                                                              : TW_CLIENT_LOGON_UNAVAILABLE;
}

/* Of who came by a token that said it. */
static void
take_name(TwClientLogon *logon, TwSession *session)
{
    TwSessionInfo info;

    tw_session_get_info(session, &info);
    logon->user = g_strdup(info.name);
}

TwClientLogonAnswer
tw_client_logon_try(TwClientLogon *logon,
                    const TwClientLogonHow *how,
                    gboolean waited,
                    TwSession **ret,
                    guint *ret_wait_ms)
{
    char address[TW_ADDRESS_TEXT_MAX];
    g_autoptr(GError) error = NULL;
    TwLogon ask = { .peer = { .kind = how->trusted ? TW_PEER_PROCESS : TW_PEER_NETWORK,
                              .address = address },
                    .flags = TW_LOGON_BOUND | (waited ? TW_LOGON_WAITED : 0),
                    .user = logon->user,
                    .password = logon->password,
                    .token = logon->token,
                    .impersonate = logon->impersonate,
                    .door = how->door };
    TwLogonScram scram;
    gint64 wait_us = 0;

    *ret_wait_ms = 0;
    tw_address_format(how->peer, FALSE, address);
    if (logon->scram != NULL) {
        scram = (TwLogonScram){ .messages = logon->scram->messages,
                                .ret_signature = logon->scram->signature };
        memcpy(scram.proof, logon->scram->proof, sizeof scram.proof);
        ask.scram = &scram;
    }
    if (tw_server_logon(how->server, &ask, ret, &wait_us, &error)) {
        if (logon->user == NULL)
            take_name(logon, *ret);
        return TW_CLIENT_LOGON_IN;
    }
    if (wait_us <= 0 || waited)
        return tw_client_logon_failed(logon, how, error);
    *ret_wait_ms = (guint) CLAMP(wait_us / 1000, 1, TW_CLIENT_LOGON_WAIT_MS);
    return TW_CLIENT_LOGON_WAIT;
}
