/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entry ids that differ in bytes and name one thing, and those that only look alike: compared directly and in restrictions. */
#include <string.h>

#include "mapi/entryid.h"
#include "mapi/restriction.h"
#include "mapi/tags.h"

#define ZERO "00000000"
#define STORE "0F1E2D3C4B5A69788796A5B4C3D2E1F0"
#define OTHER_STORE "0F1E2D3C4B5A69788796A5B4C3D2E1F1"
#define UNIQUE "101112131415161718191A1B1C1D1E1F"
#define WRAP                                                                                       \
    ZERO "38A1BB1005E5101AA1BB08002B2A56C2"                                                        \
         "0000"                                                                                    \
         "7A61726166613663"                                                                        \
         "6C69656E742E646C6C00"
#define URL "70736575646F3A2F2F6100"
#define BOOK ZERO "AC21A95040D3EE48B319FBA753304425"
#define ONE_OFF ZERO "812B1FA4BEA310199D6E00DD010F5402"

typedef struct {
    const char *name, *a, *b;
    gboolean same;
} Case;

static const Case cases[] = {
    { "store, bare and wrapped", ZERO STORE "0100000001000000" UNIQUE ZERO,
      WRAP ZERO STORE "0100000001000000" UNIQUE URL, TRUE },
    { "store, with a server and without", ZERO STORE "0100000001000000" UNIQUE ZERO,
      ZERO STORE "0100000001000000" UNIQUE URL, TRUE },
    { "store, of another server", ZERO STORE "0100000001000000" UNIQUE "7000",
      ZERO STORE "0100000001000000" UNIQUE URL, TRUE },
    { "store, version 0 and 1",
      ZERO STORE "0000000001000000"
                 "2A000000" ZERO,
      ZERO STORE "0100000001000000" UNIQUE ZERO, TRUE },
    { "store, version 0 wrapped",
      WRAP ZERO STORE "0000000001000000"
                      "2A000000" URL,
      ZERO STORE "0100000001000000" UNIQUE ZERO, TRUE },
    { "two stores", ZERO STORE "0100000001000000" UNIQUE ZERO,
      ZERO OTHER_STORE "0100000001000000" UNIQUE ZERO, FALSE },
    { "open here", ZERO STORE "0100000001001000" UNIQUE ZERO,
      ZERO STORE "0100000001000000" UNIQUE ZERO, TRUE },
    { "through favourites", "00000001" STORE "0100000003000000" UNIQUE ZERO,
      ZERO STORE "0100000003000000" UNIQUE ZERO, TRUE },
    { "folder and message", ZERO STORE "0100000003000000" UNIQUE ZERO,
      ZERO STORE "0100000005000000" UNIQUE ZERO, FALSE },
    { "folder, version 0 and 1",
      ZERO STORE "0000000003000000"
                 "2A000000" ZERO,
      ZERO STORE "0100000003000000" UNIQUE ZERO, FALSE },
    { "folders, version 0",
      ZERO STORE "0000000003000000"
                 "2A000000" ZERO,
      ZERO STORE "0000000003000000"
                 "2B000000" ZERO,
      FALSE },
    { "user, other number, same external id",
      BOOK "0100000006000000"
           "03000000"
           "4D513D3D" ZERO,
      BOOK "0100000006000000"
           "09000000"
           "4D513D3D" ZERO,
      TRUE },
    { "user, same number, other external id",
      BOOK "0100000006000000"
           "03000000"
           "4D513D3D" ZERO,
      BOOK "0100000006000000"
           "03000000"
           "4D673D3D" ZERO,
      FALSE },
    { "user, version 0 and 1",
      BOOK "0000000006000000"
           "03000000" ZERO,
      BOOK "0100000006000000"
           "03000000"
           "4D513D3D" ZERO,
      TRUE },
    { "user and list",
      BOOK "0000000006000000"
           "03000000" ZERO,
      BOOK "0000000008000000"
           "03000000" ZERO,
      FALSE },
    { "one-off, names and case",
      ONE_OFF "00000100"
              "4A00"
              "534D545000"
              "6A407800",
      ONE_OFF "00000180"
              "4B000000"
              "73006D00740070000000"
              "4A00400058000000",
      TRUE },
    { "one-off, addresses",
      ONE_OFF "00000100"
              "4A00"
              "534D545000"
              "6A407800",
      ONE_OFF "00000100"
              "4A00"
              "534D545000"
              "6B407800",
      FALSE },
    { "user and one-off",
      BOOK "0000000006000000"
           "03000000" ZERO,
      ONE_OFF "00000100"
              "4A00"
              "534D545000"
              "6A407800",
      FALSE },
    { "no ids, equal", "0102", "0102", TRUE },
    { "no ids", "0102", "0103", FALSE },
    { "an id and none", ZERO STORE "0100000001000000" UNIQUE ZERO, "0102", FALSE },
    { "nothing", "", "", TRUE },
    { "nothing and something", "", "00", FALSE },
};

