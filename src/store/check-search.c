/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Search folders and the queue of outgoing messages. Results are derived: what is wrong with them is mended by searching anew.
 * Whether each result matches is not looked at here.
 */
#include "base/error.h"
#include "store/check-private.h"
#include "store/queue-private.h"
#include "store/search-private.h"

typedef struct {
    TwCheck *check;
    const TwCheckFinding *finding;
    gboolean more;
} Look;

/* ---- looking ---- */

static const char *
what_is_wrong(TwDbTx *tx, const TwCheck *check, const TwSearchRow *row)
{
    g_autoptr(TwFolderRow) folder = tw_sql_folder_get(tx, row->store, row->id, NULL);
    g_autoptr(GBytes) bytes = tw_sql_search_get_def(tx, row->store, row->id, NULL);
    g_auto(TwSearchDef) def = { 0 };
    gsize len;
    const guint8 *data;

    if (folder == NULL || folder->type != TW_FOLDER_SEARCH)
        return "its folder is not there";
    if (bytes == NULL)
        return "its criteria are damaged";
    data = g_bytes_get_data(bytes, &len);
    if (!tw_search_def_parse(data, len, &def, NULL))
        return "its criteria cannot be read";
    if (row->state > TW_SEARCH_DONE || row->gen == 0)
        return "it is in no known state";
    return row->hicn > check->row.cn ? "it knows changes that were never made" : NULL;
}

static gboolean
look_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwCheck *check = ((Look *) data)->check;
    g_autoptr(GArray) rows = tw_sql_search_list(tx, check->number, error);
    g_autoptr(GArray) entries = NULL;

    if (rows == NULL || !tw_sql_store_get(tx, check->number, &check->row, error))
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        const TwSearchRow *row = &g_array_index(rows, TwSearchRow, i);
        const char *wrong = what_is_wrong(tx, check, row);
        if (wrong != NULL)
            tw_check_note(check, TW_CHECK_SEARCH, row->id, row->id, TRUE, "%s", wrong);
    }
    entries = tw_sql_queue_list(tx, check->number, error);
    for (guint i = 0; entries != NULL && i < entries->len; i++) {
        guint32 mid = g_array_index(entries, TwQueueEntry, i).mid;
        TwMessageRow row;
        if (!tw_sql_msg_get(tx, check->number, mid, FALSE, &row, NULL) ||
            row.state != TW_MESSAGE_NORMAL)
            tw_check_note(check, TW_CHECK_QUEUE, 0, mid, TRUE,
                          "it is to be sent, and is not there");
    }
    return entries != NULL;
}

gboolean
tw_check_searches(TwCheck *check, GError **error)
{
    Look look = { .check = check };

    return tw_store_read(check->store, look_tx, &look, error);
}

/* ---- repair ---- */

static gboolean
begin_anew(TwWork *work, TwSearchRow *row, GError **error)
{
    TwFolderRow *folder = tw_work_folder(work, row->id, TRUE, NULL);

    if (folder != NULL) {
        folder->total = folder->unread = 0;
        folder->dirty = TRUE;
    }
    row->gen = MAX(row->gen, 1) + 1;
    row->state = TW_SEARCH_BEGUN;
    row->hicn = work->row.cn;
    return tw_sql_search_put(work->tx, row, error);
}

/* Without folder or criteria there is nothing to search for. */
static gboolean
drop_search(TwWork *work, Look *look, guint32 id, GError **error)
{
    TwFolderRow *folder = tw_work_folder(work, id, TRUE, NULL);
    guint count;

    if (folder != NULL && folder->type == TW_FOLDER_SEARCH) {
        folder->total = folder->unread = 0;
        folder->dirty = TRUE;
    }
    if (!tw_sql_search_clear(work->tx, work->row.store, id, G_MAXUINT32, TW_SEARCH_SLICE_ROWS,
                             &count, error))
        return FALSE;
    look->more = count > 0;
    return look->more || tw_sql_search_delete(work->tx, work->row.store, id, error);
}

static gboolean
repair_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Look *look = data;
    guint32 id = look->finding->object;
    g_auto(TwWork) work = { 0 };
    g_autoptr(TwFolderRow) folder = NULL;
    g_autoptr(GBytes) def = NULL;
    g_auto(TwSearchDef) parsed = { 0 };
    TwSearchRow row;
    TwMessageRow message;
    gboolean good;

    look->more = FALSE;
    if (!tw_work_begin(&work, tx, look->check->store, error))
        return FALSE;
    if (look->finding->what == TW_CHECK_QUEUE)
        return (tw_sql_msg_get(tx, work.row.store, id, FALSE, &message, NULL) &&
                message.state == TW_MESSAGE_NORMAL) ||
               (tw_queue_forget(&work, id, error) && tw_work_finish(&work, error));
    if (!tw_sql_search_get(tx, work.row.store, id, &row, error))
        return FALSE;
    if (row.id == 0 || what_is_wrong(tx, look->check, &row) == NULL)
        return TRUE;
    folder = tw_sql_folder_get(tx, row.store, id, NULL);
    def = tw_sql_search_get_def(tx, row.store, id, NULL);
    good = folder != NULL && folder->type == TW_FOLDER_SEARCH && def != NULL &&
           tw_search_def_parse(g_bytes_get_data(def, NULL), g_bytes_get_size(def), &parsed, NULL);
    return (good ? begin_anew(&work, &row, error) : drop_search(&work, look, id, error)) &&
           tw_work_finish(&work, error);
}

gboolean
tw_repair_search(TwCheck *check, const TwCheckFinding *finding, GError **error)
{
    Look look = { .check = check, .finding = finding };

    do {
        if (!tw_store_write(check->store, 0, FALSE, repair_tx, &look, error))
            return FALSE;
    } while (look.more);
    return tw_search_changed(check->store);
}
