/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/rtf.h"

#include <string.h>

#include "base/error.h"
#include "mapi/assert-bytes.h"
#include "mapi/rtf-token.h"

enum {
    MOST = 1 << 20
};

typedef GBytes *(*Convert)(const guint8 *rtf, gsize len, gsize max_len, GError **error);

static GBytes *
convert(Convert func, const char *rtf, gsize len, gsize max_len, GError **error)
{
    g_autofree guint8 *input = g_memdup2(rtf, MAX(len, 1));

    return func(input, len, max_len, error);
}

/* As a string, also when there are no bytes at all. */
static char *
to_string(GBytes *bytes)
{
    gsize len;
    const char *data = g_bytes_get_data(bytes, &len);

    return g_strndup(len > 0 ? data : "", len);
}

static void
assert_converts(Convert func, const char *rtf, const char *want)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) got = convert(func, rtf, strlen(rtf), MOST, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = to_string(got);
    g_assert_cmpstr(text, ==, want);
}

/* Golden files: NAME.rtf with NAME.rtf.html and NAME.rtf.txt. TW_REGENERATE=1 writes them anew. */
static void
check_golden(const char *path, Convert func, const char *ending)
{
    g_autofree char *input = NULL, *want = NULL, *file = g_strconcat(path, ending, NULL);
    g_autoptr(GBytes) got = NULL;
    g_autoptr(GError) error = NULL;
    gsize input_len, want_len, got_len;
    const char *got_text;

    g_assert_true(g_file_get_contents(path, &input, &input_len, NULL));
    got = convert(func, input, input_len, MOST, &error);
    g_assert_no_error(error);
    got_text = g_bytes_get_data(got, &got_len);
    if (g_getenv("TW_REGENERATE") != NULL)
        g_assert_true(g_file_set_contents(file, got_text, (gssize) got_len, NULL));
    g_test_message("%s", file);
    g_assert_true(g_file_get_contents(file, &want, &want_len, NULL));
    {
        g_autofree char *shown = to_string(got);
        g_assert_cmpstr(shown, ==, want);
    }
    g_assert_cmpuint(got_len, ==, want_len);
}

static void
test_golden(void)
{
    g_autofree char *folder =
        g_build_filename(g_getenv("TW_SOURCE_ROOT"), "tests", "mapi", "data", "rtf", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    guint seen = 0;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (!g_str_has_suffix(name, ".rtf"))
            continue;
        check_golden(path, tw_rtf_to_html, ".html");
        check_golden(path, tw_rtf_to_text, ".txt");
        seen++;
    }
    g_assert_cmpuint(seen, >=, 7);
}

