/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What is done when a volume is opened: folders, the mark that names it, the catalog, and the segments, whose ends are read for
 * what the catalog does not know yet.
 */
#include "blob/remote-private.h"

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/number.h"

#include <string.h>

enum {
    VERSION = 1,
    MARK_LEN = 32, /* of the file that names the volume */
    SEARCH_PIECE = 1024 * 1024,
};

/* The file "volume" names it: "TWVL", CRC32C of the rest, version (4), zero (4), GUID (16). */
static gboolean
read_or_make_mark(TwBlobVolume *volume, GError **error)
{
    g_autofree char *path = g_build_filename(volume->path, "volume", NULL);
    g_autoptr(TwFile) file =
        tw_file_open(volume->config.fs, path, TW_FILE_READ | TW_FILE_WRITE | TW_FILE_CREATE, error);
    guint8 mark[MARK_LEN];
    TwCursor cur = tw_cursor_init(mark, sizeof mark);
    const guint8 *magic, *guid;
    guint32 crc, version;
    TwFileStat stat;

    if (file == NULL || !tw_file_stat(file, &stat, error))
        return FALSE;
    if (stat.size < MARK_LEN) {
        TwBuffer out = { .data = mark, .capacity = MARK_LEN, .limit = MARK_LEN };
        tw_guid_random(&volume->guid);
        tw_buffer_put(&out, "TWVL", 4);
        tw_buffer_put_u32le(&out, 0);
        tw_buffer_put_u32le(&out, VERSION);
        tw_buffer_put_u32le(&out, 0);
        tw_buffer_put(&out, volume->guid.bytes, sizeof volume->guid.bytes);
        tw_buffer_set_u32le(&out, 4, tw_crc32c(0, mark + 8, MARK_LEN - 8));
        return tw_file_write(file, 0, mark, MARK_LEN, error) && tw_file_sync(file, error) &&
               tw_file_sync_dir(volume->config.fs, volume->path, error);
    }
    if (!tw_file_read_exact(file, 0, mark, MARK_LEN, error))
        return FALSE;
    if (!tw_cursor_take(&cur, 4, &magic) || memcmp(magic, "TWVL", 4) != 0 ||
        !tw_cursor_take_u32le(&cur, &crc) || crc != tw_crc32c(0, cur.next, cur.left) ||
        !tw_cursor_take_u32le(&cur, &version) || !tw_cursor_skip(&cur, 4) ||
        !tw_cursor_take(&cur, sizeof volume->guid.bytes, &guid)) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s: damaged", path);
        return FALSE;
    }
    if (version > VERSION) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "%s: written by a newer version", path);
        return FALSE;
    }
    memcpy(volume->guid.bytes, guid, sizeof volume->guid.bytes);
    return TRUE;
}

