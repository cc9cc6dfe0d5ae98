/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/http-uri.h"

#include <string.h>

#include "base/error.h"
#include "base/number.h"

enum {
    HOST_MOST = 255 /* a DNS name */
};

/* pchar of RFC 3986 without pct-encoded: what a segment may hold as it is */
static gboolean
is_segment_char(guint8 c)
{
    return g_ascii_isalnum((char) c) || (c != 0 && strchr("-._~!$&'()*+,;=:@", c) != NULL);
}

static gboolean
is_unreserved(guint8 c)
{
    return g_ascii_isalnum((char) c) || (c != 0 && strchr("-._~", c) != NULL);
}

static gboolean
is_control(guint8 c)
{
    return c < 0x20 || c == 0x7f;
}

/* Takes one character or one "%XX" at *io_at. */
static gboolean
take_decoded(const char *text, gsize len, gsize *io_at, guint8 *ret)
{
    gsize at = *io_at;
    int high, low;

    if (text[at] != '%') {
        *ret = (guint8) text[at];
        *io_at = at + 1;
        return TRUE;
    }
    if (len - at < 3)
        return FALSE;
    high = g_ascii_xdigit_value(text[at + 1]);
    low = g_ascii_xdigit_value(text[at + 2]);
    if (high < 0 || low < 0)
        return FALSE;
    *ret = (guint8) (high << 4 | low);
    *io_at = at + 3;
    return TRUE;
}

static void
put_encoded(GString *out, guint8 c)
{
    static const char digits[] = "0123456789ABCDEF";

    g_string_append_c(out, '%');
    g_string_append_c(out, digits[c >> 4]);
    g_string_append_c(out, digits[c & 15]);
}

/* Looks at the segment out[start..] that was just finished (without a slash behind it) and resolves dots.
 * Leaves out ending in "/" if the segment vanished. */
static gboolean
close_segment(GString *out, gsize start)
{
    const char *segment = out->str + start;
    gsize len = out->len - start;
    gsize parent;

    if (len == 1 && segment[0] == '.') {
        g_string_truncate(out, start);
        return TRUE;
    }
    if (len != 2 || segment[0] != '.' || segment[1] != '.')
        return TRUE;
    if (start < 2) /* only "/" stands before it */
        return FALSE;
    parent = start - 1;
    while (out->str[parent - 1] != '/')
        parent--;
    g_string_truncate(out, parent);
    return TRUE;
}

