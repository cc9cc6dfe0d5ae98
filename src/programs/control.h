/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The socket "control" of a data folder: by it an administrator's tool asks the server that has the data open, since no
 * second process can look at it (the log's index and the ends of the segments are in the server's memory). One tool at a time;
 * others wait. Only the server's own user and root are answered. What is said there is in control-wire.h.
 */
#pragma once

#include "programs/control-wire.h"
#include "store/engine.h"

G_BEGIN_DECLS

typedef struct TwControl TwControl;

/**
 * tw_control_start:
 * @engine: an engine; outlives the control
 * @path: its data folder
 * @error: what the system says
 *
 * Makes the socket, over one that an earlier server left, and a thread that answers.
 *
 * Returns: (transfer full): the control, or NULL
 */
TwControl *tw_control_start(TwEngine *engine, const char *path, GError **error);

/**
 * tw_control_stop:
 * @control: (nullable) (transfer full): a control; what it does at this moment is cancelled
 */
void tw_control_stop(TwControl *control);

/* Takes an answer, but "done" and "failed"; @data: the bytes that follow it. FALSE with @error set ends the call. */
typedef gboolean (*TwControlTake)(const TwControlReply *reply,
                                  const guint8 *data,
                                  gpointer user_data,
                                  GError **error);

/* Gives bytes of an archive, at most @len; none at its end. FALSE with @error set ends the call. */
typedef gboolean (*TwControlGive)(
    guint8 *data, gsize len, gsize *ret_got, gpointer user_data, GError **error);

/**
 * tw_control_call:
 * @path: a data folder
 * @request: what to ask
 * @take: gets the answers
 * @give: (nullable): what is imported
 * @user_data: for @take and @give
 * @error: TW_ERROR_NOT_FOUND: no server answers there; NO_ACCESS: of another user; CORRUPT: it does not speak this; what the
 *   server, @take or @give said
 *
 * Asks the server that has a data folder open, and waits for the end of the answer.
 *
 * Returns: FALSE on failure
 */
gboolean tw_control_call(const char *path,
                         const TwControlRequest *request,
                         TwControlTake take,
                         TwControlGive give,
                         gpointer user_data,
                         GError **error);

G_END_DECLS
