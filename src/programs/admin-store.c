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
    guint32 owner;
    TwStoreKind kind;
    const char *name; /* of the owner */
} Owner;

static gboolean
find_owner(const Admin *admin,
           const TwDirectorySnapshot *snapshot,
           const char *name,
           Owner *ret,
           GError **error)
{
    static const TwStoreKind kinds[] = { [ADMIN_TYPE_USER] = TW_STORE_PRIVATE,
                                         [ADMIN_TYPE_GROUP] = TW_STORE_PUBLIC,
                                         [ADMIN_TYPE_COMPANY] = TW_STORE_PUBLIC,
                                         [ADMIN_TYPE_ARCHIVE] = TW_STORE_ARCHIVE };
    AdminType type = admin->request->type;
    const TwDirectoryObject *object = tw_admin_find(admin, snapshot, type, name, error);

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
    *ret = (Owner){ .owner = object->number, .kind = kinds[type], .name = object->name };
    return TRUE;
}

static gboolean
parse_guid(const char *text, TwGuid *ret, GError **error)
{
    if (tw_guid_parse(text, strlen(text), ret))
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "\"%s\" is no GUID of a store.", text);
    return FALSE;
}

/* Whether @owner is still somebody. */
static gboolean
has_owner(const TwDirectorySnapshot *snapshot, guint32 owner)
{
    return owner != 0 && tw_directory_snapshot_get(snapshot, owner) != NULL;
}

static TwStore *
open_orphan(Admin *admin, const TwDirectorySnapshot *snapshot, GError **error)
{
    TwStoreOwned place;
    TwGuid guid;

    if (!parse_guid(admin->request->name, &guid, error))
        return NULL;
    if (!tw_engine_find_guid(admin->node->engine, &guid, &place)) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "There is no store %s.",
                    admin->request->name);
        return NULL;
    }
    if (has_owner(snapshot, place.owner)) {
        g_set_error(error, TW_ERROR, TW_ERROR_EXISTS,
                    "Store %s is no orphan: it belongs to \"%s\"; unhook it first.",
                    admin->request->name, tw_directory_snapshot_get(snapshot, place.owner)->name);
        return NULL;
    }
    return tw_store_open_number(admin->node->engine, place.number, error);
}

/* ---- making ---- */

static gboolean
make(Admin *admin, const Owner *owner, GError **error)
{
    TwStoreOwned place;
    TwGuid guid;

    if (tw_engine_find_owned(admin->node->engine, owner->owner, owner->kind, &place)) {
        TwMailboxMissing missing;
        TwMailboxSpec spec = tw_node_mailbox_spec(owner->owner, owner->kind, admin->language);

        /* one that a crash left unfinished is completed; one that is complete is somebody's already */
        if (!tw_mailbox_fill(admin->node->system, &place.guid, &spec, TRUE, &missing, error))
            return FALSE;
        if (missing.folders == 0 && missing.properties == 0) {
            g_set_error(error, TW_ERROR, TW_ERROR_EXISTS, "\"%s\" has a store already.",
                        owner->name);
            return FALSE;
        }
    }
    return tw_node_make_store(admin->node, owner->owner, owner->kind, admin->language, &guid,
                              error) &&
           tw_admin_apply_quota(admin, owner->owner, error);
}

gboolean
tw_admin_create_public(Admin *admin, GError **error)
{
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    Owner owner = { .kind = TW_STORE_PUBLIC };

    if (snapshot == NULL || !tw_admin_company(admin, snapshot, &owner.owner, error))
        return FALSE;
    if (owner.owner == TW_DIRECTORY_NO_COMPANY)
        owner.owner = TW_DIRECTORY_EVERYONE;
    owner.name = tw_directory_snapshot_get(snapshot, owner.owner)->name;
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
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    Owner owner;

    if (snapshot == NULL || !find_owner(admin, snapshot, admin->request->name, &owner, error))
        return FALSE;
    if (!make(admin, &owner, error)) {
        g_prefix_error(error, "Unable to create the store: ");
        return FALSE;
    }
    g_string_append(admin->out, "Store created.\n");
    return TRUE;
}

/* ---- hooks ---- */

/* Clients cannot set this property: it is computed while there is an owner. */
static gboolean
note_owner(TwStore *store, const char *name, GError **error)
{
    TwPropValue value = tw_value_str(PR_MAILBOX_OWNER_NAME, name);
    g_autoptr(TwObject) object = NULL;
    TwStoreInfo info;

    if (!tw_store_get_info(store, &info, error))
        return FALSE;
    object = tw_folder_read_object(store, info.object, error);
    return object != NULL && tw_object_set(object, &value, error) &&
           tw_folder_save_object(store, info.object, object, error);
}

gboolean
tw_admin_orphan(Admin *admin,
                guint32 owner,
                TwStoreKind kind,
                const char *name,
                TwStoreOwned *ret,
                GError **error)
{
    g_autoptr(TwStore) store = NULL;
    TwStoreOwned place;

    if (!tw_engine_find_owned(admin->node->engine, owner, kind, &place)) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "\"%s\" has no such store.", name);
        return FALSE;
    }
    store = tw_store_open_number(admin->node->engine, place.number, error);
    if (store == NULL || !note_owner(store, name, error) || !tw_store_set_owner(store, 0, error))
        return FALSE;
    if (ret != NULL)
        *ret = place;
    return TRUE;
}

