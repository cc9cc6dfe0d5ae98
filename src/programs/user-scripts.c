/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/user-scripts.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/guid.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/time.h"
#include "programs/script-child.h"

struct TwUserScripts {
    TwLock lock; /* guards config */
    TwConfig *config;
};

/* ---- keys ---- */

#define SCRIPT(key, when, gets)                                                                    \
    {                                                                                              \
        .name = key "_script", .type = TW_CONFIG_PATH, .flags = TW_CONFIG_RELOADABLE,              \
        .def = "internal",                                                                         \
        .help = "What runs " when ", with " gets " in its environment, each also with KOPANO_ "    \
                "and ZARAFA_ before it. \"internal\": every executable of " key                    \
                ".d in userscripts_folders; else the path of a program; empty: nothing.",          \
    }

static const TwConfigKey keys[] = {
    SCRIPT("createuser", "when a user was made", "TWIGA_USER, the log-on name,"),
    SCRIPT("deleteuser",
           "when a user is gone who had a store",
           "TWIGA_STOREGUID and TWIGA_STOREID, the store in hexadecimal,"),
    SCRIPT("creategroup", "when a group was made", "TWIGA_GROUP, its name,"),
    SCRIPT("deletegroup", "when a group is gone", "TWIGA_GROUPID, its number,"),
    SCRIPT("createcompany", "when a company was made", "TWIGA_COMPANY, its name,"),
    SCRIPT("deletecompany", "when a company is gone", "TWIGA_COMPANYID, its number,"),
    { .name = "userscripts_folders",
      .type = TW_CONFIG_LIST,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "/usr/lib/twiga/userscripts /etc/twiga/userscripts",
      .help = "Where createuser.d and its kin are. A file of a later folder replaces the one of "
              "that name in an earlier one; an empty file, or a link to /dev/null, takes it "
              "away." },
    { .name = "userscript_timeout",
      .type = TW_CONFIG_TIME,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "60",
      .min = 1,
      .max = 3600,
      .unit = "s",
      .help = "How long one script may take before it is killed with all it has started. Whoever "
              "made the user waits for it." },
};

const TwConfigTable tw_user_scripts_config_table = {
    .title = "User scripts",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

/* By event: the key, and what the value is called. */
static const struct {
    const char *name; /* the key without "_script" */
    const char *variables[2];
} events[] = {
    [TW_LOCAL_USER_MADE] = { "createuser", { "USER" } },
    [TW_LOCAL_USER_GONE] = { "deleteuser", { "STOREGUID", "STOREID" } },
    [TW_LOCAL_GROUP_MADE] = { "creategroup", { "GROUP" } },
    [TW_LOCAL_GROUP_GONE] = { "deletegroup", { "GROUPID" } },
    [TW_LOCAL_COMPANY_MADE] = { "createcompany", { "COMPANY" } },
    [TW_LOCAL_COMPANY_GONE] = { "deletecompany", { "COMPANYID" } },
};

/* ---- what is run ---- */

/* Leftovers of editors and package managers. */
static gboolean
is_leftover(const char *name)
{
    static const char *const ends[] = { "~", ".bak", ".old" };
    static const char *const middles[] = { ".rpm", ".dpkg" };

    if (*name == '.' || *name == '#')
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        if (g_str_has_suffix(name, ends[i]))
            return TRUE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(middles); i++) {
        if (strstr(name, middles[i]) != NULL)
            return TRUE;
    }
    return FALSE;
}

