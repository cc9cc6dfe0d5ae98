/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A request: who sent it, and the one meeting point of the worker that owns the connection and the thread that
 * answers. A request keeps its connection object; the connection keeps the request until it is finished or lost.
 */
#include "net/http-request.h"

#include <string.h>

#include "net/http-private.h"

/* --- who sent it --- */

/* One element of X-Forwarded-For: an address, maybe in brackets, maybe with a port. */
static gboolean
parse_forwarded(const char *text, gsize len, TwAddress *ret)
{
    const char *end;

    while (len > 0 && (*text == ' ' || *text == '\t'))
        text++, len--;
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    if (len > 1 && text[0] == '[' && (end = memchr(text, ']', len)) != NULL)
        return tw_address_parse(text + 1, (gsize) (end - text) - 1, ret);
    if (tw_address_parse(text, len, ret))
        return TRUE;
    end = memchr(text, ':', len);
    return end != NULL && tw_address_parse(text, (gsize) (end - text), ret);
}

/* Goes through one field from its end. Returns FALSE when the search is over: *io_client is the answer. */
static gboolean
follow_back(const char *list, const GArray *trusted, TwAddress *io_client)
{
    gsize end = strlen(list);

    for (;;) {
        gsize start = end;
        TwAddress addr;

        while (start > 0 && list[start - 1] != ',')
            start--;
        if (!parse_forwarded(list + start, end - start, &addr))
            return FALSE;
        *io_client = addr;
        if (!tw_network_list_contains(trusted, &addr))
            return FALSE;
        if (start == 0)
            return TRUE;
        end = start - 1;
    }
}

static void
find_client(TwHttpRequest *request)
{
    const GArray *trusted = request->server->options.trusted_proxies;
    const char *lists[TW_HTTP_FIELDS_MOST];
    guint count = 0, index = 0;

    request->client = *tw_conn_get_peer(request->conn);
    if (trusted == NULL || !tw_network_list_contains(trusted, &request->client))
        return;
    request->from_proxy = TRUE;
    while ((lists[count] = tw_http_head_get_next(request->head, "X-Forwarded-For", &index)) !=
           NULL) {
        if (++count == G_N_ELEMENTS(lists))
            break;
    }
    while (count > 0 && follow_back(lists[count - 1], trusted, &request->client))
        count--;
}

const TwAddress *
tw_http_request_get_client(const TwHttpRequest *request)
{
    return &request->client;
}

gboolean
tw_http_request_is_secure(const TwHttpRequest *request)
{
    const char *proto;

    if (tw_conn_is_tls(request->conn) || tw_conn_get_peer(request->conn)->family == TW_ADDRESS_UNIX)
        return TRUE;
    proto = request->from_proxy ? tw_http_head_get(request->head, "X-Forwarded-Proto") : NULL;
    return proto != NULL && g_ascii_strcasecmp(proto, "https") == 0;
}

const char *
tw_http_request_get_proxy_user(const TwHttpRequest *request)
{
    const char *field = request->server->options.proxy_user_header, *first;
    guint index = 0;

    if (!request->from_proxy || field == NULL)
        return NULL;
    first = tw_http_head_get_next(request->head, field, &index);
    /* two of them: the proxy let the client's own through */
    if (first == NULL || first[0] == '\0' ||
        tw_http_head_get_next(request->head, field, &index) != NULL)
        return NULL;
    return first;
}

/* --- life --- */

gint64
tw_http_request_clock(const TwHttpRequest *request)
{
    return request->server->options.access_func != NULL ? g_get_monotonic_time() : 0;
}

TwHttpRequest *
tw_http_request_new(TwHttpServer *server, TwConn *conn, TwHttpHead *head)
{
    TwHttpRequest *request = g_new(TwHttpRequest, 1);

    *request = (TwHttpRequest){ 0 };
    request->refs = 1;
    request->server = server;
    request->conn = tw_conn_ref(conn);
    request->head = head;
    request->body.fd = -1;
    request->head_us = tw_http_request_clock(request);
    request->work_us = request->head_us;
    g_mutex_init(&request->lock);
    find_client(request);
    return request;
}

TwHttpRequest *
tw_http_request_ref(TwHttpRequest *request)
{
    g_atomic_int_inc(&request->refs);
    return request;
}

