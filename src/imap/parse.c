/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/parse.h"

#include <string.h>

#include "base/number.h"

enum {
    QUOTED_MAX = 1000 /* longer strings go out as literals: some clients have short lines */
};

/* CTL, SP and "(){%*"\" end an atom; "]" may be in one (RFC 3501, ASTRING-CHAR). */
static gboolean
is_atom_char(guint8 c)
{
    return c > 0x20 && c < 0x7f && strchr("(){%*\"\\", c) == NULL;
}

gboolean
tw_imap_find_literal(const guint8 *line, gsize len, TwImapLiteral *ret)
{
    gsize end = len, start;

    if (len < 5 || line[len - 1] != '\n' || line[len - 2] != '\r' || line[len - 3] != '}')
        return FALSE;
    end = len - 3;
    ret->waits = line[end - 1] != '+';
    if (!ret->waits)
        end--;
    for (start = end; start > 0 && g_ascii_isdigit(line[start - 1]); start--)
        continue;
    return start > 0 && line[start - 1] == '{' &&
           tw_parse_u64((const char *) line + start, end - start, G_MAXINT64, &ret->len);
}

gboolean
tw_imap_take_char(TwCursor *cur, char c)
{
    return cur->left > 0 && cur->next[0] == (guint8) c && tw_cursor_skip(cur, 1);
}

gboolean
tw_imap_take_end(TwCursor *cur)
{
    return cur->left == 2 && memcmp(cur->next, "\r\n", 2) == 0;
}

static gsize
span(const TwCursor *cur, gboolean (*fits)(guint8 c))
{
    gsize n = 0;

    while (n < cur->left && fits(cur->next[n]))
        n++;
    return n;
}

static gboolean
is_tag_char(guint8 c)
{
    return is_atom_char(c) && c != '+';
}

gboolean
tw_imap_take_tag(TwCursor *cur, char ret[TW_IMAP_TAG_MAX + 1])
{
    gsize n = span(cur, is_tag_char);

    if (n == 0 || n > TW_IMAP_TAG_MAX)
        return FALSE;
    memcpy(ret, cur->next, n);
    ret[n] = '\0';
    return tw_cursor_skip(cur, n);
}

gboolean
tw_imap_take_atom(TwCursor *cur, TwCursor *ret)
{
    gsize n = span(cur, is_atom_char);

    return n > 0 && tw_cursor_take_cursor(cur, n, ret);
}

static gboolean
is_word_char(guint8 c)
{
    return is_atom_char(c) && c != '[' && c != ']' && c != '<';
}

gboolean
tw_imap_take_word(TwCursor *cur, const char *word)
{
    gsize n = span(cur, is_word_char);

    if (n != strlen(word) || g_ascii_strncasecmp((const char *) cur->next, word, n) != 0)
        return FALSE;
    return tw_cursor_skip(cur, n);
}

static gboolean
take_quoted(TwCursor *cur, char **ret)
{
    TwCursor at = *cur;
    g_autoptr(GString) text = g_string_new(NULL);
    guint8 c;

    if (!tw_imap_take_char(&at, '"'))
        return FALSE;
    while (tw_cursor_take_u8(&at, &c)) {
        if (c == '"') {
            *ret = g_string_free(g_steal_pointer(&text), FALSE);
            *cur = at;
            return TRUE;
        }
        if (c == '\\' && (!tw_cursor_take_u8(&at, &c) || (c != '"' && c != '\\')))
            return FALSE;
        if (c == '\0' || c == '\r' || c == '\n')
            return FALSE;
        g_string_append_c(text, (char) c);
    }
    return FALSE;
}

static gboolean
take_literal(TwCursor *cur, char **ret)
{
    const guint8 *lf =
        cur->left > 0 && cur->next[0] == '{' ? memchr(cur->next, '\n', cur->left) : NULL;
    TwCursor at = *cur;
    TwImapLiteral literal;
    const guint8 *bytes;

    if (lf == NULL || !tw_imap_find_literal(cur->next, (gsize) (lf - cur->next) + 1, &literal) ||
        !tw_cursor_skip(&at, (gsize) (lf - cur->next) + 1) || literal.len > at.left ||
        !tw_cursor_take(&at, (gsize) literal.len, &bytes) ||
        memchr(bytes, '\0', (gsize) literal.len) != NULL)
        return FALSE;
    *ret = g_strndup((const char *) bytes, (gsize) literal.len);
    *cur = at;
    return TRUE;
}

static gboolean
take_string(TwCursor *cur, gboolean (*fits)(guint8 c), char **ret)
{
    gsize n = span(cur, fits);
    const guint8 *bytes;

    if (n == 0)
        return take_quoted(cur, ret) || take_literal(cur, ret);
    if (!tw_cursor_take(cur, n, &bytes))
        return FALSE;
    *ret = g_strndup((const char *) bytes, n);
    return TRUE;
}

gboolean
tw_imap_take_astring(TwCursor *cur, char **ret)
{
    return take_string(cur, is_atom_char, ret);
}

static gboolean
is_list_char(guint8 c)
{
    return is_atom_char(c) || c == '%' || c == '*';
}

gboolean
tw_imap_take_list_mailbox(TwCursor *cur, char **ret)
{
    return take_string(cur, is_list_char, ret);
}

static gboolean
is_digit(guint8 c)
{
    return g_ascii_isdigit(c);
}

gboolean
tw_imap_take_number(TwCursor *cur, guint32 *ret)
{
    gsize n = span(cur, is_digit);

    return tw_parse_u32((const char *) cur->next, n, G_MAXUINT32 - 1, ret) &&
           tw_cursor_skip(cur, n);
}

static gboolean
take_set_number(TwCursor *cur, guint32 *ret)
{
    if (tw_imap_take_char(cur, '*')) {
        *ret = TW_IMAP_STAR;
        return TRUE;
    }
    return tw_imap_take_number(cur, ret) && *ret != 0;
}

gboolean
tw_imap_take_set(TwCursor *cur, GArray *out)
{
    TwCursor at = *cur;

    do {
        TwImapRange range;

        if (out->len == TW_IMAP_RANGES_MAX || !take_set_number(&at, &range.first))
            return FALSE;
        range.last = range.first;
        if (tw_imap_take_char(&at, ':') && !take_set_number(&at, &range.last))
            return FALSE;
        g_array_append_val(out, range);
    } while (tw_imap_take_char(&at, ','));
    *cur = at;
    return TRUE;
}

void
tw_imap_put_string(TwBuffer *out, const char *text, gsize len)
{
    gboolean quoted = len <= QUOTED_MAX;
    char head[32];

    for (gsize i = 0; quoted && i < len; i++)
        quoted = (guint8) text[i] >= 0x20 && (guint8) text[i] < 0x7f;
    if (!quoted) {
        tw_buffer_put(out, head, (gsize) g_snprintf(head, sizeof head, "{%zu}\r\n", len));
        tw_buffer_put(out, text, len);
        return;
    }
    tw_buffer_put(out, "\"", 1);
    for (gsize i = 0; i < len; i++) {
        if (text[i] == '"' || text[i] == '\\')
            tw_buffer_put(out, "\\", 1);
        tw_buffer_put(out, &text[i], 1);
    }
    tw_buffer_put(out, "\"", 1);
}
