/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "base/number.h"
#include "imap/imap-private.h"
#include "imap/search.h"

static void
free_key(gpointer key)
{
    tw_imap_key_free(key);
}

void
tw_imap_key_free(TwImapKey *key) /* NOLINT(misc-no-recursion): depth */
{
    if (key == NULL)
        return;
    g_free(key->name);
    g_free(key->text);
    g_clear_pointer(&key->ranges, g_array_unref);
    g_clear_pointer(&key->children, g_ptr_array_unref);
    g_free(key);
}

static TwImapKey *
key_new(TwImapKeyKind kind)
{
    TwImapKey *key = g_new0(TwImapKey, 1);

    key->kind = kind;
    key->bit = -1;
    return key;
}

static TwImapKey *
key_with(TwImapKeyKind kind, TwImapKey *child)
{
    TwImapKey *key = key_new(kind);

    key->children = g_ptr_array_new_with_free_func(free_key);
    if (child != NULL)
        g_ptr_array_add(key->children, child);
    return key;
}

typedef struct {
    TwCursor *cur;
    guint count;
} Parser;

static gboolean take_key(Parser *parser, guint depth, TwImapKey **ret);

/* ---- keys by their word ---- */

typedef enum {
    NO_ARGUMENT,
    FLAG,    /* value: bits; negative ones are those without */
    STRING,  /* of the header field named */
    CONTENT, /* a string */
    KEYWORD, /* */
    DAY,     /* */
    NUMBER,  /* */
    ID,      /* */
} Form;

static const struct {
    const char *word;
    Form form;
    TwImapKeyKind kind;
    guint flags;
    gboolean without;
    const char *field;
} words[] = {
    { "ALL", NO_ARGUMENT, TW_IMAP_KEY_ALL, 0, FALSE, NULL },
    { "ANSWERED", FLAG, TW_IMAP_KEY_FLAGS, TW_IMAP_ANSWERED, FALSE, NULL },
    { "BCC", STRING, TW_IMAP_KEY_HEADER, 0, FALSE, "bcc" },
    { "BEFORE", DAY, TW_IMAP_KEY_BEFORE, 0, FALSE, NULL },
    { "BODY", CONTENT, TW_IMAP_KEY_BODY, 0, FALSE, NULL },
    { "CC", STRING, TW_IMAP_KEY_HEADER, 0, FALSE, "cc" },
    { "DELETED", FLAG, TW_IMAP_KEY_FLAGS, TW_IMAP_DELETED, FALSE, NULL },
    { "DRAFT", FLAG, TW_IMAP_KEY_FLAGS, TW_IMAP_DRAFT, FALSE, NULL },
    { "EMAILID", ID, TW_IMAP_KEY_EMAILID, 0, FALSE, NULL },
    { "FLAGGED", FLAG, TW_IMAP_KEY_FLAGS, TW_IMAP_FLAGGED, FALSE, NULL },
    { "FROM", STRING, TW_IMAP_KEY_HEADER, 0, FALSE, "from" },
    { "KEYWORD", KEYWORD, TW_IMAP_KEY_KEYWORD, 0, FALSE, NULL },
    { "LARGER", NUMBER, TW_IMAP_KEY_LARGER, 0, FALSE, NULL },
    { "OLD", FLAG, TW_IMAP_KEY_FLAGS, TW_IMAP_RECENT, TRUE, NULL },
    { "OLDER", NUMBER, TW_IMAP_KEY_OLDER, 0, FALSE, NULL },
    { "ON", DAY, TW_IMAP_KEY_ON, 0, FALSE, NULL },
    { "RECENT", FLAG, TW_IMAP_KEY_FLAGS, TW_IMAP_RECENT, FALSE, NULL },
    { "SAVEDATESUPPORTED", NO_ARGUMENT, TW_IMAP_KEY_ALL, 0, FALSE, NULL },
    { "SAVEDBEFORE", DAY, TW_IMAP_KEY_SAVEDBEFORE, 0, FALSE, NULL },
    { "SAVEDON", DAY, TW_IMAP_KEY_SAVEDON, 0, FALSE, NULL },
    { "SAVEDSINCE", DAY, TW_IMAP_KEY_SAVEDSINCE, 0, FALSE, NULL },
    { "SEEN", FLAG, TW_IMAP_KEY_FLAGS, TW_IMAP_SEEN, FALSE, NULL },
    { "SENTBEFORE", DAY, TW_IMAP_KEY_SENTBEFORE, 0, FALSE, NULL },
    { "SENTON", DAY, TW_IMAP_KEY_SENTON, 0, FALSE, NULL },
    { "SENTSINCE", DAY, TW_IMAP_KEY_SENTSINCE, 0, FALSE, NULL },
    { "SINCE", DAY, TW_IMAP_KEY_SINCE, 0, FALSE, NULL },
    { "SMALLER", NUMBER, TW_IMAP_KEY_SMALLER, 0, FALSE, NULL },
    { "SUBJECT", STRING, TW_IMAP_KEY_HEADER, 0, FALSE, "subject" },
    { "TEXT", CONTENT, TW_IMAP_KEY_TEXT, 0, FALSE, NULL },
    { "THREADID", ID, TW_IMAP_KEY_THREADID, 0, FALSE, NULL },
    { "TO", STRING, TW_IMAP_KEY_HEADER, 0, FALSE, "to" },
    { "UNANSWERED", FLAG, TW_IMAP_KEY_FLAGS, TW_IMAP_ANSWERED, TRUE, NULL },
    { "UNDELETED", FLAG, TW_IMAP_KEY_FLAGS, TW_IMAP_DELETED, TRUE, NULL },
    { "UNDRAFT", FLAG, TW_IMAP_KEY_FLAGS, TW_IMAP_DRAFT, TRUE, NULL },
    { "UNFLAGGED", FLAG, TW_IMAP_KEY_FLAGS, TW_IMAP_FLAGGED, TRUE, NULL },
    { "UNKEYWORD", KEYWORD, TW_IMAP_KEY_KEYWORD, 0, TRUE, NULL },
    { "UNSEEN", FLAG, TW_IMAP_KEY_FLAGS, TW_IMAP_SEEN, TRUE, NULL },
    { "YOUNGER", NUMBER, TW_IMAP_KEY_YOUNGER, 0, FALSE, NULL },
};

