/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls that tell of users, groups and quotas. Source: spec/mapi-soap.md 4.8, 4.9, 6.4. */
#include "soapd/soapd-private.h"

enum {
    TAG_FEATURES_ON = 0x67B3101F,
    TAG_FEATURES_OFF = 0x67B4101F,
};

static void
unref_object(gpointer object)
{
    tw_directory_object_unref(object);
}

static const TwDirectoryObject *
keep_object(TwSoapdCall *call, TwDirectoryObject *object)
{
    tw_soapd_keep(call, tw_directory_object_ref(object), unref_object);
    return object;
}

/* Somebody by number and id; number 0 without an id is the session's user. */
static const TwDirectoryObject *
get_object(TwSoapdCall *call, guint32 number, TwSoapBytes id, TwDirectoryType type, GError **error)
{
    g_auto(TwBookGetArgs) get = { 0 };

    if (!tw_soapd_find_user(call, number, id, &get.user, error) ||
        !tw_session_book_get(call->session, &get, error))
        return NULL;
    if (tw_directory_type(get.entry->kind) != type) {
        (void) tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
        return NULL;
    }
    return keep_object(call, get.entry);
}

/* ---- structures ---- */

static gboolean
fill_features(TwSoapdCall *call,
              const TwDirectoryObject *from,
              TwSoapPropmapMVPairArray **ret,
              GError **error)
{
    static const guint32 tags[] = { TAG_FEATURES_ON, TAG_FEATURES_OFF };

    if (!tw_soapd_alloc(call, 1, sizeof **ret, ret, error) ||
        !tw_soapd_alloc(call, 2, sizeof *(*ret)->items, &(*ret)->items, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        TwSoapPropmapMVPair *pair = &(*ret)->items[i];
        g_autoptr(GPtrArray) list = g_ptr_array_new();

        tw_soapd_list_features(from, tags[i] == TAG_FEATURES_ON, list);
        pair->ulPropId = tags[i];
        if (!tw_soapd_alloc(call, list->len, sizeof *pair->sValues.items, &pair->sValues.items,
                            error))
            return FALSE;
        for (guint j = 0; j < list->len; j++)
            pair->sValues.items[pair->sValues.count++] = g_ptr_array_index(list, j);
    }
    (*ret)->count = G_N_ELEMENTS(tags);
    return TRUE;
}

static gboolean
fill_user(TwSoapdCall *call, const TwDirectoryObject *from, TwSoapUser *ret, GError **error)
{
    ret->ulUserId = from->number;
    ret->lpszUsername = from->name;
    ret->lpszPassword = "";
    ret->lpszMailAddress = from->mail;
    ret->lpszFullName = from->full_name;
    ret->lpszServername = from->home_server;
    ret->ulIsAdmin = (guint32) from->admin;
    ret->ulIsABHidden = from->hidden ? 1 : 0;
    ret->ulCapacity = from->capacity;
    ret->ulObjClass = (guint32) from->kind;
    return tw_soapd_book_id(call, from, &ret->sUserId, error) &&
           fill_features(call, from, &ret->lpsMVPropmap, error);
}

static gboolean
fill_group(TwSoapdCall *call, const TwDirectoryObject *from, TwSoapGroup *ret, GError **error)
{
    ret->ulGroupId = from->number;
    ret->lpszGroupname = from->name;
    ret->lpszFullname = from->full_name;
    ret->lpszFullEmail = from->mail;
    ret->ulIsABHidden = from->hidden ? 1 : 0;
    return tw_soapd_book_id(call, from, &ret->sGroupId, error);
}

/* Those of @rows that are users, without contacts. */
static gboolean
fill_users(TwSoapdCall *call, const GPtrArray *rows, TwSoapUserArray *ret, GError **error)
{
    if (!tw_soapd_alloc(call, rows->len, sizeof *ret->items, &ret->items, error))
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        const TwDirectoryObject *object = keep_object(call, g_ptr_array_index(rows, i));

        if (tw_directory_type(object->kind) == TW_DIRECTORY_USERS &&
            object->kind != TW_DIRECTORY_CONTACT &&
            !fill_user(call, object, &ret->items[ret->count++], error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
fill_groups(TwSoapdCall *call, const GPtrArray *rows, TwSoapGroupArray *ret, GError **error)
{
    if (!tw_soapd_alloc(call, rows->len, sizeof *ret->items, &ret->items, error))
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        const TwDirectoryObject *object = keep_object(call, g_ptr_array_index(rows, i));

        if (tw_directory_type(object->kind) == TW_DIRECTORY_GROUPS &&
            !fill_group(call, object, &ret->items[ret->count++], error))
            return FALSE;
    }
    return TRUE;
}

/* ---- users ---- */

gboolean
tw_soapd_get_user(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetUserArgs *args = data;
    TwSoapGetUserResponse *ret = out;
    const TwDirectoryObject *user =
        get_object(call, args->ulUserId, args->sUserId, TW_DIRECTORY_USERS, error);

    return user != NULL && tw_soapd_alloc(call, 1, sizeof *ret->lpsUser, &ret->lpsUser, error) &&
           fill_user(call, user, ret->lpsUser, error);
}

/* All of a kind in a company; the session's own for number 0. */
static GPtrArray *
list_objects(
    TwSoapdCall *call, guint32 number, TwSoapBytes id, TwDirectoryType type, GError **error)
{
    g_auto(TwObjectsListArgs) list = { .type = type };
    TwSessionInfo who;

    if (!tw_soapd_find_user(call, number, id, &list.company, error))
        return NULL;
    if (list.company == 0) {
        tw_session_get_info(call->session, &who);
        list.company = who.company;
    }
    return tw_session_objects_list(call->session, &list, error) ? g_steal_pointer(&list.rows)
                                                                : NULL;
}

gboolean
tw_soapd_get_user_list(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetUserListArgs *args = data;
    TwSoapUserListResponse *ret = out;
    g_autoptr(GPtrArray) rows =
        list_objects(call, args->ulCompanyId, args->sCompanyId, TW_DIRECTORY_USERS, error);

    return rows != NULL && fill_users(call, rows, &ret->sUserArray, error);
}

static const TwDirectoryObject *
find_name(TwSoapdCall *call, const char *name, TwDirectoryType type, GError **error)
{
    g_auto(TwNameFindArgs) find = { .name = name, .type = type };

    if (name == NULL) {
        (void) tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
        return NULL;
    }
    return tw_session_name_find(call->session, &find, error) ? keep_object(call, find.entry) : NULL;
}

gboolean
tw_soapd_resolve_username(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapResolveUsernameArgs *args = data;
    TwSoapResolveUserResponse *ret = out;
    const TwDirectoryObject *user = find_name(call, args->lpszUsername, TW_DIRECTORY_USERS, error);

    if (user == NULL)
        return FALSE;
    ret->ulUserId = user->number;
    return tw_soapd_book_id(call, user, &ret->sUserId, error);
}

gboolean
tw_soapd_get_send_as_list(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetSendAsListArgs *args = data;
    TwSoapUserListResponse *ret = out;
    g_auto(TwBookRelatedArgs) related = { .relation = TW_DIRECTORY_SEND_AS };

    return tw_soapd_find_user(call, args->ulUserId, args->sUserId, &related.user, error) &&
           tw_session_book_related(call->session, &related, error) &&
           fill_users(call, related.rows, &ret->sUserArray, error);
}

/* ---- groups ---- */

gboolean
tw_soapd_get_group(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetGroupArgs *args = data;
    TwSoapGetGroupResponse *ret = out;
    const TwDirectoryObject *group =
        get_object(call, args->ulGroupId, args->sGroupId, TW_DIRECTORY_GROUPS, error);

    return group != NULL && tw_soapd_alloc(call, 1, sizeof *ret->lpsGroup, &ret->lpsGroup, error) &&
           fill_group(call, group, ret->lpsGroup, error);
}

gboolean
tw_soapd_get_group_list(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetGroupListArgs *args = data;
    TwSoapGroupListResponse *ret = out;
    g_autoptr(GPtrArray) rows =
        list_objects(call, args->ulCompanyId, args->sCompanyId, TW_DIRECTORY_GROUPS, error);

    return rows != NULL && fill_groups(call, rows, &ret->sGroupArray, error);
}

gboolean
tw_soapd_resolve_groupname(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapResolveGroupnameArgs *args = data;
    TwSoapResolveGroupResponse *ret = out;
    const TwDirectoryObject *group =
        find_name(call, args->lpszGroupname, TW_DIRECTORY_GROUPS, error);

    if (group == NULL)
        return FALSE;
    ret->ulGroupId = group->number;
    return tw_soapd_book_id(call, group, &ret->sGroupId, error);
}

gboolean
tw_soapd_get_user_list_of_group(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetUserListOfGroupArgs *args = data;
    TwSoapUserListResponse *ret = out;
    g_auto(TwBookRelatedArgs) related = { .relation = TW_DIRECTORY_MEMBER };

    return tw_soapd_find_user(call, args->ulGroupId, args->sGroupId, &related.user, error) &&
           tw_session_book_related(call->session, &related, error) &&
           fill_users(call, related.rows, &ret->sUserArray, error);
}

gboolean
tw_soapd_get_group_list_of_user(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetGroupListOfUserArgs *args = data;
    TwSoapGroupListResponse *ret = out;
    g_auto(TwBookRelatedArgs)
        related = { .relation = TW_DIRECTORY_MEMBER, .holders = TRUE, .deep = TRUE };

    return tw_soapd_find_user(call, args->ulUserId, args->sUserId, &related.user, error) &&
           tw_session_book_related(call->session, &related, error) &&
           fill_groups(call, related.rows, &ret->sGroupArray, error);
}

/* ---- quotas ---- */

gboolean
tw_soapd_get_quota(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetQuotaArgs *args = data;
    TwSoapQuotaResponse *ret = out;
    g_auto(TwQuotaGetArgs) get = { 0 };

    if (args->bGetUserDefault)
        return tw_soapd_fail(TW_SOAP_RESULT_NO_SUPPORT, error);
    if (!tw_soapd_find_user(call, args->ulUserid, args->sUserId, &get.user, error) ||
        !tw_session_quota_get(call->session, &get, error))
        return FALSE;
    ret->sQuota.bUseDefaultQuota = get.inherited;
    ret->sQuota.llWarnSize = get.quota.warn;
    ret->sQuota.llSoftSize = get.quota.soft;
    ret->sQuota.llHardSize = get.quota.hard;
    return TRUE;
}

gboolean
tw_soapd_get_quota_status(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetQuotaStatusArgs *args = data;
    TwSoapQuotaStatus *ret = out;
    g_auto(TwQuotaGetArgs) get = { 0 };

    if (!tw_soapd_find_user(call, args->ulUserid, args->sUserId, &get.user, error) ||
        !tw_session_quota_get(call->session, &get, error))
        return FALSE;
    if (get.bytes < 0)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    ret->llStoreSize = get.bytes;
    ret->ulQuotaStatus = get.state;
    return TRUE;
}
