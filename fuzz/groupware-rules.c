/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as condition and actions of a rule that is kept in a message, cut in two at their first byte. */
#include "groupware/rules.h"

#include "mapi/object.h"
#include "mapi/tags.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    gsize cut = size > 0 ? MIN((gsize) data[0], size) : 0;
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(TwRuleSet) set = tw_rule_set_new();
    g_auto(TwRulePlan) plan = { 0 };
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    g_autoptr(TwNameMap) names = tw_name_map_new();
    const TwRuleContext context = { .out_of_office = TRUE };
    TwPropSource source;
    TwProps props;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_MSG_STATE, 1));
    tw_props_builder_set(&builder, tw_value_bytes(PR_EXTENDED_RULE_MSG_CONDITION, data, cut));
    tw_props_builder_set(&builder,
                         tw_value_bytes(PR_EXTENDED_RULE_MSG_ACTIONS, data + cut, size - cut));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_true(bag != NULL && tw_props_open_bytes(bag, &props, NULL));
    tw_rule_set_add_extended(set, &props, 1, names);
    g_assert_true(tw_object_seal(message, NULL));
    source = tw_object_source(message);
    tw_rules_plan(set, &source, &context, &plan);
    g_assert_true(plan.steps == NULL || plan.steps->len <= TW_RULES_MOST_STEPS);
    return 0;
}
