/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/config.h"

#include <string.h>

#include "base/process-config.h"
#include "memory-files.h"

static const char *const colours[] = { "red", "green|vert", NULL };

static const TwConfigKey door_keys[] = {
    { .name = "imap_listen", .type = TW_CONFIG_LISTEN, .def = "*%lo:143", .help = "H." },
    { .name = "server_bind",
      .flags = TW_CONFIG_LEGACY,
      .instead = "imap_listen",
      .def = "0.0.0.0",
      .type = TW_CONFIG_STRING,
      .help = "H." },
    { .name = "imap_enable",
      .flags = TW_CONFIG_LEGACY,
      .instead = "imap_listen",
      .def = "yes",
      .type = TW_CONFIG_BOOL,
      .help = "H." },
    { .name = "imap_port",
      .flags = TW_CONFIG_LEGACY,
      .instead = "imap_listen",
      .def = "143",
      .type = TW_CONFIG_INT,
      .max = 65535,
      .help = "H." },
    { .name = "public_folders",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .flags = TW_CONFIG_RELOADABLE,
      .aliases = "public show_public",
      .help = "H." },
    { .name = "max_size",
      .type = TW_CONFIG_SIZE,
      .def = "128M",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "H." },
    { .name = "attempts", .type = TW_CONFIG_INT, .def = "10", .min = 1, .max = 20, .help = "H." },
    { .name = "lifetime", .type = TW_CONFIG_TIME, .unit = "d", .def = "30", .help = "H." },
    { .name = "colour", .type = TW_CONFIG_ENUM, .choices = colours, .def = "red", .help = "H." },
    { .name = "password",
      .type = TW_CONFIG_SECRET,
      .def = "server",
      .flags = TW_CONFIG_RELOADABLE,
      .help = "H." },
    { .name = "features", .type = TW_CONFIG_LIST, .help = "H." },
    { .name = "server_socket", .type = TW_CONFIG_URL, .def = "default:", .help = "H." },
    { .name = "path",
      .type = TW_CONFIG_PATH,
      .def = "/tmp",
      .flags = TW_CONFIG_NON_EMPTY,
      .help = "H." },
    { .name = "html_filter", .type = TW_CONFIG_STRING, .flags = TW_CONFIG_OBSOLETE, .help = "H." },
};

static gboolean
translate_door(TwConfig *draft, GError **error)
{
    return tw_config_translate_listen(draft, "server_bind", "imap_enable", "imap_port",
                                      "imap_listen", error);
}

static gboolean
check_door(const TwConfig *config, GError **error)
{
    if (tw_config_get_int(config, "attempts") == 13) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "attempts: thirteen is unlucky");
        return FALSE;
    }
    return TRUE;
}

static const TwConfigTable door_table = {
    .title = "Door",
    .keys = door_keys,
    .keys_count = G_N_ELEMENTS(door_keys),
    .translate = translate_door,
    .check = check_door,
};

static TwConfigSchema *
make_schema(void)
{
    TwConfigSchema *schema = tw_config_schema_new();
    g_autoptr(GError) error = NULL;

    tw_config_schema_add(schema, &door_table, &error);
    g_assert_no_error(error);
    return schema;
}

static const char *const environment[] = { "COLOUR=vert", "SHELL=/bin/sh", NULL };

/* Loads a text, over a running configuration if one is given. ret_notes: one note a line. */
static TwConfig *
load(TwConfigSchema *schema,
     const TwConfig *running,
     const char *text,
     gboolean ignore,
     char **ret_notes)
{
    MemoryFile files[] = { { "/f", text, 0 },
                           { "/map", "0x3A08001E = phone\n3A09001E=\n", 0 },
                           { "/badmap", "3A08 = phone\n", 0 },
                           { NULL, NULL, 0 } };
    TwConfigSource source = { .path = "/f",
                              .read = read_memory_file,
                              .read_data = files,
                              .ignore_unknown = ignore,
                              .environment = environment };
    g_autoptr(GPtrArray) notes =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_config_note_free);
    g_autoptr(GError) error = NULL;
    TwConfig *config = running == NULL ? tw_config_load(schema, &source, notes, &error)
                                       : tw_config_reload(running, &source, notes, &error);
    GString *shown = g_string_new(NULL);

    g_assert_cmpint(config == NULL, ==, error != NULL);
    for (guint i = 0; i < notes->len; i++) {
        g_autofree char *line = tw_config_note_to_string(g_ptr_array_index(notes, i));
        g_string_append_printf(shown, "%s\n", line);
    }
    if (error != NULL) /* the error is the first note of its kind */
        g_assert_nonnull(strstr(shown->str, "error: "));
    if (ret_notes != NULL) {
        g_free(*ret_notes);
        *ret_notes = g_string_free(shown, FALSE);
    } else {
        g_string_free(shown, TRUE);
    }
    return config;
}

