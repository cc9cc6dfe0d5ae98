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

/* Kinds of PropertyName, MS-OXCDATA 2.6.1. */
enum {
    NAME_NUMBER = 0,
    NAME_TEXT = 1,
    NAME_NONE = 0xff,
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
    if (rule->names != NULL)
        g_hash_table_unref(rule->names);
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

/* One PropertyName. A kind without a name is the property of that id itself. */
static gboolean
take_name(TwCursor *cur, TwNamedProp *ret, char **ret_text, gboolean *ret_named)
{
    const guint8 *set, *chars;
    guint8 kind, len;

    *ret = (TwNamedProp){ 0 };
    if (!tw_cursor_take_u8(cur, &kind) || !tw_cursor_take(cur, TW_GUID_LEN, &set))
        return FALSE;
    ret->set = tw_guid_from_bytes(set);
    *ret_named = kind != NAME_NONE;
    if (kind == NAME_NONE)
        return TRUE;
    if (kind == NAME_NUMBER)
        return tw_cursor_take_u32le(cur, &ret->lid);
    if (kind != NAME_TEXT || !tw_cursor_take_u8(cur, &len) || len % 2 != 0 ||
        !tw_cursor_take(cur, len, &chars))
        return FALSE;
    *ret_text = g_convert((const char *) chars, len, "UTF-8", "UTF-16LE", NULL, NULL, NULL);
    ret->name = *ret_text;
    return *ret_text != NULL;
}

static gboolean
take_names(TwCursor *cur, const guint8 *ids, guint count, TwRule *rule, TwNameMap *names)
{
    TwCursor id = tw_cursor_init(ids, 2 * (gsize) count);

    for (guint i = 0; i < count; i++) {
        g_autofree char *text = NULL;
        guint16 theirs = 0, ours = 0;
        TwNamedProp name;
        gboolean named;

        if (!tw_cursor_take_u16le(&id, &theirs) || !take_name(cur, &name, &text, &named))
            return FALSE;
        if (!named)
            continue;
        if (!tw_named_prop_check(&name, NULL) ||
            !tw_name_map_get_ids(names, &name, 1, TRUE, &ours, NULL))
            return FALSE;
        if (rule->names == NULL)
            rule->names = g_hash_table_new(NULL, NULL);
        g_hash_table_insert(rule->names, GUINT_TO_POINTER((guint) theirs),
                            GUINT_TO_POINTER((guint) ours));
    }
    return TRUE;
}

/*
 * MS-OXORULE 2.2.4.2, which stands before the condition and before the actions:
 *
 *   NoOfNamedProps u16; and if it is not 0: PropIds u16 each, NamedPropertiesSize u32, NamedProperties
 */
static gboolean
take_named_properties(TwCursor *cur, TwRule *rule, TwNameMap *names)
{
    const guint8 *ids, *list;
    guint16 count;
    guint32 len;
    TwCursor inner;

    if (!tw_cursor_take_u16le(cur, &count))
        return FALSE;
    if (count == 0)
        return TRUE;
    if (names == NULL || count > TW_RULES_MOST_NAMES ||
        !tw_cursor_take(cur, 2 * (gsize) count, &ids) || !tw_cursor_take_u32le(cur, &len) ||
        !tw_cursor_take(cur, len, &list))
        return FALSE;
    inner = tw_cursor_init(list, len);
    return take_names(&inner, ids, count, rule, names) && inner.left == 0;
}

static gboolean
read_extended_condition(const TwPropValue *value, TwRule *rule, TwNameMap *names)
{
    TwCursor cur = tw_cursor_init(value->data, value->len);

    if (!take_named_properties(&cur, rule, names))
        return FALSE;
    rule->condition = tw_restriction_parse(cur.next, cur.left, TW_WIRE_32, NULL);
    return rule->condition != NULL;
}

static void
read_extended_actions(const TwPropValue *value, TwRule *rule, TwNameMap *names)
{
    TwCursor cur = tw_cursor_init(value->data, value->len);
    guint32 version;

    if (take_named_properties(&cur, rule, names) && tw_cursor_take_u32le(&cur, &version) &&
        version == 1)
        rule->actions = tw_actions_parse(cur.next, cur.left, TW_WIRE_32, NULL);
}

void
tw_rule_set_add_extended(TwRuleSet *set, const TwProps *props, guint32 message, TwNameMap *names)
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
        sound = read_extended_condition(&value, &rule, names);
    if (sound && tw_props_get(props, PR_EXTENDED_RULE_MSG_ACTIONS, &value))
        read_extended_actions(&value, &rule, names);
    insert(set, &rule);
}

guint32
tw_rule_tag(const TwRule *rule, guint32 tag)
{
    gpointer id;

    if (rule->names == NULL || !g_hash_table_lookup_extended(
                                   rule->names, GUINT_TO_POINTER(tw_prop_tag_id(tag)), NULL, &id))
        return tag;
    return id != NULL ? tw_prop_tag((guint16) GPOINTER_TO_UINT(id), tw_prop_tag_type(tag)) : 0;
}

/* ---- a message by a rule's own ids ---- */

typedef struct {
    const TwRule *rule;
    const TwPropSource *message;
} Named;

static gboolean
get_named(gpointer data, guint32 tag, TwPropValue *ret)
{
    const Named *named = data;
    guint32 ours = tw_rule_tag(named->rule, tag);

    if (ours == 0 || !named->message->get(named->message->data, ours, ret))
        return FALSE;
    ret->tag = tw_prop_tag(tw_prop_tag_id(tag), tw_prop_tag_type(ret->tag));
    return TRUE;
}

static gboolean
get_row(gpointer data, guint32 tag, guint index, TwProps *ret)
{
    const Named *named = data;

    return named->message->get_row != NULL &&
           named->message->get_row(named->message->data, tag, index, ret);
}

static gboolean
fits(const TwRule *rule, const TwPropSource *message)
{
    Named named = { rule, message };
    const TwPropSource by_name = { get_named, get_row, &named };
    TwMatchContext context = { 0 };

    return rule->condition == NULL ||
           tw_restriction_match(rule->condition, rule->names != NULL ? &by_name : message,
                                &context);
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

        if (!is_due(rule, context) || !fits(rule, message))
            continue;
        for (guint k = 0; k < tw_actions_count(rule->actions) && ret->bounce == 0; k++)
            take_action(ret, rule, tw_actions_get(rule->actions, k));
        if (rule->state & STATE_EXIT_LEVEL)
            break;
    }
}
