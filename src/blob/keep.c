/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Naming a value again that some row names already: it must outlast that row. */
#include "blob/volume-private.h"

#include "base/error.h"

enum {
    PIECE = 256 << 10
};

/* A condemned value may go as soon as the collector has asked everybody: it is stored anew. */
static gboolean
put_again(TwBlobUse *use, const TwBlobId *id, guint32 scope, GError **error)
{
    TwBlobOptions options = { .scope = scope, .compress = TRUE };
    g_autoptr(TwBlobWriter) writer = tw_blob_writer_new(use, &options);
    guint64 len, at = 0;
    TwBlobId again;

    if (!tw_blob_get_len(use->volume, id, &len, error))
        return FALSE;
    while (at < len) {
        g_auto(TwBuffer) piece = TW_BUFFER_INIT(PIECE);
        if (!tw_blob_read(use->volume, id, at, PIECE, &piece, error) ||
            !tw_blob_writer_put(writer, piece.data, piece.len, error))
            return FALSE;
        at += piece.len;
    }
    if (!tw_blob_writer_finish(writer, &again, NULL, error))
        return FALSE;
    if (tw_blob_id_equal(&again, id))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "a value is not what its name says");
    return FALSE;
}

gboolean
tw_blob_keep(TwBlobUse *use, const TwBlobId *id, guint32 scope, GError **error)
{
    g_autoptr(GArray) live = tw_volume_lookup(use->volume, id, TRUE, error);

    return live != NULL && (live->len > 0 || put_again(use, id, scope, error));
}
