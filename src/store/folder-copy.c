/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Copying folders: the tree of folders first, in order from the top, then the messages of each, in batches. */
#include "base/error.h"
#include "store/folder-private.h"
#include "store/search-private.h"

typedef struct {
    TwStore *store;
    guint32 from, parent, id; /* id: the new folder */
    const char *name;
} Copy;

static gboolean
copy_folder_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Copy *copy = data;
    g_auto(TwWork) work = { 0 };
    TwFolderRow *from, *parent;
    guint32 other;
    TwFolderRow row = { .id = copy->id };
    g_autofree char *name = NULL;

    if (!tw_work_begin(&work, tx, copy->store, error))
        return FALSE;
    from = tw_work_folder(&work, copy->from, FALSE, error);
    parent = from != NULL ? tw_work_folder(&work, copy->parent, FALSE, error) : NULL;
    if (parent == NULL)
        return FALSE;
    if (from->type == TW_FOLDER_ROOT) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "the root cannot be copied");
        return FALSE;
    }
    row.type = from->type;
    name = g_strdup(copy->name != NULL ? copy->name : from->name);
    row.name = name;
    if (!tw_sql_folder_find(tx, work.row.store, parent->id, row.name, &other, error))
        return FALSE;
    if (other != 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_EXISTS, "a sibling has that name");
        return FALSE;
    }
    if (!tw_folder_insert(&work, parent, &row, error))
        return FALSE;
    tw_work_note_origin(&work, from->id, from->parent, FALSE);
    return tw_content_copy(&work, from->id, row.id, error) &&
           (row.type != TW_FOLDER_SEARCH || tw_search_copy(&work, from->id, row.id, error)) &&
           tw_work_finish(&work, error);
}

typedef struct {
    TwStore *store;
    guint32 folder, after;
    TwMessageState state;
    GArray *ids;
} Mids;

static gboolean
mids_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Mids *mids = data;

    g_clear_pointer(&mids->ids, g_array_unref);
    mids->ids = tw_sql_msg_mids(tx, mids->store->number, mids->folder, mids->state, mids->after,
                                mids->store->engine->config.limits.batch, error);
    return mids->ids != NULL;
}

static gboolean
copy_messages(TwStore *store, guint32 from, guint32 to, TwMessageState state, GError **error)
{
    Mids mids = { .store = store, .folder = from, .state = state };
    gboolean more = TRUE, ok = TRUE;

    while (ok && more) {
        TwMessageSet set;
        ok = tw_store_read(store, mids_tx, &mids, error);
        if (!ok || mids.ids->len == 0)
            break;
        set = (TwMessageSet){ from, (const guint32 *) (gpointer) mids.ids->data, mids.ids->len };
        mids.after = g_array_index(mids.ids, guint32, mids.ids->len - 1);
        more = mids.ids->len == store->engine->config.limits.batch;
        ok = tw_messages_copy(store, &set, to, NULL, error);
    }
    g_clear_pointer(&mids.ids, g_array_unref);
    return ok;
}

static gboolean
copy_one(Copy *copy, GError **error)
{
    return tw_ids_take(copy->store->partition, 1, &copy->id, error) &&
           tw_store_write(copy->store, 0, FALSE, copy_folder_tx, copy, error) &&
           tw_search_changed(copy->store) &&
           copy_messages(copy->store, copy->from, copy->id, TW_MESSAGE_NORMAL, error) &&
           copy_messages(copy->store, copy->from, copy->id, TW_MESSAGE_ASSOC, error);
}

/* Live folders below @id, parents first, as they are now: what the copy adds is not among them. */
static GPtrArray *
tree_of(TwStore *store, guint32 id, GError **error)
{
    g_autoptr(GPtrArray) all = tw_store_folders(store, error);
    g_autoptr(GHashTable) inside = g_hash_table_new(NULL, NULL);
    GPtrArray *tree;
    gboolean grew = TRUE;

    if (all == NULL)
        return NULL;
    tree = g_ptr_array_new_with_free_func((GDestroyNotify) tw_folder_row_free);
    g_hash_table_add(inside, GUINT_TO_POINTER(id));
    while (grew) {
        grew = FALSE;
        for (guint i = 0; i < all->len; i++) {
            TwFolderRow *row = all->pdata[i];
            if (row == NULL || row->state != TW_FOLDER_LIVE || row->id == id ||
                !g_hash_table_contains(inside, GUINT_TO_POINTER(row->parent)))
                continue;
            g_hash_table_add(inside, GUINT_TO_POINTER(row->id));
            g_ptr_array_add(tree, row);
            all->pdata[i] = NULL;
            grew = TRUE;
        }
    }
    return tree;
}

static gboolean
is_in_tree(const GPtrArray *tree, guint32 root, guint32 id)
{
    for (guint i = 0; i < tree->len; i++) {
        if (((const TwFolderRow *) tree->pdata[i])->id == id)
            return TRUE;
    }
    return id == root;
}

gboolean
tw_folder_copy(TwStore *store,
               guint32 id,
               guint32 parent,
               const char *name,
               gboolean subfolders,
               guint32 *ret_id,
               GError **error)
{
    Copy copy = { .store = store, .from = id, .parent = parent, .name = name };
    g_autoptr(GPtrArray) tree = tree_of(store, id, error);
    g_autoptr(GHashTable) copies = g_hash_table_new(NULL, NULL);
    guint32 top;

    if (tree == NULL)
        return FALSE;
    if (is_in_tree(tree, id, parent)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "folder %u into itself", id);
        return FALSE;
    }
    if (!copy_one(&copy, error))
        return FALSE;
    top = copy.id;
    g_hash_table_insert(copies, GUINT_TO_POINTER(id), GUINT_TO_POINTER(top));
    for (guint i = 0; subfolders && i < tree->len; i++) {
        const TwFolderRow *row = tree->pdata[i];
        Copy one = { .store = store, .from = row->id };
        one.parent = GPOINTER_TO_UINT(g_hash_table_lookup(copies, GUINT_TO_POINTER(row->parent)));
        if (!copy_one(&one, error))
            return FALSE;
        g_hash_table_insert(copies, GUINT_TO_POINTER(row->id), GUINT_TO_POINTER(one.id));
    }
    *ret_id = top;
    return TRUE;
}
