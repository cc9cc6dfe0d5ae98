/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One HTTP connection. All of this runs on the worker that owns it.
 *
 *   HEAD     -> WORK      a whole head came (on_ready)
 *   WORK     -> BODY      the route wants the body (begin_request)
 *   BODY     -> WORK      the body is whole (on_ready)
 *   WORK     -> PARKED    the handler will answer later (after_handler)
 *   HEAD, BODY, WORK, PARKED -> SENDING   there is an answer (answer)
 *   SENDING  -> WAITING   its stream has nothing now (http-write.c)
 *   WAITING  -> SENDING   woken, or the pause is over (tw_http_send_on)
 *   SENDING  -> HEAD, SKIP, CLOSING       all of it is written (tw_http_conn_next)
 *   SKIP     -> HEAD      an unread body has passed (on_ready)
 *   any      -> CLOSING   lost
 *
 * Every request is judged alone: what an auth function found out lives in the request and dies with it.
 */
#include <string.h>

#include "base/error.h"
#include "net/http-private.h"

enum {
    SKIP_MOST =
        65536 /* a body nobody wants is read over up to here, to keep the connection; else it is closed */
};

static void
check_state(const TwHttpConn *http)
{
    switch ((TwHttpState) http->state) {
    case TW_HTTP_STATE_HEAD:
    case TW_HTTP_STATE_SKIP:
    case TW_HTTP_STATE_CLOSING:
        g_assert(http->request == NULL && http->response == NULL);
        break;
    case TW_HTTP_STATE_BODY:
    case TW_HTTP_STATE_WORK:
    case TW_HTTP_STATE_PARKED:
        g_assert(http->request != NULL && http->response == NULL);
        break;
    case TW_HTTP_STATE_SENDING:
    case TW_HTTP_STATE_WAITING:
        g_assert(http->response != NULL);
        break;
    }
}

void
tw_http_conn_set_state(TwHttpConn *http, TwHttpState state)
{
    static const guint allowed[] = {
#define TO(name) (1u << TW_HTTP_STATE_##name)
        [TW_HTTP_STATE_HEAD] = TO(WORK) | TO(SENDING) | TO(CLOSING),
        [TW_HTTP_STATE_BODY] = TO(WORK) | TO(SENDING) | TO(CLOSING),
        [TW_HTTP_STATE_WORK] = TO(BODY) | TO(PARKED) | TO(SENDING) | TO(CLOSING),
        [TW_HTTP_STATE_PARKED] = TO(SENDING) | TO(CLOSING),
        [TW_HTTP_STATE_SENDING] = TO(WAITING) | TO(HEAD) | TO(SKIP) | TO(CLOSING),
        [TW_HTTP_STATE_WAITING] = TO(SENDING) | TO(CLOSING),
        [TW_HTTP_STATE_SKIP] = TO(HEAD) | TO(CLOSING),
        [TW_HTTP_STATE_CLOSING] = 0,
#undef TO
    };

    g_assert((allowed[http->state] & 1u << state) != 0);
    http->state = (guint8) state;
    check_state(http);
}

/* --- ends --- */

static void
want_head(TwHttpConn *http)
{
    tw_conn_want_head(http->conn, http->server->options.head.head_len);
}

static void
drop_response(TwHttpConn *http)
{
    g_clear_pointer(&http->response, tw_http_response_free);
    g_clear_pointer(&http->encoder, tw_compressor_free);
}

/* A head that was refused made no request, but the log shall show who sent it. */
static void
log_refused(const TwHttpConn *http, guint status)
{
    const TwHttpServerOptions *options = &http->server->options;
    TwHttpAccess access = {
        .client = tw_conn_get_peer(http->conn), .method = "-", .path = "-", .status = status
    };

    if (options->access_func != NULL && status != 0)
        options->access_func(&access, options->access_data);
}

static void
end_request(TwHttpConn *http, guint status)
{
    TwHttpRequest *request = g_steal_pointer(&http->request);

    if (request == NULL) {
        log_refused(http, status);
        return;
    }
    tw_http_request_end(request, status);
    tw_http_request_unref(request);
}

/* Nothing can be said any more. */
static void
lose(TwHttpConn *http)
{
    if (http->state == TW_HTTP_STATE_CLOSING)
        return;
    drop_response(http);
    end_request(http, 0);
    tw_http_conn_set_state(http, TW_HTTP_STATE_CLOSING);
}

static gboolean
body_can_be_skipped(const TwHttpRequest *request)
{
    const TwHttpHead *head = request->head;

    return head->framing == TW_HTTP_FRAMING_LENGTH && head->content_length <= SKIP_MOST &&
           !head->expect_continue;
}

