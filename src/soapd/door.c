/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One request: its body is decoded as it comes, then the call is looked up, done and answered.
 *
 *   begin   head is there     -> a decoder for it
 *   piece   some of its body  -> structures; what cannot be read is noted, the rest of the body passed over
 *                                a stream behind the XML -> import.c, once the session is known
 *   handle  all of its body   -> fault, or session -> handler -> response
 *
 * Calls of one session run side by side; what they share is in client.c and group.c.
 */
#include <string.h>

#include "base/log.h"
#include "net/tls.h"
#include "soapd/soapd-private.h"

enum {
    COMPRESS_LEAST = 512,      /* bytes of an envelope from which on compression pays */
    RESPONSE_MOST = 256 << 20, /* bytes of an envelope: rows and values are limited before */
    MEMORY_MOST = 64 << 20,    /* of what a response is made of, beside the request */
    STREAM_MOST = 512 << 20,   /* bytes of a body with a stream, which is not held */
};

struct TwSoapdRequest {
    TwSoapdCall *call; /* owned, nullable: of a stream that is taken as it comes */
    TwSoapDecoder *decoder;
    GError *error;                /* the first, which makes the answer a fault */
    GError *refused;              /* the first of the stream, which makes the answer a code */
    guint64 bytes;                /* of XML */
    TwMtomReader *mtom;           /* owned, nullable: the body has parts */
    guint parts;                  /* begun */
    gboolean taking;              /* the part at hand is the stream */
    const TwSoapMessage *message; /* in the decoder: the first part is whole */
};

typedef struct {
    gpointer data;
    GDestroyNotify destroy;
} Kept;

/* ---- help for handlers ---- */

static void
clear_kept(gpointer data)
{
    Kept *kept = data;

    kept->destroy(kept->data);
}

GArray *
tw_soapd_kept_new(void)
{
    GArray *kept = g_array_new(FALSE, FALSE, sizeof(Kept));

    g_array_set_clear_func(kept, clear_kept);
    return kept;
}

void
tw_soapd_keep(TwSoapdCall *call, gpointer data, GDestroyNotify destroy)
{
    Kept kept = { data, destroy };

    if (data != NULL)
        g_array_append_val(call->kept, kept);
}

static void
unref_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

TwSoapBytes
tw_soapd_give_bytes(TwSoapdCall *call, GBytes *bytes)
{
    TwSoapBytes ret = { (const guint8 *) "", 0 };
    gsize len;

    if (bytes == NULL)
        return ret;
    tw_soapd_keep(call, bytes, unref_bytes);
    ret.data = g_bytes_get_data(bytes, &len);
    ret.len = len;
    if (ret.data == NULL)
        ret.data = (const guint8 *) "";
    return ret;
}

GBytes *
tw_soapd_take_bytes(TwSoapBytes bytes)
{
    return bytes.len > 0 ? g_bytes_new(bytes.data, bytes.len) : NULL;
}

gboolean
tw_soapd_alloc(TwSoapdCall *call, gsize count, gsize each, gpointer ret, GError **error)
{
    gpointer memory = tw_arena_alloc_array(call->arena, MAX(count, 1), each);

    if (memory == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "an answer larger than its memory");
        return FALSE;
    }
    *(gpointer *) ret = memory;
    return TRUE;
}

const char *
tw_soapd_text(TwSoapdCall *call, const char *text)
{
    char *copy = g_strdup(text != NULL ? text : "");

    tw_soapd_keep(call, copy, g_free);
    return copy;
}

gboolean
tw_soapd_fail(TwSoapResultCode code, GError **error)
{
    g_set_error_literal(error, TW_MAPI_ERROR, (gint) code, tw_soap_result_name(code));
    return FALSE;
}

gboolean
tw_soapd_write(TwSoapVersion version, TwSoapCall which, gconstpointer response, TwBuffer *out)
{
    return tw_soap_write_response(version, which, response, out);
}

