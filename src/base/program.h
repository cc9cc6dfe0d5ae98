/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How every program starts: common options, finding and reading the configuration, help, version, --dump-config,
 * --check-config and the manual page, all from one description.
 */
#pragma once

#include <glib.h>

#include "base/config.h"
#include "base/options.h"

G_BEGIN_DECLS

#ifndef TW_CONFIG_FOLDER
#    define TW_CONFIG_FOLDER "/etc/twiga" /* where configuration files are */
#endif

enum {
    TW_EXIT_OK = 0,
    TW_EXIT_FAILED = 1,       /* configuration or start-up of a daemon; anything else of a tool */
    TW_EXIT_USAGE = 64,       /* tools: wrong options */
    TW_EXIT_UNAVAILABLE = 69, /* tools: server cannot be reached */
    TW_EXIT_TEMPORARY = 75,   /* tools: try again */
    TW_EXIT_PERMISSION = 77,  /* tools: not allowed */
};

/* Options that programs share. Those of a program itself count from TW_OPTION_OWN. */
enum {
    TW_OPTION_CONFIG = 1,
    TW_OPTION_HOST,
    TW_OPTION_FOREGROUND,
    TW_OPTION_IGNORE_UNKNOWN,
    TW_OPTION_VERSION,
    TW_OPTION_HELP,
    TW_OPTION_DUMP_CONFIG,
    TW_OPTION_CHECK_CONFIG,
    TW_OPTION_DUMP_MAN,
    TW_OPTION_DUMP_COMPLETION,
    TW_OPTION_SWALLOWED, /* historic, no effect */
    /* of scripted tools */
    TW_OPTION_SERVER_SOCKET,
    TW_OPTION_SSL_KEY,
    TW_OPTION_SSL_PASS,
    TW_OPTION_AUTH_USER,
    TW_OPTION_AUTH_PASS,
    TW_OPTION_USER,
    TW_OPTION_GROUP,
    TW_OPTION_COMPANY,
    TW_OPTION_STORE,
    TW_OPTION_FOLDER,
    TW_OPTION_PERIOD_BEGIN,
    TW_OPTION_PERIOD_END,
    TW_OPTION_MODIFY,
    TW_OPTION_LOG_LEVEL,
    TW_OPTION_INPUT_DIR,
    TW_OPTION_OUTPUT_DIR,
    TW_OPTION_WORKERS,
    TW_OPTION_VERBOSE,
    TW_OPTION_OWN = 1000,
};

typedef enum {
    TW_PROGRAM_DAEMON = 0,   /* -c FILE, -h URL, -F, -i, -V ... */
    TW_PROGRAM_SCRIPTED = 1, /* -C FILE, -S, -U, -u, -g, -s, -f ... */
    TW_PROGRAM_TOOL = 2, /* only the long common options and -V; the rest is the program's own */
} TwProgramKind;

/* By whose name a program was called: "twiga-server", "kopano-server", "zarafa-server". */
typedef enum {
    TW_GENERATION_TWIGA = 0,
    TW_GENERATION_KOPANO = 1,
    TW_GENERATION_ZARAFA = 2,
    TW_GENERATIONS = 3,
} TwGeneration;

/* Where a key of this program starts out, by the name it was called. A table ends with a row without a key. */
typedef struct {
    const char *key;
    const char *values[TW_GENERATIONS];
} TwProgramDefault;

/* A program. All borrowed, usually static const. */
typedef struct {
    const char *name;        /* "twiga-gateway" */
    const char *config_name; /* "gateway", for gateway.cfg; NULL: none is looked for */
    const char *summary;     /* what it is, a few words without a full stop */
    const char *description; /* sentences for the manual page */
    TwProgramKind kind;
    gboolean h_is_help;      /* -h is --help, not --host */
    gboolean foreign_config; /* its file may be another program's: unknown keys are passed over */
    const TwOption *options; /* its own; NULL: none */
    gboolean (*add_tables)(TwConfigSchema *schema, GError **error); /* NULL: no config keys */
    const TwProgramDefault *defaults; /* of those keys; NULL: as the tables say */
} TwProgram;

