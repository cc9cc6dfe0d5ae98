/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations on stores: found, described, their properties, changes and receive folders. */
#include "base/error.h"
#include "session/ops-private.h"

enum {
    CHANGES_MOST = 1000
};

static guint32
owner_of_public(const TwLocalCall *call)
{
    return call->local->config.hosted && call->who->company != TW_DIRECTORY_NO_COMPANY
               ? call->who->company
               : TW_DIRECTORY_EVERYONE;
}

gboolean
tw_local_store_find(TwLocalCall *call, TwStoreFindArgs *args, GError **error)
{
    g_autoptr(TwAccess) access = NULL;
    TwStoreOwned place;
    guint32 owner = args->owner;

    if (owner == 0 && args->kind == TW_STORE_PRIVATE && !tw_local_is_at_home(call, error))
        return FALSE;
    if (owner == 0)
        owner = args->kind == TW_STORE_PUBLIC ? owner_of_public(call) : call->who->number;
    if (!tw_engine_find_owned(call->local->config.engine, owner, (TwStoreKind) args->kind,
                              &place)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such store");
        return FALSE;
    }
    access = tw_access_open(call, &place.guid, &call->rights, error);
    if (access == NULL)
        return FALSE;
    args->store = place.guid;
    return TRUE;
}

/* A store may be without such a folder, or with one that is gone: whoever needs it asks for it, and hears why. */
static void
find_inbox(const TwLocalCall *call, TwHomeOpenArgs *args)
{
    TwFolderRow *row;
    guint32 inbox;

    if (!tw_store_get_receive_folder(call->store, "IPM.Note", &inbox, NULL))
        return;
    row = tw_folder_get(call->store, inbox, NULL);
    if (row == NULL)
        return;
    args->inbox = inbox;
    args->above = row->parent;
    tw_folder_row_free(row);
}

gboolean
tw_local_home_open(TwLocalCall *call, TwHomeOpenArgs *args, GError **error)
{
    TwHomeFindArgs home = { 0 };
    TwStoreOwned place;

    if (!tw_local_home_find(call, &home, error))
        return FALSE;
    args->home = home.name;
    if (args->home != NULL)
        return TRUE;
    if (!tw_engine_find_owned(call->local->config.engine, call->who->number, TW_STORE_PRIVATE,
                              &place)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such store");
        return FALSE;
    }
    call->access = tw_access_open(call, &place.guid, &call->rights, error);
    if (call->access == NULL)
        return FALSE;
    call->store = call->access->store;
    args->store = place.guid;
    find_inbox(call, args);
    return TRUE;
}

/* Others' rows name the session's user, a group of it or Everyone. What an administrator may see beside that is not listed. */
gboolean
tw_local_stores_shared(TwLocalCall *call, TwStoresSharedArgs *args, GError **error)
{
    g_autoptr(GArray) shared =
        tw_engine_shared_with(call->local->config.engine, call->who->principals, error);

    if (shared == NULL)
        return FALSE;
    args->rows = g_array_new(FALSE, FALSE, sizeof(TwStoreEntry));
    for (guint i = 0; i < shared->len; i++) {
        const TwStoreOwned *place = &g_array_index(shared, TwStoreOwned, i);
        g_autoptr(TwRights) rights = NULL;
        g_autoptr(TwAccess) access = NULL;
        TwStoreEntry entry = { .guid = place->guid, .owner = place->owner, .kind = place->kind };

        if (place->kind != TW_STORE_PRIVATE || place->owner == 0 ||
            place->owner == call->who->number)
            continue;
        access = tw_access_open(call, &place->guid, &rights, NULL);
        if (access == NULL)
            continue;
        entry.company = access->company;
        g_array_append_val(args->rows, entry);
    }
    return TRUE;
}

