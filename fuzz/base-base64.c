/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The first byte cuts the rest in two. Every level agrees, cuts do not matter, and what decodes strictly
 * encodes back to the same text. */
#include "base/base64.h"

#include "base/cpu.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
decode_lenient(const guint8 *text, gsize len, gsize cut, TwBuffer *out, gboolean *ret_damaged)
{
    TwBase64Decoder decoder;

    tw_base64_decoder_init(&decoder);
    g_assert_true(tw_base64_decoder_put(&decoder, text, cut, out));
    g_assert_true(tw_base64_decoder_put(&decoder, text + cut, len - cut, out));
    g_assert_true(tw_base64_decoder_finish(&decoder, out, ret_damaged));
}

static void
check_strict(const guint8 *text, gsize len, TwBase64Alphabet alphabet)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(len), back = TW_BUFFER_INIT(len);
    g_autoptr(GError) error = NULL;
    gboolean ok = tw_base64_decode(&out, (const char *) text, len, alphabet, &error);

    g_assert_true(ok == (error == NULL));
    if (!ok)
        return;
    g_assert_true(tw_base64_encode(&back, out.data, out.len, alphabet));
    g_assert_true(back.len == len && (len == 0 || memcmp(back.data, text, len) == 0));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    gsize len, cut;
    g_auto(TwBuffer) first = TW_BUFFER_INIT(size);
    gboolean damaged;

    if (size < 1)
        return 0;
    len = size - 1;
    cut = MIN(data[0], len);
    tw_cpu_set_most(TW_CPU_PORTABLE);
    decode_lenient(data + 1, len, 0, &first, &damaged);
    for (TwCpuLevel level = TW_CPU_PORTABLE; level <= TW_CPU_VBMI; level++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(first.len);
        gboolean also_damaged;

        tw_cpu_set_most(level);
        decode_lenient(data + 1, len, cut, &out, &also_damaged);
        g_assert_true(also_damaged == damaged && out.len == first.len);
        g_assert_true(out.len == 0 || memcmp(out.data, first.data, out.len) == 0);
        check_strict(data + 1, len, TW_BASE64_STANDARD);
        check_strict(data + 1, len, TW_BASE64_URL);
    }
    return 0;
}
