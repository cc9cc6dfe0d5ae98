/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What rules want done with a message: every kind of condition, every action, every state. */
#include "groupware/rules.h"

#include <string.h>

#include "mapi/object.h"
#include "mapi/tags.h"

enum {
    ENABLED = 0x1,
    IN_ERROR = 0x2,
    WHEN_OOF = 0x4,
    EXIT = 0x10,
    UNLESS_SAFE = 0x20,
    PARSE_ERROR = 0x40,
    DISABLED = 0x80,
    EXTENDED_OOF = 0x100,
};

/* ---- the message ---- */

static void
set_text(TwObject *object, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_str(tag, text);

    g_assert_true(tw_object_set(object, &value, NULL));
}

static void
set_long(TwObject *object, guint32 tag, guint32 number)
{
    TwPropValue value = tw_value_long(tag, number);

    g_assert_true(tw_object_set(object, &value, NULL));
}

static guint32 named_tag; /* one more text of the message, "odd"; 0: none */

static TwObject *
make_message(void)
{
    TwObject *object = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *recipient = tw_object_add(object, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);

    set_text(object, PR_SUBJECT, "Invoice 42");
    set_text(object, PR_SENDER_NAME, "Jo");
    set_text(object, PR_SENT_REPRESENTING_NAME, "Jo");
    if (named_tag != 0)
        set_text(object, named_tag, "odd");
    set_long(object, PR_IMPORTANCE, 2);
    set_long(object, PR_MESSAGE_SIZE, 5000);
    set_text(recipient, PR_SMTP_ADDRESS, "ann@example.org");
    set_long(recipient, PR_RECIPIENT_TYPE, 1);
    g_assert_true(tw_object_seal(object, NULL));
    return object;
}

/* ---- conditions ---- */

static void
build_subject(TwRestrictionBuilder *builder, const char *text)
{
    TwPropValue value = tw_value_str(PR_SUBJECT, text);

    tw_restriction_builder_content(builder, TW_FUZZY_SUBSTRING | TW_FUZZY_IGNORE_CASE, PR_SUBJECT,
                                   &value);
}

static void
build_importance(TwRestrictionBuilder *builder, guint relop, guint32 number)
{
    TwPropValue value = tw_value_long(PR_IMPORTANCE, number);

    tw_restriction_builder_property(builder, relop, PR_IMPORTANCE, &value);
}

static void
build_recipient(TwRestrictionBuilder *builder, const char *address)
{
    TwPropValue value = tw_value_str(PR_SMTP_ADDRESS, address);

    tw_restriction_builder_begin(builder, TW_RES_SUB, TW_RES_RECIPIENTS);
    tw_restriction_builder_property(builder, TW_RELOP_EQ, PR_SMTP_ADDRESS, &value);
    tw_restriction_builder_end(builder);
}

static TwRestriction *
condition(const char *name)
{
    g_auto(TwRestrictionBuilder) b;
    g_autoptr(GError) error = NULL;
    TwRestriction *restriction;
    gboolean open = TRUE;

    tw_restriction_builder_init(&b);
    if (g_str_has_prefix(name, "not "))
        tw_restriction_builder_begin(&b, TW_RES_NOT, 0);
    else if (g_str_has_prefix(name, "and "))
        tw_restriction_builder_begin(&b, TW_RES_AND, 0);
    else if (g_str_has_prefix(name, "or "))
        tw_restriction_builder_begin(&b, TW_RES_OR, 0);
    else if (g_str_has_prefix(name, "comment "))
        tw_restriction_builder_begin(&b, TW_RES_COMMENT, 0);
    else
        open = FALSE;
    if (strstr(name, "subject"))
        build_subject(&b, "invoice");
    if (strstr(name, "nonsense"))
        build_subject(&b, "nonsense");
    if (strstr(name, "high"))
        build_importance(&b, TW_RELOP_GE, 2);
    if (strstr(name, "low"))
        build_importance(&b, TW_RELOP_LT, 1);
    if (strstr(name, "same"))
        tw_restriction_builder_compare(&b, TW_RELOP_EQ, PR_SENDER_NAME, PR_SENT_REPRESENTING_NAME);
    if (strstr(name, "bit2"))
        tw_restriction_builder_bitmask(&b, TRUE, PR_IMPORTANCE, 2);
    if (strstr(name, "bit1"))
        tw_restriction_builder_bitmask(&b, TRUE, PR_IMPORTANCE, 1);
    if (strstr(name, "large"))
        tw_restriction_builder_size(&b, TW_RELOP_GT, PR_SUBJECT, 5);
    if (strstr(name, "exist-sender"))
        tw_restriction_builder_exist(&b, PR_SENDER_NAME);
    if (strstr(name, "absent"))
        tw_restriction_builder_exist(&b, PR_BODY);
    if (strstr(name, "to-ann"))
        build_recipient(&b, "ann@example.org");
    if (strstr(name, "to-bob"))
        build_recipient(&b, "bob@example.org");
    if (strstr(name, "null"))
        tw_restriction_builder_null(&b);
    if (open)
        tw_restriction_builder_end(&b);
    restriction = tw_restriction_builder_finish(&b, &error);
    g_assert_no_error(error);
    return restriction;
}

