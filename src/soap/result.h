/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Result codes of the wire: 0x80000000 and a number (spec/mapi-soap.md 19.1). 0 is success; warnings too have the high bit.
 * They stand in "er" and "result" of responses, and in cells of tables whose type is ERROR.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Each row: name, number, MAPI result that clients make of it (0: none of its own; the peer's clients say "not found"). */
/* clang-format off */
#define TW_SOAP_RESULT_LIST(X) \
    X(UNKNOWN, 1, 0) \
    X(NOT_FOUND, 2, 0x8004010fu) \
    X(NO_ACCESS, 3, 0x80070005u) \
    X(NETWORK_ERROR, 4, 0x80040115u) \
    X(SERVER_NOT_RESPONDING, 5, 0x80040115u) \
    X(INVALID_TYPE, 6, 0x80040302u) \
    X(DATABASE_ERROR, 7, 0x80040116u) \
    X(COLLISION, 8, 0x80040604u) \
    X(LOGON_FAILED, 9, 0x80040111u) \
    X(HAS_MESSAGES, 10, 0x8004060au) \
    X(HAS_FOLDERS, 11, 0x80040609u) \
    X(HAS_RECIPIENTS, 12, 0) \
    X(HAS_ATTACHMENTS, 13, 0) \
    X(NOT_ENOUGH_MEMORY, 14, 0x8007000eu) \
    X(TOO_COMPLEX, 15, 0x80040117u) \
    X(END_OF_SESSION, 16, 0x80040200u) \
    X(KEEP_ALIVE, 17, 0) \
    X(UNABLE_TO_ABORT, 18, 0x80040114u) \
    X(NOT_IN_QUEUE, 19, 0x80040601u) \
    X(INVALID_PARAMETER, 20, 0x80070057u) \
    X(PARTIAL_COMPLETION, 21, 0x00040680u) \
    X(INVALID_ENTRYID, 22, 0x80040107u) \
    X(BAD_VALUE, 23, 0) \
    X(NO_SUPPORT, 24, 0x80040102u) \
    X(TOO_BIG, 25, 0x80040305u) \
    X(POSITION_CHANGED, 26, 0x00040481u) \
    X(FOLDER_CYCLE, 27, 0x8004060bu) \
    X(STORE_FULL, 28, 0x8004060cu) \
    X(PLUGIN_ERROR, 29, 0x80040400u) \
    X(UNKNOWN_OBJECT, 30, 0) \
    X(NOT_IMPLEMENTED, 31, 0x80040102u) \
    X(DATABASE_NOT_FOUND, 32, 0) \
    X(INVALID_VERSION, 33, 0x80040110u) \
    X(UNKNOWN_DATABASE, 34, 0) \
    X(NOT_INITIALIZED, 35, 0x80040605u) \
    X(CALL_FAILED, 36, 0x80004005u) \
    X(SSO_CONTINUE, 37, 0) \
    X(TIMEOUT, 38, 0x80040401u) \
    X(INVALID_BOOKMARK, 39, 0x80040405u) \
    X(UNABLE_TO_COMPLETE, 40, 0x80040400u) \
    X(UNKNOWN_INSTANCE_ID, 41, 0) \
    X(IGNORE_ME, 42, 0) \
    X(BUSY, 43, 0x8004010bu) \
    X(OBJECT_DELETED, 44, 0x8004010au) \
    X(USER_CANCEL, 45, 0x80040113u) \
    X(UNKNOWN_FLAGS, 46, 0x80040106u) \
    X(SUBMITTED, 47, 0x80040608u) \
    X(UNCONFIGURED, 48, 0x8004011cu) \
    X(BAD_CHARWIDTH, 49, 0x80040103u)
/* clang-format on */

/* TW_SOAP_RESULT_NOT_FOUND and so on: as on the wire, fits a guint32. */
typedef enum {
    TW_SOAP_RESULT_SUCCESS = 0,
#define TW_SOAP_RESULT_ENUM_ROW(name, number, mapi) TW_SOAP_RESULT_##name = 0x80000000u + (number),
    TW_SOAP_RESULT_LIST(TW_SOAP_RESULT_ENUM_ROW)
#undef TW_SOAP_RESULT_ENUM_ROW
} TwSoapResultCode;

/**
 * tw_soap_result_name:
 * @result: a code
 *
 * Returns: (transfer none): "NOT_FOUND", a constant, for logs; "SUCCESS" for 0; "?" for a number that the list has not
 */
const char *tw_soap_result_name(guint32 result);

/**
 * tw_soap_result_to_mapi:
 * @result: a code
 *
 * What a MAPI client makes of it. A code without a MAPI result of its own, or one the list has not, stays as it is.
 *
 * Returns: a MAPI result
 */
guint32 tw_soap_result_to_mapi(guint32 result);

/**
 * tw_soap_result_from_mapi:
 * @mapi: a MAPI result
 *
 * The way back: of several codes the first with that result. A code of the wire is left as it is; any other number is
 * CALL_FAILED.
 *
 * Returns: a code
 */
guint32 tw_soap_result_from_mapi(guint32 mapi);

/**
 * tw_soap_result_from_error:
 * @error: (nullable): why a call failed
 *
 * What a server answers. See tw_error_to_mapi(); an error of another domain is CALL_FAILED.
 *
 * Returns: a code; 0 for NULL
 */
guint32 tw_soap_result_from_error(const GError *error);

/**
 * tw_soap_result_to_error:
 * @result: a code that a server answered
 * @call: what was asked, for the log
 *
 * Warnings are none. A code without a MAPI result of its own is NOT_FOUND, as with the peer's clients, but UNKNOWN_INSTANCE_ID
 * and SSO_CONTINUE, which ask for something and are kept in domain TW_MAPI_ERROR.
 *
 * Returns: (transfer full) (nullable): the error, or NULL for success and warnings
 */
GError *tw_soap_result_to_error(guint32 result, const char *call);

G_END_DECLS
