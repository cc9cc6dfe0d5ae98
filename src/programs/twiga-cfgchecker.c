/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * twiga-cfgchecker: says what is wrong with configuration files. Which keys a file may have, and what goes together, only the
 * program knows that reads it: each is asked with --check-config.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/program.h"
#include "programs/user-source.h"

enum {
    OPTION_FILE = TW_OPTION_OWN, /* + row of files */
    OPTION_HOSTED = TW_OPTION_OWN + 100,
    OPTION_DISTRIBUTED,
    OPTION_PLUGIN_MAN,
};

/* Who reads what. A file that nobody reads is one of an older generation. */
static const struct {
    const char *file;
    const char *program; /* without "twiga-"; NULL: there is none */
    gboolean hosted;     /* it knows of companies, and of several servers */
    const char *plugin;  /* (nullable): of users, which reads it in the server */
} files[] = {
    { "server.cfg", "server", TRUE, NULL },    { "gateway.cfg", "gateway", FALSE, NULL },
    { "spooler.cfg", "spooler", FALSE, NULL }, { "dagent.cfg", "dagent", FALSE, NULL },
    { "ldap.cfg", NULL, FALSE, "ldap" },       { "unix.cfg", NULL, FALSE, "unix" },
    { "ical.cfg", "ical", FALSE, NULL },       { "monitor.cfg", NULL, FALSE, NULL },
};

static const TwOption options[] = {
    { "server", 's', "FILE", OPTION_FILE, "check a server.cfg" },
    { "gateway", 'g', "FILE", OPTION_FILE + 1, "check a gateway.cfg" },
    { "spooler", 'p', "FILE", OPTION_FILE + 2, "check a spooler.cfg" },
    { "dagent", 'a', "FILE", OPTION_FILE + 3, "check a dagent.cfg" },
    { "ldap", 'l', "FILE", OPTION_FILE + 4, "check an ldap.cfg" },
    { "unix", 'u', "FILE", OPTION_FILE + 5, "check a unix.cfg" },
    { "ical", 'i', "FILE", OPTION_FILE + 6, "check an ical.cfg" },
    { "monitor", 'm', "FILE", OPTION_FILE + 7, "check a monitor.cfg" },
    { "hosted", 'c', "FLAG", OPTION_HOSTED,
      "yes or no: as if enable_hosted_kopano said so in server.cfg" },
    { "distributed", 'd', "FLAG", OPTION_DISTRIBUTED,
      "yes or no: as if enable_distributed_kopano said so in server.cfg" },
    { "dump-plugin-man", '\0', "PLUGIN", OPTION_PLUGIN_MAN, NULL },
    { NULL, '\0', NULL, 0, NULL },
};

static const TwProgram program = {
    .name = "twiga-cfgchecker",
    .summary = "say what is wrong with configuration files",
    .description =
        "Checks the files that are named, or else those that the programs would read: unknown and "
        "repeated keys, values that mean nothing or do not go together, files and folders that are "
        "not there. Each line says where, how bad it is (notice, warning, error), which key, and "
        "what is wrong. It exits with 1 when there was an error.",
    .kind = TW_PROGRAM_TOOL,
    .options = options,
};

typedef struct {
    const char *prefix;               /* "twiga", "kopano", "zarafa": as we were called */
    char *folder;                     /* owned: where the programs are */
    const char *hosted, *distributed; /* (nullable): yes or no */
} Checker;

static gboolean
refuse(GError **error, const char *why)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, why);
    return FALSE;
}

/* ---- asking a program ---- */

static gboolean
ask(const Checker *checker, guint row, const char *path, gboolean *io_good, GError **error)
{
    g_autofree char *leaf = g_strconcat("twiga-", files[row].program, NULL);
    g_autofree char *exe = g_build_filename(checker->folder, leaf, NULL);
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *out = NULL;
    g_autofree char *err = NULL;
    int status = 0;

    g_ptr_array_add(argv, g_strdup(exe));
    g_ptr_array_add(argv, g_strconcat(checker->prefix, "-", files[row].program, NULL));
    g_ptr_array_add(argv, g_strdup("--check-config"));
    if (path != NULL)
        g_ptr_array_add(argv, g_strconcat("--config=", path, NULL));
    if (checker->hosted != NULL && files[row].hosted)
        g_ptr_array_add(argv, g_strconcat("--enable-hosted-kopano=", checker->hosted, NULL));
    if (checker->distributed != NULL && files[row].hosted)
        g_ptr_array_add(argv,
                        g_strconcat("--enable-distributed-kopano=", checker->distributed, NULL));
    g_ptr_array_add(argv, NULL);
    if (!g_spawn_sync(NULL, (char **) argv->pdata, NULL, G_SPAWN_FILE_AND_ARGV_ZERO, NULL, NULL,
                      &out, &err, &status, error))
        return FALSE;
    printf("%s%s", out, err);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        *io_good = FALSE;
    return TRUE;
}

/* ---- files of plugins ---- */

static gboolean
check_plugin(const char *plugin, const char *path, gboolean *io_good, GError **error)
{
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    g_autoptr(GPtrArray) notes =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_config_note_free);
    const TwConfigSource source = { .path = path };
    g_autoptr(TwConfig) config = NULL;

    if (!tw_user_source_add_tables(schema, plugin, error))
        return FALSE;
    config = tw_config_load(schema, &source, notes, NULL);
    if (config != NULL)
        tw_config_check_paths(config, notes);
    else
        *io_good = FALSE;
    for (guint i = 0; i < notes->len; i++) {
        g_autofree char *line = tw_config_note_to_string(g_ptr_array_index(notes, i));
        printf("%s\n", line);
    }
    return TRUE;
}

