/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Users: made, changed, deleted, listed, counted. */
#include "base/error.h"
#include "programs/admin-private.h"

#include <string.h>

/* ---- what the request says of a user ---- */

static TwDirectoryKind
kind_of(AdminActive active)
{
    switch (active) {
    case ADMIN_NONACTIVE:
        return TW_DIRECTORY_NONACTIVE_USER;
    case ADMIN_ROOM:
        return TW_DIRECTORY_ROOM;
    case ADMIN_EQUIPMENT:
        return TW_DIRECTORY_EQUIPMENT;
    case ADMIN_ACTIVE_UNSET:
    case ADMIN_ACTIVE:
        break;
    }
    return TW_DIRECTORY_USER;
}

static void
merge_flag(AdminFlag asked, TwDirectoryMeetingFlags bit, TwDirectoryMeetingFlags *flags)
{
    if (asked == ADMIN_YES)
        *flags |= bit;
    else if (asked == ADMIN_NO)
        *flags &= ~(guint) bit;
}

static gboolean
merge_meeting(const AdminRequest *request, TwDirectoryMeetingFlags *flags, GError **error)
{
    merge_flag(request->accept, TW_DIRECTORY_ACCEPT, flags);
    merge_flag(request->decline_conflict, TW_DIRECTORY_DECLINE_CONFLICT, flags);
    merge_flag(request->decline_recurring, TW_DIRECTORY_DECLINE_RECURRING, flags);
    merge_flag(request->process, TW_DIRECTORY_PROCESS, flags);
    if ((*flags & TW_DIRECTORY_ACCEPT) == 0 &&
        (*flags & (TW_DIRECTORY_DECLINE_CONFLICT | TW_DIRECTORY_DECLINE_RECURRING)) != 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                            "Meeting requests can only be declined where they are accepted: add "
                            "--mr-accept=yes.");
        return FALSE;
    }
    return TRUE;
}

/* @list without @name, and with it at the end when @add. The strings are borrowed. */
static GPtrArray *
change_list(const char *const *list, const char *name, gboolean add)
{
    GPtrArray *changed = g_ptr_array_new();

    for (gsize i = 0; list != NULL && list[i] != NULL; i++) {
        if (strcmp(list[i], name) != 0)
            g_ptr_array_add(changed, g_strdup(list[i]));
    }
    if (add)
        g_ptr_array_add(changed, g_strdup(name));
    g_ptr_array_add(changed, NULL);
    g_ptr_array_set_free_func(changed, g_free);
    return changed;
}

/* ---- making ---- */

gboolean
tw_admin_create_user(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    TwDirectoryObject values = { .kind = kind_of(request->active),
                                 .full_name = request->full_name,
                                 .mail = request->mail,
                                 .meeting = TW_DIRECTORY_MEETING_DEFAULT,
                                 .admin = (TwDirectoryAdmin) MAX(request->admin, 0) };
    g_auto(TwObjectCreateArgs) make = { .values = &values, .password = admin->password };
    g_autofree char *name = NULL;
    TwGuid store;

    if (!merge_meeting(request, &values.meeting, error) ||
        !tw_admin_new_name(admin, &name, &make.company, error))
        return FALSE;
    values.name = name;
    tw_admin_merge_quota(&request->quota, &values.quota);
    if (!tw_session_object_create(admin->session, &make, error))
        return tw_admin_explain(error, "create user", request->name);
    if (!tw_mailbox_create(admin->session, make.created, TW_STORE_PRIVATE, admin->language, &store,
                           error)) {
        g_prefix_error(error, "User created, but not the store (--create-store completes it): ");
        return FALSE;
    }
    g_string_append(admin->out, "User created.\n");
    return TRUE;
}

/* ---- changing ---- */

typedef struct {
    TwDirectoryObject values;
    guint fields;
    GPtrArray *features_on, *features_off; /* (nullable) */
} Change;

