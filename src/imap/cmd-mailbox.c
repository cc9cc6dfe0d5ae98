/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE. */
#include <string.h>

#include "imap/imap-private.h"
#include "mapi/tags.h"

/* A command of one mailbox name. */
static gboolean
take_name(TwImapPeer *peer, TwCursor *args, char **ret)
{
    return tw_imap_take_char(args, ' ') && tw_imap_take_mailbox(peer, args, ret) &&
           tw_imap_take_end(args);
}

/* Folders made here hold mail. */
static gboolean
create(TwImapPeer *peer, const char *name, TwGuid *ret_store, guint32 *ret, GError **error)
{
    g_auto(TwFolderCreateArgs) make = { 0 };
    g_autofree char *own = NULL;
    TwPropValue class = tw_value_str(PR_CONTAINER_CLASS, "IPF.Note");

    if (!tw_imap_box_parent(peer, name, TRUE, &make.store, &make.folder, &own, error))
        return FALSE;
    make.name = own;
    make.changes = (TwPropChanges){ .values = &class, .value_count = 1 };
    if (own == NULL || *own == '\0') {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no name");
        return FALSE;
    }
    if (!tw_session_folder_create(peer->session, &make, error))
        return FALSE;
    *ret_store = make.store;
    *ret = make.created;
    return TRUE;
}

/* "a/b/" says that more will come below: a mailbox of that name may be there already. */
static gboolean
is_branch(const char *name)
{
    gsize len = strlen(name);

    return len > 1 && name[len - 1] == TW_IMAP_DELIMITER;
}

/* RFC 6154, 3: (USE (\\Archive)). What else there is each mailbox has already. FALSE: syntax. */
static gboolean
take_use(TwCursor *args, gboolean *ret_archive, gboolean *ret_other)
{
    char *flag;

    if (!tw_imap_take_char(args, '(') || !tw_imap_take_word(args, "USE") ||
        !tw_imap_take_char(args, ' ') || !tw_imap_take_char(args, '('))
        return FALSE;
    while (!tw_imap_take_char(args, ')')) {
        if (!tw_imap_take_flag(args, &flag))
            return FALSE;
        if (g_ascii_strcasecmp(flag, TW_IMAP_USE_ARCHIVE) == 0)
            *ret_archive = TRUE;
        else
            *ret_other = TRUE;
        g_free(flag);
        (void) tw_imap_take_char(args, ' ');
    }
    return tw_imap_take_char(args, ')');
}

gboolean
tw_imap_cmd_create(TwImapPeer *peer, TwCursor *args)
{
    g_autofree char *name = NULL;
    g_auto(TwBuffer) text = TW_BUFFER_INIT(256);
    g_autoptr(GError) error = NULL;
    gboolean archive = FALSE, other = FALSE;
    TwGuid store;
    guint32 folder;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_mailbox(peer, args, &name))
        return FALSE;
    if ((tw_imap_take_char(args, ' ') && !take_use(args, &archive, &other)) ||
        !tw_imap_take_end(args))
        return FALSE;
    if (other) {
        tw_imap_done(peer, TW_IMAP_NO, "[USEATTR] Another mailbox is for that");
        return TRUE;
    }
    /* what is made now is not subscribed by that */
    if (!tw_imap_subscribe_name(peer, NULL, TRUE, &error) ||
        !create(peer, name, &store, &folder, &error) ||
        (archive && !tw_imap_data_write(peer, &store, folder, TW_IMAP_USE_DATA, TW_IMAP_USE_ARCHIVE,
                                        strlen(TW_IMAP_USE_ARCHIVE), &error))) {
        if (is_branch(name) && g_error_matches(error, TW_ERROR, TW_ERROR_EXISTS))
            tw_imap_done(peer, TW_IMAP_OK, "It is there");
        else
            tw_imap_done_error(peer, error);
        return TRUE;
    }
    tw_imap_put_text(&text, "[MAILBOXID ");
    tw_imap_put_mailbox_id(&text, &store, folder);
    tw_imap_put_text(&text, "] CREATE done");
    tw_buffer_put_u8(&text, 0);
    tw_imap_done(peer, TW_IMAP_OK, (const char *) text.data);
    return TRUE;
}

/* The folders that clients need are not for deleting. */
static gboolean
is_kept(const TwImapPeer *peer, const TwImapBox *box)
{
    return box->folder == 0 || box->folder == peer->inbox || box->folder == peer->root;
}

/* RFC 3501, 6.3.4: what is below a mailbox stays; a folder with folders in it is emptied and stays as their branch. */
static gboolean
delete_box(TwImapPeer *peer, const TwImapBox *box, GError **error)
{
    g_auto(TwFolderDeleteArgs) args = { .store = box->store, .folder = box->folder };

    if (box->row->subfolders > 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "it has mailboxes below it");
        return FALSE;
    }
    return tw_session_folder_delete(peer->session, &args, error);
}

/* RFC 3501, 6.3.6: a name stays subscribed when its mailbox goes. */
static gboolean
delete_and_keep_name(TwImapPeer *peer, const char *name, const TwImapBox *box, GError **error)
{
    g_autoptr(GHashTable) names = tw_imap_subscriptions(peer, NULL);
    gboolean subscribed = names != NULL && peer->said && g_hash_table_contains(names, name);

    if (!delete_box(peer, box, error))
        return FALSE;
    if (subscribed)
        (void) tw_imap_subscribe_name(peer, name, TRUE, NULL); /* it is gone all the same */
    return TRUE;
}

