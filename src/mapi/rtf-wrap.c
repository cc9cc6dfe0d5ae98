/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * HTML and text wrapped in RTF.
 *
 * HTML is cut into markup (tags, comments, declarations, the contents of <script> and <style>, character references and line
 * ends), which goes into {\*\htmltagN ...}, and text, which stays visible. Reading it back joins the same bytes. N says
 * what kind of markup it is and where it stands (MS-OXRTFEX 2.1.3.1.4.1); readers may ignore it.
 */
#include "mapi/rtf.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

/* Parts of N. */
enum {
    IN_BODY = 0,
    IN_HEAD = 1,
    IN_HTML = 2,
    OUT_OF_HTML = 3,
    IN_PARAGRAPH = 4,
    CLOSING = 8
};

enum {
    MOST_REFERENCE = 32 /* bytes of a character reference; a longer one is text */
};

typedef struct {
    const char *name;
    guint8 type;
    guint8 place;      /* where one is behind it; 0xff: as before */
    const char *open;  /* what readers of RTF get */
    const char *close; /* the same for the closing tag */
} TagRow;

enum {
    SAME_PLACE = 0xff
};

static const TagRow tags[] = {
    { "html", 0x10, IN_HTML, NULL, NULL },
    { "head", 0x20, IN_HEAD, NULL, NULL },
    { "body", 0x30, IN_BODY, NULL, NULL },
    { "p", 0x40, SAME_PLACE, NULL, "\\par" },
    { "div", 0x60, SAME_PLACE, NULL, "\\par" },
    { "li", 0xf0, SAME_PLACE, "\\bullet\\tab", "\\par" },
    { "tr", 0xf0, SAME_PLACE, NULL, "\\par" },
    { "td", 0xf0, SAME_PLACE, NULL, "\\tab" },
    { "br", 0x70, SAME_PLACE, "\\line", NULL },
    { "pre", 0x80, SAME_PLACE, NULL, "\\par" },
    { "font", 0x90, SAME_PLACE, NULL, NULL },
    { "span", 0x90, SAME_PLACE, NULL, NULL },
    { "b", 0x90, SAME_PLACE, "\\b", "\\b0" },
    { "strong", 0x90, SAME_PLACE, "\\b", "\\b0" },
    { "i", 0x90, SAME_PLACE, "\\i", "\\i0" },
    { "em", 0x90, SAME_PLACE, "\\i", "\\i0" },
    { "u", 0x90, SAME_PLACE, "\\ul", "\\ul0" },
    { "h1", 0xa0, SAME_PLACE, "\\b", "\\b0\\par" },
    { "h2", 0xa0, SAME_PLACE, "\\b", "\\b0\\par" },
    { "h3", 0xa0, SAME_PLACE, "\\b", "\\b0\\par" },
    { "title", 0xb0, SAME_PLACE, NULL, NULL },
};

typedef struct {
    TwBuffer out;
    guint place;
} Wrapper;

static void
put(TwBuffer *out, const char *text)
{
    tw_buffer_put(out, text, strlen(text));
}

static void
put_unit(TwBuffer *out, guint32 unit)
{
    char text[16];

    g_snprintf(text, sizeof text, "\\u%d?", unit < 0x8000u ? (int) unit : (int) unit - 0x10000);
    put(out, text);
}

/* One character that is neither a line end nor plain. */
static void
put_char(TwBuffer *out, gunichar c)
{
    char text[8];

    if (c >= 0x10000u) {
        put_unit(out, 0xd800u | ((c - 0x10000u) >> 10));
        put_unit(out, 0xdc00u | (c & 0x3ffu));
    } else if (c >= 0x80u) {
        put_unit(out, c);
    } else if (c == '\\' || c == '{' || c == '}') {
        tw_buffer_put_u8(out, '\\');
        tw_buffer_put_u8(out, (guint8) c);
    } else if (c == '\t') {
        put(out, "\\tab ");
    } else {
        g_snprintf(text, sizeof text, "\\'%02x", c);
        put(out, text);
    }
}

static gboolean
is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '\\' && c != '{' && c != '}';
}

/* UTF-8 that was found valid. CR LF is \par, so that it comes back as CR LF; any other control is a byte. */
static void
put_escaped(TwBuffer *out, const char *text, gsize len)
{
    const char *end = text + len;

    while (text < end) {
        const char *plain = text;
        gunichar c;

        while (text < end && is_plain(*text))
            text++;
        tw_buffer_put(out, plain, (gsize) (text - plain));
        if (text == end)
            break;
        if (*text == '\r' && end - text >= 2 && text[1] == '\n') {
            put(out, "\\par ");
            text += 2;
            continue;
        }
        c = g_utf8_get_char(text);
        put_char(out, c);
        text += g_unichar_to_utf8(c, NULL);
    }
}