/* ---- rules ---- */

static TwActions *
actions(const TwActionType *types, guint count)
{
    static const guint8 id[16] = { 1, 2, 3 };
    g_autofree TwAction *list = g_new0(TwAction, count);
    g_autoptr(GError) error = NULL;
    TwActions *all;

    for (guint i = 0; i < count; i++) {
        list[i].type = types[i];
        list[i].value = tw_value_long(PR_IMPORTANCE, 1);
        list[i].bounce = types[i] == TW_ACTION_BOUNCE ? TW_BOUNCE_TOO_LARGE : 0;
        list[i].store = list[i].folder = list[i].message = list[i].data = id;
        list[i].store_len = list[i].folder_len = list[i].message_len = list[i].data_len = sizeof id;
    }
    all = tw_actions_new(list, count, &error);
    g_assert_no_error(error);
    return all;
}

static void
add_rule(TwRuleSet *set,
         guint32 sequence,
         guint32 state,
         const char *when,
         const TwActionType *types,
         guint count)
{
    g_auto(TwBuffer) condition_bytes = TW_BUFFER_INIT(65536);
    g_auto(TwBuffer) action_bytes = TW_BUFFER_INIT(65536);
    g_autoptr(TwActions) all = actions(types, count);
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    TwProps props;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_i8(PR_RULE_ID, sequence));
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_SEQUENCE, sequence));
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_STATE, state));
    if (when != NULL) {
        g_autoptr(TwRestriction) restriction = condition(when);

        tw_restriction_print(restriction, TW_WIRE_32, &condition_bytes);
        tw_props_builder_set(
            &builder, tw_value_bytes(PR_RULE_CONDITION, condition_bytes.data, condition_bytes.len));
    }
    tw_actions_print(all, TW_WIRE_32, &action_bytes);
    tw_props_builder_set(&builder,
                         tw_value_bytes(PR_RULE_ACTIONS, action_bytes.data, action_bytes.len));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_nonnull(bag);
    g_assert_true(tw_props_open_bytes(bag, &props, NULL));
    tw_rule_set_add(set, &props);
}

static void
plan(TwRuleSet *set, gboolean away, gboolean safe, TwRulePlan *ret)
{
    g_autoptr(TwObject) message = make_message();
    TwPropSource source = tw_object_source(message);
    TwRuleContext context = { .out_of_office = away, .safe = safe };

    tw_rules_plan(set, &source, &context, ret);
}

/* ---- tests ---- */

static const struct {
    const char *when;
    gboolean matches;
} conditions[] = {
    { NULL, TRUE },
    { "null", TRUE },
    { "subject", TRUE },
    { "nonsense", FALSE },
    { "high", TRUE },
    { "low", FALSE },
    { "same", TRUE },
    { "bit2", TRUE },
    { "bit1", FALSE },
    { "large", TRUE },
    { "exist-sender", TRUE },
    { "absent", FALSE },
    { "to-ann", TRUE },
    { "to-bob", FALSE },
    { "not to-bob", TRUE },
    { "not to-ann", FALSE },
    { "and subject high", TRUE },
    { "and subject low", FALSE },
    { "or nonsense high", TRUE },
    { "or nonsense low", FALSE },
    { "comment high", TRUE },
    { "comment low", FALSE },
};

static void
test_conditions(void)
{
    const TwActionType read[] = { TW_ACTION_MARK_READ };

    for (guint i = 0; i < G_N_ELEMENTS(conditions); i++) {
        g_autoptr(TwRuleSet) set = tw_rule_set_new();
        g_auto(TwRulePlan) what = { 0 };

        g_test_message("%s", conditions[i].when != NULL ? conditions[i].when : "always");
        add_rule(set, 1, ENABLED, conditions[i].when, read, 1);
        plan(set, FALSE, FALSE, &what);
        g_assert_cmpint(what.read, ==, conditions[i].matches);
    }
}

