/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The audit log: who logged on, who was let at what. Written to a log of its own, text as the audit scripts of
 * administrators know it: words, then key='value' pairs.
 */
#pragma once

#include <glib.h>

#include "base/log.h"

G_BEGIN_DECLS

/* Each row: constant, name in JSON, words in text, and the fields an event should carry. */
#define TW_AUDIT_LIST(X)                                                                           \
    /* user, from, method, program, session */                                                     \
    X(LOGON_OK, "authenticate-ok", "authenticate ok")                                              \
    /* user, from, method, program */                                                              \
    X(LOGON_FAILED, "authenticate-failed", "authenticate failed")                                  \
    /* user (asked for), reason (who the ticket names), from, program */                           \
    X(LOGON_SPOOFED, "authenticate-spoofed", "authenticate spoofed")                               \
    /* user, impersonator, from, method, program */                                                \
    X(IMPERSONATE_OK, "impersonate-ok", "authenticate ok, impersonate ok")                         \
    X(IMPERSONATE_FAILED, "impersonate-failed", "authenticate ok, impersonate failed")             \
    /* object, type, owner, user, rights, by */                                                    \
    X(ACCESS_ALLOWED, "access-allowed", "access allowed")                                          \
    X(ACCESS_DENIED, "access-denied", "access denied")                                             \
    /* table, user */                                                                              \
    X(TABLE_ALLOWED, "table-access-allowed", "table access allowed")                               \
    X(TABLE_DENIED, "table-access-denied", "table access denied")                                  \
    /* object, user, rights */                                                                     \
    X(RIGHTS_CHANGED, "rights-changed", "rights changed")                                          \
    /* command, object, user */                                                                    \
    X(ADMINISTRATION, "administration", "administration")                                          \
    /* file */                                                                                     \
    X(CONFIG_RELOAD, "config-reload", "config reload")

typedef enum {
#define TW_AUDIT_ROW(name, json, text) TW_AUDIT_##name,
    TW_AUDIT_LIST(TW_AUDIT_ROW)
#undef TW_AUDIT_ROW
} TwAuditEvent;

/**
 * tw_audit:
 * @log: (nullable): the audit log; NULL: none is kept, nothing happens
 * @event: what happened
 * @values: fields, ended by one with field %TW_LOG_FIELD_END
 *
 * Writes one line.
 */
void tw_audit(TwLog *log, TwAuditEvent event, const TwLogValue *values);

G_END_DECLS
