/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What went wrong with the files of a volume: told, looked for, and put right where that is possible. */
#include "blob/remote-private.h"

void
tw_volume_trouble(TwBlobVolume *volume, const char *path, const GError *why)
{
    if (volume->config.trouble != NULL)
        volume->config.trouble(volume->config.trouble_data, path, why);
}

void
tw_volume_catalog_trouble(TwBlobVolume *volume, const GError *why)
{
    g_autofree char *path = g_build_filename(volume->path, "catalog.db", NULL);

    tw_volume_trouble(volume, path, why);
}

gboolean
tw_blob_is_suspect(TwBlobVolume *volume)
{
    return tw_db_state(volume->catalog) == TW_DB_SUSPECT;
}

gboolean
tw_blob_reopen(TwBlobVolume *volume, GError **error)
{
    return tw_db_reopen(volume->catalog, error);
}

static gboolean
check_catalog(TwDbTx *tx, gpointer data, GError **error)
{
    char **wrong = data;

    g_clear_pointer(wrong, g_free);
    return tw_catalog_check(tx, wrong, error);
}

static void
inspect_catalog(TwBlobVolume *volume, TwBlobInspected found, gpointer data)
{
    g_autofree char *path = g_build_filename(volume->path, "catalog.db", NULL);
    g_autofree char *wrong = NULL;
    g_autoptr(GError) why = NULL;

    if (!tw_db_read(volume->catalog, NULL, check_catalog, &wrong, &why))
        found(path, why->message, data);
    else if (wrong != NULL)
        found(path, wrong, data);
}

static GArray *
list_segments(TwBlobVolume *volume)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint64));
    GHashTableIter iter;
    gpointer value;

    tw_lock(&volume->lock);
    g_hash_table_iter_init(&iter, volume->segments);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_array_append_val(numbers, ((const TwSegment *) value)->number);
    tw_unlock(&volume->lock);
    return numbers;
}

void
tw_blob_inspect(TwBlobVolume *volume, TwBlobInspected found, gpointer data)
{
    g_autoptr(GArray) numbers = list_segments(volume);

    inspect_catalog(volume, found, data);
    for (guint i = 0; i < numbers->len; i++) {
        guint64 number = g_array_index(numbers, guint64, i);
        g_autoptr(TwSegment) here = NULL, known = tw_volume_get_segment(volume, number);
        g_autofree char *path = tw_volume_segment_path(volume, number);
        g_autoptr(GError) why = NULL;
        if (known == NULL || known->away)
            continue;
        here = tw_segment_open(volume->config.fs, path, &volume->guid, &why);
        g_clear_pointer(&known, tw_segment_unref);
        known = tw_volume_get_segment(volume, number);
        if (here == NULL && known != NULL && !known->away) /* else it went meanwhile */
            found(path, why->message, data);
    }
    tw_remote_inspect(volume->remote, found, data);
}
