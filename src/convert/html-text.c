/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/html-text.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "convert/html-entities.h"

enum {
    MAX_NAME = 16,       /* bytes of a tag's name that matters */
    MAX_ENTITY = 12,     /* bytes of a reference's name */
    MAX_HREF = 1000,     /* bytes of a link that is shown */
    MAX_TAG = 64 * 1024, /* bytes in which the ">" of a tag is looked for */
    MAX_QUOTES = 8,      /* nested block quotes that show as "> " */
};

typedef enum {
    TAG_OTHER,
    TAG_LINE,  /* begins and ends a line */
    TAG_BLOCK, /* the same with an empty line */
    TAG_BREAK,
    TAG_CELL,
    TAG_ITEM,
    TAG_RULE,
    TAG_PRE,
    TAG_QUOTE,
    TAG_LINK,
    TAG_IMAGE,
    TAG_SKIP, /* with all that is in it, as raw text */
} TagKind;

/* Sorted by strcmp(). */
static const struct {
    char name[MAX_NAME];
    guint8 kind;
} tags[] = {
    { "a", TAG_LINK },           { "address", TAG_LINE }, { "article", TAG_LINE },
    { "blockquote", TAG_QUOTE }, { "br", TAG_BREAK },     { "caption", TAG_LINE },
    { "center", TAG_LINE },      { "dd", TAG_LINE },      { "div", TAG_LINE },
    { "dl", TAG_BLOCK },         { "dt", TAG_LINE },      { "fieldset", TAG_LINE },
    { "footer", TAG_LINE },      { "form", TAG_LINE },    { "h1", TAG_BLOCK },
    { "h2", TAG_BLOCK },         { "h3", TAG_BLOCK },     { "h4", TAG_BLOCK },
    { "h5", TAG_BLOCK },         { "h6", TAG_BLOCK },     { "header", TAG_LINE },
    { "hr", TAG_RULE },          { "img", TAG_IMAGE },    { "li", TAG_ITEM },
    { "main", TAG_LINE },        { "nav", TAG_LINE },     { "noframes", TAG_SKIP },
    { "ol", TAG_BLOCK },         { "option", TAG_LINE },  { "p", TAG_BLOCK },
    { "pre", TAG_PRE },          { "script", TAG_SKIP },  { "section", TAG_LINE },
    { "select", TAG_LINE },      { "style", TAG_SKIP },   { "table", TAG_LINE },
    { "td", TAG_CELL },          { "textarea", TAG_PRE }, { "th", TAG_CELL },
    { "title", TAG_SKIP },       { "tr", TAG_LINE },      { "ul", TAG_BLOCK },
};

static const struct {
    char name[MAX_ENTITY];
    guint32 code;
} entities[] = {
#define ENTITY_ROW(entity, number) { #entity, number },
    TW_HTML_ENTITY_LIST(ENTITY_ROW)
#undef ENTITY_ROW
};

typedef struct {
    const char *at, *end;
    TwBuffer *out;
    guint breaks;      /* line ends that are owed before the next character */
    gboolean started;  /* a character was written */
    gboolean blank;    /* a blank is owed */
    gboolean on_line;  /* the line has a character */
    guint pre, quotes; /* how many are open */
    const char *href;  /* (nullable): of the open link; borrowed */
    gsize href_len;
    gsize link_start; /* where in out its text begins */
    /* what was looked for in vain is not looked for again: without these "<!--" a million times takes an hour */
    gboolean no_comment_end;     /* none from here on */
    const char *no_close_before; /* (nullable): no ">" from here to there */
} Text;

static int
compare_names(const void *key, const void *row)
{
    return strcmp(key, row);
}

/* ---- writing ---- */

static void
begin_line(Text *text)
{
    for (guint i = 0; i < MIN(text->quotes, (guint) MAX_QUOTES); i++)
        tw_buffer_put(text->out, "> ", 2);
}

static void
flush_breaks(Text *text)
{
    if (text->started) {
        for (guint i = 0; i < text->breaks; i++) {
            tw_buffer_put(text->out, "\r\n", 2);
            if (i + 1 < text->breaks)
                begin_line(text);
        }
    }
    if (!text->started || text->breaks > 0)
        begin_line(text);
    text->breaks = 0;
    text->started = TRUE;
}

static void
put_char(Text *text, const char *bytes, gsize len)
{
    if (!text->started || text->breaks > 0)
        flush_breaks(text);
    else if (text->blank && text->on_line)
        tw_buffer_put(text->out, " ", 1);
    text->blank = FALSE;
    text->on_line = TRUE;
    tw_buffer_put(text->out, bytes, len);
}

