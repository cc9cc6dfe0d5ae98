/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/unix-config.h"

#include "base/error.h"

#define NUMBER(key, start, what)                                                                   \
    {                                                                                              \
        .name = key, .type = TW_CONFIG_INT, .def = start, .max = G_MAXUINT32, .help = what         \
    }

static const TwConfigKey keys[] = {
    { .name = "fullname_charset",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_NON_EMPTY,
      .def = "iso-8859-15",
      .help = "How the full names of accounts are written, which stand in GECOS before the first "
              "comma. On systems of today it is utf-8." },
    { .name = "default_domain",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_NON_EMPTY,
      .def = "localhost",
      .help = "A new user's address is NAME@default_domain, until twiga-admin gives another." },
    { .name = "non_login_shell",
      .type = TW_CONFIG_LIST,
      .def = "/sbin/nologin /usr/sbin/nologin /bin/false /usr/bin/false",
      .help = "An account with one of these shells has a mailbox, but cannot log on." },
    NUMBER("min_user_uid", "1000", "Accounts with a smaller uid are no users."),
    NUMBER("max_user_uid", "10000", "Accounts with a greater uid are no users."),
    { .name = "except_user_uids",
      .type = TW_CONFIG_LIST,
      .help = "Accounts with these uids are no users." },
    NUMBER("min_group_gid", "1000", "Groups with a smaller gid are left out."),
    NUMBER("max_group_gid", "10000", "Groups with a greater gid are left out."),
    { .name = "except_group_gids",
      .type = TW_CONFIG_LIST,
      .help = "Groups with these gids are left out." },
    { .name = "passwd_file",
      .type = TW_CONFIG_PATH,
      .help = "Accounts are read from this file, of the form of /etc/passwd. Empty: what the name "
              "service switch of the system says." },
    { .name = "group_file",
      .type = TW_CONFIG_PATH,
      .help = "The same for groups, of the form of /etc/group." },
    { .name = "shadow_file",
      .type = TW_CONFIG_PATH,
      .help = "The same for passwords, of the form of /etc/shadow. The server's user must be able "
              "to read it, or /etc/shadow, unless auth_method is pam." },
};

static gboolean
check(const TwConfig *config, GError **error)
{
    if (tw_config_get_int(config, "min_user_uid") > tw_config_get_int(config, "max_user_uid") ||
        tw_config_get_int(config, "min_group_gid") > tw_config_get_int(config, "max_group_gid")) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                            "max_user_uid, max_group_gid: below where they begin");
        return FALSE;
    }
    return TRUE;
}

const TwConfigTable tw_unix_config_table = {
    .title = "Users of the system",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
    .check = check,
};

static const char *
path_of(const TwConfig *config, const char *name)
{
    const char *path = tw_config_get_string(config, name);

    return *path != '\0' ? path : NULL;
}

TwDirectorySource *
tw_unix_config_open(const TwConfig *config, const char *home_server, GError **error)
{
    const TwUnixSourceConfig source = {
        .charset = tw_config_get_string(config, "fullname_charset"),
        .domain = tw_config_get_string(config, "default_domain"),
        .home_server = home_server,
        .shells = tw_config_get_list(config, "non_login_shell"),
        .uid_min = (guint32) tw_config_get_int(config, "min_user_uid"),
        .uid_max = (guint32) tw_config_get_int(config, "max_user_uid"),
        .gid_min = (guint32) tw_config_get_int(config, "min_group_gid"),
        .gid_max = (guint32) tw_config_get_int(config, "max_group_gid"),
        .uids_without = tw_config_get_list(config, "except_user_uids"),
        .gids_without = tw_config_get_list(config, "except_group_gids"),
        .passwd_file = path_of(config, "passwd_file"),
        .group_file = path_of(config, "group_file"),
        .shadow_file = path_of(config, "shadow_file"),
    };

    return tw_unix_source_new(&source, error);
}
