/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *   command = verb [ SP text ] CRLF
 *   path    = "<" [ route ":" ] [ local-part [ "@" domain ] ] ">"      a source route is passed over (RFC 5321, appendix C)
 *   params  = *( SP keyword [ "=" value ] )
 */
#include "lmtp/command.h"

#include <string.h>

#include "base/number.h"

static const char bad_syntax[] = "501 5.5.4 Syntax error in parameters";

/* What is left of a line. */
typedef struct {
    const char *at, *end;
} Text;

void
tw_lmtp_command_clear(TwLmtpCommand *command)
{
    g_clear_pointer(&command->text, g_free);
}

static gsize
left(const Text *text)
{
    return (gsize) (text->end - text->at);
}

/* Takes a prefix in any case. */
static gboolean
take(Text *text, const char *prefix)
{
    gsize len = strlen(prefix);

    if (left(text) < len || g_ascii_strncasecmp(text->at, prefix, len) != 0)
        return FALSE;
    text->at += len;
    return TRUE;
}

static void
take_blanks(Text *text)
{
    while (text->at < text->end && *text->at == ' ')
        text->at++;
}

/* ---- addresses ---- */

/* A backslash makes the next character itself; the quotes are not part of the address. */
static gboolean
take_quoted(Text *text, GString *out)
{
    for (text->at++; text->at < text->end; text->at++) {
        if (*text->at == '"') {
            text->at++;
            return TRUE;
        }
        if (*text->at == '\\' && ++text->at == text->end)
            return FALSE;
        g_string_append_c(out, *text->at);
    }
    return FALSE;
}

static gboolean
is_plain(char c)
{
    return (guchar) c > ' ' && c != 0x7f && strchr("<>()\\\",:;", c) == NULL;
}

static gboolean
take_route(Text *text)
{
    const char *colon;

    if (text->at == text->end || *text->at != '@')
        return TRUE;
    colon = memchr(text->at, ':', left(text));
    if (colon == NULL)
        return FALSE;
    for (; text->at < colon; text->at++) {
        if (!is_plain(*text->at) && *text->at != ',')
            return FALSE;
    }
    text->at++;
    return TRUE;
}

/* Returns the address, or NULL. */
static char *
take_path(Text *text)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean has_domain = FALSE;

    if (!take(text, "<") || !take_route(text))
        return NULL;
    if (text->at < text->end && *text->at == '"' && !take_quoted(text, out))
        return NULL;
    for (; text->at < text->end && *text->at != '>'; text->at++) {
        gboolean literal = has_domain && *text->at == ':'; /* [IPv6:...] */

        if (!is_plain(*text->at) && !literal)
            return NULL;
        has_domain |= *text->at == '@';
        g_string_append_c(out, *text->at);
    }
    if (!take(text, ">") || out->len > TW_LMTP_ADDRESS_MAX ||
        !g_utf8_validate_len(out->str, out->len, NULL) ||
        (out->len > 0 && (out->str[out->len - 1] == '@' || out->str[0] == '@')))
        return NULL;
    for (gsize i = 0; i < out->len; i++) {
        if (g_ascii_iscntrl(out->str[i]))
            return NULL;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- parameters ---- */

static const char *
take_mail_param(TwLmtpCommand *command, const char *param, gsize len)
{
    static const char *const known[] = { "BODY=7BIT", "BODY=8BITMIME", "BODY=BINARYMIME" };

    if (len > 5 && g_ascii_strncasecmp(param, "SIZE=", 5) == 0)
        return tw_parse_u64(param + 5, len - 5, G_MAXINT64, &command->size) ? NULL : bad_syntax;
    if (len == 8 && g_ascii_strncasecmp(param, "SMTPUTF8", 8) == 0) {
        command->utf8 = TRUE;
        return NULL;
    }
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (len == strlen(known[i]) && g_ascii_strncasecmp(param, known[i], len) == 0)
            return NULL;
    }
    return "555 5.5.4 Parameter not recognised";
}

static const char *
take_params(Text *text, TwLmtpCommand *command)
{
    for (guint count = 0;; count++) {
        const char *start, *reply;

        if (text->at == text->end)
            return NULL;
        if (*text->at != ' ' || count == TW_LMTP_PARAMS_MAX)
            return bad_syntax;
        take_blanks(text);
        start = text->at;
        while (text->at < text->end && *text->at != ' ')
            text->at++;
        if (text->at == start)
            continue; /* blanks at the end */
        if (command->verb == TW_LMTP_RCPT)
            return "555 5.5.4 Parameter not recognised";
        reply = take_mail_param(command, start, (gsize) (text->at - start));
        if (reply != NULL)
            return reply;
    }
}

