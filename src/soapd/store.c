/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls that find and describe stores, their receive folders, and names of properties. Source: spec/mapi-soap.md 6.1, 6.2, 18. */
#include <string.h>

#include "soapd/soapd-private.h"

enum {
    NAMED_BASE = 0x8500, /* property ids of names are this and a number */
    STORE_MASK_DEFAULT = 3,
};

/* ---- which store ---- */

static gboolean
give_store(TwSoapdCall *call, const TwGuid *store, TwSoapGetStoreResponse *ret, GError **error)
{
    guint8 *guid;

    if (!tw_soapd_store_id(call, store, 0, &ret->sStoreId, error) ||
        !tw_soapd_folder_id(call, store, 0, &ret->sRootId, error) ||
        !tw_soapd_alloc(call, sizeof store->bytes, 1, &guid, error))
        return FALSE;
    memcpy(guid, store->bytes, sizeof store->bytes);
    ret->guid.data = guid;
    ret->guid.len = sizeof store->bytes;
    ret->lpszServerPath = tw_soapd_server_path(call);
    return TRUE;
}

gboolean
tw_soapd_get_store(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetStoreArgs *args = data;
    TwSoapGetStoreResponse *ret = out;
    g_auto(TwStoreFindArgs) find = { .kind = TW_STORE_PRIVATE };
    g_autoptr(GError) why = NULL;
    TwGuid store;

    if (tw_soapd_anchor_find(call, args->lpsEntryId) == TW_SOAPD_ANCHOR_STORE)
        return tw_soapd_anchor_give_store(call, out, error);
    if (args->lpsEntryId.data != NULL && args->lpsEntryId.len > 0)
        return tw_soapd_find_store(call, args->lpsEntryId, &store, error) &&
               give_store(call, &store, out, error);
    if (tw_soapd_is_elsewhere(call, 0, 0, &ret->lpszServerPath)) {
        ret->er = TW_SOAP_RESULT_UNABLE_TO_COMPLETE;
        return TRUE;
    }
    if (tw_session_store_find(call->session, &find, &why))
        return give_store(call, &find.store, out, error);
    if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
        return tw_soapd_anchor_give_store(call, out, error);
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

gboolean
tw_soapd_get_public_store(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetPublicStoreArgs *args = data;
    g_auto(TwStoreFindArgs) find = { .kind = TW_STORE_PUBLIC };
    TwSoapGetStoreResponse *ret = out;
    TwSessionInfo who;

    tw_session_get_info(call->session, &who);
    if (who.company != TW_DIRECTORY_NO_COMPANY &&
        tw_soapd_is_elsewhere(call, who.company, args->ulFlags, &ret->lpszServerPath)) {
        ret->er = TW_SOAP_RESULT_UNABLE_TO_COMPLETE;
        return TRUE;
    }
    return tw_session_store_find(call->session, &find, error) &&
           give_store(call, &find.store, out, error);
}

gboolean
tw_soapd_store_name(TwSoapdCall *call, const TwGuid *store, const char **ret, GError **error)
{
    g_auto(TwStoreInfoArgs) info = { .store = *store };
    g_auto(TwBookGetArgs) get = { 0 };
    char *name;

    if (!tw_session_store_info(call->session, &info, error))
        return FALSE;
    get.user = info.owner;
    if (info.info.kind == TW_STORE_PUBLIC)
        name = g_strdup("Public Folders");
    else if (info.owner == 0)
        name = g_strdup("Orphaned store");
    else if (!tw_session_book_get(call->session, &get, NULL))
        name = g_strdup("Inbox for a removed user");
    else {
        g_autofree char *owner = tw_soapd_format_store(call, get.entry);
        name = g_strconcat(info.info.kind == TW_STORE_ARCHIVE ? "Archive - " : "Inbox - ", owner,
                           NULL);
    }
    tw_soapd_keep(call, name, g_free);
    *ret = name;
    return TRUE;
}

gboolean
tw_soapd_get_store_name(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetStoreNameArgs *args = data;
    TwSoapGetStoreNameResponse *ret = out;
    TwGuid store;

    if (tw_soapd_anchor_find(call, args->sEntryId) != TW_SOAPD_ANCHOR_NONE) {
        ret->lpszStoreName = "SYSTEM";
        return TRUE;
    }
    return tw_soapd_find_store(call, args->sEntryId, &store, error) &&
           tw_soapd_store_name(call, &store, &ret->lpszStoreName, error);
}

gboolean
tw_soapd_get_store_type(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetStoreTypeArgs *args = data;
    TwSoapGetStoreTypeResponse *ret = out;
    g_auto(TwStoreInfoArgs) info = { 0 };

    if (tw_soapd_anchor_find(call, args->sEntryId) != TW_SOAPD_ANCHOR_NONE) {
        ret->ulStoreType = TW_STORE_PRIVATE;
        return TRUE;
    }
    if (!tw_soapd_find_store(call, args->sEntryId, &info.store, error) ||
        !tw_session_store_info(call->session, &info, error))
        return FALSE;
    ret->ulStoreType = (guint32) info.info.kind;
    return TRUE;
}

static gboolean
give_resolved(TwSoapdCall *call,
              const TwGuid *store,
              guint32 owner,
              guint16 flags,
              TwSoapResolveUserStoreResponse *ret,
              GError **error)
{
    guint8 *guid;

    if (!tw_soapd_store_id(call, store, flags, &ret->sStoreId, error) ||
        !tw_soapd_alloc(call, sizeof store->bytes, 1, &guid, error))
        return FALSE;
    memcpy(guid, store->bytes, sizeof store->bytes);
    ret->guid.data = guid;
    ret->guid.len = sizeof store->bytes;
    ret->ulUserId = owner;
    return owner == 0 || tw_soapd_user_id(call, owner, &ret->sUserId, error);
}

gboolean
tw_soapd_resolve_store(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapResolveStoreArgs *args = data;
    g_auto(TwStoreInfoArgs) info = { 0 };
    TwSessionInfo who;

    if (args->sStoreGuid.len != TW_GUID_LEN)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    info.store = tw_guid_from_bytes(args->sStoreGuid.data);
    if (!tw_session_store_info(call->session, &info, error))
        return FALSE;
    tw_session_get_info(call->session, &who);
    if (info.owner == 0 && who.admin == TW_DIRECTORY_NO_ADMIN && !who.system)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    return give_resolved(call, &info.store, info.owner, TW_OBJECT_ID_OPEN_HERE, out, error);
}

gboolean
tw_soapd_resolve_user_store(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapResolveUserStoreArgs *args = data;
    TwSoapResolveUserStoreResponse *ret = out;
    guint32 mask = args->ulStoreTypeMask != 0 ? args->ulStoreTypeMask : STORE_MASK_DEFAULT;
    guint16 flags = args->ulFlags & TW_OBJECT_ID_OPEN_HERE;
    g_auto(TwNameFindArgs) user = { .name = args->szUserName, .type = TW_DIRECTORY_USERS };

    if (args->szUserName == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_session_name_find(call->session, &user, NULL)) {
        /* a company's public store is asked for by its name */
        user.type = TW_DIRECTORY_CONTAINERS;
        if (!tw_session_name_find(call->session, &user, error))
            return FALSE;
    }
    if (tw_soapd_is_elsewhere(call, user.entry->number, args->ulFlags, &ret->lpszServerPath)) {
        ret->er = TW_SOAP_RESULT_UNABLE_TO_COMPLETE;
        return TRUE;
    }
    for (guint kind = TW_STORE_PRIVATE; kind <= TW_STORE_ARCHIVE; kind++) {
        g_auto(TwStoreFindArgs) find = { .owner = user.entry->number, .kind = kind };

        if ((mask & 1u << kind) != 0 && tw_session_store_find(call->session, &find, NULL)) {
            ret->lpszServerPath = tw_soapd_server_path(call);
            return give_resolved(call, &find.store, user.entry->number, flags, ret, error);
        }
    }
    return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
}

/* Who made a message, whose store it is. */
gboolean
tw_soapd_get_owner(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetOwnerArgs *args = data;
    TwSoapGetOwnerResponse *ret = out;
    g_auto(TwStoreInfoArgs) info = { 0 };
    TwSoapdPlace place;

    if (tw_soapd_anchor_find(call, args->sEntryId) != TW_SOAPD_ANCHOR_NONE) {
        ret->ulOwner = TW_DIRECTORY_SYSTEM;
        return tw_soapd_user_id(call, ret->ulOwner, &ret->sOwner, error);
    }
    if (!tw_soapd_find(call, args->sEntryId, &place, error))
        return FALSE;
    info.store = place.store;
    if (!tw_session_store_info(call->session, &info, error))
        return FALSE;
    ret->ulOwner = info.owner;
    if (place.message != 0) {
        g_auto(TwMessageReadArgs) read = { .store = place.store, .message = place.message };
        g_autoptr(TwEntryId) creator = NULL;
        TwPropValue value;

        if (!tw_session_message_read(call->session, &read, error))
            return FALSE;
        if (tw_object_get(read.object, PR_CREATOR_ENTRYID, &value))
            creator = tw_entryid_parse(value.data, value.len, NULL);
        if (creator != NULL && creator->kind == TW_ENTRYID_BOOK) {
            TwSoapBytes id = { value.data, value.len };
            (void) tw_soapd_find_user(call, 0, id, &ret->ulOwner, NULL);
        }
    }
    return tw_soapd_user_id(call, ret->ulOwner, &ret->sOwner, error);
}

/* ---- receive folders ---- */

/* The row that decides for a class: the longest prefix of whole words, in the end "". */
static const TwReceiveFolder *
best_row(const GArray *rows, const char *message_class)
{
    const TwReceiveFolder *best = NULL;
    gsize best_len = 0;

    for (guint i = 0; i < rows->len; i++) {
        const TwReceiveFolder *row = &g_array_index(rows, TwReceiveFolder, i);
        gsize len = strlen(row->message_class);

        if (g_ascii_strncasecmp(row->message_class, message_class, len) == 0 &&
            (len == 0 || message_class[len] == '\0' || message_class[len] == '.') &&
            (best == NULL || len > best_len)) {
            best = row;
            best_len = len;
        }
    }
    return best;
}

gboolean
tw_soapd_get_receive_folder(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetReceiveFolderArgs *args = data;
    TwSoapReceiveFolderResponse *ret = out;
    const char *message_class = args->lpszMessageClass != NULL ? args->lpszMessageClass : "";
    g_auto(TwReceiveFolderArgs) find = { .message_class = message_class };
    g_auto(TwReceiveFoldersArgs) all = { 0 };
    const TwReceiveFolder *row = NULL;

    if (!tw_soapd_find_store(call, args->sStoreId, &find.store, error) ||
        !tw_session_receive_folder(call->session, &find, error))
        return FALSE;
    /* which entry it was only the owner can list; for others it is as if there were but one */
    all.store = find.store;
    if (tw_session_receive_folders(call->session, &all, NULL))
        row = best_row(all.rows, message_class);
    ret->sReceiveFolder.lpszAExplicitClass =
        tw_soapd_text(call, row != NULL ? row->message_class : "");
    return tw_soapd_folder_id(call, &find.store, find.folder, &ret->sReceiveFolder.sEntryId, error);
}

gboolean
tw_soapd_get_receive_folder_table(TwSoapdCall *call,
                                  gconstpointer data,
                                  gpointer out,
                                  GError **error)
{
    const TwSoapGetReceiveFolderTableArgs *args = data;
    TwSoapReceiveFolderTableResponse *ret = out;
    g_auto(TwReceiveFoldersArgs) all = { 0 };

    if (!tw_soapd_find_store(call, args->sStoreId, &all.store, error) ||
        !tw_session_receive_folders(call->session, &all, error) ||
        !tw_soapd_alloc(call, all.rows->len, sizeof *ret->sFolderArray.items,
                        &ret->sFolderArray.items, error))
        return FALSE;
    for (guint i = 0; i < all.rows->len; i++) {
        const TwReceiveFolder *row = &g_array_index(all.rows, TwReceiveFolder, i);
        TwSoapReceiveFolder *item = &ret->sFolderArray.items[ret->sFolderArray.count++];

        item->lpszAExplicitClass = tw_soapd_text(call, row->message_class);
        if (!tw_soapd_folder_id(call, &all.store, row->folder, &item->sEntryId, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_soapd_set_receive_folder(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapSetReceiveFolderArgs *args = data;
    gboolean has_class = args->lpszMessageClass != NULL && *args->lpszMessageClass != '\0';
    g_auto(TwReceiveFolderSetArgs) set = { 0 };
    g_auto(TwReceiveFolderArgs) find = { .message_class = "" };
    TwSoapdPlace place;

    (void) out;
    if (args->lpsEntryId.len == 0 && !has_class)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_TYPE, error);
    if (!tw_soapd_find_store(call, args->sStoreId, &set.store, error))
        return FALSE;
    set.message_class = has_class ? args->lpszMessageClass : "";
    if (args->lpsEntryId.len == 0) {
        find.store = set.store;
        if (!tw_session_receive_folder(call->session, &find, error))
            return FALSE;
        set.folder = find.folder;
    } else {
        if (!tw_soapd_find_folder(call, args->lpsEntryId, &place, error))
            return FALSE;
        if (!tw_guid_equal(&place.store, &set.store))
            return tw_soapd_fail(TW_SOAP_RESULT_INVALID_ENTRYID, error);
        set.folder = place.folder;
    }
    return tw_session_receive_folder_set(call->session, &set, error);
}

/* ---- names of properties ---- */

gboolean
tw_soapd_get_ids_from_names(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    enum {
        CREATE = 2
    };
    const TwSoapGetIDsFromNamesArgs *args = data;
    TwSoapGetIDsFromNamesResponse *ret = out;
    g_auto(TwNamesToIdsArgs) ask = { .create = (args->ulFlags & CREATE) != 0 };
    guint count = args->lpsNamedProps != NULL ? args->lpsNamedProps->count : 0;
    const TwNamedProp **names;
    TwNamedProp *memory;

    if (!tw_soapd_alloc(call, count, sizeof *memory, &memory, error) ||
        !tw_soapd_alloc(call, count, sizeof(gpointer), &names, error) ||
        !tw_soapd_alloc(call, count, sizeof(guint32), &ret->lpsPropTags.items, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        const TwSoapNamedProp *from = &args->lpsNamedProps->items[i];

        if (from->lpguid.len != TW_GUID_LEN || (from->lpId == NULL) == (from->lpString == NULL))
            return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
        memory[i] = (TwNamedProp){ .set = tw_guid_from_bytes(from->lpguid.data),
                                   .name = from->lpString,
                                   .lid = from->lpId != NULL ? *from->lpId : 0 };
        names[i] = &memory[i];
    }
    ask.names = (TwNamedProps){ names, count };
    if (count > 0 && !tw_session_names_to_ids(call->session, &ask, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        guint32 id = g_array_index(ask.ids, guint32, i);
        ret->lpsPropTags.items[i] = id > NAMED_BASE ? id - NAMED_BASE : 0;
    }
    ret->lpsPropTags.count = count;
    return TRUE;
}

static gboolean
give_name(TwSoapdCall *call, const TwNamedProp *name, TwSoapNamedProp *ret, GError **error)
{
    guint8 *guid;

    if (!tw_soapd_alloc(call, TW_GUID_LEN, 1, &guid, error))
        return FALSE;
    memcpy(guid, name->set.bytes, TW_GUID_LEN);
    ret->lpguid.data = guid;
    ret->lpguid.len = TW_GUID_LEN;
    if (name->name != NULL) {
        ret->lpString = tw_soapd_text(call, name->name);
        return TRUE;
    }
    if (!tw_soapd_alloc(call, 1, sizeof *ret->lpId, &ret->lpId, error))
        return FALSE;
    *ret->lpId = name->lid;
    return TRUE;
}

gboolean
tw_soapd_get_names_from_ids(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetNamesFromIDsArgs *args = data;
    TwSoapGetNamesFromIDsResponse *ret = out;
    guint count = args->lpsPropTags != NULL ? args->lpsPropTags->count : 0;
    g_auto(TwIdsToNamesArgs) ask = { 0 };
    guint32 *ids;

    if (!tw_soapd_alloc(call, count, sizeof *ids, &ids, error) ||
        !tw_soapd_alloc(call, count, sizeof *ret->lpsNames.items, &ret->lpsNames.items, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        guint32 number = args->lpsPropTags->items[i];
        ids[i] = number <= 0xFFFEu - NAMED_BASE ? NAMED_BASE + number : 0;
    }
    ask.ids = (TwNumbers){ ids, count };
    if (count > 0 && !tw_session_ids_to_names(call->session, &ask, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        const TwNamedProp *name = g_ptr_array_index(ask.names, i);
        if (name != NULL && !give_name(call, name, &ret->lpsNames.items[i], error))
            return FALSE;
    }
    ret->lpsNames.count = count;
    return TRUE;
}

/* ---- keys ---- */

gboolean
tw_soapd_get_entry_id_from_source_key(TwSoapdCall *call,
                                      gconstpointer data,
                                      gpointer out,
                                      GError **error)
{
    const TwSoapGetEntryIDFromSourceKeyArgs *args = data;
    TwSoapGetEntryIDFromSourceKeyResponse *ret = out;
    g_autoptr(GBytes) folder_key = tw_soapd_take_bytes(args->folderSourceKey);
    g_autoptr(GBytes) message_key = tw_soapd_take_bytes(args->messageSourceKey);
    g_auto(TwSourceKeyFindArgs) folder = { .source_key = folder_key };
    g_auto(TwSourceKeyFindArgs) message = { .source_key = message_key };

    if (folder_key == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_find_store(call, args->sStoreId, &folder.store, error) ||
        !tw_session_source_key_find(call->session, &folder, error))
        return FALSE;
    if (folder.message != 0)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    if (message_key == NULL)
        return tw_soapd_folder_id(call, &folder.store, folder.folder, &ret->sEntryId, error);
    message.store = folder.store;
    if (!tw_session_source_key_find(call->session, &message, error))
        return FALSE;
    if (message.message == 0 || message.folder != folder.folder)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    return tw_soapd_message_id(call, &message.store, message.folder, message.message,
                               &ret->sEntryId, error);
}

gboolean
tw_soapd_check_exist_object(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    enum {
        DELETED = 2
    };
    const TwSoapCheckExistObjectArgs *args = data;
    gboolean deleted = FALSE;
    TwSoapdPlace place;

    (void) out;
    if (!tw_soapd_find(call, args->sEntryId, &place, error))
        return FALSE;
    if (place.type == TW_OBJECT_ID_MESSAGE) {
        g_auto(TwMessageGetArgs) get = { .store = place.store, .message = place.message };

        if (!tw_session_message_get(call->session, &get, error))
            return FALSE;
        deleted = get.row.state >= TW_MESSAGE_DELETED;
    } else if (place.type == TW_OBJECT_ID_FOLDER) {
        g_auto(TwFolderGetArgs) get = { .store = place.store, .folder = place.folder };

        if (!tw_session_folder_get(call->session, &get, error))
            return FALSE;
        deleted = get.row.row->state != TW_FOLDER_LIVE;
    }
    return (args->ulFlags & DELETED) == 0 || deleted ||
           tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
}

gboolean
tw_soapd_get_change_info(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetChangeInfoArgs *args = data;
    TwSoapGetChangeInfoResponse *ret = out;
    TwSoapBytes list, key;
    TwSoapdPlace place;

    if (!tw_soapd_find(call, args->sEntryId, &place, error))
        return FALSE;
    if (place.message != 0) {
        g_auto(TwMessageKeysArgs) keys = { .store = place.store, .message = place.message };

        if (!tw_session_message_keys(call->session, &keys, error))
            return FALSE;
        list = tw_soapd_give_bytes(call, g_steal_pointer(&keys.keys.change_list));
        key = tw_soapd_give_bytes(call, g_steal_pointer(&keys.keys.change_key));
    } else {
        g_auto(TwFolderKeysArgs) keys = { .store = place.store, .folder = place.folder };

        if (!tw_session_folder_keys(call->session, &keys, error))
            return FALSE;
        list = tw_soapd_give_bytes(call, g_steal_pointer(&keys.keys.change_list));
        key = tw_soapd_give_bytes(call, g_steal_pointer(&keys.keys.change_key));
    }
    ret->sPropPCL = tw_value_bytes(PR_PREDECESSOR_CHANGE_LIST, list.data, (guint32) list.len);
    ret->sPropCK = tw_value_bytes(PR_CHANGE_KEY, key.data, (guint32) key.len);
    return TRUE;
}
