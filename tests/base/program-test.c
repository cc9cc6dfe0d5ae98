/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/program.h"

#include <string.h>
#include <unistd.h>

#include "base/log-config.h"
#include "base/process-config.h"

static const TwConfigKey keys[] = {
    { .name = "server_socket", .type = TW_CONFIG_URL, .def = "default:", .help = "The server." },
    { .name = "imap_listen",
      .type = TW_CONFIG_LISTEN,
      .def = "*%lo:143",
      .help = ".Starts with a dot. Has a \\ and a 'quote'. Ends." },
    { .name = "old_one", .type = TW_CONFIG_STRING, .flags = TW_CONFIG_OBSOLETE, .help = "Was." },
    { .name = "pass", .type = TW_CONFIG_SECRET, .def = "hunter2", .help = "A password." },
    { .name = "verbose_hello",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_RELOADABLE,
      .help = "Say hello." },
};
static const TwConfigTable table = { .title = "Gateway",
                                     .keys = keys,
                                     .keys_count = G_N_ELEMENTS(keys) };

static gboolean
add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_config_schema_add(schema, &table, error) &&
           tw_config_schema_add(schema, &tw_process_config_table, error) &&
           tw_config_schema_add(schema, &tw_log_config_table, error) &&
           tw_config_schema_set_default(schema, "log_level", "4", error);
}

static const TwOption own_options[] = {
    { "restart-searches", 'R', NULL, TW_OPTION_OWN, "rebuild every search folder" },
    { NULL, '\0', NULL, 0, NULL },
};

static const TwProgram daemon_program = {
    .name = "twiga-gateway",
    .config_name = "gateway",
    .summary = "IMAP and POP3 for mail clients",
    .description = "Lets mail clients in.",
    .kind = TW_PROGRAM_DAEMON,
    .options = own_options,
    .add_tables = add_tables,
};

typedef struct {
    char *root; /* a file system of our own */
    GString *out, *err;
    int exit;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    f->root = g_dir_make_tmp("twiga-XXXXXX", NULL);
    f->out = g_string_new(NULL);
    f->err = g_string_new(NULL);
    f->exit = -1;
}

static const char *const folders[] = { "etc/twiga", "etc/kopano", "etc/zarafa", "own", "kc" };

static void
tear_down(Fixture *f, gconstpointer data)
{
    g_autofree char *etc = g_build_filename(f->root, "etc", NULL);

    (void) data;
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *folder = g_build_filename(f->root, folders[i], NULL);
        g_autofree char *path = g_build_filename(folder, "gateway.cfg", NULL);
        unlink(path);
        rmdir(folder);
    }
    rmdir(etc);
    rmdir(f->root);
    g_free(f->root);
    g_string_free(f->out, TRUE);
    g_string_free(f->err, TRUE);
}

static char *
put_file(Fixture *f, const char *folder, const char *text)
{
    g_autofree char *path = g_build_filename(f->root, folder, NULL);
    char *file = g_build_filename(path, "gateway.cfg", NULL);

    g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
    g_assert_true(g_file_set_contents(file, text, -1, NULL));
    return file;
}

static TwStart *
start_as(Fixture *f, const TwProgram *program, char **argv, const char *const *environment)
{
    TwProgramWorld world = { .environment = environment, .root = f->root };

    g_string_truncate(f->out, 0);
    g_string_truncate(f->err, 0);
    f->exit = -1;
    return tw_program_start(program, (int) g_strv_length(argv), argv, &world, f->out, f->err,
                            &f->exit);
}

/* Starts with a command line whose words are separated by blanks, which must outlive the result. */
#define START(f, program, line, environment)                                                       \
    g_auto(GStrv) argv = g_strsplit(line, " ", -1);                                                \
    g_autoptr(TwStart) start = start_as(f, program, argv, environment)

