/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/proptype.h"

/* spec/mailbox-layout.md 1 and the list of multi-valued types of spec/mapi-soap.md 4.2 */
static const struct {
    guint code;
    const char *short_name;
    guint size; /* 0: none, or it varies */
    gboolean multi;
} types[] = {
    { 0x0000, "?", 0, FALSE },    { 0x0001, "0", 0, FALSE },   { 0x0002, "I2", 2, TRUE },
    { 0x0003, "I4", 4, TRUE },    { 0x0004, "R4", 4, TRUE },   { 0x0005, "R8", 8, TRUE },
    { 0x0006, "Cur", 8, TRUE },   { 0x0007, "App", 8, TRUE },  { 0x000A, "Err", 4, FALSE },
    { 0x000B, "bool", 2, FALSE }, { 0x000D, "O", 0, FALSE },   { 0x0014, "I8", 8, TRUE },
    { 0x001E, "S8", 0, TRUE },    { 0x001F, "S", 0, TRUE },    { 0x0040, "T", 8, TRUE },
    { 0x0048, "G", 16, TRUE },    { 0x00FB, "Svr", 0, FALSE }, { 0x00FD, "Restr", 0, FALSE },
    { 0x00FE, "Act", 0, FALSE },  { 0x0102, "B", 0, TRUE },
};

static void
test_types(void)
{
    guint known = 0;

    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        const TwPropTypeInfo *info = tw_prop_type_info(types[i].code);

        g_assert_nonnull(info);
        g_assert_cmphex(info->code, ==, types[i].code);
        g_assert_cmpstr(info->short_name, ==, types[i].short_name);
        g_assert_cmpuint(info->size, ==, types[i].size);
        g_assert_cmpint(info->multi, ==, types[i].multi);
        g_assert_true(tw_prop_type_info(types[i].code | TW_PT_MV_INSTANCE) == info);
        g_assert_cmpint(tw_prop_tag_is_storable(tw_prop_tag(0x3001, types[i].code)), ==,
                        types[i].code != 0);
        g_assert_cmpint(tw_prop_tag_is_storable(tw_prop_tag(0x3001, types[i].code | 0x1000)), ==,
                        types[i].multi);
        g_assert_false(tw_prop_tag_is_storable(tw_prop_tag(0x3001, types[i].code | 0x2000)));
        g_assert_false(tw_prop_tag_is_storable(tw_prop_tag(0x3001, types[i].code | 0x3000)));
    }
    for (guint code = 0; code <= 0xffff; code++)
        known += (code & 0x3000) == 0 && tw_prop_type_info(code) != NULL;
    g_assert_cmpuint(known, ==, G_N_ELEMENTS(types));
    g_assert_false(tw_prop_tag_is_storable(0x0000001f));
    g_assert_false(tw_prop_tag_is_storable(0xffff001f));
    g_assert_true(tw_prop_tag_is_storable(0xfffe001f));
}

