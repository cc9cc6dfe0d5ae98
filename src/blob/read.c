/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reading. A value may have several records (of several scopes, or made while an older one was condemned); any of them will do,
 * and when one is damaged or was just moved, the next is tried.
 */
#include "blob/large-private.h"
#include "blob/remote-private.h"
#include "blob/volume-private.h"

#include "base/error.h"
#include "base/hash.h"

#include <string.h>

enum {
    VERIFY_PIECE = 1024 * 1024,
    MOVES_MOST = 64,
};

typedef struct {
    const TwBlobId *id;
    GArray *entries;
} Lookup;

static gboolean
find_rows(TwDbTx *tx, gpointer data, GError **error)
{
    Lookup *lookup = data;

    return tw_catalog_find(tx, lookup->id, lookup->entries, error);
}

/* Damage is told to more than the caller. A writer whom the catalog cannot answer takes a value for a new one. */
static gboolean
read_catalog(TwBlobVolume *volume, Lookup *lookup, gboolean live_only, GError **error)
{
    g_autoptr(GError) why = NULL;
    guint before = lookup->entries->len;

    if (tw_db_read(volume->catalog, NULL, find_rows, lookup, &why))
        return TRUE;
    if (g_error_matches(why, TW_ERROR, TW_ERROR_CORRUPT)) {
        tw_volume_catalog_trouble(volume, why);
        g_array_set_size(lookup->entries, before);
        if (live_only)
            return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

GArray *
tw_volume_lookup(TwBlobVolume *volume, const TwBlobId *id, gboolean live_only, GError **error)
{
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(TwEntry));
    Lookup lookup = { id, entries };

    tw_lock(&volume->lock);
    for (const Recent *recent = g_hash_table_lookup(volume->recent, id); recent != NULL;
         recent = recent->next)
        g_array_append_val(entries, recent->entry);
    tw_unlock(&volume->lock);
    /* a reader is content with any record; a writer needs to know all of them */
    if ((live_only || entries->len == 0) && !read_catalog(volume, &lookup, live_only, error))
        return NULL;
    for (guint i = entries->len; live_only && i > 0; i--) {
        if (g_array_index(entries, TwEntry, i - 1).state != TW_ENTRY_LIVE)
            g_array_remove_index_fast(entries, i - 1);
    }
    return g_steal_pointer(&entries);
}

gboolean
tw_volume_read_record(
    TwBlobVolume *volume, const TwEntry *entry, TwRecord *ret, TwBuffer *payload, GError **error)
{
    g_autoptr(TwSegment) segment = tw_volume_get_segment(volume, entry->seg);

    if (segment == NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                    "blob segment %" G_GUINT64_FORMAT " is not there", entry->seg);
        return FALSE;
    }
    tw_remote_touch(volume->remote, TW_BUCKET_SEGMENT, entry->seg);
    if (!tw_segment_read(segment, entry->off, ret, payload, error))
        return FALSE;
    if (!tw_blob_id_equal(&ret->id, &entry->id) || ret->value_len != entry->len) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                            "another value lies where the catalog says");
        return FALSE;
    }
    return TRUE;
}

gboolean
tw_volume_pointed_file(TwBlobVolume *volume,
                       const TwEntry *entry,
                       guint64 *ret_serial,
                       GError **error)
{
    g_auto(TwBuffer) payload = TW_BUFFER_INIT(8);
    TwRecord record;

    *ret_serial = entry->serial;
    if (entry->serial != 0)
        return TRUE;
    if (!tw_volume_read_record(volume, entry, &record, &payload, error))
        return FALSE;
    *ret_serial = tw_record_serial(&record, payload.data);
    if (*ret_serial != 0)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                        "a record that should name a file does not");
    return FALSE;
}

/* The file of a large value: the one that lies here, or else the one in the bucket. */
static TwFile *
open_pointed(TwBlobVolume *volume, const TwEntry *entry, GError **error)
{
    g_autofree char *path = NULL;
    g_autoptr(GError) local = NULL;
    guint64 serial;
    TwFile *file;

    if (!tw_volume_pointed_file(volume, entry, &serial, error))
        return NULL;
    path = tw_volume_file_path(volume, serial);
    file = tw_file_open(volume->config.fs, path, TW_FILE_READ, &local);
    if (file != NULL) {
        tw_remote_touch(volume->remote, TW_BUCKET_FILE, serial);
        return file;
    }
    if (volume->remote != NULL && g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND))
        return tw_remote_open_file(volume->remote, TW_BUCKET_FILE, serial, error);
    g_propagate_error(error, g_steal_pointer(&local));
    return NULL;
}

/* What comes over the network is compared with its name. */
static gboolean
check_fetched(
    TwBlobVolume *volume, const TwEntry *entry, const guint8 *value, gsize len, GError **error)
{
    g_autoptr(TwSegment) segment = tw_volume_get_segment(volume, entry->seg);
    TwBlobId id;

    if (segment == NULL || !segment->away)
        return TRUE;
    tw_blob_name(value, len, &id);
    if (tw_blob_id_equal(&id, &entry->id))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                        "the value that came from S3 is not what its name says");
    return FALSE;
}

