/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Making the index of a folder. In one snapshot: from the index before and what was touched since, from a saved one and the
 * change table, or from the rows.
 *
 * Invariants:
 *  1. An index holds exactly the normal messages of its folder as of the change numbered cn.
 *  2. What touched the folder after the base is in the list of pending changes up to "seen", and in the change table behind that.
 *  3. Count and unread of an index made from another are those of the folder's row; else the base was wrong, and the rows
 *     are read.
 */
#include "store/folder-index.h"

#include <string.h>

#include "base/error.h"
#include "store/folder-index-private.h"

enum {
    ROWS_AT_FIRST =
        1024,           /* room made before any was read: a damaged counter must not ask for more */
    FEW_CHANGES = 1000, /* of a store: read rather than the rows of a folder of any size; */
    CHANGED_PART = 8,   /* or one for so many rows */
};

TwFolderIndex *
tw_index_new(const TwFolderRow *folder, guint64 cn, GBytes *data)
{
    TwFolderIndex *index = g_atomic_rc_box_new0(TwFolderIndex);
    gsize len;
    const TwFolderIndexRow *rows = g_bytes_get_data(data, &len);
    guint32 before = 0;

    index->folder = folder->id;
    index->uidvalidity = folder->uidvalidity;
    index->uidnext = folder->uidnext;
    index->hicn = folder->hicn;
    index->cn = cn;
    index->data = data;
    index->rows = rows;
    index->count = (guint) (len / sizeof *rows);
    index->mids_ascend = TRUE;
    for (guint i = 0; i < index->count; i++) {
        index->unread += (rows[i].flags & TW_MSGFLAG_READ) == 0;
        if (rows[i].mid <= before)
            index->mids_ascend = FALSE;
        before = rows[i].mid;
    }
    return index;
}

TwFolderIndex *
tw_folder_index_ref(TwFolderIndex *index)
{
    return g_atomic_rc_box_acquire(index);
}

static void
clear_index(gpointer data)
{
    g_bytes_unref(((TwFolderIndex *) data)->data);
}

void
tw_folder_index_unref(TwFolderIndex *index)
{
    if (index != NULL)
        g_atomic_rc_box_release_full(index, clear_index);
}

guint32
tw_folder_index_find(const TwFolderIndex *index, guint32 uid)
{
    guint32 from = 0, to = index->count;

    while (from < to) {
        guint32 middle = from + (to - from) / 2;
        if (index->rows[middle].uid < uid)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* ---- from another one ---- */

static int
compare_numbers(gconstpointer a, gconstpointer b)
{
    guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

    return (x > y) - (x < y);
}

static int
compare_uids(gconstpointer a, gconstpointer b)
{
    return compare_numbers(&((const TwFolderIndexRow *) a)->uid,
                           &((const TwFolderIndexRow *) b)->uid);
}

static int
compare_mids(gconstpointer a, gconstpointer b)
{
    return compare_numbers(&((const TwFolderIndexRow *) a)->mid,
                           &((const TwFolderIndexRow *) b)->mid);
}

/* Positions in @base of what was touched, ascending. */
static GArray *
find_touched(const TwFolderIndex *base, const GArray *touched)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(guint32));
    const guint32 *mids = (const guint32 *) (gpointer) touched->data;

    for (guint i = 0; base->mids_ascend && i < touched->len; i++) {
        TwFolderIndexRow key = { .mid = mids[i] };
        const TwFolderIndexRow *row =
            base->count == 0 ? NULL
                             : bsearch(&key, base->rows, base->count, sizeof key, compare_mids);
        guint32 at = row != NULL ? (guint32) (row - base->rows) : 0;
        if (row != NULL)
            g_array_append_val(found, at);
    }
    for (guint32 at = 0; !base->mids_ascend && touched->len > 0 && at < base->count; at++) {
        if (bsearch(&base->rows[at].mid, mids, touched->len, sizeof *mids, compare_numbers) != NULL)
            g_array_append_val(found, at);
    }
    return found;
}

static TwFolderIndexRow *
put_rows(TwFolderIndexRow *out, const TwFolderIndexRow *rows, gsize count)
{
    if (count > 0)
        memcpy(out, rows, count * sizeof *rows);
    return out + count;
}

GBytes *
tw_index_merge(const TwFolderIndex *base, const GArray *touched, const GArray *fresh)
{
    g_autoptr(GArray) found = find_touched(base, touched);
    gsize most = (gsize) base->count + fresh->len;
    TwFolderIndexRow *rows = g_new(TwFolderIndexRow, most), *out = rows;
    guint32 at = 0;
    guint f = 0;

    /* each touched row ends a run of rows that stay; the fresh ones of smaller uids go into the run */
    for (guint t = 0; t <= found->len; t++) {
        guint32 end = t < found->len ? g_array_index(found, guint32, t) : base->count;
        for (; f < fresh->len; f++) {
            const TwFolderIndexRow *row = &g_array_index(fresh, TwFolderIndexRow, f);
            guint32 before = tw_folder_index_find(base, row->uid);
            if (before > end)
                break;
            before = MAX(before, at);
            out = put_rows(out, base->rows + at, before - at);
            at = before;
            out = put_rows(out, row, 1);
        }
        out = put_rows(out, base->rows + at, end - at);
        at = end + 1;
    }
    return g_bytes_new_take(rows, (gsize) (out - rows) * sizeof *rows);
}

