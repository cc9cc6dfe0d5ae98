/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Whether the bucket is what the volume takes it for: at the start, in a check, and after the catalog was lost.
 *
 * The object "PREFIX/volume" marks a bucket that has objects of the volume; it holds the volume's GUID.
 */
#include "blob/remote-private.h"

#include <string.h>

#include "base/error.h"
#include "base/number.h"

/* ---- at the start ---- */

static gboolean
read_known(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_fact_get(tx, "bucket", data, error);
}

/* The mark is there if the volume's objects are. A new one also shows that the account may put and read. */
static gboolean
check_mark(TwRemote *remote, gboolean known, GError **error)
{
    const TwGuid *guid = &remote->volume->guid;
    g_autofree char *key = g_strconcat(remote->prefix, "/volume", NULL);
    g_auto(TwBuffer) mark = TW_BUFFER_INIT(sizeof guid->bytes);
    g_autoptr(GError) local = NULL;
    TwS3Object object;

    if (tw_s3_get(remote->s3, key, NULL, 0, sizeof guid->bytes, &mark, &local)) {
        if (memcmp(mark.data, guid->bytes, sizeof guid->bytes) == 0)
            return TRUE;
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s/%s: it is not of this data folder",
                    tw_s3_place(remote->s3), key);
        return FALSE;
    }
    if (!g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (known) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "%s: the values of this data folder do not lie in this bucket",
                    tw_s3_place(remote->s3));
        return FALSE;
    }
    return tw_s3_put(remote->s3, key, guid->bytes, sizeof guid->bytes, &object, error);
}

/* An object of a name of its own comes and goes. */
static gboolean
check_rights(TwRemote *remote, GError **error)
{
    g_autofree char *key = g_strconcat(remote->prefix, "/probe", NULL);
    g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(TwS3Listed));
    TwS3Object object;

    g_array_set_clear_func(listed, tw_s3_listed_clear);
    return tw_s3_put(remote->s3, key, "probe", 5, &object, error) &&
           tw_s3_list(remote->s3, key, listed, error) && tw_s3_delete(remote->s3, key, error);
}

gboolean
tw_remote_check_access(TwRemote *remote, GError **error)
{
    g_autofree char *known = NULL;

    return tw_db_read(remote->volume->catalog, NULL, read_known, &known, error) &&
           check_mark(remote, known != NULL, error) && check_rights(remote, error);
}

/* ---- in a check ---- */

typedef struct {
    GArray *rows; /* of TwBucketRow */
} Rows;

static gboolean
read_rows(TwDbTx *tx, gpointer data, GError **error)
{
    const Rows *rows = data;

    g_array_set_size(rows->rows, 0);
    return tw_bucket_all(tx, rows->rows, error);
}

/* What the list had not yet, or says otherwise, is asked for once more by name: it may have been put meanwhile. */
static void
inspect_row(TwRemote *remote,
            const TwBucketRow *row,
            const TwS3Listed *listed,
            TwBlobInspected found,
            gpointer data)
{
    g_autofree char *key = tw_remote_key(remote, row);
    g_autofree char *path = g_strdup_printf("%s/%s", tw_s3_place(remote->s3), key);
    g_autoptr(GError) why = NULL;
    TwS3Object object;

    if (row->state != TW_BUCKET_THERE ||
        (listed != NULL && listed->size == row->size && strcmp(listed->etag, row->etag) == 0))
        return;
    if (!tw_s3_head(remote->s3, key, &object, &why))
        found(path, why->message, data);
    else if (object.size != row->size)
        found(path, "it has another length than what was put there", data);
    else if (strcmp(object.etag, row->etag) != 0)
        found(path, "it has another entity tag than what was put there", data);
}

static gboolean
is_open_segment(TwRemote *remote, const char *key)
{
    TwBlobVolume *volume = remote->volume;
    GHashTableIter iter;
    gpointer value;
    gboolean ours = FALSE;

    tw_lock(&volume->lock);
    g_hash_table_iter_init(&iter, volume->segments);
    while (!ours && g_hash_table_iter_next(&iter, NULL, &value)) {
        g_autofree char *name = tw_remote_segment_key(remote, ((const TwSegment *) value)->number);
        ours = strcmp(name, key) == 0;
    }
    tw_unlock(&volume->lock);
    return ours;
}

