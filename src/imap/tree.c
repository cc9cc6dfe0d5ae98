/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Mailboxes by name. The user's mailboxes are the folders beside the one that receives mail, which is INBOX whatever its
 * name; those of the company are below "Public folders". Names are kept here as IMAP always had them, in modified UTF-7.
 */
#include <string.h>

#include "groupware/mailbox.h"
#include "imap/imap-private.h"
#include "imap/mailbox-name.h"
#include "mapi/tags.h"

static const char public_name[] = "Public folders";

void
tw_imap_box_clear(TwImapBox *box)
{
    g_clear_pointer(&box->name, g_free);
    g_clear_pointer(&box->row, tw_folder_row_free);
}

static void
clear_box(gpointer box)
{
    tw_imap_box_clear(box);
}

/* ---- names ---- */

static gboolean
is_utf8_client(const TwImapPeer *peer)
{
    return (peer->enabled & (TW_IMAP_UTF8 | TW_IMAP_REV2)) != 0;
}

/* INBOX is the same in any case, also as the first level. */
static void
fold_inbox(char *name)
{
    if (g_ascii_strncasecmp(name, "INBOX", 5) == 0 &&
        (name[5] == '\0' || name[5] == TW_IMAP_DELIMITER))
        memcpy(name, "INBOX", 5);
}

/* In one form, however it was sent; NULL: it is no name. */
static char *
canonical(const TwImapPeer *peer, const char *name)
{
    g_autofree char *decoded = NULL;
    char *encoded;

    if (is_utf8_client(peer))
        decoded = g_utf8_validate(name, -1, NULL) ? g_strdup(name) : NULL;
    else
        decoded = tw_imap_name_decode(name);
    if (decoded == NULL)
        return NULL;
    encoded = tw_imap_name_encode(decoded);
    fold_inbox(encoded);
    return encoded;
}

gboolean
tw_imap_take_mailbox(TwImapPeer *peer, TwCursor *args, char **ret)
{
    g_autofree char *name = NULL;

    if (!tw_imap_take_astring(args, &name))
        return FALSE;
    *ret = canonical(peer, name);
    if (*ret == NULL)
        *ret = g_strdup(""); /* no mailbox has that name */
    return TRUE;
}

void
tw_imap_put_mailbox(TwImapPeer *peer, TwBuffer *out, const char *name)
{
    g_autofree char *decoded = is_utf8_client(peer) ? tw_imap_name_decode(name) : NULL;

    if (decoded == NULL || strcmp(decoded, name) == 0) {
        tw_imap_put_astring(out, name);
        return;
    }
    tw_buffer_put_u8(out, '"');
    for (const char *at = decoded; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            tw_buffer_put_u8(out, '\\');
        tw_buffer_put_u8(out, (guint8) *at);
    }
    tw_buffer_put_u8(out, '"');
}

/* Names of a level may hold the delimiter; then it is not one. */
static char *
name_of(const char *parent, const char *name)
{
    g_autofree char *own = tw_imap_name_encode(name);

    g_strdelimit(own, "/", '_');
    return parent != NULL ? g_strdup_printf("%s%c%s", parent, TW_IMAP_DELIMITER, own)
                          : g_steal_pointer(&own);
}

/* ---- where the trees are ---- */

static gboolean
find_public(TwImapPeer *peer)
{
    g_auto(TwStoreFindArgs) find = { .kind = TW_STORE_PUBLIC };
    TwMailboxFolders folders;

    if (!peer->options->public_folders || !tw_session_store_find(peer->session, &find, NULL) ||
        !tw_mailbox_folders(peer->session, &find.store, TW_LAYOUT_PUBLIC, &folders, NULL))
        return FALSE;
    peer->public_store = find.store;
    peer->public_root = folders.numbers[TW_LAYOUT_FOLDER_IPM_SUBTREE];
    return peer->public_root != 0;
}

static gboolean
find_roots(TwImapPeer *peer, GError **error)
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
    (void) find_public(peer);
    return TRUE;
}

