/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Users of an LDAP directory (spec/config-and-cli.md 4.5): entries are told apart by their object classes, and lists of entries
 * name others by their distinguished names or by an attribute.
 */
#pragma once

#include "directory/external.h"

G_BEGIN_DECLS

typedef enum {
    TW_LDAP_USER,
    TW_LDAP_CONTACT,
    TW_LDAP_GROUP,
    TW_LDAP_DYNAMIC_GROUP,
    TW_LDAP_COMPANY,
    TW_LDAP_ADDRESS_LIST,
    TW_LDAP_CLASSES,
} TwLdapClass;

/* What there is one of in an entry, or several of. Each is a list of attributes: the first that has values counts. */
#define TW_LDAP_ATTRIBUTE_LIST(X)                                                                  \
    X(FULL_NAME, "ldap_fullname_attribute")                                                        \
    X(LOGIN, "ldap_loginname_attribute")                                                           \
    X(MAIL, "ldap_emailaddress_attribute")                                                         \
    X(ALIASES, "ldap_emailaliases_attribute")                                                      \
    X(ADMIN, "ldap_isadmin_attribute")                                                             \
    X(NONACTIVE, "ldap_nonactive_attribute")                                                       \
    X(RESOURCE, "ldap_resource_type_attribute")                                                    \
    X(CAPACITY, "ldap_resource_capacity_attribute")                                                \
    X(GROUP_NAME, "ldap_groupname_attribute")                                                      \
    X(SECURITY, "ldap_group_security_attribute")                                                   \
    X(COMPANY_NAME, "ldap_companyname_attribute")                                                  \
    X(LIST_NAME, "ldap_addresslist_name_attribute")                                                \
    X(LIST_FILTER, "ldap_addresslist_filter_attribute")                                            \
    X(LIST_BASE, "ldap_addresslist_search_base_attribute")                                         \
    X(DYNAMIC_NAME, "ldap_dynamicgroup_name_attribute")                                            \
    X(DYNAMIC_FILTER, "ldap_dynamicgroup_filter_attribute")                                        \
    X(DYNAMIC_BASE, "ldap_dynamicgroup_search_base_attribute")                                     \
    X(QUOTA_OWN, "ldap_quotaoverride_attribute")                                                   \
    X(QUOTA_WARN, "ldap_warnquota_attribute")                                                      \
    X(QUOTA_SOFT, "ldap_softquota_attribute")                                                      \
    X(QUOTA_HARD, "ldap_hardquota_attribute")                                                      \
    X(USERS_OWN, "ldap_userdefault_quotaoverride_attribute")                                       \
    X(USERS_WARN, "ldap_userdefault_warnquota_attribute")                                          \
    X(USERS_SOFT, "ldap_userdefault_softquota_attribute")                                          \
    X(USERS_HARD, "ldap_userdefault_hardquota_attribute")                                          \
    X(HIDDEN, "ldap_addressbook_hide_attribute")                                                   \
    X(SERVER, "ldap_user_server_attribute")                                                        \
    X(COMPANY_SERVER, "ldap_company_server_attribute")                                             \
    X(MODIFIED, "ldap_last_modification_attribute")                                                \
    X(MEMBERS, "ldap_groupmembers_attribute")                                                      \
    X(SEND_AS, "ldap_sendas_attribute")                                                            \
    X(VIEW, "ldap_company_view_attribute")                                                         \
    X(COMPANY_ADMIN, "ldap_company_admin_attribute")                                               \
    X(USER_RECIPIENTS, "ldap_quota_userwarning_recipients_attribute")                              \
    X(COMPANY_RECIPIENTS, "ldap_quota_companywarning_recipients_attribute")

typedef enum {
#define TW_LDAP_ATTRIBUTE_ROW(name, key) TW_LDAP_##name,
    TW_LDAP_ATTRIBUTE_LIST(TW_LDAP_ATTRIBUTE_ROW)
#undef TW_LDAP_ATTRIBUTE_ROW
    TW_LDAP_ATTRIBUTES
} TwLdapAttribute;

/* How the values of a list name other entries. */
typedef struct {
    gboolean dn;
    const char *attribute; /* of the other entry; "": its class's unique one */
} TwLdapNaming;

/* All is borrowed for as long as the source lives. */
typedef struct {
    const char *const *uris;
    gboolean starttls;
    const char *user;
    const TwSecret *password;
    gint64 timeout_us;
    guint page;
    const char *base;
    const char *type_attribute;           /* of object classes */
    const char *types[TW_LDAP_CLASSES];   /* values of it, between commas; "": no such class */
    const char *filters[TW_LDAP_CLASSES]; /* "" or one filter; contacts have that of users */
    const char *unique[TW_LDAP_CLASSES];  /* attribute */
    const char *const *names[TW_LDAP_ATTRIBUTES]; /* attributes, NULL-terminated */
    TwLdapNaming members, send_as, view, company_admin, user_recipients, company_recipients;
    gboolean ads_groups;      /* SECURITY is a group type of Active Directory */
    const GPtrArray *propmap; /* of TwConfigPropmapLine */
    guint64 quota_unit;
    gboolean hosted;         /* there are companies */
    const char *home_server; /* (nullable): of who has none */
    gpointer owner;          /* with owner_free(), what all this is borrowed from */
    GDestroyNotify owner_free;
} TwLdapSourceConfig;

/**
 * tw_ldap_source_new:
 * @config: how; what it points to belongs to owner, which the source frees, on failure too
 * @error: TW_ERROR_INVALID: no base, no class of users, or a filter that is none
 *
 * Returns: (transfer full): the source, or NULL
 */
TwDirectorySource *tw_ldap_source_new(const TwLdapSourceConfig *config, GError **error);

G_END_DECLS
