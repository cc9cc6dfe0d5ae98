/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rules tables: a list of bags, written as one value of the folder. */
#include "store/rules.h"

#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "mapi/actions.h"
#include "mapi/restriction.h"
#include "mapi/tags.h"
#include "store/folder-private.h"

enum {
    VERSION = 1,
    HEADER_LEN = 16,
    MAX_TRIES = 8, /* of a change that others get in the way of */
};

typedef struct {
    guint64 id;
    guint32 sequence;
    GBytes *bag; /* owned */
    TwProps props;
} Rule;

struct TwRules {
    GArray *rules; /* Rule, ids ascending */
    GArray *order; /* guint: indexes, as they are carried out */
    guint64 next;
    gsize bytes; /* of all bags */
};

static void
clear_rule(gpointer data)
{
    g_bytes_unref(((Rule *) data)->bag);
}

TwRules *
tw_rules_new(void)
{
    TwRules *rules = g_new0(TwRules, 1);

    rules->rules = g_array_new(FALSE, FALSE, sizeof(Rule));
    g_array_set_clear_func(rules->rules, clear_rule);
    rules->order = g_array_new(FALSE, FALSE, sizeof(guint));
    rules->next = 1;
    return rules;
}

void
tw_rules_free(TwRules *rules)
{
    if (rules == NULL)
        return;
    g_array_unref(rules->rules);
    g_array_unref(rules->order);
    g_free(rules);
}

static Rule *
rule_at(const TwRules *rules, guint index)
{
    return &g_array_index(rules->rules, Rule, index);
}

static int
compare_order(gconstpointer a, gconstpointer b, gpointer data)
{
    const Rule *x = rule_at(data, *(const guint *) a), *y = rule_at(data, *(const guint *) b);

    if (x->sequence != y->sequence)
        return x->sequence < y->sequence ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static void
put_in_order(TwRules *rules)
{
    g_array_set_size(rules->order, 0);
    for (guint i = 0; i < rules->rules->len; i++)
        g_array_append_val(rules->order, i);
    g_array_sort_with_data(rules->order, compare_order, rules);
}

/* ---- one rule ---- */

static gboolean
invalid(GError **error, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "a rule %s", what);
    return FALSE;
}

/* Each of its properties has the type it must have. */
static gboolean
check_types(const TwProps *props, GError **error)
{
    static const guint32 tags[] = {
        PR_RULE_ID,      PR_RULE_SEQUENCE, PR_RULE_STATE, PR_RULE_USER_FLAGS, PR_RULE_CONDITION,
        PR_RULE_ACTIONS, PR_RULE_PROVIDER, PR_RULE_NAME,  PR_RULE_LEVEL,      PR_RULE_PROVIDER_DATA,
    };

    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        TwPropValue value;
        if (tw_props_get_id(props, tags[i] >> 16, &value) &&
            !tw_prop_tag_answers(value.tag, tags[i]))
            return invalid(error, "has a value of a wrong type");
    }
    return TRUE;
}

static gboolean
check_parts(const TwProps *props, GError **error)
{
    TwPropValue value;

    if (tw_props_get(props, PR_RULE_CONDITION, &value)) {
        g_autoptr(TwRestriction) condition =
            tw_restriction_parse(value.data, value.len, TW_WIRE_32, error);
        if (condition == NULL)
            return FALSE;
    }
    if (tw_props_get(props, PR_RULE_ACTIONS, &value)) {
        g_autoptr(TwActions) actions = tw_actions_parse(value.data, value.len, TW_WIRE_32, error);
        if (actions == NULL)
            return FALSE;
    }
    return TRUE;
}

