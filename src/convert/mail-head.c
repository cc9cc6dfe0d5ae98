/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mail-head.h"

#include <idn2.h>
#include <string.h>

#include "base/base64.h"
#include "base/utf8.h"

enum {
    ENCODED_MAX = 75,   /* RFC 2047 section 2 */
    ENCODED_FRAME = 12, /* "=?UTF-8?B?" and "?=" */
    ENCODED_PAYLOAD = ENCODED_MAX - ENCODED_FRAME,
    BASE64_BYTES = ENCODED_PAYLOAD / 4 * 3,
    PARAM_PIECE = 50,  /* characters of a continuation */
    MOST_PARAM = 1000, /* bytes of a parameter's value */
    QUOTED_MAX = 60,   /* characters of a quoted string */
};

static const char specials[] = "()<>[]:;@\\,.\"";
static const char token_specials[] = "()<>@,;:\\\"/[]?=*'%";

gboolean
tw_head_name_is_valid(const char *name, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (name[i] <= ' ' || name[i] > '~' || name[i] == ':')
            return FALSE;
    }
    return len > 0 && len <= TW_HEAD_MAX_NAME;
}

/* --- words ----------------------------------------------------------------------------------------------------- */

TwHead
tw_head_begin(TwBuffer *out, const char *name, gboolean utf8)
{
    TwHead head = { .out = out, .column = strlen(name) + 1, .utf8 = utf8 };

    tw_buffer_put(out, name, strlen(name));
    tw_buffer_put_u8(out, ':');
    return head;
}

void
tw_head_end(TwHead *head)
{
    tw_buffer_put(head->out, "\r\n", 2);
    head->column = 0;
}

/* What follows begins after a blank, on a new line when @len characters do not fit on this one. */
static void
begin_word(TwHead *head, gsize len)
{
    if (head->column + 1 + len > TW_HEAD_COLUMNS && head->column > 1) {
        tw_buffer_put(head->out, "\r\n", 2);
        head->column = 0;
    }
    tw_buffer_put_u8(head->out, ' ');
    head->column++;
}

static gboolean
is_printable(char c, gboolean utf8)
{
    return (c > ' ' && c <= '~') || ((guint8) c >= 0x80 && utf8);
}

/* Puts bytes right behind what is there; whatever must not be in a header is dropped. */
static void
put_raw(TwHead *head, const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (text[i] == ' ' || is_printable(text[i], head->utf8)) {
            tw_buffer_put_u8(head->out, (guint8) text[i]);
            head->column++;
        }
    }
}

static void
put_const(TwHead *head, const char *text)
{
    put_raw(head, text, strlen(text));
}

void
tw_head_word(TwHead *head, const char *word, gsize len)
{
    len = tw_utf8_truncated_len(word, len, TW_HEAD_MAX_WORD);
    if (len == 0)
        return;
    begin_word(head, len);
    for (gsize i = 0; i < len; i++) {
        if (is_printable(word[i], head->utf8)) {
            tw_buffer_put_u8(head->out, (guint8) word[i]);
            head->column++;
        }
    }
}

/* --- RFC 2047 -------------------------------------------------------------------------------------------------- */

/* What may stand in a Q word, in a phrase too (RFC 2047 section 5, rule 3). */
static gboolean
is_q_safe(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("!*+-/", c) != NULL);
}

static gsize
q_len(const char *text, gsize len)
{
    gsize sum = 0;

    for (gsize i = 0; i < len; i++)
        sum += is_q_safe(text[i]) || text[i] == ' ' ? 1 : 3;
    return sum;
}

static void
put_q(TwHead *head, const char *text, gsize len)
{
    static const char digits[] = "0123456789ABCDEF";

    put_const(head, "=?UTF-8?Q?");
    for (gsize i = 0; i < len; i++) {
        char escape[3] = { '=', digits[(guint8) text[i] >> 4], digits[(guint8) text[i] & 15] };

        if (text[i] == ' ')
            put_raw(head, "_", 1);
        else if (is_q_safe(text[i]))
            put_raw(head, &text[i], 1);
        else
            put_raw(head, escape, 3);
    }
    put_const(head, "?=");
}

static void
put_b(TwHead *head, const char *text, gsize len)
{
    gsize before = head->out->len;

    put_const(head, "=?UTF-8?B?");
    tw_base64_encode(head->out, text, len, TW_BASE64_STANDARD);
    head->column += head->out->len - before - 10;
    put_const(head, "?=");
}

