/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Restrictions over messages of a folder, by their properties (message-props.h); with a budget, so that what a client asks costs no
 * more than it may.
 *
 *     g_auto(TwMessageProps) props = TW_MESSAGE_PROPS_INIT;
 *     tw_message_props_open(&props, store, tx, row, head, head_len);       in a walk of tw_sql_msg_scan()
 *     if (!tw_message_matches(&props, restriction, &context, &budget, &matches, error)) ...
 *
 * Private to store/.
 */
#pragma once

#include "mapi/restriction.h"
#include "store/message-props.h"

G_BEGIN_DECLS

enum {
    TW_MATCH_COST_EXPRESSION = 2000, /* of a node with a regular expression */
};

/* What evaluating may still cost. Set up once for a whole search. */
typedef struct {
    guint64 left;       /* units: about one node over one row each */
    gint64 deadline_us; /* monotonic; 0: none */
    guint rows;         /* private */
} TwMatchBudget;

/**
 * tw_match_flags:
 * @restriction: (nullable): a restriction
 * @io_filter: (inout): takes what it asks of PR_MESSAGE_FLAGS, whatever else it asks
 *
 * For who reads rows: those that are passed over need not be read whole.
 */
void tw_match_flags(const TwRestriction *restriction, TwFlagsFilter *io_filter);

/**
 * tw_match_cost:
 * @restriction: a restriction
 *
 * Returns: what one row costs at most, loading aside
 */
guint64 tw_match_cost(const TwRestriction *restriction);

/**
 * tw_match_budget_take:
 * @budget: (inout): a budget
 * @cost: what was done
 * @error: TW_ERROR_TOO_COMPLEX: it is spent, or the time is over
 *
 * Returns: FALSE on failure
 */
gboolean tw_match_budget_take(TwMatchBudget *budget, guint64 cost, GError **error);

/**
 * tw_message_matches:
 * @props: a message
 * @restriction: (nullable): a restriction; NULL: all match
 * @context: (inout): see there
 * @budget: (inout): see there
 * @ret_matches: (out): the answer
 * @error: TW_ERROR_TOO_COMPLEX: the budget is spent; else what reading said
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_matches(TwMessageProps *props,
                            const TwRestriction *restriction,
                            TwMatchContext *context,
                            TwMatchBudget *budget,
                            gboolean *ret_matches,
                            GError **error);

G_END_DECLS
