/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mime-scan.h"

#include <string.h>

/* One line a part: indent by depth, type/subtype, kind, encoding, header, body, lines, flags. */
static char *
print_tree(const TwMimeTree *tree, const char *data)
{
    static const char *const kinds[] = { "", " multipart", " message" };
    static const char *const encodings[] = { "", " base64", " qp", " uu" };
    GString *text = g_string_new(NULL);
    guint count;
    const TwMimePart *parts = tw_mime_tree_get_parts(tree, &count);

    for (guint i = 0; i < count; i++) {
        const TwMimePart *part = &parts[i];
        g_autofree char *body = part->kind == TW_MIME_LEAF
                                    ? g_strndup(data + part->body, part->body_len)
                                    : g_strdup("...");
        g_autofree char *escaped = g_strescape(body, NULL);
        g_string_append_printf(text, "%*s%s/%s%s%s [%s] %u%s%s%s%s\n", part->depth * 2, "",
                               part->type, part->subtype, kinds[part->kind],
                               encodings[part->encoding], escaped, (guint) part->lines,
                               part->flags & TW_MIME_UNCLOSED ? " unclosed" : "",
                               part->flags & TW_MIME_CUT ? " cut" : "",
                               part->flags & TW_MIME_NO_HEADER_END ? " no-end" : "",
                               part->flags & TW_MIME_HAS_NUL ? " nul" : "");
    }
    return g_string_free(text, FALSE);
}

/* What holds for any tree: ranges nest, children follow their parent, siblings follow each other. */
static void
check_tree(const TwMimeTree *tree, gsize len)
{
    guint count;
    const TwMimePart *parts = tw_mime_tree_get_parts(tree, &count);

    g_assert_cmpuint(count, >=, 1);
    g_assert_cmpuint(parts[0].header + parts[0].header_len + parts[0].body_len, ==, len);
    for (guint i = 0; i < count; i++) {
        const TwMimePart *part = &parts[i];
        g_assert_cmpuint(part->header + part->header_len, ==, part->body);
        if (i == 0)
            continue;
        g_assert_cmpuint(part->parent, <, i);
        g_assert_cmpuint(part->header, >=, parts[part->parent].body);
        g_assert_cmpuint(part->body + part->body_len, <=,
                         parts[part->parent].body + parts[part->parent].body_len);
        if (part->next != TW_MIME_NONE)
            g_assert_cmpuint(parts[part->next].header, >=, part->body + part->body_len);
    }
}

static char *
scan(const char *data, gsize len, const TwMimeLimits *limits)
{
    g_autofree guint8 *input = g_memdup2(data, len);
    g_autoptr(TwMimeTree) tree = tw_mime_scan(input, len, limits);
    char *whole = print_tree(tree, data);

    check_tree(tree, len);
    for (gsize cut = 1; cut < len; cut++) {
        TwMimeScanner *scanner = tw_mime_scanner_new(limits);
        g_autoptr(TwMimeTree) other = NULL;
        g_autofree char *text = NULL;
        g_autofree guint8 *first = g_memdup2(data, cut), *second = g_memdup2(data + cut, len - cut);

        tw_mime_scanner_feed(scanner, first, cut);
        tw_mime_scanner_feed(scanner, second, len - cut);
        other = tw_mime_scanner_finish(scanner);
        text = print_tree(other, data);
        g_assert_cmpstr(text, ==, whole);
    }
    return whole;
}

#define MULTI "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

