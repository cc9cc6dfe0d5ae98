/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Groups, their members, and who may send as whom. */
#include "base/error.h"
#include "programs/admin-private.h"

gboolean
tw_admin_create_group(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    TwDirectoryObject values = { .kind = TW_DIRECTORY_SECURITY_GROUP, .mail = request->mail };
    g_auto(TwObjectCreateArgs) make = { .values = &values };
    g_autofree char *name = NULL;

    if (!tw_admin_new_name(admin, &name, &make.company, error))
        return FALSE;
    values.name = name;
    values.full_name = request->full_name != NULL ? request->full_name : name;
    if (!tw_session_object_create(admin->session, &make, error))
        return tw_admin_explain(error, "create group", request->name);
    g_string_append(admin->out, "Group created.\n");
    return TRUE;
}

gboolean
tw_admin_update_group(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    g_autoptr(TwDirectoryObject) group =
        tw_admin_find(admin, ADMIN_TYPE_GROUP, request->name, error);
    TwDirectoryObject values;
    guint fields = 0;

    if (group == NULL)
        return FALSE;
    values = *group;
    if (request->new_name != NULL) {
        values.name = request->new_name;
        fields |= TW_DIRECTORY_SET_NAME;
    }
    if (request->full_name != NULL) {
        values.full_name = request->full_name;
        fields |= TW_DIRECTORY_SET_FULL_NAME;
    }
    if (request->mail != NULL) {
        values.mail = request->mail;
        fields |= TW_DIRECTORY_SET_MAIL;
    }
    if (!tw_admin_change(admin, &values, group->number, fields, "change group", error) ||
        !tw_admin_change_sendas(admin, group->number, error))
        return FALSE;
    g_string_append(admin->out, "Group information updated.\n");
    return TRUE;
}

gboolean
tw_admin_delete_group(Admin *admin, GError **error)
{
    g_autoptr(TwDirectoryObject) group =
        tw_admin_find(admin, ADMIN_TYPE_GROUP, admin->request->name, error);
    g_auto(TwObjectRemoveArgs) gone = { .user = group == NULL ? 0 : group->number };

    if (group == NULL)
        return FALSE;
    if (tw_admin_only_says(admin, "group", group->name))
        return TRUE;
    if (!tw_session_object_remove(admin->session, &gone, error))
        return tw_admin_explain(error, "delete group", admin->request->name);
    g_string_append(admin->out, "Group deleted.\n");
    return TRUE;
}

/* ---- members ---- */

/* A user, or a group: groups may stand in groups. */
static TwDirectoryObject *
find_member(const Admin *admin, const char *name, GError **error)
{
    TwDirectoryObject *member = tw_admin_find(admin, ADMIN_TYPE_USER, name, NULL);

    if (member == NULL)
        member = tw_admin_find(admin, ADMIN_TYPE_GROUP, name, NULL);
    if (member == NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "There is no user or group \"%s\".", name);
    return member;
}

gboolean
tw_admin_change_member(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    gboolean add = request->action == ADMIN_ADD_MEMBER;
    g_autoptr(TwDirectoryObject) group =
        tw_admin_find(admin, ADMIN_TYPE_GROUP, request->group, error);
    g_autoptr(TwDirectoryObject) member =
        group == NULL ? NULL : find_member(admin, request->name, error);

    if (member == NULL)
        return FALSE;
    if (!tw_admin_link(admin, group->number, TW_DIRECTORY_MEMBER, member->number, add, error))
        return tw_admin_explain(error, add ? "add to group" : "remove from group", request->group);
    g_string_append(admin->out, add ? "User added to group.\n" : "User removed from group.\n");
    return TRUE;
}

gboolean
tw_admin_list_groups(Admin *admin, GError **error)
{
    static const AdminColumn columns[] = { { "groupname", "groupname" } };
    g_autoptr(GPtrArray) objects = NULL;
    g_auto(AdminTable) table = { 0 };
    guint32 company;

    if (!tw_admin_company(admin, &company, error))
        return FALSE;
    objects = tw_admin_objects(admin, company, TW_DIRECTORY_GROUPS, error);
    if (objects == NULL)
        return FALSE;
    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < objects->len; i++)
        tw_admin_table_add(&table, ((const TwDirectoryObject *) objects->pdata[i])->name);
    tw_admin_table_sort(&table);
    tw_admin_say_table(admin, &table, "Group list", tw_admin_company_name(admin));
    return TRUE;
}

/* ---- send as ---- */

gboolean
tw_admin_change_sendas(Admin *admin, guint32 object, GError **error)
{
    const struct {
        const char *name;
        gboolean add;
    } changes[] = { { admin->request->del_sendas, FALSE }, { admin->request->add_sendas, TRUE } };

    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autoptr(TwDirectoryObject) sender = NULL;

        if (changes[i].name == NULL)
            continue;
        sender = find_member(admin, changes[i].name, error);
        if (sender == NULL)
            return FALSE;
        if (!tw_admin_link(admin, object, TW_DIRECTORY_SEND_AS, sender->number, changes[i].add,
                           error))
            return tw_admin_explain(error, "change who may send: sender", changes[i].name);
    }
    return TRUE;
}

gboolean
tw_admin_list_sendas(Admin *admin, GError **error)
{
    static const AdminColumn columns[] = { { "Username", "username" }, { "Fullname", "fullname" } };
    const AdminRequest *request = admin->request;
    g_autoptr(TwDirectoryObject) object = tw_admin_find(admin, request->type, request->name, error);
    g_auto(TwBookRelatedArgs)
        senders = { .user = object == NULL ? 0 : object->number, .relation = TW_DIRECTORY_SEND_AS };
    g_autoptr(GPtrArray) rows = NULL;
    g_auto(AdminTable) table = { 0 };

    if (object == NULL)
        return FALSE;
    rows = tw_admin_related(admin, &senders, error);
    if (rows == NULL)
        return FALSE;
    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < rows->len; i++) {
        const TwDirectoryObject *sender = rows->pdata[i];
        tw_admin_table_add(&table, sender->name);
        tw_admin_table_add(&table, sender->full_name);
    }
    tw_admin_table_sort(&table);
    tw_admin_say_table(admin, &table, "Send-as list", object->name);
    return TRUE;
}
