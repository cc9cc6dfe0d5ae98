/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Forms of restrictions: trees, what is refused, limits, the wire, the text. */
#include "mapi/restriction.h"

#include "base/error.h"
#include "mapi/restriction-message.h"

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
    /* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order of reading */
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

/* Conditions of rules that Exchange keeps, from the test data of MFCMAPI (microsoft/mfcmapi, MIT,
 * UnitTest/SmartViewTestData/In/17-RuleCon1.txt and 17-RuleCon2.txt), without the count of named properties before them. */
static void
test_exchange_rules(void)
{
    static const struct {
        const char *hex, *text;
    } cases[] = {
        { "000200"
          "0301000100B0847D00B0847D004100610061006100610061006100000002"
          "010200"
          "0301000100B0843700B08437005400680061006E006B007300200066006F00720020007300750062006D0069"
          "007400"
          "740069006E006700200079006F00750072002000630072006500640065006E007400690061006C0073002000"
          "66006F"
          "00720020006F0075007200200063006F006E00730069006400650072006100740069006F006E000000"
          "0301000100B0840010B08400105400680061006E006B007300200066006F00720020007300750062006D0069"
          "007400"
          "740069006E006700200079006F00750072002000630072006500640065006E007400690061006C0073002000"
          "66006F"
          "00720020006F0075007200200063006F006E00730069006400650072006100740069006F006E000000",
          "(and (content 007d:S substring,nocase \"Aaaaaaa\") (not (or"
          " (content 0037:S substring,nocase \"Thanks for submitting your credentials for our "
          "consideration\")"
          " (content 1000:S substring,nocase"
          " \"Thanks for submitting your credentials for our consideration\"))))" },
        { "090D00120E"
          "0A040300006001000000"
          "02010100530000000000DCA740C8C042101AB4B908002B2FE18201000000010000002F6F3D6D6963726F736F"
          "66742F"
          "6F753D736F6D65626F6479656C73652F636E3D7468697369736E6F74796F752F636E3D31323334353500"
          "B08401004F0054006F006F006C007300200043006800650063006B0069006E0073000000"
          "0300003901000000"
          "01040402010B3002010B303A0045583A2F4F3D534F4D454F4E4545452F4F553D534F4D45424F4459454C5345"
          "2F434E"
          "3D5448495349534E4F54594F552F434E3D31323334353500",
          NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].hex) / 2;
        g_autofree guint8 *data = g_malloc(len);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwRestriction) condition = NULL, back = NULL;
        g_autofree char *text = NULL, *back_text = NULL;
        g_auto(TwBuffer) wire = TW_BUFFER_INIT(4096);

        for (gsize k = 0; k < len; k++)
            data[k] = (guint8) (g_ascii_xdigit_value(cases[i].hex[2 * k]) << 4 |
                                g_ascii_xdigit_value(cases[i].hex[2 * k + 1]));
        condition = tw_restriction_parse(data, len, TW_WIRE_16, &error);
        g_assert_no_error(error);
        text = tw_restriction_to_text(condition, 4096);
        if (cases[i].text != NULL)
            g_assert_cmpstr(text, ==, cases[i].text);
        else
            g_assert_nonnull(strstr(text, "(sub 0e12:O (comment"));
        tw_restriction_print(condition, TW_WIRE_16, &wire);
        g_assert_cmpuint(wire.len, ==, len);
        back = tw_restriction_parse(wire.data, wire.len, TW_WIRE_16, &error);
        g_assert_no_error(error);
        back_text = tw_restriction_to_text(back, 4096);
        g_assert_cmpstr(back_text, ==, text);
        for (gsize cut = 0; cut < len; cut++) {
            g_autofree guint8 *part = g_memdup2(data, MAX(cut, 1));
            g_assert_null(tw_restriction_parse(part, cut, TW_WIRE_16, NULL));
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oxcdata/2.12/trees", test_trees);
    g_test_add_func("/mapi/restriction/wrong-sub-object", test_wrong_sub_object);
    g_test_add_func("/mapi/restriction/bad-trees", test_bad_trees);
    g_test_add_func("/mapi/restriction/bad-leaves", test_bad_leaves);
    g_test_add_func("/mapi/restriction/depth", test_depth);
    g_test_add_func("/mapi/restriction/node-limit", test_node_limit);
    g_test_add_func("/mapi/restriction/byte-limit", test_byte_limit);
    g_test_add_func("/oxcdata/2.12/wire", test_wire_form);
    g_test_add_func("/mapi/restriction/text", test_text_is_cut);
    g_test_add_func("/mapi-soap/20.4/captured", test_captured);
    g_test_add_func("/oxorule/2.2.1.3/exchange", test_exchange_rules);
    return g_test_run();
}