static void
test_values(void)
{
    g_autoptr(TwConfigSchema) schema = make_schema();
    g_autofree char *notes = NULL;
    g_autoptr(TwConfig) def = load(schema, NULL, "", FALSE, &notes);
    g_autoptr(TwConfig) set =
        load(schema, NULL,
             "imap_listen = *:1 [::1]:2\npublic_folders = no\nmax_size = 2k\nattempts = 20\n"
             "lifetime = 36 h\ncolour = $COLOUR\npassword = $SHELL\nfeatures = imap \"a b\"\n"
             "server_socket = https://h:237/\npath = $SHELL\n",
             FALSE, NULL);
    const char *const *words;
    gsize len;

    g_assert_cmpstr(notes, ==, "");
    g_assert_cmpuint(tw_config_get_listen(def, "imap_listen")->len, ==, 1);
    g_assert_true(tw_config_get_bool(def, "public_folders"));
    g_assert_cmpuint(tw_config_get_size(def, "max_size"), ==, 128u << 20);
    g_assert_cmpint(tw_config_get_time_ms(def, "lifetime"), ==, (gint64) 30 * 86400 * 1000);
    g_assert_cmpint(tw_config_get_url(def, "server_socket")->kind, ==, TW_SERVER_URL_DEFAULT);
    g_assert_true(tw_secret_equal(tw_config_get_secret(def, "password"), "server", 6));
    g_assert_false(tw_config_is_set(def, "path"));

    g_assert_cmpuint(tw_config_get_listen(set, "imap_listen")->len, ==, 2);
    g_assert_false(tw_config_get_bool(set, "public_folders"));
    g_assert_cmpuint(tw_config_get_size(set, "max_size"), ==, 2048);
    g_assert_cmpint(tw_config_get_int(set, "attempts"), ==, 20);
    g_assert_cmpint(tw_config_get_time_ms(set, "lifetime"), ==, 36 * 3600 * 1000);
    g_assert_cmpuint(tw_config_get_enum(set, "colour"), ==, 1);
    g_assert_cmpstr(tw_secret_reveal(tw_config_get_secret(set, "password"), &len), ==, "$SHELL");
    words = tw_config_get_list(set, "features");
    g_assert_cmpstr(words[1], ==, "a b");
    g_assert_cmpstr(tw_config_get_url(set, "server_socket")->host, ==, "h");
    g_assert_cmpstr(tw_config_get_string(set, "path"), ==, "/bin/sh");
    g_assert_true(tw_config_is_set(set, "path"));
}

