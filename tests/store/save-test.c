/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of spec/mapi-soap.md 7.3. */
#include "store/save.h"

#include "base/error.h"
#include "mapi/message.h"

static void
test_rules(void)
{
    static const struct {
        TwObjectKind kind;
        guint32 tag;
        guint flags;
        gboolean may;
    } cases[] = {
        { TW_OBJECT_MESSAGE, PR_SUBJECT, 0, TRUE },
        { TW_OBJECT_MESSAGE, PR_ACCESS, TW_SAVE_FIRST | TW_SAVE_SYNC, FALSE },
        { TW_OBJECT_MESSAGE, PR_HASATTACH, TW_SAVE_FIRST, FALSE },
        { TW_OBJECT_MESSAGE, PR_ENTRYID, 0, FALSE },
        { TW_OBJECT_RECIPIENT, PR_ENTRYID, 0, TRUE },
        { TW_OBJECT_MESSAGE, PR_RECORD_KEY, 0, FALSE },
        { TW_OBJECT_ATTACHMENT, PR_RECORD_KEY, 0, TRUE },
        { TW_OBJECT_FOLDER, PR_CONTENT_COUNT, 0, FALSE },
        { TW_OBJECT_FOLDER, PR_DISPLAY_NAME, 0, TRUE },
        { TW_OBJECT_MESSAGE, PR_MESSAGE_FLAGS, TW_SAVE_FIRST, TRUE },
        { TW_OBJECT_MESSAGE, PR_MESSAGE_FLAGS, 0, FALSE },
        { TW_OBJECT_MESSAGE, PR_MESSAGE_FLAGS, TW_SAVE_SYNC, TRUE },
        { TW_OBJECT_MESSAGE, PR_SEARCH_KEY, 0, FALSE },
        { TW_OBJECT_RECIPIENT, PR_SEARCH_KEY, 0, TRUE },
        { TW_OBJECT_MESSAGE, PR_SOURCE_KEY, TW_SAVE_IN_FOLDER | TW_SAVE_SYNC, FALSE },
        { TW_OBJECT_MESSAGE, PR_SOURCE_KEY, TW_SAVE_IN_FOLDER | TW_SAVE_FIRST, TRUE },
        { TW_OBJECT_MESSAGE, PR_SOURCE_KEY, 0, TRUE },
        { TW_OBJECT_MESSAGE, 0x67FE0102, TW_SAVE_FIRST, FALSE },
        { TW_OBJECT_MESSAGE, 0x0037000A, TW_SAVE_FIRST, FALSE },
        { TW_OBJECT_MESSAGE, 0x0037000D, TW_SAVE_FIRST, FALSE },
        { TW_OBJECT_ATTACHMENT, PR_ATTACH_NUM, TW_SAVE_FIRST, FALSE },
        { TW_OBJECT_RECIPIENT, PR_ROWID, TW_SAVE_FIRST, FALSE },
        { TW_OBJECT_RECIPIENT, PR_OBJECT_TYPE, 0, TRUE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(tw_save_may_set(cases[i].kind, cases[i].tag, cases[i].flags), ==,
                        cases[i].may);
    g_assert_false(tw_save_may_remove(TW_OBJECT_MESSAGE, PR_MESSAGE_FLAGS));
    g_assert_false(tw_save_may_remove(TW_OBJECT_FOLDER, PR_CREATION_TIME));
    g_assert_true(tw_save_may_remove(TW_OBJECT_MESSAGE, PR_SUBJECT));
}

static void
test_apply(void)
{
    const guint32 removed[] = { PR_IMPORTANCE, PR_BODY, PR_MESSAGE_FLAGS, PR_SENDER_NAME };
    const TwPropValue values[] = {
        tw_value_str(PR_SUBJECT, "AW: first"),
        tw_value_str(tw_prop_tag(0x0037, TW_PT_STRING8), "second"),
        tw_value_long(PR_ACCESS, 63),
        tw_value_long(PR_MESSAGE_FLAGS, 1),
        tw_value_str(PR_SENDER_NAME, "removed and set is set"),
    };
    TwSaveProps props = { removed, G_N_ELEMENTS(removed), values, G_N_ELEMENTS(values), 0 };
    g_autoptr(TwObject) message = make_message();

    put_value(message, tw_value_long(PR_MESSAGE_FLAGS, 8));
    g_assert_true(tw_save_apply_props(message, &props, NULL));
    g_assert_cmpstr(tw_object_get_text(message, PR_SUBJECT, NULL), ==, "AW: first");
    g_assert_cmpstr(tw_object_get_text(message, PR_SUBJECT_PREFIX, NULL), ==, "AW: ");
    g_assert_cmpstr(tw_object_get_text(message, PR_SENDER_NAME, NULL), ==,
                    "removed and set is set");
    g_assert_false(tw_object_has(message, PR_ACCESS));
    g_assert_false(tw_object_has(message, PR_IMPORTANCE));
    g_assert_false(tw_object_has(message, PR_BODY));
    g_assert_cmpuint(tw_object_get_long(message, PR_MESSAGE_FLAGS, 0), ==, 8);
    g_assert_cmpuint(tw_object_count(message, TW_OBJECT_RECIPIENT), ==, 2);
}

static void
test_recipient(void)
{
    const TwPropValue values[] = { tw_value_str(PR_DISPLAY_NAME, "Someone else"),
                                   tw_value_long(PR_OBJECT_TYPE, 8), tw_value_long(PR_ROWID, 77) };
    TwSaveProps props = { .values = values, .value_count = G_N_ELEMENTS(values) };
    g_autoptr(TwObject) message = make_message();
    TwObject *recipient = tw_object_at(message, TW_OBJECT_RECIPIENT, 1);
    g_autoptr(GArray) tags = NULL;

    g_assert_true(tw_save_apply_props(recipient, &props, NULL));
    tags = tw_object_list_tags(recipient);
    g_assert_cmpuint(tags->len, ==, 3);
    g_assert_cmpuint(tw_object_get_number(recipient), ==, 1);
}

/* A bad value anywhere: nothing at all is changed. */
static void
test_failure(void)
{
    const guint32 removed[] = { PR_ATTACH_METHOD };
    const TwPropValue values[] = { tw_value_bytes(PR_ATTACH_DATA_BIN, (const guint8 *) "x", 1),
                                   tw_value_text(PR_ATTACH_FILENAME, "\xff", 1) };
    TwSaveProps props = { removed, 1, values, 2, TW_SAVE_FIRST };
    g_autoptr(TwObject) message = make_message();
    TwObject *attachment = tw_object_find(message, TW_OBJECT_ATTACHMENT, 1);
    gsize bytes = tw_object_inline_bytes(message);
    g_autoptr(GError) error = NULL;

    g_assert_false(tw_save_apply_props(attachment, &props, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_assert_cmpuint(tw_object_inline_bytes(message), ==, bytes);
    g_assert_cmpuint(tw_object_get_long(attachment, PR_ATTACH_METHOD, 0), ==, 5);
    g_assert_nonnull(tw_object_get_embedded(attachment));
    props.value_count = 0;
    g_assert_true(tw_save_apply_props(attachment, &props, NULL));
    g_assert_nonnull(tw_object_get_embedded(attachment));
    props.value_count = 1;
    g_assert_true(tw_save_apply_props(attachment, &props, NULL));
    g_assert_null(tw_object_get_embedded(attachment));
    g_assert_true(tw_object_has(attachment, PR_ATTACH_DATA_BIN));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/save/rules", test_rules);
    g_test_add_func("/store/save/apply", test_apply);
    g_test_add_func("/store/save/recipient", test_recipient);
    g_test_add_func("/store/save/failure", test_failure);
    return g_test_run();
}
