/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Folder trees from one store to another. The new numbers of all folders are taken first; then, parents first, for each:
 *
 *   commit    the folder with its properties, how far the tree is (task TREE), and what is to come from the old folder (TRANSFER)
 *   run       that transfer of messages, batch by batch
 *
 * A move then deletes the old tree when nothing is left in it. What came into it meanwhile is fetched first; what cannot be
 * moved (folders deleted before) keeps the old tree restorable. A crash leaves TREE and perhaps TRANSFER; the next start goes on
 * with both, messages first.
 */
#include <string.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/error.h"
#include "store/transfer-private.h"

enum {
    TREE_ROW_LEN = 3 * 4,
    MAX_ROUNDS = 3, /* of fetching what came meanwhile */
};

typedef struct {
    guint32 from, to, parent; /* a folder, its copy, and where that lies */
} Pair;

typedef struct {
    TwStore *from, *to;
    guint32 flags;
    char *name;    /* (nullable): of the topmost one, owned */
    GArray *pairs; /* Pair, parents first */
    guint first;   /* the next one to make */
    gint64 task;

    /* the one in hand */
    TwFolderRow *row;
    GBytes *record, *keywords;
    GArray *values, *mids;
    TwBlobUse *use;
    TwTransfer messages;
    gint64 new_task, messages_task; /* after the commit */

    GArray *
        done; /* (element-type TwMessageDone): of all folders since it was begun, or taken up again */
} Tree;

static void
clear_one(Tree *tree)
{
    g_clear_pointer(&tree->row, tw_folder_row_free);
    g_clear_pointer(&tree->record, g_bytes_unref);
    g_clear_pointer(&tree->keywords, g_bytes_unref);
    g_clear_pointer(&tree->values, g_array_unref);
    g_clear_pointer(&tree->mids, g_array_unref);
    g_clear_pointer(&tree->use, tw_blob_use_end);
}

static void
clear_tree(Tree *tree)
{
    clear_one(tree);
    g_clear_pointer(&tree->pairs, g_array_unref);
    g_clear_pointer(&tree->done, g_array_unref);
    g_clear_pointer(&tree->name, g_free);
}

static const Pair *
pair_at(const Tree *tree, guint index)
{
    return &g_array_index(tree->pairs, Pair, index);
}

/* ---- reading a folder ---- */

static gboolean
read_mids(TwDbTx *tx, Tree *tree, guint32 folder, GError **error)
{
    guint states = tree->flags & TW_TRANSFER_MOVE ? 4 : 2;

    g_clear_pointer(&tree->mids, g_array_unref);
    tree->mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint state = 0; state < states; state++) {
        g_autoptr(GArray) some = tw_sql_msg_mids(tx, tree->from->number, folder,
                                                 (TwMessageState) state, 0, G_MAXINT32, error);
        if (some == NULL)
            return FALSE;
        g_array_append_vals(tree->mids, some->data, some->len);
    }
    return TRUE;
}

static gboolean
read_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Tree *tree = data;
    guint32 store = tree->from->number, folder = pair_at(tree, tree->first)->from;

    g_clear_pointer(&tree->row, tw_folder_row_free);
    g_clear_pointer(&tree->record, g_bytes_unref);
    g_clear_pointer(&tree->keywords, g_bytes_unref);
    g_clear_pointer(&tree->values, g_array_unref);
    tree->row = tw_sql_folder_get(tx, store, folder, error);
    if (tree->row == NULL)
        return FALSE;
    if (tree->row->state != TW_FOLDER_LIVE || tree->row->type == TW_FOLDER_ROOT) {
        gboolean root = tree->row->type == TW_FOLDER_ROOT;
        g_set_error(error, TW_ERROR, root ? TW_ERROR_INVALID : TW_ERROR_NOT_FOUND,
                    "folder %u cannot go to another store", folder);
        return FALSE;
    }
    tree->record = tw_sql_tail_get(tx, store, folder, NULL, error);
    tree->keywords = tree->record != NULL ? tw_sql_keyword_get(tx, store, folder, error) : NULL;
    tree->values = tree->keywords != NULL ? tw_sql_blobref_list(tx, store, folder, error) : NULL;
    return tree->values != NULL && read_mids(tx, tree, folder, error);
}

