/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/blob-id.h"

#include <string.h>

char *
tw_blob_id_to_hex(const TwBlobId *id)
{
    GString *text = g_string_sized_new((gsize) 2 * TW_BLOB_ID_LEN);

    for (guint i = 0; i < TW_BLOB_ID_LEN; i++)
        g_string_append_printf(text, "%02x", id->bytes[i]);
    return g_string_free(text, FALSE);
}

gboolean
tw_blob_id_equal(const TwBlobId *a, const TwBlobId *b)
{
    return memcmp(a->bytes, b->bytes, TW_BLOB_ID_LEN) == 0;
}
