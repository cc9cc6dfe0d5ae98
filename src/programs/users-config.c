/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/users-config.h"

#include <string.h>

#include "base/error.h"

static const TwConfigKey keys[] = {
    { .name = "enable_hosted_kopano",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .aliases = "enable_hosted_zarafa",
      .help = "Users may be divided among companies, which see nothing of each other unless they "
              "are allowed to." },
    { .name = "enable_distributed_kopano",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .aliases = "enable_distributed_zarafa",
      .help = "Several servers share users (mysql_users), and each mailbox is at one of them, its "
              "user's home: a new user's is the server where it is made, and who logs on at "
              "another is sent there." },
    { .name = "server_name",
      .type = TW_CONFIG_STRING,
      .help = "Name of this server among several, as clients are told it. Empty: it has none." },
    { .name = "server_urls",
      .type = TW_CONFIG_LIST,
      .help = "Where clients reach this server, as the other servers tell them: "
              "https://HOST:237/zarafa, http://HOST:236/zarafa, imap://HOST, the first of each "
              "kind." },
    { .name = "loginname_format",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_NON_EMPTY,
      .def = "%u",
      .help = "How users of companies log on: %u stands for the user, %c for the company, for "
              "example %u@%c. Without %c, which user_plugin = ldap allows, a name that several "
              "companies have is nobody's." },
    { .name = "storename_format",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_NON_EMPTY,
      .def = "%f",
      .help = "What stores are called: %u stands for the user's name, %f for the full name, %c for "
              "the company." },
    { .name = "default_sort_locale_id",
      .type = TW_CONFIG_STRING,
      .flags = TW_CONFIG_NON_EMPTY,
      .def = "en_US",
      .help = "The language by whose rules the address book is sorted, for example "
              "de_DE@collation=phonebook." },
    { .name = "hide_everyone",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "no",
      .help = "Only administrators see the group Everyone." },
    { .name = "enable_gab",
      .type = TW_CONFIG_BOOL,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "yes",
      .help = "Users may list the address book. Names are resolved in any case, and "
              "administrators always list it." },
    { .name = "disabled_features",
      .type = TW_CONFIG_LIST,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "",
      .help = "Features that only those users have for whom they are enabled with twiga-admin, for "
              "example imap pop3." },
    { .name = "owner_auto_full_access",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .help = "The owner of a store has all rights in it whatever the folders' permissions say." },
    { .name = "restrict_admin_permissions",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help = "Administrators only see the folders of other people's stores, make folders there "
              "and change permissions. Giving themselves more leaves a trace." },
    { .name = "quota_warn",
      .type = TW_CONFIG_INT,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "0",
      .unit = "MB",
      .help = "From this size of a mailbox its owner is warned, unless the user or the company "
              "has a level of its own. 0: never." },
    { .name = "quota_soft",
      .type = TW_CONFIG_INT,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "0",
      .unit = "MB",
      .help = "From this size the owner cannot send. 0: never." },
    { .name = "quota_hard",
      .type = TW_CONFIG_INT,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "0",
      .unit = "MB",
      .help = "From this size nothing more is taken. 0: never." },
    { .name = "companyquota_warn",
      .type = TW_CONFIG_INT,
      .flags = TW_CONFIG_RELOADABLE,
      .def = "0",
      .unit = "MB",
      .help = "From this size of a company its administrator is warned, unless the company has a "
              "level of its own. 0: never." },
    { .name = "sync_lifetime",
      .type = TW_CONFIG_INT,
      .def = "90",
      .max = 36500,
      .unit = "days",
      .help = "A client that has not synchronised for so long begins anew. 0: its state is kept "
              "for ever." },
    { .name = "local_admin_users",
      .type = TW_CONFIG_LIST,
      .def = "root",
      .help = "Accounts of the system, by name or number, that are SYSTEM or any other user over "
              "the server's Unix socket, without a password. The server's own account always is." },
    { .name = "allow_local_users",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .help = "Over the server's Unix socket an account of the system is the user of the same "
              "name, without a password." },
    { .name = "scram_enabled",
      .type = TW_CONFIG_BOOL,
      .def = "no",
      .help = "Mail clients may log on by SCRAM-SHA-256, which never says the password to the "
              "server, and keys for it are kept beside the passwords: from when a password is set, "
              "or used to log on for the first time. Whoever steals the users' database guesses "
              "weak passwords from them more cheaply than from the passwords' own hashes. Keys "
              "that were kept are dropped when the server starts without this." },
    { .name = "session_timeout",
      .type = TW_CONFIG_TIME,
      .def = "300",
      .unit = "s",
      .help = "Sessions of which nothing was heard for so long end. Less than 300 counts as 300." },
    { .name = "max_sessions_per_user",
      .type = TW_CONFIG_INT,
      .def = "1000",
      .min = 1,
      .max = 1000000,
      .help = "Most sessions of one user at a time, of all doors." },
    { .name = "session_ip_check",
      .type = TW_CONFIG_BOOL,
      .def = "yes",
      .help = "A session is only used from the address it was opened from." },
};

