/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Restrictions, sort orders, actions and result codes between the wire and the rest of the house. */
#include "soap/forms.h"

#include "base/error.h"
#include "soap/result.h"
#include "soap/soap.h"

/* A restriction of every kind that the wire has. */
static TwRestriction *
make_restriction(void)
{
    g_auto(TwRestrictionBuilder) builder = { 0 };
    TwPropValue text = tw_value_str(0x0037001Fu, "x"), number = tw_value_long(0x0E080003u, 7);
    g_autoptr(GError) error = NULL;
    TwRestriction *made;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    tw_restriction_builder_begin(&builder, TW_RES_OR, 0);
    tw_restriction_builder_exist(&builder, 0x0037001Fu);
    tw_restriction_builder_bitmask(&builder, TRUE, 0x0E070003u, 1);
    tw_restriction_builder_end(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_NOT, 0);
    tw_restriction_builder_content(&builder, TW_FUZZY_PREFIX | TW_FUZZY_IGNORE_CASE, 0x0037001Fu,
                                   &text);
    tw_restriction_builder_end(&builder);
    tw_restriction_builder_property(&builder, TW_RELOP_GE, 0x0E080003u, &number);
    tw_restriction_builder_compare(&builder, TW_RELOP_LT, 0x30070040u, 0x30080040u);
    tw_restriction_builder_size(&builder, TW_RELOP_GT, 0x0037001Fu, 9);
    tw_restriction_builder_begin(&builder, TW_RES_SUB, TW_RES_RECIPIENTS);
    tw_restriction_builder_exist(&builder, 0x3001001Fu);
    tw_restriction_builder_end(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_COMMENT, 0);
    tw_restriction_builder_comment_value(&builder, &number);
    tw_restriction_builder_exist(&builder, 0x3001001Fu);
    tw_restriction_builder_end(&builder);
    tw_restriction_builder_end(&builder);
    made = tw_restriction_builder_finish(&builder, &error);
    g_assert_no_error(error);
    return made;
}

