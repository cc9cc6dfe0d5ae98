/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Stores that are out of use for a time. The state stands in the store's row, where each change looks; reads look at a table in
 * memory, which is empty as a rule. A mode is set by the partition's writer: what was queued before it has ended.
 */
#include "base/error.h"
#include "store/search-private.h"

TwStoreMode
tw_store_mode_of(const TwStoreRow *row)
{
    switch ((TwStoreState) row->state) {
    case TW_STORE_AWAY:
        return TW_STORE_OFFLINE;
    case TW_STORE_FROZEN:
        return TW_STORE_READ_ONLY;
    case TW_STORE_ACTIVE:
    case TW_STORE_DELETING:
    case TW_STORE_MOVING:
        break;
    }
    return TW_STORE_ONLINE;
}

static gboolean
is_offline(guint32 store, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_OFFLINE, "store %u is out of use", store);
    return FALSE;
}

gboolean
tw_store_check_state(const TwStoreRow *row, gboolean change, GError **error)
{
    TwStoreMode mode = tw_store_mode_of(row);

    if (mode == TW_STORE_OFFLINE || (mode == TW_STORE_READ_ONLY && change))
        return is_offline(row->store, error);
    if (mode == TW_STORE_READ_ONLY || row->state == TW_STORE_ACTIVE)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "store %u is being deleted", row->store);
    return FALSE;
}

TwStoreMode
tw_engine_get_store_mode(TwEngine *engine, guint32 number)
{
    if (g_atomic_int_get(&engine->mode_count) == 0)
        return TW_STORE_ONLINE;
    {
        TW_LOCK_SCOPE(&engine->modes_lock);
        return (TwStoreMode) GPOINTER_TO_UINT(
            g_hash_table_lookup(engine->modes, GUINT_TO_POINTER(number)));
    }
}

gboolean
tw_store_check_online(const TwStore *store, GError **error)
{
    return store->any_mode ||
           tw_engine_get_store_mode(store->engine, store->number) != TW_STORE_OFFLINE ||
           is_offline(store->number, error);
}

static void
note_mode(TwEngine *engine, guint32 number, TwStoreMode mode)
{
    TW_LOCK_SCOPE(&engine->modes_lock);

    if (mode == TW_STORE_ONLINE)
        g_hash_table_remove(engine->modes, GUINT_TO_POINTER(number));
    else
        g_hash_table_insert(engine->modes, GUINT_TO_POINTER(number), GUINT_TO_POINTER(mode));
    g_atomic_int_set(&engine->mode_count, (gint) g_hash_table_size(engine->modes));
}

/* ---- set ---- */

typedef struct {
    TwStore *store;
    TwStoreMode mode;
} Set;

typedef struct {
    TwEngine *engine;
    TwChange change;
} Told;

static void
tell(gpointer data)
{
    const Told *told = data;

    note_mode(told->engine, told->change.store, (TwStoreMode) told->change.aux);
    tw_changes_publish(told->engine, &told->change, 1);
}

static gboolean
set_tx(TwDbTx *tx, gpointer data, GError **error)
{
    static const TwStoreState states[] = {
        [TW_STORE_ONLINE] = TW_STORE_ACTIVE,
        [TW_STORE_OFFLINE] = TW_STORE_AWAY,
        [TW_STORE_READ_ONLY] = TW_STORE_FROZEN,
    };
    const Set *set = data;
    Told *told;
    TwStoreRow row;

    if (!tw_sql_store_get(tx, set->store->number, &row, error))
        return FALSE;
    if (row.state == TW_STORE_DELETING || row.state == TW_STORE_MOVING)
        return tw_store_check_state(&row, TRUE, error);
    row.state = (guint8) states[set->mode];
    told = g_new(Told, 1);
    *told = (Told){
        set->store->engine,
        { .cn = row.cn, .store = row.store, .aux = set->mode, .op = TW_CHANGE_STORE_MODE }
    };
    tw_db_on_commit(tx, tell, told, g_free);
    return tw_sql_store_update(tx, &row, error);
}

gboolean
tw_engine_set_store_mode(TwEngine *engine, guint32 number, TwStoreMode mode, GError **error)
{
    g_autoptr(TwStore) store = tw_store_of(engine, number, error);
    Set set = { store, mode };

    if (store == NULL || !tw_store_write(store, 0, FALSE, set_tx, &set, error))
        return FALSE;
    if (mode != TW_STORE_ONLINE)
        return TRUE;
    tw_search_changed(store);
    tw_tasks_resume(engine, store->partition, number);
    return TRUE;
}

/* ---- at the start ---- */

static gboolean
load_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwEngine *engine = data;
    g_autoptr(GArray) rows = tw_sql_store_list_modes(tx, error);

    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const TwStoreRow *row = &g_array_index(rows, TwStoreRow, i);
        note_mode(engine, row->store, tw_store_mode_of(row));
    }
    return rows != NULL;
}

gboolean
tw_store_modes_load(TwEngine *engine, GError **error)
{
    for (guint i = 0; i < engine->partition_count; i++) {
        TwDb *db = engine->partitions[i].db;
        if (db != NULL && !tw_db_read(db, NULL, load_tx, engine, error))
            return FALSE;
    }
    return TRUE;
}
