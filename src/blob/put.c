/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Putting and syncing.
 *
 * A put reserves its place in the open segment under the lock, writes without it, and becomes an entry when it is written. A
 * sync changes the phase, waits for the writes of the phase before, and flushes: so everything put before it began is written
 * from front to back without a hole, and on disk.
 *
 * A failed write or flush leaves bytes of which nobody knows whether they are there. Then all that was not yet synced is
 * forgotten, its segment closed where it was last known good, and the generation raised: tw_blob_use_check() fails every commit
 * that would rely on it.
 */
#include "blob/large-private.h"
#include "blob/remote-private.h"
#include "blob/volume-private.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"

#include <string.h>

void
tw_volume_add_recent(TwBlobVolume *volume, const TwEntry *entry)
{
    Recent *recent = g_new(Recent, 1);

    recent->entry = *entry;
    recent->next = g_hash_table_lookup(volume->recent, &entry->id);
    g_hash_table_replace(volume->recent, &recent->entry.id, recent);
    volume->recent_count++;
}

/* Forgets the entries that are not synced. */
static void
forget_unsynced(TwBlobVolume *volume)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, volume->recent);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        for (Recent *recent = value; recent != NULL; recent = recent->next)
            g_ptr_array_add(all, recent);
    }
    g_hash_table_remove_all(volume->recent);
    volume->recent_count = 0;
    for (guint i = 0; i < all->len; i++) {
        Recent *recent = g_ptr_array_index(all, i);
        if (recent->entry.seq <= volume->synced_seq)
            tw_volume_add_recent(volume, &recent->entry);
        g_free(recent);
    }
}

/* After a failed write or flush: closes the segments it may concern where they were last known good. */
static void
fail_unsynced(TwBlobVolume *volume)
{
    GHashTableIter iter;
    gpointer value;

    TW_ASSERT_HELD(&volume->lock);
    volume->generation++;
    g_hash_table_iter_init(&iter, volume->segments);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        TwSegment *segment = value;
        if (segment->end == segment->durable)
            continue;
        segment->end = segment->durable;
        segment->closed = TRUE;
        if (segment == volume->open)
            volume->open = NULL;
    }
    forget_unsynced(volume);
    volume->synced_seq = volume->put_seq;
    g_ptr_array_set_size(volume->dirty, 0);
    tw_volume_changed(volume);
}

/* ---- the open segment ---- */

/* Makes the file for the next segment, unless the keeper has, and gives it its name. */
static TwSegment *
make_segment(TwBlobVolume *volume, guint64 number, guint64 size, gboolean spare, GError **error)
{
    TwFileSystem *fs = volume->config.fs;
    g_autofree char *from = tw_volume_spare_path(volume),
                    *to = tw_volume_segment_path(volume, number);
    g_autofree char *folder = g_path_get_dirname(to);

    if (!spare && !tw_segment_prepare(fs, from, number, size, &volume->guid, error))
        return NULL;
    if (!tw_file_rename(fs, from, to, FALSE, error) || !tw_file_sync_dir(fs, folder, error))
        return NULL;
    return tw_segment_open(fs, to, &volume->guid, error);
}

/* Makes sure that the open segment has room; gives the lock up meanwhile where it must make one. */
static gboolean
make_room(TwBlobVolume *volume, guint64 size, GError **error)
{
    TW_ASSERT_HELD(&volume->lock);
    for (;;) {
        guint64 number = volume->next_number, wanted = volume->next_size;
        gboolean spare = volume->spare;
        TwSegment *segment;

        if (volume->open != NULL && size <= volume->open->size - volume->open->end)
            return TRUE;
        if (volume->rolling) {
            tw_volume_wait(volume);
            continue;
        }
        if (size > wanted - TW_SEGMENT_HEADER_LEN) {
            wanted = size + TW_SEGMENT_HEADER_LEN;
            spare = FALSE;
        }
        volume->rolling = TRUE;
        tw_unlock(&volume->lock);
        segment = make_segment(volume, number, wanted, spare, error);
        tw_lock(&volume->lock);
        volume->rolling = FALSE;
        volume->spare = FALSE;
        tw_volume_changed(volume);
        if (segment == NULL)
            return FALSE;
        if (volume->open != NULL) {
            volume->open->closed = TRUE;
            tw_remote_poke(volume->remote);
        }
        volume->open = segment;
        g_hash_table_insert(volume->segments, &segment->number, segment);
        g_cond_signal(&volume->wake); /* the next spare */
        volume->next_number = number + 1;
        volume->next_size = MIN(segment->size * 2, MAX(volume->config.segment_bytes_max,
                                                       volume->config.segment_bytes_min));
    }
}

