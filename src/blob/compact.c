/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Compaction: what lives in a segment goes to the open one, each value verified against its name on the way, which is a scrub
 * for free. The catalog is switched in one transaction, after the copies are on disk; then the file goes. A reader that
 * holds the segment reads on; one that comes later finds the new place.
 */
#include "blob/remote-private.h"

#include "base/error.h"

static const double AWAY_LEAST_DEAD = 0.75;

typedef struct {
    TwBlobVolume *volume;
    TwSegment *segment;
    GArray *entries; /* of TwEntry: what lives in it, by offset */
    GArray *places;  /* of TwEntry: where each goes */
    guint64 live;
} Move;

static gboolean
read_live(TwDbTx *tx, gpointer data, GError **error)
{
    Move *move = data;

    return tw_catalog_segment_live(tx, move->segment->number, &move->live, error);
}

static gboolean
read_in_segment(TwDbTx *tx, gpointer data, GError **error)
{
    Move *move = data;

    g_array_set_size(move->entries, 0);
    return tw_catalog_in_segment(tx, move->segment->number, move->entries, error);
}

/* Another live record of the same value, in another segment, that this entry may share. */
static gboolean
find_twin(const Move *move, const TwEntry *entry, TwEntry *ret)
{
    g_autoptr(GArray) all = tw_volume_lookup(move->volume, &entry->id, TRUE, NULL);

    for (guint i = 0; all != NULL && i < all->len; i++) {
        const TwEntry *other = &g_array_index(all, TwEntry, i);
        if (other->seg != entry->seg && other->seq == 0 &&
            (other->scope == entry->scope || move->volume->config.merge_scopes) &&
            tw_volume_is_here(move->volume, other) && tw_volume_verify(move->volume, other, NULL)) {
            *ret = *other;
            return TRUE;
        }
    }
    return FALSE;
}

/* Copies a record as it is. */
static gboolean
copy_record(const Move *move, const TwEntry *entry, TwEntry *ret, GError **error)
{
    g_auto(TwBuffer) payload = TW_BUFFER_INIT(G_MAXUINT32);
    TwRecord record;
    guint64 generation;

    /* a large value need not come here only to be left where it is */
    if (((entry->codec != TW_RECORD_CODEC_FILE || tw_volume_is_here(move->volume, entry)) &&
         !tw_volume_verify(move->volume, entry, error)) ||
        !tw_volume_read_record(move->volume, entry, &record, &payload, error))
        return FALSE;
    record.note_len = 0;
    tw_lock(&move->volume->lock);
    generation = move->volume->generation;
    tw_unlock(&move->volume->lock);
    return tw_volume_append(move->volume, generation, &record,
                            entry->codec == TW_RECORD_CODEC_FILE ? entry->stored : 0, NULL,
                            payload.data, ret, error);
}

/* Finds a place for each entry; entries that share a record share the copy. A damaged value stays where it is. */
static gboolean
find_places(Move *move, gboolean *ret_damaged, GError **error)
{
    for (guint i = 0; i < move->entries->len; i++) {
        const TwEntry *entry = &g_array_index(move->entries, TwEntry, i);
        const TwEntry *before = i > 0 ? &g_array_index(move->entries, TwEntry, i - 1) : NULL;
        g_autoptr(GError) local = NULL;
        TwEntry place = *entry;

        if (before != NULL && before->off == entry->off) {
            place = g_array_index(move->places, TwEntry, i - 1);
        } else if (!find_twin(move, entry, &place) && !copy_record(move, entry, &place, &local)) {
            if (!g_error_matches(local, TW_ERROR, TW_ERROR_CORRUPT) &&
                !g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND)) {
                g_propagate_error(error, g_steal_pointer(&local));
                return FALSE;
            }
            *ret_damaged = TRUE;
            place = *entry;
        }
        g_array_append_val(move->places, place);
    }
    return TRUE;
}

static gboolean
switch_places(TwDbTx *tx, gpointer data, GError **error)
{
    const Move *move = data;

    for (guint i = 0; i < move->entries->len; i++) {
        TwEntry entry = g_array_index(move->entries, TwEntry, i);
        const TwEntry *place = &g_array_index(move->places, TwEntry, i);
        if (place->seg == entry.seg)
            continue;
        if (!tw_catalog_drop(tx, &entry, error))
            return FALSE;
        entry.seg = place->seg;
        entry.off = place->off;
        entry.stored = place->stored;
        entry.serial = place->serial;
        if (!tw_catalog_put(tx, &entry, error))
            return FALSE;
    }
    return TRUE;
}

