/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Groups, their members, and who may send as whom. */
#include "base/error.h"
#include "programs/admin-private.h"

gboolean
tw_admin_create_group(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    TwDirectoryObject values = { .kind = TW_DIRECTORY_SECURITY_GROUP,
                                 .name = request->name,
                                 .full_name = request->full_name != NULL ? request->full_name
                                                                         : request->name,
                                 .mail = request->mail };
    guint32 number;

    if (snapshot == NULL || !tw_admin_company(admin, snapshot, &values.company, error))
        return FALSE;
    if (!tw_directory_create(admin->node->directory, &values, NULL, &number, error))
        return tw_admin_explain(error, "create group", request->name);
    g_string_append(admin->out, "Group created.\n");
    return TRUE;
}

gboolean
tw_admin_update_group(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    const TwDirectoryObject *group;
    TwDirectoryObject values;
    guint fields = 0;

    if (snapshot == NULL)
        return FALSE;
    group = tw_admin_find(admin, snapshot, ADMIN_TYPE_GROUP, request->name, error);
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
    if (fields != 0 && !tw_directory_modify(admin->node->directory, &values,
                                            (TwDirectoryFields) fields, NULL, error))
        return tw_admin_explain(error, "change group", request->name);
    if (!tw_admin_change_sendas(admin, group->number, error))
        return FALSE;
    g_string_append(admin->out, "Group information updated.\n");
    return TRUE;
}

gboolean
tw_admin_delete_group(Admin *admin, GError **error)
{
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    const TwDirectoryObject *group;

    if (snapshot == NULL)
        return FALSE;
    group = tw_admin_find(admin, snapshot, ADMIN_TYPE_GROUP, admin->request->name, error);
    if (group == NULL)
        return FALSE;
    if (!tw_directory_remove(admin->node->directory, group->number, error))
        return tw_admin_explain(error, "delete group", admin->request->name);
    g_string_append(admin->out, "Group deleted.\n");
    return TRUE;
}

/* A user, or a group: groups may stand in groups. */
static const TwDirectoryObject *
find_member(const Admin *admin,
            const TwDirectorySnapshot *snapshot,
            const char *name,
            GError **error)
{
    const TwDirectoryObject *member = tw_admin_find(admin, snapshot, ADMIN_TYPE_USER, name, NULL);

    if (member == NULL)
        member = tw_admin_find(admin, snapshot, ADMIN_TYPE_GROUP, name, NULL);
    if (member == NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "There is no user or group \"%s\".", name);
    return member;
}

gboolean
tw_admin_change_member(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    gboolean add = request->action == ADMIN_ADD_MEMBER;
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    const TwDirectoryObject *group, *member;
    TwDirectoryLink link = { .relation = TW_DIRECTORY_MEMBER };

    if (snapshot == NULL)
        return FALSE;
    group = tw_admin_find(admin, snapshot, ADMIN_TYPE_GROUP, request->group, error);
    member = group == NULL ? NULL : find_member(admin, snapshot, request->name, error);
    if (member == NULL)
        return FALSE;
    link.number = member->number;
    if (!(add ? tw_directory_relate(admin->node->directory, group->number, link, error)
              : tw_directory_unrelate(admin->node->directory, group->number, link, error)))
        return tw_admin_explain(error, add ? "add to group" : "remove from group", request->group);
    g_string_append(admin->out, add ? "User added to group.\n" : "User removed from group.\n");
    return TRUE;
}

gboolean
tw_admin_list_groups(Admin *admin, GError **error)
{
    static const AdminColumn columns[] = { { "groupname", "groupname" } };
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    g_autoptr(GPtrArray) objects = NULL;
    g_auto(AdminTable) table = { 0 };
    guint32 company;

    if (snapshot == NULL || !tw_admin_company(admin, snapshot, &company, error))
        return FALSE;
    objects = tw_admin_objects(snapshot);
    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < objects->len; i++) {
        const TwDirectoryObject *object = objects->pdata[i];
        if (tw_directory_type(object->kind) == TW_DIRECTORY_GROUPS &&
            (object->company == company || object->number == TW_DIRECTORY_EVERYONE))
            tw_admin_table_add(&table, object->name);
    }
    tw_admin_table_sort(&table);
    tw_admin_say_table(admin, &table, "Group list", tw_admin_company_name(snapshot, company));
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
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);

    if (snapshot == NULL)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        TwDirectoryLink link = { .relation = TW_DIRECTORY_SEND_AS };
        const TwDirectoryObject *sender;

        if (changes[i].name == NULL)
            continue;
        sender = find_member(admin, snapshot, changes[i].name, error);
        if (sender == NULL)
            return FALSE;
        link.number = sender->number;
        if (!(changes[i].add ? tw_directory_relate(admin->node->directory, object, link, error)
                             : tw_directory_unrelate(admin->node->directory, object, link, error)))
            return tw_admin_explain(error, "change who may send: sender", changes[i].name);
    }
    return TRUE;
}

gboolean
tw_admin_list_sendas(Admin *admin, GError **error)
{
    static const AdminColumn columns[] = { { "Username", "username" }, { "Fullname", "fullname" } };
    const AdminRequest *request = admin->request;
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    g_auto(AdminTable) table = { 0 };
    const TwDirectoryObject *object;
    const TwDirectoryLink *links;
    gsize count;

    if (snapshot == NULL)
        return FALSE;
    object = tw_admin_find(admin, snapshot, request->type, request->name, error);
    if (object == NULL)
        return FALSE;
    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    links = tw_directory_links(object, TW_DIRECTORY_SEND_AS, &count);
    for (gsize i = 0; i < count; i++) {
        const TwDirectoryObject *sender = tw_directory_snapshot_get(snapshot, links[i].number);
        if (sender == NULL)
            continue;
        tw_admin_table_add(&table, sender->name);
        tw_admin_table_add(&table, sender->full_name);
    }
    tw_admin_table_sort(&table);
    tw_admin_say_table(admin, &table, "Send-as list", object->name);
    return TRUE;
}
