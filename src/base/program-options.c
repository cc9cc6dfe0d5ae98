/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The options that programs share (the configuration contract, 2.1), and the manual page.
 */
#include <string.h>

#include "base/program-private.h"

static const TwOption every_program[] = {
    { "ignore-unknown-config-options", '\0', NULL, TW_OPTION_IGNORE_UNKNOWN,
      "only warn about unknown keys in the configuration" },
    { "version", 'V', NULL, TW_OPTION_VERSION, "print the version and exit" },
    { "help", '\0', NULL, TW_OPTION_HELP, "print this help and exit" },
    { "dump-config", '\0', NULL, TW_OPTION_DUMP_CONFIG,
      "print every configuration key with its value and exit" },
    { "check-config", '\0', NULL, TW_OPTION_CHECK_CONFIG,
      "read the configuration, say what is wrong, and exit" },
    { "dump-man", '\0', NULL, TW_OPTION_DUMP_MAN, NULL },
    { "dump-completion", '\0', "SHELL", TW_OPTION_DUMP_COMPLETION, NULL },
    { NULL, '\0', NULL, 0, NULL },
};

static const TwOption daemon_options[] = {
    { "config", 'c', "FILE", TW_OPTION_CONFIG, "read this configuration file" },
    { "host", 'h', "URL", TW_OPTION_HOST, "connect to this storage server" },
    { "foreground", 'F', NULL, TW_OPTION_FOREGROUND,
      "accepted; the program never leaves the foreground" },
    { NULL, 'i', NULL, TW_OPTION_IGNORE_UNKNOWN, "short for --ignore-unknown-config-options" },
    { NULL, 'u', NULL, TW_OPTION_SWALLOWED, NULL },
    { NULL, 'p', NULL, TW_OPTION_SWALLOWED, NULL },
    { NULL, '\0', NULL, 0, NULL },
};

static const TwOption daemon_options_h_is_help[] = {
    { "config", 'c', "FILE", TW_OPTION_CONFIG, "read this configuration file" },
    { NULL, 'h', NULL, TW_OPTION_HELP, "short for --help" },
    { "foreground", 'F', NULL, TW_OPTION_FOREGROUND,
      "accepted; the program never leaves the foreground" },
    { NULL, 'i', NULL, TW_OPTION_IGNORE_UNKNOWN, "short for --ignore-unknown-config-options" },
    { NULL, 'u', NULL, TW_OPTION_SWALLOWED, NULL },
    { NULL, 'p', NULL, TW_OPTION_SWALLOWED, NULL },
    { NULL, '\0', NULL, 0, NULL },
};

static const TwOption scripted_options[] = {
    { "config", 'C', "FILE", TW_OPTION_CONFIG, "read this configuration file" },
    { "server-socket", 'S', "SOCKET", TW_OPTION_SERVER_SOCKET, "connect to this storage server" },
    { "ssl-key", 'K', "FILE", TW_OPTION_SSL_KEY, "client certificate with key" },
    { "ssl-pass", 'Q', "PASS", TW_OPTION_SSL_PASS, "password of the client certificate" },
    { "auth-user", 'U', "NAME", TW_OPTION_AUTH_USER, "log on as this user instead of SYSTEM" },
    { "auth-pass", 'P', "PASS", TW_OPTION_AUTH_PASS, "password of that user" },
    { "user", 'u', "NAME", TW_OPTION_USER, "only this user; may be repeated" },
    { "group", 'g', "NAME", TW_OPTION_GROUP, "only this group; may be repeated" },
    { "company", 'c', "NAME", TW_OPTION_COMPANY, "only this company; may be repeated" },
    { "store", 's', "GUID", TW_OPTION_STORE, "only this store, or \"public\"; may be repeated" },
    { "folder", 'f', "PATH", TW_OPTION_FOLDER, "only this folder; may be repeated" },
    { "period-begin", 'b', "DATE", TW_OPTION_PERIOD_BEGIN, "on or after YYYY-MM-DD" },
    { "period-end", 'e', "DATE", TW_OPTION_PERIOD_END, "before YYYY-MM-DD" },
    { "foreground", 'F', NULL, TW_OPTION_FOREGROUND, "stay in the foreground" },
    { "modify", 'm', NULL, TW_OPTION_MODIFY, "really change data" },
    { "log-level", 'l', "NAME", TW_OPTION_LOG_LEVEL, "log level by name" },
    { "input-dir", 'I', "PATH", TW_OPTION_INPUT_DIR, "folder to read from" },
    { "output-dir", 'O', "PATH", TW_OPTION_OUTPUT_DIR, "folder to write to" },
    { "worker-processes", 'w', "N", TW_OPTION_WORKERS, "how many at a time" },
    { "verbose", 'v', NULL, TW_OPTION_VERBOSE, "more output" },
    { NULL, '\0', NULL, 0, NULL },
};