static void
test_refused(void)
{
    static const struct {
        const char *text, *note;
    } cases[] = {
        { "attempts = 0\n", "/f:1: error: attempts: \"0\" is not between 1 and 20\n" },
        { "attempts = 21\n", "/f:1: error: attempts: \"21\" is not between 1 and 20\n" },
        { "\nattempts = many\n", "/f:2: error: attempts: \"many\" is not a number\n" },
        { "attempts =\n", "/f:1: error: attempts: \"\" is not a number\n" },
        { "attempts = 13\n", "error: attempts: thirteen is unlucky\n" },
        { "public_folders = maybe\n",
          "/f:1: error: public_folders: \"maybe\" is neither yes nor no\n" },
        { "colour = blue\n", "/f:1: error: colour: \"blue\" is none of red, green\n" },
        { "path =\n", "/f:1: error: path: \"\" must not be empty\n" },
        { "path = $NONE\n", "/f:1: error: path: environment variable NONE is not set\n" },
        { "max_size = 1t\n",
          "/f:1: error: max_size: \"1t\" is not a size (a number, perhaps with k, m or g)\n" },
        { "lifetime = soon\n",
          "/f:1: error: lifetime: \"soon\" is not a time (a number, perhaps with "
          "ms, s, min, h or d)\n" },
        { "features = \"x\n",
          "/f:1: error: features: \"\\\"x\" is wrong: a double quote is not closed\n" },
        { "pulic_folders = no\n",
          "/f:1: error: pulic_folders: unknown key; did you mean public_folders?\n" },
        { "Max-Size = 1\n", "/f:1: error: Max-Size: unknown key; did you mean max_size?\n" },
        { "zzz\033 = no\n", "/f:1: error: zzz\\033: unknown key\n" },
        { "a_b_c = 1\nattempts = x\n",
          "/f:1: error: a_b_c: unknown key\n/f:2: error: attempts: \"x\" is not a number\n" },
        { "!include gone\n", "error: /f:1: /gone: no such file\n" },
        { "imap_port = 65536\n", "/f:1: warning: imap_port: is the old way to say imap_listen\n"
                                 "/f:1: error: imap_port: \"65536\" is not between 0 and 65535\n" },
    };
    g_autoptr(TwConfigSchema) schema = make_schema();

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *notes = NULL;

        g_test_message("%s", cases[i].text);
        g_assert_null(load(schema, NULL, cases[i].text, FALSE, &notes));
        g_assert_cmpstr(notes, ==, cases[i].note);
    }
}

static void
test_accepted_with_a_note(void)
{
    g_autofree char *long_value = g_strnfill(TW_CONFIG_VALUE_ADVISED + 1, 'x');
    g_autofree char *long_line = g_strconcat("path = ", long_value, "\n", NULL);
    const struct {
        const char *text, *note;
    } cases[] = {
        { "unknown_thing = 1\n", "/f:1: warning: unknown_thing: unknown key\n" },
        { "show_public = no\n", "/f:1: warning: show_public: old spelling of public_folders\n" },
        { "html_filter = whatever\n", "/f:1: warning: html_filter: has no effect any more\n" },
        { "attempts = 2\nattempts = 3\n",
          "/f:2: notice: attempts: is set more than once; the last one wins\n" },
        { "!propmap map\n",
          "/map:1: warning: 0x3A08001E is ignored: this file has no property map\n"
          "/map:2: warning: 3A09001E is ignored: this file has no property map\n" },
        { "!exec rm\n", "/f:1: warning: !exec rm is ignored: unknown directive\n" },
        { long_line, "/f:1: warning: path: the value is longer than 1023 bytes; other programs cut "
                     "it there\n" },
    };
    g_autoptr(TwConfigSchema) schema = make_schema();

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *notes = NULL;
        g_autoptr(TwConfig) config = load(schema, NULL, cases[i].text, TRUE, &notes);

        g_assert_nonnull(config);
        g_assert_cmpstr(notes, ==, cases[i].note);
        if (i == 1)
            g_assert_false(tw_config_get_bool(config, "public_folders"));
        if (i == 3)
            g_assert_cmpint(tw_config_get_int(config, "attempts"), ==, 3);
    }
}

static void
test_secret_is_not_shown(void)
{
    static const TwConfigKey keys[] = {
        { .name = "pass",
          .type = TW_CONFIG_SECRET,
          .def = "x",
          .flags = TW_CONFIG_NON_EMPTY,
          .help = "H." },
        { .name = "pass2", .type = TW_CONFIG_SECRET, .help = "H." },
    };
    static const TwConfigTable table = { .title = "T", .keys = keys, .keys_count = 2 };
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    g_autoptr(TwConfig) config = NULL;
    g_autofree char *notes = NULL;
    g_autoptr(GString) dump = g_string_new(NULL);

    g_assert_true(tw_config_schema_add(schema, &table, NULL));
    config = load(schema, NULL, "pass = hunter2\npass = hunter3\n", FALSE, &notes);
    tw_config_dump(config, dump);
    g_assert_cmpstr(dump->str, ==, "pass = ********\n# pass2 =\n");
    g_assert_null(strstr(notes, "hunter"));
    g_clear_pointer(&config, tw_config_unref);
    config = load(schema, NULL, "pass =\n", FALSE, &notes);
    g_assert_null(config);
    g_assert_cmpstr(notes, ==, "/f:1: error: pass: \"***\" must not be empty\n");
}

