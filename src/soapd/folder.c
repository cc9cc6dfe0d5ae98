/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls on folders: made, deleted, moved, emptied; search folders; rights. Source: spec/mapi-soap.md 6.2, 9, 14.3. */
#include <string.h>

#include "soapd/soapd-private.h"

/* ---- making ---- */

typedef struct {
    const char *name, *comment;
    TwSoapBytes entry_id, source_key;
    guint32 type, sync;
    gboolean open_existing;
} NewFolder;

static gboolean
make_folder(TwSoapdCall *call,
            const TwSoapdPlace *parent,
            const NewFolder *how,
            TwSoapBytes *ret,
            GError **error)
{
    enum {
        SHORTEST_KEY = 17 /* a source key is a GUID and something */
    };
    TwPropValue comment = tw_value_str(PR_COMMENT, how->comment != NULL ? how->comment : "");
    g_autoptr(GBytes) entry_id = tw_soapd_take_bytes(how->entry_id);
    g_autoptr(GBytes) source_key =
        how->source_key.len >= SHORTEST_KEY ? tw_soapd_take_bytes(how->source_key) : NULL;
    g_auto(TwFolderCreateArgs) create = { .store = parent->store,
                                          .folder = parent->folder,
                                          .name = how->name,
                                          .type = how->type,
                                          .open_existing = how->open_existing,
                                          .entry_id = entry_id,
                                          .source_key = source_key,
                                          .sync = how->sync };

    if (how->name == NULL || *how->name == '\0' ||
        (how->type != TW_FOLDER_GENERIC && how->type != TW_FOLDER_SEARCH))
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (how->comment != NULL)
        create.changes = (TwPropChanges){ .values = &comment, .value_count = 1 };
    return tw_session_folder_create(call->session, &create, error) &&
           tw_soapd_folder_id(call, &parent->store, create.created, ret, error);
}

gboolean
tw_soapd_create_folder(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapCreateFolderArgs *args = data;
    TwSoapCreateFolderResponse *ret = out;
    NewFolder how = { .name = args->szName,
                      .comment = args->szComment,
                      .entry_id = args->lpsNewEntryId,
                      .source_key = args->sOrigSourceKey,
                      .type = args->ulType,
                      .sync = args->ulSyncId,
                      .open_existing = args->fOpenIfExists };
    TwSoapdPlace parent;

    return tw_soapd_find_folder(call, args->sParentId, &parent, error) &&
           make_folder(call, &parent, &how, &ret->sEntryId, error);
}

gboolean
tw_soapd_create_folders(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapCreateFoldersArgs *args = data;
    TwSoapCreateFoldersResponse *ret = out;
    TwSoapdPlace parent;

    if (!tw_soapd_find_folder(call, args->parent_eid, &parent, error) ||
        !tw_soapd_alloc(call, 1, sizeof *ret->entryids, &ret->entryids, error) ||
        !tw_soapd_alloc(call, args->batch.count, sizeof(TwSoapBytes), &ret->entryids->items, error))
        return FALSE;
    for (guint32 i = 0; i < args->batch.count; i++) {
        const TwSoapNewFolder *item = &args->batch.items[i];
        NewFolder how = { .name = item->name,
                          .comment = item->comment,
                          .entry_id = item->entryid,
                          .source_key = item->original_sourcekey,
                          .type = item->type,
                          .sync = item->sync_id,
                          .open_existing = item->open_if_exists };

        if (!make_folder(call, &parent, &how, &ret->entryids->items[i], error))
            return FALSE;
        ret->entryids->count++;
    }
    return TRUE;
}

/* ---- deleting, emptying ---- */

enum {
    DELETE_MESSAGES = 1,
    DELETE_FOLDERS = 4,
    EMPTY_ASSOCIATED = 8,
    HARD = 0x10,
    PAGE = 1000,
};

/* Whether there is anything in the tree that the flags do not say to delete. */
static gboolean
check_empty(TwSoapdCall *call, const TwSoapdPlace *place, guint32 flags, GError **error)
{
    g_auto(TwFolderGetArgs) get = { .store = place->store, .folder = place->folder };
    g_auto(TwFolderListArgs)
        list = { .store = place->store, .folder = place->folder, .deep = TRUE };

    if (!tw_session_folder_get(call->session, &get, error) ||
        !tw_session_folder_list(call->session, &list, error))
        return FALSE;
    if (get.row.row->type == TW_FOLDER_SEARCH)
        return TRUE;
    if ((flags & DELETE_FOLDERS) == 0 && list.rows->len > 0)
        return tw_soapd_fail(TW_SOAP_RESULT_HAS_FOLDERS, error);
    if ((flags & DELETE_MESSAGES) != 0)
        return TRUE;
    if (get.row.row->total > 0)
        return tw_soapd_fail(TW_SOAP_RESULT_HAS_MESSAGES, error);
    for (guint i = 0; i < list.rows->len; i++) {
        const TwFolderRow *row = g_array_index(list.rows, TwFolderEntry, i).row;
        if (row->type != TW_FOLDER_SEARCH && row->total > 0)
            return tw_soapd_fail(TW_SOAP_RESULT_HAS_MESSAGES, error);
    }
    return TRUE;
}

