/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The Range field of a request, resolved against the size of what is asked for.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    /* Ranges in one request: each costs a client four bytes and us a part with its own head. */
    TW_HTTP_RANGES_MOST = 16
};

typedef struct {
    guint64 first; /* offset of the first byte */
    guint64 len;   /* never 0 */
} TwHttpRange;

typedef enum {
    TW_HTTP_RANGE_NONE,          /* no usable range: answer 200 with the whole */
    TW_HTTP_RANGE_SOME,          /* answer 206 */
    TW_HTTP_RANGE_UNSATISFIABLE, /* answer 416 */
} TwHttpRangeResult;

/**
 * tw_http_range_parse:
 * @value: (nullable): the field's value; NULL if there is none
 * @size: bytes of the whole representation
 * @ret_ranges: (out caller-allocates): what to send, each inside @size
 * @ret_count: (out): how many; 1 or more only for SOME
 *
 * Units other than bytes, broken syntax and more than %TW_HTTP_RANGES_MOST ranges are passed over (NONE), as a
 * server may. Ranges keep their order, unless some overlap: then they are sorted and merged, so that an answer is
 * never longer than the whole. Source: RFC 9110, section 14.
 *
 * Returns: which answer is due
 */
TwHttpRangeResult tw_http_range_parse(const char *value,
                                      guint64 size,
                                      TwHttpRange ret_ranges[TW_HTTP_RANGES_MOST],
                                      guint *ret_count);

G_END_DECLS
