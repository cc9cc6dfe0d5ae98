/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/text.h"

#include <string.h>

#include "base/base64.h"

/* ---- charsets ---- */

static char *
make_valid(const char *text, gsize len)
{
    return g_utf8_make_valid(text, (gssize) len);
}

char *
tw_imap_text_of_body(const char *data, gsize len, const char *charset)
{
    g_autofree char *name = charset != NULL ? g_strndup(charset, MIN(strlen(charset), 60)) : NULL;
    char *text;

    if (name == NULL || *name == '\0' || g_ascii_strcasecmp(name, "us-ascii") == 0 ||
        g_ascii_strcasecmp(name, "utf-8") == 0)
        return make_valid(data, len);
    text = g_convert_with_fallback(data, (gssize) len, "UTF-8", name, "?", NULL, NULL, NULL);
    if (text == NULL)
        text = make_valid(data, len);
    return text;
}

/* ---- encoded words ---- */

static gboolean
decode_q(const char *text, gsize len, GString *out)
{
    for (gsize i = 0; i < len; i++) {
        if (text[i] == '_') {
            g_string_append_c(out, ' ');
        } else if (text[i] == '=' && len - i > 2 && g_ascii_isxdigit(text[i + 1]) &&
                   g_ascii_isxdigit(text[i + 2])) {
            g_string_append_c(out, (char) (g_ascii_xdigit_value(text[i + 1]) << 4 |
                                           g_ascii_xdigit_value(text[i + 2])));
            i += 2;
        } else {
            g_string_append_c(out, text[i]);
        }
    }
    return TRUE;
}

static gboolean
decode_b(const char *text, gsize len, GString *out)
{
    TwBuffer bytes = TW_BUFFER_INIT(TW_IMAP_HEADER_TEXT_MAX);
    TwBase64Decoder decoder;
    gboolean ok;

    tw_base64_decoder_init(&decoder);
    ok = tw_base64_decoder_put(&decoder, text, len, &bytes) &&
         tw_base64_decoder_finish(&decoder, &bytes, NULL);
    if (ok && bytes.len > 0)
        g_string_append_len(out, (const char *) bytes.data, (gssize) bytes.len);
    tw_buffer_clear(&bytes);
    return ok;
}

/* "=?charset?q?text?=" at the start; how long it is, 0: none is there. */
static gsize
decode_word(const char *text, gsize len, GString *out)
{
    const char *charset = text + 2, *form, *word, *end;
    g_autoptr(GString) bytes = g_string_new(NULL);
    g_autofree char *name = NULL, *utf8 = NULL;
    gboolean ok;

    if (len < 8 || memcmp(text, "=?", 2) != 0)
        return 0;
    form = memchr(charset, '?', len - 2);
    if (form == NULL || (gsize) (form - text) + 4 > len || form[2] != '?')
        return 0;
    word = form + 3;
    end = g_strstr_len(word, (gssize) (len - (gsize) (word - text)), "?=");
    if (end == NULL || memchr(word, ' ', (gsize) (end - word)) != NULL)
        return 0;
    ok = g_ascii_tolower(form[1]) == 'b'   ? decode_b(word, (gsize) (end - word), bytes)
         : g_ascii_tolower(form[1]) == 'q' ? decode_q(word, (gsize) (end - word), bytes)
                                           : FALSE;
    if (!ok)
        return 0;
    name = g_strndup(charset, (gsize) (form - charset));
    name[strcspn(name, "*")] = '\0'; /* RFC 2231: a language behind it */
    utf8 = tw_imap_text_of_body(bytes->str, bytes->len, name);
    g_string_append(out, utf8);
    return (gsize) (end + 2 - text);
}

static char *
decode_header(const char *value, gsize len)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_autofree char *valid = NULL;
    GString *out;
    gsize gap = 0; /* where blanks behind an encoded word begin in out */
    gboolean after_word = FALSE;

    for (gsize i = 0; i < MIN(len, (gsize) TW_IMAP_HEADER_TEXT_MAX); i++) {
        if (value[i] != '\r' && value[i] != '\n' && value[i] != '\0')
            g_string_append_c(line, value[i] == '\t' ? ' ' : value[i]);
    }
    valid = make_valid(line->str, line->len);
    g_strstrip(valid);
    out = g_string_new(NULL);
    for (const char *at = valid; *at != '\0';) {
        gsize before = out->len, used = *at == '=' ? decode_word(at, strlen(at), out) : 0;

        if (used > 0) {
            if (after_word && gap < before)
                g_string_erase(out, (gssize) gap, (gssize) (before - gap));
            at += used;
            gap = out->len;
            after_word = TRUE;
        } else {
            if (*at != ' ')
                after_word = FALSE;
            g_string_append_c(out, *at++);
        }
    }
    return g_string_free(out, FALSE);
}

