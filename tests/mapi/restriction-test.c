/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/restriction.h"

#include "base/error.h"
#include "mapi/restriction-message.h"

/* spec/mailbox-layout.md 27.1: the numbers */
static void
test_numbers(void)
{
    static const int kinds[][2] = {
        { TW_RES_AND, 0 },
        { TW_RES_OR, 1 },
        { TW_RES_NOT, 2 },
        { TW_RES_CONTENT, 3 },
        { TW_RES_PROPERTY, 4 },
        { TW_RES_COMPARE, 5 },
        { TW_RES_BITMASK, 6 },
        { TW_RES_SIZE, 7 },
        { TW_RES_EXIST, 8 },
        { TW_RES_SUB, 9 },
        { TW_RES_COMMENT, 10 },
        { TW_RES_COUNT, 11 },
        { TW_RES_ANNOTATION, 12 },
        { TW_RES_NULL, 255 },
        { TW_RELOP_LT, 0 },
        { TW_RELOP_LE, 1 },
        { TW_RELOP_GT, 2 },
        { TW_RELOP_GE, 3 },
        { TW_RELOP_EQ, 4 },
        { TW_RELOP_NE, 5 },
        { TW_RELOP_RE, 6 },
        { TW_RELOP_MEMBER_OF_DL, 100 },
        { TW_FUZZY_FULL, 0 },
        { TW_FUZZY_SUBSTRING, 1 },
        { TW_FUZZY_PREFIX, 2 },
        { TW_FUZZY_WORD_PREFIX, 0x10 },
        { TW_FUZZY_PHRASE, 0x20 },
        { TW_FUZZY_IGNORE_CASE, 0x10000 },
        { TW_FUZZY_IGNORE_MARKS, 0x20000 },
        { TW_FUZZY_LOOSE, 0x40000 },
        { TW_RES_RECIPIENTS, 236060685 },
        { TW_RES_ATTACHMENTS, 0x0E13000D },
    };

    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        g_assert_cmpint(kinds[i][0], ==, kinds[i][1]);
}

static void
test_content(void)
{
    static const struct {
        guint32 fuzzy, tag;
        const char *text;
        gboolean answer;
    } cases[] = {
        { 0, PR_NAME, "Quarterly Report", TRUE },
        { 0, PR_NAME, "quarterly report", FALSE },
        { 0x10000, PR_NAME, "quarterly report", TRUE },
        { 0x10000, PR_NAME, "quarterly", FALSE },
        { 1, PR_NAME, "ly Re", TRUE },
        { 1, PR_NAME, "ly re", FALSE },
        { 0x10001, PR_NAME, "LY RE", TRUE },
        { 0x10001, PR_NAME, "report", TRUE },
        { 0x10001, PR_NAME, "reports", FALSE },
        { 1, PR_NAME, "", TRUE },
        { 2, PR_NAME, "Quart", TRUE },
        { 2, PR_NAME, "quart", FALSE },
        { 0x10002, PR_NAME, "QUART", TRUE },
        { 0x10002, PR_NAME, "uart", FALSE },
        { 0x10, PR_NAME, "Rep", TRUE },
        { 0x10, PR_NAME, "arterly", FALSE },
        { 0x10010, PR_NAME, "rep", TRUE },
        { 0x20, PR_NAME, "Quarterly", TRUE },
        { 0x20, PR_NAME, "Quarter", FALSE },
        { 0x10020, PR_NAME, "quarterly REPORT", TRUE },
        { 1, PR_SUBJECT,
          "Gr\xc3\xbc\xc3\x9f"
          "e",
          TRUE },
        { 1, PR_SUBJECT,
          "GR\xc3\x9c\xc3\x9f"
          "E",
          FALSE },
        { 0x10001, PR_SUBJECT,
          "GR\xc3\x9c\xc3\x9f"
          "E",
          TRUE },
        { 0x10001, PR_SUBJECT,
          "gru\xcc\x88\xc3\x9f"
          "e",
          TRUE }, /* u and a combining diaeresis */
        { 0x10001, PR_SUBJECT,
          "gru\xc3\x9f"
          "e",
          FALSE },
        { 0x30001, PR_SUBJECT,
          "gru\xc3\x9f"
          "e",
          TRUE },
        { 0x20001, PR_SUBJECT,
          "Gru\xc3\x9f"
          "e",
          TRUE },
        { 0x20001, PR_SUBJECT,
          "gru\xc3\x9f"
          "e",
          FALSE },
        { 0x40001, PR_SUBJECT, "MARKET", TRUE },
        { 0x40010, PR_SUBJECT, "market", TRUE },
        { 0x40010, PR_SUBJECT, "arket", FALSE },
        { 0x10001, PR_SUBJECT, "from", TRUE },
        { 0x10001, PR_NAME, "\xc3\xbc", FALSE },
        { 0x10000, PR_KEYWORDS, "blue", TRUE },
        { 0, PR_KEYWORDS, "blue", FALSE },
        { 1, PR_KEYWORDS, "lu", TRUE },
        { 1, 0x001A001F, "Note", TRUE }, /* stored as 8-bit */
        { 1, PR_ABSENT, "", FALSE },
        { 1, PR_BROKEN, "", FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwRestrictionBuilder) builder = { 0 };
        TwPropValue value = tw_value_str(cases[i].tag & ~0x1000u, cases[i].text);
        TwMatchContext context = { .collation = NULL };

        tw_restriction_builder_init(&builder);
        tw_restriction_builder_content(&builder, cases[i].fuzzy, cases[i].tag, &value);
        g_assert_cmpint(match(&builder, &context), ==, cases[i].answer);
        g_assert_false(context.type_error);
    }
}

