/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mail-text.h"

#include <string.h>

#include "base/base64.h"
#include "base/number.h"

enum {
    MAX_DECODED = 4 * TW_MAIL_TEXT_MAX_LEN, /* UTF-8 may be longer than what it was made from */
};

/* An encoded word, or several of one charset that follow each other. */
typedef struct {
    const guint8 *charset;
    gsize charset_len;
    TwBuffer bytes;
} Words;

static gboolean
is_space(guint8 c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Text without line breaks and control characters. */
static void
put_plain(TwCharsetReader *reader, const guint8 *raw, gsize len, TwBuffer *out)
{
    gsize from = out->len, to;

    if (len == 0)
        return;
    tw_charset_read(reader, NULL, 0, raw, len, out);
    if (tw_buffer_failed(out))
        return;
    to = from;
    for (gsize i = from; i < out->len; i++) {
        guint8 c = out->data[i];
        if (c == '\t')
            c = ' ';
        if (c >= ' ' && c != 0x7f)
            out->data[to++] = c;
    }
    out->len = to;
}

static void
flush_words(TwCharsetReader *reader, Words *words, TwBuffer *out)
{
    gsize from = out->len, to = from;

    if (words->charset == NULL)
        return;
    tw_charset_read(reader, (const char *) words->charset, words->charset_len, words->bytes.data,
                    words->bytes.len, out);
    for (gsize i = from; i < out->len; i++) { /* line breaks may be encoded too */
        guint8 c = out->data[i];
        if (is_space(c))
            c = ' ';
        if (c >= ' ' && c != 0x7f)
            out->data[to++] = c;
    }
    if (!tw_buffer_failed(out))
        out->len = to;
    words->charset = NULL;
    tw_buffer_clear(&words->bytes);
}

static void
decode_q(const guint8 *text, gsize len, TwBuffer *out)
{
    for (gsize i = 0; i < len; i++) {
        guint8 c = text[i];
        if (c == '=' && len - i > 2 && g_ascii_isxdigit(text[i + 1]) &&
            g_ascii_isxdigit(text[i + 2])) {
            c = (guint8) (g_ascii_xdigit_value((char) text[i + 1]) << 4 |
                          g_ascii_xdigit_value((char) text[i + 2]));
            i += 2;
        } else if (c == '_') {
            c = ' ';
        } else if (c == '\r' || c == '\n') {
            continue;
        }
        tw_buffer_put_u8(out, c);
    }
}

static void
decode_b(const guint8 *text, gsize len, TwBuffer *out)
{
    TwBase64Decoder decoder;

    tw_base64_decoder_init(&decoder);
    tw_base64_decoder_put(&decoder, text, len, out);
    tw_base64_decoder_finish(&decoder, out, NULL);
}

static const guint8 *
find_end(const guint8 *text, gsize len)
{
    return memmem(text, MIN(len, (gsize) TW_MAIL_TEXT_MAX_WORD), "?=", 2);
}

/* Each word begins and ends in ASCII; joined, they would have shifts with nothing between, which count as broken. */
static gboolean
has_shifts(const guint8 *charset, gsize len)
{
    return len > 8 && g_ascii_strncasecmp((const char *) charset, "iso-2022", 8) == 0;
}

/* encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?=". Returns its length, or 0. */
static gsize
take_word(TwCharsetReader *reader, const guint8 *raw, gsize len, Words *words, TwBuffer *out)
{
    const guint8 *charset = raw + 2, *end = raw + len, *mark, *text, *stop, *star;
    gsize charset_len;
    guint8 encoding;

    if (len < 8 || raw[0] != '=' || raw[1] != '?')
        return 0;
    mark = memchr(charset, '?', MIN(len - 2, (gsize) TW_CHARSET_MAX_NAME + 16));
    if (mark == NULL || mark == charset || end - mark < 4 || mark[2] != '?')
        return 0;
    for (const guint8 *c = charset; c < mark; c++) {
        if (*c <= ' ' || *c >= 0x7f)
            return 0;
    }
    encoding = (guint8) g_ascii_tolower((char) mark[1]);
    text = mark + 3;
    if (encoding == 'q' && end - text > 2 && text[0] == '=' && text[1] != '?')
        stop = find_end(text + 1, (gsize) (end - text) - 1);
    else
        stop = find_end(text, (gsize) (end - text));
    if (stop == NULL || (encoding != 'b' && encoding != 'q'))
        return 0;
    star = memchr(charset, '*', (gsize) (mark - charset));
    charset_len = (gsize) ((star != NULL ? star : mark) - charset);
    if (words->charset != NULL &&
        (has_shifts(charset, charset_len) || words->charset_len != charset_len ||
         g_ascii_strncasecmp((const char *) words->charset, (const char *) charset, charset_len) !=
             0))
        flush_words(reader, words, out);
    words->charset = charset;
    words->charset_len = charset_len;
    if (encoding == 'q')
        decode_q(text, (gsize) (stop - text), &words->bytes);
    else
        decode_b(text, (gsize) (stop - text), &words->bytes);
    return (gsize) (stop + 2 - raw);
}

static gboolean
is_blank_run(const guint8 *raw, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (!is_space(raw[i]))
            return FALSE;
    }
    return TRUE;
}

