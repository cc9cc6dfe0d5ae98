/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/address.h"

#include <string.h>

#include "base/cursor.h"
#include "imap/parse.h"

typedef struct {
    TwCursor cur;
    GString *phrase;  /* words so far */
    GString *comment; /* the last one */
    GArray *out;
} Parser;

static gboolean
is_blank(guint8 c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

/* Behind its "(". */
static void
take_comment(Parser *parser)
{
    guint depth = 1;
    guint8 c;

    g_string_truncate(parser->comment, 0);
    while (depth > 0 && tw_cursor_take_u8(&parser->cur, &c)) {
        if (c == '\\' && !tw_cursor_take_u8(&parser->cur, &c))
            return;
        if (c == '(' && depth < TW_IMAP_ADDRESS_DEPTH)
            depth++;
        else if (c == ')')
            depth--;
        if (depth > 0 && c != '\r' && c != '\n' && c != '\0')
            g_string_append_c(parser->comment, (char) c);
    }
}

/* Blanks and comments; whether there were any. */
static gboolean
skip_blanks(Parser *parser)
{
    gsize before = parser->cur.left;

    while (parser->cur.left > 0) {
        if (is_blank(parser->cur.next[0])) {
            (void) tw_cursor_skip(&parser->cur, 1);
        } else if (parser->cur.next[0] == '(') {
            (void) tw_cursor_skip(&parser->cur, 1);
            take_comment(parser);
        } else {
            break;
        }
    }
    return parser->cur.left != before;
}

/* Behind its quote. */
static void
take_quoted(Parser *parser, GString *into)
{
    guint8 c;

    while (tw_cursor_take_u8(&parser->cur, &c) && c != '"') {
        if (c == '\\' && !tw_cursor_take_u8(&parser->cur, &c))
            return;
        if (c != '\r' && c != '\n' && c != '\0')
            g_string_append_c(into, (char) c);
    }
}

/* Bytes up to one of the stops, quoted strings without their quotes. */
static void
take_word(Parser *parser, GString *into, const char *stops)
{
    while (parser->cur.left > 0) {
        guint8 c = parser->cur.next[0];

        if (is_blank(c) || c == '(' || strchr(stops, c) != NULL)
            return;
        (void) tw_cursor_skip(&parser->cur, 1);
        if (c == '"')
            take_quoted(parser, into);
        else
            g_string_append_c(into, (char) c);
    }
}

/* Words with blanks between them left out, for the parts of an address. */
static char *
take_joined(Parser *parser, const char *stops)
{
    GString *text = g_string_new(NULL);

    do
        take_word(parser, text, stops);
    while (skip_blanks(parser) && parser->cur.left > 0 &&
           strchr(stops, parser->cur.next[0]) == NULL);
    return g_string_free(text, FALSE);
}

static char *
none_if_empty(GString *text)
{
    return text->len > 0 ? g_strndup(text->str, text->len) : NULL;
}

static void
add(Parser *parser, char *name, char *route, char *mailbox, char *host)
{
    TwImapAddress address = { name, route, mailbox, host };

    g_array_append_val(parser->out, address);
    g_string_truncate(parser->phrase, 0);
    g_string_truncate(parser->comment, 0);
}

static gboolean
next_is(const Parser *parser, char c)
{
    return parser->cur.left > 0 && parser->cur.next[0] == (guint8) c;
}

static char *
or_missing(char *text, const char *missing)
{
    if (text != NULL && *text != '\0')
        return text;
    g_free(text);
    return g_strdup(missing);
}

/* Behind "<": [route ":"] mailbox "@" host ">". */
static void
take_angle(Parser *parser)
{
    g_autoptr(GString) name = g_string_new(parser->phrase->str);
    char *route = NULL, *mailbox, *host = NULL;

    skip_blanks(parser);
    if (next_is(parser, '@')) {
        route = take_joined(parser, ":>");
        if (next_is(parser, ':'))
            (void) tw_cursor_skip(&parser->cur, 1);
        skip_blanks(parser);
    }
    mailbox = take_joined(parser, "@>");
    if (next_is(parser, '@')) {
        (void) tw_cursor_skip(&parser->cur, 1);
        skip_blanks(parser);
        host = take_joined(parser, ">");
    }
    if (next_is(parser, '>'))
        (void) tw_cursor_skip(&parser->cur, 1);
    if (*mailbox == '\0' && host == NULL && route == NULL) { /* "<>" */
        g_free(mailbox);
        add(parser, none_if_empty(name), NULL, g_strdup("MISSING_MAILBOX"),
            g_strdup("MISSING_DOMAIN"));
        return;
    }
    add(parser, none_if_empty(name), route, or_missing(mailbox, "MISSING_MAILBOX"),
        or_missing(host, "MISSING_DOMAIN"));
}

/* Behind "@": what came before it is the mailbox. */
static void
take_bare(Parser *parser)
{
    char *mailbox = none_if_empty(parser->phrase);
    char *host;

    skip_blanks(parser);
    host = take_joined(parser, ",;<>");
    skip_blanks(parser);
    add(parser, none_if_empty(parser->comment), NULL, or_missing(mailbox, "MISSING_MAILBOX"),
        or_missing(host, "MISSING_DOMAIN"));
}

/* Words before a comma or the end that were no address. */
static void
end_words(Parser *parser)
{
    if (parser->phrase->len > 0)
        add(parser, none_if_empty(parser->comment), NULL, none_if_empty(parser->phrase),
            g_strdup("MISSING_DOMAIN"));
    g_string_truncate(parser->comment, 0);
}

static void
take_one(Parser *parser, gboolean *in_group)
{
    guint8 c = parser->cur.next[0];

    switch (c) {
    case ',':
        end_words(parser);
        break;
    case '<':
        (void) tw_cursor_skip(&parser->cur, 1);
        take_angle(parser);
        return;
    case '@':
        (void) tw_cursor_skip(&parser->cur, 1);
        take_bare(parser);
        return;
    case ':':
        if (!*in_group)
            add(parser, NULL, NULL, none_if_empty(parser->phrase), NULL);
        *in_group = TRUE;
        break;
    case ';':
        end_words(parser);
        if (*in_group)
            add(parser, NULL, NULL, NULL, NULL);
        *in_group = FALSE;
        break;
    case '>':
        break;
    default:
        if (parser->phrase->len > 0)
            g_string_append_c(parser->phrase, ' ');
        take_word(parser, parser->phrase, "<>@:;,");
        return;
    }
    (void) tw_cursor_skip(&parser->cur, 1);
}

static void
clear_address(gpointer data)
{
    TwImapAddress *address = data;

    g_free(address->name);
    g_free(address->route);
    g_free(address->mailbox);
    g_free(address->host);
}

GArray *
tw_imap_addresses_parse(const char *text, gsize len)
{
    g_autoptr(GString) phrase = g_string_new(NULL);
    g_autoptr(GString) comment = g_string_new(NULL);
    Parser parser = { tw_cursor_init(text, len), phrase, comment,
                      g_array_new(FALSE, FALSE, sizeof(TwImapAddress)) };
    gboolean in_group = FALSE;

    g_array_set_clear_func(parser.out, clear_address);
    skip_blanks(&parser);
    while (parser.cur.left > 0 && parser.out->len < TW_IMAP_ADDRESSES_MAX) {
        take_one(&parser, &in_group);
        skip_blanks(&parser);
    }
    end_words(&parser);
    if (in_group)
        add(&parser, NULL, NULL, NULL, NULL);
    return parser.out;
}

static void
put_part(TwBuffer *out, const char *text)
{
    if (text != NULL)
        tw_imap_put_string(out, text, strlen(text));
    else
        tw_imap_put_text(out, "NIL");
}

void
tw_imap_put_addresses(TwBuffer *out, const GArray *addresses)
{
    if (addresses->len == 0) {
        tw_imap_put_text(out, "NIL");
        return;
    }
    tw_buffer_put_u8(out, '(');
    for (guint i = 0; i < addresses->len; i++) {
        const TwImapAddress *address = &g_array_index(addresses, TwImapAddress, i);
        const char *parts[] = { address->name, address->route, address->mailbox, address->host };

        for (guint part = 0; part < G_N_ELEMENTS(parts); part++) {
            tw_buffer_put_u8(out, part == 0 ? '(' : ' ');
            put_part(out, parts[part]);
        }
        tw_buffer_put_u8(out, ')');
    }
    tw_buffer_put_u8(out, ')');
}
