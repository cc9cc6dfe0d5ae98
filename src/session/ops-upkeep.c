/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations that keep a server in order. */
#include "base/error.h"
#include "session/ops-private.h"

enum {
    PAGE = 1000 /* messages purged at once */
};

gboolean
tw_local_folder_recount(TwLocalCall *call, TwFolderRecountArgs *args, GError **error)
{
    return tw_folder_recount(call->store, call->folder, &args->wrong, error);
}

/* ---- what was deleted and could be restored ---- */

static gboolean
add_number(const TwMessageRow *row, gpointer data)
{
    g_array_append_val((GArray *) data, row->mid);
    return TRUE;
}

static gboolean
purge_list(TwStore *store, guint32 folder, TwMessageState state, guint64 *io_count, GError **error)
{
    for (;;) {
        g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
        TwMessageSet set = { .from = folder };
        guint count = 0;

        if (!tw_folder_list(store, folder, state, 0, PAGE, FALSE, add_number, numbers, error))
            return FALSE;
        set.mids = (const guint32 *) (const void *) numbers->data;
        set.count = numbers->len;
        if (set.count > 0 && !tw_messages_delete(store, &set, FALSE, &count, error))
            return FALSE;
        *io_count += count;
        if (count == 0)
            return TRUE; /* none is left, or those that are left are being sent */
    }
}

/* Of a deleted tree the topmost folder takes the others with it. */
static gboolean
purge_folder(TwStore *store, const TwFolderRow *row, guint64 *io_count, GError **error)
{
    if (row->type == TW_FOLDER_SEARCH && row->state == TW_FOLDER_LIVE)
        return TRUE;
    if (row->state == TW_FOLDER_LIVE)
        return purge_list(store, row->id, TW_MESSAGE_DELETED, io_count, error) &&
               purge_list(store, row->id, TW_MESSAGE_DELETED_ASSOC, io_count, error);
    if (row->state != TW_FOLDER_SOFT || row->deleted_with != row->id)
        return TRUE;
    (*io_count)++;
    return tw_folder_delete(store, row->id, FALSE, error);
}

static gboolean
purge_store(TwEngine *engine, guint32 number, guint64 *io_count, GError **error)
{
    g_autoptr(TwStore) store = tw_store_open_number(engine, number, error);
    g_autoptr(GPtrArray) folders = store != NULL ? tw_store_folders(store, error) : NULL;

    if (folders == NULL)
        return FALSE;
    for (guint i = 0; i < folders->len; i++) {
        g_autoptr(GError) why = NULL;

        if (!purge_folder(store, g_ptr_array_index(folders, i), io_count, &why) &&
            !g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
    return TRUE;
}

/* Since when something is deleted is not kept, so that none of it can be told from the rest by its age. */
gboolean
tw_local_deleted_purge(TwLocalCall *call, TwDeletedPurgeArgs *args, GError **error)
{
    TwEngine *engine = call->local->config.engine;
    g_autoptr(GArray) stores = NULL;

    if (args->days != 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED,
                            "when something was deleted is not known");
        return FALSE;
    }
    stores = tw_engine_list_stores(engine);
    for (guint i = 0; i < stores->len; i++) {
        g_autoptr(GError) why = NULL;

        if (!purge_store(engine, g_array_index(stores, guint32, i), &args->count, &why) &&
            !g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND) &&
            !g_error_matches(why, TW_ERROR, TW_ERROR_OFFLINE)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- what is remembered ---- */

gboolean
tw_local_cache_drop(TwLocalCall *call, TwCacheDropArgs *args, G_GNUC_UNUSED GError **error)
{
    args->count = tw_access_drop_all(call->local);
    return TRUE;
}

/* What a call sees of the directory is what it was when the call began; this begins once more. */
gboolean
tw_local_directory_sync(TwLocalCall *call, TwDirectorySyncArgs *args, GError **error)
{
    g_autoptr(TwDirectorySnapshot) now =
        tw_directory_snapshot(call->local->config.directory, error);

    if (now == NULL)
        return FALSE;
    args->epoch = tw_directory_snapshot_epoch(now);
    return TRUE;
}