static guint8 *
from_hex(const char *hex, gsize *ret_len)
{
    gsize len = strlen(hex) / 2;
    guint8 *data = g_malloc(MAX(len, 1));

    for (gsize i = 0; i < len; i++) {
        data[i] =
            (guint8) (g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    }
    *ret_len = len;
    return data;
}

static gboolean
answer(guint32 tag, guint relop, const TwPropValue *stored, const TwPropValue *wanted)
{
    g_auto(TwPropsBuilder) bag;
    g_auto(TwRestrictionBuilder) builder;
    g_autoptr(TwRestriction) restriction = NULL;
    g_autoptr(GBytes) bytes = NULL;
    TwProps props;

    tw_props_builder_init(&bag);
    tw_props_builder_set(&bag, tw_value_bytes(tag, stored->data, stored->len));
    bytes = tw_props_builder_finish_bytes(&bag, NULL);
    g_assert_true(tw_props_open_bytes(bytes, &props, NULL));
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_property(&builder, relop, tag, wanted);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    g_assert_nonnull(restriction);
    return tw_restriction_match_props(restriction, &props, NULL);
}

/* The stored value against another property of the same object. */
static gboolean
answer_compare(guint32 tag, guint32 other, const TwPropValue *a, const TwPropValue *b)
{
    g_auto(TwPropsBuilder) bag;
    g_auto(TwRestrictionBuilder) builder;
    g_autoptr(TwRestriction) restriction = NULL;
    g_autoptr(GBytes) bytes = NULL;
    TwProps props;

    tw_props_builder_init(&bag);
    tw_props_builder_set(&bag, tw_value_bytes(tag, a->data, a->len));
    tw_props_builder_set(&bag, tw_value_bytes(other, b->data, b->len));
    bytes = tw_props_builder_finish_bytes(&bag, NULL);
    g_assert_true(tw_props_open_bytes(bytes, &props, NULL));
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_compare(&builder, TW_RELOP_EQ, tag, other);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    return tw_restriction_match_props(restriction, &props, NULL);
}

static void
check_restrictions(const Case *tc, const guint8 *a, gsize a_len, const guint8 *b, gsize b_len)
{
    TwPropValue left = tw_value_bytes(PR_STORE_ENTRYID, a, a_len);
    TwPropValue right = tw_value_bytes(PR_STORE_ENTRYID, b, b_len);
    TwPropValue key = tw_value_bytes(PR_SEARCH_KEY, b, b_len);
    gboolean bytes_equal = a_len == b_len && memcmp(a, b, a_len) == 0;

    g_assert_cmpint(answer(PR_STORE_ENTRYID, TW_RELOP_EQ, &left, &right), ==, tc->same);
    g_assert_cmpint(answer(PR_STORE_ENTRYID, TW_RELOP_NE, &left, &right), ==, !tc->same);
    g_assert_cmpint(answer_compare(PR_STORE_ENTRYID, PR_OWN_STORE_ENTRYID, &left, &right), ==,
                    tc->same);
    /* a key is its bytes, and so is an entry id beside one */
    g_assert_cmpint(answer(PR_SEARCH_KEY, TW_RELOP_EQ, &left, &key), ==, bytes_equal);
    g_assert_cmpint(answer_compare(PR_STORE_ENTRYID, PR_SEARCH_KEY, &left, &key), ==, bytes_equal);
    /* no order: one of the two relations holds where bytes differ */
    g_assert_cmpint(answer(PR_STORE_ENTRYID, TW_RELOP_LT, &left, &right) +
                        answer(PR_STORE_ENTRYID, TW_RELOP_GT, &left, &right),
                    ==, !bytes_equal);
}

static void
test_same(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize a_len, b_len;
        g_autofree guint8 *a = from_hex(cases[i].a, &a_len), *b = from_hex(cases[i].b, &b_len);

        g_test_message("%s", cases[i].name);
        g_assert_cmpint(tw_entryid_same(a, a_len, b, b_len), ==, cases[i].same);
        g_assert_cmpint(tw_entryid_same(b, b_len, a, a_len), ==, cases[i].same);
        g_assert_true(tw_entryid_same(a, a_len, a, a_len));
        check_restrictions(&cases[i], a, a_len, b, b_len);
        check_restrictions(&cases[i], b, b_len, a, a_len);
        for (gsize cut = 0; cut < b_len; cut++) {
            g_autofree guint8 *input = g_memdup2(b, MAX(cut, 1));
            g_assert_false(tw_entryid_same(b, b_len, input, cut));
        }
    }
}