void
tw_http_request_unref(TwHttpRequest *request)
{
    if (request == NULL || !g_atomic_int_dec_and_test(&request->refs))
        return;
    if (request->user != NULL && request->user_destroy != NULL)
        request->user_destroy(request->user);
    if (request->data != NULL && request->data_destroy != NULL)
        request->data_destroy(request->data);
    g_clear_pointer(&request->token, g_bytes_unref);
    tw_http_body_clear(&request->body);
    tw_http_response_free(request->response);
    tw_http_head_free(request->head);
    tw_conn_unref(request->conn);
    g_free(request->log_user);
    g_free(request->log_impersonated);
    g_free(request->log_command);
    g_free(request->log_result);
    g_mutex_clear(&request->lock);
    g_free(request);
}

const TwHttpHead *
tw_http_request_get_head(const TwHttpRequest *request)
{
    return request->head;
}

const char *
tw_http_request_get_rest(const TwHttpRequest *request)
{
    return request->head->path + request->route->prefix_len;
}

TwConn *
tw_http_request_get_conn(const TwHttpRequest *request)
{
    return request->conn;
}

gpointer
tw_http_request_get_user(const TwHttpRequest *request)
{
    return request->user;
}

void
tw_http_request_set_data(TwHttpRequest *request, gpointer data, GDestroyNotify destroy)
{
    if (request->data != NULL && request->data_destroy != NULL)
        request->data_destroy(request->data);
    request->data = data;
    request->data_destroy = destroy;
}

gpointer
tw_http_request_get_data(const TwHttpRequest *request)
{
    return request->data;
}

static void
replace_text(char **io_text, const char *text)
{
    if (text == NULL)
        return;
    g_free(*io_text);
    *io_text = g_strdup(text);
}

void
tw_http_request_set_log(TwHttpRequest *request,
                        const char *user,
                        const char *impersonated,
                        const char *command,
                        const char *result)
{
    replace_text(&request->log_user, user);
    replace_text(&request->log_impersonated, impersonated);
    replace_text(&request->log_command, command);
    replace_text(&request->log_result, result);
}

/* --- answering --- */

gboolean
tw_http_request_respond(TwHttpRequest *request, TwHttpResponse *response)
{
    gboolean taken, wake;

    g_mutex_lock(&request->lock);
    taken = !request->answered && !request->gone;
    wake = taken && request->parked;
    if (taken) {
        request->answered = TRUE;
        request->response = response;
    }
    g_mutex_unlock(&request->lock);
    if (wake)
        tw_conn_wake(request->conn);
    if (!taken)
        tw_http_response_free(response);
    return taken;
}

gboolean
tw_http_request_respond_error(TwHttpRequest *request, guint status)
{
    return tw_http_request_respond(request,
                                   tw_http_response_new_text(status, tw_http_status_text(status)));
}

void
tw_http_request_park(TwHttpRequest *request, guint max_ms, TwHttpParkedFunc func, gpointer data)
{
    request->park_asked = TRUE;
    request->park_ms = max_ms;
    request->park_func = func;
    request->park_data = data;
}

void
tw_http_request_wake(TwHttpRequest *request)
{
    tw_conn_wake(request->conn);
}

gboolean
tw_http_request_is_gone(TwHttpRequest *request)
{
    gboolean gone;

    g_mutex_lock(&request->lock);
    gone = request->gone;
    g_mutex_unlock(&request->lock);
    return gone;
}

TwHttpResponse *
tw_http_request_take_response(TwHttpRequest *request, gboolean park)
{
    TwHttpResponse *response;

    g_mutex_lock(&request->lock);
    response = g_steal_pointer(&request->response);
    if (response == NULL && park)
        request->parked = TRUE;
    g_mutex_unlock(&request->lock);
    return response;
}

static void
log_access(TwHttpRequest *request, guint status)
{
    const TwHttpServerOptions *options = &request->server->options;
    gint64 now = tw_http_request_clock(request);
    TwHttpAccess access = {
        .client = &request->client,
        .user = request->log_user,
        .impersonated = request->log_impersonated,
        .command = request->log_command,
        .method = request->head->method,
        .path = request->head->path,
        .result = request->log_result,
        .status = status,
        .body_in = request->body.len,
        .body_out = request->body_out,
        .total_us = now - request->head_us,
        .work_us = now - request->work_us,
        .auth_handler_us = request->auth_took_us + request->handler_took_us,
        .handler_us = request->handler_took_us,
    };

    options->access_func(&access, options->access_data);
}

void
tw_http_request_end(TwHttpRequest *request, guint status)
{
    g_mutex_lock(&request->lock);
    request->gone = TRUE;
    g_mutex_unlock(&request->lock);
    if (request->park_func != NULL)
        request->park_func(request, TW_HTTP_PARKED_GONE, request->park_data);
    if (request->server->options.access_func != NULL)
        log_access(request, status);
}