/* How many bytes of whole characters make one encoded word. */
static gsize
piece_len(const char *text, gsize len, gboolean q)
{
    gsize used = 0, at = 0;

    if (!q)
        return tw_utf8_truncated_len(text, len, BASE64_BYTES);
    while (at < len) {
        gsize size = MIN((gsize) g_utf8_skip[(guint8) text[at]], len - at);
        gsize cost = q_len(text + at, size);

        if (used + cost > ENCODED_PAYLOAD)
            break;
        used += cost;
        at += size;
    }
    return at;
}

/* The shorter of the two encodings for all of the text. */
static void
put_encoded(TwHead *head, const char *text, gsize len)
{
    gboolean q = q_len(text, len) <= (len + 2) / 3 * 4;

    while (len > 0) {
        gsize piece = piece_len(text, len, q);

        begin_word(head,
                   q ? ENCODED_FRAME + q_len(text, piece) : ENCODED_FRAME + (piece + 2) / 3 * 4);
        if (q)
            put_q(head, text, piece);
        else
            put_b(head, text, piece);
        text += piece;
        len -= piece;
    }
}

/* Line ends and tabs become blanks, other control characters go; valid UTF-8 and not too long. */
static char *
clean_text(const char *text, gsize len, gsize most, gsize *ret_len)
{
    gsize clean_len;
    char *clean = tw_utf8_sanitise(text, tw_utf8_truncated_len(text, len, most), &clean_len);
    gsize to = 0;
    gboolean line_end = FALSE;

    for (gsize i = 0; i < clean_len; i++) {
        char c = clean[i];

        if (c == '\r' || c == '\n' || c == '\t' || c == '\v' || c == '\f') {
            if (!line_end)
                clean[to++] = ' ';
            line_end = TRUE;
        } else if ((guint8) c >= ' ' && c != 0x7f) {
            clean[to++] = c;
            line_end = FALSE;
        }
    }
    clean[to] = '\0';
    *ret_len = to;
    return clean;
}

/* Whether a word between blanks cannot stand as it is. */
static gboolean
word_is_special(const char *word, gsize len, gboolean utf8)
{
    if (len == 0 || len > TW_HEAD_MAX_WORD || g_strstr_len(word, (gssize) len, "=?") != NULL)
        return TRUE;
    for (gsize i = 0; i < len; i++) {
        if (!is_printable(word[i], utf8))
            return TRUE;
    }
    return FALSE;
}

static void
put_words(TwHead *head, const char *text, gsize len)
{
    const char *end = text + len;

    while (text < end) {
        const char *blank = memchr(text, ' ', (gsize) (end - text));
        const char *stop = blank != NULL ? blank : end;

        tw_head_word(head, text, (gsize) (stop - text));
        text = stop + 1;
    }
}

/* Words of no length stand between two blanks, which only an encoded word keeps. */
void
tw_head_text(TwHead *head, const char *text, gsize len)
{
    g_autofree char *clean = clean_text(text, len, TW_HEAD_MAX_TEXT, &len);
    g_auto(GStrv) words = g_strsplit(clean, " ", -1);
    guint count = g_strv_length(words);
    guint first = count, last = 0; /* words that cannot stand as they are, and all between */
    g_autoptr(GString) encoded = g_string_new(NULL);

    for (guint i = 0; i < count; i++) {
        if (word_is_special(words[i], strlen(words[i]), head->utf8)) {
            first = MIN(first, i);
            last = i;
        }
    }
    if (first == last && first < count && *words[first] == '\0') {
        if (last + 1 < count)
            last++;
        else if (first > 0)
            first--;
    }
    for (guint i = 0; i < MIN(first, count); i++)
        tw_head_word(head, words[i], strlen(words[i]));
    if (first == count)
        return;
    for (guint i = first; i <= last; i++)
        g_string_append_printf(encoded, "%s%s", i > first ? " " : "", words[i]);
    put_encoded(head, encoded->str, encoded->len);
    for (guint i = last + 1; i < count; i++)
        tw_head_word(head, words[i], strlen(words[i]));
}

/* --- addresses ------------------------------------------------------------------------------------------------- */

static gboolean
is_atext(char c, gboolean utf8)
{
    return is_printable(c, utf8) && ((guint8) c >= 0x80 || strchr(specials, c) == NULL);
}

/* dot-atom of RFC 5322 section 3.2.3. */
static gboolean
is_dot_atom(const char *text, gsize len, gboolean utf8)
{
    for (gsize i = 0; i < len; i++) {
        if (text[i] == '.' ? i == 0 || i + 1 == len || text[i + 1] == '.'
                           : !is_atext(text[i], utf8))
            return FALSE;
    }
    return len > 0;
}