void
tw_soapd_peer(TwHttpRequest *http, TwSoapdPeer *ret)
{
    TwConn *conn = tw_http_request_get_conn(http);
    TwPeerCredentials who;

    ret->peer = (TwPeer){ .kind = TW_PEER_NETWORK, .address = ret->address };
    if (tw_conn_get_peer_credentials(conn, &who, NULL)) {
        ret->peer.kind = TW_PEER_UNIX;
        ret->peer.uid = who.uid;
        g_snprintf(ret->address, sizeof ret->address, "unix:%u", who.uid);
        return;
    }
    tw_address_format(tw_http_request_get_client(http), FALSE, ret->address);
    if (tw_conn_get_peer_fingerprint(conn, ret->certificate))
        ret->peer.certificate = ret->certificate;
}

static TwSoapdKeys *
get_keys(TwSoapd *door)
{
    TW_LOCK_SCOPE(&door->lock);

    return tw_soapd_keys_ref(door->keys);
}

void
tw_soapd_peer_judged(TwSoapd *door, TwHttpRequest *http, TwSoapdPeer *ret)
{
    const TwConn *conn = tw_http_request_get_conn(http);
    g_autoptr(TwSoapdKeys) keys = NULL;
    g_autoptr(GBytes) certificate = NULL;
    g_autoptr(GBytes) key = NULL;
    gboolean trusted = FALSE;

    tw_soapd_peer(http, ret);
    if (ret->peer.certificate == NULL)
        return;
    keys = get_keys(door);
    certificate = tw_conn_get_peer_certificate(conn, &trusted);
    key = tw_conn_get_peer_public_key(conn);
    if (certificate != NULL && tw_soapd_keys_trust(keys, key, trusted))
        ret->peer.kind = TW_PEER_CERTIFICATE;
}

void
tw_soapd_forget_request(const TwSoapdCall *call)
{
    TwSoapdRequest *request = tw_http_request_get_data(call->http);

    request->message = NULL;
    g_clear_pointer(&request->decoder, tw_soap_decoder_free);
}

/* ---- answers ---- */

void
tw_soapd_choose_coding(const TwSoapdCall *call, TwHttpResponse *response)
{
    if (call->client != NULL && (call->client->capabilities & TW_SOAPD_CAPABILITY_COMPRESSION) != 0)
        tw_http_response_set_coding(response, TW_HTTP_CODING_GZIP);
}

/* @call: NULL for a fault. What is small gains nothing by compression, which clients never insist on. */
static void
send_envelope(const TwSoapdCall *call, TwHttpRequest *http, guint status, TwBuffer *out)
{
    gboolean large = out->len >= COMPRESS_LEAST;
    TwHttpResponse *response;
    GBytes *body = tw_buffer_steal_bytes(out, NULL);

    if (body == NULL) {
        tw_http_request_respond_error(http, 500);
        return;
    }
    response = tw_http_response_new(status);
    tw_http_response_add_header(response, "X-Frame-Options", "SAMEORIGIN");
    tw_http_response_set_body(response, "text/xml; charset=utf-8", body);
    g_bytes_unref(body);
    if (call != NULL && large)
        tw_soapd_choose_coding(call, response);
    if (status != 200)
        tw_http_response_close_after(response);
    tw_http_request_respond(http, response);
}

static void
send_fault(TwHttpRequest *http, guint status, const GError *error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(RESPONSE_MOST);

    tw_soap_write_fault(TW_SOAP_1_1, error, &out);
    tw_http_request_set_log(http, NULL, NULL, NULL, "fault");
    send_envelope(NULL, http, status, &out);
}

static void
send_response(const TwSoapdCall *call, gpointer response)
{
    TwHttpRequest *http = call->http;
    TwSoapCall which = call->which;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(RESPONSE_MOST);
    guint32 result = tw_soap_call_result(which, response);

    tw_http_request_set_log(http, NULL, NULL, tw_soap_call_info(which)->name,
                            tw_soap_result_name(result));
    if (!tw_soapd_write(call->version, which, response, &out)) {
        tw_http_request_respond_error(http, 500);
        return;
    }
    send_envelope(call, http, 200, &out);
}