gboolean
tw_admin_unhook_store(Admin *admin, GError **error)
{
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    char guid[TW_GUID_TEXT_SIZE];
    TwStoreOwned place;
    Owner owner;

    if (snapshot == NULL || !find_owner(admin, snapshot, admin->request->name, &owner, error))
        return FALSE;
    if (!tw_admin_orphan(admin, owner.owner, owner.kind, owner.name, &place, error))
        return FALSE;
    tw_guid_print(&place.guid, TW_GUID_HEX, guid);
    g_string_append_printf(admin->out, "Store unhooked. Store GUID is %s.\n", guid);
    return TRUE;
}

gboolean
tw_admin_hook_store(Admin *admin, GError **error)
{
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    g_autoptr(TwStore) store = NULL;
    TwStoreInfo info;
    TwStoreOwned place;
    Owner owner;

    if (snapshot == NULL)
        return FALSE;
    if (admin->request->copy_to_public) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED,
                            "Copying a store into the public store is not offered on a data folder "
                            "without its server.");
        return FALSE;
    }
    store = open_orphan(admin, snapshot, error);
    if (store == NULL || !find_owner(admin, snapshot, admin->request->user, &owner, error) ||
        !tw_store_get_info(store, &info, error))
        return FALSE;
    if (info.kind != owner.kind) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "Store %s is of another kind than what --type says.", admin->request->name);
        return FALSE;
    }
    if (tw_engine_find_owned(admin->node->engine, owner.owner, owner.kind, &place)) {
        g_set_error(error, TW_ERROR, TW_ERROR_EXISTS,
                    "\"%s\" has a store already; unhook it first.", owner.name);
        return FALSE;
    }
    if (!tw_store_set_owner(store, owner.owner, error) ||
        !tw_admin_apply_quota(admin, owner.owner, error))
        return FALSE;
    g_string_append(admin->out, "Store hooked.\n");
    return TRUE;
}

gboolean
tw_admin_remove_store(Admin *admin, GError **error)
{
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    g_autoptr(TwStore) store = snapshot == NULL ? NULL : open_orphan(admin, snapshot, error);

    if (store == NULL || !tw_store_delete(store, error))
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
add_orphan(Admin *admin, const TwStoreOwned *place, AdminTable *table, GError **error)
{
    g_autoptr(TwStore) store = tw_store_open_number(admin->node->engine, place->number, error);
    g_auto(TwStorePropsArgs) props = { .store = place->guid };
    g_autofree char *size = NULL;
    char guid[TW_GUID_TEXT_SIZE], login[TW_DATE_TEXT_SIZE] = "<unknown>";
    TwStoreInfo info;
    TwPropValue value;
    gint64 login_us;

    if (store == NULL || !tw_store_get_info(store, &info, error) ||
        !tw_session_store_props(admin->node->system, &props, error))
        return FALSE;
    if (tw_object_get(props.object, PR_LAST_LOGON_TIME, &value)) {
        tw_time_from_filetime((guint64) value.i8, &login_us);
        tw_date_print_rfc3339(login_us, 0, 0, login);
    }
    tw_guid_print(&place->guid, TW_GUID_HEX, guid);
    size = tw_admin_format_size((guint64) MAX(info.bytes, 0));
    tw_admin_table_add(table, guid);
    tw_admin_table_add(table, tw_object_get_text(props.object, PR_MAILBOX_OWNER_NAME, "<unknown>"));
    tw_admin_table_add(table, login);
    tw_admin_table_add(table, size);
    tw_admin_table_add(table, kind_name(info.kind));
    return TRUE;
}

static gboolean
find_orphans(Admin *admin, const TwDirectorySnapshot *snapshot, AdminTable *table, GError **error)
{
    g_autoptr(GArray) stores = tw_engine_list_owned(admin->node->engine);

    for (guint i = 0; i < stores->len; i++) {
        const TwStoreOwned *place = &g_array_index(stores, TwStoreOwned, i);
        if (!has_owner(snapshot, place->owner) && !add_orphan(admin, place, table, error))
            return FALSE;
    }
    return TRUE;
}

static void
find_storeless(Admin *admin, const TwDirectorySnapshot *snapshot, AdminTable *table)
{
    g_autoptr(GPtrArray) objects = tw_admin_objects(snapshot);

    for (guint i = 0; i < objects->len; i++) {
        const TwDirectoryObject *object = objects->pdata[i];
        TwStoreOwned place;
        if (object->number == TW_DIRECTORY_SYSTEM || !tw_directory_has_store(object) ||
            tw_engine_find_owned(admin->node->engine, object->number, TW_STORE_PRIVATE, &place))
            continue;
        tw_admin_table_add(table, object->name);
        tw_admin_table_add(table, object->full_name);
    }
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
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(admin->node->directory, error);
    g_auto(AdminTable) stores = { 0 }, users = { 0 };

    if (snapshot == NULL)
        return FALSE;
    tw_admin_table_init(&stores, store_columns, G_N_ELEMENTS(store_columns));
    tw_admin_table_init(&users, user_columns, G_N_ELEMENTS(user_columns));
    if (!find_orphans(admin, snapshot, &stores, error))
        return FALSE;
    find_storeless(admin, snapshot, &users);
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
