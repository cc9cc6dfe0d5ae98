/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations on the rules of a folder. */
#include "session/ops-private.h"

gboolean
tw_local_rules(TwLocalCall *call, TwRulesArgs *args, GError **error)
{
    args->rules = tw_folder_read_rules(call->store, call->folder, error);
    return args->rules != NULL;
}

gboolean
tw_local_rules_change(TwLocalCall *call, TwRulesChangeArgs *args, GError **error)
{
    return tw_folder_change_rules(call->store, call->folder, args->replace, args->rows.items,
                                  args->rows.count, error);
}

gboolean
tw_local_rule_state(TwLocalCall *call, TwRuleStateArgs *args, GError **error)
{
    return tw_folder_set_rule_state(call->store, call->folder, args->rule, args->set, args->clear,
                                    error);
}