/* ---- dispatch ---- */

static const TwSoapdHandler handlers[TW_SOAP_CALL_COUNT] = {
#define HANDLER_ROW(constant, name) [TW_SOAP_CALL_##constant] = tw_soapd_##name,
    TW_SOAPD_CALL_LIST(HANDLER_ROW)
#undef HANDLER_ROW
};

static gboolean
enter(TwSoapdCall *call, gconstpointer args, GError **error)
{
    TwSoapdPeer from;

    if (call->which == TW_SOAP_CALL_SSO_LOGON)
        return TRUE;
    tw_soapd_peer(call->http, &from);
    call->client = tw_soapd_client_find(call->door, tw_soap_call_session(call->which, args),
                                        &from.peer, error);
    if (call->client == NULL)
        return FALSE;
    call->session = tw_session_ref(call->client->session);
    return TRUE;
}

static gboolean
do_call(TwSoapdCall *call, const TwSoapMessage *message, gpointer out, GError **error)
{
    TwSoapdHandler handler = handlers[call->which];

    if (handler == NULL && tw_soap_call_info(call->which)->args == &tw_soap_type_NoArgs)
        return tw_soapd_fail(TW_SOAP_RESULT_NO_SUPPORT, error);
    if (call->client == NULL && !enter(call, message->body, error))
        return FALSE;
    if (message->refusal != NULL) {
        g_propagate_error(error, g_error_copy(message->refusal));
        return FALSE;
    }
    if (handler == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_NO_SUPPORT, error);
    return handler(call, message->body, out, error);
}

static TwSoapdCall *
call_new(TwSoapd *door, TwHttpRequest *http, const TwSoapMessage *message)
{
    TwSoapdCall *call = g_new0(TwSoapdCall, 1);

    call->door = door;
    call->http = http;
    call->version = message->version;
    call->which = message->call;
    call->arena = tw_arena_new(MEMORY_MOST);
    call->kept = tw_soapd_kept_new();
    return call;
}

