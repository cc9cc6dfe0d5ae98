/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/rules.h"

#include "base/cursor.h"
#include "mapi/tags.h"

/* Bits of PR_RULE_STATE, spec/mailbox-layout.md 13.2. */
enum {
    STATE_ENABLED = 0x1,
    STATE_ERROR = 0x2,
    STATE_ONLY_WHEN_OOF = 0x4,
    STATE_EXIT_LEVEL = 0x10,
    STATE_SKIP_IF_SAFE = 0x20,
    STATE_PARSE_ERROR = 0x40,
    STATE_DISABLED = 0x80,
    STATE_EXTENDED_ONLY_OOF = 0x100,
};

struct TwRuleSet {
    GArray *rules; /* of TwRule */
};

static void
clear_rule(gpointer data)
{
    TwRule *rule = data;

    g_free(rule->name);
    g_free(rule->provider);
    tw_restriction_unref(rule->condition);
    tw_actions_unref(rule->actions);
}

TwRuleSet *
tw_rule_set_new(void)
{
    TwRuleSet *set = g_atomic_rc_box_new0(TwRuleSet);

    set->rules = g_array_new(FALSE, FALSE, sizeof(TwRule));
    g_array_set_clear_func(set->rules, clear_rule);
    return set;
}

static void
clear_set(gpointer data)
{
    g_array_unref(((TwRuleSet *) data)->rules);
}

void
tw_rule_set_unref(TwRuleSet *set)
{
    if (set != NULL)
        g_atomic_rc_box_release_full(set, clear_set);
}

guint
tw_rule_set_count(const TwRuleSet *set)
{
    return set != NULL ? set->rules->len : 0;
}

const TwRule *
tw_rule_set_get(const TwRuleSet *set, guint index)
{
    return &g_array_index(set->rules, TwRule, index);
}

/* ---- reading ---- */

static char *
text_of(const TwProps *props, guint32 tag)
{
    TwPropValue value;

    return tw_props_get(props, tag, &value) ? g_strndup(value.text, value.len) : g_strdup("");
}

static guint32
long_of(const TwProps *props, guint32 tag)
{
    TwPropValue value;

    return tw_props_get(props, tag, &value) ? value.u4 : 0;
}

static void
insert(TwRuleSet *set, const TwRule *rule)
{
    guint at = set->rules->len;

    while (at > 0 && g_array_index(set->rules, TwRule, at - 1).sequence > rule->sequence)
        at--;
    g_array_insert_vals(set->rules, at, rule, 1);
}

void
tw_rule_set_add(TwRuleSet *set, const TwProps *row)
{
    TwRule rule = { .sequence = long_of(row, PR_RULE_SEQUENCE),
                    .state = long_of(row, PR_RULE_STATE) };
    gboolean sound = TRUE;
    TwPropValue value;

    if (set->rules->len >= TW_RULES_MOST)
        return;
    if (tw_props_get(row, PR_RULE_ID, &value))
        rule.id = (guint64) value.i8;
    rule.name = text_of(row, PR_RULE_NAME);
    rule.provider = text_of(row, PR_RULE_PROVIDER);
    if (tw_props_get(row, PR_RULE_CONDITION, &value)) {
        rule.condition = tw_restriction_parse(value.data, value.len, TW_WIRE_32, NULL);
        sound = rule.condition != NULL;
    }
    if (sound && tw_props_get(row, PR_RULE_ACTIONS, &value))
        rule.actions = tw_actions_parse(value.data, value.len, TW_WIRE_32, NULL);
    insert(set, &rule);
}

/* MS-OXORULE 2.2.4.2: how many named properties are used, then, if any, what they are. */
static gboolean
take_no_names(TwCursor *cur)
{
    guint16 count;

    return tw_cursor_take_u16le(cur, &count) && count == 0;
}

static gboolean
read_extended_condition(const TwPropValue *value, TwRule *rule)
{
    TwCursor cur = tw_cursor_init(value->data, value->len);

    if (!take_no_names(&cur))
        return FALSE;
    rule->condition = tw_restriction_parse(cur.next, cur.left, TW_WIRE_32, NULL);
    return rule->condition != NULL;
}

