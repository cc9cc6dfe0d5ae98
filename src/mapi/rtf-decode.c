/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Text of an RTF on its way to UTF-8 and to where its group's text goes. Bytes gather until the code page is sure to be over,
 * because one character may be written as \'hh and a plain byte.
 */
#include <string.h>

#include "mapi/codepage.h"
#include "mapi/rtf-private.h"

enum {
    MOST_NAME = 64,          /* bytes of a font's name; more is dropped */
    MOST_FIELD = 4096,       /* bytes of a field's instruction; more is dropped */
    DEFAULT_COLOR = 1u << 24 /* colour of an empty entry */
};

static const RtfFont *
find_font(const RtfReader *r, gint32 number)
{
    return g_hash_table_lookup(r->fonts, GINT_TO_POINTER(number));
}

static guint
current_codepage(const RtfReader *r)
{
    const RtfFont *font = find_font(r, r->state.look.font);

    if (r->state.destination == RTF_INTO_HTML_TAG || font == NULL || font->codepage == 0)
        return r->codepage;
    return font->codepage;
}

/* Text for the table of fonts: names up to the semicolon. */
static void
font_text(RtfReader *r, const char *text, gsize len)
{
    RtfFont *font = g_hash_table_lookup(r->fonts, GINT_TO_POINTER(r->table_font));
    const char *end = memchr(text, ';', len);
    gsize room;

    if (end != NULL) {
        len = (gsize) (end - text);
        r->table_font = RTF_NO_FONT;
    }
    if (font == NULL)
        return;
    room = MOST_NAME - MIN(strlen(font->name), (gsize) MOST_NAME);
    if (len > 0 && len <= room) {
        g_autofree char *more = g_strndup(text, len), *old = font->name;
        font->name = g_strconcat(old, more, NULL);
    }
}

/* Each semicolon ends an entry of the table of colours. */
static void
color_text(RtfReader *r, const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        guint32 color = r->color_set ? r->table_color : DEFAULT_COLOR;
        if (text[i] != ';' || r->colors->len >= TW_RTF_MAX_COLORS)
            continue;
        g_array_append_val(r->colors, color);
        r->table_color = 0;
        r->color_set = FALSE;
    }
}

/* UTF-8 on its way to where the group's text goes. */
static void
put_text(RtfReader *r, const char *text, gsize len)
{
    switch (r->state.destination) {
    case RTF_INTO_TEXT:
    case RTF_INTO_HTML_TAG:
        if (r->sink->original_html ? !r->state.only_rtf : (r->state.look.flags & RTF_HIDDEN) == 0)
            r->sink->text(r, text, len);
        break;
    case RTF_INTO_FONTS:
        font_text(r, text, len);
        break;
    case RTF_INTO_COLORS:
        color_text(r, text, len);
        break;
    case RTF_INTO_FIELD:
        if (len <= MOST_FIELD - MIN(r->field->len, (gsize) MOST_FIELD))
            g_string_append_len(r->field, text, (gssize) len);
        break;
    case RTF_INTO_NOTHING:
        break;
    }
}

void
rtf_put_char(RtfReader *r, gunichar c)
{
    char utf8[6] = { 0 };

    put_text(r, utf8, (gsize) g_unichar_to_utf8(c, utf8));
}

static gboolean
is_ascii(const guint8 *data, gsize len)
{
    guint8 seen = 0;

    for (gsize i = 0; i < len; i++)
        seen |= data[i];
    return seen < 0x80;
}

static TwCodepageReader *
find_decoder(RtfReader *r, guint codepage)
{
    TwCodepageReader *decoder = g_hash_table_lookup(r->decoders, GUINT_TO_POINTER(codepage));

    if (decoder != NULL)
        return decoder;
    decoder = tw_codepage_reader_new(codepage);
    if (decoder == NULL)
        decoder = tw_codepage_reader_new(TW_CODEPAGE_WESTERN);
    if (decoder != NULL)
        g_hash_table_insert(r->decoders, GUINT_TO_POINTER(codepage), decoder);
    return decoder;
}

static void
flush_high(RtfReader *r)
{
    if (r->high == 0)
        return;
    r->high = 0;
    rtf_put_char(r, 0xfffd);
}

void
rtf_flush_text(RtfReader *r)
{
    TwCodepageReader *decoder;

    flush_high(r);
    if (r->bytes.len == 0)
        return;
    if (is_ascii(r->bytes.data, r->bytes.len)) {
        put_text(r, (const char *) r->bytes.data, r->bytes.len);
    } else if ((decoder = find_decoder(r, r->bytes_codepage)) != NULL) {
        g_auto(TwBuffer) text = TW_BUFFER_INIT((gsize) RTF_MOST_BYTES * 4);
        tw_codepage_reader_append(decoder, r->bytes.data, r->bytes.len, &text);
        if (text.len > 0)
            put_text(r, (const char *) text.data, text.len);
    }
    r->bytes.len = 0;
}

void
rtf_add_bytes(RtfReader *r, const guint8 *data, gsize len)
{
    guint codepage;

    if (r->state.destination == RTF_INTO_NOTHING)
        return;
    flush_high(r);
    codepage = current_codepage(r);
    if (r->bytes.len > 0 && r->bytes_codepage != codepage)
        rtf_flush_text(r);
    if (r->bytes.len == 0 && is_ascii(data, len)) {
        put_text(r, (const char *) data, len);
        return;
    }
    r->bytes_codepage = codepage;
    while (len > 0) {
        gsize part = MIN(len, RTF_MOST_BYTES - r->bytes.len);
        tw_buffer_put(&r->bytes, data, part);
        data += part;
        len -= part;
        if (r->bytes.len == RTF_MOST_BYTES)
            rtf_flush_text(r);
    }
}

void
rtf_read_bytes(RtfReader *r, const guint8 *data, gsize len)
{
    gsize skipped = MIN(len, (gsize) r->skip);

    r->skip -= (guint) skipped;
    if (len > skipped)
        rtf_add_bytes(r, data + skipped, len - skipped);
}

void
rtf_read_unicode(RtfReader *r, gint32 param)
{
    gunichar c = (gunichar) (param & 0xffff);

    if (r->bytes.len > 0)
        rtf_flush_text(r);
    r->skip = r->state.unicode_skip;
    if (c == 0)
        return; /* no number, or nothing one could show */
    if ((c & 0xfc00u) == 0xd800u) {
        flush_high(r);
        r->high = c;
        return;
    }
    if ((c & 0xfc00u) == 0xdc00u) {
        if (r->high == 0) {
            rtf_put_char(r, 0xfffd);
            return;
        }
        c = 0x10000u + ((r->high & 0x3ffu) << 10) + (c & 0x3ffu);
        r->high = 0;
    }
    flush_high(r);
    rtf_put_char(r, c);
}
