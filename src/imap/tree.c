/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Mailboxes by name. The user's mailboxes are the folders beside the one that receives mail, which is INBOX whatever its
 * name; what is not mail is not shown.
 */
#include <string.h>

#include "imap/imap-private.h"
#include "imap/mailbox-name.h"
#include "mapi/tags.h"

enum {
    DELIMITER = '/'
};

/* What LIST shows: names beside folders, and both belong to this. */
typedef struct {
    GArray *folders;  /* of TwFolderEntry, each behind its parent */
    GPtrArray *names; /* of each, as it is sent; NULL: not shown */
} Tree;

static void
tree_clear(Tree *tree)
{
    g_clear_pointer(&tree->folders, g_array_unref);
    g_clear_pointer(&tree->names, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tree, tree_clear)

static gboolean
find_inbox(TwImapPeer *peer, TwFolderEntry *ret, GError **error)
{
    g_auto(TwReceiveFolderArgs) receive = { .store = peer->store, .message_class = "IPM.Note" };
    g_auto(TwFolderGetArgs) get = { .store = peer->store };

    if (!tw_session_receive_folder(peer->session, &receive, error))
        return FALSE;
    get.folder = receive.folder;
    if (!tw_session_folder_get(peer->session, &get, error))
        return FALSE;
    *ret = get.row;
    get.row = (TwFolderEntry){ 0 };
    return TRUE;
}

/* Mail, or of no class, which is mail. */
static gboolean
holds_mail(TwImapPeer *peer, guint32 folder)
{
    g_auto(TwFolderPropsArgs) props = { .store = peer->store, .folder = folder };
    const char *class;

    if (!tw_session_folder_props(peer->session, &props, NULL))
        return FALSE;
    class = tw_object_get_text(props.object, PR_CONTAINER_CLASS, "");
    return class[0] == '\0' || g_ascii_strncasecmp(class, "IPF.Note", 8) == 0;
}

/* Names of a level may hold the delimiter; then it is not one. */
static char *
name_of(const char *parent, const char *name)
{
    g_autofree char *own = tw_imap_name_encode(name);

    g_strdelimit(own, "/", '_');
    return parent != NULL ? g_strdup_printf("%s%c%s", parent, DELIMITER, own)
                          : g_steal_pointer(&own);
}

static gboolean
read_tree(TwImapPeer *peer, Tree *ret, GError **error)
{
    g_autoptr(GHashTable) parents = g_hash_table_new(NULL, NULL); /* folder -> its name */
    g_auto(TwFolderListArgs) list = { .store = peer->store, .deep = TRUE };
    TwFolderEntry inbox = { 0 };
    guint32 inbox_id;

    if (!find_inbox(peer, &inbox, error))
        return FALSE;
    inbox_id = inbox.row->id;
    list.folder = inbox.row->parent;
    tw_folder_entry_clear(&inbox);
    if (!tw_session_folder_list(peer->session, &list, error))
        return FALSE;
    ret->folders = g_steal_pointer(&list.rows);
    ret->names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < ret->folders->len; i++) {
        const TwFolderRow *row = g_array_index(ret->folders, TwFolderEntry, i).row;
        const char *parent = g_hash_table_lookup(parents, GUINT_TO_POINTER(row->parent));
        char *name = NULL;

        if (row->id == inbox_id)
            name = g_strdup("INBOX");
        else if ((row->parent == list.folder || parent != NULL) && holds_mail(peer, row->id))
            name = name_of(parent, row->name);
        g_ptr_array_add(ret->names, name);
        if (name != NULL)
            g_hash_table_insert(parents, GUINT_TO_POINTER(row->id), name);
    }
    return TRUE;
}