static const struct {
    const char *name, *input, *expect;
} cases[] = {
    { "nothing", "", "text/plain [] 0 no-end\n" },
    { "a header only", "A: b\r\n", "text/plain [] 0 no-end\n" },
    { "an empty body", "A: b\r\n\r\n", "text/plain [] 0\n" },
    { "no header", "\r\nx\r\n", "text/plain [x\\r\\n] 1\n" },
    { "plain", "A: b\nContent-Type: text/html\n\nx\ny", "text/html [x\\ny] 1\n" },
    { "two parts",
      MULTI "pre\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: "
            "BASE64\r\n\r\nQUJD\r\n--b--\r\npost\r\n",
      "multipart/mixed multipart [...] 11\n  text/plain [one] 0\n  a/b base64 [QUJD] 0\n" },
    { "lines of a part", MULTI "--b\n\n1\n2\n\n--b--",
      "multipart/mixed multipart [...] 5\n  text/plain [1\\n2\\n] 2\n" },
    { "a part without a body", MULTI "--b\r\nA: b\r\n--b--\r\n",
      "multipart/mixed multipart [...] 3\n  text/plain [] 0 no-end\n" },
    { "a part of nothing", MULTI "--b\r\n--b--\r\n",
      "multipart/mixed multipart [...] 2\n  text/plain [] 0 no-end\n" },
    { "never closed", MULTI "--b\r\n\r\none\r\n",
      "multipart/mixed multipart [...] 3 unclosed\n  text/plain [one\\r\\n] 1\n" },
    { "blanks after a delimiter", MULTI "--b \t\r\n\r\none\r\n--b-- \r\n",
      "multipart/mixed multipart [...] 4\n  text/plain [one] 0\n" },
    { "lines that only look like delimiters",
      MULTI "--b\r\n\r\n--bb\r\n--b-\r\n---b\r\n --b\r\n--b--x\r\n--b--\r\n",
      "multipart/mixed multipart [...] 8\n  text/plain [--bb\\r\\n--b-\\r\\n---b\\r\\n "
      "--b\\r\\n--b--x] 4\n" },
    { "after the closing delimiter the boundary is no more",
      MULTI "--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\ntwo\r\n",
      "multipart/mixed multipart [...] 7\n  text/plain [one] 0\n" },
    { "an outer delimiter closes the inner parts",
      MULTI "--b\r\nContent-Type: multipart/alternative; "
            "boundary=\"i\"\r\n\r\n--i\r\n\r\nin\r\n--b\r\n\r\nout\r\n--b--\r\n",
      "multipart/mixed multipart [...] 10\n  multipart/alternative multipart [...] 2 unclosed\n    "
      "text/plain [in] 0\n"
      "  text/plain [out] 0\n" },
    { "the same boundary twice belongs to the inner part first",
      MULTI "--b\r\n" MULTI "--b\r\n\r\nin\r\n--b--\r\n--b\r\n\r\nout\r\n--b--\r\n",
      "multipart/mixed multipart [...] 11\n  multipart/mixed multipart [...] 3\n    text/plain "
      "[in] 0\n"
      "  text/plain [out] 0\n" },
    { "a message in a part",
      MULTI "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbody\r\n--b--\r\n",
      "multipart/mixed multipart [...] 7\n  message/rfc822 message [...] 2\n    text/plain [body] "
      "0\n" },
    { "an encoded message is a leaf",
      "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nQQ==\r\n",
      "message/rfc822 base64 [QQ==\\r\\n] 1\n" },
    { "a digest",
      "Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: b\n\nx\n--b\nContent-Type: "
      "text/plain\n\ny\n--b--\n",
      "multipart/digest multipart [...] 10\n  message/rfc822 message [...] 2\n    text/plain [x] "
      "0\n  text/plain [y] 0\n" },
    { "a multipart without a boundary", "Content-Type: multipart/mixed\n\n--x\n",
      "multipart/mixed [--x\\n] 1\n" },
    { "a boundary of blanks", "Content-Type: multipart/mixed; boundary=\"  \"\n\n--\n",
      "multipart/mixed [--\\n] 1\n" },
    { "the first Content-Type counts", "Content-Type: text/a\nContent-Type: text/b\n\n",
      "text/a [] 0\n" },
    { "folded", "Content-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\n--b\r\n\r\nx\r\n--b--",
      "multipart/mixed multipart [...] 3\n  text/plain [x] 0\n" },
    { "bare carriage returns break no line", MULTI "--b\r\n\r\none\r--b\r\n--b--\r\n",
      "multipart/mixed multipart [...] 4\n  text/plain [one\\r--b] 0\n" },
    { "a boundary that ends in --",
      "Content-Type: multipart/mixed; boundary=\"x--\"\n\n--x--\n\none\n--x----\n",
      "multipart/mixed multipart [...] 4\n  text/plain [one] 0\n" },
    { "unknown encoding", "Content-Transfer-Encoding: x-own\n\nx", "text/plain [x] 0\n" },
    { "quoted-printable with a comment", "Content-Transfer-Encoding: (c) Quoted-Printable ; x\n\nx",
      "text/plain qp [x] 0\n" },
};

static void
test_trees(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = scan(cases[i].input, strlen(cases[i].input), NULL);
        if (strcmp(text, cases[i].expect) != 0) {
            g_test_message("%s:\n%swhere this was expected:\n%s", cases[i].name, text,
                           cases[i].expect);
            g_test_fail();
        }
    }
}

static void
test_nul_bytes(void)
{
    static const char input[] = "A: b\n\nx\0y\xff";
    g_autofree char *text = scan(input, sizeof input - 1, NULL);

    g_assert_nonnull(strstr(text, " nul"));
}

static void
append_nested(GString *mail, guint levels)
{
    for (guint i = 0; i < levels; i++)
        g_string_append_printf(mail, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i,
                               i);
    g_string_append(mail, "\nx\n");
}

