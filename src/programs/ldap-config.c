/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/ldap-config.h"

#include <string.h>

#include "base/error.h"

#define OURS(name) "twiga" name " kopano" name " zarafa" name

static const char *const id_choices[] = { "text", "binary", NULL };
static const char *const naming_choices[] = { "text", "binary", "dn", NULL };
static const char *const group_choices[] = { "boolean", "ads", NULL };
static const char *const method_choices[] = { "bind", "password", NULL };

#define TEXT(key, start, what)                                                                     \
    {                                                                                              \
        .name = key, .type = TW_CONFIG_STRING, .def = start, .help = what                          \
    }
#define NAMES(key, start, what)                                                                    \
    {                                                                                              \
        .name = key, .type = TW_CONFIG_LIST, .def = start,                                         \
        .help = what " Of several attributes the first that an entry has counts."                  \
    }
#define ID_TYPE(key)                                                                               \
    {                                                                                              \
        .name = key, .type = TW_CONFIG_ENUM, .choices = id_choices, .def = "text",                 \
        .help = "How its values look. Both are taken byte by byte."                                \
    }
#define NAMING(list, start, of)                                                                    \
    { .name = list "_attribute_type",                                                              \
      .type = TW_CONFIG_ENUM,                                                                      \
      .choices = naming_choices,                                                                   \
      .def = start,                                                                                \
      .help = "Whether its values are distinguished names (dn) or values of another attribute." }, \
        TEXT(list "_relation_attribute", "",                                                       \
             "With text or binary: the attribute of " of                                           \
             " that the values are of. Empty: the one that "                                       \
             "identifies them.")
#define NO_EFFECT(key, why)                                                                        \
    {                                                                                              \
        .name = key, .type = TW_CONFIG_STRING, .flags = TW_CONFIG_OBSOLETE,                        \
        .help = "Has no effect. " why                                                              \
    }

/* Of files before there was one base for all. */
#define OLD_SEARCH(class)                                                                          \
    NO_EFFECT("ldap_" class "_search_base", "All is below ldap_search_base."),                     \
        NO_EFFECT("ldap_" class "_scope", "Everything below the base is searched.")

