/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A request in a handler's hands: its head, its body, who sent it, and the way to answer it, now or later, from
 * this thread or another.
 *
 * A handler answers with tw_http_request_respond() before it returns, or parks the request and answers later.
 * Neither is a mistake of the handler: the client gets 500.
 */
#pragma once

#include <glib.h>

#include "net/address.h"
#include "net/conn.h"
#include "net/http-auth.h"
#include "net/http-head.h"
#include "net/http-response.h"

G_BEGIN_DECLS

typedef struct TwHttpRequest TwHttpRequest;

/* Why a parked request is spoken of. */
typedef enum {
    TW_HTTP_PARKED_TIMEOUT, /* its time is over, or the server stops: answer now, or the client gets 503 */
    TW_HTTP_PARKED_GONE, /* the client is gone, or was answered: drop what is kept for it */
} TwHttpParkedEvent;

/**
 * TwHttpParkedFunc:
 * @request: the request
 * @event: what happened
 * @data: as given to tw_http_request_park()
 *
 * Called by the worker that owns the connection. GONE is the last call and comes exactly once.
 */
typedef void (*TwHttpParkedFunc)(TwHttpRequest *request, TwHttpParkedEvent event, gpointer data);

/**
 * tw_http_request_ref:
 * @request: a request
 *
 * Returns: (transfer full): @request; any thread that has a reference may take one
 */
TwHttpRequest *tw_http_request_ref(TwHttpRequest *request);

/**
 * tw_http_request_unref:
 * @request: (nullable) (transfer full): a request
 */
void tw_http_request_unref(TwHttpRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwHttpRequest, tw_http_request_unref)

/**
 * tw_http_request_get_head:
 * @request: a request
 *
 * Returns: (transfer none): its head, which never changes
 */
const TwHttpHead *tw_http_request_get_head(const TwHttpRequest *request);

/**
 * tw_http_request_get_rest:
 * @request: a request
 *
 * Returns: (transfer none): the path behind the prefix of its route: "" or "/..."
 */
const char *tw_http_request_get_rest(const TwHttpRequest *request);

/**
 * tw_http_request_get_conn:
 * @request: a request
 *
 * For peer credentials and cancellation.
 *
 * Returns: (transfer none): the connection it came on
 */
TwConn *tw_http_request_get_conn(const TwHttpRequest *request);

/**
 * tw_http_request_get_client:
 * @request: a request
 *
 * The client's address. If the peer is one of the trusted proxies: the last address in X-Forwarded-For that is not
 * a trusted proxy itself. From anyone else the field is ignored.
 *
 * Returns: (transfer none): the address
 */
const TwAddress *tw_http_request_get_client(const TwHttpRequest *request);

/**
 * tw_http_request_is_secure:
 * @request: a request
 *
 * Returns: TRUE if it came over TLS, a Unix socket, or a trusted proxy that says so in X-Forwarded-Proto
 */
gboolean tw_http_request_is_secure(const TwHttpRequest *request);

/**
 * tw_http_request_get_proxy_user:
 * @request: a request
 *
 * Returns: (transfer none) (nullable): whom a trusted proxy says it has authenticated, in the field named by
 *   the server's options; NULL if it says nothing, from anyone else, and if no field is configured
 */
const char *tw_http_request_get_proxy_user(const TwHttpRequest *request);

/**
 * tw_http_request_get_user:
 * @request: a request
 *
 * Returns: (transfer none) (nullable): what the route's auth function said the user is; never left over from
 *   another request
 */
gpointer tw_http_request_get_user(const TwHttpRequest *request);

/**
 * tw_http_request_set_data:
 * @request: a request
 * @data: (transfer full): the handler's own state, say between begin() and handle()
 * @destroy: (nullable): frees it with the request, on any thread
 */
void tw_http_request_set_data(TwHttpRequest *request, gpointer data, GDestroyNotify destroy);

/**
 * tw_http_request_get_data:
 * @request: a request
 *
 * Returns: (transfer none) (nullable): what was set
 */
gpointer tw_http_request_get_data(const TwHttpRequest *request);

/**
 * tw_http_request_set_log:
 * @request: a request
 * @user: (nullable): for the access log
 * @impersonated: (nullable): on whose behalf
 * @command: (nullable): what it was, such as the name of a SOAP call; NULL: method and path
 * @result: (nullable): result code as text; NULL: the HTTP status
 *
 * Says more about a request for the access log. Called before it is answered.
 */
void tw_http_request_set_log(TwHttpRequest *request,
                             const char *user,
                             const char *impersonated,
                             const char *command,
                             const char *result);

/* --- the body, whole and decoded, unless the route takes pieces --- */

/**
 * tw_http_request_get_body_len:
 * @request: a request whose handler runs
 *
 * Returns: bytes of the body without transfer and content coding
 */
guint64 tw_http_request_get_body_len(const TwHttpRequest *request);

/**
 * tw_http_request_read_body:
 * @request: a request whose handler runs
 * @offset: from the start of the body
 * @buf: (array length=len): where to put it
 * @len: most bytes wanted
 * @ret_read: (out): bytes put there; fewer than @len only at the end
 * @error: on failure what the system said about the temporary file
 *
 * Reads a part of the body, wherever it is kept; never waits for the client.
 *
 * Returns: FALSE on failure
 */
gboolean tw_http_request_read_body(const TwHttpRequest *request,
                                   guint64 offset,
                                   guint8 *buf,
                                   gsize len,
                                   gsize *ret_read,
                                   GError **error);

/**
 * tw_http_request_get_body:
 * @request: a request whose handler runs
 * @most: largest body to bring into memory, in bytes
 * @error: on failure TW_ERROR_TOO_BIG, or what the system said
 *
 * Returns: (transfer full): the whole body, or NULL
 */
GBytes *tw_http_request_get_body(TwHttpRequest *request, gsize most, GError **error);

/* --- answering --- */

/**
 * tw_http_request_respond:
 * @request: a request
 * @response: (transfer full): the answer; consumed in any case
 *
 * Answers. From any thread that has a reference; the first answer counts.
 *
 * Returns: FALSE if the request was answered before or the client is gone
 */
gboolean tw_http_request_respond(TwHttpRequest *request, TwHttpResponse *response);

/**
 * tw_http_request_respond_error:
 * @request: a request
 * @status: 400 to 599
 *
 * Answers with the status and its usual phrase as text.
 *
 * Returns: as tw_http_request_respond()
 */
gboolean tw_http_request_respond_error(TwHttpRequest *request, guint status);

/**
 * tw_http_request_park:
 * @request: a request, in its handler
 * @max_ms: longest time; then @func is told TIMEOUT
 * @func: (nullable): told of time-out and end
 * @data: for @func
 *
 * Lets the handler return without an answer. The request costs no thread until it is answered with
 * tw_http_request_respond(); whoever will do that holds a reference.
 */
void tw_http_request_park(TwHttpRequest *request,
                          guint max_ms,
                          TwHttpParkedFunc func,
                          gpointer data);

/**
 * tw_http_request_wake:
 * @request: a request answered with a stream that said %TW_HTTP_PULL_WAIT
 *
 * Has the stream pulled again. From any thread that has a reference; several calls may become one.
 */
void tw_http_request_wake(TwHttpRequest *request);

/**
 * tw_http_request_is_gone:
 * @request: a request
 *
 * Returns: TRUE if nobody will read an answer any more; from any thread
 */
gboolean tw_http_request_is_gone(TwHttpRequest *request);

G_END_DECLS
