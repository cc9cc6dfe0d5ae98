/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/content-line.h"

#include <string.h>

#include "base/error.h"

static TwContentTree *
parse(const char *text, gsize len, GError **error)
{
    g_autofree guint8 *copy = g_memdup2(text, MAX(len, 1));

    return tw_lines_parse(copy, len, error);
}

static void
test_line(void)
{
    static const char text[] = "BEGIN:VCARD\r\n"
                               "item1.TEL;type=HOME,work;X-Q=\"a:b;c\",\"^'d^n^^e\":+1\\,2;3\r\n"
                               "NOTE:one\r\n  two\r\n\tthree\r\n"
                               "TEL;CELL:7\n"
                               "END:vcard\r\n";
    g_autoptr(TwContentTree) tree = parse(text, strlen(text), NULL);
    const TwContentNode *card = tw_lines_child(tree->root, "VCARD");
    const TwContentLine *tel = tw_lines_find(card, "TEL"), *note = tw_lines_find(card, "NOTE");

    g_assert_cmpstr(tel->group, ==, "item1");
    g_assert_cmpuint(tel->param_count, ==, 2);
    g_assert_true(tw_lines_param_is(tel, "TYPE", "WORK"));
    g_assert_false(tw_lines_param_is(tel, "TYPE", "CELL"));
    g_assert_cmpstr(tel->params[1].values[0], ==, "a:b;c");
    g_assert_cmpstr(tel->params[1].values[1], ==, "\"d\n^e");
    g_assert_cmpstr(tel->value, ==, "+1\\,2;3");
    g_assert_cmpstr(note->value, ==, "one twothree");
    g_assert_true(tw_lines_param_is(tw_lines_next(tel), "TYPE", "CELL"));
    g_assert_null(tw_lines_next(tw_lines_next(tel)));
    g_assert_cmpuint(tree->bad_lines, ==, 0);
}

typedef struct {
    const char *name, *text;
    int code; /* -1: is read */
    guint bad_lines;
} Case;

static const Case cases[] = {
    { "empty", "", -1, 0 },
    { "mark of byte order",
      "\xef\xbb\xbf"
      "BEGIN:A\nEND:A\n",
      -1, 0 },
    { "no colon", "BEGIN:A\nwhat is this\nEND:A\n", -1, 1 },
    { "no name", "BEGIN:A\n:x\nEND:A\n", -1, 1 },
    { "open quote", "BEGIN:A\nB;C=\"d:e\nEND:A\n", -1, 1 },
    { "no end", "BEGIN:A\nB:c\n", TW_ERROR_CORRUPT, 0 },
    { "end of another", "BEGIN:A\nEND:B\n", TW_ERROR_CORRUPT, 0 },
    { "end of none", "END:A\n", TW_ERROR_CORRUPT, 0 },
    { "outside", "A:b\n", TW_ERROR_CORRUPT, 0 },
    { "begin of nothing", "BEGIN: \nEND: \n", TW_ERROR_CORRUPT, 0 },
    { "eight deep",
      "BEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\n"
      "END:A\nEND:A\nEND:A\nEND:A\nEND:A\nEND:A\nEND:A\nEND:A\n",
      -1, 0 },
    { "nine deep",
      "BEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\n"
      "END:A\nEND:A\nEND:A\nEND:A\nEND:A\nEND:A\nEND:A\nEND:A\nEND:A\n",
      TW_ERROR_TOO_BIG, 0 },
};

static void
test_forms(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwContentTree) tree = parse(cases[i].text, strlen(cases[i].text), &error);
        g_test_message("%s", cases[i].name);
        if (cases[i].code >= 0) {
            g_assert_null(tree);
            g_assert_error(error, TW_ERROR, cases[i].code);
        } else {
            g_assert_no_error(error);
            g_assert_cmpuint(tree->bad_lines, ==, cases[i].bad_lines);
        }
    }
}

static void
test_cut(void)
{
    static const char text[] =
        "BEGIN:A\r\ng.B;C=\"d\",e;F:gh\r\n i\r\nBEGIN:J\r\nEND:J\r\nEND:A\r\n";

    for (gsize len = 0; len < strlen(text); len++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwContentTree) tree = parse(text, len, &error);
        g_assert_true((tree == NULL) == (error != NULL));
        if (len > 5 && len < strlen(text) - 2)
            g_assert_nonnull(error);
    }
}