/* clang-format off */
static const TwConfigKey keys[] = {
    { .name = "ldap_uri", .type = TW_CONFIG_LIST, .flags = TW_CONFIG_NON_EMPTY, .def = "ldap://localhost:389/",
      .help = "Servers: ldap://, ldaps:// or ldapi://. The first that can be reached is used." },
    { .name = "ldap_host", .type = TW_CONFIG_STRING, .flags = TW_CONFIG_LEGACY, .def = "localhost", .instead = "ldap_uri", .help = "The one server." },
    { .name = "ldap_port", .type = TW_CONFIG_INT, .flags = TW_CONFIG_LEGACY, .def = "389", .min = 1, .max = 65535, .instead = "ldap_uri", .help = "Its port." },
    { .name = "ldap_protocol", .type = TW_CONFIG_STRING, .flags = TW_CONFIG_LEGACY, .def = "ldap", .instead = "ldap_uri", .help = "ldap or ldaps." },
    { .name = "ldap_starttls", .type = TW_CONFIG_BOOL, .def = "no",
      .help = "Connections by ldap:// begin TLS, or are not used. Which certificates are trusted says the system's ldap.conf." },
    NO_EFFECT("ldap_server_charset", "Directories of LDAP version 3 are UTF-8."),
    TEXT("ldap_bind_user", "", "The distinguished name by which the server logs on. Empty: without a name."),
    { .name = "ldap_bind_passwd", .type = TW_CONFIG_SECRET, .help = "Its password." },
    { .name = "ldap_authentication_method", .type = TW_CONFIG_ENUM, .choices = method_choices, .def = "bind",
      .help = "Passwords of users are always checked by logging on to the directory as the user (bind); password is accepted and does the same." },
    { .name = "ldap_network_timeout", .type = TW_CONFIG_TIME, .def = "30", .min = 1, .max = 600, .unit = "s",
      .help = "How long the server waits for an answer." },
    { .name = "ldap_page_size", .type = TW_CONFIG_INT, .def = "1000", .min = 1, .max = 100000, .help = "Entries of one answer." },
    NO_EFFECT("ldap_filter_cutoff_elements", "Everything is read, page by page."),
    NO_EFFECT("ldap_membership_cache_size", "Memberships are kept by the server."),
    NO_EFFECT("ldap_membership_cache_lifetime", "Memberships are kept by the server."),
    TEXT("ldap_search_base", "", "Where all is found that the server shall know."),
    NO_EFFECT("ldap_object_search_filter", "Names are resolved by the server."),
    OLD_SEARCH("user"),
    OLD_SEARCH("group"),
    OLD_SEARCH("company"),
    OLD_SEARCH("addresslist"),
    TEXT("ldap_object_type_attribute", "objectClass", "What tells entries apart."),
    TEXT("ldap_user_type_attribute_value", "", "Its values for users, with commas between them; an entry has all of them. When an entry fits more than one class, the one with most values counts."),
    TEXT("ldap_contact_type_attribute_value", "", "For contacts. Empty: there are none."),
    TEXT("ldap_group_type_attribute_value", "", "For groups. Empty: there are none."),
    TEXT("ldap_dynamicgroup_type_attribute_value", "", "For groups whose members a filter finds. Empty: there are none."),
    TEXT("ldap_company_type_attribute_value", "", "For companies, with enable_hosted_kopano. What belongs to a company stands below it."),
    TEXT("ldap_addresslist_type_attribute_value", "", "For address lists. Empty: there are none."),
    TEXT("ldap_user_search_filter", "", "A filter in parentheses that users and contacts also match."),
    TEXT("ldap_group_search_filter", "", "The same for groups."),
    TEXT("ldap_dynamicgroup_search_filter", "", "The same for dynamic groups."),
    TEXT("ldap_company_search_filter", "", "The same for companies."),
    TEXT("ldap_addresslist_search_filter", "", "The same for address lists."),
    NAMES("ldap_last_modification_attribute", "modifyTimestamp", "Differs after each change of an entry."),
    TEXT("ldap_user_unique_attribute", "cn", "Identifies users and contacts, and must never change: a mailbox belongs to it."),
    ID_TYPE("ldap_user_unique_attribute_type"),
    NO_EFFECT("ldap_user_unique_attribute_name", "It never had one."),
    NAMES("ldap_fullname_attribute", "cn", "What users, groups and contacts are called."),
    NAMES("ldap_loginname_attribute", "uid", "What users log on with."),
    NO_EFFECT("ldap_password_attribute", "Passwords are not read."),
    NAMES("ldap_emailaddress_attribute", "mail", "The address."),
    NAMES("ldap_emailaliases_attribute", OURS("Aliases"), "Further addresses."),
    NAMES("ldap_isadmin_attribute", OURS("Admin"), "1: an administrator, of the own company; 2: of all."),
    NAMES("ldap_nonactive_attribute", OURS("SharedStoreOnly"), "1: has a mailbox and cannot log on."),
    NAMES("ldap_resource_type_attribute", OURS("ResourceType"), "Of those: room or equipment."),
    NAMES("ldap_resource_capacity_attribute", OURS("ResourceCapacity"), "How many of it."),
    NO_EFFECT("ldap_user_certificate_attribute", "Certificates are not read."),
    { .name = "ldap_sendas_attribute", .type = TW_CONFIG_LIST, .def = OURS("SendAsPrivilege"), .aliases = "ldap_user_sendas_attribute",
      .help = "Who may send as this user or group. Of several attributes the first that an entry has counts." },
    { .name = "ldap_sendas_attribute_type", .type = TW_CONFIG_ENUM, .choices = naming_choices, .def = "text", .aliases = "ldap_user_sendas_attribute_type",
      .help = "Whether its values are distinguished names (dn), which may be of groups, or values of another attribute." },
    { .name = "ldap_sendas_relation_attribute", .type = TW_CONFIG_STRING, .aliases = "ldap_user_sendas_relation_attribute",
      .help = "With text or binary: the attribute of users that the values are of. Empty: the one that identifies them." },
    TEXT("ldap_group_unique_attribute", "cn", "Identifies groups."),
    ID_TYPE("ldap_group_unique_attribute_type"),
    NAMES("ldap_groupname_attribute", "cn", "What groups are called."),
    NAMES("ldap_groupmembers_attribute", "member", "Who is in a group."),
    NAMING("ldap_groupmembers", "text", "users"),
    NAMES("ldap_group_security_attribute", OURS("SecurityGroup"), "Whether a group may be used in permissions."),
    { .name = "ldap_group_security_attribute_type", .type = TW_CONFIG_ENUM, .choices = group_choices, .def = "boolean",
      .help = "boolean, or a group type of Active Directory (ads)." },
    TEXT("ldap_company_unique_attribute", "ou", "Identifies companies."),
    ID_TYPE("ldap_company_unique_attribute_type"),
    NAMES("ldap_companyname_attribute", "ou", "What companies are called."),
    NAMES("ldap_company_view_attribute", OURS("ViewPrivilege"), "Companies that may see this one."),
    NAMING("ldap_company_view", "text", "companies"),
    NAMES("ldap_company_admin_attribute", OURS("AdminPrivilege"), "Users of other companies who administer this one."),
    NAMING("ldap_company_admin", "text", "users"),
    NO_EFFECT("ldap_company_system_admin_attribute", "The contact person is SYSTEM."),
    NO_EFFECT("ldap_company_system_admin_attribute_type", "The contact person is SYSTEM."),
    NO_EFFECT("ldap_company_system_admin_relation_attribute", "The contact person is SYSTEM."),
    TEXT("ldap_addresslist_unique_attribute", "cn", "Identifies address lists."),
    ID_TYPE("ldap_addresslist_unique_attribute_type"),
    NAMES("ldap_addresslist_name_attribute", "cn", "What address lists are called."),
    NAMES("ldap_addresslist_filter_attribute", OURS("Filter"), "A filter that those users match who stand in it."),
    NAMES("ldap_addresslist_search_base_attribute", OURS("Base"), "Below what they are found. None: ldap_search_base."),
    TEXT("ldap_dynamicgroup_unique_attribute", "cn", "Identifies dynamic groups."),
    ID_TYPE("ldap_dynamicgroup_unique_attribute_type"),
    NAMES("ldap_dynamicgroup_name_attribute", "cn", "What dynamic groups are called."),
    NAMES("ldap_dynamicgroup_filter_attribute", OURS("Filter"), "A filter that the users in it match."),
    NAMES("ldap_dynamicgroup_search_base_attribute", OURS("Base"), "Below what they are found. None: ldap_search_base."),
    NAMES("ldap_quotaoverride_attribute", OURS("QuotaOverride"), "1: the levels of the entry hold, not those of the company or server."),
    NAMES("ldap_warnquota_attribute", OURS("QuotaWarn"), "The level from which users are warned."),
    NAMES("ldap_softquota_attribute", OURS("QuotaSoft"), "The level from which they cannot send."),
    NAMES("ldap_hardquota_attribute", OURS("QuotaHard"), "The level from which nothing more is taken."),
    NAMES("ldap_userdefault_quotaoverride_attribute", OURS("UserDefaultQuotaOverride"), "1: a company has levels for its users."),
    NAMES("ldap_userdefault_warnquota_attribute", OURS("UserDefaultQuotaWarn"), "Those."),
    NAMES("ldap_userdefault_softquota_attribute", OURS("UserDefaultQuotaSoft"), "Those."),
    NAMES("ldap_userdefault_hardquota_attribute", OURS("UserDefaultQuotaHard"), "Those."),
    { .name = "ldap_quota_multiplier", .type = TW_CONFIG_SIZE, .def = "1", .min = 1, .max = G_MAXINT32,
      .help = "Bytes that 1 in a level means." },
    NAMES("ldap_quota_userwarning_recipients_attribute", OURS("QuotaUserWarningRecipients"), "Who else is told of a user's quota."),
    NAMING("ldap_quota_userwarning_recipients", "text", "users"),
    NAMES("ldap_quota_companywarning_recipients_attribute", OURS("QuotaCompanyWarningRecipients"), "Who is told of a company's quota."),
    NAMING("ldap_quota_companywarning_recipients", "text", "users"),
    NAMES("ldap_addressbook_hide_attribute", OURS("Hidden"), "1: not in listings of the address book."),
    NAMES("ldap_user_server_attribute", OURS("UserServer"), "The server where a user's mailbox is, with several servers."),
    NAMES("ldap_company_server_attribute", OURS("CompanyServer"), "The server where a company's public folders are."),
    NO_EFFECT("ldap_server_type_attribute_value", "Servers tell each other where they are."),
    NO_EFFECT("ldap_server_search_filter", "Servers tell each other where they are."),
    NO_EFFECT("ldap_server_unique_attribute", "Servers tell each other where they are."),
    NO_EFFECT("ldap_server_address_attribute", "Servers tell each other where they are."),
    NO_EFFECT("ldap_server_http_port_attribute", "Servers tell each other where they are."),
    NO_EFFECT("ldap_server_ssl_port_attribute", "Servers tell each other where they are."),
    NO_EFFECT("ldap_server_file_path_attribute", "Servers tell each other where they are."),
    NO_EFFECT("ldap_server_contains_public_attribute", "Servers tell each other where they are."),
    NO_EFFECT("ldap_server_proxy_path_attribute", "Servers tell each other where they are."),
    NO_EFFECT("ldap_server_proxy_url_attribute", "Servers tell each other where they are."),
    NO_EFFECT("ldap_user_telephone_attribute", "A line of !propmap says it: 0x3A08001E."),
    NO_EFFECT("ldap_user_department_attribute", "A line of !propmap says it: 0x3A18001E."),
    NO_EFFECT("ldap_user_location_attribute", "A line of !propmap says it: 0x3A19001E."),
    NO_EFFECT("ldap_user_fax_attribute", "A line of !propmap says it: 0x3A24001E."),
    NO_EFFECT("ldap_user_exchange_dn_attribute", "A line of !propmap says it: 0x6788001E."),
};
/* clang-format on */

