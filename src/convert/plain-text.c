/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/plain-text.h"

#include <string.h>

/* A line at @at: its length without the line break; @ret_next: where the next one begins. */
static gsize
line_at(const char *text, gsize len, gsize at, gsize *ret_next)
{
    const char *end = memchr(text + at, '\n', len - at);
    gsize line = end != NULL ? (gsize) (end - text) - at : len - at;

    *ret_next = at + line + (end != NULL);
    if (line > 0 && text[at + line - 1] == '\r')
        line--;
    return line;
}

void
tw_text_put_crlf(const char *text, gsize len, TwBuffer *out)
{
    for (gsize at = 0; at < len;) {
        gsize next, line = line_at(text, len, at, &next);
        tw_buffer_put(out, text + at, line);
        if (next > at + line || next < len)
            tw_buffer_put(out, "\r\n", 2);
        at = next;
    }
}

/* ---- flowed ---- */

static void
put_quotes(gsize quotes, TwBuffer *out)
{
    for (gsize i = 0; i < quotes; i++)
        tw_buffer_put_u8(out, '>');
    if (quotes > 0)
        tw_buffer_put_u8(out, ' ');
}

void
tw_text_unflow(const char *text, gsize len, gboolean delsp, TwBuffer *out)
{
    gboolean flowing = FALSE; /* the last line goes on */
    gsize depth = 0;

    for (gsize at = 0; at < len && !tw_buffer_failed(out);) {
        gsize next, line = line_at(text, len, at, &next), quotes = 0;
        const char *start = text + at;
        gboolean signature, flows;

        at = next;
        while (line > 0 && *start == '>') {
            start++;
            line--;
            quotes++;
        }
        if (line > 0 && *start == ' ') { /* space-stuffed */
            start++;
            line--;
        }
        signature = line == 3 && memcmp(start, "-- ", 3) == 0;
        flows = line > 0 && start[line - 1] == ' ' && !signature;
        if (flowing && (quotes != depth || signature)) {
            tw_buffer_put(out, "\r\n", 2);
            flowing = FALSE;
        }
        if (!flowing)
            put_quotes(quotes, out);
        tw_buffer_put(out, start, line - (flows && delsp));
        if (!flows)
            tw_buffer_put(out, "\r\n", 2);
        flowing = flows;
        depth = quotes;
    }
    if (flowing)
        tw_buffer_put(out, "\r\n", 2);
}

/* ---- enriched ---- */

static const struct {
    const char *name, *open, *close;
} commands[] = {
    { "bold", "<b>", "</b>" },
    { "italic", "<i>", "</i>" },
    { "underline", "<u>", "</u>" },
    { "fixed", "<tt>", "</tt>" },
    { "bigger", "<big>", "</big>" },
    { "smaller", "<small>", "</small>" },
    { "center", "<div align=\"center\">", "</div>" },
    { "flushright", "<div align=\"right\">", "</div>" },
    { "excerpt", "<blockquote>", "</blockquote>" },
    { "nofill", "<pre>", "</pre>" },
    { "paragraph", "<p>", "</p>" }, /* of text/richtext */
    { "color", "<span>", "</span>" },
    { "fontfamily", "<span>", "</span>" },
};

typedef struct {
    TwBuffer *out;
    guint8 open[TW_ENRICHED_MAX_DEPTH]; /* rows of commands */
    guint depth;
    guint nofill;
    guint param; /* how many <param> are open: their text is dropped */
} Enriched;

static void
put_str(TwBuffer *out, const char *text)
{
    tw_buffer_put(out, text, strlen(text));
}

static void
put_escaped(TwBuffer *out, char c)
{
    if (c == '<')
        put_str(out, "&lt;");
    else if (c == '&')
        put_str(out, "&amp;");
    else if (c != '\r')
        tw_buffer_put_u8(out, (guint8) c);
}

static void
close_command(Enriched *state)
{
    guint row = state->open[--state->depth];

    put_str(state->out, commands[row].close);
    state->nofill -= strcmp(commands[row].name, "nofill") == 0;
}

static void
take_command(Enriched *state, const char *name, gsize len)
{
    gboolean ends = len > 0 && name[0] == '/';

    name += ends;
    len -= (gsize) ends;
    if (len == 5 && g_ascii_strncasecmp(name, "param", 5) == 0) {
        if (ends)
            state->param -= state->param > 0;
        else
            state->param++;
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strlen(commands[i].name) != len ||
            g_ascii_strncasecmp(commands[i].name, name, len) != 0)
            continue;
        if (ends && state->depth > 0 && state->open[state->depth - 1] == i) {
            close_command(state);
        } else if (!ends && state->depth < TW_ENRICHED_MAX_DEPTH) {
            state->open[state->depth++] = (guint8) i;
            state->nofill += strcmp(commands[i].name, "nofill") == 0;
            put_str(state->out, commands[i].open);
        }
        return;
    }
    if (!ends && len == 2 && g_ascii_strncasecmp(name, "nl", 2) == 0)
        put_str(state->out, "<br>\r\n");
}

/* command = "<" ["/"] 1*60 (ALPHA / DIGIT / "-") ">": its length, or 0 */
static gsize
command_length(const char *at, gsize left)
{
    gsize len = 1;

    if (len < left && at[len] == '/')
        len++;
    while (len < left && len < 62 && (g_ascii_isalnum(at[len]) || at[len] == '-'))
        len++;
    return len > 1 && len < left && at[len] == '>' ? len + 1 : 0;
}