static gboolean
index_row(const TwMessageRow *row, TwFolderIndexRow *ret)
{
    *ret = (TwFolderIndexRow){ row->uid,    row->mid, row->flags,
                               row->status, row->kw,  MAX(row->cn, row->cn_read) };
    return row->state == TW_MESSAGE_NORMAL && row->uid != 0;
}

/* What is in the folder now of the messages that were touched. */
static GArray *
read_touched(TwDbTx *tx, const TwIndexRefresh *refresh, const GArray *touched, GError **error)
{
    g_autoptr(GArray) fresh = g_array_new(FALSE, FALSE, sizeof(TwFolderIndexRow));

    for (guint i = 0; i < touched->len; i++) {
        g_auto(TwMessageRow) row = { 0 };
        g_autoptr(GError) failure = NULL;
        TwFolderIndexRow now;
        if (!tw_sql_msg_get(tx, refresh->store->number, g_array_index(touched, guint32, i), FALSE,
                            &row, &failure)) {
            if (g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
                continue;
            g_propagate_error(error, g_steal_pointer(&failure));
            return NULL;
        }
        if (row.folder == refresh->folder && index_row(&row, &now))
            g_array_append_val(fresh, now);
    }
    g_array_sort(fresh, compare_uids);
    return g_steal_pointer(&fresh);
}

static void
note_touched(const TwIndexRefresh *refresh, const GArray *changes, GArray *touched)
{
    for (guint i = 0; changes != NULL && i < changes->len; i++) {
        const TwChange *change = &g_array_index(changes, TwChange, i);
        if (change->folder == refresh->folder && change->op >= TW_CHANGE_MESSAGE_NEW &&
            change->op <= TW_CHANGE_MESSAGE_PURGED)
            g_array_append_val(touched, change->id);
    }
}

static void
sort_touched(GArray *touched)
{
    guint32 *mids = (guint32 *) (gpointer) touched->data;
    guint kept = 0;

    g_array_sort(touched, compare_numbers);
    for (guint i = 0; i < touched->len; i++) {
        if (kept == 0 || mids[kept - 1] != mids[i])
            mids[kept++] = mids[i];
    }
    g_array_set_size(touched, kept);
}

typedef struct {
    TwStoreRow store;
    TwFolderRow *folder;
} Snapshot;

/* @from: the change table has what touched the folder behind it. */
static gboolean
update(TwDbTx *tx,
       TwIndexRefresh *refresh,
       const Snapshot *now,
       const TwFolderIndex *base,
       guint64 from,
       GError **error)
{
    g_autoptr(GArray) gap = g_array_new(FALSE, FALSE, sizeof(TwChange));
    g_autoptr(GArray) touched = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) fresh = NULL;
    GBytes *data;

    if (from < now->store.cn &&
        !tw_sql_chg_list(tx, refresh->store->number, from, G_MAXINT32, gap, error))
        return FALSE;
    note_touched(refresh, refresh->base == base ? refresh->pending : NULL, touched);
    note_touched(refresh, gap, touched);
    sort_touched(touched);
    fresh = read_touched(tx, refresh, touched, error);
    if (fresh == NULL)
        return FALSE;
    data = touched->len > 0 ? tw_index_merge(base, touched, fresh) : g_bytes_ref(base->data);
    refresh->index = tw_index_new(now->folder, now->store.cn, data);
    refresh->touched = touched->len;
    if (refresh->index->count != now->folder->total ||
        refresh->index->unread != now->folder->unread)
        g_clear_pointer(&refresh->index, tw_folder_index_unref); /* the rows have to be read */
    return TRUE;
}

/* ---- from what was saved ---- */

static gboolean
read_change(TwDbTx *tx, guint32 store, guint64 cn, TwChange *ret, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwChange));

    *ret = (TwChange){ 0 };
    if (cn == 0)
        return TRUE;
    if (!tw_sql_chg_list(tx, store, cn - 1, 1, list, error))
        return FALSE;
    if (list->len == 1 && g_array_index(list, TwChange, 0).cn == cn)
        *ret = g_array_index(list, TwChange, 0);
    return TRUE;
}

/* The same change has that number here, and it is not too far back. */
static gboolean
is_of_this_life(TwDbTx *tx, const TwIndexSaved *saved, const Snapshot *now, guint count)
{
    const TwChange *last = &saved->last;
    TwChange here;

    return saved->uidvalidity == now->folder->uidvalidity && last->cn <= now->store.cn &&
           now->store.cn - last->cn <= MAX(count / CHANGED_PART, FEW_CHANGES) &&
           read_change(tx, now->store.store, last->cn, &here, NULL) && here.cn != 0 &&
           here.folder == last->folder && here.id == last->id && here.aux == last->aux &&
           here.op == last->op;
}

typedef struct {
    TwIndexRefresh *refresh;
    TwIndexSaved saved;
    GBytes *rows; /* nullable: nothing was saved */
} Run;

