/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names of objects on the wire, and what they name: entry ids of stores, folders, messages and people. */
#include <string.h>

#include "soapd/soapd-private.h"

/* ---- from the wire ---- */

gboolean
tw_soapd_find(TwSoapdCall *call, TwSoapBytes id, TwSoapdPlace *ret, GError **error)
{
    g_autoptr(GBytes) entry_id = NULL;
    g_auto(TwEntryIdFindArgs) find = { 0 };
    guint8 bytes[TW_OBJECT_ID_LEN];
    TwObjectId parsed;

    if (id.len == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    /* a store is its GUID: clients that made one have another id of it, and so do those with flags in theirs */
    if (tw_object_id_parse(id.data, id.len, &parsed, NULL) && parsed.type == TW_OBJECT_ID_STORE) {
        parsed.version = 1;
        parsed.unique = parsed.store;
        parsed.flags = 0;
        entry_id = g_bytes_new(bytes, tw_object_id_write(&parsed, bytes));
    } else {
        entry_id = g_bytes_new(id.data, id.len);
    }
    find.entry_id = entry_id;
    if (!tw_session_entry_id_find(call->session, &find, error))
        return FALSE;
    *ret = (TwSoapdPlace){ .store = find.store,
                           .type = (TwObjectType) find.type,
                           .folder = find.folder,
                           .message = find.message };
    return TRUE;
}

static gboolean
not_found(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such object");
    return FALSE;
}

gboolean
tw_soapd_find_folder(TwSoapdCall *call, TwSoapBytes id, TwSoapdPlace *ret, GError **error)
{
    return tw_soapd_find(call, id, ret, error) &&
           (ret->type == TW_OBJECT_ID_FOLDER || not_found(error));
}

gboolean
tw_soapd_find_message(TwSoapdCall *call, TwSoapBytes id, TwSoapdPlace *ret, GError **error)
{
    return tw_soapd_find(call, id, ret, error) &&
           (ret->type == TW_OBJECT_ID_MESSAGE || not_found(error));
}

gboolean
tw_soapd_find_store(TwSoapdCall *call, TwSoapBytes id, TwGuid *ret, GError **error)
{
    TwSoapdPlace place;

    if (!tw_soapd_find(call, id, &place, error))
        return FALSE;
    *ret = place.store;
    return TRUE;
}

gboolean
tw_soapd_find_user(TwSoapdCall *call, guint32 number, TwSoapBytes id, guint32 *ret, GError **error)
{
    g_autoptr(TwEntryId) parsed = NULL;
    g_auto(TwIdFindArgs) find = { 0 };

    if (id.len == 0) {
        *ret = number;
        return TRUE;
    }
    parsed = tw_entryid_parse(id.data, id.len, NULL);
    if (parsed == NULL || parsed->kind != TW_ENTRYID_BOOK)
        return not_found(error);
    if (parsed->book.external == NULL) {
        *ret = parsed->book.number;
        return TRUE;
    }
    find.id = parsed->book.external;
    if (!tw_session_id_find(call->session, &find, error))
        return FALSE;
    *ret = find.entry->number;
    return TRUE;
}

/* ---- to the wire ---- */

gboolean
tw_soapd_store_id(
    TwSoapdCall *call, const TwGuid *store, guint16 flags, TwSoapBytes *ret, GError **error)
{
    TwObjectId id = {
        .store = *store, .type = TW_OBJECT_ID_STORE, .version = 1, .flags = flags, .unique = *store
    };
    guint8 *bytes;

    if (!tw_soapd_alloc(call, TW_OBJECT_ID_LEN, 1, &bytes, error))
        return FALSE;
    ret->len = tw_object_id_write(&id, bytes);
    ret->data = bytes;
    return TRUE;
}

gboolean
tw_soapd_folder_id(
    TwSoapdCall *call, const TwGuid *store, guint32 folder, TwSoapBytes *ret, GError **error)
{
    g_auto(TwFolderKeysArgs) keys = { .store = *store, .folder = folder };

    if (!tw_session_folder_keys(call->session, &keys, error))
        return FALSE;
    *ret = tw_soapd_give_bytes(call, g_steal_pointer(&keys.entry_id));
    return TRUE;
}

gboolean
tw_soapd_message_id(TwSoapdCall *call,
                    const TwGuid *store,
                    guint32 folder,
                    guint32 message,
                    TwSoapBytes *ret,
                    GError **error)
{
    g_auto(TwMessageKeysArgs) keys = { .store = *store, .folder = folder, .message = message };

    if (!tw_session_message_keys(call->session, &keys, error))
        return FALSE;
    *ret = tw_soapd_give_bytes(call, g_steal_pointer(&keys.entry_id));
    return TRUE;
}

static gboolean
give_book_id(TwSoapdCall *call, const TwBookId *id, TwSoapBytes *ret, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);
    GBytes *bytes;

    tw_book_id_write(id, &out);
    bytes = tw_buffer_steal_bytes(&out, error);
    if (bytes == NULL)
        return FALSE;
    *ret = tw_soapd_give_bytes(call, bytes);
    return TRUE;
}

