/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/collation.h"

#include "mapi/restriction.h"
#include "mapi/sort.h"

#define PR_SUBJECT 0x0037001Fu
#define PR_SUBJECT_A 0x0037001Eu

static int
sign(int order)
{
    return (order > 0) - (order < 0);
}

static gboolean
get_text(gpointer data, guint32 tag, TwPropValue *ret)
{
    if (tw_prop_tag_id(tag) != tw_prop_tag_id(PR_SUBJECT))
        return FALSE;
    *ret = tw_value_str(PR_SUBJECT, data);
    return TRUE;
}

static void /* NOLINTNEXTLINE(readability-non-const-parameter): lent as a gpointer */
put_sort_key(const TwSortOrder *order, char *text, const TwCollation *collation, TwBuffer *out)
{
    TwPropSource source = { get_text, NULL, text };
    TwSortRow row = { &source, 0 };

    tw_sort_make_key(order, &row, collation, out);
}

/* As a table compares, which must be as the keys of views compare. */
static int
sort_order(char *a, char *b, const TwCollation *collation)
{
    static const TwSortKey key = { PR_SUBJECT, TW_SORT_ASCENDING };
    TwPropSource sources[] = { { get_text, NULL, a }, { get_text, NULL, b } };
    TwSortRow rows[] = { { &sources[0], 0 }, { &sources[1], 0 } };
    g_auto(TwBuffer) a_key = TW_BUFFER_INIT(4096), b_key = TW_BUFFER_INIT(4096);
    TwSortOrder order;
    int by_value, by_key;

    g_assert_true(tw_sort_order_set(&key, 1, 0, 0, &order, NULL));
    by_value = sign(tw_sort_compare(&order, &rows[0], &rows[1], collation));
    put_sort_key(&order, a, collation, &a_key);
    put_sort_key(&order, b, collation, &b_key);
    by_key = sign(memcmp(a_key.data, b_key.data, MIN(a_key.len, b_key.len)));
    if (by_key == 0)
        by_key = (a_key.len > b_key.len) - (a_key.len < b_key.len);
    g_assert_cmpint(by_key, ==, by_value);
    return by_value;
}

static gboolean /* NOLINTNEXTLINE(readability-non-const-parameter): lent as a gpointer */
matches(char *text, const char *value, guint relop, const TwCollation *collation)
{
    g_auto(TwRestrictionBuilder) builder;
    g_autoptr(TwRestriction) restriction = NULL;
    TwPropSource source = { get_text, NULL, text };
    TwMatchContext context = { .collation = collation };
    TwPropValue wanted = tw_value_str(PR_SUBJECT, value);

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_property(&builder, relop, PR_SUBJECT, &wanted);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    g_assert_nonnull(restriction);
    return tw_restriction_match(restriction, &source, &context);
}

