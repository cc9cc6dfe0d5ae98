/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tree of folders: one root, no orphan, no circle, names that tell siblings apart, and who counts whom. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/check-private.h"
#include "store/folder-private.h"

static gboolean
read_tree_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwCheck *check = data;
    guint64 top;

    g_clear_pointer(&check->folders, g_ptr_array_unref);
    check->folders = tw_sql_check_folders(tx, check->number, error);
    if (check->folders == NULL || !tw_sql_store_get(tx, check->number, &check->row, error) ||
        !tw_sql_check_top_cn(tx, check->number, &top, error))
        return FALSE;
    if (top > check->row.cn)
        tw_check_note(check, TW_CHECK_STORE_CN, 0, 0, TRUE,
                      "a row has change number %" G_GUINT64_FORMAT
                      ", but the store's last one is %" G_GUINT64_FORMAT,
                      top, check->row.cn);
    return TRUE;
}

static void
look_at_root(TwCheck *check)
{
    const TwCheckFolder *root = tw_check_folder_of(check, check->row.root);

    if (root == NULL)
        tw_check_note(check, TW_CHECK_STORE_ROOT, check->row.root, check->row.root,
                      check->row.root != 0, "the root folder is not there");
    else if (root->row->parent != root->row->id || root->row->type != TW_FOLDER_ROOT ||
             root->row->state != TW_FOLDER_LIVE)
        tw_check_note(check, TW_CHECK_STORE_ROOT, check->row.root, check->row.root, TRUE,
                      "the root folder has parent %u, type %u, state %u", root->row->parent,
                      root->row->type, root->row->state);
}

/* The topmost folder of a deleted tree. */
static gboolean
is_deleted_top(const TwFolderRow *row)
{
    return row->state == TW_FOLDER_SOFT && row->deleted_with == row->id;
}

static const char *
why_state(const TwCheck *check, const TwFolderRow *row, const TwFolderRow *parent)
{
    const TwCheckFolder *top;

    switch (row->state) {
    case TW_FOLDER_LIVE:
        return parent->state != TW_FOLDER_LIVE ? "it is not deleted, but what it is in is" : NULL;
    case TW_FOLDER_SOFT:
        if (is_deleted_top(row))
            return NULL;
        top = tw_check_folder_of(check, row->deleted_with);
        if (top == NULL || !is_deleted_top(top->row))
            return "the folder with which it was deleted is not a deleted one";
        return NULL;
    case TW_FOLDER_PURGING:
        return NULL;
    default:
        return "it is in no known state";
    }
}

static void
look_at_folder(TwCheck *check, const TwCheckFolder *folder)
{
    const TwFolderRow *row = folder->row;
    const TwCheckFolder *parent = tw_check_folder_of(check, row->parent);
    const char *why;

    if (folder->crc_bad)
        tw_check_note(check, TW_CHECK_FOLDER_ROW, row->id, row->id, TRUE,
                      "the checksum of its row is wrong");
    if (row->id == check->row.root)
        return;
    if (row->type == TW_FOLDER_ROOT || row->type > TW_FOLDER_SEARCH)
        tw_check_note(check, TW_CHECK_FOLDER_STATE, row->id, row->id, TRUE, "its type is %u",
                      row->type);
    if (parent == NULL) {
        tw_check_note(check, TW_CHECK_FOLDER_PARENT, row->id, row->id, TRUE,
                      "its parent %u is not there", row->parent);
        return;
    }
    why = why_state(check, row, parent->row);
    if (why != NULL)
        tw_check_note(check, TW_CHECK_FOLDER_STATE, row->id, row->id, TRUE, "%s", why);
    if (row->state == TW_FOLDER_PURGING || why != NULL)
        return;
    if (folder->name_bad)
        tw_check_note(check, TW_CHECK_FOLDER_NAME, row->id, row->id, TRUE, "its name is no text");
    else if (folder->key_null != is_deleted_top(row) || folder->key_wrong)
        tw_check_note(check, TW_CHECK_FOLDER_NAME, row->id, row->id, TRUE,
                      "it stands under another name than its own among its siblings");
}