void
tw_http_conn_next(TwHttpConn *http)
{
    gboolean skip = http->keep && http->body_unread;
    guint64 skip_len = skip ? http->request->head->content_length : 0;
    guint status = http->response->status;

    drop_response(http);
    end_request(http, status);
    if (!http->keep) {
        tw_http_conn_set_state(http, TW_HTTP_STATE_CLOSING);
        tw_conn_close(http->conn);
    } else if (skip) {
        tw_http_conn_set_state(http, TW_HTTP_STATE_SKIP);
        tw_conn_want_skip(http->conn, skip_len);
    } else {
        tw_http_conn_set_state(http, TW_HTTP_STATE_HEAD);
        want_head(http);
    }
}

/* Sends an answer to the request there is, or to one that was no request. */
static void
answer(TwHttpConn *http, TwHttpResponse *response, gboolean body_unread)
{
    const TwHttpRequest *request = http->request;

    http->body_unread = body_unread;
    http->keep = request != NULL && request->head->keep_alive && !response->close_after &&
                 http->served < http->server->options.requests_most &&
                 (!body_unread || body_can_be_skipped(request));
    tw_http_send(http, response);
}

/* Framing or a limit is broken: what follows on the connection cannot be trusted. */
static void
refuse_and_close(TwHttpConn *http, guint status)
{
    TwHttpResponse *response = tw_http_response_new_text(status, tw_http_status_text(status));

    tw_http_response_close_after(response);
    answer(http, response, TRUE);
}

/* --- a request --- */

static void
add_challenges(TwHttpResponse *response, const TwHttpRoute *route, GBytes *token)
{
    g_autofree char *basic = g_strdup_printf("Basic realm=\"%s\", charset=\"UTF-8\"", route->realm);
    g_autofree char *bearer = g_strdup_printf("Bearer realm=\"%s\"", route->realm);

    /* strongest first: some clients take the first they know */
    if ((route->flags & TW_HTTP_OFFER_NEGOTIATE) != 0 && token == NULL)
        tw_http_response_add_header(response, "WWW-Authenticate", "Negotiate");
    if ((route->flags & TW_HTTP_OFFER_BEARER) != 0)
        tw_http_response_add_header(response, "WWW-Authenticate", bearer);
    if ((route->flags & TW_HTTP_OFFER_BASIC) != 0)
        tw_http_response_add_header(response, "WWW-Authenticate", basic);
}

/* Asks the route's auth function. Returns the refusal, or NULL. */
static TwHttpResponse *
judge(TwHttpRequest *request)
{
    const TwHttpRoute *route = &request->route->as_given;
    g_auto(TwHttpAuth) claims = { .scheme = TW_HTTP_AUTH_NONE };
    TwHttpVerdict verdict = { .allowed = FALSE };
    TwHttpResponse *response;
    guint status;
    gint64 start;

    if (route->auth == NULL)
        return NULL;
    start = tw_http_request_clock(request);
    tw_http_auth_parse(tw_http_head_get(request->head, "Authorization"), &claims);
    route->auth(request, &claims, route->data, &verdict);
    request->auth_took_us = tw_http_request_clock(request) - start;
    request->user = verdict.user;
    request->user_destroy = verdict.destroy;
    request->token = verdict.token;
    if (verdict.log_name != NULL) {
        g_free(request->log_user);
        request->log_user = verdict.log_name;
    }
    if (verdict.allowed)
        return NULL;
    status = verdict.status != 0 ? verdict.status : 401;
    response = tw_http_response_new_text(status, tw_http_status_text(status));
    if (status == 401)
        add_challenges(response, route, verdict.token);
    return response;
}

static TwHttpResponse *
no_route(TwHttpRequest *request)
{
    guint status;
    g_autofree char *allow = NULL;
    TwHttpResponse *response;

    if (tw_http_server_route(request->server, request->head, &request->route, &status, &allow))
        return NULL;
    response = tw_http_response_new_text(status, tw_http_status_text(status));
    if (allow != NULL)
        tw_http_response_add_header(response, "Allow", allow);
    return response;
}

