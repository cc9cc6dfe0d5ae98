/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls that tell of users, groups and quotas. Source: spec/mapi-soap.md 4.8, 4.9, 6.4. */
#include "soapd/soapd-private.h"

static void
unref_object(gpointer object)
{
    tw_directory_object_unref(object);
}

const TwDirectoryObject *
tw_soapd_keep_object(TwSoapdCall *call, TwDirectoryObject *object)
{
    tw_soapd_keep(call, tw_directory_object_ref(object), unref_object);
    return object;
}

const TwDirectoryObject *
tw_soapd_get_object(
    TwSoapdCall *call, guint32 number, TwSoapBytes id, TwDirectoryType type, GError **error)
{
    g_auto(TwBookGetArgs) get = { 0 };

    if (!tw_soapd_find_user(call, number, id, &get.user, error) ||
        !tw_session_book_get(call->session, &get, error))
        return NULL;
    if (tw_directory_type(get.entry->kind) != type) {
        (void) tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
        return NULL;
    }
    return tw_soapd_keep_object(call, get.entry);
}

/* ---- structures ---- */

static gboolean
fill_user(TwSoapdCall *call, const TwDirectoryObject *from, TwSoapUser *ret, GError **error)
{
    ret->ulUserId = from->number;
    ret->lpszUsername = tw_soapd_login_name(call, from);
    ret->lpszPassword = "";
    ret->lpszMailAddress = from->mail;
    ret->lpszFullName = from->full_name;
    ret->lpszServername = from->home_server;
    ret->ulIsAdmin = (guint32) from->admin;
    ret->ulIsABHidden = from->hidden ? 1 : 0;
    ret->ulCapacity = from->capacity;
    ret->ulObjClass = (guint32) from->kind;
    return tw_soapd_book_id(call, from, &ret->sUserId, error) &&
           tw_soapd_give_propmap(call, from, &ret->lpsPropmap, &ret->lpsMVPropmap, error);
}

static gboolean
fill_group(TwSoapdCall *call, const TwDirectoryObject *from, TwSoapGroup *ret, GError **error)
{
    ret->ulGroupId = from->number;
    ret->lpszGroupname = tw_soapd_login_name(call, from);
    ret->lpszFullname = from->full_name;
    ret->lpszFullEmail = from->mail;
    ret->ulIsABHidden = from->hidden ? 1 : 0;
    return tw_soapd_book_id(call, from, &ret->sGroupId, error) &&
           tw_soapd_give_propmap(call, from, &ret->lpsPropmap, &ret->lpsMVPropmap, error);
}

gboolean
tw_soapd_fill_users(TwSoapdCall *call, const GPtrArray *rows, TwSoapUserArray *ret, GError **error)
{
    if (!tw_soapd_alloc(call, rows->len, sizeof *ret->items, &ret->items, error))
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        const TwDirectoryObject *object = tw_soapd_keep_object(call, g_ptr_array_index(rows, i));

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
        const TwDirectoryObject *object = tw_soapd_keep_object(call, g_ptr_array_index(rows, i));

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
        tw_soapd_get_object(call, args->ulUserId, args->sUserId, TW_DIRECTORY_USERS, error);

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

    return rows != NULL && tw_soapd_fill_users(call, rows, &ret->sUserArray, error);
}

const TwDirectoryObject *
tw_soapd_get_named(TwSoapdCall *call, const char *name, TwDirectoryType type, GError **error)
{
    g_auto(TwNameFindArgs) find = { .name = name, .type = type };

    if (name == NULL) {
        (void) tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
        return NULL;
    }
    return tw_session_name_find(call->session, &find, error)
               ? tw_soapd_keep_object(call, find.entry)
               : NULL;
}

gboolean
tw_soapd_resolve_username(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapResolveUsernameArgs *args = data;
    TwSoapResolveUserResponse *ret = out;
    const TwDirectoryObject *user =
        tw_soapd_get_named(call, args->lpszUsername, TW_DIRECTORY_USERS, error);

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
           tw_soapd_fill_users(call, related.rows, &ret->sUserArray, error);
}

/* ---- groups ---- */

gboolean
tw_soapd_get_group(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetGroupArgs *args = data;
    TwSoapGetGroupResponse *ret = out;
    const TwDirectoryObject *group =
        tw_soapd_get_object(call, args->ulGroupId, args->sGroupId, TW_DIRECTORY_GROUPS, error);

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
        tw_soapd_get_named(call, args->lpszGroupname, TW_DIRECTORY_GROUPS, error);

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
           tw_soapd_fill_users(call, related.rows, &ret->sUserArray, error);
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
