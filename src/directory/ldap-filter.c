/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *   filter     = "(" ( ("&" / "|") *filter / "!" filter / item ) ")"
 *   item       = attr ( "=" / "~=" / ">=" / "<=" ) value
 *              / [attr] [":dn"] [":" rule] ":=" value
 *   value      = *( any byte but NUL "(" ")" "\" / "\" hex hex )        "*" is a wild card
 */
#include "directory/ldap-filter.h"

#include <string.h>

#include "base/cursor.h"

void
tw_ldap_filter_append_value(GString *filter, const void *value, gsize len)
{
    const guint8 *bytes = value;

    for (gsize i = 0; i < len; i++) {
        if (g_ascii_isalnum(bytes[i]) || (bytes[i] != '\0' && strchr("@._- ", bytes[i]) != NULL))
            g_string_append_c(filter, (char) bytes[i]);
        else
            g_string_append_printf(filter, "\\%02x", bytes[i]);
    }
}

static gboolean
take_char(TwCursor *cur, char wanted)
{
    return cur->left > 0 && *cur->next == (guint8) wanted && tw_cursor_skip(cur, 1);
}

/* An attribute with options, or an object identifier, or the name of a rule: words of letters, digits and marks, with ";" between. */
static gboolean
take_name(TwCursor *cur)
{
    gsize count; /* of this word */

    do {
        count = 0;
        while (cur->left > 0 && *cur->next != '\0' &&
               (g_ascii_isalnum(*cur->next) || strchr("-._", *cur->next) != NULL)) {
            tw_cursor_skip(cur, 1);
            count++;
        }
    } while (count > 0 && take_char(cur, ';'));
    return count > 0;
}

static gboolean
take_escape(TwCursor *cur)
{
    const guint8 *digits;

    return tw_cursor_take(cur, 2, &digits) && g_ascii_isxdigit(digits[0]) &&
           g_ascii_isxdigit(digits[1]);
}

/* Up to the parenthesis that ends the filter. */
static gboolean
take_value(TwCursor *cur)
{
    while (cur->left > 0 && *cur->next != ')') {
        guint8 byte = *cur->next;
        tw_cursor_skip(cur, 1);
        if (byte == '(' || byte == '\0' || (byte == '\\' && !take_escape(cur)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
take_item(TwCursor *cur)
{
    gboolean named = take_name(cur);

    if (take_char(cur, ':')) { /* extensible */
        if (!take_char(cur, '=')) {
            if (!take_name(cur) || (take_char(cur, ':') && take_name(cur) && !take_char(cur, ':')))
                return FALSE;
            return take_char(cur, '=') && take_value(cur);
        }
        return named && take_value(cur);
    }
    if (!named)
        return FALSE;
    if (cur->left > 0 && strchr("~<>", *cur->next) != NULL && *cur->next != '\0')
        tw_cursor_skip(cur, 1);
    return take_char(cur, '=') && take_value(cur);
}

/* What may follow in a filter that is open: those that hold others, with how many they hold. */
typedef struct {
    char kind; /* & | ! */
    guint held;
} Open;

gboolean
tw_ldap_filter_is_valid(const char *text, gsize len)
{
    TwCursor cur = tw_cursor_init(text, len);
    Open open[TW_LDAP_MOST_NESTING];
    guint depth = 0;

    if (len > TW_LDAP_MOST_FILTER)
        return FALSE;
    do {
        if (depth > 0 && take_char(&cur, ')')) {
            depth--;
            if (open[depth].kind == '!' && open[depth].held != 1)
                return FALSE;
            continue;
        }
        if (!take_char(&cur, '('))
            return FALSE;
        if (depth > 0)
            open[depth - 1].held++;
        if (cur.left > 0 && strchr("&|!", *cur.next) != NULL && *cur.next != '\0') {
            if (depth == TW_LDAP_MOST_NESTING)
                return FALSE;
            open[depth++] = (Open){ (char) *cur.next, 0 };
            tw_cursor_skip(&cur, 1);
        } else if (!take_item(&cur) || !take_char(&cur, ')')) {
            return FALSE;
        }
    } while (depth > 0);
    return cur.left == 0;
}