/* One server, in the words of old files. */
static gboolean
translate(TwConfig *draft, GError **error)
{
    g_autofree char *uri = NULL;

    if (tw_config_is_set(draft, "ldap_uri") || !tw_config_is_set(draft, "ldap_host"))
        return TRUE;
    uri = g_strdup_printf(
        "%s://%s:%" G_GINT64_FORMAT "/", tw_config_get_string(draft, "ldap_protocol"),
        tw_config_get_string(draft, "ldap_host"), tw_config_get_int(draft, "ldap_port"));
    return tw_config_set(draft, "ldap_uri", uri, error);
}

const TwConfigTable tw_ldap_config_table = {
    .title = "Users of an LDAP directory",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
    .translate = translate,
};

static const char *const attribute_keys[TW_LDAP_ATTRIBUTES] = {
#define TW_LDAP_KEY_ROW(name, key) [TW_LDAP_##name] = (key),
    TW_LDAP_ATTRIBUTE_LIST(TW_LDAP_KEY_ROW)
#undef TW_LDAP_KEY_ROW
};

static TwLdapNaming
naming_of(const TwConfig *config, const char *list)
{
    g_autofree char *type = g_strconcat(list, "_attribute_type", NULL);
    g_autofree char *attribute = g_strconcat(list, "_relation_attribute", NULL);
    TwLdapNaming naming = { strcmp(tw_config_get_string(config, type), "dn") == 0,
                            tw_config_get_string(config, attribute) };

    /* Active Directory has an entry's own name as an attribute */
    naming.dn = naming.dn || g_ascii_strcasecmp(naming.attribute, "distinguishedName") == 0;
    return naming;
}

