/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The actions of twiga-admin, over a node that this process opened: one function each, in admin-user.c, admin-group.c,
 * admin-company.c, admin-store.c and admin-details.c. Each says what it did or found in @out and fails with one sentence.
 */
#pragma once

#include "programs/admin-print.h"
#include "programs/admin-request.h"
#include "programs/node.h"

G_BEGIN_DECLS

typedef struct {
    TwNode *node;
    const AdminRequest *request;
    TwSecret *password;   /* (nullable): what -p or -P gave */
    const char *language; /* (nullable): of stores that are made */
    GString *out;         /* of standard output */
} Admin;

typedef gboolean (*AdminFunc)(Admin *admin, GError **error);

/**
 * tw_admin_run:
 * @admin: what is asked, and over what
 * @error: what it failed with, as a sentence
 *
 * Runs the action of the request.
 *
 * Returns: FALSE on failure
 */
gboolean tw_admin_run(Admin *admin, GError **error);

/* ---- finding: admin-find.c ---- */

/**
 * tw_admin_company:
 * @admin: see there
 * @snapshot: the directory
 * @ret: (out): number of the company that -I names, or %TW_DIRECTORY_NO_COMPANY without it
 * @error: TW_ERROR_NOT_FOUND
 *
 * Returns: FALSE on failure
 */
gboolean tw_admin_company(const Admin *admin,
                          const TwDirectorySnapshot *snapshot,
                          guint32 *ret,
                          GError **error);

/**
 * tw_admin_find:
 * @admin: see there
 * @snapshot: the directory
 * @type: user, group or company
 * @name: (nullable): its name
 * @error: TW_ERROR_NOT_FOUND, with a sentence
 *
 * A user or group of the company that -I names; a company itself has none.
 *
 * Returns: (transfer none): the object, as long as @snapshot lives, or NULL
 */
TwDirectoryObject *tw_admin_find(const Admin *admin,
                                 const TwDirectorySnapshot *snapshot,
                                 AdminType type,
                                 const char *name,
                                 GError **error);

/**
 * tw_admin_objects:
 * @snapshot: the directory
 *
 * Returns: (transfer full): all objects (TwDirectoryObject, references), Everyone and SYSTEM first
 */
GPtrArray *tw_admin_objects(const TwDirectorySnapshot *snapshot);

/**
 * tw_admin_company_name:
 * @snapshot: the directory
 * @company: a number
 *
 * Returns: (transfer none): its name; "Default" without companies
 */
const char *tw_admin_company_name(const TwDirectorySnapshot *snapshot, guint32 company);

/**
 * tw_admin_explain:
 * @error: (inout) (optional): gets a sentence before what it says
 * @deed: what was tried: "create user"
 * @name: on what
 *
 * Returns: always FALSE, so that a caller can return it
 */
gboolean tw_admin_explain(GError **error, const char *deed, const char *name);

/**
 * tw_admin_merge_quota:
 * @asked: what options said
 * @quota: (inout): the quota that is there
 *
 * A level without --qo means an own quota: else it would have no effect and nobody would be told.
 *
 * Returns: whether anything was said
 */
gboolean tw_admin_merge_quota(const AdminQuota *asked, TwDirectoryQuota *quota);

/**
 * tw_admin_resolve_quota:
 * @snapshot: the directory
 * @object: a user, or a company for its public store
 *
 * Returns: its own quota, else that of its company for users, else none
 */
TwQuota tw_admin_resolve_quota(const TwDirectorySnapshot *snapshot,
                               const TwDirectoryObject *object);

/**
 * tw_admin_apply_quota:
 * @admin: see there
 * @owner: a number whose quota changed
 * @error: what the store said
 *
 * Gives the store of @owner, when there is one, the quota that holds now; for a company, those of all its users too.
 *
 * Returns: FALSE on failure
 */
gboolean tw_admin_apply_quota(Admin *admin, guint32 owner, GError **error);

/**
 * tw_admin_say_table:
 * @admin: gets it in @out: as JSON, or the line and the table
 * @table: what to show
 * @list: what it is: "User list"
 * @of: whose
 */
void tw_admin_say_table(Admin *admin, const AdminTable *table, const char *list, const char *of);

/* ---- actions: each says in one sentence what it did, or shows what was asked for ---- */

gboolean tw_admin_create_user(Admin *admin, GError **error);
gboolean tw_admin_update_user(Admin *admin, GError **error);
gboolean tw_admin_delete_user(Admin *admin, GError **error);
gboolean tw_admin_list_users(Admin *admin, GError **error);
gboolean tw_admin_user_count(Admin *admin, GError **error);
gboolean tw_admin_sync(Admin *admin, GError **error);

gboolean tw_admin_create_group(Admin *admin, GError **error);
gboolean tw_admin_update_group(Admin *admin, GError **error);
gboolean tw_admin_delete_group(Admin *admin, GError **error);
gboolean tw_admin_change_member(Admin *admin, GError **error);
gboolean tw_admin_list_groups(Admin *admin, GError **error);
gboolean tw_admin_list_sendas(Admin *admin, GError **error);

gboolean tw_admin_create_company(Admin *admin, GError **error);
gboolean tw_admin_update_company(Admin *admin, GError **error);
gboolean tw_admin_delete_company(Admin *admin, GError **error);
gboolean tw_admin_list_companies(Admin *admin, GError **error);
gboolean tw_admin_set_system_admin(Admin *admin, GError **error);
gboolean tw_admin_change_company_list(Admin *admin, GError **error);
gboolean tw_admin_show_company_list(Admin *admin, GError **error);

gboolean tw_admin_create_public(Admin *admin, GError **error);
gboolean tw_admin_create_store(Admin *admin, GError **error);
gboolean tw_admin_unhook_store(Admin *admin, GError **error);
gboolean tw_admin_hook_store(Admin *admin, GError **error);
gboolean tw_admin_remove_store(Admin *admin, GError **error);
gboolean tw_admin_list_orphans(Admin *admin, GError **error);

gboolean tw_admin_details(Admin *admin, GError **error);

/**
 * tw_admin_orphan:
 * @admin: see there
 * @owner: whose store
 * @kind: which of the owner's
 * @name: the owner's name, which stays in the store for --list-orphans
 * @ret: (out) (optional): the store
 * @error: TW_ERROR_NOT_FOUND: the owner has no such store
 *
 * Takes a store from its owner.
 *
 * Returns: FALSE on failure
 */
gboolean tw_admin_orphan(Admin *admin,
                         guint32 owner,
                         TwStoreKind kind,
                         const char *name,
                         TwStoreOwned *ret,
                         GError **error);

/**
 * tw_admin_change_sendas:
 * @admin: a request with --add-sendas or --del-sendas, or without
 * @object: number of whom they shall send as
 * @error: TW_ERROR_NOT_FOUND; EXISTS
 *
 * Returns: FALSE on failure
 */
gboolean tw_admin_change_sendas(Admin *admin, guint32 object, GError **error);

G_END_DECLS