/* Mail, or of no class, which is mail. */
static gboolean
is_shown(TwImapPeer *peer, const TwGuid *store, guint32 folder)
{
    g_auto(TwFolderPropsArgs) props = { .store = *store, .folder = folder };
    const char *class;

    if (!peer->options->only_mail)
        return TRUE;
    if (!tw_session_folder_props(peer->session, &props, NULL))
        return FALSE;
    class = tw_object_get_text(props.object, PR_CONTAINER_CLASS, "");
    return class[0] == '\0' || g_ascii_strncasecmp(class, "IPF.Note", 8) == 0;
}

/* ---- all of them ---- */

static const char *
use_of(const TwMailboxFolders *folders, guint32 folder)
{
    static const struct {
        TwLayoutFolderKey key;
        const char *use;
    } uses[] = { { TW_LAYOUT_FOLDER_DRAFTS, "\\Drafts" },
                 { TW_LAYOUT_FOLDER_SENT, "\\Sent" },
                 { TW_LAYOUT_FOLDER_DELETED, "\\Trash" },
                 { TW_LAYOUT_FOLDER_JUNK, "\\Junk" } };

    for (guint i = 0; i < G_N_ELEMENTS(uses); i++) {
        if (folders->numbers[uses[i].key] == folder)
            return uses[i].use;
    }
    return NULL;
}

