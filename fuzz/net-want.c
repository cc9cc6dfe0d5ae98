/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>

#include "net/conn-private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* First byte: what is wanted. Second: its limit. The answer is the same byte by byte and at once. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const TwWant wants[] = { TW_WANT_LINE, TW_WANT_HEAD, TW_WANT_BYTES };
    gsize scanned = 0, whole_scanned = 0, len = 0, whole_len = 0;
    TwMatch match = TW_MATCH_MORE, whole;
    TwWant want;
    guint64 n;

    if (size < 2)
        return 0;
    want = wants[data[0] % G_N_ELEMENTS(wants)];
    n = (guint64) data[1] + 1;
    data += 2;
    size -= 2;
    whole = tw_want_match(want, n, data, size, &whole_scanned, &whole_len);
    for (gsize have = 0; have <= size && match == TW_MATCH_MORE; have++)
        match = tw_want_match(want, n, data, have, &scanned, &len);
    g_assert(match == whole);
    g_assert(match == TW_MATCH_MORE || len == whole_len);
    g_assert(match == TW_MATCH_MORE || (len <= size && len <= n));
    g_assert(match != TW_MATCH_FOUND || want == TW_WANT_BYTES || data[len - 1] == '\n');
    return 0;
}
