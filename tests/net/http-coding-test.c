/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/http-coding.h"

#include <string.h>

#include "base/error.h"

static TwHttpHead *
head_of(const char *fields)
{
    g_autofree char *text = g_strdup_printf("GET / HTTP/1.0\r\n%s\r\n", fields);
    TwHttpHead *head = tw_http_head_new(NULL);

    g_assert_cmpint(tw_http_head_step(head, (guint8 *) text, strlen(text)), ==, TW_HTTP_DONE);
    return head;
}

static void
test_choice(void)
{
    static const struct {
        const char *fields;
        TwHttpCoding coding;
    } cases[] = {
        { "", TW_HTTP_CODING_IDENTITY },
        { "Accept-Encoding: gzip, deflate\r\n", TW_HTTP_CODING_GZIP },
        { "Accept-Encoding: gzip, deflate, br, zstd\r\n", TW_HTTP_CODING_ZSTD },
        { "Accept-Encoding: gzip\r\nAccept-Encoding: zstd\r\n", TW_HTTP_CODING_ZSTD },
        { "Accept-Encoding: zstd;q=0.5, gzip\r\n", TW_HTTP_CODING_GZIP },
        { "Accept-Encoding: zstd;q=0, gzip;q=0.000\r\n", TW_HTTP_CODING_IDENTITY },
        { "Accept-Encoding: *\r\n", TW_HTTP_CODING_ZSTD },
        { "Accept-Encoding: *, zstd;q=0\r\n", TW_HTTP_CODING_GZIP },
        { "Accept-Encoding: *;q=0\r\n", TW_HTTP_CODING_IDENTITY },
        { "Accept-Encoding: gzip;q=0.5, identity\r\n", TW_HTTP_CODING_IDENTITY },
        { "Accept-Encoding: gzip; q=1.0 , x\r\n", TW_HTTP_CODING_GZIP },
        { "Accept-Encoding: GZIP\r\n", TW_HTTP_CODING_GZIP },
        { "Accept-Encoding: gzip;q=2\r\n", TW_HTTP_CODING_IDENTITY },
        { "Accept-Encoding: gzip;q=1.5\r\n", TW_HTTP_CODING_IDENTITY },
        { "Accept-Encoding: gzip;q=0.1234\r\n", TW_HTTP_CODING_IDENTITY },
        { "Accept-Encoding: gzip zstd\r\n", TW_HTTP_CODING_IDENTITY },
        { "Accept-Encoding: \r\n", TW_HTTP_CODING_IDENTITY },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwHttpHead) head = head_of(cases[i].fields);

        g_test_message("%s", cases[i].fields);
        g_assert_cmpint(tw_http_coding_choose(head), ==, cases[i].coding);
    }
}

static void
test_request_coding(void)
{
    static const struct {
        const char *fields;
        TwHttpCoding coding;
    } cases[] = {
        { "", TW_HTTP_CODING_IDENTITY },
        { "Content-Encoding: gzip\r\n", TW_HTTP_CODING_GZIP },
        { "Content-Encoding: Zstd\r\n", TW_HTTP_CODING_ZSTD },
        { "Content-Encoding: identity\r\n", TW_HTTP_CODING_IDENTITY },
        { "Content-Encoding: br\r\n", TW_HTTP_CODING_UNKNOWN },
        { "Content-Encoding: gzip, gzip\r\n", TW_HTTP_CODING_UNKNOWN },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwHttpHead) head = head_of(cases[i].fields);
        g_assert_cmpint(tw_http_coding_of_request(head), ==, cases[i].coding);
    }
}

static void
test_types(void)
{
    g_assert_true(tw_http_type_compresses("text/xml; charset=utf-8"));
    g_assert_true(tw_http_type_compresses("application/json"));
    g_assert_true(tw_http_type_compresses("application/atom+xml"));
    g_assert_false(tw_http_type_compresses("text/event-stream"));
    g_assert_false(tw_http_type_compresses("image/png"));
    g_assert_false(tw_http_type_compresses("application/octet-stream"));
    g_assert_false(tw_http_type_compresses(""));
}

/* What goes out can be read by what reads requests, and a bomb cannot (robustness.md, attack 25). */
static void
test_there_and_back(void)
{
    static const TwHttpCoding both[] = { TW_HTTP_CODING_GZIP, TW_HTTP_CODING_ZSTD };
    gsize len = 8 << 20;
    g_autofree guint8 *zeros = g_malloc0(len);

    for (guint i = 0; i < G_N_ELEMENTS(both) * 2; i++) {
        gboolean bomb = i >= G_N_ELEMENTS(both);
        TwHttpCoding coding = both[i % G_N_ELEMENTS(both)];
        g_autoptr(TwCompressor) compressor = tw_http_coding_compressor(coding);
        g_autoptr(TwDecompressor) decompressor = tw_http_coding_decompressor(coding, len);
        g_auto(TwBuffer) coded = TW_BUFFER_INIT(1 << 20);
        g_auto(TwBuffer) plain = TW_BUFFER_INIT(len);
        g_autoptr(GError) error = NULL;
        TwDecompressed result;
        TwCursor in;

        g_assert_true(tw_compressor_put(compressor, zeros, bomb ? len : 60000, TW_FLUSH_FINISH,
                                        &coded, NULL));
        in = tw_cursor_init(coded.data, coded.len);
        result = tw_decompressor_put(decompressor, &in, len, &plain, &error);
        g_assert_cmpint(result, ==, bomb ? TW_DECOMPRESS_BAD : TW_DECOMPRESS_END);
        if (bomb)
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
        else
            g_assert_cmpuint(plain.len, ==, 60000);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rfc9110/12.5.3/choice", test_choice);
    g_test_add_func("/net/http-coding/request", test_request_coding);
    g_test_add_func("/net/http-coding/types", test_types);
    g_test_add_func("/net/http-coding/there-and-back", test_there_and_back);
    return g_test_run();
}
