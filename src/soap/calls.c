/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "soap/calls.h"

/* clang-format off */
static const TwSoapCallInfo calls[] = {
#define CALL_ROW(constant, wire, Args, Response, element)                                          \
    [TW_SOAP_CALL_##constant] = {                                                                  \
        .name = wire,                                                                              \
        .answer = element,                                                                         \
        .args = &tw_soap_type_##Args,                                                              \
        .response = &tw_soap_type_##Response,                                                      \
    },
    TW_SOAP_CALL_LIST(CALL_ROW)
#undef CALL_ROW
};
/* clang-format on */

const TwSoapCallInfo *
tw_soap_call_info(TwSoapCall call)
{
    g_return_val_if_fail((guint) call < TW_SOAP_CALL_COUNT, NULL);
    return &calls[call];
}

gboolean
tw_soap_call_find(const char *name, gsize len, TwSoapCall *ret)
{
    for (guint i = 0; i < TW_SOAP_CALL_COUNT; i++) {
        if (strlen(calls[i].name) == len && memcmp(calls[i].name, name, len) == 0) {
            *ret = (TwSoapCall) i;
            return TRUE;
        }
    }
    return FALSE;
}

guint64
tw_soap_call_session(TwSoapCall call, gconstpointer args)
{
    const TwSoapType *type = tw_soap_call_info(call)->args;

    /* the id, where there is one, is the first parameter, and nothing else of that kind is */
    if (type->member_count == 0 || type->members[0].kind != TW_SOAP_U64)
        return 0;
    return *(const guint64 *) (gconstpointer) ((const guint8 *) args + type->members[0].offset);
}

static const TwSoapMember *
find_result(const TwSoapType *type)
{
    for (guint i = 0; i < type->member_count; i++) {
        const TwSoapMember *member = &type->members[i];
        if (strcmp(member->name, "er") == 0 || strcmp(member->name, "result") == 0)
            return member;
    }
    g_return_val_if_reached(NULL);
}

guint32
tw_soap_call_result(TwSoapCall call, gconstpointer response)
{
    gsize offset = find_result(tw_soap_call_info(call)->response)->offset;

    return *(const guint32 *) (gconstpointer) ((const guint8 *) response + offset);
}

void
tw_soap_call_set_result(TwSoapCall call, gpointer response, guint32 result)
{
    const TwSoapMember *member = find_result(tw_soap_call_info(call)->response);

    G_STRUCT_MEMBER(guint32, response, member->offset) = result;
}