/* ---- verbs ---- */

static const char *
parse_mail(Text *text, TwLmtpCommand *ret)
{
    if (!take(text, "FROM:"))
        return bad_syntax;
    take_blanks(text);
    ret->text = take_path(text);
    return ret->text != NULL ? take_params(text, ret) : "501 5.1.7 Bad sender address syntax";
}

static const char *
parse_rcpt(Text *text, TwLmtpCommand *ret)
{
    if (!take(text, "TO:"))
        return bad_syntax;
    take_blanks(text);
    ret->text = take_path(text);
    return ret->text != NULL && ret->text[0] != '\0' ? take_params(text, ret)
                                                     : "501 5.1.3 Bad recipient address syntax";
}

/* A domain, or an address in brackets; whatever it is, it only goes into a trace line. */
static const char *
parse_lhlo(Text *text, TwLmtpCommand *ret)
{
    if (left(text) == 0 || left(text) > TW_LMTP_ADDRESS_MAX)
        return bad_syntax;
    for (const char *p = text->at; p < text->end; p++) {
        if ((guchar) *p < 0x80 && !g_ascii_isalnum(*p) && strchr("-._:[]", *p) == NULL)
            return bad_syntax;
    }
    if (!g_utf8_validate_len(text->at, left(text), NULL))
        return bad_syntax;
    ret->text = g_strndup(text->at, left(text));
    return NULL;
}

static const char *
parse_bdat(Text *text, TwLmtpCommand *ret)
{
    const char *blank = memchr(text->at, ' ', left(text));
    const char *end = blank != NULL ? blank : text->end;

    if (!tw_parse_u64(text->at, (gsize) (end - text->at), G_MAXINT64, &ret->size))
        return bad_syntax;
    text->at = end;
    take_blanks(text);
    ret->is_last = take(text, "LAST");
    return text->at == text->end ? NULL : bad_syntax;
}

static const char *
parse_none(Text *text, TwLmtpCommand *ret)
{
    (void) ret;
    return left(text) == 0 ? NULL : bad_syntax;
}

/* NOOP and VRFY take whatever stands there. */
static const char *
parse_any(Text *text, TwLmtpCommand *ret)
{
    (void) text;
    (void) ret;
    return NULL;
}

static const struct {
    const char *name;
    TwLmtpVerb verb;
    const char *(*parse)(Text *text, TwLmtpCommand *ret);
} verbs[] = {
    { "LHLO", TW_LMTP_LHLO, parse_lhlo },         { "MAIL", TW_LMTP_MAIL, parse_mail },
    { "RCPT", TW_LMTP_RCPT, parse_rcpt },         { "DATA", TW_LMTP_DATA, parse_none },
    { "BDAT", TW_LMTP_BDAT, parse_bdat },         { "RSET", TW_LMTP_RSET, parse_none },
    { "NOOP", TW_LMTP_NOOP, parse_any },          { "VRFY", TW_LMTP_VRFY, parse_any },
    { "STARTTLS", TW_LMTP_STARTTLS, parse_none }, { "QUIT", TW_LMTP_QUIT, parse_none },
};

const char *
tw_lmtp_command_parse(const guint8 *line, gsize len, TwLmtpCommand *ret)
{
    Text text = { (const char *) line, (const char *) line + len };
    const char *start = text.at;

    *ret = (TwLmtpCommand){ 0 };
    /* a bare LF ends no line: what one server takes for a line end and the next does not is how mails are smuggled */
    if (len < 2 || line[len - 2] != '\r' || line[len - 1] != '\n' ||
        memchr(line, '\r', len - 2) != NULL || memchr(line, '\0', len) != NULL)
        return "500 5.5.2 Lines end with CR LF, and hold neither CR nor NUL";
    text.end -= 2;
    while (text.end > text.at && text.end[-1] == ' ')
        text.end--;
    while (text.at < text.end && g_ascii_isalpha(*text.at))
        text.at++;
    for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
        const char *reply;

        if (strlen(verbs[i].name) != (gsize) (text.at - start) ||
            g_ascii_strncasecmp(start, verbs[i].name, (gsize) (text.at - start)) != 0)
            continue;
        if (text.at < text.end && *text.at != ' ')
            return "500 5.5.2 Command not recognised";
        take_blanks(&text);
        ret->verb = verbs[i].verb;
        reply = verbs[i].parse(&text, ret);
        if (reply != NULL)
            tw_lmtp_command_clear(ret);
        // cppcheck-suppress returnDanglingLifetime
        return reply; /* a constant, never a piece of the line */
    }
    return "500 5.5.2 Command not recognised";
}