/* What a program starts in. NULL members mean nothing there. */
typedef struct {
    const char *const *environment; /* "NAME=value", NULL-terminated */
    const char *root;               /* put before the absolute folders that are searched */
} TwProgramWorld;

/* A program that may run. */
typedef struct {
    const TwProgram *program;
    TwOptions *options;
    TwConfigSchema *schema;
    TwConfig *config;  /* as first read */
    char *config_path; /* NULL: runs on defaults */
    GPtrArray *notes;  /* of TwConfigNote: warnings of the first reading */
} TwStart;

/**
 * tw_program_generation:
 * @called: as argv[0]
 *
 * Returns: by whose name a program was called
 */
TwGeneration tw_program_generation(const char *called);

/**
 * tw_program_start:
 * @program: the program
 * @argc: words in @argv
 * @argv: the command line, borrowed as long as the result lives
 * @world: environment and root, borrowed as long as the result lives
 * @out: text for standard output is appended here
 * @err: text for standard error is appended here
 * @ret_exit: (out): what to exit with when NULL comes back
 *
 * Reads the command line and then the configuration: the file named by -c; else NAME.cfg in TWIGA_CONFIG_PATH, in
 * KOPANO_CONFIG_PATH, or in /etc/twiga; else defaults. A program that was started by a name of an older generation looks in
 * that generation's folder (/etc/kopano, /etc/zarafa) before /etc/twiga; for others a file there earns a hint.
 * --help, --version, --dump-config, --check-config and --dump-man write to @out and end with 0 (a wrong configuration: 1).
 *
 * Returns: (transfer full): NULL when the program shall end now
 */
TwStart *tw_program_start(const TwProgram *program,
                          int argc,
                          char **argv,
                          const TwProgramWorld *world,
                          GString *out,
                          GString *err,
                          int *ret_exit);

/**
 * tw_program_main_start:
 * @program: the program
 * @argc: as in main()
 * @argv: as in main()
 * @ret_exit: (out): what to exit with when NULL comes back
 *
 * tw_program_start() for main(): the process's own environment and standard output and error. TWIGA_ROOT of the environment is
 * the root, for a system that is not (yet) at "/".
 *
 * Returns: (transfer full): NULL when the program shall end now
 */
TwStart *tw_program_main_start(const TwProgram *program, int argc, char **argv, int *ret_exit);

/**
 * tw_start_free:
 * @start: (nullable): a start
 */
void tw_start_free(TwStart *start);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwStart, tw_start_free)

/**
 * tw_program_reload:
 * @start: the start
 * @running: the configuration in use
 * @world: environment and root, as at the start
 * @notes: (nullable) (element-type TwConfigNote): as for tw_config_reload()
 * @error: as for tw_config_reload()
 *
 * For SIGHUP: reads the same file with the same command line again.
 *
 * Returns: (transfer full): the next configuration, or NULL: go on with @running
 */
TwConfig *tw_program_reload(const TwStart *start,
                            const TwConfig *running,
                            const TwProgramWorld *world,
                            GPtrArray *notes,
                            GError **error);

/**
 * tw_program_write_completion:
 * @program: the program
 * @schema: its keys
 * @shell: "bash" or "zsh"
 * @out: the script is appended here
 * @error: TW_ERROR_INVALID: another shell
 *
 * Writes what lets a shell complete the program's options, keys and their values.
 *
 * Returns: FALSE on failure
 */
gboolean tw_program_write_completion(const TwProgram *program,
                                     const TwConfigSchema *schema,
                                     const char *shell,
                                     GString *out,
                                     GError **error);

/**
 * tw_program_write_man:
 * @program: the program
 * @schema: its keys
 * @page: mdoc source is appended here
 *
 * Writes the whole manual page, section 8: options, every config key, files, exit status.
 */
void tw_program_write_man(const TwProgram *program, const TwConfigSchema *schema, GString *page);

G_END_DECLS
