/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stores: made, taken from their owners and given to others, removed; those of nobody. */
#include "base/date.h"
#include "base/error.h"
#include "base/time.h"
#include "mapi/tags.h"
#include "programs/admin-private.h"

#include <string.h>

/* Whose store of which kind an action names. */
typedef struct {
    guint32 number;
    TwStoreKind kind;
    char *name; /* owned */
} Owner;

static void
owner_clear(Owner *owner)
{
    g_clear_pointer(&owner->name, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Owner, owner_clear)

static gboolean
find_owner(const Admin *admin, const char *name, Owner *ret, GError **error)
{
    static const TwStoreKind kinds[] = { [ADMIN_TYPE_USER] = TW_STORE_PRIVATE,
                                         [ADMIN_TYPE_GROUP] = TW_STORE_PUBLIC,
                                         [ADMIN_TYPE_COMPANY] = TW_STORE_PUBLIC,
                                         [ADMIN_TYPE_ARCHIVE] = TW_STORE_ARCHIVE };
    AdminType type = admin->request->type;
    g_autoptr(TwDirectoryObject) object = tw_admin_find(admin, type, name, error);

    if (object == NULL)
        return FALSE;
    if (type == ADMIN_TYPE_GROUP && object->number != TW_DIRECTORY_EVERYONE) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "Of groups only Everyone has a store, the public one; \"%s\" has none.", name);
        return FALSE;
    }
    if (kinds[type] != TW_STORE_PUBLIC && !tw_directory_has_store(object)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "\"%s\" is of a kind that has no store.",
                    name);
        return FALSE;
    }
    *ret = (Owner){ .number = object->number, .kind = kinds[type], .name = g_strdup(object->name) };
    return TRUE;
}

gboolean
tw_admin_find_store(const Admin *admin, guint32 owner, TwStoreKind kind, TwGuid *ret)
{
    g_auto(TwStoreFindArgs) find = { .owner = owner, .kind = kind };

    if (!tw_session_store_find(admin->session, &find, NULL))
        return FALSE;
    *ret = find.store;
    return TRUE;
}

gboolean
tw_admin_label_store(Admin *admin, const TwGuid *store, const char *name, GError **error)
{
    static const guint32 tag = PR_DISPLAY_NAME;
    TwPropValue value = tw_value_str(tag, name != NULL ? name : "");
    TwPropChanges set = { .values = &value, .value_count = 1 };
    TwPropChanges gone = { .removed = &tag, .removed_count = 1 };
    g_auto(TwStoreChangePropsArgs)
        change = { .store = *store, .changes = name != NULL ? set : gone };

    return tw_session_store_change_props(admin->session, &change, error);
}

/* ---- making ---- */

static gboolean
make(Admin *admin, const Owner *owner, GError **error)
{
    TwMailboxMissing missing;
    TwGuid store;

    /* one that a crash left unfinished is completed; one that is complete is somebody's already */
    if (tw_admin_find_store(admin, owner->number, owner->kind, &store)) {
        TwMailboxSpec spec = tw_mailbox_spec(owner->number, owner->kind, admin->language);
        if (!tw_mailbox_fill(admin->session, &store, &spec, TRUE, &missing, error))
            return FALSE;
        if (missing.folders == 0 && missing.properties == 0) {
            g_set_error(error, TW_ERROR, TW_ERROR_EXISTS, "\"%s\" has a store already.",
                        owner->name);
            return FALSE;
        }
    }
    return tw_mailbox_create(admin->session, owner->number, owner->kind, admin->language, &store,
                             error);
}

/* Users of companies see their company's public store and no other, so one of no company would be nobody's. */
static gboolean
check_public(const Admin *admin, GError **error)
{
    g_auto(TwServerInfoArgs) info = { 0 };

    if (admin->request->company != NULL || admin->on_folder)
        return TRUE;
    if (!tw_session_server_info(admin->session, &info, error))
        return FALSE;
    if (info.hosted)
        g_set_error_literal(
            error, TW_ERROR, TW_ERROR_INVALID,
            "On a server of companies each has a public store of its own: name the company.");
    return !info.hosted;
}

gboolean
tw_admin_create_public(Admin *admin, GError **error)
{
    g_auto(Owner) owner = { .kind = TW_STORE_PUBLIC };

    if (!check_public(admin, error) || !tw_admin_company(admin, &owner.number, error))
        return FALSE;
    owner.name =
        g_strdup(owner.number == TW_DIRECTORY_NO_COMPANY ? "Everyone" : admin->request->company);
    if (owner.number == TW_DIRECTORY_NO_COMPANY)
        owner.number = TW_DIRECTORY_EVERYONE;
    if (!make(admin, &owner, error)) {
        g_prefix_error(error, "Unable to create the public store: ");
        return FALSE;
    }
    g_string_append(admin->out, "Public store created.\n");
    return TRUE;
}