static const struct {
    TwActionType type;
    guint steps;
    gboolean remove, read;
    guint32 bounce;
} each_action[] = {
    { TW_ACTION_MOVE, 1, TRUE, FALSE, 0 },
    { TW_ACTION_COPY, 1, FALSE, FALSE, 0 },
    { TW_ACTION_REPLY, 1, FALSE, FALSE, 0 },
    { TW_ACTION_OOF_REPLY, 1, FALSE, FALSE, 0 },
    { TW_ACTION_DEFER, 1, FALSE, FALSE, 0 },
    { TW_ACTION_BOUNCE, 0, FALSE, FALSE, TW_BOUNCE_TOO_LARGE },
    { TW_ACTION_FORWARD, 1, FALSE, FALSE, 0 },
    { TW_ACTION_DELEGATE, 1, FALSE, FALSE, 0 },
    { TW_ACTION_TAG, 1, FALSE, FALSE, 0 },
    { TW_ACTION_DELETE, 0, TRUE, FALSE, 0 },
    { TW_ACTION_MARK_READ, 0, FALSE, TRUE, 0 },
};

static guint
steps_of(const TwRulePlan *what)
{
    return what->steps != NULL ? what->steps->len : 0;
}

static void
test_actions(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(each_action); i++) {
        g_autoptr(TwRuleSet) set = tw_rule_set_new();
        g_auto(TwRulePlan) what = { 0 };

        g_test_message("%s", tw_action_name(each_action[i].type));
        add_rule(set, 1, ENABLED, NULL, &each_action[i].type, 1);
        plan(set, FALSE, FALSE, &what);
        g_assert_cmpuint(steps_of(&what), ==, each_action[i].steps);
        g_assert_cmpint(what.remove, ==, each_action[i].remove);
        g_assert_cmpint(what.read, ==, each_action[i].read);
        g_assert_cmpuint(what.bounce, ==, each_action[i].bounce);
        if (each_action[i].steps > 0)
            g_assert_cmpint(g_array_index(what.steps, TwRuleStep, 0).action->type, ==,
                            each_action[i].type);
    }
}

static const struct {
    guint32 state;
    gboolean away, safe, runs;
} states[] = {
    { 0, FALSE, FALSE, FALSE },
    { ENABLED, FALSE, FALSE, TRUE },
    { ENABLED | IN_ERROR, FALSE, FALSE, FALSE },
    { ENABLED | PARSE_ERROR, FALSE, FALSE, FALSE },
    { ENABLED | DISABLED, FALSE, FALSE, FALSE },
    { ENABLED | WHEN_OOF, FALSE, FALSE, FALSE },
    { ENABLED | WHEN_OOF, TRUE, FALSE, TRUE },
    { ENABLED | EXTENDED_OOF, FALSE, FALSE, FALSE },
    { ENABLED | EXTENDED_OOF, TRUE, FALSE, TRUE },
    { ENABLED | UNLESS_SAFE, FALSE, TRUE, FALSE },
    { ENABLED | UNLESS_SAFE, FALSE, FALSE, TRUE },
    { WHEN_OOF, TRUE, FALSE, FALSE },
};

static void
test_states(void)
{
    const TwActionType read[] = { TW_ACTION_MARK_READ };

    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        g_autoptr(TwRuleSet) set = tw_rule_set_new();
        g_auto(TwRulePlan) what = { 0 };

        g_test_message("state 0x%x", states[i].state);
        add_rule(set, 1, states[i].state, NULL, read, 1);
        plan(set, states[i].away, states[i].safe, &what);
        g_assert_cmpint(what.read, ==, states[i].runs);
    }
}

/* In the order of sequence, whatever the order of rows; the one that exits is the last, if its condition held. */
static void
test_order(void)
{
    const TwActionType forward[] = { TW_ACTION_FORWARD }, move[] = { TW_ACTION_MOVE },
                       copy[] = { TW_ACTION_COPY };
    g_autoptr(TwRuleSet) set = tw_rule_set_new();
    g_auto(TwRulePlan) what = { 0 };

    add_rule(set, 30, ENABLED, NULL, forward, 1);
    add_rule(set, 10, ENABLED | EXIT, "nonsense", copy, 1);
    add_rule(set, 20, ENABLED | EXIT, NULL, move, 1);
    add_rule(set, 15, ENABLED, NULL, copy, 1);
    plan(set, FALSE, FALSE, &what);
    g_assert_cmpuint(steps_of(&what), ==, 2);
    g_assert_cmpint(g_array_index(what.steps, TwRuleStep, 0).rule->sequence, ==, 15);
    g_assert_cmpint(g_array_index(what.steps, TwRuleStep, 1).action->type, ==, TW_ACTION_MOVE);
    g_assert_true(what.remove);
}

