/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/restriction.h"

#include "base/error.h"
#include "mapi/assert-bytes.h"

#define PR_SUBJECT 0x0037001Fu
#define PR_IMPORTANCE 0x00170003u
#define PR_FLAGS 0x0E070003u
#define PR_SIZE 0x0E080003u
#define PR_HASATTACH 0x0E1B000Bu
#define PR_SCL 0x40760003u
#define PR_CREATED 0x30070040u
#define PR_MODIFIED 0x30080040u
#define PR_SEARCH_KEY 0x300B0102u
#define PR_KEYWORDS 0x8001101Fu
#define PR_NUMBERS 0x80021003u
#define PR_NAME 0x3001001Fu
#define PR_ANR 0x360C001Fu
#define PR_BROKEN 0x1000001Fu /* an error is stored */
#define PR_ABSENT 0x6666001Fu
#define PR_ABSENT_LONG 0x66670003u

static void
add_rows(TwPropsBuilder *builder, guint32 tag, const char *const *names)
{
    g_auto(TwListBuilder) rows = { 0 };
    g_auto(TwBuffer) scratch = TW_BUFFER_INIT(4096);
    TwPropValue value;

    tw_list_builder_init(&rows, tag);
    for (; *names != NULL; names++) {
        g_auto(TwPropsBuilder) row = { 0 };
        g_autoptr(GBytes) bytes = NULL;

        tw_props_builder_init(&row);
        tw_props_builder_set(&row, tw_value_str(PR_NAME, *names));
        bytes = tw_props_builder_finish_bytes(&row, NULL);
        tw_list_builder_add(&rows, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    }
    g_assert_true(tw_list_builder_finish(&rows, &scratch, &value, NULL));
    tw_props_builder_set(builder, value);
}

/* The message that every evaluation below looks at. */
static GBytes *
make_message(void)
{
    static const char *const recipients[] = { "Ada User", "Grace User", NULL };
    static const char *const attachments[] = { "figures.pdf", NULL };
    static const guint8 numbers[] = { 1, 0, 0, 0, 5, 0, 0, 0 };
    g_auto(TwPropsBuilder) builder = { 0 };
    g_auto(TwListBuilder) words = { 0 };
    g_auto(TwBuffer) scratch = TW_BUFFER_INIT(4096);
    TwPropValue keywords;
    GBytes *bytes;

    tw_props_builder_init(&builder);
    tw_list_builder_init(&words, PR_KEYWORDS);
    tw_list_builder_add(&words, "Red", 3);
    tw_list_builder_add(&words, "Blue", 4);
    g_assert_true(tw_list_builder_finish(&words, &scratch, &keywords, NULL));
    tw_props_builder_set(&builder, keywords);
    tw_props_builder_set(&builder, tw_value_bytes(PR_NUMBERS, numbers, sizeof numbers));
    tw_props_builder_set(&builder, tw_value_str(PR_SUBJECT, "Gr\xc3\xbc\xc3\x9f"
                                                            "e from the M\xc3\xa1rket Square"));
    tw_props_builder_set(&builder, tw_value_str(PR_NAME, "Quarterly Report"));
    tw_props_builder_set(&builder, tw_value_long(PR_IMPORTANCE, 2));
    tw_props_builder_set(&builder, tw_value_long(PR_FLAGS, 0x11));
    tw_props_builder_set(&builder, tw_value_long(PR_SIZE, 5000));
    tw_props_builder_set(&builder, tw_value_long(PR_SCL, (guint32) -1));
    tw_props_builder_set(&builder, tw_value_bool(PR_HASATTACH, TRUE));
    tw_props_builder_set(&builder, tw_value_i8(PR_CREATED, 1000));
    tw_props_builder_set(&builder, tw_value_i8(PR_MODIFIED, 2000));
    tw_props_builder_set(&builder, tw_value_str(0x001A001E, "IPM.Note"));
    tw_props_builder_set(&builder, tw_value_str(0x3A11001F, "Lovelace"));
    tw_props_builder_set(&builder, tw_value_long(0x1000000A, 0x8007000Eu));
    tw_props_builder_set(&builder, tw_value_bytes(PR_SEARCH_KEY, (const guint8 *) "SMTP:A@B", 8));
    add_rows(&builder, TW_RES_RECIPIENTS, recipients);
    add_rows(&builder, TW_RES_ATTACHMENTS, attachments);
    bytes = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_nonnull(bytes);
    return bytes;
}

/* Prints and parses in both widths, and says whether the message matches. */
static gboolean
match(TwRestrictionBuilder *builder, TwMatchContext *context)
{
    static const TwWireWidth widths[] = { TW_WIRE_16, TW_WIRE_32 };
    g_autoptr(GBytes) message = make_message();
    g_autoptr(GError) error = NULL;
    g_autoptr(TwRestriction) restriction = tw_restriction_builder_finish(builder, &error);
    g_autofree char *text = NULL;
    TwProps props;
    gboolean answer;

    g_assert_no_error(error);
    text = tw_restriction_to_text(restriction, 4096);
    g_test_message("%s", text);
    g_assert_true(tw_props_open_bytes(message, &props, NULL));
    answer = tw_restriction_match_props(restriction, &props, context);
    for (guint i = 0; i < G_N_ELEMENTS(widths); i++) {
        g_auto(TwBuffer) wire = TW_BUFFER_INIT(65536), again = TW_BUFFER_INIT(65536);
        g_autoptr(TwRestriction) back = NULL;
        g_autofree guint8 *input = NULL;
        g_autofree char *back_text = NULL;

        tw_restriction_print(restriction, widths[i], &wire);
        g_assert_false(tw_buffer_failed(&wire));
        input = g_memdup2(wire.data, wire.len);
        back = tw_restriction_parse(input, wire.len, widths[i], &error);
        g_assert_no_error(error);
        back_text = tw_restriction_to_text(back, 4096);
        g_assert_cmpstr(back_text, ==, text);
        g_assert_cmpint(tw_restriction_match_props(back, &props, NULL), ==, answer);
        tw_restriction_print(back, widths[i], &again);
        assert_bytes_equal(again.data, again.len, wire.data, wire.len);
        for (gsize cut = 0; cut < wire.len; cut++) {
            g_autofree guint8 *part = g_memdup2(wire.data, cut);
            g_autoptr(GError) cut_error = NULL;
            g_assert_null(tw_restriction_parse(part, cut, widths[i], &cut_error));
            g_assert_nonnull(cut_error);
        }
    }
    return answer;
}

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

/* A row of letters: ( and | open, ! not, ) closes, 1 true, 0 false, R recipients, A attachments, C comment, # count,
 * N annotation, u "a name contains user", p "a name contains pdf". */
static void
build(TwRestrictionBuilder *builder, const char *form)
{
    TwPropValue user = tw_value_str(PR_NAME, "user"), pdf = tw_value_str(PR_NAME, "pdf");

    for (; *form != '\0'; form++) {
        switch (*form) {
        case '&':
            tw_restriction_builder_begin(builder, TW_RES_AND, 0);
            break;
        case '|':
            tw_restriction_builder_begin(builder, TW_RES_OR, 0);
            break;
        case '!':
            tw_restriction_builder_begin(builder, TW_RES_NOT, 0);
            break;
        case 'R':
            tw_restriction_builder_begin(builder, TW_RES_SUB, TW_RES_RECIPIENTS);
            break;
        case 'A':
            tw_restriction_builder_begin(builder, TW_RES_SUB, TW_RES_ATTACHMENTS);
            break;
        case 'S':
            tw_restriction_builder_begin(builder, TW_RES_SUB, PR_ABSENT);
            break;
        case 'C':
        case 'N':
            tw_restriction_builder_begin(builder, *form == 'C' ? TW_RES_COMMENT : TW_RES_ANNOTATION,
                                         0);
            tw_restriction_builder_comment_value(builder, &user);
            tw_restriction_builder_comment_value(builder, &pdf);
            break;
        case '#':
            tw_restriction_builder_begin(builder, TW_RES_COUNT, 7);
            break;
        case '1':
            tw_restriction_builder_exist(builder, PR_NAME);
            break;
        case '0':
            tw_restriction_builder_exist(builder, PR_ABSENT);
            break;
        case 'u':
            tw_restriction_builder_content(builder, TW_FUZZY_SUBSTRING | TW_FUZZY_IGNORE_CASE,
                                           PR_NAME, &user);
            break;
        case 'p':
            tw_restriction_builder_content(builder, TW_FUZZY_SUBSTRING, PR_NAME, &pdf);
            break;
        default:
            tw_restriction_builder_end(builder);
        }
    }
}

static void
test_trees(void)
{
    static const struct {
        const char *form;
        gboolean answer;
        guint32 row_limit;
    } cases[] = {
        { "&)", TRUE, G_MAXUINT32 },
        { "|)", FALSE, G_MAXUINT32 },
        { "&11)", TRUE, G_MAXUINT32 },
        { "&10)", FALSE, G_MAXUINT32 },
        { "|00)", FALSE, G_MAXUINT32 },
        { "|01)", TRUE, G_MAXUINT32 },
        { "!0)", TRUE, G_MAXUINT32 },
        { "!1)", FALSE, G_MAXUINT32 },
        { "&|01)!0)1)", TRUE, G_MAXUINT32 },
        { "|&10)&01)!1))", FALSE, G_MAXUINT32 },
        { "Ru)", TRUE, G_MAXUINT32 },
        { "Rp)", FALSE, G_MAXUINT32 },
        { "Ap)", TRUE, G_MAXUINT32 },
        { "Au)", FALSE, G_MAXUINT32 },
        { "A!p))", FALSE, G_MAXUINT32 },
        { "!Au))", TRUE, G_MAXUINT32 },
        { "R&u!p)))", TRUE, G_MAXUINT32 },
        { "RRu))", FALSE, G_MAXUINT32 },
        { "C)", TRUE, G_MAXUINT32 },
        { "C0)", FALSE, G_MAXUINT32 },
        { "C1)", TRUE, G_MAXUINT32 },
        { "N0)", FALSE, G_MAXUINT32 },
        { "#1)", TRUE, 7 },
        { "#0)", FALSE, 7 },
        { "C#1))", TRUE, 7 },
        { "&#1))", TRUE, G_MAXUINT32 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwRestrictionBuilder) builder = { 0 };
        g_autoptr(TwRestriction) restriction = NULL;

        tw_restriction_builder_init(&builder);
        build(&builder, cases[i].form);
        g_assert_cmpint(match(&builder, NULL), ==, cases[i].answer);
        build(&builder, cases[i].form);
        restriction = tw_restriction_builder_finish(&builder, NULL);
        g_assert_cmpuint(tw_restriction_row_limit(restriction), ==, cases[i].row_limit);
    }
}

static void
test_wrong_sub_object(void)
{
    g_auto(TwRestrictionBuilder) builder = { 0 };
    TwMatchContext context = { .collation = NULL };

    tw_restriction_builder_init(&builder);
    build(&builder, "S1)");
    g_assert_false(match(&builder, &context));
    g_assert_true(context.type_error);
}

static void
test_bad_trees(void)
{
    static const char *const forms[] = { "",     "11", "&",  "1)",   "!)",
                                         "!11)", "R)", "#)", "#11)", "C11)" };

    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_auto(TwRestrictionBuilder) builder = { 0 };
        g_autoptr(GError) error = NULL;

        g_test_message("%s", forms[i]);
        tw_restriction_builder_init(&builder);
        build(&builder, forms[i]);
        g_assert_null(tw_restriction_builder_finish(&builder, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    }
}

static void
test_bad_leaves(void)
{
    g_auto(TwRestrictionBuilder) builder = { 0 };
    g_autoptr(GError) error = NULL;
    TwPropValue value = tw_value_str(PR_NAME, "\xff");

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_content(&builder, 0, PR_NAME, &value);
    g_assert_null(tw_restriction_builder_finish(&builder, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    value = tw_value_bytes(TW_RES_RECIPIENTS, (const guint8 *) "\0\0\0\0", 4);
    tw_restriction_builder_property(&builder, TW_RELOP_EQ, TW_RES_RECIPIENTS, &value);
    g_assert_null(tw_restriction_builder_finish(&builder, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    tw_restriction_builder_size(&builder, 7, PR_NAME, 1);
    g_assert_null(tw_restriction_builder_finish(&builder, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    value = tw_value_str(PR_NAME, "x");
    tw_restriction_builder_comment_value(&builder, &value);
    g_assert_null(tw_restriction_builder_finish(&builder, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
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

static void
test_depth(void)
{
    for (guint below = TW_RESTRICTION_MAX_DEPTH; below <= TW_RESTRICTION_MAX_DEPTH + 1; below++) {
        g_auto(TwRestrictionBuilder) builder = { 0 };
        g_auto(TwBuffer) wire = TW_BUFFER_INIT(64);
        g_autoptr(TwRestriction) built = NULL, parsed = NULL;
        g_autoptr(GError) error = NULL, parse_error = NULL;
        gboolean fits = below <= TW_RESTRICTION_MAX_DEPTH;

        tw_restriction_builder_init(&builder);
        for (guint i = 0; i < below; i++) {
            tw_restriction_builder_begin(&builder, TW_RES_NOT, 0);
            tw_buffer_put_u8(&wire, TW_RES_NOT);
        }
        tw_restriction_builder_null(&builder);
        tw_buffer_put_u8(&wire, TW_RES_NULL);
        for (guint i = 0; i < below; i++)
            tw_restriction_builder_end(&builder);
        built = tw_restriction_builder_finish(&builder, &error);
        parsed = tw_restriction_parse(wire.data, wire.len, TW_WIRE_16, &parse_error);
        g_assert_cmpint(built != NULL, ==, fits);
        g_assert_cmpint(parsed != NULL, ==, fits);
        if (!fits) {
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
            g_assert_error(parse_error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
        } else {
            g_autofree char *text = tw_restriction_to_text(built, 1000);
            g_assert_true(g_str_has_suffix(text, "(null)))))))))))))))))"));
        }
    }
}

static void
test_node_limit(void)
{
    for (guint leaves = TW_RESTRICTION_MAX_NODES - 1; leaves <= TW_RESTRICTION_MAX_NODES;
         leaves++) {
        g_auto(TwBuffer) wire = TW_BUFFER_INIT(1 << 20);
        g_autoptr(TwRestriction) parsed = NULL;
        g_autoptr(GError) error = NULL;

        tw_buffer_put_u8(&wire, TW_RES_AND);
        tw_buffer_put_u32le(&wire, leaves);
        for (guint i = 0; i < leaves; i++)
            tw_buffer_put_u8(&wire, TW_RES_NULL);
        parsed = tw_restriction_parse(wire.data, wire.len, TW_WIRE_32, &error);
        g_assert_cmpint(parsed != NULL, ==, leaves < TW_RESTRICTION_MAX_NODES);
        if (parsed == NULL)
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
}

static void
test_byte_limit(void)
{
    g_autofree guint8 *large = g_malloc0(TW_RESTRICTION_MAX_BYTES + 1);

    for (gsize len = TW_RESTRICTION_MAX_BYTES; len <= TW_RESTRICTION_MAX_BYTES + 1; len++) {
        g_auto(TwRestrictionBuilder) builder = { 0 };
        g_autoptr(TwRestriction) restriction = NULL;
        g_autoptr(GError) error = NULL;
        TwPropValue value = tw_value_bytes(PR_SEARCH_KEY, large, len);

        tw_restriction_builder_init(&builder);
        tw_restriction_builder_content(&builder, 0, PR_SEARCH_KEY, &value);
        restriction = tw_restriction_builder_finish(&builder, &error);
        g_assert_cmpint(restriction != NULL, ==, len <= TW_RESTRICTION_MAX_BYTES);
        if (restriction == NULL)
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
}

/* MS-OXCDATA 2.12, byte by byte */
static void
test_wire_form(void)
{
    static const struct {
        const char *name, *bytes;
        gsize len;
        TwWireWidth width;
        const char *text;
        int code; /* -1: it parses, and prints as text */
    } cases[] = {
        { "and, narrow", "\0\2\0\x8\x1f\0\1\x30\xff", 9, TW_WIRE_16, "(and (exist 3001:S) (null))",
          -1 },
        { "and, wide", "\0\1\0\0\0\xff", 6, TW_WIRE_32, "(and (null))", -1 },
        { "empty or", "\1\0\0", 3, TW_WIRE_16, "(or)", -1 },
        { "not", "\2\xff", 2, TW_WIRE_16, "(not (null))", -1 },
        { "content", "\3\1\0\1\0\x1f\0\1\x30\x1f\0\1\x30u\0\xe4\0\0\0", 19, TW_WIRE_16,
          "(content 3001:S substring,nocase \"u\\xc3\\xa4\")", -1 },
        { "property", "\4\2\3\0\x8\xe\3\0\x8\xe\x10\x27\0\0", 14, TW_WIRE_16,
          "(prop 0e08:I4 > 10000)", -1 },
        { "8-bit text",
          "\4\4\x1e\0\1\x30\x1e\0\1\x30"
          "hi\0",
          13, TW_WIRE_16, "(prop 3001:S8 = \"hi\")", -1 },
        { "boolean", "\4\4\xb\0\x1b\xe\xb\0\x1b\xe\1", 11, TW_WIRE_16, "(prop 0e1b:bool = true)",
          -1 },
        { "boolean 2", "\4\4\xb\0\x1b\xe\xb\0\x1b\xe\2", 11, TW_WIRE_16, NULL, TW_ERROR_CORRUPT },
        { "binary, narrow", "\4\4\2\1\xb\x30\2\1\xb\x30\2\0ab", 14, TW_WIRE_16,
          "(prop 300b:B = x'6162')", -1 },
        { "binary, wide", "\4\4\2\1\xb\x30\2\1\xb\x30\2\0\0\0ab", 16, TW_WIRE_32,
          "(prop 300b:B = x'6162')", -1 },
        { "list of numbers", "\4\4\3\x10\2\x80\3\x10\2\x80\1\0\0\0\x7\0\0\0", 18, TW_WIRE_16,
          "(prop 8002:I4[] = x'07000000')", -1 },
        { "list count that lies", "\4\4\3\x10\2\x80\3\x10\2\x80\2\0\0\0\x7\0\0\0", 18, TW_WIRE_16,
          NULL, TW_ERROR_CORRUPT },
        { "compare", "\5\1\x40\0\x7\x30\x40\0\x8\x30", 10, TW_WIRE_16, "(compare 3007:T <= 3008:T)",
          -1 },
        { "bits", "\6\1\3\0\x7\xe\1\0\0\0", 10, TW_WIRE_16, "(bits 0e07:I4 0x1 some)", -1 },
        { "size", "\x7\2\x1f\0\x37\0\0\0\0\0", 10, TW_WIRE_16, "(size 0037:S > 0)", -1 },
        { "exist", "\x8\x1f\0\x37\0", 5, TW_WIRE_16, "(exist 0037:S)", -1 },
        { "sub", "\x9\xd\0\x12\xe\xff", 6, TW_WIRE_16, "(sub 0e12:O (null))", -1 },
        { "comment", "\xa\1\3\0\x17\0\2\0\0\0\1\xff", 12, TW_WIRE_16, "(comment 2 (null))", -1 },
        { "comment without child", "\xa\0\0", 3, TW_WIRE_16, "(comment)", -1 },
        { "comment, maybe", "\xa\0\2", 3, TW_WIRE_16, NULL, TW_ERROR_CORRUPT },
        { "count", "\xb\x7\0\0\0\xff", 6, TW_WIRE_16, "(count 7 (null))", -1 },
        { "annotation", "\xc\0\1\xff", 4, TW_WIRE_16, "(annotation (null))", -1 },
        { "unknown kind", "\xd", 1, TW_WIRE_16, NULL, TW_ERROR_CORRUPT },
        { "unknown relation", "\x7\x7\x1f\0\x37\0\0\0\0\0", 10, TW_WIRE_16, NULL,
          TW_ERROR_INVALID },
        { "bits that are neither", "\6\2\3\0\x7\xe\1\0\0\0", 10, TW_WIRE_16, NULL,
          TW_ERROR_CORRUPT },
        { "bytes left over", "\xff\xff", 2, TW_WIRE_16, NULL, TW_ERROR_CORRUPT },
        { "value of an object", "\4\4\xd\0\x12\xe\xd\0\x12\xe", 10, TW_WIRE_16, NULL,
          TW_ERROR_INVALID },
        { "half a surrogate pair", "\4\4\x1f\0\1\x30\x1f\0\1\x30\0\xd8\0\0", 14, TW_WIRE_16, NULL,
          TW_ERROR_CORRUPT },
        { "surrogates turned round", "\4\4\x1f\0\1\x30\x1f\0\1\x30\0\xdc\0\xd8\0\0", 16, TW_WIRE_16,
          NULL, TW_ERROR_CORRUPT },
        { "surrogate pair", "\4\4\x1f\0\1\x30\x1f\0\1\x30\x3d\xd8\0\xde\0\0", 16, TW_WIRE_16,
          "(prop 3001:S = \"\\xf0\\x9f\\x98\\x80\")", -1 },
        { "count of 65535", "\0\xff\xff\xff", 4, TW_WIRE_16, NULL, TW_ERROR_CORRUPT },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *input = g_memdup2(cases[i].bytes, cases[i].len);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwRestriction) restriction =
            tw_restriction_parse(input, cases[i].len, cases[i].width, &error);
        g_auto(TwBuffer) wire = TW_BUFFER_INIT(1024);
        g_autofree char *text = NULL;

        g_test_message("%s", cases[i].name);
        if (cases[i].code >= 0) {
            g_assert_null(restriction);
            g_assert_error(error, TW_ERROR, cases[i].code);
            continue;
        }
        g_assert_no_error(error);
        text = tw_restriction_to_text(restriction, 1000);
        g_assert_cmpstr(text, ==, cases[i].text);
        tw_restriction_print(restriction, cases[i].width, &wire);
        assert_bytes_equal(wire.data, wire.len, cases[i].bytes, cases[i].len);
    }
}

static void
test_text_is_cut(void)
{
    g_auto(TwRestrictionBuilder) builder = { 0 };
    g_autoptr(TwRestriction) restriction = NULL;
    g_autofree char *name = g_strnfill(100, 'n');
    TwPropValue value = tw_value_str(PR_NAME, name);

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_property(&builder, TW_RELOP_EQ, PR_NAME, &value);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    for (gsize len = 0; len < 120; len++) {
        g_autofree char *text = tw_restriction_to_text(restriction, len);
        g_assert_cmpuint(strlen(text), <=, len);
    }
    {
        g_autofree char *text = tw_restriction_to_text(restriction, 20);
        g_autofree char *whole = tw_restriction_to_text(restriction, 1000);
        g_assert_cmpstr(text, ==, "(prop 3001:S = \"n...");
        g_assert_true(g_str_has_suffix(whole, "nnn\"...)"));
    }
}

/* The captured restriction with every kind of node, spec/mapi-soap.md 20.4. */
static void
test_captured(void)
{
    TwPropValue size = tw_value_long(PR_SIZE, 10000000), comment = tw_value_str(PR_SUBJECT, "c");
    TwPropValue user = tw_value_str(PR_NAME, "user");
    g_auto(TwRestrictionBuilder) builder = { 0 };
    g_autoptr(GBytes) message = make_message();
    g_autoptr(TwRestriction) restriction = NULL;
    g_autofree char *text = NULL;
    TwMatchContext context = { .collation = NULL };
    TwProps props;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    tw_restriction_builder_begin(&builder, TW_RES_OR, 0);
    tw_restriction_builder_exist(&builder, 3604511);
    tw_restriction_builder_bitmask(&builder, TRUE, 235339779, 1);
    tw_restriction_builder_end(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_NOT, 0);
    tw_restriction_builder_property(&builder, 2, 235405315, &size);
    tw_restriction_builder_end(&builder);
    tw_restriction_builder_compare(&builder, 1, 805765184, 805830720);
    tw_restriction_builder_size(&builder, 2, 3604511, 0);
    tw_restriction_builder_begin(&builder, TW_RES_COMMENT, 0);
    tw_restriction_builder_comment_value(&builder, &comment);
    tw_restriction_builder_exist(&builder, 3604511);
    tw_restriction_builder_end(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_SUB, 236060685);
    tw_restriction_builder_content(&builder, 65537, 805371935, &user);
    tw_restriction_builder_end(&builder);
    tw_restriction_builder_end(&builder);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    g_assert_nonnull(restriction);
    text = tw_restriction_to_text(restriction, 1000);
    g_assert_cmpstr(
        text, ==,
        "(and (or (exist 0037:S) (bits 0e07:I4 0x1 some)) (not (prop 0e08:I4 > 10000000))"
        " (compare 3007:T <= 3008:T) (size 0037:S > 0) (comment \"c\" (exist 0037:S))"
        " (sub 0e12:O (content 3001:S substring,nocase \"user\")))");
    g_assert_true(tw_props_open_bytes(message, &props, NULL));
    g_assert_true(tw_restriction_match_props(restriction, &props, &context));
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
    build(&builder, "Ru)");
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
    g_test_add_func("/oxcdata/2.12/trees", test_trees);
    g_test_add_func("/mapi/restriction/wrong-sub-object", test_wrong_sub_object);
    g_test_add_func("/mapi/restriction/bad-trees", test_bad_trees);
    g_test_add_func("/mapi/restriction/bad-leaves", test_bad_leaves);
    g_test_add_func("/mapi-soap/4.3/anr", test_anr);
    g_test_add_func("/mapi-soap/4.3/member-of", test_never);
    g_test_add_func("/mapi/restriction/depth", test_depth);
    g_test_add_func("/mapi/restriction/node-limit", test_node_limit);
    g_test_add_func("/mapi/restriction/byte-limit", test_byte_limit);
    g_test_add_func("/oxcdata/2.12/wire", test_wire_form);
    g_test_add_func("/mapi-soap/20.4/captured", test_captured);
    g_test_add_func("/mapi/restriction/text", test_text_is_cut);
    g_test_add_func("/mapi/restriction/source", test_source);
    g_test_add_func("/mapi/restriction/collation", test_collation);
    return g_test_run();
}
