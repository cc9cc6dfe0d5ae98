/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Hands one mail to the LMTP door of the server that runs on this host, with what the delivery agent was told to do with it. */
#pragma once

#include "delivery/delivery.h"

G_BEGIN_DECLS

typedef struct {
    const char *server; /* "host:port", "[address]:port" or "unix:/path" */
    const char *sender; /* of the envelope */
    gint64 recv_us;     /* 0: now */
    GBytes *mail;
    const TwDeliveryWish *wish;
} TwHandOver;

/**
 * tw_hand_over:
 * @how: what, and where to
 * @recipients: (array zero-terminated=1): for whom
 * @ret_errors: (out caller-allocates) (array): for each recipient NULL: it is durable there; else why not, to be freed:
 *   TW_ERROR_NO_ACCESS: refused for good; BUSY: refused this time
 * @error: TW_ERROR_NOT_FOUND, BUSY: no server is there; else what the connection says
 *
 * When some of them are refused this time the connection is dropped without a farewell: the server knows then that the mail may
 * come again, and does not give it twice to those who have it.
 *
 * Returns: FALSE on failure: nobody is known to have it
 */
gboolean tw_hand_over(const TwHandOver *how,
                      char *const *recipients,
                      GError **ret_errors,
                      GError **error);

G_END_DECLS
