/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Is the want there? Linear: each byte is looked at once, however slowly they come. The answer does not depend on how the
 * input was cut: a line or head is too long exactly if its end is not within the first n bytes.
 */
#include <string.h>

#include "net/conn-private.h"

static TwMatch
match_line(guint64 max, const guint8 *data, gsize len, gsize *scanned, gsize *ret_len)
{
    gsize usable = (gsize) MIN(max, len);
    const guint8 *lf = usable > *scanned ? memchr(data + *scanned, '\n', usable - *scanned) : NULL;

    if (lf != NULL) {
        *ret_len = (gsize) (lf - data) + 1;
        return TW_MATCH_FOUND;
    }
    *scanned = usable;
    *ret_len = usable;
    return usable == max ? TW_MATCH_TOO_LONG : TW_MATCH_MORE;
}

/* Whether the line whose LF is data[lf] is empty. */
static gboolean
line_is_empty(const guint8 *data, gsize lf)
{
    gsize end = lf;

    if (end > 0 && data[end - 1] == '\r')
        end--;
    return end == 0 || data[end - 1] == '\n';
}

/* Whether the LF at data[lf] ends the head: its line is empty, and the one before it is not. (If that one is empty as
 * well, then all are: else the head had ended there.) */
static gboolean
ends_head(const guint8 *data, gsize lf)
{
    gsize start = lf > 0 && data[lf - 1] == '\r' ? lf - 1 : lf;

    return line_is_empty(data, lf) && start > 0 && !line_is_empty(data, start - 1);
}

static TwMatch
match_head(guint64 max, const guint8 *data, gsize len, gsize *scanned, gsize *ret_len)
{
    for (;;) {
        TwMatch match = match_line(max, data, len, scanned, ret_len);

        if (match != TW_MATCH_FOUND)
            return match;
        if (ends_head(data, *ret_len - 1))
            return TW_MATCH_FOUND;
        *scanned = *ret_len;
    }
}

TwMatch
tw_want_match(TwWant want, guint64 n, const guint8 *data, gsize len, gsize *scanned, gsize *ret_len)
{
    switch (want) {
    case TW_WANT_LINE:
        return match_line(n, data, len, scanned, ret_len);
    case TW_WANT_HEAD:
        return match_head(n, data, len, scanned, ret_len);
    case TW_WANT_BYTES:
        *ret_len = (gsize) n;
        return len >= n ? TW_MATCH_FOUND : TW_MATCH_MORE;
    case TW_WANT_SOME:
        *ret_len = (gsize) MIN(n, len);
        return len > 0 ? TW_MATCH_FOUND : TW_MATCH_MORE;
    case TW_WANT_NOTHING:
    case TW_WANT_SKIP:
    case TW_WANT_SKIP_LINE:
        break;
    }
    *ret_len = 0;
    return TW_MATCH_MORE;
}
