/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations of synchronisation, and search folders. */
#include "base/error.h"
#include "base/time.h"
#include "session/ops-private.h"

static GBytes *
state_bytes(const TwSyncState *state)
{
    guint8 bytes[TW_SYNC_STATE_LEN];

    tw_sync_state_write(state, bytes);
    return g_bytes_new(bytes, sizeof bytes);
}

/* A state that carries a sync id works for the user it was given to. */
static gboolean
read_state(const TwLocalCall *call, GBytes *bytes, TwSyncState *ret, GError **error)
{
    gsize len = 0;
    const guint8 *data = bytes != NULL ? g_bytes_get_data(bytes, &len) : NULL;
    TwSyncInfo info;

    *ret = (TwSyncState){ 0 };
    if (!tw_sync_state_parse(data, len, ret, error))
        return FALSE;
    return ret->sync == 0 ||
           tw_sync_get(call->local->config.engine, ret->sync, call->who->number, &info, error);
}

static gboolean
changes_since(const TwLocalCall *call,
              GBytes *bytes,
              const TwSyncRequest *request,
              TwSyncBatch *ret,
              GError **error)
{
    TwSyncState state;

    return read_state(call, bytes, &state, error) &&
           tw_sync_changes(call->store, &state, request, ret, error);
}

gboolean
tw_local_sync_changes(TwLocalCall *call, TwSyncChangesArgs *args, GError **error)
{
    TwSyncRequest request = {
        .kind = TW_SYNC_CONTENTS,
        .folder = call->folder,
        .flags = args->flags,
        .filter = args->filter,
        .max = MIN(args->most, TW_SYNC_MAX_STEP),
    };
    g_auto(TwSyncBatch) batch = { 0 };

    if (!changes_since(call, args->state, &request, &batch, error))
        return FALSE;
    args->changes = g_steal_pointer(&batch.changes);
    args->next = state_bytes(&batch.state);
    args->more = batch.more;
    return TRUE;
}

static gboolean
see_folder(guint32 folder, gpointer rights)
{
    return tw_rights_seen(rights, folder);
}

gboolean
tw_local_sync_folders(TwLocalCall *call, TwSyncFoldersArgs *args, GError **error)
{
    TwSyncRequest request = { .kind = TW_SYNC_HIERARCHY,
                              .folder = call->folder,
                              .flags = args->flags };
    g_auto(TwSyncBatch) batch = { 0 };

    if (tw_rights_relation_of(call->rights) == TW_RELATION_ROWS) { /* all others see all of it */
        request.see = see_folder;
        request.see_data = call->rights;
        request.see_hash = tw_rights_hash(call->rights);
    }
    if (!changes_since(call, args->state, &request, &batch, error))
        return FALSE;
    args->changes = g_steal_pointer(&batch.changes);
    args->next = state_bytes(&batch.state);
    args->more = batch.more;
    return TRUE;
}

gboolean
tw_local_sync_register(TwLocalCall *call, TwSyncRegisterArgs *args, GError **error)
{
    TwSyncInfo info = { .store = call->access->place.number,
                        .folder = call->folder,
                        .kind = (TwSyncKind) args->kind,
                        .owner = call->who->number,
                        .cn = args->cn };

    if (!tw_sync_register(call->local->config.engine, &info, tw_time_now_us(), error))
        return FALSE;
    args->sync = info.id;
    return TRUE;
}

gboolean
tw_local_sync_set(TwLocalCall *call, TwSyncSetArgs *args, GError **error)
{
    TwSyncInfo info = { .id = args->id,
                        .store = call->access->place.number,
                        .folder = call->folder,
                        .kind = (TwSyncKind) args->kind,
                        .owner = call->who->number,
                        .cn = args->cn };

    return tw_sync_set(call->local->config.engine, &info, tw_time_now_us(), error);
}

gboolean
tw_local_sync_get(TwLocalCall *call, TwSyncGetArgs *args, GError **error)
{
    g_autoptr(TwStore) store = NULL;
    TwStoreInfo about;
    TwSyncInfo info;

    if (!tw_sync_get(call->local->config.engine, args->id, call->who->number, &info, error))
        return FALSE;
    if (info.store != 0) {
        store = tw_store_open_number(call->local->config.engine, info.store, error);
        if (store == NULL || !tw_store_get_info(store, &about, error))
            return FALSE;
        args->store = about.guid;
    }
    args->folder = info.folder;
    args->kind = (guint32) info.kind;
    args->cn = info.cn;
    return TRUE;
}