/* @bag: consumed. */
static gboolean
make_rule(GBytes *bag, Rule *ret, GError **error)
{
    TwPropValue value;
    gboolean ok;

    *ret = (Rule){ .bag = bag };
    ok = tw_props_open_bytes(bag, &ret->props, error) && check_types(&ret->props, error) &&
         check_parts(&ret->props, error);
    if (ok && (!tw_props_get(&ret->props, PR_RULE_ID, &value) || value.i8 <= 0))
        ok = invalid(error, "has no id");
    if (ok && !tw_props_get(&ret->props, PR_RULE_SEQUENCE, &value))
        ok = invalid(error, "has no sequence");
    if (ok && g_bytes_get_size(bag) > TW_RULES_MAX_RULE) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "a rule is too long");
        ok = FALSE;
    }
    if (!ok) {
        g_bytes_unref(bag);
        return FALSE;
    }
    ret->id = (guint64) tw_props_get_i8(&ret->props, PR_RULE_ID, 0);
    ret->sequence = tw_props_get_long(&ret->props, PR_RULE_SEQUENCE, 0);
    return TRUE;
}

/* ---- form on disk ---- */

static gboolean
corrupt(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "a rules table that makes no sense");
    return FALSE;
}

static gboolean
take_rule(TwCursor *cur, TwRules *rules, GError **error)
{
    const guint8 *data;
    guint32 len;
    Rule rule;

    if (!tw_cursor_take_u32le(cur, &len) || !tw_cursor_take(cur, len, &data))
        return corrupt(error);
    if (!make_rule(g_bytes_new(data, len), &rule, error))
        return FALSE;
    rules->bytes += len;
    g_array_append_val(rules->rules, rule);
    /* cppcheck-suppress memleak ; the array owns rule.bag */
    return (rule.id < rules->next &&
            (rules->rules->len == 1 || rule_at(rules, rules->rules->len - 2)->id < rule.id)) ||
           corrupt(error);
}

static gboolean
take_rules(TwCursor *cur, TwRules *rules, GError **error)
{
    const guint8 *magic;
    guint16 version, count;

    if (!tw_cursor_take(cur, 4, &magic) || memcmp(magic, "TWRL", 4) != 0 ||
        !tw_cursor_take_u16le(cur, &version))
        return corrupt(error);
    if (version != VERSION) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "a rules table of version %u", version);
        return FALSE;
    }
    if (!tw_cursor_take_u16le(cur, &count) || !tw_cursor_take_u64le(cur, &rules->next) ||
        rules->next == 0 || rules->next > G_MAXINT64)
        return corrupt(error);
    if (count > TW_RULES_MAX_COUNT || cur->left > TW_RULES_MAX_BYTES + 4 * TW_RULES_MAX_COUNT) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many rules");
        return FALSE;
    }
    for (guint i = 0; i < count; i++) {
        if (!take_rule(cur, rules, error))
            return FALSE;
    }
    return cur->left == 0 || corrupt(error);
}

TwRules *
tw_rules_parse(const guint8 *data, gsize len, GError **error)
{
    g_autoptr(TwRules) rules = tw_rules_new();
    TwCursor cur = tw_cursor_init(data, len);
    g_autoptr(GError) failure = NULL;

    if (len > 0 && !take_rules(&cur, rules, &failure)) {
        /* a rule that nobody could have added is damage here */
        if (g_error_matches(failure, TW_ERROR, TW_ERROR_INVALID))
            failure->code = TW_ERROR_CORRUPT;
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    put_in_order(rules);
    return g_steal_pointer(&rules);
}

GBytes *
tw_rules_write(const TwRules *rules)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);

    tw_buffer_put(&out, "TWRL", 4);
    tw_buffer_put_u16le(&out, VERSION);
    tw_buffer_put_u16le(&out, (guint16) rules->rules->len);
    tw_buffer_put_u64le(&out, rules->next);
    for (guint i = 0; i < rules->rules->len; i++) {
        gsize len;
        const void *data = g_bytes_get_data(rule_at(rules, i)->bag, &len);
        tw_buffer_put_u32le(&out, (guint32) len);
        tw_buffer_put(&out, data, len);
    }
    return tw_buffer_steal_bytes(&out, NULL);
}

guint
tw_rules_count(const TwRules *rules)
{
    return rules->rules->len;
}

guint64
tw_rules_get(const TwRules *rules, guint index, TwProps *ret)
{
    const Rule *rule;

    if (index >= rules->order->len)
        return 0;
    rule = rule_at(rules, g_array_index(rules->order, guint, index));
    *ret = rule->props;
    return rule->id;
}

/* ---- changes ---- */

