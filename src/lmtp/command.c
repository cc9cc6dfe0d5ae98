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
    g_clear_pointer(&command->folder, g_free);
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

static const char unknown_param[] = "555 5.5.4 Parameter not recognised";

static gboolean
param_is(const Text *param, const char *wanted)
{
    return left(param) == strlen(wanted) &&
           g_ascii_strncasecmp(param->at, wanted, left(param)) == 0;
}

/* "NAME=" and at least one byte behind it. */
static gboolean
take_name(Text *param, const char *name)
{
    return left(param) > strlen(name) && take(param, name);
}

static const char *
take_mail_param(TwLmtpCommand *command, Text param)
{
    if (take_name(&param, "SIZE="))
        return tw_parse_u64(param.at, left(&param), G_MAXINT64, &command->size) ? NULL : bad_syntax;
    if (take_name(&param, "XTIME=")) {
        command->own = TRUE;
        return tw_parse_u64(param.at, left(&param), G_MAXINT32, &command->time) ? NULL : bad_syntax;
    }
    if (param_is(&param, "SMTPUTF8"))
        command->utf8 = TRUE;
    else if (param_is(&param, "BODY=BINARYMIME"))
        command->binary = TRUE;
    else if (!param_is(&param, "BODY=7BIT") && !param_is(&param, "BODY=8BITMIME"))
        return unknown_param;
    return NULL;
}

/* xtext of RFC 3461, 4: "+" and two upper case hexadecimal digits for what cannot stand there itself. */
static char *
take_xtext(Text *text)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (; text->at < text->end; text->at++) {
        int high, low;

        if (*text->at != '+') {
            g_string_append_c(out, *text->at);
            continue;
        }
        if (left(text) < 3)
            return NULL;
        high = g_ascii_xdigit_value(text->at[1]);
        low = g_ascii_xdigit_value(text->at[2]);
        if (high < 0 || low < 0 || high + low == 0)
            return NULL;
        g_string_append_c(out, (char) (high * 16 + low));
        text->at += 2;
    }
    return out->len <= TW_LMTP_FOLDER_MAX + 1 ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

static const char *
take_rcpt_param(TwLmtpCommand *command, Text param)
{
    guint64 flags;

    command->own = TRUE;
    if (take_name(&param, "XFLAGS=")) {
        if (!tw_parse_u64(param.at, left(&param), 0xffff, &flags))
            return bad_syntax;
        command->flags = (guint) flags;
        return NULL;
    }
    if (take_name(&param, "XFOLDER=") && command->folder == NULL) {
        g_autofree char *all = take_xtext(&param);

        if (all == NULL || all[0] == '\0' || all[1] == '\0' || !g_utf8_validate(all, -1, NULL))
            return bad_syntax;
        command->separator = all[0];
        command->folder = g_strdup(all + 1);
        return NULL;
    }
    return unknown_param;
}

static const char *
take_params(Text *text, TwLmtpCommand *command)
{
    for (guint count = 0;; count++) {
        const char *reply;
        Text param;

        if (text->at == text->end)
            return NULL;
        if (*text->at != ' ' || count == TW_LMTP_PARAMS_MAX)
            return bad_syntax;
        take_blanks(text);
        param.at = text->at;
        while (text->at < text->end && *text->at != ' ')
            text->at++;
        param.end = text->at;
        if (left(&param) == 0)
            continue; /* blanks at the end */
        reply = command->verb == TW_LMTP_RCPT ? take_rcpt_param(command, param)
                                              : take_mail_param(command, param);
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
