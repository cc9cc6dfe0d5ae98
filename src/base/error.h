/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The outcomes a caller can act on. One list; the enum, the names, the MAPI results and every door's
 * switch are made from it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Each row: name, MAPI result (MS-OXCDATA 2.4, spec/mailbox-layout.md appendix D). The row's number is not
 * part of any format, so rows may be added anywhere. */
#define TW_ERROR_LIST(X)                                                                           \
    X(FAILED, 0x80004005u)         /* anything without a better row */                             \
    X(NOT_FOUND, 0x8004010fu)      /* or hidden from this user */                                  \
    X(NO_ACCESS, 0x80070005u)      /* known to be there, and refused */                            \
    X(INVALID, 0x80070057u)        /* asked wrongly */                                             \
    X(EXISTS, 0x80040604u)         /* a thing of that name is there already */                     \
    X(CHANGED, 0x80040109u)        /* someone saved first */                                       \
    X(CORRUPT, 0x8004011bu)        /* stored or foreign bytes that break their own format */       \
    X(TOO_BIG, 0x80040305u)        /* a named limit was passed */                                  \
    X(NO_SPACE, 0x8004010du)       /* the disk or its reserve is full */                           \
    X(QUOTA, 0x8004060cu)          /* the mailbox is over its hard quota */                        \
    X(BUSY, 0x8004010bu)           /* try again; nothing was changed */                            \
    X(TIMEOUT, 0x80040401u)        /* a deadline passed */                                         \
    X(UNSUPPORTED, 0x80040102u)    /* valid, but not offered here */                               \
    X(AMBIGUOUS, 0x80040700u)      /* more than one thing fits */                                  \
    X(END_OF_SESSION, 0x80040200u) /* log on again */                                              \
    X(TOO_COMPLEX, 0x80040117u)    /* would cost more than its budget */                           \
    X(CANCELLED, 0x80040501u)      /* by the caller, or at shutdown */                             \
    X(SUBMITTED, 0x80040608u)      /* it is being sent, or held by who sends it */                 \
    X(NOT_QUEUED, 0x80040601u)     /* it is not in the queue of outgoing messages */               \
    X(OFFLINE, 0x80040115u)        /* this mailbox is out of use, or being moved */

typedef enum {
#define TW_ERROR_ENUM_ROW(name, mapi) TW_ERROR_##name,
    TW_ERROR_LIST(TW_ERROR_ENUM_ROW)
#undef TW_ERROR_ENUM_ROW
} TwError;

/** TW_ERROR: the domain of errors whose code is a #TwError. */
#define TW_ERROR (tw_error_quark())

/** TW_MAPI_ERROR: the domain of results from a remote server that have no row of their own; the code is
 * the 32-bit MAPI result, cast to int. */
#define TW_MAPI_ERROR (tw_mapi_error_quark())

/**
 * tw_error_quark:
 *
 * Returns: the domain behind %TW_ERROR
 */
GQuark tw_error_quark(void);

/**
 * tw_mapi_error_quark:
 *
 * Returns: the domain behind %TW_MAPI_ERROR
 */
GQuark tw_mapi_error_quark(void);

/**
 * tw_error_name:
 * @code: an outcome
 *
 * The name of an outcome for logs and test output, such as "NOT_FOUND".
 *
 * Returns: (transfer none): a constant; "UNKNOWN" for a number outside the list
 */
const char *tw_error_name(TwError code);

/**
 * tw_error_to_mapi:
 * @error: (nullable): an error of domain %TW_ERROR or %TW_MAPI_ERROR
 *
 * What a MAPI client is told. An error of any other domain is MAPI_E_CALL_FAILED.
 *
 * Returns: the 32-bit MAPI result; 0 (S_OK) for NULL
 */
guint32 tw_error_to_mapi(const GError *error);

/**
 * tw_error_from_mapi:
 * @mapi: a MAPI result from a remote server
 * @message: text for the log
 *
 * Turns a result that came over the wire into an error: of domain %TW_ERROR where the list has a row for
 * it, else of domain %TW_MAPI_ERROR with the number kept.
 *
 * Returns: (transfer full): a new error, or NULL for 0 and for warnings (high bit clear) without a row
 */
GError *tw_error_from_mapi(guint32 mapi, const char *message);

/**
 * tw_error_from_errno:
 * @error: (out) (optional): where to put the error
 * @number: an errno value
 * @what: what was tried and on what, for the log
 *
 * Sets a #TwError that fits @number (ENOENT: NOT_FOUND, EACCES: NO_ACCESS, ENOSPC and EDQUOT: NO_SPACE,
 * ETIMEDOUT: TIMEOUT, EAGAIN, EMFILE and ENFILE: BUSY, EEXIST: EXISTS; else FAILED) with the system's own words.
 *
 * Returns: always FALSE, so that a caller can return it
 */
gboolean tw_error_from_errno(GError **error, int number, const char *what);

G_END_DECLS