static TwRules *
copy_rules(const TwRules *rules, gboolean empty)
{
    TwRules *copy = tw_rules_new();

    copy->next = rules->next; /* ids are given once, also when all rules go */
    copy->bytes = empty ? 0 : rules->bytes;
    for (guint i = 0; !empty && i < rules->rules->len; i++) {
        Rule rule = *rule_at(rules, i);
        g_bytes_ref(rule.bag);
        g_array_append_val(copy->rules, rule);
    }
    return copy;
}

static int
find_rule(const TwRules *rules, guint64 id)
{
    for (guint i = 0; i < rules->rules->len; i++) {
        if (rule_at(rules, i)->id == id)
            return (int) i;
    }
    return -1;
}

static GBytes *
merge(const TwProps *old, const TwProps *props, guint64 id, GError **error)
{
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    if (old != NULL)
        tw_props_builder_merge(&builder, old);
    tw_props_builder_merge(&builder, props);
    tw_props_builder_set(&builder, tw_value_i8(PR_RULE_ID, (gint64) id));
    return tw_props_builder_finish_bytes(&builder, error);
}

static gboolean
check_room(const TwRules *rules, GError **error)
{
    if (rules->rules->len <= TW_RULES_MAX_COUNT && rules->bytes <= TW_RULES_MAX_BYTES)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many rules, or too long");
    return FALSE;
}

static gboolean
add_rule(TwRules *rules, const TwProps *props, GError **error)
{
    GBytes *bag;
    Rule rule;

    if (tw_props_get_text(props, PR_RULE_PROVIDER, NULL) == NULL)
        return invalid(error, "has no provider");
    bag = merge(NULL, props, rules->next, error);
    if (bag == NULL || !make_rule(bag, &rule, error))
        return FALSE;
    rules->next++;
    rules->bytes += g_bytes_get_size(rule.bag);
    g_array_append_val(rules->rules, rule);
    return check_room(rules, error);
}

static gboolean
modify_rule(TwRules *rules, guint64 id, const TwProps *props, GError **error)
{
    int at = find_rule(rules, id);
    Rule *old, rule;
    GBytes *bag;

    if (at < 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no rule of that id");
        return FALSE;
    }
    old = rule_at(rules, (guint) at);
    bag = merge(&old->props, props, id, error);
    if (bag == NULL || !make_rule(bag, &rule, error))
        return FALSE;
    rules->bytes += g_bytes_get_size(rule.bag);
    rules->bytes -= g_bytes_get_size(old->bag);
    g_bytes_unref(old->bag);
    *old = rule;
    return check_room(rules, error);
}

static void
remove_rule(TwRules *rules, guint64 id)
{
    int at = find_rule(rules, id);

    if (at < 0)
        return;
    rules->bytes -= g_bytes_get_size(rule_at(rules, (guint) at)->bag);
    g_array_remove_index(rules->rules, (guint) at);
}

static gboolean
change_one(TwRules *rules, const TwRulesChange *change, GError **error)
{
    TwPropValue id;

    if (change->op == TW_RULES_ADD)
        return add_rule(rules, change->props, error);
    if (!tw_props_get(change->props, PR_RULE_ID, &id))
        return invalid(error, "is not named by its id");
    if (change->op == TW_RULES_MODIFY)
        return modify_rule(rules, (guint64) id.i8, change->props, error);
    if (change->op != TW_RULES_REMOVE)
        return invalid(error, "is changed in an unknown way");
    remove_rule(rules, (guint64) id.i8);
    return TRUE;
}

gboolean
tw_rules_change(
    TwRules *rules, gboolean replace, const TwRulesChange *changes, guint count, GError **error)
{
    g_autoptr(TwRules) now = NULL;
    TwRules before = *rules;

    if (count > TW_RULES_MAX_CHANGES) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many changes of rules");
        return FALSE;
    }
    now = copy_rules(rules, replace);
    for (guint i = 0; i < count; i++) {
        if (!change_one(now, &changes[i], error))
            return FALSE;
    }
    put_in_order(now);
    *rules = *now;
    *now = before;
    return TRUE;
}

/* ---- of a folder ---- */

