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

enum {
    OPTION_FILE = TW_OPTION_OWN, /* + row of files */
    OPTION_HOSTED = TW_OPTION_OWN + 100,
    OPTION_DISTRIBUTED,
};

/* Who reads what. A file that nobody reads is one of an older generation. */
static const struct {
    const char *file;
    const char *program; /* without "twiga-"; NULL: there is none */
    gboolean hosted;     /* it knows of companies, and of several servers */
} files[] = {
    { "server.cfg", "server", TRUE },    { "gateway.cfg", "gateway", FALSE },
    { "spooler.cfg", "spooler", FALSE }, { "dagent.cfg", "dagent", FALSE },
    { "ldap.cfg", NULL, FALSE },         { "unix.cfg", NULL, FALSE },
    { "ical.cfg", NULL, FALSE },         { "monitor.cfg", NULL, FALSE },
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

static gboolean
check_file(const Checker *checker, guint row, const char *path, gboolean *io_good, GError **error)
{
    if (files[row].program != NULL)
        return ask(checker, row, path, io_good, error);
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
