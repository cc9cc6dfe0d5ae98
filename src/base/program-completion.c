/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Completion for shells, from the tables of options and keys: what a shell offers is what the program takes.
 */
#include <string.h>

#include "base/config-private.h"
#include "base/error.h"
#include "base/program-private.h"

/* What follows an option. */
typedef enum {
    WANTS_NOTHING = 0,
    WANTS_FILE = 1,
    WANTS_WORDS = 2, /* one of some */
    WANTS_TEXT = 3,  /* anything */
} Wants;

/* One option as a shell sees it. */
typedef struct {
    const char *long_name; /* (nullable); dashes where a key has underscores */
    char short_name;       /* 0: none */
    Wants wants;
    const char *arg;   /* (nullable) */
    const char *words; /* for WANTS_WORDS, separated by spaces */
    const char *help;
} Offer;

typedef void (*OfferFunc)(const Offer *offer, GString *out);

static Wants
wants_of(const char *arg)
{
    static const char *const files[] = { "FILE", "PATH", "DIR", "FOLDER" };

    if (arg == NULL || arg[0] == '[')
        return WANTS_NOTHING;
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        if (strcmp(arg, files[i]) == 0)
            return WANTS_FILE;
    }
    return WANTS_TEXT;
}

static char *
words_of(const TwConfigKey *key)
{
    GString *words = g_string_new(NULL);

    for (gsize i = 0; key->choices != NULL && key->choices[i] != NULL; i++) {
        const char *end = strchr(key->choices[i], '|');
        g_string_append_printf(
            words, "%s%.*s", i == 0 ? "" : " ",
            (int) (end != NULL ? (gsize) (end - key->choices[i]) : strlen(key->choices[i])),
            key->choices[i]);
    }
    return g_string_free(words, FALSE);
}

static void
offer_key(const TwConfigKey *key, OfferFunc func, GString *out)
{
    g_autofree char *name = g_strdelimit(g_strdup(key->name), "_", '-');
    g_autofree char *words = key->type == TW_CONFIG_BOOL ? g_strdup("yes no") : words_of(key);
    Offer offer = { .long_name = name, .arg = "VALUE", .words = words, .help = key->help };

    if (key->flags & TW_CONFIG_OBSOLETE)
        return;
    if (key->type == TW_CONFIG_BOOL || key->type == TW_CONFIG_ENUM)
        offer.wants = WANTS_WORDS;
    else
        offer.wants = key->type == TW_CONFIG_PATH ? WANTS_FILE : WANTS_TEXT;
    func(&offer, out);
}

/* Options first, then keys; what has no help is not shown anywhere. */
static void
offer_all(const TwProgram *program, const TwConfigSchema *schema, OfferFunc func, GString *out)
{
    const TwOption *tables[4];

    tw_program_option_tables(program, tables);
    for (guint i = 0; tables[i] != NULL; i++) {
        for (const TwOption *option = tables[i]; option->id != 0; option++) {
            Offer offer = { .long_name = option->long_name,
                            .short_name = option->short_name,
                            .wants = wants_of(option->arg),
                            .arg = option->arg,
                            .help = option->help };
            if (option->help != NULL)
                func(&offer, out);
        }
    }
    for (guint i = 0; i < schema->slots->len; i++)
        offer_key(g_array_index(schema->slots, TwConfigSlot, i).key, func, out);
}

/* ---- bash ---- */

static void
put_bash_names(const Offer *offer, const char *between, GString *out)
{
    if (offer->long_name != NULL)
        g_string_append_printf(out, "--%s", offer->long_name);
    if (offer->long_name != NULL && offer->short_name != '\0')
        g_string_append(out, between);
    if (offer->short_name != '\0')
        g_string_append_printf(out, "-%c", offer->short_name);
}

static void
put_bash_word(const Offer *offer, GString *out)
{
    g_string_append(out, "\n        ");
    put_bash_names(offer, " ", out);
}

