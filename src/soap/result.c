/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "soap/result.h"

#include "base/error.h"
#include "mapi/result.h"

typedef struct {
    const char *name;
    guint32 result, mapi;
} Row;

/* clang-format off */
static const Row rows[] = {
#define ROW(name, number, mapi) { #name, 0x80000000u + (number), mapi },
    TW_SOAP_RESULT_LIST(ROW)
#undef ROW
};
/* clang-format on */

/* Numbers run from 1 without a gap. */
static const Row *
find(guint32 result)
{
    guint32 number = result - 0x80000001u;

    return number < G_N_ELEMENTS(rows) ? &rows[number] : NULL;
}

const char *
tw_soap_result_name(guint32 result)
{
    const Row *row = find(result);

    if (result == 0)
        return "SUCCESS";
    return row != NULL ? row->name : "?";
}

guint32
tw_soap_result_to_mapi(guint32 result)
{
    const Row *row = find(result);

    return row != NULL && row->mapi != 0 ? row->mapi : result;
}

guint32
tw_soap_result_from_mapi(guint32 mapi)
{
    if (mapi == 0 || find(mapi) != NULL)
        return mapi;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].mapi == mapi)
            return rows[i].result;
    }
    return TW_SOAP_RESULT_CALL_FAILED;
}

static guint32
from_code(TwError code)
{
    switch (code) {
    case TW_ERROR_FAILED:
        return TW_SOAP_RESULT_CALL_FAILED;
    case TW_ERROR_NOT_FOUND:
        return TW_SOAP_RESULT_NOT_FOUND;
    case TW_ERROR_NO_ACCESS:
        return TW_SOAP_RESULT_NO_ACCESS;
    case TW_ERROR_INVALID:
        return TW_SOAP_RESULT_INVALID_PARAMETER;
    case TW_ERROR_EXISTS:
        return TW_SOAP_RESULT_COLLISION;
    case TW_ERROR_CHANGED:
        /* the wire has no "changed"; who is told "busy" tries again, which is what helps */
        return TW_SOAP_RESULT_BUSY;
    case TW_ERROR_CORRUPT:
        return TW_SOAP_RESULT_DATABASE_ERROR;
    case TW_ERROR_TOO_BIG:
        return TW_SOAP_RESULT_TOO_BIG;
    case TW_ERROR_NO_SPACE:
        /* clients make "disk error" of it; "store full" would have senders told that the mailbox is over quota */
        return TW_SOAP_RESULT_DATABASE_ERROR;
    case TW_ERROR_QUOTA:
        return TW_SOAP_RESULT_STORE_FULL;
    case TW_ERROR_BUSY:
        return TW_SOAP_RESULT_BUSY;
    case TW_ERROR_TIMEOUT:
        return TW_SOAP_RESULT_TIMEOUT;
    case TW_ERROR_UNSUPPORTED:
        return TW_SOAP_RESULT_NO_SUPPORT;
    case TW_ERROR_AMBIGUOUS:
        return TW_SOAP_RESULT_COLLISION; /* several of a name */
    case TW_ERROR_END_OF_SESSION:
        return TW_SOAP_RESULT_END_OF_SESSION;
    case TW_ERROR_TOO_COMPLEX:
        return TW_SOAP_RESULT_TOO_COMPLEX;
    case TW_ERROR_CANCELLED:
        return TW_SOAP_RESULT_USER_CANCEL;
    case TW_ERROR_SUBMITTED:
        return TW_SOAP_RESULT_SUBMITTED;
    case TW_ERROR_NOT_QUEUED:
        return TW_SOAP_RESULT_NOT_IN_QUEUE;
    case TW_ERROR_OFFLINE:
        return TW_SOAP_RESULT_SERVER_NOT_RESPONDING;
    }
    return TW_SOAP_RESULT_CALL_FAILED;
}

guint32
tw_soap_result_from_error(const GError *error)
{
    if (error == NULL)
        return TW_SOAP_RESULT_SUCCESS;
    if (error->domain == TW_ERROR)
        return from_code((TwError) error->code);
    if (error->domain == TW_MAPI_ERROR)
        return tw_soap_result_from_mapi((guint32) error->code);
    return TW_SOAP_RESULT_CALL_FAILED;
}

GError *
tw_soap_result_to_error(guint32 result, const char *call)
{
    g_autofree char *message = NULL;
    guint32 mapi = tw_soap_result_to_mapi(result);

    if (result == 0 || !tw_mapi_result_is_error(mapi))
        return NULL;
    message = g_strdup_printf("%s: %s (0x%08x)", call, tw_soap_result_name(result), result);
    if (mapi != result)
        return tw_error_from_mapi(mapi, message);
    if (result == TW_SOAP_RESULT_UNKNOWN_INSTANCE_ID || result == TW_SOAP_RESULT_SSO_CONTINUE)
        return g_error_new_literal(TW_MAPI_ERROR, (gint) result, message);
    return g_error_new_literal(TW_ERROR, TW_ERROR_NOT_FOUND, message);
}
