/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GUIDs: sixteen bytes as they stand in ids and on the wire. Written with braces the first three groups are
 * little-endian numbers: {3C253DCA-D227-443C-94FE-425FAB958C19} is CA3D253C27D23C4494FE425FAB958C19.
 */
#pragma once

#include <glib.h>
#include <string.h>

#include "base/guid.h"

G_BEGIN_DECLS

enum {
    TW_GUID_STRING_LEN = 36 /* without braces and the closing NUL */
};

/**
 * tw_guid_from_bytes:
 * @bytes: (array fixed-size=16): the bytes as they stand in an id
 *
 * Returns: the GUID
 */
static inline TwGuid
tw_guid_from_bytes(const guint8 *bytes)
{
    TwGuid guid;

    memcpy(guid.bytes, bytes, TW_GUID_LEN);
    return guid;
}

/**
 * tw_guid_compare:
 * @a: a GUID
 * @b: another
 *
 * Orders by the bytes as they stand in ids. The order has no meaning but is the same everywhere.
 *
 * Returns: less than, equal to or greater than 0
 */
static inline int
tw_guid_compare(const TwGuid *a, const TwGuid *b)
{
    return memcmp(a->bytes, b->bytes, TW_GUID_LEN);
}

/**
 * tw_guid_to_string:
 * @guid: a GUID
 *
 * Returns: (transfer full): "3C253DCA-D227-443C-94FE-425FAB958C19"
 */
char *tw_guid_to_string(const TwGuid *guid);

G_END_DECLS
