/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes have a tree whose ranges nest, and the same tree however they are cut. */
#include "convert/mime-scan.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check_ranges(const TwMimePart *parts, guint count, gsize size)
{
    g_assert(parts[0].header + parts[0].header_len + parts[0].body_len == size);
    for (guint i = 0; i < count; i++) {
        const TwMimePart *part = &parts[i];
        g_assert(part->header + part->header_len == part->body);
        if (i == 0)
            continue;
        g_assert(part->parent < i);
        g_assert(part->header >= parts[part->parent].body);
        g_assert(part->body + part->body_len <=
                 parts[part->parent].body + parts[part->parent].body_len);
        if (part->next != TW_MIME_NONE)
            g_assert(part->next > i && parts[part->next].header >= part->body + part->body_len);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    /* low limits, so that the fuzzer reaches them */
    static const TwMimeLimits limits = { .max_depth = 5,
                                         .max_parts = 20,
                                         .max_header_len = 300,
                                         .max_headers_len = 900,
                                         .max_boundary_len = 20 };
    g_autoptr(TwMimeTree) whole = tw_mime_scan(data, size, &limits), pieces = NULL;
    TwMimeScanner *scanner = tw_mime_scanner_new(&limits);
    gsize step = size > 0 ? 1 + data[0] % 7u : 1;
    guint count, other_count;
    const TwMimePart *parts = tw_mime_tree_get_parts(whole, &count), *others;

    check_ranges(parts, count, size);
    g_assert(count <= limits.max_parts);
    for (gsize at = 0; at < size; at += step)
        tw_mime_scanner_feed(scanner, data + at, MIN(step, size - at));
    pieces = tw_mime_scanner_finish(scanner);
    others = tw_mime_tree_get_parts(pieces, &other_count);
    g_assert(count == other_count);
    for (guint i = 0; i < count; i++) {
        g_assert(parts[i].body == others[i].body && parts[i].body_len == others[i].body_len);
        g_assert(parts[i].lines == others[i].lines && parts[i].flags == others[i].flags);
        g_assert(parts[i].kind == others[i].kind && parts[i].depth <= limits.max_depth);
    }
    return 0;
}
