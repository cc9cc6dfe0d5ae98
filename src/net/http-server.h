/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The HTTP/1.1 server: routes and options. Start here; then net/http-request.h and net/http-response.h.
 *
 * A server is filled with routes by one thread, then its protocol and itself are given to listeners
 * (tw_http_server_listen_options()); from then on it is read-only. It must outlive the loop.
 */
#pragma once

#include <glib.h>

#include "net/http-auth.h"
#include "net/http-head.h"
#include "net/http-request.h"
#include "net/http-response.h"
#include "net/listener.h"

G_BEGIN_DECLS

typedef struct TwHttpServer TwHttpServer;

/**
 * TwHttpHandlerFunc:
 * @request: the request; its body is there (unless the route has a piece function, which had it)
 * @data: the route's data
 *
 * Answers a request, or parks it. Runs on a worker and may take its time.
 */
typedef void (*TwHttpHandlerFunc)(TwHttpRequest *request, gpointer data);

/**
 * TwHttpBeginFunc:
 * @request: the request; only its head is there
 * @data: the route's data
 *
 * A first look, before the body is read. May answer: then the body is not read and the handler is not called.
 */
typedef void (*TwHttpBeginFunc)(TwHttpRequest *request, gpointer data);

/**
 * TwHttpPieceFunc:
 * @request: the request
 * @piece: (array length=len): the next bytes of the decoded body, borrowed
 * @len: how many, at least 1
 * @data: the route's data
 * @error: set on failure: TW_ERROR_TOO_BIG is answered with 413, NO_SPACE with 507, INVALID with 400, the rest with 500
 *
 * Takes a body as it comes, instead of having it kept.
 *
 * Returns: FALSE to stop; the request is answered and the connection closed
 */
typedef gboolean (*TwHttpPieceFunc)(
    TwHttpRequest *request, const guint8 *piece, gsize len, gpointer data, GError **error);

/* What an auth function says about one request. */
typedef struct {
    gboolean allowed;
    gpointer user;          /* (transfer full): for tw_http_request_get_user() */
    GDestroyNotify destroy; /* (nullable): frees user with the request, on any thread */
    char *log_name;         /* (nullable) (transfer full): for the access log */
    GBytes *token;          /* (nullable) (transfer full): GSSAPI's answer, sent with Negotiate */
    guint status;           /* instead of 401 when refused: 403, 429, 503; 0 */
} TwHttpVerdict;

/**
 * TwHttpAuthFunc:
 * @request: the request; only its head is there
 * @claims: what its Authorization field says; scheme NONE if there is none
 * @data: the route's data
 * @ret: (out): the verdict; zeroed before
 *
 * Judges one request by itself. Nothing of an earlier request on the connection is known here, and no step of a
 * handshake is kept for a later one.
 */
typedef void (*TwHttpAuthFunc)(TwHttpRequest *request,
                               const TwHttpAuth *claims,
                               gpointer data,
                               TwHttpVerdict *ret);

typedef enum {
    TW_HTTP_OFFER_BASIC = 1u << 0,
    TW_HTTP_OFFER_BEARER = 1u << 1,
    TW_HTTP_OFFER_NEGOTIATE = 1u << 2,
    TW_HTTP_COMPRESS =
        1u
        << 3, /* compress answers as the client accepts it, if type and size make it worth while */
    TW_HTTP_RAW_BODY = 1u << 4, /* leave Content-Encoding of requests alone */
} TwHttpRouteFlags;

typedef struct {
    const char *
        prefix; /* canonical path without "/" at its end, "" for all: "/dav" has "/dav" and "/dav/x" */
    const char *methods;       /* (nullable): "GET, POST"; NULL: any. GET has HEAD with it */
    TwHttpHandlerFunc handler; /* not NULL */
    TwHttpBeginFunc begin;     /* (nullable) */
    TwHttpPieceFunc piece;     /* (nullable) */
    TwHttpAuthFunc auth;       /* (nullable): everyone may */
    gpointer data;             /* for all of them */
    guint flags;               /* TwHttpRouteFlags */
    const char *realm;         /* for OFFER_BASIC and OFFER_BEARER; NULL: "Twiga" */
    guint64 body_most;         /* largest decoded body, in bytes; 0: no body. Larger is 413 */
    gsize memory_most;         /* a larger body goes to an unlinked temporary file; 0: 256 KiB */
} TwHttpRoute;