static void
free_owner(gpointer config)
{
    tw_config_unref(config);
}

TwDirectorySource *
tw_ldap_config_open(const TwConfig *config,
                    const char *home_server,
                    gboolean hosted,
                    GError **error)
{
    static const char *const classes[TW_LDAP_CLASSES] = {
        [TW_LDAP_USER] = "user",       [TW_LDAP_CONTACT] = "contact",
        [TW_LDAP_GROUP] = "group",     [TW_LDAP_DYNAMIC_GROUP] = "dynamicgroup",
        [TW_LDAP_COMPANY] = "company", [TW_LDAP_ADDRESS_LIST] = "addresslist",
    };
    TwConfig *own = tw_config_ref(config);
    TwLdapSourceConfig source = {
        .uris = tw_config_get_list(own, "ldap_uri"),
        .starttls = tw_config_get_bool(own, "ldap_starttls"),
        .user = tw_config_get_string(own, "ldap_bind_user"),
        .password = tw_config_get_secret(own, "ldap_bind_passwd"),
        .timeout_us = tw_config_get_time_ms(own, "ldap_network_timeout") * 1000,
        .page = (guint) tw_config_get_int(own, "ldap_page_size"),
        .base = tw_config_get_string(own, "ldap_search_base"),
        .type_attribute = tw_config_get_string(own, "ldap_object_type_attribute"),
        .members = naming_of(own, "ldap_groupmembers"),
        .send_as = naming_of(own, "ldap_sendas"),
        .view = naming_of(own, "ldap_company_view"),
        .company_admin = naming_of(own, "ldap_company_admin"),
        .user_recipients = naming_of(own, "ldap_quota_userwarning_recipients"),
        .company_recipients = naming_of(own, "ldap_quota_companywarning_recipients"),
        .ads_groups = tw_config_get_enum(own, "ldap_group_security_attribute_type") != 0,
        .propmap = tw_config_get_propmap(own),
        .quota_unit = tw_config_get_size(own, "ldap_quota_multiplier"),
        .hosted = hosted,
        .home_server = home_server,
        .owner = own,
        .owner_free = free_owner,
    };

    for (guint i = 0; i < TW_LDAP_CLASSES; i++) {
        const char *shared = i == TW_LDAP_CONTACT ? "user" : classes[i];
        g_autofree char *type = g_strdup_printf("ldap_%s_type_attribute_value", classes[i]);
        g_autofree char *filter = g_strdup_printf("ldap_%s_search_filter", shared);
        g_autofree char *unique = g_strdup_printf("ldap_%s_unique_attribute", shared);
        source.types[i] = tw_config_get_string(own, type);
        source.filters[i] = tw_config_get_string(own, filter);
        source.unique[i] = tw_config_get_string(own, unique);
    }
    for (guint i = 0; i < TW_LDAP_ATTRIBUTES; i++)
        source.names[i] = tw_config_get_list(own, attribute_keys[i]);
    return tw_ldap_source_new(&source, error);
}
