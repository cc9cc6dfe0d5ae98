/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The first byte picks the coding, the second a cut. Nothing passes the limits; cuts do not matter. */
#include "base/compress.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

enum {
    MOST = 1 << 18
};

static TwDecompressed
feed(TwDecompressor *d, const guint8 *data, gsize len, TwBuffer *out)
{
    TwCursor cur = tw_cursor_init(data, len);
    TwDecompressed how;

    do {
        g_autoptr(GError) error = NULL;

        how = tw_decompressor_put(d, &cur, 1000, out, &error);
        g_assert_true((how == TW_DECOMPRESS_BAD) == (error != NULL));
    } while (how == TW_DECOMPRESS_FULL);
    return how;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_auto(TwBuffer) whole = TW_BUFFER_INIT(MOST), pieces = TW_BUFFER_INIT(MOST);
    g_autoptr(TwDecompressor) once = NULL;
    g_autoptr(TwDecompressor) cut_up = NULL;
    TwDecompressed how, how_cut;
    gsize cut;

    if (size < 2)
        return 0;
    once = tw_decompressor_new((TwCoding) (data[0] & 3), MOST, G_MAXUINT);
    cut_up = tw_decompressor_new((TwCoding) (data[0] & 3), MOST, G_MAXUINT);
    cut = MIN(data[1], size - 2);
    how = feed(once, data + 2, size - 2, &whole);
    how_cut = feed(cut_up, data + 2, cut, &pieces);
    if (how_cut != TW_DECOMPRESS_BAD)
        how_cut = feed(cut_up, data + 2 + cut, size - 2 - cut, &pieces);
    g_assert_true((how == TW_DECOMPRESS_BAD) == (how_cut == TW_DECOMPRESS_BAD));
    if (how != TW_DECOMPRESS_BAD)
        g_assert_true(how == how_cut && whole.len == pieces.len &&
                      (whole.len == 0 || memcmp(whole.data, pieces.data, whole.len) == 0));
    tw_buffer_clear(&whole);
    if (tw_zstd_decompress(&whole, data + 2, size - 2, MOST, NULL, NULL))
        g_assert_cmpuint(whole.len, <=, MOST);
    return 0;
}
