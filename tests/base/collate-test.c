/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/collate.h"

static int
by_key(const TwCollator *collator, const char *a, const char *b)
{
    g_auto(TwBuffer) a_key = TW_BUFFER_INIT(1000), b_key = TW_BUFFER_INIT(1000);
    int order;

    g_assert_true(tw_collator_put_key(collator, a, strlen(a), &a_key));
    g_assert_true(tw_collator_put_key(collator, b, strlen(b), &b_key));
    order = memcmp(a_key.data, b_key.data, MIN(a_key.len, b_key.len));
    return order != 0 ? (order > 0) - (order < 0)
                      : (a_key.len > b_key.len) - (a_key.len < b_key.len);
}

static void
test_order(void)
{
    static const struct {
        const char *locale, *a, *b;
        int order;
    } cases[] = {
        { "root", "a", "B", -1 },
        { "root", "a", "a", 0 },
        { "root", "", "a", -1 },
        { "de_DE.UTF-8", "\xc3\xa4", "z", -1 },
        { "sv", "\xc3\xa4", "z", 1 }, /* the Swedish alphabet ends in it */
        { "sv_SE", "\xc3\xa4", "z", 1 },
        { "no such locale", "\xc3\xa4", "z", -1 },
        { "", "\xc3\xa4", "z", -1 },
        { "root", "u\xcc\x88", "\xc3\xbc", 0 },
        { "root", "a\xff", "a\xef\xbf\xbd", 0 },
    };
    g_autoptr(TwCollations) collations = tw_collations_new();

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const TwCollator *collator = tw_collations_get(collations, cases[i].locale);

        g_test_message("%s", cases[i].locale);
        g_assert_cmpint(by_key(collator, cases[i].a, cases[i].b), ==, cases[i].order);
        g_assert_cmpint(tw_collator_compare(collator, cases[i].a, strlen(cases[i].a), cases[i].b,
                                            strlen(cases[i].b)),
                        ==, cases[i].order);
    }
}

static void
test_limits(void)
{
    g_autoptr(TwCollations) collations = tw_collations_new();
    const TwCollator *root = tw_collations_get(collations, "root");
    g_autofree char *name = g_strnfill(TW_COLLATE_MOST_LOCALE + 1, 'x');
    g_autofree char *text = g_strnfill(TW_COLLATE_MOST_TEXT + 1, 'x');
    g_auto(TwBuffer) tight = TW_BUFFER_INIT(1);

    g_assert_true(tw_collations_get(collations, name) == root);
    for (int i = 0; i < TW_COLLATE_MOST_LOCALES + 10; i++) {
        g_autofree char *invented = g_strdup_printf("de_X%03d", i);

        g_assert_true((tw_collations_get(collations, invented) == root) ==
                      (i >= TW_COLLATE_MOST_LOCALES - 1));
    }
    g_assert_true(tw_collations_get(collations, "de_X001") ==
                  tw_collations_get(collations, "de_X001"));
    g_assert_cmpint(
        tw_collator_compare(root, text, TW_COLLATE_MOST_TEXT + 1, text, TW_COLLATE_MOST_TEXT), ==,
        0);
    g_assert_cmpint(
        tw_collator_compare(root, text, TW_COLLATE_MOST_TEXT - 1, text, TW_COLLATE_MOST_TEXT), <,
        0);
    g_assert_false(tw_collator_put_key(root, "abc", 3, &tight));
}

static gpointer
use_many(gpointer data)
{
    static const char *const locales[] = { "de", "sv", "fr", "root", "pl", "nb" };

    for (guint i = 0; i < 300; i++) {
        const TwCollator *collator = tw_collations_get(data, locales[i % G_N_ELEMENTS(locales)]);

        g_assert_cmpint(by_key(collator, "a", "b"), ==, -1);
    }
    return NULL;
}

static void
test_threads(void)
{
    g_autoptr(TwCollations) collations = tw_collations_new();
    GThread *threads[4];

    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("collate", use_many, collations);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/collate/order", test_order);
    g_test_add_func("/base/collate/limits", test_limits);
    g_test_add_func("/base/collate/threads", test_threads);
    return g_test_run();
}
