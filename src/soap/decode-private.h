/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What decode.c and scalar.c share. */
#pragma once

#include "soap/reader.h"
#include "soap/value-private.h"

G_BEGIN_DECLS

/* Reads text into a scalar of any kind but VALUE, OPT_VALUE, XOP and the structures. FALSE with TW_ERROR_INVALID for text that
 * does not parse, or TW_ERROR_TOO_BIG for a full arena. */
gboolean tw_soap_scalar_read(
    TwSoapKind kind, const char *text, gsize len, TwArena *arena, gpointer target, GError **error);

G_END_DECLS
