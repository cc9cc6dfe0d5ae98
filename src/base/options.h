/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Command lines: options from tables, and every config key as a long option. Pure: from words to a result.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_OPTIONS_WORDS_MOST = 65536 /* words of one command line */
};

/* One option. A table ends with a row without names. */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): rows are written in the order of reading */
typedef struct {
    const char *long_name; /* NULL: none */
    char short_name;       /* 0: none */
    const char
        *arg; /* name of its argument for the help; NULL: takes none; "[=NAME]": may be left out */
    int id;   /* what the program knows it by; not 0 */
    const char *help; /* one line; NULL: not shown */
} TwOption;

/* One occurrence of an option. */
typedef struct {
    int id;
    const char *value; /* borrowed from the command line; NULL for an option without argument */
} TwOptionHit;

typedef struct {
    GArray *hits;     /* of TwOptionHit, in order */
    GPtrArray *words; /* of const char *, borrowed: what is no option */
    GArray *settings; /* of TwConfigSetting: config keys, with name owned by names */
    GPtrArray *names; /* of char * */
} TwOptions;

/**
 * TwOptionsIsKeyFunc:
 * @name: a name, lower case with underscores
 * @data: what the caller gave
 *
 * Returns: TRUE when @name is a config key of the program
 */
typedef gboolean (*TwOptionsIsKeyFunc)(const char *name, gconstpointer data);

/**
 * tw_options_parse:
 * @tables: (array zero-terminated=1): tables of options; where two know a name, the first wins
 * @is_key: (nullable): says which other long options are config keys
 * @data: for @is_key
 * @argv: (array length=argc): the words, the first of which is the program's name
 * @argc: how many
 * @error: on failure TW_ERROR_INVALID (argument missing or not wanted), TW_ERROR_NOT_FOUND (unknown option),
 *   TW_ERROR_TOO_BIG
 *
 * Reads "-x", "-xARG", "-x ARG", "-xyz", "--name", "--name=ARG", "--name ARG"; options and other words may be mixed, "--"
 * ends the options. In the name of a config key dashes stand for underscores. The result borrows from @argv.
 *
 * Returns: (transfer full): what was found, or NULL
 */
TwOptions *tw_options_parse(const TwOption *const *tables,
                            TwOptionsIsKeyFunc is_key,
                            gconstpointer data,
                            char **argv,
                            int argc,
                            GError **error);

/**
 * tw_options_free:
 * @options: (nullable): a result
 */
void tw_options_free(TwOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwOptions, tw_options_free)

/**
 * tw_options_has:
 * @options: a result
 * @id: an option
 *
 * Returns: TRUE when it was given
 */
gboolean tw_options_has(const TwOptions *options, int id);

/**
 * tw_options_value:
 * @options: a result
 * @id: an option with an argument
 *
 * Returns: (transfer none) (nullable): its last argument, or NULL when it was not given
 */
const char *tw_options_value(const TwOptions *options, int id);

/**
 * tw_options_write_help:
 * @table: a table of options
 * @text: lines of help are appended here
 */
void tw_options_write_help(const TwOption *table, GString *text);

/**
 * tw_options_write_mdoc:
 * @table: a table of options
 * @page: items of an mdoc list are appended here
 */
void tw_options_write_mdoc(const TwOption *table, GString *page);

G_END_DECLS
