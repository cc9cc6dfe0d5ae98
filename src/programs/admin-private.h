/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The actions of twiga-admin, over a session of an administrator: one function each, in admin-user.c, admin-group.c,
 * admin-company.c, admin-store.c, admin-upkeep.c and admin-details.c. Each says what it did or found in @out and fails with one sentence.
 * They know nothing of where the server is.
 */
#pragma once

#include "groupware/mailbox.h"
#include "programs/admin-print.h"
#include "programs/admin-request.h"
#include "programs/progress.h"
#include "session/session.h"

G_BEGIN_DECLS

typedef struct {
    TwSession *session; /* of SYSTEM, or of an administrator */
    const AdminRequest *request;
    TwSecret *password;   /* (nullable): what -p or -P gave */
    const char *language; /* (nullable): of stores that are made */
    GString *out;         /* of standard output */
    TwProgress *progress; /* (nullable): of long jobs */
    gboolean
        on_folder; /* the session is at a data folder of which no server.cfg says what its server is like */
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
 * @ret: (out): number of the company that -I names, or %TW_DIRECTORY_NO_COMPANY without it
 * @error: TW_ERROR_NOT_FOUND
 *
 * Returns: FALSE on failure
 */
gboolean tw_admin_company(const Admin *admin, guint32 *ret, GError **error);

/**
 * tw_admin_new_name:
 * @admin: see there
 * @ret_plain: (out) (transfer full): what the name of the action is without a company
 * @ret_company: (out): the company that -I names, else the one in the name, as the server's loginname_format has it
 * @error: TW_ERROR_NOT_FOUND: no such company
 *
 * For what is about to be made.
 *
 * Returns: FALSE on failure
 */
gboolean tw_admin_new_name(const Admin *admin,
                           char **ret_plain,
                           guint32 *ret_company,
                           GError **error);

/**
 * tw_admin_company_name:
 * @admin: see there
 *
 * Returns: (transfer none): what -I says, or "Default"
 */
const char *tw_admin_company_name(const Admin *admin);

/**
 * tw_admin_objects:
 * @admin: see there
 * @company: whose
 * @type: what
 * @error: what the server said
 *
 * Returns: (transfer full): objects (TwDirectoryObject) of that company by name; SYSTEM among the users of the default
 *   company, Everyone among the groups of each; NULL on failure
 */
GPtrArray *tw_admin_objects(const Admin *admin,
                            guint32 company,
                            TwDirectoryType type,
                            GError **error);

/**
 * tw_admin_find:
 * @admin: see there
 * @type: user, group or company
 * @name: (nullable): its name
 * @error: TW_ERROR_NOT_FOUND, with a sentence
 *
 * A user or group of the company that -I names; a company itself has none.
 *
 * Returns: (transfer full): the object, or NULL
 */
TwDirectoryObject *tw_admin_find(const Admin *admin,
                                 AdminType type,
                                 const char *name,
                                 GError **error);

/**
 * tw_admin_get:
 * @admin: see there
 * @number: of an object
 * @error: what the server said
 *
 * Returns: (transfer full): the object, or NULL
 */
TwDirectoryObject *tw_admin_get(const Admin *admin, guint32 number, GError **error);

/**
 * tw_admin_related:
 * @admin: see there
 * @args: what is asked for; its rows are taken
 * @error: what the server said
 *
 * Returns: (transfer full): objects (TwDirectoryObject), or NULL
 */
GPtrArray *tw_admin_related(const Admin *admin, TwBookRelatedArgs *args, GError **error);

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
 * tw_admin_change:
 * @admin: see there
 * @values: what @number shall be
 * @number: which object
 * @fields: (type TwDirectoryFields): which members count; 0 with a password changes that alone
 * @deed: for the sentence of a failure: "change user"
 * @error: what the server said
 *
 * Returns: FALSE on failure
 */
gboolean tw_admin_change(Admin *admin,
                         const TwDirectoryObject *values,
                         guint32 number,
                         guint fields,
                         const char *deed,
                         GError **error);

/**
 * tw_admin_link:
 * @admin: see there
 * @holder: who holds the list
 * @relation: which list
 * @other: what shall stand in it, or go from it
 * @add: which of both
 * @error: what the server said
 *
 * Returns: FALSE on failure
 */
gboolean tw_admin_link(Admin *admin,
                       guint32 holder,
                       TwDirectoryRelation relation,
                       guint32 other,
                       gboolean add,
                       GError **error);

/**
 * tw_admin_only_says:
 * @admin: see there
 * @what: what would be deleted: "user"
 * @name: its name
 *
 * For --dry-run, once it is known that there is such a thing: says so instead.
 *
 * Returns: whether that was asked for
 */
gboolean tw_admin_only_says(Admin *admin, const char *what, const char *name);

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

gboolean tw_admin_force_resync(Admin *admin, GError **error);
gboolean tw_admin_reset_counts(Admin *admin, GError **error);
gboolean tw_admin_clear_cache(Admin *admin, GError **error);
gboolean tw_admin_purge_deleted(Admin *admin, GError **error);
gboolean tw_admin_purge_deferred(Admin *admin, GError **error);

/**
 * tw_admin_find_store:
 * @admin: see there
 * @owner: whose
 * @kind: which of the owner's stores
 * @ret: (out): the store
 *
 * Returns: FALSE if the owner has none
 */
gboolean tw_admin_find_store(const Admin *admin, guint32 owner, TwStoreKind kind, TwGuid *ret);

/**
 * tw_admin_label_store:
 * @admin: see there
 * @store: which
 * @name: (nullable): of the owner it will have no more; NULL: it has one
 * @error: what the server said
 *
 * Keeps in a store whose it was, for --list-orphans.
 *
 * Returns: FALSE on failure
 */
gboolean tw_admin_label_store(Admin *admin, const TwGuid *store, const char *name, GError **error);

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
