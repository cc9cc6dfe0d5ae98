/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/mail-marks.h"

#include <string.h>

#include "convert/mime-header.h"

typedef struct {
    char *name;  /* owned, without the "*" */
    char *value; /* owned; NULL: any */
    gboolean name_begins, value_begins;
} Pattern;

struct TwMarkPatterns {
    GArray *items; /* of Pattern */
};

/* Text that is borrowed. */
typedef struct {
    const char *at;
    gsize len;
} Text;

static void
clear_pattern(gpointer data)
{
    Pattern *pattern = data;

    g_free(pattern->name);
    g_free(pattern->value);
}

/* Takes the "*" at the end away. */
static gboolean
take_star(char *text)
{
    gsize len = strlen(text);

    if (len == 0 || text[len - 1] != '*')
        return FALSE;
    text[len - 1] = '\0';
    return TRUE;
}

TwMarkPatterns *
tw_mark_patterns_new(const char *const *words)
{
    TwMarkPatterns *patterns = g_new0(TwMarkPatterns, 1);

    patterns->items = g_array_new(FALSE, FALSE, sizeof(Pattern));
    g_array_set_clear_func(patterns->items, clear_pattern);
    for (guint i = 0; words[i] != NULL && i < TW_MARKS_MOST_PATTERNS; i++) {
        const char *colon = strchr(words[i], ':');
        Pattern pattern = { 0 };

        if (colon != NULL) {
            pattern.name = g_strndup(words[i], (gsize) (colon - words[i]));
            pattern.value = g_strstrip(g_strdup(colon + 1));
            pattern.value_begins = take_star(pattern.value);
        } else {
            pattern.name = g_strdup(words[i]);
        }
        g_strstrip(pattern.name);
        pattern.name_begins = take_star(pattern.name);
        g_array_append_val(patterns->items, pattern);
    }
    return patterns;
}

void
tw_mark_patterns_free(TwMarkPatterns *patterns)
{
    if (patterns == NULL)
        return;
    g_array_unref(patterns->items);
    g_free(patterns);
}

static gboolean
fits(const char *wanted, gboolean begins, const Text *text)
{
    gsize len = strlen(wanted);

    return (begins ? text->len >= len : text->len == len) &&
           g_ascii_strncasecmp(text->at, wanted, len) == 0;
}

static gboolean
matches(const TwMarkPatterns *patterns, const Text *name, const Text *value)
{
    for (guint i = 0; patterns != NULL && i < patterns->items->len; i++) {
        const Pattern *pattern = &g_array_index(patterns->items, Pattern, i);

        if (fits(pattern->name, pattern->name_begins, name) &&
            (pattern->value == NULL || fits(pattern->value, pattern->value_begins, value)))
            return TRUE;
    }
    return FALSE;
}