/* What can be said against the body before a byte of it is read. */
static TwHttpResponse *
body_refusal(TwHttpRequest *request, TwHttpCoding *ret_coding)
{
    const TwHttpRoute *route = &request->route->as_given;
    const TwHttpHead *head = request->head;
    TwHttpResponse *response;

    *ret_coding = (route->flags & TW_HTTP_RAW_BODY) != 0 ? TW_HTTP_CODING_IDENTITY
                                                         : tw_http_coding_of_request(head);
    if (head->framing == TW_HTTP_FRAMING_NONE)
        return NULL;
    /* a coded body may be shorter than what it holds, never by much longer */
    if (route->body_most == 0 || head->content_length > route->body_most)
        return tw_http_response_new_text(413, tw_http_status_text(413));
    if (*ret_coding != TW_HTTP_CODING_UNKNOWN)
        return NULL;
    response = tw_http_response_new_text(415, tw_http_status_text(415));
    tw_http_response_add_header(response, "Accept-Encoding", "gzip, zstd");
    return response;
}

static TwHttpResponse *
ask_begin(TwHttpRequest *request)
{
    const TwHttpRoute *route = &request->route->as_given;

    if (route->begin == NULL)
        return NULL;
    route->begin(request, route->data);
    return tw_http_request_take_response(request, FALSE);
}

static void
run_handler(TwHttpConn *http)
{
    TwHttpRequest *request = http->request;
    const TwHttpRoute *route = &request->route->as_given;
    TwHttpResponse *response;

    request->work_us = tw_http_request_clock(request);
    route->handler(request, route->data);
    request->handler_took_us = tw_http_request_clock(request) - request->work_us;
    /* the handler has read it; a parked request should cost little */
    tw_http_body_clear(&request->body);
    response = tw_http_request_take_response(request, request->park_asked);
    if (response == NULL && request->park_asked) {
        tw_http_conn_set_state(http, TW_HTTP_STATE_PARKED);
        tw_conn_park(http->conn, request->park_ms);
        return;
    }
    if (response == NULL) {
        tw_http_request_respond_error(request, 500);
        response = tw_http_request_take_response(request, FALSE);
    }
    answer(http, response, FALSE);
}

static void
begin_request(TwHttpConn *http)
{
    TwHttpRequest *request = http->request;
    gboolean has_body = request->head->framing != TW_HTTP_FRAMING_NONE;
    TwHttpCoding coding;
    TwHttpResponse *early;

    if ((early = no_route(request)) != NULL || (early = judge(request)) != NULL ||
        (early = body_refusal(request, &coding)) != NULL || (early = ask_begin(request)) != NULL) {
        answer(http, early, has_body);
        return;
    }
    if (!has_body) {
        run_handler(http);
        return;
    }
    tw_http_body_begin(&request->body, request, coding);
    tw_http_conn_set_state(http, TW_HTTP_STATE_BODY);
    if (request->head->expect_continue)
        tw_conn_write_str(http->conn, "HTTP/1.1 100 Continue\r\n\r\n");
    tw_http_body_want(&request->body, http->conn);
}

static void
take_head(TwHttpConn *http, TwCursor input)
{
    g_autoptr(TwHttpHead) head = tw_http_head_new(&http->server->options.head);
    TwHttpStep step = tw_http_head_step(head, input.next, input.left);

    http->served++;
    if (step != TW_HTTP_DONE || head->head_len != input.left) {
        refuse_and_close(http, step == TW_HTTP_BAD ? head->status : 431);
        return;
    }
    http->request = tw_http_request_new(http->server, http->conn, g_steal_pointer(&head));
    tw_http_conn_set_state(http, TW_HTTP_STATE_WORK);
    begin_request(http);
}

static void
take_body(TwHttpConn *http, TwCursor input)
{
    TwHttpBody *body = &http->request->body;
    guint status = 400;

    switch (tw_http_body_take(body, input.next, input.left, &status)) {
    case TW_HTTP_MORE:
        tw_http_body_want(body, http->conn);
        break;
    case TW_HTTP_DONE:
        tw_http_conn_set_state(http, TW_HTTP_STATE_WORK);
        run_handler(http);
        break;
    case TW_HTTP_BAD:
        refuse_and_close(http, status);
        break;
    }
}

/* --- the protocol --- */

static void
on_accepted(TwConn *conn, gpointer listener_data)
{
    TwHttpConn *http = g_new0(TwHttpConn, 1);

    http->server = listener_data;
    http->conn = conn;
    http->state = TW_HTTP_STATE_HEAD;
    tw_conn_set_data(conn, http);
    tw_conn_set_timeouts(conn, &http->server->options.timeouts);
    want_head(http);
}

static void
on_ready(TwConn *conn, TwCursor input)
{
    TwHttpConn *http = tw_conn_get_data(conn);

    check_state(http);
    switch ((TwHttpState) http->state) {
    case TW_HTTP_STATE_HEAD:
        take_head(http, input);
        break;
    case TW_HTTP_STATE_BODY:
        take_body(http, input);
        break;
    case TW_HTTP_STATE_SKIP:
        tw_http_conn_set_state(http, TW_HTTP_STATE_HEAD);
        want_head(http);
        break;
    case TW_HTTP_STATE_WORK:
    case TW_HTTP_STATE_PARKED:
    case TW_HTTP_STATE_SENDING:
    case TW_HTTP_STATE_WAITING:
    case TW_HTTP_STATE_CLOSING:
        g_assert_not_reached();
    }
}

