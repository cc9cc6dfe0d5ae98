/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Objects to the wire, through bytes, and back. */
#include "soap/tree.h"

#include "base/error.h"
#include "soap/random-record.h"

static void
set_text(TwObject *object, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_str(tag, text);
    g_autoptr(GError) error = NULL;

    tw_object_set(object, &value, &error);
    g_assert_no_error(error);
}

static void
set_bytes(TwObject *object, guint32 tag, gsize len)
{
    g_autofree guint8 *bytes = g_malloc0(len);
    TwPropValue value = tw_value_bytes(tag, bytes, len);
    g_autoptr(GError) error = NULL;

    tw_object_set(object, &value, &error);
    g_assert_no_error(error);
}

/* A mail with two recipients, a file and a mail in it. */
static TwObject *
make_mail(void)
{
    TwObject *mail = tw_object_new(TW_OBJECT_MESSAGE), *inner = tw_object_new(TW_OBJECT_MESSAGE),
             *child;
    TwPropValue list = tw_value_long(0x0FFE0003u, 8);

    set_text(mail, 0x0037001Fu, "Minutes");
    set_text(mail, 0x1000001Eu, "8-bit");
    set_bytes(mail, 0x678C0102u, 10);
    set_bytes(mail, 0x10090102u, TW_SOAP_TREE_INLINE);
    set_bytes(mail, 0x3FDE0102u, TW_SOAP_TREE_INLINE - 1);
    child = tw_object_add(mail, TW_OBJECT_RECIPIENT, 0, NULL);
    set_text(child, 0x3001001Fu, "Anna");
    child = tw_object_add(mail, TW_OBJECT_RECIPIENT, 1, NULL);
    tw_object_set(child, &list, NULL);
    child = tw_object_add(mail, TW_OBJECT_ATTACHMENT, 0, NULL);
    set_bytes(child, 0x37010102u, 5);
    child = tw_object_add(mail, TW_OBJECT_ATTACHMENT, 1, NULL);
    set_text(inner, 0x0037001Fu, "Inner");
    tw_object_add(inner, TW_OBJECT_RECIPIENT, 0, NULL);
    g_assert_true(tw_object_set_embedded(child, inner, NULL));
    return mail;
}

static guint32
say_number(const TwObject *node, gpointer data)
{
    guint *next = data;

    (void) node;
    return (*next)++;
}

static gboolean
has_tag(const TwSoapSaveObject *tree, guint32 tag, gboolean with_value)
{
    for (guint32 i = 0; i < (with_value ? tree->modProps.count : tree->delProps.count); i++) {
        if ((with_value ? tree->modProps.items[i].tag : tree->delProps.items[i]) == tag)
            return TRUE;
    }
    return FALSE;
}

