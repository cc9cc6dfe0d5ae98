/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection to a directory server: the only file that talks to libldap is ldap-link.c. */
#pragma once

#include "base/cancel.h"
#include "base/secret.h"

G_BEGIN_DECLS

enum {
    TW_LDAP_MOST_MESSAGE = 32 << 20, /* bytes of one message of the server */
    TW_LDAP_MOST_VALUES = 100000,    /* of one attribute */
};

typedef struct {
    const char *const *uris; /* tried in this order */
    gboolean starttls;
    const char *user; /* "" is anonymous */
    const TwSecret *password;
    gint64 timeout_us;
    guint page;
} TwLdapServer;

typedef struct {
    const char *base, *filter;
    const char *const *attributes;
    guint most; /* entries; more are an error */
} TwLdapSearch;

typedef struct TwLdapLink TwLdapLink;

/**
 * TwLdapEntryFunc:
 * @dn: the entry's name
 * @values: (element-type utf8 GPtrArray): its attributes by name in lower case, each an array of GBytes; the callee may steal
 * @data: as was given with it
 */
typedef void (*TwLdapEntryFunc)(const char *dn, GHashTable *values, gpointer data);

/**
 * tw_ldap_link_open:
 * @server: which; only read during this call, but uris and passwords are used again by none
 * @error: TW_ERROR_NO_ACCESS: it refuses the user or the password; TIMEOUT, FAILED: no server can be used now
 *
 * Returns: (transfer full): a connection that is bound, for one thread, or NULL
 */
TwLdapLink *tw_ldap_link_open(const TwLdapServer *server, GError **error);

/**
 * tw_ldap_link_free:
 * @link: (nullable): a connection
 */
void tw_ldap_link_free(TwLdapLink *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwLdapLink, tw_ldap_link_free)

/**
 * tw_ldap_link_search:
 * @link: a connection
 * @search: what
 * @cancel: (nullable): stops it
 * @func: called with each entry
 * @data: for @func
 * @error: NOT_FOUND: there is no such base; TOO_BIG: more entries than wanted, CANCELLED, TIMEOUT, FAILED
 *
 * All below the base, page by page. Referrals are passed over.
 *
 * Returns: FALSE on failure, perhaps after some entries
 */
gboolean tw_ldap_link_search(TwLdapLink *link,
                             const TwLdapSearch *search,
                             const TwCancel *cancel,
                             TwLdapEntryFunc func,
                             gpointer data,
                             GError **error);

/**
 * tw_ldap_dn_key:
 * @dn: a distinguished name, any bytes
 *
 * Returns: (transfer full) (nullable): the key under which names are the same: case and spaces do not count; NULL: it is none
 */
char *tw_ldap_dn_key(const char *dn);

G_END_DECLS