/* The page of a plugin's file, for the build. */
static gboolean
print_plugin_man(const char *plugin, GError **error)
{
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    g_autoptr(GString) page = g_string_new(NULL);
    g_autofree char *title = g_ascii_strup(plugin, -1);

    if (!tw_user_source_add_tables(schema, plugin, error))
        return FALSE;
    g_string_append_printf(
        page,
        ".Dd $Mdocdate$\n.Dt TWIGA-%s.CFG 5\n.Os Twiga\n.Sh NAME\n.Nm twiga-%s.cfg\n"
        ".Nd users of the plugin %s\n.Sh DESCRIPTION\nA server with\n.Ql user_plugin = %s\n"
        "reads this file when it starts:\n.Pa %s/%s.cfg ,\nor what\n.Ql "
        "user_plugin_config\nnames.\n"
        "It has lines of the form\n.Ql name = value .\nLines that start with\n.Ql #\n"
        "are comments.\n"
        "A line\n.Ql !include FILE\nreads another file at this place.\n.Sh CONFIGURATION\n",
        title, plugin, plugin, plugin, TW_CONFIG_FOLDER, plugin);
    tw_config_schema_write_mdoc(schema, page);
    g_string_append(page, ".Sh SEE ALSO\n.Xr twiga-cfgchecker 8 ,\n.Xr twiga-server 8\n");
    fputs(page->str, stdout);
    return TRUE;
}

static gboolean
check_file(const Checker *checker, guint row, const char *path, gboolean *io_good, GError **error)
{
    if (files[row].program != NULL)
        return ask(checker, row, path, io_good, error);
    if (files[row].plugin != NULL)
        return check_plugin(files[row].plugin, path, io_good, error);
    printf("%s: error: no program of this installation reads a %s\n", path, files[row].file);
    *io_good = FALSE;
    return TRUE;
}

/* ---- what is asked ---- */

static gboolean
read_flag(const TwOptions *parsed, int id, const char **ret, GError **error)
{
    *ret = tw_options_value(parsed, id);
    return *ret == NULL || strcmp(*ret, "yes") == 0 || strcmp(*ret, "no") == 0 ||
           refuse(error, "-c and -d take yes or no.");
}

static gboolean
check_named(const Checker *checker,
            const TwOptions *parsed,
            guint *ret_count,
            gboolean *io_good,
            GError **error)
{
    for (guint i = 0; i < parsed->hits->len; i++) {
        const TwOptionHit *hit = &g_array_index(parsed->hits, TwOptionHit, i);
        guint row = (guint) (hit->id - OPTION_FILE);

        if (hit->id < OPTION_FILE || row >= G_N_ELEMENTS(files))
            continue;
        (*ret_count)++;
        if (!check_file(checker, row, hit->value, io_good, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_all(const Checker *checker, gboolean *io_good, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        if (files[i].program != NULL && !ask(checker, i, NULL, io_good, error))
            return FALSE;
    }
    return TRUE;
}

/* Beside ourselves, also where we were called by a link elsewhere. */
static gboolean
find_programs(Checker *checker, const char *called, GError **error)
{
    static const char *const prefixes[] = { "twiga", "kopano", "zarafa" };
    g_autofree char *self = g_file_read_link("/proc/self/exe", error);

    if (self == NULL)
        return FALSE;
    checker->folder = g_path_get_dirname(self);
    checker->prefix = prefixes[tw_program_generation(called)];
    return TRUE;
}

static gboolean
run(Checker *checker, const TwOptions *parsed, gboolean *ret_good, GError **error)
{
    guint count = 0;

    *ret_good = TRUE;
    if (tw_options_has(parsed, OPTION_PLUGIN_MAN))
        return print_plugin_man(tw_options_value(parsed, OPTION_PLUGIN_MAN), error);
    if (parsed->words->len > 0)
        return refuse(error, "Name files with options; see --help.");
    if (!read_flag(parsed, OPTION_HOSTED, &checker->hosted, error) ||
        !read_flag(parsed, OPTION_DISTRIBUTED, &checker->distributed, error) ||
        !check_named(checker, parsed, &count, ret_good, error))
        return FALSE;
    return count > 0 || check_all(checker, ret_good, error);
}

int
main(int argc, char **argv)
{
    int code = TW_EXIT_OK;
    g_autoptr(TwStart) start = tw_program_main_start(&program, argc, argv, &code);
    g_autoptr(GError) error = NULL;
    Checker checker = { 0 };
    gboolean good = FALSE;

    if (start == NULL)
        return code;
    if (!find_programs(&checker, argv[0], &error) ||
        !run(&checker, start->options, &good, &error)) {
        fprintf(stderr, "twiga-cfgchecker: %s\n", error->message);
        code = g_error_matches(error, TW_ERROR, TW_ERROR_INVALID) ? TW_EXIT_USAGE : TW_EXIT_FAILED;
    } else {
        code = good ? TW_EXIT_OK : TW_EXIT_FAILED;
    }
    g_free(checker.folder);
    return fflush(stdout) == 0 ? code : TW_EXIT_FAILED;
}
