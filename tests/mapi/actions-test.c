/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/actions.h"

#include "base/error.h"
#include "mapi/assert-bytes.h"

/* spec/mailbox-layout.md 13.3 and spec/mapi-soap.md 4.6 */
static void
test_numbers(void)
{
    static const struct {
        TwActionType type;
        int number;
        const char *name;
    } cases[] = {
        { TW_ACTION_MOVE, 1, "move" },
        { TW_ACTION_COPY, 2, "copy" },
        { TW_ACTION_REPLY, 3, "reply" },
        { TW_ACTION_OOF_REPLY, 4, "oof-reply" },
        { TW_ACTION_DEFER, 5, "defer" },
        { TW_ACTION_BOUNCE, 6, "bounce" },
        { TW_ACTION_FORWARD, 7, "forward" },
        { TW_ACTION_DELEGATE, 8, "delegate" },
        { TW_ACTION_TAG, 9, "tag" },
        { TW_ACTION_DELETE, 10, "delete" },
        { TW_ACTION_MARK_READ, 11, "mark-read" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpint(cases[i].type, ==, cases[i].number);
        g_assert_cmpstr(tw_action_name(cases[i].type), ==, cases[i].name);
    }
    g_assert_cmpstr(tw_action_name((TwActionType) 12), ==, "unknown");
    G_STATIC_ASSERT(TW_REPLY_NOT_TO_ORIGINATOR == 1 && TW_REPLY_STOCK_TEMPLATE == 2);
    G_STATIC_ASSERT(TW_FORWARD_KEEP_SENDER == 1 && TW_FORWARD_NO_MUNGE == 2);
    G_STATIC_ASSERT(TW_FORWARD_AS_ATTACHMENT == 4 && TW_FORWARD_AS_SMS == 8);
    G_STATIC_ASSERT(TW_BOUNCE_TOO_LARGE == 13 && TW_BOUNCE_FORM_MISMATCH == 31 &&
                    TW_BOUNCE_ACCESS_DENIED == 38);
}

#define HEAD(type) type "\1\0\0\0\2\0\0\0"
#define GUID "0123456789abcdef"

static void
test_wire(void)
{
    static const struct {
        const char *name, *bytes;
        gsize len;
        TwWireWidth width;
        int code; /* -1: it parses, and prints the same */
    } cases[] = {
        { "none", "\0\0", 2, TW_WIRE_16, -1 },
        { "none, wide", "\0\0\0\0", 4, TW_WIRE_32, -1 },
        { "move", "\1\0\x13\0" HEAD("\1") "\1\2\0st\3\0fol", 23, TW_WIRE_16, -1 },
        { "move, wide", "\1\0\0\0\x16\0\0\0" HEAD("\1") "\2\0\0\0st\3\0\0\0fol", 30, TW_WIRE_32,
          -1 },
        { "reply", "\1\0\x29\0" HEAD("\3") "folder--message-" GUID, 45, TW_WIRE_16, -1 },
        { "reply, wide", "\1\0\0\0\x20\0\0\0" HEAD("\4") "\3\0\0\0mid" GUID, 40, TW_WIRE_32, -1 },
        { "defer", "\1\0\xc\0" HEAD("\5") "xyz", 16, TW_WIRE_16, -1 },
        { "defer nothing", "\1\0\x9\0" HEAD("\5"), 13, TW_WIRE_16, -1 },
        { "bounce", "\1\0\xd\0" HEAD("\6") "\xd\0\0\0", 17, TW_WIRE_16, -1 },
        { "forward", "\1\0\x16\0" HEAD("\7") "\1\0\1\1\0\3\0\x15\xc\1\0\0\0", 26, TW_WIRE_16, -1 },
        { "delegate to nobody", "\1\0\xb\0" HEAD("\x8") "\0\0", 15, TW_WIRE_16, -1 },
        { "tag", "\1\0\x13\0" HEAD("\x9") "\x1f\0\1\x30h\0i\0\0\0", 23, TW_WIRE_16, -1 },
        { "two", "\2\0\x9\0" HEAD("\xa") "\x9\0" HEAD("\xb"), 24, TW_WIRE_16, -1 },
        { "bytes after the last", "\1\0\x9\0" HEAD("\xa") "x", 14, TW_WIRE_16, TW_ERROR_CORRUPT },
        { "bytes after an action", "\1\0\xa\0" HEAD("\xa") "x", 14, TW_WIRE_16, TW_ERROR_CORRUPT },
        { "block past the end", "\1\0\xa\0" HEAD("\xa"), 13, TW_WIRE_16, TW_ERROR_CORRUPT },
        { "count that lies", "\2\0\x9\0" HEAD("\xa"), 13, TW_WIRE_16, TW_ERROR_CORRUPT },
        { "unknown type", "\1\0\x9\0" HEAD("\xc"), 13, TW_WIRE_16, TW_ERROR_INVALID },
        { "type 0", "\1\0\x9\0" HEAD("\0"), 13, TW_WIRE_16, TW_ERROR_INVALID },
        { "store id past the block", "\1\0\x10\0" HEAD("\1") "\1\xff\0st\0\0", 20, TW_WIRE_16,
          TW_ERROR_CORRUPT },
        { "recipients that lie", "\1\0\xb\0" HEAD("\7") "\xff\xff", 15, TW_WIRE_16,
          TW_ERROR_CORRUPT },
        { "recipient without its mark", "\1\0\xe\0" HEAD("\7") "\1\0\0\0\0", 18, TW_WIRE_16,
          TW_ERROR_CORRUPT },
        { "tag of an object", "\1\0\xd\0" HEAD("\x9") "\xd\0\x12\xe", 17, TW_WIRE_16,
          TW_ERROR_INVALID },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwBuffer) wire = TW_BUFFER_INIT(1024);

        g_test_message("%s", cases[i].name);
        /* what is whole is also fed cut at every position */
        for (gsize len = cases[i].code < 0 ? 0 : cases[i].len; len <= cases[i].len; len++) {
            g_autofree guint8 *input = g_memdup2(cases[i].bytes, len);
            g_autoptr(GError) error = NULL;
            g_autoptr(TwActions) actions = tw_actions_parse(input, len, cases[i].width, &error);

            g_assert_cmpint(actions != NULL, ==, len == cases[i].len && cases[i].code < 0);
            if (actions == NULL && len == cases[i].len)
                g_assert_error(error, TW_ERROR, cases[i].code);
            if (actions != NULL) {
                tw_actions_print(actions, cases[i].width, &wire);
                assert_bytes_equal(wire.data, wire.len, cases[i].bytes, cases[i].len);
            }
        }
    }
}