/* A mail that goes back causes nothing else any more. */
static void
test_bounce_ends(void)
{
    const TwActionType both[] = { TW_ACTION_BOUNCE, TW_ACTION_FORWARD };
    g_autoptr(TwRuleSet) set = tw_rule_set_new();
    g_auto(TwRulePlan) what = { 0 };

    add_rule(set, 1, ENABLED, NULL, both, 2);
    add_rule(set, 2, ENABLED, NULL, both + 1, 1);
    plan(set, FALSE, FALSE, &what);
    g_assert_cmpuint(what.bounce, ==, TW_BOUNCE_TOO_LARGE);
    g_assert_cmpuint(steps_of(&what), ==, 0);
}

static void
test_limits(void)
{
    const TwActionType copy[] = { TW_ACTION_COPY };
    g_autoptr(TwRuleSet) set = tw_rule_set_new();

    for (guint i = 0; i <= TW_RULES_MOST; i++)
        add_rule(set, i, ENABLED, NULL, copy, 1);
    g_assert_cmpuint(tw_rule_set_count(set), ==, TW_RULES_MOST);
    g_assert_cmpuint(tw_rule_set_count(NULL), ==, 0);
}

/* ---- rules that are kept in messages ---- */

static void
put_no_names(TwBuffer *out)
{
    tw_buffer_put_u16le(out, 0);
}

/* As a client of another server writes it: its own ids, then what they are called. */
static void
put_names(TwBuffer *out)
{
    static const guint8 name[] = "x\0-\0o\0d\0d\0\0"; /* UTF-16, with the zero of the literal */
    g_auto(TwBuffer) list = TW_BUFFER_INIT(1000);
    const TwGuid *set = tw_prop_set_guid(TW_PROP_SET_INTERNET_HEADERS);

    tw_buffer_put_u8(&list, 1);
    tw_buffer_put(&list, set->bytes, TW_GUID_LEN);
    tw_buffer_put_u8(&list, 10);
    tw_buffer_put(&list, name, 10);
    tw_buffer_put_u8(&list, 0);
    tw_buffer_put(&list, tw_prop_set_guid(TW_PROP_SET_COMMON)->bytes, TW_GUID_LEN);
    tw_buffer_put_u32le(&list, 0x8503);
    tw_buffer_put_u8(&list, 0xff);
    tw_buffer_put(&list, set->bytes, TW_GUID_LEN);
    tw_buffer_put_u16le(out, 3);
    tw_buffer_put_u16le(out, 0x8123);
    tw_buffer_put_u16le(out, 0x8124);
    tw_buffer_put_u16le(out, 0x8125);
    tw_buffer_put_u32le(out, (guint32) list.len);
    tw_buffer_put(out, list.data, list.len);
}

static void
make_extended(TwBuffer *when, TwBuffer *what)
{
    const TwActionType move[] = { TW_ACTION_MOVE };
    g_autoptr(TwRestriction) restriction = condition("subject");
    g_autoptr(TwActions) all = actions(move, 1);

    put_no_names(when);
    tw_restriction_print(restriction, TW_WIRE_32, when);
    put_no_names(what);
    tw_buffer_put_u32le(what, 1);
    tw_actions_print(all, TW_WIRE_32, what);
}

static guint
run_extended(
    const guint8 *when, gsize when_len, const guint8 *what, gsize what_len, TwNameMap *names)
{
    g_autofree guint8 *when_copy = g_memdup2(when, when_len);
    g_autofree guint8 *what_copy = g_memdup2(what, what_len);
    g_autoptr(TwRuleSet) set = tw_rule_set_new();
    g_auto(TwRulePlan) decided = { 0 };
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    TwProps props;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_MSG_STATE, ENABLED));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_MSG_NAME, "JunkEmailRule"));
    tw_props_builder_set(&builder,
                         tw_value_bytes(PR_EXTENDED_RULE_MSG_CONDITION, when_copy, when_len));
    tw_props_builder_set(&builder,
                         tw_value_bytes(PR_EXTENDED_RULE_MSG_ACTIONS, what_copy, what_len));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_true(tw_props_open_bytes(bag, &props, NULL));
    tw_rule_set_add_extended(set, &props, 77, names);
    g_assert_cmpuint(tw_rule_set_get(set, 0)->message, ==, 77);
    g_assert_cmpstr(tw_rule_set_get(set, 0)->name, ==, "JunkEmailRule");
    plan(set, FALSE, FALSE, &decided);
    return steps_of(&decided);
}

