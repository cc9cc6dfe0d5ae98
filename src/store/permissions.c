/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rows of rights and owners of stores.
 *
 * The epoch is a counter of the process that many stores share by their number: a change of another store costs
 * somebody a needless look, and no store has memory or a lock for it.
 */
#include "store/permissions.h"

#include "base/error.h"
#include "store/store-private.h"

/* ---- rows ---- */

typedef struct {
    TwStore *store;
    GArray *list;
    guint32 folder;
    const TwPermission *rows;
    guint count;
    gboolean replace;
} Acl;

static gboolean
list_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Acl *acl = data;

    g_clear_pointer(&acl->list, g_array_unref);
    acl->list = tw_sql_acl_list(tx, acl->store->number, FALSE, error);
    return acl->list != NULL;
}

GArray *
tw_store_permissions(TwStore *store, GError **error)
{
    Acl acl = { .store = store };

    return tw_store_read(store, list_tx, &acl, error) ? acl.list : NULL;
}

static gboolean
set_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Acl *acl = data;
    g_auto(TwWork) work = { 0 };
    guint32 store = acl->store->number;
    guint count;

    if (!tw_work_begin(&work, tx, acl->store, error) ||
        (acl->folder != work.row.object &&
         tw_work_folder(&work, acl->folder, FALSE, error) == NULL))
        return FALSE;
    if (acl->replace && !tw_sql_acl_delete_folder(tx, store, acl->folder, error))
        return FALSE;
    for (guint i = 0; i < acl->count; i++) {
        TwPermission row = { acl->folder, acl->rows[i].principal, acl->rows[i].rights };
        gboolean ok = row.rights == TW_PERMISSION_REMOVE ? tw_sql_acl_delete(tx, store, &row, error)
                                                         : tw_sql_acl_set(tx, store, &row, error);
        if (!ok)
            return FALSE;
    }
    if (!tw_sql_acl_count(tx, store, acl->folder, &count, error))
        return FALSE;
    if (count > TW_PERMISSION_MOST) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "folder %u: too many rows of rights",
                    acl->folder);
        return FALSE;
    }
    return tw_work_change(&work, TW_CHANGE_RIGHTS, acl->folder, acl->folder, 0, error) != 0 &&
           tw_work_finish(&work, error);
}

gboolean
tw_store_set_permissions(TwStore *store,
                         guint32 folder,
                         const TwPermission *rows,
                         guint count,
                         gboolean replace,
                         GError **error)
{
    Acl acl = {
        .store = store, .folder = folder, .rows = rows, .count = count, .replace = replace
    };
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    if (count > TW_PERMISSION_MOST) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many rows of rights");
        return FALSE;
    }
    for (guint i = 0; i < count; i++) {
        gboolean known = (rows[i].rights & ~(guint32) TW_RIGHT_KNOWN) == 0 ||
                         rows[i].rights == TW_PERMISSION_REMOVE;
        if (rows[i].principal == 0 || !known ||
            !g_hash_table_add(seen, GUINT_TO_POINTER(rows[i].principal))) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                                "a row of rights makes no sense");
            return FALSE;
        }
    }
    return tw_store_write(store, 0, FALSE, set_tx, &acl, error);
}

/* ---- the epoch ---- */

guint
tw_store_permission_epoch(TwStore *store)
{
    return (guint) g_atomic_int_get(&store->engine->acl_epochs[store->number % TW_ACL_EPOCHS]);
}

static gboolean
moves_epoch(guint op)
{
    return op == TW_CHANGE_RIGHTS || op == TW_CHANGE_FOLDER_NEW || op == TW_CHANGE_FOLDER_MOVED ||
           op == TW_CHANGE_FOLDER_DELETED || op == TW_CHANGE_FOLDER_RESTORED;
}

void
tw_permissions_note(TwEngine *engine, const TwChange *changes, guint count)
{
    for (guint i = 0; i < count; i++) {
        if (moves_epoch(changes[i].op))
            g_atomic_int_inc(&engine->acl_epochs[changes[i].store % TW_ACL_EPOCHS]);
    }
}

/* ---- owners ---- */

static TwStoreOwned
owned_of(const TwStorePlace *place)
{
    return (TwStoreOwned){ place->number, place->guid, place->owner, (TwStoreKind) place->kind };
}

gboolean
tw_engine_find_number(TwEngine *engine, guint32 number, TwStoreOwned *ret)
{
    TW_LOCK_SCOPE(&engine->places_lock);
    const TwStorePlace *place = g_hash_table_lookup(engine->places, GUINT_TO_POINTER(number));

    if (place == NULL)
        return FALSE;
    *ret = owned_of(place);
    return TRUE;
}

