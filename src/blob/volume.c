/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Opening, closing, and what goes on beside the puts: the keeper thread prepares the next segment and brings the catalog up
 * to date, so that an acknowledgement waits for neither.
 */
#include "blob/remote-private.h"

#include <string.h>

#include "base/error.h"

enum {
    KEEPER_WAIT_US = 5 * 1000 * 1000, /* entries wait no longer than about this for the catalog */
};

char *
tw_volume_segment_path(TwBlobVolume *volume, guint64 number)
{
    return g_strdup_printf("%s/segments/%016" G_GINT64_MODIFIER "x", volume->path, number);
}

char *
tw_volume_spare_path(TwBlobVolume *volume)
{
    return g_strdup_printf("%s/segments/spare", volume->path);
}

char *
tw_volume_file_path(TwBlobVolume *volume, guint64 serial)
{
    return g_strdup_printf("%s/files/%02x/%016" G_GINT64_MODIFIER "x", volume->path,
                           (guint) (serial & 0xff), serial);
}

void
tw_volume_wait(TwBlobVolume *volume)
{
    volume->waiting++;
    tw_lock_wait(&volume->lock, &volume->changed, G_MAXINT64);
    volume->waiting--;
}

void
tw_volume_changed(TwBlobVolume *volume)
{
    TW_ASSERT_HELD(&volume->lock);
    if (volume->waiting > 0)
        g_cond_broadcast(&volume->changed);
}

TwSegment *
tw_volume_get_segment(TwBlobVolume *volume, guint64 number)
{
    TwSegment *segment;

    tw_lock(&volume->lock);
    segment = g_hash_table_lookup(volume->segments, &number);
    if (segment != NULL)
        tw_segment_ref(segment);
    tw_unlock(&volume->lock);
    return segment;
}

/* ---- the catalog follows the segments ---- */

typedef struct {
    GArray *entries;  /* of TwEntry */
    GArray *segments; /* of TwSegmentRow */
} Flush;

static gboolean
flush_rows(TwDbTx *tx, gpointer data, GError **error)
{
    const Flush *flush = data;

    for (guint i = 0; i < flush->entries->len; i++) {
        if (!tw_bucket_put_entry(tx, &g_array_index(flush->entries, TwEntry, i), error))
            return FALSE;
    }
    for (guint i = 0; i < flush->segments->len; i++) {
        if (!tw_catalog_put_segment(tx, &g_array_index(flush->segments, TwSegmentRow, i), error))
            return FALSE;
    }
    return TRUE;
}

/* What is durable now: entries, and how far each segment that has some is in the catalog once they are. */
static void
collect_durable(TwBlobVolume *volume, Flush *flush)
{
    GHashTableIter iter;
    gpointer value;

    tw_lock(&volume->lock);
    g_hash_table_iter_init(&iter, volume->recent);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        for (const Recent *recent = value; recent != NULL; recent = recent->next) {
            if (recent->entry.seq <= volume->synced_seq)
                g_array_append_val(flush->entries, recent->entry);
        }
    }
    if (flush->entries->len > 0) {
        g_hash_table_iter_init(&iter, volume->segments);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            const TwSegment *segment = value;
            TwSegmentRow row = { .number = segment->number,
                                 .size = segment->size,
                                 .scanned = segment->durable,
                                 .closed = segment->closed };
            g_array_append_val(flush->segments, row);
        }
    }
    tw_unlock(&volume->lock);
}

static void
forget_recent(TwBlobVolume *volume, const TwEntry *entry)
{
    Recent *first = g_hash_table_lookup(volume->recent, &entry->id), **link = &first;

    TW_ASSERT_HELD(&volume->lock);
    /* its key lies in the first of the list, which may go */
    g_hash_table_remove(volume->recent, &entry->id);
    while (*link != NULL) {
        Recent *recent = *link;
        if (recent->entry.seq == entry->seq) {
            *link = recent->next;
            g_free(recent);
            volume->recent_count--;
        } else {
            link = &recent->next;
        }
    }
    if (first != NULL)
        g_hash_table_insert(volume->recent, &first->entry.id, first);
}

gboolean
tw_volume_flush(TwBlobVolume *volume, GError **error)
{
    Flush flush = { g_array_new(FALSE, FALSE, sizeof(TwEntry)),
                    g_array_new(FALSE, FALSE, sizeof(TwSegmentRow)) };
    gboolean ok = TRUE;

    collect_durable(volume, &flush);
    if (flush.entries->len > 0) {
        ok = tw_db_write(volume->catalog, flush_rows, &flush, error);
        tw_lock(&volume->lock);
        for (guint i = 0; ok && i < flush.entries->len; i++)
            forget_recent(volume, &g_array_index(flush.entries, TwEntry, i));
        tw_unlock(&volume->lock);
    }
    if (ok && flush.entries->len > 0)
        tw_remote_poke(volume->remote);
    g_array_free(flush.entries, TRUE);
    g_array_free(flush.segments, TRUE);
    return ok;
}

/* ---- the keeper ---- */

static void
prepare_spare(TwBlobVolume *volume, guint64 number, guint64 size)
{
    g_autofree char *path = tw_volume_spare_path(volume);
    /* a full disk: the put that needs the segment will say so */
    gboolean prepared =
        tw_segment_prepare(volume->config.fs, path, number, size, &volume->guid, NULL);

    tw_lock(&volume->lock);
    if (prepared && volume->next_number == number)
        volume->spare = TRUE;
    volume->rolling = FALSE;
    tw_volume_changed(volume);
    tw_unlock(&volume->lock);
}

