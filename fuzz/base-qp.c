/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The first byte cuts the rest in two. Cuts do not matter; what is encoded as binary comes back. */
#include "base/qp.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
decode(const guint8 *text, gsize len, gsize cut, TwBuffer *out)
{
    TwQpDecoder decoder;

    tw_qp_decoder_init(&decoder);
    tw_qp_decoder_put(&decoder, text, cut, out);
    tw_qp_decoder_put(&decoder, text + cut, len - cut, out);
    g_assert_true(tw_qp_decoder_finish(&decoder, out, NULL));
}

static void
encode(const guint8 *text, gsize len, gsize cut, gboolean binary, TwBuffer *out)
{
    TwQpEncoder encoder;

    tw_qp_encoder_init(&encoder, binary);
    tw_qp_encoder_put(&encoder, text, cut, out);
    tw_qp_encoder_put(&encoder, text + cut, len - cut, out);
    g_assert_true(tw_qp_encoder_finish(&encoder, out));
}

static void
assert_same(const TwBuffer *a, const guint8 *b, gsize b_len)
{
    g_assert_true(a->len == b_len && (b_len == 0 || memcmp(a->data, b, b_len) == 0));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    gsize len, cut;

    if (size < 1)
        return 0;
    len = size - 1;
    cut = MIN(data[0], len);
    data++;
    {
        g_auto(TwBuffer) whole = TW_BUFFER_INIT(len), pieces = TW_BUFFER_INIT(len);

        decode(data, len, 0, &whole);
        decode(data, len, cut, &pieces);
        assert_same(&pieces, whole.data, whole.len);
    }
    for (int binary = 0; binary <= 1; binary++) {
        g_auto(TwBuffer) whole = TW_BUFFER_INIT(len * 4 + 16),
                         pieces = TW_BUFFER_INIT(len * 4 + 16);
        g_auto(TwBuffer) back = TW_BUFFER_INIT(len * 4 + 16);

        encode(data, len, 0, binary, &whole);
        encode(data, len, cut, binary, &pieces);
        assert_same(&pieces, whole.data, whole.len);
        if (whole.len > 0)
            decode(whole.data, whole.len, MIN(cut, whole.len), &back);
        if (binary)
            assert_same(&back, data, len);
    }
    return 0;
}
