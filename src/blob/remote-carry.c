/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The carrier. What it does is found in the catalog and in the segments each time, so that nothing is lost with the thread. A
 * file that was put is there only once the catalog says so; a crash before puts it again, under the same name.
 *
 * While the server is away, the carrier tells it once, waits longer and longer, and tells when it is back.
 */
#include "blob/remote-private.h"

#include "base/error.h"
#include "base/random.h"

enum {
    PAGE = 16,
    POLL_US = 5 * 1000 * 1000,
    FIRST_WAIT_US = 1000 * 1000,
    MOST_WAIT_US = 60 * 1000 * 1000,
};

typedef struct {
    TwBucketState state;
    GArray *rows; /* of TwBucketRow */
} Page;

static gboolean
read_page(TwDbTx *tx, gpointer data, GError **error)
{
    const Page *page = data;

    g_array_set_size(page->rows, 0);
    return tw_bucket_in_state(tx, page->state, PAGE, page->rows, error);
}

static gboolean
is_closing(TwRemote *remote)
{
    gboolean closing;

    tw_lock(&remote->lock);
    closing = remote->closing;
    tw_unlock(&remote->lock);
    return closing;
}

/* ---- what is doomed ---- */

static gboolean
drop_row(TwDbTx *tx, gpointer data, GError **error)
{
    const TwBucketRow *row = data;

    return tw_bucket_drop(tx, (TwBucketKind) row->kind, row->number, error);
}

static gboolean
delete_doomed(TwRemote *remote, guint *ret_done, GError **error)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(TwBucketRow));
    Page page = { TW_BUCKET_DOOMED, rows };

    if (!tw_db_read(remote->volume->catalog, NULL, read_page, &page, error))
        return FALSE;
    for (guint i = 0; i < rows->len && !is_closing(remote); i++) {
        TwBucketRow *row = &g_array_index(rows, TwBucketRow, i);
        g_autofree char *key = tw_remote_key(remote, row);
        if (!tw_s3_delete(remote->s3, key, error) ||
            !tw_db_write(remote->volume->catalog, drop_row, row, error))
            return FALSE;
        (*ret_done)++;
    }
    return TRUE;
}

/* ---- files ---- */

/* One whose entry went while it was put has no row any more: then it shall be deleted. */
static gboolean
write_there(TwDbTx *tx, gpointer data, GError **error)
{
    const TwBucketRow *there = data;
    TwBucketRow row = { 0 }, next = *there;
    gboolean found;

    if (!tw_bucket_get(tx, (TwBucketKind) there->kind, there->number, &row, &found, error))
        return FALSE;
    next.state = found && row.state != TW_BUCKET_DOOMED ? TW_BUCKET_THERE : TW_BUCKET_DOOMED;
    return tw_bucket_put(tx, &next, error);
}

static void
refuse_file(TwRemote *remote, guint64 serial)
{
    tw_lock(&remote->lock);
    g_hash_table_add(remote->refused, g_memdup2(&serial, sizeof serial));
    tw_unlock(&remote->lock);
}

static gboolean
is_refused(TwRemote *remote, guint64 serial)
{
    gboolean refused;

    tw_lock(&remote->lock);
    refused = g_hash_table_contains(remote->refused, &serial);
    tw_unlock(&remote->lock);
    return refused;
}

/* Whether the server, and not our own disk, was what failed. */
static gboolean
is_of_server(const GError *error)
{
    static const TwError ours[] = { TW_ERROR_NOT_FOUND, TW_ERROR_FAILED };

    for (guint i = 0; i < G_N_ELEMENTS(ours); i++) {
        if (g_error_matches(error, TW_ERROR, (int) ours[i]))
            return FALSE;
    }
    return TRUE;
}

