/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files that write vCards share. */
#pragma once

#include "convert/vcard-private.h"

G_BEGIN_DECLS

typedef struct {
    const TwVcardOptions *options;
    TwItemNames names;
    GError *error; /* (owned) (nullable): of the source of values */
    gboolean is_4; /* the card at hand */
} TwVcardWriter;

/* A line that the properties say. */
typedef struct {
    guint place;
    char *head, *value; /* (owned): as written */
} TwVcardMade;

/**
 * tw_vcard_made_new:
 *
 * Returns: (transfer full) (element-type TwVcardMade): no lines
 */
GPtrArray *tw_vcard_made_new(void);

/**
 * tw_vcard_make:
 * @writer: the writer
 * @object: a contact or list
 * @lines: (element-type TwVcardMade): takes all that its properties say
 */
void tw_vcard_make(TwVcardWriter *writer, const TwObject *object, GPtrArray *lines);

G_END_DECLS