/* All of an action is copied, and comes back through both wire forms. */
static void
test_members(void)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_autoptr(GBytes) bag = NULL;
    g_autoptr(TwActions) actions = NULL, back = NULL;
    g_auto(TwBuffer) wire = TW_BUFFER_INIT(4096);
    g_autofree guint8 *input = NULL;
    TwProps recipients[2];
    TwAction forward = { .type = TW_ACTION_FORWARD,
                         .flavor = TW_FORWARD_KEEP_SENDER,
                         .flags = 7,
                         .recipients = recipients,
                         .recipient_count = 2 };
    TwAction tag = { .type = TW_ACTION_TAG, .value = tw_value_long(0x00170003, 2) };
    TwAction both[] = { forward, tag };
    const TwAction *got;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(0x39FE001F, "ada@example.org"));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_true(tw_props_open_bytes(bag, &recipients[0], NULL));
    recipients[1] = TW_PROPS_EMPTY;
    actions = tw_actions_new(both, 2, NULL);
    g_assert_nonnull(actions);
    memset(recipients, 0, sizeof recipients);
    tw_actions_print(actions, TW_WIRE_32, &wire);
    input = g_memdup2(wire.data, wire.len);
    back = tw_actions_parse(input, wire.len, TW_WIRE_32, NULL);
    g_assert_nonnull(back);
    g_assert_cmpuint(tw_actions_count(back), ==, 2);
    got = tw_actions_get(back, 0);
    g_assert_cmpint(got->type, ==, TW_ACTION_FORWARD);
    g_assert_cmpuint(got->flavor, ==, TW_FORWARD_KEEP_SENDER);
    g_assert_cmpuint(got->flags, ==, 7);
    g_assert_cmpuint(got->recipient_count, ==, 2);
    g_assert_cmpstr(tw_props_get_text(&got->recipients[0], 0x39FE001F, NULL), ==,
                    "ada@example.org");
    g_assert_cmpuint(got->recipients[1].count, ==, 0);
    got = tw_actions_get(back, 1);
    g_assert_cmphex(got->value.tag, ==, 0x00170003);
    g_assert_cmpuint(got->value.u4, ==, 2);
}

