/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What reading and writing vCards share: vcard-in.h, vcard-out.h. */
#pragma once

#include "convert/value-source.h"
#include "mapi/named.h"
#include "mapi/timezone.h"

G_BEGIN_DECLS

typedef enum {
    TW_VCARD_AS_KEPT, /* the version a contact came as, 3.0 for one that did not */
    TW_VCARD_3,
    TW_VCARD_4,
} TwVcardVersion;

typedef struct {
    TwNameMap *names;            /* of named properties */
    const TwTimeZone *zone;      /* (nullable): whose midnight a birthday is; NULL: UTC */
    const TwValueSource *source; /* (nullable): how values in blobs are read */
    TwVcardVersion version;      /* of what is written */
} TwVcardOptions;

G_END_DECLS