static void
test_defaults(Fixture *f, gconstpointer data)
{
    START(f, &daemon_program, "/usr/sbin/twiga-gateway -F -u -p", NULL);

    (void) data;
    g_assert_nonnull(start);
    g_assert_null(start->config_path);
    g_assert_cmpint(tw_config_get_int(start->config, "log_level"), ==, 4);
    g_assert_cmpstr(f->err->str, ==, "");
}

static void
test_which_file(Fixture *f, gconstpointer data)
{
    G_GNUC_UNUSED g_autofree char *own = put_file(f, "own", "log_level = 1\n");
    G_GNUC_UNUSED g_autofree char *kc = put_file(f, "kc", "log_level = 2\n");
    g_autofree char *etc = put_file(f, "etc/twiga", "log_level = 5\n");
    g_autofree char *own_variable = g_strdup_printf("TWIGA_CONFIG_PATH=%s/own", f->root);
    g_autofree char *kc_variable = g_strdup_printf("KOPANO_CONFIG_PATH=%s/kc", f->root);
    const char *const both[] = { kc_variable, own_variable, NULL };
    const char *const second[] = { kc_variable, "TWIGA_CONFIG_PATH=/nowhere", NULL };
    g_autofree char *named = g_strdup_printf("p -c %s", etc);
    const struct {
        const char *line;
        const char *const *environment;
        gint64 level;
    } cases[] = { { "p", both, 1 }, { "p", second, 2 }, { "p", NULL, 5 }, { named, both, 5 } };

    (void) data;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        START(f, &daemon_program, cases[i].line, cases[i].environment);

        g_test_message("case %u", i);
        g_assert_nonnull(start);
        g_assert_cmpint(tw_config_get_int(start->config, "log_level"), ==, cases[i].level);
    }
}

static void
test_legacy_folders(Fixture *f, gconstpointer data)
{
    g_autofree char *legacy = put_file(f, "etc/zarafa", "log_level = 6\n");

    (void) data;
    {
        START(f, &daemon_program, "/usr/bin/zarafa-gateway", NULL);
        g_assert_cmpint(tw_config_get_int(start->config, "log_level"), ==, 6);
    }
    { /* not the other generation's */
        START(f, &daemon_program, "/usr/bin/kopano-gateway", NULL);
        g_assert_cmpint(tw_config_get_int(start->config, "log_level"), ==, 4);
        g_string_truncate(f->err, 0);
    }
    {
        START(f, &daemon_program, "/usr/bin/twiga-gateway", NULL);
        g_assert_cmpint(tw_config_get_int(start->config, "log_level"), ==, 4);
        g_assert_nonnull(strstr(f->err->str, "there is an older "));
        g_assert_nonnull(strstr(f->err->str, legacy));
    }
}

static void
test_command_line(Fixture *f, gconstpointer data)
{
    G_GNUC_UNUSED g_autofree char *file =
        put_file(f, "etc/twiga", "log_level = 5\nimap_listen = *:1\n");
    TwProgramWorld world = { .environment = NULL, .root = f->root };
    g_autoptr(TwConfig) next = NULL;
    START(f, &daemon_program, "p --imap-listen=*:2 -h http://h:1/ -R --log_level 6", NULL);

    (void) data;
    g_assert_cmpint(tw_config_get_int(start->config, "log_level"), ==, 6);
    g_assert_cmpstr(tw_config_get_string(start->config, "imap_listen"), ==, "*:2");
    g_assert_cmpstr(tw_config_get_url(start->config, "server_socket")->host, ==, "h");
    g_assert_true(tw_options_has(start->options, TW_OPTION_OWN));
    g_free(put_file(f, "etc/twiga", "log_level = 3\nverbose_hello = yes\n"));
    next = tw_program_reload(start, start->config, &world, NULL, NULL);
    g_assert_true(tw_config_get_bool(next, "verbose_hello"));
    g_assert_cmpint(tw_config_get_int(next, "log_level"), ==, 6); /* fixed by the command line */
    g_assert_cmpint(start->notes->len, ==, 0);
}

