/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Ordinary RTF as a simple HTML: paragraphs, and around runs of text one <span> with their look and one <a> with their link.
 * What the document says ends up in HTML only escaped.
 */
#include <string.h>

#include "mapi/rtf-private.h"

enum {
    DEFAULT_COLOR = 1 << 24,
    LEAST_HALF_POINTS = 2,
    MOST_HALF_POINTS = 400
};

static void
put(RtfReader *r, const char *text)
{
    tw_buffer_put(&r->out, text, strlen(text));
}

static void
put_escaped(RtfReader *r, const char *text, gsize len)
{
    gsize plain = 0;

    for (gsize i = 0; i < len; i++) {
        const char *reference = text[i] == '<'    ? "&lt;"
                                : text[i] == '>'  ? "&gt;"
                                : text[i] == '&'  ? "&amp;"
                                : text[i] == '"'  ? "&quot;"
                                : text[i] == '\'' ? "&#39;"
                                                  : NULL;
        if (reference == NULL)
            continue;
        tw_buffer_put(&r->out, text + plain, i - plain);
        put(r, reference);
        plain = i + 1;
    }
    tw_buffer_put(&r->out, text + plain, len - plain);
}

void
rtf_simple_html_begin(RtfReader *r)
{
    put(r, "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; "
           "charset=utf-8\">\r\n"
           "</head><body>\r\n");
}

/* Names of a font go into a style: letters, digits, blanks and what is not ASCII. */
static void
put_font_name(RtfReader *r, const char *name)
{
    for (; *name != '\0'; name++) {
        if (g_ascii_isalnum(*name) || *name == ' ' || *name == '-' || (*name & 0x80) != 0)
            tw_buffer_put_u8(&r->out, (guint8) *name);
    }
}

static void
put_decoration(RtfReader *r, guint flags)
{
    if ((flags & RTF_BOLD) != 0)
        put(r, "font-weight:bold;");
    if ((flags & RTF_ITALIC) != 0)
        put(r, "font-style:italic;");
    if ((flags & (RTF_UNDERLINE | RTF_STRIKE)) == (RTF_UNDERLINE | RTF_STRIKE))
        put(r, "text-decoration:underline line-through;");
    else if ((flags & RTF_UNDERLINE) != 0)
        put(r, "text-decoration:underline;");
    else if ((flags & RTF_STRIKE) != 0)
        put(r, "text-decoration:line-through;");
    if ((flags & (RTF_SUB | RTF_SUPER)) != 0)
        put(r, (flags & RTF_SUB) != 0 ? "vertical-align:sub;" : "vertical-align:super;");
}

static void
put_style(RtfReader *r, const RtfLook *look)
{
    const RtfFont *font = g_hash_table_lookup(r->fonts, GINT_TO_POINTER(look->font));
    guint size = CLAMP(look->half_points, LEAST_HALF_POINTS, MOST_HALF_POINTS);
    char text[32];

    put(r, "<span style=\"");
    if (font != NULL && font->name[0] != '\0') {
        put(r, "font-family:'");
        put_font_name(r, font->name);
        put(r, "';");
    }
    g_snprintf(text, sizeof text, "font-size:%u%spt;", size / 2, size % 2 != 0 ? ".5" : "");
    put(r, text);
    if (look->color > 0 && look->color < r->colors->len) {
        guint32 color = g_array_index(r->colors, guint32, look->color);
        if (color != DEFAULT_COLOR) {
            g_snprintf(text, sizeof text, "color:#%06x;", color & 0xffffffu);
            put(r, text);
        }
    }
    put_decoration(r, look->flags);
    put(r, "\">");
}

static gboolean
harmless_link(const char *url)
{
    static const char *const schemes[] = { "http://", "https://", "mailto:", "ftp://", "tel:" };

    for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (g_ascii_strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
close_look(RtfReader *r)
{
    if (r->span)
        put(r, "</span>");
    if (r->anchor)
        put(r, "</a>");
    r->span = r->anchor = FALSE;
}

static void
open_look(RtfReader *r)
{
    const RtfLook *look = &r->state.look;

    if (r->span && memcmp(look, &r->written, sizeof *look) == 0)
        return;
    close_look(r);
    if (look->link > 0 && look->link <= r->links->len) {
        const char *url = g_ptr_array_index(r->links, look->link - 1u);
        if (harmless_link(url)) {
            put(r, "<a href=\"");
            put_escaped(r, url, strlen(url));
            put(r, "\">");
            r->anchor = TRUE;
        }
    }
    put_style(r, look);
    r->span = TRUE;
    r->written = *look;
}

static void
open_paragraph(RtfReader *r)
{
    if (r->paragraph)
        return;
    switch (r->state.align) {
    case 'c':
        put(r, "<p style=\"text-align:center\">");
        break;
    case 'r':
        put(r, "<p style=\"text-align:right\">");
        break;
    case 'j':
        put(r, "<p style=\"text-align:justify\">");
        break;
    default:
        put(r, "<p>");
    }
    r->paragraph = TRUE;
    r->last = 0;
}

static void
close_paragraph(RtfReader *r)
{
    if (r->last == 0) {
        open_paragraph(r);
        put(r, "&nbsp;");
    }
    close_look(r);
    put(r, "</p>\r\n");
    r->paragraph = FALSE;
    r->last = 0;
}

/* A blank at the start or behind another one would be lost in HTML. */
static void
html_text(RtfReader *r, const char *text, gsize len)
{
    gsize plain = 0;

    open_paragraph(r);
    open_look(r);
    for (gsize i = 0; i < len; i++) {
        if (text[i] == ' ' && (r->last == ' ' || r->last == 0)) {
            put_escaped(r, text + plain, i - plain);
            put(r, "&nbsp;");
            plain = i + 1;
            r->last = 'x';
        } else {
            r->last = text[i];
            if (r->last == 0)
                r->last = 'x';
        }
    }
    put_escaped(r, text + plain, len - plain);
}

static void
html_special(RtfReader *r, RtfSpecial special)
{
    char utf8[6] = { 0 };

    switch (special) {
    case RTF_PAR:
    case RTF_ROW:
        close_paragraph(r);
        break;
    case RTF_LINE:
        open_paragraph(r);
        put(r, "<br>\r\n");
        r->last = ' ';
        break;
    case RTF_TAB:
    case RTF_CELL:
        html_text(r, "    ", 4);
        break;
    default:
        html_text(r, utf8, (gsize) g_unichar_to_utf8(rtf_special_char(special), utf8));
    }
}

void
rtf_simple_html_end(RtfReader *r)
{
    if (r->paragraph)
        close_paragraph(r);
    put(r, "</body></html>\r\n");
}

const RtfSink rtf_simple_html_sink = {
    .original_html = FALSE,
    .text = html_text,
    .special = html_special,
};
