/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The threads of a loop, and the keys of its epoll events.
 */
#pragma once

#include "net/loop-private.h"

G_BEGIN_DECLS

/* A connection's key has its slot's generation, never 0, in the high half. */
#define TW_KEY_QUEUE 0u
#define TW_KEY_LISTENERS 1u /* plus the listener's number */

/* Starts min_workers and the ticker. FALSE: not all of them. */
gboolean tw_pool_start(TwLoop *loop);

/* Joins the threads; all workers have ended. */
void tw_pool_join(TwLoop *loop);

/* The next queued connection, or NULL. */
TwConn *tw_loop_pop(TwLoop *loop);

/* Whether tw_loop_pop() would find one, at this moment. */
gboolean tw_loop_has_queued(TwLoop *loop);

/* Has the poller look at the loop's state. */
void tw_loop_wake_poller(TwLoop *loop);

/* Has all threads look at it. */
void tw_pool_wake_all(TwLoop *loop);

G_END_DECLS
