/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Follows an RTF token by token. Groups are a stack of states, not calls. What is text goes to rtf-decode.c. */
#include <string.h>

#include "base/error.h"
#include "mapi/codepage.h"
#include "mapi/rtf-private.h"
#include "mapi/rtf-token.h"

enum {
    DEFAULT_HALF_POINTS = 24,
    MOST_UNICODE_SKIP = 32,
    MOST_LINKS = 4096 /* different links; further ones are only text */
};

static void
font_free(gpointer data)
{
    RtfFont *font = data;

    g_free(font->name);
    g_free(font);
}

static void
decoder_free(gpointer data)
{
    tw_codepage_reader_free(data);
}

static void
put_special(RtfReader *r, RtfSpecial special)
{
    gboolean visible =
        r->sink->original_html ? !r->state.only_rtf : (r->state.look.flags & RTF_HIDDEN) == 0;

    rtf_flush_text(r);
    if (r->state.destination == RTF_INTO_FIELD && rtf_special_char(special) != 0)
        rtf_put_char(r, rtf_special_char(special));
    else if (visible &&
             (r->state.destination == RTF_INTO_TEXT || r->state.destination == RTF_INTO_HTML_TAG))
        r->sink->special(r, special);
}

/* HYPERLINK "http://..." with switches before and behind. */
static void
field_done(RtfReader *r)
{
    const char *word = strstr(r->field->str, "HYPERLINK");
    const char *first = word != NULL ? strchr(word, '"') : NULL;
    const char *last = first != NULL ? strchr(first + 1, '"') : NULL;

    r->pending_link = 0;
    if (last != NULL && last > first + 1 && r->links->len < MOST_LINKS &&
        g_utf8_validate(first + 1, last - first - 1, NULL)) {
        g_ptr_array_add(r->links, g_strndup(first + 1, (gsize) (last - first - 1)));
        r->pending_link = r->links->len;
    }
    g_string_truncate(r->field, 0);
}

static gboolean
open_group(RtfReader *r, GError **error)
{
    rtf_flush_text(r);
    r->skip = 0;
    if (r->stack->len >= TW_RTF_MAX_DEPTH) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "RTF with more than %d groups in groups",
                    TW_RTF_MAX_DEPTH);
        return FALSE;
    }
    g_array_append_val(r->stack, r->state);
    r->star = FALSE;
    return TRUE;
}

/* Returns FALSE at the end of the outermost group. */
static gboolean
close_group(RtfReader *r)
{
    RtfDestination was = r->state.destination;

    rtf_flush_text(r);
    r->skip = 0;
    r->star = FALSE;
    if (r->stack->len == 0)
        return FALSE;
    r->state = g_array_index(r->stack, RtfState, r->stack->len - 1);
    g_array_set_size(r->stack, r->stack->len - 1);
    if (was == RTF_INTO_FIELD && r->state.destination != RTF_INTO_FIELD)
        field_done(r);
    return r->stack->len > 0;
}

static void
select_font(RtfReader *r, gint32 number)
{
    if (r->state.destination != RTF_INTO_FONTS) {
        r->state.look.font = number;
        return;
    }
    r->table_font = number;
    if (!g_hash_table_contains(r->fonts, GINT_TO_POINTER(number)) &&
        g_hash_table_size(r->fonts) < TW_RTF_MAX_FONTS) {
        RtfFont *font = g_new0(RtfFont, 1);
        font->name = g_strdup("");
        g_hash_table_insert(r->fonts, GINT_TO_POINTER(number), font);
    }
}

static void
set_font_codepage(RtfReader *r, guint codepage)
{
    RtfFont *font = g_hash_table_lookup(r->fonts, GINT_TO_POINTER(r->table_font));

    if (font != NULL && r->state.destination == RTF_INTO_FONTS)
        font->codepage = codepage;
}

static void
set_plain(RtfReader *r)
{
    guint16 link = r->state.look.link;

    memset(&r->state.look, 0, sizeof r->state.look);
    r->state.look.font = r->default_font;
    r->state.look.half_points = DEFAULT_HALF_POINTS;
    r->state.look.link = link;
}

static guint16
small_param(const TwRtfToken *token)
{
    return (guint16) CLAMP(token->param, 0, G_MAXUINT16);
}