gboolean
tw_soapd_book_id(TwSoapdCall *call,
                 const TwDirectoryObject *object,
                 TwSoapBytes *ret,
                 GError **error)
{
    enum {
        CAPABILITY_MULTI_SERVER = 0x40
    };
    TwBookId id = { .number = object->number };

    switch (object->kind) {
    case TW_DIRECTORY_USER:
    case TW_DIRECTORY_NONACTIVE_USER:
    case TW_DIRECTORY_ROOM:
    case TW_DIRECTORY_EQUIPMENT:
    case TW_DIRECTORY_CONTACT:
        id.type = TW_BOOK_USER;
        break;
    case TW_DIRECTORY_GROUP:
    case TW_DIRECTORY_SECURITY_GROUP:
    case TW_DIRECTORY_DYNAMIC_GROUP:
    case TW_DIRECTORY_COMPANY:
        id.type = TW_BOOK_LIST;
        break;
    case TW_DIRECTORY_ADDRESS_LIST:
        id.type = TW_BOOK_CONTAINER;
        break;
    }
    /* the built-in ones have no id but their number */
    if (object->number >= TW_DIRECTORY_FIRST_NUMBER &&
        (call->client->capabilities & CAPABILITY_MULTI_SERVER) != 0)
        id.external = object->id;
    return give_book_id(call, &id, ret, error);
}

gboolean
tw_soapd_user_id(TwSoapdCall *call, guint32 user, TwSoapBytes *ret, GError **error)
{
    TwBookId plain = { .type = user == TW_BOOK_NUMBER_EVERYONE ? TW_BOOK_LIST : TW_BOOK_USER,
                       .number = user };
    g_auto(TwBookGetArgs) get = { .user = user };

    if (user != 0 && tw_session_book_get(call->session, &get, NULL))
        return tw_soapd_book_id(call, get.entry, ret, error);
    return give_book_id(call, &plain, ret, error);
}

GBytes *
tw_soapd_new_source_key(TwSoapdCall *call, const TwGuid *store, TwObject *object)
{
    g_auto(TwSourceKeyFindArgs) find = { .store = *store };
    g_auto(TwServerInfoArgs) server = { 0 };
    g_autoptr(GBytes) key = NULL;
    TwPropValue value;
    TwXid xid;

    if (!tw_object_get(object, PR_SOURCE_KEY, &value))
        return NULL;
    if (tw_xid_parse(value.data, value.len, &xid, NULL))
        key = g_bytes_new(value.data, value.len);
    tw_object_remove(object, PR_SOURCE_KEY);
    find.source_key = key;
    if (key == NULL || !tw_session_server_info(call->session, &server, NULL) ||
        tw_guid_equal(&xid.replica, &server.guid) ||
        tw_session_source_key_find(call->session, &find, NULL))
        return NULL;
    return g_steal_pointer(&key);
}

const char *
tw_soapd_server_path(TwSoapdCall *call)
{
    char *path = g_strconcat("pseudo://", call->door->node, NULL);

    tw_soapd_keep(call, path, g_free);
    return path;
}

gboolean
tw_soapd_is_elsewhere(TwSoapdCall *call, guint32 owner, guint32 flags, const char **ret)
{
    g_auto(TwHomeFindArgs) home = { .user = owner };
    char *path;

    if ((flags & TW_OBJECT_ID_OPEN_HERE) != 0 ||
        !tw_session_home_find(call->session, &home, NULL) || home.name == NULL)
        return FALSE;
    path = g_strconcat("pseudo://", home.name, NULL);
    tw_soapd_keep(call, path, g_free);
    *ret = path;
    return TRUE;
}