/* Texts of each row in their order. Locales by name, or by Windows' number where the name is NULL. */
static void
test_orders(void)
{
    static const struct {
        const char *name, *locale;
        guint32 lcid;
        const char *texts[7];
    } rows[] = {
        { "German", "de_DE.UTF-8", 0, { "Ag", "Ärger", "Azur", "Masse", "Maße", "Mast", "zu" } },
        { "German, dictionary", NULL, 0x0407, { "Ad", "Af", "Arg", "Ärger", "Az" } },
        { "German, phone book", NULL, 0x10407, { "Ad", "Ärger", "Af", "Arg", "Az" } },
        { "Swedish", "sv", 0, { "Ag", "Zebra", "Åre", "Ärlig", "Öl" } },
        { "Swedish by number", NULL, 0x041D, { "Ag", "Zebra", "Åre", "Ärlig", "Öl" } },
        { "Danish", NULL, 0x0406, { "Ag", "Zebra", "Ærlig", "Øl", "Århus" } },
        { "Spanish", "es", 0, { "chico", "cuna", "llano", "luz", "nube", "ñu", "oso" } },
        { "Spanish, modern",
          NULL,
          0x0C0A,
          { "chico", "cuna", "llano", "luz", "nube", "ñu", "oso" } },
        { "Spanish, traditional",
          NULL,
          0x040A,
          { "cuna", "chico", "luz", "llano", "nube", "ñu", "oso" } },
        { "Chinese, sounds", "zh_CN", 0, { "阿姨", "北京", "上海", "中国" } },
        { "Chinese by number", NULL, 0x0804, { "阿姨", "北京", "上海", "中国" } },
        { "Chinese, strokes", NULL, 0x20804, { "上海", "中国", "北京", "阿姨" } },
        { "Taiwan", NULL, 0x0404, { "上海", "中国", "北京", "阿姨" } },
        { "no locale", NULL, 0, { "Ag", "Ärlig", "Zebra" } },
        { "invariant", NULL, 0x7F, { "Ag", "ärlig", "Zebra" } },
        { "unknown number", NULL, G_MAXUINT32, { "Ag", "Ärlig", "Zebra" } },
        { "unknown name", "qq", 0, { "Ag", "Ärlig", "Zebra" } },
        { "accents, then case, break ties",
          "en_US",
          0,
          { "cote", "Cote", "coté", "côte", "Côté", "cotes" } },
        { "what a sort skips", "en_US", 0, { "'a", "(b", "c" } },
    };
    g_autoptr(TwCollations) collations = tw_collations_new();

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        TwCollation collation = rows[i].locale != NULL
                                    ? tw_collation_for_locale(collations, rows[i].locale)
                                    : tw_collation_for_lcid(collations, rows[i].lcid);

        for (guint j = 0; j + 1 < G_N_ELEMENTS(rows[i].texts) && rows[i].texts[j + 1]; j++) {
            g_autofree char *a = g_strdup(rows[i].texts[j]), *b = g_strdup(rows[i].texts[j + 1]);

            g_test_message("%s: %s, %s", rows[i].name, a, b);
            g_assert_cmpint(sort_order(a, b, &collation), ==, -1);
            g_assert_cmpint(sort_order(b, a, &collation), ==, 1);
            g_assert_cmpint(sort_order(a, a, &collation), ==, 0);
        }
    }
}

/* Restrictions have the locale's order without case; equality is the same under every locale. */
static void
test_relations(void)
{
    static const struct {
        const char *locale, *text, *value;
        int order; /* of the text to the value */
        gboolean equal;
    } cases[] = {
        { "sv", "Ärlig", "Zebra", 1, FALSE },
        { "de", "Ärlig", "Zebra", -1, FALSE },
        { "de", "ÄRGER", "ärger", 0, TRUE },
        { "de@collation=phonebook", "Ärger", "AF", -1, FALSE },
        { "de", "Maße", "Masse", 1, FALSE },
        { "es", "ÑU", "nz", 1, FALSE },
        { "zh", "中国", "阿姨", 1, FALSE },
        { "zh_TW", "中国", "阿姨", -1, FALSE },
        { "en_US", "coté", "Cote", 1, FALSE },
        { "en_US", "COTE", "cotes", -1, FALSE },
        { "en_US", "A1", "a1", 0, TRUE },
        /* a circled one is not between the two */
        { "en_US", "A1", "a\u2460", -1, FALSE },
        { "en_US", "a1", "A\u2460", -1, FALSE },
        { "en_US", "", "", 0, TRUE },
        { "en_US", "", "a", -1, FALSE },
    };
    g_autoptr(TwCollations) collations = tw_collations_new();

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwCollation collation = tw_collation_for_locale(collations, cases[i].locale);
        g_autofree char *text = g_strdup(cases[i].text);
        const char *value = cases[i].value;

        g_test_message("%s: %s, %s", cases[i].locale, text, value);
        g_assert_cmpint(matches(text, value, TW_RELOP_LT, &collation), ==, cases[i].order < 0);
        g_assert_cmpint(matches(text, value, TW_RELOP_LE, &collation), ==, cases[i].order <= 0);
        g_assert_cmpint(matches(text, value, TW_RELOP_GT, &collation), ==, cases[i].order > 0);
        g_assert_cmpint(matches(text, value, TW_RELOP_GE, &collation), ==, cases[i].order >= 0);
        g_assert_cmpint(matches(text, value, TW_RELOP_EQ, &collation), ==, cases[i].equal);
        g_assert_cmpint(matches(text, value, TW_RELOP_NE, &collation), ==, !cases[i].equal);
    }
}