static void
test_failures(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *file, *line;
        const char *err; /* NULL: starts */
    } cases[] = {
        { "imap_lsiten = *:1\n", "p",
          "gateway.cfg:1: error: imap_lsiten: unknown key; did you mean "
          "imap_listen?\n" },
        { "imap_lsiten = *:1\n", "p -i", NULL },
        { "imap_lsiten = *:1\n", "p --ignore-unknown-config-options", NULL },
        { "\nlog_level = loud\n", "p",
          "gateway.cfg:2: error: log_level: \"loud\" is not a number\n" },
        { "", "p --log-level=9", "log_level: \"9\": the last four" },
        { "", "p --nonsense",
          "twiga-gateway: unknown option --nonsense; see twiga-gateway --help\n" },
        { "", "p -c /nowhere/x.cfg", "/nowhere/x.cfg: " },
        { "", "p -c", "option -c needs an argument" },
    };

    (void) data;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        G_GNUC_UNUSED g_autofree char *file = put_file(f, "etc/twiga", cases[i].file);
        START(f, &daemon_program, cases[i].line, NULL);

        g_test_message("%s", cases[i].line);
        if (cases[i].err == NULL) {
            g_assert_nonnull(start);
            g_assert_nonnull(strstr(f->err->str, "warning: imap_lsiten: unknown key"));
            continue;
        }
        g_assert_null(start);
        g_assert_cmpint(f->exit, ==, TW_EXIT_FAILED);
        g_assert_nonnull(strstr(f->err->str, cases[i].err));
        g_assert_cmpstr(f->out->str, ==, "");
    }
}

static void
test_answers(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *line, *out;
    } cases[] = {
        { "p --version", "twiga-gateway " TW_VERSION "\n" },
        { "p -V", "twiga-gateway " TW_VERSION "\n" },
        { "p --help", "\n  -R, --restart-searches               rebuild every search folder\n" },
        { "p --dump-config", "\nlog_level = 5\n" },
        { "p --dump-config", "\n# imap_listen = *%lo:143\n" },
        { "p --dump-config", "\n# pass = ********\n" },
        { "p --check-config", "etc/twiga/gateway.cfg: the configuration is good\n" },
        { "p --check-config", "gateway.cfg:2: notice: log_level: is set more than once" },
        { "p --check-config", "gateway.cfg:3: warning: old_one: has no effect any more\n" },
    };
    G_GNUC_UNUSED g_autofree char *file =
        put_file(f, "etc/twiga", "log_level = 4\nlog_level = 5\nold_one = 1\n");

    (void) data;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        START(f, &daemon_program, cases[i].line, NULL);

        g_test_message("%s", cases[i].line);
        g_assert_null(start);
        g_assert_cmpint(f->exit, ==, TW_EXIT_OK);
        g_assert_nonnull(strstr(f->out->str, cases[i].out));
    }
}

static void
test_check_shows_every_error(Fixture *f, gconstpointer data)
{
    G_GNUC_UNUSED g_autofree char *file = put_file(f, "etc/twiga", "a = 1\nlog_level = x\n");
    START(f, &daemon_program, "p --check-config", NULL);

    (void) data;
    g_assert_null(start);
    g_assert_cmpint(f->exit, ==, TW_EXIT_FAILED);
    g_assert_nonnull(strstr(f->out->str, "gateway.cfg:1: error: a: unknown key\n"));
    g_assert_nonnull(strstr(f->out->str, "gateway.cfg:2: error: log_level: "));
    g_assert_null(strstr(f->out->str, "is good"));
}

