/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/compress.h"

#include <zdict.h>

#include "base/error.h"
#include "support/assert-bytes.h"

enum {
    SIZE = 100000
};

static const TwCoding codings[] = { TW_CODING_DEFLATE, TW_CODING_ZLIB, TW_CODING_GZIP,
                                    TW_CODING_ZSTD };

static guint8 *
some_text(gsize len)
{
    guint8 *text = g_malloc(MAX(len, 1));
    guint32 seed = 1;

    for (gsize i = 0; i < len; i++) {
        seed = seed * 1664525u + 1013904223u;
        text[i] = (guint8) "the giraffe ate leaves\n"[(i * 7 + (seed >> 30)) % 23];
    }
    return text;
}

/* Reads all of the input in pieces of the given sizes; the way of the last call and the error come back. */
static TwDecompressed
read_all(
    TwDecompressor *d, const TwBuffer *in, gsize cut, gsize most_now, TwBuffer *out, GError **error)
{
    TwDecompressed how = TW_DECOMPRESS_MORE;

    for (gsize at = 0; at < in->len && how != TW_DECOMPRESS_BAD; at += cut) {
        gsize len = MIN(cut, in->len - at);
        g_autofree guint8 *piece = g_memdup2(in->data + at, len);
        TwCursor cur = tw_cursor_init(piece, len);

        do
            how = tw_decompressor_put(d, &cur, most_now, out, error);
        while (how == TW_DECOMPRESS_FULL);
        if (how != TW_DECOMPRESS_BAD)
            g_assert_cmpuint(cur.left, ==, 0);
    }
    return how;
}

static void
test_streams(void)
{
    g_autofree guint8 *text = some_text(SIZE);

    for (guint i = 0; i < G_N_ELEMENTS(codings); i++) {
        g_auto(TwBuffer) packed = TW_BUFFER_INIT(SIZE * 2);
        g_autoptr(TwCompressor) compressor = tw_compressor_new(codings[i], 3);
        static const gsize cuts[] = { 1, 7, 1000, SIZE };
        gsize synced;

        g_assert_true(tw_compressor_put(compressor, text, 1000, TW_FLUSH_SYNC, &packed, NULL));
        synced = packed.len;
        g_assert_true(
            tw_compressor_put(compressor, text + 1000, SIZE - 1001, TW_FLUSH_NONE, &packed, NULL));
        g_assert_true(
            tw_compressor_put(compressor, text + SIZE - 1, 1, TW_FLUSH_FINISH, &packed, NULL));
        g_assert_cmpuint(packed.len, <, SIZE / 2);
        for (guint c = 0; c < G_N_ELEMENTS(cuts); c++) {
            g_autoptr(TwDecompressor) d = tw_decompressor_new(codings[i], SIZE, 1000);
            g_autoptr(GError) error = NULL;
            g_auto(TwBuffer) out = TW_BUFFER_INIT(SIZE);

            g_assert_cmpint(read_all(d, &packed, cuts[c], c & 1 ? 100 : SIZE, &out, &error), ==,
                            TW_DECOMPRESS_END);
            g_assert_no_error(error);
            assert_bytes(out.data, out.len, text, SIZE);
        }
        {
            g_autoptr(TwDecompressor) d = tw_decompressor_new(codings[i], SIZE, 1000);
            g_auto(TwBuffer) out = TW_BUFFER_INIT(SIZE);
            TwBuffer head = { .data = packed.data, .len = synced };

            g_assert_cmpint(read_all(d, &head, synced, SIZE, &out, NULL), ==, TW_DECOMPRESS_MORE);
            assert_bytes(out.data, out.len, text, 1000);
        }
    }
}