static gboolean
refuse(GError **error, const char *message)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, message);
    return FALSE;
}

static gboolean
check(const TwConfig *config, GError **error)
{
    if (!tw_config_get_bool(config, "enable_distributed_kopano") ||
        *tw_config_get_string(config, "server_name") != '\0')
        return TRUE;
    return refuse(error, "enable_distributed_kopano: each server needs a server_name");
}

const TwConfigTable tw_users_config_table = {
    .title = "Users and sessions",
    .check = check,
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

enum {
    LEAST_TIMEOUT_MS = 300 * 1000
};

static gint64
megabytes(const TwConfig *config, const char *name)
{
    return tw_config_get_int(config, name) << 20;
}

gint64
tw_users_config_session_timeout_us(const TwConfig *config)
{
    return MAX(tw_config_get_time_ms(config, "session_timeout"), LEAST_TIMEOUT_MS) * 1000;
}

static TwLocalPolicy
policy_of(const TwConfig *config)
{
    return (TwLocalPolicy){
        .hide_everyone = tw_config_get_bool(config, "hide_everyone"),
        .enable_book = tw_config_get_bool(config, "enable_gab"),
        .disabled_features = tw_config_get_list(config, "disabled_features"),
        .user_quota = { .warn = megabytes(config, "quota_warn"),
                        .soft = megabytes(config, "quota_soft"),
                        .hard = megabytes(config, "quota_hard") },
        .company_quota = { .warn = megabytes(config, "companyquota_warn") },
    };
}

gboolean
tw_users_config_reload(const TwConfig *config, TwServer *server, GError **error)
{
    TwLocalPolicy policy = policy_of(config);

    tw_local_set_policy(server, &policy);
    return tw_local_apply_quotas(server, error);
}

const char *
tw_users_config_node(const TwConfig *config)
{
    const char *name = tw_config_get_string(config, "server_name");

    return *name != '\0' && tw_config_get_bool(config, "enable_distributed_kopano") ? name : NULL;
}

void
tw_users_config_apply(const TwConfig *config, TwLocalConfig *local)
{
    local->most_user_sessions = (guint) tw_config_get_int(config, "max_sessions_per_user");
    local->node = tw_users_config_node(config);
    local->hosted = tw_config_get_bool(config, "enable_hosted_kopano");
    local->login_format = tw_config_get_string(config, "loginname_format");
    local->store_format = tw_config_get_string(config, "storename_format");
    local->trust.admin_users = tw_config_get_list(config, "local_admin_users");
    local->trust.local_users = tw_config_get_bool(config, "allow_local_users");
    local->owner_full_access = tw_config_get_bool(config, "owner_auto_full_access");
    local->restrict_admins = tw_config_get_bool(config, "restrict_admin_permissions");
    local->policy = policy_of(config);
    local->session_timeout_us = tw_users_config_session_timeout_us(config);
    local->check_address = tw_config_get_bool(config, "session_ip_check");
}
