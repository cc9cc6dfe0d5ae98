/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Companies, and the lists each holds: who may see it, who administers it, who is told about quotas. */
#include "base/error.h"
#include "programs/admin-private.h"

gboolean
tw_admin_create_company(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    TwDirectoryObject values = { .kind = TW_DIRECTORY_COMPANY,
                                 .name = request->name,
                                 .full_name = request->name };
    guint32 number;
    TwGuid store;

    tw_admin_merge_quota(&request->quota, &values.quota);
    tw_admin_merge_quota(&request->user_quota, &values.user_quota);
    if (!tw_directory_create(admin->node->directory, &values, NULL, &number, error))
        return tw_admin_explain(error, "create company", request->name);
    if (!tw_node_make_store(admin->node, number, TW_STORE_PUBLIC, admin->language, &store, error)) {
        g_prefix_error(error, "Company created, but not its public store (-s -I completes it): ");
        return FALSE;
    }
    if (!tw_admin_apply_quota(admin, number, error))
        return FALSE;
    g_string_append(admin->out, "Company created.\n");
    return TRUE;
}

gboolean
tw_admin_update_company(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    const TwDirectoryObject *company;
    TwDirectoryObject values;
    guint fields = 0;

    if (snapshot == NULL)
        return FALSE;
    company = tw_admin_find(admin, snapshot, ADMIN_TYPE_COMPANY, request->name, error);
    if (company == NULL)
        return FALSE;
    values = *company;
    if (tw_admin_merge_quota(&request->quota, &values.quota))
        fields |= TW_DIRECTORY_SET_QUOTA;
    if (tw_admin_merge_quota(&request->user_quota, &values.user_quota))
        fields |= TW_DIRECTORY_SET_USER_QUOTA;
    if (!tw_directory_modify(admin->node->directory, &values, (TwDirectoryFields) fields, NULL,
                             error))
        return tw_admin_explain(error, "change company", request->name);
    if (!tw_admin_apply_quota(admin, company->number, error))
        return FALSE;
    g_string_append(admin->out, "Company information updated.\n");
    return TRUE;
}

gboolean
tw_admin_delete_company(Admin *admin, GError **error)
{
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    const TwDirectoryObject *company;
    TwStoreOwned place;

    if (snapshot == NULL)
        return FALSE;
    company = tw_admin_find(admin, snapshot, ADMIN_TYPE_COMPANY, admin->request->name, error);
    if (company == NULL)
        return FALSE;
    if (!tw_directory_remove(admin->node->directory, company->number, error))
        return tw_admin_explain(error, "delete company", admin->request->name);
    if (tw_engine_find_owned(admin->node->engine, company->number, TW_STORE_PUBLIC, &place) &&
        !tw_admin_orphan(admin, company->number, TW_STORE_PUBLIC, company->name, NULL, error))
        return FALSE;
    g_string_append(admin->out, "Company deleted.\n");
    return TRUE;
}

gboolean
tw_admin_list_companies(Admin *admin, GError **error)
{
    static const AdminColumn columns[] = { { "Companyname", "companyname" },
                                           { "System administrator", "sysadmin" } };
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    g_autoptr(GPtrArray) objects = NULL;
    g_auto(AdminTable) table = { 0 };

    if (snapshot == NULL)
        return FALSE;
    objects = tw_admin_objects(snapshot);
    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < objects->len; i++) {
        const TwDirectoryObject *object = objects->pdata[i];
        const TwDirectoryObject *contact;
        if (object->kind != TW_DIRECTORY_COMPANY)
            continue;
        contact = tw_directory_snapshot_get(
            snapshot, object->system_contact == 0 ? TW_DIRECTORY_SYSTEM : object->system_contact);
        tw_admin_table_add(&table, object->name);
        tw_admin_table_add(&table, contact == NULL ? "" : contact->name);
    }
    tw_admin_table_sort(&table);
    tw_admin_say_table(admin, &table, "Company list", "the server");
    return TRUE;
}

gboolean
tw_admin_set_system_admin(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    const TwDirectoryObject *company, *user;
    TwDirectoryObject values;

    if (snapshot == NULL)
        return FALSE;
    company = tw_admin_find(admin, snapshot, ADMIN_TYPE_COMPANY, request->company, error);
    user = company == NULL ? NULL
                           : tw_admin_find(admin, snapshot, ADMIN_TYPE_USER, request->name, error);
    if (user == NULL)
        return FALSE;
    values = *company;
    values.system_contact = user->number;
    if (!tw_directory_modify(admin->node->directory, &values, TW_DIRECTORY_SET_SYSTEM_CONTACT, NULL,
                             error))
        return tw_admin_explain(error, "change company", request->company);
    g_string_append(admin->out, "System administrator set.\n");
    return TRUE;
}

/* ---- the lists ---- */

typedef struct {
    AdminAction add, del, list;
    TwDirectoryRelation relation;
    AdminType type;     /* of what stands in it */
    gboolean elsewhere; /* users of other companies too: they are looked for in all */
    const char *title;
} List;