static void
put_markup(Wrapper *w, guint type, const char *text, gsize len)
{
    char head[32];

    g_snprintf(head, sizeof head, "{\\*\\htmltag%u ", type | w->place);
    put(&w->out, head);
    put_escaped(&w->out, text, len);
    put(&w->out, "}");
}

static void
put_only_rtf(Wrapper *w, const char *rtf)
{
    if (rtf == NULL)
        return;
    put(&w->out, "\\htmlrtf ");
    put(&w->out, rtf);
    put(&w->out, "\\htmlrtf0 ");
}

static const TagRow *
find_tag(const char *name, gsize len)
{
    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (strlen(tags[i].name) == len && g_ascii_strncasecmp(tags[i].name, name, len) == 0)
            return &tags[i];
    }
    return NULL;
}

/* A tag's end: ">" outside of quotes, or the end of the text. */
static gsize
tag_len(const char *text, gsize len)
{
    char quote = 0;

    for (gsize i = 1; i < len; i++) {
        if (quote != 0) {
            if (text[i] == quote)
                quote = 0;
        } else if ((text[i] == '"' || text[i] == '\'') && text[i - 1] == '=')
            quote = text[i];
        else if (text[i] == '>')
            return i + 1;
    }
    return len;
}

static gsize
find_text(const char *text, gsize len, gsize from, const char *what)
{
    gsize what_len = strlen(what);
    const char *found = from < len ? memmem(text + from, len - from, what, what_len) : NULL;

    return found != NULL ? (gsize) (found - text) + what_len : len;
}

static gsize
name_len(const char *text, gsize len)
{
    gsize n = 0;

    while (n < len && (g_ascii_isalnum(text[n]) || text[n] == ':' || text[n] == '-'))
        n++;
    return n;
}

/* Contents that are no text: up to the closing tag of the same name. */
static gsize
raw_len(const char *text, gsize len, const char *name, gsize name_length)
{
    for (gsize i = 0; i + 2 + name_length <= len; i++) {
        const char *next = memchr(text + i, '<', len - i);
        if (next == NULL)
            return len;
        i = (gsize) (next - text);
        if (i + 2 + name_length <= len && text[i + 1] == '/' &&
            g_ascii_strncasecmp(text + i + 2, name, name_length) == 0)
            return i;
    }
    return len;
}

static gboolean
is_raw_element(const char *name, gsize len)
{
    return (len == 5 && g_ascii_strncasecmp(name, "style", 5) == 0) ||
           (len == 6 && g_ascii_strncasecmp(name, "script", 6) == 0) ||
           (len == 5 && g_ascii_strncasecmp(name, "title", 5) == 0);
}

static gsize
wrap_tag(Wrapper *w, const char *text, gsize len)
{
    gboolean closing = len > 1 && text[1] == '/';
    const char *name = text + (closing ? 2 : 1);
    gsize name_length = name_len(name, len - (gsize) (name - text));
    const TagRow *row = find_tag(name, name_length);
    gsize used = tag_len(text, len);
    guint type = row != NULL ? row->type : 0xf0;

    if (row != NULL && row->place == IN_BODY && !closing)
        w->place = IN_HTML;
    put_markup(w, type | (closing ? CLOSING : 0), text, used);
    if (row != NULL) {
        put_only_rtf(w, closing ? row->close : row->open);
        if (row->place != SAME_PLACE)
            w->place = !closing ? row->place : row->place == IN_HTML ? OUT_OF_HTML : IN_HTML;
    }
    if (!closing && is_raw_element(name, name_length)) {
        gsize raw = raw_len(text + used, len - used, name, name_length);
        if (raw > 0)
            put_markup(w, 0xf0, text + used, raw);
        used += raw;
    }
    return used;
}

/* "<" that begins no markup is text. */
static gsize
wrap_markup(Wrapper *w, const char *text, gsize len)
{
    gsize used;

    if (len >= 4 && memcmp(text, "<!--", 4) == 0)
        used = find_text(text, len, 4, "-->");
    else if (len >= 2 && (text[1] == '!' || text[1] == '?'))
        used = find_text(text, len, 2, ">");
    else if (len >= 2 &&
             (g_ascii_isalpha(text[1]) || (text[1] == '/' && len >= 3 && g_ascii_isalpha(text[2]))))
        return wrap_tag(w, text, len);
    else
        return 0;
    put_markup(w, 0xf0, text, used);
    return used;
}

