/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One message on its way out, from its entry in the queue to what is left of it: taken, sent, reported on, filed.
 *
 * What can be cut by a crash, and what follows:
 *
 *   after      | the next run
 *   -----------|------------------------------------------------------------------------------------------------
 *   taken      | sends it
 *   sent       | sends it again: the relay may have it, and that is logged (rc=maybe-twice)
 *   reported   | likewise; the report has a name made of message and recipients, so there is one
 *   noted      | tries those that are left
 *   copied     | as sent; the copy has a name of its own, so there is one
 *   finished   | nothing: entry, flags and place changed in one transaction
 */
#pragma once

#include "base/cancel.h"
#include "session/session.h"
#include "spooler/settings.h"

G_BEGIN_DECLS

/* What a hook before sending answers; numbers and meaning of spec/config-and-cli.md 8. */
typedef enum {
    TW_SPOOLER_CONTINUE = 0,
    TW_SPOOLER_FAILED = 1,       /* it goes back to its sender */
    TW_SPOOLER_STOP_SUCCESS = 2, /* it counts as sent */
    TW_SPOOLER_STOP_FAILED = 3,  /* as FAILED */
    TW_SPOOLER_EXIT = 4,         /* as CONTINUE: there is no other hook behind this one */
    TW_SPOOLER_RETRY_LATER = 5,
} TwSpoolerVerdict;

/* Where others look at messages. Called on the threads that send. */
typedef struct {
    /* (nullable): recipients are known; may change @message, which is in hand only */
    TwSpoolerVerdict (*pre_sending)(gpointer data,
                                    TwSession *session,
                                    const TwQueueRow *row,
                                    TwObject *message);
    void (*step)(gpointer data,
                 const char *step); /* (nullable): a step of the table above is done */
    gpointer data;
} TwSpoolerHooks;

/* What a message needs. */
typedef struct {
    TwSession *session; /* of SYSTEM, of this thread alone: it holds the message's lock */
    const TwSpoolerSettings *settings;
    const TwSpoolerHooks *hooks;
    TwCancel *cancel;
} TwSpoolerPlace;

/* What became of it. */
typedef enum {
    TW_SPOOLER_DONE,    /* it has left the queue */
    TW_SPOOLER_WAITS,   /* it will be tried again when its entry says */
    TW_SPOOLER_SKIPPED, /* somebody else has it, or it is gone */
} TwSpoolerResult;

/**
 * tw_spooler_job_run:
 * @place: where
 * @row: its entry, as it was listed
 * @ret: (out): what became of it
 * @error: what the store or the directory says: the entry was put back, if that was possible
 *
 * Returns: FALSE on failure
 */
gboolean tw_spooler_job_run(const TwSpoolerPlace *place,
                            const TwQueueRow *row,
                            TwSpoolerResult *ret,
                            GError **error);

G_END_DECLS
