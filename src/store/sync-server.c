/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Synchronisation of the whole server, for those who index it. Change numbers are of one store each, so the consumer gets a
 * number that stands for all of them: under it the server keeps how far the consumer is in each store.
 */
#include "base/cursor.h"
#include "base/error.h"
#include "store/sync-private.h"

enum {
    ROW_LEN = 12 /* bytes: u32 store, u64 cn */
};

typedef struct {
    TwEngine *engine;
    const TwSyncState *state;
    guint flags, max;
    TwSyncServerBatch *ret;
    GHashTable *known; /* store -> guint64 *, owned: how far the consumer is */
    GHashTable *now;   /* the same, as it is; of stores that are there */
} Run;

static void
set_cn(GHashTable *table, guint32 store, guint64 cn)
{
    g_hash_table_insert(table, GUINT_TO_POINTER(store), g_memdup2(&cn, sizeof cn));
}

static guint64
get_cn(GHashTable *table, guint32 store)
{
    const guint64 *cn = g_hash_table_lookup(table, GUINT_TO_POINTER(store));

    return cn != NULL ? *cn : 0;
}

/* ---- how far it is ---- */

static GBytes *
write_places(GHashTable *places)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
    GHashTableIter iter;
    gpointer store, cn;

    g_hash_table_iter_init(&iter, places);
    while (g_hash_table_iter_next(&iter, &store, &cn)) {
        tw_buffer_put_u32le(&out, GPOINTER_TO_UINT(store));
        tw_buffer_put_u64le(&out, *(const guint64 *) cn);
    }
    return tw_buffer_steal_bytes(&out, NULL);
}

static gboolean
parse_places(GBytes *bytes, GHashTable *places, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    TwCursor cur = tw_cursor_init(data, len);
    guint32 store;
    guint64 cn;

    while (cur.left >= ROW_LEN && tw_cursor_take_u32le(&cur, &store) &&
           tw_cursor_take_u64le(&cur, &cn))
        set_cn(places, store, cn);
    if (cur.left == 0)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "places in stores are damaged");
    return FALSE;
}

static gboolean
load_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Run *run = data;
    g_autoptr(GError) failure = NULL;
    g_autoptr(GBytes) bytes = NULL;
    TwSyncInfo info;

    g_hash_table_remove_all(run->known);
    if (!tw_sql_sync_id_get(tx, run->state->sync, &info, error))
        return FALSE;
    if (info.store != 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_EXISTS, "sync id %u is of a folder", info.id);
        return FALSE;
    }
    if (run->state->cn == 0)
        return TRUE;
    bytes = tw_sql_sync_seen_get(tx, run->state, &failure);
    if (bytes != NULL)
        return parse_places(bytes, run->known, error);
    if (failure != NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    else
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                    "the client must begin again: state %" G_GUINT64_FORMAT " is not kept",
                    run->state->cn);
    return FALSE;
}

static gboolean
keep_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Run *run = data;
    g_autoptr(GBytes) bytes = write_places(run->known);
    TwSyncState next = { .sync = run->state->sync };

    if (!tw_sql_sync_seen_newest(tx, next.sync, &next.cn, error))
        return FALSE;
    next.cn = MAX(next.cn, run->state->cn) + 1;
    run->ret->state = next;
    return tw_sql_sync_seen_set(tx, &next, bytes, error);
}

/* ---- where it goes ---- */

typedef struct {
    Run *run;
    guint32 store;
    guint64 since;
    GArray *list; /* TwSyncServerChange, or TwSyncPlace */
} Read;

static gboolean
stores_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Read *read = data;

    g_array_set_size(read->list, 0);
    return tw_sql_sync_places(tx, read->list, error);
}

/* A partition that is not open keeps its stores where they were. */
static gboolean
read_places(Run *run, GError **error)
{
    for (guint i = 0; i < run->engine->partition_count; i++) {
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwSyncPlace));
        Read read = { .run = run, .list = list };
        TwDb *db = run->engine->partitions[i].db;
        if (db != NULL && !tw_db_read(db, NULL, stores_tx, &read, error))
            return FALSE;
        for (guint j = 0; j < list->len; j++) {
            const TwSyncPlace *place = &g_array_index(list, TwSyncPlace, j);
            set_cn(run->now, place->store, place->cn);
        }
    }
    return TRUE;
}

static gboolean
delta_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Read *read = data;
    guint64 oldest;

    g_array_set_size(read->list, 0);
    if (!tw_sql_sync_oldest(tx, read->store, &oldest, error))
        return FALSE;
    if (read->since != 0 && read->since + 1 < oldest) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                    "the client must begin again: store %u keeps less", read->store);
        return FALSE;
    }
    return tw_sql_sync_server_delta(tx, read->store, read->since, TW_SYNC_MAX_STEP, read->list,
                                    error);
}