static void
test_dump_reads_back(void)
{
    g_autoptr(TwConfigSchema) schema = make_schema();
    g_autoptr(TwConfig) config =
        load(schema, NULL, "attempts = 2\nfeatures = \"a b\" c\npath = /x = y\n", FALSE, NULL);
    g_autoptr(GString) first = g_string_new(NULL);
    g_autoptr(GString) second = g_string_new(NULL);
    g_autoptr(TwConfig) again = NULL;

    tw_config_dump(config, first);
    g_assert_nonnull(strstr(first->str, "\nattempts = 2\n"));
    g_assert_nonnull(strstr(first->str, "\n# max_size = 128M\n"));
    g_assert_nonnull(strstr(first->str, "\nfeatures = \"a b\" c\n"));
    again = load(schema, NULL, first->str, FALSE, NULL);
    tw_config_dump(again, second);
    g_assert_cmpstr(first->str, ==, second->str);
}

static void
test_translated_listeners(void)
{
    static const struct {
        const char *text, *listen; /* NULL: refused */
    } cases[] = {
        { "", "*%lo:143" },
        { "imap_port = 1143\n", "0.0.0.0:1143" },
        { "server_bind = 10.1.2.3\n", "10.1.2.3:143" },
        { "server_bind = ::1\nimap_port = 1\n", "[::1]:1" },
        { "server_bind =\nimap_port = 1\n", "*:1" },
        { "imap_enable = no\nimap_port = 1\n", "" },
        { "imap_enable = yes\n", "0.0.0.0:143" },
        { "imap_listen = *:7\nimap_port = 1\n", "*:7" },
        { "server_bind = mail.example.org\n", NULL },
    };
    g_autoptr(TwConfigSchema) schema = make_schema();

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwConfig) config = load(schema, NULL, cases[i].text, FALSE, NULL);

        g_test_message("%s", cases[i].text);
        g_assert_cmpstr(config == NULL ? NULL : tw_config_get_string(config, "imap_listen"), ==,
                        cases[i].listen);
    }
}

static void
test_reload(void)
{
    g_autoptr(TwConfigSchema) schema = make_schema();
    g_autoptr(TwConfig) first =
        load(schema, NULL, "max_size = 1k\nattempts = 2\npassword = a\n", FALSE, NULL);
    g_autofree char *notes = NULL;
    g_autoptr(TwConfig) second = load(schema, first, "attempts = 3\npassword = b\n", FALSE, &notes);
    g_autoptr(TwConfig) third = load(schema, first, "attempts = 2\nmax_size = x\n", FALSE, NULL);

    /* reloadable: taken; vanished: default again; others: kept, with a word about it */
    g_assert_cmpuint(tw_config_get_size(second, "max_size"), ==, 128u << 20);
    g_assert_cmpint(tw_config_get_int(second, "attempts"), ==, 2);
    g_assert_true(tw_secret_equal(tw_config_get_secret(second, "password"), "b", 1));
    g_assert_cmpstr(notes, ==, "warning: attempts: changed; takes effect at a restart\n");
    /* the running one has not moved */
    g_assert_cmpuint(tw_config_get_size(first, "max_size"), ==, 1024);
    g_assert_null(third);
}

static void
test_reload_takes_exactly_the_reloadable_keys(void)
{
    g_autoptr(TwConfigSchema) schema = make_schema();
    static const char *const changed[][2] = {
        { "imap_listen", "*:9" }, { "public_folders", "no" }, { "max_size", "9" },
        { "attempts", "9" },      { "lifetime", "9" },        { "colour", "green" },
        { "features", "nine" },   { "path", "/nine" },        { "server_socket", "http://nine:9/" },
    };
    g_autoptr(TwConfig) running = load(schema, NULL, "", FALSE, NULL);

    for (guint i = 0; i < G_N_ELEMENTS(changed); i++) {
        g_autofree char *text = g_strdup_printf("%s = %s\n", changed[i][0], changed[i][1]);
        g_autoptr(TwConfig) next = load(schema, running, text, FALSE, NULL);
        gboolean reloadable = FALSE;

        for (guint j = 0; j < G_N_ELEMENTS(door_keys); j++) {
            if (strcmp(door_keys[j].name, changed[i][0]) == 0)
                reloadable = (door_keys[j].flags & TW_CONFIG_RELOADABLE) != 0;
        }
        g_test_message("%s", changed[i][0]);
        g_assert_cmpstr(tw_config_get_string(next, changed[i][0]), ==,
                        reloadable ? changed[i][1] : tw_config_get_string(running, changed[i][0]));
    }
}

