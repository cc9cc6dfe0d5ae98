/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/parse.h"

#include <string.h>

#include "support/assert-bytes.h"

static void
test_literals(void)
{
    static const struct {
        const char *line;
        gboolean is, waits;
        guint64 len;
    } rows[] = {
        { "a LOGIN {5}\r\n", TRUE, TRUE, 5 },
        { "a LOGIN {0}\r\n", TRUE, TRUE, 0 },
        { "a LOGIN {12+}\r\n", TRUE, FALSE, 12 },
        { "a {18446744073709551616}\r\n", FALSE, FALSE, 0 },
        { "a {5}\n", FALSE, FALSE, 0 },
        { "a {5} \r\n", FALSE, FALSE, 0 },
        { "a {}\r\n", FALSE, FALSE, 0 },
        { "a {+}\r\n", FALSE, FALSE, 0 },
        { "a {-5}\r\n", FALSE, FALSE, 0 },
        { "a {05}\r\n", TRUE, TRUE, 5 },
        { "5}\r\n", FALSE, FALSE, 0 },
        { "}\r\n", FALSE, FALSE, 0 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gsize len = strlen(rows[i].line);
        g_autofree guint8 *copy = g_memdup2(rows[i].line, len);
        TwImapLiteral literal = { 0 };

        g_test_message("%s", rows[i].line);
        g_assert_cmpint(tw_imap_find_literal(copy, len, &literal), ==, rows[i].is);
        if (!rows[i].is)
            continue;
        g_assert_cmpuint(literal.len, ==, rows[i].len);
        g_assert_cmpint(literal.waits, ==, rows[i].waits);
    }
}

static void
test_astrings(void)
{
    static const struct {
        const char *text, *value, *rest;
    } rows[] = {
        { "abc def", "abc", " def" },
        { "a]b[c d", "a]b[c", " d" },
        { "\"a \\\"b\\\\\" x", "a \"b\\", " x" },
        { "\"\"", "", "" },
        { "\"\xc3\xa4\"", "\xc3\xa4", "" },
        { "{3}\r\na b) x", "a b", ") x" },
        { "{0}\r\n", "", "" },
        { "(abc", NULL, "(abc" },
        { "", NULL, "" },
        { "\"abc", NULL, "\"abc" },
        { "\"a\\nb\"", NULL, "\"a\\nb\"" },
        { "\"a\rb\"", NULL, "\"a\rb\"" },
        { "{4}\r\nabc", NULL, "{4}\r\nabc" },
        { "{3}abc", NULL, "{3}abc" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gsize len = strlen(rows[i].text);
        g_autofree guint8 *copy = g_memdup2(rows[i].text, len);
        TwCursor cur = tw_cursor_init(copy, len);
        g_autofree char *value = NULL;

        g_test_message("%s", rows[i].text);
        g_assert_cmpint(tw_imap_take_astring(&cur, &value), ==, rows[i].value != NULL);
        g_assert_cmpstr(value, ==, rows[i].value);
        assert_bytes(cur.next, cur.left, rows[i].rest, strlen(rows[i].rest));
    }
}

static void
test_nul(void)
{
    TwCursor literal = tw_cursor_init("{3}\r\na\0b", 8), quoted = tw_cursor_init("\"a\0b\"", 5);
    g_autofree char *value = NULL;

    g_assert_false(tw_imap_take_astring(&literal, &value));
    g_assert_false(tw_imap_take_astring(&quoted, &value));
}

static void
test_sets(void)
{
    static const struct {
        const char *text;
        guint count;
        TwImapRange last;
    } rows[] = {
        { "1", 1, { 1, 1 } },
        { "1:*,5", 2, { 5, 5 } },
        { "*", 1, { TW_IMAP_STAR, TW_IMAP_STAR } },
        { "4,9:3", 2, { 9, 3 } },
        { "4294967294", 1, { 4294967294u, 4294967294u } },
        { "0", 0, { 0 } },
        { "1:0", 0, { 0 } },
        { "4294967295", 1, { 4294967294u, 4294967294u } },
        { "4294967296", 0, { 0 } },
        { "1,", 0, { 0 } },
        { "1:", 0, { 0 } },
        { ",1", 0, { 0 } },
        { "", 0, { 0 } },
        { "a", 0, { 0 } },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        TwCursor cur = tw_cursor_init(rows[i].text, strlen(rows[i].text));
        g_autoptr(GArray) set = g_array_new(FALSE, FALSE, sizeof(TwImapRange));

        g_test_message("%s", rows[i].text);
        g_assert_cmpint(tw_imap_take_set(&cur, set), ==, rows[i].count > 0);
        if (rows[i].count == 0)
            continue;
        g_assert_cmpuint(set->len, ==, rows[i].count);
        g_assert_cmpuint(g_array_index(set, TwImapRange, set->len - 1).first, ==,
                         rows[i].last.first);
        g_assert_cmpuint(g_array_index(set, TwImapRange, set->len - 1).last, ==, rows[i].last.last);
    }
}

static void
test_most_ranges(void)
{
    for (guint count = TW_IMAP_RANGES_MAX; count <= TW_IMAP_RANGES_MAX + 1; count++) {
        g_autoptr(GArray) set = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
        g_autoptr(GString) text = g_string_new("1");
        TwCursor cur;

        for (guint i = 1; i < count; i++)
            g_string_append(text, ",1");
        cur = tw_cursor_init(text->str, text->len);
        g_assert_cmpint(tw_imap_take_set(&cur, set), ==, count == TW_IMAP_RANGES_MAX);
    }
}

static void
test_tags_and_words(void)
{
    TwCursor cur = tw_cursor_init("A1 UID fetch BODY.PEEK[] +1 ", 28);
    char tag[TW_IMAP_TAG_MAX + 1];
    TwCursor atom;

    g_assert_true(tw_imap_take_tag(&cur, tag));
    g_assert_cmpstr(tag, ==, "A1");
    g_assert_false(tw_imap_take_word(&cur, "UID"));
    g_assert_true(tw_imap_take_char(&cur, ' '));
    g_assert_false(tw_imap_take_word(&cur, "UIDX"));
    g_assert_true(tw_imap_take_word(&cur, "UID"));
    g_assert_true(tw_imap_take_char(&cur, ' '));
    g_assert_true(tw_imap_take_word(&cur, "FETCH"));
    g_assert_true(tw_imap_take_char(&cur, ' '));
    g_assert_true(tw_imap_take_word(&cur, "BODY.PEEK"));
    g_assert_true(tw_imap_take_atom(&cur, &atom));
    assert_bytes(atom.next, atom.left, "[]", 2);
    g_assert_true(tw_imap_take_char(&cur, ' '));
    g_assert_false(tw_imap_take_tag(&cur, tag)); /* "+" begins no tag */
}

static void
test_tag_limit(void)
{
    for (gsize extra = 0; extra < 2; extra++) {
        g_autofree char *text = g_strnfill(TW_IMAP_TAG_MAX + extra, 't');
        TwCursor cur = tw_cursor_init(text, strlen(text));
        char tag[TW_IMAP_TAG_MAX + 1];

        g_assert_cmpint(tw_imap_take_tag(&cur, tag), ==, extra == 0);
    }
}

static void
test_put_string(void)
{
    static const struct {
        const char *text, *out;
    } rows[] = {
        { "abc", "\"abc\"" },
        { "a\"b\\c", "\"a\\\"b\\\\c\"" },
        { "", "\"\"" },
        { "\xc3\xa4", "{2}\r\n\xc3\xa4" },
        { "a\r\nb", "{4}\r\na\r\nb" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(1000);

        tw_imap_put_string(&out, rows[i].text, strlen(rows[i].text));
        assert_bytes(out.data, out.len, rows[i].out, strlen(rows[i].out));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/imap/parse/literals", test_literals);
    g_test_add_func("/imap/parse/astrings", test_astrings);
    g_test_add_func("/imap/parse/nul", test_nul);
    g_test_add_func("/imap/parse/sets", test_sets);
    g_test_add_func("/imap/parse/most-ranges", test_most_ranges);
    g_test_add_func("/imap/parse/tags-and-words", test_tags_and_words);
    g_test_add_func("/imap/parse/tag-limit", test_tag_limit);
    g_test_add_func("/imap/parse/put-string", test_put_string);
    return g_test_run();
}