gboolean
tw_imap_find_mailbox(TwImapPeer *peer, const char *name, TwFolderEntry *ret, GError **error)
{
    g_autofree char *decoded = tw_imap_name_decode(name);
    g_autofree char *encoded = decoded != NULL ? tw_imap_name_encode(decoded) : NULL;
    g_auto(Tree) tree = { 0 };

    if (g_ascii_strcasecmp(name, "INBOX") == 0)
        return find_inbox(peer, ret, error);
    if (!read_tree(peer, &tree, error))
        return FALSE;
    for (guint i = 0; encoded != NULL && i < tree.names->len; i++) {
        if (g_strcmp0(tree.names->pdata[i], encoded) != 0)
            continue;
        *ret = g_array_index(tree.folders, TwFolderEntry, i);
        g_array_index(tree.folders, TwFolderEntry, i) = (TwFolderEntry){ 0 };
        return TRUE;
    }
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such mailbox");
    return FALSE;
}

/* ---- LIST ---- */

static void
put_list_line(TwImapPeer *peer, const char *name, gboolean children)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(65536);
    char head[64];

    tw_buffer_put(&out, head,
                  (gsize) g_snprintf(head, sizeof head, "* LIST (\\Has%sChildren) \"%c\" ",
                                     children ? "" : "No", DELIMITER));
    tw_imap_put_string(&out, name, strlen(name));
    tw_buffer_put(&out, "\r\n", 2);
    if (!tw_buffer_failed(&out))
        tw_conn_write(peer->conn, out.data, out.len);
}

static gboolean
has_children(const Tree *tree, guint32 folder)
{
    for (guint i = 0; i < tree->folders->len; i++) {
        if (tree->names->pdata[i] != NULL &&
            g_array_index(tree->folders, TwFolderEntry, i).row->parent == folder)
            return TRUE;
    }
    return FALSE;
}

gboolean
tw_imap_list(TwImapPeer *peer, TwCursor *args)
{
    g_autofree char *reference = NULL, *mailbox = NULL, *pattern = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(Tree) tree = { 0 };

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_astring(args, &reference) ||
        !tw_imap_take_char(args, ' ') || !tw_imap_take_list_mailbox(args, &mailbox) ||
        !tw_imap_take_end(args))
        return FALSE;
    if (mailbox[0] == '\0') { /* RFC 3501, 6.3.8: what is the delimiter? */
        tw_conn_printf(peer->conn, "* LIST (\\Noselect) \"%c\" \"\"\r\n", DELIMITER);
        tw_imap_tagged(peer, TW_IMAP_OK, "LIST done");
        return TRUE;
    }
    if (!read_tree(peer, &tree, &error)) {
        tw_imap_tagged_error(peer, error);
        return TRUE;
    }
    pattern = g_strconcat(reference, mailbox, NULL);
    for (guint i = 0; i < tree.names->len; i++) {
        const char *name = tree.names->pdata[i];

        if (name != NULL && tw_imap_name_matches(name, pattern, DELIMITER))
            put_list_line(
                peer, name,
                has_children(&tree, g_array_index(tree.folders, TwFolderEntry, i).row->id));
    }
    tw_imap_tagged(peer, TW_IMAP_OK, "LIST done");
    return TRUE;
}

/* ---- STATUS ---- */

static gboolean
put_status(TwCursor *args, const TwFolderRow *row, GString *out)
{
    const struct {
        const char *name;
        guint64 value;
    } items[] = {
        { "MESSAGES", row->total },          { "RECENT", 0 },           { "UIDNEXT", row->uidnext },
        { "UIDVALIDITY", row->uidvalidity }, { "UNSEEN", row->unread },
    };

    do {
        guint i = 0;

        while (i < G_N_ELEMENTS(items) && !tw_imap_take_word(args, items[i].name))
            i++;
        if (i == G_N_ELEMENTS(items))
            return FALSE;
        g_string_append_printf(out, "%s%s %" G_GUINT64_FORMAT, out->len > 0 ? " " : "",
                               items[i].name, items[i].value);
    } while (tw_imap_take_char(args, ' '));
    return tw_imap_take_char(args, ')') && tw_imap_take_end(args);
}