static gunichar
reference_char(const char *text, gsize len)
{
    static const struct {
        const char *name;
        gunichar c;
    } names[] = {
        { "&nbsp;", 0xa0 },   { "&lt;", '<' },      { "&gt;", '>' },       { "&amp;", '&' },
        { "&quot;", '"' },    { "&copy;", 0xa9 },   { "&ndash;", 0x2013 }, { "&mdash;", 0x2014 },
        { "&euro;", 0x20ac }, { "&bull;", 0x2022 }, { "&lsquo;", 0x2018 }, { "&rsquo;", 0x2019 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strlen(names[i].name) == len && memcmp(names[i].name, text, len) == 0)
            return names[i].c;
    }
    return 0;
}

/* "&" and what follows up to ";", when that can be a reference. */
static gsize
wrap_reference(Wrapper *w, const char *text, gsize len)
{
    gsize n = 1;
    gunichar c;

    while (n < len && n < MOST_REFERENCE && (g_ascii_isalnum(text[n]) || text[n] == '#'))
        n++;
    if (n == 1 || n == len || text[n] != ';')
        return 0;
    n++;
    put_markup(w, 0x50 | IN_PARAGRAPH, text, n);
    c = reference_char(text, n);
    if (c != 0) {
        g_auto(TwBuffer) rtf = TW_BUFFER_INIT(32);
        if (c < 0x80)
            tw_buffer_put_u8(&rtf, (guint8) c);
        else
            put_char(&rtf, c);
        tw_buffer_put_u8(&rtf, 0);
        put_only_rtf(w, (const char *) rtf.data);
    }
    return n;
}

/* Line ends in HTML text are blanks. */
static gsize
wrap_line_ends(Wrapper *w, const char *text, gsize len)
{
    gsize n = 0;

    while (n < len && (text[n] == '\r' || text[n] == '\n'))
        n++;
    put_markup(w, IN_PARAGRAPH, text, n);
    put_only_rtf(w, " ");
    return n;
}

static gsize
wrap_text(Wrapper *w, const char *text, gsize len)
{
    gsize n = 1;

    while (n < len && text[n] != '<' && text[n] != '&' && text[n] != '\r' && text[n] != '\n')
        n++;
    put_escaped(&w->out, text, n);
    return n;
}

static gboolean
check_text(const char *text, gsize len, GError **error)
{
    const char *p = text, *end = text + len, *stop;

    /* NUL is the one character of UTF-8 that GLib refuses here */
    while (p < end && !g_utf8_validate_len(p, (gsize) (end - p), &stop)) {
        if (*stop != '\0') {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "not UTF-8 at byte %" G_GSIZE_FORMAT,
                        (gsize) (stop - text));
            return FALSE;
        }
        p = stop + 1;
    }
    return TRUE;
}

GBytes *
tw_rtf_from_html(const char *html, gsize len, gsize max_len, GError **error)
{
    Wrapper w = { .out = TW_BUFFER_INIT(max_len), .place = OUT_OF_HTML };
    GBytes *rtf;

    if (!check_text(html, len, error))
        return NULL;
    put(&w.out, "{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0"
                "{\\fonttbl\r\n{\\f0\\fswiss\\fcharset0 Arial;}}\r\n"
                "\\uc1\\pard\\plain\\f0\\fs20 \r\n{\\*\\htmltag64}");
    for (gsize at = 0; at < len && !w.out.failed;) {
        gsize used = 0, left = len - at;
        if (html[at] == '<')
            used = wrap_markup(&w, html + at, left);
        else if (html[at] == '&')
            used = wrap_reference(&w, html + at, left);
        else if (html[at] == '\r' || html[at] == '\n')
            used = wrap_line_ends(&w, html + at, left);
        if (used == 0)
            used = wrap_text(&w, html + at, left);
        at += used;
    }
    put(&w.out, "}\r\n");
    rtf = tw_buffer_steal_bytes(&w.out, error);
    return rtf;
}

GBytes *
tw_rtf_from_text(const char *text, gsize len, gsize max_len, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(max_len);

    if (!check_text(text, len, error))
        return NULL;
    put(&out, "{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0"
              "{\\fonttbl\r\n{\\f0\\fmodern\\fcharset0 Courier New;}}\r\n"
              "\\uc1\\pard\\plain\\f0\\fs20 ");
    for (gsize at = 0; at < len && !out.failed;) {
        gsize line = 0;
        while (at + line < len && text[at + line] != '\r' && text[at + line] != '\n')
            line++;
        put_escaped(&out, text + at, line);
        at += line;
        if (at == len)
            break;
        put(&out, "\\par\r\n");
        at += text[at] == '\r' && len - at >= 2 && text[at + 1] == '\n' ? 2 : 1;
    }
    put(&out, "}\r\n");
    return tw_buffer_steal_bytes(&out, error);
}
