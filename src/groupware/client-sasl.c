/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/client-sasl.h"

#include <string.h>

#include "base/base64.h"
#include "base/random.h"
#include "net/tls.h"

enum {
    NONCE_BYTES = 18, /* of ours: 24 characters */
    LAST_WORD = 99,   /* the step after which the answer comes */
};

/* What a mechanism needs to be offered. */
enum {
    NEEDS_PLAIN = 1u << 0, /* a password or token may be said */
    NEEDS_SCRAM = 1u << 1,
    NEEDS_TLS = 1u << 2,
    NEEDS_TOKEN = 1u << 3,
};

static TwSaslStep take_plain(TwClientSasl *sasl, const char *bytes, gsize len, TwBuffer *out);
static TwSaslStep take_login(TwClientSasl *sasl, const char *bytes, gsize len, TwBuffer *out);
static TwSaslStep take_scram(TwClientSasl *sasl, const char *bytes, gsize len, TwBuffer *out);
static TwSaslStep take_bearer(TwClientSasl *sasl, const char *bytes, gsize len, TwBuffer *out);

static const struct {
    const char *name;
    guint needs;
    TwSaslStep (*take)(TwClientSasl *sasl, const char *bytes, gsize len, TwBuffer *out);
} mechanisms[TW_SASL_MECHANISMS] = {
    [TW_SASL_PLAIN] = { "PLAIN", NEEDS_PLAIN, take_plain },
    [TW_SASL_LOGIN] = { "LOGIN", NEEDS_PLAIN, take_login },
    [TW_SASL_SCRAM_SHA_256] = { "SCRAM-SHA-256", NEEDS_SCRAM, take_scram },
    [TW_SASL_SCRAM_SHA_256_PLUS] = { "SCRAM-SHA-256-PLUS", NEEDS_SCRAM | NEEDS_TLS, take_scram },
    [TW_SASL_OAUTHBEARER] = { "OAUTHBEARER", NEEDS_PLAIN | NEEDS_TOKEN, take_bearer },
    [TW_SASL_XOAUTH2] = { "XOAUTH2", NEEDS_PLAIN | NEEDS_TOKEN, take_bearer },
};

guint
tw_client_sasl_offers(TwServer *server, const TwConn *conn, gboolean plain)
{
    guint offers = tw_server_offers(server), has = 0, bits = 0;

    has |= plain ? (guint) NEEDS_PLAIN : 0;
    has |= offers & TW_SERVER_SCRAM ? (guint) NEEDS_SCRAM : 0;
    has |= offers & TW_SERVER_TOKEN ? (guint) NEEDS_TOKEN : 0;
    has |= tw_conn_is_tls(conn) ? (guint) NEEDS_TLS : 0;
    for (guint i = 0; i < TW_SASL_MECHANISMS; i++)
        bits |= (mechanisms[i].needs & ~has) == 0 ? 1u << i : 0;
    return bits;
}

void
tw_client_sasl_put_names(TwBuffer *out, guint offers, const char *prefix)
{
    for (guint i = 0; i < TW_SASL_MECHANISMS; i++) {
        if ((offers & 1u << i) == 0)
            continue;
        tw_buffer_put(out, prefix, strlen(prefix));
        tw_buffer_put(out, mechanisms[i].name, strlen(mechanisms[i].name));
    }
}

gboolean
tw_client_sasl_find(const char *name, gsize len, TwSaslMechanism *ret)
{
    for (guint i = 0; i < TW_SASL_MECHANISMS; i++) {
        if (len == strlen(mechanisms[i].name) &&
            g_ascii_strncasecmp(name, mechanisms[i].name, len) == 0) {
            *ret = (TwSaslMechanism) i;
            return TRUE;
        }
    }
    return FALSE;
}

void
tw_client_sasl_begin(TwClientSasl *sasl,
                     TwSaslMechanism mechanism,
                     TwServer *server,
                     const TwConn *conn,
                     TwClientLogon *logon)
{
    *sasl =
        (TwClientSasl){ .mechanism = mechanism, .server = server, .conn = conn, .logon = logon };
}

const char *
tw_client_sasl_prompt(const TwClientSasl *sasl)
{
    return sasl->mechanism == TW_SASL_LOGIN ? "VXNlcm5hbWU6" : ""; /* Username: */
}

static void
put_base64(TwBuffer *out, const char *text)
{
    tw_base64_encode(out, text, strlen(text), TW_BASE64_STANDARD);
}

/* ---- passwords ---- */

static TwSaslStep
take_plain(TwClientSasl *sasl, const char *bytes, gsize len, TwBuffer *out)
{
    (void) out;
    return tw_client_logon_take_plain(sasl->logon, bytes, len) ? TW_SASL_TRY : TW_SASL_BAD;
}

static TwSaslStep
take_login(TwClientSasl *sasl, const char *bytes, gsize len, TwBuffer *out)
{
    if (sasl->step++ > 0)
        return tw_client_logon_take_password(sasl->logon, bytes, len) ? TW_SASL_TRY : TW_SASL_BAD;
    if (!tw_client_logon_take_user(sasl->logon, bytes, len))
        return TW_SASL_BAD;
    put_base64(out, "Password:");
    return TW_SASL_ASK;
}

/* ---- SCRAM ---- */

/* RFC 5802, 6: who binds the channel says so by the mechanism, and who could, but thinks that we cannot, was lied to. */
static gboolean
is_binding_right(const TwClientSasl *sasl)
{
    gboolean plus = sasl->mechanism == TW_SASL_SCRAM_SHA_256_PLUS;

    switch (sasl->first.binding) {
    case TW_SCRAM_UNBOUND:
        return !plus;
    case TW_SCRAM_UNWANTED:
        return !plus && !tw_conn_is_tls(sasl->conn);
    case TW_SCRAM_BOUND:
        return plus;
    }
    return FALSE;
}

