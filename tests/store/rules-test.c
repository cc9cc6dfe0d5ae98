/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rules tables: rows and their order, what is refused, the form on disk byte by byte and cut anywhere, and of a folder. */
#include "store/rules.h"

#include <string.h>

#include "base/error.h"
#include "mapi/actions.h"
#include "mapi/restriction.h"
#include "mapi/tags.h"
#include "store/bed.h"

/* ---- rows ---- */

typedef struct {
    GBytes *bytes;
    TwProps props;
} Row;

static void
row_clear(Row *row)
{
    g_clear_pointer(&row->bytes, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Row, row_clear)

/* @sequence -1, @name NULL, @id 0: not there. */
static Row
make_row(guint64 id, int sequence, const char *name, guint state)
{
    g_auto(TwPropsBuilder) builder;
    Row row;

    tw_props_builder_init(&builder);
    if (id != 0)
        tw_props_builder_set(&builder, tw_value_i8(PR_RULE_ID, (gint64) id));
    if (sequence >= 0)
        tw_props_builder_set(&builder, tw_value_long(PR_RULE_SEQUENCE, (guint32) sequence));
    if (name != NULL) {
        tw_props_builder_set(&builder, tw_value_str(PR_RULE_NAME, name));
        tw_props_builder_set(&builder, tw_value_str(PR_RULE_PROVIDER, "RuleOrganizer"));
    }
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_STATE, state));
    row.bytes = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_true(tw_props_open_bytes(row.bytes, &row.props, NULL));
    return row;
}

static Row
row_with(TwPropValue value)
{
    g_auto(TwPropsBuilder) builder;
    Row base = make_row(0, 1, "with", 1), row;

    tw_props_builder_init(&builder);
    tw_props_builder_merge(&builder, &base.props);
    tw_props_builder_set(&builder, value);
    row.bytes = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_true(tw_props_open_bytes(row.bytes, &row.props, NULL));
    row_clear(&base);
    return row;
}

static gboolean
change(TwRules *rules, TwRulesOp op, Row row, GError **error)
{
    TwRulesChange one = { op, &row.props };
    gboolean ok = tw_rules_change(rules, FALSE, &one, 1, error);

    row_clear(&row);
    return ok;
}

static char *
text_of(const TwRules *rules)
{
    GString *text = g_string_new(NULL);
    TwProps props;
    guint64 id;

    for (guint i = 0; (id = tw_rules_get(rules, i, &props)) != 0; i++)
        g_string_append_printf(text, "%s%u:%s:%u", i > 0 ? " " : "", (guint) id,
                               tw_props_get_text(&props, PR_RULE_NAME, "-"),
                               tw_props_get_long(&props, PR_RULE_STATE, 0));
    return g_string_free(text, FALSE);
}

static void
expect(const TwRules *rules, const char *wanted)
{
    g_autofree char *text = text_of(rules);

    g_assert_cmpstr(text, ==, wanted);
}

/* ---- changes ---- */

