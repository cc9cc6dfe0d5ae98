/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/smtp-text.h"

#include <idn2.h>

#include "base/number.h"

/* ---- what a server offers ---- */

static const struct {
    const char *keyword;
    TwSmtpHas has;
} keywords[] = {
    { "STARTTLS", TW_SMTP_HAS_STARTTLS },
    { "PIPELINING", TW_SMTP_HAS_PIPELINING },
    { "8BITMIME", TW_SMTP_HAS_8BITMIME },
    { "SMTPUTF8", TW_SMTP_HAS_SMTPUTF8 },
    { "DSN", TW_SMTP_HAS_DSN },
    { "SIZE", TW_SMTP_HAS_SIZE },
    { "ENHANCEDSTATUSCODES", TW_SMTP_HAS_STATUS },
};

/* The next word of a line; "=" parts words too: old servers say AUTH=LOGIN. */
static gboolean
take_word(const char **at, const char *end, const char **ret_word, gsize *ret_len)
{
    while (*at < end && (**at == ' ' || **at == '\t' || **at == '='))
        (*at)++;
    *ret_word = *at;
    while (*at < end && **at != ' ' && **at != '\t' && **at != '=')
        (*at)++;
    *ret_len = (gsize) (*at - *ret_word);
    return *ret_len > 0;
}

static gboolean
is_word(const char *word, gsize len, const char *expected)
{
    return len == strlen(expected) && g_ascii_strncasecmp(word, expected, len) == 0;
}

static void
read_offer_line(TwSmtpOffer *offer, const char *at, const char *end)
{
    const char *word;
    gsize len;

    if (!take_word(&at, end, &word, &len))
        return;
    if (is_word(word, len, "AUTH")) {
        while (take_word(&at, end, &word, &len)) {
            if (is_word(word, len, "PLAIN"))
                offer->has |= TW_SMTP_HAS_AUTH_PLAIN;
            else if (is_word(word, len, "LOGIN"))
                offer->has |= TW_SMTP_HAS_AUTH_LOGIN;
            else if (is_word(word, len, "SCRAM-SHA-256"))
                offer->has |= TW_SMTP_HAS_AUTH_SCRAM;
        }
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(keywords); i++) {
        guint64 number;
        if (!is_word(word, len, keywords[i].keyword))
            continue;
        offer->has |= keywords[i].has;
        if (keywords[i].has == TW_SMTP_HAS_SIZE && take_word(&at, end, &word, &len) &&
            tw_parse_u64(word, len, G_MAXUINT64, &number))
            offer->most_size = number;
    }
}

TwSmtpOffer
tw_smtp_offer_read(const char *text, gsize len)
{
    TwSmtpOffer offer = { .has = TW_SMTP_HAS_EXTENSIONS };
    const char *end = text + len, *line = memchr(text, '\n', len);

    while (line != NULL) {
        const char *next = memchr(line + 1, '\n', (gsize) (end - line - 1));
        read_offer_line(&offer, line + 1, next != NULL ? next : end);
        line = next;
    }
    return offer;
}

/* ---- addresses ---- */

/* Where the "@" before the domain is; NULL: what stands before it cannot stand in a path. */
static const char *
find_domain(const char *address)
{
    const char *at = address;

    if (*at == '"') {
        for (at++; *at != '\0' && *at != '"'; at++) {
            if (*at == '\\' && at[1] != '\0')
                at++;
        }
        if (*at == '\0' || at[1] != '@')
            return NULL;
        return at + 1;
    }
    while (*at != '\0' && strchr(" \"()<>,:;\\[]@", *at) == NULL)
        at++;
    return *at == '@' && at > address ? at : NULL;
}

static gboolean
domain_is_clean(const char *domain)
{
    gboolean literal = *domain == '[';
    gsize len = strlen(domain);

    if (literal)
        return len > 2 && strspn(domain + 1, "0123456789abcdefABCDEF.:IPv") == len - 2 &&
               domain[len - 1] == ']';
    for (const char *c = domain; *c != '\0'; c++) {
        if ((guint8) *c < 0x80 && !g_ascii_isalnum(*c) && *c != '-' && *c != '.' && *c != '_')
            return FALSE;
    }
    return len > 0 && *domain != '.';
}

static gboolean
is_ascii(const char *text, const char *end)
{
    for (; text < end; text++) {
        if ((guint8) *text >= 0x80)
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_smtp_path_needs_utf8(const char *address)
{
    const char *at = strrchr(address, '@');

    return !is_ascii(address, at != NULL ? at : address + strlen(address));
}

static void
put_str(TwBuffer *out, const char *text)
{
    tw_buffer_put(out, text, strlen(text));
}

gboolean
tw_smtp_put_path(TwBuffer *out, const char *address, gboolean utf8)
{
    const char *at;
    char *ascii = NULL;

    if (*address == '\0') {
        put_str(out, "<>");
        return TRUE;
    }
    if (strlen(address) > TW_SMTP_MOST_ADDRESS || !g_utf8_validate(address, -1, NULL))
        return FALSE;
    for (const char *c = address; *c != '\0'; c++) {
        if ((guint8) *c < 0x20 || *c == 0x7f)
            return FALSE;
    }
    at = find_domain(address);
    if (at == NULL || !domain_is_clean(at + 1) || (!utf8 && !is_ascii(address, at)))
        return FALSE;
    if (!utf8 && !is_ascii(at, address + strlen(address)) &&
        idn2_to_ascii_8z(at + 1, &ascii, IDN2_NONTRANSITIONAL) != IDN2_OK)
        return FALSE;
    put_str(out, "<");
    tw_buffer_put(out, address, (gsize) (at + 1 - address));
    put_str(out, ascii != NULL ? ascii : at + 1);
    put_str(out, ">");
    idn2_free(ascii);
    return TRUE;
}

void
tw_smtp_put_xtext(TwBuffer *out, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *text != '\0'; text++) {
        guint8 c = (guint8) *text;
        if (c > 32 && c < 127 && c != '+' && c != '=') {
            tw_buffer_put_u8(out, c);
        } else {
            tw_buffer_put_u8(out, '+');
            tw_buffer_put_u8(out, (guint8) digits[c >> 4]);
            tw_buffer_put_u8(out, (guint8) digits[c & 15]);
        }
    }
}

/* ---- the text of a mail ---- */

static void
end_line(TwSmtpStuff *stuff, TwBuffer *out)
{
    put_str(out, "\r\n");
    stuff->inside = FALSE;
}

void
tw_smtp_stuff(TwSmtpStuff *stuff, TwBuffer *out, const guint8 *bytes, gsize len)
{
    for (gsize i = 0; i < len;) {
        gsize run = i;

        /* a LF behind a CR was written with it */
        if (bytes[i] == '\n' && stuff->last == '\r') {
            stuff->last = '\n';
            i++;
            continue;
        }
        if (bytes[i] == '\r' || bytes[i] == '\n') {
            stuff->last = bytes[i++];
            end_line(stuff, out);
            continue;
        }
        if (!stuff->inside && bytes[i] == '.')
            tw_buffer_put_u8(out, '.');
        while (run < len && bytes[run] != '\r' && bytes[run] != '\n')
            run++;
        tw_buffer_put(out, bytes + i, run - i);
        stuff->inside = TRUE;
        stuff->last = bytes[run - 1];
        i = run;
    }
}

void
tw_smtp_stuff_end(TwSmtpStuff *stuff, TwBuffer *out)
{
    if (stuff->inside)
        end_line(stuff, out);
    put_str(out, ".\r\n");
}