/* ---- circles ---- */

/* Walks up from each folder until something known is reached; who is met twice on one way is in a circle. */
static void
look_for_circles(TwCheck *check)
{
    g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL); /* id -> the walk that met it */

    g_hash_table_insert(known, GUINT_TO_POINTER(check->row.root), GUINT_TO_POINTER(G_MAXUINT));
    for (guint i = 0; i < check->folders->len; i++) {
        const TwCheckFolder *folder = check->folders->pdata[i];
        while (folder != NULL) {
            gpointer id = GUINT_TO_POINTER(folder->row->id);
            guint met = GPOINTER_TO_UINT(g_hash_table_lookup(known, id));
            if (met == i + 1)
                tw_check_note(check, TW_CHECK_FOLDER_PARENT, folder->row->id, folder->row->id, TRUE,
                              "it lies in a circle of folders");
            if (met != 0)
                break;
            g_hash_table_insert(known, id, GUINT_TO_POINTER(i + 1));
            folder = tw_check_folder_of(check, folder->row->parent);
        }
    }
}

/* ---- counters of subfolders ---- */

typedef struct {
    guint32 subfolders, deleted_folders;
} Children;

static void
count_child(GHashTable *counts, const TwFolderRow *row)
{
    Children *count = g_hash_table_lookup(counts, GUINT_TO_POINTER(row->parent));

    if (row->parent == row->id || row->state == TW_FOLDER_PURGING)
        return;
    if (count == NULL) {
        count = g_new0(Children, 1);
        g_hash_table_insert(counts, GUINT_TO_POINTER(row->parent), count);
    }
    if (is_deleted_top(row))
        count->deleted_folders++;
    else
        count->subfolders++;
}

static void
look_at_counters(TwCheck *check)
{
    static const Children none;
    g_autoptr(GHashTable) counts = g_hash_table_new_full(NULL, NULL, NULL, g_free);

    for (guint i = 0; i < check->folders->len; i++)
        count_child(counts, ((TwCheckFolder *) check->folders->pdata[i])->row);
    for (guint i = 0; i < check->folders->len; i++) {
        const TwFolderRow *row = ((TwCheckFolder *) check->folders->pdata[i])->row;
        const Children *count = g_hash_table_lookup(counts, GUINT_TO_POINTER(row->id));
        count = count != NULL ? count : &none;
        if (row->state != TW_FOLDER_PURGING && (row->subfolders != count->subfolders ||
                                                row->deleted_folders != count->deleted_folders))
            tw_check_note(check, TW_CHECK_FOLDER_SUBFOLDERS, row->id, row->id, TRUE,
                          "it counts %u subfolders and %u deleted ones, there are %u and %u",
                          row->subfolders, row->deleted_folders, count->subfolders,
                          count->deleted_folders);
    }
}

gboolean
tw_check_tree(TwCheck *check, GError **error)
{
    if (!tw_store_read(check->store, read_tree_tx, check, error))
        return FALSE;
    for (guint i = 0; i < check->folders->len; i++) {
        TwCheckFolder *folder = check->folders->pdata[i];
        g_hash_table_insert(check->by_id, GUINT_TO_POINTER(folder->row->id), folder);
    }
    look_at_root(check);
    for (guint i = 0; i < check->folders->len; i++)
        look_at_folder(check, check->folders->pdata[i]);
    look_for_circles(check);
    look_at_counters(check);
    return TRUE;
}

/* ---- repair ---- */

typedef struct {
    TwCheck *check;
    TwCheckWhat what;
    guint32 id, lost;
} Repair;

/* The row as it lies there, found in a fresh reading. */
static TwCheckFolder *
find_raw(GPtrArray *all, guint32 id)
{
    for (guint i = 0; i < all->len; i++) {
        TwCheckFolder *folder = all->pdata[i];
        if (folder->row->id == id)
            return folder;
    }
    return NULL;
}