static gboolean
is_domain(const char *domain, gboolean utf8)
{
    gsize len = strlen(domain);

    if (len > 2 && domain[0] == '[' && domain[len - 1] == ']') {
        for (gsize i = 1; i + 1 < len; i++) {
            if (!g_ascii_isalnum(domain[i]) && strchr(".:-", domain[i]) == NULL)
                return FALSE;
        }
        return TRUE;
    }
    return is_dot_atom(domain, len, utf8);
}

/* The address as it may be written, or NULL. */
static char *
writable_address(const char *address, gboolean utf8)
{
    const char *at = strrchr(address, '@');
    gsize local_len;
    g_autofree char *domain = NULL;
    GString *out;

    if (at == NULL || at == address || strlen(address) > TW_HEAD_MAX_WORD / 2 ||
        !g_utf8_validate(address, -1, NULL))
        return NULL;
    local_len = (gsize) (at - address);
    if (!utf8 && !g_str_is_ascii(at + 1)) {
        char *ascii = NULL;

        if (idn2_to_ascii_8z(at + 1, &ascii, IDN2_NONTRANSITIONAL) != IDN2_OK)
            return NULL;
        domain = g_strdup(ascii);
        idn2_free(ascii);
    } else {
        domain = g_strdup(at + 1);
    }
    if (!is_domain(domain, utf8))
        return NULL;
    if (is_dot_atom(address, local_len, utf8))
        return g_strdup_printf("%.*s@%s", (int) local_len, address, domain);
    out = g_string_new("\"");
    for (gsize i = 0; i < local_len; i++) {
        if ((!is_printable(address[i], utf8) && address[i] != ' ') ||
            strchr("<>@,", address[i]) != NULL) {
            g_string_free(out, TRUE);
            return NULL;
        }
        if (address[i] == '"' || address[i] == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, address[i]);
    }
    g_string_append_printf(out, "\"@%s", domain);
    return g_string_free(out, FALSE);
}

gboolean
tw_head_address_is_safe(const char *address, gboolean utf8)
{
    g_autofree char *written = writable_address(address, utf8);

    return written != NULL;
}

static void
put_quoted(TwHead *head, const char *text, gsize len)
{
    begin_word(head, len + 2);
    put_const(head, "\"");
    for (gsize i = 0; i < len; i++) {
        if (text[i] == '"' || text[i] == '\\')
            put_const(head, "\\");
        put_raw(head, &text[i], 1);
    }
    put_const(head, "\"");
}

/* A display name. */
static void
put_phrase(TwHead *head, const char *text, gsize len)
{
    gboolean atoms = len > 0 && text[0] != ' ' && text[len - 1] != ' ' && len <= QUOTED_MAX;
    gboolean quotable = len <= QUOTED_MAX && g_strstr_len(text, (gssize) len, "=?") == NULL;

    for (gsize i = 0; i < len; i++) {
        gboolean blank = text[i] == ' ';

        if (!blank && !is_printable(text[i], head->utf8))
            quotable = FALSE;
        if (blank ? i > 0 && text[i - 1] == ' ' : !is_atext(text[i], head->utf8))
            atoms = FALSE;
    }
    if (!quotable)
        put_encoded(head, text, len);
    else if (atoms)
        put_words(head, text, len);
    else
        put_quoted(head, text, len);
}

void
tw_head_mailbox(TwHead *head, const TwMailbox *mailbox, gboolean more)
{
    const char *raw = mailbox->name != NULL ? mailbox->name : "";
    gsize len;
    g_autofree char *name = clean_text(raw, strlen(raw), 512, &len);
    g_autofree char *address =
        mailbox->address != NULL ? writable_address(mailbox->address, head->utf8) : NULL;

    if (address == NULL) {
        g_autofree char *shown = NULL;
        g_autofree char *both = NULL;

        if (mailbox->address != NULL && *mailbox->address != '\0') {
            both = g_strdup_printf("%s <%s>", name, mailbox->address);
            shown = clean_text(both, strlen(both), 1024, &len);
            g_strchug(shown);
            len = strlen(shown);
        } else {
            shown = g_steal_pointer(&name);
        }
        if (len == 0)
            put_phrase(head, "?", 1);
        else
            put_phrase(head, shown, len);
        put_const(head, more ? ":;," : ":;");
        return;
    }
    if (len > 0 && g_ascii_strcasecmp(name, address) != 0) {
        g_autofree char *angle = g_strdup_printf("<%s>%s", address, more ? "," : "");

        put_phrase(head, name, len);
        begin_word(head, strlen(angle));
        put_const(head, angle);
    } else {
        begin_word(head, strlen(address) + 1);
        put_const(head, address);
        if (more)
            put_const(head, ",");
    }
}

