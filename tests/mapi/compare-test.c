/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/compare.h"

#include <math.h>

#include "mapi/assert-bytes.h"

#define ID 0x6601u

static void
test_fold(void)
{
    static const struct {
        const char *name, *text;
        guint flags;
        const char *folded;
    } cases[] = {
        { "nothing", "", 3, "" },
        { "as it is", "\xc3\x84 B", 0, "\xc3\x84 B" },
        { "ASCII", "Hello W\xc3\x96RLD", TW_FOLD_CASE, "hello w\xc3\xb6rld" },
        { "only ASCII", "ABC[xyz]", TW_FOLD_CASE, "abc[xyz]" },
        { "case kept",
          "\xc3\x84"
          "B",
          TW_FOLD_MARKS, "AB" },
        { "both",
          "\xc3\x84"
          "B\xc5\x9a",
          3, "abs" },
        { "two marks", "\xe1\xba\xa4", 3, "a" }, /* A, circumflex, acute */
        { "decomposed is composed", "A\xcc\x88", TW_FOLD_CASE, "\xc3\xa4" },
        { "decomposed loses marks", "A\xcc\x88", 3, "a" },
        { "marks in another order", "a\xcc\xa3\xcc\x82", TW_FOLD_CASE, "\xe1\xba\xad" },
        { "marks in the other order", "a\xcc\x82\xcc\xa3", TW_FOLD_CASE, "\xe1\xba\xad" },
        { "Greek, final sigma", "\xce\xa3\xcf\x82", TW_FOLD_CASE, "\xcf\x83\xcf\x83" },
        { "Cyrillic", "\xd0\x96", TW_FOLD_CASE, "\xd0\xb6" },
        { "short i loses its breve", "\xd0\x99", 3, "\xd0\xb8" },
        { "sharp s stays", "\xc3\x9f\xe1\xba\x9e", TW_FOLD_CASE, "\xc3\x9f\xc3\x9f" },
        { "Hangul stays", "\xea\xb0\x81", TW_FOLD_CASE, "\xea\xb0\x81" },
        { "Han", "\xe4\xb8\xad\xe6\x96\x87", 3, "\xe4\xb8\xad\xe6\x96\x87" },
        { "grows", "\xc8\xba\xc8\xba\xc8\xba\xc8\xba", TW_FOLD_CASE,
          "\xe2\xb1\xa5\xe2\xb1\xa5\xe2\xb1\xa5\xe2\xb1\xa5" },
        { "not UTF-8", "A\xe9Z", TW_FOLD_CASE, "a\xe9z" },
        { "cut short", "A\xc3", TW_FOLD_CASE, "a\xc3" },
        { "cut short by two", "A\xe0\xbc", 3, "a\xe0\xbc" },
        { "cut short by three", "A\xf0", 3, "a\xf0" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].text);
        g_autofree char *input = g_memdup2(cases[i].text, len);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(1024);

        g_test_message("%s", cases[i].name);
        tw_buffer_put(&out, "x", 1); /* what is there stays */
        tw_text_fold(input, len, cases[i].flags, &out);
        g_assert_cmpint(out.data[0], ==, 'x');
        assert_bytes_equal(out.data + 1, out.len - 1, cases[i].folded, strlen(cases[i].folded));
    }
}

/* The short way and the long way over GLib's tables agree on every character that has both. */
static void
test_fold_ways_agree(void)
{
    for (gunichar c = 0x20; c < 0x20000; c++) {
        for (guint flags = 1; flags <= 3; flags++) {
            g_auto(TwBuffer) alone = TW_BUFFER_INIT(64), beside = TW_BUFFER_INIT(64);
            char bytes[16];
            gsize len;

            if (!g_unichar_validate(c) || g_unichar_combining_class(c) != 0 ||
                g_unichar_ismark(c) || (c >= 0x1100 && c < 0x1200))
                continue;
            len = (gsize) g_unichar_to_utf8(c, bytes);
            tw_text_fold(bytes, len, flags, &alone);
            /* Tibetan OM is in none of the ranges of the short way */
            memcpy(bytes + len, "\xe0\xbc\x80", 3);
            tw_text_fold(bytes, len + 3, flags, &beside);
            tw_buffer_put(&alone, "\xe0\xbc\x80", 3);
            if (alone.len != beside.len || memcmp(alone.data, beside.data, alone.len) != 0)
                g_error("U+%04X with flags %u", c, flags);
        }
    }
}

static void
test_text(void)
{
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        { "", "", 0 },
        { "a", "", 1 },
        { "abc", "ABC", 0 },
        { "abc", "abd", -1 },
        { "abc", "ab", 1 },
        { "B", "a", 1 },
        { "\xc3\x84", "\xc3\xa4", 0 },
        { "\xc3\x84", "a\xcc\x88", 0 },
        { "z", "\xc3\xa4", -1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize a_len = strlen(cases[i].a), b_len = strlen(cases[i].b);
        int order = tw_text_compare(NULL, cases[i].a, a_len, cases[i].b, b_len);
        int back = tw_text_compare(NULL, cases[i].b, b_len, cases[i].a, a_len);

        g_assert_cmpint((order > 0) - (order < 0), ==, cases[i].order);
        g_assert_cmpint((back > 0) - (back < 0), ==, -cases[i].order);
    }
}

