/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The Range field: the first eight bytes are the size, the rest is the value. Ranges lie inside the size, and never overlap.
 */
#include "net/http-range.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check_ranges(const TwHttpRange *ranges, guint count, guint64 whole)
{
    for (guint i = 0; i < count; i++) {
        g_assert(ranges[i].len > 0 && ranges[i].first < whole);
        g_assert(ranges[i].len <= whole - ranges[i].first);
        for (guint other = 0; other < i; other++)
            g_assert(ranges[i].first >= ranges[other].first + ranges[other].len ||
                     ranges[other].first >= ranges[i].first + ranges[i].len);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    TwHttpRange ranges[TW_HTTP_RANGES_MOST];
    g_autofree char *value = NULL;
    TwHttpRangeResult result;
    guint count = 0;
    guint64 whole;

    if (size < sizeof whole)
        return 0;
    memcpy(&whole, data, sizeof whole);
    whole >>= whole & 63;
    value = g_strndup((const char *) data + sizeof whole, size - sizeof whole);
    result = tw_http_range_parse(value, whole, ranges, &count);
    g_assert((result == TW_HTTP_RANGE_SOME) == (count > 0));
    g_assert(count <= TW_HTTP_RANGES_MOST);
    check_ranges(ranges, count, whole);
    return 0;
}