static const TwOption no_options[] = { { NULL, '\0', NULL, 0, NULL } };

void
tw_program_option_tables(const TwProgram *program, const TwOption *ret[4])
{
    ret[0] = program->options != NULL ? program->options : no_options;
    switch (program->kind) {
    case TW_PROGRAM_DAEMON:
        ret[1] = program->h_is_help ? daemon_options_h_is_help : daemon_options;
        break;
    case TW_PROGRAM_SCRIPTED:
        ret[1] = scripted_options;
        break;
    case TW_PROGRAM_TOOL:
        ret[1] = no_options;
        break;
    }
    ret[2] = every_program;
    ret[3] = NULL;
}

static void
write_man_end(const TwProgram *program, GString *page)
{
    if (program->config_name != NULL)
        g_string_append_printf(page,
                               ".Sh FILES\n.Bl -tag -width Ds\n.It Pa %s/%s.cfg\n"
                               "Read when no other file is named.\n.El\n",
                               TW_CONFIG_FOLDER, program->config_name);
    g_string_append(page, ".Sh EXIT STATUS\n");
    if (program->kind == TW_PROGRAM_DAEMON)
        g_string_append(page, "0 after a clean stop, 1 when the configuration is wrong or the "
                              "start failed.\n");
    else
        g_string_append(page, "0 on success, 64 when wrongly called, 69 when the server cannot be "
                              "reached, 75 when it should be tried\nagain, 77 when it is not "
                              "allowed, 1 for anything else.\n");
}

/* mdoc wants each sentence on a line of its own. */
static void
write_sentences(const char *text, GString *page)
{
    const char *end;

    while ((end = strstr(text, ". ")) != NULL) {
        g_string_append_len(page, text, end + 1 - text);
        g_string_append_c(page, '\n');
        text = end + 2;
    }
    g_string_append(page, text);
}

void
tw_program_write_man(const TwProgram *program, const TwConfigSchema *schema, GString *page)
{
    const TwOption *tables[4];
    g_autofree char *title = g_ascii_strup(program->name, -1);

    tw_program_option_tables(program, tables);
    g_string_append_printf(page,
                           ".Dd $Mdocdate$\n.Dt %s 8\n.Os Twiga\n.Sh NAME\n.Nm %s\n.Nd %s\n"
                           ".Sh SYNOPSIS\n.Nm\n.Op Ar option ...\n"
                           ".Sh DESCRIPTION\n",
                           title, program->name, program->summary);
    write_sentences(program->description, page);
    g_string_append(page, "\n.Sh OPTIONS\n.Bl -tag -width Ds\n");
    for (guint i = 0; tables[i] != NULL; i++)
        tw_options_write_mdoc(tables[i], page);
    g_string_append(page, ".El\n");
    if (program->add_tables != NULL) {
        g_string_append(page,
                        ".Sh CONFIGURATION\n"
                        "A configuration file has lines of the form\n.Ql name = value .\n"
                        "Lines that start with\n.Ql #\nare comments.\n"
                        "A line\n.Ql !include FILE\nreads another file at this place.\n"
                        "A value\n.Ql $NAME\nstands for the environment variable of that name, "
                        "except where a secret is expected.\n"
                        "Every key is also a long option, with dashes for underscores.\n");
        tw_config_schema_write_mdoc(schema, page);
    }
    write_man_end(program, page);
}
