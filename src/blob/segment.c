/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "blob/segment-private.h"

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"

#include <string.h>

enum {
    VERSION = 1
};

static void
print_header(guint64 number, guint64 size, const TwGuid *volume, guint8 ret[TW_SEGMENT_HEADER_LEN])
{
    TwBuffer out = { .data = ret,
                     .capacity = TW_SEGMENT_HEADER_LEN,
                     .limit = TW_SEGMENT_HEADER_LEN };

    tw_buffer_put(&out, "TWSG", 4);
    tw_buffer_put_u32le(&out, 0);
    tw_buffer_put_u32le(&out, VERSION);
    tw_buffer_put_u32le(&out, 0);
    tw_buffer_put_u64le(&out, number);
    tw_buffer_put_u64le(&out, size);
    tw_buffer_put(&out, volume->bytes, sizeof volume->bytes);
    tw_buffer_put_zeros(&out, 16);
    tw_buffer_set_u32le(&out, 4, tw_crc32c(0, ret + 8, TW_SEGMENT_HEADER_LEN - 8));
}

gboolean
tw_segment_prepare(TwFileSystem *fs,
                   const char *path,
                   guint64 number,
                   guint64 size,
                   const TwGuid *volume,
                   GError **error)
{
    g_autoptr(TwFile) file = tw_file_open(fs, path, TW_FILE_WRITE | TW_FILE_CREATE, error);
    guint8 header[TW_SEGMENT_HEADER_LEN];

    if (file == NULL)
        return FALSE;
    print_header(number, size, volume, header);
    return tw_file_truncate(file, 0, error) && tw_file_write_zeros(file, 0, size, error) &&
           tw_file_write(file, 0, header, sizeof header, error) && tw_file_sync(file, error);
}

static gboolean
parse_header(TwSegment *segment, const guint8 *header, const TwGuid *volume)
{
    TwCursor cur = tw_cursor_init(header, TW_SEGMENT_HEADER_LEN);
    const guint8 *magic, *guid;
    guint32 crc, version;

    return tw_cursor_take(&cur, 4, &magic) && memcmp(magic, "TWSG", 4) == 0 &&
           tw_cursor_take_u32le(&cur, &crc) && crc == tw_crc32c(0, cur.next, cur.left) &&
           tw_cursor_take_u32le(&cur, &version) && version == VERSION && tw_cursor_skip(&cur, 4) &&
           tw_cursor_take_u64le(&cur, &segment->number) &&
           tw_cursor_take_u64le(&cur, &segment->size) &&
           tw_cursor_take(&cur, sizeof volume->bytes, &guid) &&
           memcmp(guid, volume->bytes, sizeof volume->bytes) == 0 &&
           segment->size >= TW_SEGMENT_HEADER_LEN;
}

TwSegment *
tw_segment_open(TwFileSystem *fs, const char *path, const TwGuid *volume, GError **error)
{
    g_autoptr(TwSegment) segment = g_new0(TwSegment, 1);
    guint8 header[TW_SEGMENT_HEADER_LEN];
    TwFileStat stat;

    g_atomic_ref_count_init(&segment->refs);
    segment->path = g_strdup(path);
    segment->file = tw_file_open(fs, path, TW_FILE_READ | TW_FILE_WRITE, error);
    if (segment->file == NULL || !tw_file_stat(segment->file, &stat, error) ||
        !tw_file_read_exact(segment->file, 0, header, sizeof header, error))
        return NULL;
    if (!parse_header(segment, header, volume)) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s: not a segment of this volume", path);
        return NULL;
    }
    /* one that was fetched has no room behind its records */
    segment->size = CLAMP(stat.size, TW_SEGMENT_HEADER_LEN, segment->size);
    segment->end = segment->durable = TW_SEGMENT_HEADER_LEN;
    return g_steal_pointer(&segment);
}

