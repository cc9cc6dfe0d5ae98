/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/html-charset.h"

#include <string.h>

enum {
    MAX_NAME = 64
};

static gboolean
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static gboolean
is_charset_char(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '.' || c == ':' || c == '+';
}

/* The name behind "charset=" or "encoding=". */
static gsize
name_behind(const char *at, const char *end, const char *word, const char **ret)
{
    gsize word_len = strlen(word), len = 0;

    for (; (gsize) (end - at) > word_len; at++) {
        const char *c = at + word_len;
        if (g_ascii_strncasecmp(at, word, word_len) != 0)
            continue;
        while (c < end && is_space(*c))
            c++;
        if (c >= end || *c != '=')
            continue;
        c++;
        while (c < end && (is_space(*c) || *c == '"' || *c == '\''))
            c++;
        while (c + len < end && len <= MAX_NAME && is_charset_char(c[len]))
            len++;
        *ret = c;
        return len;
    }
    return 0;
}

gsize
tw_html_charset(const char *html, gsize len, const char **ret_charset)
{
    const char *at = html, *end = html + MIN(len, (gsize) TW_HTML_CHARSET_WITHIN);

    if (len == 0)
        return 0;
    while ((at = memchr(at, '<', (gsize) (end - at))) != NULL) {
        const char *close = memchr(at, '>', (gsize) (end - at));
        gsize found = 0;
        if (close == NULL)
            break;
        if (close - at > 5 && g_ascii_strncasecmp(at, "<meta", 5) == 0)
            found = name_behind(at + 5, close, "charset", ret_charset);
        else if (close - at > 5 && g_ascii_strncasecmp(at, "<?xml", 5) == 0)
            found = name_behind(at + 5, close, "encoding", ret_charset);
        if (found > 0)
            return found;
        at++;
    }
    return 0;
}
