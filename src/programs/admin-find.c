/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Finding what an administrator names, what several actions share, and the table of actions. */
#include "base/error.h"
#include "base/text.h"
#include "programs/admin-private.h"

#include <string.h>

/* ---- finding ---- */

const char *
tw_admin_company_name(const Admin *admin)
{
    return admin->request->company != NULL ? admin->request->company : "Default";
}

/* What the list has besides the objects of the company. */
static gboolean
is_of(const TwDirectoryObject *object, guint32 company)
{
    return object->number == TW_DIRECTORY_EVERYONE || object->company == company ||
           tw_directory_type(object->kind) == TW_DIRECTORY_CONTAINERS;
}

GPtrArray *
tw_admin_objects(const Admin *admin, guint32 company, TwDirectoryType type, GError **error)
{
    g_auto(TwObjectsListArgs) list = { .company = company, .type = type };
    g_autoptr(GPtrArray) objects =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_object_unref);

    if (!tw_session_objects_list(admin->session, &list, error))
        return NULL;
    for (guint i = 0; i < list.rows->len; i++) {
        TwDirectoryObject *object = list.rows->pdata[i];
        if (is_of(object, company))
            g_ptr_array_add(objects, tw_directory_object_ref(object));
    }
    return g_steal_pointer(&objects);
}

static gboolean
is_called(const TwDirectoryObject *object, const char *key)
{
    g_autofree char *other = tw_text_name_key(object->name, strlen(object->name), NULL);

    return g_strcmp0(key, other) == 0;
}

static TwDirectoryObject *
find_in(const Admin *admin, guint32 company, AdminType type, const char *name, GError **error)
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
    g_autofree char *key = name == NULL ? NULL : tw_text_name_key(name, strlen(name), NULL);
    g_autoptr(GPtrArray) objects = tw_admin_objects(admin, company, types[type].type, error);

    if (objects == NULL)
        return NULL;
    for (guint i = 0; key != NULL && i < objects->len; i++) {
        TwDirectoryObject *object = objects->pdata[i];
        if (is_called(object, key) &&
            (type != ADMIN_TYPE_COMPANY || object->kind == TW_DIRECTORY_COMPANY))
            return tw_directory_object_ref(object);
    }
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "There is no %s \"%s\".", types[type].word,
                name == NULL ? "" : name);
    return NULL;
}

gboolean
tw_admin_company(const Admin *admin, guint32 *ret, GError **error)
{
    g_autoptr(TwDirectoryObject) object = NULL;

    *ret = TW_DIRECTORY_NO_COMPANY;
    if (admin->request->company == NULL)
        return TRUE;
    object =
        find_in(admin, TW_DIRECTORY_NO_COMPANY, ADMIN_TYPE_COMPANY, admin->request->company, error);
    if (object == NULL)
        return FALSE;
    *ret = object->number;
    return TRUE;
}

/* A name as it is typed: that -I names the company counts, else what the server's loginname_format finds in it. Some type both. */
static gboolean
split_name(
    const Admin *admin, const char *name, char **ret_plain, guint32 *ret_company, GError **error)
{
    g_auto(TwNameSplitArgs) split = { .name = name };

    if (admin->request->company != NULL) {
        gboolean both;
        if (!tw_admin_company(admin, ret_company, error))
            return FALSE;
        both = tw_session_name_split(admin->session, &split, NULL) && split.plain != NULL &&
               split.company == *ret_company;
        *ret_plain = both ? g_steal_pointer(&split.plain) : g_strdup(name);
        return TRUE;
    }
    if (!tw_session_name_split(admin->session, &split, error))
        return tw_admin_explain(error, "find the company of", name);
    *ret_plain = g_steal_pointer(&split.plain);
    *ret_company = split.company;
    return TRUE;
}

gboolean
tw_admin_new_name(const Admin *admin, char **ret_plain, guint32 *ret_company, GError **error)
{
    return split_name(admin, admin->request->name, ret_plain, ret_company, error);
}

TwDirectoryObject *
tw_admin_find(const Admin *admin, AdminType type, const char *name, GError **error)
{
    g_autofree char *plain = NULL;
    guint32 company = TW_DIRECTORY_NO_COMPANY;

    if (type == ADMIN_TYPE_COMPANY || name == NULL)
        return find_in(admin, company, type, name, error);
    if (!split_name(admin, name, &plain, &company, error))
        return NULL;
    return find_in(admin, company, type, plain, error);
}

TwDirectoryObject *
tw_admin_get(const Admin *admin, guint32 number, GError **error)
{
    g_auto(TwBookGetArgs) get = { .user = number };

    return tw_session_book_get(admin->session, &get, error) ? g_steal_pointer(&get.entry) : NULL;
}

GPtrArray *
tw_admin_related(const Admin *admin, TwBookRelatedArgs *args, GError **error)
{
    return tw_session_book_related(admin->session, args, error) ? g_steal_pointer(&args->rows)
                                                                : NULL;
}

/* ---- what several actions do ---- */

gboolean
tw_admin_explain(GError **error, const char *deed, const char *name)
{
    g_prefix_error(error, "Unable to %s \"%s\": ", deed, name);
    return FALSE;
}

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

gboolean
tw_admin_change(Admin *admin,
                const TwDirectoryObject *values,
                guint32 number,
                guint fields,
                const char *deed,
                GError **error)
{
    g_auto(TwObjectChangeArgs) change = {
        .user = number, .values = values, .fields = fields, .password = admin->password
    };

    if (fields == 0 && admin->password == NULL)
        return TRUE;
    return tw_session_object_change(admin->session, &change, error) ||
           tw_admin_explain(error, deed, admin->request->name);
}

gboolean
tw_admin_link(Admin *admin,
              guint32 holder,
              TwDirectoryRelation relation,
              guint32 other,
              gboolean add,
              GError **error)
{
    g_auto(TwRelateArgs) relate = { .user = holder, .relation = relation, .other = other };
    g_auto(TwUnrelateArgs) unrelate = { .user = holder, .relation = relation, .other = other };

    return add ? tw_session_relate(admin->session, &relate, error)
               : tw_session_unrelate(admin->session, &unrelate, error);
}

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

gboolean
tw_admin_only_says(Admin *admin, const char *what, const char *name)
{
    if (admin->request->dry_run)
        g_string_append_printf(admin->out, "Would delete %s \"%s\".\n", what, name);
    return admin->request->dry_run;
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
    [ADMIN_FORCE_RESYNC] = tw_admin_force_resync,
    [ADMIN_RESET_COUNTS] = tw_admin_reset_counts,
    [ADMIN_CLEAR_CACHE] = tw_admin_clear_cache,
    [ADMIN_PURGE_DELETED] = tw_admin_purge_deleted,
    [ADMIN_PURGE_DEFERRED] = tw_admin_purge_deferred,
};

gboolean
tw_admin_run(Admin *admin, GError **error)
{
    AdminFunc func = actions[admin->request->action];

    g_return_val_if_fail(func != NULL, FALSE);
    return func(admin, error);
}