/* ---- making it ---- */

static gboolean
add_task(TwDbTx *tx, Tree *tree, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
    TwTaskRow row = { 0, tree->to->number, TW_TASK_TRANSFER_TREE, tree->first + 1, NULL };
    gboolean ok;

    tw_buffer_put_u32le(&out, tree->flags);
    tw_buffer_put_u32le(&out, tree->from->number);
    for (guint i = 0; i < tree->pairs->len; i++) {
        const Pair *pair = pair_at(tree, i);
        tw_buffer_put_u32le(&out, pair->from);
        tw_buffer_put_u32le(&out, pair->to);
        tw_buffer_put_u32le(&out, pair->parent);
    }
    row.arg = tw_buffer_steal_bytes(&out, error);
    if (row.arg == NULL)
        return FALSE;
    ok = tw_sql_task_add(tx, &row, error);
    g_bytes_unref(row.arg);
    tree->new_task = row.id;
    return ok;
}

static gboolean
note_progress(TwDbTx *tx, Tree *tree, GError **error)
{
    tree->new_task = tree->task;
    tree->messages_task = 0;
    if (tree->task != 0 ? !tw_sql_task_move(tx, tree->task, tree->first + 1, error)
                        : !add_task(tx, tree, error))
        return FALSE;
    return tree->mids->len == 0 ||
           tw_transfer_add_task(tx, &tree->messages, 0, &tree->messages_task, error);
}

static gboolean
write_content(TwDbTx *tx, const Tree *tree, guint32 id, GError **error)
{
    guint32 store = tree->to->number;
    gsize len = g_bytes_get_size(tree->keywords);

    if (!tw_sql_tail_set(tx, store, id, tree->record, NULL, NULL, NULL, error))
        return FALSE;
    for (guint i = 0; i < tree->values->len; i++) {
        TwValueRow value = g_array_index(tree->values, TwValueRow, i);
        value.bid = id;
        if (!tw_sql_blobref_add(tx, store, &value, error))
            return FALSE;
    }
    return len == 0 || tw_sql_keyword_set(tx, store, id, tree->keywords, error);
}

static gboolean
write_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Tree *tree = data;
    const Pair *pair = pair_at(tree, tree->first);
    g_auto(TwWork) work = { 0 };
    TwFolderRow row = { .id = pair->to, .type = tree->row->type };
    TwFolderRow *parent;
    guint32 other;

    row.name = tree->first == 0 && tree->name != NULL ? tree->name : tree->row->name;
    if (!tw_work_begin(&work, tx, tree->to, error))
        return FALSE;
    parent = tw_work_folder(&work, pair->parent, FALSE, error);
    if (parent == NULL ||
        !tw_sql_folder_find(tx, work.row.store, parent->id, row.name, &other, error))
        return FALSE;
    if (other != 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_EXISTS, "a sibling has that name");
        return FALSE;
    }
    return tw_blob_use_check(tree->use, error) && tw_folder_insert(&work, parent, &row, error) &&
           write_content(tx, tree, row.id, error) && note_progress(tx, tree, error) &&
           tw_work_finish(&work, error);
}

static void
prepare_messages(Tree *tree, const Pair *pair)
{
    tree->messages = (TwTransfer){ .from = tree->from,
                                   .to = tree->to,
                                   .from_folder = pair->from,
                                   .to_folder = pair->to,
                                   .flags = tree->flags,
                                   .mids = (const guint32 *) (gpointer) tree->mids->data,
                                   .count = tree->mids->len,
                                   .all = tree->done };
}

static gboolean
make_one(Tree *tree, gboolean resumed, GError **error)
{
    gboolean lost, ok;

    clear_one(tree);
    tree->use = tw_blob_use_begin(tree->to->engine->blobs);
    if (!tw_store_read(tree->from, read_tx, tree, error) ||
        !tw_transfer_keep_values(tree->use, tree->to, tree->values, &lost, error))
        return FALSE;
    prepare_messages(tree, pair_at(tree, tree->first));
    ok = tw_store_write(tree->to, g_bytes_get_size(tree->record), FALSE, write_tx, tree, error);
    g_clear_pointer(&tree->use, tw_blob_use_end);
    if (!ok)
        return FALSE;
    tree->task = tree->new_task;
    tree->messages.task = tree->messages_task;
    tree->first++;
    return tw_transfer_run(&tree->messages, resumed, error);
}