gboolean
tw_admin_create_store(Admin *admin, GError **error)
{
    g_auto(Owner) owner = { 0 };

    if (!find_owner(admin, admin->request->name, &owner, error))
        return FALSE;
    if (!make(admin, &owner, error)) {
        g_prefix_error(error, "Unable to create the store: ");
        return FALSE;
    }
    g_string_append(admin->out, "Store created.\n");
    return TRUE;
}

/* ---- hooks ---- */

/* Looks a store up among all; FALSE when it is not there, or not an orphan. */
static gboolean
find_orphan(Admin *admin, TwStoreEntry *ret, GError **error)
{
    const char *text = admin->request->name;
    g_auto(TwStoresListArgs) list = { 0 };
    g_autoptr(TwDirectoryObject) owner = NULL;
    const TwStoreEntry *found = NULL;
    TwGuid guid;

    if (!tw_guid_parse(text, strlen(text), &guid)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "\"%s\" is no GUID of a store.", text);
        return FALSE;
    }
    if (!tw_session_stores_list(admin->session, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        const TwStoreEntry *entry = &g_array_index(list.rows, TwStoreEntry, i);
        if (tw_guid_equal(&entry->guid, &guid))
            found = entry;
    }
    if (found == NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "There is no store %s.", text);
        return FALSE;
    }
    owner = found->owner == 0 ? NULL : tw_admin_get(admin, found->owner, NULL);
    if (owner != NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_EXISTS,
                    "Store %s is no orphan: it belongs to \"%s\"; unhook it first.", text,
                    owner->name);
        return FALSE;
    }
    *ret = *found;
    return TRUE;
}

gboolean
tw_admin_unhook_store(Admin *admin, GError **error)
{
    g_auto(Owner) owner = { 0 };
    g_auto(TwStoreUnhookArgs) unhook = { 0 };
    char guid[TW_GUID_TEXT_SIZE];

    if (!find_owner(admin, admin->request->name, &owner, error))
        return FALSE;
    if (!tw_admin_find_store(admin, owner.number, owner.kind, &unhook.store)) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "\"%s\" has no such store.", owner.name);
        return FALSE;
    }
    if (!tw_admin_label_store(admin, &unhook.store, owner.name, error) ||
        !tw_session_store_unhook(admin->session, &unhook, error))
        return FALSE;
    tw_guid_print(&unhook.store, TW_GUID_HEX, guid);
    g_string_append_printf(admin->out, "Store unhooked. Store GUID is %s.\n", guid);
    return TRUE;
}

gboolean
tw_admin_hook_store(Admin *admin, GError **error)
{
    g_auto(Owner) owner = { 0 };
    g_auto(TwStoreHookArgs) hook = { 0 };
    TwStoreEntry orphan;
    TwGuid other;

    if (admin->request->copy_to_public) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED,
                            "Copying a store into the public store is not offered on a data folder "
                            "without its server.");
        return FALSE;
    }
    if (!find_orphan(admin, &orphan, error) ||
        !find_owner(admin, admin->request->user, &owner, error))
        return FALSE;
    if (orphan.kind != owner.kind) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "Store %s is of another kind than what --type says.", admin->request->name);
        return FALSE;
    }
    if (tw_admin_find_store(admin, owner.number, owner.kind, &other)) {
        g_set_error(error, TW_ERROR, TW_ERROR_EXISTS,
                    "\"%s\" has a store already; unhook it first.", owner.name);
        return FALSE;
    }
    hook.store = orphan.guid;
    hook.owner = owner.number;
    if (!tw_session_store_hook(admin->session, &hook, error) ||
        !tw_admin_label_store(admin, &orphan.guid, NULL, error))
        return FALSE;
    g_string_append(admin->out, "Store hooked.\n");
    return TRUE;
}

gboolean
tw_admin_remove_store(Admin *admin, GError **error)
{
    g_auto(TwStoreDeleteArgs) gone = { 0 };
    TwStoreEntry orphan;

    if (!find_orphan(admin, &orphan, error))
        return FALSE;
    if (tw_admin_only_says(admin, "store", admin->request->name))
        return TRUE;
    gone.store = orphan.guid;
    tw_progress_begin(admin->progress, "removing the store, at the server");
    if (!tw_session_store_delete(admin->session, &gone, error))
        return FALSE;
    g_string_append(admin->out, "Store removed.\n");
    return TRUE;
}

/* ---- orphans ---- */

static const char *
kind_name(TwStoreKind kind)
{
    switch (kind) {
    case TW_STORE_PUBLIC:
        return "public";
    case TW_STORE_ARCHIVE:
        return "archive";
    case TW_STORE_PRIVATE:
        break;
    }
    return "private";
}