static const List lists[] = {
    { ADMIN_ADD_VIEW, ADMIN_DEL_VIEW, ADMIN_LIST_VIEW, TW_DIRECTORY_VIEW, ADMIN_TYPE_COMPANY, FALSE,
      "View list" },
    { ADMIN_ADD_ADMIN, ADMIN_DEL_ADMIN, ADMIN_LIST_ADMIN, TW_DIRECTORY_ADMIN, ADMIN_TYPE_USER, TRUE,
      "Administrator list" },
    { ADMIN_ADD_USER_RECIPIENT, ADMIN_DEL_USER_RECIPIENT, ADMIN_LIST_USER_RECIPIENTS,
      TW_DIRECTORY_USER_QUOTA_RECIPIENT, ADMIN_TYPE_USER, FALSE, "User quota recipient list" },
    { ADMIN_ADD_COMPANY_RECIPIENT, ADMIN_DEL_COMPANY_RECIPIENT, ADMIN_LIST_COMPANY_RECIPIENTS,
      TW_DIRECTORY_COMPANY_QUOTA_RECIPIENT, ADMIN_TYPE_USER, FALSE,
      "Company quota recipient list" },
};

static const List *
list_of(AdminAction action)
{
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        if (lists[i].add == action || lists[i].del == action || lists[i].list == action)
            return &lists[i];
    }
    return NULL;
}

/* A user of any company, as "name" when only one has that name, or as "name@company". */
static const TwDirectoryObject *
find_anywhere(const TwDirectorySnapshot *snapshot, const char *name, GError **error)
{
    g_autoptr(GPtrArray) objects = tw_admin_objects(snapshot);
    const TwDirectoryObject *found = NULL;

    for (guint i = 0; i < objects->len; i++) {
        const TwDirectoryObject *object = objects->pdata[i];
        g_autofree char *whole = g_strdup_printf("%s@%s", object->name,
                                                 tw_admin_company_name(snapshot, object->company));
        if (tw_directory_type(object->kind) != TW_DIRECTORY_USERS ||
            (g_ascii_strcasecmp(object->name, name) != 0 && g_ascii_strcasecmp(whole, name) != 0))
            continue;
        if (found != NULL) {
            g_set_error(error, TW_ERROR, TW_ERROR_AMBIGUOUS,
                        "There are several users \"%s\": say USER@COMPANY.", name);
            return NULL;
        }
        found = tw_directory_snapshot_get(snapshot, object->number);
    }
    if (found == NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "There is no user \"%s\".", name);
    return found;
}

gboolean
tw_admin_change_company_list(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    const List *list = list_of(request->action);
    gboolean add = request->action == list->add;
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    const TwDirectoryObject *company, *entry;
    TwDirectoryLink link = { .relation = list->relation };

    if (snapshot == NULL)
        return FALSE;
    company = tw_admin_find(admin, snapshot, ADMIN_TYPE_COMPANY, request->company, error);
    if (company == NULL)
        return FALSE;
    entry = list->elsewhere ? find_anywhere(snapshot, request->name, error)
                            : tw_admin_find(admin, snapshot, list->type, request->name, error);
    if (entry == NULL)
        return FALSE;
    link.number = entry->number;
    if (!(add ? tw_directory_relate(admin->node->directory, company->number, link, error)
              : tw_directory_unrelate(admin->node->directory, company->number, link, error)))
        return tw_admin_explain(error, "change the lists of company", request->company);
    g_string_append_printf(admin->out, "%s updated.\n", list->title);
    return TRUE;
}

gboolean
tw_admin_show_company_list(Admin *admin, GError **error)
{
    static const AdminColumn users[] = { { "Username", "username" }, { "Fullname", "fullname" } };
    static const AdminColumn companies[] = { { "Companyname", "companyname" } };
    const List *list = list_of(admin->request->action);
    gboolean of_users = list->type == ADMIN_TYPE_USER;
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    g_auto(AdminTable) table = { 0 };
    const TwDirectoryObject *company;
    const TwDirectoryLink *links;
    gsize count;

    if (snapshot == NULL)
        return FALSE;
    company = tw_admin_find(admin, snapshot, ADMIN_TYPE_COMPANY, admin->request->company, error);
    if (company == NULL)
        return FALSE;
    tw_admin_table_init(&table, of_users ? users : companies,
                        of_users ? G_N_ELEMENTS(users) : G_N_ELEMENTS(companies));
    links = tw_directory_links(company, list->relation, &count);
    for (gsize i = 0; i < count; i++) {
        const TwDirectoryObject *entry = tw_directory_snapshot_get(snapshot, links[i].number);
        if (entry == NULL)
            continue;
        tw_admin_table_add(&table, entry->name);
        if (of_users)
            tw_admin_table_add(&table, entry->full_name);
    }
    tw_admin_table_sort(&table);
    tw_admin_say_table(admin, &table, list->title, company->name);
    return TRUE;
}