/* At the limit, one past it, and a bomb; in one piece and byte by byte. */
static void
test_limits(void)
{
    g_autofree guint8 *zeros = g_malloc0(SIZE * 20);

    for (guint i = 0; i < G_N_ELEMENTS(codings); i++) {
        g_auto(TwBuffer) packed = TW_BUFFER_INIT(SIZE * 2);
        g_autoptr(TwCompressor) compressor = tw_compressor_new(codings[i], 3);
        static const struct {
            guint64 most;
            guint ratio;
            gboolean ok;
        } limits[] = {
            { SIZE * 20, 1000000, TRUE },
            { SIZE * 20 - 1, 1000000, FALSE },
            { SIZE * 20, 20, FALSE },
            { 0, 1000000, FALSE },
        };

        g_assert_true(
            tw_compressor_put(compressor, zeros, SIZE * 20, TW_FLUSH_FINISH, &packed, NULL));
        for (guint l = 0; l < G_N_ELEMENTS(limits); l++) {
            for (guint bytewise = 0; bytewise <= 1; bytewise++) {
                g_autoptr(TwDecompressor) d =
                    tw_decompressor_new(codings[i], limits[l].most, limits[l].ratio);
                g_auto(TwBuffer) out = TW_BUFFER_INIT(SIZE * 20);
                g_autoptr(GError) error = NULL;
                TwDecompressed how =
                    read_all(d, &packed, bytewise ? 1 : packed.len, SIZE * 20, &out, &error);

                g_assert_cmpint(how, ==, limits[l].ok ? TW_DECOMPRESS_END : TW_DECOMPRESS_BAD);
                if (!limits[l].ok) {
                    TwCursor none = tw_cursor_init(NULL, 0);

                    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
                    if (limits[l].ratio == 20)
                        g_assert_cmpuint(out.len, <, SIZE * 2); /* stopped while small */
                    g_assert_cmpint(tw_decompressor_put(d, &none, 1, &out, NULL), ==,
                                    TW_DECOMPRESS_BAD);
                }
            }
        }
    }
}

static void
test_ends(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(codings); i++) {
        g_auto(TwBuffer) packed = TW_BUFFER_INIT(1000), twice = TW_BUFFER_INIT(1000);
        g_autoptr(TwCompressor) compressor = tw_compressor_new(codings[i], 1);
        gboolean many = codings[i] == TW_CODING_GZIP || codings[i] == TW_CODING_ZSTD;

        g_assert_true(tw_compressor_put(compressor, "leaf", 4, TW_FLUSH_FINISH, &packed, NULL));
        for (gsize cut = 1; cut < packed.len; cut++) {
            g_autoptr(TwDecompressor) d = tw_decompressor_new(codings[i], 100, 10);
            g_auto(TwBuffer) out = TW_BUFFER_INIT(100);
            TwBuffer head = { .data = packed.data, .len = cut };

            g_assert_cmpint(read_all(d, &head, cut, 100, &out, NULL), ==, TW_DECOMPRESS_MORE);
        }
        tw_buffer_put(&twice, packed.data, packed.len);
        tw_buffer_put(&twice, packed.data, packed.len);
        for (gsize cut = 1; cut <= twice.len; cut++) {
            g_autoptr(TwDecompressor) d = tw_decompressor_new(codings[i], 100, 10);
            g_auto(TwBuffer) out = TW_BUFFER_INIT(100);
            g_autoptr(GError) error = NULL;
            TwDecompressed how = read_all(d, &twice, cut, 100, &out, &error);

            g_assert_cmpint(how, ==, many ? TW_DECOMPRESS_END : TW_DECOMPRESS_BAD);
            if (many)
                assert_bytes(out.data, out.len, "leafleaf", 8);
            else
                g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        }
    }
}

/* RFC 8878, 3.1: frames and skippable frames, in any pieces; not the formats before them, which the library reads too. */
static void
test_zstd_magic(void)
{
    static const struct {
        const char *bytes;
        gsize len;
        TwDecompressed how;
    } rows[] = {
        { "\x28\xb5\x2f\xfd\x00\x00\x09\x00\x00x", 10, TW_DECOMPRESS_END },
        { "\x5f\x2a\x4d\x18\x01\x00\x00\x00z", 9, TW_DECOMPRESS_END },
        { "\x26\xb5\x2f\xfd\x00\x00\x01\x00\x00\x00", 10, TW_DECOMPRESS_BAD }, /* 0.6 */
        { "\x27\xb5\x2f\xfd\x00\x00\x01\x00\x00\x00", 10, TW_DECOMPRESS_BAD }, /* 0.7 */
        { "\x50\xb5\x2f\xfd\x00\x00\x01\x00\x00\x00", 10, TW_DECOMPRESS_BAD },
        { "\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00", 9, TW_DECOMPRESS_END },
        { "\x28\xb5\x2f\xfd\x20\x03\x01\x00\x00", 9,
          TW_DECOMPRESS_BAD }, /* 3 bytes said, none there */
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (gsize cut = 1; cut <= rows[i].len; cut++) {
            g_autoptr(TwDecompressor) d = tw_decompressor_new(TW_CODING_ZSTD, 100, 10);
            g_auto(TwBuffer) out = TW_BUFFER_INIT(100), in = TW_BUFFER_INIT(100);

            tw_buffer_put(&in, rows[i].bytes, rows[i].len);
            g_assert_cmpint(read_all(d, &in, cut, 100, &out, NULL), ==, rows[i].how);
        }
    }
}

