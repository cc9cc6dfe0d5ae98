/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "blob/large-private.h"

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"

#include <string.h>

enum {
    VERSION = 1,
    CHUNK_LEN = 256 * 1024,
    INDEX_ROW = 8,
    END_LEN = 48,
};

static const guint32 COMPRESSED = 1u << 31;

struct TwLargeWriter {
    TwFile *file;
    gboolean compress;
    GByteArray *chunk; /* not yet written */
    TwBuffer index;
    guint64 at; /* in the file */
    guint64 value_len;
    guint32 chunks;
};

TwLargeWriter *
tw_large_writer_new(TwFileSystem *fs, const char *path, gboolean compress, GError **error)
{
    TwFile *file = tw_file_open(fs, path, TW_FILE_WRITE | TW_FILE_CREATE_NEW, error);
    TwLargeWriter *writer;

    if (file == NULL)
        return NULL;
    writer = g_new0(TwLargeWriter, 1);
    writer->file = file;
    writer->compress = compress;
    writer->chunk = g_byte_array_sized_new(CHUNK_LEN);
    writer->index.limit = G_MAXUINT32;
    return writer;
}

static gboolean
write_chunk(TwLargeWriter *writer, GError **error)
{
    g_auto(TwBuffer) packed = TW_BUFFER_INIT((gsize) 2 * CHUNK_LEN);
    const guint8 *stored;
    gsize stored_len;
    guint8 codec = tw_record_compress(writer->chunk->data, writer->chunk->len, writer->compress,
                                      &packed, &stored, &stored_len);

    if (!tw_file_write(writer->file, writer->at, stored, stored_len, error))
        return FALSE;
    tw_buffer_put_u32le(&writer->index,
                        (guint32) stored_len | (codec == TW_RECORD_CODEC_ZSTD ? COMPRESSED : 0));
    tw_buffer_put_u32le(&writer->index, tw_crc32c(0, stored, stored_len));
    writer->at += stored_len;
    writer->value_len += writer->chunk->len;
    writer->chunks++;
    g_byte_array_set_size(writer->chunk, 0);
    return TRUE;
}

