/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every level finds the same fault; what was sanitised is well-formed, and stays as it is the second time. */
#include "base/utf8.h"

#include "base/cpu.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    gsize expected, prefix, keep = tw_utf8_truncated_len(data, size, size / 2);
    gboolean valid;

    tw_cpu_set_most(TW_CPU_PORTABLE);
    valid = tw_utf8_valid(data, size, &expected);
    g_assert_true(expected <= size && valid == (expected == size));
    if (valid)
        g_assert_true(tw_utf8_valid(data, keep, NULL));
    for (TwCpuLevel level = TW_CPU_SSE42; level <= TW_CPU_AVX2; level++) {
        g_auto(TwBuffer) once = TW_BUFFER_INIT(size * 3), twice = TW_BUFFER_INIT(size * 3);

        tw_cpu_set_most(level);
        g_assert_true(tw_utf8_valid(data, size, &prefix) == valid && prefix == expected);
        g_assert_true(tw_utf8_put_sanitised(&once, data, size));
        g_assert_true(tw_utf8_valid(once.data, once.len, NULL));
        g_assert_true(tw_utf8_put_sanitised(&twice, once.data, once.len));
        g_assert_true(twice.len == once.len &&
                      (once.len == 0 || memcmp(once.data, twice.data, once.len) == 0));
    }
    return 0;
}
