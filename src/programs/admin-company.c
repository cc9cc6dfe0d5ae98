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
    g_auto(TwObjectCreateArgs) make = { .values = &values };
    TwGuid store;

    tw_admin_merge_quota(&request->quota, &values.quota);
    tw_admin_merge_quota(&request->user_quota, &values.user_quota);
    if (!tw_session_object_create(admin->session, &make, error))
        return tw_admin_explain(error, "create company", request->name);
    if (!tw_mailbox_create(admin->session, make.created, TW_STORE_PUBLIC, admin->language, &store,
                           error)) {
        g_prefix_error(error, "Company created, but not its public store (-s -I completes it): ");
        return FALSE;
    }
    g_string_append(admin->out, "Company created.\n");
    return TRUE;
}

gboolean
tw_admin_update_company(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    g_autoptr(TwDirectoryObject) company =
        tw_admin_find(admin, ADMIN_TYPE_COMPANY, request->name, error);
    TwDirectoryObject values;
    guint fields = 0;

    if (company == NULL)
        return FALSE;
    values = *company;
    if (tw_admin_merge_quota(&request->quota, &values.quota))
        fields |= TW_DIRECTORY_SET_QUOTA;
    if (tw_admin_merge_quota(&request->user_quota, &values.user_quota))
        fields |= TW_DIRECTORY_SET_USER_QUOTA;
    if (!tw_admin_change(admin, &values, company->number, fields, "change company", error))
        return FALSE;
    g_string_append(admin->out, "Company information updated.\n");
    return TRUE;
}

gboolean
tw_admin_delete_company(Admin *admin, GError **error)
{
    g_autoptr(TwDirectoryObject) company =
        tw_admin_find(admin, ADMIN_TYPE_COMPANY, admin->request->name, error);
    g_auto(TwObjectRemoveArgs) gone = { .user = company == NULL ? 0 : company->number };
    gboolean has_store;
    TwGuid store;

    if (company == NULL)
        return FALSE;
    if (tw_admin_only_says(admin, "company", company->name))
        return TRUE;
    has_store = tw_admin_find_store(admin, company->number, TW_STORE_PUBLIC, &store);
    if (!tw_session_object_remove(admin->session, &gone, error))
        return tw_admin_explain(error, "delete company", admin->request->name);
    if (has_store && !tw_admin_label_store(admin, &store, company->name, error))
        return FALSE;
    g_string_append(admin->out, "Company deleted.\n");
    return TRUE;
}

/* Whom to ask about a company. "" when it is somebody who is no more. */
static char *
contact_of(const Admin *admin, const TwDirectoryObject *company)
{
    guint32 number = company->system_contact == 0 ? TW_DIRECTORY_SYSTEM : company->system_contact;
    g_autoptr(TwDirectoryObject) contact = tw_admin_get(admin, number, NULL);

    return g_strdup(contact == NULL ? "" : contact->name);
}

gboolean
tw_admin_list_companies(Admin *admin, GError **error)
{
    static const AdminColumn columns[] = { { "Companyname", "companyname" },
                                           { "System administrator", "sysadmin" } };
    g_autoptr(GPtrArray) objects =
        tw_admin_objects(admin, TW_DIRECTORY_NO_COMPANY, TW_DIRECTORY_CONTAINERS, error);
    g_auto(AdminTable) table = { 0 };

    if (objects == NULL)
        return FALSE;
    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < objects->len; i++) {
        const TwDirectoryObject *object = objects->pdata[i];
        g_autofree char *contact = NULL;
        if (object->kind != TW_DIRECTORY_COMPANY)
            continue;
        contact = contact_of(admin, object);
        tw_admin_table_add(&table, object->name);
        tw_admin_table_add(&table, contact);
    }
    tw_admin_table_sort(&table);
    tw_admin_say_table(admin, &table, "Company list", "the server");
    return TRUE;
}

