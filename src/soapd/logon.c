/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * logon: who somebody is, and what both sides can do. Source: spec/mapi-soap.md 3.
 *
 * After too many failures the answer waits for a while, without a thread; it is decided when that time is over.
 */
#include <string.h>

#include "base/number.h"
#include "soapd/soapd-private.h"

enum {
    CAPABILITY_CRYPT = 0x0008,
    CAPABILITY_LICENSE = 0x0020,
    CAPABILITY_MULTI_SERVER = 0x0040,
    CAPABILITY_LOADPROP_ENTRYID = 0x0080,
    CAPABILITY_ENHANCED_ICS = 0x0100,
    CAPABILITY_UNICODE = 0x0200,
    CAPABILITY_MSGLOCK = 0x0400,
    CAPABILITY_EXPORT_PROPTAG = 0x0800,
    CAPABILITY_IMPERSONATION = 0x1000,
    CAPABILITY_GIFN32 = 0x8000,

    ALWAYS = CAPABILITY_CRYPT | CAPABILITY_LICENSE | CAPABILITY_LOADPROP_ENTRYID |
             CAPABILITY_EXPORT_PROPTAG | CAPABILITY_IMPERSONATION | CAPABILITY_GIFN32,
    /* granted to who asks; COMPRESSION only to who is elsewhere */
    ASKED = CAPABILITY_MULTI_SERVER | CAPABILITY_ENHANCED_ICS | CAPABILITY_UNICODE |
            CAPABILITY_MSGLOCK | TW_SOAPD_CAPABILITY_TWIGA,

    FLAG_NO_UID = 1,
    FLAG_CHECK = 2,
    /* of programs of ours, which ask for TW_SOAPD_CAPABILITY_TWIGA: */
    FLAG_ANONYMOUS = 0x10000,
    FLAG_PASSWORD = 0x20000,

    OLDEST_VERSION = 6,
    LONGEST_WAIT_MS = 30000,
};

/* What clients take us for: spec/mapi-soap.md 3.1 wants four numbers, the first 0. */
static const char server_version[] = "0,11,0,2";

/* A logon that waits. */
typedef struct {
    TwSoapd *door;
    TwSoapVersion version;
    const TwSoapLogonArgs *args; /* in the request's decoder */
} Waiting;

/* The first number that is not the leading 0, or -1 where there is none. */
static int
version_of(const char *text)
{
    g_auto(GStrv) parts = g_strsplit_set(text != NULL ? text : "", ",.", 5);
    guint first = parts[0] != NULL && strcmp(parts[0], "0") == 0 ? 1 : 0;
    guint64 number;

    if (g_strv_length(parts) <= first ||
        !tw_parse_u64(parts[first], strlen(parts[first]), 1000, &number))
        return -1;
    return (int) number;
}

static void
respond(Waiting *waiting, TwHttpRequest *http, TwSoapLogonResponse *response)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);
    TwHttpResponse *answer = tw_http_response_new(200);
    g_autoptr(GBytes) body = NULL;

    tw_http_request_set_log(http, response->er == 0 ? waiting->args->szUsername : NULL, NULL,
                            "logon", tw_soap_result_name(response->er));
    tw_soapd_write(waiting->version, TW_SOAP_CALL_LOGON, response, &out);
    body = tw_buffer_steal_bytes(&out, NULL);
    tw_http_response_set_body(answer, "text/xml; charset=utf-8", body);
    tw_http_request_respond(http, answer);
}

/* A refusal has the basic capabilities and no more, as the peer's. */
static void
refuse(Waiting *waiting, TwHttpRequest *http, guint32 code)
{
    TwSoapLogonResponse response = { .er = code,
                                     .lpszVersion = server_version,
                                     .ulCapabilities = ALWAYS };

    respond(waiting, http, &response);
}

/* What is said to this host is not worth the work. */
static guint32
compression(const Waiting *waiting, TwHttpRequest *http, const TwPeer *peer)
{
    gboolean here =
        peer->kind == TW_PEER_UNIX || tw_address_is_local(tw_http_request_get_client(http));

    return here && !waiting->door->config.compress_local
               ? 0
               : waiting->args->ulCapabilities & TW_SOAPD_CAPABILITY_COMPRESSION;
}

static void
let_in(Waiting *waiting, TwHttpRequest *http, TwSession *session, const TwPeer *peer)
{
    const TwSoapLogonArgs *args = waiting->args;
    TwSoapLogonResponse response = { .lpszVersion = server_version };
    g_auto(TwServerInfoArgs) server = { 0 };
    g_autoptr(GError) error = NULL;
    TwSessionInfo info;

    response.ulCapabilities =
        ALWAYS | (args->ulCapabilities & ASKED) | compression(waiting, http, peer);
    if (session != NULL) {
        tw_session_get_info(session, &info);
        /* who is nobody may not even ask for that */
        if (!info.anonymous && !tw_session_server_info(session, &server, &error)) {
            tw_session_end(session);
            refuse(waiting, http, tw_soap_result_from_error(error));
            return;
        }
        tw_soapd_client_add(waiting->door, session, peer, args->ullSessionGroup,
                            response.ulCapabilities);
        response.ulSessionId = info.id;
        response.sServerGuid.data = server.guid.bytes;
        response.sServerGuid.len = sizeof server.guid.bytes;
    }
    respond(waiting, http, &response);
}

/* What programs of ours say besides: flags, and which feature of the user the session takes. */
static void
read_own(const TwSoapLogonArgs *args, TwLogon *logon)
{
    static const char prefix[] = "door=";

    if ((args->ulCapabilities & TW_SOAPD_CAPABILITY_TWIGA) == 0)
        return;
    logon->flags |= (args->ulFlags & FLAG_ANONYMOUS ? (guint) TW_LOGON_ANONYMOUS : 0) |
                    (args->ulFlags & FLAG_PASSWORD ? (guint) TW_LOGON_PASSWORD : 0);
    if (args->szClientAppMisc != NULL && g_str_has_prefix(args->szClientAppMisc, prefix))
        logon->door = args->szClientAppMisc + strlen(prefix);
}