static void
test_load(void)
{
    g_autoptr(TwObject) mail = make_mail();
    g_autoptr(TwArena) arena = tw_arena_new(1u << 20), small = tw_arena_new(500);
    g_autoptr(GError) error = NULL;
    TwSoapSaveObject tree;
    guint next = 328;

    g_assert_true(tw_soap_tree_load(mail, say_number, &next, arena, &tree, &error));
    g_assert_cmpuint(tree.ulObjType, ==, 5);
    g_assert_cmpuint(tree.ulServerId, ==, 328);
    g_assert_cmpuint(tree.count, ==, 4);
    g_assert_cmpuint(tree.items[0].ulObjType, ==, 6);
    g_assert_cmpuint(tree.items[0].ulServerId, ==, 329);
    g_assert_cmpuint(tree.items[1].ulObjType, ==, 8);
    g_assert_cmpuint(tree.items[3].ulObjType, ==, 7);
    g_assert_cmpuint(tree.items[3].items[0].ulObjType, ==, 5);
    g_assert_cmpuint(tree.items[3].items[0].count, ==, 1);
    /* 8-bit text comes as Unicode; what is large or never sent has its tag only */
    g_assert_true(has_tag(&tree, 0x1000001Fu, TRUE) && has_tag(&tree, 0x1000001Fu, FALSE));
    g_assert_true(has_tag(&tree, 0x3FDE0102u, TRUE));
    g_assert_true(has_tag(&tree, 0x10090102u, FALSE) && !has_tag(&tree, 0x10090102u, TRUE));
    g_assert_true(has_tag(&tree, 0x678C0102u, FALSE) && !has_tag(&tree, 0x678C0102u, TRUE));
    g_assert_true(has_tag(&tree.items[2], 0x37010102u, FALSE) &&
                  !has_tag(&tree.items[2], 0x37010102u, TRUE));

    g_assert_false(tw_soap_tree_load(mail, NULL, NULL, small, &tree, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

static void
test_round_trip(void)
{
    static const TwSoapLimits limits = TW_SOAP_LIMITS;
    g_autoptr(TwObject) mail = make_mail(), made = NULL;
    g_autoptr(TwArena) arena = tw_arena_new(4u << 20);
    g_auto(TwBuffer) xml = TW_BUFFER_INIT(1u << 20);
    g_autoptr(GError) error = NULL;
    TwSoapSaveObject before, after, *read;

    /* what is never sent cannot come back */
    tw_object_remove(mail, 0x678C0102u);
    tw_object_remove(mail, 0x10090102u);
    tw_object_remove(tw_object_at(mail, TW_OBJECT_ATTACHMENT, 0), 0x37010102u);
    g_assert_true(tw_soap_tree_load(mail, NULL, NULL, arena, &before, &error));
    g_assert_true(tw_soap_write_record(&tw_soap_type_SaveObject, &before, "object", &xml));
    read =
        tw_soap_decode_record(&tw_soap_type_SaveObject, xml.data, xml.len, arena, &limits, &error);
    g_assert_no_error(error);
    made = tw_soap_tree_new(read, &error);
    g_assert_no_error(error);
    g_assert_true(tw_soap_tree_load(made, NULL, NULL, arena, &after, &error));
    assert_same_record(&tw_soap_type_SaveObject, &before, &after);
}

static void
test_set(void)
{
    TwPropValue values[] = { tw_value_str(0x0037001Fu, "first"),
                             tw_value_str(0x0037001Fu, "second") };
    guint32 gone[] = { 0x1000001Fu };
    TwSoapSaveObject tree = { .ulObjType = 5, .delProps = { gone, 1 }, .modProps = { values, 2 } };
    g_autoptr(TwObject) mail = make_mail();
    TwObject *recipient = tw_object_at(mail, TW_OBJECT_RECIPIENT, 0);
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_soap_tree_set(&tree, mail, &error));
    g_assert_cmpstr(tw_object_get_text(mail, 0x0037001Fu, NULL), ==, "first");
    g_assert_false(tw_object_has(mail, 0x1000001Fu));
    g_assert_true(tw_object_has(mail, 0x3FDE0102u));
    /* a recipient's set is replaced */
    g_assert_true(tw_soap_tree_set(&tree, recipient, &error));
    g_assert_false(tw_object_has(recipient, 0x3001001Fu));
    values[0].tag = 0x0037000Au;
    g_assert_false(tw_soap_tree_set(&tree, mail, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
}

static void
test_refused(void)
{
    TwSoapSaveObject attachment = { .ulObjType = 7 }, inner = { .ulObjType = 5 };
    TwSoapSaveObject bare = { .ulObjType = 7 },
                     nested = { .ulObjType = 5, .items = &inner, .count = 1 };
    TwSoapSaveObject odd = { .ulObjType = 5, .items = &bare, .count = 1 };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) made = NULL;

    g_assert_null(tw_soap_tree_new(&attachment, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_null(tw_soap_tree_new(&nested, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    bare.ulObjType = 3;
    g_assert_null(tw_soap_tree_new(&odd, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    bare.bDelete = TRUE;
    made = tw_soap_tree_new(&odd, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(tw_object_count(made, TW_OBJECT_ATTACHMENT), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/soap/tree/load", test_load);
    g_test_add_func("/soap/tree/round trip", test_round_trip);
    g_test_add_func("/soap/tree/set", test_set);
    g_test_add_func("/soap/tree/refused", test_refused);
    return g_test_run();
}
