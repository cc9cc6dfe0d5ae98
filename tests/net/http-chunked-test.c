/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/http-chunked.h"

#include <string.h>

typedef struct {
    const char *name, *input;
    TwHttpStep step;
    const char *body; /* what comes out before the end or the error */
    gsize rest;       /* bytes not consumed when DONE */
} Case;

static const Case cases[] = {
    { "empty", "0\r\n\r\n", TW_HTTP_DONE, "", 0 },
    { "two chunks", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", TW_HTTP_DONE, "abcde", 0 },
    { "next request behind", "1\r\na\r\n0\r\n\r\nGET /", TW_HTTP_DONE, "a", 5 },
    { "hex of both cases", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", TW_HTTP_DONE,
      "01234567890123456789", 0 },
    { "leading zeros", "0003\r\nabc\r\n000\r\n\r\n", TW_HTTP_DONE, "abc", 0 },
    { "15 digits", "000000000000003\r\nabc\r\n0\r\n\r\n", TW_HTTP_DONE, "abc", 0 },
    { "16 digits", "0000000000000003\r\nabc\r\n0\r\n\r\n", TW_HTTP_BAD, "", 0 },
    { "near 2^64", "ffffffffffffffff\r\nabc", TW_HTTP_BAD, "", 0 },
    { "extension", "3;a=b\r\nabc\r\n0;x=\"y z\"\r\n\r\n", TW_HTTP_DONE, "abc", 0 },
    { "control in extension", "3;a\x01\r\nabc\r\n0\r\n\r\n", TW_HTTP_BAD, "", 0 },
    { "LF in extension", "3;a\nabc\r\n0\r\n\r\n", TW_HTTP_BAD, "", 0 },
    { "CR in extension", "3;a\rx\r\nabc\r\n0\r\n\r\n", TW_HTTP_BAD, "", 0 },
    { "trailers", "0\r\nX-Sum: 1\r\nY: 2\r\n\r\n", TW_HTTP_DONE, "", 0 },
    { "trailer that is none", "0\r\nnonsense\r\n\r\n", TW_HTTP_BAD, "", 0 },
    { "folded trailer", "0\r\nX: 1\r\n 2\r\n\r\n", TW_HTTP_BAD, "", 0 },
    { "LF in trailer", "0\r\nX: 1\n\r\n", TW_HTTP_BAD, "", 0 },
    { "no size", "\r\nabc", TW_HTTP_BAD, "", 0 },
    { "sign", "+3\r\nabc\r\n0\r\n\r\n", TW_HTTP_BAD, "", 0 },
    { "minus", "-3\r\nabc\r\n0\r\n\r\n", TW_HTTP_BAD, "", 0 },
    { "0x", "0x3\r\nabc\r\n0\r\n\r\n", TW_HTTP_BAD, "", 0 },
    { "blank behind size", "3 \r\nabc\r\n0\r\n\r\n", TW_HTTP_BAD, "", 0 },
    { "blank before size", " 3\r\nabc\r\n0\r\n\r\n", TW_HTTP_BAD, "", 0 },
    { "size with bare LF", "3\nabc\r\n0\r\n\r\n", TW_HTTP_BAD, "", 0 },
    { "data too long", "3\r\nabcd\r\n0\r\n\r\n", TW_HTTP_BAD, "abc", 0 },
    { "data with bare LF", "3\r\nabc\n0\r\n\r\n", TW_HTTP_BAD, "abc", 0 },
    { "data with bare CR", "3\r\nabc\r0\r\n\r\n", TW_HTTP_BAD, "abc", 0 },
    { "last with bare LF", "0\r\n\n", TW_HTTP_BAD, "", 0 },
    { "cut", "3\r\nab", TW_HTTP_MORE, "ab", 0 },
};

/* Feeds two exact-size parts and collects. */
static TwHttpStep
feed(TwHttpChunked *chunked, const char *input, gsize len, GString *body, gsize *ret_rest)
{
    g_autofree guint8 *copy = g_memdup2(input, len);
    gsize at = 0;
    TwHttpStep step = TW_HTTP_MORE;

    while (at < len && step == TW_HTTP_MORE) {
        gsize consumed, piece_len;
        const guint8 *piece;

        step = tw_http_chunked_step(chunked, copy + at, len - at, &consumed, &piece, &piece_len);
        g_assert_cmpuint(consumed, <=, len - at);
        g_string_append_len(body, (const char *) piece, (gssize) piece_len);
        at += consumed;
    }
    *ret_rest = len - at;
    return step;
}

static void
test_table(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *tc = &cases[i];
        gsize len = strlen(tc->input);

        g_test_message("%s", tc->name);
        for (gsize cut = 0; cut <= len; cut++) {
            g_autoptr(GString) body = g_string_new(NULL);
            TwHttpChunked chunked;
            gsize rest;
            TwHttpStep step;

            tw_http_chunked_init(&chunked);
            step = feed(&chunked, tc->input, cut, body, &rest);
            if (step == TW_HTTP_MORE)
                step = feed(&chunked, tc->input + cut, len - cut, body, &rest);
            else
                rest += len - cut;
            g_assert_cmpint(step, ==, tc->step);
            g_assert_cmpstr(body->str, ==, tc->body);
            if (step == TW_HTTP_DONE)
                g_assert_cmpuint(rest, ==, tc->rest);
        }
    }
}