/* One request that was answered, for the access log (spec/config-and-cli.md, 24.4). Borrowed. */
typedef struct {
    const TwAddress *client;
    const char *user;          /* (nullable) */
    const char *impersonated;  /* (nullable) */
    const char *command;       /* (nullable): as the handler named it */
    const char *method, *path; /* "-" if the head was refused */
    const char *result;        /* (nullable): as the handler named it */
    guint status;              /* 0: the client went away before it was answered */
    guint64 body_in;           /* bytes of the request's body, decoded */
    guint64 body_out;          /* bytes of the answer's body on the wire, without chunk framing */
    gint64 total_us;           /* since the head was there */
    gint64 work_us;            /* since the body was there */
    gint64 auth_handler_us;    /* in auth function and handler */
    gint64 handler_us;         /* in the handler */
} TwHttpAccess;

/**
 * TwHttpAccessFunc:
 * @access: what happened; borrowed
 * @data: access_data of the options
 *
 * Called once for each request, by the worker that finished it; several at once.
 */
typedef void (*TwHttpAccessFunc)(const TwHttpAccess *access, gpointer data);

/* Zero and NULL mean the default named in each comment. */
typedef struct {
    TwHttpHeadLimits head;   /* TW_HTTP_HEAD_LIMITS_DEFAULT */
    const char *server_name; /* value of Server; NULL: not sent */
    const char *tmp_dir;     /* for bodies that go to disk; NULL: g_get_tmp_dir() */
    const GArray *
        trusted_proxies; /* (element-type TwNetwork): who may name clients and users; copied. NULL: nobody */
    const char *proxy_user_header; /* field in which they name the user; NULL: none */
    guint compress_least;          /* smallest body worth compressing, in bytes; 1,024 */
    guint requests_most;           /* requests on one connection, then it is closed; 100,000 */
    TwHttpAccessFunc access_func;  /* (nullable) */
    gpointer access_data;
    TwConnTimeouts
        timeouts; /* of connections: idle between requests, progress of heads, bodies, answers */
} TwHttpServerOptions;

/**
 * tw_http_server_new:
 * @options: (nullable): how to work; copied
 *
 * Returns: (transfer full): a server without routes
 */
TwHttpServer *tw_http_server_new(const TwHttpServerOptions *options);

/**
 * tw_http_server_free:
 * @server: (nullable) (transfer full): a server whose loop is gone
 */
void tw_http_server_free(TwHttpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwHttpServer, tw_http_server_free)

/**
 * tw_http_server_add_route:
 * @server: a server that does not listen yet
 * @route: copied, with its text
 *
 * The route with the longest prefix that fits a path is asked; of several with the same prefix the first that has the
 * method. If none has: 405 with Allow. If none fits: 404.
 */
void tw_http_server_add_route(TwHttpServer *server, const TwHttpRoute *route);

/**
 * tw_http_server_listen_options:
 * @server: a server with its routes
 * @ret: (out caller-allocates): protocol, data and timeouts are filled in; the rest is zeroed for the caller to fill
 */
void tw_http_server_listen_options(TwHttpServer *server, TwListenOptions *ret);

/**
 * tw_http_server_get_protocol:
 *
 * Returns: (transfer none): the protocol table, to be used with a #TwHttpServer as listener data
 */
const TwProtocol *tw_http_server_get_protocol(void);

/**
 * tw_http_access_format:
 * @access: a request that was answered
 * @line: the line is appended here, without line end
 *
 * Writes the request log's line: client, user, impersonated user, command, rc=, Tsk=, Tenq=, Twi=, Trh1=, Trh2=, in
 * seconds. Text from outside is quoted where it holds blanks, and escaped.
 */
void tw_http_access_format(const TwHttpAccess *access, GString *line);

/* --- built-in handlers --- */

/**
 * TwHttpHealthFunc:
 * @data: as given
 * @detail: text for the operator is appended here
 *
 * Returns: TRUE if all is well
 */
typedef gboolean (*TwHttpHealthFunc)(gpointer data, GString *detail);

/**
 * tw_http_server_add_health:
 * @server: a server that does not listen yet
 * @prefix: such as "/health/ready"
 * @func: (nullable): asked for each request; NULL: always well (the process answers)
 * @data: for @func
 *
 * Answers GET with 200 or 503 and the detail as text, never cached.
 */
void tw_http_server_add_health(TwHttpServer *server,
                               const char *prefix,
                               TwHttpHealthFunc func,
                               gpointer data);

/**
 * TwHttpMetricsFunc:
 * @data: as given
 * @text: the metrics are appended here, in the Prometheus text format
 */
typedef void (*TwHttpMetricsFunc)(gpointer data, GString *text);

/**
 * tw_http_server_add_metrics:
 * @server: a server that does not listen yet
 * @prefix: such as "/metrics"
 * @func: asked for each request
 * @data: for @func
 *
 * Answers GET with the metrics.
 */
void tw_http_server_add_metrics(TwHttpServer *server,
                                const char *prefix,
                                TwHttpMetricsFunc func,
                                gpointer data);

G_END_DECLS
