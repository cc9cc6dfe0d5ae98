/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The calls of the wire: TW_SOAP_CALL_LOGON and so on, one row each in calls-list.h.
 */
#pragma once

#include "soap/calls-list.h"
#include "soap/types.h"

G_BEGIN_DECLS

/* Not part of any format. */
typedef enum {
#define TW_SOAP_CALL_ENUM_ROW(constant, name, Args, Response, element) TW_SOAP_CALL_##constant,
    TW_SOAP_CALL_LIST(TW_SOAP_CALL_ENUM_ROW)
#undef TW_SOAP_CALL_ENUM_ROW
    TW_SOAP_CALL_COUNT
} TwSoapCall;

typedef struct {
    const char *name;           /* of the request's element, without its prefix */
    const char *answer;         /* of the response's element */
    const TwSoapType *args;     /* of what is asked with */
    const TwSoapType *response; /* of what is answered */
} TwSoapCallInfo;

/**
 * tw_soap_call_info:
 * @call: a call
 *
 * Returns: (transfer none): its row, a constant
 */
const TwSoapCallInfo *tw_soap_call_info(TwSoapCall call);

/**
 * tw_soap_call_find:
 * @name: (array length=len): name of a call, case included
 * @len: bytes
 * @ret: (out): the call
 *
 * Returns: FALSE, and @ret untouched, if there is none of that name
 */
gboolean tw_soap_call_find(const char *name, gsize len, TwSoapCall *ret);

/**
 * tw_soap_call_session:
 * @call: a call
 * @args: its args
 *
 * Returns: the session id they carry; 0 for calls without one
 */
guint64 tw_soap_call_session(TwSoapCall call, gconstpointer args);

/**
 * tw_soap_call_result:
 * @call: a call
 * @response: its response
 *
 * Returns: the result code in it (result.h); 0 is success
 */
guint32 tw_soap_call_result(TwSoapCall call, gconstpointer response);

/**
 * tw_soap_call_set_result:
 * @call: a call
 * @response: its response
 * @result: code of result.h; 0 is success
 *
 * A response that is all zero but for this is what a call that failed answers.
 */
void tw_soap_call_set_result(TwSoapCall call, gpointer response, guint32 result);

G_END_DECLS