gboolean
tw_imap_cmd_delete(TwImapPeer *peer, TwCursor *args)
{
    g_autofree char *name = NULL;
    g_auto(TwImapBox) box = { 0 };
    g_autoptr(GError) error = NULL;

    if (!take_name(peer, args, &name))
        return FALSE;
    if (!tw_imap_box_find(peer, name, &box, &error)) {
        tw_imap_done_error(peer, error);
    } else if (is_kept(peer, &box)) {
        tw_imap_done(peer, TW_IMAP_NO, "[CANNOT] This mailbox is needed");
    } else if (box.row->subfolders > 0) {
        tw_imap_done(peer, TW_IMAP_NO, "[HASCHILDREN] There are mailboxes below it");
    } else {
        if (peer->state == TW_IMAP_SELECTED && peer->view.folder == box.folder &&
            memcmp(&peer->view.store, &box.store, sizeof box.store) == 0)
            tw_imap_leave(peer);
        if (delete_and_keep_name(peer, name, &box, &error))
            tw_imap_done(peer, TW_IMAP_OK, "DELETE done");
        else
            tw_imap_done_error(peer, error);
    }
    return TRUE;
}

/* ---- RENAME ---- */

/* RFC 3501, 6.3.5: INBOX stays; its messages go to a new mailbox. */
static gboolean
move_inbox(TwImapPeer *peer, const char *to, GError **error)
{
    g_auto(TwFolderWindowArgs) all = { .store = peer->store, .folder = peer->inbox };
    g_auto(TwMessagesMoveArgs) move = { .store = peer->store, .folder = peer->inbox };
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    TwGuid store;

    if (!create(peer, to, &store, &move.to, error) ||
        !tw_session_folder_window(peer->session, &all, error))
        return FALSE;
    for (guint i = 0; i < all.rows->len; i++)
        g_array_append_val(mids, g_array_index(all.rows, TwIndexRow, i).mid);
    move.messages = (TwNumbers){ (const guint32 *) (gpointer) mids->data, mids->len };
    return mids->len == 0 || tw_session_messages_move(peer->session, &move, error);
}

static gboolean
move_box(TwImapPeer *peer, const TwImapBox *box, const char *to, GError **error)
{
    g_auto(TwFolderMoveArgs) move = { .folder = box->folder };
    g_auto(TwFolderRenameArgs) rename = { .store = box->store, .folder = box->folder };
    g_autofree char *own = NULL;

    if (!tw_imap_box_parent(peer, to, TRUE, &move.store, &move.to, &own, error))
        return FALSE;
    if (memcmp(&move.store, &box->store, sizeof move.store) != 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "another store");
        return FALSE;
    }
    move.name = rename.name = own;
    return move.to == box->row->parent ? tw_session_folder_rename(peer->session, &rename, error)
                                       : tw_session_folder_move(peer->session, &move, error);
}

gboolean
tw_imap_cmd_rename(TwImapPeer *peer, TwCursor *args)
{
    g_autofree char *from = NULL, *to = NULL;
    g_auto(TwImapBox) box = { 0 }, there = { 0 };
    g_autoptr(GError) error = NULL;
    gboolean done;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_mailbox(peer, args, &from) ||
        !tw_imap_take_char(args, ' ') || !tw_imap_take_mailbox(peer, args, &to) ||
        !tw_imap_take_end(args))
        return FALSE;
    if (!tw_imap_box_find(peer, from, &box, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    if (tw_imap_box_find(peer, to, &there, NULL)) {
        tw_imap_done(peer, TW_IMAP_NO, "[ALREADYEXISTS] There is one already");
        return TRUE;
    }
    if (box.folder == 0 || box.folder == peer->root) {
        tw_imap_done(peer, TW_IMAP_NO, "[CANNOT] This mailbox is needed");
        return TRUE;
    }
    done = strcmp(from, "INBOX") == 0 ? move_inbox(peer, to, &error)
                                      : move_box(peer, &box, to, &error);
    if (done)
        tw_imap_done(peer, TW_IMAP_OK, "RENAME done");
    else
        tw_imap_done_error(peer, error);
    return TRUE;
}

/* ---- subscriptions ---- */

static gboolean
run_subscribe(TwImapPeer *peer, TwCursor *args, gboolean on)
{
    g_autofree char *name = NULL;
    g_auto(TwImapBox) box = { 0 };
    g_autoptr(GError) error = NULL;
    gsize len;

    if (!take_name(peer, args, &name))
        return FALSE;
    len = strlen(name);
    if (len > 1 && name[len - 1] == TW_IMAP_DELIMITER)
        name[len - 1] = '\0';
    if ((on && !tw_imap_box_find(peer, name, &box, &error)) ||
        !tw_imap_subscribe_name(peer, name, on, &error))
        tw_imap_done_error(peer, error);
    else
        tw_imap_done(peer, TW_IMAP_OK, on ? "SUBSCRIBE done" : "UNSUBSCRIBE done");
    return TRUE;
}

gboolean
tw_imap_cmd_subscribe(TwImapPeer *peer, TwCursor *args)
{
    return run_subscribe(peer, args, TRUE);
}

gboolean
tw_imap_cmd_unsubscribe(TwImapPeer *peer, TwCursor *args)
{
    return run_subscribe(peer, args, FALSE);
}
