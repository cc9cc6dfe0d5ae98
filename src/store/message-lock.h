/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Locks of messages: who sends a message keeps others from changing it meanwhile (spec/mapi-soap.md 13.3). A lock belongs to
 * an owner, a number of its holder's choice, which a session is; it is kept in memory and ends with its owner.
 *
 * The engine knows an owner by its handle: what is done through a handle of another owner, or of none, is refused. Reading is
 * left to who opens objects for sessions: it asks tw_message_lock_owner().
 */
#pragma once

#include "store/store.h"

G_BEGIN_DECLS

enum {
    TW_LOCKS_MAX = 100000, /* of one server; a client could lock every message it has */
};

/**
 * tw_store_for_owner:
 * @store: a store
 * @owner: a number, not 0
 *
 * Returns: (transfer full): a handle of the same store for that owner
 */
TwStore *tw_store_for_owner(TwStore *store, guint64 owner);

/**
 * tw_message_lock:
 * @store: a handle that has an owner
 * @mid: a message
 * @error: TW_ERROR_SUBMITTED: another owner has it; NOT_FOUND; INVALID: the handle has no owner; TOO_BIG: too many locks
 *
 * Takes the lock, once however often it is called.
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_lock(TwStore *store, guint32 mid, GError **error);

/**
 * tw_message_unlock:
 * @store: a handle that has an owner
 * @mid: a message
 * @error: TW_ERROR_SUBMITTED: another owner has it
 *
 * Gives the lock back; nothing happens when nobody has it.
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_unlock(TwStore *store, guint32 mid, GError **error);

/**
 * tw_message_lock_owner:
 * @store: a store
 * @mid: a message
 *
 * Returns: who has the lock, or 0
 */
guint64 tw_message_lock_owner(TwStore *store, guint32 mid);

/**
 * tw_engine_end_owner:
 * @engine: an engine
 * @owner: a number, not 0
 *
 * Gives back all locks of a session that ended.
 */
void tw_engine_end_owner(TwEngine *engine, guint64 owner);

G_END_DECLS