/* A name that no sibling has. */
static gboolean
free_name(TwDbTx *tx, TwFolderRow *row, GError **error)
{
    g_autofree char *base = g_strdup(row->name);

    for (guint n = 2;; n++) {
        guint32 other;
        if (!tw_sql_folder_find(tx, row->store, row->parent, row->name, &other, error))
            return FALSE;
        if (other == 0 || other == row->id)
            return TRUE;
        g_free(row->name);
        row->name = g_strdup_printf("%s (%u)", base, n);
    }
}

static gboolean
note_folder(TwWork *work, TwFolderRow *row, TwChangeOp op, guint32 aux, GError **error)
{
    row->cn = tw_work_change(work, op, row->id, row->id, aux, error);
    row->dirty = TRUE;
    return row->cn != 0;
}

static gboolean
mend_row(TwWork *work, TwFolderRow *row, GError **error)
{
    gboolean keyed = !is_deleted_top(row) && row->state != TW_FOLDER_PURGING;

    return (!keyed || free_name(work->tx, row, error)) &&
           tw_sql_folder_rename(work->tx, row, keyed, error);
}

static gboolean
is_folder_record(TwDbTx *tx, guint32 store, guint32 id)
{
    g_autoptr(GBytes) record = tw_sql_tail_get(tx, store, id, NULL, NULL);
    g_autoptr(TwObject) object = NULL;
    const guint8 *data;
    gsize len;

    if (record == NULL)
        return FALSE;
    data = g_bytes_get_data(record, &len);
    object = tw_tail_parse(data, len, NULL, NULL, NULL);
    return object != NULL && tw_object_get_kind(object) == TW_OBJECT_FOLDER;
}

gboolean
tw_check_recover_folder(TwWork *work, guint32 id, guint32 lost, gboolean *ret, GError **error)
{
    g_autofree TwFolderRow *row = g_new0(TwFolderRow, 1);
    TwFolderRow *parent = tw_work_folder(work, lost, FALSE, error);
    gboolean ok;

    *ret = is_folder_record(work->tx, work->row.store, id);
    if (parent == NULL || !*ret)
        return parent != NULL;
    row->store = work->row.store;
    row->id = id;
    row->parent = lost;
    row->type = TW_FOLDER_GENERIC;
    row->name = g_strdup_printf("Folder %u", id);
    ok = free_name(work->tx, row, error) && tw_folder_insert(work, parent, row, error);
    g_free(row->name);
    return ok;
}

static gboolean
make_root(TwWork *work, GError **error)
{
    TwFolderRow root = {
        .store = work->row.store,
        .id = work->row.root,
        .parent = work->row.root,
        .type = TW_FOLDER_ROOT,
        .uidnext = 1,
        .name = (char[]){ "Root" },
        .changed_us = work->now,
    };

    root.uidvalidity = ++work->row.uidvalidity;
    root.cn = root.cn_create =
        tw_work_change(work, TW_CHANGE_FOLDER_NEW, root.id, root.id, root.id, error);
    return root.cn != 0 && tw_sql_folder_insert(work->tx, &root, error);
}

static gboolean
mend_root(TwWork *work, const TwCheckFolder *raw, GError **error)
{
    TwFolderRow *row;

    if (raw == NULL)
        return make_root(work, error);
    row = tw_work_folder(work, work->row.root, TRUE, error);
    if (row == NULL || !tw_sql_check_set_type(work->tx, row->store, row->id, TW_FOLDER_ROOT, error))
        return FALSE;
    row->parent = row->id;
    row->state = TW_FOLDER_LIVE;
    row->deleted_with = 0;
    return note_folder(work, row, TW_CHANGE_FOLDER, 0, error) && mend_row(work, row, error);
}

static gboolean
is_in_circle(GPtrArray *all, guint32 id)
{
    const TwCheckFolder *folder = find_raw(all, id);

    for (guint steps = 0; folder != NULL && steps <= all->len; steps++) {
        if (folder->row->parent == id)
            return TRUE;
        if (folder->row->parent == folder->row->id)
            return FALSE;
        folder = find_raw(all, folder->row->parent);
    }
    return FALSE;
}

