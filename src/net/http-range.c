/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *   "bytes=" range *( OWS "," OWS range )      range = first "-" [ last ] / "-" suffix-length
 */
#include "net/http-range.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"

/* One range-spec. Returns FALSE for bad syntax; ret->len 0 if it lies outside of the representation. */
static gboolean
parse_spec(const char *text, gsize len, guint64 size, TwHttpRange *ret)
{
    const char *dash = memchr(text, '-', len);
    gsize first_len, last_len;
    guint64 first, last = G_MAXUINT64;

    if (dash == NULL)
        return FALSE;
    first_len = (gsize) (dash - text);
    last_len = len - first_len - 1;
    if (last_len > 0 && !tw_parse_u64(dash + 1, last_len, G_MAXUINT64, &last))
        return FALSE;
    if (first_len == 0) {
        guint64 n = MIN(last, size);

        *ret = (TwHttpRange){ .first = size - n, .len = n };
        return last_len > 0;
    }
    if (!tw_parse_u64(text, first_len, G_MAXUINT64, &first) || last < first)
        return FALSE;
    if (first >= size)
        *ret = (TwHttpRange){ .first = 0, .len = 0 };
    else
        *ret = (TwHttpRange){ .first = first, .len = MIN(last, size - 1) - first + 1 };
    return TRUE;
}

static int
compare_ranges(const void *a, const void *b)
{
    const TwHttpRange *x = a, *y = b;

    return (x->first > y->first) - (x->first < y->first);
}

static guint
merge_if_overlapping(TwHttpRange *ranges, guint count)
{
    TwHttpRange sorted[TW_HTTP_RANGES_MOST];
    guint merged = 0;

    memcpy(sorted, ranges, count * sizeof *ranges);
    qsort(sorted, count, sizeof *sorted, compare_ranges);
    for (guint i = 0; i < count; i++) {
        TwHttpRange *last = merged > 0 ? &sorted[merged - 1] : NULL;

        if (last != NULL && sorted[i].first - last->first < last->len)
            last->len = MAX(last->len, sorted[i].first - last->first + sorted[i].len);
        else
            sorted[merged++] = sorted[i];
    }
    if (merged < count)
        memcpy(ranges, sorted, merged * sizeof *ranges);
    return merged;
}

TwHttpRangeResult
tw_http_range_parse(const char *value,
                    guint64 size,
                    TwHttpRange ret_ranges[TW_HTTP_RANGES_MOST],
                    guint *ret_count)
{
    guint specs = 0, count = 0;

    *ret_count = 0;
    if (value == NULL || g_ascii_strncasecmp(value, "bytes=", 6) != 0)
        return TW_HTTP_RANGE_NONE;
    for (value += 6; *value != '\0';) {
        TwHttpRange range;
        gsize len;

        value += strspn(value, " \t");
        len = strcspn(value, ", \t");
        if (len > 0) { /* empty list elements are allowed */
            if (specs++ == TW_HTTP_RANGES_MOST || !parse_spec(value, len, size, &range))
                return TW_HTTP_RANGE_NONE;
            if (range.len > 0)
                ret_ranges[count++] = range;
        }
        value += len + strspn(value + len, " \t");
        if (*value != '\0' && *value++ != ',')
            return TW_HTTP_RANGE_NONE;
    }
    if (specs == 0)
        return TW_HTTP_RANGE_NONE;
    if (count == 0)
        return TW_HTTP_RANGE_UNSATISFIABLE;
    *ret_count = merge_if_overlapping(ret_ranges, count);
    return TW_HTTP_RANGE_SOME;
}