static gboolean
add_store(TwImapPeer *peer,
          const TwGuid *store,
          guint32 root,
          const char *below,
          const TwMailboxFolders *folders,
          GArray *boxes,
          GError **error)
{
    g_autoptr(GHashTable) parents = g_hash_table_new(NULL, NULL); /* folder -> index of its box */
    g_auto(TwFolderListArgs) list = { .store = *store, .folder = root, .deep = TRUE };

    if (!tw_session_folder_list(peer->session, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        TwFolderEntry *entry = &g_array_index(list.rows, TwFolderEntry, i);
        gpointer parent = g_hash_table_lookup(parents, GUINT_TO_POINTER(entry->row->parent));
        TwImapBox box = { .store = *store, .folder = entry->row->id, .rights = entry->rights };

        if (parent == NULL && entry->row->parent != root)
            continue;
        if (box.folder == peer->inbox && below == NULL)
            box.name = g_strdup("INBOX");
        else if (is_shown(peer, store, box.folder))
            box.name = name_of(
                parent != NULL ? g_array_index(boxes, TwImapBox, GPOINTER_TO_UINT(parent) - 1).name
                               : below,
                entry->row->name);
        if (box.name == NULL)
            continue;
        if (parent != NULL)
            g_array_index(boxes, TwImapBox, GPOINTER_TO_UINT(parent) - 1).flags |=
                TW_IMAP_BOX_HAS_CHILDREN;
        if ((box.rights & TW_RIGHT_READ) == 0)
            box.flags |= TW_IMAP_BOX_NOSELECT;
        box.use = folders != NULL ? use_of(folders, box.folder) : NULL;
        box.row = g_steal_pointer(&entry->row);
        g_array_append_val(boxes, box);
        g_hash_table_insert(parents, GUINT_TO_POINTER(box.folder), GUINT_TO_POINTER(boxes->len));
    }
    return TRUE;
}

GArray *
tw_imap_tree(TwImapPeer *peer, GError **error)
{
    g_autoptr(GArray) boxes = g_array_new(FALSE, TRUE, sizeof(TwImapBox));
    TwMailboxFolders folders;
    gboolean known;
    guint top;

    g_array_set_clear_func(boxes, clear_box);
    if (!find_roots(peer, error))
        return NULL;
    known = tw_mailbox_folders(peer->session, &peer->store, TW_LAYOUT_PRIVATE, &folders, NULL);
    if (!add_store(peer, &peer->store, peer->root, NULL, known ? &folders : NULL, boxes, error))
        return NULL;
    if (peer->public_root != 0) {
        TwImapBox box = { .name = g_strdup(public_name), .flags = TW_IMAP_BOX_NOSELECT };

        top = boxes->len;
        g_array_append_val(boxes, box);
        if (!add_store(peer, &peer->public_store, peer->public_root, public_name, NULL, boxes,
                       NULL))
            g_array_set_size(boxes, top);
        else if (boxes->len > top + 1)
            g_array_index(boxes, TwImapBox, top).flags |= TW_IMAP_BOX_HAS_CHILDREN;
    }
    return g_steal_pointer(&boxes);
}

/* ---- one of them ---- */

static gboolean
not_there(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such mailbox");
    return FALSE;
}

/* Where a name begins: its store, the folder there, and how many levels that took. */
static void
find_start(TwImapPeer *peer, char **levels, TwGuid *ret_store, guint32 *ret_folder, guint *ret_used)
{
    *ret_store = peer->store;
    *ret_folder = peer->root;
    *ret_used = 0;
    if (strcmp(levels[0], "INBOX") == 0) {
        *ret_folder = peer->inbox;
        *ret_used = 1;
    } else if (peer->public_root != 0 && strcmp(levels[0], public_name) == 0) {
        *ret_store = peer->public_store;
        *ret_folder = peer->public_root;
        *ret_used = 1;
    }
}

static gboolean
find_below(
    TwImapPeer *peer, const TwGuid *store, guint32 *folder, const char *level, GError **error)
{
    g_autofree char *name = tw_imap_name_decode(level);
    g_auto(TwFolderFindArgs) find = { .store = *store, .folder = *folder, .name = name };

    if (name == NULL || *name == '\0')
        return not_there(error);
    if (!tw_session_folder_find(peer->session, &find, error))
        return FALSE;
    *folder = find.found;
    return TRUE;
}

/* A level whose name holds the delimiter is found among all. */
static gboolean
find_among_all(TwImapPeer *peer, const char *name, TwImapBox *ret, GError **error)
{
    g_autoptr(GArray) boxes = tw_imap_tree(peer, error);

    for (guint i = 0; boxes != NULL && i < boxes->len; i++) {
        TwImapBox *box = &g_array_index(boxes, TwImapBox, i);

        if (strcmp(box->name, name) == 0) {
            *ret = *box;
            *box = (TwImapBox){ 0 };
            return TRUE;
        }
    }
    return boxes != NULL && not_there(error);
}

gboolean
tw_imap_box_find(TwImapPeer *peer, const char *name, TwImapBox *ret, GError **error)
{
    g_auto(GStrv) levels = g_strsplit(name, "/", -1);
    g_auto(TwFolderGetArgs) get = { 0 };
    guint used;

    if (*name == '\0')
        return not_there(error);
    if (!find_roots(peer, error))
        return FALSE;
    find_start(peer, levels, &get.store, &get.folder, &used);
    if (levels[used] == NULL && get.folder == peer->public_root && peer->public_root != 0 &&
        strcmp(name, public_name) == 0)
        return find_among_all(peer, name, ret, error);
    for (; levels[used] != NULL; used++) {
        if (!find_below(peer, &get.store, &get.folder, levels[used], NULL))
            return strchr(name, '_') != NULL ? find_among_all(peer, name, ret, error)
                                             : not_there(error);
    }
    if (get.folder != peer->inbox && !is_shown(peer, &get.store, get.folder))
        return not_there(error);
    if (!tw_session_folder_get(peer->session, &get, error))
        return FALSE;
    *ret = (TwImapBox){ .name = g_strdup(name),
                        .store = get.store,
                        .folder = get.folder,
                        .row = g_steal_pointer(&get.row.row),
                        .rights = get.row.rights };
    return TRUE;
}

gboolean
tw_imap_box_parent(TwImapPeer *peer,
                   const char *name,
                   gboolean create,
                   TwGuid *ret_store,
                   guint32 *ret_parent,
                   char **ret_name,
                   GError **error)
{
    g_auto(GStrv) levels = g_strsplit(name, "/", -1);
    guint count = g_strv_length(levels), used;

    if (!find_roots(peer, error))
        return FALSE;
    if (count > 1 &&
        *levels[count - 1] == '\0') /* a delimiter at the end says that more will follow */
        count--;
    for (guint i = 0; i < count; i++) {
        if (*levels[i] == '\0') {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "an empty level");
            return FALSE;
        }
    }
    find_start(peer, levels, ret_store, ret_parent, &used);
    if (count == 0 || used >= count) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_EXISTS, "it is there already");
        return FALSE;
    }
    for (; used + 1 < count; used++) {
        g_autofree char *level = tw_imap_name_decode(levels[used]);
        g_auto(TwFolderCreateArgs) make = {
            .store = *ret_store, .folder = *ret_parent, .name = level, .open_existing = TRUE
        };

        if (find_below(peer, ret_store, ret_parent, levels[used], NULL))
            continue;
        if (!create)
            return not_there(error);
        if (!tw_session_folder_create(peer->session, &make, error))
            return FALSE;
        *ret_parent = make.created;
    }
    *ret_name = tw_imap_name_decode(levels[used]);
    return TRUE;
}

