/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the files of the HTTP server share.
 *
 *   http-server.c   routes, options
 *   http-conn.c     one connection: head, body, handler, answer, next; the states
 *   http-body.c     where a request's body goes
 *   http-write.c    how an answer is framed and sent
 *   http-request.c  what a handler asks a request
 *   http-content.c  ranges and conditions of contents that can be read anywhere
 */
#pragma once

#include "net/http-chunked.h"
#include "net/http-coding.h"
#include "net/http-server.h"

/* --- routes --- */

typedef struct {
    TwHttpRoute as_given; /* its text is that of the members below */
    char *prefix, *realm;
    gsize prefix_len;
    char **methods; /* NULL: any */
} TwHttpRouteRow;

struct TwHttpServer {
    TwHttpServerOptions options; /* its text and list are those of the members below */
    char *server_name, *tmp_dir, *proxy_user_header;
    GArray *trusted_proxies;
    GPtrArray *routes;   /* of TwHttpRouteRow, longest prefix first */
    GPtrArray *builtins; /* data of the built-in handlers */
    GMutex date_lock;    /* guards the two below */
    gint64 date_second;
    char date[32];
};

/* Finds the route; FALSE: answer *ret_status, with *ret_allow (g_free) if it is 405. */
gboolean tw_http_server_route(TwHttpServer *server,
                              const TwHttpHead *head,
                              const TwHttpRouteRow **ret_route,
                              guint *ret_status,
                              char **ret_allow);

/* The value of Date now, made once a second. */
void tw_http_server_get_date(TwHttpServer *server, char ret[32]);

/* --- bodies --- */

typedef struct {
    TwHttpRequest *request;  /* borrowed */
    guint64 left;            /* for FRAMING_LENGTH: bytes still to come */
    TwHttpChunked *chunked;  /* for FRAMING_CHUNKED, while it is read */
    TwDecompressor *decoder; /* for a coded body, while it is read */
    gboolean coded_whole;    /* what the decoder has read so far is a whole coded body */
    guint64 len;             /* decoded bytes so far */
    GByteArray *memory;      /* what was kept, unless it went to fd */
    int fd;                  /* unlinked temporary file, or -1 */
} TwHttpBody;

/* Begins the body of a request with a route. coding: not UNKNOWN. */
void tw_http_body_begin(TwHttpBody *body, TwHttpRequest *request, TwHttpCoding coding);
void tw_http_body_clear(TwHttpBody *body);
/* Takes bytes as they came. MORE, DONE, or BAD with *ret_status. All of data is consumed unless BAD. */
TwHttpStep tw_http_body_take(TwHttpBody *body, const guint8 *data, gsize len, guint *ret_status);
/* Sets the want that reads on without taking bytes of the next request. */
void tw_http_body_want(const TwHttpBody *body, TwConn *conn);

/* --- responses --- */

enum {
    TW_HTTP_CODING_NEGOTIATE = -1,
    TW_HTTP_LEN_UNKNOWN = -1,
    TW_HTTP_STREAM_LIMIT = 1 << 20
};

struct TwHttpResponse {
    guint status;
    GString *headers; /* finished lines; NULL while there are none */
    char *content_type, *etag;
    GBytes *body;        /* either this, */
    TwHttpPullFunc pull; /* or this, or nothing */
    gpointer pull_data;
    GDestroyNotify pull_destroy;
    gint64 len; /* of the stream */
    guint wait_ms;
    int coding; /* a TwHttpCoding, or NEGOTIATE */
    gboolean close_after;
};

/* --- requests --- */

struct TwHttpRequest {
    gint refs; /* atomic */
    TwHttpServer *server;
    TwConn *conn; /* a reference */
    TwHttpHead *head;
    const TwHttpRouteRow *route; /* NULL: none fits */
    TwAddress client;
    gboolean from_proxy; /* the peer is a trusted one */
    gpointer user;
    GDestroyNotify user_destroy;
    gpointer data;
    GDestroyNotify data_destroy;
    GBytes *token; /* to be sent with Negotiate */
    TwHttpBody body;
    char *log_user, *log_impersonated, *log_command, *log_result;
    guint64 body_out;
    gint64 head_us, work_us, auth_took_us, handler_took_us; /* for the access log only */
    guint park_ms; /* written by the handler, on the worker */
    gboolean park_asked;
    TwHttpParkedFunc park_func;
    gpointer park_data;

    GMutex lock;              /* guards what follows; nothing is called under it */
    TwHttpResponse *response; /* given by a handler, not yet taken by the worker */
    gboolean answered;        /* a response was given */
    gboolean parked;          /* the handler has returned: whoever answers wakes the connection */
    gboolean gone;            /* finished or lost */
};

/* A new request of a finished head, which it takes. */
TwHttpRequest *tw_http_request_new(TwHttpServer *server, TwConn *conn, TwHttpHead *head);
/* Now, for the access log; 0 if nobody reads one. */
gint64 tw_http_request_clock(const TwHttpRequest *request);
/* Takes the response a handler gave, or NULL; then, if park, the request is parked. */
TwHttpResponse *tw_http_request_take_response(TwHttpRequest *request, gboolean park);
/* Ends it: later answers are refused, whoever parked it is told. status 0: not answered. */
void tw_http_request_end(TwHttpRequest *request, guint status);

/* --- connections --- */

typedef enum {
    TW_HTTP_STATE_HEAD,    /* waits for a request; no request exists */
    TW_HTTP_STATE_BODY,    /* reads the body of request */
    TW_HTTP_STATE_WORK,    /* begin() or handler runs, on this thread */
    TW_HTTP_STATE_PARKED,  /* nobody answered yet */
    TW_HTTP_STATE_SENDING, /* response is being written or pulled */
    TW_HTTP_STATE_WAITING, /* its stream said WAIT */
    TW_HTTP_STATE_SKIP,    /* answered; throws away a body nobody wanted; no request exists */
    TW_HTTP_STATE_CLOSING  /* says or hears nothing more; no request exists */
} TwHttpState;

typedef struct {
    TwHttpServer *server;
    TwConn *conn;             /* borrowed: it owns us */
    TwHttpRequest *request;   /* a reference */
    TwHttpResponse *response; /* while SENDING and WAITING */
    TwCompressor *encoder;    /* of that response */
    guint64 sent;             /* of a body in memory or of known length: bytes so far */
    guint served;             /* requests begun */
    guint8 state;             /* TwHttpState */
    gboolean chunked;         /* the response is */
    gboolean keep;            /* another request may follow the response */
    gboolean body_unread;     /* the response came before the body */
} TwHttpConn;

/* Frames and sends; consumes the response. Ends in tw_http_conn_next(), now or when all of a stream is taken. */
void tw_http_send(TwHttpConn *http, TwHttpResponse *response);
/* Goes on with a stream that waited. */
void tw_http_send_on(TwHttpConn *http);
/* The response is written: logs it and goes on to the next request, or closes. */
void tw_http_conn_next(TwHttpConn *http);
/* The one place where the state changes. */
void tw_http_conn_set_state(TwHttpConn *http, TwHttpState state);