/* A catalog that cannot be written now is tried again at the next turn; nothing depends on it. */
static void
flush_and_tell(TwBlobVolume *volume)
{
    g_autoptr(GError) why = NULL;

    if (!tw_volume_flush(volume, &why) && g_error_matches(why, TW_ERROR, TW_ERROR_CORRUPT))
        tw_volume_catalog_trouble(volume, why);
}

static gpointer
keep(gpointer data)
{
    TwBlobVolume *volume = data;
    gboolean tried = FALSE; /* to prepare a spare, since the last roll */
    guint64 tried_number = 0;

    tw_lock(&volume->lock);
    while (!volume->closing) {
        gboolean late =
            !tw_lock_wait(&volume->lock, &volume->wake, g_get_monotonic_time() + KEEPER_WAIT_US);
        if (volume->closing)
            break;
        tried = tried && tried_number == volume->next_number;
        if (volume->open != NULL && !volume->spare && !volume->rolling && !tried) {
            guint64 number = volume->next_number, size = volume->next_size;
            tried = TRUE;
            tried_number = number;
            volume->rolling = TRUE;
            tw_unlock(&volume->lock);
            prepare_spare(volume, number, size);
            tw_lock(&volume->lock);
        }
        if (volume->recent_count >= TW_VOLUME_FLUSH_COUNT || (late && volume->recent_count > 0)) {
            tw_unlock(&volume->lock);
            flush_and_tell(volume);
            tw_lock(&volume->lock);
        }
    }
    tw_unlock(&volume->lock);
    return NULL;
}

/* ---- opening and closing ---- */

static guint
hash_id(gconstpointer key)
{
    guint hash;

    memcpy(&hash, ((const TwBlobId *) key)->bytes + 1, sizeof hash); /* a digest needs no hashing */
    return hash;
}

static gboolean
equal_ids(gconstpointer a, gconstpointer b)
{
    return tw_blob_id_equal(a, b);
}

TwBlobVolume *
tw_blob_volume_open(const TwBlobConfig *config, GError **error)
{
    g_autoptr(TwBlobVolume) volume = g_new0(TwBlobVolume, 1);

    volume->config = *config;
    volume->path = g_strdup(config->path);
    volume->config.path = volume->path;
    volume->config.large_bytes = MAX(volume->config.large_bytes, (gsize) 4096);
    g_mutex_init(&volume->house);
    tw_lock_init(&volume->lock);
    g_cond_init(&volume->changed);
    g_cond_init(&volume->wake);
    volume->recent = g_hash_table_new(hash_id, equal_ids);
    volume->segments =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, (GDestroyNotify) tw_segment_unref);
    volume->dirty = g_ptr_array_new_with_free_func((GDestroyNotify) tw_segment_unref);
    volume->next_number = 1;
    volume->next_size = config->segment_bytes_min;
    volume->synced_seq = volume->put_seq = 1;
    if (!tw_volume_open_files(volume, error) || !tw_volume_flush(volume, error) ||
        !tw_remote_start(volume, error))
        return NULL;
    volume->config.s3 = NULL; /* was lent */
    volume->keeper = g_thread_new("blob-keeper", keep, volume);
    return g_steal_pointer(&volume);
}

static void
free_recent(G_GNUC_UNUSED gpointer key, gpointer value, G_GNUC_UNUSED gpointer data)
{
    for (Recent *recent = value; recent != NULL;) {
        Recent *next = recent->next;
        g_free(recent);
        recent = next;
    }
}

void
tw_blob_volume_close(TwBlobVolume *volume)
{
    if (volume == NULL)
        return;
    tw_remote_close(volume->remote);
    if (volume->keeper != NULL) {
        tw_lock(&volume->lock);
        volume->closing = TRUE;
        g_cond_signal(&volume->wake);
        tw_unlock(&volume->lock);
        g_thread_join(volume->keeper);
        /* without it the next start reads the ends of the segments, as after a crash */
        (void) tw_volume_flush(volume, NULL);
    }
    tw_db_close(volume->catalog);
    g_hash_table_foreach(volume->recent, free_recent, NULL);
    g_hash_table_unref(volume->recent);
    g_hash_table_unref(volume->segments);
    g_ptr_array_unref(volume->dirty);
    tw_remote_free(volume->remote);
    g_cond_clear(&volume->changed);
    g_cond_clear(&volume->wake);
    tw_lock_clear(&volume->lock);
    g_mutex_clear(&volume->house);
    g_free(volume->path);
    g_free(volume);
}

static gboolean
read_sums(TwDbTx *tx, gpointer data, GError **error)
{
    TwBlobStats *stats = data;

    return tw_catalog_sums(tx, &stats->values, &stats->value_bytes, &stats->stored_bytes, error);
}

gboolean
tw_blob_stats(TwBlobVolume *volume, TwBlobStats *ret, GError **error)
{
    GHashTableIter iter;
    gpointer value;

    *ret = (TwBlobStats){ 0 };
    if (!tw_volume_flush(volume, error) ||
        !tw_db_read(volume->catalog, NULL, read_sums, ret, error))
        return FALSE;
    tw_lock(&volume->lock);
    g_hash_table_iter_init(&iter, volume->segments);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        ret->segments++;
        ret->segment_bytes += ((TwSegment *) value)->size;
    }
    g_hash_table_iter_init(&iter, volume->recent);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        for (const Recent *recent = value; recent != NULL; recent = recent->next) {
            ret->values++;
            ret->value_bytes += recent->entry.len;
            ret->stored_bytes += recent->entry.stored;
        }
    }
    tw_unlock(&volume->lock);
    return TRUE;
}
