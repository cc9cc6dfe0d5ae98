/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is left of a message in mailboxes: reports, copies, its place among what was sent. */
#pragma once

#include "session/session.h"
#include "spooler/recipients.h"

G_BEGIN_DECLS

/* A message that was tried. */
typedef struct {
    TwSession *session; /* of SYSTEM; it holds the message's lock */
    const TwSpoolerSettings *settings;
    const TwQueueRow *row;
    const TwDirectoryObject *owner;
    const TwObject *message; /* as it is stored */
    gint64 now_us;
} TwFiling;

/**
 * tw_filing_report:
 * @filing: a message
 * @failed: (element-type TwRecipient): whom it did not reach
 * @error: what the mailbox says
 *
 * Puts a report into the owner's mailbox; one for these recipients that is there already is enough.
 *
 * Returns: FALSE on failure
 */
gboolean tw_filing_report(const TwFiling *filing, const GArray *failed, GError **error);

/**
 * tw_filing_copy:
 * @filing: a message
 * @represented: for whom it was sent
 * @ret_there: (out): it is there; FALSE when that user has no mailbox
 * @error: what the mailbox says
 *
 * Puts a copy into the Sent Items of who is represented, once.
 *
 * Returns: FALSE on failure
 */
gboolean tw_filing_copy(const TwFiling *filing,
                        const TwDirectoryObject *represented,
                        gboolean *ret_there,
                        GError **error);

/**
 * tw_filing_finish:
 * @filing: a message
 * @elsewhere: a copy is where it belongs: it need not stay
 * @error: what the store says
 *
 * Takes the entry out, clears the marks, and moves the message to where the sender wants it, or deletes it.
 *
 * Returns: FALSE on failure
 */
gboolean tw_filing_finish(const TwFiling *filing, gboolean elsewhere, GError **error);

G_END_DECLS