gboolean
tw_http_path_is_canonical(const char *text, gsize len)
{
    if (len == 0 || text[0] != '/')
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        if (text[i] == '/') {
            if (i + 1 < len && (text[i + 1] == '/' || text[i + 1] == '.'))
                return FALSE;
        } else if (!is_segment_char((guint8) text[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

static char *
refuse_path(GError **error, const char *why)
{
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "path: %s", why);
    return NULL;
}

char *
tw_http_path_canonical(const char *text, gsize len, GError **error)
{
    g_autoptr(GString) out = NULL;
    gsize start = 1;

    if (len == 0 || text[0] != '/')
        return refuse_path(error, "does not start with a slash");
    if (tw_http_path_is_canonical(text, len))
        return g_strndup(text, len);
    out = g_string_sized_new(len);
    g_string_append_c(out, '/');
    for (gsize at = 1; at < len;) {
        gboolean encoded = text[at] == '%';
        guint8 c;

        if (!take_decoded(text, len, &at, &c))
            return refuse_path(error, "broken percent sign");
        if (is_control(c) || (!encoded && (c >= 0x80 || c == '#')))
            return refuse_path(error, "a character that cannot be there");
        if (c == '/' && !encoded) {
            if (!close_segment(out, start))
                return refuse_path(error, "climbs above the root");
            if (out->str[out->len - 1] != '/')
                g_string_append_c(out, '/');
            start = out->len;
        } else if (is_segment_char(c) && (!encoded || is_unreserved(c))) {
            g_string_append_c(out, (char) c);
        } else {
            put_encoded(out, c);
        }
    }
    if (!close_segment(out, start))
        return refuse_path(error, "climbs above the root");
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *
tw_http_percent_decode(const char *text, gsize len, gboolean plus_is_blank, GError **error)
{
    g_autoptr(GString) out = g_string_sized_new(len);

    for (gsize at = 0; at < len;) {
        gboolean plus = plus_is_blank && text[at] == '+';
        guint8 c;

        if (!take_decoded(text, len, &at, &c) ||
            (is_control(c) && c != '\t' && c != '\r' && c != '\n')) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                        "broken percent sign or control character");
            return NULL;
        }
        g_string_append_c(out, plus ? ' ' : (char) c);
    }
    if (!g_utf8_validate_len(out->str, out->len, NULL)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "not UTF-8");
        return NULL;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *
tw_http_percent_encode(const char *text)
{
    GString *out = g_string_new(NULL);

    for (; *text != '\0'; text++) {
        if (is_unreserved((guint8) *text))
            g_string_append_c(out, *text);
        else
            put_encoded(out, (guint8) *text);
    }
    return g_string_free(out, FALSE);
}

static void
clear_param(gpointer data)
{
    TwHttpParam *param = data;

    g_free(param->name);
    g_free(param->value);
}

void
tw_http_query_free(TwHttpQuery *query)
{
    if (query == NULL)
        return;
    for (guint i = 0; i < query->count; i++)
        clear_param(&query->params[i]);
    g_free(query->params);
    g_free(query);
}

/* Reads "name=value" (len > 0) into a new row of params. */
static gboolean
add_param(GArray *params, const char *text, gsize len, GError **error)
{
    const char *equals = memchr(text, '=', len);
    gsize name_len = equals != NULL ? (gsize) (equals - text) : len;
    TwHttpParam param = { NULL, NULL };

    if (params->len == TW_HTTP_QUERY_MOST) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "more than %d parameters",
                    TW_HTTP_QUERY_MOST);
        return FALSE;
    }
    param.name = tw_http_percent_decode(text, name_len, TRUE, error);
    if (param.name == NULL)
        return FALSE;
    param.value = equals == NULL
                      ? g_strdup("")
                      : tw_http_percent_decode(equals + 1, len - name_len - 1, TRUE, error);
    if (param.value == NULL) {
        g_free(param.name);
        return FALSE;
    }
    g_array_append_val(params, param);
    return TRUE;
}

TwHttpQuery *
tw_http_query_parse(const char *text, gsize len, GError **error)
{
    g_autoptr(GArray) params = g_array_new(FALSE, FALSE, sizeof(TwHttpParam));
    TwHttpQuery *query;
    gsize at = 0;

    g_array_set_clear_func(params, clear_param);
    while (at < len) {
        const char *end = memchr(text + at, '&', len - at);
        gsize part_len = end != NULL ? (gsize) (end - text) - at : len - at;

        if (part_len > 0 && !add_param(params, text + at, part_len, error))
            return NULL;
        at += part_len + (end != NULL);
    }
    query = g_new0(TwHttpQuery, 1);
    query->count = params->len;
    g_array_set_clear_func(params, NULL);
    query->params = (TwHttpParam *) (gpointer) g_array_free(g_steal_pointer(&params), FALSE);
    return query;
}

const char *
tw_http_query_get(const TwHttpQuery *query, const char *name)
{
    for (guint i = 0; i < query->count; i++) {
        if (strcmp(query->params[i].name, name) == 0)
            return query->params[i].value;
    }
    return NULL;
}

/* Length of the host part; 0 and FALSE if the text cannot begin with one. */
static gboolean
scan_host(const char *text, gsize len, gsize *ret_start, gsize *ret_len, gsize *ret_end)
{
    gsize at = 0;

    if (len > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', len);

        if (close == NULL || close == text + 1)
            return FALSE;
        for (const char *p = text + 1; p < close; p++) {
            if (!g_ascii_isxdigit(*p) && *p != ':' && *p != '.')
                return FALSE;
        }
        *ret_start = 1;
        *ret_len = (gsize) (close - text) - 1;
        *ret_end = *ret_len + 2;
        return TRUE;
    }
    while (at < len && (is_unreserved((guint8) text[at]) ||
                        (text[at] != '\0' && strchr("!$&'()*+,;=", text[at]) != NULL)))
        at++;
    *ret_start = 0;
    *ret_len = *ret_end = at;
    return TRUE;
}

gboolean
tw_http_host_parse(const char *text, gsize len, char **ret_host, guint16 *ret_port)
{
    gsize start, host_len, end;
    guint32 port = 0;

    if (!scan_host(text, len, &start, &host_len, &end) || host_len > HOST_MOST)
        return FALSE;
    if (end < len) {
        if (text[end] != ':' || host_len == 0)
            return FALSE;
        /* "host:" with an empty port is valid */
        if (end + 1 < len && !tw_parse_u32(text + end + 1, len - end - 1, G_MAXUINT16, &port))
            return FALSE;
    }
    *ret_host = host_len > 0 ? g_ascii_strdown(text + start, (gssize) host_len) : g_strdup("");
    *ret_port = (guint16) port;
    return TRUE;
}