static void
put_bash_value(const Offer *offer, GString *out)
{
    if (offer->wants == WANTS_NOTHING)
        return;
    g_string_append(out, "    ");
    put_bash_names(offer, " | ", out);
    if (offer->wants == WANTS_FILE)
        g_string_append(out, ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n");
    else if (offer->wants == WANTS_WORDS)
        g_string_append_printf(out, ") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
                               offer->words);
    else
        g_string_append(out, ") return ;;\n");
}

/* "=" parts words for bash: "--name=val" comes as three. */
static void
write_bash(const TwProgram *program, const TwConfigSchema *schema, GString *out)
{
    g_autofree char *function = g_strdelimit(g_strdup(program->name), "-", '_');

    g_string_append_printf(out,
                           "# bash completion of %s\n"
                           "_%s() {\n"
                           "    local cur=${COMP_WORDS[COMP_CWORD]} "
                           "prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
                           "    COMPREPLY=()\n"
                           "    if [[ $cur == '=' ]]; then\n"
                           "        cur=''\n"
                           "    elif [[ $prev == '=' ]]; then\n"
                           "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
                           "    fi\n"
                           "    case $prev in\n",
                           program->name, function);
    offer_all(program, schema, put_bash_value, out);
    g_string_append(out, "    esac\n"
                         "    if [[ $cur == -* ]]; then\n"
                         "        COMPREPLY=($(compgen -W '");
    offer_all(program, schema, put_bash_word, out);
    g_string_append_printf(out,
                           "' -- \"$cur\"))\n"
                           "    fi\n"
                           "}\n"
                           "complete -o default -F _%s %s\n",
                           function, program->name);
}

/* ---- zsh ---- */

/* Inside single quotes, where brackets and colons have a meaning of their own. */
static void
put_zsh_text(const char *text, const char *end, GString *out)
{
    for (; text < end; text++) {
        if (*text == '\'')
            g_string_append(out, "'\\''");
        else if (strchr("[]:\\", *text) != NULL)
            g_string_append_printf(out, "\\%c", *text);
        else
            g_string_append_c(out, *text);
    }
}

/* The first sentence is enough of a help. */
static void
put_zsh_one(const Offer *offer, const char *name, const char *equals, GString *out)
{
    const char *end = strstr(offer->help, ". ");

    g_string_append_printf(out, " \\\n    '*%s%s[", name,
                           offer->wants == WANTS_NOTHING ? "" : equals);
    put_zsh_text(offer->help, end != NULL ? end : offer->help + strlen(offer->help), out);
    g_string_append_c(out, ']');
    if (offer->wants != WANTS_NOTHING)
        g_string_append_printf(out, ":%s:", offer->arg);
    if (offer->wants == WANTS_FILE)
        g_string_append(out, "_files");
    else if (offer->wants == WANTS_WORDS)
        g_string_append_printf(out, "(%s)", offer->words);
    g_string_append_c(out, '\'');
}

static void
put_zsh(const Offer *offer, GString *out)
{
    g_autofree char *long_name = g_strconcat("--", offer->long_name, NULL);
    char short_name[] = { '-', offer->short_name, '\0' };

    if (offer->long_name != NULL)
        put_zsh_one(offer, long_name, "=", out);
    if (offer->short_name != '\0')
        put_zsh_one(offer, short_name, "+", out);
}

static void
write_zsh(const TwProgram *program, const TwConfigSchema *schema, GString *out)
{
    g_string_append_printf(out, "#compdef %s\n_arguments -s", program->name);
    offer_all(program, schema, put_zsh, out);
    g_string_append(out, " \\\n    '*:word:_files'\n");
}

gboolean
tw_program_write_completion(const TwProgram *program,
                            const TwConfigSchema *schema,
                            const char *shell,
                            GString *out,
                            GError **error)
{
    if (strcmp(shell, "bash") == 0)
        write_bash(program, schema, out);
    else if (strcmp(shell, "zsh") == 0)
        write_zsh(program, schema, out);
    else {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "--dump-completion is for bash and zsh, not \"%s\"", shell);
        return FALSE;
    }
    return TRUE;
}
