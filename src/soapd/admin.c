/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls that change users, groups and who belongs to what. Source: spec/mapi-soap.md 4.8, 6.4. */
#include <string.h>

#include "soapd/soapd-private.h"

enum {
    KEEP = 0xFFFFFFFFu, /* a number that leaves things as they are */
};

static gboolean
has_text(const char *text)
{
    return text != NULL && *text != '\0';
}

static TwSecret *
secret_of(const char *password)
{
    return has_text(password) ? tw_secret_new(password, strlen(password)) : NULL;
}

/* ---- users ---- */

/* What a structure says of a user, and which members those are: an empty text says nothing. */
static guint32
user_values(const TwSoapUser *from, TwDirectoryObject *ret)
{
    guint32 fields = 0;

    *ret = (TwDirectoryObject){ .kind = TW_DIRECTORY_USER,
                                .name = "",
                                .full_name = "",
                                .mail = "",
                                .description = "",
                                .home_server = "" };
    if (has_text(from->lpszUsername)) {
        ret->name = from->lpszUsername;
        fields |= TW_DIRECTORY_SET_NAME;
    }
    if (has_text(from->lpszFullName)) {
        ret->full_name = from->lpszFullName;
        fields |= TW_DIRECTORY_SET_FULL_NAME;
    }
    if (has_text(from->lpszMailAddress)) {
        ret->mail = from->lpszMailAddress;
        fields |= TW_DIRECTORY_SET_MAIL;
    }
    if (from->ulIsAdmin <= TW_DIRECTORY_SYSTEM_ADMIN) {
        ret->admin = (TwDirectoryAdmin) from->ulIsAdmin;
        fields |= TW_DIRECTORY_SET_ADMIN;
    }
    if (from->ulIsABHidden != KEEP) {
        ret->hidden = from->ulIsABHidden != 0;
        fields |= TW_DIRECTORY_SET_HIDDEN;
    }
    if (from->ulCapacity != KEEP && from->ulCapacity != 0) {
        ret->capacity = from->ulCapacity;
        fields |= TW_DIRECTORY_SET_MEETING;
    }
    if (from->ulObjClass != KEEP && from->ulObjClass != 0) {
        ret->kind = (TwDirectoryKind) from->ulObjClass;
        fields |= TW_DIRECTORY_SET_KIND;
    }
    return fields;
}

static gboolean
check_class(guint32 number, GError **error)
{
    return number == 0 || number == KEEP ||
           (number >= TW_DIRECTORY_USER && number <= TW_DIRECTORY_CONTACT) ||
           tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
}

gboolean
tw_soapd_create_user(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapUser *from = ((const TwSoapCreateUserArgs *) data)->lpsUser;
    TwSoapSetUserResponse *ret = out;
    g_autoptr(TwSecret) password = NULL;
    g_auto(TwObjectCreateArgs) create = { 0 };
    TwDirectoryObject values;
    guint32 fields;

    if (from == NULL || !has_text(from->lpszUsername) || !has_text(from->lpszFullName) ||
        !has_text(from->lpszMailAddress) ||
        (!has_text(from->lpszPassword) && (from->ulObjClass == 0 || from->ulObjClass == KEEP)))
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!check_class(from->ulObjClass, error))
        return FALSE;
    fields = user_values(from, &values);
    values.meeting = TW_DIRECTORY_MEETING_DEFAULT;
    if (!tw_soapd_split_name(call, from->lpszUsername, &values.name, &create.company, error) ||
        !tw_soapd_take_propmap(call, from->lpsPropmap, from->lpsMVPropmap, NULL, &values, &fields,
                               error))
        return FALSE;
    password = secret_of(from->lpszPassword);
    create.values = &values;
    create.password = password;
    if (!tw_session_object_create(call->session, &create, error))
        return FALSE;
    ret->ulUserId = create.created;
    return tw_soapd_user_id(call, create.created, &ret->sUserId, error);
}