void
tw_mail_text_put(TwCharsetReader *reader, const guint8 *raw, gsize len, TwBuffer *out)
{
    Words words = { .bytes = TW_BUFFER_INIT(TW_MAIL_TEXT_MAX_LEN) };
    const guint8 *plain = raw, *at, *end;

    if (len == 0)
        return;
    len = MIN(len, (gsize) TW_MAIL_TEXT_MAX_LEN);
    at = raw;
    end = raw + len;
    while ((at = memmem(at, (gsize) (end - at), "=?", 2)) != NULL) {
        gboolean after_word = words.charset != NULL;
        gboolean blank = is_blank_run(plain, (gsize) (at - plain));
        gsize taken;
        if (!(after_word && blank)) {
            flush_words(reader, &words, out);
            put_plain(reader, plain, (gsize) (at - plain), out);
            plain = at;
        }
        taken = take_word(reader, at, (gsize) (end - at), &words, out);
        if (taken > 0) {
            at += taken;
            plain = at;
        } else { /* the blanks behind a word stay before what is none */
            flush_words(reader, &words, out);
            at += 2;
        }
    }
    flush_words(reader, &words, out);
    put_plain(reader, plain, (gsize) (end - plain), out);
    tw_buffer_clear(&words.bytes);
}

char *
tw_mail_text_decode(TwCharsetReader *reader, const guint8 *raw, gsize len)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(MAX_DECODED);
    const guint8 *start;

    tw_mail_text_put(reader, raw, len, &out);
    if (out.len == 0)
        return g_strdup("");
    while (out.len > 0 && is_space(out.data[out.len - 1]))
        out.len--;
    start = out.data;
    while (out.len > 0 && is_space(*start)) {
        start++;
        out.len--;
    }
    return g_strndup((const char *) start, out.len);
}

/* ---- parameters ---- */

/* The piece of a parameter: name ["*" number] ["*"]. */
typedef struct {
    guint32 number;
    gboolean encoded;
    const TwMimeParam *param;
} Piece;

static gboolean
read_piece(const TwMimeParam *param, const char *name, Piece *ret)
{
    gsize name_len = strlen(name);
    const char *rest;
    gsize len;

    if (strncmp(param->name, name, name_len) != 0 || param->name[name_len] != '*')
        return FALSE;
    rest = param->name + name_len + 1;
    len = strlen(rest);
    *ret = (Piece){ .param = param };
    if (len == 0) {
        ret->encoded = TRUE;
        return TRUE;
    }
    if (rest[len - 1] == '*') {
        ret->encoded = TRUE;
        len--;
    }
    return tw_parse_u32(rest, len, TW_MAIL_TEXT_MAX_PIECES - 1, &ret->number);
}