/* An empty file, or no file but a device, only takes the name away. */
static gboolean
is_program(const char *path)
{
    struct stat there;

    return stat(path, &there) == 0 && S_ISREG(there.st_mode) && there.st_size > 0 &&
           access(path, X_OK) == 0;
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void
add_folder(GHashTable *found, const char *folder, const char *event)
{
    g_autofree char *leaf = g_strconcat(event, ".d", NULL);
    g_autofree char *path = g_build_filename(folder, leaf, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (!is_leftover(name))
            g_hash_table_replace(found, g_strdup(name), g_build_filename(path, name, NULL));
    }
}

GPtrArray *
tw_user_scripts_list(const char *const *folders, const char *event)
{
    g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_autofree gpointer *names = NULL;
    guint count = 0;

    for (gsize i = 0; folders != NULL && folders[i] != NULL; i++)
        add_folder(found, folders[i], event);
    names = g_hash_table_get_keys_as_array(found, &count);
    qsort(names, count, sizeof names[0], compare_names);
    for (guint i = 0; i < count; i++) {
        const char *path = g_hash_table_lookup(found, names[i]);
        if (is_program(path))
            g_ptr_array_add(paths, g_strdup(path));
    }
    return paths;
}

static GPtrArray *
list_scripts(const TwConfig *config, const char *event)
{
    g_autofree char *key = g_strconcat(event, "_script", NULL);
    const char *path = tw_config_get_string(config, key);
    GPtrArray *paths;

    if (strcmp(path, "internal") == 0)
        return tw_user_scripts_list(tw_config_get_list(config, "userscripts_folders"), event);
    paths = g_ptr_array_new_with_free_func(g_free);
    if (*path != '\0')
        g_ptr_array_add(paths, g_strdup(path));
    return paths;
}

/* ---- what it is told ---- */

static const char *const generations[] = { "TWIGA", "KOPANO", "ZARAFA" };

static char **
set_for_all(char **environment, const char *name, const char *value)
{
    for (guint i = 0; i < G_N_ELEMENTS(generations); i++) {
        g_autofree char *full = g_strconcat(generations[i], "_", name, NULL);
        environment = g_environ_setenv(environment, full, value, TRUE);
    }
    return environment;
}

static char *
value_of(const TwLocalChange *change)
{
    char guid[TW_GUID_TEXT_SIZE];

    switch (change->event) {
    case TW_LOCAL_USER_GONE:
        tw_guid_print(&change->store, TW_GUID_HEX, guid);
        return g_strdup(guid);
    case TW_LOCAL_GROUP_GONE:
    case TW_LOCAL_COMPANY_GONE:
        return g_strdup_printf("%u", change->number);
    case TW_LOCAL_USER_MADE:
    case TW_LOCAL_GROUP_MADE:
    case TW_LOCAL_COMPANY_MADE:
        break;
    }
    return g_strdup(change->name);
}

/* Nothing of ours but the language and where the configuration is; our tools find this server. */
static char **
environment_of(const TwConfig *config, const TwLocalChange *change)
{
    static const char *const kept[] = { "LANG",
                                        "LC_ALL",
                                        "LC_MESSAGES",
                                        "TZ",
                                        "TWIGA_CONFIG_PATH",
                                        "KOPANO_CONFIG_PATH",
                                        "KOPANO_USERSCRIPT_LOCALE",
                                        "ZARAFA_USERSCRIPT_LOCALE" };
    const char *pipe = tw_config_get_bool(config, "server_pipe_enabled")
                           ? tw_config_get_string(config, "server_pipe_name")
                           : "";
    g_autofree char *value = value_of(change);
    g_autofree char *url = g_strconcat("file://", pipe, NULL);
    char **environment = g_new0(char *, 1);

    environment = g_environ_setenv(
        environment, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(kept); i++) {
        if (g_getenv(kept[i]) != NULL)
            environment = g_environ_setenv(environment, kept[i], g_getenv(kept[i]), TRUE);
    }
    if (*pipe != '\0')
        environment = set_for_all(environment, "SOCKET", url);
    for (guint i = 0; i < G_N_ELEMENTS(events[change->event].variables); i++) {
        if (events[change->event].variables[i] != NULL)
            environment = set_for_all(environment, events[change->event].variables[i], value);
    }
    return environment;
}

/* ---- running ---- */

static void
log_lines(const char *path, const GString *said)
{
    g_auto(GStrv) lines = g_strsplit(said->str, "\n", -1);

    for (gsize i = 0; lines[i] != NULL; i++) {
        if (*lines[i] != '\0')
            tw_log(TW_LOG_NOTICE, "userscript-said", tw_log_str(TW_LOG_FILE, path),
                   tw_log_str(TW_LOG_MSG, lines[i]));
    }
}

static void
log_end(const char *path, const TwScriptEnd *end, gint64 took_us)
{
    if (end->late)
        tw_log(TW_LOG_ERR, "userscript-failed", tw_log_str(TW_LOG_FILE, path),
               tw_log_str(TW_LOG_REASON, "killed: it took longer than userscript_timeout"));
    else if (WIFSIGNALED(end->status))
        tw_log(TW_LOG_ERR, "userscript-failed", tw_log_str(TW_LOG_FILE, path),
               tw_log_int(TW_LOG_SIGNAL, WTERMSIG(end->status)));
    else if (WEXITSTATUS(end->status) != 0)
        tw_log(TW_LOG_ERR, "userscript-failed", tw_log_str(TW_LOG_FILE, path),
               tw_log_int(TW_LOG_STATUS, WEXITSTATUS(end->status)));
    else
        tw_log(TW_LOG_INFO, "userscript-done", tw_log_str(TW_LOG_FILE, path),
               tw_log_int(TW_LOG_DURATION_MS, took_us / 1000));
}

static void
run_one(const TwScript *script)
{
    g_auto(TwScriptEnd) end = { .late = FALSE };
    g_autoptr(GError) error = NULL;
    gint64 began = tw_time_mono_us();

    if (!tw_script_run(script, &end, &error)) {
        tw_log(TW_LOG_ERR, "userscript-failed", tw_log_str(TW_LOG_FILE, script->path),
               tw_log_error(error));
        return;
    }
    log_lines(script->path, end.said);
    log_end(script->path, &end, tw_time_mono_us() - began);
}

void
tw_user_scripts_run(const TwLocalChange *change, gpointer data)
{
    TwUserScripts *scripts = data;
    g_autoptr(GPtrArray) paths = NULL;
    g_auto(GStrv) environment = NULL;
    TwConfig *config;

    tw_lock(&scripts->lock);
    config = tw_config_ref(scripts->config);
    tw_unlock(&scripts->lock);
    paths = list_scripts(config, events[change->event].name);
    environment = environment_of(config, change);
    for (guint i = 0; i < paths->len; i++) {
        const TwScript script = { .path = paths->pdata[i],
                                  .environment = (const char *const *) environment,
                                  .most_ms =
                                      (int) tw_config_get_time_ms(config, "userscript_timeout") };
        run_one(&script);
    }
    tw_config_unref(config);
}

/* ---- life ---- */

TwUserScripts *
tw_user_scripts_new(TwConfig *config)
{
    TwUserScripts *scripts = g_new0(TwUserScripts, 1);

    tw_lock_init(&scripts->lock);
    scripts->config = tw_config_ref(config);
    return scripts;
}

void
tw_user_scripts_set_config(TwUserScripts *scripts, TwConfig *config)
{
    TwConfig *before;

    tw_lock(&scripts->lock);
    before = scripts->config;
    scripts->config = tw_config_ref(config);
    tw_unlock(&scripts->lock);
    tw_config_unref(before);
}

void
tw_user_scripts_free(TwUserScripts *scripts)
{
    if (scripts == NULL)
        return;
    tw_config_unref(scripts->config);
    tw_lock_clear(&scripts->lock);
    g_free(scripts);
}
