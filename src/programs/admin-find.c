/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Finding what an administrator names, quotas, and the table of actions. */
#include "base/error.h"
#include "programs/admin-private.h"

#include <string.h>

gboolean
tw_admin_company(const Admin *admin,
                 const TwDirectorySnapshot *snapshot,
                 guint32 *ret,
                 GError **error)
{
    const TwDirectoryObject *object;

    *ret = TW_DIRECTORY_NO_COMPANY;
    if (admin->request->company == NULL)
        return TRUE;
    object = tw_admin_find(admin, snapshot, ADMIN_TYPE_COMPANY, admin->request->company, error);
    if (object == NULL)
        return FALSE;
    *ret = object->number;
    return TRUE;
}

TwDirectoryObject *
tw_admin_find(const Admin *admin,
              const TwDirectorySnapshot *snapshot,
              AdminType type,
              const char *name,
              GError **error)
{
    static const struct {
        TwDirectoryType type;
        const char *word;
    } types[] = {
        [ADMIN_TYPE_USER] = { TW_DIRECTORY_USERS, "user" },
        [ADMIN_TYPE_GROUP] = { TW_DIRECTORY_GROUPS, "group" },
        [ADMIN_TYPE_COMPANY] = { TW_DIRECTORY_CONTAINERS, "company" },
        [ADMIN_TYPE_ARCHIVE] = { TW_DIRECTORY_USERS, "user" },
    };
    TwDirectoryObject *object = NULL;
    guint32 company = TW_DIRECTORY_NO_COMPANY;

    if (type != ADMIN_TYPE_COMPANY && !tw_admin_company(admin, snapshot, &company, error))
        return NULL;
    if (name != NULL)
        object = tw_directory_snapshot_find(snapshot, types[type].type, company, name);
    if (object != NULL && type == ADMIN_TYPE_COMPANY && object->kind != TW_DIRECTORY_COMPANY)
        object = NULL;
    if (object == NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "There is no %s \"%s\".", types[type].word,
                    name == NULL ? "" : name);
    return object;
}

GPtrArray *
tw_admin_objects(const TwDirectorySnapshot *snapshot)
{
    static const guint32 always[] = { TW_DIRECTORY_EVERYONE, TW_DIRECTORY_SYSTEM };
    g_autoptr(GPtrArray) rest = tw_directory_snapshot_changed(snapshot, 0);
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_object_unref);

    for (guint i = 0; i < G_N_ELEMENTS(always); i++)
        g_ptr_array_add(all,
                        tw_directory_object_ref(tw_directory_snapshot_get(snapshot, always[i])));
    for (guint i = 0; i < rest->len; i++) {
        TwDirectoryObject *object = rest->pdata[i];
        if (object->number >= TW_DIRECTORY_FIRST_NUMBER)
            g_ptr_array_add(all, tw_directory_object_ref(object));
    }
    return all;
}

const char *
tw_admin_company_name(const TwDirectorySnapshot *snapshot, guint32 company)
{
    const TwDirectoryObject *object =
        company == TW_DIRECTORY_NO_COMPANY ? NULL : tw_directory_snapshot_get(snapshot, company);

    return object == NULL ? "Default" : object->name;
}

gboolean
tw_admin_explain(GError **error, const char *deed, const char *name)
{
    g_prefix_error(error, "Unable to %s \"%s\": ", deed, name);
    return FALSE;
}

/* ---- quotas ---- */

gboolean
tw_admin_merge_quota(const AdminQuota *asked, TwDirectoryQuota *quota)
{
    gboolean levels = asked->warn >= 0 || asked->soft >= 0 || asked->hard >= 0;

    if (asked->own == ADMIN_UNSET && !levels)
        return FALSE;
    quota->own = asked->own == ADMIN_UNSET || asked->own == ADMIN_YES;
    quota->warn = asked->warn >= 0 ? (guint64) asked->warn : quota->warn;
    quota->soft = asked->soft >= 0 ? (guint64) asked->soft : quota->soft;
    quota->hard = asked->hard >= 0 ? (guint64) asked->hard : quota->hard;
    return TRUE;
}

TwQuota
tw_admin_resolve_quota(const TwDirectorySnapshot *snapshot, const TwDirectoryObject *object)
{
    const TwDirectoryQuota *quota = &object->quota;
    const TwDirectoryObject *company = NULL;

    if (object->company != TW_DIRECTORY_NO_COMPANY)
        company = tw_directory_snapshot_get(snapshot, object->company);
    if (!quota->own && company != NULL)
        quota = &company->user_quota;
    if (!quota->own)
        return (TwQuota){ 0 };
    return (TwQuota){ .warn = (gint64) quota->warn,
                      .soft = (gint64) quota->soft,
                      .hard = (gint64) quota->hard };
}

