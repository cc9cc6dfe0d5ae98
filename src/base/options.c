/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/options.h"

#include <string.h>

#include "base/config.h"
#include "base/error.h"

typedef struct {
    const TwOption *const *tables;
    TwOptionsIsKeyFunc is_key;
    gconstpointer data;
    char **argv;
    gsize argc;
    gsize at; /* next unread word */
    TwOptions *out;
} Parse;

void
tw_options_free(TwOptions *options)
{
    if (options == NULL)
        return;
    g_array_unref(options->hits);
    g_ptr_array_unref(options->words);
    g_array_unref(options->settings);
    g_ptr_array_unref(options->names);
    g_free(options);
}

static gboolean
is_last(const TwOption *option)
{
    return option->long_name == NULL && option->short_name == '\0';
}

/* An argument in brackets may be left out; it comes behind "=". */
static gboolean
may_stand_alone(const TwOption *option)
{
    return option->arg == NULL || option->arg[0] == '[';
}

static const TwOption *
find_long(const Parse *parse, const char *name, gsize len)
{
    for (const TwOption *const *table = parse->tables; *table != NULL; table++) {
        for (const TwOption *option = *table; !is_last(option); option++) {
            if (option->long_name != NULL && strlen(option->long_name) == len &&
                memcmp(option->long_name, name, len) == 0)
                return option;
        }
    }
    return NULL;
}

static const TwOption *
find_short(const Parse *parse, char name)
{
    for (const TwOption *const *table = parse->tables; *table != NULL; table++) {
        for (const TwOption *option = *table; !is_last(option); option++) {
            if (option->short_name == name)
                return option;
        }
    }
    return NULL;
}

static void
add_hit(Parse *parse, const TwOption *option, const char *value)
{
    TwOptionHit hit = { .id = option->id, .value = value };

    g_array_append_val(parse->out->hits, hit);
}

static const char *
next_word(Parse *parse, const char *option, GError **error)
{
    if (parse->at < parse->argc)
        return parse->argv[parse->at++];
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "option %s needs an argument", option);
    return NULL;
}

/* A long option that no table knows: a config key, or nothing. */
static gboolean
parse_key(Parse *parse, const char *word, gsize name_len, const char *value, GError **error)
{
    char *name = g_strndup(word + 2, name_len);
    TwConfigSetting setting;

    g_ptr_array_add(parse->out->names, name);
    g_strdelimit(name, "-", '_');
    if (parse->is_key == NULL || !parse->is_key(name, parse->data)) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "unknown option %.*s",
                    (int) MIN(name_len, 64) + 2, word);
        return FALSE;
    }
    setting.name = name;
    setting.value = value != NULL ? value : next_word(parse, word, error);
    if (setting.value == NULL)
        return FALSE;
    g_array_append_val(parse->out->settings, setting);
    return TRUE;
}

static gboolean
parse_long(Parse *parse, const char *word, GError **error)
{
    gsize name_len = strcspn(word + 2, "=");
    const char *value = word[2 + name_len] == '=' ? word + 2 + name_len + 1 : NULL;
    const TwOption *option = find_long(parse, word + 2, name_len);

    if (option == NULL)
        return parse_key(parse, word, name_len, value, error);
    if (option->arg == NULL && value != NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "option --%s takes no argument",
                    option->long_name);
        return FALSE;
    }
    if (!may_stand_alone(option) && value == NULL) {
        value = next_word(parse, word, error);
        if (value == NULL)
            return FALSE;
    }
    add_hit(parse, option, value);
    return TRUE;
}

/* "-x", several at once, the last perhaps with its argument. */
static gboolean
parse_short(Parse *parse, const char *word, GError **error)
{
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        const TwOption *option = find_short(parse, *letter);
        const char *value;

        if (option == NULL) {
            g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "unknown option -%c",
                        g_ascii_isgraph(*letter) ? *letter : '?');
            return FALSE;
        }
        if (may_stand_alone(option)) {
            add_hit(parse, option, NULL);
            continue;
        }
        value = letter[1] != '\0' ? letter + 1 : next_word(parse, word, error);
        if (value == NULL)
            return FALSE;
        add_hit(parse, option, value);
        break;
    }
    return TRUE;
}