static void
enter(RtfReader *r, RtfDestination destination)
{
    if (r->state.destination == RTF_INTO_NOTHING)
        return;
    r->state.destination = destination;
    r->table_font = RTF_NO_FONT;
    if (destination == RTF_INTO_FIELD)
        g_string_truncate(r->field, 0);
    if (destination == RTF_INTO_HTML_TAG && r->sink->html_tag != NULL && !r->state.only_rtf)
        r->sink->html_tag(r);
}

static void
do_flag(RtfReader *r, guint flag, gboolean on)
{
    guint flags = r->state.look.flags;

    if (on && (flag & (RTF_SUB | RTF_SUPER)) != 0)
        flags &= ~(guint) (RTF_SUB | RTF_SUPER);
    r->state.look.flags = (guint16) (on ? flags | flag : flags & ~flag);
}

/* Words that change the state and write nothing. */
static void
do_state_word(RtfReader *r, const RtfWord *row, const TwRtfToken *token)
{
    gboolean on = !token->has_param || token->param != 0;

    switch (row->deed) {
    case DO_FLAG:
        do_flag(r, row->value, on);
        break;
    case DO_CLEAR_FLAGS:
        do_flag(r, row->value, FALSE);
        break;
    case DO_ALIGN:
        r->state.align = (guint8) row->value;
        break;
    case DO_PLAIN:
        set_plain(r);
        break;
    case DO_FONT:
        select_font(r, token->param);
        break;
    case DO_SIZE:
        r->state.look.half_points = small_param(token);
        break;
    case DO_COLOR:
        r->state.look.color = small_param(token);
        break;
    case DO_UNICODE_SKIP:
        r->state.unicode_skip = (guint8) CLAMP(token->param, 0, MOST_UNICODE_SKIP);
        break;
    case DO_HTML_RTF:
        r->state.only_rtf = on;
        break;
    case DO_FIELD_RESULT:
        r->state.look.link = (guint16) r->pending_link;
        r->pending_link = 0;
        break;
    default:
        break;
    }
}

/* Words of the document's head. */
static void
do_head_word(RtfReader *r, const RtfWord *row, const TwRtfToken *token)
{
    switch (row->deed) {
    case DO_CODEPAGE:
        if (tw_codepage_charset((guint) MAX(token->param, 0)) != NULL)
            r->codepage = (guint) token->param;
        break;
    case DO_DOCUMENT_CHARSET:
        r->codepage = row->value;
        break;
    case DO_DEFAULT_FONT:
        r->default_font = token->param;
        r->state.look.font = token->param;
        break;
    case DO_FONT_CHARSET:
        set_font_codepage(r, rtf_charset_codepage(token->param));
        break;
    case DO_FONT_CODEPAGE:
        if (tw_codepage_charset((guint) MAX(token->param, 0)) != NULL)
            set_font_codepage(r, (guint) token->param);
        break;
    case DO_COLOR_PART:
        r->table_color |= (guint32) (token->param & 0xff) << row->value;
        r->color_set = TRUE;
        break;
    default:
        break;
    }
}

static void
do_word(RtfReader *r, const RtfWord *row, const TwRtfToken *token)
{
    switch (row->deed) {
    case DO_SPECIAL:
        put_special(r, (RtfSpecial) row->value);
        return;
    case DO_UNICODE:
        rtf_read_unicode(r, token->param);
        return;
    case DO_DESTINATION:
        rtf_flush_text(r);
        enter(r, (RtfDestination) row->value);
        return;
    case DO_HTML_TAG:
        rtf_flush_text(r);
        enter(r, r->sink->original_html ? RTF_INTO_HTML_TAG : RTF_INTO_NOTHING);
        return;
    default:
        rtf_flush_text(r);
        do_state_word(r, row, token);
        do_head_word(r, row, token);
    }
}

static void
read_word_token(RtfReader *r, const TwRtfToken *token)
{
    const RtfWord *row = rtf_find_word(token);
    gboolean star = r->star;

    r->star = FALSE;
    if (r->skip > 0) {
        r->skip--;
        return;
    }
    if (row != NULL && (!star || row->deed == DO_DESTINATION || row->deed == DO_HTML_TAG)) {
        do_word(r, row, token);
        return;
    }
    rtf_flush_text(r);
    if (star || (r->sink->original_html && tw_rtf_token_is_word(token, "pntext")))
        r->state.destination = RTF_INTO_NOTHING;
}

