/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Mailboxes by name. The user's mailboxes are the folders beside the one that receives mail, which is INBOX whatever its
 * name; those of the company are below "Public folders", those that other users share below "Shared/NAME" (roots.c). Names are kept here as IMAP always had them, in modified UTF-7.
 */
#include <string.h>

#include "groupware/mailbox.h"
#include "imap/imap-private.h"
#include "imap/mailbox-name.h"
#include "mapi/tags.h"

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

char *
tw_imap_mailbox_of_text(const char *text)
{
    char *encoded = tw_imap_name_encode(text);

    fold_inbox(encoded);
    return encoded;
}

/* In one form, however it was sent; NULL: it is no name. */
static char *
canonical(const TwImapPeer *peer, const char *name)
{
    g_autofree char *decoded = NULL;

    if (is_utf8_client(peer))
        decoded = g_utf8_validate(name, -1, NULL) ? g_strdup(name) : NULL;
    else
        decoded = tw_imap_name_decode(name);
    return decoded != NULL ? tw_imap_mailbox_of_text(decoded) : NULL;
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

/* ---- which folders are mailboxes ---- */

/* Mail, or of no class, which is mail. */
static gboolean
is_shown_class(const TwImapPeer *peer, const char *container_class)
{
    return !peer->options->only_mail || container_class[0] == '\0' ||
           g_ascii_strncasecmp(container_class, "IPF.Note", 8) == 0;
}

/* Whether it is shown; and what it was made for (CREATE with USE). */
static gboolean
look_at(TwImapPeer *peer, const TwGuid *store, guint32 folder, const char **ret_use)
{
    g_auto(TwFolderPropsArgs) props = { .store = *store, .folder = folder };
    TwPropValue value;

    *ret_use = NULL;
    if (!tw_session_folder_props(peer->session, &props, NULL))
        return FALSE;
    if (peer->use_tag == 0)
        (void) tw_imap_data_tag(peer, TW_IMAP_USE_DATA, FALSE, &peer->use_tag, NULL);
    if (peer->use_tag != 0 && tw_object_get(props.object, peer->use_tag, &value) &&
        value.len == strlen(TW_IMAP_USE_ARCHIVE) &&
        memcmp(value.data, TW_IMAP_USE_ARCHIVE, value.len) == 0)
        *ret_use = TW_IMAP_USE_ARCHIVE;
    return is_shown_class(peer, tw_object_get_text(props.object, PR_CONTAINER_CLASS, ""));
}

static gboolean
is_shown(TwImapPeer *peer, const TwGuid *store, guint32 folder)
{
    const char *use;

    return look_at(peer, store, folder, &use);
}

/* ---- all of them ---- */

/* What is listed of one store. */
typedef struct {
    const TwGuid *store;
    guint32 root;
    guint32 inbox;                   /* 0: none is called so */
    const char *below;               /* (nullable): what its names begin with */
    const TwMailboxFolders *folders; /* (nullable): of special use */
} Listed;

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

/* NULL: it is not shown. */
static char *
name_in(TwImapPeer *peer,
        const Listed *listed,
        const TwFolderRow *row,
        const char *parent,
        const char **ret_use)
{
    const char *above = parent != NULL ? parent : listed->below;

    if (row->id == listed->inbox)
        return above != NULL ? g_strconcat(above, "/INBOX", NULL) : g_strdup("INBOX");
    return look_at(peer, listed->store, row->id, ret_use) ? name_of(above, row->name) : NULL;
}

static gboolean
add_store(TwImapPeer *peer, const Listed *listed, GArray *boxes, GError **error)
{
    g_autoptr(GHashTable) parents = g_hash_table_new(NULL, NULL); /* folder -> index of its box */
    g_auto(TwFolderListArgs)
        list = { .store = *listed->store, .folder = listed->root, .deep = TRUE };

    if (!tw_session_folder_list(peer->session, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        TwFolderEntry *entry = &g_array_index(list.rows, TwFolderEntry, i);
        gpointer index = g_hash_table_lookup(parents, GUINT_TO_POINTER(entry->row->parent));
        TwImapBox *parent =
            index != NULL ? &g_array_index(boxes, TwImapBox, GPOINTER_TO_UINT(index) - 1) : NULL;
        TwImapBox box = { .store = *listed->store,
                          .folder = entry->row->id,
                          .rights = entry->rights };

        if (parent == NULL && entry->row->parent != listed->root)
            continue;
        box.name =
            name_in(peer, listed, entry->row, parent != NULL ? parent->name : NULL, &box.use);
        if (box.name == NULL)
            continue;
        if (parent != NULL)
            parent->flags |= TW_IMAP_BOX_HAS_CHILDREN;
        if ((box.rights & TW_RIGHT_READ) == 0)
            box.flags |= TW_IMAP_BOX_NOSELECT;
        if (listed->folders != NULL && use_of(listed->folders, box.folder) != NULL)
            box.use = use_of(listed->folders, box.folder);
        box.row = g_steal_pointer(&entry->row);
        g_array_append_val(boxes, box);
        g_hash_table_insert(parents, GUINT_TO_POINTER(box.folder), GUINT_TO_POINTER(boxes->len));
    }
    return TRUE;
}

/* A name that holds mailboxes and is none. What nothing is below is not listed. */
static guint
begin_branch(GArray *boxes, const char *name)
{
    TwImapBox box = { .name = g_strdup(name), .flags = TW_IMAP_BOX_NOSELECT };

    g_array_append_val(boxes, box);
    return boxes->len;
}

static void
end_branch(GArray *boxes, guint begin)
{
    if (boxes->len > begin)
        g_array_index(boxes, TwImapBox, begin - 1).flags |= TW_IMAP_BOX_HAS_CHILDREN;
    else
        g_array_set_size(boxes, begin - 1);
}

static void
add_public(TwImapPeer *peer, GArray *boxes)
{
    const Listed listed = { .store = &peer->public_store,
                            .root = tw_imap_roots_public(peer),
                            .below = TW_IMAP_PUBLIC_NAME };
    guint begin;

    if (listed.root == 0)
        return;
    begin = begin_branch(boxes, TW_IMAP_PUBLIC_NAME);
    if (!add_store(peer, &listed, boxes, NULL))
        g_array_set_size(boxes, begin - 1);
    else if (boxes->len > begin)
        end_branch(boxes, begin);
}

static void
add_shared(TwImapPeer *peer, GArray *boxes)
{
    g_autoptr(GArray) roots = tw_imap_roots_shared(peer);
    guint begin = begin_branch(boxes, TW_IMAP_SHARED_NAME);

    for (guint i = 0; i < roots->len; i++) {
        const TwImapRoot *root = &g_array_index(roots, TwImapRoot, i);
        g_autofree char *below = name_of(TW_IMAP_SHARED_NAME, root->name);
        const Listed listed = {
            .store = &root->store, .root = root->folder, .inbox = root->inbox, .below = below
        };
        guint inner = begin_branch(boxes, below);

        (void) add_store(peer, &listed, boxes, NULL);
        end_branch(boxes, inner);
    }
    end_branch(boxes, begin);
}

GArray *
tw_imap_tree(TwImapPeer *peer, guint which, GError **error)
{
    g_autoptr(GArray) boxes = g_array_new(FALSE, TRUE, sizeof(TwImapBox));
    TwMailboxFolders folders;
    Listed own = { .store = &peer->store };

    g_array_set_clear_func(boxes, clear_box);
    if (!tw_imap_roots_find(peer, error))
        return NULL;
    own.root = peer->root;
    own.inbox = peer->inbox;
    if (tw_mailbox_folders(peer->session, &peer->store, TW_LAYOUT_PRIVATE, &folders, NULL))
        own.folders = &folders;
    if (!add_store(peer, &own, boxes, error))
        return NULL;
    if ((which & TW_IMAP_TREE_PUBLIC) != 0)
        add_public(peer, boxes);
    if ((which & TW_IMAP_TREE_SHARED) != 0)
        add_shared(peer, boxes);
    return g_steal_pointer(&boxes);
}

/* ---- one of them ---- */

static gboolean
not_there(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such mailbox");
    return FALSE;
}

/* Where a name begins. */
typedef struct {
    TwGuid store;
    guint32 folder; /* 0: it is a name of several, and no mailbox */
    guint32 inbox;  /* of the store; 0: none */
    guint used;     /* levels that took */
} Start;

/* Shared/NAME, and INBOX below it. */
static gboolean
start_shared(TwImapPeer *peer, char **levels, Start *ret)
{
    g_autofree char *name = levels[1] != NULL ? tw_imap_name_decode(levels[1]) : NULL;
    g_auto(TwImapRoot) root = { 0 };

    *ret = (Start){ .used = 1 };
    if (levels[1] == NULL)
        return TRUE;
    if (name == NULL || !tw_imap_root_named(peer, name, &root))
        return FALSE;
    *ret = (Start){ .store = root.store, .folder = root.folder, .inbox = root.inbox, .used = 2 };
    if (levels[2] != NULL && root.inbox != 0 && g_ascii_strcasecmp(levels[2], "INBOX") == 0) {
        ret->folder = root.inbox;
        ret->used = 3;
    }
    return TRUE;
}

static gboolean
find_start(TwImapPeer *peer, char **levels, Start *ret)
{
    *ret = (Start){ .store = peer->store, .folder = peer->root, .inbox = peer->inbox };
    if (levels[0] == NULL)
        return TRUE;
    if (strcmp(levels[0], "INBOX") == 0) {
        ret->folder = peer->inbox;
        ret->used = 1;
    } else if (strcmp(levels[0], TW_IMAP_PUBLIC_NAME) == 0 && tw_imap_roots_public(peer) != 0) {
        *ret = (Start){ .store = peer->public_store, .folder = peer->public_root, .used = 1 };
    } else if (strcmp(levels[0], TW_IMAP_SHARED_NAME) == 0) {
        return start_shared(peer, levels, ret);
    }
    return TRUE;
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
    g_autoptr(GArray) boxes = tw_imap_tree(peer, TW_IMAP_TREE_ALL, error);

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

/* A name that mailboxes are below, and which is none itself. */
static gboolean
is_branch(const TwImapPeer *peer, const Start *start)
{
    return start->folder == 0 || (memcmp(&start->store, &peer->store, sizeof start->store) != 0 &&
                                  start->folder != start->inbox);
}

/* Where the walk to a name begins. FALSE: nowhere. */
static gboolean
begin_walk(TwImapPeer *peer, const char *name, char **levels, Start *ret, GError **error)
{
    if (*name == '\0')
        return not_there(error);
    if (!tw_imap_roots_find(peer, error))
        return FALSE;
    return find_start(peer, levels, ret) || not_there(error);
}

/* Down from a start to where count levels are left. FALSE: one is not there under its name. */
static gboolean
walk_down(TwImapPeer *peer, char **levels, guint upto, Start *io_start)
{
    for (; io_start->used < upto; io_start->used++) {
        if (io_start->folder == 0 ||
            !find_below(peer, &io_start->store, &io_start->folder, levels[io_start->used], NULL))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_imap_box_find(TwImapPeer *peer, const char *name, TwImapBox *ret, GError **error)
{
    g_auto(GStrv) levels = g_strsplit(name, "/", -1);
    g_auto(TwFolderGetArgs) get = { 0 };
    Start start;

    if (!begin_walk(peer, name, levels, &start, error))
        return FALSE;
    if (levels[start.used] == NULL && is_branch(peer, &start))
        return find_among_all(peer, name, ret, error);
    if (!walk_down(peer, levels, g_strv_length(levels), &start))
        return strchr(name, '_') != NULL ? find_among_all(peer, name, ret, error)
                                         : not_there(error);
    get.store = start.store;
    get.folder = start.folder;
    if (get.folder != start.inbox && !is_shown(peer, &get.store, get.folder))
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

/* By the folder that a name stands for, when it is an odd one. */
static gboolean
open_found(TwImapPeer *peer, const char *name, TwFolderOpenArgs *ret, GError **error)
{
    g_auto(TwImapBox) box = { 0 };

    if (!tw_imap_box_find(peer, name, &box, error))
        return FALSE;
    if (box.folder == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "a name alone");
        return FALSE;
    }
    *ret = (TwFolderOpenArgs){ .store = box.store, .folder = box.folder };
    return tw_session_folder_open(peer->session, ret, error);
}

gboolean
tw_imap_box_open(TwImapPeer *peer, const char *name, TwFolderOpenArgs *ret, GError **error)
{
    g_auto(GStrv) levels = g_strsplit(name, "/", -1);
    guint count = g_strv_length(levels);
    g_autofree char *last = count > 0 ? tw_imap_name_decode(levels[count - 1]) : NULL;
    gboolean below;
    Start start;

    if (!begin_walk(peer, name, levels, &start, error))
        return FALSE;
    if (levels[start.used] == NULL && is_branch(peer, &start))
        return open_found(peer, name, ret, error);
    below = start.used < count;
    if (!walk_down(peer, levels, below ? count - 1 : count, &start) || start.folder == 0 ||
        (below && (last == NULL || *last == '\0')))
        return open_found(peer, name, ret, error);
    *ret = (TwFolderOpenArgs){ .store = start.store,
                               .folder = start.folder,
                               .name = below ? last : NULL };
    if (!tw_session_folder_open(peer->session, ret, error)) {
        ret->name = NULL;
        g_clear_error(error);
        return open_found(peer, name, ret, error);
    }
    ret->name = NULL;
    ret->folder = ret->row.row->id;
    return ret->folder == start.inbox || is_shown_class(peer, ret->container_class) ||
           not_there(error);
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
    Start start;

    if (!tw_imap_roots_find(peer, error))
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
    if (!find_start(peer, levels, &start))
        return not_there(error);
    if (count == 0 || start.used >= count) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_EXISTS, "it is there already");
        return FALSE;
    }
    if (start.folder == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "a name that others own");
        return FALSE;
    }
    *ret_store = start.store;
    *ret_parent = start.folder;
    for (used = start.used; used + 1 < count; used++) {
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