gboolean
tw_large_writer_put(TwLargeWriter *writer, const guint8 *data, gsize len, GError **error)
{
    while (len > 0) {
        gsize piece = MIN(len, (gsize) CHUNK_LEN - writer->chunk->len);
        g_byte_array_append(writer->chunk, data, (guint) piece);
        data += piece;
        len -= piece;
        if (writer->chunk->len == CHUNK_LEN && !write_chunk(writer, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_large_writer_finish(TwLargeWriter *writer, GError **error)
{
    TwBuffer *index = &writer->index;
    gsize end;

    if (writer->chunk->len > 0 && !write_chunk(writer, error))
        return FALSE;
    end = index->len;
    tw_buffer_put(index, "TWBF", 4);
    tw_buffer_put_u32le(index, 0);
    tw_buffer_put_u32le(index, VERSION);
    tw_buffer_put_u32le(index, writer->chunks);
    tw_buffer_put_u64le(index, writer->value_len);
    tw_buffer_put_zeros(index, 24);
    if (index->failed) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "a value of more than 128 TiB");
        return FALSE;
    }
    tw_buffer_set_u32le(
        index, end + 4,
        tw_crc32c(tw_crc32c(0, index->data, end), index->data + end + 8, END_LEN - 8));
    return tw_file_write(writer->file, writer->at, index->data, index->len, error) &&
           tw_file_sync(writer->file, error);
}

void
tw_large_writer_free(TwLargeWriter *writer)
{
    if (writer == NULL)
        return;
    tw_file_close(writer->file);
    g_byte_array_free(writer->chunk, TRUE);
    tw_buffer_clear(&writer->index);
    g_free(writer);
}

static gboolean
damaged(GError **error, const char *path)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s: damaged", path);
    return FALSE;
}

/* Reads the end and checks it against the index, whose rows are given to the caller. */
static guint8 *
read_index(TwFile *file, const char *path, guint64 value_len, guint32 *ret_chunks, GError **error)
{
    guint8 end[END_LEN];
    g_autofree guint8 *index = NULL;
    TwCursor cur = tw_cursor_init(end, sizeof end);
    const guint8 *magic;
    guint32 crc, version, chunks;
    guint64 len;
    TwFileStat stat;

    if (!tw_file_stat(file, &stat, error))
        return NULL;
    if (stat.size < END_LEN ||
        !tw_file_read_exact(file, stat.size - END_LEN, end, END_LEN, error)) {
        if (stat.size < END_LEN)
            damaged(error, path);
        return NULL;
    }
    if (!tw_cursor_take(&cur, 4, &magic) || memcmp(magic, "TWBF", 4) != 0 ||
        !tw_cursor_take_u32le(&cur, &crc) || !tw_cursor_take_u32le(&cur, &version) ||
        version != VERSION || !tw_cursor_take_u32le(&cur, &chunks) ||
        !tw_cursor_take_u64le(&cur, &len) || len != value_len ||
        chunks != (len + CHUNK_LEN - 1) / CHUNK_LEN || (stat.size - END_LEN) / INDEX_ROW < chunks) {
        damaged(error, path);
        return NULL;
    }
    index = g_malloc(MAX((gsize) chunks * INDEX_ROW, 1));
    if (!tw_file_read_exact(file, stat.size - END_LEN - (guint64) chunks * INDEX_ROW, index,
                            (gsize) chunks * INDEX_ROW, error))
        return NULL;
    if (crc != tw_crc32c(tw_crc32c(0, index, (gsize) chunks * INDEX_ROW), end + 8, END_LEN - 8)) {
        damaged(error, path);
        return NULL;
    }
    *ret_chunks = chunks;
    return g_steal_pointer(&index);
}

/* Reads chunk number i, at an offset of the file, and appends its bytes [from, from + len) to out. */
static gboolean
read_chunk(TwFile *file,
           const char *path,
           guint64 at,
           guint32 stored,
           guint32 crc,
           gsize chunk_len,
           gsize from,
           gsize len,
           TwBuffer *out,
           GError **error)
{
    gsize stored_len = stored & ~COMPRESSED;
    g_autofree guint8 *bytes = NULL;
    g_auto(TwBuffer) value = TW_BUFFER_INIT(CHUNK_LEN);

    if (stored_len > (gsize) 2 * CHUNK_LEN)
        return damaged(error, path);
    bytes = g_malloc(MAX(stored_len, 1));
    if (!tw_file_read_exact(file, at, bytes, stored_len, error))
        return FALSE;
    if (tw_crc32c(0, bytes, stored_len) != crc)
        return damaged(error, path);
    if (!tw_record_expand(
            (guint8) (stored & COMPRESSED ? TW_RECORD_CODEC_ZSTD : TW_RECORD_CODEC_PLAIN), bytes,
            stored_len, chunk_len, &value, error))
        return FALSE;
    tw_buffer_put(out, value.data + from, len);
    return TRUE;
}

gboolean
tw_large_read(
    TwFile *file, guint64 value_len, guint64 offset, gsize len, TwBuffer *out, GError **error)
{
    const char *path = file->path;
    g_autofree guint8 *index = NULL;
    guint32 chunks;
    guint64 at = 0;

    if ((index = read_index(file, path, value_len, &chunks, error)) == NULL)
        return FALSE;
    if (offset >= value_len)
        return TRUE;
    len = MIN(len, value_len - offset);
    for (guint32 i = 0; i < chunks && len > 0; i++) {
        TwCursor cur = tw_cursor_init(index + (gsize) i * INDEX_ROW, INDEX_ROW);
        guint64 start = (guint64) i * CHUNK_LEN;
        gsize chunk_len = MIN((guint64) CHUNK_LEN, value_len - start);
        guint32 stored = 0, crc = 0;

        (void) tw_cursor_take_u32le(&cur, &stored);
        (void) tw_cursor_take_u32le(&cur, &crc);
        if (offset < start + chunk_len) {
            gsize from = offset - start, piece = MIN(len, chunk_len - from);
            if (!read_chunk(file, path, at, stored, crc, chunk_len, from, piece, out, error))
                return FALSE;
            offset += piece;
            len -= piece;
        }
        at += stored & ~COMPRESSED;
    }
    if (out->failed)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG,
                            "the value does not fit where it is wanted");
    return !out->failed;
}
