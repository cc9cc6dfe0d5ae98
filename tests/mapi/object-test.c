/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/object.h"

#include "base/error.h"
#include "message.h"

static void
assert_text(const TwObject *object, guint32 tag, const char *text)
{
    g_assert_cmpstr(tw_object_get_text(object, tag, NULL), ==, text);
}

static void
test_properties(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    gsize empty = tw_object_inline_bytes(message);
    TwPropValue value;
    TwBlobRef ref;
    guint32 tag;

    put_text(message, PR_SUBJECT, "one");
    put_text(message, tw_prop_tag(0x0037, TW_PT_STRING8), "two");
    assert_text(message, PR_SUBJECT, "two");
    g_assert_false(tw_object_get(message, tw_prop_tag(0x0037, TW_PT_LONG), &value));
    g_assert_true(tw_object_get(message, tw_prop_tag(0x0037, TW_PT_UNSPECIFIED), &value));
    put_text(message, PR_BODY, "");
    assert_text(message, PR_BODY, "");
    /* from bytes to a blob, to other bytes, and away; once more over a sealed bag */
    for (guint round = 0; round < 2; round++) {
        put_text(message, PR_BODY, "short");
        put_blob(message, PR_BODY, 3, 9999);
        g_assert_false(tw_object_get(message, PR_BODY, &value));
        g_assert_true(
            tw_object_get_blob(message, tw_prop_tag(0x1000, TW_PT_UNSPECIFIED), &ref, &tag));
        g_assert_cmpuint(ref.len, ==, 9999);
        g_assert_cmphex(tag, ==, PR_BODY);
        g_assert_true(tw_object_has(message, PR_BODY));
        put_text(message, PR_BODY, "again");
        g_assert_false(tw_object_get_blob(message, PR_BODY, &ref, NULL));
        assert_text(message, PR_BODY, "again");
        g_assert_true(tw_object_remove(message, PR_BODY));
        g_assert_false(tw_object_remove(message, PR_BODY));
        g_assert_false(tw_object_has(message, PR_BODY));
        put_text(message, PR_BODY, "under the seal");
        g_assert_true(tw_object_seal(message, NULL));
        assert_text(message, PR_BODY, "under the seal");
    }
    g_assert_true(tw_object_remove(message, PR_BODY));
    g_assert_true(tw_object_remove(message, PR_SUBJECT));
    g_assert_cmpuint(tw_object_inline_bytes(message), ==, empty);
    g_assert_true(tw_object_seal(message, NULL));
    g_assert_cmpuint(tw_object_get_props(message).count, ==, 0);
}

