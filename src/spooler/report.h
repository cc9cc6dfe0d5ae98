/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The report that tells a sender whom a message did not reach (spec/mailbox-layout.md 22.6). */
#pragma once

#include "spooler/recipients.h"

G_BEGIN_DECLS

typedef struct {
    const TwObject *message; /* as it was sent, or not sent */
    const TwDirectoryObject *owner;
    const GArray *failed; /* of TwRecipient, at least one */
    const char *language; /* of tw_report_language() */
    gint64 now_us;
} TwReportSpec;

/**
 * tw_report_new:
 * @spec: what happened
 * @error: TW_ERROR_TOO_BIG: more failed than a message has room for; what tw_object_set() says
 *
 * Makes a REPORT.IPM.Note.NDR with a row for each failed recipient and the message attached; for programs it has reason, diagnosis
 * and status codes, for people a text in their language.
 *
 * Returns: (transfer full): the report, or NULL
 */
TwObject *tw_report_new(const TwReportSpec *spec, GError **error);

/**
 * tw_report_language:
 * @locale: (nullable): a language as "de" or "de_DE.UTF-8"
 *
 * Returns: (transfer none) (nullable): the language of the texts there are, or NULL when there are none in it
 */
const char *tw_report_language(const char *locale);

/**
 * tw_report_language_at:
 * @index: from 0
 *
 * Returns: (transfer none) (nullable): a language that there are texts in; NULL past the last
 */
const char *tw_report_language_at(guint index);

G_END_DECLS
