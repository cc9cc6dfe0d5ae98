/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * LMTP: mail comes in from the local mail server, and each recipient gets an answer of its own.
 * Source: RFC 2033, with PIPELINING, ENHANCEDSTATUSCODES, 8BITMIME, SMTPUTF8, SIZE and CHUNKING.
 */
#pragma once

#include "net/listener.h"
#include "session/session.h"

G_BEGIN_DECLS

typedef struct TwLmtp TwLmtp;

/* Zero and NULL mean the default named in each comment. */
typedef struct {
    const char *host_name; /* in the greeting and in trace lines; that of the machine */
    guint64 most_bytes;    /* of one mail; 128 MiB */
    guint most_recipients; /* of one mail; 1,000 */
} TwLmtpOptions;

/**
 * tw_lmtp_new:
 * @options: (nullable): how; copied
 *
 * Returns: (transfer full): the door; it can be listened for, and takes connections once it has a server
 */
TwLmtp *tw_lmtp_new(const TwLmtpOptions *options);

/**
 * tw_lmtp_set_server:
 * @lmtp: a door without connections
 * @server: where the mailboxes are; outlives it
 */
void tw_lmtp_set_server(TwLmtp *lmtp, TwServer *server);

/**
 * tw_lmtp_free:
 * @lmtp: (nullable) (transfer full): a door without connections
 */
void tw_lmtp_free(TwLmtp *lmtp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwLmtp, tw_lmtp_free)

/**
 * tw_lmtp_listen_options:
 * @lmtp: a door, which outlives the listeners
 * @ret: (out caller-allocates): for tw_listener_open()
 */
void tw_lmtp_listen_options(TwLmtp *lmtp, TwListenOptions *ret);

G_END_DECLS
