/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The counters of one folder, counted again: they are kept in step with every change, so this finds what a disk or a hand broke. */
#include "store/check-private.h"
#include "store/folder-private.h"
#include "store/folder.h"

typedef struct {
    TwStore *store;
    guint32 folder;
    guint wrong;
} Recount;

static void
set_u32(guint32 *counter, guint32 is, guint *wrong)
{
    *wrong += *counter != is;
    *counter = is;
}

static void
set_i64(gint64 *counter, gint64 is, guint *wrong)
{
    *wrong += *counter != is;
    *counter = is;
}

static gboolean
recount_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Recount *recount = data;
    g_auto(TwWork) work = { 0 };
    TwFolderRow *row;
    TwCheckCount count;

    recount->wrong = 0;
    if (!tw_work_begin(&work, tx, recount->store, error))
        return FALSE;
    row = tw_work_folder(&work, recount->folder, TRUE, error);
    if (row == NULL)
        return FALSE;
    if (row->type == TW_FOLDER_SEARCH)
        return TRUE; /* its results count themselves */
    if (!tw_check_count(tx, work.row.store, recount->folder, &count, error))
        return FALSE;
    set_u32(&row->total, count.counts[0], &recount->wrong);
    set_u32(&row->assoc, count.counts[1], &recount->wrong);
    set_u32(&row->deleted, count.counts[2], &recount->wrong);
    set_u32(&row->deleted_assoc, count.counts[3], &recount->wrong);
    set_u32(&row->unread, count.unread, &recount->wrong);
    set_i64(&row->bytes, count.bytes, &recount->wrong);
    set_i64(&row->deleted_bytes, count.deleted_bytes, &recount->wrong);
    if (recount->wrong == 0)
        return TRUE;
    row->cn = tw_work_change(&work, TW_CHANGE_FOLDER, recount->folder, recount->folder, 0, error);
    row->dirty = TRUE;
    return row->cn != 0 && tw_work_finish(&work, error);
}

gboolean
tw_folder_recount(TwStore *store, guint32 id, guint *ret_wrong, GError **error)
{
    Recount recount = { store, id, 0 };

    if (!tw_store_write(store, 0, FALSE, recount_tx, &recount, error))
        return FALSE;
    *ret_wrong = recount.wrong;
    return TRUE;
}