static void
test_tokens(void)
{
    static const struct {
        const char *rtf;
        TwRtfTokenKind kind;
        const char *data;
        gboolean has_param;
        gint32 param;
        guint8 byte;
        gsize left;
    } cases[] = {
        { "", TW_RTF_TOKEN_END, "", FALSE, 0, 0, 0 },
        { "\r\n", TW_RTF_TOKEN_END, "", FALSE, 0, 0, 0 },
        { "{x", TW_RTF_TOKEN_OPEN, "", FALSE, 0, 0, 1 },
        { "}", TW_RTF_TOKEN_CLOSE, "", FALSE, 0, 0, 0 },
        { "\\b x", TW_RTF_TOKEN_WORD, "b", FALSE, 0, 0, 1 },
        { "\\b  x", TW_RTF_TOKEN_WORD, "b", FALSE, 0, 0, 2 },
        { "\\b0x", TW_RTF_TOKEN_WORD, "b", TRUE, 0, 0, 1 },
        { "\\li-360 ", TW_RTF_TOKEN_WORD, "li", TRUE, -360, 0, 0 },
        { "\\li-x", TW_RTF_TOKEN_WORD, "li", FALSE, 0, 0, 2 },
        { "\\u99999999999999999999 ", TW_RTF_TOKEN_WORD, "u", TRUE, G_MAXINT32, 0, 0 },
        { "\\u-99999999999999999999 ", TW_RTF_TOKEN_WORD, "u", TRUE, -G_MAXINT32, 0, 0 },
        { "\\'e9x", TW_RTF_TOKEN_BYTE, "", FALSE, 0, 0xe9, 1 },
        { "\\'e", TW_RTF_TOKEN_SYMBOL, "", FALSE, 0, '\'', 1 },
        { "\\'xx", TW_RTF_TOKEN_SYMBOL, "", FALSE, 0, '\'', 2 },
        { "\\\\", TW_RTF_TOKEN_SYMBOL, "", FALSE, 0, '\\', 0 },
        { "\\", TW_RTF_TOKEN_SYMBOL, "", FALSE, 0, '\\', 0 },
        { "\\\r\n", TW_RTF_TOKEN_SYMBOL, "", FALSE, 0, '\n', 1 },
        { "ab\\c", TW_RTF_TOKEN_TEXT, "ab", FALSE, 0, 0, 2 },
        { "ab\ncd", TW_RTF_TOKEN_TEXT, "ab", FALSE, 0, 0, 3 },
        { "\\bin3 {}\\x", TW_RTF_TOKEN_BINARY, "{}\\", TRUE, 3, 0, 1 },
        { "\\bin99 ab", TW_RTF_TOKEN_BINARY, "ab", TRUE, 99, 0, 0 },
        { "\\bin0 ab", TW_RTF_TOKEN_WORD, "bin", TRUE, 0, 0, 2 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].rtf);
        g_autofree guint8 *input = g_memdup2(cases[i].rtf, MAX(len, 1));
        TwCursor in = tw_cursor_init(input, len);
        TwRtfToken token;

        g_test_message("%s", cases[i].rtf);
        tw_rtf_next_token(&in, &token);
        g_assert_cmpint(token.kind, ==, cases[i].kind);
        assert_bytes_equal(token.data, token.len, cases[i].data, strlen(cases[i].data));
        g_assert_true(token.has_param == cases[i].has_param);
        g_assert_cmpint(token.param, ==, cases[i].param);
        g_assert_cmphex(token.byte, ==, cases[i].byte);
        g_assert_cmpuint(in.left, ==, cases[i].left);
    }
}

static void
test_origin(void)
{
    static const struct {
        const char *rtf;
        TwRtfOrigin origin;
    } cases[] = {
        { "{\\rtf1\\ansi\\fromhtml1 x}", TW_RTF_FROM_HTML },
        { "{\\rtf1\\ansi\\fromtext x}", TW_RTF_FROM_TEXT },
        { "{\\rtf1\\ansi x}", TW_RTF_ORDINARY },
        { "{\\rtf1\\ansi\\fromhtml0 x}", TW_RTF_ORDINARY },
        { "{\\rtf1\\a\\b\\c\\d\\e\\f\\g\\fromhtml1}", TW_RTF_FROM_HTML }, /* the tenth */
        { "{\\rtf1\\a\\b\\c\\d\\e\\f\\g\\h\\fromhtml1}", TW_RTF_ORDINARY },
        { "{\\rtf1{\\fonttbl\\fromhtml1}}", TW_RTF_ORDINARY },
        { "", TW_RTF_ORDINARY },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].rtf);
        g_autofree guint8 *input = g_memdup2(cases[i].rtf, MAX(len, 1));
        g_test_message("%s", cases[i].rtf);
        g_assert_cmpint(tw_rtf_origin(input, len), ==, cases[i].origin);
    }
}