/* M or T and sixteen hexadecimal digits; another id is nobody's. */
static guint64
id_of(const char *text, TwImapKeyKind kind)
{
    guint64 id = 0;

    if (text[0] != (kind == TW_IMAP_KEY_EMAILID ? 'M' : 'T') || strlen(text) != 17 ||
        !tw_parse_hex_u64(text + 1, 16, &id))
        return G_MAXUINT64;
    return id;
}

static gboolean
take_argument(Parser *parser, guint row, TwImapKey *key)
{
    TwCursor *cur = parser->cur;
    TwCursor atom;
    gint64 day;

    key->number = words[row].flags;
    if (words[row].form == NO_ARGUMENT || words[row].form == FLAG)
        return TRUE;
    if (!tw_imap_take_char(cur, ' '))
        return FALSE;
    switch (words[row].form) {
    case STRING:
        key->name = g_strdup(words[row].field);
        return tw_imap_take_astring(cur, &key->text);
    case CONTENT:
        return tw_imap_take_astring(cur, &key->text);
    case KEYWORD:
        if (!tw_imap_take_atom(cur, &atom))
            return FALSE;
        key->name = g_strndup((const char *) atom.next, atom.left);
        return TRUE;
    case DAY:
        if (!tw_imap_take_date(cur, &day))
            return FALSE;
        key->number = (guint64) day;
        return TRUE;
    case NUMBER:
        return tw_imap_take_number64(cur, &key->number);
    case ID:
        if (!tw_imap_take_atom(cur, &atom))
            return FALSE;
        key->text = g_strndup((const char *) atom.next, atom.left);
        key->number = id_of(key->text, key->kind);
        return TRUE;
    case NO_ARGUMENT:
    case FLAG:
        break;
    }
    return TRUE;
}

/* ---- the others ---- */

static gboolean
take_header(Parser *parser, TwImapKey **ret)
{
    TwImapKey *key = key_new(TW_IMAP_KEY_HEADER);

    *ret = key;
    return tw_imap_take_char(parser->cur, ' ') && tw_imap_take_astring(parser->cur, &key->name) &&
           tw_imap_take_char(parser->cur, ' ') && tw_imap_take_astring(parser->cur, &key->text);
}

/* MODSEQ [entry-name entry-type] number */
static gboolean
take_modseq(Parser *parser, TwImapKey **ret)
{
    TwImapKey *key = key_new(TW_IMAP_KEY_MODSEQ);
    g_autofree char *entry = NULL;

    *ret = key;
    if (!tw_imap_take_char(parser->cur, ' '))
        return FALSE;
    if (tw_imap_take_string(parser->cur, &entry)) {
        if (!tw_imap_take_char(parser->cur, ' ') ||
            (!tw_imap_take_word(parser->cur, "ALL") && !tw_imap_take_word(parser->cur, "PRIV") &&
             !tw_imap_take_word(parser->cur, "SHARED")) ||
            !tw_imap_take_char(parser->cur, ' '))
            return FALSE;
    }
    return tw_imap_take_number64(parser->cur, &key->number);
}

static gboolean
take_ranges(Parser *parser, TwImapKeyKind kind, TwImapKey **ret)
{
    TwImapKey *key = key_new(kind);

    *ret = key;
    key->ranges = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    return tw_imap_take_set(parser->cur, key->ranges);
}