static gboolean
parse_words(Parse *parse, GError **error)
{
    gboolean options_ended = FALSE;

    while (parse->at < parse->argc) {
        char *word = parse->argv[parse->at++];
        gboolean ok = TRUE;

        if (options_ended || word[0] != '-' || word[1] == '\0')
            g_ptr_array_add(parse->out->words, word);
        else if (strcmp(word, "--") == 0)
            options_ended = TRUE;
        else if (word[1] == '-')
            ok = parse_long(parse, word, error);
        else
            ok = parse_short(parse, word, error);
        if (!ok)
            return FALSE;
    }
    return TRUE;
}

TwOptions *
tw_options_parse(const TwOption *const *tables,
                 TwOptionsIsKeyFunc is_key,
                 gconstpointer data,
                 char **argv,
                 int argc,
                 GError **error)
{
    g_autoptr(TwOptions) out = g_new0(TwOptions, 1);
    Parse parse = {
        .tables = tables,
        .is_key = is_key,
        .data = data,
        .argv = argv,
        .argc = (gsize) MAX(argc, 0),
        .at = 1,
        .out = out,
    };

    out->hits = g_array_new(FALSE, FALSE, sizeof(TwOptionHit));
    out->words = g_ptr_array_new();
    out->settings = g_array_new(FALSE, FALSE, sizeof(TwConfigSetting));
    out->names = g_ptr_array_new_with_free_func(g_free);
    if (argc > TW_OPTIONS_WORDS_MOST) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the checker does not know g_auto */
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "more than %d words", TW_OPTIONS_WORDS_MOST);
        return NULL;
    }
    return parse_words(&parse, error) ? g_steal_pointer(&out) : NULL;
}

gboolean
tw_options_has(const TwOptions *options, int id)
{
    for (guint i = 0; i < options->hits->len; i++) {
        if (g_array_index(options->hits, TwOptionHit, i).id == id)
            return TRUE;
    }
    return FALSE;
}

const char *
tw_options_value(const TwOptions *options, int id)
{
    const char *value = NULL;

    for (guint i = 0; i < options->hits->len; i++) {
        const TwOptionHit *hit = &g_array_index(options->hits, TwOptionHit, i);
        if (hit->id == id)
            value = hit->value;
    }
    return value;
}

void
tw_options_write_help(const TwOption *table, GString *text)
{
    for (const TwOption *option = table; !is_last(option); option++) {
        g_autoptr(GString) names = g_string_new("  ");

        if (option->help == NULL)
            continue;
        if (option->short_name != '\0')
            g_string_append_printf(names, "-%c%s", option->short_name,
                                   option->long_name != NULL ? ", " : "");
        else
            g_string_append(names, "    ");
        if (option->long_name != NULL)
            g_string_append_printf(names, "--%s", option->long_name);
        if (option->arg != NULL)
            g_string_append_printf(names, may_stand_alone(option) ? "%s" : " %s", option->arg);
        g_string_append_printf(text, "%-38s %s\n", names->str, option->help);
    }
}

void
tw_options_write_mdoc(const TwOption *table, GString *page)
{
    for (const TwOption *option = table; !is_last(option); option++) {
        if (option->help == NULL)
            continue;
        g_string_append(page, ".It");
        if (option->short_name != '\0')
            g_string_append_printf(page, " Fl %c%s", option->short_name,
                                   option->long_name != NULL ? " ," : "");
        if (option->long_name != NULL)
            g_string_append_printf(page, " Fl Fl %s", option->long_name);
        if (option->arg != NULL)
            g_string_append_printf(page, " Ar %s", option->arg);
        g_string_append_printf(page, "\n%s.\n", option->help);
    }
}