static void
test_write(void)
{
    g_autoptr(TwContentTree) tree = tw_lines_tree_new(100000);
    TwContentNode *node = tw_lines_add_node(tree, tree->root, "VEVENT");
    g_auto(TwBuffer) out = TW_BUFFER_INIT(10000);
    g_autoptr(GString) line = g_string_new("X:");
    g_autoptr(TwContentTree) again = NULL;
    const char *at, *end;

    for (guint i = 0; i < 100; i++)
        g_string_append(line, "\xc3\xa4\xe2\x82\xac");
    g_assert_nonnull(tw_lines_add_raw(tree, node, line->str, line->len));
    g_assert_null(tw_lines_add_raw(tree, node, "no line", 7));
    /* nothing in a value can begin a line */
    g_assert_nonnull(tw_lines_add(tree, node, "A", "b\r\nEND:VEVENT"));
    tw_lines_write(tree->root, &out);
    tw_buffer_put_u8(&out, 0);
    for (at = (const char *) out.data; (end = strstr(at, "\r\n")) != NULL; at = end + 2) {
        g_assert_cmpint(end - at, <=, TW_CONTENT_FOLD);
        g_assert_true(g_utf8_validate(at, end - at, NULL));
    }
    again = parse((const char *) out.data, out.len - 1, NULL);
    g_assert_cmpstr(tw_lines_child(again->root, "VEVENT")->lines->raw, ==, line->str);
    g_assert_cmpstr(tw_lines_find(tw_lines_child(again->root, "VEVENT"), "A")->value, ==,
                    "bEND:VEVENT");
}

static void
test_values(void)
{
    g_autofree char *text = tw_lines_unescape("a\\nb\\,\\;\\\\\\x\\", 13);
    g_autoptr(GPtrArray) parts = tw_lines_split("a\\;b;c;d", 8, ';', 2);
    g_autoptr(GString) out = g_string_new(NULL);

    g_assert_cmpstr(text, ==, "a\nb,;\\\\x\\");
    g_assert_cmpuint(parts->len, ==, 2);
    g_assert_cmpstr(parts->pdata[0], ==, "a\\;b");
    g_assert_cmpstr(parts->pdata[1], ==, "c;d");
    tw_lines_put_text(out, "a\r\nb\nc,\x01;\\");
    g_assert_cmpstr(out->str, ==, "a\\nb\\nc\\,\\;\\\\");
    g_string_truncate(out, 0);
    tw_lines_put_param(out, "CN", "A \"B\", ^C\n");
    g_assert_cmpstr(out->str, ==, ";CN=\"A ^'B^', ^^C^n\"");
}

/* What was read is written as it was folded; what cannot be is folded anew. */
static void
test_stood(void)
{
    static const struct {
        const char *line;
        gboolean kept;
    } stood_cases[] = {
        { "X:in\r\n  two", TRUE },     { "X:in\r\n\ttwo", TRUE },   { "X:in\n two", FALSE },
        { "X:in\r\n \r\n two", TRUE }, { "X:a\001b\r\n c", FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(stood_cases); i++) {
        g_autofree char *text =
            g_strconcat("BEGIN:A\r\n", stood_cases[i].line, "\r\nEND:A\r\n", NULL);
        g_autoptr(TwContentTree) tree = parse(text, strlen(text), NULL);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(10000);

        tw_lines_write(tree->root, &out);
        g_assert_cmpint(out.len == strlen(text) && memcmp(out.data, text, out.len) == 0, ==,
                        stood_cases[i].kept);
    }
    for (guint over = 0; over < 2; over++) {
        g_autofree char *value = g_strnfill(TW_CONTENT_MAX_STOOD - 2 + over, 'v');
        g_autofree char *text = g_strconcat("BEGIN:A\r\nX:", value, "\r\nEND:A\r\n", NULL);
        g_autoptr(TwContentTree) tree = parse(text, strlen(text), NULL);

        g_assert_cmpint(tree->root->children->lines->stood != NULL, ==, over == 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rfc5545/3.1/line", test_line);
    g_test_add_func("/rfc5545/3.1/forms", test_forms);
    g_test_add_func("/rfc5545/3.1/cut", test_cut);
    g_test_add_func("/rfc5545/3.1/write", test_write);
    g_test_add_func("/rfc5545/3.1/stood", test_stood);
    g_test_add_func("/rfc5545/3.3.11/values", test_values);
    return g_test_run();
}