static gboolean
contains(const Text *text, const char *wanted)
{
    gsize len = strlen(wanted);

    for (gsize i = 0; len <= text->len && i <= text->len - len; i++) {
        if (g_ascii_strncasecmp(text->at + i, wanted, len) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_word_char(char c)
{
    return g_ascii_isalnum(c) || c == '-';
}

/* The first word, as of a value with parameters. */
static gboolean
first_is(const Text *text, const char *word)
{
    gsize len = 0;

    while (len < text->len && is_word_char(text->at[len]))
        len++;
    return fits(word, FALSE, &(Text){ text->at, len });
}

/* ---- fields that mean something ---- */

static void
on_auto_submitted(TwMarks *marks, const Text *value)
{
    if (value->len > 0 && !first_is(value, "no"))
        marks->bits |= TW_MARK_AUTOMATIC;
}

static void
on_precedence(TwMarks *marks, const Text *value)
{
    if (first_is(value, "bulk") || first_is(value, "list") || first_is(value, "junk"))
        marks->bits |= TW_MARK_BULK;
}

static void
on_loop(TwMarks *marks, const Text *value)
{
    marks->loop = value->at;
    marks->loop_len = value->len;
}

/* A list of words, or the number of their bits. */
static void
on_suppress(TwMarks *marks, const Text *value)
{
    static const struct {
        const char *word;
        guint32 bits;
    } words[] = {
        { "None", 0 },   { "DR", 0x01 },  { "NDR", 0x02 },       { "RN", 0x04 },
        { "NRN", 0x08 }, { "OOF", 0x10 }, { "AutoReply", 0x20 }, { "All", 0xffffffff },
    };

    for (gsize at = 0; at < value->len;) {
        Text word = { value->at + at, 0 };

        while (at + word.len < value->len && is_word_char(word.at[word.len]))
            word.len++;
        for (guint i = 0; word.len > 0 && i < G_N_ELEMENTS(words); i++) {
            if (fits(words[i].word, FALSE, &word))
                marks->suppress |= words[i].bits;
        }
        at += word.len + 1;
    }
}

static void
on_id(TwMarks *marks, const Text *value)
{
    if (marks->id == NULL && value->len > 0 && value->len <= TW_MARKS_MOST_ID) {
        marks->id = value->at;
        marks->id_len = value->len;
    }
}

static const struct {
    const char *name;
    guint bits;                                      /* set when the field is there */
    void (*read)(TwMarks *marks, const Text *value); /* NULL: that is all */
} fields[] = {
    { "Auto-Submitted", 0, on_auto_submitted },
    { "List-Archive", TW_MARK_LIST, NULL },
    { "List-Help", TW_MARK_LIST, NULL },
    { "List-Id", TW_MARK_LIST, NULL },
    { "List-Owner", TW_MARK_LIST, NULL },
    { "List-Post", TW_MARK_LIST, NULL },
    { "List-Subscribe", TW_MARK_LIST, NULL },
    { "List-Unsubscribe", TW_MARK_LIST, NULL },
    { "Message-ID", 0, on_id },
    { "Precedence", 0, on_precedence },
    { "X-Auto-Response-Suppress", 0, on_suppress },
    { "X-Kopano-Rule-Action", TW_MARK_RULE, NULL },
    { "X-Kopano-Vacation", TW_MARK_VACATION, NULL },
    { TW_MARK_LOOP_HEADER, 0, on_loop },
    { TW_MARK_RULE_HEADER, TW_MARK_RULE, NULL },
    { TW_MARK_VACATION_HEADER, TW_MARK_VACATION, NULL },
    { "X-Zarafa-Rule-Action", TW_MARK_RULE, NULL },
    { "X-Zarafa-Vacation", TW_MARK_VACATION, NULL },
};

static Text
trimmed(const guint8 *data, gsize len)
{
    Text text = { (const char *) data, MIN(len, TW_MARKS_MOST_VALUE) };

    while (text.len > 0 && g_ascii_isspace(*text.at)) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && g_ascii_isspace(text.at[text.len - 1]))
        text.len--;
    return text;
}

static void
take_field(const TwMimeField *field, const TwMarkWishes *wishes, TwMarks *marks)
{
    Text name = { (const char *) field->name, field->name_len };
    Text value = trimmed(field->value, field->value_len);

    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (!tw_mime_field_is(field, fields[i].name))
            continue;
        marks->bits |= fields[i].bits;
        if (fields[i].read != NULL)
            fields[i].read(marks, &value);
        break;
    }
    if (wishes->spam_name != NULL && *wishes->spam_name != '\0' &&
        fits(wishes->spam_name, FALSE, &name) &&
        contains(&value, wishes->spam_value != NULL ? wishes->spam_value : ""))
        marks->bits |= TW_MARK_SPAM;
    if (matches(wishes->no_forward, &name, &value))
        marks->bits |= TW_MARK_NO_FORWARD;
    if (matches(wishes->no_reply, &name, &value))
        marks->bits |= TW_MARK_NO_REPLY;
}

void
tw_marks_read(const guint8 *mail, gsize len, const TwMarkWishes *wishes, TwMarks *ret)
{
    TwCursor cur = tw_cursor_init(mail, MIN(len, TW_MARKS_MOST_HEADER));
    TwMimeField field;

    *ret = (TwMarks){ 0 };
    for (guint count = 0; count < TW_MARKS_MOST_FIELDS && tw_mime_field_next(&cur, &field);
         count++) {
        if (field.name_len > 0)
            take_field(&field, wishes, ret);
    }
}

gboolean
tw_marks_has_passed(const TwMarks *marks, const char *address)
{
    guint passed = 0;

    for (gsize at = 0; at < marks->loop_len;) {
        Text word = { marks->loop + at, 0 };

        while (at + word.len < marks->loop_len && !g_ascii_isspace(word.at[word.len]))
            word.len++;
        if (word.len > 0 && (++passed >= TW_MARKS_MOST_PASSED || fits(address, FALSE, &word)))
            return TRUE;
        at += word.len + 1;
    }
    return FALSE;
}

/* ---- addresses ---- */

gboolean
tw_marks_is_machine(const char *address)
{
    static const char *const whole[] = { "mailer-daemon", "postmaster", "root",    "listserv",
                                         "majordomo",     "noreply",    "no-reply" };
    const char *at = strrchr(address, '@');
    Text local = { address, at != NULL ? (gsize) (at - address) : strlen(address) };
    Text tail = local;

    if (local.len == 0)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(whole); i++) {
        if (fits(whole[i], FALSE, &local))
            return TRUE;
    }
    if (fits("owner-", TRUE, &local) || fits("bounce-", TRUE, &local))
        return TRUE;
    if (local.len < strlen("-request"))
        return FALSE;
    tail.at += local.len - strlen("-request");
    tail.len = strlen("-request");
    return fits("-request", FALSE, &tail);
}