static void
test_values(void)
{
    static const guint8 guids[][16] = {
        { 0, 0, 0, 1, 0, 0, 0, 0, 0 }, /* first field 0x01000000 */
        { 2, 0, 0, 0, 9, 0, 0, 0, 0 }, /* first field 2 */
    };
    const struct {
        const char *name;
        TwPropValue a, b;
        guint flags;
        int order;
    } cases[] = {
        { "I2", tw_value_i2(tw_prop_tag(ID, TW_PT_I2), -1),
          tw_value_i2(tw_prop_tag(ID, TW_PT_I2), 1), 0, -1 },
        { "LONG is signed", tw_value_long(tw_prop_tag(ID, TW_PT_LONG), 0xffffffffu),
          tw_value_long(tw_prop_tag(ID, TW_PT_LONG), 1), 0, -1 },
        { "LONG in sorts is not", tw_value_long(tw_prop_tag(ID, TW_PT_LONG), 0xffffffffu),
          tw_value_long(tw_prop_tag(ID, TW_PT_LONG), 1), TW_COMPARE_UNSIGNED, 1 },
        { "I8 is signed", tw_value_i8(tw_prop_tag(ID, TW_PT_I8), -1),
          tw_value_i8(tw_prop_tag(ID, TW_PT_I8), 1), 0, -1 },
        { "I8 in sorts is not", tw_value_i8(tw_prop_tag(ID, TW_PT_I8), -1),
          tw_value_i8(tw_prop_tag(ID, TW_PT_I8), 1), TW_COMPARE_UNSIGNED, 1 },
        { "CURRENCY is signed always", tw_value_i8(tw_prop_tag(ID, TW_PT_CURRENCY), -1),
          tw_value_i8(tw_prop_tag(ID, TW_PT_CURRENCY), 1), TW_COMPARE_UNSIGNED, -1 },
        { "ERROR", tw_value_long(tw_prop_tag(ID, TW_PT_ERROR), 0x8004010fu),
          tw_value_long(tw_prop_tag(ID, TW_PT_ERROR), 1), 0, 1 },
        { "NULL", tw_value_null(tw_prop_tag(ID, TW_PT_NULL)),
          tw_value_null(tw_prop_tag(ID, TW_PT_NULL)), 0, 0 },
        { "BOOLEAN", tw_value_bool(tw_prop_tag(ID, TW_PT_BOOLEAN), FALSE),
          tw_value_bool(tw_prop_tag(ID, TW_PT_BOOLEAN), TRUE), 0, -1 },
        { "R4", tw_value_r4(tw_prop_tag(ID, TW_PT_R4), 1.5f),
          tw_value_r4(tw_prop_tag(ID, TW_PT_R4), 1.25f), 0, 1 },
        { "no number first", tw_value_double(tw_prop_tag(ID, TW_PT_DOUBLE), (double) NAN),
          tw_value_double(tw_prop_tag(ID, TW_PT_DOUBLE), -1e300), 0, -1 },
        { "no number is no number", tw_value_double(tw_prop_tag(ID, TW_PT_DOUBLE), (double) NAN),
          tw_value_double(tw_prop_tag(ID, TW_PT_DOUBLE), (double) NAN), 0, 0 },
        { "minus zero", tw_value_double(tw_prop_tag(ID, TW_PT_APPTIME), -0.0),
          tw_value_double(tw_prop_tag(ID, TW_PT_APPTIME), 0.0), 0, 0 },
        { "GUID by field", tw_value_bytes(tw_prop_tag(ID, TW_PT_CLSID), guids[0], 16),
          tw_value_bytes(tw_prop_tag(ID, TW_PT_CLSID), guids[1], 16), 0, 1 },
        { "bytes", tw_value_bytes(tw_prop_tag(ID, TW_PT_BINARY), (const guint8 *) "ab", 2),
          tw_value_bytes(tw_prop_tag(ID, TW_PT_BINARY), (const guint8 *) "b", 1), 0, -1 },
        { "bytes, then length",
          tw_value_bytes(tw_prop_tag(ID, TW_PT_BINARY), (const guint8 *) "ab", 2),
          tw_value_bytes(tw_prop_tag(ID, TW_PT_BINARY), (const guint8 *) "a", 1), 0, 1 },
        { "both types of text", tw_value_str(tw_prop_tag(ID, TW_PT_UNICODE), "A"),
          tw_value_str(tw_prop_tag(ID, TW_PT_STRING8), "a"), 0, 0 },
        { "lists, second item",
          tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_I2), (const guint8 *) "\1\0\2\0", 4),
          tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_I2), (const guint8 *) "\1\0\3\0", 4), 0, -1 },
        { "lists, count",
          tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_I2), (const guint8 *) "\1\0\2\0", 4),
          tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_I2), (const guint8 *) "\1\0", 2), 0, 1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        int order = tw_value_compare(&cases[i].a, &cases[i].b, NULL, cases[i].flags);
        int back = tw_value_compare(&cases[i].b, &cases[i].a, NULL, cases[i].flags);

        g_test_message("%s", cases[i].name);
        g_assert_true(tw_value_comparable(cases[i].a.tag, cases[i].b.tag));
        g_assert_cmpint((order > 0) - (order < 0), ==, cases[i].order);
        g_assert_cmpint((back > 0) - (back < 0), ==, -cases[i].order);
    }
    g_assert_false(tw_value_comparable(0x66010003, 0x66010014));
    g_assert_true(tw_value_comparable(0x6601101E, 0x6601001F));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi/compare/fold", test_fold);
    g_test_add_func("/mapi/compare/fold-ways-agree", test_fold_ways_agree);
    g_test_add_func("/mapi/compare/text", test_text);
    g_test_add_func("/mailbox-layout/27.1/values", test_values);
    return g_test_run();
}
