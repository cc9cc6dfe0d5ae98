/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/guid.h"

#include "mapi/assert-bytes.h"

/* spec/mapi-soap.md 5.7: printed form and bytes side by side. */
typedef struct {
    const char *printed;
    guint8 bytes[TW_GUID_LEN];
} Case;

static const Case cases[] = {
    { "3C253DCA-D227-443C-94FE-425FAB958C19",
      { 0xca, 0x3d, 0x25, 0x3c, 0x27, 0xd2, 0x3c, 0x44, 0x94, 0xfe, 0x42, 0x5f, 0xab, 0x95, 0x8c,
        0x19 } },
    { "50A921AC-D340-48EE-B319-FBA753304425",
      { 0xac, 0x21, 0xa9, 0x50, 0x40, 0xd3, 0xee, 0x48, 0xb3, 0x19, 0xfb, 0xa7, 0x53, 0x30, 0x44,
        0x25 } },
    { "00020329-0000-0000-C000-000000000046",
      { 0x29, 0x03, 0x02, 0x00, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46 } },
};

static void
test_both_ways(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwGuid guid = tw_guid_from_bytes(cases[i].bytes), parsed;
        g_autofree char *text = tw_guid_to_string(&guid);
        g_autofree char *braced = g_strdup_printf("{%s}", text);
        g_autofree char *lower = g_ascii_strdown(text, -1);

        g_assert_cmpstr(text, ==, cases[i].printed);
        g_assert_true(tw_guid_parse(text, strlen(text), &parsed));
        g_assert_true(tw_guid_equal(&parsed, &guid));
        g_assert_true(tw_guid_parse(braced, strlen(braced), &parsed));
        g_assert_true(tw_guid_parse(lower, strlen(lower), &parsed));
        g_assert_true(tw_guid_equal(&parsed, &guid));
        g_assert_cmpuint(tw_guid_hash(&parsed), ==, tw_guid_hash(&guid));
    }
}

static void
test_init(void)
{
    static const TwGuid guid =
        TW_GUID_INIT(0x3c253dcau, 0xd227, 0x443c, 0x94, 0xfe, 0x42, 0x5f, 0xab, 0x95, 0x8c, 0x19);

    assert_bytes_equal(guid.bytes, sizeof guid.bytes, cases[0].bytes, sizeof cases[0].bytes);
    g_assert_false(tw_guid_is_zero(&guid));
}

static void
test_bad(void)
{
    static const char *const bad[] = {
        "",
        "{}",
        "3C253DCA-D227-443C-94FE-425FAB958C1",
        "3C253DCA-D227-443C-94FE-425FAB958C199",
        "3C253DCA-D227-443C-94FE-425FAB958C1G",
        "3C253DCAD227-443C-94FE-425FAB958C19-",
        "{3C253DCA-D227-443C-94FE-425FAB958C19",
        "(3C253DCA-D227-443C-94FE-425FAB958C19)",
    };
    TwGuid guid = { { 1 } };

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        gsize len = strlen(bad[i]);
        g_autofree char *input = g_memdup2(bad[i], len);
        g_assert_false(tw_guid_parse(input, len, &guid));
    }
    g_assert_cmpuint(guid.bytes[0], ==, 1);
}

static void
test_compare(void)
{
    TwGuid a = tw_guid_from_bytes(cases[0].bytes), b = tw_guid_from_bytes(cases[1].bytes), zero;

    memset(&zero, 0, sizeof zero);
    g_assert_cmpint(tw_guid_compare(&a, &b), >, 0);
    g_assert_cmpint(tw_guid_compare(&b, &a), <, 0);
    g_assert_cmpint(tw_guid_compare(&a, &a), ==, 0);
    g_assert_true(tw_guid_is_zero(&zero));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guid/both-ways", test_both_ways);
    g_test_add_func("/guid/init", test_init);
    g_test_add_func("/guid/bad", test_bad);
    g_test_add_func("/guid/compare", test_compare);
    return g_test_run();
}