static void
read_symbol(RtfReader *r, guint8 symbol)
{
    if (symbol == '*') {
        r->star = TRUE;
        return;
    }
    if (r->skip > 0) {
        r->skip--;
        return;
    }
    switch (symbol) {
    case '\\':
    case '{':
    case '}':
        rtf_add_bytes(r, &symbol, 1);
        break;
    case '~':
        put_special(r, RTF_NO_BREAK_SPACE);
        break;
    case '-':
        put_special(r, RTF_OPTIONAL_HYPHEN);
        break;
    case '_':
        put_special(r, RTF_NO_BREAK_HYPHEN);
        break;
    case '\n':
        put_special(r, RTF_PAR);
        break;
    case '\t':
        put_special(r, RTF_TAB);
        break;
    default:
        break;
    }
}

/* Returns FALSE at the end, with @error set or not. */
static gboolean
read_token(RtfReader *r, TwCursor *in, GError **error)
{
    TwRtfToken token;

    tw_rtf_next_token(in, &token);
    switch (token.kind) {
    case TW_RTF_TOKEN_END:
        return FALSE;
    case TW_RTF_TOKEN_OPEN:
        return open_group(r, error);
    case TW_RTF_TOKEN_CLOSE:
        return close_group(r);
    case TW_RTF_TOKEN_WORD:
        read_word_token(r, &token);
        break;
    case TW_RTF_TOKEN_SYMBOL:
        read_symbol(r, token.byte);
        break;
    case TW_RTF_TOKEN_BYTE:
        rtf_read_bytes(r, &token.byte, 1);
        break;
    case TW_RTF_TOKEN_TEXT:
        rtf_read_bytes(r, token.data, token.len);
        break;
    case TW_RTF_TOKEN_BINARY:
        if (r->skip > 0)
            r->skip--;
        break;
    }
    return !tw_buffer_failed(&r->out);
}

static void
reader_init(RtfReader *r, const RtfSink *sink, gsize max_len)
{
    *r = (RtfReader){ .sink = sink, .out = TW_BUFFER_INIT(max_len) };
    r->bytes = (TwBuffer) TW_BUFFER_INIT(RTF_MOST_BYTES);
    r->stack = g_array_new(FALSE, FALSE, sizeof(RtfState));
    r->fonts = g_hash_table_new_full(NULL, NULL, NULL, font_free);
    r->colors = g_array_new(FALSE, FALSE, sizeof(guint32));
    r->links = g_ptr_array_new_with_free_func(g_free);
    r->decoders = g_hash_table_new_full(NULL, NULL, NULL, decoder_free);
    r->field = g_string_new(NULL);
    r->codepage = TW_CODEPAGE_WESTERN;
    r->table_font = RTF_NO_FONT;
    r->state.unicode_skip = 1;
    r->state.align = 'l';
    r->state.look.half_points = DEFAULT_HALF_POINTS;
}

static void
reader_clear(RtfReader *r)
{
    tw_buffer_clear(&r->out);
    tw_buffer_clear(&r->bytes);
    g_array_unref(r->stack);
    g_hash_table_unref(r->fonts);
    g_array_unref(r->colors);
    g_ptr_array_unref(r->links);
    g_hash_table_unref(r->decoders);
    g_string_free(r->field, TRUE);
}

static gboolean
begins_as_rtf(const guint8 *rtf, gsize len)
{
    TwCursor in = tw_cursor_init(rtf, len);
    TwRtfToken token;

    tw_rtf_next_token(&in, &token);
    if (token.kind != TW_RTF_TOKEN_OPEN)
        return FALSE;
    tw_rtf_next_token(&in, &token);
    return tw_rtf_token_is_word(&token, "rtf");
}

GBytes *
rtf_read(const guint8 *rtf,
         gsize len,
         const RtfSink *sink,
         void (*begin)(RtfReader *reader),
         void (*end)(RtfReader *reader),
         gsize max_len,
         GError **error)
{
    TwCursor in = tw_cursor_init(rtf, len);
    GError *failure = NULL;
    GBytes *result = NULL;
    RtfReader r;

    if (!begins_as_rtf(rtf, len)) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "does not begin as RTF");
        return NULL;
    }
    reader_init(&r, sink, max_len);
    if (begin != NULL)
        begin(&r);
    while (read_token(&r, &in, &failure))
        ;
    if (failure == NULL) {
        rtf_flush_text(&r);
        if (end != NULL)
            end(&r);
        result = tw_buffer_steal_bytes(&r.out, error);
    } else {
        g_propagate_error(error, failure);
    }
    reader_clear(&r);
    return result;
}