static void
owe_breaks(Text *text, guint count)
{
    text->blank = FALSE;
    text->on_line = FALSE;
    if (text->started)
        text->breaks = MAX(text->breaks, count);
}

static void
line_break(Text *text)
{
    text->blank = FALSE;
    text->on_line = FALSE;
    if (text->started && text->breaks < 8)
        text->breaks++;
}

static gboolean
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

/* Characters between tags. */
static void
put_run(Text *text, const char *run, gsize len)
{
    for (gsize i = 0; i < len;) {
        gsize start = i;
        if (text->pre > 0 && run[i] == '\n') {
            line_break(text);
            i++;
            continue;
        }
        if (text->pre > 0 && (run[i] == ' ' || run[i] == '\t')) {
            put_char(text, run + i, 1);
            i++;
            continue;
        }
        if (is_space(run[i])) {
            text->blank = text->on_line;
            i++;
            continue;
        }
        if (run[i] == '\0') { /* no character of a text; HTML's own readers pass over it too */
            i++;
            continue;
        }
        while (i < len && !is_space(run[i]) && run[i] != '\0')
            i++;
        put_char(text, run + start, i - start);
    }
}

/* ---- references ---- */

static guint32
named_entity(const char *name, gsize len)
{
    char key[MAX_ENTITY];
    gsize low = 0, high = G_N_ELEMENTS(entities);

    if (len == 0 || len >= MAX_ENTITY)
        return 0;
    memcpy(key, name, len);
    key[len] = '\0';
    while (low < high) {
        gsize middle = low + (high - low) / 2;
        int order = strcmp(key, entities[middle].name);
        if (order == 0)
            return entities[middle].code;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return 0;
}

/* "#" digits or "#x" digits, behind "&": the number, at most 0x110000 */
static guint32
numbered_entity(const char *at, const char *end, gsize *ret_len)
{
    const char *start = at++;
    gboolean hex = at < end && (*at == 'x' || *at == 'X');
    guint32 code = 0;

    at += hex;
    while (at < end && (hex ? g_ascii_isxdigit(*at) : g_ascii_isdigit(*at))) {
        code = code * (hex ? 16 : 10) + (guint32) g_ascii_xdigit_value(*at++);
        code = MIN(code, 0x110000u);
    }
    *ret_len = (gsize) (at - start);
    return code;
}

/* What windows-1252 has there is meant. */
static guint32
western(guint32 code)
{
    static const guint16 table[32] = {
        0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
        0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178,
    };

    return code >= 0x80 && code < 0xa0 ? table[code - 0x80] : code;
}

/* At "&": writes the character into @utf8 and returns how many bytes stand for it; 0: it is an ampersand. */
static gsize
take_entity(const char *at, const char *end, char utf8[8], gsize *ret_utf8_len)
{
    gsize len = 0;
    guint32 code;

    at++;
    if (at < end && *at == '#') {
        code = western(numbered_entity(at, end, &len));
        if (len < 2)
            return 0;
    } else {
        while (at + len < end && len < MAX_ENTITY && g_ascii_isalnum(at[len]))
            len++;
        code = named_entity(at, len);
        if (code == 0)
            return 0;
    }
    if (at + len < end && at[len] == ';')
        len++;
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        code = 0xfffd;
    *ret_utf8_len = (gsize) g_unichar_to_utf8(code, utf8);
    return 1 + len;
}

/* Characters with references: up to a tag, or the value of an attribute. */
static void
put_characters(Text *text, const char *at, const char *end)
{
    while (at < end) {
        const char *ampersand = memchr(at, '&', (gsize) (end - at));
        char utf8[8];
        gsize utf8_len = 0, taken;

        put_run(text, at, (gsize) ((ampersand != NULL ? ampersand : end) - at));
        if (ampersand == NULL)
            return;
        taken = take_entity(ampersand, end, utf8, &utf8_len);
        if (taken == 0) {
            put_char(text, "&", 1);
            taken = 1;
        } else if (utf8_len == 1) { /* a blank or line end by number is white space like any */
            put_run(text, utf8, is_space(utf8[0]) || (guint8) utf8[0] >= ' ' ? 1 : 0);
        } else if (utf8_len == 2 && memcmp(utf8, "\xc2\xa0", 2) == 0) {
            put_char(text, " ", 1);
        } else if (!(utf8_len == 2 && memcmp(utf8, "\xc2\xad", 2) == 0)) { /* soft hyphen */
            put_char(text, utf8, utf8_len);
        }
        at = ampersand + taken;
    }
}

/* ---- tags ---- */

/* The ">" of the tag at @at, outside of quotes where these are closed; NULL: there is none near. */
static const char *
tag_end(Text *text, const char *at)
{
    const char *end = text->end;
    const char *most = (gsize) (end - at) > MAX_TAG ? at + MAX_TAG : end;
    const char *from =
        text->no_close_before != NULL && text->no_close_before > at ? text->no_close_before : at;
    const char *first = memchr(from, '>', (gsize) (most - from));
    char quote = 0;

    if (first == NULL) {
        text->no_close_before = most;
        return NULL;
    }
    for (const char *c = at; c < most; c++) {
        if (quote != 0) {
            if (*c == quote)
                quote = 0;
        } else if (*c == '>') {
            return c;
        } else if ((*c == '"' || *c == '\'') && c[-1] == '=') {
            quote = *c;
        }
    }
    return first;
}

/* attribute = name ["=" value]: the value of the one that is called @name; FALSE: there is none */
static gboolean
attribute(const char *at, const char *end, const char *name, const char **ret, gsize *ret_len)
{
    gsize name_len = strlen(name);

    while (at < end) {
        const char *start, *value;
        gsize len;
        while (at < end && (is_space(*at) || *at == '/'))
            at++;
        start = at;
        while (at < end && !is_space(*at) && *at != '=' && *at != '/')
            at++;
        len = (gsize) (at - start);
        while (at < end && is_space(*at))
            at++;
        if (at >= end || *at != '=') {
            at += at < end && len == 0;
            continue;
        }
        at++;
        while (at < end && is_space(*at))
            at++;
        value = at;
        if (at < end && (*at == '"' || *at == '\'')) {
            const char *close = memchr(at + 1, *at, (gsize) (end - at) - 1);
            value++;
            at = close != NULL ? close : end;
        } else {
            while (at < end && !is_space(*at))
                at++;
        }
        if (len == name_len && g_ascii_strncasecmp(start, name, len) == 0) {
            *ret = value;
            *ret_len = (gsize) (at - value);
            return TRUE;
        }
        at += at < end && (*at == '"' || *at == '\'');
    }
    return FALSE;
}

static TagKind
kind_of(const char *name, gsize len)
{
    char key[MAX_NAME];
    const char *row;

    if (len == 0 || len >= MAX_NAME)
        return TAG_OTHER;
    for (gsize i = 0; i < len; i++)
        key[i] = g_ascii_tolower(name[i]);
    key[len] = '\0';
    row = bsearch(key, tags, G_N_ELEMENTS(tags), sizeof tags[0], compare_names);
    return row != NULL ? (TagKind) tags[(gsize) (row - tags[0].name) / sizeof tags[0]].kind
                       : TAG_OTHER;
}

static void
begin_link(Text *text, const char *at, const char *end)
{
    text->href = NULL;
    if (attribute(at, end, "href", &text->href, &text->href_len) &&
        (text->href_len > MAX_HREF || text->href_len == 0 || text->href[0] == '#'))
        text->href = NULL;
    text->link_start = text->out->len;
}

/* The address of a link, unless its text is the same. */
static void
end_link(Text *text)
{
    const char *href = text->href;
    gsize len = text->href_len, from = text->link_start;

    text->href = NULL;
    if (href == NULL || tw_buffer_failed(text->out))
        return;
    if (len > 7 && g_ascii_strncasecmp(href, "mailto:", 7) == 0) {
        href += 7;
        len -= 7;
    }
    if (text->out->len == from ||
        memmem(text->out->data + from, text->out->len - from, href, len) != NULL)
        return;
    text->blank = TRUE;
    put_char(text, "<", 1);
    put_characters(text, href, href + len);
    put_char(text, ">", 1);
}

/* The text behind the end tag of an element whose content is no text; all of it when that is not closed. */
static const char *
skip_raw(const char *at, const char *end, const char *name, gsize len)
{
    while ((at = memmem(at, (gsize) (end - at), "</", 2)) != NULL) {
        at += 2;
        if ((gsize) (end - at) >= len && g_ascii_strncasecmp(at, name, len) == 0)
            return at - 2;
    }
    return end;
}

static void
open_tag(Text *text, TagKind kind, const char *at, const char *end)
{
    const char *value;
    gsize len;

    switch (kind) {
    case TAG_BREAK:
        line_break(text);
        break;
    case TAG_LINE:
        owe_breaks(text, 1);
        break;
    case TAG_BLOCK:
        owe_breaks(text, 2);
        break;
    case TAG_ITEM:
        owe_breaks(text, 1);
        put_char(text, "*", 1);
        text->blank = TRUE;
        break;
    case TAG_CELL:
        text->blank = text->on_line;
        break;
    case TAG_RULE:
        owe_breaks(text, 1);
        put_char(text, "--------", 8);
        owe_breaks(text, 1);
        break;
    case TAG_PRE:
        owe_breaks(text, 1);
        text->pre++;
        break;
    case TAG_QUOTE:
        owe_breaks(text, 1);
        text->quotes++;
        break;
    case TAG_LINK:
        begin_link(text, at, end);
        break;
    case TAG_IMAGE:
        if (attribute(at, end, "alt", &value, &len) && len > 0)
            put_characters(text, value, value + len);
        break;
    case TAG_SKIP:
    case TAG_OTHER:
        break;
    }
}

static void
close_tag(Text *text, TagKind kind)
{
    switch (kind) {
    case TAG_LINE:
    case TAG_ITEM:
        owe_breaks(text, 1);
        break;
    case TAG_BLOCK:
        owe_breaks(text, 2);
        break;
    case TAG_PRE:
        owe_breaks(text, 1);
        text->pre -= text->pre > 0;
        break;
    case TAG_QUOTE:
        owe_breaks(text, 1);
        text->quotes -= text->quotes > 0;
        break;
    case TAG_LINK:
        end_link(text);
        break;
    case TAG_BREAK:
    case TAG_CELL:
    case TAG_RULE:
    case TAG_IMAGE:
    case TAG_SKIP:
    case TAG_OTHER:
        break;
    }
}

/* "<!--" comment, "<!" declaration, "<?" instruction: the text behind it. */
static const char *
skip_markup(Text *text)
{
    const char *at = text->at, *end = text->end, *close;

    if (!text->no_comment_end && end - at >= 4 && memcmp(at, "<!--", 4) == 0) {
        close = memmem(at + 2, (gsize) (end - at) - 2, "-->", 3);
        if (close != NULL)
            return close + 3;
        text->no_comment_end = TRUE;
    }
    close = memchr(at, '>', (gsize) (end - at));
    return close != NULL ? close + 1 : end;
}

/* At "<". */
static void
take_tag(Text *text)
{
    const char *at = text->at + 1, *name, *close;
    gboolean ends;
    gsize len = 0;
    TagKind kind;

    if (at < text->end && (*at == '!' || *at == '?')) {
        text->at = skip_markup(text);
        return;
    }
    ends = at < text->end && *at == '/';
    name = at + ends;
    close = name < text->end && g_ascii_isalpha(*name) ? tag_end(text, name) : NULL;
    if (close == NULL) { /* a character like any other */
        put_char(text, "<", 1);
        text->at++;
        return;
    }
    while (name + len < close && g_ascii_isalnum(name[len]))
        len++;
    kind = kind_of(name, len);
    text->at = close + 1;
    if (ends)
        close_tag(text, kind);
    else
        open_tag(text, kind, name + len, close);
    if (kind == TAG_SKIP && !ends)
        text->at = skip_raw(text->at, text->end, name, len);
}

static GBytes *
take_out(TwBuffer *out, GError **error)
{
    GBytes *bytes = tw_buffer_steal_bytes(out, error);

    g_prefix_error(error, "text of HTML: ");
    return bytes;
}

GBytes *
tw_html_to_text(const char *html, gsize len, gsize max_len, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(max_len);
    Text text = { .at = html, .end = html + len, .out = &out };

    while (text.at < text.end && !tw_buffer_failed(&out)) {
        const char *tag = memchr(text.at, '<', (gsize) (text.end - text.at));
        put_characters(&text, text.at, tag != NULL ? tag : text.end);
        if (tag == NULL)
            break;
        text.at = tag;
        take_tag(&text);
    }
    if (text.started)
        tw_buffer_put(&out, "\r\n", 2);
    return take_out(&out, error);
}

/* ---- text as HTML ---- */

static void
put_str(TwBuffer *out, const char *text)
{
    tw_buffer_put(out, text, strlen(text));
}

GBytes *
tw_html_from_text(const char *text, gsize len, gsize max_len, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(max_len);
    gboolean blank = TRUE; /* a blank after a blank is one that stays */

    put_str(&out, "<html><body>");
    for (gsize i = 0; i < len && !tw_buffer_failed(&out); i++) {
        char c = text[i];
        if (c == '<')
            put_str(&out, "&lt;");
        else if (c == '>')
            put_str(&out, "&gt;");
        else if (c == '&')
            put_str(&out, "&amp;");
        else if (c == '\n')
            put_str(&out, "<br>\r\n");
        else if (c == ' ' && blank)
            put_str(&out, "&nbsp;");
        else if (c != '\r')
            tw_buffer_put_u8(&out, (guint8) c);
        blank = c == ' ' || c == '\n';
    }
    put_str(&out, "</body></html>\r\n");
    return take_out(&out, error);
}
