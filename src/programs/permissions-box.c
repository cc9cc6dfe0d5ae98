/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/permissions-private.h"

const PermissionsLevel tw_permissions_levels[PERMISSIONS_LEVELS] = {
    { "Calendar", "calendar", TW_LAYOUT_FOLDER_CALENDAR },
    { "Tasks", "tasks", TW_LAYOUT_FOLDER_TASKS },
    { "Inbox", "inbox", TW_LAYOUT_FOLDER_INBOX },
    { "Contacts", "contacts", TW_LAYOUT_FOLDER_CONTACTS },
    { "Notes", "notes", TW_LAYOUT_FOLDER_NOTES },
    { "Journal", "journal", TW_LAYOUT_FOLDER_JOURNAL },
    { "Store", "store", TW_LAYOUT_FOLDER_NONE },
};

const PermissionsPreset tw_permissions_presets[PERMISSIONS_PRESETS] = {
    { "denied", 0 },        { "norights", 0x400 }, { "none", 0x400 },        { "readonly", 0x401 },
    { "secretary", 0x47b }, { "owner", 0x5fb },    { "fullcontrol", 0x4fb },
};

guint32
tw_permissions_folder(const PermissionsBox *box, guint level)
{
    TwLayoutFolderKey key = tw_permissions_levels[level].folder;

    return key == TW_LAYOUT_FOLDER_NONE ? box->object : box->folders.numbers[key];
}

gboolean
tw_permissions_get(const PermissionsBox *box, guint32 folder, GArray **ret, GError **error)
{
    g_auto(TwPermissionsArgs) get = { .store = box->store, .folder = folder };

    if (!tw_session_permissions(box->session, &get, error))
        return FALSE;
    *ret = g_steal_pointer(&get.rows);
    return TRUE;
}

const TwPermission *
tw_permissions_find(const GArray *rows, guint32 principal)
{
    for (guint i = 0; i < rows->len; i++) {
        const TwPermission *row = &g_array_index(rows, TwPermission, i);
        if (row->principal == principal)
            return row;
    }
    return NULL;
}

gboolean
tw_permissions_each(PermissionsBox *box, PermissionsFunc func, gpointer data, GError **error)
{
    g_auto(TwFolderListArgs) list = { .store = box->store, .deep = TRUE };

    if (!tw_session_folder_list(box->session, &list, error) ||
        !func(box, box->object, "(store)", data, error) ||
        !func(box, box->root, "(root)", data, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        const TwFolderEntry *entry = &g_array_index(list.rows, TwFolderEntry, i);
        if (!func(box, entry->row->id, entry->row->name, data, error))
            return FALSE;
    }
    return TRUE;
}