static gboolean
make_folders(TwBlobVolume *volume, GError **error)
{
    const char *const names[] = { "", "segments", "files", "incoming" };
    TwFileSystem *fs = volume->config.fs;
    g_autofree char *files = g_build_filename(volume->path, "files", NULL);
    g_autofree char *parent = g_path_get_dirname(volume->path);

    for (guint i = 0; i < G_N_ELEMENTS(names) + 256; i++) {
        g_autofree char *path =
            i < G_N_ELEMENTS(names)
                ? g_build_filename(volume->path, names[i], NULL)
                : g_strdup_printf("%s/files/%02x", volume->path, i - (guint) G_N_ELEMENTS(names));
        g_autoptr(GError) local = NULL;
        if (!tw_file_mkdir(fs, path, &local) &&
            !g_error_matches(local, TW_ERROR, TW_ERROR_EXISTS)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
    return tw_file_sync_dir(fs, files, error) && tw_file_sync_dir(fs, volume->path, error) &&
           tw_file_sync_dir(fs, parent, error);
}

static void
catalog_changed(gpointer data, TwDbState state, const GError *why)
{
    if (state == TW_DB_SUSPECT)
        tw_volume_catalog_trouble(data, why);
}

static gboolean
open_catalog_at(TwBlobVolume *volume, const char *path, GError **error)
{
    TwDbConfig config = TW_DB_CONFIG_INIT;

    config.schema = &tw_catalog_schema;
    config.fs = volume->config.fs;
    config.path = path;
    config.page_cache_bytes = volume->config.catalog_cache_bytes;
    config.log_bytes_max = 8u << 20;
    config.reserve_bytes_max = 0;
    config.state_changed = catalog_changed;
    config.hook_data = volume;
    volume->catalog = tw_db_open(&config, error);
    return volume->catalog != NULL;
}

static gboolean
read_segment_rows(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_catalog_segments(tx, data, error);
}

static gboolean
read_all_for_opening(TwDbTx *tx, gpointer data, GError **error)
{
    GArray *const *rows = data;
    guint64 number;

    g_array_set_size(rows[1], 0);
    return tw_catalog_segments(tx, rows[0], error) && tw_bucket_floor(tx, &number, error) &&
           tw_bucket_waiting_bytes(tx, &number, error) &&
           tw_catalog_without_serial(tx, rows[1], error);
}

/* What is read of it when the volume opens must be whole too. */
static gboolean
open_whole_catalog(TwBlobVolume *volume, const char *path, GError **error)
{
    g_autoptr(GArray) segments = g_array_new(FALSE, FALSE, sizeof(TwSegmentRow));
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(TwEntry));
    GArray *rows[] = { segments, entries };

    if (!open_catalog_at(volume, path, error))
        return FALSE;
    if (tw_db_read(volume->catalog, NULL, read_all_for_opening, rows, error))
        return TRUE;
    g_clear_pointer(&volume->catalog, tw_db_close);
    return FALSE;
}

/* Opens the catalog; a damaged one is put aside and made anew from the segments. */
static gboolean
open_catalog(TwBlobVolume *volume, GError **error)
{
    g_autofree char *path = g_build_filename(volume->path, "catalog.db", NULL);
    g_autofree char *log = g_strconcat(path, "-wal", NULL);
    g_autofree char *aside = g_strconcat(path, ".damaged", NULL);
    g_autoptr(GError) local = NULL;

    if (open_whole_catalog(volume, path, &local))
        return TRUE;
    if (!g_error_matches(local, TW_ERROR, TW_ERROR_CORRUPT)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    tw_volume_trouble(volume, path, local);
    (void) tw_file_unlink(volume->config.fs, log, NULL);
    return tw_file_rename(volume->config.fs, path, aside, TRUE, error) &&
           open_catalog_at(volume, path, error);
}

/* Looks for the next record after damage, from an offset on: the header says where it lies, so nothing else is taken for
 * one. Sets the offset to the size of the segment when there is none. */
static gboolean
find_record(TwSegment *segment, guint64 *offset, GError **error)
{
    g_autofree guint8 *piece = g_malloc(SEARCH_PIECE);

    while (*offset + TW_RECORD_HEADER_LEN <= segment->size) {
        gsize len = MIN((guint64) SEARCH_PIECE, segment->size - *offset);
        if (!tw_file_read_exact(segment->file, *offset, piece, len, error))
            return FALSE;
        for (gsize at = 0; at + TW_RECORD_HEADER_LEN <= len; at += 8) {
            TwRecord record;
            if (piece[at] == 'T' &&
                tw_record_parse(piece + at, segment->number, *offset + at, &record)) {
                *offset += at;
                return TRUE;
            }
        }
        if (*offset + len == segment->size)
            break;
        *offset += len - (gsize) TW_RECORD_HEADER_LEN / 8 * 8;
    }
    *offset = segment->size;
    return TRUE;
}

static void
add_scanned(TwBlobVolume *volume, const TwRecord *record, const guint8 *payload)
{
    g_autofree char *path = NULL;
    TwFileStat stat;
    TwEntry entry = { .id = record->id,
                      .scope = record->scope,
                      .seg = record->segment,
                      .off = record->offset,
                      .stored = tw_record_size(record),
                      .len = record->value_len,
                      .codec = record->codec,
                      .serial = tw_record_serial(record, payload),
                      .born = g_get_real_time() };

    if (entry.serial != 0) {
        path = tw_volume_file_path(volume, entry.serial);
        if (tw_file_stat_path(volume->config.fs, path, &stat, NULL))
            entry.stored = stat.size;
    }
    tw_volume_add_recent(volume, &entry);
}

/* Adds the whole records from segment->durable on as entries. Damage is passed over; what comes after the last record is room
 * for new ones. */
static gboolean
scan_segment(TwBlobVolume *volume, TwSegment *segment, GError **error)
{
    guint64 offset = segment->durable;

    while (offset < segment->size) {
        g_auto(TwBuffer) payload = TW_BUFFER_INIT(G_MAXUINT32);
        g_autoptr(GError) local = NULL;
        TwRecord record;

        if (tw_segment_read(segment, offset, &record, &payload, &local)) {
            add_scanned(volume, &record, payload.data);
            offset += tw_record_size(&record);
            segment->end = offset;
        } else if (g_error_matches(local, TW_ERROR, TW_ERROR_CORRUPT) ||
                   g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND)) {
            offset += 8;
            if (!find_record(segment, &offset, error))
                return FALSE;
        } else {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
    }
    /* what was read may still be in the page cache only, if the process before us was killed */
    if (segment->end != segment->durable && !tw_file_sync(segment->file, error))
        return FALSE;
    segment->durable = segment->end;
    return TRUE;
}

/* With a damaged header the name says the number, and the values in it can be read still. *ret is NULL for what is none of
 * ours. */
static gboolean
open_segment_file(TwBlobVolume *volume, const char *name, TwSegment **ret, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/segments/%s", volume->path, name);
    g_autoptr(GError) local = NULL;
    guint64 number;

    *ret = tw_segment_open(volume->config.fs, path, &volume->guid, &local);
    if (*ret != NULL)
        return TRUE;
    if (!g_error_matches(local, TW_ERROR, TW_ERROR_CORRUPT)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (!tw_parse_hex_u64(name, strlen(name), &number) || number == G_MAXUINT64)
        return TRUE;
    tw_volume_trouble(volume, path, local);
    *ret = tw_segment_open_damaged(volume->config.fs, path, number, error);
    return *ret != NULL;
}

static gboolean
open_segment(TwBlobVolume *volume, const char *name, GArray *rows, GError **error)
{
    gboolean scan = TRUE;
    TwSegment *segment;

    if (!open_segment_file(volume, name, &segment, error))
        return FALSE;
    if (segment == NULL)
        return TRUE;
    for (guint i = 0; i < rows->len; i++) {
        const TwSegmentRow *row = &g_array_index(rows, TwSegmentRow, i);
        if (row->number == segment->number && row->scanned >= TW_SEGMENT_HEADER_LEN &&
            row->scanned <= segment->size) {
            segment->end = segment->durable = row->scanned;
            segment->closed = segment->closed || row->closed;
            scan = !row->closed;
        }
    }
    g_hash_table_insert(volume->segments, &segment->number, segment);
    volume->next_number = MAX(volume->next_number, segment->number + 1);
    return !scan || scan_segment(volume, segment, error);
}

/* The newest segment that takes more is the open one; all others are closed. */
static void
choose_open(TwBlobVolume *volume)
{
    GHashTableIter iter;
    gpointer value;
    TwSegment *newest = NULL;

    g_hash_table_iter_init(&iter, volume->segments);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        TwSegment *segment = value;
        if (newest == NULL || segment->number > newest->number)
            newest = segment;
    }
    g_hash_table_iter_init(&iter, volume->segments);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        TwSegment *segment = value;
        segment->closed = segment->closed || segment != newest;
    }
    if (newest == NULL)
        return;
    volume->next_size = MIN(newest->size * 2, volume->config.segment_bytes_max);
    if (!newest->closed)
        volume->open = newest;
}

/* ---- from older versions ---- */

typedef struct {
    GArray *entries; /* of TwEntry */
    guint64 floor;
} Adopt;

static gboolean
read_without_serial(TwDbTx *tx, gpointer data, GError **error)
{
    Adopt *adopt = data;

    g_array_set_size(adopt->entries, 0);
    return tw_bucket_floor(tx, &adopt->floor, error) &&
           tw_catalog_without_serial(tx, adopt->entries, error);
}

static gboolean
write_serials(TwDbTx *tx, gpointer data, GError **error)
{
    const Adopt *adopt = data;

    for (guint i = 0; i < adopt->entries->len; i++) {
        const TwEntry *entry = &g_array_index(adopt->entries, TwEntry, i);
        if (entry->serial != 0 && !tw_bucket_put_entry(tx, entry, error))
            return FALSE;
    }
    return TRUE;
}

/* Rows of large values did not say in which file those lie, as long as there were no buckets; their records do. */
static gboolean
adopt_files(TwBlobVolume *volume, GError **error)
{
    Adopt adopt = { .entries = g_array_new(FALSE, FALSE, sizeof(TwEntry)) };
    gboolean ok = tw_db_read(volume->catalog, NULL, read_without_serial, &adopt, error);

    for (guint i = 0; ok && i < adopt.entries->len; i++) {
        TwEntry *entry = &g_array_index(adopt.entries, TwEntry, i);
        guint64 serial;
        if (tw_volume_pointed_file(volume, entry, &serial, NULL))
            entry->serial = serial;
    }
    if (ok && adopt.entries->len > 0)
        ok = tw_db_write(volume->catalog, write_serials, &adopt, error);
    volume->next_number = MAX(volume->next_number, adopt.floor);
    g_array_free(adopt.entries, TRUE);
    return ok;
}

static gboolean
open_segments(TwBlobVolume *volume, GError **error)
{
    g_autofree char *folder = g_build_filename(volume->path, "segments", NULL);
    g_autoptr(GPtrArray) names = tw_file_list(volume->config.fs, folder, error);
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(TwSegmentRow));

    if (names == NULL || !tw_db_read(volume->catalog, NULL, read_segment_rows, rows, error))
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        if (strlen(name) == 16 && !open_segment(volume, name, rows, error))
            return FALSE;
    }
    choose_open(volume);
    return TRUE;
}

/* What a crash left of values that were being written. */
static gboolean
clear_incoming(TwBlobVolume *volume, GError **error)
{
    g_autofree char *folder = g_build_filename(volume->path, "incoming", NULL);
    g_autoptr(GPtrArray) names = tw_file_list(volume->config.fs, folder, error);

    if (names == NULL)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, g_ptr_array_index(names, i), NULL);
        if (!tw_file_unlink(volume->config.fs, path, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_volume_open_files(TwBlobVolume *volume, GError **error)
{
    return make_folders(volume, error) && open_catalog(volume, error) &&
           read_or_make_mark(volume, error) && clear_incoming(volume, error) &&
           tw_remote_open(volume, volume->config.s3, error) && open_segments(volume, error) &&
           adopt_files(volume, error);
}
