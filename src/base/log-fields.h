/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Every key that may stand in a log line. A line is made of values whose field is one of these, so a key that is not
 * in the list does not compile; the test keeps names unique and plain.
 *
 * None of them is for a password, a token, a session id that could be replayed, message text or an address list: name
 * the thing by its number.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Each row: constant, key, what it holds. */
#define TW_LOG_FIELD_LIST(X)                                                                       \
    X(MSG, "msg")                   /* free text of ours or a library's */                         \
    X(ERROR, "error")               /* message of a GError */                                      \
    X(REASON, "reason")             /* a short word for why */                                     \
    X(USER, "user")                 /* log-on name */                                              \
    X(IMPERSONATOR, "impersonator") /* who acts for user */                                        \
    X(IMPERSONATED, "impersonated") /* for whom user acts */                                       \
    X(SESSION, "session")           /* number of a session in the log only */                      \
    X(PEER, "peer")                 /* address of the other side */                                \
    X(FROM, "from")                 /* audit: address or program a log-on came from */             \
    X(REQUEST, "request")           /* number of a request */                                      \
    X(METHOD, "method")             /* way of log-on; HTTP method */                               \
    X(PROGRAM, "program")           /* program of a client, as it says */                          \
    X(COMMAND, "command")           /* protocol command */                                         \
    X(STATUS, "status")             /* answer code */                                              \
    X(RESULT, "rc")                 /* result of a request */                                      \
    X(T_SINCE_EVENT, "Tsk")         /* seconds since the socket had something */                   \
    X(T_SINCE_ENQUEUED, "Tenq")     /* seconds since it was queued */                              \
    X(T_SINCE_DEQUEUED, "Twi")      /* seconds since a worker took it */                           \
    X(T_HANDLER_ALL, "Trh1")        /* seconds in the handler with session check */                \
    X(T_HANDLER, "Trh2")            /* seconds in the handler only */                              \
    X(LISTENER, "listener")         /* socket specifier */                                         \
    X(CONFIG_KEY, "key")            /* configuration key */                                        \
    X(FILE, "file")                 /* path, or file:line */                                       \
    X(STORE, "store")               /* GUID of a store */                                          \
    X(FOLDER, "folder")             /* number of a folder */                                       \
    X(MESSAGE, "message")           /* number of a message */                                      \
    X(OBJECT, "object")             /* audit: object id */                                         \
    X(OBJECT_TYPE, "type")          /* audit: object type */                                       \
    X(OWNER, "owner")               /* audit: owner name */                                        \
    X(RIGHTS, "rights")             /* audit: rights, hexadecimal */                               \
    X(BY, "by")                     /* audit: whether access came by admin or share */             \
    X(TABLE, "table")               /* audit: name of a table */                                   \
    X(COUNT, "count")               /* how many */                                                 \
    X(BYTES, "bytes")               /* how large */                                                \
    X(DURATION_MS, "ms")            /* how long, in milliseconds */                                \
    X(QUEUE, "queue")               /* number of a queue entry */                                  \
    X(LIBRARY, "library")           /* library a captured message came from */                     \
    X(SIGNAL, "signal")             /* name of a signal */                                         \
    X(PID, "pid")                   /* process id */                                               \
    X(VERSION, "version")           /* of a program or a peer */

typedef enum {
    TW_LOG_FIELD_END = 0, /* ends a list of values */
#define TW_LOG_FIELD_ROW(name, key) TW_LOG_##name,
    TW_LOG_FIELD_LIST(TW_LOG_FIELD_ROW)
#undef TW_LOG_FIELD_ROW
    TW_LOG_FIELD_COUNT
} TwLogField;

/**
 * tw_log_field_key:
 * @field: a field
 *
 * Returns: (transfer none): the key that stands in the log; "" for %TW_LOG_FIELD_END
 */
const char *tw_log_field_key(TwLogField field);

G_END_DECLS