static void
mark_dirty(TwBlobVolume *volume, TwSegment *segment)
{
    for (guint i = 0; i < volume->dirty->len; i++) {
        if (g_ptr_array_index(volume->dirty, i) == segment)
            return;
    }
    g_ptr_array_add(volume->dirty, tw_segment_ref(segment));
}

gboolean
tw_volume_append(TwBlobVolume *volume,
                 guint64 generation,
                 TwRecord *record,
                 guint64 stored,
                 const guint8 *note,
                 const guint8 *payload,
                 TwEntry *ret,
                 GError **error)
{
    guint32 crc = tw_crc32c(tw_crc32c(0, note, record->note_len), payload, record->payload_len);
    guint64 size = tw_record_size(record);
    g_autoptr(TwSegment) segment = NULL;
    gboolean written;
    guint phase;

    tw_lock(&volume->lock);
    if (!make_room(volume, size, error)) {
        tw_unlock(&volume->lock);
        return FALSE;
    }
    segment = tw_segment_ref(volume->open);
    record->body_crc = crc;
    record->segment = segment->number;
    record->offset = segment->end;
    segment->end += size;
    *ret = (TwEntry){ .id = record->id,
                      .scope = record->scope,
                      .seg = segment->number,
                      .off = record->offset,
                      .stored = stored != 0 ? stored : size,
                      .len = record->value_len,
                      .codec = record->codec,
                      .born = g_get_real_time(),
                      .serial = tw_record_serial(record, payload),
                      .seq = ++volume->put_seq };
    mark_dirty(volume, segment);
    phase = volume->phase;
    volume->writing[phase]++;
    tw_unlock(&volume->lock);

    written = tw_segment_write(segment, record, note, payload, error);

    tw_lock(&volume->lock);
    if (--volume->writing[phase] == 0)
        tw_volume_changed(volume);
    if (!written) {
        fail_unsynced(volume);
    } else if (volume->generation != generation) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_BUSY,
                            "a write to the blob store failed meanwhile; start over");
        written = FALSE;
    } else {
        tw_volume_add_recent(volume, ret);
        tw_remote_add_waiting(volume->remote, size + stored);
        if (volume->recent_count % TW_VOLUME_FLUSH_COUNT == 0)
            g_cond_signal(&volume->wake);
    }
    tw_unlock(&volume->lock);
    return written;
}

gboolean
tw_blob_sync(TwBlobVolume *volume, GError **error)
{
    guint64 wanted, generation;
    gboolean ok = TRUE;

    tw_lock(&volume->lock);
    wanted = volume->put_seq;
    generation = volume->generation;
    while (ok && volume->synced_seq < wanted) {
        g_autoptr(GPtrArray) dirty = NULL;
        g_autofree guint64 *ends = NULL;
        guint phase = volume->phase;
        guint64 upto = volume->put_seq;

        if (volume->syncing) {
            tw_volume_wait(volume);
            continue;
        }
        volume->syncing = TRUE;
        volume->phase = 1 - phase;
        dirty = g_steal_pointer(&volume->dirty);
        volume->dirty = g_ptr_array_new_with_free_func((GDestroyNotify) tw_segment_unref);
        ends = g_new(guint64, dirty->len + 1);
        for (guint i = 0; i < dirty->len; i++)
            ends[i] = ((TwSegment *) g_ptr_array_index(dirty, i))->end;
        while (volume->writing[phase] > 0)
            tw_volume_wait(volume);
        if (volume->generation == generation) {
            tw_unlock(&volume->lock);
            for (guint i = 0; ok && i < dirty->len; i++)
                ok = tw_file_sync(((TwSegment *) g_ptr_array_index(dirty, i))->file, error);
            tw_lock(&volume->lock);
        }
        if (!ok) {
            fail_unsynced(volume);
        } else if (volume->generation == generation) {
            for (guint i = 0; i < dirty->len; i++)
                ((TwSegment *) g_ptr_array_index(dirty, i))->durable = ends[i];
            volume->synced_seq = upto;
        }
        volume->syncing = FALSE;
        tw_volume_changed(volume);
    }
    if (ok && volume->generation != generation) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_BUSY,
                            "a write to the blob store failed meanwhile; start over");
        ok = FALSE;
    }
    tw_unlock(&volume->lock);
    return ok && tw_remote_acknowledge(volume->remote, error);
}

