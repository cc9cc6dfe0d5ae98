/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a stored message is, and how its large values are read from there. */
#pragma once

#include "convert/value-source.h"
#include "session/session.h"

G_BEGIN_DECLS

typedef struct {
    TwSession *session; /* borrowed */
    TwGuid store;
    guint32 folder; /* 0: whichever it is in */
    guint32 message;
} TwMessagePlace;

/**
 * tw_message_place_values:
 * @place: (not nullable): where the message is; borrowed while the source is used
 *
 * Returns: a source of the values of that message, and of all that is embedded in it
 */
TwValueSource tw_message_place_values(TwMessagePlace *place);

G_END_DECLS
