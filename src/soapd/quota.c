/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Quotas of users and companies, and who is told when one is reached. A user has its own, or the company's default for its users,
 * or the server's. Source: spec/mapi-soap.md 4.9, 6.4.
 */
#include "soapd/soapd-private.h"

/* ---- quotas ---- */

gboolean
tw_soapd_get_quota(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetQuotaArgs *args = data;
    TwSoapQuotaResponse *ret = out;
    g_auto(TwQuotaGetArgs) get = { .of_users = args->bGetUserDefault };

    if (!tw_soapd_find_user(call, args->ulUserid, args->sUserId, &get.user, error) ||
        !tw_session_quota_get(call->session, &get, error))
        return FALSE;
    ret->sQuota.bIsUserDefaultQuota = args->bGetUserDefault;
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

gboolean
tw_soapd_set_quota(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapSetQuotaArgs *args = data;
    const TwSoapQuota *from = args->lpsQuota;
    g_auto(TwObjectChangeArgs) change = { .fields = TW_DIRECTORY_SET_QUOTA };
    TwDirectoryObject values = { .kind = TW_DIRECTORY_USER };
    TwDirectoryQuota quota;

    (void) out;
    if (from == NULL || from->llWarnSize < 0 || from->llSoftSize < 0 || from->llHardSize < 0)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_find_user(call, args->ulUserid, args->sUserId, &change.user, error))
        return FALSE;
    quota = (TwDirectoryQuota){ .own = !from->bUseDefaultQuota,
                                .warn = (guint64) from->llWarnSize,
                                .soft = (guint64) from->llSoftSize,
                                .hard = (guint64) from->llHardSize };
    if (from->bIsUserDefaultQuota) {
        /* of a company alone: without companies the default is the server's configuration */
        if (tw_soapd_get_object(call, change.user, (TwSoapBytes){ 0 }, TW_DIRECTORY_CONTAINERS,
                                error) == NULL)
            return FALSE;
        change.fields = TW_DIRECTORY_SET_USER_QUOTA;
        values.user_quota = quota;
    } else {
        values.quota = quota;
    }
    change.values = &values;
    return tw_session_object_change(call->session, &change, error);
}

/* ---- who is told ---- */

/* Which list a class means: warnings about users, or about the company. */
static gboolean
relation_of(guint32 type, TwDirectoryRelation *ret, GError **error)
{
    if (tw_directory_type((TwDirectoryKind) type) == TW_DIRECTORY_USERS)
        *ret = TW_DIRECTORY_USER_QUOTA_RECIPIENT;
    else if (type == TW_DIRECTORY_COMPANY)
        *ret = TW_DIRECTORY_COMPANY_QUOTA_RECIPIENT;
    else
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_TYPE, error);
    return TRUE;
}

static gboolean
change_recipient(TwSoapdCall *call,
                 TwSoapdName company,
                 TwSoapdName recipient,
                 guint32 type,
                 gboolean add,
                 GError **error)
{
    TwDirectoryRelation relation = TW_DIRECTORY_USER_QUOTA_RECIPIENT;

    return tw_soapd_ask_hosted(call, error) && relation_of(type, &relation, error) &&
           tw_soapd_relate(call, company, relation, recipient, add, error);
}

gboolean
tw_soapd_add_quota_recipient(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapAddQuotaRecipientArgs *args = data;

    (void) out;
    return change_recipient(call, (TwSoapdName){ args->ulCompanyid, args->sCompanyId },
                            (TwSoapdName){ args->ulRecipientId, args->sRecipientId }, args->ulType,
                            TRUE, error);
}

gboolean
tw_soapd_delete_quota_recipient(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapDeleteQuotaRecipientArgs *args = data;

    (void) out;
    return change_recipient(call, (TwSoapdName){ args->ulCompanyid, args->sCompanyId },
                            (TwSoapdName){ args->ulRecipientId, args->sRecipientId }, args->ulType,
                            FALSE, error);
}

/* The user first, or whom a company names as its contact; then those of the company's list. */
gboolean
tw_soapd_get_quota_recipients(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetQuotaRecipientsArgs *args = data;
    TwSoapUserListResponse *ret = out;
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_auto(TwBookGetArgs) get = { 0 };
    g_auto(TwBookGetArgs) contact = { 0 };
    g_auto(TwBookRelatedArgs) list = { .relation = TW_DIRECTORY_USER_QUOTA_RECIPIENT };

    if (!tw_soapd_find_user(call, args->ulUserid, args->sUserId, &get.user, error) ||
        !tw_session_book_get(call->session, &get, error))
        return FALSE;
    list.user = get.entry->company;
    if (get.entry->kind == TW_DIRECTORY_COMPANY) {
        list.relation = TW_DIRECTORY_COMPANY_QUOTA_RECIPIENT;
        list.user = get.entry->number;
        contact.user =
            get.entry->system_contact != 0 ? get.entry->system_contact : TW_DIRECTORY_SYSTEM;
        if (tw_session_book_get(call->session, &contact, NULL))
            g_ptr_array_add(all, contact.entry);
    } else {
        g_ptr_array_add(all, get.entry);
    }
    if (list.user != TW_DIRECTORY_NO_COMPANY &&
        !tw_session_book_related(call->session, &list, error))
        return FALSE;
    for (guint i = 0; list.rows != NULL && i < list.rows->len; i++) {
        if (!g_ptr_array_find(all, g_ptr_array_index(list.rows, i), NULL))
            g_ptr_array_add(all, g_ptr_array_index(list.rows, i));
    }
    return tw_soapd_fill_users(call, all, &ret->sUserArray, error);
}