/* A file whose value was found elsewhere is nobody's now. */
static void
drop_files(const Move *move)
{
    for (guint i = 0; i < move->entries->len; i++) {
        const TwEntry *entry = &g_array_index(move->entries, TwEntry, i);
        const TwEntry *place = &g_array_index(move->places, TwEntry, i);
        if (entry->serial != 0 && entry->serial != place->serial)
            tw_volume_drop_file(move->volume, entry->serial);
    }
}

/* Its number never comes again: what a server or a cache has under it would be taken for the new one's. */
static gboolean
drop_segment(TwDbTx *tx, gpointer data, GError **error)
{
    guint64 number = ((Move *) data)->segment->number;

    return tw_catalog_drop_segment(tx, number, error) &&
           tw_bucket_raise_floor(tx, number + 1, error) &&
           tw_bucket_doom(tx, TW_BUCKET_SEGMENT, number, error);
}

/* Once more when it is gone from memory: it may have been put meanwhile. */
static gboolean
doom_segment(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_bucket_doom(tx, TW_BUCKET_SEGMENT, ((Move *) data)->segment->number, error);
}

static gboolean
compact_segment(Move *move, guint64 *freed, GError **error)
{
    TwBlobVolume *volume = move->volume;
    gboolean damaged = FALSE;

    if (!tw_db_read(volume->catalog, NULL, read_in_segment, move, error) ||
        !find_places(move, &damaged, error) || !tw_blob_sync(volume, error) ||
        !tw_volume_flush(volume, error) ||
        !tw_db_write(volume->catalog, switch_places, move, error))
        return FALSE;
    if (damaged) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s: holds damaged values, which stay",
                    move->segment->path);
        return FALSE;
    }
    drop_files(move);
    if (!tw_db_write(volume->catalog, drop_segment, move, error))
        return FALSE;
    *freed += move->segment->size;
    tw_lock(&volume->lock);
    g_hash_table_remove(volume->segments, &move->segment->number);
    tw_unlock(&volume->lock);
    tw_remote_drop_copy(volume->remote, TW_BUCKET_SEGMENT, move->segment->number, G_MAXUINT32);
    if (!tw_db_write(volume->catalog, doom_segment, move, error))
        return FALSE;
    tw_remote_poke(volume->remote);
    return move->segment->away || tw_file_unlink(volume->config.fs, move->segment->path, error);
}

/* A segment that lies in the bucket only has to be fetched, so it waits until there is more to gain; and until the server
 * answers. */
static gboolean
compact_if_worth(Move *move, double least_dead, guint *left, guint64 *freed, GError **error)
{
    double least = move->segment->away ? MAX(least_dead, AWAY_LEAST_DEAD) : least_dead;
    g_autoptr(GError) local = NULL;

    if (!tw_db_read(move->volume->catalog, NULL, read_live, move, error))
        return FALSE;
    if ((double) move->live > (1.0 - least) * (double) move->segment->size)
        return TRUE;
    (*left)--;
    if (compact_segment(move, freed, &local))
        return TRUE;
    if (move->segment->away && (g_error_matches(local, TW_ERROR, TW_ERROR_BUSY) ||
                                g_error_matches(local, TW_ERROR, TW_ERROR_TIMEOUT)))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* The closed segments, each with a reference. */
static GPtrArray *
closed_segments(TwBlobVolume *volume)
{
    GPtrArray *closed = g_ptr_array_new_with_free_func((GDestroyNotify) tw_segment_unref);
    GHashTableIter iter;
    gpointer value;

    tw_lock(&volume->lock);
    g_hash_table_iter_init(&iter, volume->segments);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        TwSegment *segment = value;
        if (segment->closed && segment->durable == segment->end)
            g_ptr_array_add(closed, tw_segment_ref(segment));
    }
    tw_unlock(&volume->lock);
    return closed;
}

gboolean
tw_blob_compact(
    TwBlobVolume *volume, double least_dead, guint max_segments, guint64 *ret_freed, GError **error)
{
    g_autoptr(GPtrArray) closed = NULL;
    guint64 freed = 0;
    gboolean ok;

    g_mutex_lock(&volume->house);
    ok = tw_volume_flush(volume, error);
    closed = closed_segments(volume);
    for (guint i = 0; ok && i < closed->len && max_segments > 0; i++) {
        Move move = { .volume = volume,
                      .segment = g_ptr_array_index(closed, i),
                      .entries = g_array_new(FALSE, FALSE, sizeof(TwEntry)),
                      .places = g_array_new(FALSE, FALSE, sizeof(TwEntry)) };
        ok = compact_if_worth(&move, least_dead, &max_segments, &freed, error);
        g_array_free(move.entries, TRUE);
        g_array_free(move.places, TRUE);
    }
    g_mutex_unlock(&volume->house);
    if (ret_freed != NULL)
        *ret_freed = freed;
    return ok;
}