/* What most headers are: one line of ASCII without encoded words, which stands for itself. */
static gboolean
is_simple(const char *value, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (value[i] < ' ' || value[i] > '~' ||
            (value[i] == '=' && len - i > 1 && value[i + 1] == '?'))
            return FALSE;
    }
    return len <= TW_IMAP_HEADER_TEXT_MAX;
}

char *
tw_imap_text_of_header(const char *value, gsize len)
{
    if (!is_simple(value, len))
        return decode_header(value, len);
    while (len > 0 && value[0] == ' ') {
        value++;
        len--;
    }
    while (len > 0 && value[len - 1] == ' ')
        len--;
    return g_strndup(value, len);
}

char *
tw_imap_text_fold(const char *text)
{
    gsize len = strlen(text);
    char *out;

    for (gsize i = 0; i < len; i++) {
        if ((guint8) text[i] >= 0x80)
            return g_utf8_strup(text, (gssize) len);
    }
    out = g_malloc(len + 1);
    for (gsize i = 0; i <= len; i++)
        out[i] = g_ascii_toupper(text[i]);
    return out;
}

/* ---- base subjects ---- */

/* "[...]" with blanks behind it; 0: none is there. */
static gsize
blob_len(const char *text)
{
    const char *end = *text == '[' ? strpbrk(text + 1, "[]") : NULL;

    if (end == NULL || *end != ']')
        return 0;
    return (gsize) (end + 1 - text) + strspn(end + 1, " ");
}

/* *subj-blob ("RE" / "FW" / "FWD") blanks [blob] ":"; 0: none is there. */
static gsize
leader_len(const char *text)
{
    static const char *const words[] = { "FWD", "FW", "RE" };
    gsize at = 0, blob;

    while ((blob = blob_len(text + at)) > 0)
        at += blob;
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        gsize len = strlen(words[i]), end;

        if (strncmp(text + at, words[i], len) != 0)
            continue;
        end = at + len;
        end += strspn(text + end, " ");
        end += blob_len(text + end);
        if (text[end] == ':')
            return end + 1;
    }
    return 0;
}

static gboolean
drop_trailers(char *text)
{
    gboolean dropped = FALSE;

    for (;;) {
        gsize len = strlen(text);

        while (len > 0 && text[len - 1] == ' ')
            text[--len] = '\0';
        if (len < 5 || strcmp(text + len - 5, "(FWD)") != 0)
            return dropped;
        text[len - 5] = '\0';
        dropped = TRUE;
    }
}

/* The start of what is left behind leaders and blobs. */
static char *
drop_leaders(char *text, gboolean *reply)
{
    for (;;) {
        gsize used = strspn(text, " ");

        if (used == 0) {
            used = leader_len(text);
            *reply |= used > 0;
        }
        if (used == 0) {
            gsize blob = blob_len(text);

            if (blob > 0 && text[blob] != '\0')
                used = blob;
        }
        if (used == 0)
            return text;
        text += used;
    }
}

static char *
one_line(const char *subject)
{
    g_autofree char *cut = g_strndup(subject, TW_IMAP_SUBJECT_MAX);
    gsize len = strlen(cut), out_len = 0;
    g_autofree char *valid =
        g_utf8_validate(cut, (gssize) len, NULL) ? g_steal_pointer(&cut) : make_valid(cut, len);

    for (const char *at = valid; *at != '\0'; at++) {
        char c = (char) (*at == '\t' ? ' ' : *at);

        if (c != ' ' || (out_len > 0 && valid[out_len - 1] != ' '))
            valid[out_len++] = c; /* never further than at */
    }
    valid[out_len] = '\0';
    return tw_imap_text_fold(valid);
}

char *
tw_imap_base_subject(const char *subject, gboolean *ret_reply)
{
    g_autofree char *line = one_line(subject);
    char *text = line;
    gboolean reply = FALSE;

    for (;;) {
        gsize len;

        reply |= drop_trailers(text);
        text = drop_leaders(text, &reply);
        len = strlen(text);
        if (len < 6 || strncmp(text, "[FWD:", 5) != 0 || text[len - 1] != ']')
            break;
        text[len - 1] = '\0';
        text += 5;
        reply = TRUE;
    }
    if (ret_reply != NULL)
        *ret_reply = reply;
    return g_strdup(text);
}
