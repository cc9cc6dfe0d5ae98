/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mail-body.h"

#include <string.h>

#include "base/base64.h"
#include "base/qp.h"

enum {
    MOST_LINE = 998, /* RFC 5322 section 2.1.1 */
    FLOWED_COLUMNS = 76
};

const char *
tw_body_encoding_name(TwBodyEncoding encoding)
{
    switch (encoding) {
    case TW_BODY_7BIT:
        return "7bit";
    case TW_BODY_8BIT:
        return "8bit";
    case TW_BODY_QUOTED_PRINTABLE:
        return "quoted-printable";
    case TW_BODY_BASE64:
        break;
    }
    return "base64";
}

/* --- choosing -------------------------------------------------------------------------------------------------- */

typedef struct {
    gsize escaped;   /* bytes that quoted-printable writes as three */
    gboolean high;   /* bytes past ASCII */
    gboolean unsafe; /* cannot stand as it is */
} Survey;

static gboolean
line_is_risky(const guint8 *line, gsize len)
{
    return len > MOST_LINE || (len >= 5 && memcmp(line, "From ", 5) == 0) ||
           (len >= 4 && memcmp(line, "--" TW_BODY_BOUNDARY_MARK, 4) == 0) ||
           (len == 1 && line[0] == '.');
}

static void
survey(const guint8 *data, gsize len, gboolean text, Survey *ret)
{
    gsize line = 0;

    for (gsize i = 0; i < len; i++) {
        guint8 c = data[i];

        if (c == '\n') {
            gboolean crlf = i > line && data[i - 1] == '\r';

            if (!crlf || line_is_risky(data + line, i - 1 - line))
                ret->unsafe = TRUE;
            if (!text)
                ret->escaped++;
            line = i + 1;
        } else if (c == '\r') {
            if (i + 1 == len || data[i + 1] != '\n')
                ret->unsafe = TRUE;
            if (!text)
                ret->escaped++;
        } else if (c >= 0x80) {
            ret->high = TRUE;
            ret->escaped++;
        } else if (c == '=') {
            ret->escaped++;
        } else if ((c < ' ' && c != '\t') || c == 0x7f) {
            ret->unsafe = TRUE;
            ret->escaped++;
        }
    }
    if (line_is_risky(data + line, len - line))
        ret->unsafe = TRUE;
}

TwBodyEncoding
tw_body_choose(const guint8 *data, gsize len, gboolean text, gboolean eightbit)
{
    Survey seen = { .escaped = 0 };
    gsize qp, base64;

    survey(data, len, text, &seen);
    if (!seen.unsafe && (!seen.high || eightbit))
        return seen.high ? TW_BODY_8BIT : TW_BODY_7BIT;
    qp = len + 2 * seen.escaped;
    qp += qp / (TW_QP_COLUMNS - 1) * 3; /* soft line breaks */
    base64 = (len + 2) / 3 * 4;
    base64 += base64 / TW_BASE64_MIME_COLUMNS * 2;
    return qp <= base64 ? TW_BODY_QUOTED_PRINTABLE : TW_BODY_BASE64;
}

/* --- writing --------------------------------------------------------------------------------------------------- */

void
tw_body_put(TwBuffer *out, const guint8 *data, gsize len, TwBodyEncoding encoding, gboolean text)
{
    TwQpEncoder qp;
    TwBase64Encoder base64;

    switch (encoding) {
    case TW_BODY_7BIT:
    case TW_BODY_8BIT:
        tw_buffer_put(out, data, len);
        break;
    case TW_BODY_QUOTED_PRINTABLE:
        tw_qp_encoder_init(&qp, !text);
        tw_qp_encoder_put(&qp, data, len, out);
        tw_qp_encoder_finish(&qp, out);
        break;
    case TW_BODY_BASE64:
        tw_base64_encoder_init(&base64, TW_BASE64_MIME_COLUMNS, FALSE);
        tw_base64_encoder_put(&base64, data, len, out);
        tw_base64_encoder_finish(&base64, out);
        break;
    }
}

void
tw_body_put_crlf(TwBuffer *out, const char *text, gsize len)
{
    gsize start = 0;

    for (gsize i = 0; i < len; i++) {
        if (text[i] != '\r' && text[i] != '\n' && text[i] != '\0')
            continue;
        tw_buffer_put(out, text + start, i - start);
        if (text[i] != '\0')
            tw_buffer_put(out, "\r\n", 2);
        if (text[i] == '\r' && i + 1 < len && text[i + 1] == '\n')
            i++;
        start = i + 1;
    }
    tw_buffer_put(out, text + start, len - start);
}

/* A line of a quote as writers make them: ">" or more of them, then a blank or nothing. */
static gboolean
is_quote(const char *line, gsize len)
{
    gsize depth = 0;

    while (depth < len && line[depth] == '>')
        depth++;
    return depth > 0 && (depth == len || line[depth] == ' ');
}

static void
put_line(TwBuffer *out, const char *line, gsize len, gboolean flow)
{
    if (len > 0 &&
        (line[0] == ' ' || line[0] == '>' || (len >= 5 && memcmp(line, "From ", 5) == 0)))
        tw_buffer_put_u8(out, ' ');
    tw_buffer_put(out, line, len);
    if (flow)
        tw_buffer_put(out, "\r\n", 2);
}

/* Where to break a paragraph: after the last blank that fits, else after the first; 0 for nowhere. */
static gsize
find_break(const char *line, gsize len)
{
    gsize columns = 0, last = 0;

    for (gsize i = 0; i < len; i++) {
        if (((guint8) line[i] & 0xc0) != 0x80)
            columns++;
        if (columns > FLOWED_COLUMNS && last > 0)
            return last;
        /* a blank before another one is no place, nor is where the mark of a signature would come about */
        if (line[i] == ' ' && i > 0 && i + 1 < len && line[i + 1] != ' ' &&
            (i != 2 || memcmp(line, "--", 2) != 0))
            last = i + 1;
    }
    return columns > FLOWED_COLUMNS ? last : 0;
}

static void
put_paragraph(TwBuffer *out, const char *line, gsize len)
{
    gsize at;

    if (len == 3 && memcmp(line, "-- ", 3) == 0) {
        tw_buffer_put(out, line, len);
        return;
    }
    while (len > 0 && line[len - 1] == ' ')
        len--;
    if (len > 0 && line[0] == '>' && is_quote(line, len)) {
        tw_buffer_put(out, line, len);
        return;
    }
    while ((at = find_break(line, len)) > 0) {
        put_line(out, line, at, TRUE);
        line += at;
        len -= at;
    }
    put_line(out, line, len, FALSE);
}

void
tw_body_put_flowed(TwBuffer *out, const char *text, gsize len)
{
    g_auto(TwBuffer) lines = TW_BUFFER_INIT(out->limit);
    const char *at, *end;

    tw_body_put_crlf(&lines, text, len);
    if (tw_buffer_failed(&lines) || lines.len == 0) {
        out->failed |= tw_buffer_failed(&lines);
        return;
    }
    at = (const char *) lines.data;
    end = at + lines.len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (gsize) (end - at));

        if (stop == NULL) {
            put_paragraph(out, at, (gsize) (end - at));
            return;
        }
        put_paragraph(out, at, (gsize) (stop - 1 - at));
        tw_buffer_put(out, "\r\n", 2);
        at = stop + 1;
    }
}
