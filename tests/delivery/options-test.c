/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/options.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"

static TwDeliveryOptions *
load(const char *name, const char *value, GError **error)
{
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    TwConfigSetting setting = { name, value };
    TwConfigSource source = { .settings = &setting, .settings_count = 1 };
    g_autoptr(TwConfig) config = NULL;

    g_assert_true(tw_config_schema_add(schema, &tw_delivery_config_table, NULL));
    config = tw_config_load(schema, &source, NULL, error);
    return config != NULL ? tw_delivery_options_new(config, error) : NULL;
}

static void
test_defaults(void)
{
    g_autoptr(TwDeliveryOptions) options = tw_delivery_options_new(NULL, NULL);

    g_assert_cmpstr(options->spam_name, ==, "X-Spam-Status");
    g_assert_cmpint(options->duplicates, ==, TW_DUPLICATES_RETRIES);
    g_assert_cmpstr(options->forward_domains[0], ==, "*");
    g_assert_cmpint(options->raw, ==, TW_RAW_NEVER);
    g_assert_cmpint(options->reply_interval_us, ==, 86400 * (gint64) G_USEC_PER_SEC);
    g_assert_nonnull(strstr(options->refusal_text, "%subject"));
}

static const struct {
    const char *value;
    TwRawCopies raw;
} raws[] = {
    { "no", TW_RAW_NEVER },    { "yes", TW_RAW_ALL },       { "ALL", TW_RAW_ALL },
    { "error", TW_RAW_ERROR }, { "ann bob", TW_RAW_USERS }, { "ann", TW_RAW_USERS },
};

static void
test_raw(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(raws); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwDeliveryOptions) options = load("log_raw_message", raws[i].value, &error);

        g_assert_no_error(error);
        g_assert_cmpint(options->raw, ==, raws[i].raw);
    }
}

static void
test_files(void)
{
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDeliveryOptions) options = NULL;
    int fd = g_file_open_tmp("twiga-domains-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(path, "example.org\n*.example.com\n", -1, NULL));
    options = load("forward_whitelist_domains_file", path, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(options->forward_domains[1], ==, "*.example.com");
    (void) remove(path);
    g_assert_null(load("forward_whitelist_domains_file", path, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
}

static const struct {
    const char *key, *value;
    gboolean right;
} charsets[] = {
    { "default_charset", "iso-8859-15", TRUE },
    { "default_charset", "US-ASCII", TRUE },
    { "default_charset", "", TRUE },
    { "default_charset", "utf-16", FALSE },
    { "default_charset", "x-unheard-of", FALSE },
    { "unknown_charset_substitutions", "", TRUE },
    { "unknown_charset_substitutions", "x-a windows-1252 x-b koi8-r", TRUE },
    { "unknown_charset_substitutions", "x-a", FALSE },
    { "unknown_charset_substitutions", "x-a windows-1252 x-b", FALSE },
    { "unknown_charset_substitutions", "x-a utf-16", FALSE },
};

static void
test_charsets(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(charsets); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwDeliveryOptions) options = load(charsets[i].key, charsets[i].value, &error);

        g_test_message("%s = %s", charsets[i].key, charsets[i].value);
        g_assert_true((options != NULL) == charsets[i].right);
        if (!charsets[i].right)
            g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delivery/options/defaults", test_defaults);
    g_test_add_func("/delivery/options/raw", test_raw);
    g_test_add_func("/delivery/options/files", test_files);
    g_test_add_func("/delivery/options/charsets", test_charsets);
    return g_test_run();
}
