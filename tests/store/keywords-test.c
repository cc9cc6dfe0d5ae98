/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/keywords.h"

#include "base/error.h"
#include "mapi/assert-bytes.h"

static void
test_names(void)
{
    static const struct {
        const char *name;
        int number; /* -1: refused as INVALID */
    } cases[] = {
        { "$Forwarded", 0 }, { "Work", 1 },         { "WORK", 1 },
        { "work", 1 },       { "\xc3\x84rger", 2 }, { "\xc3\xa4RGER", 2 },
        { "arger", 3 },      { "two words", 4 },    { "", -1 },
        { " x", -1 },        { "x ", -1 },          { "a\tb", -1 },
        { "\xff", -1 },      { "a\x7f", -1 },
    };
    g_autoptr(TwKeywords) keywords = tw_keywords_new();

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(tw_keywords_add(keywords, cases[i].name, &error), ==, cases[i].number);
        if (cases[i].number < 0)
            g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        g_assert_cmpint(tw_keywords_find(keywords, cases[i].name), ==, cases[i].number);
    }
    g_assert_cmpstr(tw_keywords_get_name(keywords, 1), ==, "Work");
    g_assert_null(tw_keywords_get_name(keywords, 5));
    g_assert_cmpint(tw_keywords_find(keywords, "unheard"), ==, -1);
}

static void
test_limits(void)
{
    g_autoptr(TwKeywords) keywords = tw_keywords_new();
    g_autoptr(TwKeywords) again = NULL;
    g_autofree char *longest = g_strnfill(TW_KEYWORDS_MAX_NAME, 'k');
    g_autofree char *longer = g_strnfill(TW_KEYWORDS_MAX_NAME + 1, 'k');
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;

    g_assert_cmpint(tw_keywords_add(keywords, longest, NULL), ==, 0);
    g_assert_cmpint(tw_keywords_add(keywords, longer, &error), ==, -1);
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    for (guint i = 1; i < TW_KEYWORDS_MAX_COUNT; i++) {
        g_autofree char *name = g_strdup_printf("%u", i);
        g_assert_cmpint(tw_keywords_add(keywords, name, NULL), ==, (int) i);
    }
    g_assert_cmpint(tw_keywords_add(keywords, "one more", &error), ==, -1);
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    bytes = tw_keywords_write(keywords);
    again = tw_keywords_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL);
    g_assert_cmpuint(tw_keywords_count(again), ==, TW_KEYWORDS_MAX_COUNT);
    g_assert_cmpstr(tw_keywords_get_name(again, 4095), ==, "4095");
}

static void
test_format(void)
{
    static const struct {
        const char *bytes;
        gsize len;
        int code; /* -1: good */
    } cases[] = {
        { "\1\0\2\0\1a\2bc", 9, -1 },
        { "\1\0\0\0", 4, -1 },
        { "", 0, -1 },
        { "\2\0\0\0", 4, TW_ERROR_UNSUPPORTED },
        { "\1\1\0\0", 4, TW_ERROR_CORRUPT },
        { "\1\0\2\0\1a\1A", 8, TW_ERROR_CORRUPT }, /* twice */
        { "\1\0\1\0\0", 5, TW_ERROR_CORRUPT },     /* no name */
        { "\1\0\1\0\1\0", 6, TW_ERROR_CORRUPT },
        { "\1\0\1\0\1a ", 7, TW_ERROR_CORRUPT },
        { "\1\0\1\x10\1a", 6, TW_ERROR_CORRUPT },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *input = g_memdup2(cases[i].bytes, cases[i].len);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwKeywords) keywords = tw_keywords_parse(input, cases[i].len, &error);

        if (cases[i].code >= 0) {
            g_assert_error(error, TW_ERROR, cases[i].code);
            continue;
        }
        g_assert_no_error(error);
        if (cases[i].len > 0) {
            g_autoptr(GBytes) bytes = tw_keywords_write(keywords);
            assert_bytes_equal(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), input,
                               cases[i].len);
        }
        for (gsize cut = 1; cut < cases[i].len; cut++) {
            g_autofree guint8 *part = g_memdup2(cases[i].bytes, cut);
            g_assert_null(tw_keywords_parse(part, cut, NULL));
        }
    }
}

static void
test_sets(void)
{
    TwKeywordSet set = { 0 };

    g_assert_true(tw_keyword_set_add(&set, 63));
    g_assert_true(tw_keyword_set_add(&set, 0));
    g_assert_cmphex(set.map, ==, 0x8000000000000001);
    for (guint i = 0; i < TW_KEYWORDS_MAX_OVERFLOW;
         i++) /* from above, so that order is made here */
        g_assert_true(tw_keyword_set_add(&set, 64 + TW_KEYWORDS_MAX_OVERFLOW - 1 - i));
    g_assert_true(tw_keyword_set_add(&set, 64)); /* is there */
    g_assert_false(tw_keyword_set_add(&set, 200));
    for (guint i = 0; i < TW_KEYWORDS_MAX_OVERFLOW; i++)
        g_assert_cmpuint(set.overflow[i], ==, 64 + i);
    g_assert_true(tw_keyword_set_remove(&set, 70));
    g_assert_false(tw_keyword_set_remove(&set, 70));
    g_assert_false(tw_keyword_set_has(&set, 70));
    g_assert_true(tw_keyword_set_has(&set, 71) && tw_keyword_set_has(&set, 63));
    g_assert_true(tw_keyword_set_remove(&set, 63));
    g_assert_cmphex(set.map, ==, 1);
    g_assert_true(tw_keyword_set_add(&set, 200));
}

static void
test_categories(void)
{
    static const char *const names[] = { " Work ", "", "work", "Home" };
    g_autoptr(TwKeywords) keywords = tw_keywords_new();
    guint32 tag = tw_prop_tag(0x8233, TW_PT_MV_UNICODE);
    g_auto(TwListBuilder) list = { 0 };
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(10000), out = TW_BUFFER_INIT(10000);
    TwPropValue value, item, other = tw_value_str(0x0037001F, "Work");
    TwKeywordSet set = { 0 };

    tw_list_builder_init(&list, tag);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        tw_list_builder_add(&list, names[i], strlen(names[i]));
    g_assert_true(tw_list_builder_finish(&list, &packed, &value, NULL));
    g_assert_false(tw_keywords_to_categories(keywords, &set, tag, &out, &item));
    g_assert_true(tw_keywords_from_categories(keywords, &value, &set, NULL));
    g_assert_cmphex(set.map, ==, 3);
    g_assert_true(tw_keywords_to_categories(keywords, &set, tag, &out, &value));
    g_assert_cmpuint(tw_value_count(&value), ==, 2);
    g_assert_true(tw_value_item(&value, 1, &item));
    g_assert_cmpstr(item.text, ==, "Home");
    g_assert_false(tw_keywords_from_categories(keywords, &other, &set, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/keywords/names", test_names);
    g_test_add_func("/store/keywords/limits", test_limits);
    g_test_add_func("/store/keywords/format", test_format);
    g_test_add_func("/store/keywords/sets", test_sets);
    g_test_add_func("/store/keywords/categories", test_categories);
    return g_test_run();
}
