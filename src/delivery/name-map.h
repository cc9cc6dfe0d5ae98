/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ids of named properties for codecs, as the server gives them; kept, for they never change. */
#pragma once

#include "delivery/delivery.h"
#include "mapi/named.h"

G_BEGIN_DECLS

enum {
    TW_DELIVERY_MOST_NAMES = 32768, /* names that are kept; more are asked for each time */
};

/**
 * tw_delivery_name_map_new:
 * @delivery: whose sessions ask; outlives the map
 *
 * Returns: (transfer full): a map that any number of threads may use
 */
TwNameMap *tw_delivery_name_map_new(TwDelivery *delivery);

G_END_DECLS