static void
test_refused(void)
{
    g_autofree guint8 *large = g_malloc0(TW_ACTIONS_MAX_BYTES + 1);
    g_autofree TwAction *many = g_new0(TwAction, TW_ACTIONS_MAX_COUNT + 1);
    g_autofree TwProps *crowd = g_new0(TwProps, TW_ACTIONS_MAX_RECIPIENTS + 1);
    g_autoptr(TwActions) most = NULL, largest = NULL, crowded = NULL;
    g_autoptr(GError) error = NULL;
    TwAction defer = { .type = TW_ACTION_DEFER, .data = large, .data_len = TW_ACTIONS_MAX_BYTES };
    TwAction delegate = { .type = TW_ACTION_DELEGATE,
                          .recipients = crowd,
                          .recipient_count = TW_ACTIONS_MAX_RECIPIENTS };
    TwAction reply = { .type = TW_ACTION_REPLY, .message = large, .message_len = 15 };
    TwAction bad = { .type = TW_ACTION_TAG, .value = tw_value_str(0x3001001F, "\xff") };
    g_auto(TwBuffer) wire = TW_BUFFER_INIT(4096);

    largest = tw_actions_new(&defer, 1, &error);
    g_assert_no_error(error);
    defer.data_len++;
    g_assert_null(tw_actions_new(&defer, 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    for (guint i = 0; i <= TW_ACTIONS_MAX_COUNT; i++)
        many[i].type = TW_ACTION_DELETE;
    most = tw_actions_new(many, TW_ACTIONS_MAX_COUNT, &error);
    g_assert_no_error(error);
    g_assert_null(tw_actions_new(many, TW_ACTIONS_MAX_COUNT + 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    for (guint i = 0; i <= TW_ACTIONS_MAX_RECIPIENTS; i++)
        crowd[i] = TW_PROPS_EMPTY;
    crowded = tw_actions_new(&delegate, 1, &error);
    g_assert_no_error(error);
    delegate.recipient_count++;
    g_assert_null(tw_actions_new(&delegate, 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    g_assert_null(tw_actions_new(&bad, 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    g_assert_null(tw_actions_parse(large, TW_ACTIONS_MAX_BYTES + 1, TW_WIRE_16, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    tw_actions_unref(most);
    most = tw_actions_new(&reply, 1, NULL);
    tw_actions_print(most, TW_WIRE_16, &wire);
    g_assert_true(tw_buffer_failed(&wire));
    tw_buffer_clear(&wire);
    tw_actions_print(most, TW_WIRE_32, &wire);
    g_assert_false(tw_buffer_failed(&wire));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mailbox-layout/13.3/numbers", test_numbers);
    g_test_add_func("/oxorule/2.2.5/wire", test_wire);
    g_test_add_func("/oxorule/2.2.5/members", test_members);
    g_test_add_func("/mapi/actions/refused", test_refused);
    return g_test_run();
}
