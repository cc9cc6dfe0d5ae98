/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What encode.c and encode-value.c share. */
#pragma once

#include "soap/encode.h"
#include "soap/value-private.h"
#include "soap/write-private.h"

G_BEGIN_DECLS

typedef struct {
    TwBuffer *out;
    TwSoapVersion version;
} TwSoapEncoder;

/* Writes items and members of a structure, without its own element. */
void tw_soap_encoder_put(TwSoapEncoder *encoder,
                         const TwSoapType *type,
                         gconstpointer target,
                         guint depth);

/* Writes "<name>", @open_len bytes, with the attribute of an encoded array where that is not empty. */
void tw_soap_encoder_put_open(TwSoapEncoder *encoder,
                              const char *open,
                              gsize open_len,
                              const TwSoapType *type,
                              gconstpointer target);

/* Writes tag and member of a value, without its own element. */
void tw_soap_encoder_put_value(TwSoapEncoder *encoder, const TwPropValue *value, guint depth);

G_END_DECLS