static int
compare_pieces(gconstpointer a, gconstpointer b)
{
    guint32 x = ((const Piece *) a)->number, y = ((const Piece *) b)->number;

    return (x > y) - (x < y);
}

static void
put_percent(const char *text, gsize len, TwBuffer *out)
{
    for (gsize i = 0; i < len; i++) {
        guint8 c = (guint8) text[i];
        if (c == '%' && len - i > 2 && g_ascii_isxdigit(text[i + 1]) &&
            g_ascii_isxdigit(text[i + 2])) {
            c = (guint8) (g_ascii_xdigit_value(text[i + 1]) << 4 |
                          g_ascii_xdigit_value(text[i + 2]));
            i += 2;
        }
        tw_buffer_put_u8(out, c);
    }
}

/* extended-initial-value = [charset] "'" [language] "'" text: the text, or all of it where the marks are missing */
static void
take_charset(const char **text, gsize *len, const char **ret_charset, gsize *ret_charset_len)
{
    const char *first = memchr(*text, '\'', *len);
    const char *second =
        first != NULL ? memchr(first + 1, '\'', *len - (gsize) (first + 1 - *text)) : NULL;

    if (second == NULL)
        return;
    *ret_charset = *text;
    *ret_charset_len = (gsize) (first - *text);
    *len -= (gsize) (second + 1 - *text);
    *text = second + 1;
}

/* Control characters and blanks at the ends are no part of a name. */
static char *
finish(const TwBuffer *text)
{
    GString *out = g_string_sized_new(text->len);

    for (gsize i = 0; i < text->len; i++) {
        guint8 c = text->data[i];
        if (c == '\t')
            c = ' ';
        if (c >= ' ' && c != 0x7f)
            g_string_append_c(out, (char) c);
    }
    g_strstrip(out->str);
    if (out->str[0] == '\0') {
        g_string_free(out, TRUE);
        return NULL;
    }
    return g_string_free(out, FALSE);
}

static char *
join_pieces(TwCharsetReader *reader, GArray *pieces)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(TW_MIME_MAX_VALUE_LEN);
    g_auto(TwBuffer) text = TW_BUFFER_INIT(4 * TW_MIME_MAX_VALUE_LEN);
    const char *charset = NULL;
    gsize charset_len = 0;

    g_array_sort(pieces, compare_pieces);
    for (guint i = 0; i < pieces->len; i++) {
        const Piece *piece = &g_array_index(pieces, Piece, i);
        const char *value = piece->param->value;
        gsize len = piece->param->value_len;
        if (i > 0 && piece->number == g_array_index(pieces, Piece, i - 1).number)
            continue; /* said twice: the first counts */
        if (i == 0 && piece->encoded)
            take_charset(&value, &len, &charset, &charset_len);
        if (piece->encoded)
            put_percent(value, len, &bytes);
        else
            tw_buffer_put(&bytes, value, len);
    }
    tw_charset_read(reader, charset, charset_len, bytes.data, bytes.len, &text);
    return finish(&text);
}

char *
tw_mail_text_param(TwCharsetReader *reader, const TwMimeValue *value, const char *name)
{
    g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    const TwMimeParam *plain;
    char *joined = NULL;

    for (guint i = 0; i < value->param_count && pieces->len < TW_MAIL_TEXT_MAX_PIECES; i++) {
        Piece piece;
        if (read_piece(&value->params[i], name, &piece))
            g_array_append_val(pieces, piece);
    }
    if (pieces->len > 0)
        joined = join_pieces(reader, pieces);
    plain = tw_mime_value_get(value, name);
    if (joined == NULL && plain != NULL) {
        g_auto(TwBuffer) text = TW_BUFFER_INIT(MAX_DECODED);
        tw_mail_text_put(reader, (const guint8 *) plain->value, plain->value_len, &text);
        joined = finish(&text);
    }
    return joined;
}
