/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/program.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/program-private.h"

void
tw_start_free(TwStart *start)
{
    if (start == NULL)
        return;
    tw_options_free(start->options);
    tw_config_unref(start->config);
    tw_config_schema_unref(start->schema);
    g_free(start->config_path);
    g_ptr_array_unref(start->notes);
    g_free(start);
}

static const char *
find_variable(const TwProgramWorld *world, const char *name)
{
    gsize len = strlen(name);
    const char *const *at = world->environment;

    for (; at != NULL && *at != NULL; at++) {
        if (strncmp(*at, name, len) == 0 && (*at)[len] == '=')
            return *at + len + 1;
    }
    return NULL;
}

/* The path of NAME.cfg in a folder when there is such a file. */
static char *
probe(const char *root, const char *folder, const char *name)
{
    g_autofree char *file = g_strconcat(name, ".cfg", NULL);
    g_autofree char *path = root == NULL ? g_build_filename(folder, file, NULL)
                                         : g_build_filename(root, folder, file, NULL);

    return access(path, F_OK) == 0 ? g_steal_pointer(&path) : NULL;
}

static const struct {
    const char *prefix, *folder;
} generations[] = {
    [TW_GENERATION_TWIGA] = { "twiga-", TW_CONFIG_FOLDER },
    [TW_GENERATION_KOPANO] = { "kopano-", "/etc/kopano" },
    [TW_GENERATION_ZARAFA] = { "zarafa-", "/etc/zarafa" },
};

TwGeneration
tw_program_generation(const char *called)
{
    g_autofree char *name = g_path_get_basename(called);

    for (guint i = TW_GENERATION_KOPANO; i < TW_GENERATIONS; i++) {
        if (g_str_has_prefix(name, generations[i].prefix))
            return (TwGeneration) i;
    }
    return TW_GENERATION_TWIGA;
}

static char *
find_by_variable(const TwProgram *program, const TwProgramWorld *world)
{
    static const char *const variables[] = { "TWIGA_CONFIG_PATH", "KOPANO_CONFIG_PATH" };

    for (guint i = 0; i < G_N_ELEMENTS(variables); i++) {
        const char *folder = find_variable(world, variables[i]);
        char *path =
            folder != NULL && *folder != '\0' ? probe(NULL, folder, program->config_name) : NULL;
        if (path != NULL)
            return path;
    }
    return NULL;
}

static char *
find_config(const TwProgram *program,
            TwGeneration generation,
            const TwProgramWorld *world,
            GString *err)
{
    char *path = find_by_variable(program, world);

    if (path == NULL)
        path = probe(world->root, generations[generation].folder, program->config_name);
    if (path == NULL)
        path = probe(world->root, TW_CONFIG_FOLDER, program->config_name);
    for (guint i = TW_GENERATION_KOPANO; path == NULL && i < TW_GENERATIONS; i++) {
        g_autofree char *old = probe(world->root, generations[i].folder, program->config_name);

        if (old == NULL)
            continue;
        g_string_append_printf(err,
                               "%s: there is an older %s, which is not read; use -c to read it\n",
                               program->name, old);
        break;
    }
    return path;
}

static gboolean
is_key(const char *name, gconstpointer data)
{
    return tw_config_schema_has_key(data, name);
}

/* -h and --server-socket are other ways to say server_socket. */
static void
add_server_option(TwStart *start, int id)
{
    TwConfigSetting setting = { .name = "server_socket", .value = NULL };

    setting.value = tw_options_value(start->options, id);
    if (setting.value != NULL && tw_config_schema_has_key(start->schema, setting.name))
        g_array_append_val(start->options->settings, setting);
}

static TwConfigSource
source_of(const TwStart *start, const TwProgramWorld *world)
{
    return (TwConfigSource){
        .path = start->config_path,
        .ignore_unknown = start->program->foreign_config ||
                          tw_options_has(start->options, TW_OPTION_IGNORE_UNKNOWN),
        .settings = &g_array_index(start->options->settings, TwConfigSetting, 0),
        .settings_count = start->options->settings->len,
        .environment = world->environment,
    };
}

static int
usage_exit(const TwProgram *program)
{
    return program->kind == TW_PROGRAM_DAEMON ? TW_EXIT_FAILED : TW_EXIT_USAGE;
}

static void
write_help(const TwProgram *program, GString *out)
{
    const TwOption *tables[4];

    tw_program_option_tables(program, tables);
    g_string_append_printf(out, "%s: %s\n\nUsage: %s [option ...]\n\n", program->name,
                           program->summary, program->name);
    for (guint i = 0; tables[i] != NULL; i++)
        tw_options_write_help(tables[i], out);
    if (program->add_tables != NULL)
        g_string_append(out, "\nEvery configuration key is a long option too: --log-level=5 is "
                             "log_level = 5.\n");
}

