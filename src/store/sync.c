/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Synchronisation: states looked at, one snapshot read by its kind, keys added, what a filter let through kept. */
#include "store/sync.h"

#include "base/error.h"
#include "base/hash.h"
#include "store/sync-private.h"

enum {
    KEYS_AT_ONCE =
        4 /* client-made ids read in one piece for each object that is told of, at most */
};

static void
clear_change(gpointer data)
{
    g_clear_pointer(&((TwSyncChange *) data)->source_key, g_bytes_unref);
}

void
tw_sync_batch_clear(TwSyncBatch *batch)
{
    g_clear_pointer(&batch->changes, g_array_unref);
}

TwStore *
tw_store_for_sync(TwStore *store, guint32 sync)
{
    TwStore *copy = g_memdup2(store, sizeof *store);

    copy->refs = 1;
    copy->source = sync;
    return copy;
}

gboolean
tw_sync_is_own(const TwSyncRun *run, guint64 cn)
{
    guint first = 0, end = run->own != NULL ? run->own->len : 0;

    while (first < end) {
        guint middle = first + (end - first) / 2;
        guint64 other = g_array_index(run->own, guint64, middle);
        if (other == cn)
            return TRUE;
        if (other < cn)
            first = middle + 1;
        else
            end = middle;
    }
    return FALSE;
}

/* ---- keys of what is told ---- */

static gboolean
add_each_key(TwSyncRun *run, GError **error)
{
    GArray *changes = run->ret->changes;

    for (guint i = 0; i < changes->len; i++) {
        TwSyncChange *change = &g_array_index(changes, TwSyncChange, i);
        g_autoptr(GError) failure = NULL;
        change->source_key =
            tw_sql_sync_source_key(run->tx, run->store->number, change->id, &failure);
        if (failure != NULL) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
add_keys_of(TwSyncRun *run, GHashTable *keys, GError **error)
{
    GArray *changes = run->ret->changes;

    for (guint i = 0; i < changes->len; i++) {
        TwSyncChange *change = &g_array_index(changes, TwSyncChange, i);
        GBytes *key = g_hash_table_lookup(keys, GUINT_TO_POINTER(change->id));
        g_autoptr(GError) failure = NULL;
        if (key != NULL)
            change->source_key = g_bytes_ref(key);
        else if ((change->type & 0xf) >= TW_SYNC_SOFT_DELETED)
            change->source_key = tw_sql_sync_gone_key(run->tx, run->store->number,
                                                      TW_KEY_SOURCE_KEY, change->id, &failure);
        if (failure != NULL) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
    return TRUE;
}

/* Keys made by clients are few or many: read in one piece when there are not too many strangers between them. */
static gboolean
add_keys(TwSyncRun *run, GError **error)
{
    g_autoptr(GHashTable) keys =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_bytes_unref);
    guint32 first = G_MAXUINT32, last = 0;
    gboolean all;

    for (guint i = 0; i < run->ret->changes->len; i++) {
        guint32 id = g_array_index(run->ret->changes, TwSyncChange, i).id;
        first = MIN(first, id);
        last = MAX(last, id);
    }
    if (run->ret->changes->len == 0)
        return TRUE;
    if (!tw_sql_sync_source_keys(run->tx, run->store->number, first, last,
                                 run->ret->changes->len * KEYS_AT_ONCE, keys, &all, error))
        return FALSE;
    return all ? add_keys_of(run, keys, error) : add_each_key(run, error);
}

/* ---- states ---- */

static gboolean
begin_again(GError **error, const char *why)
{
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "the client must begin again: %s", why);
    return FALSE;
}

/* By what it is decided which objects of all the client gets. A set of folders is kept whatever the rights are. */
static guint32
filter_of(const TwSyncRun *run)
{
    enum {
        FOLDERS_IN_SIGHT = 1
    };

    if (run->request->see == NULL)
        return tw_sync_filter_hash(run->request->filter);
    return run->state->sync != 0 ? FOLDERS_IN_SIGHT : run->request->see_hash;
}

/* A store that moves to another server, or comes back from an archive, has other numbers in it. */
static guint32
place_of(const TwSyncRun *run)
{
    guint32 numbers[] = { run->store->number, run->request->folder, run->request->kind };
    guint32 hash = tw_crc32c(0, run->store->engine->guid.bytes, TW_GUID_LEN);

    hash = tw_crc32c(hash, numbers, sizeof numbers) >> 8;
    return hash != 0 ? hash : 1;
}

static gboolean
check_state(TwSyncRun *run, GError **error)
{
    const TwSyncState *state = run->state;
    guint64 oldest, floor;

    if (state->cn == 0)
        return TRUE;
    if (state->place != 0 && state->place != place_of(run))
        return begin_again(error, "its state is of another folder");
    if (state->cn > run->row.cn)
        return begin_again(error, "its state is of the future");
    if (run->request->kind == TW_SYNC_CONTENTS && run->folder->hicn <= state->cn)
        return TRUE;
    if (!tw_sql_floor_get(run->tx, run->store->number, 0, &floor, error) ||
        !tw_sql_sync_oldest(run->tx, run->store->number, &oldest, error))
        return FALSE;
    if (state->cn < floor || (oldest == 0 ? state->cn < run->row.cn : state->cn + 1 < oldest))
        return begin_again(error, "its state is older than what is kept");
    return TRUE;
}

static gboolean
open_folder(TwSyncRun *run, GError **error)
{
    run->folder = tw_sql_folder_get(run->tx, run->store->number, run->request->folder, error);
    if (run->folder != NULL && run->folder->state == TW_FOLDER_LIVE)
        return TRUE;
    if (run->folder != NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted",
                    run->request->folder);
    return FALSE;
}

/* Back to what it was, for a closure that may run again. */
static gboolean
reset(TwSyncRun *run, TwDbTx *tx)
{
    run->tx = tx;
    g_clear_pointer(&run->folder, tw_folder_row_free);
    g_clear_pointer(&run->own, g_array_unref);
    g_array_set_size(run->ret->changes, 0);
    run->ret->state = *run->state;
    run->ret->state.filter = filter_of(run);
    run->ret->state.place = place_of(run);
    run->ret->more = FALSE;
    if (run->had != NULL)
        tw_sync_seen_take(run->seen, run->had);
    return TRUE;
}

static gboolean
run_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwSyncRun *run = data;
    gboolean ok = reset(run, tx) && tw_sql_store_get(tx, run->store->number, &run->row, error) &&
                  open_folder(run, error) && check_state(run, error);

    if (ok && run->state->sync != 0) {
        guint64 since = run->state->list != 0 ? 0 : run->state->cn;
        run->own = tw_sql_sync_own_since(tx, run->store->number, run->state->sync, since, error);
        ok = run->own != NULL;
    }
    return ok &&
           (run->request->kind == TW_SYNC_CONTENTS ? tw_sync_run_contents(run, error)
                                                   : tw_sync_run_tree(run, error)) &&
           add_keys(run, error);
}