/* ---- uses ---- */

TwBlobUse *
tw_blob_use_begin(TwBlobVolume *volume)
{
    TwBlobUse *use = g_new(TwBlobUse, 1);

    tw_lock(&volume->lock);
    *use = (TwBlobUse){ .volume = volume,
                        .phase = volume->use_phase,
                        .generation = volume->generation };
    volume->uses[use->phase]++;
    tw_unlock(&volume->lock);
    return use;
}

gboolean
tw_blob_use_check(const TwBlobUse *use, GError **error)
{
    gboolean ok;

    tw_lock(&use->volume->lock);
    ok = use->generation == use->volume->generation;
    tw_unlock(&use->volume->lock);
    if (!ok)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_BUSY,
                            "a write to the blob store failed meanwhile; start over");
    return ok;
}

void
tw_blob_use_end(TwBlobUse *use)
{
    if (use == NULL)
        return;
    tw_lock(&use->volume->lock);
    if (--use->volume->uses[use->phase] == 0)
        tw_volume_changed(use->volume);
    tw_unlock(&use->volume->lock);
    g_free(use);
}

/* ---- values ---- */

static const TwBlobOptions no_options = { .compress = TRUE };

/* Whether a writer of this scope finds the value; then nothing needs to be stored. */
static gboolean
find_live(TwBlobVolume *volume, const TwBlobId *id, guint32 scope, gboolean *ret, GError **error)
{
    g_autoptr(GArray) entries = tw_volume_lookup(volume, id, TRUE, error);

    if (entries == NULL)
        return FALSE;
    *ret = FALSE;
    for (guint i = 0; i < entries->len; i++)
        *ret |= g_array_index(entries, TwEntry, i).scope == scope;
    return TRUE;
}

static gboolean
put_known(TwBlobUse *use,
          const guint8 *data,
          gsize len,
          const TwBlobOptions *options,
          const TwBlobId *id,
          GError **error)
{
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(G_MAXUINT32);
    TwRecord record = { .note_len = (guint16) options->note_len,
                        .scope = options->scope,
                        .value_len = len,
                        .id = *id };
    const guint8 *stored;
    gsize stored_len;
    gboolean found;
    TwEntry entry;

    if (!find_live(use->volume, id, options->scope, &found, error))
        return FALSE;
    if (found)
        return TRUE;
    if (!tw_remote_admit(use->volume->remote, error))
        return FALSE;
    record.codec = tw_record_compress(data, len, options->compress, &packed, &stored, &stored_len);
    record.payload_len = stored_len;
    return tw_volume_append(use->volume, use->generation, &record, 0, options->note, stored, &entry,
                            error);
}

gboolean
tw_blob_put(TwBlobUse *use,
            const void *data,
            gsize len,
            const TwBlobOptions *options,
            TwBlobId *ret,
            GError **error)
{
    const TwBlobOptions *given = options != NULL ? options : &no_options;

    g_return_val_if_fail(given->note_len <= TW_BLOB_MAX_NOTE, FALSE);
    if (len > use->volume->config.large_bytes) {
        g_autoptr(TwBlobWriter) writer = tw_blob_writer_new(use, given);
        return tw_blob_writer_put(writer, data, len, error) &&
               tw_blob_writer_finish(writer, ret, NULL, error);
    }
    tw_blob_name(data, len, ret);
    return put_known(use, data, len, given, ret, error);
}

void
tw_blob_name(const void *data, gsize len, TwBlobId *ret)
{
    ret->bytes[0] = TW_BLOB_SHA256;
    tw_sha256(data, len, ret->bytes + 1);
}

