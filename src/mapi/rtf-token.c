/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/rtf-token.h"

static gboolean
ends_text(guint8 c)
{
    return c == '{' || c == '}' || c == '\\' || c == '\r' || c == '\n' || c == '\0';
}

/* [ "-" ] 1*DIGIT [ SP ] */
static void
read_param(TwCursor *in, TwRtfToken *ret)
{
    TwCursor copy = *in;
    gboolean negative = FALSE;
    gint64 value = 0;
    guint digits = 0;

    if (copy.left > 0 && *copy.next == '-')
        negative = tw_cursor_skip(&copy, 1);
    while (copy.left > 0 && g_ascii_isdigit((char) *copy.next)) {
        if (value <= G_MAXINT32)
            value = value * 10 + (*copy.next - '0');
        digits++;
        tw_cursor_skip(&copy, 1);
    }
    if (digits > 0) {
        ret->has_param = TRUE;
        value = MIN(value, G_MAXINT32);
        ret->param = (gint32) (negative ? -value : value);
        *in = copy;
    }
    if (in->left > 0 && *in->next == ' ')
        tw_cursor_skip(in, 1);
}

static void
read_word(TwCursor *in, TwRtfToken *ret)
{
    ret->kind = TW_RTF_TOKEN_WORD;
    ret->data = in->next;
    while (in->left > 0 && g_ascii_isalpha((char) *in->next))
        tw_cursor_skip(in, 1);
    ret->len = (gsize) (in->next - ret->data);
    read_param(in, ret);
    if (ret->param > 0 && tw_rtf_token_is_word(ret, "bin")) {
        gsize len = MIN((gsize) ret->param, in->left);
        ret->kind = TW_RTF_TOKEN_BINARY;
        ret->len = len;
        ret->data = in->next;
        tw_cursor_skip(in, len);
    }
}

static void
read_escape(TwCursor *in, TwRtfToken *ret)
{
    guint8 c = '\\';

    if (in->left > 0 && g_ascii_isalpha((char) *in->next)) {
        read_word(in, ret);
        return;
    }
    tw_cursor_take_u8(in, &c);
    if (c == '\'' && in->left >= 2) {
        int high = g_ascii_xdigit_value((char) in->next[0]);
        int low = g_ascii_xdigit_value((char) in->next[1]);
        if (high >= 0 && low >= 0) {
            ret->kind = TW_RTF_TOKEN_BYTE;
            ret->byte = (guint8) (high << 4 | low);
            tw_cursor_skip(in, 2);
            return;
        }
    }
    ret->kind = TW_RTF_TOKEN_SYMBOL;
    ret->byte = c == '\r' ? '\n' : c;
}

static void
read_text(TwCursor *in, TwRtfToken *ret)
{
    gsize len = 0;

    while (len < in->left && !ends_text(in->next[len]))
        len++;
    ret->kind = TW_RTF_TOKEN_TEXT;
    ret->data = in->next;
    ret->len = len;
    tw_cursor_skip(in, len);
}

void
tw_rtf_next_token(TwCursor *in, TwRtfToken *ret)
{
    guint8 c;

    *ret = (TwRtfToken){ .kind = TW_RTF_TOKEN_END };
    while (in->left > 0 && (*in->next == '\r' || *in->next == '\n' || *in->next == '\0'))
        tw_cursor_skip(in, 1);
    if (in->left == 0)
        return;
    c = *in->next;
    if (c == '{' || c == '}') {
        ret->kind = c == '{' ? TW_RTF_TOKEN_OPEN : TW_RTF_TOKEN_CLOSE;
        tw_cursor_skip(in, 1);
    } else if (c == '\\') {
        tw_cursor_skip(in, 1);
        read_escape(in, ret);
    } else {
        read_text(in, ret);
    }
}

gboolean
tw_rtf_token_is_word(const TwRtfToken *token, const char *name)
{
    gsize len = strlen(name);

    return token->kind == TW_RTF_TOKEN_WORD && token->len == len &&
           memcmp(token->data, name, len) == 0;
}
