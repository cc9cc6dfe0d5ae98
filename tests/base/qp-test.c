/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/qp.h"

#include "support/assert-bytes.h"

/* Feeds the input in two exact-size pieces, cut at each place, and expects the same. */
static void
assert_encodes(const char *input, gsize len, gboolean binary, const char *expected)
{
    for (gsize cut = 0; cut <= len; cut++) {
        g_autofree char *head = g_memdup2(input, cut), *tail = g_memdup2(input + cut, len - cut);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(strlen(expected));
        TwQpEncoder encoder;

        tw_qp_encoder_init(&encoder, binary);
        tw_qp_encoder_put(&encoder, head, cut, &out);
        tw_qp_encoder_put(&encoder, tail, len - cut, &out);
        g_assert_true(tw_qp_encoder_finish(&encoder, &out));
        assert_bytes(out.data, out.len, expected, strlen(expected));
    }
}

static void
assert_decodes(
    const char *input, gsize len, const char *expected, gsize expected_len, gboolean damaged)
{
    for (gsize cut = 0; cut <= len; cut++) {
        g_autofree char *head = g_memdup2(input, cut), *tail = g_memdup2(input + cut, len - cut);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(expected_len);
        TwQpDecoder decoder;
        gboolean was_damaged;

        tw_qp_decoder_init(&decoder);
        tw_qp_decoder_put(&decoder, head, cut, &out);
        tw_qp_decoder_put(&decoder, tail, len - cut, &out);
        g_assert_true(tw_qp_decoder_finish(&decoder, &out, &was_damaged));
        assert_bytes(out.data, out.len, expected, expected_len);
        g_assert_cmpint(was_damaged, ==, damaged);
    }
}

#define X10 "xxxxxxxxxx"
#define X70 X10 X10 X10 X10 X10 X10 X10

