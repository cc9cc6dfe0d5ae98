/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * MAPI results by name, for logs, tools and doors that speak them. What the program itself acts on is a TwError
 * (base/error.h); this is the whole list.
 *
 * Source: spec/mailbox-layout.md, appendix D.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Each row: constant, value. Sorted by value without the severity bit. */
/* clang-format off */
#define TW_MAPI_RESULT_LIST(X) \
    X(MAPI_SUCCESS, 0x00000000u) \
    X(MAPI_E_NO_SUPPORT, 0x80040102u) \
    X(MAPI_E_BAD_CHARWIDTH, 0x80040103u) \
    X(MAPI_E_STRING_TOO_LONG, 0x80040105u) \
    X(MAPI_E_UNKNOWN_FLAGS, 0x80040106u) \
    X(MAPI_E_INVALID_ENTRYID, 0x80040107u) \
    X(MAPI_E_INVALID_OBJECT, 0x80040108u) \
    X(MAPI_E_OBJECT_CHANGED, 0x80040109u) \
    X(MAPI_E_OBJECT_DELETED, 0x8004010au) \
    X(MAPI_E_BUSY, 0x8004010bu) \
    X(MAPI_E_NOT_ENOUGH_DISK, 0x8004010du) \
    X(MAPI_E_NOT_ENOUGH_RESOURCES, 0x8004010eu) \
    X(MAPI_E_NOT_FOUND, 0x8004010fu) \
    X(MAPI_E_VERSION, 0x80040110u) \
    X(MAPI_E_LOGON_FAILED, 0x80040111u) \
    X(MAPI_E_SESSION_LIMIT, 0x80040112u) \
    X(MAPI_E_USER_CANCEL, 0x80040113u) \
    X(MAPI_E_UNABLE_TO_ABORT, 0x80040114u) \
    X(MAPI_E_NETWORK_ERROR, 0x80040115u) \
    X(MAPI_E_DISK_ERROR, 0x80040116u) \
    X(MAPI_E_TOO_COMPLEX, 0x80040117u) \
    X(MAPI_E_BAD_COLUMN, 0x80040118u) \
    X(MAPI_E_EXTENDED_ERROR, 0x80040119u) \
    X(MAPI_E_COMPUTED, 0x8004011au) \
    X(MAPI_E_CORRUPT_DATA, 0x8004011bu) \
    X(MAPI_E_UNCONFIGURED, 0x8004011cu) \
    X(MAPI_E_FAILONEPROVIDER, 0x8004011du) \
    X(MAPI_E_UNKNOWN_CPID, 0x8004011eu) \
    X(MAPI_E_UNKNOWN_LCID, 0x8004011fu) \
    X(MAPI_E_PASSWORD_CHANGE_REQUIRED, 0x80040120u) \
    X(MAPI_E_PASSWORD_EXPIRED, 0x80040121u) \
    X(MAPI_E_INVALID_WORKSTATION_ACCOUNT, 0x80040122u) \
    X(MAPI_E_INVALID_ACCESS_TIME, 0x80040123u) \
    X(MAPI_E_ACCOUNT_DISABLED, 0x80040124u) \
    X(MAPI_E_END_OF_SESSION, 0x80040200u) \
    X(MAPI_E_UNKNOWN_ENTRYID, 0x80040201u) \
    X(MAPI_E_MISSING_REQUIRED_COLUMN, 0x80040202u) \
    X(MAPI_W_NO_SERVICE, 0x00040203u) \
    X(MAPI_E_BAD_VALUE, 0x80040301u) \
    X(MAPI_E_INVALID_TYPE, 0x80040302u) \
    X(MAPI_E_TYPE_NO_SUPPORT, 0x80040303u) \
    X(MAPI_E_UNEXPECTED_TYPE, 0x80040304u) \
    X(MAPI_E_TOO_BIG, 0x80040305u) \
    X(MAPI_E_DECLINE_COPY, 0x80040306u) \
    X(MAPI_E_UNEXPECTED_ID, 0x80040307u) \
    X(MAPI_W_ERRORS_RETURNED, 0x00040380u) \
    X(MAPI_E_UNABLE_TO_COMPLETE, 0x80040400u) \
    X(MAPI_E_TIMEOUT, 0x80040401u) \
    X(MAPI_E_TABLE_EMPTY, 0x80040402u) \
    X(MAPI_E_TABLE_TOO_BIG, 0x80040403u) \
    X(MAPI_E_INVALID_BOOKMARK, 0x80040405u) \
    X(MAPI_W_POSITION_CHANGED, 0x00040481u) \
    X(MAPI_W_APPROX_COUNT, 0x00040482u) \
    X(MAPI_E_WAIT, 0x80040500u) \
    X(MAPI_E_CANCEL, 0x80040501u) \
    X(MAPI_E_NOT_ME, 0x80040502u) \
    X(MAPI_W_CANCEL_MESSAGE, 0x00040580u) \
    X(MAPI_E_CORRUPT_STORE, 0x80040600u) \
    X(MAPI_E_NOT_IN_QUEUE, 0x80040601u) \
    X(MAPI_E_NO_SUPPRESS, 0x80040602u) \
    X(MAPI_E_COLLISION, 0x80040604u) \
    X(MAPI_E_NOT_INITIALIZED, 0x80040605u) \
    X(MAPI_E_NON_STANDARD, 0x80040606u) \
    X(MAPI_E_NO_RECIPIENTS, 0x80040607u) \
    X(MAPI_E_SUBMITTED, 0x80040608u) \
    X(MAPI_E_HAS_FOLDERS, 0x80040609u) \
    X(MAPI_E_HAS_MESSAGES, 0x8004060au) \
    X(MAPI_E_FOLDER_CYCLE, 0x8004060bu) \
    X(MAPI_E_STORE_FULL, 0x8004060cu) /* over the hard quota */ \
    X(MAPI_W_PARTIAL_COMPLETION, 0x00040680u) \
    X(MAPI_E_AMBIGUOUS_RECIP, 0x80040700u) \
    X(SYNC_E_OBJECT_DELETED, 0x80040800u) \
    X(SYNC_E_IGNORE, 0x80040801u) \
    X(SYNC_E_CONFLICT, 0x80040802u) \
    X(SYNC_E_NO_PARENT, 0x80040803u) \
    X(SYNC_E_CYCLE, 0x80040804u) \
    X(SYNC_E_UNSYNCHRONIZED, 0x80040805u) \
    X(SYNC_W_PROGRESS, 0x00040820u) \
    X(SYNC_W_CLIENT_CHANGE_NEWER, 0x00040821u) \
    X(MAPI_E_INTERFACE_NOT_SUPPORTED, 0x80004002u) \
    X(MAPI_E_CALL_FAILED, 0x80004005u) \
    X(MAPI_E_NO_ACCESS, 0x80070005u) \
    X(MAPI_E_NOT_ENOUGH_MEMORY, 0x8007000eu) \
    X(MAPI_E_INVALID_PARAMETER, 0x80070057u)
/* clang-format on */

enum {
#define TW_MAPI_RESULT_ENUM_ROW(name, value) name = (value),
    TW_MAPI_RESULT_LIST(TW_MAPI_RESULT_ENUM_ROW)
#undef TW_MAPI_RESULT_ENUM_ROW
};

/**
 * tw_mapi_result_name:
 * @result: a MAPI result
 *
 * Returns: (transfer none) (nullable): "MAPI_E_NOT_FOUND", a constant, or NULL for a number that the list has not
 */
const char *tw_mapi_result_name(guint32 result);

/**
 * tw_mapi_result_from_name:
 * @name: "MAPI_E_NOT_FOUND", case included
 * @ret: (out): the number
 *
 * Returns: FALSE, and @ret untouched, for a name that the list has not
 */
gboolean tw_mapi_result_from_name(const char *name, guint32 *ret);

/**
 * tw_mapi_result_is_error:
 * @result: a MAPI result
 *
 * Returns: whether it is an error and not success or a warning
 */
static inline gboolean
tw_mapi_result_is_error(guint32 result)
{
    return (result & 0x80000000u) != 0;
}

G_END_DECLS