void
tw_imap_put_mailbox_id(TwBuffer *out, const TwGuid *store, guint32 folder)
{
    char guid[TW_GUID_TEXT_SIZE], text[64];

    tw_guid_print(store, TW_GUID_HEX, guid);
    tw_buffer_put(out, text, (gsize) g_snprintf(text, sizeof text, "(F%.16s-%u)", guid, folder));
}

/* ---- subscriptions: names, one a line, at the INBOX ---- */

enum {
    SUBSCRIBED_MOST = 24 * 1024 /* bytes of all names */
};

static gboolean
subscription_tag(TwImapPeer *peer, gboolean create, guint32 *ret, GError **error)
{
    TwNamedProp name = { .set = *tw_prop_set_guid(TW_PROP_SET_PUBLIC_STRINGS),
                         .name = "twiga-imap-subscribed" };
    const TwNamedProp *names[] = { &name };
    g_auto(TwNamesToIdsArgs) args = { .names = { names, 1 }, .create = create };
    guint32 id;

    if (!tw_session_names_to_ids(peer->session, &args, error))
        return FALSE;
    id = g_array_index(args.ids, guint32, 0);
    *ret = id != 0 ? (id > 0xffff ? id >> 16 : id) << 16 | TW_PT_BINARY : 0;
    return TRUE;
}

/* Nobody said yet: all that are there. */
static gboolean
subscribe_all(TwImapPeer *peer, GHashTable *names, GError **error)
{
    g_autoptr(GArray) boxes = tw_imap_tree(peer, error);

    for (guint i = 0; boxes != NULL && i < boxes->len; i++)
        g_hash_table_add(names, g_strdup(g_array_index(boxes, TwImapBox, i).name));
    return boxes != NULL;
}

GHashTable *
tw_imap_subscriptions(TwImapPeer *peer, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(TwFolderPropsArgs) props = { .store = peer->store };
    g_auto(GStrv) lines = NULL;
    g_autofree char *text = NULL;
    TwPropValue value;
    guint32 tag;

    if (!find_roots(peer, error) || !subscription_tag(peer, FALSE, &tag, error))
        return NULL;
    props.folder = peer->inbox;
    if (!tw_session_folder_props(peer->session, &props, error))
        return NULL;
    peer->said = tag != 0 && tw_object_get(props.object, tag, &value);
    if (!peer->said)
        return subscribe_all(peer, names, error) ? g_steal_pointer(&names) : NULL;
    text = g_strndup((const char *) value.data, value.len);
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        if (*lines[i] != '\0')
            g_hash_table_add(names, g_strdup(lines[i]));
    }
    return g_steal_pointer(&names);
}

gboolean
tw_imap_subscribe_name(TwImapPeer *peer, const char *name, gboolean on, GError **error)
{
    g_autoptr(GHashTable) names = tw_imap_subscriptions(peer, error);
    g_autoptr(GList) sorted = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    TwPropValue value;
    guint32 tag;

    if (names == NULL)
        return FALSE;
    if (name == NULL && peer->said)
        return TRUE;
    if (!subscription_tag(peer, TRUE, &tag, error))
        return FALSE;
    if (name != NULL && on)
        g_hash_table_add(names, g_strdup(name));
    else if (name != NULL)
        g_hash_table_remove(names, name);
    sorted = g_list_sort(g_hash_table_get_keys(names), (GCompareFunc) strcmp);
    for (const GList *at = sorted; at != NULL; at = at->next)
        g_string_append_printf(text, "%s\n", (const char *) at->data);
    if (text->len > SUBSCRIBED_MOST) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many subscriptions");
        return FALSE;
    }
    value = tw_value_bytes(tag, (const guint8 *) text->str, text->len);
    {
        g_auto(TwFolderChangePropsArgs)
            change = { .store = peer->store,
                       .folder = peer->inbox,
                       .changes = { .values = &value, .value_count = 1 } };
        return tw_session_folder_change_props(peer->session, &change, error);
    }
}