static gboolean
apply_to_one(TwNode *node,
             const TwDirectorySnapshot *snapshot,
             const TwDirectoryObject *object,
             GError **error)
{
    TwStoreKind kind = object->kind == TW_DIRECTORY_COMPANY ? TW_STORE_PUBLIC : TW_STORE_PRIVATE;
    TwQuota quota = tw_admin_resolve_quota(snapshot, object);
    g_autoptr(TwStore) store = NULL;
    TwStoreOwned place;

    if (!tw_engine_find_owned(node->engine, object->number, kind, &place))
        return TRUE;
    store = tw_store_open_number(node->engine, place.number, error);
    return store != NULL && tw_store_set_quota(store, &quota, error);
}

gboolean
tw_admin_apply_quota(Admin *admin, guint32 owner, GError **error)
{
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    g_autoptr(GPtrArray) objects = NULL;

    if (snapshot == NULL)
        return FALSE;
    objects = tw_admin_objects(snapshot);
    for (guint i = 0; i < objects->len; i++) {
        const TwDirectoryObject *object = objects->pdata[i];
        if ((object->number == owner || object->company == owner) &&
            !apply_to_one(admin->node, snapshot, object, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- saying ---- */

void
tw_admin_say_table(Admin *admin, const AdminTable *table, const char *list, const char *of)
{
    if (admin->request->json) {
        tw_admin_table_print_json(table, admin->out);
        g_string_append_c(admin->out, '\n');
        return;
    }
    g_string_append_printf(admin->out, "%s for %s(%u):\n", list, of, tw_admin_table_rows(table));
    tw_admin_table_print(table, admin->out);
}

/* ---- actions ---- */

static const AdminFunc actions[ADMIN_ACTIONS] = {
    [ADMIN_CREATE_PUBLIC] = tw_admin_create_public,
    [ADMIN_CREATE_USER] = tw_admin_create_user,
    [ADMIN_UPDATE_USER] = tw_admin_update_user,
    [ADMIN_DELETE_USER] = tw_admin_delete_user,
    [ADMIN_CREATE_GROUP] = tw_admin_create_group,
    [ADMIN_UPDATE_GROUP] = tw_admin_update_group,
    [ADMIN_DELETE_GROUP] = tw_admin_delete_group,
    [ADMIN_ADD_MEMBER] = tw_admin_change_member,
    [ADMIN_REMOVE_MEMBER] = tw_admin_change_member,
    [ADMIN_LIST_USERS] = tw_admin_list_users,
    [ADMIN_LIST_GROUPS] = tw_admin_list_groups,
    [ADMIN_LIST_COMPANIES] = tw_admin_list_companies,
    [ADMIN_DETAILS] = tw_admin_details,
    [ADMIN_SYNC] = tw_admin_sync,
    [ADMIN_USER_COUNT] = tw_admin_user_count,
    [ADMIN_CREATE_COMPANY] = tw_admin_create_company,
    [ADMIN_UPDATE_COMPANY] = tw_admin_update_company,
    [ADMIN_DELETE_COMPANY] = tw_admin_delete_company,
    [ADMIN_SET_SYSTEM_ADMIN] = tw_admin_set_system_admin,
    [ADMIN_ADD_VIEW] = tw_admin_change_company_list,
    [ADMIN_DEL_VIEW] = tw_admin_change_company_list,
    [ADMIN_LIST_VIEW] = tw_admin_show_company_list,
    [ADMIN_ADD_ADMIN] = tw_admin_change_company_list,
    [ADMIN_DEL_ADMIN] = tw_admin_change_company_list,
    [ADMIN_LIST_ADMIN] = tw_admin_show_company_list,
    [ADMIN_ADD_USER_RECIPIENT] = tw_admin_change_company_list,
    [ADMIN_DEL_USER_RECIPIENT] = tw_admin_change_company_list,
    [ADMIN_LIST_USER_RECIPIENTS] = tw_admin_show_company_list,
    [ADMIN_ADD_COMPANY_RECIPIENT] = tw_admin_change_company_list,
    [ADMIN_DEL_COMPANY_RECIPIENT] = tw_admin_change_company_list,
    [ADMIN_LIST_COMPANY_RECIPIENTS] = tw_admin_show_company_list,
    [ADMIN_LIST_SENDAS] = tw_admin_list_sendas,
    [ADMIN_CREATE_STORE] = tw_admin_create_store,
    [ADMIN_UNHOOK_STORE] = tw_admin_unhook_store,
    [ADMIN_HOOK_STORE] = tw_admin_hook_store,
    [ADMIN_REMOVE_STORE] = tw_admin_remove_store,
    [ADMIN_LIST_ORPHANS] = tw_admin_list_orphans,
};

gboolean
tw_admin_run(Admin *admin, GError **error)
{
    AdminFunc func = actions[admin->request->action];

    g_return_val_if_fail(func != NULL, FALSE);
    return func(admin, error);
}
