/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/user-source.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/program.h"
#include "directory/db-plugin.h"
#include "directory/external.h"
#include "programs/ldap-config.h"
#include "programs/unix-config.h"
#include "programs/users-config.h"

static const char *const safe_choices[] = { "no|false|0", "yes|true|1|terse|verbose", NULL };
static const char *const auth_choices[] = { "plugin", "pam", NULL };

static const TwConfigKey keys[] = {
    { .name = "user_plugin",
      .type = TW_CONFIG_STRING,
      .def = "db",
      .help = "Where users are kept. \"db\": by the server itself, with twiga-admin. \"unix\": "
              "they are the accounts of this system. \"ldap\": those of an LDAP directory." },
    { .name = "user_plugin_config",
      .type = TW_CONFIG_PATH,
      .help = "The plugin's own file. Empty: unix.cfg or ldap.cfg in " TW_CONFIG_FOLDER
              ". At SIGHUP it "
              "is read again, and users with it; one that is wrong changes nothing." },
    { .name = "user_refresh_interval",
      .type = TW_CONFIG_TIME,
      .def = "60",
      .min = 1,
      .max = 86400,
      .unit = "s",
      .help = "So often users that are kept elsewhere are read again. Besides, when somebody logs "
              "on who is not known, and at twiga-admin --sync." },
    { .name = "user_safe_mode",
      .type = TW_CONFIG_ENUM,
      .flags = TW_CONFIG_RELOADABLE,
      .choices = safe_choices,
      .def = "no",
      .help = "Users, groups and companies that came or went elsewhere are only told of in the "
              "log: none is made, and none is removed." },
    { .name = "auth_method",
      .type = TW_CONFIG_ENUM,
      .choices = auth_choices,
      .def = "plugin",
      .help = "Who checks passwords: the plugin that keeps the users, or PAM, which is asked for "
              "the log-on name without the company." },
    { .name = "pam_service",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_NON_EMPTY,
      .def = "passwd",
      .help = "The service that PAM is asked for with auth_method = pam: a file in /etc/pam.d." },
    { .name = "pam_folder",
      .type = TW_CONFIG_PATH,
      .help = "The folder where PAM finds its services. Empty: /etc/pam.d." },
};

typedef TwDirectorySource *(*OpenFunc)(const TwConfig *config,
                                       const char *home_server,
                                       gboolean hosted,
                                       GError **error);

static TwDirectorySource *
open_unix(const TwConfig *config,
          const char *home_server,
          gboolean hosted G_GNUC_UNUSED,
          GError **error)
{
    return tw_unix_config_open(config, home_server, error);
}

/* Plugins of users that are kept elsewhere. */
static const struct {
    const char *name;
    const TwConfigTable *table;
    OpenFunc open;
    gboolean companies; /* it may have some, and whoever keeps it sees to names that are unique */
    gboolean propmap;   /* its file may name maps of properties */
} plugins[] = {
    { "ldap", &tw_ldap_config_table, tw_ldap_config_open, TRUE, TRUE },
    { "unix", &tw_unix_config_table, open_unix, FALSE, FALSE },
};

/* G_N_ELEMENTS(plugins): the server itself. */
static gboolean
find_plugin(const char *name, guint *ret)
{
    for (*ret = 0; *ret < G_N_ELEMENTS(plugins); (*ret)++) {
        if (g_ascii_strcasecmp(plugins[*ret].name, name) == 0)
            return TRUE;
    }
    return *name == '\0' || g_ascii_strcasecmp(name, "db") == 0;
}

/* A server that would start without its users is none. */
static gboolean
check(const TwConfig *config, GError **error)
{
    const char *plugin = tw_config_get_string(config, "user_plugin");
    guint row;

    if (!find_plugin(plugin, &row)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "user_plugin: \"%s\" is not to be had",
                    plugin);
        return FALSE;
    }
    if (row < G_N_ELEMENTS(plugins) && !plugins[row].companies &&
        tw_config_get_bool(config, "enable_hosted_kopano")) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "user_plugin: \"%s\" knows no companies, which enable_hosted_kopano asks for",
                    plugin);
        return FALSE;
    }
    /* users of two companies may have the same name */
    if (row == G_N_ELEMENTS(plugins) && tw_config_get_bool(config, "enable_hosted_kopano") &&
        strstr(tw_config_get_string(config, "loginname_format"), "%c") == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                            "loginname_format: where there are companies it needs %c, as in %u@%c");
        return FALSE;
    }
    return TRUE;
}

const TwConfigTable tw_user_source_config_table = {
    .title = "Where users are kept",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
    .check = check,
};

