/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading and writing the properties that lead to default folders: byte for byte, and cut anywhere. */
#include <string.h>

#include "base/error.h"
#include "groupware/pointers.h"
#include "mapi/tags.h"
#include "support/assert-bytes.h"

/* spec/mailbox-layout.md 5.2: blocks 0x8001 ("AB") and 0x8006 (a header element before the entry id "C"), then the end. */
static const guint8 persist[] = {
    0x01, 0x80, 6,  0,                 /* block of 6 bytes */
    1,    0,    2,  0, 'A', 'B',       /* entry id */
    0x06, 0x80, 13, 0,                 /* block of 13 bytes */
    2,    0,    4,  0, 0,   0,   0, 0, /* header */
    1,    0,    1,  0, 'C',            /* entry id */
    0,    0,    0,  0,                 /* the end */
};

static void
assert_leads(const TwPropValue *value, TwLayoutForm form, guint number, const char *wanted)
{
    const guint8 *data = NULL;
    gsize len = 0;
    gboolean found = tw_pointer_get(value, form, number, &data, &len);

    g_assert_cmpint(found, ==, wanted != NULL);
    if (wanted != NULL)
        assert_bytes(data, len, wanted, strlen(wanted));
}

static void
test_get_persist(void)
{
    TwPropValue value = tw_value_bytes(PR_ADDITIONAL_REN_ENTRYIDS_EX, persist, sizeof persist);

    assert_leads(&value, TW_LAYOUT_PERSIST, 0x8001, "AB");
    assert_leads(&value, TW_LAYOUT_PERSIST, 0x8006, "C");
    assert_leads(&value, TW_LAYOUT_PERSIST, 0x8007, NULL);
    assert_leads(&value, TW_LAYOUT_PERSIST, 0, NULL);
    assert_leads(NULL, TW_LAYOUT_PERSIST, 0x8001, NULL);
}

/* Cut anywhere: what is whole is found, the rest is not there; nothing is read past the end. */
static void
test_cut_persist(void)
{
    for (gsize len = 0; len < sizeof persist; len++) {
        g_autofree guint8 *copy = g_memdup2(persist, len);
        TwPropValue value = tw_value_bytes(PR_ADDITIONAL_REN_ENTRYIDS_EX, copy, len);

        assert_leads(&value, TW_LAYOUT_PERSIST, 0x8001, len >= 10 ? "AB" : NULL);
        assert_leads(&value, TW_LAYOUT_PERSIST, 0x8006, len >= 27 ? "C" : NULL);
    }
}

/* Lengths that lie. */
static void
test_broken_persist(void)
{
    static const struct {
        const char *name;
        guint8 bytes[16];
        gsize len;
        const char *wanted;
    } cases[] = {
        { "block longer than the rest", { 1, 0x80, 0xff, 0xff, 1, 0, 1, 0, 'A' }, 9, NULL },
        { "element longer than its block", { 1, 0x80, 5, 0, 1, 0, 2, 0, 'A', 'B' }, 10, NULL },
        { "empty entry id", { 1, 0x80, 4, 0, 1, 0, 0, 0 }, 8, NULL },
        { "empty block", { 1, 0x80, 0, 0, 0, 0, 0, 0 }, 8, NULL },
        { "end before it", { 0, 0, 0, 0, 1, 0x80, 5, 0, 1, 0, 1, 0, 'A' }, 13, NULL },
        { "without an end", { 1, 0x80, 5, 0, 1, 0, 1, 0, 'A' }, 9, "A" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *copy = g_memdup2(cases[i].bytes, cases[i].len);
        TwPropValue value = tw_value_bytes(PR_ADDITIONAL_REN_ENTRYIDS_EX, copy, cases[i].len);

        g_test_message("%s", cases[i].name);
        assert_leads(&value, TW_LAYOUT_PERSIST, 0x8001, cases[i].wanted);
    }
}

static TwPropValue
set(const TwPropValue *value,
    guint32 tag,
    TwLayoutForm form,
    guint number,
    const char *id,
    TwBuffer *out)
{
    g_autoptr(GError) error = NULL;
    TwPropValue next = { 0 };

    g_assert_true(tw_pointer_set(value, tag, form, number, (const guint8 *) id, strlen(id), out,
                                 &next, &error));
    g_assert_no_error(error);
    g_assert_true(tw_value_check(&next, NULL));
    return next;
}

static void
test_set_persist(void)
{
    static const guint8 fresh[] = { 1, 0x80, 6, 0, 1, 0, 2, 0, 'A', 'B', 0, 0, 0, 0 };
    g_auto(TwBuffer) first = TW_BUFFER_INIT(1024), second = TW_BUFFER_INIT(1024);
    const guint32 tag = PR_ADDITIONAL_REN_ENTRYIDS_EX;
    TwPropValue old = tw_value_bytes(tag, persist, sizeof persist);
    TwPropValue value = set(NULL, tag, TW_LAYOUT_PERSIST, 0x8001, "AB", &first);

    assert_bytes(value.data, value.len, fresh, sizeof fresh);
    value = set(&old, tag, TW_LAYOUT_PERSIST, 0x8001, "other", &second);
    assert_leads(&value, TW_LAYOUT_PERSIST, 0x8001, "other");
    assert_leads(&value, TW_LAYOUT_PERSIST, 0x8006, "C");
    /* the block that is not ours has kept its header */
    g_assert_cmpuint(value.len, ==, sizeof persist + 3);
    assert_bytes(value.data + 13, 17, persist + 10, 17);
}

static void
test_items(void)
{
    const guint32 tag = PR_ADDITIONAL_REN_ENTRYIDS;
    g_auto(TwBuffer) first = TW_BUFFER_INIT(1024), second = TW_BUFFER_INIT(1024);
    TwPropValue value = set(NULL, tag, TW_LAYOUT_ITEM, 4, "junk", &first);

    g_assert_cmpuint(tw_value_count(&value), ==, 5);
    for (guint i = 0; i < 4; i++)
        assert_leads(&value, TW_LAYOUT_ITEM, i, NULL);
    assert_leads(&value, TW_LAYOUT_ITEM, 4, "junk");
    assert_leads(&value, TW_LAYOUT_ITEM, 5, NULL);
    value = set(&value, tag, TW_LAYOUT_ITEM, 1, "sync", &second);
    g_assert_cmpuint(tw_value_count(&value), ==, 5);
    assert_leads(&value, TW_LAYOUT_ITEM, 1, "sync");
    assert_leads(&value, TW_LAYOUT_ITEM, 4, "junk");
}

static void
test_plain(void)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1024);
    TwPropValue empty = tw_value_bytes(PR_VIEWS_ENTRYID, NULL, 0);
    TwPropValue value = set(NULL, PR_VIEWS_ENTRYID, TW_LAYOUT_PLAIN, 0, "views", &out);

    assert_leads(&value, TW_LAYOUT_PLAIN, 0, "views");
    assert_leads(&empty, TW_LAYOUT_PLAIN, 0, NULL);
}