struct TwBlobWriter {
    TwBlobUse *use;
    TwBlobOptions options;
    guint8 *note; /* owned; options.note */
    TwSha256 hash;
    guint64 len;
    GByteArray *head;     /* all of it, while it is no larger than large_bytes */
    TwLargeWriter *large; /* afterwards */
    char *path;           /* of its file */
};

TwBlobWriter *
tw_blob_writer_new(TwBlobUse *use, const TwBlobOptions *options)
{
    TwBlobWriter *writer = g_new0(TwBlobWriter, 1);

    writer->use = use;
    writer->options = options != NULL ? *options : no_options;
    writer->note = g_memdup2(writer->options.note, writer->options.note_len);
    writer->options.note = writer->note;
    writer->head = g_byte_array_new();
    tw_sha256_init(&writer->hash);
    return writer;
}

gboolean
tw_blob_writer_put(TwBlobWriter *writer, const void *data, gsize len, GError **error)
{
    TwBlobVolume *volume = writer->use->volume;

    tw_sha256_update(&writer->hash, data, len);
    writer->len += len;
    if (writer->large == NULL && writer->len <= volume->config.large_bytes) {
        g_byte_array_append(writer->head, data, (guint) len);
        return TRUE;
    }
    if (writer->large == NULL) {
        if (!tw_remote_admit(volume->remote, error))
            return FALSE;
        writer->path = g_strdup_printf("%s/incoming/%016" G_GINT64_MODIFIER "x", volume->path,
                                       tw_random_u64());
        writer->large =
            tw_large_writer_new(volume->config.fs, writer->path, writer->options.compress, error);
        if (writer->large == NULL ||
            !tw_large_writer_put(writer->large, writer->head->data, writer->head->len, error))
            return FALSE;
        g_byte_array_set_size(writer->head, 0);
    }
    return tw_large_writer_put(writer->large, data, len, error);
}

/* Gives the finished file its place and writes the record that points to it. */
static gboolean
put_file(TwBlobWriter *writer, const TwBlobId *id, GError **error)
{
    TwBlobVolume *volume = writer->use->volume;
    TwFileSystem *fs = volume->config.fs;
    guint64 serial = tw_random_u64();
    guint8 payload[8];
    TwBuffer out = { .data = payload, .capacity = sizeof payload, .limit = sizeof payload };
    g_autofree char *path = tw_volume_file_path(volume, serial), *folder = g_path_get_dirname(path);
    TwRecord record = { .codec = TW_RECORD_CODEC_FILE,
                        .note_len = (guint16) writer->options.note_len,
                        .scope = writer->options.scope,
                        .value_len = writer->len,
                        .payload_len = sizeof payload,
                        .id = *id };
    TwFileStat stat;
    TwEntry entry;

    tw_buffer_put_u64le(&out, serial);
    if (!tw_large_writer_finish(writer->large, error) ||
        !tw_file_stat_path(fs, writer->path, &stat, error) ||
        !tw_file_rename(fs, writer->path, path, FALSE, error))
        return FALSE;
    g_clear_pointer(&writer->path, g_free);
    return tw_file_sync_dir(fs, folder, error) &&
           tw_volume_append(volume, writer->use->generation, &record, stat.size, writer->note,
                            payload, &entry, error);
}

gboolean
tw_blob_writer_finish(TwBlobWriter *writer, TwBlobId *ret, guint64 *ret_len, GError **error)
{
    gboolean found = FALSE;

    ret->bytes[0] = TW_BLOB_SHA256;
    tw_sha256_finish(&writer->hash, ret->bytes + 1);
    if (ret_len != NULL)
        *ret_len = writer->len;
    if (writer->large == NULL)
        return put_known(writer->use, writer->head->data, writer->head->len, &writer->options, ret,
                         error);
    if (!find_live(writer->use->volume, ret, writer->options.scope, &found, error))
        return FALSE;
    return found || put_file(writer, ret, error);
}

void
tw_blob_writer_free(TwBlobWriter *writer)
{
    if (writer == NULL)
        return;
    tw_large_writer_free(writer->large);
    if (writer->path != NULL)
        (void) tw_file_unlink(writer->use->volume->config.fs, writer->path, NULL);
    g_byte_array_free(writer->head, TRUE);
    g_free(writer->path);
    g_free(writer->note);
    g_free(writer);
}
