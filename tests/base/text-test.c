/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/text.h"

#include <string.h>

#include "base/error.h"

static void
test_name_keys(void)
{
    static const struct {
        const char *name, *key;
    } cases[] = {
        { "", "" },
        { "INBOX", "inbox" },
        { "Gr\xc3\xbc\xc3\x9f"
          "E",
          "gr\xc3\xbcsse" },
        { "Gru\xcc\x88SSE", "gr\xc3\xbcsse" }, /* the same, decomposed */
        { "\xce\xa3\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82",
          "\xcf\x83\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x83" }, /* both small sigmas */
        { "\xef\xac\x81", "fi" },
        { "\xe2\x84\xab", "\xc3\xa5" },             /* the Angstrom sign */
        { "\xf0\x90\x90\x80", "\xf0\x90\x90\xa8" }, /* Deseret, past 16 bits */
        { "\xe6\xbc\xa2\xe5\xad\x97", "\xe6\xbc\xa2\xe5\xad\x97" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].name);
        g_autofree char *input = g_memdup2(cases[i].name, len);
        g_autofree char *key = tw_text_name_key(input, len, NULL);

        g_assert_cmpstr(key, ==, cases[i].key);
    }
}

/* The key of a key is itself: for every character, alone and before a mark that decomposes or reorders. */
static void
test_keys_are_stable(void)
{
    static const char *const marks[] = { "", "\xcc\x88", "\xcd\x85", "\xcc\xa7\xcc\x81" };

    for (gunichar c = 1; c <= 0x1ffff; c++) {
        char text[16];

        if (c >= 0xd800 && c < 0xe000)
            continue;
        for (guint m = 0; m < (c < 0x3000 ? G_N_ELEMENTS(marks) : 1); m++) {
            g_autofree char *once = NULL, *twice = NULL;

            text[g_unichar_to_utf8(c, text)] = '\0';
            g_strlcat(text, marks[m], sizeof text);
            once = tw_text_name_key(text, strlen(text), NULL);
            twice = tw_text_name_key(once, strlen(once), NULL);
            if (strcmp(once, twice) != 0)
                g_error("U+%04X, mark %u", c, m);
        }
    }
}