/* ---- what a filter let through ---- */

typedef struct {
    TwSyncState state;
    GBytes *seen;
} Seen;

static gboolean
get_seen_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Seen *seen = data;
    g_autoptr(GError) failure = NULL;

    g_clear_pointer(&seen->seen, g_bytes_unref);
    seen->seen = tw_sql_sync_seen_get(tx, &seen->state, &failure);
    if (failure == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
set_seen_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Seen *seen = data;
    TwSyncInfo info;

    return tw_sql_sync_id_get(tx, seen->state.sync, &info, error) &&
           tw_sql_sync_seen_set(tx, &seen->state, seen->seen, error);
}

static gboolean
load_seen(TwSyncRun *run, TwSyncSeen *ret, GError **error)
{
    Seen seen = { .state = *run->state };
    guint32 hash = filter_of(run);
    const guint8 *data;
    gsize len;
    gboolean ok;

    if (run->state->cn == 0 || seen.state.sync == 0) {
        if (run->state->cn != 0 && run->state->filter != hash)
            return begin_again(error, "its filter is another one");
        ret->filter = hash;
        if (hash != 0 && seen.state.sync != 0)
            ret->ids = g_hash_table_new(NULL, NULL);
        return TRUE;
    }
    if (!tw_db_read(run->store->engine->server, NULL, get_seen_tx, &seen, error))
        return FALSE;
    if (seen.seen == NULL)
        return hash == 0 || begin_again(error, "what its filter let through is not known");
    data = g_bytes_get_data(seen.seen, &len);
    ok = tw_sync_seen_parse(data, len, ret, error);
    g_bytes_unref(seen.seen);
    return ok && (ret->filter == hash || begin_again(error, "its filter is another one"));
}

static gboolean
keep_seen(const TwSyncRun *run, GError **error)
{
    Seen seen = { .state = run->ret->state };
    gboolean ok;

    if (run->seen == NULL || (run->state->cn == seen.state.cn &&
                              (run->state->list != 0 || run->state->below == seen.state.below)))
        return TRUE;
    seen.seen = tw_sync_seen_write(run->seen);
    ok = tw_db_write(run->store->engine->server, set_seen_tx, &seen, error);
    g_bytes_unref(seen.seen);
    return ok;
}

static gboolean
check_request(const TwSyncRequest *request, GError **error)
{
    if (request->kind == TW_SYNC_CONTENTS ||
        (request->kind == TW_SYNC_HIERARCHY && request->filter == NULL))
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "synchronisation of kind %u",
                (guint) request->kind);
    return FALSE;
}

gboolean
tw_sync_changes(TwStore *store,
                const TwSyncState *state,
                const TwSyncRequest *request,
                TwSyncBatch *ret,
                GError **error)
{
    g_auto(TwSyncSeen) seen = { 0 };
    TwSyncRun run = { .store = store, .state = state, .request = request, .ret = ret };
    gboolean ok;

    *ret = (TwSyncBatch){ 0 };
    if (!check_request(request, error) || !load_seen(&run, &seen, error))
        return FALSE;
    run.seen = seen.ids != NULL ? &seen : NULL;
    run.had = run.seen != NULL && request->see != NULL ? tw_sync_seen_list(&seen) : NULL;
    ret->changes = g_array_new(FALSE, FALSE, sizeof(TwSyncChange));
    g_array_set_clear_func(ret->changes, clear_change);
    ok = tw_store_read(store, run_tx, &run, error) && keep_seen(&run, error);
    g_clear_pointer(&run.folder, tw_folder_row_free);
    g_clear_pointer(&run.own, g_array_unref);
    g_clear_pointer(&run.had, g_array_unref);
    if (!ok)
        tw_sync_batch_clear(ret);
    return ok;
}
