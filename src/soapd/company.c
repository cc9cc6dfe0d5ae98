/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Calls on companies: made, changed, listed, who sees them and who administers them. Where there are none every one of them
 * answers NO_SUPPORT. Source: spec/mapi-soap.md 6.4, requirement rows S160 to S172.
 */
#include <string.h>

#include "soapd/soapd-private.h"

enum {
    KEEP = 0xFFFFFFFFu, /* a number that leaves things as they are */
};

static void
free_server(gpointer data)
{
    tw_server_info_args_clear(data);
    g_free(data);
}

const TwServerInfoArgs *
tw_soapd_server(TwSoapdCall *call, GError **error)
{
    TwServerInfoArgs info = { 0 };

    if (call->server == NULL && tw_session_server_info(call->session, &info, error)) {
        call->server = g_memdup2(&info, sizeof info);
        tw_soapd_keep(call, call->server, free_server);
    }
    return call->server;
}

gboolean
tw_soapd_ask_hosted(TwSoapdCall *call, GError **error)
{
    const TwServerInfoArgs *info = tw_soapd_server(call, error);

    return info != NULL && (info->hosted || tw_soapd_fail(TW_SOAP_RESULT_NO_SUPPORT, error));
}

/* ---- names ---- */

static const char *
company_name(TwSoapdCall *call, guint32 number)
{
    g_auto(TwBookGetArgs) get = { .user = number };

    if (number == TW_DIRECTORY_NO_COMPANY)
        return "";
    if ((call->company == NULL || call->company->number != number) &&
        tw_session_book_get(call->session, &get, NULL))
        call->company = tw_soapd_keep_object(call, get.entry);
    return call->company != NULL && call->company->number == number ? call->company->name : "";
}

/* Puts names in place of %u, %f and %c. */
static char *
format_name(TwSoapdCall *call, const char *format, const TwDirectoryObject *object)
{
    GString *out = g_string_new(NULL);

    for (const char *at = format; *at != '\0'; at++) {
        if (at[0] != '%' || at[1] == '\0') {
            g_string_append_c(out, *at);
            continue;
        }
        at++;
        if (*at == 'u')
            g_string_append(out, object->name);
        else if (*at == 'f')
            g_string_append(out, object->full_name);
        else if (*at == 'c')
            g_string_append(out, company_name(call, object->company));
        else
            g_string_append_printf(out, "%%%c", *at);
    }
    return g_string_free(out, FALSE);
}

const char *
tw_soapd_login_name(TwSoapdCall *call, const TwDirectoryObject *object)
{
    const TwServerInfoArgs *info = tw_soapd_server(call, NULL);
    char *name;

    if (info == NULL || !info->hosted || object->company == TW_DIRECTORY_NO_COMPANY ||
        object->number < TW_DIRECTORY_FIRST_NUMBER)
        return object->name;
    name = format_name(call, info->login_format, object);
    tw_soapd_keep(call, name, g_free);
    return name;
}

char *
tw_soapd_format_store(TwSoapdCall *call, const TwDirectoryObject *owner)
{
    const TwServerInfoArgs *info = tw_soapd_server(call, NULL);

    return format_name(call, info != NULL ? info->store_format : "%f", owner);
}

gboolean
tw_soapd_split_name(TwSoapdCall *call,
                    const char *typed,
                    const char **ret_plain,
                    guint32 *ret_company,
                    GError **error)
{
    g_auto(TwNameSplitArgs) split = { .name = typed };

    if (!tw_session_name_split(call->session, &split, error))
        return FALSE;
    *ret_plain = tw_soapd_text(call, split.plain);
    *ret_company = split.company;
    return TRUE;
}

/* A company by number and id; number 0 without an id is the session's own. */
static const TwDirectoryObject *
get_company(TwSoapdCall *call, guint32 number, TwSoapBytes id, GError **error)
{
    const TwDirectoryObject *company;
    TwSessionInfo who;

    if (!tw_soapd_ask_hosted(call, error))
        return NULL;
    if (number == 0 && id.len == 0) {
        tw_session_get_info(call->session, &who);
        number = who.company;
        if (number == TW_DIRECTORY_NO_COMPANY) {
            (void) tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
            return NULL;
        }
    }
    company = tw_soapd_get_object(call, number, id, TW_DIRECTORY_CONTAINERS, error);
    if (company == NULL || company->kind == TW_DIRECTORY_COMPANY)
        return company;
    (void) tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    return NULL;
}

/* ---- structures ---- */

