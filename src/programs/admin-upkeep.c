/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What keeps a server in order: caches, counters, what was deleted, clients that shall begin anew. */
#include "base/error.h"
#include "mapi/tags.h"
#include "programs/admin-private.h"

#include <stdio.h>

/* ---- the whole server ---- */

/* Caches of this server size themselves and are dropped as one, whatever the bits name; none of them: nothing is. */
gboolean
tw_admin_clear_cache(Admin *admin, GError **error)
{
    g_auto(TwCacheDropArgs) drop = { 0 };

    if (admin->request->number != 0 && !tw_session_cache_drop(admin->session, &drop, error))
        return tw_admin_explain(error, "clear", "the cache");
    g_string_append(admin->out, "Cache cleared.\n");
    return TRUE;
}

gboolean
tw_admin_purge_deleted(Admin *admin, GError **error)
{
    gboolean dry_run = admin->request->dry_run;
    g_auto(TwDeletedPurgeArgs)
        purge = { .days = (guint32) admin->request->number, .only_count = dry_run };

    tw_progress_begin(admin->progress, dry_run ? "counting what was deleted, at the server"
                                               : "purging what was deleted, at the server");
    if (!tw_session_deleted_purge(admin->session, &purge, error))
        return tw_admin_explain(error, "purge", "what was deleted");
    g_string_append_printf(admin->out, "%s: %" G_GUINT64_FORMAT ".\n",
                           dry_run ? "Would purge soft-deleted items" : "Soft-deleted items purged",
                           purge.count);
    return TRUE;
}

/* Tables are written with the change itself. Whoever asks sees whether they may. */
gboolean
tw_admin_purge_deferred(Admin *admin, GError **error)
{
    g_auto(TwServerInfoArgs) info = { 0 };

    if (!tw_session_server_info(admin->session, &info, error))
        return FALSE;
    g_string_append(admin->out, "Deferred updates purged: there are none.\n");
    return TRUE;
}

/* ---- a user's store ---- */

static gboolean
open_store(
    const Admin *admin, const char *name, TwGuid *ret_store, guint32 *ret_root, GError **error)
{
    g_autoptr(TwDirectoryObject) user = tw_admin_find(admin, ADMIN_TYPE_USER, name, error);
    g_auto(TwStoreInfoArgs) info = { 0 };

    if (user == NULL)
        return FALSE;
    if (!tw_admin_find_store(admin, user->number, TW_STORE_PRIVATE, &info.store)) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "\"%s\" has no store.", name);
        return FALSE;
    }
    if (!tw_session_store_info(admin->session, &info, error))
        return tw_admin_explain(error, "open the store of", name);
    *ret_store = info.store;
    *ret_root = info.info.root;
    return TRUE;
}

static gboolean
recount(const Admin *admin, const TwGuid *store, guint32 folder, guint *io_wrong, GError **error)
{
    g_auto(TwFolderRecountArgs) again = { .store = *store, .folder = folder };

    if (!tw_session_folder_recount(admin->session, &again, error))
        return tw_admin_explain(error, "recount the folders of", admin->request->name);
    *io_wrong += again.wrong;
    return TRUE;
}

gboolean
tw_admin_reset_counts(Admin *admin, GError **error)
{
    g_auto(TwFolderListArgs) list = { .deep = TRUE };
    guint wrong = 0, count;

    if (!open_store(admin, admin->request->name, &list.store, &list.folder, error) ||
        !tw_session_folder_list(admin->session, &list, error) ||
        !recount(admin, &list.store, list.folder, &wrong, error))
        return FALSE;
    count = list.rows->len + 1; /* with the root, which is done */
    for (guint i = 1; i < count; i++) {
        const TwFolderEntry *entry = &g_array_index(list.rows, TwFolderEntry, i - 1);
        tw_progress_say(admin->progress, "folders counted", i, count);
        if (!recount(admin, &list.store, entry->row->id, &wrong, error))
            return FALSE;
    }
    tw_progress_say(admin->progress, "folders counted", count, count);
    g_string_append_printf(admin->out, "Folder counters reset: %u of %u folders, %u corrected.\n",
                           count, count, wrong);
    return TRUE;
}

/* ---- clients that keep a copy ---- */

/* A profile that finds another number on the root folder than when it last looked fetches everything again. */
static gboolean
resync_user(Admin *admin, const char *name, GError **error)
{
    g_auto(TwFolderPropsArgs) props = { 0 };
    g_auto(TwFolderChangePropsArgs) change = { 0 };
    TwPropValue value;

    if (!open_store(admin, name, &props.store, &props.folder, error) ||
        !tw_session_folder_props(admin->session, &props, error))
        return FALSE;
    value =
        tw_value_long(PR_EC_RESYNC_ID, tw_object_get_long(props.object, PR_EC_RESYNC_ID, 0) + 1);
    change.store = props.store;
    change.folder = props.folder;
    change.changes = (TwPropChanges){ .values = &value, .value_count = 1 };
    return tw_session_folder_change_props(admin->session, &change, error) ||
           tw_admin_explain(error, "resynchronise", name);
}

/* Nobody is asked where nobody can answer. */
static gboolean
confirm(GError **error)
{
    char line[16] = "";

    fputs("Are you sure that all users shall resynchronise [y/N]? ", stderr);
    (void) fflush(stderr);
    if (fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y'))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "Nothing was done.");
    return FALSE;
}

static gboolean
resync_all(Admin *admin, guint *ret_count, GError **error)
{
    g_autoptr(GPtrArray) users = NULL;
    guint32 company;

    if (!confirm(error) || !tw_admin_company(admin, &company, error))
        return FALSE;
    users = tw_admin_objects(admin, company, TW_DIRECTORY_USERS, error);
    for (guint i = 0; users != NULL && i < users->len; i++) {
        const TwDirectoryObject *user = users->pdata[i];
        TwGuid store;

        tw_progress_say(admin->progress, "users looked at", i + 1, users->len);
        if (user->number == TW_DIRECTORY_SYSTEM ||
            !tw_admin_find_store(admin, user->number, TW_STORE_PRIVATE, &store))
            continue;
        if (!resync_user(admin, user->name, error))
            return FALSE;
        (*ret_count)++;
    }
    return users != NULL;
}

gboolean
tw_admin_force_resync(Admin *admin, GError **error)
{
    const GPtrArray *names = admin->request->words;
    guint count = 0;

    if (names->len == 0) {
        if (!resync_all(admin, &count, error))
            return FALSE;
    }
    for (; count < names->len; count++) {
        tw_progress_say(admin->progress, "users looked at", count + 1, names->len);
        if (!resync_user(admin, names->pdata[count], error))
            return FALSE;
    }
    g_string_append_printf(admin->out, "Users that will resynchronise: %u.\n", count);
    return TRUE;
}