static void
test_command_line_wins(void)
{
    g_autoptr(TwConfigSchema) schema = make_schema();
    MemoryFile files[] = { { "/f", "max_size = 1\nattempts = 2\n", 0 }, { NULL, NULL, 0 } };
    TwConfigSetting settings[] = { { "max_size", "7" } };
    TwConfigSource source = { .path = "/f",
                              .read = read_memory_file,
                              .read_data = files,
                              .settings = settings,
                              .settings_count = 1 };
    g_autoptr(TwConfig) config = tw_config_load(schema, &source, NULL, NULL);
    g_autoptr(TwConfig) next = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(tw_config_get_size(config, "max_size"), ==, 7);
    g_assert_cmpint(tw_config_get_int(config, "attempts"), ==, 2);
    settings[0].value = "8"; /* and can no longer be reloaded */
    next = tw_config_reload(config, &source, NULL, NULL);
    g_assert_cmpuint(tw_config_get_size(next, "max_size"), ==, 7);
    settings[0].value = "x";
    g_assert_null(tw_config_load(schema, &source, NULL, &error));
    g_assert_cmpstr(error->message, ==,
                    "command line: max_size: \"x\" is not a size (a number, "
                    "perhaps with k, m or g)");
}

static void
test_propmap(void)
{
    g_autoptr(TwConfigSchema) schema = make_schema();
    g_autoptr(TwConfig) config = NULL;
    g_autofree char *notes = NULL;
    const TwConfigPropmapLine *line;

    tw_config_schema_allow_propmap(schema);
    config = load(schema, NULL, "!propmap map\n", FALSE, NULL);
    g_assert_cmpuint(tw_config_get_propmap(config)->len, ==, 2);
    line = tw_config_get_propmap(config)->pdata[0];
    g_assert_cmphex(line->tag, ==, 0x3A08001E);
    g_assert_cmpstr(line->attribute, ==, "phone");
    g_assert_cmpstr(line->where, ==, "/map:1");
    line = tw_config_get_propmap(config)->pdata[1];
    g_assert_cmpstr(line->attribute, ==, "");
    g_assert_null(load(schema, NULL, "!propmap badmap\n", FALSE, &notes));
    g_assert_nonnull(strstr(notes, "/badmap:1: error: 3A08: is no property tag"));
}

static void
test_keys_of_elsewhere(void)
{
    g_autoptr(TwConfigSchema) schema = make_schema();
    g_autofree char *notes = NULL;
    g_autoptr(TwConfig) config = NULL;

    tw_config_schema_add_elsewhere(schema, &tw_process_config_table, "server.cfg");
    config = load(schema, NULL, "run_as_user = root\nattempts = 4\n", FALSE, &notes);
    g_assert_cmpint(tw_config_get_int(config, "attempts"), ==, 4);
    g_assert_cmpstr(notes, ==,
                    "/f:1: warning: run_as_user: belongs to the whole program and has "
                    "no effect here; set it in server.cfg\n");
}

