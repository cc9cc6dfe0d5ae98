/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The name of a large value: what it is, not where it lies. Kept by blob/.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_BLOB_ID_LEN = 33, /* algorithm byte, 32 bytes of digest */
    TW_BLOB_SHA256 = 1,  /* the algorithm byte */
};

typedef struct {
    guint8 bytes[TW_BLOB_ID_LEN];
} TwBlobId;

/**
 * tw_blob_id_to_hex:
 * @id: a blob id
 *
 * Returns: (transfer full): 66 hexadecimal digits
 */
char *tw_blob_id_to_hex(const TwBlobId *id);

/**
 * tw_blob_id_equal:
 * @a: a blob id
 * @b: another
 *
 * Returns: TRUE if they name the same value
 */
gboolean tw_blob_id_equal(const TwBlobId *a, const TwBlobId *b);

G_END_DECLS
