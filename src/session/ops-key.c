/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Operations on names of objects: entry ids and source keys, made by clients or by the engine.
 *
 * An id is opened by what is in it and by nothing else: store GUID, type and object have to fit together, and then the session
 * has to be allowed to know of the object. Everything else, whatever byte of it is wrong, is NOT_FOUND.
 */
#include "base/error.h"
#include "session/ops-private.h"
#include "store/identity.h"

static gboolean
nothing(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such object");
    return FALSE;
}

/* Any refusal on the way is NOT_FOUND; failures of the storage stay what they are. */
static gboolean
not_told(GError *why, GError **error)
{
    if (!g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND) &&
        !g_error_matches(why, TW_ERROR, TW_ERROR_NO_ACCESS)) {
        g_propagate_error(error, why);
        return FALSE;
    }
    g_error_free(why);
    return nothing(error);
}

/* ---- by number ---- */

static gboolean
open_folder(TwLocalCall *call, guint32 number, GError **error)
{
    g_autoptr(TwFolderRow) row = NULL;

    if (!tw_rights_seen(call->rights, number))
        return nothing(error);
    row = tw_folder_get(call->store, number, error);
    return row != NULL;
}

static gboolean
open_message(TwLocalCall *call, guint32 number, guint32 *ret_folder, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };
    TwNumbers one = { &number, 1 };

    if (!tw_message_get(call->store, number, &row, error))
        return FALSE;
    call->folder = row.folder;
    if (!tw_local_ask_messages(call, &one, TW_NEED_READ, error))
        return FALSE;
    *ret_folder = row.folder;
    return TRUE;
}

/* ---- entry ids ---- */

static gboolean
number_of(TwLocalCall *call, const TwObjectId *id, guint32 *ret, GError **error)
{
    TwObjectId plain = *id;
    guint8 bytes[TW_OBJECT_ID_LEN];
    g_autoptr(GBytes) key = NULL;
    gsize len;

    if (tw_identity_number(id, ret))
        return TRUE;
    plain.flags = 0;
    plain.from_favorites = FALSE;
    len = tw_object_id_write(&plain, bytes);
    key = g_bytes_new(bytes, len);
    return tw_store_find_key(call->store, TW_KEY_ENTRY_ID, key, ret, error);
}

static gboolean
open_id(TwLocalCall *call, const TwObjectId *id, TwEntryIdFindArgs *args, GError **error)
{
    guint32 number;

    call->access = tw_access_open(call, &id->store, &call->rights, error);
    if (call->access == NULL)
        return FALSE;
    call->store = call->access->store;
    args->store = id->store;
    args->type = id->type;
    switch (id->type) {
    case TW_OBJECT_ID_STORE:
        args->folder = call->access->root;
        if (id->version == 1 && tw_guid_equal(&id->unique, &id->store))
            return TRUE;
        return number_of(call, id, &number, error) &&
               (number == call->access->object || nothing(error));
    case TW_OBJECT_ID_FOLDER:
        if (!number_of(call, id, &number, error) || !open_folder(call, number, error))
            return FALSE;
        args->folder = number;
        return TRUE;
    case TW_OBJECT_ID_MESSAGE:
        if (!number_of(call, id, &number, error) ||
            !open_message(call, number, &args->folder, error))
            return FALSE;
        args->message = number;
        return TRUE;
    case TW_OBJECT_ID_ATTACHMENT:
        break;
    }
    return nothing(error);
}

gboolean
tw_local_entry_id_find(TwLocalCall *call, TwEntryIdFindArgs *args, GError **error)
{
    g_autoptr(GError) why = NULL;
    const guint8 *data;
    TwObjectId id;
    gsize len;

    if (!tw_local_given(args->entry_id, "an entry id", error))
        return FALSE;
    data = g_bytes_get_data(args->entry_id, &len);
    if (!tw_object_id_parse(data, len, &id, NULL))
        return nothing(error);
    return open_id(call, &id, args, &why) || not_told(g_steal_pointer(&why), error);
}

gboolean
tw_local_check_id(
    const TwLocalCall *call, GBytes *given, TwObjectType type, GBytes **ret, GError **error)
{
    guint8 bytes[TW_OBJECT_ID_LEN];
    const guint8 *data;
    guint32 number;
    TwObjectId id;
    gsize len;

    *ret = NULL;
    if (given == NULL)
        return TRUE;
    data = g_bytes_get_data(given, &len);
    if (!tw_object_id_parse(data, len, &id, error))
        return FALSE;
    id.flags = 0;
    id.from_favorites = FALSE;
    if (id.version != 1 || id.type != type || tw_identity_number(&id, &number) ||
        !tw_guid_equal(&id.store, &call->access->place.guid)) {
        g_set_error_literal(
            error, TW_ERROR, TW_ERROR_INVALID,
            "an entry id of another store or kind, or one that only the server makes");
        return FALSE;
    }
    len = tw_object_id_write(&id, bytes);
    *ret = g_bytes_new(bytes, len);
    return TRUE;
}

gboolean
tw_local_check_source_key(const TwLocalCall *call, GBytes *given, GError **error)
{
    const guint8 *data;
    TwXid xid;
    gsize len;

    if (given == NULL)
        return TRUE;
    data = g_bytes_get_data(given, &len);
    if (tw_xid_parse(data, len, &xid, error) &&
        !tw_guid_equal(&xid.replica, tw_engine_guid(call->local->config.engine)))
        return TRUE;
    if (error != NULL && *error == NULL)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                            "a source key that only the server makes");
    return FALSE;
}

