/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the families of operations share. */
#pragma once

#include "session/local-private.h"

G_BEGIN_DECLS

/* Refuses a NULL where something is needed. */
gboolean tw_local_given(gconstpointer field, const char *what, GError **error);
/* What a client wants of properties, by the rules of saves. */
gboolean tw_local_apply_props(TwObject *object,
                              const TwPropChanges *changes,
                              guint flags,
                              GError **error);
/* The message set of a call. */
TwMessageSet tw_local_set(const TwLocalCall *call, const TwNumbers *messages);

G_END_DECLS
