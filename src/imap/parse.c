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

    if (n == 0 || n != strlen(word) || g_ascii_strncasecmp((const char *) cur->next, word, n) != 0)
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
    TwCursor at = *cur;
    const guint8 *lf =
        cur->left > 0 && cur->next[0] == '{' ? memchr(cur->next, '\n', cur->left) : NULL;
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

gboolean
tw_imap_take_string(TwCursor *cur, char **ret)
{
    return take_quoted(cur, ret) || take_literal(cur, ret);
}

gboolean
tw_imap_take_nstring(TwCursor *cur, char **ret)
{
    if (tw_imap_take_string(cur, ret))
        return TRUE;
    *ret = NULL;
    return tw_imap_take_word(cur, "NIL");
}

gboolean
tw_imap_take_flag(TwCursor *cur, char **ret)
{
    TwCursor at = *cur, atom;
    gboolean system = tw_imap_take_char(&at, '\\');

    if (!tw_imap_take_atom(&at, &atom) || memchr(atom.next, ']', atom.left) != NULL)
        return FALSE;
    *ret = g_strdup_printf("%s%.*s", system ? "\\" : "", (int) atom.left, (const char *) atom.next);
    *cur = at;
    return TRUE;
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

gboolean
tw_imap_take_number64(TwCursor *cur, guint64 *ret)
{
    gsize n = span(cur, is_digit);

    return tw_parse_u64((const char *) cur->next, n, G_MAXINT64, ret) && tw_cursor_skip(cur, n);
}

static gboolean
take_set_number(TwCursor *cur, guint32 *ret)
{
    guint64 number;

    if (tw_imap_take_char(cur, '*')) {
        *ret = TW_IMAP_STAR;
        return TRUE;
    }
    if (!tw_imap_take_number64(cur, &number) || number == 0 || number > G_MAXUINT32)
        return FALSE;
    *ret = (guint32) MIN(number, (guint64) G_MAXUINT32 - 1); /* no message is that far */
    return TRUE;
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

/* ---- dates ---- */

static gboolean
take_digits(TwCursor *cur, gsize least, gsize most, guint *ret)
{
    gsize n = 0;
    guint value = 0;

    for (; n < most && n < cur->left && g_ascii_isdigit(cur->next[n]); n++)
        value = value * 10 + (guint) (cur->next[n] - '0');
    if (n < least)
        return FALSE;
    *ret = value;
    return tw_cursor_skip(cur, n);
}

static gboolean
take_month(TwCursor *cur, guint *ret)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    if (cur->left < 3)
        return FALSE;
    for (guint i = 0; i < 12; i++) {
        if (g_ascii_strncasecmp(names + i * 3, (const char *) cur->next, 3) == 0) {
            *ret = i + 1;
            return tw_cursor_skip(cur, 3);
        }
    }
    return FALSE;
}

/* Days since 1970 of a day that exists. */
static gboolean
take_day(TwCursor *cur, gint64 *ret)
{
    guint day, month, year;
    GDate date;

    if (!take_digits(cur, 1, 2, &day) || !tw_imap_take_char(cur, '-') || !take_month(cur, &month) ||
        !tw_imap_take_char(cur, '-') || !take_digits(cur, 4, 4, &year) || year == 0 ||
        !g_date_valid_dmy((GDateDay) day, (GDateMonth) month, (GDateYear) year))
        return FALSE;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay) day, (GDateMonth) month, (GDateYear) year);
    *ret = (gint64) g_date_get_julian(&date) - 719163; /* of 1 January 1970 */
    return TRUE;
}

gboolean
tw_imap_take_date(TwCursor *cur, gint64 *ret_day)
{
    TwCursor at = *cur;
    gboolean quoted = tw_imap_take_char(&at, '"');

    if (!take_day(&at, ret_day) || (quoted && !tw_imap_take_char(&at, '"')))
        return FALSE;
    *cur = at;
    return TRUE;
}

gboolean
tw_imap_take_date_time(TwCursor *cur, gint64 *ret_us)
{
    TwCursor at = *cur;
    guint hour, minute, second, zone;
    gboolean east;
    gint64 day, offset;

    if (!tw_imap_take_char(&at, '"'))
        return FALSE;
    (void) tw_imap_take_char(&at, ' ');
    if (!take_day(&at, &day) || !tw_imap_take_char(&at, ' ') || !take_digits(&at, 2, 2, &hour) ||
        !tw_imap_take_char(&at, ':') || !take_digits(&at, 2, 2, &minute) ||
        !tw_imap_take_char(&at, ':') || !take_digits(&at, 2, 2, &second) ||
        !tw_imap_take_char(&at, ' '))
        return FALSE;
    east = tw_imap_take_char(&at, '+');
    if ((!east && !tw_imap_take_char(&at, '-')) || !take_digits(&at, 4, 4, &zone) ||
        !tw_imap_take_char(&at, '"') || hour > 23 || minute > 59 || second > 60 || zone % 100 > 59)
        return FALSE;
    offset = (gint64) (zone / 100 * 60 + zone % 100) * 60;
    *ret_us = (day * 86400 + hour * 3600 + minute * 60 + second + (east ? -offset : offset)) *
              G_USEC_PER_SEC;
    *cur = at;
    return TRUE;
}

/* ---- writing ---- */

void
tw_imap_put_text(TwBuffer *out, const char *text)
{
    tw_buffer_put(out, text, strlen(text));
}

void
tw_imap_put_number(TwBuffer *out, guint64 value)
{
    char digits[24];
    gsize at = sizeof digits;

    do {
        digits[--at] = (char) ('0' + value % 10);
        value /= 10;
    } while (value > 0);
    tw_buffer_put(out, digits + at, sizeof digits - at);
}

static gboolean
is_plain_atom(const char *text)
{
    gsize len = strlen(text);

    for (gsize i = 0; i < len; i++) {
        if (!is_atom_char((guint8) text[i]))
            return FALSE;
    }
    return len > 0 && g_ascii_strcasecmp(text, "NIL") != 0;
}

void
tw_imap_put_astring(TwBuffer *out, const char *text)
{
    if (is_plain_atom(text))
        tw_imap_put_text(out, text);
    else
        tw_imap_put_string(out, text, strlen(text));
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