static void
test_defaults_of_a_program(void)
{
    g_autoptr(TwConfigSchema) schema = make_schema();
    g_autoptr(GError) error = NULL;
    g_autoptr(TwConfig) config = NULL;

    g_assert_true(tw_config_schema_set_default(schema, "attempts", "5", NULL));
    g_assert_false(tw_config_schema_set_default(schema, "attempts", "99", &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(tw_config_schema_set_default(schema, "attemps", "5", &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    config = load(schema, NULL, "", FALSE, NULL);
    g_assert_cmpint(tw_config_get_int(config, "attempts"), ==, 5);
    g_assert_false(tw_config_is_set(config, "attempts"));
}

static void
test_wrong_tables(void)
{
    static const TwConfigKey wrong[] = {
        { .name = "Upper", .type = TW_CONFIG_STRING, .help = "H." },
        { .name = "no_help", .type = TW_CONFIG_STRING },
        { .name = "t", .type = TW_CONFIG_TIME, .def = "1", .help = "H." },
        { .name = "e", .type = TW_CONFIG_ENUM, .help = "H." },
        { .name = "i", .type = TW_CONFIG_INT, .def = "5", .min = 6, .max = 7, .help = "H." },
        { .name = "i", .type = TW_CONFIG_INT, .def = "5", .min = 7, .max = 6, .help = "H." },
        { .name = "l", .type = TW_CONFIG_STRING, .flags = TW_CONFIG_LEGACY, .help = "H." },
        { .name = "n", .type = TW_CONFIG_PATH, .flags = TW_CONFIG_NON_EMPTY, .help = "H." },
    };
    static const TwConfigKey taken[] = {
        { .name = "attempts", .type = TW_CONFIG_STRING, .help = "H." },
        { .name = "fresh", .type = TW_CONFIG_STRING, .aliases = "show_public", .help = "H." },
        { .name = "twice", .type = TW_CONFIG_STRING, .aliases = "twice", .help = "H." },
    };

    for (guint i = 0; i < G_N_ELEMENTS(wrong) + G_N_ELEMENTS(taken); i++) {
        gboolean is_wrong = i < G_N_ELEMENTS(wrong);
        TwConfigTable table = { .title = "T",
                                .keys_count = 1,
                                .keys = is_wrong ? &wrong[i] : &taken[i - G_N_ELEMENTS(wrong)] };
        g_autoptr(TwConfigSchema) schema = make_schema();
        g_autoptr(GError) error = NULL;

        g_test_message("case %u", i);
        g_assert_false(tw_config_schema_add(schema, &table, &error));
        if (is_wrong)
            g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    }
}

static void
test_wrong_reader(void)
{
    if (g_test_subprocess()) {
        g_autoptr(TwConfigSchema) schema = make_schema();
        g_autoptr(TwConfig) config = load(schema, NULL, "", FALSE, NULL);
        tw_config_get_bool(config, "attempts");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*attempts is read as bool, but is of type int*");
}

static void
test_identity(void)
{
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    g_autoptr(TwConfig) config = NULL;
    g_auto(TwProcessIdentity) identity = { 0 };
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_config_schema_add(schema, &tw_process_config_table, NULL));
    config = load(schema, NULL, "", FALSE, NULL);
    g_assert_true(tw_process_identity_from_config(config, &identity, NULL));
    g_assert_true(identity.uid == (uid_t) -1 && identity.gid == (gid_t) -1);
    g_clear_pointer(&config, tw_config_unref);
    config = load(schema, NULL, "run_as_user = root\nrun_as_group = 77\n", FALSE, NULL);
    g_assert_true(tw_process_identity_from_config(config, &identity, NULL));
    g_assert_cmpuint(identity.uid, ==, 0);
    g_assert_cmpuint(identity.gid, ==, 77);
    g_assert_cmpstr(identity.user_name, ==, "root");
    g_clear_pointer(&config, tw_config_unref);
    config = load(schema, NULL, "run_as_user = no-such-user\n", FALSE, NULL);
    tw_process_identity_clear(&identity);
    g_assert_false(tw_process_identity_from_config(config, &identity, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/config/1.3/values", test_values);
    g_test_add_func("/base/config/1.5/refused", test_refused);
    g_test_add_func("/base/config/1.4/notes", test_accepted_with_a_note);
    g_test_add_func("/base/config/1.3/secret", test_secret_is_not_shown);
    g_test_add_func("/base/config/1.5/dump", test_dump_reads_back);
    g_test_add_func("/base/config/translated-listeners", test_translated_listeners);
    g_test_add_func("/base/config/1.4/reload", test_reload);
    g_test_add_func("/base/config/27.3/reload-exactly",
                    test_reload_takes_exactly_the_reloadable_keys);
    g_test_add_func("/base/config/1.4/command-line", test_command_line_wins);
    g_test_add_func("/base/config/1.2/propmap", test_propmap);
    g_test_add_func("/base/config/elsewhere", test_keys_of_elsewhere);
    g_test_add_func("/base/config/defaults-of-a-program", test_defaults_of_a_program);
    g_test_add_func("/base/config/wrong-tables", test_wrong_tables);
    g_test_add_func("/base/config/wrong-reader", test_wrong_reader);
    g_test_add_func("/base/config/2.7/identity", test_identity);
    return g_test_run();
}
