/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The collector. Each step may be the last before a crash:
 *
 *   hinted     -> condemned   durably; from now on a writer that meets the value stores a new record
 *   condemned  -> (wait)      until every use that began before is over: its row, if any, is committed
 *   condemned  -> live        when some row names the value
 *   condemned  -> dropped     when none does
 *
 * A crash leaves "condemned", which is taken up first the next time.
 */
#include "blob/volume-private.h"

#include "base/error.h"

typedef struct {
    const TwBlobId *ids;
    guint count;
    gint64 since;
} Hints;

static gboolean
write_hints(TwDbTx *tx, gpointer data, GError **error)
{
    const Hints *hints = data;

    for (guint i = 0; i < hints->count; i++) {
        if (!tw_catalog_hint(tx, &hints->ids[i], hints->since, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_blob_hint(TwBlobVolume *volume, const TwBlobId *ids, guint count, gint64 now_us, GError **error)
{
    Hints hints = { ids, count, now_us };

    return tw_db_write(volume->catalog, write_hints, &hints, error);
}

static gboolean
write_all_hints(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_catalog_hint_all(tx, *(const gint64 *) data, error);
}

gboolean
tw_blob_hint_all(TwBlobVolume *volume, gint64 now_us, GError **error)
{
    return tw_volume_flush(volume, error) &&
           tw_db_write(volume->catalog, write_all_hints, &now_us, error);
}

typedef struct {
    gint64 before;
    guint max;
    GArray *ids;
} Candidates;

static gboolean
read_candidates(TwDbTx *tx, gpointer data, GError **error)
{
    Candidates *c = data;

    return tw_catalog_candidates(tx, c->before, c->max, c->ids, error);
}

static gboolean
condemn_all(TwDbTx *tx, gpointer data, GError **error)
{
    const GArray *ids = data;

    for (guint i = 0; i < ids->len; i++) {
        const TwBlobId *id = &g_array_index(ids, TwBlobId, i);
        if (!tw_catalog_set_state(tx, id, TW_ENTRY_LIVE, TW_ENTRY_CONDEMNED, error) ||
            !tw_catalog_unhint(tx, id, error))
            return FALSE;
    }
    return TRUE;
}

/* Waits until every use that began before this call is over. */
static void
wait_for_uses(TwBlobVolume *volume)
{
    guint phase;

    tw_lock(&volume->lock);
    phase = volume->use_phase;
    volume->use_phase = 1 - phase;
    while (volume->uses[phase] > 0)
        tw_volume_wait(volume);
    tw_unlock(&volume->lock);
}

typedef struct {
    const TwBlobId *id;
    GArray *dropped; /* of TwEntry */
} Verdict;

static gboolean
acquit(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_catalog_set_state(tx, ((Verdict *) data)->id, TW_ENTRY_CONDEMNED, TW_ENTRY_LIVE,
                                error);
}

static gboolean
drop(TwDbTx *tx, gpointer data, GError **error)
{
    Verdict *verdict = data;
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(TwEntry));

    g_array_set_size(verdict->dropped, 0);
    if (!tw_catalog_find(tx, verdict->id, entries, error))
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const TwEntry *entry = &g_array_index(entries, TwEntry, i);
        if (entry->state != TW_ENTRY_CONDEMNED)
            continue;
        if (!tw_catalog_drop(tx, entry, error))
            return FALSE;
        g_array_append_val(verdict->dropped, *entry);
    }
    return TRUE;
}

/* A file goes when the last entry that shares its record is gone. */
static void
unlink_file(TwBlobVolume *volume, const TwBlobId *id, const TwEntry *dropped, const char *path)
{
    g_autoptr(GArray) left = tw_volume_lookup(volume, id, FALSE, NULL);

    for (guint i = 0; left != NULL && i < left->len; i++) {
        const TwEntry *entry = &g_array_index(left, TwEntry, i);
        if (entry->seg == dropped->seg && entry->off == dropped->off)
            return;
    }
    /* a file that stays behind costs space, nothing else */
    if (left != NULL)
        (void) tw_file_unlink(volume->config.fs, path, NULL);
}

static gboolean
drop_value(TwBlobVolume *volume, const TwBlobId *id, GError **error)
{
    Verdict verdict = { id, g_array_new(FALSE, FALSE, sizeof(TwEntry)) };
    gboolean ok = tw_db_write(volume->catalog, drop, &verdict, error);

    for (guint i = 0; ok && i < verdict.dropped->len; i++) {
        const TwEntry *entry = &g_array_index(verdict.dropped, TwEntry, i);
        g_autofree char *path = NULL;
        if (entry->codec == TW_RECORD_CODEC_FILE &&
            tw_volume_pointed_file(volume, entry, &path, NULL))
            unlink_file(volume, id, entry, path);
    }
    g_array_free(verdict.dropped, TRUE);
    return ok;
}

static gboolean
judge(TwBlobVolume *volume,
      const TwBlobCollect *how,
      const TwBlobId *id,
      TwBlobCollected *ret,
      GError **error)
{
    Verdict verdict = { .id = id };
    gboolean used = TRUE;

    if (!how->is_used(id, &used, how->data, error))
        return FALSE;
    ret->looked_at++;
    if (used) {
        ret->kept++;
        return tw_db_write(volume->catalog, acquit, &verdict, error);
    }
    ret->dropped++;
    return drop_value(volume, id, error);
}

gboolean
tw_blob_collect(TwBlobVolume *volume,
                const TwBlobCollect *how,
                TwBlobCollected *ret,
                GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(TwBlobId));
    Candidates candidates = { .before = how->now_us - how->grace_us, .max = how->max, .ids = ids };
    gboolean ok;

    *ret = (TwBlobCollected){ 0 };
    g_mutex_lock(&volume->house);
    ok = tw_volume_flush(volume, error) &&
         tw_db_read(volume->catalog, NULL, read_candidates, &candidates, error) &&
         tw_db_write(volume->catalog, condemn_all, ids, error);
    if (ok)
        wait_for_uses(volume);
    for (guint i = 0; ok && i < ids->len; i++)
        ok = judge(volume, how, &g_array_index(ids, TwBlobId, i), ret, error);
    g_mutex_unlock(&volume->house);
    return ok;
}