static void
read_extended_actions(const TwPropValue *value, TwRule *rule)
{
    TwCursor cur = tw_cursor_init(value->data, value->len);
    guint32 version;

    if (take_no_names(&cur) && tw_cursor_take_u32le(&cur, &version) && version == 1)
        rule->actions = tw_actions_parse(cur.next, cur.left, TW_WIRE_32, NULL);
}

void
tw_rule_set_add_extended(TwRuleSet *set, const TwProps *props, guint32 message)
{
    TwRule rule = { .message = message,
                    .sequence = long_of(props, PR_RULE_MSG_SEQUENCE),
                    .state = long_of(props, PR_RULE_MSG_STATE) };
    gboolean sound = TRUE;
    TwPropValue value;

    if (set->rules->len >= TW_RULES_MOST)
        return;
    rule.name = text_of(props, PR_RULE_MSG_NAME);
    rule.provider = text_of(props, PR_RULE_MSG_PROVIDER);
    if (tw_props_get(props, PR_EXTENDED_RULE_MSG_CONDITION, &value))
        sound = read_extended_condition(&value, &rule);
    if (sound && tw_props_get(props, PR_EXTENDED_RULE_MSG_ACTIONS, &value))
        read_extended_actions(&value, &rule);
    insert(set, &rule);
}

/* ---- deciding ---- */

void
tw_rule_plan_clear(TwRulePlan *plan)
{
    if (plan->steps != NULL)
        g_array_unref(plan->steps);
    *plan = (TwRulePlan){ 0 };
}

static gboolean
is_due(const TwRule *rule, const TwRuleContext *context)
{
    const guint32 off = STATE_ERROR | STATE_PARSE_ERROR | STATE_DISABLED;
    const guint32 away = STATE_ONLY_WHEN_OOF | STATE_EXTENDED_ONLY_OOF;

    return (rule->state & STATE_ENABLED) != 0 && (rule->state & off) == 0 &&
           rule->actions != NULL && ((rule->state & away) == 0 || context->out_of_office) &&
           ((rule->state & STATE_SKIP_IF_SAFE) == 0 || !context->safe);
}

static void
add_step(TwRulePlan *plan, const TwRule *rule, const TwAction *action)
{
    TwRuleStep step = { rule, action };

    if (plan->steps == NULL)
        plan->steps = g_array_new(FALSE, FALSE, sizeof(TwRuleStep));
    if (plan->steps->len < TW_RULES_MOST_STEPS)
        g_array_append_val(plan->steps, step);
}

static void
take_action(TwRulePlan *plan, const TwRule *rule, const TwAction *action)
{
    switch (action->type) {
    case TW_ACTION_MOVE:
        plan->remove = TRUE;
        add_step(plan, rule, action);
        break;
    case TW_ACTION_COPY:
    case TW_ACTION_REPLY:
    case TW_ACTION_OOF_REPLY:
    case TW_ACTION_DEFER:
    case TW_ACTION_FORWARD:
    case TW_ACTION_DELEGATE:
    case TW_ACTION_TAG:
        add_step(plan, rule, action);
        break;
    case TW_ACTION_DELETE:
        plan->remove = TRUE;
        break;
    case TW_ACTION_MARK_READ:
        plan->read = TRUE;
        break;
    case TW_ACTION_BOUNCE:
        plan->bounce = action->bounce != 0 ? action->bounce : TW_BOUNCE_ACCESS_DENIED;
        break;
    }
}

void
tw_rules_plan(const TwRuleSet *set,
              const TwPropSource *message,
              const TwRuleContext *context,
              TwRulePlan *ret)
{
    *ret = (TwRulePlan){ 0 };
    for (guint i = 0; i < set->rules->len && ret->bounce == 0; i++) {
        const TwRule *rule = &g_array_index(set->rules, TwRule, i);
        TwMatchContext match = { 0 };

        if (!is_due(rule, context) ||
            (rule->condition != NULL && !tw_restriction_match(rule->condition, message, &match)))
            continue;
        for (guint k = 0; k < tw_actions_count(rule->actions) && ret->bounce == 0; k++)
            take_action(ret, rule, tw_actions_get(rule->actions, k));
        if (rule->state & STATE_EXIT_LEVEL)
            break;
    }
}