static void
test_texts(void)
{
    static const struct {
        const char *rtf, *text;
    } cases[] = {
        { "{\\rtf1 x}", "x" },
        { "{\\rtf1\\ansi a\\'e9\\par b}", "a\xc3\xa9\r\nb" },
        { "{\\rtf1\\ansi\\ansicpg1251 \\'e9}", "\xd0\xb9" },
        { "{\\rtf1\\ansi\\ansicpg65001 \\'c3\\'a9}", "\xc3\xa9" },
        { "{\\rtf1\\ansi\\ansicpg99 \\'e9}", "\xc3\xa9" },
        { "{\\rtf1\\mac \\'8e}", "\xc3\xa9" },
        { "{\\rtf1\\ansi\\ansicpg932 \\'83A\\'83}", "\xe3\x82\xa2\xef\xbf\xbd" },
        { "{\\rtf1 \\u233?x}", "\xc3\xa9x" },
        { "{\\rtf1 \\uc0\\u233?x}", "\xc3\xa9?x" },
        { "{\\rtf1 \\uc2\\u233\\'41\\b x}", "\xc3\xa9x" },
        { "{\\rtf1 \\uc9{\\u233 ab}c}", "\xc3\xa9"
                                        "c" },
        { "{\\rtf1 \\u-10179?\\u-8704?}", "\xf0\x9f\x98\x80" },
        { "{\\rtf1 \\u-10179?a}", "\xef\xbf\xbd"
                                  "a" },
        { "{\\rtf1 {\\*\\unknown gone}{\\unknown here}}", "here" },
        { "{\\rtf1 {\\fonttbl{\\f7\\fcharset238 A;}}\\f7\\'b9{\\f0\\'b9}}", "\xc4\x85\xc2\xb9" },
        { "{\\rtf1 {\\fonttbl{\\f7\\cpg1253 A;}}\\f7\\'e1}", "\xce\xb1" },
        { "{\\rtf1 a\\bin3 }}}b}", "ab" },
        { "{\\rtf1 a}b}", "a" },
        { "{\\rtf1 a", "a" },
        { "{\\rtf1 {\\v no}\\v no\\v0 yes}", "yes" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].rtf);
        assert_converts(tw_rtf_to_text, cases[i].rtf, cases[i].text);
    }
}

static void
test_original_html(void)
{
    static const struct {
        const char *rtf, *html;
    } cases[] = {
        { "{\\rtf1\\fromhtml1 {\\*\\htmltag <b>}x{\\*\\htmltag </b>}}", "<b>x</b>" },
        { "{\\rtf1\\fromhtml1 {\\*\\htmltag148 <FONT face=\"symbol\">}}",
          "<FONT face=\"symbol\">" },
        { "{\\rtf1\\fromhtml1  \t {\\*\\htmltag64}  x}", "  x" },
        { "{\\rtf1\\fromhtml1 {\\*\\htmltag64}a\\htmlrtf b\\htmlrtf0 c}", "ac" },
        { "{\\rtf1\\fromhtml1 {\\*\\htmltag64}a{\\htmlrtf1 b}c}", "ac" },
        { "{\\rtf1\\fromhtml1 {\\*\\htmltag64}a\\htmlrtf{b\\htmlrtf0 c}d\\htmlrtf0 e}", "ace" },
        { "{\\rtf1\\fromhtml1 {\\*\\mhtmltag64 no}{\\*\\htmltag64 \\{yes\\}}}", "{yes}" },
        { "{\\rtf1\\fromhtml1 {\\*\\htmltag64 a\\par\\tab b\\u8364?\\~}}",
          "a\r\n\tb\xe2\x82\xac&nbsp;" },
        { "{\\rtf1\\fromhtml1 {\\*\\htmltag64}<\\lquote\\rquote\\ldblquote\\rdblquote>}",
          "<&lsquo;&rsquo;&ldquo;&rdquo;>" },
        { "{\\rtf1\\fromhtml1 {\\*\\htmltag64}\\bullet\\endash\\emdash\\_\\-}",
          "&bull;&ndash;&mdash;&shy;" },
        { "{\\rtf1\\ansicpg1251\\fromhtml1{\\fonttbl{\\f1\\fcharset0 A;}}\\f1\\'e9"
          "{\\*\\htmltag \\'e9}}",
          "\xc3\xa9\xd0\xb9" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].rtf);
        assert_converts(tw_rtf_to_html, cases[i].rtf, cases[i].html);
    }
}