static void
on_too_long(TwConn *conn, TwCursor input)
{
    TwHttpConn *http = tw_conn_get_data(conn);

    if (http->state == TW_HTTP_STATE_HEAD)
        take_head(http, input); /* 414, or 431, or what else is wrong with its beginning */
    else if (http->state == TW_HTTP_STATE_BODY)
        refuse_and_close(http, 400); /* a chunk size line or a trailer */
}

static void
on_eof(TwConn *conn, TwCursor rest)
{
    TwHttpConn *http = tw_conn_get_data(conn);

    (void) rest;
    switch ((TwHttpState) http->state) {
    case TW_HTTP_STATE_BODY:
        refuse_and_close(http, 400);
        break;
    case TW_HTTP_STATE_PARKED:
    case TW_HTTP_STATE_WAITING:
        lose(http);
        tw_conn_abort(conn);
        break;
    case TW_HTTP_STATE_HEAD:
    case TW_HTTP_STATE_SKIP:
    case TW_HTTP_STATE_CLOSING:
        tw_conn_close(conn);
        break;
    case TW_HTTP_STATE_WORK:
    case TW_HTTP_STATE_SENDING:
        break; /* it still reads its answer */
    }
}

static void
on_woken(TwConn *conn)
{
    TwHttpConn *http = tw_conn_get_data(conn);
    TwHttpResponse *response;

    if (http->state == TW_HTTP_STATE_WAITING)
        tw_http_send_on(http);
    if (http->state != TW_HTTP_STATE_PARKED)
        return;
    response = tw_http_request_take_response(http->request, TRUE);
    if (response != NULL)
        answer(http, response, FALSE);
}

/* Time is over for a parked request. */
static void
end_parking(TwHttpConn *http)
{
    TwHttpRequest *request = http->request;
    TwHttpResponse *response = tw_http_request_take_response(request, TRUE);

    if (response == NULL && request->park_func != NULL) {
        request->park_func(request, TW_HTTP_PARKED_TIMEOUT, request->park_data);
        response = tw_http_request_take_response(request, TRUE);
    }
    if (response == NULL) {
        tw_http_request_respond_error(request, 503);
        /* ours, or one that came in this moment */
        response = tw_http_request_take_response(request, TRUE);
    }
    answer(http, response, FALSE);
}

static void
on_timeout(TwConn *conn, TwConnTimeout which)
{
    TwHttpConn *http = tw_conn_get_data(conn);

    switch (which) {
    case TW_TIMEOUT_PARK:
        want_head(http); /* to stay open; nothing is read while an answer is pulled */
        if (http->state == TW_HTTP_STATE_PARKED)
            end_parking(http);
        else if (http->state == TW_HTTP_STATE_WAITING)
            tw_http_send_on(http);
        break;
    case TW_TIMEOUT_IDLE:
        if (http->state == TW_HTTP_STATE_BODY)
            refuse_and_close(http, 408);
        break;
    case TW_TIMEOUT_SLOW_INPUT:
    case TW_TIMEOUT_DEADLINE:
        if (http->state == TW_HTTP_STATE_HEAD || http->state == TW_HTTP_STATE_BODY)
            refuse_and_close(http, 408);
        break;
    case TW_TIMEOUT_SLOW_OUTPUT:
        break;
    }
}

static void
on_stopping(TwConn *conn)
{
    TwHttpConn *http = tw_conn_get_data(conn);

    if (http->state == TW_HTTP_STATE_PARKED)
        end_parking(http);
    else if (http->state == TW_HTTP_STATE_BODY)
        refuse_and_close(http, 503);
}

static void
on_closed(TwConn *conn, TwCloseReason reason)
{
    TwHttpConn *http = tw_conn_get_data(conn);

    (void) reason;
    lose(http);
    g_free(http);
}

const TwProtocol *
tw_http_server_get_protocol(void)
{
    static const TwProtocol protocol = {
        .name = "http",
        .accepted = on_accepted,
        .ready = on_ready,
        .too_long = on_too_long,
        .eof = on_eof,
        .woken = on_woken,
        .timeout = on_timeout,
        .secured = NULL,
        .stopping = on_stopping,
        .closed = on_closed,
    };

    return &protocol;
}
