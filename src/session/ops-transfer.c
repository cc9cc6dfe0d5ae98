/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages and folders from one store to another: what is taken is asked for there, what is made is asked for here. */
#include "store/transfer.h"

#include "session/ops-private.h"

/* The other store, where the session may do @need in the folder; 0 becomes its root. */
static TwAccess *
open_target(TwLocalCall *call, const TwGuid *guid, guint32 *folder, TwOpNeed need, GError **error)
{
    g_autoptr(TwRights) rights = NULL;
    g_autoptr(TwAccess) access = tw_access_open(call, guid, &rights, error);

    if (access == NULL)
        return NULL;
    if (*folder == 0)
        *folder = access->root;
    if (!tw_local_verdict(tw_rights_ask(rights, *folder, need), FALSE, error))
        return NULL;
    return g_steal_pointer(&access);
}

gboolean
tw_local_messages_transfer(TwLocalCall *call, TwMessagesTransferArgs *args, GError **error)
{
    TwMessageSet set = tw_local_set(call, &args->messages);
    guint32 folder = args->to_folder;
    g_autoptr(TwAccess) to = NULL;

    if (args->move && !tw_local_ask_messages(call, &args->messages, TW_NEED_DELETE, error))
        return FALSE;
    to = open_target(call, &args->to_store, &folder, TW_NEED_CREATE, error);
    if (to == NULL)
        return FALSE;
    args->done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    return tw_transfer_messages(call->store, &set, to->store, folder, args->move, args->done,
                                error);
}

gboolean
tw_local_folder_transfer(TwLocalCall *call, TwFolderTransferArgs *args, GError **error)
{
    TwOpNeed need = args->move ? TW_NEED_FOLDER_OWNER : TW_NEED_READ;
    guint32 folder = args->to_folder, created;
    g_autoptr(TwAccess) to = NULL;

    /* own messages may be read without the right: not enough to take all */
    if (!tw_local_ask(call, call->folder, TW_NEED_READ, error) ||
        !tw_local_ask(call, call->folder, need, error))
        return FALSE;
    if (args->subfolders && !tw_local_ask_below(call, TW_NEED_READ, error))
        return FALSE;
    if (args->move && (!tw_local_ask_below(call, TW_NEED_READ, error) ||
                       !tw_local_ask_below(call, TW_NEED_FOLDER_OWNER, error)))
        return FALSE;
    to = open_target(call, &args->to_store, &folder, TW_NEED_SUBFOLDER, error);
    if (to == NULL || !tw_transfer_folder(call->store, call->folder, to->store, folder, args->name,
                                          args->move, args->subfolders, &created, error))
        return FALSE;
    args->created = created;
    return TRUE;
}
