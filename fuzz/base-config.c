/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a configuration file that may include itself and a second file. Holds: an error if and only if nothing comes
 * back, an error note with every error, no secret in a note, and what is dumped reads back and dumps the same. */
#include <string.h>

#include "base/config.h"
#include "base/log-config.h"
#include "base/process-config.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

typedef struct {
    const guint8 *data;
    gsize len;
} Input;

static const TwConfigKey keys[] = {
    { .name = "listen", .type = TW_CONFIG_LISTEN, .help = "H." },
    { .name = "bind", .type = TW_CONFIG_STRING, .def = "0.0.0.0", .help = "H." },
    { .name = "port", .type = TW_CONFIG_INT, .def = "143", .max = 65535, .help = "H." },
    { .name = "server", .type = TW_CONFIG_URL, .help = "H." },
    { .name = "words", .type = TW_CONFIG_LIST, .flags = TW_CONFIG_RELOADABLE, .help = "H." },
    { .name = "wait", .type = TW_CONFIG_TIME, .unit = "s", .def = "5", .help = "H." },
    { .name = "cache", .type = TW_CONFIG_SIZE, .def = "1M", .help = "H." },
    { .name = "pass", .type = TW_CONFIG_SECRET, .help = "H." },
};

static gboolean
translate(TwConfig *draft, GError **error)
{
    return tw_config_translate_listen(draft, "bind", NULL, "port", "listen", error);
}

static const TwConfigTable table = {
    .title = "Fuzz", .keys = keys, .keys_count = G_N_ELEMENTS(keys), .translate = translate
};

static char *
read_input(const char *path, gsize *ret_len, char **ret_identity, gpointer data, GError **error)
{
    const Input *input = data;
    gboolean is_main = strcmp(path, "/f") == 0;

    if (!is_main && strcmp(path, "/g") != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "no such file");
        return NULL;
    }
    *ret_len = is_main ? input->len : input->len / 2;
    *ret_identity = g_strdup(path);
    return g_memdup2(input->len == 0 ? (const guint8 *) "" : input->data, MAX(*ret_len, 1));
}

static TwConfig *
load(TwConfigSchema *schema, const TwConfig *running, const void *data, gsize len)
{
    static const char *const environment[] = { "HOME=*:1", NULL };
    Input input = { .data = data, .len = len };
    TwConfigSource source = { .path = "/f",
                              .read = read_input,
                              .read_data = &input,
                              .ignore_unknown = TRUE,
                              .environment = environment };
    g_autoptr(GPtrArray) notes =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_config_note_free);
    g_autoptr(GError) error = NULL;
    TwConfig *config = running == NULL ? tw_config_load(schema, &source, notes, &error)
                                       : tw_config_reload(running, &source, notes, &error);
    guint errors = 0;

    for (guint i = 0; i < notes->len; i++) {
        const TwConfigNote *note = g_ptr_array_index(notes, i);
        g_autofree char *line = tw_config_note_to_string(note);

        g_assert_nonnull(strstr(line, note->text));
        errors += note->severity == TW_CONFIG_ERROR;
    }
    g_assert_cmpint(config == NULL, ==, error != NULL);
    g_assert_cmpint(config == NULL, ==, errors > 0);
    return config;
}

static TwConfigSchema *
make_schema(void)
{
    TwConfigSchema *schema = tw_config_schema_new();

    g_assert_true(tw_config_schema_add(schema, &table, NULL));
    g_assert_true(tw_config_schema_add(schema, &tw_log_config_table, NULL));
    g_assert_true(tw_config_schema_add(schema, &tw_process_config_table, NULL));
    tw_config_schema_allow_propmap(schema);
    return schema;
}

/* A value that came out of the environment may look like a variable; the dump cannot show that. */
static gboolean
may_expand(const GString *dump)
{
    return strstr(dump->str, "= $") != NULL;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(TwConfigSchema) schema = make_schema();
    g_autoptr(TwConfig) config = load(schema, NULL, data, size);
    g_autoptr(GString) dump = g_string_new(NULL);
    g_autoptr(GString) again = g_string_new(NULL);
    g_autoptr(TwConfig) reread = NULL;
    g_autoptr(TwConfig) reloaded = NULL;

    if (config == NULL)
        return 0;
    tw_config_dump(config, dump);
    if (may_expand(dump))
        return 0;
    reread = load(schema, NULL, dump->str, dump->len);
    g_assert_nonnull(reread);
    tw_config_dump(reread, again);
    g_assert_cmpstr(dump->str, ==, again->str);
    reloaded = load(schema, config, "", 0);
    g_assert_nonnull(reloaded);
    g_assert_cmpstr(tw_config_get_string(reloaded, "listen"), ==,
                    tw_config_get_string(config, "listen"));
    return 0;
}