static void
test_zstd_values(void)
{
    g_autofree guint8 *text = some_text(SIZE);
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(SIZE), out = TW_BUFFER_INIT(SIZE),
                     none = TW_BUFFER_INIT(100);
    g_auto(TwBuffer) tight = TW_BUFFER_INIT(10);
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_zstd_compress(&packed, text, SIZE, 1, NULL, &error));
    g_assert_false(tw_zstd_decompress(&out, packed.data, packed.len, SIZE - 1, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    g_assert_true(tw_zstd_decompress(&out, packed.data, packed.len, SIZE, NULL, &error));
    assert_bytes(out.data, out.len, text, SIZE);
    tw_buffer_clear(&out);
    for (gsize cut = 0; cut < packed.len; cut += cut < 40 ? 1 : 97) {
        g_autofree guint8 *head = g_memdup2(packed.data, cut);

        g_assert_false(tw_zstd_decompress(&out, head, cut, SIZE, NULL, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        g_clear_error(&error);
        g_assert_cmpuint(out.len, ==, 0);
    }
    tw_buffer_put_u8(&packed, 0);
    g_assert_false(tw_zstd_decompress(&out, packed.data, packed.len, SIZE, NULL, &error));
    g_clear_error(&error);
    g_assert_false(tw_zstd_compress(&tight, text, SIZE, 1, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_assert_cmpuint(tight.len, ==, 0);
    g_assert_true(tw_zstd_compress(&none, NULL, 0, 1, NULL, NULL));
    g_assert_true(tw_zstd_decompress(&out, none.data, none.len, 0, NULL, NULL));
    g_assert_cmpuint(out.len, ==, 0);
}

static void
test_zstd_dictionary(void)
{
    g_autofree guint8 *text = some_text(SIZE);
    gsize sizes[200], dict_len;
    guint8 trained[4096];
    g_autoptr(TwZstdDict) dict = NULL;
    g_autoptr(TwZstdDict) again = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(TwBuffer) with = TW_BUFFER_INIT(1000), without = TW_BUFFER_INIT(1000),
                     out = TW_BUFFER_INIT(1000);

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
        sizes[i] = SIZE / G_N_ELEMENTS(sizes);
    dict_len = ZDICT_trainFromBuffer(trained, sizeof trained, text, sizes, G_N_ELEMENTS(sizes));
    g_assert_false(ZDICT_isError(dict_len));
    g_assert_null(tw_zstd_dict_new("not a dictionary", 16, 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    dict = tw_zstd_dict_new(trained, dict_len, 1, &error);
    g_assert_no_error(error);
    again = tw_zstd_dict_ref(dict);
    g_assert_cmpuint(tw_zstd_dict_id(again), !=, 0);
    g_assert_true(tw_zstd_compress(&with, text, 500, 1, dict, NULL));
    g_assert_true(tw_zstd_compress(&without, text, 500, 1, NULL, NULL));
    g_assert_cmpuint(with.len, <, without.len);
    g_assert_false(tw_zstd_decompress(&out, with.data, with.len, 500, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_assert_true(tw_zstd_decompress(&out, with.data, with.len, 500, dict, NULL));
    assert_bytes(out.data, out.len, text, 500);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/compress/streams", test_streams);
    g_test_add_func("/base/compress/limits", test_limits);
    g_test_add_func("/base/compress/ends", test_ends);
    g_test_add_func("/base/compress/zstd/magic", test_zstd_magic);
    g_test_add_func("/base/compress/zstd/values", test_zstd_values);
    g_test_add_func("/base/compress/zstd/dictionary", test_zstd_dictionary);
    return g_test_run();
}