gboolean
tw_user_source_add_tables(TwConfigSchema *schema, const char *plugin, GError **error)
{
    guint row;

    if (find_plugin(plugin, &row) && row < G_N_ELEMENTS(plugins)) {
        if (plugins[row].propmap)
            tw_config_schema_allow_propmap(schema);
        return tw_config_schema_add(schema, plugins[row].table, error);
    }
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "user_plugin: \"%s\" has no file", plugin);
    return FALSE;
}

static void
log_notes(const GPtrArray *notes)
{
    for (guint i = 0; i < notes->len; i++) {
        const TwConfigNote *note = g_ptr_array_index(notes, i);
        if (note->severity != TW_CONFIG_NOTICE)
            tw_log(TW_LOG_WARNING, "config", tw_log_str(TW_LOG_FILE, note->where),
                   tw_log_str(TW_LOG_CONFIG_KEY, note->key), tw_log_str(TW_LOG_MSG, note->text));
    }
}

static TwConfig *
read_file(const TwConfig *config, guint row, GError **error)
{
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    g_autoptr(GPtrArray) notes =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_config_note_free);
    g_autofree char *usual = g_strdup_printf("%s/%s.cfg", TW_CONFIG_FOLDER, plugins[row].name);
    const char *path = tw_config_get_string(config, "user_plugin_config");
    TwConfigSource source = { .path = *path != '\0' ? path : usual };
    TwConfig *own;

    if (!tw_user_source_add_tables(schema, plugins[row].name, error))
        return NULL;
    own = tw_config_load(schema, &source, notes, error);
    log_notes(notes);
    if (own == NULL)
        g_prefix_error(error, "user_plugin_config: ");
    return own;
}

static gboolean
is_safe(const TwConfig *config)
{
    return tw_config_get_enum(config, "user_safe_mode") != 0;
}

static TwDirectorySource *
open_source(const TwConfig *config, guint row, GError **error)
{
    g_autoptr(TwConfig) own = read_file(config, row, error);

    return own != NULL
               ? plugins[row].open(own, tw_users_config_node(config),
                                   tw_config_get_bool(config, "enable_hosted_kopano"), error)
               : NULL;
}

static TwDirectoryPlugin *
open_external(const TwConfig *config, guint row, TwDb *db, GError **error)
{
    const TwDirectoryExternalConfig external = {
        .interval_us = tw_config_get_time_ms(config, "user_refresh_interval") * 1000,
        .safe_mode = is_safe(config),
    };
    TwDirectorySource *source = open_source(config, row, error);

    return source != NULL ? tw_directory_external_new(db, source, &external, error) : NULL;
}

static TwDirectoryPlugin *
open_db(const TwConfig *config, TwDb *db, GError **error)
{
    TwDirectoryPlugin *plugin;

    if (!tw_directory_external_check_none(db, error))
        return NULL;
    plugin = tw_directory_db_new(db, error);
    if (plugin != NULL &&
        !tw_directory_db_keep_scram(plugin, tw_config_get_bool(config, "scram_enabled"), error)) {
        tw_directory_plugin_close(plugin);
        return NULL;
    }
    return plugin;
}

TwDirectoryPlugin *
tw_user_source_open(const TwConfig *config, TwDb *db, TwDirectoryConfig *directory, GError **error)
{
    guint row;

    if (tw_config_get_enum(config, "auth_method") != 0)
        directory->pam_service = tw_config_get_string(config, "pam_service");
    if (*tw_config_get_string(config, "pam_folder") != '\0')
        directory->pam_folder = tw_config_get_string(config, "pam_folder");
    find_plugin(tw_config_get_string(config, "user_plugin"), &row);
    /* a password that changes elsewhere is not told here: the old one is right no longer than the rest is old */
    if (row < G_N_ELEMENTS(plugins) || directory->pam_service != NULL)
        directory->credentials_life_us =
            MIN(directory->credentials_life_us,
                tw_config_get_time_ms(config, "user_refresh_interval") * 1000);
    return row < G_N_ELEMENTS(plugins) ? open_external(config, row, db, error)
                                       : open_db(config, db, error);
}

gboolean
tw_user_source_reload(const TwConfig *config, TwDirectoryPlugin *plugin, GError **error)
{
    TwDirectorySource *source;
    guint row;

    find_plugin(tw_config_get_string(config, "user_plugin"), &row);
    if (row == G_N_ELEMENTS(plugins))
        return TRUE;
    source = open_source(config, row, error);
    return source != NULL && tw_directory_external_replace(plugin, source, is_safe(config), error);
}