static void
test_restriction(void)
{
    g_autoptr(TwArena) arena = tw_arena_new(1u << 20), small = tw_arena_new(300);
    g_autoptr(TwRestriction) made = make_restriction(), back = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *before = tw_restriction_to_text(made, 4096), *after = NULL;
    TwSoapRestrictTable *table = tw_soap_restriction_table(made, arena, &error);

    g_assert_no_error(error);
    back = tw_soap_restriction_new(table, &error);
    g_assert_no_error(error);
    after = tw_restriction_to_text(back, 4096);
    g_assert_cmpstr(before, ==, after);

    g_assert_null(tw_soap_restriction_table(made, small, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

static void
test_restrictions_refused(void)
{
    g_autoptr(GError) error = NULL;
    TwSoapRestrictTable levels[TW_RESTRICTION_MAX_DEPTH + 2];
    TwSoapRestrictNot nots[TW_RESTRICTION_MAX_DEPTH + 2];
    TwSoapRestrictExist exist = { 0x3001001Fu };
    TwSoapRestrictBitmask bits = { 1, 0x0E070003u, 2 };
    TwSoapRestrictTable table = { .ulType = 4, .lpExist = &exist };

    g_assert_null(tw_soap_restriction_new(NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_null(tw_soap_restriction_new(&table, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    table = (TwSoapRestrictTable){ .ulType = 8, .lpExist = &exist, .lpBitmask = &bits };
    g_assert_null(tw_soap_restriction_new(&table, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    table = (TwSoapRestrictTable){ .ulType = 6, .lpBitmask = &bits };
    g_assert_null(tw_soap_restriction_new(&table, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    table = (TwSoapRestrictTable){ .ulType = 99 };
    g_assert_null(tw_soap_restriction_new(&table, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);

    for (guint past = 0; past < 2; past++) {
        guint last = TW_RESTRICTION_MAX_DEPTH + past;
        g_autoptr(TwRestriction) made = NULL;
        for (guint i = 0; i < last; i++) {
            nots[i].lpNot = &levels[i + 1];
            levels[i] = (TwSoapRestrictTable){ .ulType = 2, .lpNot = &nots[i] };
        }
        levels[last] = (TwSoapRestrictTable){ .ulType = 8, .lpExist = &exist };
        made = tw_soap_restriction_new(&levels[0], &error);
        if (past == 0)
            g_assert_no_error(error);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
    }
}

static void
test_sort(void)
{
    TwSoapSortOrder keys[TW_SORT_MAX_KEYS + 1] = { { 0x0E060040u, 1 }, { 0x0037001Fu, 0 } };
    TwSoapSortOrderArray list = { keys, 2 }, back;
    g_autoptr(TwArena) arena = tw_arena_new(4096);
    g_autoptr(GError) error = NULL;
    TwSortOrder order;

    g_assert_true(tw_soap_sort_order_get(&list, 1, 1, &order, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(order.categories, ==, 1);
    g_assert_true(tw_soap_sort_order_list(&order, arena, &back));
    g_assert_cmpuint(back.count, ==, 2);
    g_assert_cmphex(back.items[0].ulPropTag, ==, 0x0E060040u);
    g_assert_cmpuint(back.items[0].ulOrder, ==, 1);

    g_assert_true(tw_soap_sort_order_get(NULL, 0, 0, &order, &error));
    g_assert_cmpuint(order.count, ==, 0);
    list.count = TW_SORT_MAX_KEYS + 1;
    g_assert_false(tw_soap_sort_order_get(&list, 0, 0, &order, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
    g_clear_error(&error);
    list.count = 1;
    keys[0].ulOrder = 3;
    g_assert_false(tw_soap_sort_order_get(&list, 0, 0, &order, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
}

/* Every action there is, to the wire, through bytes, and back. */
static void
test_actions(void)
{
    static const TwSoapLimits limits = TW_SOAP_LIMITS;
    g_autoptr(TwArena) arena = tw_arena_new(1u << 20);
    g_auto(TwPropsBuilder) bag = { 0 };
    g_auto(TwBuffer) before = TW_BUFFER_INIT(65536), after = TW_BUFFER_INIT(65536),
                     xml = TW_BUFFER_INIT(65536);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(TwActions) made = NULL, back = NULL;
    g_autoptr(GError) error = NULL;
    const guint8 *id = (const guint8 *) "entry id";
    TwProps recipient;
    TwSoapActions list, *read;
    TwAction actions[11] = {
        { .type = TW_ACTION_MOVE, .store = id, .store_len = 5, .folder = id, .folder_len = 8 },
        { .type = TW_ACTION_COPY, .store = id, .store_len = 5, .folder = id, .folder_len = 8 },
        { .type = TW_ACTION_REPLY,
          .flavor = 1,
          .message = id,
          .message_len = 8,
          .guid = { 1, 2, 3 } },
        { .type = TW_ACTION_OOF_REPLY, .message = id, .message_len = 8 },
        { .type = TW_ACTION_DEFER, .data = id, .data_len = 3 },
        { .type = TW_ACTION_BOUNCE, .bounce = TW_BOUNCE_ACCESS_DENIED },
        { .type = TW_ACTION_FORWARD,
          .flavor = TW_FORWARD_KEEP_SENDER,
          .recipients = &recipient,
          .recipient_count = 1 },
        { .type = TW_ACTION_DELEGATE, .recipients = &recipient, .recipient_count = 1 },
        { .type = TW_ACTION_TAG, .value = tw_value_long(0x0E080003u, 3) },
        { .type = TW_ACTION_DELETE },
        { .type = TW_ACTION_MARK_READ, .flags = 9 },
    };

    tw_props_builder_init(&bag);
    tw_props_builder_set(&bag, tw_value_str(0x3001001Fu, "Anna"));
    tw_props_builder_set(&bag, tw_value_str(0x39FE001Fu, "anna@example.com"));
    bytes = tw_props_builder_finish_bytes(&bag, &error);
    g_assert_true(tw_props_open_bytes(bytes, &recipient, &error));
    made = tw_actions_new(actions, G_N_ELEMENTS(actions), &error);
    g_assert_no_error(error);
    g_assert_true(tw_soap_actions_list(made, arena, &list));
    g_assert_true(tw_soap_write_record(&tw_soap_type_Actions, &list, "actions", &xml));
    read = tw_soap_decode_record(&tw_soap_type_Actions, xml.data, xml.len, arena, &limits, &error);
    g_assert_no_error(error);
    back = tw_soap_actions_new(read, &error);
    g_assert_no_error(error);
    tw_actions_print(made, TW_WIRE_32, &before);
    tw_actions_print(back, TW_WIRE_32, &after);
    g_assert_cmpuint(before.len, ==, after.len);
    g_assert_cmpint(memcmp(before.data, after.data, before.len), ==, 0);

    /* each without its member */
    for (guint i = 0; i < 9; i++) {
        TwSoapAction bare = { .acttype = read->items[i].acttype };
        TwSoapActions one = { &bare, 1 };
        g_autoptr(GError) refused = NULL;
        g_assert_null(tw_soap_actions_new(&one, &refused));
        g_assert_error(refused, TW_ERROR, TW_ERROR_INVALID);
    }
}

static void
test_results(void)
{
    g_autoptr(GError) remote = NULL, warning = NULL, instance = NULL;

#define NAME_ROW(name, number, mapi)                                                               \
    g_assert_cmpstr(tw_soap_result_name(TW_SOAP_RESULT_##name), ==, #name);                        \
    if ((mapi) != 0) {                                                                             \
        g_assert_cmphex(tw_soap_result_to_mapi(0x80000000u + (number)), ==, (mapi));               \
        g_assert_cmphex(tw_soap_result_to_mapi(tw_soap_result_from_mapi(mapi)), ==, (mapi));       \
    }
    TW_SOAP_RESULT_LIST(NAME_ROW)
#undef NAME_ROW
#define ERROR_ROW(name, mapi)                                                                      \
    {                                                                                              \
        g_autoptr(GError) error = g_error_new_literal(TW_ERROR, TW_ERROR_##name, "x");             \
        g_assert_cmpstr(tw_soap_result_name(tw_soap_result_from_error(error)), !=, "?");           \
        g_assert_cmphex(tw_soap_result_from_error(error), !=, 0);                                  \
    }
    TW_ERROR_LIST(ERROR_ROW)
#undef ERROR_ROW
    g_assert_cmphex(tw_soap_result_from_error(NULL), ==, 0);
    g_assert_cmphex(tw_soap_result_from_mapi(0x8004010fu), ==, 0x80000002u);
    g_assert_cmphex(tw_soap_result_from_mapi(0x80049999u), ==, 0x80000024u);
    g_assert_cmphex(tw_soap_result_from_mapi(0x80000029u), ==, 0x80000029u);
    remote = tw_soap_result_to_error(0x80000002u, "getStore");
    g_assert_error(remote, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_assert_null(tw_soap_result_to_error(0, "getStore"));
    g_assert_null(tw_soap_result_to_error(TW_SOAP_RESULT_PARTIAL_COMPLETION, "copyObjects"));
    instance = tw_soap_result_to_error(TW_SOAP_RESULT_UNKNOWN_INSTANCE_ID, "saveObject");
    g_assert_true(instance->domain == TW_MAPI_ERROR);
    g_assert_cmphex(tw_soap_result_from_error(instance), ==, TW_SOAP_RESULT_UNKNOWN_INSTANCE_ID);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/soap/forms/restriction", test_restriction);
    g_test_add_func("/soap/forms/restrictions refused", test_restrictions_refused);
    g_test_add_func("/soap/forms/sort", test_sort);
    g_test_add_func("/soap/forms/actions", test_actions);
    g_test_add_func("/soap/result/codes", test_results);
    return g_test_run();
}