/* ---- taking the old tree away ---- */

static gboolean
late_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Tree *tree = data;

    return read_mids(tx, tree, tree->messages.from_folder, error);
}

/* What came into the old folders since they were read. */
static gboolean
fetch_late(Tree *tree, gboolean resumed, GError **error)
{
    for (guint i = 0; i < tree->pairs->len; i++) {
        const Pair *pair = pair_at(tree, i);
        tree->messages.from_folder = pair->from;
        if (!tw_store_read(tree->from, late_tx, tree, error))
            return FALSE;
        prepare_messages(tree, pair);
        if (tree->mids->len > 0 && !tw_transfer_run(&tree->messages, resumed, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
remove_old(Tree *tree, gboolean resumed, GError **error)
{
    guint32 top = pair_at(tree, 0)->from;
    g_autoptr(GError) failure = NULL;

    for (guint round = 0; round < MAX_ROUNDS; round++) {
        g_clear_error(&failure);
        if (tw_folder_delete_empty(tree->from, top, &failure) ||
            g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
            return TRUE;
        if (!g_error_matches(failure, TW_ERROR, TW_ERROR_BUSY)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        if (!fetch_late(tree, resumed, error))
            return FALSE;
    }
    g_clear_error(&failure);
    if (tw_folder_delete_empty(tree->from, top, &failure))
        return TRUE;
    return tw_folder_delete(tree->from, top, TRUE, error);
}

/* ---- the whole ---- */

/* A folder that somebody deleted while the tree was on its way is passed over, with those below it. */
static gboolean
may_pass_over(const Tree *tree, const GError *error)
{
    return tree->first > 0 && g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND);
}

/* What leads from one place of the tree to another. */
static gboolean
translate(Tree *tree, GError **error)
{
    g_autoptr(GHashTable) folders = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) messages = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < tree->pairs->len; i++)
        g_hash_table_insert(folders, GUINT_TO_POINTER(pair_at(tree, i)->from),
                            GUINT_TO_POINTER(pair_at(tree, i)->to));
    for (guint i = 0; i < tree->done->len; i++) {
        const TwMessageDone *done = &g_array_index(tree->done, TwMessageDone, i);
        g_hash_table_insert(messages, GUINT_TO_POINTER(done->mid), GUINT_TO_POINTER(done->new_mid));
    }
    return tw_transfer_translate(tree->from, tree->to, folders, messages, error);
}

static gboolean
run_tree(Tree *tree, gboolean resumed, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gboolean ok = TRUE;

    tree->done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    while (ok && tree->first < tree->pairs->len) {
        guint first = tree->first;
        g_clear_error(&failure);
        ok = make_one(tree, resumed, &failure);
        if (!ok && tree->first == first && may_pass_over(tree, failure)) {
            tree->first++;
            ok = TRUE;
        }
    }
    if (ok) {
        g_clear_error(&failure);
        ok = translate(tree, &failure);
    }
    if (ok && tree->flags & TW_TRANSFER_MOVE) {
        g_clear_error(&failure);
        ok = remove_old(tree, resumed, &failure);
    }
    if (ok)
        return tw_transfer_forget(tree->to, tree->task, error);
    if (!resumed || !g_error_matches(failure, TW_ERROR, TW_ERROR_BUSY))
        tw_transfer_forget(tree->to, tree->task, NULL);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
plan(Tree *tree, guint32 id, guint32 parent, gboolean subfolders, GError **error)
{
    g_autoptr(GPtrArray) below = subfolders ? tw_folder_tree(tree->from, id, error) : NULL;
    g_autoptr(GHashTable) copies = g_hash_table_new(NULL, NULL);
    guint count = 1 + (below != NULL ? below->len : 0);
    Pair top = { .from = id, .parent = parent };

    if (subfolders && below == NULL)
        return FALSE;
    if (count > TW_ID_BLOCK) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "folder %u: too many folders at once", id);
        return FALSE;
    }
    if (!tw_ids_take(tree->to->partition, count, &top.to, error))
        return FALSE;
    g_array_append_val(tree->pairs, top);
    g_hash_table_insert(copies, GUINT_TO_POINTER(id), GUINT_TO_POINTER(top.to));
    for (guint i = 1; i < count; i++) {
        const TwFolderRow *row = below->pdata[i - 1];
        Pair pair = { .from = row->id, .to = top.to + i };
        pair.parent = GPOINTER_TO_UINT(g_hash_table_lookup(copies, GUINT_TO_POINTER(row->parent)));
        g_array_append_val(tree->pairs, pair);
        g_hash_table_insert(copies, GUINT_TO_POINTER(row->id), GUINT_TO_POINTER(pair.to));
    }
    return TRUE;
}

gboolean
tw_transfer_folder(TwStore *from,
                   guint32 id,
                   TwStore *to,
                   guint32 parent,
                   const char *name,
                   gboolean move,
                   gboolean subfolders,
                   guint32 *ret_id,
                   GError **error)
{
    Tree tree = { .from = from, .to = to, .flags = move ? TW_TRANSFER_MOVE : 0 };
    gboolean ok;

    if (from->number == to->number) {
        if (!move)
            return tw_folder_copy(to, id, parent, name, subfolders, ret_id, error);
        ok = tw_folder_move(to, id, parent, name, error);
        if (ok)
            *ret_id = id;
        return ok;
    }
    tree.name = g_strdup(name);
    tree.pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
    ok = (name == NULL || tw_folder_check_name(to, name, error)) &&
         plan(&tree, id, parent, move || subfolders, error) && run_tree(&tree, FALSE, error);
    if (ok)
        *ret_id = pair_at(&tree, 0)->to;
    clear_tree(&tree);
    return ok;
}

/* ---- taken up again ---- */

static gboolean
parse_tree(const TwTaskRow *task, Tree *tree, guint32 *ret_from)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(task->arg, &len);
    TwCursor cur = tw_cursor_init(data, len);
    Pair pair;

    if (!tw_cursor_take_u32le(&cur, &tree->flags) || !tw_cursor_take_u32le(&cur, ret_from) ||
        cur.left == 0 || cur.left % TREE_ROW_LEN != 0 || task->pos == 0 ||
        task->pos > cur.left / TREE_ROW_LEN)
        return FALSE;
    while (tw_cursor_take_u32le(&cur, &pair.from) && tw_cursor_take_u32le(&cur, &pair.to) &&
           tw_cursor_take_u32le(&cur, &pair.parent))
        g_array_append_val(tree->pairs, pair);
    tree->first = task->pos;
    tree->task = task->id;
    return TRUE;
}

gboolean
tw_transfer_tree_is_known(const TwTaskRow *task)
{
    Tree tree = { .pairs = g_array_new(FALSE, FALSE, sizeof(Pair)) };
    guint32 from = 0;
    gboolean ok = parse_tree(task, &tree, &from);

    clear_tree(&tree);
    return ok;
}

gboolean
tw_transfer_resume_tree(TwEngine *engine, TwStore *to, const TwTaskRow *task, GError **error)
{
    Tree tree = { .to = to, .pairs = g_array_new(FALSE, FALSE, sizeof(Pair)) };
    g_autoptr(GError) failure = NULL;
    g_autoptr(TwStore) from = NULL;
    guint32 number = 0;
    gboolean ok;

    parse_tree(task, &tree, &number); /* tw_task_is_known() said that it can be read */
    from = tw_store_of(engine, number, &failure);
    tree.from = from;
    if (from != NULL)
        ok = run_tree(&tree, TRUE, error);
    else if (g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
        ok = tw_transfer_forget(to, task->id, error);
    else {
        g_propagate_error(error, g_steal_pointer(&failure));
        ok = FALSE;
    }
    clear_tree(&tree);
    return ok;
}