static void
test_changes(void)
{
    g_autoptr(TwRules) rules = tw_rules_new();
    g_autoptr(GError) error = NULL;
    Row a = make_row(99, 5, "fresh", 1), b = make_row(2, -1, NULL, 3);
    TwRulesChange both[] = { { TW_RULES_ADD, &a.props }, { TW_RULES_MODIFY, &b.props } };

    g_assert_true(change(rules, TW_RULES_ADD, make_row(0, 20, "late", 1), NULL));
    g_assert_true(change(rules, TW_RULES_ADD, make_row(7, 10, "early", 1), NULL));
    g_assert_true(change(rules, TW_RULES_ADD, make_row(0, 10, "early too", 1), NULL));
    expect(rules, "2:early:1 3:early too:1 1:late:1");
    g_assert_true(change(rules, TW_RULES_MODIFY, make_row(1, 1, NULL, 16), NULL));
    expect(rules, "1:late:16 2:early:1 3:early too:1");
    g_assert_true(change(rules, TW_RULES_REMOVE, make_row(3, -1, NULL, 0), NULL));
    g_assert_true(change(rules, TW_RULES_REMOVE, make_row(3, -1, NULL, 0), NULL));
    expect(rules, "1:late:16 2:early:1");
    g_assert_false(change(rules, TW_RULES_MODIFY, make_row(3, -1, NULL, 0), &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    /* all of a call or nothing: the second one names a rule that the replacing took away */
    g_assert_false(tw_rules_change(rules, TRUE, both, 2, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    expect(rules, "1:late:16 2:early:1");
    g_assert_true(tw_rules_change(rules, FALSE, both, 2, NULL));
    expect(rules, "1:late:16 4:fresh:1 2:early:3");
    g_assert_true(tw_rules_change(rules, TRUE, both, 1, NULL)); /* ids are never given twice */
    expect(rules, "5:fresh:1");
    g_assert_true(tw_rules_change(rules, TRUE, NULL, 0, NULL));
    g_assert_cmpuint(tw_rules_count(rules), ==, 0);
    row_clear(&a);
    row_clear(&b);
}

static void
test_refused(void)
{
    static const guint8 bad[] = { 1, 2, 3 };
    const struct {
        const char *name;
        TwRulesOp op;
        Row row;
        int code;
    } cases[] = {
        { "no sequence", TW_RULES_ADD, make_row(0, -1, "x", 1), TW_ERROR_INVALID },
        { "no provider", TW_RULES_ADD, make_row(0, 1, NULL, 1), TW_ERROR_INVALID },
        { "no id to modify", TW_RULES_MODIFY, make_row(0, 1, "x", 1), TW_ERROR_INVALID },
        { "no id to remove", TW_RULES_REMOVE, make_row(0, 1, "x", 1), TW_ERROR_INVALID },
        { "an unknown op", (TwRulesOp) 3, make_row(1, 1, "x", 1), TW_ERROR_INVALID },
        { "a wrong type", TW_RULES_ADD, row_with(tw_value_i8(0x66770014, 1)), TW_ERROR_INVALID },
        { "a condition", TW_RULES_ADD, row_with(tw_value_bytes(PR_RULE_CONDITION, bad, sizeof bad)),
          TW_ERROR_CORRUPT },
        { "actions", TW_RULES_ADD, row_with(tw_value_bytes(PR_RULE_ACTIONS, bad, sizeof bad)),
          TW_ERROR_CORRUPT },
    };
    g_autoptr(TwRules) rules = tw_rules_new();

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        gboolean ok = change(rules, cases[i].op, cases[i].row, &error);
        g_test_message("%s", cases[i].name);
        g_assert_false(ok);
        g_assert_error(error, TW_ERROR, cases[i].code);
        g_assert_cmpuint(tw_rules_count(rules), ==, 0);
    }
}

static void
test_limits(void)
{
    g_autoptr(TwRules) rules = tw_rules_new();
    g_autofree TwRulesChange *many = g_new(TwRulesChange, TW_RULES_MAX_CHANGES + 1);
    g_autofree guint8 *large = g_malloc0(TW_RULES_MAX_RULE);
    g_auto(Row) row = make_row(0, 1, "x", 1);
    g_auto(Row) gone = make_row(5, -1, NULL, 0);
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i <= TW_RULES_MAX_CHANGES; i++)
        many[i] = (TwRulesChange){ TW_RULES_ADD, &row.props };
    g_assert_true(tw_rules_change(rules, FALSE, many, TW_RULES_MAX_COUNT, NULL));
    g_assert_false(tw_rules_change(rules, FALSE, many, 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    g_assert_false(tw_rules_change(rules, TRUE, many, TW_RULES_MAX_COUNT + 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    for (guint i = 0; i <= TW_RULES_MAX_CHANGES; i++)
        many[i] = (TwRulesChange){ TW_RULES_REMOVE, &gone.props };
    g_assert_true(tw_rules_change(rules, TRUE, many, TW_RULES_MAX_CHANGES, NULL));
    g_assert_false(tw_rules_change(rules, TRUE, many, TW_RULES_MAX_CHANGES + 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    g_assert_false(change(rules, TW_RULES_ADD,
                          row_with(tw_value_bytes(PR_RULE_PROVIDER_DATA, large, TW_RULES_MAX_RULE)),
                          &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    for (guint i = 0; i < 4; i++)
        g_assert_true(
            change(rules, TW_RULES_ADD,
                   row_with(tw_value_bytes(PR_RULE_PROVIDER_DATA, large, TW_RULES_MAX_RULE - 4096)),
                   NULL));
    g_assert_false(change(
        rules, TW_RULES_ADD,
        row_with(tw_value_bytes(PR_RULE_PROVIDER_DATA, large, TW_RULES_MAX_RULE - 4096)), &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_assert_cmpuint(tw_rules_count(rules), ==, 4);
}

/* ---- the form on disk ---- */

static TwRules *
parse_copy(const guint8 *data, gsize len, GError **error)
{
    g_autofree guint8 *copy = g_memdup2(data, len); /* exactly as long: one byte too far is seen */

    return tw_rules_parse(copy, len, error);
}

static void
test_form(void)
{
    g_autoptr(TwRules) rules = tw_rules_new();
    g_autoptr(TwRules) empty = tw_rules_parse(NULL, 0, NULL);
    g_autoptr(TwRules) again = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GBytes) same = NULL;
    g_autofree guint8 *copy = NULL;
    gsize len;
    const guint8 *data;

    g_assert_cmpuint(tw_rules_count(empty), ==, 0);
    g_assert_true(change(rules, TW_RULES_ADD, make_row(0, 2, "b", 1), NULL));
    g_assert_true(change(rules, TW_RULES_ADD, make_row(0, 1, "a", 1), NULL));
    bytes = tw_rules_write(rules);
    data = g_bytes_get_data(bytes, &len);
    g_assert_cmpint(memcmp(data, "TWRL\1\0\2\0\3\0\0\0\0\0\0\0", 16), ==, 0);
    again = parse_copy(data, len, NULL);
    expect(again, "2:a:1 1:b:1");
    same = tw_rules_write(again);
    g_assert_true(g_bytes_equal(bytes, same));
    for (gsize cut = 1; cut < len; cut++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwRules) part = parse_copy(data, cut, &error);
        g_assert_null(part);
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
    for (gsize i = 0; i < len * 8; i++) { /* each bit: a table or an error, nothing else */
        g_autoptr(GError) error = NULL;
        g_autoptr(TwRules) other = NULL;
        g_free(copy);
        copy = g_memdup2(data, len);
        copy[i / 8] ^= (guint8) (1u << i % 8);
        other = tw_rules_parse(copy, len, &error);
        g_assert_true((other == NULL) == (error != NULL));
    }
    g_free(copy);
    copy = g_memdup2(data, len);
    copy[4] = 2;
    {
        g_autoptr(GError) error = NULL;
        g_assert_null(tw_rules_parse(copy, len, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
    }
}

/* ---- of a folder ---- */

static gpointer
add_many(gpointer data)
{
    Bed *bed = data;
    g_auto(Row) row = make_row(0, 1, "of a thread", 1);
    TwRulesChange one = { TW_RULES_ADD, &row.props };

    for (guint i = 0; i < 10; i++) {
        g_autoptr(GError) error = NULL;
        while (!tw_folder_change_rules(bed->store, bed->root, FALSE, &one, 1, &error)) {
            g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
            g_clear_error(&error);
        }
    }
    return NULL;
}

static void
test_folder(void)
{
    Bed bed;
    guint32 inbox;
    g_autofree guint8 *data = g_malloc0(5000);
    Row rows[] = { make_row(0, 2, "second", 1),
                   row_with(tw_value_bytes(PR_RULE_PROVIDER_DATA, data, 5000)) };
    TwRulesChange changes[] = { { TW_RULES_ADD, &rows[0].props },
                                { TW_RULES_ADD, &rows[1].props } };
    g_autoptr(TwRules) rules = NULL;
    g_autoptr(TwObject) object = NULL;
    g_autoptr(GError) error = NULL;
    TwPropValue broken;
    GThread *threads[4];

    bed_new(&bed);
    inbox = bed_folder(&bed, bed.root, "Inbox");
    rules = tw_folder_read_rules(bed.store, inbox, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(tw_rules_count(rules), ==, 0);
    tw_folder_change_rules(bed.store, inbox, FALSE, changes, 1, &error);
    tw_folder_change_rules(bed.store, inbox, FALSE, changes + 1, 1,
                           &error); /* a blob from now on */
    g_assert_no_error(error);
    tw_folder_set_rule_state(bed.store, inbox, 1, TW_RULE_ERROR, TW_RULE_ENABLED, &error);
    g_assert_no_error(error);
    bed_reopen(&bed);
    g_clear_pointer(&rules, tw_rules_free);
    rules = tw_folder_read_rules(bed.store, inbox, &error);
    expect(rules, "2:with:1 1:second:2");
    g_assert_false(tw_folder_set_rule_state(bed.store, inbox, 9, 1, 0, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    /* what cannot be read stays until all is replaced */
    object = tw_folder_read_object(bed.store, inbox, NULL);
    broken = tw_value_bytes(PR_RULES_DATA, (const guint8 *) "<tableData/>", 12);
    g_assert_true(tw_object_set(object, &broken, NULL));
    g_assert_true(tw_folder_save_object(bed.store, inbox, object, NULL));
    g_assert_null(tw_folder_read_rules(bed.store, inbox, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    g_assert_false(tw_folder_change_rules(bed.store, inbox, FALSE, changes, 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    g_assert_true(tw_folder_change_rules(bed.store, inbox, TRUE, changes, 1, NULL));
    /* no change of another is lost */
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("rules", add_many, &bed);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_clear_pointer(&rules, tw_rules_free);
    rules = tw_folder_read_rules(bed.store, bed.root, NULL);
    g_assert_cmpuint(tw_rules_count(rules), ==, 40);
    bed_check_store(bed.store, "rules");
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        row_clear(&rows[i]);
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/rules/changes", test_changes);
    g_test_add_func("/store/rules/refused", test_refused);
    g_test_add_func("/store/rules/limits", test_limits);
    g_test_add_func("/store/rules/form", test_form);
    g_test_add_func("/store/rules/folder", test_folder);
    return g_test_run();
}
