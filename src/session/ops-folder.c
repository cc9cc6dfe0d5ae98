/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations on folders. */
#include "base/error.h"
#include "mapi/tags.h"
#include "session/ops-private.h"
#include "store/folder-index.h"

#include <string.h>

gboolean
tw_local_given(gconstpointer field, const char *what, GError **error)
{
    if (field == NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s is needed", what);
    return field != NULL;
}

/* Who sees only its name learns nothing else of it. */
static void
make_entry(const TwLocalCall *call, TwFolderRow *row, guint depth, TwFolderEntry *ret)
{
    ret->row = row;
    ret->rights = tw_rights_of(call->rights, row->id);
    ret->depth = depth;
    if (ret->rights != 0)
        return;
    row->total = row->unread = row->assoc = row->deleted = row->deleted_assoc = 0;
    row->deleted_folders = 0;
    row->bytes = row->deleted_bytes = row->changed_us = row->deleted_us = 0;
    row->hicn = 0;
    row->uidnext = 0;
}

/* ---- the tree ---- */

typedef struct {
    TwLocalCall *call;
    GPtrArray *folders;   /* TwFolderRow; what was handed out is NULL */
    GHashTable *children; /* parent -> GArray of indexes */
    gboolean deleted, deep;
    GArray *out;
} Tree;

static void
note_children(Tree *tree)
{
    for (guint i = 0; i < tree->folders->len; i++) {
        const TwFolderRow *row = tree->folders->pdata[i];
        gpointer key = GUINT_TO_POINTER(row->parent);
        GArray *list;
        if (row->id == row->parent)
            continue;
        list = g_hash_table_lookup(tree->children, key);
        if (list == NULL) {
            list = g_array_new(FALSE, FALSE, sizeof(guint));
            g_hash_table_insert(tree->children, key, list);
        }
        g_array_append_val(list, i);
    }
}

typedef struct {
    guint index, depth;
} Step;

static void
push_children(const Tree *tree, GArray *stack, guint32 parent, guint depth)
{
    const GArray *list = g_hash_table_lookup(tree->children, GUINT_TO_POINTER(parent));

    for (guint i = list != NULL ? list->len : 0; i > 0; i--) {
        Step step = { g_array_index(list, guint, i - 1), depth };
        g_array_append_val(stack, step);
    }
}

/* Each before what is below it. Below a hidden folder is nothing that may be seen. */
static void
walk(Tree *tree, guint32 top)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Step));

    push_children(tree, stack, top, 1);
    while (stack->len > 0) {
        Step step = g_array_index(stack, Step, stack->len - 1);
        TwFolderRow *row = tree->folders->pdata[step.index];
        guint32 id = row->id;
        gboolean wanted = (row->state != TW_FOLDER_LIVE) == tree->deleted;
        g_array_set_size(stack, stack->len - 1);
        if (!tw_rights_seen(tree->call->rights, id))
            continue;
        if (wanted) {
            TwFolderEntry entry;
            make_entry(tree->call, row, step.depth, &entry);
            g_array_append_val(tree->out, entry);
            tree->folders->pdata[step.index] = NULL;
        }
        if (tree->deep)
            push_children(tree, stack, id, step.depth + 1);
    }
}

static void
clear_entry(gpointer entry)
{
    tw_folder_entry_clear(entry);
}

gboolean
tw_local_folder_list(TwLocalCall *call, TwFolderListArgs *args, GError **error)
{
    g_autoptr(GPtrArray) rows = tw_store_folders(call->store, error);
    g_autoptr(GHashTable) children = NULL;
    Tree tree = { .call = call, .deleted = args->deleted, .deep = args->deep };
    gboolean known = FALSE;

    if (rows == NULL)
        return FALSE;
    for (guint i = 0; i < rows->len; i++)
        known = known || ((TwFolderRow *) rows->pdata[i])->id == call->folder;
    if (!known)
        return tw_local_verdict(TW_VERDICT_ABSENT, FALSE, error);
    children = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_array_unref);
    tree.folders = rows;
    tree.children = children;
    tree.out = args->rows = g_array_new(FALSE, FALSE, sizeof(TwFolderEntry));
    g_array_set_clear_func(args->rows, clear_entry);
    note_children(&tree);
    walk(&tree, call->folder);
    return TRUE;
}

