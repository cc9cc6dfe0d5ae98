/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The agent that sends the server's queue of outgoing mail: one thread watches it, others send. Exactly one of it works on a
 * server's queue; a second one would find the messages locked that the first one sends.
 */
#pragma once

#include "spooler/job.h"

G_BEGIN_DECLS

typedef struct TwSpooler TwSpooler;

typedef struct {
    guint64 done, waited,
        failed;   /* messages since the start: left the queue, put back, put back after an error */
    guint active; /* being sent now */
} TwSpoolerFigures;

/**
 * tw_spooler_start:
 * @server: whose queue; outlives the agent
 * @config: with the keys of settings.h
 * @relay: (nullable): where to, instead of what @config says; outlives the agent
 * @hooks: (nullable): outlive the agent
 * @error: what the configuration, logging on or the watch says
 *
 * Returns: (transfer full): the agent at work, or NULL
 */
TwSpooler *tw_spooler_start(TwServer *server,
                            TwConfig *config,
                            const TwSpoolerRelay *relay,
                            const TwSpoolerHooks *hooks,
                            GError **error);

/**
 * tw_spooler_reload:
 * @spooler: an agent
 * @config: what holds for messages that are taken from now on
 * @error: what the configuration says; all stays as it was
 *
 * Returns: FALSE on failure
 */
gboolean tw_spooler_reload(TwSpooler *spooler, TwConfig *config, GError **error);

/**
 * tw_spooler_get_figures:
 * @spooler: an agent
 * @ret: (out): its figures
 */
void tw_spooler_get_figures(TwSpooler *spooler, TwSpoolerFigures *ret);

/**
 * tw_spooler_stop:
 * @spooler: (nullable) (transfer full): an agent
 *
 * What is being sent is cut off, but where a relay has a whole mail its answer is waited for, for some seconds. Messages that were
 * not sent stay in the queue.
 */
void tw_spooler_stop(TwSpooler *spooler);

G_END_DECLS
