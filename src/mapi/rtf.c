/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an RTF was made from; the sinks for the HTML in it and for plain text. */
#include "mapi/rtf.h"

#include <string.h>

#include "mapi/rtf-private.h"
#include "mapi/rtf-token.h"

enum {
    ORIGIN_TOKENS = 10 /* MS-OXRTFEX 2.2.3.1 */
};

TwRtfOrigin
tw_rtf_origin(const guint8 *rtf, gsize len)
{
    TwCursor in = tw_cursor_init(rtf, len);
    TwRtfToken token;

    for (guint i = 0; i < ORIGIN_TOKENS; i++) {
        tw_rtf_next_token(&in, &token);
        if (token.kind == TW_RTF_TOKEN_END || tw_rtf_token_is_word(&token, "fonttbl"))
            break;
        if (tw_rtf_token_is_word(&token, "fromhtml") && token.param == 1)
            return TW_RTF_FROM_HTML;
        if (tw_rtf_token_is_word(&token, "fromtext"))
            return TW_RTF_FROM_TEXT;
    }
    return TW_RTF_ORDINARY;
}

static void
put_unichar(TwBuffer *out, gunichar c)
{
    char utf8[6] = { 0 };

    tw_buffer_put(out, utf8, (gsize) g_unichar_to_utf8(c, utf8));
}

/* Plain text. */

static void
text_text(RtfReader *r, const char *text, gsize len)
{
    tw_buffer_put(&r->out, text, len);
}

static void
text_special(RtfReader *r, RtfSpecial special)
{
    switch (special) {
    case RTF_PAR:
    case RTF_LINE:
    case RTF_ROW:
        tw_buffer_put(&r->out, "\r\n", 2);
        break;
    case RTF_TAB:
    case RTF_CELL:
        tw_buffer_put_u8(&r->out, '\t');
        break;
    case RTF_OPTIONAL_HYPHEN:
        break;
    default:
        put_unichar(&r->out, rtf_special_char(special));
    }
}

static const RtfSink text_sink = {
    .original_html = FALSE,
    .text = text_text,
    .special = text_special,
};

/* The HTML that the RTF was made from. Blanks before the first group of markup are of the RTF's own head. */

static void
original_text(RtfReader *r, const char *text, gsize len)
{
    while (!r->started && len > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        len--;
    }
    if (len == 0)
        return;
    r->started = TRUE;
    tw_buffer_put(&r->out, text, len);
}

/* MS-OXRTFEX 2.1.3.1.4.2 and 2.2.3.2 */
static void
original_special(RtfReader *r, RtfSpecial special)
{
    static const char *const references[RTF_SPECIAL_COUNT] = {
        [RTF_PAR] = "\r\n",
        [RTF_LINE] = "\r\n",
        [RTF_TAB] = "\t",
        [RTF_CELL] = "",
        [RTF_ROW] = "",
        [RTF_NO_BREAK_SPACE] = "&nbsp;",
        [RTF_OPTIONAL_HYPHEN] = "",
        [RTF_NO_BREAK_HYPHEN] = "&shy;",
        [RTF_LEFT_QUOTE] = "&lsquo;",
        [RTF_RIGHT_QUOTE] = "&rsquo;",
        [RTF_LEFT_DOUBLE_QUOTE] = "&ldquo;",
        [RTF_RIGHT_DOUBLE_QUOTE] = "&rdquo;",
        [RTF_BULLET] = "&bull;",
        [RTF_EN_DASH] = "&ndash;",
        [RTF_EM_DASH] = "&mdash;",
        [RTF_EN_SPACE] = "&ensp;",
        [RTF_EM_SPACE] = "&emsp;",
        [RTF_ZERO_WIDTH_JOINER] = "&zwj;",
        [RTF_ZERO_WIDTH_NON_JOINER] = "&zwnj;",
    };

    if (r->started || rtf_special_char(special) != 0)
        tw_buffer_put(&r->out, references[special], strlen(references[special]));
}

static void
original_html_tag(RtfReader *r)
{
    r->started = TRUE;
}

static const RtfSink original_html_sink = {
    .original_html = TRUE,
    .text = original_text,
    .special = original_special,
    .html_tag = original_html_tag,
};

GBytes *
tw_rtf_to_text(const guint8 *rtf, gsize len, gsize max_len, GError **error)
{
    return rtf_read(rtf, len, &text_sink, NULL, NULL, max_len, error);
}

GBytes *
tw_rtf_to_html(const guint8 *rtf, gsize len, gsize max_len, GError **error)
{
    if (tw_rtf_origin(rtf, len) == TW_RTF_FROM_HTML)
        return rtf_read(rtf, len, &original_html_sink, NULL, NULL, max_len, error);
    return rtf_read(rtf, len, &rtf_simple_html_sink, rtf_simple_html_begin, rtf_simple_html_end,
                    max_len, error);
}
