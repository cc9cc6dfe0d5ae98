/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/binary.h"

#include <string.h>

#include "base/base64.h"
#include "convert/mime-scan.h"

enum {
    OUT_MOST = 1 << 30
};

static const char field_name[] = "Content-Transfer-Encoding:";

/* Bytes up to and with the next line feed. */
static gsize
line_len(const guint8 *data, gsize len)
{
    const guint8 *lf = memchr(data, '\n', len);

    return lf != NULL ? (gsize) (lf - data) + 1 : len;
}

static gboolean
is_empty_line(const guint8 *line, gsize len)
{
    return len == 0 || (len == 1 && line[0] == '\n') ||
           (len == 2 && line[0] == '\r' && line[1] == '\n');
}

/* Without the field that says how the body is encoded, with one that says base64. */
static void
put_header(TwBuffer *out, const guint8 *header, gsize len)
{
    gboolean dropped = FALSE;

    for (gsize at = 0, n; at < len; at += n) {
        const guint8 *line = header + at;

        n = line_len(line, len - at);
        if (is_empty_line(line, n))
            break;
        if (line[0] != ' ' && line[0] != '\t')
            dropped =
                n >= sizeof field_name - 1 &&
                g_ascii_strncasecmp((const char *) line, field_name, sizeof field_name - 1) == 0;
        if (!dropped)
            tw_buffer_put(out, line, n);
    }
    tw_buffer_put(out, field_name, sizeof field_name - 1);
    tw_buffer_put(out, " base64\r\n\r\n", 11);
}

static void
put_body(TwBuffer *out, const guint8 *body, gsize len)
{
    enum {
        LINE = TW_BASE64_MIME_COLUMNS / 4 * 3
    };

    for (gsize at = 0; at < len; at += LINE) {
        (void) tw_base64_encode(out, body + at, MIN(len - at, (gsize) LINE), TW_BASE64_STANDARD);
        tw_buffer_put(out, "\r\n", 2);
    }
}

static gboolean
is_for_encoding(const TwMimePart *part, const guint8 *data)
{
    return part->kind == TW_MIME_LEAF && part->encoding == TW_MIME_ENCODING_IDENTITY &&
           memchr(data + part->body, '\0', part->body_len) != NULL &&
           memchr(data + part->header, '\0', part->header_len) == NULL;
}

GBytes *
tw_imap_binary_encode(GBytes *mail)
{
    gsize len, at = 0;
    const guint8 *data = g_bytes_get_data(mail, &len);
    g_autoptr(TwMimeTree) tree = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);
    const TwMimePart *parts;
    guint count;

    if (len == 0 || memchr(data, '\0', len) == NULL)
        return g_bytes_ref(mail);
    tree = tw_mime_scan(data, len, NULL);
    parts = tw_mime_tree_get_parts(tree, &count);
    for (guint i = 0; i < count; i++) {
        if (!is_for_encoding(&parts[i], data))
            continue;
        tw_buffer_put(&out, data + at, parts[i].header - at);
        put_header(&out, data + parts[i].header, parts[i].header_len);
        put_body(&out, data + parts[i].body, parts[i].body_len);
        at = parts[i].body + parts[i].body_len;
    }
    tw_buffer_put(&out, data + at, len - at);
    if (tw_buffer_failed(&out) || memchr(out.data, '\0', out.len) != NULL)
        return NULL;
    return g_bytes_new(out.data, out.len);
}