/* Options that are answered without a configuration. */
static gboolean
answer_first(const TwStart *start, GString *out, GString *err, int *ret_exit)
{
    const char *shell = tw_options_value(start->options, TW_OPTION_DUMP_COMPLETION);
    g_autoptr(GError) error = NULL;

    *ret_exit = TW_EXIT_OK;
    if (tw_options_has(start->options, TW_OPTION_HELP))
        write_help(start->program, out);
    else if (tw_options_has(start->options, TW_OPTION_VERSION))
        g_string_append_printf(out, "%s %s\n", start->program->name, TW_VERSION);
    else if (tw_options_has(start->options, TW_OPTION_DUMP_MAN))
        tw_program_write_man(start->program, start->schema, out);
    else if (shell == NULL)
        return FALSE;
    else if (!tw_program_write_completion(start->program, start->schema, shell, out, &error)) {
        g_string_append_printf(err, "%s: %s\n", start->program->name, error->message);
        *ret_exit = usage_exit(start->program);
    }
    return TRUE;
}

/* What is wrong in them is our own mistake. */
static gboolean
add_tables(const TwProgram *program,
           TwGeneration generation,
           TwConfigSchema *schema,
           GError **error)
{
    if (program->add_tables != NULL && !program->add_tables(schema, error))
        return FALSE;
    for (const TwProgramDefault *row = program->defaults; row != NULL && row->key != NULL; row++) {
        if (!tw_config_schema_set_default(schema, row->key, row->values[generation], error))
            return FALSE;
    }
    return TRUE;
}

static void
write_notes(const TwStart *start, TwConfigSeverity least, GString *text)
{
    for (guint i = 0; i < start->notes->len; i++) {
        const TwConfigNote *note = g_ptr_array_index(start->notes, i);
        g_autofree char *line = tw_config_note_to_string(note);

        if (note->severity >= least)
            g_string_append_printf(text, "%s: %s\n", start->program->name, line);
    }
}

/* Reads the configuration; FALSE when the program shall end. */
static gboolean
configure(TwStart *start, const TwProgramWorld *world, GString *out, GString *err, int *ret_exit)
{
    TwConfigSource source = source_of(start, world);
    gboolean checking = tw_options_has(start->options, TW_OPTION_CHECK_CONFIG);
    TwConfigSeverity told = start->program->foreign_config ? TW_CONFIG_ERROR : TW_CONFIG_WARNING;

    start->config = tw_config_load(start->schema, &source, start->notes, NULL);
    if (checking && start->config != NULL)
        tw_config_check_paths(start->config, start->notes);
    write_notes(start, checking ? TW_CONFIG_NOTICE : told, checking ? out : err);
    if (start->config == NULL) {
        *ret_exit = TW_EXIT_FAILED;
        return FALSE;
    }
    *ret_exit = TW_EXIT_OK;
    if (checking) {
        g_string_append_printf(out, "%s: %s: the configuration is good\n", start->program->name,
                               start->config_path == NULL ? "no file" : start->config_path);
        return FALSE;
    }
    if (tw_options_has(start->options, TW_OPTION_DUMP_CONFIG)) {
        tw_config_dump(start->config, out);
        return FALSE;
    }
    return TRUE;
}

TwStart *
tw_program_start(const TwProgram *program,
                 int argc,
                 char **argv,
                 const TwProgramWorld *world,
                 GString *out,
                 GString *err,
                 int *ret_exit)
{
    g_autoptr(TwStart) start = g_new0(TwStart, 1);
    g_autoptr(GError) error = NULL;
    TwGeneration generation = tw_program_generation(argc > 0 ? argv[0] : program->name);
    const TwOption *tables[4];
    const char *named;

    start->program = program;
    start->schema = tw_config_schema_new();
    start->notes = g_ptr_array_new_with_free_func((GDestroyNotify) tw_config_note_free);
    tw_program_option_tables(program, tables);
    if (!add_tables(program, generation, start->schema, &error))
        g_error("%s: %s", program->name, error->message); /* a table of ours is wrong */
    start->options = tw_options_parse(tables, is_key, start->schema, argv, argc, &error);
    if (start->options == NULL) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the checker does not know g_auto */
        g_string_append_printf(err, "%s: %s; see %s --help\n", program->name, error->message,
                               program->name);
        *ret_exit = usage_exit(program);
        return NULL;
    }
    if (answer_first(start, out, err, ret_exit))
        return NULL;
    add_server_option(start, TW_OPTION_HOST);
    add_server_option(start, TW_OPTION_SERVER_SOCKET);
    named = tw_options_value(start->options, TW_OPTION_CONFIG);
    if (named != NULL)
        start->config_path = g_canonicalize_filename(named, NULL); /* a reload may run elsewhere */
    else if (program->config_name != NULL)
        start->config_path = find_config(program, generation, world, err);
    return configure(start, world, out, err, ret_exit) ? g_steal_pointer(&start) : NULL;
}

TwStart *
tw_program_main_start(const TwProgram *program, int argc, char **argv, int *ret_exit)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) err = g_string_new(NULL);
    TwProgramWorld world = { .environment = (const char *const *) environ };
    TwStart *start;

    world.root = find_variable(&world, "TWIGA_ROOT");
    start = tw_program_start(program, argc, argv, &world, out, err, ret_exit);
    fputs(out->str, stdout);
    fputs(err->str, stderr);
    if (fflush(stdout) != 0 && start == NULL)
        *ret_exit = TW_EXIT_FAILED;
    return start;
}

TwConfig *
tw_program_reload(const TwStart *start,
                  const TwConfig *running,
                  const TwProgramWorld *world,
                  GPtrArray *notes,
                  GError **error)
{
    TwConfigSource source = source_of(start, world);

    return tw_config_reload(running, &source, notes, error);
}
