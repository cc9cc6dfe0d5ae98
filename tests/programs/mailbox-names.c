/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * For each user of a data folder with a mailbox: the login name and what the Inbox is called. Walks every mailbox from its
 * root through the session API, message by message, and fails when something cannot be read.
 */
#include <stdio.h>

#include "groupware/mailbox.h"
#include "mapi/tags.h"
#include "programs/node.h"

static gboolean
walk_folder(
    TwSession *session, const TwGuid *store, guint32 folder, guint *messages, GError **error)
{
    g_auto(TwMessageListArgs) list = { .store = *store, .folder = folder };

    do {
        if (!tw_session_message_list(session, &list, error))
            return FALSE;
        for (guint i = 0; i < list.rows->len; i++) {
            g_auto(TwMessageReadArgs) read = { .store = *store, .folder = folder };
            list.after = g_array_index(list.rows, TwMessageRow, i).mid;
            read.message = list.after;
            if (!tw_session_message_read(session, &read, error))
                return FALSE;
            (*messages)++;
        }
    } while (list.rows->len > 0);
    return TRUE;
}

static gboolean
walk(TwSession *session, const TwGuid *store, GError **error)
{
    g_auto(TwFolderListArgs) folders = { .store = *store, .deep = TRUE };
    g_auto(TwFolderGetArgs) inbox = { .store = *store };
    TwMailboxFolders found;
    TwSessionInfo who;
    guint messages = 0;

    if (!tw_session_folder_list(session, &folders, error) ||
        !tw_mailbox_folders(session, store, TW_LAYOUT_PRIVATE, &found, error))
        return FALSE;
    for (guint i = 0; i < folders.rows->len; i++) {
        guint32 folder = g_array_index(folders.rows, TwFolderEntry, i).row->id;
        if (!walk_folder(session, store, folder, &messages, error))
            return FALSE;
    }
    inbox.folder = found.numbers[TW_LAYOUT_FOLDER_INBOX];
    if (!tw_session_folder_get(session, &inbox, error))
        return FALSE;
    tw_session_get_info(session, &who);
    printf("%s %s\n", who.name, inbox.row.row->name);
    return TRUE;
}

/* Logs on as somebody and walks the own mailbox; who has none is passed over. */
static gboolean
walk_user(TwServer *server, const char *name, GError **error)
{
    TwLogon logon = { .peer = { .kind = TW_PEER_PROCESS }, .flags = TW_LOGON_BOUND, .user = name };
    g_autoptr(TwSession) session = NULL;
    g_auto(TwStoreFindArgs) find = { .kind = TW_STORE_PRIVATE };

    if (!tw_server_logon(server, &logon, &session, NULL, error))
        return FALSE;
    return !tw_session_store_find(session, &find, NULL) || walk(session, &find.store, error);
}

static gboolean
walk_all(TwNode *node, GError **error)
{
    g_autoptr(TwDirectorySnapshot) snapshot = tw_directory_snapshot(node->directory, error);
    g_autoptr(GPtrArray) objects = NULL;

    if (snapshot == NULL)
        return FALSE;
    objects = tw_directory_snapshot_changed(snapshot, 0);
    for (guint i = 0; i < objects->len; i++) {
        const TwDirectoryObject *object = objects->pdata[i];
        if (tw_directory_has_store(object) && object->number >= TW_DIRECTORY_FIRST_NUMBER &&
            !walk_user(node->server, object->name, error))
            return FALSE;
    }
    return TRUE;
}

int
main(int argc, char **argv)
{
    TwNodeConfig config = { .fs = tw_file_system_real(), .path = argc > 1 ? argv[1] : "." };
    g_autoptr(GError) error = NULL;
    TwNode *node = tw_node_open(&config, &error);
    gboolean ok = node != NULL && walk_all(node, &error);

    tw_node_close(node);
    if (ok)
        return 0;
    fprintf(stderr, "mailbox-names: %s\n", error->message);
    return 1;
}