static gboolean
put_file(TwRemote *remote, TwBucketRow *row, GError **error)
{
    TwBlobVolume *volume = remote->volume;
    g_autofree char *path = tw_volume_file_path(volume, row->number);
    g_autofree char *key = tw_remote_key(remote, row);
    g_autoptr(GError) local = NULL;
    g_autoptr(TwFile) file = tw_file_open(volume->config.fs, path, TW_FILE_READ, &local);
    TwS3Object object;
    TwFileStat stat;

    if (file == NULL && g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        /* collected meanwhile; or put by a process that could not say so any more */
        g_clear_error(&local);
        if (!tw_s3_head(remote->s3, key, &object, &local)) {
            if (!g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND)) {
                g_propagate_error(error, g_steal_pointer(&local));
                return FALSE;
            }
            return tw_db_write(volume->catalog, drop_row, row, error);
        }
    } else if (file == NULL || !tw_file_stat(file, &stat, &local) ||
               !tw_s3_put_file(remote->s3, key, file, stat.size, &object, &local)) {
        if (!is_of_server(local)) {
            refuse_file(remote, row->number);
            tw_volume_trouble(volume, path, local);
            return TRUE;
        }
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (row->state == TW_BUCKET_WAITING)
        tw_remote_take_waiting(remote, row->size);
    row->size = object.size;
    (void) g_strlcpy(row->etag, object.etag, sizeof row->etag);
    if (!tw_db_write(volume->catalog, write_there, row, error))
        return FALSE;
    if (file != NULL)
        tw_remote_add_copy(remote, TW_BUCKET_FILE, row->number, G_MAXUINT32, row->size);
    return TRUE;
}

static gboolean
put_files(TwRemote *remote, TwBucketState state, guint *ret_done, GError **error)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(TwBucketRow));
    Page page = { state, rows };
    guint done;

    do {
        done = 0;
        if (!tw_db_read(remote->volume->catalog, NULL, read_page, &page, error))
            return FALSE;
        for (guint i = 0; i < rows->len && !is_closing(remote); i++) {
            TwBucketRow *row = &g_array_index(rows, TwBucketRow, i);
            if (is_refused(remote, row->number))
                continue;
            if (!put_file(remote, row, error))
                return FALSE;
            done++;
        }
        *ret_done += done;
    } while (done > 0 && state == TW_BUCKET_WAITING);
    return TRUE;
}

/* ---- segments ---- */

/* A segment of which more is durable than is there, with a reference; the open one only if wanted. */
static TwSegment *
next_segment(TwRemote *remote, gboolean with_open, guint64 *ret_end)
{
    TwBlobVolume *volume = remote->volume;
    GHashTableIter iter;
    gpointer value;
    TwSegment *found = NULL;

    tw_lock(&volume->lock);
    g_hash_table_iter_init(&iter, volume->segments);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        TwSegment *segment = value;
        gboolean whole = segment->closed && segment->durable == segment->end;
        if (segment->proven >= segment->durable || (!whole && !with_open) ||
            (segment->durable == TW_SEGMENT_HEADER_LEN && !whole))
            continue;
        if (found == NULL || segment->number < found->number)
            found = segment;
    }
    if (found != NULL) {
        tw_segment_ref(found);
        *ret_end = found->durable;
    }
    tw_unlock(&volume->lock);
    return found;
}

static gboolean
put_there(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_bucket_put(tx, data, error);
}

static gboolean
doom_row(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_bucket_doom(tx, TW_BUCKET_SEGMENT, ((TwBucketRow *) data)->number, error);
}

static gboolean
put_segment(TwRemote *remote, TwSegment *segment, guint64 end, GError **error)
{
    TwBlobVolume *volume = remote->volume;
    g_autofree char *key = tw_remote_segment_key(remote, segment->number);
    TwBucketRow row = {
        .kind = TW_BUCKET_SEGMENT, .number = segment->number, .size = end, .state = TW_BUCKET_THERE
    };
    gboolean known, whole;
    guint64 before;
    TwS3Object object;

    if (!tw_s3_put_file(remote->s3, key, segment->file, end, &object, error))
        return FALSE;
    (void) g_strlcpy(row.etag, object.etag, sizeof row.etag);
    if (!tw_db_write(volume->catalog, put_there, &row, error))
        return FALSE;
    tw_lock(&volume->lock);
    known = g_hash_table_lookup(volume->segments, &segment->number) == segment;
    before = segment->proven;
    segment->proven = end;
    whole = segment->closed && segment->end == end;
    tw_unlock(&volume->lock);
    if (!known)
        return tw_db_write(volume->catalog, doom_row, &row, error);
    if (segment->number >= remote->backlog)
        tw_remote_take_waiting(remote, end - before);
    if (whole)
        tw_remote_add_copy(remote, TW_BUCKET_SEGMENT, segment->number, G_MAXUINT32, segment->size);
    return TRUE;
}