static gboolean
use_saved(TwDbTx *tx, const Run *run, const Snapshot *now, GError **error)
{
    guint count = (guint) (g_bytes_get_size(run->rows) / sizeof(TwFolderIndexRow));
    g_autoptr(TwFolderIndex) base = NULL;

    if (!is_of_this_life(tx, &run->saved, now, count))
        return TRUE;
    base = tw_index_new(now->folder, run->saved.last.cn, g_bytes_ref(run->rows));
    if (!update(tx, run->refresh, now, base, base->cn, error))
        return FALSE;
    run->refresh->loaded = run->refresh->index != NULL;
    run->refresh->loaded_cn = base->cn;
    return TRUE;
}

/* ---- from the rows ---- */

static gboolean
note_row(const TwFolderIndexRow *row, gpointer data)
{
    if (row->uid != 0)
        g_array_append_vals(data, row, 1);
    return TRUE;
}

static gboolean
scan(TwDbTx *tx, TwIndexRefresh *refresh, const Snapshot *now, GError **error)
{
    g_autoptr(GArray) rows = g_array_sized_new(FALSE, FALSE, sizeof(TwFolderIndexRow),
                                               MIN(now->folder->total, ROWS_AT_FIRST));
    gboolean sorted = TRUE;
    gpointer data;
    gsize len;

    tw_db_expect_scan(tx);
    if (!tw_sql_msg_index(tx, refresh->store->number, refresh->folder, note_row, rows, error))
        return FALSE;
    for (guint i = 1; sorted && i < rows->len; i++)
        sorted = g_array_index(rows, TwFolderIndexRow, i - 1).uid <
                 g_array_index(rows, TwFolderIndexRow, i).uid;
    if (!sorted) /* restored messages have new uids and old numbers */
        g_array_sort(rows, compare_uids);
    len = (gsize) rows->len * sizeof(TwFolderIndexRow);
    data = g_realloc(g_array_free(g_steal_pointer(&rows), FALSE), len); /* without its spare room */
    refresh->index = tw_index_new(now->folder, now->store.cn, g_bytes_new_take(data, len));
    refresh->scanned = TRUE;
    return TRUE;
}

/* ---- all of it ---- */

static gboolean
snapshot(TwDbTx *tx, const TwIndexRefresh *refresh, Snapshot *ret, GError **error)
{
    if (!tw_sql_store_get(tx, refresh->store->number, &ret->store, error))
        return FALSE;
    ret->folder = tw_sql_folder_get(tx, refresh->store->number, refresh->folder, error);
    if (ret->folder == NULL)
        return FALSE;
    if (ret->folder->state != TW_FOLDER_PURGING)
        return TRUE;
    g_clear_pointer(&ret->folder, tw_folder_row_free);
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", refresh->folder);
    return FALSE;
}

static gboolean
refresh_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Run *run = data;
    TwIndexRefresh *refresh = run->refresh;
    const TwFolderIndex *base = refresh->base;
    Snapshot now = { .folder = NULL };
    gboolean ok;

    if (!snapshot(tx, refresh, &now, error))
        return FALSE;
    if (base != NULL)
        ok = update(tx, refresh, &now, base, MAX(base->cn, refresh->seen), error);
    else
        ok = run->rows == NULL || use_saved(tx, run, &now, error);
    ok = ok && (refresh->index != NULL || scan(tx, refresh, &now, error)) &&
         read_change(tx, refresh->store->number, now.store.cn, &refresh->last, error);
    if (!ok)
        g_clear_pointer(&refresh->index, tw_folder_index_unref);
    tw_folder_row_free(now.folder);
    return ok;
}

gboolean
tw_index_refresh(TwIndexRefresh *refresh, GError **error)
{
    Run run = { .refresh = refresh };
    gboolean ok;

    if (refresh->base == NULL && refresh->load)
        run.rows = tw_index_file_load(refresh->store, refresh->folder, &run.saved);
    ok = tw_store_read(refresh->store, refresh_tx, &run, error);
    if (!ok)
        g_clear_pointer(&refresh->index, tw_folder_index_unref);
    g_clear_pointer(&run.rows, g_bytes_unref);
    return ok;
}

/* ---- is it still so ---- */

typedef struct {
    TwIndexRefresh what;
    const TwFolderIndex *index;
    gboolean current;
} Look;

static gboolean
look_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Look *look = data;
    const TwFolderIndex *index = look->index;
    Snapshot now = { .folder = NULL };

    if (!snapshot(tx, &look->what, &now, error))
        return FALSE;
    look->current = now.folder->hicn == index->hicn && now.folder->uidnext == index->uidnext &&
                    now.folder->uidvalidity == index->uidvalidity &&
                    now.folder->total == index->count && now.folder->unread == index->unread;
    tw_folder_row_free(now.folder);
    return TRUE;
}

gboolean
tw_index_is_current(TwStore *store, const TwFolderIndex *index)
{
    Look look = { .what = { .store = store, .folder = index->folder }, .index = index };

    return tw_store_read(store, look_tx, &look, NULL) && look.current;
}