static void
inspect_listed(
    TwRemote *remote, const GArray *listed, GHashTable *known, TwBlobInspected found, gpointer data)
{
    g_autofree char *mark = g_strconcat(remote->prefix, "/volume", NULL);
    g_autofree char *probe = g_strconcat(remote->prefix, "/probe", NULL);

    for (guint i = 0; i < listed->len; i++) {
        const char *key = g_array_index(listed, TwS3Listed, i).key;
        g_autofree char *path = NULL;
        if (strcmp(key, mark) == 0 || strcmp(key, probe) == 0 ||
            g_hash_table_contains(known, key) || is_open_segment(remote, key))
            continue;
        path = g_strdup_printf("%s/%s", tw_s3_place(remote->s3), key);
        found(path, "no value lies in this object: it costs room, nothing else", data);
    }
}

void
tw_remote_inspect(TwRemote *remote, TwBlobInspected found, gpointer data)
{
    g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(TwS3Listed));
    g_autoptr(GHashTable) by_key = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *prefix = NULL;
    g_autoptr(GError) why = NULL;
    Rows rows;

    if (remote == NULL)
        return;
    rows.rows = g_array_new(FALSE, FALSE, sizeof(TwBucketRow));
    prefix = g_strconcat(remote->prefix, "/", NULL);
    g_array_set_clear_func(listed, tw_s3_listed_clear);
    if (!tw_s3_list(remote->s3, prefix, listed, &why) ||
        !tw_db_read(remote->volume->catalog, NULL, read_rows, &rows, &why)) {
        found(tw_s3_place(remote->s3), why->message, data);
        g_array_free(rows.rows, TRUE);
        return;
    }
    for (guint i = 0; i < listed->len; i++) {
        TwS3Listed *object = &g_array_index(listed, TwS3Listed, i);
        g_hash_table_insert(by_key, object->key, object);
    }
    for (guint i = 0; i < rows.rows->len; i++) {
        const TwBucketRow *row = &g_array_index(rows.rows, TwBucketRow, i);
        char *key = tw_remote_key(remote, row);
        inspect_row(remote, row, g_hash_table_lookup(by_key, key), found, data);
        g_hash_table_add(known, key);
    }
    inspect_listed(remote, listed, known, found, data);
    g_array_free(rows.rows, TRUE);
}

/* ---- after a loss ---- */

static gboolean
fetch_segment(TwRemote *remote, const TwS3Listed *object, guint64 number, GError **error)
{
    TwBlobVolume *volume = remote->volume;
    TwFileSystem *fs = volume->config.fs;
    g_autofree char *to = tw_volume_segment_path(volume, number);
    g_autofree char *from =
        g_strdup_printf("%s/incoming/%016" G_GINT64_MODIFIER "x", volume->path, number);
    g_autoptr(TwFile) file = NULL;
    TwFileStat stat;

    if (tw_file_stat_path(fs, to, &stat, NULL))
        return TRUE;
    file = tw_file_open(fs, from, TW_FILE_WRITE | TW_FILE_CREATE, error);
    if (file == NULL)
        return FALSE;
    for (guint64 at = 0; at < object->size; at += TW_REMOTE_WINDOW) {
        g_auto(TwBuffer) piece = TW_BUFFER_INIT(TW_REMOTE_WINDOW);
        if (!tw_s3_get(remote->s3, object->key, object->etag, at,
                       MIN((guint64) TW_REMOTE_WINDOW, object->size - at), &piece, error) ||
            !tw_file_write(file, at, piece.data, piece.len, error))
            return FALSE;
    }
    return tw_file_sync(file, error) && tw_file_rename(fs, from, to, FALSE, error);
}

/* The catalog that is made anew from the segments needs all of them. Files of large values are found there by name, when the
 * carrier comes to look for them. */
gboolean
tw_remote_restore_segments(TwRemote *remote, GError **error)
{
    g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(TwS3Listed));
    g_autofree char *prefix = g_strconcat(remote->prefix, "/segments/", NULL);
    g_autofree char *folder = g_build_filename(remote->volume->path, "segments", NULL);

    g_array_set_clear_func(listed, tw_s3_listed_clear);
    if (!tw_s3_list(remote->s3, prefix, listed, error))
        return FALSE;
    for (guint i = 0; i < listed->len; i++) {
        const TwS3Listed *object = &g_array_index(listed, TwS3Listed, i);
        const char *name = object->key + strlen(prefix);
        guint64 number;
        if (strlen(name) == 16 && tw_parse_hex_u64(name, 16, &number) &&
            !fetch_segment(remote, object, number, error))
            return FALSE;
    }
    return listed->len == 0 || tw_file_sync_dir(remote->volume->config.fs, folder, error);
}