static void
test_other_kinds(Fixture *f, gconstpointer data)
{
    static const TwProgram ical = { .name = "twiga-ical",
                                    .summary = "s",
                                    .description = "d",
                                    .kind = TW_PROGRAM_DAEMON,
                                    .h_is_help = TRUE };
    static const TwProgram script = { .name = "twiga-oof",
                                      .summary = "s",
                                      .description = "d",
                                      .kind = TW_PROGRAM_SCRIPTED,
                                      .add_tables = add_tables };

    (void) data;
    {
        START(f, &ical, "p -h", NULL);
        g_assert_null(start);
        g_assert_nonnull(strstr(f->out->str, "Usage: twiga-ical"));
    }
    {
        START(f, &script, "p -u joe -c acme -S file:///s -m", NULL);
        g_assert_cmpstr(tw_options_value(start->options, TW_OPTION_USER), ==, "joe");
        g_assert_cmpstr(tw_options_value(start->options, TW_OPTION_COMPANY), ==, "acme");
        g_assert_true(tw_options_has(start->options, TW_OPTION_MODIFY));
        g_assert_cmpstr(tw_config_get_string(start->config, "server_socket"), ==, "file:///s");
    }
    {
        START(f, &script, "p --bad", NULL);
        g_assert_null(start);
        g_assert_cmpint(f->exit, ==, TW_EXIT_USAGE);
    }
}

/* Each key is an item of the page, and each item of its configuration part is a key. */
static void
test_man_page(Fixture *f, gconstpointer data)
{
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    g_auto(GStrv) lines = NULL;
    guint items = 0;
    gsize known =
        G_N_ELEMENTS(keys) + tw_process_config_table.keys_count + tw_log_config_table.keys_count;
    START(f, &daemon_program, "p --dump-man", NULL);

    (void) data;
    g_assert_null(start);
    g_assert_cmpint(f->exit, ==, 0);
    g_assert_true(add_tables(schema, NULL));
    lines = g_strsplit(f->out->str, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (!g_str_has_prefix(*line, ".It Ic "))
            continue;
        g_assert_true(tw_config_schema_has_key(schema, *line + strlen(".It Ic ")));
        items++;
    }
    g_assert_cmpuint(items, ==, known);
    g_assert_nonnull(
        strstr(f->out->str, "\n\\&.Starts with a dot.\nHas a \\e and a 'quote'.\nEnds.\n"));
    g_assert_nonnull(strstr(f->out->str, "Value: a secret; default: set"));
    g_assert_null(strstr(f->out->str, "hunter2"));
    g_assert_nonnull(strstr(f->out->str, ".It Fl R , Fl Fl restart-searches\n"));
    g_assert_null(strstr(f->out->str, "dump-man"));
}

static void
test_man_page_renders(Fixture *f, gconstpointer data)
{
    g_autofree char *mandoc = g_find_program_in_path("mandoc");
    const char *command[] = { mandoc, "-T", "lint", "-W", "warning", NULL, NULL };
    g_autofree char *complaints = NULL;
    int status = -1;
    g_autofree char *page = g_build_filename(f->root, "page.8", NULL);
    START(f, &daemon_program, "p --dump-man", NULL);

    (void) data;
    g_assert_null(start);
    if (mandoc == NULL) {
        g_test_skip("mandoc is not installed");
        return;
    }
    g_assert_true(g_file_set_contents(page, f->out->str, -1, NULL));
    command[5] = page;
    g_assert_true(g_spawn_sync(NULL, (char **) (guintptr) command, NULL, G_SPAWN_DEFAULT, NULL,
                               NULL, &complaints, NULL, &status, NULL));
    unlink(page);
    g_assert_cmpstr(complaints, ==, "");
    g_assert_cmpint(status, ==, 0);
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/base/program/defaults", test_defaults);
    ADD("/base/program/1.6/which-file", test_which_file);
    ADD("/base/program/1.6/legacy-folders", test_legacy_folders);
    ADD("/base/program/1.5/command-line", test_command_line);
    ADD("/base/program/1.5/failures", test_failures);
    ADD("/base/program/2.1/answers", test_answers);
    ADD("/base/program/1.5/check-shows-every-error", test_check_shows_every_error);
    ADD("/base/program/2.1/other-kinds", test_other_kinds);
    ADD("/base/program/man-page", test_man_page);
    ADD("/base/program/man-page-renders", test_man_page_renders);
    return g_test_run();
}
