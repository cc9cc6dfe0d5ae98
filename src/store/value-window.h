/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A large value read from front to back in small pieces, as a mail is rendered: a compressed value is expanded as a whole
 * whatever is asked of it, so that each piece by itself would cost as much as all of it. Private to store/.
 */
#pragma once

#include "base/buffer.h"
#include "blob/blob.h"

G_BEGIN_DECLS

/** TW_VALUE_WINDOW: bytes of a value that are in memory; what the volume keeps in a segment is there as a whole. */
#define TW_VALUE_WINDOW (1024 * 1024)

/* All zero: empty. */
typedef struct {
    TwBlobId id;
    guint64 at;     /* of the first byte in @bytes */
    TwBuffer bytes; /* none: nothing was read */
} TwValueWindow;

/**
 * tw_value_window_clear:
 * @window: a window
 *
 * Frees what is in it.
 */
void tw_value_window_clear(TwValueWindow *window);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwValueWindow, tw_value_window_clear)

/**
 * tw_value_window_read:
 * @window: what was read last
 * @blobs: the volume
 * @id: a value
 * @offset: first byte of it wanted
 * @len: how many; fewer are given at its end
 * @out: takes them
 * @error: as tw_blob_read()
 *
 * As tw_blob_read(), and quick for whoever goes on where they were.
 *
 * Returns: FALSE on failure
 */
gboolean tw_value_window_read(TwValueWindow *window,
                              TwBlobVolume *blobs,
                              const TwBlobId *id,
                              guint64 offset,
                              gsize len,
                              TwBuffer *out,
                              GError **error);

G_END_DECLS