static void
test_refusals(void)
{
    static const struct {
        guint32 tag;
        int code;
    } cases[] = {
        { 0x00370000, TW_ERROR_INVALID }, /* no type */
        { 0x0037000A, TW_ERROR_INVALID }, /* an error is no value */
        { 0x3701000D, TW_ERROR_INVALID }, /* an object is a child */
        { 0x0E12000D, TW_ERROR_INVALID },
        { 0x0E130003, TW_ERROR_INVALID }, /* where children are kept */
        { 0x67FE0102, TW_ERROR_INVALID }, /* where blobs are listed */
        { 0x0000001F, TW_ERROR_INVALID },
        { 0xFFFF001F, TW_ERROR_INVALID },
        { 0x0037001F, TW_ERROR_CORRUPT }, /* bad UTF-8 below */
        { 0x0037301F, TW_ERROR_INVALID },
    };
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *recipient = tw_object_add(message, TW_OBJECT_RECIPIENT, 4, NULL);
    TwPropValue number = tw_value_long(PR_ROWID, 5);
    TwBlobRef ref = blob_ref(1, 1);
    gsize before = tw_object_inline_bytes(message);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwPropValue value = tw_value_text(cases[i].tag, "\xff\xff", 2);
        g_autoptr(GError) error = NULL;
        g_assert_false(tw_object_set(message, &value, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
    }
    g_assert_false(tw_object_set(recipient, &number, NULL));
    g_assert_true(
        tw_object_set(message, &number, NULL)); /* of a message it is a property like others */
    g_assert_true(tw_object_remove(message, PR_ROWID));
    g_assert_false(tw_object_set_blob(message, PR_IMPORTANCE, &ref, NULL));
    g_assert_false(tw_object_set_blob(message, tw_prop_tag(0x8001, TW_PT_MV_UNICODE), &ref, NULL));
    g_assert_cmpuint(tw_object_inline_bytes(message), ==, before);
    g_assert_null(tw_object_add(recipient, TW_OBJECT_RECIPIENT, 1, NULL));
}

static void
test_limits(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GError) error = NULL;
    gsize half_len = TW_OBJECT_MAX_BYTES / 2;
    g_autofree guint8 *half = g_malloc0(half_len);
    TwPropValue value = tw_value_bytes(0x10090102, half, half_len);
    TwObject *attachment = tw_object_add(message, TW_OBJECT_ATTACHMENT, 0, NULL);

    put_value(message, value);
    value.tag = PR_ATTACH_DATA_BIN;
    g_assert_false(tw_object_set(attachment, &value, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_assert_false(tw_object_has(attachment, PR_ATTACH_DATA_BIN));
    /* exactly what is left, in the child; then nothing more anywhere */
    value.len = (guint32) (TW_OBJECT_MAX_BYTES - tw_object_inline_bytes(message) - 12);
    put_value(attachment, value);
    g_assert_cmpuint(tw_object_inline_bytes(message), ==, TW_OBJECT_MAX_BYTES);
    g_assert_null(tw_object_add(message, TW_OBJECT_RECIPIENT, 0, NULL));
    value = tw_value_bool(PR_READ_RECEIPT_REQUESTED, TRUE);
    g_assert_false(tw_object_set(message, &value, NULL));
    /* but what is there may be made smaller, and room comes back */
    value = tw_value_bytes(0x10090102, half, 1);
    put_value(message, value);
    g_assert_true(tw_object_remove_child(message, TW_OBJECT_ATTACHMENT, 0));
    g_assert_cmpuint(tw_object_inline_bytes(message), <, 100);
}

static void
test_property_count(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GError) error = NULL;
    TwPropValue value = tw_value_long(0x80010003, 1);

    for (guint i = 0; i < TW_PROPS_MAX_COUNT - 4; i++) {
        value.tag = (0x8001 + i) << 16 | TW_PT_LONG;
        put_value(message, value);
    }
    value.tag = PR_IMPORTANCE;
    g_assert_false(tw_object_set(message, &value, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    value.tag = 0x80010014; /* in place of another it goes */
    put_value(message, value);
    g_assert_true(tw_object_seal(message, NULL));
}

static void
test_children(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GError) error = NULL;
    TwObject *a = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    TwObject *b = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    TwPropValue value;

    g_assert_cmpuint(tw_object_get_number(a), ==, 0);
    g_assert_cmpuint(tw_object_get_number(b), ==, 1);
    g_assert_true(tw_object_get(b, PR_ATTACH_NUM, &value));
    g_assert_cmpuint(value.u4, ==, 1);
    g_assert_null(tw_object_add(message, TW_OBJECT_ATTACHMENT, 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_assert_true(tw_object_remove_child(message, TW_OBJECT_ATTACHMENT, 1));
    g_assert_false(tw_object_remove_child(message, TW_OBJECT_ATTACHMENT, 1));
    g_assert_null(tw_object_find(message, TW_OBJECT_ATTACHMENT, 1));
    b = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    g_assert_cmpuint(tw_object_get_number(b), ==, 2); /* never 1 again */
    b = tw_object_add(message, TW_OBJECT_ATTACHMENT, G_MAXUINT32 - 1, NULL);
    g_assert_nonnull(b);
    g_assert_null(tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL));
    g_assert_cmpuint(tw_object_count(message, TW_OBJECT_ATTACHMENT), ==, 3);
    g_assert_true(tw_object_at(message, TW_OBJECT_ATTACHMENT, 2) == b);
    g_assert_null(tw_object_at(message, TW_OBJECT_ATTACHMENT, 3));
    g_assert_null(tw_object_at(message, TW_OBJECT_RECIPIENT, 0));
}

static TwObject *
nest(guint levels, TwObject **ret_innermost)
{
    TwObject *message = tw_object_new(TW_OBJECT_MESSAGE), *attachment;

    *ret_innermost = message;
    for (guint i = 0; i < levels; i++) {
        TwObject *outer = tw_object_new(TW_OBJECT_MESSAGE);
        attachment = tw_object_add(outer, TW_OBJECT_ATTACHMENT, 3, NULL);
        g_assert_true(tw_object_set_embedded(attachment, message, NULL));
        message = outer;
    }
    return message;
}

static void
test_depth(void)
{
    TwObject *innermost, *other_innermost, *attachment;
    g_autoptr(TwObject) message = nest(TW_OBJECT_MAX_DEPTH, &innermost);
    g_autoptr(TwObject) half = nest(TW_OBJECT_MAX_DEPTH / 2, &other_innermost);
    g_autoptr(TwObject) fits = nest(TW_OBJECT_MAX_DEPTH / 2 - 1, &innermost);
    g_autoptr(TwObject) one_more = nest(TW_OBJECT_MAX_DEPTH / 2, &innermost);
    g_autoptr(GError) error = NULL;

    attachment = tw_object_add(other_innermost, TW_OBJECT_ATTACHMENT, 9, NULL);
    g_assert_false(tw_object_set_embedded(attachment, one_more, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
    g_clear_error(&error);
    g_assert_true(tw_object_set_embedded(attachment, g_steal_pointer(&fits), &error));
    tw_object_free(tw_object_steal_embedded(attachment));
    tw_object_set_max_depth(half, TW_OBJECT_MAX_DEPTH / 2);
    fits = tw_object_new(TW_OBJECT_MESSAGE);
    g_assert_false(tw_object_set_embedded(attachment, fits, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
    /* an object does not go into itself, nor a recipient into an attachment */
    g_clear_error(&error);
    g_assert_false(tw_object_set_embedded(attachment, half, &error));
    g_assert_false(tw_object_set_embedded(message, fits, NULL));
}

static void
test_embedded_replaces(void)
{
    g_autoptr(TwObject) message = make_message();
    TwObject *attachment = tw_object_find(message, TW_OBJECT_ATTACHMENT, 1);
    gsize with_message = tw_object_inline_bytes(message);
    TwBlobRef ref;

    put_blob(attachment, PR_ATTACH_DATA_BIN, 1, 2);
    g_assert_null(tw_object_get_embedded(attachment));
    g_assert_cmpuint(tw_object_inline_bytes(message), <, with_message);
    g_assert_true(tw_object_set_embedded(attachment, tw_object_new(TW_OBJECT_MESSAGE), NULL));
    g_assert_false(tw_object_get_blob(attachment, PR_ATTACH_DATA_BIN, &ref, NULL));
    g_assert_nonnull(tw_object_get_embedded(attachment));
}

static void
test_tags(void)
{
    g_autoptr(TwObject) message = make_message();
    TwObject *attachment = tw_object_find(message, TW_OBJECT_ATTACHMENT, 1);
    g_autoptr(GArray) tags = tw_object_list_tags(attachment);
    g_autoptr(GArray) root = tw_object_list_tags(message);

    g_assert_cmpuint(tags->len, ==, 3);
    g_assert_cmphex(g_array_index(tags, guint32, 0), ==, PR_ATTACH_NUM);
    g_assert_cmphex(g_array_index(tags, guint32, 1), ==, PR_ATTACH_DATA_OBJ);
    g_assert_cmphex(g_array_index(tags, guint32, 2), ==, PR_ATTACH_METHOD);
    g_assert_cmpuint(root->len, ==, 9);
    for (guint i = 1; i < root->len; i++)
        g_assert_cmpuint(g_array_index(root, guint32, i - 1), <, g_array_index(root, guint32, i));
}

static gboolean
list_blob(TwObject *node,
          const TwPart *part,
          guint32 tag,
          const TwBlobRef *ref,
          gpointer data,
          GError **error)
{
    g_autofree char *text = tw_part_to_text(part->bytes, part->len);
    guint id;

    g_assert_no_error(*error);
    g_assert_true(tw_part_check(part->bytes, part->len, NULL));
    g_assert_true(tw_object_get_blob(node, tag, &(TwBlobRef){ 0 }, NULL));
    while (tw_object_get_parent(node) != NULL)
        node = tw_object_get_parent(node);
    g_assert_nonnull(tw_object_locate(node, part->bytes, part->len, &id));
    g_assert_cmphex(id, ==, tag >> 16);
    g_string_append_printf(data, "%s=%u|", text, (guint) ref->len);
    return TRUE;
}

static gboolean
to_blob(TwObject *node, const TwPart *part, const TwPropValue *value, gpointer data, GError **error)
{
    TwBlobRef ref = blob_ref(1, value->len);

    g_assert_true(tw_part_check(part->bytes, part->len, NULL));
    ++*(guint *) data;
    return tw_object_set_blob(node, value->tag, &ref, error);
}

static void
test_blobs(void)
{
    g_autoptr(TwObject) message = make_message();
    g_autoptr(GString) seen = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    guint moved = 0, unknown;
    TwBlobId id = { { TW_BLOB_SHA256, 9 } };

    g_assert_true(tw_object_foreach_blob(message, list_blob, seen, &error));
    g_assert_cmpstr(seen->str, ==,
                    "property 1000=5000|attachment 0/property 3701=123456|"
                    "attachment 1/embedded/attachment 5/property 3701=77|");
    g_assert_true(tw_object_foreach_large(message, 17, to_blob, &moved, &error));
    g_assert_cmpuint(moved, ==, 4); /* two subjects, two addresses */
    g_assert_cmpuint(tw_object_count_blobs(message, &unknown), ==, 7);
    g_assert_cmpuint(unknown, ==, 0);
    g_assert_false(
        tw_object_resolve(message, (const guint8 *) "\x42\x10\x00", 3, &id, 5000, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT); /* it is known to be another */
}

/* A copy is equal and separate. */
static void
test_copy(void)
{
    g_autoptr(TwObject) message = make_message();
    g_autoptr(TwObject) copy = tw_object_copy(message);
    g_autoptr(GString) seen = g_string_new(NULL);
    TwObject *inner;

    g_assert_cmpuint(tw_object_inline_bytes(copy), ==, tw_object_inline_bytes(message));
    g_clear_pointer(&message, tw_object_free);
    g_assert_true(tw_object_foreach_blob(copy, list_blob, seen, &(GError *){ NULL }));
    g_assert_cmpuint(seen->len, >, 100);
    inner = tw_object_get_embedded(tw_object_find(copy, TW_OBJECT_ATTACHMENT, 1));
    assert_text(inner, PR_SUBJECT, "The first figures");
    assert_text(tw_object_at(inner, TW_OBJECT_RECIPIENT, 0), PR_EMAIL_ADDRESS, "grace@example.org");
    g_assert_true(tw_object_remove(inner, PR_SUBJECT));
    message = tw_object_copy(inner); /* what was taken away stays away */
    g_assert_false(tw_object_has(message, PR_SUBJECT));
    tw_object_free(message);
    put_text(inner, PR_SUBJECT, "The first figures");
    message = tw_object_copy(inner);
    put_text(inner, PR_SUBJECT, "another");
    assert_text(message, PR_SUBJECT, "The first figures");
    g_assert_null(tw_object_get_parent(message));
}

static void
test_restriction(void)
{
    g_autoptr(TwObject) message = make_message();
    g_auto(TwRestrictionBuilder) builder = { 0 };
    g_autoptr(TwRestriction) restriction = NULL;
    TwPropValue name = tw_value_str(PR_DISPLAY_NAME, "turing");
    TwPropSource source;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_SUB, PR_MESSAGE_RECIPIENTS);
    tw_restriction_builder_content(&builder, TW_FUZZY_SUBSTRING | TW_FUZZY_IGNORE_CASE, name.tag,
                                   &name);
    tw_restriction_builder_end(&builder);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    g_assert_true(tw_object_seal(message, NULL));
    source = tw_object_source(message);
    g_assert_true(tw_restriction_match(restriction, &source, NULL));
    g_assert_true(tw_object_remove_child(message, TW_OBJECT_RECIPIENT, 1));
    g_assert_false(tw_restriction_match(restriction, &source, NULL));
}

static void
test_set_bag(void)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_autoptr(GBytes) bag = NULL, bad = NULL;
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE), same = make_message();
    g_autoptr(GError) error = NULL;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_SUBJECT, "from a codec"));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    tw_props_builder_set(&builder, tw_value_bytes(0x67FE0102, (const guint8 *) "x", 1));
    bad = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_false(tw_object_set_bag(message, bad, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_assert_true(tw_object_set_bag(message, bag, NULL));
    assert_text(message, PR_SUBJECT, "from a codec");
    put_text(message, PR_SUBJECT, "changed");
    assert_text(message, PR_SUBJECT, "changed");
    tw_object_remove_all(message);
    g_assert_false(tw_object_has(message, PR_SUBJECT));
    g_assert_cmpuint(tw_object_inline_bytes(message), ==, 64);
    tw_object_remove_all(same);
    g_assert_false(tw_object_has(same, PR_BODY));
    g_assert_cmpuint(tw_object_count(same, TW_OBJECT_RECIPIENT), ==, 2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/object/properties", test_properties);
    g_test_add_func("/store/object/refusals", test_refusals);
    g_test_add_func("/store/object/limits", test_limits);
    g_test_add_func("/store/object/property-count", test_property_count);
    g_test_add_func("/store/object/children", test_children);
    g_test_add_func("/store/object/depth", test_depth);
    g_test_add_func("/store/object/embedded-replaces", test_embedded_replaces);
    g_test_add_func("/store/object/tags", test_tags);
    g_test_add_func("/store/object/blobs", test_blobs);
    g_test_add_func("/store/object/copy", test_copy);
    g_test_add_func("/store/object/restriction", test_restriction);
    g_test_add_func("/store/object/set-bag", test_set_bag);
    return g_test_run();
}
