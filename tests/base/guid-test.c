/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/guid.h"

#include "base/random.h"

/* PS_PUBLIC_STRINGS, as MS-OXPROPS prints it and as it is on the wire. */
static const TwGuid public_strings = TW_GUID_INIT(0x00020329u, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46);

static void
test_forms(void)
{
    static const char *const forms[] = {
        [TW_GUID_PLAIN] = "00020329-0000-0000-c000-000000000046",
        [TW_GUID_BRACED] = "{00020329-0000-0000-C000-000000000046}",
        [TW_GUID_HEX] = "2903020000000000c000000000000046",
    };
    TwGuid fields = TW_GUID_INIT(0x01020304u, 0x0506, 0x0708, 9, 10, 11, 12, 13, 14, 15, 16);
    char text[TW_GUID_TEXT_SIZE];

    tw_guid_print(&fields, TW_GUID_PLAIN, text);
    g_assert_cmpstr(text, ==, "01020304-0506-0708-090a-0b0c0d0e0f10");
    for (TwGuidForm form = TW_GUID_PLAIN; form <= TW_GUID_HEX; form++) {
        g_autofree char *input = g_memdup2(forms[form], strlen(forms[form]));
        TwGuid back;

        tw_guid_print(&public_strings, form, text);
        g_assert_cmpstr(text, ==, forms[form]);
        g_assert_true(tw_guid_parse(input, strlen(forms[form]), &back));
        g_assert_true(tw_guid_equal(&back, &public_strings));
        g_assert_cmpuint(tw_guid_hash(&back), ==, tw_guid_hash(&public_strings));
    }
}

static void
test_refused(void)
{
    static const char good[] = "{00020329-0000-0000-C000-000000000046}";
    static const char *const bad[] = {
        "(00020329-0000-0000-C000-000000000046)", "{00020329-0000-0000-C000-000000000046",
        "00020329-0000-0000-C000-000000000046}",  "00020329000000000C00-0000-00000000046",
        "0002032g-0000-0000-c000-000000000046",   "00020329 0000-0000-c000-000000000046",
        "2903020000000000c00000000000004x",       "+903020000000000c000000000000046",
    };
    TwGuid guid = public_strings;

    for (gsize cut = 0; cut < sizeof good - 1; cut++) {
        g_autofree char *input = g_memdup2(good, cut);

        g_assert_false(tw_guid_parse(input, cut, &guid));
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *input = g_memdup2(bad[i], strlen(bad[i]));

        g_test_message("%s", bad[i]);
        g_assert_false(tw_guid_parse(input, strlen(bad[i]), &guid));
    }
    g_assert_true(tw_guid_equal(&guid, &public_strings));
}

static void
test_order(void)
{
    static const guint8 bytes[][TW_GUID_LEN] = { { 0x29, 3, 2 }, { 0x29, 3, 2, 0, 0x80 } };
    TwGuid a = tw_guid_from_bytes(bytes[0]), b = tw_guid_from_bytes(bytes[1]);

    g_assert_true(memcmp(b.bytes, bytes[1], sizeof bytes[1]) == 0);
    g_assert_cmpint(tw_guid_compare(&a, &b), <, 0);
    g_assert_cmpint(tw_guid_compare(&b, &a), >, 0);
    g_assert_cmpint(tw_guid_compare(&a, &a), ==, 0);
}

static void
test_random(void)
{
    TwGuid a, b, zero = { { 0 } };
    char text[TW_GUID_TEXT_SIZE];

    tw_guid_random(&a);
    tw_guid_random(&b);
    g_assert_false(tw_guid_equal(&a, &b));
    g_assert_false(tw_guid_is_zero(&a));
    g_assert_true(tw_guid_is_zero(&zero));
    tw_guid_print(&a, TW_GUID_PLAIN, text);
    g_assert_cmpint(text[14], ==, '4');
    g_assert_nonnull(strchr("89ab", text[19]));
    g_assert_cmpuint(tw_random_u64(), !=, tw_random_u64());
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/guid/forms", test_forms);
    g_test_add_func("/base/guid/refused", test_refused);
    g_test_add_func("/base/guid/order", test_order);
    g_test_add_func("/base/guid/random", test_random);
    return g_test_run();
}
