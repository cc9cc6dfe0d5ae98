/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the source ldap share: entries as they were read, and the image that is made of them. */
#pragma once

#include "directory/ldap-link.h"
#include "directory/ldap-source.h"

G_BEGIN_DECLS

typedef struct {
    TwLdapClass class;
    char *dn, *key;     /* owned; the key as of tw_ldap_dn_key() */
    GHashTable *values; /* attribute in lower case -> GPtrArray of GBytes */
    guint row;          /* position in the image; G_MAXUINT: none */
} TwLdapEntry;

typedef struct {
    const TwLdapSourceConfig *config;
    TwLdapClass searched; /* for what entries come in */
    GPtrArray *entries;   /* of TwLdapEntry */
    GPtrArray *rows;      /* of TwDirectoryRow */
    GHashTable *by_dn;    /* key -> TwLdapEntry */
    GHashTable *by_value; /* "attribute value" -> GPtrArray of TwLdapEntry */
    guint left_out;       /* entries that are nobody: without an id, a name or a company */
} TwLdapTree;

/* What the map of properties takes from an entry. */
typedef struct {
    GBytes *bag;                        /* owned, nullable: TwDirectoryObject.details */
    GBytes *photo;                      /* owned, nullable */
    char **features_on, **features_off; /* owned, nullable */
    gboolean hidden;
} TwLdapDetails;

/* Values of an attribute, in any case of letters; NULL: none. */
const GPtrArray *tw_ldap_values(const TwLdapEntry *entry, const char *attribute);
/* map: of TwConfigPropmapLine. What means nothing, or is too long, is left out. */
void tw_ldap_details_read(const GPtrArray *map, const TwLdapEntry *entry, TwLdapDetails *ret);
void tw_ldap_details_clear(TwLdapDetails *details);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwLdapDetails, tw_ldap_details_clear)

void tw_ldap_tree_init(TwLdapTree *tree, const TwLdapSourceConfig *config);
void tw_ldap_tree_clear(TwLdapTree *tree);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwLdapTree, tw_ldap_tree_clear)
/* Takes an entry in, unless it is rather of another class, or has no unique attribute. */
void tw_ldap_tree_add(TwLdapTree *tree, const char *dn, GHashTable *values);
/* All are in: makes the rows and their lists. */
void tw_ldap_tree_finish(TwLdapTree *tree);
/* One more in a list, found by a search. */
void tw_ldap_tree_link_dn(TwLdapTree *tree,
                          const TwLdapEntry *from,
                          TwDirectoryRelation relation,
                          const char *dn);
/* (transfer full) (nullable): first value of an attribute, if it is text. */
char *tw_ldap_text(const TwLdapSourceConfig *config,
                   const TwLdapEntry *entry,
                   TwLdapAttribute which);
/* (transfer full): all attributes that are asked for, NULL-terminated. */
GPtrArray *tw_ldap_attributes_of(const TwLdapSourceConfig *config);

G_END_DECLS