static guint16
type_of(const TwSyncServerRow *row)
{
    gboolean there = row->now_folder == row->folder && row->now_state < TW_MESSAGE_DELETED;

    if (!there)
        return TW_SYNC_MESSAGE |
               (row->now_folder == row->folder ? TW_SYNC_SOFT_DELETED : TW_SYNC_DELETED);
    switch ((TwChangeOp) row->op) {
    case TW_CHANGE_MESSAGE_NEW:
    case TW_CHANGE_MESSAGE_BACK:
        return TW_SYNC_MESSAGE | TW_SYNC_NEW;
    case TW_CHANGE_MESSAGE_READ:
        return TW_SYNC_MESSAGE | TW_SYNC_READ;
    default:
        return TW_SYNC_MESSAGE | TW_SYNC_CHANGED;
    }
}

/* Each message once, by its last change; NEW counts more than what came after it, CHANGED more than READ. */
static void
tell_store(Run *run, guint32 store, const GArray *rows)
{
    g_autoptr(GHashTable) places = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < rows->len; i++) {
        const TwSyncServerRow *row = &g_array_index(rows, TwSyncServerRow, i);
        TwSyncServerChange change = { store, row->folder, row->id, row->cn, type_of(row) };
        gpointer place = g_hash_table_lookup(places, GUINT_TO_POINTER(row->id));
        if ((change.type & 0xf) == TW_SYNC_READ && !(run->flags & TW_SYNC_READ_STATE))
            continue;
        if (place == NULL) {
            g_array_append_val(run->ret->changes, change);
            place = GUINT_TO_POINTER(run->ret->changes->len);
            g_hash_table_insert(places, GUINT_TO_POINTER(row->id), place);
        } else {
            TwSyncServerChange *told =
                &g_array_index(run->ret->changes, TwSyncServerChange, GPOINTER_TO_UINT(place) - 1);
            told->cn = row->cn;
            told->type = MIN(told->type, change.type);
        }
    }
}

static gboolean
follow_store(Run *run, guint32 number, GError **error)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(TwSyncServerRow));
    Read read = { run, number, get_cn(run->known, number), rows };
    g_autoptr(TwStore) store = tw_store_of(run->engine, number, NULL);
    guint64 to = get_cn(run->now, number);

    if (store == NULL || to <= read.since)
        return TRUE;
    if (!tw_store_read(store, delta_tx, &read, error))
        return FALSE;
    if (rows->len == TW_SYNC_MAX_STEP) {
        to = g_array_index(rows, TwSyncServerRow, rows->len - 1).cn;
        run->ret->more = TRUE;
    }
    tell_store(run, number, rows);
    set_cn(run->known, number, to);
    return TRUE;
}

static gboolean
follow_all(Run *run, gboolean *ret_moved, GError **error)
{
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, run->now);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        guint32 store = GPOINTER_TO_UINT(key);
        if (get_cn(run->now, store) <= get_cn(run->known, store))
            continue;
        *ret_moved = TRUE;
        if (run->ret->changes->len >= run->max) {
            run->ret->more = TRUE;
            return TRUE;
        }
        if (run->flags & TW_SYNC_CATCHUP)
            set_cn(run->known, store, get_cn(run->now, store));
        else if (!follow_store(run, store, error))
            return FALSE;
    }
    return TRUE;
}

void
tw_sync_server_batch_clear(TwSyncServerBatch *batch)
{
    g_clear_pointer(&batch->changes, g_array_unref);
}

gboolean
tw_sync_server_changes(TwEngine *engine,
                       const TwSyncState *state,
                       guint flags,
                       guint max,
                       TwSyncServerBatch *ret,
                       GError **error)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_autoptr(GHashTable) now = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    Run run = { engine, state, flags, max != 0 ? max : TW_SYNC_MAX_STEP, ret, known, now };
    gboolean moved = state->cn == 0;

    *ret = (TwSyncServerBatch){ .state = *state };
    if (state->cn == 0 && !(flags & TW_SYNC_CATCHUP)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED,
                            "the whole server is followed from some moment on");
        return FALSE;
    }
    ret->changes = g_array_new(FALSE, FALSE, sizeof(TwSyncServerChange));
    if (tw_db_read(engine->server, NULL, load_tx, &run, error) && read_places(&run, error) &&
        follow_all(&run, &moved, error) &&
        (!moved || tw_db_write(engine->server, keep_tx, &run, error)))
        return TRUE;
    tw_sync_server_batch_clear(ret);
    return FALSE;
}
