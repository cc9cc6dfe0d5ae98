/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "blob/volume-private.h"

#include "base/error.h"

#include <string.h>

enum {
    PAGE = 256
};

typedef struct {
    TwBlobId after;
    GArray *entries;
} Page;

static gboolean
read_page(TwDbTx *tx, gpointer data, GError **error)
{
    Page *page = data;

    g_array_set_size(page->entries, 0);
    return tw_catalog_after(tx, &page->after, PAGE, page->entries, error);
}

/* The last name of a full page may have more entries on the next one: it is left to that. */
static void
trim_page(GArray *entries)
{
    guint len = entries->len;

    if (len < PAGE)
        return;
    while (len > 0 && tw_blob_id_equal(&g_array_index(entries, TwEntry, len - 1).id,
                                       &g_array_index(entries, TwEntry, PAGE - 1).id))
        len--;
    if (len > 0)
        g_array_set_size(entries, len);
}

/* TRUE if the entry was collected or moved since the page was read: then what it said no longer matters. */
static gboolean
is_gone(TwBlobVolume *volume, const TwEntry *entry)
{
    g_autoptr(GArray) now = tw_volume_lookup(volume, &entry->id, FALSE, NULL);

    for (guint i = 0; now != NULL && i < now->len; i++) {
        const TwEntry *other = &g_array_index(now, TwEntry, i);
        if (other->seg == entry->seg && other->off == entry->off)
            return FALSE;
    }
    return now != NULL;
}

/* A server that is away says nothing of a value. */
static gboolean
look_at(TwBlobVolume *volume,
        const TwEntry *entry,
        TwBlobDamaged damaged,
        gpointer data,
        GError **error)
{
    g_autoptr(GError) why = NULL;

    if (tw_volume_verify(volume, entry, &why) || is_gone(volume, entry))
        return TRUE;
    if (g_error_matches(why, TW_ERROR, TW_ERROR_BUSY) ||
        g_error_matches(why, TW_ERROR, TW_ERROR_TIMEOUT) ||
        g_error_matches(why, TW_ERROR, TW_ERROR_CANCELLED)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    damaged(&entry->id, why, data);
    return TRUE;
}

gboolean
tw_blob_scrub(TwBlobVolume *volume,
              TwBlobId *after,
              guint64 max_bytes,
              TwBlobDamaged damaged,
              gpointer data,
              guint64 *ret_count,
              GError **error)
{
    Page page = { .after = *after, .entries = g_array_new(FALSE, FALSE, sizeof(TwEntry)) };
    guint64 bytes = 0, count = 0;
    gboolean ok, more = TRUE;

    g_mutex_lock(&volume->house);
    ok = tw_volume_flush(volume, error);
    while (ok && more && bytes < max_bytes) {
        ok = tw_db_read(volume->catalog, NULL, read_page, &page, error);
        more = page.entries->len == PAGE;
        trim_page(page.entries);
        for (guint i = 0; ok && i < page.entries->len; i++) {
            const TwEntry *entry = &g_array_index(page.entries, TwEntry, i);
            ok = look_at(volume, entry, damaged, data, error);
            if (!ok)
                break;
            page.after = entry->id;
            bytes += entry->stored;
            count++;
        }
    }
    g_mutex_unlock(&volume->house);
    *after = page.after;
    if (ok && !more)
        memset(after, 0, sizeof *after);
    if (ret_count != NULL)
        *ret_count = count;
    g_array_free(page.entries, TRUE);
    return ok;
}