static gboolean
put_segments(TwRemote *remote, gboolean with_open, guint *ret_done, GError **error)
{
    guint64 last = 0, end = 0;

    while (!is_closing(remote)) {
        g_autoptr(TwSegment) segment = next_segment(remote, with_open, &end);
        if (segment == NULL || (segment->number == last && with_open))
            break;
        if (!put_segment(remote, segment, end, error))
            return FALSE;
        last = segment->number;
        (*ret_done)++;
    }
    return TRUE;
}

gboolean
tw_remote_put_waiting(TwRemote *remote, gboolean with_open, guint *ret_done, GError **error)
{
    gboolean ok;

    *ret_done = 0;
    g_mutex_lock(&remote->carry);
    ok = put_files(remote, TW_BUCKET_WAITING, ret_done, error) &&
         put_segments(remote, with_open, ret_done, error);
    g_mutex_unlock(&remote->carry);
    return ok;
}

/* ---- the thread ---- */

static gboolean
carry_round(TwRemote *remote, guint *ret_done, GError **error)
{
    gboolean ok;

    if (!tw_remote_put_waiting(remote, FALSE, ret_done, error))
        return FALSE;
    g_mutex_lock(&remote->carry);
    ok = delete_doomed(remote, ret_done, error) &&
         put_files(remote, TW_BUCKET_BACKLOG, ret_done, error);
    g_mutex_unlock(&remote->carry);
    return ok && tw_remote_count_waiting(remote, error);
}

gboolean
tw_blob_carry(TwBlobVolume *volume, GError **error)
{
    TwRemote *remote = volume->remote;
    guint done = 0;

    if (!tw_volume_flush(volume, error))
        return FALSE;
    do {
        if (remote != NULL && !carry_round(remote, &done, error))
            return FALSE;
    } while (done > 0);
    if (remote != NULL)
        tw_remote_evict(remote);
    return TRUE;
}

/* Tells a change, and nothing else: a server that stays away is one line. */
static void
note_away(TwRemote *remote, const GError *why)
{
    gboolean changed;

    tw_lock(&remote->lock);
    changed = remote->is_away != (why != NULL);
    remote->is_away = why != NULL;
    tw_unlock(&remote->lock);
    if (changed && !is_closing(remote))
        tw_volume_trouble(remote->volume, tw_s3_place(remote->s3), why);
}

gpointer
tw_remote_carry(gpointer data)
{
    TwRemote *remote = data;
    gint64 wait = FIRST_WAIT_US;

    while (!is_closing(remote)) {
        g_autoptr(GError) error = NULL;
        guint done = 0;
        gboolean ok = carry_round(remote, &done, &error);
        gint64 until;

        note_away(remote, error);
        tw_remote_evict(remote);
        if (ok && done > 0) {
            wait = FIRST_WAIT_US;
            continue;
        }
        until = g_get_monotonic_time() +
                (ok ? POLL_US : wait / 2 + (gint64) (tw_random_u64() % (guint64) wait));
        wait = ok ? FIRST_WAIT_US : MIN(wait * 2, MOST_WAIT_US);
        tw_lock(&remote->lock);
        while (!remote->closing && !(ok && remote->poked) &&
               tw_lock_wait(&remote->lock, &remote->wake, until))
            ;
        remote->poked = FALSE;
        tw_unlock(&remote->lock);
    }
    return NULL;
}
