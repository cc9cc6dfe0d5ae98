/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls that make, attach, detach and remove stores, and keep the server in order. Source: spec/mapi-soap.md 6.1, 6.4, 17. */
#include <string.h>

#include "soapd/soapd-private.h"

/* ---- stores ---- */

/* An id that a client made, of one kind and of the store of @guid unless that is zero. */
static gboolean
parse_new_id(TwSoapBytes id, TwObjectType type, TwGuid *guid, GError **error)
{
    TwObjectId parsed;

    if (id.len == TW_OBJECT_ID_LEN && tw_object_id_parse(id.data, id.len, &parsed, NULL) &&
        parsed.version == 1 && parsed.type == type && !tw_guid_is_zero(&parsed.store) &&
        (tw_guid_is_zero(guid) || tw_guid_equal(&parsed.store, guid))) {
        *guid = parsed.store;
        return TRUE;
    }
    return tw_soapd_fail(TW_SOAP_RESULT_INVALID_ENTRYID, error);
}

/* A store without an owner can be had back only with its GUID; whoever wants a new one with it is told. */
gboolean
tw_soapd_create_store(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapCreateStoreArgs *args = data;
    g_autoptr(GBytes) root_id = tw_soapd_take_bytes(args->sRootId);
    g_auto(TwStoreCreateArgs) create = { .kind = args->ulStoreType, .root_id = root_id };

    (void) out;
    if (args->ulStoreType > TW_STORE_ARCHIVE)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_TYPE, error);
    if (args->ulUserId == 0 && args->sUserId.len == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    return parse_new_id(args->sStoreId, TW_OBJECT_ID_STORE, &create.guid, error) &&
           parse_new_id(args->sRootId, TW_OBJECT_ID_FOLDER, &create.guid, error) &&
           tw_soapd_find_user(call, args->ulUserId, args->sUserId, &create.user, error) &&
           tw_session_store_create(call->session, &create, error);
}

static gboolean
take_guid(TwSoapBytes bytes, TwGuid *ret, GError **error)
{
    if (bytes.len != TW_GUID_LEN)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    *ret = tw_guid_from_bytes(bytes.data);
    return TRUE;
}

gboolean
tw_soapd_hook_store(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapHookStoreArgs *args = data;
    g_auto(TwStoreInfoArgs) info = { 0 };
    g_auto(TwStoreHookArgs) hook = { 0 };

    (void) out;
    if (args->sUserId.len == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!take_guid(args->sStoreGuid, &hook.store, error) ||
        !tw_soapd_find_user(call, 0, args->sUserId, &hook.owner, error))
        return FALSE;
    info.store = hook.store;
    if (!tw_session_store_info(call->session, &info, error))
        return FALSE;
    if ((guint32) info.info.kind != args->ulStoreType)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_TYPE, error);
    return tw_session_store_hook(call->session, &hook, error);
}

gboolean
tw_soapd_unhook_store(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapUnhookStoreArgs *args = data;
    g_auto(TwStoreFindArgs) find = { .kind = args->ulStoreType };
    g_auto(TwStoreUnhookArgs) unhook = { 0 };

    (void) out;
    if (args->sUserId.len == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_find_user(call, 0, args->sUserId, &find.owner, error) ||
        !tw_session_store_find(call->session, &find, error))
        return FALSE;
    unhook.store = find.store;
    return tw_session_store_unhook(call->session, &unhook, error);
}

gboolean
tw_soapd_remove_store(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapRemoveStoreArgs *args = data;
    g_auto(TwStoreDeleteArgs) delete_it = { 0 };

    (void) out;
    return take_guid(args->sStoreGuid, &delete_it.store, error) &&
           tw_session_store_delete(call->session, &delete_it, error);
}

/* ---- upkeep ---- */

gboolean
tw_soapd_reset_folder_count(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapResetFolderCountArgs *args = data;
    TwSoapResetFolderCountResponse *ret = out;
    g_auto(TwFolderRecountArgs) recount = { 0 };
    TwSoapdPlace place;

    if (!tw_soapd_find_folder(call, args->sEntryId, &place, error))
        return FALSE;
    recount.store = place.store;
    recount.folder = place.folder;
    if (!tw_session_folder_recount(call->session, &recount, error))
        return FALSE;
    ret->ulUpdates = recount.wrong;
    return TRUE;
}

gboolean
tw_soapd_purge_soft_delete(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapPurgeSoftDeleteArgs *args = data;
    g_auto(TwDeletedPurgeArgs) purge = { .days = args->ulDays };

    (void) out;
    return tw_session_deleted_purge(call->session, &purge, error);
}

gboolean
tw_soapd_purge_cache(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    g_auto(TwCacheDropArgs) drop = { 0 };

    (void) data;
    (void) out;
    return tw_session_cache_drop(call->session, &drop, error);
}

/* Every change is whole when it is answered: nothing is ever deferred, which clients call until they are told so. */
gboolean
tw_soapd_purge_deferred_updates(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    (void) call;
    (void) data;
    (void) out;
    return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
}

gboolean
tw_soapd_sync_users(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    g_auto(TwDirectorySyncArgs) sync = { 0 };

    (void) data;
    (void) out;
    return tw_session_directory_sync(call->session, &sync, error);
}

/* ---- calls that no client makes: spec/mapi-soap.md 6 ---- */

gboolean
tw_soapd_remove_all_objects(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    (void) call;
    (void) data;
    (void) out;
    (void) error;
    return TRUE; /* answered without effect, as the peer does */
}

gboolean
tw_soapd_test_perform(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    (void) call;
    (void) data;
    (void) out;
    return tw_soapd_fail(TW_SOAP_RESULT_NO_ACCESS, error);
}

gboolean
tw_soapd_test_set(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    return tw_soapd_test_perform(call, data, out, error);
}

gboolean
tw_soapd_test_get(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    return tw_soapd_test_perform(call, data, out, error);
}