/* ---- the whole server ---- */

gboolean
tw_local_sync_server_register(TwLocalCall *call, TwSyncServerRegisterArgs *args, GError **error)
{
    TwSyncInfo info = { .kind = TW_SYNC_CONTENTS, .owner = call->who->number, .cn = args->cn };

    if (!tw_sync_register(call->local->config.engine, &info, tw_time_now_us(), error))
        return FALSE;
    args->sync = info.id;
    return TRUE;
}

gboolean
tw_local_sync_server_set(TwLocalCall *call, TwSyncServerSetArgs *args, GError **error)
{
    TwSyncInfo info = {
        .id = args->id, .kind = TW_SYNC_CONTENTS, .owner = call->who->number, .cn = args->cn
    };

    return tw_sync_set(call->local->config.engine, &info, tw_time_now_us(), error);
}

/* Stores as changes come, the last one open. */
typedef struct {
    TwEngine *engine;
    guint32 number;
    TwStore *store; /* owned, nullable */
    TwGuid guid;
} LastStore;

/* FALSE: the store is gone meanwhile, and nobody asks for what was in it. */
static gboolean
open_last(LastStore *last, guint32 number)
{
    TwStoreInfo info;

    if (last->number == number)
        return last->store != NULL;
    g_clear_pointer(&last->store, tw_store_unref);
    last->number = number;
    last->store = tw_store_open_number(last->engine, number, NULL);
    if (last->store != NULL && tw_store_get_info(last->store, &info, NULL))
        last->guid = info.guid;
    else
        g_clear_pointer(&last->store, tw_store_unref);
    return last->store != NULL;
}

static gboolean
tell_server(TwSyncServerChangesArgs *args, LastStore *last, const GArray *from, GError **error)
{
    g_autoptr(GByteArray) stores = g_byte_array_new();

    for (guint i = 0; i < from->len; i++) {
        const TwSyncServerChange *change = &g_array_index(from, TwSyncServerChange, i);
        TwSyncChange told = {
            .cn = change->cn, .id = change->id, .parent = change->folder, .type = change->type
        };

        if (!open_last(last, change->store))
            continue;
        told.source_key = tw_sync_source_key(last->store, change->id, error);
        if (told.source_key == NULL)
            return FALSE;
        g_array_append_val(args->changes, told);
        g_byte_array_append(stores, last->guid.bytes, sizeof last->guid.bytes);
    }
    args->stores = g_byte_array_free_to_bytes(g_steal_pointer(&stores));
    return TRUE;
}

static void
clear_change(gpointer data)
{
    g_clear_pointer(&((TwSyncChange *) data)->source_key, g_bytes_unref);
}

gboolean
tw_local_sync_server_changes(TwLocalCall *call, TwSyncServerChangesArgs *args, GError **error)
{
    TwEngine *engine = call->local->config.engine;
    TwSyncState state = { .sync = args->id, .cn = args->cn };
    g_auto(TwSyncServerBatch) batch = { 0 };
    LastStore last = { .engine = engine };
    TwSyncInfo info;
    gboolean ok;

    if (!tw_sync_get(engine, args->id, call->who->number, &info, error) ||
        !tw_sync_server_changes(engine, &state, args->flags, 0, &batch, error))
        return FALSE;
    args->changes = g_array_new(FALSE, FALSE, sizeof(TwSyncChange));
    g_array_set_clear_func(args->changes, clear_change);
    ok = tell_server(args, &last, batch.changes, error);
    tw_store_unref(last.store);
    args->next = batch.state.cn;
    args->more = batch.more;
    return ok;
}

/* ---- search folders ---- */

gboolean
tw_local_search_set(TwLocalCall *call, TwSearchSetArgs *args, GError **error)
{
    TwSearchCriteria criteria = {
        .restriction = args->restriction,
        .folders = args->folders.count > 0 ? args->folders.items : NULL,
        .folder_count = args->folders.count,
        .excluded = args->excluded.items,
        .excluded_count = args->excluded.count,
    };
    gboolean given = args->restriction != NULL || args->folders.count > 0;

    return tw_search_folder_set(call->store, call->folder, given ? &criteria : NULL, args->flags,
                                error);
}

gboolean
tw_local_search_get(TwLocalCall *call, TwSearchGetArgs *args, GError **error)
{
    args->search = tw_search_folder_get(call->store, call->folder, error);
    return args->search != NULL;
}