gboolean
tw_local_folder_get(TwLocalCall *call, TwFolderGetArgs *args, GError **error)
{
    TwFolderRow *row = tw_folder_get(call->store, call->folder, error);

    if (row == NULL)
        return FALSE;
    make_entry(call, row, 0, &args->row);
    return TRUE;
}

gboolean
tw_local_folder_find(TwLocalCall *call, TwFolderFindArgs *args, GError **error)
{
    guint32 found;

    if (!tw_local_given(args->name, "a name", error) ||
        !tw_folder_find(call->store, call->folder, args->name, &found, error) ||
        !tw_local_ask(call, found, TW_NEED_SEEN, error))
        return FALSE;
    args->found = found;
    return TRUE;
}

/* The names of keywords are read behind the messages that have them. */
static gboolean
open_messages(TwLocalCall *call, guint32 folder, TwFolderOpenArgs *args, GError **error)
{
    g_autoptr(TwFolderIndex) index = tw_folder_get_index(call->store, folder, error);

    if (index == NULL)
        return FALSE;
    args->cn = index->cn;
    args->hicn = index->hicn;
    args->uidvalidity = index->uidvalidity;
    args->uidnext = index->uidnext;
    args->count = index->count;
    args->keywords = tw_folder_keywords(call->store, folder, error);
    return args->keywords != NULL;
}

gboolean
tw_local_folder_open(TwLocalCall *call, TwFolderOpenArgs *args, GError **error)
{
    g_autoptr(TwObject) object = NULL;
    guint32 folder = call->folder;
    TwFolderRow *row;

    if (args->name != NULL &&
        (!tw_folder_find(call->store, call->folder, args->name, &folder, error) ||
         !tw_local_ask(call, folder, TW_NEED_SEEN, error)))
        return FALSE;
    row = tw_folder_get(call->store, folder, error);
    if (row == NULL)
        return FALSE;
    make_entry(call, row, 0, &args->row);
    object = tw_folder_read_object(call->store, folder, error);
    if (object == NULL)
        return FALSE;
    args->container_class = g_strdup(tw_object_get_text(object, PR_CONTAINER_CLASS, ""));
    return tw_rights_ask(call->rights, folder, TW_NEED_READ) != TW_VERDICT_YES ||
           open_messages(call, folder, args, error);
}

/* ---- changes ---- */

/* Who makes a folder in somebody else's store gets all rights on it by a row of its own. */
static guint32
creator_of(const TwLocalCall *call)
{
    return tw_rights_relation_of(call->rights) == TW_RELATION_ROWS && !call->who->anonymous
               ? call->who->number
               : 0;
}

gboolean
tw_local_folder_create(TwLocalCall *call, TwFolderCreateArgs *args, GError **error)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_FOLDER);
    TwFolderMake make = {
        .name = args->name,
        .type = args->type == TW_FOLDER_SEARCH ? TW_FOLDER_SEARCH : TW_FOLDER_GENERIC,
        .open_existing = args->open_existing,
        .object = object,
        .source_key = args->source_key,
        .creator = creator_of(call),
    };
    g_autoptr(GBytes) entry_id = NULL;
    guint32 id;

    if (!tw_local_given(args->name, "a name", error) ||
        !tw_local_check_id(call, args->entry_id, TW_OBJECT_ID_FOLDER, &entry_id, error) ||
        !tw_local_check_source_key(call, args->source_key, error))
        return FALSE;
    make.entry_id = entry_id;
    if (!tw_local_apply_props(object, &args->changes, TW_SAVE_FIRST | TW_SAVE_IN_FOLDER, error) ||
        !tw_folder_create(call->store, call->folder, &make, &id, error))
        return FALSE;
    args->created = id;
    return TRUE;
}

gboolean
tw_local_folder_rename(TwLocalCall *call, TwFolderRenameArgs *args, GError **error)
{
    return tw_local_given(args->name, "a name", error) &&
           tw_folder_rename(call->store, call->folder, args->name, error);
}

