/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sync ids: registered, told how far a client is, forgotten when nobody uses them. */
#include "base/error.h"
#include "store/sync-private.h"

static gboolean
check_kind(const TwSyncInfo *info, GError **error)
{
    gboolean server = info->store == 0;

    if (server ? info->kind == TW_SYNC_CONTENTS && info->folder == 0
               : info->kind == TW_SYNC_CONTENTS || info->kind == TW_SYNC_HIERARCHY)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "no synchronisation of kind %u",
                (guint) info->kind);
    return FALSE;
}

static gboolean
check_folder(TwEngine *engine, const TwSyncInfo *info, GError **error)
{
    g_autoptr(TwStore) store = NULL;
    g_autoptr(TwFolderRow) row = NULL;

    if (info->store == 0)
        return TRUE;
    store = tw_store_open_number(engine, info->store, error);
    row = store != NULL ? tw_folder_get(store, info->folder, error) : NULL;
    if (row == NULL)
        return FALSE;
    if (row->state == TW_FOLDER_LIVE)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", info->folder);
    return FALSE;
}

static gboolean
add_tx(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_sql_sync_id_add(tx, data, error);
}

gboolean
tw_sync_register(TwEngine *engine, TwSyncInfo *info, gint64 now_us, GError **error)
{
    TwSyncInfo add = *info;

    add.used_us = now_us;
    if (!check_kind(info, error) || !check_folder(engine, info, error) ||
        !tw_db_write(engine->server, add_tx, &add, error))
        return FALSE;
    *info = add;
    return TRUE;
}

typedef struct {
    guint32 id, owner;
    TwSyncInfo info;
} Get;

static gboolean
find(TwDbTx *tx, guint32 id, guint32 owner, TwSyncInfo *ret, GError **error)
{
    if (!tw_sql_sync_id_get(tx, id, ret, error))
        return FALSE;
    if (ret->owner == owner)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "sync id %u is another's", id);
    return FALSE;
}

static gboolean
get_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Get *get = data;

    return find(tx, get->id, get->owner, &get->info, error);
}

gboolean
tw_sync_get(TwEngine *engine, guint32 id, guint32 owner, TwSyncInfo *ret, GError **error)
{
    Get get = { .id = id, .owner = owner };

    if (!tw_db_read(engine->server, NULL, get_tx, &get, error))
        return FALSE;
    *ret = get.info;
    return TRUE;
}

static gboolean
set_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwSyncInfo *info = data;
    TwSyncInfo old;

    if (!find(tx, info->id, info->owner, &old, error))
        return FALSE;
    if (old.store != info->store || old.folder != info->folder || old.kind != info->kind) {
        g_set_error(error, TW_ERROR, TW_ERROR_EXISTS, "sync id %u was made for something else",
                    info->id);
        return FALSE;
    }
    return tw_sql_sync_id_set(tx, info, error);
}

gboolean
tw_sync_set(TwEngine *engine, const TwSyncInfo *info, gint64 now_us, GError **error)
{
    TwSyncInfo set = *info;

    set.used_us = now_us;
    return check_kind(info, error) && tw_db_write(engine->server, set_tx, &set, error);
}

typedef struct {
    gint64 before;
    guint count;
} Expire;

static gboolean
expire_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Expire *expire = data;

    return tw_sql_sync_id_expire(tx, expire->before, &expire->count, error);
}

gboolean
tw_sync_expire(TwEngine *engine, gint64 before_us, guint *ret_count, GError **error)
{
    Expire expire = { .before = before_us };

    if (!tw_db_write(engine->server, expire_tx, &expire, error))
        return FALSE;
    if (ret_count != NULL)
        *ret_count = expire.count;
    return TRUE;
}

typedef struct {
    TwStore *store;
    guint64 oldest;
} Trim;

static gboolean
trim_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Trim *trim = data;

    return tw_sql_sync_trim(tx, trim->store->number, trim->oldest, error);
}

gboolean
tw_sync_trim(TwStore *store, guint64 oldest, GError **error)
{
    Trim trim = { store, oldest };

    return tw_store_write(store, 0, TRUE, trim_tx, &trim, error);
}