/* At the limits and one past them. */
static void
test_limits(void)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1u << 20), more = TW_BUFFER_INIT(1u << 20);
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *big = g_malloc0(TW_POINTERS_MOST_LEN + 1);
    TwPropValue value, next;

    value = set(NULL, PR_FREEBUSY_ENTRYIDS, TW_LAYOUT_ITEM, TW_POINTERS_MOST_ITEMS - 1, "x", &out);
    g_assert_cmpuint(tw_value_count(&value), ==, TW_POINTERS_MOST_ITEMS);
    set(&value, PR_FREEBUSY_ENTRYIDS, TW_LAYOUT_ITEM, 0, "y", &more);
    g_assert_false(tw_pointer_set(NULL, PR_FREEBUSY_ENTRYIDS, TW_LAYOUT_ITEM,
                                  TW_POINTERS_MOST_ITEMS, (const guint8 *) "x", 1, &more, &next,
                                  &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);

    /* zeros are the end: nothing of it is kept */
    value = tw_value_bytes(PR_ADDITIONAL_REN_ENTRYIDS_EX, big, TW_POINTERS_MOST_LEN);
    set(&value, PR_ADDITIONAL_REN_ENTRYIDS_EX, TW_LAYOUT_PERSIST, 0x8001, "x", &more);
    value = tw_value_bytes(PR_ADDITIONAL_REN_ENTRYIDS_EX, big, TW_POINTERS_MOST_LEN + 1);
    g_assert_false(tw_pointer_set(&value, PR_ADDITIONAL_REN_ENTRYIDS_EX, TW_LAYOUT_PERSIST, 0x8001,
                                  (const guint8 *) "x", 1, &more, &next, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);

    /* the result counts too: block and end are 12 bytes */
    g_assert_true(tw_pointer_set(NULL, PR_ADDITIONAL_REN_ENTRYIDS_EX, TW_LAYOUT_PERSIST, 0x8001,
                                 big, TW_POINTERS_MOST_LEN - 12, &more, &next, &error));
    g_assert_no_error(error);
    g_assert_false(tw_pointer_set(NULL, PR_ADDITIONAL_REN_ENTRYIDS_EX, TW_LAYOUT_PERSIST, 0x8001,
                                  big, TW_POINTERS_MOST_LEN - 11, &more, &next, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pointers/get-persist", test_get_persist);
    g_test_add_func("/pointers/cut-persist", test_cut_persist);
    g_test_add_func("/pointers/broken-persist", test_broken_persist);
    g_test_add_func("/pointers/set-persist", test_set_persist);
    g_test_add_func("/pointers/items", test_items);
    g_test_add_func("/pointers/plain", test_plain);
    g_test_add_func("/pointers/limits", test_limits);
    return g_test_run();
}
