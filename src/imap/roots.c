/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Where names begin: the folder that holds the user's mailboxes, that of the company's, and those of other users who gave
 * this one something to read. The first two are looked for once in a session, when somebody asks for one; what is shared may change at any time.
 */
#include <string.h>

#include "groupware/mailbox.h"
#include "imap/imap-private.h"

void
tw_imap_root_clear(TwImapRoot *root)
{
    g_clear_pointer(&root->name, g_free);
}

static void
clear_root(gpointer root)
{
    tw_imap_root_clear(root);
}

/* ---- one's own, and the company's ---- */

guint32
tw_imap_roots_public(TwImapPeer *peer)
{
    g_auto(TwStoreFindArgs) find = { .kind = TW_STORE_PUBLIC };
    TwMailboxFolders folders;

    if (peer->public_sought)
        return peer->public_root;
    peer->public_sought = TRUE;
    if (!peer->options->public_folders || !tw_session_store_find(peer->session, &find, NULL) ||
        !tw_mailbox_folders(peer->session, &find.store, TW_LAYOUT_PUBLIC, &folders, NULL))
        return 0;
    peer->public_store = find.store;
    peer->public_root = folders.numbers[TW_LAYOUT_FOLDER_IPM_SUBTREE];
    return peer->public_root;
}

gboolean
tw_imap_roots_find(TwImapPeer *peer, GError **error)
{
    g_auto(TwReceiveFolderArgs) receive = { .store = peer->store, .message_class = "IPM.Note" };
    g_auto(TwFolderGetArgs) get = { .store = peer->store };

    if (peer->root != 0)
        return TRUE;
    if (!tw_session_receive_folder(peer->session, &receive, error))
        return FALSE;
    get.folder = receive.folder;
    if (!tw_session_folder_get(peer->session, &get, error))
        return FALSE;
    peer->inbox = receive.folder;
    peer->root = get.row.row->parent;
    return TRUE;
}

/* ---- other users' ---- */

/* What lies there is found by the pointers of the store, which all may follow who may see it. */
static gboolean
open_root(TwImapPeer *peer, const TwGuid *store, TwImapRoot *ret)
{
    TwMailboxFolders folders;

    if (!tw_mailbox_folders(peer->session, store, TW_LAYOUT_PRIVATE, &folders, NULL))
        return FALSE;
    ret->store = *store;
    ret->folder = folders.numbers[TW_LAYOUT_FOLDER_IPM_SUBTREE];
    ret->inbox = folders.numbers[TW_LAYOUT_FOLDER_INBOX];
    return ret->folder != 0;
}

gboolean
tw_imap_root_named(TwImapPeer *peer, const char *name, TwImapRoot *ret)
{
    g_auto(TwNameFindArgs) user = { .name = name, .type = TW_DIRECTORY_USERS };
    g_auto(TwStoreFindArgs) find = { .kind = TW_STORE_PRIVATE };

    if (!tw_session_name_find(peer->session, &user, NULL))
        return FALSE;
    find.owner = user.entry->number;
    if (!tw_session_store_find(peer->session, &find, NULL) ||
        memcmp(&find.store, &peer->store, sizeof find.store) == 0 ||
        !open_root(peer, &find.store, ret))
        return FALSE;
    ret->name = g_strdup(user.entry->name);
    return TRUE;
}

static gint
compare_roots(gconstpointer left, gconstpointer right)
{
    return strcmp(((const TwImapRoot *) left)->name, ((const TwImapRoot *) right)->name);
}

GArray *
tw_imap_roots_shared(TwImapPeer *peer)
{
    g_auto(TwStoresSharedArgs) shared = { 0 };
    GArray *roots = g_array_new(FALSE, TRUE, sizeof(TwImapRoot));

    g_array_set_clear_func(roots, clear_root);
    if (!tw_session_stores_shared(peer->session, &shared, NULL))
        return roots;
    for (guint i = 0; i < shared.rows->len; i++) {
        const TwStoreEntry *entry = &g_array_index(shared.rows, TwStoreEntry, i);
        g_auto(TwBookGetArgs) user = { .user = entry->owner };
        TwImapRoot root = { 0 };

        if (!tw_session_book_get(peer->session, &user, NULL) ||
            !open_root(peer, &entry->guid, &root))
            continue;
        root.name = g_strdup(user.entry->name);
        g_array_append_val(roots, root);
        /* cppcheck-suppress memleak ; the array owns what it has */
    }
    g_array_sort(roots, compare_roots);
    return roots;
}
