/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/value-window.h"

#include "base/error.h"

void
tw_value_window_clear(TwValueWindow *window)
{
    tw_buffer_clear(&window->bytes);
    *window = (TwValueWindow){ .at = 0 };
}

static gboolean
holds(const TwValueWindow *window, const TwBlobId *id, guint64 offset)
{
    return window->bytes.len > 0 && tw_blob_id_equal(&window->id, id) && offset >= window->at &&
           offset - window->at < window->bytes.len;
}

/* Windows begin at multiples of their length, so that no piece of a large value is expanded twice. */
static gboolean
fill(TwValueWindow *window, TwBlobVolume *blobs, const TwBlobId *id, guint64 offset, GError **error)
{
    guint64 at = offset - offset % TW_VALUE_WINDOW;

    tw_value_window_clear(window);
    window->bytes.limit = TW_VALUE_WINDOW;
    if (!tw_blob_read(blobs, id, at, TW_VALUE_WINDOW, &window->bytes, error)) {
        tw_value_window_clear(window);
        return FALSE;
    }
    window->id = *id;
    window->at = at;
    return TRUE;
}

gboolean
tw_value_window_read(TwValueWindow *window,
                     TwBlobVolume *blobs,
                     const TwBlobId *id,
                     guint64 offset,
                     gsize len,
                     TwBuffer *out,
                     GError **error)
{
    while (len > 0) {
        gsize from, piece;

        if (!holds(window, id, offset)) {
            if (!fill(window, blobs, id, offset, error))
                return FALSE;
            if (!holds(window, id, offset))
                return TRUE; /* past its end */
        }
        from = (gsize) (offset - window->at);
        piece = MIN(len, window->bytes.len - from);
        tw_buffer_put(out, window->bytes.data + from, piece);
        offset += piece;
        len -= piece;
    }
    if (!tw_buffer_failed(out))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG,
                        "the value does not fit where it is wanted");
    return FALSE;
}