/* Any of a list of ids, such as the members of a contact's link. */
static void
test_list(void)
{
    gsize bare_len, wrapped_len;
    g_autofree guint8 *bare = from_hex(cases[0].a, &bare_len);
    g_autofree guint8 *wrapped = from_hex(cases[0].b, &wrapped_len);
    g_auto(TwPropsBuilder) bag;
    g_auto(TwRestrictionBuilder) builder;
    g_auto(TwListBuilder) list;
    g_auto(TwBuffer) scratch = TW_BUFFER_INIT(4096);
    g_autoptr(TwRestriction) restriction = NULL;
    g_autoptr(GBytes) bytes = NULL;
    TwPropValue wanted = tw_value_bytes(0x3A530102, bare, bare_len), stored;
    TwProps props;

    tw_list_builder_init(&list, PR_CONTACT_ENTRYIDS);
    tw_list_builder_add(&list, "x", 1);
    tw_list_builder_add(&list, wrapped, wrapped_len);
    g_assert_true(tw_list_builder_finish(&list, &scratch, &stored, NULL));
    tw_props_builder_init(&bag);
    tw_props_builder_set(&bag, stored);
    bytes = tw_props_builder_finish_bytes(&bag, NULL);
    g_assert_true(tw_props_open_bytes(bytes, &props, NULL));
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_property(&builder, TW_RELOP_EQ, PR_CONTACT_ENTRYIDS, &wanted);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    g_assert_nonnull(restriction);
    g_assert_true(tw_restriction_match_props(restriction, &props, NULL));
}

static void
test_tags(void)
{
    static const struct {
        guint32 tag;
        gboolean is_entryid;
    } tags[] = {
        { PR_ENTRYID, TRUE },        { PR_PARENT_ENTRYID, TRUE },
        { PR_SENDER_ENTRYID, TRUE }, { PR_CONTACT_ENTRYIDS, TRUE },
        { PR_SEARCH_KEY, FALSE },    { PR_ADDITIONAL_REN_ENTRYIDS_EX, FALSE },
        { PR_SUBJECT, FALSE },       { PR_FORCE_USE_ENTRYID_SERVER, FALSE },
        { 0x0FFF0003, FALSE },       { 0x80010102, FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        g_test_message("%08x", tags[i].tag);
        g_assert_cmpint(tw_tag_is_entryid(tags[i].tag), ==, tags[i].is_entryid);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mailbox-layout/3.1/identity", test_same);
    g_test_add_func("/mailbox-layout/3.1/identity-in-lists", test_list);
    g_test_add_func("/mapi/tags/entry-ids", test_tags);
    return g_test_run();
}