static void
test_refused(void)
{
    static const char *const bad[] = { "", "{", "x", "{\\b rtf}", "\\rtf1 x", "{\\rtfx}" };
    g_autoptr(GString) deep = g_string_new("{\\rtf1 ");
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) at_limit = NULL, at_size = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_null(convert(tw_rtf_to_html, bad[i], strlen(bad[i]), MOST, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        g_clear_error(&error);
        g_assert_null(convert(tw_rtf_to_text, bad[i], strlen(bad[i]), MOST, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        g_clear_error(&error);
    }
    for (guint i = 1; i < TW_RTF_MAX_DEPTH; i++)
        g_string_append_c(deep, '{');
    at_limit = convert(tw_rtf_to_text, deep->str, deep->len, MOST, &error);
    g_assert_no_error(error);
    g_string_append_c(deep, '{');
    g_assert_null(convert(tw_rtf_to_text, deep->str, deep->len, MOST, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    at_size = convert(tw_rtf_to_text, "{\\rtf1 1234}", 12, 4, &error);
    g_assert_no_error(error);
    g_assert_null(convert(tw_rtf_to_text, "{\\rtf1 1234}", 12, 3, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

/* A font or colour past the limit is the default one. */
static void
test_table_limits(void)
{
    g_autoptr(GString) rtf = g_string_new("{\\rtf1\\ansi{\\fonttbl");

    for (guint i = 0; i <= TW_RTF_MAX_FONTS; i++)
        g_string_append_printf(rtf, "{\\f%u\\fcharset238 A;}", i + 1);
    g_string_append_printf(rtf, "}\\f%d\\'b9\\f%d\\'b9}", TW_RTF_MAX_FONTS, TW_RTF_MAX_FONTS + 1);
    assert_converts(tw_rtf_to_text, rtf->str, "\xc4\x85\xc2\xb9");

    g_string_assign(rtf, "{\\rtf1{\\colortbl");
    for (guint i = 0; i <= TW_RTF_MAX_COLORS; i++)
        g_string_append(rtf, "\\red1\\green2\\blue3;");
    g_string_append_printf(rtf, "}\\cf%d a\\cf%d b}", TW_RTF_MAX_COLORS - 1, TW_RTF_MAX_COLORS);
    {
        g_autoptr(GBytes) html = convert(tw_rtf_to_html, rtf->str, rtf->len, MOST, NULL);
        g_autofree char *text = to_string(html);
        g_assert_nonnull(strstr(text, "color:#010203;\">a</span>"));
        g_assert_nonnull(strstr(text, "12pt;\">b</span>"));
    }
}

/* Every cut of a golden file: no error but a missing head, and nothing read past the end. */
static void
test_cut_anywhere(void)
{
    g_autofree char *path = g_build_filename(g_getenv("TW_SOURCE_ROOT"), "tests", "mapi", "data",
                                             "rtf", "mail-cyrillic.rtf", NULL);
    g_autofree char *rtf = NULL;
    gsize len;

    g_assert_true(g_file_get_contents(path, &rtf, &len, NULL));
    for (gsize cut = 0; cut < len; cut++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) html = convert(tw_rtf_to_html, rtf, cut, MOST, &error);
        g_autoptr(GBytes) text = convert(tw_rtf_to_text, rtf, cut, MOST, NULL);
        g_assert_true((html != NULL) == (cut >= 5));
        g_assert_true((text != NULL) == (cut >= 5));
        if (html != NULL)
            g_assert_true(g_bytes_get_size(html) == 0 ||
                          g_utf8_validate(g_bytes_get_data(html, NULL),
                                          (gssize) g_bytes_get_size(html), NULL));
    }
}

static const char *const pages[] = {
    "",
    "plain",
    " leading blanks",
    "<p>x</p>",
    "<!DOCTYPE html>\r\n<html>\r\n<head>\r\n<title>A & B</title>\r\n<style>p { color: red }\r\n"
    "</style>\r\n</head>\r\n<body>\r\n<p class='a>b'>Text &amp; &nbsp; &#8364; &unknown; &;</p>\r\n"
    "</body>\r\n</html>\r\n",
    "line\nends\rof\r\nall\r\n\r\nkinds\n\r",
    "tab\there and <b>\ttab</b>\t",
    "a < b, c > d, <3, </>, <",
    "<a href=\"x\"><b>bold\\{}</b></a>{\\rtf1 \\par}",
    "<script>if (a < b) { x(\"</p>\") }</script>after",
    "<style>never closed",
    "<!-- comment -- > still --><p>",
    "<!-- never closed",
    "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0 \xef\xbf\xbf <i \xc3\xa9>",
    "controls \x01\x02\x1f\x7f <b \x03>",
    "\\u1234? \\'e9",
    "<LI>one<LI>two<BR/>three",
};

static void
test_html_round_trip(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(pages); i++) {
        gsize len = strlen(pages[i]);
        g_autofree char *input = g_memdup2(pages[i], MAX(len, 1));
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) rtf = tw_rtf_from_html(input, len, MOST, &error);

        g_test_message("%s", pages[i]);
        g_assert_no_error(error);
        g_assert_cmpint(tw_rtf_origin(g_bytes_get_data(rtf, NULL), g_bytes_get_size(rtf)), ==,
                        TW_RTF_FROM_HTML);
        {
            g_autofree char *text = to_string(rtf);
            g_assert_true(g_str_is_ascii(text));
            assert_converts(tw_rtf_to_html, text, pages[i]);
        }
    }
}

static void
test_nul_round_trip(void)
{
    static const char page[] = "a\0b<p \0>";
    g_autoptr(GBytes) rtf = tw_rtf_from_html(page, sizeof page - 1, MOST, NULL);
    g_autoptr(GBytes) html =
        tw_rtf_to_html(g_bytes_get_data(rtf, NULL), g_bytes_get_size(rtf), MOST, NULL);

    assert_bytes_equal(g_bytes_get_data(html, NULL), g_bytes_get_size(html), page, sizeof page - 1);
}

static void
test_text_round_trip(void)
{
    static const struct {
        const char *text, *back;
    } cases[] = {
        { "", "" },
        { "one line", "one line" },
        { "one\r\ntwo\r\n", "one\r\ntwo\r\n" },
        { "one\ntwo\rthree\n\n", "one\r\ntwo\r\nthree\r\n\r\n" },
        { "\ttab {brace} back\\slash", "\ttab {brace} back\\slash" },
        { " caf\xc3\xa9 \xf0\x9f\x98\x80 \x01", " caf\xc3\xa9 \xf0\x9f\x98\x80 \x01" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) rtf =
            tw_rtf_from_text(cases[i].text, strlen(cases[i].text), MOST, &error);
        g_autofree char *text = NULL;

        g_assert_no_error(error);
        text = to_string(rtf);
        g_assert_cmpint(tw_rtf_origin((const guint8 *) text, strlen(text)), ==, TW_RTF_FROM_TEXT);
        assert_converts(tw_rtf_to_text, text, cases[i].back);
    }
}

/* What readers of RTF see of HTML. */
static void
test_wrapped_html_as_text(void)
{
    static const char page[] = "<p>One &amp; <b>two</b><br>three</p><p>\xe2\x82\xac&nbsp;4</p>";
    g_autoptr(GBytes) rtf = tw_rtf_from_html(page, sizeof page - 1, MOST, NULL);
    g_autofree char *text = to_string(rtf);

    assert_converts(tw_rtf_to_text, text,
                    "One & two\r\nthree\r\n\xe2\x82\xac\xc2\xa0"
                    "4\r\n");
}

static void
test_wrap_refused(void)
{
    static const char *const bad[] = { "\xff", "a\xc3", "\xed\xa0\x80", "ok \x80" };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) rtf = NULL;
    gsize size;

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_null(tw_rtf_from_html(bad[i], strlen(bad[i]), MOST, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        g_clear_error(&error);
        g_assert_null(tw_rtf_from_text(bad[i], strlen(bad[i]), MOST, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        g_clear_error(&error);
    }
    rtf = tw_rtf_from_html("<p>x", 4, MOST, NULL);
    size = g_bytes_get_size(rtf);
    {
        g_autoptr(GBytes) at_limit = tw_rtf_from_html("<p>x", 4, size, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(g_bytes_get_size(at_limit), ==, size);
    }
    g_assert_null(tw_rtf_from_html("<p>x", 4, size - 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtf/tokens", test_tokens);
    g_test_add_func("/rtf/origin", test_origin);
    g_test_add_func("/rtf/texts", test_texts);
    g_test_add_func("/oxrtfex/2.2.3.2/original-html", test_original_html);
    g_test_add_func("/rtf/golden", test_golden);
    g_test_add_func("/rtf/refused", test_refused);
    g_test_add_func("/rtf/table-limits", test_table_limits);
    g_test_add_func("/rtf/cut-anywhere", test_cut_anywhere);
    g_test_add_func("/rtf/html-round-trip", test_html_round_trip);
    g_test_add_func("/rtf/nul-round-trip", test_nul_round_trip);
    g_test_add_func("/rtf/text-round-trip", test_text_round_trip);
    g_test_add_func("/rtf/wrapped-html-as-text", test_wrapped_html_as_text);
    g_test_add_func("/rtf/wrap-refused", test_wrap_refused);
    return g_test_run();
}