static void
test_content_bytes(void)
{
    static const struct {
        guint32 fuzzy;
        const char *bytes;
        gboolean answer, type_error;
    } cases[] = {
        { 0, "SMTP:A@B", TRUE, FALSE },
        { 0, "smtp:a@b", FALSE, FALSE },
        { 0x10000, "smtp:a@b", FALSE, FALSE }, /* bytes have no case */
        { 1, "P:A", TRUE, FALSE },
        { 2, "SMTP:", TRUE, FALSE },
        { 2, "MTP:", FALSE, FALSE },
        { 2, "", TRUE, FALSE },
        { 0x10, "SMTP", FALSE, TRUE },
        { 3, "SMTP", FALSE, TRUE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwRestrictionBuilder) builder = { 0 };
        TwMatchContext context = { .collation = NULL };
        TwPropValue value =
            tw_value_bytes(PR_SEARCH_KEY, (const guint8 *) cases[i].bytes, strlen(cases[i].bytes));

        tw_restriction_builder_init(&builder);
        tw_restriction_builder_content(&builder, cases[i].fuzzy, PR_SEARCH_KEY, &value);
        g_assert_cmpint(match(&builder, &context), ==, cases[i].answer);
        g_assert_cmpint(context.type_error, ==, cases[i].type_error);
    }
}

typedef struct {
    const char *name;
    guint32 tag;
    TwPropValue value;
    const char *answers; /* for < <= > >= = != : 1 or 0, or E for a type error */
} PropertyCase;

static void
run_property_case(const PropertyCase *tc)
{
    for (guint relop = TW_RELOP_LT; relop <= TW_RELOP_NE; relop++) {
        g_auto(TwRestrictionBuilder) builder = { 0 };
        TwMatchContext context = { .collation = NULL };

        g_test_message("%s, relation %u", tc->name, relop);
        tw_restriction_builder_init(&builder);
        tw_restriction_builder_property(&builder, relop, tc->tag, &tc->value);
        g_assert_cmpint(match(&builder, &context), ==, tc->answers[relop] == '1');
        g_assert_cmpint(context.type_error, ==, tc->answers[relop] == 'E');
    }
}