static gboolean
fill_company(TwSoapdCall *call, const TwDirectoryObject *from, TwSoapCompany *ret, GError **error)
{
    ret->ulCompanyId = from->number;
    ret->ulAdministrator =
        from->system_contact != 0 ? from->system_contact : (guint32) TW_DIRECTORY_SYSTEM;
    ret->lpszCompanyname = from->name;
    ret->lpszServername = from->home_server;
    ret->ulIsABHidden = from->hidden ? 1 : 0;
    return tw_soapd_book_id(call, from, &ret->sCompanyId, error) &&
           tw_soapd_user_id(call, ret->ulAdministrator, &ret->sAdministrator, error) &&
           tw_soapd_give_propmap(call, from, &ret->lpsPropmap, &ret->lpsMVPropmap, error);
}

static gboolean
fill_companies(TwSoapdCall *call, const GPtrArray *rows, TwSoapCompanyArray *ret, GError **error)
{
    if (!tw_soapd_alloc(call, rows->len, sizeof *ret->items, &ret->items, error))
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        const TwDirectoryObject *object = tw_soapd_keep_object(call, g_ptr_array_index(rows, i));

        if (object->kind == TW_DIRECTORY_COMPANY &&
            !fill_company(call, object, &ret->items[ret->count++], error))
            return FALSE;
    }
    return TRUE;
}

/* ---- companies ---- */

gboolean
tw_soapd_create_company(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapCompany *from = ((const TwSoapCreateCompanyArgs *) data)->lpsCompany;
    TwSoapSetCompanyResponse *ret = out;
    g_auto(TwObjectCreateArgs) create = { 0 };
    TwDirectoryObject values = { .kind = TW_DIRECTORY_COMPANY,
                                 .full_name = "",
                                 .mail = "",
                                 .description = "",
                                 .home_server = "" };
    guint32 fields = 0;

    if (!tw_soapd_ask_hosted(call, error))
        return FALSE;
    if (from == NULL || from->lpszCompanyname == NULL || *from->lpszCompanyname == '\0')
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    values.name = values.full_name = from->lpszCompanyname;
    values.hidden = from->ulIsABHidden != 0 && from->ulIsABHidden != KEEP;
    if (from->lpszServername != NULL)
        values.home_server = from->lpszServername;
    if (!tw_soapd_take_propmap(call, from->lpsPropmap, from->lpsMVPropmap, NULL, &values, &fields,
                               error))
        return FALSE;
    create.values = &values;
    if (!tw_session_object_create(call->session, &create, error))
        return FALSE;
    ret->ulCompanyId = create.created;
    return tw_soapd_user_id(call, create.created, &ret->sCompanyId, error);
}

gboolean
tw_soapd_set_company(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapCompany *from = ((const TwSoapSetCompanyArgs *) data)->lpsCompany;
    TwDirectoryObject values = { .kind = TW_DIRECTORY_COMPANY };
    g_auto(TwObjectChangeArgs) change = { 0 };
    const TwDirectoryObject *company;

    (void) out;
    if (!tw_soapd_ask_hosted(call, error))
        return FALSE;
    if (from == NULL || (from->ulCompanyId == 0 && from->sCompanyId.len == 0))
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    company = get_company(call, from->ulCompanyId, from->sCompanyId, error);
    if (company == NULL)
        return FALSE;
    change.user = company->number;
    if (from->lpszCompanyname != NULL && *from->lpszCompanyname != '\0') {
        values.name = values.full_name = from->lpszCompanyname;
        change.fields |= TW_DIRECTORY_SET_NAME | TW_DIRECTORY_SET_FULL_NAME;
    }
    if (from->ulIsABHidden != KEEP) {
        values.hidden = from->ulIsABHidden != 0;
        change.fields |= TW_DIRECTORY_SET_HIDDEN;
    }
    if (from->ulAdministrator != 0 || from->sAdministrator.len > 0) {
        if (!tw_soapd_find_user(call, from->ulAdministrator, from->sAdministrator,
                                &values.system_contact, error))
            return FALSE;
        change.fields |= TW_DIRECTORY_SET_SYSTEM_CONTACT;
    }
    if (!tw_soapd_take_propmap(call, from->lpsPropmap, from->lpsMVPropmap, company, &values,
                               &change.fields, error))
        return FALSE;
    change.values = &values;
    return change.fields == 0 || tw_session_object_change(call->session, &change, error);
}

gboolean
tw_soapd_delete_company(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapDeleteCompanyArgs *args = data;

    (void) out;
    return tw_soapd_ask_hosted(call, error) &&
           tw_soapd_remove_object(call, args->ulCompanyId, args->sCompanyId,
                                  TW_DIRECTORY_CONTAINERS, error);
}

gboolean
tw_soapd_get_company(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetCompanyArgs *args = data;
    TwSoapGetCompanyResponse *ret = out;
    const TwDirectoryObject *company =
        get_company(call, args->ulCompanyId, args->sCompanyId, error);

    return company != NULL &&
           tw_soapd_alloc(call, 1, sizeof *ret->lpsCompany, &ret->lpsCompany, error) &&
           fill_company(call, company, ret->lpsCompany, error);
}