static void
test_extended(void)
{
    g_auto(TwBuffer) when = TW_BUFFER_INIT(65536);
    g_auto(TwBuffer) what = TW_BUFFER_INIT(65536);

    make_extended(&when, &what);
    g_assert_cmpuint(run_extended(when.data, when.len, what.data, what.len, NULL), ==, 1);
    /* cut anywhere it is no rule */
    for (gsize len = 0; len < when.len; len++)
        g_assert_cmpuint(run_extended(when.data, len, what.data, what.len, NULL), ==, 0);
    for (gsize len = 0; len < what.len; len++)
        g_assert_cmpuint(run_extended(when.data, when.len, what.data, len, NULL), ==, 0);
    when.data[0] = 1; /* named properties */
    g_assert_cmpuint(run_extended(when.data, when.len, what.data, what.len, NULL), ==, 0);
}

/* A condition on a property that has another id here, and an action that sets it. */
static void
test_extended_names(void)
{
    static const TwPropValue odd = { .tag = 0x8123001f, .text = "odd", .len = 3 };
    const TwAction tag = { .type = TW_ACTION_TAG, .value = odd };
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autoptr(TwActions) all = tw_actions_new(&tag, 1, NULL);
    TwNamedProp name = { .set = *tw_prop_set_guid(TW_PROP_SET_INTERNET_HEADERS), .name = "x-odd" };
    TwNamedProp other = { .set = name.set, .name = "x-other" };
    g_auto(TwBuffer) when = TW_BUFFER_INIT(65536);
    g_auto(TwBuffer) what = TW_BUFFER_INIT(65536);
    g_auto(TwRestrictionBuilder) builder;
    g_autoptr(TwRestriction) restriction = NULL;
    guint16 id = 0, before = 0;

    g_assert_true(tw_name_map_get_ids(names, &other, 1, TRUE, &before, NULL));
    g_assert_true(tw_name_map_get_ids(names, &name, 1, TRUE, &id, NULL));
    g_assert_cmphex(id, !=, 0x8123);
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_property(&builder, TW_RELOP_EQ, odd.tag, &odd);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    put_names(&when);
    tw_restriction_print(restriction, TW_WIRE_32, &when);
    put_names(&what);
    tw_buffer_put_u32le(&what, 1);
    tw_actions_print(all, TW_WIRE_32, &what);
    named_tag = tw_prop_tag(id, TW_PT_UNICODE);
    g_assert_cmpuint(run_extended(when.data, when.len, what.data, what.len, names), ==, 1);
    named_tag = tw_prop_tag(before, TW_PT_UNICODE);
    g_assert_cmpuint(run_extended(when.data, when.len, what.data, what.len, names), ==, 0);
    named_tag = tw_prop_tag(0x8123, TW_PT_UNICODE); /* the rule's own id means nothing here */
    g_assert_cmpuint(run_extended(when.data, when.len, what.data, what.len, names), ==, 0);
    named_tag = tw_prop_tag(id, TW_PT_UNICODE);
    g_assert_cmpuint(run_extended(when.data, when.len, what.data, what.len, NULL), ==, 0);
    for (gsize len = 0; len < when.len; len++)
        g_assert_cmpuint(run_extended(when.data, len, what.data, what.len, names), ==, 0);
    for (gsize len = 0; len < what.len; len++)
        g_assert_cmpuint(run_extended(when.data, when.len, what.data, len, names), ==, 0);
    named_tag = 0;
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/groupware/rules/conditions", test_conditions);
    g_test_add_func("/groupware/rules/actions", test_actions);
    g_test_add_func("/groupware/rules/states", test_states);
    g_test_add_func("/groupware/rules/order", test_order);
    g_test_add_func("/groupware/rules/bounce-ends", test_bounce_ends);
    g_test_add_func("/groupware/rules/limits", test_limits);
    g_test_add_func("/groupware/rules/extended", test_extended);
    g_test_add_func("/groupware/rules/extended-names", test_extended_names);
    return g_test_run();
}