/* Reads only what tw_http_chunked_want() allows, as the server does: never a byte of what follows. */
static void
test_want_never_overshoots(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *tc = &cases[i];
        g_autoptr(GString) body = g_string_new(NULL);
        gsize at = 0, len = strlen(tc->input), rest;
        TwHttpChunked chunked;
        TwHttpStep step = TW_HTTP_MORE;

        tw_http_chunked_init(&chunked);
        while (at < len && step == TW_HTTP_MORE) {
            guint64 want = tw_http_chunked_want(&chunked);
            gsize n = (gsize) MIN(want, (guint64) (len - at));

            if (want == 0) {
                const char *lf = memchr(tc->input + at, '\n', len - at);
                n = lf != NULL ? (gsize) (lf - tc->input) - at + 1 : len - at;
            }
            step = feed(&chunked, tc->input + at, n, body, &rest);
            at += n;
            if (step == TW_HTTP_DONE)
                g_assert_cmpuint(rest, ==, 0);
        }
        g_assert_cmpint(step, ==, tc->step);
        if (step == TW_HTTP_DONE)
            g_assert_cmpuint(len - at, ==, tc->rest);
    }
}

static TwHttpStep
read_all(const GString *input)
{
    g_autoptr(GString) body = g_string_new(NULL);
    TwHttpChunked chunked;
    gsize rest;

    tw_http_chunked_init(&chunked);
    return feed(&chunked, input->str, input->len, body, &rest);
}

static void
append_times(GString *text, guint count, char c)
{
    for (guint i = 0; i < count; i++)
        g_string_append_c(text, c);
}

static void
test_limits(void)
{
    for (guint past = 0; past < 2; past++) {
        g_autoptr(GString) extension = g_string_new("1;");
        g_autoptr(GString) spread = g_string_new(NULL);
        g_autoptr(GString) line = g_string_new("0\r\nX:");
        g_autoptr(GString) trailers = g_string_new("0\r\n");
        TwHttpStep expected = past ? TW_HTTP_BAD : TW_HTTP_DONE;

        append_times(extension, TW_HTTP_CHUNK_EXTENSIONS_MOST + past, 'x');
        g_string_append(extension, "\r\na\r\n0\r\n\r\n");
        g_assert_cmpint(read_all(extension), ==, expected);

        /* one byte of extension at each byte of body */
        for (guint i = 0; i < TW_HTTP_CHUNK_EXTENSIONS_MOST + past; i++)
            g_string_append(spread, "1;x\r\na\r\n");
        g_string_append(spread, "0\r\n\r\n");
        g_assert_cmpint(read_all(spread), ==, expected);

        append_times(line, TW_HTTP_TRAILER_LINE_MOST - 2 + past, 'x');
        g_string_append(line, "\r\n\r\n");
        g_assert_cmpint(read_all(line), ==, expected);

        for (guint i = 0; i < TW_HTTP_TRAILERS_MOST / 4; i++)
            g_string_append(trailers, "X: y\r\n");
        g_string_append(trailers, past ? "Z:\r\n\r\n" : "\r\n");
        g_assert_cmpint(read_all(trailers), ==, expected);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/http-chunked/table", test_table);
    g_test_add_func("/net/http-chunked/want", test_want_never_overshoots);
    g_test_add_func("/net/http-chunked/limits", test_limits);
    return g_test_run();
}