static TwSaslStep
ask_scram(TwClientSasl *sasl, TwBuffer *out)
{
    guint8 bytes[NONCE_BYTES];
    g_autofree char *ours = NULL, *salt = NULL;
    TwScramAsk ask;

    if (!tw_server_scram_ask(sasl->server, sasl->first.user, &ask, NULL))
        return TW_SASL_UNAVAILABLE;
    tw_random_bytes(bytes, sizeof bytes);
    ours = g_base64_encode(bytes, sizeof bytes);
    salt = g_base64_encode(ask.salt, sizeof ask.salt);
    sasl->nonce = g_strconcat(sasl->first.nonce, ours, NULL);
    sasl->asked = g_strdup_printf("r=%s,s=%s,i=%u", sasl->nonce, salt, ask.rounds);
    put_base64(out, sasl->asked);
    return TW_SASL_ASK;
}

/* Whether the last message is of this exchange, and of this connection. */
static gboolean
is_bound(const TwClientSasl *sasl, const TwScramFinal *final)
{
    gsize head = strlen(sasl->first.head), len = 0;
    g_autoptr(GBytes) channel = NULL;
    const void *bytes = NULL;

    if (sasl->first.binding == TW_SCRAM_BOUND) {
        channel = tw_conn_get_channel_binding(sasl->conn, sasl->first.binding_name);
        if (channel == NULL)
            return FALSE;
        bytes = g_bytes_get_data(channel, &len);
    }
    return final->bound_len == head + len && memcmp(final->bound, sasl->first.head, head) == 0 &&
           (len == 0 || memcmp(final->bound + head, bytes, len) == 0);
}

static TwSaslStep
take_proof(TwClientSasl *sasl, const char *bytes, gsize len)
{
    TwClientLogon *logon = sasl->logon;
    TwScramFinal final;

    if (!tw_scram_final_read(bytes, len, &final) || final.nonce_len != strlen(sasl->nonce) ||
        memcmp(final.nonce, sasl->nonce, final.nonce_len) != 0 || !is_bound(sasl, &final))
        return TW_SASL_BAD;
    logon->user = g_steal_pointer(&sasl->first.user);
    if (g_strcmp0(sasl->first.impersonate, logon->user) != 0)
        logon->impersonate = g_steal_pointer(&sasl->first.impersonate);
    logon->scram = g_new0(TwClientScram, 1);
    logon->scram->messages =
        g_strdup_printf("%s,%s,%.*s", sasl->first.bare, sasl->asked, (int) final.proved_len, bytes);
    memcpy(logon->scram->proof, final.proof, sizeof final.proof);
    return TW_SASL_TRY;
}

static TwSaslStep
take_scram(TwClientSasl *sasl, const char *bytes, gsize len, TwBuffer *out)
{
    if (sasl->step++ > 0)
        return take_proof(sasl, bytes, len);
    if (!tw_scram_first_read(bytes, len, &sasl->first) || !is_binding_right(sasl))
        return TW_SASL_BAD;
    return ask_scram(sasl, out);
}

/* ---- tokens ---- */

static TwSaslStep
take_bearer(TwClientSasl *sasl, const char *bytes, gsize len, TwBuffer *out)
{
    g_auto(TwBearer) bearer = { 0 };

    (void) out;
    if (!(sasl->mechanism == TW_SASL_XOAUTH2 ? tw_bearer_read_old(bytes, len, &bearer)
                                             : tw_bearer_read(bytes, len, &bearer)))
        return TW_SASL_BAD;
    sasl->logon->user = g_steal_pointer(&bearer.user);
    sasl->logon->token = g_steal_pointer(&bearer.token);
    return TW_SASL_TRY;
}

/* ---- the exchange ---- */

TwSaslStep
tw_client_sasl_take(TwClientSasl *sasl, const char *text, gsize len, TwBuffer *out)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(TW_SASL_LINE_MAX);
    TwSaslStep step = TW_SASL_BAD;

    if (sasl->step == LAST_WORD) /* what the client says to it has no meaning: RFC 7628, 3.2.3 */
        return TW_SASL_TELL;
    if (tw_base64_decode(&bytes, text, len, TW_BASE64_STANDARD, NULL)) {
        tw_buffer_put_u8(&bytes, 0);
        if (!tw_buffer_failed(&bytes))
            step = mechanisms[sasl->mechanism].take(sasl, (const char *) bytes.data, bytes.len - 1,
                                                    out);
    }
    if (bytes.data != NULL)
        tw_secret_wipe(bytes.data, bytes.len);
    return step;
}

gboolean
tw_client_sasl_last_word(TwClientSasl *sasl, gboolean in, TwBuffer *out)
{
    guint needs = mechanisms[sasl->mechanism].needs;
    g_autofree char *signature = NULL, *word = NULL;

    if ((needs & NEEDS_SCRAM) && in) {
        signature = g_base64_encode(sasl->logon->scram->signature, TW_SHA256_LEN);
        word = g_strconcat("v=", signature, NULL);
    } else if ((needs & NEEDS_TOKEN) && !in) {
        word = g_strdup("{\"status\":\"invalid_token\",\"schemes\":\"bearer\"}");
    } else {
        return FALSE;
    }
    put_base64(out, word);
    sasl->step = LAST_WORD;
    return TRUE;
}

void
tw_client_sasl_clear(TwClientSasl *sasl)
{
    tw_scram_first_clear(&sasl->first);
    g_free(sasl->nonce);
    g_free(sasl->asked);
    *sasl = (TwClientSasl){ 0 };
}
