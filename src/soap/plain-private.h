/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What most of a message is, property values, as our writer and gSOAP's put them: read at once where all of it is there.
 *
 *     <item><ulPropTag>805765151</ulPropTag><lpszA>Hello</lpszA></item>
 */
#pragma once

#include "soap/value-private.h"

G_BEGIN_DECLS

/**
 * tw_soap_skip_plain:
 * @at: where text begins
 * @end: behind what there is
 * @io_bits: (inout): takes what bits its bytes had
 *
 * Returns: behind the bytes that are not below a blank, "<" or "&"
 */
static inline const guint8 *
tw_soap_skip_plain(const guint8 *at, const guint8 *end, guint8 *io_bits)
{
    static const guint64 ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    const guint8 *p = at;

    while (end - p >= 8) {
        guint64 word, open, amp, stops;
        memcpy(&word, p, sizeof word);
        word = GUINT64_FROM_LE(word);
        open = word ^ (ones * '<');
        amp = word ^ (ones * '&');
        /* the lowest bit that is set is of the first byte that ends the run */
        stops = (((word - ones * ' ') & ~word) | ((open - ones) & ~open) | ((amp - ones) & ~amp)) &
                tops;
        if (stops != 0) {
            gsize plain = (gsize) __builtin_ctzll(stops) / 8;
            word &= (G_GUINT64_CONSTANT(1) << (8 * plain)) - 1;
            *io_bits |= (word & tops) != 0 ? 0x80 : 0;
            return p + plain;
        }
        *io_bits |= (word & tops) != 0 ? 0x80 : 0;
        p += 8;
    }
    while (p < end && *p >= ' ' && *p != '<' && *p != '&')
        *io_bits |= *p++;
    return p;
}

/* A value as it stands there. */
typedef struct {
    guint32 tag;
    TwSoapPart part;
    const char *text; /* borrowed: of the member; well-formed UTF-8 */
    gsize text_len;
    gsize len; /* of all of it */
} TwSoapPlainValue;

/* Whether a value whose member is text alone begins at @at, whole. */
gboolean tw_soap_plain_value(const char *at, gsize len, TwSoapPlainValue *ret);

G_END_DECLS
