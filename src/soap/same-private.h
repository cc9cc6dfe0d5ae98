/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Whether two short runs of bytes are the same: by words that may overlap. Names are compared twice for each element of a message,
 * and for most of them a call of memcmp() takes longer than the comparing.
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

static inline gboolean
tw_soap_same(const void *a, const void *b, gsize len)
{
    const guint8 *p = a, *q = b;
    guint64 x, y;
    guint32 u, v;

    if (len >= 8) {
        for (gsize i = 0; i + 8 < len; i += 8) {
            memcpy(&x, p + i, sizeof x);
            memcpy(&y, q + i, sizeof y);
            if (x != y)
                return FALSE;
        }
        memcpy(&x, p + (len - 8), sizeof x);
        memcpy(&y, q + (len - 8), sizeof y);
        return x == y;
    }
    if (len >= 4) {
        memcpy(&u, p, sizeof u);
        memcpy(&v, q, sizeof v);
        if (u != v)
            return FALSE;
        memcpy(&u, p + (len - 4), sizeof u);
        memcpy(&v, q + (len - 4), sizeof v);
        return u == v;
    }
    for (gsize i = 0; i < len; i++) {
        if (p[i] != q[i])
            return FALSE;
    }
    return TRUE;
}

G_END_DECLS
