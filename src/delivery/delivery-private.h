/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of delivery share. */
#pragma once

#include "base/lock.h"
#include "delivery/delivery.h"
#include "delivery/duplicates.h"
#include "delivery/known.h"
#include "delivery/plugins.h"

G_BEGIN_DECLS

/* As whom something is done. */
typedef enum {
    TW_AS_SYSTEM, /* the server itself: looks at mailboxes and puts mail into them */
    TW_AS_NOBODY, /* puts mail where everybody may */
    TW_AS_COUNT
} TwDeliveryAs;

struct TwDelivery {
    TwServer *server;
    TwSeen *seen;
    TwNameMap *names;
    TwKnown *known;
    TwPlugins *plugins; /* nullable */
    GArray *hooks;      /* of TwDeliveryHook; does not change once mail is delivered */
    TwLock lock;        /* guards what follows; a leaf */
    TwSession *sessions[TW_AS_COUNT]; /* made when first needed, and again when they ended */
    TwDeliveryOptions *options;
};

/* One operation; on a session that ended meanwhile once more on a new one. */
gboolean tw_delivery_call(
    TwDelivery *delivery, TwDeliveryAs as, TwOp op, gpointer args, GError **error);

/* (transfer full) */
TwSession *tw_delivery_get_session(TwDelivery *delivery, TwDeliveryAs as, GError **error);

/* (transfer full) */
TwDeliveryOptions *tw_delivery_get_options(TwDelivery *delivery);

G_END_DECLS