gboolean
tw_soapd_delete_folder(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapDeleteFolderArgs *args = data;
    g_auto(TwFolderDeleteArgs)
        delete_it = { .hard = (args->ulFlags & HARD) != 0, .sync = args->ulSyncId };
    TwSoapdPlace place;

    (void) out;
    if (!tw_soapd_find_folder(call, args->sEntryId, &place, error) ||
        !check_empty(call, &place, args->ulFlags, error))
        return FALSE;
    delete_it.store = place.store;
    delete_it.folder = place.folder;
    return tw_session_folder_delete(call->session, &delete_it, error);
}

/* Deletes all messages of one list of a folder. */
static gboolean
empty_list(TwSoapdCall *call,
           const TwSoapdPlace *place,
           TwMessageState state,
           const TwSoapEmptyFolderArgs *args,
           GError **error)
{
    for (guint32 after = 0;;) {
        g_auto(TwMessageListArgs) list = { .store = place->store,
                                           .folder = place->folder,
                                           .state = state,
                                           .after = after,
                                           .most = PAGE };
        g_auto(TwMessagesDeleteArgs) delete_them = { .store = place->store,
                                                     .folder = place->folder,
                                                     .hard = (args->ulFlags & HARD) != 0,
                                                     .sync = args->ulSyncId };
        guint32 numbers[PAGE];

        if (!tw_session_message_list(call->session, &list, error))
            return FALSE;
        if (list.rows->len == 0)
            return TRUE;
        for (guint i = 0; i < list.rows->len; i++)
            numbers[i] = g_array_index(list.rows, TwMessageRow, i).mid;
        after = numbers[list.rows->len - 1];
        delete_them.messages = (TwNumbers){ numbers, list.rows->len };
        if (!tw_session_messages_delete(call->session, &delete_them, error))
            return FALSE;
    }
}