static void
test_property(void)
{
    static const guint8 lists[][12] = { { 1, 0, 0, 0, 5, 0, 0, 0 }, { 1, 0, 0, 0, 4, 0, 0, 0, 9 } };
    const PropertyCase cases[] = {
        { "long, equal", PR_IMPORTANCE, tw_value_long(PR_IMPORTANCE, 2), "010110" },
        { "long, less", PR_IMPORTANCE, tw_value_long(PR_IMPORTANCE, 3), "110001" },
        { "long, more", PR_IMPORTANCE, tw_value_long(PR_IMPORTANCE, 1), "001101" },
        { "signed", PR_SCL, tw_value_long(PR_SCL, 5), "110001" },
        { "boolean", PR_HASATTACH, tw_value_bool(PR_HASATTACH, FALSE), "001101" },
        { "time", PR_CREATED, tw_value_i8(PR_CREATED, 1001), "110001" },
        { "text disregards case", PR_NAME, tw_value_str(PR_NAME, "QUARTERLY report"), "010110" },
        { "text, less", PR_NAME, tw_value_str(PR_NAME, "r"), "110001" },
        { "8-bit for Unicode", 0x001A001F, tw_value_str(0x001A001F, "ipm.note"), "010110" },
        { "bytes, longer", PR_SEARCH_KEY,
          tw_value_bytes(PR_SEARCH_KEY, (const guint8 *) "SMTP:A@BC", 9), "110001" },
        { "missing", PR_ABSENT, tw_value_str(PR_ABSENT, ""), "000001" },
        { "missing number", PR_ABSENT_LONG, tw_value_long(PR_ABSENT_LONG, 0), "000001" },
        { "error in its place", PR_BROKEN, tw_value_str(PR_BROKEN, ""), "000001" },
        { "stored with another type", 0x00370003, tw_value_long(0x00370003, 0), "000001" },
        { "other type in the value", PR_IMPORTANCE, tw_value_str(PR_SUBJECT, "2"), "EEEEEE" },
        { "any of the list", PR_KEYWORDS, tw_value_str(0x8001001F, "blue"), "011111" },
        { "none of the list", PR_KEYWORDS, tw_value_str(0x8001001F, "a"), "001101" },
        { "numbers, any", PR_NUMBERS, tw_value_long(0x80020003, 5), "110111" },
        { "list for list, equal", PR_NUMBERS, tw_value_bytes(PR_NUMBERS, lists[0], 8), "010110" },
        { "list for list, shorter", PR_NUMBERS, tw_value_bytes(PR_NUMBERS, lists[0], 4), "001101" },
        { "list for list, second item", PR_NUMBERS, tw_value_bytes(PR_NUMBERS, lists[1], 12),
          "001101" },
        { "value is the list", PR_IMPORTANCE, tw_value_bytes(0x00171003, lists[0], 8), "111101" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        run_property_case(&cases[i]);
}

static void
test_property_without_value(void)
{
    g_auto(TwRestrictionBuilder) builder = { 0 };
    g_autoptr(TwRestriction) restriction = NULL;
    TwMatchContext context = { .collation = NULL };
    TwProps props = TW_PROPS_EMPTY;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_property(&builder, TW_RELOP_NE, PR_NAME, NULL);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    g_assert_false(tw_restriction_match_props(restriction, &props, &context));
    g_assert_true(context.type_error);
}

static void
test_expressions(void)
{
    static const struct {
        const char *pattern, *name;
        gboolean answer;
    } cases[] = {
        { "^quarterly.*t$", "ignores case", TRUE },
        { "y R", "anywhere", TRUE },
        { "Re[pq]ort", "set", TRUE },
        { "Q\\(ua\\)rterl", "basic: backslash groups", TRUE },
        { "Q(ua)rterl", "basic: a bare parenthesis is one", FALSE },
        { "a+", "basic: plus is a plus", FALSE },
        { "er\\{1,2\\}ly", "interval", TRUE },
        { "monthly", "no", FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwRestrictionBuilder) builder = { 0 };
        TwPropValue value = tw_value_str(PR_NAME, cases[i].pattern);

        g_test_message("%s", cases[i].name);
        tw_restriction_builder_init(&builder);
        tw_restriction_builder_property(&builder, TW_RELOP_RE, PR_NAME, &value);
        g_assert_cmpint(match(&builder, NULL), ==, cases[i].answer);
    }
}

/* A pattern that backtracks without end on the message's text must give up, not hang. */
static void
test_expression_limits(void)
{
    static const char *const bad[] = { "\\(a", "[z-a]", "a\\{3,2\\}" };
    g_auto(TwRestrictionBuilder) builder = { 0 };
    g_autofree char *text = g_strnfill(4096, 'a');
    g_autofree char *longest = g_strnfill(TW_RESTRICTION_MAX_EXPRESSION + 1, 'x');
    g_auto(TwPropsBuilder) bag = { 0 };
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(TwRestriction) restriction = NULL;
    g_autoptr(GError) error = NULL;
    TwPropValue value = tw_value_str(PR_NAME, "^\\(\\(a*\\)*\\)*b$");
    TwProps props;

    tw_props_builder_init(&bag);
    tw_props_builder_set(&bag, tw_value_str(PR_NAME, text));
    bytes = tw_props_builder_finish_bytes(&bag, NULL);
    g_assert_true(tw_props_open_bytes(bytes, &props, NULL));
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_property(&builder, TW_RELOP_RE, PR_NAME, &value);
    restriction = tw_restriction_builder_finish(&builder, &error);
    g_assert_no_error(error);
    g_assert_false(tw_restriction_match_props(restriction, &props, NULL));

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        value = tw_value_str(PR_NAME, bad[i]);
        tw_restriction_builder_property(&builder, TW_RELOP_RE, PR_NAME, &value);
        g_assert_null(tw_restriction_builder_finish(&builder, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        g_clear_error(&error);
    }
    value = tw_value_str(PR_NAME, longest);
    tw_restriction_builder_property(&builder, TW_RELOP_RE, PR_NAME, &value);
    g_assert_null(tw_restriction_builder_finish(&builder, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    value.len--;
    tw_restriction_builder_begin(&builder, TW_RES_OR, 0);
    for (guint i = 0; i <= TW_RESTRICTION_MAX_EXPRESSIONS; i++)
        tw_restriction_builder_property(&builder, TW_RELOP_RE, PR_NAME, &value);
    tw_restriction_builder_end(&builder);
    g_assert_null(tw_restriction_builder_finish(&builder, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
}

static void
test_other_leaves(void)
{
    static const struct {
        const char *name;
        TwRestrictionKind kind;
        guint relop;
        guint32 tag, number;
        gboolean answer, type_error;
    } cases[] = {
        { "created < modified", TW_RES_COMPARE, TW_RELOP_LT, PR_CREATED, PR_MODIFIED, TRUE, FALSE },
        { "created > modified", TW_RES_COMPARE, TW_RELOP_GT, PR_CREATED, PR_MODIFIED, FALSE,
          FALSE },
        { "one is missing", TW_RES_COMPARE, TW_RELOP_NE, PR_IMPORTANCE, PR_ABSENT_LONG, FALSE,
          FALSE },
        { "types differ", TW_RES_COMPARE, TW_RELOP_NE, PR_IMPORTANCE, PR_CREATED, FALSE, TRUE },
        { "an expression of properties", TW_RES_COMPARE, TW_RELOP_RE, PR_NAME, PR_NAME, FALSE,
          TRUE },
        { "some bit", TW_RES_BITMASK, 1, PR_FLAGS, 0x13, TRUE, FALSE },
        { "some bit, none", TW_RES_BITMASK, 1, PR_FLAGS, 0x02, FALSE, FALSE },
        { "no bit", TW_RES_BITMASK, 0, PR_FLAGS, 0x02, TRUE, FALSE },
        { "no bit, one", TW_RES_BITMASK, 0, PR_FLAGS, 0x10, FALSE, FALSE },
        { "no bit of nothing", TW_RES_BITMASK, 0, PR_ABSENT_LONG, 1, FALSE, FALSE },
        { "bits of a text", TW_RES_BITMASK, 1, PR_NAME, 1, FALSE, TRUE },
        { "size of text", TW_RES_SIZE, TW_RELOP_EQ, PR_NAME, 16, TRUE, FALSE },
        { "size of a number", TW_RES_SIZE, TW_RELOP_EQ, PR_IMPORTANCE, 4, TRUE, FALSE },
        { "size of a list", TW_RES_SIZE, TW_RELOP_EQ, PR_KEYWORDS, 7, TRUE, FALSE },
        { "size >", TW_RES_SIZE, TW_RELOP_GT, PR_NAME, 16, FALSE, FALSE },
        { "size of nothing", TW_RES_SIZE, TW_RELOP_LT, PR_ABSENT, 100, FALSE, TRUE },
        { "exists", TW_RES_EXIST, 0, PR_NAME, 0, TRUE, FALSE },
        { "exists as 8-bit", TW_RES_EXIST, 0, 0x3001001E, 0, TRUE, FALSE },
        { "exists with any type", TW_RES_EXIST, 0, 0x30010000, 0, TRUE, FALSE },
        { "exists with another type", TW_RES_EXIST, 0, 0x30010003, 0, FALSE, FALSE },
        { "an error does not exist", TW_RES_EXIST, 0, 0x10000000, 0, FALSE, FALSE },
        { "absent", TW_RES_EXIST, 0, PR_ABSENT, 0, FALSE, FALSE },
        { "null", TW_RES_NULL, 0, 0, 0, TRUE, FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwRestrictionBuilder) builder = { 0 };
        TwMatchContext context = { .collation = NULL };

        g_test_message("%s", cases[i].name);
        tw_restriction_builder_init(&builder);
        switch (cases[i].kind) {
        case TW_RES_COMPARE:
            tw_restriction_builder_compare(&builder, cases[i].relop, cases[i].tag, cases[i].number);
            break;
        case TW_RES_BITMASK:
            tw_restriction_builder_bitmask(&builder, cases[i].relop != 0, cases[i].tag,
                                           cases[i].number);
            break;
        case TW_RES_SIZE:
            tw_restriction_builder_size(&builder, cases[i].relop, cases[i].tag, cases[i].number);
            break;
        case TW_RES_EXIST:
            tw_restriction_builder_exist(&builder, cases[i].tag);
            break;
        default:
            tw_restriction_builder_null(&builder);
        }
        g_assert_cmpint(match(&builder, &context), ==, cases[i].answer);
        g_assert_cmpint(context.type_error, ==, cases[i].type_error);
    }
}

/* PR_ANR looks into eight properties; the message has a surname among them. */
static void
test_anr(void)
{
    static const struct {
        const char *text;
        gboolean answer;
    } cases[] = { { "love", TRUE }, { "QUARTER", TRUE }, { "ipm", FALSE } };
    static const guint32 tags[] = { PR_ANR, 0x360C001E };

    for (guint i = 0; i < G_N_ELEMENTS(cases) * 2; i++) {
        g_auto(TwRestrictionBuilder) builder = { 0 };
        TwPropValue value = tw_value_str(tags[i % 2], cases[i / 2].text);

        tw_restriction_builder_init(&builder);
        tw_restriction_builder_property(&builder, TW_RELOP_EQ, tags[i % 2], &value);
        g_assert_cmpint(match(&builder, NULL), ==, cases[i / 2].answer);
    }
}

static void
test_never(void)
{
    g_auto(TwRestrictionBuilder) builder = { 0 };
    TwMatchContext context = { .collation = NULL };
    TwPropValue value = tw_value_str(PR_NAME, "x");

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_property(&builder, TW_RELOP_MEMBER_OF_DL, PR_NAME, &value);
    g_assert_false(match(&builder, &context));
    g_assert_false(context.type_error);
}

typedef struct {
    guint calls;
    guint32 last;
} Computed;

static gboolean
get_computed(gpointer data, guint32 tag, TwPropValue *ret)
{
    Computed *computed = data;

    computed->calls++;
    computed->last = tag;
    if (tag != PR_SIZE)
        return FALSE;
    *ret = tw_value_long(PR_SIZE, 4711);
    return TRUE;
}

/* Computed columns come from the callback, and only when they are needed. */
static void
test_source(void)
{
    g_auto(TwRestrictionBuilder) builder = { 0 };
    g_autoptr(TwRestriction) restriction = NULL;
    Computed computed = { .calls = 0 };
    TwPropSource source = { get_computed, NULL, &computed };
    TwPropValue value = tw_value_long(PR_SIZE, 4711);

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_OR, 0);
    tw_restriction_builder_property(&builder, TW_RELOP_EQ, PR_SIZE, &value);
    tw_restriction_builder_exist(&builder, PR_NAME);
    tw_restriction_builder_end(&builder);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    g_assert_true(tw_restriction_match(restriction, &source, NULL));
    g_assert_cmpuint(computed.calls, ==, 1);
    g_assert_cmphex(computed.last, ==, PR_SIZE);
    tw_restriction_builder_begin(&builder, TW_RES_SUB, TW_RES_RECIPIENTS);
    tw_restriction_builder_exist(&builder, PR_NAME);
    tw_restriction_builder_end(&builder);
    tw_restriction_unref(restriction);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    g_assert_false(tw_restriction_match(restriction, &source, NULL));
}

static int
compare_backwards(gconstpointer data, const char *a, gsize a_len, const char *b, gsize b_len)
{
    (void) data;
    return -tw_text_compare(NULL, a, a_len, b, b_len);
}

/* The order of text is the lent one; equality is not. */
static void
test_collation(void)
{
    static const struct {
        TwRelop relop;
        const char *text;
        gboolean plain, backwards;
    } cases[] = {
        { TW_RELOP_GT, "z", FALSE, TRUE },
        { TW_RELOP_LT, "a", FALSE, TRUE },
        { TW_RELOP_GE, "QUARTERLY REPORT", TRUE, TRUE },
        { TW_RELOP_EQ, "QUARTERLY REPORT", TRUE, TRUE },
    };
    TwCollation collation = { compare_backwards, NULL, NULL };
    g_autoptr(GBytes) message = make_message();
    TwProps props;

    g_assert_true(tw_props_open_bytes(message, &props, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwRestrictionBuilder) builder = { 0 };
        g_autoptr(TwRestriction) restriction = NULL;
        TwMatchContext context = { .collation = &collation };
        TwPropValue value = tw_value_str(PR_NAME, cases[i].text);

        tw_restriction_builder_init(&builder);
        tw_restriction_builder_property(&builder, cases[i].relop, PR_NAME, &value);
        restriction = tw_restriction_builder_finish(&builder, NULL);
        g_assert_cmpint(tw_restriction_match_props(restriction, &props, NULL), ==, cases[i].plain);
        g_assert_cmpint(tw_restriction_match_props(restriction, &props, &context), ==,
                        cases[i].backwards);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mailbox-layout/27.1/numbers", test_numbers);
    g_test_add_func("/oxcdata/2.12/content", test_content);
    g_test_add_func("/oxcdata/2.12/content-bytes", test_content_bytes);
    g_test_add_func("/oxcdata/2.12/property", test_property);
    g_test_add_func("/mapi/restriction/no-value", test_property_without_value);
    g_test_add_func("/mapi-soap/4.3/expressions", test_expressions);
    g_test_add_func("/mapi/restriction/expression-limits", test_expression_limits);
    g_test_add_func("/oxcdata/2.12/other-leaves", test_other_leaves);
    g_test_add_func("/mapi-soap/4.3/anr", test_anr);
    g_test_add_func("/mapi-soap/4.3/member-of", test_never);
    g_test_add_func("/mapi/restriction/source", test_source);
    g_test_add_func("/mapi/restriction/collation", test_collation);
    return g_test_run();
}
