/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mail-head.h"

#include <string.h>

#include "convert/mail-body.h"

static char *
take(TwBuffer *out)
{
    char *text = out->len == 0 ? g_strdup("") : g_strndup((const char *) out->data, out->len);

    g_assert_false(tw_buffer_failed(out));
    tw_buffer_clear(out);
    return text;
}

static void
test_text(void)
{
    static const struct {
        const char *text, *expect;
        gboolean utf8;
    } cases[] = {
        { "plain", "S: plain\r\n", FALSE },
        { "", "", FALSE },
        { " \t\r\n", "", FALSE },
        { "two  blanks", "S: two =?UTF-8?Q?_blanks?=\r\n", FALSE },
        { "blank at end ", "S: blank at =?UTF-8?Q?end_?=\r\n", FALSE },
        { " at start", "S: =?UTF-8?Q?_at?= start\r\n", FALSE },
        { "Re: Gr\xc3\xbc\xc3\x9f"
          "e an alle",
          "S: Re: =?UTF-8?B?R3LDvMOfZQ==?= an alle\r\n", FALSE },
        { "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 \xd0\xbc\xd0\xb8\xd1\x80",
          "S: =?UTF-8?B?0J/RgNC40LLQtdGCINC80LjRgA==?=\r\n", FALSE },
        { "Gr\xc3\xbc\xc3\x9f"
          "e",
          "S: Gr\xc3\xbc\xc3\x9f"
          "e\r\n",
          TRUE },
        { "=?x?Q?y?=", "S: =?UTF-8?B?PT94P1E/eT89?=\r\n", FALSE },
        { "a\r\nBcc: x@y", "S: a Bcc: x@y\r\n", FALSE },
        { "a\nB: c\rD: e\v\f", "S: a B: c D: =?UTF-8?Q?e_?=\r\n", FALSE },
        { "a\1\2\x7f"
          "b",
          "S: ab\r\n", FALSE },
        { "\xff\xfe", "S: =?UTF-8?B?77+977+9?=\r\n", FALSE },
        { "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww "
          "end",
          "S: wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww\r\n"
          " wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww end\r\n",
          FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(100000);
        g_autofree char *have = NULL;

        tw_head_put_text(&out, "S", cases[i].text, cases[i].utf8);
        have = take(&out);
        g_assert_cmpstr(have, ==, cases[i].expect);
    }
}

static void
test_mailboxes(void)
{
    static const struct {
        const char *name, *address, *expect;
        gboolean utf8;
    } cases[] = {
        { NULL, "a@b.de", " a@b.de", FALSE },
        { "a@b.de", "a@b.de", " a@b.de", FALSE },
        { "Anna B", "a@b.de", " Anna B <a@b.de>", FALSE },
        { "B, Anna", "a@b.de", " \"B, Anna\" <a@b.de>", FALSE },
        { "a \"b\" \\", "a@b.de", " \"a \\\"b\\\" \\\\\" <a@b.de>", FALSE },
        { "J\xc3\xb6rg", "a@b.de", " =?UTF-8?B?SsO2cmc=?= <a@b.de>", FALSE },
        { "J\xc3\xb6rg", "a@b.de", " J\xc3\xb6rg <a@b.de>", TRUE },
        { "=?x?=", "a@b.de", " =?UTF-8?B?PT94Pz0=?= <a@b.de>", FALSE },
        { "x", "a b@c.de", " x <\"a b\"@c.de>", FALSE },
        { "x", "a\"b@c.de", " x <\"a\\\"b\"@c.de>", FALSE },
        { "x",
          "a@b\xc3\xbc"
          "cher.de",
          " x <a@xn--bcher-kva.de>", FALSE },
        { "x",
          "a@b\xc3\xbc"
          "cher.de",
          " x <a@b\xc3\xbc"
          "cher.de>",
          TRUE },
        { "x", "\xc3\xa4@b.de", " =?UTF-8?B?eCA8w6RAYi5kZT4=?=:;", FALSE },
        { "x", "\xc3\xa4@b.de", " x <\xc3\xa4@b.de>", TRUE },
        { "x", "a@b.de>\r\nBcc: <y@z", " \"x <a@b.de> Bcc: <y@z>\":;", FALSE },
        { "x", "a@b>,c@d", " \"x <a@b>,c@d>\":;", FALSE },
        { "x", "a@[1.2.3.4]", " x <a@[1.2.3.4]>", FALSE },
        { "List of people", NULL, " List of people:;", FALSE },
        { NULL, NULL, " ?:;", FALSE },
        { NULL, "no address", " \"<no address>\":;", FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(100000);
        TwMailbox mailbox = { cases[i].name, cases[i].address };
        TwHead head = tw_head_begin(&out, "To", cases[i].utf8);
        g_autofree char *have = NULL;
        g_autofree char *want = g_strdup_printf("To:%s\r\n", cases[i].expect);

        tw_head_mailbox(&head, &mailbox, FALSE);
        tw_head_end(&head);
        have = take(&out);
        g_assert_cmpstr(have, ==, want);
    }
}

static void
test_params(void)
{
    static const struct {
        const char *value, *expect;
    } cases[] = {
        { "a.txt", "C: x; n=a.txt\r\n" },
        { "a b.txt", "C: x; n=\"a b.txt\"\r\n" },
        { "a\"b\\.txt", "C: x; n=\"a\\\"b\\\\.txt\"\r\n" },
        { "", "C: x; n=\"\"\r\n" },
        { "\xc3\xa4.txt", "C: x; n*=utf-8''%C3%A4.txt\r\n" },
        { "a\r\nX: y", "C: x; n=\"a X: y\"\r\n" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "C: x; n*0*=utf-8''aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;\r\n"
          " n*1*=aaaaaaaaaaaaaaaa\r\n" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(100000);
        TwHead head = tw_head_begin(&out, "C", FALSE);
        g_autofree char *have = NULL;

        tw_head_word(&head, "x", 1);
        tw_head_param(&head, "n", cases[i].value);
        tw_head_end(&head);
        have = take(&out);
        g_assert_cmpstr(have, ==, cases[i].expect);
    }
}

static void
test_encodings(void)
{
    static const struct {
        const char *name, *body;
        gboolean text, eightbit;
        TwBodyEncoding expect;
    } cases[] = {
        { "ASCII", "hello\r\nworld", TRUE, FALSE, TW_BODY_7BIT },
        { "nothing", "", TRUE, FALSE, TW_BODY_7BIT },
        { "a few letters",
          "Gr\xc3\xbc\xc3\x9f"
          "e an alle, die das hier lesen\r\n",
          TRUE, FALSE, TW_BODY_QUOTED_PRINTABLE },
        { "many letters", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", TRUE, FALSE,
          TW_BODY_BASE64 },
        { "8 bits",
          "Gr\xc3\xbc\xc3\x9f"
          "e\r\n",
          TRUE, TRUE, TW_BODY_8BIT },
        { "bare line end", "a\nb", TRUE, TRUE, TW_BODY_QUOTED_PRINTABLE },
        { "bare CR", "a\rb and some more of it", FALSE, TRUE, TW_BODY_QUOTED_PRINTABLE },
        { "From", "x\r\nFrom y and more", TRUE, TRUE, TW_BODY_QUOTED_PRINTABLE },
        { "our delimiter", "x\r\n--=_y and some more of it", TRUE, TRUE, TW_BODY_QUOTED_PRINTABLE },
        { "a dot", "x\r\n.\r\ny and some more of it", TRUE, TRUE, TW_BODY_QUOTED_PRINTABLE },
        { "an escape",
          "a\x1b"
          "b and some more of it",
          TRUE, TRUE, TW_BODY_QUOTED_PRINTABLE },
    };
    g_autofree char *line = g_strnfill(999, 'x');

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        g_assert_cmpint(tw_body_choose((const guint8 *) cases[i].body, strlen(cases[i].body),
                                       cases[i].text, cases[i].eightbit),
                        ==, cases[i].expect);
    }
    g_assert_cmpint(tw_body_choose((guint8 *) line, 998, TRUE, FALSE), ==, TW_BODY_7BIT);
    g_assert_cmpint(tw_body_choose((guint8 *) line, 999, TRUE, FALSE), ==,
                    TW_BODY_QUOTED_PRINTABLE);
}

static void
test_flowed(void)
{
    static const struct {
        const char *text, *expect;
    } cases[] = {
        { "short\nlines\n", "short\r\nlines\r\n" },
        { "no end", "no end" },
        { " blank", "  blank" },
        { "> quote\n>> two\n>no quote", "> quote\r\n>> two\r\n >no quote" },
        { "From me", " From me" },
        { "blanks at end  \nx", "blanks at end\r\nx" },
        { "-- \nname", "-- \r\nname" },
        { "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff ggggggggg hhhhhhhhh iiii",
          "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff ggggggggg \r\n"
          "hhhhhhhhh iiii" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa >b",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
          "\r\n"
          " >b" },
        { "", "" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(100000);
        g_autofree char *have = NULL;

        tw_body_put_flowed(&out, cases[i].text, strlen(cases[i].text));
        have = take(&out);
        g_assert_cmpstr(have, ==, cases[i].expect);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rfc2047/text", test_text);
    g_test_add_func("/rfc5322/3.4/mailboxes", test_mailboxes);
    g_test_add_func("/rfc2231/parameters", test_params);
    g_test_add_func("/rfc2045/6/encodings", test_encodings);
    g_test_add_func("/rfc3676/flowed", test_flowed);
    return g_test_run();
}
