/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a restriction asks of a message, and what that may cost. */
#include "store/match.h"

#include "base/error.h"
#include "mapi/tags.h"

/* One bit that must be set, or bits that must not. */
static void
add_flags(const TwRestrictionNode *node, TwFlagsFilter *io)
{
    guint32 bits = node->number, wanted = node->relop != 0 ? bits : 0;

    if (node->kind != TW_RES_BITMASK || node->tag != PR_MESSAGE_FLAGS ||
        (wanted != 0 && (bits & (bits - 1)) != 0) || ((io->value ^ wanted) & io->mask & bits) != 0)
        return;
    io->mask |= bits;
    io->value |= wanted;
}

void
tw_match_flags(const TwRestriction *restriction, TwFlagsFilter *io_filter)
{
    guint32 count;
    const TwRestrictionNode *nodes =
        restriction != NULL ? tw_restriction_get_nodes(restriction, &count) : NULL;

    if (nodes == NULL)
        return;
    add_flags(&nodes[0], io_filter);
    for (guint32 i = 1; nodes[0].kind == TW_RES_AND && i < nodes[0].next; i = nodes[i].next)
        add_flags(&nodes[i], io_filter);
}

guint64
tw_match_cost(const TwRestriction *restriction)
{
    guint32 count;
    const TwRestrictionNode *nodes = tw_restriction_get_nodes(restriction, &count);
    guint64 cost = count;

    for (guint32 i = 0; i < count; i++) {
        if (nodes[i].kind == TW_RES_PROPERTY && nodes[i].relop == TW_RELOP_RE)
            cost += TW_MATCH_COST_EXPRESSION;
    }
    return cost;
}

gboolean
tw_match_budget_take(TwMatchBudget *budget, guint64 cost, GError **error)
{
    gboolean late = FALSE;

    /* an expression that backtracks takes long over one row */
    if (budget->deadline_us != 0 && (cost >= TW_MATCH_COST_EXPRESSION || ++budget->rows % 256 == 0))
        late = g_get_monotonic_time() > budget->deadline_us;
    if (cost <= budget->left && !late) {
        budget->left -= cost;
        return TRUE;
    }
    budget->left = 0;
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "restriction: more than its %s",
                late ? "time" : "budget");
    return FALSE;
}

gboolean
tw_message_matches(TwMessageProps *props,
                   const TwRestriction *restriction,
                   TwMatchContext *context,
                   TwMatchBudget *budget,
                   gboolean *ret_matches,
                   GError **error)
{
    TwPropSource source = tw_message_props_source(props);
    guint64 before = props->cost;
    gboolean matches = TRUE;

    if (restriction != NULL) {
        matches = tw_restriction_match(restriction, &source, context);
        if (!tw_match_budget_take(budget, tw_match_cost(restriction) + (props->cost - before),
                                  error))
            return FALSE;
    }
    if (props->error != NULL) {
        g_propagate_error(error, g_error_copy(props->error));
        return FALSE;
    }
    *ret_matches = matches;
    return TRUE;
}