/* A run of n line breaks is n - 1 of them. */
static gsize
take_breaks(Enriched *state, const char *text, gsize len)
{
    gsize count = 0, at = 0;

    while (at < len && (text[at] == '\n' || text[at] == '\r'))
        count += text[at++] == '\n';
    if (state->nofill > 0) {
        for (gsize i = 0; i < count; i++)
            put_str(state->out, "\r\n");
    } else if (count <= 1) {
        put_str(state->out, " ");
    } else {
        for (gsize i = 1; i < count; i++)
            put_str(state->out, "<br>\r\n");
    }
    return at;
}

void
tw_text_enriched_to_html(const char *text, gsize len, TwBuffer *out)
{
    Enriched state = { .out = out };

    put_str(out, "<html><body>");
    for (gsize i = 0; i < len && !tw_buffer_failed(out);) {
        gsize command = text[i] == '<' ? command_length(text + i, len - i) : 0;
        if (command > 0) {
            take_command(&state, text + i + 1, command - 2);
            i += command;
        } else if (text[i] == '<' && i + 1 < len && text[i + 1] == '<') {
            if (state.param == 0)
                put_escaped(out, '<');
            i += 2;
        } else if (state.param > 0) {
            i++;
        } else if (text[i] == '\n' || text[i] == '\r') {
            i += take_breaks(&state, text + i, len - i);
        } else {
            put_escaped(out, text[i++]);
        }
    }
    while (state.depth > 0)
        close_command(&state);
    put_str(out, "</body></html>\r\n");
}

/* ---- uuencode ---- */

/* "begin" SP mode SP name: where the name is */
static gboolean
take_begin(const char *line, gsize len, const char **ret_name, gsize *ret_name_len)
{
    gsize digits = 0;

    if (len < 11 || len > TW_UU_MAX_HEAD || memcmp(line, "begin ", 6) != 0)
        return FALSE;
    line += 6;
    len -= 6;
    while (digits < len && line[digits] >= '0' && line[digits] <= '7')
        digits++;
    if (digits < 3 || digits > 4 || digits + 1 >= len || line[digits] != ' ')
        return FALSE;
    line += digits + 1;
    len -= digits + 1;
    while (len > 0 && line[len - 1] == ' ')
        len--;
    *ret_name = line;
    *ret_name_len = MIN(len, (gsize) TW_UU_MAX_NAME);
    return len > 0;
}

/* Bytes that an encoded line stands for; -1: it is none. Blanks at its end may have been cut off. */
static int
line_bytes(const char *line, gsize len)
{
    int count;

    if (len == 0 || len > TW_UU_MAX_LINE || line[0] < ' ' || line[0] > '`')
        return -1;
    count = (line[0] - ' ') & 63;
    if (count > 45 || len - 1 > (gsize) (count + 2) / 3 * 4 + 1)
        return -1;
    for (gsize i = 1; i < len; i++) {
        if (line[i] < ' ' || line[i] > '`')
            return -1;
    }
    return count;
}

static gboolean
is_end(const char *line, gsize len)
{
    while (len > 0 && line[len - 1] == ' ')
        len--;
    return len == 3 && memcmp(line, "end", 3) == 0;
}

/* The encoded lines behind a "begin" at @at: TRUE when they end with "end". */
static gboolean
take_lines(const char *text, gsize len, gsize at, TwUuFile *file, gsize *ret_stop)
{
    gboolean any = FALSE;

    file->data = at;
    while (at < len) {
        gsize next, line = line_at(text, len, at, &next);
        int bytes = line_bytes(text + at, line);
        if (any && is_end(text + at, line)) {
            file->data_len = at - file->data;
            file->len = next - file->start;
            return TRUE;
        }
        if (bytes < 0 && line > 0)
            break;
        any = any || bytes > 0;
        at = next;
    }
    *ret_stop = at;
    return FALSE;
}

gboolean
tw_uu_find(const guint8 *text, gsize len, gsize from, TwUuFile *ret)
{
    const char *chars = (const char *) text;

    for (gsize at = from; at < len;) {
        const guint8 *found = memmem(text + at, len - at, "begin ", 6);
        TwUuFile file = { 0 };
        const char *name = NULL;
        gsize next, line, name_len = 0;

        if (found == NULL)
            return FALSE;
        file.start = (gsize) (found - text);
        line = line_at(chars, len, file.start, &next);
        at = next;
        if (file.start > from && text[file.start - 1] != '\n')
            continue;
        if (take_begin(chars + file.start, line, &name, &name_len) &&
            take_lines(chars, len, next, &file, &at)) {
            *ret = file;
            ret->name = g_strndup(name, name_len);
            return TRUE;
        }
    }
    return FALSE;
}

void
tw_uu_decode(const guint8 *lines, gsize len, TwBuffer *out)
{
    const char *chars = (const char *) lines;

    for (gsize at = 0; at < len;) {
        gsize next, line = line_at(chars, len, at, &next);
        int count = line_bytes(chars + at, line);
        const char *c = chars + at + 1;

        for (int i = 0; i < count; i += 3) {
            gsize have = line - 1 > (gsize) i / 3 * 4 ? line - 1 - (gsize) i / 3 * 4 : 0;
            guint32 group = 0;
            guint8 bytes[3];
            for (gsize k = 0; k < 4; k++)
                group =
                    group << 6 | (k < have ? (guint32) (c[(gsize) i / 3 * 4 + k] - ' ') & 63 : 0);
            bytes[0] = (guint8) (group >> 16);
            bytes[1] = (guint8) (group >> 8);
            bytes[2] = (guint8) group;
            tw_buffer_put(out, bytes, (gsize) MIN(3, count - i));
        }
        at = next;
    }
}