gboolean
tw_soapd_get_company_list(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    TwSoapCompanyListResponse *ret = out;
    g_auto(TwObjectsListArgs) list = { .type = TW_DIRECTORY_CONTAINERS };
    TwSessionInfo who;

    (void) data;
    if (!tw_soapd_ask_hosted(call, error))
        return FALSE;
    tw_session_get_info(call->session, &who);
    list.company = who.company;
    return tw_session_objects_list(call->session, &list, error) &&
           fill_companies(call, list.rows, &ret->sCompanyArray, error);
}

gboolean
tw_soapd_resolve_companyname(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapResolveCompanynameArgs *args = data;
    TwSoapResolveCompanyResponse *ret = out;
    const TwDirectoryObject *company;

    if (!tw_soapd_ask_hosted(call, error))
        return FALSE;
    company = tw_soapd_get_named(call, args->lpszCompanyname, TW_DIRECTORY_CONTAINERS, error);
    if (company == NULL)
        return FALSE;
    if (company->kind != TW_DIRECTORY_COMPANY)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    ret->ulCompanyId = company->number;
    return tw_soapd_book_id(call, company, &ret->sCompanyId, error);
}

/* ---- who sees a company, who administers it ---- */

gboolean
tw_soapd_add_company_to_remote_view_list(TwSoapdCall *call,
                                         gconstpointer data,
                                         gpointer out,
                                         GError **error)
{
    const TwSoapAddCompanyToRemoteViewListArgs *args = data;

    (void) out;
    return tw_soapd_ask_hosted(call, error) &&
           tw_soapd_relate(call, (TwSoapdName){ args->ulCompanyId, args->sCompanyId },
                           TW_DIRECTORY_VIEW,
                           (TwSoapdName){ args->ulSetCompanyId, args->sSetCompanyId }, TRUE, error);
}

gboolean
tw_soapd_del_company_from_remote_view_list(TwSoapdCall *call,
                                           gconstpointer data,
                                           gpointer out,
                                           GError **error)
{
    const TwSoapDelCompanyFromRemoteViewListArgs *args = data;

    (void) out;
    return tw_soapd_ask_hosted(call, error) &&
           tw_soapd_relate(
               call, (TwSoapdName){ args->ulCompanyId, args->sCompanyId }, TW_DIRECTORY_VIEW,
               (TwSoapdName){ args->ulSetCompanyId, args->sSetCompanyId }, FALSE, error);
}

/* What stands in a list of a company. */
static GPtrArray *
list_of(
    TwSoapdCall *call, guint32 number, TwSoapBytes id, TwDirectoryRelation relation, GError **error)
{
    const TwDirectoryObject *company = get_company(call, number, id, error);
    g_auto(TwBookRelatedArgs) related = { .relation = relation };

    if (company == NULL)
        return NULL;
    related.user = company->number;
    return tw_session_book_related(call->session, &related, error) ? g_steal_pointer(&related.rows)
                                                                   : NULL;
}

gboolean
tw_soapd_get_remote_view_list(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetRemoteViewListArgs *args = data;
    TwSoapCompanyListResponse *ret = out;
    g_autoptr(GPtrArray) rows =
        list_of(call, args->ulCompanyId, args->sCompanyId, TW_DIRECTORY_VIEW, error);

    return rows != NULL && fill_companies(call, rows, &ret->sCompanyArray, error);
}

gboolean
tw_soapd_add_user_to_remote_admin_list(TwSoapdCall *call,
                                       gconstpointer data,
                                       gpointer out,
                                       GError **error)
{
    const TwSoapAddUserToRemoteAdminListArgs *args = data;

    (void) out;
    return tw_soapd_ask_hosted(call, error) &&
           tw_soapd_relate(call, (TwSoapdName){ args->ulCompanyId, args->sCompanyId },
                           TW_DIRECTORY_ADMIN, (TwSoapdName){ args->ulUserId, args->sUserId }, TRUE,
                           error);
}

gboolean
tw_soapd_del_user_from_remote_admin_list(TwSoapdCall *call,
                                         gconstpointer data,
                                         gpointer out,
                                         GError **error)
{
    const TwSoapDelUserFromRemoteAdminListArgs *args = data;

    (void) out;
    return tw_soapd_ask_hosted(call, error) &&
           tw_soapd_relate(call, (TwSoapdName){ args->ulCompanyId, args->sCompanyId },
                           TW_DIRECTORY_ADMIN, (TwSoapdName){ args->ulUserId, args->sUserId },
                           FALSE, error);
}

gboolean
tw_soapd_get_remote_admin_list(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetRemoteAdminListArgs *args = data;
    TwSoapUserListResponse *ret = out;
    g_autoptr(GPtrArray) rows =
        list_of(call, args->ulCompanyId, args->sCompanyId, TW_DIRECTORY_ADMIN, error);

    return rows != NULL && tw_soapd_fill_users(call, rows, &ret->sUserArray, error);
}
