/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Telling an operation to stop: reference-counted, for any number of threads. It fires once and stays fired.
 * The operation asks now and then; one that waits registers a callback that wakes it.
 */
#pragma once

#include "base/time.h"

G_BEGIN_DECLS

typedef struct TwCancel TwCancel;

/* Called once when it fires, in the thread that fires it. Must not block, nor free the TwCancel's last owner. */
typedef void (*TwCancelFunc)(gpointer data);

/**
 * tw_cancel_new:
 *
 * Returns: (transfer full): one that has not fired
 */
TwCancel *tw_cancel_new(void);

/**
 * tw_cancel_ref:
 * @cancel: one
 *
 * Returns: (transfer full): the same
 */
TwCancel *tw_cancel_ref(TwCancel *cancel);

/**
 * tw_cancel_unref:
 * @cancel: (nullable): one; freed with its last owner, its callbacks forgotten
 */
void tw_cancel_unref(TwCancel *cancel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwCancel, tw_cancel_unref)

/**
 * tw_cancel_fire:
 * @cancel: one; the caller has a reference
 *
 * Fires it, unless it has fired, and calls what is registered. When it returns, the callbacks have ended; if
 * another thread is firing it at this moment, it does not wait for that one.
 */
void tw_cancel_fire(TwCancel *cancel);

/**
 * tw_cancel_fired:
 * @cancel: (nullable): one; NULL never fires
 *
 * Costs one read of memory.
 *
 * Returns: whether it has fired
 */
gboolean tw_cancel_fired(const TwCancel *cancel);

/**
 * tw_cancel_check:
 * @cancel: (nullable): one
 * @deadline: until when; tw_deadline_never() for no deadline
 * @error: TW_ERROR_CANCELLED or TW_ERROR_TIMEOUT
 *
 * What a loop calls now and then.
 *
 * Returns: FALSE when the operation should end
 */
gboolean tw_cancel_check(const TwCancel *cancel, TwDeadline deadline, GError **error);

/**
 * tw_cancel_add:
 * @cancel: one
 * @func: what to call
 * @data: for @func; must live until tw_cancel_remove() returns
 *
 * Registers a callback. If it has fired already, the callback is called before this returns.
 *
 * Returns: a number for tw_cancel_remove(); never 0
 */
guint64 tw_cancel_add(TwCancel *cancel, TwCancelFunc func, gpointer data);

/**
 * tw_cancel_remove:
 * @cancel: one
 * @id: what tw_cancel_add() gave
 *
 * Takes the callback back. When it returns, the callback is not running and will not be called, so its data may
 * go; only the callback itself may call this without waiting for its own end.
 */
void tw_cancel_remove(TwCancel *cancel, guint64 id);

G_END_DECLS
