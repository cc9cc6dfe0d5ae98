/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *   command = verb [ SP argument ] *SP [ CR ] LF         blanks at the end belong to the argument of USER and PASS
 *   message = 1*DIGIT
 */
#include "pop3/command.h"

#include <string.h>

#include "base/number.h"
#include "base/utf8.h"

/* What may follow a verb. */
typedef enum {
    NOTHING,
    NAME,           /* text without controls */
    PASSWORD,       /* any bytes but NUL */
    MECHANISM,      /* a word, and perhaps an initial response */
    PERHAPS_NUMBER, /* of a message, or nothing */
    NUMBER,
    NUMBER_LINES, /* of a message, and how many lines */
} Argument;

static const struct {
    const char *name;
    TwPop3Verb verb;
    Argument argument;
} verbs[] = {
    { "USER", TW_POP3_USER, NAME },           { "PASS", TW_POP3_PASS, PASSWORD },
    { "AUTH", TW_POP3_AUTH, MECHANISM },      { "STLS", TW_POP3_STLS, NOTHING },
    { "UTF8", TW_POP3_UTF8, NOTHING },        { "CAPA", TW_POP3_CAPA, NOTHING },
    { "NOOP", TW_POP3_NOOP, NOTHING },        { "QUIT", TW_POP3_QUIT, NOTHING },
    { "STAT", TW_POP3_STAT, NOTHING },        { "LIST", TW_POP3_LIST, PERHAPS_NUMBER },
    { "UIDL", TW_POP3_UIDL, PERHAPS_NUMBER }, { "RETR", TW_POP3_RETR, NUMBER },
    { "TOP", TW_POP3_TOP, NUMBER_LINES },     { "DELE", TW_POP3_DELE, NUMBER },
    { "RSET", TW_POP3_RSET, NOTHING },
};

static const char bad_syntax[] = "-ERR Arguments are not understood";

/* What is left of a line. */
typedef struct {
    const char *at, *end;
} Text;

static gsize
left(const Text *text)
{
    return (gsize) (text->end - text->at);
}

static gboolean
take_blank(Text *text)
{
    if (text->at == text->end || *text->at != ' ')
        return FALSE;
    text->at++;
    return TRUE;
}

/* Up to the next blank; FALSE: there is nothing. */
static gboolean
take_word(Text *text, Text *ret)
{
    const char *blank = left(text) > 0 ? memchr(text->at, ' ', left(text)) : NULL;

    *ret = (Text){ text->at, blank != NULL ? blank : text->end };
    text->at = ret->end;
    return left(ret) > 0;
}

static gboolean
take_number(Text *text, guint32 *ret)
{
    guint64 number;
    Text word;

    if (!take_word(text, &word) || !tw_parse_u64(word.at, left(&word), G_MAXUINT32, &number))
        return FALSE;
    *ret = (guint32) number;
    return TRUE;
}

static void
cut_blanks(Text *text)
{
    while (text->end > text->at && text->end[-1] == ' ')
        text->end--;
}

static gboolean
has_control(const Text *text)
{
    for (const char *p = text->at; p < text->end; p++) {
        if (g_ascii_iscntrl(*p))
            return TRUE;
    }
    return FALSE;
}

static gboolean
take_text(Text *text, TwPop3Command *ret)
{
    ret->text = text->at;
    ret->text_len = left(text);
    return ret->text_len > 0;
}

static gboolean
take_mechanism(Text *text, TwPop3Command *ret)
{
    Text word;

    if (!take_word(text, &word))
        return FALSE;
    ret->text = word.at;
    ret->text_len = left(&word);
    if (!take_blank(text))
        return TRUE;
    if (!take_word(text, &word))
        return FALSE;
    ret->initial = word.at;
    ret->initial_len = left(&word);
    return TRUE;
}

/* All of what stands behind the verb. */
static gboolean
take_argument(Argument argument, Text *text, TwPop3Command *ret)
{
    if (argument == PASSWORD)
        return take_blank(text) && take_text(text, ret) &&
               memchr(ret->text, '\0', ret->text_len) == NULL;
    if (has_control(text))
        return FALSE;
    if (argument == NAME)
        return take_blank(text) && take_text(text, ret) &&
               tw_utf8_valid(ret->text, ret->text_len, NULL);
    cut_blanks(text);
    if (left(text) == 0)
        return argument == NOTHING || argument == PERHAPS_NUMBER;
    if (argument == NOTHING || !take_blank(text))
        return FALSE;
    if (argument == MECHANISM)
        return take_mechanism(text, ret) && left(text) == 0;
    ret->has_number = TRUE;
    return take_number(text, &ret->number) &&
           (argument != NUMBER_LINES || (take_blank(text) && take_number(text, &ret->lines))) &&
           left(text) == 0;
}

const char *
tw_pop3_command_parse(const guint8 *line, gsize len, TwPop3Command *ret)
{
    Text text = { (const char *) line, (const char *) line + len }, verb;

    *ret = (TwPop3Command){ 0 };
    if (len > 0 && text.end[-1] == '\n')
        text.end--;
    if (text.end > text.at && text.end[-1] == '\r')
        text.end--;
    (void) take_word(&text, &verb);
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (left(&verb) != strlen(verbs[i].name) ||
            g_ascii_strncasecmp(verb.at, verbs[i].name, left(&verb)) != 0)
            continue;
        ret->verb = verbs[i].verb;
        return take_argument(verbs[i].argument, &text, ret) ? NULL : bad_syntax;
    }
    return "-ERR Unknown command";
}