static void
test_multi_codes(void)
{
    static const guint codes[][2] = {
        { TW_PT_MV_I2, 0x1002 },      { TW_PT_MV_LONG, 0x1003 },     { TW_PT_MV_R4, 0x1004 },
        { TW_PT_MV_DOUBLE, 0x1005 },  { TW_PT_MV_CURRENCY, 0x1006 }, { TW_PT_MV_APPTIME, 0x1007 },
        { TW_PT_MV_I8, 0x1014 },      { TW_PT_MV_STRING8, 0x101E },  { TW_PT_MV_UNICODE, 0x101F },
        { TW_PT_MV_SYSTIME, 0x1040 }, { TW_PT_MV_CLSID, 0x1048 },    { TW_PT_MV_BINARY, 0x1102 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(codes); i++)
        g_assert_cmphex(codes[i][0], ==, codes[i][1]);
}

static void
test_tags(void)
{
    guint32 tag = tw_prop_tag(0x3701, TW_PT_MV_BINARY);

    g_assert_cmphex(tag, ==, 0x37011102);
    g_assert_cmphex(tw_prop_tag_id(tag), ==, 0x3701);
    g_assert_cmphex(tw_prop_tag_type(tag), ==, 0x1102);
    g_assert_cmphex(tw_prop_tag_base_type(tag), ==, TW_PT_BINARY);
    g_assert_true(tw_prop_tag_is_multi(tag));
    g_assert_false(tw_prop_tag_is_instance(tag));
    g_assert_true(tw_prop_tag_is_instance(tag | TW_PT_MVI_FLAG));
    g_assert_false(tw_prop_tag_is_multi(tag | TW_PT_MVI_FLAG));
    g_assert_cmphex(tw_prop_tag_with_type(tag, TW_PT_OBJECT), ==, 0x3701000D);
    g_assert_true(tw_prop_tag_is_text(0x0037001E) && tw_prop_tag_is_text(0x0037101F));
    g_assert_false(tw_prop_tag_is_text(0x00370102));
}

/* spec/mailbox-layout.md 1, rules below the table */
static void
test_answers(void)
{
    static const struct {
        const char *name;
        guint32 stored, asked;
        gboolean answer;
    } cases[] = {
        { "same", 0x0037001F, 0x0037001F, TRUE },
        { "8-bit for Unicode", 0x0037001E, 0x0037001F, TRUE },
        { "Unicode for 8-bit", 0x0037001F, 0x0037001E, TRUE },
        { "lists of both", 0x0037101F, 0x0037101E, TRUE },
        { "any type", 0x0E080003, 0x0E080000, TRUE },
        { "another type", 0x0E080003, 0x0E080014, FALSE },
        { "another id", 0x0E080003, 0x0E090003, FALSE },
        { "list for one", 0x0037101F, 0x0037001F, FALSE },
        { "one for list", 0x0037001F, 0x0037101F, FALSE },
        { "list for instance", 0x0037101F, 0x0037301F, TRUE },
        { "list for instance, other text", 0x0037101E, 0x0037301F, TRUE },
        { "one for instance", 0x0037001F, 0x0037301F, FALSE },
        { "error for text", 0x0037000A, 0x0037001F, FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        g_assert_cmpint(tw_prop_tag_answers(cases[i].stored, cases[i].asked), ==, cases[i].answer);
    }
}

/* spec/mailbox-layout.md 2.1 */
static void
test_ranges(void)
{
    static const struct {
        guint first, last;
        TwTransmitted transmitted;
    } cases[] = {
        { 0x0001, 0x0BFF, TW_TRANSMITTED_YES },    { 0x0C00, 0x0DFF, TW_TRANSMITTED_NO },
        { 0x0E00, 0x0FFF, TW_TRANSMITTED_NO },     { 0x1000, 0x2FFF, TW_TRANSMITTED_YES },
        { 0x3000, 0x33FF, TW_TRANSMITTED_UNSAID }, { 0x3400, 0x35FF, TW_TRANSMITTED_UNSAID },
        { 0x3600, 0x36FF, TW_TRANSMITTED_UNSAID }, { 0x3700, 0x38FF, TW_TRANSMITTED_UNSAID },
        { 0x3900, 0x39FF, TW_TRANSMITTED_UNSAID }, { 0x3A00, 0x3BFF, TW_TRANSMITTED_UNSAID },
        { 0x3C00, 0x3CFF, TW_TRANSMITTED_UNSAID }, { 0x3D00, 0x3DFF, TW_TRANSMITTED_UNSAID },
        { 0x3E00, 0x3FFF, TW_TRANSMITTED_UNSAID }, { 0x4000, 0x57FF, TW_TRANSMITTED_YES },
        { 0x5800, 0x5FFF, TW_TRANSMITTED_NO },     { 0x6000, 0x65FF, TW_TRANSMITTED_NO },
        { 0x6600, 0x67FF, TW_TRANSMITTED_NO },     { 0x6800, 0x7BFF, TW_TRANSMITTED_YES },
        { 0x7C00, 0x7FFF, TW_TRANSMITTED_NO },     { 0x8000, 0xFFFE, TW_TRANSMITTED_YES },
    };
    guint next = 1;

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const TwPropRange *range = tw_prop_range(cases[i].first);

        g_assert_cmphex(cases[i].first, ==, next); /* no gap, no overlap */
        g_assert_nonnull(range);
        g_assert_cmphex(range->first, ==, cases[i].first);
        g_assert_cmphex(range->last, ==, cases[i].last);
        g_assert_cmpint(range->transmitted, ==, cases[i].transmitted);
        g_assert_true(tw_prop_range(cases[i].last) == range);
        next = cases[i].last + 1;
    }
    g_assert_null(tw_prop_range(0));
    g_assert_null(tw_prop_range(0xffff));
    g_assert_false(tw_prop_id_is_named(0x7fff) || tw_prop_id_is_named(0xffff));
    g_assert_true(tw_prop_id_is_named(0x8000) && tw_prop_id_is_named(0xfffe));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oxcdata/2.11.1/types", test_types);
    g_test_add_func("/oxcdata/2.11.1/multi-valued", test_multi_codes);
    g_test_add_func("/oxcdata/2.9/tags", test_tags);
    g_test_add_func("/mailbox-layout/1/answers", test_answers);
    g_test_add_func("/mailbox-layout/2.1/ranges", test_ranges);
    return g_test_run();
}