/* The table at the head of collation.h: which flags see a word in "Die Brücke". */
static void
test_content_flags(void)
{
    static const guint32 flags[] = { 0, TW_FUZZY_IGNORE_CASE, TW_FUZZY_IGNORE_MARKS, TW_FUZZY_LOOSE,
                                     TW_FUZZY_IGNORE_CASE | TW_FUZZY_IGNORE_MARKS };
    static const struct {
        const char *word;
        gboolean found[G_N_ELEMENTS(flags)];
    } cases[] = {
        { "Brücke", { TRUE, TRUE, TRUE, TRUE, TRUE } },
        { "Bru\u0308cke",
          { FALSE, TRUE, TRUE, TRUE, TRUE } }, /* composed or not is no question of marks */
        { "BRÜCKE", { FALSE, TRUE, FALSE, TRUE, TRUE } },
        { "Brucke", { FALSE, FALSE, TRUE, TRUE, TRUE } },
        { "brucke", { FALSE, FALSE, FALSE, TRUE, TRUE } },
        { "Bruecke", { FALSE, FALSE, FALSE, FALSE, FALSE } },
    };
    char text[] = "Die Brücke";
    TwPropSource source = { get_text, NULL, text };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwPropValue word = tw_value_str(PR_SUBJECT, cases[i].word);

        for (guint j = 0; j < G_N_ELEMENTS(flags); j++) {
            g_auto(TwRestrictionBuilder) builder;
            g_autoptr(TwRestriction) restriction = NULL;

            tw_restriction_builder_init(&builder);
            tw_restriction_builder_content(&builder, TW_FUZZY_SUBSTRING | flags[j], PR_SUBJECT,
                                           &word);
            restriction = tw_restriction_builder_finish(&builder, NULL);
            g_test_message("%s, flags %x", cases[i].word, flags[j]);
            g_assert_cmpint(tw_restriction_match(restriction, &source, NULL), ==,
                            cases[i].found[j]);
        }
    }
}

/* 8-bit text that is no UTF-8, as a STRING8 may hold, has a place in every order, and always the same. */
static void
test_any_bytes(void)
{
    g_autoptr(TwCollations) collations = tw_collations_new();
    TwCollation collation = tw_collation_for_lcid(collations, 0x0407);

    for (guint i = 0; i < 256; i++) {
        char a[] = { 'a', (char) i, (char) (i ^ 0x55) }, b[] = { 'b', (char) i };
        g_autofree char *left = g_memdup2(a, sizeof a), *right = g_memdup2(b, sizeof b);
        g_auto(TwBuffer) left_key = TW_BUFFER_INIT(256), right_key = TW_BUFFER_INIT(256);
        TwPropValue left_value = tw_value_text(PR_SUBJECT_A, left, sizeof a);
        TwPropValue right_value = tw_value_text(PR_SUBJECT_A, right, sizeof b);

        g_assert_cmpint(tw_value_compare(&left_value, &right_value, &collation, 0), <, 0);
        g_assert_cmpint(tw_value_compare(&right_value, &left_value, &collation, TW_COMPARE_CASE), >,
                        0);
        collation.key(collation.data, left, sizeof a, &left_key);
        collation.key(collation.data, right, sizeof b, &right_key);
        g_assert_cmpint(memcmp(left_key.data, right_key.data, MIN(left_key.len, right_key.len)), <,
                        0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi-soap/8.5/orders", test_orders);
    g_test_add_func("/mailbox-layout/27.1/relations", test_relations);
    g_test_add_func("/mailbox-layout/27.1/content-flags", test_content_flags);
    g_test_add_func("/mapi/collation/any-bytes", test_any_bytes);
    return g_test_run();
}