static void
change_clear(Change *change)
{
    g_clear_pointer(&change->features_on, g_ptr_array_unref);
    g_clear_pointer(&change->features_off, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Change, change_clear)

static void
change_features(const AdminRequest *request, const TwDirectoryObject *user, Change *change)
{
    const char *on = request->enable_feature, *off = request->disable_feature;
    const char *name = on != NULL ? on : off;

    if (name == NULL)
        return;
    change->features_on = change_list(user->features_on, name, on != NULL);
    change->features_off = change_list(user->features_off, name, on == NULL);
    change->values.features_on = (const char *const *) change->features_on->pdata;
    change->values.features_off = (const char *const *) change->features_off->pdata;
    change->fields |= TW_DIRECTORY_SET_FEATURES;
}

static void
change_texts(const AdminRequest *request, Change *change)
{
    if (request->new_name != NULL) {
        change->values.name = request->new_name;
        change->fields |= TW_DIRECTORY_SET_NAME;
    }
    if (request->full_name != NULL) {
        change->values.full_name = request->full_name;
        change->fields |= TW_DIRECTORY_SET_FULL_NAME;
    }
    if (request->home_server != NULL) {
        change->values.home_server = request->home_server;
        change->fields |= TW_DIRECTORY_SET_HOME_SERVER;
    }
    if (request->mail != NULL) {
        change->values.mail = request->mail;
        change->fields |= TW_DIRECTORY_SET_MAIL;
    }
}

static gboolean
plan_change(const AdminRequest *request,
            const TwDirectoryObject *user,
            Change *change,
            GError **error)
{
    change->values = *user;
    change_texts(request, change);
    change_features(request, user, change);
    if (request->admin >= 0) {
        change->values.admin = (TwDirectoryAdmin) request->admin;
        change->fields |= TW_DIRECTORY_SET_ADMIN;
    }
    if (request->active != ADMIN_ACTIVE_UNSET) {
        change->values.kind = kind_of(request->active);
        change->fields |= TW_DIRECTORY_SET_KIND;
    }
    if (tw_admin_merge_quota(&request->quota, &change->values.quota))
        change->fields |= TW_DIRECTORY_SET_QUOTA;
    if (request->accept == ADMIN_UNSET && request->decline_conflict == ADMIN_UNSET &&
        request->decline_recurring == ADMIN_UNSET && request->process == ADMIN_UNSET)
        return TRUE;
    change->fields |= TW_DIRECTORY_SET_MEETING;
    return merge_meeting(request, &change->values.meeting, error);
}

gboolean
tw_admin_update_user(Admin *admin, GError **error)
{
    const AdminRequest *request = admin->request;
    g_autoptr(TwDirectoryObject) user = tw_admin_find(admin, ADMIN_TYPE_USER, request->name, error);
    g_auto(Change) change = { .fields = 0 };

    if (user == NULL || !plan_change(request, user, &change, error) ||
        !tw_admin_change(admin, &change.values, user->number, change.fields, "change user",
                         error) ||
        !tw_admin_change_sendas(admin, user->number, error))
        return FALSE;
    g_string_append(admin->out, "User information updated.\n");
    return TRUE;
}

/* ---- deleting ---- */

/* A script of the administrator may have removed the store by now. */
static gboolean
label_orphan(Admin *admin, const TwGuid *store, const char *name, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (tw_admin_label_store(admin, store, name, &local) ||
        g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

gboolean
tw_admin_delete_user(Admin *admin, GError **error)
{
    static const TwStoreKind kinds[] = { TW_STORE_PRIVATE, TW_STORE_ARCHIVE };
    g_autoptr(TwDirectoryObject) user =
        tw_admin_find(admin, ADMIN_TYPE_USER, admin->request->name, error);
    g_auto(TwObjectRemoveArgs) gone = { .user = user == NULL ? 0 : user->number };
    TwGuid stores[G_N_ELEMENTS(kinds)];
    guint count = 0;

    if (user == NULL)
        return FALSE;
    if (tw_admin_only_says(admin, "user", user->name))
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        count += tw_admin_find_store(admin, user->number, kinds[i], &stores[count]) ? 1 : 0;
    if (!tw_session_object_remove(admin->session, &gone, error))
        return tw_admin_explain(error, "delete user", admin->request->name);
    for (guint i = 0; i < count; i++) {
        if (!label_orphan(admin, &stores[i], user->name, error))
            return FALSE;
    }
    g_string_append(admin->out, "User deleted.\n");
    return TRUE;
}

/* ---- listing ---- */

static const AdminColumn user_columns[] = { { "Username", "username" },
                                            { "Fullname", "fullname" },
                                            { "Homeserver", "homeserver" } };

gboolean
tw_admin_list_users(Admin *admin, GError **error)
{
    g_autoptr(GPtrArray) objects = NULL;
    g_auto(AdminTable) table = { 0 };
    guint32 company;

    if (!tw_admin_company(admin, &company, error))
        return FALSE;
    objects = tw_admin_objects(admin, company, TW_DIRECTORY_USERS, error);
    if (objects == NULL)
        return FALSE;
    tw_admin_table_init(&table, user_columns, G_N_ELEMENTS(user_columns));
    for (guint i = 0; i < objects->len; i++) {
        const TwDirectoryObject *object = objects->pdata[i];
        tw_admin_table_add(&table, object->name);
        tw_admin_table_add(&table, object->full_name);
        tw_admin_table_add(&table, object->home_server);
    }
    tw_admin_table_sort(&table);
    tw_admin_say_table(admin, &table, "User list", tw_admin_company_name(admin));
    return TRUE;
}

/* ---- counting ---- */

typedef enum {
    COUNT_ACTIVE,
    COUNT_NONACTIVE,
    COUNT_USERS, /* of the non-active ones, like the next two */
    COUNT_ROOMS,
    COUNT_EQUIPMENT,
    COUNT_TOTAL,
    COUNTS,
} Count;

static void
count_one(const TwDirectoryObject *object, guint counts[COUNTS])
{
    switch (object->kind) {
    case TW_DIRECTORY_USER:
        counts[COUNT_ACTIVE]++;
        break;
    case TW_DIRECTORY_NONACTIVE_USER:
        counts[COUNT_USERS]++;
        counts[COUNT_NONACTIVE]++;
        break;
    case TW_DIRECTORY_ROOM:
        counts[COUNT_ROOMS]++;
        counts[COUNT_NONACTIVE]++;
        break;
    case TW_DIRECTORY_EQUIPMENT:
        counts[COUNT_EQUIPMENT]++;
        counts[COUNT_NONACTIVE]++;
        break;
    default:
        return;
    }
    counts[COUNT_TOTAL]++;
}

static gboolean
count_company(const Admin *admin, guint32 company, guint counts[COUNTS], GError **error)
{
    g_autoptr(GPtrArray) objects = tw_admin_objects(admin, company, TW_DIRECTORY_USERS, error);

    for (guint i = 0; objects != NULL && i < objects->len; i++) {
        const TwDirectoryObject *object = objects->pdata[i];
        if (object->number != TW_DIRECTORY_SYSTEM)
            count_one(object, counts);
    }
    return objects != NULL;
}

static gboolean
count_all(const Admin *admin, guint counts[COUNTS], GError **error)
{
    g_autoptr(GPtrArray) containers =
        tw_admin_objects(admin, TW_DIRECTORY_NO_COMPANY, TW_DIRECTORY_CONTAINERS, error);

    if (containers == NULL || !count_company(admin, TW_DIRECTORY_NO_COMPANY, counts, error))
        return FALSE;
    for (guint i = 0; i < containers->len; i++) {
        const TwDirectoryObject *company = containers->pdata[i];
        if (company->kind == TW_DIRECTORY_COMPANY &&
            !count_company(admin, company->number, counts, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_admin_user_count(Admin *admin, GError **error)
{
    static const AdminColumn columns[] = { { "User type", "type" }, { "Count", "count" } };
    static const char *const labels[COUNTS] = { "Active",  "Non-active",  "  Users",
                                                "  Rooms", "  Equipment", "Total" };
    g_auto(AdminTable) table = { 0 };
    guint counts[COUNTS] = { 0 };

    if (!count_all(admin, counts, error))
        return FALSE;
    tw_admin_table_init(&table, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < COUNTS; i++) {
        g_autofree char *number = g_strdup_printf("%u", counts[i]);
        tw_admin_table_add(&table,
                           admin->request->json ? labels[i] + strspn(labels[i], " ") : labels[i]);
        tw_admin_table_add(&table, number);
    }
    if (admin->request->json) {
        tw_admin_table_print_json(&table, admin->out);
        g_string_append_c(admin->out, '\n');
        return TRUE;
    }
    g_string_append(admin->out, "User count:\n");
    tw_admin_table_print(&table, admin->out);
    return TRUE;
}

gboolean
tw_admin_sync(Admin *admin, GError **error)
{
    g_auto(TwDirectorySyncArgs) args = { 0 };

    if (!tw_session_directory_sync(admin->session, &args, error))
        return FALSE;
    g_string_append(admin->out, "Users and groups synchronized.\n");
    return TRUE;
}
