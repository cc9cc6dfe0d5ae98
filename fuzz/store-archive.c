/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Chunks of an archive: whatever the bytes are, they are read or refused; what was read is written and read the same. */
#include "store/archive-private.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

typedef struct {
    const guint8 *data;
    gsize len, at;
} Source;

static gboolean
read_bytes(
    guint8 *data, gsize len, gsize *ret_got, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    Source *source = user_data;

    *ret_got = MIN(len, source->len - source->at);
    if (*ret_got > 0)
        memcpy(data, source->data + source->at, *ret_got);
    source->at += *ret_got;
    return TRUE;
}

static void
try_item(const guint8 *data, gsize size, TwChunkKind kind)
{
    TwCursor cur = tw_cursor_init(data, size);
    g_auto(TwArchiveItem) item = { 0 };
    g_auto(TwArchiveItem) again = { 0 };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ARCHIVE_MAX_CHUNK);
    g_autoptr(GError) error = NULL;

    if (!tw_archive_take_item(&cur, kind, &item, &error)) {
        g_assert_nonnull(error);
        return;
    }
    g_assert_null(error);
    tw_archive_put_item(&item, kind, &out);
    g_assert_true(out.len == size && memcmp(out.data, data, size) == 0);
    cur = tw_cursor_init(out.data, out.len);
    g_assert_true(tw_archive_take_item(&cur, kind, &again, NULL));
}

static void
try_chunks(const guint8 *data, gsize size)
{
    Source source = { data, size, 0 };
    TwArchiveReader reader = { read_bytes, &source, NULL };

    if (!tw_archive_read_header(&reader, NULL))
        return;
    while (TRUE) {
        g_autoptr(GBytes) chunk = NULL;
        g_autoptr(GError) error = NULL;
        gsize len;
        const guint8 *content;
        guint32 kind;
        if (!tw_archive_read_chunk(&reader, &kind, &chunk, &error)) {
            g_assert_nonnull(error);
            return;
        }
        content = g_bytes_get_data(chunk, &len);
        if (kind == TW_CHUNK_PROPS || kind == TW_CHUNK_FOLDER || kind == TW_CHUNK_MESSAGE)
            try_item(content, len, (TwChunkKind) kind);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    try_chunks(data, size);
    try_item(data, size, TW_CHUNK_PROPS);
    try_item(data, size, TW_CHUNK_FOLDER);
    try_item(data, size, TW_CHUNK_MESSAGE);
    return 0;
}