static void
call_free(TwSoapdCall *call)
{
    if (call == NULL)
        return;
    tw_soapd_import_free(call->import);
    g_array_unref(call->kept);
    tw_soapd_client_unref(call->client);
    tw_session_unref(call->session);
    tw_arena_free(call->arena);
    g_free(call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSoapdCall, call_free)

/* What an administrator must act on; who asked wrongly is told so, and nobody else. */
static void
log_failure(const TwSoapdCall *call, const GError *error)
{
    if (g_error_matches(error, TW_ERROR, TW_ERROR_FAILED) ||
        g_error_matches(error, TW_ERROR, TW_ERROR_CORRUPT) ||
        g_error_matches(error, TW_ERROR, TW_ERROR_NO_SPACE))
        tw_log(TW_LOG_ERR, "call-failed",
               tw_log_str(TW_LOG_COMMAND, tw_soap_call_info(call->which)->name),
               tw_log_error(error));
}

static void
run(TwSoapd *door, TwHttpRequest *http, TwSoapdRequest *request, const TwSoapMessage *message)
{
    const TwSoapCallInfo *info = tw_soap_call_info(message->call);
    g_autofree gpointer out = g_malloc0(info->response->size);
    g_autoptr(TwSoapdCall) call = g_steal_pointer(&request->call);
    g_autoptr(GError) error = g_steal_pointer(&request->refused);

    if (call == NULL)
        call = call_new(door, http, message);
    if (error != NULL || !do_call(call, message, out, &error)) {
        log_failure(call, error);
        memset(out, 0, info->response->size);
        tw_soap_call_set_result(message->call, out, tw_soap_result_from_error(error));
        if (g_error_matches(error, TW_ERROR, TW_ERROR_END_OF_SESSION) && call->client != NULL)
            tw_soapd_client_end(door, call->client);
    }
    if (!call->answered)
        send_response(call, out);
}

/* ---- HTTP ---- */

static void
free_request(gpointer data)
{
    TwSoapdRequest *request = data;

    call_free(request->call);
    tw_mtom_reader_free(request->mtom);
    tw_soap_decoder_free(request->decoder);
    g_clear_error(&request->refused);
    g_clear_error(&request->error);
    g_free(request);
}

static void
on_begin(TwHttpRequest *http, gpointer data)
{
    TwSoapd *door = data;
    const char *type = tw_http_head_get(tw_http_request_get_head(http), "Content-Type");
    g_autoptr(GError) why = NULL;
    TwSoapdRequest *request;
    TwMtomType parts;

    if (door->server == NULL) {
        tw_http_request_respond_error(http, 503);
        return;
    }
    request = g_new0(TwSoapdRequest, 1);
    request->decoder = tw_soap_decoder_new(&door->limits);
    tw_soap_decoder_expect_request(request->decoder);
    tw_http_request_set_data(http, request, free_request);
    if (type == NULL)
        return;
    if (tw_mtom_type_parse(type, strlen(type), &parts, &why))
        request->mtom = tw_mtom_reader_new(&parts);
    else if (!g_error_matches(why, TW_ERROR, TW_ERROR_UNSUPPORTED))
        request->error = g_steal_pointer(&why);
}

/* ---- XML with a stream behind it ---- */

/* The stream of the one call that has one: the call begins before its stream is there. */
static gboolean
begin_stream(TwSoapd *door, TwHttpRequest *http, TwSoapdRequest *request, const TwMtomToken *part)
{
    const TwSoapMessage *message = request->message;
    const TwSoapImportMessageFromStreamArgs *args;

    if (message == NULL || message->call != TW_SOAP_CALL_IMPORT_MESSAGE_FROM_STREAM ||
        request->call != NULL)
        return FALSE;
    args = message->body;
    if (args->sStreamData == NULL || strlen(args->sStreamData) != part->id_len ||
        memcmp(args->sStreamData, part->id, part->id_len) != 0)
        return FALSE;
    request->call = call_new(door, http, message);
    if (enter(request->call, args, &request->refused) && message->refusal == NULL)
        request->call->import = tw_soapd_import_begin(request->call, args, &request->refused);
    return request->call->import != NULL;
}

static void
take_part(TwSoapd *door, TwHttpRequest *http, TwSoapdRequest *request, const TwMtomToken *token)
{
    switch (token->kind) {
    case TW_MTOM_PART:
        request->parts++;
        request->taking = request->parts > 1 && begin_stream(door, http, request, token);
        break;
    case TW_MTOM_DATA:
        if (request->parts == 1)
            (void) tw_soap_decoder_feed(request->decoder, token->data, token->data_len,
                                        &request->error);
        else if (request->taking && request->refused == NULL)
            (void) tw_soapd_import_feed(request->call->import, token->data, token->data_len,
                                        &request->refused);
        break;
    case TW_MTOM_END:
        if (request->parts == 1)
            request->message = tw_soap_decoder_finish(request->decoder, &request->error);
        request->taking = FALSE;
        break;
    case TW_MTOM_BAD:
        request->error = g_error_copy(tw_mtom_reader_error(request->mtom));
        break;
    case TW_MTOM_MORE:
    case TW_MTOM_DONE:
        break;
    }
}

static void
take_parts(
    TwSoapd *door, TwHttpRequest *http, TwSoapdRequest *request, const guint8 *piece, gsize len)
{
    TwMtomToken token = { .kind = TW_MTOM_PART };

    tw_mtom_reader_feed(request->mtom, piece, len);
    while (request->error == NULL && token.kind != TW_MTOM_MORE && token.kind != TW_MTOM_DONE) {
        (void) tw_mtom_reader_next(request->mtom, &token);
        take_part(door, http, request, &token);
    }
}

static gboolean
on_piece(TwHttpRequest *http, const guint8 *piece, gsize len, gpointer data, GError **error)
{
    TwSoapd *door = data;
    TwSoapdRequest *request = tw_http_request_get_data(http);

    if (request->mtom == NULL && len > door->limits.body - request->bytes) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "a request too large");
        return FALSE;
    }
    request->bytes += request->mtom == NULL ? len : 0;
    if (request->error == NULL && request->mtom != NULL)
        take_parts(door, http, request, piece, len);
    else if (request->error == NULL)
        (void) tw_soap_decoder_feed(request->decoder, piece, len, &request->error);
    return TRUE;
}