gboolean
tw_admin_set_system_admin(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    g_autoptr(TwDirectoryObject) company =
        tw_admin_find(admin, ADMIN_TYPE_COMPANY, request->company, error);
    g_autoptr(TwDirectoryObject) user =
        company == NULL ? NULL : tw_admin_find(admin, ADMIN_TYPE_USER, request->name, error);
    TwDirectoryObject values;

    if (user == NULL)
        return FALSE;
    values = *company;
    values.system_contact = user->number;
    if (!tw_admin_change(admin, &values, company->number, TW_DIRECTORY_SET_SYSTEM_CONTACT,
                         "set as system administrator user", error))
        return FALSE;
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

/* Adds to @found the users of one company who are meant by a typed name. */
static gboolean
find_in(const Admin *admin,
        const TwDirectoryObject *company, /* NULL: the default one */
        const char *name,
        GPtrArray *found,
        GError **error)
{
    const char *company_name = company == NULL ? "Default" : company->name;
    g_autoptr(GPtrArray) users =
        tw_admin_objects(admin, company == NULL ? TW_DIRECTORY_NO_COMPANY : company->number,
                         TW_DIRECTORY_USERS, error);

    for (guint i = 0; users != NULL && i < users->len; i++) {
        TwDirectoryObject *user = users->pdata[i];
        g_autofree char *whole = g_strdup_printf("%s@%s", user->name, company_name);
        if (g_ascii_strcasecmp(user->name, name) == 0 || g_ascii_strcasecmp(whole, name) == 0)
            g_ptr_array_add(found, tw_directory_object_ref(user));
    }
    return users != NULL;
}

/* A user of any company: as "name" when only one has that name, or as "name@company". */
static TwDirectoryObject *
find_anywhere(const Admin *admin, const char *name, GError **error)
{
    g_autoptr(GPtrArray) found =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_object_unref);
    g_autoptr(GPtrArray) containers =
        tw_admin_objects(admin, TW_DIRECTORY_NO_COMPANY, TW_DIRECTORY_CONTAINERS, error);

    if (containers == NULL || !find_in(admin, NULL, name, found, error))
        return NULL;
    for (guint i = 0; i < containers->len; i++) {
        const TwDirectoryObject *company = containers->pdata[i];
        if (company->kind == TW_DIRECTORY_COMPANY && !find_in(admin, company, name, found, error))
            return NULL;
    }
    if (found->len == 1)
        return tw_directory_object_ref(found->pdata[0]);
    if (found->len == 0)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "There is no user \"%s\".", name);
    else
        g_set_error(error, TW_ERROR, TW_ERROR_AMBIGUOUS,
                    "There are several users \"%s\": say USER@COMPANY.", name);
    return NULL;
}

gboolean
tw_admin_change_company_list(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    const List *list = list_of(request->action);
    gboolean add = request->action == list->add;
    g_autoptr(TwDirectoryObject) company =
        tw_admin_find(admin, ADMIN_TYPE_COMPANY, request->company, error);
    g_autoptr(TwDirectoryObject) entry = NULL;

    if (company == NULL)
        return FALSE;
    entry = list->elsewhere ? find_anywhere(admin, request->name, error)
                            : tw_admin_find(admin, list->type, request->name, error);
    if (entry == NULL)
        return FALSE;
    if (!tw_admin_link(admin, company->number, list->relation, entry->number, add, error))
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
    g_autoptr(TwDirectoryObject) company =
        tw_admin_find(admin, ADMIN_TYPE_COMPANY, admin->request->company, error);
    g_auto(TwBookRelatedArgs)
        related = { .user = company == NULL ? 0 : company->number, .relation = list->relation };
    g_autoptr(GPtrArray) rows = NULL;
    g_auto(AdminTable) table = { 0 };

    if (company == NULL)
        return FALSE;
    rows = tw_admin_related(admin, &related, error);
    if (rows == NULL)
        return FALSE;
    tw_admin_table_init(&table, of_users ? users : companies,
                        of_users ? G_N_ELEMENTS(users) : G_N_ELEMENTS(companies));
    for (guint i = 0; i < rows->len; i++) {
        const TwDirectoryObject *entry = rows->pdata[i];
        tw_admin_table_add(&table, entry->name);
        if (of_users)
            tw_admin_table_add(&table, entry->full_name);
    }
    tw_admin_table_sort(&table);
    tw_admin_say_table(admin, &table, list->title, company->name);
    return TRUE;
}