gboolean
tw_soapd_set_user(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapUser *from = ((const TwSoapSetUserArgs *) data)->lpsUser;
    g_autoptr(TwSecret) password = NULL;
    g_auto(TwObjectChangeArgs) change = { 0 };
    g_auto(TwBookGetArgs) get = { 0 };
    TwDirectoryObject values;

    (void) out;
    if (from == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!check_class(from->ulObjClass, error) ||
        !tw_soapd_find_user(call, from->ulUserId, from->sUserId, &change.user, error))
        return FALSE;
    get.user = change.user;
    if (!tw_session_book_get(call->session, &get, error))
        return FALSE;
    change.fields = user_values(from, &values);
    if (change.fields & TW_DIRECTORY_SET_NAME) {
        guint32 company;

        if (!tw_soapd_split_name(call, from->lpszUsername, &values.name, &company, error))
            return FALSE;
    }
    /* beside the capacity: they are one field */
    values.meeting = get.entry->meeting;
    if (values.capacity == 0)
        values.capacity = get.entry->capacity;
    values.description = get.entry->description;
    if (!tw_soapd_take_propmap(call, from->lpsPropmap, from->lpsMVPropmap, get.entry, &values,
                               &change.fields, error))
        return FALSE;
    /* who is no administrator changes the password and what is in the address book; the rest is passed over without a word */
    if (!get.is_over)
        change.fields &= TW_DIRECTORY_SET_DETAILS;
    password = secret_of(from->lpszPassword);
    change.values = change.fields != 0 ? &values : NULL;
    change.password = password;
    return (change.fields == 0 && password == NULL) ||
           tw_session_object_change(call->session, &change, error);
}

gboolean
tw_soapd_remove_object(
    TwSoapdCall *call, guint32 number, TwSoapBytes id, TwDirectoryType type, GError **error)
{
    g_auto(TwBookGetArgs) get = { 0 };
    g_auto(TwObjectRemoveArgs) remove_it = { 0 };

    if (number == 0 && id.len == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_find_user(call, number, id, &get.user, error) ||
        !tw_session_book_get(call->session, &get, error))
        return FALSE;
    if (tw_directory_type(get.entry->kind) != type)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    remove_it.user = get.user;
    return tw_session_object_remove(call->session, &remove_it, error);
}

gboolean
tw_soapd_delete_user(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapDeleteUserArgs *args = data;

    (void) out;
    return tw_soapd_remove_object(call, args->ulUserId, args->sUserId, TW_DIRECTORY_USERS, error);
}

/* ---- groups ---- */

gboolean
tw_soapd_create_group(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGroup *from = ((const TwSoapCreateGroupArgs *) data)->lpsGroup;
    TwSoapSetGroupResponse *ret = out;
    g_auto(TwObjectCreateArgs) create = { 0 };
    TwDirectoryObject values = { .kind = TW_DIRECTORY_SECURITY_GROUP,
                                 .description = "",
                                 .home_server = "" };

    if (from == NULL || !has_text(from->lpszGroupname))
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_split_name(call, from->lpszGroupname, &values.name, &create.company, error))
        return FALSE;
    values.full_name = has_text(from->lpszFullname) ? from->lpszFullname : from->lpszGroupname;
    values.mail = from->lpszFullEmail != NULL ? from->lpszFullEmail : "";
    values.hidden = from->ulIsABHidden != 0 && from->ulIsABHidden != KEEP;
    create.values = &values;
    if (!tw_session_object_create(call->session, &create, error))
        return FALSE;
    ret->ulGroupId = create.created;
    return tw_soapd_user_id(call, create.created, &ret->sGroupId, error);
}

