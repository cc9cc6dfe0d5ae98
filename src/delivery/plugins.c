/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/plugins.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "delivery/child.h"

static const char *const stages[] = {
    [TW_HOOK_POST_CONVERTING] = "post-converting",
    [TW_HOOK_PRE_DELIVERY] = "pre-delivery",
    [TW_HOOK_PRE_RULE] = "pre-rule",
    [TW_HOOK_NEW_MAIL] = "new-mail",
    [TW_HOOK_POST_DELIVERY] = "post-delivery",
};

typedef struct {
    char *path, *name; /* owned */
} Plugin;

struct TwPlugins {
    GPtrArray *all; /* of Plugin, owned */
    GArray *hooks;  /* of TwDeliveryHook, one for each */
};

/* ---- calling one ---- */

/* A file without a name that has the mail, to be read from its beginning. */
static int
open_mail(GBytes *mail, GError **error)
{
    int fd = memfd_create("mail", MFD_CLOEXEC);
    gsize left;
    const guint8 *at = g_bytes_get_data(mail, &left);

    while (fd >= 0 && left > 0) {
        gssize n = write(fd, at, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        at += n;
        left -= (gsize) n;
    }
    if (fd >= 0 && left == 0 && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    tw_error_from_errno(error, errno, "a mail for a plugin");
    if (fd >= 0)
        (void) close(fd);
    return -1;
}

static char **
environment_of(const TwHookMail *mail)
{
    const struct {
        const char *name;
        guint32 number;
    } numbers[] = { { "TWIGA_USER", mail->user },
                    { "TWIGA_FOLDER", mail->folder },
                    { "TWIGA_MESSAGE", mail->message } };
    char **environment = g_get_environ();
    char guid[TW_GUID_TEXT_SIZE];

    tw_guid_print(&mail->store, TW_GUID_HEX, guid);
    environment = g_environ_setenv(environment, "TWIGA_STORE", guid, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autofree char *text = g_strdup_printf("%u", numbers[i].number);
        environment = g_environ_setenv(environment, numbers[i].name, text, TRUE);
    }
    return environment;
}

static TwHookResult
judge(int status, GError **error)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == TW_HOOK_FAILED)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "it says that it failed");
    else if (WIFEXITED(status) && WEXITSTATUS(status) <= TW_HOOK_RETRY_LATER)
        return (TwHookResult) WEXITSTATUS(status);
    else
        g_set_error(error, TW_ERROR, TW_ERROR_FAILED, "it ended with status %d", status);
    return TW_HOOK_FAILED;
}

/* TwHookFunc */
static TwHookResult
call(TwHookStage stage, TwHookMail *mail, gpointer data, GError **error)
{
    const Plugin *plugin = data;
    g_autofree char *word = g_strdup(stages[stage]);
    char *argv[] = { plugin->path, word, NULL };
    g_auto(GStrv) environment = environment_of(mail);
    g_autoptr(GError) local = NULL;
    int fd = open_mail(mail->mail, error), status;
    gboolean started;
    GPid pid;

    if (fd < 0)
        return TW_HOOK_FAILED;
    started = g_spawn_async_with_fds("/", argv, environment,
                                     G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                                     NULL, &pid, fd, -1, -1, &local);
    (void) close(fd);
    if (!started) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, local->message);
        return TW_HOOK_FAILED;
    }
    if (!tw_child_wait(pid, TW_PLUGINS_MS, &status)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TIMEOUT, "it did not end");
        return TW_HOOK_FAILED;
    }
    return judge(status, error);
}

/* ---- finding them ---- */

static void
free_plugin(gpointer data)
{
    Plugin *plugin = data;

    g_free(plugin->path);
    g_free(plugin->name);
    g_free(plugin);
}

static int
stage_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    for (guint i = 0; dot != NULL && i < G_N_ELEMENTS(stages); i++) {
        if (strcmp(dot + 1, stages[i]) == 0)
            return (int) i;
    }
    return -1;
}

/* (nullable): what is wrong with it. */
static const char *
fault_of(const char *path, int stage)
{
    GStatBuf info;

    if (stage < 0)
        return "its name does not end with a stage";
    if (g_stat(path, &info) != 0 || !S_ISREG(info.st_mode) || access(path, X_OK) != 0)
        return "it cannot be run";
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return "others than its owner may change it";
    return NULL;
}

static void
take(TwPlugins *plugins, const char *folder, const char *name)
{
    int stage = stage_of(name);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    const char *fault = plugins->all->len < TW_PLUGINS_MOST ? fault_of(path, stage) : "too many";
    TwDeliveryHook hook = { .func = call };
    Plugin *plugin;

    if (fault != NULL) {
        tw_log(TW_LOG_WARNING, "plugin-passed-over", tw_log_str(TW_LOG_FILE, path),
               tw_log_str(TW_LOG_REASON, fault));
        return;
    }
    plugin = g_new0(Plugin, 1);
    plugin->path = g_steal_pointer(&path);
    plugin->name = g_strdup(name);
    hook.name = plugin->name;
    hook.stages = 1u << stage;
    hook.data = plugin;
    g_ptr_array_add(plugins->all, plugin);
    g_array_append_val(plugins->hooks, hook);
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

TwPlugins *
tw_plugins_load(const char *folder, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &local);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    TwPlugins *plugins;

    if (dir == NULL) {
        gboolean absent = g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOENT);

        g_set_error_literal(error, TW_ERROR, absent ? TW_ERROR_NOT_FOUND : TW_ERROR_FAILED,
                            local->message);
        return NULL;
    }
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        if (name[0] != '.' && name[0] != '_')
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    plugins = g_new0(TwPlugins, 1);
    plugins->all = g_ptr_array_new_with_free_func(free_plugin);
    plugins->hooks = g_array_new(FALSE, FALSE, sizeof(TwDeliveryHook));
    for (guint i = 0; i < names->len; i++)
        take(plugins, folder, names->pdata[i]);
    return plugins;
}

void
tw_plugins_free(TwPlugins *plugins)
{
    if (plugins == NULL)
        return;
    g_array_unref(plugins->hooks);
    g_ptr_array_unref(plugins->all);
    g_free(plugins);
}

const GArray *
tw_plugins_hooks(const TwPlugins *plugins)
{
    return plugins->hooks;
}
