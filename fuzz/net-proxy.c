/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>

#include "net/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A header is found at its own length and not before, and more bytes behind it change nothing. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TwProxyHeader header = { 0 }, again = { 0 };
    TwProxyResult result = tw_proxy_parse(data, size, &header);

    if (result == TW_PROXY_DONE) {
        g_assert(header.len <= size && header.len <= TW_PROXY_HEADER_MAX);
        g_assert(tw_proxy_parse(data, header.len, &again) == TW_PROXY_DONE);
        g_assert(tw_address_equal(&header.source, &again.source));
        for (size_t len = 0; len < header.len; len++)
            g_assert(tw_proxy_parse(data, len, &again) == TW_PROXY_MORE);
    } else if (result == TW_PROXY_MORE) {
        g_assert(size < TW_PROXY_HEADER_MAX);
    }
    return 0;
}
