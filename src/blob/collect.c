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
#include "blob/remote-private.h"

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
doom_unused(TwDbTx *tx, guint64 serial, GError **error)
{
    gboolean used = TRUE;

    return (serial == 0 || tw_bucket_file_used(tx, serial, &used, error)) &&
           (used || tw_bucket_doom(tx, TW_BUCKET_FILE, serial, error));
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
        if (!tw_catalog_drop(tx, entry, error) || !doom_unused(tx, entry->serial, error))
            return FALSE;
        g_array_append_val(verdict->dropped, *entry);
    }
    return TRUE;
}

typedef struct {
    guint64 serial;
    gboolean used;
} Doomed;

static gboolean
doom_file(TwDbTx *tx, gpointer data, GError **error)
{
    Doomed *doomed = data;

    return doom_unused(tx, doomed->serial, error) &&
           tw_bucket_file_used(tx, doomed->serial, &doomed->used, error);
}

/* A file that stays behind costs space, nothing else. */
void
tw_volume_drop_file(TwBlobVolume *volume, guint64 serial)
{
    g_autofree char *path = tw_volume_file_path(volume, serial);
    Doomed doomed = { .serial = serial };

    if (!tw_db_write(volume->catalog, doom_file, &doomed, NULL) || doomed.used)
        return;
    (void) tw_file_unlink(volume->config.fs, path, NULL);
    tw_remote_drop_copy(volume->remote, TW_BUCKET_FILE, serial, G_MAXUINT32);
    tw_remote_poke(volume->remote);
}

static gboolean
drop_value(TwBlobVolume *volume, const TwBlobId *id, GError **error)
{
    Verdict verdict = { id, g_array_new(FALSE, FALSE, sizeof(TwEntry)) };
    gboolean ok = tw_db_write(volume->catalog, drop, &verdict, error);

    for (guint i = 0; ok && i < verdict.dropped->len; i++) {
        const TwEntry *entry = &g_array_index(verdict.dropped, TwEntry, i);
        guint64 serial;
        if (entry->codec == TW_RECORD_CODEC_FILE &&
            tw_volume_pointed_file(volume, entry, &serial, NULL))
            tw_volume_drop_file(volume, serial);
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
