/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether one message matches: match.h, with what is known of its folder kept from message to message. */
#include "store/search-private.h"

void
tw_search_matcher_clear(TwSearchMatcher *matcher)
{
    tw_message_props_clear(&matcher->props);
    tw_folder_facts_clear(&matcher->facts);
}

gboolean
tw_search_match(TwSearchMatcher *matcher,
                TwDbTx *tx,
                const TwRestriction *restriction,
                const TwMessageRow *row,
                const guint8 *head,
                gsize head_len,
                gboolean *ret,
                GError **error)
{
    TwMessageProps *props = &matcher->props;
    TwMatchContext context = { 0 };
    TwPropSource source;

    *ret = FALSE;
    if (head == NULL)
        return TRUE;
    tw_message_props_open(props, matcher->store, tx, row, head, head_len);
    props->facts = &matcher->facts;
    source = tw_message_props_source(props);
    *ret = props->has_head && tw_restriction_match(restriction, &source, &context);
    if (props->error == NULL)
        return TRUE;
    *ret = FALSE;
    g_propagate_error(error, g_steal_pointer(&props->error));
    return FALSE;
}