gboolean
tw_engine_find_guid(TwEngine *engine, const TwGuid *guid, TwStoreOwned *ret)
{
    TW_LOCK_SCOPE(&engine->places_lock);
    const TwStorePlace *place = g_hash_table_lookup(engine->places_by_guid, guid);

    if (place == NULL)
        return FALSE;
    *ret = owned_of(place);
    return TRUE;
}

gboolean
tw_engine_find_owned(TwEngine *engine, guint32 owner, TwStoreKind kind, TwStoreOwned *ret)
{
    gint64 key = TW_OWNER_KEY(owner, kind);
    TW_LOCK_SCOPE(&engine->places_lock);
    const TwStorePlace *place = g_hash_table_lookup(engine->places_by_owner, &key);

    if (place == NULL)
        return FALSE;
    *ret = owned_of(place);
    return TRUE;
}

static int
compare_owned(gconstpointer a, gconstpointer b)
{
    const TwStoreOwned *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

GArray *
tw_engine_list_owned(TwEngine *engine)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(TwStoreOwned));
    GHashTableIter iter;
    gpointer place;

    tw_lock(&engine->places_lock);
    g_hash_table_iter_init(&iter, engine->places);
    while (g_hash_table_iter_next(&iter, NULL, &place)) {
        TwStoreOwned owned = owned_of(place);
        g_array_append_val(list, owned);
    }
    tw_unlock(&engine->places_lock);
    g_array_sort(list, compare_owned);
    return list;
}

/* ---- what is shared with somebody ---- */

typedef struct {
    const GArray *principals;
    GHashTable *stores; /* numbers */
} Shared;

static gboolean
shared_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Shared *shared = data;

    for (guint i = 0; i < shared->principals->len; i++) {
        if (!tw_sql_acl_stores(tx, g_array_index(shared->principals, guint32, i), shared->stores,
                               error))
            return FALSE;
    }
    return TRUE;
}

GArray *
tw_engine_shared_with(TwEngine *engine, const GArray *principals, GError **error)
{
    g_autoptr(GHashTable) stores = g_hash_table_new(NULL, NULL);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwStoreOwned));
    Shared shared = { principals, stores };
    GHashTableIter iter;
    gpointer number;

    for (guint i = 0; i < engine->partition_count; i++) {
        if (engine->partitions[i].db != NULL &&
            !tw_db_read(engine->partitions[i].db, NULL, shared_tx, &shared, error))
            return NULL;
    }
    g_hash_table_iter_init(&iter, stores);
    while (g_hash_table_iter_next(&iter, &number, NULL)) {
        TwStoreOwned place;

        if (tw_engine_find_number(engine, GPOINTER_TO_UINT(number), &place))
            g_array_append_val(list, place);
    }
    g_array_sort(list, compare_owned);
    return g_steal_pointer(&list);
}

/* ---- a change of owner ---- */

typedef struct {
    guint32 store, owner;
    guint8 kind;
} Owner;

static gboolean
owner_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Owner *owner = data;

    return tw_sql_place_set_owner(tx, owner->store, owner->owner, owner->kind, error);
}

static void
note_owner(TwEngine *engine, const Owner *owner)
{
    TW_LOCK_SCOPE(&engine->places_lock);
    TwStorePlace *place = g_hash_table_lookup(engine->places, GUINT_TO_POINTER(owner->store));

    if (place == NULL)
        return;
    if (place->owner != 0)
        g_hash_table_remove(engine->places_by_owner, &place->owner_key);
    place->owner = owner->owner;
    place->kind = owner->kind;
    place->owner_key = TW_OWNER_KEY(owner->owner, owner->kind);
    if (place->owner != 0)
        g_hash_table_insert(engine->places_by_owner, &place->owner_key, place);
}

gboolean
tw_store_set_owner(TwStore *store, guint32 owner, GError **error)
{
    TwStoreInfo info;
    Owner row = { .store = store->number, .owner = owner };

    if (!tw_store_get_info(store, &info, error))
        return FALSE;
    row.kind = (guint8) info.kind;
    if (!tw_db_write(store->engine->server, owner_tx, &row, error))
        return FALSE;
    note_owner(store->engine, &row);
    g_atomic_int_inc(&store->engine->acl_epochs[store->number % TW_ACL_EPOCHS]);
    return TRUE;
}