gboolean
tw_imap_status(TwImapPeer *peer, TwCursor *args)
{
    g_autoptr(GString) items = g_string_new(NULL);
    g_auto(TwBuffer) line = TW_BUFFER_INIT(65536);
    g_autofree char *name = NULL;
    g_autoptr(GError) error = NULL;
    static const TwFolderRow none = { 0 };
    TwFolderEntry folder = { 0 };
    gboolean found, understood;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_astring(args, &name) ||
        !tw_imap_take_char(args, ' ') || !tw_imap_take_char(args, '('))
        return FALSE;
    found = tw_imap_find_mailbox(peer, name, &folder, &error);
    understood = put_status(args, found ? folder.row : &none, items);
    tw_folder_entry_clear(&folder);
    if (!understood)
        return FALSE;
    if (!found) {
        tw_imap_tagged_error(peer, error);
        return TRUE;
    }
    tw_buffer_put(&line, "* STATUS ", 9);
    tw_imap_put_string(&line, name, strlen(name));
    tw_buffer_put(&line, " (", 2);
    tw_buffer_put(&line, items->str, items->len);
    tw_buffer_put(&line, ")\r\n", 3);
    if (!tw_buffer_failed(&line))
        tw_conn_write(peer->conn, line.data, line.len);
    tw_imap_tagged(peer, TW_IMAP_OK, "STATUS done");
    return TRUE;
}

/* ---- SELECT ---- */

static void
leave(TwImapPeer *peer)
{
    tw_imap_view_clear(&peer->view);
    peer->state = TW_IMAP_IN;
}

static void
tell_selected(TwImapPeer *peer, const TwFolderRow *row)
{
    const GArray *rows = peer->view.rows;
    guint first_unseen = 0;

    while (first_unseen < rows->len &&
           (g_array_index(rows, TwIndexRow, first_unseen).flags & TW_MSGFLAG_READ) != 0)
        first_unseen++;
    tw_conn_printf(peer->conn,
                   "* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)\r\n"
                   "* OK [PERMANENTFLAGS ()] No flag can be set here yet\r\n"
                   "* %u EXISTS\r\n* 0 RECENT\r\n"
                   "* OK [UIDVALIDITY %u] Valid\r\n* OK [UIDNEXT %u] Next\r\n",
                   rows->len, row->uidvalidity, row->uidnext);
    if (first_unseen < rows->len)
        tw_conn_printf(peer->conn, "* OK [UNSEEN %u] First unseen\r\n", first_unseen + 1);
}

static gboolean
open_mailbox(TwImapPeer *peer, TwCursor *args, gboolean read_only)
{
    g_autofree char *name = NULL;
    g_autoptr(GError) error = NULL;
    TwFolderEntry folder = { 0 };

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_astring(args, &name) ||
        !tw_imap_take_end(args))
        return FALSE;
    leave(peer);
    if (tw_imap_find_mailbox(peer, name, &folder, &error)) {
        peer->view.store = peer->store;
        peer->view.folder = folder.row->id;
        peer->view.read_only = read_only;
        if (tw_imap_view_refresh(peer, FALSE, &error)) {
            peer->state = TW_IMAP_SELECTED;
            tell_selected(peer, folder.row);
        }
    }
    tw_folder_entry_clear(&folder);
    if (error != NULL) {
        leave(peer);
        tw_imap_tagged_error(peer, error);
    } else {
        tw_imap_tagged(peer, TW_IMAP_OK,
                       read_only ? "[READ-ONLY] Selected" : "[READ-WRITE] Selected");
    }
    return TRUE;
}

gboolean
tw_imap_select(TwImapPeer *peer, TwCursor *args)
{
    return open_mailbox(peer, args, FALSE);
}

gboolean
tw_imap_examine(TwImapPeer *peer, TwCursor *args)
{
    return open_mailbox(peer, args, TRUE);
}

gboolean
tw_imap_close(TwImapPeer *peer, TwCursor *args)
{
    if (!tw_imap_take_end(args))
        return FALSE;
    leave(peer);
    tw_imap_tagged(peer, TW_IMAP_OK, "Closed");
    return TRUE;
}