TwSegment *
tw_segment_open_damaged(TwFileSystem *fs, const char *path, guint64 number, GError **error)
{
    g_autoptr(TwSegment) segment = g_new0(TwSegment, 1);
    TwFileStat stat;

    g_atomic_ref_count_init(&segment->refs);
    segment->path = g_strdup(path);
    segment->number = number;
    segment->closed = TRUE;
    segment->file = tw_file_open(fs, path, TW_FILE_READ | TW_FILE_WRITE, error);
    if (segment->file == NULL || !tw_file_stat(segment->file, &stat, error))
        return NULL;
    segment->size = MAX(stat.size, TW_SEGMENT_HEADER_LEN);
    segment->end = segment->durable = TW_SEGMENT_HEADER_LEN;
    return g_steal_pointer(&segment);
}

TwSegment *
tw_segment_new_away(TwFile *file, const char *path, guint64 number, guint64 size)
{
    TwSegment *segment = g_new0(TwSegment, 1);

    g_atomic_ref_count_init(&segment->refs);
    segment->path = g_strdup(path);
    segment->number = number;
    segment->file = file;
    segment->size = segment->end = segment->durable = segment->proven = size;
    segment->closed = segment->away = TRUE;
    return segment;
}

TwSegment *
tw_segment_ref(TwSegment *segment)
{
    g_atomic_ref_count_inc(&segment->refs);
    return segment;
}

void
tw_segment_unref(TwSegment *segment)
{
    if (segment == NULL || !g_atomic_ref_count_dec(&segment->refs))
        return;
    tw_file_close(segment->file);
    g_free(segment->path);
    g_free(segment);
}

/* struct iovec has no const, though writing changes nothing. */
static void *
lend(const void *data)
{
    union {
        const void *lent;
        void *taken;
    } both = { .lent = data };

    return both.taken;
}

gboolean
tw_segment_write(TwSegment *segment,
                 const TwRecord *record,
                 const guint8 *note,
                 const guint8 *payload,
                 GError **error)
{
    static const guint8 zeros[8] = { 0 };
    guint8 header[TW_RECORD_HEADER_LEN];
    gsize used = TW_RECORD_HEADER_LEN + record->note_len + record->payload_len;
    struct iovec parts[] = { { header, sizeof header },
                             { lend(note != NULL ? note : zeros), record->note_len },
                             { lend(payload != NULL ? payload : zeros), record->payload_len },
                             { lend(zeros), tw_record_size(record) - used } };

    tw_record_print(record, header);
    return tw_file_write_vectors(segment->file, record->offset, parts, G_N_ELEMENTS(parts), error);
}

gboolean
tw_segment_read(TwSegment *segment, guint64 offset, TwRecord *ret, TwBuffer *out, GError **error)
{
    guint8 header[TW_RECORD_HEADER_LEN];
    g_autofree guint8 *body = NULL;
    gsize body_len;

    if (offset > segment->size || segment->size - offset < TW_RECORD_HEADER_LEN) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "%s: no record at %" G_GUINT64_FORMAT,
                    segment->path, offset);
        return FALSE;
    }
    if (!tw_file_read_exact(segment->file, offset, header, sizeof header, error))
        return FALSE;
    if (!tw_record_parse(header, segment->number, offset, ret) ||
        tw_record_size(ret) > segment->size - offset) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "%s: no record at %" G_GUINT64_FORMAT,
                    segment->path, offset);
        return FALSE;
    }
    body_len = ret->note_len + ret->payload_len;
    body = g_malloc(MAX(body_len, 1));
    if (!tw_file_read_exact(segment->file, offset + TW_RECORD_HEADER_LEN, body, body_len, error))
        return FALSE;
    if (tw_crc32c(0, body, body_len) != ret->body_crc) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s: wrong checksum at %" G_GUINT64_FORMAT,
                    segment->path, offset);
        return FALSE;
    }
    tw_buffer_put(out, body + ret->note_len, ret->payload_len);
    return TRUE;
}
