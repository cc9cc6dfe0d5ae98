/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Programs as hooks: which are taken, what they are given, what their exit codes mean. */
#include "delivery/plugins.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"

static void
put(const char *folder, const char *name, guint mode, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_cmpint(g_chmod(path, mode), ==, 0);
}

static void
clear_folder(char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_assert_cmpint(g_remove(path), ==, 0);
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_free(folder);
}

static void
test_found(void)
{
    static const struct {
        const char *name;
        guint mode;
        guint stages; /* 0: it is passed over */
    } files[] = {
        { "05-last.post-delivery", 0755, 1u << TW_HOOK_POST_DELIVERY },
        { "01-first.pre-rule", 0700, 1u << TW_HOOK_PRE_RULE },
        { "02.with.dots.pre-delivery", 0555, 1u << TW_HOOK_PRE_DELIVERY },
        { "03-anybody.pre-delivery", 0777, 0 },
        { "03-group.pre-delivery", 0775, 0 },
        { "04-text.pre-delivery", 0644, 0 },
        { "old.py", 0755, 0 },
        { "pre-delivery", 0755, 0 },
        { "_template.pre-delivery", 0755, 0 },
        { ".hidden.pre-delivery", 0755, 0 },
    };
    static const char *const order[] = { "01-first.pre-rule", "02.with.dots.pre-delivery",
                                         "05-last.post-delivery" };
    char *folder = g_dir_make_tmp("twiga-plugins-XXXXXX", NULL);
    g_autoptr(TwPlugins) plugins = NULL;
    const GArray *hooks;

    for (guint i = 0; i < G_N_ELEMENTS(files); i++)
        put(folder, files[i].name, files[i].mode, "#!/bin/sh\n");
    plugins = tw_plugins_load(folder, NULL);
    hooks = tw_plugins_hooks(plugins);
    g_assert_cmpuint(hooks->len, ==, G_N_ELEMENTS(order));
    for (guint i = 0; i < hooks->len; i++) {
        const TwDeliveryHook *hook = &g_array_index(hooks, TwDeliveryHook, i);

        g_assert_cmpstr(hook->name, ==, order[i]);
        for (guint k = 0; k < G_N_ELEMENTS(files); k++) {
            if (strcmp(files[k].name, hook->name) == 0)
                g_assert_cmpuint(hook->stages, ==, files[k].stages);
        }
    }
    clear_folder(folder);
}

static void
test_absent(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(tw_plugins_load("/nowhere/at/all", &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
}

/* Runs a script over a mail of @len bytes. */
static TwHookResult
run(const char *script, gsize len, GError **error)
{
    char *folder = g_dir_make_tmp("twiga-plugins-XXXXXX", NULL);
    g_autofree char *text = g_strdup_printf("#!/bin/sh\n%s\n", script);
    g_autofree char *bytes = g_strnfill(len, 'm');
    g_autoptr(GBytes) mail = g_bytes_new(bytes, len);
    TwHookMail what = { .user = 7, .folder = 12, .mail = mail };
    g_autoptr(TwPlugins) plugins = NULL;
    const TwDeliveryHook *hook;
    TwHookResult result;

    put(folder, "one.pre-delivery", 0755, text);
    plugins = tw_plugins_load(folder, NULL);
    hook = &g_array_index(tw_plugins_hooks(plugins), TwDeliveryHook, 0);
    result = hook->func(TW_HOOK_PRE_DELIVERY, &what, hook->data, error);
    clear_folder(folder);
    return result;
}

static void
test_results(void)
{
    static const struct {
        const char *name, *script;
        gsize len;
        TwHookResult result;
    } cases[] = {
        { "go on", "exit 0", 3, TW_HOOK_CONTINUE },
        { "failed", "exit 1", 3, TW_HOOK_FAILED },
        { "delivered", "exit 2", 3, TW_HOOK_STOP_SUCCESS },
        { "refused", "exit 3", 3, TW_HOOK_STOP_FAILED },
        { "no further ones", "exit 4", 3, TW_HOOK_EXIT },
        { "again later", "exit 5", 3, TW_HOOK_RETRY_LATER },
        { "no code of ours", "exit 6", 3, TW_HOOK_FAILED },
        { "killed", "kill -9 $$", 3, TW_HOOK_FAILED },
        { "the whole mail", "test $(wc -c) -eq 300000 && exit 4", 300000, TW_HOOK_EXIT },
        { "no mail", "test $(wc -c) -eq 0 && exit 4", 0, TW_HOOK_EXIT },
        { "stage", "test \"$*\" = pre-delivery && exit 4", 3, TW_HOOK_EXIT },
        { "numbers", "test $TWIGA_USER.$TWIGA_FOLDER.$TWIGA_MESSAGE = 7.12.0 && exit 4", 3,
          TW_HOOK_EXIT },
        { "unread", "exit 4", 300000, TW_HOOK_EXIT },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", cases[i].name);
        g_assert_cmpint(run(cases[i].script, cases[i].len, &error), ==, cases[i].result);
        g_assert_true((error != NULL) == (cases[i].result == TW_HOOK_FAILED));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delivery/plugins/found", test_found);
    g_test_add_func("/delivery/plugins/absent", test_absent);
    g_test_add_func("/delivery/plugins/results", test_results);
    return g_test_run();
}
