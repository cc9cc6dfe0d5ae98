/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "pop3/text.h"

#include <string.h>

/* A line is over; was it the last one that is wanted? */
static void
end_line(TwPop3Text *text, gboolean empty)
{
    text->line_len = 0;
    if (!text->top)
        return;
    if (!text->body)
        text->body = empty;
    else if (text->lines > 0)
        text->lines--;
    text->done = text->body && text->lines == 0;
}

gboolean
tw_pop3_text_put(TwPop3Text *text, const guint8 *data, gsize len, TwBuffer *out)
{
    while (len > 0 && !text->done) {
        const guint8 *lf = memchr(data, '\n', len);
        gsize n = lf != NULL ? (gsize) (lf - data) + 1 : len;
        guint8 before = n > 1 ? data[n - 2] : text->last; /* the byte in front of the last one */

        if (text->line_len == 0 && data[0] == '.')
            tw_buffer_put_u8(out, '.');
        tw_buffer_put(out, data, n);
        text->line_len = (guint) MIN(text->line_len + MIN(n, (gsize) 3), (gsize) 3);
        text->open = lf == NULL || before != '\r';
        text->last = data[n - 1];
        if (lf != NULL)
            end_line(text, text->line_len == 1 || (text->line_len == 2 && before == '\r'));
        data += n;
        len -= n;
    }
    return !text->done;
}

void
tw_pop3_text_end(const TwPop3Text *text, TwBuffer *out)
{
    if (text->open && text->last == '\r')
        tw_buffer_put_u8(out, '\n');
    else if (text->open)
        tw_buffer_put(out, "\r\n", 2);
    tw_buffer_put(out, ".\r\n", 3);
}
