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

static const TwHttpCoding both[] = { TW_HTTP_CODING_GZIP, TW_HTTP_CODING_ZSTD };

static gboolean
collect(const guint8 *data, gsize len, gpointer user_data, GError **error)
{
    (void) error;
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

static GBytes *
encode(TwHttpCoding coding, const void *data, gsize len, gsize piece)
{
    g_autoptr(TwHttpEncoder) encoder = tw_http_encoder_new(coding);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(64 << 20);

    for (gsize at = 0; at < len; at += piece)
        g_assert_true(tw_http_encoder_put(encoder, (const guint8 *) data + at, MIN(piece, len - at),
                                          at % 3 == 0 ? TW_HTTP_FLUSH_SYNC : TW_HTTP_FLUSH_NONE,
                                          &out, NULL));
    g_assert_true(tw_http_encoder_put(encoder, NULL, 0, TW_HTTP_FLUSH_END, &out, NULL));
    return tw_buffer_steal_bytes(&out, NULL);
}

/* Decodes two exact-size parts. */
static gboolean
decode(TwHttpCoding coding,
       GBytes *coded,
       gsize cut,
       GByteArray *out,
       gboolean *ret_complete,
       GError **error)
{
    g_autoptr(TwHttpDecoder) decoder = tw_http_decoder_new(coding);
    gsize len;
    const guint8 *data = g_bytes_get_data(coded, &len);
    g_autofree guint8 *first = g_memdup2(data, cut), *second = g_memdup2(data + cut, len - cut);
    gboolean ok = tw_http_decoder_put(decoder, first, cut, collect, out, error) &&
                  tw_http_decoder_put(decoder, second, len - cut, collect, out, error);

    *ret_complete = tw_http_decoder_is_complete(decoder);
    return ok;
}

static void
test_round_trips(void)
{
    static const gsize lengths[] = { 0, 1, 100, 16383, 16384, 16385, 65536, 300000 };

    for (guint c = 0; c < G_N_ELEMENTS(both); c++) {
        for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
            gsize len = lengths[i];
            g_autofree guint8 *data = g_malloc(len + 1);
            g_autoptr(GBytes) coded = NULL;

            for (gsize b = 0; b < len; b++)
                data[b] = (guint8) (b * 2654435761u >> 13);
            coded = encode(both[c], data, len, 5000);
            for (gsize cut = 0; cut <= g_bytes_get_size(coded);
                 cut += g_bytes_get_size(coded) / 7 + 1) {
                g_autoptr(GByteArray) out = g_byte_array_new();
                gboolean complete;

                g_assert_true(decode(both[c], coded, cut, out, &complete, NULL));
                g_assert_true(complete);
                g_assert_cmpuint(out->len, ==, len);
                g_assert_true(len == 0 || memcmp(out->data, data, len) == 0);
            }
        }
    }
}

static void
test_broken_bodies(void)
{
    for (guint c = 0; c < G_N_ELEMENTS(both); c++) {
        g_autoptr(GBytes) coded = encode(both[c], "hello hello hello", 17, 17);
        gsize len = g_bytes_get_size(coded);

        for (gsize cut = 0; cut < len; cut++) {
            g_autoptr(GBytes) part = g_bytes_new_from_bytes(coded, 0, cut);
            g_autoptr(GByteArray) out = g_byte_array_new();
            gboolean complete;

            g_assert_true(decode(both[c], part, 0, out, &complete, NULL));
            g_assert_false(complete);
        }
        for (gsize tail = 0; tail < 2;
             tail++) { /* bytes behind the end; another whole body behind it */
            g_autoptr(GByteArray) longer = g_byte_array_new();
            g_autoptr(GByteArray) out = g_byte_array_new();
            g_autoptr(GBytes) bytes = NULL;
            g_autoptr(GError) error = NULL;
            gboolean complete;

            g_byte_array_append(longer, g_bytes_get_data(coded, NULL), (guint) len);
            g_byte_array_append(longer, g_bytes_get_data(coded, NULL), tail ? (guint) len : 1);
            bytes = g_byte_array_free_to_bytes(g_steal_pointer(&longer));
            g_assert_false(decode(both[c], bytes, len, out, &complete, &error));
            g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        }
        {
            g_autoptr(GBytes) plain = g_bytes_new_static("plain text", 10);
            g_autoptr(GByteArray) out = g_byte_array_new();
            g_autoptr(GError) error = NULL;
            gboolean complete;

            g_assert_false(decode(both[c], plain, 4, out, &complete, &error));
            g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        }
    }
}

/* robustness.md, attack 25: 64 MiB of zeros come as a few KiB; reading stops near the slack. */
static void
test_bombs(void)
{
    for (guint c = 0; c < G_N_ELEMENTS(both); c++) {
        gsize len = 64 << 20;
        g_autofree guint8 *zeros = g_malloc0(len);
        g_autoptr(GBytes) coded = encode(both[c], zeros, len, len);
        g_autoptr(GByteArray) out = g_byte_array_new();
        g_autoptr(GError) error = NULL;
        gboolean complete;

        g_assert_false(decode(both[c], coded, 0, out, &complete, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
        g_assert_cmpuint(
            out->len, <=,
            MAX((gsize) TW_HTTP_RATIO_SLACK, (g_bytes_get_size(coded) + 1) * TW_HTTP_RATIO_MOST));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rfc9110/12.5.3/choice", test_choice);
    g_test_add_func("/net/http-coding/request", test_request_coding);
    g_test_add_func("/net/http-coding/types", test_types);
    g_test_add_func("/net/http-coding/round-trips", test_round_trips);
    g_test_add_func("/net/http-coding/broken", test_broken_bodies);
    g_test_add_func("/net/http-coding/bombs", test_bombs);
    return g_test_run();
}