static void
test_refused(void)
{
    g_autofree char *name = g_strnfill(TW_TEXT_MOST_NAME + 1, 'x');
    g_autofree char *key = tw_text_name_key(name, TW_TEXT_MOST_NAME, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(strlen(key), ==, TW_TEXT_MOST_NAME);
    g_assert_null(tw_text_name_key(name, TW_TEXT_MOST_NAME + 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    g_assert_null(tw_text_name_key("a\xff", 2, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_null(tw_text_nfc("a\0b", 3, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
}

static void
test_nfc(void)
{
    g_autofree char *plain = tw_text_nfc("abc", 2, NULL);
    g_autofree char *composed = tw_text_nfc("Gru\xcc\x88n", 6, NULL);

    g_assert_cmpstr(plain, ==, "ab");
    g_assert_cmpstr(composed, ==, "Gr\xc3\xbcn");
}

static void
test_patterns(void)
{
    enum {
        CASE = TW_TEXT_IGNORE_CASE,
        MARKS = TW_TEXT_IGNORE_NONSPACING
    };
    static const struct {
        const char *pattern, *text;
        guint flags;
        gboolean whole, prefix, substring;
    } cases[] = {
        { "", "", 0, TRUE, TRUE, TRUE },
        { "", "abc", CASE, FALSE, TRUE, TRUE },
        { "abc", "abc", 0, TRUE, TRUE, TRUE },
        { "abc", "aBc", 0, FALSE, FALSE, FALSE },
        { "abc", "aBc", CASE, TRUE, TRUE, TRUE },
        { "abc", "aBcd", CASE, FALSE, TRUE, TRUE },
        { "abc", "xaBc", CASE, FALSE, FALSE, TRUE },
        { "abc", "ab", CASE, FALSE, FALSE, FALSE },
        { "GR\xc3\x9cN", "gr\xc3\xbcn", CASE, TRUE, TRUE, TRUE },
        { "gru\xcc\x88n", "GR\xc3\x9cN", CASE, TRUE, TRUE, TRUE },
        { "grun", "GR\xc3\x9cN", CASE, FALSE, FALSE, FALSE },
        { "grun", "GR\xc3\x9cN", CASE | MARKS, TRUE, TRUE, TRUE },
        { "grun", "gr\xc3\xbcn", MARKS, TRUE, TRUE, TRUE },
        { "grun", "GR\xc3\x9cN", MARKS, FALSE, FALSE, FALSE },
        { "\xc3\xbc", "zu\xcc\x88", MARKS, FALSE, FALSE, TRUE },
        { "\xd0\xb6\xd0\xb8\xd1\x80", "\xd0\x96\xd0\x98\xd0\xa0\xd0\x90\xd0\xa4", CASE, FALSE, TRUE,
          TRUE },
        { "\xef\xbf\xbd", "a\xff", CASE, FALSE, FALSE, TRUE },
        { "\xff", "a\xff", 0, FALSE, FALSE, TRUE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gboolean expected[] = { cases[i].whole, cases[i].prefix, cases[i].substring };

        g_test_message("'%s' in '%s' with %u", cases[i].pattern, cases[i].text, cases[i].flags);
        for (TwTextMatch match = TW_TEXT_WHOLE; match <= TW_TEXT_SUBSTRING; match++) {
            gsize len = strlen(cases[i].text);
            g_autofree char *text = g_memdup2(cases[i].text, len);
            g_autoptr(TwTextPattern) pattern =
                tw_text_pattern_new(cases[i].pattern, strlen(cases[i].pattern), match,
                                    (TwTextFlags) cases[i].flags, NULL);

            g_assert_cmpint(tw_text_pattern_matches(pattern, text, len), ==, expected[match]);
        }
    }
}

/* A needle at every place about the border of two pieces, in text with and without ASCII. */
static void
test_long_texts(void)
{
    enum {
        LEN = 100000,
        BORDER = 32768
    };
    static const char needle[] = "Gir\xc3\xa4"
                                 "ffe";
    static const char *const fillers[] = { "leaf ", "\xe6\xbc\xa2\xe5\xad\x97" };
    g_autoptr(TwTextPattern) pattern =
        tw_text_pattern_new("GIR\xc3\x84"
                            "FFE",
                            8, TW_TEXT_SUBSTRING, TW_TEXT_IGNORE_CASE, NULL);
    g_autoptr(TwTextPattern) long_prefix = NULL;
    g_autoptr(GError) error = NULL;

    for (guint f = 0; f < G_N_ELEMENTS(fillers); f++) {
        gsize unit = strlen(fillers[f]);
        g_autofree char *text = g_malloc(LEN);

        for (gsize at = BORDER - 12; at < BORDER + 4; at++) {
            gsize start = at / unit * unit;

            for (gsize i = 0; i < LEN; i++)
                text[i] = fillers[f][i % unit];
            g_assert_false(tw_text_pattern_matches(pattern, text, LEN));
            memcpy(text + start, needle, sizeof needle - 1);
            g_assert_true(tw_text_pattern_matches(pattern, text, LEN));
        }
        long_prefix = tw_text_pattern_new(text, TW_TEXT_MOST_PATTERN / unit * unit, TW_TEXT_PREFIX,
                                          TW_TEXT_IGNORE_CASE, NULL);
        g_assert_true(tw_text_pattern_matches(long_prefix, text, LEN));
        g_assert_false(tw_text_pattern_matches(long_prefix, text + unit / 2, LEN - unit));
        g_clear_pointer(&long_prefix, tw_text_pattern_free);
        g_assert_null(tw_text_pattern_new(text, TW_TEXT_MOST_PATTERN + 1, TW_TEXT_PREFIX,
                                          TW_TEXT_EXACT, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
        g_clear_error(&error);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/text/name-keys", test_name_keys);
    g_test_add_func("/base/text/keys-are-stable", test_keys_are_stable);
    g_test_add_func("/base/text/refused", test_refused);
    g_test_add_func("/base/text/nfc", test_nfc);
    g_test_add_func("/base/text/rfc5051/patterns", test_patterns);
    g_test_add_func("/base/text/long", test_long_texts);
    return g_test_run();
}