/* ---- source keys ---- */

/* What a source key stands for in the call's store. */
static gboolean
find_key(TwLocalCall *call, GBytes *key, guint32 *ret_folder, guint32 *ret_message, GError **error)
{
    g_autoptr(GError) why = NULL;
    guint32 number, folder = 0;

    if (!tw_sync_find(call->store, key, &number, &why))
        return not_told(g_steal_pointer(&why), error);
    if (open_folder(call, number, &why)) {
        *ret_folder = number;
        return TRUE;
    }
    g_clear_error(&why);
    if (!open_message(call, number, &folder, &why))
        return not_told(g_steal_pointer(&why), error);
    *ret_folder = folder;
    *ret_message = number;
    return TRUE;
}

gboolean
tw_local_source_key_find(TwLocalCall *call, TwSourceKeyFindArgs *args, GError **error)
{
    return tw_local_given(args->source_key, "a source key", error) &&
           find_key(call, args->source_key, &args->folder, &args->message, error);
}

/* Whether there is such an object in a store, seen or not: a look before the store is opened for the session. */
static gboolean
has_key(TwStore *store, GBytes *key)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwFolderRow) folder = NULL;
    guint32 number;

    if (!tw_sync_find(store, key, &number, NULL))
        return FALSE;
    if (tw_message_get(store, number, &row, NULL))
        return TRUE;
    folder = tw_folder_get(store, number, NULL);
    return folder != NULL;
}

static gboolean
locate_in(TwLocalCall *call, const TwGuid *guid, TwSourceKeyLocateArgs *args)
{
    g_clear_pointer(&call->rights, tw_rights_unref);
    g_clear_pointer(&call->access, tw_access_unref);
    call->access = tw_access_open(call, guid, &call->rights, NULL);
    if (call->access == NULL)
        return FALSE;
    call->store = call->access->store;
    if (!find_key(call, args->source_key, &args->folder, &args->message, NULL))
        return FALSE;
    args->store = *guid;
    return TRUE;
}

/* GUIDs of the stores that the session used already. */
static GArray *
used_stores(TwLocalSession *session)
{
    GArray *guids = g_array_new(FALSE, FALSE, sizeof(TwGuid));
    GHashTableIter iter;
    gpointer guid;
    TW_LOCK_SCOPE(&session->lock);

    g_hash_table_iter_init(&iter, session->accesses);
    while (g_hash_table_iter_next(&iter, &guid, NULL))
        g_array_append_vals(guids, guid, 1);
    return guids;
}

/* A key does not say of which store it is: those in use come first, and then the rest is looked through. */
gboolean
tw_local_source_key_locate(TwLocalCall *call, TwSourceKeyLocateArgs *args, GError **error)
{
    TwEngine *engine = call->local->config.engine;
    g_autoptr(GArray) used = used_stores(call->session);
    g_autoptr(GArray) all = NULL;

    if (!tw_local_given(args->source_key, "a source key", error))
        return FALSE;
    for (guint i = 0; i < used->len; i++) {
        if (locate_in(call, &g_array_index(used, TwGuid, i), args))
            return TRUE;
    }
    all = tw_engine_list_stores(engine);
    for (guint i = 0; i < all->len; i++) {
        guint32 number = g_array_index(all, guint32, i);
        g_autoptr(TwStore) store = tw_store_open_number(engine, number, NULL);
        TwStoreInfo info;

        if (store != NULL && has_key(store, args->source_key) &&
            tw_store_get_info(store, &info, NULL) && locate_in(call, &info.guid, args))
            return TRUE;
    }
    return nothing(error);
}

/* ---- the other way ---- */

static GBytes *
entry_id_of(const TwLocalCall *call, TwObjectType type, guint32 number, GError **error)
{
    g_autoptr(GError) why = NULL;
    guint8 bytes[TW_OBJECT_ID_LEN];
    GBytes *key = tw_store_get_key(call->store, TW_KEY_ENTRY_ID, number, &why);

    if (key != NULL)
        return key;
    if (!g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    tw_identity_entry_id(&call->access->place.guid, type, number, bytes);
    return g_bytes_new(bytes, sizeof bytes);
}

gboolean
tw_local_folder_keys(TwLocalCall *call, TwFolderKeysArgs *args, GError **error)
{
    g_autoptr(TwFolderRow) row = tw_folder_get(call->store, call->folder, error);

    if (row == NULL || !tw_sync_folder_keys(call->store, row, &args->keys, error))
        return FALSE;
    args->entry_id = entry_id_of(call, TW_OBJECT_ID_FOLDER, row->id, error);
    return args->entry_id != NULL;
}

gboolean
tw_local_message_keys(TwLocalCall *call, TwMessageKeysArgs *args, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };

    if (!tw_message_get(call->store, args->message, &row, error))
        return FALSE;
    if (call->folder != 0 && row.folder != call->folder)
        return nothing(error);
    if (!tw_sync_message_keys(call->store, &row, &args->keys, error))
        return FALSE;
    args->entry_id = entry_id_of(call, TW_OBJECT_ID_MESSAGE, row.mid, error);
    return args->entry_id != NULL;
}
