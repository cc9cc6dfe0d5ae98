/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who may send as whom (spec/mailbox-layout.md 31.5). */
#pragma once

#include "session/session.h"
#include "spooler/settings.h"

G_BEGIN_DECLS

typedef enum {
    TW_SENDS_OWN,        /* in the owner's own name */
    TW_SENDS_AS,         /* as somebody else: nobody sees who sent it */
    TW_SENDS_ON_BEHALF,  /* for somebody else, and says so */
    TW_SENDS_REDIRECTED, /* a rule passes on what came */
    TW_SENDS_FORBIDDEN,
} TwSends;

/**
 * tw_sends_judge:
 * @session: of the server itself
 * @settings: how
 * @owner: whose mailbox the message is in
 * @message: (inout): the message in hand; sender and represented sender are made what the judgement says
 * @ret: (out): the judgement
 * @ret_represented: (out) (transfer full): for whom it is sent, a user of the address book; else NULL
 * @error: what the directory or the other's mailbox says
 *
 * Returns: FALSE on failure
 */
gboolean tw_sends_judge(TwSession *session,
                        const TwSpoolerSettings *settings,
                        const TwDirectoryObject *owner,
                        TwObject *message,
                        TwSends *ret,
                        TwDirectoryObject **ret_represented,
                        GError **error);

G_END_DECLS