static gboolean
read_inline(TwBlobVolume *volume,
            const TwEntry *entry,
            guint64 offset,
            gsize len,
            TwBuffer *out,
            GError **error)
{
    g_auto(TwBuffer) payload = TW_BUFFER_INIT(G_MAXUINT32), value = TW_BUFFER_INIT(G_MAXUINT32);
    TwRecord record;

    if (!tw_volume_read_record(volume, entry, &record, &payload, error) ||
        !tw_record_expand(record.codec, payload.data, payload.len, record.value_len, &value,
                          error) ||
        !check_fetched(volume, entry, value.data, value.len, error))
        return FALSE;
    if (offset < value.len)
        tw_buffer_put(out, value.data + offset, MIN(len, value.len - offset));
    if (out->failed)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG,
                            "the value does not fit where it is wanted");
    return !out->failed;
}

gboolean
tw_volume_read_entry(TwBlobVolume *volume,
                     const TwEntry *entry,
                     guint64 offset,
                     gsize len,
                     TwBuffer *out,
                     GError **error)
{
    g_autoptr(TwFile) file = NULL;

    if (entry->codec != TW_RECORD_CODEC_FILE)
        return read_inline(volume, entry, offset, len, out, error);
    file = open_pointed(volume, entry, error);
    return file != NULL && tw_large_read(file, entry->len, offset, len, out, error);
}

gboolean
tw_volume_is_here(TwBlobVolume *volume, const TwEntry *entry)
{
    g_autoptr(TwSegment) segment = tw_volume_get_segment(volume, entry->seg);
    g_autofree char *path = NULL;
    TwFileStat stat;
    guint64 serial;

    if (segment == NULL || (segment->away && entry->serial == 0))
        return FALSE;
    if (entry->codec != TW_RECORD_CODEC_FILE)
        return TRUE;
    if (!tw_volume_pointed_file(volume, entry, &serial, NULL))
        return FALSE;
    path = tw_volume_file_path(volume, serial);
    return tw_file_stat_path(volume->config.fs, path, &stat, NULL);
}

gboolean
tw_volume_verify(TwBlobVolume *volume, const TwEntry *entry, GError **error)
{
    guint8 digest[TW_SHA256_LEN];
    TwSha256 hash;

    tw_sha256_init(&hash);
    for (guint64 at = 0; at < entry->len; at += VERIFY_PIECE) {
        g_auto(TwBuffer) piece = TW_BUFFER_INIT(G_MAXUINT32);
        /* a value in a segment is at most large_bytes: one piece as a rule */
        if (!tw_volume_read_entry(volume, entry, at, VERIFY_PIECE, &piece, error))
            return FALSE;
        tw_sha256_update(&hash, piece.data, piece.len);
    }
    tw_sha256_finish(&hash, digest);
    if (entry->id.bytes[0] != TW_BLOB_SHA256 ||
        memcmp(digest, entry->id.bytes + 1, sizeof digest) != 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                            "the value is not what its name says");
        return FALSE;
    }
    return TRUE;
}

static void
not_found(const TwBlobId *id, GError **error)
{
    g_autofree char *hex = tw_blob_id_to_hex(id);

    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no value %s", hex);
}

gboolean
tw_blob_get_len(TwBlobVolume *volume, const TwBlobId *id, guint64 *ret, GError **error)
{
    g_autoptr(GArray) entries = tw_volume_lookup(volume, id, FALSE, error);

    if (entries == NULL)
        return FALSE;
    if (entries->len == 0) {
        not_found(id, error);
        return FALSE;
    }
    *ret = g_array_index(entries, TwEntry, 0).len;
    return TRUE;
}

/* Whether a lookup gave what the one before it gave. */
static gboolean
is_same(const GArray *entries, const GArray *before)
{
    if (before == NULL || entries->len != before->len)
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const TwEntry *now = &g_array_index(entries, TwEntry, i);
        const TwEntry *then = &g_array_index(before, TwEntry, i);
        if (now->seg != then->seg || now->off != then->off)
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_blob_read(TwBlobVolume *volume,
             const TwBlobId *id,
             guint64 offset,
             gsize len,
             TwBuffer *out,
             GError **error)
{
    g_autoptr(GArray) seen = NULL;
    g_autoptr(GError) last = NULL;

    /* between finding a record and reading it, compaction may have moved it, and again; but numbers of segments never come
     * again, so what is where it was is not on its way */
    for (guint attempt = 0; attempt < MOVES_MOST; attempt++) {
        g_autoptr(GArray) entries = tw_volume_lookup(volume, id, FALSE, error);
        if (entries == NULL)
            return FALSE;
        if (is_same(entries, seen))
            break;
        for (guint i = 0; i < entries->len; i++) {
            gsize before = out->len;
            g_clear_error(&last);
            if (tw_volume_read_entry(volume, &g_array_index(entries, TwEntry, i), offset, len, out,
                                     &last))
                return TRUE;
            out->len = before;
            if (out->failed)
                break;
        }
        g_clear_pointer(&seen, g_array_unref);
        seen = g_steal_pointer(&entries);
    }
    if (last == NULL)
        not_found(id, error);
    else
        g_propagate_error(error, g_steal_pointer(&last));
    return FALSE;
}