static gboolean
adopt(TwWork *work, TwFolderRow *row, guint32 lost, GError **error)
{
    guint32 before = row->parent;

    row->parent = lost;
    if (row->state != TW_FOLDER_PURGING) {
        row->state = TW_FOLDER_LIVE;
        row->deleted_with = 0;
    }
    return note_folder(work, row, TW_CHANGE_FOLDER_MOVED, before, error) &&
           mend_row(work, row, error);
}

static gboolean
mend_state(TwWork *work, TwFolderRow *row, guint32 lost, GError **error)
{
    if ((row->type == TW_FOLDER_ROOT || row->type > TW_FOLDER_SEARCH) &&
        !tw_sql_check_set_type(work->tx, row->store, row->id, TW_FOLDER_GENERIC, error))
        return FALSE;
    if (row->state == TW_FOLDER_SOFT) {
        row->deleted_with = row->id;
        return note_folder(work, row, TW_CHANGE_FOLDER_DELETED, TW_FOLDER_SOFT, error) &&
               mend_row(work, row, error);
    }
    return adopt(work, row, lost, error);
}

static gboolean
count_children(TwWork *work, TwFolderRow *row, GPtrArray *all, GError **error)
{
    row->subfolders = row->deleted_folders = 0;
    for (guint i = 0; i < all->len; i++) {
        const TwFolderRow *child = ((TwCheckFolder *) all->pdata[i])->row;
        if (child->parent != row->id || child->id == row->id || child->state == TW_FOLDER_PURGING)
            continue;
        if (is_deleted_top(child))
            row->deleted_folders++;
        else
            row->subfolders++;
    }
    return note_folder(work, row, TW_CHANGE_FOLDER, 0, error);
}

static gboolean
repair_folder(TwWork *work, const Repair *repair, GPtrArray *all, GError **error)
{
    const TwCheckFolder *raw = find_raw(all, repair->id);
    TwFolderRow *row;

    if (repair->what == TW_CHECK_STORE_ROOT)
        return mend_root(work, raw, error);
    if (raw == NULL)
        return TRUE;
    if (repair->what == TW_CHECK_FOLDER_ROW) {
        /* not through the work, which believes no damaged row */
        if (!raw->crc_bad)
            return TRUE;
        return mend_row(work, raw->row, error) &&
               tw_work_change(work, TW_CHANGE_FOLDER, repair->id, repair->id, 0, error) != 0;
    }
    row = tw_work_folder(work, repair->id, TRUE, error);
    if (row == NULL)
        return FALSE;
    if (raw->name_bad) {
        g_free(row->name);
        row->name = g_strdup(raw->row->name);
    }
    switch (repair->what) {
    case TW_CHECK_FOLDER_PARENT:
        if (find_raw(all, row->parent) != NULL && !is_in_circle(all, row->id))
            return TRUE;
        return adopt(work, row, repair->lost, error);
    case TW_CHECK_FOLDER_STATE:
        return mend_state(work, row, repair->lost, error);
    case TW_CHECK_FOLDER_NAME:
        return note_folder(work, row, TW_CHANGE_FOLDER, 0, error) && mend_row(work, row, error);
    default:
        return count_children(work, row, all, error);
    }
}

static gboolean
repair_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Repair *repair = data;
    g_auto(TwWork) work = { 0 };
    g_autoptr(GPtrArray) all = tw_sql_check_folders(tx, repair->check->number, error);

    return all != NULL && tw_work_begin(&work, tx, repair->check->store, error) &&
           repair_folder(&work, repair, all, error) && tw_work_finish(&work, error);
}

gboolean
tw_repair_tree(TwCheck *check, const TwCheckFinding *finding, GError **error)
{
    Repair repair = { check, finding->what, finding->object, 0 };

    if (finding->what == TW_CHECK_FOLDER_PARENT || finding->what == TW_CHECK_FOLDER_STATE) {
        repair.lost = tw_check_lost_found(check, error);
        if (repair.lost == 0)
            return FALSE;
    }
    return tw_store_write(check->store, 0, FALSE, repair_tx, &repair, error);
}