static void
on_request(TwHttpRequest *http, gpointer data)
{
    TwSoapd *door = data;
    TwSoapdRequest *request = tw_http_request_get_data(http);
    const TwSoapMessage *message = request->message;

    if (strcmp(tw_http_request_get_head(http)->method, "POST") != 0) {
        g_autoptr(GError) why =
            g_error_new_literal(TW_ERROR, TW_ERROR_INVALID, "only POST is served here");
        send_fault(http, 405, why);
        return;
    }
    if (request->error == NULL && message == NULL)
        message = tw_soap_decoder_finish(request->decoder, &request->error);
    if (request->error != NULL || message == NULL)
        send_fault(http, 500, request->error);
    else if (message->call == TW_SOAP_CALL_LOGON)
        tw_soapd_logon(door, http, message->version, message->body);
    else
        run(door, http, request, message);
}

/* ---- life ---- */

TwSoapd *
tw_soapd_new(const TwSoapdConfig *config)
{
    static const TwSoapLimits limits = TW_SOAP_LIMITS;
    TwSoapd *door = g_new0(TwSoapd, 1);
    TwHttpServerOptions options = { .timeouts =
                                        config != NULL ? config->timeouts : (TwConnTimeouts){ 0 } };
    TwHttpRoute route = {
        .prefix = "", .handler = on_request, .begin = on_begin, .piece = on_piece, .data = door
    };

    if (config != NULL)
        door->config = *config;
    if (door->config.session_timeout_us == 0)
        door->config.session_timeout_us = (gint64) 300 * G_USEC_PER_SEC;
    if (door->config.poll_ms == 0)
        door->config.poll_ms = 60000;
    tw_guid_random(&door->boot);
    door->node = g_strdup(door->config.node != NULL ? door->config.node : "Unknown");
    door->limits = door->config.limits != NULL ? *door->config.limits : limits;
    tw_lock_init(&door->lock);
    door->clients = g_hash_table_new(g_int64_hash, g_int64_equal);
    door->groups = g_hash_table_new(NULL, NULL);
    door->http = tw_http_server_new(&options);
    /* on_piece() limits bodies that are held */
    route.body_most = MAX(door->limits.body, (guint64) STREAM_MOST);
    tw_http_server_add_route(door->http, &route);
    return door;
}

void
tw_soapd_set_server(TwSoapd *soapd, TwServer *server)
{
    soapd->server = server;
}

void
tw_soapd_set_keys(TwSoapd *soapd, TwSoapdKeys *keys)
{
    TwSoapdKeys *before;

    tw_lock(&soapd->lock);
    before = soapd->keys;
    soapd->keys = keys;
    tw_unlock(&soapd->lock);
    tw_soapd_keys_unref(before);
}

void
tw_soapd_free(TwSoapd *soapd)
{
    g_autoptr(GList) clients = NULL;

    if (soapd == NULL)
        return;
    clients = g_hash_table_get_values(soapd->clients);
    for (GList *at = clients; at != NULL; at = at->next)
        tw_soapd_client_end(soapd, at->data);
    g_hash_table_unref(soapd->clients);
    g_hash_table_unref(soapd->groups);
    tw_http_server_free(soapd->http);
    tw_soapd_keys_unref(soapd->keys);
    tw_lock_clear(&soapd->lock);
    g_free(soapd->node);
    g_free(soapd);
}

void
tw_soapd_listen_options(TwSoapd *soapd, TwListenOptions *ret)
{
    tw_http_server_listen_options(soapd->http, ret);
}