static void
test_encode(void)
{
    static const struct {
        const char *name, *input, *text, *binary;
    } cases[] = {
        { "nothing", "", "", "" },
        { "plain", "a=b", "a=3Db", "a=3Db" },
        { "line ends", "a\r\nb\nc", "a\r\nb\r\nc", "a=0D=0Ab=0Ac" },
        { "a bare CR", "a\rb\r", "a=0Db=0D", "a=0Db=0D" },
        { "CR CR LF", "a\r\r\nb", "a=0D\r\nb", "a=0D=0D=0Ab" },
        { "blanks within", "a b\tc", "a b\tc", "a b\tc" },
        { "a blank ends a line", "a \r\nb\t\nc ", "a=20\r\nb=09\r\nc=20", "a =0D=0Ab\t=0Ac=20" },
        { "two blanks end a line", "a  \n", "a =20\r\n", "a  =0A" },
        { "a blank before a bare CR", "a \rb \r", "a =0Db =0D", "a =0Db =0D" },
        { "past ASCII", "\xc3\xa4\x7f", "=C3=A4=7F", "=C3=A4=7F" },
        { "75 columns", X70 "12345", X70 "12345", X70 "12345" },
        { "76 columns", X70 "123456", X70 "12345=\r\n6", X70 "12345=\r\n6" },
        { "an escape at column 72", X70 "12\xff", X70 "12=FF", X70 "12=FF" },
        { "an escape at column 73", X70 "123\xff", X70 "123=\r\n=FF", X70 "123=\r\n=FF" },
        { "a blank at column 75", X70 "1234 z", X70 "1234 =\r\nz", X70 "1234 =\r\nz" },
        { "a blank at column 75 ends", X70 "1234 \n", X70 "1234=\r\n=20\r\n", X70 "1234 =\r\n=0A" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        assert_encodes(cases[i].input, strlen(cases[i].input), FALSE, cases[i].text);
        assert_encodes(cases[i].input, strlen(cases[i].input), TRUE, cases[i].binary);
    }
    assert_encodes("\0", 1, FALSE, "=00");
}

static void
test_decode(void)
{
    static const struct {
        const char *name, *input, *plain;
        gboolean damaged;
    } cases[] = {
        { "nothing", "", "", FALSE },
        { "either case", "=C3=a4=3d", "\xc3\xa4=", FALSE },
        { "soft breaks", "a=\r\nb=\nc", "abc", FALSE },
        { "soft breaks with padding", "a= \t\r\nb=  \nc= ", "abc", FALSE },
        { "a soft break at the end", "a=", "a", FALSE },
        { "line ends stay", "a\r\nb\nc", "a\r\nb\nc", FALSE },
        { "padding goes", "a \t\r\nb \nc ", "a\r\nb\nc", FALSE },
        { "blanks within stay", "a  b", "a  b", FALSE },
        { "encoded blanks stay", "a=20\r\n", "a \r\n", FALSE },
        { "not hexadecimal", "=G1=1G=", "=G1=1G", TRUE },
        { "equals twice", "==41", "=A", TRUE },
        { "a digit, then equals", "=4=41", "=4A", TRUE },
        { "one digit at the end", "a=4", "a=4", TRUE },
        { "one digit at a line end", "=4\r\nb", "=4\r\nb", TRUE },
        { "equals, blank, letter", "= b", "= b", TRUE },
        { "a bare CR", "a\rb", "a\rb", TRUE },
        { "a bare CR at the end", "a \r", "a \r", TRUE },
        { "equals and a bare CR", "a=\rb", "a=\rb", TRUE },
        { "CR CR LF", "a\r\r\n", "a\r\r\n", TRUE },
        { "past ASCII", "\xc3\xa4", "\xc3\xa4", TRUE },
        { "an over-long line", X70 X70 "=20x", X70 X70 " x", FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        assert_decodes(cases[i].input, strlen(cases[i].input), cases[i].plain,
                       strlen(cases[i].plain), cases[i].damaged);
    }
}

/* At the limit padding goes as a whole; one past it, what was held becomes data. */
static void
test_padding_limit(void)
{
    g_autofree char *input = g_malloc(TW_QP_MOST_PADDING + 3);
    g_autofree char *over = g_malloc(TW_QP_MOST_PADDING + 3);

    memset(input, ' ', TW_QP_MOST_PADDING + 3);
    memset(over, ' ', TW_QP_MOST_PADDING + 3);
    input[TW_QP_MOST_PADDING] = '\n';
    assert_decodes(input, TW_QP_MOST_PADDING + 1, "\n", 1, FALSE);
    over[TW_QP_MOST_PADDING + 1] = '\n';
    memset(input, ' ', TW_QP_MOST_PADDING);
    assert_decodes(over, TW_QP_MOST_PADDING + 2, input, TW_QP_MOST_PADDING + 1, FALSE);
}

/* Everything that was encoded comes back, and no line is longer than the rule allows. */
static void
test_round_trip(void)
{
    g_autofree guint8 *data = g_malloc(5000);
    guint32 seed = 1;

    for (gsize i = 0; i < 5000; i++) {
        seed = seed * 1664525u + 1013904223u;
        data[i] = i < 2500 ? (guint8) (seed >> 24) : (guint8) " \t\r\nab=\xe9"[seed >> 29];
    }
    for (gsize len = 0; len <= 5000; len += 311) {
        g_auto(TwBuffer) text = TW_BUFFER_INIT(20000), back = TW_BUFFER_INIT(len);
        TwQpEncoder encoder;
        TwQpDecoder decoder;
        gboolean damaged;
        gsize column = 0;

        tw_qp_encoder_init(&encoder, TRUE);
        tw_qp_encoder_put(&encoder, data + 5000 - len, len, &text);
        g_assert_true(tw_qp_encoder_finish(&encoder, &text));
        for (gsize i = 0; i < text.len; i++) {
            column = text.data[i] == '\n' ? 0 : column + (text.data[i] != '\r');
            g_assert_cmpuint(column, <=, TW_QP_COLUMNS);
        }
        tw_qp_decoder_init(&decoder);
        tw_qp_decoder_put(&decoder, text.data, text.len, &back);
        g_assert_true(tw_qp_decoder_finish(&decoder, &back, &damaged));
        g_assert_false(damaged);
        assert_bytes(back.data, back.len, data + 5000 - len, len);
    }
}

static void
test_full_output(void)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(5);
    TwQpEncoder encoder;
    TwQpDecoder decoder;

    tw_qp_encoder_init(&encoder, FALSE);
    g_assert_false(tw_qp_encoder_put(&encoder, "\xff\xff", 2, &out));
    tw_buffer_clear(&out);
    tw_qp_decoder_init(&decoder);
    g_assert_false(tw_qp_decoder_put(&decoder, "abcdef", 6, &out));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/qp/rfc2045/6.7/encode", test_encode);
    g_test_add_func("/base/qp/rfc2045/6.7/decode", test_decode);
    g_test_add_func("/base/qp/padding-limit", test_padding_limit);
    g_test_add_func("/base/qp/round-trip", test_round_trip);
    g_test_add_func("/base/qp/full-output", test_full_output);
    return g_test_run();
}