gboolean
tw_local_store_info(TwLocalCall *call, TwStoreInfoArgs *args, GError **error)
{
    if (!tw_store_get_info(call->store, &args->info, error))
        return FALSE;
    args->owner = call->access->place.owner;
    args->rights = tw_rights_of(call->rights, call->access->root);
    args->is_owner = tw_rights_relation_of(call->rights) == TW_RELATION_FULL;
    if (args->is_owner)
        return TRUE;
    args->info = (TwStoreInfo){
        .number = args->info.number,
        .object = args->info.object,
        .root = args->info.root,
        .kind = args->info.kind,
        .company = args->info.company,
        .guid = args->info.guid,
        .cn = args->info.cn,
    };
    return TRUE;
}

gboolean
tw_local_store_stamp(TwLocalCall *call, TwStoreStampArgs *args, GError **error)
{
    (void) error;
    args->stamp = tw_local_stamp(call->local, &call->access->place.guid);
    return TRUE;
}

gboolean
tw_local_store_props(TwLocalCall *call, TwStorePropsArgs *args, GError **error)
{
    g_autoptr(GArray) tags = NULL;

    args->object = tw_folder_read_object(call->store, call->access->object, error);
    if (args->object == NULL)
        return FALSE;
    if (args->compute)
        args->computed = tw_local_store_computed(call, args->object, error);
    if (args->compute && args->computed == NULL)
        return FALSE;
    if (tw_rights_relation_of(call->rights) == TW_RELATION_FULL)
        return TRUE;
    tags = tw_object_list_tags(args->object);
    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        if (!tw_rights_shows_store_prop(tag))
            tw_object_remove(args->object, tag);
    }
    return TRUE;
}

gboolean
tw_local_apply_props(TwObject *object, const TwPropChanges *changes, guint flags, GError **error)
{
    TwSaveProps props = {
        .removed = changes->removed,
        .removed_count = changes->removed_count,
        .values = changes->values,
        .value_count = changes->value_count,
        .flags = flags,
    };

    return tw_save_apply_props(object, &props, error);
}

static gboolean
change_props(TwObject *object, gpointer changes, GError **error)
{
    return tw_local_apply_props(object, changes, 0, error);
}

gboolean
tw_local_store_change_props(TwLocalCall *call, TwStoreChangePropsArgs *args, GError **error)
{
    return tw_folder_edit_object(call->store, call->access->object, change_props, &args->changes,
                                 error);
}

gboolean
tw_local_store_changes(TwLocalCall *call, TwStoreChangesArgs *args, GError **error)
{
    guint most = args->most != 0 ? MIN(args->most, TW_SESSION_MOST_ROWS) : CHANGES_MOST;
    g_autoptr(GArray) all = NULL;
    guint64 cn;

    all = tw_store_changes(call->store, args->since, most, &cn, error);
    if (all == NULL)
        return FALSE;
    args->changes = g_array_new(FALSE, FALSE, sizeof(TwChange));
    args->all = all->len < most;
    args->next = args->all ? cn : g_array_index(all, TwChange, all->len - 1).cn;
    for (guint i = 0; i < all->len; i++) {
        const TwChange *change = &g_array_index(all, TwChange, i);
        if (tw_local_shows_change(call->rights, change))
            g_array_append_vals(args->changes, change, 1);
    }
    return TRUE;
}

/* ---- receive folders ---- */

gboolean
tw_local_receive_folder(TwLocalCall *call, TwReceiveFolderArgs *args, GError **error)
{
    guint32 folder;

    if (!tw_local_given(args->message_class, "a message class", error) ||
        !tw_store_get_receive_folder(call->store, args->message_class, &folder, error))
        return FALSE;
    if (!tw_local_ask(call, folder, TW_NEED_SEEN, error))
        return FALSE;
    args->folder = folder;
    return TRUE;
}

gboolean
tw_local_receive_folders(TwLocalCall *call, TwReceiveFoldersArgs *args, GError **error)
{
    args->rows = tw_store_list_receive_folders(call->store, error);
    return args->rows != NULL;
}

gboolean
tw_local_receive_folder_set(TwLocalCall *call, TwReceiveFolderSetArgs *args, GError **error)
{
    return tw_local_given(args->message_class, "a message class", error) &&
           tw_store_set_receive_folder(call->store, args->message_class, args->folder, error);
}