/* A row of the first table: what tells an administrator whose store it was. */
static gboolean
add_orphan(Admin *admin, const TwStoreEntry *entry, AdminTable *table, GError **error)
{
    g_auto(TwStorePropsArgs) props = { .store = entry->guid };
    g_autofree char *size = tw_admin_format_size((guint64) MAX(entry->bytes, 0));
    char guid[TW_GUID_TEXT_SIZE], login[TW_DATE_TEXT_SIZE] = "<unknown>";
    TwPropValue value;
    gint64 login_us;

    if (!tw_session_store_props(admin->session, &props, error))
        return FALSE;
    if (tw_object_get(props.object, PR_LAST_LOGON_TIME, &value)) {
        tw_time_from_filetime((guint64) value.i8, &login_us);
        tw_date_print_rfc3339(login_us, 0, 0, login);
    }
    tw_guid_print(&entry->guid, TW_GUID_HEX, guid);
    tw_admin_table_add(table, guid);
    tw_admin_table_add(table, tw_object_get_text(props.object, PR_DISPLAY_NAME, "<unknown>"));
    tw_admin_table_add(table, login);
    tw_admin_table_add(table, size);
    tw_admin_table_add(table, kind_name(entry->kind));
    return TRUE;
}

static gboolean
find_orphans(Admin *admin, AdminTable *table, GError **error)
{
    g_auto(TwStoresListArgs) list = { 0 };

    if (!tw_session_stores_list(admin->session, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        const TwStoreEntry *entry = &g_array_index(list.rows, TwStoreEntry, i);
        g_autoptr(TwDirectoryObject) owner = NULL;

        tw_progress_say(admin->progress, "stores looked at", i + 1, list.rows->len);
        owner = entry->owner == 0 ? NULL : tw_admin_get(admin, entry->owner, NULL);
        if (owner == NULL && !add_orphan(admin, entry, table, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
find_storeless_of(Admin *admin, guint32 company, AdminTable *table, GError **error)
{
    g_autoptr(GPtrArray) users = tw_admin_objects(admin, company, TW_DIRECTORY_USERS, error);
    TwGuid store;

    for (guint i = 0; users != NULL && i < users->len; i++) {
        const TwDirectoryObject *user = users->pdata[i];
        tw_progress_say(admin->progress, "users looked at", i + 1, users->len);
        if (user->number == TW_DIRECTORY_SYSTEM || !tw_directory_has_store(user) ||
            tw_admin_find_store(admin, user->number, TW_STORE_PRIVATE, &store))
            continue;
        tw_admin_table_add(table, user->name);
        tw_admin_table_add(table, user->full_name);
    }
    return users != NULL;
}

static gboolean
find_storeless(Admin *admin, AdminTable *table, GError **error)
{
    g_autoptr(GPtrArray) containers =
        tw_admin_objects(admin, TW_DIRECTORY_NO_COMPANY, TW_DIRECTORY_CONTAINERS, error);

    if (containers == NULL || !find_storeless_of(admin, TW_DIRECTORY_NO_COMPANY, table, error))
        return FALSE;
    for (guint i = 0; i < containers->len; i++) {
        const TwDirectoryObject *company = containers->pdata[i];
        if (company->kind == TW_DIRECTORY_COMPANY &&
            !find_storeless_of(admin, company->number, table, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_admin_list_orphans(Admin *admin, GError **error)
{
    static const AdminColumn store_columns[] = { { "Store GUID", "guid" },
                                                 { "Guessed username", "username" },
                                                 { "Last login", "lastlogin" },
                                                 { "Store size", "size" },
                                                 { "Store type", "type" } };
    static const AdminColumn user_columns[] = { { "Username", "username" },
                                                { "Fullname", "fullname" } };
    g_auto(AdminTable) stores = { 0 }, users = { 0 };

    tw_admin_table_init(&stores, store_columns, G_N_ELEMENTS(store_columns));
    tw_admin_table_init(&users, user_columns, G_N_ELEMENTS(user_columns));
    if (!find_orphans(admin, &stores, error) || !find_storeless(admin, &users, error))
        return FALSE;
    tw_admin_table_sort(&stores);
    tw_admin_table_sort(&users);
    if (admin->request->json) {
        g_string_append(admin->out, "{\"stores\":");
        tw_admin_table_print_json(&stores, admin->out);
        g_string_append(admin->out, ",\"users\":");
        tw_admin_table_print_json(&users, admin->out);
        g_string_append(admin->out, "}\n");
        return TRUE;
    }
    g_string_append(admin->out, "Stores without a user:\n");
    tw_admin_table_print(&stores, admin->out);
    g_string_append(admin->out, "\nUsers without stores:\n");
    tw_admin_table_print(&users, admin->out);
    return TRUE;
}
