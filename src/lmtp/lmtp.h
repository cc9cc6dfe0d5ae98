/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * LMTP: mail comes in from the local mail server, and each recipient gets an answer of its own.
 * Source: RFC 2033, with PIPELINING, ENHANCEDSTATUSCODES, 8BITMIME, BINARYMIME, SMTPUTF8, SIZE, CHUNKING and STARTTLS.
 */
#pragma once

#include "delivery/delivery.h"
#include "net/listener.h"

G_BEGIN_DECLS

typedef struct TwLmtp TwLmtp;

/* Zero and NULL mean the default named in each comment. */
typedef struct {
    const char *host_name; /* in the greeting and in trace lines; that of the machine */
    guint64 most_bytes;    /* of one mail; 128 MiB */
    guint most_recipients; /* of one mail; 1,000 */
    guint
        most_unknown; /* recipients of one connection that are nobody; 100. Without it addresses can be guessed */
    guint most_errors;      /* commands of one connection that are none; 20 */
    guint mails_per_minute; /* of one client; no limit */
    gsize spool_memory;     /* bytes of a mail in memory; %TW_SPOOL_MEMORY */
    const char *spool_path; /* folder for the rest; that of the system for temporary files */
    TwTlsServer *tls;       /* (nullable): STARTTLS is offered; a reference is taken */
} TwLmtpOptions;

/**
 * tw_lmtp_new:
 * @options: (nullable): how; copied
 *
 * Returns: (transfer full): the door; it can be listened for, and takes connections once it can deliver
 */
TwLmtp *tw_lmtp_new(const TwLmtpOptions *options);

/**
 * tw_lmtp_set_delivery:
 * @lmtp: a door without connections
 * @delivery: who brings mail into mailboxes; outlives the connections
 */
void tw_lmtp_set_delivery(TwLmtp *lmtp, TwDelivery *delivery);

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