static TwRules *
rules_of(TwStore *store, const TwObject *object, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_RULES_MAX_BYTES + 4 * TW_RULES_MAX_COUNT + HEADER_LEN);
    TwPropValue value;
    TwBlobRef ref;

    if (tw_object_get(object, PR_RULES_DATA, &value))
        return tw_rules_parse(value.data, value.len, error);
    if (!tw_object_get_blob(object, PR_RULES_DATA, &ref, NULL))
        return tw_rules_new();
    if (!tw_store_read_value(store, &ref, 0, out.limit, &out, error))
        return NULL;
    return tw_rules_parse(out.data, out.len, error);
}

TwRules *
tw_folder_read_rules(TwStore *store, guint32 folder, GError **error)
{
    g_autoptr(TwObject) object = tw_folder_read_object(store, folder, error);

    return object != NULL ? rules_of(store, object, error) : NULL;
}

/* With @state a rule's state is changed, else what @changes say. */
typedef struct {
    guint64 rule;
    guint set, clear;
} State;

typedef struct {
    gboolean replace;
    const TwRulesChange *changes;
    guint count;
    const State *state;
} Wanted;

static gboolean
change_state(TwRules *rules, const Wanted *wanted, GError **error)
{
    int at = find_rule(rules, wanted->state->rule);
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    TwProps props;
    TwRulesChange change = { TW_RULES_MODIFY, &props };
    guint32 state;

    tw_props_builder_init(&builder);
    if (at < 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no rule of that id");
        return FALSE;
    }
    state = tw_props_get_long(&rule_at(rules, (guint) at)->props, PR_RULE_STATE, 0);
    state = (state & ~wanted->state->clear) | wanted->state->set;
    tw_props_builder_set(&builder, tw_value_i8(PR_RULE_ID, (gint64) wanted->state->rule));
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_STATE, state));
    bag = tw_props_builder_finish_bytes(&builder, error);
    return bag != NULL && tw_props_open_bytes(bag, &props, error) &&
           tw_rules_change(rules, FALSE, &change, 1, error);
}

static gboolean
change_once(TwStore *store, guint32 folder, const Wanted *wanted, GError **error)
{
    guint64 cn;
    g_autoptr(TwObject) object = tw_folder_read_object_at(store, folder, &cn, error);
    g_autoptr(TwRules) rules = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) failure = NULL;
    TwPropValue value;
    gsize len;
    const guint8 *data;

    if (object == NULL)
        return FALSE;
    rules = rules_of(store, object, &failure);
    if (rules == NULL && wanted->replace)
        rules = tw_rules_new();
    if (rules == NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!(wanted->state != NULL
              ? change_state(rules, wanted, error)
              : tw_rules_change(rules, wanted->replace, wanted->changes, wanted->count, error)))
        return FALSE;
    bytes = tw_rules_write(rules);
    data = g_bytes_get_data(bytes, &len);
    value = tw_value_bytes(PR_RULES_DATA, data, len);
    return tw_object_set(object, &value, error) &&
           tw_folder_save_object_at(store, folder, cn, object, error);
}

static gboolean
change_rules(TwStore *store, guint32 folder, const Wanted *wanted, GError **error)
{
    for (guint try = 0; try < MAX_TRIES; try++) {
        g_autoptr(GError) failure = NULL;
        if (change_once(store, folder, wanted, &failure))
            return TRUE;
        if (!g_error_matches(failure, TW_ERROR, TW_ERROR_CHANGED)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
    g_set_error(error, TW_ERROR, TW_ERROR_BUSY, "folder %u changes all the time", folder);
    return FALSE;
}

gboolean
tw_folder_change_rules(TwStore *store,
                       guint32 folder,
                       gboolean replace,
                       const TwRulesChange *changes,
                       guint count,
                       GError **error)
{
    Wanted wanted = { .replace = replace, .changes = changes, .count = count };

    return change_rules(store, folder, &wanted, error);
}

gboolean
tw_folder_set_rule_state(
    TwStore *store, guint32 folder, guint64 rule, guint set, guint clear, GError **error)
{
    State state = { rule, set, clear };
    Wanted wanted = { .state = &state };

    return change_rules(store, folder, &wanted, error);
}