static guint
count_parts(const GString *mail, const TwMimeLimits *limits, guint *ret_flags, guint *ret_depth)
{
    g_autoptr(TwMimeTree) tree = tw_mime_scan((const guint8 *) mail->str, mail->len, limits);
    guint count;
    const TwMimePart *parts = tw_mime_tree_get_parts(tree, &count);

    check_tree(tree, mail->len);
    *ret_flags = *ret_depth = 0;
    for (guint i = 0; i < count; i++) {
        *ret_flags |= parts[i].flags;
        *ret_depth = MAX(*ret_depth, parts[i].depth);
    }
    return count;
}

static void
test_depth_limit(void)
{
    for (guint over = 0; over <= 1; over++) {
        g_autoptr(GString) mail = g_string_new(NULL);
        guint flags, depth;

        append_nested(mail, tw_mime_default_limits.max_depth + over);
        count_parts(mail, NULL, &flags, &depth);
        g_assert_cmpuint(depth, ==, tw_mime_default_limits.max_depth);
        g_assert_cmpint((flags & TW_MIME_CUT) != 0, ==, over == 1);
    }
}

static void
test_part_limit(void)
{
    for (guint over = 0; over <= 1; over++) {
        g_autoptr(GString) mail = g_string_new(MULTI);
        guint flags, depth;

        for (guint i = 1; i < tw_mime_default_limits.max_parts + over; i++)
            g_string_append(mail, "--b\n\nx\n");
        g_string_append(mail, "--b--\n");
        g_assert_cmpuint(count_parts(mail, NULL, &flags, &depth), ==,
                         tw_mime_default_limits.max_parts);
        g_assert_cmpint((flags & TW_MIME_CUT) != 0, ==, over == 1);
    }
}

static void
test_header_limits(void)
{
    TwMimeLimits limits = tw_mime_default_limits;
    guint flags, depth;
    g_autoptr(GString) mail = g_string_new("A: 123456789012\n\nx");

    limits.max_header_len = 17;
    count_parts(mail, &limits, &flags, &depth);
    g_assert_cmpuint(flags, ==, 0);
    limits.max_header_len = 16;
    count_parts(mail, &limits, &flags, &depth);
    g_assert_cmpuint(flags, ==, TW_MIME_CUT | TW_MIME_NO_HEADER_END);
    limits.max_header_len = 1000;
    limits.max_headers_len = 16;
    count_parts(mail, &limits, &flags, &depth);
    g_assert_cmpuint(flags, ==, TW_MIME_CUT | TW_MIME_NO_HEADER_END);
}

static void
test_boundary_limit(void)
{
    for (guint over = 0; over <= 1; over++) {
        g_autofree char *boundary = g_strnfill(tw_mime_default_limits.max_boundary_len + over, 'x');
        g_autoptr(GString) mail = g_string_new(NULL);
        guint flags, depth;

        g_string_printf(mail, "Content-Type: multipart/mixed; boundary=%s\n\n--%s\n\nx\n--%s--\n",
                        boundary, boundary, boundary);
        g_assert_cmpuint(count_parts(mail, NULL, &flags, &depth), ==, over ? 1 : 2);
        g_assert_cmpint((flags & TW_MIME_CUT) != 0, ==, over == 1);
    }
}

/* The shapes that took other scanners minutes; here they only have to come back. */
static void
test_bombs(void)
{
    static const struct {
        const char *start, *repeat;
        guint times;
    } bombs[] = {
        { MULTI, "--\n", 300000 },
        { MULTI, "--b\n", 300000 },
        { "", "Content-Type: multipart/mixed; boundary=b\n\n--b\n", 30000 },
        { "", "Content-Type: message/rfc822\n\n", 30000 },
        { "Content-Type: ", "(", 1000000 },
        { "Content-Type: a/b", ";x=y", 300000 },
        { "To: ", "a@b, ", 300000 },
        { "A: b\n", " folded\n", 200000 },
        { "A: b\n\n", "\r", 1000000 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(bombs); i++) {
        g_autoptr(GString) mail = g_string_new(bombs[i].start);
        guint flags, depth;

        for (guint n = 0; n < bombs[i].times; n++)
            g_string_append(mail, bombs[i].repeat);
        g_assert_cmpuint(count_parts(mail, NULL, &flags, &depth), <=,
                         tw_mime_default_limits.max_parts);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/mime-scan/trees", test_trees);
    g_test_add_func("/convert/mime-scan/nul", test_nul_bytes);
    g_test_add_func("/convert/mime-scan/limit/depth", test_depth_limit);
    g_test_add_func("/convert/mime-scan/limit/parts", test_part_limit);
    g_test_add_func("/convert/mime-scan/limit/header", test_header_limits);
    g_test_add_func("/convert/mime-scan/limit/boundary", test_boundary_limit);
    g_test_add_func("/convert/mime-scan/bombs", test_bombs);
    return g_test_run();
}