gboolean
tw_soapd_set_group(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGroup *from = ((const TwSoapSetGroupArgs *) data)->lpsGroup;
    TwDirectoryObject values = { .kind = TW_DIRECTORY_SECURITY_GROUP };
    g_auto(TwObjectChangeArgs) change = { 0 };
    const TwDirectoryObject *group;

    (void) out;
    if (from == NULL || (from->ulGroupId == 0 && from->sGroupId.len == 0))
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    group = tw_soapd_get_object(call, from->ulGroupId, from->sGroupId, TW_DIRECTORY_GROUPS, error);
    if (group == NULL)
        return FALSE;
    change.user = group->number;
    if (has_text(from->lpszGroupname)) {
        guint32 company;

        if (!tw_soapd_split_name(call, from->lpszGroupname, &values.name, &company, error))
            return FALSE;
        change.fields |= TW_DIRECTORY_SET_NAME;
    }
    if (has_text(from->lpszFullname)) {
        values.full_name = from->lpszFullname;
        change.fields |= TW_DIRECTORY_SET_FULL_NAME;
    }
    if (has_text(from->lpszFullEmail)) {
        values.mail = from->lpszFullEmail;
        change.fields |= TW_DIRECTORY_SET_MAIL;
    }
    if (from->ulIsABHidden != KEEP) {
        values.hidden = from->ulIsABHidden != 0;
        change.fields |= TW_DIRECTORY_SET_HIDDEN;
    }
    if (!tw_soapd_take_propmap(call, from->lpsPropmap, from->lpsMVPropmap, group, &values,
                               &change.fields, error))
        return FALSE;
    change.values = &values;
    return change.fields == 0 || tw_session_object_change(call->session, &change, error);
}

gboolean
tw_soapd_group_delete(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGroupDeleteArgs *args = data;

    (void) out;
    return tw_soapd_remove_object(call, args->ulGroupId, args->sGroupId, TW_DIRECTORY_GROUPS,
                                  error);
}

/* ---- who belongs to what ---- */

gboolean
tw_soapd_relate(TwSoapdCall *call,
                TwSoapdName holder,
                TwDirectoryRelation relation,
                TwSoapdName other,
                gboolean add,
                GError **error)
{
    g_auto(TwRelateArgs) put = { .relation = relation };
    g_auto(TwUnrelateArgs) take = { .relation = relation };

    if ((holder.number == 0 && holder.id.len == 0) || (other.number == 0 && other.id.len == 0))
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_find_user(call, holder.number, holder.id, &put.user, error) ||
        !tw_soapd_find_user(call, other.number, other.id, &put.other, error))
        return FALSE;
    if (put.user == put.other)
        return tw_soapd_fail(TW_SOAP_RESULT_COLLISION, error);
    take.user = put.user;
    take.other = put.other;
    return add ? tw_session_relate(call->session, &put, error)
               : tw_session_unrelate(call->session, &take, error);
}

gboolean
tw_soapd_add_group_user(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapAddGroupUserArgs *args = data;

    (void) out;
    return tw_soapd_relate(call, (TwSoapdName){ args->ulGroupId, args->sGroupId },
                           TW_DIRECTORY_MEMBER, (TwSoapdName){ args->ulUserId, args->sUserId },
                           TRUE, error);
}

gboolean
tw_soapd_delete_group_user(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapDeleteGroupUserArgs *args = data;

    (void) out;
    return tw_soapd_relate(call, (TwSoapdName){ args->ulGroupId, args->sGroupId },
                           TW_DIRECTORY_MEMBER, (TwSoapdName){ args->ulUserId, args->sUserId },
                           FALSE, error);
}

gboolean
tw_soapd_add_send_as_user(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapAddSendAsUserArgs *args = data;

    (void) out;
    return tw_soapd_relate(call, (TwSoapdName){ args->ulUserId, args->sUserId },
                           TW_DIRECTORY_SEND_AS, (TwSoapdName){ args->ulSenderId, args->sSenderId },
                           TRUE, error);
}

gboolean
tw_soapd_del_send_as_user(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapDelSendAsUserArgs *args = data;

    (void) out;
    return tw_soapd_relate(call, (TwSoapdName){ args->ulUserId, args->sUserId },
                           TW_DIRECTORY_SEND_AS, (TwSoapdName){ args->ulSenderId, args->sSenderId },
                           FALSE, error);
}