/* --- parameters ------------------------------------------------------------------------------------------------ */

static gboolean
is_token(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (!is_printable(*p, FALSE) || strchr(token_specials, *p) != NULL)
            return FALSE;
    }
    return *text != '\0';
}

static gboolean
is_quotable(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p != ' ' && !is_printable(*p, FALSE))
            return FALSE;
    }
    return TRUE;
}

static void
put_continued(TwHead *head, const char *name, const char *value, gsize len)
{
    static const char digits[] = "0123456789ABCDEF";
    gsize at = 0;
    guint number = 0;
    g_autoptr(GString) piece = g_string_new(NULL);

    while (at < len || number == 0) {
        g_string_truncate(piece, 0);
        for (; at < len && piece->len < PARAM_PIECE; at++) {
            char c = value[at];

            if (g_ascii_isalnum(c) || (c != '\0' && strchr("-._~", c) != NULL)) {
                g_string_append_c(piece, c);
            } else {
                g_string_append_c(piece, '%');
                g_string_append_c(piece, digits[(guint8) c >> 4]);
                g_string_append_c(piece, digits[(guint8) c & 15]);
            }
        }
        put_const(head, ";");
        if (number == 0 && at == len)
            g_string_prepend(piece, "*=utf-8''");
        else {
            g_autofree char *mark =
                g_strdup_printf("*%u*=%s", number, number == 0 ? "utf-8''" : "");

            g_string_prepend(piece, mark);
        }
        g_string_prepend(piece, name);
        tw_head_word(head, piece->str, piece->len);
        number++;
    }
}

void
tw_head_param(TwHead *head, const char *name, const char *value)
{
    gsize len;
    g_autofree char *clean = clean_text(value, strlen(value), MOST_PARAM, &len);

    if (len > QUOTED_MAX || !is_quotable(clean)) {
        put_continued(head, name, clean, len);
    } else if (is_token(clean)) {
        g_autofree char *text = g_strdup_printf("%s=%s", name, clean);

        put_const(head, ";");
        tw_head_word(head, text, strlen(text));
    } else {
        put_const(head, ";");
        begin_word(head, strlen(name) + len + 3);
        put_const(head, name);
        put_const(head, "=\"");
        for (gsize i = 0; i < len; i++) {
            if (clean[i] == '"' || clean[i] == '\\')
                put_const(head, "\\");
            put_raw(head, &clean[i], 1);
        }
        put_const(head, "\"");
    }
}

/* --- whole fields ---------------------------------------------------------------------------------------------- */

void
tw_head_put_text(TwBuffer *out, const char *name, const char *text, gboolean utf8)
{
    g_autofree char *clean = NULL;
    gsize len;
    TwHead head;

    if (text == NULL)
        return;
    clean = clean_text(text, strlen(text), TW_HEAD_MAX_TEXT, &len);
    if (*g_strchug(clean) == '\0')
        return;
    head = tw_head_begin(out, name, utf8);
    tw_head_text(&head, text, strlen(text));
    tw_head_end(&head);
}

void
tw_head_put_words(TwBuffer *out, const char *name, const char *text)
{
    g_auto(GStrv) words = NULL;
    gboolean begun = FALSE;
    TwHead head = { .out = NULL };

    if (text == NULL)
        return;
    words = g_strsplit_set(text, " \t\r\n", -1);
    for (char **word = words; *word != NULL; word++) {
        if (word_is_special(*word, strlen(*word), FALSE))
            continue;
        if (!begun)
            head = tw_head_begin(out, name, FALSE);
        begun = TRUE;
        tw_head_word(&head, *word, strlen(*word));
    }
    if (begun)
        tw_head_end(&head);
}

void
tw_head_put_raw(TwBuffer *out, const char *name, const char *text)
{
    gsize len;
    g_autofree char *clean = clean_text(text, strlen(text), TW_HEAD_MAX_TEXT, &len);
    TwHead head;

    if (*g_strstrip(clean) == '\0')
        return;
    head = tw_head_begin(out, name, FALSE);
    put_words(&head, clean, strlen(clean));
    tw_head_end(&head);
}