gboolean
tw_soapd_empty_folder(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapEmptyFolderArgs *args = data;
    g_auto(TwFolderListArgs) list = { 0 };
    TwSoapdPlace place;

    (void) out;
    if (!tw_soapd_find_folder(call, args->sEntryId, &place, error) ||
        !empty_list(call, &place, TW_MESSAGE_NORMAL, args, error) ||
        ((args->ulFlags & EMPTY_ASSOCIATED) != 0 &&
         !empty_list(call, &place, TW_MESSAGE_ASSOC, args, error)))
        return FALSE;
    list.store = place.store;
    list.folder = place.folder;
    if (!tw_session_folder_list(call->session, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        g_auto(TwFolderDeleteArgs) delete_it = {
            .store = place.store,
            .folder = g_array_index(list.rows, TwFolderEntry, i).row->id,
            .hard = (args->ulFlags & HARD) != 0,
            .sync = args->ulSyncId,
        };
        if (!tw_session_folder_delete(call->session, &delete_it, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- copying, moving ---- */

static gboolean
move_folder(TwSoapdCall *call,
            const TwSoapdPlace *from,
            const TwSoapdPlace *to,
            const TwSoapCopyFolderArgs *args,
            const char *name,
            GError **error)
{
    g_auto(TwFolderGetArgs) get = { .store = from->store, .folder = from->folder };
    g_auto(TwFolderRestoreArgs) restore = { .store = from->store, .folder = from->folder };
    g_auto(TwFolderMoveArgs) move = { .store = from->store,
                                      .folder = from->folder,
                                      .to = to->folder,
                                      .name = name,
                                      .sync = args->ulSyncId };

    if (!tw_session_folder_get(call->session, &get, error))
        return FALSE;
    if (get.row.row->state != TW_FOLDER_LIVE &&
        !tw_session_folder_restore(call->session, &restore, error))
        return FALSE;
    return tw_session_folder_move(call->session, &move, error);
}

gboolean
tw_soapd_copy_folder(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    enum {
        MOVE = 1,
        SUBFOLDERS = 0x10
    };
    const TwSoapCopyFolderArgs *args = data;
    const char *name = args->lpszNewFolderName;
    g_auto(TwFolderCopyArgs) copy = { .subfolders = (args->ulFlags & SUBFOLDERS) != 0 };
    TwSoapdPlace from, to;

    (void) out;
    if (!tw_soapd_find_folder(call, args->sEntryId, &from, error) ||
        !tw_soapd_find_folder(call, args->sDestFolderId, &to, error))
        return FALSE;
    if (!tw_guid_equal(&from.store, &to.store))
        return tw_soapd_fail(TW_SOAP_RESULT_NO_SUPPORT, error);
    if (name != NULL && *name == '\0')
        name = NULL;
    if ((args->ulFlags & MOVE) != 0)
        return move_folder(call, &from, &to, args, name, error);
    copy.store = from.store;
    copy.folder = from.folder;
    copy.to = to.folder;
    copy.name = name;
    return tw_session_folder_copy(call->session, &copy, error);
}

/* ---- search folders ---- */

static gboolean
folders_of(TwSoapdCall *call,
           const TwGuid *store,
           const TwSoapEntryList *list,
           TwNumbers *ret,
           GError **error)
{
    guint32 *numbers;

    *ret = (TwNumbers){ 0 };
    if (!tw_soapd_alloc(call, list->count, sizeof *numbers, &numbers, error))
        return FALSE;
    for (guint32 i = 0; i < list->count; i++) {
        TwSoapdPlace place;

        if (!tw_soapd_find_folder(call, list->items[i], &place, error))
            return FALSE;
        if (!tw_guid_equal(&place.store, store))
            return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
        numbers[i] = place.folder;
    }
    *ret = (TwNumbers){ numbers, list->count };
    return TRUE;
}

gboolean
tw_soapd_set_search_criteria(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableSetSearchCriteriaArgs *args = data;
    g_auto(TwSearchSetArgs) set = { .flags = args->ulFlags & 0x3F };
    g_autoptr(TwRestriction) restriction = NULL;
    TwSoapdPlace place;

    (void) out;
    if (!tw_soapd_find_folder(call, args->sEntryId, &place, error))
        return FALSE;
    set.store = place.store;
    set.folder = place.folder;
    if ((args->ulFlags & TW_SEARCH_STOP) == 0) {
        if (args->lpRestrict == NULL || args->lpFolders == NULL)
            return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
        restriction = tw_soap_restriction_new(args->lpRestrict, error);
        if (restriction == NULL ||
            !folders_of(call, &place.store, args->lpFolders, &set.folders, error))
            return FALSE;
        set.restriction = restriction;
    }
    return tw_session_search_set(call->session, &set, error);
}

static void
free_search(gpointer search)
{
    tw_search_info_free(search);
}

gboolean
tw_soapd_get_search_criteria(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableGetSearchCriteriaArgs *args = data;
    TwSoapTableGetSearchCriteriaResponse *ret = out;
    g_auto(TwSearchGetArgs) get = { 0 };
    g_autoptr(GError) why = NULL;
    const TwSearchInfo *search;
    TwSoapdPlace place;

    if (!tw_soapd_find_folder(call, args->sEntryId, &place, error))
        return FALSE;
    get.store = place.store;
    get.folder = place.folder;
    if (!tw_session_search_get(call->session, &get, &why)) {
        /* the folder is there: what is missing are its criteria */
        if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
            return tw_soapd_fail(TW_SOAP_RESULT_NOT_INITIALIZED, error);
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    search = get.search;
    if (search == NULL || search->restriction == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_INITIALIZED, error);
    tw_soapd_keep(call, g_steal_pointer(&get.search), free_search);
    ret->lpRestrict = tw_soap_restriction_table(search->restriction, call->arena, error);
    if (ret->lpRestrict == NULL ||
        !tw_soapd_alloc(call, 1, sizeof *ret->lpFolderIDs, &ret->lpFolderIDs, error) ||
        !tw_soapd_alloc(call, search->folders->len, sizeof(TwSoapBytes), &ret->lpFolderIDs->items,
                        error))
        return FALSE;
    for (guint i = 0; i < search->folders->len; i++) {
        if (tw_soapd_folder_id(call, &place.store, g_array_index(search->folders, guint32, i),
                               &ret->lpFolderIDs->items[ret->lpFolderIDs->count], NULL))
            ret->lpFolderIDs->count++;
    }
    ret->ulFlags =
        search->state & (TW_SEARCH_IS_RUNNING | TW_SEARCH_IS_REBUILDING | TW_SEARCH_IS_RECURSIVE);
    return TRUE;
}

/* ---- rights ---- */

enum {
    RIGHTS_GRANT = 2,
    RIGHTS_DELETED = 4,
};

/* Where rights of an id stand: those of a store above its root. */
static gboolean
rights_place(
    TwSoapdCall *call, TwSoapBytes id, TwGuid *ret_store, guint32 *ret_folder, GError **error)
{
    g_auto(TwStoreInfoArgs) info = { 0 };
    TwSoapdPlace place;

    if (!tw_soapd_find(call, id, &place, error))
        return FALSE;
    *ret_store = place.store;
    *ret_folder = place.folder;
    if (place.type == TW_OBJECT_ID_MESSAGE)
        return tw_soapd_fail(TW_SOAP_RESULT_NO_SUPPORT, error);
    if (place.type == TW_OBJECT_ID_STORE) {
        info.store = place.store;
        if (!tw_session_store_info(call->session, &info, error))
            return FALSE;
        *ret_folder = info.info.object;
    }
    return TRUE;
}

gboolean
tw_soapd_get_rights(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetRightsArgs *args = data;
    TwSoapRightsResponse *ret = out;
    g_auto(TwPermissionsArgs) get = { 0 };

    if (!rights_place(call, args->sEntryId, &get.store, &get.folder, error) ||
        !tw_session_permissions(call->session, &get, error) ||
        !tw_soapd_alloc(call, 1, sizeof *ret->pRightsArray, &ret->pRightsArray, error) ||
        !tw_soapd_alloc(call, get.rows->len, sizeof *ret->pRightsArray->items,
                        &ret->pRightsArray->items, error))
        return FALSE;
    for (guint i = 0; (args->ulType & RIGHTS_GRANT) != 0 && i < get.rows->len; i++) {
        const TwPermission *row = &g_array_index(get.rows, TwPermission, i);
        TwSoapRights *item = &ret->pRightsArray->items[ret->pRightsArray->count];

        if (row->principal == TW_PERMISSION_ANONYMOUS)
            continue;
        item->ulUserid = row->principal;
        item->ulType = RIGHTS_GRANT;
        item->ulRights = row->rights;
        if (!tw_soapd_user_id(call, row->principal, &item->sUserId, error))
            return FALSE;
        ret->pRightsArray->count++;
    }
    return TRUE;
}

/* Whether somebody may be given rights: active users, security groups, companies. */
static gboolean
may_have_rights(TwSoapdCall *call, guint32 user)
{
    g_auto(TwBookGetArgs) get = { .user = user };

    if (user == TW_DIRECTORY_EVERYONE)
        return TRUE;
    return user != 0 && tw_session_book_get(call->session, &get, NULL) &&
           (get.entry->kind == TW_DIRECTORY_USER ||
            get.entry->kind == TW_DIRECTORY_SECURITY_GROUP ||
            get.entry->kind == TW_DIRECTORY_COMPANY);
}

gboolean
tw_soapd_set_rights(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapSetRightsArgs *args = data;
    TwSoapResult *ret = out;
    guint count = args->lpsrightsArray != NULL ? args->lpsrightsArray->count : 0;
    guint wanted = 0, refused = 0;
    g_auto(TwPermissionsSetArgs) set = { 0 };
    TwPermission *rows;

    if (!rights_place(call, args->sEntryId, &set.store, &set.folder, error) ||
        !tw_soapd_alloc(call, count, sizeof *rows, &rows, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        const TwSoapRights *item = &args->lpsrightsArray->items[i];
        guint32 state = item->ulState & 7, user = 0;

        /* a row of deny is the complement of one of grant, which clients send with it: not kept */
        if (state == 0 || item->ulType != RIGHTS_GRANT)
            continue;
        wanted++;
        if (!tw_soapd_find_user(call, item->ulUserid, item->sUserId, &user, NULL) ||
            !may_have_rights(call, user)) {
            refused++;
            continue;
        }
        rows[set.rows.count++] = (TwPermission){
            .principal = user,
            .rights = state == RIGHTS_DELETED ? TW_PERMISSION_REMOVE : item->ulRights,
        };
    }
    set.rows.items = rows;
    if (wanted > 0 && refused == wanted)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_session_permissions_set(call->session, &set, error))
        return FALSE;
    if (refused > 0)
        ret->result = TW_SOAP_RESULT_PARTIAL_COMPLETION;
    return TRUE;
}