/* NEW is RECENT UNSEEN. */
static TwImapKey *
new_key(void)
{
    TwImapKey *recent = key_new(TW_IMAP_KEY_FLAGS), *seen = key_new(TW_IMAP_KEY_FLAGS), *both;

    recent->number = TW_IMAP_RECENT;
    seen->number = TW_IMAP_SEEN;
    both = key_with(TW_IMAP_KEY_AND, recent);
    g_ptr_array_add(both->children, key_with(TW_IMAP_KEY_NOT, seen));
    return both;
}

static gboolean
take_child(Parser *parser, TwImapKey *parent, guint depth) /* NOLINT(misc-no-recursion): depth */
{
    TwImapKey *child = NULL;
    gboolean ok = take_key(parser, depth + 1, &child);

    if (child != NULL)
        g_ptr_array_add(parent->children, child);
    return ok;
}

static gboolean
take_group(Parser *parser, guint depth, TwImapKey **ret) /* NOLINT(misc-no-recursion): depth */
{
    *ret = key_with(TW_IMAP_KEY_AND, NULL);
    do {
        if (!take_child(parser, *ret, depth))
            return FALSE;
    } while (tw_imap_take_char(parser->cur, ' '));
    return tw_imap_take_char(parser->cur, ')');
}

static gboolean
take_word_key(Parser *parser, TwImapKey **ret)
{
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        gboolean ok;

        if (!tw_imap_take_word(parser->cur, words[i].word))
            continue;
        *ret = key_new(words[i].kind);
        ok = take_argument(parser, i, *ret);
        if (words[i].without)
            *ret = key_with(TW_IMAP_KEY_NOT, *ret);
        return ok;
    }
    return FALSE;
}

/* *ret may be set on failure, too. */
static gboolean
take_key(Parser *parser, guint depth, TwImapKey **ret) /* NOLINT(misc-no-recursion): depth */
{
    TwCursor *cur = parser->cur;

    *ret = NULL;
    if (depth > TW_IMAP_KEYS_DEPTH || ++parser->count > TW_IMAP_KEYS_MAX)
        return FALSE;
    if (tw_imap_take_char(cur, '('))
        return take_group(parser, depth, ret);
    if (tw_imap_take_char(cur, '$')) {
        *ret = key_new(TW_IMAP_KEY_SAVED);
        return TRUE;
    }
    if (cur->left > 0 && (g_ascii_isdigit(cur->next[0]) || cur->next[0] == '*'))
        return take_ranges(parser, TW_IMAP_KEY_NUMBERS, ret);
    if (tw_imap_take_word(cur, "NOT")) {
        *ret = key_with(TW_IMAP_KEY_NOT, NULL);
        return tw_imap_take_char(cur, ' ') && take_child(parser, *ret, depth);
    }
    if (tw_imap_take_word(cur, "OR")) {
        *ret = key_with(TW_IMAP_KEY_OR, NULL);
        return tw_imap_take_char(cur, ' ') && take_child(parser, *ret, depth) &&
               tw_imap_take_char(cur, ' ') && take_child(parser, *ret, depth);
    }
    if (tw_imap_take_word(cur, "UID")) {
        if (!tw_imap_take_char(cur, ' '))
            return FALSE;
        if (!tw_imap_take_char(cur, '$'))
            return take_ranges(parser, TW_IMAP_KEY_UIDS, ret);
        *ret = key_new(TW_IMAP_KEY_SAVED);
        return TRUE;
    }
    if (tw_imap_take_word(cur, "NEW")) {
        *ret = new_key();
        return TRUE;
    }
    if (tw_imap_take_word(cur, "HEADER"))
        return take_header(parser, ret);
    if (tw_imap_take_word(cur, "MODSEQ"))
        return take_modseq(parser, ret);
    return take_word_key(parser, ret);
}

gboolean
tw_imap_take_keys(TwCursor *cur, TwImapKey **ret)
{
    Parser parser = { .cur = cur };
    g_autoptr(TwImapKey) all = key_with(TW_IMAP_KEY_AND, NULL);

    do {
        if (!take_child(&parser, all, 0))
            return FALSE;
    } while (tw_imap_take_char(cur, ' '));
    if (!tw_imap_take_end(cur))
        return FALSE;
    *ret = g_steal_pointer(&all);
    return TRUE;
}

TwImapKeyKind
tw_imap_key_needs(const TwImapKey *key) /* NOLINT(misc-no-recursion): depth */
{
    TwImapKeyKind kind = key->kind;

    for (guint i = 0; key->children != NULL && i < key->children->len; i++)
        kind = MAX(kind, tw_imap_key_needs(key->children->pdata[i]));
    return kind;
}

gboolean
tw_imap_key_has(const TwImapKey *key, TwImapKeyKind kind) /* NOLINT(misc-no-recursion): depth */
{
    if (key->kind == kind)
        return TRUE;
    for (guint i = 0; key->children != NULL && i < key->children->len; i++) {
        if (tw_imap_key_has(key->children->pdata[i], kind))
            return TRUE;
    }
    return FALSE;
}