static void on_parked(TwHttpRequest *http, TwHttpParkedEvent event, gpointer data);

static void
decide(Waiting *waiting, TwHttpRequest *http, gboolean waited)
{
    const TwSoapLogonArgs *args = waiting->args;
    const char *password = args->szPassword != NULL ? args->szPassword : "";
    g_autoptr(TwSecret) secret = tw_secret_new(password, strlen(password));
    g_autoptr(TwSession) session = NULL;
    g_autoptr(GError) error = NULL;
    TwSoapdPeer from;
    gint64 wait_us = 0;
    TwLogon logon = { .user = args->szUsername != NULL ? args->szUsername : "",
                      .password = secret,
                      .program = args->szClientApp,
                      .program_version = args->szClientAppVersion,
                      .capabilities = args->ulCapabilities };

    tw_soapd_peer_judged(waiting->door, http, &from);
    logon.peer = from.peer;
    if (args->szImpersonateUser != NULL && *args->szImpersonateUser != '\0')
        logon.impersonate = args->szImpersonateUser;
    logon.flags = (args->ulFlags & FLAG_NO_UID ? (guint) TW_LOGON_NO_UID : 0) |
                  (args->ulFlags & FLAG_CHECK ? (guint) TW_LOGON_CHECK : 0) |
                  (waited ? (guint) TW_LOGON_WAITED : 0);
    read_own(args, &logon);
    if (tw_server_logon(waiting->door->server, &logon, &session, &wait_us, &error)) {
        let_in(waiting, http, session, &logon.peer);
    } else if (!waited && g_error_matches(error, TW_ERROR, TW_ERROR_BUSY)) {
        gint64 wait_ms = CLAMP(wait_us / 1000, 1, LONGEST_WAIT_MS);
        tw_http_request_park(http, (guint) wait_ms, on_parked, g_memdup2(waiting, sizeof *waiting));
    } else if (g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS)) {
        refuse(waiting, http, TW_SOAP_RESULT_LOGON_FAILED);
    } else {
        refuse(waiting, http, tw_soap_result_from_error(error));
    }
}

/* A waiting logon: its time is over, or its client is gone. */
static void
on_parked(TwHttpRequest *http, TwHttpParkedEvent event, gpointer data)
{
    if (event == TW_HTTP_PARKED_GONE)
        g_free(data);
    else
        decide(data, http, TRUE);
}

void
tw_soapd_logon(TwSoapd *door,
               TwHttpRequest *http,
               TwSoapVersion version,
               const TwSoapLogonArgs *args)
{
    Waiting waiting = { door, version, args };
    int client = version_of(args->szVersion);

    if ((args->ulCapabilities & CAPABILITY_UNICODE) == 0)
        refuse(&waiting, http, TW_SOAP_RESULT_BAD_CHARWIDTH);
    else if (client >= 0 && client < OLDEST_VERSION)
        refuse(&waiting, http, TW_SOAP_RESULT_INVALID_VERSION);
    else
        decide(&waiting, http, FALSE);
}

/* No ticket is taken here: clients then try logon (spec/mapi-soap.md 3.8). */
gboolean
tw_soapd_sso_logon(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    (void) call;
    (void) data;
    (void) out;
    return tw_soapd_fail(TW_SOAP_RESULT_LOGON_FAILED, error);
}

gboolean
tw_soapd_logoff(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    (void) data;
    (void) out;
    (void) error;
    tw_soapd_client_end(call->door, call->client);
    return TRUE;
}

/* ---- servers (spec/mapi-soap.md 16) ---- */

static const char pseudo[] = "pseudo://";

/* By what the caller came by, else by the other. */
static gboolean
find_url(TwSoapdCall *call, const char *name, TwNodeFindArgs *ret, GError **error)
{
    gboolean plain = call->http != NULL && !tw_conn_is_tls(tw_http_request_get_conn(call->http));

    ret->name = name;
    ret->scheme = plain ? "http" : "https";
    if (tw_session_node_find(call->session, ret, NULL))
        return TRUE;
    ret->scheme = plain ? "https" : "http";
    return tw_session_node_find(call->session, ret, error);
}

/* A name of another form is the client's own business: it is where it wanted to be. */
gboolean
tw_soapd_resolve_pseudo_url(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapResolvePseudoUrlArgs *args = data;
    TwSoapResolvePseudoUrlResponse *ret = out;
    g_auto(TwNodeFindArgs) node = { 0 };

    if (args->lpszPseudoUrl == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    ret->lpszServerPath = args->lpszPseudoUrl;
    ret->bIsPeer = TRUE;
    if (!g_str_has_prefix(args->lpszPseudoUrl, pseudo))
        return TRUE;
    if (!find_url(call, args->lpszPseudoUrl + strlen(pseudo), &node, error))
        return FALSE;
    if (!node.here) {
        ret->lpszServerPath = tw_soapd_text(call, node.url);
        ret->bIsPeer = FALSE;
    }
    return TRUE;
}

gboolean
tw_soapd_get_server_details(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetServerDetailsArgs *args = data;

    (void) call;
    (void) out;
    if ((args->ulFlags & ~0x1Fu) != 0)
        return tw_soapd_fail(TW_SOAP_RESULT_UNKNOWN_FLAGS, error);
    /* what tools take for "not distributed" */
    return tw_soapd_fail(TW_SOAP_RESULT_NETWORK_ERROR, error);
}