gboolean
tw_local_folder_move(TwLocalCall *call, TwFolderMoveArgs *args, GError **error)
{
    return tw_folder_move(call->store, call->folder, args->to, args->name, error);
}

/* Whether the session has @need on all that lies below a folder. */
gboolean
tw_local_ask_below(const TwLocalCall *call, TwOpNeed need, GError **error)
{
    g_autoptr(GPtrArray) rows = NULL;
    g_autoptr(GHashTable) below = g_hash_table_new(NULL, NULL);
    guint before;

    if (tw_rights_relation_of(call->rights) != TW_RELATION_ROWS)
        return TRUE;
    rows = tw_store_folders(call->store, error);
    if (rows == NULL)
        return FALSE;
    g_hash_table_add(below, GUINT_TO_POINTER(call->folder));
    do {
        before = g_hash_table_size(below);
        for (guint i = 0; i < rows->len; i++) {
            const TwFolderRow *row = rows->pdata[i];
            if (!g_hash_table_contains(below, GUINT_TO_POINTER(row->parent)) ||
                !g_hash_table_add(below, GUINT_TO_POINTER(row->id)))
                continue;
            if (tw_rights_ask(call->rights, row->id, need) != TW_VERDICT_YES)
                return tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
        }
    } while (g_hash_table_size(below) > before);
    return TRUE;
}

gboolean
tw_local_folder_copy(TwLocalCall *call, TwFolderCopyArgs *args, GError **error)
{
    guint32 id;

    /* own messages may be read without the right: not enough to copy all */
    if (tw_rights_ask(call->rights, call->folder, TW_NEED_READ) != TW_VERDICT_YES)
        return tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
    if (args->subfolders && !tw_local_ask_below(call, TW_NEED_READ, error))
        return FALSE;
    if (!tw_folder_copy(call->store, call->folder, args->to, args->name, args->subfolders, &id,
                        error))
        return FALSE;
    args->created = id;
    return TRUE;
}

gboolean
tw_local_folder_delete(TwLocalCall *call, TwFolderDeleteArgs *args, GError **error)
{
    return tw_local_ask_below(call, TW_NEED_FOLDER_OWNER, error) &&
           tw_folder_delete(call->store, call->folder, !args->hard, error);
}

gboolean
tw_local_folder_restore(TwLocalCall *call, TwFolderRestoreArgs *args, GError **error)
{
    return tw_folder_restore(call->store, call->folder, args->name, error);
}

/* ---- properties ---- */

/* Rules say whom somebody hears from: they are shown to who may change them. */
gboolean
tw_local_shows_folder_prop(const TwLocalCall *call, guint32 tag)
{
    return tag >> 16 != PR_RULES_DATA >> 16 ||
           tw_rights_ask(call->rights, call->folder, TW_NEED_FOLDER_OWNER) == TW_VERDICT_YES;
}

gboolean
tw_local_folder_props(TwLocalCall *call, TwFolderPropsArgs *args, GError **error)
{
    if (call->folder == call->access->object)
        return tw_local_verdict(TW_VERDICT_ABSENT, FALSE, error);
    args->object = tw_folder_read_object(call->store, call->folder, error);
    if (args->object == NULL)
        return FALSE;
    if (tw_rights_of(call->rights, call->folder) == 0)
        tw_local_keep_names(args->object);
    if (!tw_local_shows_folder_prop(call, PR_RULES_DATA))
        tw_object_remove(args->object, PR_RULES_DATA);
    if (args->compute)
        args->computed = tw_local_folder_computed(call, error);
    return !args->compute || args->computed != NULL;
}

static gboolean
change_props(TwObject *object, gpointer changes, GError **error)
{
    return tw_local_apply_props(object, changes, TW_SAVE_IN_FOLDER, error);
}

gboolean
tw_local_folder_change_props(TwLocalCall *call, TwFolderChangePropsArgs *args, GError **error)
{
    if (call->folder == call->access->object)
        return tw_local_verdict(TW_VERDICT_ABSENT, FALSE, error);
    return tw_folder_edit_object(call->store, call->folder, change_props, &args->changes, error);
}
