/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Delivery of mails into mailboxes, for the doors by which mail comes in. A mail is looked at once, whoever it is for.
 */
#pragma once

#include "session/session.h"

G_BEGIN_DECLS

typedef struct TwDelivery TwDelivery;

/**
 * tw_delivery_new:
 * @server: where the mailboxes are; outlives the delivery
 *
 * Returns: (transfer full): what delivers there; any number of threads may use it
 */
TwDelivery *tw_delivery_new(TwServer *server);

/**
 * tw_delivery_free:
 * @delivery: (nullable) (transfer full): a delivery nobody uses any more
 */
void tw_delivery_free(TwDelivery *delivery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwDelivery, tw_delivery_free)

/**
 * tw_delivery_find:
 * @delivery: a delivery
 * @address: of a recipient: an e-mail address, an alias or a login name, also with "+detail" before the "@"
 * @ret: (out): its mailbox
 * @error: TW_ERROR_NOT_FOUND: nobody has it, or no mailbox; AMBIGUOUS: more than one; what the directory says: try later
 *
 * Returns: FALSE on failure
 */
gboolean tw_delivery_find(TwDelivery *delivery,
                          const char *address,
                          TwDeliveryTarget *ret,
                          GError **error);

/**
 * tw_delivery_run:
 * @delivery: a delivery
 * @mail: raw bytes
 * @targets: (array length=count): mailboxes; one that is named twice gets one copy
 * @count: how many
 * @ret_errors: (out) (array length=count) (element-type GError): for each target NULL: it is durable there; or why not; to be
 *   freed by the caller
 * @error: what kept it from all of them
 *
 * Returns: FALSE, and @ret_errors untouched, if nothing was tried
 */
gboolean tw_delivery_run(TwDelivery *delivery,
                         GBytes *mail,
                         const TwDeliveryTarget *targets,
                         guint count,
                         GError **ret_errors,
                         GError **error);

G_END_DECLS
